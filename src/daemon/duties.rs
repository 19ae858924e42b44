//! The clock-driven work: the daily check, deadlines that come near, quota, orphans, disk, the daily report, and the sign of life.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::walk;
use crate::alert::causes::{self, DiskTrouble};
use crate::alert::daily::check::{CheckAlarms, CheckEvent, MailboxCheck};
use crate::alert::daily::report::{DailyReport, DeadlineLine, MailboxLine, SentLine};
use crate::alert::daily::report_due;
use crate::alert::heartbeat::{self, Beat};
use crate::alert::notice::Notice;
use crate::clock::{istanbul, local_day};
use crate::ledger::clock::{DEADLINE, ORPHANS};
use crate::ledger::event::{Event, Standing};
use crate::mailbox::import;
use crate::pipeline::announce::Told;
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::entry::{Entry, RegisterNumber, State};
use crate::register::nearing::{Phase, is_open, nearing};
use crate::text::Text;

/// How long after a start the first pass over a mailbox may take before its daily check counts as missed: a first start late in the day must
/// not begin with an alarm and a report about nothing while the messages are on their way.
const FIRST_PASS: SignedDuration = SignedDuration::from_mins(10);

/// How often the clock is looked at. An alarm is at most this late.
const LOOK: Duration = Duration::from_secs(20);

/// Deadlines that the daily report lists.
const REPORTED_DEADLINES: usize = 100;

/// Files of one folder that were not taken and that the daily report names.
const REPORTED_ASIDE: usize = 10;

/// How far back missed deadlines are looked for: somewhat more than they are told for.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(8 * 24);

/// How far back the daily report counts what nobody has looked at since.
const REPORTED_BACK: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How long the duties may be silent: an outbox or a disk that is slow, and not one that is dead.
const ALLOWANCE: Duration = Duration::from_secs(600);

const TASK: &str = "duties";

pub async fn keep(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    let noted = Notify::new();
    tokio::select! {
        () = look_again(&pipeline, &progress, &stop, &noted) => {}
        // Beside the looks: a dying disk takes minutes to say that it does not give something back, and the watchdog does not wait for that.
        () = super::loss::keep(&pipeline, LOOK, &noted) => {}
    }
}

async fn look_again(pipeline: &Pipeline, progress: &Progress, stop: &CancellationToken, noted: &Notify) {
    progress.beat(TASK, ALLOWANCE);
    let started = pipeline.now();
    loop {
        match look_since(pipeline, started).await {
            Ok(()) => progress.beat(TASK, ALLOWANCE),
            Err(error) => {
                tracing::error!(%error, "the clock-driven checks could not be made; they are repeated");
                super::trouble::tell_disk(pipeline, &error).await;
                // What no waiting heals is no progress: the watchdog may end it, and the heartbeat is heard.
                if error.is_transient() {
                    progress.beat(TASK, ALLOWANCE);
                }
            }
        }
        feed(pipeline, progress);
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
            // Somebody wanted to read what is lost: that is told now.
            () = noted.notified() => {}
        }
    }
    progress.end(TASK);
}

/// Only progress feeds the watchdog and the heartbeat: a daemon that hangs must be heard.
fn feed(pipeline: &Pipeline, progress: &Progress) {
    let silent = progress.silent();
    if !silent.is_empty() {
        return tracing::error!(tasks = silent.join(", "), "no progress; the watchdog is not fed");
    }
    super::notify(&[sd_notify::NotifyState::Watchdog]);
    let path = pipeline.settings().config.heartbeat_file();
    if let Err(error) = heartbeat::write(&path, &Beat::new(pipeline.now())) {
        tracing::error!(%error, "the heartbeat could not be written");
    }
}

/// What reading found lost since the last look, and one look at the clock. Public for tests that are the clock.
///
/// # Errors
/// The record cannot be read or written.
pub async fn look(pipeline: &Pipeline) -> Result<(), PipelineError> {
    super::loss::noticed(pipeline).await?;
    look_since(pipeline, Timestamp::MIN).await
}

/// The same, of a daemon that started then: what is only late because it was not running is fetched first and judged after that.
///
/// # Errors
/// As [`look`].
pub async fn look_since(pipeline: &Pipeline, started: Timestamp) -> Result<(), PipelineError> {
    let begun = still_in_first_pass(pipeline, started)?;
    check_daily_duty(pipeline, &begun).await?;
    check_failing_mailboxes(pipeline).await?;
    check_deadlines(pipeline).await?;
    check_quotas(pipeline).await?;
    check_orphans(pipeline).await?;
    super::sent::check(pipeline).await?;
    check_disk(pipeline).await?;
    super::loss::look(pipeline).await?;
    match begun.is_empty() {
        true => report_daily(pipeline).await,
        false => Ok(()),
    }
}

