//! What came from the network, read and compared with what was asked for. Judging verifies it all again; here it is decided whether it may
//! enter the cache at all, so that rubbish, replays and answers to other questions do not sit there looking like knowledge.

use jiff::{SignedDuration, Timestamp};

use crate::signature::asn1::ber::tag;
use crate::signature::asn1::oid;
use crate::signature::cades::cms::SignedData;
use crate::signature::certificate::{self, Certificate};
use crate::signature::crypto::{Algorithm, PublicKey, Scheme};
use crate::signature::online::trail::Object;
use crate::signature::online::want::Want;
use crate::signature::report::ObjectKind;
use crate::signature::revocation::crl::Crl;
use crate::signature::revocation::ocsp::{OcspResponse, SingleResponse};
use crate::text::Text;

/// How far a provider's clock may run ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How old an answer without a nonce and without nextUpdate may be: nothing else bounds how long it can be replayed.
const UNBOUNDED_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Nesting of a certificate bundle.
const BUNDLE_DEPTH: u32 = 8;

/// Reads `body` as an answer to `want`.
///
/// # Errors
/// It is none; the text says in people's words why.
pub fn accept(body: &[u8], want: &Want, nonce: Option<&[u8]>, now: Timestamp) -> Result<Vec<Object>, Text> {
    match (want.kind, &want.issuer) {
        (ObjectKind::Certificate, _) => issuer(body, &want.certificate).map(|found| vec![found]),
        (ObjectKind::Crl, Some(issuer)) => crl(body, issuer, now).map(|found| vec![found]),
        (ObjectKind::Ocsp, Some(issuer)) => ocsp(body, &want.certificate, issuer, nonce, now).map(|found| vec![found]),
        (_, None) => Err(Text::new("yayımcı bilinmiyor", "the issuer is not known")),
    }
}

/// The certificate whose key signed `subject`, alone or in a bundle (PEM, or PKCS #7 as some providers publish it).
fn issuer(body: &[u8], subject: &Certificate) -> Result<Object, Text> {
    let bundled = || {
        let signed = SignedData::parse(body, BUNDLE_DEPTH).ok()?;
        Some(
            signed
                .certificates
                .iter()
                .filter_map(certificate::from_choice)
                .flatten()
                .collect::<Vec<_>>(),
        )
    };
    let found = certificate::read_bundle(body).ok().or_else(bundled).unwrap_or_default();
    if found.is_empty() {
        return Err(Text::new("yanıt bir sertifika değil", "the answer is no certificate"));
    }
    found
        .into_iter()
        .find(|candidate| {
            subject.names_as_issuer(candidate) && is_signed_by(subject.tbs(), &subject.algorithm, &subject.signature, candidate)
        })
        .map(Object::Certificate)
        .ok_or_else(|| {
            Text::new(
                "gelen sertifika, sorulan sertifikayı imzalayan değil",
                "the certificate that came did not sign the one asked about",
            )
        })
}

fn crl(body: &[u8], issuer: &Certificate, now: Timestamp) -> Result<Object, Text> {
    let der = from_pem(body);
    let Ok(crl) = Crl::parse(der.as_deref().unwrap_or(body)) else {
        return Err(Text::new("yanıt bir SİL değil", "the answer is no CRL"));
    };
    if crl.issuer != issuer.subject || !is_signed_by(crl.tbs(), &crl.algorithm, &crl.signature, issuer) {
        return Err(Text::new(
            "gelen SİL, sertifikanın yayımcısının değil ya da imzası doğrulanmıyor",
            "the CRL that came is not the issuer's, or its signature does not verify",
        ));
    }
    // The last list of an authority that has ended is never followed by another.
    let next_update = crl.next_update.filter(|_| now <= issuer.not_after);
    check_times(crl.this_update, next_update, now)?;
    Ok(Object::Crl(crl))
}

