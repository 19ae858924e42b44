//! One delil from its XML: by local name in any namespace, leniently, with a note for each deviation from TS 102 640-2.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::DateTime;
use roxmltree::{Document, Node, ParsingOptions};

use super::codes;
use super::names::{self, Outcome};
use super::{Evidence, EvidenceKind, EvidenceReason, MessageDigest, gate};
use crate::clock::from_local;
use crate::finding::Finding;
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::message::codes::Code;
use crate::message::{bare_id, clean, sniff};

/// Nodes of the tree: the gate's elements, their texts and comments.
const NODES: u32 = 200_000;
/// Recipients and reasons kept of one delil.
const LISTED: usize = 1_000;
/// Versions 2 and 1 of ETSI's schema. Any other is read too, with a note.
const NAMESPACES: &[&str] = &["http://uri.etsi.org/02640/v2#", "http://uri.etsi.org/02640/v1#"];

/// Children of the root in the schema's order.
const ORDER: &[&str] = &[
    "EventCode",
    "EventReasons",
    "EvidenceIdentifier",
    "EvidenceIssuerPolicyID",
    "EvidenceIssuerDetails",
    "SenderAuthenticationDetails",
    "RecipientAuthenticationDetails",
    "EventTime",
    "SubmissionTime",
    "ReplyTo",
    "ReplyToAddress",
    "SenderDetails",
    "RecipientsDetails",
    "RecipientsDelegatesDetails",
    "EvidenceRefersToRecipient",
    "SenderMessageDetails",
    "NotificationMessageDetails",
    "ForwardedToExternalSystem",
    "TransactionLogInformation",
    "Extensions",
    "Signature",
];

/// Elements that must occur, besides the root's own content.
const REQUIRED: &[&str] = &[
    "EvidenceIdentifier",
    "EvidenceIssuerDetails",
    "EventTime",
    "SenderDetails",
    "RecipientsDetails",
];

/// Reads one delil. What deviates is a finding inside of it.
///
/// # Errors
/// The bytes are no evidence: the fatal finding that says what they are instead.
pub fn parse(xml: &Bytes, limits: &Limits) -> Result<Evidence, Finding> {
    let fatal = |code: Code| code.at("/");
    if xml.len() as u64 > limits.xml_bytes {
        return Err(fatal(codes::TOO_LARGE));
    }
    if xml.starts_with(b"PK\x03\x04") {
        return Err(fatal(codes::IS_ZIP));
    }
    if sniff::xml_root(xml).is_none() && sniff::is_mail(xml) {
        return Err(fatal(codes::IS_MAIL));
    }
    let text = gate::decode(xml);
    gate::check(&text).map_err(fatal)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text.trim_start(), options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => fatal(codes::HAS_DTD),
        roxmltree::Error::NodesLimitReached => fatal(codes::TOO_COMPLEX),
        _ => fatal(codes::NOT_XML),
    })?;
    let root = document.root_element();
    let kind = names::kind_of_root(root.tag_name().name()).ok_or_else(|| fatal(codes::UNKNOWN_ROOT))?;
    let reader = Reader {
        root,
        kind,
        findings: Vec::new(),
    };
    Ok(reader.read(Sha256::of(xml)))
}

/// The addresses of the parties that a delil names, for whoever judges its signature; `None`: it is none.
pub fn parties_of(xml: &Bytes, limits: &Limits) -> Option<Vec<String>> {
    let evidence = parse(xml, limits).ok()?;
    Some(evidence.parties().into_iter().map(str::to_owned).collect())
}

struct Reader<'a, 'input> {
    root: Node<'a, 'input>,
    kind: EvidenceKind,
    findings: Vec<Finding>,
}

impl<'a, 'input> Reader<'a, 'input> {
    fn read(mut self, sha256: Sha256) -> Evidence {
        self.schema_notes();
        let event = self.event();
        let recipients: Vec<String> = self.recipients();
        let (provider_message_id, original_message_id, digest) = self.message();
        Evidence {
            sha256,
            kind: self.kind,
            reasons: self.reasons(),
            type_id: names::type_id(self.kind, event.as_deref()),
            identifier: self.text("EvidenceIdentifier"),
            event_time: self.event_time(),
            submission_time: self.time("SubmissionTime"),
            issuer: self
                .child("EvidenceIssuerDetails")
                .and_then(|entity| name(entity).or_else(|| address(entity))),
            sender: self
                .child("SenderDetails")
                .and_then(|entity| address(entity).or_else(|| name(entity))),
            recipient: self.recipient(&recipients),
            recipients,
            provider_message_id,
            original_message_id,
            digest,
            event,
            findings: self.findings,
        }
    }

