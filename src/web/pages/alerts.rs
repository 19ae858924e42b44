//! Who was told of what: sent, waiting, given up.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::chrome::Chrome;
use super::shown::Shown;
use super::{beside, show, when};
use crate::alert::job::{Job, JobState};
use crate::ledger::LedgerError;
use crate::people::Person;
use crate::people::account::HIGHEST_CLEARANCE;
use crate::register::entry::RegisterNumber;
use crate::text::Lang;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// Lines of the board.
const SHOWN: usize = 300;

struct JobView {
    time: String,
    title: Shown,
    channel: String,
    /// Masked.
    recipient: Shown,
    class: &'static str,
    state: String,
    attempts: u32,
}

#[derive(Template)]
#[template(path = "alerts.html", config = "src/web/askama.toml")]
struct AlertsPage {
    c: Chrome,
    jobs: Vec<JobView>,
    sent: usize,
    waiting: usize,
    given_up: usize,
}

/// # Errors
/// The index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    beside(move || {
        let mut jobs = Vec::new();
        for job in web.ledger().jobs()? {
            if may_read(&web, c.person(), &job)? {
                jobs.push(job);
            }
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.created));
        let count = |fits: fn(&JobState) -> bool| jobs.iter().filter(|job| fits(&job.state)).count();
        Ok(show(&AlertsPage {
            sent: count(|state| matches!(state, JobState::Delivered { .. })),
            waiting: count(|state| matches!(state, JobState::Waiting { .. })),
            given_up: count(|state| matches!(state, JobState::GivenUp { .. })),
            jobs: jobs.iter().take(SHOWN).map(|job| view(job, c.lang())).collect(),
            c,
        }))
    })
    .await
}

/// An alert names the document or the mailbox that it is about. What names a document is for those for whom the document exists; a summary names
/// many, so it is for those who see all.
pub fn may_read(web: &Web, person: &Person, job: &Job) -> Result<bool, LedgerError> {
    let facts = &job.notice.facts;
    if let Some(number) = facts.get("register_number") {
        let number: Option<RegisterNumber> = number.parse().ok();
        let entry = number.map(|number| web.ledger().entry(number)).transpose()?.flatten();
        return Ok(entry.is_some_and(|entry| person.sees(&entry)));
    }
    if facts.contains_key("count") && facts.contains_key("first") {
        return Ok(person.clearance >= HIGHEST_CLEARANCE && person.mailboxes == Default::default() && person.units == Default::default());
    }
    Ok(facts.get("mailbox").is_none_or(|mailbox| person.mailboxes.covers(Some(mailbox))))
}

fn view(job: &Job, lang: Lang) -> JobView {
    let (class, tr, en) = match &job.state {
        JobState::Waiting { problem: None } => ("idle", "bekliyor".to_owned(), "waiting".to_owned()),
        JobState::Waiting { problem: Some(problem) } => {
            ("open", format!("yeniden denenecek: {problem}"), format!("to be retried: {problem}"))
        }
        JobState::Delivered { at, .. } => (
            "passed",
            format!("iletildi {}", when::moment(*at)),
            format!("delivered {}", when::moment(*at)),
        ),
        JobState::GivenUp { problem, .. } => ("failed", format!("vazgeçildi: {problem}"), format!("given up: {problem}")),
    };
    JobView {
        time: when::moment(job.created),
        title: Shown::field(job.notice.title.get(lang)),
        channel: job.channel.to_string(),
        recipient: Shown::cell(&job.recipient.to_string()),
        class,
        state: Shown::field(if lang == Lang::Tr { &tr } else { &en }).short,
        attempts: job.attempts,
    }
}
