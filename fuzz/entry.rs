//! What is fuzzed: every reader of hostile bytes in the signature stage, entered as the product enters it. The targets of cargo-fuzz and
//! the bounded run of the ordinary tests (`tests/fuzz_seeds.rs`) use these same functions.
//!
//! They may not panic, hang or take memory without bound, and with nobody trusted nothing may pass: that is asserted here.

#![allow(dead_code)]

use std::sync::Arc;

use bytes::Bytes;
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::path::chain::Material;
use kep_gateway::signature::report::{Indication, Role};
use kep_gateway::signature::revocation::Pool;
use kep_gateway::signature::trust::difference::Difference;
use kep_gateway::signature::trust::source::Source;
use kep_gateway::signature::{Context, Trust, judge_evidence, timestamp as stamps, verify_file};

/// A judge that trusts nobody, at a fixed time: the same bytes always take the same way.
pub fn nobody() -> Context {
    Context::new(
        Arc::new(Trust::default()),
        jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 365 * 56),
        Limits::default(),
    )
}

fn trusts_nobody(context: &Context) -> bool {
    context.trust.anchors().next().is_none()
}

/// A CMS or a file that is taken for one, with its content inside and beside it.
pub fn cms(bytes: &[u8], context: &Context) {
    file(bytes, "x.p7s", context);
    let subject = Subject {
        role: Role::Seal,
        covers: "x".to_owned(),
        expected: Expected::Bytes(b"content"),
    };
    for report in cades::judge(bytes, &subject, context) {
        assert!(
            !trusts_nobody(context) || report.indication != Indication::Passed,
            "passed with nobody trusted"
        );
    }
}

/// Evidence, and XML that is signed in other ways.
pub fn xml_signature(bytes: &[u8], context: &Context) {
    let report = judge_evidence(&Bytes::copy_from_slice(bytes), context);
    assert!(
        !trusts_nobody(context) || report.indication != Indication::Passed,
        "passed with nobody trusted"
    );
    file(bytes, "x.xml", context);
}

pub fn pdf(bytes: &[u8], context: &Context) {
    file(bytes, "x.pdf", context);
}

/// CRLs and OCSP responses.
pub fn revocation(bytes: &[u8], _: &Context) {
    let mut pool = Pool::default();
    pool.add_crl(bytes);
    pool.add_ocsp(bytes);
}

/// An RFC 3161 token over octets that it was not made for, and over those that the seeds were.
pub fn timestamp(bytes: &[u8], context: &Context) {
    let stamp = stamps::judge(bytes, &[vec![b"content"], vec![b""]], "signature", &Material::default(), context);
    assert!(!trusts_nobody(context) || !stamp.passed(), "passed with nobody trusted");
}

/// A certificate depository, XML or SQLite, or certificates, up to the question what of it may be taken.
pub fn depository(bytes: &[u8], context: &Context) {
    let mut source = Source::default();
    source.take(bytes, "SertifikaDeposu", &[], None, &context.trust.vouchers());
    let difference = Difference::between(&context.trust, source, &[], context.at);
    let _ = difference.is_empty();
}

fn file(bytes: &[u8], name: &str, context: &Context) {
    let report = verify_file(&Bytes::copy_from_slice(bytes), name, None, context);
    assert!(
        !trusts_nobody(context) || report.indication != Indication::Passed,
        "passed with nobody trusted"
    );
}
