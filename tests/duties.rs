//! What the gateway does by the clock, with a clock that the test turns: every alarm is raised at its time, said once, and over when it is over.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;

use std::collections::BTreeMap;
use std::sync::Arc;

use forge::world::World;
use inside::{Inside, LISTENER, at, pass};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::alert::job::Job;
use kep_gateway::alert::notice::{Cause, Level};
use kep_gateway::daemon::{duties, trouble, walk, watch};
use kep_gateway::ledger::event::{Checked, Event, Handled};
use kep_gateway::mailbox::{ErrorClass, MailboxError, Quota};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::deadlines::kind;
use kep_gateway::register::entry::{Asker, Entry, Handling, State};
use kep_gateway::store::disk::RealDisk;
use kep_gateway::text::Text;

struct Office {
    inside: Inside,
    pipeline: Arc<Pipeline>,
    world: World,
}

impl Office {
    fn open(now: &str) -> Self {
        // The machine that runs the test may have little room; that is not what is tested.
        Self::with(now, "[daemon]\nfree_bytes = 0\n")
    }

    fn with(now: &str, more: &str) -> Self {
        let inside = Inside::new(now, &format!("{more}{LISTENER}"));
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        Self {
            inside,
            pipeline,
            world: World::new(3),
        }
    }

    /// The clock shows `now`, and the duties look at it twice: the second look must not say or write anything.
    async fn look(&self, now: &str) {
        self.inside.set(now);
        duties::look(&self.pipeline).await.unwrap();
        let head = self.pipeline.ledger.head();
        duties::look(&self.pipeline).await.unwrap();
        assert_eq!(self.pipeline.ledger.head(), head, "{now}: a second look wrote something");
    }

    /// The mailbox was checked now, and its quota is so full.
    async fn check(&self, percent: u64) {
        let quota = Some(Quota {
            used_bytes: percent,
            limit_bytes: 100,
        });
        let at = self.pipeline.now();
        let checked = Checked {
            mailbox: "drop".into(),
            at,
            folders: Vec::new(),
            listed: 0,
            new: 0,
            quota,
        };
        self.pipeline.ledger.append(Event::Checked(checked)).await.unwrap();
    }

    fn told(&self, cause: Cause) -> Vec<Job> {
        let mut jobs: Vec<Job> = self
            .pipeline
            .ledger
            .jobs()
            .unwrap()
            .into_iter()
            .filter(|job| job.notice.cause == cause)
            .collect();
        jobs.sort_by_key(|job| job.notice.at);
        jobs
    }

    /// Notices that wait to be told as one.
    async fn held(&self) -> u64 {
        self.pipeline
            .ledger
            .commit(|decision| Ok(decision.state.outbox.held()))
            .await
            .unwrap()
    }

    async fn arrive(&self, kind: &str) -> Entry {
        let sample = self.world.sample(kind, 0);
        self.inside.put("message.eml", &sample.raw);
        pass(&self.pipeline).await;
        self.pipeline.ledger.entries().next().unwrap().unwrap()
    }
}

fn deemed_read(entry: &Entry) -> Timestamp {
    entry
        .deadlines
        .iter()
        .find(|deadline| deadline.kind == kind::DEEMED_READ)
        .unwrap()
        .at
}

#[tokio::test]
async fn a_check_that_was_not_made_by_its_hour_is_said_once_a_business_day_and_taken_back_when_it_is_made() {
    let office = Office::open("2026-11-23T06:59:00Z");
    office.look("2026-11-23T06:59:00Z").await;
    assert!(office.told(Cause::DailyCheckMissed).is_empty(), "it is 09:59");
    for time in ["07:00", "07:10", "12:00", "20:59"] {
        office.look(&format!("2026-11-23T{time}:00Z")).await;
        assert_eq!(office.told(Cause::DailyCheckMissed).len(), 1, "{time}");
    }
    office.look("2026-11-24T07:00:00Z").await;
    assert_eq!(office.told(Cause::DailyCheckMissed).len(), 2, "another day, another alarm");

    office.inside.set("2026-11-24T12:00:00Z");
    office.check(1).await;
    office.look("2026-11-24T12:01:00Z").await;
    let told = office.told(Cause::DailyCheckMissed);
    assert_eq!(told.len(), 3);
    assert!(told[2].notice.title.en.contains("alarm over"), "{}", told[2].notice.title.en);
    assert!(office.pipeline.ledger.standing("daily-check/drop").unwrap().is_none());
    office.look("2026-11-24T20:00:00Z").await;
    assert_eq!(office.told(Cause::DailyCheckMissed).len(), 3);
    assert_eq!(office.held().await, 0);
}

