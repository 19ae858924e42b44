//! Application files over real messages with signed papers: what arrives, what is asked for, what completes it, who hears of the terms, and
//! what somebody who may not see it is told.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ebys;
mod forge;
mod gateway;
mod inside;
mod site;
mod checklist {
    pub mod attacks;
    pub mod belonging;
    pub mod deeds;
    pub mod office;
}

use std::sync::Arc;

use axum::http::StatusCode;
use checklist::office::*;
use forge::mail::File as Attached;
use forge::pdf_file::Style;
use forge::pdf_sign::{self, StampIn};
use forge::scenario_kit;
use forge::scenarios::{Defect, Profile, Rung};
use forge::world::World;
use gateway::Gateway;
use inside::{Inside, pass};
use kep_gateway::alert::job::Job;
use kep_gateway::alert::notice::Cause;
use kep_gateway::checklist::entered::Deed;
use kep_gateway::checklist::folder::Checklists;
use kep_gateway::checklist::outcome::Standing;
use kep_gateway::checklist::reasons::code;
use kep_gateway::clock::SystemClock;
use kep_gateway::daemon::files;
use kep_gateway::ledger::Ledger;
use kep_gateway::ledger::handling::HandlingRequest;
use kep_gateway::ledger::retention::By;
use kep_gateway::people::{Account, Edit, Person, Role, Scope, Source, View, password};
use kep_gateway::register::entry::Action;
use kep_gateway::secret::Secret;
use kep_gateway::settings;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::text::mask;
use site::{PASSWORD, person};

#[test]
fn the_samples_load_and_name_what_the_unions_ask_for() {
    let samples = Checklists::load(&samples()).unwrap();
    let names: Vec<&str> = samples.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["ihracat-destegi", "uyelik-yetkili"]);
    let export = samples.named("ihracat-destegi").unwrap();
    let terms = &export.terms;
    assert_eq!(
        (
            terms.originals_business_days,
            terms.completion_days,
            terms.loss_report_days,
            terms.retention_years
        ),
        (Some(5), Some(7), Some(15), Some(10))
    );
    let ids: Vec<&str> = export.paper.iter().map(|paper| paper.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "dilekce",
            "taahhutname",
            "imza-sirkuleri",
            "vekaletname",
            "vergi-levhasi",
            "sicil-gazetesi"
        ]
    );
    assert!(export.paper.iter().all(|paper| export.max_bytes_of(paper) == 5 << 20));
}

