//! Certificates of a few fields, written here: what is asked of them does not look at their signatures.

use super::*;
use crate::signature::asn1::ber::encode;

/// The fields of a certificate that these tests vary.
pub(crate) struct Sample {
    pub version: u8,
    pub serial: Vec<u8>,
    pub issuer: &'static str,
    pub subject: &'static str,
    /// Identifier, critical, value.
    pub extensions: Vec<(ObjectIdentifier, bool, Vec<u8>)>,
    /// The algorithm outside is another one than inside.
    pub algorithms_differ: bool,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            version: 3,
            serial: vec![7],
            issuer: "Kök",
            subject: "Kök",
            extensions: Vec::new(),
            algorithms_differ: false,
        }
    }
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

fn identifier(id: ObjectIdentifier) -> Vec<u8> {
    encode(tag::OID, id.as_bytes())
}

fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return sequence(&[]);
    }
    let pair = sequence(&[identifier(oid::COMMON_NAME), encode(tag::UTF8_STRING, common_name.as_bytes())]);
    sequence(&[encode(tag::SET, &pair)])
}

impl Sample {
    pub(crate) fn read(&self) -> Arc<Certificate> {
        let algorithm = |id| sequence(&[identifier(id)]);
        let time = |text: &str| encode(tag::UTC_TIME, text.as_bytes());
        let mut fields = Vec::new();
        if self.version > 1 {
            fields.push(encode(tag::context(0), &encode(tag::INTEGER, &[self.version - 1])));
        }
        fields.extend([
            encode(tag::INTEGER, &self.serial),
            algorithm(oid::ECDSA_SHA256),
            name(self.issuer),
            sequence(&[time("200101000000Z"), time("450101000000Z")]),
            name(self.subject),
            sequence(&[algorithm(oid::EC_PUBLIC_KEY), encode(tag::BIT_STRING, &[0, 4])]),
        ]);
        if !self.extensions.is_empty() {
            let one = |(id, critical, value): &(ObjectIdentifier, bool, Vec<u8>)| {
                let flag = if *critical { encode(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
                sequence(&[identifier(*id), flag, encode(tag::OCTET_STRING, value)])
            };
            let list: Vec<Vec<u8>> = self.extensions.iter().map(one).collect();
            fields.push(encode(tag::context(3), &sequence(&list)));
        }
        let outside = if self.algorithms_differ {
            oid::ECDSA_SHA384
        } else {
            oid::ECDSA_SHA256
        };
        let whole = sequence(&[sequence(&fields), algorithm(outside), encode(tag::BIT_STRING, &[0, 1])]);
        Certificate::parse(&whole).unwrap()
    }
}

/// `[n]` around whole values.
pub(crate) fn context(number: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::context(number), &parts.concat())
}

/// A subtree of hosts, with whatever comes behind its base.
fn subtree(host: &str, behind: Vec<u8>) -> Vec<u8> {
    sequence(&[encode(0x82, host.as_bytes()), behind])
}

/// nameConstraints that permit hosts.
pub(crate) fn permitting(host: &str) -> Vec<u8> {
    sequence(&[context(0, &[subtree(host, Vec::new())])])
}

fn with(id: ObjectIdentifier, value: Vec<u8>) -> Arc<Certificate> {
    let extensions = vec![(id, true, value)];
    Sample {
        extensions,
        ..Sample::default()
    }
    .read()
}

#[test]
fn a_serial_number_is_positive_and_not_longer_than_the_profile_has_it() {
    let sound = |serial: &[u8]| {
        let serial = serial.to_vec();
        Sample {
            serial,
            ..Sample::default()
        }
        .read()
        .serial_is_sound()
    };
    let mut twenty_and_sign = vec![0x80; 20];
    twenty_and_sign.insert(0, 0);
    assert!(sound(&[1]) && sound(&[0x7f; 20]) && sound(&twenty_and_sign));
    assert!(!sound(&[0]) && !sound(&[0x80, 1]) && !sound(&[0x7f; 22]));
}

#[test]
fn extensions_stand_in_the_third_version_only() {
    let sound = |version: u8, extensions: Vec<(ObjectIdentifier, bool, Vec<u8>)>| {
        Sample {
            version,
            extensions,
            ..Sample::default()
        }
        .read()
        .version_is_sound()
    };
    let usage = || vec![(oid::KEY_USAGE, false, encode(tag::BIT_STRING, &[7, 0x80]))];
    assert!(sound(1, vec![]) && sound(2, vec![]) && sound(3, vec![]) && sound(3, usage()));
    assert!(!sound(1, usage()) && !sound(2, usage()) && !sound(4, vec![]));
}

#[test]
fn nobody_issues_nothing() {
    let nobody = Sample {
        subject: "",
        ..Sample::default()
    };
    let child = Sample {
        issuer: "",
        subject: "Kişi",
        ..Sample::default()
    };
    assert!(!child.read().names_as_issuer(&nobody.read()));
    let child = Sample {
        subject: "Kişi",
        ..Sample::default()
    };
    assert!(child.read().names_as_issuer(&Sample::default().read()));
}

#[test]
fn an_extended_key_usage_without_any_usage_is_malformed() {
    let malformed = |usages: &[Vec<u8>]| with(oid::EXTENDED_KEY_USAGE, sequence(usages)).extensions.malformed.clone();
    assert_eq!(malformed(&[]), [oid::EXTENDED_KEY_USAGE]);
    assert!(malformed(&[identifier(oid::EKU_OCSP_SIGNING)]).is_empty());
}

/// RFC 5280 4.2.1.10.
#[test]
fn name_constraints_that_could_mean_all_or_nothing_are_malformed() {
    let malformed = |value: Vec<u8>| !with(oid::NAME_CONSTRAINTS, value).extensions.malformed.is_empty();
    let tree = || subtree("example.com", Vec::new());
    assert!(malformed(sequence(&[])), "neither list");
    assert!(malformed(sequence(&[context(0, &[])])), "an empty list");
    assert!(
        malformed(sequence(&[context(0, &[]), context(1, &[tree()])])),
        "an empty list beside another"
    );
    assert!(
        malformed(sequence(&[context(0, &[tree()]), context(1, &[])])),
        "an empty list behind another"
    );
    let minimum = |distance: u8| sequence(&[context(0, &[subtree("example.com", encode(0x80, &[distance]))])]);
    assert!(malformed(minimum(1)), "a distance that is not processed");
    assert!(
        malformed(sequence(&[context(0, &[subtree("example.com", encode(0x81, &[1]))])])),
        "a maximum"
    );
    assert!(!malformed(minimum(0)) && !malformed(permitting("example.com")));
}
