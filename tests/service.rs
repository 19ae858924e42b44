//! The built program as a service: start, reload, stop, sign of life, and the commands beside it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use forge::world::World;
use gateway::{Daemon, Gateway, PATIENCE, assert_gap_free, put_whole, until};
use rustix::process::Signal;
use serde_json::Value;
use support::scripted_imap::ScriptedImap;

/// The daemon, once it says that it runs.
fn start(gateway: &Gateway) -> Daemon {
    let log_file = fs::OpenOptions::new().create(true).append(true).open(log_path(gateway)).unwrap();
    let daemon = Daemon(gateway.command(&["run"]).env("RUST_LOG", "info").stderr(log_file).spawn().unwrap());
    until("the daemon runs", || log(gateway).contains("the gateway is running"));
    daemon
}

fn log_path(gateway: &Gateway) -> PathBuf {
    gateway.dir.path().join("daemon.log")
}

fn log(gateway: &Gateway) -> String {
    fs::read_to_string(log_path(gateway)).unwrap_or_default()
}

fn shas(entries: &[Value]) -> BTreeSet<String> {
    entries
        .iter()
        .map(|entry| entry["message"]["sha256"].as_str().unwrap().to_owned())
        .collect()
}

fn drop_table(gateway: &Gateway, name: &str) -> String {
    let path = gateway.dir.path().join(name);
    fs::create_dir_all(&path).unwrap();
    format!(
        "[[mailbox]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"{}\"\nsettle = \"0s\"\ninterval = \"200ms\"\n",
        path.display()
    )
}

#[test]
fn sigterm_ends_within_ten_seconds_with_nothing_half_done_while_messages_arrive() {
    let world = World::new(21);
    let gateway = Gateway::with_drop(&world);
    let samples = world.mixed(12);
    let mut sent = BTreeSet::new();
    for round in 0..4 {
        let daemon = start(&gateway);
        for (nth, sample) in samples.iter().enumerate() {
            let mut raw = sample.raw.clone();
            raw.extend_from_slice(format!("\r\nround {round}.{nth}\r\n").as_bytes());
            sent.insert(World::sha256(&raw));
            gateway.put(&format!("{round}-{nth}.eml"), &raw);
            std::thread::sleep(Duration::from_millis(15 * round));
        }
        let (status, took) = daemon.stop();
        println!("round {round}: ended after {took:?}");
        assert!(status.success(), "{status}\n{}", log(&gateway));
        fs::remove_file(log_path(&gateway)).unwrap();
        gateway.ok(&["journal", "verify"]);
        assert_gap_free(&gateway.export());
    }
    gateway.ok(&["poll"]);
    let entries = gateway.export();
    assert_gap_free(&entries);
    assert_eq!(shas(&entries), sent);
    assert!(
        entries.iter().all(|entry| entry["state"] != "quarantined"),
        "a proper stop counts against no message"
    );
}

#[test]
fn sighup_takes_a_new_mailbox_up_and_a_wrong_configuration_changes_nothing() {
    let world = World::new(22);
    let gateway = Gateway::with_drop(&world);
    let first = fs::read_to_string(gateway.config()).unwrap();
    let daemon = start(&gateway);
    let second = drop_table(&gateway, "ikinci");
    let samples = world.mixed(3);

    fs::write(gateway.config(), format!("{first}\n{second}")).unwrap();
    daemon.signal(Signal::HUP);
    put_whole(&gateway.dir.path().join("ikinci"), "1.eml", &samples[0].raw);
    until("the new mailbox is watched", || {
        gateway.export().iter().any(|entry| entry["mailbox"] == "ikinci")
    });

    fs::write(gateway.config(), format!("{first}\n{second}\n[stroe]\n")).unwrap();
    daemon.signal(Signal::HUP);
    until("the slip is noticed", || log(&gateway).contains("the old one stays in force"));
    assert!(log(&gateway).contains("store"), "it names the nearest key");
    fs::write(gateway.config(), format!("{first}\n{second}")).unwrap();
    put_whole(&gateway.dir.path().join("ikinci"), "2.eml", &samples[1].raw);
    gateway.put("3.eml", &samples[2].raw);
    until("both mailboxes are still watched", || shas(&gateway.export()).len() == 3);

    // And a mailbox that is taken out is left alone.
    fs::write(gateway.config(), &first).unwrap();
    let reloads = log(&gateway).matches("was read anew").count();
    daemon.signal(Signal::HUP);
    until("it is read anew", || log(&gateway).matches("was read anew").count() > reloads);
    let (status, _) = daemon.stop();
    assert!(status.success());
}