#[tokio::test]
async fn nobody_must_check_on_a_holiday() {
    // The feast of the Republic, a Saturday and a Sunday.
    for day in ["2026-10-29", "2026-11-21", "2026-11-22"] {
        let office = Office::open(&format!("{day}T05:00:00Z"));
        for hour in ["07", "10", "20"] {
            office.look(&format!("{day}T{hour}:30:00Z")).await;
        }
        assert!(office.told(Cause::DailyCheckMissed).is_empty(), "{day}");
        assert_eq!(office.told(Cause::DailyReport).len(), 1, "{day}: the report comes all the same");
    }
}

#[tokio::test]
async fn a_document_that_nobody_opened_is_told_as_its_moment_nears_and_when_it_has_passed() {
    let office = Office::open("2026-11-09T07:00:00Z");
    let entry = office.arrive("standard").await;
    let moment = deemed_read(&entry);
    // The early moment of a 24-hour reading of the rule is told, too: not counted here.
    let told = |office: &Office| {
        let told = office.told(Cause::DeemedReadNear);
        told.into_iter()
            .filter(|job| (job.notice.at - moment).get_hours().abs() < 4)
            .count()
    };
    let time = |minutes: i64| (moment + SignedDuration::from_mins(minutes)).to_string();
    office.look(&time(-60)).await;
    let near = office
        .pipeline
        .ledger
        .standing_under("deadline/2026/000001/deemed-read/Near")
        .unwrap();
    assert_eq!(near.len(), 1);
    assert_eq!(
        told(&office) as u64 + office.held().await,
        office.pipeline.ledger.standing_under("deadline/").unwrap().len() as u64
    );
    let job = &office.told(Cause::DeemedReadNear)[0];
    assert_eq!(job.notice.level, Level::Critical);
    let before = (told(&office), office.held().await);
    office.look(&time(-30)).await;
    assert_eq!((told(&office), office.held().await), before, "said once");

    office.look(&time(1)).await;
    assert_eq!(
        office
            .pipeline
            .ledger
            .standing_under("deadline/2026/000001/deemed-read/Passed")
            .unwrap()
            .len(),
        1
    );
    let standing = office.pipeline.ledger.standing_under("deadline/").unwrap().len();
    office.look(&time(60 * 24 * 5)).await;
    office.look(&time(60 * 24 * 30)).await;
    assert_eq!(
        office.pipeline.ledger.standing_under("deadline/").unwrap().len(),
        standing,
        "said once"
    );
}

#[tokio::test]
async fn a_document_that_somebody_opened_needs_no_alarm() {
    let office = Office::open("2026-11-09T07:00:00Z");
    let entry = office.arrive("standard").await;
    let handling = Handling {
        by: "memur".into(),
        at: office.pipeline.now(),
        state: State::Opened,
        note: None,
        uid: None,
        action: Default::default(),
    };
    office
        .pipeline
        .ledger
        .append(Event::Handled(Handled {
            number: entry.register_number,
            handling,
        }))
        .await
        .unwrap();
    for minutes in [-120, -1, 1, 600] {
        office
            .look(&(deemed_read(&entry) + SignedDuration::from_mins(minutes)).to_string())
            .await;
    }
    assert!(office.told(Cause::DeemedReadNear).is_empty());
    assert!(office.pipeline.ledger.standing_under("deadline/").unwrap().is_empty());
}

