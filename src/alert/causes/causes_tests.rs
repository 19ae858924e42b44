use super::*;
use crate::alert::job::Channel;
use crate::register::entry::Deadline;
use crate::store::loss::{Finder, Loss, Lost};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn deadline() -> Deadline {
    Deadline {
        kind: "deemed-read".to_owned(),
        at: "2026-11-24T20:59:59Z".parse().unwrap(),
        rule: "next-business-day".to_owned(),
        law: Text::default(),
        text: Text::new("Ertesi iş günü okunmuş sayılır.", "Counts as read on the next business day."),
    }
}

fn ending(tr: &str, en: &str, is_over: bool) -> Ending {
    Ending {
        word: "completion",
        what: Text::new(tr, en),
        day: jiff::civil::date(2026, 11, 27),
        is_authority: is_over,
        is_over,
    }
}

fn all() -> Vec<Notice> {
    let deadline = deadline();
    let entry = EntryFacts {
        number: "2026/000123",
        mailbox: "evrak",
        institution: Some("Örnek\r\nBakanlığı\u{202e}"),
        deadline: Some(&deadline),
        groups: &[],
    };
    let sent = SentFacts {
        number: "2026/000124",
        mailbox: "evrak",
        recipients: 3,
    };
    vec![
        new_document(&entry, true, now()),
        signature(&entry, true, &["KEP-3014".to_owned()], now()),
        signature(&entry, false, &[], now()),
        quarantine(&entry, "KEP-1003", now()),
        missing_message("evrak", 2, now()),
        authentication_failure("evrak", now()),
        mailbox_failing(
            "evrak",
            "connect",
            now(),
            &Text::new("Ağı denetleyin.", "Check the network."),
            now(),
        ),
        quota("evrak", 96, now()).unwrap(),
        low_credit("evrak", "12.5", "Kontör", now()),
        daily_check_missed("evrak", None, now()),
        daily_check_done("evrak", now()),
        deadline_near(&entry, &deadline, now()),
        application_term(&entry, &ending("eksiklerin tamamlanması", "completion of the file", false), now()),
        application_term(
            &entry,
            &ending("imza sirkülerinin bitişi", "end of the signature circular", true),
            now(),
        ),
        orphan_evidence(3, now(), now()),
        negative_evidence("evrak", "delivery-failure", Some("MailboxFull"), &[], now()),
        sent_negative(&sent, now()),
        sent_missing(
            &sent,
            "delivery",
            &Text::new("teslim delili gelmedi", "evidence of delivery is missing"),
            &Text::new("Sağlayıcıdan isteyin.", "Ask the provider."),
            now(),
        ),
        sent_time_out(&sent, now()),
        sent_settled(&sent, Cause::MissingEvidence, now()),
        disk(DiskTrouble::Full, now()),
        disk(DiskTrouble::Low(100), now()),
        chain_broken("000001.log 42", now()),
        store_created(now()),
        journal_repaired("000001.kepj @ 4096", 17, now()),
        daemon_dead(None, false, now()),
        daemon_alive(now()),
        undelivered(Channel::Sms, Cause::Disk, "HTTP 401", now()),
        reload_failed(&Text::new("KEP-8003 yanlış", "KEP-8003 wrong"), now()),
        page_not_served(&Text::new("adres dolu", "the address is taken"), now()),
        test(now()),
        loss_found(&loss(), now()),
        loss_term(&loss(), Term::Near, now()),
        loss_term(&loss(), Term::Passed, now()),
        loss_closed(&loss(), now()),
        key_trouble("PKCS#11 libsofthsm2.so kurum", KeyTrouble::Unreachable, &gone(), now()),
        key_trouble(
            "PKCS#12 /etc/kep-gateway/anahtarlar/kurumsal-sifreleme-2026.p12",
            KeyTrouble::Refused,
            &gone(),
            now(),
        ),
        key_back("PKCS#12 /etc/kep-gateway/anahtarlar/kurumsal-sifreleme-2026.p12", now()),
        key_ends("evrak", now(), false, now()),
        key_ends("evrak", now(), true, now()),
    ]
}

fn gone() -> Text {
    Text::new("kurum.p12: böyle bir dosya yok", "kurum.p12: there is no such file")
}

fn loss() -> Loss {
    Loss {
        id: "Z-20261123-1a2b3c4d".to_owned(),
        found_at: now(),
        found_by: Finder::Walk,
        until: "2026-12-08".parse().unwrap(),
        places: vec![Lost {
            kind: "blob-missing".to_owned(),
            place: "blobs/ab/cd\u{202e}\r\n".to_owned(),
            turkish: String::new(),
            english: String::new(),
        }],
        more: 0,
        closed: None,
    }
}

