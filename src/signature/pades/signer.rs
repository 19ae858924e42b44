//! The CMS of a PDF signature, and a document timestamp: rules of EN 319 142-1 6.3 and of BTK's guide on top of those of every signature.

use jiff::Timestamp;

use crate::signature::asn1::ber::Reader;
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{SignedData, SignerInfo};
use crate::signature::cades::profile::{self, Facts, Inside, Profile};
use crate::signature::cades::signer::{self, CoreTask};
use crate::signature::cades::unprotected;
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::Certificate;
use crate::signature::crypto::Hash;
use crate::signature::existence::{self, Token};
use crate::signature::octets::Octets;
use crate::signature::pades::structure::syntax::Object;
use crate::signature::pades::{Document, Placed, date, dss};
use crate::signature::path::chain::{ChainVerdict, Material};
use crate::signature::report::{Role, SignatureReport};
use crate::signature::signer_class::{describe, judge_signer_certificate};
use crate::signature::timestamp::{self, Stamp};
use crate::signature::validation::Check;
use crate::signature::verdict;

/// A document timestamp and what it covers.
pub struct DocumentStamp<'a> {
    token: Vec<u8>,
    pieces: [&'a [u8]; 2],
    /// The end of the revision that it covers.
    end: usize,
    /// That revision holds validation data: it is an archive timestamp.
    over_store: bool,
}

