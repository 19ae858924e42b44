//! Alerts about what the institution sent. Recipients are counted and never named: an address may be a person's.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{body, facts};
use crate::alert::notice::{Cause, Level, Notice};
use crate::text::Text;

/// What is told of a sent message.
#[derive(Debug, Clone, Copy)]
pub struct SentFacts<'a> {
    /// As shown to people, prefix included.
    pub number: &'a str,
    pub mailbox: &'a str,
    /// Recipients whom it is about.
    pub recipients: usize,
}

impl SentFacts<'_> {
    fn notice(&self, cause: Cause, level: Level, at: Timestamp, title: Text, body: Text) -> Notice {
        let count = self.recipients.to_string();
        Notice {
            cause,
            key: self.mailbox.to_owned(),
            level,
            at,
            title,
            body,
            facts: facts(&[("register_number", self.number), ("mailbox", self.mailbox), ("recipients", &count)]),
            groups: Vec::new(),
        }
    }
}

fn find(number: &str) -> (String, String) {
    (
        format!("`kep-gateway evidence show {number}` alıcıları gösterir."),
        format!("`kep-gateway evidence show {number}` shows the recipients."),
    )
}

/// Refused, unreachable or not delivered.
pub fn sent_negative(sent: &SentFacts<'_>, at: Timestamp) -> Notice {
    let (number, count) = (sent.number, sent.recipients);
    let (tr, en) = find(number);
    sent.notice(
        Cause::NegativeEvidence,
        Level::Warning,
        at,
        Text::new(
            format!("KEP {number}: gönderilen ileti {count} alıcıya ULAŞMADI"),
            format!("KEP {number}: sent message did NOT reach {count} recipients"),
        ),
        body(
            Text::new(
                format!("{number} numaralı giden ileti için {count} alıcıda olumsuz delil geldi."),
                format!("Negative evidence came for sent message {number}, about {count} recipients."),
            ),
            Text::new(
                "Ulaşmayan ileti hukuken yapılmamış sayılabilir; süreniz işlemeye devam eder.",
                "What did not arrive may count as not sent in law; your time goes on running.",
            ),
            Text::new(
                format!("{tr} Adresi denetleyip yeniden gönderin, sonra kaydı tamamlandı olarak işaretleyin."),
                format!("{en} Check the address, send again, then mark the entry as done."),
            ),
        ),
    )
}

/// Evidence that is not here by its term. `what` and `cure` are sentences about the kind of evidence.
pub fn sent_missing(sent: &SentFacts<'_>, word: &str, what: &Text, cure: &Text, at: Timestamp) -> Notice {
    let (number, count) = (sent.number, sent.recipients);
    let (tr, en) = find(number);
    let mut notice = sent.notice(
        Cause::MissingEvidence,
        Level::Warning,
        at,
        Text::new(
            format!("KEP {number}: {} ({count} alıcı)", what.tr),
            format!("KEP {number}: {} ({count} recipients)", what.en),
        ),
        body(
            Text::new(
                format!("{number} numaralı giden ileti, {count} alıcı: {}.", what.tr),
                format!("Sent message {number}, {count} recipients: {}.", what.en),
            ),
            Text::new(
                "Delili doğrulanmamış bir gönderi kanıtlanamaz.",
                "What has no verified evidence cannot be proved.",
            ),
            Text::new(format!("{} {tr}", cure.tr), format!("{} {en}", cure.en)),
        ),
    );
    notice.facts.insert("evidence".to_owned(), word.to_owned());
    notice
}

/// Okuma zamanaşımı.
pub fn sent_time_out(sent: &SentFacts<'_>, at: Timestamp) -> Notice {
    let (number, count) = (sent.number, sent.recipients);
    let (tr, en) = find(number);
    sent.notice(
        Cause::ReadingTimeOut,
        Level::Note,
        at,
        Text::new(
            format!("KEP {number}: okuma zamanaşımı ({count} alıcı)"),
            format!("KEP {number}: time-out of reading ({count} recipients)"),
        ),
        body(
            Text::new(
                format!("{number} numaralı giden iletiyi {count} alıcı süresinde açmadı; sağlayıcı okuma zamanaşımı delili üretti."),
                format!("{count} recipients did not open sent message {number} in time; the provider made evidence of the time-out."),
            ),
            Text::new(
                "İleti delildeki anda okunmuş sayılır; süreler o andan işler.",
                "The message counts as read at the moment in the evidence; terms run from then.",
            ),
            Text::new(
                format!("{tr} Süreleri delildeki andan hesaplayın, sonra kaydı tamamlandı olarak işaretleyin."),
                format!("{en} Count terms from the moment in the evidence, then mark the entry as done."),
            ),
        ),
    )
}

/// What was alarmed is settled by later evidence. Its own key, so that it is not held together with the alarm that it ends.
pub fn sent_settled(sent: &SentFacts<'_>, cause: Cause, at: Timestamp) -> Notice {
    let number = sent.number;
    let mut notice = sent.notice(
        cause,
        Level::Note,
        at,
        Text::new(
            format!("KEP {number}: beklenen delil geldi, uyarı kalktı"),
            format!("KEP {number}: the evidence came, alarm over"),
        ),
        body(
            Text::new(
                format!("{number} numaralı giden iletinin uyarısı yeni gelen delille kalktı."),
                format!("New evidence ended the alarm about sent message {number}."),
            ),
            Text::default(),
            Text::new("Yapılacak bir şey yok.", "Nothing to do."),
        ),
    );
    notice.key = format!("{}/cleared", sent.mailbox);
    notice.facts.extend(BTreeMap::from([("cleared".to_owned(), "true".to_owned())]));
    notice
}
