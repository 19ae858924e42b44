//! Signatures in PDF: PAdES B to LTA (ETSI EN 319 142-1) and what BTK's guide makes of them, the older kinds of ISO 32000 as far as they
//! can be judged, and document timestamps.
//!
//! [`structure`] reads the file strictly; [`field`] finds the signatures; [`byte_range`] says what each covers; [`signer`] judges its
//! CMS; [`change`] names what came after it; [`graph`] sees what acts or hides in the document; [`dss`] is the validation data.

pub mod byte_range;
pub mod change;
pub mod date;
pub mod dss;
pub mod field;
pub mod graph;
pub mod signer;
pub mod structure;

use crate::signature::cause::{self, Cause, Reasons};
use crate::signature::context::Context;
use crate::signature::pades::byte_range::Coverage;
use crate::signature::pades::change::{Kind, Later, LaterSignature};
use crate::signature::pades::dss::Store;
use crate::signature::pades::field::SignatureField;
use crate::signature::pades::graph::{Active, Graph};
use crate::signature::pades::structure::PdfError;
use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::View;
use crate::signature::report::{Indication, Role, SignatureReport};
use crate::signature::verdict;
use crate::text::Text;

/// Changes, objects and files that a report names one by one; the rest are counted.
const NAMED: usize = 20;

/// The verdicts on every signature of a PDF, those of people first, then document timestamps; at least one, since bytes that cannot be
/// read and a document without signature are verdicts too.
pub fn judge(bytes: &[u8], name: &str, context: &Context) -> Vec<SignatureReport> {
    let view = match View::open(bytes) {
        Ok(view) => view,
        Err(error) => return vec![damaged(bytes, name, &error)],
    };
    if view.trailer().get("Encrypt").is_some() {
        return vec![alone(name, cause::PDF_ENCRYPTED, "")];
    }
    let fields = match field::signatures(&view) {
        Ok(fields) => fields,
        Err(error) => return vec![damaged(bytes, name, &error)],
    };
    let document = Document {
        bytes,
        name,
        store: dss::read(&view),
        context,
        view,
    };
    document.judge(&fields)
}

fn alone(name: &str, cause: Cause, detail: &str) -> SignatureReport {
    let mut reasons = Reasons::default();
    reasons.add_with(cause, detail);
    verdict::empty_report(Role::Document, "PAdES", name, reasons)
}

/// A file that cannot be read strictly. Signature dictionaries are never compressed, so their absence can be seen all the same.
fn damaged(bytes: &[u8], name: &str, error: &PdfError) -> SignatureReport {
    let mut reasons = Reasons::default();
    match error {
        PdfError::Limit(what) => reasons.add_with(cause::PDF_TOO_LARGE, what),
        _ if field::find(bytes, b"/ByteRange", 0).is_none() => reasons.add(cause::NO_SIGNATURE),
        _ => reasons.add_with(cause::PDF_DAMAGED, &error.to_string()),
    }
    verdict::empty_report(Role::Document, "PAdES", name, reasons)
}

/// A signature whose place in the file holds.
struct Placed<'f, 'a> {
    field: &'f SignatureField,
    coverage: Coverage,
    /// The document as it was signed.
    revision: View<'a>,
}

struct Document<'a> {
    bytes: &'a [u8],
    name: &'a str,
    view: View<'a>,
    /// The validation data of the final document.
    store: Option<Store>,
    context: &'a Context,
}

impl<'a> Document<'a> {
    fn judge(&self, fields: &[SignatureField]) -> Vec<SignatureReport> {
        let remarks = self.remarks();
        let mut reports = Vec::new();
        let mut placed = Vec::new();
        for field in fields {
            match self.place(field) {
                Ok(one) => placed.push(one),
                Err((cause, (tr, en))) => reports.push(self.misplaced(field, cause, tr, en)),
            }
        }
        // Newest first: a later timestamp proves the age of what it covers, and a later signature decides on what it shows.
        placed.sort_by_key(|one: &Placed<'_, '_>| std::cmp::Reverse(one.coverage.end));
        let mut stamps = Vec::new();
        let mut later: Vec<LaterSignature> = Vec::new();
        let (mut signatures, mut timestamps) = (Vec::new(), Vec::new());
        for one in &placed {
            let mut reasons = remarks.clone();
            self.tell_what_came_after(one, &later, &mut reasons);
            let is_timestamp = one.field.value.is_timestamp();
            let report = if is_timestamp {
                signer::judge_timestamp(self, one, &mut stamps, reasons)
            } else {
                signer::judge_signature(self, one, &stamps, reasons)
            };
            later.extend(one.field.value.number.map(|value| LaterSignature {
                value,
                timestamp: is_timestamp,
                passed: report.indication == Indication::Passed,
            }));
            if is_timestamp { &mut timestamps } else { &mut signatures }.push(report);
        }
        signatures.reverse();
        timestamps.reverse();
        reports.splice(0..0, signatures);
        self.add_unreachable(fields, &remarks, &mut reports);
        if reports.is_empty() {
            let nobody = if timestamps.is_empty() {
                cause::NO_SIGNATURE
            } else {
                cause::PDF_ONLY_TIMESTAMPS
            };
            reports.push(alone(self.name, nobody, ""));
        }
        reports.extend(timestamps);
        reports
    }

