//! Levels of CAdES by the attributes present, and the BTK usage profiles P1 to P4 (Elektronik İmza Kullanım Profilleri Rehberi 1.0).

use der::asn1::ObjectIdentifier;
use jiff::{SignedDuration, Timestamp};

use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{SignedData, SignerInfo};
use crate::signature::cause::{self, Reasons};
use crate::signature::crypto::{Algorithm, Hash};
use crate::signature::report::Role;
use crate::signature::revocation::{Good, Source};

/// SHA-256 of the BTK guide: one document serves P2, P3 and P4, and all signers state this value.
const GUIDE_SHA256: [u8; 32] = [
    0xff, 0x39, 0xbd, 0x29, 0x46, 0x33, 0x83, 0xf6, 0x9b, 0x20, 0x52, 0xac, 0x47, 0x43, 0x9e, 0x06, 0xce, 0x7c, 0x3b, 0x86, 0x46, 0xe8,
    0x88, 0xb6, 0xe5, 0xae, 0x3e, 0x46, 0xba, 0x08, 0x11, 0x7a,
];

/// A signature timestamp comes at most this long after signing-time (P2-P4) …
const STAMP_WITHIN: SignedDuration = SignedDuration::from_hours(2);

/// … and at most this long before it: clocks differ.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Kesinleşme süresi of P2 and P3: revocations of the time before are in a CRL that is issued this long after the timestamp.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Characters of a policy's address that are shown; the known ones have eighty.
const MAX_URI: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    P2,
    P3,
    P4,
}

impl Profile {
    pub fn name(self) -> &'static str {
        match self {
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }

    fn of(policy: ObjectIdentifier) -> Option<Self> {
        match policy {
            oid::PROFILE_P2 => Some(Self::P2),
            oid::PROFILE_P3 => Some(Self::P3),
            oid::PROFILE_P4 => Some(Self::P4),
            _ => None,
        }
    }
}

/// A signature-policy-identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    Implied,
    Explicit {
        id: ObjectIdentifier,
        hash: Option<(ObjectIdentifier, Vec<u8>)>,
        /// The SPURI qualifier: where the policy is published.
        uri: Option<String>,
    },
}

impl Policy {
    /// # Errors
    /// Malformed.
    pub fn read(value: &Value<'_>) -> ber::Result<Self> {
        if value.tag == tag::NULL {
            return Ok(Self::Implied);
        }
        let mut fields = value.expect(tag::SEQUENCE)?;
        let id = fields.next()?.oid()?;
        let hash = match fields.optional(tag::SEQUENCE)? {
            Some(pair) if pair.children().peek() == Some(tag::SEQUENCE) && is_hash(&pair) => {
                let mut pair = pair.children();
                let algorithm = Algorithm::read(&pair.next()?)?.oid;
                Some((algorithm, pair.next()?.octets()?.into_owned()))
            }
            _ => None,
        };
        let qualifiers = fields.optional(tag::SEQUENCE)?.map(|list| list.children().all()).transpose()?;
        let uri = qualifiers.unwrap_or_default().iter().find_map(|qualifier| {
            let mut pair = qualifier.children();
            let is_uri = pair.next().and_then(|id| id.oid()) == Ok(oid::POLICY_URI);
            is_uri.then(|| pair.next().and_then(|uri| uri.text()).ok()).flatten()
        });
        Ok(Self::Explicit { id, hash, uri })
    }
}

/// SigPolicyHash is a pair whose second part is an OCTET STRING; qualifiers are a list of pairs that begin with an identifier.
fn is_hash(pair: &Value<'_>) -> bool {
    let mut fields = pair.children();
    fields.next().is_ok() && fields.peek() == Some(tag::OCTET_STRING)
}

/// The profile that a signature claims by its policy; unknown policies and altered policy hashes are reasons.
pub fn claimed(signer: &SignerInfo<'_>, reasons: &mut Reasons) -> (Option<Policy>, Option<Profile>) {
    let Ok(Some(value)) = signer.signed(oid::SIGNATURE_POLICY) else {
        return (None, None);
    };
    let Ok(policy) = Policy::read(&value) else {
        reasons.add_with(cause::MALFORMED_ATTRIBUTE, "sigPolicyId");
        return (None, None);
    };
    let profile = judge_policy(&policy, reasons);
    (Some(policy), profile)
}

