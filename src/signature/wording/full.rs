//! Depth three: everything, in the blocks of EN 319 102-1 as European validators show them; one structure, as JSON and as text.

use serde_json::{Value, json};

use super::{Told, basis, check, class, either, local_time, result, stable, table};
use crate::hash::Sha256;
use crate::signature::carrier::package::flatten;
use crate::signature::report::{Reason, RevocationReport, SignatureReport, TimestampReport};
use crate::signature::validation::{Check, CheckResult, PathCertificate, Validation};
use crate::text::{Lang, Text};

/// A building block of the validation process.
pub struct Block {
    /// As European validators abbreviate it.
    pub id: &'static str,
    pub clause: &'static str,
    tr: &'static str,
    en: &'static str,
    pub checks: &'static [Check],
}

/// The blocks in the order of the process.
pub const BLOCKS: [Block; 6] = [
    Block {
        id: "FC",
        clause: "5.2.2",
        tr: "biçim denetimi",
        en: "format checking",
        checks: &[Check::Format],
    },
    Block {
        id: "ISC",
        clause: "5.2.3",
        tr: "imzalayanın belirlenmesi",
        en: "identification of the signing certificate",
        checks: &[Check::SignerCertificate, Check::Binding],
    },
    Block {
        id: "XCV",
        clause: "5.2.6",
        tr: "sertifikanın denetimi",
        en: "X.509 certificate validation",
        checks: &[Check::Path, Check::Class, Check::Revocation],
    },
    Block {
        id: "CV",
        clause: "5.2.7",
        tr: "kriptografik doğrulama",
        en: "cryptographic verification",
        checks: &[Check::Digest, Check::SignatureValue],
    },
    Block {
        id: "SAV",
        clause: "5.2.8",
        tr: "imzanın kabulü",
        en: "signature acceptance validation",
        checks: &[Check::Acceptance, Check::Algorithms],
    },
    Block {
        id: "TSV",
        clause: "5.4",
        tr: "zaman damgalarının doğrulanması",
        en: "time-stamp validation",
        checks: &[Check::Timestamps],
    },
];

impl Block {
    fn name(&self, lang: Lang) -> &'static str {
        either((self.tr, self.en), lang)
    }

    /// The worst of its checks, in the words of the standard; a block that was not recorded has none.
    fn conclusion(&self, validation: &Validation) -> Option<&'static str> {
        if validation.checks.is_empty() {
            return None;
        }
        let results = || self.checks.iter().map(|check| validation.result(*check));
        let worst = results().max()?;
        let all_idle = results().all(|result| result == CheckResult::NotAsked);
        Some(match worst {
            CheckResult::NotAsked if !all_idle => "PASSED",
            CheckResult::Passed => "PASSED",
            CheckResult::NotAsked => "NOT_ASKED",
            CheckResult::NotMade => "NOT_MADE",
            CheckResult::Unknown => "INDETERMINATE",
            CheckResult::Failed => "FAILED",
        })
    }
}

/// The blocks of one signature as JSON, sentences in one language.
pub fn blocks(report: &SignatureReport, lang: Lang) -> Value {
    let block = |block: &Block| {
        let checks: Vec<Value> = block.checks.iter().map(|step| check_json(report, *step, lang)).collect();
        json!({ "id": block.id, "clause": format!("EN 319 102-1 {}", block.clause), "name": block.name(lang),
            "conclusion": block.conclusion(&report.validation), "checks": checks })
    };
    Value::Array(BLOCKS.iter().map(block).collect())
}

fn check_json(report: &SignatureReport, step: Check, lang: Lang) -> Value {
    let reasons: Vec<Value> = table::reasons_of(report, step).map(|reason| reason_json(reason, lang)).collect();
    json!({ "check": stable(step), "name": check(step, lang), "result": table::result_of(report, step).map(stable), "reasons": reasons })
}

fn reason_json(reason: &Reason, lang: Lang) -> Value {
    json!({ "code": reason.code, "severity": reason.severity, "text": reason.text.get(lang) })
}

/// Everything as JSON: what was judged with what, then the blocks of each signature.
pub fn full_json(told: &Told<'_>, lang: Lang) -> Value {
    let signatures: Vec<Value> = told.signatures.iter().map(|report| signature_json(report, lang)).collect();
    json!({ "indication": told.indication, "sub_indication": told.sub_indication, "inputs": inputs_json(told), "signatures": signatures })
}

fn inputs_json(told: &Told<'_>) -> Value {
    json!({ "sha256": told.sha256, "anchors_sha256": told.anchors_sha256, "validation_time": told.validation_time,
        "revocation_sha256": revocation_objects(told) })
}

fn signature_json(report: &SignatureReport, lang: Lang) -> Value {
    let timestamps: Vec<Value> = report.timestamps.iter().map(timestamp_json).collect();
    let inner: Vec<Value> = report.counter_signatures.iter().map(|inner| signature_json(inner, lang)).collect();
    json!({ "role": report.role, "covers": report.covers, "indication": report.indication, "sub_indication": report.sub_indication,
        "basis": report.validation.facts, "blocks": blocks(report, lang), "revocation": report.revocation, "timestamps": timestamps,
        "counter_signatures": inner })
}

fn timestamp_json(stamp: &TimestampReport) -> Value {
    json!({ "type": stamp.r#type, "time": stamp.time, "indication": stamp.indication, "sub_indication": stamp.sub_indication,
        "checks": stamp.validation.checks, "basis": stamp.validation.facts })
}

