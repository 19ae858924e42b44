//! `rfc5280::crl::`, and what the suite had under `crl::` before: lists, their form, their days, what they speak of, and who may sign them.

use std::sync::Arc;

use super::issue::{DISTRIBUTION_POINTS, KEY_USAGE, Spec, UNKNOWN, dns, issuing, root, server, server_of, uri};
use super::lists::{List, SCOPE, list};
use super::reasons::{LISTS_BY_BROWSERS, MARKING, STILL_A_WORD};
use super::row::{Row, Scenario, failure, success};
use crate::forge::der::{Der, ctx, ctx_prim, named_bits, null, oid, retag, seq, utf8};
use crate::forge::pki::{CERT_SIGN, CN, CRL_SIGN, Certified, Key, KeyKind, extension};

/// The day of judgement, and days around it.
const TODAY: &str = "2024-01-01T00:00:00Z";
const YESTERDAY: &str = "2023-12-31T00:00:00Z";
const TOMORROW: &str = "2024-01-02T00:00:00Z";
const LAST_MONTH: &str = "2023-12-02T00:00:00Z";
const NEXT_MONTH: &str = "2024-01-31T00:00:00Z";
const BEFORE_LAST_MONTH: &str = "2023-11-02T00:00:00Z";

pub const ROWS: &[Row] = &[
    // What a list says.
    failure("rfc5280::crl::revoked-certificate-with-crl", || {
        listed(server_of(&["revoked.example.com"]), |own, leaf| own.naming(leaf, YESTERDAY))
    })
    .formerly(&["crl::revoked-certificate-with-crl"]),
    success("rfc5280::crl::certificate-not-on-crl", || about_strangers(2)).formerly(&["crl::certificate-not-on-crl"]),
    success("rfc5280::crl::certificate-serial-on-crl-different-issuer", || {
        let other = root().named("Root 2").self_signed();
        let scenario = listed(server(), |own, _| own);
        let foreign = list(&other).naming(&scenario.leaf, YESTERDAY).der();
        scenario.trusting(&other).with_list(foreign)
    })
    .formerly(&["crl::certificate-serial-on-crl-different-issuer"]),
    success("rfc5280::crl::crl-empty", || listed(server(), |own, _| own)).formerly(&["crl::structure::crl-empty"]),
    success("rfc5280::crl::crl-very-large", || about_strangers(10_000)).formerly(&["crl::structure::crl-very-large"]),
    // Its extensions, and those of its lines.
    failure("rfc5280::crl::crlnumber-missing", || {
        listed(server(), |own, _| own.without_number().naming_strangers(1, "1970-01-01T00:00:02Z")).at("1970-01-01T00:00:03Z")
    })
    .but("RFC 5280 5.2.3 asks the number of issuers; a complete list says the same without it")
    .formerly(&["crl::crlnumber-missing"]),
    failure("rfc5280::crl::crlnumber-critical", || {
        listed(server(), |own, _| own.critical_number().naming_strangers(1, "1970-01-01T00:00:02Z")).at("1970-01-01T00:00:03Z")
    })
    .but(MARKING)
    .formerly(&["crl::crlnumber-critical"]),
    failure("rfc5280::crl::crl-unknown-critical-extension", || {
        listed(server(), |own, _| own.naming_strangers(1, YESTERDAY).with(UNKNOWN, true, null()))
    })
    .formerly(&["crl::structure::crl-unknown-critical-extension"]),
    success("rfc5280::crl::crl-unknown-noncritical-extension", || {
        listed(server(), |own, _| own.naming_strangers(1, YESTERDAY).with(UNKNOWN, false, null()))
    })
    .formerly(&["crl::structure::crl-unknown-noncritical-extension"]),
    failure("rfc5280::crl::entry-unknown-critical-extension", || line_with(true)),
    failure("rfc5280::crl::entry-unknown-noncritical-extension", || line_with(false)),
    failure("webpki::crl::crl-duplicate-revoked-serial", || {
        listed(server(), |own, _| own.naming_strangers(1, YESTERDAY).naming_strangers(1, YESTERDAY))
    })
    .but("it names a stranger twice; of two lines about one certificate the graver counts, and about this one there is none")
    .formerly(&["crl::structure::crl-duplicate-revoked-serial"]),
    // Who signs it.
    failure("rfc5280::crl::issuer-missing-crlsign", || {
        by(root().with(KEY_USAGE, false, named_bits(&[CERT_SIGN])), |own, _| {
            own.naming_strangers(1, YESTERDAY)
        })
    })
    .formerly(&["crl::issuer-missing-crlsign"]),
    success("rfc5280::crl::issuer-no-keyusage-extension", || {
        by(root().without(KEY_USAGE), |own, _| own.naming_strangers(1, YESTERDAY))
    })
    .formerly(&["crl::issuer-no-keyusage-extension"]),
    success("rfc5280::crl::issuer-valid-crlsign-and-keycertsign", || about_strangers(1))
        .formerly(&["crl::issuer-valid-crlsign-and-keycertsign"]),
    failure("rfc5280::crl::crl-invalid-signature", || {
        let nobody = Key::generate(KeyKind::P256);
        let scenario = listed(server(), |own, _| own).without_lists();
        let forged = list(&scenario.trusted[0]).signed_by(&nobody).naming_strangers(1, YESTERDAY).der();
        scenario.with_list(forged)
    })
    .formerly(&["crl::structure::crl-invalid-signature"]),
    failure("rfc5280::crl::crl-wrong-signing-key", || {
        let other = root().named("Root 2").self_signed();
        let scenario = listed(server(), |own, _| own).without_lists().trusting(&other);
        let own = list(&scenario.trusted[0]).claiming_key_of(&other).signed_by(&other.key);
        let wrong = own.naming_strangers(1, YESTERDAY).der();
        scenario.with_list(wrong)
    })
    .formerly(&["crl::structure::crl-wrong-signing-key"]),
    // Days.
    failure("rfc5280::crl::this-update-in-future", || {
        listed(server(), |own, _| own.from(TOMORROW).to(NEXT_MONTH))
    })
    .but("the instant is that at which a signature existed: a list of a later day may speak about it, and is wanted by the grace period")
    .formerly(&["crl::temporal::this-update-in-future"]),
    failure("rfc5280::crl::next-update-in-past", || {
        listed(server(), |own, _| own.from(BEFORE_LAST_MONTH).to(LAST_MONTH))
    })
    .formerly(&["crl::temporal::next-update-in-past"]),
    failure("rfc5280::crl::revocation-date-in-future", || {
        listed(server(), |own, leaf| own.from(YESTERDAY).to(NEXT_MONTH).naming(leaf, TOMORROW))
    })
    .formerly(&["crl::temporal::revocation-date-in-future"]),
    failure("rfc5280::crl::revocation-date-before-not-before", || {
        listed(server().from(LAST_MONTH), |own, leaf| {
            own.from(YESTERDAY).to(NEXT_MONTH).naming(leaf, BEFORE_LAST_MONTH)
        })
    })
    .formerly(&["crl::temporal::revocation-date-before-not-before"]),
    failure("rfc5280::crl::crl-validity-no-overlap", || {
        listed(server().from(LAST_MONTH).to(NEXT_MONTH), |own, _| {
            own.from("2023-01-01T00:00:00Z").to("2023-07-05T00:00:00Z")
        })
    })
    .formerly(&["crl::temporal::crl-validity-no-overlap"]),
    failure("crl::revocation-date-future-1-day", || {
        listed(server(), |own, leaf| own.naming(leaf, TOMORROW))
    }),
    failure("crl::revocation-date-future-1-hour", || {
        listed(server(), |own, leaf| own.naming(leaf, "2024-01-01T01:00:00Z"))
    }),
    failure("crl::revocation-date-exact-validation-time", || {
        listed(server(), |own, leaf| own.naming(leaf, TODAY))
    }),
    // What it speaks of.
    failure("rfc5280::crl::idp-cdp-scope-mismatch", || {
        scoped(&[CDP], &[uri("http://example.com/other.crl")], &[])
    })
    .formerly(&["crl::idp::idp-cdp-scope-mismatch"]),
    success("rfc5280::crl::idp-cdp-scope-match", || scoped(&[CDP], &[uri(CDP)], &[])).formerly(&["crl::idp::idp-cdp-scope-match"]),
    failure("rfc5280::crl::idp-only-contains-user-certs-ca-target", || {
        let root = root().self_signed();
        let issuer = issuing(None)
            .with(KEY_USAGE, false, named_bits(&[CERT_SIGN, CRL_SIGN]))
            .under(&root);
        let leaf = server().under(&issuer);
        let of_users = list(&root).with(SCOPE, true, scope(None, &[flag(1)]));
        Scenario::of(&[&root], &[&issuer], &leaf)
            .with_list(of_users.der())
            .with_list(list(&issuer).der())
            .at(TODAY)
    })
    .formerly(&["crl::idp::idp-only-contains-user-certs-ca-target"]),
    failure("rfc5280::crl::idp-only-contains-ca-certs-ee-target", || {
        scoped(&[], &[], &[flag(2)])
    })
    .formerly(&["crl::idp::idp-only-contains-ca-certs-ee-target"]),
    failure("rfc5280::crl::idp-present-certificate-missing-cdp", || {
        scoped(&[], &[uri(CDP)], &[])
    })
    .formerly(&["crl::idp::idp-present-certificate-missing-cdp"]),
    failure("rfc5280::crl::idp-only-contains-attribute-certs", || scoped(&[], &[], &[flag(5)]))
        .formerly(&["crl::idp::idp-only-contains-attribute-certs"]),
    failure("crl::idp::idp-present-certificate-cdp-non-uri-generalname", || {
        let leaf = server().with(DISTRIBUTION_POINTS, false, points(&[uri(CDP), dns("example.com")]));
        listed(leaf, |own, _| own.with(SCOPE, true, scope(Some(full(&[uri(CDP)])), &[])))
    })
    .but(LISTS_BY_BROWSERS),
    failure("crl::cabf::idp-name-relative-to-crl-issuer", || {
        let partition = retag(0xa1, &crate::forge::der::set_of([seq([oid(CN), utf8("partition")])]));
        listed(server(), |own, _| own.with(SCOPE, true, scope(Some(partition.clone()), &[])))
    }),
    failure("crl::cabf::idp-fullname-non-uri-generalname", || {
        scoped(&[CDP], &[uri(CDP), dns("example.com")], &[])
    })
    .but(LISTS_BY_BROWSERS),
    failure("crl::cabf::idp-indirect-crl", || scoped(&[CDP], &[uri(CDP)], &[flag(4)])).but(LISTS_BY_BROWSERS),
    failure("crl::cabf::idp-only-some-reasons-no-complete-crl", || {
        scoped(&[CDP], &[uri(CDP)], &[retag(0x83, &named_bits(&[1]))])
    }),
    failure("crl::cabf::idp-uri-not-byte-identical", || {
        scoped(
            &["http://example.com/crls/%73hard.crl"],
            &[uri("http://example.com/crls/shard.crl")],
            &[],
        )
    }),
    // Lists whose form the profile forbids, in each of which the leaf stands: the suite has them ignored.
    success("crl::external::crl-invalid-version", || revoking(|own| own.version(4))).but(STILL_A_WORD),
    success("crl::external::crl-update-generalizedtime-2025", || {
        revoking(|own| own.in_generalized_time().from("2025-01-01T00:00:00Z").to("2025-12-31T00:00:00Z"))
    })
    .but(STILL_A_WORD),
    success("crl::external::crl-missing-next-update", || revoking(List::without_end)).but(STILL_A_WORD),
];

