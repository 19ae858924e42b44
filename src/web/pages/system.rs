//! The machine behind the page: version, chain, disk, trust. For who answers for it and who audits it.

use std::time::SystemTime;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::chrome::Chrome;
use super::shown::Shown;
use super::{beside, show, when};
use crate::ledger::{Ledger, LedgerError};
use crate::register::words;
use crate::signature::trust::Purpose;
use crate::store::disk::RealDisk;
use crate::store::last_backup::LastBackup;
use crate::web::problem::Problem;
use crate::web::{Shared, Web};

/// An anchor that expires sooner is told of.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(180 * 24);

struct Fact {
    name: &'static str,
    value: Shown,
    /// Something to do about it.
    cure: &'static str,
}

#[derive(Template)]
#[template(path = "system.html", config = "src/web/askama.toml")]
struct SystemPage {
    c: Chrome,
    facts: Vec<Fact>,
    anchors: Vec<(Shown, String, String)>,
    waiting: usize,
}

/// # Errors
/// For this role there is no such page, or the record cannot be read.
pub async fn page(c: Chrome, State(web): State<Shared>) -> Result<Response, Problem> {
    if !c.sees_system() {
        return Err(Problem::NotFound);
    }
    beside(move || {
        let (settings, now) = (web.pipeline.settings(), web.pipeline.now());
        let soon = settings.trust.expiring(now, EXPIRES_SOON);
        let anchors = soon.iter().map(|anchor| {
            let end = anchor.not_after().map(when::moment).unwrap_or_default();
            (Shown::cell(&anchor.name()), anchor.purposes().join(", "), end)
        });
        Ok(show(&SystemPage {
            facts: facts(&web, &c, now)?,
            anchors: anchors.collect(),
            waiting: web.ledger().pending(1_000)?.len(),
            c,
        }))
    })
    .await
}

fn facts(web: &Web, c: &Chrome, now: Timestamp) -> Result<Vec<Fact>, Problem> {
    let (settings, ledger, lang) = (web.pipeline.settings(), web.ledger(), c.lang());
    let (head, free) = (ledger.head(), ledger.free_bytes()?);
    let fact = |tr: &'static str, en: &'static str, value: String, cure: &'static str| Fact {
        name: c.t(tr, en),
        value: Shown::field(&value),
        cure,
    };
    let low = free < settings.config.daemon.free_bytes;
    let unserved: Vec<&str> = settings.trust.unserved(now).into_iter().map(Purpose::folder).collect();
    let warning = settings.registry.calendar.warning(crate::clock::local_day(now));
    let recovery = ledger.recovery().and_then(|recovery| recovery.cut.as_ref()).is_some();
    let mut facts = vec![
        fact("Sürüm", "Version", env!("CARGO_PKG_VERSION").to_owned(), ""),
        fact(
            "Zincirin başı",
            "Head of the chain",
            format!("{} · {}", head.sequence, head.hash),
            "",
        ),
        fact(
            "Boş yer",
            "Free space",
            words::bytes(free, lang),
            if low {
                c.t(
                    "Yer açın: bitince yeni ileti alınamaz.",
                    "Make room: without it no message can be taken.",
                )
            } else {
                ""
            },
        ),
        fact(
            "Depo açılışı",
            "Opening of the store",
            c.t(
                if recovery { "yarım kalmış kayıt onarıldı" } else { "temiz" },
                if recovery { "a torn record was repaired" } else { "clean" },
            )
            .to_owned(),
            "",
        ),
        fact("Kök sayısı", "Anchors", settings.trust.anchors().count().to_string(), ""),
        fact(
            "Kök kümesi (SHA-256)",
            "Anchor set (SHA-256)",
            settings.trust.anchors_sha256().to_string(),
            "",
        ),
        fact(
            "Köklerin yaşı",
            "Age of the anchors",
            age(&settings.config.trust.anchors, now, c),
            c.t("Yenilemek için: kep-gateway trust import", "To renew: kep-gateway trust import"),
        ),
        fact(
            "Kökü olmayan amaçlar",
            "Purposes without an anchor",
            if unserved.is_empty() {
                "–".to_owned()
            } else {
                unserved.join(", ")
            },
            if unserved.is_empty() {
                ""
            } else {
                c.t(
                    "Bu imzalar belirsiz kalır; kökleri alın.",
                    "Such signatures stay undetermined; import the roots.",
                )
            },
        ),
        fact(
            "Yapılandırma (SHA-256)",
            "Configuration (SHA-256)",
            settings.config_sha256.to_string(),
            "",
        ),
        backup(&web.pipeline.ledger, head.sequence, now, c)?,
    ];
    facts.extend(ledger.losses()?.iter().filter(|loss| loss.is_open()).map(|loss| Fact {
        name: c.t("ZIYA", "LOSS"),
        value: Shown::field(&format!("{} · {} {}", loss.id, c.t("son gün", "last day"), loss.until)),
        cure: c.t(
            "Saklama sayfasında ne olduğuna bakın, bildirin ya da geri koyun.",
            "See on the page Retention what it is; report or restore it.",
        ),
    }));
    facts.extend(web.pipeline.troubles().into_iter().map(|(trouble, stands)| Fact {
        name: c.t("SORUN", "PROBLEM"),
        value: Shown::field(&format!(
            "{} · {} · {}",
            trouble.name().get(lang),
            when::moment(stands.since),
            stands.why.get(lang)
        )),
        cure: c.t(
            "Düzelince kendiliğinden kalkar; yapılandırma için: kep-gateway config check, sonra reload.",
            "It goes by itself when it is mended; for the configuration: kep-gateway config check, then reload.",
        ),
    }));
    facts.extend(warning.map(|finding| Fact {
        name: c.t("Takvim", "Calendar"),
        value: Shown::field(finding.text.get(lang)),
        cure: "",
    }));
    Ok(facts)
}

