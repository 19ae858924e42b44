//! The words of papers for what the register knows.

use jiff::Timestamp;

use crate::clock::istanbul;
use crate::message::MessageKind;
use crate::register::entry::{Entry, State, flag};
use crate::signature::wording;
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

/// What the moment of arrival rests on.
pub fn received_by(word: &str, lang: Lang) -> &str {
    let words = match word {
        "evidence" => ("delile göre (yasal an)", "by the evidence (the legal moment)"),
        "provider-date" => ("sağlayıcının imzalı tarihine göre", "by the provider's signed date"),
        "server" => ("sunucuya varışına göre", "by arrival on the server"),
        "fetched" => ("alındığı ana göre", "by when it was fetched"),
        other => (other, other),
    };
    either(words, lang)
}

/// The verdict in a word and a shape; a quarantined message has none.
pub fn verdict(entry: &Entry, lang: Lang) -> &'static str {
    if entry.flags.contains(flag::QUARANTINED) {
        return either(("! karantinada", "! quarantined"), lang);
    }
    let indication = entry.verdict.as_ref().map(|verdict| verdict.indication);
    indication.map_or("-", |indication| wording::indication(indication, lang))
}

/// Minutes, in Turkish time.
pub fn local_time(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M").to_string()
}

/// Seconds, in Turkish time, with its offset: for a judge.
pub fn exact_time(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M:%S (UTC%:z)").to_string()
}

/// Seconds, in Turkish time: in lists, where the offset stands elsewhere.
pub fn second(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

pub fn local_day(at: Timestamp) -> String {
    at.to_zoned(istanbul()).strftime("%d.%m.%Y").to_string()
}
