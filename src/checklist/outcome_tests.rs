//! The outcome of a file: tables of papers, signatures and signatories.

#![allow(clippy::unwrap_used)]

use super::entered::{Deed, Entered};
use super::fixture::{at, authority, entered, judged, paper, reading, rules, signed};
use super::outcome::{File, Outcome, Standing, judge};
use super::papers::{FileKind, ReadPaper};
use super::reasons::code;
use super::reply;
use super::signatories::{Authority, Source};
use crate::hash::Sha256;
use crate::signature::report::{CertificateClass, Indication, Role, SignatureReport};

const ALI: (&str, &str) = ("ALİ ÖZTÜRK", "123******89");
const ECE: (&str, &str) = ("Ece Işık", "456******12");

fn by((name, masked): (&str, &str), indication: Indication) -> SignatureReport {
    signed(name, masked, indication)
}

fn ali() -> SignatureReport {
    by(ALI, Indication::Passed)
}

fn ece() -> SignatureReport {
    by(ECE, Indication::Passed)
}

/// Ali alone may sign.
fn sole() -> Entered {
    entered(vec![Deed::Authorised {
        authority: authority(Source::Circular, &["Ali Öztürk; 123*****989", "Ece Işık; 456******12"], 1),
    }])
}

fn joint() -> Entered {
    entered(vec![Deed::Authorised {
        authority: authority(
            Source::Circular,
            &["Ali Öztürk; 123*****989", "Ece Işık; 456******12", "Can Ak; 789******34"],
            2,
        ),
    }])
}

fn circular() -> ReadPaper {
    paper("IMZA_SIRKULERI.pdf", &[])
}

/// With this petition and everything else in order.
fn with(petition: ReadPaper, entered: &Entered) -> Outcome {
    judged(&rules(), &[reading(vec![petition, circular()])], entered)
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    outcome
        .papers
        .iter()
        .flat_map(|paper| paper.reasons.iter().map(|reason| reason.code))
        .collect()
}

