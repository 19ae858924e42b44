//! Turns a parser's complaint into a sentence that an administrator can act on.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::mailbox::config::MailboxConfig;
use crate::text::{Text, fold};

/// How alike two keys must be (Jaro-Winkler, 0 to 1) for one to be offered in place of the other.
const ALIKE: f64 = 0.75;

/// Words that name a secret. Secrets have no place in this file.
const SECRET_WORDS: [&str; 9] = ["password", "passwd", "parola", "sifre", "secret", "token", "pin", "tcno", "api_key"];

/// What is wrong, with the line where it stands.
pub fn explain(error: &Error, text: &str) -> Text {
    match in_mailbox(text) {
        Some((place, error)) => at(place, text, sentence(&error)),
        None => match error.span() {
            Some(span) => at(span.start, text, sentence(error)),
            None => sentence(error),
        },
    }
}

fn at(place: usize, text: &str, sentence: Text) -> Text {
    let line = 1 + text.get(..place).unwrap_or_default().matches('\n').count();
    Text::new(format!("satır {line}: {}", sentence.tr), format!("line {line}: {}", sentence.en))
}

/// The first `[[mailbox]]` that cannot be read. Which keys it may have is known only after its `kind`, so it is read whole first and
/// the parser no longer knows the line: it is looked up here.
fn in_mailbox(text: &str) -> Option<(usize, Error)> {
    let file = DeTable::parse(text).ok()?;
    let mailboxes = file.get_ref().get("mailbox")?.get_ref().as_array()?;
    mailboxes.iter().find_map(|mailbox| {
        let error = MailboxConfig::deserialize(mailbox.clone().into_deserializer()).err()?;
        let key = quoted(error.message()).first().and_then(|name| place_of(mailbox.get_ref(), name));
        let place = key.or_else(|| place_of_culprit(mailbox, &error)).unwrap_or(mailbox.span().start);
        Some((place, error))
    })
}

/// Where the key stands without which the complaint would be another one, or none. Without `kind` it always is: that comes last.
fn place_of_culprit(mailbox: &Spanned<DeValue<'_>>, error: &Error) -> Option<usize> {
    let (kind, keys): (Vec<_>, Vec<_>) = mailbox.get_ref().as_table()?.keys().partition(|key| key.get_ref() == "kind");
    keys.into_iter()
        .chain(kind)
        .filter(|_| !error.message().starts_with("missing field"))
        .find(|key| {
            let mut rest = mailbox.clone();
            if let DeValue::Table(table) = rest.get_mut() {
                *table = table
                    .iter()
                    .filter(|(other, _)| other.get_ref() != key.get_ref())
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
            }
            let complaint = MailboxConfig::deserialize(rest.into_deserializer()).err();
            complaint.is_none_or(|other| other.message() != error.message())
        })
        .map(|key| key.span().start)
}

/// Where a key or a value with this text stands in a table, or in the tables inside it.
fn place_of(value: &DeValue<'_>, name: &str) -> Option<usize> {
    if let Some(list) = value.as_array() {
        return list.iter().find_map(|one| place_of(one.get_ref(), name));
    }
    let table = value.as_table()?;
    let here = table
        .iter()
        .find(|(key, value)| key.get_ref() == name || value.get_ref().as_str() == Some(name));
    match here {
        Some((key, _)) => Some(key.span().start),
        None => table.iter().find_map(|(_, inner)| place_of(inner.get_ref(), name)),
    }
}

/// The names in a message of serde's: first the one that is wrong, then those that may be.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn sentence(error: &Error) -> Text {
    let message = error.message();
    match (quoted(message).split_first(), message.split(' ').next()) {
        (Some((key, known)), _) if message.starts_with("unknown field") => unknown_key(key, known),
        (Some((value, known)), _) if message.starts_with("unknown variant") => unknown_value(value, known),
        (Some((key, _)), _) if message.starts_with("missing field") => Text::new(
            format!("burada '{key}' zorunludur; ekleyin"),
            format!("'{key}' is required here; add it"),
        ),
        (_, Some(value)) if message.contains("is not a duration") => Text::new(
            format!("{value} bir süre değil; tam sayı ve birim yazın: 250ms, 30s, 5m, 12h, 1d"),
            message,
        ),
        _ => unfit(message).unwrap_or_else(|| {
            Text::new(
                format!("okunamadı; ayrıştırıcının dediği: {message}"),
                format!("cannot be read; the parser says: {message}"),
            )
        }),
    }
}

