//! One register entry on the screen: everything that a clerk needs to decide, in words.

use super::documents::local_time;
use super::table::clean;
use super::words;
use crate::envelope::{Attachment, Document};
use crate::finding::Finding;
use crate::ledger::{Ledger, LedgerError};
use crate::register::entry::{Deadline, EarlierVerdict, Entry, EvidenceRecord, Handling, flag};
use crate::signature::report::{Reason, SignatureReport};
use crate::signature::wording::{Told, file_sentence};
use crate::text::Lang;

/// The entry in lines: facts, then verdicts, findings, deadlines, evidence and what people did.
pub fn screen(entry: &Entry, prefix: &str, ledger: &Ledger, lang: Lang) -> Result<String, LedgerError> {
    let mut screen = Screen { lang, out: String::new() };
    screen.facts(entry, prefix);
    let signatures = entry
        .verdict
        .as_ref()
        .map(|verdict| verdict.signatures.as_slice())
        .unwrap_or_default();
    screen.section(
        "İmzalar",
        "Signatures",
        signatures.iter().flat_map(|report| signature(report, 0, lang)).collect(),
    );
    screen.section(
        "Önceki sonuçlar",
        "Earlier verdicts",
        entry.earlier_verdicts.iter().map(|one| earlier(one, lang)).collect(),
    );
    screen.section(
        "Bulgular",
        "Findings",
        entry.findings.iter().map(|found| finding(found, lang)).collect(),
    );
    screen.section(
        "Süreler",
        "Deadlines",
        entry.deadlines.iter().map(|one| deadline(one, lang)).collect(),
    );
    let evidence = entry
        .evidence
        .iter()
        .map(|record| evidence(record, ledger, lang))
        .collect::<Result<_, _>>()?;
    screen.section("Deliller", "Evidence", evidence);
    screen.section("Saklama", "Retention", keeping(entry, ledger, lang)?);
    screen.section(
        "Yapılanlar",
        "History",
        entry.history.iter().map(|one| handling(one, lang)).collect(),
    );
    Ok(screen.out)
}

struct Screen {
    lang: Lang,
    out: String,
}

impl Screen {
    fn facts(&mut self, entry: &Entry, prefix: &str) {
        let (message, lang) = (&entry.message, self.lang);
        let kep = message.sender_kep.as_deref().or(message.sender.as_deref()).unwrap_or("-");
        let arrival = format!(
            "{} ({})",
            local_time(message.received_at),
            words::received_by(&message.received_by, lang)
        );
        self.fact(
            "Kayıt no",
            "Number",
            &format!(
                "{prefix}{} · {} · {}",
                entry.register_number,
                local_time(entry.registered_at),
                entry.mailbox
            ),
        );
        match entry.is_sent() {
            true => self.fact("Gönderiliş", "Sent", &arrival),
            false => self.fact("Geliş", "Received", &arrival),
        }
        if entry.is_sent() {
            self.fact("Alıcılar", "Recipients", &message.recipients.join(", "));
        }
        self.fact("Tür", "Kind", words::kind(message.kind, lang));
        self.fact("Gönderen", "Sender", kep);
        self.fact("İleti konusu", "Mail subject", message.subject.as_deref().unwrap_or("-"));
        if let Some(document) = &entry.document {
            self.document(document);
        }
        for part in &message.attachments {
            let name = part.name.as_deref().unwrap_or(&part.place);
            self.fact(
                "Dosya",
                "File",
                &format!("{name} · {} · {}", part.mime, words::bytes(part.size, lang)),
            );
        }
        self.fact("Sonuç", "Verdict", &verdict(entry, lang));
        self.fact("Bekleyen", "Waits for", &awaited(entry, lang));
        self.fact("Birim", "Unit", entry.unit.as_deref().unwrap_or("-"));
        self.fact("Erişim", "Access", words::access(entry.access, lang));
        self.fact("Durum", "State", words::state_of(entry.state, entry.is_sent(), lang));
        self.fact("EBYS no", "EBYS number", entry.transferred_as().unwrap_or_default());
        let flags: Vec<&str> = entry.flags.iter().map(|flag| words::flag(flag, lang)).collect();
        self.fact("İşaretler", "Flags", &flags.join(", "));
        let labels: Vec<&str> = entry.labels.iter().map(String::as_str).collect();
        self.fact("Etiketler", "Labels", &labels.join(", "));
        if message.sightings.len() > 1 {
            self.fact("Görülme", "Seen", &message.sightings.len().to_string());
        }
        self.fact("SHA-256", "SHA-256", &message.sha256.to_string());
    }

    fn document(&mut self, document: &Document) {
        let lang = self.lang;
        let institution = document.sender.as_ref().and_then(|sender| sender.name.as_deref());
        self.fact("Kurum", "Institution", institution.unwrap_or("-"));
        self.fact("Belge konusu", "Subject", document.subject.as_deref().unwrap_or("-"));
        let date = document.date.map(local_time);
        let marks = [
            document.number.as_deref(),
            date.as_deref(),
            document.security.as_deref(),
            document.urgency.as_deref(),
        ];
        self.fact("Belge", "Document", &marks.into_iter().flatten().collect::<Vec<_>>().join(" · "));
        if let Some(file) = &document.file {
            self.fact("Üst yazı", "Letter", &format!("{} · {}", file.name, words::bytes(file.size, lang)));
        }
        for attachment in &document.attachments {
            self.fact("Ek", "Attachment", &attached(attachment, lang));
        }
    }

    /// A line with a name; nothing when there is nothing to say.
    fn fact(&mut self, tr: &str, en: &str, value: &str) {
        const WIDTH: usize = 14;
        if !value.is_empty() {
            let name = if self.lang == Lang::Tr { tr } else { en };
            self.out += &format!("{name}{}{}\n", " ".repeat(WIDTH.saturating_sub(name.chars().count())), clean(value));
        }
    }

