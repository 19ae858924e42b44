#![allow(clippy::unwrap_used)]

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// RFC 6238 appendix B, SHA-1; the last six of its eight digits.
#[test]
fn the_codes_are_those_of_the_rfc() {
    let secret = Secret::new(base32(b"12345678901234567890"));
    for (second, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(code_at(&secret, at(second)).unwrap(), code);
        assert_eq!(step_of(code, &secret, at(second)), Some(second as u64 / 30));
    }
}

#[test]
fn v2_8_a_code_counts_for_one_step_around_its_time() {
    let secret = new_secret().unwrap();
    let now = 1_800_000_000;
    let code = code_at(&secret, at(now)).unwrap();
    for (later, counts) in [(-61, false), (-30, true), (0, true), (30, true), (60, false)] {
        // Two codes of neighbouring steps may be equal by chance; the step tells them apart.
        let step = step_of(&code, &secret, at(now + later)).filter(|step| *step == now as u64 / 30);
        assert_eq!(step.is_some(), counts, "{later}");
    }
    for wrong in ["", "12345", "1234567", "abcdef", "......"] {
        assert_eq!(step_of(wrong, &secret, at(now)), None);
    }
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert!(step_of(&spaced, &secret, at(now)).is_some());
}

#[test]
fn base32_is_that_of_the_rfc_and_comes_back() {
    for (bytes, text) in [(&b"f"[..], "MY"), (b"fo", "MZXQ"), (b"foob", "MZXW6YQ"), (b"foobar", "MZXW6YTBOI")] {
        assert_eq!(base32(bytes), text);
        assert_eq!(from_base32(text).unwrap().as_slice(), bytes);
    }
    assert_eq!(from_base32("M1"), None);
}

#[test]
fn the_address_cannot_be_broken_out_of() {
    let address = address(&Secret::new("ABC"), "a&secret=x", "kep.kurum.gov.tr:8425");
    assert_eq!(
        address.reveal(),
        "otpauth://totp/KEP%20kep.kurum.gov.tr%3A8425%3Aa%26secret%3Dx?secret=ABC&issuer=KEP%20kep.kurum.gov.tr%3A8425&algorithm=SHA1&digits=6&period=30"
    );
}
