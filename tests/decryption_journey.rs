//! Encrypted mail through the whole gateway: registered closed without a key, opened when one comes, read by nobody below its clearance, and
//! readable ever after without the key. Keys in a PKCS#12 file and on a token.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forge::encryption::{MODULE, PIN, Token, on_curve, openssl, pkcs12, spy};
use forge::eyp::{Attachment, AttachmentKind, Version};
use forge::letter::Letter;
use forge::mail::File;
use forge::pki::{Certified, KeyKind};
use forge::sample::ExpectedDocument;
use forge::world::World;
use gateway::page::{Daemon, PAGE};
use gateway::{Gateway, until};
use inside::{Inside, LISTENER, at, export, open_mailbox, pass};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::alert::notice::{Cause, Level, Notice};
use kep_gateway::daemon::duties;
use kep_gateway::daemon::keys::Watch;
use kep_gateway::daemon::progress::Progress;
use kep_gateway::daemon::revalidate::Queue;
use kep_gateway::pipeline::Pipeline;
use kep_gateway::pipeline::reexamine::{Outcome, Reexamined};
use kep_gateway::register::entry::{Asker, Entry, Why};
use kep_gateway::store::disk::RealDisk;
use openssl::asn1::Asn1Time;
use openssl::x509::X509;
use rustix::process::Signal;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);
/// For a mailbox: our key in a file.
const KEY: &str = "decryption = { pkcs12_file = \"kurum.p12\", pkcs12_password_file = \"kurum.parola\" }\n";
const OAEP_256: &[&str] = &["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"];

/// A mail with an encrypted package, and what is expected of the document inside.
fn encrypted<'w>(letter: &Letter<'w>, encrypt: &dyn Fn(&[u8]) -> Vec<u8>) -> (Vec<u8>, ExpectedDocument) {
    let package = letter.package(Version::V2_0, &letter.sender.director);
    let inner = letter.made(&package, Vec::new()).document;
    let outer = letter.package_encrypted_by(&package, encrypt);
    (letter.send_packages(vec![outer], false).raw, inner)
}

fn secret<'w>(world: &'w World, nth: usize) -> Letter<'w> {
    Letter {
        security: "GZL",
        ..world.letter(nth)
    }
}

fn flags(entry: &Value) -> Vec<&str> {
    entry["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| flag.as_str().unwrap())
        .collect()
}

fn rules(entry: &Value) -> Vec<&str> {
    entry["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

fn assert_closed(entry: &Value, reason: &str) {
    assert_not_opened(entry, reason);
    assert_eq!(entry["verdict"]["indication"], "INDETERMINATE", "{entry:#}");
}

/// It counts as encrypted, and for nobody who is not cleared for everything.
fn assert_not_opened(entry: &Value, reason: &str) {
    assert!(
        flags(entry).contains(&"encrypted") && !flags(entry).contains(&"decrypted"),
        "{entry:#}"
    );
    assert_eq!(entry["access"], 4);
    assert!(rules(entry).contains(&reason), "{reason}: {:?}", rules(entry));
}

fn assert_opened(entry: &Value, inner: &ExpectedDocument, access: u8) {
    assert!(
        flags(entry).contains(&"decrypted") && !flags(entry).contains(&"encrypted"),
        "{entry:#}"
    );
    assert_eq!(entry["document"]["number"].as_str(), inner.number.as_deref());
    assert_eq!(entry["document"]["subject"].as_str(), inner.subject.as_deref());
    assert_eq!(entry["document"]["file"]["sha256"].as_str(), inner.file_sha256.as_deref());
    assert_eq!(entry["access"], access);
    assert!(
        rules(entry).contains(&"KEP-4601") && !rules(entry).contains(&"H14"),
        "{:?}",
        rules(entry)
    );
    assert!(entry["opened"][0]["certificate"].as_str().is_some_and(|hash| hash.len() == 64));
}

/// Every file below a folder that holds these bytes.
fn holders_of(bytes: &[u8], folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holders_of(bytes, &path));
        } else if fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(path);
        }
    }
    found
}

fn entries(pipeline: &Pipeline) -> Vec<Entry> {
    pipeline.ledger.entries().collect::<Result<_, _>>().unwrap()
}

