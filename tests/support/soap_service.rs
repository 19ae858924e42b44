//! What every fake SOAP service has: TLS on loopback under an authority of its own, requests taken apart, and answers that break off.

use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

/// The time limits of a client that waits for a slow machine.
pub const PATIENT: &str = "silence_timeout = \"5m\"\ntimeout = \"10m\"\nconnect_timeout = \"5m\"\n";
/// Of one that gives up a stalled service soon: what a healthy one does not do in that time is one fault more, and heals like the others.
pub const HASTY: &str = "silence_timeout = \"2s\"\ntimeout = \"5s\"\nconnect_timeout = \"5m\"\n";
/// Bytes of a dripping answer before it stalls.
const DRIPS: usize = 30;
const DRIP: Duration = Duration::from_millis(20);

pub type Connection = BufReader<SslStream<TcpStream>>;

/// How an answer breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    Truncate,
    Drip,
}

/// A request as it came.
pub struct Incoming {
    pub line: String,
    pub soap_action: String,
    pub body: String,
}

/// Serves on a free port of loopback until the task is aborted; `ca.pem` and `other-ca.pem` are written into the folder.
pub async fn listen<W>(folder: &Path, serve: impl Fn(Connection) -> W + Send + Sync + 'static) -> (u16, JoinHandle<()>)
where
    W: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let acceptor = certificates(folder);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (ssl, serve) = (Ssl::new(acceptor.context()).unwrap(), Arc::clone(&serve));
            tokio::spawn(async move {
                let mut stream = SslStream::new(ssl, stream).unwrap();
                if Pin::new(&mut stream).accept().await.is_ok() {
                    let _ = serve(BufReader::new(stream)).await;
                }
            });
        }
    });
    (port, task)
}

/// The next request; `None` when the client is gone.
pub async fn read(stream: &mut Connection) -> std::io::Result<Option<Incoming>> {
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
pub async fn write(stream: &mut Connection, break_off: Option<Break>, status: u16, kind: &str, body: &[u8]) -> std::io::Result<bool> {
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let out = stream.get_mut();
    out.write_all(head.as_bytes()).await?;
    match break_off {
        None => {
            out.write_all(body).await?;
            out.flush().await?;
            return Ok(true);
        }
        Some(Break::Truncate) => {
            out.write_all(&body[..body.len() / 2]).await?;
            out.flush().await?;
        }
        Some(Break::Drip) => {
            for byte in body.iter().take(DRIPS) {
                out.write_all(&[*byte]).await?;
                out.flush().await?;
                tokio::time::sleep(DRIP).await;
            }
            stall().await;
        }
    }
    Ok(false)
}

/// Says nothing more until the client has given up.
pub async fn stall() {
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
