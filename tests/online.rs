//! What a verdict lacks is fetched from a provider that is really there, on the loopback; what must not be asked is not, and what must not
//! be believed is not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
#[path = "online/openssl_responder.rs"]
mod openssl_responder;
#[path = "support/ports.rs"]
mod ports;
#[path = "online/provider.rs"]
mod provider;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use forge::cades::Spec;
use jiff::{SignedDuration, Timestamp};
use kep_gateway::limits::Limits;
use kep_gateway::signature::cades::{self, Expected, Subject};
use kep_gateway::signature::online::Online;
use kep_gateway::signature::online::address::{Hosts, Reach};
use kep_gateway::signature::online::cache::{Cache, Keep};
use kep_gateway::signature::online::fetch::{Bounds, Fetcher};
use kep_gateway::signature::online::lookup::Lookup;
use kep_gateway::signature::report::{Indication, ObjectKind, Role, SubIndication, Verdict};
use kep_gateway::signature::{Context, Trust, verdict};
use openssl_responder::Responder;
use provider::{HOST, Manner, Provider};

/// The longest that a provider may take which says something at all.
const PATIENCE: Duration = Duration::from_secs(300);
/// For one of which a test knows that it never comes to an end.
const IMPATIENCE: Duration = Duration::from_millis(1_500);

/// After the mail of the forge's world.
const NOW: &str = "2026-11-19T06:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn after(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

/// A gateway that knows the roots and nothing else, and the provider it may ask.
struct Bench {
    provider: Provider,
    trust: Arc<Trust>,
    dir: tempfile::TempDir,
    /// Counts the gateways that remember nothing of the ones before.
    lives: usize,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let provider = Provider::start(seed, now());
        let dir = tempfile::tempdir().unwrap();
        provider.world().trust_folder(&dir.path().join("trust"));
        let trust = Arc::new(Trust::load(Some(&dir.path().join("trust")), None, None).unwrap());
        Self {
            provider,
            trust,
            dir,
            lives: 0,
        }
    }

    fn cache_folder(&self) -> std::path::PathBuf {
        self.dir.path().join(self.lives.to_string()).join("revocation")
    }

    /// From the beginning: nothing is known, and the provider behaves. (A world of its own for each case would cost a second of keys.)
    fn anew(&mut self) {
        self.lives += 1;
        self.provider.behave_well();
    }

    fn online(&self) -> Online {
        self.online_with(self.provider.lookup(), Reach::PublicAndLoopback, &[HOST])
    }

    fn online_with(&self, lookup: Arc<dyn Lookup>, reach: Reach, hosts: &[&str]) -> Online {
        self.online_within(PATIENCE, lookup, reach, hosts)
    }

    /// That gives an answer so much time.
    fn online_within(&self, limit: Duration, lookup: Arc<dyn Lookup>, reach: Reach, hosts: &[&str]) -> Online {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let bounds = Bounds {
            connect: PATIENCE,
            answer: limit,
            crl_answer: limit,
            ..Bounds::default()
        };
        let fetcher = Fetcher::new(Hosts::new(&hosts, reach).unwrap(), reach, lookup, bounds);
        Online::new(Some(fetcher), Cache::open(&self.cache_folder(), Keep::Makes, now()))
    }

    /// A signature without timestamp, chain or revocation data: what most KEP clients make.
    fn bare(&self) -> Vec<u8> {
        self.bare_of(&self.provider.world().senders[0].director.cert)
    }

    fn bare_of(&self, signer: &Arc<forge::pki::Certified>) -> Vec<u8> {
        let world = self.provider.world();
        world.cms(b"Evrak", true, Spec::bes(signer, now() - SignedDuration::from_hours(1)))
    }

    fn judge(&self, cms: &[u8], online: &Online, at: Timestamp) -> (Verdict, Context) {
        let context = Context::new(Arc::clone(&self.trust), at, Limits::default()).anew(online.known());
        let subject = Subject {
            role: Role::Signature,
            covers: "x".into(),
            expected: Expected::Inside,
        };
        (verdict(cades::judge(cms, &subject, &context), &[], &context), context)
    }

    /// Judge, fetch, judge again, as every user of the fetching does.
    async fn settle(&self, cms: &[u8], online: &Online, at: Timestamp) -> Verdict {
        let mut session = online.session(PATIENCE);
        loop {
            let (verdict, context) = self.judge(cms, online, at);
            if verdict.indication != Indication::Indeterminate || !session.fetch(&context.trail.wanted(), at).await {
                return verdict;
            }
        }
    }
}

