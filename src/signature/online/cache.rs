//! What was fetched, kept across restarts: `<sha256>.der` beside `<sha256>.json`, which says where it came from and how long it holds.
//!
//! Disposable and not trusted: a file whose bytes do not hash to its name is left out, and what is in is judged like anything that a
//! signature carries. Written without a flush for that reason; whatever a verdict rested on is a blob of the store.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::online::known::Known;
use crate::signature::online::refusal::Refusal;
use crate::signature::online::trail::Object;
use crate::signature::online::want::Want;
use crate::signature::report::ObjectKind;
use crate::signature::revocation::crl::Crl;
use crate::signature::revocation::ocsp::{CertStatus, OcspResponse};
use crate::text::Text;

/// All objects together: the lists of every Turkish provider several times over.
const MAX_BYTES: u64 = 256 << 20;

/// Objects. An OCSP response has two kilobytes; these are the signers of some months.
const MAX_OBJECTS: usize = 20_000;

/// How long an object without nextUpdate is kept.
const WITHOUT_END: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What is over still explains yesterday's verdicts, and a revocation in it still holds.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A list is fetched anew when less than this is left of it, so that the next signature finds it warm.
const PREFETCH_BEFORE: SignedDuration = SignedDuration::from_hours(2);

/// A list that nobody asked for this long is not fetched again.
const IN_USE: SignedDuration = SignedDuration::from_hours(24 * 14);

/// How exactly it is known when a list was last needed.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What is known of an object beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub kind: ObjectKind,
    pub urls: Vec<String>,
    /// For which certificate it was fetched, and by which issuer.
    pub certificate: Sha256,
    pub issuer: Option<Sha256>,
    pub fetched_at: Timestamp,
    /// When a judgement last missed it or rested on it, to the day: prefetching does not count.
    pub asked_at: Timestamp,
    pub this_update: Option<Timestamp>,
    pub next_update: Option<Timestamp>,
    pub bytes: u64,
}

impl Card {
    fn kept_until(&self) -> Timestamp {
        let end = match self.next_update {
            Some(next) => next.saturating_add(KEPT_AFTER_END),
            None => self.fetched_at.saturating_add(WITHOUT_END),
        };
        end.unwrap_or(Timestamp::MAX)
    }
}

/// Who may write into the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The holder of the store makes the folder.
    Makes,
    /// Others add to it where it is there.
    WhereItIs,
    /// Nothing is written.
    Nothing,
}

pub struct Cache {
    folder: PathBuf,
    keep: Keep,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<Sha256, (Card, Object)>,
    known: Arc<Known>,
}

impl Cache {
    /// Reads the folder, if there is one. What cannot be read is not there: a cache is no record.
    pub fn open(folder: &Path, keep: Keep, now: Timestamp) -> Self {
        let mut inner = Inner::default();
        for name in stems(folder) {
            if let Some((card, object)) = load(folder, &name)
                && card.kept_until() >= now
            {
                inner.objects.insert(object.sha256(), (card, object));
            }
        }
        inner.renew();
        Self {
            folder: folder.to_owned(),
            keep,
            inner: Mutex::new(inner),
        }
    }

    /// What is known now.
    pub fn known(&self) -> Arc<Known> {
        Arc::clone(&self.inner().known)
    }

