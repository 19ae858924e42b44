//! From an ECDH shared secret to the content key: the key derivation of X9.63 and the key wrap of RFC 3394 (RFC 5753 3.1, 7.2).

use openssl::aes::{AesKey, unwrap_key};
use openssl::hash::Hasher;
use zeroize::Zeroizing;

use super::enveloped::Agreement;
use super::padding::Key;
use crate::signature::asn1::ber::{encode, tag};

/// Octets that the key wrap adds for its check.
const WRAP_CHECK: usize = 8;

impl Agreement {
    /// The content key. `None`: the secret does not open this wrap.
    pub fn unwrap(&self, secret: &[u8], encrypted: &[u8]) -> Option<Key> {
        let wrapping = self.derive(secret)?;
        let key = AesKey::new_decrypt(&wrapping).ok()?;
        let length = encrypted.len().checked_sub(WRAP_CHECK)?;
        let mut unwrapped = Zeroizing::new(vec![0; length]);
        unwrap_key(&key, None, &mut unwrapped, encrypted).ok()?;
        Some(unwrapped)
    }

    fn derive(&self, secret: &[u8]) -> Option<Key> {
        let shared = self.shared_info()?;
        let mut derived = Zeroizing::new(Vec::with_capacity(self.length + self.digest.hash().size()));
        for counter in 1_u32.. {
            if derived.len() >= self.length {
                break;
            }
            let mut hasher = Hasher::new(self.digest.hash()).ok()?;
            hasher.update(secret).ok()?;
            hasher.update(&counter.to_be_bytes()).ok()?;
            hasher.update(&shared).ok()?;
            derived.extend_from_slice(&hasher.finish().ok()?);
        }
        derived.truncate(self.length);
        Some(derived)
    }

    /// ECC-CMS-SharedInfo (RFC 5753 7.2).
    fn shared_info(&self) -> Option<Vec<u8>> {
        let bits = u32::try_from(self.length * 8).ok()?;
        let mut fields = self.wrap.clone();
        if let Some(material) = &self.user_keying_material {
            fields.extend(encode(tag::context(0), &encode(tag::OCTET_STRING, material)));
        }
        fields.extend(encode(tag::context(2), &encode(tag::OCTET_STRING, &bits.to_be_bytes())));
        Some(encode(tag::SEQUENCE, &fields))
    }
}

#[cfg(test)]
#[path = "agreement_tests.rs"]
mod agreement_tests;
