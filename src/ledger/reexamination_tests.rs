use super::event::{Event, Judged};
use super::fixture::*;
use super::reexamination::Reexamination;
use crate::hash::Sha256;
use crate::ledger::Ledger;
use crate::message::MessageKind;
use crate::register::draft::Draft;
use crate::register::entry::{Asker, Entry, PartRecord, State, Why, flag};
use crate::signature::report::{Indication, Verdict};

fn verdict(indication: Indication) -> Verdict {
    Verdict {
        indication,
        sub_indication: None,
        signatures: Vec::new(),
        validation_time: friday(),
        anchors_sha256: Sha256::of(b"anchors"),
        objects: Vec::new(),
        wanted: Vec::new(),
    }
}

fn again(world: &World, sha256: Sha256, drafts: Vec<Draft>) -> Reexamination {
    Reexamination {
        sha256,
        why: Why::Operator,
        asker: Asker {
            person: Some("Ayşe".into()),
            uid: Some(1000),
        },
        drafts,
        link_keys: vec!["message-id:<1@kep>".into()],
        evidence: Vec::new(),
        announce: Box::new(|changed| changed.iter().map(|one| notice(&one.after.mailbox, friday())).collect()),
        alerts: std::sync::Arc::clone(&world.alerts),
    }
}

fn package(sha256: Sha256, place: &str) -> Draft {
    let mut draft = draft(sha256, MessageKind::Dispatch);
    draft.package = Some(PartRecord {
        place: place.into(),
        name: None,
        mime: "application/eyp".into(),
        size: 3,
        sha256: Sha256::of(place.as_bytes()),
        signed: true,
    });
    draft.verdict = Some(verdict(Indication::Passed));
    draft
}

async fn set_aside(world: &World, ledger: &Ledger) -> Sha256 {
    let sha256 = fetch(ledger, "evrak", 1, "killer").await;
    let mut registration = world.registration(sha256);
    registration.drafts[0].state = State::Quarantined;
    registration.drafts[0].flags.insert(flag::QUARANTINED.to_owned());
    ledger.register(registration).await.unwrap();
    sha256
}

#[tokio::test]
async fn a_message_that_was_set_aside_is_filled_in_under_its_number_and_its_other_documents_get_new_ones() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = set_aside(&world, &ledger).await;
    world.arrive(&ledger, 5..6).await;
    // Evidence came while nobody could tell which message it spoke of.
    let proof = fetch(&ledger, "evrak", 9, "proof").await;
    let found = evidence("e", crate::evidence::EvidenceKind::Delivery, "Delivery", &["message-id:<1@kep>"]);
    ledger.register(evidence_mail(&world, proof, vec![found])).await.unwrap();

    let drafts = || vec![package(sha256, "L1/2"), package(sha256, "L1/3")];
    let changed = ledger.reexamine(again(&world, sha256, drafts())).await.unwrap();
    let given: Vec<_> = changed.iter().map(|one| one.after.register_number).collect();
    assert_eq!(given, [gap_free(4)[0], gap_free(4)[3]]);
    assert_eq!(numbers(&ledger), gap_free(4));
    let first: Entry = ledger.entry(given[0]).unwrap().unwrap();
    assert_eq!(first.package.as_ref().unwrap().place, "L1/2");
    assert_eq!((first.state, first.is_set_aside()), (State::Registered, false));
    assert_eq!(first.earlier_verdicts[0].indication, None);
    assert_eq!(first.earlier_verdicts[0].asker.uid, Some(1000));
    assert_eq!(first.evidence.len(), 1, "the orphan found its message");
    assert!(ledger.orphans().unwrap().is_empty());
    assert_eq!(ledger.message(&sha256).unwrap().unwrap().numbers, given);

    // The same again says nothing new.
    let head = ledger.head();
    assert!(ledger.reexamine(again(&world, sha256, drafts())).await.unwrap().is_empty());
    assert_eq!(ledger.head(), head);

    let (before, held) = (export(&ledger), dump(&ledger));
    drop(ledger);
    let rebuilt = Ledger::rebuild(&world.root(), crate::store::disk::RealDisk::shared(), world.clock.clone()).unwrap();
    assert_eq!(export(&rebuilt), before);
    assert_eq!(dump(&rebuilt), held);
}

#[tokio::test]
async fn a_later_verdict_changes_its_entry_alone_and_is_told() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "two").await;
    let mut registration = world.registration(sha256);
    registration.drafts = vec![package(sha256, "L1/2"), package(sha256, "L1/3")];
    ledger.register(registration).await.unwrap();
    let jobs = ledger.jobs().unwrap().len();

    let mut worse = package(sha256, "L1/3");
    worse.verdict = Some(verdict(Indication::Failed));
    let changed = ledger
        .reexamine(again(&world, sha256, vec![package(sha256, "L1/2"), worse]))
        .await
        .unwrap();
    assert_eq!(changed.len(), 1);
    let entries: Vec<Entry> = ledger.entries().map(Result::unwrap).collect();
    let shown: Vec<_> = entries.iter().map(|entry| entry.verdict.as_ref().unwrap().indication).collect();
    assert_eq!(shown, [Indication::Passed, Indication::Failed]);
    assert!(entries[0].earlier_verdicts.is_empty());
    assert_eq!(entries[1].earlier_verdicts[0].indication, Some(Indication::Passed));
    assert!(ledger.jobs().unwrap().len() >= jobs);
}

#[tokio::test]
async fn a_verdict_as_early_versions_appended_it_still_folds() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let judged = Judged {
        number,
        verdict: verdict(Indication::Passed),
        why: "revocation".into(),
    };
    ledger.append(Event::Judged(judged)).await.unwrap();
    assert_eq!(
        ledger.entry(number).unwrap().unwrap().verdict.unwrap().indication,
        Indication::Passed
    );
    // An entry of such a journal has neither earlier verdicts nor an account.
    let mut old = serde_json::to_value(ledger.entry(number).unwrap().unwrap()).unwrap();
    old.as_object_mut().unwrap().remove("earlier_verdicts");
    assert!(serde_json::from_value::<Entry>(old).unwrap().earlier_verdicts.is_empty());
}
