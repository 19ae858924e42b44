//! The verdict as data, in the shape of the JSON contract. The screen is a view of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Severity;
use crate::hash::Sha256;
use crate::text::Text;

/// ETSI EN 319 102-1 5.1.3. The order is the order of badness: the worst of several is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Indication {
    #[serde(rename = "TOTAL-PASSED")]
    Passed,
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    #[serde(rename = "TOTAL-FAILED")]
    Failed,
}

/// ETSI EN 319 102-1 table 6, and `NO_SIGNATURE` for a file without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    NoSignature,
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    Revoked,
    Expired,
    NotYetValid,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CertificateChainGeneralFailure,
    CryptoConstraintsFailure,
    CryptoConstraintsFailureNoPoe,
    PolicyProcessingError,
    SignaturePolicyNotAvailable,
    TimestampOrderFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNoPoe,
    OutOfBoundsNotRevoked,
    NoPoe,
    TryLater,
    SignedDataNotFound,
}

/// What the signer's certificate is (`formats` of the trade: nitelikli elektronik sertifika and its relatives).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CertificateClass {
    /// Nitelikli elektronik sertifika: a natural person's qualified certificate under law 5070.
    Nes,
    /// Nitelikli elektronik mühür.
    QualifiedSeal,
    /// Kurumsal mühür.
    InstitutionalSeal,
    /// Mali mühür.
    FiscalSeal,
    /// KEP işlem sertifikası: allow-listed for a provider, never by its content.
    KepProvider,
    Tsa,
    OcspSigner,
    Other,
}

/// Whose signature it is, by the place where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Signature,
    Initial,
    Seal,
    /// L1.
    Sender,
    /// L0.
    Provider,
    Evidence,
    /// A signed file by itself.
    Document,
    Timestamp,
}

/// One reason of a verdict. A verdict cannot be built without its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `KEP-3###`.
    pub code: String,
    pub severity: Severity,
    pub text: Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    pub common_name: Option<String>,
    pub organization: Option<String>,
    /// Subject serialNumber, masked: it is a national identity number.
    pub serial_masked: Option<String>,
    pub class: CertificateClass,
    pub certificate_sha256: Sha256,
    /// Common name of the issuer.
    pub issuer: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimestampReport {
    /// content, signature, archive …
    pub r#type: String,
    pub time: Option<Timestamp>,
    /// PASSED, INDETERMINATE or FAILED.
    pub indication: String,
    pub sub_indication: Option<SubIndication>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationReport {
    /// Common name of the certificate asked about.
    pub subject: String,
    /// ocsp or crl.
    pub source: String,
    /// good, revoked, unknown.
    pub status: String,
    pub this_update: Option<Timestamp>,
}

/// The verdict on one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureReport {
    pub role: Role,
    /// CAdES, CMS, XAdES, XML-DSig, PAdES.
    pub format: String,
    /// BES, EPES, T, C, X, X-L, A; B-B …
    pub level: Option<String>,
    /// P1-P4 by policy OID.
    pub profile: Option<String>,
    pub indication: Indication,
    pub sub_indication: Option<SubIndication>,
    pub reasons: Vec<Reason>,
    pub signer: Option<Signer>,
    pub claimed_signing_time: Option<Timestamp>,
    pub best_signature_time: Option<Timestamp>,
    /// Name of what was signed.
    pub covers: String,
    pub timestamps: Vec<TimestampReport>,
    pub revocation: Vec<RevocationReport>,
    /// From when on a new validation can be final: the end of the grace period (kesinleşme süresi). `None` when nothing says when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Timestamp>,
    /// Counter-signatures, each with its own verdict (role of the parent).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counter_signatures: Vec<SignatureReport>,
}

/// The verdict over all signatures and error findings of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub indication: Indication,
    pub sub_indication: Option<SubIndication>,
    pub signatures: Vec<SignatureReport>,
    pub validation_time: Timestamp,
    /// Hash over the anchor set that was trusted.
    pub anchors_sha256: Sha256,
}
