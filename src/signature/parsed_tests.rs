#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::Parsed;
use crate::hash::Sha256;

fn name(number: u8) -> Sha256 {
    Sha256::of(&[number])
}

#[test]
fn what_was_parsed_is_found_again() {
    let memo = Parsed::with_capacity(100);
    assert!(memo.get(&name(1)).is_none());
    let object = Arc::new(7);
    memo.keep(name(1), 10, &object);
    assert!(Arc::ptr_eq(&memo.get(&name(1)).unwrap(), &object));
    assert!(memo.get(&name(2)).is_none());
}

#[test]
fn it_never_holds_more_than_its_capacity() {
    let memo = Parsed::with_capacity(100);
    for number in 0..100 {
        memo.keep(name(number), 30, &Arc::new(number));
        let held = (0..100).filter(|other| memo.get(&name(*other)).is_some()).count();
        assert!((1..=3).contains(&held), "{held} of 30 octets each");
    }
    memo.keep(name(200), 51, &Arc::new(0));
    assert!(memo.get(&name(200)).is_none(), "one that alone takes half of it");
    // The same again is not counted twice.
    let memo = Parsed::with_capacity(100);
    for _ in 0..50 {
        memo.keep(name(1), 40, &Arc::new(1));
    }
    memo.keep(name(2), 40, &Arc::new(2));
    assert!(memo.get(&name(1)).is_some() && memo.get(&name(2)).is_some());
}
