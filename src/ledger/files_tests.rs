//! Application files on the record: what may be entered by whom, and that the fold alone brings all of it back.

#![allow(clippy::unwrap_used)]

use super::Ledger;
use super::file_deeds::FileRefusal;
use super::fixture::{World, friday};
use super::retention::By;
use crate::checklist::entered::{Deed, Read};
use crate::checklist::papers::Reading;
use crate::checklist::signatories::{Authority, Signatory, Source};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::people::{Person, Role, Scope};
use crate::register::entry::{Asker, Entry, RegisterNumber};
use crate::store::disk::RealDisk;

fn person(role: Role, mailboxes: Scope) -> Person {
    Person {
        login: "memur".into(),
        name: "Memur".into(),
        role,
        mailboxes,
        units: Scope::All,
        clearance: 4,
    }
}

fn clerk() -> Person {
    person(Role::Clerk, Scope::All)
}

fn read() -> Read {
    Read {
        checklist: "deneme".into(),
        rules: Sha256::of(b"rules"),
        at: friday(),
        reading: Reading::default(),
        objects: Vec::new(),
    }
}

fn all(_: &Entry) -> bool {
    true
}

async fn refused(ledger: &Ledger, number: RegisterNumber, deed: Deed, by: &Person) -> Option<FileRefusal> {
    ledger.file_deed(number, deed, None, by).await.unwrap().err()
}

#[tokio::test]
async fn what_completes_a_file_belongs_to_it_until_a_clerk_says_otherwise_also_after_a_rebuild() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..3).await;
    let (head, second, third) = (numbers[0], numbers[1], numbers[2]);
    assert!(ledger.papers_read(head, read(), None).await.unwrap());
    assert!(!ledger.papers_read(head, read(), None).await.unwrap(), "said again");
    assert!(ledger.papers_read(second, read(), Some(head)).await.unwrap());
    assert_eq!(refused(&ledger, head, Deed::Joined { document: third }, &clerk()).await, None);

    let members = |ledger: &Ledger| -> Vec<RegisterNumber> {
        let file = ledger.application_file(head, &all).unwrap().unwrap();
        file.members.iter().map(|(entry, _)| entry.register_number).collect()
    };
    assert_eq!(members(&ledger), vec![head, second, third]);
    assert!(ledger.application_file(second, &all).unwrap().is_none(), "no file by itself");
    assert_eq!(refused(&ledger, head, Deed::Separated { document: second }, &clerk()).await, None);
    // What a clerk took out, no rule puts in again.
    ledger.papers_read(second, read(), Some(head)).await.unwrap();
    assert_eq!(members(&ledger), vec![head, third]);
    drop(ledger);
    let rebuilt = Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap();
    assert_eq!(members(&rebuilt), vec![head, third]);
    assert_eq!(rebuilt.application_file(head, &all).unwrap().unwrap().entered.0.len(), 2);
    // What somebody does not see is no part of it, and without its application there is no file.
    let only = |number: RegisterNumber| move |entry: &Entry| entry.register_number == number;
    let seen = rebuilt.application_file(head, &only(head)).unwrap().unwrap();
    assert_eq!(seen.members.len(), 1);
    assert!(rebuilt.application_file(head, &only(third)).unwrap().is_none());
}

