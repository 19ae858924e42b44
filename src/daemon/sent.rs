//! What the clock does for sent messages: evidence that did not come by its term, evidence of failure, and the time-out of reading. Each is
//! a standing alarm per message and recipient, said once when it begins, and taken back when later evidence settles it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::alert::causes::{self, SentFacts};
use crate::alert::notice::{Cause, Notice};
use crate::ledger::event::{Event, Standing};
use crate::ledger::sent::{About, Followed, alarm, alarms_of, read_alarm};
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::sent::Fate;

/// An alarm that holds now.
struct Held {
    about: About,
    recipient: String,
    /// People heard of it already, when the evidence came before its message.
    is_told: bool,
}

/// One look at every sent message whose end is not reached or not told.
pub(super) async fn check(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let followed: Vec<Followed> = pipeline.ledger.followed().collect::<Result<_, _>>()?;
    for followed in followed {
        check_one(pipeline, &followed).await?;
    }
    Ok(())
}

async fn check_one(pipeline: &Pipeline, followed: &Followed) -> Result<(), PipelineError> {
    let (settings, now) = (pipeline.settings(), pipeline.now());
    let fates = followed.following.fates(now, &settings.config.sent, &settings.registry.calendar);
    let holds: BTreeMap<String, Held> = fates
        .iter()
        .filter_map(|fate| held(fate, followed))
        .map(|held| (alarm(followed.number, held.about, &held.recipient), held))
        .collect();
    let standing: BTreeSet<String> = pipeline
        .ledger
        .standing_under(&alarms_of(followed.number))?
        .into_iter()
        .map(|standing| standing.alarm)
        .collect();
    // What is awaited as before was not settled, although it is not overdue any more: the clock went back, or the terms became longer.
    let awaited: BTreeSet<String> = fates
        .iter()
        .filter_map(|fate| Some(alarm(followed.number, About::Missing(fate.awaited?), &fate.recipient)))
        .collect();
    let begun: Vec<(&String, &Held)> = holds.iter().filter(|(name, _)| !standing.contains(*name)).collect();
    let ended: Vec<&String> = standing.iter().filter(|name| !holds.contains_key(*name)).collect();
    if begun.is_empty() && ended.is_empty() {
        return Ok(());
    }

    let number = format!("{}{}", settings.config.register.prefix, followed.number);
    let of = |recipients: usize| SentFacts {
        number: &number,
        mailbox: &followed.mailbox,
        recipients,
    };
    let mut notices = begun_notices(&begun, of, now);
    // One alarm gives way to the next as evidence goes on; only where nothing stands any more is it over.
    let settled: Vec<&String> = ended.iter().copied().filter(|name| !awaited.contains(*name)).collect();
    if holds.is_empty() && !settled.is_empty() {
        notices.push(causes::sent_settled(&of(settled.len()), cause_of(settled.first().copied()), now));
    }
    // Told first: a crash between the two tells it twice, never not at all.
    pipeline.raise(notices).await?;
    let begun = begun.into_iter().map(|(name, _)| (name, Some(now)));
    let changes: Vec<Standing> = ended
        .into_iter()
        .map(|name| (name, None))
        .chain(begun)
        .map(|(name, since)| Standing {
            alarm: name.clone(),
            since,
            facts: BTreeMap::new(),
        })
        .collect();
    let record = pipeline.ledger.commit(move |decision| {
        changes
            .into_iter()
            .try_for_each(|standing| decision.record(Event::Standing(standing)))
    });
    Ok(record.await?)
}

fn held(fate: &Fate, followed: &Followed) -> Option<Held> {
    let about = match (fate.loud, fate.missing) {
        (Some(loud), _) => loud.into(),
        (None, Some((missing, _))) => About::Missing(missing),
        (None, None) => return None,
    };
    let is_told = about == About::Negative && fate.state.evidence.is_some_and(|evidence| followed.told.contains(&evidence));
    Some(Held {
        about,
        recipient: fate.recipient.clone(),
        is_told,
    })
}

/// One notice for each thing that happened, whoever the recipients are.
fn begun_notices<'a>(begun: &[(&String, &Held)], of: impl Fn(usize) -> SentFacts<'a>, now: Timestamp) -> Vec<Notice> {
    let mut counts: BTreeMap<About, usize> = BTreeMap::new();
    for (_, held) in begun.iter().filter(|(_, held)| !held.is_told) {
        *counts.entry(held.about).or_default() += 1;
    }
    let notice = |(about, count): (About, usize)| match about {
        About::Negative => causes::sent_negative(&of(count), now),
        About::TimeOut => causes::sent_time_out(&of(count), now),
        About::Missing(missing) => causes::sent_missing(&of(count), missing.word(), &missing.label(), &missing.cure(), now),
    };
    counts.into_iter().map(notice).collect()
}

fn cause_of(alarm: Option<&String>) -> Cause {
    match alarm.and_then(|alarm| read_alarm(alarm)) {
        Some((_, About::Negative)) => Cause::NegativeEvidence,
        Some((_, About::TimeOut)) => Cause::ReadingTimeOut,
        _ => Cause::MissingEvidence,
    }
}
