//! `rfc5280::nc::` and `webpki::nc::`: which names may occur below an authority.

use super::issue::{
    ALT_NAME, EXTENDED_USAGE, NAME_CONSTRAINTS, Spec, constraints, directory, dns, email, ip, issuing, person_of, root, server, server_of,
    usages,
};
use super::row::{Row, Scenario, failure, line, not_built, pair, success};
use super::{adapter::Expected, issue::CLIENT_AUTH};
use crate::forge::der::{Der, ctx, null, oid, seq};
use crate::forge::pki::{CN, Key, KeyKind, name};

const WITHOUT_MARK: &str = "RFC 5280 4.2.1.10 has issuers mark it; what it says is held here whatever its mark, so that nothing is lost";
const AT_A_LEAF: &str = "RFC 5280 4.2.1.10 gives it to authorities; below a leaf there is nothing that it could constrain";

/// 192.0.2.0/24, and addresses in it and beside it.
const NETWORK: [u8; 8] = [192, 0, 2, 0, 255, 255, 255, 0];
const INSIDE: [u8; 4] = [192, 0, 2, 1];
const OUTSIDE: [u8; 4] = [192, 0, 3, 1];

pub const ROWS: &[Row] = &[
    // Hosts.
    failure("rfc5280::nc::permitted-dns-mismatch", || {
        pair(root().permitting(&[dns("example.com")]), server_of(&["not-example.com"]))
    }),
    failure("rfc5280::nc::excluded-dns-match", || {
        line(root(), [issuing(None).excluding(&[dns("example.com")])], server())
    }),
    success("rfc5280::nc::permitted-dns-match", || {
        pair(root().permitting(&[dns("example.com")]), server())
    }),
    failure("rfc5280::nc::permitted-dns-match-noncritical", without_mark).but(WITHOUT_MARK),
    success("webpki::nc::permitted-dns-match-noncritical", without_mark),
    success("rfc5280::nc::permitted-dns-match-more", || {
        pair(root().permitting(&[dns("example.com")]), server_of(&["foo.bar.example.com"]))
    }),
    failure("rfc5280::nc::excluded-dns-match-second", || {
        pair(
            root().excluding(&[dns("not-allowed.example.com")]),
            server_of(&["example.com", "not-allowed.example.com"]),
        )
    }),
    // Addresses.
    failure("rfc5280::nc::permitted-ip-mismatch", || {
        pair(root().permitting(&[ip(&NETWORK)]), at_address(&OUTSIDE))
    }),
    failure("rfc5280::nc::excluded-ipv4-match", || {
        pair(root().excluding(&[ip(&NETWORK)]), at_address(&INSIDE))
    }),
    failure("rfc5280::nc::excluded-ipv6-match", || {
        pair(root().excluding(&[ip(&own_host())]), at_address(&own_host()[..16]))
    }),
    success("rfc5280::nc::permitted-ipv4-match", || {
        pair(root().permitting(&[ip(&NETWORK)]), at_address(&INSIDE))
    }),
    success("rfc5280::nc::permitted-ipv6-match", || {
        pair(root().permitting(&[ip(&own_host())]), at_address(&own_host()[..16]))
    }),
    // Distinguished names.
    failure("rfc5280::nc::permitted-dn-mismatch", || {
        pair(root().permitting(&[directory("foo")]), called("not-foo", "not-foo"))
    }),
    failure("rfc5280::nc::excluded-dn-match", || {
        pair(root().excluding(&[directory("foo")]), called("foo", "foo"))
    }),
    success("rfc5280::nc::permitted-dn-match", || {
        pair(root().permitting(&[directory("foo")]), called("foo", "foo"))
    }),
    failure("rfc5280::nc::permitted-dn-match-subject-san-mismatch", || {
        pair(root().permitting(&[directory("foo")]), called("not-foo", "foo"))
    }),
    failure("rfc5280::nc::excluded-dn-match-sub-mismatch", || {
        pair(root().excluding(&[directory("foo")]), called("foo", "not-foo"))
    }),
    // Who issued himself, and which list weighs more.
    success("rfc5280::nc::permitted-self-issued", || {
        let elsewhere = |spec: Spec| spec.named("not-example.com").with(ALT_NAME, false, seq([dns("not-example.com")]));
        line(
            elsewhere(root()).permitting(&[dns("example.com")]),
            [elsewhere(issuing(None))],
            server(),
        )
    }),
    failure("rfc5280::nc::excluded-self-issued-leaf", || {
        let elsewhere = |spec: Spec| spec.named("not-example.com").with(ALT_NAME, false, seq([dns("not-example.com")]));
        line(
            root().permitting(&[dns("example.com")]),
            [elsewhere(issuing(None))],
            elsewhere(server()),
        )
    }),
    failure("rfc5280::nc::excluded-match-permitted-and-excluded", || {
        let both = constraints(Some(&[dns("example.com")]), Some(&[dns("example.com")]));
        pair(root().with(NAME_CONSTRAINTS, true, both), server())
    }),
    success("rfc5280::nc::permitted-different-constraint-type", || {
        pair(root().permitting(&[ip(&NETWORK)]), server())
    }),
    success("rfc5280::nc::excluded-different-constraint-type", || {
        pair(root().excluding(&[ip(&NETWORK)]), server())
    }),
    // Malformed constraints.
    failure("rfc5280::nc::invalid-dnsname-wildcard", || {
        pair(root().permitting(&[dns("*.example.com")]), server_of(&["foo.example.com"]))
    }),
    failure("rfc5280::nc::invalid-dnsname-leading-period", || {
        pair(root().permitting(&[dns(".example.com")]), server_of(&["foo.example.com"]))
    })
    .but("issuers write it as in a constraint of mail hosts, and read so it permits less than without the period, never more"),
    failure("rfc5280::nc::invalid-ipv4-address", || {
        pair(root().permitting(&[ip(&[127, 0, 0, 1])]), at_address(&[127, 0, 0, 1]))
    }),
    failure("rfc5280::nc::invalid-ipv6-address", || {
        pair(root().permitting(&[ip(&own_host()[..16])]), at_address(&own_host()[..16]))
    }),
    failure("rfc5280::nc::invalid-email-address", || {
        pair(
            root().permitting(&[email("invalid@invalid@example.com")]),
            client_of(&["example@example.com"]),
        )
    }),
    failure("rfc5280::nc::permitted-empty-sequence-excluded-nonempty", || {
        half_empty(constraints(Some(&[]), Some(&[dns("other.example.com")])))
    }),
    failure("rfc5280::nc::permitted-nonempty-excluded-empty-sequence", || {
        half_empty(constraints(Some(&[dns("example.com")]), Some(&[])))
    }),
    failure("webpki::nc::intermediate-permitted-excluded-subtrees-both-null", || {
        half_empty(constraints(None, None))
    }),
    failure("webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences", || {
        half_empty(constraints(Some(&[]), Some(&[])))
    }),
    failure("rfc5280::nc::not-allowed-in-ee-noncritical", || {
        pair(
            root(),
            server().with(NAME_CONSTRAINTS, false, constraints(Some(&[dns("example.com")]), None)),
        )
    })
    .but(AT_A_LEAF),
    failure("rfc5280::nc::not-allowed-in-ee-critical", || {
        pair(root(), server().permitting(&[dns("example.com")]))
    })
    .but(AT_A_LEAF),
    // Along the path.
    failure("rfc5280::nc::intermediate-with-san-rejected-by-intermediate-nc", || {
        line(
            root(),
            [issuing(None).with(NAME_CONSTRAINTS, true, one_and_not_the_other()), forbidden()],
            permitted(),
        )
    }),
    failure("rfc5280::nc::intermediate-with-san-rejected-by-root-nc", || {
        let root = root().with(NAME_CONSTRAINTS, true, one_and_not_the_other());
        line(root, [issuing(None), forbidden()], permitted())
    }),
    failure("rfc5280::nc::restrictive-permits-in-intermediates-narrows", || {
        let (wide, narrow) = ([dns("foo.example.com"), dns("bar.example.com")], [dns("bar.example.com")]);
        line(
            root(),
            [issuing(None).permitting(&wide), issuing(None).permitting(&narrow)],
            server_of(&["foo.example.com"]),
        )
    }),
    failure("rfc5280::nc::restrictive-permits-in-intermediates-widens", || {
        let (wide, narrow) = ([dns("foo.example.com"), dns("bar.example.com")], [dns("bar.example.com")]);
        line(
            root(),
            [issuing(None).permitting(&narrow), issuing(None).permitting(&wide)],
            server_of(&["foo.example.com"]),
        )
    }),
    // Malformed names.
    failure("rfc5280::nc::nc-permits-invalid-dns-san", || {
        line(
            root(),
            [issuing(None).permitting(&[dns("example.com")])],
            server_of(&[".example.com", "foo.example.com"]),
        )
    }),
    failure("rfc5280::nc::nc-permits-invalid-ip-san", || {
        let both = seq([ip(&NETWORK), ip(&INSIDE)]);
        line(
            root(),
            [issuing(None).permitting(&[ip(&NETWORK)])],
            server().with(ALT_NAME, false, both),
        )
    }),
    failure("rfc5280::nc::nc-permits-invalid-email-san", || {
        let addresses = ["good@example.com", "alsogood@example.com", "invalid@address@example.com"];
        line(root(), [issuing(None).permitting(&[email("example.com")])], client_of(&addresses))
    }),
    // Two certificates of one authority.
    success("rfc5280::nc::nc-forbids-alternate-chain-ica", || {
        let constraint = one_and_not_the_other();
        two_certificates(|spec| spec.with(NAME_CONSTRAINTS, true, constraint), Roads::OneLeadsNowhere)
    }),
    success("rfc5280::nc::nc-forbids-same-chain-ica", || {
        two_certificates(|spec| spec.excluding(&[dns("forbidden.example.com")]), Roads::BothLeadHome)
    }),
    // Mail.
    success("rfc5280::nc::nc-permits-email-exact", || mail("foo@example.com", "foo@example.com")),
    success("rfc5280::nc::nc-permits-email-domain", || mail("example.com", "foo@example.com")),
    // An asterisk is a letter of an address: rebuilt from the ids.
    success("rfc5280::nc::nc-permits-email-literal-asterisk-exact-match", || {
        mail("*@example.com", "*@example.com")
    }),
    failure("rfc5280::nc::nc-permits-email-literal-asterisk-rejects-user", || {
        mail("*@example.com", "foo@example.com")
    }),
    failure("rfc5280::nc::nc-permits-email-literal-asterisk-rejects-subdomain", || {
        mail("*@example.com", "*@sub.example.com")
    }),
    success("rfc5280::nc::nc-permits-email-literal-double-asterisk", || {
        mail("**@example.com", "**@example.com")
    }),
    failure("rfc5280::nc::nc-permits-email-literal-double-asterisk-rejects-single", || {
        mail("**@example.com", "*@example.com")
    }),
    success("rfc5280::nc::nc-permits-email-literal-mid-asterisk", || {
        mail("f*o@example.com", "f*o@example.com")
    }),
    // Forms that nobody processes.
    failure("rfc5280::nc::nc-forbids-othername", || {
        let names = seq([dns("example.com"), other_name()]);
        line(root(), [excluding_other_names()], server().with(ALT_NAME, false, names))
    }),
    success("rfc5280::nc::nc-forbids-othername-noop", || {
        line(root(), [excluding_other_names()], server())
    }),
    // A wildcard that may stand for an excluded host: rebuilt from the id and from what others report of it.
    failure("rfc5280::nc::nc-forbids-dnsname-wildcard-san", || {
        line(
            root(),
            [issuing(None).excluding(&[dns("foo.example.com")])],
            server_of(&["*.example.com"]),
        )
    }),
    not_built(
        "webpki::nc::nc-permits-dns-san-pattern",
        Expected::Success,
        "only its id could be read, and which names it permits does not follow from that",
    ),
    failure("cve::cve-2025-61727", || {
        let one_host_less = constraints(Some(&[dns("example.com")]), Some(&[dns("bar.example.com")]));
        line(
            root(),
            [issuing(None).without(ALT_NAME).with(NAME_CONSTRAINTS, true, one_host_less)],
            server_of(&["*.example.com"]),
        )
    }),
    failure("cve::cve-2025-61727-nc-permits-variant", || {
        let one_host = issuing(None).without(ALT_NAME).permitting(&[dns("foo.example.com")]);
        line(root(), [one_host], server_of(&["*.example.com"]))
    }),
    // More names and constraints than anybody needs.
    failure("pathological::nc-dos-1", || {
        let many = |word: &str| (0..513).map(|number| dns(&format!("{word}{number}.test"))).collect::<Vec<Der>>();
        let permitted: Vec<Der> = many("t").into_iter().chain([dns(".test")]).collect();
        let names = seq(permitted.iter().cloned());
        let both = constraints(Some(&permitted), Some(&many("x")));
        pair(
            root().with(NAME_CONSTRAINTS, true, both),
            server().nameless().with(ALT_NAME, true, names),
        )
    }),
    not_built("pathological::nc-dos-2", Expected::Failure, BOUND),
    not_built("pathological::nc-dos-3", Expected::Failure, BOUND),
];

