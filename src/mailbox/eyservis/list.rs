//! One look: which messages lie in the windows that are asked for, and which evidence of those that are here.

use std::collections::BTreeSet;

use super::super::evidence::evidence_name;
use super::super::operations::{EVIDENCE, INBOX, Service};
use super::super::rows::{EvidenceList, Key, Rows};
use super::super::soap::Account;
use super::{EyServisMailbox, at};
use crate::clock::local_day;
use crate::mailbox::soap::line::Step;
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::window::{Reach, Window};
use crate::mailbox::{ErrorClass, FolderState, Listed, Listing, Locator};
use crate::text::Text;

/// Questions about evidence that may break one after another before the service is left alone until the next look.
const BROKEN_IN_A_ROW: u32 = 3;

impl EyServisMailbox {
    pub(super) async fn list_all(&mut self, known: &BTreeSet<Locator>) -> Step<Listing> {
        self.line.begin();
        let (client, account) = (self.line.client()?, self.account()?);
        let mut listing = Listing::default();
        for folder in self.config.all_folders().cloned().collect::<Vec<_>>() {
            match self.list_folder(&client, &account, &folder, known, &mut listing).await {
                Ok(()) => {}
                // One folder that cannot be listed, be it renamed or mistyped, keeps no message of the others away.
                Err((step, problem)) if problem.is_about_one_list() => {
                    let problem = self.unless_absent(&client, &account, &folder, problem).await?;
                    self.line.defer((step, problem));
                }
                // The line broke: what was listed before is fetched all the same.
                Err((step, problem)) if problem.class() == ErrorClass::Transient && !listing.folders.is_empty() => {
                    self.line.defer((step, problem));
                    return self.line.listed(listing);
                }
                Err(failure) => return Err(failure),
            }
        }
        if self.config.evidence {
            self.list_evidence(&client, &account, known, &mut listing).await?;
        }
        let mut listing = self.line.listed(listing)?;
        if !self.folders_compared {
            self.compare_folders(&client, &account, &mut listing).await?;
        }
        listing.oddities.append(&mut self.oddities);
        Ok(listing)
    }

    async fn list_folder(
        &mut self,
        client: &reqwest::Client,
        account: &Account,
        folder: &str,
        known: &BTreeSet<Locator>,
        listing: &mut Listing,
    ) -> Step<()> {
        let today = local_day(self.line.now());
        let reach = self.reach();
        // A copy: a check that is cancelled halfway leaves the walk as it was.
        let mut walk = self.walks.get(folder).cloned().unwrap_or_default();
        walk.settle(|locator| known.contains(locator));
        let plan = walk.plan(today, &reach);
        let service = self.service(client, account);
        let mut present = BTreeSet::new();
        let mut failure = None;
        for (nth, window) in plan.iter().enumerate() {
            let rows = match query(&service, folder, *window).await {
                Ok(rows) => rows,
                // An old window that cannot be listed keeps no new message away; refused credentials are another thing.
                Err(problem) if nth > 0 && problem.class() != ErrorClass::Authentication => {
                    failure = Some(problem);
                    break;
                }
                Err(Problem::Nothing) => return Err(("list", service.why_nothing().await)),
                Err(problem) => return Err(("list", problem)),
            };
            listing.oddities.extend(
                rows.oddities
                    .into_iter()
                    .filter(|oddity| !listing.oddities.contains(oddity))
                    .collect::<Vec<_>>(),
            );
            let mut new = Vec::new();
            for key in rows.keys {
                let locator = self.locator(folder, key, known, &listing.present);
                present.insert(locator.clone());
                if listing.present.insert(locator.clone()) && !known.contains(&locator) {
                    new.push(locator);
                }
            }
            listing.new.extend(new.iter().cloned().map(listed));
            let late = new.iter().filter(|locator| !walk.is_open(locator)).count();
            if late > 0 && walk.was_listed(*window, today) {
                listing.oddities.push(cut_short(folder, *window, late));
            }
            match rows.problem {
                None => walk.listed(*window, new),
                Some(problem) => failure = failure.or(Some(problem)),
            }
        }
        match failure {
            None => {
                walk.forget_absent(&plan, |locator| present.contains(locator));
                walk.complete(today, &reach);
            }
            Some(problem) => self.line.defer(("list", problem)),
        }
        listing.folders.push(FolderState {
            folder: folder.to_owned(),
            epoch: 0,
            next_uid: None,
            exists: present.len() as u64,
            listed: walk.state(),
        });
        self.walks.insert(folder.to_owned(), walk);
        Ok(())
    }

