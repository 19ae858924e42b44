//! ECDSA as attackers would like it to be: values out of range, other encodings, other curves. Each is made from a genuine signature.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use forge::der::{Der, int, octets, oid, seq, tlv, uint};
use forge::pki::{Hash as ForgeHash, Key, KeyKind};
use kep_gateway::signature::crypto::{CryptoError, Hash, PublicKey, Scheme, ecdsa_from_concatenation};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcPoint, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;

const MESSAGE: &[u8] = b"imzalanan";

struct Bench {
    group: EcGroup,
    key: Key,
    public: PublicKey,
    scheme: Scheme,
}

fn bench(kind: KeyKind) -> Bench {
    let (nid, hash, scheme) = match kind {
        KeyKind::P384 => (Nid::SECP384R1, ForgeHash::Sha384, Scheme::Ecdsa(Hash::Sha384)),
        _ => (Nid::X9_62_PRIME256V1, ForgeHash::Sha256, Scheme::Ecdsa(Hash::Sha256)),
    };
    let key = Key::generate(kind);
    assert_eq!(key.natural_hash(), hash);
    Bench {
        group: EcGroup::from_curve_name(nid).unwrap(),
        public: PublicKey::from_spki(&key.spki()).unwrap(),
        key,
        scheme,
    }
}

impl Bench {
    fn genuine(&self) -> Der {
        self.key.sign(self.key.natural_hash(), MESSAGE)
    }

    fn verifies(&self, signature: &[u8]) -> bool {
        self.public.verify(self.scheme, MESSAGE, signature).unwrap_or(false)
    }
}

fn pair(r: &BigNum, s: &BigNum) -> Der {
    let number = |value: &BigNum| uint(&value.to_vec());
    seq([number(r), number(s)])
}

#[test]
fn values_out_of_range_are_no_signature() {
    for kind in [KeyKind::P256, KeyKind::P384] {
        let bench = bench(kind);
        let genuine = EcdsaSig::from_der(&bench.genuine()).unwrap();
        let (r, s) = (genuine.r().to_owned().unwrap(), genuine.s().to_owned().unwrap());
        assert!(bench.verifies(&pair(&r, &s)));
        let mut context = BigNumContext::new().unwrap();
        let mut order = BigNum::new().unwrap();
        bench.group.order(&mut order, &mut context).unwrap();
        let mut prime = BigNum::new().unwrap();
        let (mut a, mut b) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        bench.group.components_gfp(&mut prime, &mut a, &mut b, &mut context).unwrap();
        let plus = |x: &BigNum, y: &BigNum| {
            let mut sum = BigNum::new().unwrap();
            sum.checked_add(x, y).unwrap();
            sum
        };
        let (zero, one) = (BigNum::from_u32(0).unwrap(), BigNum::from_u32(1).unwrap());
        let bad = [
            (&zero, &zero),
            (&zero, &s),
            (&r, &zero),
            (&one, &one),
            (&one, &zero),
            (&order, &s),
            (&r, &order),
            (&order, &order),
            (&prime, &s),
            (&prime, &prime),
        ];
        for (index, (r, s)) in bad.into_iter().enumerate() {
            assert!(!bench.verifies(&pair(r, s)), "{kind:?} pair {index}");
        }
        // The same modulo the order: a lenient verifier reduces and accepts.
        assert!(!bench.verifies(&pair(&plus(&r, &order), &s)));
        assert!(!bench.verifies(&pair(&r, &plus(&s, &order))));
        // Negative, by two's complement of the same octets.
        let negative = |value: &BigNum| tlv(0x02, &[vec![0xff], value.to_vec()].concat());
        assert!(!bench.verifies(&seq([negative(&r), uint(&s.to_vec())])));
        assert!(!bench.verifies(&seq([uint(&r.to_vec()), negative(&s)])));
    }
}

