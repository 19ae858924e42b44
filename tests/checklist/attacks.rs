//! What would make a file look complete that is not: signatures of other papers, changed papers and messages, files that are something else.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::http::StatusCode;
use kep_gateway::checklist::outcome::Standing;
use kep_gateway::checklist::reasons::code;

use super::office::*;
use crate::forge::eyp::{Attachment, AttachmentKind, Package, Version};
use crate::forge::letter::Letter;
use crate::forge::mail::File as Attached;
use crate::forge::pdf_attack;
use crate::forge::scenarios::Defect;
use crate::forge::world::{Person, World};
use crate::site::Site;

/// One petition, signed by those who may.
const SIGNED: &str = r#"
name = "deneme"
title = "Deneme başvurusu"
[when]
subject = ["deneme başvurusu"]
[[paper]]
id = "dilekce"
title = "Dilekçe"
names = ["dilekçe"]
formats = ["pdf"]
signature = "signatory"
"#;

fn letter(world: &World) -> Letter<'_> {
    Letter {
        world,
        sender: &world.senders[0],
        at: world.base,
        seed: "dosya".into(),
        subject: "Deneme başvurusu".into(),
        plan: ("300".into(), "Genel".into()),
        number: "E-1".into(),
        urgency: ("NRM", None),
        security: "YOK",
    }
}

/// A package whose letter is the petition.
fn package<'w>(letter: &Letter<'w>, signer: &'w Person) -> Package<'w> {
    Package {
        letter_name: "Dilekçe.pdf".into(),
        ..letter.package(Version::V2_0, signer)
    }
}

fn line(person: &Person) -> String {
    let (name, id) = (&person.name, &person.name.national_id);
    format!("{} {}; {}*****{}", name.first, name.last, &id[..3], &id[8..])
}

