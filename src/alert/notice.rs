//! What is to be told. A notice carries no subject lines, names of persons, identity numbers or content.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Why people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    NewDocument,
    /// A signature is invalid, or could not be verified.
    Signature,
    Quarantine,
    MissingMessage,
    AuthenticationFailure,
    /// A mailbox could not be reached for longer than it may.
    MailboxFailing,
    Quota,
    /// The credit that sending costs runs out.
    Credit,
    DailyCheckMissed,
    DeemedReadNear,
    OrphanEvidence,
    NegativeEvidence,
    /// Evidence of a sent message is not here by its term.
    MissingEvidence,
    /// Okuma zamanaşımı: a recipient did not open what we sent.
    ReadingTimeOut,
    Disk,
    ChainBroken,
    /// Zıya: something of the record is lost, and a term runs.
    Loss,
    /// Opening the store made a new one, or put something right.
    Recovery,
    /// A changed configuration is wrong, or the page cannot be served by it.
    Configuration,
    DaemonDead,
    /// An alert was given up, or its channel refuses our credentials: told over the other channels.
    Undelivered,
    DailyReport,
    /// For programs: one for each entry of the register, never held back. Goes only to webhooks whose route names this cause.
    DocumentRegistered,
    /// For programs: an entry's verdict is another one now.
    VerdictChanged,
    /// A term of an application file nears or has passed.
    ApplicationTerm,
    /// A key that opens what comes encrypted cannot be used, or its certificate ends.
    DecryptionKey,
    /// A power of attorney or a signature circular of an application file ends soon, or has ended.
    PowerEnding,
    /// `alerts test`.
    Test,
}

impl Cause {
    /// What a person calls it; used where several notices are told as one.
    pub fn label(self) -> Text {
        match self {
            Self::NewDocument => Text::new("yeni evrak", "new document"),
            Self::Signature => Text::new("imza sorunu", "signature problem"),
            Self::Quarantine => Text::new("karantina", "quarantine"),
            Self::MissingMessage => Text::new("alınamayan ileti", "message not delivered by the server"),
            Self::AuthenticationFailure => Text::new("kimlik doğrulama hatası", "authentication failure"),
            Self::MailboxFailing => Text::new("posta kutusuna erişilemiyor", "mailbox cannot be reached"),
            Self::Quota => Text::new("kota", "quota"),
            Self::Credit => Text::new("kontör", "credit"),
            Self::DailyCheckMissed => Text::new("günlük kontrol yapılmadı", "daily check not done"),
            Self::DeemedReadNear => Text::new("süre doluyor ya da doldu", "a deadline nears or has passed"),
            Self::OrphanEvidence => Text::new("iletisi bulunamayan delil", "evidence without a message"),
            Self::NegativeEvidence => Text::new("olumsuz delil", "negative evidence"),
            Self::MissingEvidence => Text::new("gelmeyen delil", "missing evidence"),
            Self::ReadingTimeOut => Text::new("okuma zamanaşımı", "time-out of reading"),
            Self::Disk => Text::new("disk", "disk"),
            Self::ChainBroken => Text::new("kayıt zinciri bozuk", "journal chain is broken"),
            Self::Loss => Text::new("zıya (kayıp)", "loss of records"),
            Self::Configuration => Text::new("yapılandırma hatası", "wrong configuration"),
            Self::Recovery => Text::new("depo onarımı", "recovery of the store"),
            Self::DaemonDead => Text::new("ağ geçidi çalışmıyor", "gateway is not running"),
            Self::Undelivered => Text::new("iletilemeyen uyarı", "undelivered alert"),
            Self::DailyReport => Text::new("günlük rapor", "daily report"),
            Self::DocumentRegistered => Text::new("kaydedilen evrak (program için)", "registered document (for programs)"),
            Self::VerdictChanged => Text::new("değişen sonuç (program için)", "changed verdict (for programs)"),
            Self::ApplicationTerm => Text::new("başvuru dosyasının süresi", "term of an application file"),
            Self::PowerEnding => Text::new("imza yetkisi sona eriyor", "an authority to sign ends"),
            Self::DecryptionKey => Text::new("şifre çözme anahtarı", "decryption key"),
            Self::Test => Text::new("deneme", "test"),
        }
    }

    /// Told for each document to programs that asked for it, and to nobody else: people get the notices that can be held together.
    pub fn is_for_programs(self) -> bool {
        matches!(self, Self::DocumentRegistered | Self::VerdictChanged)
    }

    /// The stable word of the configuration, the journal and the webhook.
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// How loud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Note,
    Warning,
    Critical,
}

/// One thing that people must hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub cause: Cause,
    /// Notices of one cause with the same key are throttled together, e.g. a mailbox name or a register number.
    pub key: String,
    pub level: Level,
    pub at: Timestamp,
    /// One line: subject of the e-mail, whole text of the SMS.
    pub title: Text,
    /// What happened, why, what to do next.
    pub body: Text,
    /// Machine-readable facts for the webhook: register number, mailbox, counts. No personal data.
    pub facts: BTreeMap<String, String>,
    /// Names of recipient groups from the configuration; empty = the default group.
    pub groups: Vec<String>,
}
