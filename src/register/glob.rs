//! `*` and `?` over addresses and names, without regard to case or Turkish marks.

/// True when the whole of `text` fits `pattern`; both must be folded already. Takes time in the product of the lengths at worst:
/// a hostile address cannot make it explode.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when the last star has to swallow one character more.
    let mut retry: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after_star, swallowed)) => {
                    retry = Some((after_star, swallowed + 1));
                    p = after_star;
                    t = swallowed + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_cover_the_whole_text() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*@icisleri.hs01.kep.tr", "a@icisleri.hs01.kep.tr", true),
            ("*@icisleri.hs01.kep.tr", "a@icisleri.hs01.kep.tr.example", false),
            ("*@*.hs0?.kep.tr", "x@kurum.hs03.kep.tr", true),
            ("*@*.hs0?.kep.tr", "x@hs03.kep.tr", false),
            ("a*b*c", "abbbcbc", true),
            ("a*b*c", "abbbcb", false),
            ("", "a", false),
            ("", "", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_on_a_long_text_end_at_once() {
        assert!(!matches(
            &"a*".repeat(50),
            &("a".repeat(5_000) + "b")[..].replace("ab", "b").repeat(2).replace('a', "c")
        ));
        assert!(!matches(&("*a".repeat(30) + "x"), &"a".repeat(5_000)));
    }
}
