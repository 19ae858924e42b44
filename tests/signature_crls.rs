//! Lists with a scope, delta lists and indirect lists (RFC 5280 5.2.4, 5.2.5, 6.3.3), made by the forge: which list speaks of which
//! certificate, and that a "revoked before" from any of them wins.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use std::slice::from_ref;
use std::sync::Arc;

use forge::cades_kit::{Shape, Signing, sign};
use forge::der::{Der, ctx, ctx_prim, ia5, int, named_bits, retag, seq};
use forge::pki::{Certified, KeyKind, Profile as Certificate, at, extension, synthetic_id};
use forge::revocation::{Crl, CrlSpec, Revoked, crl_with, entry};
use forge::scenario_kit::{Kit, build, stamped_at};
use forge::scenarios::{Defect, Profile, Rung};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::report::{Indication, Role, SubIndication, Verdict};
use kep_gateway::signature::{Context, Trust, verdict};

const CONTENT: &[u8] = b"<PaketOzeti>Liste</PaketOzeti>";
const BEFORE: &str = "2026-10-01T00:00:00Z";

const KEY_COMPROMISE: u8 = 1;
const SUPERSEDED: u8 = 4;
const HOLD: u8 = 6;
const REMOVE: u8 = 8;

type Outcome = (Indication, Option<SubIndication>);

const PASSED: Outcome = (Indication::Passed, None);
const REVOKED: Outcome = (Indication::Failed, Some(SubIndication::Revoked));
const LATER: Outcome = (Indication::Indeterminate, Some(SubIndication::TryLater));
const NO_POE: Outcome = (Indication::Indeterminate, Some(SubIndication::RevokedNoPoe));

/// A timestamped signature whose signer only a list can vouch for.
struct Bench {
    kit: Kit,
    ca: Arc<Certified>,
    root: Arc<Certified>,
}

impl Bench {
    fn new() -> Self {
        let mut kit = build(Defect::Sound, Rung::T, Profile::P1);
        kit.material.ocsps.clear();
        let path = kit.signer.chain();
        Self {
            ca: path[0].clone(),
            root: path[1].clone(),
            kit,
        }
    }

    /// Under a certificate that points elsewhere for its list.
    fn pointing(mut self, points: Der) -> Self {
        let profile = Certificate {
            pointers: false,
            extra_extensions: vec![extension("2.5.29.31", false, points)],
            ..Certificate::nes("SINAMA KİŞİSİ 9", &synthetic_id(409), KeyKind::P256)
        };
        self.kit.signer = self.ca.issue(&profile, "kisi-9");
        self
    }

    fn gone(&self, reason: u8) -> Revoked {
        Revoked {
            serial: self.kit.signer.serial.clone(),
            at: at(BEFORE),
            reason,
        }
    }

    fn outcome(&self, lists: &[Crl], certificates: &[&Arc<Certified>]) -> Outcome {
        let verdict = self.verdict(lists, certificates);
        (verdict.indication, verdict.sub_indication)
    }

    fn verdict(&self, lists: &[Crl], certificates: &[&Arc<Certified>]) -> Verdict {
        let mut kit = self.kit.clone();
        kit.material.crls.extend(lists.iter().cloned());
        kit.material.certificates.extend(certificates.iter().map(|one| one.der.clone()));
        let dir = tempfile::tempdir().unwrap();
        kit.lay_out(dir.path());
        let folder = |name: &str| dir.path().join(name);
        let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
        let context = Context::new(Arc::new(trust), kit.at, Limits::default());
        judge(&sign(CONTENT, true, &[Signing::new(kit, Shape::T)]), &context)
    }
}

fn judge(cms: &[u8], context: &Context) -> Verdict {
    let subject = Subject {
        role: Role::Signature,
        covers: "test".into(),
        expected: Expected::Inside,
    };
    verdict(cades::judge(cms, &subject, context), &[], context)
}

fn issued() -> Timestamp {
    stamped_at() + SignedDuration::from_hours(1)
}

fn spec(number: u64) -> CrlSpec {
    CrlSpec {
        this_update: issued() + SignedDuration::from_mins(number as i64 - 100),
        next_update: issued() + SignedDuration::from_hours(24 * 30),
        number,
        forged: false,
        unknown_critical: false,
    }
}

