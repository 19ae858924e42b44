//! The light over the list: green only when every mailbox was checked today, nothing is missing and nothing fails. Anything else says what it
//! is and what to do.

use jiff::Timestamp;

use super::chrome::Chrome;
use super::when;
use crate::clock::{istanbul, local_day};
use crate::ledger::{BROKEN, Ledger, LedgerError};
use crate::mailbox::config::MailboxConfig;
use crate::people::Person;
use crate::settings::Settings;
use crate::text::Text;

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Good,
    Watch,
    Bad,
}

/// One thing that keeps the light from being green.
pub struct Trouble {
    pub level: Level,
    pub what: Text,
    /// The next step.
    pub cure: Text,
}

/// The state of the gateway, for one person.
pub struct Health {
    pub level: Level,
    pub troubles: Vec<Trouble>,
    pub mailboxes: usize,
    /// The oldest of the last checks.
    pub checked: Option<Timestamp>,
}

impl Health {
    /// Speaks only of mailboxes in the person's scope.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn of(ledger: &Ledger, settings: &Settings, person: &Person, now: Timestamp) -> Result<Self, LedgerError> {
        let mailboxes = settings.config.mailbox.iter();
        let own: Vec<&MailboxConfig> = mailboxes.filter(|one| person.mailboxes.covers(Some(one.name()))).collect();
        let mut troubles = Vec::new();
        let mut oldest: Option<Timestamp> = None;
        for mailbox in &own {
            let last = of_mailbox(mailbox.name(), ledger, settings, now, &mut troubles)?;
            oldest = match (oldest, last) {
                (Some(oldest), Some(last)) => Some(oldest.min(last)),
                (oldest, last) => oldest.or(last),
            };
        }
        if own.is_empty() {
            troubles.push(Trouble {
                level: Level::Watch,
                what: Text::new("Size görünen bir posta kutusu yok", "There is no mailbox that you can see"),
                cure: Text::new(
                    "Yöneticiden yapılandırmayı ve görev alanınızı denetlemesini isteyin.",
                    "Ask the administrator to check the configuration and your scope.",
                ),
            });
        }
        if ledger.free_bytes()? < settings.config.daemon.free_bytes {
            troubles.push(Trouble {
                level: Level::Bad,
                what: Text::new("Depoda yer azaldı", "The store's disk is nearly full"),
                cure: Text::new(
                    "Yöneticiye hemen haber verin; yer biterse yeni ileti alınamaz.",
                    "Tell the administrator now; without room no message can be taken.",
                ),
            });
        }
        if ledger.standing(BROKEN)?.is_some() {
            troubles.push(Trouble {
                level: Level::Bad,
                what: Text::new("Kayıt denetlendi ve BOZUK bulundu", "The record was walked and found BROKEN"),
                cure: Text::new("Yöneticiye hemen haber verin.", "Tell the administrator now."),
            });
        }
        troubles.extend(ledger.losses()?.iter().filter(|loss| loss.is_open()).map(|loss| Trouble {
            level: Level::Bad,
            what: Text::new(
                format!(
                    "ZIYA {}: kayıtta kayıp ya da bozulma var; bildirim süresinin son günü {}",
                    loss.id, loss.until
                ),
                format!(
                    "LOSS {}: something of the record is lost or damaged; the term to report it ends on {}",
                    loss.id, loss.until
                ),
            ),
            cure: Text::new(
                "Birim amirine ve yöneticiye hemen haber verin; ne olduğu “Saklama” sayfasında.",
                "Tell your supervisor and the administrator now; the page “Retention” says what it is.",
            ),
        }));
        troubles.sort_by_key(|trouble| std::cmp::Reverse(trouble.level));
        Ok(Self {
            level: troubles.iter().map(|trouble| trouble.level).max().unwrap_or(Level::Good),
            troubles,
            mailboxes: own.len(),
            checked: oldest,
        })
    }

    /// Of the style sheet.
    pub fn class(&self) -> &'static str {
        match self.level {
            Level::Good => "good",
            Level::Watch => "watch",
            Level::Bad => "bad",
        }
    }

    pub fn title(&self, c: &Chrome) -> String {
        match self.level {
            Level::Good => {
                let since = self.checked.map(when::hour).unwrap_or_default();
                match c.lang() {
                    crate::text::Lang::Tr => format!(
                        "Her posta kutusu denetlendi, eksik ileti yok ({} kutu, en eskisi bugün {since}). Süreler ve bekleyen işler ayrıca gösterilir",
                        self.mailboxes
                    ),
                    crate::text::Lang::En => format!(
                        "Every mailbox was checked, no message is missing ({} {}, the oldest check today at {since}). Deadlines and open work are shown by themselves",
                        self.mailboxes,
                        if self.mailboxes == 1 { "mailbox" } else { "mailboxes" }
                    ),
                }
            }
            Level::Watch => c
                .t("Dikkat: bakılması gereken bir şey var", "Attention: something needs a look")
                .to_owned(),
            Level::Bad => c.t("Sorun var: hemen bakın", "There is a problem: act now").to_owned(),
        }
    }
}