/// A value of the wrong type, as serde says it: `invalid type: string "abc", expected u16`.
fn unfit(message: &str) -> Option<Text> {
    let said = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))?;
    let (given, expected) = said.rsplit_once(", expected ")?;
    let given = match (given.split_once('"'), given.split_once('`')) {
        (Some((_, text)), _) => format!("'{}'", text.trim_end_matches('"')),
        (None, Some((_, plain))) => plain.trim_end_matches('`').to_owned(),
        (None, None) if given == "map" => "{ … }".to_owned(),
        (None, None) if given == "sequence" => "[ … ]".to_owned(),
        (None, None) => given.to_owned(),
    };
    let (tr, en) = match expected {
        "u8" => ("0 ile 255 arasında bir tam sayı", "a whole number from 0 to 255"),
        "u16" => ("0 ile 65535 arasında bir tam sayı", "a whole number from 0 to 65535"),
        "u32" | "u64" | "usize" => ("0 ya da daha büyük bir tam sayı", "a whole number, 0 or more"),
        "i8" | "i16" | "i32" | "i64" => ("bir tam sayı", "a whole number"),
        "f32" | "f64" => ("bir sayı", "a number"),
        "a boolean" => ("true ya da false", "true or false"),
        "a string" | "path string" | "a formatted string" | "string" => ("tırnak içinde bir metin", "a text in quotes"),
        "a sequence" => (
            "köşeli ayraç içinde bir liste, [\"…\", \"…\"] gibi",
            "a list in brackets, as [\"…\", \"…\"]",
        ),
        "a map" => ("bir tablo", "a table"),
        table if table.starts_with("struct ") => ("bir tablo", "a table"),
        _ => return None,
    };
    Some(Text::new(
        format!("{given} burada olamaz; beklenen: {tr}"),
        format!("{given} cannot stand here; expected is {en}"),
    ))
}

fn unknown_key(key: &str, known: &[&str]) -> Text {
    if names_a_secret(key) {
        return no_secrets_here(key, known);
    }
    match nearest(key, known) {
        Some(nearest) => Text::new(
            format!("'{key}' diye bir anahtar yok; '{nearest}' mi demek istediniz?"),
            format!("there is no key '{key}'; did you mean '{nearest}'?"),
        ),
        None => Text::new(
            format!("'{key}' diye bir anahtar yok; olanlar: {}", known.join(", ")),
            format!("there is no key '{key}'; there are: {}", known.join(", ")),
        ),
    }
}

fn unknown_value(value: &str, known: &[&str]) -> Text {
    let offer = nearest(value, known).map(|nearest| (format!(" '{nearest}' mi demek istediniz?"), format!(" did you mean '{nearest}'?")));
    let (tr, en) = offer.unwrap_or_default();
    Text::new(
        format!("'{value}' burada olamaz; olabilecekler: {}.{tr}", known.join(", ")),
        format!("'{value}' cannot stand here; possible are: {}.{en}", known.join(", ")),
    )
}

/// Whether a key's name says that its value is a secret.
pub fn names_a_secret(key: &str) -> bool {
    let key = fold(key);
    !key.ends_with("_file") && SECRET_WORDS.iter().any(|word| key == *word || key.ends_with(&format!("_{word}")))
}

fn no_secrets_here(key: &str, known: &[&str]) -> Text {
    let own = format!("{key}_file");
    let file = known
        .iter()
        .find(|known| **known == own)
        .or_else(|| known.iter().find(|known| names_a_secret(known.trim_end_matches("_file"))));
    match file {
        Some(file) => Text::new(
            format!("'{key}' bu dosyaya yazılmaz; sırrı ayrı bir dosyaya koyup dosyanın adını '{file}' ile verin"),
            format!("'{key}': secrets do not belong in this file; put it into a file of its own and name that with '{file}'"),
        ),
        None => Text::new(
            format!("'{key}' bu dosyaya yazılmaz; sırlar ayrı dosyalarda durur ve *_file anahtarlarıyla gösterilir"),
            format!("'{key}': secrets do not belong in this file; they stand in files of their own, named by *_file keys"),
        ),
    }
}

fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong = fold(wrong);
    known
        .iter()
        .map(|candidate| (likeness(&wrong, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, nearest)| nearest)
}

/// Of short words one slip is a large part: a letter wrong, missing, too many or swapped with its neighbour counts as near.
fn likeness(wrong: &str, candidate: &str) -> f64 {
    match strsim::osa_distance(wrong, candidate) {
        0 | 1 => 1.0,
        _ => strsim::jaro_winkler(wrong, candidate),
    }
}
