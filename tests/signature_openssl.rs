//! The scenarios' files judged by OpenSSL, which knows nothing of the product: sound ones are accepted, and of the broken ones those
//! that it looks for are refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::fs;
use std::path::Path;
use std::process::Command;

use forge::cades_kit::{Shape, Signing, sign};
use forge::pki::pem;
use forge::scenario_kit::{Kit, build};
use forge::scenarios::{Defect, PAIRS, Profile, Rung};
use kep_gateway::signature::cades::cms::SignedData;
use tempfile::TempDir;

const CONTENT: &[u8] = b"<PaketOzeti>OpenSSL</PaketOzeti>";

/// A folder with what OpenSSL is given.
struct Bench {
    dir: TempDir,
    kit: Kit,
}

impl Bench {
    fn new(kit: Kit) -> Self {
        let bench = Self {
            dir: tempfile::tempdir().unwrap(),
            kit,
        };
        // The program looks for issuers in the trusted file alone; without the root among them they are not trusted by themselves.
        let (_, issuers) = bench.kit.material.certificates.split_last().unwrap();
        let path: String = issuers.iter().map(|der| pem("CERTIFICATE", der)).collect();
        let anchors = |purpose: &str| -> String {
            let of_purpose = bench.kit.anchors.iter().filter(|(name, _)| *name == purpose);
            of_purpose.map(|(_, der)| pem("CERTIFICATE", der)).collect()
        };
        bench.put("nes.pem", anchors("nes") + &path);
        bench.put("tsa.pem", anchors("tsa"));
        bench.put("signer.pem", bench.kit.signer.pem());
        bench.put("issuer.pem", bench.kit.signer.issuer.as_ref().unwrap().pem());
        bench.put("content", CONTENT);
        bench
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_string_lossy().into_owned()
    }