/// A site that trusts the world and has one message of it, with this person as the signatory.
async fn received(world: &World, raw: &[u8], signatory: &Person) -> Site {
    let site = office_with(&[("a.toml", SIGNED)]).await;
    world.trust_folder(&site.inside.dir.path().join("trust"));
    reload(&site).await;
    arrives(&site, "1.eml", raw).await;
    let fields = [("source", "circular"), ("signatories", &line(signatory)), ("required", "1")];
    assert_eq!(enters(&site, "authorise", &fields).await, StatusCode::SEE_OTHER);
    site
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signed_an_attached_package_signed_nothing_beside_it() {
    let world = World::new(31);
    let letter = letter(&world);
    let (signatory, stranger) = (&letter.sender.director, &letter.sender.officer);
    // Any letter that the signatory once signed, kept by somebody.
    let old = Letter {
        seed: "eski".into(),
        subject: "Eski yazı".into(),
        ..self::letter(&world)
    };
    let old = old.package(Version::V2_0, signatory).build();
    for (signer, standing, why) in [
        (signatory, Standing::Complete, None),
        (stranger, Standing::Wrong, Some(code::NOT_ENOUGH_SIGNERS)),
    ] {
        let mut outer = package(&letter, signer);
        outer.attachments = vec![Attachment {
            id: crate::forge::eyp::guid("ek"),
            name: "Eski yazı".into(),
            kind: AttachmentKind::Inside {
                file: "eski.eyp".into(),
                mime: "application/eyazisma".into(),
                bytes: old.clone(),
                signed: true,
            },
        }];
        let raw = letter.send_packages(vec![letter.simple(&outer)], false).raw;
        let site = received(&world, &raw, signatory).await;
        let outcome = outcome(&site.web.pipeline, "2026/000001");
        assert_eq!(
            (outcome.standing, codes(&outcome, "dilekce").first().copied()),
            (standing, why),
            "{outcome:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_papers_of_encrypted_and_updated_packages_are_read_with_their_own_signatures() {
    let world = World::new(32);
    let letter = letter(&world);
    let signatory = &letter.sender.director;
    let inner = package(&letter, signatory);
    let encrypted = letter.package_encrypted_by(&inner, &|content| world.encrypt_to_us(content));
    let mut updated = letter.simple(&inner);
    let seal = world.seal_spec(&letter.sender.seal, letter.at + jiff::SignedDuration::from_mins(5));
    let seal: crate::forge::eyp::Sealing<'_> = Box::new(|xml| world.cms(xml, true, seal.clone()));
    let date = crate::forge::letter::iso(letter.at + jiff::SignedDuration::from_mins(4));
    updated.bytes = crate::forge::eyp::update(&updated.bytes, &letter.sender.institution, "GZL", &date, seal, "dosya");
    updated.name += "g";
    let settle = "settle = \"0s\"\n";
    let with_key = format!("{settle}decryption = {{ pkcs12_file = \"kurum.p12\", pkcs12_password_file = \"kurum.parola\" }}\n");
    for (what, made) in [("encrypted", encrypted), ("updated", updated)] {
        let raw = letter.send_packages(vec![made], false).raw;
        let mut site = office_with(&[("a.toml", SIGNED)]).await;
        site.inside.text = site.inside.text.replacen(settle, &with_key, 1);
        let folder = site.inside.dir.path();
        world.trust_folder(&folder.join("trust"));
        std::fs::write(folder.join("kurum.p12"), world.receiver_pkcs12("parola")).unwrap();
        std::fs::write(folder.join("kurum.parola"), "parola\n").unwrap();
        reload(&site).await;
        arrives(&site, "1.eml", &raw).await;
        let fields = [("source", "circular"), ("signatories", &line(signatory)), ("required", "1")];
        assert_eq!(enters(&site, "authorise", &fields).await, StatusCode::SEE_OTHER, "{what}");
        let outcome = outcome(&site.web.pipeline, "2026/000001");
        assert_eq!(outcome.standing, Standing::Complete, "{what}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_changed_on_its_way_is_no_application_by_itself_and_brings_no_paper() {
    let world = World::new(33);
    let letter = letter(&world);
    let signatory = &letter.sender.director;
    let raw = letter.send_packages(vec![letter.simple(&package(&letter, signatory))], false).raw;
    let at = memchr::memmem::find(&raw, b"konulu").expect("the text of the mail");
    let mut changed = raw.clone();
    changed[at] ^= 1;
    let site = office_with(&[("a.toml", SIGNED)]).await;
    world.trust_folder(&site.inside.dir.path().join("trust"));
    reload(&site).await;
    arrives(&site, "1.eml", &changed).await;
    assert!(!is_file(&site, "2026/000001"));
    assert_eq!(enters(&site, "bind", &[("checklist", "deneme")]).await, StatusCode::SEE_OTHER);
    let fields = [("source", "circular"), ("signatories", &line(signatory)), ("required", "1")];
    assert_eq!(enters(&site, "authorise", &fields).await, StatusCode::SEE_OTHER);
    let bound = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(
        (bound.standing, codes(&bound, "dilekce")),
        (Standing::Wrong, vec![code::FORGED_MESSAGE]),
        "{bound:?}"
    );
    // The same as it was sent is an application, and in order.
    arrives(&site, "2.eml", &raw).await;
    assert!(is_file(&site, "2026/000002"));
    assert_eq!(enters(&site, "join", &[("document", "2026/000002")]).await, StatusCode::SEE_OTHER);
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
}

/// Every trick that we know with a signed PDF: later revisions that show something else, holes, wrapped signatures, two readings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_trick_with_a_signed_pdf_makes_a_paper_complete() {
    let rules = QUALIFIED.split("[[paper]]\nid = \"levha\"").next().unwrap();
    let site = office_with(&[("a.toml", rules)]).await;
    let attacks = pdf_attack::all(&kit(Defect::Sound));
    for (at, attack) in attacks.iter().enumerate() {
        let subject = format!("Deneme başvurusu {at}");
        site.inside.put(
            &format!("{at:03}.eml"),
            &mail(COMPANY, &subject, vec![pdf("dilekce.pdf", attack.pdf.clone())]),
        );
    }
    arrives(
        &site,
        "999.eml",
        &mail(
            COMPANY,
            "Deneme başvurusu son",
            vec![pdf("dilekce.pdf", signed(&[kit(Defect::Sound)]))],
        ),
    )
    .await;
    let (mut refused, mut sound) = (0, 0);
    for number in site.web.ledger().file_numbers_back() {
        let number = number.unwrap().to_string();
        let entry = site.web.ledger().entry(number.parse().unwrap()).unwrap().unwrap();
        let subject = entry.message.subject.unwrap();
        let attack = subject.rsplit(' ').next().and_then(|at| attacks.get(at.parse::<usize>().ok()?));
        let is_complete = standing(&site, &number) == Standing::Complete;
        match attack {
            Some(attack) => assert_eq!(is_complete, attack.indication == "TOTAL-PASSED", "{}", attack.name),
            None => assert!(is_complete, "the one that nobody touched"),
        }
        if is_complete { sound += 1 } else { refused += 1 }
    }
    println!("{refused} refused, {sound} complete");
    assert!(refused > 20 && sound > 0 && refused + sound == attacks.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_to_read_is_said_and_never_complete() {
    let site = office_with(&[("a.toml", QUALIFIED)]).await;
    let mut files = vec![pdf("dilekce.pdf", signed(&[kit(Defect::Sound)])), picture("vergi levhası.jpg")];
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", files.clone())).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    files.extend((0..300).map(|at| Attached::new(&format!("ek{at}.txt"), "text/plain", vec![b'x'; 10 + at])));
    arrives(&site, "2.eml", &mail("baska@hs01.kep.tr", "Deneme başvurusu", files)).await;
    let many = outcome(&site.web.pipeline, "2026/000002");
    assert_eq!((many.standing, whole(&many)), (Standing::Awaiting, vec![code::UNREADABLE]));
}

/// What lies in a part that nobody read, or that another program reads otherwise, may be another petition.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_in_part_or_reads_two_ways_is_never_complete() {
    let world = World::new(34);
    let letter = letter(&world);
    let signatory = &letter.sender.director;
    let sound = letter.simple(&package(&letter, signatory));
    let mut two_ways = letter.simple(&package(&letter, signatory));
    two_ways.bytes = [b"MZ\x90\0 self-extracting".as_slice(), &two_ways.bytes].concat();
    for (made, expected) in [
        (sound, (Standing::Complete, vec![])),
        (two_ways, (Standing::Awaiting, vec![code::UNREADABLE])),
    ] {
        let raw = letter.send_packages(vec![made], false).raw;
        let site = received(&world, &raw, signatory).await;
        let outcome = outcome(&site.web.pipeline, "2026/000001");
        assert_eq!((outcome.standing, whole(&outcome)), expected, "{outcome:?}");
    }

    let site = office_with(&[("a.toml", QUALIFIED)]).await;
    let files = vec![pdf("dilekce.pdf", signed(&[kit(Defect::Sound)])), picture("vergi levhası.jpg")];
    let whole_mail = mail(COMPANY, "Deneme başvurusu", files.clone());
    let other_mail = mail("baska@hs01.kep.tr", "Deneme başvurusu 2", files);
    let end = memchr::memmem::rfind(&other_mail, b"\r\n--").unwrap();
    let boundary = String::from_utf8_lossy(&other_mail[end + 4..])
        .trim_end()
        .trim_end_matches('-')
        .to_owned();
    let nested = (0..60).fold("Content-Type: text/plain\r\n\r\nson".to_owned(), |inner, level| {
        format!("Content-Type: multipart/mixed; boundary=\"ic{level}\"\r\n\r\n--ic{level}\r\n{inner}\r\n--ic{level}--")
    });
    let deep = [
        &other_mail[..end],
        format!("\r\n--{boundary}\r\n{nested}").as_bytes(),
        &other_mail[end..],
    ]
    .concat();
    for (name, raw, number, expected) in [
        ("1.eml", &whole_mail, "2026/000001", (Standing::Complete, vec![])),
        ("2.eml", &deep, "2026/000002", (Standing::Awaiting, vec![code::UNREADABLE])),
    ] {
        arrives(&site, name, raw).await;
        let outcome = outcome(&site.web.pipeline, number);
        assert_eq!((outcome.standing, whole(&outcome)), expected, "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_upload_is_one_paper_and_an_archive_or_a_torn_file_is_none() {
    let site = office_with(&[("a.toml", QUALIFIED)]).await;
    let petition = signed(&[kit(Defect::Sound)]);
    let twice = vec![pdf("dilekce.pdf", petition.clone()), pdf("vergi levhası.pdf", petition.clone())];
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", twice)).await;
    let both = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(
        (both.standing, codes(&both, "dilekce"), codes(&both, "levha")),
        (Standing::Awaiting, vec![code::SAME_FILE], vec![code::SAME_FILE])
    );
    let scan = both.papers[0].found[0].sha256.to_string();
    assert_eq!(
        enters(&site, "decide", &[("sha256", &scan), ("paper", "dilekce")]).await,
        StatusCode::SEE_OTHER
    );
    let decided = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(
        (decided.standing, codes(&decided, "levha")),
        (Standing::Incomplete, vec![code::MISSING])
    );
    // What is not in the file, or no paper of the list, is not decided about.
    for fields in [
        [("sha256", "a".repeat(64)), ("paper", "levha".to_owned())],
        [("sha256", scan), ("paper", "yok".to_owned())],
    ] {
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(
            enters(&site, "decide", &fields).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{fields:?}"
        );
    }

    let end_of_archive = [&b"PK\x05\x06"[..], &[0; 18]].concat();
    let plate = |bytes: Vec<u8>| Attached::new("vergi levhası.jpg", "image/jpeg", bytes);
    let archive = plate([&b"\xff\xd8\xff\xe0..\xff\xd9"[..], &end_of_archive].concat());
    let torn = plate(b"\xff\xd8\xff\xe0 and no more".to_vec());
    for (at, (file, why)) in [(archive, code::WRONG_FORMAT), (torn, code::BREAKS_OFF)].into_iter().enumerate() {
        let number = format!("2026/00000{}", at + 2);
        let files = vec![pdf("dilekce.pdf", signed(&[kit(Defect::Sound)])), file];
        arrives(
            &site,
            &format!("{at}-b.eml"),
            &mail(&format!("b{at}@hs01.kep.tr"), &format!("Deneme başvurusu {why}"), files),
        )
        .await;
        let outcome = outcome(&site.web.pipeline, &number);
        assert_eq!((outcome.standing, codes(&outcome, "levha")), (Standing::Wrong, vec![why]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_entered_without_the_pages_token() {
    let site = office().await;
    arrives(&site, "1.eml", &mail(COMPANY, "destek başvurusu", the_rest())).await;
    let mut clerk = site.signed_in("memur").await;
    for fields in [&[("day", "2026-11-20")][..], &[("day", "2026-11-20"), ("csrf", "x")]] {
        let answer = clerk.post(&format!("{FILE}/originals"), fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    }
    let number = "2026/000001".parse().unwrap();
    let file = site.web.ledger().application_file(number, &|_| true).unwrap().unwrap();
    assert!(file.entered.0.is_empty());
    // What is no number must not become "each alone".
    let line = on_circular(&kit(Defect::Sound));
    for (source, required) in [
        ("circular", ""),
        ("circular", "2x"),
        ("circular", "0"),
        ("baska", "1"),
        ("power", "1"),
    ] {
        let fields = [("source", source), ("signatories", line.as_str()), ("required", required)];
        assert_eq!(
            enters(&site, "authorise", &fields).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{fields:?}"
        );
    }
}