/// The timestamps in `stamps` (newest first) from the oldest on, as tokens of `first` and what follows it, each covering those before it.
fn tokens<'s>(stamps: &'s [DocumentStamp<'_>], first: &'static str, covered: &[&'s [u8]]) -> Vec<Token<'s>> {
    let mut older = covered.to_vec();
    let mut tokens = Vec::new();
    for stamp in stamps.iter().rev() {
        tokens.push(Token {
            kind: if tokens.is_empty() { first } else { "archive" },
            raw: &stamp.token,
            stamped: vec![stamp.pieces.iter().map(|piece| Octets::from(*piece)).collect()],
            covers: older.clone(),
            covers_signature: true,
        });
        older.push(&stamp.token);
    }
    tokens
}

/// Judges a document timestamp (EN 319 142-1 5.4.3) and adds it to `stamps`, which hold the newer ones.
pub(super) fn judge_timestamp<'a>(
    document: &Document<'a>,
    one: &Placed<'_, 'a>,
    stamps: &mut Vec<DocumentStamp<'a>>,
    mut reasons: Reasons,
) -> SignatureReport {
    stamps.push(DocumentStamp {
        token: unpadded(&one.coverage.contents, &mut reasons).to_vec(),
        pieces: one.coverage.pieces(document.bytes).unwrap_or_default(),
        end: one.coverage.end,
        over_store: dss::read(&one.revision).is_some(),
    });
    let context = document.context;
    let all = tokens(stamps, "document", &[]);
    let judged = existence::judge(all, context.received_at, &document.material(), context);
    let own: Vec<Stamp> = judged
        .stamps
        .into_iter()
        .filter(|stamp| stamp.report.r#type == "document")
        .collect();
    timestamp::add_reasons(&own, &mut reasons);
    let blamed: Vec<_> = reasons.record.blamed().collect();
    let mut report = verdict::empty_report(Role::Timestamp, "PAdES", document.name, reasons);
    // What was checked is what was checked of the token, and what its place in the file says against it.
    if let Some(stamp) = own.first() {
        report.validation = stamp.report.validation.clone();
        blamed.into_iter().for_each(|(check, how)| report.validation.blame(check, how));
    }
    report.best_signature_time = own.iter().filter(|stamp| stamp.passed()).find_map(|stamp| stamp.time);
    report.timestamps = own.into_iter().map(|stamp| stamp.report).collect();
    report
}

/// Judges a signature. `stamps` are the document timestamps that are newer, newest first.
pub(super) fn judge_signature(
    document: &Document<'_>,
    one: &Placed<'_, '_>,
    stamps: &[DocumentStamp<'_>],
    mut reasons: Reasons,
) -> SignatureReport {
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
    if signed.content_type != oid::DATA {
        reasons.add(cause::CONTENT_TYPE);
    }
    let own = signer::material_of(&signed, document.context.limits.cms_depth);
    let mut material = own.clone();
    material.extend(&document.material());
    let claimed = match value.dictionary.get("M").map(|date| one.revision.resolve(date)) {
        Some(Ok(Object::String(text))) => date::parse(&text),
        _ => None,
    };
    let task = Task {
        document,
        one,
        signed: &signed,
        info,
        own: &own,
        material: &material,
        stamps,
        // The guide's signing time is /M; the older kind may have the attribute instead.
        claimed: claimed.or_else(|| info.signing_time().ok().flatten().filter(|_| sub_filter == b"adbe.pkcs7.detached")),
        baseline: sub_filter == b"ETSI.CAdES.detached",
    };
    let mut report = task.judge(reasons);
    let mut beside = unprotected::around(&signed, &own, document.context);
    unprotected::beside(info, &mut beside);
    verdict::worsen(&mut report, beside);
    report
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
    /// What the CMS carries. The signer's certificate must be there: the store is signed by nobody, and what it says about whose
    /// signature this is could only confuse.
    own: &'t Material,
    /// That and the validation store.
    material: &'t Material,
    stamps: &'t [DocumentStamp<'t>],
    claimed: Option<Timestamp>,
    baseline: bool,
}

impl Task<'_, '_> {
    fn judge(&self, mut reasons: Reasons) -> SignatureReport {
        let context = self.document.context;
        let pieces = self.one.coverage.pieces(self.document.bytes).unwrap_or_default();
        let proofs = existence::judge(self.tokens(pieces), context.received_at, self.material, context);
        let stamped = proofs.stamped();
        let proven = [proofs.signature, context.received_at].into_iter().flatten().min();
        let at = proven.unwrap_or(context.at);

        self.check_digest(pieces, &mut reasons);
        let core = CoreTask {
            signer: self.info,
            content_type: Some(self.signed.content_type),
            candidates: &[],
            certificates: &self.own.certificates,
            at,
            proven: proven.is_some(),
        };
        let core = signer::judge_core(&core, context, &mut reasons);
        let (_, claimed_profile) = profile::claimed(self.info, &mut reasons);
        let level = self.level();
        profile::check_times(Role::Document, self.claimed, stamped, context.at, &mut reasons);
        existence::check_order(&proofs.stamps, self.claimed, &mut reasons);
        if !self.baseline {
            reasons.add(cause::PDF_PKCS7);
        }
        if self.info.has_unsigned(oid::COUNTER_SIGNATURE) {
            reasons.add(cause::PDF_COUNTER_SIGNATURE);
        }
        let mut facts = Facts {
            has_stamp: proofs.stamps.iter().any(|stamp| stamp.report.r#type == "signature"),
            level: Some(level),
            binding_v2: core.as_ref().is_some_and(|core| core.binding_v2),
            signing_time: self.claimed,
            stamped,
            good: &[],
            signer_good: false,
            carried: &[],
        };
        if let (Some(profile), Some(core)) = (claimed_profile, &core) {
            profile::check_form(profile, &facts, &mut reasons);
            profile::check_inside(profile, &self.inside(&core.certificate), &mut reasons);
        }
        // A document timestamp that is wrong has a report of its own; here it is a reason, because this signature leans on it.
        timestamp::add_reasons(&proofs.stamps, &mut reasons);
        let mut verdict = ChainVerdict::default();
        let mut signer = None;
        if let Some(core) = &core {
            let waits = matches!(claimed_profile, Some(Profile::P2 | Profile::P3));
            let not_before = stamped.filter(|_| waits).and_then(|time| time.saturating_add(profile::GRACE).ok());
            let when = (at, proven.is_some(), not_before);
            let (judged, class) = judge_signer_certificate(&core.certificate, Role::Document, self.material, when, context, &mut reasons);
            verdict = judged;
            signer = Some(describe(&core.certificate, class));
        }
        if let Some(profile) = claimed_profile {
            (facts.good, facts.signer_good, facts.carried) = (&verdict.good, !verdict.good.is_empty(), &verdict.carried);
            profile::check_state(profile, &facts, &mut reasons);
        }

        reasons.record.made(Check::Acceptance);
        match proofs.stamps.is_empty() {
            true => reasons.record.not_asked(Check::Timestamps),
            false => reasons.record.made(Check::Timestamps),
        }

        let (indication, sub_indication) = reasons.outcome();
        SignatureReport {
            retry_after: reasons.retry_after(),
            role: Role::Document,
            format: if self.baseline { "PAdES" } else { "CMS" }.to_owned(),
            level: core.is_some().then(|| self.level_name(level)),
            profile: claimed_profile.map(|profile| profile.name().to_owned()),
            indication,
            sub_indication,
            validation: reasons.validation(),
            reasons: reasons.into_list(),
            signer,
            claimed_signing_time: self.claimed,
            best_signature_time: proven,
            covers: self.document.name.to_owned(),
            timestamps: proofs.stamps.into_iter().map(|stamp| stamp.report).collect(),
            revocation: verdict.revocation,
            counter_signatures: Vec::new(),
        }
    }

    /// message-digest over the two covered pieces. They are not joined: a document may be as large as a message.
    fn check_digest(&self, pieces: [&[u8]; 2], reasons: &mut Reasons) {
        let Some(hash) = Hash::from_oid(&self.info.digest_algorithm.oid) else {
            return;
        };
        match self.info.signed(oid::MESSAGE_DIGEST) {
            Ok(Some(stated)) => {
                let digest = hash.of_all(&pieces).ok();
                reasons.record.made(Check::Digest);
                if digest.is_none() || digest.as_deref() != stated.octets().ok().as_deref() {
                    reasons.add(cause::HASH);
                }
            }
            _ if self.info.attributes.is_empty() => {}
            _ => reasons.add_with(cause::MALFORMED_ATTRIBUTE, "message-digest"),
        }
    }

    /// Timestamps in the CMS, and the document timestamps over it. Without one in the CMS the first document timestamp is "the signature
    /// timestamp" (BTK's guide, 3).
    fn tokens<'s>(&'s self, pieces: [&'s [u8]; 2]) -> Vec<Token<'s>> {
        let own = |kind, raw, stamped: Vec<&'s [u8]>, covers_signature| Token {
            kind,
            raw,
            stamped: vec![stamped.into_iter().map(Octets::from).collect()],
            covers: Vec::new(),
            covers_signature,
        };
        let mut all = Vec::new();
        for token in self.info.signed_values(oid::CONTENT_TIMESTAMP) {
            all.push(own("content", token.raw, pieces.to_vec(), false));
        }
        for token in self.info.unsigned_values(oid::SIGNATURE_TIMESTAMP) {
            all.push(own("signature", token.raw, vec![&*self.info.signature], true));
        }
        let first = if all.iter().any(|token| token.kind == "signature") {
            "archive"
        } else {
            "signature"
        };
        let covered: Vec<&[u8]> = all.iter().map(|token| token.raw).collect();
        all.extend(tokens(self.covering(), first, &covered));
        all
    }

    /// What P3 and P4 want inside: in a PDF the validation store has it, and references have no place.
    fn inside(&self, certificate: &Certificate) -> Inside {
        let revocation = &self.material.revocation;
        let store = self.document.store.as_ref();
        Inside {
            crl: revocation.crls.iter().any(|list| list.issuer == certificate.issuer),
            ocsp: !revocation.ocsp.is_empty(),
            references: true,
            certificates: store.is_some_and(|store| store.has_certificates) || self.signed.certificates.len() > 1,
        }
    }

    /// The document timestamps over this signature, newest first.
    fn covering(&self) -> &'_ [DocumentStamp<'_>] {
        let count = self.stamps.iter().take_while(|later| later.end > self.one.coverage.end).count();
        self.stamps.get(..count).unwrap_or_default()
    }

    /// EN 319 142-1 6.1, with a document timestamp as good as a signature timestamp.
    fn level(&self) -> &'static str {
        let covering = self.covering();
        let stamped = self.info.has_unsigned(oid::SIGNATURE_TIMESTAMP) || !covering.is_empty();
        let stored = self.document.store.as_ref().is_some_and(dss::Store::has_revocation);
        match (stamped, stored) {
            (false, _) => "B-B",
            (true, false) => "B-T",
            (true, true) if covering.iter().any(|later| later.over_store) => "B-LTA",
            (true, true) => "B-LT",
        }
    }

    fn level_name(&self, level: &str) -> String {
        if self.baseline {
            level.to_owned()
        } else {
            level.replacen("B-", "PKCS7-", 1)
        }
    }
}

impl Document<'_> {
    fn material(&self) -> Material {
        self.store.as_ref().map(|store| store.material.clone()).unwrap_or_default()
    }
}