/// Without a key it is registered as encrypted; the key comes, and the queue opens it by itself; the key goes, and it stays open.
#[tokio::test]
async fn a_key_that_comes_later_opens_what_came_before_and_is_not_needed_again() {
    let world = World::new(31);
    let us = &world.receiver_encryption;
    let mut inside = Inside::new("2026-11-09T07:00:00Z", "");
    world.trust_folder(&inside.dir.path().join("trust"));
    let mailbox = inside.text.clone();
    let letter = secret(&world, 4);
    let mut inner_bytes = Vec::new();
    let keep = std::cell::RefCell::new(&mut inner_bytes);
    let (raw, inner) = encrypted(&letter, &|content| {
        **keep.borrow_mut() = content.to_vec();
        openssl(content, &["-aes-256-gcm"], OAEP_256, &[us])
    });
    inside.put("gizli.eml", &raw);
    inside.text = format!("{mailbox}{LISTENER}");
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    assert_closed(&export(&pipeline.ledger)[0], "KEP-4602");
    let mut queue = Queue::default();
    assert_eq!(
        queue.look(&pipeline, &Progress::default()).await.unwrap(),
        0,
        "no key, nothing to try"
    );

    // A key of somebody else changes the reason; tried once, however often the queue looks.
    let stranger = on_curve(&world.seal.ca, KeyKind::Rsa2048, "yabanci");
    let with_key = |key: &Certified| {
        fs::write(inside.dir.path().join("kurum.p12"), pkcs12(key, "parola")).unwrap();
        fs::write(inside.dir.path().join("kurum.parola"), "parola\n").unwrap();
        format!("{mailbox}{KEY}{LISTENER}")
    };
    let text = with_key(&stranger);
    inside.set("2026-11-09T08:00:00Z");
    let reload = |text: &str| {
        let path = inside.dir.path().join("kep-gateway.toml");
        fs::write(&path, text).unwrap();
        let clock: kep_gateway::clock::SharedClock = inside.clock.clone();
        let settings = kep_gateway::settings::Settings::build(kep_gateway::config::load(Some(&path)).unwrap(), &clock).unwrap();
        pipeline.replace_settings(settings);
    };
    reload(&text);
    for tried in [1, 0, 0] {
        assert_eq!(queue.look(&pipeline, &Progress::default()).await.unwrap(), tried);
    }
    assert_closed(&export(&pipeline.ledger)[0], "KEP-4603");

    inside.set("2026-11-09T09:00:00Z");
    reload(&with_key(us));
    assert_eq!(queue.look(&pipeline, &Progress::default()).await.unwrap(), 1);
    let opened = entries(&pipeline).remove(0);
    assert_opened(&export(&pipeline.ledger)[0], &inner, 3);
    assert_eq!(opened.opened.len(), 1);
    assert_eq!(opened.opened[0].opened_at, at("2026-11-09T09:00:00Z"));
    assert!(opened.earlier_verdicts.iter().all(|earlier| earlier.why == Why::Retry));
    assert_eq!(pipeline.ledger.blobs().get(&opened.opened[0].sha256).unwrap(), inner_bytes);
    let due = export(&pipeline.ledger)[0]["deadlines"].to_string();
    assert_eq!(
        due.contains("due"),
        inner.due.is_some(),
        "the deadline of the document inside: {due}"
    );

    // Nowhere on the disk but in its blob.
    let piece = &inner_bytes[inner_bytes.len() / 2..inner_bytes.len() / 2 + 64];
    let found = holders_of(piece, inside.dir.path());
    assert_eq!(found, [pipeline.ledger.blobs().path(&opened.opened[0].sha256)]);

    // Without the key: the same entry, and nothing is recorded.
    reload(&format!("{mailbox}{LISTENER}"));
    let head = pipeline.ledger.head();
    let number = opened.register_number;
    let answers = pipeline.reexamine(&[number], Why::Operator, &Asker::default()).await.unwrap();
    assert_eq!(pipeline.ledger.head(), head, "{answers:?}");
    assert_eq!(entries(&pipeline), [opened]);
}

/// A key file that is not there at the moment: the document waits, and the queue tries again by itself.
#[tokio::test]
async fn a_key_that_was_away_is_tried_again_by_itself() {
    let world = World::new(35);
    let inside = Inside::new("2026-11-09T07:00:00Z", &format!("{KEY}{LISTENER}"));
    world.trust_folder(&inside.dir.path().join("trust"));
    let (raw, inner) = encrypted(&world.letter(3), &|content| world.encrypt_to_us(content));
    inside.put("1.eml", &raw);
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    assert_closed(&export(&pipeline.ledger)[0], "KEP-4604");
    let mut queue = Queue::default();
    let mut tried = Vec::new();
    for minute in [1, 6, 7] {
        inside.set(&format!("2026-11-09T07:{minute:02}:00Z"));
        tried.push(queue.look(&pipeline, &Progress::default()).await.unwrap());
    }
    assert_eq!(tried, [0, 1, 0], "not at once, and not in a circle");
    fs::write(inside.dir.path().join("kurum.p12"), world.receiver_pkcs12("parola")).unwrap();
    fs::write(inside.dir.path().join("kurum.parola"), "parola\n").unwrap();
    inside.set("2026-11-09T07:30:00Z");
    assert_eq!(queue.look(&pipeline, &Progress::default()).await.unwrap(), 1);
    assert_opened(&export(&pipeline.ledger)[0], &inner, 0);
    inside.set("2026-11-11T07:30:00Z");
    let waiting = pipeline.ledger.waiting().unwrap();
    assert!(waiting.iter().all(|one| !one.closed), "{waiting:?}");
}

