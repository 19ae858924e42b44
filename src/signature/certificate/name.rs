//! Distinguished names, compared as RFC 5280 7.1 asks: string types do not matter, nor case, nor the amount of white space.
//!
//! Case is folded by Unicode's default rule. It is right for Turkish letters because it keeps İ, I and ı three different letters while Ş
//! equals ş: folding by the Turkish rule would break "I" = "i" in names that are not Turkish, folding ASCII only would break Ş = ş, and
//! folding all i's together would let two different issuers look like one.

use der::asn1::ObjectIdentifier;

use crate::signature::asn1::ber::{self, Value, tag};
use crate::signature::asn1::oid;

/// A distinguished name as received, with its comparable form.
#[derive(Debug, Clone)]
pub struct Name {
    /// The encoding as received.
    pub raw: Vec<u8>,
    attributes: Vec<(ObjectIdentifier, String)>,
    comparable: Vec<Vec<(ObjectIdentifier, Comparable)>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Comparable {
    Text(String),
    /// Not a string: equal octets only.
    Octets(Vec<u8>),
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw || self.comparable == other.comparable
    }
}

impl Eq for Name {}

impl Name {
    /// # Errors
    /// Not an RDNSequence.
    pub fn read(value: &Value<'_>) -> ber::Result<Self> {
        let mut attributes = Vec::new();
        let mut comparable = Vec::new();
        let mut rdns = value.expect(tag::SEQUENCE)?;
        while !rdns.is_empty() {
            comparable.push(read_rdn(&rdns.next()?, &mut attributes)?);
        }
        Ok(Self {
            raw: value.raw.to_vec(),
            attributes,
            comparable,
        })
    }

    /// This name with one more relative name (an `nameRelativeToCRLIssuer`).
    ///
    /// # Errors
    /// Not a relative name.
    pub fn extended(&self, relative: &Value<'_>) -> ber::Result<Self> {
        let mut name = self.clone();
        name.comparable.push(rdn_attributes(relative, &mut name.attributes)?);
        name.raw = Vec::new();
        Ok(name)
    }

    pub fn is_empty(&self) -> bool {
        self.comparable.is_empty()
    }

    /// The first value of an attribute, for people.
    pub fn get(&self, attribute: ObjectIdentifier) -> Option<&str> {
        self.values(attribute).next()
    }

    pub fn values(&self, attribute: ObjectIdentifier) -> impl Iterator<Item = &str> {
        self.attributes
            .iter()
            .filter(move |(id, _)| *id == attribute)
            .map(|(_, text)| text.as_str())
    }

    pub fn common_name(&self) -> Option<&str> {
        self.get(oid::COMMON_NAME)
    }

    /// The common name, or what else names it best. Never the serial number: it identifies a person.
    pub fn label(&self) -> String {
        let attribute = self.common_name().or_else(|| self.get(oid::ORGANIZATION));
        let attribute = attribute.or_else(|| {
            self.attributes
                .iter()
                .rev()
                .find(|(id, _)| *id != oid::SERIAL_NUMBER)
                .map(|(_, t)| t.as_str())
        });
        attribute.unwrap_or("-").to_owned()
    }

    /// True when this name lies in the subtree under `base` (RFC 5280 4.2.1.10: directoryName).
    pub fn is_under(&self, base: &Name) -> bool {
        self.comparable.starts_with(&base.comparable)
    }
}

fn read_rdn(value: &Value<'_>, attributes: &mut Vec<(ObjectIdentifier, String)>) -> ber::Result<Vec<(ObjectIdentifier, Comparable)>> {
    value.expect(tag::SET)?;
    rdn_attributes(value, attributes)
}

fn rdn_attributes(value: &Value<'_>, attributes: &mut Vec<(ObjectIdentifier, String)>) -> ber::Result<Vec<(ObjectIdentifier, Comparable)>> {
    let mut rdn = Vec::new();
    let mut set = value.children();
    while !set.is_empty() {
        let mut pair = set.next()?.expect(tag::SEQUENCE)?;
        let id = pair.next()?.oid()?;
        let value = pair.next()?;
        pair.finish()?;
        match value.text() {
            Ok(text) => {
                rdn.push((id, Comparable::Text(fold(&text))));
                attributes.push((id, text));
            }
            Err(_) => rdn.push((id, Comparable::Octets(value.raw.to_vec()))),
        }
    }
    rdn.sort_unstable();
    Ok(rdn)
}

/// RFC 4518 in the part that occurs: letters composed, case folded, white space collapsed, invisible characters dropped.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in compose(text) {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_whitespace() => space = true,
            c if c.is_control() => {}
            c => {
                if space && !out.is_empty() {
                    out.push(' ');
                }
                space = false;
                out.extend(c.to_lowercase());
            }
        }
    }
    out
}

/// Letters written with a combining mark become the one-character letters of Turkish.
fn compose(text: &str) -> impl Iterator<Item = char> {
    let mut composed: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars() {
        let joined = composed.last().and_then(|last| {
            Some(match (*last, c) {
                ('g', '\u{306}') => 'ğ',
                ('G', '\u{306}') => 'Ğ',
                ('s', '\u{327}') => 'ş',
                ('S', '\u{327}') => 'Ş',
                ('c', '\u{327}') => 'ç',
                ('C', '\u{327}') => 'Ç',
                ('o', '\u{308}') => 'ö',
                ('O', '\u{308}') => 'Ö',
                ('u', '\u{308}') => 'ü',
                ('U', '\u{308}') => 'Ü',
                ('I', '\u{307}') => 'İ',
                _ => return None,
            })
        });
        match joined {
            Some(letter) => {
                composed.pop();
                composed.push(letter);
            }
            None => composed.push(c),
        }
    }
    composed.into_iter()
}

/// A GeneralName (RFC 5280 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    Email(String),
    Dns(String),
    Directory(Name),
    Uri(String),
    Ip(Vec<u8>),
    /// Another form, by its tag and octets.
    Other(u8, Vec<u8>),
}

impl GeneralName {
    /// # Errors
    /// Not a GeneralName.
    pub fn read(value: &Value<'_>) -> ber::Result<Self> {
        let text = || String::from_utf8_lossy(value.content).into_owned();
        Ok(match value.tag {
            0x81 => Self::Email(text()),
            0x82 => Self::Dns(text()),
            0xa4 => Self::Directory(Name::read(&value.only_child()?)?),
            0x86 => Self::Uri(text()),
            0x87 => Self::Ip(value.content.to_vec()),
            other => Self::Other(other, value.content.to_vec()),
        })
    }

    /// The names inside a GeneralNames value, whatever its tag.
    ///
    /// # Errors
    /// One of them is malformed.
    pub fn read_all(value: &Value<'_>) -> ber::Result<Vec<Self>> {
        value.children().all()?.iter().map(Self::read).collect()
    }
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod name_tests;
