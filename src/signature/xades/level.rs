//! Levels of XAdES by the properties present (TS 101 903 4.4, EN 319 132-1 6), and what the BTK profiles ask of them.

use std::sync::Arc;

use crate::signature::asn1::oid;
use crate::signature::cades::cms::SignedData;
use crate::signature::cades::profile::{Inside, Profile, rule};
use crate::signature::cades::signer;
use crate::signature::cause::Reasons;
use crate::signature::certificate::Certificate;
use crate::signature::context::Context;
use crate::signature::crypto::Hash;
use crate::signature::existence::Token;
use crate::signature::path::chain::Material;
use crate::signature::xades::core::Core;
use crate::signature::xades::document::Xml;
use crate::signature::xades::properties::SignedProperties;
use crate::signature::xades::structure::{Signature, XADES, XADES_141};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    step: Step,
    /// Written by EN 319 132-1 (SigningCertificateV2, no complete references): baseline names.
    baseline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Bes,
    Epes,
    T,
    C,
    X,
    XLong,
    A,
}

impl Level {
    pub fn name(self) -> &'static str {
        match (self.step, self.baseline) {
            (Step::Bes | Step::Epes, true) => "B-B",
            (Step::T, true) => "B-T",
            (Step::XLong, true) => "B-LT",
            (Step::A, true) => "B-LTA",
            (step, _) => step.name(),
        }
    }
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Bes => "BES",
            Self::Epes => "EPES",
            Self::T => "T",
            Self::C => "C",
            Self::X => "X",
            Self::XLong => "X-L",
            Self::A => "A",
        }
    }
}

pub fn of(xml: &Xml<'_>, signature: &Signature, stated: &SignedProperties) -> Level {
    let has = |names: &[&str]| signature.has_unsigned(xml, names);
    let refs = has(&["CompleteCertificateRefs", "CompleteCertificateRefsV2"]) && has(&["CompleteRevocationRefs"]);
    let stamped_refs = has(&[
        "SigAndRefsTimeStamp",
        "SigAndRefsTimeStampV2",
        "RefsOnlyTimeStamp",
        "RefsOnlyTimeStampV2",
    ]);
    let step = match () {
        () if has(&["ArchiveTimeStamp"]) => Step::A,
        () if has(&["RevocationValues"]) && has(&["CertificateValues"]) => Step::XLong,
        () if stamped_refs => Step::X,
        () if refs => Step::C,
        () if has(&["SignatureTimeStamp"]) => Step::T,
        () if stated.policy.is_some() => Step::Epes,
        () => Step::Bes,
    };
    Level {
        step,
        baseline: stated.binding.as_ref().is_some_and(|binding| binding.v2) && !refs && !stamped_refs,
    }
}

/// What of P3's and P4's demands is there, usable or not.
pub fn inside(xml: &Xml<'_>, signature: &Signature, material: &Material, certificate: &Certificate) -> Inside {
    // An empty list is none.
    let lists = |properties: &[&str], entries: &[&str]| {
        let nodes = properties
            .iter()
            .flat_map(|name| signature.unsigned(xml, XADES, name).chain(signature.unsigned(xml, XADES_141, name)));
        let mut below = nodes.flat_map(|node| xml.document.descendants(node));
        below.any(|node| entries.iter().any(|entry| xml.is(node, XADES, entry)))
    };
    let revocation = &material.revocation;
    Inside {
        crl: revocation.crls.iter().any(|list| list.issuer == certificate.issuer),
        ocsp: !revocation.ocsp.is_empty(),
        references: lists(&["CompleteCertificateRefs", "CompleteCertificateRefsV2"], &["Cert"])
            && lists(&["CompleteRevocationRefs"], &["CRLRef", "OCSPRef"]),
        certificates: lists(&["CertificateValues"], &["EncapsulatedX509Certificate"]),
    }
}

/// The rules of P2 to P4 that only XAdES has (BTK guide, 5; and what the reference library checks).
pub fn check_profile(xml: &Xml<'_>, signature: &Signature, profile: Profile, core: &Core, reasons: &mut Reasons) {
    if core.bound_by.is_some_and(|hash| hash != Hash::Sha256) {
        rule(
            reasons,
            "SigningCertificate özeti SHA-256 değil",
            "the digest in SigningCertificate is not SHA-256",
        );
    }
    if profile != Profile::P2 && !signature.has_unsigned(xml, &["SigAndRefsTimeStamp", "SigAndRefsTimeStampV2"]) {
        rule(reasons, "SigAndRefsTimeStamp yok", "SigAndRefsTimeStamp is missing");
    }
}

/// P3 and P4 want the state of the timestamping authority from a CRL (the reference library's check for XAdES): an OCSP response alone, in
/// the token or beside it, breaks the profile. None of either is late and not wrong.
pub fn check_authorities(tokens: &[Token<'_>], material: &Material, profile: Profile, context: &Context, reasons: &mut Reasons) {
    let depth = context.limits.cms_depth;
    for token in tokens.iter().filter(|token| token.kind == "signature" && profile != Profile::P2) {
        let Ok(signed) = SignedData::parse(token.raw, depth) else {
            continue;
        };
        let own = signer::material_of(&signed, depth);
        let is_authority = |one: &&Arc<Certificate>| one.extensions.extended_key_usage.as_deref() == Some(&[oid::EKU_TIME_STAMPING]);
        for authority in own.certificates.iter().filter(is_authority) {
            let pools = || [&own.revocation, &material.revocation].into_iter();
            let listed = pools().any(|pool| pool.crls.iter().any(|list| list.issuer == authority.issuer));
            let answered = pools().any(|pool| {
                let mut answers = pool.ocsp.iter().flat_map(|response| &response.answers);
                answers.any(|answer| answer.has_serial_of(authority))
            });
            if answered && !listed {
                rule(
                    reasons,
                    "zaman damgası sertifikası için SİL gerekli",
                    "a CRL for the timestamping authority is required",
                );
            }
        }
    }
}
