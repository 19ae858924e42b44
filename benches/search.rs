//! Lists, filters and search over 1,000 to 1,000,000 register entries, each size in a process of its own, beside SQLite FTS5 (python3's
//! `sqlite3`) on the same rows and the same questions: p50 and p99 of each kind of question, first by itself, then as the whole page that a
//! client on the loopback gets of it, and the memory at the end.
//!
//! Run it with `tests/bench/search.sh`. `SIZES=1000,10000` measures less; `ROUNDS` is the number of questions of each kind; `SQLITE=0` leaves
//! the peer out. The words are made up and spread as words are (the n-th is n times rarer than the first).
#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run says why and stops

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kep_gateway::clock::{FixedClock, SharedClock, SystemClock, local_day};
use kep_gateway::config;
use kep_gateway::envelope::{Attachment, Document, DocumentFile, Party};
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::Ledger;
use kep_gateway::limits::Limits;
use kep_gateway::message::MessageKind;
use kep_gateway::people::{Account, Edit, Person, Role, Scope, Source};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Asker, Deadline, Entry, MessageRecord, RegisterNumber, State};
use kep_gateway::search::Search;
use kep_gateway::search::query::Query;
use kep_gateway::settings::Settings;
use kep_gateway::signature::report::{Indication, Verdict};
use kep_gateway::store::disk::RealDisk;
use kep_gateway::text::Text;
use kep_gateway::web::form::encoded;
use kep_gateway::web::server::{Bounds, accept_all};
use kep_gateway::web::session::Stage;
use kep_gateway::web::{self, Web};
use tokio_util::sync::CancellationToken;

/// The promise: pages of a million entries, and the memory of the process that answers them.
const LIMIT: Duration = Duration::from_millis(50);
const LIMIT_MIB: u64 = 512;
/// Different words of the made-up language.
const VOCABULARY: usize = 40_000;
/// Words of a covering letter.
const LETTER: usize = 90;
const MAILBOXES: [&str; 4] = ["evrak", "hukuk", "ihale", "personel"];
const KINDS: [&str; 10] = [
    "first", "filtered", "deep", "word", "two", "prefix", "phrase", "rare", "sha256", "counts",
];

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let rounds: usize = number("ROUNDS", 200);
    if let Ok(size) = std::env::var("KEP_BENCH_SIZE") {
        measure(size.parse().unwrap(), rounds);
        return;
    }
    let sizes = std::env::var("SIZES").unwrap_or_else(|_| "1000,10000,100000,1000000".into());
    println!("{rounds} questions of each kind; peer: SQLite FTS5 by python3's sqlite3 module, the same rows and questions");
    for size in sizes.split(',') {
        let program = std::env::current_exe().unwrap();
        let status = Command::new(program).env("KEP_BENCH_SIZE", size.trim()).status().unwrap();
        assert!(status.success(), "{size} entries could not be measured");
    }
}

