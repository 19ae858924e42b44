//! What the institution sent: registered as sent wherever it is seen, followed by its evidence to the end for each recipient, and loud when
//! something is refused, missing or never read. Real messages, real evidence, a clock that the test turns.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod gateway;
mod inside;
mod site;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use forge::cades::Spec;
use forge::evidence::{self, Evidence};
use forge::mail::{Carried, Envelope, Original};
use forge::pki::Hash;
use forge::world::World;
use gateway::Gateway;
use inside::{Inside, LISTENER, at};
use jiff::{SignedDuration, Timestamp};
use kep_gateway::alert::job::Job;
use kep_gateway::alert::notice::Cause;
use kep_gateway::daemon::duties;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::config::{AfterFetch, ImapConfig};
use kep_gateway::mailbox::imap::ImapMailbox;
use kep_gateway::mailbox::{self, Mailbox};
use kep_gateway::people::Role;
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::{Action, Entry, Handling, State};
use kep_gateway::store::disk::RealDisk;
use kep_gateway::web::{self, Web};
use site::Site;
use support::dovecot::Dovecot;

const SUBMISSION: &str = "SubmissionAcceptanceRejection";
const DELIVERY: &str = "DeliveryNonDeliveryToRecipient";
const RETRIEVAL: &str = "RetrievalNonRetrievalByRecipient";

/// A Thursday, 10:00 in Turkey.
const SENT_AT: &str = "2026-11-19T07:00:00Z";

/// A letter of ours, as our own software wrote it.
struct Outgoing {
    original: Original,
    raw: Vec<u8>,
}

/// The country and what is sent in it.
struct Post(World);

impl Post {
    fn new() -> Self {
        Self(World::new(5))
    }

    /// Two institutions, with different providers.
    fn recipients(&self) -> [String; 2] {
        [0, 2].map(|nth: usize| self.0.senders[nth].institution.kep.clone().unwrap())
    }

    fn letter(&self, id: &str, to: &[String], sent_at: Timestamp) -> Outgoing {
        let world = &self.0;
        let original = Original {
            from_name: world.receiver.name.clone(),
            from: world.our_address(),
            to: to.to_vec(),
            subject: format!("Giden yazı {id}"),
            message_id: format!("<{id}.giden@hs01.kep.tr>"),
            date: sent_at,
            rem_type: Some("standart".into()),
            body: "Bilgilerinize arz ederiz.\n".into(),
            ..Original::default()
        };
        let spec = Spec::bes(&world.senders[0].officer.cert, sent_at);
        let raw = original.signed(&|octets, attached| world.cms(octets, attached, spec.clone()), Hash::Sha256);
        Outgoing { original, raw }
    }

    fn evidence(&self, letter: &Outgoing, root: &str, event: &str, recipient: Option<usize>, when: Timestamp) -> Evidence {
        let original = &letter.original;
        let about = recipient.map_or(&original.from, |nth| &original.to[nth]);
        let provider = self.0.provider_of(about);
        Evidence {
            root: root.into(),
            namespace: evidence::NAMESPACE.into(),
            event: event.into(),
            reasons: Vec::new(),
            identifier: format!(
                "{}-{root}-{event}-{}",
                &original.message_id[1..5],
                recipient.map_or(0, |nth| nth + 1)
            ),
            issuer_name: provider.name.into(),
            issuer_address: provider.address.clone(),
            event_time: when,
            submission_time: Some(original.date),
            sender: (original.from_name.clone(), original.from.clone()),
            recipients: original.to.iter().map(|to| (String::new(), to.clone())).collect(),
            refers_to: recipient.map(|nth| nth + 1),
            subject: original.subject.clone(),
            original_message_id: Some(original.message_id.clone()),
            provider_message_id: format!("<EYWS{{{}}}.giden>", &original.message_id[1..5]),
            digest: Some((Hash::Sha256, Hash::Sha256.of(&letter.raw))),
        }
    }