#[test]
fn systemd_hears_ready_watchdog_and_stopping() {
    let world = World::new(23);
    let gateway = Gateway::with_drop(&world);
    let path = gateway.dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hear = |word: &str| {
        let mut buffer = [0; 512];
        loop {
            let length = socket
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{word} was not said: {error}"));
            if String::from_utf8_lossy(&buffer[..length]).lines().any(|line| line == word) {
                return;
            }
        }
    };
    let child = gateway
        .command(&["run"])
        .env("NOTIFY_SOCKET", &path)
        .stderr(fs::File::create(log_path(&gateway)).unwrap())
        .spawn();
    let daemon = Daemon(child.unwrap());
    hear("READY=1");
    hear("WATCHDOG=1");
    let waiting = std::thread::spawn(move || daemon.stop());
    hear("STOPPING=1");
    assert!(waiting.join().unwrap().0.success());
}

#[test]
fn a_second_daemon_is_refused_with_a_sentence_that_names_the_first() {
    let world = World::new(24);
    let gateway = Gateway::with_drop(&world);
    let daemon = start(&gateway);
    for command in ["run", "poll"] {
        let refused = gateway.run(&[command]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains(&daemon.0.id().to_string()), "{command}: {said}");
    }
    gateway.put("1.eml", &world.mixed(1)[0].raw);
    until("the first goes on", || gateway.export().len() == 1);
}

#[test]
fn the_heartbeat_is_fresh_while_it_runs_and_its_end_is_heard() {
    let world = World::new(25);
    let gateway = Gateway::with_drop(&world);
    let heartbeat = || gateway.run(&["heartbeat", "--quiet"]).status.code();
    assert_eq!(heartbeat(), Some(10), "it never ran");
    let daemon = start(&gateway);
    until("the first beat", || heartbeat() == Some(0));
    let beat: Value = serde_json::from_slice(&fs::read(gateway.store().join("heartbeat")).unwrap()).unwrap();
    assert_eq!(beat["pid"], daemon.0.id());
    assert!(daemon.stop().0.success());
    assert_eq!(
        heartbeat(),
        Some(10),
        "a stop that was asked for is a mailbox that nobody checks, too"
    );
    // Nobody is configured to be told, and that is the loudest failure.
    assert_eq!(gateway.run(&["heartbeat"]).status.code(), Some(1));
}

