//! The program as people and scripts use it: what it prints, in which language, with which exit code, and what it leaves behind.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use forge::hostile;
use forge::world::World;
use gateway::{Gateway, assert_gap_free};
use serde_json::Value;
use tempfile::TempDir;

/// Letters that only Turkish has among our two languages.
const TURKISH: [char; 11] = ['ç', 'ğ', 'ı', 'ö', 'ş', 'ü', 'Ç', 'Ğ', 'İ', 'Ö', 'Ş'];

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kep-gateway"));
    command.env("RUST_LOG", "warn").stdin(Stdio::null());
    command
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn is_turkish(text: &str) -> bool {
    text.contains(TURKISH)
}

/// The bundled week of mail in a demo folder of its own.
struct Week(TempDir);

impl Week {
    fn new() -> Self {
        let week = Self(tempfile::tempdir().unwrap());
        let output = program().args(["demo", "--once", "--store"]).arg(week.folder()).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        week
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("demo")
    }

    fn config(&self) -> PathBuf {
        self.folder().join("kep-gateway.toml")
    }

    /// Adds to the configuration.
    fn configure(&self, more: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), format!("{text}\n{more}\n")).unwrap();
    }

    fn run(&self, args: &[&str]) -> Output {
        program().arg("--config").arg(self.config()).args(args).output().unwrap()
    }

    /// Standard output of a command that succeeds.
    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(code(&output), 0, "{args:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// The one document that a command with `--json` prints.
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    fn add(&self, login: &str, role: &str, clearance: &str) {
        let args = [
            "people",
            "add",
            login,
            "--name",
            "Deneme",
            "--role",
            role,
            "--clearance",
            clearance,
            "--generate",
        ];
        self.ok(&args);
    }

    fn number(&self, nth: usize) -> String {
        self.json(&["documents", "export"])[nth]["register_number"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

// ---- demo

#[test]
fn the_demo_shows_a_register_and_goes_on_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let demo = |lang: &str| {
        let output = program()
            .args(["demo", "--once", "--lang", lang, "--store"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    let turkish = demo("tr");
    assert!(
        turkish.contains("Kayıt no") && turkish.contains("/000020") && turkish.contains("20 yeni"),
        "{turkish}"
    );
    let config = folder.path().join("kep-gateway.toml");
    assert!(
        turkish.contains(&config.display().to_string()),
        "the next steps name the configuration"
    );

    // A second run finds the same mail and gives no second numbers.
    let english = demo("en");
    assert!(
        english.contains("20 messages, 0 new") && english.contains("Number") && !english.contains("/000021"),
        "{english}"
    );

    // The next steps that it prints work as they stand.
    let steps = english
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.contains(" --config "));
    let mut count = 0;
    for step in steps {
        let mut words = step.split_whitespace();
        let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
        assert_eq!(code(&output), 0, "{step}: {}", stderr(&output));
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn the_demo_says_why_it_cannot_write() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = program()
        .args(["demo", "--once", "--lang", "en", "--store"])
        .arg(file.path().join("below"))
        .output()
        .unwrap();
    assert_eq!((code(&output), stdout(&output).as_str()), (1, ""));
    assert!(
        stderr(&output).contains("cannot be written into") && stderr(&output).contains("--store"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_demo_touches_no_folder_that_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kep-gateway.toml");
    fs::write(&config, "language = \"en\"\n").unwrap();
    let output = program().args(["demo", "--once", "--store"]).arg(folder.path()).output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("boş değil"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&config).unwrap(), "language = \"en\"\n");
}

// ---- help and languages

/// Every command, as the words that lead to it.
fn commands(lang: &str, path: &[String]) -> Vec<Vec<String>> {
    let help = stdout(&program().args(["--lang", lang]).args(path).arg("--help").output().unwrap());
    let heading = if lang == "tr" { "Komutlar:\n" } else { "Commands:\n" };
    let listed = help
        .split_once(heading)
        .map(|(_, rest)| rest.split("\n\n").next().unwrap())
        .unwrap_or_default();
    let names = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    let below = names
        .filter(|name| *name != "help")
        .flat_map(|name| commands(lang, &[path, &[name.to_owned()]].concat()));
    [path.to_vec()].into_iter().chain(below).collect()
}

#[test]
fn help_teaches_every_command_and_every_argument_in_both_languages() {
    let both = ["tr", "en"].map(|lang| commands(lang, &[]));
    assert_eq!(both[0], both[1]);
    assert!(both[0].len() > 30, "{both:?}");
    for (lang, path) in both[0].iter().flat_map(|path| [("tr", path), ("en", path)]) {
        let output = program().args(["--lang", lang]).args(path).arg("--help").output().unwrap();
        let help = stdout(&output);
        assert_eq!(code(&output), 0);
        assert!(help.lines().next().unwrap().len() > 10, "{path:?} says nothing about itself");
        assert_eq!(is_turkish(&help), lang == "tr", "{path:?}: {help}");
        // Deeper lines are the rest of a description.
        let is_argument = |line: &&str| line.len() - line.trim_start().len() <= 6 && line.trim_start().starts_with(['-', '<', '[']);
        for line in help.lines().filter(is_argument).map(str::trim_start) {
            let described = line
                .split_once("  ")
                .is_some_and(|(_, text)| text.trim().len() > 8 || line.starts_with("-h,") || line.starts_with("-V,"));
            assert!(described, "{path:?}: nothing is said about {line}");
        }
    }
}

#[test]
fn wrong_usage_is_told_in_the_language_of_the_reader() {
    let run = |args: &[&str]| {
        let output = program().args(args).output().unwrap();
        assert_eq!(code(&output), 2, "{args:?}");
        stderr(&output)
    };
    let turkish = run(&["documnts"]);
    assert!(
        turkish.contains("'documents' mi demek istediniz?") && turkish.contains("Kullanım:"),
        "{turkish}"
    );
    let english = run(&["--lang", "en", "documnts"]);
    assert!(english.contains("Usage:") && !is_turkish(&english), "{english}");
}

#[test]
fn a_screen_keeps_to_one_language() {
    let week = Week::new();
    let number = week.number(9);
    for args in [
        vec!["documents", "list"],
        vec!["documents", "show", &number],
        vec!["evidence", "list"],
        vec!["mailboxes"],
        vec!["reconcile"],
        vec!["trust", "list"],
        vec!["journal", "verify"],
        vec!["routing", "explain", &number],
    ] {
        let english = week.ok(&[&["--lang", "en"], args.as_slice()].concat());
        let turkish = week.ok(&args);
        assert_ne!(english, turkish, "{args:?}");
        assert!(is_turkish(&turkish), "{turkish}");
        for word in [" / ", "Kayıt", "kayıt", "Süre", "İmza", "kutu", "Kutu"] {
            assert!(!english.contains(word), "{args:?} has '{word}' on its English screen: {english}");
        }
    }
}

#[test]
fn an_error_is_a_sentence_in_the_language_of_the_session() {
    let week = Week::new();
    for (args, turkish, english) in [
        (vec!["documents", "show", "2026/999999"], "bulunamadı", "was not found"),
        (vec!["evidence", "show", "<yok@hs01.kep.tr>"], "bulunamadı", "was not found"),
        (vec!["poll", "--mailbox", "yok"], "olanlar: ornek", "there are: ornek"),
        (vec!["unpack", "/nowhere/x.eyp", "--to", "/tmp"], "böyle bir dosya", "no such file"),
        (vec!["trust", "diff", "/nowhere"], "böyle bir dosya", "no such file"),
        (
            vec!["--store", "/proc/nowhere", "documents", "list"],
            "henüz bir depo yok",
            "no store yet",
        ),
        (
            vec!["--store", "/proc/nowhere", "journal", "verify"],
            "henüz bir depo yok",
            "no store yet",
        ),
    ] {
        let [tr, en] = ["tr", "en"].map(|lang| week.run(&[&["--lang", lang], args.as_slice()].concat()));
        assert!(
            stderr(&tr).contains(turkish) && !stderr(&tr).contains(english),
            "{args:?}: {}",
            stderr(&tr)
        );
        assert!(
            stderr(&en).contains(english) && !stderr(&en).contains(turkish),
            "{args:?}: {}",
            stderr(&en)
        );
        assert_eq!(stdout(&tr) + &stdout(&en), "", "{args:?}: an error belongs on stderr");
    }
}

#[test]
fn while_the_language_is_not_known_an_error_comes_in_both() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kep-gateway.toml");
    fs::write(&config, "langage = \"en\"\n").unwrap();
    let run = |lang: &[&str]| {
        stderr(
            &program()
                .arg("--config")
                .arg(&config)
                .args(lang)
                .args(["config", "check"])
                .output()
                .unwrap(),
        )
    };
    let both = run(&[]);
    assert!(both.contains("satır 1") && both.contains("line 1"), "{both}");
    let english = run(&["--lang", "en"]);
    assert!(english.contains("line 1") && !english.contains("satır"), "{english}");
}

// ---- exit codes and output

#[test]
fn exit_codes_are_those_of_the_contract() {
    let week = Week::new();
    let expect = |args: &[&str], wanted: i32| {
        let output = week.run(args);
        assert_eq!(code(&output), wanted, "{args:?}: {}{}", stdout(&output), stderr(&output));
    };
    expect(&["documents", "list"], 0);
    expect(&["mailboxes"], 0);
    expect(&["reconcile"], 0);
    expect(&["journal", "verify"], 0);
    expect(&["documents", "show", "2026/999999"], 1);
    expect(&["import", "/nowhere"], 1);
    expect(&["alerts", "test"], 1); // nobody to tell
    expect(&["documents", "show", "first"], 2);
    expect(&["documents"], 2);
    expect(&["frobnicate"], 2);
    expect(&["poll", "--mailbox", "nowhere"], 2);
    expect(&["config", "check"], 10); // no alert recipients
    expect(&["heartbeat", "--quiet"], 10);
    expect(&["heartbeat"], 1); // dead, and nobody could be told

    // A message over the limit stays on the server: a hole, found by every look.
    week.configure("[limits]\nmessage_bytes = 100000");
    fs::write(week.folder().join("fixtures/messages/21-large.eml"), vec![b'a'; 200_000]).unwrap();
    expect(&["poll"], 10);
    expect(&["mailboxes"], 10);
    expect(&["reconcile"], 10);

    // A changed journal is broken, whatever is asked of it.
    let segment = fs::read_dir(week.folder().join("store/journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .min()
        .unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    expect(&["journal", "verify"], 20);
    expect(&["documents", "list"], 20);
}

#[test]
fn a_missing_message_is_found_by_journal_verify() {
    let week = Week::new();
    let sha256 = week.json(&["documents", "export"])[3]["message"]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let blob = walk(&week.folder().join("store/blobs"))
        .into_iter()
        .find(|path| path.to_string_lossy().replace('/', "").contains(&sha256))
        .unwrap();
    fs::remove_file(&blob).unwrap();
    let output = week.run(&["journal", "verify", "--json"]);
    assert_eq!(code(&output), 20);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["intact"], false);
    assert!(
        report["issues"][0]["place"]
            .as_str()
            .unwrap()
            .contains(blob.file_name().unwrap().to_str().unwrap()),
        "{report}"
    );
}

#[test]
fn json_is_one_document_on_stdout_and_logs_are_elsewhere() {
    let week = Week::new();
    let number = week.number(0);
    for args in [
        vec!["documents", "export", "--json"],
        vec!["documents", "show", &number, "--json"],
        vec!["evidence", "list", "--json"],
        vec!["evidence", "list", "--orphans", "--json"],
        vec!["evidence", "show", &number, "--json"],
        vec!["mailboxes", "--json"],
        vec!["reconcile", "--json"],
        vec!["trust", "list", "--json"],
        vec!["journal", "verify", "--json"],
        vec!["alerts", "list", "--json"],
    ] {
        let output = program()
            .env("RUST_LOG", "trace")
            .arg("--config")
            .arg(week.config())
            .args(&args)
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"));
    }
}

/// Without a backtrace, and never with 0: of a signed file that would say that it passed.
#[test]
fn when_the_reader_goes_away_the_program_ends_quietly_and_says_nothing_passed() {
    let week = Week::new();
    for args in [vec!["documents", "export"], vec!["documents", "list"], vec!["config", "show"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        // Gone before the first byte, however late that comes.
        drop(reader);
        let mut command = program();
        command
            .arg("--config")
            .arg(week.config())
            .args(&args)
            .stdout(writer)
            .stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((code(&output), stderr(&output).as_str()), (1, ""), "{args:?}");
    }
}

// ---- the register

#[test]
fn documents_are_listed_newest_first_and_exported_oldest_first() {
    let week = Week::new();
    let entries = week.json(&["documents", "export"]).as_array().unwrap().clone();
    assert_gap_free(&entries);
    let list = week.ok(&["documents", "list"]);
    let numbers: Vec<&str> = list.lines().skip(2).filter_map(|line| line.split_whitespace().next()).collect();
    let exported: Vec<&str> = entries
        .iter()
        .rev()
        .map(|entry| entry["register_number"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, exported);
}

#[test]
fn a_period_that_ends_before_it_begins_is_no_empty_register() {
    let week = Week::new();
    for command in ["list", "export"] {
        for (lang, word) in [("tr", "gününden sonra"), ("en", "is after --to")] {
            let output = week.run(&["--lang", lang, "documents", command, "--from", "2026-11-20", "--to", "2026-11-10"]);
            assert_eq!(code(&output), 2);
            assert!(stderr(&output).contains(word) && stdout(&output).is_empty(), "{}", stderr(&output));
        }
    }
}

#[test]
fn an_empty_mail_is_empty_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (file, config) = (folder.path().join("bos.eml"), folder.path().join("c.toml"));
    fs::write(&file, "").unwrap();
    fs::write(&config, "[trust]\nonline = false\nanchors = \"trust\"\n").unwrap();
    let output = program()
        .arg("--config")
        .arg(&config)
        .args(["verify", "--json"])
        .arg(&file)
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules: Vec<&str> = said["files"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|found| found["rule"].as_str())
        .collect();
    assert_eq!(rules, ["KEP-2001"]);
    assert_eq!(code(&output), 20, "what is empty is no genuine message");
}

#[test]
fn a_period_holds_both_of_its_days() {
    let week = Week::new();
    let at: jiff::Timestamp = week.json(&["documents", "export"])[0]["registered_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let day = at.in_tz("Europe/Istanbul").unwrap().date();
    let [before, day, after] = [day.yesterday().unwrap(), day, day.tomorrow().unwrap()].map(|day| day.to_string());
    let count = |from: &str, to: &str| {
        week.json(&["documents", "export", "--json", "--from", from, "--to", to])
            .as_array()
            .unwrap()
            .len()
    };
    // Around midnight the week may be registered over two days.
    assert_eq!(
        (count(&before, &after), count(&before, &before), count("2001-01-01", "2001-12-31")),
        (20, 0, 0)
    );
    assert!(count(&day, &day) > 0);
    let list = week.ok(&["documents", "list", "--from", &before, "--to", &before]);
    assert_eq!(list.lines().count(), 2, "headings only: {list}");
    assert_eq!(code(&week.run(&["documents", "list", "--from", "yesterday"])), 2);
}

#[test]
fn an_entry_shows_what_a_clerk_needs() {
    let week = Week::new();
    let entries = week.json(&["documents", "export"]);
    let tampered = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["findings"].to_string().contains("H9"))
        .unwrap()
        .clone();
    let number = tampered["register_number"].as_str().unwrap();
    let screen = week.ok(&["documents", "show", number]);
    for needed in [
        number,
        "Geliş",
        "Kurum",
        "Belge konusu",
        "H9 [hata]",
        "Süreler",
        "Deliller",
        tampered["document"]["number"].as_str().unwrap(),
    ] {
        assert!(screen.contains(needed), "'{needed}' is missing: {screen}");
    }
    assert_eq!(week.json(&["documents", "show", number, "--json"]), tampered);
    // The prefix belongs to what is shown, and may be given or not.
    let text = fs::read_to_string(week.config())
        .unwrap()
        .replace("[register]", "[register]\nprefix = \"KRM-\"");
    fs::write(week.config(), text).unwrap();
    let prefixed = format!("KRM-{number}");
    assert!(week.ok(&["documents", "show", &prefixed]).contains(&prefixed));
}

#[test]
fn a_level_is_set_by_hand_in_the_name_of_who_may_and_examining_again_leaves_it() {
    let week = Week::new();
    week.add("memur", "clerk", "4");
    week.add("dar", "supervisor", "1");
    week.add("amir", "supervisor", "4");
    let entries = week.json(&["documents", "export"]);
    let closed = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["access"] == 4)
        .expect("one is closed to us");
    let number = closed["register_number"].as_str().unwrap();
    let level = |by: &str, reason: &str| {
        let args = ["documents", "level", number, "--to", "1", "--reason", reason, "--by", by];
        let output = week.run(&args);
        (code(&output), stderr(&output))
    };
    assert_eq!(
        code(&week.run(&["documents", "level", number, "--to", "5", "--reason", "x", "--by", "amir"])),
        2
    );
    for (by, said) in [
        ("kim", "açık bir hesap yok"),
        ("memur", "değişiklik yapmaz"),
        ("dar", "Böyle bir kayıt yok"),
    ] {
        let (code, problem) = level(by, "gönderen bildirdi");
        assert_eq!(code, 1, "{by}");
        assert!(problem.contains(said), "{by}: {problem}");
    }
    assert!(level("amir", " ").1.contains("gerekçe"), "a reason is asked for");
    assert_eq!(level("amir", "gönderen bildirdi").0, 0);
    let show = || week.json(&["documents", "show", number, "--json"]);
    assert_eq!(
        (&show()["access"], &show()["history"][0]["note"]),
        (&1.into(), &"gönderen bildirdi".into())
    );
    assert!(
        week.ok(&["documents", "show", number])
            .contains("erişim düzeyini değiştirdi: çok gizli → hizmete özel")
    );
    week.run(&["documents", "retry", number]);
    assert_eq!(show()["access"], 1);
    let whole = show();
    week.ok(&["index", "rebuild"]);
    assert_eq!(show(), whole);
}

#[test]
fn who_opened_a_document_is_recorded() {
    let week = Week::new();
    let number = week.number(0);
    assert_eq!(week.json(&["documents", "show", &number, "--json"])["state"], "registered");
    let invented = week.run(&["documents", "show", &number, "--opened-by", "kim"]);
    assert_eq!(code(&invented), 1);
    assert!(stderr(&invented).contains("açık bir hesap yok"), "{}", stderr(&invented));
    assert_eq!(week.json(&["documents", "show", &number, "--json"])["state"], "registered");
    week.add("memur", "clerk", "4");
    let screen = week.ok(&["documents", "show", &number, "--opened-by", "memur"]);
    let from = format!("memur (komut satırından, uid {}) · açtı", rustix::process::getuid().as_raw());
    assert!(screen.contains("Yapılanlar") && screen.contains(&from), "{screen}");
    assert_eq!(week.json(&["documents", "show", &number, "--json"])["state"], "opened");
    // Looking alone records nothing.
    let other = week.number(1);
    week.ok(&["documents", "show", &other]);
    assert_eq!(week.json(&["documents", "show", &other, "--json"])["state"], "registered");
}

#[test]
fn evidence_is_found_by_number_by_message_id_and_by_its_hash() {
    let week = Week::new();
    let all = week.json(&["evidence", "list", "--json"]);
    let all = all.as_array().unwrap();
    let orphans = week.json(&["evidence", "list", "--orphans", "--json"]);
    assert_eq!(
        orphans.as_array().unwrap().len(),
        all.iter().filter(|one| one["orphan"] == true).count()
    );

    // Our own message: accepted, delivered, read, in three evidence mails; known by its Message-ID alone.
    let read = all.iter().find(|one| one["event"] == "Retrieval").unwrap();
    let id = read["original_message_id"]
        .as_str()
        .or(read["provider_message_id"].as_str())
        .unwrap();
    let timeline = week.json(&["evidence", "show", id, "--json"]);
    assert_eq!(timeline["evidence"].as_array().unwrap().len(), 3, "{timeline}");
    let screen = week.ok(&["evidence", "show", id]);
    assert!(screen.trim_end().ends_with(": Okundu"), "{screen}");

    let by_hash = week.json(&["evidence", "show", read["sha256"].as_str().unwrap(), "--json"]);
    assert_eq!(by_hash, timeline);
    // As the table prints it.
    let short = read["sha256"].as_str().unwrap().get(..12).unwrap();
    assert!(week.ok(&["evidence", "list"]).contains(short));
    assert_eq!(week.json(&["evidence", "show", short, "--json"]), timeline);

    let linked = all.iter().find(|one| one["orphan"] == false).unwrap();
    let number = linked["register_numbers"][0].as_str().unwrap();
    let by_number = week.json(&["evidence", "show", number, "--json"]);
    assert!(by_number["evidence"].as_array().unwrap().contains(linked), "{by_number}");
}

#[test]
fn mailboxes_count_what_was_listed_fetched_and_registered() {
    let week = Week::new();
    let mailbox = &week.json(&["mailboxes", "--json"])[0];
    let counts = ["listed", "fetched", "registered", "holes"].map(|key| mailbox[key].as_u64().unwrap());
    assert_eq!((mailbox["mailbox"].as_str().unwrap(), counts), ("ornek", [20, 20, 20, 0]));
    assert!(mailbox["last_check"].is_string() && mailbox["failure"].is_null());
    let reconciled = &week.json(&["reconcile", "--json"])[0];
    assert_eq!(
        (&reconciled["on_server"], reconciled["not_here"].as_array().unwrap().len()),
        (&20.into(), 0)
    );
}

#[test]
fn routing_says_for_every_rule_why_it_matches_or_not() {
    let week = Week::new();
    fs::copy(fixtures().join("../config/routing.toml"), week.folder().join("routing.toml")).unwrap();
    let text = fs::read_to_string(week.config())
        .unwrap()
        .replace("[register]", "[register]\nrouting = \"routing.toml\"");
    fs::write(week.config(), text).unwrap();
    let entries = week.json(&["documents", "export"]);
    let number_of = |subject: &str| {
        let entry = entries
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["document"]["subject"] == subject)
            .unwrap();
        entry["register_number"].as_str().unwrap().to_owned()
    };
    // The file plan code 903.07 is in the package alone: the dry run opens it again.
    let explained = week.ok(&["routing", "explain", &number_of("Personel Görevlendirmesi Hk.")]);
    assert!(explained.contains("sdp 900|902|903 = 903.07"), "{explained}");
    // Its signer was revoked: the rule for that comes first and stops.
    assert!(
        explained.contains("✔ uydu  invalid signatures") && explained.contains("- uyardı, ama önceki bir kural durdurdu  personnel"),
        "{explained}"
    );
    assert!(explained.contains("birim: Yazı İşleri"), "{explained}");
    assert!(explained.contains("✘ uymadı  enforcement"), "{explained}");
    // Groups that nobody is in are told by config check.
    let check = stdout(&week.run(&["--lang", "en", "config", "check"]));
    assert!(check.contains("names the group 'hukuk', which does not exist"), "{check}");
}

#[test]
fn alerts_of_nobody_are_none_and_a_test_needs_somebody() {
    let week = Week::new();
    assert_eq!(week.json(&["alerts", "list", "--json"]), Value::Array(Vec::new()));
    let output = week.run(&["alerts", "test"]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("[[alert.group]]"), "{}", stdout(&output));

    // A channel that nobody answers: the test says so at once, and says which.
    fs::write(week.folder().join("webhook.key"), "anahtar\n").unwrap();
    week.configure(
        "[alert.webhook]\nurl = \"http://127.0.0.1:9/\"\nsecret_file = \"webhook.key\"\nallow_plaintext = true\ntimeout = \"2s\"",
    );
    let output = week.run(&["alerts", "test"]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).starts_with("✘ webhook"), "{}", stdout(&output));
}

#[test]
fn config_show_prints_everything_and_can_be_read_again() {
    let week = Week::new();
    let shown = week.ok(&["config", "show"]);
    for key in [
        "message_bytes",
        "parse_deadline",
        "heartbeat_age",
        "revocation_age",
        "warn_business_hours",
        "settle",
        "daily_report",
    ] {
        assert!(shown.contains(&format!("{key} = ")), "{key}: {shown}");
    }
    let again = week.folder().join("again.toml");
    fs::write(&again, &shown).unwrap();
    let output = program().arg("--config").arg(&again).args(["config", "show"]).output().unwrap();
    assert_eq!(stdout(&output), shown);
}

// ---- bytes in, bytes out

#[test]
fn files_folders_maildirs_and_mboxes_are_imported_once() {
    let world = World::new(31);
    let gateway = Gateway::bare(&world);
    let samples = world.mixed(5);
    let files = gateway.dir.path().join("given");
    fs::create_dir_all(files.join("folder")).unwrap();
    for box_ in ["cur", "new", "tmp"] {
        fs::create_dir_all(files.join("maildir").join(box_)).unwrap();
    }
    fs::write(files.join("one.eml"), &samples[0].raw).unwrap();
    fs::write(files.join("folder/two.eml"), &samples[1].raw).unwrap();
    fs::write(files.join("maildir/new/1700000000.M1P1.host"), &samples[2].raw).unwrap();
    let escaped = |raw: &[u8]| String::from_utf8_lossy(raw).replace("\r\n", "\n").replace("\nFrom ", "\n>From ");
    let mbox = format!(
        "From a@b Mon Nov  9 09:00:00 2026\n{}\nFrom a@b Mon Nov  9 09:01:00 2026\n{}\n",
        escaped(&samples[3].raw),
        escaped(&samples[4].raw)
    );
    fs::write(files.join("old.mbox"), mbox).unwrap();

    let given = ["one.eml", "folder", "maildir", "old.mbox"].map(|name| files.join(name).display().to_string());
    let args: Vec<&str> = ["import"].into_iter().chain(given.iter().map(String::as_str)).collect();
    assert!(gateway.ok(&args).contains('5'));
    let messages = |gateway: &Gateway| {
        gateway
            .export()
            .iter()
            .map(|entry| entry["message"]["sha256"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    let first = messages(&gateway);
    assert_eq!(first.len(), 5);
    for sample in &samples[..3] {
        assert!(first.contains(&World::sha256(&sample.raw)), "{} is kept byte for byte", sample.name);
    }
    assert_gap_free(&gateway.export());

    // Given again, nothing is registered again.
    let before = gateway.export().len();
    gateway.ok(&args);
    assert_eq!((gateway.export().len(), messages(&gateway)), (before, first));
}

#[test]
fn what_import_leaves_aside_is_named_with_its_reason_and_the_rest_is_taken() {
    let world = World::new(33);
    let gateway = Gateway::bare(&world);
    let samples = world.mixed(4);
    let given = gateway.dir.path().join("given");
    let deep = (0..20).fold(given.join("deep"), |folder, nth| folder.join(nth.to_string()));
    let sub_maildir = given.join("maildir/.Arsiv");
    for folder in [
        &given.join("a/b"),
        &deep,
        &given.join("maildir/cur"),
        &given.join("maildir/new"),
        &given.join("maildir/tmp"),
    ] {
        fs::create_dir_all(folder).unwrap();
    }
    for box_ in ["cur", "new"] {
        fs::create_dir_all(sub_maildir.join(box_)).unwrap();
    }
    fs::write(given.join("top.eml"), &samples[0].raw).unwrap();
    fs::write(given.join("a/b/below.eml"), &samples[1].raw).unwrap();
    fs::write(given.join("a/top.eml"), &samples[0].raw).unwrap();
    fs::write(given.join("maildir/cur/1.M1P1.host:2,S"), &samples[2].raw).unwrap();
    fs::write(sub_maildir.join("new/2.M1P1.host"), &samples[3].raw).unwrap();
    fs::write(given.join("maildir/dovecot.index"), b"x").unwrap();
    fs::write(given.join(".gizli"), b"x").unwrap();
    fs::write(deep.join("deep.eml"), b"Subject: x\n\ny\n").unwrap();
    std::os::unix::fs::symlink(given.join("top.eml"), given.join("link.eml")).unwrap();
    let fifo = given.join("pipe.eml");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());

    let output = gateway.run(&["import", given.to_str().unwrap()]);
    let said = stderr(&output);
    assert_eq!(code(&output), 10, "{said}");
    assert!(stdout(&output).contains('4'), "{}", stdout(&output));
    assert_eq!(
        gateway
            .export()
            .iter()
            .map(|entry| entry["message"]["sha256"].to_string())
            .collect::<BTreeSet<_>>()
            .len(),
        4
    );
    for (name, why) in [
        ("link.eml", "bağlantı"),
        ("pipe.eml", "boru"),
        (".gizli", "gizli"),
        ("deep/0/1", "derinde"),
    ] {
        assert!(said.lines().any(|line| line.contains(name) && line.contains(why)), "{name}: {said}");
    }
    assert_eq!(said.lines().filter(|line| line.starts_with('!')).count(), 4, "{said}");

    // What was named itself and could not be taken is a failure, and does not cost the others.
    fs::write(given.join("last.eml"), b"Subject: son\n\nson\n").unwrap();
    let args = [fifo.to_str().unwrap(), "/nowhere", given.to_str().unwrap()];
    let output = gateway.run(&[&["import"], &args[..]].concat());
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("/nowhere") && stdout(&output).contains('1'),
        "{}",
        stderr(&output)
    );
}

#[test]
fn import_registers_mail_and_leaves_other_files_aside_by_name() {
    let world = World::new(34);
    let gateway = Gateway::bare(&world);
    let sample = &world.mixed(1)[0];
    let given = gateway.dir.path().join("given");
    fs::create_dir_all(&given).unwrap();
    fs::write(given.join("mail.eml"), &sample.raw).unwrap();
    fs::write(given.join("damaged.eml"), b"no header at all").unwrap();
    fs::write(given.join("README.md"), "# Oku\n\nBuradaki dosyalar: hepsi.\n").unwrap();
    fs::write(given.join("kok.crt"), &world.nes_root.ca.der).unwrap();
    fs::write(given.join("plain.xml"), "<a/>").unwrap();
    fs::write(given.join("plain.pdf"), "%PDF-1.7\n").unwrap();
    let output = gateway.run(&["import", given.to_str().unwrap()]);
    let said = stderr(&output);
    assert_eq!(code(&output), 10, "{said}");
    for name in ["README.md", "kok.crt", "plain.xml", "plain.pdf"] {
        assert!(
            said.lines().any(|line| line.contains(name) && line.contains("--any")),
            "{name}: {said}"
        );
    }
    let first = gateway.export();
    let messages: BTreeSet<String> = first.iter().map(|entry| entry["message"]["sha256"].to_string()).collect();
    assert_eq!(messages.len(), 2, "what calls itself a mail is never passed over");

    // Given again, under another name too, it says what is there already.
    fs::copy(given.join("mail.eml"), given.join("kopya.eml")).unwrap();
    let english = gateway.run(&["--lang", "en", "import", given.to_str().unwrap()]);
    let number = first[0]["register_number"].as_str().unwrap();
    for name in ["mail.eml", "kopya.eml", "damaged.eml"] {
        let known = |line: &str| line.contains(name) && line.contains("registered already: 20");
        assert!(stdout(&english).lines().any(known), "{name}: {}", stdout(&english));
    }
    assert!(stdout(&english).contains(number), "{}", stdout(&english));
    assert_eq!(gateway.export().len(), first.len());

    // A file that is named itself is refused, unless it is forced.
    let readme = given.join("README.md");
    let readme = readme.to_str().unwrap();
    assert_eq!(code(&gateway.run(&["import", readme])), 1);
    gateway.ok(&["import", "--any", readme]);
    assert_eq!(gateway.export().len(), first.len() + 1);

    // The own store is no source, neither by its name, nor below a folder, nor by a file of it.
    let store = gateway.store();
    let blob = walk(&store.join("blobs")).remove(0);
    for (path, wanted) in [(store.as_path(), 1), (blob.as_path(), 1), (gateway.dir.path(), 10)] {
        let output = gateway.run(&["import", "--any", path.to_str().unwrap()]);
        assert_eq!(code(&output), wanted, "{}", path.display());
        let own = |line: &str| line.contains(store.to_str().unwrap()) && line.contains("kendi deposu");
        assert!(stderr(&output).lines().any(own), "{}", stderr(&output));
    }
    assert_eq!(gateway.export().len(), first.len() + 1);
}

#[test]
fn a_pipe_a_device_and_a_socket_are_refused_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let (pipe, socket) = (dir.path().join("pipe"), dir.path().join("socket"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (config, out) = (dir.path().join("c.toml"), dir.path().join("out"));
    fs::write(&config, "[store]\npath = \"store\"\n[trust]\nanchors = \"trust\"\nonline = false\n").unwrap();
    fs::create_dir(dir.path().join("trust")).unwrap();
    for path in [pipe.as_path(), Path::new("/dev/zero"), socket.as_path()] {
        let path = path.to_str().unwrap();
        for (args, wanted) in [
            (vec!["verify", path], "boru"),
            (vec!["verify", "--content", path, config.to_str().unwrap()], "boru"),
            (vec!["unpack", path, "--to", out.to_str().unwrap()], "boru"),
            (vec!["import", path], "boru"),
            (vec!["trust", "diff", path], "boru"),
            (vec!["--lang", "en", "verify", path], "pipe"),
        ] {
            let output = program().arg("--config").arg(&config).args(&args).output().unwrap();
            assert_eq!(code(&output), 1, "{args:?}: {}", stderr(&output));
            assert!(stderr(&output).contains(wanted), "{args:?}: {}", stderr(&output));
        }
    }
}

#[test]
fn a_folder_names_what_it_did_not_take_in_every_view() {
    let week = Week::new();
    let folder = week.folder().join("fixtures/messages");
    assert_eq!(code(&week.run(&["mailboxes"])), 0);
    fs::write(folder.join("note.txt"), b"x").unwrap();
    fs::write(folder.join(".gizli.eml"), b"x").unwrap();
    fs::create_dir(folder.join("alt")).unwrap();
    fs::write(folder.join("alt/z.eml"), b"x").unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(folder.join("fifo.eml"))
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::fs::symlink("/etc/hostname", folder.join("link.eml")).unwrap();
    let names = ["'note.txt'", "'.gizli.eml'", "'alt'", "'fifo.eml'", "'link.eml'"];
    for command in ["poll", "mailboxes", "reconcile"] {
        let output = week.run(&[command]);
        let said = stdout(&output);
        for name in names {
            assert!(
                said.lines().any(|line| line.starts_with('!') && line.contains(name)),
                "{command}: {name}: {said}"
            );
        }
        if command != "poll" {
            assert_eq!(code(&output), 10, "{command}");
        }
    }
    let output = week.run(&["mailboxes", "--json"]);
    let rows: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&rows[0]["not_taken"], &rows[0]["holes"]), (&5.into(), &0.into()), "{rows}");
}

#[test]
fn a_hole_of_an_import_is_shown_until_the_same_bytes_come_or_somebody_says_why_not() {
    let world = World::new(34);
    let gateway = Gateway::with_drop(&world);
    gateway.ok(&["poll"]);
    gateway.ok(&[
        "people",
        "add",
        "amir",
        "--name",
        "Amir",
        "--role",
        "supervisor",
        "--clearance",
        "4",
        "--generate",
    ]);
    gateway.ok(&[
        "people",
        "add",
        "memur",
        "--name",
        "Memur",
        "--role",
        "clerk",
        "--clearance",
        "4",
        "--generate",
    ]);
    let config = fs::read_to_string(gateway.config()).unwrap();
    fs::write(gateway.config(), format!("{config}[limits]\nmessage_bytes = 65536\n")).unwrap();
    let [big, other, small] = ["big.eml", "other.eml", "small.eml"].map(|name| gateway.dir.path().join(name));
    let large = |filler: u8| [b"Subject: b\n\n".as_slice(), &vec![filler; 100_000]].concat();
    fs::write(&big, large(b'a')).unwrap();
    fs::write(&other, large(b'b')).unwrap();
    fs::write(&small, b"Subject: s\n\nx\n").unwrap();
    let output = gateway.run(&["import", big.to_str().unwrap(), other.to_str().unwrap()]);
    assert_eq!(code(&output), 10);
    assert!(
        stdout(&output).contains("big.eml") && stdout(&output).contains("limits.message_bytes"),
        "{}",
        stdout(&output)
    );
    // Another import is about other files, and changes no story.
    let output = gateway.run(&["import", small.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!stdout(&output).contains("big.eml"), "{}", stdout(&output));
    for command in ["mailboxes", "reconcile"] {
        let output = gateway.run(&[command]);
        let said = stdout(&output);
        assert_eq!(code(&output), 10, "{command}: {said}");
        assert!(said.contains("big.eml") && said.contains("other.eml"), "{command}: {said}");
        assert!(!said.contains("artık listelemiyor"), "{command}: {said}");
    }
    let row = |said: &str| said.lines().any(|line| line.starts_with("import"));
    assert!(row(&stdout(&gateway.run(&["mailboxes"]))));

    // The same bytes under another name, once they may come.
    fs::write(gateway.config(), &config).unwrap();
    let renamed = gateway.dir.path().join("renamed.eml");
    fs::copy(&big, &renamed).unwrap();
    assert_eq!(code(&gateway.run(&["import", renamed.to_str().unwrap()])), 0);
    let said = stdout(&gateway.run(&["mailboxes"]));
    assert!(!said.contains("big.eml") && said.contains("other.eml"), "{said}");

    // Or a person says why not, on the record.
    let close = |id: &str, by: &str, reason: &str| {
        let output = gateway.run(&["mailboxes", "close-hole", "import", id, "--reason", reason, "--by", by]);
        (code(&output), stderr(&output))
    };
    for (id, by, reason, said) in [
        ("other.eml", "kim", "istenmiyor", "açık bir hesap yok"),
        ("other.eml", "memur", "istenmiyor", "değişiklik yapmaz"),
        ("other.eml", "amir", " ", "gerekçe"),
        ("yok.eml", "amir", "istenmiyor", "böyle bir eksik yok"),
    ] {
        let (code, problem) = close(id, by, reason);
        assert_eq!(code, 1, "{id} {by}");
        assert!(problem.contains(said), "{problem}");
    }
    assert_eq!(close("other.eml", "amir", "yedek kopyası, istenmiyor").0, 0);
    let output = gateway.run(&["mailboxes"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(!row(&stdout(&output)));
    assert_eq!(code(&gateway.run(&["reconcile"])), 0);
    gateway.ok(&["index", "rebuild"]);
    assert_eq!(code(&gateway.run(&["mailboxes"])), 0);
}

#[test]
fn a_content_that_nobody_would_look_at_is_refused() {
    let world = World::new(35);
    let gateway = Gateway::bare(&world);
    let (mail, garbage) = (gateway.dir.path().join("p.eml"), gateway.dir.path().join("garbage"));
    fs::write(&mail, world.sample("package-v2", 0).raw).unwrap();
    fs::write(&garbage, b"garbage").unwrap();
    for json in [false, true] {
        let mut args = vec!["verify", "--content", garbage.to_str().unwrap(), mail.to_str().unwrap()];
        args.extend(json.then_some("--json"));
        let output = gateway.run(&args);
        assert_eq!(code(&output), 2, "{}", stdout(&output));
        assert!(stderr(&output).contains("--content olmadan"), "{}", stderr(&output));
        assert!(
            !stdout(&output).contains("geçerli") && !stdout(&output).contains("indication"),
            "{}",
            stdout(&output)
        );
    }
}

#[test]
fn people_and_tokens_that_would_see_nothing_are_told_of_and_words_that_do_not_fit_are_named() {
    let week = Week::new();
    let add = ["people", "add", "ali", "--name", "Ali", "--role", "clerk", "--generate"];
    let output = week.run(&[&add[..], &["--mailbox", "yok", "--unit", "Yok"]].concat());
    assert_eq!(code(&output), 0);
    assert!(
        stderr(&output).contains("'yok' adlı bir kutu") && stderr(&output).contains("'Yok' birimi"),
        "{}",
        stderr(&output)
    );
    let token = ["people", "token", "add", "ebys", "--scope", "read"];
    let over = week.run(&[&token[..], &["--until", "2020-01-01"]].concat());
    assert_eq!(code(&over), 2);
    assert!(
        stderr(&over).contains("geçmiş bir gün") && stdout(&over).is_empty(),
        "{}",
        stderr(&over)
    );
    let output = week.run(&[&token[..], &["--mailbox", "yok"]].concat());
    assert!(code(&output) == 0 && stderr(&output).contains("'yok' adlı bir kutu"));
    let person = ["people", "add", "veli", "--name", "Veli"];
    for (args, named) in [
        ([&person[..], &["--role", "king"]].concat(), "supervisor"),
        ([&person[..], &["--role", "clerk", "--clearance", "9"]].concat(), "çok gizli"),
        (vec!["people", "token", "add", "x", "--scope", "foo"], "transfer"),
        (
            vec!["documents", "level", "2026/000001", "--to", "9", "--reason", "x", "--by", "x"],
            "çok gizli",
        ),
    ] {
        let output = week.run(&args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(stderr(&output).contains(named), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn a_package_is_imported_as_it_is() {
    let world = World::new(32);
    let gateway = Gateway::bare(&world);
    let folder = gateway.dir.path().join("parts");
    gateway.ok(&[
        "unpack",
        fixtures().join("messages/01-package-v2.eml").to_str().unwrap(),
        "--to",
        folder.to_str().unwrap(),
    ]);
    let package = walk(&folder)
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "eyp"))
        .unwrap();
    gateway.ok(&["import", package.to_str().unwrap()]);
    let entries = gateway.export();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        entries[0]["message"]["sha256"],
        World::sha256(&fs::read(&package).unwrap()).as_str()
    );
    assert!(entries[0]["document"]["number"].is_string(), "{}", entries[0]);
}

#[test]
fn a_store_is_restored_from_its_backup_to_the_same_export() {
    let week = Week::new();
    let backup = week.folder().join("backup");
    let elsewhere = week.folder().join("elsewhere");
    let [backup, elsewhere] = [&backup, &elsewhere].map(|path| path.to_str().unwrap());
    week.ok(&["backup", backup]);
    let again = week.ok(&["--lang", "en", "backup", backup]);
    assert!(again.contains("0 new blobs"), "{again}");
    week.ok(&["--store", elsewhere, "restore", backup]);
    assert_eq!(
        week.ok(&["--store", elsewhere, "documents", "export"]),
        week.ok(&["documents", "export"])
    );
    week.ok(&["--store", elsewhere, "journal", "verify"]);
    // Never over something.
    let onto = week.run(&["restore", backup]);
    assert_eq!(code(&onto), 1);
    assert!(stderr(&onto).contains("boş değil"), "{}", stderr(&onto));
}

#[test]
fn an_index_that_was_thrown_away_changes_no_answer() {
    let week = Week::new();
    let before = week.ok(&["documents", "export"]);
    assert!(week.ok(&["index", "rebuild"]).contains("20"));
    assert_eq!(week.ok(&["documents", "export"]), before);
}

#[test]
fn a_torn_journal_that_a_rebuild_repairs_is_an_alarm() {
    let week = Week::new();
    week.configure(
        "[alert.email]\nhost = \"localhost\"\nport = 9\nfrom = \"kep@example.org\"\nsecurity = \"none\"\nallow_plaintext = true\n\
         [[alert.group]]\nname = \"default\"\n[alert.group.email]\nto = [\"a@example.org\"]",
    );
    let alarms = |week: &Week| week.ok(&["alerts", "list", "--json"]).matches("\"recovery\"").count();
    week.ok(&["index", "rebuild"]);
    assert_eq!(alarms(&week), 0, "a journal in order is nothing to tell");
    let last = walk(&week.folder().join("store/journal"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "kepj"))
        .max()
        .unwrap();
    let mut torn = fs::OpenOptions::new().append(true).open(&last).unwrap();
    std::io::Write::write_all(&mut torn, &[0, 0, 0, 40, 1, 2, 3]).unwrap();
    drop(torn);
    let rebuilt = week.run(&["index", "rebuild"]);
    assert_eq!(code(&rebuilt), 0);
    assert!(stderr(&rebuilt).contains("7 baytı kesildi"), "{}", stderr(&rebuilt));
    assert!(alarms(&week) > 0, "{}", week.ok(&["alerts", "list", "--json"]));
}

#[test]
fn unpack_writes_every_part_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let message = fixtures().join("messages/02-package-v2-attachments.eml");
    let unpack = || {
        program()
            .args(["unpack", message.to_str().unwrap(), "--to", out.to_str().unwrap()])
            .output()
            .unwrap()
    };
    assert_eq!(code(&unpack()), 0);
    let names: BTreeSet<String> = names(&out);
    for name in ["UstYazi.pdf", "Ustveri.xml", "ImzaCades.imz", "DeliveryNonDeliveryToRecipient.xml"] {
        assert!(names.contains(name), "{names:?}");
    }
    assert!(fs::read(out.join("UstYazi.pdf")).unwrap().starts_with(b"%PDF"));
    fs::write(out.join("UstYazi.pdf"), b"mine").unwrap();
    assert_eq!(code(&unpack()), 0);
    assert_eq!(fs::read(out.join("UstYazi.pdf")).unwrap(), b"mine");
    assert!(fs::read(out.join("1-UstYazi.pdf")).unwrap().starts_with(b"%PDF"));
}

#[test]
fn unpack_stays_in_its_folder_whatever_the_names_say() {
    let world = World::new(33);
    let folder = tempfile::tempdir().unwrap();
    let wanted = |name: &str| {
        name.starts_with("zip-")
            || name.starts_with("attachment-name")
            || ["truncated", "empty", "binary-noise", "header-injection"].contains(&name)
    };
    for name in hostile::names().filter(|name| wanted(name) && *name != "zip-entries-5000") {
        let hostile = hostile::make(&world, name);
        let own = folder.path().join(name);
        let out = own.join("a/b/c");
        fs::create_dir_all(&out).unwrap();
        // What must not be written through: a link with the name of a part.
        std::os::unix::fs::symlink(own.join("victim"), out.join("UstYazi.pdf")).unwrap();
        fs::write(own.join("m.eml"), &hostile.raw).unwrap();
        let output = program()
            .arg("unpack")
            .arg(own.join("m.eml"))
            .arg("--to")
            .arg(&out)
            .output()
            .unwrap();
        assert!([0, 1, 10].contains(&code(&output)), "{name}: {}", stderr(&output));
        assert_eq!(names(&own), BTreeSet::from(["a".to_owned(), "m.eml".to_owned()]), "{name}");
        assert_eq!(
            (names(&own.join("a")), names(&own.join("a/b"))),
            (BTreeSet::from(["b".into()]), BTreeSet::from(["c".into()])),
            "{name}"
        );
        for written in names(&out) {
            assert!(
                !written.contains(['\\', '\u{202e}', '\0', '\n']) && !written.starts_with('.'),
                "{name}: {written:?}"
            );
            assert!(
                out.join(&written).symlink_metadata().unwrap().file_type().is_file() || written == "UstYazi.pdf",
                "{name}: {written}"
            );
        }
    }
    assert!(!Path::new("/tmp/kep-slip").exists() && !Path::new("/etc/kep-slip").exists());
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Every file below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .collect()
}

// ---- trust

#[test]
fn anchors_are_taken_only_after_they_were_shown_and_confirmed() {
    let week = Week::new();
    let listed = week.json(&["trust", "list", "--json"]);
    let text = fs::read_to_string(week.config()).unwrap().replace("fixtures/trust", "own");
    fs::write(week.config(), text).unwrap();
    let none = week.json(&["trust", "list", "--json"]);
    assert_eq!(none["anchors"].as_array().unwrap().len(), 0);
    let given = week.folder().join("fixtures/trust");
    let given = given.to_str().unwrap();
    assert_eq!(listed["anchors"].as_array().unwrap().len(), 4);
    assert_eq!(code(&week.run(&["trust", "diff", given])), 10);
    assert_eq!(code(&week.run(&["trust", "import", given])), 10);
    assert!(!week.folder().join("own").exists(), "shown is not taken");
    let fingerprints = listed["anchors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|anchor| anchor["sha256"].as_str().unwrap());
    let yes: Vec<&str> = ["trust", "import", given, "--yes"].into_iter().chain(fingerprints).collect();
    week.ok(&yes);
    assert_eq!(week.json(&["trust", "list", "--json"])["anchors_sha256"], listed["anchors_sha256"]);
    week.ok(&["trust", "diff", given]);
}