#[test]
fn only_the_one_der_encoding_counts() {
    for kind in [KeyKind::P256, KeyKind::P384] {
        let bench = bench(kind);
        let genuine = bench.genuine();
        assert!(bench.verifies(&genuine));
        let parsed = EcdsaSig::from_der(&genuine).unwrap();
        let size = if kind == KeyKind::P384 { 48 } else { 32 };
        let (r, s) = (parsed.r().to_vec_padded(size).unwrap(), parsed.s().to_vec_padded(size).unwrap());
        let concatenated = [r.clone(), s.clone()].concat();
        let body = &genuine[2..];
        let long_length = [vec![0x30, 0x81, genuine[1]], body.to_vec()].concat();
        let padded = seq([tlv(0x02, &[vec![0, 0], r.clone()].concat()), uint(&s)]);
        let indefinite = [vec![0x30, 0x80], body.to_vec(), vec![0, 0]].concat();
        let variants = [
            ("r || s", concatenated.clone()),
            ("long length", long_length),
            ("padded integer", padded),
            ("indefinite", indefinite),
            ("trailing byte", [genuine.clone(), vec![0]].concat()),
            ("third integer", seq([uint(&r), uint(&s), int(1)])),
            ("one integer", seq([uint(&r)])),
            ("octet strings", seq([octets(&r), octets(&s)])),
            ("empty", Vec::new()),
            ("empty sequence", seq([])),
            ("cut", genuine[..genuine.len() - 1].to_vec()),
        ];
        for (what, bytes) in variants {
            assert!(!bench.verifies(&bytes), "{kind:?}: {what}");
        }
        // XML-DSig and nobody else writes r || s: there it is turned into DER first.
        assert!(bench.verifies(&ecdsa_from_concatenation(&concatenated).unwrap()));
        assert_eq!(ecdsa_from_concatenation(&concatenated[1..]), None, "an odd length");
    }
}

#[test]
fn only_named_curves_that_are_known_and_points_that_lie_on_them() {
    let bench = bench(KeyKind::P256);
    let mut context = BigNumContext::new().unwrap();
    let ec_key = bench.key.pkey.ec_key().unwrap();
    let point = ec_key
        .public_key()
        .to_bytes(&bench.group, PointConversionForm::UNCOMPRESSED, &mut context)
        .unwrap();
    let spki = |parameters: Der, point: &[u8]| seq([seq([oid("1.2.840.10045.2.1"), parameters]), forge::der::bits(point)]);
    let p256 = || oid("1.2.840.10045.3.1.7");
    assert!(PublicKey::from_spki(&spki(p256(), &point)).is_ok(), "the sound one");
    // CVE-2020-0601: the curve's parameters written out, with a generator of the attacker's choice.
    let mut explicit = bench.group;
    explicit.set_asn1_flag(openssl::ec::Asn1Flag::EXPLICIT_CURVE);
    let written_out = openssl::ec::EcKey::from_public_key(&explicit, ec_key.public_key()).unwrap();
    let written_out = openssl::pkey::PKey::from_ec_key(written_out).unwrap().public_key_to_der().unwrap();
    assert!(written_out.len() > 150, "parameters are written out");
    assert!(PublicKey::from_spki(&written_out).is_err());
    assert!(PublicKey::from_spki(&spki(forge::der::null(), &point)).is_err(), "inherited curve");
    let unknown = PublicKey::from_spki(&spki(oid("1.3.132.0.10"), &point));
    assert_eq!(unknown.err(), Some(CryptoError::Unsupported), "secp256k1");
    let mut off = point.clone();
    *off.last_mut().unwrap() ^= 1;
    assert!(PublicKey::from_spki(&spki(p256(), &off)).is_err(), "off the curve");
    assert!(PublicKey::from_spki(&spki(p256(), &[0])).is_err(), "the point at infinity");
    let group = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
    let generator = group
        .generator_opt()
        .unwrap()
        .to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut context)
        .unwrap();
    assert!(EcPoint::from_bytes(&group, &generator, &mut context).is_ok());
    assert!(PublicKey::from_spki(&spki(p256(), &generator)).is_err(), "a point of another curve");
}

#[test]
fn a_key_verifies_with_its_own_kind_of_scheme_only() {
    let ec = bench(KeyKind::P256);
    let rsa = Key::generate(KeyKind::Rsa2048);
    let rsa_public = PublicKey::from_spki(&rsa.spki()).unwrap();
    let rsa_value = rsa.sign(ForgeHash::Sha256, MESSAGE);
    assert_eq!(rsa_public.verify(Scheme::RsaPkcs1(Hash::Sha256), MESSAGE, &rsa_value), Ok(true));
    assert_eq!(rsa_public.verify(Scheme::Ecdsa(Hash::Sha256), MESSAGE, &rsa_value), Ok(false));
    assert_eq!(ec.public.verify(Scheme::RsaPkcs1(Hash::Sha256), MESSAGE, &ec.genuine()), Ok(false));
    assert_eq!(
        ec.public.verify(Scheme::Ecdsa(Hash::Sha384), MESSAGE, &ec.genuine()),
        Ok(false),
        "another hash"
    );
    assert_eq!(rsa_public.verify(Scheme::RsaPkcs1(Hash::Sha256), MESSAGE, &[0; 256]), Ok(false));
    assert_eq!(
        rsa_public.verify(Scheme::RsaPkcs1(Hash::Sha256), MESSAGE, &rsa_value[1..]),
        Ok(false)
    );
}