/// The profile that a policy stands for, whatever the format of the signature that states it.
pub fn judge_policy(policy: &Policy, reasons: &mut Reasons) -> Option<Profile> {
    let Policy::Explicit { id, hash, uri } = policy else {
        reasons.add_with(cause::POLICY_UNKNOWN, "implied");
        return None;
    };
    let Some(profile) = Profile::of(*id) else {
        reasons.add_with(cause::POLICY_UNKNOWN, &id.to_string());
        return None;
    };
    match hash {
        Some((algorithm, value)) if Hash::from_oid(algorithm) == Some(Hash::Sha256) && *value == GUIDE_SHA256 => {}
        _ => reasons.add(cause::POLICY_HASH),
    }
    if uri.is_none() {
        rule(reasons, "politika adresi (SPURI) yok", "the policy address (SPURI) is missing");
    }
    // The guide wants the verifier to show identifier, digest and address of the policy.
    let digest = hash.as_ref().map(|(_, value)| hex::encode(value)).unwrap_or_default();
    let uri: String = uri
        .iter()
        .flat_map(|uri| uri.chars())
        .filter(|c| !c.is_control())
        .take(MAX_URI)
        .collect();
    reasons.add_with(cause::POLICY_SHOWN, &format!("{} {id}, {digest}, {uri}", profile.name()));
    Some(profile)
}

/// What a profile rule is checked against.
pub struct Facts<'a> {
    /// There is a signature timestamp, valid or not.
    pub has_stamp: bool,
    pub level: Option<&'static str>,
    pub binding_v2: bool,
    pub signing_time: Option<Timestamp>,
    /// Time of the valid signature timestamp.
    pub stamped: Option<Timestamp>,
    /// Fresh sources that said good about the signer.
    pub good: &'a [Good],
    /// The signer's state is known good.
    pub signer_good: bool,
    /// Kinds of sources in the signature that are authentic and speak about the signer.
    pub carried: &'a [Source],
}

/// The rules of P2 to P4 that are not rules of every signature.
pub fn check(profile: Profile, facts: &Facts<'_>, reasons: &mut Reasons) {
    check_form(profile, facts, reasons);
    check_state(profile, facts, reasons);
}

/// The rules that the signature keeps or breaks by what it is made of.
pub fn check_form(profile: Profile, facts: &Facts<'_>, reasons: &mut Reasons) {
    if !facts.binding_v2 {
        rule(
            reasons,
            "signing-certificate-v2 özniteliği yok",
            "signing-certificate-v2 is missing",
        );
    }
    if facts.signing_time.is_none() {
        rule(reasons, "signing-time özniteliği yok", "signing-time is missing");
    }
    if !facts.has_stamp {
        rule(reasons, "imza zaman damgası yok", "the signature timestamp is missing");
    }
    if profile != Profile::P2 && !matches!(facts.level, Some("X-L" | "A" | "B-LT" | "B-LTA")) {
        rule(reasons, "ES-XL düzeyi gerekli", "level ES-XL is required");
    }
    let (Some(signed), Some(stamped)) = (facts.signing_time, facts.stamped) else {
        return;
    };
    if stamped > signed.saturating_add(STAMP_WITHIN).unwrap_or(Timestamp::MAX) {
        rule(
            reasons,
            "zaman damgası imzadan 2 saatten fazla sonra",
            "the timestamp came more than two hours after signing",
        );
    }
    if stamped < signed.saturating_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN) {
        rule(
            reasons,
            "zaman damgası imza zamanından önce",
            "the timestamp lies before the signing time",
        );
    }
}

/// Where the signer's state must come from. Nothing is said while the state is unknown: that is a reason by itself.
pub fn check_state(profile: Profile, facts: &Facts<'_>, reasons: &mut Reasons) {
    if !facts.signer_good {
        return;
    }
    match profile {
        // P2 carries no revocation data: the verifier finds them.
        Profile::P2 if !facts.good.iter().any(|good| good.source == Source::Crl) => reasons.add(cause::CRL_WANTED),
        Profile::P3 if !facts.carried.contains(&Source::Crl) => rule_crl(reasons),
        Profile::P4 if !facts.good.iter().any(|good| good.embedded && good.source == Source::Ocsp) => rule_ocsp(reasons),
        _ => {}
    }
}