/// Mailboxes whose first pass since the start neither succeeded nor failed yet, as long as that is no alarm in itself.
fn still_in_first_pass(pipeline: &Pipeline, started: Timestamp) -> Result<BTreeSet<String>, PipelineError> {
    let mut begun = BTreeSet::new();
    let now = pipeline.now();
    let runs_for = now.duration_since(started);
    // A clock that was set back does not make the start one of next year.
    if runs_for.is_negative() || runs_for >= FIRST_PASS {
        return Ok(begun);
    }
    for mailbox in &pipeline.settings().config.mailbox {
        let state = pipeline.ledger.mailbox(mailbox.name())?;
        let ends = [state.last_check, state.failure.map(|failure| failure.at)];
        if ends.into_iter().flatten().all(|end| end < started || end > now) {
            begun.insert(mailbox.name().to_owned());
        }
    }
    Ok(begun)
}

/// A standing alarm is said when it begins, and where `ended` says something, when it ends.
pub(super) async fn stand(pipeline: &Pipeline, alarm: String, begun: Option<Notice>, ended: Option<Notice>) -> Result<(), PipelineError> {
    let (stands, holds) = (pipeline.ledger.standing(&alarm)?.is_some(), begun.is_some());
    if stands == holds {
        return Ok(());
    }
    pipeline.raise(if holds { begun } else { ended }.into_iter().collect()).await?;
    let since = holds.then(|| pipeline.now());
    Ok(pipeline
        .ledger
        .append(Event::Standing(Standing {
            alarm,
            since,
            facts: BTreeMap::new(),
        }))
        .await?)
}

const DAILY_CHECK: &str = "daily-check/";

async fn check_daily_duty(pipeline: &Pipeline, begun: &BTreeSet<String>) -> Result<(), PipelineError> {
    let (settings, now) = (pipeline.settings(), pipeline.now());
    let mut alarms = CheckAlarms::default();
    for standing in pipeline.ledger.standing_under(DAILY_CHECK)? {
        let mailbox = standing.alarm.trim_start_matches(DAILY_CHECK).to_owned();
        let day = standing.since.map(local_day).unwrap_or_default();
        alarms.apply(&CheckEvent::Missed {
            mailbox,
            day,
            last_success: None,
        });
    }
    let mut checks = Vec::new();
    for mailbox in settings.config.mailbox.iter().filter(|mailbox| !begun.contains(mailbox.name())) {
        let last_success = pipeline.ledger.mailbox(mailbox.name())?.last_check;
        checks.push(MailboxCheck {
            mailbox: mailbox.name().to_owned(),
            last_success,
        });
    }
    for event in alarms.judge(now, settings.alerts.daily_check, &checks, |day| {
        settings.registry.calendar.is_business_day(day)
    }) {
        let (alarm, since, notice) = match event {
            CheckEvent::Missed { mailbox, last_success, .. } => (
                format!("{DAILY_CHECK}{mailbox}"),
                Some(now),
                causes::daily_check_missed(&mailbox, last_success, now),
            ),
            CheckEvent::Done { mailbox, .. } => (format!("{DAILY_CHECK}{mailbox}"), None, causes::daily_check_done(&mailbox, now)),
        };
        pipeline.raise(vec![notice]).await?;
        pipeline
            .ledger
            .append(Event::Standing(Standing {
                alarm,
                since,
                facts: BTreeMap::new(),
            }))
            .await?;
    }
    Ok(())
}

/// A mailbox that fails for longer than it may. Refused credentials were told at once, when they were refused.
async fn check_failing_mailboxes(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let (settings, now) = (pipeline.settings(), pipeline.now());
    for mailbox in &settings.config.mailbox {
        let state = pipeline.ledger.mailbox(mailbox.name())?;
        let failing = state.failure.as_ref().filter(|_| {
            let since = state.failing_since.unwrap_or(now);
            now.duration_since(since).unsigned_abs() >= settings.config.daemon.failing_for
        });
        let begun = failing.map(|failure| {
            causes::mailbox_failing(
                mailbox.name(),
                &failure.step,
                state.failing_since.unwrap_or(now),
                &failure.cure,
                now,
            )
        });
        stand(pipeline, format!("failing/{}", mailbox.name()), begun, None).await?;
    }
    Ok(())
}

async fn check_deadlines(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let (settings, now) = (pipeline.settings(), pipeline.now());
    let lead = settings.config.register.warn_business_hours;
    for number in with_untold_deadlines(pipeline, now)? {
        let Some(entry) = pipeline.ledger.entry(number)? else { continue };
        for near in nearing(&entry, now, &settings.registry.calendar, lead) {
            let told = Told::new(&entry, &settings.config.register.prefix, &[]);
            let notice = causes::deadline_near(&told.facts(&entry), near.deadline, now);
            stand(
                pipeline,
                deadline_alarm(number, &near.deadline.kind, near.phase),
                Some(notice),
                None,
            )
            .await?;
        }
    }
    Ok(())
}

