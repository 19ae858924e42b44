//! The execution of a list: all or nothing whatever dies, nothing that is needed meanwhile, and nobody's word that counts no longer.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;

use super::*;
use crate::hash::Sha256;
use crate::ledger::event::{Fetched, FoundEvidence};
use crate::ledger::fixture::{draft, evidence, evidence_mail, locator};
use crate::ledger::retention::KeepingRequest;
use crate::ledger::retention_tests::{Dice, Office, admin, approved, in_year, people, person, policy};
use crate::message::MessageKind;
use crate::people::{Edit, Person, Role};
use crate::register::entry::{Asker, OpenedRecord, State};
use crate::store::disk::RealDisk;
use crate::store::fault::{FailingDisk, Mode};

/// A start after the process died: the store is opened on a disk that works, and what was begun is ended.
async fn restarted(office: &mut Office) {
    drop(office.ledger.take());
    office.ledger = Some(office.world.open());
    office.ledger().finish_disposals().await.unwrap();
}

fn executed(office: &mut Office, list: u32, numbers: &[RegisterNumber]) {
    for number in numbers {
        office.entries.get_mut(number).unwrap().disposed = true;
    }
    office.close(list);
}

/// Blobs that only the listed entries need.
fn free(office: &Office, numbers: &[RegisterNumber]) -> Vec<Sha256> {
    let of = |listed: bool| {
        let known = office.entries.iter().filter(move |(number, _)| numbers.contains(number) == listed);
        known.flat_map(|(_, known)| known.needs.clone()).collect::<BTreeSet<Sha256>>()
    };
    of(true).difference(&of(false)).copied().collect()
}

#[tokio::test]
async fn a_disk_that_dies_at_any_call_of_an_execution_leaves_all_or_nothing_after_the_next_start() {
    let (mut before, mut after) = (0, 0);
    for nth in 1.. {
        let (mut office, list, numbers) = approved().await;
        drop(office.ledger.take());
        let disk = FailingDisk::new(RealDisk::shared());
        office.ledger = Some(office.world.open_on(disk.clone()).unwrap());
        disk.fail(nth, Mode::Crash);
        let done: Result<_, LedgerError> = office.ledger().execute(list, &admin(), &policy()).await;
        let failed = done.is_err();
        restarted(&mut office).await;
        let stage = office.ledger().disposal(list).unwrap().unwrap().stage;
        match stage {
            Stage::Approved => before += 1,
            Stage::Done => {
                after += 1;
                executed(&mut office, list, &numbers);
            }
            other => panic!("{other:?} after the restart, call {nth}"),
        }
        office.check();
        assert_eq!(office.ledger().finish_disposals().await.unwrap(), 0, "nothing is left");
        if !failed {
            break;
        }
    }
    assert!(before > 0 && after > 3, "{before} before the intent, {after} behind it");
}

#[tokio::test]
async fn what_a_restored_backup_brings_back_goes_again_and_what_is_needed_again_stays() {
    let (mut office, list, numbers) = approved().await;
    let message = |number: &RegisterNumber| office.ledger().entry(*number).unwrap().unwrap().message.sha256;
    let raw: BTreeMap<Sha256, Bytes> = numbers
        .iter()
        .map(message)
        .map(|sha256| (sha256, office.ledger().blobs().get(&sha256).unwrap()))
        .collect();
    office.ask(KeepingRequest::Execute { list }, &admin()).await.unwrap();
    executed(&mut office, list, &numbers);
    let (message, raw) = raw.iter().find(|(sha256, _)| office.ledger().is_gone(sha256).unwrap()).unwrap();
    assert!(!office.ledger().blobs().exists(message).unwrap());
    office.ledger().blobs().put(raw).unwrap();
    restarted(&mut office).await;
    assert!(!office.ledger().blobs().exists(message).unwrap());

    // A later message rests on an object that went: it is put again, named again, and stays.
    let gone: Vec<Sha256> = office.ledger().gone().unwrap().into_iter().filter(|blob| blob != message).collect();
    let mut dice = Dice(11);
    for _ in 0..12 {
        office.arrive(&mut dice).await;
    }
    let back = gone.iter().filter(|blob| !office.ledger().is_gone(blob).unwrap()).count();
    restarted(&mut office).await;
    office.check();
    println!("{} objects went, {back} came back", gone.len());
}

#[tokio::test]
async fn what_is_pinned_for_a_record_on_its_way_stops_the_whole_execution() {
    let (mut office, list, numbers) = approved().await;
    let free = free(&office, &numbers);
    assert!(free.len() > 1);
    let pinned = office.ledger().pins().begin();
    pinned.pin([free[0]]);
    assert_eq!(
        office.ask(KeepingRequest::Execute { list }, &admin()).await,
        Err(KeepingRefusal::Busy)
    );
    office.check();
    drop(pinned);
    assert!(office.ask(KeepingRequest::Execute { list }, &admin()).await.is_ok());
    executed(&mut office, list, &numbers);
    office.check();
}