/// The daemon opens it; who is cleared reads its parts, for whom it is too high it is not there.
#[test]
fn what_was_encrypted_exists_only_for_those_who_are_cleared_for_it() {
    let world = World::new(32);
    let gateway = Gateway::with_drop(&world);
    fs::write(gateway.dir.path().join("kurum.p12"), world.receiver_pkcs12("parola")).unwrap();
    fs::write(gateway.dir.path().join("kurum.parola"), "parola\n").unwrap();
    gateway.configure_more(&format!("{KEY}{PAGE}"));
    gateway.ok(&["config", "show"]);
    let (high, low) = (gateway.token("yetkili", "read", "3"), gateway.token("yetkisiz", "read", "2"));
    let (raw, inner) = encrypted(&secret(&world, 6), &|content| {
        openssl(content, &["-aes-256-cbc", "-stream"], OAEP_256, &[&world.receiver_encryption])
    });
    gateway.put("1.eml", &raw);
    gateway.put("2.eml", &world.letter(7).encrypted_message().raw);
    let running = Daemon::start(&gateway);
    let get = |path: &str, token: &str| running.get(&format!("/api/v1/documents{path}"), token);
    until("both are registered", || gateway.export().len() == 2);
    let entries = gateway.export();
    let document = entries.iter().find(|entry| !entry["document"].is_null()).unwrap();
    assert_opened(document, &inner, 3);
    let mail = entries.iter().find(|entry| entry["document"].is_null()).unwrap();
    assert!(flags(mail).contains(&"decrypted"), "{mail:#}");
    assert_eq!(mail["access"], 4, "it bears no code and was closed to everybody else");
    assert_eq!(mail["message"]["kind"], "standard");

    let place = format!("/{}", document["register_number"].as_str().unwrap());
    let (status, body) = get(&place, &high);
    assert_eq!(status, 200);
    assert!(String::from_utf8_lossy(&body).contains(inner.number.as_deref().unwrap()));
    let (status, parts) = get(&format!("{place}/parts"), &high);
    let letter = inner.file_sha256.as_deref().unwrap();
    assert!(status == 200 && String::from_utf8_lossy(&parts).contains(letter));
    let (status, file) = get(&format!("{place}/parts/{letter}"), &high);
    assert_eq!((status, World::sha256(&file)), (200, letter.to_owned()));

    // Absent and forbidden are the same.
    let absent = get("/2026/000099", &low);
    for path in [
        place.clone(),
        format!("{place}/parts"),
        format!("{place}/parts/{letter}"),
        format!("{place}/original"),
    ] {
        let (status, body) = get(&path, &low);
        assert_eq!(status, 404, "{path}");
        let told = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["code"].clone();
        assert_eq!(told(&body), told(&absent.1), "{path}");
    }
    let (_, listed) = get("", &low);
    assert!(!String::from_utf8_lossy(&listed).contains(inner.number.as_deref().unwrap()));
    let log = running.log();
    drop(running);
    assert!(
        !log.contains("parola\"") && !log.contains(inner.subject.as_deref().unwrap()),
        "{log}"
    );
    // The command line opens files by the configured key, and by one that is named.
    let eyps = gateway.dir.path().join("belge.eml");
    fs::write(&eyps, &raw).unwrap();
    let out = gateway.dir.path().join("parcalar");
    let (eyps, out_name) = (eyps.display().to_string(), out.display().to_string());
    gateway.run(&["unpack", &eyps, "--to", &out_name]);
    let written: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|file| World::sha256(&fs::read(file.unwrap().path()).unwrap()))
        .collect();
    assert!(
        written.iter().any(|sha256| sha256 == letter),
        "the letter is among what was unpacked"
    );
    gateway.configure("");
    let closed = gateway.json(&["verify", "--json", "--offline", &eyps]);
    let at = |name: &str| gateway.dir.path().join(name).display().to_string();
    let opened = gateway.json(&[
        "verify",
        "--json",
        "--offline",
        "--pkcs12",
        &at("kurum.p12"),
        "--password-file",
        &at("kurum.parola"),
        &eyps,
    ]);
    let has = |report: &Value, rule: &str| report["files"][0]["findings"].to_string().contains(rule);
    assert!(
        has(&closed, "KEP-4602") && has(&opened, "KEP-4601") && !has(&opened, "H14"),
        "{opened:#}"
    );
}

/// A gateway whose key is on a token.
struct OnToken {
    gateway: Gateway,
    token: Token,
    log: PathBuf,
}

impl OnToken {
    fn new(world: &World) -> Self {
        let gateway = Gateway::with_drop(world);
        Self {
            log: gateway.dir.path().join("calls.log"),
            gateway,
            token: Token::new(),
        }
    }

    fn write_pin(&self, pin: &str) {
        fs::write(self.gateway.dir.path().join("kurum.pin"), format!("{pin}\n")).unwrap();
    }

    fn configure(&self, module: &str, pin: &str) {
        self.write_pin(pin);
        self.gateway.configure(&format!(
            "[[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"{}\"\nsettle = \"0s\"\n\
             decryption = {{ pkcs11_module = \"{module}\", pkcs11_token = \"kurum\", pkcs11_pin_file = \"kurum.pin\" }}\n{PAGE}{LISTENER}",
            self.gateway.drop().display()
        ));
    }

