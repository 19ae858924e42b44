//! What a gateway's answer means.

use serde_json::Value;

use super::provider::{ErrorAction, ErrorMeaning, Extract, Provider, Success};
use crate::alert::deliver::{DeliveryError, FailureClass, Receipt};
use crate::alert::http::{Answer, class_of};
use crate::alert::job::Channel;
use crate::alert::redact::redact;
use crate::secret::Secret;

/// A gateway's own number of a message is shorter; more would be something else.
const ID_CHARS: usize = 60;

/// An error code is short; a longer text is an explanation and goes through the redaction.
const CODE_CHARS: usize = 12;

/// The receipt, or why the gateway did not take the message.
pub(super) fn read(provider: &Provider, answer: &Answer, secrets: &[&Secret]) -> Result<Receipt, DeliveryError> {
    let json: Option<Value> = serde_json::from_str(&answer.body).ok();
    if holds(&provider.success, answer, json.as_ref()) {
        let id = extract(&provider.id, &answer.body, json.as_ref()).unwrap_or_default();
        let id: String = id.chars().filter(|c| c.is_ascii_graphic()).take(ID_CHARS).collect();
        return Ok(Receipt(if id.is_empty() {
            format!("HTTP {}", answer.status.as_u16())
        } else {
            id
        }));
    }
    let code = extract(&provider.error, &answer.body, json.as_ref()).unwrap_or_default();
    let (class, problem) = match provider.errors.get(code.trim()) {
        Some(meaning) => (class(meaning), format!("{}: {}", code.trim(), meaning.text().en)),
        None => (unknown_class(answer), redact(&unknown(answer, &code), secrets)),
    };
    Err(DeliveryError::new(
        Channel::Sms,
        class,
        format!("{} HTTP {}: {problem}", provider.title, answer.status.as_u16()),
    ))
}

fn class(meaning: &ErrorMeaning) -> FailureClass {
    match meaning.action {
        ErrorAction::Retry => FailureClass::Transient,
        ErrorAction::Fatal => FailureClass::Permanent,
        ErrorAction::Auth => FailureClass::Authentication,
    }
}

/// An answer with status 200 that says neither success nor a known error may be a maintenance page: it is tried again.
fn unknown_class(answer: &Answer) -> FailureClass {
    if answer.status.is_success() {
        FailureClass::Transient
    } else {
        class_of(answer.status)
    }
}

fn unknown(answer: &Answer, code: &str) -> String {
    let short = !code.trim().is_empty() && code.trim().chars().count() <= CODE_CHARS;
    if short {
        format!("unknown code {}", code.trim())
    } else {
        format!("the gateway said: {}", answer.body)
    }
}

fn holds(success: &Success, answer: &Answer, json: Option<&Value>) -> bool {
    let status = answer.status.as_u16();
    let status_fits = match success.http.as_slice() {
        [] => (200..300).contains(&status),
        codes => codes.contains(&status),
    };
    let value = match success.pointer.as_slice() {
        [] => Some(answer.body.trim().to_owned()),
        pointers => at_pointer(pointers, json),
    };
    let Some(value) = value else { return false };
    let any = |wanted: &[String], fits: &dyn Fn(&str) -> bool| wanted.is_empty() || wanted.iter().any(|one| fits(one));
    status_fits
        && any(&success.equals, &|one| value == one)
        && any(&success.prefix, &|one| value.starts_with(one))
        && any(&success.contains, &|one| value.contains(one))
        && any(&success.line, &|one| value.lines().any(|line| line.trim() == one))
}

fn extract(from: &Extract, body: &str, json: Option<&Value>) -> Option<String> {
    if !from.pointer.is_empty() {
        return at_pointer(&from.pointer, json);
    }
    let (_, rest) = if from.after.is_empty() {
        ("", body.trim())
    } else {
        body.split_once(&from.after)?
    };
    let value = match from.before.as_str() {
        "" => rest.split_whitespace().next(),
        end => rest.split(end).next(),
    };
    value.map(str::to_owned).filter(|value| !value.is_empty())
}

/// Numbers and strings alike as text: gateways are not sure whether their codes are numbers.
fn at_pointer(pointers: &[String], json: Option<&Value>) -> Option<String> {
    let json = json?;
    pointers.iter().find_map(|pointer| match json.pointer(pointer)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Null => None,
        other => Some(other.to_string()),
    })
}

/// The token of a log-in's answer.
pub(super) fn token(pointer: &str, answer: &Answer) -> Option<Secret> {
    let json: Value = serde_json::from_str(&answer.body).ok()?;
    at_pointer(&[pointer.to_owned()], Some(&json))
        .filter(|token| !token.is_empty())
        .map(Secret::new)
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
