//! Which messages does this one refer to? Nobody vouches for these headers: they say where to look, and nothing else follows from them.

use std::collections::BTreeSet;

use mail_parser::{HeaderValue, MessageParser};

use super::bare_id;

/// References that are looked at: a long conversation has dozens.
const MOST: usize = 100;

/// Bytes of a header block that are looked at.
const HEAD_BYTES: usize = 256 << 10;

/// The Message-IDs of In-Reply-To and References, without brackets, in lower case.
pub fn referred(message: &[u8]) -> BTreeSet<String> {
    let head = message.get(..HEAD_BYTES).unwrap_or(message);
    let Some(headers) = MessageParser::default().parse_headers(head) else {
        return BTreeSet::new();
    };
    let values = [headers.in_reply_to(), headers.references()];
    let ids = values.into_iter().flat_map(|value| match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(texts) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    });
    ids.take(MOST)
        .filter_map(|id| bare_id(&id))
        .map(|id| id.to_ascii_lowercase())
        .collect()
}
