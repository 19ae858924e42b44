//! `trust`: the anchors that verdicts rest on.

use std::io::{self, BufRead, IsTerminal, Write};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::args::{TrustCommand, TrustSource};
use super::documents::local_day_of;
use super::table::{clean, table};
use super::{Exit, Failure, Session};
use crate::clock::istanbul;
use crate::finding::Severity;
use crate::hash::Sha256;
use crate::settings::load_trust;
use crate::signature::trust::difference::{Change, Difference, Kind, Standing};
use crate::signature::trust::install;
use crate::signature::trust::pins::{PinState, Pins};
use crate::signature::trust::row_signature::RowState;
use crate::signature::trust::source::Source;
use crate::signature::trust::{Anchor, Purpose, Trust, TrustError};
use crate::text::{Lang, Text};

/// How long before its end an anchor is shown as ending: a year, because roots are renewed over years and not over weeks.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Digits of a fingerprint in a table. What is confirmed is shown whole.
const SHORT: usize = 16;

pub fn run(session: &Session, command: TrustCommand) -> Result<Exit, Failure> {
    match command {
        TrustCommand::List { json } => list(session, json),
        TrustCommand::Diff(source) => diff(session, &source),
        TrustCommand::Import { source, yes } => import(session, &source, &yes),
    }
}

fn configured(session: &Session) -> Result<Trust, Failure> {
    let trust = &session.config().trust;
    Ok(load_trust(&trust.anchors, &trust.intermediates, &trust.revocation)?)
}

fn said(lang: Lang, tr: &str, en: &str) -> String {
    if lang == Lang::Tr { tr } else { en }.to_owned()
}

fn list(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let (trust, lang, now) = (configured(session)?, session.lang, session.clock().now());
    let pins = Pins::shipped();
    if as_json {
        let anchors: Vec<_> = trust.anchors().map(|anchor| anchor_json(anchor, now)).collect();
        let whole = json!({ "anchors_sha256": trust.anchors_sha256(), "pins_as_of": pins.as_of.to_string(), "anchors": anchors,
            "unserved": trust.unserved(now).into_iter().map(Purpose::folder).collect::<Vec<_>>() });
        println!("{whole:#}");
        return Ok(Exit::Done);
    }
    print!("{}", anchor_table(trust.anchors(), now, lang));
    for finding in &trust.findings {
        println!("! {}: {}", clean(&finding.place), clean(finding.text.get(lang)));
    }
    tell_ends(&trust, now, lang);
    println!(
        "\n{} {}",
        said(lang, "kümenin SHA-256 değeri", "SHA-256 of the set"),
        trust.anchors_sha256()
    );
    Ok(Exit::Done)
}

fn anchor_json(anchor: &Anchor, now: Timestamp) -> Value {
    json!({ "subject": anchor.name(), "provider": anchor.provider(), "sha256": anchor.sha256(), "purposes": anchor.purposes(),
        "provider_domains": anchor.provider_domains(), "not_before": anchor.not_before(), "not_after": anchor.not_after(),
        "expired": anchor.not_after().is_some_and(|end| end < now), "pin": pin_word(anchor).en })
}

fn anchor_table<'a>(anchors: impl Iterator<Item = &'a Anchor>, now: Timestamp, lang: Lang) -> String {
    let headings = match lang {
        Lang::Tr => ["Sağlayıcı", "Kök", "Amaç", "Başlangıç", "Bitiş", "Pin", "SHA-256"],
        Lang::En => ["Provider", "Root", "Purpose", "From", "Until", "Pin", "SHA-256"],
    };
    let rows: Vec<[String; 7]> = anchors
        .map(|anchor| {
            [
                anchor.provider(),
                anchor.name(),
                purposes_of(&anchor.purposes(), anchor.provider_domains()),
                anchor.not_before().map(local_day_of).unwrap_or_default(),
                end_of(anchor.not_after(), now, lang),
                pin_word(anchor).get(lang).to_owned(),
                anchor.sha256().to_string().chars().take(SHORT).collect(),
            ]
        })
        .collect();
    table(headings, &rows)
}

fn purposes_of(purposes: &[&str], domains: &[String]) -> String {
    let limited = if domains.is_empty() {
        String::new()
    } else {
        format!(" ({})", domains.join(", "))
    };
    format!("{}{limited}", purposes.join(" "))
}

fn end_of(end: Option<Timestamp>, now: Timestamp, lang: Lang) -> String {
    let Some(end) = end else { return String::new() };
    let ended = if end < now {
        said(lang, " (doldu)", " (ended)")
    } else {
        String::new()
    };
    format!("{}{ended}", local_day_of(end))
}

