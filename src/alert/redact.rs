//! What another program said, made fit for a log and the journal: no secret, no address, no number.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;

/// Long enough for the reason, too short for a page of HTML.
const KEPT_CHARS: usize = 120;

/// Digits in a row that may be a telephone or identity number; reply and error codes are shorter.
const NUMBER_DIGITS: usize = 7;

/// A short, single-line form of a foreign text. Words with an `@` or a long number become `…`, and so does every spelling of a secret.
pub(super) fn redact(text: &str, secrets: &[&Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(|secret| secret.reveal()).filter(|secret| !secret.is_empty()) {
        for spelling in [
            secret.to_owned(),
            percent(secret),
            STANDARD.encode(secret),
            xml(secret),
            json(secret),
        ] {
            text = text.replace(&spelling, "…");
        }
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let words: Vec<&str> = words.into_iter().map(|word| if is_personal(word) { "…" } else { word }).collect();
    words.join(" ").chars().take(KEPT_CHARS).collect()
}

fn is_personal(word: &str) -> bool {
    let mut run = 0;
    word.contains('@')
        || word.contains("://")
        || word.chars().any(|c| {
            run = if c.is_ascii_digit() { run + 1 } else { 0 };
            run >= NUMBER_DIGITS
        })
}

fn percent(text: &str) -> String {
    super::sms::template::percent_encode(text.as_bytes())
}

fn xml(text: &str) -> String {
    super::sms::template::xml_escape(text)
}

fn json(text: &str) -> String {
    super::sms::template::json_escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_secret_no_address_and_no_number_survives() {
        let secret = Secret::new("p&ss \"word\"");
        let said = "login p&ss \"word\" p%26ss%20%22word%22 cCZzcyAid29yZCI= p&amp;ss &quot;word&quot; for ali@kurum.example or 5320000001\r\ncode 451";
        assert_eq!(redact(said, &[&secret]), "login … … … … for … or … code 451");
    }
}
