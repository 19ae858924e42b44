//! The configuration: the sample says all of it, and every mistake gets a sentence that names the place and the cure.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use kep_gateway::alert::config::AlertConfig;
use kep_gateway::alert::notice::Cause;
use kep_gateway::clock::parse_duration;
use kep_gateway::config::{self, Config, ConfigError};
use kep_gateway::mailbox::config::{MailboxConfig, Security};
use kep_gateway::text::Text;

const SAMPLE: &str = include_str!("../config/kep-gateway.toml");

/// A key that no table has, and that resembles none.
const NOT_A_KEY: &str = "zzqx";

/// The sample with its examples (`#key = …`, `#[table]`) switched on; prose comments begin with `# `.
fn sample_with_examples() -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') => rest.to_owned(),
        _ => line.to_owned(),
    };
    SAMPLE.lines().map(|line| uncomment(line) + "\n").collect()
}

fn problem(text: &str) -> Text {
    config::parse(text).expect_err(text)
}

/// The keys that a table may have, as the parser itself lists them.
fn known_keys(sample: &toml::Table, path: &[Step]) -> Vec<String> {
    let mut broken = toml::Value::Table(sample.clone());
    at(&mut broken, path).as_table_mut().unwrap().insert(NOT_A_KEY.into(), 1.into());
    let Err(problem) = config::parse(&toml::to_string(&broken).unwrap()) else {
        return Vec::new();
    };
    match problem.en.split_once("there are: ") {
        Some((_, known)) => known.split(", ").map(str::to_owned).collect(),
        // A table with keys of the reader's own, such as [alert.throttle], whose values are no numbers.
        None => {
            assert!(!problem.en.contains("there is no key"), "{path:?}: {}", problem.en);
            Vec::new()
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

fn at<'a>(value: &'a mut toml::Value, path: &[Step]) -> &'a mut toml::Value {
    path.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(index) => &mut value[*index],
    })
}

