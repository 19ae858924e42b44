//! What every fake SOAP service has: TLS on loopback under an authority of its own, requests taken apart, a day on its clock, messages that lie
//! there, and what goes wrong on the wire whatever is asked.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use kep_gateway::clock::{FixedClock, from_local};
use kep_gateway::hash::Sha256;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

use super::Dice;

/// The time limits of a client that waits for a slow machine.
pub const PATIENT: &str = "silence_timeout = \"5m\"\ntimeout = \"10m\"\nconnect_timeout = \"5m\"\n";
/// Of one that gives up a stalled service soon: what a healthy one does not do in that time is one fault more, and heals like the others.
pub const HASTY: &str = "silence_timeout = \"2s\"\ntimeout = \"5s\"\nconnect_timeout = \"5m\"\n";
/// Bytes of a dripping answer before it stalls.
const DRIPS: usize = 30;
const DRIP: Duration = Duration::from_millis(20);
/// Days back from today over which the messages of a new service are spread.
const DAYS: usize = 20;

type Connection = BufReader<SslStream<TcpStream>>;

/// A request as it came.
pub struct Incoming {
    pub line: String,
    pub soap_action: String,
    pub body: String,
}

/// Status, content type and body.
pub type Answer = (u16, String, Vec<u8>);

/// What goes wrong whatever is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wire {
    /// The connection ends before the answer.
    Drop,
    /// The connection ends inside the answer.
    Truncate,
    /// Nothing comes; the connection stays.
    Stall,
    /// The answer drips, and stops.
    Drip,
    /// HTTP 503 with a page.
    Busy,
    /// A page where XML should be.
    Page,
    Refusal,
    /// Tags that do not match.
    Garbage,
    /// Nothing at all inside the envelope.
    Nothing,
}

impl Wire {
    pub const ALL: [Self; 9] = [
        Self::Drop,
        Self::Truncate,
        Self::Stall,
        Self::Drip,
        Self::Busy,
        Self::Page,
        Self::Refusal,
        Self::Garbage,
        Self::Nothing,
    ];

    /// The answer as this makes it.
    fn spoilt(self, (status, kind, body): Answer) -> Answer {
        let xml = "text/xml".to_owned();
        match self {
            Self::Busy => (503, "text/html".into(), b"<html>bakim".to_vec()),
            Self::Page => (status, "text/html".into(), b"<html>hos geldiniz</html>".to_vec()),
            Self::Refusal => (500, xml, super::soap::fault("Servis şu anda meşgul").into_bytes()),
            Self::Nothing => (status, xml, super::soap::envelope("").into_bytes()),
            Self::Garbage => (status, kind, swapped(&body, "</soapenv:Body>", "</soapenv:Govde>")),
            Self::Drop | Self::Truncate | Self::Stall | Self::Drip => (status, kind, body),
        }
    }
}

/// A body with other words.
pub fn swapped(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(body).replace(from, to).into_bytes()
}

/// What is still to go wrong, and what did; and what has lain there so far.
pub struct Script<F> {
    pub struck: Vec<(F, String)>,
    kinds: Vec<F>,
    left: usize,
    pub dice: Dice,
    pub today: Date,
    pub ever: BTreeSet<Sha256>,
}

impl<F: Copy> Script<F> {
    pub fn new(dice: Dice, today: Date, kinds: Vec<F>, left: usize) -> Self {
        Self {
            struck: Vec::new(),
            kinds,
            left,
            dice,
            today,
            ever: BTreeSet::new(),
        }
    }

    pub fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Whether something goes wrong at this request.
    pub fn strike(&mut self, operation: &str) -> Option<F> {
        if self.left == 0 || !self.dice.one_in(3) {
            return None;
        }
        self.left -= 1;
        let fault = self.kinds[self.dice.below(self.kinds.len())];
        self.struck.push((fault, operation.to_owned()));
        Some(fault)
    }

    /// Midnights and their neighbours are where days are counted wrongly.
    pub fn time_on(&mut self, day: Date) -> DateTime {
        let times = [(0, 0, 0), (23, 59, 59), (2, 59, 59), (3, 0, 0), (12, 0, 0)];
        let (hour, minute, second) = times[self.dice.below(times.len())];
        day.at(hour, minute, second, 0)
    }

    /// A day on which a message may have come.
    pub fn recent(&mut self) -> Date {
        let days = i64::try_from(self.dice.below(DAYS)).unwrap();
        self.today.saturating_sub(jiff::Span::new().days(days))
    }
}

/// What lies at a service, and how it answers.
pub trait World: Send + 'static {
    type Fault: Copy + Ord + Debug + Send + 'static;
    /// In front of every path that is asked for.
    const PATH: &'static str;

    fn script(&mut self) -> &mut Script<Self::Fault>;
    fn contents(&self) -> impl Iterator<Item = &[u8]>;
    /// How often an operation was asked for.
    fn count(&self, operation: &str) -> usize;
    /// What goes wrong on the wire, and the answer otherwise.
    fn answer(&mut self, incoming: Incoming) -> (Option<Wire>, Answer);

    fn bodies(&self) -> BTreeSet<Sha256> {
        self.contents().map(Sha256::of).collect()
    }
}

