//! XML-DSig vectors that others made, judged by our core and by xmlsec1 in the same run. Where the two differ a table says why.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64::Engine;
use kep_gateway::limits::Limits;
use kep_gateway::signature::crypto::PublicKey;
use kep_gateway::signature::xades::core::bare;
use kep_gateway::signature::xades::document::Refusal;
use kep_gateway::signature::{Context, Trust};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;

const SETS: [&str; 6] = [
    "aleksey-xmldsig-01",
    "merlin-c14n-three",
    "merlin-exc-c14n-one",
    "merlin-xmldsig-twenty-three",
    "phaos-xmldsig-three",
    "xmldsig11-interop-2012",
];

/// What our core says of a vector, given every key that could have made it.
#[derive(Debug, PartialEq, Eq)]
enum Ours {
    Good,
    WrongDigest,
    WrongSignature,
    /// Refused before anything was compared: code and detail.
    Refused(String, String),
}

struct Corpus {
    root: PathBuf,
    keys: Vec<PublicKey>,
    context: Context,
}

fn corpus() -> Option<Corpus> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/xmldsig");
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return None;
    }
    let keys = files(&root.join("keys"))
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with("-pubkey.der") || path.to_string_lossy().ends_with("-pubkey.pem"))
        .filter_map(|path| {
            let bytes = fs::read(path).ok()?;
            let key = PKey::public_key_from_der(&bytes)
                .or_else(|_| PKey::public_key_from_pem(&bytes))
                .ok()?;
            PublicKey::from_spki(&key.public_key_to_der().ok()?).ok()
        })
        .collect();
    let trust = Trust::load(None, None, None).unwrap();
    let context = Context::new(Arc::new(trust), "2026-11-22T00:00:00Z".parse().unwrap(), Limits::default());
    Some(Corpus { root, keys, context })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

impl Corpus {
    fn vectors(&self) -> Vec<PathBuf> {
        let xml = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // Post-quantum and GOST vectors are beyond both.
            let is_signed = fs::read_to_string(path).is_ok_and(|text| text.contains("SignatureValue"));
            let beyond = ["mldsa", "slhdsa", "ml-kem", "gost"].iter().any(|kind| name.contains(kind));
            name.ends_with(".xml") && is_signed && !beyond
        };
        SETS.iter().flat_map(|set| files(&self.root.join(set))).filter(xml).collect()
    }

    fn ours(&self, path: &Path) -> Ours {
        let bytes = fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let content = local_content(path, &text);
        match bare(&bytes, content.as_deref(), &self.context) {
            Ok(found) if !found.digests_fit => Ours::WrongDigest,
            Ok(found) => {
                let own = keys_inside(path, &text);
                match self.keys.iter().chain(&own).any(|key| found.signed.is_made_by(key)) {
                    true => Ours::Good,
                    false => Ours::WrongSignature,
                }
            }
            Err(Refusal(cause, _, detail)) => Ours::Refused(cause.code.to_owned(), detail),
        }
    }

    /// xmlsec1 with every key that could have made it; nothing from the network.
    fn xmlsec1(&self, path: &Path) -> bool {
        let keys = self.root.join("keys");
        let at = |name: &str| keys.join(name).to_string_lossy().into_owned();
        let insecure = "--insecure".to_string();
        let mut attempts = vec![vec![insecure.clone()], vec![insecure, "--keys-file".to_string(), at("keys.xml")]];
        let text = fs::read_to_string(path).unwrap();
        let method = text
            .split("SignatureMethod Algorithm=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        let kinds = [("hmac", "none"), ("ecdsa", "ec"), ("dsa", "dsa"), ("rsa", "rsa")];
        let kind = kinds
            .into_iter()
            .find(|(name, _)| method.contains(name))
            .map_or("none", |(_, folder)| folder);
        if method.contains("hmac") {
            attempts.push(vec!["--hmackey".to_string(), at("hmackey.bin")]);
        }
        for key in files(&keys.join(kind))
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with("-pubkey.der"))
        {
            attempts.push(vec!["--pubkey-der".to_string(), key.to_string_lossy().into_owned()]);
        }
        let certificates = path.parent().unwrap().join("certs");
        for cert in files(&certificates)
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with("der") && kind == "rsa")
        {
            attempts.push(vec!["--pubkey-cert-der".to_string(), cert.to_string_lossy().into_owned()]);
        }
        attempts.into_iter().any(|arguments| {
            let output = Command::new("xmlsec1")
                .arg("--verify")
                .args(arguments)
                .args(["--enabled-reference-uris", "empty,same-doc,local", "--id-attr:ID", "bar"])
                .arg(path.file_name().unwrap())
                .current_dir(path.parent().unwrap())
                .output()
                .expect("xmlsec1 is the judge of this test: install it");
            output.status.success()
        })
    }
}

