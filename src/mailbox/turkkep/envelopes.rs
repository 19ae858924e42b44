//! The operator's request envelopes. The WSDL is not public, so wrappers and namespaces come from the operator's copy of it, and the gateway
//! writes values into the places that are marked with `{{name}}`. What does not have the shape of such a request is refused before it is sent.

use std::path::Path;

use zeroize::Zeroizing;

use crate::mailbox::soap::envelope::{ENVELOPE, escape};
use crate::mailbox::soap::problem::Problem;
use crate::mailbox::soap::xml::{Element, Reader};
use crate::regular_file::reason;
use crate::text::Text;

/// A request envelope has some hundred bytes.
const ENVELOPE_BYTES: u64 = 64 << 10;

/// Characters of the longest escape (`&#13;`), so that no half-written request is left behind in a smaller buffer.
const ESCAPE_BYTES: usize = 5;

/// The call that lists.
pub(super) const LIST: &str = "KEPPostaKutusuListesi";
/// The call that gives evidence.
pub(super) const EVIDENCE: &str = "DelilGetir";

/// What every call takes.
const ACCOUNT: [&str; 3] = ["islemYetkiliKodu", "kullaniciAdi", "kullaniciSifresi"];
/// What the list takes beside it.
const CRITERIA: [&str; 6] = [
    "baslangicTarihi",
    "bitisTarihi",
    "iletiTuru",
    "listelemeTuru",
    "kepUIDStartFrom",
    "kepUIDEndTo",
];
/// By what a message is asked for: one of them, whichever the call takes.
const KEYS: [&str; 2] = ["kepUID", "kepUAMessageIdentifier"];

/// The request of one call.
pub(super) struct Envelope(Vec<Piece>);

enum Piece {
    Text(String),
    Value(String),
}

impl Envelope {
    pub(super) fn list(folder: &Path) -> Result<Self, Problem> {
        Self::read(folder, LIST, &[&ACCOUNT[..], &CRITERIA].concat(), &[])
    }

    /// A call that gives the bytes of one message.
    pub(super) fn download(folder: &Path, call: &str) -> Result<Self, Problem> {
        Self::read(folder, call, &ACCOUNT, &KEYS)
    }

    fn read(folder: &Path, call: &str, needed: &[&str], one_of: &[&str]) -> Result<Self, Problem> {
        let path = folder.join(format!("{call}.xml"));
        let refused = |what: Text| {
            let path = path.display();
            Problem::Configuration(Text::new(format!("{path}: {}", what.tr), format!("{path}: {}", what.en)))
        };
        let size = std::fs::metadata(&path).map_err(|error| {
            let why = reason(&error);
            refused(Text::new(
                format!(
                    "{}; {call} çağrısının istek zarfını sağlayıcının WSDL'inden bu dosyaya yazın, değerlerin yerine {{{{ad}}}} koyun",
                    why.tr
                ),
                format!(
                    "{}; write the request envelope of {call} from the provider's WSDL into it, with {{{{name}}}} where a value stands",
                    why.en
                ),
            ))
        })?;
        if size.len() > ENVELOPE_BYTES {
            return Err(refused(Text::new(
                "bir istek zarfının olabileceğinden büyük",
                "it is larger than any request envelope",
            )));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| refused(reason(&error)))?;
        let unclosed = || refused(Text::new("'}}' ile kapanmayan bir '{{'", "a '{{' without its '}}'"));
        let envelope = Self::parse(&text).ok_or_else(unclosed)?;
        envelope.check(&text, needed, one_of).map_err(refused)?;
        Ok(envelope)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut parts = text.split("{{");
        pieces.push(Piece::Text(parts.next()?.to_owned()));
        for part in parts {
            let (name, rest) = part.split_once("}}")?;
            pieces.push(Piece::Value(name.trim().to_owned()));
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Some(Self(pieces))
    }

    fn names(&self) -> Vec<&str> {
        let names = self.0.iter().filter_map(|piece| match piece {
            Piece::Value(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        });
        names.collect()
    }

    fn check(&self, text: &str, needed: &[&str], one_of: &[&str]) -> Result<(), Text> {
        let mut reader = Reader::new(&[], ENVELOPE_BYTES);
        let document = reader.feed(text.as_bytes()).and_then(|()| reader.finish());
        let document = document.map_err(|problem| {
            let why = problem.text();
            Text::new(
                format!("XML olarak okunamadı: {}", why.tr),
                format!("it cannot be read as XML: {}", why.en),
            )
        })?;
        if !document.is(ENVELOPE, "Envelope") || !document.children.iter().any(|child| child.is(ENVELOPE, "Body")) {
            return Err(Text::new(
                "gövdesi olan bir SOAP 1.1 zarfı değil",
                "it is no SOAP 1.1 envelope with a body",
            ));
        }
        let names = self.names();
        if let Some(unknown) = names.iter().find(|name| !needed.contains(name) && !one_of.contains(name)) {
            return Err(Text::new(
                format!("{{{{{unknown}}}}} için bu çağrıda bir değer yok"),
                format!("{{{{{unknown}}}}} has no value in this call"),
            ));
        }
        if let Some(missing) = needed.iter().find(|name| !names.contains(name)) {
            return Err(Text::new(
                format!("{{{{{missing}}}}} eksik"),
                format!("{{{{{missing}}}}} is missing"),
            ));
        }
        if !one_of.is_empty() && !names.iter().any(|name| one_of.contains(name)) {
            return Err(Text::new(
                format!("şunlardan biri eksik: {{{{{}}}}}", one_of.join("}}, {{")),
                format!("one of {{{{{}}}}} is missing", one_of.join("}} or {{")),
            ));
        }
        // Inside of a tag or of CDATA a value would be written where its escapes mean something else.
        match places(&document) == names.len() && !text.contains("<![CDATA[") {
            true => Ok(()),
            false => Err(Text::new(
                "bir {{değer}}, bir öğenin içeriği olmayan bir yerde duruyor",
                "a {{value}} stands elsewhere than as the content of an element",
            )),
        }
    }

    /// The request with its values; one that is not given is left empty.
    pub(super) fn filled(&self, values: &[(&str, &str)]) -> Zeroizing<String> {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        let room = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Value(name) => value(name).len() * ESCAPE_BYTES,
        });
        let mut out = Zeroizing::new(String::with_capacity(room.sum()));
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(name) => escape(&mut out, value(name)),
            }
        }
        out
    }
}

