//! Signature cases for a verifier, one thing wrong at a time, each with the verdict that pki.md asks for.
//!
//! Every case is an attached CAdES over [`CONTENT`], to be judged as a person's signature (NES) under [`World::trust_folder`] and
//! [`World::intermediates`], with [`World::revocation`] where `folder` says so, at any time after 20 November 2026.

use jiff::SignedDuration;

use super::cades::{Defect, Level, Material, Spec, sign};
use super::cms::{Form, Scheme};
use super::pki::{BTK_NES, DIGITAL_SIGNATURE, EKU_TIMESTAMPING, Hash, KeyKind, POLICY_NES, Profile, QC_COMPLIANCE, at, synthetic_id};
use super::revocation::{OcspSpec, Revoked, Status, crl, ocsp};
use super::world::World;

pub const CONTENT: &[u8] = b"<PaketOzeti/>";

pub struct Case {
    pub name: String,
    pub cms: Vec<u8>,
    /// TOTAL-PASSED is the right answer; when false, anything but.
    pub passes: bool,
    /// Indication and sub-indication where the trade's rules fix them.
    pub verdict: Verdict,
    /// Give the verifier the revocation folder; without it only what is embedded counts.
    pub folder: bool,
}

type Verdict = Option<(&'static str, &'static str)>;

const FAILED: &str = "TOTAL-FAILED";
const INDETERMINATE: &str = "INDETERMINATE";

impl World {
    pub fn cases(&self) -> Vec<Case> {
        let mut all = self.sound_cases();
        all.extend(self.signature_cases());
        all.extend(self.certificate_cases());
        all.extend(self.revocation_cases());
        all
    }

    fn case(&self, name: &str, specs: &[Spec], form: Form) -> Case {
        Case {
            name: name.into(),
            cms: sign(CONTENT, true, specs, form),
            passes: true,
            verdict: None,
            folder: true,
        }
    }

    fn bad(&self, name: &str, spec: Spec, verdict: Verdict) -> Case {
        Case {
            passes: false,
            verdict,
            ..self.case(name, &[spec], Form::Der)
        }
    }

    /// All levels, profiles, algorithms and arrangements that must pass.
    fn sound_cases(&self) -> Vec<Case> {
        let rsa = &self.senders[1].director.cert;
        let ec = &self.senders[0].director.cert;
        let xl = |cert| self.p4(cert, self.base);
        let one = |name: &str, spec: Spec| self.case(name, &[spec], Form::Der);
        let mut serial = xl(rsa);
        let mut nested = self.p4(ec, self.base + SignedDuration::from_mins(1));
        nested.counter_signers = vec![self.p4(&self.senders[2].director.cert, self.base + SignedDuration::from_mins(2))];
        serial.counter_signers = vec![nested];
        vec![
            one("good-bes-p1", Spec::bes(rsa, self.base)),
            one("good-t-p2", self.p2(ec, self.base)),
            one(
                "good-c",
                Spec {
                    level: Level::C,
                    ..xl(rsa)
                },
            ),
            one("good-x", Spec { level: Level::X, ..xl(ec) }),
            Case {
                folder: false,
                ..one("good-xl-p4-self-contained", xl(rsa))
            },
            Case {
                folder: false,
                ..one("good-xl-p3-self-contained", self.p3(ec, self.base))
            },
            one("good-a", self.seal_spec(rsa, self.base)),
            one(
                "good-pss-sha256",
                Spec {
                    scheme: Scheme::Pss,
                    ..xl(rsa)
                },
            ),
            one(
                "good-pss-sha512",
                Spec {
                    scheme: Scheme::Pss,
                    hash: Hash::Sha512,
                    ..xl(rsa)
                },
            ),
            one(
                "good-rsa-encryption-oid",
                Spec {
                    scheme: Scheme::RsaEncryption,
                    ..xl(rsa)
                },
            ),
            one(
                "good-ecdsa-sha384",
                Spec {
                    hash: Hash::Sha384,
                    ..xl(ec)
                },
            ),
            one(
                "good-key-id-as-sid",
                Spec {
                    key_id_as_sid: true,
                    ..xl(ec)
                },
            ),
            one("good-unsorted-attributes", xl(rsa).with(Defect::UnsortedAttributes)),
            self.case("good-ber", &[xl(rsa)], Form::BerIndefinite),
            self.case("good-parallel", &[xl(rsa), xl(ec)], Form::Der),
            one("good-serial-nested", serial),
            Case {
                folder: false,
                ..one("good-revoked-after-time-stamp", xl(&self.revoked_later.cert))
            },
        ]
    }