fn pin_word(anchor: &Anchor) -> Text {
    match anchor.pin().map(|pin| pin.state) {
        Some(PinState::Current) => Text::new("pinli", "pinned"),
        Some(PinState::Historic) => Text::new("pinli, eski", "pinned, historic"),
        None if anchor.imitates().is_some() => Text::new("TAKLİT!", "IMITATION!"),
        None => Text::new("pinsiz", "unpinned"),
    }
}

/// What ends, and what nothing is left for.
fn tell_ends(trust: &Trust, now: Timestamp, lang: Lang) {
    let soon: Vec<String> = trust
        .expiring(now, ENDS_SOON)
        .iter()
        .filter(|anchor| anchor.not_after().is_some_and(|end| end >= now))
        .map(|anchor| format!("{} ({})", clean(&anchor.name()), end_of(anchor.not_after(), now, lang)))
        .collect();
    if !soon.is_empty() {
        println!(
            "! {}: {}",
            said(lang, "bir yıl içinde bitiyor", "ends within a year"),
            soon.join(", ")
        );
    }
    let unserved: Vec<&str> = trust.unserved(now).into_iter().map(Purpose::folder).collect();
    if !unserved.is_empty() {
        println!(
            "! {}: {}",
            said(lang, "bugün geçerli kökü olmayan amaç", "no root valid today for"),
            unserved.join(" ")
        );
    }
    let (as_of, today) = (Pins::shipped().as_of, now.to_zoned(istanbul()).date());
    let days = today.since(as_of).map(|span| span.get_days()).unwrap_or_default();
    println!(
        "{}",
        match lang {
            Lang::Tr => format!("pin listesinin tarihi {as_of} ({days} gün önce): sonra yetkilendirilen sağlayıcılar bu listede yoktur"),
            Lang::En => format!("the list of pins is of {as_of} ({days} days ago): providers authorised since are not in it"),
        }
    );
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        Self::file(error.path(), error.io())
    }
}

fn difference(session: &Session, from: &TrustSource) -> Result<(Trust, Difference), Failure> {
    if from.provider.is_some() && from.purpose != [Purpose::Provider] {
        return Err(Failure::usage(Text::new(
            "--provider yalnız --purpose kephs ile verilir",
            "--provider goes with --purpose kephs only",
        )));
    }
    if let Some(domain) = from.provider.as_deref().filter(|domain| !is_domain(domain)) {
        return Err(Failure::usage(Text::new(
            format!("--provider bir KEP alan adı ister, {domain} değil: hs01.kep.tr gibi"),
            format!("--provider wants the domain of a KEP provider, not {domain}: hs01.kep.tr, say"),
        )));
    }
    let now = configured(session)?;
    let mut source = Source::read(&from.path, &now.vouchers())?;
    if let Some(domain) = &from.provider {
        source
            .proposals
            .iter_mut()
            .for_each(|proposal| proposal.domain = Some(domain.to_ascii_lowercase()));
    }
    let difference = Difference::between(&now, source, &from.purpose, session.clock().now());
    Ok((now, difference))
}

