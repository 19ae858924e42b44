//! What is trusted, and for what: anchors by purpose, intermediate certificates, and a folder of revocation data.
//!
//! Public web stores are no substitute: they hold no root of a Turkish qualified provider. [`pins`] knows the notified roots by hash,
//! [`source`] reads what an operator brings, [`difference`] says what of it may be taken, [`install`] puts it into the folder.

pub mod depository;
pub mod difference;
mod folder;
pub mod install;
pub mod pins;
pub mod row_signature;
pub mod source;
pub mod sqlite;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::hash::{Sha256, Sha256Stream};
use crate::regular_file;
use crate::signature::certificate::{self, Certificate};
use crate::signature::crypto::Scheme;
use crate::signature::crypto::edges::Edges;
use crate::signature::path;
use crate::signature::revocation::Pool;
use crate::text::Text;
use folder::{Folder, Links, file_name};

/// What an anchor is trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// From a folder's name or the English word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "nes" => Some(Self::Nes),
            "muhur" | "seal" => Some(Self::Seal),
            "kephs" | "provider" => Some(Self::Provider),
            "tsa" => Some(Self::Tsa),
            _ => None,
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
    fn new(path: &Path, source: std::io::Error) -> Self {
        Self {
            path: path.to_path_buf(),
            source,
        }
    }

    /// The sentence for the administrator.
    pub fn text(&self) -> Text {
        let (path, why) = (self.path.display(), regular_file::reason(&self.source));
        Text::new(
            format!("{path} okunamadı: {}", why.tr),
            format!("{path} cannot be read: {}", why.en),
        )
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn io(&self) -> &std::io::Error {
        &self.source
    }

    pub fn is_transient(&self) -> bool {
        !matches!(self.source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
    }
}

/// A trusted certificate and what it is trusted for.
#[derive(Debug, Clone)]
pub struct Anchor {
    certificate: Arc<Certificate>,
    purposes: Vec<Purpose>,
    providers: Providers,
}

/// The KEP providers that an anchor speaks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Providers {
    #[default]
    None,
    /// By the domain of their addresses, lower case: the sub-folders of `kephs`.
    Of(Vec<String>),
    Any,
}

impl Providers {
    fn add(&mut self, domain: Option<&str>) {
        match (&mut *self, domain) {
            (Self::Any, _) => {}
            (_, None) => *self = Self::Any,
            (Self::None, Some(domain)) => *self = Self::Of(vec![domain.to_ascii_lowercase()]),
            (Self::Of(domains), Some(domain)) => {
                domains.push(domain.to_ascii_lowercase());
                domains.sort_unstable();
                domains.dedup();
            }
        }
    }
}

impl Anchor {
    /// Common name of the subject.
    pub fn name(&self) -> String {
        self.certificate.subject.label()
    }

    pub fn sha256(&self) -> Sha256 {
        self.certificate.sha256
    }

    /// Names of the purposes: `nes muhur kephs tsa`.
    pub fn purposes(&self) -> Vec<&'static str> {
        self.purposes.iter().map(|purpose| purpose.folder()).collect()
    }

    pub fn not_before(&self) -> Option<Timestamp> {
        Some(self.certificate.not_before)
    }

    pub fn not_after(&self) -> Option<Timestamp> {
        Some(self.certificate.not_after)
    }

    /// True when it may sign as the KEP provider whose addresses end in `domain`; `None` asks whether it may as any.
    pub fn serves_provider(&self, domain: Option<&str>) -> bool {
        match (&self.providers, domain) {
            (Providers::Any, _) => true,
            (Providers::Of(domains), Some(domain)) => domains.contains(&domain.to_ascii_lowercase()),
            (Providers::Of(_) | Providers::None, _) => false,
        }
    }

    /// The domains of the KEP providers it is limited to; empty when it is not limited.
    pub fn provider_domains(&self) -> &[String] {
        match &self.providers {
            Providers::Of(domains) => domains,
            Providers::None | Providers::Any => &[],
        }
    }

    /// What is known about it by its hash.
    pub fn pin(&self) -> Option<&'static pins::Pin> {
        pins::Pins::shipped().of(self.sha256())
    }

    /// A pinned root whose name it carries without its key: it came into the folder by hand, not through an import.
    pub fn imitates(&self) -> Option<&'static pins::Pin> {
        match self.pin() {
            Some(_) => None,
            None => pins::Pins::shipped().imitated_by(&self.certificate),
        }
    }

    /// Provider, by its pin or by the organization in its name.
    pub fn provider(&self) -> String {
        let organization = || self.certificate.subject.get(crate::signature::asn1::oid::ORGANIZATION);
        let pinned = self.pin().map(|pin| pin.provider.clone());
        pinned.or_else(|| organization().map(str::to_owned)).unwrap_or_default()
    }

    pub fn der(&self) -> &[u8] {
        &self.certificate.der
    }
}

