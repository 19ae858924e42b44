use super::super::draft::{DraftInput, draft};
use super::super::entry::Sighting;
use super::super::fixture::{document, evidence, friday, input, message, package, registry};
use super::*;
use crate::finding::Severity;
use crate::mailbox::Locator;
use crate::message::MessageKind;

fn exported(lang: Lang) -> Value {
    let (registry, message, document) = (registry(""), message(MessageKind::Dispatch), document());
    let input = DraftInput {
        findings: vec![Finding::new("H12", Severity::Warning, "/Ekler/ek1.pdf", "türkçe", "english").with_official(13)],
        evidence: vec![evidence("delivery", "Delivery", "2026-11-20T07:00:00Z")],
        ..input(&registry, &message, Some(package(Some(&document))))
    };
    let sighting = Sighting {
        mailbox: "evrak".into(),
        locator: Locator {
            folder: "INBOX".into(),
            epoch: 7,
            id: "42".into(),
        },
        at: friday(),
    };
    to_json(
        &draft(input).into_entry("2026/000001".parse().unwrap(), friday(), vec![sighting]),
        lang,
        "EVR-",
    )
}

fn has(value: &Value, names: &str) {
    for name in names.split_whitespace() {
        assert!(value.get(name).is_some(), "{name} is missing in {value}");
    }
}

#[test]
fn every_name_of_the_contract_is_there() {
    let entry = exported(Lang::Tr);
    has(
        &entry,
        "register_number registered_at mailbox message document verdict findings evidence deadlines flags unit state",
    );
    has(
        &entry["message"],
        "sha256 kind message_id rem_type rem_id sender sender_kep recipients subject received_at size sightings",
    );
    has(
        &entry["document"],
        "id number subject date security urgency sender addressees file attachments",
    );
    has(&entry["verdict"], "indication sub_indication signatures");
    has(
        &entry["verdict"]["signatures"][0],
        "role format level profile indication sub_indication reasons signer \
         claimed_signing_time best_signature_time covers timestamps revocation",
    );
    has(&entry["deadlines"][0], "kind at rule");
    has(&entry["findings"][0], "rule severity place text");
}

#[test]
fn values_are_plain_texts_in_the_language_that_is_asked_for() {
    let (tr, en) = (exported(Lang::Tr), exported(Lang::En));
    assert_eq!(tr["register_number"], "EVR-2026/000001");
    assert_eq!(tr["registered_at"], "2026-11-20T07:00:00Z");
    assert_eq!(
        (&tr["findings"][0]["text"], &en["findings"][0]["text"]),
        (&json!("türkçe"), &json!("english"))
    );
    assert_eq!(tr["findings"][0]["official"], 13);
    assert_eq!(
        tr["verdict"]["signatures"][0]["reasons"][0],
        json!({ "code": "KEP-3014", "severity": "warning", "text": "neden" })
    );
    assert_eq!(en["verdict"]["indication"], "TOTAL-PASSED");
    assert_eq!(en["deadlines"][0]["rule"], "kep-next-business-day");
    assert!(en["deadlines"][0]["law"].is_string());
    assert_eq!(en["document"]["addressees"][0]["id"], "22222222");
    assert_eq!(en["message"]["kind"], "dispatch");
    assert_eq!(en["state"], "registered");
}

#[test]
fn a_message_without_a_document_has_a_null_there() {
    let (registry, message) = (registry(""), message(MessageKind::Standard));
    let input = DraftInput {
        verdict: None,
        ..input(&registry, &message, None)
    };
    let value = to_json(
        &draft(input).into_entry("2026/000002".parse().unwrap(), friday(), vec![]),
        Lang::Tr,
        "",
    );
    assert_eq!(
        (&value["document"], &value["verdict"], &value["register_number"]),
        (&Value::Null, &Value::Null, &json!("2026/000002"))
    );
}
