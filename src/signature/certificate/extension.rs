//! The extensions of a certificate (RFC 5280 4.2, RFC 3739), typed.

use der::asn1::ObjectIdentifier;

use crate::signature::asn1::ber::{self, BerError, Reader, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::name::{GeneralName, Name};

/// Bits of KeyUsage, bit 0 of the ASN.1 type highest.
pub mod usage {
    pub const DIGITAL_SIGNATURE: u16 = 1 << 15;
    /// contentCommitment, formerly nonRepudiation: inkâr edilemezlik.
    pub const NON_REPUDIATION: u16 = 1 << 14;
    pub const KEY_CERT_SIGN: u16 = 1 << 10;
    pub const CRL_SIGN: u16 = 1 << 9;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    pub ca: bool,
    pub path_length: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub id: ObjectIdentifier,
    /// A userNotice qualifier with text.
    pub user_notice: bool,
}

#[derive(Debug, Clone, Default)]
pub struct NameConstraints {
    pub permitted: Vec<GeneralName>,
    pub excluded: Vec<GeneralName>,
}

/// A distribution point, as a certificate or a CRL names it.
#[derive(Debug, Clone, Default)]
pub struct DistributionPoint {
    pub name: Option<PointName>,
    /// Bits of ReasonFlags, bit 0 highest.
    pub reasons: Option<u16>,
    pub crl_issuer: Option<Vec<GeneralName>>,
}

#[derive(Debug, Clone)]
pub enum PointName {
    Full(Vec<GeneralName>),
    /// One relative name, encoded, to be put behind the CRL issuer's name.
    Relative(Vec<u8>),
}

#[derive(Debug, Clone, Default)]
pub struct Extensions {
    /// There is a list of extensions, whatever is in it.
    pub present: bool,
    pub basic_constraints: Option<BasicConstraints>,
    pub key_usage: Option<u16>,
    pub extended_key_usage: Option<Vec<ObjectIdentifier>>,
    pub extended_key_usage_critical: bool,
    pub subject_key_id: Option<Vec<u8>>,
    pub authority_key_id: Option<Vec<u8>>,
    pub subject_alt_names: Vec<GeneralName>,
    pub name_constraints: Option<NameConstraints>,
    pub policies: Option<Vec<Policy>>,
    pub policy_mappings: Vec<(ObjectIdentifier, ObjectIdentifier)>,
    pub require_explicit_policy: Option<u64>,
    pub inhibit_policy_mapping: Option<u64>,
    pub inhibit_any_policy: Option<u64>,
    pub distribution_points: Vec<DistributionPoint>,
    /// Where the issuer says that it answers OCSP requests, and where its certificate lies (RFC 5280 4.2.2.1).
    pub ocsp_urls: Vec<String>,
    pub issuer_urls: Vec<String>,
    /// Statement ids of qcStatements.
    pub qc_statements: Vec<ObjectIdentifier>,
    pub ocsp_nocheck: bool,
    /// Critical and not understood here.
    pub unknown_critical: Vec<ObjectIdentifier>,
    /// Understood by name, malformed inside, or present twice.
    pub malformed: Vec<ObjectIdentifier>,
}

impl Extensions {
    /// # Errors
    /// The list itself is malformed; a malformed extension is remembered instead.
    pub fn read(list: &Value<'_>) -> ber::Result<Self> {
        let mut out = Self {
            present: true,
            ..Self::default()
        };
        let mut seen = Vec::new();
        for (id, critical, value) in each(list)? {
            if seen.contains(&id) {
                out.malformed.push(id);
            }
            seen.push(id);
            match out.take(id, critical, &value) {
                Ok(true) => {}
                Ok(false) if critical => out.unknown_critical.push(id),
                Ok(false) => {}
                Err(_) => out.malformed.push(id),
            }
        }
        Ok(out)
    }

    /// False for an extension that is not processed.
    fn take(&mut self, id: ObjectIdentifier, critical: bool, bytes: &[u8]) -> ber::Result<bool> {
        let value = ber::whole(bytes, 12)?;
        match id {
            oid::BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(&value)?),
            oid::KEY_USAGE => self.key_usage = Some(value.flags()?),
            oid::EXTENDED_KEY_USAGE => {
                let usages: Vec<ObjectIdentifier> = value
                    .expect(tag::SEQUENCE)?
                    .all()?
                    .iter()
                    .map(Value::oid)
                    .collect::<ber::Result<_>>()?;
                // For nothing, or for anything: two readings.
                if usages.is_empty() {
                    return Err(BerError::Malformed);
                }
                self.extended_key_usage = Some(usages);
                self.extended_key_usage_critical = critical;
            }
            oid::SUBJECT_KEY_ID => self.subject_key_id = Some(value.octets()?.into_owned()),
            oid::AUTHORITY_KEY_ID => {
                let mut fields = value.expect(tag::SEQUENCE)?;
                self.authority_key_id = fields.optional(tag::context_primitive(0))?.map(|id| id.content.to_vec());
            }
            oid::SUBJECT_ALT_NAME => self.subject_alt_names = GeneralName::read_all(&value)?,
            oid::NAME_CONSTRAINTS => self.name_constraints = Some(name_constraints(&value)?),
            oid::CERTIFICATE_POLICIES => self.policies = Some(policies(&value)?),
            oid::POLICY_MAPPINGS => self.policy_mappings = policy_mappings(&value)?,
            oid::POLICY_CONSTRAINTS => {
                let mut fields = value.expect(tag::SEQUENCE)?;
                self.require_explicit_policy = fields.optional(tag::context_primitive(0))?.map(|v| v.unsigned()).transpose()?;
                self.inhibit_policy_mapping = fields.optional(tag::context_primitive(1))?.map(|v| v.unsigned()).transpose()?;
                fields.finish()?;
            }
            oid::INHIBIT_ANY_POLICY => self.inhibit_any_policy = Some(value.unsigned()?),
            oid::CRL_DISTRIBUTION_POINTS => self.distribution_points = distribution_points(&value)?,
            oid::QC_STATEMENTS => self.qc_statements = qc_statements(&value)?,
            oid::OCSP_NOCHECK => self.ocsp_nocheck = true,
            // Where to ask: of no consequence for a verdict, so one that cannot be read is only no help.
            oid::AUTHORITY_INFO_ACCESS => {
                self.ocsp_urls = access_urls(&value, oid::ACCESS_OCSP).unwrap_or_default();
                self.issuer_urls = access_urls(&value, oid::ACCESS_CA_ISSUERS).unwrap_or_default();
            }
            // Understood and of no consequence for a verdict.
            oid::ISSUER_ALT_NAME | oid::FRESHEST_CRL => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Where lists that speak about the certificate are published.
    pub fn crl_urls(&self) -> Vec<String> {
        let names = self.distribution_points.iter().filter_map(|point| match &point.name {
            Some(PointName::Full(names)) => Some(names),
            _ => None,
        });
        let urls = names.flatten().filter_map(|name| match name {
            GeneralName::Uri(url) => Some(url.clone()),
            _ => None,
        });
        urls.collect()
    }

    pub fn allows(&self, bit: u16) -> bool {
        self.key_usage.is_none_or(|bits| bits & bit != 0)
    }
}

/// The extensions of a list as (id, critical, value octets).
///
/// # Errors
/// The list is malformed.
pub fn each(list: &Value<'_>) -> ber::Result<Vec<(ObjectIdentifier, bool, Vec<u8>)>> {
    let mut out = Vec::new();
    let mut reader = list.expect(tag::SEQUENCE)?;
    while !reader.is_empty() {
        let mut fields = reader.next()?.expect(tag::SEQUENCE)?;
        let id = fields.next()?.oid()?;
        let critical = fields
            .optional(tag::BOOLEAN)?
            .map(|flag| flag.boolean())
            .transpose()?
            .unwrap_or(false);
        let value = fields.next()?.octets()?.into_owned();
        fields.finish()?;
        out.push((id, critical, value));
    }
    Ok(out)
}

fn basic_constraints(value: &Value<'_>) -> ber::Result<BasicConstraints> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let ca = fields
        .optional(tag::BOOLEAN)?
        .map(|flag| flag.boolean())
        .transpose()?
        .unwrap_or(false);
    let path_length = fields.optional(tag::INTEGER)?.map(|length| length.unsigned()).transpose()?;
    fields.finish()?;
    Ok(BasicConstraints { ca, path_length })
}

/// RFC 5280 4.2.1.10: one of the two lists at least, and none empty. An empty one permits nothing to one reader and everything to another.
fn name_constraints(value: &Value<'_>) -> ber::Result<NameConstraints> {
    let subtrees = |list: Option<Value<'_>>| -> ber::Result<Vec<GeneralName>> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let trees = list.children().all()?;
        if trees.is_empty() {
            return Err(BerError::Malformed);
        }
        trees.iter().map(subtree).collect()
    };
    let mut fields = value.expect(tag::SEQUENCE)?;
    let permitted = subtrees(fields.optional(tag::context(0))?)?;
    let excluded = subtrees(fields.optional(tag::context(1))?)?;
    fields.finish()?;
    if permitted.is_empty() && excluded.is_empty() {
        return Err(BerError::Malformed);
    }
    Ok(NameConstraints { permitted, excluded })
}

/// The base of a subtree. Its distances must be processed or the certificate refused; the profile has them at zero and absent.
fn subtree(value: &Value<'_>) -> ber::Result<GeneralName> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let base = GeneralName::read(&fields.next()?)?;
    let minimum = fields
        .optional(tag::context_primitive(0))?
        .map(|minimum| minimum.unsigned())
        .transpose()?;
    if minimum.is_some_and(|minimum| minimum != 0) {
        return Err(BerError::Malformed);
    }
    fields.finish()?;
    Ok(base)
}

fn policies(value: &Value<'_>) -> ber::Result<Vec<Policy>> {
    let mut out = Vec::new();
    for information in value.expect(tag::SEQUENCE)?.all()? {
        let mut fields = information.expect(tag::SEQUENCE)?;
        let id = fields.next()?.oid()?;
        let user_notice = match fields.optional(tag::SEQUENCE)? {
            Some(qualifiers) => has_user_notice(qualifiers.children())?,
            None => false,
        };
        fields.finish()?;
        if out.iter().any(|policy: &Policy| policy.id == id) {
            return Err(BerError::Malformed);
        }
        out.push(Policy { id, user_notice });
    }
    Ok(out)
}

/// A userNotice qualifier that says something: explicitText, or a reference to a notice.
fn has_user_notice(qualifiers: Reader<'_>) -> ber::Result<bool> {
    for qualifier in qualifiers.all()? {
        let mut fields = qualifier.expect(tag::SEQUENCE)?;
        if fields.next()?.oid()? == oid::USER_NOTICE && !fields.is_empty() {
            let notice = fields.next()?;
            if notice.expect(tag::SEQUENCE)?.all()?.iter().any(|part| !part.content.is_empty()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn policy_mappings(value: &Value<'_>) -> ber::Result<Vec<(ObjectIdentifier, ObjectIdentifier)>> {
    let pair = |mapping: &Value<'_>| {
        let mut fields = mapping.expect(tag::SEQUENCE)?;
        Ok((fields.next()?.oid()?, fields.next()?.oid()?))
    };
    value.expect(tag::SEQUENCE)?.all()?.iter().map(pair).collect()
}

/// The addresses of one access method.
fn access_urls(value: &Value<'_>, method: ObjectIdentifier) -> ber::Result<Vec<String>> {
    let mut urls = Vec::new();
    for description in value.expect(tag::SEQUENCE)?.all()? {
        let mut fields = description.expect(tag::SEQUENCE)?;
        if fields.next()?.oid()? == method
            && let GeneralName::Uri(url) = GeneralName::read(&fields.next()?)?
        {
            urls.push(url);
        }
    }
    Ok(urls)
}

fn qc_statements(value: &Value<'_>) -> ber::Result<Vec<ObjectIdentifier>> {
    value
        .expect(tag::SEQUENCE)?
        .all()?
        .iter()
        .map(|statement| statement.expect(tag::SEQUENCE)?.next()?.oid())
        .collect()
}

/// # Errors
/// Malformed.
pub fn distribution_points(value: &Value<'_>) -> ber::Result<Vec<DistributionPoint>> {
    value.expect(tag::SEQUENCE)?.all()?.iter().map(distribution_point).collect()
}

fn distribution_point(value: &Value<'_>) -> ber::Result<DistributionPoint> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let name = fields
        .optional(tag::context(0))?
        .map(|wrapper| point_name(&wrapper.only_child()?))
        .transpose()?;
    let reasons = fields.optional(tag::context_primitive(1))?.map(|bits| bits.flags()).transpose()?;
    let crl_issuer = fields
        .optional(tag::context(2))?
        .map(|names| GeneralName::read_all(&names))
        .transpose()?;
    fields.finish()?;
    Ok(DistributionPoint { name, reasons, crl_issuer })
}

/// # Errors
/// Malformed.
pub fn point_name(value: &Value<'_>) -> ber::Result<PointName> {
    match value.tag {
        0xa0 => GeneralName::read_all(value).map(PointName::Full),
        0xa1 => Ok(PointName::Relative(value.raw.to_vec())),
        _ => Err(BerError::Unexpected),
    }
}

impl PointName {
    /// The names this stands for, with `issuer` as the CRL issuer of a relative name.
    pub fn names(&self, issuer: &Name) -> Vec<GeneralName> {
        match self {
            Self::Full(names) => names.clone(),
            Self::Relative(encoded) => ber::whole(encoded, 6)
                .and_then(|relative| issuer.extended(&relative))
                .map(|name| vec![GeneralName::Directory(name)])
                .unwrap_or_default(),
        }
    }
}