#[derive(Debug)]
pub struct Trust {
    anchors: Vec<Anchor>,
    pub intermediates: Vec<Arc<Certificate>>,
    pub revocation: Pool,
    /// Signatures over certificates, CRLs and OCSP responses that were verified already: the same for every message.
    pub edges: Edges,
    sha256: Sha256,
    /// Files that gave nothing, forged anchors.
    pub findings: Vec<Finding>,
}

impl Default for Trust {
    fn default() -> Self {
        let mut none = Self {
            anchors: Vec::new(),
            intermediates: Vec::new(),
            revocation: Pool::default(),
            edges: Edges::default(),
            sha256: Sha256([0; 32]),
            findings: Vec::new(),
        };
        none.seal_hash();
        none
    }
}

impl Trust {
    /// Reads the anchors of a folder (its files for all purposes, those of `nes muhur kephs tsa` for one), issuer certificates, and
    /// revocation data. What is not given is empty.
    ///
    /// # Errors
    /// A folder or file cannot be read.
    pub fn load(anchors: Option<&Path>, intermediates: Option<&Path>, revocation: Option<&Path>) -> Result<Self, TrustError> {
        let mut trust = Self::default();
        if let Some(folder) = anchors {
            trust.read_anchors(folder, &Purpose::ALL)?;
            for purpose in Purpose::ALL {
                let narrowed = folder.join(purpose.folder());
                if narrowed.is_dir() {
                    trust.read_anchors(&narrowed, &[purpose])?;
                }
            }
            trust.read_providers(&folder.join(Purpose::Provider.folder()))?;
        }
        if let Some(folder) = intermediates {
            for file in trust.files_in(folder)? {
                let found = trust.read_certificates(&file)?;
                trust.intermediates.extend(found);
            }
        }
        if let Some(folder) = revocation {
            for file in trust.files_in(folder)? {
                trust.read_revocation(&file)?;
            }
        }
        trust.seal_hash();
        Ok(trust)
    }

    fn read_anchors(&mut self, folder: &Path, purposes: &[Purpose]) -> Result<(), TrustError> {
        for file in self.files_in(folder)? {
            for certificate in self.read_certificates(&file)? {
                self.add_anchor(&certificate, purposes, &file_name(&file));
            }
        }
        Ok(())
    }

    /// `kephs/hs01.kep.tr/`: certificates that speak for that provider only.
    fn read_providers(&mut self, folder: &Path) -> Result<(), TrustError> {
        if !folder.is_dir() {
            return Ok(());
        }
        for domain in Folder::list(folder, Links::Followed)?.folders {
            for file in self.files_in(&domain)? {
                for certificate in self.read_certificates(&file)? {
                    self.trust(&certificate, &[Purpose::Provider], Some(&file_name(&domain)), &file_name(&file));
                }
            }
        }
        Ok(())
    }

    /// Trusts `certificate` for `purposes`; `place` is where it came from. A self-issued one whose own signature does not verify is forged
    /// and refused (a root with the name and key identifier of a genuine one is the oldest trick).
    pub fn add_anchor(&mut self, certificate: &Arc<Certificate>, purposes: &[Purpose], place: &str) {
        self.trust(certificate, purposes, None, place);
    }

    fn trust(&mut self, certificate: &Arc<Certificate>, purposes: &[Purpose], domain: Option<&str>, place: &str) {
        if certificate.is_self_issued() && !is_self_signed(certificate) {
            self.findings.push(Finding::new(
                "KEP-3901",
                Severity::Error,
                place,
                "Kök sertifikanın kendi imzası doğrulanmıyor; güven listesine alınmadı. Dosyayı sağlayıcının yayımladığıyla değiştirin.",
                "The root's own signature does not verify; it was not taken into the trust list. Replace the file by the published one.",
            ));
            return;
        }
        let faults = path::anchor::faults(certificate).join(", ");
        let is_new = self.anchors.iter().all(|anchor| anchor.certificate != *certificate);
        if is_new && !faults.is_empty() {
            self.findings.push(Finding::new(
                "KEP-3535",
                Severity::Warning,
                place,
                format!("Sertifikanın bozuk ya da tanınmayan alanları var ({faults}); altındaki hiçbir imza geçerli sayılmaz. Dosyayı yayımlananla karşılaştırın, aynıysa sağlayıcıya bildirin."),
                format!("The certificate has fields that are malformed or unknown ({faults}); no signature below it can pass. Compare the file with the published one; if it is the same, tell the provider."),
            ));
        }
        let known = self.anchors.iter_mut().find(|anchor| anchor.certificate == *certificate);
        match known {
            Some(anchor) => anchor.purposes.extend(purposes),
            None => self.anchors.push(Anchor {
                certificate: certificate.clone(),
                purposes: purposes.to_vec(),
                providers: Providers::None,
            }),
        }
        for anchor in &mut self.anchors {
            if anchor.certificate == *certificate && purposes.contains(&Purpose::Provider) {
                anchor.providers.add(domain);
            }
            anchor.purposes.sort_unstable();
            anchor.purposes.dedup();
        }
        self.seal_hash();
    }

