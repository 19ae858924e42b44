//! A document with everything that a clerk needs to decide about it.

use askama::Template;
use axum::extract::{Path, Query as Asked, State};
use axum::http::Method;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use axum::response::Response;
use serde::Deserialize;

use super::chip::Chip;
use super::chrome::Chrome;
use super::content::{self, Content, Piece, Use};
use super::deeds::{self, Fields};
use super::document_facts::{AddresseeView, AttachedView, Fact, addressee, attached, facts};
use super::document_keeping::KeepingView;
use super::document_said::Said;
use super::history::{self, Done, named};
use super::sent::SentView;
use super::shown::Shown;
use super::verdict::VerdictView;
use super::when::{self, Due, Measure};
use super::{beside, line, show};
use crate::evidence::Timeline;
use crate::finding::Severity;
use crate::ledger::LedgerError;
use crate::people::View;
use crate::register::entry::{Deadline, Entry, EvidenceRecord, RegisterNumber, State as EntryState};
use crate::register::nearing::is_open;
use crate::register::words;
use crate::text::{Lang, Text};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// As for every page, and the frame of the letter may come from here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
    frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Lines of the sightings and of the views that are shown; a message that was seen a thousand times says it with a number.
const SHOWN_LINES: usize = 200;

/// One part that can be taken out.
struct PartView {
    name: Shown,
    place: Shown,
    content_type: Shown,
    what: &'static str,
    /// Needed to check the document, not to read it.
    is_technical: bool,
    size: String,
    /// Empty where it could not be read.
    sha256: String,
    warnings: Vec<String>,
}

struct FindingView {
    class: &'static str,
    severity: &'static str,
    rule: String,
    place: Shown,
    text: Shown,
}

struct DeadlineView {
    due: Due,
    /// Nobody can miss it any more: who saw to that, and when.
    closed: Option<Shown>,
    text: Shown,
    law: Shown,
}

/// An earlier document that is referred to; with the way to it, where it is in the register and exists for the person.
struct ReferenceView {
    label: Shown,
    number: Shown,
    date: Shown,
    title: Shown,
    href: Option<(String, String)>,
}

struct EvidenceView {
    chip: Chip,
    time: String,
    label: Shown,
    recipient: Shown,
    sha256: String,
}

