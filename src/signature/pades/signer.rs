//! The CMS of a PDF signature, and a document timestamp: rules of EN 319 142-1 6.3 and of BTK's guide on top of those of every signature.

use jiff::Timestamp;

use crate::signature::asn1::ber::Reader;
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{SignedData, SignerInfo};
use crate::signature::cades::profile::{self, Facts, Profile};
use crate::signature::cades::signer::{self, CoreTask};
use crate::signature::cause::{self, Reasons};
use crate::signature::pades::structure::syntax::Object;
use crate::signature::pades::{Document, Placed, date, dss};
use crate::signature::path::chain::{ChainVerdict, Material};
use crate::signature::report::{Indication, Role, SignatureReport, SubIndication};
use crate::signature::signer_class::{describe, judge_signer_certificate};
use crate::signature::timestamp::{self, Stamp};
use crate::signature::verdict;

/// A document timestamp that was judged, with what it covers.
pub struct DocumentStamp {
    pub stamp: Stamp,
    /// The end of the revision that it covers.
    pub end: usize,
    /// That revision holds validation data: it is an archive timestamp.
    pub over_store: bool,
}

/// Judges a document timestamp (EN 319 142-1 5.4.3) and adds it to `stamps`, which hold the newer ones.
pub(super) fn judge_timestamp(document: &Document<'_>, one: &Placed<'_, '_>, stamps: &mut Vec<DocumentStamp>, mut reasons: Reasons) -> SignatureReport {
    let pieces = one.coverage.pieces(document.bytes).unwrap_or_default();
    let token = unpadded(&one.coverage.contents, &mut reasons);
    let mut stamp = timestamp::judge(token, &[pieces.to_vec()], "document", &document.material(), document.context);
    // An authority that has ended: a newer timestamp from before its end still proves the older one.
    let proven = |ended| {
        stamps
            .iter()
            .any(|newer| newer.stamp.passed() && newer.stamp.time.is_some_and(|time| time <= ended))
    };
    if let Some(ended) = stamp.authority_ended
        && stamp.passed()
        && !proven(ended)
    {
        reasons.add(cause::TSA_EXPIRED);
        stamp.settle((Indication::Indeterminate, Some(SubIndication::OutOfBoundsNoPoe)));
    }
    timestamp::add_reasons(std::slice::from_ref(&stamp), &mut reasons);
    let time = stamp.time;
    let passed = stamp.passed();
    let rows = vec![stamp.report.clone()];
    stamps.push(DocumentStamp {
        stamp,
        end: one.coverage.end,
        over_store: dss::read(&one.revision).is_some(),
    });
    let mut report = verdict::empty_report(Role::Timestamp, "PAdES", document.name, reasons);
    report.best_signature_time = time.filter(|_| passed);
    report.timestamps = rows;
    report
}

/// Judges a signature. `stamps` are the document timestamps that are newer, newest first.
pub(super) fn judge_signature(document: &Document<'_>, one: &Placed<'_, '_>, stamps: &[DocumentStamp], mut reasons: Reasons) -> SignatureReport {
    let value = &one.field.value;
    let sub_filter = value.sub_filter();
    if !matches!(sub_filter, b"ETSI.CAdES.detached" | b"adbe.pkcs7.detached") {
        reasons.add_with(cause::PDF_SUB_FILTER, &String::from_utf8_lossy(sub_filter));
        return verdict::empty_report(Role::Document, "PAdES", document.name, reasons);
    }
    let cms = unpadded(&one.coverage.contents, &mut reasons);
    let signed = match SignedData::parse(cms, document.context.limits.cms_depth) {
        Ok(signed) => signed,
        Err(error) => {
            reasons.add_with(cause::NOT_CMS, &error.to_string());
            return verdict::empty_report(Role::Document, "PAdES", document.name, reasons);
        }
    };
    if signed.content.is_some() {
        reasons.add(cause::PDF_ENCAPSULATED);
    }
    let [info] = signed.signers.as_slice() else {
        reasons.add_with(cause::PDF_SIGNERS, &signed.signers.len().to_string());
        return verdict::empty_report(Role::Document, "PAdES", document.name, reasons);
    };
    let mut material = signer::material_of(&signed, document.context.limits.cms_depth);
    material.extend(&document.material());
    let claimed = match value.dictionary.get("M").map(|date| document.view.resolve(date)) {
        Some(Ok(Object::String(text))) => date::parse(&text),
        _ => None,
    };
    let task = Task {
        document,
        one,
        signed: &signed,
        info,
        material: &material,
        stamps,
        // The guide's signing time is /M; the older kind may have the attribute instead.
        claimed: claimed.or_else(|| info.signing_time().ok().flatten().filter(|_| sub_filter == b"adbe.pkcs7.detached")),
        baseline: sub_filter == b"ETSI.CAdES.detached",
    };
    task.judge(reasons)
}

