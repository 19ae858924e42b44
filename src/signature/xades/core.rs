//! The cryptographic core of one XML signature: whose certificate, the digests of the references, the signature value, and whether the
//! algorithms were good enough (EN 319 102-1 5.2.3, 5.2.4, 5.2.7; XML-DSig 3.2).

use std::sync::Arc;

use jiff::Timestamp;

use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::context::Context;
use crate::signature::crypto::{Hash, KeyKind, PublicKey, Scheme, ecdsa_from_concatenation};
use crate::signature::octets::Octets;
use crate::signature::path::chain::Material;
use crate::signature::report::Role;
use crate::signature::xades::algorithms;
use crate::signature::xades::c14n::{Canonical, Selection};
use crate::signature::xades::document::{Checked, DSIG, Xml, refuse, refuse_with, text_of};
use crate::signature::xades::properties::Binding;
use crate::signature::xades::reference::{Resolved, Resolver, Target};
use crate::signature::xades::structure::Signature;
use crate::signature::xades::values::key_info_certificates;

/// What is verified against what.
pub struct CoreTask<'a> {
    pub resolver: &'a Resolver<'a, 'a>,
    pub resolved: &'a [Resolved<'a>],
    /// The references of manifests.
    pub manifested: &'a [Resolved<'a>],
    pub binding: Option<&'a Binding>,
    pub material: &'a Material,
    /// When the algorithms must have been good enough.
    pub at: Timestamp,
    pub proven: bool,
    pub role: Role,
}

/// What the core found.
pub struct Core {
    pub certificate: Arc<Certificate>,
    /// The hash by which the signed properties name the certificate.
    pub bound_by: Option<Hash>,
}

/// Core validation and nothing else (XML-DSig 3.2), as libraries of XML signatures understand it: whose key it is, nobody asks.
pub struct Bare {
    pub digests_fit: bool,
    pub signed: SignedOctets,
}

/// Core validation of the first signature in `xml`, for comparisons with other programs.
///
/// # Errors
/// What [`super::judge`] would refuse, too.
pub fn bare(xml: &[u8], content: Option<&[u8]>, context: &Context) -> Checked<Bare> {
    let xml = Xml::parse(text_of(xml, &context.limits)?)?;
    let Some(node) = xml.document.get_elements_by_tag_name_ns(DSIG, "Signature").first().copied() else {
        return refuse(cause::NO_SIGNATURE, "", "");
    };
    let signature = Signature::read(&xml, node)?;
    let resolver = Resolver {
        xml: &xml,
        signature: &signature,
        content: content.map(Octets::from),
        context,
    };
    let mut reasons = Reasons::default();
    let references = signature.references.iter().map(|reference| resolver.resolve(*reference));
    let resolved = references.collect::<Checked<Vec<_>>>()?;
    for one in resolved.iter().chain(&resolver.manifested(&resolved)?) {
        resolver.check_digest(one, &mut reasons)?;
    }
    Ok(Bare {
        digests_fit: reasons.is_passed(),
        signed: signed_octets(&resolver)?,
    })
}

/// Judges the core.
///
/// # Errors
/// No certificate can be said to have signed, or an algorithm is unknown.
pub fn judge(task: &CoreTask<'_>, reasons: &mut Reasons) -> Checked<Core> {
    let digests = check_digests(task, reasons)?;
    let signed = signed_octets(task.resolver)?;
    let core = find_certificate(task, &signed, reasons)?;
    if !signed.fits(&core.certificate) {
        reasons.add(cause::SIGNATURE);
    }
    check_algorithms(task, &digests, signed.scheme, &core.certificate, reasons);
    Ok(core)
}

/// The digests of all references; the hashes that they use.
fn check_digests(task: &CoreTask<'_>, reasons: &mut Reasons) -> Checked<Vec<Hash>> {
    let mut hashes = Vec::new();
    let mut content_named = false;
    for one in task.resolved.iter().chain(task.manifested) {
        let Some((hash, stated)) = task.resolver.check_digest(one, reasons)? else {
            continue;
        };
        hashes.push(hash);
        let is_data = !matches!(one.target, Target::Properties | Target::KeyInfo | Target::Countersigned(_));
        content_named |= is_data
            && task
                .resolver
                .content
                .as_ref()
                .is_some_and(|content| one.target == Target::Supplied || content.digest(hash).is_ok_and(|digest| digest == stated));
    }
    // Somebody shows the supplied content; the signature is over something else.
    if task.resolver.content.is_some() && !content_named {
        reasons.add(cause::CONTENT_CONFUSION);
    }
    if task
        .resolved
        .iter()
        .chain(task.manifested)
        .any(|one| one.target == Target::Supplied)
    {
        reasons.add(cause::DETACHED);
    }
    Ok(hashes)
}

