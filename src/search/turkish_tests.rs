//! What is found by what: pairs of what stands in a document and what somebody types.

use super::fold::words;
use super::stem::stem;
use super::words::{Condition, TEXT_LETTERS, conditions, is_found_by};

/// (in the document, typed)
const FOUND: [(&str, &str); 66] = [
    ("dilekçesinin", "dilekçe"),
    ("dilekçe", "dilekçesinin"),
    ("dilekçeler", "dilekçesi"),
    ("DİLEKÇE", "dilekçe"),
    ("karar", "kararı"),
    ("karar", "kararının"),
    ("kararlarından", "karar"),
    ("kararı", "kararlar"),
    ("kararında", "kararın"),
    ("taahhüt", "taah"),
    ("taahhüdü", "taahhüt"),
    ("taahhüt", "taahhüdün"),
    ("taahhütname", "taahhüt"),
    ("kitap", "kitabı"),
    ("kitabının", "kitap"),
    ("kitaplar", "kitabı"),
    ("talebi", "talep"),
    ("talep", "talebin"),
    ("Müdürlüğü", "müdürlük"),
    ("müdürlük", "müdürlüğünün"),
    ("Başkanlığına", "başkanlık"),
    ("başkanlık", "BAŞKANLIĞI"),
    ("Belediyesi", "belediye"),
    ("belediye", "belediyesinin"),
    ("belediyeler", "belediyenin"),
    ("Iğdır", "ığdır"),
    ("IĞDIR", "iğdir"),
    ("ığdır", "IGDIR"),
    ("İstanbul", "istanbul"),
    ("İSTANBUL", "ıstanbul"),
    ("istanbul", "İstanbul'un"),
    ("Ankara'nın", "ankara"),
    ("TÜBİTAK’ın", "tubitak"),
    ("tübitak", "TÜBİTAK'a"),
    ("çağrı", "cagri"),
    ("ÇAĞRI", "çağrı"),
    ("görüş", "GORUS"),
    ("görüşü", "görüşüne"),
    ("kâğıt", "kağıt"),
    ("kağıdı", "kâğıt"),
    ("resmî", "resmi"),
    ("hükûmet", "hükumet"),
    ("ihale", "ihalesi"),
    ("ihaleye", "ihalenin"),
    ("ihalelerin", "ihale"),
    ("mahkemesinden", "mahkeme"),
    ("mahkeme", "mahkemeye"),
    ("üniversite", "üniversitesi"),
    ("öğrencileri", "öğrenci"),
    ("öğrenci", "öğrencinin"),
    ("yazısı", "yazı"),
    ("yazı", "yazıyı"),
    ("yazılar", "yazının"),
    ("sayısı", "sayıda"),
    ("dava", "davasının"),
    ("davalar", "davanın"),
    ("borcu", "borç"),
    ("borç", "borcun"),
    ("itirazın", "itiraz"),
    ("itiraz", "itiraza"),
    ("adresine", "adres"),
    ("adres", "adresleri"),
    ("sözleşmesi", "sözleşme"),
    ("sözleşme", "sözleşmenin"),
    ("personelin", "personele"),
    ("2026", "202"),
];

const NOT_FOUND: [(&str, &str); 22] = [
    ("kara", "karar"),
    ("karar", "kararname"),
    ("kanal", "kanun"),
    ("kan", "kanun"),
    ("kanun", "kanunsuz"),
    ("dil", "dilekçe"),
    ("dilim", "dilekçe"),
    ("ihlal", "ihale"),
    ("ihale", "ihbar"),
    ("sayılı", "sayısal"),
    ("yaz", "yazı"),
    ("davet", "dava"),
    ("itiraf", "itiraz"),
    ("talip", "talep"),
    ("kit", "kitap"),
    ("belde", "belediye"),
    ("baş", "başkanlık"),
    ("genel", "genelge"),
    ("sözlü", "sözleşme"),
    ("taah", "taahhüt"),
    ("2026", "20261"),
    ("ab", "b"),
];

