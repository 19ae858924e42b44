use super::*;
use crate::signature::cause::{self, Reasons};

#[test]
fn what_nobody_made_is_said_not_to_be_made() {
    let mut reasons = Reasons::default();
    reasons.record.made(Check::Format);
    reasons.record.not_asked(Check::Timestamps);
    reasons.add_with(cause::TRY_LATER, "x");
    reasons.add(cause::HASH);
    reasons.record.made(Check::Digest);
    let validation = reasons.validation();
    assert_eq!(validation.checks.len(), Check::ALL.len());
    assert_eq!(validation.result(Check::Format), CheckResult::Passed);
    assert_eq!(validation.result(Check::Timestamps), CheckResult::NotAsked);
    assert_eq!(validation.result(Check::Revocation), CheckResult::Unknown);
    assert_eq!(validation.result(Check::Digest), CheckResult::Failed, "made, and failed");
    assert_eq!(validation.result(Check::Path), CheckResult::NotMade);
    assert!(!validation.not_made().contains(&Check::Format) && validation.not_made().contains(&Check::Path));
}

#[test]
fn a_later_not_asked_does_not_hide_a_check_that_was_made() {
    let mut record = Record::default();
    record.made(Check::Binding);
    record.not_asked(Check::Binding);
    assert_eq!(record.finish().result(Check::Binding), CheckResult::Passed);
}

#[test]
fn every_reason_with_an_effect_has_the_step_that_a_person_would_look_at() {
    for (cause, check) in [
        (cause::NOT_CMS, Check::Format),
        (cause::NO_CERTIFICATE, Check::SignerCertificate),
        (cause::BINDING_MISMATCH, Check::Binding),
        (cause::HASH, Check::Digest),
        (cause::NO_CONTENT, Check::Digest),
        (cause::SIGNATURE, Check::SignatureValue),
        (cause::PROFILE_RULE, Check::Acceptance),
        (cause::GRACE_PERIOD, Check::Revocation),
        (cause::NO_CHAIN, Check::Path),
        (cause::EXPIRED, Check::Path),
        (cause::WRONG_CLASS, Check::Class),
        (cause::WRONG_PROVIDER, Check::Class),
        (cause::WRONG_EVIDENCE_PROVIDER, Check::Class),
        (cause::REVOKED, Check::Revocation),
        (cause::STALE, Check::Revocation),
        (cause::WEAK, Check::Algorithms),
        (cause::WEAK_NO_POE, Check::Algorithms),
        (cause::TIMESTAMP_OPEN, Check::Timestamps),
        (cause::XML_REFERENCE, Check::Digest),
    ] {
        assert_eq!(Check::of(cause.code), check, "{}", cause.code);
    }
}

#[test]
fn the_record_is_additive_json_and_an_old_report_without_it_is_read() {
    let mut validation = Validation::default();
    assert_eq!(serde_json::to_string(&validation).expect("json"), "{}");
    validation.checks.insert(Check::SignerCertificate, CheckResult::NotAsked);
    let text = serde_json::to_string(&validation).expect("json");
    assert_eq!(text, r#"{"checks":{"signer-certificate":"not-asked"}}"#);
    assert_eq!(serde_json::from_str::<Validation>(&text).expect("json"), validation);
    assert_eq!(
        serde_json::from_str::<Validation>(r#"{"format":"CAdES"}"#).expect("json"),
        Validation::default()
    );
}