#[tokio::test]
async fn a_first_run_over_an_old_mailbox_brings_no_alarms_about_moments_long_past() {
    let office = Office::open("2027-03-01T07:00:00Z");
    let entry = office.arrive("standard").await;
    assert!(deemed_read(&entry) < at("2026-12-01T00:00:00Z"));
    office.look("2027-03-01T07:05:00Z").await;
    assert!(office.told(Cause::DeemedReadNear).is_empty());
}

#[tokio::test]
async fn a_quota_is_told_at_each_step_once() {
    let office = Office::open("2026-11-23T05:00:00Z");
    for (percent, expected) in [
        (69, vec![]),
        (70, vec![Level::Note]),
        (84, vec![Level::Note]),
        (85, vec![Level::Note, Level::Warning]),
    ] {
        office.check(percent).await;
        office.look("2026-11-23T05:00:00Z").await;
        let levels: Vec<Level> = office.told(Cause::Quota).iter().map(|job| job.notice.level).collect();
        let mut sorted = levels.clone();
        sorted.sort();
        assert_eq!(sorted, expected, "{percent} %");
    }
    office.check(96).await;
    office.look("2026-11-23T05:01:00Z").await;
    assert_eq!(office.told(Cause::Quota).last().unwrap().notice.level, Level::Critical);
    assert_eq!(office.held().await, 0);

    // Somebody cleans up; when it fills up again, it is told again.
    office.check(10).await;
    office.look("2026-11-25T05:01:00Z").await;
    assert!(office.pipeline.ledger.standing_under("quota/").unwrap().is_empty());
    office.check(71).await;
    office.look("2026-11-25T05:02:00Z").await;
    assert_eq!(office.told(Cause::Quota).len(), 4);
}

#[tokio::test]
async fn a_mailbox_that_is_full_at_once_is_told_once_and_at_its_loudest() {
    let office = Office::open("2026-11-23T05:00:00Z");
    office.check(99).await;
    office.look("2026-11-23T05:00:00Z").await;
    let told = office.told(Cause::Quota);
    assert_eq!((told.len(), told[0].notice.level, office.held().await), (1, Level::Critical, 0));
}

#[tokio::test]
async fn evidence_without_a_message_is_told_from_the_next_day_on_once_a_day() {
    let office = Office::open("2026-11-09T07:00:00Z");
    office.arrive("evidence-delivered").await;
    office.look("2026-11-09T19:00:00Z").await;
    assert!(office.told(Cause::OrphanEvidence).is_empty(), "its message may still come today");
    for (day, count) in [("2026-11-10", 1), ("2026-11-11", 2), ("2026-11-12", 3)] {
        office.look(&format!("{day}T05:00:00Z")).await;
        office.look(&format!("{day}T18:00:00Z")).await;
        assert_eq!(office.told(Cause::OrphanEvidence).len(), count, "{day}");
    }
}

#[tokio::test]
async fn a_report_comes_every_day_at_its_hour_even_when_nothing_came() {
    let office = Office::open("2026-11-09T05:29:00Z");
    office.arrive("standard").await;
    office.look("2026-11-09T05:29:00Z").await;
    assert!(office.told(Cause::DailyReport).is_empty(), "it is 08:29");
    // Monday to the Monday after.
    for (nth, day) in (9..17).enumerate() {
        for time in ["05:30", "12:00", "20:00"] {
            office.look(&format!("2026-11-{day:02}T{time}:00Z")).await;
        }
        let told = office.told(Cause::DailyReport);
        assert_eq!(told.len(), nth + 1, "2026-11-{day:02}");
        let facts: &BTreeMap<String, String> = &told[nth].notice.facts;
        assert_eq!(facts["registered"], if nth == 0 { "1" } else { "0" }, "2026-11-{day:02}");
        assert_eq!(
            facts["unchecked"],
            if nth < 2 { "0" } else { "1" },
            "2026-11-{day:02}: it was checked on the 9th only"
        );
    }
    let body = &office.told(Cause::DailyReport)[0].notice.body.tr;
    assert!(
        body.contains("drop: kontrol 1") && body.contains("sunucuda 1, alınan 1, kayıtlı 1, açık 0"),
        "{body}"
    );
    assert!(body.contains("2026/000001"), "the open deadline: {body}");
}

