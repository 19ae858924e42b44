use proptest::prelude::*;

use super::super::calendar::HalfDays;
use super::*;

fn calendar() -> Calendar {
    Calendar::new("", HalfDays::Business).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn arrived(text: &str) -> Facts<'static> {
    Facts {
        kind: MessageKind::Dispatch,
        arrival: at(text),
        read: None,
        document_date: None,
        due: None,
        urgency: None,
    }
}

/// Kind, rule and moment of every deadline.
fn of(facts: &Facts<'_>, rule: DeemedReadRule) -> Vec<(String, String, String)> {
    let (found, _) = deadlines(facts, rule, &calendar());
    found
        .into_iter()
        .map(|deadline| (deadline.kind, deadline.rule, deadline.at.to_string()))
        .collect()
}

fn rows(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    expected
        .iter()
        .map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned()))
        .collect()
}

#[test]
fn a_message_of_a_business_day_is_read_at_the_end_of_the_next_one() {
    // Friday 20 November 2026, 10:00 in Turkey.
    assert_eq!(
        of(&arrived("2026-11-20T07:00:00Z"), DeemedReadRule::NextBusinessDay),
        rows(&[
            ("deemed-read", "kep-next-business-day", "2026-11-23T20:59:59Z"),
            ("deemed-read-early", "kep-hours-24", "2026-11-21T07:00:00Z"),
        ])
    );
}

#[test]
fn a_message_of_the_weekend_is_read_at_the_end_of_monday() {
    for arrival in ["2026-11-20T21:00:00Z", "2026-11-21T12:00:00Z", "2026-11-22T20:59:59Z"] {
        assert_eq!(
            of(&arrived(arrival), DeemedReadRule::NextBusinessDay)[0].2,
            "2026-11-23T20:59:59Z",
            "{arrival}"
        );
    }
}

#[test]
fn the_24_hour_rule_shows_the_business_day_only_where_that_is_earlier() {
    let rule = DeemedReadRule::Hours(24);
    assert_eq!(
        of(&arrived("2026-11-20T07:00:00Z"), rule),
        rows(&[("deemed-read", "kep-hours-24", "2026-11-21T07:00:00Z")])
    );
    let long = DeemedReadRule::Hours(72);
    assert_eq!(
        of(&arrived("2026-11-23T07:00:00Z"), long),
        rows(&[
            ("deemed-read", "kep-hours-72", "2026-11-26T07:00:00Z"),
            ("deemed-read-early", "kep-next-business-day", "2026-11-24T20:59:59Z"),
        ])
    );
}

#[test]
fn an_e_tebligat_is_served_at_the_end_of_the_fifth_day_weekends_and_feasts_included() {
    let facts = Facts {
        kind: MessageKind::ETebligat,
        ..arrived("2018-06-13T20:59:59Z")
    };
    assert_eq!(
        of(&facts, DeemedReadRule::NextBusinessDay),
        rows(&[("deemed-read", "e-tebligat-fifth-day", "2018-06-18T20:59:59Z")])
    );
}

#[test]
fn an_e_tebligat_over_kep_after_2018_is_said_to_be_irregular_and_shows_the_kep_moment_too() {
    let facts = Facts {
        kind: MessageKind::ETebligat,
        ..arrived("2026-11-20T07:00:00Z")
    };
    let (found, findings) = deadlines(&facts, DeemedReadRule::NextBusinessDay, &calendar());
    let moments: Vec<String> = found.iter().map(|deadline| format!("{} {}", deadline.kind, deadline.at)).collect();
    assert_eq!(
        moments,
        ["deemed-read 2026-11-25T20:59:59Z", "deemed-read-early 2026-11-23T20:59:59Z"]
    );
    assert_eq!(findings.first().map(|finding| finding.rule.as_str()), Some("KEP-5010"));
}

