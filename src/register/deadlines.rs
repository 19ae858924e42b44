//! By when must somebody act? Pure arithmetic over a calendar; no question panics, whatever the dates.
//!
//! Where the law or the handbook leaves room, the earlier moment is taken: an alarm too early costs a look, one too late a term.
//!
//! * A KEP message counts as received and read on the business day that follows its arrival, at the end of that day. One that arrives on a
//!   weekend or holiday is read at the end of the *first* business day after it: the lenient reading (it "arrives" on Monday and is read
//!   on Tuesday) would be one day later.
//! * Some institutions are told "24 hours after arrival". The rule is a setting; where the other of the two gives an earlier moment, that
//!   moment is shown too, as `deemed-read-early`.
//! * Evidence beats arithmetic. Evidence whose signature could not be verified may bring the moment forward but not put it off.
//! * Miat counts from the document's date or from its arrival, whichever is earlier.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::entry::{Deadline, EvidenceRecord};
use super::xsd_duration::XsdDuration;
use crate::clock;
use crate::finding::{Finding, Severity};
use crate::message::MessageKind;
use crate::signature::report::Indication;
use crate::text::Text;

/// Kinds of deadline: stable words of the JSON contract.
pub mod kind {
    /// Okunmuş sayılma: the message counts as read, opened or not.
    pub const DEEMED_READ: &str = "deemed-read";
    /// The same by the other of the two rules, where that one is earlier.
    pub const DEEMED_READ_EARLY: &str = "deemed-read-early";
    /// Miat: the document wants its answer by then.
    pub const DUE: &str = "due";
    /// Günlü (GNL) without a Miat: the sender wants it the same day.
    pub const URGENT: &str = "urgent";
    /// Zıya: a loss of the record must be reported by then. No document's; it stands on the boards beside theirs.
    pub const LOSS: &str = "loss";
}

/// Names of the rules: stable words of the JSON contract. The 24-hour rule is `kep-hours-24`.
pub mod rule {
    pub const NEXT_BUSINESS_DAY: &str = "kep-next-business-day";
    pub const FIFTH_DAY: &str = "e-tebligat-fifth-day";
    pub const RETRIEVAL: &str = "evidence-retrieval";
    pub const NON_RETRIEVAL: &str = "evidence-non-retrieval";
    pub const MIAT: &str = "miat";
    pub const SAME_DAY: &str = "gnl-without-miat";
}

/// The delay after which a provider's system records "counts as read", where the handbook's business-day rule is not used.
const PROVIDER_DELAY_HOURS: u16 = 24;

/// Law 7201 article 7/a: the end of the fifth day that follows arrival. Calendar days: weekends and holidays count.
const E_TEBLIGAT_DAYS: i8 = 5;

/// Since this day e-Tebligat goes by UETS (regulation RG 6.12.2018/30617); one that comes over KEP is old mail or irregular.
const UETS_SINCE: Date = jiff::civil::date(2019, 1, 1);

/// Which rule says when a KEP message counts as read. TOML: `"next_business_day"` or `{ hours = 24 }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeemedReadRule {
    /// The end of the business day that follows arrival.
    #[default]
    NextBusinessDay,
    /// So many hours after arrival.
    Hours(u16),
}

/// What a retrieval evidence says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadEvent {
    /// Somebody read the message.
    Retrieval,
    /// Okuma zamanaşımı: the time for reading ran out.
    NonRetrievalExpiration,
}

/// A retrieval evidence about our own copy of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadEvidence {
    pub event: ReadEvent,
    pub at: Timestamp,
    /// Its signature was verified.
    pub verified: bool,
}

/// What the deadlines of one entry are computed from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub kind: MessageKind,
    pub arrival: Timestamp,
    pub read: Option<ReadEvidence>,
    /// The document's own date.
    pub document_date: Option<Timestamp>,
    /// Miat as written: an `xsd:duration`.
    pub due: Option<&'a str>,
    /// Ivedilik code.
    pub urgency: Option<&'a str>,
}

