//! KEP messages as MIME: the sender's signed original (L1) and the provider's signed envelope (L0), byte for byte as kep.md 2 has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::pki::Hash;

/// Makes a CMS over octets: `true` = attached.
pub type Signing<'a> = &'a dyn Fn(&[u8], bool) -> Vec<u8>;

#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
}

impl File {
    pub fn new(name: &str, mime: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            mime: mime.into(),
            bytes,
        }
    }
}

/// The sender's message.
#[derive(Clone, Debug, Default)]
pub struct Original {
    pub from_name: String,
    pub from: String,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub subject: String,
    pub message_id: String,
    pub date: Timestamp,
    /// X-TR-REM-iletiTip: standart, eYazisma, eTebligat; `None` leaves the header out.
    pub rem_type: Option<String>,
    pub rem_id: Option<String>,
    pub body: String,
    pub files: Vec<File>,
    /// Write attachment names as PTT's v2 builder does: the whole local path in an RFC 2047 word.
    pub local_paths: bool,
}

impl Original {
    fn headers(&self) -> String {
        let mut out = format!("From: {} <{}>\r\nTo: {}\r\n", word(&self.from_name), self.from, self.to.join(", "));
        if !self.cc.is_empty() {
            out += &format!("Cc: {}\r\n", self.cc.join(", "));
        }
        out += &format!(
            "Subject: {}\r\nMessage-ID: {}\r\nDate: {}\r\n",
            word(&self.subject),
            self.message_id,
            rfc5322_date(self.date)
        );
        out += &self
            .rem_type
            .as_ref()
            .map(|kind| format!("X-TR-REM-iletiTip: {kind}\r\n"))
            .unwrap_or_default();
        out += &self
            .rem_id
            .as_ref()
            .map(|id| format!("X-TR-REM-iletiID: {id}\r\n"))
            .unwrap_or_default();
        out + "MIME-Version: 1.0\r\n"
    }

    fn boundary(&self, tag: &str) -> String {
        format!(
            "---=_Part_{tag}_{}",
            &hex::encode(Hash::Sha256.of(self.message_id.as_bytes()))[..16]
        )
    }

    /// What gets signed: multipart/mixed of body and attachments, ending in one CRLF.
    pub fn entity(&self) -> Vec<u8> {
        let boundary = self.boundary("1");
        let mut out = format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n");
        out += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
        out += &quoted_printable(&self.body);
        for file in &self.files {
            let shown = if self.local_paths {
                format!("C:\\EBYS\\giden\\{}", file.name)
            } else {
                file.name.clone()
            };
            out += &format!("\r\n--{boundary}\r\n{}", attachment(&word(&shown), file));
        }
        out += &format!("\r\n--{boundary}--\r\n");
        out.into_bytes()
    }

    /// PTT library form: detached CMS, x-pkcs7-signature, one empty line before the delimiter.
    pub fn signed(&self, sign: Signing, hash: Hash) -> Vec<u8> {
        let entity = self.entity();
        self.with_signature(&entity, &sign(&entity, false), hash)
    }

    pub fn with_signature(&self, entity: &[u8], cms: &[u8], hash: Hash) -> Vec<u8> {
        let boundary = self.boundary("0");
        let mut out = self.headers().into_bytes();
        out.extend(multipart_signed(entity, cms, &boundary, "application/x-pkcs7-signature", hash));
        out
    }

    /// `smime-type=signed-data`: the content inside the CMS.
    pub fn opaque(&self, sign: Signing) -> Vec<u8> {
        let cms = sign(&self.entity(), true);
        self.pkcs7_mime("signed-data", &cms)
    }

    pub fn pkcs7_mime(&self, kind: &str, cms: &[u8]) -> Vec<u8> {
        let mut out = self.headers();
        out += &format!("Content-Type: application/pkcs7-mime; smime-type={kind}; name=\"smime.p7m\"\r\n");
        out += "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n";
        out += &base64_lines(cms, "\r\n");
        out.into_bytes()
    }

    pub fn unsigned(&self) -> Vec<u8> {
        [self.headers().into_bytes(), self.entity()].concat()
    }
}

/// How the envelope carries the original.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    Rfc822,
    /// application/octet-stream, base64, name ending in .eml.
    OctetStream,
}

/// The provider's envelope: a dispatch when it carries an original, an evidence mail when not.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub provider_name: String,
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub message_id: String,
    pub date: Timestamp,
    pub introduction: String,
    /// File name and XML.
    pub evidence: Vec<(String, Vec<u8>)>,
    pub original: Option<(Vec<u8>, Carried)>,
    /// X-REM-* headers of ETSI.
    pub etsi_headers: bool,
}

impl Envelope {
    fn headers(&self) -> String {
        let mut out = format!(
            "From: {} <{}>\r\nTo: {}\r\n",
            word(&self.provider_name),
            self.from,
            self.to.join(", ")
        );
        out += &format!(
            "Subject: {}\r\nMessage-ID: {}\r\nDate: {}\r\n",
            word(&self.subject),
            self.message_id,
            rfc5322_date(self.date)
        );
        if self.etsi_headers {
            let kind = if self.original.is_some() { "Dispatch" } else { "Message" };
            out += &format!("X-REM-Msg-Type: {kind}\r\nX-REM-Message-Identifier: {}\r\n", self.message_id);
            if let Some((name, _)) = self.evidence.last() {
                out += &format!("X-REM-Evidence-Type: {}\r\n", name.trim_end_matches(".xml"));
            }
        }
        out + "MIME-Version: 1.0\r\n"
    }

