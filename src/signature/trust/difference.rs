//! What a source would change in the set of anchors, and which of it may be done: pinned roots without asking, everything else only with
//! an explicit yes to its fingerprint, imitations never.

use std::sync::Arc;

use jiff::Timestamp;

use crate::finding::Finding;
use crate::hash::Sha256;
use crate::signature::certificate::Certificate;
use crate::signature::trust::pins::{Pin, Pins};
use crate::signature::trust::row_signature::RowState;
use crate::signature::trust::source::{Proposal, Source};
use crate::signature::trust::{Anchor, Purpose, Trust, is_self_signed};
use crate::text::Text;

/// Whether a proposed anchor may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its hash is pinned, and it is proposed for nothing beyond its pin.
    Pinned,
    /// Unknown to the pins, or proposed for more: a person must say yes to its SHA-256.
    NeedsYes(Text),
    /// Not to be taken, whatever anybody says.
    Refused(Text),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    New,
    /// Trusted already, for other purposes.
    Purposes,
    Unchanged,
}

/// One line of the difference.
#[derive(Debug, Clone)]
pub struct Change {
    pub certificate: Arc<Certificate>,
    pub kind: Kind,
    pub standing: Standing,
    /// What it is trusted for now.
    pub before: Vec<Purpose>,
    /// What it would be trusted for through this source, beside that.
    pub purposes: Vec<Purpose>,
    pub domain: Option<String>,
    pub pin: Option<&'static Pin>,
    pub row: Option<RowState>,
    /// Its validity is over: it can only judge what is old.
    pub expired: bool,
    pub place: String,
}

impl Change {
    pub fn sha256(&self) -> Sha256 {
        self.certificate.sha256
    }
}

#[derive(Debug, Default)]
pub struct Difference {
    pub changes: Vec<Change>,
    /// Trusted now and not in the source. Never taken away by an import: a source that leaves a root out must not make old documents
    /// unverifiable.
    pub missing: Vec<Anchor>,
    /// Issuers that the source brings along.
    pub issuers: Vec<Arc<Certificate>>,
    pub findings: Vec<Finding>,
}

impl Difference {
    /// `wanted` narrows or names the purposes where the operator says them.
    pub fn between(now: &Trust, source: Source, wanted: &[Purpose], at: Timestamp) -> Self {
        let mut changes: Vec<Change> = Vec::new();
        for proposal in source.proposals {
            let change = judge(now, proposal, wanted, at);
            // The same certificate in several folders is one line with all purposes.
            match changes
                .iter_mut()
                .find(|known| known.sha256() == change.sha256() && known.domain == change.domain)
            {
                Some(known) => merge(known, change),
                None => changes.push(change),
            }
        }
        let missing = now
            .anchors()
            .filter(|anchor| !changes.iter().any(|change| change.sha256() == anchor.sha256()));
        let missing = missing.cloned().collect();
        changes.sort_by_key(|change| (change.kind == Kind::Unchanged, change.certificate.subject.label(), change.sha256()));
        Self {
            changes,
            missing,
            issuers: source.issuers,
            findings: source.findings,
        }
    }

    /// What differs.
    pub fn open(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.kind != Kind::Unchanged)
    }

    pub fn is_empty(&self) -> bool {
        self.open().next().is_none()
    }
}

fn merge(known: &mut Change, other: Change) {
    known.purposes.extend(other.purposes);
    known.purposes.sort_unstable();
    known.purposes.dedup();
    if weight(&other.standing) > weight(&known.standing) {
        known.standing = other.standing;
    }
    if other.kind != Kind::Unchanged && known.kind == Kind::Unchanged {
        known.kind = other.kind;
    }
}

fn weight(standing: &Standing) -> u8 {
    match standing {
        Standing::Pinned => 0,
        Standing::NeedsYes(_) => 1,
        Standing::Refused(_) => 2,
    }
}

