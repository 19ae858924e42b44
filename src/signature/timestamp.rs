//! RFC 3161 time-stamp tokens: the imprint over the right octets, the authority's certificate, its chain and its state.

use jiff::Timestamp;

use crate::signature::asn1::ber::{self, BerError, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::SignedData;
use crate::signature::cades::signer::{self, CoreTask};
use crate::signature::cades::unprotected;
use crate::signature::cause::{self, Reasons};
use crate::signature::certificate::extension::{self, usage};
use crate::signature::context::Context;
use crate::signature::crypto::{Algorithm, Hash};
use crate::signature::octets::Octets;
use crate::signature::path::chain::{self, Material, Question};
use crate::signature::report::{Indication, SubIndication, TimestampReport};
use crate::signature::trust::Purpose;
use crate::signature::validation::Check;
use crate::text::Text;

/// A judged timestamp.
pub struct Stamp {
    pub report: TimestampReport,
    pub time: Option<Timestamp>,
    /// What kept it from passing, the first of the worst.
    pub why: Option<Text>,
    /// The authority's certificate has ended by the validation time: only a later archive timestamp still proves this one's age. Set by
    /// [`judge`] alone, which leaves it to the caller to find that proof.
    pub authority_ended: Option<Timestamp>,
    pub outcome: (Indication, Option<SubIndication>),
    /// What stands in the token without the protection of its signature.
    pub unprotected: Reasons,
}

impl Stamp {
    pub fn passed(&self) -> bool {
        self.outcome.0 == Indication::Passed
    }

    /// The report line, once it is settled whether an ended authority matters.
    pub fn settle(&mut self, outcome: (Indication, Option<SubIndication>)) {
        self.outcome = outcome;
        self.report.indication = name(outcome.0).to_owned();
        self.report.sub_indication = outcome.1;
    }
}

fn name(indication: Indication) -> &'static str {
    match indication {
        Indication::Passed => "PASSED",
        Indication::Indeterminate => "INDETERMINATE",
        Indication::Failed => "FAILED",
    }
}

struct TstInfo {
    hash: Option<Hash>,
    imprint: Vec<u8>,
    time: Timestamp,
}

/// Judges `token`, which must be over one of `stamped` (each a list of pieces that are hashed one after another; several where writers
/// differ in what they stamp).
pub fn judge(token: &[u8], stamped: &[Vec<&[u8]>], kind: &str, material: &Material, context: &Context) -> Stamp {
    let stamped: Vec<Vec<Octets<'_>>> = stamped
        .iter()
        .map(|pieces| pieces.iter().map(|piece| Octets::from(*piece)).collect())
        .collect();
    judge_proven(token, &stamped, kind, material, (context, None))
}

