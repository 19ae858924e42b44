//! Which CRL speaks about which certificate, and what it says: scope, entries and deltas (RFC 5280 6.3.3 (b) to (d), (i), (j)).

use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::DistributionPoint;
use crate::signature::certificate::name::GeneralName;
use crate::signature::revocation::crl::{Crl, Entry, Scope, reason};
use crate::signature::revocation::{Since, Status};

/// All reasons of ReasonFlags but the unused bit 0.
pub const ALL_REASONS: u16 = 0x7f80;

/// The issuer put the certificate's own name into its distribution point as the CRL issuer: then its own list speaks for it.
pub fn delegates_to_itself(certificate: &Certificate) -> bool {
    let own = GeneralName::Directory(certificate.subject.clone());
    certificate
        .extensions
        .distribution_points
        .iter()
        .any(|point| point.crl_issuer.as_ref().is_some_and(|names| names.contains(&own)))
}

/// A list issued after the certificate expired may have dropped it, unless it says that it keeps expired ones.
pub fn keeps_expired(crl: &Crl, certificate: &Certificate) -> bool {
    crl.keeps_expired_since.is_some_and(|since| since <= certificate.not_after)
}

/// The entry about a certificate: `Some(None)` when the list has none, `None` when the list is unreadable. Without a certificateIssuer an
/// entry is about the list's own issuer. Several about the same certificate count as one, of the gravest and since the earliest that
/// revokes or holds: a hold that became a revocation began with the hold.
pub fn entry_for(crl: &Crl, certificate: &Certificate) -> Option<Option<Entry>> {
    let entries = crl.entries_of(&certificate.serial)?;
    let about = entries
        .iter()
        .filter(|entry| entry.issuer.as_ref().unwrap_or(&crl.issuer) == &certificate.issuer);
    let since = about
        .clone()
        .filter(|entry| lightness(entry) < REMOVED)
        .map(|entry| entry.date)
        .min();
    let worst = about.min_by_key(|entry| (lightness(entry), entry.date));
    Some(worst.map(|worst| Entry {
        date: since.unwrap_or(worst.date),
        ..worst.clone()
    }))
}

/// Lightness of an entry that neither revokes nor holds.
const REMOVED: u8 = 2;

fn lightness(entry: &Entry) -> u8 {
    match entry.reason {
        Some(reason::REMOVE_FROM_CRL) => REMOVED,
        Some(reason::CERTIFICATE_HOLD) => 1,
        _ => 0,
    }
}

/// What an entry of `list` says.
pub fn entry_state(entry: Option<&Entry>, list: &Crl) -> Status {
    let Some(entry) = entry else { return Status::Good };
    let since = Since::new(entry.date, list.this_update);
    match entry.reason {
        Some(reason::CERTIFICATE_HOLD) => Status::OnHold { since },
        reason => Status::Revoked { since, reason },
    }
}

/// 6.3.3 (b), (d): the list is the one that the point means, and covers this kind of certificate.
pub fn scope_fits(crl: &Crl, point: &DistributionPoint, certificate: &Certificate) -> Option<u16> {
    let whole = Scope::default();
    let scope = crl.scope.as_ref().unwrap_or(&whole);
    let issuer_fits = match &point.crl_issuer {
        Some(names) => scope.indirect && names.contains(&GeneralName::Directory(crl.issuer.clone())),
        None => crl.issuer == certificate.issuer,
    };
    let kind_fits = !(scope.only_attribute || (scope.only_user && certificate.is_ca()) || (scope.only_ca && !certificate.is_ca()));
    if !issuer_fits || !kind_fits {
        return None;
    }
    if let Some(listed) = &scope.point {
        let listed = listed.names(&crl.issuer);
        let wanted = match (&point.name, &point.crl_issuer) {
            (Some(name), _) => name.names(&crl.issuer),
            (None, Some(names)) => names.clone(),
            (None, None) => Vec::new(),
        };
        if !listed.iter().any(|name| wanted.contains(name)) {
            return None;
        }
    }
    Some(scope.reasons.unwrap_or(ALL_REASONS) & point.reasons.unwrap_or(ALL_REASONS) & ALL_REASONS)
}

/// 6.3.3 (c): same issuer, same scope, built on this list or an earlier one, and newer than it.
pub fn is_delta_of(delta: &Crl, base: &Crl) -> bool {
    let (Some(from), Some(number), Some(base_number)) = (&delta.delta_base, &delta.number, &base.number) else {
        return false;
    };
    let same_scope = match (&delta.scope, &base.scope) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let names = |scope: &Scope, crl: &Crl| scope.point.as_ref().map(|point| point.names(&crl.issuer));
            names(a, delta) == names(b, base)
                && (a.only_user, a.only_ca, a.only_attribute, a.reasons, a.indirect)
                    == (b.only_user, b.only_ca, b.only_attribute, b.reasons, b.indirect)
        }
        _ => false,
    };
    let at_least = |a: &[u8], b: &[u8]| (a.len(), a) >= (b.len(), b);
    !delta.unusable
        && delta.algorithms_agree
        && delta.issuer == base.issuer
        && delta.authority_key_id == base.authority_key_id
        && same_scope
        && at_least(base_number, from)
        && at_least(number, base_number)
}

#[cfg(test)]
#[path = "crl_scope_tests.rs"]
mod crl_scope_tests;
