//! What became of what we sent: a timeline per message and recipient, and the evidence that should be there and is not.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::chip::{self, Chip};
use super::chrome::Chrome;
use super::shown::Shown;
use super::{beside, line, show, when};
use crate::clock::local_day;
use crate::evidence::{Progress, Timeline};
use crate::ledger::LedgerError;
use crate::ledger::state::EvidenceState;
use crate::message::MessageKind;
use crate::register::calendar::Calendar;
use crate::signature::report::Indication;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// How many of the newest entries are looked through for evidence: some months of an ordinary mailbox.
const LOOKED_THROUGH: usize = 5_000;
/// Messages on one board.
const SHOWN: usize = 200;
/// A provider says on the next business day at the latest whether it delivered.
const DELIVERED_WITHIN: u16 = 1;
/// The day after the deemed-read moment its evidence is there.
const READ_WITHIN: u16 = 2;

struct Step {
    time: String,
    chip: Chip,
    label: Shown,
    recipient: Shown,
    href: String,
    number: String,
}

struct RecipientView {
    address: Shown,
    progress: String,
    since: String,
    /// Of the style sheet.
    class: &'static str,
    /// What is missing, and what to do.
    overdue: Option<&'static str>,
}

impl RecipientView {
    fn shape(&self) -> &'static str {
        chip::shape(self.class)
    }
}

struct SentView {
    id: Shown,
    recipients: Vec<RecipientView>,
    steps: Vec<Step>,
    is_overdue: bool,
    newest: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "evidence.html", config = "src/web/askama.toml")]
struct EvidencePage {
    c: Chrome,
    sent: Vec<SentView>,
    orphans: usize,
}

/// # Errors
/// The index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    beside(move || {
        let (mut sent, orphans) = gathered(&web, &c)?;
        sent.sort_by_key(|one| std::cmp::Reverse((one.is_overdue, one.newest)));
        sent.truncate(SHOWN);
        Ok(show(&EvidencePage { c, sent, orphans }))
    })
    .await
}

/// Evidence of evidence mails that exist for the person, message by message.
fn gathered(web: &Web, c: &Chrome) -> Result<(Vec<SentView>, usize), LedgerError> {
    let mut messages: BTreeMap<String, Vec<(EvidenceState, String)>> = BTreeMap::new();
    let mut orphans = 0;
    for entry in web.ledger().entries_back().take(LOOKED_THROUGH) {
        let entry = entry?;
        if entry.message.kind != MessageKind::Evidence || !c.person().sees(&entry) {
            continue;
        }
        for record in &entry.evidence {
            let Some(state) = web.ledger().evidence_document(&record.sha256)? else {
                continue;
            };
            orphans += usize::from(state.numbers.is_empty());
            let evidence = &state.found.evidence;
            let id = evidence.original_message_id.as_ref().or(evidence.provider_message_id.as_ref());
            let id = id.cloned().unwrap_or_else(|| record.sha256.to_string());
            messages.entry(id).or_default().push((state, entry.register_number.to_string()));
        }
    }
    let (now, settings) = (web.pipeline.now(), web.pipeline.settings());
    let views = messages
        .into_iter()
        .map(|(id, evidence)| view(&id, evidence, c, now, &settings.registry.calendar));
    Ok((views.collect(), orphans))
}

fn view(id: &str, mut evidence: Vec<(EvidenceState, String)>, c: &Chrome, now: Timestamp, calendar: &Calendar) -> SentView {
    evidence.sort_by_key(|(one, _)| (one.found.evidence.event_time, one.seen_at));
    let mut timeline = Timeline::default();
    for (one, _) in &evidence {
        // What does not hold proves nothing; it is shown among the steps all the same.
        if one.found.report.indication != Indication::Failed {
            timeline.apply(&one.found.evidence);
        }
    }
    let recipients: Vec<RecipientView> = timeline
        .states()
        .into_iter()
        .map(|(address, state)| {
            let overdue = overdue(state.progress, state.since, c, now, calendar);
            RecipientView {
                address: Shown::cell(&address),
                progress: state.progress.label().get(c.lang()).to_owned(),
                since: state.since.map(when::moment).unwrap_or_default(),
                class: match state.progress {
                    Progress::Failed => "failed",
                    _ if overdue.is_some() => "open",
                    Progress::Read | Progress::TimeOut => "passed",
                    _ => "idle",
                },
                overdue,
            }
        })
        .collect();
    SentView {
        id: Shown::cell(id),
        is_overdue: recipients.iter().any(|recipient| recipient.overdue.is_some()),
        recipients,
        newest: evidence.iter().map(|(one, _)| one.seen_at).max(),
        steps: evidence.iter().map(|(one, number)| step(one, number, c)).collect(),
    }
}

fn step(one: &EvidenceState, number: &str, c: &Chrome) -> Step {
    let evidence = &one.found.evidence;
    Step {
        time: evidence.event_time.map(when::moment).unwrap_or_else(|| "–".to_owned()),
        chip: Chip::of(one.found.report.indication, c.lang()),
        label: Shown::field(evidence.label().get(c.lang())),
        recipient: Shown::cell(evidence.recipient.as_deref().unwrap_or_default()),
        href: number.parse().map(line::href).unwrap_or_default(),
        number: format!("{}{number}", c.prefix),
    }
}

/// What should have come by now.
fn overdue(progress: Progress, since: Option<Timestamp>, c: &Chrome, now: Timestamp, calendar: &Calendar) -> Option<&'static str> {
    let (within, what) = match progress {
        Progress::Submitted | Progress::Relayed => (
            DELIVERED_WITHIN,
            c.t(
                "Teslim delili gelmedi; göndericinin KEP hesabından ve sağlayıcıdan sorun.",
                "No evidence of delivery came; ask in the sender's KEP account and the provider.",
            ),
        ),
        Progress::Delivered => (
            READ_WITHIN,
            c.t(
                "Okunma ya da okunmuş sayılma delili gelmedi; sağlayıcıdan isteyin.",
                "No evidence of reading or deemed reading came; ask the provider for it.",
            ),
        ),
        _ => return None,
    };
    let last = calendar.add_business_days(local_day(since?), within);
    (local_day(now) > last).then_some(what)
}
