//! `openssl ocsp` as an independent peer: what it understands of our requests, and what we understand of its answers.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kep_gateway::signature::certificate::Certificate;
use kep_gateway::signature::online::accept::accept;
use kep_gateway::signature::online::address::{Hosts, Reach};
use kep_gateway::signature::online::fetch::{Bounds, Fetcher};
use kep_gateway::signature::online::lookup::SystemLookup;
use kep_gateway::signature::online::trail::Object;
use kep_gateway::signature::online::want::Want;
use kep_gateway::signature::revocation::ocsp::CertStatus;
use tokio::time::Instant;

use crate::forge::pki::{Certified, pem};
use crate::forge::world::World;
use crate::ports::free_port;

const STARTS: usize = 5;

pub struct Responder {
    child: Child,
    world: World,
    _dir: tempfile::TempDir,
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Responder {
    pub fn start() -> Option<Self> {
        Command::new("openssl").arg("version").output().ok()?;
        let started = (0..STARTS).find_map(|_| Self::try_start());
        Some(started.expect("openssl ocsp listens at one of the ports"))
    }

    /// `None`: another program of the machine took the port between its choice and its use.
    fn try_start() -> Option<Self> {
        let port = free_port();
        let world = World::published_at(120, Some(&format!("http://127.0.0.1:{port}")));
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let responder = world.nes.responder.clone().unwrap();
        fs::write(path("ca.pem"), world.nes.ca.pem()).unwrap();
        fs::write(path("responder.pem"), responder.pem()).unwrap();
        fs::write(
            path("responder.key"),
            pem("PRIVATE KEY", &responder.key.pkey.private_key_to_pkcs8().unwrap()),
        )
        .unwrap();
        // The index of `openssl ca`: state, end, revoked at, serial, file, subject.
        let good = index_line('V', "", &world.senders[0].director.cert);
        let gone = index_line('R', "261118090000Z,keyCompromise", &world.senders[1].director.cert);
        fs::write(path("index.txt"), format!("{good}{gone}")).unwrap();
        let mut child = run(dir.path(), port);
        // A connection that asks nothing would keep it busy, so it is believed when it says that it listens.
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("ACCEPT") && lines.read_line(&mut said).unwrap() > 0 {}
        let listens = said.contains("ACCEPT");
        let responder = Self { child, world, _dir: dir };
        listens.then_some(responder)
    }

    pub async fn check(&self) {
        let reach = Reach::PublicAndLoopback;
        let hosts = Hosts::new(&["127.0.0.1".to_owned()], reach).unwrap();
        let bounds = Bounds {
            connect: Duration::from_secs(300),
            answer: Duration::from_secs(300),
            ..Bounds::default()
        };
        let fetcher = Fetcher::new(hosts, reach, Arc::new(SystemLookup), bounds);
        let issuer = Certificate::parse(&self.world.nes.ca.der).unwrap();
        for (sender, revoked) in [(0, false), (1, true)] {
            let certificate = Certificate::parse(&self.world.senders[sender].director.cert.der).unwrap();
            let want = Want::state_of(&certificate, &issuer, None).remove(0);
            let now = Timestamp::now();
            let objects = fetcher
                .fetch(&want, now, Instant::now() + Duration::from_secs(300))
                .await
                .unwrap_or_else(|refusal| panic!("{refusal}"));
            let [Object::Ocsp(response)] = objects.as_slice() else {
                panic!("{objects:?}")
            };
            let nonce = response.nonce.as_deref().expect("openssl repeats the nonce");
            assert_eq!(nonce.len(), 32);
            let answer = response
                .answers
                .iter()
                .find(|answer| answer.is_about(&certificate, &issuer))
                .unwrap();
            assert_eq!(matches!(answer.status, CertStatus::Revoked { .. }), revoked);
            // Without its nonce the same answer is another's.
            let whole = basic_response(response.der());
            assert!(accept(&whole, &want, Some(nonce), now).is_ok());
            assert!(accept(&whole, &want, Some(&[1; 32]), now).is_err());
            assert!(
                accept(&whole, &want, Some(nonce), now - SignedDuration::from_hours(1)).is_err(),
                "it is from the future"
            );
        }
    }
}

/// A bare BasicOCSPResponse is read like a whole response.
fn basic_response(der: &[u8]) -> Vec<u8> {
    der.to_vec()
}

fn index_line(state: char, revoked: &str, certificate: &Certified) -> String {
    // The serial's TLV is below 128 octets: its content starts at the third.
    let serial = hex::encode_upper(&certificate.serial[2..]);
    format!("{state}\t450101000000Z\t{revoked}\t{serial}\tunknown\t/C=TR/CN=Test\n")
}

fn run(dir: &Path, port: u16) -> Child {
    Command::new("openssl")
        .current_dir(dir)
        .args(["ocsp", "-port", &port.to_string(), "-index", "index.txt", "-CA", "ca.pem"])
        .args(["-rsigner", "responder.pem", "-rkey", "responder.key", "-ndays", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
