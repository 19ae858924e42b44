#![allow(clippy::unwrap_used, clippy::expect_used)]

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::ocsp::{OcspCertId, OcspRequest};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Name};

use super::ocsp_request::{encode_request, status};
use crate::signature::certificate::Certificate;
use crate::signature::crypto::Hash;

fn certificate(name: &str, serial: &str, issuer: Option<&X509>) -> X509 {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = Asn1Integer::from_bn(&BigNum::from_hex_str(serial).unwrap()).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&*subject, |issuer| issuer.subject_name()))
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    builder.build()
}

#[test]
fn the_request_is_the_one_that_openssl_writes() {
    let issuer = certificate("Yayımcı", "01", None);
    // A serial whose first bit is set keeps its leading zero octet.
    for serial in ["05", "80", "f1e2d3c4b5a69788"] {
        let subject = certificate("Kişi", serial, Some(&issuer));
        let (ours, ours_issuer) = (
            Certificate::parse(&subject.to_der().unwrap()).unwrap(),
            Certificate::parse(&issuer.to_der().unwrap()).unwrap(),
        );
        for (hash, digest) in [(Hash::Sha1, MessageDigest::sha1()), (Hash::Sha256, MessageDigest::sha256())] {
            let mut theirs = OcspRequest::new().unwrap();
            theirs.add_id(OcspCertId::from_cert(digest, &subject, &issuer).unwrap()).unwrap();
            assert_eq!(
                encode_request(&ours, &ours_issuer, hash, None).unwrap(),
                theirs.to_der().unwrap(),
                "{serial}"
            );
            let with_nonce = encode_request(&ours, &ours_issuer, hash, Some(&[9; 32])).unwrap();
            assert_eq!(OcspRequest::from_der(&with_nonce).unwrap().to_der().unwrap(), with_nonce);
        }
    }
}

#[test]
fn a_status_is_read_and_rubbish_is_none() {
    assert_eq!(status(&[0x30, 0x03, 0x0a, 0x01, 0x06]).unwrap(), 6);
    assert!(status(b"<html>").is_err());
    assert!(status(&[]).is_err());
}
