//! The page against those who would misuse it, by the requirements of OWASP ASVS 4.0 level 2 that the names of the tests say.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod inside;
mod site;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use kep_gateway::config;
use kep_gateway::people::{Edit, Role, totp};
use kep_gateway::secret::Secret;
use kep_gateway::web::events::PER_ACCOUNT;
use kep_gateway::web::server::{Bounds, NotListening, accept_all, listen};
use kep_gateway::web::tls;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use site::{NOON, PASSWORD, Site, body, form};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(600);
/// The longest that a stream may stand which is told to end: it would last five minutes by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(240);

fn later(seconds: i64) -> Timestamp {
    NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn v3_2_1_a_new_session_token_at_login_and_v3_2_1_no_fixation() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.browser();
    // Somebody planted a token; and somebody had signed in here before.
    browser.jar.insert("kep-session".into(), "A".repeat(43));
    browser.sign_in("ayse", PASSWORD, "").await;
    let first = browser.session();
    assert!(first.len() == 43 && first != "A".repeat(43), "{first}");
    let csrf = browser.get("/account").await.csrf();
    browser.jar.retain(|name, _| name.ends_with("session"));
    let mut again = site.browser();
    again.jar = browser.jar.clone();
    again.jar.remove("kep-form");
    let page = again
        .ask(Request::get("/login").header("cookie", "x=y").body(Body::empty()).unwrap())
        .await;
    let tie = page.csrf();
    let signed_in = again
        .post("/login", &[("login", "ayse"), ("password", PASSWORD), ("csrf", &tie)])
        .await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
    assert_ne!(again.session(), first);
    assert_ne!(again.get("/account").await.csrf(), csrf);
    assert!(!browser.is_signed_in().await, "the session before ended with the sign-in");
    assert!(again.is_signed_in().await);
}

#[tokio::test]
async fn v3_3_1_sign_out_ends_the_session_on_the_server() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.signed_in("ayse").await;
    let token = browser.session();
    let csrf = browser.get("/account").await.csrf();
    let out = browser.post("/logout", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/login"));
    assert!(browser.session().is_empty());
    browser.jar.insert("kep-session".into(), token);
    assert!(!browser.is_signed_in().await);
}

/// The stream would last five minutes more.
#[tokio::test]
async fn v3_3_1_what_lasts_ends_with_the_session_and_the_account_too() {
    let site = Site::open("");
    for login in ["ayse", "deniz"] {
        site.add(login, Role::Clerk).await;
        let mut browser = site.signed_in(login).await;
        let mut listener = site.browser();
        listener.jar = browser.jar.clone();
        let mut stream = listener.listen().await.into_body().into_data_stream();
        let first = tokio::time::timeout(PATIENCE, stream.next()).await;
        assert!(first.unwrap().unwrap().is_ok(), "a session that stands hears");
        match login {
            "ayse" => drop(browser.submit("/account", "/logout", &[]).await),
            _ => site.edit("deniz", Edit::Disabled(true)).await,
        }
        // Any record rings.
        site.add(&format!("{login}2"), Role::Clerk).await;
        let ended = tokio::time::timeout(ENDS_WITHIN, stream.count()).await;
        assert!(ended.is_ok(), "{login} still hears");
    }
}

#[tokio::test]
async fn v11_1_4_one_account_does_not_take_the_places_of_all() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let browser = site.signed_in("ayse").await;
    let mut open = Vec::new();
    for _ in 0..PER_ACCOUNT {
        let mut listener = site.browser();
        listener.jar = browser.jar.clone();
        open.push(listener.listen().await);
        assert_eq!(open.last().unwrap().status(), StatusCode::OK);
    }
    let mut one_more = site.browser();
    one_more.jar = browser.jar.clone();
    assert_eq!(one_more.listen().await.status(), StatusCode::BAD_REQUEST);
    drop(open);
    assert_eq!(one_more.listen().await.status(), StatusCode::OK, "who goes gives the place back");
}

#[tokio::test]
async fn v3_3_2_sessions_end_by_idleness_and_by_age() {
    let site = Site::open("[web]\nsession_idle = \"10m\"\nsession_lifetime = \"1h\"\n");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.signed_in("ayse").await;
    for minute in [9, 18, 27, 36, 45, 54] {
        site.inside.clock.set(later(minute * 60));
        assert!(browser.is_signed_in().await, "{minute}");
    }
    site.inside.clock.set(later(3_600));
    assert!(!browser.is_signed_in().await, "the longest life");
    let mut browser = site.signed_in("ayse").await;
    site.inside.clock.set(later(3_600 + 600));
    assert!(!browser.is_signed_in().await, "idle");
}

