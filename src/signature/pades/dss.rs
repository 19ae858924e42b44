//! The document security store (ETSI EN 319 142-1 5.4): certificates, CRLs and OCSP responses that a document carries for its signatures.

use crate::signature::certificate::Certificate;
use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::View;
use crate::signature::path::chain::Material;

/// Streams of one store. A much extended document has some hundred.
const MAX_STREAMS: usize = 5_000;

/// What a store holds.
#[derive(Debug, Default, Clone)]
pub struct Store {
    pub material: Material,
    /// Certificates stand in it by themselves, not only inside OCSP responses.
    pub has_certificates: bool,
    /// Keys of VRI: the SHA-1 of /Contents in upper-case hexadecimal.
    pub vri: Vec<Vec<u8>>,
    /// Streams that are none of what they should be.
    pub unreadable: usize,
}

impl Store {
    /// There is revocation data in it.
    pub fn has_revocation(&self) -> bool {
        !self.material.revocation.crls.is_empty() || !self.material.revocation.ocsp.is_empty()
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Certificate,
    Crl,
    Ocsp,
}

/// The store of a revision; `None` when it has none. Everything in it proves itself by its signature, so VRI entries count for all
/// signatures and not only for the one that they name.
pub fn read(view: &View<'_>) -> Option<Store> {
    let (_, catalog) = view.catalog().ok()?;
    let dss = view.dictionary_at(&catalog, "DSS").ok()??;
    let mut store = Store::default();
    let mut left = MAX_STREAMS;
    for (key, kind) in [("Certs", Kind::Certificate), ("CRLs", Kind::Crl), ("OCSPs", Kind::Ocsp)] {
        add_all(view, &dss, key, kind, &mut store, &mut left);
    }
    for entry in view.dictionary_at(&dss, "VRI").ok().flatten().unwrap_or_default().entries {
        let Ok(Object::Dictionary(related)) = view.resolve(&entry.value) else {
            continue;
        };
        store.vri.push(entry.key);
        for (key, kind) in [("Cert", Kind::Certificate), ("CRL", Kind::Crl), ("OCSP", Kind::Ocsp)] {
            add_all(view, &related, key, kind, &mut store, &mut left);
        }
    }
    store.has_certificates = !store.material.certificates.is_empty();
    let carried: Vec<_> = store
        .material
        .revocation
        .ocsp
        .iter()
        .flat_map(|response| response.certificates.clone())
        .collect();
    for certificate in carried {
        store.material.add_certificate(certificate);
    }
    Some(store)
}

fn add_all(view: &View<'_>, parent: &Dictionary, key: &str, kind: Kind, store: &mut Store, left: &mut usize) {
    for element in view.array_at(parent, key).unwrap_or_default() {
        if *left == 0 {
            store.unreadable += 1;
            return;
        }
        *left -= 1;
        let bytes = element.reference().and_then(|number| {
            let stored = view.get(number).ok()??;
            view.decoded(number, &stored).ok()
        });
        let added = bytes.is_some_and(|bytes| match kind {
            Kind::Certificate => Certificate::parse(&bytes)
                .map(|certificate| store.material.add_certificate(certificate))
                .is_ok(),
            Kind::Crl => store.material.revocation.add_crl(&bytes),
            Kind::Ocsp => store.material.revocation.add_ocsp(&bytes),
        });
        store.unreadable += usize::from(!added);
    }
}
