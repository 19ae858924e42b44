use super::*;
use crate::people::tokens::Grant;

/// Every command with the words that lead to it, but for `help` itself.
fn walk<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
    found.push((path.to_owned(), command));
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        walk(below, format!("{path} {}", below.get_name()).trim(), found);
    }
}

#[test]
fn every_command_and_every_argument_speaks_both_languages() {
    let mut english = Args::command();
    english.build();
    let turkish = turkish();
    let (mut here, mut there) = (Vec::new(), Vec::new());
    walk(&english, "", &mut here);
    walk(&turkish, "", &mut there);
    assert_eq!(here.len(), there.len());
    let mut missing = Vec::new();
    for ((path, english), (_, turkish)) in here.iter().zip(&there) {
        let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
        if about(turkish).is_empty() || about(turkish) == about(english) {
            missing.push(format!("command: \"{path}\" ({})", about(english)));
        }
        for (one, other) in english.get_arguments().zip(turkish.get_arguments()) {
            let help = |arg: &Arg| arg.get_help().map(ToString::to_string).unwrap_or_default();
            if help(one).is_empty() || help(other).is_empty() || help(one) == help(other) {
                missing.push(format!("argument: \"{path} {}\" ({})", one.get_id(), help(one)));
            }
        }
    }
    assert!(missing.is_empty(), "help_tr.rs lacks:\n{}", missing.join("\n"));
    assert!(here.len() > 30);
}

#[test]
fn every_list_of_what_a_token_may_do_names_all_of_it() {
    let mut lists = vec![form_of("--scope <YETKİ>").to_owned()];
    for root in [Args::command(), turkish()] {
        let mut found = Vec::new();
        walk(&root, "", &mut found);
        let (_, add) = found.into_iter().find(|(path, _)| path == "people token add").unwrap();
        let scope = add.get_arguments().find(|arg| arg.get_id() == "scope").unwrap();
        lists.push(scope.get_help().unwrap().to_string());
    }
    let add = ["people", "token", "add", "ebys", "--scope", "x"];
    lists.push(
        Args::command()
            .try_get_matches_from(["kep-gateway"].iter().chain(&add))
            .unwrap_err()
            .to_string(),
    );
    for grant in Grant::ALL {
        for list in &lists {
            let words: Vec<&str> = list.split(|c: char| !c.is_ascii_alphabetic()).collect();
            assert!(words.contains(&grant.word()), "{list} lacks {}", grant.word());
        }
    }
}

fn error(args: &[&str]) -> String {
    let words = ["kep-gateway"].iter().chain(args);
    let error = turkish().try_get_matches_from(words).unwrap_err();
    sentence(&error).unwrap_or_else(|| error.to_string())
}

#[test]
fn help_is_turkish_from_its_first_line_to_its_last() {
    for args in [&["--help"][..], &["verify", "--help"], &["help", "trust", "import"], &["documents"]] {
        let help = error(args);
        for word in ["Kullanım: kep-gateway", "Seçenekler:"] {
            assert!(help.contains(word), "{args:?} lacks {word}: {help}");
        }
        for word in [
            "Usage",
            "Options",
            "Commands",
            "Arguments",
            "OPTIONS",
            "COMMAND",
            "Print",
            "possible values",
            "<FILE>",
        ] {
            assert!(!help.contains(word), "{args:?} has {word}: {help}");
        }
    }
}

#[test]
fn errors_of_usage_are_sentences_with_the_nearest_word() {
    for (args, wanted) in [
        (
            &["poll", "--mailbx", "x"][..],
            &["'--mailbx' diye bir seçenek", "'--mailbox' mi demek"][..],
        ),
        (&["dokuments"], &["'dokuments' diye bir komut yok", "'documents' mi demek"]),
        (&["poll", "--mailbox"], &["'--mailbox <AD>' bir değer ister"]),
        (
            &["--lang", "de", "demo"],
            &["'de', '--lang <DİL>' için olamaz", "olabilecekler: tr, en"],
        ),
        (&["verify"], &["şunlar gerekli: <DOSYA>...", "Kullanım: kep-gateway verify"]),
        (&["verify", "--full", "--detail", "x"], &["birlikte verilemez"]),
        (&["documents", "show", "ilk"], &["2026/000001 gibi yazın"]),
        (&["documents", "list", "--from", "dün"], &["2026-11-22 gibi yazın"]),
    ] {
        let said = error(args);
        for word in wanted {
            assert!(said.contains(word), "{args:?} lacks {word}: {said}");
        }
        assert!(said.starts_with("hata: ") && said.ends_with("'--help' yazın."), "{said}");
        assert!(!said.contains("Usage") && !said.contains("OPTIONS"), "{said}");
    }
}

#[test]
fn the_language_is_that_of_the_command_line_then_of_the_configuration() {
    let of = |words: &[&str]| language_of(&words.iter().map(OsString::from).collect::<Vec<_>>());
    assert_eq!(of(&["kep-gateway", "--lang", "en", "--help"]), Lang::En);
    assert_eq!(of(&["kep-gateway", "verify", "--lang=en"]), Lang::En);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    std::fs::write(&file, "language = \"en\"\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(of(&["kep-gateway", "--config", file, "--frob"]), Lang::En);
    assert_eq!(of(&["kep-gateway", "--config", file, "--lang", "tr"]), Lang::Tr);
    assert_eq!(of(&["kep-gateway", "--config", "/nowhere"]), Lang::Tr);
}
