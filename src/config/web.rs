//! `[web]`: where the page and the API are served, and to whom.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::people::config::is_https_or_loopback;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Address of the page. Empty: no page. Default `127.0.0.1:8425`.
    pub listen: String,
    /// How browsers reach it, where a reverse proxy or a name stands before it: `https://kep.kurum.gov.tr`. Requests under another name than
    /// this, the listen address or localhost are refused, but for TLS with an own certificate and none given here. Empty (default): no name.
    pub public_url: String,
    /// The server's certificate and what leads to its root, in PEM. Empty (default): no TLS. Read again at a reload.
    pub certificate_file: PathBuf,
    /// Its key in PEM, mode 0600.
    pub key_file: PathBuf,
    /// Permits serving an address beyond this machine without TLS: passwords then travel in the clear, unless a reverse proxy in between
    /// sees to it. Default false.
    pub allow_plain_network: bool,
    /// A reverse proxy stands before it, and the last address in its `X-Forwarded-For` is the visitor's. Default false.
    pub trusted_proxy: bool,
    /// A session ends after this long without a request. Default `30m`.
    #[serde(with = "crate::clock::duration")]
    pub session_idle: Duration,
    /// A session ends this long after the sign-in. Default `12h`.
    #[serde(with = "crate::clock::duration")]
    pub session_lifetime: Duration,
    /// Who may read `/metrics`: `off` (default), `loopback` or `token`.
    pub metrics: MetricsFor,
}

/// Who may read `/metrics`. It holds counts and the names of mailboxes, never names of people or subjects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsFor {
    /// Nobody: the address is not there.
    #[default]
    Off,
    /// Programs on this machine that come straight. What a proxy hands on comes from anywhere.
    Loopback,
    /// Programs with a token whose scope has `metrics`.
    Token,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8425".into(),
            public_url: String::new(),
            certificate_file: PathBuf::new(),
            key_file: PathBuf::new(),
            allow_plain_network: false,
            trusted_proxy: false,
            session_idle: Duration::from_secs(30 * 60),
            session_lifetime: Duration::from_secs(12 * 3_600),
            metrics: MetricsFor::Off,
        }
    }
}

impl WebConfig {
    pub fn has_tls(&self) -> bool {
        !self.certificate_file.as_os_str().is_empty()
    }

    /// Browsers see TLS, ours or a proxy's: cookies may travel over nothing else.
    pub fn is_secure(&self) -> bool {
        self.has_tls() || self.public_url.starts_with("https://")
    }

    /// Where to listen; several where a name has several addresses.
    ///
    /// # Errors
    /// It is no address with a port, or the name is not known.
    pub fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        Ok(self.listen.to_socket_addrs()?.collect())
    }

    /// Whether these addresses may be served under these settings: beyond the machine only with TLS, or by an explicit word.
    ///
    /// # Errors
    /// The sentence for the administrator.
    pub fn may_serve(&self, address: IpAddr) -> Result<(), Text> {
        if address.is_loopback() || self.has_tls() || self.allow_plain_network {
            return Ok(());
        }
        Err(Text::new(
            format!(
                "[web] listen = \"{}\": bu adres ağdan erişilebilir ve TLS yok; parolalar açıkta giderdi. certificate_file ve key_file verin, ya da \
                 127.0.0.1 üzerinde dinleyip önüne TLS'li bir vekil sunucu koyun; bilerek istiyorsanız allow_plain_network = true yazın",
                self.listen
            ),
            format!(
                "[web] listen = \"{}\": this address is reached from the network and there is no TLS; passwords would travel in the clear. Set \
                 certificate_file and key_file, or listen on 127.0.0.1 behind a reverse proxy with TLS; if you mean it, set allow_plain_network = true",
                self.listen
            ),
        ))
    }

    /// What no single key can be blamed for.
    ///
    /// # Errors
    /// A sentence that names the key and the cure.
    pub fn check(&self) -> Result<(), Text> {
        if self.listen.is_empty() {
            return Ok(());
        }
        let (host, port) = self.listen.rsplit_once(':').unwrap_or_default();
        if host.is_empty() || port.parse::<u16>().is_err() {
            return Err(Text::new(
                format!("[web] listen = \"{}\" bir adres değil; 127.0.0.1:8425 biçiminde yazın", self.listen),
                format!("[web] listen = \"{}\" is no address; write it as 127.0.0.1:8425", self.listen),
            ));
        }
        // A name is looked up when the daemon listens; `localhost` is this machine whatever a name server says.
        if let Ok(address) = self.listen.parse::<SocketAddr>() {
            self.may_serve(address.ip())?;
        }
        if self.certificate_file.as_os_str().is_empty() != self.key_file.as_os_str().is_empty() {
            return Err(Text::new(
                "[web]: certificate_file ve key_file ya birlikte verilir ya da hiç",
                "[web]: certificate_file and key_file are given together or not at all",
            ));
        }
        if !self.public_url.is_empty() && !is_https_or_loopback(&self.public_url) && !self.allow_plain_network {
            return Err(Text::new(
                "[web] public_url: adres https:// ile başlamalı",
                "[web] public_url: the address must begin with https://",
            ));
        }
        if self.session_idle.is_zero() || self.session_lifetime < self.session_idle {
            return Err(Text::new(
                "[web]: session_idle sıfır olamaz ve session_lifetime ondan kısa olamaz",
                "[web]: session_idle must not be zero, and session_lifetime must not be shorter",
            ));
        }
        Ok(())
    }
}
