//! The page inside the test's own process: a browser with a cookie jar that asks the router, and a clock that the test turns.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use kep_gateway::people::{Account, Edit, Person, Role, Scope, Source, password};
use kep_gateway::register::entry::Asker;
use kep_gateway::secret::Secret;
use kep_gateway::store::disk::RealDisk;
use kep_gateway::web::guard::Peer;
use kep_gateway::web::{self, Shared, Web};
use tower::ServiceExt;

use crate::inside::Inside;

/// 12:00 in Turkey.
pub const NOON: &str = "2026-11-20T09:00:00Z";
pub const PASSWORD: &str = "mor deve sessiz köprü";

pub struct Site {
    pub inside: Inside,
    pub web: Shared,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the hidden field of the first form.
    pub fn csrf(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// `Set-Cookie` of the cookie whose name ends so.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let mut lines = self
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|line| line.to_str().unwrap().to_owned());
        lines.rfind(|line| line.split('=').next().unwrap().ends_with(name))
    }
}

impl Site {
    pub fn open(more: &str) -> Self {
        Self::open_with(more, |_folder| {})
    }

    /// With files that the configuration names, put into its folder beforehand.
    pub fn open_with(more: &str, put: impl FnOnce(&std::path::Path)) -> Self {
        let inside = Inside::new(NOON, &format!("[daemon]\nfree_bytes = 0\n{more}"));
        put(inside.dir.path());
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        let web = Arc::new(Web::new(pipeline));
        let router = web::router(Arc::clone(&web));
        Self { inside, web, router }
    }

    pub async fn edit(&self, login: &str, edit: Edit) {
        self.web
            .ledger()
            .edit_account(login, edit, Asker::default())
            .await
            .unwrap()
            .unwrap();
    }

    pub async fn add(&self, login: &str, role: Role) {
        let account = Account {
            password: Some(password::hash(&Secret::new(PASSWORD)).unwrap()),
            ..Account::new(person(login, role), Source::Local)
        };
        self.edit(login, Edit::Add(Box::new(account))).await;
    }

    pub fn browser(&self) -> Browser {
        self.browser_of(self.router.clone())
    }

    pub fn browser_of(&self, router: Router) -> Browser {
        Browser {
            router,
            jar: BTreeMap::new(),
            address: IpAddr::V4(Ipv4Addr::new(10, 1, 1, 1)),
        }
    }

    /// Somebody who is signed in.
    pub async fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(login, PASSWORD, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }
}

pub fn person(login: &str, role: Role) -> Person {
    Person {
        login: login.to_owned(),
        name: format!("Deneme {login}"),
        role,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    }
}

/// Keeps cookies as a browser does.
pub struct Browser {
    router: Router,
    pub jar: BTreeMap<String, String>,
    pub address: IpAddr,
}

impl Browser {
    pub async fn ask(&mut self, request: Request<Body>) -> Answer {
        let response = self.begin(request).await;
        let status = response.status();
        let headers = response.headers().clone();
        let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status, headers, text }
    }

    /// The answer's head has come, and of its body nothing has been read.
    pub async fn begin(&mut self, mut request: Request<Body>) -> Response {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() && !request.headers().contains_key("cookie") {
            request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        }
        request.extensions_mut().insert(Peer(self.address));
        let response = self.router.clone().oneshot(request).await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match line.contains("Max-Age=0") {
                true => self.jar.remove(name),
                false => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        response
    }

    /// The stream of what happens, as the page opens it.
    pub async fn listen(&mut self) -> Response {
        self.begin(Request::get("/events").header("host", "localhost").body(Body::empty()).unwrap())
            .await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::get(path).header("host", "localhost").body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(form(path, fields).body(body(fields)).unwrap()).await
    }

    /// Posts the fields with the token of the page at `from`.
    pub async fn submit(&mut self, from: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get(from).await.csrf();
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.post(path, &fields).await
    }

    pub async fn sign_in(&mut self, login: &str, password: &str, next: &str) -> Answer {
        self.submit("/login", "/login", &[("login", login), ("password", password), ("next", next)])
            .await
    }

    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/account").await.status == StatusCode::OK
    }

    pub fn session(&self) -> String {
        self.jar
            .iter()
            .find(|(name, _)| name.ends_with("kep-session"))
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

pub fn form(path: &str, _fields: &[(&str, &str)]) -> axum::http::request::Builder {
    Request::post(path)
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
}

pub fn body(fields: &[(&str, &str)]) -> Body {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", web::form::encoded(value)));
    Body::from(pairs.collect::<Vec<_>>().join("&"))
}
