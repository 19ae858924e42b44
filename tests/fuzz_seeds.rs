//! The fuzz targets without a fuzzer: every entry over seeds that the forge makes, and over some thousand seeded mutations of them. No
//! panic, no hang, bounded memory; and nothing passes with nobody trusted.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/alone.rs"]
mod alone;
#[path = "../fuzz/entry.rs"]
mod entry;
mod forge;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alone::is_alone;
use forge::cms::Form;
use forge::depository;
use forge::evidence;
use forge::pdf_file::Style;
use forge::pdf_sign::{self, StampIn};
use forge::pki::{self, Certified, Hash, at};
use forge::scenario_kit::{Kit, build};
use forge::scenarios::{Defect, Profile, Rung};
use forge::tst::TokenDefect;
use forge::world::World;
use forge::xades::{self, Packaging};
use forge::{cades, hostile, pdf};
use kep_gateway::isolate;
use kep_gateway::limits::Limits;
use kep_gateway::signature::{Context, Trust};

/// Mutations of each kind of input; `KEP_FUZZ_MUTATIONS` asks for more.
const MUTATIONS: usize = 1_200;

/// An input that keeps its reader busy for this long hangs: the slowest honest one takes milliseconds.
const HANG: Duration = Duration::from_secs(600);

/// Of the whole test process, in a debug build.
const MEMORY_MIB: u64 = 768;

type Entry = fn(&[u8], &Context);

/// A generator with a seed: a failure names its number and comes again.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    /// One to four changes of the kinds that readers of nested lengths trip over.
    fn mutate(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..1 + self.below(4) {
            if bytes.is_empty() {
                return bytes;
            }
            let at = self.below(bytes.len());
            let length = 1 + self.below(64.min(bytes.len() - at));
            match self.below(8) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0x00, 0x7f, 0x80, 0x84, 0x88, 0xff, 0x30, 0xa0][self.below(8)],
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..at + length)),
                4 => {
                    let piece = bytes[at..at + length].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                5 => {
                    let from = self.below(other.len().max(1));
                    let piece: Vec<u8> = other.iter().skip(from).take(length).copied().collect();
                    bytes.splice(at..at + length, piece);
                }
                6 => bytes[at..at + length].fill(self.below(256) as u8),
                _ => {
                    let value = u32::try_from(self.next() >> 32).unwrap().to_be_bytes();
                    let end = bytes.len().min(at + 4);
                    bytes[at..end].copy_from_slice(&value[..end - at]);
                }
            }
        }
        bytes
    }
}

struct Bench {
    world: World,
    known: Arc<Context>,
}

/// Judges that trust the world: only behind a valid path lie revocation, classes and time-stamps.
fn bench() -> Bench {
    let (world, dir) = (World::new(77), tempfile::tempdir().unwrap());
    let place = |name: &str| dir.path().join(name);
    world.trust_folder(&place("trust"));
    world.intermediates(&place("intermediates"));
    world.revocation(&place("revocation"));
    let trust = Trust::load(Some(&place("trust")), Some(&place("intermediates")), Some(&place("revocation"))).unwrap();
    let known = Context::new(Arc::new(trust), at("2026-11-19T06:00:00Z"), Limits::default());
    Bench {
        world,
        known: Arc::new(known),
    }
}

