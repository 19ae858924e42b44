//! What can go wrong on the wire, and what it means for the operator.

use std::io;
use std::time::Duration;

use crate::mailbox::{ErrorClass, MailboxError};
use crate::text::Text;

use super::guard::Cut;

/// Characters of a server's own words that are shown. They are untrusted text.
const SHOWN: usize = 200;

/// A problem before it has the name of its mailbox. Never holds secrets or mail content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0}")]
    Network(String),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server said goodbye: {0}")]
    Bye(String),
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the answer does not follow the protocol: {0}")]
    Protocol(String),
    #[error("connection cut by the gateway: {0}")]
    Hostile(String),
    #[error("the server refused the login: {0}")]
    Authentication(String),
    #[error("the server's certificate is not accepted: {0}")]
    Certificate(String),
    #[error("no TLS with this server: {0}")]
    Tls(String),
    #[error("{0}")]
    Configuration(String),
    #[error("the folder is not there: {0}")]
    NoFolder(String),
    #[error("the folder was recreated since it was listed")]
    Recreated,
    #[error("too many logins; the next one is allowed in {0:?}")]
    LoginBudget(Duration),
    #[error("nobody takes the messages any more")]
    NoConsumer,
}

impl Problem {
    pub(super) fn into_error(self, mailbox: &str, step: &'static str) -> MailboxError {
        MailboxError {
            mailbox: mailbox.to_owned(),
            step,
            class: self.class(),
            problem: Box::new(self.text()),
            cure: self.cure(),
        }
    }

    /// For people; what the server and the libraries said is quoted as they said it.
    pub(super) fn text(&self) -> Text {
        let turkish = match self {
            Self::Network(words) | Self::Configuration(words) => words.clone(),
            Self::Closed => "sunucu bağlantıyı kapattı".to_owned(),
            Self::Bye(words) => format!("sunucu oturumu bitirdi: {words}"),
            Self::Deadline(limit) => format!("{} s içinde yanıt gelmedi", limit.as_secs()),
            Self::Refused(words) => format!("sunucu reddetti: {words}"),
            Self::Protocol(words) => format!("yanıt protokole uymuyor: {words}"),
            Self::Hostile(words) => format!("bağlantıyı ağ geçidi kesti: {words}"),
            Self::Authentication(words) => format!("sunucu oturum açmayı reddetti: {words}"),
            Self::Certificate(words) => format!("sunucunun sertifikası kabul edilmedi: {words}"),
            Self::Tls(words) => format!("bu sunucuyla TLS kurulamadı: {words}"),
            Self::NoFolder(words) => format!("klasör yok: {words}"),
            Self::Recreated => "klasör listelendikten sonra yeniden oluşturuldu".to_owned(),
            Self::LoginBudget(pause) => format!("çok fazla oturum açıldı; yenisi {} s sonra açılabilir", pause.as_secs()),
            Self::NoConsumer => "iletileri alan kalmadı".to_owned(),
        };
        Text::new(turkish, self.to_string())
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Authentication(_) => ErrorClass::Authentication,
            Self::Certificate(_) | Self::Tls(_) | Self::Configuration(_) | Self::NoFolder(_) => ErrorClass::Permanent,
            _ => ErrorClass::Transient,
        }
    }

    fn cure(&self) -> Text {
        match self {
            Self::Authentication(_) => Text::new(
                "Kullanıcı adını ve parola dosyasını düzeltin, sonra yapılandırmayı yeniden yükleyin. Hesap kilitlenmesin diye kutu durduruldu.",
                "Correct the user name and the password file, then reload the configuration. The mailbox is stopped so that the account is not locked.",
            ),
            Self::Certificate(_) => Text::new(
                "host değerinin sertifikadaki adla aynı olduğunu denetleyin; kurum içi bir kök kullanılıyorsa ca_file ile gösterin. Doğrulama kapatılamaz.",
                "Check that host equals the name in the certificate; name a private authority with ca_file. Verification cannot be switched off.",
            ),
            Self::Tls(_) => Text::new(
                "port ve security ayarlarını denetleyin: 993 için tls, 143 için starttls.",
                "Check port and security: tls for 993, starttls for 143.",
            ),
            Self::Configuration(_) => Text::new("Kutunun ayarlarını düzeltin.", "Correct the settings of this mailbox."),
            Self::NoFolder(_) => Text::new(
                "folders ayarındaki klasör adını sunucudaki adla karşılaştırın.",
                "Compare the folder name in folders with the name on the server.",
            ),
            Self::Hostile(_) | Self::Protocol(_) => Text::new(
                "Kendiliğinden yeniden denenir. Sürerse sunucu yöneticisine bu iletiyi gösterin.",
                "It is tried again by itself. If it stays, show this text to the server's administrator.",
            ),
            Self::LoginBudget(_) => Text::new(
                "Sunucu oturumları kısa sürede kesiyor; beklenip yeniden denenir. Sürerse sunucu kayıtlarına bakın.",
                "The server ends sessions early; it is tried again after a pause. If it stays, look into the server's log.",
            ),
            _ => Text::new(
                "Kendiliğinden yeniden denenir. Sürerse ağı ve sunucuyu denetleyin.",
                "It is tried again by itself. If it stays, check the network and the server.",
            ),
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        if let Some(cut) = error.get_ref().and_then(|inner| inner.downcast_ref::<Cut>()) {
            return Self::Hostile(cut.to_string());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            // The parser's own error quotes its buffer, that is mail content.
            io::ErrorKind::Other => Self::Protocol("it could not be read".into()),
            kind => Self::Network(kind.to_string()),
        }
    }
}

/// A server's words, made harmless for logs and pages.
pub(in crate::mailbox) fn shown(words: &str) -> String {
    words
        .chars()
        .filter(|c| !c.is_control() && !crate::text::is_deceptive(*c))
        .take(SHOWN)
        .collect()
}
