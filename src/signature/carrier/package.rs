//! Signatures of an e-Yazışma package: who signed, initialled and sealed, and the rules G1 to G8.

use jiff::{SignedDuration, Timestamp};

use crate::envelope::{Package, PackageKind, PackageRole, PackageSignature};
use crate::finding::{Finding, Severity};
use crate::signature::cades::{self, Expected, Subject};
use crate::signature::carrier::unsigned;
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::report::{CertificateClass, Indication, Role, SignatureReport};
use crate::signature::verdict;
use crate::text::mask;

/// NihaiUstveri's date and the last timestamp are one instant; one side may round to seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// The verdicts on every signature of a package and of the packages inside it, and the findings of rules G1 to G8.
pub fn judge_package(package: &Package, context: &Context) -> (Vec<SignatureReport>, Vec<Finding>) {
    let (mut reports, mut findings) = (Vec::new(), Vec::new());
    for (path, inner) in package.walk() {
        judge_one(inner, &path, context, &mut reports, &mut findings);
    }
    (reports, findings)
}

/// The same of a package by itself, without those inside it.
pub fn judge_package_alone(package: &Package, context: &Context) -> (Vec<SignatureReport>, Vec<Finding>) {
    let (mut reports, mut findings) = (Vec::new(), Vec::new());
    judge_one(package, "", context, &mut reports, &mut findings);
    (reports, findings)
}

fn judge_one(package: &Package, path: &str, context: &Context, reports: &mut Vec<SignatureReport>, findings: &mut Vec<Finding>) {
    // What is around a package that was opened says nothing that a signature could speak for: the one inside is judged.
    if package.signatures.is_empty() && !package.decrypted {
        let mut reasons = Reasons::default();
        reasons.add(if package.kind == PackageKind::Eyps {
            cause::ENCRYPTED
        } else {
            cause::NO_SIGNATURE
        });
        let covers = if path.is_empty() { "/" } else { path };
        reports.push(verdict::empty_report(Role::Document, "CAdES", covers, reasons));
    }
    let mut judged = Vec::new();
    for signature in &package.signatures {
        let own = judge_signature(signature, path, context);
        rules(package, signature, path, &own, findings);
        judged.push((signature.role, own));
    }
    compare_with_metadata(package, path, &judged, findings);
    findings.extend(unsigned::parts(package, path));
    reports.extend(judged.into_iter().flat_map(|(_, own)| own));
}

fn judge_signature(signature: &PackageSignature, path: &str, context: &Context) -> Vec<SignatureReport> {
    let role = match signature.role {
        PackageRole::Signature => Role::Signature,
        PackageRole::Initial => Role::Initial,
        PackageRole::Seal => Role::Seal,
    };
    let subject = Subject {
        role,
        covers: format!("{path}{}", signature.covers).trim_start_matches('/').to_owned(),
        expected: signature.covered.as_deref().map_or(Expected::Missing, Expected::Bytes),
    };
    cades::judge(&signature.cms, &subject, context)
}

/// A report and its counter-signatures, flat.
pub fn flatten(reports: &[SignatureReport]) -> Vec<&SignatureReport> {
    reports
        .iter()
        .flat_map(|report| std::iter::once(report).chain(flatten(&report.counter_signatures)))
        .collect()
}

/// G1 to G7 for one signature part.
fn rules(package: &Package, signature: &PackageSignature, path: &str, own: &[SignatureReport], findings: &mut Vec<Finding>) {
    let place = format!("{path}{}", signature.place);
    let all = flatten(own);
    let mut add = |rule: &str, severity, tr: &str, en: &str| findings.push(Finding::new(rule, severity, place.clone(), tr, en));
    let gives = |cause: cause::Cause| {
        all.iter()
            .any(|report| report.reasons.iter().any(|reason| reason.code == cause.code))
    };

    let content_rule = match signature.role {
        PackageRole::Signature => "G1",
        PackageRole::Seal => "G2",
        PackageRole::Initial => "G3",
    };
    if gives(cause::CONTENT_CONFUSION) {
        add(
            content_rule,
            Severity::Error,
            "İmzanın içindeki belge paketteki belgeyle aynı değil. Paketi geçersiz sayın ve göndericiden yeniden isteyin.",
            "The document inside the signature is not the one in the package. Treat the package as invalid and ask for it again.",
        );
    } else if gives(cause::DETACHED) {
        add(
            content_rule,
            Severity::Warning,
            "İmza ayrık; rehber, içeriğin imzanın içinde olmasını ister. İşlem gerekmez, göndericiye bildirin.",
            "The signature is detached; the guide wants the content inside it. Nothing to do, tell the sender.",
        );
    }
    match all.iter().map(|report| report.indication).max() {
        Some(Indication::Failed) => add(
            "G4",
            Severity::Error,
            "İmza geçersiz. İmza ayrıntılarına bakın ve göndericiden belgeyi yeniden isteyin.",
            "A signature is invalid. See its details and ask the sender for the document again.",
        ),
        Some(Indication::Indeterminate) => add(
            "G4",
            Severity::Warning,
            "İmza kesin olarak doğrulanamadı. İmza ayrıntılarındaki adımı izleyin.",
            "A signature could not be validated for certain. Follow the step named in its details.",
        ),
        _ => {}
    }
    if package.major >= 2 {
        check_level(package, signature.role, &all, &mut add);
    }
    let wrong_class = all
        .iter()
        .filter_map(|report| report.signer.as_ref())
        .any(|signer| !fits(signature.role, signer.class));
    if wrong_class {
        add(
            "G6",
            if package.major >= 2 { Severity::Error } else { Severity::Warning },
            "Sertifika, bu imzanın gerektirdiği türde değil. Göndericiden doğru sertifikayla imza isteyin.",
            "The certificate is not of the kind that this signature needs. Ask for a signature with the right certificate.",
        );
    }
    if signature.role == PackageRole::Seal && all.len() > 1 {
        let severity = if package.kind == PackageKind::Eypg {
            Severity::Error
        } else {
            Severity::Warning
        };
        add(
            "G7",
            severity,
            "Mühürde birden çok imza var; tek olmalı. Göndericiye sorun.",
            "The seal carries several signatures; there must be one. Ask the sender.",
        );
    }
}