/// The list number 100 of `issuer`.
fn list(issuer: &Certified, gone: &[Revoked], more: Vec<Der>) -> Crl {
    crl_with(issuer, &spec(100), gone.iter().map(|one| entry(one, None)).collect(), more)
}

/// What changed since the list `base`.
fn delta(issuer: &Certified, base: u64, number: u64, gone: &[Revoked]) -> Crl {
    let indicator = extension("2.5.29.27", true, int(base));
    crl_with(
        issuer,
        &spec(number),
        gone.iter().map(|one| entry(one, None)).collect(),
        vec![indicator],
    )
}

/// IssuingDistributionPoint.
fn scope(fields: Vec<Der>) -> Der {
    extension("2.5.29.28", true, seq(fields))
}

fn flag(number: u8) -> Der {
    ctx_prim(number, &[0xff])
}

/// ReasonFlags under `[number]`.
fn reasons(number: u8, bits: &[u8]) -> Der {
    retag(0x80 | number, &named_bits(bits))
}

fn at_address(address: &str) -> Der {
    ctx(0, [ctx(0, [retag(0x86, &ia5(address))])])
}

#[test]
fn a_list_speaks_of_what_is_in_its_scope() {
    let bench = Bench::new();
    let outcome = |lists: &[Crl]| bench.outcome(lists, &[]);
    let with = |more: Vec<Der>| list(&bench.ca, &[], more);
    let own = format!("http://sil.example.invalid/{}.crl", bench.ca.slug);
    assert_eq!(outcome(&[]), LATER, "nobody vouches");
    assert_eq!(outcome(&[with(vec![])]), PASSED);
    assert_eq!(outcome(&[with(vec![scope(vec![flag(1)])])]), PASSED, "of people");
    assert_eq!(outcome(&[with(vec![scope(vec![flag(2)])])]), LATER, "of authorities only");
    assert_eq!(outcome(&[with(vec![scope(vec![flag(5)])])]), LATER, "of attributes only");
    assert_eq!(outcome(&[with(vec![scope(vec![at_address(&own)])])]), PASSED, "of its own point");
    let other = at_address("http://sil.example.invalid/baska.crl");
    assert_eq!(outcome(&[with(vec![scope(vec![other])])]), LATER, "of another point");
    // The bits of ReasonFlags: 1 keyCompromise … 8 aACompromise.
    let stolen = with(vec![scope(vec![reasons(3, &[1, 2, 8])])]);
    let others = with(vec![scope(vec![reasons(3, &[3, 4, 5, 6, 7])])]);
    assert_eq!(outcome(std::slice::from_ref(&stolen)), LATER, "good for some reasons only");
    assert_eq!(outcome(&[stolen.clone(), others]), PASSED, "for all of them together");
    let gone = list(
        &bench.ca,
        &[bench.gone(SUPERSEDED)],
        vec![scope(vec![reasons(3, &[3, 4, 5, 6, 7])])],
    );
    assert_eq!(
        outcome(&[with(vec![]), gone]),
        REVOKED,
        "revoked in a partial list wins over good in a whole one"
    );
}