    /// Where a signature stands and what it covers: the hole, a whole revision, and that the final document grew out of it.
    fn place<'f>(&self, field: &'f SignatureField) -> Result<Placed<'f, 'a>, (Cause, byte_range::Fault)> {
        let coverage = byte_range::coverage(self.bytes, &field.value).map_err(|fault| (cause::PDF_BYTE_RANGE, fault))?;
        let wrong = |tr, en| (cause::PDF_REVISION, (tr, en));
        let prefix = self.bytes.get(..coverage.end).unwrap_or_default();
        let revision = View::open(prefix).ok().filter(|revision| revision.trailing == 0).ok_or(wrong(
            "kapsanan baytlar kendi başına bir PDF değil",
            "the covered bytes are no PDF by themselves",
        ))?;
        let start = revision.sections.first().map(|section| section.at);
        let newer = self.view.sections.iter().take_while(|section| Some(section.at) != start);
        let (newer, total) = (newer.collect::<Vec<_>>(), self.view.sections.len());
        if newer.len() == total {
            return Err(wrong(
                "son belge imzalanan sürümün üzerine kurulmamış",
                "the final document is not built on the signed revision",
            ));
        }
        if newer.iter().any(|section| section.at < coverage.end) {
            return Err(wrong(
                "sonraki bir sürümün çapraz başvurusu imzalı baytların içinde",
                "the cross-reference of a later revision lies inside the signed bytes",
            ));
        }
        let held = match field.value.number {
            Some(number) => revision
                .get(number)
                .ok()
                .flatten()
                .and_then(|stored| stored.dictionary().map(|dictionary| dictionary.span.clone())),
            None => Some(field.value.dictionary.span.clone()),
        };
        if held.as_ref() != Some(&field.value.dictionary.span) {
            return Err(wrong(
                "imza, imzalanan sürümde bulunmuyor",
                "the signature is not part of the revision that it signs",
            ));
        }
        Ok(Placed { field, coverage, revision })
    }

    fn misplaced(&self, field: &SignatureField, cause: Cause, tr: &str, en: &str) -> SignatureReport {
        let mut reasons = Reasons::default();
        reasons.add_in_two(cause, tr, en);
        let role = if field.value.is_timestamp() {
            Role::Timestamp
        } else {
            Role::Document
        };
        verdict::empty_report(role, "PAdES", self.name, reasons)
    }

    /// What holds for every signature of the document.
    fn remarks(&self) -> Reasons {
        let mut reasons = Reasons::default();
        if self.view.trailing > 0 {
            reasons.add_with(cause::PDF_TRAILING, &self.view.trailing.to_string());
        }
        for number in self.view.sections.iter().flat_map(|section| &section.conflicts).take(1) {
            reasons.add_with(cause::PDF_AMBIGUOUS, &number.to_string());
        }
        let graph = Graph::of(&self.view);
        if !graph.unreadable.is_empty() {
            let numbers: Vec<String> = graph.unreadable.iter().take(NAMED).map(u32::to_string).collect();
            reasons.add_with(cause::PDF_UNREADABLE, &numbers.join(", "));
        }
        let named = |wanted: &dyn Fn(&Active) -> Option<String>| {
            let found: Vec<String> = graph
                .active
                .iter()
                .filter_map(|(number, active)| Some((number, wanted(active)?)))
                .map(|(number, what)| format!("{what} ({number} 0 R)"))
                .take(NAMED)
                .collect();
            (!found.is_empty()).then(|| found.join(", "))
        };
        let actions = named(&|active| {
            if let Active::Action(kind) = active {
                Some(kind.clone())
            } else {
                None
            }
        });
        let files = named(&|active| (*active == Active::EmbeddedFile).then(|| "EmbeddedFile".to_owned()));
        actions.iter().for_each(|found| reasons.add_with(cause::PDF_ACTIVE, found));
        files.iter().for_each(|found| reasons.add_with(cause::PDF_EMBEDDED, found));
        if graph.active.iter().any(|(_, active)| *active == Active::Xfa) {
            reasons.add(cause::PDF_XFA);
        }
        if let Some(unreadable) = self.store.as_ref().map(|store| store.unreadable).filter(|count| *count > 0) {
            reasons.add_with(cause::PDF_STORE, &unreadable.to_string());
        }
        reasons
    }

    fn tell_what_came_after(&self, one: &Placed<'_, '_>, later: &[LaterSignature], reasons: &mut Reasons) {
        let (gap, end) = (&one.coverage.gap, one.coverage.end);
        let size = self.bytes.len();
        reasons.add_in_two(
            cause::PDF_COVERAGE,
            &format!(
                "0-{} ve {}-{end} baytlarını kapsıyor (dosya {size} bayt; aradaki boşluk imza değerinin kendisi)",
                gap.start, gap.end
            ),
            &format!(
                "covers bytes 0-{} and {}-{end} of {size}; the hole between is the signature value itself",
                gap.start, gap.end
            ),
        );
        let after = change::after(&one.revision, &self.view, later);
        if let Some(level) = certification(&one.revision, one.field)
            && !permits(level, &after)
        {
            reasons.add_with(cause::PDF_CERTIFICATION, &level.to_string());
        }
        for change in after.changes.iter().take(NAMED) {
            let cause = if change.kind == Kind::FormFilled {
                cause::PDF_FORM_FILLED
            } else {
                cause::PDF_CHANGED
            };
            reasons.add_in_two(cause, &change.text.tr, &change.text.en);
        }
        let more = after.changes.len().saturating_sub(NAMED);
        if more > 0 {
            reasons.add_in_two(cause::PDF_CHANGED, &format!("{more} nesne daha"), &format!("{more} more objects"));
        }
        if after.changes.is_empty()
            && let Some(summary) = summary(&after)
        {
            reasons.add_in_two(cause::PDF_LATER, &summary.tr, &summary.en);
        }
    }

    /// Signatures that nobody sees in the form must not be passed over in silence.
    fn add_unreachable(&self, fields: &[SignatureField], remarks: &Reasons, reports: &mut Vec<SignatureReport>) {
        let (lost, elsewhere) = field::unreachable(&self.view, fields);
        let named = lost.iter().take(NAMED).map(|number| format!("{number} 0 R"));
        for what in named.chain(elsewhere.then(|| "/ByteRange".to_owned())) {
            let mut reasons = remarks.clone();
            reasons.add_with(cause::PDF_UNREACHABLE, &what);
            reports.push(verdict::empty_report(Role::Document, "PAdES", self.name, reasons));
        }
    }
}

