//! `webpki::`: rules of the CA/Browser Forum for servers. Its names and lists stand in the tables about those.

use super::adapter::Expected;
use super::issue::{
    ALT_NAME, AUTHORITY_KEY_ID, BASIC, CLIENT_AUTH, EXTENDED_USAGE, INFO_ACCESS, KEY_USAGE, SERVER_AUTH, Spec, UNKNOWN, ca, directory,
    hosts, identifier, ip, issuing, root, server, server_of, usages,
};
use super::keys::{dsa, dsa_with_sha256, explicit_curve, p192, rsa};
use super::reasons::{HOST, IDENTIFIERS, SERVER_USAGES, SERVERS, SIGNERS_KEY};
use super::row::{Row, Scenario, failure, line, not_built, pair, success};
use crate::forge::der::{Der, ctx, ctx_prim, named_bits, seq};
use crate::forge::pki::{EKU_EMAIL, EKU_OCSP, EKU_TIMESTAMPING, Key, KeyKind};

const ANY_USAGE: &str = "2.5.29.37.0";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
/// Signs what is shown to a log before the certificate is issued (RFC 6962).
const PRECERTIFICATE: &str = "1.3.6.1.4.1.11129.2.4.4";

const SAVED: &str = "it is about the saved chain of a real server, which is not ours to copy";

