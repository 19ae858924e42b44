//! Delil: the nine ETSI REM evidence documents, signed with an enveloped XML-DSig.
//!
//! The text is written in its exclusive canonical form from the start (sorted attributes, namespaces where they are first used, no empty
//! elements), so what is hashed is what stands in the file; no canonicaliser takes part, and xmlsec1 has to agree.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::pki::{Certified, Hash};

pub const NAMESPACE: &str = "http://uri.etsi.org/02640/v2#";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// The nine roots of TS 102 640-2.
pub const ROOTS: [&str; 9] = [
    "SubmissionAcceptanceRejection",
    "RelayREMMDAcceptanceRejection",
    "RelayREMMDFailure",
    "DeliveryNonDeliveryToRecipient",
    "DownloadNonDownloadByRecipient",
    "RetrievalNonRetrievalByRecipient",
    "AcceptanceRejectionByRecipient",
    "RelayToNonREMSystem",
    "ReceivedFromNonREMSystem",
];

#[derive(Clone, Debug)]
pub struct Evidence {
    /// One of [`ROOTS`], or a variant spelling.
    pub root: String,
    pub namespace: String,
    /// Fragment of the event URI.
    pub event: String,
    /// Reason names and details.
    pub reasons: Vec<(String, String)>,
    pub identifier: String,
    pub issuer_name: String,
    pub issuer_address: String,
    pub event_time: Timestamp,
    pub submission_time: Option<Timestamp>,
    pub sender: (String, String),
    pub recipients: Vec<(String, String)>,
    /// 1-based.
    pub refers_to: Option<usize>,
    pub subject: String,
    /// Message-ID of L1, with angle brackets.
    pub original_message_id: Option<String>,
    /// The provider's id, with angle brackets.
    pub provider_message_id: String,
    /// Over the octets of L1.
    pub digest: Option<(Hash, Vec<u8>)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Sha256,
    Sha512,
}

impl Form {
    fn parts(self) -> (Hash, &'static str, &'static str) {
        match self {
            Form::Sha256 => (
                Hash::Sha256,
                "http://www.w3.org/2001/04/xmlenc#sha256",
                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            ),
            Form::Sha512 => (
                Hash::Sha512,
                "http://www.w3.org/2001/04/xmlenc#sha512",
                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            ),
        }
    }
}

impl Evidence {
    pub fn id(&self) -> String {
        format!("delil-{}", self.identifier)
    }

    /// The root element without a signature, in canonical form, split where the signature goes.
    fn canonical(&self) -> (String, String) {
        let open = format!(
            "<rem:{} xmlns:rem=\"{}\" Id=\"{}\" version=\"2.1.1\">\n",
            self.root,
            self.namespace,
            attribute(&self.id())
        );
        let mut x = open;
        let mut leaf = |depth: usize, name: &str, value: &str| {
            x += &format!("{}<rem:{name}>{}</rem:{name}>\n", "  ".repeat(depth), text(value));
        };
        leaf(1, "EventCode", &format!("http:uri.etsi.org/REM/Event#{}", self.event));
        if !self.reasons.is_empty() {
            x += "  <rem:EventReasons>\n";
            for (name, details) in &self.reasons {
                x += &format!(
                    "    <rem:EventReason>\n      <rem:Code>http:uri.etsi.org/REM/EventReason#{}</rem:Code>\n      <rem:Details>{}</rem:Details>\n    </rem:EventReason>\n",
                    text(name),
                    text(details)
                );
            }
            x += "  </rem:EventReasons>\n";
        }
        x += &format!("  <rem:EvidenceIdentifier>{}</rem:EvidenceIdentifier>\n", text(&self.identifier));
        x += "  <rem:EvidenceIssuerPolicyID>\n    <rem:PolicyID>http://kep.example.invalid/politika</rem:PolicyID>\n  </rem:EvidenceIssuerPolicyID>\n";
        x += &entity("EvidenceIssuerDetails", &self.issuer_name, &self.issuer_address, 1);
        x += &format!("  <rem:EventTime>{}</rem:EventTime>\n", local_time(self.event_time));
        if let Some(at) = self.submission_time {
            x += &format!("  <rem:SubmissionTime>{}</rem:SubmissionTime>\n", local_time(at));
        }
        x += &entity("SenderDetails", &self.sender.0, &self.sender.1, 1);
        x += "  <rem:RecipientsDetails>\n";
        self.recipients
            .iter()
            .for_each(|(name, address)| x += &entity("EntityDetails", name, address, 2));
        x += "  </rem:RecipientsDetails>\n";
        if let Some(index) = self.refers_to {
            x += &format!("  <rem:EvidenceRefersToRecipient>{index}</rem:EvidenceRefersToRecipient>\n");
        }
        x += &format!(
            "  <rem:SenderMessageDetails isNotification=\"false\">\n    <rem:MessageSubject>{}</rem:MessageSubject>\n",
            text(&self.subject)
        );
        if let Some(id) = &self.original_message_id {
            x += &format!("    <rem:UAMessageIdentifier>{}</rem:UAMessageIdentifier>\n", text(id));
        }
        x += &format!(
            "    <rem:MessageIdentifierByREMMD>{}</rem:MessageIdentifierByREMMD>\n",
            text(&self.provider_message_id)
        );
        if let Some((hash, value)) = &self.digest {
            let uri = if *hash == Hash::Sha512 { Form::Sha512 } else { Form::Sha256 }.parts().1;
            x += &format!("    <ds:DigestMethod xmlns:ds=\"{DS}\" Algorithm=\"{uri}\"></ds:DigestMethod>\n");
            x += &format!("    <ds:DigestValue xmlns:ds=\"{DS}\">{}</ds:DigestValue>\n", BASE64.encode(value));
        }
        x += "  </rem:SenderMessageDetails>\n";
        (x, format!("</rem:{}>", self.root))
    }

