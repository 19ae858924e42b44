use super::*;

fn watched() -> Vec<Watched> {
    vec![Watched {
        name: "evrak".to_owned(),
        address: "kurum@hs01.kep.tr".to_owned(),
        host: "imap.kurum.example".to_owned(),
        user: "evrak@kurum.example".to_owned(),
    }]
}

const GOOD: &str = r#"
    [[group]]
    name = "default"
    email = { to = ["amir@kurum.example"] }
    sms = { to = ["0532 000 00 01"] }
    webhook = { to = ["https://hooks.example/kep"] }
    [email]
    host = "smtp.kurum.example"
    user = "uyari"
    password_file = "smtp.password"
    from = "kep-uyari@kurum.example"
    [sms]
    provider = "netgsm"
    user = "850"
    password_file = "sms.password"
    sender = "KURUM"
    [webhook]
    secret_file = "webhook.key"
"#;

fn problems(toml: &str) -> Vec<String> {
    let config: AlertConfig = toml::from_str(toml).unwrap();
    match config.validate(&watched()) {
        Ok(()) => Vec::new(),
        Err(bad) => bad.problems.into_iter().map(|problem| problem.en).collect(),
    }
}

fn assert_refused(from: &str, to: &str, because: &str) {
    assert!(GOOD.contains(from), "{from}");
    let problems = problems(&GOOD.replace(from, to));
    assert!(problems.iter().any(|problem| problem.contains(because)), "{to}: {problems:?}");
}

#[test]
fn a_good_configuration_and_an_empty_one_pass() {
    assert_eq!(problems(GOOD), Vec::<String>::new());
    assert_eq!(problems(""), Vec::<String>::new());
}

#[test]
fn no_alert_goes_to_a_watched_mailbox_however_it_is_spelled() {
    for address in [
        "kurum@hs01.kep.tr",
        "KURUM@HS01.KEP.TR",
        "kurum+uyari@hs01.kep.tr",
        "evrak@kurum.example",
        "Evrak+kep@Kurum.Example",
    ] {
        assert_refused("amir@kurum.example", address, "is the watched mailbox 'evrak'");
    }
}

#[test]
fn no_alert_goes_out_through_a_watched_mailbox() {
    let through = "must not go out through the account";
    assert_refused("kep-uyari@kurum.example", "kurum@hs01.kep.tr", through);
    assert_refused("user = \"uyari\"", "user = \"EVRAK@kurum.example\"", through);
    let mut account = watched();
    account[0].user = "evrak".to_owned();
    let config: AlertConfig = toml::from_str(&GOOD.replace("user = \"uyari\"", "user = \"evrak\"")).unwrap();
    assert!(config.validate(&account).is_err());
    // The same short name at another house is another account.
    account[0].host = "imap.baska.example".to_owned();
    assert!(config.validate(&account).is_ok());
}

#[test]
fn what_would_be_silent_or_readable_on_the_wire_is_refused() {
    assert_refused("host = \"smtp.kurum.example\"", "", "no [alert.email] host");
    assert_refused("provider = \"netgsm\"", "", "no alert.sms.provider");
    assert_refused("secret_file = \"webhook.key\"", "", "nothing goes out unsigned");
    assert_refused("provider = \"netgsm\"", "provider = \"netgms\"", "unknown provider 'netgms'");
    assert_refused("0532 000 00 01", "0212 000 00 01", "is not a mobile number");
    assert_refused("amir@kurum.example", "amir", "is not an e-mail address");
    assert_refused("https://hooks", "http://hooks", "must begin with https://");
    assert_refused("https://hooks", "https://user:pass@hooks", "must not carry a user name");
    assert_refused(
        "user = \"850\"",
        "user = \"850\"\nendpoint = \"http://10.0.0.1\"",
        "allow_plaintext",
    );
    assert_refused("from =", "security = \"none\"\nfrom =", "allow_plaintext");
    assert_refused("name = \"default\"", "name = \"birim\"", "there is no group 'default'");
}

#[test]
fn an_unknown_key_is_an_error_and_so_is_a_password_in_the_configuration() {
    for key in ["password = \"x\"", "secret = \"x\"", "hots = \"x\""] {
        let with_key = GOOD.replace("[email]", &format!("[email]\n{key}"));
        assert!(toml::from_str::<AlertConfig>(&with_key).is_err(), "{key}");
    }
}

#[test]
fn the_configuration_survives_being_written_and_prints_no_recipient() {
    let config: AlertConfig = toml::from_str(&format!("throttle = {{ quota = \"2h\" }}\n{GOOD}")).unwrap();
    let written = toml::to_string(&config).unwrap();
    assert_eq!(toml::from_str::<AlertConfig>(&written).unwrap(), config);
    let printed = format!("{config:?}");
    assert!(!printed.contains("amir@") && !printed.contains("hooks.example") && !printed.contains("0532"));
}

#[test]
fn silence_and_a_password_in_an_address_are_warned_of() {
    let warnings = |toml: &str| toml::from_str::<AlertConfig>(toml).unwrap().warnings().len();
    assert_eq!(warnings(GOOD), 0);
    assert_eq!(warnings(""), 1);
    assert_eq!(warnings(&GOOD.replace("provider = \"netgsm\"", "provider = \"netgsm-get\"")), 1);
}
