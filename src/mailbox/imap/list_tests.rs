use super::*;

fn locator(folder: &str, epoch: u32, uid: u32) -> Locator {
    Locator {
        folder: folder.to_owned(),
        epoch,
        id: uid.to_string(),
    }
}

fn state(epoch: u32, next_uid: u32) -> FolderState {
    FolderState {
        folder: "INBOX".to_owned(),
        epoch,
        next_uid: Some(next_uid),
        exists: 0,
        listed: None,
    }
}

fn compare(memory: &mut Memory, now: FolderState, known: &BTreeSet<Locator>, uids: &[u32]) -> usize {
    let mut listing = Listing::default();
    memory.compare(&now, known, &uids.iter().copied().collect(), &mut listing);
    memory.last.insert(now.folder.clone(), now);
    listing.oddities.len()
}

#[test]
fn a_first_look_at_an_unknown_folder_is_nothing_odd() {
    let known = [locator("Archive", 7, 1), locator("INBOX2", 9, 3)].into();
    assert_eq!(compare(&mut Memory::default(), state(1, 1), &known, &[]), 0);
}

#[test]
fn a_recreated_folder_is_told_once() {
    let known = [locator("INBOX", 1, 1)].into();
    let mut memory = Memory::default();
    assert_eq!(compare(&mut memory, state(2, 2), &known, &[1]), 1);
    assert_eq!(compare(&mut memory, state(2, 2), &known, &[1]), 0);
    assert!(memory.distrusted.set().is_empty(), "a new epoch makes every locator new by itself");
    assert_eq!(compare(&mut memory, state(3, 2), &known, &[1]), 1);
}

#[test]
fn after_a_restart_a_lowered_uidnext_is_seen_from_what_is_known() {
    let known = [locator("INBOX", 1, 9), locator("INBOX", 1, 10)].into();
    let mut memory = Memory::default();
    assert_eq!(compare(&mut memory, state(1, 11), &known, &[9, 10]), 0);
    let mut memory = Memory::default();
    assert_eq!(compare(&mut memory, state(1, 5), &known, &[1, 4]), 1);
    assert_eq!(*memory.distrusted.set(), [locator("INBOX", 1, 1), locator("INBOX", 1, 4)].into());
}

#[test]
fn a_lowered_uidnext_is_seen_between_two_looks() {
    let mut memory = Memory::default();
    assert_eq!(compare(&mut memory, state(1, 50), &BTreeSet::new(), &[1]), 0);
    assert_eq!(compare(&mut memory, state(1, 3), &BTreeSet::new(), &[1, 2]), 1);
    assert_eq!(memory.distrusted.set().len(), 2);
    assert_eq!(compare(&mut memory, state(1, 3), &BTreeSet::new(), &[1, 2]), 0);
}

#[test]
fn a_restart_before_all_is_fetched_anew_sees_again_that_uidnext_went_back() {
    let mut memory = Memory::default();
    compare(&mut memory, state(1, 50), &BTreeSet::new(), &[1]);
    compare(&mut memory, state(1, 3), &BTreeSet::new(), &[1, 2]);
    assert_eq!(memory.reported(state(1, 3)).next_uid, Some(50));
    memory.distrusted.trust(&locator("INBOX", 1, 1));
    assert_eq!(memory.reported(state(1, 3)).next_uid, Some(50));
    memory.distrusted.trust(&locator("INBOX", 1, 2));
    assert_eq!(memory.reported(state(1, 3)).next_uid, Some(3));
}
