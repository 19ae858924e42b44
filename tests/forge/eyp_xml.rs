//! The e-Yazışma XML as the .NET serialiser lays it out: BOM, CRLF, two spaces, the Tipler namespace repeated on each child of the root.

use super::eyp::{Attachment, AttachmentKind, Institution, SignerName};
use super::opc::{BOM, escape};

/// Writes the children of an e-Yazışma root: each top-level child repeats the Tipler namespace, as the .NET serialiser does.
pub struct Xml {
    generation: u8,
    depth: usize,
    text: String,
}

impl Xml {
    pub fn new(generation: u8) -> Self {
        Self {
            generation,
            depth: 1,
            text: String::new(),
        }
    }

    pub fn start(&self, name: &str) -> String {
        let namespace = if self.depth == 1 {
            format!(" xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-{}\"", self.generation)
        } else {
            String::new()
        };
        format!("{}<{name}{namespace}", "  ".repeat(self.depth))
    }

    pub fn open(&mut self, name: &str) -> &mut Self {
        self.text += &format!("{}>\r\n", self.start(name));
        self.depth += 1;
        self
    }

    pub fn close(&mut self, name: &str) -> &mut Self {
        self.depth -= 1;
        self.text += &format!("{}</{name}>\r\n", "  ".repeat(self.depth));
        self
    }

    pub fn leaf(&mut self, name: &str, value: &str) -> &mut Self {
        self.text += &format!("{}>{}</{name}>\r\n", self.start(name), escape(value));
        self
    }

    pub fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.leaf(name, value);
        }
        self
    }

    pub fn raw(&mut self, xml: &str) -> &mut Self {
        self.text += &format!("{}{xml}\r\n", "  ".repeat(self.depth));
        self
    }

    pub fn party(&mut self, party: &Institution) -> &mut Self {
        self.open("KurumKurulus")
            .leaf("KKK", &party.kkk)
            .leaf("Adi", &party.name)
            .open("IletisimBilgisi");
        if self.generation == 2 {
            self.optional("KepAdresi", party.kep.as_deref());
        }
        self.leaf("Il", &party.city).leaf("Ulke", "Türkiye").close("IletisimBilgisi");
        if self.generation == 2 {
            self.optional("BirimKKK", party.unit.as_deref());
        }
        self.close("KurumKurulus")
    }

    pub fn signer(&mut self, signer: &SignerName, date: &str) {
        self.open("Imza").open("Imzalayan").open("Kisi");
        self.leaf("IlkAdi", &signer.first).leaf("Soyadi", &signer.last).close("Kisi");
        self.leaf("TCKN", &signer.national_id)
            .leaf("Gorev", &signer.title)
            .close("Imzalayan");
        self.leaf("Makam", &signer.title)
            .leaf("Amac", "Onay")
            .leaf("Tarih", date)
            .close("Imza");
    }

    pub fn attachment(&mut self, order: usize, attachment: &Attachment) {
        let (kind, file, mime, address, signed) = match &attachment.kind {
            AttachmentKind::Inside { file, mime, signed, .. } => ("DED", Some(file), Some(mime), None, *signed),
            AttachmentKind::External { address } => ("HRF", None, None, Some(address), false),
            AttachmentKind::Physical => ("FZK", None, None, None, false),
        };
        self.open("Ek")
            .raw(&format!("<Id Value=\"{}\" />", attachment.id))
            .leaf("Tur", kind);
        self.optional("DosyaAdi", file.map(String::as_str))
            .optional("MimeTuru", mime.map(String::as_str));
        self.leaf("Ad", &attachment.name)
            .leaf("SiraNo", &order.to_string())
            .optional("Referans", address.map(String::as_str));
        self.leaf("ImzaliMi", if signed { "true" } else { "false" }).close("Ek");
    }

    pub fn finish(&self, root: &str, document: &str) -> String {
        self.wrap(root, &format!("{document}-{}", self.generation))
    }

    pub fn finish_same_namespace(&self, root: &str) -> String {
        self.wrap(root, &format!("Tipler-{}", self.generation))
    }

    pub fn wrap(&self, root: &str, namespace: &str) -> String {
        format!(
            "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<{root} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:dpt:eyazisma:schema:xsd:{namespace}\">\r\n{}</{root}>",
            self.text
        )
    }
}
