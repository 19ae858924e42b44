//! Keys, names and certificates of the test PKI, written by hand. Each knob that a negative case needs is a field of [`Profile`].

use std::sync::Arc;

use jiff::Timestamp;

pub use super::keys::{Hash, Key, KeyKind};

use super::chance;
use super::der::{self, Der, bits, boolean, ctx, ctx_prim, ia5, int, named_bits, null, octets, oid, printable, retag, seq, utf8};

/// The sentence of the BTK statement and of the user notice (pki.md 2.1).
pub const NES_SENTENCE: &str = "Bu sertifika, 5070 sayılı Elektronik İmza Kanununa göre nitelikli elektronik sertifikadır.";
pub const QUALIFIED_SEAL_SENTENCE: &str =
    "Bu sertifika, 5070 sayılı Elektronik İmza Kanununa göre nitelikli elektronik mühür sertifikasıdır.";

pub const QC_SYNTAX_V1: &str = "1.3.6.1.5.5.7.11.1";
pub const QC_COMPLIANCE: &str = "0.4.0.1862.1.1";
pub const BTK_NES: &str = "2.16.792.1.61.0.1.5070.1.1";
pub const BTK_USAGE_INSTITUTIONAL_SEAL: &str = "2.16.792.1.61.0.1.5070.1.3";
pub const BTK_QUALIFIED_SEAL: &str = "2.16.792.1.61.0.1.5070.2.1";
pub const BTK_USAGE_QUALIFIED_SEAL: &str = "2.16.792.1.61.0.1.5070.2.2";
pub const POLICY_NES: &str = "2.16.792.1.2.1.1.5.7.1.1";
pub const POLICY_FISCAL_SEAL: &str = "2.16.792.1.2.1.1.5.7.4.1";
pub const EKU_FISCAL_SEAL: &str = "2.16.792.1.2.1.1.5.7.50.1";
pub const EKU_TIMESTAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub const EKU_OCSP: &str = "1.3.6.1.5.5.7.3.9";
pub const EKU_EMAIL: &str = "1.3.6.1.5.5.7.3.4";

/// Key usage bits of RFC 5280 4.2.1.3.
pub const DIGITAL_SIGNATURE: u8 = 0;
pub const NON_REPUDIATION: u8 = 1;
pub const KEY_ENCIPHERMENT: u8 = 2;
pub const DATA_ENCIPHERMENT: u8 = 3;
pub const CERT_SIGN: u8 = 5;
pub const CRL_SIGN: u8 = 6;

pub fn at(rfc3339: &str) -> Timestamp {
    rfc3339.parse().unwrap()
}

pub fn valid_from() -> Timestamp {
    at("2020-01-01T00:00:00Z")
}

pub fn valid_to() -> Timestamp {
    at("2045-01-01T00:00:00Z")
}

/// An 11-digit number in the shape of a TC kimlik no, checksum right, from a range that is plainly made up.
pub fn synthetic_id(n: u32) -> String {
    let nine: Vec<u32> = format!("{:09}", 111_111_111 + n).bytes().map(|b| u32::from(b - b'0')).collect();
    let odd: u32 = nine.iter().step_by(2).sum();
    let even: u32 = nine.iter().skip(1).step_by(2).sum();
    let tenth = (7 * odd + 10 * 9 - even) % 10;
    let eleventh = (nine.iter().sum::<u32>() + tenth) % 10;
    nine.iter().chain([&tenth, &eleventh]).map(u32::to_string).collect()
}

/// A distinguished name, in writing order.
pub fn name(attributes: &[(&str, Der)]) -> Der {
    seq(attributes
        .iter()
        .map(|(attribute, value)| der::set_of([seq([oid(attribute), value.clone()])])))
}

pub const CN: &str = "2.5.4.3";
pub const SERIAL_NUMBER: &str = "2.5.4.5";
pub const COUNTRY: &str = "2.5.4.6";
pub const ORGANIZATION: &str = "2.5.4.10";

