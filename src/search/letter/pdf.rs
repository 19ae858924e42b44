//! The text of a PDF (ISO 32000-2): its pages in order, each page's content with the fonts of its resources. Reads what the strict reader of
//! signatures reads and repairs nothing: a file that says two things is found by neither.

use std::collections::HashMap;
use std::rc::Rc;

use super::LETTERS;
use super::content::{self, Matrix, Page};
use super::font::Font;
use crate::signature::pades::structure::syntax::{Dictionary, Object};
use crate::signature::pades::structure::view::{MAX_TREE_DEPTH, View};

/// Pages that are read. A covering letter has a few.
const PAGES: usize = 100;
/// Nodes of the page tree that are looked at.
const NODES: usize = 2_000;
/// Bytes of page content that are gone through, all pages and forms together.
const CONTENT_BYTES: usize = 16 << 20;
/// Forms inside forms.
const FORM_DEPTH: usize = 4;
/// Fonts of one file.
const FONTS: usize = 200;

/// The text, a line for a line where it can be told; empty for what cannot be read.
pub fn text(bytes: &[u8]) -> String {
    let Ok(view) = View::open(bytes) else {
        return String::new();
    };
    let mut reader = Reader {
        view,
        fonts: HashMap::new(),
        left: CONTENT_BYTES,
        out: String::new(),
    };
    reader.pages();
    reader.out
}

struct Reader<'a> {
    view: View<'a>,
    /// By the number of their object.
    fonts: HashMap<u32, Rc<Font>>,
    /// Bytes of content that may still be read.
    left: usize,
    out: String,
}

impl Reader<'_> {
    fn pages(&mut self) {
        let Some(root) = self.view.catalog().ok().and_then(|(_, catalog)| catalog.get("Pages").cloned()) else {
            return;
        };
        // Depth first, the first kid on top; each with the resources that it inherits (7.7.3.4).
        let mut open = vec![(root, None::<Dictionary>, 0)];
        let (mut nodes, mut pages) = (0, 0);
        while let Some((node, inherited, depth)) = open.pop() {
            nodes += 1;
            if nodes > NODES || pages >= PAGES || self.is_full() {
                return;
            }
            let Ok(Object::Dictionary(node)) = self.view.resolve(&node) else {
                continue;
            };
            let own = self.view.dictionary_at(&node, "Resources").ok().flatten();
            let resources = own.or(inherited);
            if node.get("Kids").is_some() {
                let kids = self.view.array_at(&node, "Kids").unwrap_or_default();
                if depth < MAX_TREE_DEPTH {
                    open.extend(kids.into_iter().take(NODES).rev().map(|kid| (kid, resources.clone(), depth + 1)));
                }
            } else {
                pages += 1;
                self.page(&node, &resources.unwrap_or_default());
                self.out.push('\n');
            }
        }
    }

    fn is_full(&self) -> bool {
        self.left == 0 || self.out.len() >= LETTERS * 4
    }

    fn page(&mut self, page: &Dictionary, resources: &Dictionary) {
        let streams = match page.get("Contents") {
            Some(one @ Object::Reference(..)) => match self.view.resolve(one) {
                Ok(Object::Array(many)) => many,
                _ => vec![one.clone()],
            },
            Some(Object::Array(many)) => many.clone(),
            _ => return,
        };
        // The streams of one page are one content; only between two words may they part (7.8.2).
        let mut content = Vec::new();
        for stream in streams.iter().filter_map(Object::reference) {
            if let Some(bytes) = self.stream(stream) {
                content.extend_from_slice(&bytes);
                content.push(b'\n');
            }
        }
        self.show(&content, resources, Matrix::IDENTITY, 0);
    }

    fn stream(&mut self, number: u32) -> Option<Vec<u8>> {
        let stored = self.view.get(number).ok()??;
        let mut bytes = self.view.decoded(number, &stored).ok()?;
        bytes.truncate(self.left);
        self.left -= bytes.len();
        Some(bytes)
    }

    /// Adds the text of a content and of the forms that it places.
    fn show(&mut self, content: &[u8], resources: &Dictionary, placed: Matrix, depth: usize) {
        let fonts = self.fonts_of(resources);
        let mut page = Page::new(&fonts, placed, LETTERS * 4);
        let forms = content::read(content, &mut page);
        self.out.push_str(&page.into_text());
        let objects = self.view.dictionary_at(resources, "XObject").ok().flatten().unwrap_or_default();
        for (name, placed) in forms {
            if depth >= FORM_DEPTH || self.is_full() {
                return;
            }
            let Some(number) = objects.get_bytes(&name).and_then(Object::reference) else {
                continue;
            };
            let Ok(Some(stored)) = self.view.get(number) else { continue };
            let Some(form) = stored.dictionary().filter(|form| form.is_name("Subtype", "Form")).cloned() else {
                continue;
            };
            let own = self.view.dictionary_at(&form, "Resources").ok().flatten();
            if let Some(content) = self.stream(number) {
                self.out.push('\n');
                self.show(&content, own.as_ref().unwrap_or(resources), placed, depth + 1);
            }
        }
    }

    fn fonts_of(&mut self, resources: &Dictionary) -> HashMap<Vec<u8>, Rc<Font>> {
        let named = self.view.dictionary_at(resources, "Font").ok().flatten().unwrap_or_default();
        let mut fonts = HashMap::new();
        for entry in named.entries.iter().take(FONTS) {
            let number = entry.value.reference();
            if let Some(known) = number.and_then(|number| self.fonts.get(&number)) {
                fonts.insert(entry.key.clone(), Rc::clone(known));
                continue;
            }
            let Ok(Object::Dictionary(dictionary)) = self.view.resolve(&entry.value) else {
                continue;
            };
            let font = Rc::new(Font::of(&dictionary, &self.view, &mut self.left));
            if let Some(number) = number.filter(|_| self.fonts.len() < FONTS) {
                self.fonts.insert(number, Rc::clone(&font));
            }
            fonts.insert(entry.key.clone(), font);
        }
        fonts
    }
}
