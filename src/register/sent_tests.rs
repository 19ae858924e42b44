use super::*;
use crate::evidence::{Evidence, EvidenceKind};
use crate::hash::Sha256;
use crate::register::calendar::HalfDays;

const A: &str = "a@hs01.kep.tr";
const B: &str = "b@hs02.kep.tr";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Thursday, 10:00 in Turkey.
fn sent() -> Timestamp {
    at("2026-11-19T07:00:00Z")
}

fn delil(kind: EvidenceKind, event: &str, recipient: Option<&str>, when: &str) -> Evidence {
    Evidence {
        sha256: Sha256::of(format!("{kind:?}{event}{recipient:?}{when}").as_bytes()),
        kind,
        event: Some(event.to_owned()),
        reasons: Vec::new(),
        type_id: None,
        identifier: None,
        event_time: Some(at(when)),
        submission_time: None,
        issuer: None,
        sender: None,
        recipients: Vec::new(),
        recipient: recipient.map(str::to_owned),
        provider_message_id: None,
        original_message_id: None,
        digest: None,
        findings: Vec::new(),
    }
}

fn calendar() -> Calendar {
    Calendar::new("", HalfDays::default()).unwrap()
}

fn fates(following: &Following, now: &str) -> Vec<Fate> {
    following.fates(at(now), &SentConfig::default(), &calendar())
}

fn following() -> Following {
    Following::new(
        sent(),
        None,
        &[A.to_uppercase(), B.to_owned(), B.to_owned(), "biri@example.org".to_owned()],
    )
}

#[test]
fn evidence_is_expected_from_each_kep_address_once() {
    let recipients: Vec<String> = fates(&following(), "2026-11-19T07:00:00Z")
        .into_iter()
        .map(|fate| fate.recipient)
        .collect();
    assert_eq!(recipients, [A, B]);
    let plain = Following::new(sent(), None, &["biri@testkep.example".to_owned()]);
    assert_eq!(fates(&plain, "2026-11-19T07:00:00Z")[0].recipient, "biri@testkep.example");
    let nobody = Following::new(sent(), None, &[]);
    let fate = fates(&nobody, "2026-11-30T07:00:00Z").remove(0);
    assert!(fate.recipient.is_empty() && fate.missing.is_some() && !nobody.is_complete());
}

#[test]
fn each_step_has_its_own_term() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    let missing = |following: &Following, now: &str| fates(following, now)[0].missing.map(|(missing, _)| missing);
    assert_eq!(missing(&following, "2026-11-19T11:00:00Z"), None);
    assert_eq!(missing(&following, "2026-11-19T11:00:01Z"), Some(Missing::Submission));
    following.learn(
        &delil(EvidenceKind::Submission, "Acceptance", None, "2026-11-19T07:01:00Z"),
        Indication::Passed,
    );
    // Friday ends at 21:00 UTC.
    assert_eq!(missing(&following, "2026-11-20T20:59:59Z"), None);
    assert_eq!(missing(&following, "2026-11-20T21:00:00Z"), Some(Missing::Delivery));
    following.learn(
        &delil(EvidenceKind::Delivery, "Delivery", Some(A), "2026-11-19T07:02:00Z"),
        Indication::Passed,
    );
    // The weekend counts for nothing.
    assert_eq!(missing(&following, "2026-11-23T20:59:59Z"), None);
    assert_eq!(missing(&following, "2026-11-23T21:00:00Z"), Some(Missing::Reading));
    following.learn(
        &delil(EvidenceKind::Retrieval, "Retrieval", Some(A), "2026-11-24T07:02:00Z"),
        Indication::Passed,
    );
    assert_eq!(missing(&following, "2030-01-01T00:00:00Z"), None);
    assert!(following.is_complete());
}

#[test]
fn what_is_not_verified_settles_nothing_and_bad_news_is_heard_all_the_same() {
    let mut following = following();
    let delivered = delil(EvidenceKind::Delivery, "Delivery", Some(A), "2026-11-19T07:02:00Z");
    let refused = delil(EvidenceKind::RelayAcceptance, "Rejection", Some(B), "2026-11-19T07:02:00Z");
    following.learn(&delivered, Indication::Indeterminate);
    following.learn(&refused, Indication::Indeterminate);
    let [a, b] = <[Fate; 2]>::try_from(fates(&following, "2026-11-20T07:00:00Z")).unwrap();
    assert_eq!((a.state.progress, a.unverified, a.complete), (Progress::Delivered, true, false));
    assert_eq!(a.missing.map(|(missing, _)| missing), Some(Missing::Submission));
    assert_eq!((b.loud, b.complete, b.missing), (Some(Loud::Negative), false, None));
    assert_eq!(following.alarming(), [(B.to_owned(), Loud::Negative)]);
}