#[tokio::test]
async fn only_those_who_may_and_only_what_can_be() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..3).await;
    let (head, second, third) = (numbers[0], numbers[1], numbers[2]);
    let today = crate::clock::local_day(friday());
    let arrived = || Deed::OriginalsArrived { day: today };
    let stranger = person(Role::Clerk, Scope::Only(["baska".to_owned()].into()));

    let unfit = |refusal: Option<FileRefusal>| matches!(refusal, Some(FileRefusal::Unfit(_)));
    assert!(unfit(refused(&ledger, head, arrived(), &clerk()).await), "no file yet");
    let bound = Deed::Bound {
        checklist: Some("deneme".into()),
    };
    assert_eq!(refused(&ledger, head, bound.clone(), &stranger).await, Some(FileRefusal::NotFound));
    let auditor = person(Role::Auditor, Scope::All);
    assert_eq!(refused(&ledger, head, bound.clone(), &auditor).await, Some(FileRefusal::Forbidden));
    assert_eq!(refused(&ledger, head, bound.clone(), &clerk()).await, None);
    assert_eq!(refused(&ledger, head, arrived(), &clerk()).await, None);
    assert!(unfit(
        refused(
            &ledger,
            head,
            Deed::OriginalsArrived {
                day: today.tomorrow().unwrap()
            },
            &clerk()
        )
        .await
    ));
    assert!(unfit(refused(&ledger, head, Deed::Revoked { authority: 0 }, &clerk()).await));
    assert!(unfit(refused(&ledger, head, Deed::LossReported { day: today }, &clerk()).await));
    assert!(unfit(refused(&ledger, head, Deed::Separated { document: second }, &clerk()).await));
    assert!(unfit(refused(&ledger, head, Deed::Joined { document: head }, &clerk()).await));
    let authority = Authority {
        source: Source::Power,
        signatories: vec![Signatory {
            name: "Ali Öz".into(),
            id: "123*****456".parse().unwrap(),
        }],
        required: 1,
        valid_from: None,
        valid_until: None,
    };
    assert!(
        unfit(refused(&ledger, head, Deed::Authorised { authority }, &clerk()).await),
        "a power without end"
    );

    // No chains: what completes one file completes no other, and is none.
    assert_eq!(refused(&ledger, head, Deed::Joined { document: second }, &clerk()).await, None);
    assert!(unfit(refused(&ledger, second, bound.clone(), &clerk()).await));
    assert_eq!(refused(&ledger, third, bound, &clerk()).await, None);
    assert!(unfit(refused(&ledger, third, Deed::Joined { document: second }, &clerk()).await));
    assert!(unfit(refused(&ledger, third, Deed::Joined { document: head }, &clerk()).await));
    assert_eq!(ledger.application_file(head, &all).unwrap().unwrap().entered.0.len(), 3);
}

/// One attachment with this hash.
fn with_paper(name: &[u8]) -> Read {
    let paper = crate::checklist::papers::ReadPaper {
        place: "L0/1".into(),
        name: "dilekce.pdf".into(),
        sha256: Sha256::of(name),
        size: 1,
        kind: crate::checklist::papers::FileKind::Pdf,
        breaks_off: false,
        words: Default::default(),
        signatures: Vec::new(),
        in_package: false,
    };
    Read {
        reading: Reading {
            papers: vec![paper],
            ..Reading::default()
        },
        ..read()
    }
}

#[tokio::test]
async fn what_was_separated_is_no_file_by_what_it_was_read_as() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..2).await;
    let (head, second) = (numbers[0], numbers[1]);
    ledger.papers_read(head, read(), None).await.unwrap();
    ledger.papers_read(second, with_paper(b"x"), Some(head)).await.unwrap();
    assert_eq!(refused(&ledger, head, Deed::Separated { document: second }, &clerk()).await, None);
    assert!(ledger.application_file(second, &all).unwrap().is_none());
    // A reading that was under way when the clerk decided says nothing any more.
    assert!(!ledger.papers_read(second, with_paper(b"x"), Some(head)).await.unwrap());
    assert!(ledger.application_file(second, &all).unwrap().is_none());
    // By rules of its own it may be one.
    assert!(ledger.papers_read(second, with_paper(b"x"), None).await.unwrap());
    assert!(ledger.application_file(second, &all).unwrap().is_some());
}

