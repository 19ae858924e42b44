//! Mails for the tests: synthetic people, really signed.

use std::sync::OnceLock;

use bytes::Bytes;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509, X509NameBuilder};

use super::{Message, read};
use crate::limits::Limits;

pub fn read_str(mail: &str) -> Message {
    read(&Bytes::from(mail.to_owned()), &Limits::default())
}

pub fn read_bytes(mail: Vec<u8>) -> Message {
    read(&Bytes::from(mail), &Limits::default())
}

pub fn codes(message: &Message) -> Vec<&str> {
    message.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

pub fn has(message: &Message, code: super::codes::Code) -> bool {
    codes(message).contains(&code.rule)
}

fn identity() -> &'static (X509, PKey<Private>) {
    static IDENTITY: OnceLock<(X509, PKey<Private>)> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "Deneme Imzaci").unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder
            .set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap())
            .unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        (builder.build(), key)
    })
}

/// A detached CMS over exactly these octets.
pub fn sign(octets: &[u8]) -> Vec<u8> {
    let (certificate, key) = identity();
    let flags = CMSOptions::BINARY | CMSOptions::DETACHED;
    CmsContentInfo::sign(Some(certificate), Some(key), None, Some(octets), flags)
        .unwrap()
        .to_der()
        .unwrap()
}

/// An opaque CMS with the octets inside.
pub fn sign_opaque(octets: &[u8]) -> Vec<u8> {
    let (certificate, key) = identity();
    CmsContentInfo::sign(Some(certificate), Some(key), None, Some(octets), CMSOptions::BINARY)
        .unwrap()
        .to_der()
        .unwrap()
}

pub fn encrypt(octets: &[u8]) -> Vec<u8> {
    let (certificate, _) = identity();
    let mut to = openssl::stack::Stack::new().unwrap();
    to.push(certificate.clone()).unwrap();
    let cms = CmsContentInfo::encrypt(&to, octets, openssl::symm::Cipher::aes_256_cbc(), CMSOptions::BINARY).unwrap();
    cms.to_der().unwrap()
}

/// Whether OpenSSL takes the detached CMS for a signature over these octets (no chain).
pub fn fits(cms: &[u8], octets: &[u8]) -> bool {
    let flags = CMSOptions::BINARY | CMSOptions::NO_SIGNER_CERT_VERIFY;
    CmsContentInfo::from_der(cms)
        .unwrap()
        .verify(None, None, Some(octets), None, flags)
        .is_ok()
}

