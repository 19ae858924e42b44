//! Özet documents: which digests they hold, and the digests that the parts really have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use openssl::hash::{Hasher, MessageDigest};
use roxmltree::Node;

use super::container::{Container, Entry, Unreadable};
use super::xml;
use crate::hash::{Sha256, Sha256Stream};

/// A digest algorithm that some version of the format knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    Sha1,
    Ripemd160,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Sha1, "http://www.w3.org/2000/09/xmldsig#sha1"),
        (Self::Ripemd160, "http://www.w3.org/2001/04/xmlenc#ripemd160"),
        (Self::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256"),
        (Self::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
        (Self::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
    ];

    /// By URI, letter case ignored as the official checker does.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(uri))
            .map(|(algorithm, _)| *algorithm)
    }

    pub fn uri(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(algorithm, _)| *algorithm == self)
            .map_or("", |(_, uri)| uri)
    }

    /// `None` where the crypto library was built without it (RIPEMD-160).
    fn hasher(self) -> Option<Hasher> {
        let digest = match self {
            Self::Sha1 => Some(MessageDigest::sha1()),
            Self::Ripemd160 => MessageDigest::from_name("RIPEMD160"),
            Self::Sha256 => Some(MessageDigest::sha256()),
            Self::Sha384 => Some(MessageDigest::sha384()),
            Self::Sha512 => Some(MessageDigest::sha512()),
        };
        Hasher::new(digest?).ok()
    }
}

/// PaketOzeti, ParafOzeti or NihaiOzet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestDocument {
    /// Root `@Id`: the BelgeId.
    pub id: Option<String>,
    pub references: Vec<Reference>,
}

/// One Reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written: a part name for internal objects, an address for external ones.
    pub uri: Option<String>,
    pub kind: ReferenceKind,
    pub digests: Vec<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceKind {
    /// `#dahili`, or no Type at all.
    Internal,
    /// `#harici`: listed, never fetched.
    External,
    /// Treated as internal, as the official checker does.
    Unknown(String),
}

/// One algorithm and value; in 2.x there are two of them in DigestItem elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// As written.
    pub algorithm_uri: Option<String>,
    /// `None` when missing or unknown.
    pub algorithm: Option<Algorithm>,
    /// Decoded; `None` when missing or no base64.
    pub value: Option<Vec<u8>>,
}

impl DigestDocument {
    /// Reads the References of a root; `namespace` is that of PaketOzeti, which the children have in all three documents.
    pub(super) fn read(root: Node<'_, '_>, namespace: &str) -> Self {
        Self {
            id: xml::attribute(root, "Id"),
            references: xml::named(root, namespace, "Reference")
                .map(|node| Reference::read(node, namespace))
                .collect(),
        }
    }

    pub fn internal(&self) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(|reference| reference.kind != ReferenceKind::External)
    }
}

impl Reference {
    fn read(node: Node<'_, '_>, namespace: &str) -> Self {
        let items: Vec<_> = xml::named(node, namespace, "DigestItem")
            .map(|item| Digest::read(item, namespace))
            .collect();
        let single = xml::child(node, namespace, "DigestMethod").or_else(|| xml::child(node, namespace, "DigestValue"));
        Self {
            uri: xml::attribute(node, "URI"),
            kind: match node.attribute("Type") {
                None | Some("" | "http://eyazisma.dpt/bilesen#dahili") => ReferenceKind::Internal,
                Some("http://eyazisma.dpt/bilesen#harici") => ReferenceKind::External,
                Some(other) => ReferenceKind::Unknown(other.chars().take(120).collect()),
            },
            digests: match single {
                Some(_) if items.is_empty() => vec![Digest::read(node, namespace)],
                _ => items,
            },
        }
    }
}

impl Digest {
    /// From the element that holds DigestMethod and DigestValue.
    fn read(node: Node<'_, '_>, namespace: &str) -> Self {
        let algorithm_uri = xml::child(node, namespace, "DigestMethod").and_then(|method| xml::attribute(method, "Algorithm"));
        Self {
            algorithm: algorithm_uri.as_deref().and_then(Algorithm::from_uri),
            algorithm_uri,
            value: xml::child_text(node, namespace, "DigestValue").and_then(|text| base64_value(&text)),
        }
    }
}

/// Base64 that XML may have wrapped.
pub(super) fn base64_value(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(compact).ok().filter(|value| !value.is_empty())
}

/// What one pass over a part's uncompressed bytes, exactly as stored, found.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub size: u64,
    pub sha256: Sha256,
    /// One value per further algorithm asked for; `None` where the library has it not.
    digests: Vec<(Algorithm, Option<Vec<u8>>)>,
    /// The first bytes.
    pub head: Vec<u8>,
    /// The XMP identifier of PDF/A was seen.
    pub pdf_a: bool,
}

