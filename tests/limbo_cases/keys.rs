//! Keys that no provider of signatures has: curves and sizes that are not allowed, parameters written out.

use std::sync::OnceLock;

use openssl::bn::{BigNum, BigNumContext};
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use crate::forge::der::{Der, alg, bits, int, octets, oid, seq, uint};
use crate::forge::pki::{Key, KeyKind};

/// A key of another size or curve than the kind says: the kind only names how it signs.
fn like(kind: KeyKind, pkey: PKey<Private>) -> Key {
    Key { kind, pkey }
}

pub fn rsa(size: u32) -> Key {
    like(KeyKind::Rsa2048, PKey::from_rsa(Rsa::generate(size).unwrap()).unwrap())
}

pub fn p192() -> Key {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME192V1).unwrap();
    like(KeyKind::P256, PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
}

/// DSA with 3072 bits: one for all cases, since its parameters take their time.
pub fn dsa() -> Key {
    static KEY: OnceLock<PKey<Private>> = OnceLock::new();
    let pkey = KEY.get_or_init(|| PKey::from_dsa(Dsa::generate(3072).unwrap()).unwrap());
    like(KeyKind::P256, pkey.clone())
}

pub fn dsa_with_sha256() -> Der {
    alg("2.16.840.1.101.3.4.3.2")
}

/// The SubjectPublicKeyInfo of a P-256 key with its curve written out instead of named (X9.62 `ECParameters`).
pub fn explicit_curve(key: &Key) -> Der {
    let ec = key.pkey.ec_key().unwrap();
    let group = ec.group();
    let mut context = BigNumContext::new().unwrap();
    let (mut p, mut a, mut b) = (BigNum::new().unwrap(), BigNum::new().unwrap(), BigNum::new().unwrap());
    group.components_gfp(&mut p, &mut a, &mut b, &mut context).unwrap();
    let (mut order, mut cofactor) = (BigNum::new().unwrap(), BigNum::new().unwrap());
    group.order(&mut order, &mut context).unwrap();
    group.cofactor(&mut cofactor, &mut context).unwrap();
    let mut point = |point: &openssl::ec::EcPointRef| point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut context).unwrap();
    let (generator, public) = (point(group.generator_opt().unwrap()), point(ec.public_key()));
    let coefficient = |number: &BigNum| octets(&number.to_vec_padded(32).unwrap());
    let field = seq([oid("1.2.840.10045.1.1"), uint(&p.to_vec())]);
    let parameters = seq([
        int(1),
        field,
        seq([coefficient(&a), coefficient(&b)]),
        octets(&generator),
        uint(&order.to_vec()),
        uint(&cofactor.to_vec()),
    ]);
    seq([seq([oid("1.2.840.10045.2.1"), parameters]), bits(&public)])
}

/// An RSA key without a modulus.
pub fn empty_rsa() -> Der {
    seq([crate::forge::der::alg_null("1.2.840.113549.1.1.1"), bits(&[])])
}