fn rule_crl(reasons: &mut Reasons) {
    rule(
        reasons,
        "imzada NES için SİL gerekli",
        "a CRL for the signer is required in the signature",
    );
}

fn rule_ocsp(reasons: &mut Reasons) {
    rule(
        reasons,
        "imzada NES için OCSP yanıtı gerekli",
        "an OCSP response for the signer is required in the signature",
    );
}

/// What P3 and P4 want inside the signature, whether or not it turns out to be usable.
pub struct Inside {
    /// A CRL of the signer's issuer.
    pub crl: bool,
    pub ocsp: bool,
    /// Complete references, or values in a form that has none (baseline).
    pub references: bool,
    /// Certificates beside the signer's own.
    pub certificates: bool,
}

/// A signature that does not even carry the kind of data that its profile asks for is not late but wrong.
pub fn check_inside(profile: Profile, inside: &Inside, reasons: &mut Reasons) {
    if profile == Profile::P2 {
        return;
    }
    if !inside.references {
        rule(
            reasons,
            "sertifika ve iptal başvuruları eksik",
            "the complete certificate and revocation references are missing",
        );
    }
    if !inside.certificates {
        rule(reasons, "sertifika değerleri eksik", "the certificate values are missing");
    }
    match profile {
        Profile::P3 if !inside.crl => rule_crl(reasons),
        Profile::P4 if !inside.ocsp => rule_ocsp(reasons),
        _ => {}
    }
}

/// The claimed signing time against the timestamp and the clock; a person's signature must claim one.
pub fn check_times(role: Role, signing_time: Option<Timestamp>, stamped: Option<Timestamp>, at: Timestamp, reasons: &mut Reasons) {
    let Some(claimed) = signing_time else {
        if matches!(role, Role::Signature | Role::Initial | Role::Document) {
            reasons.add(cause::NO_SIGNING_TIME);
        }
        return;
    };
    let earliest = claimed.saturating_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
    if stamped.is_some_and(|stamp| stamp < earliest) {
        reasons.add_in_two(
            cause::TIME_ORDER,
            "zaman damgası beyan edilen imza zamanından önce",
            "the timestamp lies before the claimed signing time",
        );
    } else if earliest > at {
        reasons.add(cause::FUTURE_SIGNING_TIME);
    }
}

/// A rule of the claimed profile that the signature breaks.
pub fn rule(reasons: &mut Reasons, tr: &str, en: &str) {
    reasons.add_in_two(cause::PROFILE_RULE, tr, en);
}

/// BES, EPES, T, C, X, X-L or A by the attributes present (RFC 5126 4.4), and B-LT or B-LTA where the values lie in SignedData itself
/// (EN 319 122-1 6); `None` for a CMS that binds no certificate and so is no CAdES.
pub fn level(signer: &SignerInfo<'_>, signed: &SignedData<'_>) -> Option<&'static str> {
    let has = |id| signer.has_unsigned(id);
    let is_signed = |id| signer.attributes.iter().any(|attribute| attribute.id == id);
    if !is_signed(oid::SIGNING_CERTIFICATE) && !is_signed(oid::SIGNING_CERTIFICATE_V2) {
        return None;
    }
    let baseline = !signed.crls.is_empty() && !has(oid::REVOCATION_VALUES) && !has(oid::REVOCATION_REFS);
    if has(oid::ARCHIVE_TIMESTAMP_V3) && baseline {
        return Some("B-LTA");
    }
    if has(oid::ARCHIVE_TIMESTAMP_V3) || has(oid::ARCHIVE_TIMESTAMP_V2) {
        return Some("A");
    }
    if has(oid::CERTIFICATE_VALUES) && has(oid::REVOCATION_VALUES) {
        return Some("X-L");
    }
    if has(oid::CADES_C_TIMESTAMP) || has(oid::REFS_TIMESTAMP) {
        return Some("X");
    }
    if has(oid::CERTIFICATE_REFS) && has(oid::REVOCATION_REFS) {
        return Some("C");
    }
    if has(oid::SIGNATURE_TIMESTAMP) {
        return Some(if baseline { "B-LT" } else { "T" });
    }
    Some(if is_signed(oid::SIGNATURE_POLICY) { "EPES" } else { "BES" })
}
