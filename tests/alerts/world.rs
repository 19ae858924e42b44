//! A world in one line: configuration, dispatcher, jobs, certificates, captured logs.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use kep_gateway::alert::config::{AlertConfig, AlertSecrets};
use kep_gateway::alert::deliver::Dispatcher;
use kep_gateway::alert::job::{Channel, Job};
use kep_gateway::alert::notice::Notice;
use kep_gateway::alert::routing::deliveries;
use kep_gateway::clock::FixedClock;
use kep_gateway::secret::Secret;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

pub const SECRET: &str = "Gizli+Parola/9";

/// 2026-11-23 12:00 in Turkey, a Monday.
pub fn noon() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

pub fn config(toml: &str) -> AlertConfig {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

pub fn secrets() -> AlertSecrets {
    let secret = || Some(Secret::new(SECRET));
    AlertSecrets {
        smtp: secret(),
        sms: secret(),
        webhook: secret(),
    }
}

pub fn dispatcher(config: &AlertConfig) -> Dispatcher {
    Dispatcher::new(config, &secrets(), FixedClock::at(noon())).unwrap()
}

/// The first job of a notice over a channel.
pub fn job(config: &AlertConfig, notice: &Notice, channel: Channel) -> Job {
    let all = deliveries(notice, config);
    let delivery = all.iter().find(|delivery| delivery.channel == channel).unwrap();
    Job::new(notice, delivery)
}

/// A self-signed certificate for 127.0.0.1 and localhost: its PEM, and a server that shows it.
pub fn certificate() -> (Vec<u8>, SslAcceptor) {
    let key: PKey<Private> = PKey::ec_gen("prime256v1").unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, "localhost").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder
        .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
        .unwrap();
    let names = SubjectAlternativeName::new()
        .ip("127.0.0.1")
        .dns("localhost")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = builder.build();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    (certificate.to_pem().unwrap(), acceptor.build())
}

/// Everything that any crate logs in this process, at the most talkative level.
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    pub fn capture() -> Self {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        LOGS.get_or_init(|| {
            let logs = Logs::default();
            let writer = logs.clone();
            tracing_subscriber::fmt()
                .with_env_filter("trace")
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .init();
            logs
        })
        .clone()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