    /// An evidence mail. `signed` false: nobody vouches for any of it.
    fn mail(&self, letter: &Outgoing, root: &str, event: &str, recipient: Option<usize>, when: Timestamp, signed: bool) -> Vec<u8> {
        let evidence = self.evidence(letter, root, event, recipient, when);
        let about = recipient.map_or(&letter.original.from, |nth| &letter.original.to[nth]);
        let provider = self.0.provider_of(about);
        let xml = match signed {
            true => evidence.signed(&provider.cert, evidence::Form::Sha256),
            false => evidence.unsigned(),
        };
        let envelope = Envelope {
            provider_name: provider.name.into(),
            from: provider.address.clone(),
            to: vec![letter.original.from.clone()],
            subject: format!("[KEP Delili] {}", letter.original.subject),
            message_id: format!("<delil.{}@{}.kep.tr>", evidence.identifier, provider.code),
            date: when + SignedDuration::from_mins(1),
            introduction: "Delil ektedir.\n".into(),
            evidence: vec![(format!("{root}.xml"), xml)],
            original: None,
            etsi_headers: true,
        };
        let spec = self.0.provider_spec(provider, envelope.date);
        match signed {
            true => envelope.signed(&|octets, attached| self.0.cms(octets, attached, spec.clone()), Hash::Sha256),
            false => envelope.unsigned(),
        }
    }
}

/// The institution: a folder of what arrives, a folder of what it sent, and its page.
struct Office {
    site: Site,
    pipeline: Arc<Pipeline>,
    post: Post,
    files: std::cell::Cell<usize>,
}

impl Office {
    fn open(now: &str) -> Self {
        Self::trusting(now, |post, folder| post.0.trust_folder(folder))
    }

    /// `anchors` fills the folder of roots.
    fn trusting(now: &str, anchors: impl Fn(&Post, &Path)) -> Self {
        let post = Post::new();
        let more = format!(
            "address = \"{0}\"\n[[mailbox]]\nname = \"giden\"\nkind = \"folder\"\npath = \"giden\"\nsettle = \"0s\"\nsent = true\naddress = \"{0}\"\n\
             [daemon]\nfree_bytes = 0\n[alert.throttle]\nmissing-evidence = \"0s\"\nnegative-evidence = \"0s\"\nreading-time-out = \"0s\"\n{LISTENER}",
            post.0.our_address()
        );
        let mut inside = Inside::new(now, &more);
        inside.text = inside.text.replace(
            "anchors = \"trust\"\n",
            "anchors = \"trust\"\nintermediates = \"intermediates\"\nrevocation = \"revocation\"\nrevocation_age = \"90d\"\n",
        );
        let path = |name: &str| inside.dir.path().join(name);
        fs::create_dir(path("giden")).unwrap();
        fs::create_dir(path("trust")).unwrap();
        anchors(&post, &path("trust"));
        post.0.intermediates(&path("intermediates"));
        post.0.revocation(&path("revocation"));
        let pipeline = inside.open(RealDisk::shared()).unwrap();
        let web = Arc::new(Web::new(Arc::clone(&pipeline)));
        let router = web::router(Arc::clone(&web));
        Self {
            site: Site { inside, web, router },
            pipeline,
            post,
            files: std::cell::Cell::new(0),
        }
    }

    fn put(&self, folder: &str, bytes: &[u8]) {
        self.files.set(self.files.get() + 1);
        let name = format!("{folder}/{:03}.eml", self.files.get());
        fs::write(self.site.inside.dir.path().join(name), bytes).unwrap();
    }

    /// One look into every mailbox; what came is registered.
    async fn pass(&self) {
        let settings = self.pipeline.settings();
        for config in &settings.config.mailbox {
            let mut mailbox = mailbox::open(config, &settings.secrets, &settings.limits).unwrap();
            let mut known = self.pipeline.ledger.known(config.name()).unwrap();
            self.pipeline.check(&mut *mailbox, &mut known).await.unwrap();
        }
        self.pipeline.work_off().await.unwrap();
    }

    async fn sent(&self, letter: &Outgoing) -> Entry {
        self.put("giden", &letter.raw);
        self.pass().await;
        self.entries().pop().unwrap()
    }

    async fn arrives(&self, letter: &Outgoing, root: &str, event: &str, recipient: Option<usize>, when: &str) {
        self.put("drop", &self.post.mail(letter, root, event, recipient, at(when), true));
        self.pass().await;
    }

    /// The clock shows `now`, and the duties look at it twice: the second look must not say or write anything.
    async fn look(&self, now: &str) {
        self.site.inside.set(now);
        duties::look(&self.pipeline).await.unwrap();
        let head = self.pipeline.ledger.head();
        duties::look(&self.pipeline).await.unwrap();
        assert_eq!(self.pipeline.ledger.head(), head, "{now}: a second look wrote something");
    }

    fn entries(&self) -> Vec<Entry> {
        self.pipeline.ledger.entries().collect::<Result<_, _>>().unwrap()
    }

