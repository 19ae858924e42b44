//! Why a request has no answer, for programs and the people who write them: problem documents (RFC 9457) with a stable code, a status, and a
//! sentence in both languages that says the next step. What somebody may not see looks exactly like what is not there.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::answer;
use super::shapes::ProblemShape;
use crate::ledger::LedgerError;
use crate::ledger::handling::Refusal;
use crate::people::tokens::Grant;
use crate::store::error::bytes_lost;
use crate::text::{Lang, Text};
use crate::web::guard::Speaks;
use crate::web::problem::Problem as PageProblem;

#[derive(Debug, Clone)]
pub enum Problem {
    NotFound,
    NoRoute,
    MethodNotAllowed,
    /// There is no token, or none that opens anything.
    Unauthorized,
    /// The secret is right: its holder may know why it opens nothing.
    Expired,
    TooManyTries(Duration),
    Scope(Grant),
    Cursor,
    /// The name of the parameter.
    Parameter(String),
    /// Where and why the body is not what was described.
    Body(String),
    UnsupportedType,
    TooLarge,
    TooSlow,
    /// Transferred before, under another number.
    Transferred {
        number: String,
        at: Timestamp,
    },
    Refused(Refusal),
    /// What was entered about an application file cannot be so; the sentence says why.
    Unfit(Text),
    /// The kept bytes cannot be taken apart.
    Unreadable(Text),
    /// The bytes were disposed of; the record stays.
    Gone,
    /// Kept bytes are missing or damaged.
    BytesLost,
    Unavailable,
    Broken,
    /// What a library refused in its own words, which are not passed on.
    Other(StatusCode),
}

