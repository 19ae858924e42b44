//! Dava dosyası: one ZIP that holds every byte of a document, the verdict and what it rests on, and the proof of its place in the journal,
//! with instructions that work without the gateway.
//!
//! The message is held in memory once (its limit is `limits.message_bytes`) and taken apart in an isolated thread; everything else is
//! streamed. Names inside the archive are ours; the names that things had are told in the manifest. The bytes are the same for the same
//! end of the journal.
//!
//! A message can carry several documents, and the person who asks may see only some of them. Then neither the message nor the journal
//! record of its registration can be given: the file holds the person's own package and says that it is partial.

mod archive;
mod journal;
mod objects;
mod readme;
mod signed;

use std::collections::BTreeSet;
use std::io::{self, Write};

use bytes::Bytes;
use serde_json::json;

use super::chain::Chain;
use super::flow::Flow;
use super::sheet::About as Title;
use super::{Asked, PaperError, Summary, evidence};
use crate::envelope::{self, Package, Receiver};
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::isolate;
use crate::limits::Limits;
use crate::message::{self, Message, Part, PartRole};
use crate::opener::Kept;
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::export;
use crate::signature::report::Indication;
use crate::signature::wording::{Depth, Told};
pub use archive::SUMS;
use archive::{About, Archive, extension};
use journal::Concern;
pub use journal::LIST as CHAIN_LIST;
use objects::Written;
use readme::Command;
use signed::{Content, Signed};

/// Messages that evidence about this one is taken out of.
const EVIDENCE_MESSAGES: usize = 64;

/// What each file is, and what is missing.
pub const MANIFEST: &str = "manifest.json";

/// A name for the file: ASCII, safe everywhere.
pub fn file_name(number: RegisterNumber) -> String {
    format!("dava-dosyasi-{:04}-{:06}.zip", number.year, number.number)
}

/// The case file.
///
/// # Errors
/// [`PaperError::NotFound`] where there is no such entry for this person; else the ledger's or the writer's own.
pub fn zip(asked: &Asked<'_>, number: RegisterNumber, out: &mut impl Write) -> Result<Summary, PaperError> {
    let entry = asked.entry(number)?;
    if let Some(since) = asked.ledger.disposed(&entry)? {
        return Err(PaperError::Disposed(since));
    }
    let chain = Chain::of(asked.ledger)?;
    let message = asked.ledger.message(&entry.message.sha256)?;
    let numbers = message.as_ref().map(|message| message.numbers.clone()).unwrap_or_default();
    let mut case = Case {
        asked,
        entry: &entry,
        whole: asked.sees_all(&numbers)?,
        archive: Archive::new(out),
        signatures: Vec::new(),
        commands: Vec::new(),
    };
    case.message()?;
    let brought = case.evidence()?;
    case.signature_files()?;
    let objects = objects::write(&mut case.archive, asked, &entry, &case.signatures)?;
    case.commands(&objects);
    case.verdict(&chain)?;

    // Evidence may have come before the message, and its record too.
    let mut first = message.map_or(entry.registered_at, |message| message.fetched_at);
    for other in &brought {
        let fetched = asked.ledger.message(other)?.map(|message| message.fetched_at);
        first = fetched.map_or(first, |fetched| fetched.min(first));
    }
    let start = chain.start_before(first)?;
    let concern = Concern {
        message: entry.message.sha256,
        brought,
        number: entry.register_number.to_string(),
        whole: case.whole,
    };
    let kept = journal::write(&mut case.archive, &chain, start, &concern)?;
    case.texts(&chain, &objects, &kept)?;
    case.archive.finish()?;
    Ok(Summary {
        rows: 1,
        missing: objects.missing.len() as u64,
        head: chain.head,
    })
}

struct Case<'a, W: Write> {
    asked: &'a Asked<'a>,
    entry: &'a Entry,
    /// The person sees every document of the message.
    whole: bool,
    archive: Archive<W>,
    signatures: Vec<Signed<'a>>,
    commands: Vec<Command>,
}

/// A message taken apart.
struct Opened {
    message: Message,
    packages: Vec<(Part, Package)>,
}

fn open(bytes: &Bytes, kept: Kept, limits: &Limits) -> Result<Opened, isolate::Broken> {
    let (bytes, owned) = (bytes.clone(), limits.clone());
    isolate::run(limits.parse_deadline, move || {
        let message = message::read_opening(&bytes, &owned, &kept);
        let open = |part: &Part| {
            let name = part.original_name.as_deref();
            envelope::read_opening(&part.bytes, name, &Receiver::default(), &owned, &kept)
        };
        let packages = message.packages().map(|part| (part.clone(), open(part))).collect();
        Opened { message, packages }
    })
}