    fn told(&self, cause: Cause) -> Vec<Job> {
        let mut jobs = self.pipeline.ledger.jobs().unwrap();
        jobs.retain(|job| job.notice.cause == cause);
        jobs.sort_by_key(|job| (job.notice.at, job.id.to_string()));
        jobs
    }

    /// Alarms about sent messages that stand, by what they are about.
    fn standing(&self) -> Vec<String> {
        let all = self.pipeline.ledger.standing_under("sent/").unwrap();
        all.into_iter().map(|standing| standing.alarm).collect()
    }

    async fn page(&self, path: &str) -> String {
        if self.pipeline.ledger.account("ayse").unwrap().is_none() {
            self.site.add("ayse", Role::Clerk).await;
        }
        let mut browser = self.site.signed_in("ayse").await;
        browser.get(path).await.text
    }
}

#[tokio::test]
async fn what_lies_among_the_sent_is_registered_as_sent_and_is_no_news_to_anybody() {
    let office = Office::open(SENT_AT);
    let letter = office.post.letter("bir", &office.post.recipients(), at(SENT_AT));
    let entry = office.sent(&letter).await;
    assert!(entry.is_sent() && entry.flags.contains("sent"));
    assert_eq!(entry.register_number.to_string(), "2026/000001", "in the same gap-free register");
    assert_eq!(
        (entry.message.received_at, entry.message.received_by.as_str()),
        (at(SENT_AT), "sender-date")
    );
    assert!(entry.deadlines.is_empty(), "{:?}", entry.deadlines);
    assert!(!entry.awaits_transfer(), "it came from the EBYS");
    assert!(
        entry.verdict.as_ref().is_some_and(|verdict| verdict.signatures.len() == 1),
        "its own signature is judged like any other"
    );
    let exported = inside::export(&office.pipeline.ledger);
    assert_eq!(exported[0]["direction"], "outgoing");
    assert!(office.told(Cause::NewDocument).is_empty() && office.told(Cause::DocumentRegistered).is_empty());
    // A week on nobody opened it, and that is nobody's concern.
    office.look("2026-11-19T09:00:00Z").await;
    assert!(office.told(Cause::DeemedReadNear).is_empty());

    let today = office.page("/").await;
    assert!(today.contains("id=\"count-arrived\" data-count=\"0\""), "nothing arrived");
    assert!(today.contains("id=\"count-unopened\" data-count=\"0\""), "nobody has to open it");
    assert!(today.contains("giden"), "it is marked in the list");
    let listed = office.page("/search?direction=incoming").await;
    assert!(!listed.contains("Giden yazı bir"));
    assert!(office.page("/search?direction=outgoing").await.contains("Giden yazı bir"));
}

#[tokio::test]
async fn the_same_message_seen_in_two_places_is_one_entry() {
    let office = Office::open(SENT_AT);
    let letter = office.post.letter("iki", &office.post.recipients(), at(SENT_AT));
    office.sent(&letter).await;
    office.put("giden", &letter.raw);
    office.pass().await;
    let entries = office.entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].message.sightings.len(), 2);
    assert!(entries[0].is_sent());
}

#[tokio::test]
async fn a_copy_in_other_bytes_is_kept_and_followed_only_once() {
    let office = Office::open(SENT_AT);
    let to = office.post.recipients();
    let letter = office.post.letter("kopya", &to, at(SENT_AT));
    office.sent(&letter).await;
    // The provider's copy: the same message inside its signed envelope.
    let provider = office.post.0.provider_of(&letter.original.from);
    let envelope = Envelope {
        provider_name: provider.name.into(),
        from: provider.address.clone(),
        to: to.to_vec(),
        subject: format!("[KEP İletisi] {}", letter.original.subject),
        message_id: "<EYWS{kopya}.giden>".into(),
        date: at(SENT_AT) + SignedDuration::from_mins(1),
        introduction: "KEP iletisi ektedir.\n".into(),
        evidence: Vec::new(),
        original: Some((letter.raw.clone(), Carried::Rfc822)),
        etsi_headers: true,
    };
    let spec = office.post.0.provider_spec(provider, envelope.date);
    let signed = envelope.signed(&|octets, attached| office.post.0.cms(octets, attached, spec.clone()), Hash::Sha256);
    office.put("giden", &signed);
    office.pass().await;
    // Another message under the same Message-ID is no copy of it.
    let mut forged = office.post.letter("kopya", &to, at(SENT_AT));
    forged.raw.extend_from_slice(b"ek\r\n");
    office.put("giden", &forged.raw);
    office.pass().await;
    let entries = office.entries();
    assert_eq!(entries.len(), 3);
    let copies: Vec<bool> = entries.iter().map(Entry::is_copy).collect();
    assert_eq!(copies, [false, true, false]);
    assert!(
        entries[1]
            .findings
            .iter()
            .any(|finding| finding.rule == "KEP-5061" && finding.text.tr.contains("2026/000001"))
    );
    let followed: Vec<String> = office
        .pipeline
        .ledger
        .followed()
        .map(|one| one.unwrap().number.to_string())
        .collect();
    assert_eq!(followed, ["2026/000001", "2026/000003"]);
}

