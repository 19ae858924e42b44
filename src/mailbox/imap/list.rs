//! What lies in a folder. Every message that the server counts is either listed or reported as a hole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response};
use jiff::Timestamp;
use tokio::time::Duration;

use crate::mailbox::{FolderState, Listed, Listing, Locator};
use crate::text::Text;

use super::problem::Problem;
use super::session::{Selected, Session};
use super::syntax::{internal_date, uid_sets};

/// Messages of one SEARCH command: its answer is one line, and the parser starts anew at each 4 KiB of it.
const WINDOW: u64 = 20_000;
/// A folder that stays open is opened anew this often: some servers never tell an open session that the folder was recreated.
const REOPEN: Duration = Duration::from_secs(60 * 60);

/// What is remembered from listing to listing, per folder.
#[derive(Debug, Default)]
pub(super) struct Memory {
    last: BTreeMap<String, FolderState>,
    /// UIDNEXT before it went back, per folder, while messages of that folder are distrusted.
    fallen_from: BTreeMap<String, u32>,
    pub(super) distrusted: Distrusted,
}

/// Known locators whose UIDs the server may have given to other messages: fetched again, once. Shared with the fetch that is under way.
#[derive(Debug, Default, Clone)]
pub(super) struct Distrusted(Arc<Mutex<BTreeSet<Locator>>>);

impl Distrusted {
    fn set(&self) -> MutexGuard<'_, BTreeSet<Locator>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn any_in(&self, state: &FolderState) -> bool {
        let set = self.set();
        of_folder(&set, &state.folder, state.epoch)
            .next()
            .is_some_and(|locator| locator.epoch == state.epoch)
    }

    /// What is not on the server any more cannot be fetched anew.
    fn keep_present(&self, state: &FolderState, present: &BTreeSet<Locator>) {
        self.set()
            .retain(|locator| locator.folder != state.folder || present.contains(locator));
    }

    /// The message under this locator was delivered anew.
    pub(super) fn trust(&self, locator: &Locator) {
        self.set().remove(locator);
    }
}

/// Lists one folder into `listing`. `keep_open` allows to use the folder that is open.
pub(super) async fn list_folder(
    session: &mut Session,
    folder: &str,
    keep_open: bool,
    known: &BTreeSet<Locator>,
    memory: &mut Memory,
    listing: &mut Listing,
) -> Result<(), Problem> {
    let open = session
        .selected
        .as_ref()
        .is_some_and(|selected| selected.folder == folder && selected.opened.elapsed() < REOPEN);
    if !(open && keep_open) {
        session.open_folder(folder, false).await?;
    }
    let epoch = session.selected.as_ref().and_then(|selected| selected.epoch);
    let uids = complete_uids(session, folder, listing).await?;
    let state = state(session, folder, uids.last())?;
    if epoch != Some(state.epoch) {
        return Err(Problem::Recreated);
    }
    memory.compare(&state, known, &uids, listing);

    let locator = |uid: &u32| Locator {
        folder: folder.to_owned(),
        epoch: state.epoch,
        id: uid.to_string(),
    };
    let unknown: Vec<(u32, Locator)> = uids
        .iter()
        .map(|uid| (*uid, locator(uid)))
        .filter(|(_, locator)| !known.contains(locator) || memory.distrusted.set().contains(locator))
        .collect();
    let mut described = describe(session, unknown.iter().map(|(uid, _)| *uid)).await?;
    listing.new.extend(unknown.into_iter().map(|(uid, locator)| {
        let (size, arrived) = described.remove(&uid).unwrap_or_default();
        Listed { locator, size, arrived }
    }));
    listing.present.extend(uids.iter().map(locator));
    if state.exists == uids.len() as u64 {
        memory.distrusted.keep_present(&state, &listing.present);
    }
    memory.last.insert(folder.to_owned(), state.clone());
    listing.folders.push(memory.reported(state));
    Ok(())
}

/// The server tells UIDNEXT at opening only; what arrived since then moves it on.
fn state(session: &mut Session, folder: &str, highest: Option<&u32>) -> Result<FolderState, Problem> {
    let selected = session.selected.as_mut().filter(|selected| selected.folder == folder);
    let Some((selected, epoch, exists)) =
        selected.and_then(|selected| Some((selected.epoch?, selected.exists?)).map(|(a, b)| (selected, a, b)))
    else {
        return Err(Problem::Protocol("the folder is not open".into()));
    };
    selected.next_uid = selected.next_uid.max(highest.and_then(|uid| uid.checked_add(1)));
    Ok(FolderState {
        folder: folder.to_owned(),
        epoch,
        next_uid: selected.next_uid,
        exists,
        listed: None,
    })
}

