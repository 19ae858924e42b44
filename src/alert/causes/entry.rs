//! Alerts about an entry of the register.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{body, clean, day, facts, moment};
use crate::alert::notice::{Cause, Level, Notice};
use crate::register::deadlines::{kind, rule};
use crate::register::entry::Deadline;
use crate::text::Text;

/// Closer to its moment than this, and after it, a deadline's alert is critical: it rings at night too.
const DEEMED_READ_CRITICAL_HOURS: i64 = 3;

/// What is told of a register entry.
#[derive(Debug, Clone, Copy)]
pub struct EntryFacts<'a> {
    /// As shown to people, prefix included.
    pub number: &'a str,
    pub mailbox: &'a str,
    /// The sending institution. Never a person.
    pub institution: Option<&'a str>,
    /// The nearest deadline.
    pub deadline: Option<&'a Deadline>,
    /// Groups of the routing rule that took the entry.
    pub groups: &'a [String],
}

impl EntryFacts<'_> {
    pub(super) fn institution(&self) -> Text {
        match self.institution.map(clean).filter(|name| !name.is_empty()) {
            Some(name) => Text::new(name.clone(), name),
            None => Text::new("gönderen bilinmiyor", "sender unknown"),
        }
    }

    fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = facts(&[("register_number", self.number), ("mailbox", self.mailbox)]);
        if let Some(deadline) = self.deadline {
            facts.insert("deadline_kind".to_owned(), deadline.kind.clone());
            facts.insert("deadline".to_owned(), deadline.at.to_string());
        }
        facts
    }

    pub(super) fn notice(&self, cause: Cause, level: Level, at: Timestamp, title: Text, body: Text) -> Notice {
        Notice {
            cause,
            // By mailbox and not by number: a thousand hostile messages are one alert and a count.
            key: self.mailbox.to_owned(),
            level,
            at,
            title,
            body,
            facts: self.facts(),
            groups: self.groups.to_vec(),
        }
    }
}

/// A document was registered. `urgent`: the sender marked it so, or its deadline is near; it then goes by SMS too.
pub fn new_document(entry: &EntryFacts<'_>, urgent: bool, at: Timestamp) -> Notice {
    let (number, institution) = (entry.number, entry.institution());
    let until = match entry.deadline {
        Some(deadline) => Text::new(
            format!(", son an {}", day(deadline.at).tr),
            format!(", due {}", day(deadline.at).en),
        ),
        None => Text::default(),
    };
    let rule = entry.deadline.map(|deadline| deadline.text.clone()).unwrap_or_default();
    entry.notice(
        Cause::NewDocument,
        if urgent { Level::Warning } else { Level::Note },
        at,
        Text::new(
            format!("KEP yeni evrak {number}: {}{}", institution.tr, until.tr),
            format!("KEP new document {number}: {}{}", institution.en, until.en),
        ),
        body(
            Text::new(
                format!("{number} numarasıyla bir evrak kaydedildi ({}).", entry.mailbox),
                format!("A document was registered as {number} ({}).", entry.mailbox),
            ),
            rule,
            Text::new(
                "Kayıt defterinden evrakı açın ve ilgili birime verin.",
                "Open the document in the register and hand it to its unit.",
            ),
        ),
    )
}

/// What programs are told of a register entry.
#[derive(Debug, Clone, Copy)]
pub struct ProgramFacts<'a> {
    pub entry: EntryFacts<'a>,
    /// Without the prefix, as addresses of the API have it: `2026/000001`.
    pub plain_number: &'a str,
    /// The stable words of kind and verdict.
    pub kind: &'a str,
    pub indication: &'a str,
}

/// For programs: an entry was registered (`changed`: its verdict is another one now).
pub fn for_programs(facts: &ProgramFacts<'_>, changed: bool, at: Timestamp) -> Notice {
    let (entry, number) = (facts.entry, facts.entry.number);
    let (cause, title) = match changed {
        false => (
            Cause::DocumentRegistered,
            Text::new(format!("KEP {number} kaydedildi"), format!("KEP {number} registered")),
        ),
        true => (
            Cause::VerdictChanged,
            Text::new(format!("KEP {number}: sonuç değişti"), format!("KEP {number}: the verdict changed")),
        ),
    };
    let next = Text::new(
        "Belgeyi API üzerinden alın; yetkiniz dışındaysa orada yoktur.",
        "Take the document over the API; where it is beyond your scope it is not there.",
    );
    let mut notice = entry.notice(cause, Level::Note, at, title, next);
    // Each document by itself: nothing is held together.
    notice.key = number.to_owned();
    notice.groups.clear();
    let more = [
        ("href", format!("/api/v1/documents/{}", facts.plain_number)),
        ("message_kind", facts.kind.to_owned()),
        ("indication", facts.indication.to_owned()),
    ];
    notice.facts.extend(more.map(|(name, value)| (name.to_owned(), value)));
    notice
}

