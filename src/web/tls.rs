//! TLS by the institution's own certificate.

use std::path::Path;
use std::pin::Pin;

use openssl::pkey::PKey;
use openssl::ssl::{AlpnError, Ssl, SslAcceptor, SslMethod, SslVersion, select_next_proto};
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::config::WebConfig;
use crate::regular_file;
use crate::text::Text;

/// A certificate with what leads to its root is some kilobytes, and a key one or two.
const PEM_BYTES: u64 = 1 << 20;

/// In the form of ALPN: the one protocol that we speak.
const PROTOCOLS: &[u8] = b"\x08http/1.1";

/// `None`: no TLS is configured.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub fn acceptor(config: &WebConfig) -> Result<Option<SslAcceptor>, Text> {
    if !config.has_tls() {
        return Ok(None);
    }
    let (certificate, key) = (config.certificate_file.as_path(), config.key_file.as_path());
    let certificates = read(certificate).and_then(|pem| X509::stack_from_pem(&pem).map_err(|error| error.to_string()));
    let mut certificates = certificates.map_err(|error| unusable(certificate, &error))?.into_iter();
    let own = certificates.next().ok_or_else(|| unusable(certificate, "-"))?;
    let private = read(key).and_then(|pem| PKey::private_key_from_pem(&pem).map_err(|error| error.to_string()));
    let private = private.map_err(|error| unusable(key, &error))?;

    let build = || {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        acceptor.set_certificate(&own)?;
        acceptor.set_private_key(&private)?;
        for issuer in certificates {
            acceptor.add_extra_chain_cert(issuer)?;
        }
        acceptor.check_private_key()?;
        acceptor.set_alpn_select_callback(|_, offered| select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK));
        Ok(acceptor.build())
    };
    let built: Result<SslAcceptor, openssl::error::ErrorStack> = build();
    built.map(Some).map_err(|error| unusable(key, &error.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    regular_file::read(path, PEM_BYTES).map_err(|error| error.to_string())
}

fn unusable(path: &Path, problem: &str) -> Text {
    let path = path.display();
    Text::new(
        format!("[web] TLS: {path} kullanılamıyor: {problem}; sertifikayı (köke kadar) ve ona ait anahtarı PEM olarak verin"),
        format!("[web] TLS: {path} cannot be used: {problem}; give the certificate (up to its root) and the key that belongs to it as PEM"),
    )
}

/// The handshake. The caller bounds its time.
///
/// # Errors
/// The other end does not speak TLS, or not one that we speak.
pub async fn accept(acceptor: &SslAcceptor, stream: TcpStream) -> Result<SslStream<TcpStream>, String> {
    let ssl = Ssl::new(acceptor.context()).map_err(|error| error.to_string())?;
    let mut stream = SslStream::new(ssl, stream).map_err(|error| error.to_string())?;
    Pin::new(&mut stream).accept().await.map_err(|error| error.to_string())?;
    Ok(stream)
}
