//! Saklama ve imha: what is due, the disposal lists with their approvals, and the losses that stand. For those who answer for the record and
//! those who audit it; a list exists only for whoever sees every entry on it, because nobody approves what he cannot see.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query as Asked, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::chrome::Chrome;
use super::shown::Shown;
use super::{beside, line, show, when};
use crate::clock::local_day;
use crate::ledger::LedgerError;
use crate::ledger::retention::{KeepingRefusal, KeepingRequest, Kept, may_hold};
use crate::people::Right;
use crate::pipeline::PipelineError;
use crate::register::disposal::{Disposal, Stage};
use crate::register::words;
use crate::store::disk::RealDisk;
use crate::store::loss::{self, Closed, Done, Loss, NOTE_CHARS};
use crate::text::Text;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

const PAGE: &str = "/boards/retention";

/// Entries that the board lists as due; a list takes no more than it holds either.
const DUE_SHOWN: usize = 200;

/// Lists that are over and still shown, the newest first; the journal keeps all.
const ENDED_SHOWN: usize = 50;

struct DueLine {
    number: String,
    href: String,
    subject: Shown,
    class: String,
    since: String,
}

struct ListLine {
    id: u32,
    sha256: String,
    stage: &'static str,
    word: &'static str,
    proposed: String,
    approvals: Vec<String>,
    ended: String,
    removed: u64,
    entries: Vec<DueLine>,
    may_approve: bool,
    may_withdraw: bool,
    may_execute: bool,
}

struct LossLine {
    id: String,
    is_open: bool,
    found: String,
    until: String,
    left: i32,
    places: Vec<Shown>,
    more: u64,
    closed: Shown,
    may_close: bool,
}

#[derive(Template)]
#[template(path = "retention.html", config = "src/web/askama.toml")]
struct RetentionPage {
    c: Chrome,
    said: Option<(bool, String)>,
    classes: Vec<(String, String, String)>,
    due: Vec<DueLine>,
    lists: Vec<ListLine>,
    losses: Vec<LossLine>,
}

#[derive(Deserialize)]
pub struct After {
    said: Option<String>,
}

/// The fields of the forms here. Each form sends those that it has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    list: String,
    sha256: String,
    reason: String,
    loss: String,
    done: String,
}

/// # Errors
/// For this role there is no such page, or the record cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>, Asked(after): Asked<After>) -> Result<Response, Problem> {
    must_oversee(&c)?;
    beside(move || Ok(show(&made(&web, c, after.said.as_deref())?))).await
}

/// `POST /boards/retention/{deed}`.
///
/// # Errors
/// There is no such deed or list for this person, or the disk refused.
pub async fn post(c: Chrome, State(web): State<Shared>, Path(deed): Path<String>, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    must_oversee(&c)?;
    if deed == "close-loss" {
        return close_loss(c, web, fields).await;
    }
    let request = request(&deed, &fields).ok_or(Problem::NotFound)?;
    let said = match kept(&web, &c, request).await? {
        Ok(_) => deed,
        Err(KeepingRefusal::NotFound) => return Err(Problem::NotFound),
        Err(KeepingRefusal::Forbidden) => return Err(Problem::Forbidden),
        Err(refusal) => refusal_word(refusal),
    };
    Ok(Redirect::to(&format!("{PAGE}?said={said}")).into_response())
}

/// A reload of an answer to a form, or its link to the other language.
///
/// # Errors
/// For this role there is no such page.
pub async fn back(c: Chrome, Path(_deed): Path<String>) -> Result<Redirect, Problem> {
    must_oversee(&c)?;
    Ok(Redirect::to(PAGE))
}

/// Does it on a task of its own: a browser that goes away must not leave a disposal half done.
pub async fn kept(web: &Shared, c: &Chrome, request: KeepingRequest) -> Result<Result<Kept, KeepingRefusal>, Problem> {
    let (pipeline, person) = (web.pipeline.clone(), c.visitor.person.clone());
    match tokio::spawn(async move { pipeline.decide_keeping(request, &*person).await }).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(PipelineError::Ledger(error))) => Err(error.into()),
        Ok(Err(_)) | Err(_) => Err(LedgerError::Closed.into()),
    }
}

