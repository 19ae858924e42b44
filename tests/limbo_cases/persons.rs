//! `smime::`: rules of the CA/Browser Forum for mail certificates; `rfc9881::`: keys of tomorrow.

use super::adapter::Expected;
use super::issue::{
    ALT_NAME, BASIC, CLIENT_AUTH, EXTENDED_USAGE, KEY_USAGE, SERVER_AUTH, Spec, ca, issuing, mailboxes, person_of, root, server_of, usages,
};
use super::keys::{dsa, dsa_with_sha256, p192, rsa};
use super::reasons::{MAIL, SIGNERS_KEY};
use super::row::{Row, Scenario, failure, line, not_built, pair, success};
use super::servers::bare_first_version;
use crate::forge::der::{Der, named_bits};
use crate::forge::pki::{CERT_SIGN, CRL_SIGN, DIGITAL_SIGNATURE, EKU_EMAIL, EKU_TIMESTAMPING, KEY_ENCIPHERMENT, NON_REPUDIATION};

const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const ANY_USAGE: &str = "2.5.29.37.0";
const KEY_AGREEMENT: u8 = 4;

const NO_SUCH_KEY: &str = "the generator makes no ML-DSA keys, and neither the regulator's table nor the product knows them";

pub const ROWS: &[Row] = &[
    success("smime::valid-smime-chain", || pair(root(), person())),
    success("smime::valid-smime-chain-with-intermediate", || {
        line(
            root(),
            [authority_for(&[EKU_EMAIL]).with(KEY_USAGE, true, issuing_both())],
            person(),
        )
    }),
    failure("smime::v1-cert", || pair(root(), bare_first_version())).but(MAIL),
    failure("smime::ee-basicconstraints-ca-true", || {
        pair(root(), person().with(BASIC, true, ca(None)))
    })
    .but(MAIL),
    failure("smime::ee-basicconstraints-pathlen-present", || {
        pair(root(), person().with(BASIC, true, ca(Some(0))))
    })
    .but(MAIL),
    failure("smime::ca-as-leaf", || {
        pair(root(), issuing(None).with(ALT_NAME, false, mailboxes(&["ca@example.com"])))
    })
    .but(MAIL),
    failure("smime::forbidden-p192-leaf", || pair(root(), person().of_key(&p192()))).but(SIGNERS_KEY),
    failure("smime::forbidden-p192-root", || pair(root().of_key(&p192()), person())),
    failure("smime::forbidden-dsa-leaf", || pair(root(), person().of_key(&dsa()))).but(SIGNERS_KEY),
    failure("smime::forbidden-dsa-root", || {
        pair(
            root().of_key(&dsa()).by_algorithm(dsa_with_sha256()),
            person().by_algorithm(dsa_with_sha256()),
        )
    })
    .but("the regulator's table of algorithms knows DSA of this length"),
    failure("smime::forbidden-weak-rsa-key-in-root", || {
        pair(root().of_key(&rsa(1024)), person())
    }),
    failure("smime::forbidden-weak-rsa-in-leaf", || pair(root(), person().of_key(&rsa(1024)))).but(SIGNERS_KEY),
    failure("smime::forbidden-rsa-not-divisible-by-8-in-root", || {
        pair(root().of_key(&rsa(2052)), person())
    })
    .but("the table of algorithms asks how long a key is, not by what its length can be divided"),
    failure("smime::forbidden-rsa-key-not-divisible-by-8-in-leaf", || {
        pair(root(), person().of_key(&rsa(2052)))
    })
    .but(SIGNERS_KEY),
    // Extended key usage.
    success("smime::eku::ee-email-protection", || person_for(&[EKU_EMAIL])),
    failure("smime::eku::ee-missing-email-protection", || person_for(&[CLIENT_AUTH])).but(MAIL),
    failure("smime::eku::ee-without-eku", || pair(root(), person().without(EXTENDED_USAGE))).but(MAIL),
    failure("smime::eku::ee-has-server-auth", || person_for(&[EKU_EMAIL, SERVER_AUTH])).but(MAIL),
    failure("smime::eku::ee-has-code-signing", || person_for(&[EKU_EMAIL, CODE_SIGNING])).but(MAIL),
    failure("smime::eku::ee-has-time-stamping", || person_for(&[EKU_EMAIL, EKU_TIMESTAMPING])).but(MAIL),
    failure("smime::eku::ee-has-any-eku", || person_for(&[EKU_EMAIL, ANY_USAGE])).but(MAIL),
    failure("smime::eku::root-has-eku", || {
        pair(root().with(EXTENDED_USAGE, false, usages(&[EKU_EMAIL])), person())
    })
    .but(MAIL),
    failure("smime::eku::intermediate-missing-email-protection", || through(&[SERVER_AUTH])).but(MAIL),
    failure("smime::eku::intermediate-has-server-auth", || through(&[EKU_EMAIL, SERVER_AUTH])).but(MAIL),
    failure("smime::eku::intermediate-has-any-eku", || through(&[EKU_EMAIL, ANY_USAGE])).but(MAIL),
    failure("smime::eku::intermediate-has-code-signing", || through(&[EKU_EMAIL, CODE_SIGNING])).but(MAIL),
    failure("smime::eku::intermediate-has-time-stamping", || {
        through(&[EKU_EMAIL, EKU_TIMESTAMPING])
    })
    .but(MAIL),
    // Key usage.
    success("smime::ku::signing-only-rsa-digital-signature", || used(&[DIGITAL_SIGNATURE], true)),
    success("smime::ku::signing-only-rsa-with-nonrepudiation", || {
        used(&[DIGITAL_SIGNATURE, NON_REPUDIATION], true)
    }),
    success("smime::ku::key-management-only-rsa", || used(&[KEY_ENCIPHERMENT], true)),
    success("smime::ku::dual-use-rsa", || used(&[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT], true)),
    success("smime::ku::signing-only-ec", || used(&[DIGITAL_SIGNATURE], false)),
    success("smime::ku::key-management-only-ec", || used(&[KEY_AGREEMENT], false)),
    failure("smime::ku::ee-key-cert-sign", || used(&[DIGITAL_SIGNATURE, CERT_SIGN], false)).but(MAIL),
    failure("smime::ku::ee-missing-key-usage", || pair(root(), person().without(KEY_USAGE))).but(MAIL),
    failure("smime::ku::ee-key-usage-not-critical", || pair(root(), person())).but(MAIL),
    failure("smime::ku::intermediate-missing-key-cert-sign", || {
        line(
            root(),
            [authority_for(&[EKU_EMAIL]).with(KEY_USAGE, true, named_bits(&[CRL_SIGN]))],
            person(),
        )
    }),
    failure("smime::ku::intermediate-missing-crl-sign", || {
        line(
            root(),
            [authority_for(&[EKU_EMAIL]).with(KEY_USAGE, true, named_bits(&[CERT_SIGN]))],
            person(),
        )
    })
    .but(MAIL),
    // Addresses.
    success("smime::san::exact-rfc822-san", || pair(root(), person())),
    failure("smime::san::no-san", || {
        pair(root(), person().named("user@example.com").without(ALT_NAME))
    })
    .but(MAIL),
    failure("smime::san::san-without-rfc822name", || {
        pair(
            root(),
            server_of(&["example.com"]).with(EXTENDED_USAGE, false, usages(&[EKU_EMAIL])),
        )
    })
    .but(MAIL),
    failure("smime::san::san-critical-with-nonempty-subject", || {
        pair(root(), person().named("user@example.com").critical(ALT_NAME))
    })
    .but(MAIL),
    success("smime::san::san-critical-with-empty-subject", || {
        pair(root(), person().nameless().critical(ALT_NAME))
    }),
    failure("smime::san::mismatch-rfc822-san", || pair(root(), person())).but(SENDER),
    failure("smime::san::mismatch-domain-rfc822-san", || pair(root(), person())).but(SENDER),
    success("smime::san::multiple-rfc822-sans", || {
        pair(root(), person_of(&["other@example.com", "user@example.com"]))
    }),
    // ML-DSA.
    not_built("rfc9881::ml-dsa-44", Expected::Success, NO_SUCH_KEY).but(NO_SUCH_KEY),
    not_built("rfc9881::ml-dsa-65", Expected::Success, NO_SUCH_KEY).but(NO_SUCH_KEY),
    not_built("rfc9881::ml-dsa-87", Expected::Success, NO_SUCH_KEY).but(NO_SUCH_KEY),
    not_built("rfc9881::ml-dsa-44-bad-signature", Expected::Failure, NO_SUCH_KEY),
    not_built("rfc9881::ml-dsa-44-key-encipherment", Expected::Failure, NO_SUCH_KEY),
    not_built("rfc9881::ml-dsa-44-key-agreement", Expected::Failure, NO_SUCH_KEY),
];

const SENDER: &str = "the sender of a mail is held against its signer where mails are judged, not in the path";

fn person() -> Spec {
    person_of(&["user@example.com"])
}

fn person_for(ids: &[&str]) -> Scenario {
    pair(root(), person().with(EXTENDED_USAGE, false, usages(ids)))
}

fn authority_for(ids: &[&str]) -> Spec {
    issuing(Some(0)).with(EXTENDED_USAGE, false, usages(ids))
}

fn issuing_both() -> Der {
    named_bits(&[CERT_SIGN, CRL_SIGN])
}

fn through(ids: &[&str]) -> Scenario {
    line(root(), [authority_for(ids)], person())
}

fn used(bits: &[u8], by_rsa: bool) -> Scenario {
    let person = person().with(KEY_USAGE, true, named_bits(bits));
    pair(root(), if by_rsa { person.of_key(&rsa(2048)) } else { person })
}
