//! States are monotone and depend on what is known, never on the order in which it came.

use proptest::prelude::*;

use super::read_tests::{delil, read};
use super::*;

const A: &str = "a@hs02.kep.tr";
const B: &str = "b@hs03.kep.tr";

/// A delil of a PTT number for one recipient, at an hour of one day.
fn numbered(number: u16, recipient: &str, hour: u8) -> Evidence {
    let (kind, event) = kind_of_type_id(number).unwrap();
    let root = match kind {
        EvidenceKind::Submission => "SubmissionAcceptanceRejection",
        EvidenceKind::RelayAcceptance => "RelayREMMDAcceptanceRejection",
        EvidenceKind::RelayFailure => "RelayREMMDFailure",
        EvidenceKind::Delivery => "DeliveryNonDeliveryToRecipient",
        _ => "RetrievalNonRetrievalByRecipient",
    };
    let refers = 1 + usize::from(recipient.eq_ignore_ascii_case(B));
    at(&delil(root, event.unwrap_or("Failure"), &[A, B], Some(refers)), hour)
}

fn time_out(recipient: &str, hour: u8) -> Evidence {
    at(
        &delil("RetrievalNonRetrievalByRecipient", "NonRetrievalExpiration", &[recipient], None),
        hour,
    )
}

fn at(xml: &str, hour: u8) -> Evidence {
    read(&xml.replace("2026-01-05T10:", &format!("2026-01-05T{hour:02}:"))).unwrap()
}

fn progress(evidence: &[Evidence], recipient: &str) -> Progress {
    let mut timeline = Timeline::default();
    evidence.iter().for_each(|one| timeline.apply(one));
    timeline.state_of(recipient).progress
}

#[test]
fn a_message_goes_from_submitted_to_read_for_each_recipient_by_itself() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.state_of(A).progress, Progress::None);
    for (evidence, a, b) in [
        (numbered(10, A, 1), Progress::Submitted, Progress::None),
        (numbered(10, B, 1), Progress::Submitted, Progress::Submitted),
        (numbered(20, A, 2), Progress::Relayed, Progress::Submitted),
        (numbered(40, A, 3), Progress::Delivered, Progress::Submitted),
        (time_out(A, 4), Progress::TimeOut, Progress::Submitted),
        (numbered(60, A, 5), Progress::Read, Progress::Submitted),
        (numbered(31, B, 6), Progress::Read, Progress::Failed),
        (numbered(40, B, 7), Progress::Read, Progress::Delivered),
    ] {
        timeline.apply(&evidence);
        assert_eq!((timeline.state_of(A).progress, timeline.state_of(B).progress), (a, b));
    }
    let states = timeline.states();
    assert_eq!(states.keys().collect::<Vec<_>>(), [A, B]);
    assert_eq!(states[A].since.unwrap().to_string(), "2026-01-05T02:00:00Z");
}

#[test]
fn recipients_are_compared_without_case() {
    let upper = at(&delil("DeliveryNonDeliveryToRecipient", "Delivery", &["A@HS02.KEP.TR"], None), 3);
    assert_eq!(progress(&[upper], A), Progress::Delivered);
}

#[test]
fn submission_without_a_named_recipient_is_for_all() {
    let submission = read(&delil("SubmissionAcceptanceRejection", "Rejection", &[A, B], None)).unwrap();
    assert_eq!(progress(std::slice::from_ref(&submission), B), Progress::Failed);
}

#[test]
fn evidence_that_names_none_of_several_recipients_counts_for_nobody() {
    let delivery = read(&delil("DeliveryNonDeliveryToRecipient", "Delivery", &[A, B], None)).unwrap();
    let mut timeline = Timeline::default();
    timeline.apply(&delivery);
    assert_eq!(timeline.state_of(A).progress, Progress::None);
    assert_eq!(timeline.unnamed().collect::<Vec<_>>(), [delivery.sha256]);

    let nameless = read(&delil("DeliveryNonDeliveryToRecipient", "Delivery", &[], None)).unwrap();
    let mut timeline = Timeline::for_recipients([A]);
    timeline.apply(&nameless);
    assert_eq!(timeline.states()[A].progress, Progress::Delivered);
    assert_eq!(timeline.unnamed().count(), 0);
}

