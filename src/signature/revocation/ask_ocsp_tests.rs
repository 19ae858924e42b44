use super::*;
use crate::signature::asn1::ber::{encode, tag};
use crate::signature::certificate::certificate_tests::Sample;

#[test]
fn an_answer_that_says_revoked_says_so_as_of_its_own_time_at_the_latest() {
    let time = |text: &str| -> Timestamp { text.parse().unwrap() };
    let (before, answered, after) = (
        time("2026-06-01T00:00:00Z"),
        time("2026-06-11T00:00:00Z"),
        time("2026-06-16T00:00:00Z"),
    );
    let state = |at, reason| state_of(CertStatus::Revoked { at, reason }, answered);
    let hold = Some(reason::CERTIFICATE_HOLD);
    let since = |at, stated| Since { stated, at };
    let revoked = |since| Some(Status::Revoked { since, reason: None });
    assert_eq!(state(before, None), revoked(since(before, before)));
    assert_eq!(state(after, None), revoked(since(answered, after)));
    let held = Status::OnHold {
        since: since(answered, after),
    };
    assert_eq!(state(after, hold), Some(held));
    assert_eq!(state_of(CertStatus::Good, answered), Some(Status::Good));
    assert_eq!(state_of(CertStatus::Unknown, answered), None);
}

/// The rules of the path hold for the responder beside it.
#[test]
fn a_responder_of_two_readings_may_not_answer() {
    let usage = || encode(tag::SEQUENCE, &encode(tag::OID, oid::EKU_OCSP_SIGNING.as_bytes()));
    let responder = || Sample {
        extensions: vec![(oid::EXTENDED_KEY_USAGE, true, usage())],
        ..Sample::default()
    };
    let may = |sample: Sample| may_answer(&sample.read(), "2026-06-01T00:00:00Z".parse().unwrap());
    assert!(may(responder()));
    assert!(!may(Sample::default()), "without the usage");
    assert!(!may(Sample {
        algorithms_differ: true,
        ..responder()
    }));
    // Extensions in a version that has none.
    assert!(!may(Sample { version: 1, ..responder() }));
    let mut twice = responder();
    twice.extensions.push((oid::EXTENDED_KEY_USAGE, true, usage()));
    assert!(!may(twice));
}