fn deadline_alarm(number: RegisterNumber, kind: &str, phase: Phase) -> String {
    format!("{DEADLINE}{number}/{kind}/{phase:?}")
}

/// Entries whose open deadline may have come near or passed since it was last told. Looked at three times a minute, so it reads no entry
/// that has nothing new to say.
fn with_untold_deadlines(pipeline: &Pipeline, now: Timestamp) -> Result<BTreeSet<RegisterNumber>, PipelineError> {
    let mut found = BTreeSet::new();
    for open in pipeline.ledger.open_deadlines(back(now, LOOKED_BACK))? {
        let phase = if open.at < now { Phase::Passed } else { Phase::Near };
        if pipeline.ledger.standing(&deadline_alarm(open.number, &open.kind, phase))?.is_none() {
            found.insert(open.number);
        }
    }
    Ok(found)
}

/// Entries with a deadline that can still be missed, or was missed within `REPORTED_BACK`.
fn open_entries(pipeline: &Pipeline, now: Timestamp) -> Result<Vec<Entry>, PipelineError> {
    let numbers: BTreeSet<RegisterNumber> = pipeline
        .ledger
        .open_deadlines(back(now, REPORTED_BACK))?
        .into_iter()
        .map(|open| open.number)
        .collect();
    let mut entries = Vec::new();
    for number in numbers {
        entries.extend(pipeline.ledger.entry(number)?);
    }
    Ok(entries)
}

fn back(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_sub(by).unwrap_or(Timestamp::MIN)
}

async fn check_quotas(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let now = pipeline.now();
    for mailbox in &pipeline.settings().config.mailbox {
        let Some(quota) = pipeline.ledger.mailbox(mailbox.name())?.quota else {
            continue;
        };
        let mut told = false;
        // From the highest step down: a mailbox that fills at once is told once.
        for (step, _) in causes::QUOTA_STEPS {
            let alarm = format!("quota/{}/{step}", mailbox.name());
            let reached = quota.percent() >= step;
            if reached == pipeline.ledger.standing(&alarm)?.is_some() {
                told |= reached;
                continue;
            }
            let notice = causes::quota(mailbox.name(), quota.percent(), now).filter(|_| reached && !told);
            told |= reached;
            pipeline.raise(notice.into_iter().collect()).await?;
            let since = reached.then_some(now);
            pipeline
                .ledger
                .append(Event::Standing(Standing {
                    alarm,
                    since,
                    facts: BTreeMap::new(),
                }))
                .await?;
        }
    }
    Ok(())
}

/// Orphans are told once a day until they are linked.
async fn check_orphans(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let now = pipeline.now();
    let orphans = pipeline.ledger.orphans()?;
    let oldest = orphans.iter().map(|orphan| orphan.seen_at).min();
    // Evidence may be a little earlier than its message: only what waits since another day is told.
    let begun = oldest
        .filter(|oldest| local_day(*oldest) != local_day(now))
        .map(|oldest| causes::orphan_evidence(orphans.len() as u64, oldest, now));
    if begun.is_some() {
        stand(pipeline, format!("{ORPHANS}{}", local_day(now)), begun, None).await?;
    }
    Ok(())
}

async fn check_disk(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let limit = pipeline.settings().config.daemon.free_bytes;
    let free = pipeline.ledger.free_bytes()?;
    let begun = (free < limit).then(|| causes::disk(DiskTrouble::Low(free >> 20), pipeline.now()));
    stand(pipeline, "disk/low".to_owned(), begun, None).await
}

const REPORT: &str = "daily-report";

/// From one report to the next.
const REPORTED_EVERY: SignedDuration = SignedDuration::from_hours(24);

async fn report_daily(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let (settings, now) = (pipeline.settings(), pipeline.now());
    let last = pipeline.ledger.standing(REPORT)?.and_then(|standing| standing.since);
    // A report of a day that is still to come was sent by a wrong clock: what came since yesterday is told, and today's report is due.
    let last = last.map(|last| {
        if local_day(last) > local_day(now) {
            back(now, REPORTED_EVERY)
        } else {
            last
        }
    });
    let Some(day) = report_due(now, settings.alerts.daily_report, last.map(local_day)) else {
        return Ok(());
    };
    let report = compose(pipeline, day, now, last)?;
    pipeline.raise(vec![report.notice()]).await?;
    let said = Standing {
        alarm: REPORT.to_owned(),
        since: Some(now),
        facts: BTreeMap::new(),
    };
    Ok(pipeline.ledger.append(Event::Standing(said)).await?)
}