pub const ROWS: &[Row] = &[
    not_built("webpki::cryptographydotio-chain", Expected::Success, SAVED),
    not_built("webpki::cryptographydotio-chain-missing-intermediate", Expected::Failure, SAVED),
    failure("webpki::malformed-aia", || pair(root(), server().with(INFO_ACCESS, false, b"malformed".to_vec()))),
    // Keys.
    failure("webpki::explicit-curve", || {
        let (above, below) = (Key::generate(KeyKind::P256), Key::generate(KeyKind::P256));
        let written_out = |spec: Spec, key: &Key| spec.of_key(key).of_spki(explicit_curve(key));
        pair(written_out(root(), &above), written_out(server(), &below))
    }),
    failure("webpki::forbidden-p192-root", || pair(root().of_key(&p192()), server())),
    failure("webpki::forbidden-p192-leaf", || pair(root(), server().of_key(&p192()))).but(SIGNERS_KEY),
    failure("webpki::forbidden-dsa-root", || {
        pair(root().of_key(&dsa()).by_algorithm(dsa_with_sha256()), server().by_algorithm(dsa_with_sha256()))
    })
    .but("the regulator's table of algorithms knows DSA of this length"),
    failure("webpki::forbidden-dsa-leaf", || pair(root(), server().of_key(&dsa()))).but(SIGNERS_KEY),
    failure("webpki::forbidden-weak-rsa-key-in-root", || pair(root().of_key(&rsa(1024)), server())),
    failure("webpki::forbidden-weak-rsa-in-leaf", || pair(root(), server().of_key(&rsa(1024)))).but(SIGNERS_KEY),
    failure("webpki::forbidden-rsa-not-divisible-by-8-in-root", || pair(root().of_key(&rsa(2052)), server()))
        .but("the table of algorithms asks how long a key is, not by what its length can be divided")
        .formerly(&["webpki::forbidden-rsa-not-divisable-by-8-in-root"]),
    failure("webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf", || pair(root(), server().of_key(&rsa(2052))))
        .but(SIGNERS_KEY)
        .formerly(&["webpki::forbidden-rsa-key-not-divisable-by-8-in-leaf"]),
    // Leaves.
    failure("webpki::v1-cert", || pair(root(), bare_first_version())).but(
        "RFC 5280 6.1 asks the third version of authorities; a signer without the statements of a qualified certificate has none of its classes",
    ),
    failure("webpki::ee-basicconstraints-ca", || pair(root(), server().with(BASIC, true, ca(None)))).but(SERVERS),
    failure("webpki::ca-as-leaf", || {
        pair(root(), issuing(None).with(ALT_NAME, false, hosts(&["ca.example.com"])))
    })
    .but("RFC 5280 lets an authority be the end of a path; that a signer is none is asked of its class"),
    // The root's own key identifier.
    failure("webpki::aki::root-with-aki-missing-keyidentifier", || root_naming_issuer(|_| vec![])).but(IDENTIFIERS),
    failure("webpki::aki::root-with-aki-authoritycertissuer", || root_naming_issuer(|key| vec![key, somebody()])).but(IDENTIFIERS),
    failure("webpki::aki::root-with-aki-authoritycertserialnumber", || root_naming_issuer(|key| vec![key, number()])).but(IDENTIFIERS),
    failure("webpki::aki::root-with-aki-all-fields", || root_naming_issuer(|key| vec![key, somebody(), number()])).but(IDENTIFIERS),
    failure("webpki::aki::root-with-aki-ski-mismatch", || root_naming_issuer(|_| vec![ctx_prim(0, &[7; 20])])).but(IDENTIFIERS),
    // The common name.
    failure("webpki::cn::ipv4-hex-mismatch", || called_at("0xC0A80101", &[192, 168, 1, 1])).but(SERVERS).formerly(&["webpki::cn::cabf-cn-ipv4-hex-mismatch"]),
    failure("webpki::cn::ipv4-leading-zeros-mismatch", || called_at("192.168.001.001", &[192, 168, 1, 1]))
        .but(SERVERS)
        .formerly(&["webpki::cn::cabf-cn-ipv4-leading-zeros-mismatch"]),
    failure("webpki::cn::ipv6-uppercase-mismatch", || {
        called_at("2001:DB8::8A2E:370:7334", &ipv6([0x2001, 0xdb8, 0, 0, 0, 0x8a2e, 0x370, 0x7334]))
    })
    .but(SERVERS)
    .formerly(&["webpki::cn::cabf-cn-ipv6-uppercase-mismatch"]),
    failure("webpki::cn::ipv6-uncompressed-mismatch", || {
        called_at("2001:0db8:0000:0000:0000:0000:0000:0001", &ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]))
    })
    .but(SERVERS)
    .formerly(&["webpki::cn::cabf-cn-ipv6-uncompressed-mismatch"]),
    failure("webpki::cn::ipv6-non-rfc5952-mismatch", || {
        called_at("2001:db8:0:0:1:0:0:1", &ipv6([0x2001, 0xdb8, 0, 0, 1, 0, 0, 1]))
    })
    .but(SERVERS)
    .formerly(&["webpki::cn::cabf-cn-ipv6-non-rfc5952-mismatch"]),
    failure("webpki::cn::punycode-not-in-san", || pair(root(), server_of(&["xn--n3h.example"]).named("xn--nxasmq6b.example")))
        .but(SERVERS)
        .formerly(&["webpki::cn::cabf-cn-punycode-not-in-san", "webpki::cn::cabf-cn-punycode-vs-utf8-mismatch"]),
    failure("webpki::cn::utf8-vs-punycode-mismatch", || pair(root(), server_of(&["xn--ilk-zva.example"]).named("ilkö.example")))
        .but(SERVERS)
        .formerly(&["webpki::cn::cabf-cn-utf8-vs-punycode-mismatch"]),
    failure("webpki::cn::not-in-san", || {
        pair(root(), server_of(&["valid.example.com", "another.example.com"]).named("notinsan.example.com"))
    })
    .but(SERVERS)
    .formerly(&["webpki::cn::cabf-cn-not-in-san"]),
    failure("webpki::cn::case-mismatch", || pair(root(), server().named("Example.COM")))
        .but(SERVERS)
        .formerly(&["webpki::cn::cabf-cn-case-mismatch"]),
    // What the leaf may be used for.
    failure("webpki::eku::ee-anyeku", || leaf_for(&[SERVER_AUTH, ANY_USAGE])).but(SERVER_USAGES),
    failure("webpki::eku::ee-critical-eku", || pair(root(), server().critical(EXTENDED_USAGE))).but(SERVER_USAGES),
    failure("webpki::eku::ee-without-eku", || pair(root(), server().without(EXTENDED_USAGE))).but(SERVER_USAGES),
    failure("webpki::eku::root-has-eku", || {
        pair(root().with(EXTENDED_USAGE, false, usages(&[SERVER_AUTH])), server())
    })
    .but(SERVER_USAGES),
    failure("webpki::eku::ee-clientauth-only", || leaf_for(&[CLIENT_AUTH])).but(SERVER_USAGES),
    failure("webpki::eku::ee-precertificate-only", || leaf_for(&[PRECERTIFICATE])).but(SERVER_USAGES),
    failure("webpki::eku::ee-precertificate-with-serverauth", || leaf_for(&[SERVER_AUTH, PRECERTIFICATE])).but(SERVER_USAGES),
    success("webpki::eku::ee-serverauth-with-additional", || leaf_for(&[SERVER_AUTH, CLIENT_AUTH])),
    failure("webpki::eku::ee-codesigning-with-serverauth", || leaf_for(&[SERVER_AUTH, CODE_SIGNING])).but(SERVER_USAGES),
    failure("webpki::eku::ee-emailprotection-with-serverauth", || leaf_for(&[SERVER_AUTH, EKU_EMAIL])).but(SERVER_USAGES),
    failure("webpki::eku::ee-timestamping-with-serverauth", || leaf_for(&[SERVER_AUTH, EKU_TIMESTAMPING])).but(SERVER_USAGES),
    failure("webpki::eku::ee-ocspsigning-with-serverauth", || leaf_for(&[SERVER_AUTH, EKU_OCSP])).but(SERVER_USAGES),
    // What its authority may be used for.
    failure("webpki::eku::ca-without-serverauth-issuing-tls", || authority_for(&[CLIENT_AUTH])).but(SERVER_USAGES),
    failure("webpki::eku::ca-with-precertificate-oid", || authority_for(&[PRECERTIFICATE])).but(SERVER_USAGES),
    failure("webpki::eku::ca-with-serverauth-and-precertificate", || authority_for(&[SERVER_AUTH, PRECERTIFICATE])).but(SERVER_USAGES),
    success("webpki::eku::ca-with-serverauth-issuing-matching", || authority_for(&[SERVER_AUTH])),
    failure("webpki::eku::ca-with-codesigning-eku", || authority_for(&[SERVER_AUTH, CODE_SIGNING])).but(SERVER_USAGES),
    failure("webpki::eku::ca-with-emailprotection-eku", || authority_for(&[SERVER_AUTH, EKU_EMAIL])).but(SERVER_USAGES),
    failure("webpki::eku::ca-with-timestamping-eku", || authority_for(&[SERVER_AUTH, EKU_TIMESTAMPING])).but(SERVER_USAGES),
    failure("webpki::eku::ca-with-ocspsigning-eku", || authority_for(&[SERVER_AUTH, EKU_OCSP])).but(SERVER_USAGES),
    failure("webpki::eku::ca-with-anyeku", || authority_for(&[SERVER_AUTH, ANY_USAGE])).but(SERVER_USAGES),
    failure("webpki::ku::ee-rsa-without-any-usages", || pair(root(), useless().of_key(&rsa(2048)))).but(SERVER_USAGES),
    failure("webpki::ku::ee-ecc-without-digitalsignature", || pair(root(), useless())).but(SERVER_USAGES),
    // Hosts.
    success("webpki::san::exact-dns-san", || reached(&["example.com"])).formerly(&["webpki::exact-san"]),
    success("webpki::san::exact-localhost-ip-san", || {
        pair(root(), server().with(ALT_NAME, false, seq([ip(&[127, 0, 0, 1])])))
    }),
    failure("webpki::san::mismatch-domain-san", || reached(&["example.com"])).but(HOST),
    failure("webpki::san::mismatch-subdomain-san", || reached(&["abc.example.com"])).but(HOST),
    failure("webpki::san::mismatch-subdomain-apex-san", || reached(&["example.com"])).but(HOST),
    failure("webpki::san::mismatch-apex-subdomain-san", || reached(&["abc.example.com"])).but(HOST),
    failure("webpki::san::public-suffix-wildcard-san", || reached(&["*.com"])).but(HOST),
    failure("webpki::san::public-suffix-multi-label-wildcard-san", || reached(&["*.com.tr"])).but(HOST),
    failure("webpki::san::public-suffix-private-namespace-wildcard-san", || reached(&["*.pages.example"])).but(HOST),
    success("webpki::san::leftmost-wildcard-san", || reached(&["*.example.com"])),
    failure("webpki::san::wildcard-embedded-leftmost-san", || reached(&["ba*.example.com"])).but(HOST),
    failure("webpki::san::wildcard-not-in-leftmost-san", || reached(&["foo.*.example.com"])).but(HOST),
    failure("webpki::san::wildcard-match-across-labels-san", || reached(&["*.example.com"])).but(HOST),
    failure("webpki::san::wildcard-embedded-ulabel-san", || reached(&["xn--*-1b3c148a.example.com"])).but(HOST),
    failure("webpki::san::unicode-emoji-san", || reached(&["😜.example.com"])).but(HOST),
    failure("webpki::san::no-san", || pair(root(), server().without(ALT_NAME))).but(HOST),
    failure("webpki::san::san-critical-with-nonempty-subject", || {
        pair(root(), server().named("something-else").critical(ALT_NAME))
    })
    .but(SERVERS),
    failure("webpki::san::san-wildcard-only", || reached(&["*"])).but(HOST),
    failure("webpki::san::san-wildcard-only-tld", || reached(&["*"])).but(HOST),
];

