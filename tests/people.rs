//! Where people come from: the command line, the directory, the OpenID provider; each with a real peer on the loopback.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;
mod site;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use forge::world::World;
use gateway::Gateway;
use gateway::page::{Daemon, PAGE};
use kep_gateway::people::{Edit, Role, Source};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::ssl::{SslAcceptor, SslMethod, SslStream};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use rustix::process::Signal;
use serde_json::{Value, json};
use site::{PASSWORD, Site};

/// A certificate for `localhost` by itself, in PEM, and its key.
fn own_certificate() -> (Vec<u8>, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
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
    certificate.append_extension(BasicConstraints::new().ca().build().unwrap()).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&certificate.x509v3_context(None, None))
        .unwrap();
    certificate.append_extension(names).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    (certificate.build().to_pem().unwrap(), key)
}

fn acceptor(pem: &[u8], key: &PKey<Private>) -> SslAcceptor {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&X509::from_pem(pem).unwrap()).unwrap();
    acceptor.set_private_key(key).unwrap();
    acceptor.build()
}

// ---------------------------------------------------------------------------------------------------------------- the directory

/// A small directory that speaks LDAP (RFC 4511) over TLS: binds and searches of two people.
struct Directory {
    port: u16,
    ca: Vec<u8>,
    /// What it was asked: `bind <dn>`, and the bytes of each filter.
    asked: Arc<Mutex<Vec<String>>>,
}

/// dn, password, uid, name, groups
const PEOPLE: [(&str, &str, &str, &str, &[&str]); 3] = [
    ("cn=lookup,dc=kurum", "lookup-secret", "-", "-", &[]),
    (
        "uid=zeynep,dc=kurum",
        "zeynep parola",
        "zeynep",
        "Zeynep Ç.",
        &["CN=KEP Amirler,DC=kurum"],
    ),
    ("uid=kaan,dc=kurum", "kaan parolası", "kaan", "Kaan", &["CN=Misafirler,DC=kurum"]),
];

impl Directory {
    fn start() -> Self {
        let (ca, key) = own_certificate();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, acceptor, asked) = (listener.local_addr().unwrap().port(), acceptor(&ca, &key), Arc::default());
        let heard: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Ok(stream) = acceptor.accept(stream) {
                    let heard = Arc::clone(&heard);
                    std::thread::spawn(move || converse(stream, &heard));
                }
            }
        });
        Self { port, ca, asked }
    }

    fn site(&self, more: &str) -> Site {
        let folder = tempfile::tempdir().unwrap().keep();
        fs::write(folder.join("ca.pem"), &self.ca).unwrap();
        fs::write(folder.join("lookup"), "lookup-secret\n").unwrap();
        let folder = folder.display();
        Site::open(&format!(
            "[people.ldap]\nurl = \"ldaps://localhost:{}\"\nca_file = \"{folder}/ca.pem\"\nbind_dn = \"cn=lookup,dc=kurum\"\n\
             password_file = \"{folder}/lookup\"\nbase = \"dc=kurum\"\nfilter = \"(uid={{login}})\"\n{more}\
             [[people.ldap.group]]\nname = \"cn=kep amirler,dc=KURUM\"\nrole = \"supervisor\"\nunits = [\"Hukuk\"]\nclearance = 2\n",
            self.port
        ))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One BER value: its tag and content, and what follows it.
fn value(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (tag, first) = (bytes[0], bytes[1]);
    let (length, head) = match first {
        short if short < 0x80 => (short as usize, 2),
        long => {
            let count = (long & 0x7f) as usize;
            (bytes[2..2 + count].iter().fold(0, |sum, byte| sum << 8 | *byte as usize), 2 + count)
        }
    };
    (tag, &bytes[head..head + length], &bytes[head + length..])
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, content].concat()
}

fn result(tag: u8, code: u8) -> Vec<u8> {
    tagged(tag, &[tagged(0x0a, &[code]), tagged(0x04, b""), tagged(0x04, b"")].concat())
}

fn message(id: &[u8], operation: &[u8]) -> Vec<u8> {
    tagged(0x30, &[&tagged(0x02, id), operation].concat())
}

