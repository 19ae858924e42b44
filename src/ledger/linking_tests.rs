use jiff::Timestamp;

use super::Ledger;
use super::event::{Event, FoundEvidence, Handled};
use super::fixture::*;
use super::registration::Registration;
use crate::alert::notice::{Cause, Notice};
use crate::evidence::EvidenceKind;
use crate::hash::Sha256;
use crate::register::deadlines::kind;
use crate::register::entry::{Action, Entry, Handling, RegisterNumber, State, flag};
use crate::signature::report::Indication;
use crate::store::disk::RealDisk;

const PROVIDER: &str = "provider-message-id:1@hs01.kep.tr";
const DIGEST: &str = "digest:sha256:00ff";

/// A message that evidence can find in two ways.
fn message(world: &World, sha256: Sha256) -> Registration {
    Registration {
        link_keys: vec![DIGEST.into(), PROVIDER.into()],
        ..world.registration(sha256)
    }
}

async fn entry(ledger: &Ledger, registration: Registration) -> RegisterNumber {
    ledger.register(registration).await.unwrap()[0]
}

fn read(ledger: &Ledger, number: RegisterNumber) -> Entry {
    ledger.entry(number).unwrap().unwrap()
}

fn deemed_read(entry: &Entry) -> Timestamp {
    entry
        .deadlines
        .iter()
        .find(|deadline| deadline.kind == kind::DEEMED_READ)
        .unwrap()
        .at
}

fn is_orphan_mail(ledger: &Ledger, number: RegisterNumber) -> bool {
    read(ledger, number).flags.contains(flag::ORPHAN_EVIDENCE)
}

#[tokio::test]
async fn evidence_that_comes_first_waits_as_an_orphan_until_its_message_adopts_it() {
    let world = World::new();
    let ledger = world.open();
    let mail = fetch(&ledger, "evrak", 1, "evidence mail").await;
    let read_receipt = evidence("read", EvidenceKind::Retrieval, "Retrieval", &[PROVIDER]);
    let stranger = evidence("stranger", EvidenceKind::Delivery, "Delivery", &["provider-message-id:other"]);
    let mail = entry(&ledger, evidence_mail(&world, mail, vec![read_receipt.clone(), stranger])).await;
    assert_eq!(ledger.orphans().unwrap().len(), 2);
    assert!(is_orphan_mail(&ledger, mail));

    let sha256 = fetch(&ledger, "evrak", 2, "the message").await;
    let number = entry(&ledger, message(&world, sha256)).await;
    let found = read(&ledger, number);
    assert_eq!(found.evidence.len(), 1);
    assert_eq!(
        (found.evidence[0].sha256, found.evidence[0].linked_by.as_str()),
        (read_receipt.evidence.sha256, "provider-message-id")
    );
    assert_eq!(
        ledger.evidence_document(&read_receipt.evidence.sha256).unwrap().unwrap().numbers,
        [number]
    );
    assert_eq!(ledger.orphans().unwrap().len(), 1);
    assert!(is_orphan_mail(&ledger, mail), "one of its evidence is still alone");
}

#[tokio::test]
async fn the_orphan_mark_goes_when_the_last_orphan_of_a_mail_is_adopted() {
    let world = World::new();
    let ledger = world.open();
    let mail = fetch(&ledger, "evrak", 1, "evidence mail").await;
    let mail = entry(
        &ledger,
        evidence_mail(
            &world,
            mail,
            vec![evidence("read", EvidenceKind::Retrieval, "Retrieval", &[PROVIDER])],
        ),
    )
    .await;
    assert!(is_orphan_mail(&ledger, mail));
    let sha256 = fetch(&ledger, "evrak", 2, "the message").await;
    entry(&ledger, message(&world, sha256)).await;
    assert!(!is_orphan_mail(&ledger, mail));
    assert!(ledger.orphans().unwrap().is_empty());
}

#[tokio::test]
async fn late_evidence_brings_the_deadline_forward_and_marks_what_is_negative() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "the message").await;
    let number = entry(&ledger, message(&world, sha256)).await;
    let before = read(&ledger, number);
    assert!(!before.flags.contains(flag::NEGATIVE_EVIDENCE));

    let mail = fetch(&ledger, "evrak", 2, "evidence mail").await;
    let found = vec![
        evidence("read", EvidenceKind::Retrieval, "Retrieval", &[PROVIDER]),
        evidence("expired", EvidenceKind::Delivery, "DeliveryExpiration", &[DIGEST]),
    ];
    let mail = entry(&ledger, evidence_mail(&world, mail, found)).await;
    let after = read(&ledger, number);
    assert_eq!(after.evidence.len(), 2);
    assert!(after.flags.contains(flag::NEGATIVE_EVIDENCE));
    assert_eq!(deemed_read(&after), at("2026-11-20T09:00:00Z"));
    assert!(deemed_read(&after) < deemed_read(&before));
    let listed = ledger.open_deadlines(friday()).unwrap();
    let moments: Vec<Timestamp> = listed
        .iter()
        .filter(|open| open.number == number && open.kind == kind::DEEMED_READ)
        .map(|open| open.at)
        .collect();
    assert_eq!(moments, [deemed_read(&after)], "the list has the new moment and not the old one");
    assert!(!is_orphan_mail(&ledger, mail));
}

