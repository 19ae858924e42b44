//! Application files: their papers are read soon after they arrive, and their terms are alarmed once, for as long as they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use crate::alert::causes::{self, Ending};
use crate::checklist::terms::{Kind, Term};
use crate::clock::local_day;
use crate::ledger::event::{Event, Standing};
use crate::pipeline::announce::Told;
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::entry::RegisterNumber;
use crate::settings::Settings;

/// The register is looked at again this often, also when nothing rang: what is uncertain is due by the clock.
const LOOK: Duration = Duration::from_secs(60);

/// How long after a change the others of the same moment are waited for: an import of thousands is not looked at message by message.
const GATHER: Duration = Duration::from_millis(500);

/// How long this may be silent: the papers of several hostile messages.
const ALLOWANCE: Duration = Duration::from_secs(1_800);

/// A missed term is told for a week, like the deadlines of the register.
const TOLD_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

const TASK: &str = "files";

/// Standing alarms of terms: `file/2026/000001/originals/near`.
const PREFIX: &str = "file/";

pub async fn keep(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    let mut shown = pipeline.ledger.shown();
    loop {
        progress.beat(TASK, ALLOWANCE);
        // What is cut off in the middle has recorded nothing and is done again.
        let looked = tokio::select! {
            () = stop.cancelled() => break,
            looked = look(&pipeline) => looked,
        };
        if let Err(error) = looked {
            tracing::error!(%error, "application files wait to be read");
            super::trouble::tell_disk(&pipeline, &error).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = rung(shown.as_mut(), &pipeline) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    progress.end(TASK);
}

/// Returns when something new stands in the record; never where no checklist is configured.
async fn rung(shown: Option<&mut tokio::sync::watch::Receiver<u64>>, pipeline: &Pipeline) {
    match shown.filter(|_| !pipeline.settings().checklists.is_empty()) {
        Some(shown) => {
            if shown.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GATHER).await;
        }
        None => std::future::pending().await,
    }
}

/// One look at the register and the clock. Public for tests that are the clock.
///
/// # Errors
/// The record cannot be read or written.
pub async fn look(pipeline: &Pipeline) -> Result<(), PipelineError> {
    pipeline.follow_files().await?;
    let (settings, now) = (pipeline.settings(), pipeline.now());
    let mut holds = BTreeSet::new();
    for (number, term) in pipeline.due_terms().await {
        let Some(is_over) = phase(&term, now, &settings) else { continue };
        let alarm = alarm(number, &term, is_over);
        let is_told = pipeline.ledger.standing(&alarm)?.is_some();
        if !(is_told || is_over && now.duration_since(term.at) > TOLD_AFTER) {
            tell(pipeline, number, &term, is_over, &settings).await?;
            stand(pipeline, alarm.clone(), Some(now)).await?;
        }
        holds.insert(alarm);
    }
    for standing in pipeline.ledger.standing_under(PREFIX)? {
        if !holds.contains(&standing.alarm) {
            stand(pipeline, standing.alarm, None).await?;
        }
    }
    Ok(())
}

/// `None`: far away; else whether it is over.
fn phase(term: &Term, now: Timestamp, settings: &Settings) -> Option<bool> {
    if now > term.at {
        return Some(true);
    }
    let near = match term.told_from {
        Some(day) => local_day(now) >= day,
        None => {
            now >= settings
                .registry
                .calendar
                .business_hours_before(term.at, settings.config.register.warn_business_hours)
        }
    };
    near.then_some(false)
}

/// By day too: a term that is set anew is another alarm.
fn alarm(number: RegisterNumber, term: &Term, is_over: bool) -> String {
    let phase = if is_over { "passed" } else { "near" };
    format!("{PREFIX}{number}/{}/{}/{phase}", term.kind.name(), term.day)
}

async fn tell(pipeline: &Pipeline, number: RegisterNumber, term: &Term, is_over: bool, settings: &Settings) -> Result<(), PipelineError> {
    let Some(entry) = pipeline.ledger.entry(number)? else {
        return Ok(());
    };
    let told = Told::new(&entry, &settings.config.register.prefix, &[]);
    let ending = Ending {
        word: term.kind.word(),
        what: term.kind.text(),
        day: term.day,
        is_authority: matches!(term.kind, Kind::Power(_) | Kind::Circular(_)),
        is_over,
    };
    let notice = causes::application_term(&told.facts(&entry), &ending, pipeline.now());
    pipeline.raise(vec![notice]).await
}

async fn stand(pipeline: &Pipeline, alarm: String, since: Option<Timestamp>) -> Result<(), PipelineError> {
    let facts = BTreeMap::new();
    Ok(pipeline.ledger.append(Event::Standing(Standing { alarm, since, facts })).await?)
}