fn fits(role: PackageRole, class: CertificateClass) -> bool {
    match role {
        PackageRole::Signature | PackageRole::Initial => class == CertificateClass::Nes,
        PackageRole::Seal => crate::signature::certificate::class::is_seal(class),
    }
}

/// G5: level and profile. What deviates is still usable.
fn check_level(package: &Package, role: PackageRole, all: &[&SignatureReport], add: &mut impl FnMut(&str, Severity, &str, &str)) {
    let long = all.iter().all(|report| matches!(report.level.as_deref(), Some("X-L" | "A")));
    let archived = all.iter().all(|report| report.level.as_deref() == Some("A"));
    // Guide 2.1 also lets P3; an update's seal may be P3 in any version.
    let p3_allowed = package.version.as_deref().is_some_and(|version| version != "2.0") || package.kind == PackageKind::Eypg;
    let profiled = all.iter().all(|report| match report.profile.as_deref() {
        Some("P4") => true,
        Some("P3") => p3_allowed,
        _ => false,
    });
    if !long || !profiled {
        add(
            "G5",
            Severity::Warning,
            "İmza düzeyi ya da profili rehberin istediği gibi değil (CAdES-X-L, P4). Göndericiye bildirin.",
            "The signature's level or profile is not what the guide wants (CAdES-X-L, P4). Tell the sender.",
        );
    } else if role == PackageRole::Seal && !archived {
        add(
            "G5",
            Severity::Note,
            "Mühür CAdES-A düzeyinde değil (X-L). İşlem gerekmez.",
            "The seal is not at level CAdES-A (X-L). Nothing to do.",
        );
    }
}

/// G8: people, their number and the time agree with NihaiUstveri or BelgeImza.
fn compare_with_metadata(package: &Package, path: &str, judged: &[(PackageRole, Vec<SignatureReport>)], findings: &mut Vec<Finding>) {
    let Some(last) = &package.metadata.last else { return };
    let Some((_, own)) = judged.iter().find(|(role, _)| *role == PackageRole::Signature) else {
        return;
    };
    let signatures = flatten(own);
    let mut add = |tr: String, en: String| findings.push(Finding::new("G8", Severity::Warning, format!("{path}/NihaiUstveri"), tr, en));
    if !last.signers.is_empty() && last.signers.len() != signatures.len() {
        add(
            format!(
                "Üstveride {} imzalayan, imzada {} imza var. Göndericiye sorun.",
                last.signers.len(),
                signatures.len()
            ),
            format!(
                "The metadata name {} signers, the signature has {}. Ask the sender.",
                last.signers.len(),
                signatures.len()
            ),
        );
    }
    let masked: Vec<&str> = signatures
        .iter()
        .filter_map(|report| report.signer.as_ref()?.serial_masked.as_deref())
        .collect();
    let ids = last
        .signers
        .iter()
        .filter_map(|signer| signer.person.as_ref()?.national_id.as_ref());
    for id in ids {
        let shown = mask(id.expose());
        if !masked.is_empty() && !masked.contains(&shown.as_str()) {
            add(
                format!("Üstverideki imzalayan ({shown}) imza sertifikalarında yok. Göndericiye sorun."),
                format!("A signer of the metadata ({shown}) is in none of the certificates. Ask the sender."),
            );
        }
    }
    let stamped: Option<Timestamp> = signatures
        .iter()
        .flat_map(|report| &report.timestamps)
        .filter(|stamp| stamp.r#type == "signature")
        .filter_map(|stamp| stamp.time)
        .max();
    let dated = last.date.as_ref().and_then(|date| date.instant.map(|instant| instant.at));
    if let (Some(stamped), Some(dated)) = (stamped, dated)
        && stamped.duration_since(dated).abs() > ROUNDING
    {
        add(
            format!("Belge tarihi ({dated}) son imzanın zaman damgası ({stamped}) değil. Bilgi içindir."),
            format!("The document's date ({dated}) is not the time of the last signature ({stamped}). For information."),
        );
    }
}
