//! Encrypted mail through the whole gateway: registered closed without a key, opened when one comes, read by nobody below its clearance, and
//! readable ever after without the key. Keys in a PKCS#12 file and on a token.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use forge::encryption::{MODULE, PIN, Token, on_curve, openssl, pkcs12, spy};
use forge::eyp::Version;
use forge::letter::Letter;
use forge::pki::{Certified, KeyKind};
use forge::sample::ExpectedDocument;
use forge::world::World;
use gateway::{Gateway, until};
use inside::{Inside, LISTENER, at, export, pass};
use kep_gateway::daemon::progress::Progress;
use kep_gateway::daemon::revalidate::Queue;
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Asker, Entry, Why};
use kep_gateway::store::disk::RealDisk;
use serde_json::Value;

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
    assert!(
        flags(entry).contains(&"encrypted") && !flags(entry).contains(&"decrypted"),
        "{entry:#}"
    );
    assert_eq!(entry["access"], 4);
    assert!(rules(entry).contains(&reason), "{reason}: {:?}", rules(entry));
    assert_eq!(entry["verdict"]["indication"], "INDETERMINATE");
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
        format!("{mailbox}decryption = {{ pkcs12_file = \"kurum.p12\", pkcs12_password_file = \"kurum.parola\" }}\n{LISTENER}")
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
    let decryption = "decryption = { pkcs12_file = \"kurum.p12\", pkcs12_password_file = \"kurum.parola\" }\n";
    let inside = Inside::new("2026-11-09T07:00:00Z", &format!("{decryption}{LISTENER}"));
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

fn token_of(gateway: &Gateway, name: &str, clearance: &str) -> String {
    let made = gateway.ok(&["people", "token", "add", name, "--scope", "read", "--clearance", clearance]);
    made.lines().last().unwrap().to_owned()
}

/// The daemon opens it; who is cleared reads its parts, for whom it is too high it is not there.
#[test]
fn what_was_encrypted_exists_only_for_those_who_are_cleared_for_it() {
    let world = World::new(32);
    let gateway = Gateway::with_drop(&world);
    fs::write(gateway.dir.path().join("kurum.p12"), world.receiver_pkcs12("parola")).unwrap();
    fs::write(gateway.dir.path().join("kurum.parola"), "parola\n").unwrap();
    let text = fs::read_to_string(gateway.config()).unwrap();
    let key = "decryption = { pkcs12_file = \"kurum.p12\", pkcs12_password_file = \"kurum.parola\" }";
    fs::write(gateway.config(), format!("{text}{key}\n[web]\nlisten = \"127.0.0.1:0\"\n")).unwrap();
    gateway.ok(&["config", "show"]);
    let (high, low) = (token_of(&gateway, "yetkili", "3"), token_of(&gateway, "yetkisiz", "2"));
    let (raw, inner) = encrypted(&secret(&world, 6), &|content| {
        openssl(content, &["-aes-256-cbc", "-stream"], OAEP_256, &[&world.receiver_encryption])
    });
    gateway.put("1.eml", &raw);
    gateway.put("2.eml", &world.letter(7).encrypted_message().raw);
    let (running, address) = gateway.serve();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |path: &str, token: &str| {
        let request = client.get(format!("{address}/api/v1/documents{path}")).bearer_auth(token);
        runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        })
    };
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
    drop(running);

    let log = fs::read_to_string(gateway.page_log()).unwrap();
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

    fn configure(&self, module: &str, pin: &str) {
        fs::write(self.gateway.dir.path().join("kurum.pin"), format!("{pin}\n")).unwrap();
        self.gateway.configure(&format!(
            "[[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"{}\"\nsettle = \"0s\"\n\
             decryption = {{ pkcs11_module = \"{module}\", pkcs11_token = \"kurum\", pkcs11_pin_file = \"kurum.pin\" }}\n[web]\nlisten = \"\"\n",
            self.gateway.drop().display()
        ));
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.gateway.command(args);
        command
            .env("SOFTHSM2_CONF", self.token.conf())
            .env("PKCS11SPY", MODULE)
            .env("PKCS11SPY_OUTPUT", &self.log)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
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
