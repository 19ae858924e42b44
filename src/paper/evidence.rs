//! Delil dökümü: what a judge must know of one document, on one page where it fits: what arrived, when and by which clock, who signed,
//! what was found, what the providers attested, where it stands in the journal, who opened it.

use std::collections::BTreeSet;
use std::io::Write;

use super::chain::{Chain, Position};
use super::flow::Flow;
use super::sheet::About;
use super::words::{exact_time, local_day, local_time};
use super::{Asked, PaperError, Summary, line, words};
use crate::hash::Sha256;
use crate::register::entry::{Action, Entry, EvidenceRecord, Handling, RegisterNumber};
use crate::signature::carrier::package::flatten;
use crate::signature::carrier::unsigned::UNSIGNED_PART;
use crate::signature::report::{RevocationReport, SignatureReport, TimestampReport};
use crate::signature::validation::{Check, CheckResult};
use crate::signature::wording::{self, Told, file_sentence};

/// Signatures told one by one; a package has two to five.
const SIGNATURES: usize = 8;
/// Evidence, deeds, attachments and revocation sources told one by one; the case file has all, and the sheet says how many more there are.
const LINES: usize = 24;

/// A name for the file: ASCII, safe everywhere.
pub fn file_name(number: RegisterNumber) -> String {
    format!("delil-dokumu-{:04}-{:06}.pdf", number.year, number.number)
}

/// The sheet as tagged PDF/A.
///
/// # Errors
/// [`PaperError::NotFound`] where there is no such entry for this person; else the ledger's or the writer's own.
pub fn pdf(asked: &Asked<'_>, number: RegisterNumber, out: &mut impl Write) -> Result<Summary, PaperError> {
    let entry = asked.entry(number)?;
    let chain = Chain::of(asked.ledger)?;
    let position = chain.position(&entry)?;
    out.write_all(&sheet(asked, &entry, &chain, position)?)?;
    out.flush()?;
    Ok(Summary {
        rows: 1,
        missing: 0,
        head: chain.head,
    })
}

pub(super) fn sheet(asked: &Asked<'_>, entry: &Entry, chain: &Chain, position: Option<Position>) -> Result<Vec<u8>, PaperError> {
    let number = asked.number(entry);
    let title = format!("{} · {number}", asked.either("Delil dökümü", "Evidence sheet"));
    let about = About {
        title: &title,
        lang: asked.lang,
        at: chain.at,
    };
    let foot = format!(
        "{number} · {} {} {} · {}",
        asked.either("günlüğün durumu: kayıt", "state of the journal: record"),
        chain.head.sequence,
        chain.head.hash,
        exact_time(chain.at)
    );
    let mut sheet = Sheet {
        asked,
        flow: Flow::new(&about, foot)?,
    };
    sheet.arrival(entry);
    if let Some(since) = asked.ledger.disposed(entry)? {
        sheet.say("İmha", "Disposal", since.get(asked.lang));
    }
    sheet.verdict(entry);
    sheet.signatures(entry);
    sheet.evidence(entry)?;
    sheet.deeds(&entry.history);
    sheet.record(entry, chain, position);
    sheet.flow.finish()
}

struct Sheet<'a> {
    asked: &'a Asked<'a>,
    flow: Flow,
}

