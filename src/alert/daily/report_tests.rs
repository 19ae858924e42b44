use super::*;
use crate::hash::Sha256;

fn report() -> DailyReport {
    DailyReport {
        day: jiff::civil::date(2026, 11, 23),
        at: "2026-11-23T05:30:00Z".parse().unwrap(),
        mailboxes: vec![MailboxLine {
            mailbox: "evrak".to_owned(),
            last_success: Some("2026-11-23T05:25:00Z".parse().unwrap()),
            checks: 288,
            on_server: Some(10),
            fetched: 10,
            registered: 10,
            holes: 0,
            not_taken: 0,
            quota_percent: Some(12),
        }],
        registered: 0,
        deadlines: Vec::new(),
        sent: SentLine::default(),
        quarantined: 0,
        orphan_evidence: 0,
        keys: 0,
        closed: 0,
        alerts_given_up: 0,
        alerts_waiting: 0,
        head: Head {
            sequence: 42,
            hash: Sha256([7; 32]),
        },
        version: "0.1.0".to_owned(),
        data_versions: BTreeMap::from([("calendar".to_owned(), "2026-1".to_owned())]),
        troubles: Vec::new(),
        remarks: Vec::new(),
    }
}

#[test]
fn a_day_on_which_nothing_came_has_a_report_with_the_head_of_the_chain() {
    let notice = report().notice();
    assert!(notice.title.tr.contains("0 yeni kayıt") && notice.title.tr.contains("sorun yok"));
    assert!(
        notice
            .body
            .tr
            .contains("evrak: kontrol 288 (son 23.11.2026 08:25), sunucuda 10, alınan 10, kayıtlı 10, açık 0, kota 12 %")
    );
    assert!(notice.body.en.contains("Open deadlines\n  none"));
    for body in [&notice.body.tr, &notice.body.en] {
        assert!(body.contains(&Sha256([7; 32]).to_string()) && body.contains("42") && body.contains("calendar: 2026-1"));
    }
    assert_eq!(notice.facts["chain_hash"], Sha256([7; 32]).to_string());
}

#[test]
fn a_hole_or_a_mailbox_without_a_check_is_in_the_title_and_marked() {
    let mut with_hole = report();
    with_hole.mailboxes[0].holes = 2;
    let notice = with_hole.notice();
    assert!(notice.title.tr.contains("2 açık") && notice.title.tr.contains("DİKKAT"));
    assert!(notice.body.tr.contains("açık 2, kota 12 %  <<<"));
    let mut unchecked = report();
    unchecked.mailboxes[0].checks = 0;
    unchecked.mailboxes[0].last_success = None;
    assert!(unchecked.notice().body.en.contains("checks 0 (last never)"));
    assert!(unchecked.notice().title.en.contains("ATTENTION"));
}

#[test]
fn what_was_sent_and_did_not_arrive_or_has_no_evidence_is_in_the_title_and_marked() {
    assert!(!report().notice().body.tr.contains("Gönderilen"), "nothing was sent");
    let sent = |followed, overdue, negative| {
        let sent = SentLine {
            followed,
            overdue,
            negative,
        };
        DailyReport { sent, ..report() }.notice()
    };
    let awaited = sent(3, 0, 0);
    assert!(awaited.title.tr.contains("sorun yok"));
    assert!(
        awaited
            .body
            .tr
            .contains("Gönderilen iletiler\n  Delili beklenen: 3\n  Delili süresinde gelmeyen: 0\n")
    );
    for (notice, line) in [
        (sent(3, 2, 0), "Evidence overdue: 2  <<<"),
        (sent(0, 0, 1), "Not delivered, to be seen to: 1  <<<"),
    ] {
        assert!(
            notice.title.en.contains("ATTENTION") && notice.body.en.contains(line),
            "{}",
            notice.body.en
        );
    }
    assert_eq!(
        (
            sent(3, 2, 1).facts["sent_overdue"].as_str(),
            sent(3, 2, 1).facts["sent_negative"].as_str()
        ),
        ("2", "1")
    );
}

#[test]
fn a_key_that_cannot_be_used_is_in_the_title_and_counted() {
    let mut troubled = report();
    (troubled.keys, troubled.closed) = (1, 3);
    let notice = troubled.notice();
    assert!(notice.title.tr.contains("DİKKAT"), "{}", notice.title.tr);
    assert!(
        notice
            .body
            .tr
            .contains("Ulaşılamayan şifre çözme anahtarı: 1\n  Anahtar bekleyen şifreli evrak: 3")
    );
    assert!(notice.body.en.contains("Decryption keys that cannot be used: 1\n"));
    assert_eq!((notice.facts["keys"].as_str(), notice.facts["closed"].as_str()), ("1", "3"));
}

#[test]
fn over_a_trouble_nothing_is_well_and_a_remark_changes_nothing() {
    let text = || vec![Text::new("Kayıt BOZUK bulundu.", "The record was found BROKEN.")];
    let troubled = DailyReport {
        troubles: text(),
        ..report()
    };
    let notice = troubled.notice();
    assert!(notice.title.tr.contains("DİKKAT") && notice.title.en.contains("ATTENTION"));
    assert!(
        notice.body.en.starts_with("Troubles\n  The record was found BROKEN.\n"),
        "{}",
        notice.body.en
    );
    let remarked = DailyReport {
        remarks: text(),
        ..report()
    };
    let notice = remarked.notice();
    assert!(notice.title.tr.contains("sorun yok"));
    assert!(notice.body.tr.contains("Notlar\n  Kayıt BOZUK bulundu.\n"));
}

#[test]
fn a_long_list_is_cut_and_counted() {
    let mut many = report();
    many.deadlines = (0..100)
        .map(|number| DeadlineLine {
            number: format!("2026/{number:06}"),
            kind: "deemed-read".to_owned(),
            at: many.at,
        })
        .collect();
    let body = many.notice().body.tr;
    assert!(body.contains("2026/000029  okunmuş sayılma") && !body.contains("2026/000030") && body.contains("+ 70"));
}

#[test]
fn the_report_is_due_once_a_day_from_its_hour_on_holidays_too() {
    use crate::alert::daily::report_due;
    use jiff::civil::{date, time};
    let hour = time(8, 30, 0, 0);
    let at = |text: &str| -> Timestamp { format!("{text}+03:00").parse().unwrap() };
    let sunday = Some(date(2026, 11, 22));
    assert_eq!(report_due(at("2026-11-22T08:29:00"), hour, None), None);
    assert_eq!(report_due(at("2026-11-22T08:30:00"), hour, Some(date(2026, 11, 21))), sunday);
    assert_eq!(report_due(at("2026-11-22T23:00:00"), hour, sunday), None);
    // A gateway that was down in the morning reports when it comes back.
    assert_eq!(report_due(at("2026-11-22T20:00:00"), hour, Some(date(2026, 11, 19))), sunday);
}
