use super::super::rules::RulesError;
use super::*;

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}

const NO_FLAGS: &BTreeSet<String> = &BTreeSet::new();

fn letter() -> RoutingInput<'static> {
    RoutingInput {
        mailbox: "evrak",
        sender: Some("Örnek Bakanlığı <ornek@bakanlik.hs01.kep.tr>"),
        sender_kep: Some("ornek@bakanlik.hs01.kep.tr"),
        kkk: Some("24312041"),
        subjects: vec!["Fwd: İHALESİ hk.", "Mal alımı ihalesi"],
        sdp: &[],
        kind: MessageKind::Dispatch,
        security: Some("HZO"),
        flags: NO_FLAGS,
    }
}

/// True when a rule with this condition matches the letter.
fn fits(when: &str) -> bool {
    let text = format!("[[rule]]\nname = 'r'\nwhen = {when}\nthen = {{ unit = 'u' }}");
    route(&letter(), &rules(&text)).unit.is_some()
}

#[test]
fn every_condition_can_hold_and_can_fail() {
    for (when, expected) in [
        ("{ mailbox = 'evrak' }", true),
        ("{ mailbox = ['x', 'evrak'] }", true),
        ("{ mailbox = 'evr*' }", false),
        ("{ sender = '*örnek bakanlığı*' }", true),
        ("{ sender = '*ORNEK BAKANLIGI*' }", true),
        ("{ sender_kep = '*@bakanlik.hs??.kep.tr' }", true),
        ("{ sender_kep = '*@BAKANLIK.hs??.KEP.TR' }", true),
        ("{ sender_kep = '*@hs??.kep.tr' }", false),
        ("{ kkk = '24312041' }", true),
        ("{ kkk = '2431204' }", false),
        ("{ kind = ['standard', 'dispatch'] }", true),
        ("{ kind = ['evidence'] }", false),
        ("{ security = ['Hizmete Özel'] }", true),
        ("{ security = ['GZL', 'hzo'] }", true),
        ("{ security = 'YOK' }", false),
        ("{ subject_words = { any = ['icra', 'ihale'] } }", true),
        ("{ subject_words = { any = ['hale'] } }", false),
        ("{ subject_words = { all = ['İhale', 'MAL ALIMI'] } }", true),
        ("{ subject_words = { all = ['ihale', 'icra'] } }", false),
        ("{ sdp = '302' }", false),
        ("{ flags = 'encrypted' }", false),
        ("{ mailbox = 'evrak', kkk = '1' }", false),
        ("{}", true),
    ] {
        assert_eq!(fits(when), expected, "{when}");
    }
}

#[test]
fn a_file_plan_code_fits_by_whole_steps() {
    let sdp = vec!["804.01".to_owned(), "302.01.02".to_owned()];
    for (prefix, expected) in [
        ("302", true),
        ("302.01", true),
        ("302.", true),
        ("30", false),
        ("302.0", false),
        ("804.01", true),
        ("3021", false),
    ] {
        let table = rules(&format!("[[rule]]\nname='r'\nwhen={{sdp='{prefix}'}}\nthen={{unit='u'}}"));
        let input = RoutingInput { sdp: &sdp, ..letter() };
        assert_eq!(route(&input, &table).unit.is_some(), expected, "{prefix}");
    }
}

#[test]
fn all_flags_of_a_rule_are_wanted() {
    let flags: BTreeSet<String> = ["encrypted", "unverified"].map(str::to_owned).into();
    let input = RoutingInput { flags: &flags, ..letter() };
    let with = |wanted: &str| {
        route(
            &input,
            &rules(&format!("[[rule]]\nname='r'\nwhen={{flags={wanted}}}\nthen={{stop=true}}")),
        )
        .matched
        .len()
    };
    assert_eq!(
        (
            with("['encrypted']"),
            with("['encrypted','unverified']"),
            with("['encrypted','unsigned']")
        ),
        (1, 1, 0)
    );
}

#[test]
fn the_first_unit_wins_labels_add_up_and_stop_ends() {
    let table = rules(
        r#"
        [[rule]]
        name = "a"
        then = { labels = ["l1"] }
        [[rule]]
        name = "b"
        when = { mailbox = "evrak" }
        then = { unit = "first", labels = ["l2"], alert_groups = ["g"] }
        [[rule]]
        name = "c"
        when = { mailbox = "other" }
        then = { unit = "never", stop = true }
        [[rule]]
        name = "d"
        when = { kkk = "24312041" }
        then = { unit = "second", labels = ["l1", "l3"], stop = true }
        [[rule]]
        name = "e"
        then = { labels = ["unreached"] }
        "#,
    );
    let routed = route(&letter(), &table);
    assert_eq!(routed.unit.as_deref(), Some("first"));
    assert_eq!(routed.labels.iter().map(String::as_str).collect::<Vec<_>>(), ["l1", "l2", "l3"]);
    assert_eq!(routed.alert_groups.into_iter().collect::<Vec<_>>(), ["g"]);
    assert_eq!(routed.matched, ["a", "b", "d"]);
}