#[derive(Template)]
#[template(path = "document.html", config = "src/web/askama.toml")]
struct DocumentPage {
    c: Chrome,
    number: String,
    shown_number: String,
    href: String,
    said: Said,
    fields: Fields,
    subject: Shown,
    sender: Shown,
    chip: Chip,
    state: &'static str,
    verdict: Option<VerdictView>,
    deadlines: Vec<DeadlineView>,
    facts: Vec<Fact>,
    addressees: Vec<AddresseeView>,
    references: Vec<ReferenceView>,
    attached: Vec<AttachedView>,
    parts: Vec<PartView>,
    parts_problem: Option<String>,
    letter_text: Option<String>,
    letter_name: Option<Shown>,
    letter_sha256: String,
    letter_is_pdf: bool,
    bodies: Vec<String>,
    findings: Vec<FindingView>,
    evidence: Vec<EvidenceView>,
    recipients: Vec<(Shown, String)>,
    /// What we sent, recipient by recipient.
    sent: Option<SentView>,
    earlier: Vec<Done>,
    history: Vec<Done>,
    views: Vec<Done>,
    sightings: Vec<Done>,
    sightings_count: usize,
    more_sightings: usize,
    has_technical_parts: bool,
    file: Option<super::files::Summary>,
    has_checklists: bool,
    whole: bool,
    is_open: bool,
    keeping: KeepingView,
    /// The access levels that this person may give it, with their names and which it has; none for who may not.
    levels: Vec<(u8, &'static str, bool)>,
    units: Vec<String>,
    people: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub struct After {
    said: Option<String>,
}

/// # Errors
/// It does not exist for this person, or the record cannot be read or written.
pub async fn page(
    method: Method,
    c: Chrome,
    State(web): State<Shared>,
    Path((year, place)): Path<(String, String)>,
    Asked(after): Asked<After>,
) -> Result<Response, Problem> {
    let number = deeds::visited(&method, &web, &c, (&year, &place), View::Page).await?;
    let said = Said::of(after.said.as_deref());
    // What somebody typed into the form that was refused stands in it again.
    let kept = web.refused.of(&c.person().login, &line::href(number), web.pipeline.now());
    let fields = kept.filter(|_| said.is_refusal).unwrap_or_default();
    render(&web, &c, number, said, fields).await
}

async fn render(web: &Shared, c: &Chrome, number: RegisterNumber, said: Said, fields: Fields) -> Result<Response, Problem> {
    let entry = deeds::entry(web, c, number).await?;
    // What was disposed of has no parts; the page tells what the journal says of it.
    let content = match entry.is_disposed() {
        true => Ok(Content::default()),
        false => content::shown(web, c.person(), &entry).await?,
    };
    let (web, c) = (web.clone(), c.clone());
    beside(move || {
        let mut response = show(&made(&web, c, &entry, content, said, fields)?);
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        Ok(response)
    })
    .await
}

fn made(
    web: &Web,
    c: Chrome,
    entry: &Entry,
    content: Result<Content, Text>,
    said: Said,
    fields: Fields,
) -> Result<DocumentPage, LedgerError> {
    let (lang, ledger, settings) = (c.lang(), web.ledger(), web.pipeline.settings());
    let (content, parts_problem) = match content {
        Ok(content) => (content, None),
        Err(problem) => (Content::default(), Some(problem.get(lang).to_owned())),
    };
    let document = entry.document.as_ref();
    let letter = document.and_then(|document| document.file.as_ref());
    let subject = document
        .and_then(|document| document.subject.as_deref())
        .or(entry.message.subject.as_deref());
    let institution = document
        .and_then(|document| document.sender.as_ref())
        .and_then(|sender| sender.name.as_deref());
    let sender = institution
        .or(entry.message.sender.as_deref())
        .or(entry.message.sender_kep.as_deref());
    let now = web.pipeline.now();
    let mut deadlines = entry.deadlines.clone();
    deadlines.sort_by_key(|deadline| deadline.at);
    let views = ledger.views_of(entry.register_number)?;
    let sightings = &entry.message.sightings;
    let parts: Vec<PartView> = content.pieces.iter().map(|piece| part(piece, lang)).collect();
    let has_technical_parts = parts.iter().any(|part| part.is_technical);
    Ok(DocumentPage {
        number: entry.register_number.to_string(),
        shown_number: format!("{}{}", c.prefix, entry.register_number),
        href: line::href(entry.register_number),
        subject: Shown::maybe(subject),
        sender: Shown::maybe(sender),
        chip: Chip::of_entry(entry, lang),
        state: words::state_of(entry.state, entry.is_sent(), lang),
        verdict: VerdictView::of(entry, lang),
        deadlines: deadlines
            .iter()
            .map(|deadline| DeadlineView {
                due: Due::at(deadline.at, &deadline.kind, Measure::of(&settings, now, lang)),
                closed: closed(entry, deadline, web, lang),
                text: Shown::field(deadline.text.get(lang)),
                law: Shown::field(deadline.law.get(lang)),
            })
            .collect(),
        facts: facts(entry, &c),
        addressees: document
            .iter()
            .flat_map(|document| &document.addressees)
            .map(|one| addressee(one, &c))
            .collect(),
        references: content
            .references
            .iter()
            .map(|one| reference(one, web, &c))
            .collect::<Result<_, _>>()?,
        attached: document
            .iter()
            .flat_map(|document| &document.attachments)
            .map(|one| attached(one, &c))
            .collect(),
        parts,
        parts_problem,
        letter_name: letter.map(|file| Shown::field(&file.name)),
        letter_sha256: letter.map(|file| file.sha256.to_string()).unwrap_or_default(),
        letter_text: content.letter_text,
        letter_is_pdf: content.letter_is_pdf,
        bodies: content.bodies,
        findings: entry
            .findings
            .iter()
            .map(|finding| FindingView {
                class: severity_class(finding.severity),
                severity: words::severity(finding.severity, lang),
                rule: finding.rule.clone(),
                place: Shown::field(&finding.place),
                text: Shown::field(finding.text.get(lang)),
            })
            .collect(),
        evidence: evidence(web, entry, lang)?,
        recipients: if entry.is_sent() {
            Vec::new()
        } else {
            recipients(web, entry, lang)?
        },
        sent: SentView::of(entry, web, &c)?,
        earlier: history::earlier(entry, lang),
        history: entry.history.iter().rev().map(|one| history::handled(one, web, lang)).collect(),
        views: views
            .iter()
            .rev()
            .take(SHOWN_LINES)
            .map(|view| history::viewed(view, web, lang))
            .collect(),
        sightings: sightings.iter().take(SHOWN_LINES).map(history::sighted).collect(),
        sightings_count: sightings.len(),
        has_technical_parts,
        more_sightings: sightings.len().saturating_sub(SHOWN_LINES),
        file: super::files::summary(web, &c, entry.register_number)?,
        has_checklists: !settings.checklists.is_empty(),
        whole: content::sees_whole(web, c.person(), entry)?,
        levels: deeds::levels(entry, c.person(), lang),
        keeping: KeepingView::of(web, entry, &c)?,
        is_open: !matches!(entry.state, EntryState::Done | EntryState::OnHold | EntryState::NotRecorded),
        units: units(web, &c),
        people: people(web, entry)?,
        said,
        fields,
        c,
    })
}

fn part(piece: &Piece, lang: Lang) -> PartView {
    let (tr, en) = match piece.what {
        Use::Letter => ("üst yazı", "letter"),
        Use::Attachment => ("ek", "attachment"),
        Use::Body => ("ileti metni", "mail text"),
        Use::Package => ("paket", "package"),
        Use::Evidence => ("delil", "evidence"),
        Use::Signature => ("imza", "signature"),
        Use::Inner => ("üstveri", "metadata"),
    };
    PartView {
        name: Shown::cell(&piece.name),
        place: Shown::cell(&piece.place),
        content_type: Shown::cell(&piece.content_type),
        what: if lang == Lang::Tr { tr } else { en },
        is_technical: piece.warnings.is_empty() && matches!(piece.what, Use::Evidence | Use::Signature | Use::Inner),
        size: words::bytes(piece.size, lang),
        sha256: piece.sha256.map(|sha256| sha256.to_string()).unwrap_or_default(),
        warnings: piece.warnings.iter().map(|warning| warning.get(lang).to_owned()).collect(),
    }
}

fn reference(one: &content::Reference, web: &Web, c: &Chrome) -> Result<ReferenceView, LedgerError> {
    let number = one
        .id
        .as_deref()
        .map(|id| web.ledger().entry_of_document(id))
        .transpose()?
        .flatten();
    let entry = number.map(|number| web.ledger().entry(number)).transpose()?.flatten();
    let seen = entry.filter(|entry| c.person().sees(entry)).map(|entry| entry.register_number);
    Ok(ReferenceView {
        label: Shown::maybe(one.label.as_deref()),
        number: Shown::maybe(one.number.as_deref()),
        date: Shown::maybe(one.date.as_deref()),
        title: Shown::maybe(one.title.as_deref()),
        href: seen.map(|number| (line::href(number), format!("{}{number}", c.prefix))),
    })
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "idle",
        Severity::Warning => "open",
        Severity::Error | Severity::Fatal => "failed",
    }
}

/// What ended a deadline: the first of the deeds since which it can no longer be missed.
fn closed(entry: &Entry, deadline: &Deadline, web: &Web, lang: Lang) -> Option<Shown> {
    if is_open(entry.state, deadline) {
        return None;
    }
    let since = entry.history.iter().rev().take_while(|deed| !is_open(deed.state, deadline)).last();
    Some(match since {
        Some(deed) => Shown::field(&format!(
            "{} · {} {}",
            when::moment(deed.at),
            named(web, &deed.by).short,
            deeds::handling_words(deed, lang)
        )),
        None => Shown::field(words::either(("delille kapandı", "closed by evidence"), lang)),
    })
}

fn evidence(web: &Web, entry: &Entry, lang: Lang) -> Result<Vec<EvidenceView>, LedgerError> {
    let mut records: Vec<&EvidenceRecord> = entry.evidence.iter().collect();
    records.sort_by_key(|record| record.event_time);
    let mut views = Vec::new();
    for record in records {
        let known = web.ledger().evidence_document(&record.sha256)?;
        let label = known.map_or_else(|| record.kind.clone(), |known| known.found.evidence.label().get(lang).to_owned());
        views.push(EvidenceView {
            chip: Chip::of(record.indication, lang),
            time: record.event_time.map(when::moment).unwrap_or_else(|| "–".to_owned()),
            label: Shown::field(&label),
            recipient: Shown::maybe(record.recipient.as_deref()),
            sha256: record.sha256.to_string(),
        });
    }
    Ok(views)
}

/// How far it came for each recipient.
fn recipients(web: &Web, entry: &Entry, lang: Lang) -> Result<Vec<(Shown, String)>, LedgerError> {
    let mut timeline = Timeline::default();
    for record in &entry.evidence {
        if let Some(known) = web.ledger().evidence_document(&record.sha256)? {
            timeline.apply(&known.found.evidence);
        }
    }
    let states = timeline.states().into_iter();
    Ok(states
        .map(|(address, state)| (Shown::cell(&address), state.progress.label().get(lang).to_owned()))
        .collect())
}

/// Units that the routing rules know and the person may see.
pub fn units(web: &Web, c: &Chrome) -> Vec<String> {
    let settings = web.pipeline.settings();
    let rules = settings.registry.rules.rules.iter().filter_map(|rule| rule.then.unit.clone());
    let mut units: Vec<String> = rules.filter(|unit| c.person().units.covers(Some(unit))).collect();
    if let crate::people::Scope::Only(own) = &c.person().units {
        units.extend(own.iter().cloned());
    }
    units.sort();
    units.dedup();
    units
}

/// Who could take it: accounts for whom the document exists.
fn people(web: &Web, entry: &Entry) -> Result<Vec<(String, String)>, LedgerError> {
    let accounts = web.ledger().accounts()?.into_iter();
    Ok(accounts
        .filter(|account| !account.disabled && account.person.sees(entry))
        .map(|account| (account.person.login, account.person.name))
        .collect())
}
