//! Changes in the form: signature fields that came or were signed, and fields that were filled in.

use std::collections::HashSet;

use super::{Comparison, Kind, LaterSignature, added, differing_keys};
use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::{MAX_TREE_DEPTH, View};

/// Entries that a signature field, its widget, or both in one may have. Actions are not among them.
const FIELD: [&[u8]; 25] = [
    b"Type", b"Subtype", b"FT", b"T", b"TU", b"TM", b"V", b"F", b"Ff", b"Rect", b"P", b"AP", b"AS", b"Kids", b"Parent", b"Lock", b"SV",
    b"DA", b"DR", b"MK", b"BS", b"Border", b"M", b"NM", b"Q",
];
/// Entries that signing an empty field changes.
const SIGNED: [&[u8]; 5] = [b"V", b"AP", b"F", b"M", b"MK"];
/// Entries that filling in a field changes.
const FILLED: [&[u8]; 8] = [b"V", b"AP", b"AS", b"M", b"I", b"MK", b"DA", b"RV"];
/// Annotation flags (12.5.3): Hidden and NoView.
const UNSEEN: i64 = 2 | 32;

impl Comparison<'_, '_> {
    pub(super) fn form(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let Some(new) = new else { return };
        let Some(form) = self.now(new) else { return };
        if !self.claim(new, old) {
            return;
        }
        let before = old
            .and_then(|old| self.signed.resolve(old).ok()?.dictionary().cloned())
            .unwrap_or_default();
        for key in differing_keys(&before, &form) {
            let allowed = match key.as_slice() {
                b"Fields" => form.get("Fields").is_some(),
                b"SigFlags" => true,
                // Fonts for appearances, where the form had none: no field that was there can come to look different.
                b"DR" | b"DA" => before.entry(&key).is_none() && self.signs_only(&before),
                _ => false,
            };
            if !allowed {
                let key = String::from_utf8_lossy(&key).into_owned();
                self.change(
                    Kind::Content,
                    format!("formun /{key} alanı değiştirilmiş"),
                    format!("/{key} of the form was changed"),
                );
            }
        }
        if before.get("DR").is_none()
            && let Some(resources) = form.get("DR")
        {
            self.claim_fresh(resources);
        }
        let old_fields = before
            .get("Fields")
            .and_then(|fields| self.signed.resolve(fields).ok()?.array().map(<[_]>::to_vec));
        let old_fields = old_fields.unwrap_or_default();
        let Some(fields) = form.get("Fields") else { return };
        let Ok(Object::Array(new_fields)) = self.last.resolve(fields) else {
            return;
        };
        if !self.claim(fields, before.get("Fields")) {
            return;
        }
        self.field_list(&old_fields, &new_fields);
        let mut seen = HashSet::new();
        for field in &old_fields {
            self.old_field(field, false, &mut seen, 0);
        }
    }

    /// Every field of the signed form is for a signature.
    fn signs_only(&self, form: &Dictionary) -> bool {
        let fields = self.signed.array_at(form, "Fields").unwrap_or_default();
        fields.iter().all(|field| {
            let field = self.signed.resolve(field).ok();
            field.is_some_and(|field| field.dictionary().is_some_and(|field| field.is_name("FT", "Sig")))
        })
    }

    /// Fields may come, signature fields only; none may go.
    fn field_list(&mut self, old: &[Object], new: &[Object]) {
        match added(old, new) {
            None => self.change(
                Kind::Content,
                "formdan alan kaldırılmış ya da alanların sırası değiştirilmiş".into(),
                "fields were removed from the form or their order was changed".into(),
            ),
            Some(added) => added
                .into_iter()
                .cloned()
                .collect::<Vec<_>>()
                .iter()
                .for_each(|field| self.new_field(field)),
        }
    }