#[tokio::test]
async fn what_also_arrived_keeps_its_deadlines() {
    let office = Office::open(SENT_AT);
    let letter = office.post.letter("uc", &office.post.recipients(), at(SENT_AT));
    office.put("giden", &letter.raw);
    office.put("drop", &letter.raw);
    office.pass().await;
    let entry = office.entries().pop().unwrap();
    assert!(
        !entry.is_sent() && !entry.deadlines.is_empty(),
        "what is in the inbox must be opened in time"
    );
}

#[tokio::test]
async fn each_recipient_has_a_fate_of_its_own() {
    let office = Office::open(SENT_AT);
    let [first, second] = office.post.recipients();
    let letter = office.post.letter("dort", &[first.clone(), second.clone()], at(SENT_AT));
    let entry = office.sent(&letter).await;
    let number = entry.register_number;

    office.look("2026-11-19T10:59:00Z").await;
    assert!(office.told(Cause::MissingEvidence).is_empty(), "the provider still has time");
    office.look("2026-11-19T11:01:00Z").await;
    let told = office.told(Cause::MissingEvidence);
    assert_eq!(told.len(), 1, "one notice for both recipients");
    assert_eq!(told[0].notice.facts["recipients"], "2");
    assert_eq!(told[0].notice.facts["register_number"], number.to_string());
    assert_eq!(office.standing().len(), 2);
    let board = office.page("/boards/evidence").await;
    assert_eq!(board.matches("△ GECİKTİ: gönderi delili gelmedi").count(), 2, "{board}");

    // Late, but it came: nothing stands any more.
    office
        .arrives(&letter, SUBMISSION, "Acceptance", None, "2026-11-19T11:10:00Z")
        .await;
    office.look("2026-11-19T11:20:00Z").await;
    assert!(office.standing().is_empty(), "{:?}", office.standing());
    let told = office.told(Cause::MissingEvidence);
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].notice.facts["cleared"], "true");

    // The first gets it and reads it, the second never does.
    office.arrives(&letter, DELIVERY, "Delivery", Some(0), "2026-11-19T12:00:00Z").await;
    office
        .arrives(&letter, RETRIEVAL, "Retrieval", Some(0), "2026-11-19T13:00:00Z")
        .await;
    office.look("2026-11-20T20:50:00Z").await;
    assert!(office.standing().is_empty(), "Friday is not over");
    office.look("2026-11-20T21:10:00Z").await;
    assert_eq!(office.standing(), [format!("sent/{number}/delivery/{second}")]);
    let board = office.page("/boards/evidence").await;
    let (before, after) = board.split_once(&second).unwrap();
    assert!(
        after.split("</p>").next().unwrap().contains("△ GECİKTİ: teslim delili gelmedi"),
        "{after}"
    );
    assert!(!before.contains("△") && board.matches("△").count() == 1, "the first is not overdue");
    let page = office.page(&format!("/documents/{number}")).await;
    assert!(page.contains("id=\"sent\"") && page.contains("Okundu") && page.contains("△ GECİKTİ: teslim delili gelmedi"));

    office
        .arrives(&letter, DELIVERY, "DeliveryExpiration", Some(1), "2026-11-20T22:00:00Z")
        .await;
    let mails = office.told(Cause::NegativeEvidence).len();
    office.look("2026-11-20T22:10:00Z").await;
    let told = office.told(Cause::NegativeEvidence);
    assert_eq!((mails, told.len()), (0, 1), "said once, and with the number of what was sent");
    assert!(told[0].notice.title.tr.contains(&number.to_string()));
    assert_eq!(office.standing(), [format!("sent/{number}/negative/{second}")]);
    let board = office.page("/boards/evidence").await;
    assert!(
        board.contains("Ulaştırılamadı") && board.contains("tamam: her alıcıda sona erdi"),
        "{board}"
    );

    // A clerk sees to it: the alarm is over, and the clock looks no more.
    let handling = Handling {
        by: "ayse".into(),
        at: office.pipeline.now(),
        state: State::Done,
        note: None,
        uid: None,
        action: Action::Done,
    };
    let handled = kep_gateway::ledger::event::Handled { number, handling };
    office
        .pipeline
        .ledger
        .append(kep_gateway::ledger::event::Event::Handled(handled))
        .await
        .unwrap();
    assert!(office.standing().is_empty());
    office.look("2026-12-20T22:10:00Z").await;
    assert!(office.standing().is_empty());
    assert_eq!(office.told(Cause::NegativeEvidence).len(), 1);
}

