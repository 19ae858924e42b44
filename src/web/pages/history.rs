//! Who did what and when, in the lines that pages show.

use super::chip::Chip;
use super::deeds;
use super::shown::Shown;
use super::when;
use crate::ledger::event::Viewed;
use crate::register::entry::{Entry, Handling, Sighting};
use crate::register::words;
use crate::text::Lang;
use crate::web::Web;

/// Somebody did something, or looked.
pub struct Done {
    pub time: String,
    pub who: Shown,
    pub what: Shown,
    pub note: Shown,
}

/// A login with the name that it stands for.
pub fn named(web: &Web, login: &str) -> Shown {
    let account = web.ledger().account(login).ok().flatten();
    match account {
        Some(account) => Shown::cell(&format!("{} ({login})", account.person.name)),
        None => Shown::cell(login),
    }
}

pub fn handled(handling: &Handling, web: &Web, lang: Lang) -> Done {
    Done {
        time: when::moment(handling.at),
        who: named(web, &handling.by),
        what: Shown::field(&deeds::handling_words(handling, lang)),
        note: Shown::maybe(handling.note.as_deref()),
    }
}

/// The verdicts before the one that stands.
pub fn earlier(entry: &Entry, lang: Lang) -> Vec<Done> {
    let verdicts = entry.earlier_verdicts.iter().rev();
    verdicts
        .map(|verdict| Done {
            time: when::moment(verdict.at),
            who: Shown::maybe(verdict.asker.person.as_deref()),
            what: Shown::field(verdict.indication.map_or("–", |indication| Chip::of(indication, lang).word)),
            note: Shown::field(&format!("{} {}", when::moment(verdict.replaced_at), words::why(verdict.why, lang))),
        })
        .collect()
}

pub fn viewed(view: &Viewed, web: &Web, lang: Lang) -> Done {
    Done {
        time: when::moment(view.at),
        who: named(web, &view.by),
        what: Shown::field(deeds::view_words(view.what).get(lang)),
        note: Shown::default(),
    }
}

/// Where the message lay.
pub fn sighted(sighting: &Sighting) -> Done {
    Done {
        time: when::moment(sighting.at),
        who: Shown::cell(&sighting.mailbox),
        what: Shown::cell(&format!("{} {}", sighting.locator.folder, sighting.locator.id)),
        note: Shown::default(),
    }
}
