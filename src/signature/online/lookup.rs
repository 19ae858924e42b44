//! Names to addresses, with the check where it cannot be walked around: the HTTP client connects to the addresses that passed here and
//! looks nothing up itself, so a name that answers differently a moment later (DNS rebinding) gains nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::signature::online::address::{Reach, may_connect};

/// Where addresses come from. A test is its own name service.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Port 0 stands for the port of the URL.
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<SocketAddr>>;
}

/// The machine's resolver.
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// The name leads to an address that must not be connected to.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{0} is no public address")]
pub struct Forbidden(pub IpAddr);

/// What the HTTP client asks.
pub struct Checked {
    pub lookup: Arc<dyn Lookup>,
    pub reach: Reach,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, reach) = (Arc::clone(&self.lookup), self.reach);
        Box::pin(async move {
            let found = lookup.addresses(name.as_str().trim_end_matches('.')).await?;
            // One address out of place condemns the answer: no honest provider mixes its own network into it.
            if let Some(bad) = found.iter().find(|address| !may_connect(address.ip(), reach)) {
                return Err(Forbidden(bad.ip()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
