//! A package, read.

use std::fmt;
use std::io::{self, Write};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::container::{Container, Unreadable};
use super::metadata::{CoreProperties, Metadata};
use super::roles::{Found, PartRole};
use super::{Document, PackageKind, PackageSignature};
use crate::finding::{Finding, Severity};
use crate::hash::Sha256;

/// A part that must be inflated is handed out whole only up to this size; [`Package::copy_part`] streams any size. A KEP message holds
/// 25 MB, so this is a part that compressed well, and four readers at once stay inside the daemon's memory.
const OPEN_BYTES: u64 = 48 << 20;

/// Who we are, for the attachments that a sender left out for us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receiver {
    /// Our own KKK (DETSİS number), when configured.
    pub kkk: Option<String>,
}

/// One part of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Part name, `/Ekler/ek1.pdf`.
    pub uri: String,
    /// From `[Content_Types].xml`.
    pub content_type: Option<String>,
    /// Type of the relationship that leads here.
    pub relationship: Option<String>,
    pub role: Option<PartRole>,
    pub found: Found,
    /// Uncompressed bytes.
    pub size: u64,
    /// Of the uncompressed bytes; `None` when they could not be read.
    pub sha256: Option<Sha256>,
}

/// A package, read. Reading never fails: what is wrong stands in `findings`.
#[derive(Clone)]
pub struct Package {
    pub kind: PackageKind,
    /// Core `version`, as written.
    pub version: Option<String>,
    /// The format it was read as: 1 or 2.
    pub major: u8,
    pub size: u64,
    pub sha256: Sha256,
    pub core: CoreProperties,
    pub metadata: Metadata,
    /// What the register shows.
    pub document: Document,
    /// Signature parts, closed, in the order signature, initial, seal.
    pub signatures: Vec<PackageSignature>,
    pub parts: Vec<Part>,
    /// The original of an update package; the content of an encrypted one that was opened, or of an "encrypted" one that is not encrypted.
    pub nested: Option<Box<Package>>,
    /// `nested` came encrypted and was opened.
    pub decrypted: bool,
    /// Attachments that are packages themselves, by part name.
    pub nested_packages: Vec<(String, Package)>,
    pub findings: Vec<Finding>,
    pub(super) container: Container,
    /// Bytes of the digest document that stands open on the outside of an encrypted package.
    pub(super) digest_copy: Option<Bytes>,
}

impl Package {
    /// The bytes of a part, inflated on demand; `None` when there is no such part, it cannot be read, or it is larger than 48 MiB and
    /// not stored flat (then [`copy_part`](Self::copy_part)).
    pub fn open_part(&self, uri: &str) -> Option<Bytes> {
        let entry = self.container.entries.iter().find(|entry| entry.uri == uri)?;
        self.container.load(entry, OPEN_BYTES).ok()
    }

    /// Streams a part, of whatever size, into `out`; returns the number of bytes.
    ///
    /// # Errors
    /// `NotFound`: no such part. `InvalidData`: damaged or refused; what was written so far must be thrown away. Else `out`'s own error.
    pub fn copy_part(&self, uri: &str, out: &mut dyn Write) -> io::Result<u64> {
        let entry = self.container.entries.iter().find(|entry| entry.uri == uri);
        let entry = entry.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such part"))?;
        self.container
            .copy(entry, |piece| out.write_all(piece))
            .map_err(|error| match error {
                Unreadable::Sink(error) => error,
                Unreadable::Refused(reason) | Unreadable::Damaged(reason) => io::Error::new(io::ErrorKind::InvalidData, reason.en),
                Unreadable::TooLarge => io::Error::new(io::ErrorKind::InvalidData, "too large"),
            })
    }

    pub fn part(&self, role: PartRole) -> Option<&Part> {
        self.parts.iter().find(|part| part.role == Some(role))
    }

    /// The ciphertext of an encrypted package: a CMS over the whole inner package.
    pub fn encrypted_content(&self) -> Option<Bytes> {
        self.open_part(&self.part(PartRole::EncryptedContent)?.uri)
    }

