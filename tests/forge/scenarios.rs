//! The conformance scenarios (pki.md 2 to 4): every defect alone, for every format. A [`Kit`](super::scenario_kit::Kit) holds what a
//! signature of any format is built from; here stand the defects and the verdict that each deserves.
//!
//! A format's test walks [`table`], builds its own file from each kit and compares the verdict with [`Scenario::expected`]. A scenario
//! that a format cannot express is named as not run, never passed over in silence.

use super::scenario_kit::{Kit, build};

/// How much a signature carries, whatever its format calls that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rung {
    /// BES, EPES, B-B.
    B,
    /// A signature timestamp; validation data lie beside the signature.
    T,
    /// And validation data inside: X-L, B-LT, DSS.
    Lt,
    /// And an archive timestamp.
    Lta,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    P1,
    P2,
    P3,
    P4,
}

/// The pairs that BTK's guide knows, and the plain levels without policy.
pub const PAIRS: [(Rung, Profile); 9] = [
    (Rung::B, Profile::P1),
    (Rung::T, Profile::P1),
    (Rung::Lt, Profile::P1),
    (Rung::Lta, Profile::P1),
    (Rung::T, Profile::P2),
    (Rung::Lt, Profile::P3),
    (Rung::Lt, Profile::P4),
    (Rung::Lta, Profile::P3),
    (Rung::Lta, Profile::P4),
];

/// What the verdict must be, sub-indication included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    Passed,
    Open(&'static str),
    Failed(&'static str),
}

use Expect::{Failed, Open, Passed};

impl Expect {
    /// As the JSON contract writes it.
    pub fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Passed => ("TOTAL-PASSED", None),
            Open(sub) => ("INDETERMINATE", Some(sub)),
            Failed(sub) => ("TOTAL-FAILED", Some(sub)),
        }
    }
}

/// To which signatures a defect can happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Where {
    Any,
    /// The signer's state comes from a CRL: P1 to P3.
    Crl,
    /// … from an OCSP response: P1 and P4.
    Ocsp,
    /// There is a signature timestamp.
    Stamped,
    /// There is an archive timestamp.
    Archived,
    /// There is a BTK policy: P2 to P4.
    Policy,
    /// P3 and P4, which ask for references and values.
    Complete,
    P4,
    P3,
    P2,
    /// P2 and P3.
    Grace,
}

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident: $place:ident, $unproven:expr, $proven:expr;)+) => {
        /// What is wrong, one thing at a time; the sound ones are there so that the same walk shows that they pass.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Defect { $($(#[$doc])* $name,)+ }

        impl Defect {
            pub const ALL: &'static [Defect] = &[$(Defect::$name),+];

            fn row(self) -> (Where, Expect, Expect) {
                match self { $(Defect::$name => (Where::$place, $unproven, $proven)),+ }
            }
        }
    };
}

const CLASS: Expect = Open("CHAIN_CONSTRAINTS_FAILURE");
const CONSTRAINT: Expect = Open("CHAIN_CONSTRAINTS_FAILURE");
const CHAIN: Expect = Open("CERTIFICATE_CHAIN_GENERAL_FAILURE");
const NO_CHAIN: Expect = Open("NO_CERTIFICATE_CHAIN_FOUND");
const NO_SIGNER: Expect = Open("NO_SIGNING_CERTIFICATE_FOUND");
const RULE: Expect = Open("SIG_CONSTRAINTS_FAILURE");
const LATER: Expect = Open("TRY_LATER");
const ORDER: Expect = Open("TIMESTAMP_ORDER_FAILURE");
const CA_GONE: Expect = Open("REVOKED_CA_NO_POE");
const NO_POE: Expect = Open("OUT_OF_BOUNDS_NO_POE");

