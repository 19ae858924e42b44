//! Each form of layering is taken apart, and the octets handed to the verifier are those that were signed.

use super::sample::*;
use super::*;

fn roles(message: &Message) -> Vec<(String, PartRole)> {
    message.parts.iter().map(|part| (part.place.clone(), part.role)).collect()
}

/// Which candidate of a layer OpenSSL accepts.
fn fitting(layer: &SignedLayer) -> Option<&'static str> {
    let candidates = layer.detached.as_ref().unwrap();
    candidates
        .iter()
        .find(|candidate| fits(&layer.cms, &candidate.bytes))
        .map(|candidate| candidate.form)
}

#[test]
fn a_dispatch_is_taken_apart_whatever_way_its_original_is_attached() {
    for attached in [Attached::Rfc822, Attached::OctetStreamEml, Attached::UnnamedText] {
        let sent = original();
        let message = read_str(&enveloped(&sent, attached));
        assert_eq!(message.kind, MessageKind::Dispatch, "{attached:?} {:?}", message.findings);
        assert_eq!(message.signed_layers.len(), 2);
        for (layer, level) in message.signed_layers.iter().zip([0, 1]) {
            assert_eq!((layer.level, layer.covers_whole_layer), (level, true));
            assert_eq!(fitting(layer), Some("strict"), "{attached:?}");
        }
        assert_eq!(
            roles(&message),
            [
                ("L0/1.1".into(), PartRole::Body),
                ("L0/1.2".into(), PartRole::Evidence),
                ("L0/1.3".into(), PartRole::RemExtensions),
                ("L0/1.4".into(), PartRole::Message),
                ("L0/2".into(), PartRole::Signature),
                ("L1/1.1".into(), PartRole::Body),
                ("L1/1.2".into(), PartRole::Package),
                ("L1/2".into(), PartRole::Signature),
            ]
        );
        assert!(message.parts.iter().all(|part| part.signed == (part.role != PartRole::Signature)));
        let package_part = message.packages().next().unwrap();
        assert_eq!(package_part.name.as_deref(), Some("Yazı-ğüşöçİı.eyp"));
        assert_eq!(package_part.original_name.as_deref(), Some(r"C:\Giden Evrak\Yazı-ğüşöçİı.eyp"));
        assert_eq!(package_part.bytes, package());
        assert!(
            message.original.is_some_and(|octets| octets == sent),
            "the original is kept to the byte"
        );
    }
}

#[test]
fn headers_come_from_the_senders_layer_and_the_envelope_fills_in() {
    let headers = read_str(&dispatch(Attached::Rfc822)).headers;
    assert_eq!(headers.message_id.as_deref(), Some("zarf.1@hs01.kep.tr"));
    assert_eq!(headers.original_message_id.as_deref(), Some("asil.1@hs03.kep.tr"));
    assert_eq!(headers.sender.as_deref(), Some("Deneme Kurumu <deneme@kurum.hs03.kep.tr>"));
    assert_eq!(headers.sender_kep.as_deref(), Some("deneme@kurum.hs03.kep.tr"));
    assert_eq!(headers.subject.as_deref(), Some("Araştırma"));
    assert_eq!(
        (headers.rem_type.as_deref(), headers.rem_id.as_deref()),
        (Some("eYazisma"), Some("ABC-1"))
    );
    assert_eq!(headers.recipients, ["alici@hs01.kep.tr"]);
    assert_eq!(headers.provider.as_deref(), Some("hs01"));
    assert_eq!(headers.rem.message_identifier.as_deref(), Some("kepid.1@hs01.kep.tr"));
    assert_eq!(headers.date.unwrap().to_string(), "2026-01-05T07:00:00Z");
    assert_eq!(headers.provider_date.unwrap().to_string(), "2026-01-05T07:00:05Z");
}

#[test]
fn a_clean_dispatch_has_no_finding() {
    // But for the name: the path that PTT's library writes is cut off, and the cut name is part of it.
    let message = read_str(&dispatch(Attached::Rfc822));
    assert_eq!(codes(&message), Vec::<&str>::new());
}

