//! Algorithms by date in every format: strict as delivered, and what the switch for old material lets pass is named in the report.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::sync::Arc;

use bytes::Bytes;
use forge::cades_kit::{self, Shape, Signing};
use forge::pdf_file::Style;
use forge::pdf_sign::{self, StampIn};
use forge::scenario_kit::{Kit, build};
use forge::scenarios::{Defect, Profile, Rung};
use forge::xades::{self, Packaging};
use kep_gateway::limits::Limits;
use kep_gateway::signature::crypto::algorithms::Constraints;
use kep_gateway::signature::report::Indication;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

fn judged(kit: &Kit, bytes: &[u8], algorithms: Constraints) -> FileReport {
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    let context = Context::new(Arc::new(trust), kit.at, Limits::default()).with_algorithms(algorithms);
    verify_file(&Bytes::copy_from_slice(bytes), "belge", None, &context)
}

fn files(kit: &Kit) -> [(&'static str, Vec<u8>); 3] {
    let shape = xades::Shape::of(kit, Packaging::Enveloped);
    [
        ("CAdES", cades_kit::sign(b"Evrak", true, &[Signing::new(kit.clone(), Shape::T)])),
        ("XAdES", xades::build(kit, shape).xml),
        ("PAdES", pdf_sign::letter(kit, Style::Table, StampIn::Cms)),
    ]
}

/// The signature, the signer's certificate and the timestamp, each by SHA-1 alone.
#[test]
fn what_the_archive_switch_excuses_is_named_in_every_format() {
    for defect in [Defect::Sound, Defect::WeakHash, Defect::LeafSignedWeakly, Defect::StampWeakHash] {
        let kit = build(defect, Rung::T, Profile::P1);
        for (format, bytes) in files(&kit) {
            let sound = defect == Defect::Sound;
            let strict = judged(&kit, &bytes, Constraints::ByDate);
            assert_eq!(strict.indication == Indication::Passed, sound, "{format} {defect:?}");
            let archive = judged(&kit, &bytes, Constraints::Archive);
            let signature = &archive.signatures[0];
            assert_eq!(
                archive.indication,
                Indication::Passed,
                "{format} {defect:?}: {:#?}",
                signature.reasons
            );
            let said = signature.reasons.iter().any(|reason| reason.code == "KEP-3532");
            assert_eq!(said, !sound, "{format} {defect:?}: {:#?}", signature.reasons);
        }
    }
}