/// SignedInfo in canonical form, and what is said to be its signature.
pub struct SignedOctets {
    pub scheme: Scheme,
    pub octets: Vec<u8>,
    /// ECDSA in DER.
    pub value: Vec<u8>,
}

impl SignedOctets {
    pub fn fits(&self, certificate: &Certificate) -> bool {
        certificate.public_key().is_ok_and(|key| self.is_made_by(key))
    }

    pub fn is_made_by(&self, key: &PublicKey) -> bool {
        key.verify(self.scheme, &self.octets, &self.value) == Ok(true)
    }
}

fn signed_octets(resolver: &Resolver<'_, '_>) -> Checked<SignedOctets> {
    let (xml, signature) = (resolver.xml, resolver.signature);
    let method = xml.algorithm(signature.method);
    let Some(scheme) = algorithms::scheme(method) else {
        return refuse_with(cause::UNSUPPORTED, method);
    };
    let Some(canonical) = Canonical::read(xml, signature.canonicalization) else {
        return refuse_with(cause::XML_TRANSFORM, xml.algorithm(signature.canonicalization));
    };
    let value = xml.base64(signature.value).unwrap_or_default();
    Ok(SignedOctets {
        scheme,
        octets: canonical.octets(xml, Selection::of(signature.signed_info))?,
        value: match scheme {
            Scheme::Ecdsa(_) => ecdsa_from_concatenation(&value).unwrap_or_default(),
            _ => value,
        },
    })
}

/// The certificate that the signed properties name; without them, the one in KeyInfo whose key made the signature. Two certificates of one
/// key are told apart by the digest in the properties and by nothing else.
fn find_certificate(task: &CoreTask<'_>, signed: &SignedOctets, reasons: &mut Reasons) -> Checked<Core> {
    let (xml, signature) = (task.resolver.xml, task.resolver.signature);
    let own = key_info_certificates(xml, signature);
    if let Some(binding) = task.binding {
        let mut named: Vec<(&Arc<Certificate>, Hash)> = Vec::new();
        for certificate in own.iter().chain(&task.material.certificates) {
            if let Some(hash) = binding.names(xml, certificate)
                && !named.iter().any(|(known, _)| known.sha256 == certificate.sha256)
            {
                named.push((certificate, hash));
            }
        }
        // SigningCertificate of v1 may name the whole path (TS 101 903 7.2.2), and KeyInfo has no order (XML-DSig 4.5.4): of those that are
        // named, the signer is the one whose key made the value.
        let of_key = (named.len() > 1)
            .then(|| named.iter().find(|(certificate, _)| signed.fits(certificate)))
            .flatten();
        if let Some((certificate, hash)) = of_key.or(named.first()).copied() {
            if hash == Hash::Sha1 {
                reasons.add(cause::BINDING_V1);
            }
            return Ok(Core {
                certificate: certificate.clone(),
                bound_by: Some(hash),
            });
        }
    }
    let Some(certificate) = own.iter().find(|certificate| signed.fits(certificate)).or(own.first()) else {
        return refuse(cause::NO_CERTIFICATE, "", "");
    };
    match (task.binding, &signature.qualifying) {
        (Some(_), _) => reasons.add(cause::BINDING_MISMATCH),
        (None, None) if task.role == Role::Evidence => reasons.add(cause::XML_NO_XADES),
        (None, None) => {
            reasons.add(cause::XML_NO_XADES);
            reasons.add(cause::NO_BINDING);
        }
        (None, Some(_)) => reasons.add(cause::NO_BINDING),
    }
    Ok(Core {
        certificate: certificate.clone(),
        bound_by: None,
    })
}

fn check_algorithms(task: &CoreTask<'_>, digests: &[Hash], scheme: Scheme, certificate: &Certificate, reasons: &mut Reasons) {
    let kind = certificate.public_key().map_or(KeyKind::Rsa(0), |key| key.kind);
    let constraints = &task.resolver.context.algorithms;
    let weak = digests.iter().find_map(|hash| constraints.check_hash(*hash, task.at).err());
    let weak = weak.or_else(|| constraints.check(scheme.hash(), kind, task.at).err());
    if let Some(weak) = weak {
        reasons.add_with(if task.proven { cause::WEAK } else { cause::WEAK_NO_POE }, &weak);
    }
    for hash in digests.iter().copied().map(Some).chain([scheme.hash()]) {
        if let Some(excused) = constraints.excused(hash, kind, task.at) {
            reasons.add_with(cause::ALGORITHM_EXCUSED, &excused);
        }
    }
}