/// Base64 in lines of 76 characters.
pub fn base64(bytes: &[u8]) -> String {
    let text = openssl::base64::encode_block(bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\r\n") + "\r\n"
}

/// The smallest thing that content recognition takes for an e-Yazışma package.
pub fn package() -> Vec<u8> {
    b"PK\x03\x04 [Content_Types].xml Ustveri/Ustveri.xml PaketOzeti/PaketOzeti.xml".to_vec()
}

pub fn evidence(root: &str) -> String {
    format!("<?xml version=\"1.0\"?>\r\n<rem:{root} xmlns:rem=\"http://uri.etsi.org/02640/v2#\" version=\"1\"/>\r\n")
}

/// A `multipart/signed` over an entity, in the way PTT's library builds it: content, one CRLF signed, then the delimiter.
pub fn signed_entity(entity: &str, kind: &str, boundary: &str) -> String {
    let trimmed = entity.trim_end_matches(['\r', '\n']);
    let signed = format!("{trimmed}\r\n");
    let signature = base64(&sign(signed.as_bytes()));
    format!(
        "Content-Type: multipart/signed; protocol=\"application/{kind}\"; micalg=sha256; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\n{signed}\r\n--{boundary}\r\nContent-Type: application/{kind}; name=\"smime.p7s\"\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n{signature}--{boundary}--\r\n"
    )
}

/// The sender's content: a body and a package with PTT's spelling of a whole local path as its name.
pub fn dispatch_content() -> String {
    let path = base64(r"C:\Giden Evrak\Yazı-ğüşöçİı.eyp".as_bytes());
    format!(
        "Content-Type: multipart/mixed; boundary=\"---=_Part_2\"\r\n\r\n-----=_Part_2\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\nBilgilerinize arz ederim. =C4=9F\r\n-----=_Part_2\r\n\
         Content-Type: application/octet-stream; name=\"=?utf-8?B?{path}?=\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"=?utf-8?B?{path}?=\"\r\n\r\n{}-----=_Part_2--\r\n",
        base64(&package()),
        path = path.trim_end(),
    )
}

/// The sender's message (L1), signed.
pub fn original() -> String {
    original_with(&dispatch_content())
}

pub fn original_with(content: &str) -> String {
    format!(
        "From: =?UTF-8?B?RGVuZW1lIEt1cnVtdQ==?= <deneme@kurum.hs03.kep.tr>\r\nTo: alici@hs01.kep.tr\r\nSubject: \
         =?UTF-8?Q?Ara=C5=9Ft=C4=B1rma?=\r\nDate: Mon, 5 Jan 2026 10:00:00 +0300\r\nMessage-ID: <asil.1@hs03.kep.tr>\r\n\
         X-TR-REM-iletiTip: eYazisma\r\nX-TR-REM-iletiID: ABC-1\r\nMIME-Version: 1.0\r\n{}",
        signed_entity(content, "x-pkcs7-signature", "---=_Part_1")
    )
}

/// How the original is attached to the envelope.
#[derive(Debug, Clone, Copy)]
pub enum Attached {
    Rfc822,
    OctetStreamEml,
    UnnamedText,
}

/// The provider's content: an introduction, evidence and the original.
pub fn envelope_content(original: Option<(&str, Attached)>) -> String {
    let carried = match original {
        None => String::new(),
        Some((mail, Attached::Rfc822)) => {
            format!("--L0-mixed\r\nContent-Type: message/rfc822; name=AttachedMimeMessage\r\n\r\n{mail}\r\n")
        }
        Some((mail, Attached::OctetStreamEml)) => format!(
            "--L0-mixed\r\nContent-Type: application/octet-stream; name=\"ileti.eml\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            base64(mail.as_bytes())
        ),
        Some((mail, Attached::UnnamedText)) => {
            format!(
                "--L0-mixed\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                base64(mail.as_bytes())
            )
        }
    };
    format!(
        "Content-Type: multipart/mixed; boundary=\"L0-mixed\"\r\n\r\n--L0-mixed\r\nContent-Type: text/plain\r\n\r\nKEP iletisi\r\n\
         --L0-mixed\r\nContent-Type: application/xml; name=\"SubmissionAcceptanceRejection.xml\"\r\n\r\n{}\
         --L0-mixed\r\nContent-Type: application/xml; name=\"REMExtensions.xml\"\r\n\r\n<REMExtensions/>\r\n{carried}--L0-mixed--\r\n",
        evidence("SubmissionAcceptanceRejection"),
    )
}

/// The headers of the provider's envelope (L0), without those of its content.
pub const ENVELOPE_HEADERS: &str = "From: kepservisi@hs01.kep.tr\r\nTo: alici@hs01.kep.tr\r\nSubject: KEP\r\n\
    Date: Mon, 5 Jan 2026 10:00:05 +0300\r\nMessage-ID: <zarf.1@hs01.kep.tr>\r\nX-REM-Msg-Type: Dispatch\r\n\
    X-REM-Message-Identifier: <kepid.1@hs01.kep.tr>\r\nMIME-Version: 1.0\r\n";

/// A whole message as the provider hands it out.
pub fn dispatch(attached: Attached) -> String {
    enveloped(&original(), attached)
}

pub fn enveloped(original: &str, attached: Attached) -> String {
    let content = envelope_content(Some((original, attached)));
    format!("{ENVELOPE_HEADERS}{}", signed_entity(&content, "pkcs7-signature", "L0-signed"))
}
