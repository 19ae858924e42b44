//! Application files: the board of all that exist for the person, and the page of one with what a clerk enters. The file is judged as far
//! as the person sees it; what does not exist for them is no part of it.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query as Asked, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::chip::Chip;
use super::chrome::Chrome;
use super::deeds;
use super::line;
use super::shown::Shown;
use super::when::{self, Due, Measure};
use super::{beside, show};
use crate::checklist::config::Checklist;
use crate::checklist::entered::{Deed, Done};
use crate::checklist::outcome::{Outcome, Reason, Standing};
use crate::checklist::reply;
use crate::checklist::signatories::{Authority, Signatory, Source};
use crate::checklist::terms::{Kind, Term, kept_until};
use crate::clock::local_day;
use crate::ledger::LedgerError;
use crate::ledger::files::{ApplicationFile, FileRefusal};
use crate::people::View;
use crate::pipeline::files::terms_of;
use crate::register::entry::RegisterNumber;
use crate::settings::Settings;
use crate::text::{Lang, Text};
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// Files on one board; the newest come first.
const SHOWN: usize = 200;

/// Entries that are looked through for the board of somebody who sees few of them.
const LOOKED_THROUGH: usize = 5_000;

/// One line of the board.
struct Row {
    href: String,
    number: String,
    sender: Shown,
    title: Shown,
    chip: Chip,
    missing: usize,
    wrong: usize,
    term: Option<(Due, &'static str)>,
}

#[derive(Template)]
#[template(path = "files.html", config = "src/web/askama.toml")]
struct FilesPage {
    c: Chrome,
    rows: Vec<Row>,
    more: bool,
    is_configured: bool,
}

/// The board.
///
/// # Errors
/// The index cannot be read.
pub async fn board(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    beside(move || {
        let settings = web.pipeline.settings();
        let (mut rows, mut more) = (Vec::new(), false);
        for (at, number) in web.ledger().file_numbers_back().enumerate() {
            if rows.len() >= SHOWN || at >= LOOKED_THROUGH {
                more = true;
                break;
            }
            if let Some(file) = web.ledger().application_file(number?, &|entry| c.person().sees(entry))? {
                rows.push(row(&file, &settings, &web, &c));
            }
        }
        let is_configured = !settings.checklists.is_empty();
        Ok(show(&FilesPage {
            c,
            rows,
            more,
            is_configured,
        }))
    })
    .await
}

fn row(file: &ApplicationFile, settings: &Settings, web: &Web, c: &Chrome) -> Row {
    let outcome = file.outcome(&settings.checklists);
    let term = terms_of(file, settings).into_iter().next();
    Row {
        href: href(file.head.register_number),
        number: format!("{}{}", c.prefix, file.head.register_number),
        sender: Shown::cell(file.head.message.sender_kep.as_deref().unwrap_or_default()),
        title: title(file, file.rules(&settings.checklists), c.lang()),
        chip: chip(outcome.standing, c.lang()),
        missing: outcome.missing().count(),
        wrong: outcome.wrong().count(),
        term: term.map(|term| due(&term, settings, web, c.lang())),
    }
}

fn href(number: RegisterNumber) -> String {
    format!("{}/file", line::href(number))
}

fn title(file: &ApplicationFile, rules: Option<&Checklist>, lang: Lang) -> Shown {
    Shown::cell(rules.map_or(file.checklist.as_str(), |rules| rules.title.get(lang)))
}

fn chip(standing: Standing, lang: Lang) -> Chip {
    let (class, tr, en) = match standing {
        Standing::Complete => ("passed", "Tamam", "Complete"),
        Standing::Awaiting => ("open", "Kesinleşmedi", "Not yet certain"),
        Standing::Incomplete => ("open", "Eksik", "Incomplete"),
        Standing::Wrong => ("failed", "HATALI", "WRONG"),
    };
    Chip {
        class,
        word: if lang == Lang::Tr { tr } else { en },
    }
}

fn due(term: &Term, settings: &Settings, web: &Web, lang: Lang) -> (Due, &'static str) {
    let due = Due::at(term.at, term.kind.word(), Measure::of(settings, web.pipeline.now(), lang));
    let words = due.kind;
    (due, words)
}

/// What the document's own page says of the file.
pub struct Summary {
    pub href: String,
    pub number: String,
    pub title: Shown,
    pub chip: Chip,
    /// The document completes the file and is not the application itself.
    pub is_part: bool,
}

/// The file that a document is, or completes, where it exists for the person.
///
/// # Errors
/// The index cannot be read.
pub fn summary(web: &Web, c: &Chrome, number: RegisterNumber) -> Result<Option<Summary>, LedgerError> {
    let settings = web.pipeline.settings();
    let part_of = web.ledger().file_state(number)?.and_then(|state| state.part_of);
    let head = part_of.unwrap_or(number);
    let file = web.ledger().application_file(head, &|entry| c.person().sees(entry))?;
    Ok(file.map(|file| Summary {
        href: href(head),
        number: format!("{}{head}", c.prefix),
        title: title(&file, file.rules(&settings.checklists), c.lang()),
        chip: chip(file.outcome(&settings.checklists).standing, c.lang()),
        is_part: part_of.is_some(),
    }))
}

struct ReasonView {
    code: &'static str,
    text: Shown,
}

struct FoundView {
    href: String,
    number: String,
    name: Shown,
    signed_by: Shown,
}

struct PaperView {
    title: Shown,
    is_required: bool,
    chip: Option<Chip>,
    found: Vec<FoundView>,
    reasons: Vec<ReasonView>,
}

struct AuthorityView {
    at: usize,
    what: &'static str,
    how: String,
    signatories: Vec<Shown>,
    days: String,
    is_revoked: bool,
}

struct DoneView {
    time: String,
    who: Shown,
    what: Shown,
    note: Shown,
}

/// The page of one file; of a document that is none, the way to make it one.
#[derive(Template)]
#[template(path = "file.html", config = "src/web/askama.toml")]
struct FilePage {
    c: Chrome,
    number: String,
    href: String,
    document_href: String,
    said: Option<Text>,
    is_refusal: bool,
    fields: Fields,
    /// `None`: it is no application file.
    file: Option<FileView>,
    checklists: Vec<(String, String)>,
    today: String,
}

struct FileView {
    title: Shown,
    chip: Chip,
    reasons: Vec<ReasonView>,
    papers: Vec<PaperView>,
    members: Vec<(String, String)>,
    /// Beside the application: what may be separated.
    joined: Vec<String>,
    /// Every attachment, by hash: what a clerk may decide on.
    attachments: Vec<(String, Shown)>,
    unplaced: Vec<(String, Shown)>,
    choices: Vec<(String, String)>,
    terms: Vec<(Due, &'static str)>,
    kept: Option<String>,
    authorities: Vec<AuthorityView>,
    reply: Option<Text>,
    entered: Vec<DoneView>,
    has_loss: bool,
}

/// The fields of the forms of a file. Each form sends those that it has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub checklist: String,
    pub source: String,
    /// One a line: name, semicolon, masked identity number.
    pub signatories: String,
    pub required: String,
    pub from: String,
    pub until: String,
    pub authority: String,
    pub sha256: String,
    pub paper: String,
    pub day: String,
    pub document: String,
    pub note: String,
}

#[derive(Deserialize)]
pub struct After {
    said: Option<String>,
}

/// # Errors
/// The document does not exist for this person, or the record cannot be read or written.
pub async fn page(
    method: Method,
    c: Chrome,
    State(web): State<Shared>,
    Path((year, place)): Path<(String, String)>,
    Asked(after): Asked<After>,
) -> Result<Response, Problem> {
    let number = deeds::number(&year, &place)?;
    match method == Method::GET {
        true => deeds::looked_at(&web, &c, number, View::ApplicationFile).await?,
        false => deeds::entry(&web, &c, number).await?,
    };
    let said = after
        .said
        .filter(|word| word == "entered")
        .map(|_| Text::new("Yazıldı.", "Entered."));
    render(web, c, number, said, false, Fields::default()).await
}

async fn render(
    web: Shared,
    c: Chrome,
    number: RegisterNumber,
    said: Option<Text>,
    is_refusal: bool,
    fields: Fields,
) -> Result<Response, Problem> {
    beside(move || {
        let file = web.ledger().application_file(number, &|entry| c.person().sees(entry))?;
        let settings = web.pipeline.settings();
        let lang = c.lang();
        let page = FilePage {
            number: format!("{}{number}", c.prefix),
            href: href(number),
            document_href: line::href(number),
            said,
            is_refusal,
            fields,
            file: file.map(|file| view(&file, &settings, &web, &c)),
            checklists: settings
                .checklists
                .iter()
                .map(|checklist| (checklist.name.clone(), checklist.title.get(lang).to_owned()))
                .collect(),
            today: local_day(web.pipeline.now()).to_string(),
            c,
        };
        let shown = show(&page);
        Ok(match is_refusal {
            true => (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response(),
            false => shown,
        })
    })
    .await
}

fn view(file: &ApplicationFile, settings: &Settings, web: &Web, c: &Chrome) -> FileView {
    let lang = c.lang();
    let rules = file.rules(&settings.checklists);
    let outcome = file.outcome(&settings.checklists);
    let terms = terms_of(file, settings);
    let shown_number = format!("{}{}", c.prefix, file.head.register_number);
    let until = terms.iter().find(|term| term.kind == Kind::Completion).map(|term| term.day);
    let mut named = BTreeSet::new();
    let attachments = file
        .members
        .iter()
        .filter_map(|(_, read)| read.as_ref())
        .flat_map(|read| &read.reading.papers)
        .filter(|read| named.insert(read.sha256))
        .map(|read| (read.sha256.to_string(), Shown::cell(&read.name)));
    let members = file.members.iter().map(|(entry, _)| entry.register_number);
    FileView {
        title: title(file, rules, lang),
        chip: chip(outcome.standing, lang),
        reasons: reasons(&outcome.reasons, lang),
        papers: papers(&outcome, c),
        attachments: attachments.collect(),
        unplaced: outcome
            .unplaced
            .iter()
            .filter(|one| !one.is_decided)
            .map(|one| (one.number.to_string(), Shown::cell(&one.name)))
            .collect(),
        members: members
            .clone()
            .map(|number| (line::href(number), format!("{}{number}", c.prefix)))
            .collect(),
        joined: members.skip(1).map(|number| number.to_string()).collect(),
        choices: rules
            .iter()
            .flat_map(|rules| &rules.paper)
            .map(|paper| (paper.id.clone(), paper.title.get(lang).to_owned()))
            .collect(),
        terms: terms.iter().map(|term| due(term, settings, web, lang)).collect(),
        kept: rules
            .and_then(|rules| kept_until(rules, file.head.message.received_at))
            .map(when::day),
        authorities: authorities(file, lang),
        reply: rules.and_then(|rules| reply::letter(rules, &outcome, &shown_number, until)),
        entered: file.entered.0.iter().rev().map(|done| entered(done, web, lang)).collect(),
        has_loss: matches!(file.entered.loss(), Some((_, None))),
    }
}

fn reasons(reasons: &[Reason], lang: Lang) -> Vec<ReasonView> {
    let view = |reason: &Reason| ReasonView {
        code: reason.code,
        text: Shown::field(reason.text.get(lang)),
    };
    reasons.iter().map(view).collect()
}

fn papers(outcome: &Outcome, c: &Chrome) -> Vec<PaperView> {
    let lang = c.lang();
    let papers = outcome.papers.iter().map(|paper| PaperView {
        title: Shown::cell(paper.title.get(lang)),
        is_required: paper.required,
        chip: paper.standing.map(|standing| chip(standing, lang)),
        found: paper
            .found
            .iter()
            .map(|found| FoundView {
                href: line::href(found.number),
                number: format!("{}{}", c.prefix, found.number),
                name: Shown::cell(&found.name),
                signed_by: Shown::cell(&found.signed_by.join(", ")),
            })
            .collect(),
        reasons: reasons(&paper.reasons, lang),
    });
    papers.collect()
}

fn authorities(file: &ApplicationFile, lang: Lang) -> Vec<AuthorityView> {
    let either = |tr, en| if lang == Lang::Tr { tr } else { en };
    let day = |day: Option<Date>| day.map_or_else(|| "…".to_owned(), when::day);
    let all = file.entered.every_authority().into_iter().enumerate();
    all.map(|(at, (authority, is_revoked))| AuthorityView {
        at,
        what: match authority.source {
            Source::Circular => either("İmza sirküleri", "Signature circular"),
            Source::Power => either("Vekâletname", "Power of attorney"),
        },
        how: match (authority.required, authority.signatories.len()) {
            (1, _) => either("münferit", "each alone").to_owned(),
            (required, of) => match lang {
                Lang::Tr => format!("müşterek: {of} kişiden {required}"),
                Lang::En => format!("joint: {required} of {of}"),
            },
        },
        signatories: authority
            .signatories
            .iter()
            .map(|one| Shown::cell(&format!("{} ({})", one.name, one.id)))
            .collect(),
        days: format!("{} – {}", day(authority.valid_from), day(authority.valid_until)),
        is_revoked,
    })
    .collect()
}

fn entered(done: &Done, web: &Web, lang: Lang) -> DoneView {
    let login = done.by.person.clone().unwrap_or_default();
    let name = web.ledger().account(&login).ok().flatten().map(|account| account.person.name);
    DoneView {
        time: when::moment(done.at),
        who: Shown::cell(&name.unwrap_or(login)),
        what: Shown::cell(deed_words(&done.deed).get(lang)),
        note: Shown::maybe(done.note.as_deref()),
    }
}

fn deed_words(deed: &Deed) -> Text {
    let day = |day: &Date| when::day(*day);
    match deed {
        Deed::Bound { checklist: Some(name) } => Text::new(format!("'{name}' listesine bağladı"), format!("bound to checklist '{name}'")),
        Deed::Bound { checklist: None } => Text::new("başvuru dosyası olmadığını yazdı", "said that it is no application file"),
        Deed::Authorised { authority } => {
            let names: Vec<&str> = authority.signatories.iter().map(|one| one.name.as_str()).collect();
            Text::new(
                format!("imza yetkisi girdi: {}", names.join(", ")),
                format!("entered who may sign: {}", names.join(", ")),
            )
        }
        Deed::Revoked { authority } => Text::new(
            format!("{}. imza yetkisini kaldırdı", authority + 1),
            format!("revoked authority {}", authority + 1),
        ),
        Deed::Decided { sha256, paper } => {
            let (paper, file) = (paper.as_deref().unwrap_or("–"), sha256.short());
            Text::new(
                format!("bir dosyanın ({file}) hangi belge olduğunu yazdı: {paper}"),
                format!("said which paper a file ({file}) is: {paper}"),
            )
        }
        Deed::OriginalsArrived { day: on } => Text::new(
            format!("asıllar {} günü geldi", day(on)),
            format!("originals arrived on {}", day(on)),
        ),
        Deed::CompletionAsked { day: on } => Text::new(
            format!("eksikler {} günü istendi", day(on)),
            format!("completion asked for on {}", day(on)),
        ),
        Deed::LossLearned { day: on } => Text::new(
            format!("kayıp {} günü öğrenildi", day(on)),
            format!("loss learnt of on {}", day(on)),
        ),
        Deed::LossReported { day: on } => Text::new(
            format!("kayıp {} günü bildirildi", day(on)),
            format!("loss reported on {}", day(on)),
        ),
        Deed::Joined { document } => Text::new(
            format!("{document} sayılı belgeyi dosyaya kattı"),
            format!("joined document {document}"),
        ),
        Deed::Separated { document } => Text::new(
            format!("{document} sayılı belgeyi dosyadan ayırdı"),
            format!("separated document {document}"),
        ),
    }
}

/// `POST /documents/YYYY/NNNNNN/file/DEED`.
///
/// # Errors
/// There is no such document or deed for this person, or the disk refused.
pub async fn post(
    c: Chrome,
    State(web): State<Shared>,
    Path((year, place, deed)): Path<(String, String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let number = deeds::number(&year, &place)?;
    deeds::entry(&web, &c, number).await?;
    c.visitor.needs(crate::people::Right::Handle)?;
    let settings = web.pipeline.settings();
    let deed = match deed_of(&deed, &fields, &settings).ok_or(Problem::NotFound)? {
        Ok(deed) => deed,
        Err(why) => return render(web, c, number, Some(why), true, fields).await,
    };
    let refused = web.ledger().file_deed(number, deed, Some(fields.note.clone()), c.person()).await?;
    match refused {
        Ok(()) => Ok(Redirect::to(&format!("{}?said=entered", href(number))).into_response()),
        Err(FileRefusal::Forbidden) => Err(Problem::Forbidden),
        Err(refusal) => {
            let why = refusal.text();
            render(web, c, number, Some(why), true, fields).await
        }
    }
}

/// `GET` of a deed's address, by a reload or a link to the other language: the file is where that leads.
///
/// # Errors
/// There is no such deed.
pub async fn back(_c: Chrome, Path((year, place, deed)): Path<(String, String, String)>) -> Result<Response, Problem> {
    let number = deeds::number(&year, &place)?;
    match DEEDS.contains(&deed.as_str()) {
        true => Ok(Redirect::to(&href(number)).into_response()),
        false => Err(Problem::NotFound),
    }
}

/// The words of the addresses.
const DEEDS: [&str; 10] = [
    "bind",
    "authorise",
    "revoke",
    "decide",
    "originals",
    "asked",
    "loss",
    "loss-reported",
    "join",
    "separate",
];

/// The deed of an address and its form; `None`: there is no such deed.
fn deed_of(word: &str, fields: &Fields, settings: &Settings) -> Option<Result<Deed, Text>> {
    let day = || {
        let given = fields.day.trim().parse::<Date>();
        given.map_err(|_| Text::new("Günü YYYY-AA-GG biçiminde yazın.", "Write the day as YYYY-MM-DD."))
    };
    let document = || {
        let given = fields.document.trim().parse::<RegisterNumber>();
        given.map_err(|_| {
            Text::new(
                "Kayıt numarasını 2026/000001 gibi yazın.",
                "Write the register number as 2026/000001.",
            )
        })
    };
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Some(match word {
        "bind" => match given(&fields.checklist) {
            Some(name) if settings.checklists.named(&name).is_none() => {
                Err(Text::new("Böyle bir kontrol listesi yok.", "There is no such checklist."))
            }
            checklist => Ok(Deed::Bound { checklist }),
        },
        "authorise" => authority(fields).map(|authority| Deed::Authorised { authority }),
        "revoke" => fields
            .authority
            .trim()
            .parse()
            .map(|authority| Deed::Revoked { authority })
            .map_err(|_| Text::new("Kaldırılacak yetkiyi seçin.", "Choose what is to be revoked.")),
        "decide" => fields
            .sha256
            .trim()
            .parse()
            .map(|sha256| Deed::Decided {
                sha256,
                paper: given(&fields.paper),
            })
            .map_err(|_| Text::new("Dosyayı seçin.", "Choose the file.")),
        "originals" => day().map(|day| Deed::OriginalsArrived { day }),
        "asked" => day().map(|day| Deed::CompletionAsked { day }),
        "loss" => day().map(|day| Deed::LossLearned { day }),
        "loss-reported" => day().map(|day| Deed::LossReported { day }),
        "join" => document().map(|document| Deed::Joined { document }),
        "separate" => document().map(|document| Deed::Separated { document }),
        _ => return None,
    })
}

fn authority(fields: &Fields) -> Result<Authority, Text> {
    let optional_day = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text
            .parse::<Date>()
            .map(Some)
            .map_err(|_| Text::new("Günleri YYYY-AA-GG biçiminde yazın.", "Write days as YYYY-MM-DD.")),
    };
    let lines = fields.signatories.lines().map(str::trim).filter(|line| !line.is_empty());
    let signatories: Result<Vec<Signatory>, Text> = lines
        .map(|line| {
            let (name, id) = line.rsplit_once(';').unwrap_or((line, ""));
            let id = id.parse().map_err(|_| {
                Text::new(
                    "Her satıra bir yetkili yazın: Ad Soyad; 123*****456 (11 hane, ilk üç hane açık).",
                    "Write one signatory a line: First Last; 123*****456 (11 digits, the first three shown).",
                )
            })?;
            Ok(Signatory {
                name: name.trim().to_owned(),
                id,
            })
        })
        .collect();
    Ok(Authority {
        source: match fields.source.as_str() {
            "power" => Source::Power,
            _ => Source::Circular,
        },
        signatories: signatories?,
        required: fields.required.trim().parse().unwrap_or(1),
        valid_from: optional_day(&fields.from)?,
        valid_until: optional_day(&fields.until)?,
    })
}
