//! Whose signatures one copy of a paper bears, and whether they are those that it must bear.

use std::collections::BTreeSet;

use super::config::Needed;
use super::entered::Entered;
use super::outcome::Standing;
use super::placing::PaperCopy;
use super::reasons::{self, Reason};
use super::signatories::{Authority, SigningPerson, day_of};
use crate::signature::carrier::package::flatten;
use crate::signature::report::{CertificateClass, Indication, SignatureReport};

/// The signatures of one copy, sorted by what they are worth.
pub(super) struct Signatures<'a> {
    copy: PaperCopy<'a>,
    all: Vec<&'a SignatureReport>,
}

impl<'a> Signatures<'a> {
    pub fn of(copy: PaperCopy<'a>) -> Self {
        Self {
            copy,
            all: copy.member.reading.signatures_of(copy.read).collect(),
        }
    }

    fn qualified(&self, indication: Indication) -> impl Iterator<Item = &'a SignatureReport> {
        let is_nes = |report: &SignatureReport| report.signer.as_ref().is_some_and(|signer| signer.class == CertificateClass::Nes);
        let all = self.all.clone().into_iter();
        all.filter(move |report| report.indication == indication && is_nes(report))
    }

    fn open(&self) -> Vec<&'a SignatureReport> {
        let all = self.all.iter().copied();
        all.filter(|report| report.indication == Indication::Indeterminate).collect()
    }

    /// The people who signed it validly with a qualified certificate, as their certificates name them.
    pub fn passed_names(&self) -> Vec<String> {
        let names = self
            .qualified(Indication::Passed)
            .filter_map(|report| report.signer.as_ref()?.common_name.clone());
        let names: BTreeSet<String> = names.collect();
        names.into_iter().collect()
    }

    /// What keeps the copy from being signed as it must be; `None`: nothing.
    pub fn judge(&self, needed: Needed, entered: &Entered) -> Option<(Standing, Vec<Reason>)> {
        // A signature that does not hold is told of whether one was asked for or not: somebody changed what was signed. The same goes for a
        // package that contradicts itself.
        let failed = self.all.iter().flat_map(|report| flatten(std::slice::from_ref(*report)));
        let failed = failed.filter(|report| report.indication == Indication::Failed);
        let failed: Vec<Reason> = failed.map(reasons::failing).collect();
        if !failed.is_empty() {
            return Some((Standing::Wrong, failed));
        }
        if self.copy.read.in_package && self.copy.member.reading.package_is_broken {
            return Some((Standing::Wrong, vec![reasons::broken_package()]));
        }
        if needed == Needed::None {
            return None;
        }
        if self.all.is_empty() {
            return Some((Standing::Wrong, vec![reasons::unsigned()]));
        }
        let has_passed = self.qualified(Indication::Passed).next().is_some();
        match needed {
            Needed::Qualified if has_passed => None,
            Needed::Signatory if has_passed || !self.open().is_empty() => self.by_signatories(entered),
            _ => Some(self.without_a_qualified_one()),
        }
    }

    /// No signature counts: nobody can say yet, or none is a person's qualified one.
    fn without_a_qualified_one(&self) -> (Standing, Vec<Reason>) {
        let open: Vec<Reason> = self.open().into_iter().map(reasons::uncertain).collect();
        match open.is_empty() {
            false => (Standing::Awaiting, open),
            true => (Standing::Wrong, vec![reasons::not_qualified()]),
        }
    }

    fn by_signatories(&self, entered: &Entered) -> Option<(Standing, Vec<Reason>)> {
        let authorities = entered.authorities();
        if authorities.is_empty() {
            return Some((Standing::Awaiting, vec![reasons::no_signatories()]));
        }
        let enough = |even_open, in_force| {
            let signed =
                move |authority: &&&Authority| self.signed_under(authority, even_open, in_force) >= usize::from(authority.required);
            authorities.iter().find(signed)
        };
        if enough(false, true).is_some() {
            return None;
        }
        // With those whose signature nobody can judge yet it would be enough. Whom such a certificate names is not certain either.
        let open = self.open();
        let is_nameless = |report: &&SignatureReport| report.signer.as_ref().and_then(SigningPerson::of).is_none();
        if open.iter().any(is_nameless) || enough(true, true).is_some() {
            return Some((Standing::Awaiting, open.into_iter().map(reasons::uncertain).collect()));
        }
        if let Some(ended) = enough(true, false) {
            return Some((Standing::Wrong, vec![reasons::not_in_force(ended)]));
        }
        let ways = authorities.iter().map(|authority| {
            (
                authority.signatories.len(),
                authority.required,
                self.signed_under(authority, false, true),
            )
        });
        let reason = reasons::not_enough_signers(&self.passed_names(), &ways.collect::<Vec<_>>());
        Some((Standing::Wrong, vec![reason]))
    }

    /// How many of an authority's signatories signed while it was in force; `even_open`: with those of open signatures.
    fn signed_under(&self, authority: &Authority, even_open: bool, in_force: bool) -> usize {
        let open = self.qualified(Indication::Indeterminate).filter(|_| even_open);
        let received_at = self.copy.member.received_at;
        let people: BTreeSet<SigningPerson> = self
            .qualified(Indication::Passed)
            .chain(open)
            .filter(|report| !in_force || authority.is_in_force(day_of(report.best_signature_time, received_at)))
            .filter_map(|report| SigningPerson::of(report.signer.as_ref()?))
            .collect();
        authority.signed_by(&people)
    }
}
