//! The verdict on every signature of an XML document: XAdES of all levels (EN 319 132-1, TS 101 903) over XML-DSig, and plain XML-DSig of
//! evidence (delil). A signature passes only when what the gateway consumes is what its references cover.

pub mod algorithms;
pub mod c14n;
pub mod core;
pub mod coverage;
pub mod document;
pub mod level;
pub mod properties;
pub mod reference;
pub mod stamps;
pub mod structure;
pub mod values;

use jiff::Timestamp;
use uppsala::NodeId;

use crate::signature::cades::profile::{self, Facts, GRACE, Profile};
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::existence::{self, Proofs};
use crate::signature::octets::Octets;
use crate::signature::path::chain::Material;
use crate::signature::report::{CertificateClass, Role, SignatureReport};
use crate::signature::signer_class::{describe, judge_signer_certificate};
use crate::signature::timestamp;
use crate::signature::validation::Check;
use crate::signature::verdict;
use crate::signature::xades::core::CoreTask;
use crate::signature::xades::document::{Checked, DSIG, Refusal, Xml, refuse, text_of};
use crate::signature::xades::level::Level;
use crate::signature::xades::properties::SignedProperties;
use crate::signature::xades::reference::{Resolved, Resolver, Target};
use crate::signature::xades::stamps::Stamps;
use crate::signature::xades::structure::{Signature, XADES};

/// Signatures of one file, counter-signatures included. A paraf chain has a dozen.
const MAX_SIGNATURES: usize = 64;

/// What a document is judged as.
pub struct Subject<'a> {
    /// An evidence document has one signature, a child of its root, over the root and nothing else.
    pub role: Role,
    /// Name of what is signed.
    pub covers: String,
    /// What a detached signature signs.
    pub content: Option<Octets<'a>>,
}

/// The verdicts on the signatures in `xml`, at least one: bytes that cannot be read are a verdict too.
pub fn judge(xml: &[u8], subject: &Subject<'_>, context: &Context) -> Vec<SignatureReport> {
    let judged = || {
        let xml = Xml::parse(text_of(xml, &context.limits)?)?;
        let signatures = locate(&xml, subject.role)?;
        let judge = Judge {
            xml: &xml,
            subject,
            context,
        };
        let outermost = |node| Place { top: node, parent: None };
        let judged = signatures
            .into_iter()
            .map(|node| judge.signature(node, outermost(node), context.received_at));
        Ok(judged.collect())
    };
    judged().unwrap_or_else(|refusal| vec![refused(subject, "XML-DSig", refusal)])
}

/// The one verdict on an evidence document.
pub fn judge_evidence(xml: &[u8], covers: &str, context: &Context) -> SignatureReport {
    let subject = Subject {
        role: Role::Evidence,
        covers: covers.to_owned(),
        content: None,
    };
    let none = || refused(&subject, "XML-DSig", Refusal(cause::NO_SIGNATURE, String::new(), String::new()));
    judge(xml, &subject, context).pop().unwrap_or_else(none)
}

/// The steps that a judgement which came to its end has made; those about the certificate were recorded where it was judged.
fn record_steps(with_properties: bool, stamped: bool, reasons: &mut Reasons) {
    let record = &mut reasons.record;
    for check in [
        Check::Format,
        Check::SignerCertificate,
        Check::Digest,
        Check::SignatureValue,
        Check::Algorithms,
        Check::Acceptance,
    ] {
        record.made(check);
    }
    match with_properties {
        true => record.made(Check::Binding),
        // Evidence of providers that sign plain XML-DSig: the certificate in KeyInfo is the one whose key fits.
        false => record.not_asked(Check::Binding),
    }
    match stamped {
        true => record.made(Check::Timestamps),
        false => record.not_asked(Check::Timestamps),
    }
}

fn refused(subject: &Subject<'_>, format: &str, Refusal(cause, tr, en): Refusal) -> SignatureReport {
    let mut reasons = Reasons::default();
    reasons.add_in_two(cause, &tr, &en);
    verdict::empty_report(subject.role, format, &subject.covers, reasons)
}