/// All deadlines of an entry, and what is doubtful about them. An evidence mail (delil) is nobody's to read in time: it has none.
pub fn deadlines(facts: &Facts<'_>, rule: DeemedReadRule, calendar: &Calendar) -> (Vec<Deadline>, Vec<Finding>) {
    if facts.kind == MessageKind::Evidence {
        return (Vec::new(), Vec::new());
    }
    let (mut found, mut findings) = deemed_read(facts, rule, calendar);
    match due(facts) {
        Ok(term) => found.extend(term),
        Err(finding) => findings.push(finding),
    }
    let has_term = found.iter().any(|deadline| deadline.kind == kind::DUE);
    if !has_term && is_same_day(facts.urgency) {
        found.push(same_day(facts.arrival, calendar));
    }
    // Only business-day rules lean on the calendar; a Miat does not.
    let last = found
        .iter()
        .filter(|deadline| [rule::NEXT_BUSINESS_DAY, rule::SAME_DAY].contains(&deadline.rule.as_str()));
    if let Some(last) = last.map(|deadline| deadline.at).max() {
        findings.extend(calendar.doubt(clock::local_day(facts.arrival), clock::local_day(last)));
    }
    (found, findings)
}

/// Evidence that came after its message was registered can only bring the deemed-read moment forward: a later one may be about another
/// recipient, and no deadline is put off on a guess. Evidence whose signature failed moves nothing.
pub fn bring_forward(deadlines: &mut [Deadline], record: &EvidenceRecord, recipients: &[String]) {
    let ours = record
        .recipient
        .as_ref()
        .is_none_or(|recipient| recipients.iter().any(|known| known.eq_ignore_ascii_case(recipient)));
    let counts = ours && record.kind == "retrieval" && record.indication != Indication::Failed;
    let (Some(moment), true) = (record.event_time, counts) else {
        return;
    };
    for deadline in deadlines
        .iter_mut()
        .filter(|deadline| deadline.kind == kind::DEEMED_READ && moment < deadline.at)
    {
        deadline.at = moment;
    }
}

/// The last second of a Turkish calendar day. Days beyond the time line's end give its end.
pub fn end_of_day(day: Date) -> Timestamp {
    // The time line ends within 9999-12-30: nothing of this year is a real deadline.
    if day.year() >= 9999 {
        return Timestamp::MAX;
    }
    clock::from_local(day.at(23, 59, 59, 0))
}

/// When a KEP message counts as read by one rule.
pub fn deemed_read_at(arrival: Timestamp, rule: DeemedReadRule, calendar: &Calendar) -> Timestamp {
    match rule {
        DeemedReadRule::NextBusinessDay => end_of_day(calendar.next_business_day(clock::local_day(arrival))),
        DeemedReadRule::Hours(hours) => arrival
            .checked_add(SignedDuration::from_hours(i64::from(hours)))
            .unwrap_or(Timestamp::MAX),
    }
}

/// When an e-Tebligat counts as served: the end of the fifth calendar day after arrival.
pub fn e_tebligat_at(arrival: Timestamp) -> Timestamp {
    end_of_day(clock::local_day(arrival).saturating_add(E_TEBLIGAT_DAYS.days()))
}

fn deemed_read(facts: &Facts<'_>, rule: DeemedReadRule, calendar: &Calendar) -> (Vec<Deadline>, Vec<Finding>) {
    let mut findings = Vec::new();
    let kep = by_kep_rule(facts.arrival, rule, calendar);
    let (computed, mut others) = if facts.kind == MessageKind::ETebligat {
        let is_irregular = clock::local_day(facts.arrival) >= UETS_SINCE;
        if is_irregular {
            findings.push(e_tebligat_over_kep());
        }
        (fifth_day(facts.arrival), if is_irregular { vec![kep] } else { Vec::new() })
    } else {
        (kep, vec![by_kep_rule(facts.arrival, the_other(rule), calendar)])
    };
    let first = match facts.read {
        Some(read) if read.verified => {
            others.clear();
            by_evidence(read)
        }
        Some(read) if read.at < computed.at => by_evidence(read),
        Some(_) => {
            findings.push(unverified_evidence());
            computed
        }
        None => computed,
    };
    let early = others
        .into_iter()
        .filter(|other| other.at < first.at)
        .min_by_key(|other| other.at)
        .map(|other| Deadline {
            kind: kind::DEEMED_READ_EARLY.to_owned(),
            ..other
        });
    (std::iter::once(first).chain(early).collect(), findings)
}

