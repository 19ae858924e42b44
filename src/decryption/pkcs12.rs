//! A key in a PKCS#12 file. The file is read when it is first needed and again while it cannot be opened.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use openssl::bn::BigNumContext;
use openssl::derive::Deriver;
use openssl::ec::{EcKey, EcPoint, PointConversionForm};
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Padding;
use zeroize::Zeroizing;

use super::enveloped::Transport;
use super::holder::{Held, HolderError, KeyHolder, no_randomness};
use super::padding::{self, Key};
use crate::regular_file;
use crate::secret::{Secret, SecretFolder};
use crate::text::Text;

/// Longest PKCS#12 file: a key with its chain takes some kilobytes.
const MAX_BYTES: u64 = 1 << 20;

/// A PKCS#12 file and the file with its password.
pub struct Pkcs12Holder {
    file: PathBuf,
    password_file: PathBuf,
    secrets: SecretFolder,
    opened: Mutex<Option<Opened>>,
}

#[derive(Clone)]
struct Opened {
    key: PKey<Private>,
    held: Held,
}

impl Pkcs12Holder {
    pub fn new(file: &Path, password_file: &Path, secrets: &SecretFolder) -> Self {
        Self {
            file: file.to_owned(),
            password_file: password_file.to_owned(),
            secrets: secrets.clone(),
            opened: Mutex::default(),
        }
    }

    fn opened(&self) -> Result<Opened, HolderError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let found = self.open()?;
        *opened = Some(found.clone());
        Ok(found)
    }

    fn open(&self) -> Result<Opened, HolderError> {
        let about = |tr: &str, en: &str| {
            let file = self.file.display();
            Text::new(format!("{file}: {tr}"), format!("{file}: {en}"))
        };
        let path = self.secrets.place_of(&self.file);
        let bytes = regular_file::read(&path, MAX_BYTES).map_err(|error| {
            let why = regular_file::reason(&error);
            HolderError::Unavailable(about(&why.tr, &why.en))
        })?;
        let bytes = Zeroizing::new(bytes);
        let password = match self.password_file.as_os_str().is_empty() {
            true => Secret::new(""),
            false => self
                .secrets
                .read(&self.password_file)
                .map_err(|error| HolderError::Unavailable(error.text()))?,
        };
        let file =
            Pkcs12::from_der(&bytes).map_err(|_| HolderError::Unavailable(about("PKCS#12 dosyası değil", "it is not a PKCS#12 file")))?;
        let parsed = file.parse2(password.reveal()).map_err(|_| {
            HolderError::Refused(about(
                "açılamadı: parola yanlış, ya da dosya eski bir yöntemle (RC2, 3DES) korunmuş; parolayı düzeltin ya da dosyayı AES ile yeniden dışa aktarın",
                "cannot be opened: the password is wrong, or the file is protected by an old method (RC2, 3DES); correct the password or export the file again with AES",
            ))
        })?;
        let incomplete = || {
            HolderError::Unavailable(about(
                "içinde RSA ya da EC anahtarı ile sertifikası birlikte yok",
                "it does not hold an RSA or EC key together with its certificate",
            ))
        };
        let (key, certificate) = parsed.pkey.zip(parsed.cert).ok_or_else(incomplete)?;
        let der = certificate.to_der().map_err(|_| incomplete())?;
        let held = Held::of(&der, Vec::new()).ok_or_else(incomplete)?;
        Ok(Opened { key, held })
    }
}

impl KeyHolder for Pkcs12Holder {
    fn name(&self) -> String {
        format!("PKCS#12 {}", self.file.display())
    }

    fn certificates(&self) -> Result<Vec<Held>, HolderError> {
        Ok(vec![self.opened()?.held])
    }

    fn looked_at(&self) -> Result<Vec<Held>, HolderError> {
        let found = self.open()?;
        let held = vec![found.held.clone()];
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(held)
    }

    fn transported(&self, _: &Held, transport: &Transport, encrypted: &[u8], length: usize) -> Result<Key, HolderError> {
        let opened = self.opened()?;
        // Without a block the padding yields a random key, as for everything else that does not fit.
        let block = block(&opened.key, encrypted).unwrap_or_default();
        padding::unpad(&block, transport, length).ok_or_else(no_randomness)
    }

    fn agreed(&self, _: &Held, point: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, HolderError> {
        let opened = self.opened()?;
        Ok(shared_secret(&opened.key, point))
    }
}

/// The RSA operation alone: the padding is taken off without telling what it was.
fn block(key: &PKeyRef<Private>, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let rsa = key.rsa().ok()?;
    let size = usize::try_from(rsa.size()).ok()?;
    if encrypted.len() != size {
        return None;
    }
    let mut block = Zeroizing::new(vec![0; size]);
    rsa.private_decrypt(encrypted, &mut block, Padding::NONE).ok()?;
    Some(block)
}

fn shared_secret(key: &PKeyRef<Private>, point: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let own = key.ec_key().ok()?;
    let mut numbers = BigNumContext::new().ok()?;
    let point = EcPoint::from_bytes(own.group(), point, &mut numbers).ok()?;
    // A point off the curve, or at infinity, would make the answer tell of the key (invalid-curve attack).
    let theirs = EcKey::from_public_key(own.group(), &point).ok()?;
    theirs.check_key().ok()?;
    let theirs = PKey::from_ec_key(theirs).ok()?;
    let mut deriver = Deriver::new(key).ok()?;
    deriver.set_peer(&theirs).ok()?;
    deriver.derive_to_vec().ok().map(Zeroizing::new)
}

/// A point in its uncompressed form, if it is one of this curve: tokens take that form and are not all careful.
pub(super) fn checked_point(curve: openssl::nid::Nid, point: &[u8]) -> Option<Vec<u8>> {
    let group = openssl::ec::EcGroup::from_curve_name(curve).ok()?;
    let mut numbers = BigNumContext::new().ok()?;
    let point = EcPoint::from_bytes(&group, point, &mut numbers).ok()?;
    EcKey::from_public_key(&group, &point).ok()?.check_key().ok()?;
    point.to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut numbers).ok()
}

#[cfg(test)]
#[path = "pkcs12_tests.rs"]
mod pkcs12_tests;