#[test]
fn no_secret_and_no_content_reaches_the_log_however_much_is_logged() {
    let world = World::new(26);
    let gateway = Gateway::bare(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(ScriptedImap::start(1, 5, 0));
    let password = "cok-gizli-parola-7731";
    fs::write(gateway.dir.path().join("p"), format!("{password}\n")).unwrap();
    let port = server.config().port.unwrap();
    gateway.configure(&format!(
        "[[mailbox]]\nname = \"evrak\"\nkind = \"imap\"\naddress = \"kurum@hs01.kep.tr\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n\
         allow_plaintext = true\nuser = \"evrak\"\npassword_file = \"p\"\n"
    ));
    let every = "trace,sled::pagecache=trace,async_imap=trace,async_imap::client=trace,async_imap::imap_stream=trace,imap_proto=trace,imap_proto::parser=trace,lettre=trace";
    let polled = gateway.command(&["poll"]).env("RUST_LOG", every).output().unwrap();
    let said = String::from_utf8_lossy(&polled.stderr).into_owned() + &String::from_utf8_lossy(&polled.stdout);
    assert!(polled.status.success(), "{said}");
    assert!(said.contains("INFO"), "the log is on: {said}");
    assert_eq!(gateway.export().len(), 5);
    let commands = server.world().commands.join("\n");
    assert!(commands.contains("LOGIN") || commands.contains("AUTHENTICATE"), "{commands}");
    for secret in [password.to_owned(), base64(password), base64(&format!("\0evrak\0{password}"))] {
        assert!(!said.contains(&secret), "the log holds a secret");
    }
    assert!(!said.contains("Deneme"), "the log holds what a message says");
    let shown = gateway.ok(&["config", "show"]);
    assert!(!shown.contains(password));
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn the_commands_that_ask_work_beside_the_daemon_and_a_backup_tells_the_same() {
    let world = World::new(27);
    let gateway = Gateway::with_drop(&world);
    let daemon = start(&gateway);
    let samples = world.mixed(8);
    for (nth, sample) in samples.iter().enumerate() {
        gateway.put(&format!("{nth}.eml"), &sample.raw);
    }
    until("everything is registered", || shas(&gateway.export()).len() == samples.len());

    let listed = gateway.ok(&["documents", "list"]);
    assert!(listed.contains("2026/000001") || listed.contains("/000001"), "{listed}");
    let mailboxes: Value = serde_json::from_str(&gateway.ok(&["mailboxes", "--json"])).unwrap();
    assert_eq!(
        (&mailboxes[0]["registered"], &mailboxes[0]["holes"]),
        (&Value::from(8), &Value::from(0))
    );
    gateway.ok(&["evidence", "list"]);
    gateway.ok(&["alerts", "list"]);
    gateway.ok(&["reconcile"]);
    gateway.ok(&["journal", "verify"]);
    let backup = gateway.dir.path().join("backup");
    gateway.ok(&["backup", backup.to_str().unwrap()]);
    let exported = gateway.export();
    assert!(daemon.stop().0.success());

    let restored = gateway.dir.path().join("restored");
    let store = ["--store", restored.to_str().unwrap()];
    gateway.ok(&[&store[..], &["restore", backup.to_str().unwrap()]].concat());
    gateway.ok(&[&store[..], &["journal", "verify"]].concat());
    let told: Vec<Value> = serde_json::from_str(&gateway.ok(&[&store[..], &["documents", "export", "--json"]].concat())).unwrap();
    assert_eq!(told, exported);
    // The restored store goes on by itself: the same mailbox brings nothing new.
    gateway.ok(&[&store[..], &["poll"]].concat());
    assert_eq!(
        serde_json::from_str::<Vec<Value>>(&gateway.ok(&[&store[..], &["documents", "export", "--json"]].concat())).unwrap(),
        exported
    );
    gateway.ok(&["index", "rebuild"]);
    assert_eq!(gateway.export(), exported);
}

/// One request on the control socket, and its answer; nothing where the daemon hung up.
fn ask(gateway: &Gateway, line: &[u8]) -> Option<Value> {
    let mut socket = UnixStream::connect(gateway.store().join("control.sock")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // A daemon that refuses may hang up before it has read everything.
    let _ = socket.write_all(line);
    let mut answer = String::new();
    BufReader::new(socket).read_line(&mut answer).ok()?;
    serde_json::from_str(&answer).ok()
}

#[test]
fn opening_and_retrying_work_beside_the_daemon_and_without_it_and_say_who_asked() {
    let world = World::new(29);
    let gateway = Gateway::with_drop(&world);
    let held_back = gateway.dir.path().join("held-back");
    fs::rename(gateway.dir.path().join("revocation"), &held_back).unwrap();
    fs::create_dir(gateway.dir.path().join("revocation")).unwrap();
    let daemon = start(&gateway);
    let samples = world.mixed(8);
    for (nth, sample) in samples.iter().enumerate() {
        gateway.put(&format!("{nth}.eml"), &sample.raw);
    }
    until("everything is registered", || shas(&gateway.export()).len() == samples.len());
    let before = gateway.export();
    let numbers: Vec<&str> = before.iter().map(|entry| entry["register_number"].as_str().unwrap()).collect();
    let mode = fs::metadata(gateway.store().join("control.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);

    // A name that no account has proves nothing.
    for by in ["kim", ""] {
        let refused = gateway.run(&["documents", "show", numbers[0], "--opened-by", by]);
        assert_eq!(refused.status.code(), Some(1), "{by}");
    }
    assert_eq!(gateway.export()[0]["state"], "registered");
    let add = |login: &str, clearance: &str| {
        let who = ["people", "add", login, "--name", "Deneme", "--role", "supervisor"];
        gateway.ok(&[&who[..], &["--clearance", clearance, "--generate"]].concat());
    };
    add("ayse", "4");
    add("veli", "4");
    let shown = gateway.ok(&["documents", "show", numbers[0], "--opened-by", "ayse"]);
    assert!(shown.contains("ayse (komut satırından"), "{shown}");
    let entry = &gateway.export()[0];
    assert_eq!(entry["state"], "opened");
    assert_eq!(entry["history"][0]["uid"], rustix::process::getuid().as_raw());

    // Nothing new to judge by, then what the daemon has read anew.
    let retry = |more: &[&str]| {
        let args = [&["documents", "retry", "--json", "--by", "veli"], more, &numbers[..]].concat();
        gateway.json(&args)
    };
    let outcomes = |answers: Value| -> Vec<String> {
        let answers = answers.as_array().unwrap().clone();
        answers.iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect()
    };
    assert!(outcomes(retry(&[])).iter().all(|outcome| outcome == "unchanged"));
    fs::remove_dir(gateway.dir.path().join("revocation")).unwrap();
    fs::rename(&held_back, gateway.dir.path().join("revocation")).unwrap();
    daemon.signal(Signal::HUP);
    until("the trust is read anew", || log(&gateway).contains("was read anew"));
    let renewed = outcomes(retry(&[]));
    assert!(renewed.iter().any(|outcome| outcome == "renewed"), "{renewed:?}");
    let at = renewed.iter().position(|outcome| outcome == "renewed").unwrap();
    let entry = &gateway.export()[at];
    assert_eq!(entry["verdict"]["indication"], "TOTAL-PASSED", "{entry:#}");
    let earlier = &entry["earlier_verdicts"][0];
    assert_eq!(
        (&earlier["indication"], &earlier["why"]),
        (&"INDETERMINATE".into(), &"operator".into())
    );
    assert_eq!(
        (&earlier["asker"]["person"], &earlier["asker"]["uid"]),
        (&"veli".into(), &rustix::process::getuid().as_raw().into())
    );
    let screen = gateway.ok(&["documents", "show", numbers[at]]);
    assert!(screen.contains("Önceki sonuçlar") && screen.contains("veli"), "{screen}");

    assert_eq!(gateway.run(&["documents", "retry", "2026/999999"]).status.code(), Some(1));
    assert_eq!(
        gateway.run(&["documents", "show", "2026/999999", "--opened-by", "x"]).status.code(),
        Some(1)
    );
    assert_eq!(
        gateway.run(&["documents", "retry", numbers[0], "--by", "kim"]).status.code(),
        Some(1)
    );
    // Who may see it is said over the socket too, and what somebody may not see is not there to be examined in that name.
    let to = if gateway.export()[1]["access"] == 3 { "4" } else { "3" };
    let level = [
        "documents",
        "level",
        numbers[1],
        "--to",
        to,
        "--reason",
        "gönderen bildirdi",
        "--by",
    ];
    assert_eq!(gateway.run(&[&level[..], &["kim"]].concat()).status.code(), Some(1));
    gateway.ok(&[&level[..], &["ayse"]].concat());
    assert_eq!(gateway.export()[1]["access"].to_string(), to);
    add("dar", "0");
    let hidden = gateway.run(&["documents", "retry", numbers[1], "--by", "dar"]);
    let absent = gateway.run(&["documents", "retry", "2026/999999", "--by", "dar"]);
    let words = |output: &Output| {
        String::from_utf8_lossy(&output.stdout)
            .replace(numbers[1], "N")
            .replace("2026/999999", "N")
    };
    assert_eq!((hidden.status.code(), words(&hidden)), (absent.status.code(), words(&absent)));
    let seen = gateway.export();
    assert!(daemon.stop().0.success());
    assert!(!gateway.store().join("control.sock").exists());

    // Without a daemon the command does it itself, and the record is the same kind of record.
    assert!(outcomes(retry(&[])).iter().all(|outcome| outcome == "unchanged"));
    gateway.ok(&["documents", "show", numbers[1], "--opened-by", "veli"]);
    assert_eq!(gateway.export()[1]["history"][1]["by"], "veli");
    assert_eq!(gateway.export()[0], seen[0]);
    gateway.ok(&["journal", "verify"]);
    let whole = gateway.export();
    gateway.ok(&["index", "rebuild"]);
    assert_eq!(gateway.export(), whole);
}

/// Shorter than the daemon waits for who is silent: it was not their end that made room.
const BEFORE_THEIR_END: Duration = Duration::from_secs(8);

#[test]
fn idle_connections_keep_nobody_out() {
    let world = World::new(31);
    let gateway = Gateway::with_drop(&world);
    let _daemon = start(&gateway);
    let socket = gateway.store().join("control.sock");
    until("the socket is there", || socket.exists());
    // A machine that takes longer than that for anything tells nothing this time.
    until("somebody is heard beside those who only hold a connection", || {
        let began = Instant::now();
        let idle: Vec<UnixStream> = (0..60).map(|_| UnixStream::connect(&socket).unwrap()).collect();
        let answer = ask(&gateway, b"{\"request\":\"status\"}\n").unwrap();
        assert_eq!(answer["reply"], "status", "{answer}");
        drop(idle);
        began.elapsed() < BEFORE_THEIR_END
    });
}

#[test]
fn the_control_socket_refuses_what_is_no_request_and_outlives_a_killed_daemon() {
    let world = World::new(30);
    let gateway = Gateway::with_drop(&world);
    let mut daemon = start(&gateway);
    until("the socket is there", || gateway.store().join("control.sock").exists());
    let status = ask(&gateway, b"{\"request\":\"status\"}\n").unwrap();
    assert_eq!((&status["reply"], &status["pid"]), (&"status".into(), &daemon.0.id().into()));
    assert_eq!(status["mailboxes"][0], "drop");
    let long = [b"{\"request\":\"status\",\"x\":\"".to_vec(), vec![b'a'; 200_000]].concat();
    let many = format!(
        "{{\"request\":\"retry\",\"numbers\":[{}\"2026/000001\"]}}\n",
        "\"2026/000001\",".repeat(100)
    );
    let nobody = b"{\"request\":\"opened\",\"number\":\"2026/000001\",\"by\":\"\"}\n".to_vec();
    for line in [
        b"{}\n".to_vec(),
        b"\xff\n".to_vec(),
        b"{\"request\":\"stop\"}\n".to_vec(),
        many.into_bytes(),
        nobody,
    ] {
        let answer = ask(&gateway, &line).unwrap();
        assert_eq!(answer["reply"], "refused", "{}", String::from_utf8_lossy(&line));
        assert_ne!(answer["problem"]["tr"], answer["problem"]["en"]);
    }
    assert!(ask(&gateway, &long).is_none_or(|answer| answer["reply"] == "refused"));

    // What a kill leaves behind stops neither a command nor the next daemon.
    daemon.0.kill().unwrap();
    daemon.0.wait().unwrap();
    assert!(gateway.store().join("control.sock").exists());
    gateway.put("1.eml", &world.mixed(1)[0].raw);
    gateway.ok(&["poll"]);
    let number = gateway.export()[0]["register_number"].as_str().unwrap().to_owned();
    gateway.ok(&[
        "people",
        "add",
        "ali",
        "--name",
        "Ali",
        "--role",
        "clerk",
        "--clearance",
        "4",
        "--generate",
    ]);
    gateway.ok(&["documents", "show", &number, "--opened-by", "ali"]);
    fs::remove_file(log_path(&gateway)).unwrap();
    let daemon = start(&gateway);
    until("it answers", || {
        UnixStream::connect(gateway.store().join("control.sock")).is_ok() && ask(&gateway, b"{\"request\":\"status\"}\n").is_some()
    });
    gateway.ok(&["documents", "retry", &number]);
    assert!(daemon.stop().0.success());
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let world = World::new(28);
    let gateway = Gateway::with_drop(&world);
    gateway.put("1.eml", &world.mixed(1)[0].raw);
    let code = |args: &[&str]| gateway.run(args).status.code();
    assert_eq!(code(&["poll"]), Some(0));
    assert_eq!(code(&["journal", "verify"]), Some(0));
    assert_eq!(code(&["documents", "show", "2026/999999"]), Some(1));
    assert_eq!(code(&["documents", "show", "nonsense"]), Some(2));
    assert_eq!(code(&["no-such-command"]), Some(2));
    assert_eq!(code(&["poll", "--mailbox", "nobody"]), Some(2));
    assert_eq!(code(&["--config", "/does/not/exist", "config", "show"]), Some(2));
    assert_eq!(code(&["--store", "/does/not/exist", "documents", "list"]), Some(1));

    let segment = fs::read_dir(gateway.store().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let segment = segment
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "kepj"))
        .unwrap();
    let whole = fs::read(&segment).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&segment, &flipped).unwrap();
    let verified = gateway.run(&["journal", "verify"]);
    assert_eq!(verified.status.code(), Some(20));
    let said = String::from_utf8_lossy(&verified.stdout).into_owned() + &String::from_utf8_lossy(&verified.stderr);
    assert!(said.contains(segment.file_name().unwrap().to_str().unwrap()), "the place: {said}");
    assert_eq!(
        code(&["documents", "list"]),
        Some(20),
        "nobody reads a register out of a broken chain"
    );
    fs::write(&segment, &whole).unwrap();

    let folders = fs::read_dir(gateway.store().join("blobs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let blob = folders
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::remove_file(&blob).unwrap();
    assert_eq!(code(&["journal", "verify"]), Some(20), "a message whose bytes are gone");
}