/// A backup that is older is told of: the documented timer runs every night.
const BACKUP_OLD: SignedDuration = SignedDuration::from_hours(50);

fn backup(ledger: &Ledger, head: u64, now: Timestamp, c: &Chrome) -> Result<Fact, LedgerError> {
    let last = LastBackup::of(ledger.root(), &*RealDisk::shared())?;
    let (value, cure) = match last {
        Some(last) => {
            let since = head.saturating_sub(last.sequence);
            let value = format!("{} · {since} {}", when::moment(last.at), c.t("kayıt sonra", "records since"));
            // Either way: a backup "of next year" was noted by a wrong clock, and says nothing for so long.
            let is_old = now.duration_since(last.at).abs() > BACKUP_OLD;
            let old = c.t(
                "Yedek eski: zamanlayıcıya ve günlüğüne bakın (kep-gateway backup).",
                "The backup is old: look at its timer and its log (kep-gateway backup).",
            );
            (value, if is_old { old } else { "" })
        }
        None => (
            c.t("hiç alınmadı", "never made").to_owned(),
            c.t(
                "Her gece başka bir makineye yedek alın: kep-gateway backup KLASÖR.",
                "Back up to another machine every night: kep-gateway backup FOLDER.",
            ),
        ),
    };
    Ok(Fact {
        name: c.t("Son yedek", "Last backup"),
        value: Shown::field(&value),
        cure,
    })
}

/// Since when the newest file of the anchor folder lies there.
fn age(folder: &std::path::Path, now: Timestamp, c: &Chrome) -> String {
    fn newest(folder: &std::path::Path, depth: u8) -> Option<SystemTime> {
        // The folders of the purposes and of the providers below.
        let entries = std::fs::read_dir(folder).ok().filter(|_| depth > 0)?;
        let times = entries.flatten().filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            match metadata.is_dir() {
                true => newest(&entry.path(), depth - 1),
                false => metadata.modified().ok(),
            }
        });
        times.max()
    }
    let newest = newest(folder, 4).and_then(|time| Timestamp::try_from(time).ok());
    match newest {
        Some(at) => {
            let days = now.duration_since(at).as_hours() / 24;
            format!("{} ({days} {})", when::moment(at), c.t("gün", "days"))
        }
        None => c
            .t(
                "bilinmiyor: klasör boş ya da okunamıyor",
                "unknown: the folder is empty or cannot be read",
            )
            .to_owned(),
    }
}