/// The signatures that speak for the document: those that are not inside another one.
fn locate(xml: &Xml<'_>, role: Role) -> Checked<Vec<NodeId>> {
    let all = xml.document.get_elements_by_tag_name_ns(DSIG, "Signature");
    if all.is_empty() {
        return refuse(cause::NO_SIGNATURE, "", "");
    }
    if all.len() > MAX_SIGNATURES {
        return refuse(cause::XML_TOO_MUCH, "imza sayısı", "the number of signatures");
    }
    let outermost: Vec<NodeId> = all.iter().copied().filter(|node| !is_inside(xml, *node, &all)).collect();
    if role != Role::Evidence {
        return Ok(outermost);
    }
    match all.as_slice() {
        [one] if xml.document.parent(*one) == Some(xml.root()) => Ok(outermost),
        [_] => refuse(
            cause::XML_REFERENCE,
            "imza kök öğenin içinde değil",
            "the signature is not a child of the root",
        ),
        _ => refuse(cause::XML_REFERENCE, "birden çok imza var", "there are several signatures"),
    }
}

fn is_inside(xml: &Xml<'_>, node: NodeId, all: &[NodeId]) -> bool {
    all.iter().any(|other| *other != node && xml.is_within(node, *other))
}

/// Where a signature stands.
#[derive(Clone, Copy)]
struct Place {
    /// The outermost signature around it.
    top: NodeId,
    /// The SignatureValue that a counter-signature must sign.
    parent: Option<NodeId>,
}

struct Judge<'a, 'd> {
    xml: &'a Xml<'d>,
    subject: &'a Subject<'a>,
    context: &'a Context,
}

impl Judge<'_, '_> {
    /// `known_since`: when this signature is known to have existed by another proof than its own timestamps.
    fn signature(&self, node: NodeId, place: Place, known_since: Option<Timestamp>) -> SignatureReport {
        let material = values::material_of(self.xml, place.top);
        let judged = Signature::read(self.xml, node).and_then(|signature| self.judge(&signature, &material, place, known_since));
        judged.unwrap_or_else(|refusal| {
            let format = if self.mentions_properties(node) { "XAdES" } else { "XML-DSig" };
            refused(self.subject, format, refusal)
        })
    }

    fn mentions_properties(&self, node: NodeId) -> bool {
        let mut below = self.xml.document.descendants(node).into_iter();
        below.any(|node| self.xml.is(node, XADES, "QualifyingProperties"))
    }

