//! The keys that open what comes encrypted: looked at by the clock, so that a token that was pulled or a PIN that is refused is heard of
//! before a document stays closed, and what stayed closed is tried again as soon as its key is back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::duties::stand;
use super::progress::Progress;
use crate::alert::causes::{self, KeyTrouble, moment};
use crate::decryption::{Health, HolderError};
use crate::hash::Sha256;
use crate::pipeline::{Pipeline, PipelineError};
use crate::text::Text;

/// How often the keys are looked at. An alarm is at most this late; a token that is asked more often wears for nothing.
const LOOK: Duration = Duration::from_secs(300);

/// How soon after a reload the keys that it brought are looked at.
const TICK: Duration = Duration::from_secs(5);

/// How long this may be silent: some tokens that hang, one after another.
const ALLOWANCE: Duration = Duration::from_secs(1_800);

/// How long before its end a certificate is told of: a new one takes an application and some weeks.
const LEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

const TASK: &str = "keys";

/// Standing alarms of keys: `key/refused/PKCS#11 libsofthsm2.so kurum`, `key/ends/evrak`.
const PREFIX: &str = "key/";
const ENDS: &str = "key/ends/";
const OVER: &str = "key/over/";

pub async fn keep(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    let mut watch = Watch::default();
    while !stop.is_cancelled() {
        progress.beat(TASK, ALLOWANCE);
        let looked = tokio::select! {
            () = stop.cancelled() => break,
            looked = watch.look(&pipeline) => looked,
        };
        if let Err(error) = looked {
            tracing::error!(%error, "the decryption keys could not be looked at; it is tried again");
            super::trouble::tell_disk(&pipeline, &error).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = other_keys(&pipeline, watch.generation) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    progress.end(TASK);
}

/// Returns when the settings were read anew.
async fn other_keys(pipeline: &Pipeline, known: u64) {
    while pipeline.settings().keyring.generation() == known {
        tokio::time::sleep(TICK).await;
    }
}

/// What the last look saw: the certificates of each holder, or nothing where it was in trouble.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<String, Option<BTreeSet<Sha256>>>,
    /// Of the keys that were looked at.
    generation: u64,
}

impl Watch {
    /// Looks at every key once. Public for tests that are the clock.
    ///
    /// # Errors
    /// The record cannot be read or written.
    pub async fn look(&mut self, pipeline: &Pipeline) -> Result<(), PipelineError> {
        let keyring = Arc::clone(&pipeline.settings().keyring);
        let asked = Arc::clone(&keyring);
        let health = tokio::task::spawn_blocking(move || asked.health()).await;
        let health = health.map_err(|error| PipelineError::Broken(error.to_string()))?;
        let mut looked_at = BTreeSet::new();
        for (name, problem) in &by_name(&health) {
            looked_at.extend(tell(pipeline, name, *problem).await?);
        }
        for (mailbox, until) in newest(&health) {
            looked_at.extend(tell_end(pipeline, &mailbox, until).await?);
        }
        // What is configured no longer is in no trouble.
        for standing in pipeline.ledger.standing_under(PREFIX)? {
            if !looked_at.contains(&standing.alarm) {
                stand(pipeline, standing.alarm, None, None).await?;
            }
        }
        if self.is_news(&health) {
            keyring.renew(pipeline.now());
        }
        self.generation = keyring.generation();
        Ok(())
    }

    /// A holder that was in trouble is not any longer, or has other keys than before.
    fn is_news(&mut self, health: &[Health]) -> bool {
        let mut seen = BTreeMap::new();
        for one in health {
            let held = one.certificates.as_ref().ok();
            let held = held.map(|held| held.iter().map(|held| held.sha256).collect::<BTreeSet<_>>());
            seen.insert(one.name.clone(), held);
        }
        let is_new =
            |(name, held): (&String, &Option<BTreeSet<Sha256>>)| held.is_some() && self.seen.get(name).is_some_and(|before| before != held);
        let is_news = seen.iter().any(is_new);
        self.seen = seen;
        is_news
    }
}

/// The trouble of each holder. Two entries of the configuration may mean one token.
fn by_name(health: &[Health]) -> BTreeMap<&str, Option<&HolderError>> {
    let mut found: BTreeMap<&str, Option<&HolderError>> = BTreeMap::new();
    for one in health {
        let problem = found.entry(&one.name).or_default();
        *problem = problem.or(one.certificates.as_ref().err());
    }
    found
}

/// Says what began and what is over; answers with the alarms that it spoke for.
async fn tell(pipeline: &Pipeline, holder: &str, problem: Option<&HolderError>) -> Result<[String; 2], PipelineError> {
    let now = pipeline.now();
    let trouble = problem.map(|problem| match problem {
        HolderError::Unavailable(_) => KeyTrouble::Unreachable,
        HolderError::Refused(_) => KeyTrouble::Refused,
    });
    let kinds = [KeyTrouble::Unreachable, KeyTrouble::Refused];
    let alarms = kinds.map(|kind| format!("{PREFIX}{}/{holder}", kind.word()));
    for (kind, alarm) in kinds.into_iter().zip(&alarms) {
        let begun = problem.filter(|_| trouble == Some(kind));
        let begun = begun.map(|problem| causes::key_trouble(holder, kind, problem.text(), now));
        // A token that is back and refuses its PIN is not back.
        let ended = problem.is_none().then(|| causes::key_back(holder, now));
        stand(pipeline, alarm.clone(), begun, ended).await?;
    }
    Ok(alarms)
}

/// The end of the newest certificate of each mailbox; nothing where a holder could not be asked, because its own may be newer.
fn newest(health: &[Health]) -> BTreeMap<String, Option<Timestamp>> {
    let mut found: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    for (one, mailbox) in health
        .iter()
        .flat_map(|one| one.mailboxes.iter().map(move |mailbox| (one, mailbox)))
    {
        let until = match &one.certificates {
            Ok(held) => held.iter().map(|held| held.until).max(),
            Err(_) => None,
        };
        found
            .entry(mailbox.clone())
            .and_modify(|newest| *newest = newest.zip(until).map(|(newest, until)| newest.max(until)))
            .or_insert(until);
    }
    found
}

async fn tell_end(pipeline: &Pipeline, mailbox: &str, until: Option<Timestamp>) -> Result<[String; 2], PipelineError> {
    let now = pipeline.now();
    let alarms = [format!("{ENDS}{mailbox}"), format!("{OVER}{mailbox}")];
    let Some(until) = until else { return Ok(alarms) };
    let is_over = until <= now;
    let is_near = !is_over && until.duration_since(now) <= LEAD;
    for (alarm, holds) in alarms.iter().zip([is_near, is_over]) {
        let begun = holds.then(|| causes::key_ends(mailbox, until, is_over, now));
        stand(pipeline, alarm.clone(), begun, None).await?;
    }
    Ok(alarms)
}

/// For the daily report: how many keys are in trouble, and a line for each, every day while it stands.
pub(super) fn remarks(pipeline: &Pipeline) -> Result<(u64, Vec<Text>), PipelineError> {
    let (mut troubled, mut remarks) = (0, Vec::new());
    for standing in pipeline.ledger.standing_under(PREFIX)? {
        let since = standing.since.map(moment).unwrap_or_default();
        let Some((kind, about)) = standing.alarm.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        remarks.push(match kind {
            "ends" => Text::new(
                format!("{about}: şifreleme sertifikası bitmek üzere; yenisini alın."),
                format!("{about}: the encryption certificate ends soon; get a new one."),
            ),
            "over" => Text::new(
                format!("{about}: şifreleme sertifikası BİTTİ; yenisini alın."),
                format!("{about}: the encryption certificate HAS ENDED; get a new one."),
            ),
            kind => {
                troubled += 1;
                match kind == KeyTrouble::Refused.word() {
                    true => Text::new(
                        format!(
                            "ANAHTAR {about}: parolası ya da PIN'i {} tarihinden beri kabul edilmiyor; 'kep-gateway config check' çalıştırın.",
                            since.tr
                        ),
                        format!("KEY {about}: its password or PIN is refused since {}; run 'kep-gateway config check'.", since.en),
                    ),
                    false => Text::new(
                        format!(
                            "ANAHTAR {about}: {} tarihinden beri ulaşılamıyor; 'kep-gateway config check' çalıştırın.",
                            since.tr
                        ),
                        format!("KEY {about}: not to be reached since {}; run 'kep-gateway config check'.", since.en),
                    ),
                }
            }
        });
    }
    Ok((troubled, remarks))
}
