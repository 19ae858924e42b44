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
    for (written, kept, tells) in [
        ("123*****456", Some("123*****456"), true),
        ("123xxxxx456", Some("123*****456"), true),
        ("123•••••456", Some("123*****456"), true),
        (" 12*******89 ", Some("12*******89"), true),
        // Whole, or nearly: masked before anything keeps it.
        ("12345678989", Some("123******89"), true),
        ("1234567****", Some("123********"), false),
        // Too little to tell namesakes apart: members of a family have numbers that begin alike.
        ("12345******", Some("12345******"), false),
        ("1**********", Some("1**********"), false),
        ("*********89", Some("*********89"), false),
        ("****567****", Some("****567****"), false),
        // No number.
        ("1234567890", None, false),
        ("123456789012", None, false),
        ("١٢٣٤٥٦٧٨٩٠١", None, false),
        ("Ayşe Yılmaz", None, false),
        ("", None, false),
    ] {
        let read: Option<MaskedId> = written.parse().ok();
        assert_eq!(read.as_ref().map(ToString::to_string).as_deref(), kept, "{written}");
        assert_eq!(read.as_ref().is_some_and(MaskedId::tells_enough), tells, "{written}");
        // What is told over JSON is masked just so, and what an earlier program recorded is read.
        let over_json = serde_json::from_value::<MaskedId>(written.into()).ok();
        assert_eq!(over_json, read, "{written}");
    }
}

#[test]
fn every_digit_that_both_show_must_be_the_same() {
    for (entered, certificate, fits) in [
        ("123*****456", "123******56", true),
        ("123*****456", "123******57", false),
        ("123*****456", "124******56", false),
        ("12*******89", "123******89", true),
        ("12*******89", "122******89", true),
        ("12*******89", "122******88", false),
        // Only the beginning in common.
        ("12345******", "123******89", false),
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
        // Decomposed, as some programs write it.
        ("Is\u{327}ıl I\u{307}pek S\u{327}ahinog\u{306}lu", true),
        // Letters of another alphabet that look alike, and letters that are only there for the eye.
        ("Işıl İpek Şаhinoğlu", false),
        ("Işıl İpek Şahin\u{200b}oğlu", false),
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
    let twice = authority(Source::Circular, &["Ali Öz; 123******89", "Ali Öz; 12*******89"], 2);
    assert_eq!(twice.signed_by(&people(&[("ALİ ÖZ", "123******89")])), 1);
    // Two namesakes: whoever takes the only place of the other makes room.
    let namesakes = authority(Source::Circular, &["Ali Öz; 12*******89", "Ali Öz; 123******89"], 2);
    assert_eq!(
        namesakes.signed_by(&people(&[("Ali Öz", "123******89"), ("Ali Öz", "129******89")])),
        2
    );
}

#[test]
fn one_person_with_two_certificates_is_no_joint_signature() {
    // Before and after a marriage: the circular names both.
    let both = authority(Source::Circular, &["Ece Su; 456******12", "Ece Su Ak; 456******12"], 2);
    let signed = [("ECE SU", "456******12"), ("ECE SU AK", "456******12")];
    assert_eq!(both.signed_by(&people(&signed)), 1);
    // Relatives whose numbers show the same digits are two.
    let siblings = authority(Source::Circular, &["Ece Su; 456******12", "Can Su; 456******12"], 2);
    assert_eq!(
        siblings.signed_by(&people(&[("ECE SU", "456******12"), ("CAN SU", "456******12")])),
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
        authority(Source::Circular, &["Ali Öz; 12345******"], 1),
        // The same person twice, or somebody who cannot be told from the other.
        authority(Source::Circular, &["Ali Öz; 123******89", "ÖZ ALİ; 123*****489"], 2),
        authority(Source::Circular, &["Ece Su; 456******12", "Ece Su Ak; 456******12"], 2),
    ];
    for authority in wrong {
        assert!(authority.check().is_err(), "{authority:?}");
    }
}
