//! The content, decrypted in one pass over the received bytes: the segments of a streamed message are not joined first, so that nothing but
//! the plaintext is held beside the message.

use openssl::cipher::{Cipher as Algorithm, CipherRef};
use openssl::cipher_ctx::CipherCtx;
use zeroize::Zeroizing;

use super::enveloped::{Authenticated, Cipher, Enveloped};
use crate::signature::asn1::ber::{Value, tag};

/// The plaintext. `None`: the key does not fit, or the content was changed; which of the two is not told. What an authenticated cipher
/// yields is handed out only once its tag was found right.
pub fn decrypt(enveloped: &Enveloped<'_>, key: &[u8]) -> Option<Vec<u8>> {
    if key.len() != enveloped.cipher.key_length() {
        return None;
    }
    let mut context = begin(&enveloped.cipher, enveloped.authenticated.as_ref(), key)?;
    // Cleared on every way out but the last: it is nobody's until the end was reached.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(enveloped.content.content.len() + 2 * context.block_size()));
    each_segment(&enveloped.content, &mut |segment| {
        context.cipher_update_vec(segment, &mut plaintext).ok().map(drop)
    })?;
    context.cipher_final_vec(&mut plaintext).ok()?;
    Some(std::mem::take(&mut *plaintext))
}

fn begin(cipher: &Cipher, authenticated: Option<&Authenticated<'_>>, key: &[u8]) -> Option<CipherCtx> {
    let mut context = CipherCtx::new().ok()?;
    match cipher {
        Cipher::AesCbc { iv, .. } | Cipher::Des3Cbc { iv } => {
            context.decrypt_init(Some(algorithm(cipher)?), Some(key), Some(iv)).ok()?;
        }
        Cipher::AesGcm { nonce, .. } => {
            let authenticated = authenticated?;
            context.decrypt_init(Some(algorithm(cipher)?), None, None).ok()?;
            context.set_iv_length(nonce.len()).ok()?;
            context.decrypt_init(None, Some(key), Some(nonce)).ok()?;
            context.set_tag(&authenticated.tag).ok()?;
            if !authenticated.attributes.is_empty() {
                context.cipher_update(&authenticated.attributes, None).ok()?;
            }
        }
    }
    Some(context)
}

fn algorithm(cipher: &Cipher) -> Option<&'static CipherRef> {
    Some(match cipher {
        Cipher::AesCbc { key: 16, .. } => Algorithm::aes_128_cbc(),
        Cipher::AesCbc { key: 24, .. } => Algorithm::aes_192_cbc(),
        Cipher::AesCbc { key: 32, .. } => Algorithm::aes_256_cbc(),
        Cipher::AesGcm { key: 16, .. } => Algorithm::aes_128_gcm(),
        Cipher::AesGcm { key: 24, .. } => Algorithm::aes_192_gcm(),
        Cipher::AesGcm { key: 32, .. } => Algorithm::aes_256_gcm(),
        Cipher::Des3Cbc { .. } => Algorithm::des_ede3_cbc(),
        Cipher::AesCbc { .. } | Cipher::AesGcm { .. } => return None,
    })
}

/// The octets of an OCTET STRING in either form, as they lie in the received bytes.
fn each_segment(value: &Value<'_>, take: &mut dyn FnMut(&[u8]) -> Option<()>) -> Option<()> {
    const SEGMENTED: u8 = tag::OCTET_STRING | 0x20;
    if !value.is_constructed() {
        return take(value.content);
    }
    let mut segments = value.children();
    while !segments.is_empty() {
        let segment = segments.next().ok()?;
        match segment.tag {
            tag::OCTET_STRING => take(segment.content)?,
            SEGMENTED => each_segment(&segment, take)?,
            _ => return None,
        }
    }
    Some(())
}
