use openssl::encrypt::Encrypter;
use openssl::pkey::PKey;
use openssl::rsa::{Padding, Rsa};

use super::super::oid::Digest;
use super::*;

const KEY: [u8; 32] = [0x5a; 32];

/// Encrypts by OpenSSL and takes the raw RSA block out, as a token does that knows no padding.
fn block(transport: &Transport, message: &[u8]) -> Vec<u8> {
    let rsa = Rsa::generate(2048).unwrap();
    let key = PKey::from_rsa(rsa.clone()).unwrap();
    let mut encrypter = Encrypter::new(&key).unwrap();
    match transport {
        Transport::Pkcs1 => encrypter.set_rsa_padding(Padding::PKCS1).unwrap(),
        Transport::Oaep { digest, mgf, label } => {
            encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
            encrypter.set_rsa_oaep_md(digest.hash()).unwrap();
            encrypter.set_rsa_mgf1_md(mgf.hash()).unwrap();
            if !label.is_empty() {
                encrypter.set_rsa_oaep_label(label).unwrap();
            }
        }
    }
    let mut sent = vec![0; encrypter.encrypt_len(message).unwrap()];
    let length = encrypter.encrypt(message, &mut sent).unwrap();
    sent.truncate(length);
    let mut block = vec![0; 256];
    rsa.private_decrypt(&sent, &mut block, Padding::NONE).unwrap();
    block
}

fn every_transport() -> Vec<Transport> {
    let oaep = |digest, mgf, label: &[u8]| Transport::Oaep {
        digest,
        mgf,
        label: label.to_vec(),
    };
    vec![
        Transport::Pkcs1,
        oaep(Digest::Sha1, Digest::Sha1, b""),
        oaep(Digest::Sha256, Digest::Sha256, b""),
        oaep(Digest::Sha256, Digest::Sha1, b"etiket"),
        oaep(Digest::Sha512, Digest::Sha512, b""),
    ]
}

#[test]
fn what_openssl_padded_is_unpadded() {
    for transport in every_transport() {
        assert_eq!(*unpad(&block(&transport, &KEY), &transport, 32).unwrap(), KEY, "{transport:?}");
    }
}

#[test]
fn whatever_is_wrong_yields_another_key_of_the_right_length_each_time() {
    for transport in every_transport() {
        let good = block(&transport, &KEY);
        // Every octet counts but those of the message of PKCS#1 v1.5, which its padding does not protect.
        let protected = if transport == Transport::Pkcs1 {
            good.len() - 32
        } else {
            good.len()
        };
        for at in (0..protected).step_by(7).chain([0, 1, protected - 1]) {
            let mut bad = good.clone();
            // A pad octet may be anything but zero.
            bad[at] = if transport == Transport::Pkcs1 && at > 1 && at < protected - 1 {
                0
            } else {
                bad[at] ^ 1
            };
            let (first, second) = (unpad(&bad, &transport, 32).unwrap(), unpad(&bad, &transport, 32).unwrap());
            assert_eq!(first.len(), 32);
            assert_ne!(*first, KEY, "{transport:?} at {at}");
            assert_ne!(*first, *second, "{transport:?} at {at}: the answer must say nothing");
        }
        // A key of another length than the cipher's.
        let short = block(&transport, &KEY[..16]);
        assert_ne!(unpad(&short, &transport, 32).unwrap()[16..], KEY[..16]);
        for length in [0, 1, 10, 33, 65] {
            assert_eq!(unpad(&good[..length], &transport, 32).unwrap().len(), 32);
        }
    }
}
