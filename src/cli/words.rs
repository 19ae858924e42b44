//! The words of the screen.

use crate::pipeline::reexamine::Outcome;
pub use crate::register::words::*;
use crate::signature::report::Indication;
use crate::text::Lang;

/// What became of an entry that was examined again.
pub fn retried(outcome: &Outcome, lang: Lang) -> String {
    let named = |verdict: &Option<Indication>| verdict.map_or("-", |verdict| indication(verdict, lang));
    let (tr, en) = match outcome {
        Outcome::Unknown => ("böyle bir kayıt yok".to_owned(), "there is no such entry".to_owned()),
        Outcome::Unreadable { reason } => (
            format!("yine okunamadı ({}); kayıt olduğu gibi kaldı", reason.tr),
            format!("could not be read again ({}); the entry stays as it was", reason.en),
        ),
        Outcome::LeftAlone => (
            "programı çok kez sona erdirdi; yalnız bir kişi isterse yeniden denenir".to_owned(),
            "it ended the program too often; it is tried again only when a person asks".to_owned(),
        ),
        Outcome::Unchanged { indication } => (
            format!("değişmedi: {}", named(indication)),
            format!("unchanged: {}", named(indication)),
        ),
        Outcome::Renewed { before, indication } => {
            let change = format!("{} → {}", named(before), named(indication));
            (format!("yenilendi: {change}"), format!("renewed: {change}"))
        }
        Outcome::Added { indication } => (
            format!("aynı iletiden yeni kayıt: {}", named(indication)),
            format!("a new entry from the same message: {}", named(indication)),
        ),
    };
    if lang == Lang::Tr { tr } else { en }
}
