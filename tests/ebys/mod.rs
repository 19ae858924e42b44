//! The API over real HTTP: the real server on a free port of the loopback, a program with a token, and a clock that the test turns.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use kep_gateway::hash::Sha256;
use kep_gateway::ledger::handling::HandlingRequest;
use kep_gateway::mailbox;
use kep_gateway::people::tokens::{Grant, Token, TokenEdit, hash, new_secret};
use kep_gateway::people::{Person, Role, Scope};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Action, Asker, Entry, RegisterNumber};
use kep_gateway::store::disk::RealDisk;
use kep_gateway::web::server::{Bounds, accept_all};
use kep_gateway::web::{self, Shared, Web};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::inside::Inside;

/// 12:00 in Turkey, a Monday.
pub const NOON: &str = "2026-11-23T09:00:00Z";

pub struct Api {
    pub inside: Inside,
    pub pipeline: Arc<Pipeline>,
    pub web: Shared,
    pub address: String,
    client: reqwest::Client,
    stop: CancellationToken,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// Of a refusal: its code, after its shape was looked at.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("urn:kep-gateway:problem:{code}"));
        let (tr, en) = (problem["text"]["tr"].as_str().unwrap(), problem["text"]["en"].as_str().unwrap());
        assert!(tr.len() > 10 && en.len() > 10 && tr != en, "{problem}");
        assert!([tr, en].contains(&problem["detail"].as_str().unwrap()), "{problem}");
        assert!(!problem["title"].as_str().unwrap().is_empty());
        code
    }
}

pub fn second_mailbox(inside: &Inside) {
    std::fs::create_dir_all(inside.dir.path().join("ikinci")).unwrap();
}

/// For the configuration: another drop folder beside the first.
pub const SECOND: &str = "[[mailbox]]\nname = \"ikinci\"\nkind = \"folder\"\npath = \"ikinci\"\nsettle = \"0s\"\n";

impl Api {
    /// `more` is appended to the configuration; each message lies in the first mailbox, or in the second where its name begins with `2-`.
    pub async fn open(more: &str, messages: &[(String, Vec<u8>)]) -> Self {
        let inside = Inside::new(NOON, &format!("{SECOND}[daemon]\nfree_bytes = 0\n{more}"));
        second_mailbox(&inside);
        for (name, bytes) in messages {
            let folder = if name.starts_with("2-") { "ikinci" } else { "drop" };
            std::fs::write(inside.dir.path().join(folder).join(format!("{name}.eml")), bytes).unwrap();
        }
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        let api = Self::serve(inside, pipeline).await;
        api.look().await;
        api
    }

    async fn serve(inside: Inside, pipeline: Arc<Pipeline>) -> Self {
        let web = Arc::new(Web::new(Arc::clone(&pipeline)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(accept_all(
            listener,
            None,
            web::router(Arc::clone(&web)),
            Bounds::default(),
            stop.clone(),
        ));
        Self {
            inside,
            pipeline,
            web,
            address,
            client: client(),
            stop,
        }
    }

    /// One look into both mailboxes; everything that came is registered.
    pub async fn look(&self) {
        let settings = self.pipeline.settings();
        for config in &settings.config.mailbox {
            let mut known: BTreeSet<_> = self.pipeline.ledger.known(config.name()).unwrap();
            let mut mailbox = mailbox::open(config, &settings.secrets, &settings.limits).unwrap();
            self.pipeline.check(&mut *mailbox, &mut known).await.unwrap();
        }
        self.pipeline.work_off().await.unwrap();
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.pipeline.ledger.entries().map(Result::unwrap).collect()
    }

    /// A token, given on the record; its secret.
    pub async fn give(&self, token: Token) -> String {
        let secret = new_secret().unwrap();
        let (name, token) = (
            token.name.clone(),
            Token {
                secret_sha256: hash(secret.reveal()).unwrap(),
                ..token
            },
        );
        let edit = TokenEdit::Add(Box::new(token));
        self.web.ledger().edit_token(&name, edit, Asker::default()).await.unwrap().unwrap();
        secret.reveal().to_owned()
    }

    /// A token for everything that there is.
    pub async fn token(&self, name: &str, grants: &[Grant]) -> String {
        self.give(token(name, grants)).await
    }

    pub async fn ask(&self, method: Method, path: &str, secret: Option<&str>, body: Option<&str>, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.address));
        if let Some(secret) = secret {
            request = request.header("authorization", format!("Bearer {secret}"));
        }
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body.to_owned());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str, secret: &str) -> Answer {
        self.ask(Method::GET, path, Some(secret), None, &[]).await
    }

    pub async fn put(&self, path: &str, secret: &str, body: &str) -> Answer {
        self.ask(Method::PUT, path, Some(secret), Some(body), &[]).await
    }

    pub async fn post(&self, path: &str, secret: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, Some(secret), Some(body), &[]).await
    }

    /// Every page of a list, from the beginning.
    pub async fn all(&self, path: &str, secret: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = match &cursor {
                Some(cursor) => self.get(&format!("{path}{joint}cursor={cursor}"), secret).await,
                None => self.get(path, secret).await,
            };
            assert_eq!(page.status, StatusCode::OK, "{}", page.text());
            let page = page.json();
            all.extend(page["documents"].as_array().or(page["deliveries"].as_array()).unwrap().clone());
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return all,
            }
        }
    }

    pub async fn assign(&self, number: RegisterNumber, unit: &str) {
        let request = HandlingRequest {
            action: Action::Assigned {
                unit: Some(unit.to_owned()),
                person: None,
            },
            note: None,
        };
        self.web.ledger().handle(number, request, &everybody()).await.unwrap().unwrap();
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub async fn answer(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

pub fn token(name: &str, grants: &[Grant]) -> Token {
    Token {
        name: name.to_owned(),
        grants: grants.iter().copied().collect(),
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
        until: None,
        secret_sha256: Sha256::of(name.as_bytes()),
        created_at: NOON.parse::<Timestamp>().unwrap(),
        revoked_at: None,
    }
}

pub fn everybody() -> Person {
    Person {
        login: "herkes".to_owned(),
        name: "Herkes".to_owned(),
        role: Role::Administrator,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    }
}

pub fn only(names: &[&str]) -> Scope {
    Scope::Only(names.iter().map(|name| (*name).to_owned()).collect())
}

pub fn href(number: RegisterNumber) -> String {
    format!("/api/v1/documents/{number}")
}