#[test]
fn a_slip_in_a_checklist_is_told_with_its_place_and_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(samples().join("ihracat-destegi.toml")).unwrap();
    let put = |text: &str| std::fs::write(folder.path().join("a.toml"), text).unwrap();
    put(&text.replacen("required = false", "requird = false", 1));
    let error = settings::load_checklists(folder.path()).unwrap_err().text();
    assert!(
        error.en.contains("KEP-8013") && error.en.contains("line ") && error.en.contains("did you mean 'required'"),
        "{}",
        error.en
    );
    assert!(
        error.tr.contains("satır ") && error.tr.contains("'required' mi demek istediniz"),
        "{}",
        error.tr
    );
    put(&text.replacen("\"signatory\"", "\"signatary\"", 1));
    let error = settings::load_checklists(folder.path()).unwrap_err().text();
    assert!(error.en.contains("did you mean 'signatory'"), "{}", error.en);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_comes_incomplete_and_is_completed() {
    let site = office().await;
    let sound = kit(Defect::Sound);
    let mut files = the_rest();
    files.truncate(2);
    files.push(pdf("Dilekçe.pdf", signed(std::slice::from_ref(&sound))));
    arrives(&site, "1.eml", &mail(COMPANY, "2026 yılı DESTEK BAŞVURUSU", files)).await;

    let first = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(first.standing, Standing::Incomplete, "{first:?}");
    let missing: Vec<&str> = first.missing().map(|paper| paper.id.as_str()).collect();
    assert_eq!(missing, ["taahhutname", "sicil-gazetesi"]);
    assert_eq!(codes(&first, "dilekce"), [code::NO_SIGNATORIES]);
    let mut clerk = site.signed_in("memur").await;
    let page = clerk.get(FILE).await.text;
    for part in [
        "Eksik",
        "2026/000001",
        "- Taahhütname (PDF)",
        "- Ticaret sicil gazetesi (PDF, JPG, PNG)",
        "asılların gelmesi",
        "31.12.2036",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        clerk
            .get("/documents/2026/000001")
            .await
            .text
            .contains("/documents/2026/000001/file")
    );
    assert!(clerk.get("/boards/files").await.text.contains("data-number=\"2026/000001\""));
    assert!(
        clerk
            .get("/boards/deadlines?month=2026-11")
            .await
            .text
            .contains("asılların gelmesi")
    );

    // The circular says: each alone. Its name is written otherwise and shows other digits.
    let line = on_circular(&sound);
    assert!(
        line.starts_with("Sınama Kişisi 1; ") && !line.contains(&mask(&sound.signer.subject_id())),
        "{line}"
    );
    assert_eq!(
        enters(
            &site,
            "authorise",
            &[("source", "circular"), ("signatories", &line), ("required", "1")]
        )
        .await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(codes(&outcome(&site.web.pipeline, "2026/000001"), "dilekce"), [] as [&str; 0]);
    assert_eq!(enters(&site, "asked", &[("day", "2026-11-20")]).await, StatusCode::SEE_OTHER);
    assert!(
        clerk.get(FILE).await.text.contains("en geç 27.11.2026"),
        "the reply names the last day"
    );

    // From somebody else the same subject completes nothing.
    let more = |name: &str| vec![pdf(name, signed(std::slice::from_ref(&sound))), pdf("gazete.pdf", unsigned())];
    arrives(
        &site,
        "2.eml",
        &mail("baska@hs01.kep.tr", "Eksikler: 2026/000001", more("taahhut.pdf")),
    )
    .await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Incomplete);
    arrives(&site, "3.eml", &mail(COMPANY, "Eksikler: 2026/000001", more("Taahhütname.pdf"))).await;
    let last = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(last.standing, Standing::Complete, "{last:?}");
    let page = clerk.get(FILE).await.text;
    assert!(
        page.contains("Tamam") && page.contains("SINAMA KİŞİSİ 1") && !page.contains("Gönderilmeye hazır"),
        "{page}"
    );
    assert!(
        clerk
            .get("/documents/2026/000003")
            .await
            .text
            .contains("Bu belge şu dosyayı tamamlıyor")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_verdicts_on_papers_rest_on_is_named_and_kept() {
    // Its validation data lie beside the signature.
    let kit = scenario_kit::build(Defect::Sound, Rung::T, Profile::P1);
    let mut inside = Inside::new(site::NOON, &format!("[checklist]\nfolder = \"{}\"\n", samples().display()));
    let trust = "online = false\nintermediates = \"intermediates\"\nrevocation = \"revocation\"\n";
    inside.text = inside.text.replacen("online = false\n", trust, 1);
    kit.lay_out(inside.dir.path());
    inside.put(
        "1.eml",
        &mail(
            COMPANY,
            "destek başvurusu",
            vec![pdf("Dilekçe.pdf", signed(std::slice::from_ref(&kit)))],
        ),
    );
    let pipeline = inside.open(RealDisk::shared()).unwrap();
    pass(&pipeline).await;
    files::look(&pipeline).await.unwrap();
    let ledger = &pipeline.ledger;
    let read = ledger.file_state("2026/000001".parse().unwrap()).unwrap().unwrap().read.unwrap();
    let outside: Vec<_> = read.objects.iter().filter(|object| !object.embedded).collect();
    assert!(!outside.is_empty(), "{:?}", read.objects);
    let asked = ledger.objects().unwrap();
    for object in outside {
        assert!(ledger.blobs().exists(&object.sha256).unwrap(), "{object:?} is kept");
        assert!(asked.contains(&object.sha256), "{object:?} is missed when it is gone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joint_signatures_and_broken_ones() {
    let site = office().await;
    let (one, two) = (kit(Defect::Sound), other());
    let both = [one.clone(), two.clone()];
    let with = |petition: Vec<u8>, undertaking: Vec<u8>| {
        let mut files = the_rest();
        files.push(pdf("dilekce.pdf", petition));
        files.push(pdf("taahhutname.pdf", undertaking));
        files
    };
    let application = mail(COMPANY, "ihracat desteği", with(signed(&both), signed(&both[..1])));
    arrives(&site, "1.eml", &application).await;
    let signatories = format!("{}\r\n{}\r\nÜçüncü Kişi; 999*****999", on_circular(&one), on_circular(&two));
    assert_eq!(
        enters(&site, "authorise", &[("signatories", &signatories), ("required", "2")]).await,
        StatusCode::SEE_OTHER
    );
    let outcome_now = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(codes(&outcome_now, "dilekce"), [] as [&str; 0], "{outcome_now:?}");
    assert_eq!(
        (outcome_now.standing, codes(&outcome_now, "taahhutname")),
        (Standing::Wrong, vec![code::NOT_ENOUGH_SIGNERS])
    );

    // A reply to the application by its Message-ID is not needed: a clerk joins what nobody referred to.
    let second = mail(
        "muhasebe@hs01.kep.tr",
        "Taahhütname ektedir",
        vec![pdf("taahhutname.pdf", signed(&both))],
    );
    arrives(&site, "2.eml", &second).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Wrong);
    assert_eq!(enters(&site, "join", &[("document", "2026/000002")]).await, StatusCode::SEE_OTHER);
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    assert_eq!(
        enters(&site, "separate", &[("document", "2026/000002")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(standing(&site, "2026/000001"), Standing::Wrong);

    // What was changed after signing, and what nobody can judge.
    for (defect, standing, why) in [
        (Defect::Content, Standing::Wrong, code::INVALID_SIGNATURE),
        (Defect::CrlExpired, Standing::Awaiting, code::UNCERTAIN_SIGNATURE),
    ] {
        let site = office().await;
        let petition = pdf_sign::letter(&kit(defect), Style::Table, StampIn::Cms);
        let application = mail(COMPANY, "ihracat desteği", with(petition, signed(&both[..1])));
        arrives(&site, "1.eml", &application).await;
        enters(&site, "authorise", &[("signatories", &on_circular(&one)), ("required", "1")]).await;
        let outcome = outcome(&site.web.pipeline, "2026/000001");
        assert_eq!((outcome.standing, codes(&outcome, "dilekce")), (standing, vec![why]), "{defect:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paper_is_what_its_bytes_are_and_what_a_clerk_says() {
    let site = office().await;
    let sound = kit(Defect::Sound);
    let mut files = the_rest();
    // Called a PDF, and none; and one whose name says nothing.
    files.push(pdf("Dilekçe.pdf", b"MZ not a pdf".to_vec()));
    files.push(pdf("tarama0007.pdf", signed(std::slice::from_ref(&sound))));
    arrives(&site, "1.eml", &mail(COMPANY, "destek başvurusu", files)).await;
    enters(&site, "authorise", &[("signatories", &on_circular(&sound)), ("required", "1")]).await;
    let first = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(codes(&first, "dilekce"), [code::WRONG_FORMAT, code::UNSIGNED]);
    assert_eq!(codes(&first, "taahhutname"), [code::MISSING]);
    let scan = first.unplaced.first().expect("the scan").sha256.to_string();
    assert_eq!(
        enters(&site, "decide", &[("sha256", &scan), ("paper", "taahhutname")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(codes(&outcome(&site.web.pipeline, "2026/000001"), "taahhutname"), [] as [&str; 0]);
    // What cannot be so is refused with a sentence, and what was typed stands in the form again.
    let mut clerk = site.signed_in("memur").await;
    for (deed, fields) in [
        ("authorise", [("signatories", "Yalnız Ad"), ("required", "1")]),
        ("authorise", [("signatories", "Ali Öz; 12345678901234"), ("required", "1")]),
        ("join", [("document", "2026/1x"), ("note", "")]),
        ("originals", [("day", "2026-12-24"), ("note", "")]),
        ("bind", [("checklist", "yok"), ("note", "")]),
    ] {
        let answer = clerk.submit(FILE, &format!("{FILE}/{deed}"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{deed}");
        assert!(answer.text.contains("role=\"alert\""), "{deed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_what_came_from_the_machine_and_that_older_files_were_not_looked_at() {
    let site = office().await;
    arrives(&site, "1.eml", &mail(COMPANY, "destek başvurusu", the_rest())).await;
    let pipeline = &site.web.pipeline;
    let day = kep_gateway::clock::local_day(pipeline.now());
    let by = By {
        person: person("memur", Role::Clerk),
        uid: Some(1_000),
    };
    let number = "2026/000001".parse().unwrap();
    let entered = pipeline.enter_file_deed(number, Deed::CompletionAsked { day }, None, by).await;
    entered.unwrap().unwrap();
    let mut clerk = site.signed_in("memur").await;
    let page = clerk.get(FILE).await.text;
    assert!(page.contains("(komut satırından, uid 1000)"), "{page}");

    let board = clerk.get("/boards/deadlines").await.text;
    assert!(board.contains("2026/000001") && !board.contains("Hepsi gösterilmedi"), "{board}");
    append_files(&pipeline.ledger, 0..600).await;
    assert!(clerk.get("/boards/deadlines").await.text.contains("Hepsi gösterilmedi"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_are_told_once_while_they_stand_and_end_with_what_they_wait_for() {
    let site = office().await;
    let pipeline = &site.web.pipeline;
    arrives(&site, "1.eml", &mail(COMPANY, "destek başvurusu", the_rest())).await;
    let line = on_circular(&kit(Defect::Sound));
    let power = [
        ("source", "power"),
        ("signatories", line.as_str()),
        ("required", "1"),
        ("until", "2027-02-01"),
    ];
    assert_eq!(enters(&site, "authorise", &power).await, StatusCode::SEE_OTHER);
    let look = async |now: &str| {
        site.inside.set(now);
        files::look(pipeline).await.unwrap();
        let head = pipeline.ledger.head();
        files::look(pipeline).await.unwrap();
        assert_eq!(pipeline.ledger.head(), head, "{now}: a second look wrote something");
    };
    let words = |cause| -> Vec<(String, String)> {
        let facts = |job: &Job, name: &str| job.notice.facts.get(name).cloned().unwrap_or_default();
        told(pipeline, cause)
            .iter()
            .map(|job| (facts(job, "term"), facts(job, "phase")))
            .collect()
    };
    let originals = |phase: &str| ("originals".to_owned(), phase.to_owned());
    // Arrived on Friday 20 November: five business days end on Friday 27.
    look("2026-11-26T07:00:00Z").await;
    assert!(words(Cause::ApplicationTerm).is_empty());
    look("2026-11-27T13:00:00Z").await;
    assert_eq!(words(Cause::ApplicationTerm), vec![originals("near")]);
    let standing = pipeline.ledger.standing_under("file/").unwrap();
    assert_eq!(standing.len(), 1, "{standing:?}");
    // Neither the company's name nor a signatory leaves the house.
    let said = format!("{:?}", told(pipeline, Cause::ApplicationTerm));
    assert!(
        !said.contains("Sınama") && !said.contains("destek") && said.contains("2026/000001"),
        "{said}"
    );

    enters(&site, "originals", &[("day", "2026-11-27")]).await;
    assert!(pipeline.ledger.standing_under("file/").unwrap().is_empty(), "it is over");
    look("2026-11-30T07:00:00Z").await;
    assert_eq!(words(Cause::ApplicationTerm).len(), 1);
    assert!(words(Cause::PowerEnding).is_empty());
    look("2027-01-02T07:00:00Z").await;
    assert_eq!(words(Cause::PowerEnding), vec![("power-ends".to_owned(), "near".to_owned())]);
    look("2027-02-02T07:00:00Z").await;
    assert_eq!(pipeline.ledger.standing_under("file/").unwrap().len(), 1);
    enters(&site, "revoke", &[("authority", "0")]).await;
    assert!(pipeline.ledger.standing_under("file/").unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_see_the_document_is_told_of_no_file_and_the_auditor_only_reads() {
    let site = office().await;
    arrives(&site, "1.eml", &mail(COMPANY, "destek başvurusu", the_rest())).await;
    let line = on_circular(&kit(Defect::Sound));
    enters(&site, "authorise", &[("signatories", &line), ("required", "1")]).await;

    let mut stranger = site.signed_in("yabanci").await;
    let (hidden, absent) = (stranger.get(FILE).await, stranger.get("/documents/2026/000099/file").await);
    let plain = |text: &str| text.replace("000099", "000001");
    assert_eq!((hidden.status, &hidden.text), (StatusCode::NOT_FOUND, &plain(&absent.text)));
    for page in ["/boards/files", "/boards/deadlines?month=2026-11", "/"] {
        let text = stranger.get(page).await.text;
        for secret in ["2026/000001", "Sınama Kişisi", COMPANY, "İhracat desteği başvurusu"] {
            assert!(!text.contains(secret), "{page} tells of {secret}");
        }
    }
    let fields = [("day", "2026-11-20")];
    let refused = stranger.submit("/account", &format!("{FILE}/originals"), &fields).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    let mut auditor = site.signed_in("denetci").await;
    let page = auditor.get(FILE).await;
    assert!(page.status == StatusCode::OK && page.text.contains("Sınama Kişisi 1") && !page.text.contains("id=\"authorise\""));
    let refused = auditor.submit("/account", &format!("{FILE}/originals"), &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let file = site
        .web
        .ledger()
        .application_file("2026/000001".parse().unwrap(), &|_| true)
        .unwrap()
        .unwrap();
    assert!(!file.entered.0.iter().any(|done| matches!(done.deed, Deed::OriginalsArrived { .. })));

    // What completes the file in a unit that somebody does not see is no part of it for them, and no deed names it.
    arrives(
        &site,
        "2.eml",
        &mail("muhasebe@hs01.kep.tr", "Gizli ek", vec![pdf("vekaletname-zeynep.pdf", unsigned())]),
    )
    .await;
    enters(&site, "join", &[("document", "2026/000002")]).await;
    let mut clerk = site.signed_in("memur").await;
    let whole = clerk.get(FILE).await.text;
    assert!(whole.contains("2026/000002") && whole.contains("vekaletname-zeynep"), "{whole}");
    clerk
        .submit("/documents/2026/000002", "/documents/2026/000002/assign", &[("unit", "Hukuk")])
        .await;
    clerk
        .submit("/documents/2026/000001", "/documents/2026/000001/assign", &[("unit", "Evrak")])
        .await;
    let narrow = Person {
        units: Scope::Only(["Evrak".to_owned()].into()),
        ..person("dar", Role::Clerk)
    };
    let account = Account {
        password: Some(password::hash(&Secret::new(PASSWORD)).unwrap()),
        ..Account::new(narrow, Source::Local)
    };
    site.edit("dar", Edit::Add(Box::new(account))).await;
    let mut narrow = site.signed_in("dar").await;
    let page = narrow.get(FILE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("2026/000002") && !page.text.contains("zeynep"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_of_the_offices_judges_too() {
    let site = office().await;
    let sound = kit(Defect::Sound);
    let files = |identity: Attached| {
        vec![
            pdf("Yetkili Bildirim Formu.pdf", signed(std::slice::from_ref(&sound))),
            pdf("imza_beyannamesi.pdf", unsigned()),
            identity,
            // Optional, and asked to be signed by whomever.
            pdf("gorevlendirme yazisi.pdf", signed(&[other()])),
        ]
    };
    let png = Attached::new("kimlik.jpg", "image/jpeg", b"\x89PNG\r\n\x1a\n".to_vec());
    arrives(&site, "1.eml", &mail(COMPANY, "Üyelik başvurusu", files(png))).await;
    enters(&site, "authorise", &[("signatories", &on_circular(&sound)), ("required", "1")]).await;
    let first = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(
        (first.standing, codes(&first, "kimlik")),
        (Standing::Wrong, vec![code::WRONG_FORMAT]),
        "{first:?}"
    );
    arrives(&site, "2.eml", &mail(COMPANY, "Kimlik 2026/000001", vec![picture("kimlik.jpg")])).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
}

#[test]
fn the_built_program_reads_asks_and_completes() {
    let world = World::new(11);
    let gateway = Gateway::with_drop(&world);
    let sound = kit(Defect::Sound);
    sound.lay_out(gateway.dir.path());
    let folder = gateway.dir.path().join("listeler");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("deneme.toml"), QUALIFIED).unwrap();
    gateway.configure(&format!(
        "[checklist]\nfolder = \"listeler\"\n[[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"{}\"\nsettle = \"0s\"\n\
         address = \"{OURS}\"\n",
        gateway.drop().display()
    ));
    assert!(gateway.run(&["config", "check"]).status.code().is_some_and(|code| code != 2));
    let application = mail(
        COMPANY,
        "Deneme başvurusu",
        vec![pdf("tarama.pdf", signed(std::slice::from_ref(&sound)))],
    );
    gateway.put("1.eml", &application);
    gateway.ok(&["poll"]);
    let shown = gateway.run(&["checklist", "show", "2026/000001", "--json"]);
    assert_eq!(shown.status.code(), Some(10), "{}", String::from_utf8_lossy(&shown.stderr));
    let file: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(
        (file["standing"].as_str(), file["papers"][0]["standing"].as_str()),
        (Some("incomplete"), Some("complete")),
        "{file:#}"
    );
    assert_eq!(file["papers"][1]["reasons"][0]["code"], "KEP-5701");
    assert!(file["reply"].as_str().unwrap().contains("2026/000001"), "{file:#}");
    assert_eq!(file["terms"][0]["kind"], "originals");

    gateway.put(
        "2.eml",
        &mail(COMPANY, "Eksik belge 2026/000001", vec![picture("Vergi Levhası.jpg")]),
    );
    gateway.ok(&["poll"]);
    let table = gateway.ok(&["checklist", "list"]);
    assert!(
        table.contains("2026/000001") && table.contains("tamam") && !table.contains("2026/000002"),
        "{table}"
    );
    let text = gateway.ok(&["--lang", "en", "checklist", "show", "2026/000002"]);
    assert!(
        text.contains("Standing: complete") && text.contains("2026/000002 Vergi Levhası.jpg"),
        "{text}"
    );
    // What we sent ourselves under the same subject is no application. It is the marker that says so, not the address: what came back to us
    // arrived.
    let sent = gateway.dir.path().join("giden.eml");
    let letter = |place: &str| {
        mail(
            OURS,
            &format!("Deneme başvurusu: eksikleriniz {place}"),
            vec![pdf("yazi.pdf", unsigned())],
        )
    };
    std::fs::write(&sent, letter("1")).unwrap();
    gateway.ok(&["import", "--sent", sent.to_str().unwrap()]);
    gateway.ok(&["poll"]);
    let listed = || String::from_utf8(gateway.run(&["checklist", "list"]).stdout).unwrap();
    assert!(!listed().contains("2026/000003"));
    gateway.put("4.eml", &letter("2"));
    gateway.ok(&["poll"]);
    assert!(listed().contains("2026/000004"));
    // What nobody works on any more leaves the exit code alone.
    let code = || gateway.run(&["checklist", "list"]).status.code();
    assert_eq!(code(), Some(20), "its letter is not signed");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(&gateway.store(), RealDisk::shared(), Arc::new(SystemClock)).unwrap();
        let done = HandlingRequest {
            action: Action::Done,
            note: None,
        };
        let (number, clerk) = ("2026/000004".parse().unwrap(), person("memur", Role::Clerk));
        ledger.viewed(number, &clerk, View::Page).await.unwrap();
        ledger.handle(number, done, &clerk).await.unwrap().unwrap();
    });
    assert_eq!(code(), Some(0));
    // The record alone brings it back.
    gateway.ok(&["index", "rebuild"]);
    assert!(listed().contains("tamam") && listed().contains("2026/000004"));

    // The dry run needs no store and judges what lies in a file.
    let path = gateway.dir.path().join("dene.eml");
    std::fs::write(&path, mail(COMPANY, "Başka bir konu", vec![pdf("dilekce.pdf", unsigned())])).unwrap();
    let rules = folder.join("deneme.toml");
    let dry = gateway.run(&["checklist", "check", path.to_str().unwrap(), "--checklist", rules.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&dry.stdout);
    assert!(
        dry.status.code() == Some(20) && said.contains("KEP-5704") && said.contains("KEP-5701"),
        "{said}"
    );
    let none = gateway.run(&["checklist", "check", path.to_str().unwrap()]);
    assert_eq!(none.status.code(), Some(1), "{}", String::from_utf8_lossy(&none.stdout));

    // A wrong checklist stops the check of the configuration, and the program does not start with it.
    std::fs::write(folder.join("b.toml"), "name = \"x\"\ntitel = \"y\"\n").unwrap();
    let check = gateway.run(&["config", "check"]);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&check.stdout),
        String::from_utf8_lossy(&check.stderr)
    );
    assert!(
        check.status.code() != Some(0) && said.contains("KEP-8013") && said.contains("b.toml"),
        "{said}"
    );
}
