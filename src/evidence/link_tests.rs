//! A delil finds its message by each key, in the order of trust.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::read_tests::{delil, read};
use super::*;
use crate::limits::Limits;
use crate::message;

const ORIGINAL: &str = "From: kurum@hs01.kep.tr\r\nMessage-ID: <asil.1@hs01.kep.tr>\r\nX-TR-REM-iletiTip: standart\r\n\r\nMetin\r\n";

fn sent() -> message::Message {
    message::read(&Bytes::from(ORIGINAL), &Limits::default())
}

fn with_digest(octets: &[u8]) -> Evidence {
    let mut evidence = read(&delil("DeliveryNonDeliveryToRecipient", "Delivery", &["a@hs02.kep.tr"], None)).unwrap();
    evidence.digest = Some(MessageDigest {
        algorithm: "sha512".into(),
        value: hex::encode(openssl::sha::sha512(octets)).to_uppercase(),
    });
    evidence
}

#[test]
fn keys_come_in_order_without_brackets_and_case() {
    let evidence = read(&delil("DeliveryNonDeliveryToRecipient", "Delivery", &["a@hs02.kep.tr"], None)).unwrap();
    let keys = link_keys(&evidence);
    assert_eq!(keys[0], LinkKey::ProviderMessageId("kepid.1@hs01.kep.tr".into()));
    assert_eq!(keys[1], LinkKey::OriginalMessageId("asil.1@hs01.kep.tr".into()));
    assert_eq!(keys[2].rule(), "digest");
    assert!(kep_id_keys("<KepId.1@hs01.kep.tr>").contains(&keys[0]));
}

#[test]
fn a_message_is_found_by_its_message_id() {
    let evidence = read(&delil("DeliveryNonDeliveryToRecipient", "Delivery", &["a@hs02.kep.tr"], None)).unwrap();
    let keys = message_keys(&sent(), &[]);
    let rules: Vec<_> = link_keys(&evidence)
        .into_iter()
        .filter(|key| keys.contains(key))
        .map(|key| key.rule())
        .collect();
    assert_eq!(rules, ["original-message-id"]);
}

#[test]
fn a_message_is_found_by_its_digest_with_the_last_line_end_kept_added_or_cut() {
    let keys = message_keys(&sent(), &[]);
    for octets in [ORIGINAL.to_owned(), ORIGINAL.trim_end().to_owned(), format!("{ORIGINAL}\r\n")] {
        let digest = link_keys(&with_digest(octets.as_bytes())).pop().unwrap();
        assert!(keys.contains(&digest), "{octets:?}");
    }
    let other = link_keys(&with_digest(b"other")).pop().unwrap();
    assert!(!keys.contains(&other));
}

#[test]
fn a_message_is_hashed_by_the_method_that_its_own_evidence_names() {
    let hashed_by = |carried: &[&Evidence]| -> BTreeSet<String> {
        let keys = message_keys(&sent(), carried).into_iter();
        keys.filter_map(|key| match key {
            LinkKey::Digest { algorithm, .. } => Some(algorithm),
            _ => None,
        })
        .collect()
    };
    let mut carried = with_digest(b"x");
    carried.digest.as_mut().unwrap().algorithm = "sha384".into();
    assert_eq!(hashed_by(&[&carried]), ["sha256", "sha384"].map(String::from).into());
    carried.digest = None;
    assert_eq!(
        hashed_by(&[&carried]),
        ["sha1", "sha256", "sha384", "sha512"].map(String::from).into()
    );
}

#[test]
fn an_evidence_mail_is_no_message_to_link_to() {
    let mail = format!(
        "From: kep@hs01.kep.tr\r\nMessage-ID: <d@x>\r\nContent-Type: application/xml\r\n\r\n{}",
        delil("RelayREMMDFailure", "x", &[], None)
    );
    let read = message::read(&Bytes::from(mail), &Limits::default());
    assert_eq!(read.kind, message::MessageKind::Evidence);
    assert_eq!(message_keys(&read, &[]), []);
}