impl Measured {
    /// Whether the part has this digest; `None` when that could not be computed.
    pub fn matches(&self, algorithm: Algorithm, value: &[u8]) -> Option<bool> {
        if algorithm == Algorithm::Sha256 {
            return Some(self.sha256.0 == value);
        }
        let (_, own) = self.digests.iter().find(|(known, _)| *known == algorithm)?;
        own.as_ref().map(|own| own == value)
    }
}

/// Bytes kept of a part's beginning: enough to tell a ZIP or a PDF.
const HEAD: usize = 8;
/// How far into a PDF its XMP packet is looked for.
const PDF_SEARCH: u64 = 64 << 20;
/// The namespace of the PDF/A identification schema (ISO 19005-1 6.7.11). The packet that holds it is never compressed.
const PDF_A: &[u8] = b"http://www.aiim.org/pdfa/ns/id";

/// Streams a part once and measures everything that any rule asks of it.
pub(super) fn measure(
    container: &Container,
    entry: &Entry,
    loaded: Option<&Bytes>,
    algorithms: &[Algorithm],
    look_for_pdf_a: bool,
) -> Result<Measured, Unreadable> {
    let mut sha256 = Sha256Stream::default();
    // SHA-256 is taken of every part: it is the part's name in the register.
    let others = algorithms.iter().filter(|algorithm| **algorithm != Algorithm::Sha256);
    let mut hashers: Vec<_> = others.map(|algorithm| (*algorithm, algorithm.hasher())).collect();
    let mut head = Vec::with_capacity(HEAD);
    let mut marker = Search::default();
    let mut seen = 0_u64;
    let mut take = |piece: &[u8]| {
        sha256.update(piece);
        for (_, hasher) in &mut hashers {
            if hasher.as_mut().is_some_and(|hasher| hasher.update(piece).is_err()) {
                *hasher = None;
            }
        }
        head.extend(piece.iter().take(HEAD.saturating_sub(head.len())));
        if look_for_pdf_a && seen < PDF_SEARCH {
            marker.feed(piece);
        }
        seen += piece.len() as u64;
        Ok(())
    };
    match loaded {
        Some(bytes) => take(bytes).map_err(Unreadable::Sink)?,
        None => drop(container.copy(entry, &mut take)?),
    }
    let size = seen;
    let finished = |hasher: Option<Hasher>| hasher?.finish().ok().map(|value| value.to_vec());
    let digests = hashers
        .into_iter()
        .map(|(algorithm, hasher)| (algorithm, finished(hasher)))
        .collect();
    Ok(Measured {
        size,
        sha256: sha256.finish(),
        digests,
        head,
        pdf_a: marker.found,
    })
}

/// Looks for [`PDF_A`] across pieces.
#[derive(Default)]
struct Search {
    tail: Vec<u8>,
    found: bool,
}

impl Search {
    fn feed(&mut self, piece: &[u8]) {
        if self.found {
            return;
        }
        let seam_head = piece.get(..PDF_A.len().min(piece.len())).unwrap_or_default();
        let seam = [self.tail.as_slice(), seam_head].concat();
        self.found = contains(&seam) || contains(piece);
        let joined = if piece.len() < PDF_A.len() {
            [self.tail.as_slice(), piece].concat()
        } else {
            piece.to_vec()
        };
        self.tail = joined
            .get(joined.len().saturating_sub(PDF_A.len() - 1)..)
            .unwrap_or_default()
            .to_vec();
    }
}

fn contains(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| Some(byte) == PDF_A.first()) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(PDF_A) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pdf_a_marker_is_found_across_any_seam() {
        let text = [b"%PDF-1.4 xmlns:pdfaid=\"".as_slice(), PDF_A, b"/\" rest"].concat();
        for size in 1..text.len() {
            let mut search = Search::default();
            text.chunks(size).for_each(|piece| search.feed(piece));
            assert!(search.found, "pieces of {size}");
        }
        let mut search = Search::default();
        search.feed(b"%PDF-1.4 nothing");
        assert!(!search.found);
    }

    #[test]
    fn algorithms_are_found_by_uri_whatever_its_case() {
        assert_eq!(
            Algorithm::from_uri("HTTP://www.w3.org/2001/04/XMLENC#sha512"),
            Some(Algorithm::Sha512)
        );
        assert_eq!(Algorithm::from_uri("http://www.w3.org/2001/04/xmlenc#md5"), None);
        assert_eq!(Algorithm::Sha384.uri(), "http://www.w3.org/2001/04/xmldsig-more#sha384");
    }
}
