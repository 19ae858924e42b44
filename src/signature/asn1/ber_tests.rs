use super::*;

#[test]
fn reads_definite_and_indefinite_alike() {
    let definite = [0x30, 0x03, 0x02, 0x01, 0x05];
    let indefinite = [0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00];
    for bytes in [&definite[..], &indefinite[..]] {
        let value = whole(bytes, 8).unwrap();
        assert_eq!(value.only_child().unwrap().unsigned().unwrap(), 5);
        assert_eq!(value.raw, bytes);
    }
}

#[test]
fn joins_the_segments_of_a_constructed_octet_string() {
    let bytes = [0x24, 0x80, 0x04, 0x02, b'a', b'b', 0x24, 0x03, 0x04, 0x01, b'c', 0x00, 0x00];
    assert_eq!(&*whole(&bytes, 8).unwrap().octets().unwrap(), b"abc");
}

#[test]
fn refuses_trailing_bytes_truncation_and_impossible_lengths() {
    assert_eq!(whole(&[0x05, 0x00, 0x00], 8), Err(BerError::Trailing));
    assert_eq!(whole(&[0x04, 0x05, 1], 8), Err(BerError::Truncated));
    assert_eq!(whole(&[0x30, 0x80, 0x05, 0x00], 8), Err(BerError::Truncated));
    assert_eq!(
        whole(&[0x04, 0x80, 0x00, 0x00], 8),
        Err(BerError::Length),
        "only constructed values may be indefinite"
    );
    assert_eq!(whole(&[0x04, 0xff], 8), Err(BerError::Length));
    assert_eq!(whole(&[0x04, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1], 8), Err(BerError::Length));
}

#[test]
fn depth_is_bounded_for_both_forms() {
    let deep_indefinite: Vec<u8> = [0x30, 0x80].repeat(100_000);
    assert_eq!(whole(&deep_indefinite, 32), Err(BerError::TooDeep));
    let mut definite = vec![0x05, 0x00];
    for _ in 0..40 {
        definite = encode(tag::SEQUENCE, &definite);
    }
    let mut value = whole(&definite, 32).unwrap();
    let refused = loop {
        match value.only_child() {
            Ok(child) => value = child,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, BerError::TooDeep);
}

#[test]
fn der_of_a_streamed_set_is_definite_and_sorted() {
    let streamed = [0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x09, 0x00, 0x00, 0x02, 0x01, 0x05, 0x00, 0x00];
    let der = whole(&streamed, 8).unwrap().to_der(tag::SET, true).unwrap();
    assert_eq!(der, [0x31, 0x08, 0x02, 0x01, 0x05, 0x30, 0x03, 0x02, 0x01, 0x09]);
}

#[test]
fn times_in_both_types() {
    let utc = encode(tag::UTC_TIME, b"260102030405Z");
    assert_eq!(whole(&utc, 2).unwrap().time().unwrap().to_string(), "2026-01-02T03:04:05Z");
    let old = encode(tag::UTC_TIME, b"990102030405Z");
    assert_eq!(whole(&old, 2).unwrap().time().unwrap().to_string(), "1999-01-02T03:04:05Z");
    let fraction = encode(tag::GENERALIZED_TIME, b"20260102030405.5Z");
    assert_eq!(whole(&fraction, 2).unwrap().time().unwrap().to_string(), "2026-01-02T03:04:05.5Z");
    for bad in [
        &b"2026010203040Z"[..],
        b"20260102030405",
        b"20261302030405Z",
        b"20260102030405+0300",
    ] {
        assert!(whole(&encode(tag::GENERALIZED_TIME, bad), 2).unwrap().time().is_err());
    }
}

#[test]
fn integers_lose_redundant_octets_and_keep_their_sign() {
    for (bytes, expected) in [
        (&[0x00, 0x7f][..], &[0x7f][..]),
        (&[0x00, 0x80], &[0x00, 0x80]),
        (&[0xff, 0xff], &[0xff]),
    ] {
        let encoded = encode(tag::INTEGER, bytes);
        assert_eq!(whole(&encoded, 2).unwrap().integer().unwrap(), expected);
    }
}

proptest::proptest! {
    #![proptest_config(crate::cases::fixed(256))]

    #[test]
    fn never_panics_and_never_reads_past_the_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        if let Ok(value) = whole(&bytes, 32) {
            let _ = value.octets();
            let _ = value.text();
            let _ = value.time();
            let _ = value.to_der(tag::SET, true);
            let _ = value.children().all();
        }
    }
}
