//! Alerts about a mailbox.

use jiff::Timestamp;

use super::{body, clean, mailbox_notice, moment, visible};
use crate::alert::notice::{Cause, Level, Notice};
use crate::text::Text;

/// Quota alarm levels in per cent (providers stop sending, some also receiving, when the box is full).
pub const QUOTA_STEPS: [(u64, Level); 3] = [(95, Level::Critical), (85, Level::Warning), (70, Level::Note)];

/// The server lists messages and does not deliver them.
pub fn missing_message(mailbox: &str, count: u64, at: Timestamp) -> Notice {
    mailbox_notice(
        Cause::MissingMessage,
        Level::Critical,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: {count} ileti sunucudan alınamıyor"),
            format!("KEP {mailbox}: {count} messages cannot be fetched"),
        ),
        body(
            Text::new(
                format!("Sunucu {count} iletiyi listeliyor, istenince vermiyor."),
                format!("The server lists {count} messages and does not deliver them."),
            ),
            Text::new(
                "İleti hukuken ulaşmış olabilir; süresi işliyor olabilir.",
                "The message may have arrived in law, and its time may be running.",
            ),
            Text::new(
                "Kutuyu sağlayıcının sayfasından açıp bu iletilere bakın; `kep-gateway reconcile` açıkları gösterir.",
                "Open the mailbox on the provider's page and look at these messages; `kep-gateway reconcile` shows the holes.",
            ),
        ),
        &[("count", &count.to_string())],
    )
}

/// Lines of one alert; the rest is a number.
const LINES: usize = 20;

/// Something lies in a folder and was not taken. `new`: what was not there at the last look; `count`: all that lies there.
pub fn not_taken(mailbox: &str, new: &[Text], count: u64, at: Timestamp) -> Notice {
    let list = |pick: fn(&Text) -> &String| {
        new.iter()
            .take(LINES)
            .map(|text| visible(pick(text)))
            .collect::<Vec<_>>()
            .join(" · ")
    };
    let mut notice = mailbox_notice(
        Cause::MailboxFailing,
        Level::Warning,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: klasörde ALINMAYAN {count} dosya var"),
            format!("KEP {mailbox}: {count} files in the folder were NOT taken"),
        ),
        body(
            Text::new(list(|text| &text.tr), list(|text| &text.en)),
            Text::new(
                "Bunlar deftere girmedi. İçlerinde KEP iletisi varsa süresi işliyor olabilir; `reconcile` onları eksik ileti saymaz.",
                "They are not in the register. If a KEP message is among them its time may be running; `reconcile` does not count them as missing.",
            ),
            Text::new(
                "İleti olanı .eml adıyla klasörün kendisine bırakın, olmayanı klasörden kaldırın; hepsini `kep-gateway mailboxes` adıyla gösterir.",
                "Drop what is a message into the folder itself under a name in .eml, remove what is none; `kep-gateway mailboxes` names them all.",
            ),
        ),
        &[("count", &count.to_string())],
    );
    // Not held together with what the server does.
    notice.key = format!("{mailbox}/not-taken");
    notice
}

/// The server behaves oddly: a folder made anew, a count that does not fit, a file that was replaced.
pub fn mailbox_oddities(mailbox: &str, oddities: &[Text], at: Timestamp) -> Notice {
    let list = |pick: fn(&Text) -> &String| oddities.iter().map(|oddity| visible(pick(oddity))).collect::<Vec<_>>().join(" · ");
    mailbox_notice(
        Cause::MailboxFailing,
        Level::Warning,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: kutuda tuhaflık"),
            format!("KEP {mailbox}: the mailbox behaves oddly"),
        ),
        body(
            Text::new(list(|text| &text.tr), list(|text| &text.en)),
            Text::new(
                "Hiçbir ileti atlanmadı; ne olduğu günlükte.",
                "No message was skipped; what happened is in the journal.",
            ),
            Text::new(
                "`kep-gateway reconcile` ile kutuyu defterle karşılaştırın.",
                "Compare the mailbox with the register: `kep-gateway reconcile`.",
            ),
        ),
        &[("count", &oddities.len().to_string())],
    )
}

