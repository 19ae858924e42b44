use super::*;

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
    let revoked = |at| Some(Status::Revoked { at, reason: None });
    assert_eq!(state(before, None), revoked(before));
    assert_eq!(state(after, None), revoked(answered));
    assert_eq!(state(after, hold), Some(Status::OnHold { at: answered }));
    assert_eq!(state_of(CertStatus::Good, answered), Some(Status::Good));
    assert_eq!(state_of(CertStatus::Unknown, answered), None);
}
