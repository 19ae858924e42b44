//! The IMAP mailbox against a real Dovecot.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use kep_gateway::hash::Sha256;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::config::{AfterFetch, ImapConfig, Security};
use kep_gateway::mailbox::imap::ImapMailbox;
use kep_gateway::mailbox::{ErrorClass, Mailbox, MailboxError, Wake};
use support::dovecot::Dovecot;
use support::intake::{Intake, pass};
use support::message;

/// How long a delivery may take to be seen: Dovecot looks at a Maildir at most every few seconds.
const SEEN_WITHIN: Duration = Duration::from_secs(300);

fn open(dovecot: &Dovecot, config: ImapConfig) -> ImapMailbox {
    ImapMailbox::new(config, dovecot.secrets(), &Limits::default()).unwrap()
}

async fn failure(dovecot: &Dovecot, change: impl FnOnce(&mut ImapConfig)) -> MailboxError {
    let mut config = dovecot.config();
    change(&mut config);
    open(dovecot, config).list(&BTreeSet::new()).await.unwrap_err()
}

#[tokio::test]
async fn three_hundred_messages_are_drained_and_then_nothing_more_is_read() {
    let mut dovecot = Dovecot::start();
    let mut sent = BTreeSet::new();
    for number in 0..300 {
        let body = message(number, 300 + (number * 97) % 20_000);
        sent.insert(Sha256::of(&body));
        dovecot.deliver(&body);
    }
    let mut mailbox = open(&dovecot, dovecot.config());
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(
        intake.bodies.keys().copied().collect::<BTreeSet<_>>(),
        sent,
        "every byte as it was delivered"
    );
    assert_eq!((intake.missing.len(), intake.oddities), (0, 0));

    let traffic = mailbox.traffic();
    let (trips, bodies) = (traffic.round_trips(), traffic.body_bytes());
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 0);
    assert_eq!(traffic.round_trips() - trips, 1, "a kept session needs one round trip");
    assert_eq!(traffic.body_bytes(), bodies);

    let mut cold = open(&dovecot, dovecot.config());
    assert_eq!(pass(&mut cold, &mut intake).await.unwrap().answered, 0);
    cold.close().await;
    println!(
        "drain: {trips} round trips; cold with nothing new: {}",
        cold.traffic().round_trips()
    );
    assert!(cold.traffic().round_trips() <= 5);
    assert_eq!(cold.traffic().body_bytes(), 0);
}

#[tokio::test]
async fn only_the_right_certificate_is_accepted() {
    let dovecot = Dovecot::start();
    let wrong_authority = failure(&dovecot, |config| config.ca_file = dovecot.path().join("other-ca.pem")).await;
    let system_only = failure(&dovecot, |config| config.ca_file = "".into()).await;
    let wrong_host = failure(&dovecot, |config| config.host = "127.0.0.1".into()).await;
    for error in [wrong_authority, system_only, wrong_host] {
        assert_eq!((error.class, error.step), (ErrorClass::Permanent, "tls"), "{error}");
        assert!(
            error.problem.en.contains("certificate") && error.cure.en.contains("ca_file"),
            "{error}"
        );
    }
    let no_tls_there = failure(&dovecot, |config| config.port = Some(dovecot.imap_port)).await;
    assert_ne!(no_tls_there.class, ErrorClass::Authentication);
}

#[tokio::test]
async fn plain_text_needs_to_be_asked_for_twice_and_starttls_protects() {
    let mut dovecot = Dovecot::start();
    dovecot.deliver(&message(1, 500));
    let mut config = dovecot.config();
    (config.port, config.security) = (Some(dovecot.imap_port), Security::None);
    let refused = ImapMailbox::new(config.clone(), dovecot.secrets(), &Limits::default())
        .err()
        .unwrap();
    assert_eq!(refused.class, ErrorClass::Permanent);
    config.allow_plaintext = true;
    assert_eq!(open(&dovecot, config.clone()).list(&BTreeSet::new()).await.unwrap().new.len(), 1);

    config.security = Security::Starttls;
    assert_eq!(open(&dovecot, config.clone()).list(&BTreeSet::new()).await.unwrap().new.len(), 1);
    config.host = "127.0.0.1".into();
    let error = open(&dovecot, config).list(&BTreeSet::new()).await.unwrap_err();
    assert_eq!((error.class, error.step), (ErrorClass::Permanent, "tls"));
}

