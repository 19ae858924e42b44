//! What is known of a file, for programs: one shape for the command line and the API.

use serde_json::{Value, json};

use super::terms_of;
use crate::checklist::outcome::{Outcome, PaperOutcome, Standing};
use crate::checklist::reasons::Reason;
use crate::checklist::reply;
use crate::checklist::signatories::Authority;
use crate::checklist::terms::{Kind, kept_until};
use crate::ledger::files::ApplicationFile;
use crate::settings::Settings;
use crate::text::{Lang, Text};

/// The letter to the applicant, with the last day where completion was asked for.
pub fn reply_of(file: &ApplicationFile, outcome: &Outcome, settings: &Settings) -> Option<Text> {
    let rules = file.rules(&settings.checklists)?;
    let number = format!("{}{}", settings.config.register.prefix, file.head.register_number);
    let completion = terms_of(file, settings).into_iter().find(|term| term.kind == Kind::Completion);
    reply::letter(rules, outcome, &number, completion.map(|term| term.day))
}

/// The file with its papers, reasons and terms; sentences in one language.
pub fn file_json(file: &ApplicationFile, outcome: &Outcome, settings: &Settings, lang: Lang) -> Value {
    let rules = file.rules(&settings.checklists);
    let terms = terms_of(file, settings);
    let authorities = file.entered.every_authority().into_iter().enumerate();
    json!({
        "number": file.head.register_number,
        "checklist": file.checklist,
        "standing": outcome.standing.word(),
        "documents": file.members.iter().map(|(entry, _)| entry.register_number).collect::<Vec<_>>(),
        "reasons": reasons_json(&outcome.reasons, lang),
        "papers": outcome.papers.iter().map(|paper| paper_json(paper, lang)).collect::<Vec<_>>(),
        "unplaced": outcome.undecided().map(|one| json!({
            "document": one.number, "name": one.name, "sha256": one.sha256,
        })).collect::<Vec<_>>(),
        "authorities": authorities.map(|(at, (authority, is_revoked))| authority_json(at, authority, is_revoked)).collect::<Vec<_>>(),
        "terms": terms.iter().map(|term| json!({"kind": term.kind.word(), "day": term.day, "at": term.at})).collect::<Vec<_>>(),
        "kept_until": rules.and_then(|rules| kept_until(rules, file.head.message.received_at)),
        "retention_class": rules.and_then(|rules| rules.terms.retention_class.clone()),
        "reply": reply_of(file, outcome, settings).map(|letter| letter.get(lang).to_owned()),
    })
}

fn reasons_json(reasons: &[Reason], lang: Lang) -> Vec<Value> {
    let reason = |reason: &Reason| json!({"code": reason.code, "text": reason.text.get(lang)});
    reasons.iter().map(reason).collect()
}

fn paper_json(paper: &PaperOutcome, lang: Lang) -> Value {
    json!({
        "id": paper.id,
        "title": paper.title.get(lang),
        "required": paper.required,
        "standing": paper.standing.map(Standing::word),
        "files": paper.found.iter().map(|found| json!({
            "document": found.number, "name": found.name, "sha256": found.sha256, "signed_by": found.signed_by,
        })).collect::<Vec<_>>(),
        "reasons": reasons_json(&paper.reasons, lang),
    })
}

/// `authority`: its place, by which it is revoked.
fn authority_json(at: usize, authority: &Authority, is_revoked: bool) -> Value {
    json!({
        "authority": at,
        "source": authority.source,
        "signatories": authority.signatories,
        "required": authority.required,
        "valid_from": authority.valid_from,
        "valid_until": authority.valid_until,
        "revoked": is_revoked,
    })
}