    /// This package and all packages inside it, each with its path (`""`, `/OrijinalPaket/OrijinalPaket.eyp`, …), outermost first.
    pub fn walk(&self) -> Vec<(String, &Package)> {
        let mut found = vec![(String::new(), self)];
        let inner = self
            .part(PartRole::OriginalPackage)
            .or_else(|| self.part(PartRole::EncryptedContent));
        let nested = self
            .nested
            .iter()
            .map(|package| (inner.map_or("/", |part| part.uri.as_str()), &**package));
        let attached = self.nested_packages.iter().map(|(uri, package)| (uri.as_str(), package));
        for (uri, package) in nested.chain(attached) {
            found.extend(package.walk().into_iter().map(|(path, inside)| (format!("{uri}{path}"), inside)));
        }
        found
    }

    /// The findings that bear on the document: of this package and, for an update or an unencrypted "encrypted" package, of the
    /// original inside, with its part name before the place. An attached package is a document of its own: see `nested_packages`.
    pub fn all_findings(&self) -> Vec<Finding> {
        let mut all = self.findings.clone();
        let inner = self
            .part(PartRole::OriginalPackage)
            .or_else(|| self.part(PartRole::EncryptedContent));
        let uri = inner.map_or("", |part| part.uri.as_str());
        for mut finding in self.nested.iter().flat_map(|nested| nested.all_findings()) {
            finding.place = format!("{uri} {}", finding.place);
            all.push(finding);
        }
        all
    }

    /// The packages in attachments, at any depth, each with its path: documents of their own.
    pub fn attached(&self) -> Vec<(String, &Package)> {
        let document: Vec<&Package> = std::iter::successors(Some(self), |package| package.nested.as_deref()).collect();
        let mut all = self.walk();
        all.retain(|(_, package)| !document.iter().any(|own| std::ptr::eq(*own, *package)));
        all
    }

    /// It is encrypted and nobody here could look into it, or into what it was encrypted around.
    pub fn is_closed(&self) -> bool {
        self.kind == PackageKind::Eyps && self.nested.as_ref().is_none_or(|inner| inner.is_closed())
    }

    /// The security codes of all that came encrypted and was opened, here and in attachments; `None` where one could not be read.
    pub fn opened_codes(&self) -> Vec<Option<&str>> {
        let opened = self.walk().into_iter().filter(|(_, package)| package.decrypted);
        opened.map(|(_, package)| package.document.security.as_deref()).collect()
    }

    /// The metadata of the document: those of the package inside, where this one is only what it was encrypted in.
    pub fn document_metadata(&self) -> &Metadata {
        match &self.nested {
            Some(inner) if self.decrypted => inner.document_metadata(),
            _ => &self.metadata,
        }
    }

    /// Rule H14, once the content of an encrypted package is open: the digest document that stood outside must be the inner one, byte
    /// for byte. Empty when it is.
    pub fn compare_opened(&self, inner: &Package) -> Vec<Finding> {
        let role = if self.major >= 2 {
            PartRole::FinalDigest
        } else {
            PartRole::PackageDigest
        };
        let inside = inner.part(role).and_then(|part| inner.open_part(&part.uri));
        if self.digest_copy.is_none() || self.digest_copy == inside {
            return Vec::new();
        }
        let place = self.part(role).map_or_else(String::new, |part| part.uri.clone());
        super::rules::finding(
            "H14",
            Severity::Error,
            place,
            "Şifreli paketin dışındaki özet, içindeki özetle aynı değil.",
            "The digest document outside the encrypted package differs from the one inside.",
        )
        .into_iter()
        .collect()
    }
}

/// Without content: a package may hold what must not reach a log.
impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("kind", &self.kind)
            .field("version", &self.version)
            .field("sha256", &self.sha256)
            .field("parts", &self.parts.len())
            .field("findings", &self.findings.iter().map(|finding| &finding.rule).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
