//! What came after a signature: every object that a later revision added, changed or removed, and whether a signed document may have
//! it. Allowed are the validation store, document timestamps, further signatures with their fields, and bookkeeping; everything else is
//! named. The comparison is by object and between the signed revision and the final file, so a trick in between does not matter.

mod allowed;
mod form;

use std::collections::{BTreeSet, HashSet};

use crate::signature::pades::graph::Graph;
use crate::signature::pades::structure::indirect::Stored;
use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::View;
use crate::signature::pades::structure::xref::Place;
use crate::text::Text;

/// Revisions between the signed and the final one that are looked at for what they left behind. Long-lived documents get a few a decade.
const MAX_BETWEEN: usize = 64;
/// Changes that are kept: a report names a few of them, and the certification asks for the gravest.
const MAX_CHANGES: usize = 1_000;

/// What a change is, in the terms of the certification levels (ISO 32000-2 12.8.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A field was filled in.
    FormFilled,
    /// An annotation was added or changed.
    Annotation,
    /// Everything else.
    Content,
}

#[derive(Debug, Clone)]
pub struct Change {
    pub kind: Kind,
    pub text: Text,
}

/// A signature that came later: what it is allowed depends on whether it is good.
#[derive(Debug, Clone, Copy)]
pub struct LaterSignature {
    /// Its signature dictionary.
    pub value: u32,
    pub timestamp: bool,
    pub passed: bool,
}

#[derive(Debug, Default)]
pub struct Later {
    pub changes: Vec<Change>,
    /// A DSS was added or extended.
    pub store: bool,
    /// Further signatures and document timestamps.
    pub signatures: u32,
    pub timestamps: u32,
    pub metadata: bool,
    /// Names of further signatures that show something on a page.
    pub visible: u32,
}

/// Compares the signed revision with the final file.
pub fn after(signed: &View<'_>, last: &View<'_>, later: &[LaterSignature]) -> Later {
    let start = signed.sections.first().map(|section| section.at);
    let newer = || last.sections.iter().take_while(|section| Some(section.at) != start);
    if newer().next().is_none() {
        return Later::default();
    }
    let before = Graph::of(signed);
    let mut comparison = Comparison::new(signed, last, &before, later);
    comparison.explain();
    let open = comparison.open();
    if open.is_empty() {
        return comparison.found;
    }
    let now = Graph::of(last);
    let adrift = |number: &u32| comparison.is_fresh(*number) && !now.referrers.contains_key(number);
    let superseded = if open.iter().any(adrift) {
        superseded(signed, last, &before, later)
    } else {
        HashSet::new()
    };
    let superseded: HashSet<u32> = superseded.into_iter().filter(adrift).collect();
    for number in open.into_iter().filter(|number| !superseded.contains(number)) {
        comparison.name(number, &now);
    }
    comparison.found
}

/// What was fine in a revision between: a store that a newer one replaced.
fn superseded(signed: &View<'_>, last: &View<'_>, before: &Graph, later: &[LaterSignature]) -> HashSet<u32> {
    let start = signed.sections.first().map(|section| section.at);
    let newer = last.sections.iter().take_while(|section| Some(section.at) != start).count();
    let mut fine = HashSet::new();
    for count in 1..newer.min(MAX_BETWEEN) {
        let between = last.without_newest(count);
        let mut comparison = Comparison::new(signed, &between, before, later);
        comparison.explain();
        fine.extend(comparison.explained);
    }
    fine
}

struct Comparison<'c, 'a> {
    signed: &'c View<'a>,
    last: &'c View<'a>,
    /// The signed revision.
    before: &'c Graph,
    later: &'c [LaterSignature],
    changed: BTreeSet<u32>,
    explained: HashSet<u32>,
    /// Widgets of signature fields that came later: they may be put on pages.
    widgets: HashSet<u32>,
    found: Later,
}

impl<'c, 'a> Comparison<'c, 'a> {
    fn new(signed: &'c View<'a>, last: &'c View<'a>, before: &'c Graph, later: &'c [LaterSignature]) -> Self {
        let mut comparison = Self {
            signed,
            last,
            before,
            later,
            changed: BTreeSet::new(),
            explained: HashSet::new(),
            widgets: HashSet::new(),
            found: Later::default(),
        };
        let start = signed.sections.first().map(|section| section.at);
        let newer = || last.sections.iter().take_while(|section| Some(section.at) != start);
        let touched: BTreeSet<u32> = newer().flat_map(|section| section.entries.keys().copied()).collect();
        comparison.changed = touched.into_iter().filter(|number| comparison.differs(*number)).collect();
        let streams = newer().filter_map(|section| section.stream);
        let fresh: Vec<u32> = streams.filter(|number| comparison.is_fresh(*number)).collect();
        comparison.explained.extend(fresh);
        comparison
    }