#[test]
fn a_senders_message_without_envelope_is_level_one() {
    let sent = original();
    let message = read_str(&sent);
    assert_eq!(message.kind, MessageKind::Dispatch);
    assert_eq!(message.signed_layers[0].level, 1);
    assert_eq!(message.parts[0].place, "L1/1.1");
    assert_eq!(message.headers.message_id, message.headers.original_message_id);
    assert!(message.original.as_ref().is_some_and(|octets| octets == &sent));
    assert!(has(&message, codes::NO_ENVELOPE));
}

#[test]
fn a_forwarded_mail_cannot_lend_its_headers_to_the_senders_message() {
    let forwarded = "From: baska@hs02.kep.tr\r\nSubject: Baska\r\nMIME-Version: 1.0\r\n\r\nMetin\r\n";
    let mail = format!(
        "From: deneme@hs03.kep.tr\r\nSubject: Asil\r\nX-TR-REM-iletiTip: standart\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n{forwarded}\r\n--b--\r\n"
    );
    let message = read_str(&mail);
    assert_eq!(message.kind, MessageKind::Standard);
    assert_eq!(message.headers.subject.as_deref(), Some("Asil"));
    assert_eq!(message.headers.sender_kep.as_deref(), Some("deneme@hs03.kep.tr"));
    assert_eq!(roles(&message)[1], ("L2/1".into(), PartRole::Body));
}

#[test]
fn opaque_signatures_are_opened_at_either_level() {
    let inner = format!(
        "From: deneme@hs03.kep.tr\r\nSubject: Opak\r\nMIME-Version: 1.0\r\nContent-Type: application/x-pkcs7-mime; smime-type=signed-data; \
         name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        base64(&sign_opaque(dispatch_content().as_bytes()))
    );
    let content = envelope_content(Some((&inner, Attached::Rfc822)));
    let outer = format!(
        "{ENVELOPE_HEADERS}Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        base64(&sign_opaque(content.as_bytes()))
    );
    let message = read_str(&outer);
    assert_eq!(message.kind, MessageKind::Dispatch, "{:?}", message.findings);
    let layers: Vec<_> = message
        .signed_layers
        .iter()
        .map(|layer| (layer.level, layer.detached.is_none(), layer.covers_whole_layer))
        .collect();
    assert_eq!(layers, [(0, true, true), (1, true, true)]);
    let package_part = message.packages().next().unwrap();
    assert_eq!((package_part.place.as_str(), package_part.signed), ("L1/1/2", true));
    assert_eq!(message.headers.subject.as_deref(), Some("Opak"));
}

#[test]
fn a_p7m_beside_other_parts_holds_the_senders_layer() {
    let inner = format!(
        "From: deneme@hs03.kep.tr\r\nSubject: Ek icinde\r\nMIME-Version: 1.0\r\n{}",
        dispatch_content()
    );
    let mail = format!(
        "{ENVELOPE_HEADERS}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; \
         name=ileti.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
        base64(&sign_opaque(inner.as_bytes()))
    );
    let message = read_str(&mail);
    assert_eq!(message.kind, MessageKind::Dispatch);
    assert_eq!(message.headers.subject.as_deref(), Some("Ek icinde"));
    assert_eq!((message.signed_layers[0].level, message.signed_layers[0].place.as_str()), (1, "L1"));
}

#[test]
fn indefinite_lengths_and_constructed_strings_are_put_together() {
    let der = sign_opaque(dispatch_content().as_bytes());
    let budget = &mut transfer::Budget::for_message(der.len());
    let Some(opaque::Cms::Opaque(content)) = opaque::open(&der.into(), 32, budget) else {
        panic!()
    };
    assert_eq!(content, dispatch_content());

    let mut ber = vec![
        0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x80, 0x30, 0x80,
    ];
    ber.extend([0x02, 0x01, 0x01, 0x31, 0x80, 0x30, 0x80, 0, 0, 0, 0]); // version, digestAlgorithms of indefinite length
    ber.extend([
        0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0, 0x80,
    ]);
    ber.extend([
        0x24, 0x80, 0x04, 0x02, b'a', b'b', 0x24, 0x03, 0x04, 0x01, b'c', 0x04, 0x01, b'd', 0, 0, 0, 0,
    ]);
    assert_eq!(
        opaque::open(&ber.clone().into(), 32, budget),
        Some(opaque::Cms::Opaque("abcd".into()))
    );
    for end in 0..ber.len() - 2 {
        assert_eq!(opaque::open(&ber[..end].to_vec().into(), 32, budget), None, "cut at {end}");
    }
}

