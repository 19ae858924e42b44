//! The words for people for what the register knows: on the screen, on the page and on paper.

use serde::Serialize;

use super::entry::{Action, Entry, Handling, State, Why, flag};
use crate::finding::Severity;
use crate::message::MessageKind;
use crate::text::Lang;

pub fn either<'a>((tr, en): (&'a str, &'a str), lang: Lang) -> &'a str {
    if lang == Lang::Tr { tr } else { en }
}

pub fn kind(kind: MessageKind, lang: Lang) -> &'static str {
    let words = match kind {
        MessageKind::Dispatch => ("e-Yazışma", "e-Yazışma"),
        MessageKind::Standard => ("standart", "standard"),
        MessageKind::ETebligat => ("e-Tebligat", "e-Tebligat"),
        MessageKind::Evidence => ("delil", "evidence"),
        MessageKind::AddressVerification => ("adres doğrulama", "address check"),
        MessageKind::Encrypted => ("şifreli", "encrypted"),
        MessageKind::Unclassified => ("sınıflanmamış", "unclassified"),
    };
    either(words, lang)
}

pub use crate::signature::wording::{indication, role};

/// The verdict in a word and a shape; a quarantined message has none.
pub fn verdict(entry: &Entry, lang: Lang) -> &'static str {
    if entry.flags.contains(flag::QUARANTINED) {
        return either(("! karantinada", "! quarantined"), lang);
    }
    match &entry.verdict {
        Some(verdict) => indication(verdict.indication, lang),
        None => "-",
    }
}

pub fn severity(severity: Severity, lang: Lang) -> &'static str {
    let words = match severity {
        Severity::Note => ("bilgi", "note"),
        Severity::Warning => ("uyarı", "warning"),
        Severity::Error => ("hata", "error"),
        Severity::Fatal => ("işlenemez", "fatal"),
    };
    either(words, lang)
}

/// An access level, as people call it.
pub fn access(level: u8, lang: Lang) -> &'static str {
    let words = match level {
        0 => ("açık", "open"),
        1 => ("hizmete özel", "restricted"),
        2 => ("özel", "confidential"),
        3 => ("gizli", "secret"),
        _ => ("çok gizli", "top secret"),
    };
    either(words, lang)
}

/// What is said beside a person's name where the deed came from the machine and not from the person's own session; else nothing.
pub fn command_line(uid: Option<u32>, lang: Lang) -> String {
    match (uid, lang) {
        (None, _) => String::new(),
        (Some(uid), Lang::Tr) => format!(" (komut satırından, uid {uid})"),
        (Some(uid), Lang::En) => format!(" (on the command line, uid {uid})"),
    }
}

/// What a person did, where it is more than the state after it.
pub fn deed(handling: &Handling, lang: Lang) -> String {
    match (&handling.action, lang) {
        (Action::Transferred { number }, _) => format!("EBYS {number}"),
        (Action::Access { from, to }, Lang::Tr) => format!("erişim düzeyi: {} → {}", access(*from, lang), access(*to, lang)),
        (Action::Access { from, to }, Lang::En) => format!("access level: {} → {}", access(*from, lang), access(*to, lang)),
        _ => state(handling.state, lang).to_owned(),
    }
}

pub fn state(state: State, lang: Lang) -> &'static str {
    let words = match state {
        State::Registered => ("kaydedildi, açılmadı", "registered, not opened"),
        State::Quarantined => ("karantinada", "quarantined"),
        State::Opened => ("açıldı", "opened"),
        State::Assigned => ("havale edildi", "assigned"),
        State::Done => ("tamamlandı", "done"),
        State::OnHold => ("bekletiliyor", "on hold"),
        State::NotRecorded => ("kayda alınmadı", "not recorded"),
    };
    either(words, lang)
}

/// The same of an entry: of what we sent nobody waits that it is opened.
pub fn state_of(state: State, is_sent: bool, lang: Lang) -> &'static str {
    match (is_sent, state) {
        (true, State::Registered) => either(("giden, kaydedildi", "sent, registered"), lang),
        _ => self::state(state, lang),
    }
}

/// What the moment of arrival rests on.
pub fn received_by(word: &str, lang: Lang) -> &str {
    let words = match word {
        "evidence" => ("delile göre", "by the evidence"),
        "provider-date" => ("sağlayıcının tarihine göre", "by the provider's date"),
        "sender-date" => ("iletinin kendi tarihine göre", "by the message's own date"),
        "server" => ("sunucuya varışına göre", "by arrival on the server"),
        "fetched" => ("alındığı ana göre", "by when it was fetched"),
        other => (other, other),
    };
    either(words, lang)
}

/// A flag of the contract; an unknown one as it is.
pub fn flag(word: &str, lang: Lang) -> &str {
    let words = match word {
        flag::INVALID_SIGNATURE => ("geçersiz imza", "invalid signature"),
        flag::UNVERIFIED => ("doğrulanamadı", "unverified"),
        flag::ENCRYPTED => ("şifreli", "encrypted"),
        flag::DECRYPTED => ("şifresi açıldı", "decrypted"),
        flag::MALFORMED_PACKAGE => ("bozuk paket", "malformed package"),
        flag::UNCLASSIFIED => ("sınıflanmamış", "unclassified"),
        flag::QUARANTINED => ("karantinada", "quarantined"),
        flag::DUPLICATE => ("mükerrer", "duplicate"),
        flag::E_TEBLIGAT => ("e-Tebligat", "e-Tebligat"),
        flag::ADDRESS_VERIFICATION => ("adres doğrulama", "address check"),
        flag::UNSIGNED => ("imzasız", "unsigned"),
        flag::ORPHAN_EVIDENCE => ("sahipsiz delil", "evidence without message"),
        flag::NEGATIVE_EVIDENCE => ("olumsuz delil", "negative evidence"),
        flag::UNKNOWN_SENDER => ("tanınmayan gönderen", "unknown sender"),
        flag::SENT => ("giden", "sent"),
        flag::LEGAL_HOLD => ("hukukî bekletme", "legal hold"),
        flag::DISPOSED => ("imha edildi", "disposed of"),
        other => (other, other),
    };
    either(words, lang)
}

/// Why an entry was examined again.
pub fn why(why: Why, lang: Lang) -> &'static str {
    let words = match why {
        Why::Operator => ("istek üzerine", "on request"),
        Why::Retry => ("kendiliğinden yeniden deneme", "tried again by itself"),
        Why::Revocation => ("yeni iptal bilgisi", "new revocation data"),
        Why::Trust => ("güvenilen kökler değişti", "the anchors changed"),
    };
    either(words, lang)
}

/// A size for people.
pub fn bytes(size: u64, lang: Lang) -> String {
    match size {
        0..1_024 => format!("{size} {}", either(("bayt", "bytes"), lang)),
        1_024..1_048_576 => format!("{} KiB", size.div_ceil(1_024)),
        1_048_576..10_737_418_240 => format!("{} MiB", size.div_ceil(1_048_576)),
        // Rounded down: what is this large is told as room that is left.
        _ => format!("{} GiB", size / 1_073_741_824),
    }
}

/// A word of a standard, as its JSON has it.
pub fn stable(word: impl Serialize) -> String {
    serde_json::to_value(word)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
