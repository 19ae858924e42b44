//! The time-stamp tokens of a SignerInfo and the octets that each is over: content, signature, references (X) and everything (A)
//! (RFC 5126 5.11.4, 6.1.1, 6.3.5, 6.3.6, 6.4.1; EN 319 122-1 5.5).

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::cades::cms::{Attribute, SignedData, SignerInfo};
use crate::signature::cause::{self, Reasons};
use crate::signature::crypto::{Algorithm, Hash};
use crate::signature::existence::Token;
use crate::signature::octets::Octets;
use crate::signature::timestamp;

/// Timestamps of one kind that are judged. A document that is renewed every five years has twenty after a century.
const MAX_TOKENS: usize = 32;

type Pieces<'a> = Vec<Octets<'a>>;

/// What the tokens stand around.
pub struct Stamped<'a> {
    pub signed: &'a SignedData<'a>,
    pub signer: &'a SignerInfo<'a>,
    /// The octets that the signature may be over: none when they are not there, several where a mail has several forms.
    pub contents: Vec<Octets<'a>>,
    /// Depth to which a token is read.
    pub depth: u32,
}

impl<'a> Stamped<'a> {
    /// Every token whose octets are at hand. A kind that cannot be judged is a reason.
    pub fn tokens(&self, reasons: &mut Reasons) -> Vec<Token<'a>> {
        let signer = self.signer;
        let mut tokens = self.content_tokens(reasons);
        let content: Vec<&[u8]> = tokens.iter().map(|token| token.raw).collect();
        for token in self.values_of(oid::SIGNATURE_TIMESTAMP, reasons) {
            tokens.push(Token {
                kind: "signature",
                raw: token.raw,
                stamped: vec![vec![Octets::from(&*signer.signature)]],
                covers: content.clone(),
                covers_signature: true,
            });
        }
        for (id, kind) in [(oid::CADES_C_TIMESTAMP, "cades-c"), (oid::REFS_TIMESTAMP, "references")] {
            let values = self.values_of(id, reasons);
            tokens.extend(values.into_iter().map(|token| self.over_references(token, kind)));
        }
        for token in self.values_of(oid::ARCHIVE_TIMESTAMP_V2, reasons) {
            tokens.extend(self.archive_v2(token, &content));
        }
        for token in self.values_of(oid::ARCHIVE_TIMESTAMP_V3, reasons) {
            tokens.extend(self.archive_v3(token, &content));
        }
        if signer.has_unsigned(oid::ARCHIVE_TIMESTAMP_V1) {
            reasons.add_with(cause::ARCHIVE_UNJUDGED, "archive-timestamp v1");
        }
        tokens
    }

    /// The tokens of one kind, as many as are judged.
    fn values_of(&self, id: ObjectIdentifier, reasons: &mut Reasons) -> Vec<&'a Value<'a>> {
        let mut values: Vec<&Value<'a>> = self.signer.unsigned_values(id).collect();
        if values.len() > MAX_TOKENS {
            reasons.add_with(cause::TOO_MANY_STAMPS, &values.len().to_string());
            values.truncate(MAX_TOKENS);
        }
        values
    }

    /// Each of them counts: one that is there and not judged would be believed by who sees it.
    fn content_tokens(&self, reasons: &mut Reasons) -> Vec<Token<'a>> {
        let signer = self.signer;
        let values: Vec<&'a Value<'a>> = signer.signed_values(oid::CONTENT_TIMESTAMP).collect();
        if values.len() > MAX_TOKENS {
            reasons.add_with(cause::TOO_MANY_STAMPS, &values.len().to_string());
        }
        let there = values.into_iter().take(MAX_TOKENS).filter(|_| !self.contents.is_empty());
        let token = |value: &'a Value<'a>| Token {
            kind: "content",
            raw: value.raw,
            stamped: self.contents.iter().map(|content| vec![content.clone()]).collect(),
            covers: Vec::new(),
            covers_signature: false,
        };
        there.map(token).collect()
    }

    /// RFC 5126 6.3.5 and 6.3.6 say "without the type or length encoding" and writers read that in two ways: the attributes whole, or
    /// their contents.
    fn over_references(&self, token: &Value<'a>, kind: &'static str) -> Token<'a> {
        let with_signature = kind == "cades-c";
        let wanted: &[_] = if with_signature {
            &[oid::SIGNATURE_TIMESTAMP, oid::CERTIFICATE_REFS, oid::REVOCATION_REFS]
        } else {
            &[oid::CERTIFICATE_REFS, oid::REVOCATION_REFS]
        };
        let attributes: Vec<&Attribute<'a>> = wanted
            .iter()
            .flat_map(|id| self.signer.unsigned.iter().filter(|attribute| attribute.id == *id))
            .collect();
        let signature = || with_signature.then(|| Octets::from(&*self.signer.signature)).into_iter();
        let whole = attributes.iter().map(|attribute| Octets::from(attribute.raw.raw));
        let contents = attributes.iter().map(|attribute| Octets::from(attribute.raw.content));
        Token {
            kind,
            raw: token.raw,
            stamped: vec![signature().chain(whole).collect(), signature().chain(contents).collect()],
            covers: values(&attributes),
            covers_signature: with_signature,
        }
    }

    /// RFC 5126 6.4.1: encapContentInfo, the content when it is elsewhere, certificates and crls, and every element of the SignerInfo with
    /// the unsigned attributes that were there. Writers differ in how the latter are framed.
    fn archive_v2(&self, token: &Value<'a>, content: &[&'a [u8]]) -> Option<Token<'a>> {
        if self.contents.is_empty() {
            return None;
        }
        let kept = self.older_than(token);
        let length = |pieces: &[Cow<'a, [u8]>]| pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let fields: Vec<Cow<'a, [u8]>> = self.signer.fields.iter().map(|field| Cow::Borrowed(field.raw)).collect();
        let attributes: Vec<Cow<'a, [u8]>> = kept.iter().map(|attribute| Cow::Borrowed(attribute.raw.raw)).collect();
        let tagged: Vec<Cow<'a, [u8]>> = [Cow::Owned(ber::header(tag::context(1), length(&attributes)))]
            .into_iter()
            .chain(attributes.iter().cloned())
            .collect();
        let in_sequence = Cow::Owned(ber::header(tag::SEQUENCE, length(&fields) + length(&tagged)));
        let held = |pieces: &mut dyn Iterator<Item = &Cow<'a, [u8]>>| pieces.cloned().map(Octets::Held).collect::<Pieces<'a>>();
        let forms: [Pieces<'a>; 3] = [
            held(&mut fields.iter().chain(&tagged)),
            held(&mut fields.iter().chain(&attributes)),
            held(&mut [&in_sequence].into_iter().chain(&fields).chain(&tagged)),
        ];
        let mut stamped = Vec::new();
        for content in &self.contents {
            let mut frame = vec![Octets::from(self.signed.encapsulated.raw)];
            if self.signed.content.is_none() {
                frame.push(content.clone());
            }
            let sets = [self.signed.certificate_set, self.signed.crl_set];
            frame.extend(sets.into_iter().flatten().map(|set| Octets::from(set.raw)));
            stamped.extend(forms.iter().map(|form| frame.iter().chain(form).cloned().collect::<Pieces<'a>>()));
        }
        let mut covers = values(&kept);
        covers.extend(content);
        Some(Token {
            kind: "archive",
            raw: token.raw,
            stamped,
            covers,
            covers_signature: true,
        })
    }

    /// The unsigned attributes without this archive timestamp and those that came after it.
    fn older_than(&self, token: &Value<'a>) -> Vec<&'a Attribute<'a>> {
        let time = self.time_of(token);
        let is_later = |value: &Value<'a>| value.raw == token.raw || self.time_of(value) >= time;
        let is_archive = |attribute: &Attribute<'a>| [oid::ARCHIVE_TIMESTAMP_V2, oid::ARCHIVE_TIMESTAMP_V3].contains(&attribute.id);
        self.signer
            .unsigned
            .iter()
            .filter(|attribute| !(is_archive(attribute) && attribute.values.iter().any(is_later)))
            .collect()
    }

    fn time_of(&self, token: &Value<'a>) -> Option<Timestamp> {
        timestamp::peek(token.raw, self.depth).map(|(time, _)| time)
    }

    /// EN 319 122-1 5.5.3: content type, hash of the content, the SignerInfo's fields, and the hash index. Nothing fits when there is no
    /// index or when it names something that is not there.
    fn archive_v3(&self, token: &Value<'a>, content: &[&'a [u8]]) -> Option<Token<'a>> {
        if self.contents.is_empty() {
            return None;
        }
        let (stamped, mut covers) = self.over_index(token).unwrap_or_default();
        covers.extend(content);
        Some(Token {
            kind: "archive",
            raw: token.raw,
            stamped,
            covers,
            covers_signature: true,
        })
    }

    fn over_index(&self, token: &Value<'a>) -> Option<(Vec<Pieces<'a>>, Vec<&'a [u8]>)> {
        let (_, hash) = timestamp::peek(token.raw, self.depth)?;
        let inner = SignedData::parse(token.raw, self.depth).ok()?;
        let attributes = &inner.signers.first()?.unsigned;
        let index = attributes
            .iter()
            .find(|attribute| [oid::ATS_HASH_INDEX, oid::ATS_HASH_INDEX_V3].contains(&attribute.id))?;
        let [value] = index.values.as_slice() else { return None };
        let covers = self.indexed(index, value).ok()??;
        let content_type = self.signed.encapsulated.children().next().ok()?.raw;
        let over = |content: &Octets<'a>| {
            let mut pieces = vec![Octets::from(content_type), content.digest(hash).ok()?.into()];
            pieces.extend(self.signer.fields.iter().map(|field| Octets::from(field.raw)));
            pieces.push(value.raw.into());
            Some(pieces)
        };
        Some((self.contents.iter().filter_map(over).collect(), covers))
    }

    /// ATSHashIndex: every hash in it must belong to a certificate, a revocation value or an unsigned attribute that is there. Answers the
    /// values of the attributes that it names; `None` when it names something else.
    fn indexed(&self, index: &Attribute<'_>, value: &Value<'_>) -> ber::Result<Option<Vec<&'a [u8]>>> {
        let mut fields = value.expect(tag::SEQUENCE)?;
        let hash = if fields.all()?.len() == 4 {
            Hash::from_oid(&Algorithm::read(&fields.next()?)?.oid)
        } else {
            Some(Hash::Sha256)
        };
        let Some(hash) = hash else { return Ok(None) };
        let digest = |pieces: &[&[u8]]| hash.of_all(pieces).unwrap_or_default();
        let certificates: Vec<_> = self
            .signed
            .certificates
            .iter()
            .map(|value| (digest(&[value.raw]), value.raw))
            .collect();
        let crls: Vec<_> = self.signed.crls.iter().map(|value| (digest(&[value.raw]), value.raw)).collect();
        // The first edition hashes attributes whole, the second each value behind the attribute's type.
        let whole = index.id == oid::ATS_HASH_INDEX;
        let values = self
            .signer
            .unsigned
            .iter()
            .flat_map(|attribute| attribute.values.iter().map(move |value| (attribute, value)));
        let attributes: Vec<_> = values
            .map(|(attribute, value)| {
                let of_value = || digest(&[&ber::encode(tag::OID, attribute.id.as_bytes()), value.raw]);
                (if whole { digest(&[attribute.raw.raw]) } else { of_value() }, value.raw)
            })
            .collect();
        let mut covered = Vec::new();
        for present in [certificates, crls, attributes] {
            for entry in fields.expect(tag::SEQUENCE)?.children().all()? {
                let wanted = entry.octets()?;
                let before = covered.len();
                covered.extend(present.iter().filter(|(digest, _)| *digest == *wanted).map(|(_, raw)| *raw));
                if covered.len() == before {
                    return Ok(None);
                }
            }
        }
        Ok(fields.is_empty().then_some(covered))
    }
}

fn values<'a>(attributes: &[&Attribute<'a>]) -> Vec<&'a [u8]> {
    let values = attributes.iter().flat_map(|attribute| &attribute.values);
    values.map(|value| value.raw).collect()
}