    /// True and what it said, when OpenSSL accepted.
    fn openssl(&self, args: &[&str]) -> (bool, String) {
        let out = Command::new("openssl")
            .args(args)
            .output()
            .unwrap_or_else(|error| panic!("openssl could not be started ({error}). Run tests/run, which installs it."));
        let said = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// The time at which the kit's chain was valid.
    fn moment(&self) -> String {
        self.kit
            .stamp
            .as_ref()
            .map_or(self.kit.at, |stamp| stamp.at)
            .as_second()
            .to_string()
    }

    fn cms(&self, cms: &[u8], attached: bool) -> (bool, String) {
        let (file, content) = (self.put("x.p7s", cms), self.path("content"));
        let (nes, at) = (self.path("nes.pem"), self.moment());
        let mut args = vec!["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", &file];
        args.extend(["-CAfile", &nes, "-purpose", "any", "-attime", &at]);
        let out = self.path("out");
        args.extend(["-out", &out]);
        if !attached {
            args.extend(["-content", &content]);
        }
        self.openssl(&args)
    }

    fn token(&self, token: &[u8], data: &[u8]) -> (bool, String) {
        let (token, data) = (self.put("x.tst", token), self.put("x.data", data));
        let (tsa, at) = (self.path("tsa.pem"), self.moment());
        self.openssl(&[
            "ts",
            "-verify",
            "-token_in",
            "-in",
            &token,
            "-data",
            &data,
            "-CAfile",
            &tsa,
            "-attime",
            &at,
        ])
    }

    fn crl(&self, der: &[u8], issuer_pem: &str) -> (bool, String) {
        let (list, issuer) = (self.put("x.crl", der), self.put("crl-issuer.pem", issuer_pem));
        let (good, said) = self.openssl(&["crl", "-inform", "DER", "-in", &list, "-CAfile", &issuer, "-noout"]);
        (good && said.contains("verify OK"), said)
    }

    fn ocsp(&self, response: &[u8]) -> (bool, String) {
        let response = self.put("x.ocsp", response);
        let (issuer, signer, nes) = (self.path("issuer.pem"), self.path("signer.pem"), self.path("nes.pem"));
        let at = self.moment();
        let (good, said) = self.openssl(&[
            "ocsp",
            "-respin",
            &response,
            "-issuer",
            &issuer,
            "-cert",
            &signer,
            "-CAfile",
            &nes,
            "-attime",
            &at,
            "-no_nonce",
            "-validity_period",
            "999999999",
        ]);
        (good && said.contains("verify OK") && said.contains(": good"), said)
    }
}

fn shapes(rung: Rung) -> Vec<Shape> {
    Shape::ALL.into_iter().filter(|shape| shape.rung() == rung).collect()
}

#[test]
fn openssl_accepts_what_is_sound_at_every_level() {
    for (rung, profile) in PAIRS {
        for shape in shapes(rung) {
            for attached in [true, false] {
                let bench = Bench::new(build(Defect::Sound, rung, profile));
                let cms = sign(CONTENT, attached, &[Signing::new(bench.kit.clone(), shape)]);
                let (good, said) = bench.cms(&cms, attached);
                assert!(good, "{shape:?} {profile:?} attached {attached}: {said}");
                assert_eq!(fs::read(Path::new(&bench.path("out"))).unwrap(), CONTENT);
            }
        }
    }
}

#[test]
fn openssl_reads_timestamps_lists_and_answers_of_the_sound_ones() {
    for profile in [Profile::P3, Profile::P4] {
        let bench = Bench::new(build(Defect::Sound, Rung::Lta, profile));
        let cms = sign(CONTENT, true, &[Signing::new(bench.kit.clone(), Shape::A3v3)]);
        let signed = SignedData::parse(&cms, 32).unwrap();
        let info = &signed.signers[0];
        let stamp = info
            .unsigned
            .iter()
            .find(|one| one.id.to_string() == forge::cms::SIGNATURE_TIMESTAMP)
            .unwrap();
        let (good, said) = bench.token(stamp.values[0].raw, &info.signature);
        assert!(good, "{said}");
        let (good, _) = bench.token(stamp.values[0].raw, b"another message");
        assert!(!good);
        for list in &bench.kit.material.crls {
            let issuers = bench.kit.signer.chain();
            let issuer = issuers.iter().find(|one| one.subject == list.issuer_name).unwrap();
            let (good, said) = bench.crl(&list.der, &issuer.pem());
            assert!(good, "{said}");
        }
        for answer in &bench.kit.material.ocsps {
            let (good, said) = bench.ocsp(&answer.response);
            assert!(good, "{said}");
        }
    }
}

#[test]
fn openssl_refuses_the_broken_ones_that_it_looks_for() {
    // The signature and its chain.
    for defect in [
        Defect::Content,
        Defect::SignatureValue,
        Defect::NoBinding,
        Defect::OtherBinding,
        Defect::LeafForged,
        Defect::LeafExpired,
        Defect::LeafNotYetValid,
        Defect::LeafUnknownCritical,
        Defect::SubCaExpired,
        Defect::SubCaForged,
        Defect::SubCaWithoutFlag,
        Defect::SubCaKeyUsage,
        Defect::SubCaUnknownCritical,
        Defect::SubCaPathLength,
        Defect::RootUnknown,
    ] {
        let bench = Bench::new(build(defect, Rung::Lt, Profile::P4));
        let cms = sign(CONTENT, true, &[Signing::new(bench.kit.clone(), Shape::Xl)]);
        assert!(!bench.cms(&cms, true).0, "{defect:?}");
    }
    let sound = Bench::new(build(Defect::LongerPath, Rung::Lt, Profile::P4));
    let cms = sign(CONTENT, true, &[Signing::new(sound.kit.clone(), Shape::Xl)]);
    assert!(sound.cms(&cms, true).0, "the sound brother of the path that is too long");
    // Timestamps.
    for defect in [
        Defect::StampImprint,
        Defect::StampSignature,
        Defect::StampOfAnotherMessage,
        Defect::TsaExpired,
        Defect::TsaNoEku,
        Defect::TsaEkuNotCritical,
        Defect::TsaTwoEkus,
        Defect::TsaForged,
        Defect::TsaUnknown,
    ] {
        let bench = Bench::new(build(defect, Rung::T, Profile::P1));
        let stamp = bench.kit.stamp.as_ref().unwrap();
        assert!(!bench.token(&stamp.token(CONTENT), CONTENT).0, "{defect:?}");
    }
    // Revocation.
    for defect in [
        Defect::OcspForged,
        Defect::OcspOfAnotherSerial,
        Defect::ResponderNotAuthorised,
        Defect::ResponderOfAnotherCa,
        Defect::ResponderForged,
    ] {
        let bench = Bench::new(build(defect, Rung::Lt, Profile::P4));
        let answer = &bench.kit.material.ocsps[0];
        assert!(!bench.ocsp(&answer.response).0, "{defect:?}");
    }
    for defect in [Defect::CrlForged, Defect::CrlOfAnotherKey, Defect::CrlOfAnotherIssuer] {
        let bench = Bench::new(build(defect, Rung::Lt, Profile::P3));
        let issuer = bench.kit.signer.issuer.as_ref().unwrap().pem();
        assert!(!bench.crl(&bench.kit.material.crls[0].der, &issuer).0, "{defect:?}");
    }
}
