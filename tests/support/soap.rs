//! SOAP 1.1 as services write it: envelopes, faults, and what is binary in either style.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BOUNDARY: &str = "MIMEBoundary=_0f1";
const INCLUDE: &str = "<xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:1.a%2Bb%40apache.org\"/>";

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub fn envelope(body: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

pub fn fault(words: &str) -> String {
    envelope(&format!(
        "<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>{}</faultstring></soapenv:Fault>",
        escape(words)
    ))
}

/// Content type and bytes of an answer. `xml`: the document around what is binary, if anything is.
pub fn written(xml: impl Fn(&str) -> String, binary: Option<&[u8]>, mtom: bool) -> (String, Vec<u8>) {
    match (binary, mtom) {
        (binary, false) => {
            let mut encoded = binary.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default();
            if encoded.len() > 76 {
                encoded.insert_str(76, "\r\n");
            }
            ("text/xml; charset=utf-8".to_owned(), xml(&encoded).into_bytes())
        }
        (Some(bytes), true) => parts(&xml(INCLUDE), Some(bytes)),
        (None, true) => parts(&xml(""), None),
    }
}

/// multipart/related, with the document and, where there is one, the part that it refers to.
fn parts(xml: &str, part: Option<&[u8]>) -> (String, Vec<u8>) {
    let content_type = format!(
        "multipart/related; boundary=\"{BOUNDARY}\"; type=\"application/xop+xml\"; start=\"<0.root@apache.org>\"; start-info=\"text/xml\""
    );
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"text/xml\"\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <0.root@apache.org>\r\n\r\n{xml}\r\n"
    )
    .into_bytes();
    if let Some(bytes) = part {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <1.a+b@apache.org>\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (content_type, body)
}
