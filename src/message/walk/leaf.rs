//! What one leaf is, told from its bytes first, and what can be opened of it.

use bytes::Bytes;

use super::{Spot, Task, Walk, is_signature};
use crate::message::codes;
use crate::message::fields::{self, MimeFields, clean, is_tampered};
use crate::message::opaque::{self, Cms};
use crate::message::prescan::place;
use crate::message::sniff::{self, Content};
use crate::message::{Part, PartRole, SignedLayer};
use crate::opener::Inside;
use crate::text::safe_file_name;

/// Characters of an original file name that are kept.
const NAME_CHARS: usize = 1_024;

impl Walk<'_> {
    /// Decides what a decoded leaf is, from its bytes first, and opens what can be opened.
    pub(super) fn leaf(&mut self, at: &Spot, bytes: Bytes, mime: &MimeFields) {
        let name = mime.name.as_deref().unwrap_or_default();
        let declared = mime.content_type.as_str();
        let untyped = matches!(declared, "application/octet-stream" | "text/plain");
        if is_message(&bytes, mime, untyped) {
            return self.carried_message(at, bytes, mime);
        }
        if declared == "message/external-body" {
            self.find(codes::EXTERNAL_BODY, at);
        }
        if is_signature(mime) {
            self.find(codes::STRAY_SIGNATURE, at);
            return self.push(at, PartRole::Signature, bytes, mime);
        }
        let content = sniff::content(&bytes);
        if is_pkcs7_mime(mime) || (content == Content::Cms && (untyped || at.top)) {
            return self.cms(at, bytes, mime);
        }
        match content {
            Content::Package if !sniff::has_package_suffix(name) => {
                self.find(codes::PACKAGE_BY_CONTENT, at);
                self.push(at, PartRole::Package, bytes, mime);
            }
            _ if sniff::has_package_suffix(name) || content == Content::Package || declared == "application/eyazisma" => {
                self.push(at, PartRole::Package, bytes, mime);
            }
            Content::RemExtensions => self.push(at, PartRole::RemExtensions, bytes, mime),
            _ if name.eq_ignore_ascii_case("REMExtensions.xml") => self.push(at, PartRole::RemExtensions, bytes, mime),
            Content::Evidence if self.level(at.layer) == 0 => self.push(at, PartRole::Evidence, bytes, mime),
            Content::Evidence => {
                self.find(codes::CARRIED_EVIDENCE, at);
                self.push(at, PartRole::Attachment, bytes, mime);
            }
            _ if matches!(declared, "text/plain" | "text/html") && !mime.attachment && name.is_empty() => self.body(at, bytes, mime),
            _ => self.push(at, PartRole::Attachment, bytes, mime),
        }
    }

    /// A text that is shown: its bytes become UTF-8, so that nobody behind needs the charset.
    fn body(&mut self, at: &Spot, bytes: Bytes, mime: &MimeFields) {
        if bytes.contains(&0) {
            self.find(codes::NUL_BYTE, at);
        }
        let charset = mime.charset.as_deref();
        let plain = charset.is_none_or(|charset| matches!(charset.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii"));
        if plain && str::from_utf8(&bytes).is_ok() {
            return self.push(at, PartRole::Body, bytes, mime);
        }
        // The longest character of the single-byte sets takes three bytes in UTF-8.
        if !self.budget.take(bytes.len().saturating_mul(3)) {
            self.find(codes::DECODED_TOO_LARGE, at);
            return self.push(at, PartRole::Body, bytes, mime);
        }
        let text = fields::charset_text(&bytes, charset);
        if text.is_err() {
            self.find(codes::UNKNOWN_CHARSET, at);
        }
        let (Ok(text) | Err(text)) = text;
        self.push(at, PartRole::Body, text.into(), mime);
    }

    /// `message/rfc822`, or a file that is one: a layer of its own, one level further in.
    fn carried_message(&mut self, at: &Spot, bytes: Bytes, mime: &MimeFields) {
        self.push(at, PartRole::Message, bytes.clone(), mime);
        self.found.carried.get_or_insert_with(|| bytes.clone());
        if let Some(layer) = self.deeper_layer(at) {
            self.queue.push_back(Task {
                bytes,
                layer,
                prefix: String::new(),
                depth: at.depth + 1,
                signed: false,
                top: true,
                whole: true,
                has_headers: true,
            });
        }
    }

    fn cms(&mut self, at: &Spot, bytes: Bytes, mime: &MimeFields) {
        match opaque::open(&bytes, self.limits.cms_depth, &mut self.budget) {
            Some(Cms::Opaque(content)) if at.top => self.opaque_layer(at, bytes, content, mime),
            Some(Cms::Opaque(content)) if sniff::is_mime_message(&content) => self.opaque_message(at, bytes, content, mime),
            Some(Cms::Opaque(_) | Cms::Other) => self.push(at, PartRole::Attachment, bytes, mime),
            Some(Cms::Detached) => {
                self.find(codes::STRAY_SIGNATURE, at);
                self.push(at, PartRole::Signature, bytes, mime);
            }
            Some(Cms::Encrypted) => self.encrypted(at, bytes, mime),
            Some(Cms::TooLarge) => {
                self.find(codes::DECODED_TOO_LARGE, at);
                self.push(at, PartRole::Attachment, bytes, mime);
            }
            None => {
                self.find(codes::CMS_UNREADABLE, at);
                self.push(at, PartRole::Attachment, bytes, mime);
            }
        }
    }

    /// Asks whoever holds keys, and goes on with what is inside. Where nobody can open it, it stays a part with its bytes.
    fn encrypted(&mut self, at: &Spot, cms: Bytes, mime: &MimeFields) {
        let here = place(&self.label(at.layer), &at.path);
        let answer = self.opener.open(&cms, Inside::Mail, &here);
        self.found.findings.extend(answer.findings);
        let opened = answer.plaintext.filter(|plaintext| {
            let fits = self.budget.take(plaintext.len());
            if !fits {
                self.found.findings.push(codes::DECODED_TOO_LARGE.at(&here));
            }
            fits
        });
        if let Some(layer) = self.found.layers.get_mut(at.layer) {
            layer.encrypted |= at.whole;
            layer.opened |= opened.is_some();
            layer.closed |= at.whole && opened.is_none();
        }
        match opened {
            Some(content) => self.opened(at, cms, content, mime),
            None => {
                self.find(codes::ENCRYPTED, at);
                self.push(at, PartRole::Attachment, cms, mime);
            }
        }
    }

    /// What was encrypted: the layer goes on inside, or it is a file like others. A signature around the ciphertext covers the ciphertext; its
    /// signer need not have known what is in it (RFC 2634 1.1, surreptitious forwarding), so nothing inside counts as signed by it.
    fn opened(&mut self, at: &Spot, cms: Bytes, content: Bytes, mime: &MimeFields) {
        if at.signed {
            self.find(codes::SIGNED_CIPHERTEXT, at);
            let level = self.level(at.layer);
            let around = self.found.signed_layers.iter_mut().filter(|signed| signed.level == level);
            around.for_each(|signed| signed.covers_whole_layer = false);
        }
        self.push(at, PartRole::Message, cms, mime);
        if at.depth + 1 >= self.limits.nesting {
            return self.find(codes::TOO_DEEP, at);
        }
        let inside = format!("{}/", at.path);
        if sniff::is_mime_message(&content) {
            return self.queue.push_back(Task {
                bytes: content,
                layer: at.layer,
                prefix: inside,
                depth: at.depth + 1,
                signed: false,
                top: at.top,
                whole: at.whole,
                has_headers: false,
            });
        }
        let spot = Spot {
            layer: at.layer,
            path: inside + "1",
            depth: at.depth + 1,
            signed: false,
            top: at.top && sniff::content(&content) == Content::Cms,
            whole: at.whole && sniff::content(&content) == Content::Cms,
        };
        // Of a MIME entity without any header, and of a file.
        let text = !content.is_empty() && sniff::content(&content) == Content::Other && str::from_utf8(&content).is_ok();
        let mime = MimeFields {
            content_type: if text { "text/plain" } else { "application/octet-stream" }.into(),
            ..MimeFields::default()
        };
        self.leaf(&spot, content, &mime);
    }

    /// An opaque signature around the whole layer: the layer goes on inside of it.
    fn opaque_layer(&mut self, at: &Spot, cms: Bytes, content: Bytes, mime: &MimeFields) {
        self.found.signed_layers.push(SignedLayer {
            level: self.level(at.layer),
            place: place(&self.label(at.layer), &at.path),
            cms: cms.clone(),
            detached: None,
            covers_whole_layer: true,
        });
        self.push(at, PartRole::Signature, cms, mime);
        let inside = format!("{}/", at.path);
        if sniff::is_mime_message(&content) {
            if at.depth + 1 >= self.limits.nesting {
                return self.find(codes::TOO_DEEP, at);
            }
            return self.queue.push_back(Task {
                bytes: content,
                layer: at.layer,
                prefix: inside,
                depth: at.depth + 1,
                signed: true,
                top: true,
                whole: true,
                has_headers: false,
            });
        }
        let spot = Spot {
            layer: at.layer,
            path: inside + "1",
            depth: at.depth + 1,
            signed: true,
            top: false,
            whole: true,
        };
        let mime = MimeFields {
            content_type: "application/octet-stream".into(),
            ..MimeFields::default()
        };
        self.leaf(&spot, content, &mime);
    }

    /// A `.p7m` beside other parts that holds a message: the sender's layer, signed opaquely.
    fn opaque_message(&mut self, at: &Spot, cms: Bytes, content: Bytes, mime: &MimeFields) {
        self.push(at, PartRole::Message, cms.clone(), mime);
        self.found.carried.get_or_insert_with(|| cms.clone());
        let Some(layer) = self.deeper_layer(at) else { return };
        self.found.signed_layers.push(SignedLayer {
            level: self.level(layer),
            place: self.label(layer),
            cms,
            detached: None,
            covers_whole_layer: true,
        });
        self.queue.push_back(Task {
            bytes: content,
            layer,
            prefix: String::new(),
            depth: at.depth + 1,
            signed: true,
            top: true,
            whole: true,
            has_headers: true,
        });
    }

    pub(super) fn push(&mut self, at: &Spot, role: PartRole, bytes: Bytes, mime: &MimeFields) {
        let original_name = mime.name.as_deref().map(|name| name.chars().take(NAME_CHARS).collect::<String>());
        let name = original_name.as_deref().map(|original| {
            let name = safe_file_name(&clean(original), &format!("ek-{}", at.path.replace('/', "-")));
            if is_tampered(original) || !original.ends_with(name.as_str()) {
                self.find(codes::NAME_CHANGED, at);
            }
            name
        });
        self.found.parts.push(Part {
            place: place(&self.label(at.layer), &at.path),
            level: self.level(at.layer),
            role,
            content_type: mime.content_type.clone(),
            name,
            original_name,
            signed: at.signed,
            bytes,
        });
    }
}

fn is_pkcs7_mime(mime: &MimeFields) -> bool {
    let named = || mime.name.as_deref().is_some_and(|name| sniff::has_suffix(name, ".p7m"));
    match mime.content_type.as_str() {
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => true,
        "application/octet-stream" => named(),
        _ => false,
    }
}

/// A message inside: by type, by name, or plain bytes that begin like one.
fn is_message(bytes: &[u8], mime: &MimeFields, untyped: bool) -> bool {
    let named = || {
        mime.name
            .as_deref()
            .is_some_and(|name| [".eml", ".mht"].iter().any(|suffix| sniff::has_suffix(name, suffix)))
    };
    match mime.content_type.as_str() {
        "message/rfc822" | "message/global" => true,
        _ if untyped && sniff::is_mime_message(bytes) => true,
        _ => named() && sniff::is_mail(bytes),
    }
}
