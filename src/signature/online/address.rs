//! Where a fetch may go: http(s), to a host that the trust list names, at an address of the public Internet.
//!
//! A certificate is written by whoever made it, so the addresses in it are an attacker's wish (SSRF). The list of hosts answers who is
//! asked; the check of the address, made again at every connection, answers where that name leads today.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use crate::signature::online::refusal::Refusal;
use crate::text::Text;

/// Hosts of the Turkish certificate providers: Kamu SM's from its certificates, the others as integrators open their firewalls for
/// them. Newer providers (AYYILDIZ, ArkSigner) are added in the configuration once a certificate of theirs names an address.
pub const KNOWN_HOSTS: [&str; 5] = ["kamusm.gov.tr", "turktrust.com.tr", "e-guven.com", "e-tugra.com", "e-imzatr.com"];

/// Suffixes under which strangers register names: listing one would list them all.
const SHARED_SUFFIXES: [&str; 18] = [
    "com.tr", "gov.tr", "org.tr", "net.tr", "edu.tr", "bel.tr", "pol.tr", "k12.tr", "gen.tr", "web.tr", "info.tr", "biz.tr", "name.tr",
    "av.tr", "dr.tr", "tsk.tr", "kep.tr", "co.uk",
];

/// How far out of the machine fetches may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// Also the machine itself, for tests whose certificate provider is a process beside them.
    PublicAndLoopback,
}

/// The hosts that may be asked. An entry allows the host of that name and every host below it.
#[derive(Debug, Clone, Default)]
pub struct Hosts(BTreeSet<String>);

impl Hosts {
    /// # Errors
    /// An entry is no host name, or one that strangers share.
    pub fn new(entries: &[String], reach: Reach) -> Result<Self, Text> {
        entries
            .iter()
            .map(|entry| read_entry(entry, reach))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub fn allow(&self, host: &str) -> bool {
        // An address below a listed address would be nonsense: "1.10.0.0.1".
        if host.parse::<IpAddr>().is_ok() {
            return self.0.contains(host);
        }
        let labels: Vec<&str> = host.split('.').collect();
        (0..labels.len()).any(|from| labels.get(from..).is_some_and(|tail| self.0.contains(&tail.join("."))))
    }
}

fn read_entry(entry: &str, reach: Reach) -> Result<String, Text> {
    let name = entry.trim().trim_end_matches('.').to_ascii_lowercase();
    let wrong = |tr: &str, en: &str| {
        Err(Text::new(
            format!("[trust] hosts \"{entry}\": {tr}"),
            format!("[trust] hosts \"{entry}\": {en}"),
        ))
    };
    if reach == Reach::PublicAndLoopback && (name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())) {
        return Ok(name);
    }
    // The URL parser has the last word on what a host is: it also turns Turkish letters into their ASCII form.
    let parsed = Url::parse(&format!("http://{name}/")).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
    if name.contains(['/', ':', '@', '*', ' ']) || host.is_empty() {
        return wrong(
            "yalnız sunucu adı yazılır, adres ya da joker değil: kamusm.gov.tr",
            "write a host name only, no address and no wildcard: kamusm.gov.tr",
        );
    }
    if host.parse::<IpAddr>().is_ok() || !host.contains('.') || SHARED_SUFFIXES.contains(&host.as_str()) {
        return wrong(
            "IP adresi ya da herkesin ad alabildiği bir uzantı olamaz; sağlayıcının kendi alan adını yazın",
            "neither an IP address nor a suffix under which anybody gets a name; write the provider's own domain",
        );
    }
    Ok(host)
}

/// A URL that may be asked.
#[derive(Debug, Clone)]
pub struct Target {
    pub url: Url,
    /// Lower case, without the brackets of an IPv6 address and without a final dot.
    pub host: String,
}

/// Reads an address out of a certificate.
///
/// # Errors
/// It may not be asked; the reason says why.
pub fn target(address: &str, hosts: &Hosts, reach: Reach) -> Result<Target, Refusal> {
    let url = Url::parse(address.trim()).map_err(|_| Refusal::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme(url.scheme().chars().take(20).collect()));
    }
    let host = url
        .host_str()
        .ok_or(Refusal::Malformed)?
        .trim_matches(['[', ']'])
        .trim_end_matches('.')
        .to_owned();
    if !url.username().is_empty() || url.password().is_some() || host.is_empty() {
        return Err(Refusal::Malformed);
    }
    if !hosts.allow(&host) {
        return Err(Refusal::NotListed(host));
    }
    // A literal address is never looked up, so it is judged here.
    match host.parse::<IpAddr>() {
        Ok(literal) if !may_connect(literal, reach) => Err(Refusal::NotPublic { host, address: literal }),
        _ => Ok(Target { url, host }),
    }
}

/// Whether a connection may be made to this address.
pub fn may_connect(address: IpAddr, reach: Reach) -> bool {
    let loopback = reach == Reach::PublicAndLoopback && address.is_loopback();
    loopback
        || match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        }
}

/// The registry of special-purpose addresses (RFC 6890 and its updates), the other way round.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    )
}

/// Global unicast only, without the ranges that stand for something else: documentation, Teredo and 6to4, which carry any IPv4 address
/// inside. Of the translated forms only the well-known NAT64 prefix, with a public IPv4 address in it, where a network has no IPv4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x2002, ..] => false,
        [0x3fff, second, ..] => second >= 0x1000,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
