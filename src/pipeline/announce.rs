//! register -> alert: who must hear of a finished entry.

use jiff::Timestamp;

use crate::alert::causes::{self, EntryFacts, ProgramFacts};
use crate::alert::notice::Notice;
use crate::register::deadlines::kind;
use crate::register::entry::{Deadline, Entry, State, flag};
use crate::register::is_negative;
use crate::signature::report::Indication;

/// Words that owners of the register and people who are told use for the same entry.
pub struct Told {
    number: String,
    groups: Vec<String>,
}

impl Told {
    pub fn new(entry: &Entry, prefix: &str, groups: &[String]) -> Self {
        Self {
            number: format!("{prefix}{}", entry.register_number),
            groups: groups.to_vec(),
        }
    }

    pub fn facts<'a>(&'a self, entry: &'a Entry) -> EntryFacts<'a> {
        EntryFacts {
            number: &self.number,
            mailbox: &entry.mailbox,
            institution: institution(entry),
            deadline: nearest(entry),
            groups: &self.groups,
        }
    }
}

/// The notices of a new entry. An entry that a rule set aside ("kayda alınmadı") is told to nobody.
pub fn of_entry(entry: &Entry, prefix: &str, groups: &[String], at: Timestamp) -> Vec<Notice> {
    if entry.state == State::NotRecorded {
        return Vec::new();
    }
    // Programs take over what arrived; what was sent came from them.
    let mut notices: Vec<Notice> = (!entry.is_sent())
        .then(|| for_programs(entry, prefix, false, at))
        .into_iter()
        .collect();
    notices.extend(for_people(entry, prefix, groups, at));
    notices
}

/// One for each entry; whoever asked for none is told none.
fn for_programs(entry: &Entry, prefix: &str, changed: bool, at: Timestamp) -> Notice {
    let word = |value: Option<serde_json::Value>| value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let (told, number) = (Told::new(entry, prefix, &[]), entry.register_number.to_string());
    let indication = entry.verdict.as_ref().map(|verdict| verdict.indication);
    let facts = ProgramFacts {
        entry: told.facts(entry),
        plain_number: &number,
        kind: &word(serde_json::to_value(entry.message.kind).ok()),
        indication: &word(indication.and_then(|indication| serde_json::to_value(indication).ok())),
    };
    causes::for_programs(&facts, changed, at)
}

fn for_people(entry: &Entry, prefix: &str, groups: &[String], at: Timestamp) -> Vec<Notice> {
    let told = Told::new(entry, prefix, groups);
    let facts = told.facts(entry);
    if entry.flags.contains(flag::QUARANTINED) {
        let code = entry.findings.first().map_or("KEP-5050", |finding| &finding.rule);
        return vec![causes::quarantine(&facts, code, at)];
    }
    let indication = entry.verdict.as_ref().map(|verdict| verdict.indication);
    if entry.is_sent() {
        // No news to anybody; its evidence is followed by the clock. That our own signature does not hold is.
        let invalid = indication == Some(Indication::Failed) && !entry.flags.contains(flag::UNSIGNED);
        return invalid
            .then(|| causes::signature(&facts, true, &codes(entry), at))
            .into_iter()
            .collect();
    }
    let mut notices = vec![causes::new_document(&facts, is_urgent(entry), at)];
    if let Some(indication @ (Indication::Failed | Indication::Indeterminate)) = indication
        && !entry.flags.contains(flag::UNSIGNED)
    {
        notices.push(causes::signature(&facts, indication == Indication::Failed, &codes(entry), at));
    }
    if entry.flags.contains(flag::NEGATIVE_EVIDENCE) {
        let negative = entry.evidence.iter().find(|record| is_negative(record));
        let evidence = negative.map(|record| format!("{} {}", record.kind, record.event.as_deref().unwrap_or_default()));
        notices.push(causes::negative_evidence(
            &entry.mailbox,
            evidence.unwrap_or_default().trim(),
            None,
            groups,
            at,
        ));
    }
    notices
}

/// The notices of an entry that says something else after a later examination. A document that can be read at last is told like a new
/// one; a signature that turned out invalid is told; good news waits in the register.
pub fn of_changed(before: Option<&Entry>, after: &Entry, prefix: &str, groups: &[String], at: Timestamp) -> Vec<Notice> {
    let Some(before) = before else {
        return of_entry(after, prefix, groups, at);
    };
    let verdict = |entry: &Entry| entry.verdict.as_ref().map(|verdict| (verdict.indication, verdict.sub_indication));
    let mut notices = Vec::new();
    if !after.is_sent() && after.state != State::NotRecorded && (verdict(before) != verdict(after) || before.is_set_aside()) {
        notices.push(for_programs(after, prefix, true, at));
    }
    notices.extend(of_changed_for_people(before, after, prefix, groups, at));
    notices
}

fn of_changed_for_people(before: &Entry, after: &Entry, prefix: &str, groups: &[String], at: Timestamp) -> Vec<Notice> {
    if before.is_set_aside() {
        return match after.state {
            State::NotRecorded => Vec::new(),
            _ => for_people(after, prefix, groups, at),
        };
    }
    let has_failed = |entry: &Entry| {
        entry
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.indication == Indication::Failed)
    };
    if has_failed(before) || !has_failed(after) {
        return Vec::new();
    }
    let told = Told::new(after, prefix, groups);
    vec![causes::signature(&told.facts(after), true, &codes(after), at)]
}

/// The institution that wrote. Never a person.
fn institution(entry: &Entry) -> Option<&str> {
    let sender = entry.document.as_ref()?.sender.as_ref()?;
    sender.name.as_deref().filter(|_| sender.kind == "institution")
}

fn nearest(entry: &Entry) -> Option<&Deadline> {
    entry.deadlines.iter().min_by_key(|deadline| deadline.at)
}

/// Günlü or acele, or an e-Tebligat.
fn is_urgent(entry: &Entry) -> bool {
    let urgency = entry.document.as_ref().and_then(|document| document.urgency.as_deref());
    matches!(urgency, Some("GNL" | "ACL" | "IVD" | "CIV"))
        || entry.flags.contains(flag::E_TEBLIGAT)
        || entry.deadlines.iter().any(|deadline| deadline.kind == kind::URGENT)
}

/// The codes of what spoke against the signatures.
fn codes(entry: &Entry) -> Vec<String> {
    let signatures = entry.verdict.iter().flat_map(|verdict| &verdict.signatures);
    let mut codes: Vec<String> = signatures
        .filter(|signature| signature.indication != Indication::Passed)
        .flat_map(|signature| &signature.reasons)
        .map(|reason| reason.code.clone())
        .collect();
    codes.sort();
    codes.dedup();
    codes
}
