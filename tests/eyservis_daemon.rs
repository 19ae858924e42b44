//! What the daemon does on PTT's server with what is here: nothing unless it is configured, and never before every proof is there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "eyservis/mod.rs"]
mod eyservis;
mod forge;
mod gateway;
mod inside;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eyservis::EyServis;
use forge::world::World as Country;
use gateway::Gateway;
use inside::{Inside, LISTENER};
use jiff::Timestamp;
use jiff::civil::Date;
use kep_gateway::clock::local_day;
use kep_gateway::daemon::progress::Progress;
use kep_gateway::daemon::removal::Removal;
use kep_gateway::daemon::watch;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::event::{Attempted, Checked, Event};
use kep_gateway::mailbox::{ErrorClass, Locator, Mailbox};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::State;
use kep_gateway::store::backup::{backup, restore};
use kep_gateway::store::blobs::Blobs;
use kep_gateway::store::blobs_folder;
use kep_gateway::store::disk::RealDisk;
use support::message;
use tokio_util::sync::CancellationToken;

/// The longest that anything here may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(600);
/// More of a turn than anything here takes, and none at all.
const LONG_TURN: Duration = PATIENCE;
const SHORT_TURN: Duration = Duration::ZERO;
/// How often it is looked whether it has come.
const LOOK: Duration = Duration::from_millis(20);
const EVIDENCE: &[u8] = b"<d1/>";
const DAY: i64 = 86_400;

fn today() -> Date {
    local_day(Timestamp::now())
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waited = async {
        while !is_so() {
            tokio::time::sleep(LOOK).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waited).await.is_ok(), "{what} did not come");
}

/// One message with one evidence document at the service, and a gateway whose record has a clock of its own.
struct House {
    server: EyServis,
    inside: Inside,
    root: PathBuf,
    pipeline: Arc<Pipeline>,
    body: Vec<u8>,
}

impl House {
    /// `more`: lines of the mailbox's table.
    async fn new(more: &str) -> Self {
        let server = EyServis::start(1, today(), 0, 0).await;
        let body = message(1, 2_000);
        server.world().put("INBOX", today().at(1, 0, 0, 0), body.clone());
        server.world().mails[0].evidence = vec![("D-1".into(), EVIDENCE.to_vec())];
        let table = server.table(&format!("interval = \"100ms\"\n{more}"));
        let inside = Inside::new(&Timestamp::now().to_string(), &format!("[[mailbox]]\n{table}\n{LISTENER}"));
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        Self {
            server,
            root: inside.root(),
            inside,
            pipeline,
            body,
        }
    }

    /// With `delete_after`, and a backup that is still to be made.
    async fn deleting() -> Self {
        Self::deleting_and("").await
    }

    async fn deleting_and(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let more = format!("delete_after = \"30d\"\ndelete_backup = \"{}\"\n{more}", folder.display());
        Self::new(&more).await
    }

    fn backup_folder(&self) -> PathBuf {
        self.pipeline.settings().config.mailbox[1].removal().unwrap().1.to_owned()
    }

    fn back_up(&self) {
        backup(&self.root, &self.backup_folder(), RealDisk::shared(), &mut |_| {}).unwrap();
    }

    /// The record's clock shows another day. What lies between was never lived through.
    fn jump_days(&self, days: i64) {
        let now = self.pipeline.now() + jiff::SignedDuration::from_secs(days * DAY);
        self.inside.clock.set(now);
    }

    /// Days pass on the record's clock, and on each of them the mailbox is looked into.
    async fn pass_days(&self, days: i64) {
        for _ in 0..days {
            self.jump_days(1);
            let checked = Checked {
                mailbox: "ptt".into(),
                at: self.pipeline.now(),
                folders: self.pipeline.ledger.mailbox("ptt").unwrap().folders,
                listed: 0,
                new: 0,
                quota: None,
            };
            self.pipeline.ledger.append(Event::Checked(checked)).await.unwrap();
        }
    }

    /// The daemon's own task looks until everything that it does on the server has been done at least twice.
    async fn look(&self) {
        let (stop, asked) = (CancellationToken::new(), self.server.count("PaketSorgula2"));
        let config = self.pipeline.settings().config.mailbox[1].clone();
        let task = tokio::spawn(watch::watch(Arc::clone(&self.pipeline), config, Progress::default(), stop.clone()));
        until("the third look", || self.server.count("PaketSorgula2") >= asked + 4).await;
        stop.cancel();
        task.await.unwrap();
    }