    fn judge(&self, signature: &Signature, material: &Material, place: Place, known_since: Option<Timestamp>) -> Checked<SignatureReport> {
        let (xml, context, role) = (self.xml, self.context, self.subject.role);
        let mut reasons = Reasons::default();
        let resolver = Resolver {
            xml,
            signature,
            content: self.subject.content.clone(),
            context,
        };
        let resolved = signature
            .references
            .iter()
            .map(|reference| resolver.resolve(*reference))
            .collect::<Checked<Vec<_>>>()
            .or_else(|refusal| self.nothing_outside(refusal))?;
        let manifested = resolver.manifested(&resolved)?;
        self.check_targets(&resolver, &resolved, place.parent, &mut reasons)?;
        let stated = SignedProperties::read(xml, signature, &mut reasons);

        let mut unjudged = Reasons::default();
        let stamps = Stamps::read(xml, signature, &resolved, &mut unjudged);
        let proofs = existence::judge(stamps.tokens(), known_since, material, context);
        let stamped = proofs.stamped();
        let proven = [proofs.signature, known_since].into_iter().flatten().min();
        let at = proven.unwrap_or(context.at);

        let task = CoreTask {
            resolver: &resolver,
            resolved: &resolved,
            manifested: &manifested,
            binding: stated.binding.as_ref(),
            material,
            at,
            proven: proven.is_some(),
            role,
        };
        let core = core::judge(&task, &mut reasons)?;
        let claimed = stated
            .policy
            .as_ref()
            .and_then(|policy| profile::judge_policy(policy, &mut reasons));
        let with_properties = signature.qualifying.is_some();
        if with_properties {
            profile::check_times(role, stated.signing_time, stamped, context.at, &mut reasons);
        }
        existence::check_order(&proofs.stamps, stated.signing_time, &mut reasons);
        let level = with_properties.then(|| level::of(xml, signature, &stated));
        let mut facts = Facts {
            has_stamp: stamps.has_signature_stamp(),
            level: level.map(Level::name),
            binding_v2: core.bound_by.is_some(),
            signing_time: stated.signing_time,
            stamped,
            good: &[],
            signer_good: false,
            carried: &[],
        };
        if let Some(profile) = claimed {
            profile::check_form(profile, &facts, &mut reasons);
            profile::check_inside(profile, &level::inside(xml, signature, material, &core.certificate), &mut reasons);
            level::check_profile(xml, signature, profile, &core, &mut reasons);
            level::check_authorities(&stamps.tokens(), material, profile, context, &mut reasons);
        }
        reasons.append(unjudged);
        timestamp::add_reasons(&proofs.stamps, &mut reasons);
        if let Some(which) = values::unanswered_reference(xml, signature, &core.certificate) {
            reasons.add_with(cause::REFERENCES_MISMATCH, which);
        }
        let waits = matches!(claimed, Some(Profile::P2 | Profile::P3));
        let not_before = stamped.filter(|_| waits).and_then(|time| time.saturating_add(GRACE).ok());
        let when = (at, proven.is_some(), not_before);
        let (verdict, class) = judge_signer_certificate(&core.certificate, role, material, when, context, &mut reasons);
        self.check_formats(
            signature,
            &resolved,
            claimed.is_some() || class == CertificateClass::Nes,
            &mut reasons,
        )?;
        if let Some(profile) = claimed {
            (facts.good, facts.signer_good, facts.carried) = (&verdict.good, !verdict.good.is_empty(), &verdict.carried);
            profile::check_state(profile, &facts, &mut reasons);
        }
        let countersigning = coverage::is_countersigning(xml, &resolved);
        let everything: Vec<Resolved<'_>> = resolved.into_iter().chain(manifested).collect();
        coverage::judge(xml, signature, &everything, countersigning, &mut reasons);
        let counter_signatures = self.counter_signatures(signature, (place, known_since), (&stamps, &proofs), &mut reasons);
        record_steps(with_properties, !proofs.stamps.is_empty(), &mut reasons);

        let (indication, sub_indication) = reasons.outcome();
        Ok(SignatureReport {
            retry_after: reasons.retry_after(),
            role,
            format: if with_properties { "XAdES" } else { "XML-DSig" }.to_owned(),
            level: level.map(|level| level.name().to_owned()),
            profile: claimed.map(|profile| profile.name().to_owned()),
            indication,
            sub_indication,
            validation: reasons.validation(),
            reasons: reasons.into_list(),
            signer: Some(describe(&core.certificate, class)),
            claimed_signing_time: stated.signing_time,
            best_signature_time: proven,
            covers: match countersigning {
                false => self.subject.covers.clone(),
                true => format!("{} (imza/signature)", self.subject.covers),
            },
            timestamps: proofs.stamps.into_iter().map(|stamp| stamp.report).collect(),
            revocation: verdict.revocation,
            counter_signatures,
        })
    }

    /// Evidence signs itself: content elsewhere is not missing, it is wrong.
    fn nothing_outside<T>(&self, refusal: Refusal) -> Checked<T> {
        match self.subject.role == Role::Evidence && [cause::XML_EXTERNAL, cause::NO_CONTENT].contains(&refusal.0) {
            true => refuse(cause::XML_REFERENCE, "belge dışına başvuru", "a reference outside the document"),
            false => Err(refusal),
        }
    }

