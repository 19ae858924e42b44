//! Certificates and revocation objects of a verdict, found in the store and in the signatures, written under names that say their role.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::archive::{About, Archive};
use super::signed::{self, Signed};
use crate::hash::Sha256;
use crate::paper::{Asked, PaperError};
use crate::register::entry::Entry;
use crate::signature::carrier::package::flatten;
use crate::signature::certificate::Certificate;
use crate::signature::report::{ObjectKind, Role, Verdict};
use crate::signature::revocation::crl::Crl;

pub const ROOTS: &str = "sertifikalar/kokler.pem";
pub const OTHERS: &str = "sertifikalar/aradakiler.pem";
/// Roots and the authorities below them. OpenSSL trusts only the self-signed ones among them (without `-partial_chain`) and finds the
/// others here: `cms -verify` takes no untrusted certificates beside those of the message.
pub const PATHS: &str = "sertifikalar/yollar.pem";

/// What was written, for the instructions.
#[derive(Default)]
pub struct Written {
    pub has_roots: bool,
    pub has_others: bool,
    pub crls: Vec<String>,
    /// OCSP answers.
    pub answers: Vec<String>,
    /// Objects that lie inside another form (XML, PDF), where this file does not take them out.
    pub left_inside: usize,
    /// Objects that the store should hold and does not, or not as they were kept.
    pub missing: Vec<Missing>,
}

/// What the verdict rests on and this file cannot give.
#[derive(Debug, Serialize)]
pub struct Missing {
    pub kind: ObjectKind,
    pub sha256: Sha256,
}

impl Missing {
    /// In ASCII letters: it stands in a script.
    pub fn name(&self) -> String {
        let what = match self.kind {
            ObjectKind::Certificate => "sertifika / certificate",
            ObjectKind::Crl => "iptal listesi / revocation list",
            ObjectKind::Ocsp => "OCSP yaniti / OCSP response",
        };
        format!("{what} {}", self.sha256)
    }
}

pub fn write<W: Write>(
    archive: &mut Archive<W>,
    asked: &Asked<'_>,
    entry: &Entry,
    signatures: &[Signed<'_>],
) -> Result<Written, PaperError> {
    let Some(verdict) = &entry.verdict else {
        return Ok(Written::default());
    };
    let (found, missing) = gather(asked, verdict, signatures)?;
    let mut written = Written {
        left_inside: verdict.objects.len().saturating_sub(found.len() + missing.len()),
        missing,
        ..Written::default()
    };
    let names = names(verdict);
    let (mut roots, mut others, mut paths) = (String::new(), String::new(), String::new());
    for object in verdict.objects.iter().filter(|object| object.kind == ObjectKind::Certificate) {
        let Some(der) = found.get(&object.sha256) else { continue };
        let pem = pem(der);
        // Self-issued ones are here only as the end of a path that was judged, so they are anchors that the institution trusts.
        let certificate = Certificate::parse(der).ok();
        let is_root = certificate.as_ref().is_some_and(|certificate| certificate.is_self_issued());
        if is_root { &mut roots } else { &mut others }.push_str(&pem);
        if is_root || certificate.is_some_and(|certificate| certificate.is_ca()) {
            paths.push_str(&pem);
        }
        let fallback = || format!("diger-{}", object.sha256.short());
        let name = names.get(&object.sha256).cloned().unwrap_or_else(fallback);
        archive.put(
            &format!("sertifikalar/{name}.pem"),
            About::what("sertifika / certificate"),
            pem.as_bytes(),
        )?;
    }
    if !roots.is_empty() {
        written.has_roots = true;
        archive.put(
            ROOTS,
            About::what("sonucun dayandığı kökler / roots that the verdict rests on"),
            roots.as_bytes(),
        )?;
    }
    if !paths.is_empty() {
        archive.put(
            PATHS,
            About::what("kökler ve altlarındaki yayıncılar / roots and the authorities below them"),
            paths.as_bytes(),
        )?;
    }
    if !others.is_empty() {
        written.has_others = true;
        archive.put(
            OTHERS,
            About::what("öteki sertifikalar / the other certificates"),
            others.as_bytes(),
        )?;
    }
    for object in &verdict.objects {
        let Some(der) = found.get(&object.sha256) else { continue };
        match object.kind {
            ObjectKind::Certificate => {}
            ObjectKind::Crl => {
                let name = format!("iptal/{:02}.crl", written.crls.len() + 1);
                let issuer = Crl::parse(der).map(|crl| crl.issuer.label()).unwrap_or_default();
                archive.put(&name, About::what(format!("iptal listesi / revocation list ← {issuer}")), der)?;
                written.crls.push(name);
            }
            ObjectKind::Ocsp => {
                let name = format!("iptal/{:02}.ocsp", written.answers.len() + 1);
                let what = About::what("sertifika durumu yanıtı / OCSP response");
                archive.put(&name, what, &signed::ocsp_response(der))?;
                written.answers.push(name);
            }
        }
    }
    Ok(written)
}

/// Their bytes by name.
type Objects = BTreeMap<Sha256, Vec<u8>>;

/// The objects that are here, and those of the store's own that are not. A file that lacks what its verdict rests on must not look whole.
fn gather(asked: &Asked<'_>, verdict: &Verdict, signatures: &[Signed<'_>]) -> Result<(Objects, Vec<Missing>), PaperError> {
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    let mut wanted: BTreeSet<Sha256> = BTreeSet::new();
    for object in &verdict.objects {
        if object.embedded {
            wanted.insert(object.sha256);
            continue;
        }
        match asked.ledger.blobs().get(&object.sha256) {
            Ok(bytes) => drop(found.insert(object.sha256, bytes.to_vec())),
            Err(error) if error.is_lost_blob() => missing.push(Missing {
                kind: object.kind,
                sha256: object.sha256,
            }),
            Err(error) => return Err(error.into()),
        }
    }
    for signature in signatures {
        signed::search(&signature.cms, asked.limits.cms_depth, &wanted, &mut found);
    }
    Ok((found, missing))
}

/// `imza-1-1-imzalayan`: the first signature in the package, first certificate of its path.
fn names(verdict: &Verdict) -> BTreeMap<Sha256, String> {
    let mut names = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for report in flatten(&verdict.signatures) {
        let role = role(report.role);
        let count = counts.entry(role).or_default();
        *count += 1;
        let path = &report.validation.facts.path;
        for (at, certificate) in path.iter().enumerate() {
            let what = match at {
                0 => "imzalayan",
                _ if at + 1 == path.len() => "kok",
                _ => "veren",
            };
            let name = format!("{role}-{count}-{}-{what}", at + 1);
            names.entry(certificate.sha256).or_insert(name);
        }
    }
    names
}

/// In letters that every file system has.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Signature => "imza",
        Role::Initial => "paraf",
        Role::Seal => "muhur",
        Role::Sender => "gonderen",
        Role::Provider => "saglayici",
        Role::Evidence => "delil",
        Role::Document => "belge",
        Role::Timestamp => "zaman-damgasi",
    }
}

fn pem(der: &[u8]) -> String {
    /// RFC 7468: lines of 64 characters.
    const LINE: usize = 64;
    let text: Vec<char> = STANDARD.encode(der).chars().collect();
    let lines: Vec<String> = text.chunks(LINE).map(|line| line.iter().collect()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
