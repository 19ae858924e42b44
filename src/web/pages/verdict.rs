//! The verdict in three depths: the sentence, the checks of each signature, and everything it rests on.

use super::chip::Chip;
use super::shown::{Shown, long};
use super::when;
use crate::register::entry::{Entry, flag};
use crate::register::words;
use crate::signature::carrier::package::flatten;
use crate::signature::report::SignatureReport;
use crate::signature::validation::Check;
use crate::signature::wording::{self, Depth, Told};
use crate::text::Lang;

/// What is told of a verdict.
pub struct VerdictView {
    /// What it is and what to do now.
    pub sentence: Shown,
    pub signatures: Vec<SignatureView>,
    /// Line by line, for whoever wants it all.
    pub everything: String,
    /// What may still turn it, without anybody doing anything.
    pub awaits: Option<String>,
    pub judged_at: String,
}

/// One signature and its checks.
pub struct SignatureView {
    pub chip: Chip,
    pub role: &'static str,
    pub signer: Shown,
    pub class: &'static str,
    pub issuer: Shown,
    pub format: Shown,
    pub time: String,
    pub covers: Shown,
    pub checks: Vec<CheckView>,
}

pub struct CheckView {
    pub chip: Chip,
    pub name: &'static str,
    /// Code and sentence.
    pub reasons: Vec<(String, Shown)>,
}

impl VerdictView {
    /// `None`: nobody could judge it.
    pub fn of(entry: &Entry, lang: Lang) -> Option<Self> {
        let verdict = entry.verdict.as_ref()?;
        let told = Told::of_verdict(verdict, &entry.findings);
        let sentence = match entry.flags.contains(flag::QUARANTINED) {
            true => words::verdict(entry, lang).to_owned(),
            // Word and shape stand beside it already.
            false => wording::file_sentence(&told, lang),
        };
        Some(Self {
            sentence: Shown::field(&sentence),
            signatures: flatten(&verdict.signatures)
                .into_iter()
                .map(|report| SignatureView::of(report, lang))
                .collect(),
            everything: long(&told.lines(Depth::Full, lang).join("\n")),
            awaits: awaits(entry, lang),
            judged_at: when::moment(verdict.validation_time),
        })
    }
}

impl SignatureView {
    fn of(report: &SignatureReport, lang: Lang) -> Self {
        let signer = report.signer.as_ref();
        let name = signer.and_then(|signer| signer.common_name.as_deref().or(signer.organization.as_deref()));
        let format = [Some(report.format.as_str()), report.level.as_deref(), report.profile.as_deref()];
        let claimed = if lang == Lang::Tr { " (beyan)" } else { " (claimed)" };
        let time = match (report.best_signature_time, report.claimed_signing_time) {
            (Some(proven), _) => when::moment(proven),
            (None, Some(at)) => when::moment(at) + claimed,
            (None, None) => "–".to_owned(),
        };
        Self {
            chip: Chip::of(report.indication, lang),
            role: wording::role(report.role, lang),
            signer: Shown::field(name.unwrap_or("–")),
            class: signer.map_or("–", |signer| wording::class(signer.class, lang)),
            issuer: Shown::maybe(signer.and_then(|signer| signer.issuer.as_deref())),
            format: Shown::field(&format.into_iter().flatten().collect::<Vec<_>>().join(" ")),
            time,
            covers: Shown::field(&report.covers),
            checks: Check::ALL.iter().map(|check| CheckView::of(report, *check, lang)).collect(),
        }
    }
}

impl CheckView {
    fn of(report: &SignatureReport, check: Check, lang: Lang) -> Self {
        let reasons = report.reasons.iter().filter(|reason| Check::of(&reason.code) == check);
        Self {
            chip: Chip::of_check(report.validation.result(check), lang),
            name: wording::check(check, lang),
            reasons: reasons
                .map(|reason| (reason.code.clone(), Shown::field(reason.text.get(lang))))
                .collect(),
        }
    }
}

fn awaits(entry: &Entry, lang: Lang) -> Option<String> {
    let verdict = entry.verdict.as_ref().filter(|_| entry.awaits_data())?;
    Some(match (verdict.retry_after().map(when::moment), lang) {
        (Some(end), Lang::Tr) => format!("Kesinleşme süresinin sonu bekleniyor ({end}); sonuç kendiliğinden yenilenir."),
        (Some(end), Lang::En) => format!("Waits for the end of the grace period ({end}); the verdict renews itself."),
        (None, Lang::Tr) => "Eksik sertifika ya da iptal bilgisi bekleniyor; gelince sonuç kendiliğinden yenilenir.".to_owned(),
        (None, Lang::En) => "Waits for a certificate or revocation data; the verdict renews itself when they come.".to_owned(),
    })
}
