//! Random mutations of valid signatures: whatever still passes says the same, of the same signer, proven by the same time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use forge::cades_kit::{Shape, Signing, sign};
use forge::scenario_kit::build;
use forge::scenarios::{Defect, Profile, Rung};
use jiff::Timestamp;
use kep_gateway::hash::Sha256;
use kep_gateway::limits::Limits;
use kep_gateway::signature::asn1::ber::{self, tag};
use kep_gateway::signature::asn1::oid;
use kep_gateway::signature::cades::cms::{SignedData, SignerId};
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::cause;
use kep_gateway::signature::report::{Indication, Role, Verdict};
use kep_gateway::signature::{Context, Trust, verdict};

const CONTENT: &[u8] = b"<PaketOzeti>Degisiklik</PaketOzeti>";

/// Mutations of each file. A failing one is printed with its number and can be made again: the sequence is fixed.
const ROUNDS: usize = 160;

/// A sequence that is the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// What must not have changed when a verdict is a pass.
#[derive(Debug, PartialEq, Eq)]
struct Statement {
    content: Vec<u8>,
    attributes: Vec<u8>,
    signature: Vec<u8>,
    signer: Sha256,
    claimed: Option<Timestamp>,
    proven: Option<Timestamp>,
}

fn statement(cms: &[u8], verdict: &Verdict) -> Statement {
    let signed = SignedData::parse(cms, 32).unwrap();
    assert_eq!(signed.signers.len(), 1);
    let info = &signed.signers[0];
    let report = &verdict.signatures[0];
    Statement {
        content: signed.content.as_deref().unwrap().to_vec(),
        attributes: info.signed_attributes.unwrap().content.to_vec(),
        signature: info.signature.to_vec(),
        signer: report.signer.as_ref().unwrap().certificate_sha256,
        claimed: report.claimed_signing_time,
        proven: report.best_signature_time,
    }
}

fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let at = random.below(out.len());
    let length = 1 + random.below(12);
    let end = (at + length).min(out.len());
    match random.below(6) {
        0 | 1 => out[at] ^= 1 << random.below(8),
        2 => out[at] = random.below(256) as u8,
        3 => drop(out.drain(at..end)),
        4 => {
            let piece = out[at..end].to_vec();
            let to = random.below(out.len());
            out.splice(to..to, piece);
        }
        _ => {
            let other = random.below(out.len() - 12);
            let piece = out[other..other + (end - at)].to_vec();
            out.splice(at..end, piece);
        }
    }
    out
}

fn judge(cms: &[u8], context: &Context) -> Verdict {
    let subject = Subject {
        role: Role::Signature,
        covers: "test".into(),
        expected: Expected::Inside,
    };
    verdict(cades::judge(cms, &subject, context), &[], context)
}

#[test]
fn a_mutation_that_passes_changed_nothing_that_is_protected() {
    let mut unnamed = Vec::new();
    for (shape, profile) in [
        (Shape::Bes, Profile::P1),
        (Shape::T, Profile::P2),
        (Shape::X1, Profile::P1),
        (Shape::Xl, Profile::P4),
        (Shape::BaselineLt, Profile::P4),
        (Shape::A2, Profile::P4),
        (Shape::A3, Profile::P4),
        (Shape::A3v3, Profile::P3),
        (Shape::BaselineLta, Profile::P4),
    ] {
        let kit = build(Defect::Sound, shape.rung(), profile);
        let dir = tempfile::tempdir().unwrap();
        kit.lay_out(dir.path());
        let folder = |name: &str| dir.path().join(name);
        let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
        let context = Context::new(Arc::new(trust), kit.at, Limits::default());
        let genuine = sign(CONTENT, true, &[Signing::new(kit, shape)]);
        let verdict = judge(&genuine, &context);
        assert_eq!(verdict.indication, Indication::Passed, "{shape:?}");
        let said = statement(&genuine, &verdict);
        let stamps = archive_stamps(&verdict);
        let mut random = Random(shape as u64 + 1);
        let mut passed = 0;
        for round in 0..ROUNDS {
            let mutated = mutate(&genuine, &mut random);
            if mutated == genuine {
                continue;
            }
            let verdict = judge(&mutated, &context);
            if verdict.indication == Indication::Passed {
                assert_eq!(statement(&mutated, &verdict), said, "{shape:?} round {round}");
                // Without the archive timestamp itself the signature passes at a lower level, and the attribute is named as unknown.
                let archived = shape.rung() == Rung::Lta && archive_stamps(&verdict) == stamps;
                assert!(
                    !archived || !in_frame(&genuine, &mutated),
                    "{shape:?} round {round}: under the archive timestamp"
                );
                if !names_unprotected(&verdict) && !means_the_same(&genuine, &mutated) {
                    unnamed.push(format!("{shape:?} round {round}: {}", difference(&genuine, &mutated)));
                }
                passed += 1;
            }
        }
        println!("{shape:?}: {passed} of {ROUNDS} mutations passed, none of what is protected");
    }
    assert!(
        unnamed.is_empty(),
        "bytes differ that nothing protects and nobody names:\n{}",
        unnamed.join("\n")
    );
}