/// A refusal as an address has it.
pub fn refusal_word(refusal: KeepingRefusal) -> String {
    serde_json::to_value(refusal)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What an address says was refused: one of ours, or nothing.
pub fn refusal_of(word: &str) -> Option<KeepingRefusal> {
    serde_json::from_value(word.into()).ok()
}

/// Others are not told that there is such a page.
fn must_oversee(c: &Chrome) -> Result<(), Problem> {
    if c.person().may(Right::Oversee) {
        Ok(())
    } else {
        Err(Problem::NotFound)
    }
}

fn request(deed: &str, fields: &Fields) -> Option<KeepingRequest> {
    let list = || fields.list.trim().parse().ok();
    Some(match deed {
        "propose" => KeepingRequest::Propose,
        "approve" => KeepingRequest::Approve {
            list: list()?,
            sha256: fields.sha256.parse().ok()?,
        },
        "withdraw" => KeepingRequest::Withdraw {
            list: list()?,
            reason: fields.reason.clone(),
        },
        "execute" => KeepingRequest::Execute { list: list()? },
        _ => return None,
    })
}

async fn close_loss(c: Chrome, web: Shared, fields: Fields) -> Result<Response, Problem> {
    if !may_hold(c.person()) {
        return Err(Problem::Forbidden);
    }
    let done = match fields.done.as_str() {
        "restored" => Done::Restored,
        "notified" => Done::Notified,
        _ => return Err(Problem::Bad("done".to_owned())),
    };
    let note = fields.reason.trim().to_owned();
    if note.is_empty() || note.chars().count() > NOTE_CHARS {
        return Ok(Redirect::to(&format!("{PAGE}?said={}", refusal_word(KeepingRefusal::ReasonRequired))).into_response());
    }
    let closed = Closed {
        at: web.pipeline.now(),
        by: c.person().login.clone(),
        done,
        note,
    };
    beside(move || {
        let closed = loss::close(web.ledger().root(), &*RealDisk::shared(), &fields.loss, closed).map_err(LedgerError::from)?;
        closed.ok_or(Problem::NotFound)?;
        Ok(Redirect::to(&format!("{PAGE}?said=close-loss")).into_response())
    })
    .await
}

fn made(web: &Web, c: Chrome, said: Option<&str>) -> Result<RetentionPage, Problem> {
    let (settings, ledger, today) = (web.pipeline.settings(), web.ledger(), local_day(web.pipeline.now()));
    let policy = &settings.config.retention;
    let due = ledger.due(c.person(), policy, today, DUE_SHOWN)?;
    let due = due.into_iter().map(|due| DueLine {
        number: format!("{}{}", c.prefix, due.entry.register_number),
        href: line::href(due.entry.register_number),
        subject: subject(&due.entry),
        class: due.class,
        since: due.since.to_string(),
    });
    let mut lists = Vec::new();
    for disposal in ledger.disposals()?.into_iter().rev() {
        let ended = lists.iter().filter(|line: &&ListLine| line.stage == "ended").count();
        if (disposal.is_open() || ended < ENDED_SHOWN) && ledger.sees_list(&disposal.list, c.person())? {
            lists.push(list_line(web, &c, &disposal)?);
        }
    }
    let losses = loss::all(ledger.root(), &*RealDisk::shared()).map_err(LedgerError::from)?;
    Ok(RetentionPage {
        said: said.and_then(|word| said_words(word, &c)),
        classes: policy
            .class
            .iter()
            .map(|class| {
                let years = class.years.map_or_else(
                    || c.t("sürekli", "for ever").to_owned(),
                    |years| format!("{years} {}", c.t("yıl", "years")),
                );
                (class.name.clone(), years, class.basis.clone())
            })
            .collect(),
        due: due.collect(),
        lists,
        losses: losses.iter().rev().map(|loss| loss_line(loss, &c, today)).collect(),
        c,
    })
}

fn subject(entry: &crate::register::entry::Entry) -> Shown {
    let document = entry.document.as_ref().and_then(|document| document.subject.as_deref());
    Shown::maybe(document.or(entry.message.subject.as_deref()))
}

fn list_line(web: &Web, c: &Chrome, disposal: &Disposal) -> Result<ListLine, LedgerError> {
    let (list, person) = (&disposal.list, c.person());
    let (stage, word) = match disposal.stage {
        Stage::Proposed => ("open", c.t("onay bekliyor", "waits for approvals")),
        Stage::Approved => ("open", c.t("onaylandı, uygulanmadı", "approved, not executed")),
        Stage::Withdrawn => ("ended", c.t("geri çekildi", "withdrawn")),
        Stage::Begun => ("ended", c.t("imha sürüyor", "being disposed of")),
        Stage::Done => ("ended", c.t("imha edildi", "disposed of")),
    };
    let mut entries = Vec::new();
    for listed in &list.entries {
        let entry = web.ledger().entry(listed.number)?;
        entries.push(DueLine {
            number: format!("{}{}", c.prefix, listed.number),
            href: line::href(listed.number),
            subject: entry.as_ref().map(subject).unwrap_or_default(),
            class: format!("{} ({} {})", listed.class, listed.years, c.t("yıl", "years")),
            since: listed.due.to_string(),
        });
    }
    let is_mine = list.proposed_by == person.login;
    let has_approved = disposal.approvals.iter().any(|approval| approval.by == person.login);
    let ended = disposal.ended.as_ref().map(|ended| {
        let reason = if ended.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", ended.reason)
        };
        format!("{} · {}{reason}", when::moment(ended.at), ended.by)
    });
    Ok(ListLine {
        id: list.id,
        sha256: disposal.sha256.to_string(),
        stage,
        word,
        proposed: format!(
            "{} · {}{}",
            when::moment(list.at),
            list.proposed_by,
            words::command_line(list.uid, c.lang())
        ),
        approvals: disposal
            .approvals
            .iter()
            .map(|approval| format!("{} · {}", when::moment(approval.at), approval.by))
            .collect(),
        ended: ended.unwrap_or_default(),
        removed: disposal.removed,
        entries,
        may_approve: disposal.is_open() && may_hold(person) && !is_mine && !has_approved,
        may_withdraw: disposal.is_open() && may_hold(person),
        may_execute: disposal.stage == Stage::Approved && c.administers(),
    })
}

