//! An entry in the shape of `documents export --json`: the names of the contract, texts in one language.

use serde::Serialize;
use serde_json::{Value, json};

use super::entry::{Entry, OpenedRecord};
use super::retention::Keeping;
use crate::finding::Finding;
use crate::signature::report::{Reason, SignatureReport, Verdict};
use crate::text::{Lang, Text};

/// One element of the export. `prefix` stands before the register number.
pub fn to_json(entry: &Entry, lang: Lang, prefix: &str) -> Value {
    let deadlines = entry.deadlines.iter().map(|deadline| {
        json!({
            "kind": deadline.kind,
            "at": deadline.at,
            "rule": deadline.rule,
            "law": deadline.law.get(lang),
            "text": deadline.text.get(lang),
        })
    });
    let mut value = json!({
        "register_number": format!("{prefix}{}", entry.register_number),
        "registered_at": entry.registered_at,
        "mailbox": entry.mailbox,
        "direction": entry.direction(),
        "message": plain(&entry.message),
        "package": plain(&entry.package),
        "document": plain(&entry.document),
        "verdict": entry.verdict.as_ref().map(|verdict| verdict_json(verdict, lang)),
        "earlier_verdicts": plain(&entry.earlier_verdicts),
        "findings": entry.findings.iter().map(|finding| finding_json(finding, lang)).collect::<Vec<_>>(),
        "evidence": plain(&entry.evidence),
        "deadlines": deadlines.collect::<Vec<_>>(),
        "flags": entry.flags,
        "unit": entry.unit,
        "labels": entry.labels,
        "access": entry.access,
        "state": entry.state,
        "history": plain(&entry.history),
    });
    if let (false, Value::Object(fields)) = (entry.opened.is_empty(), &mut value) {
        fields.insert("opened".into(), entry.opened.iter().map(opened_json).collect());
    }
    value
}

/// By which key something was opened; what was said of it stands among the findings.
fn opened_json(record: &OpenedRecord) -> Value {
    let mut value = plain(record);
    if let Value::Object(fields) = &mut value {
        fields.remove("findings");
    }
    value
}

/// What stands about the keeping of an entry: the class that a person gave it, its legal holds, the oldest of them by itself, a disposal.
pub fn keeping_json(keeping: &Keeping) -> Value {
    json!({
        "class": keeping.class,
        "hold": plain(&keeping.holds.first()),
        "holds": plain(&keeping.holds),
        "disposed": plain(&keeping.disposed),
    })
}

/// A verdict with its texts in one language: also the body of `verify --json`.
pub fn verdict_json(verdict: &Verdict, lang: Lang) -> Value {
    json!({
        "indication": verdict.indication,
        "sub_indication": verdict.sub_indication,
        "validation_time": verdict.validation_time,
        "anchors_sha256": verdict.anchors_sha256,
        "objects": plain(&verdict.objects),
        "wanted": plain(&verdict.wanted),
        "signatures": verdict.signatures.iter().map(|report| signature_json(report, lang)).collect::<Vec<_>>(),
    })
}

/// A finding with its text in one language; `official` only where the e-Yazışma API has a number for it.
pub fn finding_json(finding: &Finding, lang: Lang) -> Value {
    in_language(plain(finding), &finding.text, lang)
}

fn signature_json(report: &SignatureReport, lang: Lang) -> Value {
    let mut value = plain(report);
    if let Value::Object(fields) = &mut value {
        let reasons = report.reasons.iter().map(|reason| reason_json(reason, lang)).collect();
        fields.insert("reasons".into(), Value::Array(reasons));
        if !report.counter_signatures.is_empty() {
            let inner = report.counter_signatures.iter().map(|inner| signature_json(inner, lang)).collect();
            fields.insert("counter_signatures".into(), Value::Array(inner));
        }
    }
    value
}

fn reason_json(reason: &Reason, lang: Lang) -> Value {
    in_language(plain(reason), &reason.text, lang)
}

/// Puts one language in the place of both.
fn in_language(mut value: Value, text: &Text, lang: Lang) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("text".into(), Value::String(text.get(lang).to_owned()));
    }
    value
}

/// These types have text keys and derived serializers, so this cannot fail; a bug would show as `null` in every test.
fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod export_tests;
