//! The daily report: the gateway's sign of life, and the copy of the chain's head outside the machine that makes it evidence.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::alert::causes::moment;
use crate::alert::notice::{Cause, Level, Notice};
use crate::store::record::Head;
use crate::text::{Lang, Text};

/// Lines of one list; the rest is a number.
const LINES: usize = 30;

/// What the report says. All counts are of the moment when it is made, but for those of the last day.
#[derive(Debug, Clone)]
pub struct DailyReport {
    pub day: Date,
    pub at: Timestamp,
    pub mailboxes: Vec<MailboxLine>,
    /// Entries registered since the last report.
    pub registered: u64,
    /// Deadlines that are open, nearest first: register number, institution or kind, moment.
    pub deadlines: Vec<DeadlineLine>,
    /// What the institution sent.
    pub sent: SentLine,
    /// Entries in quarantine.
    pub quarantined: u64,
    /// Evidence without its message.
    pub orphan_evidence: u64,
    /// Keys that open what comes encrypted and cannot be used at the moment.
    pub keys: u64,
    /// Encrypted documents that wait for a key.
    pub closed: u64,
    /// Alerts that were given up since the last report, and those that still wait.
    pub alerts_given_up: u64,
    pub alerts_waiting: u64,
    pub head: Head,
    pub version: String,
    /// Versions of what the verdicts rest on: rule sets, calendar, trust anchors.
    pub data_versions: BTreeMap<String, String>,
    /// What stands wrong and has no count of its own: a broken record, a loss whose term runs, a key that ends. With one of them nothing is well.
    pub troubles: Vec<Text>,
    /// Other things that a person should read: estimates in the calendar.
    pub remarks: Vec<Text>,
}

#[derive(Debug, Clone)]
pub struct MailboxLine {
    pub mailbox: String,
    pub last_success: Option<Timestamp>,
    /// Successful checks since the last report.
    pub checks: u64,
    /// Messages that the server counts; `None` where it was never asked.
    pub on_server: Option<u64>,
    pub fetched: u64,
    pub registered: u64,
    /// Listed and not delivered, or too large.
    pub holes: u64,
    /// Files in the folder that are no messages to take.
    pub not_taken: u64,
    /// Whole per cent, where the server tells.
    pub quota_percent: Option<u64>,
}

/// Sent messages; each count is of messages, not of recipients.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentLine {
    /// Their evidence is still awaited.
    pub followed: u64,
    /// It did not come by its term.
    pub overdue: u64,
    /// They did not reach somebody, and nobody saw to it.
    pub negative: u64,
}

#[derive(Debug, Clone)]
pub struct DeadlineLine {
    pub number: String,
    pub kind: String,
    pub at: Timestamp,
}

impl DailyReport {
    /// The report as a notice for the default group. It goes out even when nothing came.
    pub fn notice(&self) -> Notice {
        let holes: u64 = self.mailboxes.iter().map(|mailbox| mailbox.holes).sum();
        let unchecked = self.mailboxes.iter().filter(|mailbox| mailbox.checks == 0).count();
        let not_taken = self.mailboxes.iter().any(|mailbox| mailbox.not_taken > 0);
        let open = self.quarantined > 0 || self.keys > 0 || self.alerts_given_up > 0 || self.sent.is_troubled();
        let troubled = not_taken || holes > 0 || unchecked > 0 || open || !self.troubles.is_empty();
        let state = match troubled {
            true => Text::new("DİKKAT", "ATTENTION"),
            false => Text::new("sorun yok", "all well"),
        };
        Notice {
            cause: Cause::DailyReport,
            key: self.day.to_string(),
            level: Level::Note,
            at: self.at,
            title: Text::new(
                format!(
                    "KEP günlük rapor {}: {} yeni kayıt, {holes} açık, {}",
                    self.day, self.registered, state.tr
                ),
                format!(
                    "KEP daily report {}: {} new entries, {holes} holes, {}",
                    self.day, self.registered, state.en
                ),
            ),
            body: Text::new(self.body(Lang::Tr), self.body(Lang::En)),
            facts: BTreeMap::from([
                ("day".to_owned(), self.day.to_string()),
                ("registered".to_owned(), self.registered.to_string()),
                ("holes".to_owned(), holes.to_string()),
                ("unchecked".to_owned(), unchecked.to_string()),
                ("quarantined".to_owned(), self.quarantined.to_string()),
                ("sent_overdue".to_owned(), self.sent.overdue.to_string()),
                ("sent_negative".to_owned(), self.sent.negative.to_string()),
                ("keys".to_owned(), self.keys.to_string()),
                ("closed".to_owned(), self.closed.to_string()),
                ("chain_sequence".to_owned(), self.head.sequence.to_string()),
                ("chain_hash".to_owned(), self.head.hash.to_string()),
            ]),
            groups: Vec::new(),
        }
    }