fn codes(verdict: &Verdict) -> Vec<String> {
    let reasons = verdict.signatures.iter().flat_map(|signature| &signature.reasons);
    reasons.map(|reason| reason.code.clone()).collect()
}

fn told(verdict: &Verdict) -> String {
    let reasons = verdict.signatures.iter().flat_map(|signature| &signature.reasons);
    let lines: Vec<String> = reasons.map(|reason| format!("{} {}", reason.code, reason.text.en)).collect();
    format!("{:?} {:?}\n{}", verdict.indication, verdict.sub_indication, lines.join("\n"))
}

#[tokio::test]
async fn a_bare_signature_becomes_valid_when_issuer_and_state_are_fetched() {
    let bench = Bench::new(101);
    let (online, cms) = (bench.online(), bench.bare());

    let (before, _) = bench.judge(&cms, &online, now());
    assert_eq!(
        before.sub_indication,
        Some(SubIndication::NoCertificateChainFound),
        "{}",
        told(&before)
    );
    let [wanted] = before.wanted.as_slice() else {
        panic!("{:?}", before.wanted)
    };
    assert_eq!(
        (wanted.kind, wanted.url.as_str()),
        (ObjectKind::Certificate, "http://saglayici.example/depo/nes-alt.crt")
    );
    assert_eq!(bench.provider.connections(), 0, "judging asks nobody");

    let after = bench.settle(&cms, &online, now()).await;
    assert_eq!(after.indication, Indication::Passed, "{}", told(&after));
    assert!(after.wanted.is_empty());
    let mut asked = bench.provider.asked();
    asked.sort();
    assert_eq!(
        asked,
        ["/depo/nes-alt.crt", "/ocsp/nes-alt", "/ocsp/nes-kok"],
        "one request for each thing that was missing"
    );

    // Every object is named, in the row that it decided and in the list.
    let rows = &after.signatures[0].revocation;
    assert!(rows.iter().all(|row| row.sha256.is_some() && row.source == "ocsp"), "{rows:?}");
    for row in rows {
        assert!(
            after
                .objects
                .iter()
                .any(|object| Some(object.sha256) == row.sha256 && !object.embedded)
        );
    }
}

#[tokio::test]
async fn a_list_answers_where_no_responder_does() {
    let bench = Bench::new(102);
    bench.provider.behave("/ocsp/", Manner::Body(b"bakimdayiz".to_vec()));
    let online = bench.online();
    let verdict = bench.settle(&bench.bare(), &online, now()).await;
    assert_eq!(verdict.indication, Indication::Passed, "{}", told(&verdict));
    assert!(verdict.signatures[0].revocation.iter().all(|row| row.source == "crl"));
}

#[tokio::test]
async fn a_revocation_that_is_fetched_keeps_the_signature_from_passing() {
    let mut bench = Bench::new(103);
    let signer = bench.provider.world().senders[0].director.cert.clone();
    bench.provider.revoke(&signer, now() - SignedDuration::from_hours(5));
    for path in ["none", "/ocsp/"] {
        bench.anew();
        bench.provider.behave(path, Manner::Status(404));
        let verdict = bench.settle(&bench.bare(), &bench.online(), now()).await;
        assert_eq!(verdict.sub_indication, Some(SubIndication::RevokedNoPoe), "{}", told(&verdict));
    }
}

#[tokio::test]
async fn what_was_fetched_survives_a_restart_and_is_not_asked_for_again() {
    let bench = Bench::new(104);
    bench.settle(&bench.bare(), &bench.online(), now()).await;
    let connections = bench.provider.connections();

    let restarted = bench.online();
    assert_eq!(restarted.cache().len(), 3);
    let verdict = bench.settle(&bench.bare(), &restarted, now()).await;
    assert_eq!(verdict.indication, Indication::Passed, "{}", told(&verdict));
    assert_eq!(bench.provider.connections(), connections);

    // Offline the cache is all there is, and nobody is asked, whatever is missing.
    let other = bench.bare_of(&bench.provider.world().senders[1].director.cert);
    let offline = Online::new(None, Cache::open(&bench.cache_folder(), Keep::Nothing, now()));
    let verdict = bench.settle(&other, &offline, now()).await;
    assert_eq!(verdict.sub_indication, Some(SubIndication::TryLater), "{}", told(&verdict));
    assert_eq!(bench.provider.connections(), connections);

    // Damaged files are as if they were not there; so is what is over for long.
    for file in std::fs::read_dir(bench.cache_folder())
        .unwrap()
        .flatten()
        .filter(|file| file.path().extension().unwrap() == "der")
    {
        std::fs::write(file.path(), b"0").unwrap();
    }
    assert!(bench.online().cache().is_empty());
}

