use super::*;
use crate::hash::Sha256;
use crate::message::MessageKind;
use crate::register::draft::{DraftInput, draft};
use crate::register::entry::{Handling, RegisterNumber};
use crate::register::fixture::{at, friday, input, message, registry};
use crate::signature::report::{Indication, SubIndication};

fn verdict(indication: Indication, at: Timestamp) -> Verdict {
    Verdict {
        indication,
        sub_indication: (indication != Indication::Passed).then_some(SubIndication::TryLater),
        signatures: Vec::new(),
        validation_time: at,
        anchors_sha256: Sha256::of(at.to_string().as_bytes()),
        objects: Vec::new(),
        wanted: Vec::new(),
    }
}

fn drafted(indication: Indication, at: Timestamp) -> Draft {
    let (registry, message) = (registry(""), message(MessageKind::Standard));
    draft(DraftInput {
        verdict: Some(verdict(indication, at)),
        ..input(&registry, &message, None)
    })
}

fn later() -> Timestamp {
    at("2026-12-01T07:00:00Z")
}

fn occasion() -> Occasion {
    Occasion {
        at: later(),
        why: Why::Revocation,
        asker: Asker::default(),
    }
}

fn entry() -> Entry {
    let number = RegisterNumber { year: 2026, number: 1 };
    drafted(Indication::Indeterminate, friday()).into_entry(number, friday(), Vec::new())
}

#[test]
fn the_same_verdict_at_another_time_and_under_other_anchors_is_no_news() {
    assert_eq!(entry().renewed(drafted(Indication::Indeterminate, later()), &occasion()), None);
}

#[test]
fn a_later_verdict_is_shown_and_the_earlier_one_is_kept_with_what_people_did() {
    let mut before = entry();
    before.flags.insert(flag::DUPLICATE.to_owned());
    before.state = State::Opened;
    before.unit = Some("Hukuk".into());
    before.history.push(Handling {
        by: "memur".into(),
        at: friday(),
        state: State::Opened,
        note: None,
        uid: None,
        action: Default::default(),
    });
    let after = before.renewed(drafted(Indication::Passed, later()), &occasion()).unwrap();
    let earlier = EarlierVerdict {
        indication: Some(Indication::Indeterminate),
        sub_indication: Some(SubIndication::TryLater),
        at: friday(),
        replaced_at: later(),
        why: Why::Revocation,
        asker: Asker::default(),
    };
    assert_eq!(after.earlier_verdicts, [earlier]);
    assert_eq!(after.verdict.as_ref().unwrap().indication, Indication::Passed);
    assert!(before.flags.contains(flag::UNVERIFIED) && !after.flags.contains(flag::UNVERIFIED));
    assert!(after.flags.contains(flag::DUPLICATE));
    assert_eq!(
        (&after.history, after.state, &after.unit),
        (&before.history, before.state, &before.unit)
    );
    assert_eq!(after.deadlines, before.deadlines);
}

#[test]
fn evidence_that_was_linked_since_keeps_its_place_and_its_pull_on_the_deadline() {
    let mut before = entry();
    let retrieval = EvidenceRecord {
        sha256: Sha256::of(b"retrieval"),
        kind: "retrieval".into(),
        event: Some("Retrieval".into()),
        event_time: Some(at("2026-11-20T09:00:00Z")),
        recipient: None,
        indication: Indication::Passed,
        linked_by: "message-id".into(),
    };
    before.evidence.push(retrieval.clone());
    let mut again = drafted(Indication::Passed, later());
    again.message.received_by = "evidence".into();
    let after = before.renewed(again, &occasion()).unwrap();
    assert_eq!(after.evidence, [retrieval]);
    assert_eq!(after.deadlines[0].at, at("2026-11-20T09:00:00Z"));
}

/// An entry whose level a person set, as the bytes gave `read` (with or without doubt) before.
fn set_by_hand(doubtful: bool, level: u8) -> Entry {
    let mut entry = entry();
    entry.access = level;
    if doubtful {
        entry.findings.extend(crate::register::access::access_level(None).1);
    }
    entry.history.push(Handling {
        by: "amir".into(),
        at: friday(),
        state: entry.state,
        note: Some("soruldu".into()),
        uid: None,
        action: crate::register::entry::Action::Access { from: 4, to: level },
    });
    entry
}

#[test]
fn a_level_that_a_person_set_stays_until_the_bytes_tell_something_new_and_more_secret() {
    let examined = |before: &Entry, doubtful: bool, level: u8| {
        let mut draft = drafted(Indication::Passed, later());
        draft.access = level;
        if doubtful {
            draft.findings.extend(crate::register::access::access_level(None).1);
        }
        // `None`: nothing is different.
        before.renewed(draft, &occasion()).unwrap_or_else(|| before.clone())
    };
    let unread = set_by_hand(true, 1);
    assert_eq!(examined(&unread, true, 4).access, 1, "still nobody can read it");
    let opened = examined(&unread, false, 3);
    assert_eq!(opened.access, 3, "what opens as secret is not left open");
    assert_eq!(examined(&opened, false, 3).access, 3);
    assert_eq!(examined(&unread, false, 0).access, 1);
    assert_eq!(
        examined(&set_by_hand(false, 1), false, 3).access,
        1,
        "a person who read the same decided so"
    );
    assert_eq!(examined(&entry(), false, 3).access, 3, "nobody set it");
}