    fn environment(&self) -> [(String, String); 3] {
        let text = |path: &Path| path.display().to_string();
        [
            ("SOFTHSM2_CONF".into(), text(&self.token.conf())),
            ("PKCS11SPY".into(), MODULE.into()),
            ("PKCS11SPY_OUTPUT".into(), text(&self.log)),
        ]
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = self.gateway.command(args);
        command.envs(self.environment()).stdin(Stdio::null());
        command.output().unwrap()
    }

    /// How often the token was asked to log somebody in.
    fn logins(&self) -> usize {
        let calls = fs::read_to_string(&self.log).unwrap_or_default();
        calls.lines().filter(|line| line.contains(": C_Login")).count()
    }
}

#[test]
fn a_key_that_was_made_on_a_token_opens_and_never_leaves_it() {
    let world = World::new(33);
    let here = OnToken::new(&world);
    let made = here.token.generate("rsa:2048", "01", &world.seal.ca);
    let on_the_curve = here.token.generate("EC:secp384r1", "02", &world.nes.ca);
    here.configure(MODULE, PIN);
    let generated = Certified {
        der: made,
        ..(*world.receiver_encryption).clone()
    };
    let curve = Certified {
        der: on_the_curve,
        ..generated.clone()
    };
    let ways: [(&[&str], &[&str], &Certified); 4] = [
        (&["-aes-256-cbc", "-stream"], &[], &generated),
        (&["-aes-256-gcm"], OAEP_256, &generated),
        (&["-aes-128-cbc"], &["rsa_padding_mode:oaep"], &generated),
        (&["-aes-256-gcm"], &["ecdh_kdf_md:sha256"], &curve),
    ];
    let mut expected = Vec::new();
    for (nth, (options, key_options, to)) in ways.iter().enumerate() {
        let (raw, inner) = encrypted(&world.letter(nth), &|content| openssl(content, options, key_options, &[to]));
        here.gateway.put(&format!("{nth}.eml"), &raw);
        expected.push(inner);
    }
    here.run(&["poll"]);
    let entries = here.gateway.export();
    assert_eq!(entries.len(), ways.len());
    for inner in &expected {
        let entry = entries
            .iter()
            .find(|entry| entry["document"]["number"].as_str() == inner.number.as_deref())
            .unwrap_or_else(|| panic!("{inner:?} is not in {entries:#?}"));
        let access = if inner.security.as_deref() == Some("HZO") { 1 } else { 0 };
        assert_opened(entry, inner, access);
    }
    let check = here.run(&["config", "check"]);
    assert!(!String::from_utf8_lossy(&check.stdout).contains("PKCS#11"), "{check:?}");
}

#[test]
fn a_token_that_is_gone_is_tried_again_and_a_wrong_pin_is_tried_once() {
    let world = World::new(34);
    let here = OnToken::new(&world);
    here.token.import(&world.receiver_encryption, "01");
    let encrypt = |content: &[u8]| openssl(content, &["-aes-256-gcm"], OAEP_256, &[&world.receiver_encryption]);
    let mut inner = Vec::new();
    for nth in 0..3 {
        let (raw, document) = encrypted(&world.letter(nth), &encrypt);
        here.gateway.put(&format!("{nth}.eml"), &raw);
        inner.push(document);
    }

    // No such module: everything is registered, closed, and waits.
    here.configure("/usr/lib/softhsm/yok.so", PIN);
    here.run(&["poll"]);
    let entries = here.gateway.export();
    assert_eq!(entries.len(), 3);
    entries.iter().for_each(|entry| assert_closed(entry, "KEP-4604"));
    let check = here.run(&["config", "check"]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(check.status.code() == Some(10) && said.contains("yok.so"), "{said}");

    // The token, and a PIN that is not its: three documents in one run, one login.
    here.configure(&spy(), "000000");
    let numbers: Vec<String> = entries
        .iter()
        .map(|entry| entry["register_number"].as_str().unwrap().to_owned())
        .collect();
    let retry = || {
        let mut args = vec!["documents", "retry"];
        args.extend(numbers.iter().map(String::as_str));
        here.run(&args)
    };
    retry();
    here.gateway.export().iter().for_each(|entry| assert_closed(entry, "KEP-4605"));
    assert_eq!(here.logins(), 1, "tokens lock: the same wrong PIN is tried once");
    let told = format!("{:?}", here.gateway.export());
    assert!(!told.contains("000000\"") && !told.contains(PIN));

    here.configure(&spy(), PIN);
    retry();
    for entry in here.gateway.export() {
        let number = entry["document"]["number"].as_str().unwrap_or_default().to_owned();
        let inner = inner.iter().find(|inner| inner.number.as_deref() == Some(number.as_str())).unwrap();
        let access = if inner.security.as_deref() == Some("HZO") { 1 } else { 0 };
        assert_opened(&entry, inner, access);
    }
    assert_eq!(here.logins(), 2, "one session serves all");
    // The key was used on the token and never asked for.
    let calls = fs::read_to_string(&here.log).unwrap();
    for secret in ["CKA_PRIVATE_EXPONENT", "CKA_PRIME_1"] {
        assert!(!calls.contains(secret), "{secret} was read");
    }
}

/// A PIN that is refused is heard of when the daemon starts, before anything comes; the right one is taken up with the next reload, and what
/// was registered meanwhile is opened.
#[test]
fn a_refused_pin_is_heard_at_once_and_its_cure_is_taken_up() {
    let world = World::new(36);
    let here = OnToken::new(&world);
    here.token.import(&world.receiver_encryption, "01");
    here.configure(&spy(), "161803");
    let daemon = Daemon::start_with(&here.gateway, &here.environment());
    let told = || -> Vec<Value> {
        let jobs = here.gateway.json(&["alerts", "list", "--json"]);
        let jobs = jobs.as_array().unwrap().iter();
        jobs.filter(|job| job["cause"] == "decryption-key").cloned().collect()
    };
    let wait = |what: &str, holds: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < 3 * PATIENCE, "{what}: {}", daemon.log());
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    wait("the alarm", &|| told().len() == 1);
    assert!(
        told()[0].to_string().contains("REFUSED") || told()[0].to_string().contains("REDDED"),
        "{:#}",
        told()[0]
    );
    let (raw, inner) = encrypted(&world.letter(3), &|content| world.encrypt_to_us(content));
    here.gateway.put("1.eml", &raw);
    wait("the document", &|| here.gateway.export().len() == 1);
    assert_closed(&here.gateway.export()[0], "KEP-4605");
    assert_eq!(here.logins(), 1, "tokens lock: the same wrong PIN is tried once");

    here.write_pin(PIN);
    daemon.signal(Signal::HUP);
    wait("the end of the alarm", &|| told().len() == 2);
    wait("the document is opened", &|| {
        flags(&here.gateway.export()[0]).contains(&"decrypted")
    });
    assert_opened(&here.gateway.export()[0], &inner, 0);
    assert_eq!(here.logins(), 2, "one session serves all");
    let log = daemon.log();
    let words: Vec<&str> = log.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    assert!(!words.contains(&PIN) && !words.contains(&"161803"), "{log}");
}