#[test]
fn every_alert_says_in_both_languages_what_happened_and_what_to_do_next() {
    for notice in all() {
        let cause = notice.cause;
        assert!(
            notice.body.tr.contains("Ne yapmalı: ") && notice.body.en.contains("What to do: "),
            "{cause:?}"
        );
        assert!(!notice.title.tr.is_empty() && !notice.title.en.is_empty() && notice.title.tr != notice.title.en);
    }
}

#[test]
fn every_title_is_one_line_that_fits_one_sms() {
    for notice in all() {
        for title in [&notice.title.tr, &notice.title.en] {
            assert!(title.chars().count() <= 150, "{title}");
            assert!(!title.chars().any(|c| c.is_control() || is_deceptive(c)), "{title:?}");
        }
    }
}

#[test]
fn a_title_carries_number_institution_and_deadline() {
    let title = &all()[0].title.tr;
    assert_eq!(title, "KEP yeni evrak 2026/000123: Örnek Bakanlığı, son an 24.11.2026");
}

#[test]
fn the_quota_speaks_up_at_70_85_and_95_per_cent() {
    let level = |percent| quota("evrak", percent, now()).map(|notice| notice.level);
    assert_eq!(level(69), None);
    assert_eq!((level(70), level(84)), (Some(Level::Note), Some(Level::Note)));
    assert_eq!((level(85), level(94)), (Some(Level::Warning), Some(Level::Warning)));
    assert_eq!((level(95), level(200)), (Some(Level::Critical), Some(Level::Critical)));
}

#[test]
fn a_deemed_read_moment_within_three_hours_is_critical() {
    let deadline = deadline();
    let entry = EntryFacts {
        number: "1",
        mailbox: "evrak",
        institution: None,
        deadline: None,
        groups: &[],
    };
    let level = |minutes: i64| {
        let at = deadline.at - jiff::SignedDuration::from_mins(minutes);
        deadline_near(&entry, &deadline, at).level
    };
    assert_eq!((level(181), level(179)), (Level::Warning, Level::Critical));
}

#[test]
fn a_deadline_is_told_by_its_kind_and_a_past_one_as_past() {
    let at_kind = |kind: &str, rule: &str| Deadline {
        kind: kind.to_owned(),
        rule: rule.to_owned(),
        ..deadline()
    };
    let nearest = deadline();
    let entry = EntryFacts {
        number: "2026/000123",
        mailbox: "evrak",
        institution: None,
        deadline: Some(&nearest),
        groups: &[],
    };
    let said = |deadline: &Deadline, at: &str| deadline_near(&entry, deadline, at.parse().unwrap());
    let (before, after) = ("2026-11-24T09:00:00Z", "2026-11-25T09:00:00Z");
    let cases = [
        (
            at_kind("deemed-read", "kep-next-business-day"),
            "okunmuş sayılacak",
            "okunmuş sayıldı",
        ),
        (at_kind("deemed-read-early", "kep-hours-24"), "okunmuş sayılacak", "okunmuş sayıldı"),
        (
            at_kind("deemed-read", "e-tebligat-fifth-day"),
            "tebliğ edilmiş sayılacak",
            "tebliğ edilmiş sayıldı",
        ),
        (at_kind("due", "miat"), "yanıt süresi doluyor", "yanıt süresi doldu"),
        (at_kind("urgent", "gnl-without-miat"), "işlem isteniyor", "istenen süre"),
    ];
    for (deadline, near, passed) in cases {
        let (first, last) = (said(&deadline, before), said(&deadline, after));
        assert!(
            first.title.tr.contains(near) && last.title.tr.contains(passed),
            "{}: {}",
            first.title.tr,
            last.title.tr
        );
        assert_eq!((&first.facts["phase"][..], &last.facts["phase"][..]), ("near", "passed"));
        assert_eq!(first.facts["deadline_kind"], deadline.kind);
        // An open document may have a Miat: nobody says that it was not opened.
        let claims_unopened = |notice: &Notice| notice.title.tr.contains("AÇILMADI") || notice.body.tr.contains("kimse açmadı");
        assert_eq!(claims_unopened(&first), deadline.kind != "due");
        for text in [&first.title.tr, &last.title.tr, &first.title.en, &last.title.en] {
            assert!(text.chars().count() <= 150, "{text}");
        }
    }
}