impl Sheet<'_> {
    fn say(&mut self, tr: &str, en: &str, value: &str) {
        let name = self.asked.either(tr, en);
        self.flow.fact(name, value);
    }

    fn head(&mut self, tr: &str, en: &str) {
        let text = self.asked.either(tr, en);
        self.flow.heading(text);
    }

    fn arrival(&mut self, entry: &Entry) {
        let (message, lang) = (&entry.message, self.asked.lang);
        self.head("Ne geldi, ne zaman", "What arrived, and when");
        self.say(
            "Kayıt",
            "Registered",
            &format!(
                "{} · {} · {}",
                self.asked.number(entry),
                exact_time(entry.registered_at),
                entry.mailbox
            ),
        );
        let (tr, en) = if entry.is_sent() {
            ("Gönderiliş", "Sent")
        } else {
            ("Geliş", "Arrived")
        };
        self.say(
            tr,
            en,
            &format!(
                "{} · {}",
                exact_time(message.received_at),
                words::received_by(&message.received_by, lang)
            ),
        );
        self.say("Tür", "Kind", words::kind(message.kind, lang));
        self.say("Gönderen", "Sender", line::sender(entry).unwrap_or("-"));
        self.say("KEP adresi", "KEP address", message.sender_kep.as_deref().unwrap_or("-"));
        self.say("Alıcı", "Recipient", &message.recipients.join(", "));
        self.say("Konu", "Subject", line::subject(entry).unwrap_or("-"));
        let document = entry.document.as_ref();
        if let Some(document) = document {
            let marks = [
                document.number.clone(),
                document.date.map(local_day),
                document.security.clone(),
                document.id.clone(),
            ];
            self.say("Belge", "Document", &marks.into_iter().flatten().collect::<Vec<_>>().join(" · "));
            let count = document.attachments.len();
            let missing = document.attachments.iter().filter(|attachment| !attachment.present).count();
            let tr = format!("{count} ek; pakette olmayan {missing}");
            let en = format!("{count} attachments; not in the package {missing}");
            self.say("Ekler", "Attachments", self.asked.either(&tr, &en));
        }
        self.uncovered(entry);
        let ids = [
            message.message_id.as_deref(),
            message.original_message_id.as_deref(),
            message.rem_id.as_deref(),
        ];
        self.say(
            "Message-ID",
            "Message-ID",
            &ids.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        );
        let seen: Vec<String> = message
            .sightings
            .iter()
            .map(|seen| format!("{} {}", seen.mailbox, exact_time(seen.at)))
            .collect();
        self.say("Görülme", "Seen", &seen.join("; "));
        let unit = entry.unit.as_deref().unwrap_or("-");
        self.say(
            "Birim, durum",
            "Unit, state",
            &format!("{unit} · {}", words::state_of(entry.state, entry.is_sent(), lang)),
        );
    }

    /// What lies in the package beside every signature: attachments that the metadata names, and parts that nothing names.
    fn uncovered(&mut self, entry: &Entry) {
        let attachments = entry.document.iter().flat_map(|document| &document.attachments);
        let unsigned = attachments.filter(|attachment| !attachment.signed).count();
        let parts = entry.findings.iter().filter(|finding| finding.rule == UNSIGNED_PART);
        let parts: BTreeSet<&str> = parts.map(|finding| finding.place.as_str()).collect();
        if entry.document.is_none() && parts.is_empty() {
            return;
        }
        let count = unsigned.max(parts.len());
        let names: Vec<&str> = parts.into_iter().take(LINES).collect();
        let colon = if names.is_empty() { "" } else { ": " };
        self.say("İmza kapsamı dışı", "Not covered", &format!("{count}{colon}{}", names.join(", ")));
    }

    fn verdict(&mut self, entry: &Entry) {
        self.head("Doğrulama sonucu", "Verdict");
        let lang = self.asked.lang;
        let Some(verdict) = &entry.verdict else {
            let none = self.asked.either(
                "İleti okunamadı; doğrulama yapılamadı.",
                "The message could not be read; nothing was verified.",
            );
            return self.say("Sonuç", "Verdict", none);
        };
        self.say(
            "Sonuç",
            "Verdict",
            &file_sentence(&Told::of_verdict(verdict, &entry.findings), lang),
        );
        self.say("Doğrulama anı", "Verified at", &exact_time(verdict.validation_time));
        for earlier in &entry.earlier_verdicts {
            let shown = earlier.indication.map_or("-", |indication| wording::indication(indication, lang));
            let line = format!("{shown} · {} → {}", local_time(earlier.at), local_time(earlier.replaced_at));
            self.say("Önceki sonuç", "Earlier verdict", &line);
        }
        self.flow
            .code(self.asked.either("Kök kümesi", "Anchor set"), &verdict.anchors_sha256.to_string());
    }

    fn signatures(&mut self, entry: &Entry) {
        let Some(verdict) = &entry.verdict else { return };
        self.head("İmzalar", "Signatures");
        let all = flatten(&verdict.signatures);
        for report in all.iter().take(SIGNATURES) {
            self.signature(report);
        }
        self.more(all.len(), SIGNATURES, ("imza", "signatures"));
    }

    /// What is not told one by one is counted: a list that ends without a word is taken for whole.
    fn more(&mut self, all: usize, shown: usize, (tr, en): (&str, &str)) {
        let more = all.saturating_sub(shown);
        if more > 0 {
            let (tr, en) = (
                format!("… {more} {tr} daha: dava dosyasında"),
                format!("… and {more} more {en}: see the case file"),
            );
            self.say("", "", self.asked.either(&tr, &en));
        }
    }

    fn signature(&mut self, report: &SignatureReport) {
        let lang = self.asked.lang;
        let name = wording::role(report.role, lang);
        self.flow.fact(name, &wording::signature_sentence(report, lang));
        if let Some(signer) = &report.signer {
            let parts = [
                signer.common_name.as_deref(),
                signer.organization.as_deref(),
                signer.serial_masked.as_deref(),
                Some(wording::class(signer.class, lang)),
            ];
            let issuer = signer.issuer.as_deref().unwrap_or("-");
            let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            self.say("Sertifika", "Certificate", &format!("{said} ← {issuer}"));
            self.flow.code("SHA-256", &signer.certificate_sha256.to_string());
        }
        self.say("Denetimler", "Checks", &self.checks(report));
        let stamps: Vec<String> = report.timestamps.iter().map(stamp).collect();
        self.say("Zaman damgaları", "Time stamps", &stamps.join("; "));
        let sources: Vec<String> = report.revocation.iter().take(LINES).map(revocation).collect();
        self.say("İptal bilgisi", "Revocation", &sources.join("; "));
        self.more(report.revocation.len(), LINES, ("iptal kaynağı", "revocation sources"));
    }

    /// How many passed, and each that did not.
    fn checks(&self, report: &SignatureReport) -> String {
        let lang = self.asked.lang;
        let results = Check::ALL.map(|check| (check, report.validation.result(check)));
        let of = |wanted| results.iter().filter(|(_, result)| *result == wanted).count();
        let (passed, not_asked) = (of(CheckResult::Passed), of(CheckResult::NotAsked));
        let tr = format!("{passed} geçti, {not_asked} istenmiyor, toplam {}", Check::ALL.len());
        let en = format!("{passed} passed, {not_asked} not asked, of {}", Check::ALL.len());
        let open = results
            .iter()
            .filter(|(_, result)| !matches!(result, CheckResult::Passed | CheckResult::NotAsked));
        let open: String = open
            .map(|(check, result)| format!("; {}: {}", wording::check(*check, lang), wording::result(*result, lang)))
            .collect();
        format!("{}{open}", self.asked.either(&tr, &en))
    }

    fn evidence(&mut self, entry: &Entry) -> Result<(), PaperError> {
        if entry.evidence.is_empty() {
            return Ok(());
        }
        self.head("Deliller (KEP hizmet sağlayıcılarının)", "Evidence (of the KEP providers)");
        let mut all: Vec<&EvidenceRecord> = entry.evidence.iter().collect();
        all.sort_by_key(|record| record.event_time);
        for record in all.iter().take(LINES) {
            let known = self.asked.ledger.evidence_document(&record.sha256)?;
            let label = known.map_or_else(
                || record.kind.clone(),
                |known| known.found.evidence.label().get(self.asked.lang).to_owned(),
            );
            let time = record.event_time.map_or_else(|| "-".to_owned(), words::second);
            let verdict = wording::indication(record.indication, self.asked.lang);
            let recipient = record.recipient.as_deref().unwrap_or_default();
            self.flow
                .fact(&time, &format!("{label} {recipient} · {verdict} · {}", record.sha256));
        }
        self.more(all.len(), LINES, ("delil", "evidence documents"));
        Ok(())
    }

    /// Who did what. The first opening is the proof that the document was looked at, and when: it stands here whatever came after it; of the rest
    /// the newest.
    fn deeds(&mut self, history: &[Handling]) {
        self.head("Kim, ne zaman", "Who, and when");
        if history.iter().all(|one| matches!(one.action, Action::Access { .. })) {
            let none = self.asked.either("Henüz kimse açmadı.", "Nobody has opened it yet.");
            self.flow.line(none);
        }
        let first = history.iter().position(|one| one.action == Action::Opened);
        let newest = history.len().saturating_sub(LINES);
        let skipped = first.filter(|first| *first < newest);
        let from = newest + usize::from(skipped.is_some());
        for one in skipped
            .and_then(|first| history.get(first))
            .into_iter()
            .chain(history.iter().skip(from))
        {
            self.flow.fact(&words::second(one.at), &words::deed(one, self.asked.lang));
        }
        self.more(history.len(), LINES, ("işlem", "deeds"));
    }

    fn record(&mut self, entry: &Entry, chain: &Chain, position: Option<Position>) {
        self.head("Özetler ve günlükteki yer (SHA-256)", "Hashes and place in the journal (SHA-256)");
        let size = entry.message.size;
        let name = self.asked.either("İleti", "Message");
        self.flow.code(
            name,
            &format!("{} ({size} {})", entry.message.sha256, self.asked.either("bayt", "bytes")),
        );
        if let Some(package) = &entry.package {
            self.flow.code(self.asked.either("Paket", "Package"), &package.sha256.to_string());
        }
        if let Some(file) = entry.document.as_ref().and_then(|document| document.file.as_ref()) {
            self.flow.code(self.asked.either("Üst yazı", "Letter"), &file.sha256.to_string());
        }
        let attachments = entry.document.iter().flat_map(|document| &document.attachments);
        let attachments: Vec<Sha256> = attachments.filter_map(|attachment| attachment.sha256).collect();
        for attachment in attachments.iter().take(LINES) {
            self.flow.code(self.asked.either("Ek", "Attachment"), &attachment.to_string());
        }
        self.more(attachments.len(), LINES, ("ek", "attachments"));
        match position {
            Some(position) => {
                let name = self.asked.either("Kayıt sırası", "Record");
                self.flow
                    .code(name, &format!("{} {} {}", position.sequence, position.hash, position.at));
            }
            None => {
                let (tr, en) = (
                    "günlükte bulunamadı: kep-gateway journal verify",
                    "not found in the journal: kep-gateway journal verify",
                );
                self.say("Kayıt sırası", "Record", self.asked.either(tr, en));
            }
        }
        let name = self.asked.either("Günlüğün başı", "Chain head");
        self.flow.code(name, &format!("{} {}", chain.head.sequence, chain.head.hash));
    }
}

fn stamp(stamp: &TimestampReport) -> String {
    let time = stamp.time.map_or_else(|| "-".to_owned(), exact_time);
    format!("{} {time} {}", stamp.r#type, stamp.indication)
}

fn revocation(source: &RevocationReport) -> String {
    let date = source.this_update.map(|at| format!(" ({})", local_time(at))).unwrap_or_default();
    format!("{}: {} {}{date}", source.subject, source.source, source.status)
}