/// A signature is invalid (`invalid`), or nobody can say yet. `codes` are the stable reason codes of the verdict.
pub fn signature(entry: &EntryFacts<'_>, invalid: bool, codes: &[String], at: Timestamp) -> Notice {
    let (number, institution) = (entry.number, entry.institution());
    let state = match invalid {
        true => Text::new("imza GEÇERSİZ", "signature INVALID"),
        false => Text::new("imza doğrulanamadı", "signature not verified"),
    };
    let why = match codes {
        [] => Text::default(),
        codes => Text::new(
            format!("Doğrulama raporundaki kodlar: {}.", codes.join(", ")),
            format!("Codes of the validation report: {}.", codes.join(", ")),
        ),
    };
    entry.notice(
        Cause::Signature,
        Level::Warning,
        at,
        Text::new(
            format!("KEP {number}: {} ({})", state.tr, institution.tr),
            format!("KEP {number}: {} ({})", state.en, institution.en),
        ),
        body(
            Text::new(
                format!("{number} numaralı kayıtta {}.", state.tr),
                format!("Entry {number}: {}.", state.en),
            ),
            why,
            match invalid {
                true => Text::new(
                    "Evrakı işleme koymayın; doğrulama raporunu okuyun ve gönderen kurumdan yeniden isteyin.",
                    "Do not act on the document; read the validation report and ask the sending institution to send it again.",
                ),
                false => Text::new(
                    "Doğrulama raporundaki eksiği giderin (kök sertifika, iptal bilgisi); sonuç kendiliğinden yenilenir.",
                    "Supply what the validation report misses (anchor, revocation data); the verdict renews itself.",
                ),
            },
        ),
    )
}

/// A message could not be processed and was set aside, with its place in the register.
pub fn quarantine(entry: &EntryFacts<'_>, code: &str, at: Timestamp) -> Notice {
    let (number, code) = (entry.number, clean(code));
    entry.notice(
        Cause::Quarantine,
        Level::Warning,
        at,
        Text::new(
            format!("KEP {number}: ileti karantinada ({code})"),
            format!("KEP {number}: message in quarantine ({code})"),
        ),
        body(
            Text::new(
                format!(
                    "{} kutusundan gelen bir ileti işlenemedi ve {number} numarasıyla karantinaya alındı.",
                    entry.mailbox
                ),
                format!(
                    "A message from {} could not be processed and is in quarantine as {number}.",
                    entry.mailbox
                ),
            ),
            Text::new(
                format!("Neden kodu: {code}. İletinin baytları saklandı."),
                format!("Reason code: {code}. Its bytes are kept."),
            ),
            Text::new(
                "Kaydı açıp nedenini okuyun; iletiyi KEP sağlayıcısının sayfasından da denetleyin.",
                "Open the entry and read the reason; look at the message on the provider's page too.",
            ),
        ),
    )
}

/// A deadline is near or has passed, and nobody did what stops it.
pub fn deadline_near(entry: &EntryFacts<'_>, deadline: &Deadline, at: Timestamp) -> Notice {
    let entry = EntryFacts {
        deadline: Some(deadline),
        ..*entry
    };
    let (number, institution, when) = (entry.number, entry.institution(), moment(deadline.at));
    let is_over = deadline.at < at;
    let (what, happened, why, next) = match deadline.kind.as_str() {
        kind::DUE => of_miat(number, &when, is_over),
        kind::URGENT => of_same_day(number, &when, is_over),
        _ => of_reading(number, &when, is_over, deadline.rule == rule::FIFTH_DAY),
    };
    let mut notice = entry.notice(
        Cause::DeemedReadNear,
        if deadline.at.duration_since(at).as_hours() < DEEMED_READ_CRITICAL_HOURS {
            Level::Critical
        } else {
            Level::Warning
        },
        at,
        Text::new(
            format!("KEP {number} {} ({})", what.tr, institution.tr),
            format!("KEP {number} {} ({})", what.en, institution.en),
        ),
        body(happened, why, next),
    );
    let phase = if is_over { "passed" } else { "near" };
    notice.facts.insert("phase".to_owned(), phase.to_owned());
    notice
}