    /// Takes in what a want brought. `asked`: a judgement missed it, and not only the prefetching.
    ///
    /// # Errors
    /// It is older than what is here already: an old answer played again.
    pub fn put(&self, object: &Object, want: &Want, asked: bool, now: Timestamp) -> Result<(), Text> {
        let (this_update, next_update) = window(object, want);
        let mut inner = self.inner();
        let same_question = |card: &Card| {
            card.kind == want.kind
                && card.issuer == want.issuer.as_ref().map(|issuer| issuer.sha256)
                && match want.kind {
                    ObjectKind::Crl => card.urls == want.urls,
                    _ => card.certificate == want.certificate.sha256,
                }
        };
        let before: Vec<&Card> = inner
            .objects
            .values()
            .map(|(card, _)| card)
            .filter(|card| same_question(card))
            .collect();
        if let Some(newer) = before.iter().find(|card| card.this_update > this_update) {
            let there = newer.this_update.unwrap_or_default();
            return Err(Text::new(
                format!("gelen yanıt eldekinden eski (eldeki {there})"),
                format!("the answer is older than the one at hand ({there})"),
            ));
        }
        let asked_before = before.iter().map(|card| card.asked_at).max();
        let replaced: Vec<Sha256> = inner
            .objects
            .values()
            .filter(|(card, known)| same_question(card) && !says_revoked(known) && known.sha256() != object.sha256())
            .map(|(_, known)| known.sha256())
            .collect();
        let card = Card {
            kind: object.kind(),
            urls: want.urls.clone(),
            certificate: want.certificate.sha256,
            issuer: want.issuer.as_ref().map(|issuer| issuer.sha256),
            fetched_at: now,
            asked_at: if asked { now } else { asked_before.unwrap_or(now) },
            this_update,
            next_update,
            bytes: object.der().len() as u64,
        };
        let mut cards = vec![(card, object.clone())];
        // To fetch a list again, its issuer must be at hand after a restart too.
        if let (ObjectKind::Crl, Some(issuer)) = (want.kind, &want.issuer)
            && !inner.objects.contains_key(&issuer.sha256)
        {
            cards.push((companion(issuer, now), Object::Certificate(issuer.clone())));
        }
        for (card, object) in cards {
            self.write(&card, &object);
            inner.objects.insert(object.sha256(), (card, object));
        }
        for gone in replaced
            .iter()
            .copied()
            .chain(inner.shrink(now, MAX_BYTES, MAX_OBJECTS))
            .collect::<Vec<_>>()
        {
            inner.objects.remove(&gone);
            self.erase(&gone);
        }
        inner.renew();
        inner.forgive(want);
        Ok(())
    }

    /// Why a want brought nothing: the next judgement says it.
    pub fn refuse(&self, want: &Want, refusal: Refusal) {
        let mut inner = self.inner();
        Arc::make_mut(&mut inner.known).refuse(want, refusal);
    }

    /// Notes that a judgement rested on these: a list in use is renewed before it is over.
    pub fn touch(&self, used: &[Object], now: Timestamp) {
        let mut inner = self.inner();
        for object in used.iter().filter(|object| object.kind() == ObjectKind::Crl) {
            let Some((card, _)) = inner.objects.get_mut(&object.sha256()) else {
                continue;
            };
            if now.duration_since(card.asked_at) >= NOTED_EVERY {
                card.asked_at = now;
                let card = card.clone();
                self.write(&card, object);
            }
        }
    }

    /// Lists in use that will be over soon.
    pub fn ending(&self, now: Timestamp) -> Vec<Want> {
        let soon = now.saturating_add(PREFETCH_BEFORE).unwrap_or(Timestamp::MAX);
        let since = now.saturating_sub(IN_USE).unwrap_or(Timestamp::MIN);
        let inner = self.inner();
        let certificate = |sha256: Sha256| match inner.objects.get(&sha256) {
            Some((_, Object::Certificate(certificate))) => Some(certificate.clone()),
            _ => None,
        };
        let cards: Vec<&Card> = inner
            .objects
            .values()
            .map(|(card, _)| card)
            .filter(|card| card.kind == ObjectKind::Crl)
            .collect();
        let newest = |card: &Card| {
            !cards
                .iter()
                .any(|other| other.urls == card.urls && other.this_update > card.this_update)
        };
        let ending = cards
            .iter()
            .filter(|card| card.next_update.is_some_and(|next| next <= soon) && card.asked_at >= since && newest(card));
        ending
            .filter_map(|card| {
                let issuer = certificate(card.issuer?)?;
                Some(Want {
                    kind: ObjectKind::Crl,
                    urls: card.urls.clone(),
                    certificate: issuer.clone(),
                    issuer: Some(issuer),
                    not_before: None,
                })
            })
            .collect()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.inner().objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn write(&self, card: &Card, object: &Object) {
        let ready = match self.keep {
            Keep::Makes => DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).is_ok(),
            Keep::WhereItIs => self.folder.is_dir(),
            Keep::Nothing => false,
        };
        if !ready {
            return;
        }
        let name = object.sha256().to_string();
        let described = serde_json::to_vec(card).map_err(io::Error::other);
        // The card comes last: an object without one is not there.
        let written = replace(&self.folder.join(format!("{name}.der")), object.der())
            .and(described)
            .and_then(|text| replace(&self.folder.join(format!("{name}.json")), &text));
        if let Err(error) = written {
            tracing::warn!(%error, "the cache of validation data could not be written; it is fetched again after a restart");
        }
    }

