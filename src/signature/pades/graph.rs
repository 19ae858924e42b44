//! Everything that is reachable from a revision's trailer: who refers to what, and what in it acts or hides.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::signature::pades::structure::indirect::Stored;
use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::View;
use crate::text::Text;

/// Actions that run code, leave the document or change what is shown (ISO 32000-2 12.6.4). Going to a page or a web address is not among
/// them.
const ACTIONS: [&[u8]; 13] = [
    b"JavaScript",
    b"Launch",
    b"GoToR",
    b"SubmitForm",
    b"ImportData",
    b"ResetForm",
    b"GoToE",
    b"Hide",
    b"SetOCGState",
    b"Rendition",
    b"Movie",
    b"Sound",
    b"RichMediaExecute",
];
/// Actions that are harmless behind a click, and not where the document or a page does them unasked.
const UNASKED: [&[u8]; 3] = [b"URI", b"Named", b"Thread"];
/// Annotations that carry files or play media.
const MEDIA: [&[u8]; 6] = [b"RichMedia", b"Screen", b"Movie", b"Sound", b"3D", b"FileAttachment"];

/// A stream with one of these has its bytes somewhere else, or stands for a page of another file (ISO 32000-2 7.3.8.2, 8.10.4, 14.11.7): what is
/// shown is not what is signed.
const OUTSIDE: [&str; 5] = ["F", "FFilter", "FDecodeParms", "Ref", "OPI"];

/// Who refers to an object.
#[derive(Debug, Clone)]
pub struct Referrer {
    /// How many references to it there are, the trailer's left out.
    pub count: u32,
    /// The first object that refers to it, nearest to the catalog.
    pub from: u32,
    /// Under which keys, outermost first.
    pub keys: Vec<Vec<u8>>,
}

/// Something in the document that is more than what a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Active {
    /// The kind of action, or of media.
    Action(String),
    EmbeddedFile,
    Xfa,
}

#[derive(Debug, Default)]
pub struct Graph {
    /// Every number that something reachable refers to, whether an object has it or not.
    pub referrers: HashMap<u32, Referrer>,
    /// Reachable objects that cannot be read.
    pub unreadable: Vec<u32>,
    /// What acts or hides, with its object.
    pub active: Vec<(u32, Active)>,
    /// Objects that an `OpenAction` or `AA` names; true for a whole table of actions.
    unasked: Vec<(u32, bool)>,
}

impl Graph {
    pub fn of(view: &View<'_>) -> Self {
        let mut graph = Self::default();
        let mut open: VecDeque<u32> = VecDeque::new();
        let mut seen: HashSet<u32> = HashSet::new();
        for key in ["Root", "Info"] {
            let number = view.trailer().get(key).and_then(Object::reference);
            open.extend(number.filter(|number| seen.insert(*number)));
        }
        while let Some(number) = open.pop_front() {
            match view.get(number) {
                Ok(Some(stored)) => graph.visit(number, &stored, &mut |next| {
                    if seen.insert(next) {
                        open.push_back(next);
                    }
                }),
                Ok(None) => {}
                Err(_) => graph.unreadable.push(number),
            }
        }
        graph.look_at_unasked(view);
        graph
    }

    /// What happens when the document, a page or a field is opened, entered or printed: actions that `OpenAction` and `AA` name.
    fn look_at_unasked(&mut self, view: &View<'_>) {
        let mut open = std::mem::take(&mut self.unasked);
        let mut seen = HashSet::new();
        while let Some((number, is_table)) = open.pop() {
            if seen.insert((number, is_table))
                && let Ok(Some(stored)) = view.get(number)
                && let Some(dictionary) = stored.dictionary()
            {
                let found = unasked_in(dictionary, is_table, &mut open);
                self.active.extend(found.into_iter().map(|active| (number, active)));
            }
        }
    }

    /// How many references to `number` there are.
    pub fn count(&self, number: u32) -> u32 {
        self.referrers.get(&number).map_or(0, |referrer| referrer.count)
    }

    fn visit(&mut self, number: u32, stored: &Stored, next: &mut dyn FnMut(u32)) {
        if let Some(dictionary) = stored.dictionary().filter(|_| stored.stream.is_some())
            && OUTSIDE.iter().any(|key| dictionary.get(key).is_some())
        {
            self.active.push((number, Active::Action("content outside the file".to_owned())));
        }
        let mut open: Vec<(&Object, Vec<&[u8]>)> = vec![(&stored.object, Vec::new())];
        while let Some((value, keys)) = open.pop() {
            match value {
                Object::Reference(target, _) => {
                    let referrer = self.referrers.entry(*target).or_insert_with(|| Referrer {
                        count: 0,
                        from: number,
                        keys: keys.iter().map(|key| key.to_vec()).collect(),
                    });
                    referrer.count += 1;
                    next(*target);
                }
                Object::Array(elements) => {
                    let composite = |element: &&Object| matches!(element, Object::Reference(..) | Object::Array(_) | Object::Dictionary(_));
                    open.extend(elements.iter().filter(composite).map(|element| (element, keys.clone())));
                }
                Object::Dictionary(dictionary) => {
                    self.active.extend(active_in(dictionary).map(|active| (number, active)));
                    for (key, is_table) in [("OpenAction", false), ("AA", true)] {
                        match dictionary.get(key) {
                            Some(Object::Reference(target, _)) => self.unasked.push((*target, is_table)),
                            Some(Object::Dictionary(action)) => {
                                let found = unasked_in(action, is_table, &mut self.unasked);
                                self.active.extend(found.into_iter().map(|active| (number, active)));
                            }
                            _ => {}
                        }
                    }
                    for entry in &dictionary.entries {
                        let mut below = keys.clone();
                        below.push(&entry.key);
                        open.push((&entry.value, below));
                    }
                }
                _ => {}
            }
        }
    }

