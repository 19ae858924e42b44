//! Proofs of existence: which timestamp proves the age of what (EN 319 102-1 5.6.2, 5.6.3).
//!
//! Timestamps are judged from the newest to the oldest. Each that stands proves that what it covers, older timestamps among it, existed
//! at its time: an authority that ended since, or an algorithm that became weak, no longer matters to what is proven to be older.

use jiff::Timestamp;

use crate::signature::cades::profile::CLOCK_SKEW;
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::octets::Octets;
use crate::signature::path::chain::Material;
use crate::signature::timestamp::{self, Stamp};

/// A time-stamp token of a signature, not judged yet.
pub struct Token<'a> {
    /// content, signature, archive …
    pub kind: &'static str,
    pub raw: &'a [u8],
    /// The octets that it may be over: pieces that are hashed one after another, in each way that writers have.
    pub stamped: Vec<Vec<Octets<'a>>>,
    /// The tokens that it covers, by their octets.
    pub covers: Vec<&'a [u8]>,
    /// It covers the signature value, and so proves its age.
    pub covers_signature: bool,
}

/// The tokens of one signature, judged: oldest first.
#[derive(Default)]
pub struct Proofs<'a> {
    pub stamps: Vec<Stamp>,
    /// The earliest instant at which a timestamp that stands proves the signature value.
    pub signature: Option<Timestamp>,
    /// What timestamps that stand cover, and since when it is known.
    covered: Vec<(Timestamp, Vec<&'a [u8]>)>,
}

/// Judges `tokens`. `known_since`: when all of them are known to have existed by another proof than each other (our record of reception).
pub fn judge<'a>(tokens: Vec<Token<'a>>, known_since: Option<Timestamp>, material: &Material, context: &Context) -> Proofs<'a> {
    let base = known_since.map_or(context.at, |known| known.min(context.at));
    let mut tokens: Vec<(Option<Timestamp>, Token<'a>)> = tokens
        .into_iter()
        .map(|token| (timestamp::peek(token.raw, context.limits.cms_depth).map(|(time, _)| time), token))
        .collect();
    // Of one instant, those that are covered come before those that cover: the order in which they were given.
    tokens.sort_by_key(|(time, _)| *time);
    let mut proofs = Proofs::default();
    for (time, token) in tokens.into_iter().rev() {
        let proven = proofs.known_since(token.raw).map_or(base, |known| known.min(base));
        let stamp = timestamp::judge_proven(token.raw, &token.stamped, token.kind, material, (context, Some(proven)));
        if let Some(time) = time.filter(|_| stamp.passed()) {
            proofs.covered.push((time, token.covers));
            if token.covers_signature {
                proofs.signature = Some(proofs.signature.map_or(time, |known| known.min(time)));
            }
        }
        proofs.stamps.push(stamp);
    }
    proofs.stamps.reverse();
    proofs
}

impl Proofs<'_> {
    /// The earliest instant at which a timestamp that stands proves the age of `octets`, one of the things that it covers.
    pub fn known_since(&self, octets: &[u8]) -> Option<Timestamp> {
        let covering = self.covered.iter().filter(|(_, covers)| covers.contains(&octets));
        covering.map(|(time, _)| *time).min()
    }

    /// The earliest signature timestamp that stands: what the BTK profiles measure from.
    pub fn stamped(&self) -> Option<Timestamp> {
        let standing = self
            .stamps
            .iter()
            .filter(|stamp| stamp.passed() && stamp.report.r#type == "signature");
        standing.filter_map(|stamp| stamp.time).min()
    }
}

/// content <= signing <= signature <= references, archive: what covers another timestamp cannot be older than it. The claimed signing time
/// may differ by what clocks differ.
pub fn check_order(stamps: &[Stamp], signing_time: Option<Timestamp>, reasons: &mut Reasons) {
    let times = |group: u8| {
        stamps
            .iter()
            .filter(move |stamp| rank(&stamp.report.r#type) == group)
            .filter_map(|stamp| stamp.time)
    };
    if let (Some(content), Some(signature)) = (times(0).max(), times(1).min())
        && signature < content
    {
        reasons.add_in_two(
            cause::TIME_ORDER,
            "içerik zaman damgası imza zaman damgasından sonra",
            "the content timestamp lies after the signature timestamp",
        );
    }
    let latest = signing_time.map(|claimed| claimed.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX));
    if let (Some(content), Some(latest)) = (times(0).max(), latest)
        && latest < content
    {
        reasons.add_in_two(
            cause::TIME_ORDER,
            "içerik zaman damgası beyan edilen imza zamanından sonra",
            "the content timestamp lies after the claimed signing time",
        );
    }
    if let (Some(signature), Some(archive)) = (times(1).max(), times(2).min())
        && archive < signature
    {
        reasons.add_in_two(
            cause::TIME_ORDER,
            "arşiv zaman damgası imza zaman damgasından önce",
            "the archive timestamp lies before the signature timestamp",
        );
    }
}

fn rank(kind: &str) -> u8 {
    match kind {
        "content" => 0,
        "signature" => 1,
        _ => 2,
    }
}