/// What a certificate shall say. Start from one of the constructors and change what the case is about.
#[derive(Clone)]
pub struct Profile {
    pub common_name: String,
    pub organization: Option<String>,
    pub serial_number: Option<String>,
    /// rfc822Name in subjectAltName.
    pub email: Option<String>,
    pub key: KeyKind,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub ca: bool,
    pub path_len: Option<u64>,
    /// `None`: no keyUsage extension.
    pub key_usage: Option<Vec<u8>>,
    pub eku: Vec<&'static str>,
    pub eku_critical: bool,
    /// OID and the UTF-8 statementInfo.
    pub qc_statements: Vec<(&'static str, Option<&'static str>)>,
    /// Policy OID and user notice.
    pub policy: Option<(&'static str, Option<&'static str>)>,
    pub ocsp_nocheck: bool,
    pub pointers: bool,
    pub unknown_critical: bool,
    /// The issuer's signature is broken.
    pub forged: bool,
    /// Signature algorithm in the outer field differs from the one inside.
    pub algorithm_mismatch: bool,
    /// What the issuer signs with instead of what fits its key.
    pub issuer_hash: Option<Hash>,
    pub extra_extensions: Vec<Der>,
}

impl Profile {
    fn bare(common_name: &str, key: KeyKind) -> Self {
        Self {
            common_name: common_name.into(),
            organization: None,
            serial_number: None,
            email: None,
            key,
            not_before: valid_from(),
            not_after: valid_to(),
            ca: false,
            path_len: None,
            key_usage: Some(vec![DIGITAL_SIGNATURE, NON_REPUDIATION]),
            eku: vec![],
            eku_critical: false,
            qc_statements: vec![],
            policy: None,
            ocsp_nocheck: false,
            pointers: true,
            unknown_critical: false,
            forged: false,
            algorithm_mismatch: false,
            issuer_hash: None,
            extra_extensions: vec![],
        }
    }

    pub fn root(common_name: &str, organization: &str) -> Self {
        Self {
            pointers: false,
            ..Self::sub_ca(common_name, organization, None)
        }
    }

    pub fn sub_ca(common_name: &str, organization: &str, path_len: Option<u64>) -> Self {
        Self {
            organization: Some(organization.into()),
            ca: true,
            path_len,
            key_usage: Some(vec![CERT_SIGN, CRL_SIGN]),
            ..Self::bare(common_name, KeyKind::P384)
        }
    }

    /// Nitelikli elektronik sertifika of a natural person.
    pub fn nes(common_name: &str, national_id: &str, key: KeyKind) -> Self {
        Self {
            serial_number: Some(national_id.into()),
            qc_statements: vec![(QC_SYNTAX_V1, None), (QC_COMPLIANCE, None), (BTK_NES, Some(NES_SENTENCE))],
            policy: Some((POLICY_NES, Some(NES_SENTENCE))),
            ..Self::bare(common_name, key)
        }
    }

    /// Nitelikli elektronik mühür of an institution; `number` is its DETSİS number.
    pub fn qualified_seal(institution: &str, number: &str, key: KeyKind) -> Self {
        Self {
            organization: Some(institution.into()),
            qc_statements: vec![
                (QC_COMPLIANCE, None),
                (BTK_QUALIFIED_SEAL, Some(QUALIFIED_SEAL_SENTENCE)),
                (BTK_USAGE_QUALIFIED_SEAL, None),
            ],
            policy: Some(("2.16.792.1.2.1.1.5.7.1.20", Some(QUALIFIED_SEAL_SENTENCE))),
            ..Self::nes(institution, number, key)
        }
    }

    /// Kurumsal mühür.
    pub fn institutional_seal(institution: &str, number: &str, key: KeyKind) -> Self {
        Self {
            qc_statements: vec![
                (QC_COMPLIANCE, None),
                (BTK_NES, Some(NES_SENTENCE)),
                (BTK_USAGE_INSTITUTIONAL_SEAL, None),
            ],
            ..Self::qualified_seal(institution, number, key)
        }
    }

    /// Mali mühür: no statements, policy and EKU decide. `tax_number` is a 10-digit VKN.
    pub fn fiscal_seal(company: &str, tax_number: &str) -> Self {
        Self {
            organization: Some(company.into()),
            serial_number: Some(tax_number.into()),
            key_usage: Some(vec![DIGITAL_SIGNATURE]),
            eku: vec![EKU_FISCAL_SEAL],
            policy: Some((POLICY_FISCAL_SEAL, Some("Mali mühür sertifikası"))),
            ..Self::bare(company, KeyKind::Rsa2048)
        }
    }

    /// KEP işlem sertifikası: known only by its place under the provider's anchor.
    pub fn provider(common_name: &str, organization: &str, email: &str) -> Self {
        Self {
            organization: Some(organization.into()),
            email: Some(email.into()),
            eku: vec![EKU_EMAIL],
            ..Self::bare(common_name, KeyKind::Rsa2048)
        }
    }

    pub fn tsa(common_name: &str) -> Self {
        Self {
            eku: vec![EKU_TIMESTAMPING],
            eku_critical: true,
            ..Self::bare(common_name, KeyKind::Rsa2048)
        }
    }

