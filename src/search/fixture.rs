//! A register for the tests of the search: entries of every kind, made from a seed, so that a failure can be repeated.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::follow::Progress;
use super::{Search, SearchError};
use crate::envelope::{Attachment, Document, DocumentFile, Party};
use crate::hash::Sha256;
use crate::ledger::Ledger;
use crate::ledger::fixture::{World, draft, fetch, friday};
use crate::ledger::registration::Registration;
use crate::limits::Limits;
use crate::message::MessageKind;
use crate::people::{Person, Role, Scope};
use crate::register::draft::Draft;
use crate::register::entry::{Deadline, RegisterNumber};
use crate::signature::report::{Indication, Verdict};
use crate::text::Text;

/// xorshift64*: the same numbers on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub fn chance(&mut self, in_: usize) -> bool {
        self.below(in_) == 0
    }
}

pub const MAILBOXES: [&str; 3] = ["evrak", "hukuk", "ihale"];
pub const UNITS: [&str; 4] = ["Yazı İşleri", "Hukuk", "Mali Hizmetler", "Özel Kalem"];
pub const SENDERS: [&str; 5] = [
    "Örnek Bakanlığı",
    "Iğdır Deneme Belediyesi",
    "Çınar Üniversitesi Rektörlüğü",
    "TÜBİTAK'ın Şubesi",
    "Örnek Sigorta A.Ş.",
];
pub const WORDS: [&str; 16] = [
    "dilekçe",
    "dilekçesinin",
    "karar",
    "kararı",
    "kararname",
    "taahhüt",
    "taahhüdü",
    "ihale",
    "ihalesi",
    "bütçe",
    "görüş",
    "İmar",
    "ILICA",
    "şartname",
    "2026",
    "kâğıt",
];
pub const FLAGS: [&str; 4] = ["unverified", "duplicate", "encrypted", "sent"];

/// The hash of a made-up file.
pub fn file_hash(number: usize) -> Sha256 {
    Sha256::of(format!("file {}", number % 7).as_bytes())
}

/// A document of any kind.
pub fn any_draft(dice: &mut Dice, sha256: Sha256) -> Draft {
    let mut made = draft(sha256, MessageKind::Dispatch);
    made.mailbox = dice.one(&MAILBOXES).into();
    made.unit = (!dice.chance(4)).then(|| dice.one(&UNITS).into());
    made.access = dice.below(5) as u8;
    made.flags = FLAGS.iter().filter(|_| dice.chance(3)).map(|flag| (*flag).to_owned()).collect();
    made.message.received_at = friday() - SignedDuration::from_hours(dice.below(400) as i64);
    made.message.sender = Some(format!("{} <kep@ornek.hs01.kep.tr>", dice.one(&SENDERS)));
    made.message.sender_kep = Some(format!("kurum{}@ornek.hs01.kep.tr", dice.below(5)));
    made.message.subject = Some(subject(dice));
    made.verdict = [
        Some(Indication::Passed),
        Some(Indication::Failed),
        Some(Indication::Indeterminate),
        None,
    ][dice.below(4)]
    .map(verdict);
    if dice.chance(2) {
        made.deadlines = vec![deadline(dice, "deemed-read"), deadline(dice, "due")];
    }
    made.document = (!dice.chance(5)).then(|| document(dice));
    made
}

fn subject(dice: &mut Dice) -> String {
    (0..1 + dice.below(5)).map(|_| dice.one(&WORDS)).collect::<Vec<_>>().join(" ")
}

fn document(dice: &mut Dice) -> Document {
    Document {
        id: Some(format!("0f0e7c2a-0000-4000-8000-{:012}", dice.below(30))),
        number: Some(format!("E-{}-702.03-{}", 24_312_041 + dice.below(3), dice.below(20))),
        subject: Some(subject(dice)),
        date: (!dice.chance(6)).then(|| friday() - SignedDuration::from_hours(dice.below(900) as i64)),
        sender: Some(Party {
            kind: "institution".into(),
            name: Some(dice.one(&SENDERS).into()),
            id: Some(format!("{}", 24_312_041 + dice.below(3))),
        }),
        file: Some(DocumentFile {
            name: "Üst Yazı.pdf".into(),
            mime: None,
            size: 9,
            sha256: file_hash(dice.below(99)),
        }),
        attachments: (0..dice.below(3))
            .map(|_| Attachment {
                name: Some(format!("{} listesi.xlsx", dice.one(&WORDS))),
                sha256: Some(file_hash(dice.below(99))),
                ..Attachment::default()
            })
            .collect(),
        ..Document::default()
    }
}

pub fn verdict(indication: Indication) -> Verdict {
    Verdict {
        indication,
        sub_indication: None,
        signatures: Vec::new(),
        validation_time: friday(),
        anchors_sha256: Sha256::of(b"anchors"),
        objects: Vec::new(),
        wanted: Vec::new(),
    }
}

fn deadline(dice: &mut Dice, kind: &str) -> Deadline {
    Deadline {
        kind: kind.into(),
        at: friday() + SignedDuration::from_hours(dice.below(300) as i64 - 60),
        rule: "miat".into(),
        law: Text::default(),
        text: Text::new("deneme", "a test"),
    }
}

/// A store with a ledger, and where its search index lies.
pub struct Register {
    pub world: World,
    pub ledger: Arc<Ledger>,
    dice: Dice,
    arrived: u32,
}

impl Register {
    pub fn new(seed: u64) -> Self {
        let world = World::new();
        let ledger = Arc::new(world.open());
        Self {
            world,
            ledger,
            dice: Dice::new(seed),
            arrived: 0,
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.world.root().join("search")
    }

    pub fn search(&self) -> Search {
        Search::open(Arc::clone(&self.ledger), self.folder(), Limits::default())
    }

    /// One more entry of any kind; `change` makes it what the test needs.
    pub async fn add(&mut self, change: impl FnOnce(&mut Draft)) -> RegisterNumber {
        self.arrived += 1;
        let name = format!("message {}", self.arrived);
        let sha256 = fetch(&self.ledger, "evrak", self.arrived, &name).await;
        let mut made = any_draft(&mut self.dice, sha256);
        change(&mut made);
        let registration = Registration {
            drafts: vec![made],
            ..self.world.registration(sha256)
        };
        self.ledger.register(registration).await.unwrap()[0]
    }

    pub async fn fill(&mut self, count: usize) {
        for nth in 0..count {
            // A day passes now and then, so that there are days to ask for.
            if nth % 10 == 9 {
                self.pass(SignedDuration::from_hours(13));
            }
            self.add(|_| ()).await;
        }
    }

    pub fn now(&self) -> Timestamp {
        self.ledger.clock().now()
    }

    pub fn pass(&self, time: SignedDuration) {
        self.world.clock.set(self.now() + time);
    }
}

/// Rounds until the index holds everything.
pub fn settle(search: &Search) {
    try_settle(search).unwrap();
}

pub fn try_settle(search: &Search) -> Result<(), SearchError> {
    for _ in 0..1_000 {
        if search.catch_up(&|| false)? == Progress::UpToDate {
            return Ok(());
        }
    }
    panic!("the index never came to an end")
}

pub fn somebody(mailboxes: Scope, units: Scope, clearance: u8) -> Person {
    Person {
        login: "ayse".into(),
        name: "Ayşe Deneme".into(),
        role: Role::Clerk,
        mailboxes,
        units,
        clearance,
    }
}

pub fn everything() -> Person {
    somebody(Scope::All, Scope::All, 4)
}

pub fn only(names: &[&str]) -> Scope {
    Scope::Only(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>())
}
