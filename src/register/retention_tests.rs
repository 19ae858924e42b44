use jiff::civil::date;

use super::*;
use crate::register::draft::draft;
use crate::register::fixture;

fn entry() -> Entry {
    let (registry, message) = (fixture::registry(""), fixture::message(MessageKind::Standard));
    let draft = draft(fixture::input(&registry, &message, None));
    let mut entry = draft.into_entry("2026/000001".parse().unwrap(), fixture::friday(), Vec::new());
    entry.state = State::Done;
    entry
}

fn policy(text: &str) -> RetentionConfig {
    let policy: RetentionConfig = toml::from_str(text).unwrap();
    policy.check().unwrap();
    policy
}

const TWO: &str = "default = \"genel\"\n[[class]]\nname = \"genel\"\nyears = 5\n[[class]]\nname = \"ihracat\"\nyears = 10\n[[class]]\nname = \"sürekli\"\n\
    [[rule]]\nclass = \"ihracat\"\nlabel = [\"ihracat\"]\n[[rule]]\nclass = \"sürekli\"\nunit = [\"Hukuk\"]\nkind = [\"e-tebligat\", \"standard\"]\n";

#[test]
fn nothing_is_due_without_a_class_that_has_years() {
    let (entry, keeping) = (entry(), Keeping::default());
    for text in [
        "",
        "[[class]]\nname = \"genel\"\nyears = 1\n",
        "default = \"sürekli\"\n[[class]]\nname = \"sürekli\"\n",
    ] {
        assert_eq!(
            policy(text).standing(&entry, &keeping, date(2999, 1, 1)),
            Standing::ForEver,
            "{text}"
        );
    }
}

#[test]
fn the_years_are_whole_ones_after_the_year_of_registration() {
    let (entry, keeping, policy) = (entry(), Keeping::default(), policy(TWO));
    let first = date(2032, 1, 1);
    let kept = Standing::Kept {
        class: "genel".into(),
        until: first,
    };
    assert_eq!(policy.standing(&entry, &keeping, date(2031, 12, 31)), kept);
    assert!(matches!(policy.standing(&entry, &keeping, first), Standing::Due { years: 5, since, .. } if since == first));
    assert_eq!(policy.last_due_year(first), Some(2026));
    assert_eq!(policy.last_due_year(date(2031, 12, 31)), Some(2025));
    // A clock that stood wrong at registration, or an evidence that names a later arrival, makes nothing due early.
    let mut late = entry.clone();
    late.message.received_at = fixture::at("2027-01-01T00:00:00Z");
    assert!(matches!(policy.standing(&late, &keeping, first), Standing::Kept { until, .. } if until == date(2033, 1, 1)));
    let mut early = entry;
    early.registered_at = fixture::at("1999-06-01T00:00:00Z");
    early.message.received_at = early.registered_at;
    assert!(matches!(policy.standing(&early, &keeping, date(2031, 12, 31)), Standing::Kept { until, .. } if until == first));
}

#[test]
fn the_first_rule_that_fits_decides_and_a_person_before_it() {
    let policy = policy(TWO);
    let class = |entry: &Entry, keeping: &Keeping| policy.class_of(entry, keeping).map(|class| class.name.clone());
    let (mut entry, mut keeping) = (entry(), Keeping::default());
    assert_eq!(class(&entry, &keeping).as_deref(), Some("genel"));
    entry.unit = Some("Hukuk".into());
    assert_eq!(class(&entry, &keeping).as_deref(), Some("sürekli"));
    entry.message.kind = MessageKind::Evidence;
    assert_eq!(class(&entry, &keeping).as_deref(), Some("genel"), "every condition must hold");
    entry.labels.insert("ihracat".into());
    entry.message.kind = MessageKind::Standard;
    assert_eq!(class(&entry, &keeping).as_deref(), Some("ihracat"), "from top to bottom");
    keeping.class = Some("sürekli".into());
    assert_eq!(policy.standing(&entry, &keeping, date(2999, 1, 1)), Standing::ForEver);
    // What the configuration knows no longer nobody can count.
    keeping.class = Some("eski".into());
    assert_eq!(policy.standing(&entry, &keeping, date(2999, 1, 1)), Standing::ForEver);
}

#[test]
fn a_hold_and_unfinished_work_come_before_every_class() {
    let (mut entry, policy, day) = (entry(), policy(TWO), date(2100, 1, 1));
    let held = Keeping {
        hold: Some(Hold {
            since: fixture::friday(),
            by: "amir".into(),
            reason: "dava".into(),
        }),
        ..Keeping::default()
    };
    assert_eq!(policy.standing(&entry, &held, day), Standing::Held);
    for state in [State::OnHold, State::Quarantined] {
        entry.state = state;
        assert_eq!(policy.standing(&entry, &Keeping::default(), day), Standing::Open, "{state:?}");
    }
    let disposed = Keeping {
        disposed: Some(Disposed {
            at: fixture::friday(),
            list: 1,
        }),
        ..held
    };
    assert_eq!(policy.standing(&entry, &disposed, day), Standing::Disposed);
}

#[test]
fn an_application_file_is_kept_as_long_as_its_checklist_says() {
    let (entry, policy) = (entry(), policy(TWO));
    let kept = |until| Keeping {
        file_until: Some(until),
        ..Keeping::default()
    };
    let due = |keeping: &Keeping, day| matches!(policy.standing(&entry, keeping, day), Standing::Due { since, .. } if since == day);
    // Its class would let it go on the first day of 2032.
    let longer = kept(date(2036, 12, 31));
    assert!(matches!(policy.standing(&entry, &longer, date(2036, 12, 31)), Standing::Kept { until, .. } if until == date(2037, 1, 1)));
    assert!(due(&longer, date(2037, 1, 1)));
    // A shorter checklist takes nothing from the class.
    assert!(due(&kept(date(2027, 12, 31)), date(2032, 1, 1)));
    assert!(matches!(
        policy.standing(&entry, &kept(date(2027, 12, 31)), date(2031, 12, 31)),
        Standing::Kept { .. }
    ));
}

#[test]
fn a_wrong_configuration_is_a_sentence_that_names_the_key() {
    for (text, wanted) in [
        ("default = \"yok\"\n", "yok"),
        ("[[class]]\nname = \"\"\nyears = 1\n", "name"),
        ("[[class]]\nname = \"a b\"\nyears = 1\n", "a b"),
        ("[[class]]\nname = \"a\"\n[[class]]\nname = \"a\"\n", "iki kez"),
        ("[[class]]\nname = \"a\"\n[[rule]]\nclass = \"b\"\nunit = [\"x\"]\n", "\"b\""),
        ("[[class]]\nname = \"a\"\n[[rule]]\nclass = \"a\"\n", "default"),
    ] {
        let policy: RetentionConfig = toml::from_str(text).unwrap();
        let problem = policy.check().unwrap_err();
        assert!(problem.tr.contains(wanted) && !problem.en.is_empty(), "{text}: {}", problem.tr);
    }
    assert!(
        toml::from_str::<RetentionConfig>("[[class]]\nnane = \"a\"\n").is_err(),
        "unknown keys are errors"
    );
}
