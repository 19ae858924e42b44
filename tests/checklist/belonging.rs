//! Which file a message belongs to, and by which version of which checklist a file is judged.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use axum::http::StatusCode;
use kep_gateway::checklist::outcome::Standing;
use kep_gateway::checklist::reasons::code;
use kep_gateway::daemon::files;

use super::office::*;
use crate::forge::mail::File as Attached;
use crate::forge::scenarios::Defect;
use crate::inside::pass;
use crate::site::Site;

fn petition() -> Attached {
    pdf("dilekce.pdf", signed(&[kit(Defect::Sound)]))
}

fn plate() -> Attached {
    picture("vergi levhası.jpg")
}

async fn qualified() -> Site {
    office_with(&[("deneme.toml", QUALIFIED)]).await
}

fn members(site: &Site, number: &str) -> Vec<String> {
    let file = site
        .web
        .ledger()
        .application_file(number.parse().unwrap(), &|_| true)
        .unwrap()
        .unwrap();
    file.members.iter().map(|(entry, _)| entry.register_number.to_string()).collect()
}

async fn handles(site: &Site, number: &str, deed: &str, fields: &[(&str, &str)]) {
    let page = format!("/documents/{number}");
    let mut clerk = site.signed_in("memur").await;
    let answer = clerk.submit(&page, &format!("{page}/{deed}"), fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    files::look(&site.web.pipeline).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_application_of_somebody_who_names_his_last_one_is_one_by_itself() {
    let site = qualified().await;
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", vec![petition(), plate()])).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    // In the words of an application, and there is nothing to complete.
    arrives(
        &site,
        "2.eml",
        &mail(COMPANY, "Deneme başvurusu (önceki: 2026/000001)", vec![plate()]),
    )
    .await;
    assert_eq!(
        (members(&site, "2026/000001"), is_file(&site, "2026/000002")),
        (vec!["2026/000001".to_owned()], true)
    );
    // The second one lacks something: what names it completes it, also in the words of an application. What names both belongs to neither.
    arrives(
        &site,
        "3.eml",
        &mail(COMPANY, "Eksik: 2026/000001 ve 2026/000002", vec![petition()]),
    )
    .await;
    assert_eq!(standing(&site, "2026/000002"), Standing::Incomplete);
    assert!(!is_file(&site, "2026/000003"));
    arrives(
        &site,
        "4.eml",
        &mail(COMPANY, "Ynt: Deneme başvurusu 2026/000002", vec![petition()]),
    )
    .await;
    assert_eq!(members(&site, "2026/000002"), ["2026/000002", "2026/000004"]);
    assert_eq!(standing(&site, "2026/000002"), Standing::Complete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_is_completed_by_no_message_and_what_was_not_recorded_completes_nothing() {
    let site = qualified().await;
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", vec![petition()])).await;
    arrives(&site, "2.eml", &mail(COMPANY, "Eksik 2026/000001", vec![plate()])).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    handles(&site, "2026/000002", "not-recorded", &[("note", "yanlışlıkla gelmiş")]).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Incomplete);
    assert_eq!(
        members(&site, "2026/000001").len(),
        2,
        "it is shown, so that a clerk can separate it"
    );
    handles(&site, "2026/000001", "done", &[]).await;
    arrives(&site, "3.eml", &mail(COMPANY, "Eksik 2026/000001 tekrar", vec![plate()])).await;
    assert_eq!(members(&site, "2026/000001").len(), 2);
    // Reopened it takes what comes, and a clerk may join the other.
    handles(&site, "2026/000001", "reopen", &[("note", "eksik geldi")]).await;
    arrives(&site, "4.eml", &mail(COMPANY, "Eksik 2026/000001 yine", vec![plate()])).await;
    assert_eq!(members(&site, "2026/000001").len(), 3);
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_that_is_learnt_of_when_the_file_is_long_done_has_its_term() {
    let rules = QUALIFIED.replacen("retention_years = 10", "retention_years = 10\nloss_report_days = 15", 1);
    let site = office_with(&[("deneme.toml", &rules)]).await;
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", vec![petition(), plate()])).await;
    handles(&site, "2026/000001", "done", &[]).await;
    assert!(
        site.web.pipeline.due_terms().await.is_empty(),
        "the originals are nobody's business any more"
    );
    site.inside.set("2027-03-01T09:00:00Z");
    assert_eq!(enters(&site, "loss", &[("day", "2027-03-01")]).await, StatusCode::SEE_OTHER);
    let terms = site.web.pipeline.due_terms().await;
    let told: Vec<(&str, String)> = terms.iter().map(|(_, term)| (term.kind.word(), term.day.to_string())).collect();
    assert_eq!(told, [("loss-report", "2027-03-16".to_owned())]);
    assert_eq!(
        enters(&site, "loss-reported", &[("day", "2027-03-01")]).await,
        StatusCode::SEE_OTHER
    );
    assert!(site.web.pipeline.due_terms().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_two_checklists_hold_a_clerk_says_which_is_meant() {
    let site = office_with(&[
        (
            "a.toml",
            &QUALIFIED
                .replacen("name = \"deneme\"", "name = \"kolay\"", 1)
                .replacen("\"qualified\"", "\"none\"", 1),
        ),
        ("b.toml", QUALIFIED),
    ])
    .await;
    let files = vec![pdf("dilekce.pdf", unsigned()), plate()];
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", files)).await;
    let both = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!(
        (both.standing, whole(&both)),
        (Standing::Awaiting, vec![code::SEVERAL_LISTS]),
        "{both:?}"
    );
    // What is done was judged by one of them, and is left alone.
    handles(&site, "2026/000001", "done", &[]).await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    handles(&site, "2026/000001", "reopen", &[("note", "bakılacak")]).await;
    for (name, standing_then) in [("deneme", Standing::Wrong), ("kolay", Standing::Complete)] {
        assert_eq!(enters(&site, "bind", &[("checklist", name)]).await, StatusCode::SEE_OTHER);
        let bound = outcome(&site.web.pipeline, "2026/000001");
        assert_eq!((bound.standing, whole(&bound)), (standing_then, vec![]), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checklist_that_changes_judges_what_is_worked_on_and_leaves_alone_what_is_done() {
    let site = qualified().await;
    let write = |name: &str, text: &str| std::fs::write(site.inside.dir.path().join("listeler").join(name), text).unwrap();
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", vec![petition(), plate()])).await;
    arrives(
        &site,
        "2.eml",
        &mail(
            "b@hs01.kep.tr",
            "Deneme başvurusu",
            vec![petition(), plate(), picture("oda kaydı.jpg")],
        ),
    )
    .await;
    for number in ["2026/000001", "2026/000002"] {
        assert_eq!(standing(&site, number), Standing::Complete, "{number}");
    }
    handles(&site, "2026/000001", "done", &[]).await;

    // Another paper is asked for.
    let more = format!("{QUALIFIED}[[paper]]\nid = \"oda\"\ntitle = \"Oda kaydı\"\nnames = [\"oda kayd\"]\n");
    write("deneme.toml", &more);
    reload(&site).await;
    assert_eq!(standing(&site, "2026/000002"), Standing::Complete);
    let done = outcome(&site.web.pipeline, "2026/000001");
    assert_eq!((done.standing, whole(&done)), (Standing::Awaiting, vec![code::OLDER_RULES]));
    handles(&site, "2026/000001", "reopen", &[("note", "bakılacak")]).await;
    assert_eq!(codes(&outcome(&site.web.pipeline, "2026/000001"), "oda"), [code::MISSING]);

    // It holds for other messages now: what is worked on stays under it, and is read by its rules of today.
    let narrow = more
        .replacen("[\"deneme başvurusu\"]", "[\"bambaşka\"]", 1)
        .replacen("oda kayd", "oda sicil", 1);
    write("deneme.toml", &narrow);
    reload(&site).await;
    let narrowed = outcome(&site.web.pipeline, "2026/000002");
    assert_eq!(
        (whole(&narrowed), codes(&narrowed, "oda")),
        (vec![], vec![code::MISSING]),
        "{narrowed:?}"
    );
    // Another list that would hold first takes nothing away from it; it asks.
    write("aaa.toml", &QUALIFIED.replacen("name = \"deneme\"", "name = \"aaa\"", 1));
    reload(&site).await;
    let rivals = outcome(&site.web.pipeline, "2026/000002");
    assert_eq!(whole(&rivals), [code::SEVERAL_LISTS]);
    // Without its list it waits.
    std::fs::remove_file(site.inside.dir.path().join("listeler/deneme.toml")).unwrap();
    std::fs::remove_file(site.inside.dir.path().join("listeler/aaa.toml")).unwrap();
    write(
        "baska.toml",
        &QUALIFIED
            .replacen("name = \"deneme\"", "name = \"baska\"", 1)
            .replacen("deneme başvurusu", "hiçbiri", 1),
    );
    reload(&site).await;
    assert_eq!(whole(&outcome(&site.web.pipeline, "2026/000002")), [code::NO_RULES]);
    // Nobody knows which papers there are.
    let file = site
        .web
        .ledger()
        .application_file("2026/000001".parse().unwrap(), &|_| true)
        .unwrap()
        .unwrap();
    let sha256 = file.papers().next().unwrap().sha256.to_string();
    let fields = [("sha256", sha256.as_str()), ("paper", "dilekce")];
    assert_eq!(enters(&site, "decide", &fields).await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_completes_a_file_is_read_by_the_list_that_the_file_is_bound_to() {
    let wider = QUALIFIED
        .replacen("name = \"deneme\"", "name = \"genis\"", 1)
        .replacen("deneme başvurusu", "geniş başvuru", 1)
        .replacen("names = [\"vergi\"]", "names = [\"vergi\", \"mükellefiyet\"]", 1);
    let site = office_with(&[("a.toml", QUALIFIED), ("b.toml", &wider)]).await;
    arrives(&site, "1.eml", &mail(COMPANY, "Deneme başvurusu", vec![petition()])).await;
    arrives(
        &site,
        "2.eml",
        &mail(COMPANY, "Eksik 2026/000001", vec![picture("mükellefiyet yazısı.jpg")]),
    )
    .await;
    assert_eq!(standing(&site, "2026/000001"), Standing::Incomplete);
    assert_eq!(enters(&site, "bind", &[("checklist", "genis")]).await, StatusCode::SEE_OTHER);
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    // Taken out again it is no file, whatever it was read as.
    assert_eq!(
        enters(&site, "separate", &[("document", "2026/000002")]).await,
        StatusCode::SEE_OTHER
    );
    assert!(!is_file(&site, "2026/000002"));
    assert_eq!(standing(&site, "2026/000001"), Standing::Incomplete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_gives_way_leaves_the_rest_to_the_next_one_and_all_of_them_come_to_the_end() {
    let site = qualified().await;
    let pipeline = &site.web.pipeline;
    // An application and what completes it, in one batch; and what refers to nothing, which is asked for its references each time.
    site.inside.put("1.eml", &mail(COMPANY, "Deneme başvurusu", vec![petition()]));
    pass(pipeline).await;
    for number in 2..6 {
        site.inside
            .put(&format!("{number}.eml"), &mail(COMPANY, &format!("Duyuru {number}"), vec![plate()]));
        pass(pipeline).await;
    }
    site.inside.put("6.eml", &mail(COMPANY, "Eksik evrak 2026/000001", vec![plate()]));
    pass(pipeline).await;
    let mut recorded = 0;
    // Six changes, the second readings of those that may complete, and what the readings change themselves.
    for _ in 0..40 {
        recorded += pipeline.follow_files_for(Duration::ZERO).await.unwrap();
    }
    assert_eq!(members(&site, "2026/000001"), ["2026/000001", "2026/000006"]);
    assert_eq!(standing(&site, "2026/000001"), Standing::Complete);
    assert_eq!(recorded, 2, "each was read once");
    assert_eq!(pipeline.follow_files().await.unwrap(), 0, "nothing is left");
}