#[tokio::test]
async fn a_wrong_password_is_told_apart_and_a_corrected_one_is_read_anew() {
    let dovecot = Dovecot::start();
    let right = std::fs::read(dovecot.path().join("evrak.password")).unwrap();
    std::fs::write(dovecot.path().join("evrak.password"), "yanlış").unwrap();
    let mut mailbox = open(&dovecot, dovecot.config());
    let error = mailbox.list(&BTreeSet::new()).await.unwrap_err();
    assert_eq!((error.class, error.step), (ErrorClass::Authentication, "login"), "{error}");
    assert!(!error.to_string().contains("yanlış"));
    std::fs::write(dovecot.path().join("evrak.password"), "wrong").unwrap();
    assert_eq!(mailbox.list(&BTreeSet::new()).await.unwrap_err().class, ErrorClass::Authentication);
    std::fs::write(dovecot.path().join("evrak.password"), right).unwrap();
    mailbox.list(&BTreeSet::new()).await.unwrap();
}

#[tokio::test]
async fn a_delivery_wakes_idle() {
    let mut dovecot = Dovecot::start();
    let mut mailbox = open(&dovecot, dovecot.config());
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_millis(300)).await.unwrap(), Wake::Elapsed);
    let (wake, ()) = tokio::join!(mailbox.wait(SEEN_WITHIN), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        dovecot.deliver(&message(1, 500));
    });
    assert_eq!(wake.unwrap(), Wake::Changed);
    assert_eq!(pass(&mut mailbox, &mut intake).await.unwrap().answered, 1);
}

#[tokio::test]
async fn the_quota_is_read() {
    let mut dovecot = Dovecot::start();
    dovecot.deliver(&message(1, 300_000));
    let mut mailbox = open(&dovecot, dovecot.config());
    mailbox.list(&BTreeSet::new()).await.unwrap();
    let quota = mailbox.quota().await.unwrap().expect("Dovecot offers QUOTA");
    assert_eq!(quota.limit_bytes, 500 << 20);
    assert!((290_000..400_000).contains(&quota.used_bytes), "{quota:?}");
}

#[tokio::test]
async fn a_recreated_folder_is_told_and_read_anew() {
    let mut dovecot = Dovecot::start();
    dovecot.deliver(&message(1, 500));
    let mut mailbox = open(&dovecot, dovecot.config());
    let mut intake = Intake::default();
    pass(&mut mailbox, &mut intake).await.unwrap();
    mailbox.close().await;
    // UIDVALIDITY is a time in seconds.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    dovecot.recreate_inbox();
    dovecot.deliver(&message(2, 500));
    let end = tokio::time::Instant::now() + SEEN_WITHIN;
    while intake.bodies.len() < 2 && tokio::time::Instant::now() < end {
        let _ = pass(&mut mailbox, &mut intake).await;
        mailbox.close().await;
    }
    assert_eq!((intake.bodies.len(), intake.oddities), (2, 1));
}

#[tokio::test]
async fn the_server_is_left_as_found_unless_told_otherwise() {
    let mut dovecot = Dovecot::start();
    dovecot.deliver(&message(1, 500));
    dovecot.deliver(&message(2, 500));
    let mut mailbox = open(&dovecot, dovecot.config());
    let mut intake = Intake::default();
    let listing = pass(&mut mailbox, &mut intake).await.unwrap().listing;
    mailbox.acknowledge(&listing.new[0].locator).await.unwrap();
    mailbox.close().await;
    let flags = |dovecot: &Dovecot| -> Vec<String> {
        let mut names: Vec<String> = ["new", "cur"]
            .iter()
            .flat_map(|sub| std::fs::read_dir(dovecot.maildir().join(sub)).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
            .iter()
            .map(|name| name.split(":2,").nth(1).unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(flags(&dovecot), ["", ""]);

    let mut config = dovecot.config();
    config.after_fetch = AfterFetch::Seen;
    let mut seen = open(&dovecot, config.clone());
    seen.acknowledge(&listing.new[0].locator).await.unwrap();
    assert_eq!(flags(&dovecot), ["S", ""]);
    config.after_fetch = AfterFetch::Delete;
    let mut delete = open(&dovecot, config);
    delete.acknowledge(&listing.new[0].locator).await.unwrap();
    assert_eq!(flags(&dovecot), [""]);
    assert_eq!(delete.list(&intake.known).await.unwrap().present.len(), 1);
}
