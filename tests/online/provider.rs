//! A certificate provider on the loopback: it publishes issuers and lists and answers OCSP requests, and misbehaves on demand.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kep_gateway::signature::online::lookup::Lookup;

use crate::forge::pki::Certified;
use crate::forge::revocation::{self, CrlSpec, OcspSpec, Revoked, Status};
use crate::forge::world::{Authority, World};

/// The host in the certificates of the provider's world.
pub const HOST: &str = "saglayici.example";

#[derive(Clone)]
pub enum Manner {
    Status(u16),
    Redirect(String),
    Body(Vec<u8>),
    /// Says how much comes, and it is too much.
    Announced(usize),
    /// Says nothing and does not stop.
    Endless,
    /// A byte now and then.
    Drip,
    WrongNonce,
    /// No nonce, produced at this time, good for a day.
    Prepared(Timestamp),
    /// As `Prepared`, without nextUpdate.
    PreparedWithoutEnd(Timestamp),
    ForgedAnswer,
    /// Refuses requests whose CertID is named with SHA-1.
    WantsSha256,
    /// A list of this time.
    ListOf(Timestamp),
    ForgedList,
}

struct Inner {
    world: Arc<World>,
    now: Mutex<Timestamp>,
    manners: Mutex<HashMap<String, Manner>>,
    revoked: Mutex<Vec<Revoked>>,
    connections: AtomicUsize,
    asked: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub struct Provider {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

impl Provider {
    /// A provider for a world whose certificates point to [`HOST`].
    pub fn start(seed: u64, now: Timestamp) -> Self {
        Self::start_for(|_| World::published_at(seed, Some(&format!("http://{HOST}"))), now)
    }

    /// A provider whose world may name the address it listens at.
    pub fn start_for(world: impl FnOnce(SocketAddr) -> World, now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            world: Arc::new(world(address)),
            now: Mutex::new(now),
            manners: Mutex::default(),
            revoked: Mutex::default(),
            connections: AtomicUsize::new(0),
            asked: Mutex::default(),
        });
        let provider = Self { address, inner };
        let serving = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serving.inner.connections.fetch_add(1, Ordering::SeqCst);
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        provider
    }

    pub fn world(&self) -> &World {
        &self.inner.world
    }

    pub fn set_now(&self, now: Timestamp) {
        *self.inner.now.lock().unwrap() = now;
    }

    /// How requests below a path are answered from now on.
    pub fn behave(&self, path: &str, manner: Manner) {
        self.inner.manners.lock().unwrap().insert(path.to_owned(), manner);
    }

    pub fn behave_well(&self) {
        self.inner.manners.lock().unwrap().clear();
    }

    pub fn revoke(&self, certificate: &Certified, at: Timestamp) {
        self.inner.revoked.lock().unwrap().push(Revoked {
            serial: certificate.serial.clone(),
            at,
            reason: 1,
        });
    }