/// Title, what happened, what follows, what to do.
type Sentences = (Text, Text, Text, Text);

/// Okunmuş sayılma; of an e-Tebligat, tebliğ edilmiş sayılma.
fn of_reading(number: &str, when: &Text, is_over: bool, is_service: bool) -> Sentences {
    let (word_tr, word_en) = match is_service {
        true => ("tebliğ edilmiş", "served"),
        false => ("okunmuş", "read"),
    };
    let unopened = Text::new(
        format!("{number} numaralı evrakı kimse açmadı."),
        format!("Nobody opened document {number}."),
    );
    match is_over {
        false => (
            Text::new(
                format!("AÇILMADI: {} {word_tr} sayılacak", when.tr),
                format!("NOT OPENED: counts as {word_en} {}", when.en),
            ),
            unopened,
            Text::new(
                format!("{} tarihinde {word_tr} sayılır ve süresi başlar.", when.tr),
                format!("It counts as {word_en} at {}, and its time begins.", when.en),
            ),
            Text::new("Evrakı kayıt defterinden şimdi açın.", "Open the document in the register now."),
        ),
        true => (
            Text::new(
                format!("AÇILMADI: {} itibarıyla {word_tr} sayıldı", when.tr),
                format!("NOT OPENED: has counted as {word_en} since {}", when.en),
            ),
            unopened,
            Text::new(
                format!("{} tarihinde {word_tr} sayıldı; süresi o andan beri işliyor.", when.tr),
                format!(
                    "It has counted as {word_en} since {}; its time has been running since then.",
                    when.en
                ),
            ),
            Text::new(
                "Evrakı hemen açın ve kalan süreyi ilgili birimle hesaplayın.",
                "Open the document at once and work out the time that is left with its unit.",
            ),
        ),
    }
}

/// Miat: open until somebody is done with the document, opened or not.
fn of_miat(number: &str, when: &Text, is_over: bool) -> Sentences {
    let (title, happened) = match is_over {
        false => (
            Text::new(
                format!("MİAT: {} yanıt süresi doluyor", when.tr),
                format!("MIAT: answer due by {}", when.en),
            ),
            Text::new(
                format!("{number} numaralı evrakın yanıt süresi (Miat) {} tarihinde doluyor.", when.tr),
                format!("The time for answering document {number} (Miat) ends at {}.", when.en),
            ),
        ),
        true => (
            Text::new(
                format!("MİAT GEÇTİ: {} yanıt süresi doldu", when.tr),
                format!("MIAT PASSED: the answer was due by {}", when.en),
            ),
            Text::new(
                format!("{number} numaralı evrakın yanıt süresi (Miat) {} tarihinde doldu.", when.tr),
                format!("The time for answering document {number} (Miat) ended at {}.", when.en),
            ),
        ),
    };
    let why = Text::new(
        "Süreyi gönderen kurum belgenin kendisinde koydu.",
        "The sending institution set it in the document itself.",
    );
    let next = match is_over {
        false => Text::new("İlgili birimin yanıtını izleyin.", "See that its unit answers."),
        true => Text::new(
            "İlgili birime sorun; yanıt gitmediyse gönderen kurumu bilgilendirin.",
            "Ask its unit; if no answer went out, tell the sending institution.",
        ),
    };
    (title, happened, why, next)
}

/// Günlü (GNL) without a Miat.
fn of_same_day(number: &str, when: &Text, is_over: bool) -> Sentences {
    let title = match is_over {
        false => Text::new(
            format!("GÜNLÜ, AÇILMADI: {} tarihine kadar işlem isteniyor", when.tr),
            format!("SAME DAY, NOT OPENED: wanted by {}", when.en),
        ),
        true => Text::new(
            format!("GÜNLÜ, AÇILMADI: istenen süre {} tarihinde doldu", when.tr),
            format!("SAME DAY, NOT OPENED: was wanted by {}", when.en),
        ),
    };
    let happened = Text::new(
        format!("Gönderenin günlü (GNL) işaretlediği {number} numaralı evrakı kimse açmadı."),
        format!("Nobody opened document {number}, which its sender wants dealt with on the same day (GNL)."),
    );
    (
        title,
        happened,
        Text::default(),
        Text::new("Evrakı kayıt defterinden şimdi açın.", "Open the document in the register now."),
    )
}