    /// Faults of the signature itself, its attributes and its time-stamp.
    fn signature_cases(&self) -> Vec<Case> {
        let signer = &self.senders[1].director.cert;
        let xl = || self.p4(signer, self.base);
        let table: [(&str, Defect, Verdict); 19] = [
            ("wrong-message-digest", Defect::WrongMessageDigest, Some((FAILED, "HASH_FAILURE"))),
            ("altered-content", Defect::AlteredContent, Some((FAILED, "HASH_FAILURE"))),
            ("broken-signature", Defect::BrokenSignature, Some((FAILED, "SIG_CRYPTO_FAILURE"))),
            ("no-signed-attributes", Defect::NoSignedAttributes, None),
            ("no-content-type", Defect::NoContentType, None),
            ("content-type-mismatch", Defect::ContentTypeMismatch, None),
            ("no-signing-time", Defect::NoSigningTime, None),
            ("duplicate-signing-time", Defect::DuplicateSigningTime, None),
            ("duplicate-message-digest", Defect::DuplicateMessageDigest, None),
            ("two-values-in-message-digest", Defect::TwoValuesInMessageDigest, None),
            ("no-signing-certificate", Defect::NoSigningCertificate, None),
            ("wrong-certificate-hash", Defect::WrongCertificateHash, None),
            ("wrong-issuer-serial", Defect::WrongIssuerSerial, None),
            ("duplicate-signing-certificate", Defect::DuplicateSigningCertificate, None),
            ("wrong-policy-hash", Defect::WrongPolicyHash, None),
            ("late-time-stamp", Defect::LateTimestamp, None),
            ("early-time-stamp", Defect::EarlyTimestamp, None),
            ("wrong-time-stamp-imprint", Defect::WrongTimestampImprint, None),
            ("broken-time-stamp", Defect::BrokenTimestamp, None),
        ];
        let mut all: Vec<Case> = table
            .into_iter()
            .map(|(name, defect, verdict)| self.bad(name, xl().with(defect), verdict))
            .collect();
        all.push(self.bad("digest-algorithm-mismatch", xl().with(Defect::DigestAlgorithmMismatch), None));
        all.push(self.bad("wrong-certificate-refs", xl().with(Defect::WrongCertificateRefs), None));
        all.push(self.bad("broken-revocation-refs", xl().with(Defect::BrokenRevocationRefs), None));
        let embed = super::cades::Embed::None;
        let bare = Spec {
            embed,
            material: Material::default(),
            ..Spec::bes(signer, self.base)
        };
        all.push(self.bad("no-signer-certificate", bare, Some((INDETERMINATE, "NO_SIGNING_CERTIFICATE_FOUND"))));
        // One good and one broken signer in parallel: all must pass.
        let second = self.p4(&self.senders[0].director.cert, self.base).with(Defect::BrokenSignature);
        let mixed = self.case("one-of-two-parallel-broken", &[xl(), second], Form::Der);
        all.push(Case {
            passes: false,
            verdict: Some((FAILED, "SIG_CRYPTO_FAILURE")),
            ..mixed
        });
        let mut serial = xl();
        serial.counter_signers = vec![self.p4(&self.senders[0].director.cert, self.base).with(Defect::BrokenSignature)];
        all.push(self.bad("counter-signature-broken", serial, None));
        all.push(Case {
            passes: false,
            ..self.case("no-signers", &[], Form::Der)
        });
        let good = self.case("trailing-bytes", &[xl()], Form::Der);
        all.push(Case {
            passes: false,
            cms: [good.cms.clone(), vec![0x30, 0]].concat(),
            ..good
        });
        all
    }