/// /Contents without the zeros that fill its place up; other bytes there are a reason.
fn unpadded<'c>(contents: &'c [u8], reasons: &mut Reasons) -> &'c [u8] {
    let Ok(value) = Reader::new(contents, u32::from(u8::MAX)).next() else {
        return contents;
    };
    let behind = contents.get(value.raw.len()..).unwrap_or_default();
    if behind.iter().any(|byte| *byte != 0) {
        reasons.add(cause::PDF_AFTER_CMS);
    }
    value.raw
}

struct Task<'t, 'a> {
    document: &'t Document<'a>,
    one: &'t Placed<'t, 'a>,
    signed: &'t SignedData<'t>,
    info: &'t SignerInfo<'t>,
    material: &'t Material,
    stamps: &'t [DocumentStamp],
    claimed: Option<Timestamp>,
    baseline: bool,
}

impl Task<'_, '_> {
    fn judge(&self, mut reasons: Reasons) -> SignatureReport {
        let context = self.document.context;
        let pieces = self.one.coverage.pieces(self.document.bytes).unwrap_or_default();
        let own = self.own_stamps(pieces);
        let covering = || self.stamps.iter().rev().filter(|later| later.end > self.one.coverage.end);
        let passed = |stamp: &&Stamp| stamp.passed() && stamp.report.r#type != "content";
        let stamped = own
            .iter()
            .chain(covering().map(|later| &later.stamp))
            .filter(passed)
            .filter_map(|stamp| stamp.time)
            .min();
        let proven = [stamped, context.received_at].into_iter().flatten().min();
        let at = proven.unwrap_or(context.at);

        let covered = pieces.concat();
        let core = CoreTask {
            signer: self.info,
            content_type: Some(self.signed.content_type),
            candidates: &[("pdf", &covered)],
            certificates: &self.material.certificates,
            at,
            proven: proven.is_some(),
        };
        let core = signer::judge_core(&core, context, &mut reasons);
        let (_, claimed_profile) = profile::claimed(self.info, &mut reasons);
        let level = self.level();
        self.check_times(stamped, &mut reasons);
        if !self.baseline {
            reasons.add(cause::PDF_PKCS7);
        }
        if self.info.has_unsigned(oid::COUNTER_SIGNATURE) {
            reasons.add(cause::PDF_COUNTER_SIGNATURE);
        }
        let mut verdict = ChainVerdict::default();
        let mut signer = None;
        if let Some(core) = &core {
            let not_before = matches!(claimed_profile, Some(Profile::P2 | Profile::P3))
                .then(|| stamped.and_then(|time| time.saturating_add(profile::GRACE).ok()))
                .flatten();
            let judged = judge_signer_certificate(
                &core.certificate,
                Role::Document,
                self.material,
                (at, proven.is_some(), not_before),
                context,
                &mut reasons,
            );
            verdict = judged.0;
            signer = Some(describe(&core.certificate, judged.1));
            if let Some(profile) = claimed_profile {
                let facts = Facts {
                    signer: self.info,
                    level: match level {
                        "B-LT" => Some("X-L"),
                        "B-LTA" => Some("A"),
                        _ => None,
                    },
                    binding_v2: core.binding_v2,
                    signing_time: self.claimed,
                    stamped,
                    good: &verdict.good,
                    signer_good: !verdict.good.is_empty(),
                };
                profile::check(profile, &facts, &mut reasons);
            }
        }
        // What the document timestamps lack, this signature lacks: each has a report of its own, and here it is a reason.
        timestamp::add_reasons(&own, &mut reasons);
        for later in covering() {
            timestamp::add_reasons(std::slice::from_ref(&later.stamp), &mut reasons);
        }
        let has_own = own.iter().any(|stamp| stamp.report.r#type == "signature");
        let mut rows: Vec<_> = own.into_iter().map(|stamp| stamp.report).collect();
        rows.extend(covering().enumerate().map(|(index, later)| {
            let mut row = later.stamp.report.clone();
            // BTK's guide, 3: the document timestamp is the signature timestamp of a PDF.
            row.r#type = if index == 0 && !has_own { "signature" } else { "archive" }.to_owned();
            row
        }));

        let (indication, sub_indication) = reasons.outcome();
        SignatureReport {
            retry_after: reasons.retry_after(),
            role: Role::Document,
            format: if self.baseline { "PAdES" } else { "CMS" }.to_owned(),
            level: core.is_some().then(|| self.level_name(level)),
            profile: claimed_profile.map(|profile| profile.name().to_owned()),
            indication,
            sub_indication,
            reasons: reasons.into_list(),
            signer,
            claimed_signing_time: self.claimed,
            best_signature_time: proven,
            covers: self.document.name.to_owned(),
            timestamps: rows,
            revocation: verdict.revocation,
            counter_signatures: Vec::new(),
        }
    }

    /// Content and signature timestamps in the CMS.
    fn own_stamps(&self, pieces: [&[u8]; 2]) -> Vec<Stamp> {
        let judge = |token: &[u8], stamped: Vec<&[u8]>, kind| timestamp::judge(token, &[stamped], kind, self.material, self.document.context);
        let mut stamps = Vec::new();
        if let Ok(Some(token)) = self.info.signed(oid::CONTENT_TIMESTAMP) {
            stamps.push(judge(token.raw, pieces.to_vec(), "content"));
        }
        for token in self.info.unsigned_values(oid::SIGNATURE_TIMESTAMP) {
            stamps.push(judge(token.raw, vec![&*self.info.signature], "signature"));
        }
        stamps
    }

    /// EN 319 142-1 6.1, with a document timestamp as good as a signature timestamp.
    fn level(&self) -> &'static str {
        let mut covering = self.stamps.iter().filter(|later| later.end > self.one.coverage.end);
        let stamped = self.info.has_unsigned(oid::SIGNATURE_TIMESTAMP) || covering.clone().next().is_some();
        let stored = self.document.store.as_ref().is_some_and(dss::Store::has_revocation);
        match (stamped, stored) {
            (false, _) => "B-B",
            (true, false) => "B-T",
            (true, true) if covering.any(|later| later.over_store) => "B-LTA",
            (true, true) => "B-LT",
        }
    }

    fn level_name(&self, level: &str) -> String {
        if self.baseline { level.to_owned() } else { level.replacen("B-", "PKCS7-", 1) }
    }

    fn check_times(&self, stamped: Option<Timestamp>, reasons: &mut Reasons) {
        let Some(claimed) = self.claimed else { return reasons.add(cause::NO_SIGNING_TIME) };
        let earliest = claimed.saturating_sub(profile::CLOCK_SKEW).unwrap_or(Timestamp::MIN);
        if stamped.is_some_and(|stamp| stamp < earliest) {
            reasons.add_in_two(
                cause::TIME_ORDER,
                "zaman damgası beyan edilen imza zamanından önce",
                "the timestamp lies before the claimed signing time",
            );
        } else if earliest > self.document.context.at {
            reasons.add(cause::FUTURE_SIGNING_TIME);
        }
    }
}

impl Document<'_> {
    fn material(&self) -> Material {
        self.store.as_ref().map(|store| store.material.clone()).unwrap_or_default()
    }
}
