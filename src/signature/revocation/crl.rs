//! A certificate revocation list as received (RFC 5280 5).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use jiff::Timestamp;

use crate::hash::Sha256;
use crate::signature::asn1::ber::{self, BerError, Value, tag};
use crate::signature::asn1::oid;
use crate::signature::certificate::extension::{self, PointName};
use crate::signature::certificate::name::{GeneralName, Name};
use crate::signature::crypto::Algorithm;
use crate::signature::parsed::Parsed;

const DEPTH: u32 = 16;

/// Octets of lists that are kept parsed and indexed. The lists about authorities, which come with every signature, have a few hundred.
const KEPT: usize = 16 << 20;

static PARSED: LazyLock<Parsed<Crl>> = LazyLock::new(|| Parsed::with_capacity(KEPT));

/// Reason codes (RFC 5280 5.3.1) that matter to a verdict.
pub mod reason {
    pub const KEY_COMPROMISE: u64 = 1;
    pub const CA_COMPROMISE: u64 = 2;
    pub const AA_COMPROMISE: u64 = 10;
    pub const CERTIFICATE_HOLD: u64 = 6;
    pub const REMOVE_FROM_CRL: u64 = 8;
}

#[derive(Debug)]
pub struct Crl {
    bytes: Vec<u8>,
    pub sha256: Sha256,
    tbs: Range<usize>,
    entries: Range<usize>,
    pub issuer: Name,
    pub this_update: Timestamp,
    pub next_update: Option<Timestamp>,
    pub algorithm: Algorithm,
    pub algorithms_agree: bool,
    pub signature: Vec<u8>,
    pub authority_key_id: Option<Vec<u8>>,
    pub number: Option<Vec<u8>>,
    /// BaseCRLNumber, for a delta CRL.
    pub delta_base: Option<Vec<u8>>,
    pub scope: Option<Scope>,
    /// A critical extension that is not understood, or one malformed: the list cannot be used.
    pub unusable: bool,
    /// expiredCertsOnCRL: also lists certificates that expired since this date.
    pub keeps_expired_since: Option<Timestamp>,
    index: OnceLock<Option<HashMap<Vec<u8>, Vec<Entry>>>>,
}

/// IssuingDistributionPoint.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub point: Option<PointName>,
    pub only_user: bool,
    pub only_ca: bool,
    pub only_attribute: bool,
    pub reasons: Option<u16>,
    pub indirect: bool,
}

/// One revoked certificate.
#[derive(Debug, Clone)]
pub struct Entry {
    pub date: Timestamp,
    pub reason: Option<u64>,
    /// certificateIssuer, carried on from earlier entries of an indirect CRL.
    pub issuer: Option<Name>,
}

impl Crl {
    /// # Errors
    /// Not a CRL, or trailing bytes.
    pub fn parse(bytes: &[u8]) -> ber::Result<Arc<Self>> {
        let sha256 = Sha256::of(bytes);
        if let Some(known) = PARSED.get(&sha256) {
            return Ok(known);
        }
        let list = Arc::new(Self::read(bytes, sha256)?);
        PARSED.keep(sha256, bytes.len(), &list);
        Ok(list)
    }

    fn read(bytes: &[u8], sha256: Sha256) -> ber::Result<Self> {
        let outer = ber::whole(bytes, DEPTH)?;
        let mut fields = outer.expect(tag::SEQUENCE)?;
        let tbs_value = fields.next()?;
        let algorithm = Algorithm::read(&fields.next()?)?;
        let signature = fields.expect(tag::BIT_STRING)?.bit_octets()?.to_vec();
        fields.finish()?;

        let mut tbs = tbs_value.expect(tag::SEQUENCE)?;
        tbs.optional(tag::INTEGER)?;
        let inner = Algorithm::read(&tbs.next()?)?;
        let issuer = Name::read(&tbs.next()?)?;
        let this_update = tbs.next()?.time()?;
        let next_update = match tbs.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(tbs.next()?.time()?),
            _ => None,
        };
        let entries = tbs.optional(tag::SEQUENCE)?;
        let extensions = tbs.optional(tag::context(0))?;
        tbs.finish()?;