#[tokio::test]
async fn evidence_that_is_here_before_its_message_is_linked_when_that_comes_and_told_once() {
    let office = Office::open(SENT_AT);
    let to = office.post.recipients();
    let letter = office.post.letter("bes", &to, at(SENT_AT));
    office
        .arrives(&letter, SUBMISSION, "Acceptance", None, "2026-11-19T06:59:00Z")
        .await;
    office
        .arrives(&letter, DELIVERY, "DeliveryExpiration", Some(0), "2026-11-19T06:59:30Z")
        .await;
    assert_eq!(office.pipeline.ledger.orphans().unwrap().len(), 2);
    assert_eq!(office.told(Cause::NegativeEvidence).len(), 1, "nothing waits for the message");
    office.site.inside.set("2026-11-19T07:05:00Z");
    let entry = office.sent(&letter).await;
    assert_eq!(entry.evidence.len(), 2, "linked by the message's own id");
    assert!(office.pipeline.ledger.orphans().unwrap().is_empty());
    office.look("2026-11-19T07:10:00Z").await;
    assert_eq!(office.standing(), [format!("sent/{}/negative/{}", entry.register_number, to[0])]);
    assert_eq!(office.told(Cause::NegativeEvidence).len(), 1, "people know");
    // A provider that tries again and succeeds takes it back.
    office.arrives(&letter, DELIVERY, "Delivery", Some(0), "2026-11-19T08:00:00Z").await;
    office.look("2026-11-19T08:10:00Z").await;
    assert!(office.standing().is_empty());
}

#[tokio::test]
async fn a_message_that_is_never_read_is_told_and_complete() {
    let office = Office::open(SENT_AT);
    let to = &office.post.recipients()[..1];
    let letter = office.post.letter("alti", to, at(SENT_AT));
    let entry = office.sent(&letter).await;
    office
        .arrives(&letter, SUBMISSION, "Acceptance", None, "2026-11-19T07:01:00Z")
        .await;
    office.arrives(&letter, DELIVERY, "Delivery", Some(0), "2026-11-19T07:02:00Z").await;
    // Two business days after the delivery: the 23rd, a Monday.
    office.look("2026-11-23T20:50:00Z").await;
    assert!(office.standing().is_empty());
    office.look("2026-11-23T21:10:00Z").await;
    assert_eq!(office.standing(), [format!("sent/{}/reading/{}", entry.register_number, to[0])]);
    office
        .arrives(&letter, RETRIEVAL, "NonRetrievalExpiration", Some(0), "2026-11-20T21:00:00Z")
        .await;
    office.look("2026-11-23T21:30:00Z").await;
    assert_eq!(office.standing(), [format!("sent/{}/time-out/{}", entry.register_number, to[0])]);
    assert_eq!(office.told(Cause::ReadingTimeOut).len(), 1);
    assert_eq!(office.pipeline.ledger.followed().count(), 0, "nothing more is awaited");
    office.look("2026-12-23T21:30:00Z").await;
    assert_eq!(office.told(Cause::ReadingTimeOut).len(), 1);
    // It is read after all.
    office
        .arrives(&letter, RETRIEVAL, "Retrieval", Some(0), "2026-12-23T21:31:00Z")
        .await;
    office.look("2026-12-23T21:40:00Z").await;
    assert!(office.standing().is_empty());
    assert_eq!(office.pipeline.ledger.followed().count(), 0);
}

#[tokio::test]
async fn what_nobody_signed_settles_nothing() {
    let office = Office::open(SENT_AT);
    let to = &office.post.recipients()[..1];
    let letter = office.post.letter("yedi", to, at(SENT_AT));
    let entry = office.sent(&letter).await;
    for (root, event, recipient) in [
        (SUBMISSION, "Acceptance", None),
        (DELIVERY, "Delivery", Some(0)),
        (RETRIEVAL, "Retrieval", Some(0)),
    ] {
        let when = at("2026-11-19T07:02:00Z");
        office.put("drop", &office.post.mail(&letter, root, event, recipient, when, false));
    }
    office.pass().await;
    office.look("2026-11-19T12:00:00Z").await;
    assert_eq!(office.standing(), [format!("sent/{}/submission/{}", entry.register_number, to[0])]);
    let board = office.page("/boards/evidence").await;
    assert!(board.contains("Okundu (doğrulanmadı)") && board.contains("△ GECİKTİ"), "{board}");
    assert!(!board.contains("tamam: her alıcıda"));
}

