//! Which file does a message belong to? It is an application where the rules or a clerk say so, and it completes one where it comes from the
//! same sender and refers to it. Where that is not certain it belongs to none, and a clerk decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Follower, Pipeline, PipelineError};
use crate::checklist::config::Checklist;
use crate::checklist::entered::FileState;
use crate::checklist::outcome::Standing;
use crate::evidence;
use crate::ledger::LedgerError;
use crate::ledger::files::{MOST_JOINED, is_forged};
use crate::message::MessageKind;
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::settings::Settings;

impl Pipeline {
    /// An entry that no checklist holds for by itself, or that comes from somebody who has a file: does it complete that?
    pub(super) async fn follow_completion(
        &self,
        number: RegisterNumber,
        settings: &Arc<Settings>,
        follower: &mut Follower,
    ) -> Result<bool, PipelineError> {
        let Some(entry) = self.ledger.entry(number)? else {
            return Ok(false);
        };
        let state = self.ledger.file_state(number)?.unwrap_or_default();
        let own = self.checklist_of(&entry, &state, settings)?;
        let completes = match state.placed_by_hand || !may_belong(&entry) {
            true => None,
            false => self.completed_file(&entry, own.is_some(), settings, follower).await?,
        };
        let (head, checklist) = match completes {
            Some((head, checklist)) => (Some(head), settings.checklists.named(&checklist)),
            None => (None, own),
        };
        let Some(checklist) = checklist else { return Ok(false) };
        let read = self.read_papers(&entry, checklist, head, settings).await?;
        self.note(&entry, follower)?;
        Ok(read)
    }

    /// The file that a message completes, with the name of its checklist.
    async fn completed_file(
        &self,
        entry: &Entry,
        is_application: bool,
        settings: &Arc<Settings>,
        follower: &Follower,
    ) -> Result<Option<(RegisterNumber, String)>, PipelineError> {
        let files = sender_of(entry).and_then(|sender| follower.senders.get(&sender));
        let earlier = files.into_iter().flatten().filter(|file| **file < entry.register_number);
        let earlier: BTreeSet<RegisterNumber> = earlier.copied().collect();
        if earlier.is_empty() {
            return Ok(None);
        }
        let Some(head) = self.referred_file(entry, &earlier, settings).await? else {
            return Ok(None);
        };
        let Some(file) = self.ledger.application_file(head, &|_| true)? else {
            return Ok(None);
        };
        // Whoever has nothing to complete and applies in the words of an application speaks of his last one.
        let is_next = is_application && file.outcome(&settings.checklists).standing == Standing::Complete;
        let is_full = file.members.len() > MOST_JOINED;
        Ok((!is_next && !is_full).then_some((head, file.checklist)))
    }

    /// The rules that an entry is read by, if any.
    pub(super) fn checklist_of<'s>(
        &self,
        entry: &Entry,
        state: &FileState,
        settings: &'s Settings,
    ) -> Result<Option<&'s Checklist>, LedgerError> {
        if let Some(head) = state.part_of {
            let file = self.ledger.application_file(head, &|_| true)?;
            return Ok(file.and_then(|file| settings.checklists.named(&file.checklist)));
        }
        if let Some(bound) = state.entered.bound() {
            return Ok(bound.and_then(|name| settings.checklists.named(name)));
        }
        // Once a file, it stays one under its list whatever another one says now: clerks work by it.
        let known = state.read.as_ref().and_then(|read| settings.checklists.named(&read.checklist));
        if known.is_some() {
            return Ok(known);
        }
        // A clerk took it out of a file: it is one by itself only where the rules say so.
        Ok(match may_belong(entry) {
            true => settings.checklists.for_entry(entry).next(),
            false => None,
        })
    }

    /// The one file of the sender's that the message refers to: by its number in the subject, by a reply, or by a reference of the package.
    /// Where it refers to several nobody knows, and a clerk decides.
    async fn referred_file(
        &self,
        entry: &Entry,
        files: &BTreeSet<RegisterNumber>,
        settings: &Arc<Settings>,
    ) -> Result<Option<RegisterNumber>, PipelineError> {
        let subjects = [
            entry.message.subject.as_deref(),
            entry.document.as_ref().and_then(|document| document.subject.as_deref()),
        ];
        let is_named = |number: &RegisterNumber| subjects.into_iter().flatten().any(|subject| names(subject, *number));
        let mut referred: BTreeSet<RegisterNumber> = files.iter().filter(|number| is_named(number)).copied().collect();
        if referred.is_empty() {
            let references = self.references_of(entry, settings).await?;
            for id in &references.ids {
                for key in evidence::id_keys(id) {
                    referred.extend(self.ledger.numbers_under(&key.to_string())?);
                }
            }
            for id in &references.documents {
                referred.extend(self.ledger.entry_of_document(id)?);
            }
            // A reply to what completed a file belongs to the file.
            let mut heads = BTreeSet::new();
            for number in referred {
                let state = self.ledger.file_state(number)?;
                heads.insert(state.and_then(|state| state.part_of).unwrap_or(number));
            }
            referred = heads.intersection(files).copied().collect();
        }
        Ok(referred.first().copied().filter(|_| referred.len() == 1))
    }
}

/// Nobody applies by a delil or an address check, what we sent ourselves under the same subject is no application, and what was changed on
/// its way is nobody's.
pub(super) fn may_belong(entry: &Entry) -> bool {
    !entry.is_sent()
        && !is_forged(entry)
        && !matches!(entry.state, State::NotRecorded | State::Quarantined)
        && !matches!(entry.message.kind, MessageKind::Evidence | MessageKind::AddressVerification)
}

/// Who sent it, as it is compared.
pub(super) fn sender_of(entry: &Entry) -> Option<String> {
    entry.message.sender_kep.as_deref().and_then(compared)
}

/// Not folded: addresses that look alike are others.
fn compared(address: &str) -> Option<String> {
    let address = address.trim().to_ascii_lowercase();
    (!address.is_empty()).then_some(address)
}

/// The subject names this number, and not a longer one that holds it.
fn names(subject: &str, number: RegisterNumber) -> bool {
    let wanted = number.to_string();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    subject.match_indices(&wanted).any(|(at, found)| {
        let (before, after) = (subject.get(..at), subject.get(at + found.len()..));
        !is_digit(before.and_then(|before| before.chars().next_back())) && !is_digit(after.and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
mod naming_tests {
    use super::{compared, names};

    #[test]
    fn a_subject_names_a_file_by_its_whole_number() {
        let number = "2026/000012".parse().unwrap();
        for (subject, fits) in [
            ("Eksik evrak 2026/000012", true),
            ("GB-2026/000012: tamamlama", true),
            ("2026/0000123", false),
            ("12026/000012", false),
            ("2026/000011", false),
            ("", false),
        ] {
            assert_eq!(names(subject, number), fits, "{subject}");
        }
    }

    #[test]
    fn addresses_that_look_alike_are_of_different_people() {
        assert_eq!(compared(" FIRMA@HS01.kep.tr "), compared("firma@hs01.kep.tr"));
        for other in [
            "fırma@hs01.kep.tr",
            "fİrma@hs01.kep.tr",
            "firma@hs02.kep.tr",
            "fîrma@hs01.kep.tr",
            " ",
        ] {
            assert_ne!(compared(other), compared("firma@hs01.kep.tr"), "{other}");
        }
    }
}