/// The server refuses our credentials. The mailbox is not tried again until a person acts.
pub fn authentication_failure(mailbox: &str, at: Timestamp) -> Notice {
    mailbox_notice(
        Cause::AuthenticationFailure,
        Level::Critical,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: oturum açılamadı, kutu DURDURULDU"),
            format!("KEP {mailbox}: log-in refused, mailbox STOPPED"),
        ),
        body(
            Text::new(
                "Sunucu kullanıcı adını ya da parolayı kabul etmedi.",
                "The server refused the user name or password.",
            ),
            Text::new(
                "Yeniden denemek hesabı kilitleyebilir; bu yüzden kutu durduruldu ve yeni ileti alınmıyor.",
                "Trying again may lock the account; so the mailbox is stopped and nothing new is fetched.",
            ),
            Text::new(
                "Parola dosyasını düzeltip `systemctl reload kep-gateway` çalıştırın.",
                "Correct the secret file and run `systemctl reload kep-gateway`.",
            ),
        ),
        &[],
    )
}

/// A mailbox could not be reached for longer than it may. `cure` comes from the mailbox error.
pub fn mailbox_failing(mailbox: &str, step: &str, since: Timestamp, cure: &Text, at: Timestamp) -> Notice {
    let from = moment(since);
    mailbox_notice(
        Cause::MailboxFailing,
        Level::Warning,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: {} tarihinden beri erişilemiyor", from.tr),
            format!("KEP {mailbox}: not reachable since {}", from.en),
        ),
        body(
            Text::new(
                format!("Kutuya {} tarihinden beri erişilemiyor; takılan adım: {}.", from.tr, clean(step)),
                format!("The mailbox could not be reached since {}; it fails at: {}.", from.en, clean(step)),
            ),
            Text::new("Ağ geçidi denemeyi sürdürüyor.", "The gateway goes on trying."),
            cure.clone(),
        ),
        &[("step", step), ("since", &since.to_string())],
    )
}

/// How loud a quota is; `None` below 70 %. Tell when it rises and once a day, not at each poll.
pub fn quota_level(percent: u64) -> Option<Level> {
    QUOTA_STEPS.iter().find(|(step, _)| percent >= *step).map(|(_, level)| *level)
}

/// The mailbox fills up; `None` below 70 %.
pub fn quota(mailbox: &str, percent: u64, at: Timestamp) -> Option<Notice> {
    let level = quota_level(percent)?;
    Some(mailbox_notice(
        Cause::Quota,
        level,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: kota %{percent} dolu"),
            format!("KEP {mailbox}: quota {percent}% full"),
        ),
        body(
            Text::new(
                format!("Posta kutusunun %{percent} kadarı dolu."),
                format!("{percent}% of the mailbox is used."),
            ),
            Text::new(
                "Kota dolunca gönderim durur, yeni ileti de reddedilebilir. Yıllık yenilemede kota 100 MB'a düşebilir.",
                "A full mailbox cannot send and may refuse new messages. At the yearly renewal the quota may fall back to 100 MB.",
            ),
            Text::new(
                "Ağ geçidinde kayıtlı eski iletileri sağlayıcının sayfasından silin ya da ek kota alın.",
                "Delete old messages that are in the register on the provider's page, or buy space.",
            ),
        ),
        &[("percent", &percent.to_string())],
    ))
}

