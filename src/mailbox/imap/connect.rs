//! From a host name to a protected stream: TCP, then TLS at once or after STARTTLS.

use std::fmt::Debug;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use openssl::ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509CheckFlags;
use openssl::x509::{X509, X509VerifyResult};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::mailbox::config::{ImapConfig, Security};

use super::problem::{Problem, shown};

/// Bytes of one line before TLS: a greeting with capabilities is far below.
const PLAIN_LINE: u64 = 8 << 10;
/// Lines that a server may send before it answers STARTTLS.
const PLAIN_LINES: usize = 20;
/// Where distributions keep their list of authorities. A vendored OpenSSL looks into the place it was built for, which does not exist.
const SYSTEM_AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Whatever carries the protocol.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Transport for T {}

/// A stream that is ready for the protocol.
pub(super) struct Connected {
    pub(super) stream: Box<dyn Transport>,
    /// After STARTTLS the server sends no second greeting, and what it said before TLS is not trusted.
    pub(super) greeted: bool,
}

/// Opens the stream as configured. Never falls back to less protection.
pub(super) async fn connect(config: &ImapConfig) -> Result<Connected, (&'static str, Problem)> {
    let limit = config.connect_timeout;
    let tcp = within(limit, open_tcp(config)).await.map_err(|problem| ("connect", problem))?;
    match config.security {
        Security::Tls => {
            let stream = within(limit, start_tls(config, tcp)).await.map_err(|problem| ("tls", problem))?;
            Ok(Connected {
                stream: Box::new(stream),
                greeted: false,
            })
        }
        Security::Starttls => {
            let tcp = within(limit, ask_for_tls(tcp)).await.map_err(|problem| ("starttls", problem))?;
            let stream = within(limit, start_tls(config, tcp)).await.map_err(|problem| ("tls", problem))?;
            Ok(Connected {
                stream: Box::new(stream),
                greeted: true,
            })
        }
        Security::None if config.allow_plaintext => Ok(Connected {
            stream: Box::new(tcp),
            greeted: false,
        }),
        Security::None => Err(("connect", plaintext_refused())),
    }
}

/// Plain text is a decision that must be written down twice.
pub(super) fn plaintext_refused() -> Problem {
    Problem::Configuration("security = \"none\" sends the password readable over the network; it needs allow_plaintext = true".into())
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    timeout(limit, work).await.unwrap_or(Err(Problem::Deadline(limit)))
}

async fn open_tcp(config: &ImapConfig) -> Result<TcpStream, Problem> {
    let tcp = TcpStream::connect((config.host.as_str(), config.port()))
        .await
        .map_err(|error| Problem::Network(error.to_string()))?;
    // Commands are short and each waits for its answer.
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

async fn start_tls(config: &ImapConfig, tcp: TcpStream) -> Result<SslStream<TcpStream>, Problem> {
    let mut stream = SslStream::new(session(config)?, tcp).map_err(|error| Problem::Tls(error.to_string()))?;
    let Err(error) = Pin::new(&mut stream).connect().await else {
        return Ok(stream);
    };
    let verdict = stream.ssl().verify_result();
    if verdict != X509VerifyResult::OK {
        return Err(Problem::Certificate(verdict.error_string().to_owned()));
    }
    match error.code() {
        ErrorCode::SSL => Err(Problem::Tls(shown(&error.to_string()))),
        _ => Err(Problem::Network(format!(
            "the TLS handshake broke off: {}",
            shown(&error.to_string())
        ))),
    }
}

/// A session that verifies chain and name always. With a `ca_file` only its certificates are trusted and the system's are not even read.
fn session(config: &ImapConfig) -> Result<Ssl, Problem> {
    let failed = |error: openssl::error::ErrorStack| Problem::Tls(error.to_string());
    let mut builder = SslContext::builder(SslMethod::tls_client()).map_err(failed)?;
    builder.set_verify(SslVerifyMode::PEER);
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(failed)?;
    if !config.ca_file.as_os_str().is_empty() {
        builder.set_cert_store(authorities(&config.ca_file)?);
    } else if let Some(bundle) = system_authorities() {
        builder.set_ca_file(bundle).map_err(failed)?;
    } else {
        builder.set_default_verify_paths().map_err(failed)?;
    }
    let mut ssl = Ssl::new(&builder.build()).map_err(failed)?;
    let wanted = ssl.param_mut();
    match config.host.parse::<IpAddr>() {
        Ok(address) => wanted.set_ip(address).map_err(failed)?,
        Err(_) => {
            wanted.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            wanted.set_host(&config.host).map_err(failed)?;
            ssl.set_hostname(&config.host).map_err(failed)?;
        }
    }
    Ok(ssl)
}

fn authorities(ca_file: &Path) -> Result<X509Store, Problem> {
    let unreadable = |why: String| Problem::Configuration(format!("ca_file {}: {why}", ca_file.display()));
    let pem = std::fs::read(ca_file).map_err(|error| unreadable(error.to_string()))?;
    let authorities = X509::stack_from_pem(&pem).map_err(|error| unreadable(error.to_string()))?;
    if authorities.is_empty() {
        return Err(unreadable("no PEM certificate in it".into()));
    }
    let failed = |error: openssl::error::ErrorStack| Problem::Tls(error.to_string());
    let mut store = X509StoreBuilder::new().map_err(failed)?;
    for authority in authorities {
        store.add_cert(authority).map_err(failed)?;
    }
    Ok(store.build())
}

fn system_authorities() -> Option<PathBuf> {
    std::env::var_os("SSL_CERT_FILE")
        .into_iter()
        .map(PathBuf::from)
        .chain(SYSTEM_AUTHORITIES.iter().map(PathBuf::from))
        .find(|path| path.is_file())
}

/// Asks for TLS and refuses everything that an attacker could slip in before it (RFC 3501 6.2.1, the STARTTLS injection).
async fn ask_for_tls(tcp: TcpStream) -> Result<TcpStream, Problem> {
    let mut plain = BufReader::with_capacity(PLAIN_LINE as usize, tcp);
    let greeting = read_line(&mut plain).await?;
    match greeting.to_ascii_uppercase() {
        upper if upper.starts_with("* OK") => {}
        upper if upper.starts_with("* BYE") => return Err(Problem::Bye(shown(&greeting))),
        // PREAUTH forbids STARTTLS: whoever sends it wants us to go on without protection.
        _ => return Err(Problem::Tls(format!("unexpected greeting: {}", shown(&greeting)))),
    }
    plain.get_mut().write_all(b"K0 STARTTLS\r\n").await?;
    let mut answer = String::new();
    for _ in 0..PLAIN_LINES {
        answer = read_line(&mut plain).await?;
        if answer.starts_with("K0 ") {
            break;
        }
    }
    if !answer.to_ascii_uppercase().starts_with("K0 OK") {
        return Err(Problem::Tls(format!("STARTTLS was not accepted: {}", shown(&answer))));
    }
    if !plain.buffer().is_empty() {
        return Err(Problem::Hostile("bytes were slipped in between STARTTLS and TLS".into()));
    }
    Ok(plain.into_inner())
}

async fn read_line(plain: &mut BufReader<TcpStream>) -> Result<String, Problem> {
    let mut line = Vec::new();
    plain.take(PLAIN_LINE).read_until(b'\n', &mut line).await?;
    match line.last() {
        Some(b'\n') => Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
        Some(_) if line.len() as u64 == PLAIN_LINE => Err(Problem::Hostile("an endless line before TLS".into())),
        _ => Err(Problem::Closed),
    }
}
