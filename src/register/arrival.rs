//! When did it legally arrive, and when was it legally read? Picked from what providers, servers and evidence say, which may be wrong.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::deadlines::{ReadEvent, ReadEvidence};
use super::entry::EvidenceRecord;
use crate::clock;
use crate::finding::{Finding, Severity};
use crate::signature::report::Indication;

/// How wrong a clock may be before its time is not believed.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// The day of the KEP regulation (RG 25.8.2011/28036): no KEP message is older.
pub(super) fn kep_begins() -> Timestamp {
    clock::from_local(date(2011, 8, 25).at(0, 0, 0, 0))
}

/// The moments that offer themselves as the arrival.
#[derive(Debug, Clone, Copy)]
pub struct ArrivalTimes {
    /// Date of the provider's envelope (L0).
    pub provider_date: Option<Timestamp>,
    /// The provider's signature over that envelope passed. Anybody can write a Date.
    pub provider_vouches: bool,
    /// When the mail server took it in (INTERNALDATE, the file's time).
    pub server: Option<Timestamp>,
    /// When we took it.
    pub fetched: Timestamp,
}

/// The legal arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub at: Timestamp,
    /// `evidence`, `provider-date`, `server` or `fetched`.
    pub by: &'static str,
}

/// Delivery evidence about us, else the date that the provider signed, else the server's, else our own; the first that can be true.
pub fn arrival(evidence: &[EvidenceRecord], ours: Option<&str>, times: &ArrivalTimes) -> (Arrival, Vec<Finding>) {
    let mut findings = Vec::new();
    let delivered = delivery(evidence, ours, &mut findings);
    let candidates = [
        ("evidence", delivered),
        ("provider-date", times.provider_date.filter(|_| times.provider_vouches)),
        ("server", times.server),
    ];
    for (by, at) in candidates {
        let Some(at) = at else { continue };
        if can_be(at, times) {
            return (Arrival { at, by }, findings);
        }
        findings.push(implausible(by, at));
    }
    let at = times.fetched;
    (Arrival { at, by: "fetched" }, findings)
}

/// From when deadlines count. A provider's clock that runs ahead must not put one off: nothing arrives after we have it. And a date that
/// nobody signed proves no arrival, but it may be true: it may bring a deadline forward, as unverified evidence may.
pub fn counted_from(arrived: &Arrival, times: &ArrivalTimes) -> (Timestamp, Option<Finding>) {
    let known = arrived.at.min(times.fetched);
    let unsigned = times
        .provider_date
        .filter(|at| !times.provider_vouches && arrived.by != "evidence" && can_be(*at, times));
    let Some(earlier) = unsigned.filter(|at| *at < known) else {
        return (known, None);
    };
    // Minutes between provider and server are everyday; another day is worth a look.
    let is_another_day = clock::local_day(earlier) < clock::local_day(known);
    (earlier, is_another_day.then(|| unsigned_date(earlier)))
}

pub(super) fn can_be(at: Timestamp, times: &ArrivalTimes) -> bool {
    at >= kep_begins() && at <= latest(times.fetched)
}

/// The retrieval evidence about our own copy: a verified one before an unverified one, then the earliest. One that cannot be true, or whose
/// signature is invalid, is left aside with a finding: it must not move a deadline.
pub fn read_evidence(
    evidence: &[EvidenceRecord],
    ours: Option<&str>,
    arrival: Timestamp,
    fetched: Timestamp,
) -> (Option<ReadEvidence>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut best: Option<ReadEvidence> = None;
    for record in evidence
        .iter()
        .filter(|record| record.kind == "retrieval" && is_about(record, ours))
    {
        let (Some(event), Some(at)) = (read_event(record), record.event_time) else {
            continue;
        };
        if record.indication == Indication::Failed {
            findings.push(invalid_evidence(record));
            continue;
        }
        let earliest = arrival.saturating_sub(CLOCK_TOLERANCE).unwrap_or(Timestamp::MIN);
        if at < earliest || at > latest(fetched) {
            findings.push(implausible("retrieval-evidence", at));
            continue;
        }
        let read = ReadEvidence {
            event,
            at,
            verified: record.indication == Indication::Passed,
        };
        let rank = |read: &ReadEvidence| (!read.verified, read.at);
        if best.as_ref().is_none_or(|other| rank(&read) < rank(other)) {
            best = Some(read);
        }
    }
    (best, findings)
}

fn delivery(evidence: &[EvidenceRecord], ours: Option<&str>, findings: &mut Vec<Finding>) -> Option<Timestamp> {
    let mut earliest: Option<Timestamp> = None;
    for record in evidence.iter().filter(|record| record.kind == "delivery" && is_about(record, ours)) {
        if !record.event.as_deref().is_some_and(|event| event.eq_ignore_ascii_case("delivery")) {
            continue;
        }
        if record.indication == Indication::Failed {
            findings.push(invalid_evidence(record));
            continue;
        }
        earliest = [earliest, record.event_time].into_iter().flatten().min();
    }
    earliest
}

/// Evidence that names another recipient says nothing about our mailbox.
fn is_about(record: &EvidenceRecord, ours: Option<&str>) -> bool {
    match (&record.recipient, ours) {
        (Some(recipient), Some(ours)) => recipient.trim().eq_ignore_ascii_case(ours.trim()),
        _ => true,
    }
}

fn read_event(record: &EvidenceRecord) -> Option<ReadEvent> {
    let event = record.event.as_deref()?;
    if event.eq_ignore_ascii_case("retrieval") {
        return Some(ReadEvent::Retrieval);
    }
    event
        .eq_ignore_ascii_case("nonretrievalexpiration")
        .then_some(ReadEvent::NonRetrievalExpiration)
}

pub(super) fn latest(now: Timestamp) -> Timestamp {
    now.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX)
}

pub(super) fn implausible(source: &str, at: Timestamp) -> Finding {
    Finding::new(
        "KEP-5030",
        Severity::Warning,
        source,
        format!(
            "Bildirilen {at} zamanı olamaz (gelecekte, KEP'ten önce ya da iletiden önce); kullanılmadı. Sunucu ve sağlayıcı \
                saatini denetleyin."
        ),
        format!(
            "The stated time {at} cannot be (future, before KEP existed, or before the message) and was not used. Check the \
                clocks of server and provider."
        ),
    )
}

fn unsigned_date(at: Timestamp) -> Finding {
    Finding::new(
        "KEP-5032",
        Severity::Note,
        "provider-date",
        format!(
            "Sağlayıcı zarfındaki {at} tarihi geçerli bir imzayla korunmuyor; geliş zamanı sayılmadı, ama süreler ondan sayıldı. Asıl geliş \
                zamanını sağlayıcının delilinden ya da sayfasından denetleyin."
        ),
        format!(
            "The date {at} of the provider's envelope is not protected by a valid signature; it is not taken for the arrival, but deadlines \
                count from it. Check the real arrival in the provider's evidence or on its page."
        ),
    )
}

fn invalid_evidence(record: &EvidenceRecord) -> Finding {
    Finding::new(
        "KEP-5031",
        Severity::Error,
        format!("evidence/{}", record.sha256.short()),
        "Delilin imzası geçersiz; zamanı süre hesabında kullanılmadı. Delili sağlayıcıdan yeniden isteyin.",
        "The signature of the evidence is invalid; its time was not used for any deadline. Ask the provider for the evidence again.",
    )
}

#[cfg(test)]
#[path = "arrival_tests.rs"]
mod arrival_tests;