fn loss_line(loss: &Loss, c: &Chrome, today: jiff::civil::Date) -> LossLine {
    let closed = loss.closed.as_ref().map(|closed| {
        let done = match closed.done {
            Done::Restored => c.t("geri konuldu", "restored"),
            Done::Notified => c.t("bildirildi", "reported"),
        };
        format!("{} · {} · {done}: {}", when::moment(closed.at), closed.by, closed.note)
    });
    LossLine {
        id: loss.id.clone(),
        is_open: loss.is_open(),
        found: when::moment(loss.found_at),
        until: loss.until.to_string(),
        left: loss.days_left(today),
        places: loss
            .places
            .iter()
            .take(DUE_SHOWN)
            .map(|lost| Shown::field(if c.code() == "tr" { &lost.turkish } else { &lost.english }))
            .collect(),
        more: loss.more + loss.places.len().saturating_sub(DUE_SHOWN) as u64,
        closed: Shown::field(&closed.unwrap_or_default()),
        may_close: loss.is_open() && may_hold(c.person()),
    }
}

/// What the address says was done or refused: one of ours, or nothing.
fn said_words(word: &str, c: &Chrome) -> Option<(bool, String)> {
    let done = match word {
        "propose" => Text::new(
            "Liste önerildi; iki başka kişinin onayını bekliyor.",
            "The list was proposed; two others must approve it.",
        ),
        "approve" => Text::new("Onayınız kaydedildi.", "Your approval is on record."),
        "withdraw" => Text::new(
            "Liste geri çekildi; hiçbir şey imha edilmedi.",
            "The list was withdrawn; nothing was disposed of.",
        ),
        "execute" => Text::new(
            "Liste uygulandı; içerikler imha edildi, kayıtları duruyor. Yedekler bir sonraki yedeklemede onları bırakır; güncellenmeyen eski yedekler, anlık görüntüler ve sunucudaki kutular içerikleri hâlâ tutar.",
            "The list was executed; the bytes are gone, their records stay. Backups let go of them when they are next brought up to date; older copies, snapshots and the mailboxes on the server still hold them.",
        ),
        "close-loss" => Text::new("Kayıp kaydı kapatıldı.", "The record of the loss is closed."),
        other => return refusal_of(other).map(|refusal| (false, refusal.text().get(c.lang()).to_owned())),
    };
    Some((true, done.get(c.lang()).to_owned()))
}