#[test]
fn the_dry_run_says_for_each_rule_why_and_agrees_with_the_routing() {
    let table = rules(
        "[[rule]]\nname='no'\nwhen={mailbox='evrak', kkk='1'}\nthen={unit='u'}\n\
         [[rule]]\nname='yes'\nwhen={kind=['dispatch']}\nthen={stop=true}\n\
         [[rule]]\nname='late'\nthen={unit='v'}",
    );
    let report = explain(&letter(), &table);
    assert_eq!(
        report.iter().map(|row| (row.reached, row.matched)).collect::<Vec<_>>(),
        [(true, false), (true, true), (false, true)]
    );
    let failed: Vec<&Condition> = report[0].conditions.iter().filter(|condition| !condition.holds).collect();
    assert_eq!(
        (failed.len(), failed[0].key, &failed[0].wanted[0], &failed[0].found[0]),
        (1, "kkk", &"1".to_owned(), &"24312041".to_owned())
    );
    let effective: Vec<String> = report
        .iter()
        .filter(|row| row.reached && row.matched)
        .map(|row| row.rule.clone())
        .collect();
    assert_eq!(effective, route(&letter(), &table).matched);
}

#[test]
fn not_recorded_keeps_the_rule_and_its_reason() {
    let table = rules("[[rule]]\nname='advert'\nwhen={sender_kep='ornek@*'}\nthen={not_recorded='Tanıtım'}");
    let expected = NotRecorded {
        rule: "advert".into(),
        reason: "Tanıtım".into(),
    };
    assert_eq!(route(&letter(), &table).not_recorded, Some(expected));
}

#[test]
fn nobody_is_unknown_without_a_list_and_the_nameless_are_unknown_with_one() {
    let none = rules("");
    let list = rules("known_senders = ['*@bakanlik.hs01.kep.tr', 'a@b']");
    assert!(!is_unknown_sender(None, None, &none));
    assert!(!is_unknown_sender(None, Some("X@BAKANLIK.hs01.kep.tr"), &list));
    assert!(is_unknown_sender(Some("x@c"), Some("x@baskanlik.hs01.kep.tr"), &list));
    assert!(is_unknown_sender(None, None, &list));
}

#[test]
fn a_rule_that_cannot_mean_anything_is_refused_with_its_line() {
    for (text, line, problem) in [
        ("[[rule]]\nname = ''\nthen = { unit = 'u' }", 2, "give it a name"),
        (
            "[[rule]]\nname='a'\nthen={unit='u'}\n\n[[rule]]\nname='a'\nthen={unit='u'}",
            6,
            "line 2 too",
        ),
        (
            "[[rule]]\nname='a'\nthen={stop=true}\n[[rule]]\nname='b'\nthen={unit='u'}",
            5,
            "never be reached",
        ),
        ("[[rule]]\nname='a'\nwhen={kkk=''}\nthen={unit='u'}", 2, "empty text"),
        (
            "[[rule]]\nname='a'\nwhen={subject_words={any=['--']}}\nthen={unit='u'}",
            2,
            "no letter or digit",
        ),
        (
            "[[rule]]\nname='a'\nwhen={security='SECRET'}\nthen={unit='u'}",
            2,
            "no security code",
        ),
        ("[[rule]]\nname='a'\nwhen={kkk='1'}\nthen={not_recorded=' '}", 2, "reason"),
        ("[[rule]]\nname='a'\nthen={not_recorded='x'}", 2, "every message"),
        ("[[rule]]\nname='a'\nthen={labels=['']}", 2, "empty name"),
        ("[[rule]]\nname='a'\nthen={}", 2, "no effect"),
    ] {
        let error = Rules::parse(text).unwrap_err().to_string();
        assert!(
            error.contains(&format!("line {line}:")) && error.contains(problem),
            "{text}: {error}"
        );
    }
}

#[test]
fn unknown_keys_and_wrong_types_are_refused_with_their_line() {
    for text in [
        "[[rule]]\nname='a'\nwhen={mailboks='x'}\nthen={unit='u'}",
        "[[rule]]\nname='a'\nwhen={mailbox=3}\nthen={unit='u'}",
        "[[rule]]\nname='a'\nwhen={kind=['letter']}\nthen={unit='u'}",
        "[[rule]]\n\nwhen={}\nthen={units='u'}",
        "\n\nrules = []",
    ] {
        let error = Rules::parse(text).unwrap_err();
        assert!(
            matches!(error, RulesError::Syntax(_)) && error.to_string().contains("line "),
            "{text}: {error}"
        );
    }
}
