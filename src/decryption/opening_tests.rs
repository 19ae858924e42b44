use super::super::fixture::*;
use super::*;
use crate::decryption::Held;
use crate::signature::asn1::ber::{encode, tag};

fn opening(holders: Vec<Arc<dyn KeyHolder>>, limits: &Limits) -> Opening {
    Opening::new(holders, Vec::new(), Timestamp::UNIX_EPOCH, limits)
}

fn open_with(holder: Arc<dyn KeyHolder>, cms: &[u8], inside: Inside) -> Answer {
    opening(vec![holder], &Limits::default()).open(&Bytes::copy_from_slice(cms), inside, "/x")
}

fn rules(answer: &Answer) -> Vec<&str> {
    answer.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

const PACKAGE: &[u8] = b"PK\x03\x04 and so on";

#[test]
fn what_is_made_octet_by_octet_is_opened() {
    let own = Own::rsa();
    let holder: Arc<dyn KeyHolder> = Arc::new(own.holder());
    for cms in [cbc(&[own.pkcs1()], PACKAGE), gcm(&[own.pkcs1()], PACKAGE, &[], 16, 16)] {
        let answer = open_with(Arc::clone(&holder), &cms, Inside::Package);
        assert_eq!(answer.plaintext.as_deref(), Some(PACKAGE), "{answer:?}");
    }
}

/// A sender cannot bring a token to complain of itself: the document would wait for a token that is well.
#[test]
fn what_no_key_of_this_kind_and_size_can_be_is_not_put_to_its_holder() {
    let rsa = Own::rsa();
    let agreed = {
        let originator = encode(tag::context(1), &[seq(&[]), encode(tag::BIT_STRING, &[0, 4, 1, 2])].concat());
        let algorithm = seq(&[named("1.3.132.1.11.1"), seq(&[named("2.16.840.1.101.3.4.1.45")])]);
        let entry = seq(&[rsa.issuer_and_serial(), octets(&[0; 40])]);
        encode(
            tag::context(1),
            &[int(3), encode(tag::context(0), &originator), algorithm, seq(&[entry])].concat(),
        )
    };
    for (own, recipient) in [
        (&rsa, agreed),
        (&rsa, rsa.transport(rsa_algorithm(), b"")),
        (&rsa, rsa.transport(rsa_algorithm(), &[7; 255])),
        (&rsa, rsa.transport(rsa_algorithm(), &[7; 257])),
    ] {
        let holder = Counting::new(own.holder(), true);
        let answer = open_with(holder.clone(), &cbc(&[recipient], PACKAGE), Inside::Package);
        assert_eq!((holder.asked(), rules(&answer)), (0, vec!["KEP-4606"]));
    }
    let ec = Own::ec();
    let holder = Counting::new(ec.holder(), true);
    let recipient = ec.transport(rsa_algorithm(), &[7; 256]);
    let answer = open_with(holder.clone(), &cbc(&[recipient], PACKAGE), Inside::Package);
    assert_eq!((holder.asked(), rules(&answer)), (0, vec!["KEP-4606"]));
    // One that fits is put to it, and its failure is told as such.
    let holder = Counting::new(rsa.holder(), true);
    let answer = open_with(holder.clone(), &cbc(&[rsa.pkcs1()], PACKAGE), Inside::Package);
    assert_eq!((holder.asked(), rules(&answer)), (1, vec!["KEP-4604"]));
}

/// The same certificate may be named twice, once wrongly; named a thousand times it keeps no token busy.
#[test]
fn a_recipient_that_is_named_again_is_tried_again_a_few_times() {
    let own = Own::rsa();
    let wrong = own.transport(rsa_algorithm(), &[7; 256]);
    let tried = |wrong_ones: usize| {
        let mut recipients = vec![wrong.clone(); wrong_ones];
        recipients.push(own.pkcs1());
        let holder = Counting::new(own.holder(), false);
        let answer = open_with(holder.clone(), &cbc(&recipients, PACKAGE), Inside::Package);
        (holder.asked(), answer.plaintext.is_some(), rules(&answer)[0].to_owned())
    };
    assert_eq!(tried(1), (2, true, "KEP-4601".into()));
    assert_eq!(tried(TRIES - 1), (TRIES, true, "KEP-4601".into()));
    assert_eq!(tried(1_000), (TRIES, false, "KEP-4606".into()));
}

#[test]
fn a_recipient_that_is_damaged_or_unknown_is_in_nobody_elses_way_and_is_named_when_it_is_ours() {
    let own = Own::rsa();
    let holder: Arc<dyn KeyHolder> = Arc::new(own.holder());
    // RSA-KEM (RFC 5990).
    let unknown = own.transport(seq(&[named("1.2.840.113549.1.9.16.3.14")]), &[7; 256]);
    let damaged = seq(&[int(0), octets(b"?")]);
    let opened = open_with(
        Arc::clone(&holder),
        &cbc(&[damaged.clone(), unknown.clone(), own.pkcs1()], PACKAGE),
        Inside::Package,
    );
    assert_eq!(opened.plaintext.as_deref(), Some(PACKAGE), "{opened:?}");
    let stranger = Own::ec();
    let to_another = stranger.transport(rsa_algorithm(), &[7; 256]);
    let closed = open_with(Arc::clone(&holder), &cbc(&[damaged, unknown, to_another], PACKAGE), Inside::Package);
    assert_eq!(
        rules(&closed),
        ["KEP-4607"],
        "it is encrypted to us, by a method that is not known here"
    );
    assert!(closed.findings[0].text.en.contains("1.2.840.113549.1.9.16.3.14"));
}

/// A circular with more recipients than are looked at: that we are none of them is not known.
#[test]
fn nothing_is_said_of_recipients_that_were_not_looked_at() {
    let own = Own::rsa();
    let other = seq(&[
        int(0),
        encode(tag::context_primitive(0), b"baska"),
        rsa_algorithm(),
        octets(&[0; 8]),
    ]);
    let mut recipients = vec![other; 5_000];
    recipients.push(own.pkcs1());
    let answer = open_with(Arc::new(own.holder()), &cbc(&recipients, PACKAGE), Inside::Package);
    assert_eq!(rules(&answer), ["KEP-4607"]);
}

/// A content of the sender's choosing packs well in the ZIP around it: what is opened of one message is bounded together.
#[test]
fn one_message_opens_no_more_than_one_message_may_hold() {
    let own = Own::rsa();
    let limits = Limits {
        message_bytes: 10_000,
        ..Limits::default()
    };
    let opening = opening(vec![Arc::new(own.holder())], &limits);
    let plain = [PACKAGE, &[0; 3_500]].concat();
    let answers: Vec<Answer> = (0..3)
        .map(|_| opening.open(&cbc(&[own.pkcs1()], &plain).into(), Inside::Package, "/x"))
        .collect();
    assert!(answers[..2].iter().all(|answer| answer.plaintext.is_some()));
    assert_eq!((answers[2].plaintext.as_ref(), rules(&answers[2])), (None, vec!["KEP-4609"]));
    assert_eq!(opening.count(), 2);
    let small = opening.open(&cbc(&[own.pkcs1()], PACKAGE).into(), Inside::Package, "/x");
    assert!(small.plaintext.is_some(), "there is room for a small one");
}

#[test]
fn so_many_ciphertexts_of_a_message_are_opened_and_no_more() {
    let own = Own::rsa();
    let opening = opening(vec![Arc::new(own.holder())], &Limits::default());
    let cms = Bytes::from(cbc(&[own.pkcs1()], PACKAGE));
    for _ in 0..OPENED {
        assert!(opening.open(&cms, Inside::Package, "/x").plaintext.is_some());
    }
    assert_eq!(rules(&opening.open(&cms, Inside::Package, "/x")), ["KEP-4610"]);
}

/// A wrong key of a cipher without a tag passes the padding now and then, and then yields noise.
#[test]
fn a_file_in_the_place_of_a_message_is_told_from_noise_by_its_beginning() {
    let own = Own::rsa();
    let holder: Arc<dyn KeyHolder> = Arc::new(own.holder());
    let noise: Vec<u8> = (0_u32..600).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for beginning in FILES.into_iter().chain([b"%PDF-1.7".as_slice(), b"PK\x03\x04"]) {
        let file = [beginning, &noise].concat();
        let answer = open_with(Arc::clone(&holder), &cbc(&[own.pkcs1()], &file), Inside::Mail);
        assert_eq!(answer.plaintext.as_deref(), Some(file.as_slice()), "{beginning:?}");
    }
    let closed = open_with(Arc::clone(&holder), &cbc(&[own.pkcs1()], &noise), Inside::Mail);
    assert_eq!(rules(&closed), ["KEP-4606"]);
    let sure = open_with(holder, &gcm(&[own.pkcs1()], &noise, &[], 16, 16), Inside::Mail);
    assert_eq!(
        sure.plaintext.as_deref(),
        Some(noise.as_slice()),
        "its tag says that the key is right"
    );
}

#[test]
fn a_plaintext_is_in_no_debug_output() {
    let own = Own::rsa();
    let opening = opening(vec![Arc::new(own.holder())], &Limits::default());
    opening.open(&cbc(&[own.pkcs1()], b"Subject: gizli konu\r\n\r\n").into(), Inside::Mail, "L1/1");
    let shown = format!("{:?}", opening.since(0));
    assert!(shown.contains("RSA PKCS#1") && !shown.contains("gizli"), "{shown}");
}

#[test]
fn the_end_of_a_certificate_is_known() {
    let held: Vec<Held> = Own::ec().holder().certificates().unwrap();
    assert_eq!(held[0].until, Timestamp::from_second(1_900_000_000).unwrap());
}
