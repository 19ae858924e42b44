//! What became of what we sent: a timeline per message and recipient, and the evidence that should be there and is not.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::chip::Chip;
use super::chrome::Chrome;
use super::sent::{RecipientView, SentView, Told};
use super::shown::Shown;
use super::{beside, line, show, when};
use crate::ledger::LedgerError;
use crate::ledger::state::EvidenceState;
use crate::message::MessageKind;
use crate::register::calendar::Calendar;
use crate::register::entry::RegisterNumber;
use crate::register::sent::{Following, SentConfig};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// How many of the newest entries are looked through for evidence: some months of an ordinary mailbox.
const LOOKED_THROUGH: usize = 5_000;
/// Messages on one board.
const SHOWN: usize = 200;
struct Step {
    time: String,
    chip: Chip,
    label: Shown,
    recipient: Shown,
    href: String,
    number: String,
}

/// What evidence says of a message that nobody registered as sent.
struct OtherView {
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
    /// What the register knows as sent.
    sent: Vec<SentView>,
    /// What is known by its evidence alone.
    others: Vec<OtherView>,
    orphans: usize,
}

/// # Errors
/// The index cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    beside(move || {
        let Gathered {
            mut sent,
            mut others,
            orphans,
        } = gathered(&web, &c)?;
        // Newest first already; a stable sort brings what wants somebody to the front.
        sent.sort_by_key(|one| !(one.is_overdue || one.is_negative));
        sent.truncate(SHOWN);
        others.sort_by_key(|one| std::cmp::Reverse((one.is_overdue, one.newest)));
        others.truncate(SHOWN);
        Ok(show(&EvidencePage { c, sent, others, orphans }))
    })
    .await
}

struct Gathered {
    sent: Vec<SentView>,
    others: Vec<OtherView>,
    orphans: usize,
}

/// Sent messages that exist for the person, and the evidence mails that do, message by message.
fn gathered(web: &Web, c: &Chrome) -> Result<Gathered, LedgerError> {
    let mut messages: BTreeMap<String, Vec<(EvidenceState, String)>> = BTreeMap::new();
    let (mut sent, mut orphans) = (Vec::new(), 0);
    let mut seen_sent: BTreeSet<RegisterNumber> = BTreeSet::new();
    for entry in web.ledger().entries_back().take(LOOKED_THROUGH) {
        let entry = entry?;
        if !c.person().sees(&entry) {
            continue;
        }
        if entry.is_sent() {
            seen_sent.insert(entry.register_number);
        }
        sent.extend(SentView::of(&entry, web, c)?);
        if entry.message.kind != MessageKind::Evidence {
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
    for evidence in messages.values_mut() {
        // It stands at what we sent, where that exists for the person.
        evidence.retain(|(state, _)| state.numbers.iter().all(|number| !seen_sent.contains(number)));
    }
    messages.retain(|_, evidence| !evidence.is_empty());
    let (now, settings) = (web.pipeline.now(), web.pipeline.settings());
    let others = messages
        .into_iter()
        .map(|(id, evidence)| view(&id, evidence, c, now, &settings.config.sent, &settings.registry.calendar));
    Ok(Gathered {
        sent,
        others: others.collect(),
        orphans,
    })
}

fn view(
    id: &str,
    mut evidence: Vec<(EvidenceState, String)>,
    c: &Chrome,
    now: Timestamp,
    terms: &SentConfig,
    calendar: &Calendar,
) -> OtherView {
    evidence.sort_by_key(|(one, _)| (one.found.evidence.event_time, one.seen_at));
    // When it was sent nobody knows; the first evidence says that it was by then.
    let first = evidence.iter().filter_map(|(one, _)| one.found.evidence.event_time).min();
    let mut following = Following::new(first.unwrap_or(now), None, &[]);
    for (one, _) in &evidence {
        // What does not hold proves nothing; it is shown among the steps all the same.
        following.learn(&one.found.evidence, one.found.report.indication);
    }
    let recipients: Vec<RecipientView> = following
        .fates(now, terms, calendar)
        .into_iter()
        .map(|fate| {
            let told = Told {
                progress: fate.state.progress,
                since: fate.state.since,
                unverified: fate.unverified,
            };
            RecipientView::of(&fate.recipient, told, fate.missing, c)
        })
        .collect();
    OtherView {
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