/// The running service.
pub struct Fake<W> {
    pub folder: TempDir,
    pub url: String,
    pub clock: Arc<FixedClock>,
    world: Arc<Mutex<W>>,
    task: JoinHandle<()>,
}

impl<W> Drop for Fake<W> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<W: World> Fake<W> {
    /// On a free port of loopback; `ca.pem` and `other-ca.pem` are written into the folder.
    pub async fn serving(folder: TempDir, path: &str, today: Date, world: W) -> Self {
        let acceptor = certificates(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let world = Arc::new(Mutex::new(world));
        let shared = Arc::clone(&world);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (ssl, world) = (Ssl::new(acceptor.context()).unwrap(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let mut stream = SslStream::new(ssl, stream).unwrap();
                    if Pin::new(&mut stream).accept().await.is_ok() {
                        let _ = serve(BufReader::new(stream), &world).await;
                    }
                });
            }
        });
        Self {
            folder,
            url: format!("https://localhost:{port}{path}"),
            clock: FixedClock::at(from_local(today.at(12, 0, 0, 0))),
            world,
            task,
        }
    }

    pub fn world(&self) -> MutexGuard<'_, W> {
        self.world.lock().unwrap()
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> usize {
        self.world().count(operation)
    }

    /// A new day, for both sides.
    pub fn set_today(&self, today: Date) {
        self.clock.set(from_local(today.at(12, 0, 0, 0)));
        self.world().script().today = today;
    }

    /// A file of its folder, as a configuration names it.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

async fn serve<W: World>(mut stream: Connection, world: &Mutex<W>) -> std::io::Result<()> {
    while let Some(incoming) = read(&mut stream).await? {
        assert!(incoming.line.starts_with(&format!("POST {}", W::PATH)), "{}", incoming.line);
        let (fault, answer) = world.lock().unwrap().answer(incoming);
        match fault {
            Some(Wire::Drop) => return Ok(()),
            Some(Wire::Stall) => stall().await,
            fault => {
                let answer = fault.map_or_else(|| answer.clone(), |fault| fault.spoilt(answer.clone()));
                if !write(&mut stream, fault, &answer).await? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The next request; `None` when the client is gone.
async fn read(stream: &mut Connection) -> std::io::Result<Option<Incoming>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let (mut length, mut soap_action, mut kind) = (0, String::new(), String::new());
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "soapaction" => soap_action = value.trim().to_owned(),
            "content-type" => kind = value.trim().to_owned(),
            _ => {}
        }
    }
    assert_eq!(kind, "text/xml; charset=utf-8");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Incoming {
        line: first,
        soap_action,
        body: String::from_utf8(body).unwrap(),
    }))
}

/// Writes an answer, or the beginning of one. Says whether the connection goes on.
async fn write(stream: &mut Connection, fault: Option<Wire>, (status, kind, body): &Answer) -> std::io::Result<bool> {
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let out = stream.get_mut();
    out.write_all(head.as_bytes()).await?;
    match fault {
        Some(Wire::Truncate) => {
            out.write_all(&body[..body.len() / 2]).await?;
            out.flush().await?;
            Ok(false)
        }
        Some(Wire::Drip) => {
            for byte in body.iter().take(DRIPS) {
                out.write_all(&[*byte]).await?;
                out.flush().await?;
                tokio::time::sleep(DRIP).await;
            }
            stall().await
        }
        _ => {
            out.write_all(body).await?;
            out.flush().await?;
            Ok(true)
        }
    }
}

/// Says nothing more until the client has given up.
async fn stall() -> ! {
    std::future::pending().await
}

/// `ca.pem` signs the server's certificate for `localhost`; `other-ca.pem` signs nothing.
fn certificates(path: &Path) -> SslAcceptor {
    let (ca_key, ca) = certificate("Deneme CA", None, None);
    let (key, server) = certificate("localhost", Some("localhost"), Some((&ca_key, &ca)));
    let (_, other) = certificate("Deneme CA", None, None);
    fs::write(path.join("ca.pem"), ca.to_pem().unwrap()).unwrap();
    fs::write(path.join("other-ca.pem"), other.to_pem().unwrap()).unwrap();
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_private_key(&key).unwrap();
    builder.set_certificate(&server).unwrap();
    builder.build()
}

fn certificate(common_name: &str, host: Option<&str>, issuer: Option<(&PKey<Private>, &X509)>) -> (PKey<Private>, X509) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common_name).unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(issuer.map_or(&name, |(_, ca)| ca.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(3_650).unwrap()).unwrap();
    let extension = match host {
        Some(host) => SubjectAlternativeName::new()
            .dns(host)
            .build(&builder.x509v3_context(issuer.map(|(_, ca)| ca.as_ref()), None))
            .unwrap(),
        None => BasicConstraints::new().critical().ca().build().unwrap(),
    };
    builder.append_extension(extension).unwrap();
    builder
        .sign(issuer.map_or(&key, |(ca_key, _)| ca_key), MessageDigest::sha256())
        .unwrap();
    (key, builder.build())
}
