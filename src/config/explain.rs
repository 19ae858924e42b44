//! Turns a parser's complaint into a sentence that an administrator can act on.

/// How alike two keys must be (Jaro-Winkler, 0 to 1) for one to be offered in place of the other.
const ALIKE: f64 = 0.75;

/// Words that name a secret. Secrets have no place in this file.
const SECRET_WORDS: [&str; 4] = ["password", "parola", "sifre", "secret"];

pub fn explain(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
    let place = line.map(|line| format!("satır / line {line}: ")).unwrap_or_default();
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => format!("{place}{}", unknown_key(unknown, known)),
        _ => format!("{place}{message}"),
    }
}

fn unknown_key(unknown: &str, known: &[&str]) -> String {
    if SECRET_WORDS.contains(&unknown) {
        return format!(
            "'{unknown}' bu dosyaya yazılmaz; sırrı ayrı bir dosyaya koyup adını '{unknown}_file' ile verin / secrets do not belong in this file; put it into a file of its own and name that with '{unknown}_file'"
        );
    }
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(unknown, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match nearest {
        Some((_, nearest)) => {
            format!("'{unknown}' diye bir anahtar yok; '{nearest}' mi demek istediniz? / there is no key '{unknown}'; did you mean '{nearest}'?")
        }
        None => format!("'{unknown}' diye bir anahtar yok; olanlar / there is no key '{unknown}'; there are: {}", known.join(", ")),
    }
}
