//! What an operator brings to be trusted: PEM, DER, a folder in the layout of the trust folder, or Kamu SM's depository. Reading decides
//! nothing: it says which certificates there are, what the source claims for each, and what could not be read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::finding::{Finding, Severity};
use crate::signature::certificate::{self, Certificate};
use crate::signature::trust::depository;
use crate::signature::trust::folder::{self, Folder, Links, file_name};
use crate::signature::trust::row_signature::{self, RowState};
use crate::signature::trust::{Purpose, TrustError};

/// A certificate that a source proposes as an anchor.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub certificate: Arc<Certificate>,
    /// What the source says it is for; empty when it says nothing.
    pub purposes: Vec<Purpose>,
    /// For a KEP provider's certificate: whose. Empty: not said.
    pub domain: Option<String>,
    /// File, and row for a depository.
    pub place: String,
    /// For a row of a depository.
    pub row: Option<RowState>,
}

#[derive(Debug, Default)]
pub struct Source {
    pub proposals: Vec<Proposal>,
    /// Issuers below the roots: not trusted by themselves, useful to build paths.
    pub issuers: Vec<Arc<Certificate>>,
    pub findings: Vec<Finding>,
}

impl Source {
    /// Reads a file or folder. `signers` are certificates that are trusted already: they can vouch for rows of a depository.
    ///
    /// # Errors
    /// A file or folder cannot be read from disk.
    pub fn read(path: &Path, signers: &[Arc<Certificate>]) -> Result<Self, TrustError> {
        let mut source = Self::default();
        if !path.is_dir() {
            source.file(path, &[], None, signers)?;
            return Ok(source);
        }
        let below = source.folder(path, &[], None, signers)?;
        for purpose in Purpose::ALL {
            let Some(narrowed) = below.iter().find(|folder| file_name(folder) == purpose.folder()) else {
                continue;
            };
            let providers = source.folder(narrowed, &[purpose], None, signers)?;
            for domain in providers.iter().filter(|_| purpose == Purpose::Provider) {
                source.folder(domain, &[purpose], Some(&file_name(domain)), signers)?;
            }
        }
        Ok(source)
    }

    /// Takes the files of a folder. What cannot be read is named and does not cost the others. Returns the folders below.
    fn folder(
        &mut self,
        folder: &Path,
        purposes: &[Purpose],
        domain: Option<&str>,
        signers: &[Arc<Certificate>],
    ) -> Result<Vec<PathBuf>, TrustError> {
        let listed = Folder::list(folder, Links::LeftAside)?;
        self.findings.extend(listed.aside);
        for file in listed.files {
            if let Err(error) = self.file(&file, purposes, domain, signers) {
                self.findings.push(folder::not_read(&error));
            }
        }
        Ok(listed.folders)
    }

    fn file(&mut self, file: &Path, purposes: &[Purpose], domain: Option<&str>, signers: &[Arc<Certificate>]) -> Result<(), TrustError> {
        let bytes = folder::read(file)?;
        self.take(&bytes, &file_name(file), purposes, domain, signers);
        Ok(())
    }

    /// Takes what is in `bytes`, whatever the name says.
    pub fn take(&mut self, bytes: &[u8], place: &str, purposes: &[Purpose], domain: Option<&str>, signers: &[Arc<Certificate>]) {
        if let Ok(found) = certificate::read_bundle(bytes) {
            self.proposals.extend(found.into_iter().map(|certificate| Proposal {
                certificate,
                purposes: purposes.to_vec(),
                domain: domain.map(str::to_owned),
                place: place.to_owned(),
                row: None,
            }));
        } else if depository::is_depository(bytes) {
            self.depository(bytes, place, signers);
        } else {
            self.findings.push(Finding::new(
                "KEP-3904",
                Severity::Warning,
                place,
                "Dosyada ne okunabilir bir sertifika ne de bir sertifika deposu var; atlandı. PEM, DER, SertifikaDeposu.xml ya da .svt verin.",
                "The file holds neither a readable certificate nor a depository; it was passed over. Give PEM, DER, SertifikaDeposu.xml or .svt.",
            ));
        }
    }

    fn depository(&mut self, bytes: &[u8], place: &str, signers: &[Arc<Certificate>]) {
        let read = match depository::read(bytes) {
            Ok(read) => read,
            Err(error) => {
                self.findings.push(Finding::new(
                    "KEP-3905",
                    Severity::Error,
                    place,
                    format!("Sertifika deposu okunamadı ({}). Dosyayı yeniden indirin.", error.text().tr),
                    format!(
                        "The certificate depository cannot be read ({}). Download the file again.",
                        error.text().en
                    ),
                ));
                return;
            }
        };
        if read.unreadable > 0 {
            self.findings.push(Finding::new(
                "KEP-3906",
                Severity::Warning,
                place,
                format!(
                    "Deponun {} satırında okunabilir bir sertifika yok; bu satırlar atlandı.",
                    read.unreadable
                ),
                format!(
                    "{} rows of the depository hold no readable certificate; they were passed over.",
                    read.unreadable
                ),
            ));
        }
        for row in read.rows {
            if !row.is_root {
                self.issuers.push(row.certificate);
                continue;
            }
            let state = row_signature::judge(&row.certificate, row.facts, row.signature.as_deref(), signers);
            self.proposals.push(Proposal {
                purposes: row.law_level().map(|level| level.purposes().to_vec()).unwrap_or_default(),
                certificate: row.certificate,
                domain: None,
                place: place.to_owned(),
                row: Some(state),
            });
        }
    }
}
