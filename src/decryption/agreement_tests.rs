use openssl::aes::wrap_key;

use super::super::oid::Digest;
use super::*;

const SECRET: [u8; 32] = [3; 32];
const KEY: [u8; 32] = [0x5a; 32];

fn agreement() -> Agreement {
    Agreement {
        point: Vec::new(),
        digest: Digest::Sha256,
        wrap: encode(tag::SEQUENCE, &[]),
        length: 32,
        user_keying_material: Some(vec![1, 2, 3]),
    }
}

fn wrapped(agreement: &Agreement) -> Vec<u8> {
    let wrapping = AesKey::new_encrypt(&agreement.derive(&SECRET).unwrap()).unwrap();
    let mut sent = vec![0; KEY.len() + WRAP_CHECK];
    wrap_key(&wrapping, None, &mut sent, &KEY).unwrap();
    sent
}

/// RFC 3394 2.2.3: the wrap checks itself, so that a key which is not the sender's is none.
#[test]
fn a_wrap_that_was_changed_or_derived_otherwise_is_not_opened() {
    let agreement = agreement();
    let sent = wrapped(&agreement);
    assert_eq!(agreement.unwrap(&SECRET, &sent).as_deref(), Some(&KEY.to_vec()));
    for at in 0..sent.len() {
        let mut bad = sent.clone();
        bad[at] ^= 1;
        assert_eq!(agreement.unwrap(&SECRET, &bad), None, "{at}");
    }
    for length in [0, 7, 8, 15, 16, 23, 39] {
        assert_eq!(agreement.unwrap(&SECRET, &sent[..length]), None, "{length}");
    }
    // Everything that the key is derived from counts (RFC 5753 7.2).
    let others = [
        Agreement {
            digest: Digest::Sha384,
            ..agreement.clone()
        },
        Agreement {
            wrap: encode(tag::SEQUENCE, &[5, 0]),
            ..agreement.clone()
        },
        Agreement {
            length: 16,
            ..agreement.clone()
        },
        Agreement {
            user_keying_material: None,
            ..agreement.clone()
        },
    ];
    for other in others {
        assert_eq!(other.unwrap(&SECRET, &sent), None, "{other:?}");
    }
    assert_eq!(agreement.unwrap(&[4; 32], &sent), None);
}