#[test]
fn encrypted_mail_is_told_from_its_content_type() {
    let mail = format!(
        "From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}",
        base64(&encrypt(b"gizli"))
    );
    let message = read_str(&mail);
    assert_eq!(message.kind, MessageKind::Encrypted);
    assert!(has(&message, codes::ENCRYPTED));
    let carried = read_str(&format!("{ENVELOPE_HEADERS}{}", envelope_content(Some((&mail, Attached::Rfc822)))));
    assert_eq!(carried.kind, MessageKind::Encrypted);
}

#[test]
fn the_candidates_come_in_the_order_of_faithfulness() {
    let mail = "From: a@hs03.kep.tr\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nbir\niki\r\n\r\n\r\n--b\r\n\
                Content-Type: application/pkcs7-signature\r\n\r\n0\r\n--b--\r\n";
    let message = read_str(mail);
    let candidates = message.signed_layers[0].detached.as_ref().unwrap();
    let shown: Vec<_> = candidates
        .iter()
        .map(|candidate| (candidate.form, std::str::from_utf8(&candidate.bytes).unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("strict", "\r\nbir\niki\r\n\r\n"),
            ("strict+crlf", "\r\nbir\niki\r\n\r\n\r\n"),
            ("trimmed+crlf", "\r\nbir\niki\r\n"),
            ("trimmed", "\r\nbir\niki"),
            ("lf->crlf strict", "\r\nbir\r\niki\r\n\r\n"),
            ("lf->crlf strict+crlf", "\r\nbir\r\niki\r\n\r\n\r\n"),
            ("lf->crlf trimmed+crlf", "\r\nbir\r\niki\r\n"),
            ("lf->crlf trimmed", "\r\nbir\r\niki"),
        ]
    );
    assert_eq!(
        candidates[0].bytes.as_ptr(),
        candidates[1].bytes.as_ptr(),
        "candidates that are slices are not copied"
    );
}

#[test]
fn a_message_that_lost_its_carriage_returns_still_offers_the_signed_octets() {
    let message = read_str(&dispatch(Attached::Rfc822).replace("\r\n", "\n"));
    assert_eq!(message.kind, MessageKind::Dispatch);
    assert_eq!(fitting(&message.signed_layers[0]), Some("lf->crlf strict"));
    assert_eq!(fitting(&message.signed_layers[1]), Some("lf->crlf strict"));
}

#[test]
fn a_large_message_stored_with_bare_line_feeds_still_offers_both_signed_texts() {
    let big = base64(&[&package()[..], &vec![b'x'; 18 << 20]].concat());
    let sent = original_with(&dispatch_content().replace(base64(&package()).as_str(), &big));
    let message = read_bytes(enveloped(&sent, Attached::Rfc822).replace("\r\n", "\n").into_bytes());
    let forms: Vec<_> = message.signed_layers.iter().map(fitting).collect();
    assert_eq!(forms, [Some("lf->crlf strict"), Some("lf->crlf strict")]);
    assert_eq!(message.kind, MessageKind::Dispatch);
}

#[test]
fn a_mail_saved_with_a_byte_order_mark_or_empty_lines_is_a_mail() {
    for lead in ["\u{feff}", "\r\n\r\n", "\n", "From MAILER Mon Jan  5 10:00:00 2026\n"] {
        let message = read_str(&format!("{lead}{}", original()));
        assert_eq!(
            (message.kind, message.headers.rem_id.as_deref()),
            (MessageKind::Dispatch, Some("ABC-1")),
            "{lead:?}"
        );
    }
}

