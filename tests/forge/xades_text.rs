//! XML text with its canonical forms, written by hand: every element is written with the declaration of its own namespace, and [`compact`]
//! drops those that stand already.

pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
pub const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub const INCLUSIVE_11: &str = "http://www.w3.org/2006/12/xml-c14n11";
pub const BELGE: &str = "urn:ornek:belge";

/// Prefixes that are declared around a place, with their namespaces.
pub type Scope = Vec<(&'static str, &'static str)>;

pub fn uri_of(prefix: &str) -> &'static str {
    match prefix {
        "" => BELGE,
        "ds" => DS,
        "xades" => XADES,
        "xades141" => XADES_141,
        other => panic!("prefix {other}"),
    }
}

/// An element with its namespace declared: `name` is `prefix:local` or, for the document's own, `local`.
pub fn el(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
    let declaration = match prefix {
        "" => format!(" xmlns=\"{BELGE}\""),
        prefix => format!(" xmlns:{prefix}=\"{}\"", uri_of(prefix)),
    };
    let attributes: String = attributes.iter().map(|(key, value)| format!(" {key}=\"{value}\"")).collect();
    format!("<{name}{declaration}{attributes}>{content}</{name}>")
}

/// The text without the declarations that stand already, beginning with `scope`.
fn compact_in(text: &str, scope: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut stack: Vec<Vec<(String, String)>> = vec![scope.iter().map(|(p, u)| ((*p).to_string(), (*u).to_string())).collect()];
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out += &rest[..start];
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('?') || tag.starts_with('!') {
            out += &format!("<{tag}>");
            continue;
        }
        if tag.starts_with('/') {
            stack.pop();
            out += &format!("<{tag}>");
            continue;
        }
        let mut known = stack.last().unwrap().clone();
        let (name, after) = tag.split_at(tag.find(' ').unwrap_or(tag.len()));
        let mut kept = String::new();
        let mut after = after;
        while let Some(declaration) = after.strip_prefix(" xmlns") {
            let (prefix, value) = declaration.split_once("=\"").unwrap();
            let (value, tail) = value.split_once('"').unwrap();
            let prefix = prefix.trim_start_matches(':');
            if !known.iter().rev().any(|(p, u)| p == prefix && u == value) {
                kept += &after[..after.len() - tail.len()];
                known.push((prefix.to_string(), value.to_string()));
            }
            after = tail;
        }
        out += &format!("<{name}{kept}{after}>");
        stack.push(known);
    }
    out + rest
}

/// The exclusive canonical form; and how a whole document is written.
pub fn compact(text: &str) -> String {
    compact_in(text, &[])
}

/// The canonical form of an element that stands where `scope` is declared around it.
pub fn canonical(text: &str, method: &str, scope: &[(&'static str, &'static str)]) -> String {
    if method == EXCLUSIVE {
        return compact(text);
    }
    let mut all: Scope = scope.to_vec();
    let name_end = text.find([' ', '>']).unwrap();
    let own = text[1..name_end].split_once(':').map_or("", |(prefix, _)| prefix);
    if !all.iter().any(|(prefix, _)| *prefix == own) {
        all.push((
            ["", "ds", "xades", "xades141"].into_iter().find(|p| *p == own).unwrap(),
            uri_of(own),
        ));
    }
    all.sort_unstable();
    all.dedup();
    let declarations: String = all
        .iter()
        .map(|(prefix, uri)| {
            if prefix.is_empty() {
                format!(" xmlns=\"{uri}\"")
            } else {
                format!(" xmlns:{prefix}=\"{uri}\"")
            }
        })
        .collect();
    let body = compact_in(text, &all);
    format!("{}{declarations}{}", &body[..name_end], &body[name_end..])
}