fn finds(there: &str, typed: &str) -> bool {
    words(typed)
        .iter()
        .all(|wanted| words(there).iter().any(|word| is_found_by(word, wanted)))
}

#[test]
fn words_are_found_by_their_beginnings_and_their_forms() {
    let missed: Vec<_> = FOUND.iter().filter(|(there, typed)| !finds(there, typed)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn other_words_are_not_found() {
    let wrong: Vec<_> = NOT_FOUND.iter().filter(|(there, typed)| finds(there, typed)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn composed_decomposed_and_hidden_letters_are_one() {
    // c, cedilla; g, breve; I with a dot; zero-width and bidirectional noise; a soft hyphen; full-width letters.
    for (one, other) in [
        ("çağrı", "c\u{327}ag\u{306}rı"),
        ("İMAR", "I\u{307}MAR"),
        ("ö", "o\u{308}"),
        ("dilekçe", "di\u{200b}lek\u{202e}çe"),
        ("dilekçe", "dilek\u{ad}çe"),
        ("\u{feff}karar", "karar"),
        ("ihale", "ｉｈａｌｅ"),
        ("é", "e\u{301}"),
        ("ofis", "oﬁs"),
    ] {
        assert_eq!(words(one), words(other), "{one}");
    }
}

#[test]
fn words_end_where_letters_and_digits_end() {
    assert_eq!(words("E-24312041-702.03-1"), ["e", "24312041", "702", "03", "1"]);
    assert_eq!(words("kurum@ornek.hs01.kep.tr"), ["kurum", "ornek", "hs01", "kep", "tr"]);
    assert_eq!(
        words("O'nun 'tırnak' Ankara'nın d'Artagnan'dan"),
        ["o", "nun", "tirnak", "ankara", "d", "artagnan"]
    );
    assert_eq!(words("a\r\nb\tc\0d"), ["a", "b", "c", "d"]);
    assert_eq!(words("'''"), Vec::<String>::new());
    assert_eq!(words(&"a".repeat(10_000)), ["a".repeat(64)]);
}

#[test]
fn a_stem_is_its_own_stem() {
    for (there, typed) in FOUND.iter().chain(&NOT_FOUND) {
        for word in words(there).iter().chain(&words(typed)) {
            // The hardened letter may not be taken for another ending.
            assert!(!stem(word).is_empty() && stem(word).len() <= word.len(), "{word}");
        }
    }
}

#[test]
fn nothing_that_is_typed_is_an_error() {
    let word = |word: &str| Condition::Word(word.into());
    assert_eq!(conditions(""), []);
    assert_eq!(conditions(" \t\n"), []);
    assert_eq!(conditions("AND OR NOT"), [word("and"), word("or"), word("not")]);
    assert_eq!(
        conditions("+karar -(ihale* ~2^3"),
        [word("karar"), word("ihale"), Condition::Phrase(vec!["2".into(), "3".into()])]
    );
    assert_eq!(conditions("\"mal alımı\""), [Condition::Phrase(vec!["mal".into(), "alimi".into()])]);
    assert_eq!(
        conditions("“mal alımı” karar"),
        [Condition::Phrase(vec!["mal".into(), "alimi".into()]), word("karar")]
    );
    assert_eq!(conditions("\"mal"), [Condition::Phrase(vec!["mal".into()])]);
    assert_eq!(conditions("\"\"\"\""), [Condition::Nothing]);
    assert_eq!(conditions("*:*"), [Condition::Nothing]);
    assert_eq!(conditions("🦀"), [Condition::Nothing]);
    assert!(matches!(conditions("2026/000012")[..], [Condition::Number(..)]));
    assert!(matches!(
        conditions("0f0e7c2a-0000-4000-8000-000000000001")[..],
        [Condition::Id(..)]
    ));
    assert!(matches!(conditions(&"AB".repeat(32))[..], [Condition::Sha256(_)]));
    assert!(conditions(&"x ".repeat(100_000)).len() <= 16);
    assert!(conditions(&"\u{202e}".repeat(TEXT_LETTERS * 2)).len() == 1);
}
