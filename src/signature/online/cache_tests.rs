#![allow(clippy::unwrap_used, clippy::expect_used)]

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::X509;

use super::*;

fn certificate(serial: u32, days: u32) -> Object {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    let serial = Asn1Integer::from_bn(&BigNum::from_u32(serial).unwrap()).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Object::Certificate(Certificate::parse(&builder.build().to_der().unwrap()).unwrap())
}

fn filled(now: Timestamp) -> Inner {
    let mut inner = Inner::default();
    for serial in 1..=10 {
        let object = certificate(serial, if serial == 3 { 1 } else { 365 });
        let Object::Certificate(certificate) = &object else {
            unreachable!()
        };
        let mut card = companion(certificate, now + SignedDuration::from_mins(i64::from(serial)));
        card.bytes = 100;
        inner.objects.insert(object.sha256(), (card, object));
    }
    inner
}

fn fetched(inner: &Inner) -> Vec<i64> {
    let mut minutes: Vec<i64> = inner.objects.values().map(|(card, _)| card.fetched_at.as_second() / 60).collect();
    minutes.sort_unstable();
    minutes
}

#[test]
fn what_is_over_goes_first_and_then_the_oldest() {
    let now = Timestamp::now();
    let start = now.as_second() / 60;
    let mut inner = filled(now);
    assert!(inner.shrink(now, 1_000, 10).is_empty(), "everything fits");
    assert_eq!(
        inner.shrink(now + SignedDuration::from_hours(24 * 10), 1_000, 10).len(),
        1,
        "the third is over"
    );
    assert_eq!(inner.shrink(now, 500, 10).len(), 4);
    assert_eq!(fetched(&inner), (6..=10).map(|minute| start + minute).collect::<Vec<_>>());
    assert_eq!(inner.shrink(now, 500, 2).len(), 3);
    assert_eq!(fetched(&inner), [start + 9, start + 10]);
}

#[test]
fn a_folder_that_cannot_be_written_costs_only_the_memory_of_it() {
    let now = Timestamp::now();
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    std::fs::write(&blocked, b"").unwrap();
    let object = certificate(1, 365);
    let Object::Certificate(issuer) = &object else { unreachable!() };
    let want = Want {
        kind: ObjectKind::Certificate,
        urls: vec!["http://x.example/".into()],
        certificate: issuer.clone(),
        issuer: None,
        not_before: None,
    };
    for (folder, keep) in [
        (blocked.join("cache"), Keep::Makes),
        (dir.path().join("none"), Keep::WhereItIs),
        (dir.path().join("none"), Keep::Nothing),
    ] {
        let cache = Cache::open(&folder, keep, now);
        cache.put(&object, &want, true, now).unwrap();
        assert_eq!((cache.len(), cache.known().certificates.len()), (1, 1));
        assert!(Cache::open(&folder, keep, now).is_empty());
        assert!(!dir.path().join("none").exists());
    }
}
