use super::super::fixture::{at, document, evidence, friday, input, message, package, registry, verdict};
use super::super::{entry::Entry, nearing};
use super::*;
use crate::mailbox::Locator;
use crate::signature::report::{Indication, SubIndication};

fn flags_of(draft: &Draft) -> Vec<&str> {
    draft.flags.iter().map(String::as_str).collect()
}

fn rules_of(draft: &Draft) -> Vec<&str> {
    draft.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn moments(draft: &Draft) -> Vec<String> {
    draft
        .deadlines
        .iter()
        .map(|deadline| format!("{} {}", deadline.kind, deadline.at))
        .collect()
}

#[test]
fn a_sound_package_is_registered_without_flags_with_our_own_term() {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    let draft = draft(input(&registry, &message, Some(package(Some(&document)))));
    assert_eq!((flags_of(&draft), rules_of(&draft)), (vec![], vec![]));
    assert_eq!((draft.state, draft.access, draft.unit.as_deref()), (State::Registered, 0, None));
    // Ten days from the document's date, not the two days of the other addressee.
    assert_eq!(
        moments(&draft),
        [
            "deemed-read 2026-11-23T20:59:59Z",
            "deemed-read-early 2026-11-21T07:00:00Z",
            "due 2026-11-29T20:59:59Z"
        ]
    );
    assert_eq!(
        (draft.message.received_at, draft.message.received_by.as_str()),
        (at("2026-11-20T07:05:00Z"), "server")
    );
    let attachment = &draft.message.attachments[0];
    assert_eq!(
        (attachment.name.as_deref(), attachment.sha256, attachment.signed),
        (Some("ek.pdf"), Sha256::of(b"%PDF-"), true)
    );
}

#[test]
fn when_nobody_says_who_we_are_the_shortest_term_counts() {
    let (mut registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    registry.config.receiver_kkk = String::new();
    let draft = draft(input(&registry, &message, Some(package(Some(&document)))));
    assert_eq!(moments(&draft)[2], "due 2026-11-21T20:59:59Z");
}

#[test]
fn a_document_date_from_before_kep_does_not_make_the_term_end_long_ago() {
    let (registry, message) = (registry(""), message(MessageKind::Dispatch));
    let document = Document {
        date: Some(Timestamp::UNIX_EPOCH),
        ..document()
    };
    let draft = draft(input(&registry, &message, Some(package(Some(&document)))));
    assert_eq!(moments(&draft)[2], "due 2026-11-30T20:59:59Z");
}

#[test]
fn a_provider_clock_that_runs_ahead_does_not_put_the_deadline_off() {
    let (registry, mut message) = (registry(""), message(MessageKind::Standard));
    message.headers.provider_date = Some(at("2026-11-20T21:30:00Z"));
    let mut vouched = verdict(Indication::Passed, None);
    vouched.signatures[0].role = Role::Provider;
    let signed = draft(DraftInput {
        fetched_at: at("2026-11-20T20:00:00Z"),
        verdict: Some(vouched.clone()),
        ..input(&registry, &message, None)
    });
    assert_eq!(signed.message.received_at, at("2026-11-20T21:30:00Z"));
    assert_eq!(signed.message.received_by, "provider-date");
    assert_eq!(moments(&signed)[1], "deemed-read-early 2026-11-21T20:00:00Z");
    // Nobody vouches for the date: another's signature, or one of the provider that did not pass.
    vouched.signatures[0].indication = Indication::Indeterminate;
    for verdict in [verdict(Indication::Passed, None), vouched] {
        let unsigned = draft(DraftInput {
            verdict: Some(verdict),
            ..input(&registry, &message, None)
        });
        assert_eq!(
            (&unsigned.message.received_by[..], unsigned.message.received_at),
            ("server", at("2026-11-20T07:05:00Z"))
        );
    }
}

#[test]
fn verdicts_become_flags() {
    let (registry, message) = (registry(""), message(MessageKind::Standard));
    let unsigned = Verdict {
        signatures: Vec::new(),
        ..verdict(Indication::Indeterminate, Some(SubIndication::NoSignature))
    };
    for (verdict, expected) in [
        (Some(verdict(Indication::Passed, None)), vec![]),
        (
            Some(verdict(Indication::Failed, Some(SubIndication::HashFailure))),
            vec!["invalid-signature"],
        ),
        (Some(verdict(Indication::Indeterminate, None)), vec!["unverified"]),
        (Some(unsigned), vec!["unsigned", "unverified"]),
        (None, vec!["unverified"]),
    ] {
        let draft = draft(DraftInput {
            verdict,
            ..input(&registry, &message, None)
        });
        assert_eq!(flags_of(&draft), expected);
    }
}

#[test]
fn broken_package_rules_become_flags() {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    for (rule, severity, expected) in [
        ("H9", Severity::Error, vec!["invalid-signature", "malformed-package"]),
        ("G1", Severity::Error, vec!["invalid-signature"]),
        ("C4", Severity::Error, vec!["malformed-package"]),
        ("C1", Severity::Fatal, vec!["malformed-package"]),
        ("H3", Severity::Warning, vec![]),
        ("U30", Severity::Note, vec![]),
    ] {
        let findings = [Finding::new(rule, severity, "/x", "tr", "en")];
        let package = PackageInput {
            findings: &findings,
            ..package(Some(&document))
        };
        let draft = draft(input(&registry, &message, Some(package)));
        assert_eq!(flags_of(&draft), expected, "{rule}");
        assert_eq!(rules_of(&draft), [rule]);
    }
}

#[test]
fn a_package_that_could_not_be_opened_is_registered_with_the_highest_access_level() {
    let (registry, message) = (registry(""), message(MessageKind::Dispatch));
    let draft = draft(input(&registry, &message, Some(package(None))));
    assert_eq!(
        (flags_of(&draft), draft.access, draft.document.is_none()),
        (vec!["malformed-package"], 4, true)
    );
    assert_eq!(draft.deadlines.len(), 2, "it may be a notification all the same");
}

#[test]
fn encrypted_things_are_flagged_and_closed() {
    let registry = registry("");
    let (outer, dispatch) = (message(MessageKind::Encrypted), message(MessageKind::Dispatch));
    let smime = draft(input(&registry, &outer, None));
    let hidden = Document {
        security: None,
        ..document()
    };
    let eyps = draft(input(
        &registry,
        &dispatch,
        Some(PackageInput {
            part: None,
            kind: Some(PackageKind::Eyps),
            ..package(Some(&hidden))
        }),
    ));
    for draft in [smime, eyps] {
        assert_eq!((flags_of(&draft), draft.access), (vec!["encrypted"], 4));
    }
}

fn opened_at(place: &str) -> OpenedRecord {
    OpenedRecord {
        place: place.into(),
        ciphertext: Sha256::of(place.as_bytes()),
        sha256: Sha256::of(b"plaintext"),
        size: 9,
        certificate: Sha256::of(b"certificate"),
        subject: "Kurum".into(),
        serial: "01".into(),
        method: "RSA-OAEP SHA-256, AES-256-GCM".into(),
        authenticated: true,
        opened_at: friday(),
        findings: Vec::new(),
    }
}

/// What was closed to everybody on its way is shown to nobody for whom its own code is too high, whatever the code of what it came with.
#[test]
fn what_was_opened_raises_the_access_level_and_never_lowers_it() {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    let part = Part {
        place: "L1/1/2".into(),
        ..message.parts[0].clone()
    };
    let level = |codes: &[Option<&str>], opened: &[&str]| {
        let package = PackageInput {
            part: Some((&part, Sha256::of(b"package"))),
            opened_codes: codes,
            ..package(Some(&document))
        };
        let draft = draft(DraftInput {
            opened: opened.iter().map(|place| opened_at(place)).collect(),
            ..input(&registry, &message, Some(package))
        });
        draft.access
    };
    assert_eq!(level(&[], &[]), 0, "the document itself is not classified");
    assert_eq!(level(&[Some("YOK")], &["/SifreliIcerik/x"]), 0);
    assert_eq!(
        level(&[Some("GZL")], &["/SifreliIcerik/x"]),
        3,
        "an attached package that was opened"
    );
    assert_eq!(level(&[Some("YOK"), Some("GZL"), Some("HZO")], &[]), 3);
    assert_eq!(level(&[None], &[]), 4, "opened, and its code cannot be read");
    assert_eq!(level(&[], &["L1/1"]), 0, "the package lay inside of it and speaks for it");
    for beside in ["L1/3", "L1/1/2", "L1/1/20", "L1/1/2.1", "L0/1"] {
        assert_eq!(level(&[], &[beside]), 4, "{beside} bears no code");
        assert_eq!(level(&[Some("HZO")], &["L1/1", beside]), 4, "{beside}");
    }
}

#[test]
fn kinds_of_message_are_flagged() {
    let registry = registry("");
    for (kind, expected) in [
        (MessageKind::ETebligat, vec!["e-tebligat"]),
        (MessageKind::AddressVerification, vec!["address-verification"]),
        (MessageKind::Unclassified, vec!["unclassified"]),
        (MessageKind::Standard, vec![]),
    ] {
        let message = message(kind);
        assert_eq!(flags_of(&draft(input(&registry, &message, None))), expected);
    }
}

#[test]
fn evidence_mail_tells_orphans_and_failures() {
    let (registry, message) = (registry(""), message(MessageKind::Evidence));
    let orphan = EvidenceRecord {
        linked_by: super::super::ORPHAN.into(),
        ..evidence("delivery", "Delivery", "2026-11-20T06:00:00Z")
    };
    for (record, expected) in [
        (orphan, vec!["orphan-evidence"]),
        (
            evidence("relay_failure", "Failure", "2026-11-20T06:00:00Z"),
            vec!["negative-evidence"],
        ),
        (
            evidence("submission", "Rejection", "2026-11-20T06:00:00Z"),
            vec!["negative-evidence"],
        ),
        (
            evidence("delivery", "DeliveryExpiration", "2026-11-20T06:00:00Z"),
            vec!["negative-evidence"],
        ),
        (evidence("retrieval", "NonRetrievalExpiration", "2026-11-20T06:00:00Z"), vec![]),
    ] {
        let draft = draft(DraftInput {
            evidence: vec![record],
            ..input(&registry, &message, None)
        });
        assert_eq!((flags_of(&draft), draft.deadlines.len()), (expected, 0));
    }
}

#[test]
fn retrieval_evidence_in_the_message_beats_arithmetic() {
    let (registry, message) = (registry(""), message(MessageKind::Standard));
    let draft = draft(DraftInput {
        evidence: vec![evidence("retrieval", "Retrieval", "2026-11-20T07:08:00Z")],
        ..input(&registry, &message, None)
    });
    assert_eq!(moments(&draft), ["deemed-read 2026-11-20T07:08:00Z"]);
}

#[test]
fn rules_see_flags_codes_and_subjects_and_set_aside_without_dropping() {
    let registry = registry(
        r#"
        known_senders = ["*@tanidik.hs01.kep.tr"]
        [[rule]]
        name = "unknown"
        when = { flags = ["unknown-sender"], kkk = "24312041", sdp = "302", subject_words = { any = ["mal alımı"] }, security = "TSD" }
        then = { unit = "Satın Alma", labels = ["yeni"], alert_groups = ["satin-alma"], not_recorded = "Deneme" }
        "#,
    );
    let (message, document) = (message(MessageKind::Dispatch), document());
    let sdp = ["302.01".to_owned()];
    let package = PackageInput {
        sdp: &sdp,
        ..package(Some(&document))
    };
    let draft = draft(input(&registry, &message, Some(package)));
    assert_eq!((draft.unit.as_deref(), draft.state), (Some("Satın Alma"), State::NotRecorded));
    assert_eq!(
        (flags_of(&draft), rules_of(&draft)),
        (vec!["unknown-sender"], vec!["KEP-5041", "KEP-5040"])
    );
    assert_eq!(draft.matched, ["unknown"]);
    assert!(draft.alert_groups.contains("satin-alma") && draft.labels.contains("yeni"));
    assert!(draft.document.is_some() && !draft.deadlines.is_empty());
    let entry = draft.into_entry("2026/000001".parse().unwrap(), friday(), vec![]);
    assert_eq!(
        route(&RoutingInput::of_entry(&entry, &sdp), &registry.rules).matched,
        ["unknown"],
        "the dry run sees the same"
    );
}

#[test]
fn a_document_seen_before_is_a_new_entry_that_points_at_the_first() {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    let draft = draft(DraftInput {
        duplicate_of: Some("2026/000007".parse().unwrap()),
        ..input(&registry, &message, Some(package(Some(&document))))
    });
    assert_eq!(flags_of(&draft), ["duplicate"]);
    assert!(draft.findings[0].text.tr.contains("2026/000007"));
}

#[test]
fn what_could_not_be_read_has_a_deadline_an_alarm_and_no_rule_sets_it_aside() {
    let registry = registry("[[rule]]\nname='q'\nwhen={mailbox='evrak'}\nthen={unit='Yazı İşleri', alert_groups=['bt'], not_recorded='x'}");
    let draft = quarantine(QuarantineInput {
        registry: &registry,
        mailbox: "evrak",
        sha256: Sha256::of(b"hostile"),
        size: 9,
        headers: None,
        server_time: Some(friday()),
        fetched_at: at("2026-11-20T07:10:00Z"),
        reason: Text::new("Çok derin", "Too deep"),
    });
    assert_eq!(flags_of(&draft), ["quarantined", "unclassified", "unverified"]);
    assert_eq!(
        (draft.state, draft.access, draft.message.received_by.as_str()),
        (State::Quarantined, 4, "server")
    );
    assert_eq!(draft.findings[0].rule, "KEP-5050");
    assert_eq!(moments(&draft)[0], "deemed-read 2026-11-23T20:59:59Z");
    assert!(draft.alert_groups.contains("bt") && draft.unit.is_some());
}

#[test]
fn an_entry_survives_the_journal() {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    let sighting = Sighting {
        mailbox: "evrak".into(),
        locator: Locator {
            folder: "INBOX".into(),
            epoch: 7,
            id: "42".into(),
        },
        at: friday(),
    };
    let entry = draft(input(&registry, &message, Some(package(Some(&document))))).into_entry(
        "2026/000001".parse().unwrap(),
        friday(),
        vec![sighting.clone()],
    );
    assert_eq!(entry.message.sightings, [sighting]);
    let text = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    assert!(!nearing::nearing(&entry, at("2026-11-23T20:00:00Z"), &registry.calendar, 4).is_empty());
}