/// It becomes the name of a folder.
fn is_domain(text: &str) -> bool {
    text.contains('.') && !text.starts_with('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

fn diff(session: &Session, from: &TrustSource) -> Result<Exit, Failure> {
    let (_, difference) = difference(session, from)?;
    show(session, &difference, from.json);
    // What could not be read may hold a difference.
    let understood = difference.findings.iter().all(|finding| finding.severity < Severity::Warning);
    Ok(match difference.is_empty() && understood {
        true => Exit::Done,
        false => Exit::Indeterminate,
    })
}

fn show(session: &Session, difference: &Difference, as_json: bool) {
    let (lang, now) = (session.lang, session.clock().now());
    if as_json {
        println!("{:#}", difference_json(difference, lang, now));
        return;
    }
    print!("{}", difference_table(difference, lang));
    for change in difference.open() {
        if let Standing::NeedsYes(why) | Standing::Refused(why) = &change.standing {
            let mark = if matches!(change.standing, Standing::Refused(_)) {
                '✘'
            } else {
                '?'
            };
            println!(
                "{mark} {}  {}: {}",
                change.sha256(),
                clean(&change.certificate.subject.label()),
                why.get(lang)
            );
        }
    }
    for finding in &difference.findings {
        println!("! {}: {}", clean(&finding.place), clean(finding.text.get(lang)));
    }
    if !difference.missing.is_empty() {
        println!(
            "{}",
            said(
                lang,
                "güveniliyor, kaynakta yok (silinmez):",
                "trusted, not in the source (not removed):"
            )
        );
        for anchor in &difference.missing {
            println!("  {}  {}", anchor.sha256(), clean(&anchor.name()));
        }
    }
}

fn difference_table(difference: &Difference, lang: Lang) -> String {
    let headings = match lang {
        Lang::Tr => ["Durum", "Kök", "Amaç", "Bitiş", "Depo imzası", "SHA-256"],
        Lang::En => ["State", "Root", "Purpose", "Until", "Row signature", "SHA-256"],
    };
    let rows: Vec<[String; 6]> = difference
        .changes
        .iter()
        .map(|change| {
            let purposes: Vec<&str> = change.purposes.iter().map(|purpose| purpose.folder()).collect();
            let domains: Vec<String> = change.domain.iter().cloned().collect();
            let ended = if change.expired {
                said(lang, " (doldu)", " (ended)")
            } else {
                String::new()
            };
            [
                state_of(change).get(lang).to_owned(),
                change.certificate.subject.label(),
                purposes_of(&purposes, &domains),
                format!("{}{ended}", local_day_of(change.certificate.not_after)),
                change.row.map(row_word).unwrap_or_default().get(lang).to_owned(),
                change.sha256().to_string().chars().take(SHORT).collect(),
            ]
        })
        .collect();
    table(headings, &rows)
}

fn state_of(change: &Change) -> Text {
    match (change.kind, &change.standing) {
        (Kind::Unchanged, _) => Text::new("değişmez", "unchanged"),
        (_, Standing::Refused(_)) => Text::new("REDDEDİLDİ", "REFUSED"),
        (Kind::New, Standing::Pinned) => Text::new("yeni, pinli", "new, pinned"),
        (Kind::New, Standing::NeedsYes(_)) => Text::new("yeni, onay ister", "new, wants a yes"),
        (Kind::Purposes, Standing::Pinned) => Text::new("amaç değişir, pinli", "other purpose, pinned"),
        (Kind::Purposes, Standing::NeedsYes(_)) => Text::new("amaç değişir, onay ister", "other purpose, wants a yes"),
    }
}

fn row_word(row: RowState) -> Text {
    match row {
        RowState::Verified => Text::new("doğru", "good"),
        RowState::VerifiedWeakly => Text::new("doğru, SHA-1", "good, SHA-1"),
        RowState::SignerUnknown => Text::new("imzalayan bilinmiyor", "signer unknown"),
        RowState::Wrong => Text::new("YANLIŞ", "WRONG"),
        RowState::Unreadable => Text::new("okunamıyor", "unreadable"),
        RowState::Absent => Text::new("yok", "none"),
    }
}

fn difference_json(difference: &Difference, lang: Lang, now: Timestamp) -> Value {
    let changes: Vec<Value> = difference
        .changes
        .iter()
        .map(|change| {
            let (standing, reason) = match &change.standing {
                Standing::Pinned => ("pinned", None),
                Standing::NeedsYes(why) => ("needs-yes", Some(why.get(lang))),
                Standing::Refused(why) => ("refused", Some(why.get(lang))),
            };
            let kind = match change.kind {
                Kind::New => "new",
                Kind::Purposes => "purposes",
                Kind::Unchanged => "unchanged",
            };
            let folders = |purposes: &[Purpose]| purposes.iter().map(|purpose| purpose.folder()).collect::<Vec<_>>();
            json!({ "sha256": change.sha256(), "subject": change.certificate.subject.label(), "kind": kind, "standing": standing,
                "reason": reason, "purposes": folders(&change.purposes), "before": folders(&change.before), "provider_domain": change.domain,
                "expired": change.expired, "not_after": change.certificate.not_after, "row_signature": change.row.map(|row| row_word(row).en),
                "place": change.place })
        })
        .collect();
    let missing: Vec<Value> = difference.missing.iter().map(|anchor| anchor_json(anchor, now)).collect();
    json!({ "changes": changes, "missing": missing, "findings": difference.findings.iter()
        .map(|finding| json!({ "rule": finding.rule, "place": finding.place, "text": finding.text.get(lang) })).collect::<Vec<_>>() })
}

/// A new anchor decides what is genuine: beyond the pins it is taken only after it was shown, and by its whole fingerprint.
fn import(session: &Session, from: &TrustSource, yes: &[Sha256]) -> Result<Exit, Failure> {
    let (_, difference) = difference(session, from)?;
    show(session, &difference, from.json);
    let mut outcome = Outcome::default();
    for change in difference.open() {
        let accepted = match &change.standing {
            Standing::Pinned => true,
            Standing::NeedsYes(_) => yes.contains(&change.sha256()) || (!from.json && asked(change, session.lang)?),
            Standing::Refused(_) => false,
        };
        if accepted {
            install::anchor(&session.config().trust.anchors, change).map_err(|error| Failure::file(&error.path, &error.source))?;
            outcome.taken += 1;
        } else if matches!(change.standing, Standing::Refused(_)) {
            outcome.refused += 1;
        } else {
            outcome.unanswered += 1;
        }
    }
    outcome.issuers = keep_issuers(session, &difference)?;
    if !from.json {
        outcome.tell(session.lang);
        tell_ends(&configured(session)?, session.clock().now(), session.lang);
    }
    if let Some(failure) = nothing_read(&difference, from) {
        return Err(failure);
    }
    Ok(match outcome.left() {
        0 => Exit::Done,
        _ => Exit::Indeterminate,
    })
}

/// A source in which nothing could be read was no source: the file, the step and the cure.
fn nothing_read(difference: &Difference, from: &TrustSource) -> Option<Failure> {
    let nothing = difference.changes.is_empty() && difference.issuers.is_empty();
    let finding = difference
        .findings
        .iter()
        .find(|finding| nothing && finding.severity >= Severity::Warning)?;
    let path = from.path.display();
    Some(Failure::new(Text::new(
        format!(
            "{path} güven listesine alınmadı; okuma adımında hiçbir sertifika bulunamadı: {}",
            finding.text.tr
        ),
        format!(
            "{path} was not imported; the step of reading found no certificate: {}",
            finding.text.en
        ),
    )))
}

/// Asks a person, where one sits at the terminal.
fn asked(change: &Change, lang: Lang) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(false);
    }
    println!("\n{}\n{}", clean(&change.certificate.subject.label()), change.sha256());
    print!(
        "{} ",
        said(
            lang,
            "Parmak izi sağlayıcının yayımladığıyla aynı mı; bu köke güvenilsin mi? (evet/hayır)",
            "Is this the fingerprint that the provider publishes; is this root to be trusted? (yes/no)"
        )
    );
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "evet" | "yes"))
}