#[test]
fn what_a_delta_adds_counts_and_what_it_cannot_know_does_not() {
    let bench = Bench::new();
    let outcome = |lists: &[Crl]| bench.outcome(lists, &[]);
    let base = list(&bench.ca, &[], vec![]);
    let held = list(&bench.ca, &[bench.gone(HOLD)], vec![]);
    let stolen = list(&bench.ca, &[bench.gone(KEY_COMPROMISE)], vec![]);
    let since = |base, gone: &[Revoked]| delta(&bench.ca, base, 101, gone);
    assert_eq!(outcome(&[since(100, &[])]), LATER, "a delta alone vouches for nobody");
    assert_eq!(outcome(&[base.clone(), since(100, &[])]), PASSED);
    assert_eq!(outcome(&[base.clone(), since(100, &[bench.gone(SUPERSEDED)])]), REVOKED);
    assert_eq!(
        outcome(&[base.clone(), since(90, &[bench.gone(SUPERSEDED)])]),
        REVOKED,
        "built on an older list"
    );
    assert_eq!(
        outcome(&[base.clone(), since(150, &[bench.gone(SUPERSEDED)])]),
        REVOKED,
        "built on a list that is not at hand: the word of the authority all the same"
    );
    assert_eq!(outcome(std::slice::from_ref(&held)), LATER);
    assert_eq!(
        outcome(&[held.clone(), since(100, &[bench.gone(REMOVE)])]),
        PASSED,
        "the hold was lifted"
    );
    assert_eq!(outcome(&[held, since(100, &[])]), LATER, "nothing lifted it");
    assert_eq!(
        outcome(&[stolen, since(100, &[bench.gone(REMOVE)])]),
        REVOKED,
        "a revocation has no way back"
    );
    // By another key under the right name, and by the right key, broken.
    let imposter = Certified {
        key: forge::pki::Key::generate(KeyKind::P384),
        ..(*bench.ca).clone()
    };
    assert_eq!(
        outcome(&[base.clone(), delta(&imposter, 100, 101, &[bench.gone(SUPERSEDED)])]),
        PASSED
    );
    let mut broken = since(100, &[bench.gone(SUPERSEDED)]);
    let last = broken.der.len() - 1;
    broken.der[last] ^= 1;
    assert_eq!(outcome(&[base, broken]), PASSED);
}

/// The signature was stamped during the hold: that it was lifted before, nobody says.
#[test]
fn a_hold_that_became_a_revocation_was_not_lifted() {
    let bench = Bench::new();
    let outcome = |lists: &[Crl]| bench.outcome(lists, &[]);
    let entry_of = |after: i64, reason| Revoked {
        at: stamped_at() + SignedDuration::from_hours(after),
        ..bench.gone(reason)
    };
    let (held, stolen) = (entry_of(-72, HOLD), entry_of(24 * 2, KEY_COMPROMISE));
    let of = |hours: i64, gone: &[Revoked]| {
        let spec = CrlSpec {
            this_update: stamped_at() + SignedDuration::from_hours(hours),
            ..spec(100)
        };
        crl_with(&bench.ca, &spec, gone.iter().map(|one| entry(one, None)).collect(), vec![])
    };
    assert_eq!(
        outcome(from_ref(&of(72, from_ref(&stolen)))),
        PASSED,
        "revoked after the stamp, and never held"
    );
    // Of one list both entries are true at once.
    assert_eq!(outcome(from_ref(&of(72, &[held.clone(), stolen.clone()]))), REVOKED);
    assert_eq!(outcome(from_ref(&of(72, &[stolen.clone(), held.clone()]))), REVOKED);
    // Of two lists one after the other, whether the older is recent or not.
    for hours in [-48, -1, 1] {
        let lists = [of(hours, from_ref(&held)), of(72, from_ref(&stolen))];
        assert_eq!(outcome(&lists), LATER, "{hours}");
        let lifted = of(48, &[]);
        assert_eq!(outcome(&[lists[0].clone(), lists[1].clone(), lifted]), PASSED, "{hours}");
    }
    // The same of a list and what was added to it since.
    let base = list(&bench.ca, from_ref(&held), vec![]);
    let stolen_soon = entry_of(1, KEY_COMPROMISE);
    assert_eq!(outcome(&[base.clone(), delta(&bench.ca, 100, 101, &[])]), LATER);
    assert_eq!(outcome(&[base, delta(&bench.ca, 100, 101, from_ref(&stolen_soon))]), LATER);
    let gone = list(&bench.ca, &[bench.gone(KEY_COMPROMISE)], vec![]);
    for later in [HOLD, KEY_COMPROMISE] {
        let softer = delta(&bench.ca, 100, 101, &[entry_of(1, later)]);
        assert_eq!(outcome(&[gone.clone(), softer]), REVOKED, "a revocation has no way back");
    }
}