/// A gateway inside the test with our key, and the clock in the test's hand.
struct Keyed {
    world: World,
    inside: Inside,
    pipeline: Arc<Pipeline>,
    watch: Watch,
}

impl Keyed {
    fn open(seed: u64, now: &str) -> Self {
        let world = World::new(seed);
        let mut inside = Inside::new(now, &format!("{KEY}[daemon]\nfree_bytes = 0\n{LISTENER}"));
        // Everything that the verdicts need is here: what is tried again is tried for its key.
        let at_hand = "intermediates = \"intermediates\"\nrevocation = \"revocation\"\nonline = false";
        inside.text = inside.text.replace("online = false", at_hand);
        let folder = |name: &str| inside.dir.path().join(name);
        world.trust_folder(&folder("trust"));
        world.intermediates(&folder("intermediates"));
        world.revocation(&folder("revocation"));
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        Self {
            world,
            inside,
            pipeline,
            watch: Watch::default(),
        }
    }

    fn write_key(&self, password: &str) {
        fs::write(self.inside.dir.path().join("kurum.p12"), self.world.receiver_pkcs12("parola")).unwrap();
        fs::write(self.inside.dir.path().join("kurum.parola"), format!("{password}\n")).unwrap();
    }

    /// Reads the settings anew.
    fn reload(&self) {
        self.pipeline.replace_settings(self.inside.settings());
    }

    fn without_key(&mut self) {
        self.inside.text = self.inside.text.replace(KEY, "");
        self.reload();
    }

    async fn arrive(&self, raw: &[u8]) -> Entry {
        self.inside.put("1.eml", raw);
        pass(&self.pipeline).await;
        entries(&self.pipeline).remove(0)
    }

    async fn retry(&self) -> Vec<Reexamined> {
        let number = entries(&self.pipeline)[0].register_number;
        self.pipeline.reexamine(&[number], Why::Operator, &Asker::default()).await.unwrap()
    }

    /// The clock shows `now`, and the keys are looked at twice: the second look must not say or write anything. Answers with what was told of
    /// keys so far, as level and English title.
    async fn look(&mut self, now: &str) -> Vec<(Level, String)> {
        self.inside.set(now);
        self.watch.look(&self.pipeline).await.unwrap();
        let head = self.pipeline.ledger.head();
        self.watch.look(&self.pipeline).await.unwrap();
        assert_eq!(self.pipeline.ledger.head(), head, "{now}: a second look wrote something");
        let mut notices: Vec<Notice> = self.pipeline.ledger.jobs().unwrap().into_iter().map(|job| job.notice).collect();
        notices.retain(|notice| notice.cause == Cause::DecryptionKey);
        notices.sort_by_key(|notice| notice.at);
        notices.into_iter().map(|notice| (notice.level, notice.title.en)).collect()
    }

    fn standing(&self) -> Vec<String> {
        let standing = self.pipeline.ledger.standing_under("key/").unwrap();
        standing
            .into_iter()
            .map(|one| one.alarm.rsplit_once('/').unwrap().0.split('/').nth(1).unwrap().to_owned())
            .collect()
    }
}