    /// The anchors, by fingerprint.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.anchors.iter()
    }

    pub fn trusted_for(&self, purpose: Purpose) -> Vec<Arc<Certificate>> {
        self.anchors
            .iter()
            .filter(|anchor| anchor.purposes.contains(&purpose))
            .map(|anchor| anchor.certificate.clone())
            .collect()
    }

    /// The anchors that have ended at `at` or will within `ahead`, the first to end first.
    pub fn expiring(&self, at: Timestamp, ahead: SignedDuration) -> Vec<&Anchor> {
        let horizon = at.saturating_add(ahead).unwrap_or(Timestamp::MAX);
        let mut ending: Vec<&Anchor> = self
            .anchors
            .iter()
            .filter(|anchor| anchor.certificate.not_after <= horizon)
            .collect();
        ending.sort_by_key(|anchor| anchor.certificate.not_after);
        ending
    }

    /// The purposes for which no anchor is valid at `at`: from then on nothing new can pass there.
    pub fn unserved(&self, at: Timestamp) -> Vec<Purpose> {
        let served = |purpose: &Purpose| {
            self.anchors
                .iter()
                .any(|anchor| anchor.purposes.contains(purpose) && anchor.certificate.valid_at(at))
        };
        Purpose::ALL.into_iter().filter(|purpose| !served(purpose)).collect()
    }

    /// Certificates that may vouch for rows of a depository: the anchors, and what an anchor issued itself.
    pub fn vouchers(&self) -> Vec<Arc<Certificate>> {
        let anchors = self.anchors.iter().map(|anchor| anchor.certificate.clone());
        let below = self.intermediates.iter().filter(|certificate| self.issued(certificate)).cloned();
        anchors.chain(below).collect()
    }

    /// True when an anchor signed `certificate`.
    pub fn issued(&self, certificate: &Certificate) -> bool {
        self.anchors
            .iter()
            .any(|anchor| certificate.names_as_issuer(&anchor.certificate) && is_signed_by(certificate, &anchor.certificate))
    }

    /// Hash over the anchors and their purposes: named in every verdict.
    pub fn anchors_sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The files of an own folder; what else lies there is said.
    fn files_in(&mut self, folder: &Path) -> Result<Vec<PathBuf>, TrustError> {
        let listed = Folder::list(folder, Links::Followed)?;
        self.findings.extend(listed.aside);
        Ok(listed.files)
    }

    /// The bytes of a file in an own folder; `None`: no trust material can look like that, and it is said.
    fn bytes_of(&mut self, file: &Path) -> Result<Option<Vec<u8>>, TrustError> {
        match folder::read(file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if folder::is_about_the_file(&error) => {
                self.findings.push(folder::not_read(&error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn read_certificates(&mut self, file: &Path) -> Result<Vec<Arc<Certificate>>, TrustError> {
        let Some(bytes) = self.bytes_of(file)? else { return Ok(Vec::new()) };
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
                "KEP-3902",
                Severity::Warning,
                file_name(file),
                "Dosyada okunabilir bir sertifika yok. Dosyayı düzeltin ya da kaldırın.",
                "The file holds no readable certificate. Mend or remove it.",
            ));
        }
        Ok(Vec::new())
    }

    fn read_revocation(&mut self, file: &Path) -> Result<(), TrustError> {
        let Some(bytes) = self.bytes_of(file)? else { return Ok(()) };
        if self.revocation.add(&bytes) {
            return Ok(());
        }
        if let Ok(certificates) = certificate::read_bundle(&bytes) {
            self.intermediates.extend(certificates);
            return Ok(());
        }
        self.findings.push(Finding::new(
            "KEP-3903",
            Severity::Warning,
            file_name(file),
            "Dosya DER biçiminde bir SİL ya da OCSP yanıtı değil. Dosyayı düzeltin ya da kaldırın.",
            "The file is neither a CRL nor an OCSP response in DER. Mend or remove it.",
        ));
        Ok(())
    }

    fn seal_hash(&mut self) {
        self.anchors.sort_by_key(Anchor::sha256);
        let mut stream = Sha256Stream::default();
        for anchor in &self.anchors {
            stream.update(&anchor.sha256().0);
            for purpose in Purpose::ALL {
                stream.update(&[u8::from(anchor.purposes.contains(&purpose))]);
            }
            for domain in anchor.provider_domains() {
                stream.update(domain.as_bytes());
                stream.update(b"\n");
            }
        }
        self.sha256 = stream.finish();
    }
}

fn is_self_signed(certificate: &Certificate) -> bool {
    is_signed_by(certificate, certificate)
}

fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let (Ok(key), Ok(scheme)) = (issuer.public_key(), Scheme::of(&certificate.algorithm, None)) else {
        return false;
    };
    certificate.algorithms_agree && key.verify(scheme, certificate.tbs(), &certificate.signature) == Ok(true)
}
