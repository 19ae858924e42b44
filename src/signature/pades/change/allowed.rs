//! Changes outside of forms that leave a signature as it is: bookkeeping in the trailer, the validation store, metadata, and widgets of
//! signatures on pages.

use super::{Comparison, Kind, added, differing_keys};
use crate::signature::pades::structure::syntax::{Dictionary, Object};

/// Entries of the trailer that say nothing about the document (ISO 32000-2 7.5.5, 7.5.8.2).
const TRAILER: [&[u8]; 12] = [
    b"Size",
    b"Prev",
    b"XRefStm",
    b"ID",
    b"Info",
    b"Type",
    b"W",
    b"Index",
    b"Length",
    b"Filter",
    b"DecodeParms",
    b"DocChecksum",
];
/// Entries of a stream that only carries validation data.
const PLAIN_STREAM: [&[u8]; 5] = [b"Length", b"Filter", b"DecodeParms", b"Type", b"Subtype"];

impl Comparison<'_, '_> {
    pub(super) fn trailer_and_catalog(&mut self) {
        let (before, after) = (self.signed.trailer().clone(), self.last.trailer().clone());
        for key in differing_keys(&before, &after) {
            if !TRAILER.contains(&key.as_slice()) {
                let key = String::from_utf8_lossy(&key).into_owned();
                self.change(
                    Kind::Content,
                    format!("dosya sonu kaydının /{key} alanı değiştirilmiş"),
                    format!("/{key} of the trailer was changed"),
                );
            }
        }
        // The information dictionary holds title, author and dates: no page shows them.
        if let Some(number) = after.get("Info").and_then(Object::reference)
            && (self.is_fresh(number) || before.get("Info").and_then(Object::reference) == Some(number))
            && self.before.count(number) == 0
        {
            self.found.metadata |= self.changed.contains(&number);
            self.explained.insert(number);
        }
        let (Ok((old_number, old)), Ok((number, new))) = (self.signed.catalog(), self.last.catalog()) else {
            return self.change(
                Kind::Content,
                "belge kataloğu okunamıyor".into(),
                "the document catalog cannot be read".into(),
            );
        };
        // Another catalog is another document ("hide and replace"); the trailer's /Root was named above.
        if old_number == number {
            self.catalog(number, &old, &new);
        }
    }

    fn catalog(&mut self, number: u32, old: &Dictionary, new: &Dictionary) {
        self.explained.insert(number);
        for key in differing_keys(old, new) {
            let allowed = match key.as_slice() {
                b"DSS" | b"AcroForm" | b"Metadata" => new.entry(&key).is_some(),
                b"Extensions" => new.get("Extensions").is_some_and(|value| value.references().is_empty()),
                b"Version" => true,
                _ => false,
            };
            if !allowed {
                let key = String::from_utf8_lossy(&key).into_owned();
                self.change(
                    Kind::Content,
                    format!("nesne {number}: belge kataloğunun /{key} alanı değiştirilmiş"),
                    format!("object {number}: /{key} of the document catalog was changed"),
                );
            }
        }
        self.store(old.get("DSS"), new.get("DSS"));
        self.metadata(old.get("Metadata"), new.get("Metadata"));
        self.form(old.get("AcroForm"), new.get("AcroForm"));
    }

    /// True when `new` may stand where `old` stood: a direct value, an untouched object, a new one, or the same one that hangs only here.
    pub(super) fn claim(&mut self, new: &Object, old: Option<&Object>) -> bool {
        let Some(number) = new.reference().filter(|number| self.changed.contains(number)) else {
            return true;
        };
        let same_place = old.and_then(Object::reference) == Some(number) && self.before.count(number) <= 1;
        let fine = self.is_fresh(number) || same_place;
        if fine {
            self.explained.insert(number);
        }
        fine
    }

    /// The dictionary that `value` is or refers to, in the final file.
    pub(super) fn now(&self, value: &Object) -> Option<Dictionary> {
        self.last.resolve(value).ok()?.dictionary().cloned()
    }

    fn elements_now(&self, value: &Object) -> Vec<Object> {
        match self.last.resolve(value) {
            Ok(Object::Array(elements)) => elements,
            _ => Vec::new(),
        }
    }

    /// EN 319 142-1 5.4: arrays of streams, and VRI with the same per signature.
    fn store(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let Some(new) = new else { return };
        let Some(dss) = self.now(new) else { return };
        if !self.claim(new, old) {
            return;
        }
        let before = old
            .and_then(|old| self.signed.resolve(old).ok()?.dictionary().cloned())
            .unwrap_or_default();
        self.found.store |= before != dss;
        for entry in &dss.entries {
            match entry.key.as_slice() {
                b"Type" => {}
                b"Certs" | b"CRLs" | b"OCSPs" => self.values(&entry.value, before.get_bytes(&entry.key)),
                b"VRI" => self.validation_info(&entry.value, before.get("VRI")),
                _ => self.odd_store(),
            }
        }
    }