/// The message becomes durable and gets its number, as the pipeline does it.
async fn registered(
    office: &mut Office,
    raw: &[u8],
    change: impl FnOnce(&mut crate::ledger::registration::Registration),
) -> RegisterNumber {
    office.uid += 1;
    let (sha256, at) = (office.ledger().blobs().put(raw).unwrap(), office.world.clock.as_ref());
    let at = crate::clock::Clock::now(at);
    let fetched = Fetched {
        mailbox: "evrak".into(),
        locator: locator(office.uid),
        sha256,
        size: raw.len() as u64,
        arrived: Some(at),
        at,
    };
    office.ledger().append(Event::Fetched(fetched)).await.unwrap();
    let mut registration = office.world.registration(sha256);
    let mut one = draft(sha256, MessageKind::Standard);
    one.message.received_at = at;
    one.state = State::Done;
    registration.drafts = vec![one];
    change(&mut registration);
    office.ledger().register(registration).await.unwrap()[0]
}

#[tokio::test]
async fn evidence_that_finds_its_message_while_the_references_are_counted_stays() {
    let mut office = Office::new().await;
    let key = "digest:meanwhile";
    let found: FoundEvidence = evidence("delil", crate::evidence::EvidenceKind::Delivery, "Delivery", &[key]);
    let orphan = {
        let mail = evidence_mail(&office.world, Sha256::of(b"x"), vec![found.clone()]);
        registered(&mut office, b"an evidence mail", |registration| {
            registration.evidence = mail.evidence;
            registration.drafts[0].evidence = mail.drafts[0].evidence.clone();
            registration.drafts[0].labels.insert("kisa".into());
        })
        .await
    };
    office.world.clock.set(in_year(2012));
    let (list, numbers) = office.all_due_and_approved().await;
    assert_eq!(numbers, [orphan]);
    let disposal = office.ledger().disposal(list).unwrap().unwrap();
    let counted = office.ledger().count(&disposal.list).unwrap();
    assert!(
        counted.unneeded.contains(&disposal.list.entries[0].message),
        "nobody knows yet what it is about"
    );
    // Now its message comes, and it is kept.
    registered(&mut office, b"the message that it is about", |registration| {
        registration.link_keys = vec![key.to_owned()];
    })
    .await;
    let begun = office.ledger().begin(list, Some(counted), (&admin()).into(), &policy()).await;
    begun.unwrap().unwrap();
    office.ledger().finish_disposals().await.unwrap();
    let entry = office.ledger().entry(orphan).unwrap().unwrap();
    assert!(entry.is_disposed());
    assert!(
        office.ledger().blobs().exists(&entry.message.sha256).unwrap(),
        "the delil of a kept message"
    );
    let said = office.ledger().disposed(&entry).unwrap().unwrap();
    assert!(said.en.contains("stay in the store as long as another entry"), "{}", said.en);
}

fn opened(plaintext: Sha256) -> OpenedRecord {
    OpenedRecord {
        place: "/package".into(),
        ciphertext: Sha256::of(b"ciphertext"),
        sha256: plaintext,
        size: 1,
        certificate: Sha256::of(b"certificate"),
        subject: "Kurum".into(),
        serial: "1".into(),
        method: "RSA-OAEP".into(),
        authenticated: false,
        opened_at: in_year(2010),
        findings: Vec::new(),
    }
}

#[tokio::test]
async fn a_plaintext_that_went_and_is_the_content_of_a_later_message_stays() {
    let mut office = Office::new().await;
    let secret = b"the package inside".as_slice();
    let plaintext = office.ledger().blobs().put(secret).unwrap();
    let first = registered(&mut office, b"encrypted once", |registration| {
        registration.drafts[0].opened = vec![opened(plaintext)];
        registration.drafts[0].labels.insert("kisa".into());
    })
    .await;
    office.world.clock.set(in_year(2012));
    let (list, numbers) = office.all_due_and_approved().await;
    assert_eq!(numbers, [first]);
    office.ask(KeepingRequest::Execute { list }, &admin()).await.unwrap();
    assert!(!office.ledger().blobs().exists(&plaintext).unwrap() && office.ledger().is_gone(&plaintext).unwrap());

    // Sent once more, encrypted anew: the same content under another ciphertext.
    office.ledger().blobs().put(secret).unwrap();
    registered(&mut office, b"encrypted twice", |registration| {
        registration.drafts[0].opened = vec![opened(plaintext)];
    })
    .await;
    restarted(&mut office).await;
    assert!(
        office.ledger().blobs().exists(&plaintext).unwrap(),
        "the second message is nowhere else to be read"
    );
    assert!(office.ledger().objects().unwrap().contains(&plaintext), "and a walk would miss it");

    // Dropped in the clear: the same bytes as a message of their own.
    registered(&mut office, secret, |_| ()).await;
    assert!(office.ledger().messages().unwrap().contains(&plaintext));
}