/// The certification level (DocMDP, ISO 32000-2 12.8.2.2) that a signature sets, or the one that its field's lock sets (12.7.5.5).
fn certification(revision: &View<'_>, field: &SignatureField) -> Option<i64> {
    let in_reference = revision
        .array_at(&field.value.dictionary, "Reference")
        .ok()?
        .iter()
        .filter_map(|reference| revision.resolve(reference).ok()?.dictionary().cloned())
        .filter(|reference: &Dictionary| reference.is_name("TransformMethod", "DocMDP"))
        .find_map(|reference| {
            let parameters = revision.dictionary_at(&reference, "TransformParams").ok()?;
            // 12.8.2.2.2: level 2 where none is written.
            Some(
                parameters
                    .and_then(|parameters| parameters.get("P").and_then(Object::integer))
                    .unwrap_or(2),
            )
        });
    let lock = || {
        let lock = revision.dictionary_at(&field.field, "Lock").ok()??;
        lock.get("P").and_then(Object::integer)
    };
    in_reference.or_else(lock)
}

/// Whether the certification lets what came: document timestamps and validation data always (12.8.2.2.2), signatures and filled forms from
/// level 2 on, annotations at level 3.
fn permits(level: i64, after: &Later) -> bool {
    let highest = match level {
        1 => None,
        2 => Some(Kind::FormFilled),
        _ => Some(Kind::Annotation),
    };
    let signatures = level >= 2 || after.signatures == 0;
    signatures && after.changes.iter().all(|change| Some(change.kind) <= highest)
}

/// What came later and is allowed; `None` when nothing did.
fn summary(after: &Later) -> Option<Text> {
    let mut list: Vec<(String, String)> = Vec::new();
    let mut add = |there: bool, tr: String, en: String| list.extend(there.then_some((tr, en)));
    add(after.store, "doğrulama verileri (DSS)".into(), "validation data (DSS)".into());
    add(
        after.timestamps > 0,
        format!("{} belge zaman damgası", after.timestamps),
        format!("{} document timestamp(s)", after.timestamps),
    );
    add(
        after.signatures > 0,
        format!("{} imza", after.signatures),
        format!("{} further signature(s)", after.signatures),
    );
    add(
        after.visible > 0,
        format!("{} tanesi sayfada görünüyor", after.visible),
        format!("{} of them visible on a page", after.visible),
    );
    add(after.metadata, "üstveri".into(), "metadata".into());
    let joined = |pick: &dyn Fn(&(String, String)) -> String| list.iter().map(pick).collect::<Vec<_>>().join(", ");
    (!list.is_empty()).then(|| Text::new(joined(&|part| part.0.clone()), joined(&|part| part.1.clone())))
}