#[test]
fn a_verified_failure_is_taken_back_only_by_what_is_verified() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    let failed = delil(EvidenceKind::Delivery, "DeliveryExpiration", Some(A), "2026-11-19T08:00:00Z");
    let delivered = delil(EvidenceKind::Delivery, "Delivery", Some(A), "2026-11-19T09:00:00Z");
    following.learn(&failed, Indication::Passed);
    assert!(following.is_complete());
    following.learn(&delivered, Indication::Indeterminate);
    let fate = fates(&following, "2026-11-19T10:00:00Z").remove(0);
    assert_eq!((fate.state.progress, fate.loud), (Progress::Failed, Some(Loud::Negative)));
    following.learn(&delivered, Indication::Passed);
    let fate = fates(&following, "2026-11-19T10:00:00Z").remove(0);
    assert_eq!((fate.state.progress, fate.loud, fate.complete), (Progress::Delivered, None, false));
}

#[test]
fn an_invalid_signature_says_nothing() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    let read = delil(EvidenceKind::Retrieval, "Retrieval", Some(A), "2026-11-19T08:00:00Z");
    following.learn(&read, Indication::Failed);
    assert_eq!(fates(&following, "2026-11-19T08:00:00Z")[0].state.progress, Progress::None);
}

#[test]
fn the_moment_of_sending_is_the_first_that_can_be_true() {
    let times = ArrivalTimes {
        provider_date: Some(at("2026-11-19T07:05:00Z")),
        provider_vouches: false,
        server: Some(at("2026-11-19T07:06:00Z")),
        fetched: at("2026-11-19T08:00:00Z"),
    };
    let headers = |date: &str| Headers {
        date: Some(at(date)),
        ..Headers::default()
    };
    let by = |headers: &Headers, times: &ArrivalTimes| sent_at(&[], headers, times).0.by;
    assert_eq!(by(&headers("2026-11-19T07:00:00Z"), &times), "sender-date");
    assert_eq!(by(&headers("1999-11-19T07:00:00Z"), &times), "server", "nobody sent KEP in 1999");
    let vouched = ArrivalTimes {
        provider_vouches: true,
        ..times
    };
    assert_eq!(by(&headers("2026-11-19T07:00:00Z"), &vouched), "provider-date");
}

#[test]
fn a_sender_who_is_not_us_is_told() {
    let headers = Headers {
        sender_kep: Some("Kurum@hs01.kep.tr".into()),
        ..Headers::default()
    };
    assert!(foreign_sender(&headers, Some("kurum@hs01.kep.tr")).is_none());
    assert!(foreign_sender(&headers, None).is_none());
    let finding = foreign_sender(&headers, Some("baska@hs01.kep.tr")).unwrap();
    assert_eq!(finding.rule, "KEP-5060");
}

#[test]
fn a_success_that_nobody_verified_silences_no_failure() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    let failed = delil(EvidenceKind::Delivery, "DeliveryExpiration", Some(A), "2026-11-19T08:00:00Z");
    let delivered = delil(EvidenceKind::Delivery, "Delivery", Some(A), "2026-11-19T09:00:00Z");
    following.learn(&failed, Indication::Indeterminate);
    following.learn(&delivered, Indication::Indeterminate);
    let fate = fates(&following, "2026-11-19T10:00:00Z").remove(0);
    assert_eq!((fate.state.progress, fate.unverified), (Progress::Failed, true));
    assert_eq!((fate.loud, following.alarming().len()), (Some(Loud::Negative), 1));
    following.learn(&delivered, Indication::Passed);
    let fate = fates(&following, "2026-11-19T10:00:00Z").remove(0);
    assert_eq!((fate.state.progress, fate.loud), (Progress::Delivered, None));
}