/// How far the message came for each recipient, by what is verified.
fn proven(office: &Office, entry: &Entry) -> Vec<(String, kep_gateway::evidence::Progress)> {
    let entry = office.pipeline.ledger.entry(entry.register_number).unwrap().unwrap();
    let following = office.pipeline.ledger.following(&entry).unwrap().unwrap();
    let states = following.proven.states().into_iter();
    states.map(|(recipient, state)| (recipient, state.progress)).collect()
}

#[tokio::test]
async fn a_provider_attests_nothing_between_others() {
    use kep_gateway::evidence::Progress::{Delivered, None, Relayed};

    // The root is that of the second recipient's provider, and of no other.
    let office = Office::trusting(SENT_AT, |post, folder| {
        post.0.trust_folder(folder);
        let code = post.0.provider_of(&post.recipients()[1]).code;
        let bound = folder.join(format!("kephs/{code}.kep.tr"));
        fs::create_dir(&bound).unwrap();
        for file in fs::read_dir(folder.join("kephs")).unwrap() {
            let file = file.unwrap().path();
            if file.is_file() {
                fs::rename(&file, bound.join(file.file_name().unwrap())).unwrap();
            }
        }
    });
    let to = office.post.recipients();
    let codes = [0, 1].map(|nth: usize| office.post.0.provider_of(&to[nth]).code);
    assert!(codes[1] != codes[0] && codes[1] != "hs01");
    let letter = office.post.letter("yabanci", &to, at(SENT_AT));
    let entry = office.sent(&letter).await;
    let foreign = &office.post.0.provider_of(&to[1]).cert;
    // Of the submission to us, and of what happened at the first recipient, the second recipient's provider knows nothing.
    for (root, event, recipient) in [(SUBMISSION, "Acceptance", Option::<usize>::None), (DELIVERY, "Delivery", Some(0))] {
        let evidence = office.post.evidence(&letter, root, event, recipient, at("2026-11-19T07:02:00Z"));
        office.put("drop", &evidence.signed(foreign, evidence::Form::Sha256));
    }
    office.pass().await;
    assert!(
        proven(&office, &entry).iter().all(|(_, reached)| *reached == None),
        "{:?}",
        proven(&office, &entry)
    );
    office.look("2026-11-19T12:00:00Z").await;
    assert_eq!(office.standing().len(), 2, "the evidence of submission is missing for both");
    // Of its own customer it does, without any mail around the evidence.
    for (root, event) in [("RelayREMMDAcceptanceRejection", "Acceptance"), (DELIVERY, "Delivery")] {
        let evidence = office.post.evidence(&letter, root, event, Some(1), at("2026-11-19T07:03:00Z"));
        office.put("drop", &evidence.signed(foreign, evidence::Form::Sha256));
        office.pass().await;
        let reached = proven(&office, &entry)
            .into_iter()
            .find(|(recipient, _)| *recipient == to[1])
            .unwrap()
            .1;
        assert_eq!(reached, if event == "Delivery" { Delivered } else { Relayed });
    }
}

#[tokio::test]
async fn an_alarm_that_ends_without_evidence_says_nothing_of_evidence() {
    let office = Office::open(SENT_AT);
    let letter = office.post.letter("saat", &office.post.recipients(), at(SENT_AT));
    office.sent(&letter).await;
    office.look("2026-11-19T11:01:00Z").await;
    assert_eq!((office.standing().len(), office.told(Cause::MissingEvidence).len()), (2, 1));
    // The clock is put right.
    office.look("2026-11-19T10:30:00Z").await;
    assert_eq!(
        (office.standing().len(), office.told(Cause::MissingEvidence).len()),
        (0, 1),
        "nothing came"
    );
    office.look("2026-11-19T11:02:00Z").await;
    assert_eq!((office.standing().len(), office.told(Cause::MissingEvidence).len()), (2, 2));
}

