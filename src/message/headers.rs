//! The headers of one message layer, cleaned for people, and what is odd about them.

use jiff::Timestamp;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use serde::{Deserialize, Serialize};

use super::codes::{self, Code};
use super::fields::{self, Field, clean, is_tampered};
use crate::finding::Finding;

/// Recipients kept: more than any provider allows in one message.
const RECIPIENTS: usize = 1_000;

/// Headers that must occur once; a second one lets two readers show two different messages (RFC 5322 3.6).
const ONCE: &[&str] = &[
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "Sender",
    "Reply-To",
    "X-TR-REM-iletiTip",
    "X-TR-REM-iletiID",
];

/// One mailbox of an address header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub name: Option<String>,
    pub address: String,
}

impl Address {
    fn display(&self) -> String {
        match &self.name {
            Some(name) if !self.address.is_empty() => format!("{name} <{}>", self.address),
            Some(name) => name.clone(),
            None => self.address.clone(),
        }
    }
}

/// The ETSI envelope headers (`X-REM-…`, `REM-…`). They choose what is displayed, never what is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemHeaders {
    /// `Dispatch` or `Message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_identifier: Option<String>,
    /// The provider's own id of the message, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_identifier: Option<String>,
    /// The Message-ID made by the sender's software, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ua_message_identifier: Option<String>,
}

/// What one layer's header block says.
#[derive(Debug, Default)]
pub struct LayerHeaders {
    pub message_id: Option<String>,
    pub rem_type: Option<String>,
    pub rem_id: Option<String>,
    pub from: Option<Address>,
    pub recipients: Vec<String>,
    pub subject: Option<String>,
    pub date: Option<Timestamp>,
    pub rem: RemHeaders,
}

impl LayerHeaders {
    pub fn sender(&self) -> Option<String> {
        self.from.as_ref().map(Address::display).filter(|text| !text.is_empty())
    }

    pub fn sender_address(&self) -> Option<&str> {
        self.from
            .as_ref()
            .map(|from| from.address.as_str())
            .filter(|address| !address.is_empty())
    }
}

/// Reads the header block of the message `layer` (`L0`, `L1`).
pub fn read(block: &[u8], layer: &str) -> (LayerHeaders, Vec<Finding>) {
    let (fields, malformed) = fields::split(block);
    let mut reader = Reader {
        fields,
        layer,
        findings: Vec::new(),
    };
    if malformed {
        reader.findings.push(codes::MALFORMED_HEADER.at(layer));
    }
    if block.contains(&0) {
        reader.findings.push(codes::NUL_BYTE.at(layer));
    }
    reader.duplicates();
    let headers = LayerHeaders {
        message_id: reader.id("Message-ID"),
        rem_type: reader.text("X-TR-REM-iletiTip").or_else(|| reader.text("TR-REM-iletiTip")),
        rem_id: reader.text("X-TR-REM-iletiID").or_else(|| reader.text("TR-REM-iletiID")),
        from: reader.from(),
        recipients: reader.recipients(),
        subject: reader.text("Subject"),
        date: reader.date(),
        rem: reader.rem(),
    };
    (headers, reader.findings)
}