#[tokio::test]
async fn the_same_evidence_twice_is_one() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "the message").await;
    let number = entry(&ledger, message(&world, sha256)).await;
    for uid in 2..4 {
        let mail = fetch(&ledger, "evrak", uid, &format!("evidence mail {uid}")).await;
        entry(
            &ledger,
            evidence_mail(
                &world,
                mail,
                vec![evidence("read", EvidenceKind::Retrieval, "Retrieval", &[PROVIDER])],
            ),
        )
        .await;
    }
    assert_eq!(read(&ledger, number).evidence.len(), 1);
    assert_eq!(ledger.evidence().unwrap().len(), 1);
}

#[tokio::test]
async fn evidence_without_any_identifier_speaks_of_the_message_around_it() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "dispatch").await;
    let nameless = evidence("nameless", EvidenceKind::Delivery, "Delivery", &[]);
    let number = entry(
        &ledger,
        Registration {
            evidence: vec![nameless.clone()],
            ..message(&world, sha256)
        },
    )
    .await;
    assert_eq!(read(&ledger, number).evidence[0].linked_by, "same-envelope");
    let mail = fetch(&ledger, "evrak", 2, "evidence mail").await;
    let other = evidence("nameless too", EvidenceKind::Delivery, "Delivery", &[]);
    let mail = entry(&ledger, evidence_mail(&world, mail, vec![other])).await;
    assert!(
        is_orphan_mail(&ledger, mail),
        "a mail of evidence alone is no message that it could be about"
    );
}

/// Whatever comes first: the message ends with the same evidence, links, flags and deadlines.
#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut ends = Vec::new();
    for order in orders {
        let world = World::new();
        let ledger = world.open();
        let mut number = None;
        for nth in order {
            let sha256 = fetch(&ledger, "evrak", nth, &format!("mail {nth}")).await;
            match nth {
                0 => number = Some(entry(&ledger, message(&world, sha256)).await),
                1 => {
                    let found = evidence("read", EvidenceKind::Retrieval, "Retrieval", &[PROVIDER, DIGEST]);
                    entry(&ledger, evidence_mail(&world, sha256, vec![found])).await;
                }
                _ => {
                    let found = evidence("expired", EvidenceKind::Delivery, "DeliveryExpiration", &[DIGEST]);
                    entry(&ledger, evidence_mail(&world, sha256, vec![found])).await;
                }
            }
        }
        assert!(ledger.orphans().unwrap().is_empty(), "{order:?}");
        assert!(
            ledger.entries().all(|entry| !entry.unwrap().flags.contains(flag::ORPHAN_EVIDENCE)),
            "{order:?}"
        );
        let mut end = read(&ledger, number.unwrap());
        end.evidence.sort_by_key(|record| record.sha256);
        ends.push((order, (end.evidence, end.flags, end.deadlines)));
    }
    for (order, end) in &ends {
        assert_eq!(*end, ends[0].1, "{order:?}");
    }
}

const ORIGINAL: &str = "original-message-id:giden@hs01.kep.tr";

/// What we sent, found by its own Message-ID.
fn sent(world: &World, sha256: Sha256) -> Registration {
    let mut registration = Registration {
        link_keys: vec![ORIGINAL.into()],
        ..world.registration(sha256)
    };
    registration.drafts[0].flags.insert(flag::SENT.to_owned());
    registration
}

/// An evidence mail that is announced as negative.
fn announced(world: &World, sha256: Sha256, found: Vec<FoundEvidence>) -> Registration {
    Registration {
        announce: Box::new(|entries| {
            vec![Notice {
                cause: Cause::NegativeEvidence,
                ..notice(&entries[0].mailbox, entries[0].registered_at)
            }]
        }),
        ..evidence_mail(world, sha256, found)
    }
}

fn told(ledger: &Ledger) -> usize {
    let jobs = ledger.jobs().unwrap();
    jobs.iter().filter(|job| job.notice.cause == Cause::NegativeEvidence).count()
}

#[tokio::test]
async fn a_copy_that_arrived_here_too_keeps_no_evidence_from_what_was_sent() {
    for sent_first in [true, false] {
        let world = World::new();
        let ledger = world.open();
        // The same institution has the recipient's mailbox: its copy lies in the provider's envelope, under the provider's id.
        let (ours, theirs) = (
            fetch(&ledger, "giden", 1, "sent").await,
            fetch(&ledger, "evrak", 2, "received").await,
        );
        let mut numbers = Vec::new();
        let registrations = [sent(&world, ours), message(&world, theirs)];
        for registration in if sent_first {
            registrations
        } else {
            let [a, b] = registrations;
            [b, a]
        } {
            numbers.push(entry(&ledger, registration).await);
        }
        let sent_number = numbers[usize::from(!sent_first)];
        let mail = fetch(&ledger, "evrak", 3, "evidence mail").await;
        let failed = evidence("expired", EvidenceKind::Delivery, "DeliveryExpiration", &[PROVIDER, ORIGINAL]);
        entry(&ledger, announced(&world, mail, vec![failed])).await;
        for number in numbers {
            assert_eq!(read(&ledger, number).evidence.len(), 1, "{sent_first} {number}");
        }
        assert_eq!(read(&ledger, sent_number).evidence[0].linked_by, "original-message-id");
        // The clock tells of it: it must know it.
        assert_eq!(told(&ledger), 0);
        let followed: Vec<_> = ledger.followed().collect::<Result<_, _>>().unwrap();
        assert_eq!(followed[0].following.alarming().len(), 1, "{followed:?}");
    }
}

