//! `pathological::`, `cve::` and `invalid::`: what makes it hard to find a path.

use std::sync::Arc;

use super::issue::{ALT_NAME, hosts, issuing, root, server};
use super::keys::empty_rsa;
use super::row::{Row, Scenario, failure, success};
use crate::forge::der::{alg_null, seq};
use crate::forge::pki::{Certified, Key, KeyKind};

pub const ROWS: &[Row] = &[
    success("pathological::multiple-chains-expired-intermediate", || {
        let (first, second) = (root().self_signed(), root().named("Root 2").self_signed());
        let crossed = issuing(Some(1)).of_subject(first.subject.clone()).of_key(&first.key);
        let ended = crossed.to("1988-11-25T00:00:00Z").under(&second);
        Scenario::of(&[&first, &second], &[&ended], &server().under(&first))
    }),
    failure("pathological::intermediate-cycle-distinct-cas", || cycle("One", "Other")),
    failure("pathological::intermediate-cycle-distinct-cas-max-depth", || cycle("One", "Other")),
    failure("pathological::intermediate-cycle-same-logical-ca", || cycle("Same", "Same")),
    success("cve::cve-2024-0567", crossed_thrice),
    failure("invalid::invalid-issuer-key", || {
        let (trusted, other) = (root().self_signed(), root().self_signed());
        let broken = issuing(None).of_spki(empty_rsa()).under(&other);
        let by_rsa = alg_null("1.2.840.113549.1.1.11");
        let leaf = server().by_algorithm(by_rsa).signed_with(seq([])).under(&broken);
        Scenario::of(&[&trusted], &[&broken], &leaf)
    }),
];

/// A certificate for one authority by another, none of them needing to exist before.
fn certificate(subject: (&str, &Key), issuer: (&str, &Key)) -> Arc<Certified> {
    let by = root().named(issuer.0).of_key(issuer.1).self_signed();
    issuing(None).named(subject.0).of_key(subject.1).under(&by)
}

/// Two authorities that issued each other, far from any root.
fn cycle(one: &str, other: &str) -> Scenario {
    let (first, second) = (Key::generate(KeyKind::P256), Key::generate(KeyKind::P256));
    let (there, back) = (
        certificate((one, &first), (other, &second)),
        certificate((other, &second), (one, &first)),
    );
    let leaf = server().under(&there);
    Scenario::of(&[&root().self_signed()], &[&there, &back], &leaf)
}

/// Three roots that certified each other, one of which is trusted, and an authority below each.
fn crossed_thrice() -> Scenario {
    let keys: Vec<Key> = (0..3).map(|_| Key::generate(KeyKind::P256)).collect();
    let names = ["Root A", "Root B", "Root C"];
    let of = |index: usize| (names[index], &keys[index]);
    let trusted = root().named(names[0]).of_key(&keys[0]).self_signed();
    let below = |index: usize| {
        let own = Key::generate(KeyKind::P256);
        certificate((["Issuing A1", "Issuing B1", "Issuing C1"][index], &own), of(index))
    };
    let pool: Vec<Arc<Certified>> = (0..3)
        .map(below)
        .chain([(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)].map(|(subject, issuer)| certificate(of(subject), of(issuer))))
        .collect();
    let leaf = server().nameless().with(ALT_NAME, true, hosts(&["cve-2024-0567.example.com"]));
    let leaf = leaf.under(&pool[0]);
    Scenario::of(&[&trusted], &pool.iter().collect::<Vec<_>>(), &leaf)
}