/// From the first look that finds a key in trouble until the one that finds it well, and every morning between.
#[tokio::test]
async fn a_key_in_trouble_is_said_once_for_each_trouble_and_taken_back_when_it_is_over() {
    let mut here = Keyed::open(37, "2026-11-09T04:00:00Z");
    let told = here.look("2026-11-09T04:00:00Z").await;
    assert_eq!((told.len(), told[0].0), (1, Level::Warning));
    assert!(
        told[0].1.contains("cannot be reached") && told[0].1.contains("kurum.p12"),
        "{told:?}"
    );
    assert_eq!(here.standing(), ["unreachable"]);

    // The file is there, and its password is wrong: another trouble, louder; that the file was found is no end of alarm.
    here.write_key("yanlış");
    let told = here.look("2026-11-09T04:10:00Z").await;
    assert_eq!((told.len(), told[1].0), (2, Level::Critical));
    assert!(told[1].1.contains("REFUSED"), "{told:?}");
    assert_eq!(here.standing(), ["refused"]);
    let (raw, inner) = encrypted(&here.world.letter(3), &|content| here.world.encrypt_to_us(content));
    here.arrive(&raw).await;
    assert_closed(&export(&here.pipeline.ledger)[0], "KEP-4605");

    // Every morning while it stands.
    here.inside.set("2026-11-09T06:00:00Z");
    duties::look(&here.pipeline).await.unwrap();
    let report = |pipeline: &Pipeline| {
        let jobs = pipeline.ledger.jobs().unwrap().into_iter();
        jobs.map(|job| job.notice)
            .filter(|notice| notice.cause == Cause::DailyReport)
            .max_by_key(|notice| notice.at)
            .unwrap()
    };
    let said = report(&here.pipeline);
    assert!(
        said.title.tr.contains("DİKKAT") && said.body.tr.contains("ANAHTAR PKCS#12"),
        "{}",
        said.body.tr
    );
    assert!(said.body.en.contains("refused since") && said.body.tr.contains("Anahtar bekleyen şifreli evrak: 1"));

    // The right password, and nobody reloads: the alarm ends, and what stayed closed is opened by the next look of the queue.
    here.write_key("parola");
    let mut queue = Queue::default();
    assert_eq!(
        queue.look(&here.pipeline, &Progress::default()).await.unwrap(),
        0,
        "nobody knows yet"
    );
    let told = here.look("2026-11-09T06:10:00Z").await;
    assert_eq!(told.len(), 3);
    assert!(told[2].1.contains("can be used again") && here.standing().is_empty(), "{told:?}");
    assert_eq!(queue.look(&here.pipeline, &Progress::default()).await.unwrap(), 1);
    assert_opened(&export(&here.pipeline.ledger)[0], &inner, 0);
    here.inside.set("2026-11-10T06:00:00Z");
    duties::look(&here.pipeline).await.unwrap();
    assert!(!report(&here.pipeline).body.tr.contains("ANAHTAR"));

    // Gone again, and then no longer configured.
    fs::remove_file(here.inside.dir.path().join("kurum.p12")).unwrap();
    assert_eq!(
        here.look("2026-11-11T06:00:00Z").await.len(),
        4,
        "it would not open after the next start"
    );
    here.without_key();
    assert_eq!(here.look("2026-11-11T06:10:00Z").await.len(), 4);
    assert!(here.standing().is_empty());
}

#[tokio::test]
async fn the_end_of_the_newest_certificate_is_said_in_time_and_once() {
    let mut here = Keyed::open(38, "2026-11-09T07:00:00Z");
    here.write_key("parola");
    let end = Asn1Time::from_unix(0).unwrap();
    let certificate = X509::from_der(&here.world.receiver_encryption.der).unwrap();
    let end = end.diff(certificate.not_after()).unwrap();
    let end = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(end.days) * 86_400 + i64::from(end.secs));
    let days = |days: i64| (end - SignedDuration::from_hours(24 * days)).to_string();
    assert!(here.look(&days(31)).await.is_empty());
    let told = here.look(&days(30)).await;
    assert!(told.len() == 1 && told[0].1.contains("ends on"), "{told:?}");
    assert_eq!(here.look(&days(2)).await.len(), 1);
    // While the file cannot be read nobody knows whether there is a newer one.
    let path = here.inside.dir.path().join("kurum.p12");
    fs::rename(&path, path.with_extension("away")).unwrap();
    assert_eq!(here.look(&days(1)).await.len(), 2);
    assert_eq!(here.standing(), ["ends", "unreachable"]);
    fs::rename(path.with_extension("away"), &path).unwrap();
    let told = here.look(&days(-1)).await;
    assert!(told.len() == 4 && told.iter().any(|(_, title)| title.contains("ENDED")), "{told:?}");
    assert_eq!(here.standing(), ["over"]);
}