    /// Each reference leads where it may, and those that must be there are.
    fn check_targets(
        &self,
        resolver: &Resolver<'_, '_>,
        resolved: &[Resolved<'_>],
        parent: Option<NodeId>,
        reasons: &mut Reasons,
    ) -> Checked<()> {
        let to_properties: Vec<_> = resolved.iter().filter(|one| one.target == Target::Properties).collect();
        match (resolver.signature.qualifying.is_some(), to_properties.as_slice()) {
            (false, _) => {}
            (true, [one]) => resolver.check_properties_type(one.node, reasons),
            (true, _) => {
                return refuse(
                    cause::XML_REFERENCE,
                    "XAdES özellikleri imzalanmamış",
                    "the XAdES properties are not signed",
                );
            }
        }
        let data: Vec<_> = resolved
            .iter()
            .filter(|one| !matches!(one.target, Target::Properties | Target::KeyInfo))
            .collect();
        if let Some(value) = parent {
            return match data.as_slice() {
                [one] if one.target == Target::Countersigned(value) => Ok(()),
                _ => refuse(
                    cause::XML_REFERENCE,
                    "karşı imza, üstündeki imzayı imzalamıyor",
                    "the counter-signature does not sign the signature above it",
                ),
            };
        }
        if self.subject.role == Role::Evidence {
            return match data.as_slice() {
                [one] if coverage::covers_root(self.xml, one) && one.enveloped => Ok(()),
                _ => refuse(
                    cause::XML_REFERENCE,
                    "enveloped dönüşümüyle kök öğeye tek başvuru olmalı",
                    "there must be one reference, enveloped, to the root",
                ),
            };
        }
        match data.is_empty() {
            true => refuse(cause::XML_REFERENCE, "içeriğe başvuru yok", "no reference to content"),
            false => Ok(()),
        }
    }

    /// What is said of the data, and whether enough is: the BTK guide wants their type signed (pki.md 3). Who signs for a person or under a
    /// profile must say so; a seal without a profile need not.
    fn check_formats(&self, signature: &Signature, resolved: &[Resolved<'_>], wanted: bool, reasons: &mut Reasons) -> Checked<()> {
        if signature.qualifying.is_none() {
            return Ok(());
        }
        let to_data = |one: &&Resolved<'_>| !matches!(one.target, Target::Properties | Target::KeyInfo | Target::Countersigned(_));
        let data: Vec<NodeId> = resolved.iter().filter(to_data).map(|one| one.node).collect();
        let stated = properties::formats_stated(self.xml, signature, &data)?;
        if wanted && !stated && self.subject.role != Role::Evidence {
            reasons.add(cause::XML_DATA_FORMAT);
        }
        Ok(())
    }

    /// Counter-signatures in their property, each judged; signatures in other places inside this one are not.
    fn counter_signatures(
        &self,
        signature: &Signature,
        (place, known_since): (Place, Option<Timestamp>),
        (stamps, proofs): (&Stamps, &Proofs<'_>),
        reasons: &mut Reasons,
    ) -> Vec<SignatureReport> {
        let xml = self.xml;
        let properties: Vec<NodeId> = signature.unsigned(xml, XADES, "CounterSignature").collect();
        let mut reports = Vec::new();
        for property in &properties {
            // An archive timestamp below covers it too.
            let archived = stamps.counter_value(*property).and_then(|value| proofs.known_since(value));
            let since = [known_since, archived].into_iter().flatten().min();
            match xml.elements(*property).as_slice() {
                [counter] if xml.is(*counter, DSIG, "Signature") => {
                    let above = Place {
                        parent: Some(signature.value),
                        ..place
                    };
                    reports.push(self.signature(*counter, above, since));
                }
                _ => reasons.add_with(cause::XML_PROPERTY, "CounterSignature"),
            }
        }
        let elsewhere = |node: &NodeId| {
            let in_property = properties.iter().any(|property| xml.is_within(*node, *property));
            xml.is(*node, DSIG, "Signature") && *node != signature.node && !in_property
        };
        if xml.document.descendants(signature.node).iter().any(elsewhere) {
            reasons.add(cause::XML_NESTED);
        }
        reports
    }
}