fn ocsp(body: &[u8], certificate: &Certificate, issuer: &Certificate, nonce: Option<&[u8]>, now: Timestamp) -> Result<Object, Text> {
    let Ok(response) = OcspResponse::parse(body) else {
        return Err(Text::new("yanıt bir OCSP yanıtı değil", "the answer is no OCSP response"));
    };
    let Some(answer) = response.answers.iter().find(|answer| answer.is_about(certificate, issuer)) else {
        return Err(Text::new(
            "OCSP yanıtı başka bir sertifika için",
            "the OCSP response is about another certificate",
        ));
    };
    let repeated = match (nonce, &response.nonce) {
        (Some(sent), Some(came)) if sent == came.as_slice() => true,
        // Many responders sign in advance and repeat no nonce; a wrong one is somebody else's answer.
        (_, None) => false,
        _ => {
            return Err(Text::new(
                "OCSP yanıtı bu soruya verilmemiş (nonce uyuşmuyor)",
                "the OCSP response does not belong to this request (its nonce differs)",
            ));
        }
    };
    if !is_authorised(&response, issuer) {
        return Err(Text::new(
            "OCSP yanıtını imzalayan, bu yayımcı için yetkili değil ya da imza doğrulanmıyor",
            "who signed the OCSP response may not speak for this issuer, or the signature does not verify",
        ));
    }
    check_times(answer.this_update, answer.next_update, now)?;
    check_age(answer, repeated, now)?;
    Ok(Object::Ocsp(response))
}

fn check_age(answer: &SingleResponse, repeated: bool, now: Timestamp) -> Result<(), Text> {
    let oldest = now.saturating_sub(UNBOUNDED_AGE).unwrap_or(Timestamp::MIN);
    if repeated || answer.next_update.is_some() || answer.this_update >= oldest {
        return Ok(());
    }
    Err(Text::new(
        format!("OCSP yanıtı eski ({})", answer.this_update),
        format!("the OCSP response is old ({})", answer.this_update),
    ))
}

/// What is over, or not begun, was not made for this question: an old answer played again, or a clock that is wrong.
fn check_times(this_update: Timestamp, next_update: Option<Timestamp>, now: Timestamp) -> Result<(), Text> {
    if this_update > now.saturating_add(SKEW).unwrap_or(Timestamp::MAX) {
        return Err(Text::new(
            format!("yanıtın zamanı ileride ({this_update}); saatleri denetleyin"),
            format!("the answer is from the future ({this_update}); check the clocks"),
        ));
    }
    match next_update {
        Some(next) if next < now.saturating_sub(SKEW).unwrap_or(Timestamp::MIN) => Err(Text::new(
            format!("yanıtın süresi dolmuş ({next})"),
            format!("the answer has run out ({next})"),
        )),
        _ => Ok(()),
    }
}

/// RFC 6960 4.2.2.2: the issuer itself, or a certificate with the OCSP usage that the issuer's key signed.
fn is_authorised(response: &OcspResponse, issuer: &Certificate) -> bool {
    let signed_by = |signer: &Certificate| {
        response.is_responder(signer) && is_signed_by(response.tbs(), &response.algorithm, &response.signature, signer)
    };
    signed_by(issuer)
        || response.certificates.iter().any(|responder| {
            responder.has_extended_usage(oid::EKU_OCSP_SIGNING)
                && responder.names_as_issuer(issuer)
                && is_signed_by(responder.tbs(), &responder.algorithm, &responder.signature, issuer)
                && signed_by(responder)
        })
}

fn is_signed_by(signed: &[u8], algorithm: &Algorithm, signature: &[u8], signer: &Certificate) -> bool {
    let verifies = |key: &PublicKey| Scheme::of(algorithm, None).and_then(|scheme| key.verify(scheme, signed, signature)) == Ok(true);
    signer.public_key().is_ok_and(verifies)
}

/// A list in PEM.
fn from_pem(body: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    if body.first() == Some(&tag::SEQUENCE) {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let inside = text.split_once("-----BEGIN X509 CRL-----")?.1.split("-----END").next()?;
    let compact: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(compact).ok()
}