    /// Signed by the provider's transaction certificate, the signature as last child.
    pub fn signed(&self, signer: &Certified, form: Form) -> Vec<u8> {
        let (body, end) = self.canonical();
        let signature = signature(&format!("{body}{end}"), &self.id(), signer, form);
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}{signature}{end}\n").into_bytes()
    }

    pub fn unsigned(&self) -> Vec<u8> {
        let (body, end) = self.canonical();
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}{end}\n").into_bytes()
    }

    /// Signature wrapping: the genuine element moved into an extension of a forged root that says something else.
    pub fn wrapped(&self, forged: &Evidence, signer: &Certified, form: Form) -> Vec<u8> {
        let (body, end) = self.canonical();
        let genuine = format!("{body}{end}");
        let signature = signature(&genuine, &self.id(), signer, form);
        let (fake, fake_end) = forged.canonical();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{fake}  <rem:Extensions>\n    <rem:Extension>{genuine}</rem:Extension>\n  </rem:Extensions>\n{signature}{fake_end}\n"
        )
        .into_bytes()
    }
}

fn signature(canonical: &str, id: &str, signer: &Certified, form: Form) -> String {
    let (hash, digest_uri, signature_uri) = form.parts();
    let digest = BASE64.encode(hash.of(canonical.as_bytes()));
    let signed_info = |namespace: &str| {
        format!(
            "<ds:SignedInfo{namespace}><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{signature_uri}\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#{}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{DS}enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{digest_uri}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
            attribute(id)
        )
    };
    let value = signer.key.sign(hash, signed_info(&format!(" xmlns:ds=\"{DS}\"")).as_bytes());
    format!(
        "<ds:Signature xmlns:ds=\"{DS}\">{}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        signed_info(""),
        BASE64.encode(value),
        BASE64.encode(&signer.der)
    )
}

fn entity(name: &str, who: &str, address: &str, depth: usize) -> String {
    let pad = "  ".repeat(depth);
    format!(
        "{pad}<rem:{name}>\n{pad}  <rem:NamesPostalAddresses>\n{pad}    <rem:NamePostalAddress>\n{pad}      <rem:EntityName>\n\
         {pad}        <rem:Name>{}</rem:Name>\n{pad}      </rem:EntityName>\n{pad}    </rem:NamePostalAddress>\n{pad}  </rem:NamesPostalAddresses>\n\
         {pad}  <rem:AttributedElectronicAddress scheme=\"mailto\">{}</rem:AttributedElectronicAddress>\n{pad}</rem:{name}>\n",
        text(who),
        text(address)
    )
}

/// `2026-11-09T10:15:00.000+03:00`.
pub fn local_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::get("Europe/Istanbul").unwrap())
        .strftime("%Y-%m-%dT%H:%M:%S.000%:z")
        .to_string()
}

fn text(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn attribute(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
