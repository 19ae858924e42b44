//! Open Packaging Conventions over the container: content types, relationships, part look-up.

use std::collections::HashMap;

use roxmltree::Document;

use super::container::Entry;
use super::{names, xml};

pub(super) const CONTENT_TYPES: &str = "/[Content_Types].xml";
pub(super) const PACKAGE_RELATIONSHIPS: &str = "/_rels/.rels";
pub(super) const CORE_TYPE: &str = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
const CONTENT_TYPES_NAMESPACE: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const RELATIONSHIPS_NAMESPACE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// `[Content_Types].xml`.
#[derive(Debug, Default)]
pub(super) struct ContentTypes {
    defaults: HashMap<String, String>,
    overrides: HashMap<String, String>,
}

impl ContentTypes {
    /// `None` when the root is not what OPC says.
    pub fn read(document: &Document<'_>) -> Option<Self> {
        let root = document.root_element();
        if !xml::is(root, CONTENT_TYPES_NAMESPACE, "Types") {
            return None;
        }
        let mut types = Self::default();
        for node in xml::elements(root) {
            let Some(content_type) = xml::attribute(node, "ContentType") else {
                continue;
            };
            match node.tag_name().name() {
                "Default" => {
                    let extension = xml::attribute(node, "Extension").unwrap_or_default().to_ascii_lowercase();
                    types.defaults.entry(extension).or_insert(content_type);
                }
                "Override" => {
                    let part = xml::attribute(node, "PartName").unwrap_or_default();
                    types
                        .overrides
                        .entry(names::percent_decode(&part).to_ascii_lowercase())
                        .or_insert(content_type);
                }
                _ => {}
            }
        }
        Some(types)
    }

    pub fn of(&self, uri: &str) -> Option<&str> {
        let by_name = self.overrides.get(&names::percent_decode(uri).to_ascii_lowercase());
        let extension = || {
            uri.rsplit('/')
                .next()?
                .rsplit_once('.')
                .map(|(_, extension)| extension.to_ascii_lowercase())
        };
        by_name.or_else(|| self.defaults.get(&extension()?)).map(String::as_str)
    }
}

/// One relationship.
#[derive(Debug, Clone)]
pub(super) struct Relationship {
    /// The part that holds it; `/` for the package.
    pub source: String,
    pub id: String,
    pub kind: String,
    /// As written.
    pub target: String,
    /// The part that it names; `None` when it points outside.
    pub resolved: Option<String>,
    /// Index of that part, when it is there.
    pub part: Option<usize>,
}

/// The relationships of one `.rels` part; `None` when the root is not what OPC says.
pub(super) fn relationships(document: &Document<'_>, source: &str) -> Option<Vec<Relationship>> {
    let root = document.root_element();
    if !xml::is(root, RELATIONSHIPS_NAMESPACE, "Relationships") {
        return None;
    }
    let read = xml::named(root, RELATIONSHIPS_NAMESPACE, "Relationship").map(|node| {
        let target = node.attribute("Target").unwrap_or_default().to_owned();
        let external = node
            .attribute("TargetMode")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("External"));
        Relationship {
            source: source.to_owned(),
            id: node.attribute("Id").unwrap_or_default().to_owned(),
            kind: node.attribute("Type").unwrap_or_default().to_owned(),
            resolved: if external { None } else { names::resolve(source, &target) },
            target,
            part: None,
        }
    });
    Some(read.collect())
}

/// The part whose relationships a `.rels` part holds: `/PaketOzeti/_rels/PaketOzeti.xml.rels` belongs to `/PaketOzeti/PaketOzeti.xml`,
/// `/_rels/.rels` to the package.
pub(super) fn relationships_source(uri: &str) -> Option<String> {
    let (folder, file) = uri.rsplit_once('/')?;
    let folder = strip_suffix_ignoring_case(folder, "_rels")?;
    let name = strip_suffix_ignoring_case(file, ".rels")?;
    folder.ends_with('/').then(|| format!("{folder}{name}"))
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

/// True for the parts that OPC itself owns: they carry no document and no relationship points to them.
pub(super) fn is_plumbing(uri: &str) -> bool {
    uri.eq_ignore_ascii_case(CONTENT_TYPES) || relationships_source(uri).is_some()
}

/// How exactly a name met its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    Exact,
    /// OPC equivalence: ASCII case and percent-encoding.
    Equivalent,
    /// Back-slashes or Turkish letters.
    Folded,
}

/// Finds parts by name, in the three strengths of [`Match`].
#[derive(Debug, Default)]
pub(super) struct Directory {
    exact: HashMap<String, usize>,
    equivalent: HashMap<String, Slot>,
    folded: HashMap<String, Slot>,
}

/// A folded name may be that of several parts; then it is that of none, because a guess could pick the forger's.
#[derive(Debug, Clone, Copy)]
enum Slot {
    One(usize),
    Many,
}

impl Directory {
    pub fn new(entries: &[Entry]) -> Self {
        let mut directory = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            directory.exact.entry(entry.uri.clone()).or_insert(index);
            let add = |map: &mut HashMap<String, Slot>, key: String| {
                map.entry(key).and_modify(|slot| *slot = Slot::Many).or_insert(Slot::One(index));
            };
            add(&mut directory.equivalent, equivalent(&entry.uri));
            add(&mut directory.folded, names::folded(&entry.uri));
        }
        directory
    }

    pub fn find(&self, uri: &str) -> Option<(usize, Match)> {
        if let Some(index) = self.exact.get(uri) {
            return Some((*index, Match::Exact));
        }
        match self.equivalent.get(&equivalent(uri)) {
            Some(Slot::One(index)) => return Some((*index, Match::Equivalent)),
            Some(Slot::Many) => return None,
            None => {}
        }
        match self.folded.get(&names::folded(uri)) {
            Some(Slot::One(index)) => Some((*index, Match::Folded)),
            _ => None,
        }
    }
}

fn equivalent(uri: &str) -> String {
    names::percent_decode(uri).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relationship_parts_know_their_source() {
        assert_eq!(relationships_source("/_rels/.rels").as_deref(), Some("/"));
        assert_eq!(
            relationships_source("/PaketOzeti/_rels/PaketOzeti.xml.rels").as_deref(),
            Some("/PaketOzeti/PaketOzeti.xml")
        );
        assert_eq!(relationships_source("/Ekler/a.rels"), None);
        assert_eq!(relationships_source("/x_rels/a.rels"), None);
    }

    #[test]
    fn an_override_wins_over_a_default_and_extensions_ignore_case() {
        let text = format!(
            "<Types xmlns='{CONTENT_TYPES_NAMESPACE}'><Default Extension='PDF' ContentType='application/pdf'/>\
             <Override PartName='/Ekler/a%20b.pdf' ContentType='text/x'/></Types>"
        );
        let types = ContentTypes::read(&xml::parse(&text).unwrap()).unwrap();
        assert_eq!(types.of("/UstYazi/x.pdf"), Some("application/pdf"));
        assert_eq!(types.of("/Ekler/a b.pdf"), Some("text/x"));
        assert_eq!(types.of("/SifreliIcerik/x"), None);
    }
}