    /// A kepId names one message of the account, in whichever of its folders it is seen: a message that was moved is the same one.
    fn locator(&self, folder: &str, key: String, known: &BTreeSet<Locator>, present: &BTreeSet<Locator>) -> Locator {
        let mut locator = at(folder, key);
        if matches!(Key::of(&locator.id), Key::Row(_)) {
            return locator;
        }
        for other in self.config.all_folders() {
            let elsewhere = at(other, locator.id.clone());
            if known.contains(&elsewhere) || present.contains(&elsewhere) {
                return elsewhere;
            }
        }
        locator.folder = folder.to_owned();
        locator
    }

    /// A folder that is watched and does not exist would be silent for ever. Asked once in the life of this mailbox.
    async fn compare_folders(&mut self, client: &reqwest::Client, account: &Account, listing: &mut Listing) -> Step<()> {
        let folders = match self.service(client, account).folders().await {
            Ok(folders) => folders,
            Err(problem) if problem.class() == ErrorClass::Authentication => return Err(("list", problem)),
            // Messages were listed; the comparison can wait for the next look.
            Err(_) => return Ok(()),
        };
        self.folders_compared = true;
        let absent = self.config.all_folders().filter_map(|folder| absent(folder, &folders));
        listing.oddities.extend(absent);
        Ok(())
    }

    /// Why a folder could not be listed: because there is none of this name, where the service says that.
    async fn unless_absent(&self, client: &reqwest::Client, account: &Account, folder: &str, problem: Problem) -> Step<Problem> {
        if !matches!(problem, Problem::Refused { .. } | Problem::Final { .. } | Problem::Nothing) {
            return Ok(problem);
        }
        match self.service(client, account).folders().await {
            Ok(folders) => Ok(absent(folder, &folders).map_or(problem, Problem::Configuration)),
            Err(refused) if refused.class() == ErrorClass::Authentication => Err(("list", refused)),
            Err(_) => Ok(problem),
        }
    }

    async fn list_evidence(
        &mut self,
        client: &reqwest::Client,
        account: &Account,
        known: &BTreeSet<Locator>,
        listing: &mut Listing,
    ) -> Step<()> {
        let now = self.line.now();
        self.known_evidence = known
            .range(at(EVIDENCE, String::new())..)
            .take_while(|locator| locator.folder == EVIDENCE)
            .cloned()
            .collect();
        self.open_evidence.retain(|locator| !known.contains(locator));
        let arrived = std::mem::take(&mut self.arrived);
        for message in listing.present.union(&arrived).filter(|message| known.contains(message)) {
            let has_evidence = self.has_evidence(message);
            self.following.see(message, has_evidence, now, self.config.evidence_interval);
        }
        let mut broken_in_a_row = 0;
        for message in self.following.due(now) {
            let asked = self
                .service(client, account)
                .evidence_of(self.evidence_folder(&message), &Key::of(&message.id))
                .await;
            match asked {
                Ok(evidence) => {
                    broken_in_a_row = 0;
                    self.take_evidence(&message, evidence, known, listing);
                }
                Err(problem) if problem.class() == ErrorClass::Authentication => return Err(("evidence", problem)),
                // No evidence yet is answered with an error too: it is asked for again when it is due.
                Err(Problem::Refused { .. } | Problem::Final { .. } | Problem::NotFound | Problem::Nothing) => {}
                Err(problem) => {
                    tracing::warn!(
                        mailbox = self.config.name,
                        problem = problem.text().en,
                        "the list of evidence broke off"
                    );
                    self.following.put_off(&message, now);
                    broken_in_a_row += 1;
                    if broken_in_a_row >= BROKEN_IN_A_ROW {
                        break;
                    }
                    continue;
                }
            }
            self.following
                .asked(&message, now, self.config.evidence_interval, self.config.evidence_for);
        }
        for locator in &self.open_evidence {
            listing.present.insert(locator.clone());
            listing.new.push(listed(locator.clone()));
        }
        Ok(())
    }

