//! Base64 that comes in pieces.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::problem::Problem;
use super::xml::malformed;

/// Base64 as servers write it: with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 that comes in pieces, with whatever white space in it.
#[derive(Default)]
pub(in crate::mailbox) struct Decoder {
    decoded: Vec<u8>,
    /// Letters that do not make a group of four yet.
    letters: Vec<u8>,
    /// Padding came: nothing may follow it, or two encodings behind each other would be read as one.
    is_padded: bool,
}

impl Decoder {
    /// Letters that are decoded at once.
    pub(in crate::mailbox) const GROUP: usize = 16 << 10;

    pub(in crate::mailbox) fn feed(&mut self, text: &[u8], limit: u64) -> Result<(), Problem> {
        for chunk in text.chunks(Self::GROUP) {
            self.letters.extend(chunk.iter().filter(|byte| !byte.is_ascii_whitespace()));
            let whole = self.letters.len() / 4 * 4;
            self.decode(whole, limit)?;
        }
        Ok(())
    }

    pub(in crate::mailbox) fn finish(mut self, limit: u64) -> Result<Bytes, Problem> {
        self.decode(self.letters.len(), limit)?;
        Ok(self.decoded.into())
    }

    fn decode(&mut self, letters: usize, limit: u64) -> Result<(), Problem> {
        let group = self.letters.get(..letters).unwrap_or_default();
        BASE64
            .decode_vec(group, &mut self.decoded)
            .map_err(|_| malformed("okunamayan base64", "base64 that cannot be read"))?;
        if self.is_padded && !group.is_empty() {
            return Err(malformed("sonundan sonra süren base64", "base64 that goes on behind its end"));
        }
        self.is_padded |= group.ends_with(b"=");
        self.letters.drain(..letters);
        match self.decoded.len() as u64 > limit {
            true => Err(Problem::TooLarge(self.decoded.len() as u64)),
            false => Ok(()),
        }
    }
}
