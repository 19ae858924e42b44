//! Attacks on PDF signatures: every one is refused, by the rule that it breaks; and their harmless relatives pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use bytes::Bytes;
use forge::pdf_attack;
use forge::pdf_file::{Style, find};
use forge::pdf_sign::StampIn;
use forge::scenario_kit::{Kit, build};
use forge::scenarios::{Defect, Profile, Rung};
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::cms::{SignedData, SignerId};
use kep_gateway::signature::report::{Indication, Role};
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

fn kit() -> Kit {
    build(Defect::Sound, Rung::T, Profile::P1)
}

fn context(kit: &Kit) -> Context {
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    // The second signer's answers too: both are of one authority.
    let other = forge::scenario_kit::second(kit.defect, kit.rung, kit.profile);
    other.lay_out(&dir.path().join("other"));
    for entry in std::fs::read_dir(dir.path().join("other/revocation")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("other-{}", path.file_name().unwrap().to_string_lossy());
        std::fs::copy(&path, dir.path().join("revocation").join(name)).unwrap();
    }
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), kit.at, Limits::default())
}

fn judged(pdf: Vec<u8>, context: &Context) -> FileReport {
    verify_file(&Bytes::from(pdf), "x.pdf", None, context)
}

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or_default().to_owned()
}

fn told(report: &FileReport) -> String {
    let signatures = report.signatures.iter().map(|signature| {
        let reasons: Vec<String> = signature
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.en))
            .collect();
        format!("  {:?} {:?}: {}", signature.role, signature.indication, reasons.join(" | "))
    });
    signatures.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_attack_is_refused_for_what_it_is() {
    let kit = kit();
    let context = context(&kit);
    let sound = judged(pdf_attack::signed(&kit, Style::Table).bytes, &context);
    assert_eq!(word(sound.indication), "TOTAL-PASSED", "{}", told(&sound));
    let mut wrong = Vec::new();
    for attack in pdf_attack::all(&kit) {
        let report = judged(attack.pdf, &context);
        let mut reasons = report.signatures.iter().flat_map(|signature| &signature.reasons);
        let named = reasons.any(|reason| reason.code == attack.code);
        if word(report.indication) != attack.indication || !named {
            wrong.push(format!(
                "{}: {} wanted {} with {}\n{}",
                attack.name,
                word(report.indication),
                attack.indication,
                attack.code,
                told(&report)
            ));
        }
        println!("{}: {} {}", attack.name, word(report.indication), word(report.sub_indication));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a signed document may get, and keeps its verdict.
#[test]
fn what_may_come_after_a_signature_is_told_and_passes() {
    let kit = kit();
    let context = context(&kit);
    let mut wrong = Vec::new();
    for (name, pdf, code) in forge::pdf_annotated::harmless(&kit) {
        let report = judged(pdf, &context);
        let told_so = code.is_none_or(|code| {
            report
                .signatures
                .iter()
                .any(|signature| signature.reasons.iter().any(|reason| reason.code == code))
        });
        if word(report.indication) != "TOTAL-PASSED" || !told_so {
            wrong.push(format!("{name}: {}\n{}", word(report.indication), told(&report)));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_pdf_that_nobody_signed_says_so() {
    let kit = kit();
    let context = context(&kit);
    for style in [Style::Table, Style::Stream, Style::Compressed] {
        let report = judged(forge::pdf_file::File::letter(style).bytes, &context);
        assert_eq!(
            (word(report.indication), word(report.sub_indication)),
            ("INDETERMINATE".into(), "NO_SIGNATURE".into())
        );
    }
    for pdf in [
        &b"%PDF-"[..],
        b"%PDF-1.4\n%%EOF",
        b"%PDF-1.4 startxref 9 %%EOF",
        b"%PDF-1.4\nstartxref\n0\n%%EOF\n",
    ] {
        let report = judged(pdf.to_vec(), &context);
        assert_eq!(word(report.sub_indication), "NO_SIGNATURE", "{}", String::from_utf8_lossy(pdf));
    }
    // Only a document timestamp: nobody signed.
    let mut file = forge::pdf_file::File::letter(Style::Table);
    forge::pdf_sign::timestamp(&mut file, kit.stamp.as_ref().unwrap(), "ZD");
    let report = judged(file.bytes, &context);
    assert_eq!(word(report.sub_indication), "NO_SIGNATURE", "{}", told(&report));
    assert_eq!(report.signatures.len(), 2);
}

/// A generator of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// Names by which signers and timestamping authorities are looked up, in the hexadecimal of the hole: they fit in every letter case and
/// spacing (RFC 5280 7.1).
fn looked_up(cms: &[u8], whole: &[u8], hole: usize, found: &mut Vec<std::ops::Range<usize>>) {
    let Ok(signed) = SignedData::parse(cms, 32) else { return };
    for signer in &signed.signers {
        if let SignerId::IssuerSerial { issuer, .. } = &signer.id {
            let start = issuer.raw.as_ptr() as usize - whole.as_ptr() as usize;
            found.push(hole + 1 + 2 * start..hole + 1 + 2 * (start + issuer.raw.len()));
        }
        for value in signer.unsigned.iter().flat_map(|attribute| &attribute.values) {
            looked_up(value.raw, whole, hole, found);
        }
    }
}

/// The hole, and the names in it.
fn hole_of(pdf: &[u8]) -> (std::ops::Range<usize>, Vec<std::ops::Range<usize>>) {
    let hole = find(pdf, b"/Contents <").unwrap() + b"/Contents ".len();
    let behind = hole + find(&pdf[hole..], b">").unwrap() + 1;
    let padded = hex::decode(&pdf[hole + 1..behind - 1]).unwrap();
    let cms = kep_gateway::signature::asn1::ber::Reader::new(&padded, 64).next().unwrap().raw;
    let mut names = Vec::new();
    looked_up(cms, &padded, hole, &mut names);
    (hole..behind, names)
}

/// Bytes of the file that the person's signature protects: everything it covers, and in its own value the signed attributes, the
/// signature and the signer's certificate.
fn protected(pdf: &[u8]) -> Vec<std::ops::Range<usize>> {
    let hole = find(pdf, b"/Contents <").unwrap() + b"/Contents ".len();
    let behind = hole + find(&pdf[hole..], b">").unwrap() + 1;
    let range = find(pdf, b"/ByteRange [").unwrap() + b"/ByteRange [".len();
    let numbers: Vec<usize> = std::str::from_utf8(&pdf[range..range + 35])
        .unwrap()
        .split(' ')
        .map_while(|number| number.trim_end_matches(']').parse().ok())
        .collect();
    assert_eq!(numbers[..3], [0, hole, behind]);
    let padded = hex::decode(&pdf[hole + 1..behind - 1]).unwrap();
    let length = kep_gateway::signature::asn1::ber::Reader::new(&padded, 64)
        .next()
        .unwrap()
        .raw
        .len();
    let cms = &padded[..length];
    let signed = SignedData::parse(cms, 32).unwrap();
    let place = |part: &[u8]| {
        let start = part.as_ptr() as usize - cms.as_ptr() as usize;
        hole + 1 + 2 * start..hole + 1 + 2 * (start + part.len())
    };
    let signer = &signed.signers[0];
    let mut ranges: Vec<_> = signer.fields.iter().skip(3).map(|field| place(field.raw)).collect();
    // The identifier and length octets of a context tag may have other encodings; what is signed are the contents.
    ranges[0].start += 8;
    ranges.push(place(
        signed
            .certificates
            .iter()
            .map(|value| value.raw)
            .find(|raw| *raw == kit().signer.der)
            .unwrap(),
    ));
    ranges.push(0..hole + 1);
    ranges.push(behind - 1..behind + numbers[3]);
    ranges
}

#[test]
fn no_altered_byte_of_what_is_protected_passes() {
    let mut dice = Dice(20_261_122);
    let (mut passed, mut told_so) = (0, 0);
    // With and without document timestamps: those protect the revisions below them a second time and would hide a gap.
    for (rung, style, stamp) in [
        (Rung::B, Style::Table, StampIn::Cms),
        (Rung::T, Style::Compressed, StampIn::Cms),
        (Rung::Lt, Style::Stream, StampIn::Cms),
        (Rung::Lta, Style::Table, StampIn::Cms),
        (Rung::Lta, Style::Compressed, StampIn::Document),
    ] {
        let kit = build(Defect::Sound, rung, Profile::P1);
        let context = context(&kit);
        let sound = forge::pdf_sign::letter(&kit, style, stamp);
        assert_eq!(word(judged(sound.clone(), &context).indication), "TOTAL-PASSED");
        let protected = protected(&sound);
        let signed_to = protected.last().unwrap().end;
        let (hole, names) = hole_of(&sound);
        for round in 0..300 {
            // Half of them in the signed revision, where the bytes count most.
            let index = dice.roll(if round % 2 == 0 { signed_to } else { sound.len() });
            let mut altered = sound.clone();
            match dice.roll(3) {
                0 => altered[index] ^= 1 << dice.roll(8),
                1 => altered[index] = dice.roll(256) as u8,
                _ => {
                    let length = 1 + dice.roll(12);
                    altered.drain(index..(index + length).min(sound.len()));
                }
            }
            // The same value in other letters says the same, and a drawn byte may be the one that was there.
            if altered.eq_ignore_ascii_case(&sound) {
                continue;
            }
            let report = judged(altered.clone(), &context);
            let signature = report.signatures.iter().find(|signature| signature.role == Role::Document);
            if signature.is_some_and(|signature| signature.indication == Indication::Passed) {
                passed += 1;
                assert!(
                    altered.len() == sound.len() || index >= signed_to,
                    "{style:?} {index} cut and passed\n{}",
                    told(&report)
                );
                assert!(
                    !protected.iter().any(|range| range.contains(&index)),
                    "{style:?} {index} altered and passed\n{}",
                    told(&report)
                );
                let says = |codes: &[&str]| {
                    signature
                        .unwrap()
                        .reasons
                        .iter()
                        .any(|reason| codes.contains(&reason.code.as_str()))
                };
                told_so += usize::from(says(&["KEP-3814"]));
                // Inside the value nothing is silent: what is neither signed nor used is named.
                let a_name = names.iter().any(|name| name.contains(&index));
                assert!(
                    !hole.contains(&index) || a_name || says(&["KEP-3421", "KEP-3425"]),
                    "{style:?} {rung:?} {index} in the value, not named\n{}",
                    told(&report)
                );
            }
        }
    }
    println!("{passed} alterations outside of what is protected passed");
    assert_eq!(passed, told_so, "a report that does not say what is covered");
}
