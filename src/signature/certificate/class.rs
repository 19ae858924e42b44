//! What a certificate is, from its content alone: the Turkish rules for qualified certificates and seals (law 5070, BTK statements).

use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;
use crate::signature::certificate::extension::usage;
use crate::signature::report::CertificateClass;

/// Classifies a signer's certificate. A KEP provider's transaction certificate (işlem sertifikası) has no mark of its own: it becomes
/// `KepProvider` only through the allow-list, never here.
pub fn classify(certificate: &Certificate) -> CertificateClass {
    if certificate.has_extended_usage(oid::EKU_TIME_STAMPING) {
        return CertificateClass::Tsa;
    }
    if certificate.has_extended_usage(oid::EKU_OCSP_SIGNING) {
        return CertificateClass::OcspSigner;
    }
    if certificate.is_ca() {
        return CertificateClass::Other;
    }
    let states = |statement| certificate.extensions.qc_statements.contains(&statement);
    let policies = certificate.extensions.policies.as_deref().unwrap_or_default();
    let fiscal =
        policies.iter().any(|policy| policy.id == oid::FISCAL_SEAL_POLICY) && certificate.has_extended_usage(oid::FISCAL_SEAL_SIGNING);
    if fiscal {
        return CertificateClass::FiscalSeal;
    }
    if states(oid::BTK_QUALIFIED_SEAL) && states(oid::BTK_QUALIFIED_SEAL_USE) {
        return CertificateClass::QualifiedSeal;
    }
    if states(oid::BTK_QUALIFIED) && states(oid::BTK_INSTITUTIONAL_SEAL) {
        return CertificateClass::InstitutionalSeal;
    }
    if missing_for_nes(certificate).is_empty() {
        CertificateClass::Nes
    } else {
        CertificateClass::Other
    }
}

/// What keeps a certificate from being a NES, in words for the report; empty for a NES.
pub fn missing_for_nes(certificate: &Certificate) -> Vec<(&'static str, &'static str)> {
    let states = |statement| certificate.extensions.qc_statements.contains(&statement);
    let notice = certificate
        .extensions
        .policies
        .as_deref()
        .unwrap_or_default()
        .iter()
        .any(|policy| policy.user_notice);
    let non_repudiation = certificate
        .extensions
        .key_usage
        .is_some_and(|bits| bits & usage::NON_REPUDIATION != 0);
    let mut missing = Vec::new();
    if !non_repudiation {
        missing.push(("inkâr edilemezlik (nonRepudiation) anahtar kullanımı", "key usage nonRepudiation"));
    }
    if !states(oid::QC_COMPLIANCE) {
        missing.push(("ETSI nitelikli sertifika beyanı", "the ETSI QcCompliance statement"));
    }
    // Other verifiers also take the seal's statement 5070.2.1 here; then a seal that lost its usage statement would pass for a person.
    if !states(oid::BTK_QUALIFIED) {
        missing.push(("BTK nitelikli sertifika beyanı (5070)", "the BTK statement of law 5070"));
    }
    if !notice {
        missing.push((
            "sertifika ilkesinde kullanıcı bildirimi",
            "the user notice in the certificate policies",
        ));
    }
    missing
}

/// True for the classes that stand for an institution.
pub fn is_seal(class: CertificateClass) -> bool {
    matches!(
        class,
        CertificateClass::QualifiedSeal | CertificateClass::InstitutionalSeal | CertificateClass::FiscalSeal
    )
}