    fn new_field(&mut self, field: &Object) {
        let number = field
            .reference()
            .filter(|number| self.changed.contains(number) && self.is_fresh(*number));
        let dictionary = self.now(field);
        let (Some(number), Some(dictionary)) = (number, dictionary) else {
            return self.change(
                Kind::Content,
                "forma, imzalı belgede bulunan bir nesne alan olarak eklenmiş".into(),
                "an object of the signed document was added to the form as a field".into(),
            );
        };
        let odd = dictionary.entries.iter().any(|entry| !FIELD.contains(&entry.key.as_slice()));
        if !dictionary.is_name("FT", "Sig") || odd || dictionary.get("V").is_none() {
            self.explained.insert(number);
            return self.change(
                Kind::Content,
                format!("nesne {number}: imza taşımayan yeni form alanı"),
                format!("object {number}: a new form field that holds no signature"),
            );
        }
        let signature = self.later_signature(&dictionary);
        self.accept_widget(number, &dictionary, signature);
        let kids = match dictionary.get("Kids").map(|kids| self.last.resolve(kids)) {
            Some(Ok(Object::Array(kids))) => kids,
            _ => Vec::new(),
        };
        for kid in kids {
            let fresh = kid.reference().filter(|kid| self.is_fresh(*kid));
            if let (Some(kid_number), Some(widget)) = (fresh, self.now(&kid))
                && widget.entries.iter().all(|entry| FIELD.contains(&entry.key.as_slice()))
            {
                self.accept_widget(kid_number, &widget, signature);
            }
        }
        self.count(signature);
        for key in ["V", "Lock", "SV", "Kids"] {
            dictionary.get(key).iter().for_each(|value| self.claim_fresh(value));
        }
    }

    fn later_signature(&self, field: &Dictionary) -> Option<LaterSignature> {
        let value = field.get("V").and_then(Object::reference)?;
        self.later.iter().find(|later| later.value == value).copied()
    }

    fn count(&mut self, signature: Option<LaterSignature>) {
        match signature {
            Some(signature) if signature.timestamp => self.found.timestamps += 1,
            _ => self.found.signatures += 1,
        }
    }

    /// A widget of a later signature. What it shows on the page is content: it is allowed under a good signature only (SSA, EAA).
    fn accept_widget(&mut self, number: u32, widget: &Dictionary, signature: Option<LaterSignature>) {
        self.explained.insert(number);
        self.widgets.insert(number);
        if self.is_visible(widget) {
            self.found.visible += 1;
            if !signature.is_some_and(|signature| signature.passed) {
                self.change(
                    Kind::Annotation,
                    format!("nesne {number}: geçerli olmayan bir imza sayfaya görünüm eklemiş"),
                    format!("object {number}: a signature that is not valid shows something on a page"),
                );
            }
        }
        widget.get("AP").iter().for_each(|appearance| self.claim_fresh(appearance));
    }

    fn is_visible(&self, widget: &Dictionary) -> bool {
        let flags = widget.get("F").and_then(Object::integer).unwrap_or_default();
        let corners: Option<Vec<f64>> = widget.get("Rect").and_then(|rect| self.last.resolve(rect).ok()).and_then(|rect| {
            let corner = |object: &Object| match object {
                Object::Integer(number) => Some(*number as f64),
                Object::Real(text) => std::str::from_utf8(text).ok()?.parse().ok(),
                _ => None,
            };
            rect.array()?.iter().map(corner).collect()
        });
        let area = match corners.as_deref() {
            Some([left, bottom, right, top]) => (right - left) * (top - bottom) != 0.0,
            // Without a rectangle there is nothing to see; a malformed one might show anything.
            None if widget.get("Rect").is_none() => false,
            _ => true,
        };
        flags & UNSEEN == 0 && area
    }