/// All UIDs. A list that does not fit EXISTS is asked for again, then asked for in another way, and at last reported.
async fn complete_uids(session: &mut Session, folder: &str, listing: &mut Listing) -> Result<BTreeSet<u32>, Problem> {
    session.news = false;
    let uids = search(session).await?;
    if fits(session, &uids) {
        return Ok(uids);
    }
    session.news = false;
    let mut uids = search(session).await?;
    if fits(session, &uids) {
        return Ok(uids);
    }
    uids.append(&mut fetch_uids(session).await?);
    if !fits(session, &uids) {
        let counted = session.selected.as_ref().and_then(|selected| selected.exists).unwrap_or_default();
        let listed = uids.len();
        listing.oddities.push(Text::new(
            format!("'{folder}' klasöründe sunucu {counted} ileti sayıyor ama {listed} ileti listeliyor; sunucu yöneticisine bildirin."),
            format!("In folder '{folder}' the server counts {counted} messages and lists {listed}; tell the server's administrator."),
        ));
    }
    Ok(uids)
}

fn fits(session: &Session, uids: &BTreeSet<u32>) -> bool {
    session.selected.as_ref().and_then(|selected| selected.exists) == Some(uids.len() as u64)
}

async fn search(session: &mut Session) -> Result<BTreeSet<u32>, Problem> {
    let exists = session.selected.as_ref().and_then(|selected| selected.exists).unwrap_or_default();
    let mut uids = BTreeSet::new();
    if exists <= WINDOW {
        session
            .run("UID SEARCH ALL", |response| take_search(response, &mut uids))
            .await?
            .ok()?;
        return Ok(uids);
    }
    let mut first = 1;
    while first <= exists {
        let last = if first + WINDOW > exists {
            "*".to_owned()
        } else {
            (first + WINDOW - 1).to_string()
        };
        session
            .run(&format!("UID SEARCH {first}:{last}"), |response| take_search(response, &mut uids))
            .await?
            .ok()?;
        first += WINDOW;
    }
    Ok(uids)
}

fn take_search(response: &Response<'_>, uids: &mut BTreeSet<u32>) {
    if let Response::MailboxData(MailboxDatum::Search(found)) = response {
        uids.extend(found.iter().filter(|uid| **uid > 0));
    }
}

async fn fetch_uids(session: &mut Session) -> Result<BTreeSet<u32>, Problem> {
    let mut uids = BTreeSet::new();
    let done = session
        .run("UID FETCH 1:* (UID)", |response| {
            if let Response::Fetch(_, attributes) = response {
                uids.extend(attributes.iter().filter_map(uid_of));
            }
        })
        .await?;
    done.ok()?;
    Ok(uids)
}

/// Size and time of messages. What the server leaves out stays unknown and is asked for when the message is fetched.
async fn describe(
    session: &mut Session,
    uids: impl IntoIterator<Item = u32>,
) -> Result<BTreeMap<u32, (Option<u64>, Option<Timestamp>)>, Problem> {
    let mut described = BTreeMap::new();
    for set in uid_sets(uids) {
        let done = session
            .run(&format!("UID FETCH {set} (UID RFC822.SIZE INTERNALDATE)"), |response| {
                if let Response::Fetch(_, attributes) = response
                    && let Some(uid) = attributes.iter().find_map(uid_of)
                {
                    described.insert(uid, description(attributes));
                }
            })
            .await?;
        if !done.is_ok() {
            tracing::debug!(words = done.words, "the server did not describe all messages");
        }
    }
    Ok(described)
}

pub(super) fn uid_of(attribute: &AttributeValue<'_>) -> Option<u32> {
    match attribute {
        AttributeValue::Uid(uid) if *uid > 0 => Some(*uid),
        _ => None,
    }
}

