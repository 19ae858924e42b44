//! Application files on the record: what may be entered by whom, and that the fold alone brings all of it back.

#![allow(clippy::unwrap_used)]

use super::Ledger;
use super::file_deeds::FileRefusal;
use super::fixture::{World, friday};
use crate::checklist::entered::{Deed, Read};
use crate::checklist::papers::Reading;
use crate::checklist::signatories::{Authority, Signatory, Source};
use crate::hash::Sha256;
use crate::people::{Person, Role, Scope};
use crate::register::entry::{Entry, RegisterNumber};
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
        keep_until: None,
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