    /// What object `number` is, told by where it hangs; `stored` is the object itself.
    pub fn describe(&self, number: u32, stored: Option<&Stored>) -> Text {
        let (tr, en) = self.place_of(number, stored);
        Text::new(format!("nesne {number}: {tr}"), format!("object {number}: {en}"))
    }

    fn place_of(&self, number: u32, stored: Option<&Stored>) -> (String, String) {
        if let Some(dictionary) = stored.and_then(Stored::dictionary)
            && let Some((tr, en)) = by_type(dictionary)
        {
            return (tr.to_owned(), en.to_owned());
        }
        let Some(referrer) = self.referrers.get(&number) else {
            return ("hiçbir yerden erişilmeyen nesne".into(), "an object that nothing refers to".into());
        };
        let path: Vec<String> = referrer
            .keys
            .iter()
            .map(|key| format!("/{}", String::from_utf8_lossy(key)))
            .collect();
        let path = path.concat();
        let known = referrer.keys.iter().rev().find_map(|key| by_key(key));
        match known {
            Some((tr, en)) => (format!("{tr} ({path})"), format!("{en} ({path})")),
            None => (
                format!("nesne {} içindeki {path}", referrer.from),
                format!("{path} of object {}", referrer.from),
            ),
        }
    }
}

fn active_in(dictionary: &Dictionary) -> impl Iterator<Item = Active> {
    let name = |key| dictionary.get(key).and_then(Object::name);
    let is_action = matches!(name("Type"), None | Some(b"Action"));
    let action = name("S").filter(|kind| is_action && ACTIONS.contains(kind));
    let media = name("Subtype").filter(|kind| MEDIA.contains(kind) && dictionary.get("Rect").is_some());
    let file = dictionary.get("EF").is_some() || name("Type") == Some(b"EmbeddedFile");
    let xfa = dictionary.get("XFA").is_some();
    let acting = [action, media]
        .into_iter()
        .flatten()
        .map(|kind| Active::Action(String::from_utf8_lossy(kind).into_owned()));
    let acting: Vec<Active> = acting.collect();
    acting
        .into_iter()
        .chain(file.then_some(Active::EmbeddedFile))
        .chain(xfa.then_some(Active::Xfa))
}

/// Actions in `dictionary` that nobody asks for, and where more of them stand.
fn unasked_in(dictionary: &Dictionary, is_table: bool, open: &mut Vec<(u32, bool)>) -> Vec<Active> {
    let mut found = Vec::new();
    let mut here: Vec<&Object> = Vec::new();
    if is_table {
        here.extend(dictionary.entries.iter().map(|entry| &entry.value));
    } else {
        let kind = dictionary.get("S").and_then(Object::name).filter(|kind| UNASKED.contains(kind));
        found.extend(kind.map(|kind| Active::Action(String::from_utf8_lossy(kind).into_owned())));
        here.extend(dictionary.get("Next"));
    }
    while let Some(value) = here.pop() {
        match value {
            Object::Reference(target, _) => open.push((*target, false)),
            Object::Array(actions) => here.extend(actions),
            Object::Dictionary(action) => found.extend(unasked_in(action, false, open)),
            _ => {}
        }
    }
    found
}

fn by_type(dictionary: &Dictionary) -> Option<(&'static str, &'static str)> {
    let name = |key| dictionary.get(key).and_then(Object::name);
    Some(match (name("Type"), name("Subtype")) {
        (Some(b"Catalog"), _) => ("belge kataloğu", "the document catalog"),
        (Some(b"Pages"), _) => ("sayfa ağacı", "the page tree"),
        (Some(b"Page"), _) => ("sayfa", "a page"),
        (Some(b"Font" | b"FontDescriptor"), _) => ("yazı tipi", "a font"),
        (Some(b"Sig" | b"DocTimeStamp"), _) => ("imza", "a signature"),
        (_, Some(b"Widget")) => ("form alanı", "a form field"),
        (Some(b"Annot"), _) => ("sayfa üzerindeki not", "an annotation"),
        (_, Some(b"Image")) => ("resim", "an image"),
        (Some(b"Action"), _) => ("eylem", "an action"),
        (Some(b"EmbeddedFile" | b"Filespec"), _) => ("gömülü dosya", "an embedded file"),
        (Some(b"Outlines"), _) => ("yer imleri", "the bookmarks"),
        _ if dictionary.get("FT").is_some() => ("form alanı", "a form field"),
        _ => return None,
    })
}

fn by_key(key: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match key {
        b"Contents" => ("sayfa içeriği", "page content"),
        b"AP" => ("bir notun ya da alanın görünümü", "the appearance of an annotation or field"),
        b"Font" | b"DescendantFonts" | b"ToUnicode" | b"Encoding" | b"FontFile" | b"FontFile2" | b"FontFile3" | b"FontDescriptor"
        | b"CharProcs" => ("yazı tipi", "a font"),
        b"XObject" => ("resim ya da çizim", "an image or drawing"),
        b"Annots" => ("sayfa üzerindeki notlar", "annotations"),
        b"Resources" => ("sayfa kaynakları", "page resources"),
        b"AcroForm" | b"Fields" => ("form", "the form"),
        b"OpenAction" | b"AA" | b"A" | b"JavaScript" => ("eylem", "an action"),
        b"EmbeddedFiles" | b"EF" | b"AF" => ("gömülü dosya", "an embedded file"),
        b"OCProperties" => ("katmanlar", "layers"),
        b"Outlines" => ("yer imleri", "the bookmarks"),
        b"Kids" => ("sayfa ağacı", "the page tree"),
        _ => return None,
    })
}
