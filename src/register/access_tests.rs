use super::*;

#[test]
fn both_code_lists_and_the_words_have_their_level() {
    for (code, level) in [
        ("TSD", 0),
        ("YOK", 0),
        ("Tasnif Dışı", 0),
        ("TASNİF DIŞI", 0),
        ("HZO", 1),
        ("hzo", 1),
        ("Hizmete Özel", 1),
        ("OZL", 2),
        ("KSO", 2),
        ("Özel", 2),
        ("ÖZEL", 2),
        ("Kişiye Özel", 2),
        ("GZL", 3),
        ("GİZLİ", 3),
        ("Gizli", 3),
        ("CGZ", 4),
        (" Çok Gizli ", 4),
        ("çok-gizli", 4),
    ] {
        assert_eq!(access_level(Some(code)), (level, None), "{code}");
    }
}

#[test]
fn a_code_that_nobody_knows_gets_the_highest_level_and_is_said() {
    for code in ["NON", "GZLI", "0", "X\u{202e}"] {
        let (level, finding) = access_level(Some(code));
        assert_eq!((level, finding.map(|finding| finding.rule)), (4, Some("KEP-5020".into())), "{code}");
    }
}

#[test]
fn a_missing_code_gets_the_highest_level() {
    for code in [None, Some(""), Some("  ")] {
        let (level, finding) = access_level(code);
        assert_eq!((level, finding.map(|finding| finding.rule)), (4, Some("KEP-5021".into())));
    }
}
