//! Name constraints along a path (RFC 5280 4.2.1.10, 6.1.3 (b) and (c), 6.1.4 (g)).

use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::NameConstraints;
use crate::signature::certificate::name::{GeneralName, Name};

/// The names that may still occur below the certificates seen so far.
#[derive(Debug, Default)]
pub struct NameSpace {
    /// One list per certificate that narrowed: a name must fit each of them.
    permitted: Vec<Vec<GeneralName>>,
    excluded: Vec<GeneralName>,
}

impl NameSpace {
    pub fn narrow(&mut self, constraints: &NameConstraints) {
        if !constraints.permitted.is_empty() {
            self.permitted.push(constraints.permitted.clone());
        }
        self.excluded.extend(constraints.excluded.iter().cloned());
    }

    pub fn permits(&self, certificate: &Certificate) -> bool {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return true;
        }
        names_of(certificate).iter().all(|name| self.permits_name(name))
    }

    fn permits_name(&self, name: &GeneralName) -> bool {
        let excluded = self
            .excluded
            .iter()
            .any(|base| same_form(base, name) && within(base, name).unwrap_or(true));
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

/// Whether `name` lies within `base`; `None` when the form cannot be compared, which then counts against the name.
fn within(base: &GeneralName, name: &GeneralName) -> Option<bool> {
    match (base, name) {
        (GeneralName::Directory(base), GeneralName::Directory(name)) => Some(directory_within(base, name)),
        (GeneralName::Email(base), GeneralName::Email(address)) => Some(email_within(base, address)),
        (GeneralName::Dns(base), GeneralName::Dns(host)) => Some(host_within(base, host, true)),
        (GeneralName::Uri(base), GeneralName::Uri(uri)) => host_of(uri).map(|host| host_within(base, host, false)),
        (GeneralName::Ip(base), GeneralName::Ip(address)) => ip_within(base, address),
        _ => None,
    }
}

fn directory_within(base: &Name, name: &Name) -> bool {
    name.is_under(base)
}

/// `user@host` is one mailbox, `host` all mailboxes on it, `.domain` all hosts under it.
fn email_within(base: &str, address: &str) -> bool {
    let Some((user, host)) = address.rsplit_once('@') else {
        return false;
    };
    match base.rsplit_once('@') {
        Some((base_user, base_host)) => user == base_user && host.eq_ignore_ascii_case(base_host),
        None => host_within(base, host, false),
    }
}

/// `sub_domains`: a base without a leading dot also covers what is under it (dNSName), else only itself (rfc822Name, URI).
fn host_within(base: &str, host: &str, sub_domains: bool) -> bool {
    let (base, host) = (base.to_ascii_lowercase(), host.to_ascii_lowercase());
    if base.is_empty() {
        return true;
    }
    if base.starts_with('.') {
        return host.ends_with(&base);
    }
    host == base || (sub_domains && host.strip_suffix(&base).is_some_and(|rest| rest.ends_with('.')))
}

fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    (!host.is_empty() && !host.starts_with('[')).then_some(host)
}

/// Address and mask in one value.
fn ip_within(base: &[u8], address: &[u8]) -> Option<bool> {
    let (network, mask) = base.split_at_checked(base.len() / 2)?;
    if network.len() != address.len() || mask.len() != address.len() {
        return Some(false);
    }
    Some(
        network
            .iter()
            .zip(mask)
            .zip(address)
            .all(|((network, mask), octet)| network & mask == octet & mask),
    )
}