    pub fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }

    /// Paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.inner.asked.lock().unwrap().clone()
    }

    pub fn lookup(&self) -> Arc<Names> {
        Arc::new(Names(Mutex::new(vec![self.address])))
    }

    fn serve(&self, mut stream: TcpStream) {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let path = first.split(' ').nth(1).unwrap().to_owned();
        self.inner.asked.lock().unwrap().push(path.clone());
        // The client may hang up on us in the middle: that is what some of the tests want.
        let _ = self.answer(&mut stream, &path, &body);
    }

    fn answer(&self, stream: &mut TcpStream, path: &str, request: &[u8]) -> std::io::Result<()> {
        let manner = self
            .inner
            .manners
            .lock()
            .unwrap()
            .iter()
            .find(|(prefix, _)| path.starts_with(*prefix))
            .map(|(_, m)| m.clone());
        let now = *self.inner.now.lock().unwrap();
        let send = |stream: &mut TcpStream, body: &[u8]| {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )?;
            stream.write_all(body)
        };
        let slug = path.rsplit('/').next().unwrap().split('.').next().unwrap().to_owned();
        let authority = self.authority(&slug);
        match manner {
            Some(Manner::Status(status)) => write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            Some(Manner::Redirect(to)) => {
                write!(
                    stream,
                    "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            }
            Some(Manner::Body(body)) => send(stream, &body),
            Some(Manner::Announced(bytes)) => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n")?;
                stream.write_all(&[0x30; 1000])
            }
            Some(Manner::Endless) => {
                write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
                loop {
                    stream.write_all(&[0x30; 65_536])?;
                }
            }
            Some(Manner::Drip) => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n")?;
                loop {
                    stream.write_all(&[0x30])?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            manner if path.contains("/ocsp/") => send(stream, &self.ocsp(authority, request, manner, now)),
            manner if path.contains("/sil/") => {
                let (at, forged) = match manner {
                    Some(Manner::ListOf(at)) => (at, false),
                    Some(Manner::ForgedList) => (now, true),
                    _ => (now, false),
                };
                send(stream, &self.list(authority, at, forged))
            }
            _ => send(stream, &authority.ca.der),
        }
    }

    fn list(&self, authority: &Authority, at: Timestamp, forged: bool) -> Vec<u8> {
        let spec = CrlSpec {
            this_update: at,
            next_update: at + SignedDuration::from_hours(24),
            number: at.as_second() as u64,
            forged,
            unknown_critical: false,
        };
        let own = authority.revoked.iter().filter(|one| one.at <= at).cloned();
        let listed: Vec<Revoked> = own.chain(self.inner.revoked.lock().unwrap().iter().cloned()).collect();
        revocation::crl(&authority.ca, &spec, &listed).der
    }

    fn ocsp(&self, authority: &Authority, request: &[u8], manner: Option<Manner>, now: Timestamp) -> Vec<u8> {
        const SHA1: [u8; 7] = [0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];
        if matches!(manner, Some(Manner::WantsSha256)) && contains(request, &SHA1) {
            // malformedRequest
            return vec![0x30, 0x03, 0x0a, 0x01, 0x01];
        }
        let Some(subject) = self.certificates(authority).into_iter().find(|one| contains(request, &one.serial)) else {
            // unauthorized
            return vec![0x30, 0x03, 0x0a, 0x01, 0x06];
        };
        let mut nonce = nonce_of(request);
        let (mut produced_at, mut next_update, mut forged) = (now, Some(now + SignedDuration::from_hours(24)), false);
        match manner {
            Some(Manner::WrongNonce) => nonce = Some(vec![7; 32]),
            Some(Manner::Prepared(at)) => (produced_at, next_update, nonce) = (at, Some(at + SignedDuration::from_hours(24)), None),
            Some(Manner::PreparedWithoutEnd(at)) => (produced_at, next_update, nonce) = (at, None, None),
            Some(Manner::ForgedAnswer) => forged = true,
            _ => {}
        }
        let mine = self.inner.revoked.lock().unwrap();
        let gone = mine
            .iter()
            .chain(&authority.revoked)
            .find(|one| one.serial == subject.serial && one.at <= produced_at);
        let spec = OcspSpec {
            status: gone.map_or(Status::Good, |gone| Status::Revoked(gone.at)),
            produced_at,
            next_update,
            wrong_cert_id: false,
            forged,
        };
        let responder = authority.responder.as_deref().unwrap_or(&authority.ca);
        revocation::ocsp_to(responder, &subject, &spec, nonce.as_deref()).response
    }

    fn authority(&self, slug: &str) -> &Authority {
        let world = self.world();
        let all = [
            &world.nes_root,
            &world.nes,
            &world.seal_root,
            &world.seal,
            &world.kep_root,
            &world.tsa_root,
            &world.stranger_root,
            &world.stranger,
        ];
        all.into_iter().find(|one| one.ca.slug == slug).unwrap()
    }

    /// What an authority issued, as far as the tests ask for it.
    fn certificates(&self, authority: &Authority) -> Vec<Arc<Certified>> {
        let world = self.world();
        let people = world
            .senders
            .iter()
            .flat_map(|sender| [&sender.director.cert, &sender.officer.cert, &sender.seal]);
        let others = [
            &world.revoked.cert,
            &world.revoked_later.cert,
            &world.nes.ca,
            &world.seal.ca,
            &world.tsa.signer,
        ];
        let providers = world.providers.iter().map(|provider| &provider.cert);
        let all = people.chain(others).chain(providers);
        all.filter(|one| one.issuer_name == authority.ca.subject).cloned().collect()
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The octets behind the nonce's object identifier: OCTET STRING in OCTET STRING.
fn nonce_of(request: &[u8]) -> Option<Vec<u8>> {
    const NONCE: [u8; 11] = [0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];
    let at = request.windows(NONCE.len()).position(|window| window == NONCE)? + NONCE.len();
    let length = usize::from(request[at + 3]);
    Some(request[at + 4..at + 4 + length].to_vec())
}

/// A name service that answers every name with the same addresses.
pub struct Names(pub Mutex<Vec<SocketAddr>>);

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, _host: &str) -> std::io::Result<Vec<SocketAddr>> {
        Ok(self.0.lock().unwrap().clone())
    }
}
