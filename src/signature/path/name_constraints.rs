//! Name constraints along a path (RFC 5280 4.2.1.10, 6.1.3 (b) and (c), 6.1.4 (g)).

use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::NameConstraints;
use crate::signature::certificate::name::{GeneralName, Name};

/// Comparisons of a name with a subtree along one path. An honest path makes some hundreds; a thousand names under a thousand subtrees
/// are made to keep a verifier busy, and every octet of them may come from outside.
const MAX_COMPARISONS: usize = 100_000;

/// The names that may still occur below the certificates seen so far.
#[derive(Debug, Default)]
pub struct NameSpace {
    /// One list per certificate that narrowed: a name must fit each of them.
    permitted: Vec<Vec<GeneralName>>,
    excluded: Vec<GeneralName>,
    compared: usize,
}

impl NameSpace {
    pub fn narrow(&mut self, constraints: &NameConstraints) {
        if !constraints.permitted.is_empty() {
            self.permitted.push(constraints.permitted.clone());
        }
        self.excluded.extend(constraints.excluded.iter().cloned());
    }

    /// False past the bound of comparisons too: what was not compared is not known to be permitted.
    pub fn permits(&mut self, certificate: &Certificate) -> bool {
        self.permits_all(&names_of(certificate))
    }

    fn permits_all(&mut self, names: &[GeneralName]) -> bool {
        let subtrees = self.excluded.len() + self.permitted.iter().map(Vec::len).sum::<usize>();
        self.compared = self.compared.saturating_add(subtrees.saturating_mul(names.len()));
        self.compared <= MAX_COMPARISONS && names.iter().all(|name| self.permits_name(name))
    }

    fn permits_name(&self, name: &GeneralName) -> bool {
        let excluded = self
            .excluded
            .iter()
            .any(|base| same_form(base, name) && (within(base, name).unwrap_or(true) || may_stand_for(name, base)));
        let permitted = self.permitted.iter().all(|list| {
            let mut bases = list.iter().filter(|base| same_form(base, name)).peekable();
            bases.peek().is_none() || bases.any(|base| within(base, name).unwrap_or(false))
        });
        permitted && !excluded
    }
}

/// The subject, its e-mail addresses when there is no alternative address, and the alternative names.
fn names_of(certificate: &Certificate) -> Vec<GeneralName> {
    let mut names = certificate.extensions.subject_alt_names.clone();
    if !names.iter().any(|name| matches!(name, GeneralName::Email(_))) {
        names.extend(
            certificate
                .subject
                .values(oid::EMAIL_ADDRESS)
                .map(|address| GeneralName::Email(address.to_owned())),
        );
    }
    if !certificate.subject.is_empty() {
        names.push(GeneralName::Directory(certificate.subject.clone()));
    }
    names
}

fn same_form(base: &GeneralName, name: &GeneralName) -> bool {
    match (base, name) {
        (GeneralName::Other(a, _), GeneralName::Other(b, _)) => a == b,
        _ => std::mem::discriminant(base) == std::mem::discriminant(name),
    }
}

/// Whether `name` lies within `base`; `None` when they cannot be compared, or one of them is malformed: that counts against the name.
fn within(base: &GeneralName, name: &GeneralName) -> Option<bool> {
    match (base, name) {
        (GeneralName::Directory(base), GeneralName::Directory(name)) => Some(directory_within(base, name)),
        (GeneralName::Email(base), GeneralName::Email(address)) => email_within(base, address),
        (GeneralName::Dns(base), GeneralName::Dns(host)) => host_within(base, host, true),
        (GeneralName::Uri(base), GeneralName::Uri(uri)) => host_within(base, host_of(uri)?, false),
        (GeneralName::Ip(base), GeneralName::Ip(address)) => ip_within(base, address),
        _ => None,
    }
}

/// A wildcard is no host, but stands for hosts: for an excluded one too, when that lies where the wildcard reaches (CVE-2025-61727).
fn may_stand_for(name: &GeneralName, base: &GeneralName) -> bool {
    let (GeneralName::Dns(host), GeneralName::Dns(base)) = (name, base) else {
        return false;
    };
    let Some(parent) = host.strip_prefix("*.") else {
        return host.contains('*');
    };
    host_within(parent, base, true).unwrap_or(true)
}

fn directory_within(base: &Name, name: &Name) -> bool {
    name.is_under(base)
}

/// `user@host` is one mailbox, `host` all mailboxes on it, `.domain` all hosts under it.
fn email_within(base: &str, address: &str) -> Option<bool> {
    let (user, host) = mailbox(address)?;
    if !base.contains('@') {
        return host_within(base, host, false);
    }
    let (base_user, base_host) = mailbox(base)?;
    Some(user == base_user && host.eq_ignore_ascii_case(base_host))
}

/// The two halves of an address. One with several `@` has two readings: the last one splits it for some, the first one for others.
fn mailbox(address: &str) -> Option<(&str, &str)> {
    let (user, host) = address.split_once('@')?;
    (!user.is_empty() && !host.is_empty() && !host.contains('@')).then_some((user, host))
}

/// `sub_domains`: a base without a leading dot also covers what is under it (dNSName), else only itself (rfc822Name, URI).
fn host_within(base: &str, host: &str, sub_domains: bool) -> Option<bool> {
    let (base, host) = (base.to_ascii_lowercase(), host.to_ascii_lowercase());
    if base.is_empty() {
        return Some(true);
    }
    let below = base.strip_prefix('.');
    let domain = below.unwrap_or(&base);
    if !has_labels(&host) || !has_labels(domain) || domain.contains('*') {
        return None;
    }
    let is_under = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    Some(match below {
        Some(_) => is_under,
        None => host == base || (sub_domains && is_under),
    })
}

/// No label is empty (RFC 1034 3.5): `.example.com` is no host, and lies in no domain.
fn has_labels(host: &str) -> bool {
    host.split('.').all(|label| !label.is_empty())
}

fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    (!host.is_empty() && !host.starts_with('[')).then_some(host)
}

/// Octets of an address; a constraint has as many of its mask behind them.
const IPV4: usize = 4;
const IPV6: usize = 16;

/// Address and mask in one value.
fn ip_within(base: &[u8], address: &[u8]) -> Option<bool> {
    let (network, mask) = base.split_at_checked(base.len() / 2)?;
    let is_address = |octets: &[u8]| matches!(octets.len(), IPV4 | IPV6);
    if !is_address(network) || network.len() != mask.len() || !is_address(address) {
        return None;
    }
    Some(
        network.len() == address.len()
            && network
                .iter()
                .zip(mask)
                .zip(address)
                .all(|((network, mask), octet)| network & mask == octet & mask),
    )
}

#[cfg(test)]
#[path = "name_constraints_tests.rs"]
mod name_constraints_tests;