    /// Message and evidence are here; the worker of the daemon has not worked yet.
    async fn fetched(&self) {
        self.look().await;
        assert_eq!(self.pipeline.ledger.durable("ptt").unwrap().len(), 2, "message and evidence");
    }

    async fn deleted(&self) -> usize {
        self.look().await;
        self.server.count("PaketSil")
    }

    /// More messages, each with its evidence; then all of them are here, registered, in the backup and old enough. Returns the kepIds in the
    /// order in which they are asked about.
    async fn ripen(&self, more: usize) -> Vec<String> {
        for nth in 0..more {
            self.server.world().put("INBOX", today().at(1, 0, 0, 0), message(nth + 2, 500));
        }
        let mut ids: Vec<String> = {
            let mut world = self.server.world();
            for (nth, mail) in world.mails.iter_mut().enumerate() {
                mail.evidence = vec![(format!("D-{nth}"), format!("<d{nth}/>").into_bytes())];
            }
            world.mails.iter().map(|mail| mail.kep_id.clone()).collect()
        };
        self.look().await;
        self.pipeline.work_off().await.unwrap();
        assert_eq!(
            self.pipeline.ledger.durable("ptt").unwrap().len(),
            2 * ids.len(),
            "messages and evidence"
        );
        self.back_up();
        self.pass_days(31).await;
        ids.sort();
        ids
    }

    fn blob(&self, root: &Path, bytes: &[u8]) -> PathBuf {
        Blobs::open(&blobs_folder(root), RealDisk::shared()).path(&Sha256::of(bytes))
    }
}

/// What the daemon's task has in its hands, one step at a time.
struct Hands<'a> {
    house: &'a House,
    mailbox: Box<dyn Mailbox>,
    known: BTreeSet<Locator>,
    removal: Removal,
    beats: AtomicUsize,
}

impl<'a> Hands<'a> {
    fn of(house: &'a House, turn: Duration) -> Self {
        let config = house.pipeline.settings().config.mailbox[1].clone();
        let (mailbox, known) = house.pipeline.open(&config).unwrap();
        Self {
            house,
            mailbox,
            known,
            removal: Removal::new(turn),
            beats: AtomicUsize::new(0),
        }
    }

    /// A check, and a turn of deleting behind it.
    async fn check_and_delete(&mut self) {
        let pipeline = &self.house.pipeline;
        pipeline.check(&mut *self.mailbox, &mut self.known).await.unwrap();
        let config = pipeline.settings().config.mailbox[1].clone();
        let beat = || {
            self.beats.fetch_add(1, Ordering::Relaxed);
        };
        let old = config.removal().unwrap();
        let turn = self.removal.go_on(pipeline, &mut *self.mailbox, &mut self.known, old, &beat);
        turn.await.unwrap();
    }
}

