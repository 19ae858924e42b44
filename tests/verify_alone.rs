//! A signature by itself, without what it came in: its content is a file that is never held whole, and its root may be one for another
//! purpose.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/alone.rs"]
mod alone;
mod forge;

use std::fs;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use forge::world::World;
use kep_gateway::limits::Limits;
use kep_gateway::message;
use kep_gateway::signature::octets::{Octets, StreamedFile};
use kep_gateway::signature::report::{Indication, SubIndication};
use kep_gateway::signature::{Context, Trust, verify_file};

/// Fresh for the world's CRLs of 18 November.
const AT: &str = "2026-11-19T06:00:00Z";

/// Of the detached document, and what judging it may cost: far less.
const DOCUMENT: usize = 96 << 20;
const MEMORY_KIB: u64 = 24 << 10;

fn context(world: &World) -> Context {
    let dir = tempfile::tempdir().unwrap();
    world.trust_folder(&dir.path().join("trust"));
    world.intermediates(&dir.path().join("intermediates"));
    world.revocation(&dir.path().join("revocation"));
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), AT.parse().unwrap(), Limits::default())
}

#[test]
fn a_providers_signature_alone_is_told_what_its_root_is_for() {
    let world = World::new(81);
    let mail = world
        .mixed(24)
        .into_iter()
        .map(|sample| message::read(&Bytes::from(sample.raw), &Limits::default()))
        .find(|mail| mail.signed_layers.iter().any(|layer| layer.level == 0 && layer.detached.is_some()))
        .unwrap();
    let layer = mail.signed_layers.iter().find(|layer| layer.level == 0).unwrap();
    let content = layer.detached.as_ref().unwrap()[0].bytes.clone();
    let report = verify_file(&layer.cms, "smime.p7s", Some(Octets::from(&*content)), &context(&world));
    assert_eq!(report.indication, Indication::Indeterminate);
    assert_eq!(report.sub_indication, Some(SubIndication::NoCertificateChainFound));
    let reason = report.signatures[0].reasons.iter().find(|reason| reason.code == "KEP-3533");
    let reason = reason.unwrap_or_else(|| panic!("{:#?}", report.signatures[0].reasons));
    assert!(
        reason.text.en.contains("KEP providers; needed: qualified signatures"),
        "{}",
        reason.text.en
    );
    assert!(
        reason.text.tr.contains("KEP sağlayıcısı; istenen: nitelikli imza"),
        "{}",
        reason.text.tr
    );

    // With nobody trusted the root is unknown, and nothing else is said.
    let nobody = Context::new(Arc::new(Trust::default()), AT.parse().unwrap(), Limits::default());
    let report = verify_file(&layer.cms, "smime.p7s", Some(Octets::from(&*content)), &nobody);
    assert!(report.signatures[0].reasons.iter().all(|reason| reason.code != "KEP-3533"));
    assert!(report.signatures[0].reasons.iter().any(|reason| reason.code == "KEP-3501"));
}

#[test]
fn a_large_document_is_hashed_as_a_stream() {
    if !alone::is_alone("a_large_document_is_hashed_as_a_stream") {
        return;
    }
    let world = World::new(82);
    let mut document = tempfile::NamedTempFile::new().unwrap();
    let cms = {
        let content: Vec<u8> = (0..DOCUMENT).map(|at| (at / 7 % 251) as u8).collect();
        document.write_all(&content).unwrap();
        Bytes::from(world.cms(&content, false, world.p4(&world.senders[0].officer.cert, world.base)))
    };
    let context = context(&world);
    // The peak of what was needed to make the document is forgotten.
    let forgets = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = memory("VmRSS:");
    let file = StreamedFile::open(document.path()).unwrap();
    let report = verify_file(&cms, "belge.p7s", Some(Octets::File(&file)), &context);
    assert_eq!(report.indication, Indication::Passed, "{:#?}", report.signatures[0].reasons);
    if forgets {
        let grown = memory("VmHWM:").saturating_sub(before);
        assert!(grown < MEMORY_KIB, "{grown} KiB for a document of {} KiB", DOCUMENT >> 10);
    } else {
        println!("skipped: this kernel does not forget a process's peak memory");
    }

    // The same length, one other byte in the middle.
    document.as_file().set_len(DOCUMENT as u64 / 2).unwrap();
    document.as_file().set_len(DOCUMENT as u64).unwrap();
    let file = StreamedFile::open(document.path()).unwrap();
    let report = verify_file(&cms, "belge.p7s", Some(Octets::File(&file)), &context);
    assert_eq!(report.sub_indication, Some(SubIndication::HashFailure));
}

fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