/// The CRLs and OCSP responses that decided something: with the bytes, the anchors and the time they give the same verdict again.
fn revocation_objects(told: &Told<'_>) -> Vec<Sha256> {
    let mut objects: Vec<Sha256> = flatten(told.signatures)
        .iter()
        .flat_map(|report| &report.revocation)
        .filter_map(|answer| answer.sha256)
        .collect();
    objects.sort_unstable();
    objects.dedup();
    objects
}

/// The blocks of one signature as text.
pub fn signature(report: &SignatureReport, indent: usize, lang: Lang, lines: &mut Vec<String>) {
    let space = "  ".repeat(indent);
    for block in &BLOCKS {
        let conclusion = block.conclusion(&report.validation).unwrap_or("-");
        lines.push(format!(
            "{space}[{}] {} (EN 319 102-1 {}): {conclusion}",
            block.id,
            block.name(lang),
            block.clause
        ));
        for step in block.checks {
            table::line(report, *step, indent + 1, lang, lines);
        }
        match block.id {
            "ISC" => signer(report, indent + 2, lang, lines),
            "XCV" => {
                path(&report.validation.facts.path, indent + 2, lang, lines);
                revocation(&report.revocation, indent + 2, lang, lines);
            }
            "TSV" => report.timestamps.iter().for_each(|stamp| timestamp(stamp, indent + 2, lang, lines)),
            _ => {}
        }
    }
    if let (Some(at), Some(why)) = (report.validation.facts.judged_at, report.validation.facts.basis) {
        let title = either(("değerlendirme anı", "instant of judgement"), lang);
        lines.push(format!("{space}{title}: {} ({at}), {}", local_time(at), basis(why, lang)));
    }
    if let Some(rule) = report.validation.facts.algorithms {
        lines.push(format!(
            "{space}{}: {}",
            either(("algoritma kuralı", "rule on algorithms"), lang),
            stable(rule)
        ));
    }
}

fn signer(report: &SignatureReport, indent: usize, lang: Lang, lines: &mut Vec<String>) {
    let Some(signer) = &report.signer else { return };
    let space = "  ".repeat(indent);
    let parts = [
        signer.common_name.as_deref(),
        signer.organization.as_deref(),
        signer.serial_masked.as_deref(),
        Some(class(signer.class, lang)),
    ];
    lines.push(format!("{space}{}", parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")));
    lines.push(format!("{space}SHA-256 {}", signer.certificate_sha256));
}

fn path(path: &[PathCertificate], indent: usize, lang: Lang, lines: &mut Vec<String>) {
    let space = "  ".repeat(indent);
    for (index, one) in path.iter().enumerate() {
        let place = match (index, path.len() - index) {
            (_, 1) => either(("kök", "anchor"), lang),
            (0, _) => either(("imzalayan", "signer"), lang),
            _ => either(("ara", "issuer"), lang),
        };
        lines.push(format!(
            "{space}{place}: {} · {} · {} – {} · {}",
            one.subject,
            one.key,
            local_time(one.not_before),
            local_time(one.not_after),
            one.sha256
        ));
    }
}

fn revocation(answers: &[RevocationReport], indent: usize, lang: Lang, lines: &mut Vec<String>) {
    let space = "  ".repeat(indent);
    for answer in answers {
        let status = match answer.status.as_str() {
            "good" => Text::new("iptal edilmemiş", "good"),
            "revoked" => Text::new("iptal edilmiş", "revoked"),
            _ => Text::new("bilinmiyor", "unknown"),
        };
        let time = answer.this_update.map(local_time).unwrap_or_default();
        let object = answer.sha256.map(|sha256| sha256.to_string()).unwrap_or_default();
        lines.push(
            format!(
                "{space}{}: {} · {} {time} {object}",
                answer.subject,
                status.get(lang),
                answer.source
            )
            .trim_end()
            .to_owned(),
        );
    }
}

fn timestamp(stamp: &TimestampReport, indent: usize, lang: Lang, lines: &mut Vec<String>) {
    let space = "  ".repeat(indent);
    let time = stamp.time.map(local_time).unwrap_or_default();
    let sub = stamp.sub_indication.map(stable).unwrap_or_default();
    lines.push(
        format!("{space}{} {time}: {} {sub}", stamp.r#type, stamp.indication)
            .trim_end()
            .to_owned(),
    );
    for (step, how) in &stamp.validation.checks {
        lines.push(format!("{space}  {}: {}", check(*step, lang), result(*how, lang)));
    }
    path(&stamp.validation.facts.path, indent + 1, lang, lines);
}

/// What the verdict rests on as a whole.
pub fn inputs(told: &Told<'_>, lang: Lang, lines: &mut Vec<String>) {
    lines.push(format!("  {}:", either(("girdiler", "inputs"), lang)));
    if let Some(sha256) = told.sha256 {
        lines.push(format!(
            "    {}: {sha256}",
            either(("dosyanın SHA-256 değeri", "SHA-256 of the file"), lang)
        ));
    }
    let time = either(("doğrulama zamanı", "validation time"), lang);
    lines.push(format!(
        "    {time}: {} ({})",
        local_time(told.validation_time),
        told.validation_time
    ));
    let anchors = either(("kök kümesinin SHA-256 değeri", "SHA-256 of the anchor set"), lang);
    lines.push(format!("    {anchors}: {}", told.anchors_sha256));
    for object in revocation_objects(told) {
        lines.push(format!("    {}: {object}", either(("iptal verisi", "revocation object"), lang)));
    }
}
