//! What a clerk enters on the page of a file, form by form.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::{href, render};
use crate::checklist::entered::Deed;
use crate::checklist::signatories::{Authority, Signatory, Source};
use crate::ledger::file_deeds::FileRefusal;
use crate::people::Right;
use crate::register::entry::RegisterNumber;
use crate::text::Text;
use crate::web::Shared;
use crate::web::pages::chrome::Chrome;
use crate::web::pages::deeds;
use crate::web::problem::Problem;

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
    c.visitor.needs(Right::Handle)?;
    let deed = match deed_of(&deed, &fields).ok_or(Problem::NotFound)? {
        Ok(deed) => deed,
        Err(why) => return render(web, c, number, Some(why), true, fields).await,
    };
    let refused = web
        .pipeline
        .enter_file_deed(number, deed, Some(fields.note.clone()), c.person())
        .await?;
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
fn deed_of(word: &str, fields: &Fields) -> Option<Result<Deed, Text>> {
    let day = || day(&fields.day);
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
        "bind" => Ok(Deed::Bound {
            checklist: given(&fields.checklist),
        }),
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
        text => day(text).map(Some),
    };
    Ok(Authority {
        source: match fields.source.as_str() {
            "power" => Source::Power,
            "circular" | "" => Source::Circular,
            _ => return Err(Text::new("Dayanağı seçin.", "Choose what it rests on.")),
        },
        signatories: Signatory::read_lines(&fields.signatories)?,
        // What is no number must not become "each alone".
        required: fields.required.trim().parse().map_err(|_| {
            Text::new(
                "Birlikte imzalaması gereken kişi sayısını yazın (1: münferit).",
                "Write how many must sign together (1: each alone).",
            )
        })?,
        valid_from: optional_day(&fields.from)?,
        valid_until: optional_day(&fields.until)?,
    })
}

fn day(text: &str) -> Result<Date, Text> {
    let given = text.trim().parse();
    given.map_err(|_| Text::new("Günü YYYY-AA-GG biçiminde yazın.", "Write the day as YYYY-MM-DD."))
}
