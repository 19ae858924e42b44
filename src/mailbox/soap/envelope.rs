//! SOAP 1.1 as both sides write it: text is escaped on the way out, the content of the body is taken out of its envelope on the way in.

use super::problem::{KnownCode, Problem, judge};
use super::xml::{Element, malformed};

pub(in crate::mailbox) const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Writes text as the content of an element.
pub(in crate::mailbox) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A bare CR would become LF on the way (XML 1.0 2.11); other control characters have no form in XML 1.0 at all.
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// Holds a structure, words or a number, as the operation has it.
pub(in crate::mailbox) const RETURN: &str = "return";

/// What stands in the place of a secret that came back.
const REDACTED: &str = "***";

/// What is shorter is no secret, and stands in innocent words.
const SHORTEST_SECRET: usize = 4;

/// Takes secrets out of what the server says in words: these go into logs, the record and alarms, and servers do repeat what they were sent.
/// `words` names the elements; identifiers are left as they are.
pub(in crate::mailbox) fn redact(element: &mut Element, words: &[&str], secrets: &[&str]) {
    // A count that holds the digits of a secret by chance. What explains an error is never a count.
    let is_count = element.name == RETURN && element.text.trim().parse::<f64>().is_ok();
    if words.contains(&element.name.as_str()) && !is_count {
        for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET) {
            if element.text.contains(secret) {
                element.text = element.text.replace(secret, REDACTED);
            }
        }
    }
    element.children.iter_mut().for_each(|child| redact(child, words, secrets));
}

/// The one element inside the body of an envelope. A fault is the server's refusal.
pub(in crate::mailbox) fn content(envelope: Element, known: &[KnownCode]) -> Result<Element, Problem> {
    if !envelope.is(ENVELOPE, "Envelope") {
        return Err(malformed("SOAP 1.1 zarfı yok", "no SOAP 1.1 envelope"));
    }
    let body = envelope.children.into_iter().find(|child| child.is(ENVELOPE, "Body"));
    let body = body.ok_or_else(|| malformed("gövdesi olmayan bir zarf", "an envelope without a body"))?;
    let content = body
        .children
        .into_iter()
        .next()
        .ok_or_else(|| malformed("boş bir gövde", "an empty body"))?;
    if content.is(ENVELOPE, "Fault") {
        let words = content.child_value("faultstring").unwrap_or("SOAP fault");
        return Err(judge(-1, Some(words), known)
            .err()
            .unwrap_or_else(|| malformed("bir hata bildirimi (fault)", "a fault")));
    }
    Ok(content)
}
