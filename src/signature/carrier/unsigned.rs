//! What the package format leaves without a signature: unsigned attachments, and parts that no digest names. The verdict on the signatures
//! is none on these, and a reader of "every signature is valid" must not take it for one.

use std::collections::HashSet;

use crate::envelope::{Package, PackageKind, Part, PartRole};
use crate::finding::{Finding, Severity};
use crate::message::{Message, codes};

/// Rule of a part that no signature covers.
pub const UNSIGNED_PART: &str = "KEP-3424";

/// Rule of initials that were taken out, which the format allows (K.65).
const INITIALS_REMOVED: &str = "H10";

/// Rule of header lines around the outermost signature of a message.
const UNSIGNED_HEADERS: &str = "KEP-3426";

/// Rule of what the container itself says about its parts. Said of every package, so it is a line below the verdict and no news in its sentence.
pub const CONTAINER: &str = "KEP-3427";

/// Rule of text behind the armour of a CMS.
const BESIDE_ARMOUR: &str = "KEP-3428";

/// Rule of a package that is another one to whoever reads it from the front: what is shown may not be what is signed.
pub const TWO_READINGS: &str = "KEP-2807";

/// Rules of bytes around and inside a ZIP that belong to no part.
const SURPLUS: [&str; 2] = ["KEP-2801", "KEP-2806"];

/// True for a finding that says what no signature speaks for: told at every depth, beside a verdict that passed too.
pub fn names_unsigned(finding: &Finding) -> bool {
    let rule = finding.rule.as_str();
    [
        UNSIGNED_PART,
        INITIALS_REMOVED,
        UNSIGNED_HEADERS,
        BESIDE_ARMOUR,
        codes::TEXT_OUTSIDE_SIGNATURE.rule,
    ]
    .contains(&rule)
        || SURPLUS.contains(&rule)
}

/// Of such findings, one that every mail has: it asks nothing of anybody.
pub fn is_usual(finding: &Finding) -> bool {
    finding.rule == UNSIGNED_HEADERS
}

/// What such a finding is about, short enough for a sentence.
pub fn name_of(finding: &Finding) -> (&str, &str) {
    match finding.rule.as_str() {
        INITIALS_REMOVED => ("çıkarılmış paraflar", "initials that were removed"),
        UNSIGNED_HEADERS => HEADERS,
        BESIDE_ARMOUR => ("kodlanmış imzanın ardındaki metin", "text behind the encoded signature"),
        rule if rule == codes::TEXT_OUTSIDE_SIGNATURE.rule => ("imzalı bölümün dışındaki metin", "text outside of the signed section"),
        rule if SURPLUS.contains(&rule) => ("ZIP'te bileşenlerin dışında kalan baytlar", "bytes of the ZIP outside its parts"),
        _ => (&finding.place, &finding.place),
    }
}

/// What stands around the outermost signature of every message.
pub const HEADERS: (&str, &str) = ("iletinin dış başlıkları", "the outer headers of the message");

/// The header lines that stand around the outermost signature of a message. A provider's envelope repeats what the sender wrote; only the
/// inner copy is signed.
pub fn headers(message: &Message) -> Option<Finding> {
    let outermost = message.signed_layers.iter().map(|layer| layer.level).min()?;
    Some(Finding::new(
        UNSIGNED_HEADERS,
        Severity::Note,
        format!("L{outermost}"),
        "En dıştaki imzanın çevresindeki başlıkları (gönderen, alıcı, konu, tarih …) hiçbir imza kapsamaz; yolda değişmiş olabilirler. İmzalı iletinin içindekilere dayanın.",
        "The headers around the outermost signature (sender, recipients, subject, date …) are covered by none and may have been changed on the way. Rely on those inside the signed message.",
    ))
}

