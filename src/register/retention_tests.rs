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
            policy(text).standing_in(&entry, &keeping, None, date(2999, 1, 1)),
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
    assert_eq!(policy.standing_in(&entry, &keeping, None, date(2031, 12, 31)), kept);
    assert!(matches!(policy.standing_in(&entry, &keeping, None, first), Standing::Due { years: 5, since, .. } if since == first));
    assert_eq!(policy.last_due_year(first), Some(2026));
    assert_eq!(policy.last_due_year(date(2031, 12, 31)), Some(2025));
    // A clock that stood wrong at registration, or an evidence that names a later arrival, makes nothing due early.
    let mut late = entry.clone();
    late.message.received_at = fixture::at("2027-01-01T00:00:00Z");
    assert!(matches!(policy.standing_in(&late, &keeping, None, first), Standing::Kept { until, .. } if until == date(2033, 1, 1)));
    let mut early = entry;
    early.registered_at = fixture::at("1999-06-01T00:00:00Z");
    early.message.received_at = early.registered_at;
    assert!(matches!(policy.standing_in(&early, &keeping, None, date(2031, 12, 31)), Standing::Kept { until, .. } if until == first));
}

#[test]
fn the_first_rule_that_fits_decides_and_a_person_before_it() {
    let policy = policy(TWO);
    let class = |entry: &Entry, keeping: &Keeping| policy.class_in(entry, keeping, None).map(|class| class.name.clone());
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
    assert_eq!(policy.standing_in(&entry, &keeping, None, date(2999, 1, 1)), Standing::ForEver);
    // What the configuration knows no longer nobody can count.
    keeping.class = Some("eski".into());
    assert_eq!(policy.standing_in(&entry, &keeping, None, date(2999, 1, 1)), Standing::ForEver);
}

#[test]
fn a_hold_and_unfinished_work_come_before_every_class() {
    let (mut entry, policy, day) = (entry(), policy(TWO), date(2100, 1, 1));
    let held = Keeping {
        holds: vec![Hold {
            id: 1,
            since: fixture::friday(),
            by: "amir".into(),
            reason: "dava".into(),
        }],
        ..Keeping::default()
    };
    assert_eq!(policy.standing_in(&entry, &held, None, day), Standing::Held);
    for state in [State::OnHold, State::Quarantined] {
        entry.state = state;
        assert_eq!(
            policy.standing_in(&entry, &Keeping::default(), None, day),
            Standing::Open,
            "{state:?}"
        );
    }
    // Who assigns or reopens what nobody could read has not read it; who closes it says that it may stay unread.
    entry.flags.insert(crate::register::entry::flag::QUARANTINED.into());
    for (state, is_open) in [
        (State::Assigned, true),
        (State::Opened, true),
        (State::Done, false),
        (State::NotRecorded, false),
    ] {
        entry.state = state;
        let standing = policy.standing_in(&entry, &Keeping::default(), None, day);
        assert_eq!(standing == Standing::Open, is_open, "{state:?}");
    }
    let disposed = Keeping {
        disposed: Some(Disposed {
            at: fixture::friday(),
            list: 1,
        }),
        ..held
    };
    assert_eq!(policy.standing_in(&entry, &disposed, None, day), Standing::Disposed);
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