    fn find(&mut self, code: Code, element: &str) {
        let place = format!("/{}/{element}", self.root.tag_name().name());
        self.findings.push(code.at(place.trim_end_matches('/')));
    }

    /// Direct children only: what stands deeper, or in an extension, is not this delil's.
    fn children(&self, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
        elements(self.root, name)
    }

    fn child(&self, name: &str) -> Option<Node<'a, 'input>> {
        self.children(name).next()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.child(name).and_then(text)
    }

    fn schema_notes(&mut self) {
        if !self
            .root
            .tag_name()
            .namespace()
            .is_some_and(|namespace| NAMESPACES.contains(&namespace))
        {
            self.find(codes::FOREIGN_NAMESPACE, "");
        }
        if self.root.attribute("version").is_none() {
            self.find(codes::MISSING_ELEMENT, "@version");
        }
        if self
            .root
            .attribute("Id")
            .is_some_and(|id| !id.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        {
            self.find(codes::BAD_ID, "@Id");
        }
        for required in REQUIRED {
            if self.child(required).is_none() {
                self.find(codes::MISSING_ELEMENT, required);
            }
        }
        for once in ORDER {
            if self.children(once).count() > 1 {
                self.find(codes::REPEATED_ELEMENT, once);
            }
        }
        let positions = self.root.children().filter(Node::is_element);
        let positions = positions.filter_map(|node| ORDER.iter().position(|name| *name == node.tag_name().name()));
        if !positions.is_sorted() {
            self.find(codes::ELEMENT_ORDER, "");
        }
    }

    fn event(&mut self) -> Option<String> {
        let event = self.text("EventCode").as_deref().and_then(names::event);
        let outcome = names::outcome(self.kind, event.as_deref());
        let has_outcome = !matches!(self.kind, EvidenceKind::ToNonRem | EvidenceKind::FromNonRem);
        match &event {
            None if has_outcome && outcome == Outcome::Unknown => self.find(codes::NO_EVENT, "EventCode"),
            Some(_) if has_outcome && outcome == Outcome::Unknown => self.find(codes::EVENT_MISFITS, "EventCode"),
            _ => {}
        }
        event
    }

    fn reasons(&mut self) -> Vec<EvidenceReason> {
        let list = self.child("EventReasons");
        let reasons = list.into_iter().flat_map(|list| elements(list, "EventReason")).take(LISTED);
        let reasons: Vec<EvidenceReason> = reasons
            .map(|reason| {
                let uri = elements(reason, "Code").next().and_then(text).unwrap_or_default();
                let (code, name) = names::reason(&uri);
                let details = elements(reason, "Details").next().and_then(text);
                EvidenceReason { code, name, details }
            })
            .collect();
        if reasons.iter().any(|reason| reason.code.is_none()) {
            self.find(codes::UNKNOWN_REASON, "EventReasons");
        }
        reasons
    }

    fn event_time(&mut self) -> Option<Timestamp> {
        let time = self.time("EventTime");
        if time.is_none() {
            self.find(codes::NO_EVENT_TIME, "EventTime");
        }
        time
    }

    /// An xs:dateTime. Without an offset it is Turkish wall-clock time.
    fn time(&mut self, name: &str) -> Option<Timestamp> {
        let written = self.text(name)?;
        if let Ok(time) = written.parse::<Timestamp>() {
            return Some(time);
        }
        let wall: DateTime = written.parse().ok()?;
        self.find(codes::TIME_WITHOUT_OFFSET, name);
        Some(from_local(wall))
    }

    fn recipients(&mut self) -> Vec<String> {
        let list = self.child("RecipientsDetails");
        let entities = list.into_iter().flat_map(|list| elements(list, "EntityDetails")).take(LISTED);
        entities
            .map(|entity| address(entity).or_else(|| name(entity)).unwrap_or_default())
            .collect()
    }

    /// The recipient that the evidence is about. The XSD does not say whether its index counts from 0 or from 1: a number from 1
    /// to n counts from 1, and 0 can only be the first.
    fn recipient(&mut self, recipients: &[String]) -> Option<String> {
        let named = |index: usize| recipients.get(index).filter(|name| !name.is_empty()).cloned();
        let Some(written) = self.text("EvidenceRefersToRecipient") else {
            if recipients.len() > 1 && self.kind != EvidenceKind::Submission {
                self.find(codes::RECIPIENT_UNNAMED, "EvidenceRefersToRecipient");
            }
            return if recipients.len() == 1 { named(0) } else { None };
        };
        let found = match written.parse::<usize>() {
            Ok(0) => named(0),
            Ok(index) => named(index - 1),
            Err(_) => None,
        };
        if found.is_none() {
            self.find(codes::RECIPIENT_INDEX, "EvidenceRefersToRecipient");
        }
        found
    }

    /// The two identifiers and the digest of the message. Those of a notification stand in where the original's are missing.
    fn message(&mut self) -> (Option<String>, Option<String>, Option<MessageDigest>) {
        let details = self
            .child("SenderMessageDetails")
            .or_else(|| self.child("NotificationMessageDetails"));
        let part = |name: &str| details.and_then(|details| elements(details, name).next());
        let id = |name: &str| part(name).and_then(text).as_deref().and_then(bare_id);
        let (by_provider, by_sender) = (id("MessageIdentifierByREMMD"), id("UAMessageIdentifier"));
        let written = part("DigestValue").and_then(text);
        let method = part("DigestMethod").and_then(|method| method.attribute("Algorithm"));
        let digest = written.as_deref().and_then(|value| digest(method.unwrap_or_default(), value));
        if written.is_some() && digest.is_none() {
            self.find(codes::BAD_DIGEST, "SenderMessageDetails/DigestValue");
        }
        if by_provider.is_none() && by_sender.is_none() && digest.is_none() {
            self.find(codes::NO_MESSAGE, "SenderMessageDetails");
        }
        (by_provider, by_sender, digest)
    }
}

fn elements<'a, 'input>(parent: Node<'a, 'input>, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    parent
        .children()
        .filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// The whole text below a node, cleaned.
fn text(node: Node<'_, '_>) -> Option<String> {
    let all: String = node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    Some(clean(&all)).filter(|text| !text.is_empty())
}

/// The first electronic address of an entity, without `mailto:`.
fn address(entity: Node<'_, '_>) -> Option<String> {
    let named = |node: &Node<'_, '_>| matches!(node.tag_name().name(), "AttributedElectronicAddress" | "ElectronicAddress");
    entity.children().filter(named).find_map(|node| {
        // tsl:ElectronicAddress holds a list of URIs: the first is the address. Its text is taken whole: a comment inside, which
        // signatures do not cover, must not cut it.
        let written = node.descendants().filter(is_leaf).find_map(text)?;
        let first = written.split_whitespace().next()?;
        let bare = match first.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => first.get(7..)?,
            _ => first,
        };
        (!bare.is_empty()).then(|| bare.to_owned())
    })
}

fn is_leaf(node: &Node<'_, '_>) -> bool {
    node.is_element() && !node.children().any(|child| child.is_element())
}

fn name(entity: Node<'_, '_>) -> Option<String> {
    let mut names = entity
        .descendants()
        .filter(|node| node.is_element() && node.tag_name().name() == "Name");
    names.find_map(text)
}

/// Algorithm by the end of its URI, value from base64 (or hex, where a writer took that) to hex.
fn digest(algorithm: &str, value: &str) -> Option<MessageDigest> {
    let (name, length) = match names::fragment(algorithm).to_ascii_lowercase().replace('-', "").as_str() {
        "sha1" => ("sha1", 20),
        "sha256" => ("sha256", 32),
        "sha384" => ("sha384", 48),
        "sha512" => ("sha512", 64),
        _ => return None,
    };
    let compact: String = value.split_whitespace().collect();
    let fits = |bytes: &Vec<u8>| bytes.len() == length;
    let bytes = STANDARD
        .decode(&compact)
        .ok()
        .filter(fits)
        .or_else(|| hex::decode(&compact).ok().filter(fits))?;
    Some(MessageDigest {
        algorithm: name.to_owned(),
        value: hex::encode(bytes),
    })
}
