#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::address::{Hosts, Reach, may_connect, target};
use super::refusal::Refusal;

fn hosts(names: &[&str]) -> Hosts {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Hosts::new(&names, Reach::Public).unwrap()
}

#[test]
fn a_listed_host_allows_itself_and_what_is_below_it_and_nothing_that_only_looks_alike() {
    let hosts = hosts(&["KamuSM.gov.tr.", "örnek.com"]);
    for allowed in ["kamusm.gov.tr", "depo.kamusm.gov.tr", "a.b.kamusm.gov.tr", "xn--rnek-4qa.com"] {
        assert!(hosts.allow(allowed), "{allowed}");
    }
    for strange in [
        "kamusm.gov.tr.evil.example",
        "evilkamusm.gov.tr",
        "gov.tr",
        "tr",
        "",
        "kamusm.gov",
        "kamusm-gov.tr",
    ] {
        assert!(!hosts.allow(strange), "{strange}");
    }
}

#[test]
fn what_would_list_half_the_world_is_no_entry() {
    for wrong in [
        "gov.tr",
        "com.tr",
        "tr",
        "*.kamusm.gov.tr",
        "http://kamusm.gov.tr",
        "10.0.0.1",
        "localhost",
        "a b",
        "",
        "kamusm.gov.tr:80",
    ] {
        assert!(Hosts::new(&[wrong.to_owned()], Reach::Public).is_err(), "{wrong}");
    }
    assert!(Hosts::new(&["localhost".to_owned(), "127.0.0.1".to_owned()], Reach::PublicAndLoopback).is_ok());
    assert!(Hosts::new(&["10.0.0.1".to_owned()], Reach::PublicAndLoopback).is_err());
}

#[test]
fn only_http_to_a_listed_host_is_a_target() {
    let hosts = hosts(&["kamusm.gov.tr"]);
    let ask = |url: &str| target(url, &hosts, Reach::Public);
    assert_eq!(ask("http://Depo.KamuSM.gov.tr/x.crl").unwrap().host, "depo.kamusm.gov.tr");
    assert_eq!(ask("https://depo.kamusm.gov.tr./x.crl").unwrap().host, "depo.kamusm.gov.tr");
    assert!(matches!(ask("ldap://dizin.kamusm.gov.tr/c=TR"), Err(Refusal::Scheme(scheme)) if scheme == "ldap"));
    assert!(matches!(ask("file:///etc/passwd"), Err(Refusal::Scheme(_))));
    assert!(matches!(ask("http://kamusm.gov.tr@evil.example/"), Err(Refusal::Malformed)));
    assert!(matches!(ask("http://evil.example/kamusm.gov.tr"), Err(Refusal::NotListed(host)) if host == "evil.example"));
    assert!(matches!(ask("http://[::1]/"), Err(Refusal::NotListed(_))));
    // Every spelling of an address is the address.
    for loopback in ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://127.0.0.1/"] {
        assert!(
            matches!(ask(loopback), Err(Refusal::NotListed(host)) if host == "127.0.0.1"),
            "{loopback}"
        );
    }
    assert!(matches!(ask("depo.kamusm.gov.tr/x.crl"), Err(Refusal::Malformed)));
}

#[test]
fn addresses_that_are_not_the_public_internet_are_refused() {
    let refused = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "5f00::1",
    ];
    for address in refused {
        assert!(!may_connect(address.parse().unwrap(), Reach::Public), "{address}");
    }
    for address in [
        "193.140.71.50",
        "8.8.8.8",
        "100.128.0.1",
        "172.32.0.1",
        "2a01:4f8::1",
        "2001:4860:4860::8888",
        "64:ff9b::8.8.8.8",
    ] {
        assert!(may_connect(address.parse().unwrap(), Reach::Public), "{address}");
    }
    for address in ["127.0.0.1", "::1"] {
        assert!(may_connect(address.parse().unwrap(), Reach::PublicAndLoopback), "{address}");
    }
    // The test's door is no wider than itself.
    for address in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1"] {
        assert!(!may_connect(address.parse().unwrap(), Reach::PublicAndLoopback), "{address}");
    }
}