    /// Faults of the signer's certificate: the classes of pki.md 2.3 and RFC 5280.
    fn certificate_cases(&self) -> Vec<Case> {
        type Change = fn(&mut Profile);
        let table: [(&str, Change); 14] = [
            ("no-non-repudiation", |p| p.key_usage = Some(vec![DIGITAL_SIGNATURE])),
            ("no-key-usage", |p| p.key_usage = None),
            ("no-user-notice", |p| p.policy = Some((POLICY_NES, None))),
            ("no-policies", |p| p.policy = None),
            ("no-etsi-statement", |p| *p = p.clone().without_statement(QC_COMPLIANCE)),
            ("no-btk-statement", |p| *p = p.clone().without_statement(BTK_NES)),
            ("no-statements", |p| p.qc_statements.clear()),
            ("unknown-critical-extension", |p| p.unknown_critical = true),
            ("forged-issuer-signature", |p| p.forged = true),
            ("inner-outer-algorithm-mismatch", |p| p.algorithm_mismatch = true),
            ("expired-before-signing", |p| p.not_after = at("2025-06-30T00:00:00Z")),
            ("not-yet-valid", |p| p.not_before = at("2044-01-01T00:00:00Z")),
            ("ca-as-signer", |p| p.ca = true),
            ("tsa-as-signer", |p| (p.eku, p.eku_critical) = (vec![EKU_TIMESTAMPING], true)),
        ];
        let mut all = vec![];
        for (i, (name, change)) in table.into_iter().enumerate() {
            let mut profile = Profile::nes("SINAMA KİŞİSİ", &synthetic_id(700 + i as u32), KeyKind::P256);
            change(&mut profile);
            let cert = self.nes.ca.issue(&profile, &format!("sinama-{i}"));
            all.push(self.bad(name, self.p4(&cert, self.base), None));
        }
        let unknown = self.p4(&self.unknown.cert, self.base);
        all.push(self.bad("unknown-root", unknown, Some((INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND"))));
        all.push(self.bad("seal-where-a-person-signs", self.p4(&self.senders[0].seal, self.base), None));
        all.push(self.bad("provider-where-a-person-signs", Spec::bes(&self.providers[0].cert, self.base), None));
        // A leaf that issues another leaf: basicConstraints and path length forbid it.
        let leaf = &self.senders[0].director.cert;
        let below = leaf.issue(&Profile::nes("ALT KİŞİ", &synthetic_id(790), KeyKind::P256), "alt-kisi");
        let spec = Spec {
            embed: super::cades::Embed::Chain,
            ..Spec::bes(&below, self.base)
        };
        all.push(self.bad("issued-by-a-leaf", spec, None));
        all
    }

    /// Faults of what is embedded about revocation, the folder withheld where the embedded data must speak for itself.
    fn revocation_cases(&self) -> Vec<Case> {
        let signer = &self.senders[1].director.cert;
        let stamped = self.p4(signer, self.base).stamp_time() + SignedDuration::from_secs(4);
        let answer = |change: &dyn Fn(&mut OcspSpec)| {
            let mut spec = OcspSpec {
                status: Status::Good,
                produced_at: stamped,
                next_update: Some(stamped + SignedDuration::from_hours(24)),
                wrong_cert_id: false,
                forged: false,
            };
            change(&mut spec);
            let mut signed = self.p4(signer, self.base);
            signed.material.ocsps = vec![ocsp(self.nes.responder.as_ref().unwrap(), signer, &spec)];
            signed
        };
        let alone = |name: &str, spec: Spec, verdict| Case {
            folder: false,
            ..self.bad(name, spec, verdict)
        };
        let before = at("2026-10-01T00:00:00Z");
        let mut contradicted = answer(&|s| s.status = Status::Revoked(before));
        contradicted.material.crls.push(self.nes.crl(stamped));
        let mut root_revokes_ca = self.p4(signer, self.base);
        let revoked_ca = Revoked {
            serial: self.nes.ca.serial.clone(),
            at: before,
            reason: 2,
        };
        let list = super::revocation::CrlSpec {
            this_update: stamped,
            next_update: at("2044-12-31T00:00:00Z"),
            number: 99_999,
            forged: false,
            unknown_critical: false,
        };
        root_revokes_ca.material.crls = vec![crl(&self.nes_root.ca, &list, &[revoked_ca])];
        let mut nothing = self.p4(signer, self.base);
        (nothing.material.ocsps, nothing.material.crls) = (vec![], vec![]);
        let mut foreign_responder = self.p4(signer, self.base);
        let spec = OcspSpec {
            status: Status::Good,
            produced_at: stamped,
            next_update: None,
            wrong_cert_id: false,
            forged: false,
        };
        foreign_responder.material.ocsps = vec![ocsp(self.seal.responder.as_ref().unwrap(), signer, &spec)];
        let revoked = Some((FAILED, "REVOKED"));
        let later = Some((INDETERMINATE, "TRY_LATER"));
        vec![
            alone("revoked-in-embedded-ocsp", self.p4(&self.revoked.cert, self.base), revoked),
            alone("revoked-in-embedded-crl", self.p3(&self.revoked.cert, self.base), revoked),
            self.bad("revoked-in-folder-only", Spec::bes(&self.revoked.cert, self.base), None),
            alone("revoked-in-ocsp-good-in-crl", contradicted, revoked),
            alone("ca-revoked-by-root", root_revokes_ca, None),
            alone("ocsp-unknown", answer(&|s| s.status = Status::Unknown), None),
            alone("ocsp-of-another-serial", answer(&|s| s.wrong_cert_id = true), later),
            alone("ocsp-forged", answer(&|s| s.forged = true), later),
            alone("ocsp-by-foreign-responder", foreign_responder, later),
            alone("no-revocation-data", nothing, None),
        ]
    }
}
