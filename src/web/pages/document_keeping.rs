//! How long a document is kept, on its page.

use super::chrome::Chrome;
use super::history::{Done, named};
use super::shown::Shown;
use super::when;
use crate::clock::local_day;
use crate::ledger::LedgerError;
use crate::ledger::retention::may_hold;
use crate::register::entry::Entry;
use crate::register::retention::{KeepingWord, Standing};
use crate::register::words;
use crate::text::Text;
use crate::web::Web;

/// How long it is kept, and why it may not go.
pub struct KeepingView {
    /// In one sentence.
    pub standing: String,
    /// Its bytes are gone: since when and by which list.
    pub disposed: Option<String>,
    /// The holds that stand, each with its number.
    pub holds: Vec<(u32, Shown)>,
    pub classes: Vec<(String, bool)>,
    pub deeds: Vec<Done>,
    pub may_hold: bool,
}

impl KeepingView {
    pub fn of(web: &Web, entry: &Entry, c: &Chrome) -> Result<Self, LedgerError> {
        let (settings, keeping, lang) = (web.pipeline.settings(), web.ledger().keeping(entry.register_number)?, c.lang());
        let policy = &settings.config.retention;
        let standing = web.ledger().retention_standing(entry, policy, local_day(web.pipeline.now()))?;
        let standing = match standing {
            Standing::ForEver => Text::new(
                "Sürekli saklanır: süreli bir sınıfı yok.",
                "Kept for ever: it has no class with years.",
            ),
            Standing::Held => Text::new(
                "Hukukî bekletmede (kendisi ya da dosyasındaki bir belge): imha edilemez.",
                "On legal hold, itself or a document of its file: it cannot be disposed of.",
            ),
            Standing::Open => Text::new(
                "İşi bitmedi ya da başvuru dosyası açık: saklama süresi dolsa da imha edilemez.",
                "Not finished, or its application file is open: it cannot be disposed of.",
            ),
            Standing::Kept { class, until } => Text::new(
                format!("{class}: {until} gününden önce imha edilemez."),
                format!("{class}: not to be disposed of before {until}."),
            ),
            Standing::Due { class, since, .. } => Text::new(
                format!("{class}: saklama süresi {since} günü doldu."),
                format!("{class}: its term was over on {since}."),
            ),
            Standing::Disposed => Text::new("İmha edildi.", "Disposed of."),
        };
        Ok(Self {
            standing: standing.get(lang).to_owned(),
            disposed: web.ledger().disposed(entry)?.map(|text| text.get(lang).to_owned()),
            holds: keeping
                .holds
                .iter()
                .map(|hold| {
                    let said = format!("{} · {}: {}", when::moment(hold.since), hold.by, hold.reason);
                    (hold.id, Shown::field(&said))
                })
                .collect(),
            classes: policy
                .class
                .iter()
                .map(|class| (class.name.clone(), keeping.class.as_deref() == Some(class.name.as_str())))
                .collect(),
            deeds: keeping
                .deeds
                .iter()
                .rev()
                .map(|deed| Done {
                    time: when::moment(deed.at),
                    who: named(web, &deed.by),
                    what: Shown::field(&format!(
                        "{}{}",
                        keeping_words(&deed.what).get(lang),
                        words::command_line(deed.uid, c.lang())
                    )),
                    note: Shown::field(&deed.reason),
                })
                .collect(),
            may_hold: may_hold(c.person()),
        })
    }
}

fn keeping_words(word: &KeepingWord) -> Text {
    match word {
        KeepingWord::Class(Some(class)) => Text::new(format!("saklama sınıfı verdi: {class}"), format!("set the retention class {class}")),
        KeepingWord::Class(None) => Text::new("saklama sınıfını kurallara bıraktı", "left the retention class to the rules"),
        KeepingWord::Held => Text::new("hukukî bekletme koydu", "put a legal hold"),
        KeepingWord::Released => Text::new("hukukî bekletmeyi kaldırdı", "released the legal hold"),
    }
}
