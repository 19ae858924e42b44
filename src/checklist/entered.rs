//! What a clerk enters about a file. Each deed is a record of the journal, with who and when; nothing is changed, a later deed takes the
//! place of an earlier one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::papers::Reading;
use super::signatories::Authority;
use crate::hash::Sha256;
use crate::register::entry::{Asker, RegisterNumber};

/// Deeds on one file: beyond this nobody enters, a program runs wild.
pub const MOST_DEEDS: usize = 1_000;

/// One thing that a clerk entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case")]
pub enum Deed {
    /// This document is an application under this checklist, whatever the rules say; `None`: it is no application.
    Bound {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checklist: Option<String>,
    },
    /// These may sign for the applicant.
    Authorised { authority: Authority },
    /// They may not any more: the authority in this place, from 0 in the order of entering.
    Revoked { authority: usize },
    /// This attachment is that paper; `None`: it is none of the list.
    Decided {
        sha256: Sha256,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paper: Option<String>,
    },
    /// The originals are here since this day.
    OriginalsArrived { day: Date },
    /// What is missing was asked for on this day.
    CompletionAsked { day: Date },
    /// The loss of a paper of the file was learnt of on this day.
    LossLearned { day: Date },
    /// It was reported.
    LossReported { day: Date },
    /// That document completes this file.
    Joined { document: RegisterNumber },
    /// It does not.
    Separated { document: RegisterNumber },
}

/// A deed, with who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub by: Asker,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(flatten)]
    pub deed: Deed,
}

/// All that was entered about one file, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entered(pub Vec<Done>);

impl Entered {
    fn deeds(&self) -> impl DoubleEndedIterator<Item = &Deed> {
        self.0.iter().map(|done| &done.deed)
    }

    /// The last word on whether it is an application, and of which kind; the outer `None`: nobody said.
    pub fn bound(&self) -> Option<Option<&str>> {
        self.deeds().rev().find_map(|deed| match deed {
            Deed::Bound { checklist } => Some(checklist.as_deref()),
            _ => None,
        })
    }

    /// Every authority by its place, revoked ones too.
    pub fn every_authority(&self) -> Vec<(&Authority, bool)> {
        let revoked: BTreeSet<usize> = self
            .deeds()
            .filter_map(|deed| match deed {
                Deed::Revoked { authority } => Some(*authority),
                _ => None,
            })
            .collect();
        let entered = self.deeds().filter_map(|deed| match deed {
            Deed::Authorised { authority } => Some(authority),
            _ => None,
        });
        entered
            .enumerate()
            .map(|(at, authority)| (authority, revoked.contains(&at)))
            .collect()
    }

    /// Those that count.
    pub fn authorities(&self) -> Vec<&Authority> {
        let all = self.every_authority().into_iter();
        all.filter(|(_, revoked)| !revoked).map(|(authority, _)| authority).collect()
    }

    /// What a clerk said that an attachment is; the outer `None`: nobody said.
    pub fn decision_on(&self, attachment: &Sha256) -> Option<Option<&str>> {
        self.deeds().rev().find_map(|deed| match deed {
            Deed::Decided { sha256, paper } if sha256 == attachment => Some(paper.as_deref()),
            _ => None,
        })
    }

    pub fn originals_arrived(&self) -> Option<Date> {
        self.deeds().rev().find_map(|deed| match deed {
            Deed::OriginalsArrived { day } => Some(*day),
            _ => None,
        })
    }

    /// The last day on which the applicant was asked.
    pub fn completion_asked(&self) -> Option<Date> {
        self.deeds().rev().find_map(|deed| match deed {
            Deed::CompletionAsked { day } => Some(*day),
            _ => None,
        })
    }

    /// The day on which a loss was learnt of, and the day on which it was reported since.
    pub fn loss(&self) -> Option<(Date, Option<Date>)> {
        self.deeds().fold(None, |loss, deed| match (deed, loss) {
            (Deed::LossLearned { day }, _) => Some((*day, None)),
            (Deed::LossReported { day }, Some((learned, _))) => Some((learned, Some(*day))),
            (_, loss) => loss,
        })
    }
}

/// What was read of an entry for a file, and under which rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Name of the checklist.
    pub checklist: String,
    /// Of its text.
    pub rules: Sha256,
    pub at: Timestamp,
    pub reading: Reading,
    /// The last day on which the rules keep the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Date>,
}

/// What is known of one entry of the register as an application, or as what completes one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    pub read: Option<Read>,
    pub entered: Entered,
    /// Documents that complete this file.
    #[serde(default)]
    pub joined: BTreeSet<RegisterNumber>,
    /// The file that this document completes: then it is no file by itself.
    #[serde(default)]
    pub part_of: Option<RegisterNumber>,
    /// A clerk said to which file it belongs, or that it belongs to none: no rule says otherwise afterwards.
    #[serde(default)]
    pub placed_by_hand: bool,
}
