//! What would settle a verdict: which object, about which certificate, and where it is published.

use std::sync::Arc;

use jiff::Timestamp;

use crate::hash::{Sha256, Sha256Stream};
use crate::signature::certificate::Certificate;
use crate::signature::report::{ObjectKind, WantReport};

/// Addresses tried for one object. A certificate that names more of them is playing with us.
const MAX_URLS: usize = 4;

/// An object that judging lacks.
#[derive(Debug, Clone)]
pub struct Want {
    pub kind: ObjectKind,
    /// Each of these has it; tried in this order.
    pub urls: Vec<String>,
    /// Whose issuer, or whose state, is asked for.
    pub certificate: Arc<Certificate>,
    /// Who issued it; `None` while its issuer is what is wanted.
    pub issuer: Option<Arc<Certificate>>,
    /// What is older does not help (the grace period of P2 and P3).
    pub not_before: Option<Timestamp>,
}

impl Want {
    /// The certificate of the issuer; `None` when the certificate does not say where it is.
    pub fn issuer_of(certificate: &Arc<Certificate>) -> Option<Self> {
        Self::new(
            ObjectKind::Certificate,
            &certificate.extensions.issuer_urls,
            certificate,
            None,
            None,
        )
    }

    /// The answers about a certificate, the better one first: OCSP tells the present, but where a grace period must have passed the
    /// profile asks for a list (BTK guide: P2 and P3).
    pub fn state_of(certificate: &Arc<Certificate>, issuer: &Arc<Certificate>, not_before: Option<Timestamp>) -> Vec<Self> {
        let of = |kind, urls: &[String]| Self::new(kind, urls, certificate, Some(issuer), not_before);
        let ocsp = of(ObjectKind::Ocsp, &certificate.extensions.ocsp_urls);
        let crl = of(ObjectKind::Crl, &certificate.extensions.crl_urls());
        let in_order = if not_before.is_some() { [crl, ocsp] } else { [ocsp, crl] };
        in_order.into_iter().flatten().collect()
    }

    fn new(
        kind: ObjectKind,
        urls: &[String],
        certificate: &Arc<Certificate>,
        issuer: Option<&Arc<Certificate>>,
        not_before: Option<Timestamp>,
    ) -> Option<Self> {
        let urls: Vec<String> = urls.iter().take(MAX_URLS).cloned().collect();
        (!urls.is_empty()).then(|| Self {
            kind,
            urls,
            certificate: certificate.clone(),
            issuer: issuer.cloned(),
            not_before,
        })
    }

    /// The same for the same question. A list answers for every certificate of its issuer, an OCSP response for one.
    pub fn key(&self) -> Sha256 {
        let mut stream = Sha256Stream::default();
        stream.update(&[self.kind as u8]);
        for url in &self.urls {
            stream.update(url.as_bytes());
            stream.update(&[0]);
        }
        match (&self.kind, &self.issuer) {
            (ObjectKind::Crl, Some(issuer)) => stream.update(&issuer.spki_sha256.0),
            _ => stream.update(&self.certificate.sha256.0),
        }
        stream.finish()
    }

    pub fn reports(&self) -> impl Iterator<Item = WantReport> {
        self.urls.iter().map(|url| WantReport {
            kind: self.kind,
            url: url.clone(),
            certificate_sha256: self.certificate.sha256,
            issuer_sha256: self.issuer.as_ref().map(|issuer| issuer.sha256),
        })
    }
}