    fn validation_info(&mut self, new: &Object, old: Option<&Object>) {
        let Some(all) = self.now(new) else { return self.odd_store() };
        if !self.claim(new, old) {
            return;
        }
        let before = old
            .and_then(|old| self.signed.resolve(old).ok()?.dictionary().cloned())
            .unwrap_or_default();
        for entry in &all.entries {
            let known = before.get_bytes(&entry.key);
            let Some(related) = self.now(&entry.value) else {
                return self.odd_store();
            };
            if !self.claim(&entry.value, known) {
                continue;
            }
            let known = known
                .and_then(|known| self.signed.resolve(known).ok()?.dictionary().cloned())
                .unwrap_or_default();
            for part in &related.entries {
                match part.key.as_slice() {
                    b"Type" | b"TU" => {}
                    b"Cert" | b"CRL" | b"OCSP" => self.values(&part.value, known.get_bytes(&part.key)),
                    b"TS" => self.plain_stream(&part.value),
                    _ => self.odd_store(),
                }
            }
        }
    }

    fn values(&mut self, new: &Object, old: Option<&Object>) {
        if self.claim(new, old) {
            for element in self.elements_now(new) {
                self.plain_stream(&element);
            }
        }
    }

    /// A stream with nothing but bytes in it, at a number of its own.
    fn plain_stream(&mut self, value: &Object) {
        let Some(number) = value.reference().filter(|number| self.changed.contains(number)) else {
            return;
        };
        let Ok(Some(stored)) = self.last.get(number) else { return };
        let plain = stored.stream.is_some()
            && stored
                .dictionary()
                .is_some_and(|dictionary| dictionary.entries.iter().all(|entry| PLAIN_STREAM.contains(&entry.key.as_slice())));
        if plain
            && self.claim(value, None)
            && let Some(length) = stored.dictionary().and_then(|dictionary| dictionary.get("Length"))
        {
            self.claim(length, None);
        }
    }

    fn odd_store(&mut self) {
        self.change(
            Kind::Content,
            "doğrulama verileri deposunda (DSS) bilinmeyen bir alan var".into(),
            "the validation store (DSS) has an unknown entry".into(),
        );
    }

    fn metadata(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let Some(new) = new else { return };
        let Some(number) = new.reference() else { return };
        let stored = self.last.get(number).ok().flatten();
        let is_metadata = stored.is_some_and(|stored| {
            stored.stream.is_some() && stored.dictionary().is_some_and(|dictionary| dictionary.is_name("Type", "Metadata"))
        });
        if is_metadata && self.claim(new, old) {
            self.found.metadata |= self.changed.contains(&number);
        }
    }

    /// Pages that got nothing but widgets of later signatures.
    pub(super) fn pages(&mut self) {
        for number in self.changed.clone() {
            if self.explained.contains(&number) {
                continue;
            }
            let (Ok(Some(before)), Ok(Some(after))) = (self.signed.get(number), self.last.get(number)) else {
                continue;
            };
            let only_widgets = match (&before.object, &after.object) {
                (Object::Dictionary(before), Object::Dictionary(after)) if before.is_name("Type", "Page") => {
                    differing_keys(before, after) == [b"Annots".to_vec()]
                        && after
                            .get("Annots")
                            .is_some_and(|new| self.only_widgets_added(before.get("Annots"), new))
                }
                (Object::Array(before), Object::Array(after)) => self.is_annotation_list(number) && self.are_widgets(before, after),
                _ => false,
            };
            if only_widgets {
                self.explained.insert(number);
            }
        }
    }

    fn only_widgets_added(&mut self, old: Option<&Object>, new: &Object) -> bool {
        let before = match old.map(|old| self.signed.resolve(old)) {
            Some(Ok(Object::Array(elements))) => elements,
            None | Some(Ok(Object::Null)) => Vec::new(),
            _ => return false,
        };
        let after = self.elements_now(new);
        self.are_widgets(&before, &after) && self.claim(new, old)
    }

    /// The array hangs under /Annots of one page and nowhere else.
    pub(super) fn is_annotation_list(&self, number: u32) -> bool {
        self.before.referrers.get(&number).is_some_and(|referrer| {
            referrer.count == 1 && referrer.keys.len() == 1 && referrer.keys.first().is_some_and(|key| key == b"Annots")
        })
    }

    fn are_widgets(&self, before: &[Object], after: &[Object]) -> bool {
        added(before, after).is_some_and(|added| {
            added
                .iter()
                .all(|element| element.reference().is_some_and(|number| self.widgets.contains(&number)))
        })
    }
}