/// Marked places in the content of elements.
fn places(element: &Element) -> usize {
    element.text.matches("{{").count() + element.children.iter().map(places).sum::<usize>()
}

#[cfg(test)]
mod envelopes_tests {
    use super::*;

    const GOOD: &str = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><g xmlns='urn:x'><a>{{islemYetkiliKodu}}</a>\
        <b>{{kullaniciAdi}}</b><c>{{ kullaniciSifresi }}</c><d>{{kepUID}}</d></g></s:Body></s:Envelope>";

    fn refusal(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("DelilGetir.xml"), text).unwrap();
        match Envelope::download(folder.path(), EVIDENCE) {
            Ok(_) => String::new(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn only_what_has_the_shape_of_a_request_is_sent() {
        assert_eq!(refusal(GOOD), "");
        for (text, words) in [
            (
                GOOD.replace("{{kepUID}}", ""),
                "one of {{kepUID}} or {{kepUAMessageIdentifier}} is missing",
            ),
            (GOOD.replace("{{kullaniciAdi}}", "x"), "{{kullaniciAdi}} is missing"),
            (GOOD.replace("{{kepUID}}", "{{kepUID}}{{iletiTuru}}"), "{{iletiTuru}} has no value"),
            (GOOD.replace("<d>", "<d e='{{kepUID}}'>"), "elsewhere"),
            (GOOD.replace("{{kepUID}}", "<![CDATA[{{kepUID}}]]>"), "elsewhere"),
            (GOOD.replace("</d>", "</e>"), "XML"),
            (format!("<!DOCTYPE x>{GOOD}"), "XML"),
            (GOOD.replace("/soap/envelope/", "/other/"), "no SOAP 1.1"),
            (format!("{GOOD}{{{{"), "without its"),
            (" ".repeat(70 << 10), "larger"),
        ] {
            assert!(refusal(&text).contains(words), "{words}: {}", refusal(&text));
        }
        assert!(Envelope::list(Path::new("/nowhere")).err().unwrap().to_string().contains("WSDL"));
    }

    #[test]
    fn values_are_content_and_never_markup() {
        let filled = Envelope::parse(GOOD)
            .unwrap()
            .filled(&[("kullaniciSifresi", "<a>&\r"), ("kullaniciAdi", "x@y")]);
        assert!(filled.contains("<c>&lt;a&gt;&amp;&#13;</c>") && filled.contains("<b>x@y</b>") && filled.contains("<d></d>"));
        assert!(filled.capacity() >= filled.len(), "one buffer, which is cleared");
    }
}
