//! XAdES beside xmlsec1: core validation (digests and signature value) of the same file by both, and what the whole verdict costs on top.
//! xmlsec1's library work is the difference between many verifications in one process and one, so its start does not count.

#![allow(clippy::expect_used, clippy::unwrap_used)] // a benchmark that cannot run says why and stops

#[path = "../tests/forge/mod.rs"]
mod forge;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use forge::pki::pem;
use forge::scenario_kit::{self, Kit};
use forge::scenarios::{Defect, Profile, Rung};
use forge::xades::{self, File, el};
use kep_gateway::limits::Limits;
use kep_gateway::signature::certificate::Certificate;
use kep_gateway::signature::xades::core::bare;
use kep_gateway::signature::{Context, Trust, verify_file};

/// xmlsec1 in one process: enough that its start is lost in the noise.
const REPEATS: u32 = 400;
/// The document of the target.
const DOCUMENT_BYTES: usize = 30_000;

fn main() {
    for (name, rung, profile) in [
        ("B-B", Rung::B, Profile::P1),
        ("X-L under P4", Rung::Lt, Profile::P4),
        ("B-LTA", Rung::Lta, Profile::P1),
    ] {
        let kit = scenario_kit::build(Defect::Sound, rung, profile);
        let lines: String = (0..DOCUMENT_BYTES / 75)
            .map(|n| el("Satir", &[("no", &n.to_string())], "Kira bedeli &amp; aidat, üç aylık"))
            .collect();
        let file = xades::enveloped_around(&kit, &lines);
        let dir = tempfile::tempdir().expect("a scratch folder");
        kit.lay_out(dir.path());
        let context = context(dir.path(), &kit);
        let signer = Certificate::parse(&kit.signer.der).expect("a certificate");

        let core = per_call(|| {
            let found = bare(&file.xml, None, &context).expect("judged");
            assert!(found.digests_fit && found.signed.fits(&signer));
        });
        let bytes = Bytes::from(file.xml.clone());
        let verdict = per_call(|| {
            let report = verify_file(&bytes, "x.xml", None, &context);
            assert_eq!(serde_json::to_value(report.indication).unwrap(), "TOTAL-PASSED");
        });
        println!("{name}, {} bytes", file.xml.len());
        println!("  core {core:>10.1?}   whole verdict {verdict:>10.1?}");
        match xmlsec1(dir.path(), &file, &kit) {
            Some(theirs) => println!(
                "  xmlsec1's library {theirs:>10.1?}   speed of our core {:.2} x, of the whole verdict {:.2} x (limit 0.8)",
                ratio(theirs, core),
                ratio(theirs, verdict)
            ),
            None => println!("  xmlsec1 is not there"),
        }
    }
}

fn ratio(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64()
}

fn context(dir: &Path, kit: &Kit) -> Context {
    let folder = |name: &str| dir.join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).expect("anchors");
    Context::new(Arc::new(trust), kit.at, Limits::default())
}

/// The best of several rounds: what the machine does besides is not ours.
fn per_call(mut work: impl FnMut()) -> Duration {
    work();
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..REPEATS / 4).for_each(|_| work());
        start.elapsed() / (REPEATS / 4)
    };
    (0..5).map(|_| round(&mut work)).min().expect("rounds")
}

fn xmlsec1(dir: &Path, file: &File, kit: &Kit) -> Option<Duration> {
    fs::write(dir.join("imza.xml"), &file.xml).expect("written");
    fs::write(dir.join("imzaci.pem"), pem("CERTIFICATE", &kit.signer.der)).expect("written");
    let run = |times: u32| {
        let start = Instant::now();
        let output = Command::new("xmlsec1")
            .args([
                "--verify",
                "--repeat",
                &times.to_string(),
                "--pubkey-cert-pem",
                "imzaci.pem",
                "--id-attr:Id",
            ])
            .args([&format!("{}:SignedProperties", xades::XADES), "imza.xml"])
            .current_dir(dir)
            .output()
            .ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(start.elapsed())
    };
    let best = |times| (0..3).filter_map(|_| run(times)).min();
    Some((best(REPEATS + 1)?.checked_sub(best(1)?)?) / REPEATS)
}