#[tokio::test]
async fn a_disk_that_runs_low_is_said_once_and_again_when_it_has_been_well_between() {
    let office = Office::with("2026-11-23T05:00:00Z", "[daemon]\nfree_bytes = 1000000000000000000\n");
    for minute in 0..5 {
        office.look(&format!("2026-11-23T05:0{minute}:00Z")).await;
    }
    assert_eq!(office.told(Cause::Disk).len(), 1);
    let roomy = Inside::new("2026-11-23T05:00:00Z", "[daemon]\nfree_bytes = 0\n");
    office.pipeline.replace_settings(roomy.settings());
    office.look("2026-11-23T05:10:00Z").await;
    assert!(office.pipeline.ledger.standing("disk/low").unwrap().is_none());
    office.pipeline.replace_settings(office.inside.settings());
    office.look("2026-11-23T09:00:00Z").await;
    assert_eq!(office.told(Cause::Disk).len(), 2);
}

#[tokio::test]
async fn a_mailbox_that_fails_for_an_hour_is_said_once_and_the_same_failure_again_writes_nothing() {
    let office = Office::open("2026-11-23T05:00:00Z");
    let error = MailboxError {
        mailbox: "drop".into(),
        step: "connect",
        class: ErrorClass::Transient,
        problem: Box::new("connection refused".into()),
        cure: Text::new("Sunucuya bakın.", "Look at the server."),
    };
    for minute in 0..90 {
        office
            .inside
            .clock
            .set(at("2026-11-23T05:00:00Z") + SignedDuration::from_mins(minute));
        watch::report(&office.pipeline, &error).await;
        duties::look(&office.pipeline).await.unwrap();
        assert_eq!(
            office.told(Cause::MailboxFailing).len(),
            usize::from(minute >= 60),
            "after {minute} minutes"
        );
    }
    let head = office.pipeline.ledger.head();
    watch::report(&office.pipeline, &error).await;
    assert_eq!(office.pipeline.ledger.head(), head);
    // Refused credentials are told every time: somebody has just tried to put them right.
    let refused = MailboxError {
        class: ErrorClass::Authentication,
        step: "login",
        ..error
    };
    office.inside.set("2026-11-23T07:00:00Z");
    watch::report(&office.pipeline, &refused).await;
    assert_eq!(office.told(Cause::AuthenticationFailure).len(), 1);
    office.check(1).await;
    assert!(office.pipeline.ledger.mailbox("drop").unwrap().failure.is_none());
}

/// A mailbox that is gone, evidence without a message, a quota that stays full, a document that nobody opens: for half a year.
#[tokio::test]
async fn what_stands_for_months_does_not_fill_the_journal() {
    let office = Office::open("2026-11-09T07:00:00Z");
    office.arrive("evidence-delivered").await;
    office.check(96).await;
    let began = office.pipeline.ledger.head().sequence;
    let start = at("2026-11-09T07:00:00Z");
    const DAYS: i64 = 180;
    for hour in (0..DAYS * 24).step_by(2) {
        office.inside.clock.set(start + SignedDuration::from_hours(hour));
        duties::look(&office.pipeline).await.unwrap();
    }
    let days = DAYS as usize;
    assert_eq!(office.told(Cause::DailyReport).len(), days);
    assert_eq!(office.told(Cause::Quota).len(), 1);
    let written = office.pipeline.ledger.head().sequence - began;
    println!("{written} records in {DAYS} days");
    // A report, a missed check and the orphans, each with its note that it was said; a document's alarms once.
    assert!(written <= 6 * DAYS as u64 + 20, "{written} records in {DAYS} days");
}

