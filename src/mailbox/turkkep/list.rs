//! One look: which rows stand in the windows that are asked for.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::Date;

use super::envelopes::{Envelope, LIST};
use super::pages::Pages;
use super::reply::{Row, rows};
use super::service_mailbox::{Folder, TurkkepMailbox};
use crate::clock::local_day;
use crate::mailbox::soap::line::Step;
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::window::{Reach, Window, plus};
use crate::mailbox::{ErrorClass, FolderState, Listed, Listing, Locator};
use crate::secret::Secret;

/// `listelemeTuru`: read or not, taken or not.
const EVERYTHING: &str = "ALL";

/// Means that no element of an answer is read as base64.
const NO_BINARY: &str = "";

/// What one list needs.
struct Asking<'a> {
    client: &'a reqwest::Client,
    password: &'a Secret,
    envelope: &'a Envelope,
    folder: &'a str,
}

/// What the pages of one window said.
#[derive(Default)]
struct Found {
    rows: BTreeSet<Row>,
    problem: Option<Problem>,
}

impl TurkkepMailbox {
    pub(super) async fn list_all(&mut self, known: &BTreeSet<Locator>) -> Step<Listing> {
        self.line.begin();
        let (client, password) = (self.line.client()?, self.password()?);
        let envelope = Envelope::list(&self.config.requests).map_err(|problem| ("configuration", problem))?;
        let mut listing = Listing::default();
        for folder in [self.config.mail_type.clone(), self.config.evidence_type.clone()] {
            if folder.is_empty() {
                continue;
            }
            let asking = Asking {
                client: &client,
                password: &password,
                envelope: &envelope,
                folder: &folder,
            };
            match self.list_folder(&asking, known, &mut listing).await {
                Ok(()) => {}
                // The name of one iletiTuru is not confirmed: where the service refuses it, the other is looked into all the same.
                Err(problem @ (Problem::Refused { .. } | Problem::Final { .. })) => {
                    self.line.defer(("list", problem));
                }
                Err(problem) => return Err(("list", problem)),
            }
        }
        self.line.listed(listing)
    }

    async fn list_folder(&mut self, asking: &Asking<'_>, known: &BTreeSet<Locator>, listing: &mut Listing) -> Result<(), Problem> {
        let now = self.line.now();
        let (today, reach) = (local_day(now), self.reach());
        // A copy: a check that is cancelled halfway leaves the walk as it was.
        let mut folder = self.folders.get(asking.folder).cloned().unwrap_or_default();
        folder.walk.settle(|locator| known.contains(locator));
        let plan = folder.walk.plan(today, &reach);
        let mut failure = None;
        let mut is_whole = true;
        for (nth, window) in plan.iter().enumerate() {
            let cursor = folder.highest.filter(|_| nth == 0 && !self.is_due(&folder, *window, today, now));
            let asked = match cursor {
                Some(highest) => self.pages(asking, *window, Pages::above(highest)).await,
                None => self.pages(asking, *window, Pages::all()).await,
            };
            let found = match asked {
                Ok(found) => found,
                // An old window that cannot be listed keeps no new message away.
                Err(problem) if nth > 0 && problem.class() != ErrorClass::Authentication => {
                    failure = Some(problem);
                    break;
                }
                Err(problem) => return Err(problem),
            };
            let mut here: BTreeSet<Locator> = found.rows.iter().map(|row| locator(asking.folder, row)).collect();
            match cursor {
                // What was listed before and is not here yet is asked for again, although its row was not.
                Some(_) => {
                    is_whole = false;
                    here.extend(folder.walk.open_within(*window).cloned());
                }
                None if nth == 0 && found.problem.is_none() => {
                    folder.rechecked = Some(now);
                    folder.present.clear();
                }
                None => {}
            }
            let highest = found.rows.iter().map(|row| row.uid).max();
            folder.present.extend(here.iter().cloned());
            let new: Vec<Locator> = here.into_iter().filter(|locator| !known.contains(locator)).collect();
            listing.new.extend(new.iter().cloned().map(listed));
            match found.problem {
                None => {
                    folder.highest = folder.highest.max(highest);
                    folder.walk.listed(*window, new);
                }
                Some(problem) => failure = failure.or(Some(problem)),
            }
        }
        // An open message may have been named by two windows.
        let mut seen = BTreeSet::new();
        listing.new.retain(|listed| seen.insert(listed.locator.clone()));
        match failure {
            None => {
                if is_whole {
                    let present = &folder.present;
                    folder.walk.forget_absent(&plan, |locator| present.contains(locator));
                }
                folder.walk.complete(today, &reach);
            }
            Some(problem) => self.line.defer(("list", problem)),
        }
        listing.present.extend(folder.present.iter().cloned());
        listing.folders.push(FolderState {
            folder: asking.folder.to_owned(),
            epoch: 0,
            next_uid: None,
            exists: folder.present.len() as u64,
            listed: folder.walk.state(),
        });
        self.folders.insert(asking.folder.to_owned(), folder);
        Ok(())
    }

    /// Whether all UIDs of the last days are to be asked for: from time to time, and where the question reaches further back than usual.
    fn is_due(&self, folder: &Folder, window: Window, today: Date, now: jiff::Timestamp) -> bool {
        let every = SignedDuration::try_from(self.config.recheck).unwrap_or(SignedDuration::ZERO);
        let is_young = folder.rechecked.is_some_and(|last| last <= now && now.duration_since(last) < every);
        !is_young || window.from < plus(today, -self.reach().overlap)
    }

    async fn pages(&self, asking: &Asking<'_>, window: Window, mut pages: Pages) -> Result<Found, Problem> {
        let mut all = Found::default();
        let (first, last) = (window.from.to_string(), window.to.to_string());
        while let Some(range) = pages.next() {
            if pages.is_endless() {
                return Err(Problem::TooLong);
            }
            let (from, to) = (range.from.to_string(), range.to.to_string());
            let values = [
                ("baslangicTarihi", first.as_str()),
                ("bitisTarihi", last.as_str()),
                ("iletiTuru", asking.folder),
                ("listelemeTuru", EVERYTHING),
                ("kepUIDStartFrom", from.as_str()),
                ("kepUIDEndTo", to.as_str()),
            ];
            let answer = self
                .ask(asking.client, (LIST, asking.envelope), asking.password, &values, NO_BINARY)
                .await?;
            let found = rows(&answer);
            pages.answered(found.rows.iter().map(|row| row.uid));
            all.rows.extend(found.rows);
            all.problem = all.problem.or(found.problem);
        }
        Ok(all)
    }

    fn reach(&self) -> Reach {
        Reach::new(self.config.overlap, self.config.window, self.config.backfill_from)
    }
}

/// A row by its UID and, where there is one, its identifier: which of the two a download takes is the operator's to say.
fn locator(folder: &str, row: &Row) -> Locator {
    let id = match row.identifier.is_empty() {
        true => row.uid.to_string(),
        false => format!("{} {}", row.uid, row.identifier),
    };
    Locator {
        folder: folder.to_owned(),
        epoch: 0,
        id,
    }
}

/// The service's date has a form that is not known, and its size is not told.
fn listed(locator: Locator) -> Listed {
    Listed {
        locator,
        size: None,
        arrived: None,
    }
}