    pub fn ocsp(common_name: &str) -> Self {
        Self {
            key_usage: Some(vec![DIGITAL_SIGNATURE]),
            eku: vec![EKU_OCSP],
            ocsp_nocheck: true,
            ..Self::bare(common_name, KeyKind::P256)
        }
    }

    /// Kurumsal şifreleme: what an `.eyps` is encrypted to.
    pub fn encryption(institution: &str, number: &str) -> Self {
        Self {
            organization: Some(institution.into()),
            serial_number: Some(number.into()),
            key_usage: Some(vec![KEY_ENCIPHERMENT, DATA_ENCIPHERMENT]),
            ..Self::bare(institution, KeyKind::Rsa2048)
        }
    }

    pub fn without_statement(mut self, statement: &str) -> Self {
        self.qc_statements.retain(|(oid, _)| *oid != statement);
        self
    }

    fn subject(&self) -> Der {
        let mut attributes = vec![(COUNTRY, printable("TR"))];
        attributes.extend(self.organization.as_ref().map(|o| (ORGANIZATION, utf8(o))));
        attributes.push((CN, utf8(&self.common_name)));
        attributes.extend(self.serial_number.as_ref().map(|s| (SERIAL_NUMBER, printable(s))));
        name(&attributes)
    }

    fn extensions(&self, spki: &[u8], issuer: Option<&Certified>) -> Der {
        let mut all = vec![];
        let issuer_key_id = issuer.map_or_else(|| key_id(spki), |i| key_id(&i.spki));
        all.push(extension("2.5.29.35", false, seq([ctx_prim(0, &issuer_key_id)])));
        all.push(extension("2.5.29.14", false, octets(&key_id(spki))));
        all.extend(self.key_usage.as_ref().map(|usage| extension("2.5.29.15", true, named_bits(usage))));
        let mut constraints = vec![];
        constraints.extend(self.ca.then(|| boolean(true)));
        constraints.extend(self.path_len.map(int));
        all.push(extension("2.5.29.19", self.ca, seq(constraints)));
        if !self.qc_statements.is_empty() {
            let statement = |(id, info): &(&str, Option<&str>)| seq([oid(id)].into_iter().chain(info.map(utf8)));
            all.push(extension("1.3.6.1.5.5.7.1.3", false, seq(self.qc_statements.iter().map(statement))));
        }
        if let Some((policy, notice)) = self.policy {
            let notice = notice.map(|text| seq([seq([oid("1.3.6.1.5.5.7.2.2"), seq([utf8(text)])])]));
            all.push(extension("2.5.29.32", false, seq([seq([oid(policy)].into_iter().chain(notice))])));
        }
        if !self.eku.is_empty() {
            all.push(extension("2.5.29.37", self.eku_critical, seq(self.eku.iter().map(|eku| oid(eku)))));
        }
        all.extend(
            self.email
                .as_ref()
                .map(|email| extension("2.5.29.17", false, seq([retag(0x81, &ia5(email))]))),
        );
        all.extend(self.ocsp_nocheck.then(|| extension("1.3.6.1.5.5.7.48.1.5", false, null())));
        if let Some(issuer) = issuer.filter(|_| self.pointers) {
            let uri = |text: &str| retag(0x86, &ia5(text));
            let slug = &issuer.slug;
            let (sil, ocsp, depo) = match &issuer.published_at {
                Some(base) => (format!("{base}/sil"), format!("{base}/ocsp"), format!("{base}/depo")),
                None => (
                    "http://sil.example.invalid".to_owned(),
                    "http://ocsp.example.invalid".to_owned(),
                    "http://depo.example.invalid".to_owned(),
                ),
            };
            let point = seq([ctx(0, [ctx(0, [uri(&format!("{sil}/{slug}.crl"))])])]);
            all.push(extension("2.5.29.31", false, seq([point])));
            let ocsp = seq([oid("1.3.6.1.5.5.7.48.1"), uri(&format!("{ocsp}/{slug}"))]);
            let issuers = seq([oid("1.3.6.1.5.5.7.48.2"), uri(&format!("{depo}/{slug}.crt"))]);
            all.push(extension("1.3.6.1.5.5.7.1.1", false, seq([ocsp, issuers])));
        }
        all.extend(self.unknown_critical.then(|| extension("2.16.792.1.99.1", true, utf8("?"))));
        all.extend(self.extra_extensions.clone());
        ctx(3, [seq(all)])
    }
}