/// A document that was examined under the settings before, and got its number after they were read anew.
#[tokio::test]
async fn a_document_that_crossed_a_reload_is_tried_with_the_new_key() {
    let mut here = Keyed::open(39, "2026-11-09T07:00:00Z");
    let with_key = here.inside.text.clone();
    here.without_key();
    here.write_key("parola");
    here.inside.text = with_key;
    let settings = here.inside.settings();
    here.inside.set("2026-11-09T07:01:00Z");
    let (raw, inner) = encrypted(&here.world.letter(3), &|content| here.world.encrypt_to_us(content));
    here.arrive(&raw).await;
    assert_closed(&export(&here.pipeline.ledger)[0], "KEP-4602");
    here.pipeline.replace_settings(settings);
    let mut queue = Queue::default();
    let mut tried = Vec::new();
    for _ in 0..3 {
        tried.push(queue.look(&here.pipeline, &Progress::default()).await.unwrap());
    }
    assert_eq!(tried, [1, 0, 0]);
    assert_opened(&export(&here.pipeline.ledger)[0], &inner, 0);
}

/// A mail with an unclassified package, in which an encrypted package lies that is secret.
fn with_secret_attachment(world: &World) -> Vec<u8> {
    let hidden = secret(world, 6);
    let package = hidden.package(Version::V2_0, &hidden.sender.director);
    let eyps = hidden.package_encrypted_by(&package, &|content| world.encrypt_to_us(content)).bytes;
    let letter = world.letter(3);
    let mut outer = letter.package(Version::V2_0, &letter.sender.director);
    outer.attachments = vec![Attachment {
        id: "5F0E7C2A-0000-4000-8000-00000000000A".into(),
        name: "Gizli ek".into(),
        kind: AttachmentKind::Inside {
            file: "gizli.eyps".into(),
            mime: "application/eyazisma".into(),
            bytes: eyps,
            signed: true,
        },
    }];
    letter.send_packages(vec![letter.simple(&outer)], false).raw
}

/// A secret package in an attachment of one that is not: it waits for its key like any other, and what it holds is seen by nobody below its
/// own code.
#[tokio::test]
async fn an_encrypted_package_in_an_attachment_waits_for_its_key_and_keeps_its_own_clearance() {
    let mut here = Keyed::open(40, "2026-11-09T07:00:00Z");
    let raw = with_secret_attachment(&here.world);
    let closed = here.arrive(&raw).await;
    assert_eq!((closed.access, closed.opened.len()), (0, 0));
    assert!(
        closed
            .findings
            .iter()
            .any(|finding| finding.rule == "KEP-4604" && finding.place.starts_with("/Ekler/gizli.eyps"))
    );

    here.write_key("parola");
    here.look("2026-11-09T07:01:00Z").await;
    here.inside.set("2026-11-09T07:07:00Z");
    assert_eq!(Queue::default().look(&here.pipeline, &Progress::default()).await.unwrap(), 1);
    let opened = entries(&here.pipeline).remove(0);
    assert_eq!((opened.access, opened.opened.len()), (3, 1), "{:#?}", opened.findings);
    assert_eq!(opened.document.as_ref().unwrap().security.as_deref(), Some("YOK"));
    assert_eq!(opened.register_number, closed.register_number);
}

/// An encrypted file beside a package: it bears no code, so that of the package does not speak for it.
#[tokio::test]
async fn what_was_encrypted_beside_a_package_is_not_shown_under_the_packages_code() {
    let mut here = Keyed::open(41, "2026-11-09T07:00:00Z");
    let letter = here.world.letter(3);
    let made = letter.simple(&letter.package(Version::V2_0, &letter.sender.director));
    let mut original = letter.original("eYazisma");
    original.files = vec![
        File::new(&made.name, "application/octet-stream", made.bytes),
        File::new(
            "liste.p7m",
            "application/pkcs7-mime",
            here.world.encrypt_to_us(b"Ad;Tutar\r\nGizli;1\r\n"),
        ),
    ];
    let l1 = letter.sign_detached(&original, &letter.sender.officer.cert);
    let closed = here.arrive(&letter.deliver(&original, l1).raw).await;
    assert_eq!((closed.access, closed.opened.len()), (0, 0), "what is closed tells nothing");
    here.write_key("parola");
    here.look("2026-11-09T07:01:00Z").await;
    here.retry().await;
    let opened = entries(&here.pipeline).remove(0);
    assert_eq!((opened.access, opened.opened.len()), (4, 1));
    assert!(opened.opened[0].place.starts_with("L1/"), "{}", opened.opened[0].place);
}

/// An encrypted mail without a provider's envelope, with a package inside: the place of what was opened is that of the message as read, and
/// the package inside speaks for it.
#[tokio::test]
async fn a_package_inside_an_encrypted_mail_speaks_for_the_mail() {
    let here = Keyed::open(42, "2026-11-09T07:00:00Z");
    here.write_key("parola");
    let letter = here.world.letter(3);
    let made = letter.simple(&letter.package(Version::V2_0, &letter.sender.director));
    let mut original = letter.original("eYazisma");
    original.files = vec![File::new(&made.name, "application/octet-stream", made.bytes)];
    let raw = original.pkcs7_mime("enveloped-data", &here.world.encrypt_to_us(&original.entity()));
    let opened = here.arrive(&raw).await;
    assert_eq!((opened.access, opened.opened.len()), (0, 1), "{:#?}", opened.findings);
    let (around, package) = (&opened.opened[0].place, &opened.package.as_ref().unwrap().place);
    assert!(
        package.strip_prefix(around.as_str()).is_some_and(|rest| rest.starts_with('/')),
        "{around} {package}"
    );
}