/// Issuers below an anchor help to build paths. They are no ground for trust, and only what an anchor really issued is kept.
fn keep_issuers(session: &Session, difference: &Difference) -> Result<usize, Failure> {
    let folder = &session.config().trust.intermediates;
    if folder.as_os_str().is_empty() || difference.issuers.is_empty() {
        return Ok(0);
    }
    let now = configured(session)?;
    let known = |sha256: Sha256| now.intermediates.iter().any(|known| known.sha256 == sha256);
    let wanted = difference
        .issuers
        .iter()
        .filter(|issuer| !known(issuer.sha256) && now.issued(issuer));
    let mut kept = 0;
    for issuer in wanted {
        install::put(folder, issuer).map_err(|error| Failure::file(&error.path, &error.source))?;
        kept += 1;
    }
    Ok(kept)
}

/// What an import did.
#[derive(Default)]
struct Outcome {
    taken: usize,
    /// Not to be taken, whatever anybody says.
    refused: usize,
    /// Would be taken with a yes.
    unanswered: usize,
    issuers: usize,
}

impl Outcome {
    fn left(&self) -> usize {
        self.refused + self.unanswered
    }

    fn tell(&self, lang: Lang) {
        let Self { taken, issuers, .. } = self;
        let reload = if taken + issuers > 0 {
            said(lang, "; çalışan hizmete SIGHUP gönderin", "; send SIGHUP to a running daemon")
        } else {
            String::new()
        };
        match lang {
            Lang::Tr => println!(
                "{taken} kök alındı, {} alınmadı, {issuers} alt sertifika eklendi{reload}",
                self.left()
            ),
            Lang::En => println!(
                "{taken} roots taken, {} not taken, {issuers} issuer certificates added{reload}",
                self.left()
            ),
        }
        if self.refused > 0 {
            let (tr, en) = (
                format!(
                    "Reddedilen {}: onayla da alınmaz; nedenleri ve yapılacaklar yukarıda.",
                    self.refused
                ),
                format!("Refused {}: no yes takes them; why, and what to do, stands above.", self.refused),
            );
            println!("{}", said(lang, &tr, &en));
        }
        if self.unanswered > 0 {
            println!(
                "{}",
                said(
                    lang,
                    "Onay isteyenler: parmak izlerini sağlayıcının yayımladıklarıyla karşılaştırın, sonra --yes SHA256 ile yineleyin.",
                    "Those that want a yes: compare the fingerprints with what the provider publishes, then repeat with --yes SHA256."
                )
            );
        }
    }
}
