//! Which message a delil belongs to: keys that the ledger indexes for messages and looks up for evidence.
//!
//! Keys are compared by equality after normalisation; the order of the variants is the order in which they are tried.

use bytes::Bytes;
use openssl::hash::{Hasher, MessageDigest as Algorithm};
use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::message::{Message, bare_id};

/// One way to find the message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKey {
    /// The kepId under which the provider's service was asked.
    KepId(String),
    /// MessageIdentifierByREMMD = the provider's id of the message.
    ProviderMessageId(String),
    /// UAMessageIdentifier = Message-ID of the sender's message (L1).
    OriginalMessageId(String),
    /// Digest of the octets of the sender's message; value in lower-case hex.
    Digest { algorithm: String, value: String },
}

impl LinkKey {
    /// The stable name of the rule, for the record.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::KepId(_) => "kep-id",
            Self::ProviderMessageId(_) => "provider-message-id",
            Self::OriginalMessageId(_) => "original-message-id",
            Self::Digest { .. } => "digest",
        }
    }
}

/// The rule, a colon, and what is looked for: the form in which the ledger keeps it.
impl std::fmt::Display for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KepId(id) | Self::ProviderMessageId(id) | Self::OriginalMessageId(id) => write!(f, "{}:{id}", self.rule()),
            Self::Digest { algorithm, value } => write!(f, "{}:{algorithm}:{value}", self.rule()),
        }
    }
}

/// All keys that a Message-ID given by a person may stand for.
pub fn id_keys(id: &str) -> Vec<LinkKey> {
    let id = normal_id(id);
    id.into_iter()
        .flat_map(|id| {
            [
                LinkKey::KepId(id.clone()),
                LinkKey::ProviderMessageId(id.clone()),
                LinkKey::OriginalMessageId(id),
            ]
        })
        .collect()
}

/// The keys to look up for a delil, in the order to try them. Put [`kep_id_keys`] before them when it was fetched under a kepId.
pub fn link_keys(evidence: &Evidence) -> Vec<LinkKey> {
    let provider = evidence
        .provider_message_id
        .as_deref()
        .and_then(normal_id)
        .map(LinkKey::ProviderMessageId);
    let original = evidence
        .original_message_id
        .as_deref()
        .and_then(normal_id)
        .map(LinkKey::OriginalMessageId);
    let digest = evidence.digest.as_ref().map(|digest| LinkKey::Digest {
        algorithm: digest.algorithm.clone(),
        value: digest.value.to_ascii_lowercase(),
    });
    [provider, original, digest].into_iter().flatten().collect()
}

/// The keys of a kepId: itself, and as the identifier that the provider writes into its evidence.
pub fn kep_id_keys(kep_id: &str) -> Vec<LinkKey> {
    let id = normal_id(kep_id);
    id.into_iter()
        .flat_map(|id| [LinkKey::KepId(id.clone()), LinkKey::ProviderMessageId(id)])
        .collect()
}

/// The keys under which a message is to be found. Evidence mails get none: they are no message that evidence could be about.
///
/// `carried` is the evidence inside the message. Where it names a digest, that is the provider's method and its later evidence uses it too;
/// with SHA-256 beside it that is enough. Only a message without such evidence is hashed by every method.
pub fn message_keys(message: &Message, carried: &[&Evidence]) -> Vec<LinkKey> {
    let headers = &message.headers;
    let Some(original) = &message.original else { return Vec::new() };
    let provider = [&headers.message_id, &headers.rem.message_identifier];
    let sender = [&headers.original_message_id, &headers.rem.ua_message_identifier];
    let ids = |list: [&Option<String>; 2], key: fn(String) -> LinkKey| list.map(|id| id.as_deref().and_then(normal_id).map(key));
    let mut keys: Vec<LinkKey> = ids(provider, LinkKey::ProviderMessageId).into_iter().flatten().collect();
    keys.extend(ids(sender, LinkKey::OriginalMessageId).into_iter().flatten());
    keys.extend(digests(original, carried));
    keys.sort();
    keys.dedup();
    keys
}

/// Without brackets and case.
fn normal_id(id: &str) -> Option<String> {
    bare_id(id).map(|id| id.to_ascii_lowercase())
}

/// Digests of the octets as attached, with the last line end cut, and with one CRLF added: EN 319 532 counts the CRLF before the
/// boundary as part of the message, RFC 2046 does not, and builders differ. One pass per algorithm.
fn digests(original: &Bytes, carried: &[&Evidence]) -> Vec<LinkKey> {
    let named: Vec<&str> = carried
        .iter()
        .filter_map(|evidence| Some(evidence.digest.as_ref()?.algorithm.as_str()))
        .collect();
    let algorithms = [
        ("sha256", Algorithm::sha256()),
        ("sha384", Algorithm::sha384()),
        ("sha512", Algorithm::sha512()),
        ("sha1", Algorithm::sha1()),
    ];
    let wanted = |name: &str| named.is_empty() || name == "sha256" || named.contains(&name);
    let all = algorithms
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .filter_map(|(name, algorithm)| {
            let values = variants(original, algorithm).ok()?;
            Some(values.into_iter().map(|value| LinkKey::Digest {
                algorithm: name.to_owned(),
                value,
            }))
        });
    all.flatten().collect()
}

fn variants(original: &[u8], algorithm: Algorithm) -> Result<Vec<String>, openssl::error::ErrorStack> {
    let cut = original
        .strip_suffix(b"\r\n")
        .or_else(|| original.strip_suffix(b"\n"))
        .unwrap_or(original);
    let tail = original.get(cut.len()..).unwrap_or_default();
    let mut hasher = Hasher::new(algorithm)?;
    hasher.update(cut)?;
    let mut values = Vec::new();
    for ending in [tail, b"", b"\r\n", &[tail, b"\r\n"].concat()] {
        let mut ended = hasher.clone();
        ended.update(ending)?;
        values.push(hex::encode(ended.finish()?));
    }
    Ok(values)
}