pub fn extension(id: &str, critical: bool, value: Der) -> Der {
    seq([oid(id)].into_iter().chain(critical.then(|| boolean(true))).chain([octets(&value)]))
}

/// RFC 5280 4.2.1.2 method 1, over the whole BIT STRING content of the key.
pub fn key_id(spki: &[u8]) -> Vec<u8> {
    Hash::Sha1.of(public_key_bits(spki))
}

/// The subjectPublicKey BIT STRING's octets, unused-bits byte left out.
pub fn public_key_bits(spki: &[u8]) -> &[u8] {
    let inside = der::content(spki);
    // The algorithm identifier of the keys made here is shorter than 128 bytes: one length byte.
    let bit_string = &inside[2 + usize::from(inside[1])..];
    &der::content(bit_string)[1..]
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Certified {
    pub common_name: String,
    pub der: Der,
    pub key: Key,
    pub subject: Der,
    pub issuer_name: Der,
    /// Serial INTEGER, whole TLV.
    pub serial: Der,
    pub spki: Der,
    /// ASCII name used in URLs and file names.
    pub slug: String,
    pub issuer: Option<Arc<Certified>>,
    /// Where the certificates below this one say that lists, answers and issuers are.
    pub published_at: Option<String>,
}

impl Certified {
    pub fn self_signed(profile: &Profile, slug: &str) -> Arc<Self> {
        Arc::new(build(profile, None, slug, Key::generate(profile.key)))
    }

    /// A root whose descendants are published at `base`.
    pub fn self_signed_at(profile: &Profile, slug: &str, base: Option<&str>) -> Arc<Self> {
        let mut root = build(profile, None, slug, Key::generate(profile.key));
        root.published_at = base.map(str::to_owned);
        Arc::new(root)
    }

    pub fn issue(self: &Arc<Self>, profile: &Profile, slug: &str) -> Arc<Self> {
        Arc::new(build(profile, Some(self.clone()), slug, Key::generate(profile.key)))
    }

    /// Another certificate for the same key by the same issuer: it differs from this one in what `profile` says, and in its serial.
    pub fn reissued(&self, profile: &Profile) -> Arc<Self> {
        Arc::new(build(profile, self.issuer.clone(), &self.slug, self.key.clone()))
    }

    /// This certificate below another certificate of its issuer (same name, same key).
    pub fn under(&self, issuer: &Arc<Certified>) -> Arc<Self> {
        Arc::new(Self {
            issuer: Some(issuer.clone()),
            ..self.clone()
        })
    }

    /// The certificates above this one, nearest first, the root last.
    pub fn chain(&self) -> Vec<Arc<Certified>> {
        std::iter::successors(self.issuer.clone(), |c| c.issuer.clone()).collect()
    }

    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    pub fn sha256(&self) -> String {
        hex::encode(Hash::Sha256.of(&self.der))
    }
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let body = super::mail::base64_lines(der, "\n");
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
}

fn build(profile: &Profile, issuer: Option<Arc<Certified>>, slug: &str, key: Key) -> Certified {
    let spki = key.spki();
    let mut serial: [u8; 8] = chance::bytes();
    serial[0] = serial[0] & 0x7f | 0x40;
    let subject = profile.subject();
    let issuer_name = issuer.as_ref().map_or_else(|| subject.clone(), |i| i.subject.clone());
    let signing_key = issuer.as_ref().map_or(&key, |i| &i.key);
    let hash = profile.issuer_hash.unwrap_or(signing_key.natural_hash());
    let algorithm = signing_key.signature_alg(hash);
    let tbs = seq([
        ctx(0, [int(2)]),
        der::uint(&serial),
        algorithm.clone(),
        issuer_name.clone(),
        seq([der::time(profile.not_before), der::time(profile.not_after)]),
        subject.clone(),
        spki.clone(),
        profile.extensions(&spki, issuer.as_deref()),
    ]);
    let mut signature = signing_key.sign(hash, &tbs);
    if profile.forged {
        let last = signature.len() - 1;
        signature[last] ^= 1;
    }
    let outer = if profile.algorithm_mismatch {
        signing_key.signature_alg(Hash::Sha512)
    } else {
        algorithm
    };
    Certified {
        common_name: profile.common_name.clone(),
        der: seq([tbs, outer, bits(&signature)]),
        key,
        subject,
        issuer_name,
        serial: der::uint(&serial),
        spki,
        slug: slug.into(),
        published_at: issuer.as_ref().and_then(|issuer| issuer.published_at.clone()),
        issuer,
    }
}