const BOUND: &str = "its definition could not be read; nc-dos-1 asks for the same bound on comparisons";

/// ::1, with the mask of one host.
fn own_host() -> Vec<u8> {
    let mut octets = vec![0; 15];
    octets.push(1);
    octets.extend([0xff; 16]);
    octets
}

fn without_mark() -> Scenario {
    let value = constraints(Some(&[dns("example.com")]), None);
    pair(root().with(NAME_CONSTRAINTS, false, value), server())
}

fn at_address(octets: &[u8]) -> Spec {
    server().with(ALT_NAME, false, seq([ip(octets)]))
}

/// By its subject, and by its alternative name.
fn called(subject: &str, alternative: &str) -> Spec {
    server().named(subject).with(ALT_NAME, false, seq([directory(alternative)]))
}

fn client_of(addresses: &[&str]) -> Spec {
    person_of(addresses).with(EXTENDED_USAGE, false, usages(&[CLIENT_AUTH]))
}

fn mail(permitted: &str, address: &str) -> Scenario {
    let issuer = issuing(None).without(ALT_NAME).permitting(&[email(permitted)]);
    line(root(), [issuer], client_of(&[address]))
}

fn half_empty(value: Der) -> Scenario {
    line(root(), [issuing(None).with(NAME_CONSTRAINTS, true, value)], server())
}

