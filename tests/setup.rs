//! What an administrator sets up: slips in the configuration are all named before anything runs, a store appears only where one is meant,
//! and no command leaves files behind that the gateway's own user cannot open.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Output;

use forge::world::World;
use gateway::Gateway;
use kep_gateway::clock::FixedClock;
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::event::Event;
use kep_gateway::store::disk::RealDisk;

/// A user that owns nothing here.
const NOBODY: u32 = 65_534;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program ends by itself")
}

#[test]
fn every_slip_is_named_at_once() {
    let gateway = Gateway::bare(&World::new(61));
    let path = |name: &str| gateway.dir.path().join(name);
    for (name, text) in [("wrong.pem", "no certificate\n"), ("secret", "deneme\n"), ("key.pem", "no key\n")] {
        fs::write(path(name), text).unwrap();
    }
    gateway.configure(
        "[web]\nlisten = \"127.0.0.1:0\"\ncertificate_file = \"gone.pem\"\nkey_file = \"key.pem\"\n\
         [people.ldap]\nurl = \"ldaps://dc.kurum.example\"\nbase = \"dc=kurum\"\nca_file = \"wrong.pem\"\npassword_file = \"gone.secret\"\n\
         [[people.ldap.group]]\nname = \"evrak\"\nrole = \"clerk\"\n\
         [[mailbox]]\nname = \"acik\"\nkind = \"imap\"\naddress = \"kurum@hs01.kep.tr\"\nhost = \"mail.example\"\nuser = \"a\"\npassword_file = \"secret\"\nsecurity = \"none\"\n\
         [[mailbox]]\nname = \"adres\"\nkind = \"imap\"\naddress = \"bozuk\"\nhost = \"imaps://mail.example:993\"\nuser = \"a\"\npassword_file = \"secret\"\nca_file = \"gone.pem\"\n\
         [[mailbox]]\nname = \"klasor\"\nkind = \"folder\"\npath = \"yok\"\n",
    );
    let output = gateway.run(&["config", "check", "--lang", "en"]);
    let said = said(&output);
    for slip in [
        "[web] TLS:",
        "[people.ldap] password_file:",
        "[people.ldap] ca_file:",
        "acik: Correct",
        "[[mailbox]] adres: host = \"imaps://mail.example:993\"",
        "[[mailbox]] adres: address = \"bozuk\"",
        "[[mailbox]] adres: ca_file:",
        "[[mailbox]] klasor: path:",
    ] {
        assert!(said.contains(slip), "{slip}\n{said}");
    }
    assert_eq!(code(&output), 10, "{said}");
}

#[test]
fn what_keeps_a_run_from_starting_does_not_hide_the_rest() {
    let gateway = Gateway::bare(&World::new(62));
    fs::create_dir(gateway.dir.path().join("lists")).unwrap();
    fs::write(gateway.dir.path().join("lists/a.toml"), "naem = 1\n").unwrap();
    gateway.configure("[checklist]\nfolder = \"lists\"\n[[mailbox]]\nname = \"klasor\"\nkind = \"folder\"\npath = \"yok\"\n");
    let output = gateway.run(&["config", "check", "--lang", "en"]);
    let said = said(&output);
    assert!(said.contains("KEP-8013") && said.contains("[[mailbox]] klasor: path:"), "{said}");
    assert_eq!(code(&output), 2, "{said}");
}

#[test]
fn a_missing_folder_of_certificates_is_named() {
    let gateway = Gateway::with_drop(&World::new(63));
    assert!(!said(&gateway.run(&["config", "check"])).contains("intermediates"));
    fs::remove_dir_all(gateway.dir.path().join("intermediates")).unwrap();
    let output = gateway.run(&["config", "check"]);
    assert!(said(&output).contains("[trust] intermediates"), "{}", said(&output));
    assert_eq!(code(&output), 10);
}

#[test]
fn what_would_stand_on_every_paper_is_checked_when_it_is_read() {
    let gateway = Gateway::bare(&World::new(64));
    let config = fs::read_to_string(gateway.config()).unwrap();
    for (from, to, named) in [
        ("path = \"store\"", "path = \"\"", "[store] path"),
        ("[register]", "[register]\nprefix = \"../a\\n\\u001b[31m<b>\"", "[register] prefix"),
        (
            "[register]",
            "[register]\nprefix = \"çok uzun bir ön ek yazılmış\"",
            "[register] prefix",
        ),
    ] {
        fs::write(gateway.config(), config.replace(from, to)).unwrap();
        let output = gateway.run(&["config", "check"]);
        let said = said(&output);
        assert!(said.contains(named) && !said.contains('\u{1b}'), "{said}");
        assert_eq!(code(&output), 2, "{said}");
    }
}

