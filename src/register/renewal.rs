//! The entry as a later examination of the same bytes shows it. What people did to it and what it was linked to stays; only what the bytes
//! and the present trust say is new.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::access::is_doubtful;
use super::deadlines::bring_forward;
use super::draft::{DUPLICATE_RULE, Draft};
use super::entry::{Asker, EarlierVerdict, Entry, EvidenceRecord, MessageRecord, State, Why, flag};
use super::sent::COPY_RULE;
use crate::signature::report::Verdict;

/// Flags that tell of other messages and not of this one's bytes: a later look at the bytes cannot take them away.
const OF_OTHERS: [&str; 5] = [
    flag::DUPLICATE,
    flag::ORPHAN_EVIDENCE,
    flag::NEGATIVE_EVIDENCE,
    flag::LEGAL_HOLD,
    flag::DISPOSED,
];

/// A later examination: when, why and for whom.
#[derive(Debug, Clone)]
pub struct Occasion {
    pub at: Timestamp,
    pub why: Why,
    pub asker: Asker,
}

impl Entry {
    /// This entry as `draft` shows it; `None` where nothing is different. That the same was found at another time, or under other anchors,
    /// is no difference.
    pub fn renewed(&self, draft: Draft, occasion: &Occasion) -> Option<Self> {
        let renewed = match self.is_set_aside() || self.is_opened_by(&draft) {
            true => self.filled_in(draft),
            false => self.judged_again(draft),
        };
        let same = Self {
            verdict: at_the_time_of(renewed.verdict.clone(), self.verdict.as_ref()),
            ..renewed.clone()
        };
        if same == *self {
            return None;
        }
        let mut earlier_verdicts = self.earlier_verdicts.clone();
        earlier_verdicts.push(self.verdict_so_far(occasion));
        Some(Self {
            earlier_verdicts,
            ..renewed
        })
    }

    /// True while nobody could read the message.
    pub fn is_set_aside(&self) -> bool {
        self.flags.contains(flag::QUARANTINED)
    }

    /// It was closed to us and no longer is: routing, deadlines and access come from what is inside now.
    fn is_opened_by(&self, draft: &Draft) -> bool {
        self.flags.contains(flag::ENCRYPTED) && draft.flags.contains(flag::DECRYPTED)
    }

    /// Everything is new: nothing was known of the message but its arrival.
    fn filled_in(&self, mut draft: Draft) -> Self {
        let linked = self
            .evidence
            .iter()
            .filter(|known| draft.evidence.iter().all(|found| found.sha256 != known.sha256));
        draft.evidence.extend(linked.cloned().collect::<Vec<_>>());
        draft.flags.extend(self.flags_of_others());
        let state = if self.state == State::Quarantined {
            draft.state
        } else {
            self.state
        };
        let access = self.access_after(&draft);
        let entry = draft.into_entry(self.register_number, self.registered_at, self.message.sightings.clone());
        let (history, earlier_verdicts) = (self.history.clone(), self.earlier_verdicts.clone());
        // Where people sent it is not for the routing rules to say again.
        let unit = self.assigned_unit().map(str::to_owned).or_else(|| entry.unit.clone());
        Self {
            unit,
            state,
            history,
            earlier_verdicts,
            access,
            ..entry
        }
    }

    fn judged_again(&self, draft: Draft) -> Self {
        let access = self.access_after(&draft);
        let mut findings = draft.findings;
        for rule in [DUPLICATE_RULE, COPY_RULE] {
            let of_another = self.findings.iter().find(|finding| finding.rule == rule);
            if findings.iter().all(|finding| finding.rule != rule) {
                findings.extend(of_another.cloned());
            }
        }
        let evidence = judged(&self.evidence, &draft.evidence);
        let arrived = |message: &MessageRecord| (message.received_at, message.received_by.clone());
        // A calendar that was corrected since is no reason to move a deadline that people were told; another arrival or proof is.
        let deadlines = if arrived(&draft.message) == arrived(&self.message) && evidence == self.evidence {
            self.deadlines.clone()
        } else {
            let mut deadlines = draft.deadlines;
            evidence
                .iter()
                .for_each(|record| bring_forward(&mut deadlines, record, &draft.message.recipients));
            deadlines
        };
        Self {
            message: MessageRecord {
                sightings: self.message.sightings.clone(),
                ..draft.message
            },
            package: draft.package,
            document: draft.document,
            verdict: draft.verdict,
            findings,
            evidence,
            deadlines,
            flags: draft.flags.into_iter().chain(self.flags_of_others()).collect(),
            access,
            opened: draft.opened,
            ..self.clone()
        }
    }

    /// A level that a person set stays, but what was closed then and says now that it is more secret must not stay open.
    fn access_after(&self, draft: &Draft) -> u8 {
        let is_news = is_doubtful(&self.findings) && !is_doubtful(&draft.findings);
        match (self.has_access_by_hand(), is_news) {
            (false, _) => draft.access,
            (true, true) => self.access.max(draft.access),
            (true, false) => self.access,
        }
    }

    fn flags_of_others(&self) -> BTreeSet<String> {
        self.flags
            .iter()
            .filter(|word| OF_OTHERS.contains(&word.as_str()))
            .cloned()
            .collect()
    }

    fn verdict_so_far(&self, occasion: &Occasion) -> EarlierVerdict {
        let verdict = self.verdict.as_ref();
        EarlierVerdict {
            indication: verdict.map(|verdict| verdict.indication),
            sub_indication: verdict.and_then(|verdict| verdict.sub_indication),
            at: verdict.map_or(self.registered_at, |verdict| verdict.validation_time),
            replaced_at: occasion.at,
            why: occasion.why,
            asker: occasion.asker.clone(),
        }
    }
}

/// The evidence that is linked already, each with its present indication, and what was not seen before.
fn judged(known: &[EvidenceRecord], found: &[EvidenceRecord]) -> Vec<EvidenceRecord> {
    let now = |record: &EvidenceRecord| found.iter().find(|found| found.sha256 == record.sha256);
    let new = found
        .iter()
        .filter(|found| known.iter().all(|record| record.sha256 != found.sha256));
    let kept = known.iter().map(|record| EvidenceRecord {
        indication: now(record).map_or(record.indication, |found| found.indication),
        ..record.clone()
    });
    kept.chain(new.cloned()).collect()
}

/// A verdict as if it had been given when the other was, under the same anchors and by the same lists.
fn at_the_time_of(verdict: Option<Verdict>, other: Option<&Verdict>) -> Option<Verdict> {
    match (verdict, other) {
        (Some(verdict), Some(other)) if verdict.says_the_same_as(other) => Some(other.clone()),
        (verdict, _) => verdict,
    }
}

#[cfg(test)]
#[path = "renewal_tests.rs"]
mod renewal_tests;