/// Every table of a document, the document itself first.
fn tables(value: &toml::Value, here: Vec<Step>) -> Vec<(Vec<Step>, toml::Table)> {
    let below = |step: Step| here.iter().cloned().chain([step]).collect::<Vec<_>>();
    match value {
        toml::Value::Table(table) => {
            let inner = table.iter().flat_map(|(key, value)| tables(value, below(Step::Key(key.clone()))));
            [(here.clone(), table.clone())].into_iter().chain(inner).collect()
        }
        toml::Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(index, value)| tables(value, below(Step::Index(index))))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_sample_is_the_default() {
    assert_eq!(config::parse(SAMPLE).unwrap(), Config::default());
}

#[test]
fn the_sample_names_every_key_of_every_table() {
    let sample: toml::Table = sample_with_examples().parse().unwrap();
    let mut seen = 0;
    for (path, table) in tables(&toml::Value::Table(sample.clone()), Vec::new()) {
        let known = known_keys(&sample, &path);
        for key in &known {
            assert!(table.contains_key(key), "config/kep-gateway.toml does not show '{key}' at {path:?}");
            seen += 1;
        }
    }
    // A number that only grows: it guards against a walk that finds nothing.
    assert!(seen > 120, "only {seen} keys were looked for");
}

#[test]
fn the_examples_of_the_sample_are_valid_and_show_the_defaults_of_a_mailbox() {
    let full = config::parse(&sample_with_examples()).unwrap();
    let smallest = config::parse(
        r#"
        [[mailbox]]
        name = "evrak"
        kind = "imap"
        address = "kurum@hs01.kep.tr"
        host = "mail.example"
        port = 993
        user = "evrak"
        password_file = "evrak.password"
        [[mailbox]]
        name = "drop"
        kind = "folder"
        path = "/srv/kep-drop"
        [[mailbox]]
        name = "ptt"
        kind = "eyservis"
        address = "kurum@hs01.kep.tr"
        tcno_file = "ptt.tcno"
        parola_file = "ptt.parola"
        sifre_file = "ptt.sifre"
        [[mailbox.codes]]
        code = 9999
        retry = "yes"
        [[mailbox]]
        name = "turkkep"
        kind = "turkkep"
        address = "kurum@hs03.kep.tr"
        url = "https://kep.example/KEPRetrieval"
        officer_code = "001"
        password_file = "turkkep.password"
        requests = "turkkep"
        [[mailbox.codes]]
        code = 9999
        retry = "yes"
        "#,
    )
    .unwrap();
    assert_eq!(full.mailbox, smallest.mailbox);
    assert!(full.alert.sms.custom.is_some() && full.alert.email.port.is_some() && full.alert.group.len() == 1);
}

#[test]
fn the_sample_shows_the_throttle_of_every_cause() {
    let causes = problem("[alert.throttle]\nzzqx = \"1m\"").en;
    let causes: BTreeSet<String> = causes
        .split_once("possible are: ")
        .unwrap()
        .1
        .trim_end_matches('.')
        .split(", ")
        .map(str::to_owned)
        .collect();
    let shown = config::parse(&sample_with_examples()).unwrap().alert.throttle;
    assert_eq!(shown.keys().map(|cause| cause.name()).collect::<BTreeSet<_>>(), causes);
    for (cause, period) in shown {
        assert_eq!(period.0, AlertConfig::default().throttle_of(cause), "{}", cause.name());
    }
    assert_eq!(AlertConfig::default().throttle_of(Cause::Signature), parse_duration("30m").unwrap());
}

#[test]
fn what_is_shown_can_be_read_again() {
    for text in [SAMPLE.to_owned(), sample_with_examples()] {
        let config = config::parse(&text).unwrap();
        assert_eq!(config::parse(&toml::to_string(&config).unwrap()).unwrap(), config);
    }
}

#[test]
fn what_scripts_write_is_understood() {
    let config = config::parse(
        r#"
        [store]
        path = "/var/lib/kep-gateway"
        [trust]
        anchors = "/etc/kep-gateway/trust"
        intermediates = ""
        revocation = ""
        online = true
        [[mailbox]]
        name = "evrak"
        kind = "imap"
        address = "kurum@hs01.kep.tr"
        host = "mail.example"
        port = 993
        security = "tls"
        ca_file = ""
        user = "evrak"
        password_file = "evrak.password"
        folders = ["INBOX"]
        interval = "5m"
        [[mailbox]]
        name = "drop"
        kind = "folder"
        path = "/srv/kep-drop"
        [register]
        prefix = ""
        receiver_kkk = ""
        [web]
        listen = "127.0.0.1:8425"
        "#,
    )
    .unwrap();
    let [MailboxConfig::Imap(imap), MailboxConfig::Folder(folder)] = config.mailbox.as_slice() else {
        panic!("{:?}", config.mailbox)
    };
    assert_eq!(
        (imap.security, imap.port(), imap.interval),
        (Security::Tls, 993, Duration::from_secs(300))
    );
    assert_eq!(folder.path, Path::new("/srv/kep-drop"));
    assert_eq!(
        Config {
            mailbox: Vec::new(),
            ..config
        },
        Config::default()
    );
}

#[test]
fn an_unknown_key_is_an_error_with_its_line_and_the_nearest_key() {
    let mailbox = "[[mailbox]]\nname = \"a\"\nkind = \"folder\"\npath = \"/a\"\n\n[[mailbox]]\nname = \"b\"\nkind = \"folder\"\n";
    for (text, line, wrong, nearest) in [
        ("langage = \"tr\"\n".to_owned(), 1, "langage", "language"),
        ("[store]\n\npth = \"x\"\n".to_owned(), 3, "pth", "path"),
        ("[trust]\nanchor = \"x\"\n".to_owned(), 2, "anchor", "anchors"),
        (
            "[limits]\nnesting = 16\nmesage_bytes = 1\n".to_owned(),
            3,
            "mesage_bytes",
            "message_bytes",
        ),
        ("[register]\nreciever_kkk = \"1\"\n".to_owned(), 2, "reciever_kkk", "receiver_kkk"),
        ("[alert]\n[alert.email]\nhst = \"x\"\n".to_owned(), 3, "hst", "host"),
        (
            "[[alert.group]]\nname = \"a\"\n[alert.group.sms]\nlevl = \"note\"\n".to_owned(),
            4,
            "levl",
            "level",
        ),
        ("[daemon]\nworker = 2\n".to_owned(), 2, "worker", "workers"),
        ("[web]\nlisten_on = \"x\"\n".to_owned(), 2, "listen_on", "listen"),
        (format!("{mailbox}paht = \"/b\"\n"), 9, "paht", "path"),
    ] {
        let problem = problem(&text);
        assert_eq!(
            problem.en,
            format!("line {line}: there is no key '{wrong}'; did you mean '{nearest}'?")
        );
        assert_eq!(
            problem.tr,
            format!("satır {line}: '{wrong}' diye bir anahtar yok; '{nearest}' mi demek istediniz?")
        );
    }
}

#[test]
fn secrets_are_refused_with_a_pointer_to_a_file() {
    let imap = "[[mailbox]]\nname = \"a\"\nkind = \"imap\"\naddress = \"a@b\"\nhost = \"h\"\nuser = \"u\"\n";
    for (text, line, file) in [
        (format!("{imap}password = \"hunter2\"\n"), 7, "'password_file'"),
        (format!("{imap}parola = \"hunter2\"\n"), 7, "'password_file'"),
        ("[alert.email]\npassword = \"hunter2\"\n".to_owned(), 2, "'password_file'"),
        ("[alert.sms]\nsms_password = \"hunter2\"\n".to_owned(), 2, "'password_file'"),
        ("[alert.webhook]\nsecret = \"hunter2\"\n".to_owned(), 2, "'secret_file'"),
        ("[store]\npassword = \"hunter2\"\n".to_owned(), 2, "*_file"),
    ] {
        let problem = problem(&text);
        assert!(
            problem.en.starts_with(&format!("line {line}: ")) && problem.en.contains(file),
            "{}",
            problem.en
        );
        assert!(problem.tr.contains(file), "{}", problem.tr);
        assert!(
            !problem.both().contains("hunter2"),
            "a refused secret must not be printed: {}",
            problem.both()
        );
    }
}

#[test]
fn a_secret_among_the_parameters_of_an_sms_gateway_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kep-gateway.toml");
    fs::write(&file, "[alert.sms.params]\napi_key = \"hunter2\"\n").unwrap();
    let error = config::load(Some(&file)).unwrap_err().to_string();
    assert!(error.contains("password_file") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_slip_in_a_key_holder_is_named() {
    let problem_of = |extra: &str| problem(&format!("[[mailbox]]\nname = \"ptt\"\n{extra}\n")).en;
    let with = |table: &str| problem_of(&format!("kind = \"folder\"\npath = \"/x\"\ndecryption = {table}"));
    let slip = with("{ pkcs12_fiel = \"x\" }");
    assert!(slip.starts_with("line 5: ") && slip.contains("pkcs12_file"), "{slip}");
    let secret = with("{ pkcs11_module = \"m.so\", pkcs11_pin = \"hunter2\" }");
    assert!(secret.contains("pkcs11_pin_file") && !secret.contains("hunter2"), "{secret}");
}

#[test]
fn other_mistakes_name_their_line_too() {
    for (text, sentence) in [
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"pop3\"\n",
            "line 3: 'pop3' cannot stand here; possible are: imap, folder, eyservis, turkkep.",
        ),
        (
            "language = \"tr\"\n[[mailbox]]\nname = \"a\"\nkind = \"folder\"\n",
            "line 2: 'path' is required here; add it",
        ),
        ("[[mailbox]]\nname = \"a\"\n", "line 1: 'kind' is required here; add it"),
        (
            "[daemon]\nfailing_for = \"5x\"\n",
            "line 2: '5x' is not a duration; write a whole number and a unit: 250ms, 30s, 5m, 12h, 1d",
        ),
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"imap\"\naddress = \"\"\nhost = \"\"\nuser = \"\"\npassword_file = \"\"\nsecurity = \"ssl\"\n",
            "line 8: 'ssl' cannot stand here; possible are: tls, starttls, none.",
        ),
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"imap\"\naddress = \"\"\nhost = \"\"\nuser = \"\"\npassword_file = \"\"\nport = \"abc\"\n",
            "line 8: 'abc' cannot stand here; expected is a whole number from 0 to 65535",
        ),
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"imap\"\nconnect_timeout = \"5x\"\naddress = \"\"\nhost = \"\"\nuser = \"\"\npassword_file = \"\"\n",
            "line 4: '5x' is not a duration; write a whole number and a unit: 250ms, 30s, 5m, 12h, 1d",
        ),
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"folder\"\npath = 5\n",
            "line 4: 5 cannot stand here; expected is a text in quotes",
        ),
        (
            "[web]\nallow_plain_network = \"evet\"\n",
            "line 2: 'evet' cannot stand here; expected is true or false",
        ),
        (
            "[daemon]\nworkers = -1\n",
            "line 2: -1 cannot stand here; expected is a whole number, 0 or more",
        ),
        ("store = 5\n", "line 1: 5 cannot stand here; expected is a table"),
    ] {
        assert_eq!(problem(text).en, sentence);
    }
    let many = problem("[limits]\nparts = \"many\"\n").tr;
    assert_eq!(many, "satır 2: 'many' burada olamaz; beklenen: 0 ya da daha büyük bir tam sayı");
    assert!(problem("[limits\n").tr.starts_with("satır 1: "));
}