/// The names of what lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_mistyped_path_gets_no_store() {
    let gateway = Gateway::with_drop(&World::new(65));
    let other = gateway.dir.path().join("mnt");
    fs::create_dir(&other).unwrap();
    let secret = gateway.dir.path().join("secret");
    fs::write(&secret, "uzun bir parola 42\n").unwrap();
    let (other, secret) = (other.display().to_string(), secret.display().to_string());
    for args in [
        vec!["index", "rebuild"],
        vec!["journal", "verify"],
        vec!["people", "passwd", "ayse", "--password-file", &secret],
        vec!["people", "disable", "ayse"],
        vec!["people", "token", "revoke", "ebys"],
        vec!["documents", "list"],
        vec!["backup", "yedek"],
    ] {
        let output = gateway.run(&[&["--store", &other], args.as_slice()].concat());
        assert_eq!(code(&output), 1, "{args:?}: {}", said(&output));
        assert!(said(&output).contains("henüz bir depo yok"), "{args:?}: {}", said(&output));
        assert_eq!(names(Path::new(&other)), Vec::<String>::new(), "{args:?}");
    }
    gateway.ok(&["--store", &other, "poll"]);
    assert!(names(Path::new(&other)).contains(&"format".to_owned()), "the first look makes it");
}

#[test]
fn nobody_is_told_that_nothing_came_where_nobody_was_asked() {
    let gateway = Gateway::bare(&World::new(66));
    for command in ["poll", "reconcile", "run"] {
        let output = gateway.run(&[command]);
        assert_eq!(code(&output), 2, "{command}: {}", said(&output));
        assert!(said(&output).contains("[[mailbox]]"), "{command}: {}", said(&output));
    }
    assert!(!gateway.store().exists());
}

#[test]
fn a_command_of_another_user_writes_nothing() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: only root can give a store to another user");
    }
    let gateway = Gateway::with_drop(&World::new(67));
    gateway.ok(&["poll"]);
    let give = |path: &Path| std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut folders = vec![gateway.store()];
    while let Some(folder) = folders.pop() {
        give(&folder);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            give(&path);
            folders.extend(path.is_dir().then_some(path));
        }
    }
    for args in [["poll"].as_slice(), &["index", "rebuild"], &["people", "disable", "ayse"]] {
        let output = gateway.run(args);
        assert_eq!(code(&output), 1, "{args:?}: {}", said(&output));
        assert!(
            said(&output).contains("sudo -u '#65534' kep-gateway"),
            "{args:?}: {}",
            said(&output)
        );
    }
    gateway.ok(&["documents", "list"]);
    for folder in ["", "journal", "blobs", "index"].map(|name| gateway.store().join(name)) {
        for name in names(&folder) {
            let owner = fs::symlink_metadata(folder.join(&name)).unwrap().uid();
            assert_eq!(owner, NOBODY, "{name} would keep the gateway from starting");
        }
    }
}

#[tokio::test]
async fn a_record_of_the_future_stops_everything_until_a_person_says_that_the_clock_is_right() {
    let gateway = Gateway::with_drop(&World::new(68));
    let future = FixedClock::at("2199-05-01T07:00:00Z".parse().unwrap());
    let ledger = Ledger::open(&gateway.store(), RealDisk::shared(), future).unwrap();
    ledger.append(Event::Stopped).await.unwrap();
    drop(ledger);
    gateway.put(
        "a.eml",
        b"From: a@hs01.kep.tr\r\nTo: b@hs01.kep.tr\r\nSubject: Deneme\r\n\r\nmerhaba\r\n",
    );

    let output = gateway.run(&["poll"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(
        said(&output).contains("01.05.2199 10:00") && said(&output).contains("journal accept-clock"),
        "{}",
        said(&output)
    );
    assert_eq!(code(&gateway.run(&["journal", "accept-clock", "--reason", " "])), 2);

    gateway.ok(&["journal", "accept-clock", "--reason", "anakart pili bitmiş"]);
    gateway.ok(&["poll"]);
    let register = gateway.json(&["documents", "export"]);
    let numbers: Vec<&str> = register
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["register_number"].as_str())
        .collect();
    assert!(
        matches!(numbers.as_slice(), [number] if number.ends_with("/000001") && !number.starts_with("2199")),
        "{numbers:?}"
    );
    gateway.ok(&["journal", "verify"]);
}
