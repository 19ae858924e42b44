//! The clerk's day in a real browser: Chromium without a screen over the real daemon over a real Dovecot, in both languages, on a desk and on a phone.
//! Pictures of it are kept under `target/screenshots`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod support;
mod browser {
    pub mod axe;
    pub mod chrome;
    pub mod office;
}

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use browser::axe;
use browser::chrome::{Chrome, Screen};
use browser::office::{ADMINISTRATOR, CLERK, Office, PASSWORD, bundled, sh};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// One browser at a time: each takes half a gigabyte and a core.
static ALONE: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

/// The days before: everything bundled but what is kept back to arrive while somebody looks.
fn days_before(kept_back: &[&str]) -> Vec<Vec<u8>> {
    let all = (1..=20).map(|number| format!("{number:02}"));
    all.filter(|number| !kept_back.contains(&number.as_str()))
        .map(|number| bundled(&format!("{number}-")))
        .collect()
}

struct Words {
    lang: &'static str,
    today: &'static str,
    assigned: &'static str,
    unit: &'static str,
    kept_back: &'static str,
    letter: &'static str,
}

const TURKISH: Words = Words {
    lang: "tr",
    today: "Bugün",
    assigned: "Havale edildi.",
    unit: "Plan ve Proje Müdürlüğü",
    kept_back: "02",
    letter: "Üst yazı",
};

const ENGLISH: Words = Words {
    lang: "en",
    today: "Today",
    assigned: "assigned",
    unit: "Hukuk Müşavirliği",
    kept_back: "17",
    letter: "Covering letter",
};

#[tokio::test]
async fn a_clerk_sees_a_message_arrive_reads_assigns_prints_and_takes_a_case_file_that_holds_outside() {
    let _alone = ALONE.lock().await;
    let mut office = Office::open(&days_before(&[TURKISH.kept_back, ENGLISH.kept_back]));
    let chrome = Chrome::open(&office.site, Screen::Desk).await;
    chrome.goto("/boards/deadlines").await;
    chrome.until_at("/login").await;
    chrome.picture("login-tr").await;
    chrome.fill("#login", CLERK).await;
    chrome.fill("#password", "yanlış bir parola").await;
    chrome.click("button[type=submit]").await;
    assert!(!chrome.text("[role=alert]").await.is_empty(), "a wrong password is told");
    chrome.fill("#password", PASSWORD).await;
    chrome.click("button[type=submit]").await;
    chrome.until_at("/boards/deadlines").await;
    for words in [TURKISH, ENGLISH] {
        day(&mut office, &chrome, &words).await;
    }
}

