//! What can go wrong with the service, and what it means for the operator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::mailbox::imap::shown;
use crate::mailbox::{ErrorClass, MailboxError};
use crate::text::{Text, fold};

/// How the service says that credentials are wrong, in whatever operation; it has no code of its own for it.
const CREDENTIALS: &str = "sifre veya parola";

/// One row of the operator's map of the service's codes: the provider's own table is not public, so no code has a meaning of its own here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownCode {
    /// The number in `durum`.
    pub code: i64,
    /// `yes`: try again with back-off. `no`: it will not change by itself. `auth`: stop at once, the account may be locked.
    pub retry: Retry,
    /// What it means, for people.
    #[serde(default)]
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    Yes,
    No,
    Auth,
}

/// A problem before it has the name of its mailbox. Never holds secrets or mail content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::mailbox) enum Problem {
    #[error("{0}")]
    Network(String),
    #[error("the server's certificate is not accepted: {0}")]
    Certificate(String),
    #[error("no complete answer within {0:?}")]
    Deadline(Duration),
    #[error("the server sent nothing for {0:?}")]
    Silence(Duration),
    #[error("the answer ended too early")]
    Incomplete,
    #[error("the server answered with HTTP status {0}")]
    Status(u16),
    /// What of the protocol.
    #[error("the answer does not follow the protocol: {}", .0.en)]
    Protocol(Text),
    #[error("the answer is not UTF-8")]
    Encoding,
    /// More rows than one reply may have: the window is asked for in halves.
    #[error("the list is too long for one answer")]
    TooLong,
    /// More bytes than a message or a reply may have.
    #[error("the answer is larger than allowed ({0} bytes read)")]
    TooLarge(u64),
    #[error("the service reports error {code}: {words}")]
    Refused { code: i64, words: String },
    /// As [`Problem::Refused`], where trying again is of no use.
    #[error("the service reports error {code}: {words}")]
    Final { code: i64, words: String },
    #[error("the service does not accept the credentials: {0}")]
    Credentials(String),
    /// Neither rows nor a status: how the service answers a query for a wrong account or folder.
    #[error("the service answers the query with nothing at all; the account or a parameter is wrong")]
    Nothing,
    #[error("the package is not there")]
    NotFound,
    #[error("{}", .0.en)]
    Configuration(Text),
    #[error("nobody takes the messages any more")]
    NoConsumer,
}

/// What a status and its words mean; `Ok` for a success without words.
pub(in crate::mailbox) fn judge(code: i64, words: Option<&str>, known: &[KnownCode]) -> Result<(), Problem> {
    let told = words.map(shown).unwrap_or_default();
    if fold(&told).contains(CREDENTIALS) {
        return Err(Problem::Credentials(told));
    }
    let row = known.iter().find(|row| row.code == code);
    if code == 0 && row.is_none() && told.is_empty() {
        return Ok(());
    }
    let words = match row.map(|row| row.text.as_str()).filter(|text| !text.is_empty()) {
        Some(text) if told.is_empty() => text.to_owned(),
        Some(text) => format!("{told} ({text})"),
        None => told,
    };
    Err(match row.map(|row| row.retry) {
        Some(Retry::Auth) => Problem::Credentials(words),
        Some(Retry::No) => Problem::Final { code, words },
        Some(Retry::Yes) | None => Problem::Refused { code, words },
    })
}

impl Problem {
    pub(in crate::mailbox) fn into_error(self, mailbox: &str, step: &'static str) -> MailboxError {
        MailboxError {
            mailbox: mailbox.to_owned(),
            step,
            class: self.class(),
            problem: Box::new(self.text()),
            cure: self.cure(),
        }
    }

    /// For people; what the service said is quoted as it said it.
    pub(in crate::mailbox) fn text(&self) -> Text {
        let turkish = match self {
            Self::Network(words) => words.clone(),
            Self::Configuration(what) => what.tr.clone(),
            Self::Certificate(words) => format!("sunucunun sertifikası kabul edilmedi: {words}"),
            Self::Deadline(limit) => format!("{} s içinde tam bir yanıt gelmedi", limit.as_secs()),
            Self::Silence(limit) => format!("sunucu {} s boyunca bir şey göndermedi", limit.as_secs()),
            Self::Incomplete => "yanıt yarıda kesildi".to_owned(),
            Self::Status(status) => format!("sunucu {status} HTTP durumuyla yanıt verdi"),
            Self::Protocol(what) => format!("yanıt protokole uymuyor: {}", what.tr),
            Self::Encoding => "yanıt UTF-8 değil".to_owned(),
            Self::TooLong => "liste tek bir yanıt için çok uzun".to_owned(),
            Self::TooLarge(read) => format!("yanıt izin verilenden büyük ({read} bayt okundu)"),
            Self::Refused { code, words } | Self::Final { code, words } => format!("servis {code} hatasını bildirdi: {words}"),
            Self::Credentials(words) => format!("servis kimlik bilgilerini kabul etmedi: {words}"),
            Self::Nothing => "servis sorguya boş yanıt verdi; hesap ya da bir parametre yanlış".to_owned(),
            Self::NotFound => "servis paketi bulamadı".to_owned(),
            Self::NoConsumer => "iletileri alan kalmadı".to_owned(),
        };
        Text::new(turkish, self.to_string())
    }