/// What a detached vector signs, when it lies beside it.
fn local_content(path: &Path, text: &str) -> Option<Vec<u8>> {
    let uris = text.split("URI=\"").skip(1).filter_map(|rest| rest.split('"').next());
    uris.filter(|uri| !uri.is_empty() && !uri.starts_with('#'))
        .find_map(|uri| fs::read(path.parent()?.join(uri)).ok())
}

/// The keys that the vector itself carries: certificates, RSA values, DER values; and certificates that lie beside it.
fn keys_inside(path: &Path, text: &str) -> Vec<PublicKey> {
    let decode = |value: &str| {
        let compact: String = value.chars().filter(|c| !c.is_whitespace()).collect();
        base64::engine::general_purpose::STANDARD.decode(compact).ok()
    };
    let values = |name: &str| -> Vec<Vec<u8>> {
        let open = format!("{name}>");
        text.split(&open)
            .skip(1)
            .step_by(2)
            .filter_map(|rest| decode(rest.split('<').next()?))
            .collect()
    };
    let mut keys = Vec::new();
    let beside = files(path.parent().unwrap()).into_iter().filter_map(|path| fs::read(path).ok());
    for der in values("X509Certificate").into_iter().chain(beside) {
        let certificate = X509::from_der(&der).or_else(|_| X509::from_pem(&der));
        keys.extend(
            certificate
                .ok()
                .and_then(|cert| cert.public_key().ok())
                .and_then(|key| key.public_key_to_der().ok()),
        );
    }
    keys.extend(values("DEREncodedKeyValue"));
    keys.extend(curve_keys(text, &values("PublicKey")));
    for (modulus, exponent) in values("Modulus").into_iter().zip(values("Exponent")) {
        let key = Rsa::from_public_components(BigNum::from_slice(&modulus).unwrap(), BigNum::from_slice(&exponent).unwrap());
        keys.extend(key.and_then(PKey::from_rsa).and_then(|key| key.public_key_to_der()).ok());
    }
    keys.iter().filter_map(|spki| PublicKey::from_spki(spki).ok()).collect()
}

/// ECKeyValue: a curve by name and a point.
fn curve_keys(text: &str, points: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let curve = [
        ("1.2.840.10045.3.1.7", Nid::X9_62_PRIME256V1),
        ("1.3.132.0.34", Nid::SECP384R1),
        ("1.3.132.0.35", Nid::SECP521R1),
    ];
    let named = curve.into_iter().find(|(oid, _)| text.contains(&format!("urn:oid:{oid}\"")));
    let Some((_, nid)) = named else { return Vec::new() };
    let group = EcGroup::from_curve_name(nid).unwrap();
    let spki = |point: &Vec<u8>| {
        let mut scratch = BigNumContext::new().ok()?;
        let point = EcPoint::from_bytes(&group, point, &mut scratch).ok()?;
        let key = EcKey::from_public_key(&group, &point).ok()?;
        PKey::from_ec_key(key).ok()?.public_key_to_der().ok()
    };
    points.iter().filter_map(spki).collect()
}

/// What we refuse and xmlsec1 takes: code, part of the detail, why.
const WE_REFUSE: [(&str, &str, &str); 10] = [
    (
        "KEP-3703",
        "REC-xpath-19991116",
        "XPath: an expression of the signer's decides what is signed",
    ),
    ("KEP-3703", "xmldsig-filter2", "XPath filter: the same"),
    ("KEP-3703", "REC-xslt", "XSLT: a program of the signer's decides what is signed"),
    ("KEP-3703", "#xpointer", "XPointer beyond an Id"),
    (
        "KEP-3703",
        "Relationship",
        "OPC relationships: packages are judged by their own rules",
    ),
    (
        "KEP-3305",
        "dsa-sha",
        "DSA signs no document under Turkish law since 2016 but with 3072 bits, and nobody writes it in XML",
    ),
    ("KEP-3305", "hmac", "HMAC: a shared secret is nobody's signature"),
    ("KEP-3305", "md5", "MD5 ended in 2004"),
    ("KEP-3305", "ripemd160", "RIPEMD-160 is not in the tables of the law since 2008"),
    ("KEP-3719", "", "a DTD can change the content behind the signature"),
];

