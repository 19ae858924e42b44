//! The words for people for what the register knows: on the screen, on the page and on paper.

use serde::Serialize;

use super::deadlines::kind as term;
use super::entry::{Action, Entry, Handling, State, Why, flag};
use super::retention::Disposed;
use crate::finding::Severity;
use crate::message::MessageKind;
use crate::text::{Lang, Text};

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

/// What somebody did: to whom it was assigned and under which number it was taken over included.
pub fn action(action: &Action) -> Text {
    match action {
        Action::Opened => Text::new("açtı", "opened"),
        Action::Assigned { unit, person } => {
            let to: Vec<&str> = [unit.as_deref(), person.as_deref()].into_iter().flatten().collect();
            Text::new(format!("havale etti: {}", to.join(", ")), format!("assigned to {}", to.join(", ")))
        }
        Action::Done => Text::new("tamamladı", "marked as done"),
        Action::OnHold => Text::new("beklemeye aldı", "put on hold"),
        Action::Reopened => Text::new("yeniden açtı", "reopened"),
        Action::NotRecorded => Text::new("kayda almadı", "did not record"),
        Action::Noted => Text::new("not yazdı", "noted"),
        Action::Access { from, to } => {
            let name = |level: &u8, lang| access(*level, lang);
            Text::new(
                format!("erişim düzeyini değiştirdi: {} → {}", name(from, Lang::Tr), name(to, Lang::Tr)),
                format!("changed the access level: {} → {}", name(from, Lang::En), name(to, Lang::En)),
            )
        }
        Action::Transferred { number } => Text::new(format!("EBYS'ye aktardı: {number}"), format!("transferred to the EBYS as {number}")),
    }
}

/// A deed with its person and its note, as a line of a list. The state that it left behind is not what was done.
pub fn deed(handling: &Handling, lang: Lang) -> String {
    let what = action(&handling.action);
    let note = handling.note.as_deref().unwrap_or_default();
    let from = command_line(handling.uid, lang);
    format!("{}{from} · {} {note}", handling.by, what.get(lang)).trim_end().to_owned()
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

/// A disposal in one line: when, and by which list.
pub fn disposed(disposed: &Disposed, lang: Lang) -> String {
    let day = crate::clock::local_day(disposed.at).strftime("%d.%m.%Y").to_string();
    format!("{day} · {} {}", either(("liste", "list"), lang), disposed.list)
}

/// What a term is about, by its stable word.
pub fn deadline_kind(word: &str, lang: Lang) -> &'static str {
    let words = match word {
        term::DEEMED_READ => ("okunmuş sayılma", "deemed read"),
        term::DEEMED_READ_EARLY => ("okunmuş sayılma (erken hesap)", "deemed read (earlier rule)"),
        term::DUE => ("miat", "due date"),
        term::URGENT => ("günlü", "same day"),
        term::LOSS => ("zıyanın bildirilmesi", "report of a loss of records"),
        "originals" => ("asılların gelmesi", "originals"),
        "completion" => ("eksiklerin tamamlanması", "completion"),
        "loss-report" => ("kaybın bildirilmesi", "report of a loss"),
        "power-ends" => ("vekâletnamenin bitişi", "power of attorney ends"),
        "circular-ends" => ("sirkülerin bitişi", "circular ends"),
        _ => ("süre", "deadline"),
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