const CDP: &str = "http://example.com/partition.crl";

/// A leaf below a root that publishes this list, today.
fn listed(leaf: Spec, publish: impl FnOnce(List, &Certified) -> List) -> Scenario {
    issued(root(), leaf, publish)
}

fn by(root: Spec, publish: impl FnOnce(List, &Certified) -> List) -> Scenario {
    issued(root, server(), publish)
}

fn issued(root: Spec, leaf: Spec, publish: impl FnOnce(List, &Certified) -> List) -> Scenario {
    let root: Arc<Certified> = root.self_signed();
    let leaf = leaf.under(&root);
    let list = publish(list(&root), &leaf).der();
    Scenario::of(&[&root], &[], &leaf).with_list(list).at(TODAY)
}

fn about_strangers(count: u64) -> Scenario {
    listed(server(), |own, _| own.naming_strangers(count, YESTERDAY))
}

/// The leaf's own line has an extension that nobody knows.
fn line_with(critical: bool) -> Scenario {
    let unknown = extension(UNKNOWN, critical, null());
    listed(server(), |own, leaf| own.naming_with(leaf, YESTERDAY, &[unknown]))
}

fn revoking(form: impl FnOnce(List) -> List) -> Scenario {
    let named = |own: List, leaf: &Certified| own.naming(leaf, "2025-01-10T00:00:00Z");
    listed(server_of(&["revoked.example.com"]), |own, leaf| {
        form(named(own.from("2025-01-12T00:00:00Z"), leaf))
    })
    .at("2025-01-15T00:00:00Z")
}

/// A leaf that names these points, and a list with this scope.
fn scoped(points_of_leaf: &[&str], names: &[Der], flags: &[Der]) -> Scenario {
    let leaf = match points_of_leaf {
        [] => server(),
        addresses => {
            let names: Vec<Der> = addresses.iter().map(|address| uri(address)).collect();
            server().with(DISTRIBUTION_POINTS, false, points(&names))
        }
    };
    let point = (!names.is_empty()).then(|| full(names));
    listed(leaf, |own, _| own.with(SCOPE, true, scope(point, flags)))
}

/// cRLDistributionPoints with one point.
fn points(names: &[Der]) -> Der {
    seq([seq([ctx(0, [full(names)])])])
}

/// fullName.
fn full(names: &[Der]) -> Der {
    ctx(0, names.to_vec())
}

/// issuingDistributionPoint.
fn scope(point: Option<Der>, flags: &[Der]) -> Der {
    seq(point.map(|point| ctx(0, [point])).into_iter().chain(flags.iter().cloned()))
}

fn flag(number: u8) -> Der {
    ctx_prim(number, &[0xff])
}