fn one_and_not_the_other() -> Der {
    constraints(Some(&[dns("permitted.example.com")]), Some(&[dns("forbidden.example.com")]))
}

fn forbidden() -> Spec {
    issuing(None).with(ALT_NAME, false, seq([dns("forbidden.example.com")]))
}

fn permitted() -> Spec {
    server_of(&["permitted.example.com"])
}

fn other_name() -> Der {
    ctx(0, [oid("2.16.792.1.99.8"), ctx(0, [null()])])
}

fn excluding_other_names() -> Spec {
    let value = constraints(Some(&[dns("example.com")]), Some(&[other_name()]));
    issuing(None).without(ALT_NAME).with(NAME_CONSTRAINTS, true, value)
}

/// Where the two certificates of the authority lead.
#[derive(PartialEq)]
enum Roads {
    /// The one with the bad name to a root that nobody trusts.
    OneLeadsNowhere,
    /// The one with the bad name through the constraint, the other past it.
    BothLeadHome,
}

/// The leaf's authority has two certificates, one of which bears a name that a constraint forbids: the other one is the way.
fn two_certificates(constrain: impl FnOnce(Spec) -> Spec, roads: Roads) -> Scenario {
    let (first, second) = (root().without(ALT_NAME).self_signed(), root().without(ALT_NAME).self_signed());
    let constrained = constrain(issuing(None).without(ALT_NAME)).under(&first);
    let key = Key::generate(KeyKind::P256);
    let subject = || name(&[(CN, crate::forge::der::utf8("an-authority"))]);
    let one = |spec: Spec| spec.of_key(&key).of_subject(subject());
    let bad = one(forbidden());
    let (bad, other, trusted) = if roads == Roads::OneLeadsNowhere {
        (
            bad.under(&second),
            one(issuing(None).without(ALT_NAME)).under(&constrained),
            vec![first],
        )
    } else {
        let free = one(issuing(None).with(ALT_NAME, false, seq([dns("free.example.com")])));
        (bad.under(&constrained), free.under(&second), vec![first, second])
    };
    let leaf = permitted().named("permitted.example.com").under(&bad);
    let mut scenario = Scenario::of(&[], &[&constrained, &bad, &other], &leaf);
    scenario.trusted = trusted;
    scenario
}
