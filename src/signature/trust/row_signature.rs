//! Row signatures of Kamu SM's depository: the file travels over plain HTTP, so each row carries a signature over the certificate and
//! what the row says about it.
//!
//! A signature is `SEQUENCE { [0] key id, [1] RSA signature }`; the key id is the hash of the signer's SubjectPublicKeyInfo, and its length
//! tells the scheme: 20 octets for RSA with SHA-1, 64 for RSA with SHA-512.

use std::sync::Arc;

use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::certificate::Certificate;
use crate::signature::crypto::{Hash, Scheme};

/// What a row's signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// RSA with SHA-512 by a certificate that is trusted here.
    Verified,
    /// The same with SHA-1, under which two different rows can carry one signature: no ground for trust.
    VerifiedWeakly,
    SignerUnknown,
    /// A known signer did not sign this row.
    Wrong,
    Unreadable,
    Absent,
}

/// What the signed structure says of the row, beside the certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowFacts {
    /// KOKSertifikaTipi.
    pub kind: i64,
    /// KOKGuvenSeviyesi.
    pub level: i64,
}

/// Judges the signature of one row; `signers` are certificates that are trusted without the depository.
pub fn judge(certificate: &Certificate, facts: RowFacts, signature: Option<&[u8]>, signers: &[Arc<Certificate>]) -> RowState {
    let Some(signature) = signature.filter(|bytes| !bytes.is_empty()) else {
        return RowState::Absent;
    };
    let Ok((key_id, value)) = read(signature) else {
        return RowState::Unreadable;
    };
    let (hash, verified) = match key_id.len() {
        20 => (Hash::Sha1, RowState::VerifiedWeakly),
        64 => (Hash::Sha512, RowState::Verified),
        _ => return RowState::Unreadable,
    };
    let is_signer = |signer: &&Arc<Certificate>| hash.of(&signer.spki).is_ok_and(|id| id == key_id);
    let Some(key) = signers.iter().find(is_signer).and_then(|signer| signer.public_key().ok()) else {
        return RowState::SignerUnknown;
    };
    let Ok(forms) = signed_forms(certificate, facts) else {
        return RowState::Unreadable;
    };
    let good = |form: &Vec<u8>| key.verify(Scheme::RsaPkcs1(hash), form, &value) == Ok(true);
    if forms.iter().any(good) { verified } else { RowState::Wrong }
}

fn read(signature: &[u8]) -> ber::Result<(Vec<u8>, Vec<u8>)> {
    let mut fields = ber::whole(signature, 6)?.expect(tag::SEQUENCE)?;
    let key_id = octets(&fields.next()?, 0)?;
    let value = octets(&fields.next()?, 1)?;
    fields.finish()?;
    Ok((key_id, value))
}

/// `[n]` around or in place of an OCTET STRING.
fn octets(value: &Value<'_>, number: u8) -> ber::Result<Vec<u8>> {
    if value.tag == tag::context_primitive(number) {
        return Ok(value.content.to_vec());
    }
    if value.tag != tag::context(number) {
        return Err(ber::BerError::Unexpected);
    }
    Ok(value.only_child()?.octets()?.into_owned())
}

/// The signed structure, `[0] { [0] certificate, [1] empty, [2] serial, [3] issuer, [4] subject, [5] notBefore, [6] notAfter, [7] KeyUsage,
/// [8] SKI, [9] type, [10] level }`, with tags around the types and with tags in their place: its module is not published, and a
/// signature fits one reading only.
fn signed_forms(certificate: &Certificate, facts: RowFacts) -> ber::Result<Vec<Vec<u8>>> {
    let parts = parts(certificate, facts)?;
    let explicit: Vec<u8> = (0u8..)
        .zip(&parts)
        .flat_map(|(number, part)| ber::encode(tag::context(number), part))
        .collect();
    let implicit = (0u8..).zip(&parts).map(|(number, part)| {
        let value = ber::whole(part, 16)?;
        // A Name is a CHOICE, which always keeps its own tag (X.680 31.2.7).
        Ok(match number {
            3 | 4 => ber::encode(tag::context(number), part),
            _ if value.tag & 0x20 != 0 => ber::encode(tag::context(number), value.content),
            _ => ber::encode(tag::context_primitive(number), value.content),
        })
    });
    let implicit = implicit.collect::<ber::Result<Vec<_>>>()?.concat();
    Ok([explicit, implicit]
        .iter()
        .map(|fields| ber::encode(tag::context(0), fields))
        .collect())
}

/// The fields in order, each encoded with its own type.
fn parts(certificate: &Certificate, facts: RowFacts) -> ber::Result<Vec<Vec<u8>>> {
    let mut tbs = ber::whole(certificate.tbs(), 16)?.expect(tag::SEQUENCE)?;
    tbs.optional(tag::context(0))?;
    let serial = tbs.expect(tag::INTEGER)?.raw.to_vec();
    tbs.next()?;
    let issuer = tbs.next()?.raw.to_vec();
    let mut validity = tbs.next()?.children();
    let (not_before, not_after) = (validity.next()?.raw.to_vec(), validity.next()?.raw.to_vec());
    let subject = tbs.next()?.raw.to_vec();
    let usage = certificate.extensions.key_usage.unwrap_or_default();
    let key_id = certificate.extensions.subject_key_id.clone().unwrap_or_default();
    Ok(vec![
        ber::encode(tag::OCTET_STRING, &certificate.der),
        ber::encode(tag::OCTET_STRING, &[]),
        serial,
        issuer,
        subject,
        not_before,
        not_after,
        bit_string(usage),
        ber::encode(tag::OCTET_STRING, &key_id),
        integer(facts.kind),
        integer(facts.level),
    ])
}

/// KeyUsage as a named bit list in DER: trailing zero bits are left out (X.690 11.2.2).
fn bit_string(bits: u16) -> Vec<u8> {
    let octets = bits.to_be_bytes();
    let used = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    let unused = if used == 0 {
        0
    } else {
        u8::try_from(bits.trailing_zeros() % 8).unwrap_or_default()
    };
    let content: Vec<u8> = std::iter::once(unused).chain(octets.into_iter().take(used)).collect();
    ber::encode(tag::BIT_STRING, &content)
}

fn integer(number: i64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let redundant = octets
        .iter()
        .zip(octets.iter().skip(1))
        .take_while(|(first, second)| (**first == 0 && **second & 0x80 == 0) || (**first == 0xff && **second & 0x80 != 0))
        .count();
    let content: Vec<u8> = octets.into_iter().skip(redundant).collect();
    ber::encode(tag::INTEGER, &content)
}