    fn section(&mut self, tr: &str, en: &str, lines: Vec<String>) {
        if !lines.is_empty() {
            self.out += &format!("\n{}\n", if self.lang == Lang::Tr { tr } else { en });
            lines.iter().for_each(|line| self.out += &format!("  {}\n", clean(line)));
        }
    }
}

/// The sentence with the next step; a quarantined message has a word only.
fn verdict(entry: &Entry, lang: Lang) -> String {
    match &entry.verdict {
        Some(verdict) if !entry.flags.contains(flag::QUARANTINED) => file_sentence(&Told::of_verdict(verdict, &entry.findings), lang),
        _ => words::verdict(entry, lang).to_owned(),
    }
}

fn attached(attachment: &Attachment, lang: Lang) -> String {
    let (unsigned, absent) = match lang {
        Lang::Tr => ("imza kapsamında değil", "pakette yok"),
        Lang::En => ("not covered by the signature", "not in the package"),
    };
    let size = attachment.size.map(|size| words::bytes(size, lang));
    let name = attachment.name.as_deref().unwrap_or("-");
    let marks = [
        Some(name),
        size.as_deref(),
        Some(unsigned).filter(|_| !attachment.signed),
        Some(absent).filter(|_| !attachment.present),
    ];
    marks.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A signature, its reasons, and the counter-signatures over it.
fn signature(report: &SignatureReport, depth: usize, lang: Lang) -> Vec<String> {
    let indent = "  ".repeat(depth);
    let signer = report
        .signer
        .as_ref()
        .and_then(|signer| signer.common_name.as_deref().or(signer.organization.as_deref()))
        .unwrap_or("-");
    let sub = report.sub_indication.map(words::stable).unwrap_or_default();
    let format = [Some(report.format.as_str()), report.level.as_deref(), report.profile.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let time = report
        .best_signature_time
        .map(|time| format!(" · {}", local_time(time)))
        .unwrap_or_default();
    let head = format!(
        "{indent}{} {} · {format} · {signer}{time} {sub}",
        words::indication(report.indication, lang),
        words::role(report.role, lang)
    );
    let reason = |reason: &Reason| format!("{indent}    {} {}", reason.code, reason.text.get(lang));
    let inner = report.counter_signatures.iter().flat_map(|inner| signature(inner, depth + 1, lang));
    [head.trim_end().to_owned()]
        .into_iter()
        .chain(report.reasons.iter().map(reason))
        .chain(inner)
        .collect()
}

pub fn finding(finding: &Finding, lang: Lang) -> String {
    format!(
        "{} [{}] {}: {}",
        finding.rule,
        words::severity(finding.severity, lang),
        finding.place,
        finding.text.get(lang)
    )
}

fn deadline(deadline: &Deadline, lang: Lang) -> String {
    format!("{}  {}", local_time(deadline.at), deadline.text.get(lang))
}

/// The holds that stand, by their numbers, and the disposal.
fn keeping(entry: &Entry, ledger: &Ledger, lang: Lang) -> Result<Vec<String>, LedgerError> {
    let holds = ledger.keeping(entry.register_number)?.holds.into_iter().map(|hold| {
        let (id, since, by, reason) = (hold.id, local_time(hold.since), hold.by, hold.reason);
        let word = words::flag(flag::LEGAL_HOLD, lang);
        clean(&format!("{since}  {word} {id} · {by}: {reason}"))
    });
    let disposed = ledger.disposed(entry)?.map(|text| text.get(lang).to_owned());
    Ok(holds.chain(disposed).collect())
}

fn evidence(record: &EvidenceRecord, ledger: &Ledger, lang: Lang) -> Result<String, LedgerError> {
    let known = ledger.evidence_document(&record.sha256)?;
    let label = known.map_or_else(|| record.kind.clone(), |known| known.found.evidence.label().get(lang).to_owned());
    let time = record.event_time.map(local_time).unwrap_or_else(|| "-".to_owned());
    let recipient = record.recipient.as_deref().unwrap_or_default();
    Ok(
        format!("{time}  {} {label} {recipient}", words::indication(record.indication, lang))
            .trim_end()
            .to_owned(),
    )
}

fn earlier(verdict: &EarlierVerdict, lang: Lang) -> String {
    let shown = verdict.indication.map_or("-", |indication| words::indication(indication, lang));
    let sub = verdict.sub_indication.map(words::stable).unwrap_or_default();
    let person = verdict.asker.person.as_deref().unwrap_or_default();
    format!(
        "{}  {shown} {sub} · {} {} {person}",
        local_time(verdict.at),
        local_time(verdict.replaced_at),
        words::why(verdict.why, lang)
    )
    .trim_end()
    .to_owned()
}

fn handling(handling: &Handling, lang: Lang) -> String {
    format!("{}  {}", local_time(handling.at), words::deed(handling, lang))
}

/// What may still turn an open verdict, without anybody doing anything.
fn awaited(entry: &Entry, lang: Lang) -> String {
    let Some(verdict) = entry.verdict.as_ref().filter(|_| entry.awaits_data()) else {
        return String::new();
    };
    match (verdict.retry_after().map(local_time), lang) {
        (Some(end), Lang::Tr) => format!("kesinleşme süresinin sonu ({end}); sonuç kendiliğinden yenilenir"),
        (Some(end), Lang::En) => format!("the end of the grace period ({end}); the verdict renews itself"),
        (None, Lang::Tr) => "eksik sertifika ya da iptal bilgisi; gelince sonuç kendiliğinden yenilenir".to_owned(),
        (None, Lang::En) => "a missing certificate or revocation data; the verdict renews itself when they come".to_owned(),
    }
}