async fn day(office: &mut Office, chrome: &Chrome, words: &Words) {
    chrome.goto("/").await;
    if chrome.find("html").await.attr("lang").await.unwrap().as_deref() != Some(words.lang) {
        chrome.click("#switch-lang").await;
        chrome
            .until(&format!("document.documentElement.lang === {}", json!(words.lang)))
            .await;
    }
    assert_eq!(chrome.text("h1").await, words.today);
    let before = chrome
        .js(
            "return [...document.querySelectorAll('#rows tr')].map(row => row.dataset.number)",
            vec![],
        )
        .await;
    let before = before.as_array().unwrap().len();

    // It arrives while the page stands open: nobody reloads. A mark that a reload would take away stays.
    chrome
        .until("document.getElementById('link').textContent === document.getElementById('link').dataset.on")
        .await;
    chrome.js("window.notReloaded = true", vec![]).await;
    office.dovecot.deliver(&bundled(&format!("{}-", words.kept_back)));
    chrome.until("document.querySelector('#rows tr.fresh')").await;
    assert_eq!(
        chrome.js("return window.notReloaded", vec![]).await,
        json!(true),
        "the page was loaded anew"
    );
    let rows = chrome.js("return document.querySelectorAll('#rows tr').length", vec![]).await;
    assert_eq!(rows, json!(before + 1));
    chrome
        .until(&format!("document.getElementById('count-arrived').dataset.count === '{rows}'"))
        .await;
    assert!(
        !chrome
            .js("return document.getElementById('news').textContent", vec![])
            .await
            .as_str()
            .unwrap()
            .is_empty(),
        "told to a screen-reader"
    );
    chrome.picture(&format!("today-arrived-{}", words.lang)).await;

    // Opened: the letter's words stand there, the verdict is a word, and who looked is on record.
    let number = chrome
        .js("return document.querySelector('#rows tr.fresh').dataset.number", vec![])
        .await;
    let number = number.as_str().unwrap().to_owned();
    let page = format!("/documents/{number}");
    chrome.click(&format!("#rows tr[data-number='{number}'] td.c-subject a")).await;
    chrome.until_at(&page).await;
    assert!(
        chrome.text("#letter h2").await.eq_ignore_ascii_case(words.letter),
        "{}",
        chrome.text("#letter h2").await
    );
    let letter = chrome.text("#letter pre.text").await;
    assert!(
        letter.chars().filter(|c| c.is_alphabetic()).count() > 40,
        "the words of the letter: {letter}"
    );
    assert!(chrome.text("#verdict .chip").await.len() > 3);
    assert!(chrome.text("#views").await.contains("Ayşe Yılmaz"), "the opening is on record");
    read_in_its_frame(chrome, &page).await;
    chrome.picture(&format!("document-{}", words.lang)).await;

    // Havale.
    chrome.fill("#unit", words.unit).await;
    chrome.fill("#assign-note", "İncelensin; süresi yakın.").await;
    chrome.click("#assign button[type=submit]").await;
    chrome.find("#said").await;
    assert!(
        chrome.text("#said").await.to_lowercase().contains(&words.assigned.to_lowercase()),
        "{}",
        chrome.text("#said").await
    );
    assert!(chrome.text("#history").await.contains(words.unit) && chrome.text("#history").await.contains("İncelensin"));

    // Checked outside of the gateway, in a shell.
    chrome.click("#case").await;
    let case = chrome.downloaded(".zip").await;
    let folder = case.with_extension("");
    std::fs::create_dir(&folder).unwrap();
    sh(&folder, &format!("unzip -q '{}'", case.display()));
    sh(&folder, "sha256sum -c --strict SHA256SUMS");
    let checks = sh(&folder, "sh denetle.sh");
    assert!(
        !checks.contains("HATA") && checks.matches("imza / signature").count() >= 3,
        "openssl says:\n{checks}"
    );
    let original = sh(&folder, "sha256sum ileti.eml");
    assert!(
        original.starts_with(&forge::world::World::sha256(&bundled(&format!("{}-", words.kept_back)))),
        "the message as it was delivered"
    );
    std::fs::write(folder.join("ileti.eml"), b"another message").unwrap();
    sh(&folder, "! sha256sum -c --status --strict SHA256SUMS");

    // The register on paper, and the page itself as paper.
    chrome.goto("/papers").await;
    chrome.click("#print").await;
    let register = chrome.downloaded(".pdf").await;
    let beside = register.parent().unwrap();
    sh(beside, &format!("qpdf --check '{}'", register.display()));
    let printed = sh(beside, &format!("pdftotext -layout '{}' -", register.display()));
    assert!(printed.contains(&number), "{number} is not in the register:\n{printed}");
    chrome.goto("/").await;
    let paper = chrome.client.print(fantoccini::wd::PrintConfiguration::default()).await.unwrap();
    let file = beside.join("today.pdf");
    std::fs::write(&file, paper).unwrap();
    let printed = sh(beside, &format!("pdftotext -layout '{}' -", file.display()));
    assert!(
        printed.contains(&number) && printed.contains(words.unit.split(' ').next().unwrap()),
        "{printed}"
    );
}