fn the_other(rule: DeemedReadRule) -> DeemedReadRule {
    match rule {
        DeemedReadRule::NextBusinessDay => DeemedReadRule::Hours(PROVIDER_DELAY_HOURS),
        DeemedReadRule::Hours(_) => DeemedReadRule::NextBusinessDay,
    }
}

fn by_kep_rule(arrival: Timestamp, rule: DeemedReadRule, calendar: &Calendar) -> Deadline {
    let at = deemed_read_at(arrival, rule, calendar);
    let when = wall(at);
    let (name, tr, en) = match rule {
        DeemedReadRule::NextBusinessDay => (
            rule::NEXT_BUSINESS_DAY.to_owned(),
            format!(
                "İleti {when} itibarıyla alınmış ve okunmuş sayılır (gelişini izleyen iş gününün sonu). Bundan önce açın ve \
                    ilgili birime iletin."
            ),
            format!(
                "The message counts as received and read at {when}, the end of the business day after its arrival. Open it \
                    and pass it on before then."
            ),
        ),
        DeemedReadRule::Hours(hours) => (
            format!("kep-hours-{hours}"),
            format!(
                "İleti {when} itibarıyla okunmuş sayılabilir (gelişinden {hours} saat sonra). Bundan önce açın ve ilgili birime iletin."
            ),
            format!("The message may count as read at {when}, {hours} hours after its arrival. Open it and pass it on before then."),
        ),
    };
    Deadline {
        kind: kind::DEEMED_READ.to_owned(),
        at,
        rule: name,
        law: Text::new(
            "6102 sayılı Kanun m. 1525, KEP Yönetmeliği (RG 25.08.2011/28036) ve kurum el kitabı",
            "Law 6102 art. 1525, KEP regulation (RG 25.08.2011/28036) and the institution's handbook",
        ),
        text: Text::new(tr, en),
    }
}

fn fifth_day(arrival: Timestamp) -> Deadline {
    let at = e_tebligat_at(arrival);
    let when = wall(at);
    Deadline {
        kind: kind::DEEMED_READ.to_owned(),
        at,
        rule: rule::FIFTH_DAY.to_owned(),
        law: Text::new("7201 sayılı Tebligat Kanunu m. 7/a", "Notification law 7201 art. 7/a"),
        text: Text::new(
            format!(
                "Tebligat {when} itibarıyla yapılmış sayılır (gelişini izleyen beşinci günün sonu). Bundan önce açın ve \
                    ilgili birime iletin."
            ),
            format!(
                "The notification counts as served at {when}, the end of the fifth day after its arrival. Open it and pass it \
                    on before then."
            ),
        ),
    }
}

fn by_evidence(read: ReadEvidence) -> Deadline {
    let when = wall(read.at);
    let (name, tr, en) = match read.event {
        ReadEvent::Retrieval => (
            rule::RETRIEVAL,
            format!("Okundu deliline göre ileti {when} anında okundu; süreler bu andan başlar."),
            format!("By its retrieval evidence the message was read at {when}; terms run from that moment."),
        ),
        ReadEvent::NonRetrievalExpiration => (
            rule::NON_RETRIEVAL,
            format!("Okuma zamanaşımı deliline göre ileti {when} anında okunmuş sayıldı; süreler bu andan başlar."),
            format!("By its non-retrieval evidence the message counted as read at {when}; terms run from that moment."),
        ),
    };
    Deadline {
        kind: kind::DEEMED_READ.to_owned(),
        at: read.at,
        rule: name.to_owned(),
        law: Text::new("KEP delili (ETSI TS 102 640-2)", "KEP evidence (ETSI TS 102 640-2)"),
        text: Text::new(tr, en),
    }
}