    pub(in crate::mailbox) fn class(&self) -> ErrorClass {
        match self {
            Self::Credentials(_) | Self::Status(401) => ErrorClass::Authentication,
            Self::Certificate(_) | Self::Configuration(_) | Self::Nothing | Self::Final { .. } => ErrorClass::Permanent,
            Self::Status(status) if !matches!(status, 408 | 429 | 500..) => ErrorClass::Permanent,
            _ => ErrorClass::Transient,
        }
    }

    /// Whether it says something about one message alone and will say the same tomorrow.
    pub(in crate::mailbox) fn is_about_the_message(&self) -> bool {
        matches!(self, Self::NotFound | Self::Final { .. })
    }

    /// Whether another list of the same account may succeed all the same. What is wrong with the account, its settings or the line is wrong
    /// with all of them.
    pub(in crate::mailbox) fn is_about_one_list(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Final { .. } | Self::NotFound | Self::Nothing => true,
            Self::Protocol(_) | Self::Encoding | Self::TooLong | Self::TooLarge(_) => true,
            Self::Status(_) => self.class() == ErrorClass::Permanent,
            _ => false,
        }
    }

    fn cure(&self) -> Text {
        match self {
            Self::Credentials(_) | Self::Status(401) => Text::new(
                "Kutunun tablosundaki …_file anahtarlarının gösterdiği sırları (eyservis: tcno, parola, sifre) düzeltin, sonra yapılandırmayı yeniden yükleyin. Hesap kilitlenmesin diye kutu durduruldu.",
                "Correct the secrets that the …_file keys of the mailbox name (eyservis: tcno, parola, sifre), then reload the configuration. The mailbox is stopped so that the account is not locked.",
            ),
            Self::Certificate(_) => Text::new(
                "url içindeki adın sertifikadaki adla aynı olduğunu denetleyin; kurum içi bir kök kullanılıyorsa ca_file ile gösterin. Doğrulama kapatılamaz.",
                "Check that the host in url equals the name in the certificate; name a private authority with ca_file. Verification cannot be switched off.",
            ),
            Self::Nothing => Text::new("address, url ve folders ayarlarını denetleyin.", "Check address, url and folders."),
            Self::Configuration(_) => Text::new("Kutunun ayarlarını düzeltin.", "Correct the settings of this mailbox."),
            Self::Status(_) if self.class() == ErrorClass::Permanent => Text::new("url ayarını denetleyin.", "Check the setting url."),
            Self::Refused { .. } | Self::Final { .. } => Text::new(
                "Sürerse bu sözle sağlayıcıya başvurun; kodun anlamını öğrenince [[mailbox]] codes içine yazın.",
                "If it stays, ask the provider with these words; when you know what the code means, write it into codes of [[mailbox]].",
            ),
            _ => Text::new(
                "Kendiliğinden yeniden denenir. Sürerse ağı ve sağlayıcının durum sayfasını denetleyin.",
                "It is tried again by itself. If it stays, check the network and the provider's status page.",
            ),
        }
    }
}

#[cfg(test)]
mod errors_tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_text_whatever_the_code() {
        for words in [
            "Şifre veya Parola Yanlış",
            "SIFRE VEYA PAROLA YANLIS",
            "Hata: ŞİFRE VEYA PAROLA yanlış!",
        ] {
            for code in [0, 1, 77] {
                let problem = judge(code, Some(words), &[]).unwrap_err();
                assert_eq!(problem.class(), ErrorClass::Authentication, "{words}");
            }
        }
    }

    #[test]
    fn what_the_gateway_itself_says_is_said_in_each_language_alone() {
        let what = || Text::new("bir şey", "a thing");
        for problem in [Problem::Protocol(what()), Problem::Configuration(what())] {
            let text = problem.text();
            assert!(text.tr.contains("bir şey") && !text.tr.contains("a thing"), "{text:?}");
            assert!(text.en.contains("a thing") && !text.en.contains("bir şey"), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_account_or_the_line_is_wrong_with_every_list() {
        let words = || "x".to_owned();
        for all in [
            Problem::Credentials(words()),
            Problem::Status(401),
            Problem::Status(503),
            Problem::Certificate(words()),
            Problem::Configuration(Text::same("x")),
            Problem::Network(words()),
            Problem::Incomplete,
        ] {
            assert!(!all.is_about_one_list(), "{all:?}");
        }
        let refused = Problem::Refused { code: 1, words: words() };
        for one in [
            refused,
            Problem::Nothing,
            Problem::TooLong,
            Problem::TooLarge(1),
            Problem::Encoding,
            Problem::Status(404),
        ] {
            assert!(one.is_about_one_list(), "{one:?}");
        }
    }

    #[test]
    fn codes_have_the_meaning_that_the_operator_gave_them_and_no_other() {
        let row = |code, retry| KnownCode {
            code,
            retry,
            text: "bakım".into(),
        };
        let known = [row(5, Retry::No), row(6, Retry::Auth), row(7, Retry::Yes)];
        let class = |code| judge(code, Some("x"), &known).unwrap_err().class();
        assert_eq!(
            [class(5), class(6), class(7), class(8)],
            [
                ErrorClass::Permanent,
                ErrorClass::Authentication,
                ErrorClass::Transient,
                ErrorClass::Transient
            ]
        );
        assert_eq!(judge(0, None, &known), Ok(()));
        assert!(
            judge(0, Some("words"), &known).is_err(),
            "words mean an error even beside a success"
        );
        assert!(judge(7, None, &known).unwrap_err().text().tr.contains("bakım"));
    }
}