fn judge(now: &Trust, proposal: Proposal, wanted: &[Purpose], at: Timestamp) -> Change {
    let Proposal {
        certificate,
        purposes: stated,
        domain,
        place,
        row,
    } = proposal;
    let pin = Pins::shipped().of(certificate.sha256);
    let purposes = match (wanted, stated.as_slice(), pin) {
        ([], [], Some(pin)) => pin.purposes.clone(),
        // A depository row states a level; of a pinned root the pin knows better.
        ([], _, Some(pin)) if row.is_some() => pin.purposes.clone(),
        ([], stated, _) => stated.to_vec(),
        (wanted, _, _) => wanted.to_vec(),
    };
    let anchor = now.anchors().find(|anchor| anchor.sha256() == certificate.sha256);
    let before: Vec<Purpose> = anchor.map(|anchor| anchor.purposes.clone()).unwrap_or_default();
    let provided = anchor.is_some_and(|anchor| anchor.serves_provider(domain.as_deref()));
    let covered = purposes
        .iter()
        .all(|purpose| before.contains(purpose) && (*purpose != Purpose::Provider || provided));
    let kind = match anchor {
        None => Kind::New,
        Some(_) if covered => Kind::Unchanged,
        Some(_) => Kind::Purposes,
    };
    Change {
        standing: standing(&certificate, &purposes, pin, row),
        expired: certificate.not_after < at,
        certificate,
        kind,
        before,
        purposes,
        domain,
        pin,
        row,
        place,
    }
}

fn standing(certificate: &Certificate, purposes: &[Purpose], pin: Option<&Pin>, row: Option<RowState>) -> Standing {
    if let Some(text) = refusal(certificate, purposes, pin, row) {
        return Standing::Refused(text);
    }
    let Some(pin) = pin else {
        return Standing::NeedsYes(match row {
            Some(RowState::Verified) => Text::new(
                "pinli değil; satır imzası güvenilen bir sertifikayla doğrulandı",
                "not pinned; its row signature verifies with a trusted certificate",
            ),
            Some(RowState::VerifiedWeakly) => Text::new(
                "pinli değil; satır imzası doğru ama SHA-1 ile, tek başına güvence sayılmaz",
                "not pinned; its row signature is right but made with SHA-1, which alone proves nothing",
            ),
            Some(RowState::SignerUnknown) => Text::new(
                "pinli değil; satırı kimin imzaladığı bilinmiyor",
                "not pinned; who signed its row is unknown",
            ),
            _ => Text::new("pinli değil", "not pinned"),
        });
    };
    let beyond: Vec<&str> = purposes
        .iter()
        .filter(|purpose| !pin.purposes.contains(purpose))
        .map(|purpose| purpose.folder())
        .collect();
    if beyond.is_empty() {
        return Standing::Pinned;
    }
    let beyond = beyond.join(" ");
    Standing::NeedsYes(Text::new(
        format!("pinli, ama şu amaç için değil: {beyond}"),
        format!("pinned, but not for: {beyond}"),
    ))
}

/// Why a certificate must not become an anchor.
fn refusal(certificate: &Certificate, purposes: &[Purpose], pin: Option<&Pin>, row: Option<RowState>) -> Option<Text> {
    if certificate.is_self_issued() && !is_self_signed(certificate) {
        return Some(Text::new(
            "sahte: kendi imzası doğrulanmıyor. Dosyayı sağlayıcının yayımladığıyla değiştirin",
            "forged: its own signature does not verify. Replace the file by the one the provider publishes",
        ));
    }
    if pin.is_some() {
        return purposes.is_empty().then(no_purpose);
    }
    if let Some(real) = Pins::shipped().imitated_by(certificate) {
        return Some(Text::new(
            format!(
                "{} sağlayıcısının kökünün adını taşıyor, anahtarı başka. Sağlayıcıya sorun; kök gerçekten yenilendiyse programın yeni sürümünü kurun",
                real.provider
            ),
            format!(
                "it has the name of {}'s root and another key. Ask the provider; if the root was really renewed, install a newer version of this program",
                real.provider
            ),
        ));
    }
    if row == Some(RowState::Wrong) {
        return Some(Text::new(
            "depo satırının imzası tutmuyor: satır değiştirilmiş olabilir. Dosyayı yeniden indirin; kökü sağlayıcıdan PEM olarak alın",
            "the signature of its depository row is wrong: the row may have been altered. Download the file again; get the root itself from the provider",
        ));
    }
    if !certificate.is_ca() && certificate.version >= 3 && purposes.iter().any(|purpose| *purpose != Purpose::Provider) {
        return Some(Text::new(
            "sertifika veremeyen bir sertifika kök olamaz (yalnız KEP sağlayıcısının işlem sertifikası olabilir: --purpose kephs)",
            "a certificate that may not issue others is no root (it can only be a KEP provider's own: --purpose kephs)",
        ));
    }
    purposes.is_empty().then(no_purpose)
}

fn no_purpose() -> Text {
    Text::new(
        "hangi amaçla güvenileceği belli değil; --purpose nes|muhur|kephs|tsa ile söyleyin",
        "what it is to be trusted for is not said; say it with --purpose nes|muhur|kephs|tsa",
    )
}