    fn erase(&self, sha256: &Sha256) {
        if self.keep != Keep::Nothing {
            for ending in ["json", "der"] {
                // Gone already, or not ours: the next opening judges it by its age again.
                let _ = fs::remove_file(self.folder.join(format!("{sha256}.{ending}")));
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn renew(&mut self) {
        let known = Known::of(self.objects.values().map(|(_, object)| object.clone()));
        self.known = Arc::new(known.with_refusals_of(&self.known));
    }

    fn forgive(&mut self, want: &Want) {
        Arc::make_mut(&mut self.known).forgive(want);
    }

    /// Drops what is over, then what has been here longest, until it fits.
    fn shrink(&mut self, now: Timestamp, max_bytes: u64, max_objects: usize) -> Vec<Sha256> {
        let mut gone: Vec<Sha256> = Vec::new();
        let over = self.objects.iter().filter(|(_, (card, _))| card.kept_until() < now);
        gone.extend(over.map(|(sha256, _)| *sha256));
        let mut by_age: Vec<(Timestamp, u64, Sha256)> = self
            .objects
            .iter()
            .filter(|(sha256, _)| !gone.contains(sha256))
            .map(|(sha256, (card, _))| (card.fetched_at, card.bytes, *sha256))
            .collect();
        by_age.sort_unstable();
        let mut bytes: u64 = by_age.iter().map(|(_, bytes, _)| bytes).sum();
        let mut count = by_age.len();
        for (_, size, sha256) in by_age {
            if bytes <= max_bytes && count <= max_objects {
                break;
            }
            bytes -= size;
            count -= 1;
            gone.push(sha256);
        }
        for sha256 in &gone {
            self.objects.remove(sha256);
        }
        gone
    }
}

/// An issuer that is kept for the sake of its list.
fn companion(issuer: &Arc<Certificate>, now: Timestamp) -> Card {
    Card {
        kind: ObjectKind::Certificate,
        urls: Vec::new(),
        certificate: issuer.sha256,
        issuer: None,
        fetched_at: now,
        asked_at: now,
        this_update: None,
        next_update: Some(issuer.not_after),
        bytes: issuer.der.len() as u64,
    }
}

/// "Revoked" outlives a later "good" from the same responder: whoever can make it forget must not be able to make us forget.
fn says_revoked(object: &Object) -> bool {
    match object {
        Object::Ocsp(response) => response
            .answers
            .iter()
            .any(|answer| matches!(answer.status, CertStatus::Revoked { .. })),
        Object::Certificate(_) | Object::Crl(_) => false,
    }
}

/// thisUpdate and nextUpdate of what was asked for.
fn window(object: &Object, want: &Want) -> (Option<Timestamp>, Option<Timestamp>) {
    match object {
        Object::Certificate(certificate) => (Some(certificate.not_before), Some(certificate.not_after)),
        Object::Crl(crl) => (Some(crl.this_update), crl.next_update),
        Object::Ocsp(response) => {
            let about = |issuer: &Arc<Certificate>| response.answers.iter().find(|answer| answer.is_about(&want.certificate, issuer));
            match want.issuer.as_ref().and_then(about) {
                Some(answer) => (Some(answer.this_update), answer.next_update),
                None => (Some(response.produced_at), None),
            }
        }
    }
}

fn stems(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut stems: Vec<String> = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    stems.sort();
    stems
}

fn load(folder: &Path, name: &str) -> Option<(Card, Object)> {
    let sha256: Sha256 = name.parse().ok()?;
    let card: Card = serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).ok()?).ok()?;
    let bytes = fs::read(folder.join(format!("{name}.der"))).ok()?;
    if Sha256::of(&bytes) != sha256 {
        return None;
    }
    let object = match card.kind {
        ObjectKind::Certificate => Object::Certificate(Certificate::parse(&bytes).ok()?),
        ObjectKind::Crl => Object::Crl(Crl::parse(&bytes).ok()?),
        ObjectKind::Ocsp => Object::Ocsp(OcspResponse::parse(&bytes).ok()?),
    };
    Some((card, object))
}

/// Whole or not at all; two processes that write the same object write the same bytes.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(&temporary, path)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod cache_tests;