#[tokio::test]
async fn what_is_over_leaves_the_cache() {
    let bench = Bench::new(105);
    bench.settle(&bench.bare(), &bench.online(), now()).await;
    // The answers end after a day and are kept for a week; the issuer's certificate stays.
    assert_eq!(Cache::open(&bench.cache_folder(), Keep::Nothing, after(24 * 7)).len(), 3);
    assert_eq!(Cache::open(&bench.cache_folder(), Keep::Nothing, after(24 * 9)).len(), 1);
}

/// Each misbehaviour by itself: a reason, no pass, no waiting.
#[tokio::test]
async fn what_must_not_be_believed_is_not() {
    let week_ago = now() - SignedDuration::from_hours(24 * 7);
    let stranger = Bench::new(1).provider.world().nes.ca.der.clone();
    let manners = [
        ("redirect", Manner::Redirect("http://10.0.0.1/x".into()), "KEP-3523"),
        ("missing", Manner::Status(404), "KEP-3525"),
        ("garbage", Manner::Body(b"<html>Hos geldiniz</html>".to_vec()), "KEP-3525"),
        ("another certificate", Manner::Body(stranger), "KEP-3525"),
        ("announced", Manner::Announced(64 << 20), "KEP-3525"),
        ("endless", Manner::Endless, "KEP-3525"),
        ("drip", Manner::Drip, "KEP-3524"),
    ];
    let mut bench = Bench::new(106);
    for (name, manner, code) in manners {
        for path in ["/depo/", "/ocsp/"] {
            bench.anew();
            bench.provider.behave(path, manner.clone());
            bench.provider.behave("/sil/", manner.clone());
            let limit = if matches!(manner, Manner::Drip) { IMPATIENCE } else { PATIENCE };
            let online = bench.online_within(limit, bench.provider.lookup(), Reach::PublicAndLoopback, &[HOST]);
            let verdict = bench.settle(&bench.bare(), &online, now()).await;
            assert_eq!(
                verdict.indication,
                Indication::Indeterminate,
                "{name} at {path}: {}",
                told(&verdict)
            );
            assert!(codes(&verdict).contains(&code.to_owned()), "{name} at {path}: {}", told(&verdict));
        }
    }
    let answers = [
        ("wrong nonce", Manner::WrongNonce),
        ("forged", Manner::ForgedAnswer),
        ("replayed, over", Manner::Prepared(week_ago)),
        ("replayed, without end", Manner::PreparedWithoutEnd(week_ago)),
        ("from the future", Manner::Prepared(after(3))),
    ];
    for (name, manner) in answers {
        bench.anew();
        let asked = bench.provider.asked().len();
        bench.provider.behave("/ocsp/", manner);
        bench.provider.behave("/sil/", Manner::ListOf(week_ago));
        let online = bench.online();
        let verdict = bench.settle(&bench.bare(), &online, now()).await;
        assert_eq!(verdict.sub_indication, Some(SubIndication::TryLater), "{name}: {}", told(&verdict));
        assert!(codes(&verdict).contains(&"KEP-3525".to_owned()), "{name}: {}", told(&verdict));
        assert_eq!(online.cache().len(), 1, "{name}: only the issuer came in");
        assert!(bench.provider.asked().len() > asked);
    }
    bench.anew();
    bench.provider.behave("/ocsp/", Manner::Status(503));
    bench.provider.behave("/sil/", Manner::ForgedList);
    let verdict = bench.settle(&bench.bare(), &bench.online(), now()).await;
    assert_eq!(verdict.sub_indication, Some(SubIndication::TryLater), "{}", told(&verdict));
}

#[tokio::test]
async fn answers_without_a_nonce_are_taken_while_they_last() {
    let mut bench = Bench::new(109);
    for manner in [
        Manner::Prepared(after(-3)),
        Manner::PreparedWithoutEnd(after(-3)),
        Manner::WantsSha256,
    ] {
        bench.anew();
        bench.provider.behave("/ocsp/", manner);
        bench.provider.behave("/sil/", Manner::Status(404));
        let verdict = bench.settle(&bench.bare(), &bench.online(), now()).await;
        assert_eq!(verdict.indication, Indication::Passed, "{}", told(&verdict));
    }
}

