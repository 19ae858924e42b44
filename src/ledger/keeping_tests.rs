//! What keeps an entry although its class would let it go: each hold for its own case, an application file that is kept as one, and what
//! later records rest on. And who may shorten a term.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::date;

use super::Ledger;
use super::event::{Event, Fetched};
use super::fixture::{World, draft, locator, notice};
use super::reexamination::Reexamination;
use super::retention::needs::references;
use super::retention::{KeepingRefusal, KeepingRequest, Kept};
use super::retention_tests::{admin, in_year, person, policy};
use crate::checklist::entered::{Deed, Read};
use crate::checklist::papers::Reading;
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::message::MessageKind;
use crate::people::{Person, Role, View};
use crate::register::draft::Draft;
use crate::register::entry::{Action, Asker, RegisterNumber, State, Why, flag};
use crate::register::retention::{FileTerm, RetentionConfig, Standing};
use crate::signature::report::{Indication, ObjectKind, ObjectReport, Verdict};
use crate::store::disk::RealDisk;

struct Desk {
    world: World,
    ledger: Ledger,
    policy: RetentionConfig,
}

fn boss() -> Person {
    person("amir", Role::Supervisor, 4)
}

fn clerk() -> Person {
    person("memur", Role::Clerk, 4)
}

fn object(name: &str) -> ObjectReport {
    ObjectReport {
        kind: ObjectKind::Crl,
        sha256: Sha256::of(name.as_bytes()),
        embedded: false,
    }
}

fn verdict(objects: &[&str]) -> Verdict {
    Verdict {
        indication: if objects.is_empty() {
            Indication::Indeterminate
        } else {
            Indication::Passed
        },
        sub_indication: None,
        signatures: Vec::new(),
        validation_time: in_year(2010),
        anchors_sha256: Sha256::of(b"anchors"),
        objects: objects.iter().map(|name| object(name)).collect(),
        wanted: Vec::new(),
    }
}

fn read(objects: &[&str]) -> Read {
    Read {
        checklist: "destek".into(),
        rules: Sha256::of(b"rules"),
        at: in_year(2010),
        reading: Reading {
            package_is_broken: objects.is_empty(),
            ..Reading::default()
        },
        objects: objects.iter().map(|name| object(name)).collect(),
    }
}

impl Desk {
    fn new() -> Self {
        let world = World::new();
        world.clock.set(in_year(2010));
        let ledger = world.open();
        let mut policy = policy();
        policy.checklists.insert("destek".into(), FileTerm::default());
        Self { world, ledger, policy }
    }

    /// A message under the short class, closed, with what its verdict rests on.
    async fn arrive(&self, name: &str, objects: &[&str]) -> RegisterNumber {
        self.arrive_as(name, objects, |_| ()).await
    }

    async fn arrive_as(&self, name: &str, objects: &[&str], change: impl FnOnce(&mut Draft)) -> RegisterNumber {
        for object in objects {
            self.ledger.blobs().put(object.as_bytes()).unwrap();
        }
        let (sha256, at) = (
            self.ledger.blobs().put(name.as_bytes()).unwrap(),
            crate::clock::Clock::now(&*self.world.clock),
        );
        let fetched = Fetched {
            mailbox: "evrak".into(),
            locator: locator(name.bytes().map(u32::from).sum()),
            sha256,
            size: name.len() as u64,
            arrived: Some(at),
            at,
        };
        self.ledger.append(Event::Fetched(fetched)).await.unwrap();
        let mut registration = self.world.registration(sha256);
        let mut one = draft(sha256, MessageKind::Standard);
        one.message.received_at = at;
        one.state = State::Done;
        one.labels.insert("kisa".into());
        one.verdict = Some(verdict(objects));
        change(&mut one);
        registration.drafts = vec![one];
        self.ledger.register(registration).await.unwrap()[0]
    }

    async fn ask(&self, request: KeepingRequest, by: &Person) -> Result<Kept, KeepingRefusal> {
        self.ledger.keep(request, by, &self.policy).await.unwrap()
    }

    async fn class(&self, number: RegisterNumber, class: Option<&str>, by: &Person) -> Result<Kept, KeepingRefusal> {
        let request = KeepingRequest::Class {
            number,
            class: class.map(str::to_owned),
            reason: "plan".into(),
        };
        self.ask(request, by).await
    }

