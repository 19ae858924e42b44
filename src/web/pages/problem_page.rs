//! The page for a request that has no answer.

use askama::Template;
use axum::http::StatusCode;

use crate::register::words::either;
use crate::store::error::bytes_lost as lost_words;
use crate::text::Lang;

#[derive(Template)]
#[template(path = "problem.html", config = "src/web/askama.toml")]
struct ProblemPage {
    lang: Lang,
    status: u16,
    title: &'static str,
    sentence: String,
}

/// The whole page for a status. What somebody may not see and what is not there give the same bytes.
pub fn problem(status: StatusCode, lang: Lang) -> String {
    let (title, sentence) = words(status, lang);
    page(status, lang, title, sentence.to_owned())
}

/// The page where kept bytes are missing or damaged.
pub fn bytes_lost(status: StatusCode, lang: Lang) -> String {
    let title = either(("Saklanan ileti okunamıyor", "The stored message cannot be read"), lang);
    page(status, lang, title, lost_words().get(lang).to_owned())
}

/// The page for a form that was not made for this session, or came without what ties it to one.
pub fn old_form(lang: Lang) -> String {
    let (title, sentence) = match lang {
        Lang::Tr => (
            "Form eskimiş",
            "Sayfa çok önce ya da başka bir oturumda açılmış; hiçbir şey yapılmadı. Sayfayı yeniden yükleyip formu yeniden gönderin.",
        ),
        Lang::En => (
            "The form is too old",
            "The page was opened long ago or in another session; nothing was done. Reload the page and send the form again.",
        ),
    };
    page(StatusCode::FORBIDDEN, lang, title, sentence.to_owned())
}

fn page(status: StatusCode, lang: Lang, title: &'static str, sentence: String) -> String {
    let page = ProblemPage {
        lang,
        status: status.as_u16(),
        title,
        sentence,
    };
    page.render().unwrap_or_else(|_| title.to_owned())
}

fn words(status: StatusCode, lang: Lang) -> (&'static str, &'static str) {
    match (status, lang) {
        (StatusCode::NOT_FOUND, Lang::Tr) => ("Burada bir şey yok", "Adresi denetleyin ya da kayıt numarasıyla arayın."),
        (StatusCode::NOT_FOUND, Lang::En) => ("There is nothing here", "Check the address, or search for the register number."),
        (StatusCode::GONE, Lang::Tr) => (
            "İçerik imha edildi",
            "Saklama süresi dolduğu için gereken sayıda kişinin onayıyla imha edildi; kaydı ve özet değerleri belgenin sayfasında duruyor.",
        ),
        (StatusCode::GONE, Lang::En) => (
            "The bytes were disposed of",
            "Their term of retention was over and as many people as it takes approved; the record and the hashes stand on the document's page.",
        ),
        (StatusCode::FORBIDDEN, Lang::Tr) => ("Bu işlem için yetkiniz yok", "Yetki gerekiyorsa yöneticiye başvurun."),
        (StatusCode::FORBIDDEN, Lang::En) => ("Your role does not allow this", "Ask the administrator if you need the right."),
        (StatusCode::MISDIRECTED_REQUEST, Lang::Tr) => (
            "Bu adla bir sayfa sunulmuyor",
            "Sayfayı yöneticinin verdiği adresle açın; bu ad doğruysa yönetici onu [web] public_url ayarına yazar.",
        ),
        (StatusCode::MISDIRECTED_REQUEST, Lang::En) => (
            "No page is served under this name",
            "Open the page by the address that the administrator gave; if this name is right, the administrator writes it into [web] public_url.",
        ),
        (StatusCode::BAD_REQUEST, Lang::Tr) => ("İstek anlaşılamadı", "Geri dönüp alanları denetleyin ve yeniden deneyin."),
        (StatusCode::BAD_REQUEST, Lang::En) => ("The request could not be understood", "Go back, check the fields and try again."),
        (StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE, Lang::Tr) => {
            ("Form anlaşılamadı", "Geri dönüp alanları denetleyin ve yeniden gönderin.")
        }
        (StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE, Lang::En) => {
            ("The form could not be understood", "Go back, check the fields and send it again.")
        }
        (StatusCode::METHOD_NOT_ALLOWED, Lang::Tr) => ("Bu adres böyle açılmaz", "Sayfaya bağlantılardan gidin."),
        (StatusCode::METHOD_NOT_ALLOWED, Lang::En) => ("This address is not opened like this", "Follow the links to the page."),
        (StatusCode::PAYLOAD_TOO_LARGE, Lang::Tr) => ("Gönderilen metin çok uzun", "Geri dönüp kısaltın ve yeniden gönderin."),
        (StatusCode::PAYLOAD_TOO_LARGE, Lang::En) => ("What was sent is too long", "Go back, shorten it and send it again."),
        (StatusCode::REQUEST_TIMEOUT, Lang::Tr) => ("İstek zamanında gelmedi", "Bağlantınızı denetleyip yeniden deneyin."),
        (StatusCode::REQUEST_TIMEOUT, Lang::En) => ("The request did not arrive in time", "Check your connection and try again."),
        (StatusCode::TOO_MANY_REQUESTS, Lang::Tr) => (
            "Çok fazla bağlantı açık",
            "Fazla sekmeleri kapatın ve birazdan yeniden deneyin; sürerse yöneticiye haber verin.",
        ),
        (StatusCode::TOO_MANY_REQUESTS, Lang::En) => (
            "Too many connections are open",
            "Close some tabs and try again in a moment; if it goes on, tell the administrator.",
        ),
        (StatusCode::SERVICE_UNAVAILABLE, Lang::Tr) => (
            "Kayıt şu anda okunamıyor ya da yazılamıyor",
            "Hiçbir şey değiştirilmedi. Birazdan yeniden deneyin; sürerse yöneticiye haber verin.",
        ),
        (StatusCode::SERVICE_UNAVAILABLE, Lang::En) => (
            "The record cannot be read or written now",
            "Nothing was changed. Try again in a moment; if it goes on, tell the administrator.",
        ),
        (_, Lang::Tr) => ("Sayfa gösterilemedi", "Yeniden deneyin; sürerse yöneticiye haber verin."),
        (_, Lang::En) => ("The page could not be shown", "Try again; if it goes on, tell the administrator."),
    }
}