impl Problem {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoRoute | Self::Refused(Refusal::NotFound) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized | Self::Expired => StatusCode::UNAUTHORIZED,
            Self::TooManyTries(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Scope(_) | Self::Refused(Refusal::Forbidden) => StatusCode::FORBIDDEN,
            Self::Cursor | Self::Parameter(_) | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Transferred { .. } | Self::Refused(Refusal::NotRecorded | Refusal::Unchanged) => StatusCode::CONFLICT,
            Self::Refused(_) | Self::Unfit(_) | Self::Unreadable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Gone => StatusCode::GONE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken | Self::BytesLost => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Other(status) => *status,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound | Self::Refused(Refusal::NotFound) => "not-found",
            Self::NoRoute => "no-such-address",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Unauthorized => "unauthorized",
            Self::Expired => "token-expired",
            Self::TooManyTries(_) => "too-many-tries",
            Self::Scope(_) | Self::Refused(Refusal::Forbidden) => "insufficient-scope",
            Self::Cursor => "bad-cursor",
            Self::Parameter(_) => "bad-parameter",
            Self::Body(_) => "bad-body",
            Self::UnsupportedType => "unsupported-type",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::Transferred { .. } => "already-transferred",
            Self::Refused(Refusal::NotRecorded) => "not-recorded",
            Self::Refused(Refusal::PersonUnfit) => "person-unfit",
            Self::Refused(Refusal::NobodyNamed) => "nobody-named",
            Self::Refused(Refusal::NumberRequired) => "number-required",
            Self::Refused(Refusal::TooLong) => "too-long",
            Self::Refused(Refusal::ReasonRequired | Refusal::NoteRequired) => "note-required",
            Self::Refused(Refusal::Unchanged) => "unchanged",
            Self::Unfit(_) => "unfit",
            Self::Refused(Refusal::NoAccount) => "no-account",
            Self::Refused(Refusal::NotOpened) => "not-opened",
            Self::Refused(Refusal::Level) => "no-such-level",
            Self::Refused(Refusal::AboveClearance) => "above-clearance",
            Self::Unreadable(_) => "unreadable",
            Self::Gone => "disposed",
            Self::BytesLost => "bytes-lost",
            Self::Unavailable => "unavailable",
            Self::Broken => "broken",
            Self::Other(_) => "refused",
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::NotFound | Self::Refused(Refusal::NotFound) => Text::new(
                "Böyle bir kayıt ya da parça yok; numarayı listeden alın.",
                "There is no such entry or part; take the number from the list.",
            ),
            Self::NoRoute => Text::new(
                "Bu adreste bir şey yok; adresler /api/v1/openapi.json içinde.",
                "There is nothing at this address; the addresses stand in /api/v1/openapi.json.",
            ),
            Self::MethodNotAllowed => Text::new(
                "Bu adres bu yöntemi kabul etmiyor; Allow başlığına bakın.",
                "This address does not take this method; look at the Allow header.",
            ),
            Self::Unauthorized => Text::new(
                "Geçerli bir anahtar gerekir: Authorization: Bearer kepgw_…; anahtarı 'kep-gateway people token add' üretir.",
                "A valid token is required: Authorization: Bearer kepgw_…; 'kep-gateway people token add' makes one.",
            ),
            Self::Expired => Text::new(
                "Bu anahtarın son günü geçti; yenisini isteyin.",
                "The last day of this token is over; ask for a new one.",
            ),
            Self::TooManyTries(wait) => Text::new(
                format!(
                    "Bu adresten çok fazla yanlış anahtar geldi; {} saniye sonra yineleyin.",
                    wait.as_secs()
                ),
                format!(
                    "Too many wrong tokens came from this address; try again in {} seconds.",
                    wait.as_secs()
                ),
            ),
            Self::Scope(grant) => Text::new(
                format!("Bu anahtarın '{}' yetkisi yok.", grant.word()),
                format!("This token lacks the scope '{}'.", grant.word()),
            ),
            Self::Refused(Refusal::Forbidden) => {
                Text::new("Bu anahtar kayıtlarda değişiklik yapamaz.", "This token may not change entries.")
            }
            Self::Cursor => Text::new(
                "Bu imleç bu sunucunun verdiği bir imleç değil; listeye imleçsiz başlayın.",
                "This cursor was not given by this server; begin the list without one.",
            ),
            Self::Parameter(name) => Text::new(
                format!("'{name}' parametresi bilinmiyor, yineleniyor ya da değeri olamaz; tanımı /api/v1/openapi.json içinde."),
                format!("The parameter '{name}' is unknown, is repeated, or cannot have this value; /api/v1/openapi.json describes it."),
            ),
            Self::Body(problem) => Text::new(
                format!("Gövde tanımlanan JSON değil ({problem})."),
                format!("The body is not the JSON that is described ({problem})."),
            ),
            Self::UnsupportedType => Text::new(
                "Gövde Content-Type: application/json ile gönderilmeli.",
                "The body must be sent with Content-Type: application/json.",
            ),
            Self::TooLarge => Text::new("Gövde çok büyük.", "The body is too large."),
            Self::TooSlow => Text::new(
                "Gövde zamanında gelmedi; yineleyin.",
                "The body did not come in time; send it again.",
            ),
            Self::Transferred { .. } => Text::new(
                "Bu belge EBYS'ye başka bir numarayla aktarılmış; ikinci kez kaydetmeyin. Numarayı bir kişi belgenin sayfasında düzeltebilir.",
                "This document was transferred to the EBYS under another number; do not enter it a second time. A person can correct the number on the document's page.",
            ),
            Self::Refused(refusal) => refusal.text(),
            Self::Unfit(why) => why.clone(),
            Self::Unreadable(why) => Text::new(
                format!("Saklanan ileti parçalarına ayrılamadı: {}. Özgün iletiyi alın.", why.tr),
                format!("The kept message could not be taken apart: {}. Take the original message.", why.en),
            ),
            Self::Gone => Text::new(
                "İçerik, saklama süresi dolduğu için gereken sayıda kişinin onayıyla imha edildi; kaydı ve özet değerleri belgede duruyor.",
                "The bytes were disposed of: their term of retention was over and as many people as it takes approved; the record and the hashes stand in the document.",
            ),
            Self::BytesLost => bytes_lost(),
            Self::Unavailable => Text::new(
                "Kayıt deposu şu anda yanıt vermiyor; biraz sonra yineleyin.",
                "The store does not answer now; try again a little later.",
            ),
            Self::Broken => Text::new(
                "İstek işlenirken bir hata oldu; daemon günlüğüne bakın.",
                "The request broke while it was worked on; look at the daemon's log.",
            ),
            Self::Other(_) => Text::new("İstek reddedildi.", "The request was refused."),
        }
    }

    fn shape(&self, lang: Lang) -> ProblemShape {
        let (status, text) = (self.status(), self.text());
        let transferred = match self {
            Self::Transferred { number, at } => Some((number.clone(), *at)),
            _ => None,
        };
        ProblemShape {
            r#type: format!("urn:kep-gateway:problem:{}", self.code()),
            title: status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: status.as_u16(),
            code: self.code().to_owned(),
            detail: text.get(lang).to_owned(),
            text: text.into(),
            transferred_as: transferred.as_ref().map(|(number, _)| number.clone()),
            transferred_at: transferred.map(|(_, at)| at.to_string()),
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        tracing::error!(%error, "an answer of the API could not be made");
        match error.is_lost_blob() {
            true => Self::BytesLost,
            false => Self::Unavailable,
        }
    }
}

