use super::super::fixture::{at, evidence, friday};
use super::*;

const OURS: Option<&str> = Some("kurum@hs01.kep.tr");

fn times(provider: Option<&str>, server: Option<&str>) -> ArrivalTimes {
    ArrivalTimes {
        provider_date: provider.map(at),
        provider_vouches: true,
        server: server.map(at),
        fetched: at("2026-11-20T12:00:00Z"),
    }
}

fn by(evidence: &[EvidenceRecord], times: &ArrivalTimes) -> (String, &'static str, usize) {
    let (found, findings) = arrival(evidence, OURS, times);
    (found.at.to_string(), found.by, findings.len())
}

#[test]
fn evidence_comes_before_the_provider_the_server_and_our_own_clock() {
    let delivered = [evidence("delivery", "Delivery", "2026-11-20T06:59:00Z")];
    let (provider, server) = (Some("2026-11-20T07:00:00Z"), Some("2026-11-20T07:01:00Z"));
    assert_eq!(
        by(&delivered, &times(provider, server)),
        ("2026-11-20T06:59:00Z".into(), "evidence", 0)
    );
    assert_eq!(
        by(&[], &times(provider, server)),
        ("2026-11-20T07:00:00Z".into(), "provider-date", 0)
    );
    assert_eq!(by(&[], &times(None, server)), ("2026-11-20T07:01:00Z".into(), "server", 0));
    assert_eq!(by(&[], &times(None, None)), ("2026-11-20T12:00:00Z".into(), "fetched", 0));
}

#[test]
fn a_time_that_cannot_be_is_passed_over_with_a_finding() {
    for wrong in [
        "2011-08-24T12:00:00Z",
        "1970-01-01T00:00:00Z",
        "2026-11-21T12:00:01Z",
        "9999-01-01T00:00:00Z",
    ] {
        let server = Some("2026-11-20T07:01:00Z");
        assert_eq!(
            by(&[], &times(Some(wrong), server)),
            ("2026-11-20T07:01:00Z".into(), "server", 1),
            "{wrong}"
        );
        let delivered = [evidence("delivery", "Delivery", wrong)];
        assert_eq!(
            by(&delivered, &times(Some(wrong), Some(wrong))),
            ("2026-11-20T12:00:00Z".into(), "fetched", 3),
            "{wrong}"
        );
    }
    for right in ["2011-08-24T21:00:00Z", "2026-11-21T12:00:00Z"] {
        assert_eq!(by(&[], &times(Some(right), None)).1, "provider-date", "{right}");
    }
}

#[test]
fn evidence_of_another_kind_event_or_recipient_says_nothing_about_our_arrival() {
    let time = "2026-11-20T06:59:00Z";
    let other = EvidenceRecord {
        recipient: Some("baskasi@hs01.kep.tr".into()),
        ..evidence("delivery", "Delivery", time)
    };
    for record in [
        other,
        evidence("delivery", "DeliveryExpiration", time),
        evidence("submission", "Acceptance", time),
    ] {
        assert_eq!(by(&[record], &times(None, None)).1, "fetched");
    }
    let nameless = EvidenceRecord {
        recipient: None,
        ..evidence("delivery", "Delivery", time)
    };
    assert_eq!(by(&[nameless], &times(None, None)).1, "evidence");
}

#[test]
fn evidence_with_an_invalid_signature_sets_no_time() {
    let forged = |kind: &str, event: &str| EvidenceRecord {
        indication: Indication::Failed,
        ..evidence(kind, event, "2026-11-20T06:59:00Z")
    };
    assert_eq!(
        by(&[forged("delivery", "Delivery")], &times(None, None)),
        ("2026-11-20T12:00:00Z".into(), "fetched", 1)
    );
    let (read, findings) = read_evidence(&[forged("retrieval", "Retrieval")], OURS, friday(), friday());
    assert_eq!((read, findings[0].rule.as_str()), (None, "KEP-5031"));
}

#[test]
fn a_verified_retrieval_comes_before_an_unverified_one_then_the_earliest() {
    let unverified = EvidenceRecord {
        indication: Indication::Indeterminate,
        ..evidence("retrieval", "Retrieval", "2026-11-20T07:30:00Z")
    };
    let records = [
        unverified,
        evidence("retrieval", "NonRetrievalExpiration", "2026-11-20T09:00:00Z"),
        evidence("retrieval", "retrieval", "2026-11-20T08:00:00Z"),
    ];
    let (read, _) = read_evidence(&records, OURS, friday(), at("2026-11-20T12:00:00Z"));
    let read = read.unwrap();
    assert_eq!(
        (read.event, read.at, read.verified),
        (ReadEvent::Retrieval, at("2026-11-20T08:00:00Z"), true)
    );
}

#[test]
fn a_retrieval_before_the_message_or_in_the_future_is_not_believed() {
    for time in ["2026-11-19T06:00:00Z", "2026-11-22T07:00:00Z"] {
        let (read, findings) = read_evidence(&[evidence("retrieval", "Retrieval", time)], OURS, friday(), friday());
        assert_eq!((read, findings.len()), (None, 1), "{time}");
    }
}

#[test]
fn a_date_that_nobody_signed_is_no_arrival_but_may_bring_deadlines_forward() {
    let unsigned = |provider: &str, server: Option<&str>| ArrivalTimes {
        provider_vouches: false,
        ..times(Some(provider), server)
    };
    let earlier = unsigned("2026-11-18T07:00:00Z", Some("2026-11-20T07:01:00Z"));
    assert_eq!(by(&[], &earlier), ("2026-11-20T07:01:00Z".into(), "server", 0));
    let (arrived, _) = arrival(&[], OURS, &earlier);
    let (from, finding) = counted_from(&arrived, &earlier);
    assert_eq!((from, finding.unwrap().rule.as_str()), (at("2026-11-18T07:00:00Z"), "KEP-5032"));
    let same_day = unsigned("2026-11-20T05:00:00Z", Some("2026-11-20T07:01:00Z"));
    let (arrived, _) = arrival(&[], OURS, &same_day);
    assert_eq!(
        counted_from(&arrived, &same_day),
        (at("2026-11-20T05:00:00Z"), None),
        "nothing to tell"
    );
    // A later or impossible date changes nothing.
    for date in ["2026-11-20T09:00:00Z", "2026-11-21T07:00:00Z", "2001-01-01T00:00:00Z"] {
        let times = unsigned(date, Some("2026-11-20T07:01:00Z"));
        let (arrived, findings) = arrival(&[], OURS, &times);
        assert_eq!((arrived.by, findings.len()), ("server", 0), "{date}");
        assert_eq!(counted_from(&arrived, &times), (at("2026-11-20T07:01:00Z"), None), "{date}");
    }
    assert_eq!(by(&[], &unsigned("2026-11-18T07:00:00Z", None)).1, "fetched");
    // Evidence beats both.
    let delivered = [evidence("delivery", "Delivery", "2026-11-19T06:59:00Z")];
    let (arrived, _) = arrival(&delivered, OURS, &earlier);
    assert_eq!(counted_from(&arrived, &earlier), (at("2026-11-19T06:59:00Z"), None));
}
