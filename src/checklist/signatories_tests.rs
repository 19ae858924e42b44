//! Who signed is who may sign: names, masked numbers, one alone or several together.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::fixture::{authority, signed};
use super::masked::MaskedId;
use super::signatories::{Authority, SigningPerson, Source};
use crate::signature::report::Indication;

fn people(signers: &[(&str, &str)]) -> BTreeSet<SigningPerson> {
    let reports = signers.iter().map(|(name, masked)| signed(name, masked, Indication::Passed));
    reports
        .filter_map(|report| SigningPerson::of(report.signer.as_ref().unwrap()))
        .collect()
}

#[test]
fn a_masked_number_is_taken_as_it_is_printed_and_never_kept_whole() {
    for (written, kept) in [
        ("123*****456", Some("123*****456")),
        (" 12345****** ", Some("12345******")),
        ("123xxxxx456", Some("123*****456")),
        ("123•••••456", Some("123*****456")),
        // Whole, or nearly: masked before anything keeps it.
        ("12345678989", Some("123******89")),
        ("1234567****", Some("123********")),
        // Too little to tell namesakes apart, or no number.
        ("12*******89", Some("12*******89")),
        ("1**********", None),
        ("*********89", None),
        ("****567****", None),
        ("1234567890", None),
        ("123456789012", None),
        ("Ayşe Yılmaz", None),
        ("", None),
    ] {
        let read = written.parse::<MaskedId>().ok().map(|id| id.to_string());
        assert_eq!(read.as_deref(), kept, "{written}");
    }
}

#[test]
fn every_digit_that_both_show_must_be_the_same() {
    for (entered, certificate, fits) in [
        ("123*****456", "123******56", true),
        ("123*****456", "123******57", false),
        ("123*****456", "124******56", false),
        ("12345******", "123******89", true),
        ("12345******", "122******89", false),
        ("123*****456", "123*****56", false),
        ("123*****456", "1**", false),
        ("123*****456", "", false),
        ("123*****456", "***********", false),
    ] {
        let id: MaskedId = entered.parse().unwrap();
        assert_eq!(id.fits(certificate), fits, "{entered} {certificate}");
    }
}

#[test]
fn turkish_names_are_compared_as_people_read_them() {
    let circular = authority(Source::Circular, &["Işıl İpek Şahinoğlu; 123******89"], 1);
    for (name, is_one) in [
        ("IŞIL İPEK ŞAHİNOĞLU", true),
        ("ışıl ipek şahinoğlu", true),
        ("Isil Ipek Sahinoglu", true),
        ("ŞAHİNOĞLU, Işıl İpek", true),
        ("Işıl  İpek  Şahinoğlu", true),
        ("Işıl Şahinoğlu", false),
        ("Işıl İpek Şahin", false),
        ("", false),
    ] {
        let signed = circular.signed_by(&people(&[(name, "123******89")]));
        assert_eq!(signed == 1, is_one, "{name}");
    }
    assert_eq!(circular.signed_by(&people(&[("Işıl İpek Şahinoğlu", "321******89")])), 0);
}

#[test]
fn k_of_n_counts_people_and_not_signatures() {
    let three = ["Ali Öz; 123******89", "Ece Su; 456******12", "Can Ak; 789******34"];
    let all = [("ALİ ÖZ", "123******89"), ("ECE SU", "456******12"), ("CAN AK", "789******34")];
    let circular = authority(Source::Circular, &three, 2);
    for taken in 0..=3 {
        assert_eq!(circular.signed_by(&people(&all[..taken])), taken);
    }
    // The same person twice, by two certificates that write the name otherwise.
    assert_eq!(
        circular.signed_by(&people(&[("ALİ ÖZ", "123******89"), ("Öz Ali", "123******89")])),
        1
    );
    // A name that was entered twice makes one signature no two.
    let twice = authority(Source::Circular, &["Ali Öz; 123******89", "Ali Öz; 12345******"], 2);
    assert_eq!(twice.signed_by(&people(&[("ALİ ÖZ", "123******89")])), 1);
    // Two namesakes: whoever takes the only place of the other makes room.
    let namesakes = authority(Source::Circular, &["Ali Öz; 123********", "Ali Öz; 123******89"], 2);
    assert_eq!(
        namesakes.signed_by(&people(&[("Ali Öz", "123******89"), ("Ali Öz", "123******77")])),
        2
    );
}

#[test]
fn an_authority_that_could_not_be_meant_so_is_refused() {
    let sound = authority(Source::Circular, &["Ali Öz; 123******89", "Ece Su; 456******12"], 2);
    assert!(sound.check().is_ok());
    let wrong = [
        Authority {
            required: 0,
            ..sound.clone()
        },
        Authority {
            required: 3,
            ..sound.clone()
        },
        Authority {
            signatories: Vec::new(),
            ..sound.clone()
        },
        // A power without its end.
        Authority {
            source: Source::Power,
            ..sound.clone()
        },
        Authority {
            valid_from: "2026-02-01".parse().ok(),
            valid_until: "2026-01-01".parse().ok(),
            ..sound.clone()
        },
        authority(Source::Circular, &["Ali; 123******89"], 1),
    ];
    for authority in wrong {
        assert!(authority.check().is_err(), "{authority:?}");
    }
}
