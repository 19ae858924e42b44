//! What the program says when the world around it is wrong: a full disk behind its output, a backup into the store, junk for a file.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

use forge::world::World;
use gateway::Gateway;

fn office() -> Gateway {
    let world = World::new(6);
    let gateway = Gateway::with_drop(&world);
    for (number, sample) in world.mixed(2).into_iter().enumerate() {
        gateway.put(&format!("{number}.eml"), &sample.raw);
    }
    gateway.ok(&["poll"]);
    gateway
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn output_onto_a_full_disk_is_told_in_the_language_of_the_session() {
    let gateway = office();
    for (lang, words) in [
        ("tr", "çıktı yazılamadı, yarım kaldı: disk dolu"),
        ("en", "could not be written and is incomplete: the disk is full"),
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = gateway.command(&["--lang", lang, "documents", "list"]);
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(words), "{}", said(&output));
        assert!(!said(&output).contains("panicked"), "{}", said(&output));
    }
}

#[test]
fn a_backup_into_the_store_is_refused_before_anything_is_made() {
    let gateway = office();
    let link = gateway.dir.path().join("link");
    std::os::unix::fs::symlink(gateway.store(), &link).unwrap();
    for inside in [
        gateway.store(),
        gateway.store().join("yedek"),
        gateway.store().join("blobs/../a/b"),
        link.join("yedek"),
        gateway.dir.path().to_owned(),
    ] {
        let output = gateway.run(&["backup", inside.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", inside.display());
        assert!(said(&output).contains("iç içe"), "{}", said(&output));
    }
    assert!(!gateway.store().join("yedek").exists() && !gateway.store().join("a").exists());
    gateway.ok(&["journal", "verify"]);

    let apart = gateway.dir.path().join("yedek");
    gateway.ok(&["backup", apart.to_str().unwrap()]);
    let within = apart.join("yeni");
    let output = gateway.run(&["--store", within.to_str().unwrap(), "restore", apart.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("iç içe"), "{}", said(&output));
    assert!(!within.exists());
    // A store that is there is never written over.
    let output = gateway.run(&["restore", apart.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("boş değil"), "{}", said(&output));
}

#[test]
fn junk_in_place_of_a_file_is_named_with_its_cure() {
    let gateway = office();
    let junk = gateway.dir.path().join("junk.svt");
    for bytes in [b"not a depository".as_slice(), b"", b"SQLite format 3\0 and no more"] {
        fs::write(&junk, bytes).unwrap();
        let output = gateway.run(&["trust", "import", junk.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("junk.svt güven listesine alınmadı"), "{}", said(&output));
    }
    for bytes in [b"no zip".as_slice(), b"PK\x05\x06 cut off"] {
        fs::write(&junk, bytes).unwrap();
        let output = gateway.run(&["papers", "check", junk.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("junk.svt: Bu bir dava dosyası değil"), "{}", said(&output));
    }
}

#[test]
fn a_lost_head_file_is_told_and_every_file_of_the_store_is_its_owners_alone() {
    let gateway = office();
    let head = gateway.store().join("journal/head");
    for (damage, words) in [
        (None, "'journal/head' dosyası yoktu"),
        (Some("junk"), "'journal/head' dosyası bozuktu"),
    ] {
        match damage {
            None => fs::remove_file(&head).unwrap(),
            Some(text) => fs::write(&head, text).unwrap(),
        }
        let output = gateway.run(&["poll"]);
        assert!(said(&output).contains(words), "{}", said(&output));
        let output = gateway.run(&["poll"]);
        assert!(!said(&output).contains("journal/head"), "{}", said(&output));
    }
    let note = gateway.store().join("journal/clean");
    assert_eq!(fs::metadata(&note).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_mail_over_the_limit_is_unknown_and_not_invalid() {
    let gateway = office();
    let mail = World::new(6).mixed(2).remove(0).raw;
    let file = gateway.dir.path().join("buyuk.eml");
    fs::write(&file, &mail).unwrap();
    let config = fs::read_to_string(gateway.config()).unwrap();
    fs::write(gateway.config(), format!("{config}[limits]\nmessage_bytes = 65536\n")).unwrap();
    let padded = [mail.as_slice(), &vec![b'\n'; 65_536]].concat();
    fs::write(&file, padded).unwrap();
    let output = gateway.run(&["verify", "--json", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(10), "{}", said(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["files"][0]["indication"], "INDETERMINATE");
    assert_eq!(report["files"][0]["sub_indication"], "SIGNED_DATA_NOT_FOUND");
    let output = gateway.run(&["verify", file.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("limits.message_bytes değerini yükseltin"), "{text}");
    assert!(!text.contains("İletinin kendisi imzasız"), "{text}");
}

#[test]
fn a_wrong_word_in_the_configuration_is_answered_with_the_words_that_can_stand_there() {
    let gateway = office();
    for (text, words) in [
        (
            "language = \"de\"\n",
            [
                "'de' burada olamaz; olabilecekler: tr, en",
                "'de' cannot stand here; possible are: tr, en",
            ],
        ),
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"imap\"\naddress = \"k@hs01.kep.tr\"\nhost = \"m\"\nuser = \"u\"\npassword_file = \"p\"\nsecurity = \"tsl\"\n",
            [
                "olabilecekler: tls, starttls, none. 'tls' mi demek istediniz?",
                "possible are: tls, starttls, none. did you mean 'tls'?",
            ],
        ),
        (
            "[[mailbox]]\nname = \"a\"\nkind = \"imapp\"\n",
            ["olabilecekler: imap, folder", "did you mean 'imap'?"],
        ),
        (
            "[trust]\nalgorithms = \"strikt\"\n",
            ["'strict' mi demek istediniz?", "did you mean 'strict'?"],
        ),
    ] {
        fs::write(gateway.config(), text).unwrap();
        let output = gateway.run(&["config", "check"]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        for word in words {
            assert!(said(&output).contains(word), "{text}: {}", said(&output));
        }
    }
}