#[test]
fn a_failure_stands_until_a_later_success_and_delivery_is_never_taken_back() {
    assert_eq!(progress(&[numbered(10, A, 1), numbered(11, A, 2)], A), Progress::Failed);
    assert_eq!(progress(&[numbered(21, A, 2), numbered(20, A, 3)], A), Progress::Relayed);
    assert_eq!(progress(&[numbered(20, A, 2), numbered(21, A, 3)], A), Progress::Failed);
    assert_eq!(progress(&[numbered(31, A, 2), numbered(10, A, 3)], A), Progress::Failed);
    assert_eq!(progress(&[numbered(40, A, 2), numbered(41, A, 3)], A), Progress::Delivered);
}

#[test]
fn a_failure_is_taken_back_by_what_is_proven_alone() {
    let of = |evidence: &[Evidence]| {
        let mut timeline = Timeline::default();
        evidence.iter().for_each(|one| timeline.apply(one));
        timeline
    };
    let all = of(&[numbered(41, A, 2), numbered(40, A, 3)]);
    let progress = |proven: &[Evidence]| all.state_beside(&of(proven), "A@hs02.kep.tr").progress;
    assert_eq!(progress(&[]), Progress::Failed);
    assert_eq!(progress(&[numbered(40, B, 3)]), Progress::Failed, "about somebody else");
    assert_eq!(progress(&[numbered(40, A, 3)]), Progress::Delivered);
    assert_eq!(all.concerned().into_iter().collect::<Vec<_>>(), [A]);
}

#[test]
fn negative_evidence_is_told() {
    for (number, negative) in [
        (10, false),
        (11, true),
        (20, false),
        (21, true),
        (31, true),
        (40, false),
        (41, true),
        (60, false),
    ] {
        assert_eq!(numbered(number, A, 1).is_negative(), negative, "{number}");
    }
    assert!(!time_out(A, 1).is_negative());
}

#[test]
fn the_legal_moment_is_the_earliest_reading_or_time_out() {
    assert_eq!(legal_moment(&[numbered(40, A, 1)]), None);
    let all = [numbered(60, A, 9), time_out(A, 7), numbered(60, B, 5)];
    let first = legal_moment(&all).unwrap();
    assert_eq!((first.read, first.at.to_string().as_str()), (true, "2026-01-05T02:00:00Z"));
    let of_a = legal_moment_of(&all, "A@hs02.kep.tr").unwrap();
    assert_eq!((of_a.read, of_a.at.to_string().as_str()), (false, "2026-01-05T04:00:00Z"));
}

#[test]
fn labels_are_there_in_both_languages() {
    let evidence = numbered(40, A, 1);
    assert_eq!(evidence.label().tr, "Alıcının posta kutusuna teslim edildi");
    assert!(!Progress::Failed.label().en.is_empty());
}

fn some_evidence() -> impl Strategy<Value = Evidence> {
    let number = prop::sample::select(vec![10_u16, 11, 20, 21, 31, 40, 41, 60, 0]);
    (number, any::<bool>(), 0..24_u8).prop_map(|(number, first, hour)| {
        let recipient = if first { A } else { B };
        if number == 0 {
            time_out(recipient, hour)
        } else {
            numbered(number, recipient, hour)
        }
    })
}

proptest! {
    #![proptest_config(crate::cases::fixed(200))]

    #[test]
    fn any_order_and_repetition_gives_the_same_timeline(
        (evidence, shuffled) in prop::collection::vec(some_evidence(), 0..12)
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
    ) {
        let mut one = Timeline::default();
        evidence.iter().for_each(|evidence| one.apply(evidence));
        let mut other = Timeline::default();
        shuffled.iter().chain(&evidence).for_each(|evidence| other.apply(evidence));
        prop_assert_eq!(one.states(), other.states());
        prop_assert_eq!(one, other);
    }

    #[test]
    fn delivered_or_better_never_goes_back(evidence in prop::collection::vec(some_evidence(), 1..12)) {
        let mut timeline = Timeline::default();
        let mut best = Progress::None;
        for one in &evidence {
            timeline.apply(one);
            let now = timeline.state_of(A).progress;
            prop_assert!(best < Progress::Delivered || (now >= best && now != Progress::Failed));
            best = now;
        }
    }
}