/// A server of these hosts; whom the client meant is no part of what we judge.
fn reached(names: &[&str]) -> Scenario {
    pair(root(), server_of(names))
}

/// A first version without any extension, as it should be.
pub fn bare_first_version() -> Spec {
    let extensions = [
        super::issue::SUBJECT_KEY_ID,
        AUTHORITY_KEY_ID,
        KEY_USAGE,
        EXTENDED_USAGE,
        ALT_NAME,
        UNKNOWN,
    ];
    extensions.iter().fold(server(), |spec, id| spec.without(id)).version(1)
}

fn useless() -> Spec {
    server().with(KEY_USAGE, true, named_bits(&[]))
}

fn leaf_for(ids: &[&str]) -> Scenario {
    pair(root(), server().with(EXTENDED_USAGE, false, usages(ids)))
}

fn authority_for(ids: &[&str]) -> Scenario {
    line(root(), [issuing(None).with(EXTENDED_USAGE, false, usages(ids))], server())
}

/// The root's authorityKeyIdentifier, whose first field would be this.
fn root_naming_issuer(fields: impl FnOnce(Der) -> Vec<Der>) -> Scenario {
    let key = Key::generate(KeyKind::P256);
    let own = ctx_prim(0, &identifier(&key.spki()));
    pair(root().of_key(&key).with(AUTHORITY_KEY_ID, false, seq(fields(own))), server())
}

/// authorityCertIssuer, authorityCertSerialNumber.
fn somebody() -> Der {
    ctx(1, [directory("Somebody")])
}

fn number() -> Der {
    ctx_prim(2, &[0x04, 0xd2])
}

fn called_at(common_name: &str, address: &[u8]) -> Scenario {
    pair(root(), server().named(common_name).with(ALT_NAME, false, seq([ip(address)])))
}

fn ipv6(groups: [u16; 8]) -> Vec<u8> {
    groups.iter().flat_map(|group| group.to_be_bytes()).collect()
}