    async fn hold(&self, number: RegisterNumber, reason: &str) -> Result<Kept, KeepingRefusal> {
        let reason = reason.to_owned();
        self.ask(KeepingRequest::Hold { number, reason }, &boss()).await
    }

    async fn release(&self, number: RegisterNumber, hold: Option<u32>) -> Result<Kept, KeepingRefusal> {
        let reason = "dava bitti".to_owned();
        self.ask(KeepingRequest::Release { number, reason, hold }, &boss()).await
    }

    fn standing(&self, number: RegisterNumber, year: i16) -> Standing {
        let entry = self.ledger.entry(number).unwrap().unwrap();
        self.ledger.retention_standing(&entry, &self.policy, date(year, 6, 15)).unwrap()
    }

    fn due(&self, year: i16) -> Vec<RegisterNumber> {
        let due = self.ledger.due(&admin(), &self.policy, date(year, 6, 15), 100).unwrap();
        due.iter().map(|due| due.entry.register_number).collect()
    }

    async fn state(&self, number: RegisterNumber, action: Action) {
        let request = super::handling::HandlingRequest {
            action,
            note: Some("not".into()),
        };
        // Nobody closes what nobody opened.
        self.ledger.viewed(number, &clerk(), View::Page).await.unwrap();
        self.ledger.handle(number, request, &clerk()).await.unwrap().unwrap();
    }

    fn needs(&self, number: RegisterNumber) -> BTreeSet<Sha256> {
        let entry = self.ledger.entry(number).unwrap().unwrap();
        references(&self.ledger, &entry).unwrap()
    }
}

#[tokio::test]
async fn two_cases_are_two_holds_and_the_end_of_one_frees_nothing() {
    let desk = Desk::new();
    let number = desk.arrive("a", &[]).await;
    assert!(desk.hold(number, "2031/1 dava").await.is_ok() && desk.hold(number, "2031/2 soruşturma").await.is_ok());
    assert_eq!(
        desk.hold(number, "2031/1 dava").await,
        Err(KeepingRefusal::Unchanged),
        "pressed twice"
    );
    assert_eq!(desk.release(number, None).await, Err(KeepingRefusal::WhichHold));
    assert_eq!(desk.release(number, Some(3)).await, Err(KeepingRefusal::WhichHold));
    assert!(desk.release(number, Some(1)).await.is_ok());
    let keeping = desk.ledger.keeping(number).unwrap();
    assert_eq!(
        keeping.holds.iter().map(|hold| hold.reason.as_str()).collect::<Vec<_>>(),
        ["2031/2 soruşturma"]
    );
    assert!(desk.ledger.entry(number).unwrap().unwrap().flags.contains("legal-hold"));
    assert_eq!((desk.standing(number, 2099), desk.due(2099)), (Standing::Held, vec![]));
    // A number that was released is given to no other.
    assert!(desk.hold(number, "2032/3 dava").await.is_ok());
    let ids: Vec<u32> = desk.ledger.keeping(number).unwrap().holds.iter().map(|hold| hold.id).collect();
    assert_eq!(ids, [2, 3]);
    assert!(desk.release(number, Some(3)).await.is_ok() && desk.release(number, None).await.is_ok());
    assert_eq!(desk.release(number, None).await, Err(KeepingRefusal::Unchanged));
    assert!(!desk.ledger.entry(number).unwrap().unwrap().flags.contains("legal-hold"));
    assert_eq!(desk.due(2099), [number]);
}

#[tokio::test]
async fn a_clerk_gives_a_longer_term_and_only_who_answers_gives_a_shorter_one() {
    let desk = Desk::new();
    let number = desk.arrive("a", &[]).await;
    for (class, by, done) in [
        (Some("uzun"), clerk(), Ok(Kept::Done)),
        (Some("kisa"), clerk(), Err(KeepingRefusal::Shortens)),
        (None, clerk(), Err(KeepingRefusal::Shortens)),
        (Some("surekli"), clerk(), Ok(Kept::Done)),
        (Some("uzun"), clerk(), Err(KeepingRefusal::Shortens)),
        (Some("kisa"), boss(), Ok(Kept::Done)),
        (None, clerk(), Ok(Kept::Done)),
    ] {
        assert_eq!(desk.class(number, class, &by).await, done, "{class:?} by {}", by.login);
    }
}

