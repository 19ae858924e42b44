//! One SMTP session: connect, protect, log in.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use openssl::x509::X509;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::config::Security;

/// A polite QUIT is worth no longer than this; the message is already taken.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Where and how to open a session.
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub tls: TlsParameters,
    pub hello: ClientId,
    pub login: Option<Credentials>,
    pub timeout: Duration,
}

/// How far a session came; a refusal means something else at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Login,
    Send,
}

pub(super) type SmtpError = (Step, lettre::transport::smtp::Error);

/// Opens a session and logs in. The caller bounds the time.
pub(super) async fn open(server: &Server) -> Result<AsyncSmtpConnection, SmtpError> {
    let mut session = connect(server).await.map_err(|error| (Step::Connect, error))?;
    if let Some(login) = &server.login {
        session
            .auth(&[Mechanism::Plain, Mechanism::Login], login)
            .await
            .map_err(|error| (Step::Login, error))?;
    }
    Ok(session)
}

async fn connect(server: &Server) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
    let address = (server.host.as_str(), server.port);
    let tls = (server.security == Security::Tls).then(|| server.tls.clone());
    if server.security != Security::Starttls {
        return AsyncSmtpConnection::connect_tokio1(address, Some(server.timeout), &server.hello, tls, None).await;
    }
    let stream = LineByLine::connect(address).await;
    let mut session = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &server.hello).await?;
    session.starttls(server.tls.clone(), &server.hello).await?;
    Ok(session)
}

/// Says goodbye without waiting long for the answer.
pub(super) async fn close(mut session: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(QUIT_TIMEOUT, session.quit()).await;
}

/// Certificate check against the system's authorities, or only those of a PEM file; TLS 1.2 at least.
pub(super) fn tls_parameters(host: &str, ca_pem: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca_pem {
        builder = builder.certificate_store(CertificateStore::None);
        for authority in X509::stack_from_pem(pem).map_err(|error| error.to_string())? {
            let der = authority.to_der().map_err(|error| error.to_string())?;
            builder = builder.add_root_certificate(Certificate::from_der(der).map_err(|error| error.to_string())?);
        }
    }
    builder.build().map_err(|error| error.to_string())
}

/// The clear-text part of a STARTTLS session, read byte by byte.
///
/// lettre keeps what it has buffered across the TLS handshake, so an attacker on the wire could put replies behind the server's
/// "220 go ahead" that would later count as said under TLS, up to "250 taken" for an alert that was never sent
/// (the class of CVE-2011-0411). Read byte by byte nothing is ever buffered: an injected reply meets the handshake and breaks it.
#[derive(Debug)]
struct LineByLine {
    stream: Option<TcpStream>,
    failure: Option<io::ErrorKind>,
    encrypted: bool,
}

/// First byte of a TLS handshake record (RFC 8446 5.1); no SMTP command begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

impl LineByLine {
    async fn connect(address: (&str, u16)) -> Self {
        match TcpStream::connect(address).await {
            Ok(stream) => Self {
                stream: Some(stream),
                failure: None,
                encrypted: false,
            },
            // lettre's error type cannot be made from outside: the first read reports the failure in its name.
            Err(error) => Self {
                stream: None,
                failure: Some(error.kind()),
                encrypted: false,
            },
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let failure = self.failure.unwrap_or(io::ErrorKind::NotConnected);
        self.stream.as_mut().map(Pin::new).ok_or_else(|| failure.into())
    }
}

impl AsyncRead for LineByLine {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let encrypted = this.encrypted;
        let stream = this.stream()?;
        if encrypted {
            return stream.poll_read(cx, buffer);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(stream.poll_read(cx, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.encrypted |= bytes.first() == Some(&TLS_HANDSHAKE);
        this.stream()?.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream()?.poll_shutdown(cx)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.as_ref().ok_or(io::ErrorKind::NotConnected)?.peer_addr()
    }
}