/// Miat. Nil (`PT0S`) and a bare `0` are how some programs write "none".
fn due(facts: &Facts<'_>) -> Result<Option<Deadline>, Finding> {
    let Some(written) = facts.due.map(str::trim).filter(|text| !text.is_empty() && *text != "0") else {
        return Ok(None);
    };
    let duration = XsdDuration::parse(written).ok_or_else(|| bad_miat(written))?;
    if duration.is_zero() {
        return Ok(None);
    }
    let start = facts.document_date.map_or(facts.arrival, |date| date.min(facts.arrival));
    let at = duration.after(start).ok_or_else(|| bad_miat(written))?;
    let when = wall(at);
    Ok(Some(Deadline {
        kind: kind::DUE.to_owned(),
        at,
        rule: rule::MIAT.to_owned(),
        law: official_correspondence(),
        text: Text::new(
            format!("Belgenin miadı {when} anında dolar. Cevabı bundan önce gönderin."),
            format!("The document's own term ends at {when}. Send the answer before then."),
        ),
    }))
}

fn is_same_day(urgency: Option<&str>) -> bool {
    urgency.is_some_and(|code| code.trim().eq_ignore_ascii_case("GNL"))
}

/// Günlü without a day: by the end of the day on which it came, or of the first business day when it came on a day off.
fn same_day(arrival: Timestamp, calendar: &Calendar) -> Deadline {
    let at = end_of_day(calendar.business_day_from(clock::local_day(arrival)));
    let when = wall(at);
    Deadline {
        kind: kind::URGENT.to_owned(),
        at,
        rule: rule::SAME_DAY.to_owned(),
        law: official_correspondence(),
        text: Text::new(
            format!("Belge günlüdür ama miadı yazılmamış: {when} anına kadar işleme alın ve süreyi gönderene sorun."),
            format!("The document is marked as due on a day but names none: deal with it by {when} and ask the sender for the date."),
        ),
    }
}

fn official_correspondence() -> Text {
    Text::new(
        "Resmî Yazışmalarda Uygulanacak Usul ve Esaslar Hakkında Yönetmelik (RG 10.06.2020/31151)",
        "Regulation on official correspondence (RG 10.06.2020/31151)",
    )
}

fn wall(at: Timestamp) -> String {
    at.to_zoned(clock::istanbul()).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

fn e_tebligat_over_kep() -> Finding {
    Finding::new(
        "KEP-5010",
        Severity::Warning,
        "deadlines",
        "1 Ocak 2019'dan beri e-Tebligat UETS ile yapılır; KEP ile gelen bu tebligat usule aykırı olabilir. Hangi sürenin \
            işlediğini hukuk birimine sorun.",
        "Since 1 January 2019 e-Tebligat goes by UETS; this one came over KEP and may be irregular. Ask the legal unit which term runs.",
    )
}

fn unverified_evidence() -> Finding {
    Finding::new(
        "KEP-5011",
        Severity::Warning,
        "deadlines",
        "Okunma delilinin imzası doğrulanamadı; delil süreyi uzatamaz, hesaplanan an geçerli sayıldı. Delili doğrulayıp süreyi denetleyin.",
        "The signature of the retrieval evidence could not be verified; it cannot put the moment off, so the computed one \
            stands. Verify the evidence.",
    )
}

fn bad_miat(written: &str) -> Finding {
    let written: String = written.chars().take(40).collect();
    Finding::new(
        "KEP-5012",
        Severity::Warning,
        "deadlines",
        format!("Belgenin miadı '{written}' bir süre olarak okunamadı. Belgeyi açıp son tarihi elle girin."),
        format!("The document's term '{written}' cannot be read as a duration. Open the document and set the date by hand."),
    )
}

#[cfg(test)]
#[path = "deadlines_tests.rs"]
mod deadlines_tests;