    /// A field of the signed revision, and what is below it.
    fn old_field(&mut self, field: &Object, signs: bool, seen: &mut HashSet<u32>, depth: usize) {
        let Some(number) = field.reference().filter(|number| seen.insert(*number)) else {
            return;
        };
        if depth > MAX_TREE_DEPTH {
            return;
        }
        let (Ok(Some(before)), Ok(Some(after))) = (self.signed.get(number), self.last.get(number)) else {
            return;
        };
        let (Some(before), Some(after)) = (before.dictionary().cloned(), after.dictionary().cloned()) else {
            return;
        };
        let own_kind = before.get("FT").and_then(Object::name);
        let signs = own_kind.map_or(signs, |kind| kind == b"Sig");
        if self.changed.contains(&number) {
            self.changed_field(number, signs, &before, &after);
        } else if let Some(value) = before
            .get("V")
            .and_then(Object::reference)
            .filter(|value| self.changed.contains(value))
        {
            self.indirect_value(number, value, signs);
        }
        let kids = |view: &View<'_>, dictionary: &Dictionary| view.array_at(dictionary, "Kids").unwrap_or_default();
        let (old_kids, new_kids) = (kids(self.signed, &before), kids(self.last, &after));
        if old_kids != new_kids {
            self.field_list(&old_kids, &new_kids);
            if let Some(list) = after.get("Kids") {
                self.claim(list, before.get("Kids"));
            }
        }
        for kid in &old_kids {
            self.old_field(kid, signs, seen, depth + 1);
        }
    }

    fn changed_field(&mut self, number: u32, signs: bool, before: &Dictionary, after: &Dictionary) {
        let mut keys = differing_keys(before, after);
        keys.retain(|key| key != b"Kids");
        let within = |allowed: &[&[u8]]| keys.iter().all(|key| allowed.contains(&key.as_slice()));
        if keys.is_empty() {
            self.explained.insert(number);
            return;
        }
        if signs && before.get("V").is_none() && after.get("V").is_some() && within(&SIGNED) {
            let signature = self.later_signature(after);
            self.accept_widget(number, after, signature);
            self.count(signature);
            after.get("V").iter().for_each(|value| self.claim_fresh(value));
            return;
        }
        // The widget of a field that was signed, where field and widget are two objects.
        let parent = after.get("Parent").and_then(|parent| self.now(parent));
        if signs
            && let Some(signature) = parent.as_ref().and_then(|parent| self.later_signature(parent))
            && within(&[b"AP", b"F", b"M", b"MK"])
        {
            return self.accept_widget(number, after, Some(signature));
        }
        if !signs && within(&FILLED) {
            self.explained.insert(number);
            let name = before
                .get("T")
                .and_then(Object::string)
                .map(|name| String::from_utf8_lossy(name).into_owned());
            let name = name.unwrap_or_default();
            self.change(
                Kind::FormFilled,
                format!("nesne {number}: form alanı doldurulmuş ya da değiştirilmiş ({name})"),
                format!("object {number}: a form field was filled in or changed ({name})"),
            );
            for key in ["V", "AP", "RV"] {
                after.get(key).iter().for_each(|value| self.claim_fresh(value));
            }
        }
    }

    /// A value in an object of its own.
    fn indirect_value(&mut self, field: u32, value: u32, signs: bool) {
        if !signs && self.before.count(value) == 1 {
            self.explained.insert(value);
            self.change(
                Kind::FormFilled,
                format!("nesne {field}: form alanı doldurulmuş ya da değiştirilmiş"),
                format!("object {field}: a form field was filled in or changed"),
            );
        }
    }

    /// Marks new objects below `value` as belonging to it. Only numbers that nothing signed knew: a signed object stays to be named.
    fn claim_fresh(&mut self, value: &Object) {
        let mut open = value.references();
        while let Some(number) = open.pop() {
            if !self.changed.contains(&number) || !self.is_fresh(number) || !self.explained.insert(number) {
                continue;
            }
            if let Ok(Some(stored)) = self.last.get(number) {
                open.extend(stored.object.references());
            }
        }
    }
}