pub(super) fn description(attributes: &[AttributeValue<'_>]) -> (Option<u64>, Option<Timestamp>) {
    let mut size = None;
    let mut arrived = None;
    for attribute in attributes {
        match attribute {
            AttributeValue::Rfc822Size(bytes) => size = Some(u64::from(*bytes)),
            AttributeValue::InternalDate(text) => arrived = internal_date(text),
            _ => {}
        }
    }
    (size, arrived)
}

impl Memory {
    /// Takes over what an earlier process saw.
    pub(super) fn recall(&mut self, last: Vec<FolderState>) {
        for state in last {
            self.last.entry(state.folder.clone()).or_insert(state);
        }
    }

    /// What is journaled: while messages must be fetched anew, the old UIDNEXT, so that a restart sees again that it went back.
    fn reported(&mut self, mut state: FolderState) -> FolderState {
        if self.distrusted.any_in(&state) {
            state.next_uid = state.next_uid.max(self.fallen_from.get(&state.folder).copied());
        } else {
            self.fallen_from.remove(&state.folder);
        }
        state
    }

    /// Whether an opened folder is still the one that was listed: the same UIDVALIDITY, and UIDNEXT not gone back.
    pub(super) fn same_life(&self, selected: &Selected, epoch: u32) -> bool {
        let listed = self.last.get(&selected.folder).filter(|last| last.epoch == epoch);
        selected.epoch == Some(epoch) && listed.is_none_or(|last| selected.next_uid >= last.next_uid)
    }

    /// Holds a folder against what was known of it: a changed UIDVALIDITY, a UIDNEXT that went back.
    fn compare(&mut self, now: &FolderState, known: &BTreeSet<Locator>, uids: &BTreeSet<u32>, listing: &mut Listing) {
        let folder = &now.folder;
        let last = self.last.get(folder);
        let recreated = match last {
            Some(last) => last.epoch != now.epoch,
            None => other_epoch_only(known, folder, now.epoch),
        };
        if recreated {
            listing.oddities.push(Text::new(
                format!(
                    "'{folder}' klasörü sunucuda yeniden oluşturulmuş (UIDVALIDITY {}); bütün iletiler yeniden alınıp karşılaştırılıyor.",
                    now.epoch
                ),
                format!(
                    "Folder '{folder}' was recreated on the server (UIDVALIDITY {}); all its messages are fetched again and compared.",
                    now.epoch
                ),
            ));
            // A server that returns to an earlier UIDVALIDITY has known locators in it.
            self.distrust(now, uids.iter(), |locator| known.contains(locator));
            return;
        }
        let highest = match last {
            Some(last) => last.next_uid,
            None => highest_known(known, folder, now.epoch).and_then(|uid| uid.checked_add(1)),
        };
        let (Some(next), Some(expected)) = (now.next_uid, highest) else {
            return;
        };
        if next >= expected {
            return;
        }
        listing.oddities.push(Text::new(
            format!("'{folder}' klasöründe UIDNEXT geri gitti ({expected} beklenirken {next}): sunucu yedekten dönmüş olabilir. Bütün iletiler yeniden alınıp karşılaştırılıyor."),
            format!("In folder '{folder}' UIDNEXT went back ({next} where {expected} was expected): the server may have been restored from a backup. All messages are fetched again and compared."),
        ));
        let before = self.fallen_from.entry(folder.clone()).or_default();
        *before = expected.max(*before);
        // The same UID may now be another message, so a durable record under it proves nothing.
        self.distrust(now, uids.iter(), |_| true);
    }

    fn distrust<'a>(&self, now: &FolderState, uids: impl Iterator<Item = &'a u32>, which: impl Fn(&Locator) -> bool) {
        let locators = uids.map(|uid| Locator {
            folder: now.folder.clone(),
            epoch: now.epoch,
            id: uid.to_string(),
        });
        self.distrusted.set().extend(locators.filter(which));
    }
}

/// The known locators of one folder, in order.
fn of_folder<'a>(known: &'a BTreeSet<Locator>, folder: &str, epoch: u32) -> impl Iterator<Item = &'a Locator> {
    let start = Locator {
        folder: folder.to_owned(),
        epoch,
        id: String::new(),
    };
    let folder = folder.to_owned();
    known.range(start..).take_while(move |locator| locator.folder == folder)
}

fn other_epoch_only(known: &BTreeSet<Locator>, folder: &str, epoch: u32) -> bool {
    let any = of_folder(known, folder, 0).next().is_some();
    let current = of_folder(known, folder, epoch).next().is_some_and(|locator| locator.epoch == epoch);
    any && !current
}

fn highest_known(known: &BTreeSet<Locator>, folder: &str, epoch: u32) -> Option<u32> {
    of_folder(known, folder, epoch)
        .take_while(|locator| locator.epoch == epoch)
        .filter_map(|locator| locator.id.parse().ok())
        .max()
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod list_tests;