struct Reader<'a> {
    fields: Vec<Field<'a>>,
    layer: &'a str,
    findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn find(&mut self, code: Code, header: &str) {
        self.findings.push(code.at(format!("{} {header}", self.layer)));
    }

    fn named(&self, name: &str) -> Vec<Field<'a>> {
        self.fields.iter().copied().filter(|field| field.is(name)).collect()
    }

    fn duplicates(&mut self) {
        for name in ONCE {
            if self.named(name).len() > 1 {
                self.find(codes::DUPLICATE_HEADER, name);
            }
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let field = self.named(name).into_iter().next()?;
        let text = fields::text(field.value);
        if is_tampered(&text) {
            self.find(codes::HEADER_CONTROL, name);
        }
        Some(clean(&text)).filter(|text| !text.is_empty())
    }

    fn id(&mut self, name: &str) -> Option<String> {
        self.text(name).as_deref().and_then(bare_id)
    }

    fn from(&mut self) -> Option<Address> {
        let froms = self.named("From");
        let mailboxes: Vec<Address> = froms.iter().flat_map(|field| self.addresses(field, "From")).collect();
        if froms.len() > 1 || mailboxes.len() > 1 {
            self.find(codes::MULTIPLE_FROM, "From");
        }
        let from = mailboxes.into_iter().next()?;
        if from.name.as_deref().is_some_and(|name| shows_other_address(name, &from.address)) {
            self.find(codes::DISPLAY_NAME_ADDRESS, "From");
        }
        let sender = self
            .named("Sender")
            .first()
            .and_then(|field| self.addresses(field, "Sender").into_iter().next());
        if sender.is_some_and(|sender| !sender.address.eq_ignore_ascii_case(&from.address)) {
            self.find(codes::SENDER_DIFFERS, "Sender");
        }
        Some(from)
    }

    fn recipients(&mut self) -> Vec<String> {
        let mut recipients: Vec<String> = Vec::new();
        for name in ["To", "Cc"] {
            for field in self.named(name) {
                for found in self.addresses(&field, name).into_iter().filter(|found| found.address.contains('@')) {
                    let known = recipients.iter().any(|known| known.eq_ignore_ascii_case(&found.address));
                    if !known && recipients.len() < RECIPIENTS {
                        recipients.push(found.address);
                    }
                }
            }
        }
        recipients
    }

    fn addresses(&mut self, field: &Field<'_>, name: &str) -> Vec<Address> {
        let line = fields::decode_charset(field.value, None) + "\n";
        let HeaderValue::Address(list) = MessageStream::new(line.as_bytes()).parse_address() else {
            return Vec::new();
        };
        let mut tampered = false;
        let mut cleaned = |text: Option<&str>| {
            tampered |= text.is_some_and(is_tampered);
            text.map(clean).filter(|text| !text.is_empty())
        };
        let found = list
            .iter()
            .take(RECIPIENTS)
            .map(|mailbox| Address {
                name: cleaned(mailbox.name()),
                address: cleaned(mailbox.address()).unwrap_or_default().replace(' ', ""),
            })
            .filter(|mailbox| mailbox.name.is_some() || !mailbox.address.is_empty())
            .collect();
        if tampered {
            self.find(codes::HEADER_CONTROL, name);
        }
        found
    }

    fn date(&mut self) -> Option<Timestamp> {
        let field = self.named("Date").into_iter().next()?;
        let line = fields::decode_charset(field.value, None) + "\n";
        let date = match MessageStream::new(line.as_bytes()).parse_date() {
            HeaderValue::DateTime(date) if date.is_valid() => Timestamp::from_second(date.to_timestamp()).ok(),
            _ => None,
        };
        if date.is_none() {
            self.find(codes::DATE_UNREADABLE, "Date");
        }
        date
    }

    fn rem(&mut self) -> RemHeaders {
        let mut one = |name: &str| self.text(&format!("X-REM-{name}")).or_else(|| self.text(&format!("REM-{name}")));
        RemHeaders {
            message_type: one("Msg-Type"),
            evidence_type: one("Evidence-Type"),
            event: one("Event"),
            evidence_identifier: one("Evidence-Identifier"),
            message_identifier: one("Message-Identifier").as_deref().and_then(bare_id),
            ua_message_identifier: one("UAMessageIdentifier").as_deref().and_then(bare_id),
        }
    }
}

/// An identifier without angle brackets and white space.
pub fn bare_id(text: &str) -> Option<String> {
    let inner = match (text.find('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => text.get(open + 1..close)?,
        _ => text,
    };
    let id: String = inner.chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect();
    (!id.is_empty()).then_some(id)
}

/// `hsNN`: the provider (KEPHS) of a KEP address `local@hsNN.kep.tr` or `local@org.hsNN.kep.tr`. Unknown numbers count: the list grows.
pub fn kep_provider(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = domain.to_ascii_lowercase();
    let host = domain.strip_suffix(".kep.tr")?;
    let (organisation, provider) = host.rsplit_once('.').map_or((None, host), |(org, provider)| (Some(org), provider));
    let number = provider.strip_prefix("hs")?;
    let plain = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let sound = !local.is_empty()
        && number.len() == 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && organisation.is_none_or(|organisation| organisation.split('.').all(plain));
    sound.then(|| provider.to_owned())
}

/// A display name that holds an address other than the real one.
fn shows_other_address(name: &str, address: &str) -> bool {
    name.split(|c: char| c.is_whitespace() || "<>\"'(),;".contains(c))
        .any(|word| word.contains('@') && word.contains('.') && !word.eq_ignore_ascii_case(address))
}