/// For the daily report: what stands wrong in this process.
fn standing(pipeline: &Pipeline) -> Vec<Text> {
    let all = pipeline.troubles().into_iter();
    all.map(|(trouble, stands)| {
        let name = trouble.name();
        Text::new(format!("{}: {}", name.tr, stands.why.tr), format!("{}: {}", name.en, stands.why.en))
    })
    .collect()
}

/// What lies in the folders and was not taken, by name, every day while it lies there.
fn left_aside(pipeline: &Pipeline) -> Result<Vec<Text>, PipelineError> {
    let mut all = Vec::new();
    for mailbox in &pipeline.settings().config.mailbox {
        let (name, state) = (mailbox.name(), pipeline.ledger.mailbox(mailbox.name())?);
        let told = state.not_taken_files.iter().take(REPORTED_ASIDE);
        all.extend(told.map(|text| Text::new(format!("{name}: {}", text.tr), format!("{name}: {}", text.en))));
    }
    Ok(all)
}

fn compose(pipeline: &Pipeline, day: Date, now: Timestamp, last: Option<Timestamp>) -> Result<DailyReport, PipelineError> {
    let (settings, ledger) = (pipeline.settings(), &pipeline.ledger);
    let mut mailboxes = Vec::new();
    for mailbox in &settings.config.mailbox {
        let (state, counts) = (ledger.mailbox(mailbox.name())?, ledger.counts(mailbox.name())?);
        // Both days that the time since the last report touches.
        let yesterday = day.yesterday().unwrap_or(day);
        let checks = ledger.day(mailbox.name(), day)?.checks + ledger.day(mailbox.name(), yesterday)?.checks;
        mailboxes.push(MailboxLine {
            mailbox: mailbox.name().to_owned(),
            last_success: state.last_check,
            checks,
            on_server: state.last_check.map(|_| counts.listed),
            fetched: counts.fetched,
            registered: counts.registered,
            holes: counts.holes,
            not_taken: state.not_taken,
            quota_percent: state.quota.map(|quota| quota.percent()),
        });
    }
    let open = open_entries(pipeline, now)?;
    let mut deadlines: Vec<DeadlineLine> = open
        .iter()
        .flat_map(|entry| {
            entry
                .deadlines
                .iter()
                .filter(|deadline| is_open(entry.state, deadline) && deadline.at >= now)
                .map(move |deadline| (entry, deadline))
        })
        .map(|(entry, deadline)| DeadlineLine {
            number: entry.register_number.to_string(),
            kind: deadline.kind.clone(),
            at: deadline.at,
        })
        .collect();
    deadlines.sort_by_key(|line| line.at);
    deadlines.truncate(REPORTED_DEADLINES);
    let sent = ledger.sent_counts()?;
    let today = now.to_zoned(istanbul()).date();
    // Said every day while it lasts: the alarm itself was one mail among many.
    let broken = ledger.standing(walk::BROKEN)?.map(|_| {
        Text::new(
            "Kayıt arka planda denetlendi ve BOZUK bulundu; 'kep-gateway journal verify' çalıştırın ve bozulanı yedekten geri koyun.",
            "The record was walked in the background and found BROKEN; run 'kep-gateway journal verify' and put back from a backup what is damaged.",
        )
    });
    let not_taken = left_aside(pipeline)?;
    let import_holes = match ledger.holes_of(import::NAME)?.len() {
        0 => None,
        count => Some(Text::new(
            format!("import: elle verilen {count} dosya alınamadı; 'kep-gateway mailboxes' adlarıyla gösterir."),
            format!("import: {count} files that were handed over could not be taken; 'kep-gateway mailboxes' names them."),
        )),
    };
    let (keys, of_keys) = super::keys::remarks(pipeline)?;
    Ok(DailyReport {
        day,
        at: now,
        mailboxes,
        registered: ledger.registered_since(last)?,
        deadlines,
        sent: SentLine {
            followed: sent.followed,
            overdue: sent.overdue,
            negative: sent.negative,
        },
        quarantined: open.iter().filter(|entry| entry.state == State::Quarantined).count() as u64,
        orphan_evidence: ledger.orphans()?.len() as u64,
        keys,
        closed: ledger.waiting()?.iter().filter(|waiting| waiting.closed).count() as u64,
        alerts_given_up: ledger.given_up_since(last)?,
        alerts_waiting: ledger.open_jobs()?.len() as u64,
        head: ledger.head(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data_versions: BTreeMap::from([("anchors".to_owned(), settings.trust.anchors_sha256().to_string())]),
        troubles: broken
            .into_iter()
            .chain(super::loss::remarks(pipeline, today)?)
            .chain(standing(pipeline))
            .chain(of_keys)
            .chain(import_holes)
            .chain(not_taken)
            .collect(),
        remarks: settings
            .registry
            .calendar
            .warning(today)
            .map(|finding| finding.text)
            .into_iter()
            .collect(),
    })
}