/// The letter's frame is sandboxed by its own answer: no script, no network, no other page may frame it.
async fn read_in_its_frame(chrome: &Chrome, page: &str) {
    let frame = chrome.find("#letter iframe").await;
    assert!(frame.attr("src").await.unwrap().unwrap().ends_with("/letter"));
    let ask = "const done = arguments[arguments.length - 1];
        fetch(arguments[0]).then(async answer => done({type: answer.headers.get('content-type'), policy: answer.headers.get('content-security-policy'),
            begins: (await answer.text()).slice(0, 5)}), error => done({error: String(error)}));";
    let letter = chrome
        .client
        .execute_async(ask, vec![json!(format!("{page}/letter"))])
        .await
        .unwrap();
    assert_eq!(
        (letter["type"].as_str(), letter["begins"].as_str()),
        (Some("application/pdf"), Some("%PDF-")),
        "{letter}"
    );
    let policy = letter["policy"].as_str().unwrap();
    assert!(
        policy.starts_with("sandbox;") && policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'self'"),
        "{policy}"
    );
    chrome
        .js("document.querySelector('#letter iframe').scrollIntoView({block: 'center'})", vec![])
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    chrome.picture("letter-in-its-frame").await;
    chrome.js("scrollTo(0, 0)", vec![]).await;
}