/// What is wrong with one mailbox; returns when it was last checked.
fn of_mailbox(
    name: &str,
    ledger: &Ledger,
    settings: &Settings,
    now: Timestamp,
    troubles: &mut Vec<Trouble>,
) -> Result<Option<Timestamp>, LedgerError> {
    let state = ledger.mailbox(name)?;
    let today = local_day(now);
    if state.last_check.map(local_day) != Some(today) {
        let local = now.to_zoned(istanbul());
        let is_late = settings.registry.calendar.is_business_day(today) && local.time() >= settings.alerts.daily_check;
        let last = state.last_check.map_or_else(|| "-".to_owned(), when::moment);
        troubles.push(Trouble {
            level: if is_late { Level::Bad } else { Level::Watch },
            what: Text::new(
                format!("{name}: bugün henüz denetlenmedi (son: {last})"),
                format!("{name}: not checked yet today (last: {last})"),
            ),
            cure: Text::new(
                "Ağ geçidi çalışıyorsa birazdan kendiliğinden denetler; sürerse kutuya sağlayıcının sayfasından girip bakın.",
                "A running gateway checks by itself in a moment; if this goes on, look into the mailbox on the provider's page.",
            ),
        });
    }
    if let Some(failure) = &state.failure {
        let since = state.failing_since.unwrap_or(failure.at);
        let is_long = now.duration_since(since).unsigned_abs() >= settings.config.daemon.failing_for;
        troubles.push(Trouble {
            level: if is_long { Level::Bad } else { Level::Watch },
            what: Text::new(
                format!("{name}: {} ({} tarihinden beri)", failure.problem.tr, when::moment(since)),
                format!("{name}: {} (since {})", failure.problem.en, when::moment(since)),
            ),
            cure: failure.cure.clone(),
        });
    }
    if state.not_taken > 0 {
        let count = state.not_taken;
        troubles.push(Trouble {
            level: Level::Watch,
            what: Text::new(
                format!("{name}: klasörde alınmayan {count} dosya var"),
                format!("{name}: {count} files in the folder were not taken"),
            ),
            cure: Text::new(
                "Kutular sayfasında hangileri olduğuna ve nedenine bakın; ileti olanlar deftere girmedi.",
                "See on the mailboxes page which they are and why; messages among them are not in the register.",
            ),
        });
    }
    let holes = ledger.holes_of(name)?.len();
    if holes > 0 {
        troubles.push(Trouble {
            level: Level::Bad,
            what: Text::new(
                format!("{name}: sunucuda listelenip alınamayan {holes} ileti var"),
                format!("{name}: {holes} messages listed by the server were not delivered"),
            ),
            cure: Text::new(
                "Kutular sayfasında hangileri olduğuna bakın; sağlayıcının sayfasından elle açın.",
                "See on the mailboxes page which they are; open them by hand on the provider's page.",
            ),
        });
    }
    Ok(state.last_check)
}
