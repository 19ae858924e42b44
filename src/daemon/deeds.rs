//! What is done on the command line in the name of an account, beside the daemon or by it: what its person may not see or do is refused here too.

use super::control::named;
use crate::ledger::handling::{HandlingRequest, Refusal, may_set_access};
use crate::pipeline::reexamine::{Outcome, Reexamined};
use crate::pipeline::{Pipeline, PipelineError};
use crate::register::entry::{Action, Asker, RegisterNumber, Why};
use crate::text::Text;

/// Examines entries again. Where an account is named it is one that is in use, and what does not exist for its person is not there.
///
/// # Errors
/// The disk failed.
pub async fn retry(
    pipeline: &Pipeline,
    numbers: &[RegisterNumber],
    by: Option<String>,
    uid: Option<u32>,
) -> Result<Result<Vec<Reexamined>, Text>, PipelineError> {
    let Some(by) = by else {
        let asker = Asker { person: None, uid };
        return Ok(Ok(pipeline.reexamine(numbers, Why::Operator, &asker).await?));
    };
    let person = match named(pipeline, &by)? {
        Ok(person) => person,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut seen = Vec::new();
    for number in numbers {
        if pipeline.ledger.entry(*number)?.is_some_and(|entry| person.sees(&entry)) {
            seen.push(*number);
        }
    }
    let asker = Asker { person: Some(by), uid };
    let mut answers = pipeline.reexamine(&seen, Why::Operator, &asker).await?;
    let absent = numbers.iter().filter(|number| !seen.contains(number));
    answers.extend(absent.map(|number| Reexamined {
        number: *number,
        outcome: Outcome::Unknown,
    }));
    answers.sort_by_key(|answer| answer.number);
    answers.dedup_by_key(|answer| answer.number);
    Ok(Ok(answers))
}

/// Sets who may see an entry, in the name of an account: what that person may not see or do is refused here too.
///
/// # Errors
/// The disk refused.
pub async fn set_level(
    pipeline: &Pipeline,
    number: RegisterNumber,
    (to, reason): (u8, String),
    (by, uid): (&str, Option<u32>),
) -> Result<Result<(), Text>, PipelineError> {
    let person = match named(pipeline, by)? {
        Ok(person) => person,
        Err(problem) => return Ok(Err(problem)),
    };
    let request = HandlingRequest {
        action: Action::Access { from: 0, to },
        note: Some(reason),
    };
    let set = pipeline.ledger.handle_from(number, request, &person, uid).await?;
    Ok(set.map(|_state| ()).map_err(Refusal::text))
}

/// Says that a hole is none, in the name of an account that answers for the mailbox. Answers with what it was.
///
/// # Errors
/// The disk refused.
pub async fn close_hole(
    pipeline: &Pipeline,
    (mailbox, id): (&str, &str),
    reason: String,
    (by, uid): (&str, Option<u32>),
) -> Result<Result<String, Text>, PipelineError> {
    let person = match named(pipeline, by)? {
        Ok(person) => person,
        Err(problem) => return Ok(Err(problem)),
    };
    if !may_set_access(&person) {
        return Ok(Err(Refusal::Forbidden.text()));
    }
    let holes = pipeline.ledger.holes_of(mailbox)?;
    let mut meant = holes.iter().filter(|hole| hole.locator.id == id).collect::<Vec<_>>();
    if meant.is_empty() && !id.is_empty() {
        meant = holes.iter().filter(|hole| hole.locator.id.starts_with(id)).collect();
    }
    let [hole] = meant.as_slice() else {
        return Ok(Err(no_such_hole(meant.len())));
    };
    if !person.mailboxes.covers(Some(mailbox)) {
        return Ok(Err(no_such_hole(0)));
    }
    let asker = Asker {
        person: Some(by.to_owned()),
        uid,
    };
    let closed = pipeline.ledger.close_hole(mailbox, hole.locator.clone(), reason, asker).await?;
    let what = hole.locator.id.clone();
    Ok(closed.map(|()| what).map_err(Refusal::text))
}

fn no_such_hole(count: usize) -> Text {
    match count {
        0 => Text::new(
            "bu kutuda böyle bir eksik yok; 'mailboxes' olanları gösterir",
            "there is no such hole in this mailbox; 'mailboxes' shows what there is",
        ),
        _ => Text::new(
            format!("{count} eksik böyle başlıyor; adını tam yazın"),
            format!("{count} holes begin so; write the whole of it"),
        ),
    }
}
