//! Why nothing came, or why what came is not used.

use std::net::IpAddr;

use crate::signature::cause::{self, Cause};
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// LDAP and everything else that is not HTTP: other protocols are other doors into other people's networks.
    #[error("'{0}' is no http address")]
    Scheme(String),
    #[error("the address cannot be read, or carries a login")]
    Malformed,
    #[error("{0} is not in the list of hosts")]
    NotListed(String),
    #[error("{host} leads to {address}, which is no public address")]
    NotPublic { host: String, address: IpAddr },
    #[error("{0} was not asked: it failed a moment ago")]
    Pausing(String),
    #[error("{host}: {problem}")]
    Unreachable { host: String, problem: String },
    /// The redirection was not followed.
    #[error("{0} redirects to another address")]
    Redirect(String),
    #[error("{host} sends more than {limit} bytes")]
    TooLarge { host: String, limit: usize },
    #[error("{0} does not answer in time")]
    TooSlow(String),
    /// There was no time to wait for all of it; it is asked for again when there is.
    #[error("{0} was still sending")]
    Unfinished(String),
    /// What came is not what was asked for.
    #[error("{host}: {}", problem.en)]
    Content { host: String, problem: Text },
}

impl Refusal {
    /// The reason in a report.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Scheme(_) | Self::Malformed => cause::FETCH_SCHEME,
            Self::NotListed(_) => cause::FETCH_NOT_LISTED,
            Self::NotPublic { .. } | Self::Redirect(_) => cause::FETCH_ADDRESS,
            Self::Pausing(_) | Self::Unreachable { .. } | Self::TooSlow(_) | Self::Unfinished(_) => cause::FETCH_UNREACHABLE,
            Self::TooLarge { .. } | Self::Content { .. } => cause::FETCH_CONTENT,
        }
    }

    /// What the reason's sentence names.
    pub fn detail(&self) -> Text {
        match self {
            Self::Scheme(scheme) => Text::same(scheme.clone()),
            Self::Malformed => Text::new("adres okunamıyor", "the address cannot be read"),
            Self::NotListed(host) => Text::same(host.clone()),
            Self::NotPublic { host, address } => Text::same(format!("{host} → {address}")),
            Self::Redirect(host) => Text::new(
                format!("{host} başka bir adrese yönlendiriyor"),
                format!("{host} redirects elsewhere"),
            ),
            Self::Pausing(host) => Text::new(
                format!("{host} az önce yanıt vermedi"),
                format!("{host} did not answer a moment ago"),
            ),
            Self::Unreachable { host, problem } => Text::same(format!("{host}: {problem}")),
            Self::TooSlow(host) => Text::new(format!("{host} zamanında yanıt vermedi"), format!("{host} did not answer in time")),
            Self::Unfinished(host) => Text::new(format!("{host} göndermeyi bitirmedi"), format!("{host} was still sending")),
            Self::TooLarge { host, limit } => Text::new(
                format!("{host}: yanıt {limit} bayttan büyük"),
                format!("{host}: the answer is larger than {limit} bytes"),
            ),
            Self::Content { host, problem } => Text::new(format!("{host}: {}", problem.tr), format!("{host}: {}", problem.en)),
        }
    }

    /// The host itself failed, so that asking it for something else is no use now.
    pub fn is_of_host(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TooSlow(_))
    }
}
