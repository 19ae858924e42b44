//! The validation data of a XAdES signature and the references to them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;

use super::der::{self, Der};
use super::pki::{Certified, Hash};
use super::revocation::{Crl, Ocsp};
use super::scenario_kit::Fault;
use super::scenarios::Defect;
use super::xades_signature::{Signing, digest};
use super::xades_text::el;

impl Signing<'_> {
    /// CertificateValues, RevocationValues, and what the timestamping authority needs.
    pub fn values(&self) -> Vec<String> {
        let mut all = Vec::new();
        let encapsulated = |name: &str, der: &[u8]| el(name, &[], &BASE64.encode(der));
        let certificates = &self.kit.material.certificates;
        if !self.has(Fault::NoCertificateValues) {
            let inside: String = certificates
                .iter()
                .filter(|_| !self.has(Fault::EmptyCertificateValues))
                .map(|der| encapsulated("xades:EncapsulatedX509Certificate", der))
                .collect();
            all.push(el("xades:CertificateValues", &[], &inside));
        }
        let (crls, ocsps) = (&self.kit.material.crls, &self.kit.material.ocsps);
        let has_any = !crls.is_empty() || !ocsps.is_empty();
        if has_any && !self.has(Fault::NoRevocationValues) {
            let mut inside = String::new();
            if !crls.is_empty() {
                let list: String = crls
                    .iter()
                    .map(|crl| encapsulated("xades:EncapsulatedCRLValue", &crl.der))
                    .collect();
                inside += &el("xades:CRLValues", &[], &list);
            }
            if !ocsps.is_empty() {
                let list: String = ocsps
                    .iter()
                    .map(|ocsp| encapsulated("xades:EncapsulatedOCSPValue", &ocsp.response))
                    .collect();
                inside += &el("xades:OCSPValues", &[], &list);
            }
            all.push(el("xades:RevocationValues", &[], &inside));
        }
        if let Some(stamp) = &self.kit.stamp {
            let chain = stamp.tsa.signer.chain();
            let inside: String = chain
                .iter()
                .map(|cert| encapsulated("xades:EncapsulatedX509Certificate", &cert.der))
                .collect();
            let mut data = el("xades:CertificateValues", &[], &inside);
            // The lists of a token stand in the token; beside them only where the archive's authority is not meant to be without any.
            if !stamp.tsa.crls.is_empty() && self.kit.defect != Defect::NoArchiveTsaRevocation {
                let list: String = stamp
                    .tsa
                    .crls
                    .iter()
                    .map(|der| encapsulated("xades:EncapsulatedCRLValue", der))
                    .collect();
                data += &el("xades:RevocationValues", &[], &el("xades:CRLValues", &[], &list));
            }
            all.push(el("xades141:TimeStampValidationData", &[], &data));
        }
        all
    }

    pub fn certificate_refs(&self) -> String {
        let other = self.has(Fault::OtherCertificateReferences);
        let reference = |cert: &std::sync::Arc<Certified>| {
            let hashed = if other { b"other".as_slice() } else { &cert.der };
            el(
                "xades:Cert",
                &[],
                &(el("xades:CertDigest", &[], &digest(Hash::Sha256, hashed)) + &issuer_serial(cert)),
            )
        };
        let chain = self.kit.signer.chain();
        let listed = chain.iter().filter(|_| !self.has(Fault::EmptyReferences));
        let all: String = listed.map(reference).collect();
        el("xades:CompleteCertificateRefs", &[], &el("xades:CertRefs", &[], &all))
    }

    pub fn revocation_refs(&self) -> String {
        let other = self.has(Fault::OtherRevocationReferences);
        let hashed = |der: &Der| digest(Hash::Sha256, if other { b"other" } else { der });
        let crl = |crl: &Crl| {
            let identifier = el("xades:Issuer", &[], "CN=Sınama")
                + &el("xades:IssueTime", &[], &time_text(crl.this_update))
                + &el("xades:Number", &[], &crl.number.to_string());
            el(
                "xades:CRLRef",
                &[],
                &(el("xades:DigestAlgAndValue", &[], &hashed(&crl.der)) + &el("xades:CRLIdentifier", &[], &identifier)),
            )
        };
        let ocsp = |ocsp: &Ocsp| {
            let identifier = el("xades:ResponderID", &[], &el("xades:ByName", &[], "CN=Sınama OCSP"))
                + &el("xades:ProducedAt", &[], &time_text(ocsp.produced_at));
            el(
                "xades:OCSPRef",
                &[],
                &(el("xades:OCSPIdentifier", &[], &identifier) + &el("xades:DigestAlgAndValue", &[], &hashed(&ocsp.response))),
            )
        };
        let mut inside = String::new();
        if self.has(Fault::EmptyReferences) {
            return el("xades:CompleteRevocationRefs", &[], &inside);
        }
        let (crls, ocsps) = (&self.kit.material.crls, &self.kit.material.ocsps);
        if !crls.is_empty() {
            inside += &el("xades:CRLRefs", &[], &crls.iter().map(crl).collect::<String>());
        }
        if !ocsps.is_empty() {
            inside += &el("xades:OCSPRefs", &[], &ocsps.iter().map(ocsp).collect::<String>());
        }
        el("xades:CompleteRevocationRefs", &[], &inside)
    }
}

pub fn issuer_serial(cert: &Certified) -> String {
    let digits = openssl::bn::BigNum::from_slice(der::content(&cert.serial))
        .unwrap()
        .to_dec_str()
        .unwrap()
        .to_string();
    let inside = el("ds:X509IssuerName", &[], "CN=Sınama,C=TR") + &el("ds:X509SerialNumber", &[], &digits);
    el("xades:IssuerSerial", &[], &inside)
}

/// xs:dateTime in Turkish time.
pub fn time_text(at: Timestamp) -> String {
    super::evidence::local_time(at)
}
