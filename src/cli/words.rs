//! The words of the screen for what the register knows.

use crate::message::MessageKind;
use crate::register::entry::{Entry, flag};
use crate::signature::report::Indication;
use crate::text::Lang;

pub fn kind(kind: MessageKind, lang: Lang) -> &'static str {
    let (tr, en) = match kind {
        MessageKind::Dispatch => ("e-Yazışma", "e-Yazışma"),
        MessageKind::Standard => ("standart", "standard"),
        MessageKind::ETebligat => ("e-Tebligat", "e-Tebligat"),
        MessageKind::Evidence => ("delil", "evidence"),
        MessageKind::AddressVerification => ("adres doğrulama", "address check"),
        MessageKind::Encrypted => ("şifreli", "encrypted"),
        MessageKind::Unclassified => ("sınıflanmamış", "unclassified"),
    };
    if lang == Lang::Tr { tr } else { en }
}

pub fn indication(indication: Indication, lang: Lang) -> &'static str {
    let (tr, en) = match indication {
        Indication::Passed => ("✔ geçerli", "✔ valid"),
        Indication::Indeterminate => ("? belirsiz", "? undetermined"),
        Indication::Failed => ("✘ GEÇERSİZ", "✘ INVALID"),
    };
    if lang == Lang::Tr { tr } else { en }
}

/// The verdict in a word and a shape; a quarantined message has none.
pub fn verdict(entry: &Entry, lang: Lang) -> &'static str {
    if entry.flags.contains(flag::QUARANTINED) {
        return if lang == Lang::Tr { "! karantinada" } else { "! quarantined" };
    }
    match &entry.verdict {
        Some(verdict) => indication(verdict.indication, lang),
        None => "-",
    }
}