#[tokio::test]
async fn an_approval_counts_only_while_its_account_may_give_it() {
    let (mut office, list, numbers) = approved().await;
    let edits = [
        Edit::Disabled(true),
        Edit::Person(person("amir", Role::Clerk, 4)),
        Edit::Person(Person {
            mailboxes: crate::people::Scope::Only(BTreeSet::new()),
            ..person("amir", Role::Supervisor, 4)
        }),
        Edit::Remove,
    ];
    for edit in edits {
        let edited = office.ledger().edit_account("amir", edit.clone(), Asker::default()).await;
        edited.unwrap().unwrap();
        assert_eq!(
            office.ask(KeepingRequest::Execute { list }, &admin()).await,
            Err(KeepingRefusal::ApproverGone),
            "{edit:?}"
        );
        office.check();
        let healed = match edit {
            Edit::Disabled(_) => Edit::Disabled(false),
            _ => Edit::Person(person("amir", Role::Supervisor, 4)),
        };
        let _ = office.ledger().edit_account("amir", healed, Asker::default()).await.unwrap();
    }
    // Somebody else takes the place of who was removed.
    let sha256 = office.ledger().disposal(list).unwrap().unwrap().sha256;
    let third = &people()[1];
    assert!(office.ask(KeepingRequest::Approve { list, sha256 }, third).await.is_ok());
    assert!(office.ask(KeepingRequest::Execute { list }, &admin()).await.is_ok());
    executed(&mut office, list, &numbers);
    office.check();
}

#[tokio::test]
async fn one_person_under_two_logins_approves_once_and_never_what_it_proposed() {
    let (mut office, list, _) = approved().await;
    let sha256 = office.ledger().disposal(list).unwrap().unwrap().sha256;
    for (login, like) in [("amir9", "AMİR"), ("yonetici9", "yonetici")] {
        let again = Person {
            name: like.to_owned(),
            ..person(login, Role::Supervisor, 4)
        };
        assert_eq!(
            office.ask(KeepingRequest::Approve { list, sha256 }, &again).await,
            Err(KeepingRefusal::SamePerson),
            "{login}"
        );
    }
    // Renamed after the approval, it is still one person where it counts.
    let renamed = Person {
        name: "Amir".to_owned(),
        ..person("amir2", Role::Supervisor, 4)
    };
    let edited = office.ledger().edit_account("amir2", Edit::Person(renamed), Asker::default()).await;
    edited.unwrap().unwrap();
    assert_eq!(
        office.ask(KeepingRequest::Execute { list }, &admin()).await,
        Err(KeepingRefusal::ApproverGone)
    );
    office.close(list);
    office.lists.clear();
}

#[tokio::test]
async fn a_list_that_was_proposed_on_the_machine_wants_one_approver_more() {
    let mut office = Office::new().await;
    registered(&mut office, b"old", |registration| {
        registration.drafts[0].labels.insert("kisa".into());
    })
    .await;
    office.world.clock.set(in_year(2012));
    let by = By {
        person: admin(),
        uid: Some(0),
    };
    let proposed = office.ledger().keep(KeepingRequest::Propose, by, &policy()).await.unwrap();
    let Ok(Kept::Proposed { list, sha256, .. }) = proposed else {
        panic!("{proposed:?}")
    };
    assert!(
        office.ledger().disposal(list).unwrap().unwrap().list.lines().contains(" uid 0\n"),
        "it is part of what is approved"
    );
    for (login, enough) in [("amir", false), ("amir2", false), ("yonetici2", true)] {
        assert_eq!(
            office.ask(KeepingRequest::Execute { list }, &admin()).await,
            Err(KeepingRefusal::NotApproved)
        );
        let by = people().into_iter().find(|person| person.login == login).unwrap();
        assert_eq!(
            office.ask(KeepingRequest::Approve { list, sha256 }, &by).await,
            Ok(Kept::Approved { approved: enough })
        );
    }
    assert!(office.ask(KeepingRequest::Execute { list }, &admin()).await.is_ok());
}

#[tokio::test]
async fn an_approval_that_comes_between_the_look_and_the_decision_executes_nothing() {
    let (office, list, _) = approved().await;
    // As if the last approval had come after it was looked for: nothing was counted, so nothing may begin.
    let begun = office.ledger().begin(list, None, (&admin()).into(), &policy()).await.unwrap();
    assert_eq!(begun, Err(KeepingRefusal::NotApproved));
    assert_eq!(office.ledger().disposal(list).unwrap().unwrap().stage, Stage::Approved);
}