#[tokio::test]
async fn a_decision_is_about_an_attachment_that_the_person_sees_in_the_file() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..3).await;
    let (head, second, third) = (numbers[0], numbers[1], numbers[2]);
    ledger.papers_read(head, with_paper(b"own"), None).await.unwrap();
    ledger.papers_read(second, with_paper(b"joined"), Some(head)).await.unwrap();
    ledger.papers_read(third, with_paper(b"other"), None).await.unwrap();
    let decided = |name: &[u8]| Deed::Decided {
        sha256: Sha256::of(name),
        paper: Some("dilekce".into()),
    };
    for name in [&b"own"[..], b"joined"] {
        assert_eq!(refused(&ledger, head, decided(name), &clerk()).await, None);
    }
    for name in [&b"other"[..], b"nowhere"] {
        assert!(matches!(
            refused(&ledger, head, decided(name), &clerk()).await,
            Some(FileRefusal::Unfit(_))
        ));
    }
    // Who does not see the document that brought it is told nothing of what was decided about it; about the same bytes in a document that
    // exists for him he is.
    let deeds = |hidden: RegisterNumber| {
        let sees = move |entry: &Entry| entry.register_number != hidden;
        ledger.application_file(head, &sees).unwrap().unwrap().entered.0.len()
    };
    assert_eq!((deeds(third), deeds(second)), (2, 1));
    ledger.papers_read(second, with_paper(b"own"), Some(head)).await.unwrap();
    assert_eq!(deeds(second), 2);
}

#[tokio::test]
async fn nothing_is_entered_of_tomorrow_or_of_a_time_before_the_application() {
    let world = World::new();
    let ledger = world.open();
    let head = world.arrive(&ledger, 0..1).await[0];
    ledger.papers_read(head, read(), None).await.unwrap();
    let arrived = crate::clock::local_day(ledger.entry(head).unwrap().unwrap().message.received_at);
    let (before, long_before) = (arrived.yesterday().unwrap(), arrived.saturating_sub(jiff::Span::new().days(400)));
    for (deed, fits) in [
        (Deed::CompletionAsked { day: arrived }, true),
        (Deed::CompletionAsked { day: before }, false),
        (Deed::LossLearned { day: before }, false),
        (Deed::LossReported { day: arrived }, false),
        (Deed::LossLearned { day: arrived }, true),
        (Deed::LossReported { day: before }, false),
        (Deed::LossReported { day: arrived }, true),
        // They may have been handed in first.
        (Deed::OriginalsArrived { day: before }, true),
        (Deed::OriginalsArrived { day: long_before }, false),
    ] {
        let told = format!("{deed:?}");
        assert_eq!(refused(&ledger, head, deed, &clerk()).await.is_none(), fits, "{told}");
    }
}

#[tokio::test]
async fn what_completes_a_file_is_looked_at_again_when_the_file_gets_another_checklist() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..2).await;
    let (head, second) = (numbers[0], numbers[1]);
    ledger.papers_read(head, read(), None).await.unwrap();
    ledger.papers_read(second, read(), Some(head)).await.unwrap();
    let position = ledger.changes_since(0, 100).unwrap().position;
    let bound = |checklist: Option<&str>| Deed::Bound {
        checklist: checklist.map(str::to_owned),
    };
    assert_eq!(refused(&ledger, head, bound(Some("baska")), &clerk()).await, None);
    let mut changed = ledger.changes_since(position, 100).unwrap().numbers;
    changed.sort();
    assert_eq!(changed, [head, second]);
    // What completed a file that is none any more finds its way out.
    assert_eq!(refused(&ledger, head, bound(None), &clerk()).await, None);
    assert!(ledger.application_file(head, &all).unwrap().is_none());
    assert_eq!(refused(&ledger, head, Deed::Separated { document: second }, &clerk()).await, None);
}

#[tokio::test]
async fn what_is_entered_at_the_machine_in_a_persons_name_says_so() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    ledger.papers_read(number, read(), None).await.unwrap();
    let asked = || Deed::CompletionAsked { day: local_day(friday()) };
    let at_the_machine = By {
        person: clerk(),
        uid: Some(1_000),
    };
    ledger.file_deed(number, asked(), None, at_the_machine).await.unwrap().unwrap();
    ledger.file_deed(number, asked(), None, &clerk()).await.unwrap().unwrap();
    let entered = ledger.application_file(number, &all).unwrap().unwrap().entered;
    let by: Vec<Asker> = entered.0.iter().map(|done| done.by.clone()).collect();
    let asker = |uid| Asker {
        person: Some(clerk().login),
        uid,
    };
    assert_eq!(by, [asker(Some(1_000)), asker(None)]);
}
