//! What is trusted, and for what: anchors by purpose, intermediate certificates, and a folder of revocation data.
//!
//! Public web stores are no substitute: they hold no root of a Turkish qualified provider.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::certificate::{self, Certificate};
use super::crypto::Scheme;
use super::revocation::Pool;
use crate::finding::{Finding, Severity};
use crate::hash::{Sha256, Sha256Stream};

/// Bytes of one file in a trust, intermediates or revocation folder. The largest CRL of a Turkish provider has some megabytes.
const MAX_FILE: u64 = 64 << 20;

/// What an anchor is trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Nitelikli elektronik sertifika.
    Nes,
    /// Mühür: seals.
    Seal,
    /// KEPHS: the transaction certificates of KEP providers; the certificate itself, or its issuer.
    Provider,
    /// Zaman damgası.
    Tsa,
}

impl Purpose {
    pub const ALL: [Self; 4] = [Self::Nes, Self::Seal, Self::Provider, Self::Tsa];

    /// Sub-folder of the trust folder that narrows an anchor to this purpose.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Nes => "nes",
            Self::Seal => "muhur",
            Self::Provider => "kephs",
            Self::Tsa => "tsa",
        }
    }
}

/// A folder or file could not be read. A file without a certificate in it is a finding instead.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {source}")]
pub struct TrustError {
    path: PathBuf,
    source: std::io::Error,
}

impl TrustError {
    pub fn is_transient(&self) -> bool {
        !matches!(self.source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
    }
}

#[derive(Debug)]
pub struct Trust {
    nes: Vec<Arc<Certificate>>,
    seal: Vec<Arc<Certificate>>,
    provider: Vec<Arc<Certificate>>,
    tsa: Vec<Arc<Certificate>>,
    pub intermediates: Vec<Arc<Certificate>>,
    pub revocation: Pool,
    /// Over the certificates and their purposes: named in every verdict.
    pub sha256: Sha256,
    /// Files that gave nothing, forged anchors.
    pub findings: Vec<Finding>,
}

impl Default for Trust {
    fn default() -> Self {
        let mut none = Self {
            nes: Vec::new(),
            seal: Vec::new(),
            provider: Vec::new(),
            tsa: Vec::new(),
            intermediates: Vec::new(),
            revocation: Pool::default(),
            sha256: Sha256([0; 32]),
            findings: Vec::new(),
        };
        none.seal_hash();
        none
    }
}

impl Trust {
    /// Reads the anchors of `folder` (its files for all purposes, those of `nes muhur kephs tsa` for one), and the two optional folders.
    ///
    /// # Errors
    /// A folder or file cannot be read.
    pub fn load(folder: &Path, intermediates: Option<&Path>, revocation: Option<&Path>) -> Result<Self, TrustError> {
        let mut trust = Self::default();
        for file in files_in(folder)? {
            for anchor in trust.read_certificates(&file)? {
                trust.add_anchor(&anchor, &Purpose::ALL, &file);
            }
        }
        for purpose in Purpose::ALL {
            let narrowed = folder.join(purpose.folder());
            if !narrowed.is_dir() {
                continue;
            }
            for file in files_in(&narrowed)? {
                for anchor in trust.read_certificates(&file)? {
                    trust.add_anchor(&anchor, &[purpose], &file);
                }
            }
        }
        if let Some(folder) = intermediates {
            for file in files_in(folder)? {
                let found = trust.read_certificates(&file)?;
                trust.intermediates.extend(found);
            }
        }
        if let Some(folder) = revocation {
            for file in files_in(folder)? {
                trust.read_revocation(&file)?;
            }
        }
        trust.seal_hash();
        Ok(trust)
    }

