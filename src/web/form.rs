//! Forms as browsers send them: `application/x-www-form-urlencoded`.

/// Fields of one form; more is no form of ours.
const FIELDS: usize = 200;

/// The fields of a form, in its order.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads what it can; what is no field is left out.
    pub fn read(body: &[u8]) -> Self {
        let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty()).take(FIELDS);
        Self(
            fields
                .map(|field| {
                    let mut halves = field.splitn(2, |byte| *byte == b'=');
                    let mut half = || decoded(halves.next().unwrap_or_default());
                    (half(), half())
                })
                .collect(),
        )
    }

    /// The value of a field; empty where it is not there.
    pub fn get(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map_or("", |(_, value)| value.as_str())
    }

    /// The names of all fields, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

fn decoded(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => plain.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                match (hex(ahead.next()), hex(ahead.next())) {
                    (Some(high), Some(low)) => {
                        plain.extend(u8::try_from(high * 16 + low));
                        rest = ahead;
                    }
                    _ => plain.push(b'%'),
                }
            }
            other => plain.push(other),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// A value as a part of a query.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut said = String::with_capacity(text.len());
    for byte in text.bytes() {
        match plain(byte) {
            true => said.push(char::from(byte)),
            false => said.push_str(&format!("%{byte:02X}")),
        }
    }
    said
}

/// Where to go after the sign-in: a path of this page and nothing else (ASVS 5.1.5). `//host`, `/\host`, what holds control characters and
/// everything longer than a link of ours lead to the first page.
pub fn safe_next(next: &str) -> &str {
    const LONGEST: usize = 2_000;
    let mut after = next.chars();
    let begins = after.next() == Some('/') && !matches!(after.next(), Some('/' | '\\'));
    let harmless = next.len() <= LONGEST && next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    match begins && harmless && !next.starts_with("/login") && !next.starts_with("/logout") {
        true => next,
        false => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form = Form::read("a=1&b=%C4%B0+%26%3D&a=2&c&=x&d=%zz%4&e=".as_bytes());
        assert_eq!((form.get("a"), form.get("b"), form.get("c"), form.get("e")), ("1", "İ &=", "", ""));
        assert_eq!(form.get("d"), "%zz%4");
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn v5_1_5_next_leads_nowhere_else() {
        for fine in ["/", "/documents/2026/1?a=b&c=%2F", "/people"] {
            assert_eq!(safe_next(fine), fine);
        }
        for other in [
            "",
            "documents",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            " /x",
            "/login",
            "/logout",
            "/ş",
        ] {
            assert_eq!(safe_next(other), "/", "{other:?}");
        }
    }
}
