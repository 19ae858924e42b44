//! Packages inside packages, within one budget for the whole tree.

use super::container::Container;
use super::documents::unreadable;
use super::package::Package;
use super::read::{Context, Opened, read_at};
use super::roles::PartRole;
use super::rules::{self, Report};
use super::{PackageKind, document, names};
use crate::limits::Limits;
use crate::opener::Inside;

/// Inflated bytes of all packages inside packages together: they stay in memory because a ZIP is read from its end.
const NESTED_BYTES: u64 = 64 << 20;
/// Packages inside one package, at all depths together: a package that contains itself several times would otherwise grow as a tree.
const NESTED_PACKAGES: u32 = 64;

/// What is left for a package and all packages inside it.
pub(super) struct Budget {
    /// Bytes inflated for measuring.
    pub inflated: u64,
    nested: u64,
    packages: u32,
}

impl Budget {
    pub fn new(limits: &Limits) -> Self {
        Self {
            inflated: limits.package_bytes.saturating_mul(2),
            nested: NESTED_BYTES,
            packages: NESTED_PACKAGES,
        }
    }
}

/// Opens the original of an update, the content of an "encrypted" package that is none, and attachments that are packages.
pub(super) fn read_inside(opened: &Opened, package: &mut Package, context: &Context<'_>, budget: &mut Budget, report: &mut Report) {
    match opened.kind {
        PackageKind::Eypg => {
            let Some(part) = opened.cast.part(PartRole::OriginalPackage) else {
                return;
            };
            let Some(original) = read_nested(opened, part, context, budget, report) else {
                return;
            };
            rules::container::original(opened.uri(part), &original, report);
            document::update(&mut package.document, &original.document, opened.metadata.updates.as_deref());
            package.nested = Some(Box::new(original));
        }
        PackageKind::Eyps => {
            let Some(part) = opened.cast.part(PartRole::EncryptedContent) else {
                return;
            };
            if !opened
                .measured(part)
                .is_some_and(|measured| measured.head.starts_with(b"PK\x03\x04"))
            {
                return read_encrypted(opened, part, package, context, budget, report);
            }
            rules::container::not_encrypted(opened.uri(part), report);
            let Some(inner) = read_nested(opened, part, context, budget, report) else {
                return;
            };
            report.extend(package.compare_opened(&inner));
            package.document = inner.document.clone();
            package.nested = Some(Box::new(inner));
        }
        PackageKind::Eyp => {
            let attached: Vec<usize> = opened
                .cast
                .attachments()
                .map(|(_, holder)| holder.part)
                .filter(|part| is_package(opened, *part))
                .collect();
            for part in attached {
                if let Some(inner) = read_nested(opened, part, context, budget, report) {
                    package.nested_packages.push((opened.uri(part).to_owned(), inner));
                }
            }
        }
    }
}

/// Asks whoever holds keys. Opened, the inner package is the document, and the digest document outside must be the one inside (H14).
fn read_encrypted(opened: &Opened, part: usize, package: &mut Package, context: &Context<'_>, budget: &mut Budget, report: &mut Report) {
    let Some(entry) = opened.container.entries.get(part) else { return };
    if context.depth >= context.limits.nesting || budget.packages == 0 || entry.size > budget.nested {
        return rules::container::nested_too_much(&entry.uri, report);
    }
    let cms = match opened.container.load(entry, budget.nested) {
        Ok(cms) => cms,
        Err(error) => return unreadable(&entry.uri, &error, report),
    };
    let answer = context.opener.open(&cms, Inside::Package, &entry.uri);
    report.extend(answer.findings);
    let Some(plaintext) = answer.plaintext else { return };
    budget.packages -= 1;
    budget.nested = budget.nested.saturating_sub(plaintext.len() as u64);
    let inner = Context {
        name: None,
        depth: context.depth + 1,
        ..*context
    };
    let inner = read_at(&plaintext, &inner, budget);
    report.extend(package.compare_opened(&inner));
    package.document = inner.document.clone();
    package.nested = Some(Box::new(inner));
    package.decrypted = true;
}

/// An attachment that says it is a package and begins like a ZIP.
fn is_package(opened: &Opened, part: usize) -> bool {
    let uri = opened.uri(part).to_ascii_lowercase();
    let named = [".eyp", ".eyps", ".eypg"].iter().any(|extension| uri.ends_with(extension));
    let content_type = opened.types.as_ref().and_then(|types| types.of(opened.uri(part)));
    let typed = content_type.is_some_and(|kind| kind.eq_ignore_ascii_case("application/eyazisma"));
    (named || typed)
        && opened
            .measured(part)
            .is_some_and(|measured| measured.head.starts_with(b"PK\x03\x04"))
}

fn read_nested(opened: &Opened, part: usize, context: &Context<'_>, budget: &mut Budget, report: &mut Report) -> Option<Package> {
    let entry = opened.container.entries.get(part)?;
    let cost = Container::cost(entry);
    if context.depth >= context.limits.nesting || budget.packages == 0 || cost > budget.nested {
        rules::container::nested_too_much(&entry.uri, report);
        return None;
    }
    let bytes = match opened.container.load(entry, budget.nested) {
        Ok(bytes) => bytes,
        Err(error) => {
            unreadable(&entry.uri, &error, report);
            return None;
        }
    };
    budget.packages -= 1;
    budget.nested = budget.nested.saturating_sub(cost);
    // The name of an OrijinalPaket or SifreliIcerik part is prescribed, not the sender's.
    let name = opened.kind == PackageKind::Eyp;
    let file_name = names::file_name(&entry.uri);
    let inner = Context {
        name: name.then_some(file_name.as_str()),
        depth: context.depth + 1,
        ..*context
    };
    Some(read_at(&bytes, &inner, budget))
}