#[test]
fn verified_evidence_beats_arithmetic_in_both_directions() {
    for (moment, event, rule) in [
        ("2026-11-20T09:00:00Z", ReadEvent::Retrieval, "evidence-retrieval"),
        ("2026-11-25T09:00:00Z", ReadEvent::NonRetrievalExpiration, "evidence-non-retrieval"),
    ] {
        let facts = Facts {
            read: Some(ReadEvidence {
                event,
                at: at(moment),
                verified: true,
            }),
            ..arrived("2026-11-20T07:00:00Z")
        };
        assert_eq!(of(&facts, DeemedReadRule::NextBusinessDay), rows(&[("deemed-read", rule, moment)]));
    }
}

#[test]
fn unverified_evidence_brings_the_moment_forward_but_never_puts_it_off() {
    let with = |moment: &str| Facts {
        read: Some(ReadEvidence {
            event: ReadEvent::NonRetrievalExpiration,
            at: at(moment),
            verified: false,
        }),
        ..arrived("2026-11-20T07:00:00Z")
    };
    let (early, _) = deadlines(&with("2026-11-20T09:00:00Z"), DeemedReadRule::NextBusinessDay, &calendar());
    assert_eq!((early.len(), early[0].at), (1, at("2026-11-20T09:00:00Z")));
    let (late, findings) = deadlines(&with("2026-11-30T09:00:00Z"), DeemedReadRule::NextBusinessDay, &calendar());
    assert_eq!(late[0].at, at("2026-11-23T20:59:59Z"));
    assert_eq!(findings[0].rule, "KEP-5011");
}

#[test]
fn miat_counts_from_the_earlier_of_document_date_and_arrival() {
    let facts = |date: &str| Facts {
        document_date: Some(at(date)),
        due: Some("P10D"),
        urgency: Some("GNL"),
        ..arrived("2026-11-20T07:00:00Z")
    };
    for (date, due) in [
        ("2026-11-18T09:00:00Z", "2026-11-28T20:59:59Z"),
        ("2027-01-01T00:00:00Z", "2026-11-30T20:59:59Z"),
    ] {
        let found = of(&facts(date), DeemedReadRule::NextBusinessDay);
        assert_eq!(found[2..], rows(&[("due", "miat", due)]));
    }
}

#[test]
fn gnl_without_a_miat_is_urgent_on_the_day_or_the_first_business_day() {
    for (due, arrival, moment) in [
        (None, "2026-11-20T07:00:00Z", "2026-11-20T20:59:59Z"),
        (Some("PT0S"), "2026-11-21T07:00:00Z", "2026-11-23T20:59:59Z"),
        (Some("0"), "2026-11-21T07:00:00Z", "2026-11-23T20:59:59Z"),
        (Some("soon"), "2026-11-21T07:00:00Z", "2026-11-23T20:59:59Z"),
    ] {
        let facts = Facts {
            due,
            urgency: Some("GNL"),
            ..arrived(arrival)
        };
        assert_eq!(
            of(&facts, DeemedReadRule::NextBusinessDay)[2..],
            rows(&[("urgent", "gnl-without-miat", moment)])
        );
    }
    let normal = Facts {
        urgency: Some("NRM"),
        ..arrived("2026-11-20T07:00:00Z")
    };
    assert_eq!(of(&normal, DeemedReadRule::NextBusinessDay).len(), 2);
}

#[test]
fn a_miat_that_is_no_duration_is_said_and_the_other_deadlines_stay() {
    for due in ["10 gün", "P", "-P3D", "P9223372036854775807D"] {
        let facts = Facts {
            due: Some(due),
            ..arrived("2026-11-20T07:00:00Z")
        };
        let (found, findings) = deadlines(&facts, DeemedReadRule::NextBusinessDay, &calendar());
        assert_eq!((found.len(), findings[0].rule.as_str()), (2, "KEP-5012"), "{due}");
    }
}

#[test]
fn evidence_mail_has_no_deadline() {
    let facts = Facts {
        kind: MessageKind::Evidence,
        ..arrived("2026-11-20T07:00:00Z")
    };
    assert_eq!(of(&facts, DeemedReadRule::NextBusinessDay), []);
}