fn archive_stamps(verdict: &Verdict) -> usize {
    let stamps = &verdict.signatures[0].timestamps;
    stamps.iter().filter(|stamp| stamp.r#type == "archive").count()
}

/// The report says that something stands there without protection.
fn names_unprotected(verdict: &Verdict) -> bool {
    let mut reasons = verdict.signatures.iter().flat_map(|one| &one.reasons);
    reasons.any(|reason| [cause::UNPROTECTED.code, cause::UNUSED.code].contains(&reason.code.as_str()))
}

/// Where two files differ first, for whoever looks into it.
fn difference(genuine: &[u8], mutated: &[u8]) -> String {
    let at = genuine
        .iter()
        .zip(mutated)
        .position(|(one, other)| one != other)
        .unwrap_or_default();
    let around = |bytes: &[u8]| hex::encode(&bytes[at.saturating_sub(24)..(at + 12).min(bytes.len())]);
    format!("byte {at} of {}\n  {}\n  {}", genuine.len(), around(genuine), around(mutated))
}

/// Two ways to write one thing: BER, a name in another letter case or spacing (RFC 5280 7.1), or another description in a reference whose hash is
/// what is compared.
fn means_the_same(genuine: &[u8], mutated: &[u8]) -> bool {
    let canonical = |bytes| ber::whole(bytes, 32).and_then(|value| value.to_der(tag::SEQUENCE, false));
    let same = canonical(mutated).is_ok() && canonical(genuine) == canonical(mutated);
    same || without_references(genuine) == without_references(mutated)
}

/// The octets without the complete references, and without the issuers' names by which signers and authorities are looked up: they fit in
/// every letter case and spacing, in Turkish letters, too.
fn without_references(cms: &[u8]) -> Vec<u8> {
    let mut ranges = Vec::new();
    described(&SignedData::parse(cms, 32).unwrap(), cms, &mut ranges);
    ranges.sort_unstable();
    let mut left = cms.to_vec();
    for (start, length) in ranges.into_iter().rev() {
        left.drain(start..start + length);
    }
    left
}

fn described(signed: &SignedData<'_>, cms: &[u8], ranges: &mut Vec<(usize, usize)>) {
    let mut add = |raw: &[u8]| ranges.push((raw.as_ptr() as usize - cms.as_ptr() as usize, raw.len()));
    for signer in &signed.signers {
        if let SignerId::IssuerSerial { issuer, .. } = &signer.id {
            add(issuer.raw);
        }
    }
    let attributes: Vec<_> = signed.signers.iter().flat_map(|signer| &signer.unsigned).collect();
    for attribute in &attributes {
        if [oid::CERTIFICATE_REFS, oid::REVOCATION_REFS].contains(&attribute.id) {
            add(attribute.raw.raw);
        }
    }
    for value in attributes.iter().flat_map(|attribute| &attribute.values) {
        if let Ok(token) = SignedData::parse(value.raw, 32) {
            described(&token, cms, ranges);
        }
    }
}

/// True when one of the things that every archive timestamp covers differs: certificates, revocation data, unsigned attributes but
/// archive timestamps.
fn in_frame(genuine: &[u8], mutated: &[u8]) -> bool {
    let (a, b) = (SignedData::parse(genuine, 32).unwrap(), SignedData::parse(mutated, 32).unwrap());
    let sets = |one: &SignedData<'_>| {
        let archive = ["0.4.0.1733.2.4", "1.2.840.113549.1.9.16.2.48"];
        let attributes = one.signers[0]
            .unsigned
            .iter()
            .filter(|attribute| !archive.contains(&attribute.id.to_string().as_str()));
        let values: Vec<Vec<u8>> = attributes
            .flat_map(|one| one.values.iter().map(|value| value.raw.to_vec()))
            .collect();
        let crls: Vec<Vec<u8>> = one.crls.iter().map(|value| value.raw.to_vec()).collect();
        (
            values,
            crls,
            one.certificates.iter().map(|value| value.raw.to_vec()).collect::<Vec<_>>(),
        )
    };
    sets(&a) != sets(&b)
}
