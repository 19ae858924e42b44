//! The service's side of the wire: what a request says, and replies in both styles.

use crate::support::soap::{self, envelope, escape};

pub const AXIS2: &str = "http://ws.apache.org/axis2";
const MEMBERS: &str = "http://ws.apache.org/axis2/xsd";

/// A request as the service reads it.
#[derive(Debug, Clone)]
pub struct Request {
    pub operation: String,
    /// Members of `param0` by name; those of `kepHesap` too, under `kepHesap/…`.
    pub members: Vec<(String, String)>,
    pub soap_action: String,
    pub xml: String,
}

impl Request {
    pub fn read(soap_action: &str, xml: String) -> Self {
        let document = roxmltree::Document::parse(&xml).unwrap();
        let body = document
            .descendants()
            .find(|node| node.has_tag_name(("http://schemas.xmlsoap.org/soap/envelope/", "Body")))
            .unwrap();
        let operation = body.first_element_child().unwrap();
        let param = operation.children().find(|node| node.has_tag_name((AXIS2, "param0"))).unwrap();
        let mut members = Vec::new();
        for node in param.children().filter(|node| node.is_element()) {
            assert_eq!(node.tag_name().namespace(), Some(MEMBERS));
            let name = node.tag_name().name();
            let inner: Vec<_> = node.children().filter(|child| child.is_element()).collect();
            match inner.is_empty() {
                true => members.push((name.to_owned(), node.text().unwrap_or_default().to_owned())),
                false => members.extend(inner.iter().map(|child| {
                    (
                        format!("{name}/{}", child.tag_name().name()),
                        child.text().unwrap_or_default().to_owned(),
                    )
                })),
            }
        }
        let operation = operation.tag_name().name().to_owned();
        Self {
            operation,
            members,
            soap_action: soap_action.to_owned(),
            xml,
        }
    }

    pub fn member(&self, name: &str) -> &str {
        let found = self.members.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A reply before it is written in one of the styles. `None` content is xsi:nil.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub wrapper: String,
    pub content: String,
    /// Element name, file name and bytes of what is binary; stands for `{binary}` in the content.
    pub binary: Option<(String, String, Vec<u8>)>,
}

pub fn text(name: &str, value: &str) -> String {
    format!("<e:{name}>{}</e:{name}>", escape(value))
}

pub fn nil(name: &str) -> String {
    format!("<e:{name} xsi:nil=\"true\"/>")
}

/// The namespace of bare reply members is the wrapper's.
pub fn bare(name: &str, value: &str) -> String {
    format!("<a:{name}>{}</a:{name}>", escape(value))
}

impl Reply {
    pub fn new(wrapper: &str, content: impl Into<String>) -> Self {
        Self {
            wrapper: wrapper.to_owned(),
            content: content.into(),
            binary: None,
        }
    }

    /// Content type and bytes.
    pub fn written(&self, mtom: bool) -> (String, Vec<u8>) {
        let inside = |content: String| {
            envelope(&format!(
                "<a:{0} xmlns:a=\"{AXIS2}\" xmlns:e=\"{MEMBERS}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{content}</a:{0}>",
                self.wrapper
            ))
        };
        let Some((name, file, bytes)) = &self.binary else {
            return soap::written(|_| inside(self.content.replace("{binary}", "")), None, mtom);
        };
        let element = |binary: &str| {
            format!(
                "<e:{name} xmlns:m=\"http://www.w3.org/2005/05/xmlmime\" m:contentType=\"application/octet-stream\" m:fileName=\"{}\">{binary}</e:{name}>",
                escape(file)
            )
        };
        soap::written(
            |binary| inside(self.content.replace("{binary}", &element(binary))),
            Some(bytes),
            mtom,
        )
    }
}
