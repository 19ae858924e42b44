use jiff::civil::date;

use super::*;

fn config(text: &str) -> Result<RegisterConfig, toml::de::Error> {
    toml::from_str(text)
}

#[test]
fn an_empty_section_has_the_documented_defaults() {
    let config = config("").unwrap();
    assert_eq!(config, RegisterConfig::default());
    assert_eq!(
        (config.prefix.as_str(), config.deemed_read, config.half_days),
        ("", DeemedReadRule::NextBusinessDay, HalfDays::Business)
    );
    let registry = Registry::load(config, Path::new("/nonexistent")).unwrap();
    assert!(registry.rules.rules.is_empty());
    assert!(registry.calendar.is_business_day(date(2026, 11, 23)));
}

#[test]
fn what_is_written_is_read_back() {
    let config =
        config("prefix='E-'\nreceiver_kkk='24312041'\ndeemed_read={hours=24}\nhalf_days='holiday'\nwarn_business_hours=2").unwrap();
    assert_eq!(
        toml::from_str::<RegisterConfig>(&toml::to_string(&config).unwrap()).unwrap(),
        config
    );
}

#[test]
fn unknown_keys_are_errors() {
    assert!(config("prefiks = 'x'").unwrap_err().to_string().contains("prefiks"));
}

#[test]
fn the_sample_rules_and_the_bundled_calendar_load_and_a_missing_file_stops_the_start() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let registry = Registry::load(config("routing = 'routing.toml'").unwrap(), &folder).unwrap();
    assert_eq!(registry.rules.rules.last().map(|rule| rule.name.as_str()), Some("everything else"));
    let error = Registry::load(config("calendar = 'missing.toml'").unwrap(), &folder).unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("missing.toml"));
    let error = Registry::load(config("routing = 'calendar-tr.toml'").unwrap(), &folder).unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("calendar-tr.toml"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let told = |key: &str, text: &str| {
        std::fs::write(folder.path().join("x.toml"), text).unwrap();
        let config: RegisterConfig = toml::from_str(&format!("{key} = 'x.toml'")).unwrap();
        Registry::load(config, folder.path()).unwrap_err().text()
    };
    for (key, text, turkish, english) in [
        ("routing", "[[rule]]\nname='a'\nthen={}", "hiçbir etkisi yok", "it has no effect"),
        (
            "routing",
            "[[rule]]\nname='a'\nwhen={security='X'}\nthen={unit='u'}",
            "gizlilik kodu değil",
            "no security code",
        ),
        ("routing", "rule = 3", "ayrıştırıcının dediği", "cannot be read"),
        (
            "calendar",
            "[[moved]]\nfeast='x'\nfirst='2030-01-01'\nstanding='announced'",
            "bayram bilinmiyor",
            "unknown feast",
        ),
    ] {
        let text = told(key, text);
        assert!(
            text.tr.contains(turkish) && text.en.contains(english) && text.tr != text.en,
            "{text:?}"
        );
    }
    let config: RegisterConfig = toml::from_str("routing = 'nowhere.toml'").unwrap();
    let text = Registry::load(config, folder.path()).unwrap_err().text();
    assert!(text.tr.contains("böyle bir dosya") && text.en.contains("no such file"), "{text:?}");
}