#[tokio::test]
async fn an_answer_older_than_the_one_at_hand_is_refused() {
    let bench = Bench::new(110);
    bench.provider.behave("/sil/", Manner::Status(404));
    let online = bench.online();
    bench.settle(&bench.bare(), &online, now()).await;
    // A day later the answers at hand are stale; somebody plays one of the day before, which would still hold for hours.
    bench
        .provider
        .behave("/ocsp/", Manner::PreparedWithoutEnd(now() - SignedDuration::from_mins(5)));
    let later = after(23);
    let (verdict, context) = bench.judge(&bench.bare_of(&bench.provider.world().senders[0].director.cert), &online, after(48));
    assert_eq!(verdict.indication, Indication::Indeterminate);
    let mut session = online.session(PATIENCE);
    assert!(session.fetch(&context.trail.wanted(), later).await);
    assert_eq!(session.brought(), 0);
    let (verdict, _) = bench.judge(&bench.bare(), &online, after(48));
    assert!(told(&verdict).contains("older than the one at hand"), "{}", told(&verdict));
}

#[tokio::test]
async fn nobody_is_asked_who_must_not_be() {
    // The provider listens at the forbidden place and hears nothing.
    let cases: [(&str, &str, Reach, &[&str], &str); 3] = [
        ("not listed", "127.0.0.1", Reach::PublicAndLoopback, &["kamusm.gov.tr"], "KEP-3522"),
        ("loopback", "127.0.0.1", Reach::Public, &[HOST], "KEP-3523"),
        ("mapped loopback", "::ffff:127.0.0.1", Reach::PublicAndLoopback, &[HOST], "KEP-3523"),
    ];
    let mut bench = Bench::new(111);
    for (name, address, reach, hosts, code) in cases {
        bench.anew();
        let names = provider::Names(std::sync::Mutex::new(vec![
            (address.parse::<std::net::IpAddr>().unwrap(), bench.provider.address.port()).into(),
        ]));
        let online = bench.online_with(Arc::new(names), reach, hosts);
        let verdict = bench.settle(&bench.bare(), &online, now()).await;
        assert!(codes(&verdict).contains(&code.to_owned()), "{name}: {}", told(&verdict));
        assert_eq!(bench.provider.connections(), 0, "{name}");
    }
    // One private address beside a public one condemns the answer.
    for private in ["10.0.0.1", "169.254.169.254", "100.64.0.1", "fd00::1"] {
        bench.anew();
        let both =
            ["127.0.0.1", private].map(|address| (address.parse::<std::net::IpAddr>().unwrap(), bench.provider.address.port()).into());
        let online = bench.online_with(
            Arc::new(provider::Names(std::sync::Mutex::new(both.to_vec()))),
            Reach::PublicAndLoopback,
            &[HOST],
        );
        let verdict = bench.settle(&bench.bare(), &online, now()).await;
        assert!(
            told(&verdict).contains(private) && codes(&verdict).contains(&"KEP-3523".to_owned()),
            "{}",
            told(&verdict)
        );
        assert_eq!(bench.provider.connections(), 0);
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let bench = Bench::new(113);
    let lookup = bench.provider.lookup();
    let online = bench.online_with(lookup.clone(), Reach::PublicAndLoopback, &[HOST]);
    // The first answer is the provider's; from then on the name leads into the institution's network.
    let (_, context) = bench.judge(&bench.bare(), &online, now());
    let mut session = online.session(PATIENCE);
    session.fetch(&context.trail.wanted(), now()).await;
    assert_eq!(session.brought(), 1);
    *lookup.0.lock().unwrap() = vec!["10.0.0.1:80".parse().unwrap()];
    let connections = bench.provider.connections();
    let verdict = bench.settle(&bench.bare(), &online, now()).await;
    assert!(codes(&verdict).contains(&"KEP-3523".to_owned()), "{}", told(&verdict));
    assert_eq!(bench.provider.connections(), connections);
}

#[tokio::test]
async fn a_redirection_is_not_followed_to_anybody() {
    let bench = Bench::new(114);
    let inside = Provider::start(114, now());
    for path in ["/depo/", "/ocsp/", "/sil/"] {
        bench
            .provider
            .behave(path, Manner::Redirect(format!("http://{}{path}nes-alt", inside.address)));
    }
    let verdict = bench.settle(&bench.bare(), &bench.online(), now()).await;
    assert!(codes(&verdict).contains(&"KEP-3523".to_owned()), "{}", told(&verdict));
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn directories_are_not_asked_over_ldap() {
    let bench = Bench::new(115);
    let address = bench.provider.address;
    let world = forge::world::World::published_at(115, Some(&format!("ldap://{address}")));
    world.trust_folder(&bench.dir.path().join("ldap"));
    let trust = Arc::new(Trust::load(Some(&bench.dir.path().join("ldap")), None, None).unwrap());
    let cms = world.cms(b"Evrak", true, Spec::bes(&world.senders[0].director.cert, now()));
    let bench = Bench { trust, ..bench };
    let verdict = bench.settle(&cms, &bench.online(), now()).await;
    assert!(codes(&verdict).contains(&"KEP-3521".to_owned()), "{}", told(&verdict));
    assert_eq!(bench.provider.connections(), 0);
}

#[tokio::test]
async fn a_host_that_fails_is_left_alone_for_a_while() {
    let bench = Bench::new(116);
    bench.provider.behave("/depo/", Manner::Status(503));
    let online = bench.online();
    for _ in 0..5 {
        bench.settle(&bench.bare(), &online, now()).await;
    }
    assert_eq!(bench.provider.connections(), 1);
    bench.provider.behave_well();
    let later = now() + SignedDuration::from_mins(3);
    bench.provider.set_now(later);
    let verdict = bench.settle(&bench.bare(), &online, later).await;
    assert_eq!(verdict.indication, Indication::Passed, "{}", told(&verdict));
}

#[tokio::test]
async fn a_list_in_use_is_fetched_before_it_is_over() {
    let bench = Bench::new(117);
    bench.provider.behave("/ocsp/", Manner::Status(404));
    let online = bench.online();
    bench.settle(&bench.bare(), &online, now()).await;
    assert_eq!(online.prefetch(after(20)).await, 0, "nothing is due");
    bench.provider.set_now(after(23));
    assert_eq!(online.prefetch(after(23)).await, 2);
    let connections = bench.provider.connections();
    let verdict = bench.settle(&bench.bare(), &online, after(25)).await;
    assert_eq!(verdict.indication, Indication::Passed, "{}", told(&verdict));
    assert_eq!(bench.provider.connections(), connections, "the next signature finds it warm");
    // Also after a restart, and not for ever when nobody needs it.
    bench.provider.set_now(after(46));
    assert_eq!(bench.online().prefetch(after(46)).await, 2);
}

#[tokio::test]
async fn the_same_bytes_anchors_time_and_objects_give_the_same_verdict() {
    let bench = Bench::new(118);
    let (online, cms) = (bench.online(), bench.bare());
    let verdict = bench.settle(&cms, &online, now()).await;
    // Objects by hash, as the store keeps them, and nothing else.
    let (_, context) = bench.judge(&cms, &online, now());
    let kept = bench.dir.path().join("kept");
    let (anchors, rest) = (kept.join("trust").join("nes"), kept.join("rest"));
    std::fs::create_dir_all(&anchors).unwrap();
    std::fs::create_dir_all(&rest).unwrap();
    for object in context.trail.from_outside() {
        assert!(verdict.objects.iter().any(|named| named.sha256 == object.sha256()));
        let is_anchor = bench.trust.anchors().any(|anchor| anchor.sha256() == object.sha256());
        let folder: &Path = if is_anchor { &anchors } else { &rest };
        std::fs::write(folder.join(object.sha256().to_string()), object.der()).unwrap();
    }
    let trust = Trust::load(Some(&kept.join("trust")), None, Some(&rest)).unwrap();
    let offline = Online::new(None, Cache::open(&kept.join("none"), Keep::Nothing, now()));
    let bench = Bench {
        trust: Arc::new(trust),
        ..bench
    };
    let (again, _) = bench.judge(&cms, &offline, now());
    assert_eq!(again.indication, Indication::Passed, "{}", told(&again));
    assert_eq!((again.signatures, again.objects), (verdict.signatures, verdict.objects));
}

#[tokio::test]
async fn openssls_responder_is_understood() {
    let Some(responder) = Responder::start() else {
        return println!("skipped: there is no openssl command here");
    };
    responder.check().await;
}