    pub fn entity(&self) -> Vec<u8> {
        let id = &hex::encode(Hash::Sha256.of(self.message_id.as_bytes()))[..16];
        let (mixed, alternative) = (format!("----=_KEP_{id}"), format!("----=_Alt_{id}"));
        let mut out = format!("Content-Type: multipart/mixed;\r\n boundary=\"{mixed}\"\r\n\r\n--{mixed}\r\n");
        out += &format!("Content-Type: multipart/alternative;\r\n boundary=\"{alternative}\"\r\n\r\n--{alternative}\r\n");
        out += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
        out += &quoted_printable(&self.introduction);
        out += &format!(
            "\r\n--{alternative}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        );
        out += &quoted_printable(&format!(
            "<html><body><p>{}</p></body></html>\n",
            super::eyp::escape(&self.introduction)
        ));
        out += &format!("\r\n--{alternative}--\r\n");
        for (name, xml) in &self.evidence {
            let section = if self.etsi_headers {
                "X-REM-Section-Type: rem_message/evidence\r\n"
            } else {
                ""
            };
            out += &format!(
                "\r\n--{mixed}\r\n{section}{}",
                attachment(name, &File::new(name, "application/xml", xml.clone()))
            );
        }
        let mut out = out.into_bytes();
        match &self.original {
            Some((message, Carried::Rfc822)) => {
                out.extend(format!("\r\n--{mixed}\r\nContent-Type: message/rfc822; name=\"AttachedMimeMessage.eml\"\r\nContent-Disposition: attachment; filename=\"AttachedMimeMessage.eml\"\r\n\r\n").bytes());
                out.extend(message);
            }
            Some((message, Carried::OctetStream)) => {
                let file = File::new("ileti.eml", "application/octet-stream", message.clone());
                out.extend(format!("\r\n--{mixed}\r\n{}", attachment("ileti.eml", &file)).bytes());
            }
            None => {}
        }
        out.extend(format!("\r\n--{mixed}--\r\n").bytes());
        out
    }

    pub fn signed(&self, sign: Signing, hash: Hash) -> Vec<u8> {
        let entity = self.entity();
        let boundary = format!("----=_Zarf_{}", &hex::encode(Hash::Sha256.of(self.message_id.as_bytes()))[16..32]);
        let mut out = self.headers().into_bytes();
        out.extend(multipart_signed(
            &entity,
            &sign(&entity, false),
            &boundary,
            "application/pkcs7-signature",
            hash,
        ));
        out
    }

    pub fn opaque(&self, sign: Signing) -> Vec<u8> {
        let mut out = self.headers();
        out +=
            "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        out += &base64_lines(&sign(&self.entity(), true), "\r\n");
        out.into_bytes()
    }

    pub fn unsigned(&self) -> Vec<u8> {
        [self.headers().into_bytes(), self.entity()].concat()
    }
}

/// The entity ends with CRLF; the CRLF before the delimiter is the delimiter's (RFC 2046 5.1.1), which shows as one empty line.
pub fn multipart_signed(entity: &[u8], cms: &[u8], boundary: &str, protocol: &str, hash: Hash) -> Vec<u8> {
    let micalg = hash.micalg();
    let mut out = format!(
        "Content-Type: multipart/signed; protocol=\"{protocol}\"; micalg={micalg};\r\n boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
    )
    .into_bytes();
    out.extend(entity);
    out.extend(
        format!(
            "\r\n--{boundary}\r\nContent-Type: {protocol}; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n{}\r\n--{boundary}--\r\n",
            base64_lines(cms, "\r\n")
        )
        .bytes(),
    );
    out
}

fn attachment(shown_name: &str, file: &File) -> String {
    format!(
        "Content-Type: {}; name=\"{shown_name}\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{shown_name}\"\r\n\r\n{}",
        file.mime,
        base64_lines(&file.bytes, "\r\n")
    )
}

pub fn base64_lines(bytes: &[u8], end: &str) -> String {
    let encoded = BASE64.encode(bytes);
    let mut out = String::with_capacity(encoded.len() + encoded.len() / 38);
    for line in encoded.as_bytes().chunks(76) {
        out.push_str(std::str::from_utf8(line).unwrap());
        out.push_str(end);
    }
    out
}

/// RFC 2047 encoded words of at most 75 characters, or the text itself when it is plain.
pub fn word(text: &str) -> String {
    if text.is_ascii() {
        return text.into();
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words[words.len() - 1].len() + c.len_utf8() > 42 {
            words.push(String::new());
        }
        words.last_mut().unwrap().push(c);
    }
    words
        .iter()
        .map(|w| format!("=?utf-8?B?{}?=", BASE64.encode(w)))
        .collect::<Vec<_>>()
        .join("\r\n ")
}

pub fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut width = 0;
        for byte in line.bytes() {
            let token = match byte {
                b'=' => "=3D".into(),
                b' '..=b'~' => char::from(byte).to_string(),
                other => format!("={other:02X}"),
            };
            if width + token.len() > 72 {
                out += "=\r\n";
                width = 0;
            }
            width += token.len();
            out += &token;
        }
        if out.ends_with(' ') {
            out.pop();
            out += "=20";
        }
        out += "\r\n";
    }
    out
}

/// `Mon, 09 Nov 2026 10:15:00 +0300`.
pub fn rfc5322_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::get("Europe/Istanbul").unwrap())
        .strftime("%a, %d %b %Y %H:%M:%S %z")
        .to_string()
}