    fn body(&self, lang: Lang) -> String {
        let word = |tr: &'static str, en: &'static str| match lang {
            Lang::Tr => tr,
            Lang::En => en,
        };
        let mut out = String::new();
        let mut section = |title: &str, lines: Vec<String>| {
            let _ = writeln!(out, "{title}");
            let more = lines.len().saturating_sub(LINES);
            for line in lines.iter().take(LINES) {
                let _ = writeln!(out, "  {line}");
            }
            if more > 0 {
                let _ = writeln!(out, "  + {more}");
            }
            out.push('\n');
        };
        let texts = |all: &[Text]| -> Vec<String> { all.iter().map(|text| text.get(lang).to_owned()).collect() };
        // First: who reads one line of the body reads this.
        if !self.troubles.is_empty() {
            section(word("Sorunlar", "Troubles"), texts(&self.troubles));
        }
        section(
            word("Posta kutuları", "Mailboxes"),
            or_none(lang, self.mailboxes.iter().map(|mailbox| mailbox.line(lang)).collect()),
        );
        section(
            word("Açık süreler", "Open deadlines"),
            or_none(
                lang,
                self.deadlines
                    .iter()
                    .map(|line| format!("{}  {}  {}", moment(line.at).get(lang), line.number, kind(&line.kind).get(lang)))
                    .collect(),
            ),
        );
        // Who registers nothing that was sent has nothing to read here.
        if self.sent.followed > 0 || self.sent.is_troubled() {
            section(word("Gönderilen iletiler", "Sent messages"), self.sent.lines(lang));
        }
        section(
            word("Durum", "State"),
            vec![
                format!(
                    "{}: {}",
                    word("Son rapordan beri yeni kayıt", "New entries since the last report"),
                    self.registered
                ),
                format!("{}: {}", word("Karantinada", "In quarantine"), self.quarantined),
                format!(
                    "{}: {}",
                    word("İletisi bulunamayan delil", "Evidence without its message"),
                    self.orphan_evidence
                ),
                format!(
                    "{}: {}",
                    word("Ulaşılamayan şifre çözme anahtarı", "Decryption keys that cannot be used"),
                    self.keys
                ),
                format!(
                    "{}: {}",
                    word("Anahtar bekleyen şifreli evrak", "Encrypted documents that wait for a key"),
                    self.closed
                ),
                format!("{}: {}", word("Vazgeçilen uyarı", "Alerts given up"), self.alerts_given_up),
                format!("{}: {}", word("Bekleyen uyarı", "Alerts waiting"), self.alerts_waiting),
            ],
        );
        if !self.remarks.is_empty() {
            section(word("Notlar", "Remarks"), texts(&self.remarks));
        }
        let mut evidence = vec![
            format!("{}: {}", word("Kayıt sayısı", "Records"), self.head.sequence),
            format!("SHA-256: {}", self.head.hash),
            format!("{}: {}", word("Sürüm", "Version"), self.version),
        ];
        evidence.extend(self.data_versions.iter().map(|(name, version)| format!("{name}: {version}")));
        section(
            word(
                "Kayıt zincirinin başı (bu e-postayı saklayın: kayıtların değiştirilmediğini kanıtlar)",
                "Head of the journal chain (keep this e-mail: it proves that no record was changed)",
            ),
            evidence,
        );
        out.trim_end().to_owned()
    }
}

impl MailboxLine {
    fn line(&self, lang: Lang) -> String {
        let last = self.last_success.map_or_else(|| Text::new("hiç", "never"), moment);
        let server = self.on_server.map_or_else(|| "?".to_owned(), |count| count.to_string());
        let quota = self.quota_percent.map(|percent| format!("{percent} %"));
        let mut line = match lang {
            Lang::Tr => format!(
                "{}: kontrol {} (son {}), sunucuda {server}, alınan {}, kayıtlı {}, açık {}",
                self.mailbox, self.checks, last.tr, self.fetched, self.registered, self.holes
            ),
            Lang::En => format!(
                "{}: checks {} (last {}), on server {server}, fetched {}, registered {}, holes {}",
                self.mailbox, self.checks, last.en, self.fetched, self.registered, self.holes
            ),
        };
        if let Some(quota) = quota {
            line.push_str(match lang {
                Lang::Tr => ", kota ",
                Lang::En => ", quota ",
            });
            line.push_str(&quota);
        }
        if self.not_taken > 0 {
            line.push_str(&match lang {
                Lang::Tr => format!(", alınmayan dosya {}", self.not_taken),
                Lang::En => format!(", files not taken {}", self.not_taken),
            });
        }
        match (self.checks, self.holes + self.not_taken) {
            (0, _) | (_, 1..) => line + "  <<<",
            _ => line,
        }
    }
}

impl SentLine {
    fn is_troubled(&self) -> bool {
        self.overdue > 0 || self.negative > 0
    }

    fn lines(&self, lang: Lang) -> Vec<String> {
        let marked = |words: &Text, count: u64| {
            let mark = if count > 0 { "  <<<" } else { "" };
            format!("{}: {count}{mark}", words.get(lang))
        };
        vec![
            format!("{}: {}", Text::new("Delili beklenen", "Evidence awaited").get(lang), self.followed),
            marked(&Text::new("Delili süresinde gelmeyen", "Evidence overdue"), self.overdue),
            marked(
                &Text::new("Ulaşmayan, işlem bekleyen", "Not delivered, to be seen to"),
                self.negative,
            ),
        ]
    }
}

fn or_none(lang: Lang, lines: Vec<String>) -> Vec<String> {
    match (lines.is_empty(), lang) {
        (true, Lang::Tr) => vec!["yok".to_owned()],
        (true, Lang::En) => vec!["none".to_owned()],
        (false, _) => lines,
    }
}

/// The kinds of [`crate::register::entry::Deadline`] in words.
fn kind(kind: &str) -> Text {
    match kind {
        "deemed-read" => Text::new("okunmuş sayılma", "deemed read"),
        "due" => Text::new("miat", "due date"),
        "urgent" => Text::new("günlü", "urgent"),
        other => Text::new(other, other),
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
