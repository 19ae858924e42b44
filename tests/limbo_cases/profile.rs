//! `rfc5280::`: fields and extensions of the profile, one at a time. Name constraints and lists have tables of their own.

use super::issue::{
    ALT_NAME, AUTHORITY_KEY_ID, BASIC, CLIENT_AUTH, EXTENDED_USAGE, INFO_ACCESS, KEY_USAGE, POLICY_CONSTRAINTS, SERVER_AUTH,
    SUBJECT_KEY_ID, Spec, UNKNOWN, ca, dns, hosts, issuing, no_ca, root, server, server_of, usages,
};
use super::reasons::{HOST, IDENTIFIERS, MARKING, SERVER_USAGES, SPELLING};
use super::row::{Row, Scenario, failure, line, pair, success};
use crate::forge::der::{Der, ctx_prim, named_bits, null, octets, oid, seq, tlv};
use crate::forge::pki::{CERT_SIGN, DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, Key, KeyKind, name};

pub const ROWS: &[Row] = &[
    failure("rfc5280::ee-empty-issuer", || {
        pair(root(), server().issued_as(name(&[])).named("empty-issuer"))
    }),
    failure("rfc5280::ca-empty-subject", || {
        let issuer = root().named("Root").self_signed().subject.clone();
        pair(root().nameless().issued_as(issuer), server())
    }),
    failure("rfc5280::unknown-critical-extension-ee", || {
        pair(root(), server().with(UNKNOWN, true, null()))
    }),
    failure("rfc5280::unknown-critical-extension-root", || {
        pair(root().with(UNKNOWN, true, null()), server())
    }),
    failure("rfc5280::unknown-critical-extension-intermediate", || {
        line(root(), [issuing(Some(0)).with(UNKNOWN, true, null())], server())
    }),
    success("rfc5280::unknown-critical-extension-unrelated-root", || {
        pair(root(), server()).trusting(&root().named("Unrelated").with(UNKNOWN, true, null()).self_signed())
    }),
    success("rfc5280::unknown-critical-extension-unrelated-intermediate", || {
        let unrelated = issuing(None)
            .with(UNKNOWN, true, null())
            .under(&root().named("Unrelated").self_signed());
        line(root(), [issuing(Some(0))], server()).having(&unrelated)
    }),
    failure("rfc5280::chain-untrusted-root", || {
        let unrelated = root().named("Unrelated").self_signed();
        let mut scenario = line(root(), [issuing(Some(0))], server());
        let untrusted = std::mem::replace(&mut scenario.trusted, vec![unrelated]);
        scenario.having(&untrusted[0])
    }),
    failure("rfc5280::intermediate-ca-without-ca-bit", || {
        line(root(), [issuing(None).with(BASIC, true, no_ca())], server())
    }),
    failure("rfc5280::intermediate-ca-missing-basic-constraints", || {
        line(root(), [issuing(None).without(BASIC)], server()).with_nothing_at_hand()
    }),
    failure("rfc5280::root-missing-basic-constraints", || pair(root().without(BASIC), server())),
    failure("rfc5280::root-non-critical-basic-constraints", || {
        pair(root().with(BASIC, false, ca(None)), server())
    })
    .but("two of the roots that the regulator notified are so, and what the extension says holds whatever its mark"),
    failure("rfc5280::root-inconsistent-ca-extensions", || {
        pair(root().with(KEY_USAGE, false, named_bits(&[])), server())
    }),
    failure("rfc5280::ica-ku-keycertsign", || {
        line(root(), [issuing(Some(0)).with(KEY_USAGE, false, named_bits(&[]))], server()).with_nothing_at_hand()
    }),
    failure("rfc5280::leaf-ku-keycertsign", || {
        let both = named_bits(&[DIGITAL_SIGNATURE, CERT_SIGN]);
        pair(root(), server().with(BASIC, true, no_ca()).with(KEY_USAGE, false, both))
    })
    .but("RFC 5280 4.2.1.9 forbids issuers to write it; who is no authority issues nothing here, whatever his key usage says"),
    success("rfc5280::ee-aia", || {
        pair(root(), server().with(INFO_ACCESS, false, issuers_at_a_host()))
    }),
    failure("rfc5280::ee-critical-aia-invalid", || {
        pair(root(), server().with(INFO_ACCESS, true, issuers_at_a_host()))
    })
    .but(MARKING),
    failure("rfc5280::duplicate-extensions", || {
        pair(root(), server().again(ALT_NAME, false, hosts(&["example.com"])))
    }),
    success("rfc5280::no-keyusage", || pair(root(), server().without(KEY_USAGE))),
    success("rfc5280::no-basicconstraints", || pair(root(), server())),
    failure("rfc5280::mismatching-signature-algorithm", || {
        let other = Key::generate(KeyKind::P384);
        let algorithm = other.signature_alg(other.natural_hash());
        line(root().outside(algorithm), [issuing(Some(0))], server())
    }),
    success("rfc5280::ca-as-leaf", || {
        pair(root(), issuing(None).with(ALT_NAME, false, hosts(&["ca.example.com"])))
    }),
    failure("rfc5280::ca-as-leaf-wrong-san", || {
        pair(root(), issuing(None).with(ALT_NAME, false, hosts(&["ca.example.com"])))
    })
    .but(HOST),
    success("rfc5280::root-and-intermediate-swapped", || {
        let root = root().self_signed();
        let issuer = issuing(None).under(&root);
        Scenario::of(&[&issuer], &[&root], &server().under(&issuer))
    }),
    // Versions, from the fork in which the suite began. Nothing but the version is wrong in them here.
    failure("rfc5280::v1-cert-with-critical-extensions", || {
        pair(
            root(),
            first_version()
                .with(BASIC, true, no_ca())
                .with(KEY_USAGE, true, signing_and_enciphering()),
        )
    }),
    failure("rfc5280::v1-cert-with-non-critical-extensions", || {
        pair(
            root(),
            first_version()
                .with(BASIC, false, no_ca())
                .with(ALT_NAME, false, hosts(&["example.com"])),
        )
    }),
    failure("rfc5280::v1-cert-with-multiple-extensions", || {
        pair(
            root(),
            first_version()
                .with(BASIC, true, no_ca())
                .with(KEY_USAGE, true, signing_and_enciphering())
                .with(ALT_NAME, false, hosts(&["example.com"]))
                .with(EXTENDED_USAGE, false, usages(&[SERVER_AUTH])),
        )
    }),
    // Key identifiers.
    failure("rfc5280::aki::critical-aki", || {
        pair(root().with_authority_key_id().critical(AUTHORITY_KEY_ID), server())
    })
    .but(MARKING),
    failure("rfc5280::aki::leaf-missing-aki", || {
        pair(root(), server().without(AUTHORITY_KEY_ID))
    })
    .but(IDENTIFIERS),
    failure("rfc5280::aki::intermediate-missing-aki", || {
        line(root(), [issuing(Some(0)).without(AUTHORITY_KEY_ID)], server())
    })
    .but(IDENTIFIERS),
    success("rfc5280::aki::self-signed-root-missing-aki", || {
        pair(root().without(AUTHORITY_KEY_ID), server())
    }),
    failure("rfc5280::aki::cross-signed-root-missing-aki", || {
        let crossed = issuing(Some(0)).without(AUTHORITY_KEY_ID).under(&root().self_signed());
        Scenario::of(&[&crossed], &[], &server().under(&crossed))
    })
    .but(IDENTIFIERS),
    // The identifier that the suite's root states is also that of another key, by which alone we find no issuer.
    failure("rfc5280::ski::critical-ski", || {
        let other = octets(&[7; 20]);
        pair(root().with(SUBJECT_KEY_ID, true, other), server())
    }),
    failure("rfc5280::ski::root-missing-ski", || pair(root().without(SUBJECT_KEY_ID), server())).but(IDENTIFIERS),
    failure("rfc5280::ski::intermediate-missing-ski", || {
        line(root(), [issuing(None).without(SUBJECT_KEY_ID)], server())
    })
    .but(IDENTIFIERS),
    // Extended key usage.
    failure("rfc5280::eku::ee-wrong-eku", || {
        pair(root(), server().with(EXTENDED_USAGE, false, usages(&[CLIENT_AUTH])))
    })
    .but(SERVER_USAGES),
    success("rfc5280::eku::ee-without-eku", || pair(root(), server().without(EXTENDED_USAGE))),
    failure("rfc5280::eku::ee-eku-empty", || {
        pair(root(), server().with(EXTENDED_USAGE, false, usages(&[])))
    }),
    // Policy constraints.
    failure("rfc5280::pc::ica-noncritical-pc", || {
        let explicit_in_three = seq([ctx_prim(0, &[3])]);
        line(root(), [issuing(None).with(POLICY_CONSTRAINTS, false, explicit_in_three)], server())
    })
    .but(MARKING),
    // Alternative names.
    failure("rfc5280::san::malformed", || {
        pair(root(), server().with(ALT_NAME, false, b"example.com".to_vec()))
    }),
    failure("rfc5280::san::noncritical-with-empty-subject", || pair(root(), server().nameless())).but(MARKING),
    failure("rfc5280::san::underscore-dns", || {
        pair(root(), server_of(&["under_score.example.com"]))
    })
    .but(SPELLING),
    failure("rfc5280::san::ip-in-dns", || pair(root(), server_of(&["192.0.2.1"]))).but(SPELLING),
    // Serial numbers.
    failure("rfc5280::serial::too-long", || {
        pair(root(), server().numbered(tlv(0x02, &[0x5a; 22])))
    })
    .formerly(&["rfc5280::serial::serial-number-too-long"]),
    failure("rfc5280::serial::zero", || pair(root(), server().numbered(tlv(0x02, &[0]))))
        .formerly(&["rfc5280::serial::serial-number-zero"]),
    failure("rfc5280::serial::negative", || {
        let own = server().numbered(tlv(0x02, &[0x80, 1])).self_signed();
        Scenario::of(&[&own], &[], &own)
    })
    .formerly(&["rfc5280::serial::serial-number-negative"])
    .but("the certificate is trusted itself, by its hash: then its number names nothing that could be mistaken"),
    // Validity.
    failure("rfc5280::validity::expired-root", || lifetimes("2020", "2026", "2023")),
    failure("rfc5280::validity::expired-intermediate", || lifetimes("2026", "2020", "2023")),
    failure("rfc5280::validity::expired-leaf", || lifetimes("2026", "2026", "2021")),
    success("rfc5280::validity::notbefore-exact", || {
        march("2024-03-01T00:00:00Z").at("2024-03-01T00:00:00Z")
    }),
    failure("rfc5280::validity::notbefore-fractional", || {
        march("2024-03-01T00:00:01Z").at("2024-03-01T00:00:00.999Z")
    }),
    success("rfc5280::validity::notafter-exact", || {
        march("2024-03-01T00:00:00Z").at("2024-04-01T00:00:00Z")
    }),
    success("rfc5280::validity::notafter-fractional", || {
        march("2024-03-01T00:00:00Z").at("2024-04-01T00:00:00.005Z")
    })
    .but("the suite itself finds no winning reading; here what is past the last second of a certificate is past it"),
];

/// authorityInfoAccess: the issuer's certificate at a host instead of an address.
fn issuers_at_a_host() -> Der {
    seq([seq([oid("1.3.6.1.5.5.7.48.2"), dns("example.com")])])
}

fn first_version() -> Spec {
    server().version(1)
}

fn signing_and_enciphering() -> Der {
    named_bits(&[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT])
}

/// Root, authority and leaf that end in the beginning of these years, judged in 2022.
fn lifetimes(root_ends: &str, issuer_ends: &str, leaf_ends: &str) -> Scenario {
    let from_to = |spec: Spec, from: &str, to: &str| spec.from(&format!("{from}-01-01T00:00:00Z")).to(&format!("{to}-01-01T00:00:00Z"));
    line(
        from_to(root(), "2016", root_ends),
        [from_to(issuing(None), "2016", issuer_ends)],
        from_to(server(), "2018", leaf_ends),
    )
    .at("2022-01-01T00:00:00Z")
}

/// All three valid from then to the end of March 2024.
fn march(from: &str) -> Scenario {
    let month = |spec: Spec| spec.from(from).to("2024-04-01T00:00:00Z");
    line(month(root()), [month(issuing(None))], month(server()))
}