#[tokio::test]
async fn v3_3_3_all_sessions_end_with_the_password_and_v3_3_4_can_be_seen_and_ended() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let (mut desk, mut phone, mut lost) = (
        site.signed_in("ayse").await,
        site.signed_in("ayse").await,
        site.signed_in("ayse").await,
    );
    let page = desk.get("/account").await;
    assert_eq!(page.text.matches("/account/sessions/end\"").count(), 2, "{}", page.text);
    let own = page
        .text
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    desk.submit("/account", "/account/sessions/end", &[("id", &own)]).await;
    assert_eq!(
        [phone.is_signed_in().await, lost.is_signed_in().await]
            .iter()
            .filter(|on| **on)
            .count(),
        1
    );
    desk.submit("/account", "/account/sessions/end-others", &[]).await;
    assert!(!phone.is_signed_in().await && !lost.is_signed_in().await && desk.is_signed_in().await);

    let mut phone = site.signed_in("ayse").await;
    let new = "yeşil tren uzak ırmak";
    let change = async |browser: &mut site::Browser, present: &str, new: &str, again: &str| {
        browser
            .submit(
                "/account",
                "/account/password",
                &[("present", present), ("new", new), ("again", again)],
            )
            .await
            .status
    };
    assert_eq!(
        change(&mut desk, "yanlış parola burada", new, new).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(change(&mut desk, PASSWORD, "kısa", "kısa").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        change(&mut desk, PASSWORD, new, "başka bir şey daha").await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(phone.is_signed_in().await, "nothing was changed so far");
    assert_eq!(change(&mut desk, PASSWORD, new, new).await, StatusCode::SEE_OTHER);
    assert!(desk.is_signed_in().await && !phone.is_signed_in().await);
    assert_eq!(site.browser().sign_in("ayse", PASSWORD, "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.browser().sign_in("ayse", new, "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn v4_3_a_disabled_account_is_out_at_once_and_looks_like_a_wrong_password() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.signed_in("ayse").await;
    site.edit("ayse", Edit::Disabled(true)).await;
    assert!(!browser.is_signed_in().await);
    let disabled = site.browser().sign_in("ayse", PASSWORD, "").await;
    let mut unknown = site.browser().sign_in("kimse", PASSWORD, "").await;
    assert_eq!(
        (disabled.status, unknown.status),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    unknown.text = unknown.text.replace("kimse", "ayse");
    let (one, other) = (disabled.csrf(), unknown.csrf());
    assert_eq!(
        disabled.text.replace(&one, ""),
        unknown.text.replace(&other, ""),
        "v2.2: nobody learns who exists"
    );
    // Open again, the old session stays dead.
    site.edit("ayse", Edit::Disabled(false)).await;
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn v4_1_a_change_of_role_counts_from_the_next_request_and_v4_1_3_people_is_for_administrators() {
    let site = Site::open("");
    site.add("yonetici", Role::Administrator).await;
    for (login, role) in [("memur", Role::Clerk), ("amir", Role::Supervisor), ("denetci", Role::Auditor)] {
        site.add(login, role).await;
        let mut browser = site.signed_in(login).await;
        let nothing = browser.get("/gibt-es-nicht").await;
        let people = browser.get("/people").await;
        assert_eq!((people.status, &people.text), (StatusCode::NOT_FOUND, &nothing.text), "{login}");
        let csrf = browser.get("/account").await.csrf();
        for path in ["/people", "/people/yonetici/disable", "/people/memur/person", "/people/yok/remove"] {
            let answer = browser
                .post(path, &[("csrf", &csrf), ("login", "x"), ("role", "administrator")])
                .await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{login} {path}");
        }
        browser.address = IpAddr::V4(Ipv4Addr::new(10, 1, 1, 2));
    }
    let mut memur = site.signed_in("memur").await;
    site.edit("memur", Edit::Person(site::person("memur", Role::Administrator))).await;
    assert_eq!(memur.get("/people").await.status, StatusCode::OK);
    site.edit("memur", Edit::Person(site::person("memur", Role::Clerk))).await;
    assert_eq!(memur.get("/people").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_administrator_makes_changes_and_disables_people_on_the_page() {
    let site = Site::open("");
    site.add("yonetici", Role::Administrator).await;
    let mut admin = site.signed_in("yonetici").await;
    let fields = [
        ("login", "Mehmet"),
        ("name", "<script>alert(1)</script>"),
        ("role", "clerk"),
        ("mailbox", "drop"),
        ("units", "Hukuk\r\n\r\nMali"),
        ("clearance", "1"),
    ];
    let made = admin.submit("/people", "/people", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert!(!made.text.contains("<script>alert"), "{}", made.text);
    let first = made
        .text
        .split("<code>")
        .nth(1)
        .unwrap()
        .split("</code>")
        .next()
        .unwrap()
        .replace("&#43;", "+");
    let person = site.web.ledger().account("mehmet").unwrap().unwrap().person;
    assert_eq!(
        (person.clearance, person.units.covers(Some("Mali")), person.units.covers(None)),
        (1, true, false)
    );
    let mut mehmet = site.browser();
    assert_eq!(mehmet.sign_in("mehmet", &first, "").await.status, StatusCode::SEE_OTHER);
    assert!(!admin.get("/people").await.text.contains(&first), "shown once");

    let refused = admin.submit("/people/yonetici", "/people/yonetici/disable", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = admin.submit("/people/mehmet", "/people/mehmet/disable", &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(!mehmet.is_signed_in().await);
}

#[tokio::test]
async fn v3_4_cookies_have_their_attributes_and_their_prefix() {
    for (more, secure) in [("", false), ("[web]\npublic_url = \"https://kep.example\"\n", true)] {
        let site = Site::open(more);
        site.add("ayse", Role::Clerk).await;
        let mut browser = site.browser();
        let answer = browser.sign_in("ayse", PASSWORD, "").await;
        let cookie = answer.set_cookie("kep-session").unwrap();
        assert_eq!(cookie.starts_with("__Host-kep-session="), secure, "{cookie}");
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"), "{cookie}");
        assert_eq!(answer.header("strict-transport-security").is_empty(), !secure);
        // Two of the same name: one was planted.
        let twice = format!(
            "kep-session={0}; kep-session={0}; __Host-kep-session={0}; __Host-kep-session={0}",
            browser.session()
        );
        let asked = Request::get("/account").header("cookie", twice).body(Body::empty()).unwrap();
        assert_eq!(browser.ask(asked).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn v4_2_2_nothing_changes_without_the_sessions_own_token_and_origin() {
    let site = Site::open("[web]\npublic_url = \"https://kep.example\"\n");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.signed_in("ayse").await;
    let mut other = site.signed_in("ayse").await;
    let csrf = browser.get("/account").await.csrf();
    let foreign = other.get("/account").await.csrf();
    for (token, said) in [
        ("", "none"),
        (&foreign, "another session's"),
        (&csrf[1..], "a part"),
        ("x", "wrong"),
    ] {
        let answer = browser.post("/account/sessions/end-others", &[("csrf", token)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{said}");
        assert!(
            answer.text.contains("Form eskimiş") && !answer.text.contains("yetkiniz yok"),
            "{said}: {}",
            answer.text
        );
    }
    let fields = [("csrf", csrf.as_str())];
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "https://kep.example.evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = form("/account/sessions/end-others", &fields)
            .header(name, value)
            .body(body(&fields))
            .unwrap();
        assert_eq!(browser.ask(request).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert!(other.is_signed_in().await, "nothing of it was done");
    for (name, value) in [
        ("origin", "https://kep.example"),
        ("sec-fetch-site", "same-origin"),
        ("x-any", "thing"),
    ] {
        let request = form("/account/sessions/end-others", &fields)
            .header(name, value)
            .body(body(&fields))
            .unwrap();
        assert_eq!(browser.ask(request).await.status, StatusCode::OK, "{name}: {value}");
    }
    assert!(!other.is_signed_in().await);
    // A body that is no form has its token in the header only.
    let request = Request::post("/account/sessions/end-others")
        .header("content-type", "text/plain")
        .body(body(&fields))
        .unwrap();
    assert_eq!(browser.ask(request).await.status, StatusCode::FORBIDDEN);
    let request = Request::post("/account/sessions/end-others")
        .header("x-csrf-token", &csrf)
        .body(Body::empty())
        .unwrap();
    assert_eq!(browser.ask(request).await.status, StatusCode::OK);
    // The sign-in itself, for who would have somebody work under another's name.
    let answer = site
        .browser()
        .post("/login", &[("login", "ayse"), ("password", PASSWORD), ("csrf", &csrf)])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.text.contains("Form eskimiş") && answer.text.contains("yeniden yükleyip"),
        "{}",
        answer.text
    );
    // Every route that changes something, without a session.
    for path in [
        "/logout",
        "/account/password",
        "/people",
        "/people/ayse/remove",
        "/login/totp",
        "/documents/2026/000001/done",
    ] {
        let answer = site.browser().post(path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn v2_2_1_wrong_tries_wait_and_never_lock_out() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut now = 0;
    let mut waits = Vec::new();
    let mut browser = site.browser();
    browser.address = IpAddr::V4(Ipv4Addr::new(10, 2, 2, 2));
    for _ in 0..10 {
        let answer = browser.sign_in("ayse", "yanlış parola burada", "").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let wait: i64 = answer.header("retry-after").parse().unwrap();
            waits.push(wait);
            // Also the right password is not looked at before its time.
            assert_eq!(browser.sign_in("ayse", PASSWORD, "").await.status, StatusCode::TOO_MANY_REQUESTS);
            now += wait;
            site.inside.clock.set(later(now));
            assert_eq!(
                browser.sign_in("ayse", "yanlış parola burada", "").await.status,
                StatusCode::UNAUTHORIZED
            );
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32]);
    // Whoever sits behind the same address, and the same person elsewhere, signs in meanwhile.
    site.add("mehmet", Role::Clerk).await;
    let mut colleague = site.browser();
    colleague.address = browser.address;
    assert_eq!(colleague.sign_in("mehmet", PASSWORD, "").await.status, StatusCode::SEE_OTHER);
    site.inside.clock.set(later(now + 32));
    let mut own = site.signed_in("ayse").await;
    assert!(own.is_signed_in().await, "never for good");
    let failures = site.web.ledger().sign_ins("ayse").unwrap();
    assert_eq!(failures.failures, 0);
    // What was tried stands in the journal, and no password does.
    let journal = std::fs::read_dir(site.inside.root().join("journal")).unwrap();
    let text: Vec<u8> = journal.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("sign-in-failed") && !text.contains("burada") && !text.contains("mor deve"));
}

#[tokio::test]
async fn v2_8_the_second_step_takes_a_code_once_and_nothing_without_it() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut desk = site.signed_in("ayse").await;
    let shown = desk.submit("/account", "/account/totp/new", &[("present", PASSWORD)]).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER);
    let page = desk.get("/account").await.text;
    assert!(page.contains("otpauth://totp/"), "{page}");
    let secret = Secret::new(page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap());
    let code = |at: Timestamp| totp::code_at(&secret, at).unwrap();
    let wrong = desk.submit("/account", "/account/totp/confirm", &[("code", "12345")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let on = desk.submit("/account", "/account/totp/confirm", &[("code", &code(later(0)))]).await;
    assert_eq!(on.status, StatusCode::SEE_OTHER, "{}", on.text);
    assert!(desk.is_signed_in().await);
    let sealed = site.web.ledger().account("ayse").unwrap().unwrap().totp.unwrap();
    assert!(!sealed.contains(secret.reveal()), "the journal holds it sealed");

    let mut browser = site.browser();
    let half = browser.sign_in("ayse", PASSWORD, "/people").await;
    assert_eq!(half.header("location"), "/login/totp?next=/people");
    assert!(!browser.is_signed_in().await, "the password alone is not enough");
    let half_token = browser.session();
    let replayed = browser.submit("/login/totp", "/login/totp", &[("code", &code(later(0)))]).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED, "the code of the enrolment is used up");
    site.inside.clock.set(later(60));
    let given = browser
        .submit("/login/totp", "/login/totp", &[("code", &code(later(60))), ("next", "/people")])
        .await;
    assert_eq!((given.status, given.header("location")), (StatusCode::SEE_OTHER, "/people"));
    assert!(browser.is_signed_in().await && browser.session() != half_token);

    let mut thief = site.browser();
    thief.sign_in("ayse", PASSWORD, "").await;
    let replayed = thief.submit("/login/totp", "/login/totp", &[("code", &code(later(60)))]).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED, "seen over the shoulder");
    assert!(!thief.is_signed_in().await);
}

#[tokio::test]
async fn v14_4_every_answer_carries_the_headers() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.signed_in("ayse").await;
    for path in ["/login", "/account", "/login.css", "/health", "/yok", "/people"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        for word in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(word), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        if path != "/login.css" {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
        for inline in ["<script>", " onclick", " style=", "<style"] {
            assert!(!answer.text.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn v5_1_5_the_way_back_after_the_sign_in_leads_nowhere_else() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    for next in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y",
    ] {
        let answer = site.browser().sign_in("ayse", PASSWORD, next).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{next:?}");
    }
    let away = site.browser().get("/account?a=b").await;
    assert_eq!(away.header("location"), "/login?next=/account%3Fa%3Db");
    let answer = site.browser().sign_in("ayse", PASSWORD, "/account?a=b").await;
    assert_eq!(answer.header("location"), "/account?a=b");
    // Who is signed in already goes on at once, and nowhere else either.
    let mut browser = site.signed_in("ayse").await;
    assert_eq!(browser.get("/login?next=//evil.example").await.header("location"), "/");
}

#[tokio::test]
async fn v13_a_form_that_is_too_large_is_not_read() {
    let site = Site::open("");
    site.add("ayse", Role::Clerk).await;
    let mut browser = site.signed_in("ayse").await;
    let csrf = browser.get("/account").await.csrf();
    let large = "a".repeat(70 << 10);
    let answer = browser.post("/account/password", &[("csrf", &csrf), ("new", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = Request::post("/account/password")
        .header("x-csrf-token", &csrf)
        .body(Body::from(vec![b'a'; 2 << 20]))
        .unwrap();
    assert_eq!(browser.ask(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_address_that_a_throttle_counts_by_is_the_proxys_only_where_one_is_trusted() {
    for (more, waits) in [("[web]\ntrusted_proxy = true\n", false), ("", true)] {
        let site = Site::open(more);
        for number in 0..6 {
            let mut browser = site.browser();
            let csrf = browser.get("/login").await.csrf();
            let fields = [("login", "kisi"), ("password", "yanlış parola burada"), ("csrf", csrf.as_str())];
            let forged = format!("1.2.3.4, 10.9.9.{number}");
            let request = form("/login", &fields)
                .header("x-forwarded-for", forged)
                .body(body(&fields))
                .unwrap();
            let status = browser.ask(request).await.status;
            let expected = if waits && number >= 4 {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::UNAUTHORIZED
            };
            assert_eq!(status, expected, "{more:?} {number}");
        }
    }
}

#[tokio::test]
async fn health_says_its_reasons_without_names() {
    let site = Site::open("");
    let answer = site.browser().get("/health").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::OK, "{\"healthy\":true,\"reasons\":[]}")
    );
    let site = Site::open("[web]\nlisten = \"\"\n");
    let web = kep_gateway::web::Web::new(Arc::clone(&site.web.pipeline)).hearing(Box::new(|| vec!["kutu/gizli-ad".into()]));
    let router = kep_gateway::web::router(Arc::new(web));
    let request = Request::get("/health").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("\"tasks-silent\"") && !text.contains("gizli-ad"), "{text}");
}

#[tokio::test]
async fn v9_1_the_network_is_not_served_in_the_clear_without_an_explicit_word() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kep-gateway.toml");
    let load = |web: &str| {
        std::fs::write(&file, format!("[web]\n{web}\n")).unwrap();
        config::load(Some(&file))
    };
    for listen in ["0.0.0.0:8425", "[::]:8425", "192.168.1.5:8425"] {
        let error = load(&format!("listen = \"{listen}\"")).unwrap_err().text();
        assert!(error.en.contains("TLS") && error.en.contains("allow_plain_network"), "{}", error.en);
        assert!(error.tr.contains("TLS") && error.tr.contains("allow_plain_network"), "{}", error.tr);
        assert!(load(&format!("listen = \"{listen}\"\nallow_plain_network = true")).is_ok());
        assert!(load(&format!("listen = \"{listen}\"\ncertificate_file = \"c\"\nkey_file = \"k\"")).is_ok());
    }
    for fine in ["127.0.0.1:0", "[::1]:0", "localhost:0", ""] {
        assert!(load(&format!("listen = \"{fine}\"")).is_ok(), "{fine}");
    }
    assert!(load("listen = \"127.0.0.1\"").is_err() && load("certificate_file = \"c\"").is_err());
    // A name is looked up only when somebody listens: the same answer then.
    let config = config::WebConfig {
        listen: "0.0.0.0:0".into(),
        ..config::WebConfig::default()
    };
    assert!(matches!(listen(&config).await, Err(NotListening::Refused(_))));
}

/// A certificate for `localhost` by itself, and its key, in PEM.
fn own_certificate() -> (Vec<u8>, Vec<u8>, X509) {
    let key = PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&certificate.x509v3_context(None, None))
        .unwrap();
    certificate.append_extension(names).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = certificate.build();
    (certificate.to_pem().unwrap(), key.private_key_to_pem_pkcs8().unwrap(), certificate)
}

#[tokio::test]
async fn v9_1_tls_by_own_certificate_and_nothing_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key, _) = own_certificate();
    let config = config::WebConfig {
        certificate_file: folder.path().join("c.pem"),
        key_file: folder.path().join("k.pem"),
        ..config::WebConfig::default()
    };
    std::fs::write(&config.certificate_file, &certificate).unwrap();
    std::fs::write(&config.key_file, own_certificate().1).unwrap();
    assert!(tls::acceptor(&config).is_err(), "the key is another's");
    std::fs::write(&config.key_file, &key).unwrap();
    let acceptor = tls::acceptor(&config).unwrap();

    let site = Site::open("");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, stop) = (listener.local_addr().unwrap().port(), CancellationToken::new());
    let served = tokio::spawn(accept_all(listener, acceptor, site.router.clone(), Bounds::default(), stop.clone()));
    let client = |builder: reqwest::ClientBuilder| {
        let trusted = reqwest::Certificate::from_pem(&certificate).unwrap();
        builder.no_proxy().tls_certs_only([trusted]).build().unwrap()
    };
    let address = format!("https://localhost:{port}/health");
    let answer = client(reqwest::Client::builder()).get(&address).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(&address).send().await.is_err(), "a certificate that nobody trusts");
    let old = client(reqwest::Client::builder().tls_version_max(reqwest::tls::Version::TLS_1_1));
    assert!(old.get(&address).send().await.is_err(), "TLS 1.1");
    assert!(
        stranger.get(format!("http://localhost:{port}/health")).send().await.is_err(),
        "no TLS"
    );
    stop.cancel();
    served.await.unwrap();
}

/// Everything that the server says until it closes.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    // A reset is an end too.
    let _ = read.expect("the server closes the connection");
    String::from_utf8_lossy(&said).into_owned()
}

/// The site over the network, until it is told to stop.
async fn serve(site: &Site, bounds: Bounds) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let served = tokio::spawn(accept_all(listener, None, site.router.clone(), bounds, stop.clone()));
    (address, stop, served)
}

/// A connection on which this was said, as far as the server let it.
async fn open(address: SocketAddr, said: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(said).await;
    stream
}

#[tokio::test]
async fn v11_1_slow_and_oversized_heads_are_cut_off_and_others_are_served() {
    let site = Site::open("");
    let bounds = Bounds {
        connections: 2,
        head: Duration::from_millis(300),
        ..Bounds::default()
    };
    let (address, stop, served) = serve(&site, bounds).await;
    // Two take every place: one says nothing, one never ends its head. The third is served once they are cut off.
    let silent = open(address, b"").await;
    let endless = open(address, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ").await;
    let third = open(address, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(until_closed(third).await.starts_with("HTTP/1.1 200"));
    let (silent, endless) = (until_closed(silent).await, until_closed(endless).await);
    assert!(!silent.contains("200 OK") && !endless.contains("200 OK"));
    stop.cancel();
    served.await.unwrap();

    let bounds = Bounds {
        head: PATIENCE,
        ..Bounds::default()
    };
    let (address, stop, served) = serve(&site, bounds).await;
    let long = format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: {}\r\n\r\n", "a".repeat(64 << 10));
    assert!(until_closed(open(address, long.as_bytes()).await).await.contains("431"));
    let many = format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(200));
    assert!(until_closed(open(address, many.as_bytes()).await).await.contains("431"));
    stop.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn v11_1_4_one_address_does_not_take_all_places_and_health_is_always_answered() {
    for proxied in [false, true] {
        let site = Site::open("");
        let bounds = Bounds {
            connections: 6,
            per_peer: 3,
            proxied,
            head: PATIENCE,
            ..Bounds::default()
        };
        let (address, stop, served) = serve(&site, bounds).await;
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        // Idle ones: a proxy's may be everybody's, one visitor's are one visitor's.
        let mut idle = Vec::new();
        for _ in 0..3 {
            idle.push(open(address, b"").await);
        }
        let page = get("/login").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let said = until_closed(open(address, page.as_bytes()).await).await;
        let expected = if proxied { "HTTP/1.1 200" } else { "HTTP/1.1 429" };
        assert!(said.starts_with(expected), "{proxied}: {said}");
        assert!(
            proxied || said.contains("<!DOCTYPE html>") && said.contains("Çok fazla bağlantı"),
            "{said}"
        );
        for _ in 0..3 {
            idle.push(open(address, b"").await);
        }
        // Of the reserve one address has some places, and they are cut off soon; the question is asked until it is answered.
        let answered = async {
            while !until_closed(open(address, get("/health").as_bytes()).await)
                .await
                .starts_with("HTTP/1.1 200")
            {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, answered).await;
        assert!(ended.is_ok(), "{proxied}: nobody hears of the health");
        drop(idle);
        stop.cancel();
        served.await.unwrap();
    }
}

/// Whatever is wrong with a request, the answer is a page of ours, in the visitor's language, under the right status.
#[tokio::test]
async fn v7_4_1_what_cannot_be_understood_is_answered_by_our_page_in_the_visitors_language() {
    let site = Site::open("");
    site.add("ayse", Role::Administrator).await;
    let mut browser = site.signed_in("ayse").await;
    for path in [
        "/documents/2026/%ff",
        "/documents/%ff/1/parts/x",
        "/documents/2026/1?said=1&said=2",
        "/search?q=%ff%fe&from=%zz",
        "/?before=1&before=2",
        "/?before=x",
        "/boards/checks?month=2026-13",
        "/boards/checks?month=1&month=2",
        "/papers/register?from=x&from=y",
        "/people/%ff",
        "/people/%ff/%ff",
        "/assets/%ff",
    ] {
        for (lang, code) in [("tr", "<html lang=\"tr\">"), ("en", "<html lang=\"en\">")] {
            browser.jar.insert("lang".into(), lang.into());
            let answer = browser.get(path).await;
            let is_fine = answer.status == StatusCode::OK && path.starts_with("/search");
            assert!(is_fine || answer.status.is_client_error(), "{path}: {}", answer.status);
            assert!(answer.header("content-type").starts_with("text/html"), "{path}: {}", answer.text);
            assert!(answer.text.contains(code), "{path}: {}", answer.text);
            for framework in ["Failed to deserialize", "Invalid URL", "Invalid UTF-8", "duplicate field"] {
                assert!(!answer.text.contains(framework), "{path}: {}", answer.text);
            }
        }
    }
    let csrf = browser.get("/account").await.csrf();
    let twice = [("csrf", csrf.as_str()), ("note", "a"), ("note", "b")];
    let answer = browser.post("/documents/2026/000001/note", &twice).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text.contains("<html lang=\"en\">") && answer.text.contains("could not be understood"),
        "{}",
        answer.text
    );
    let request = Request::post("/documents/2026/000001/note")
        .header("x-csrf-token", &csrf)
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .unwrap();
    let answer = browser.ask(request).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.text.contains("<html"), "{}", answer.text);
    let answer = browser
        .ask(Request::put("/search").header("x-csrf-token", &csrf).body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        (answer.status, answer.text.contains("<html")),
        (StatusCode::METHOD_NOT_ALLOWED, true)
    );
}

/// F5 and the link to the other language after a form that was answered under its own address.
#[tokio::test]
async fn the_address_of_every_form_leads_somewhere_by_get_too() {
    let site = Site::open("");
    site.add("ayse", Role::Administrator).await;
    site.add("memur", Role::Clerk).await;
    let mut admin = site.signed_in("ayse").await;
    for path in [
        "password",
        "totp/new",
        "totp/confirm",
        "totp/remove",
        "sessions/end",
        "sessions/end-others",
    ] {
        let back = admin.get(&format!("/account/{path}?lang=en")).await;
        assert_eq!(
            (back.status, back.header("location")),
            (StatusCode::SEE_OTHER, "/account"),
            "{path}"
        );
    }
    let back = admin.get("/people/memur/disable").await;
    assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/people/memur"));
    let mut clerk = site.signed_in("memur").await;
    assert_eq!(clerk.get("/people/memur/disable").await.status, StatusCode::NOT_FOUND);
    let account = site.web.ledger().account("memur").unwrap().unwrap();
    assert!(!account.disabled, "GET changes nothing");
}

/// What somebody may not see is not there: one answer for all of it.
#[tokio::test]
async fn v4_1_pages_of_other_roles_answer_like_what_is_missing() {
    let site = Site::open("");
    for (login, role) in [("memur", Role::Clerk), ("amir", Role::Supervisor)] {
        site.add(login, role).await;
        let mut browser = site.signed_in(login).await;
        let nothing = browser.get("/gibt-es-nicht").await;
        for path in ["/people", "/people/memur", "/boards/system"] {
            let answer = browser.get(path).await;
            assert_eq!((answer.status, &answer.text), (nothing.status, &nothing.text), "{login} {path}");
            assert_eq!(answer.headers, nothing.headers, "{login} {path}");
        }
    }
}

/// The key of the one-time codes is no part of a backup; who restores is told, and with it everybody signs in as before.
#[tokio::test]
async fn a_restored_store_lets_everybody_in_again() {
    let site = Site::open("");
    site.add("parola", Role::Administrator).await;
    site.add("kodlu", Role::Administrator).await;
    let mut desk = site.signed_in("kodlu").await;
    desk.submit("/account", "/account/totp/new", &[("present", PASSWORD)]).await;
    let page = desk.get("/account").await.text;
    let secret = Secret::new(page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap());
    let code = |at: Timestamp| totp::code_at(&secret, at).unwrap();
    let on = desk.submit("/account", "/account/totp/confirm", &[("code", &code(later(0)))]).await;
    assert_eq!(on.status, StatusCode::SEE_OTHER, "{}", on.text);

    let [backup, restored] = ["yedek", "yeni"].map(|name| site.inside.dir.path().join(name));
    let config = site.inside.dir.path().join("kep-gateway.toml");
    let run = |args: &[&std::ffi::OsStr]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kep-gateway"))
            .arg("--config")
            .arg(&config)
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let system = desk.get("/boards/system").await;
    assert!(system.text.contains("hiç alınmadı"), "{}", system.text);
    let said = run(&["backup".as_ref(), backup.as_ref()]);
    assert!(said.contains("people.key") && said.contains("ayrı"), "{said}");
    assert!(!backup.join("people.key").exists());
    let system = desk.get("/boards/system").await;
    assert!(
        system.text.contains("0 kayıt sonra") && !system.text.contains("hiç alınmadı"),
        "{}",
        system.text
    );
    let said = run(&["--store".as_ref(), restored.as_ref(), "restore".as_ref(), backup.as_ref()]);
    assert!(
        said.contains("1 hesap") && said.contains("people.key") && said.contains("totp-reset"),
        "{said}"
    );

    let key = restored.join("people.key");
    site.inside.clock.set(later(120));
    for has_key in [false, true] {
        if has_key {
            std::fs::copy(site.inside.root().join("people.key"), &key).unwrap();
        }
        let settings = {
            let mut text = site.inside.text.clone();
            text = text.replace("path = \"store\"", "path = \"yeni\"");
            std::fs::write(&config, text).unwrap();
            let clock: kep_gateway::clock::SharedClock = site.inside.clock.clone();
            kep_gateway::settings::Settings::build(config::load(Some(&config)).unwrap(), &clock).unwrap()
        };
        let ledger = kep_gateway::ledger::Ledger::open(&restored, kep_gateway::store::disk::RealDisk::shared(), site.inside.clock.clone());
        let pipeline = Arc::new(kep_gateway::pipeline::Pipeline::new(Arc::new(ledger.unwrap()), settings));
        let web = Arc::new(kep_gateway::web::Web::new(pipeline));
        let mut browser = site.browser_of(kep_gateway::web::router(web));
        assert_eq!(browser.sign_in("parola", PASSWORD, "").await.status, StatusCode::SEE_OTHER);
        assert!(browser.is_signed_in().await, "passwords hold as they are");
        browser.jar.clear();
        assert_eq!(
            browser.sign_in("kodlu", PASSWORD, "").await.header("location"),
            "/login/totp?next=/"
        );
        let given = browser.submit("/login/totp", "/login/totp", &[("code", &code(later(120)))]).await;
        assert_eq!(given.status == StatusCode::SEE_OTHER, has_key, "{}", given.text);
        assert_eq!(browser.is_signed_in().await, has_key);
        assert_eq!(key.exists(), has_key, "no new key stands where the old one has to be put");
    }
}

/// The status for a request under this host name, and whether the answer tells what the page is.
async fn under(site: &Site, host: Option<&str>, path: &str) -> (StatusCode, String) {
    let mut request = Request::get(path);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let answer = site.browser().ask(request.body(Body::empty()).unwrap()).await;
    (answer.status, answer.text)
}

#[tokio::test]
async fn v14_5_a_name_that_is_not_ours_opens_nothing() {
    let plain = Site::open("");
    let named = Site::open("[web]\nlisten = \"10.9.8.7:8425\"\nallow_plain_network = true\npublic_url = \"https://kep.example\"\n");
    let everywhere = Site::open("[web]\nlisten = \"0.0.0.0:8425\"\nallow_plain_network = true\n");
    for path in ["/login", "/health", "/metrics", "/", "/api/v1/documents", "/assets/x"] {
        for site in [&plain, &named, &everywhere] {
            for host in [
                "evil.example",
                "evil.example:8425",
                "localhost.evil.example",
                "10.9.8.7.evil.example",
                "",
                "[::1.evil",
            ] {
                let (status, text) = under(site, Some(host), path).await;
                assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
                assert!(text.contains("public_url") && !text.contains("evil"), "{text}");
            }
            for host in ["localhost", "LOCALHOST:9000", "127.0.0.1:8425", "[::1]:8425"] {
                assert_ne!(
                    under(site, Some(host), path).await.0,
                    StatusCode::MISDIRECTED_REQUEST,
                    "{host} {path}"
                );
            }
            // A program of before names; no browser is one.
            assert_ne!(under(site, None, path).await.0, StatusCode::MISDIRECTED_REQUEST, "{path}");
        }
    }
    for (site, host, is_ours) in [
        (&plain, "kep.example", false),
        (&plain, "10.9.8.7", false),
        (&named, "kep.example", true),
        (&named, "Kep.Example:443", true),
        (&named, "10.9.8.7:8425", true),
        (&named, "10.9.8.8", false),
        (&everywhere, "10.9.8.8:8425", true),
        (&everywhere, "kep.example", false),
    ] {
        let refused = under(site, Some(host), "/login").await.0 == StatusCode::MISDIRECTED_REQUEST;
        assert_eq!(!refused, is_ours, "{host}");
    }
    // Two names are none.
    let two = Request::get("/login").header("host", "localhost").header("host", "evil.example");
    let answer = plain.browser().ask(two.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
}