#[test]
fn whose_signatures_make_a_file_complete() {
    let open = |who| by(who, Indication::Indeterminate);
    let failed = |who| by(who, Indication::Failed);
    let seal = SignatureReport {
        signer: ali().signer.map(|signer| crate::signature::report::Signer {
            class: CertificateClass::QualifiedSeal,
            ..signer
        }),
        ..ali()
    };
    let stranger = signed("Veli Kara", "999******99", Indication::Passed);
    let namesake = signed("ALİ ÖZTÜRK", "321******89", Indication::Passed);
    let nobody = Entered::default();
    type Row = (&'static str, Vec<SignatureReport>, Entered, Standing, &'static [&'static str]);
    let table: Vec<Row> = vec![
        ("sole", vec![ali()], sole(), Standing::Complete, &[]),
        ("sole, the other one", vec![ece()], sole(), Standing::Complete, &[]),
        (
            "one of two that must",
            vec![ali()],
            joint(),
            Standing::Wrong,
            &[code::NOT_ENOUGH_SIGNERS],
        ),
        ("two of three", vec![ali(), ece()], joint(), Standing::Complete, &[]),
        (
            "the same one twice",
            vec![ali(), ali()],
            joint(),
            Standing::Wrong,
            &[code::NOT_ENOUGH_SIGNERS],
        ),
        (
            "a stranger",
            vec![stranger.clone()],
            sole(),
            Standing::Wrong,
            &[code::NOT_ENOUGH_SIGNERS],
        ),
        (
            "a stranger beside who may",
            vec![stranger.clone(), ali()],
            sole(),
            Standing::Complete,
            &[],
        ),
        ("a namesake", vec![namesake], sole(), Standing::Wrong, &[code::NOT_ENOUGH_SIGNERS]),
        ("unsigned", vec![], sole(), Standing::Wrong, &[code::UNSIGNED]),
        (
            "not yet certain",
            vec![open(ALI)],
            sole(),
            Standing::Awaiting,
            &[code::UNCERTAIN_SIGNATURE],
        ),
        (
            "half certain",
            vec![ali(), open(ECE)],
            joint(),
            Standing::Awaiting,
            &[code::UNCERTAIN_SIGNATURE],
        ),
        (
            "enough beside what is not certain",
            vec![ali(), open(ECE)],
            sole(),
            Standing::Complete,
            &[],
        ),
        (
            "not certain and of no use",
            vec![stranger, open(("Veli Kara", "999******99"))],
            sole(),
            Standing::Wrong,
            &[code::NOT_ENOUGH_SIGNERS],
        ),
        ("broken", vec![failed(ALI)], sole(), Standing::Wrong, &[code::INVALID_SIGNATURE]),
        (
            "broken beside enough",
            vec![ali(), failed(ECE)],
            sole(),
            Standing::Wrong,
            &[code::INVALID_SIGNATURE],
        ),
        ("a seal", vec![seal], sole(), Standing::Wrong, &[code::NOT_QUALIFIED]),
        (
            "nobody entered",
            vec![ali()],
            nobody.clone(),
            Standing::Awaiting,
            &[code::NO_SIGNATORIES],
        ),
        ("nobody entered, unsigned", vec![], nobody, Standing::Wrong, &[code::UNSIGNED]),
    ];
    for (what, signatures, entered, standing, why) in table {
        let outcome = with(paper("Dilekçe.pdf", &signatures), &entered);
        assert_eq!((outcome.standing, codes(&outcome).as_slice()), (standing, why), "{what}");
    }
}

#[test]
fn a_power_of_attorney_counts_on_the_day_of_the_signature() {
    let power = |from: Option<&str>, until: &str| {
        let authority = Authority {
            valid_from: from.map(|day| day.parse().unwrap()),
            valid_until: Some(until.parse().unwrap()),
            ..authority(Source::Power, &["Ali Öztürk; 123******89"], 1)
        };
        entered(vec![Deed::Authorised { authority }])
    };
    // Signed on 20 November 2026.
    for (entered, standing, why) in [
        (power(None, "2026-11-20"), Standing::Complete, None),
        (power(None, "2026-11-19"), Standing::Wrong, Some(code::AUTHORITY_ENDED)),
        (power(Some("2026-11-20"), "2027-01-01"), Standing::Complete, None),
        (
            power(Some("2026-11-21"), "2027-01-01"),
            Standing::Wrong,
            Some(code::AUTHORITY_ENDED),
        ),
    ] {
        let outcome = with(paper("dilekce.pdf", &[ali()]), &entered);
        assert_eq!((outcome.standing, codes(&outcome).first().copied()), (standing, why));
    }
    // Nobody can sign yesterday: without a proved time the arrival counts, and a proof never puts it off.
    let late = SignatureReport {
        best_signature_time: Some(at("2027-06-01T00:00:00Z")),
        ..ali()
    };
    assert_eq!(
        with(paper("dilekce.pdf", &[late]), &power(None, "2026-11-20")).standing,
        Standing::Complete
    );
    let claimed = SignatureReport {
        best_signature_time: None,
        claimed_signing_time: Some(at("2026-01-01T00:00:00Z")),
        ..ali()
    };
    assert_eq!(
        with(paper("dilekce.pdf", &[claimed]), &power(None, "2026-11-19")).standing,
        Standing::Wrong
    );
    // What was revoked counts no more.
    let mut revoked = power(None, "2027-01-01");
    revoked.0.push(super::fixture::done(Deed::Revoked { authority: 0 }));
    let outcome = with(paper("dilekce.pdf", &[ali()]), &revoked);
    assert_eq!(
        (outcome.standing, codes(&outcome)),
        (Standing::Awaiting, vec![code::NO_SIGNATORIES])
    );
}

#[test]
fn formats_and_sizes_are_told_by_content() {
    let good = || paper("dilekce.pdf", &[ali()]);
    for (petition, why) in [
        (
            ReadPaper {
                kind: FileKind::Png,
                ..good()
            },
            code::WRONG_FORMAT,
        ),
        (
            ReadPaper {
                kind: FileKind::Other,
                ..good()
            },
            code::WRONG_FORMAT,
        ),
        (
            ReadPaper {
                size: (5 << 20) + 1,
                ..good()
            },
            code::TOO_LARGE,
        ),
        (ReadPaper { size: 0, ..good() }, code::EMPTY),
    ] {
        let outcome = with(petition, &sole());
        assert_eq!((outcome.standing, codes(&outcome)), (Standing::Wrong, vec![why]));
    }
    assert_eq!(with(ReadPaper { size: 5 << 20, ..good() }, &sole()).standing, Standing::Complete);
    let cut = with(
        ReadPaper {
            breaks_off: true,
            ..good()
        },
        &sole(),
    );
    assert_eq!((cut.standing, codes(&cut)), (Standing::Wrong, vec![code::BREAKS_OFF]));
    for (kind, whole, cut) in [
        (FileKind::Pdf, &b"%PDF-1.7 .. startxref 9 %%EOF"[..], &b"%PDF-1.7 .."[..]),
        (FileKind::Jpg, b"\xff\xd8\xff\xe0..\xff\xd9 camera", b"\xff\xd8\xff\xe0.."),
        (FileKind::Png, b"\x89PNG\r\n\x1a\n..IEND....", b"\x89PNG\r\n\x1a\n.."),
    ] {
        assert_eq!(
            (FileKind::of(whole), kind.breaks_off(whole), kind.breaks_off(cut)),
            (kind, false, true)
        );
    }
    for (bytes, kind) in [
        (&b"%PDF-1.7\n"[..], FileKind::Pdf),
        (b"\xff\xd8\xff\xe0", FileKind::Jpg),
        (b"\x89PNG\r\n\x1a\n", FileKind::Png),
        (b"MZ\x90\0", FileKind::Other),
        (b"", FileKind::Other),
        (b"PK\x03\x04", FileKind::Other),
    ] {
        assert_eq!(FileKind::of(bytes), kind);
    }
    // A picture that is an archive too: whoever opens it from its end sees other papers. An archive inside a PDF is none of these.
    let end = |comment: u8| [&b"PK\x05\x06"[..], &[0; 16], &[comment, 0]].concat();
    let behind = |tail: &[u8]| [&b"%PDF-1.7 "[..], tail].concat();
    assert_eq!(FileKind::of(&behind(&end(0))), FileKind::Other);
    assert_eq!(FileKind::of(&behind(&[end(7), b"comment".to_vec()].concat())), FileKind::Other);
    assert_eq!(
        FileKind::of(&behind(&[end(0), b" startxref %%EOF".to_vec()].concat())),
        FileKind::Pdf
    );
}

#[test]
fn a_paper_is_found_by_name_by_its_words_or_by_a_clerk() {
    let nameless = |words: &[&str]| ReadPaper {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        ..paper("tarama0001.pdf", &[ali()])
    };
    for name in ["Dilekçe.pdf", "DİLEKÇE.PDF", "basvuru_dilekcesi-v2.pdf", "01 dilekce.pdf"] {
        assert_eq!(with(paper(name, &[ali()]), &sole()).standing, Standing::Complete, "{name}");
    }
    let renamed = with(nameless(&[]), &sole());
    assert_eq!((renamed.standing, codes(&renamed)), (Standing::Incomplete, vec![code::MISSING]));
    assert_eq!(renamed.unplaced.len(), 1);
    assert_eq!(with(nameless(&["dilekce"]), &sole()).standing, Standing::Complete);
    let mut decided = sole();
    let sha256 = Sha256::of(b"tarama0001.pdf");
    let decide = |paper: Option<&str>| {
        super::fixture::done(Deed::Decided {
            sha256,
            paper: paper.map(str::to_owned),
        })
    };
    decided.0.push(decide(Some("dilekce")));
    assert_eq!(with(nameless(&[]), &decided).standing, Standing::Complete);
    // The last word counts, also against the words on the page.
    decided.0.push(decide(None));
    let none = with(nameless(&["dilekce"]), &decided);
    assert_eq!(
        (none.standing, none.unplaced.first().map(|one| one.is_decided)),
        (Standing::Incomplete, Some(true))
    );
    // A paper that the list has no longer: nobody decided, and it is shown.
    decided.0.push(decide(Some("silinmis")));
    let gone = with(nameless(&["dilekce"]), &decided);
    assert_eq!((gone.standing, gone.undecided().count()), (Standing::Incomplete, 1));
}

#[test]
fn one_file_is_one_paper() {
    // The same bytes under two names.
    let same = |name: &str| ReadPaper {
        sha256: Sha256::of(b"one"),
        ..paper(name, &[ali()])
    };
    let file = reading(vec![same("dilekce.pdf"), same("imza sirküleri.pdf")]);
    let both = judged(&rules(), std::slice::from_ref(&file), &sole());
    assert_eq!(
        (both.standing, codes(&both)),
        (Standing::Awaiting, vec![code::SAME_FILE, code::SAME_FILE])
    );
    // A clerk says which it is; then the other one is missing.
    let mut decided = sole();
    decided.0.push(super::fixture::done(Deed::Decided {
        sha256: Sha256::of(b"one"),
        paper: Some("dilekce".into()),
    }));
    let one = judged(&rules(), &[file], &decided);
    assert_eq!((one.standing, codes(&one)), (Standing::Incomplete, vec![code::MISSING]));
    // What took its place later counts alone.
    let later = [
        reading(vec![same("dilekce.pdf")]),
        reading(vec![paper("dilekce.pdf", &[ali()])]),
        reading(vec![same("imza sirküleri.pdf")]),
    ];
    assert_eq!(judged(&rules(), &later, &sole()).standing, Standing::Complete);
}

#[test]
fn what_came_in_a_forged_message_counts_for_nothing() {
    let (rules, entered) = (rules(), sole());
    let readings = [
        reading(vec![paper("dilekce.pdf", &[ali()]), circular()]),
        reading(vec![paper("dilekce.pdf", &[ali()]), circular()]),
    ];
    let file = |forged: [bool; 2]| {
        let members = readings.iter().zip(forged).zip(1..);
        judge(&File {
            checklist: Some(&rules),
            members: members
                .map(|((reading, is_forged), place)| super::papers::Member {
                    number: super::fixture::number(place),
                    received_at: super::fixture::friday(),
                    reading,
                    is_forged,
                })
                .collect(),
            entered: &entered,
            is_unread: false,
            is_finished: false,
            rivals: Vec::new(),
        })
    };
    assert_eq!(file([false, false]).standing, Standing::Complete);
    let forged = file([false, true]);
    assert_eq!(
        (forged.standing, codes(&forged)),
        (Standing::Wrong, vec![code::FORGED_MESSAGE, code::FORGED_MESSAGE])
    );
    // What is sent again takes its place.
    assert_eq!(file([true, false]).standing, Standing::Complete);
}

#[test]
fn what_comes_later_takes_the_place_of_what_came_before() {
    let wrong = || reading(vec![paper("dilekce.pdf", &[]), circular()]);
    let mended = reading(vec![paper("dilekce.pdf", &[ali()])]);
    assert_eq!(judged(&rules(), &[wrong()], &sole()).standing, Standing::Wrong);
    assert_eq!(judged(&rules(), &[wrong(), mended.clone()], &sole()).standing, Standing::Complete);
    // A worse one takes its place too: somebody must look.
    assert_eq!(judged(&rules(), &[mended, wrong()], &sole()).standing, Standing::Wrong);
    // Of several copies in one message each must be in order.
    let two = reading(vec![paper("dilekce.pdf", &[ali()]), paper("dilekce-2.pdf", &[]), circular()]);
    assert_eq!(judged(&rules(), &[two], &sole()).standing, Standing::Wrong);
}

#[test]
fn the_signature_of_a_package_stands_for_what_its_digests_cover() {
    let package = SignatureReport {
        role: Role::Signature,
        format: "CAdES".into(),
        ..ali()
    };
    let mut inside = reading(vec![
        ReadPaper {
            in_package: true,
            ..paper("dilekce.pdf", &[])
        },
        circular(),
    ]);
    inside.package = vec![package];
    assert_eq!(
        judged(&rules(), std::slice::from_ref(&inside), &sole()).standing,
        Standing::Complete
    );
    let mut outside = inside.clone();
    outside.papers[0].in_package = false;
    assert_eq!(codes(&judged(&rules(), &[outside], &sole())), vec![code::UNSIGNED]);
    let mut broken = inside.clone();
    broken.package_is_broken = true;
    let outcome = judged(&rules(), &[broken.clone()], &sole());
    assert_eq!((outcome.standing, codes(&outcome)), (Standing::Wrong, vec![code::BROKEN_PACKAGE]));
    // What must bear no signature was changed in there just as well.
    broken.papers[0].in_package = false;
    broken.papers[0].signatures = vec![ali()];
    broken.papers[1].in_package = true;
    let outcome = judged(&rules(), &[broken], &sole());
    assert_eq!((outcome.standing, codes(&outcome)), (Standing::Wrong, vec![code::BROKEN_PACKAGE]));
    inside.package[0].indication = Indication::Indeterminate;
    assert_eq!(judged(&rules(), &[inside], &sole()).standing, Standing::Awaiting);
}

#[test]
fn what_was_not_read_is_never_complete() {
    let complete = [reading(vec![paper("dilekce.pdf", &[ali()]), circular()])];
    let (first, entered) = (rules(), sole());
    let unread = File {
        checklist: Some(&first),
        members: vec![super::papers::Member {
            number: super::fixture::number(1),
            received_at: super::fixture::friday(),
            reading: &complete[0],
            is_forged: false,
        }],
        entered: &entered,
        is_unread: true,
        is_finished: false,
        rivals: Vec::new(),
    };
    assert_eq!(judge(&unread).standing, Standing::Awaiting);
    let rules = rules();
    let read = || File {
        checklist: Some(&rules),
        members: unread.members.clone(),
        entered: unread.entered,
        is_unread: false,
        is_finished: false,
        rivals: Vec::new(),
    };
    assert_eq!(judge(&read()).standing, Standing::Complete);
    let why = |file: &File<'_>| {
        let outcome = judge(file);
        assert_eq!(outcome.standing, Standing::Awaiting);
        outcome.reasons.first().map(|reason| reason.code)
    };
    let without_rules = File { checklist: None, ..read() };
    assert_eq!(why(&without_rules), Some(code::NO_RULES));
    let several = File {
        rivals: vec!["baska".into()],
        ..read()
    };
    assert_eq!(why(&several), Some(code::SEVERAL_LISTS));
    // What is done is not read again for rules of later; it says so instead of calling anything missing.
    let finished = File {
        is_unread: true,
        is_finished: true,
        ..read()
    };
    assert_eq!(why(&finished), Some(code::OLDER_RULES));
    let rules = super::fixture::rules;
    assert_eq!(judged(&rules(), &[], &sole()).standing, Standing::Incomplete);
    let mut unreadable = complete;
    unreadable[0].unreadable = Some("bozuk".into());
    assert_eq!(judged(&rules(), &unreadable, &sole()).standing, Standing::Awaiting);
}

#[test]
fn an_optional_paper_may_be_absent_and_must_be_right_where_it_is_there() {
    let outcome = with(paper("dilekce.pdf", &[ali()]), &sole());
    assert_eq!(outcome.papers.last().unwrap().standing, None);
    let with_power = |signatures: &[SignatureReport]| {
        let papers = vec![paper("dilekce.pdf", &[ali()]), circular(), paper("Vekaletname.pdf", signatures)];
        judged(&rules(), &[reading(papers)], &sole())
    };
    assert_eq!(with_power(&[]).standing, Standing::Wrong);
    // Whoever signed it with a qualified certificate.
    let notary = signed("Noter Katibi", "555******55", Indication::Passed);
    assert_eq!(with_power(&[notary]).standing, Standing::Complete);
}

#[test]
fn the_reply_names_what_is_missing_and_wrong_and_nothing_else() {
    let rules = rules();
    let outcome = judged(&rules, &[reading(vec![paper("dilekce.pdf", &[])])], &sole());
    let letter = reply::letter(&rules, &outcome, "GB-2026/000001", "2026-12-01".parse().ok()).unwrap();
    for part in [
        "GB-2026/000001",
        "01.12.2026",
        "- İmza sirküleri (PDF, JPG, PNG)",
        "- Dilekçe: Belgede nitelikli elektronik imza yok.",
    ] {
        assert!(letter.tr.contains(part), "{part}: {}", letter.tr);
    }
    assert!(!letter.tr.contains("Vekâletname") && !letter.tr.contains("KEP-"), "{}", letter.tr);
    assert!(
        letter.en.contains("- Signature circular (PDF, JPG, PNG)") && letter.en.contains("01.12.2026"),
        "{}",
        letter.en
    );
    let complete = with(paper("dilekce.pdf", &[ali()]), &sole());
    assert!(reply::letter(&rules, &complete, "1", None).is_none());
}

#[test]
fn nothing_that_comes_from_outside_writes_the_reply() {
    let rules = rules();
    let name = format!(
        "Veli\nSayın ilgili, ücreti şuraya yatırınız\u{202e}\u{1b}[2J {}",
        "uzun ".repeat(1_000)
    );
    let hostile = signed(&name, "999******99", Indication::Passed);
    let petition = paper(&format!("dilekçe {name}.pdf"), &[hostile]);
    let outcome = judged(&rules, &[reading(vec![petition.clone(), petition, circular()])], &sole());
    let letter = reply::letter(&rules, &outcome, "1", None).unwrap();
    for text in [&letter.tr, &letter.en] {
        assert!(!text.lines().any(|line| line.starts_with("Sayın ilgili, ücreti")), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{1b}']) && text.len() < 4_000, "{}", text.len());
    }
}
