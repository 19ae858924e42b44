//! Checklists as they are written: what is read, and what is refused with a sentence that helps.

#![allow(clippy::unwrap_used)]

use super::config::{Checklist, Needed, Wrong};
use super::fixture::RULES;
use super::folder::Checklists;
use super::papers::{FileKind, ReadPaper, signed_name};
use super::placing::{paper_of, words_in};
use super::{entered::Entered, fixture};

#[test]
fn defaults_are_those_of_the_unions() {
    let rules = Checklist::parse(RULES).unwrap();
    let circular = rules.paper("sirkuler").unwrap();
    assert_eq!(rules.formats_of(circular), [FileKind::Pdf, FileKind::Jpg, FileKind::Png]);
    assert_eq!(rules.max_bytes_of(circular), 5 << 20);
    assert_eq!((circular.required, circular.signature), (true, Needed::None));
    assert_eq!(rules.formats_of(rules.paper("dilekce").unwrap()), [FileKind::Pdf]);
}

#[test]
fn what_could_not_be_meant_so_is_refused() {
    let with = |from: &str, to: &str| RULES.replacen(from, to, 1);
    for wrong in [
        with("subject = [\"destek başvurusu\"]", ""),
        with("subject = [\"destek başvurusu\"]", "subject = [\"\"]"),
        with("name = \"deneme\"", "name = \"de neme\""),
        with("id = \"sirkuler\"", "id = \"dilekce\""),
        with("names = [\"imza sirkü\"]", ""),
        with("names = [\"imza sirkü\"]", "names = [\"...\"]"),
        // One file is one paper: of two with one name the second would never be found.
        with("names = [\"imza sirkü\"]", "names = [\"DİLEKÇE\"]"),
        with("names = [\"imza sirkü\"]", &format!("names = [\"{}\"]", "a".repeat(201))),
        with(
            "names = [\"imza sirkü\"]",
            &format!("names = [{}]", (0..101).map(|n| format!("'ad {n}',")).collect::<String>()),
        ),
        with("subject = [\"destek başvurusu\"]", "subject = [\"...\"]"),
        with("title = \"Deneme\"", "title = \" \""),
        with("title = \"Deneme\"", "title = \"a\\nb\""),
        with("tr = \"Dilekçe\"", "tr = \"\""),
        with("formats = [\"pdf\"]", "formats = []"),
        with("formats = [\"pdf\"]", "formats = [\"other\"]"),
        with("formats = [\"pdf\"]", "max_bytes = 0"),
        with("completion_days = 7", "completion_days = 0"),
        with("completion_days = 7", "completion_days = 4000"),
        RULES.split("[[paper]]").next().unwrap().to_owned(),
    ] {
        assert!(Checklist::parse(&wrong).is_err(), "{wrong}");
    }
    let unknown = Checklist::parse(&with("required = false", "requird = false")).unwrap_err();
    assert!(
        matches!(&unknown, Wrong::Syntax(error) if error.message().contains("requird")),
        "{unknown}"
    );
}

#[test]
fn a_folder_with_one_wrong_checklist_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("a.toml", RULES);
    put("notes.txt", "no checklist");
    assert_eq!(Checklists::load(folder.path()).unwrap().iter().count(), 1);
    put("b.toml", RULES);
    assert!(Checklists::load(folder.path()).is_err(), "two of one name");
    put("b.toml", "name = 1");
    assert!(Checklists::load(folder.path()).is_err());
    assert!(Checklists::load(&folder.path().join("none")).is_err());
    assert!(Checklists::load(std::path::Path::new("")).unwrap().is_empty());
}

#[test]
fn another_text_is_another_checklist() {
    let one = Checklist::parse(RULES).unwrap();
    let other = Checklist::parse(&format!("{RULES}\n")).unwrap();
    assert_ne!(one.sha256, other.sha256);
    // Of the reader too: a program that reads otherwise reads again.
    assert_ne!(one.sha256, crate::hash::Sha256::of(RULES.as_bytes()));
    assert_ne!(Checklists::of(vec![one]).sha256(), Checklists::of(vec![other]).sha256());
}

#[test]
fn a_name_within_another_gives_way_and_two_names_side_by_side_decide_nothing() {
    let rules = RULES.replacen("names = [\"vekalet\"]", "names = [\"dilekçe vekalet\"]", 1);
    let rules = Checklist::parse(&rules).unwrap();
    let of = |name: &str| {
        let read = fixture::paper(name, &[]);
        paper_of(&read, &rules, &Entered::default()).map(|(paper, _)| paper.id.clone())
    };
    assert_eq!(of("dilekçe.pdf").as_deref(), Some("dilekce"));
    assert_eq!(of("Dilekçe-Vekaletname.pdf").as_deref(), Some("vekalet"));
    assert_eq!(of("Dilekçe ve imza sirküleri.pdf"), None);
    assert_eq!(of("foto.jpg"), None);
    // As macOS writes it; and with letters that only look so, or cannot be seen.
    assert_eq!(of("Dilekc\u{327}e.pdf").as_deref(), Some("dilekce"));
    assert_eq!(of("dılеkçе.pdf"), None);
    assert_eq!(of("dilek\u{200b}çe.pdf"), None);
    // Words on the pages of two papers decide nothing either.
    let with_words = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let read = ReadPaper {
            words,
            ..fixture::paper("tarama.pdf", &[])
        };
        paper_of(&read, &rules, &Entered::default()).map(|(paper, _)| paper.id.clone())
    };
    assert_eq!(with_words(&["dilekce"]).as_deref(), Some("dilekce"));
    assert_eq!(with_words(&["dilekce", "vekalet"]), None);
}

#[test]
fn words_of_a_page_are_found_as_people_read_them() {
    let rules = Checklist::parse(RULES).unwrap();
    for (text, found) in [
        ("T.C.\nDESTEK BAŞVURU\nDİLEKÇESİ", true),
        ("destek basvuru dilekcesidir", true),
        ("destekbaşvurudilekçesi", false),
        ("", false),
    ] {
        assert_eq!(!words_in(text, &rules).is_empty(), found, "{text}");
    }
}

#[test]
fn what_many_hostile_rules_cost_is_bounded() {
    // A pattern is no regular expression: nothing in it can explode.
    let stars = "*a".repeat(99);
    let rules = Checklist::parse(&RULES.replacen("[when]", &format!("[when]\nsender = [\"{stars}\"]"), 1)).unwrap();
    assert_eq!(rules.when.sender, [stars]);
    assert!(Checklist::parse(&RULES.replacen("[when]", &format!("[when]\nsender = [\"{}\"]", "*a".repeat(200)), 1)).is_err());
    assert!(matches!(
        Checklist::parse(&format!("name = {}", "[".repeat(100_000))),
        Err(Wrong::Syntax(_))
    ));
}

#[test]
fn a_signature_beside_a_file_names_it() {
    for (name, signs) in [
        ("dilekce.pdf.p7s", Some("dilekce.pdf")),
        ("Dilekçe.PDF.P7S", Some("Dilekçe.PDF")),
        ("dilekce.imz", Some("dilekce")),
        ("dilekce.pdf", None),
        (".p7s", None),
    ] {
        assert_eq!(signed_name(name), signs);
    }
}