// Columns: where it can happen, the verdict without a proof of time (rung B), the verdict with one.
defects! {
    Sound: Any, Passed, Passed;

    // The signature.
    /// The content was changed after signing.
    Content: Any, Failed("HASH_FAILURE"), Failed("HASH_FAILURE");
    SignatureValue: Any, Failed("SIG_CRYPTO_FAILURE"), Failed("SIG_CRYPTO_FAILURE");
    /// No signed reference to the certificate.
    NoBinding: Any, RULE, RULE;
    /// The signed reference names another certificate.
    OtherBinding: Any, NO_SIGNER, NO_SIGNER;
    NoSignerCertificate: Any, NO_SIGNER, NO_SIGNER;
    WeakKey: Any, Open("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), Open("CRYPTO_CONSTRAINTS_FAILURE");
    WeakHash: Any, Open("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), Open("CRYPTO_CONSTRAINTS_FAILURE");

    // The leaf.
    NoNonRepudiation: Any, CLASS, CLASS;
    NoUserNotice: Any, CLASS, CLASS;
    NoEtsiStatement: Any, CLASS, CLASS;
    NoBtkStatement: Any, CLASS, CLASS;
    LeafUnknownCritical: Any, CONSTRAINT, CONSTRAINT;
    LeafExpired: Any, NO_POE, Failed("EXPIRED");
    LeafNotYetValid: Any, NO_POE, Failed("NOT_YET_VALID");
    LeafForged: Any, CHAIN, CHAIN;
    /// By its issuer, with SHA-1.
    LeafSignedWeakly: Any, Open("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), Open("CRYPTO_CONSTRAINTS_FAILURE");
    /// Ended between the timestamp and the validation: no defect where a timestamp is.
    LeafEndedSince: Any, NO_POE, Passed;

    // The path.
    SubCaExpired: Any, CHAIN, CHAIN;
    SubCaNotYetValid: Any, CHAIN, CHAIN;
    SubCaForged: Any, CHAIN, CHAIN;
    SubCaWithoutFlag: Any, CONSTRAINT, CONSTRAINT;
    SubCaKeyUsage: Any, CONSTRAINT, CONSTRAINT;
    SubCaUnknownCritical: Any, CONSTRAINT, CONSTRAINT;
    /// Two authorities below the root: the sound brother of the next.
    LongerPath: Any, Passed, Passed;
    SubCaPathLength: Any, CONSTRAINT, CONSTRAINT;
    RootExpired: Any, CHAIN, CHAIN;
    /// The trusted file has the root's name and key and a broken self-signature.
    RootForged: Any, NO_CHAIN, NO_CHAIN;
    RootUnknown: Any, NO_CHAIN, NO_CHAIN;

    // Revocation of the leaf by CRL.
    CrlRevokedBefore: Crl, Open("REVOKED_NO_POE"), Failed("REVOKED");
    CrlRevokedAfter: Crl, Open("REVOKED_NO_POE"), Passed;
    CrlOnHold: Crl, LATER, LATER;
    /// Suspended in the list at hand, and no longer in a younger one.
    CrlHoldLifted: Crl, Passed, Passed;
    CrlExpired: Crl, LATER, LATER;
    CrlForged: Crl, LATER, LATER;
    /// Signed by the key of another authority under the right name.
    CrlOfAnotherKey: Crl, LATER, LATER;
    CrlOfAnotherIssuer: Crl, LATER, LATER;
    CrlUnknownCritical: Crl, LATER, LATER;

    // … by OCSP.
    OcspRevokedBefore: Ocsp, Open("REVOKED_NO_POE"), Failed("REVOKED");
    OcspRevokedAfter: Ocsp, Open("REVOKED_NO_POE"), Passed;
    OcspUnknown: Ocsp, LATER, LATER;
    OcspExpired: Ocsp, LATER, LATER;
    OcspForged: Ocsp, LATER, LATER;
    OcspOfAnotherSerial: Ocsp, LATER, LATER;
    /// Of the same serial number under another authority.
    OcspOfAnotherIssuer: Ocsp, LATER, LATER;
    /// The responder lacks the OCSP usage.
    ResponderNotAuthorised: Ocsp, LATER, LATER;
    ResponderOfAnotherCa: Ocsp, LATER, LATER;
    ResponderForged: Ocsp, LATER, LATER;
    ResponderExpired: Ocsp, LATER, LATER;
    /// Its certificate was signed with SHA-1.
    ResponderSignedWeakly: Ocsp, LATER, LATER;
    /// Stays valid: nocheck says that nobody is to ask (RFC 6960 4.2.2.2.1).
    ResponderRevokedNocheck: Ocsp, Passed, Passed;
    ResponderWithoutNocheck: Ocsp, Passed, Passed;
    ResponderRevokedWithoutNocheck: Ocsp, LATER, LATER;
    /// The verifier's own CRL says revoked before, the carried response says good: revoked wins.
    OcspGoodCrlRevoked: Ocsp, Open("REVOKED_NO_POE"), Failed("REVOKED");

    NoRevocation: Any, LATER, LATER;
    NoSubCaRevocation: Any, LATER, LATER;
    SubCaRevoked: Any, CA_GONE, CA_GONE;
    SubCaRevokedByOcspCrlGood: Any, CA_GONE, CA_GONE;
    SubCaRevokedLater: Any, CA_GONE, Passed;

    // The signature timestamp.
    StampImprint: Stamped, RULE, RULE;
    StampSignature: Stamped, RULE, RULE;
    StampOfAnotherMessage: Stamped, RULE, RULE;
    StampWeakHash: Stamped, Open("CRYPTO_CONSTRAINTS_FAILURE"), Open("CRYPTO_CONSTRAINTS_FAILURE");
    TsaExpired: Stamped, RULE, RULE;
    TsaRevoked: Stamped, RULE, RULE;
    TsaNoEku: Stamped, CONSTRAINT, CONSTRAINT;
    TsaEkuNotCritical: Stamped, CONSTRAINT, CONSTRAINT;
    TsaTwoEkus: Stamped, CONSTRAINT, CONSTRAINT;
    TsaForged: Stamped, CHAIN, CHAIN;
    TsaUnknown: Stamped, NO_CHAIN, NO_CHAIN;
    NoTsaRevocation: Stamped, LATER, LATER;
    /// Ended since; an archive timestamp made in time still proves the older one.
    TsaEndedSince: Stamped, NO_POE, NO_POE;
    /// Its key became too short since; the same.
    TsaWeakSince: Stamped, Open("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), Open("CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
    /// Taken back later because it was replaced: its tokens stand (RFC 3161 4).
    TsaSupersededLater: Stamped, Passed, Passed;
    /// Its key was stolen later: nothing says which tokens are older, unless an archive timestamp does.
    TsaCompromisedLater: Stamped, Open("REVOKED_NO_POE"), Open("REVOKED_NO_POE");

    // The archive timestamp.
    ArchiveImprint: Archived, RULE, RULE;
    ArchiveSignature: Archived, RULE, RULE;
    ArchiveOfAnotherMessage: Archived, RULE, RULE;
    ArchiveTsaExpired: Archived, RULE, RULE;
    ArchiveTsaRevoked: Archived, RULE, RULE;
    ArchiveTsaNoEku: Archived, CONSTRAINT, CONSTRAINT;
    ArchiveTsaUnknown: Archived, NO_CHAIN, NO_CHAIN;
    ArchiveTsaForged: Archived, CHAIN, CHAIN;
    NoArchiveTsaRevocation: Archived, LATER, LATER;
    ArchiveBeforeStamp: Archived, ORDER, ORDER;
    /// Ended since, like the archive timestamps of every long-lived document …
    ArchiveTsaEndedSince: Archived, NO_POE, NO_POE;
    /// … and renewed by a second one before it did.
    ArchiveRenewed: Archived, Passed, Passed;
    ArchiveRenewedTooLate: Archived, NO_POE, NO_POE;

    // Times.
    NoSigningTime: Any, RULE, RULE;
    /// Three hours before the timestamp; P2 to P4 allow two.
    SigningTimeEarly: Policy, RULE, RULE;
    /// A second within the two hours.
    SigningTimeJustInTime: Policy, Passed, Passed;
    /// 301 seconds after the timestamp: more than clocks may differ.
    SigningTimeAfterStamp: Stamped, ORDER, ORDER;
    SigningTimeWithinSkew: Stamped, Passed, Passed;
    ContentStamp: Stamped, Passed, Passed;
    ContentStampImprint: Stamped, RULE, RULE;
    ContentStampAfterStamp: Stamped, ORDER, ORDER;
    /// Half an hour younger than the claimed signing time, and signed by the signature all the same.
    ContentStampAfterSigning: Stamped, ORDER, ORDER;

    // The profile.
    PolicyUnknown: Policy, Open("SIGNATURE_POLICY_NOT_AVAILABLE"), Open("SIGNATURE_POLICY_NOT_AVAILABLE");
    PolicyHash: Policy, Open("POLICY_PROCESSING_ERROR"), Open("POLICY_PROCESSING_ERROR");
    /// The guide's own digest, by an algorithm that the profiles do not allow.
    PolicyHashAlgorithm: Policy, Open("POLICY_PROCESSING_ERROR"), Open("POLICY_PROCESSING_ERROR");
    NoPolicyUri: Policy, RULE, RULE;
    /// P4's data under P3's identifier.
    PolicyOfAnotherProfile: P4, RULE, RULE;
    NoStamp: Policy, RULE, RULE;
    CrlWhereOcspIsWanted: P4, RULE, RULE;
    OcspWhereCrlIsWanted: P3, RULE, RULE;
    /// P2 carries nothing: the verifier has the wrong kind, and can still get the right one.
    OcspWhereCrlIsWantedOutside: P2, LATER, LATER;
    NoReferences: Complete, RULE, RULE;
    OtherCertificateReferences: Complete, RULE, RULE;
    OtherRevocationReferences: Complete, RULE, RULE;
    NoCertificateValues: Complete, RULE, RULE;
    /// The lists are there, and empty.
    EmptyReferences: Complete, RULE, RULE;
    EmptyCertificateValues: Complete, RULE, RULE;
    NoRevocationValues: Complete, RULE, RULE;
    /// The only CRL is an hour younger than the timestamp, and a day has passed since.
    CrlOlderThanGrace: Grace, LATER, LATER;
    /// Validated three hours after the timestamp: nothing can be final yet.
    WithinGrace: Grace, LATER, LATER;
}

impl Defect {
    fn happens(self, rung: Rung, profile: Profile) -> bool {
        match self.row().0 {
            Where::Any => true,
            Where::Crl => profile != Profile::P4,
            Where::Ocsp => matches!(profile, Profile::P1 | Profile::P4),
            Where::Stamped => rung >= Rung::T,
            Where::Archived => rung == Rung::Lta,
            Where::Policy => profile != Profile::P1,
            Where::Complete => matches!(profile, Profile::P3 | Profile::P4),
            Where::P4 => profile == Profile::P4,
            Where::P3 => profile == Profile::P3,
            Where::P2 => profile == Profile::P2,
            Where::Grace => matches!(profile, Profile::P2 | Profile::P3),
        }
    }

    /// True when the signer's state comes from a CRL.
    pub fn by_crl(self, profile: Profile) -> bool {
        match profile {
            Profile::P1 => self.row().0 == Where::Crl,
            Profile::P2 => self != Self::OcspWhereCrlIsWantedOutside,
            Profile::P3 => self != Self::OcspWhereCrlIsWanted,
            Profile::P4 => self == Self::CrlWhereOcspIsWanted,
        }
    }

    fn expected(self, rung: Rung, profile: Profile) -> Expect {
        let (_, unproven, proven) = self.row();
        match (self, rung, profile) {
            // A later archive timestamp proves that the signature timestamp is older than what happened to its authority.
            (Self::TsaEndedSince | Self::TsaWeakSince | Self::TsaCompromisedLater, Rung::Lta, _) => Passed,
            // P3 and P4 want revocation data inside; without any, the profile is broken and not only the answer late.
            (Self::NoRevocation, _, Profile::P3 | Profile::P4) => RULE,
            // Nor does a list of somebody else count as one.
            (Self::CrlOfAnotherIssuer, _, Profile::P3) => RULE,
            (_, Rung::B, _) => unproven,
            _ => proven,
        }
    }
}

/// One row of the table.
pub struct Scenario {
    /// What a failing test prints.
    pub name: String,
    pub defect: Defect,
    pub rung: Rung,
    pub profile: Profile,
    pub expected: Expect,
}

impl Scenario {
    /// What the signature is built from, and what its verifier is given.
    pub fn kit(&self) -> Kit {
        build(self.defect, self.rung, self.profile)
    }
}

/// Every defect at every pair of rung and profile where it can happen.
pub fn table() -> Vec<Scenario> {
    let pairs = PAIRS.iter().flat_map(|pair| Defect::ALL.iter().map(move |defect| (*defect, *pair)));
    pairs
        .filter(|(defect, (rung, profile))| defect.happens(*rung, *profile))
        .map(|(defect, (rung, profile))| Scenario {
            name: format!("{defect:?} at {rung:?} under {profile:?}"),
            defect,
            rung,
            profile,
            expected: defect.expected(rung, profile),
        })
        .collect()
}

/// Two signers of one document, in parallel or in series; the first comes first, the second above it.
pub struct Several {
    pub name: &'static str,
    pub first: Kit,
    pub second: Kit,
    pub expected: Expect,
}

/// Pairs of signers under P4: all must pass, and the file says the worst (pki.md 4.9).
pub fn several() -> Vec<Several> {
    let pair = |name, first, second, expected| Several {
        name,
        first: build(first, Rung::Lt, Profile::P4),
        second: super::scenario_kit::second(second, Rung::Lt, Profile::P4),
        expected,
    };
    vec![
        pair("both sound", Defect::Sound, Defect::Sound, Passed),
        pair("the first's authority revoked", Defect::SubCaRevoked, Defect::Sound, CA_GONE),
        pair("the second's authority revoked", Defect::Sound, Defect::SubCaRevoked, CA_GONE),
        pair("the first revoked", Defect::OcspRevokedBefore, Defect::Sound, Failed("REVOKED")),
        pair("the second revoked", Defect::Sound, Defect::OcspRevokedBefore, Failed("REVOKED")),
        pair(
            "the first's value broken",
            Defect::SignatureValue,
            Defect::Sound,
            Failed("SIG_CRYPTO_FAILURE"),
        ),
        pair(
            "the second's value broken",
            Defect::Sound,
            Defect::SignatureValue,
            Failed("SIG_CRYPTO_FAILURE"),
        ),
        pair(
            "the second's timestamp of another message",
            Defect::Sound,
            Defect::StampOfAnotherMessage,
            RULE,
        ),
        pair("the second not qualified", Defect::Sound, Defect::NoBtkStatement, CLASS),
    ]
}
