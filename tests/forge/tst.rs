//! RFC 3161 time-stamp tokens from the test TSA.

use std::sync::Arc;

use jiff::Timestamp;

use super::chance;
use super::cms::{self, Form, Scheme, SignedData, TST_INFO};
use super::der::{Der, boolean, generalized, int, octets, oid, seq};
use super::pki::{Certified, Hash};

/// A time-stamping authority: its signing certificate, and what it puts into tokens.
#[derive(Clone)]
pub struct Tsa {
    pub signer: Arc<Certified>,
    /// Revocation lists for its own certificate, embedded in every token.
    pub crls: Vec<Der>,
}

/// What can be wrong with a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TokenDefect {
    #[default]
    None,
    /// messageImprint of other octets.
    WrongImprint,
    BrokenSignature,
    /// A sound token, made for another message.
    OfAnotherMessage,
    /// The imprint is a SHA-1 value.
    WeakHash,
}

impl Tsa {
    pub fn token(&self, stamped: &[u8], at: Timestamp, defect: TokenDefect) -> Der {
        self.token_with(stamped, at, defect, vec![])
    }

    /// A token whose SignerInfo carries `unsigned` attributes (the hash index of an archive time-stamp).
    pub fn token_with(&self, stamped: &[u8], at: Timestamp, defect: TokenDefect, unsigned: Vec<Der>) -> Der {
        let hash = if defect == TokenDefect::WeakHash {
            Hash::Sha1
        } else {
            Hash::Sha256
        };
        let mut imprint = match defect {
            TokenDefect::OfAnotherMessage => hash.of(b"another message"),
            _ => hash.of(stamped),
        };
        if defect == TokenDefect::WrongImprint {
            imprint[0] ^= 1;
        }
        let serial: u64 = u64::from_be_bytes(chance::bytes()) >> 1;
        let info = seq([
            int(1),
            oid("2.16.792.1.2.1.1.5.7.3.1"),
            seq([hash.alg(), octets(&imprint)]),
            int(serial),
            generalized(at),
            // Accuracy of one second, then `ordering`, whose DEFAULT FALSE leaves it out unless true.
            seq([int(1)]),
            boolean(true),
        ]);
        let attributes = vec![
            cms::content_type(TST_INFO),
            cms::message_digest(&Hash::Sha256.of(&info)),
            cms::signing_certificate_v2(&self.signer, Hash::Sha256),
        ];
        let mut signer = cms::sign_attributes(&self.signer, Hash::Sha256, Scheme::HashWithRsa, attributes, false);
        if defect == TokenDefect::BrokenSignature {
            signer.signature[8] ^= 1;
        }
        signer.unsigned_attributes = unsigned;
        let mut certificates = vec![self.signer.der.clone()];
        certificates.extend(self.signer.chain().iter().map(|c| c.der.clone()));
        SignedData {
            content_type: TST_INFO,
            content: Some(info),
            certificates,
            crls: self.crls.clone(),
            signers: vec![signer],
            form: Form::Der,
        }
        .encode()
    }
}