    /// Trusts `anchor` for `purposes`. A self-issued anchor whose own signature does not verify is forged and refused (a root with the
    /// name and key identifier of a genuine one is the oldest trick).
    pub fn add_anchor(&mut self, anchor: &Arc<Certificate>, purposes: &[Purpose], file: &Path) {
        if anchor.is_self_issued() && !is_self_signed(anchor) {
            self.findings.push(Finding::new(
                "KEP-3801",
                Severity::Error,
                file_name(file),
                "Kök sertifikanın kendi imzası doğrulanmıyor; güven listesine alınmadı. Dosyayı sağlayıcının yayımladığıyla değiştirin.",
                "The root's own signature does not verify; it was not taken into the trust list. Replace the file by the published one.",
            ));
            return;
        }
        for purpose in purposes {
            let list = match purpose {
                Purpose::Nes => &mut self.nes,
                Purpose::Seal => &mut self.seal,
                Purpose::Provider => &mut self.provider,
                Purpose::Tsa => &mut self.tsa,
            };
            if !list.contains(anchor) {
                list.push(anchor.clone());
            }
        }
        self.seal_hash();
    }

    pub fn anchors(&self, purpose: Purpose) -> &[Arc<Certificate>] {
        match purpose {
            Purpose::Nes => &self.nes,
            Purpose::Seal => &self.seal,
            Purpose::Provider => &self.provider,
            Purpose::Tsa => &self.tsa,
        }
    }

    /// Anchors, each once, with the purposes that trust it.
    pub fn list(&self) -> Vec<(Arc<Certificate>, Vec<Purpose>)> {
        let mut out: Vec<(Arc<Certificate>, Vec<Purpose>)> = Vec::new();
        for purpose in Purpose::ALL {
            for anchor in self.anchors(purpose) {
                match out.iter_mut().find(|(known, _)| known == anchor) {
                    Some((_, purposes)) => purposes.push(purpose),
                    None => out.push((anchor.clone(), vec![purpose])),
                }
            }
        }
        out.sort_by_key(|(anchor, _)| anchor.sha256);
        out
    }

    fn read_certificates(&mut self, file: &Path) -> Result<Vec<Arc<Certificate>>, TrustError> {
        let bytes = read(file)?;
        if let Ok(found) = certificate::read_bundle(&bytes) {
            return Ok(found);
        }
        // A README beside the certificates is no mistake.
        let looks_like_one = file.extension().is_some_and(|extension| {
            ["pem", "der", "crt", "cer"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        if looks_like_one {
            self.findings.push(Finding::new(
                "KEP-3802",
                Severity::Warning,
                file_name(file),
                "Dosyada okunabilir bir sertifika yok. Dosyayı düzeltin ya da kaldırın.",
                "The file holds no readable certificate. Mend or remove it.",
            ));
        }
        Ok(Vec::new())
    }

    fn read_revocation(&mut self, file: &Path) -> Result<(), TrustError> {
        let bytes = read(file)?;
        if self.revocation.add(&bytes) {
            return Ok(());
        }
        if let Ok(certificates) = certificate::read_bundle(&bytes) {
            self.intermediates.extend(certificates);
            return Ok(());
        }
        self.findings.push(Finding::new(
            "KEP-3803",
            Severity::Warning,
            file_name(file),
            "Dosya DER biçiminde bir SİL ya da OCSP yanıtı değil. Dosyayı düzeltin ya da kaldırın.",
            "The file is neither a CRL nor an OCSP response in DER. Mend or remove it.",
        ));
        Ok(())
    }

    fn seal_hash(&mut self) {
        let mut stream = Sha256Stream::default();
        for (anchor, purposes) in self.list() {
            stream.update(&anchor.sha256.0);
            for purpose in Purpose::ALL {
                stream.update(&[u8::from(purposes.contains(&purpose))]);
            }
        }
        self.sha256 = stream.finish();
    }
}

fn is_self_signed(certificate: &Certificate) -> bool {
    let (Ok(key), Ok(scheme)) = (certificate.public_key(), Scheme::of(&certificate.algorithm, None)) else {
        return false;
    };
    certificate.algorithms_agree && key.verify(scheme, certificate.tbs(), &certificate.signature) == Ok(true)
}

/// The files of a folder in a stable order, sub-folders and hidden files left out.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, TrustError> {
    let failed = |source| TrustError {
        path: folder.to_path_buf(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<Vec<u8>, TrustError> {
    let failed = |source| TrustError {
        path: file.to_path_buf(),
        source,
    };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > MAX_FILE {
        return Err(failed(std::io::Error::other(format!("larger than {MAX_FILE} bytes"))));
    }
    std::fs::read(file).map_err(failed)
}

fn file_name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