#[tokio::test]
async fn evidence_that_comes_again_by_another_way_may_name_its_message_then() {
    let world = World::new();
    let ledger = world.open();
    let sha256 = fetch(&ledger, "evrak", 1, "the message").await;
    let number = entry(&ledger, message(&world, sha256)).await;
    let nameless = evidence("read", EvidenceKind::Retrieval, "Retrieval", &["provider-message-id:other"]);
    let first = fetch(&ledger, "evrak", 2, "evidence mail").await;
    let first = entry(&ledger, evidence_mail(&world, first, vec![nameless])).await;
    assert!(is_orphan_mail(&ledger, first) && read(&ledger, number).evidence.is_empty());
    // The same bytes, asked for under the message's id.
    let named = evidence("read", EvidenceKind::Retrieval, "Retrieval", &[DIGEST, "provider-message-id:other"]);
    for nth in 3..5 {
        let again = fetch(&ledger, "evrak", nth, &format!("evidence by itself {nth}")).await;
        let again = entry(&ledger, evidence_mail(&world, again, vec![named.clone()])).await;
        assert_eq!(read(&ledger, number).evidence.len(), 1);
        assert!(ledger.orphans().unwrap().is_empty() && !is_orphan_mail(&ledger, first) && !is_orphan_mail(&ledger, again));
    }
    let before = dump(&ledger);
    drop(ledger);
    assert_eq!(
        dump(&Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap()),
        before
    );
}

#[tokio::test]
async fn what_people_heard_before_the_message_came_does_not_depend_on_the_clock() {
    let later = at("2026-12-20T00:00:00Z");
    for evidence_first in [true, false] {
        let world = World::new();
        let ledger = world.open();
        let ours = fetch(&ledger, "giden", 1, "sent").await;
        let mail = fetch(&ledger, "evrak", 2, "evidence mail").await;
        let failed = evidence("expired", EvidenceKind::Delivery, "DeliveryExpiration", &[ORIGINAL]);
        // The clock runs back between the two, as far as the record lets it.
        let earlier = later - jiff::SignedDuration::from_mins(50);
        world.clock.set(later);
        if evidence_first {
            entry(&ledger, announced(&world, mail, vec![failed])).await;
            world.clock.set(earlier);
            entry(&ledger, sent(&world, ours)).await;
        } else {
            entry(&ledger, sent(&world, ours)).await;
            world.clock.set(earlier);
            entry(&ledger, announced(&world, mail, vec![failed])).await;
        }
        let followed: Vec<_> = ledger.followed().collect::<Result<_, _>>().unwrap();
        assert_eq!(
            (told(&ledger), followed[0].told.len()),
            match evidence_first {
                true => (1, 1),
                false => (0, 0),
            }
        );
    }
}

#[tokio::test]
async fn negative_evidence_that_the_clock_does_not_tell_of_is_told_when_it_comes() {
    let refused = evidence("refused", EvidenceKind::RecipientDecision, "Rejection", &[ORIGINAL]);
    let failed = evidence("expired", EvidenceKind::Delivery, "DeliveryExpiration", &[ORIGINAL]);
    let stranger = evidence(
        "other",
        EvidenceKind::Delivery,
        "DeliveryExpiration",
        &["provider-message-id:other"],
    );
    let mut tampered = evidence("tampered", EvidenceKind::Delivery, "DeliveryExpiration", &[ORIGINAL]);
    tampered.report.indication = Indication::Failed;
    for (found, state, expected) in [
        (vec![failed.clone()], None, 0),
        (vec![failed.clone(), stranger], None, 1),
        (vec![refused], None, 1),
        (vec![tampered], None, 1),
        // A person has closed it: no clock looks at it any more.
        (vec![failed], Some(State::Done), 1),
    ] {
        let world = World::new();
        let ledger = world.open();
        let ours = fetch(&ledger, "giden", 1, "sent").await;
        let number = entry(&ledger, sent(&world, ours)).await;
        if let Some(state) = state {
            let handling = Handling {
                by: "ayse".into(),
                at: friday(),
                state,
                note: None,
                uid: None,
                action: Action::Done,
            };
            ledger.append(Event::Handled(Handled { number, handling })).await.unwrap();
        }
        let mail = fetch(&ledger, "evrak", 2, "evidence mail").await;
        let names: Vec<_> = found.iter().map(|found| (found.evidence.kind, found.link_keys.clone())).collect();
        entry(&ledger, announced(&world, mail, found)).await;
        assert_eq!(told(&ledger), expected, "{names:?} {state:?}");
    }
}