#[tokio::test]
async fn what_opening_the_store_put_right_is_an_alarm() {
    let office = Office::open("2026-11-23T07:00:00Z");
    trouble::tell_recovery(&office.pipeline).await.unwrap();
    let told = office.told(Cause::Recovery);
    assert_eq!(told.len(), 1);
    assert!(told[0].notice.title.tr.contains("boş bir depo") && told[0].notice.level == Level::Warning);
    let Office { inside, pipeline, .. } = office;
    drop(pipeline);

    // A stop in order is nothing to tell.
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    let jobs = pipeline.ledger.jobs().unwrap().len();
    trouble::tell_recovery(&pipeline).await.unwrap();
    assert_eq!(pipeline.ledger.jobs().unwrap().len(), jobs);
    drop(pipeline);

    let segments = std::fs::read_dir(inside.root().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let last = segments
        .filter(|path| path.extension().is_some_and(|extension| extension == "kepj"))
        .max()
        .unwrap();
    let mut torn = std::fs::OpenOptions::new().append(true).open(&last).unwrap();
    std::io::Write::write_all(&mut torn, &[0, 0, 0, 40, 1, 2, 3]).unwrap();
    drop(torn);
    inside.set("2026-11-24T07:00:00Z");
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    trouble::tell_recovery(&pipeline).await.unwrap();
    let jobs = pipeline.ledger.jobs().unwrap();
    let cut: Vec<&Job> = jobs.iter().filter(|job| job.notice.key == "journal/cut").collect();
    assert_eq!(cut.len(), 1, "{jobs:?}");
    assert_eq!(cut[0].notice.facts["bytes"], "7");
    assert!(cut[0].notice.body.tr.contains(last.file_name().unwrap().to_str().unwrap()));
}

#[tokio::test]
async fn a_first_start_late_in_the_day_waits_for_its_first_pass_before_it_alarms_and_reports() {
    // A Monday, 11:00 in Turkey: after the hour of the daily check.
    let office = Office::open("2026-11-23T08:00:00Z");
    let started = office.pipeline.now();
    let look = async |now: &str| {
        office.inside.set(now);
        duties::look_since(&office.pipeline, started).await.unwrap();
        (office.told(Cause::DailyCheckMissed).len(), office.told(Cause::DailyReport).len())
    };
    assert_eq!(look("2026-11-23T08:00:01Z").await, (0, 0), "the first pass is under way");
    assert_eq!(look("2026-11-23T08:09:59Z").await, (0, 0));
    office.check(1).await;
    assert_eq!(
        look("2026-11-23T08:09:59Z").await,
        (0, 1),
        "it ended: the report has something to say"
    );

    // What never ends is an alarm all the same.
    let office = Office::open("2026-11-23T08:00:00Z");
    let look = async |now: &str| {
        office.inside.set(now);
        duties::look_since(&office.pipeline, started).await.unwrap();
        (office.told(Cause::DailyCheckMissed).len(), office.told(Cause::DailyReport).len())
    };
    assert_eq!(look("2026-11-23T08:09:59Z").await, (0, 0));
    assert_eq!(look("2026-11-23T08:10:00Z").await, (1, 1));

    // A pass that failed has ended: nobody waits ten minutes to hear of it.
    let office = Office::open("2026-11-23T08:00:00Z");
    office.inside.set("2026-11-23T08:00:05Z");
    let error = MailboxError {
        mailbox: "drop".into(),
        step: "list",
        class: ErrorClass::Transient,
        problem: Box::new(Text::new("yok", "gone")),
        cure: Text::new("bakın", "look"),
    };
    watch::report(&office.pipeline, &error).await;
    duties::look_since(&office.pipeline, started).await.unwrap();
    assert_eq!(office.told(Cause::DailyCheckMissed).len(), 1);
}

#[tokio::test]
async fn what_lies_in_the_folder_and_is_not_taken_is_told_when_it_comes_and_reported_every_day() {
    let office = Office::open("2026-11-23T05:00:00Z");
    let aside = || {
        let state = office.pipeline.ledger.mailbox("drop").unwrap();
        (
            state.not_taken,
            state
                .not_taken_files
                .iter()
                .map(|text| text.tr.clone())
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    let told = || {
        let jobs = office.told(Cause::MailboxFailing).into_iter();
        jobs.map(|job| job.notice)
            .filter(|notice| notice.key == "drop/not-taken")
            .collect::<Vec<_>>()
    };
    pass(&office.pipeline).await;
    assert_eq!((aside().0, told().len()), (0, 0));
    office.inside.put("note.txt", b"x");
    std::fs::create_dir(office.inside.dir.path().join("drop/alt")).unwrap();
    office.inside.put("alt/z.eml", b"Subject: x\n\ny\n");
    pass(&office.pipeline).await;
    let (count, names) = aside();
    assert!(count == 2 && names.contains("'note.txt'") && names.contains("'alt'"), "{names}");
    let notices = told();
    assert_eq!(notices.len(), 1);
    let body = &notices[0].body.tr;
    assert!(
        body.contains("note.txt") && body.contains("'alt'") && body.contains("deftere girmedi"),
        "{body}"
    );
    assert!(!body.contains("Hiçbir ileti atlanmadı"), "{body}");
    let head = office.pipeline.ledger.head();
    pass(&office.pipeline).await;
    assert_eq!(told().len(), 1, "said once");
    assert!(
        office.pipeline.ledger.head().sequence <= head.sequence + 1,
        "only the check is recorded"
    );

    // The daily report says it every day, by name.
    office.look("2026-11-23T09:00:00Z").await;
    let report = office.told(Cause::DailyReport).pop().unwrap().notice;
    assert!(
        report.body.tr.contains("alınmayan dosya 2") && report.body.tr.contains("'note.txt'"),
        "{}",
        report.body.tr
    );
    assert!(report.title.tr.contains("DİKKAT"), "{}", report.title.tr);

    std::fs::remove_file(office.inside.dir.path().join("drop/note.txt")).unwrap();
    std::fs::remove_dir_all(office.inside.dir.path().join("drop/alt")).unwrap();
    pass(&office.pipeline).await;
    assert_eq!((aside().0, told().len()), (0, 1), "over, and nothing new is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_clock_that_ran_ahead_the_report_the_alarm_and_the_walk_come_at_their_time_again() {
    let office = Office::open("2026-11-20T05:00:00Z");
    office.inside.set("2027-06-01T07:30:00Z");
    office.check(1).await;
    office.look("2027-06-01T07:30:00Z").await;
    assert_eq!(office.told(Cause::DailyReport).len(), 1);
    assert!(walk::look(&office.pipeline, 0).await.unwrap());

    // The clock is right again, and a person says so.
    office.inside.set("2026-11-20T07:30:00Z");
    assert!(duties::look(&office.pipeline).await.is_err(), "the record lies ahead");
    let accepted = office
        .pipeline
        .ledger
        .accept_clock("saat bir gün ileri kaldı".into(), Asker::default());
    assert!(accepted.await.unwrap().is_some());
    office.look("2026-11-20T07:30:00Z").await;
    assert_eq!(office.told(Cause::DailyReport).len(), 2);
    assert_eq!(office.told(Cause::DailyCheckMissed).len(), 1, "nobody checked today");
    assert!(walk::look(&office.pipeline, 0).await.unwrap());
    assert!(!walk::look(&office.pipeline, 0).await.unwrap(), "walked just now");
    office.look("2026-11-21T07:30:00Z").await;
    assert_eq!(office.told(Cause::DailyReport).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trouble_that_nobody_could_be_told_is_told_the_next_time() {
    let office = Office::open("2026-11-09T07:00:00Z");
    office.check(1).await;
    let why = || Text::new("satır 3 yanlış", "line 3 is wrong");
    // The record refuses what comes hours before it, and nobody answers past it.
    office.inside.set("2026-11-08T07:00:00Z");
    trouble::tell_reload(&office.pipeline, why()).await;
    assert!(office.told(Cause::Configuration).is_empty());
    assert_eq!(office.pipeline.troubles().len(), 1, "it stands on the board");
    office.inside.set("2026-11-09T07:01:00Z");
    trouble::tell_reload(&office.pipeline, why()).await;
    trouble::tell_reload(&office.pipeline, why()).await;
    assert_eq!(office.told(Cause::Configuration).len(), 1);
}
