//! Revocation lists whose every field a case may change.

use jiff::Timestamp;

use super::issue::identifier;
use crate::forge::der::{self, Der, bits, ctx, ctx_prim, int, seq};
use crate::forge::pki::{Certified, Key, at, extension};

pub const CRL_NUMBER: &str = "2.5.29.20";
pub const SCOPE: &str = "2.5.29.28";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";

/// What a list shall say. It starts as one that is valid for centuries and names nobody.
#[derive(Clone)]
pub struct List {
    issuer: Der,
    /// Whose key the list claims.
    spki: Der,
    key: Key,
    version: u64,
    from: Timestamp,
    to: Option<Timestamp>,
    /// Dates in the form that the profile keeps for the time from 2050 on.
    generalized: bool,
    entries: Vec<Der>,
    extensions: Vec<Der>,
}

/// A list by `authority`.
pub fn list(authority: &Certified) -> List {
    List {
        issuer: authority.subject.clone(),
        spki: authority.spki.clone(),
        key: authority.key.clone(),
        version: 2,
        from: at("1970-01-01T00:00:01Z"),
        to: Some(at("2969-05-03T00:00:01Z")),
        generalized: false,
        entries: vec![],
        extensions: vec![number(false)],
    }
}

fn number(critical: bool) -> Der {
    extension(CRL_NUMBER, critical, int(1337))
}

/// One line: a serial number, the day, and extensions of the line.
fn entry(serial: &Der, day: &str, extensions: &[Der]) -> Der {
    let own = (!extensions.is_empty()).then(|| seq(extensions.to_vec()));
    seq([serial.clone(), der::time(at(day))].into_iter().chain(own))
}

impl List {
    pub fn naming(self, certificate: &Certified, day: &str) -> Self {
        self.naming_with(certificate, day, &[])
    }

    pub fn naming_with(mut self, certificate: &Certified, day: &str, extensions: &[Der]) -> Self {
        self.entries.push(entry(&certificate.serial, day, extensions));
        self
    }

    /// Somebody else, whose certificate nobody has seen.
    pub fn naming_strangers(mut self, count: u64, day: &str) -> Self {
        self.entries
            .extend((0..count).map(|stranger| entry(&int(0x4000_0000 + stranger), day, &[])));
        self
    }

    pub fn signed_by(mut self, key: &Key) -> Self {
        self.key = key.clone();
        self
    }

    pub fn claiming_key_of(mut self, certificate: &Certified) -> Self {
        self.spki = certificate.spki.clone();
        self
    }

    pub fn from(mut self, day: &str) -> Self {
        self.from = at(day);
        self
    }

    pub fn to(mut self, day: &str) -> Self {
        self.to = Some(at(day));
        self
    }

    pub fn without_end(mut self) -> Self {
        self.to = None;
        self
    }

    pub fn version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    pub fn in_generalized_time(mut self) -> Self {
        self.generalized = true;
        self
    }

    pub fn without_number(mut self) -> Self {
        self.extensions.clear();
        self
    }

    pub fn critical_number(mut self) -> Self {
        self.extensions = vec![number(true)];
        self
    }

    pub fn with(mut self, id: &str, critical: bool, value: Der) -> Self {
        self.extensions.push(extension(id, critical, value));
        self
    }

    pub fn der(&self) -> Der {
        let hash = self.key.natural_hash();
        let algorithm = self.key.signature_alg(hash);
        let day = |at: Timestamp| if self.generalized { der::generalized(at) } else { der::time(at) };
        let claimed = extension(AUTHORITY_KEY_ID, false, seq([ctx_prim(0, &identifier(&self.spki))]));
        let mut fields = vec![int(self.version - 1), algorithm.clone(), self.issuer.clone(), day(self.from)];
        fields.extend(self.to.map(day));
        fields.extend((!self.entries.is_empty()).then(|| seq(self.entries.clone())));
        fields.push(ctx(0, [seq([claimed].into_iter().chain(self.extensions.clone()))]));
        let tbs = seq(fields);
        let signature = self.key.sign(hash, &tbs);
        seq([tbs, algorithm, bits(&signature)])
    }
}