/// The fields of the ZIP and the plumbing of the package: signatures and digests cover the parts, not what leads to them.
pub fn container(package: &Package) -> Option<Finding> {
    let opened = !package.parts.is_empty();
    opened.then(|| {
        Finding::new(
            CONTAINER,
            Severity::Note,
            "/",
            "ZIP'in kendi alanlarını (girdi adları, tarihler, bayraklar, ek alanlar, sıkıştırma biçimi) ve paketin iç düzenini ([Content_Types].xml, .rels dosyaları) hiçbir imza kapsamaz; yalnız bileşenlerin içeriği korunur. Bu alanlara bir anlam yüklemeyin.",
            "The fields of the ZIP itself (entry names, times, flags, extra fields, the way of compression) and the plumbing of the package ([Content_Types].xml, .rels files) are covered by no signature; only the content of the parts is protected. Read no meaning into these fields.",
        )
    })
}

/// Text behind a CMS that is written as PEM.
pub fn beside_armour(characters: usize) -> Option<Finding> {
    (characters > 0).then(|| {
        Finding::new(
            BESIDE_ARMOUR,
            Severity::Note,
            "/",
            format!("Kodlanmış imzanın (PEM) ardında {characters} karakter metin var; hiçbir imza onu kapsamaz. Ona dayanmayın."),
            format!("{characters} characters of text follow the encoded signature (PEM); no signature covers them. Do not rely on them."),
        )
    })
}

/// The parts of a package that no signature covers, each by its name.
pub fn parts(package: &Package, path: &str) -> Vec<Finding> {
    let metadata = &package.metadata;
    let digests = [&metadata.package_digest, &metadata.initial_digest, &metadata.final_digest];
    let references = digests.into_iter().flatten().flat_map(|digest| digest.internal());
    // The digest document outside an encrypted package is a copy of the inner one and names what is inside.
    let is_shell = package.kind == PackageKind::Eyps;
    let references = references.filter(|_| !is_shell);
    let digested: HashSet<&str> = references.filter_map(|reference| reference.uri.as_deref()).collect();
    let uncovered = package.parts.iter().filter(|part| !(is_shell && is_of_a_shell(part)));
    uncovered.filter_map(|part| unsigned(part, is_shell, &digested, path)).collect()
}

/// What an encrypted package has around its content. None of it is shown as the document.
fn is_of_a_shell(part: &Part) -> bool {
    use PartRole::{Core, EncryptedContent, EncryptionInfo, FinalDigest, PackageDigest, Targets};
    matches!(
        part.role,
        Some(Core | EncryptedContent | EncryptionInfo | FinalDigest | PackageDigest | Targets)
    )
}

fn unsigned(part: &Part, is_shell: bool, digested: &HashSet<&str>, path: &str) -> Option<Finding> {
    if digested.contains(part.uri.as_str()) || is_plumbing(&part.uri) {
        return None;
    }
    let (tr, en) = match part.role {
        Some(PartRole::UnsignedAttachment) => (
            "İmzasız ek: hiçbir imza onu kapsamaz, değiştirilmiş ya da sonradan konmuş olabilir. Ona dayanacaksanız göndericiye doğrulatın.",
            "An unsigned attachment: no signature covers it, it may have been changed or put in later. Confirm it with the sender before relying on it.",
        ),
        role if role.is_none() || is_shell => (
            "Pakette durur, ama hiçbir özet ve imza onu kapsamaz: sonradan konmuş olabilir. Ona dayanmayın; göndericiye sorun.",
            "It lies in the package, but no digest and no signature covers it: it may have been put in later. Do not rely on it; ask the sender.",
        ),
        _ => return None,
    };
    Some(Finding::new(UNSIGNED_PART, Severity::Note, format!("{path}{}", part.uri), tr, en))
}

/// Relationships and content types belong to the container and are nobody's content.
fn is_plumbing(uri: &str) -> bool {
    uri.eq_ignore_ascii_case("/[Content_Types].xml") || uri.to_ascii_lowercase().ends_with(".rels")
}
