//! One look: which rows stand in the windows that are asked for.

use std::collections::BTreeSet;

use super::envelopes::{Envelope, LIST};
use super::look::{Found, Look, Looked, Moment};
use super::pages::Pages;
use super::reply::rows;
use super::service_mailbox::TurkkepMailbox;
use crate::clock::local_day;
use crate::mailbox::soap::line::Step;
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::window::{Reach, Window};
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
                // The name of one iletiTuru is not confirmed, and a list of it may be one that nobody can read: the other is looked into all
                // the same.
                Err(problem) if problem.is_about_one_list() => self.line.defer(("list", problem)),
                // The line broke: what was listed before is fetched all the same.
                Err(problem) if problem.class() == ErrorClass::Transient && !listing.folders.is_empty() => {
                    self.line.defer(("list", problem));
                    break;
                }
                Err(problem) => return Err(("list", problem)),
            }
        }
        self.line.listed(listing)
    }

    async fn list_folder(&mut self, asking: &Asking<'_>, known: &BTreeSet<Locator>, listing: &mut Listing) -> Result<(), Problem> {
        let folder = self.folders.entry(asking.folder.to_owned()).or_default();
        let now = self.line.now();
        let at = Moment {
            now,
            today: local_day(now),
            reach: Reach::new(self.config.overlap, self.config.window, self.config.backfill_from),
            recheck: self.config.recheck,
        };
        let mut look = Look::begin(asking.folder, folder, known, at);
        for (nth, window) in look.plan().into_iter().enumerate() {
            let cursor = look.cursor(nth, window);
            match self.pages(asking, window, cursor.map_or_else(Pages::all, Pages::above)).await {
                Ok(found) => look.answered(nth, window, cursor, found),
                // An old window that cannot be listed keeps no new message away.
                Err(problem) if nth > 0 && problem.class() != ErrorClass::Authentication => {
                    look.broke(problem);
                    break;
                }
                Err(problem) => return Err(problem),
            }
        }
        let Looked { folder, new, failure } = look.end();
        if let Some(problem) = failure {
            self.line.defer(("list", problem));
        }
        listing.new.extend(new.into_iter().map(listed));
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
}

/// The service's date has a form that is not known, and its size is not told.
fn listed(locator: Locator) -> Listed {
    Listed {
        locator,
        size: None,
        arrived: None,
    }
}