#[test]
fn an_unmarked_message_that_forwards_a_mail_keeps_its_own_sender() {
    let forwarded = "From: baska@hs02.kep.tr\r\nSubject: Baska\r\nMIME-Version: 1.0\r\n\r\nMetin\r\n";
    let mail = format!(
        "From: deneme@hs03.kep.tr\r\nSubject: Asil\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n{forwarded}\r\n--b--\r\n"
    );
    assert_eq!(read_str(&mail).headers.subject.as_deref(), Some("Asil"));
}

#[test]
fn a_package_is_found_though_another_part_is_nested_too_deep() {
    let deep = format!(
        "-----=_Part_2\r\n{}\r\n-----=_Part_2--",
        "Content-Type: message/rfc822\r\n\r\n".repeat(50)
    );
    let message = read_str(&original_with(&dispatch_content().replace("-----=_Part_2--", &deep)));
    assert!(has(&message, codes::TOO_DEEP));
    assert_eq!((message.kind, message.packages().count()), (MessageKind::Dispatch, 1));
}

#[test]
fn each_way_of_ending_the_signed_text_is_met_by_its_candidate() {
    let entity = "Content-Type: text/plain\r\n\r\nmetin";
    for (signed, emitted, form) in [
        (format!("{entity}\r\n"), format!("{entity}\r\n\r\n"), "strict"),
        (format!("{entity}\r\n"), format!("{entity}\r\n"), "strict+crlf"),
        (format!("{entity}\r\n"), format!("{entity}\r\n\r\n\r\n\r\n"), "trimmed+crlf"),
        (entity.to_owned(), format!("{entity}\r\n\r\n"), "trimmed"),
    ] {
        let mail = format!(
            "From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n{emitted}--b\r\n\
             Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
            base64(&sign(signed.as_bytes()))
        );
        assert_eq!(fitting(&read_str(&mail).signed_layers[0]), Some(form));
    }
}

#[test]
fn a_signature_over_a_section_does_not_cover_the_layer() {
    let inner = signed_entity("Content-Type: text/plain\r\n\r\nimzali", "pkcs7-signature", "i");
    let mail = format!(
        "From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\n\
         imzasiz\r\n--o\r\n{inner}\r\n--o--\r\n"
    );
    let message = read_str(&mail);
    assert!(!message.signed_layers[0].covers_whole_layer);
    assert!(has(&message, codes::SIGNED_PART_ONLY));
    let signed: Vec<_> = message.parts.iter().map(|part| (part.place.as_str(), part.signed)).collect();
    assert_eq!(signed, [("L1/1", false), ("L1/2.1", true), ("L1/2.2", false)]);
}

#[test]
fn a_part_beside_the_signature_is_told_and_not_signed() {
    let mail = original().replace(
        "-----=_Part_1--",
        "-----=_Part_1\r\nContent-Type: text/plain\r\n\r\nsonradan\r\n-----=_Part_1--",
    );
    let message = read_str(&mail);
    assert!(has(&message, codes::PARTS_BESIDE_SIGNATURE));
    assert!(!message.signed_layers[0].covers_whole_layer);
    let last = message.parts.last().unwrap();
    assert_eq!((last.place.as_str(), last.signed), ("L1/3", false));
}

#[test]
fn evidence_mail_address_verification_e_tebligat_and_standard_are_told_apart() {
    let evidence_mail = format!(
        "{ENVELOPE_HEADERS}{}",
        signed_entity(&envelope_content(None), "pkcs7-signature", "s")
    );
    let message = read_str(&evidence_mail);
    assert_eq!(message.kind, MessageKind::Evidence);
    assert_eq!(message.evidence().count(), 1);
    assert_eq!(message.original, None);

    let standard = "From: a@hs03.kep.tr\r\nX-TR-REM-iletiTip: STANDART\r\nMIME-Version: 1.0\r\n\r\nMerhaba\r\n";
    assert_eq!(read_str(standard).kind, MessageKind::Standard);
    assert_eq!(
        read_str("Subject: kota\r\nFrom: x@example.com\r\n\r\nmetin").kind,
        MessageKind::Unclassified
    );

    let e_tebligat = read_str(&original().replace("eYazisma", "eTebligat"));
    assert_eq!(e_tebligat.kind, MessageKind::ETebligat);
    assert_eq!(e_tebligat.packages().count(), 1);
    assert!(has(&e_tebligat, codes::E_TEBLIGAT));

    let link = "From: bilgi@hs01.kep.tr\r\nSubject: =?utf-8?Q?KAYS=C4=B0S_adres_do=C4=9Frulama?=\r\nMIME-Version: 1.0\r\n\r\n\
                https://ornek.invalid/onay?k=1\r\n";
    let message = read_str(link);
    assert_eq!(message.kind, MessageKind::AddressVerification, "{:?}", message.headers);
    assert!(has(&message, codes::ADDRESS_VERIFICATION));
}