fn write_over(path: &Path, bytes: &[u8]) {
    // Blobs are not writable for anybody.
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn nothing_is_acknowledged_or_deleted_by_default() {
    let house = House::new("").await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.jump_days(4_000);
    house.look().await;
    assert_eq!(house.server.count("PaketSil") + house.server.count("AlindiOnay"), 0);
}

#[tokio::test]
async fn everything_proved_is_deleted_once() {
    let house = House::deleting().await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    house.pass_days(31).await;
    assert_eq!(house.deleted().await, 1);
    assert!(house.server.world().mails.is_empty());
    assert_eq!(house.deleted().await, 1, "recorded, and not asked for again");
    assert_eq!(house.pipeline.ledger.blobs().get(&Sha256::of(&house.body)).unwrap(), house.body);
}

#[tokio::test]
async fn a_message_without_its_number_is_not_deleted() {
    let house = House::deleting().await;
    house.fetched().await;
    house.back_up();
    house.pass_days(31).await;
    assert_eq!(house.deleted().await, 0, "not registered");
    house.pipeline.work_off().await.unwrap();
    assert_eq!(house.deleted().await, 0, "registered after the backup was made");
    house.back_up();
    assert_eq!(house.deleted().await, 1);
}

#[tokio::test]
async fn a_message_that_was_never_read_is_not_deleted() {
    let house = House::deleting().await;
    house.fetched().await;
    for _ in 0..4 {
        let messages = vec![Sha256::of(&house.body)];
        house
            .pipeline
            .ledger
            .append(Event::Attempted(Attempted { messages }))
            .await
            .unwrap();
    }
    house.pipeline.work_off().await.unwrap();
    let states: Vec<State> = house.pipeline.ledger.entries().map(|entry| entry.unwrap().state).collect();
    assert!(states.contains(&State::Quarantined), "{states:?}");
    house.back_up();
    house.pass_days(31).await;
    assert_eq!(house.deleted().await, 0, "set aside unread");
}

#[tokio::test]
async fn a_message_is_not_deleted_before_its_time() {
    let house = House::deleting().await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    house.pass_days(29).await;
    assert_eq!(house.deleted().await, 0);
    house.pass_days(2).await;
    assert_eq!(house.deleted().await, 1);
}

#[tokio::test]
async fn a_message_whose_bytes_are_not_provably_here_is_not_deleted() {
    let house = House::deleting().await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    house.pass_days(31).await;
    for bytes in [house.body.as_slice(), EVIDENCE] {
        let blob = house.blob(&house.root, bytes);
        write_over(&blob, &[bytes, b" "].concat());
        assert_eq!(house.deleted().await, 0, "another byte");
        fs::remove_file(&blob).unwrap();
        assert_eq!(house.deleted().await, 0, "gone");
        write_over(&blob, bytes);
    }
    assert_eq!(house.deleted().await, 1);
}

#[tokio::test]
async fn a_message_that_is_not_provably_in_the_backup_is_not_deleted() {
    let house = House::deleting().await;
    // A backup of before: its journal knows nothing of the message.
    house.back_up();
    house.pass_days(1).await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.pass_days(31).await;
    assert_eq!(house.deleted().await, 0, "not in the backup");
    let folder = house.backup_folder();
    let copies = Blobs::open(&blobs_folder(&folder), RealDisk::shared());
    for bytes in [house.body.as_slice(), EVIDENCE] {
        copies.put(bytes).unwrap();
    }
    assert_eq!(
        house.deleted().await,
        0,
        "bytes that no record of the backup names, as a broken-off backup leaves them"
    );
    house.back_up();
    for bytes in [house.body.as_slice(), EVIDENCE] {
        let blob = house.blob(&folder, bytes);
        write_over(&blob, &[bytes, b" "].concat());
        assert_eq!(house.deleted().await, 0, "another byte");
        fs::remove_file(&blob).unwrap();
        assert_eq!(house.deleted().await, 0, "gone");
        write_over(&blob, bytes);
    }
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).unwrap();
    assert_eq!(house.deleted().await, 0, "the disk is not mounted");
    fs::rename(&away, &folder).unwrap();
    assert_eq!(house.deleted().await, 1);
}