#[tokio::test]
async fn from_row_to_row_by_keyboard_and_the_tab_counts_what_arrives_behind_it() {
    let _alone = ALONE.lock().await;
    let mut office = Office::open(&[bundled("01-"), bundled("03-"), bundled("06-")]);
    let chrome = Chrome::open(&office.site, Screen::Desk).await;
    chrome.sign_in(CLERK, PASSWORD).await;
    let focused = async || {
        chrome
            .js("return document.activeElement.closest('tr')?.dataset.number ?? null", vec![])
            .await
    };
    let rows = chrome
        .js(
            "return [...document.querySelectorAll('#rows tr')].map(row => row.dataset.number)",
            vec![],
        )
        .await;
    let rows: Vec<Value> = rows.as_array().unwrap().clone();
    assert_eq!(rows.len(), 3);
    for (key, at) in [("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)] {
        chrome.press(key).await;
        chrome
            .until(&format!("document.activeElement.closest('tr')?.dataset.number === {}", rows[at]))
            .await;
    }
    // The focus is seen, and stays where it is when something arrives.
    let outline = chrome
        .js(
            "const style = getComputedStyle(document.activeElement); return style.outlineStyle + style.outlineWidth",
            vec![],
        )
        .await;
    assert!(
        outline != json!("none0px") && outline.as_str().is_some_and(|text| !text.starts_with("none")),
        "the focus is not seen: {outline}"
    );
    chrome.until("document.getElementById('link').textContent !== ''").await;
    office.dovecot.deliver(&bundled("07-"));
    chrome.until("document.querySelectorAll('#rows tr').length === 4").await;
    assert_eq!(focused().await, rows[1], "the focus was lost");
    chrome.press("\u{e007}").await;
    chrome.until_at(&format!("/documents/{}", rows[1].as_str().unwrap())).await;
    chrome.press("g").await;
    chrome
        .until("location.pathname === '/' && document.readyState === 'complete'")
        .await;
    chrome.press("?").await;
    chrome.until("document.querySelector('dialog[open]')").await;
    chrome.press("\u{e00c}").await;
    chrome.until("!document.querySelector('dialog[open]')").await;
    // The first stop of the tab key leads past the menus.
    chrome.goto("/").await;
    chrome.press("\u{e004}").await;
    chrome.until("document.activeElement.className === 'skip'").await;
    chrome.press("\u{e007}").await;
    chrome.until("document.activeElement.id === 'content'").await;

    // Behind another tab: its title counts.
    chrome
        .until("document.getElementById('link').textContent === document.getElementById('link').dataset.on")
        .await;
    let other = chrome.client.new_window(true).await.unwrap();
    chrome.client.switch_to_window(other.handle).await.unwrap();
    office.dovecot.deliver(&bundled("09-"));
    let began = std::time::Instant::now();
    let is_counted = |titles: &[String]| titles.iter().any(|title| title.starts_with("(1) Bugün"));
    while !is_counted(&chrome.tab_titles().await) {
        assert!(began.elapsed() < browser::chrome::PATIENCE, "{:?}", chrome.tab_titles().await);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// Every page of an administrator, who sees all of them. The documents are one of each look.
async fn pages(chrome: &Chrome) -> Vec<(String, String)> {
    let fixed = [
        ("today", "/"),
        ("search", "/search?q=denetim"),
        ("search-wrong", "/search?from=dun"),
        ("deadlines", "/boards/deadlines"),
        ("files", "/boards/files"),
        ("mailboxes", "/boards/mailboxes"),
        ("evidence", "/boards/evidence"),
        ("quarantine", "/boards/quarantine"),
        ("alerts", "/boards/alerts"),
        ("checks", "/boards/checks"),
        ("system", "/boards/system"),
        ("retention", "/boards/retention"),
        ("papers", "/papers"),
        ("people", "/people"),
        ("person", "/people/ayse"),
        ("account", "/account"),
        ("nothing-there", "/documents/2026/999999"),
    ];
    chrome.goto("/").await;
    let looks = "const seen = new Map();
        for (const row of document.querySelectorAll('#rows tr')) if (!seen.has(row.dataset.verdict)) seen.set(row.dataset.verdict, row.dataset.number);
        return [...seen]";
    let found = chrome.js(looks, vec![]).await;
    let documents = found.as_array().unwrap().iter().map(|one| {
        let [look, number] = [0, 1].map(|at| one[at].as_str().unwrap().to_owned());
        (format!("document-{look}"), format!("/documents/{number}"))
    });
    let own = |(name, path): &(&str, &str)| (String::from(*name), String::from(*path));
    let mut pages: Vec<(String, String)> = fixed.iter().map(own).chain(documents).collect();
    chrome.goto("/boards/files").await;
    let file = chrome
        .js("return document.querySelector('#files tbody a').getAttribute('href')", vec![])
        .await;
    pages.push(("file".to_owned(), file.as_str().unwrap().to_owned()));
    pages
}

#[tokio::test]
async fn axe_finds_nothing_serious_and_no_page_scrolls_sideways_in_both_languages_on_a_desk_and_on_a_phone() {
    let _alone = ALONE.lock().await;
    let office = Office::open(&days_before(&[]));
    let mut troubles: Vec<String> = Vec::new();
    for screen in [Screen::Desk, Screen::Phone] {
        let chrome = Chrome::open(&office.site, screen).await;
        chrome.goto("/login").await;
        look_at(&chrome, screen, "tr", "login", &mut troubles).await;
        chrome.sign_in(ADMINISTRATOR, PASSWORD).await;
        let pages = pages(&chrome).await;
        assert!(pages.len() >= 18, "documents of three looks: {pages:?}");
        for lang in ["tr", "en"] {
            chrome.goto(&format!("/?lang={lang}")).await;
            for (name, path) in &pages {
                chrome.goto(path).await;
                assert_eq!(
                    chrome.find("html").await.attr("lang").await.unwrap().as_deref(),
                    Some(lang),
                    "{path}"
                );
                look_at(&chrome, screen, lang, name, &mut troubles).await;
            }
        }
        let width = chrome.js("return innerWidth", vec![]).await;
        assert_eq!(width, json!(screen.width()), "the window has the width that is promised");
    }
    assert!(troubles.is_empty(), "{} troubles:\n{}", troubles.len(), troubles.join("\n"));
}

async fn look_at(chrome: &Chrome, screen: Screen, lang: &str, name: &str, troubles: &mut Vec<String>) {
    let place = format!("{name}-{lang}-{}", screen.word());
    let picture = chrome.picture(&place).await;
    // The picture of the README is renewed on purpose only.
    if place == "today-tr-desk" && std::env::var_os("KEP_GATEWAY_PICTURE").is_some() {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/today.png");
        std::fs::copy(picture, kept).unwrap();
    }
    troubles.extend(axe::troubles(chrome).await.into_iter().map(|trouble| format!("{place}: {trouble}")));
    let wide = chrome
        .js("return document.documentElement.scrollWidth", vec![])
        .await
        .as_u64()
        .unwrap();
    if wide > u64::from(screen.width()) {
        let widest = "const edge = arguments[0]; return [...document.querySelectorAll('main *, header *, nav *')]
            .filter(one => one.getBoundingClientRect().right > edge + 1).slice(0, 4).map(one => one.outerHTML.slice(0, 120))";
        let widest = chrome.js(widest, vec![json!(screen.width())]).await;
        troubles.push(format!("{place}: {wide} px wide: {widest}"));
    }
}

/// A mail that would run, load and rewrite, in every field that a page shows.
fn hostile(port: u16) -> Vec<u8> {
    let word = |text: &str| format!("=?UTF-8?B?{}?=", openssl::base64::encode_block(text.as_bytes()).replace('\n', ""));
    let run = format!("\"'><script>window.ran=1</script><img src=http://127.0.0.1:{port}/s onerror=window.ran=2>\u{202e}gpj.exe");
    format!(
        "From: {0} <kotu@kotu.example>\r\nTo: evrak@kurum.example\r\nSubject: {0}\r\nDate: Mon, 23 Nov 2026 08:00:00 +0300\r\n\
         Message-ID: <\"><script>window.ran=3</script>@kotu.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/r'>Merhaba\
         <script src=http://127.0.0.1:{port}/j></script><script>window.ran=4;document.title='RAN'</script><img src=http://127.0.0.1:{port}/i>\
         <link rel=stylesheet href=http://127.0.0.1:{port}/c><body background=http://127.0.0.1:{port}/b onload=alert(1)>\r\n\
         --b\r\nContent-Type: text/html; name=\"{0}\"\r\nContent-Disposition: attachment; filename=\"{0}\"\r\n\r\n<script>window.ran=5</script>\r\n--b--\r\n",
        word(&run)
    )
    .into_bytes()
}

#[tokio::test]
async fn nothing_that_came_by_mail_runs_or_calls_home_in_a_real_browser() {
    let _alone = ALONE.lock().await;
    let home = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = home.local_addr().unwrap().port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    std::thread::spawn(move || {
        home.incoming().for_each(|_call| {
            counted.fetch_add(1, Ordering::SeqCst);
        })
    });
    let office = Office::open(&[hostile(port), bundled("01-")]);
    let chrome = Chrome::open(&office.site, Screen::Desk).await;
    chrome.sign_in(ADMINISTRATOR, PASSWORD).await;
    let number = chrome.js(
        "return [...document.querySelectorAll('#rows tr')].find(row => row.textContent.includes('ran=1')).dataset.number",
        vec![],
    );
    let page = format!("/documents/{}", number.await.as_str().unwrap());
    let asked = "/search?q=%22%3E%3Cscript%3Ewindow.ran=6%3C/script%3E".to_owned();
    for path in [
        page.clone(),
        asked,
        "/".to_owned(),
        "/boards/evidence".to_owned(),
        "/boards/deadlines".to_owned(),
    ] {
        chrome.goto(&path).await;
        chrome
            .js("document.querySelectorAll('details').forEach(one => one.open = true)", vec![])
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        assert!(chrome.client.get_alert_text().await.is_err(), "{path}: a dialog stands open");
        assert_eq!(
            chrome.js("return window.ran ?? null", vec![]).await,
            Value::Null,
            "{path}: a script ran"
        );
        assert!(!chrome.client.title().await.unwrap().contains("RAN"));
        let foreign =
            "return performance.getEntriesByType('resource').map(one => one.name).filter(name => !name.startsWith(location.origin))";
        assert_eq!(chrome.js(foreign, vec![]).await, json!([]), "{path}: loaded from elsewhere");
    }
    chrome.goto(&page).await;
    assert!(chrome.text("#letter").await.contains("Merhaba"), "its words are read all the same");
    chrome.picture("hostile-mail").await;
    assert_eq!(calls.load(Ordering::SeqCst), 0, "somebody called home");
    // The listener does hear: a call is a call.
    drop(std::net::TcpStream::connect(("127.0.0.1", port)).unwrap());
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