#[test]
fn a_list_of_recipients_that_nobody_signed_takes_no_evidence_from_anybody() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    // The provider names no recipient: there is one.
    let failed = delil(EvidenceKind::Delivery, "DeliveryExpiration", None, "2026-11-19T08:00:00Z");
    following.learn(&failed, Indication::Passed);
    let mut forged = delil(EvidenceKind::Delivery, "Delivery", Some(B), "2026-11-19T09:00:00Z");
    forged.recipients = (0..500).map(|nth| format!("{nth}@hs03.kep.tr")).collect();
    following.learn(&forged, Indication::Indeterminate);
    let all = fates(&following, "2026-11-19T10:00:00Z");
    let recipients: Vec<&str> = all.iter().map(|fate| fate.recipient.as_str()).collect();
    assert_eq!(
        recipients,
        [A, B],
        "only the one whom it is about comes beside those of the message"
    );
    assert_eq!((all[0].state.progress, all[0].loud), (Progress::Failed, Some(Loud::Negative)));
    // Once it is verified, everybody whom it names is somebody to whom it went.
    following.learn(&forged, Indication::Passed);
    assert_eq!(fates(&following, "2026-11-19T10:00:00Z").len(), 502);
}

#[test]
fn a_time_out_that_nobody_verified_leaves_the_evidence_of_reading_missing() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    for (kind, event) in [(EvidenceKind::Submission, "Acceptance"), (EvidenceKind::Delivery, "Delivery")] {
        following.learn(&delil(kind, event, Some(A), "2026-11-19T07:02:00Z"), Indication::Passed);
    }
    let time_out = delil(EvidenceKind::Retrieval, "NonRetrievalExpiration", Some(A), "2026-11-20T21:00:00Z");
    following.learn(&time_out, Indication::Indeterminate);
    let fate = fates(&following, "2026-11-24T07:00:00Z").remove(0);
    assert_eq!(fate.missing.map(|(missing, _)| missing), Some(Missing::Reading));
    assert_eq!((fate.state.progress, fate.unverified, fate.loud), (Progress::TimeOut, true, None));
    assert!(following.alarming().is_empty() && !following.is_complete());
    following.learn(&time_out, Indication::Passed);
    let fate = fates(&following, "2026-11-24T07:00:00Z").remove(0);
    assert_eq!((fate.missing, fate.loud, fate.complete), (None, Some(Loud::TimeOut), true));
}

#[test]
fn evidence_about_another_providers_sender_settles_nothing_of_ours() {
    let of = |sender: Option<&str>| {
        let mut following = Following::new(sent(), Some("Kurum@hs01.kep.tr"), &[A.to_owned()]);
        let mut delivered = delil(EvidenceKind::Delivery, "Delivery", Some(A), "2026-11-19T07:02:00Z");
        delivered.sender = sender.map(str::to_owned);
        following.learn(&delivered, Indication::Passed);
        fates(&following, "2026-11-19T12:00:00Z").remove(0)
    };
    for ours in [
        None,
        Some("kurum@hs01.kep.tr"),
        Some("baska@birim.HS01.kep.tr"),
        Some("Deneme Kurumu"),
    ] {
        let fate = of(ours);
        assert_eq!(
            (fate.unverified, fate.awaited, fate.missing),
            (false, Some(Missing::Reading), None),
            "{ours:?}"
        );
    }
    let foreign = of(Some("biri@hs03.kep.tr"));
    assert_eq!((foreign.unverified, foreign.awaited), (true, Some(Missing::Submission)));
    assert!(foreign.missing.is_some());
}

#[test]
fn a_provider_whose_clock_runs_years_ahead_puts_no_alarm_off() {
    let mut following = Following::new(sent(), None, &[A.to_owned()]);
    let delivered = delil(EvidenceKind::Delivery, "Delivery", Some(A), "2099-11-19T07:02:00Z");
    following.learn(&delivered, Indication::Passed);
    let missing = fates(&following, "2026-11-24T07:00:00Z")[0].missing;
    // Two business days after it was sent.
    assert_eq!(missing, Some((Missing::Reading, at("2026-11-23T20:59:59Z"))));
}

#[test]
fn one_recipient_written_in_two_ways_is_one() {
    let written = ["BELGE@Bölge.hs02.kep.tr", " belge@xn--blge-5qa.hs02.kep.tr"].map(str::to_owned);
    let mut following = Following::new(sent(), None, &written);
    assert_eq!(following.recipients, ["belge@xn--blge-5qa.hs02.kep.tr"], "and it is a KEP address");
    let read = delil(
        EvidenceKind::Retrieval,
        "Retrieval",
        Some("Belge@BÖLGE.hs02.kep.tr"),
        "2026-11-20T08:00:00Z",
    );
    following.learn(&read, Indication::Passed);
    let all = fates(&following, "2026-12-20T08:00:00Z");
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].complete && following.is_complete());
}
