use super::super::fixture::*;
use super::*;
use crate::signature::asn1::ber::encode;

const DEPTH: u32 = 32;

fn unsupported(cms: &[u8]) -> String {
    match Enveloped::parse(cms, DEPTH) {
        Err(Unreadable::Unsupported(name)) => name,
        other => panic!("{:?}", other.map(|enveloped| enveloped.recipients.len())),
    }
}

fn attributes(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::context(1), &parts.concat())
}

/// What costs more memory than it takes on the wire is refused by its size before it is taken apart.
#[test]
fn a_sender_cannot_make_a_message_cost_many_times_its_size() {
    let nothing = vec![0x30, 0];
    let swollen = attributes(&vec![nothing.clone(); ATTRIBUTE_BYTES / 2 + 1]);
    assert!(unsupported(&gcm(&[], b"x", &swollen, 16, 16)).starts_with("authAttrs, "));
    let crowd = vec![nothing; RECIPIENT_BYTES / 2 + 1];
    assert!(unsupported(&cbc(&crowd, b"x")).starts_with("recipientInfos, "));
}

/// One key of the sender's for many recipients: its keying material is held once, and not once for each of them.
#[test]
fn what_the_sender_writes_once_is_held_once() {
    let own = Own::ec();
    let wrap = seq(&[named("2.16.840.1.101.3.4.1.45")]);
    let algorithm = seq(&[named("1.3.132.1.11.1"), wrap]);
    let originator = encode(tag::context(1), &[seq(&[]), encode(tag::BIT_STRING, &[0, 4, 1, 2])].concat());
    let entry = seq(&[own.issuer_and_serial(), octets(&[0; 40])]);
    let agreed = encode(
        tag::context(1),
        &[
            int(3),
            encode(tag::context(0), &originator),
            encode(tag::context(1), &octets(&vec![7; 1 << 20])),
            algorithm,
            seq(&vec![entry; 3_000]),
        ]
        .concat(),
    );
    let cms = cbc(&[agreed], b"x");
    let enveloped = Enveloped::parse(&cms, DEPTH).unwrap();
    let agreements: Vec<&Arc<Agreement>> = enveloped
        .recipients
        .iter()
        .map(|recipient| match recipient {
            Recipient::Agreement { agreement, .. } => agreement,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(agreements.len(), 3_000);
    assert!(agreements.iter().all(|agreement| Arc::ptr_eq(agreement, agreements[0])));
    assert_eq!(agreements[0].user_keying_material.as_ref().unwrap().len(), 1 << 20);
}

#[test]
fn recipients_beyond_the_last_that_is_looked_at_are_known_to_be_there() {
    let other = seq(&[
        int(0),
        encode(tag::context_primitive(0), b"kimlik"),
        rsa_algorithm(),
        octets(&[0; 8]),
    ]);
    let parsed = |count: usize| {
        let cms = cbc(&vec![other.clone(); count], b"x");
        let enveloped = Enveloped::parse(&cms, DEPTH).unwrap();
        (enveloped.recipients.len(), enveloped.more)
    };
    assert_eq!(parsed(RECIPIENTS - 1), (RECIPIENTS - 1, false));
    assert_eq!(parsed(RECIPIENTS + 1), (RECIPIENTS, true));
}

/// A tag that is shorter than the message says, or than the algorithm allows, is guessed more easily (RFC 5084 3.2).
#[test]
fn a_short_tag_is_no_tag() {
    let parse = |said, sent| Enveloped::parse(&gcm(&[], b"x", &[], said, sent), DEPTH).map(drop);
    assert_eq!(parse(16, 16), Ok(()));
    assert_eq!(parse(12, 12), Ok(()));
    for (said, sent) in [(16, 12), (12, 16), (11, 11), (4, 4), (1, 1), (0, 0), (17, 16)] {
        assert_eq!(parse(said, sent), Err(Unreadable::Malformed), "{said} {sent}");
    }
}

/// Without its tag GCM hides nothing from whoever changes it, and what says it is authenticated must be.
#[test]
fn authentication_is_there_where_it_is_said_and_nowhere_else() {
    let gcm_of = |kind| {
        let algorithm = seq(&[object(oid::AES256_GCM), seq(&[octets(&[9; 12]), int(16)])]);
        cms(kind, &[], algorithm, b"content", &[octets(&[0; 16])])
    };
    assert_eq!(unsupported(&gcm_of(oid::ENVELOPED_DATA)), "EnvelopedData, AES-GCM");
    assert!(Enveloped::parse(&gcm_of(oid::AUTH_ENVELOPED_DATA), DEPTH).is_ok());
    let cbc = seq(&[object(oid::AES256_CBC), octets(&[0; 16])]);
    let said = cms(oid::AUTH_ENVELOPED_DATA, &[], cbc, &[0; 16], &[octets(&[0; 16])]);
    assert_eq!(unsupported(&said), "AuthEnvelopedData, AES-256-CBC");
}

#[test]
fn attributes_that_speak_of_another_content_are_no_attributes_of_this() {
    let saying = |kind: &str| {
        let value = seq(&[object(oid::CONTENT_TYPE), set(&[named(kind)])]);
        let cms = gcm(&[], b"x", &attributes(&[value]), 16, 16);
        Enveloped::parse(&cms, DEPTH).map(|enveloped| enveloped.authenticated.unwrap().attributes.len() > 10)
    };
    assert_eq!(saying("1.2.840.113549.1.7.1"), Ok(true));
    assert_eq!(saying("1.2.840.113549.1.7.2"), Err(Unreadable::Malformed));
}

#[test]
fn depth_ends() {
    let deep = |levels: usize| (0..levels).fold(b"x".to_vec(), |inner, _| encode(tag::OCTET_STRING | 0x20, &inner));
    let with = |content: Vec<u8>| {
        let algorithm = seq(&[object(oid::AES256_CBC), octets(&[0; 16])]);
        let info = seq(&[named("1.2.840.113549.1.7.1"), algorithm, encode(tag::context(0), &content)]);
        let body = seq(&[int(0), set(&[]), info]);
        seq(&[object(oid::ENVELOPED_DATA), encode(tag::context(0), &body)])
    };
    let cms = with(deep(10_000));
    let enveloped = Enveloped::parse(&cms, DEPTH).unwrap();
    assert_eq!(super::super::content::decrypt(&enveloped, &CONTENT_KEY), None);
    let indefinite: Vec<u8> = [0x30, 0x80].repeat(10_000);
    assert_eq!(Enveloped::parse(&indefinite, DEPTH).map(drop), Err(Unreadable::Malformed));
}