impl<W: Write> Case<'_, W> {
    /// The message with its parts; for a person who sees only this document, its package.
    fn message(&mut self) -> Result<(), PaperError> {
        let bytes = self.asked.ledger.blobs().get(&self.entry.message.sha256)?;
        if self.whole {
            self.archive
                .put("ileti.eml", About::what("alındığı gibi ileti / the message as it came"), &bytes)?;
        }
        // What nobody could read at registration is not tried here: the bytes are in the file.
        let kept = self.asked.ledger.kept([self.entry])?;
        let Ok(opened) = open(&bytes, kept, self.asked.limits) else {
            return Ok(());
        };
        self.plaintexts()?;
        if self.whole {
            self.parts_of(&opened.message)?;
            self.signatures
                .extend(signed::of_message(&opened.message, self.entry, self.asked.limits.cms_depth));
        }
        let own = self.entry.package.as_ref().map(|package| package.sha256);
        let mut number = 0;
        for (part, package) in &opened.packages {
            if self.whole || own == Some(package.sha256) {
                number += 1;
                self.package(number, part, package)?;
            }
        }
        Ok(())
    }

    /// What came encrypted, as it was opened: whoever holds the file in twenty years need not hold the key. That it is the content of the
    /// ciphertext in the message, only the key can show.
    fn plaintexts(&mut self) -> Result<(), PaperError> {
        // What was around several packages holds them all.
        let own = self.entry.opened.iter().filter(|record| self.whole || record.is_in_package());
        for (number, record) in (1..).zip(own) {
            let Ok(bytes) = self.asked.ledger.blobs().get(&record.sha256) else {
                continue;
            };
            let ending = if bytes.starts_with(b"PK") { "eyp" } else { "icerik" };
            let about = About {
                what: format!("şifresi açılmış içerik / decrypted content ← {}", record.ciphertext),
                place: Some(record.place.clone()),
                ..About::default()
            };
            self.archive.put(&format!("acilan/acilan-{number}.{ending}"), about, &bytes)?;
        }
        Ok(())
    }

    fn parts_of(&mut self, message: &Message) -> Result<(), PaperError> {
        let parts = message
            .parts
            .iter()
            .filter(|part| !matches!(part.role, PartRole::Message | PartRole::Package));
        for (number, part) in (1..).zip(parts) {
            let name = format!("parcalar/ileti/{number:04}.{}", extension(&part.content_type));
            self.archive
                .put(&name, about_part(part, "iletinin parçası / part of the message"), &part.bytes)?;
        }
        Ok(())
    }

    fn package(&mut self, number: usize, part: &Part, package: &Package) -> Result<(), PaperError> {
        let kind = serde_json::to_value(package.kind).ok();
        let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("eyp");
        let name = format!("paketler/paket-{number}.{kind}");
        self.archive
            .put(&name, about_part(part, "e-Yazışma paketi / e-Yazisma package"), &part.bytes)?;
        let mut position = 0;
        for (path, package) in package.walk() {
            for inner in &package.parts {
                // What could not be read when the package was opened stays in the package alone.
                if inner.sha256.is_none() {
                    continue;
                }
                position += 1;
                let content_type = inner.content_type.clone();
                let name = format!(
                    "parcalar/paket-{number}/{position:04}.{}",
                    extension(content_type.as_deref().unwrap_or_default())
                );
                let about = About {
                    what: "paketin parçası / part of the package".into(),
                    original_name: Some(inner.uri.rsplit('/').next().unwrap_or_default().to_owned()),
                    place: Some(format!("{path}{}", inner.uri)),
                    content_type,
                };
                self.archive
                    .stream(&name, about, |out| package.copy_part(&inner.uri, out).map(drop))?;
            }
        }
        self.signatures
            .extend(signed::of_package(package, self.entry, self.asked.limits.cms_depth));
        Ok(())
    }

    /// Evidence as XML, from whatever message brought it; says which messages those are.
    fn evidence(&mut self) -> Result<BTreeSet<Sha256>, PaperError> {
        let mut by_message: Vec<(Sha256, BTreeSet<Sha256>)> = Vec::new();
        for record in &self.entry.evidence {
            let Some(state) = self.asked.ledger.evidence_document(&record.sha256)? else {
                continue;
            };
            match by_message.iter_mut().find(|(message, _)| *message == state.in_message) {
                Some((_, wanted)) => drop(wanted.insert(record.sha256)),
                None => by_message.push((state.in_message, BTreeSet::from([record.sha256]))),
            }
        }
        let mut seen = BTreeSet::new();
        let mut number = 0;
        for (message, wanted) in by_message.into_iter().take(EVIDENCE_MESSAGES) {
            let own = message == self.entry.message.sha256;
            let numbers = self
                .asked
                .ledger
                .message(&message)?
                .map(|message| message.numbers)
                .unwrap_or_default();
            let visible = if own { self.whole } else { self.asked.sees_all(&numbers)? };
            if !visible {
                continue;
            }
            // Of a message that was disposed of before it was known what it belongs to: the sheet says what the delil said.
            if self.asked.ledger.is_gone(&message)? {
                continue;
            }
            seen.insert(message);
            let bytes = self.asked.ledger.blobs().get(&message)?;
            let Ok(opened) = open(&bytes, Kept::default(), self.asked.limits) else {
                continue;
            };
            let parts = opened.message.evidence().filter(|part| wanted.contains(&Sha256::of(&part.bytes)));
            for part in parts {
                number += 1;
                let about = about_part(part, &format!("KEP delili / KEP evidence ← {message}"));
                self.archive.put(&format!("deliller/delil-{number}.xml"), about, &part.bytes)?;
            }
        }
        Ok(seen)
    }

    fn signature_files(&mut self) -> Result<(), PaperError> {
        for (number, signature) in (1..).zip(&self.signatures) {
            let base = file_of(number, signature);
            let about = About {
                what: "imza (CMS) / signature (CMS)".into(),
                place: Some(signature.place.clone()),
                ..About::default()
            };
            self.archive.put(&format!("{base}.p7s"), about, &signature.cms)?;
            if let Content::Beside(bytes) = &signature.content {
                self.archive
                    .put(&format!("{base}.icerik"), About::what("imzalanan baytlar / signed octets"), bytes)?;
            }
            if let Some(value) = signature.value.as_ref().filter(|_| !signature.stamps.is_empty()) {
                self.archive
                    .put(&format!("{base}.deger"), About::what("imza değeri / signature value"), value)?;
            }
            for (at, stamp) in (1..).zip(&signature.stamps) {
                let what = About::what("zaman damgası / time stamp (RFC 3161 TimeStampToken)");
                self.archive.put(&format!("{base}.damga-{at}.tst"), what, stamp)?;
            }
        }
        Ok(())
    }

    /// `openssl` lines for the signatures whose octets are here.
    fn commands(&mut self, objects: &Written) {
        let judged_at = self.entry.verdict.as_ref().map(|verdict| verdict.validation_time);
        let mut commands = Vec::new();
        for (number, signature) in (1..).zip(&self.signatures) {
            let base = file_of(number, signature);
            let report = signature.report;
            let passed = report.is_some_and(|report| report.indication == Indication::Passed);
            let at = report.and_then(|report| report.best_signature_time).or(judged_at);
            let at = at.map(|at| format!(" -attime {}", at.as_second())).unwrap_or_default();
            let trust = readme::trust(objects);
            let content = match &signature.content {
                Content::Inside => String::new(),
                Content::Beside(_) => format!(" -content {base}.icerik"),
                Content::Unknown => continue,
            };
            commands.push(Command {
                about: format!("imza / signature {base}.p7s"),
                recorded: Some(readme::recorded(
                    report.map(|report| report.indication),
                    report.and_then(|report| report.sub_indication),
                )),
                line: format!("openssl cms -verify -binary -inform DER -in {base}.p7s{content}{trust} -purpose any{at} -out /dev/null"),
                must_pass: passed,
            });
            if !objects.has_roots {
                continue;
            }
            for (stamp_number, _) in (1..).zip(&signature.stamps) {
                let trust = readme::stamp_trust(objects);
                commands.push(Command {
                    about: format!("zaman damgasi / time stamp {base}.damga-{stamp_number}.tst"),
                    recorded: None,
                    line: format!("openssl ts -verify -data {base}.deger -in {base}.damga-{stamp_number}.tst -token_in{trust}{at}"),
                    must_pass: passed && stamp_passed(report.map(|report| report.timestamps.as_slice()).unwrap_or_default()),
                });
            }
        }
        self.commands = commands;
    }

    /// The verdict for people and for programs.
    fn verdict(&mut self, chain: &Chain) -> Result<(), PaperError> {
        let (lang, entry) = (self.asked.lang, self.entry);
        let record = export::to_json(entry, lang, self.asked.prefix);
        self.archive.put(
            "sonuc/kayit.json",
            About::what("kayıt defterindeki satır / the entry of the register"),
            pretty(&record)?.as_bytes(),
        )?;
        if let Some(verdict) = &entry.verdict {
            let mut file = export::verdict_json(verdict, lang);
            if let Some(fields) = file.as_object_mut() {
                let findings: Vec<_> = entry
                    .findings
                    .iter()
                    .map(|finding: &Finding| export::finding_json(finding, lang))
                    .collect();
                fields.insert("file".into(), json!("ileti.eml"));
                fields.insert("kind".into(), json!(if entry.package.is_some() { "eyp" } else { "message" }));
                fields.insert("findings".into(), json!(findings));
            }
            let report = json!({ "files": [file] });
            self.archive.put(
                "sonuc/dogrulama.json",
                About::what("doğrulama sonucu / verdict"),
                pretty(&report)?.as_bytes(),
            )?;
            let paper = self.report(chain)?;
            self.archive
                .put("sonuc/dogrulama.pdf", About::what("doğrulama sonucu / verdict"), &paper)?;
        }
        let position = chain.position(entry)?;
        let sheet = evidence::sheet(self.asked, entry, chain, position)?;
        self.archive
            .put("sonuc/delil-dokumu.pdf", About::what("delil dökümü / evidence sheet"), &sheet)
    }

    /// The verdict in full depth, as a paper.
    fn report(&self, chain: &Chain) -> Result<Vec<u8>, PaperError> {
        let number = self.asked.number(self.entry);
        let title = format!("{} · {number}", self.asked.either("Doğrulama raporu", "Validation report"));
        let about = Title {
            title: &title,
            lang: self.asked.lang,
            at: chain.at,
        };
        let mut flow = Flow::new(&about, number)?;
        if let Some(verdict) = &self.entry.verdict {
            for line in Told::of_verdict(verdict, &self.entry.findings).lines(Depth::Full, self.asked.lang) {
                flow.line(&line);
            }
        }
        flow.finish()
    }

    fn texts(&mut self, chain: &Chain, objects: &Written, kept: &[journal::Kept]) -> Result<(), PaperError> {
        let number = self.asked.number(self.entry);
        let told = readme::Told {
            number: &number,
            chain,
            kept,
            objects,
            commands: &self.commands,
            recorded: readme::recorded(
                self.entry.verdict.as_ref().map(|verdict| verdict.indication),
                self.entry.verdict.as_ref().and_then(|verdict| verdict.sub_indication),
            ),
            whole: self.whole,
        };
        let texts = [
            ("OKU-BENI.txt", "nasıl denetlenir", readme::turkish(&told)),
            ("README.txt", "how to check", readme::english(&told)),
            (readme::SCRIPT, "denetimler / the checks", readme::script(&told)),
        ];
        for (name, what, text) in texts {
            self.archive.put(name, About::what(what), text.as_bytes())?;
        }
        let manifest = json!({
            "format": "kep-gateway case 1",
            "register_number": number,
            "whole": self.whole,
            "chain_head": { "sequence": chain.head.sequence, "hash": chain.head.hash, "time": chain.at },
            "objects_left_inside": objects.left_inside,
            "missing": objects.missing.iter().map(|missing| json!({ "what": format!("MISSING: {}", missing.name()), "object": missing })).collect::<Vec<_>>(),
            "files": self.archive.files,
        });
        self.archive
            .put(MANIFEST, About::what("bu liste / this list"), pretty(&manifest)?.as_bytes())
    }
}

fn file_of(number: usize, signature: &Signed<'_>) -> String {
    format!("imzalar/{number:02}-{}", objects::role(signature.role))
}

fn stamp_passed(stamps: &[crate::signature::report::TimestampReport]) -> bool {
    !stamps.is_empty() && stamps.iter().all(|stamp| stamp.indication == "PASSED")
}

fn about_part(part: &Part, what: &str) -> About {
    About {
        what: what.to_owned(),
        original_name: part.original_name.clone().or_else(|| part.name.clone()),
        place: Some(part.place.clone()),
        content_type: Some(part.content_type.clone()),
    }
}

fn pretty(value: &serde_json::Value) -> Result<String, PaperError> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| PaperError::Io(io::Error::other(error)))
}
