use std::collections::BTreeMap;

use super::*;
use crate::ledger::event::{DisposalBegun, Event};
use crate::ledger::fixture::World;
use crate::register::disposal::{DisposalList, Listed};
use crate::register::entry::RegisterNumber;

/// Journal and index say that these went with an entry; nobody asks here whether they might.
async fn gone(ledger: &Ledger, number: RegisterNumber, blobs: &[Sha256]) {
    let entry = ledger.entry(number).unwrap().unwrap();
    let listed = Listed {
        number,
        message: entry.message.sha256,
        class: "kisa".into(),
        years: 1,
        due: "2012-01-01".parse().unwrap(),
    };
    let list = DisposalList {
        id: 1,
        proposed_by: "yonetici".into(),
        at: entry.registered_at,
        entries: vec![listed],
        uid: None,
    };
    let begun = DisposalBegun {
        list: 1,
        sha256: list.sha256(),
        proposed_by: "yonetici".into(),
        approved_by: vec!["amir".into(), "mudur".into()],
        by: "yonetici".into(),
        uid: None,
        blobs: blobs.to_vec(),
        since: ledger.head().sequence,
    };
    ledger.append(Event::DisposalProposed(list)).await.unwrap();
    ledger.append(Event::DisposalBegun(begun)).await.unwrap();
    ledger.finish_disposals().await.unwrap();
}

#[tokio::test]
async fn a_mailbox_brings_back_no_message_that_went_and_loses_none_whose_bytes_went_as_something_else() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..1).await;
    let plaintext = Bytes::from_static(b"the package that lay in an encrypted one");
    let message = Bytes::from_static(b"message 0");
    let [went, inside] = [&message, &plaintext].map(|bytes| ledger.blobs().put(bytes).unwrap());
    gone(&ledger, numbers[0], &[went, inside]).await;
    assert!(!ledger.blobs().exists(&went).unwrap() && !ledger.blobs().exists(&inside).unwrap());

    let new = Bytes::from_static(b"a new message");
    let (names, pinned) = put(&ledger, &[message, plaintext.clone(), new.clone()]).unwrap();
    assert_eq!(names, [went, inside, Sha256::of(&new)]);
    let there: BTreeMap<Sha256, bool> = names.iter().map(|name| (*name, ledger.blobs().exists(name).unwrap())).collect();
    assert!(!there[&went], "it stays a sighting of its entry");
    assert!(there[&inside], "somebody dropped it in the clear: a message of its own");
    assert!(there[&names[2]]);

    // Nobody takes it away again before its record is there, though the journal still calls it gone.
    assert_eq!(ledger.finish_disposals().await.unwrap(), 0);
    assert!(ledger.blobs().exists(&inside).unwrap());
    let bytes = std::str::from_utf8(&plaintext).unwrap();
    crate::ledger::fixture::fetch(&ledger, "evrak", 99, bytes).await;
    drop(pinned);
    assert_eq!(ledger.finish_disposals().await.unwrap(), 0);
    assert_eq!(ledger.blobs().get(&inside).unwrap(), plaintext);
    assert!(ledger.messages().unwrap().contains(&inside));
}