/// What the pages' own work says.
impl From<PageProblem> for Problem {
    fn from(problem: PageProblem) -> Self {
        match problem {
            PageProblem::NotFound => Self::NotFound,
            PageProblem::Gone => Self::Gone,
            PageProblem::Ledger(error) => error.into(),
            PageProblem::SignIn => Self::Unauthorized,
            PageProblem::Forbidden => Self::Refused(Refusal::Forbidden),
            PageProblem::Bad(what) => Self::Parameter(what),
        }
    }
}

impl IntoResponse for Problem {
    /// Only marks the answer: its language is known to [`worded`].
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts every refusal into words; also those that a library would say in its own.
pub async fn worded(request: Request, next: Next) -> Response {
    let lang = language(&request);
    let response = next.run(request).await;
    let status = response.status();
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if status.is_client_error() || status.is_server_error() => Problem::Other(status),
        None => return response,
    };
    let mut said = said(&problem, lang);
    let allowed = response.headers().get(ALLOW).cloned();
    said.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
    said
}

/// A refusal in words.
pub fn said(problem: &Problem, lang: Lang) -> Response {
    let mut said = answer::json(problem.status(), &problem.shape(lang));
    let headers = said.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    match problem {
        Problem::TooManyTries(wait) => {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        Problem::Unauthorized => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"kep-gateway\""));
        }
        Problem::Expired => {
            let value = HeaderValue::from_static("Bearer realm=\"kep-gateway\", error=\"invalid_token\"");
            headers.insert(WWW_AUTHENTICATE, value);
        }
        Problem::Scope(grant) => {
            let value = format!(
                "Bearer realm=\"kep-gateway\", error=\"insufficient_scope\", scope=\"{}\"",
                grant.word()
            );
            headers.extend(HeaderValue::from_str(&value).ok().map(|value| (WWW_AUTHENTICATE, value)));
        }
        _ => {}
    }
    said
}

/// Of the sentence in `detail`: `?lang=`, else what the program's `Accept-Language` begins with, else the configuration's.
pub fn language(request: &Request) -> Lang {
    let speaks = request.extensions().get::<Speaks>().map_or(Lang::default(), |speaks| speaks.0);
    let asked = request.uri().query().is_some_and(|query| query.contains("lang="));
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    match accepted.map(str::to_ascii_lowercase) {
        Some(accepted) if !asked && accepted.starts_with("tr") => Lang::Tr,
        Some(accepted) if !asked && accepted.starts_with("en") => Lang::En,
        _ => speaks,
    }
}