#[tokio::test]
async fn the_report_and_the_metrics_count_what_was_sent() {
    let office = Office::open(SENT_AT);
    let to = office.post.recipients();
    let counts = || office.pipeline.ledger.sent_counts().unwrap();
    let [missing, failed] = ["sayi1", "sayi2"].map(|id| office.post.letter(id, &to, at(SENT_AT)));
    office.sent(&missing).await;
    office.sent(&failed).await;
    for recipient in [0, 1] {
        office
            .arrives(&failed, DELIVERY, "DeliveryExpiration", Some(recipient), "2026-11-19T08:00:00Z")
            .await;
    }
    office.look("2026-11-19T12:00:00Z").await;
    let found = counts();
    assert_eq!(
        (found.followed, found.overdue, found.negative, found.timed_out),
        (1, 1, 1, 0),
        "messages, not recipients"
    );
    // The next morning.
    office.look("2026-11-20T06:00:00Z").await;
    let reports = office.told(Cause::DailyReport);
    let report = &reports.last().unwrap().notice;
    assert_eq!(
        (report.facts["sent_overdue"].as_str(), report.facts["sent_negative"].as_str()),
        ("1", "1")
    );
    assert!(
        report.title.tr.contains("DİKKAT") && report.body.tr.contains("Ulaşmayan, işlem bekleyen: 1  <<<"),
        "{}",
        report.body.tr
    );
}

#[tokio::test]
async fn a_rebuilt_index_says_the_same() {
    let office = Office::open(SENT_AT);
    let to = office.post.recipients();
    let letter = office.post.letter("sekiz", &to, at(SENT_AT));
    office.sent(&letter).await;
    office
        .arrives(&letter, SUBMISSION, "Acceptance", None, "2026-11-19T07:01:00Z")
        .await;
    office
        .arrives(&letter, DELIVERY, "DeliveryExpiration", Some(1), "2026-11-19T07:02:00Z")
        .await;
    office.look("2026-11-24T09:00:00Z").await;
    let followed: Vec<_> = office.pipeline.ledger.followed().collect::<Result<_, _>>().unwrap();
    let standing = office.standing();
    assert_eq!((followed.len(), standing.len()), (1, 2));
    let root = office.site.inside.root();
    let copy = kep_gateway::ledger::Ledger::open_read_only(&root, RealDisk::shared(), office.site.inside.clock.clone()).unwrap();
    assert_eq!(copy.followed().collect::<Result<Vec<_>, _>>().unwrap(), followed);
    let again: Vec<String> = copy.standing_under("sent/").unwrap().into_iter().map(|one| one.alarm).collect();
    assert_eq!(again, standing);
}

/// The machine's clock: what was sent twelve days ago and has no evidence is overdue by any term.
fn long_ago() -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(12 * 24)
}

#[test]
fn a_file_that_was_sent_is_imported_as_sent_and_its_recipients_are_told_by_the_command_line() {
    let post = Post::new();
    let gateway = Gateway::bare(&post.0);
    let to = post.recipients();
    let letter = post.letter("dokuz", &to, long_ago());
    let file = gateway.dir.path().join("giden.eml");
    fs::write(&file, &letter.raw).unwrap();
    gateway.ok(&["import", "--sent", file.to_str().unwrap()]);
    let exported = gateway.export();
    assert_eq!((exported.len(), &exported[0]["direction"]), (1, &"outgoing".into()));
    assert_eq!(exported[0]["message"]["sightings"][0]["locator"]["folder"], "sent");
    assert!(gateway.ok(&["documents", "list"]).contains("↗ giden"));

    let table = gateway.ok(&["evidence", "list", "--sent"]);
    assert_eq!(table.matches("GECİKTİ").count(), 2, "{table}");
    let sent = gateway.json(&["evidence", "list", "--sent", "--json"]);
    assert_eq!(sent[0]["complete"], false);
    assert_eq!(sent[0]["recipients"][0]["overdue"]["evidence"], "submission");

    // Delivered to one, as its provider's evidence says.
    let when = letter.original.date + SignedDuration::from_mins(5);
    for (nth, root, event, recipient) in [(1, SUBMISSION, "Acceptance", None), (2, DELIVERY, "Delivery", Some(0))] {
        let file = gateway.dir.path().join(format!("delil-{nth}.eml"));
        fs::write(&file, post.mail(&letter, root, event, recipient, when, true)).unwrap();
        gateway.ok(&["import", file.to_str().unwrap()]);
    }
    let number = exported[0]["register_number"].as_str().unwrap();
    let shown = gateway.json(&["evidence", "show", number, "--json"]);
    let of = |address: &String| {
        let recipients = shown["sent"][0]["recipients"].as_array().unwrap();
        recipients.iter().find(|one| one["recipient"] == **address).unwrap().clone()
    };
    assert_eq!(of(&to[0])["progress"], "delivered", "{shown:#}");
    assert_eq!(of(&to[1])["progress"], "submitted");
    assert_eq!(shown["evidence"].as_array().unwrap().len(), 2);
    // The message's own id finds it too.
    let by_id = gateway.ok(&["evidence", "show", &letter.original.message_id]);
    assert!(by_id.contains("Teslim edildi") && by_id.contains("Gönderildi"), "{by_id}");
}

