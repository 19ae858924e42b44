//! Validation of a signed PDF beside pyHanko's library, in one run on one machine and without the start of either program. The limit is
//! ten times pyHanko's speed; below it the benchmark fails.

#![allow(clippy::expect_used)] // a benchmark that cannot run says why and stops

#[path = "../tests/forge/mod.rs"]
mod forge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use forge::pdf_file::Style;
use forge::pdf_sign::{self, StampIn};
use forge::pki::Certified;
use forge::pyhanko::{self, Folder};
use forge::scenario_kit::{build, stamped_at};
use forge::scenarios::{Defect, Profile, Rung};
use jiff::SignedDuration;
use kep_gateway::limits::Limits;
use kep_gateway::signature::report::Indication;
use kep_gateway::signature::{Context, Trust, verify_file};

const OURS: u32 = 500;
const THEIRS: u32 = 40;
const AT_LEAST: f64 = 10.0;

fn main() {
    let kit = build(Defect::Sound, Rung::T, Profile::P1);
    let pdf = pdf_sign::letter(&kit, Style::Table, StampIn::Cms);
    let theirs = pyhanko_takes(&kit, &pdf);
    let dir = tempfile::tempdir().expect("a scratch folder");
    kit.lay_out(dir.path());
    let folder = |name: &str| dir.path().join(name);
    let context = || {
        let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation")));
        Context::new(Arc::new(trust.expect("the trust folder")), kit.at, Limits::default())
    };
    let bytes = Bytes::from(pdf);
    let validate = |context: &Context| {
        let report = verify_file(&bytes, "x.pdf", None, context);
        assert_eq!(report.indication, Indication::Passed);
    };
    // Cold: anchors read from disk and no issuer known yet, every time. Warm: as the daemon runs.
    let cold = per_run(|| validate(&context()));
    let known = context();
    let warm = per_run(|| validate(&known));
    let ratio = |ours: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    println!("pyHanko, library only          {theirs:>10.3?}");
    println!("ours, everything read anew     {cold:>10.3?}   {:>6.1} x", ratio(cold));
    println!("ours, issuers known            {warm:>10.3?}   {:>6.1} x", ratio(warm));
    assert!(ratio(cold) >= AT_LEAST, "slower than {AT_LEAST} x pyHanko");
}

fn per_run(run: impl Fn()) -> Duration {
    run();
    let start = Instant::now();
    (0..OURS).for_each(|_| run());
    start.elapsed() / OURS
}

fn pyhanko_takes(kit: &forge::scenario_kit::Kit, pdf: &[u8]) -> Duration {
    let top = |certified: &Certified| certified.chain().last().expect("a root").clone();
    let tsa = &kit.stamp.as_ref().expect("a timestamp").tsa.signer;
    let (root, tsa_root) = (top(&kit.signer), top(tsa));
    let chain = kit.signer.chain();
    let certs: Vec<&Certified> = chain.iter().map(|cert| &**cert).collect();
    let lists: Vec<_> = kit.material.crls.iter().map(|list| list.der.clone()).collect();
    let answers: Vec<_> = kit.material.ocsps.iter().map(|answer| answer.response.clone()).collect();
    let folder = Folder::new(&[&root, &tsa_root], &certs, &lists, &answers);
    let file = folder.put("x.pdf", pdf).to_string_lossy().into_owned();
    let moment = (stamped_at() + SignedDuration::from_hours(5)).to_string();
    let out = pyhanko::run(&["bench", &folder.name(), &moment, &file, &THEIRS.to_string()]);
    let seconds: f64 = String::from_utf8_lossy(&out.stdout).trim().parse().expect("seconds");
    Duration::from_secs_f64(seconds)
}