/// A list of eight that says "revoked as of fifteen" says two things about eleven: neither good nor revoked.
#[test]
fn a_day_behind_its_own_list_is_neither_good_nor_revoked_before_it() {
    let bench = Bench::new();
    let hour = SignedDuration::from_hours(1);
    let of = |this_update: Timestamp, at: Timestamp| {
        let spec = CrlSpec { this_update, ..spec(100) };
        let gone = Revoked {
            at,
            ..bench.gone(KEY_COMPROMISE)
        };
        crl_with(&bench.ca, &spec, vec![entry(&gone, None)], vec![])
    };
    let (before, after) = (stamped_at() - hour, stamped_at() + hour);
    let contradictory = of(before, after);
    let verdict = bench.verdict(from_ref(&contradictory), &[]);
    assert_eq!((verdict.indication, verdict.sub_indication), NO_POE);
    let reason = verdict.signatures[0]
        .reasons
        .iter()
        .find(|reason| reason.code == "KEP-3511")
        .unwrap();
    for text in [&reason.text.tr, &reason.text.en] {
        assert!(text.contains(&after.to_string()) && text.contains(&before.to_string()), "{text}");
    }
    // No "good" of another list makes it good, and what is revoked beyond doubt stays so.
    let good = list(&bench.ca, &[], vec![]);
    assert_eq!(bench.outcome(&[contradictory.clone(), good], &[]), NO_POE);
    let before_that = list(&bench.ca, &[bench.gone(KEY_COMPROMISE)], vec![]);
    assert_eq!(bench.outcome(&[contradictory, before_that], &[]), REVOKED);
    // Of one side or the other of both days there is no doubt.
    assert_eq!(bench.outcome(&[of(after, after + hour)], &[]), PASSED);
    assert_eq!(bench.outcome(&[of(before - hour, before)], &[]), REVOKED);
}

#[test]
fn an_indirect_list_speaks_for_whom_the_certificate_names_it() {
    let country = Bench::new();
    let signer_of_lists = Certificate {
        ca: false,
        key_usage: Some(vec![forge::pki::CRL_SIGN]),
        ..Certificate::sub_ca("Sınama SİL İmzalayan", "Sınama", None)
    };
    let lister = country.root.issue(&signer_of_lists, "sil");
    let elsewhere = Certified::self_signed(&Certificate::root("Yabancı Kök", "Yabancı"), "yabanci").issue(&signer_of_lists, "sil");
    let name = |one: &Certified| ctx(4, [one.subject.clone()]);
    let points = seq([seq([ctx(2, [name(&lister)])])]);
    let bench = country.pointing(points);
    let indirect = |by: &Certified, more: Vec<Der>, entries: Vec<Der>| crl_with(by, &spec(100), entries, more);
    let marked = || vec![scope(vec![flag(4)])];
    let outcome = |list: Crl| bench.outcome(&[list], &[&lister, &elsewhere]);
    assert_eq!(outcome(indirect(&lister, marked(), vec![])), PASSED);
    assert_eq!(
        outcome(indirect(&lister, vec![], vec![])),
        LATER,
        "it does not say that it is indirect"
    );
    assert_eq!(
        outcome(indirect(&elsewhere, marked(), vec![])),
        LATER,
        "the same name under another root"
    );
    let gone = bench.gone(SUPERSEDED);
    let of = |issuer: &Certified| entry(&gone, Some(&issuer.subject));
    assert_eq!(outcome(indirect(&lister, marked(), vec![of(&bench.ca)])), REVOKED);
    assert_eq!(
        outcome(indirect(&lister, marked(), vec![of(&bench.root)])),
        PASSED,
        "the same serial number of another issuer"
    );
    // The issuer of an entry holds for those behind it (5.3.3).
    let other = Revoked {
        serial: int(77),
        ..gone.clone()
    };
    let behind = vec![entry(&other, Some(&bench.ca.subject)), entry(&gone, None)];
    assert_eq!(outcome(indirect(&lister, marked(), behind)), REVOKED);
    let own = vec![entry(&gone, None)];
    assert_eq!(
        outcome(indirect(&lister, marked(), own)),
        PASSED,
        "an entry of the list's own issuer"
    );
    // The signer of the list was taken back itself.
    let mut without = bench;
    let gone = Revoked {
        serial: lister.serial.clone(),
        at: at(BEFORE),
        reason: KEY_COMPROMISE,
    };
    without.kit.material.crls.push(list(&without.root, &[gone], vec![]));
    let list = indirect(&lister, marked(), vec![]);
    assert_eq!(without.outcome(&[list], &[&lister]), LATER, "the list's signer is revoked");
}
