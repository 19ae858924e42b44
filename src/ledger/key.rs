//! Where what lies in the index. One letter, a slash, then what it is found by.

use jiff::Timestamp;

use crate::alert::window::WindowKey;
use crate::hash::Sha256;
use crate::mailbox::Locator;
use crate::register::entry::{Deadline, RegisterNumber};

/// Register entries by number: `e/2026/000001`.
pub const ENTRIES: &[u8] = b"e/";
/// Messages that have bytes and no register entry yet.
pub const PENDING: &[u8] = b"q/";
/// Locators that were listed and never delivered.
pub const HOLES: &[u8] = b"h/";
/// Messages by the SHA-256 of their bytes.
pub const MESSAGES: &[u8] = b"m/";
/// Evidence by the SHA-256 of its XML.
pub const EVIDENCE: &[u8] = b"v/";
/// Evidence that no message is known for.
pub const ORPHANS: &[u8] = b"o/";
/// Every job that ever was in the outbox.
pub const JOBS: &[u8] = b"j/";
/// Jobs that still want an attempt.
pub const OPEN_JOBS: &[u8] = b"p/";
/// Standing alarms.
pub const STANDING: &[u8] = b"s/";
/// Deadlines that can still be missed, by their time.
pub const DEADLINES: &[u8] = b"z/";

/// Entries by the order of their last change: `Y/000000000000002a`.
pub const CHANGES: &[u8] = b"Y/";
/// How many changes of entries there were.
pub const CHANGE_COUNT: &[u8] = b"A/";

pub fn change(position: u64) -> Vec<u8> {
    format!("Y/{position:016x}").into_bytes()
}

