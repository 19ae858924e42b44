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