/// What we find sound and an xmlsec1 does not know or trust: part of the name, why.
const THEY_LACK: [(&str, &str); 7] = [
    (
        "xmldsig11-interop-2012/signature-enveloping-p",
        "xmlsec1 1.2 cannot read an ECKeyValue; we were given the key",
    ),
    (
        "detached",
        "a relative address is remote to xmlsec1 1.2, and in this run nobody fetches anything; we were given the content",
    ),
    ("rsa-pss", "xmlsec1 1.2 has no RSA-PSS"),
    ("sha3", "xmlsec1 1.2 has no SHA-3"),
    ("eddsa-ed25519", "xmlsec1 1.2 has no EdDSA"),
    (
        "ecdsa-sha256_padded",
        "r and s with leading zeros: the same numbers, which xmlsec1 1.3 takes too",
    ),
    (
        "keyinforeference",
        "xmlsec1 1.2 cannot follow a KeyInfoReference to the key; we were given it",
    ),
];

#[test]
fn our_core_and_xmlsec1_agree_but_for_what_the_table_says() {
    let Some(corpus) = corpus() else { return };
    let vectors = corpus.vectors();
    let (mut agreed, mut good, mut unexplained) = (0, 0, Vec::new());
    for path in &vectors {
        let (ours, theirs) = (corpus.ours(path), corpus.xmlsec1(path));
        let name = path.strip_prefix(&corpus.root).unwrap().to_string_lossy().into_owned();
        good += usize::from(ours == Ours::Good);
        let why = match (&ours, theirs) {
            (Ours::Good, true) => {
                agreed += 1;
                continue;
            }
            (Ours::Good, false) => THEY_LACK.iter().find(|(part, _)| name.contains(part)).map(|(_, why)| *why),
            (_, false) => {
                agreed += 1;
                continue;
            }
            (Ours::Refused(code, detail), true) => {
                let row = WE_REFUSE.iter().find(|(known, part, _)| known == code && detail.contains(part));
                row.map(|(_, _, why)| *why)
            }
            (_, true) => None,
        };
        match why {
            Some(why) => println!("{name}: {ours:?}, xmlsec1 {theirs}: {why}"),
            None => unexplained.push(format!("{name}: {ours:?}, xmlsec1 {theirs}")),
        }
    }
    println!("{} vectors, {agreed} in agreement, {good} sound", vectors.len());
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(vectors.len() > 150 && good > 40, "{} {good}", vectors.len());
}

/// What is broken on purpose is broken here too, and for its reason.
#[test]
fn broken_vectors_are_found_broken() {
    let Some(corpus) = corpus() else { return };
    let phaos = corpus.root.join("phaos-xmldsig-three");
    assert_eq!(
        corpus.ours(&phaos.join("signature-rsa-enveloped-bad-digest-val.xml")),
        Ours::WrongDigest
    );
    // Broken twice: its digest is MD5.
    let bad = corpus.ours(&phaos.join("signature-rsa-enveloped-bad-sig.xml"));
    assert!(matches!(bad, Ours::Refused(ref code, _) if code == "KEP-3305"), "{bad:?}");
    let good = corpus.root.join("aleksey-xmldsig-01/enveloping-sha256-rsa-sha256.xml");
    assert_eq!(corpus.ours(&good), Ours::Good);
    let text = fs::read_to_string(&good).unwrap();
    let (head, value) = text.split_once("<SignatureValue>").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let broken = dir.path().join("broken.xml");
    fs::write(&broken, format!("{head}<SignatureValue>AAAA{}", &value.trim_start()[4..])).unwrap();
    assert_eq!(corpus.ours(&broken), Ours::WrongSignature);
    assert_eq!(corpus.ours(&phaos.join("signature-rsa-enveloped.xml")), Ours::Good);
}