#[test]
fn a_folder_of_sent_mail_on_a_real_server_is_told_from_its_inbox() {
    let post = Post::new();
    let mut dovecot = Dovecot::start();
    let to = post.recipients();
    let letter = post.letter("on", &to, long_ago());
    dovecot.store("Sent", &letter.raw);
    dovecot.deliver(&post.mail(&letter, SUBMISSION, "Acceptance", None, letter.original.date, true));
    dovecot.deliver(&post.0.sample("standard", 0).raw);
    let gateway = Gateway::bare(&post.0);
    let password = dovecot.path().join("evrak.password");
    let config = dovecot.config();
    gateway.configure(&format!(
        "[[mailbox]]\nname = \"evrak\"\nkind = \"imap\"\naddress = \"{}\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nuser = \"{}\"\n\
         password_file = \"{}\"\nsent_folders = [\"Sent\"]\n",
        post.0.our_address(),
        dovecot.imaps_port,
        dovecot.ca_file().display(),
        config.user,
        password.display(),
    ));
    gateway.ok(&["poll"]);
    let exported = gateway.export();
    let direction = |subject: &str| {
        let found = exported.iter().find(|one| one["message"]["subject"] == subject);
        found.unwrap_or_else(|| panic!("{subject}: {exported:#?}"))["direction"].clone()
    };
    assert_eq!(exported.len(), 3);
    assert_eq!(direction("Giden yazı on"), "outgoing");
    assert_eq!(
        exported.iter().filter(|one| one["direction"] == "incoming").count(),
        2,
        "evidence and mail arrived"
    );
    let sent = gateway.json(&["evidence", "list", "--sent", "--json"]);
    let states: Vec<&str> = sent[0]["recipients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["progress"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["submitted", "submitted"], "{sent:#}");
    assert_eq!(sent[0]["recipients"][0]["overdue"]["evidence"], "delivery");
    gateway.ok(&["poll"]);
    assert_eq!(gateway.export().len(), 3);
}

#[tokio::test]
async fn nothing_is_marked_in_the_folder_of_sent_mail() {
    let mut dovecot = Dovecot::start();
    dovecot.store("Sent", &support::message(1, 500));
    dovecot.deliver(&support::message(2, 500));
    let config = ImapConfig {
        sent_folders: vec!["Sent".into()],
        after_fetch: AfterFetch::Seen,
        ..dovecot.config()
    };
    let both = ImapConfig {
        folders: vec!["INBOX".into(), "Sent".into()],
        ..config.clone()
    };
    let refused = ImapMailbox::new(both, dovecot.secrets(), &Limits::default()).err().unwrap();
    assert!(refused.problem.en.contains("Sent"), "{refused}");
    let mut mailbox = ImapMailbox::new(config, dovecot.secrets(), &Limits::default()).unwrap();
    let listing = mailbox.list(&BTreeSet::new()).await.unwrap();
    assert_eq!(listing.new.len(), 2);
    for listed in &listing.new {
        mailbox.acknowledge(&listed.locator).await.unwrap();
    }
    mailbox.close().await;
    let marked = |folder: std::path::PathBuf| {
        let files = ["cur", "new"].into_iter().flat_map(|sub| fs::read_dir(folder.join(sub)).unwrap());
        files
            .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.rsplit(',').next().unwrap().contains('S') && name.contains(":2,"))
            .count()
    };
    assert_eq!((marked(dovecot.maildir()), marked(dovecot.maildir().join(".Sent"))), (1, 0));
}

#[test]
fn one_folder_cannot_hold_both_and_the_terms_have_a_range() {
    let post = Post::new();
    let gateway = Gateway::bare(&post.0);
    gateway.configure("[sent]\nsubmission_within = \"1s\"\nreading_business_days = 0\n");
    let output = gateway.run(&["config", "check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && said.contains("sent.submission_within") && said.contains("sent.reading_business_days"),
        "{said}"
    );
}
