use super::*;
use crate::config;

const IMAP: &str = "[[mailbox]]\nname = \"evrak\"\nkind = \"imap\"\naddress = \"a@b\"\nhost = \"h\"\nuser = \"u\"\npassword_file = \"p\"\n";

fn problems(text: &str) -> Vec<Text> {
    check(&config::parse(text).unwrap())
}

#[test]
fn the_defaults_are_in_their_ranges() {
    let folder = "[[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"/drop\"\n";
    assert_eq!(problems(&format!("{IMAP}{folder}")), []);
}

/// Every number and every duration of a whole configuration, set to nothing and to the largest that can be written: one of the two is
/// always refused, and refused by its name in both languages.
#[test]
fn every_number_has_a_range() {
    let whole = format!(
        "[register]\ndeemed_read = {{ hours = 24 }}\n[alert.email]\nport = 25\n[alert.throttle]\nquota = \"1h\"\n{IMAP}port = 993\n\
         [[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"/drop\"\n"
    );
    let config = config::parse(&whole).unwrap();
    let shown: toml::Value = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
    let mut seen = 0;
    for path in numbers(&shown, &[]) {
        seen += 1;
        let mut found = Vec::new();
        for extreme in [false, true] {
            let mut changed = shown.clone();
            set(&mut changed, &path, extreme);
            // What the type itself cannot hold never becomes a configuration.
            match config::parse(&toml::to_string(&changed).unwrap()) {
                Ok(config) => found.extend(check(&config)),
                Err(problem) => found.push(problem),
            }
        }
        let key = path.last().unwrap();
        let told = found
            .iter()
            .any(|text| text.tr != text.en && (text.en.contains(key.as_str()) || text.en.contains("cannot stand here")));
        assert!(told, "{path:?} takes everything: {found:?}");
    }
    assert!(seen >= 37, "{seen}");
}

fn numbers(value: &toml::Value, path: &[String]) -> Vec<Vec<String>> {
    let below = |key: String, value: &toml::Value| numbers(value, &[path, &[key]].concat());
    match value {
        toml::Value::Table(table) => table.iter().flat_map(|(key, value)| below(key.clone(), value)).collect(),
        toml::Value::Array(all) => all
            .iter()
            .enumerate()
            .flat_map(|(at, value)| below(at.to_string(), value))
            .collect(),
        toml::Value::Integer(_) => vec![path.to_vec()],
        toml::Value::String(text) if crate::clock::parse_duration(text).is_ok() => vec![path.to_vec()],
        _ => Vec::new(),
    }
}

fn set(value: &mut toml::Value, path: &[String], large: bool) {
    let mut here = value;
    for key in path {
        here = match here {
            toml::Value::Array(all) => &mut all[key.parse::<usize>().unwrap()],
            table => &mut table[key.as_str()],
        };
    }
    *here = match (&*here, large) {
        (toml::Value::Integer(_), false) => toml::Value::Integer(0),
        (toml::Value::Integer(_), true) => toml::Value::Integer(i64::MAX),
        (_, false) => toml::Value::String("0s".into()),
        (_, true) => toml::Value::String("100000d".into()),
    };
}

#[test]
fn a_refusal_names_the_key_the_value_and_the_range() {
    let told = problems("[daemon]\nworkers = 0\n[limits]\nmessage_bytes = 0\n");
    assert_eq!(
        told[0].en,
        "limits.message_bytes = 0 cannot be; write a value from 65536 (64 KiB) to 1073741824 (1 GiB)"
    );
    assert_eq!(told[1].tr, "daemon.workers = 0 olamaz; 1 ile 256 arasında bir değer yazın");
}

#[test]
fn a_file_with_a_senseless_number_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kep-gateway.toml");
    std::fs::write(&file, "[daemon]\nworkers = 0\nfailing_for = \"4000d\"\n").unwrap();
    let error = config::load(Some(&file)).unwrap_err().text();
    assert!(
        error.en.starts_with("KEP-8003") && error.en.contains("workers") && error.en.contains("failing_for"),
        "{error:?}"
    );
}
