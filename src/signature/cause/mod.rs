//! The reasons of a verdict: code, weight, indication and sentence in one [`table`]. An indication is never set by itself: it follows from
//! the reasons, the worst of them.

mod table;

use jiff::Timestamp;

use crate::finding::Severity;
use crate::signature::report::{Indication, Reason, SubIndication};
use crate::signature::validation::{Record, Validation};
use crate::text::Text;
pub use table::*;

/// A reason that can be given. `{}` in the sentences takes a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    pub code: &'static str,
    pub severity: Severity,
    /// What it makes of the signature; `None` for a remark.
    pub effect: Option<(Indication, SubIndication)>,
    tr: &'static str,
    en: &'static str,
}

impl Cause {
    pub fn reason(&self, detail: &str) -> Reason {
        self.reason_in_two(detail, detail)
    }

    pub fn reason_in_two(&self, tr: &str, en: &str) -> Reason {
        Reason {
            code: self.code.to_owned(),
            severity: self.severity,
            text: Text::new(self.tr.replace("{}", tr), self.en.replace("{}", en)),
        }
    }
}

/// Reasons gathered while one signature is judged, and the indication that follows from them.
#[derive(Debug, Default, Clone)]
pub struct Reasons {
    list: Vec<Reason>,
    effects: Vec<(Indication, SubIndication)>,
    retry_after: Option<Timestamp>,
    /// Which steps were made: judges say so as they go.
    pub record: Record,
}

impl Reasons {
    pub fn add(&mut self, cause: Cause) {
        self.add_with(cause, "");
    }

    pub fn add_with(&mut self, cause: Cause, detail: &str) {
        self.add_in_two(cause, detail, detail);
    }

    pub fn add_in_two(&mut self, cause: Cause, tr: &str, en: &str) {
        let reason = cause.reason_in_two(tr, en);
        if !self.list.contains(&reason) {
            self.list.push(reason);
        }
        self.effects.extend(cause.effect);
        if let Some((indication, _)) = cause.effect {
            self.record.blame(cause.code, indication);
        }
    }

    /// A cause with another effect than its own: what a timestamp lacks, its signature lacks.
    pub fn add_as_in_two(&mut self, cause: Cause, (tr, en): (&str, &str), effect: (Indication, SubIndication)) {
        self.list.push(cause.reason_in_two(tr, en));
        self.effects.push(effect);
        self.record.blame(cause.code, effect.0);
    }

    /// Takes over what another judgement found.
    pub fn append(&mut self, other: Reasons) {
        for reason in other.list {
            if !self.list.contains(&reason) {
                self.list.push(reason);
            }
        }
        self.effects.extend(other.effects);
        self.retry_after = self.retry_after.max(other.retry_after);
        self.record.append(other.record);
    }

    /// The remarks of one cause, for whoever has to repeat them.
    pub fn remarks(&self, cause: Cause) -> Self {
        let of_cause = self.list.iter().filter(|reason| reason.code == cause.code);
        Self {
            list: of_cause.cloned().collect(),
            ..Self::default()
        }
    }

    /// Notes that a new validation can be final only after `moment`; of several moments the last one counts.
    pub fn wait_until(&mut self, moment: Timestamp) {
        self.retry_after = self.retry_after.max(Some(moment));
    }

    pub fn retry_after(&self) -> Option<Timestamp> {
        self.retry_after
    }

    /// The worst indication so far, with the sub-indication of the first reason that gave it.
    pub fn outcome(&self) -> (Indication, Option<SubIndication>) {
        let worst = self
            .effects
            .iter()
            .map(|(indication, _)| *indication)
            .max()
            .unwrap_or(Indication::Passed);
        let sub = self
            .effects
            .iter()
            .find(|(indication, _)| *indication == worst)
            .map(|(_, sub)| *sub);
        (worst, sub)
    }

    /// What was checked so far and what came of it.
    pub fn validation(&self) -> Validation {
        self.record.finish()
    }

    pub fn is_passed(&self) -> bool {
        self.effects.is_empty()
    }

    /// The reasons; a passed signature says so.
    pub fn into_list(mut self) -> Vec<Reason> {
        if self.effects.is_empty() {
            self.list.insert(0, PASSED.reason(""));
        }
        self.list
    }
}

/// A remark on why something was not fetched, or on what was not needed: it changes from attempt to attempt and says nothing about the
/// signature.
pub fn is_of_fetching(code: &str) -> bool {
    [
        FETCH_SCHEME,
        FETCH_NOT_LISTED,
        FETCH_ADDRESS,
        FETCH_UNREACHABLE,
        FETCH_CONTENT,
        UNUSED,
    ]
    .iter()
    .any(|cause| cause.code == code)
}