fn converse(mut stream: SslStream<TcpStream>, heard: &Mutex<Vec<String>>) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = stream.read(&mut buffer) {
        if count == 0 {
            return;
        }
        read.extend_from_slice(&buffer[..count]);
        // Requests here are short and come in one piece each.
        let (_, whole, _) = value(&read);
        let (_, id, rest) = value(whole);
        let (operation, content, _) = value(rest);
        let answer = match operation {
            0x60 => {
                let (_, _, rest) = value(content);
                let (_, dn, rest) = value(rest);
                let (_, password, _) = value(rest);
                let (dn, password) = (String::from_utf8_lossy(dn), String::from_utf8_lossy(password));
                heard.lock().unwrap().push(format!("bind {dn}"));
                // RFC 4513 5.1.2: without a password everybody is let in, as nobody.
                let right = password.is_empty() || PEOPLE.iter().any(|person| person.0 == dn && person.1 == password);
                message(id, &result(0x61, if right { 0 } else { 49 }))
            }
            0x63 => {
                let mut rest = content;
                for _ in 0..6 {
                    rest = value(rest).2;
                }
                let (kind, filter, _) = value(rest);
                heard
                    .lock()
                    .unwrap()
                    .push(format!("filter {kind:#x} {}", String::from_utf8_lossy(filter)));
                let mut found = Vec::new();
                // Only equality (0xa3) finds one; a filter with more in it would find everybody.
                let wanted = (kind == 0xa3).then(|| String::from_utf8_lossy(value(value(filter).2).1).into_owned());
                for (dn, _, uid, name, groups) in PEOPLE.iter().skip(1) {
                    if wanted.as_deref().is_none_or(|wanted| wanted == *uid) {
                        let attribute = |name: &str, values: &[&str]| {
                            let values: Vec<u8> = values.iter().flat_map(|value| tagged(0x04, value.as_bytes())).collect();
                            tagged(0x30, &[tagged(0x04, name.as_bytes()), tagged(0x31, &values)].concat())
                        };
                        let attributes = [attribute("displayName", &[name]), attribute("MEMBEROF", groups)].concat();
                        let entry = tagged(0x64, &[tagged(0x04, dn.as_bytes()), tagged(0x30, &attributes)].concat());
                        found.extend(message(id, &entry));
                    }
                }
                [found, message(id, &result(0x65, 0))].concat()
            }
            _ => return,
        };
        read.clear();
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_the_directory_signs_in_with_the_role_of_the_group() {
    let directory = Directory::start();
    let site = directory.site("");
    let mut browser = site.browser();
    assert_eq!(browser.sign_in("Zeynep", "zeynep parola", "").await.status, StatusCode::SEE_OTHER);
    let account = site.web.ledger().account("zeynep").unwrap().unwrap();
    let person = &account.person;
    assert_eq!(
        (account.source, person.role, person.clearance),
        (Source::Directory, Role::Supervisor, 2)
    );
    assert_eq!(person.name, "Zeynep Ç.");
    assert!(person.units.covers(Some("Hukuk")) && !person.units.covers(Some("Mali")));
    assert_eq!(
        (account.password, account.totp),
        (None, None),
        "the password never comes to rest here"
    );
    assert_eq!(directory.asked()[0], "bind cn=lookup,dc=kurum");

    for (login, password, why) in [
        ("zeynep", "zeynep parol", "wrong"),
        ("zeynep", "", "an empty password binds as nobody"),
        ("kaan", "kaan parolası", "in no group that is let in"),
        ("yok", "zeynep parola", "unknown"),
    ] {
        let mut browser = site.browser();
        browser.address = format!("10.3.0.{}", login.len() + password.len()).parse().unwrap();
        assert_eq!(browser.sign_in(login, password, "").await.status, StatusCode::UNAUTHORIZED, "{why}");
    }
    site.edit("zeynep", Edit::Disabled(true)).await;
    assert_eq!(
        site.browser().sign_in("zeynep", "zeynep parola", "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn v5_3_7_a_login_cannot_become_a_filter_and_a_local_account_is_not_the_directorys() {
    let directory = Directory::start();
    let site = directory.site("");
    for login in ["*", "zeynep)(uid=*", "zeynep*", "*)(|(uid=*)", "zeynep\\00"] {
        assert_eq!(
            site.browser().sign_in(login, "zeynep parola", "").await.status,
            StatusCode::UNAUTHORIZED,
            "{login}"
        );
        site.inside.clock.set(site.web.pipeline.now() + jiff::SignedDuration::from_hours(2));
    }
    assert!(
        directory.asked().is_empty(),
        "what is no login is not asked: {:?}",
        directory.asked()
    );
    // Below the login's own rule the escaping holds by itself.
    use kep_gateway::people::directory::{Directory as _, Ldap};
    let settings = site.web.pipeline.settings();
    let ldap = Ldap::new(&settings.config.people.ldap, &settings.secrets).unwrap();
    let password = kep_gateway::secret::Secret::new("zeynep parola");
    for login in ["*", "zeynep)(uid=*", "*)(|(uid=*"] {
        assert!(ldap.sign_in(login, &password).await.unwrap().is_none(), "{login}");
    }
    let filters: Vec<String> = directory.asked().into_iter().filter(|asked| asked.starts_with("filter")).collect();
    assert!(
        filters.len() == 3 && filters.iter().all(|filter| filter.starts_with("filter 0xa3")),
        "{filters:?}"
    );

    site.add("zeynep", Role::Clerk).await;
    assert_eq!(
        site.browser().sign_in("zeynep", "zeynep parola", "").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(site.browser().sign_in("zeynep", PASSWORD, "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn v9_2_a_directory_that_cannot_prove_its_name_gets_no_password() {
    let (directory, other) = (Directory::start(), Directory::start());
    let site = Directory {
        ca: other.ca.clone(),
        asked: Arc::default(),
        ..directory
    };
    let answer = site.site("").browser().sign_in("zeynep", "zeynep parola", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(directory.asked.lock().unwrap().is_empty());
}

// ---------------------------------------------------------------------------------------------------------------- the provider

/// A small OpenID provider over HTTP on the loopback. What it says in its ID tokens the test decides.
struct Provider {
    port: u16,
    claims: Arc<Mutex<Value>>,
    /// The form that each code was asked with.
    asked: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
    /// Signs with another key than the one that it publishes.
    forges: Arc<Mutex<bool>>,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let provider = Self {
            port,
            claims: Arc::new(Mutex::new(json!({}))),
            asked: Arc::default(),
            forges: Arc::default(),
        };
        let (claims, asked, forges) = (
            Arc::clone(&provider.claims),
            Arc::clone(&provider.asked),
            Arc::clone(&provider.forges),
        );
        std::thread::spawn(move || {
            let (key, other) = (Rsa::generate(2048).unwrap(), Rsa::generate(2048).unwrap());
            for mut stream in listener.incoming().flatten() {
                let (path, body) = request(&mut stream);
                let issuer = format!("http://localhost:{port}");
                let answer = match path.as_str() {
                    "/.well-known/openid-configuration" => json!({
                        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
                        "jwks_uri": format!("{issuer}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"],
                    }),
                    "/keys" => json!({"keys": [{
                        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
                        "n": BASE64_URL.encode(key.n().to_vec()), "e": BASE64_URL.encode(key.e().to_vec()),
                    }]}),
                    "/token" => {
                        let form = kep_gateway::web::form::Form::read(body.as_bytes());
                        let names = ["grant_type", "code", "code_verifier", "redirect_uri", "client_id"];
                        let fields = names.map(|name| (name.to_owned(), form.get(name).to_owned()));
                        asked.lock().unwrap().push(BTreeMap::from(fields));
                        let signer = if *forges.lock().unwrap() { &other } else { &key };
                        json!({
                            "access_token": "a", "token_type": "Bearer",
                            "id_token": token(&claims.lock().unwrap(), &PKey::from_rsa(signer.clone()).unwrap()),
                        })
                    }
                    _ => json!({}),
                };
                let text = answer.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    text.len()
                );
                let _ = stream.write_all(format!("{head}{text}").as_bytes());
            }
        });
        provider
    }

    fn site(&self) -> Site {
        Site::open(&format!(
            "[web]\npublic_url = \"http://localhost:8425\"\n[people.oidc]\nissuer = \"http://localhost:{}\"\nclient_id = \"kep\"\n\
             [[people.oidc.group]]\nname = \"kep-memur\"\nrole = \"clerk\"\nclearance = 1\n",
            self.port
        ))
    }

    /// The claims of somebody who is let in.
    fn vouches(&self, nonce: &str, changes: Value) {
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({
            "iss": format!("http://localhost:{}", self.port), "aud": "kep", "sub": "1", "iat": now, "exp": now + 300, "nonce": nonce,
            "preferred_username": "Deniz", "name": "Deniz Deneme", "groups": ["baska", "KEP-memur"],
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        *self.claims.lock().unwrap() = claims;
    }
}

fn request(stream: &mut TcpStream) -> (String, String) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let length = |head: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with("content-length:"));
            line.map_or(0, |line| line.split(':').nth(1).unwrap().trim().parse().unwrap())
        };
        match text.split_once("\r\n\r\n") {
            Some((head, body)) if body.len() >= length(head) || count == 0 => {
                return (head.split(' ').nth(1).unwrap_or_default().to_owned(), body.to_owned());
            }
            _ if count == 0 => return (String::new(), String::new()),
            _ => {}
        }
    }
}

fn token(claims: &Value, key: &PKey<Private>) -> String {
    let head = BASE64_URL.encode(json!({"alg": "RS256", "typ": "JWT", "kid": "1"}).to_string());
    let signed = format!("{head}.{}", BASE64_URL.encode(claims.to_string()));
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64_URL.encode(signature))
}

/// What the address of the provider carries.
fn sent(location: &str) -> kep_gateway::web::form::Form {
    kep_gateway::web::form::Form::read(location.split_once('?').unwrap().1.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_at_the_provider_with_code_pkce_state_and_nonce() {
    let provider = Provider::start();
    let site = provider.site();
    let mut browser = site.browser();
    let away = browser.get("/oidc/begin?next=/people").await;
    let location = away.header("location").to_owned();
    let said = sent(&location);
    assert_eq!(
        (said.get("response_type"), said.get("client_id"), said.get("code_challenge_method")),
        ("code", "kep", "S256")
    );
    assert_eq!(said.get("redirect_uri"), "http://localhost:8425/oidc/callback");
    provider.vouches(said.get("nonce"), json!({}));
    let back = format!("/oidc/callback?code=c1&state={}", said.get("state"));
    let home = browser.get(&back).await;
    assert_eq!(
        (home.status, home.header("location")),
        (StatusCode::SEE_OTHER, "/people"),
        "{}",
        home.text
    );
    assert!(browser.is_signed_in().await);
    let account = site.web.ledger().account("deniz").unwrap().unwrap();
    assert_eq!(
        (account.source, account.person.role, account.person.clearance),
        (Source::Oidc, Role::Clerk, 1)
    );
    let asked = provider.asked.lock().unwrap()[0].clone();
    let challenge = BASE64_URL.encode(openssl::sha::sha256(asked["code_verifier"].as_bytes()));
    assert_eq!(challenge, said.get("code_challenge"), "PKCE");
    // The same answer again, from the same browser: used up.
    let mut thief = site.browser();
    thief.jar = browser.jar.clone();
    thief.jar.remove("kep-session");
    assert_eq!(thief.get(&back).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn v3_5_what_the_provider_did_not_say_to_this_browser_now_signs_nobody_in() {
    let provider = Provider::start();
    let site = provider.site();
    let now = jiff::Timestamp::now().as_second();
    for (case, changes) in [
        ("another state", json!({})),
        ("another browser", json!({})),
        ("another key", json!({})),
        ("another nonce", json!({"nonce": "x"})),
        ("another audience", json!({"aud": "baska"})),
        ("another issuer", json!({"iss": "http://localhost:1"})),
        ("over", json!({"exp": now - 60})),
        ("no group", json!({"groups": ["baska"]})),
        ("no login", json!({"preferred_username": "Ayşe Yılmaz"})),
        ("a local account's name", json!({"preferred_username": "yonetici"})),
    ] {
        if case == "a local account's name" {
            site.add("yonetici", Role::Administrator).await;
        }
        let mut browser = site.browser();
        let location = browser.get("/oidc/begin").await.header("location").to_owned();
        let said = sent(&location);
        provider.vouches(said.get("nonce"), changes);
        *provider.forges.lock().unwrap() = case == "another key";
        let state = if case == "another state" { "x" } else { said.get("state") };
        if case == "another browser" {
            browser = site.browser();
        }
        let back = browser.get(&format!("/oidc/callback?code=c&state={state}")).await;
        assert_eq!(back.status, StatusCode::FORBIDDEN, "{case}");
        assert!(!browser.is_signed_in().await, "{case}");
    }
    assert!(site.web.ledger().account("deniz").unwrap().is_none());
}

// ---------------------------------------------------------------------------------------------------------------- the command line

/// Signs in over the network, and says whether that was right.
fn signs_in(address: &str, login: &str, password: &str) -> bool {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let page = client.get(format!("{address}/login")).send().await.unwrap();
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let text = page.text().await.unwrap();
        let csrf = text
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let encoded = |text: &str| kep_gateway::web::form::encoded(text);
        let body = format!("login={}&password={}&csrf={csrf}", encoded(login), encoded(password));
        let request = client.post(format!("{address}/login")).header("cookie", cookie);
        let answer = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        answer.status() == 303
    })
}

#[test]
fn the_first_administrator_is_made_on_the_command_line_and_others_beside_the_running_daemon() {
    let world = World::new(31);
    let gateway = Gateway::with_drop(&world);
    gateway.configure_more(PAGE);
    let made = gateway.ok(&[
        "people",
        "add",
        "yonetici",
        "--name",
        "Yönetici",
        "--role",
        "administrator",
        "--clearance",
        "4",
    ]);
    let password = made.lines().last().unwrap().to_owned();
    let daemon = Daemon::start(&gateway);
    let address = daemon.address.clone();
    assert!(signs_in(&address, "yonetici", &password));

    let file = gateway.dir.path().join("memur.password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let file = file.display().to_string();
    gateway.ok(&[
        "people",
        "add",
        "memur",
        "--name",
        "Memur",
        "--role",
        "clerk",
        "--mailbox",
        "drop",
        "--password-file",
        &file,
    ]);
    assert!(signs_in(&address, "memur", PASSWORD));
    gateway.ok(&["people", "disable", "memur"]);
    assert!(!signs_in(&address, "memur", PASSWORD));
    gateway.ok(&["people", "disable", "--undo", "memur"]);
    let new = gateway.ok(&["people", "passwd", "memur", "--generate"]);
    assert!(!signs_in(&address, "memur", PASSWORD) && signs_in(&address, "memur", new.lines().last().unwrap()));

    let last = gateway.run(&["people", "disable", "yonetici"]);
    assert!(!last.status.success() && String::from_utf8_lossy(&last.stderr).contains("son etkin yönetici"));
    fs::write(gateway.dir.path().join("memur.password"), "kısa\n").unwrap();
    assert_eq!(
        gateway.run(&["people", "passwd", "memur", "--password-file", &file]).status.code(),
        Some(2)
    );
    let listed = gateway.json(&["people", "list", "--json"]);
    let logins: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["person"]["login"].as_str().unwrap())
        .collect();
    assert_eq!(logins, ["memur", "yonetici"]);
    assert!(!listed.to_string().contains("argon2"));

    // A reload keeps the page; a stop ends it in order.
    daemon.signal(Signal::HUP);
    daemon.wait_for_page(2);
    assert!(daemon.stop().0.success());
    let store = fs::read_dir(gateway.store().join("journal")).unwrap();
    let journal: Vec<u8> = store.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    let journal = String::from_utf8_lossy(&journal).into_owned();
    assert!(journal.contains("signed-in") && !journal.contains(PASSWORD) && !journal.contains(&password));
}