fn run(kind: &str, seeds: &[Vec<u8>], entry: Entry, known: &Arc<Context>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-seeds").join(kind);
    fs::create_dir_all(&folder).unwrap();
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(number.to_string()), seed).unwrap();
    }
    let mutations = std::env::var("KEP_FUZZ_MUTATIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(MUTATIONS);
    let nobody = Arc::new(entry::nobody());
    let judge = |bytes: Vec<u8>, what: String| {
        for context in [&nobody, known] {
            let (context, copy) = (Arc::clone(context), bytes.clone());
            if let Err(broken) = isolate::run(HANG, move || entry(&copy, &context)) {
                let file = folder.with_file_name(format!("broken-{kind}"));
                fs::write(&file, &bytes).unwrap();
                panic!("{kind}, {what}: {broken}; the input is in {}", file.display());
            }
        }
    };
    for (number, seed) in seeds.iter().enumerate() {
        judge(seed.clone(), format!("seed {number}"));
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for number in 0..mutations {
        let (seed, other) = (&seeds[dice.below(seeds.len())], &seeds[dice.below(seeds.len())]);
        let bytes = dice.mutate(seed, other);
        judge(bytes, format!("mutation {number}"));
    }
    let peak = peak_memory_mib();
    println!("{kind}: {} seeds, {mutations} mutations, peak memory {peak} MiB", seeds.len());
    assert!(peak < MEMORY_MIB, "{kind}: peak memory {peak} MiB");
}

fn peak_memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default()
        .to_owned();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or_default()
        / 1_024
}

#[test]
fn cms() {
    if !is_alone("cms") {
        return;
    }
    let bench = bench();
    let mut seeds: Vec<Vec<u8>> = bench.world.cases().into_iter().map(|case| case.cms).collect();
    let signer = &bench.world.senders[0].director.cert;
    let spec = bench.world.p4(signer, bench.world.base);
    seeds.extend([Form::Der, Form::BerIndefinite].map(|form| cades::sign(b"content", false, std::slice::from_ref(&spec), form)));
    run("cms", &seeds, entry::cms, &bench.known);
}

#[test]
fn xml_signature() {
    if !is_alone("xml_signature") {
        return;
    }
    let bench = bench();
    let letter = bench.world.letter(3);
    let (genuine, signer) = (
        hostile::sample_evidence(&letter),
        &bench.world.provider_of(&bench.world.our_address()).cert,
    );
    let mut forged = hostile::sample_evidence(&letter);
    forged.event = "Rejection".into();
    let seeds = [
        genuine.signed(signer, evidence::Form::Sha256),
        genuine.signed(signer, evidence::Form::Sha512),
        genuine.unsigned(),
        genuine.wrapped(&forged, signer, evidence::Form::Sha256),
    ];
    run("xml_signature", &seeds, entry::xml_signature, &bench.known);
}

/// A judge that trusts the authorities of `kit`.
fn knows(kit: &Kit) -> Arc<Context> {
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    let trust = Trust::load(Some(&dir.path().join("trust")), None, None).unwrap();
    Arc::new(Context::new(Arc::new(trust), kit.at, Limits::default()))
}

/// Long-lived ones, which have every element that is read.
#[test]
fn signed_xml_documents() {
    if !is_alone("signed_xml_documents") {
        return;
    }
    let kit = build(Defect::Sound, Rung::Lta, Profile::P4);
    let seeds = [
        Packaging::Enveloped,
        Packaging::Enveloping,
        Packaging::EnvelopingBase64,
        Packaging::Beside,
    ]
    .map(|packaging| xades::build(&kit, xades::Shape::of(&kit, packaging)).xml);
    run("xml_signature", &seeds, entry::xml_signature, &knows(&kit));
}

#[test]
fn signed_pdf_files() {
    if !is_alone("signed_pdf_files") {
        return;
    }
    let kit = build(Defect::Sound, Rung::Lta, Profile::P4);
    let seeds = [
        (Style::Table, StampIn::Cms),
        (Style::Stream, StampIn::Document),
        (Style::Compressed, StampIn::Document),
    ]
    .map(|(style, stamp)| pdf_sign::letter(&kit, style, stamp));
    run("pdf", &seeds, entry::pdf, &knows(&kit));
}

/// Every target that cargo-fuzz is told of is a file, enters a function of `entry.rs`, and is run here over its seeds.
#[test]
fn every_target_is_run_here() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let read = |name: &str| fs::read_to_string(fuzz.join(name)).unwrap();
    let (manifest, entries, here) = (
        read("Cargo.toml"),
        read("entry.rs"),
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file!())).unwrap(),
    );
    let mut files: Vec<String> = fs::read_dir(fuzz.join("targets"))
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, ["cms", "depository", "pdf", "revocation", "timestamp", "xml_signature"]);
    for target in files {
        assert!(
            manifest.contains(&format!("name = \"{target}\"\npath = \"targets/{target}.rs\"")),
            "{target}"
        );
        assert!(entries.contains(&format!("pub fn {target}(")), "{target}");
        assert!(
            read(&format!("targets/{target}.rs")).contains(&format!("entry::{target}(")),
            "{target}"
        );
        assert!(here.contains(&format!("run(\"{target}\", &seeds, entry::{target}")), "{target}");
    }
}

