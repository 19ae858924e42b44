//! The Open Packaging Conventions as the official .NET API writes them: parts, relationships, `[Content_Types].xml` (eyp.md 2).

use super::pki::Hash;
use super::zip::{self, Entry};

pub const CORE_TYPE: &str = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
const RELATIONS: &str = "http://eyazisma.dpt/iliskiler/";
pub const BOM: &str = "\u{feff}";

/// A part by its part name; `rel` says how it is reached.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub bytes: Vec<u8>,
    pub mime: String,
    /// Relationship type suffix (or whole type for core), id, and the source part when it is not the package.
    pub rel: (String, String, Option<String>),
}

pub fn part(name: &str, bytes: &[u8], mime: &str, relation: &str, id: &str) -> Part {
    Part {
        name: name.into(),
        bytes: bytes.to_vec(),
        mime: mime.into(),
        rel: (relation.into(), id.into(), None),
    }
}

pub fn xml_part(name: &str, xml: String, relation: &str, id: &str) -> Part {
    part(name, xml.as_bytes(), "application/xml", relation, id)
}

pub fn child(name: &str, bytes: Vec<u8>, relation: &str, id: &str, source: &str) -> Part {
    let mut child = part(name, &bytes, "application/octet-stream", relation, id);
    child.rel.2 = Some(source.into());
    child
}

/// The package as ZIP: parts, their relationships, and `[Content_Types].xml` last, as the samples have it.
pub fn opc(parts: &[Part]) -> Vec<u8> {
    zip::write(&opc_entries(parts))
}

pub fn opc_entries(parts: &[Part]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = parts
        .iter()
        .map(|part| Entry::new(part.name.trim_start_matches('/'), part.bytes.clone()))
        .collect();
    let root: Vec<&Part> = parts.iter().filter(|part| part.rel.2.is_none()).collect();
    entries.push(Entry::new("_rels/.rels", relationships(&root, false)));
    let mut sources: Vec<&String> = parts.iter().filter_map(|part| part.rel.2.as_ref()).collect();
    sources.dedup();
    for source in sources {
        let children: Vec<&Part> = parts.iter().filter(|part| part.rel.2.as_ref() == Some(source)).collect();
        let (folder, file) = source.rsplit_once('/').unwrap();
        entries.push(Entry::new(
            &format!("{}/_rels/{file}.rels", folder.trim_start_matches('/')),
            relationships(&children, true),
        ));
    }
    entries.push(Entry::new("[Content_Types].xml", content_types(parts)));
    entries
}

fn relationships(parts: &[&Part], relative: bool) -> String {
    let one = |part: &&Part| {
        let (relation, id, _) = &part.rel;
        let kind = if relation.contains("://") {
            relation.clone()
        } else {
            format!("{RELATIONS}{relation}")
        };
        let target = if relative { format!("..{}", part.name) } else { part.name.clone() };
        format!("<Relationship Type=\"{kind}\" Target=\"{}\" Id=\"{id}\" />", escape(&target))
    };
    let all: String = parts.iter().map(one).collect();
    format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{all}</Relationships>"
    )
}

/// A Default for the first type of each extension, an Override for what differs: the rule of System.IO.Packaging.
fn content_types(parts: &[Part]) -> String {
    let mut defaults: Vec<(String, &str)> = vec![];
    let mut overrides = String::new();
    for part in parts {
        let file = part.name.rsplit('/').next().unwrap();
        let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        let known = extension
            .as_ref()
            .and_then(|e| defaults.iter().find(|(name, _)| name == e))
            .map(|(_, mime)| *mime);
        match (extension, known) {
            (Some(_), Some(mime)) if mime == part.mime => {}
            (Some(extension), None) => defaults.push((extension, &part.mime)),
            _ => overrides += &format!("<Override PartName=\"{}\" ContentType=\"{}\" />", escape(&part.name), part.mime),
        }
    }
    defaults.push(("rels".into(), "application/vnd.openxmlformats-package.relationships+xml"));
    let defaults: String = defaults
        .iter()
        .map(|(e, mime)| format!("<Default Extension=\"{e}\" ContentType=\"{mime}\" />"))
        .collect();
    format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{defaults}{overrides}</Types>"
    )
}

/// The official writer's file name: Turkish letters folded, the rest of non-ASCII and all white space deleted, then URI escaping.
pub fn part_file(name: &str) -> String {
    let fold = |c: char| match c {
        'ç' => 'c',
        'Ç' => 'C',
        'ğ' => 'g',
        'Ğ' => 'G',
        'ı' => 'i',
        'İ' => 'I',
        'ö' => 'o',
        'Ö' => 'O',
        'ş' => 's',
        'Ş' => 'S',
        'ü' => 'u',
        'Ü' => 'U',
        other => other,
    };
    let kept = name.chars().map(fold).filter(|c| ('!'..='~').contains(c));
    kept.map(|c| {
        if "#%<>\"{}|\\^`[]".contains(c) {
            format!("%{:02X}", c as u32)
        } else {
            c.to_string()
        }
    })
    .collect()
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A GUID in upper case that depends on `seed` only.
pub fn guid(seed: &str) -> String {
    let hash = hex::encode_upper(&Hash::Sha256.of(seed.as_bytes())[..16]);
    format!(
        "{}-{}-4{}-A{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..]
    )
}