#[tokio::test]
async fn a_message_is_not_deleted_before_its_evidence_is_here() {
    let house = House::deleting().await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    house.pass_days(31).await;
    let first = house.server.world().mails[0].evidence.clone();
    house.server.world().mails[0].evidence.clear();
    assert_eq!(house.deleted().await, 0, "the service knows of none");
    house.server.world().mails[0].evidence = [first.clone(), vec![("D-2".into(), b"<d2/>".to_vec())]].concat();
    assert_eq!(house.deleted().await, 0, "one is not here");
    house.server.world().mails[0].evidence = first;
    assert_eq!(house.deleted().await, 1);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_nothing_old() {
    let house = House::deleting().await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    house.jump_days(4_000);
    assert_eq!(house.deleted().await, 0, "nobody lived through these days");
    house.pass_days(16).await;
    assert_eq!(house.deleted().await, 1, "half of the days were");
}

#[tokio::test]
async fn a_backup_of_a_future_that_a_restore_undid_vouches_for_nothing() {
    let mut house = House::deleting().await;
    let early = tempfile::tempdir().unwrap();
    backup(&house.root, early.path(), RealDisk::shared(), &mut |_| {}).unwrap();
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    // The disk is lost, an older backup is put back, and the same mail is fetched once more.
    let root = house.inside.dir.path().join("restored");
    restore(early.path(), &root, RealDisk::shared(), &mut |_| {}).unwrap();
    house.pipeline = house.inside.open_at(root.clone(), RealDisk::shared()).unwrap();
    house.root = root;
    house.jump_days(1);
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.pass_days(31).await;
    assert_eq!(
        house.deleted().await,
        0,
        "its bytes are in that backup, and its present record is not"
    );
    fs::remove_dir_all(house.backup_folder()).unwrap();
    house.back_up();
    assert_eq!(house.deleted().await, 1);
}

#[tokio::test]
async fn a_kep_id_that_means_another_message_now_deletes_nothing_and_hides_nothing() {
    let house = House::deleting().await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.back_up();
    house.pass_days(31).await;
    let other = message(2, 2_000);
    house.server.world().mails[0].bytes = other.clone();
    assert_eq!(house.deleted().await, 0, "what lies there is not here");
    house.server.world().mails[0].bytes = house.body.clone();
    let gone = house.server.world().mails[0].clone();
    assert_eq!(house.deleted().await, 1);
    // The service gives the number of what was deleted to another message.
    house.server.world().mails.push(eyservis::Mail {
        bytes: other.clone(),
        evidence: Vec::new(),
        ..gone
    });
    house.look().await;
    house.pipeline.work_off().await.unwrap();
    let registered = house.pipeline.ledger.message(&Sha256::of(&other)).unwrap().expect("it is here");
    assert_eq!(registered.numbers.len(), 1);
    assert_eq!(house.deleted().await, 1, "it is young");
}

#[tokio::test]
async fn credentials_that_were_refused_are_not_sent_again_until_they_change_or_a_person_asks() {
    let house = House::new("").await;
    let watch_once = async || {
        let config = house.pipeline.settings().config.mailbox[1].clone();
        let task = watch::watch(Arc::clone(&house.pipeline), config, Progress::default(), CancellationToken::new());
        assert!(tokio::time::timeout(PATIENCE, task).await.is_ok(), "it is looked into for ever");
        house.server.world().requests.len()
    };
    house.server.world().refuse = Some("Şifre veya Parola Yanlış".into());
    assert_eq!(watch_once().await, 1);
    // However often it is started.
    for _ in 0..3 {
        assert_eq!(watch_once().await, 1);
    }
    let failure = house.pipeline.ledger.mailbox("ptt").unwrap().failure.unwrap();
    assert!(
        failure.class == ErrorClass::Authentication && failure.cure.tr.contains("poll --mailbox ptt"),
        "{failure:?}"
    );
    // Another secret is another try, and remembered in place of the first.
    let file = house.server.folder.path().join("ptt.sifre");
    let right = fs::read(&file).unwrap();
    fs::write(&file, "baska\n").unwrap();
    assert_eq!(watch_once().await, 2);
    assert_eq!(watch_once().await, 2);
    // A person asks for it.
    house.pipeline.forget_refused("ptt").await.unwrap();
    assert_eq!(watch_once().await, 3);
    house.server.world().refuse = None;
    fs::write(&file, right).unwrap();
    house.look().await;
    assert!(
        house.pipeline.ledger.standing_under("refused/").unwrap().is_empty(),
        "they are right now"
    );
    // What is remembered of a secret is no secret.
    for segment in fs::read_dir(house.root.join("journal")).unwrap() {
        let text = String::from_utf8_lossy(&fs::read(segment.unwrap().path()).unwrap()).into_owned();
        assert!(eyservis::SECRETS.iter().all(|(_, secret)| !text.contains(secret)) && !text.contains("baska"));
    }
}

#[tokio::test]
async fn a_message_is_acknowledged_once_after_it_is_registered_and_proved() {
    let house = House::new("acknowledge = true\n").await;
    house.fetched().await;
    assert_eq!(house.server.count("AlindiOnay"), 0, "not registered");
    house.pipeline.work_off().await.unwrap();
    let blob = house.blob(&house.root, &house.body);
    write_over(&blob, b"other bytes");
    house.look().await;
    assert_eq!(house.server.count("AlindiOnay"), 0, "its bytes are not those that came");
    write_over(&blob, &house.body);
    for _ in 0..2 {
        house.look().await;
        let world = house.server.world();
        let asked: Vec<&str> = world
            .requests
            .iter()
            .filter(|request| request.operation == "AlindiOnay")
            .map(|request| request.member("kepId"))
            .collect();
        assert_eq!(asked, [world.mails[0].kep_id.as_str()], "the message once, its evidence never");
    }
}

#[tokio::test]
async fn a_message_that_the_service_will_not_mark_or_delete_keeps_no_other() {
    let house = House::deleting_and("acknowledge = true\n").await;
    for nth in 2..7 {
        house.server.world().put("INBOX", today().at(1, 0, 0, 0), message(nth, 500));
    }
    let ids = {
        let mut world = house.server.world();
        for nth in 0..world.mails.len() {
            world.mails[nth].evidence = vec![(format!("D-{nth}"), format!("<d{nth}/>").into_bytes())];
        }
        let mut ids: Vec<String> = world.mails.iter().map(|mail| mail.kep_id.clone()).collect();
        ids.sort();
        world.stubborn.extend(ids[..4].iter().cloned());
        ids
    };
    house.look().await;
    house.pipeline.work_off().await.unwrap();
    house.look().await;
    let acknowledged: BTreeSet<String> = {
        let world = house.server.world();
        let asked = world.requests.iter().filter(|request| request.operation == "AlindiOnay");
        asked.map(|request| request.member("kepId").to_owned()).collect()
    };
    assert_eq!(acknowledged.len(), ids.len(), "each was asked for");
    house.back_up();
    house.pass_days(31).await;
    house.look().await;
    let left: Vec<String> = house.server.world().mails.iter().map(|mail| mail.kep_id.clone()).collect();
    assert_eq!((left.len(), left.iter().all(|id| ids[..4].contains(id))), (4, true), "{left:?}");
}

#[tokio::test]
async fn deleting_takes_turns_with_looking_for_new_messages() {
    let house = House::deleting().await;
    house.ripen(3).await;
    let mut hands = Hands::of(&house, SHORT_TURN);
    for left in (0..4).rev() {
        assert!(hands.removal.is_due(), "{left}");
        hands.check_and_delete().await;
        assert_eq!(house.server.world().mails.len(), left);
        assert_eq!(hands.beats.load(Ordering::Relaxed), 4 - left, "the watchdog hears of each");
    }
    assert!(!hands.removal.is_due(), "the round is over");
}

#[tokio::test]
async fn ten_messages_that_the_service_will_not_delete_end_the_day_and_the_next_one_begins_behind_them() {
    let house = House::deleting().await;
    let ids = house.ripen(11).await;
    house.server.world().stubborn.extend(ids[..11].iter().cloned());
    let mut hands = Hands::of(&house, LONG_TURN);
    hands.check_and_delete().await;
    assert_eq!(house.server.count("PaketSil"), 10);
    assert!(!hands.removal.is_due(), "no more today");
    hands.check_and_delete().await;
    assert_eq!(house.server.count("PaketSil"), 12);
    let left: BTreeSet<String> = house.server.world().mails.iter().map(|mail| mail.kep_id.clone()).collect();
    assert_eq!(left, ids[..11].iter().cloned().collect(), "the last one went");
    house.server.world().stubborn.clear();
    hands.check_and_delete().await;
    assert!(house.server.world().mails.is_empty(), "and the first ones are asked about again");
}

#[tokio::test]
async fn a_kep_id_that_is_given_again_while_the_daemon_runs_is_another_message() {
    let house = House::deleting().await;
    house.ripen(0).await;
    let gone = house.server.world().mails[0].clone();
    let (stop, config) = (CancellationToken::new(), house.pipeline.settings().config.mailbox[1].clone());
    let task = tokio::spawn(watch::watch(Arc::clone(&house.pipeline), config, Progress::default(), stop.clone()));
    until("the deletion", || house.server.count("PaketSil") == 1).await;
    let other = message(9, 2_000);
    house.server.world().mails.push(eyservis::Mail {
        bytes: other.clone(),
        evidence: Vec::new(),
        ..gone
    });
    let is_here = || house.pipeline.ledger.message(&Sha256::of(&other)).unwrap().is_some();
    until("the other message", is_here).await;
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn a_deletion_that_is_answered_with_nothing_asks_whether_the_credentials_are_refused() {
    for operation in ["PaketDetayDelilSorgula", "Indir", "PaketSil"] {
        let house = House::deleting().await;
        house.ripen(2).await;
        let nothing = eyservis::wire::Reply::new(&format!("{operation}Response"), "").written(false);
        house.server.world().canned = Some((operation.to_owned(), 200, nothing.0, nothing.1));
        house.server.world().refuse_from = Some(operation.to_owned());
        house.server.world().requests.clear();
        let config = house.pipeline.settings().config.mailbox[1].clone();
        let task = watch::watch(Arc::clone(&house.pipeline), config, Progress::default(), CancellationToken::new());
        assert!(tokio::time::timeout(PATIENCE, task).await.is_ok(), "{operation}: asked for ever");
        let world = house.server.world();
        let first = world.requests.iter().position(|request| request.operation == operation).unwrap();
        let after: Vec<&str> = world.requests[first..].iter().map(|request| request.operation.as_str()).collect();
        assert_eq!(after, [operation, "KontorSorgula"], "and nothing else");
        let failure = house.pipeline.ledger.mailbox("ptt").unwrap().failure.unwrap();
        assert_eq!(failure.class, ErrorClass::Authentication, "{operation}");
    }
}

#[tokio::test]
async fn the_store_is_no_backup_of_itself() {
    let house = House::new("delete_after = \"30d\"\ndelete_backup = \"store\"\n").await;
    house.fetched().await;
    house.pipeline.work_off().await.unwrap();
    house.pass_days(31).await;
    assert_eq!(house.deleted().await, 0);
}

#[tokio::test]
async fn credentials_that_are_refused_anywhere_stop_the_mailbox_at_once() {
    for operation in ["KontorSorgula", "PaketDetayDelilSorgula", "Indir", "AlindiOnay", "PaketSil"] {
        let house = match operation {
            "PaketSil" => House::deleting().await,
            "AlindiOnay" => House::new("acknowledge = true\n").await,
            _ => House::new("").await,
        };
        if matches!(operation, "AlindiOnay" | "PaketSil") {
            house.fetched().await;
            house.pipeline.work_off().await.unwrap();
        }
        if operation == "PaketSil" {
            house.back_up();
            house.pass_days(31).await;
        }
        house.server.world().refuse_from = Some(operation.to_owned());
        let config = house.pipeline.settings().config.mailbox[1].clone();
        let task = watch::watch(Arc::clone(&house.pipeline), config, Progress::default(), CancellationToken::new());
        let ended = tokio::time::timeout(PATIENCE, task).await;
        assert!(ended.is_ok(), "{operation}: the mailbox is looked into for ever");
        let world = house.server.world();
        let refused = world.requests.iter().position(|request| request.operation == operation).unwrap();
        assert_eq!(refused + 1, world.requests.len(), "{operation}: asked again after the refusal");
        let failure = house.pipeline.ledger.mailbox("ptt").unwrap().failure.unwrap();
        assert_eq!(failure.class, ErrorClass::Authentication, "{operation}");
    }
}

/// The built program with this service as its only mailbox.
fn program(server: &EyServis) -> Gateway {
    let gateway = Gateway::bare(&Country::new(1));
    configure(&gateway, server, "1h");
    gateway
}

fn configure(gateway: &Gateway, server: &EyServis, interval: &str) {
    let table = server.table(&format!(
        "acknowledge = true\nevidence = false\nlow_credit = 0\ninterval = \"{interval}\"\n"
    ));
    gateway.configure(&format!("[web]\nlisten = \"\"\n[[mailbox]]\n{table}{LISTENER}"));
}

fn kill(mut daemon: Child) {
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_registration_and_acknowledgement_leaves_it_to_be_acknowledged_later_and_never_before() {
    let server = EyServis::start(1, today(), 0, 0).await;
    server.world().put("INBOX", today().at(1, 0, 0, 0), message(1, 2_000));
    let gateway = program(&server);

    // Killed as soon as the bytes were asked for: whatever of them is durable, the message has no number, or just got it.
    let daemon = gateway.spawn(&["run"]);
    until("the download", || server.count("Indir") == 1).await;
    kill(daemon);
    assert_eq!(server.count("AlindiOnay"), 0);

    // Registered, and killed before the next look, or while the service keeps its answer to the acknowledgement: neither is on record.
    server.world().silent.insert("AlindiOnay".into());
    let daemon = gateway.spawn(&["run"]);
    until("the registration", || tokio::task::block_in_place(|| gateway.export()).len() == 1).await;
    kill(daemon);
    configure(&gateway, &server, "1s");
    let asked = server.count("AlindiOnay");
    let daemon = gateway.spawn(&["run"]);
    until("the acknowledgement", || server.count("AlindiOnay") > asked).await;
    kill(daemon);

    server.world().silent.clear();
    let asked = server.count("AlindiOnay");
    for _ in 0..3 {
        let daemon = gateway.spawn(&["run"]);
        looked(&server, 3).await;
        kill(daemon);
    }
    assert_eq!(
        server.count("AlindiOnay"),
        asked + 1,
        "answered once, on record, and not asked for again"
    );
    gateway.ok(&["journal", "verify"]);
}

async fn looked(server: &EyServis, times: usize) {
    let asked = server.count("PaketSorgula2");
    until("a look", || server.count("PaketSorgula2") >= asked + times).await;
}