/// A PDF with a signature dictionary behind its end, as signers append it.
fn signed_pdf(world: &World) -> Vec<u8> {
    let mut pdf = pdf::letter("Deneme", &["Bir satır.".into()]);
    let spec = world.p4(&world.senders[0].director.cert, world.base);
    let head = format!(
        "\n90 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20261109060000Z) /ByteRange [0 {:010} {:010} {:010}] /Contents <",
        0, 0, 0
    );
    let before = pdf.len() + head.len() - 1;
    let tail = "> >>\nendobj\ntrailer\n<< /Size 91 /Root 1 0 R >>\n%%EOF\n";
    let cms = hex::encode(world.cms(&pdf, false, spec));
    let after = before + cms.len() + 2;
    let placed = head.replacen(
        "0000000000 0000000000 0000000000",
        &format!("{before:010} {after:010} {:010}", tail.len() - 1),
        1,
    );
    pdf.extend(placed.as_bytes());
    pdf.extend(cms.as_bytes());
    pdf.extend(tail.as_bytes());
    pdf
}

#[test]
fn pdf_files() {
    if !is_alone("pdf_files") {
        return;
    }
    let bench = bench();
    let seeds = [pdf::letter("Deneme", &["Şu çok güzel.".into()]), signed_pdf(&bench.world)];
    run("pdf", &seeds, entry::pdf, &bench.known);
}

#[test]
fn revocation() {
    if !is_alone("revocation") {
        return;
    }
    let bench = bench();
    let (world, when) = (&bench.world, at("2026-11-18T06:00:00Z"));
    let mut seeds: Vec<Vec<u8>> = [&world.nes_root, &world.nes, &world.seal, &world.kep_root, &world.tsa_root]
        .iter()
        .map(|authority| authority.crl(when).der)
        .collect();
    for sender in &world.senders {
        let answer = world.nes.ocsp(&sender.director.cert, when);
        seeds.extend([answer.basic, answer.response]);
    }
    run("revocation", &seeds, entry::revocation, &bench.known);
}

#[test]
fn timestamps() {
    if !is_alone("timestamps") {
        return;
    }
    let bench = bench();
    let token = |defect| bench.world.tsa.token(b"content", at("2026-11-18T06:00:00Z"), defect);
    let seeds = [TokenDefect::None, TokenDefect::WrongImprint, TokenDefect::BrokenSignature].map(token);
    run("timestamp", &seeds, entry::timestamp, &bench.known);
}

#[test]
fn depositories() {
    if !is_alone("depositories") {
        return;
    }
    let (bench, dir) = (bench(), tempfile::tempdir().unwrap());
    let signer = depository::rsa_root("İmzalayan");
    let roots: Vec<Arc<Certified>> = (0..4)
        .map(|number| Certified::self_signed(&pki::Profile::root(&format!("Kök {number}"), "Örnek"), "kok"))
        .collect();
    let rows: Vec<_> = roots.iter().map(|one| depository::row(one, 1, &signer, Hash::Sha512)).collect();
    let mut seeds = vec![
        depository::xml(&rows, &[&signer]).into_bytes(),
        roots[0].pem().into_bytes(),
        roots[1].der.clone(),
    ];
    for page_size in [512, 4_096] {
        let file = dir.path().join("d.svt");
        let _ = fs::remove_file(&file);
        depository::svt(&file, &rows, &[&signer], page_size);
        seeds.push(fs::read(&file).unwrap());
    }
    run("depository", &seeds, entry::depository, &bench.known);
}
