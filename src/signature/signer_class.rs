//! A signer's certificate judged by the role of its signature: the anchors it must lead to and the kind it must be of.

use std::sync::Arc;

use jiff::Timestamp;

use crate::signature::asn1::oid;
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::certificate::class;
use crate::signature::certificate::extension::usage;
use crate::signature::context::Context;
use crate::signature::path::chain::{self, ChainVerdict, Material, Question};
use crate::signature::report::{CertificateClass, Role, Signer};
use crate::signature::trust::Purpose;

/// Path, class and state of a signer's certificate, by the role that its signature has.
pub fn judge_signer_certificate(
    certificate: &Arc<Certificate>,
    role: Role,
    material: &Material,
    (at, proven, not_before): (Timestamp, bool, Option<Timestamp>),
    context: &Context,
    reasons: &mut Reasons,
) -> (ChainVerdict, CertificateClass) {
    let content_class = class::classify(certificate);
    let purpose = match role {
        Role::Signature | Role::Initial | Role::Sender => Purpose::Nes,
        Role::Seal => Purpose::Seal,
        Role::Provider | Role::Evidence => Purpose::Provider,
        Role::Timestamp => Purpose::Tsa,
        Role::Document if class::is_seal(content_class) => Purpose::Seal,
        Role::Document => Purpose::Nes,
    };
    let question = Question {
        purpose,
        at,
        proven,
        existed: at,
        not_before,
    };
    if !certificate.extensions.allows(usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION) {
        reasons.add(cause::KEY_USAGE);
    }
    let verdict = chain::judge(certificate, material, question, context, reasons);
    // The allow-list makes a provider of a certificate that is nothing else; a person's certificate never becomes one.
    let class = match content_class {
        CertificateClass::Other if purpose == Purpose::Provider && verdict.anchor.is_some() && !certificate.is_ca() => {
            CertificateClass::KepProvider
        }
        class => class,
    };
    check_class(certificate, class, role, verdict.anchor.is_some(), reasons);
    (verdict, class)
}

fn check_class(certificate: &Certificate, class: CertificateClass, role: Role, anchored: bool, reasons: &mut Reasons) {
    let fits = match role {
        Role::Signature | Role::Initial | Role::Sender => class == CertificateClass::Nes,
        Role::Seal => class::is_seal(class),
        // Without an anchor nobody knows whether it is a provider's: that is a reason already.
        Role::Provider | Role::Evidence => class == CertificateClass::KepProvider || (class == CertificateClass::Other && !anchored),
        Role::Document => class == CertificateClass::Nes || class::is_seal(class),
        Role::Timestamp => class == CertificateClass::Tsa,
    };
    if fits {
        return;
    }
    let missing = class::missing_for_nes(certificate);
    let person = matches!(role, Role::Signature | Role::Initial | Role::Sender | Role::Document);
    let (tr, en) = match class {
        CertificateClass::Other if person && !missing.is_empty() => (
            format!("nitelikli sertifika değil; eksik: {}", join(missing.iter().map(|(tr, _)| *tr))),
            format!("not a qualified certificate; missing: {}", join(missing.iter().map(|(_, en)| *en))),
        ),
        _ => (format!("sertifikanın türü {}", turkish(class)), format!("it is {}", english(class))),
    };
    reasons.add_in_two(cause::WRONG_CLASS, &tr, &en);
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn turkish(class: CertificateClass) -> &'static str {
    match class {
        CertificateClass::Nes => "nitelikli elektronik sertifika (kişi)",
        CertificateClass::QualifiedSeal => "nitelikli elektronik mühür",
        CertificateClass::InstitutionalSeal => "kurumsal mühür",
        CertificateClass::FiscalSeal => "mali mühür",
        CertificateClass::KepProvider => "KEPHS işlem sertifikası",
        CertificateClass::Tsa => "zaman damgası sertifikası",
        CertificateClass::OcspSigner => "OCSP sertifikası",
        CertificateClass::Other => "bilinen türlerden hiçbiri",
    }
}

fn english(class: CertificateClass) -> &'static str {
    match class {
        CertificateClass::Nes => "a person's qualified certificate",
        CertificateClass::QualifiedSeal => "a qualified seal",
        CertificateClass::InstitutionalSeal => "an institutional seal",
        CertificateClass::FiscalSeal => "a fiscal seal",
        CertificateClass::KepProvider => "a KEP provider's certificate",
        CertificateClass::Tsa => "a timestamping certificate",
        CertificateClass::OcspSigner => "an OCSP certificate",
        CertificateClass::Other => "of none of the known kinds",
    }
}

/// The signer as the report shows it.
pub fn describe(certificate: &Certificate, class: CertificateClass) -> Signer {
    Signer {
        common_name: certificate.subject.common_name().map(str::to_owned),
        organization: certificate.subject.get(oid::ORGANIZATION).map(str::to_owned),
        serial_masked: certificate.masked_subject_serial(),
        class,
        certificate_sha256: certificate.sha256,
        issuer: Some(certificate.issuer.label()),
    }
}