        let tbs_start = outer.raw.len() - outer.content.len();
        let entries = entries.map_or(0..0, |list| {
            let start = list.content.as_ptr() as usize - bytes.as_ptr() as usize;
            start..start + list.content.len()
        });
        let mut crl = Self {
            sha256,
            tbs: tbs_start..tbs_start + tbs_value.raw.len(),
            entries,
            issuer,
            this_update,
            next_update,
            algorithms_agree: inner.same_as(&algorithm),
            algorithm,
            signature,
            authority_key_id: None,
            number: None,
            delta_base: None,
            scope: None,
            unusable: false,
            keeps_expired_since: None,
            index: OnceLock::new(),
            bytes: bytes.to_vec(),
        };
        if let Some(wrapper) = extensions {
            crl.take_extensions(&wrapper.only_child()?)?;
        }
        Ok(crl)
    }

    fn take_extensions(&mut self, list: &Value<'_>) -> ber::Result<()> {
        for (id, critical, bytes) in extension::each(list)? {
            let value = ber::whole(&bytes, DEPTH)?;
            match id {
                oid::AUTHORITY_KEY_ID => {
                    let mut fields = value.expect(tag::SEQUENCE)?;
                    self.authority_key_id = fields.optional(tag::context_primitive(0))?.map(|id| id.content.to_vec());
                }
                oid::CRL_NUMBER => self.number = Some(value.integer()?.to_vec()),
                oid::DELTA_CRL => self.delta_base = Some(value.integer()?.to_vec()),
                oid::ISSUING_DISTRIBUTION_POINT => self.scope = Some(scope(&value)?),
                oid::EXPIRED_CERTS_ON_CRL => self.keeps_expired_since = value.time().ok(),
                oid::ISSUER_ALT_NAME | oid::FRESHEST_CRL | oid::AUTHORITY_INFO_ACCESS => {}
                _ => self.unusable |= critical,
            }
        }
        Ok(())
    }

    pub fn tbs(&self) -> &[u8] {
        self.bytes.get(self.tbs.clone()).unwrap_or_default()
    }

    /// The entries with this serial number; `None` when the list has an entry that cannot be understood, which makes the whole list
    /// useless (RFC 5280 5.3). The index over all entries is made once: a list may hold a hundred thousand.
    pub fn entries_of(&self, serial: &[u8]) -> Option<&[Entry]> {
        let index = self.index.get_or_init(|| self.build_index().ok()).as_ref()?;
        Some(index.get(serial).map(Vec::as_slice).unwrap_or_default())
    }

    fn build_index(&self) -> ber::Result<HashMap<Vec<u8>, Vec<Entry>>> {
        let mut index: HashMap<Vec<u8>, Vec<Entry>> = HashMap::new();
        let mut issuer = None;
        let mut reader = ber::Reader::new(self.bytes.get(self.entries.clone()).unwrap_or_default(), DEPTH);
        while !reader.is_empty() {
            let (serial, entry) = read_entry(&reader.next()?, &mut issuer)?;
            index.entry(serial).or_default().push(entry);
        }
        Ok(index)
    }
}

fn read_entry(value: &Value<'_>, issuer: &mut Option<Name>) -> ber::Result<(Vec<u8>, Entry)> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let serial = fields.expect(tag::INTEGER)?.integer()?.to_vec();
    let mut entry = Entry {
        date: fields.next()?.time()?,
        reason: None,
        issuer: None,
    };
    if let Some(list) = fields.optional(tag::SEQUENCE)? {
        for (id, critical, bytes) in extension::each(&list)? {
            match id {
                oid::REASON_CODE => entry.reason = Some(ber::whole(&bytes, 4)?.unsigned()?),
                oid::INVALIDITY_DATE => {}
                oid::CERTIFICATE_ISSUER => {
                    let names = GeneralName::read_all(&ber::whole(&bytes, DEPTH)?)?;
                    *issuer = names.into_iter().find_map(|name| match name {
                        GeneralName::Directory(name) => Some(name),
                        _ => None,
                    });
                    if issuer.is_none() {
                        return Err(BerError::Malformed);
                    }
                }
                _ if critical => return Err(BerError::Unexpected),
                _ => {}
            }
        }
    }
    fields.finish()?;
    entry.issuer.clone_from(issuer);
    Ok((serial, entry))
}

fn scope(value: &Value<'_>) -> ber::Result<Scope> {
    let mut fields = value.expect(tag::SEQUENCE)?;
    let point = fields
        .optional(tag::context(0))?
        .map(|wrapper| extension::point_name(&wrapper.only_child()?))
        .transpose()?;
    let mut flag = |number: u8| -> ber::Result<bool> {
        Ok(fields
            .optional(tag::context_primitive(number))?
            .map(|value| value.boolean())
            .transpose()?
            .unwrap_or(false))
    };
    let (only_user, only_ca) = (flag(1)?, flag(2)?);
    let reasons = fields.optional(tag::context_primitive(3))?.map(|bits| bits.flags()).transpose()?;
    let mut flag = |number: u8| -> ber::Result<bool> {
        Ok(fields
            .optional(tag::context_primitive(number))?
            .map(|value| value.boolean())
            .transpose()?
            .unwrap_or(false))
    };
    let (indirect, only_attribute) = (flag(4)?, flag(5)?);
    fields.finish()?;
    Ok(Scope {
        point,
        only_user,
        only_ca,
        only_attribute,
        reasons,
        indirect,
    })
}