    fn take_evidence(&mut self, message: &Locator, evidence: EvidenceList, known: &BTreeSet<Locator>, listing: &mut Listing) {
        let names = evidence.ids.iter().map(|id| at(EVIDENCE, evidence_name(&message.id, id)));
        self.open_evidence.extend(names.filter(|locator| !known.contains(locator)));
        let nameless = Text::new(
            "servis bir iletinin delilini kimliği olmadan listeliyor; indirilemiyor. Delili sağlayıcının sayfasından indirip \
             'kep-gateway import' ile verin.",
            "the service lists evidence of a message without its id; it cannot be downloaded. Download it from the provider's page and give it \
             to 'kep-gateway import'.",
        );
        if !evidence.is_whole && !listing.oddities.contains(&nameless) {
            listing.oddities.push(nameless);
        }
    }

    /// Where the evidence of a message is asked for: that of what we sent comes to the inbox and is found there by kepId.
    fn evidence_folder<'a>(&self, message: &'a Locator) -> &'a str {
        match self.config.sent_folders.contains(&message.folder) {
            true if matches!(Key::of(&message.id), Key::Id(_)) => INBOX,
            _ => &message.folder,
        }
    }

    pub(super) fn has_evidence(&self, message: &Locator) -> bool {
        let first = at(EVIDENCE, evidence_name(&message.id, ""));
        self.known_evidence
            .range(first.clone()..)
            .next()
            .is_some_and(|next| next.id.starts_with(&first.id))
    }

    fn reach(&self) -> Reach {
        Reach::new(self.config.overlap, self.config.window, self.config.backfill_from)
    }
}

fn absent(folder: &str, folders: &[String]) -> Option<Text> {
    if folders.is_empty() || folders.iter().any(|there| there == folder) {
        return None;
    }
    let all = folders.join(", ");
    Some(Text::new(
        format!("'{folder}' klasörü serviste yok; olanlar: {all}. folders ya da sent_folders ayarını düzeltin."),
        format!("the service has no folder '{folder}'; there are: {all}. Correct folders or sent_folders."),
    ))
}

/// Messages that an earlier list of the same days did not have.
fn cut_short(folder: &str, window: Window, late: usize) -> Text {
    let Window { from, to } = window;
    Text::new(
        format!(
            "'{folder}' klasörünün {from} – {to} günleri daha önce eksiksiz listelenmişti; servis şimdi orada {late} ileti daha gösteriyor. \
             İletiler alınıyor; gönderim tarihlerine göre süreleri denetleyin ve eksik listeyi sağlayıcıya bildirin."
        ),
        format!(
            "the days {from} to {to} of the folder '{folder}' were listed as complete before; the service now shows {late} more messages in them. \
             They are fetched; check their deadlines by their dates and tell the provider of the short list."
        ),
    )
}

/// A window, or its halves where the list is too long for one answer.
async fn query(service: &Service<'_>, folder: &str, window: Window) -> Result<Rows, Problem> {
    let mut all = Rows::default();
    let mut waiting = vec![window];
    while let Some(window) = waiting.pop() {
        let rows = match service.query(folder, window).await {
            Err(problem @ (Problem::TooLong | Problem::TooLarge(_))) => {
                waiting.extend(window.halves().ok_or(problem)?);
                continue;
            }
            rows => rows?,
        };
        all.keys.extend(rows.keys);
        all.oddities.extend(rows.oddities);
        all.problem = all.problem.or(rows.problem);
    }
    Ok(all)
}

/// The service says neither size nor time.
fn listed(locator: Locator) -> Listed {
    Listed {
        locator,
        size: None,
        arrived: None,
    }
}
