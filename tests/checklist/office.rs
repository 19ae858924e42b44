//! An office that takes applications: messages with papers, people who sign them, and clerks who enter things.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use kep_gateway::alert::job::Job;
use kep_gateway::alert::notice::Cause;
use kep_gateway::checklist::entered::Read;
use kep_gateway::checklist::outcome::{Outcome, Standing};
use kep_gateway::checklist::papers::Reading;
use kep_gateway::daemon::files;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::event::{Event, PapersRead};
use kep_gateway::people::{Account, Edit, Person, Role, Scope, Source, password};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::RegisterNumber;
use kep_gateway::secret::Secret;

use crate::forge;
use crate::forge::mail::{File as Attached, Original};
use crate::forge::pdf_file::{File, Style};
use crate::forge::pdf_sign::{self, StampIn};
use crate::forge::scenario_kit::{self, Kit};
use crate::forge::scenarios::{Defect, Profile, Rung};
use crate::inside::{LISTENER, at, pass};
use crate::site::{PASSWORD, Site, person};

pub const COMPANY: &str = "firma@hs01.kep.tr";
pub const OURS: &str = "birlik@hs02.kep.tr";

pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/checklists")
}

pub fn kit(defect: Defect) -> Kit {
    scenario_kit::build(defect, Rung::Lt, Profile::P1)
}

pub fn other() -> Kit {
    scenario_kit::second(Defect::Sound, Rung::Lt, Profile::P1)
}

/// A letter that these signed one after the other.
pub fn signed(kits: &[Kit]) -> Vec<u8> {
    let mut file = File::letter(Style::Table);
    // No two letters are the same file: in the comment behind the first line stands a number.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    for (place, byte) in file.bytes[11..14].iter_mut().enumerate() {
        *byte = 0x80 | u8::try_from(number >> (7 * place) & 0x7f).unwrap();
    }
    for (at, kit) in kits.iter().enumerate() {
        pdf_sign::sign(&mut file, kit, &format!("Imza{at}"), StampIn::Cms);
    }
    file.bytes
}

pub fn unsigned() -> Vec<u8> {
    signed(&[])
}

pub fn pdf(name: &str, bytes: Vec<u8>) -> Attached {
    Attached::new(name, "application/pdf", bytes)
}

pub fn picture(name: &str) -> Attached {
    let bytes = [&b"\xff\xd8\xff\xe0 "[..], name.as_bytes(), b"\xff\xd9"].concat();
    Attached::new(name, "image/jpeg", bytes)
}

pub fn mail(from: &str, subject: &str, files: Vec<Attached>) -> Vec<u8> {
    let name: String = subject.chars().filter(char::is_ascii_alphanumeric).collect();
    let original = Original {
        from_name: "Deneme Dış Ticaret A.Ş.".into(),
        from: from.into(),
        to: vec![OURS.into()],
        subject: subject.into(),
        message_id: format!("<{name}-{}@deneme.example>", files.len()),
        date: at("2026-11-20T06:00:00Z"),
        body: "Ekte sunulmuştur.".into(),
        files,
        ..Original::default()
    };
    original.unsigned()
}

/// Everything of the sample for export support but the petition and the undertaking.
pub fn the_rest() -> Vec<Attached> {
    vec![
        pdf("İMZA SİRKÜLERİ.pdf", unsigned()),
        picture("vergi_levhasi_2026.jpg"),
        pdf("Ticaret Sicil Gazetesi.pdf", unsigned()),
    ]
}

/// `NAME; MASKED` of a kit's signer, as a circular prints it: otherwise written, and other digits shown than in the certificate.
pub fn on_circular(kit: &Kit) -> String {
    let name = match kit.signer.common_name.as_str() {
        "SINAMA KİŞİSİ 1" => "Sınama Kişisi 1",
        other => other,
    };
    let id = kit.signer.subject_id();
    format!("{name}; {}*****{}", &id[..3], &id[8..])
}

/// Turns what the forge knows into what a test needs.
pub trait SubjectId {
    fn subject_id(&self) -> String;
}

impl SubjectId for forge::pki::Certified {
    fn subject_id(&self) -> String {
        let person: u32 = self.slug.trim_start_matches("kisi-").parse().unwrap();
        forge::pki::synthetic_id(400 + person)
    }
}