/// Opened, and what is inside is encrypted to somebody else: it stays among the closed.
#[tokio::test]
async fn a_package_that_is_encrypted_to_another_inside_is_not_called_opened() {
    let here = Keyed::open(45, "2026-11-09T07:00:00Z");
    here.write_key("parola");
    let stranger = on_curve(&here.world.seal.ca, KeyKind::P256, "yabanci");
    let letter = here.world.letter(3);
    let package = letter.package(Version::V2_0, &letter.sender.director);
    let inner = letter.package_encrypted_by(&package, &|content| openssl(content, &["-aes-256-gcm"], &[], &[&stranger]));
    let outer = letter.package_encrypted_by(&package, &|_| here.world.encrypt_to_us(&inner.bytes));
    let closed = here.arrive(&letter.send_packages(vec![outer], false).raw).await;
    assert_eq!(closed.opened.len(), 1);
    // The digest document outside is not that of the package that was found inside (H14): that it fails is right, whatever lies deeper.
    assert_not_opened(&export(&here.pipeline.ledger)[0], "KEP-4603");
}

/// The kept plaintext rots and the key is gone: the register does not forget what the document said, and says that it cannot be read. The key
/// comes back, and with it the plaintext.
#[tokio::test]
async fn a_plaintext_that_rots_does_not_close_the_document_again() {
    let mut here = Keyed::open(43, "2026-11-09T07:00:00Z");
    here.write_key("parola");
    let with_key = here.inside.text.clone();
    let (raw, inner) = encrypted(&here.world.letter(3), &|content| here.world.encrypt_to_us(content));
    let opened = here.arrive(&raw).await;
    assert_opened(&export(&here.pipeline.ledger)[0], &inner, 0);
    let blob = here.pipeline.ledger.blobs().path(&opened.opened[0].sha256);
    fs::remove_file(&blob).unwrap();
    here.without_key();
    let outcome = here.retry().await;
    assert!(matches!(outcome[0].outcome, Outcome::Unreadable { .. }), "{outcome:?}");
    assert_eq!(entries(&here.pipeline), std::slice::from_ref(&opened));
    assert!(
        here.pipeline.ledger.objects().unwrap().contains(&opened.opened[0].sha256),
        "its loss is still looked for"
    );

    here.inside.text = with_key;
    here.reload();
    here.retry().await;
    assert_eq!(World::sha256(&fs::read(&blob).unwrap()), opened.opened[0].sha256.to_string());
    assert_eq!(entries(&here.pipeline)[0].document, opened.document);
}

/// The process dies at every call of the disk between the first byte and the number: once it runs again the document stands open under one
/// number, its plaintext is one whole blob, and no other file holds any of it.
#[cfg(feature = "fault-injection")]
#[tokio::test]
async fn a_crash_anywhere_between_opening_and_registering_leaves_one_document_and_one_plaintext() {
    use kep_gateway::store::fault::{FailingDisk, Mode};

    let world = World::new(44);
    let mut content = Vec::new();
    let keep = std::cell::RefCell::new(&mut content);
    let (raw, inner) = encrypted(&world.letter(3), &|package| {
        **keep.borrow_mut() = package.to_vec();
        world.encrypt_to_us(package)
    });
    let piece = content[content.len() / 2..content.len() / 2 + 64].to_vec();
    let (mut nth, mut died) = (0, 0);
    loop {
        nth += 1;
        let inside = Inside::new("2026-11-09T07:00:00Z", &format!("{KEY}[daemon]\nfree_bytes = 0\n{LISTENER}"));
        world.trust_folder(&inside.dir.path().join("trust"));
        fs::write(inside.dir.path().join("kurum.p12"), world.receiver_pkcs12("parola")).unwrap();
        fs::write(inside.dir.path().join("kurum.parola"), "parola\n").unwrap();
        inside.put("1.eml", &raw);
        let disk = FailingDisk::new(RealDisk::shared());
        let pipeline = inside.open(disk.clone()).unwrap();
        disk.fail(nth, Mode::Crash);
        let mut known = pipeline.ledger.known("drop").unwrap();
        let checked = pipeline.check(&mut *open_mailbox(&pipeline), &mut known).await;
        let worked = pipeline.work_off().await;
        let whole = checked.is_ok() && worked.is_ok();
        drop(pipeline);
        died += usize::from(!whole);

        let pipeline = inside.open(RealDisk::shared()).unwrap();
        pass(&pipeline).await;
        let all = export(&pipeline.ledger);
        assert_eq!(all.len(), 1, "call {nth}");
        assert_eq!(all[0]["register_number"], "2026/000001", "call {nth}");
        assert_opened(&all[0], &inner, 0);
        let entry = entries(&pipeline).remove(0);
        assert_eq!(entry.opened.len(), 1);
        let blob = pipeline.ledger.blobs().path(&entry.opened[0].sha256);
        assert_eq!(holders_of(&piece, inside.dir.path()), [blob], "call {nth}");
        if whole {
            break;
        }
    }
    assert!(died > 10, "only {died} calls were met");
}