/// The same for a token that is known to have existed at an instant: what happened to its authority or its algorithms later is of no
/// consequence.
pub fn judge_proven(
    token: &[u8],
    stamped: &[Vec<Octets<'_>>],
    kind: &str,
    material: &Material,
    (context, existed): (&Context, Option<Timestamp>),
) -> Stamp {
    let mut reasons = Reasons::default();
    let mut time = None;
    let mut ended = None;
    let mut unprotected = Reasons::default();
    match SignedData::parse(token, context.limits.cms_depth) {
        Ok(signed) => judge_signed(
            &signed,
            stamped,
            material,
            (context, existed),
            &mut reasons,
            (&mut time, &mut ended, &mut unprotected),
        ),
        Err(error) => reasons.add_with(cause::NOT_CMS, &error.to_string()),
    }
    // What the switch for old material excused in a token is excused in the signature that leans on it.
    unprotected.append(reasons.remarks(cause::ALGORITHM_EXCUSED));
    let outcome = reasons.outcome();
    // A token has no profile of its own to meet and carries no timestamp itself.
    reasons.record.not_asked(Check::Acceptance);
    reasons.record.not_asked(Check::Timestamps);
    let validation = reasons.validation();
    let worst = reasons
        .into_list()
        .into_iter()
        .find(|reason| outcome.0 != Indication::Passed && reason.severity >= crate::finding::Severity::Warning);
    Stamp {
        report: TimestampReport {
            r#type: kind.to_owned(),
            time,
            indication: name(outcome.0).to_owned(),
            sub_indication: outcome.1,
            validation,
        },
        time,
        why: worst.map(|reason| reason.text),
        authority_ended: ended,
        outcome,
        unprotected,
    }
}

fn judge_signed(
    signed: &SignedData<'_>,
    stamped: &[Vec<Octets<'_>>],
    material: &Material,
    (context, existed): (&Context, Option<Timestamp>),
    reasons: &mut Reasons,
    (time, ended, beside): (&mut Option<Timestamp>, &mut Option<Timestamp>, &mut Reasons),
) {
    let ([signer], Some(content)) = (signed.signers.as_slice(), &signed.content) else {
        return reasons.add_with(cause::NOT_CMS, "time-stamp token");
    };
    if signed.content_type != oid::TST_INFO {
        return reasons.add_with(cause::NOT_CMS, "TSTInfo");
    }
    let info = match TstInfo::read(content) {
        Ok(info) => info,
        Err(error) => return reasons.add_with(cause::NOT_CMS, &error.to_string()),
    };
    *time = Some(info.time);
    let last_known = existed.unwrap_or(context.at);
    info.check_imprint(stamped, last_known, context, reasons);

    let brought = signer::material_of(signed, context.limits.cms_depth);
    let mut own = brought.clone();
    own.extend(material);
    let task = CoreTask {
        signer,
        content_type: Some(signed.content_type),
        candidates: &[("tst", Octets::from(&**content))],
        certificates: &own.certificates,
        at: last_known,
        proven: false,
    };
    let Some(core) = signer::judge_core(&task, context, reasons) else {
        return;
    };
    let authority = core.certificate;
    let only_stamps = authority.extensions.extended_key_usage.as_deref() == Some(&[oid::EKU_TIME_STAMPING]);
    let may_sign = authority.extensions.allows(usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION);
    if !only_stamps || !may_sign || !authority.extensions.extended_key_usage_critical {
        reasons.add(cause::TSA_PROFILE);
    }
    reasons.record.made(Check::Class);
    let question = Question {
        purpose: Purpose::Tsa,
        at: info.time,
        proven: true,
        existed: last_known,
        not_before: None,
    };
    chain::judge(&authority, &own, question, context, reasons);
    *beside = unprotected::around(signed, &brought, context);
    unprotected::beside(signer, beside);
    if last_known > authority.not_after {
        match existed {
            Some(_) => reasons.add(cause::TSA_EXPIRED),
            None => *ended = Some(authority.not_after),
        }
    }
    if info.time > context.at {
        reasons.add_in_two(
            cause::TIME_ORDER,
            "zaman damgası doğrulama zamanından sonra",
            "the timestamp lies after the validation time",
        );
    }
}

impl TstInfo {
    /// # Errors
    /// Not a TSTInfo, or with a critical extension that is not understood.
    fn read(bytes: &[u8]) -> ber::Result<Self> {
        let mut fields = ber::whole(bytes, 16)?.expect(tag::SEQUENCE)?;
        if fields.expect(tag::INTEGER)?.unsigned()? != 1 {
            return Err(BerError::Malformed);
        }
        fields.expect(tag::OID)?;
        let mut imprint = fields.expect(tag::SEQUENCE)?.children();
        let algorithm = Algorithm::read(&imprint.next()?)?;
        let digest = imprint.next()?.octets()?.into_owned();
        imprint.finish()?;
        fields.expect(tag::INTEGER)?;
        let time = fields.expect(tag::GENERALIZED_TIME)?.time()?;
        for optional in [tag::SEQUENCE, tag::BOOLEAN, tag::INTEGER, tag::context(0)] {
            fields.optional(optional)?;
        }
        if let Some(list) = fields.optional(tag::context(1))? {
            let extensions = ber::encode(tag::SEQUENCE, list.content);
            if extension::each(&ber::whole(&extensions, 12)?)?
                .iter()
                .any(|(_, critical, _)| *critical)
            {
                return Err(BerError::Unexpected);
            }
        }
        fields.finish()?;
        Ok(Self {
            hash: Hash::from_oid(&algorithm.oid),
            imprint: digest,
            time,
        })
    }

    fn check_imprint(&self, stamped: &[Vec<Octets<'_>>], last_known: Timestamp, context: &Context, reasons: &mut Reasons) {
        let Some(hash) = self.hash else {
            return reasons.add_with(cause::UNSUPPORTED, "messageImprint");
        };
        if !stamped
            .iter()
            .any(|pieces| Octets::digest_of_all(pieces, hash).is_ok_and(|digest| digest == self.imprint))
        {
            reasons.add(cause::TIMESTAMP_IMPRINT);
        }
        if let Err(weak) = context.algorithms.check_hash(hash, self.time) {
            reasons.add_with(cause::WEAK, &weak);
        } else if let Err(weak) = context.algorithms.check_hash(hash, last_known) {
            reasons.add_with(cause::WEAK_NO_POE, &weak);
        } else if let Some(excused) = context.algorithms.excused_hash(hash, last_known) {
            reasons.add_with(cause::ALGORITHM_EXCUSED, &excused);
        }
    }
}

/// The time in a token that is not judged yet, and the hash it uses; `None` when it cannot be read.
pub fn peek(token: &[u8], depth: u32) -> Option<(Timestamp, Hash)> {
    let signed = SignedData::parse(token, depth).ok()?;
    let info = TstInfo::read(signed.content.as_deref()?).ok()?;
    Some((info.time, info.hash?))
}

/// A timestamp that is there must stand (BTK guide: what is present is processed).
pub fn add_reasons(stamps: &[Stamp], reasons: &mut Reasons) {
    for stamp in stamps {
        reasons.append(stamp.unprotected.clone());
        let (tr, en) = stamp
            .why
            .as_ref()
            .map(|text| (text.tr.as_str(), text.en.as_str()))
            .unwrap_or_default();
        match stamp.outcome {
            (Indication::Passed, _) => {}
            (Indication::Failed, _) => reasons.add_in_two(cause::TIMESTAMP_BAD, tr, en),
            // Already a reason of the signature itself, or its own.
            (Indication::Indeterminate, _) if stamp.why.is_none() => {}
            (Indication::Indeterminate, sub) => {
                reasons.add_as_in_two(
                    cause::TIMESTAMP_OPEN,
                    (tr, en),
                    (Indication::Indeterminate, sub.unwrap_or(SubIndication::NoPoe)),
                );
            }
        }
    }
}