/// A site whose configuration names the samples, with the anchors of the kits.
pub async fn office() -> Site {
    let more = format!("{LISTENER}[checklist]\nfolder = \"{}\"\n", samples().display());
    let site = Site::open_with(&more, |folder| kit(Defect::Sound).lay_out(folder));
    site.add("memur", Role::Clerk).await;
    site.add("denetci", Role::Auditor).await;
    let person = Person {
        mailboxes: Scope::Only(["baska".to_owned()].into()),
        ..person("yabanci", Role::Clerk)
    };
    let account = Account {
        password: Some(password::hash(&Secret::new(PASSWORD)).unwrap()),
        ..Account::new(person, Source::Local)
    };
    site.edit("yabanci", Edit::Add(Box::new(account))).await;
    site
}

pub async fn arrives(site: &Site, name: &str, bytes: &[u8]) {
    site.inside.put(name, bytes);
    pass(&site.web.pipeline).await;
    files::look(&site.web.pipeline).await.unwrap();
}

pub fn outcome(pipeline: &Pipeline, number: &str) -> Outcome {
    let number: RegisterNumber = number.parse().unwrap();
    let file = pipeline.ledger.application_file(number, &|_| true).unwrap().expect("a file");
    file.outcome(&pipeline.settings().checklists)
}

pub fn standing(site: &Site, number: &str) -> Standing {
    outcome(&site.web.pipeline, number).standing
}

pub fn codes(outcome: &Outcome, paper: &str) -> Vec<&'static str> {
    let paper = outcome.papers.iter().find(|one| one.id == paper).unwrap();
    paper.reasons.iter().map(|reason| reason.code).collect()
}

pub fn told(pipeline: &Pipeline, cause: Cause) -> Vec<Job> {
    let jobs = pipeline.ledger.jobs().unwrap().into_iter();
    jobs.filter(|job| job.notice.cause == cause).collect()
}

pub const FILE: &str = "/documents/2026/000001/file";

pub async fn enters(site: &Site, deed: &str, fields: &[(&str, &str)]) -> StatusCode {
    let mut clerk = site.signed_in("memur").await;
    let answer = clerk.submit(FILE, &format!("{FILE}/{deed}"), fields).await;
    files::look(&site.web.pipeline).await.unwrap();
    answer.status
}

/// A folder of checklists that the test writes, and a site whose configuration names it.
pub async fn office_with(checklists: &[(&str, &str)]) -> Site {
    let more = format!("{LISTENER}[checklist]\nfolder = \"listeler\"\n");
    let site = Site::open_with(&more, |folder| {
        kit(Defect::Sound).lay_out(folder);
        std::fs::create_dir(folder.join("listeler")).unwrap();
        for (name, text) in checklists {
            std::fs::write(folder.join("listeler").join(name), text).unwrap();
        }
    });
    site.add("memur", Role::Clerk).await;
    site
}

/// Makes entries of these numbers application files: the register need not have them.
pub async fn append_files(ledger: &Ledger, numbers: std::ops::Range<u32>) {
    let read = Read {
        checklist: "deneme".into(),
        rules: Sha256::of(b"rules"),
        at: at("2026-11-20T06:00:00Z"),
        reading: Reading::default(),
        objects: Vec::new(),
    };
    let commit = ledger.commit(move |decision| {
        numbers.into_iter().try_for_each(|number| {
            let number = RegisterNumber { year: 2099, number };
            let (read, completes) = (read.clone(), None);
            decision.record(Event::PapersRead(Box::new(PapersRead { number, read, completes })))
        })
    });
    commit.await.unwrap();
}

/// The checklists and settings as they are now.
pub async fn reload(site: &Site) {
    site.web.pipeline.replace_settings(site.inside.settings());
    files::look(&site.web.pipeline).await.unwrap();
}

/// Whether an entry is an application file of its own.
pub fn is_file(site: &Site, number: &str) -> bool {
    let number: RegisterNumber = number.parse().unwrap();
    site.web.ledger().application_file(number, &|_| true).unwrap().is_some()
}

pub fn whole(outcome: &Outcome) -> Vec<&'static str> {
    outcome.reasons.iter().map(|reason| reason.code).collect()
}

/// One paper that must bear a qualified signature, and one that need not.
pub const QUALIFIED: &str = r#"
name = "deneme"
title = "Deneme başvurusu"
[when]
subject = ["deneme başvurusu"]
[terms]
originals_business_days = 5
retention_years = 10
[[paper]]
id = "dilekce"
title = { tr = "Dilekçe", en = "Petition" }
names = ["dilekçe"]
words = ["başvurunuz incelenmiş"]
formats = ["pdf"]
signature = "qualified"
[[paper]]
id = "levha"
title = { tr = "Vergi levhası", en = "Tax plate" }
names = ["vergi"]
"#;