#[test]
fn paths_start_at_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kep-gateway.toml");
    let text = "[store]\npath = \"store\"\n[trust]\nanchors = \"trust\"\nintermediates = \"\"\nrevocation = \"/r\"\ncache = \"fetched\"\n[register]\ncalendar = \"c.toml\"\nrouting = \"r.toml\"\n\
        [alert.email]\nca_file = \"ca.pem\"\n[daemon]\nheartbeat_file = \"beat\"\n\
        [[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"drop\"\n\
        [[mailbox]]\nname = \"evrak\"\nkind = \"imap\"\naddress = \"a@b\"\nhost = \"h\"\nuser = \"u\"\npassword_file = \"p\"\nca_file = \"own.pem\"\n";
    fs::write(&file, text).unwrap();
    let Config {
        store,
        trust,
        register,
        alert,
        daemon,
        mailbox,
        ..
    } = config::load(Some(&file)).unwrap().config;
    let own = |name: &str| folder.path().join(name);
    assert_eq!((store.path, trust.anchors), (own("store"), own("trust")));
    assert_eq!(
        (trust.intermediates.as_path(), trust.revocation.as_path()),
        (Path::new(""), Path::new("/r"))
    );
    assert_eq!(trust.cache, own("fetched"));
    assert_eq!((register.calendar, register.routing), (own("c.toml"), own("r.toml")));
    assert_eq!((alert.email.ca_file, daemon.heartbeat_file), (own("ca.pem"), own("beat")));
    let [MailboxConfig::Folder(drop), MailboxConfig::Imap(evrak)] = mailbox.as_slice() else {
        panic!("{mailbox:?}")
    };
    assert_eq!((&drop.path, &evrak.ca_file), (&own("drop"), &own("own.pem")));
    // Secret files have their own rule: the credentials of systemd first.
    assert_eq!(evrak.password_file, Path::new("p"));
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let error = config::load(Some(Path::new("/nowhere/kep-gateway.toml"))).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }));
    assert!(
        error.text().tr.contains("böyle bir dosya") && error.text().en.contains("no such file"),
        "{error}"
    );
    assert!(error.text().tr.starts_with("KEP-8001") && error.text().en.contains("/nowhere/kep-gateway.toml"));
}

