//! Alerts about the keys that open what comes encrypted.

use jiff::Timestamp;

use super::{body, clean, day, mailbox_notice, plain, visible};
use crate::alert::notice::{Cause, Level, Notice};
use crate::text::Text;

/// How a key file or token is in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTrouble {
    /// The file is not there, the token does not answer, or it holds no key.
    Unreachable,
    /// The password or PIN is wrong, or the token is locked.
    Refused,
}

impl KeyTrouble {
    /// The stable word of alarms and facts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
        }
    }
}

/// What comes encrypted cannot be opened. `holder` is the file or token as configured, `why` what it said.
pub fn key_trouble(holder: &str, trouble: KeyTrouble, why: &Text, at: Timestamp) -> Notice {
    let name = clean(holder);
    let (level, title, next) = match trouble {
        KeyTrouble::Unreachable => (
            Level::Warning,
            Text::new(
                format!("KEP ağ geçidi: şifre çözme anahtarına ulaşılamıyor ({name})"),
                format!("KEP gateway: a decryption key cannot be reached ({name})"),
            ),
            Text::new(
                "Nedeni giderin; ağ geçidi denemeyi sürdürür ve anahtar gelince kapalı kalanları kendiliğinden açar.",
                "Remove the cause; the gateway goes on trying, and opens what stayed closed by itself when the key is back.",
            ),
        ),
        KeyTrouble::Refused => (
            Level::Critical,
            Text::new(
                format!("KEP ağ geçidi: şifre çözme anahtarının parolası ya da PIN'i REDDEDİLDİ ({name})"),
                format!("KEP gateway: password or PIN of a decryption key REFUSED ({name})"),
            ),
            Text::new(
                "Sır dosyasını düzeltin, belirteç kilitliyse PUK ile açtırın. Aynı PIN bir daha denenmez; düzeltilen birkaç dakika içinde, `systemctl reload kep-gateway` ile hemen denenir.",
                "Correct the secret file; have a locked token unlocked with its PUK. The same PIN is not tried again; a corrected one is tried within minutes, or at once after `systemctl reload kep-gateway`.",
            ),
        ),
    };
    plain(
        Cause::DecryptionKey,
        level,
        &format!("{holder}/{}", trouble.word()),
        at,
        title,
        body(
            Text::new(visible(&why.tr), visible(&why.en)),
            Text::new(
                "Şifreli gelen evrak açılamıyor; kapalı kaydediliyor ve süreleri işliyor.",
                "Documents that come encrypted cannot be opened; they are registered closed, and their time runs.",
            ),
            next,
        ),
        &[("holder", holder), ("trouble", trouble.word())],
    )
}

/// The key can be used again. Its own key, so that it is not held together with the alarm that it ends.
pub fn key_back(holder: &str, at: Timestamp) -> Notice {
    let name = clean(holder);
    plain(
        Cause::DecryptionKey,
        Level::Warning,
        &format!("{holder}/cleared"),
        at,
        Text::new(
            format!("KEP ağ geçidi: şifre çözme anahtarı yeniden kullanılabiliyor, uyarı kalktı ({name})"),
            format!("KEP gateway: a decryption key can be used again, alarm over ({name})"),
        ),
        body(
            Text::new(
                "Anahtara ulaşıldı; kapalı kalan evrak yeniden deneniyor.",
                "The key was reached; what stayed closed is tried again.",
            ),
            Text::default(),
            Text::new("Yapılacak bir şey yok.", "Nothing to do."),
        ),
        &[("holder", holder), ("cleared", "true")],
    )
}

/// The newest certificate to which others encrypt for this mailbox ends soon, or has ended.
pub fn key_ends(mailbox: &str, until: Timestamp, is_over: bool, at: Timestamp) -> Notice {
    let last = day(until);
    let (title, phase) = match is_over {
        false => (
            Text::new(
                format!("KEP {mailbox}: şifreleme sertifikası {} günü bitiyor", last.tr),
                format!("KEP {mailbox}: the encryption certificate ends on {}", last.en),
            ),
            "near",
        ),
        true => (
            Text::new(
                format!("KEP {mailbox}: şifreleme sertifikası {} günü BİTTİ", last.tr),
                format!("KEP {mailbox}: the encryption certificate ENDED on {}", last.en),
            ),
            "over",
        ),
    };
    mailbox_notice(
        Cause::DecryptionKey,
        Level::Warning,
        mailbox,
        at,
        title.clone(),
        body(
            title,
            Text::new(
                "Süresi dolan sertifikaya kimse şifreli gönderemez; eskiden şifrelenmiş olanlar anahtar durdukça açılır.",
                "Nobody can encrypt to a certificate that has ended; what was encrypted before is opened as long as the key is there.",
            ),
            Text::new(
                "Yeni bir kurumsal şifreleme sertifikası alın; anahtarını `decryption` listesine ekleyin ve eskisini de orada bırakın.",
                "Get a new encryption certificate for the institution; add its key to the list `decryption`, and leave the old one there too.",
            ),
        ),
        &[("until", &until.to_string()), ("phase", phase)],
    )
}