#[tokio::test]
async fn an_application_file_is_kept_as_one_and_as_long_as_its_checklist_wants() {
    let mut desk = Desk::new();
    let (head, other) = (desk.arrive("application", &[]).await, desk.arrive("completion", &[]).await);
    desk.ledger.papers_read(head, read(&["x"]), None).await.unwrap();
    desk.ledger.papers_read(other, read(&["y"]), Some(head)).await.unwrap();
    assert_eq!(desk.due(2012), [head, other]);

    // Open again, it is no file that could go; and neither could what completes it.
    desk.state(head, Action::Reopened).await;
    assert_eq!(
        (desk.standing(head, 2012), desk.standing(other, 2012)),
        (Standing::Open, Standing::Open)
    );
    assert_eq!(desk.due(2012), []);
    desk.state(head, Action::Done).await;
    // A loss that was learnt of and not reported.
    let learned = Deed::LossLearned { day: date(2010, 6, 15) };
    desk.ledger.file_deed(head, learned, None, &clerk()).await.unwrap().unwrap();
    assert_eq!((desk.standing(other, 2012), desk.due(2012)), (Standing::Open, vec![]));
    let reported = Deed::LossReported { day: date(2010, 6, 15) };
    desk.ledger.file_deed(head, reported, None, &clerk()).await.unwrap().unwrap();
    assert_eq!(desk.due(2012), [head, other]);

    // What holds one holds the other, and the longest class of one counts for all.
    desk.hold(other, "dava").await.unwrap();
    assert_eq!((desk.standing(head, 2012), desk.due(2012)), (Standing::Held, vec![]));
    desk.release(other, None).await.unwrap();
    desk.class(other, Some("uzun"), &clerk()).await.unwrap();
    let until = |standing: Standing| match standing {
        Standing::Kept { until, .. } => until.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(until(desk.standing(head, 2012)), "2014-01-01");
    desk.class(other, Some("surekli"), &clerk()).await.unwrap();
    assert_eq!((desk.standing(head, 2099), desk.due(2099)), (Standing::ForEver, vec![]));
    desk.class(other, Some("kisa"), &boss()).await.unwrap();
    assert_eq!(desk.due(2012), [head, other]);

    // The checklist's own term, and its own class.
    desk.policy.checklists.insert(
        "destek".into(),
        FileTerm {
            class: None,
            years: Some(10),
        },
    );
    assert_eq!(
        (until(desk.standing(head, 2012)), desk.due(2020)),
        ("2021-01-01".to_owned(), vec![])
    );
    assert!(matches!(desk.standing(other, 2021), Standing::Due { years: 10, .. }));
    let term = FileTerm {
        class: Some("surekli".into()),
        years: Some(10),
    };
    desk.policy.checklists.insert("destek".into(), term);
    assert_eq!(
        desk.standing(head, 2099),
        Standing::ForEver,
        "a person gave the other its class, not this one"
    );
    // A checklist that is configured no longer: nobody knows how long, but who said so by hand.
    desk.policy.checklists.clear();
    assert_eq!((desk.standing(head, 2099), desk.due(2099)), (Standing::ForEver, vec![]));
    desk.class(head, Some("uzun"), &boss()).await.unwrap();
    assert_eq!(desk.due(2099), [head, other]);
}

#[tokio::test]
async fn what_the_verdicts_on_papers_rested_on_stays_when_the_document_is_separated_also_after_a_rebuild() {
    let desk = Desk::new();
    let (head, other) = (desk.arrive("application", &[]).await, desk.arrive("completion", &[]).await);
    desk.ledger.papers_read(head, read(&["x"]), None).await.unwrap();
    desk.ledger.papers_read(other, read(&["y"]), Some(head)).await.unwrap();
    let separated = Deed::Separated { document: other };
    desk.ledger.file_deed(head, separated, None, &clerk()).await.unwrap().unwrap();
    assert_eq!(desk.ledger.file_state(other).unwrap().unwrap().read, None);
    let rests_on = |ledger: &Ledger| {
        let entry = ledger.entry(other).unwrap().unwrap();
        let y = Sha256::of(b"y");
        references(ledger, &entry).unwrap().contains(&y) && ledger.objects().unwrap().contains(&y)
    };
    assert!(rests_on(&desk.ledger));
    let Desk { world, ledger, .. } = desk;
    drop(ledger);
    assert!(rests_on(
        &Ledger::rebuild(&world.root(), RealDisk::shared(), world.clock.clone()).unwrap()
    ));
}

#[tokio::test]
async fn what_was_sent_is_not_finished_while_its_evidence_is_waited_for() {
    let desk = Desk::new();
    let sent = desk.arrive_as("sent", &[], |one| {
        one.flags.insert(flag::SENT.into());
        one.message.recipients = vec!["alici@hs02.kep.tr".into()];
        one.state = State::Registered;
    });
    let sent = sent.await;
    assert_eq!(desk.ledger.followed().count(), 1);
    assert_eq!((desk.standing(sent, 2012), desk.due(2012)), (Standing::Open, vec![]));
    // A person saw to it.
    desk.state(sent, Action::Done).await;
    assert_eq!(desk.due(2012), [sent]);
}

#[tokio::test]
async fn a_list_is_not_executed_when_the_file_around_an_entry_was_opened_meanwhile() {
    let desk = Desk::new();
    let (head, other) = (desk.arrive("application", &[]).await, desk.arrive("completion", &[]).await);
    desk.ledger.papers_read(head, read(&["x"]), None).await.unwrap();
    desk.ledger.papers_read(other, read(&["y"]), Some(head)).await.unwrap();
    for login in ["amir", "amir2"] {
        let account = crate::people::Account::new(person(login, Role::Supervisor, 4), crate::people::Source::Local);
        let edit = crate::people::Edit::Add(Box::new(account));
        desk.ledger.edit_account(login, edit, Asker::default()).await.unwrap().unwrap();
    }
    desk.world.clock.set(in_year(2012));
    let Ok(Kept::Proposed { list, sha256, entries: 2 }) = desk.ask(KeepingRequest::Propose, &admin()).await else {
        panic!("both are due")
    };
    for login in ["amir", "amir2"] {
        let by = person(login, Role::Supervisor, 4);
        desk.ask(KeepingRequest::Approve { list, sha256 }, &by).await.unwrap();
    }
    desk.state(head, Action::Reopened).await;
    let executed = desk.ledger.execute(list, &admin(), &desk.policy).await.unwrap();
    assert_eq!(executed, Err(KeepingRefusal::NoLongerDue));
    desk.state(head, Action::Done).await;
    assert!(desk.ledger.execute(list, &admin(), &desk.policy).await.unwrap().is_ok());
    // What was disposed of is not read again: a reading of nothing would take the place of what was read.
    assert!(!desk.ledger.papers_read(head, read(&[]), None).await.unwrap());
}

#[tokio::test]
async fn what_the_papers_of_a_kept_file_rest_on_does_not_go_with_another_entry() {
    let desk = Desk::new();
    let goes = desk.arrive("goes", &["shared crl", "own crl"]).await;
    let file = desk.arrive("file", &[]).await;
    desk.class(file, Some("surekli"), &clerk()).await.unwrap();
    desk.ledger.papers_read(file, read(&["shared crl"]), None).await.unwrap();
    let shared = object("shared crl").sha256;
    assert!(desk.needs(file).contains(&shared));
    assert!(desk.ledger.objects().unwrap().contains(&shared), "a walk asks for it");

    dispose(&desk, &[goes]).await;
    let there = |name: &str| desk.ledger.blobs().exists(&object(name).sha256).unwrap();
    assert!(there("shared crl") && !there("own crl"));

    // What went and papers rest on later is here again, and stays.
    desk.ledger.blobs().put(b"own crl").unwrap();
    let next = desk.arrive("next", &[]).await;
    desk.ledger.papers_read(next, read(&["own crl"]), None).await.unwrap();
    desk.ledger.finish_disposals().await.unwrap();
    assert!(there("own crl") && desk.ledger.objects().unwrap().contains(&object("own crl").sha256));
}

/// Everything that is due goes, and that is these.
async fn dispose(desk: &Desk, expected: &[RegisterNumber]) {
    for login in ["amir", "amir2"] {
        let account = crate::people::Account::new(person(login, Role::Supervisor, 4), crate::people::Source::Local);
        let edit = crate::people::Edit::Add(Box::new(account));
        desk.ledger.edit_account(login, edit, Asker::default()).await.unwrap().unwrap();
    }
    desk.world.clock.set(in_year(2012));
    let Ok(Kept::Proposed { list, sha256, .. }) = desk.ask(KeepingRequest::Propose, &admin()).await else {
        panic!("nothing is due")
    };
    let listed = desk.ledger.disposal(list).unwrap().unwrap().list.entries;
    assert_eq!(listed.iter().map(|one| one.number).collect::<Vec<_>>(), expected);
    for login in ["amir", "amir2"] {
        let by = person(login, Role::Supervisor, 4);
        desk.ask(KeepingRequest::Approve { list, sha256 }, &by).await.unwrap();
    }
    desk.ledger.execute(list, &admin(), &desk.policy).await.unwrap().unwrap();
}

/// The message is examined again, and its verdict rests on something else.
async fn reexamined(desk: &Desk, name: &str, objects: &[&str]) -> usize {
    for object in objects {
        desk.ledger.blobs().put(object.as_bytes()).unwrap();
    }
    let sha256 = Sha256::of(name.as_bytes());
    let mut one = draft(sha256, MessageKind::Standard);
    one.labels.insert("kisa".into());
    one.verdict = Some(verdict(objects));
    let at: Timestamp = in_year(2010);
    let changed = desk.ledger.reexamine(Reexamination {
        sha256,
        why: Why::Revocation,
        asker: Asker::default(),
        drafts: vec![one],
        link_keys: Vec::new(),
        evidence: Vec::new(),
        announce: Box::new(move |changed| changed.iter().map(|one| notice(&one.after.mailbox, at)).collect()),
        alerts: std::sync::Arc::clone(&desk.world.alerts),
    });
    changed.await.unwrap().len()
}

#[tokio::test]
async fn what_an_earlier_verdict_rested_on_stays_with_its_entry() {
    let desk = Desk::new();
    let goes = desk.arrive("goes", &["old crl"]).await;
    let kept = desk.arrive("kept", &["old crl"]).await;
    desk.class(kept, Some("surekli"), &clerk()).await.unwrap();
    // Judged again: nothing is known now, then by another list.
    assert_eq!(reexamined(&desk, "kept", &[]).await, 1);
    assert_eq!(reexamined(&desk, "kept", &["new crl"]).await, 1);
    let entry = desk.ledger.entry(kept).unwrap().unwrap();
    assert_eq!(entry.earlier_verdicts.len(), 2);
    let [old, new] = ["old crl", "new crl"].map(|name| object(name).sha256);
    assert!(desk.needs(kept).contains(&old) && desk.needs(kept).contains(&new));

    dispose(&desk, &[goes]).await;
    let there = |sha256: &Sha256| desk.ledger.blobs().exists(sha256).unwrap();
    assert!(there(&old) && there(&new), "the journal says what the first verdict rested on");
    assert!(desk.ledger.objects().unwrap().contains(&old));
    assert!(!there(&Sha256::of(b"goes")));
}

#[tokio::test]
async fn what_was_disposed_of_is_judged_no_more() {
    let desk = Desk::new();
    let goes = desk.arrive("goes", &["crl"]).await;
    dispose(&desk, &[goes]).await;
    let before = desk.ledger.entry(goes).unwrap().unwrap();
    // An examination that had read the bytes before they went.
    assert_eq!(reexamined(&desk, "goes", &["later crl"]).await, 0);
    assert_eq!(desk.ledger.entry(goes).unwrap().unwrap(), before);
    assert!(desk.ledger.waiting().unwrap().is_empty() && !before.awaits_transfer());
    assert!(desk.ledger.is_gone(&object("crl").sha256).unwrap());
}

#[tokio::test]
async fn the_turkish_day_of_a_year_s_end_decides() {
    let desk = Desk::new();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    desk.world.clock.set(at("2010-12-31T21:59:59Z"));
    // Winter time was two hours ahead then: a second before midnight in Turkey.
    let old = desk.arrive("old", &[]).await;
    desk.world.clock.set(at("2010-12-31T22:00:00Z"));
    let young = desk.arrive("young", &[]).await;
    assert_eq!((old.year, young.year), (2010, 2011));
    for (now, due) in [
        ("2011-12-31T21:59:59Z", vec![]),
        ("2011-12-31T22:00:00Z", vec![old]),
        ("2012-12-31T21:59:59Z", vec![old]),
        ("2012-12-31T22:00:00Z", vec![old, young]),
    ] {
        let today = local_day(at(now));
        let found = desk.ledger.due(&admin(), &desk.policy, today, 100).unwrap();
        assert_eq!(found.iter().map(|due| due.entry.register_number).collect::<Vec<_>>(), due, "{now}");
    }
}
