use crate::ledger::event::Event;
use crate::ledger::fixture::{World, fetched};
use crate::people::{Person, Role, Scope, View};

#[tokio::test]
async fn every_entry_stands_once_at_its_last_change_and_a_replay_gives_the_same_order() {
    let world = World::new();
    let ledger = world.open();
    assert_eq!(ledger.change_position().unwrap(), 0);
    let numbers = world.arrive(&ledger, 0..5).await;
    let first = ledger.changes_since(0, 100).unwrap();
    assert_eq!(first.numbers, numbers);
    assert_eq!(first.position, ledger.change_position().unwrap());
    assert!(ledger.changes_since(first.position, 100).unwrap().numbers.is_empty());

    let clerk = Person {
        login: "memur".into(),
        name: "Memur".into(),
        role: Role::Clerk,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    };
    ledger.viewed(numbers[1], &clerk, View::Page).await.unwrap();
    // The same bytes under another locator: a change that names no number.
    ledger.append(Event::Fetched(fetched("evrak", 99, "message 3"))).await.unwrap();
    let then = ledger.changes_since(first.position, 100).unwrap();
    assert_eq!(then.numbers, [numbers[1], numbers[3]]);
    assert_eq!(ledger.changes_since(0, 100).unwrap().numbers.len(), 5);
    assert_eq!(ledger.changes_since(0, 2).unwrap().numbers.len(), 2);

    let position = ledger.change_position().unwrap();
    let beside = world.open_read_only();
    assert_eq!(beside.changes_since(first.position, 100).unwrap(), then);
    assert_eq!(beside.change_position().unwrap(), position);
}