fn measure(size: u32, rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(SystemClock);
    let ledger = Arc::new(Ledger::open(&folder.path().join("store"), RealDisk::shared(), clock).unwrap());
    let search = Search::open(Arc::clone(&ledger), folder.path().join("search"), Limits::default());
    let words = vocabulary();
    let with_peer = std::env::var("SQLITE").map_or(true, |word| word != "0");

    let mut rows = with_peer.then(|| BufWriter::new(fs::File::create(folder.path().join("rows.tsv")).unwrap()));
    let begin = Instant::now();
    let entries = (1..=size).map(|number| {
        let (entry, letter) = made(number, size, &words);
        if let Some(rows) = &mut rows {
            write_row(rows, &entry, &letter);
        }
        (entry, letter)
    });
    search.fill_with(entries).unwrap();
    drop(rows);
    let built = begin.elapsed();
    println!(
        "\n{size} entries: filled in {built:.1?}, {} MiB on the disk",
        megabytes(&folder.path().join("search"))
    );

    let questions = questions(size, rounds, &words);
    let person = somebody();
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut hits: BTreeMap<&str, usize> = BTreeMap::new();
    for (kind, asked) in &questions {
        let query = query(kind, asked);
        let begin = Instant::now();
        let found = match *kind {
            "counts" => search.counts(&person, local_day(arrival(size, size))).unwrap().arrived_today as usize,
            _ => search.list(&person, &query).unwrap().rows.len(),
        };
        times.entry(kind).or_default().push(begin.elapsed());
        *hits.entry(kind).or_default() += usize::from(found > 0);
    }
    let pages = Pages::serve(folder.path(), ledger, search).measure(&questions);
    let (resident, own) = memory();
    let peer = if with_peer {
        peer(folder.path(), &questions)
    } else {
        Default::default()
    };
    for kind in KINDS {
        let taken = times.get_mut(kind).unwrap();
        taken.sort();
        let (middle, late) = (taken[taken.len() / 2], taken[(taken.len() * 99 / 100).min(taken.len() - 1)]);
        let beside = peer.get(kind).map_or_else(
            || "                                  ".into(),
            |(p50, p99)| format!("FTS5 {p50:>8.2} {p99:>8.2} ms  x {:>5.2}", late.as_secs_f64() * 1e3 / p99.max(1e-6)),
        );
        println!(
            "  {kind:<9} p50 {:>8.2} ms  p99 {:>8.2} ms  {beside}  answered {:>3} %  limit {} ms  {}",
            middle.as_secs_f64() * 1e3,
            late.as_secs_f64() * 1e3,
            hits[kind] * 100 / taken.len(),
            LIMIT.as_millis(),
            verdict(late <= LIMIT)
        );
    }
    for (kind, taken) in &pages {
        let (middle, late) = (taken[taken.len() / 2], taken[(taken.len() * 99 / 100).min(taken.len() - 1)]);
        println!(
            "  page {kind:<9} p50 {:>8.2} ms  p99 {:>8.2} ms  limit {} ms  {}",
            middle.as_secs_f64() * 1e3,
            late.as_secs_f64() * 1e3,
            LIMIT.as_millis(),
            verdict(late <= LIMIT)
        );
    }
    println!(
        "  memory    {resident} MiB resident, of it {own} MiB own and the rest pages of the index  limit {LIMIT_MIB} MiB  {}",
        verdict(resident <= LIMIT_MIB)
    );
}

/// The real router on a port of the loopback, and somebody who is signed in there.
struct Pages {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    site: String,
}

impl Pages {
    fn serve(folder: &Path, ledger: Arc<Ledger>, search: Search) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let config_file = folder.join("kep-gateway.toml");
        fs::write(
            &config_file,
            "[store]\npath = \"store\"\n[trust]\nanchors = \"trust\"\nonline = false\n[daemon]\nfree_bytes = 0\n",
        )
        .unwrap();
        let clock: SharedClock = FixedClock::at(arrival(1, 1));
        let settings = Settings::build(config::load(Some(&config_file)).unwrap(), &clock).unwrap();
        let mut web = Web::new(Arc::new(Pipeline::new(ledger, settings)));
        web.search = Arc::new(search);
        let now = web.pipeline.now();
        let (token, port) = runtime.block_on(async {
            let account = Account::new(somebody(), Source::Local);
            let added = web.ledger().edit_account("ayse", Edit::Add(Box::new(account)), Asker::default());
            let generation = added
                .await
                .unwrap()
                .map(|_| web.ledger().account("ayse").unwrap().unwrap().generation)
                .unwrap();
            let token = web
                .sessions
                .begin("ayse", generation, Stage::SignedIn, "127.0.0.1".into(), now)
                .unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let router = web::router(Arc::new(web));
            tokio::spawn(accept_all(listener, None, router, Bounds::default(), CancellationToken::new()));
            (token, port)
        });
        let cookie = format!("kep-session={}", token.reveal()).parse().unwrap();
        let headers = [(reqwest::header::COOKIE, cookie)].into_iter().collect();
        let client = reqwest::Client::builder().no_proxy().default_headers(headers).build().unwrap();
        Self {
            runtime,
            client,
            site: format!("http://127.0.0.1:{port}"),
        }
    }

    /// One question after another, each until its page is here whole.
    fn measure(&self, questions: &[(&'static str, String)]) -> BTreeMap<&'static str, Vec<Duration>> {
        let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for (kind, asked) in questions {
            let path = match *kind {
                "first" | "counts" => "/".to_owned(),
                "deep" => format!("/?before=2026/{:06}", asked.parse::<u32>().unwrap()),
                "filtered" => format!("/search?verdict=failed&unit={}", encoded(asked)),
                "phrase" => format!("/search?q={}", encoded(&format!("\"{asked}\""))),
                _ => format!("/search?q={}", encoded(asked)),
            };
            let begin = Instant::now();
            let page = self.runtime.block_on(async {
                self.client
                    .get(format!("{}{path}", self.site))
                    .send()
                    .await
                    .unwrap()
                    .text()
                    .await
                    .unwrap()
            });
            times.entry(kind).or_default().push(begin.elapsed());
            assert!(
                page.contains("<tbody id=\"rows\">") && page.contains("</html>"),
                "{path}: {page:.500}"
            );
        }
        times.values_mut().for_each(|taken| taken.sort());
        times
    }
}

fn verdict(fits: bool) -> &'static str {
    if fits { "ok" } else { "NOT REACHED" }
}

/// xorshift64*: the same rows on every machine.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, sides: usize) -> usize {
        (self.next() >> 33) as usize % sides
    }

    /// The rank of a word: the n-th is n times rarer than the first.
    fn rank(&mut self, of: usize) -> usize {
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((of as f64).powf(share) as usize).min(of) - 1
    }
}