#[test]
fn a_deadline_over_an_estimated_feast_says_so() {
    let (_, findings) = deadlines(&arrived("2033-03-09T07:00:00Z"), DeemedReadRule::NextBusinessDay, &calendar());
    assert_eq!(findings[0].rule, "KEP-5002");
    let (_, findings) = deadlines(&arrived("2036-03-09T07:00:00Z"), DeemedReadRule::NextBusinessDay, &calendar());
    assert_eq!(findings[0].rule, "KEP-5001");
}

#[test]
fn people_read_turkish_wall_time_and_the_law() {
    let (found, _) = deadlines(&arrived("2026-11-20T07:00:00Z"), DeemedReadRule::NextBusinessDay, &calendar());
    assert!(found[0].text.tr.contains("23.11.2026 23:59:59"), "{}", found[0].text.tr);
    assert!(found[0].law.en.contains("28036"));
}

#[test]
fn the_rule_is_written_as_a_word_or_as_hours() {
    #[derive(Deserialize)]
    struct Config {
        rule: DeemedReadRule,
    }
    let read = |text: &str| toml::from_str::<Config>(text).map(|config| config.rule);
    assert_eq!(read("rule = 'next_business_day'").unwrap(), DeemedReadRule::NextBusinessDay);
    assert_eq!(read("rule = { hours = 24 }").unwrap(), DeemedReadRule::Hours(24));
    assert!(read("rule = { hours = -1 }").is_err());
    assert!(read("rule = 'two_days'").is_err());
}

#[test]
fn the_ends_of_the_time_line_have_deadlines_too() {
    for arrival in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
        for kind in [MessageKind::Dispatch, MessageKind::ETebligat] {
            let facts = Facts {
                kind,
                arrival,
                urgency: Some("GNL"),
                due: Some("P1Y"),
                ..arrived("2026-11-20T07:00:00Z")
            };
            let (found, _) = deadlines(&facts, DeemedReadRule::NextBusinessDay, &calendar());
            assert!(found.iter().all(|deadline| deadline.at >= arrival), "{arrival} {found:?}");
        }
    }
}

proptest! {
    #![proptest_config(crate::cases::fixed(256))]

    #[test]
    fn no_input_makes_it_panic(
        arrival in -377_705_023_201i64..=253_402_207_200,
        date in proptest::option::of(-377_705_023_201i64..=253_402_207_200),
        read in proptest::option::of((-377_705_023_201i64..=253_402_207_200, any::<bool>())),
        due in proptest::option::of("(P[0-9]{0,19}[YMD]?(T[0-9]{1,19}[HMS])?|\\PC{0,10})"),
        urgency in proptest::option::of("(GNL|NRM|\\PC{0,3})"),
        hours in proptest::option::of(any::<u16>()),
    ) {
        let moment = |second: i64| Timestamp::from_second(second).unwrap();
        let facts = Facts {
            kind: MessageKind::Dispatch,
            arrival: moment(arrival),
            read: read.map(|(second, verified)| ReadEvidence { event: ReadEvent::Retrieval, at: moment(second), verified }),
            document_date: date.map(moment),
            due: due.as_deref(),
            urgency: urgency.as_deref(),
        };
        let rule = hours.map_or(DeemedReadRule::NextBusinessDay, DeemedReadRule::Hours);
        let (found, _) = deadlines(&facts, rule, &calendar());
        prop_assert_eq!(found.iter().filter(|deadline| deadline.kind == kind::DEEMED_READ).count(), 1);
    }
}

#[test]
fn later_evidence_brings_a_deadline_forward_unless_its_signature_failed() {
    let moved = |indication| {
        let (mut found, _) = deadlines(&arrived("2026-11-20T07:00:00Z"), DeemedReadRule::NextBusinessDay, &calendar());
        let read = EvidenceRecord {
            sha256: crate::hash::Sha256([1; 32]),
            kind: "retrieval".into(),
            event: None,
            event_time: Some(at("2026-11-20T09:00:00Z")),
            recipient: None,
            indication,
            linked_by: "digest".into(),
        };
        bring_forward(&mut found, &read, &[]);
        found.iter().any(|deadline| deadline.at == at("2026-11-20T09:00:00Z"))
    };
    assert_eq!(
        [Indication::Passed, Indication::Indeterminate, Indication::Failed].map(moved),
        [true, true, false]
    );
}
