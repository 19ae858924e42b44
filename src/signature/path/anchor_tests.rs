use std::path::Path as FilePath;

use der::asn1::ObjectIdentifier;

use super::*;
use crate::signature::asn1::ber::{encode, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate;
use crate::signature::certificate::certificate_tests::{Sample, permitting};
use crate::signature::crypto::algorithms::Constraints;
use crate::signature::crypto::edges::Edges;
use crate::signature::path::policy::PolicyInput;
use crate::signature::path::validate;

fn rules() -> PathRules {
    PathRules {
        at: "2026-11-22T00:00:00Z".parse().unwrap(),
        policy: PolicyInput::default(),
        positive_serials: true,
        algorithms: Constraints::ByDate,
    }
}

fn found(anchor: &Certificate) -> Vec<PathIssue> {
    let mut issues = Vec::new();
    check(anchor, &rules(), &mut issues);
    issues
}

fn root(extensions: Vec<(ObjectIdentifier, bool, Vec<u8>)>) -> Sample {
    Sample {
        extensions,
        ..Sample::default()
    }
}

fn key_usage(bits: u8) -> (ObjectIdentifier, bool, Vec<u8>) {
    (oid::KEY_USAGE, true, encode(tag::BIT_STRING, &[0, bits]))
}

/// keyCertSign and cRLSign; digitalSignature.
const ISSUES: u8 = 0x06;
const SIGNS: u8 = 0x80;

#[test]
fn an_anchor_is_taken_at_its_own_word() {
    let unknown = ObjectIdentifier::new_unwrap("2.16.792.1.99.1");
    assert_eq!(found(&root(vec![key_usage(ISSUES)]).read()), []);
    assert_eq!(found(&root(vec![key_usage(SIGNS)]).read()), [PathIssue::KeyUsage("Kök".into())]);
    let faulty = |what: &str| {
        [PathIssue::Anchor {
            who: "Kök".into(),
            what: what.into(),
        }]
    };
    assert_eq!(found(&root(vec![(unknown, true, vec![5, 0])]).read()), faulty(&unknown.to_string()));
    assert_eq!(found(&root(vec![(unknown, false, vec![5, 0])]).read()), []);
    let twice = root(vec![key_usage(ISSUES), key_usage(ISSUES)]);
    assert_eq!(found(&twice.read()), faulty(&oid::KEY_USAGE.to_string()));
    let differing = Sample {
        algorithms_differ: true,
        ..Sample::default()
    };
    assert_eq!(found(&differing.read()), faulty("signatureAlgorithm"));
}

/// What bounds nothing may be as odd as it likes: no signature below it hangs on it.
#[test]
fn what_an_anchor_says_beside_its_bounds_costs_nothing() {
    let broken = vec![tag::SEQUENCE, 1];
    for id in [
        oid::CRL_DISTRIBUTION_POINTS,
        oid::SUBJECT_KEY_ID,
        oid::AUTHORITY_KEY_ID,
        oid::SUBJECT_ALT_NAME,
        oid::QC_STATEMENTS,
        oid::CERTIFICATE_POLICIES,
    ] {
        let odd = root(vec![(id, false, broken.clone()), (id, false, broken.clone())]).read();
        assert!(odd.extensions.malformed.contains(&id), "{id}");
        assert_eq!(found(&odd), [], "{id}");
    }
    for id in BOUNDING {
        assert_ne!(found(&root(vec![(id, true, broken.clone())]).read()), [], "{id}");
    }
}

/// The names and the length that a root allows bind the certificates below it.
#[test]
fn an_anchor_bounds_the_path_below_it() {
    let basic = |length: u8| {
        encode(
            tag::SEQUENCE,
            &[encode(tag::BOOLEAN, &[0xff]), encode(tag::INTEGER, &[length])].concat(),
        )
    };
    let issuer = || {
        let extensions = vec![(oid::BASIC_CONSTRAINTS, true, basic(5))];
        Sample {
            subject: "Alt",
            extensions,
            ..Sample::default()
        }
        .read()
    };
    let leaf = || {
        let host = encode(tag::SEQUENCE, &encode(0x82, b"a.example.org"));
        Sample {
            issuer: "Alt",
            subject: "Kişi",
            extensions: vec![(oid::SUBJECT_ALT_NAME, false, host)],
            ..Sample::default()
        }
        .read()
    };
    let issues = |extensions| {
        let path = validate(root(extensions).read(), vec![issuer(), leaf()], &rules(), &Edges::default());
        let names = path.issues.contains(&PathIssue::NameConstraint);
        (names, path.issues.contains(&PathIssue::PathLength("Alt".into())))
    };
    assert_eq!(issues(vec![(oid::BASIC_CONSTRAINTS, true, basic(1))]), (false, false));
    assert_eq!(issues(vec![(oid::BASIC_CONSTRAINTS, true, basic(0))]), (false, true));
    assert_eq!(
        issues(vec![(oid::NAME_CONSTRAINTS, true, permitting("example.org"))]),
        (false, false)
    );
    assert_eq!(
        issues(vec![(oid::NAME_CONSTRAINTS, true, permitting("example.com"))]),
        (true, false)
    );
}

/// No root that the regulator notified is refused for what its own certificate says.
#[test]
fn the_notified_roots_say_nothing_against_themselves() {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trust/roots");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let mut read = 0;
    for file in files {
        let file = file.unwrap().path();
        for root in certificate::read_bundle(&std::fs::read(&file).unwrap()).unwrap() {
            let mut at_its_time = rules();
            at_its_time.at = root.not_before;
            let mut issues = Vec::new();
            check(&root, &at_its_time, &mut issues);
            assert_eq!(issues, [], "{}", file.display());
            assert!(root.serial_is_sound() && root.names_as_issuer(&root), "{}", file.display());
            let basic = root.extensions.basic_constraints.unwrap();
            assert!(basic.ca && basic.path_length.is_none(), "{}", file.display());
            read += 1;
        }
    }
    assert!(read > 0);
}
