use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::signature::asn1::ber::{encode, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::certificate_tests::Sample;

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

fn time(at: Timestamp) -> Vec<u8> {
    encode(tag::UTC_TIME, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
}

fn day(number: i64) -> Timestamp {
    "2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * number)
}

const LIST: i64 = 10;
const KEY_COMPROMISE: u8 = 1;
const HOLD: u8 = 6;
const REMOVE: u8 = 8;

/// A list of day ten by the issuer of the sample certificate, with entries about its serial number.
fn list(entries: &[(i64, u8)]) -> std::sync::Arc<Crl> {
    let algorithm = sequence(&[encode(tag::OID, oid::ECDSA_SHA256.as_bytes())]);
    let entry = |(at, why): &(i64, u8)| {
        let code = encode(tag::OCTET_STRING, &encode(tag::ENUMERATED, &[*why]));
        let extension = sequence(&[encode(tag::OID, oid::REASON_CODE.as_bytes()), code]);
        let serial = encode(tag::INTEGER, &Sample::default().serial);
        sequence(&[serial, time(day(*at)), sequence(&[extension])])
    };
    let entries: Vec<Vec<u8>> = entries.iter().map(entry).collect();
    let tbs = sequence(&[
        encode(tag::INTEGER, &[1]),
        algorithm.clone(),
        Sample::default().read().issuer.raw.clone(),
        time(day(LIST)),
        time(day(LIST + 7)),
        sequence(&entries),
    ]);
    Crl::parse(&sequence(&[tbs, algorithm, encode(tag::BIT_STRING, &[0, 1])])).unwrap()
}

fn state(entries: &[(i64, u8)]) -> Status {
    let list = list(entries);
    entry_state(entry_for(&list, &Sample::default().read()).unwrap().as_ref(), &list)
}

fn since(at: i64, stated: i64) -> Since {
    Since {
        stated: day(stated),
        at: day(at),
    }
}

fn revoked(at: i64, stated: i64) -> Status {
    Status::Revoked {
        since: since(at, stated),
        reason: Some(u64::from(KEY_COMPROMISE)),
    }
}

fn held(at: i64, stated: i64) -> Status {
    Status::OnHold { since: since(at, stated) }
}

/// RFC 5280 5.3: the date is that of the authority's act, and 6.3.3 asks whether the list names the certificate.
#[test]
fn a_list_that_names_a_certificate_revokes_it_as_of_its_own_date_at_the_latest() {
    assert_eq!(state(&[(3, KEY_COMPROMISE)]), revoked(3, 3));
    assert_eq!(state(&[(LIST, KEY_COMPROMISE)]), revoked(LIST, LIST));
    assert_eq!(state(&[(LIST + 5, KEY_COMPROMISE)]), revoked(LIST, LIST + 5));
    assert_eq!(state(&[(LIST + 5, HOLD)]), held(LIST, LIST + 5));
}

#[test]
fn of_two_entries_about_one_certificate_the_graver_counts_and_since_the_earlier() {
    for (entries, from) in [
        ([(2, HOLD), (4, KEY_COMPROMISE)], 2),
        ([(4, KEY_COMPROMISE), (2, HOLD)], 2),
        ([(2, HOLD), (LIST + 5, KEY_COMPROMISE)], 2),
        ([(4, KEY_COMPROMISE), (6, HOLD)], 4),
        ([(1, REMOVE), (4, KEY_COMPROMISE)], 4),
        ([(6, KEY_COMPROMISE), (4, KEY_COMPROMISE)], 4),
    ] {
        assert_eq!(state(&entries), revoked(from, from), "{entries:?}");
    }
    assert_eq!(state(&[(1, REMOVE), (5, HOLD)]), held(5, 5));
    assert_eq!(state(&[(7, HOLD), (5, HOLD)]), held(5, 5));
}