/// The credit for sending runs out. `amount` and `unit` are the service's words.
pub fn low_credit(mailbox: &str, amount: &str, unit: &str, at: Timestamp) -> Notice {
    let left = format!("{} {}", clean(amount), clean(unit)).trim().to_owned();
    mailbox_notice(
        Cause::Credit,
        Level::Warning,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: kontör azaldı ({left})"),
            format!("KEP {mailbox}: credit is low ({left})"),
        ),
        body(
            Text::new(
                format!("Hesapta kalan kontör: {left}."),
                format!("Credit left in the account: {left}."),
            ),
            Text::new(
                "Her gönderi kontör harcar; kontör bitince gönderim durur.",
                "Each message that is sent costs credit; without it, sending stops.",
            ),
            Text::new(
                "Sağlayıcıdan kontör yükletin; sınır [[mailbox]] low_credit ile ayarlanır.",
                "Have the provider add credit; the limit is low_credit of [[mailbox]].",
            ),
        ),
        &[("amount", amount), ("unit", unit)],
    )
}

/// By the configured hour of a business day the mailbox had no successful check.
pub fn daily_check_missed(mailbox: &str, last_success: Option<Timestamp>, at: Timestamp) -> Notice {
    let last = last_success.map_or_else(|| Text::new("hiç", "never"), moment);
    mailbox_notice(
        Cause::DailyCheckMissed,
        Level::Critical,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: bugünkü kontrol YAPILMADI (son: {})", last.tr),
            format!("KEP {mailbox}: today's check NOT DONE (last: {})", last.en),
        ),
        body(
            Text::new(
                format!("Bugün bu kutu başarıyla kontrol edilemedi; son başarılı kontrol: {}.", last.tr),
                format!("This mailbox was not checked today; last successful check: {}.", last.en),
            ),
            Text::new(
                "Açılmayan ileti ertesi iş günü okunmuş sayılır; süreler işler.",
                "A message that nobody opened counts as read on the next business day; its time runs.",
            ),
            Text::new(
                "Kutuyu şimdi sağlayıcının sayfasından elle denetleyin; `kep-gateway mailboxes` hatayı gösterir.",
                "Check the mailbox by hand on the provider's page now; `kep-gateway mailboxes` shows the error.",
            ),
        ),
        &[],
    )
}

/// A missed check was made after all. Its own key, so that it is not held together with the alarm that it ends.
pub fn daily_check_done(mailbox: &str, at: Timestamp) -> Notice {
    let mut notice = mailbox_notice(
        Cause::DailyCheckMissed,
        Level::Warning,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: günlük kontrol yapıldı, uyarı kalktı"),
            format!("KEP {mailbox}: daily check done, alarm over"),
        ),
        body(
            Text::new("Geciken kontrol başarıyla tamamlandı.", "The late check succeeded."),
            Text::default(),
            Text::new("Yapılacak bir şey yok.", "Nothing to do."),
        ),
        &[("cleared", "true")],
    );
    notice.key = format!("{mailbox}/cleared");
    notice
}

/// A sent message was refused, not delivered or not collected. `evidence` names kind and event, `reason` is ETSI's word.
pub fn negative_evidence(mailbox: &str, evidence: &str, reason: Option<&str>, groups: &[String], at: Timestamp) -> Notice {
    let (evidence, reason) = (clean(evidence), reason.map(clean));
    let why = match &reason {
        Some(reason) => Text::new(format!("Delildeki neden: {reason}."), format!("The evidence says: {reason}.")),
        None => Text::default(),
    };
    let mut notice = mailbox_notice(
        Cause::NegativeEvidence,
        Level::Warning,
        mailbox,
        at,
        Text::new(
            format!("KEP {mailbox}: gönderilen bir ileti ULAŞMADI ({evidence})"),
            format!("KEP {mailbox}: a sent message did NOT arrive ({evidence})"),
        ),
        body(
            Text::new(
                format!("Gönderdiğiniz bir ileti için olumsuz delil geldi: {evidence}."),
                format!("Negative evidence came for a message that you sent: {evidence}."),
            ),
            why,
            Text::new(
                "`kep-gateway evidence list` ile iletiyi bulun; alıcı adresini denetleyip yeniden gönderin.",
                "Find the message with `kep-gateway evidence list`; check the recipient's address and send it again.",
            ),
        ),
        &[("evidence", &evidence), ("reason", reason.as_deref().unwrap_or_default())],
    );
    notice.groups = groups.to_vec();
    notice
}