/// Words of Turkish syllables, the short ones first, as in a language; real ones among the most frequent.
fn vocabulary() -> Vec<String> {
    const FREQUENT: [&str; 20] = [
        "ve",
        "ile",
        "sayılı",
        "tarihli",
        "yazı",
        "karar",
        "hakkında",
        "kurum",
        "ilgi",
        "gereği",
        "başvuru",
        "müdürlüğü",
        "kanun",
        "dilekçe",
        "talep",
        "belge",
        "ödeme",
        "ihale",
        "görüş",
        "bilgi",
    ];
    const SYLLABLES: [&str; 30] = [
        "ka", "le", "mü", "dür", "ba", "şı", "il", "çe", "ği", "tar", "so", "ran", "ye", "ti", "ku", "rul", "iş", "let", "öz", "gün", "ar",
        "de", "pın", "cı", "lık", "se", "vim", "oğ", "uz", "han",
    ];
    const ENDINGS: [&str; 8] = ["", "", "ı", "in", "ler", "nde", "den", "si"];
    let mut dice = Dice::new(7);
    let mut words: Vec<String> = FREQUENT.iter().map(|word| (*word).to_owned()).collect();
    let mut known: BTreeSet<String> = words.iter().cloned().collect();
    while words.len() < VOCABULARY {
        let syllables = 2 + dice.below(2) + words.len() * 3 / VOCABULARY;
        let mut word: String = (0..syllables).map(|_| SYLLABLES[dice.below(SYLLABLES.len())]).collect();
        word.push_str(ENDINGS[dice.below(ENDINGS.len())]);
        if known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// Some hundred thousand a year.
fn arrival(number: u32, size: u32) -> Timestamp {
    let last: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
    last - SignedDuration::from_secs(i64::from(size - number) * 60)
}

fn made(number: u32, size: u32, words: &[String]) -> (Entry, String) {
    let mut dice = Dice::new(u64::from(number) + 1_000);
    let text = |dice: &mut Dice, count: usize| {
        let mut text = String::new();
        for _ in 0..count {
            let _ = write!(text, "{} ", words[dice.rank(words.len())]);
        }
        text
    };
    let sender = dice.rank(3_000);
    let at = arrival(number, size);
    let letter = text(&mut dice, LETTER / 2 + number as usize % LETTER);
    let subject = text(&mut dice, 6);
    let hash = |kind: &str| Sha256::of(format!("{kind} {number}").as_bytes());
    let names = [
        "Bakanlığı",
        "Belediye Başkanlığı",
        "Üniversitesi Rektörlüğü",
        "Müdürlüğü",
        "Anonim Şirketi",
    ];
    let document = Document {
        id: Some(format!("0F0E7C2A-0000-4000-8000-{number:012}")),
        number: Some(format!("E-{}-702.03-{number}", 20_000_000 + sender)),
        subject: Some(subject),
        date: Some(at - SignedDuration::from_hours(30)),
        security: Some("YOK".into()),
        sender: Some(Party {
            kind: "institution".into(),
            name: Some(format!(
                "{} {} {}",
                words[20 + sender * 7],
                words[21 + sender * 11],
                names[sender % names.len()]
            )),
            id: Some(format!("{}", 20_000_000 + sender)),
        }),
        file: Some(DocumentFile {
            name: "Üst Yazı.pdf".into(),
            mime: None,
            size: 90_000,
            sha256: hash("letter"),
        }),
        attachments: vec![Attachment {
            name: Some(format!("{} listesi.xlsx", words[dice.rank(words.len())])),
            sha256: Some(hash("attachment")),
            ..Attachment::default()
        }],
        ..Document::default()
    };
    let indication = [
        Indication::Passed,
        Indication::Passed,
        Indication::Passed,
        Indication::Indeterminate,
        Indication::Failed,
    ][dice.below(5)];
    let entry = Entry {
        opened: Vec::new(),
        register_number: RegisterNumber { year: 2026, number },
        registered_at: at,
        mailbox: MAILBOXES[dice.rank(MAILBOXES.len())].into(),
        message: MessageRecord {
            sha256: hash("message"),
            kind: MessageKind::Dispatch,
            message_id: None,
            original_message_id: None,
            rem_type: None,
            rem_id: None,
            sender: None,
            sender_kep: Some(format!("kurum{sender}@hs01.kep.tr")),
            recipients: Vec::new(),
            subject: None,
            received_at: at,
            received_by: "server".into(),
            size: 230_000,
            sightings: Vec::new(),
            attachments: Vec::new(),
        },
        package: None,
        document: Some(document),
        verdict: Some(Verdict {
            indication,
            sub_indication: None,
            signatures: Vec::new(),
            validation_time: at,
            anchors_sha256: hash("anchors"),
            objects: Vec::new(),
            wanted: Vec::new(),
        }),
        findings: Vec::new(),
        evidence: Vec::new(),
        deadlines: vec![Deadline {
            kind: "deemed-read".into(),
            at: at + SignedDuration::from_hours(30),
            rule: "kep-next-business-day".into(),
            law: Text::default(),
            text: Text::default(),
        }],
        flags: BTreeSet::new(),
        unit: Some(format!("Birim {}", dice.rank(30))),
        labels: BTreeSet::new(),
        access: [0, 0, 0, 0, 1, 1, 2, 3, 4][dice.below(9)],
        // Of what came lately nobody opened some.
        state: if size - number < 500 && dice.below(2) == 0 {
            State::Registered
        } else {
            State::Done
        },
        history: Vec::new(),
        earlier_verdicts: Vec::new(),
    };
    (entry, letter)
}

/// For the peer: what the filters look at, the line, and all words, folded as ours are, so that both look for the same.
fn write_row(rows: &mut impl std::io::Write, entry: &Entry, letter: &str) {
    let document = entry.document.as_ref().unwrap();
    let verdict = match entry.verdict.as_ref().unwrap().indication {
        Indication::Passed => "passed",
        Indication::Failed => "failed",
        Indication::Indeterminate => "indeterminate",
    };
    let sender = document.sender.as_ref().unwrap().name.clone().unwrap();
    let subject = document.subject.clone().unwrap();
    let number = document.number.clone().unwrap();
    let name = document.attachments[0].name.clone().unwrap();
    let text = kep_gateway::text::fold(&format!("{} {subject} {number} {sender} {name} {letter}", entry.register_number));
    let row = kep_gateway::search::row::Row::of(entry);
    writeln!(
        rows,
        "{}\t{}\t{}\t{verdict}\t{}\t1\t{}\t{}\t{text}",
        entry.register_number.number,
        entry.mailbox,
        entry.unit.as_deref().unwrap(),
        entry.access,
        document.file.as_ref().unwrap().sha256,
        serde_json::to_string(&row).unwrap()
    )
    .unwrap();
}

/// The questions, kind after kind in turn, as people ask.
fn questions(size: u32, rounds: usize, words: &[String]) -> Vec<(&'static str, String)> {
    let mut dice = Dice::new(99);
    let folded = |word: &str| kep_gateway::text::fold(word);
    let mut questions = Vec::new();
    for _ in 0..rounds {
        for kind in KINDS {
            let any = 1 + dice.below(size as usize) as u32;
            let asked = match kind {
                "filtered" => format!("Birim {}", dice.rank(30)),
                "deep" => any.to_string(),
                "word" => folded(&words[dice.rank(2_000)]),
                "two" => format!("{} {}", folded(&words[dice.rank(500)]), folded(&words[dice.rank(2_000)])),
                "rare" => folded(&words[words.len() / 2 + dice.below(words.len() / 2)]),
                "prefix" => folded(&words[dice.rank(words.len())]).chars().take(2 + dice.below(5)).collect(),
                "phrase" => {
                    let (_, letter) = made(any, size, words);
                    letter.split_whitespace().skip(5).take(2).map(folded).collect::<Vec<_>>().join(" ")
                }
                "sha256" => Sha256::of(format!("letter {any}").as_bytes()).to_string(),
                _ => String::new(),
            };
            questions.push((kind, asked));
        }
    }
    questions
}

fn query(kind: &str, asked: &str) -> Query {
    let base = Query::default();
    match kind {
        "filtered" => Query {
            verdict: Some("failed".into()),
            unit: Some(asked.into()),
            ..base
        },
        "deep" => Query {
            before: Some(RegisterNumber {
                year: 2026,
                number: asked.parse().unwrap(),
            }),
            ..base
        },
        "phrase" => Query {
            text: Some(format!("\"{asked}\"")),
            ..base
        },
        "word" | "two" | "rare" | "prefix" | "sha256" => Query {
            text: Some(asked.into()),
            ..base
        },
        _ => base,
    }
}

/// Neither all mailboxes nor all levels: the filters of a person are part of every question.
fn somebody() -> Person {
    Person {
        login: "ayse".into(),
        name: "Ayşe Deneme".into(),
        role: Role::Clerk,
        mailboxes: Scope::Only(MAILBOXES[..2].iter().map(|name| (*name).to_owned()).collect()),
        units: Scope::All,
        clearance: 3,
    }
}

/// p50 and p99 of the peer, in milliseconds; nothing where there is no python3 with FTS5.
fn peer(folder: &Path, questions: &[(&str, String)]) -> BTreeMap<String, (f64, f64)> {
    let mut file = BufWriter::new(fs::File::create(folder.join("questions.tsv")).unwrap());
    for (kind, asked) in questions {
        writeln!(file, "{kind}\t{asked}").unwrap();
    }
    drop(file);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/fts5.py");
    let output = match Command::new("python3").arg(script).arg(folder).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            println!(
                "  the peer could not be measured: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
            return BTreeMap::new();
        }
        Err(error) => {
            println!("  the peer could not be measured: python3: {error}");
            return BTreeMap::new();
        }
    };
    let mut found = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [kind, one, two] = fields[..] else { continue };
        let (one, two): (f64, f64) = (one.parse().unwrap(), two.parse().unwrap());
        if kind == "build" {
            println!("  FTS5 filled in {one:.1} s, {} MiB on the disk", two as u64 >> 20);
        } else {
            found.insert(kind.to_owned(), (one, two));
        }
    }
    found
}

/// Resident MiB of this process, and those that are no pages of files.
fn memory() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|number| number.parse::<u64>().ok())
            .unwrap_or(0)
            / 1024
    };
    (field("VmRSS:"), field("RssAnon:"))
}

fn megabytes(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.metadata().unwrap() {
                there if there.is_dir() => open.push(entry.path()),
                there => bytes += there.len(),
            }
        }
    }
    bytes >> 20
}
