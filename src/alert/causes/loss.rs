//! Zıya: something of the record is lost. Told when it is found, before its term ends, after it ended, and when it is closed.

use jiff::Timestamp;

use super::{body, clean, plain};
use crate::alert::notice::{Cause, Level, Notice};
use crate::store::loss::{Done, Loss};
use crate::text::Text;

/// How the term stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    Near,
    Passed,
}

/// The note is new.
pub fn loss_found(loss: &Loss, at: Timestamp) -> Notice {
    let (summary, until) = (loss.summary(), loss.until);
    plain(
        Cause::Loss,
        Level::Critical,
        &format!("loss/{}", loss.id),
        at,
        Text::new(
            format!("KEP ağ geçidi: ZIYA {} — bildirim süresi {until}", loss.id),
            format!("KEP gateway: LOSS {} — to be reported by {until}", loss.id),
        ),
        body(
            Text::new(
                format!("Kayıtta kayıp ya da bozulma bulundu: {}.", clean(&summary.tr)),
                format!("Something of the record is lost or damaged: {}.", clean(&summary.en)),
            ),
            Text::new(
                format!("Kaybı öğrenen, süresi içinde ({until} gününün sonuna kadar) mahkemeye ya da ilgili kuruma bildirmelidir."),
                format!("Whoever learns of a loss must report it to the court or the authority within the term, by the end of {until}."),
            ),
            Text::new(
                format!(
                    "Depoyu olduğu gibi kopyalayın, bozulanı yedekten geri koyun; sonra `kep-gateway loss close {} --done restored|notified` ile ne yapıldığını yazın.",
                    loss.id
                ),
                format!(
                    "Copy the store as it is, put back from a backup what is damaged; then say what was done with `kep-gateway loss close {} --done restored|notified`.",
                    loss.id
                ),
            ),
        ),
        &[("loss", &loss.id), ("until", &until.to_string())],
    )
}

/// The term ends soon, or is over.
pub fn loss_term(loss: &Loss, term: Term, at: Timestamp) -> Notice {
    let (id, until) = (&loss.id, loss.until);
    let title = match term {
        Term::Near => Text::new(
            format!("KEP ağ geçidi: ZIYA {id} bildirim süresi doluyor ({until})"),
            format!("KEP gateway: the term to report LOSS {id} ends soon ({until})"),
        ),
        Term::Passed => Text::new(
            format!("KEP ağ geçidi: ZIYA {id} bildirim süresi GEÇTİ ({until})"),
            format!("KEP gateway: the term to report LOSS {id} is OVER ({until})"),
        ),
    };
    plain(
        Cause::Loss,
        Level::Critical,
        &format!("loss/{id}/{term:?}"),
        at,
        title.clone(),
        body(
            title,
            Text::default(),
            Text::new(
                format!(
                    "Bildirdiyseniz ya da yedekten geri koyduysanız `kep-gateway loss close {id}` ile yazın; değilse bugün hukuk birimine gidin."
                ),
                format!("If it was reported or restored, say so with `kep-gateway loss close {id}`; if not, go to your lawyers today."),
            ),
        ),
        &[("loss", id), ("until", &until.to_string())],
    )
}

/// Somebody said what was done.
pub fn loss_closed(loss: &Loss, at: Timestamp) -> Notice {
    let done = match loss.closed.as_ref().map(|closed| closed.done) {
        Some(Done::Notified) => Text::new("bildirildi", "it was reported"),
        Some(Done::Restored) | None => Text::new("yedekten geri konuldu", "it was restored from a backup"),
    };
    plain(
        Cause::Loss,
        Level::Warning,
        &format!("loss/{}/closed", loss.id),
        at,
        Text::new(
            format!("KEP ağ geçidi: ZIYA {} kapatıldı", loss.id),
            format!("KEP gateway: LOSS {} is closed", loss.id),
        ),
        body(
            Text::new(
                format!("Kayıp kaydı kapatıldı: {}.", done.tr),
                format!("The record of the loss is closed: {}.", done.en),
            ),
            Text::default(),
            Text::new(
                "`kep-gateway journal verify` ile kaydın sağlam olduğunu doğrulayın.",
                "Make sure with `kep-gateway journal verify` that the record is sound.",
            ),
        ),
        &[("loss", &loss.id), ("cleared", "true")],
    )
}