    /// Content differs between the two revisions. What cannot be read differs.
    fn differs(&self, number: u32) -> bool {
        let (Ok(before), Ok(after)) = (self.signed.get(number), self.last.get(number)) else {
            return true;
        };
        match (before, after) {
            (None, None) => false,
            (Some(before), Some(after)) => before.object != after.object || self.raw(self.signed, &before) != self.raw(self.last, &after),
            _ => true,
        }
    }

    fn raw<'b>(&self, view: &View<'b>, stored: &Stored) -> Option<&'b [u8]> {
        stored.stream.clone().and_then(|range| view.bytes.get(range))
    }

    /// Nothing in the signed revision had or named this number: it can hang only where a later revision hung it.
    fn is_fresh(&self, number: u32) -> bool {
        self.signed.place(number) == Place::Free && self.before.count(number) == 0
    }

    fn explain(&mut self) {
        self.find_overridden_containers();
        self.trailer_and_catalog();
        self.pages();
        self.containers();
    }

    /// What changed and is not explained.
    fn open(&self) -> Vec<u32> {
        self.changed
            .iter()
            .copied()
            .filter(|number| !self.explained.contains(number))
            .collect()
    }

    /// An object stream of the signed revision that was replaced gives other objects without their numbers being touched.
    fn find_overridden_containers(&mut self) {
        let containers: HashSet<u32> = self
            .signed
            .numbers()
            .into_iter()
            .filter_map(|number| match self.signed.place(number) {
                Place::In { stream, .. } => Some(stream),
                _ => None,
            })
            .collect();
        for number in self.changed.clone() {
            if containers.contains(&number) {
                self.explained.insert(number);
                self.change(
                    Kind::Content,
                    format!("nesne {number}: imzalı nesneleri taşıyan kap değiştirilmiş"),
                    format!("object {number}: the container of signed objects was replaced"),
                );
            }
        }
    }

    /// Object streams of later revisions: what is in them is compared by itself.
    fn containers(&mut self) {
        let used: HashSet<u32> = self
            .changed
            .iter()
            .filter_map(|number| match self.last.place(*number) {
                Place::In { stream, .. } => Some(stream),
                _ => None,
            })
            .collect();
        let fresh: Vec<u32> = used.into_iter().filter(|number| self.is_fresh(*number)).collect();
        self.explained.extend(fresh);
    }

    /// Names a change that nothing allows.
    fn name(&mut self, number: u32, now: &Graph) {
        let before = self.signed.get(number).ok().flatten();
        let after = self.last.get(number).ok().flatten();
        let reachable = before.is_some() && self.before.referrers.contains_key(&number);
        // What nothing showed and nothing shows can be taken away.
        if after.is_none() && !reachable && self.last.place(number) == Place::Free {
            return;
        }
        let (graph, shown) = if reachable { (self.before, &before) } else { (now, &after) };
        let what = graph.describe(number, shown.as_ref());
        let (tr, en) = match (before.is_some(), after.is_some()) {
            (false, true) => ("eklenmiş", "added"),
            (true, false) => ("kaldırılmış", "removed"),
            _ => ("değiştirilmiş", "changed"),
        };
        let is_annotation = |stored: &Stored| {
            stored
                .dictionary()
                .is_some_and(|dictionary| dictionary.get("Subtype").is_some() && dictionary.get("Rect").is_some())
        };
        let only_annotations = match (
            before.as_ref().and_then(Stored::dictionary),
            after.as_ref().and_then(Stored::dictionary),
        ) {
            (Some(before), Some(after)) => before.is_name("Type", "Page") && differing_keys(before, after) == [b"Annots".to_vec()],
            _ => before.is_none() && after.as_ref().is_some_and(is_annotation),
        };
        let kind = if only_annotations || self.is_annotation_list(number) {
            Kind::Annotation
        } else {
            Kind::Content
        };
        self.change(kind, format!("{} {tr}", what.tr), format!("{} {en}", what.en));
    }

    fn change(&mut self, kind: Kind, tr: String, en: String) {
        let graver = self.found.changes.iter().all(|known| known.kind < kind);
        if self.found.changes.len() >= MAX_CHANGES && !graver {
            return;
        }
        self.found.changes.push(Change {
            kind,
            text: Text::new(tr, en),
        });
    }
}

/// The keys whose values differ between two dictionaries.
fn differing_keys(before: &Dictionary, after: &Dictionary) -> Vec<Vec<u8>> {
    let changed = after
        .entries
        .iter()
        .filter(|entry| before.get_bytes(&entry.key) != Some(&entry.value));
    let gone = before.entries.iter().filter(|entry| after.entry(&entry.key).is_none());
    changed.chain(gone).map(|entry| entry.key.clone()).collect()
}

/// The elements of `after` when `before` is all in it, in the same order, and the others come between or behind.
fn added<'o>(before: &[Object], after: &'o [Object]) -> Option<Vec<&'o Object>> {
    let mut old = before.iter().peekable();
    let mut added = Vec::new();
    for element in after {
        if old.peek() == Some(&element) {
            old.next();
        } else {
            added.push(element);
        }
    }
    old.peek().is_none().then_some(added)
}