#[test]
fn mailboxes_need_names_that_differ() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kep-gateway.toml");
    for (names, sentence) in [(["a", "a"], "is used twice"), (["a", "b/c"], "only letters")] {
        let table = |name: &str| format!("[[mailbox]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"/{name}\"\n");
        fs::write(&file, names.map(table).concat()).unwrap();
        let error = config::load(Some(&file)).unwrap_err();
        assert!(error.text().en.contains(sentence), "{error}");
    }
}

#[test]
fn what_is_fetched_lies_in_the_store_unless_said_otherwise() {
    let config = config::parse("[store]\npath = \"/s\"\n").unwrap();
    assert_eq!(config.revocation_cache(), Path::new("/s/cache/revocation"));
    let config = config::parse("[trust]\ncache = \"/c\"\n").unwrap();
    assert_eq!(config.revocation_cache(), Path::new("/c"));
    assert!(config.trust.online && !config.trust.loopback_for_tests && config.trust.hosts.contains(&"kamusm.gov.tr".to_owned()));
}

#[test]
fn a_host_that_would_list_half_the_world_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kep-gateway.toml");
    let load = |trust: &str| {
        fs::write(&file, format!("[trust]\n{trust}\n")).unwrap();
        config::load(Some(&file))
    };
    for wrong in ["com.tr", "*.kamusm.gov.tr", "http://kamusm.gov.tr", "10.0.0.1", "localhost"] {
        let error = load(&format!("hosts = [\"kamusm.gov.tr\", \"{wrong}\"]")).unwrap_err();
        let text = error.text();
        assert!(
            text.en.starts_with("KEP-8003") && text.en.contains(wrong) && text.tr.contains(wrong),
            "{error}"
        );
    }
    // The machine itself only where tests say so, and nobody else's network even then.
    assert!(load("hosts = [\"127.0.0.1\"]\nloopback_for_tests = true").is_ok());
    assert!(load("hosts = [\"192.168.0.1\"]\nloopback_for_tests = true").is_err());
}