/// The position that a key of [`change`] names.
pub fn read_change(name: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(name.get(CHANGES.len()..)?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

/// Where the last change of an entry stands in that order.
pub fn last_change(number: RegisterNumber) -> Vec<u8> {
    format!("U/{number}").into_bytes()
}

/// Entries whose verdict may become another by itself: `r/2026/000001`.
pub const WAITING: &[u8] = b"r/";

pub fn waiting(number: RegisterNumber) -> Vec<u8> {
    format!("r/{number}").into_bytes()
}

pub fn entry(number: RegisterNumber) -> Vec<u8> {
    format!("e/{number}").into_bytes()
}

/// The first entry with a BelgeId; GUIDs are compared without case.
pub fn document(id: &str) -> Vec<u8> {
    format!("b/{}", id.to_ascii_uppercase()).into_bytes()
}

/// Which numbers were given.
pub const NUMBERING: &[u8] = b"n/";

/// The time of the newest record.
pub const NEWEST: &[u8] = b"W/";

pub fn message(sha256: &Sha256) -> Vec<u8> {
    format!("m/{sha256}").into_bytes()
}

/// How many messages became durable so far.
pub const ORDER: &[u8] = b"c/";

pub fn pending(order: u64, sha256: &Sha256) -> Vec<u8> {
    format!("q/{order:020}/{sha256}").into_bytes()
}

/// All locators of a mailbox.
pub fn locators(mailbox: &str) -> Vec<u8> {
    format!("l/{mailbox}\0").into_bytes()
}

pub fn locator(mailbox: &str, locator: &Locator) -> Vec<u8> {
    within(b'l', mailbox, locator)
}

/// How many locators of a mailbox have durable bytes: what a count would otherwise read all of them for.
pub fn fetched_count(mailbox: &str) -> Vec<u8> {
    format!("F/{mailbox}").into_bytes()
}

/// All holes of a mailbox.
pub fn holes(mailbox: &str) -> Vec<u8> {
    format!("h/{mailbox}\0").into_bytes()
}

pub fn hole(mailbox: &str, locator: &Locator) -> Vec<u8> {
    within(b'h', mailbox, locator)
}

fn within(letter: u8, mailbox: &str, locator: &Locator) -> Vec<u8> {
    let mut key = vec![letter, b'/'];
    key.extend_from_slice(format!("{mailbox}\0{}\0{:08x}\0{}", locator.folder, locator.epoch, locator.id).as_bytes());
    key
}

/// The locator in the rest of an `l/` key behind its mailbox.
pub fn read_locator(rest: &[u8]) -> Option<Locator> {
    let text = std::str::from_utf8(rest).ok()?;
    let mut fields = text.splitn(3, '\0');
    let folder = fields.next()?.to_owned();
    let epoch = u32::from_str_radix(fields.next()?, 16).ok()?;
    Some(Locator {
        folder,
        epoch,
        id: fields.next()?.to_owned(),
    })
}

pub fn mailbox(name: &str) -> Vec<u8> {
    format!("x/{name}").into_bytes()
}

/// The successful checks of a mailbox on a Turkish calendar day: `d/evrak␀2026-11-22`.
pub fn day(mailbox: &str, day: jiff::civil::Date) -> Vec<u8> {
    format!("d/{mailbox}\0{day}").into_bytes()
}

/// All days of a mailbox.
pub fn days(mailbox: &str) -> Vec<u8> {
    format!("d/{mailbox}\0").into_bytes()
}

/// Register numbers of the messages that a link key names.
pub fn linked_messages(link_key: &str) -> Vec<u8> {
    format!("k/{link_key}").into_bytes()
}

pub fn evidence(sha256: &Sha256) -> Vec<u8> {
    format!("v/{sha256}").into_bytes()
}

pub fn orphan(sha256: &Sha256) -> Vec<u8> {
    format!("o/{sha256}").into_bytes()
}

/// All evidence under a link key.
pub fn evidence_under(link_key: &str) -> Vec<u8> {
    format!("w/{link_key}\0").into_bytes()
}

pub fn evidence_by(link_key: &str, sha256: &Sha256) -> Vec<u8> {
    format!("w/{link_key}\0{sha256}").into_bytes()
}

pub fn job(id: &str) -> Vec<u8> {
    format!("j/{id}").into_bytes()
}

pub fn open_job(id: &str) -> Vec<u8> {
    format!("p/{id}").into_bytes()
}

/// Jobs that were given up, by when: `g/00001795557599/<id>`.
pub const GIVEN_UP: &[u8] = b"g/";

pub fn given_up(at: Timestamp, id: &str) -> Vec<u8> {
    format!("g/{:014}/{id}", at.as_second().max(0)).into_bytes()
}

/// The same job at another time, from its key of [`given_up`].
pub fn given_up_at(at: Timestamp, name: &[u8]) -> Vec<u8> {
    const TIME: usize = 2 + 14 + 1;
    let id = String::from_utf8_lossy(name.get(TIME..).unwrap_or_default());
    given_up(at, &id)
}

/// The job that an open-jobs key names.
pub fn job_of_open(name: &[u8]) -> Vec<u8> {
    [JOBS, name.get(OPEN_JOBS.len()..).unwrap_or_default()].concat()
}

/// Throttle windows that are open.
pub const WINDOWS: &[u8] = b"t/";

pub fn window(window: &WindowKey) -> Vec<u8> {
    let name = format!("{:?}\0{}\0{}", window.cause, window.key, window.groups.join("\0"));
    format!("t/{}", Sha256::of(name.as_bytes())).into_bytes()
}

/// Seconds in front, so that the keys lie in the order of time: `z/00001795557599/2026/000001/deemed-read`.
pub fn deadline(number: RegisterNumber, deadline: &Deadline) -> Vec<u8> {
    format!("z/{:014}/{number}/{}", deadline.at.as_second().max(0), deadline.kind).into_bytes()
}

/// Time, register number and kind of a deadline's key.
pub fn read_deadline(name: &[u8]) -> Option<(Timestamp, RegisterNumber, String)> {
    let rest = std::str::from_utf8(name.get(DEADLINES.len()..)?).ok()?;
    let mut fields = rest.splitn(4, '/');
    let at = Timestamp::from_second(fields.next()?.parse().ok()?).ok()?;
    let number = RegisterNumber {
        year: fields.next()?.parse().ok()?,
        number: fields.next()?.parse().ok()?,
    };
    Some((at, number, fields.next()?.to_owned()))
}

pub fn standing(alarm: &str) -> Vec<u8> {
    format!("s/{alarm}").into_bytes()
}

/// The last part of an `o/`, `q/` or `w/` key: a SHA-256 value.
pub fn trailing_sha256(key: &[u8]) -> Option<Sha256> {
    let tail = key.get(key.len().checked_sub(64)?..)?;
    std::str::from_utf8(tail).ok()?.parse().ok()
}

/// Accounts by login: `a/ayse`.
pub const ACCOUNTS: &[u8] = b"a/";

pub fn account(login: &str) -> Vec<u8> {
    format!("a/{login}").into_bytes()
}

/// What is known of the sign-ins of everybody.
pub const SIGN_INS: &[u8] = b"y/";

pub fn sign_ins(login: &str) -> Vec<u8> {
    format!("y/{login}").into_bytes()
}

/// All views of a document.
pub fn views(number: RegisterNumber) -> Vec<u8> {
    format!("u/{number}/").into_bytes()
}

/// In the order of time: `u/2026/000001/000001795557599123/ayse␀page`.
pub fn view(number: RegisterNumber, at: Timestamp, by: &str, what: &str) -> Vec<u8> {
    format!("u/{number}/{:018}/{by}\0{what}", at.as_millisecond().max(0)).into_bytes()
}

/// When somebody last looked at this of a document.
pub fn last_view(number: RegisterNumber, by: &str, what: &str) -> Vec<u8> {
    format!("i/{number}\0{by}\0{what}").into_bytes()
}

/// Everybody who looked on a day.
pub fn looks(day: jiff::civil::Date) -> Vec<u8> {
    format!("f/{day}\0").into_bytes()
}

pub fn look(day: jiff::civil::Date, by: &str) -> Vec<u8> {
    format!("f/{day}\0{by}").into_bytes()
}

/// Entries that no EBYS took over yet: `N/2026/000001`.
pub const UNTRANSFERRED: &[u8] = b"N/";

pub fn untransferred(number: RegisterNumber) -> Vec<u8> {
    format!("N/{number}").into_bytes()
}

/// The register number at the end of an `e/` or `N/` key.
pub fn read_number(name: &[u8]) -> Option<RegisterNumber> {
    std::str::from_utf8(name.get(2..)?).ok()?.parse().ok()
}

/// Every job by when it was planned: `D/00001795557599/<id>`.
pub const JOBS_BY_TIME: &[u8] = b"D/";

pub fn job_by_time(created: Timestamp, id: &str) -> Vec<u8> {
    format!("D/{:014}/{id}", created.as_second().max(0)).into_bytes()
}

/// The job that such a key names.
pub fn job_of_time(name: &[u8]) -> Vec<u8> {
    const TIME: usize = 2 + 14 + 1;
    [JOBS, name.get(TIME..).unwrap_or_default()].concat()
}

/// Tokens by name: `K/ebys`.
pub const TOKENS: &[u8] = b"K/";

pub fn token(name: &str) -> Vec<u8> {
    format!("K/{name}").into_bytes()
}

/// The name of the token whose secret has this hash.
pub fn token_secret(sha256: &Sha256) -> Vec<u8> {
    format!("H/{sha256}").into_bytes()
}

pub fn token_use(name: &str) -> Vec<u8> {
    format!("B/{name}").into_bytes()
}

/// Sent messages that the clock still looks at: `T/2026/000001`.
pub const FOLLOWED: &[u8] = b"T/";

pub fn followed(number: RegisterNumber) -> Vec<u8> {
    format!("T/{number}").into_bytes()
}

/// What people decided about the keeping of an entry: `R/2026/000001`.
pub fn keeping(number: RegisterNumber) -> Vec<u8> {
    format!("R/{number}").into_bytes()
}

/// Disposal lists by their number: `L/0000000001`.
pub const DISPOSALS: &[u8] = b"L/";

pub fn disposal(list: u32) -> Vec<u8> {
    format!("L/{list:010}").into_bytes()
}

/// Blobs that went by a disposal list, and the list: `G/<sha256>`.
pub const GONE: &[u8] = b"G/";

pub fn gone(sha256: &Sha256) -> Vec<u8> {
    format!("G/{sha256}").into_bytes()
}

/// Losses that the journal knows of, by their name.
pub const LOSSES: &[u8] = b"Z/";

pub fn loss(id: &str) -> Vec<u8> {
    format!("Z/{id}").into_bytes()
}

/// Entries that are application files, or complete one: `Q/2026/000001`.
pub const FILES: &[u8] = b"Q/";

pub fn file(number: RegisterNumber) -> Vec<u8> {
    format!("Q/{number}").into_bytes()
}

/// Blobs that earlier records of an entry named and later ones do not: `O/2026/000001`.
pub const SUPERSEDED: &[u8] = b"O/";

pub fn superseded(number: RegisterNumber) -> Vec<u8> {
    format!("O/{number}").into_bytes()
}

#[cfg(test)]
mod key_tests {
    use super::*;

    /// Two kinds of values under one letter read each other's bytes: git merges such a pair without a word.
    #[test]
    fn no_two_kinds_of_values_share_a_letter() {
        let number: RegisterNumber = "2026/000001".parse().unwrap();
        let day = "2026-11-22".parse().unwrap();
        let sha256 = Sha256::of(b"x");
        let kinds: Vec<Vec<u8>> = vec![
            entry(number),
            pending(1, &sha256),
            holes("x"),
            message(&sha256),
            evidence(&sha256),
            orphan(&sha256),
            job("x"),
            open_job("x"),
            STANDING.to_vec(),
            DEADLINES.to_vec(),
            change(1),
            CHANGE_COUNT.to_vec(),
            last_change(number),
            waiting(number),
            document("x"),
            NUMBERING.to_vec(),
            NEWEST.to_vec(),
            ORDER.to_vec(),
            locators("x"),
            mailbox("x"),
            super::day("x", day),
            linked_messages("x"),
            evidence_under("x"),
            given_up(Timestamp::UNIX_EPOCH, "x"),
            WINDOWS.to_vec(),
            account("x"),
            sign_ins("x"),
            views(number),
            last_view(number, "x", "page"),
            looks(day),
            untransferred(number),
            job_by_time(Timestamp::UNIX_EPOCH, "x"),
            token("x"),
            token_secret(&sha256),
            token_use("x"),
            followed(number),
            keeping(number),
            DISPOSALS.to_vec(),
            gone(&sha256),
            loss("x"),
            fetched_count("x"),
            file(number),
            superseded(number),
        ];
        let letters: std::collections::BTreeSet<&[u8]> = kinds.iter().map(|key| &key[..2]).collect();
        assert_eq!(letters.len(), kinds.len(), "{kinds:?}");
    }
}
