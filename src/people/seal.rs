//! Secrets that must be read again stand in the journal only sealed: AES-256-GCM under a key in a file of its own. Whoever gets a copy of
//! the journal, which is kept for twenty years and handed out in parts, gets no second factor with it.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use crate::regular_file;
use crate::secret::Secret;

const KEY: usize = 32;
/// NIST SP 800-38D 8.2.2: 96 random bits.
const NONCE: usize = 12;
const TAG: usize = 16;

/// The key under which secrets are sealed.
pub struct SealKey(Zeroizing<[u8; KEY]>);

impl SealKey {
    /// Reads the key, or makes one where there is none yet. The file is made with mode 0600.
    ///
    /// # Errors
    /// It cannot be read or written, or is no key.
    pub fn open(path: &Path) -> io::Result<Self> {
        match Self::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            read => read,
        }
    }

    /// Reads the key. Where there is none, none is made: a new one opens nothing, and would stand where the old one has to be put back.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is no key.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut key = Zeroizing::new([0_u8; KEY]);
        let mut file = regular_file::open(path)?;
        file.read_exact(key.as_mut_slice())
            .map_err(|_| io::Error::other(format!("it is shorter than the {KEY} bytes of a key")))?;
        Ok(Self(key))
    }

    fn create(path: &Path) -> io::Result<Self> {
        let mut key = Zeroizing::new([0_u8; KEY]);
        openssl::rand::rand_bytes(key.as_mut_slice())?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(key.as_slice())?;
        file.sync_all()?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(Self(key))
    }

    /// `owner` is bound to it: what was sealed for one account opens for no other. `None`: the machine has no randomness.
    pub fn seal(&self, secret: &Secret, owner: &str) -> Option<String> {
        let (mut nonce, mut tag) = ([0_u8; NONCE], [0_u8; TAG]);
        openssl::rand::rand_bytes(&mut nonce).ok()?;
        let plain = secret.reveal().as_bytes();
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            self.0.as_slice(),
            Some(&nonce),
            owner.as_bytes(),
            plain,
            &mut tag,
        )
        .ok()?;
        Some(BASE64.encode([nonce.as_slice(), &tag, &sealed].concat()))
    }

    /// `None`: it was sealed under another key or for somebody else, or was changed.
    pub fn unseal(&self, sealed: &str, owner: &str) -> Option<Secret> {
        let bytes = BASE64.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE)?;
        let (tag, sealed) = rest.split_at_checked(TAG)?;
        let plain = decrypt_aead(Cipher::aes_256_gcm(), self.0.as_slice(), Some(nonce), owner.as_bytes(), sealed, tag).ok()?;
        String::from_utf8(plain).ok().map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_under_its_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.key");
        let key = SealKey::open(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let sealed = key.seal(&Secret::new("GIZLI"), "ayse").unwrap();
        assert!(!sealed.contains("GIZLI"));
        let again = SealKey::open(&path).unwrap();
        assert_eq!(again.unseal(&sealed, "ayse").unwrap().reveal(), "GIZLI");
        assert!(again.unseal(&sealed, "mehmet").is_none());
        let other = SealKey::open(&folder.path().join("other.key")).unwrap();
        assert!(other.unseal(&sealed, "ayse").is_none());
        assert!(key.unseal("", "ayse").is_none() && key.unseal("AAAA", "ayse").is_none());
        std::fs::write(&path, b"short").unwrap();
        assert!(SealKey::open(&path).is_err());
    }
}
