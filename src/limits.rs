//! Every limit on input, with its reason. All of them are settings (`[limits]`) and all are printed by `config show`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds on what is read from hostile bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of one message. KEP allows 25 MB; base64 twice makes 47 MB of it.
    pub message_bytes: u64,
    /// MIME parts inside parts, messages inside messages, packages inside packages.
    pub nesting: u32,
    /// MIME parts of one message.
    pub parts: u32,
    /// Bytes of one header block.
    pub header_bytes: u32,
    /// Bytes of one line.
    pub line_bytes: u32,
    /// Entries of one package.
    pub package_entries: u32,
    /// Uncompressed bytes of one package entry.
    pub entry_bytes: u64,
    /// Uncompressed bytes of one package.
    pub package_bytes: u64,
    /// Uncompressed to compressed size of an entry, enforced above one MiB uncompressed: no honest document packs tighter.
    pub compression_ratio: u32,
    /// Bytes of one XML document. DTDs are refused whatever this says.
    pub xml_bytes: u64,
    /// Depth of nested ASN.1 values.
    pub cms_depth: u32,
    /// How long one message may be parsed before it is set aside as hostile.
    #[serde(with = "crate::clock::duration")]
    pub parse_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 << 20,
            nesting: 16,
            parts: 2_000,
            header_bytes: 256 << 10,
            line_bytes: 64 << 10,
            package_entries: 4_096,
            entry_bytes: 256 << 20,
            package_bytes: 512 << 20,
            compression_ratio: 200,
            xml_bytes: 32 << 20,
            cms_depth: 32,
            parse_deadline: Duration::from_secs(120),
        }
    }
}