#[test]
fn evidence_among_the_senders_attachments_is_not_the_providers() {
    let inner = format!(
        "From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\nContent-Type: application/xml; name=d.xml\r\n\r\n{}",
        evidence("DeliveryNonDeliveryToRecipient")
    );
    let message = read_str(&format!("{ENVELOPE_HEADERS}{}", envelope_content(Some((&inner, Attached::Rfc822)))));
    assert_eq!(message.evidence().map(|part| part.level).collect::<Vec<_>>(), [0]);
    assert!(has(&message, codes::CARRIED_EVIDENCE));
}

#[test]
fn files_dropped_by_themselves_are_read_as_what_they_are() {
    let message = read_bytes(package());
    assert_eq!((message.kind, message.packages().count()), (MessageKind::Dispatch, 1));
    assert_eq!(message.parts[0].place, "L1/1");

    let message = read_str(&evidence("RelayToREMMDFailure"));
    assert_eq!((message.kind, message.evidence().count()), (MessageKind::Evidence, 1));
    assert_eq!(message.parts[0].place, "L0/1");

    let message = read_bytes(b"%PDF-1.7\n".to_vec());
    assert_eq!(
        (message.kind, message.parts[0].role),
        (MessageKind::Unclassified, PartRole::Attachment)
    );

    let message = read_bytes(sign_opaque(&package()));
    assert_eq!((message.kind, message.packages().count()), (MessageKind::Dispatch, 1));
    assert_eq!(
        (message.signed_layers[0].level, message.signed_layers[0].detached.is_none()),
        (1, true)
    );

    let message = read_bytes(sign_opaque(dispatch_content().as_bytes()));
    assert_eq!((message.kind, message.packages().count()), (MessageKind::Dispatch, 1));

    let message = read_bytes(sign(b"elsewhere"));
    assert_eq!(
        (message.kind, message.parts[0].role),
        (MessageKind::Unclassified, PartRole::Signature)
    );
    assert_eq!(read_bytes(encrypt(b"x")).kind, MessageKind::Encrypted);
}

#[test]
fn several_packages_are_all_found_by_name_and_by_content() {
    let part = |headers: &str, bytes: &[u8]| format!("--b\r\n{headers}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", base64(bytes));
    let mail = format!(
        "From: a@hs03.kep.tr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}{}{}{}{}--b--\r\n",
        part("Content-Type: application/octet-stream; name=\"A.EYP\"", b"broken"),
        part("Content-Type: application/zip; name=\"gizli.eyps\"", &package()),
        part("Content-Type: application/zip; name=\"belge.zip\"", &package()),
        part("Content-Type: application/eyazisma", b"no name"),
        part(
            "Content-Type: application/zip; name=\"resimler.zip\"",
            b"PK\x03\x04 nothing of the kind"
        ),
    );
    let message = read_str(&mail);
    assert_eq!(message.packages().count(), 4);
    assert!(has(&message, codes::PACKAGE_BY_CONTENT));
    assert_eq!(message.parts[4].role, PartRole::Attachment);
}

#[test]
fn the_official_sample_package_is_recognised_without_a_name() {
    let path = "../shared/corpora/eyp/official-test-package-v2.eyp";
    let Ok(bytes) = std::fs::read(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let message = read_bytes(bytes);
    assert_eq!((message.kind, message.packages().count()), (MessageKind::Dispatch, 1));
}
