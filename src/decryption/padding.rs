//! What RSA yields, without its padding (RFC 8017 7.1.2 and 7.2.2).
//!
//! A padding that does not fit yields a random key of the right length, chosen without a branch: whoever sends ciphertexts of his own making
//! learns nothing from how they are answered (Bleichenbacher, Manger; RFC 3218 2.3.2).

use openssl::hash::{Hasher, MessageDigest};
use zeroize::Zeroizing;

use super::enveloped::Transport;
use super::oid::Digest;

pub type Key = Zeroizing<Vec<u8>>;

/// The octets that a padded block must have in front of its message: what each position must be decides, no value does.
const PKCS1_HEAD: usize = 11;

/// A key that nobody knows. `None`: the machine has no randomness, and nothing may be decided.
pub fn random(length: usize) -> Option<Key> {
    let mut key = Zeroizing::new(vec![0; length]);
    openssl::rand::rand_bytes(&mut key).ok()?;
    Some(key)
}

/// The key of `length` octets in a block as RSA yields it; a random one where the block is not what the padding says.
pub fn unpad(block: &[u8], transport: &Transport, length: usize) -> Option<Key> {
    match transport {
        Transport::Pkcs1 => pkcs1(block, length),
        Transport::Oaep { digest, mgf, label } => oaep(block, *digest, *mgf, label, length),
    }
}

fn pkcs1(block: &[u8], length: usize) -> Option<Key> {
    let instead = random(length)?;
    let Some((head, sent)) = block
        .len()
        .checked_sub(length)
        .filter(|at| *at >= PKCS1_HEAD)
        .and_then(|at| block.split_at_checked(at))
    else {
        return Some(instead);
    };
    let last = head.len() - 1;
    let good = head.iter().enumerate().fold(1, |good, (at, octet)| {
        good & match at {
            0 => is_zero(*octet),
            1 => is_zero(*octet ^ 2),
            at if at == last => is_zero(*octet),
            _ => 1 ^ is_zero(*octet),
        }
    });
    Some(chosen(good, sent, instead))
}

fn oaep(block: &[u8], digest: Digest, mgf: Digest, label: &[u8], length: usize) -> Option<Key> {
    let instead = random(length)?;
    let size = digest.hash().size();
    let split = block
        .split_first()
        .and_then(|(first, rest)| Some((first, rest.split_at_checked(size)?)))
        .filter(|(_, (_, masked))| masked.len() > size + length);
    let Some((first, (masked_seed, masked))) = split else {
        return Some(instead);
    };
    let seed = Zeroizing::new(xor(masked_seed, &mask(masked, size, mgf.hash())?));
    let data = Zeroizing::new(xor(masked, &mask(&seed, masked.len(), mgf.hash())?));
    let label = openssl::hash::hash(digest.hash(), label).ok()?;
    let (head, sent) = data.split_at_checked(data.len() - length)?;
    let last = head.len() - 1;
    let good = head.iter().enumerate().fold(is_zero(*first), |good, (at, octet)| {
        let wanted = match label.get(at) {
            Some(wanted) => *wanted,
            None if at == last => 1,
            None => 0,
        };
        good & is_zero(*octet ^ wanted)
    });
    Some(chosen(good, sent, instead))
}

/// MGF1 (RFC 8017 B.2.1).
fn mask(seed: &[u8], length: usize, hash: MessageDigest) -> Option<Vec<u8>> {
    let mut mask = Vec::with_capacity(length + hash.size());
    for counter in 0_u32.. {
        if mask.len() >= length {
            break;
        }
        let mut hasher = Hasher::new(hash).ok()?;
        hasher.update(seed).ok()?;
        hasher.update(&counter.to_be_bytes()).ok()?;
        mask.extend_from_slice(&hasher.finish().ok()?);
    }
    mask.truncate(length);
    Some(mask)
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

/// One for zero, zero for everything else, without a branch.
fn is_zero(octet: u8) -> u8 {
    let borrowed = u16::from(octet).wrapping_sub(1).to_be_bytes();
    let [high, _] = borrowed;
    high & 1
}

fn chosen(good: u8, sent: &[u8], instead: Key) -> Key {
    let keep = 0_u8.wrapping_sub(good);
    Zeroizing::new(
        sent.iter()
            .zip(instead.iter())
            .map(|(sent, other)| (sent & keep) | (other & !keep))
            .collect(),
    )
}

#[cfg(test)]
#[path = "padding_tests.rs"]
mod padding_tests;
