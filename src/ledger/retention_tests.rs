//! Nothing is disposed of without a class, a day, two others who approved, and no hold; what somebody else needs survives. Random deeds of
//! random people against a second, naive set of rules.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::date;

use super::Ledger;
use super::event::{AccountEdited, Event, Fetched};
use super::fixture::{World, draft, dump, evidence, evidence_mail, locator};
use super::registration::Registration;
use super::retention::{KeepingRefusal, KeepingRequest, Kept};
use crate::clock::from_local;
use crate::evidence::EvidenceKind;
use crate::hash::Sha256;
use crate::message::MessageKind;
use crate::people::{Account, Edit, Person, Role, Scope, Source};
use crate::register::disposal::Stage;
use crate::register::entry::{Asker, RegisterNumber, State};
use crate::register::retention::RetentionConfig;
use crate::signature::report::{Indication, ObjectKind, ObjectReport, Verdict};
use crate::store::disk::RealDisk;
use crate::store::verify::verify;

const SEEDS: u64 = 10;
const DEEDS: usize = 240;
/// Validation objects that messages share.
const OBJECTS: u64 = 5;

const POLICY: &str = "[[class]]\nname = \"kisa\"\nyears = 1\n[[class]]\nname = \"uzun\"\nyears = 3\n[[class]]\nname = \"surekli\"\n\
    [[rule]]\nclass = \"kisa\"\nlabel = [\"kisa\"]\n[[rule]]\nclass = \"surekli\"\nlabel = [\"surekli\"]\n";

pub(super) fn policy() -> RetentionConfig {
    toml::from_str(POLICY).unwrap()
}

pub(super) fn person(login: &str, role: Role, clearance: u8) -> Person {
    Person {
        login: login.to_owned(),
        name: login.to_uppercase(),
        role,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance,
    }
}

pub(super) fn admin() -> Person {
    person("yonetici", Role::Administrator, 4)
}

pub(super) fn people() -> Vec<Person> {
    vec![
        admin(),
        person("yonetici2", Role::Administrator, 4),
        person("amir", Role::Supervisor, 4),
        person("amir2", Role::Supervisor, 4),
        person("alt-amir", Role::Supervisor, 0),
        person("memur", Role::Clerk, 4),
        person("denetci", Role::Auditor, 4),
    ]
}

/// The start of a day of a year, in Turkey.
pub(super) fn in_year(year: i16) -> Timestamp {
    from_local(date(year, 6, 15).at(9, 0, 0, 0))
}

pub(super) struct Dice(pub u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len() as u64) as usize]
    }
}

pub(super) fn object(number: u64) -> Vec<u8> {
    format!("crl {number}").into_bytes()
}

/// One entry, as the naive rules know it.
#[derive(Clone)]
pub(super) struct Known {
    pub year: i16,
    access: u8,
    /// By its label.
    pub by_rule: Option<&'static str>,
    pub by_hand: Option<String>,
    pub held: bool,
    pub listed: Option<u32>,
    pub disposed: bool,
    /// Blobs that it needs.
    pub needs: BTreeSet<Sha256>,
}

impl Known {
    fn class(&self) -> Option<(String, i16)> {
        let name = self.by_hand.clone().or(self.by_rule.map(str::to_owned))?;
        let years = match name.as_str() {
            "kisa" => 1,
            "uzun" => 3,
            _ => return None,
        };
        Some((name, years))
    }

    fn is_due(&self, year: i16) -> bool {
        !self.disposed && !self.held && self.class().is_some_and(|(_, years)| self.year + years < year)
    }
}

#[derive(Clone)]
pub(super) struct List {
    pub proposer: String,
    pub entries: Vec<(RegisterNumber, String)>,
    pub approvals: BTreeSet<String>,
    pub open: bool,
}

/// A store, and what must be true of it.
pub(super) struct Office {
    pub world: World,
    pub ledger: Option<Ledger>,
    pub year: i16,
    pub uid: u32,
    pub entries: BTreeMap<RegisterNumber, Known>,
    /// Messages by the link key that evidence finds them by.
    pub linkable: Vec<(String, Vec<RegisterNumber>)>,
    pub lists: BTreeMap<u32, List>,
    pub put: BTreeSet<Sha256>,
}

impl Office {
    pub(super) async fn new() -> Self {
        let world = World::new();
        world.clock.set(in_year(2010));
        let ledger = world.open();
        let accounts = ledger.commit(|decision| {
            people().into_iter().try_for_each(|person| {
                let login = person.login.clone();
                let edit = Edit::Add(Box::new(Account::new(person, Source::Local)));
                let by = Asker::default();
                decision.record(Event::Account(AccountEdited { login, edit, by }))
            })
        });
        accounts.await.unwrap();
        Self {
            world,
            ledger: Some(ledger),
            year: 2010,
            uid: 0,
            entries: BTreeMap::new(),
            linkable: Vec::new(),
            lists: BTreeMap::new(),
            put: BTreeSet::new(),
        }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    /// A message with one or two entries, some objects that others share, and now and then a delil about an earlier message.
    pub(super) async fn arrive(&mut self, dice: &mut Dice) {
        self.uid += 1;
        let (now, uid) = (self.world.clock.as_ref(), self.uid);
        let at = crate::clock::Clock::now(now);
        let raw = format!("message {uid}");
        let sha256 = self.ledger().blobs().put(raw.as_bytes()).unwrap();
        self.put.insert(sha256);
        let fetched = Fetched {
            mailbox: "evrak".into(),
            locator: locator(uid),
            sha256,
            size: raw.len() as u64,
            arrived: Some(at),
            at,
        };
        self.ledger().append(Event::Fetched(fetched)).await.unwrap();

        let about = (dice.below(3) == 0 && !self.linkable.is_empty()).then(|| dice.of(&self.linkable).clone());
        let objects: BTreeSet<u64> = (0..dice.below(3)).map(|_| dice.below(OBJECTS)).collect();
        let hashes: Vec<Sha256> = objects.iter().map(|number| Sha256::of(&object(*number))).collect();
        // As the pipeline: pinned, durable, recorded, released.
        let pinned = self.ledger().pins().begin();
        pinned.pin(hashes.iter().copied());
        for number in &objects {
            self.put.insert(self.ledger().blobs().put(&object(*number)).unwrap());
        }
        let label = *dice.of(&[None, Some("kisa"), Some("kisa"), Some("surekli")]);
        let access = if dice.below(4) == 0 { 3 } else { 0 };
        let mut one = draft(sha256, MessageKind::Standard);
        one.message.received_at = at;
        one.labels.extend(label.map(str::to_owned));
        one.access = access;
        one.state = State::Done;
        let objects = hashes
            .iter()
            .map(|sha256| ObjectReport {
                kind: ObjectKind::Crl,
                sha256: *sha256,
                embedded: false,
            })
            .collect();
        one.verdict = Some(Verdict {
            indication: Indication::Passed,
            sub_indication: None,
            signatures: Vec::new(),
            validation_time: at,
            anchors_sha256: Sha256::of(b"anchors"),
            objects,
            wanted: Vec::new(),
        });
        let key = format!("key {uid}");
        let mut registration: Registration = match &about {
            Some((key, _)) => {
                let found = evidence(&raw, EvidenceKind::Delivery, "Delivery", &[key.as_str()]);
                let mail = evidence_mail(&self.world, sha256, vec![found]);
                one.evidence = mail.drafts[0].evidence.clone();
                mail
            }
            None => self.world.registration(sha256),
        };
        let twice = about.is_none() && dice.below(4) == 0;
        registration.drafts = if twice { vec![one.clone(), one] } else { vec![one] };
        registration.link_keys = vec![key.clone()];
        let numbers = self.ledger().register(registration).await.unwrap();
        drop(pinned);
        let needs: BTreeSet<Sha256> = hashes.into_iter().chain([sha256]).collect();
        for number in &numbers {
            let known = Known {
                year: self.year,
                access,
                by_rule: label,
                by_hand: None,
                held: false,
                listed: None,
                disposed: false,
                needs: needs.clone(),
            };
            self.entries.insert(*number, known);
        }
        // The delil is about these: as long as one of them is kept, the message that brought it is needed, and what its verdict rests on.
        for number in about.iter().flat_map(|(_, numbers)| numbers) {
            self.entries.get_mut(number).unwrap().needs.extend(needs.clone());
        }
        self.linkable.push((key, numbers));
    }

    pub(super) async fn ask(&self, request: KeepingRequest, by: &Person) -> Result<Kept, KeepingRefusal> {
        match request {
            KeepingRequest::Execute { list } => self.ledger().execute(list, by, &policy()).await.unwrap(),
            request => self.ledger().keep(request, by, &policy()).await.unwrap(),
        }
    }

    fn exists(&self, list: u32, by: &Person) -> bool {
        let entries = self.lists.get(&list).map(|list| &list.entries);
        entries.is_some_and(|entries| entries.iter().all(|(number, _)| self.entries[number].access <= by.clearance))
    }

    async fn deed(&mut self, dice: &mut Dice) {
        // Mostly who may decide: the others are refused, and that is quickly seen.
        let by = match dice.below(3) {
            0 => dice.of(&people()).clone(),
            _ => dice.of(&people()[..4]).clone(),
        };
        let answers = matches!(by.role, Role::Supervisor | Role::Administrator);
        let numbers: Vec<RegisterNumber> = self.entries.keys().copied().collect();
        let latest = self.lists.len() as u64;
        let list = match dice.below(3) {
            0 => 1 + dice.below(latest + 1) as u32,
            _ => latest.max(1) as u32,
        };
        match dice.below(14) {
            0..=2 => self.arrive(dice).await,
            3 => {
                self.year += 1;
                self.world.clock.set(in_year(self.year));
            }
            4 if !numbers.is_empty() => {
                let number = *dice.of(&numbers);
                let class = dice
                    .of(&[None, Some("kisa"), Some("uzun"), Some("surekli"), Some("yok")])
                    .map(str::to_owned);
                let request = KeepingRequest::Class {
                    number,
                    class: class.clone(),
                    reason: "plan".into(),
                };
                let done = self.ask(request, &by).await.is_ok();
                let known = self.entries.get_mut(&number).unwrap();
                let may = known.access <= by.clearance && by.role != Role::Auditor && !known.disposed;
                let may = may && class.as_deref() != Some("yok") && class != known.by_hand;
                let years = |known: &Known| known.class().map_or(i16::MAX, |(_, years)| years);
                let after = Known {
                    by_hand: class.clone(),
                    ..known.clone()
                };
                let may = may && (answers || years(&after) >= years(known));
                assert_eq!(done, may);
                if may {
                    known.by_hand = class;
                }
            }
            5 if !numbers.is_empty() => {
                let (number, held, reason) = (*dice.of(&numbers), dice.below(2) > 0, *dice.of(&["dava", "dava", " "]));
                let request = match held {
                    true => KeepingRequest::Hold {
                        number,
                        reason: reason.into(),
                    },
                    false => KeepingRequest::Release {
                        number,
                        reason: reason.into(),
                        hold: None,
                    },
                };
                let done = self.ask(request, &by).await.is_ok();
                let known = self.entries.get_mut(&number).unwrap();
                let may = known.access <= by.clearance && answers && !known.disposed && known.held != held && reason == "dava";
                assert_eq!(done, may);
                if may {
                    known.held = held;
                }
            }
            8..=10 => {
                let known = self.lists.get(&list).cloned();
                let disposal = self.ledger().disposal(list).unwrap();
                let right = disposal.map_or(Sha256::of(b"none"), |disposal| disposal.sha256);
                let seen = dice.below(5) > 0;
                let sha256 = if seen { right } else { Sha256::of(b"another list") };
                let done = self.ask(KeepingRequest::Approve { list, sha256 }, &by).await.is_ok();
                let may = self.exists(list, &by)
                    && answers
                    && seen
                    && known.is_some_and(|known| known.open && known.proposer != by.login && !known.approvals.contains(&by.login));
                assert_eq!(done, may);
                if may {
                    self.lists.get_mut(&list).unwrap().approvals.insert(by.login);
                }
            }
            11 if dice.below(4) == 0 => {
                let reason = "yanlış".to_owned();
                let done = self.ask(KeepingRequest::Withdraw { list, reason }, &by).await.is_ok();
                let may = self.exists(list, &by) && answers && self.lists[&list].open;
                assert_eq!(done, may);
                if may {
                    self.close(list);
                }
            }
            7 | 11 => self.propose(&by).await,
            6 | 12 => self.execute(list, &by).await,
            13 => self.reopen(dice.below(3)),
            _ => {}
        }
    }

    async fn propose(&mut self, by: &Person) {
        let done = self.ask(KeepingRequest::Propose, by).await;
        let due: Vec<(RegisterNumber, String)> = self
            .entries
            .iter()
            .filter(|(_, known)| known.access <= by.clearance && known.is_due(self.year) && known.listed.is_none())
            .map(|(number, known)| (*number, known.class().unwrap().0))
            .collect();
        let may = by.role == Role::Administrator && !due.is_empty();
        assert_eq!(done.is_ok(), may, "{done:?}");
        let Ok(Kept::Proposed { list, entries, .. }) = done else { return };
        let stands: Vec<RegisterNumber> = self
            .ledger()
            .disposal(list)
            .unwrap()
            .unwrap()
            .list
            .entries
            .iter()
            .map(|one| one.number)
            .collect();
        assert_eq!(stands, due.iter().map(|(number, _)| *number).collect::<Vec<_>>());
        assert_eq!(entries, due.len());
        for (number, _) in &due {
            self.entries.get_mut(number).unwrap().listed = Some(list);
        }
        let list_of = List {
            proposer: by.login.clone(),
            entries: due,
            approvals: BTreeSet::new(),
            open: true,
        };
        assert!(self.lists.insert(list, list_of).is_none());
    }

    async fn execute(&mut self, list: u32, by: &Person) {
        let done = self.ask(KeepingRequest::Execute { list }, by).await;
        let may = self.exists(list, by) && by.role == Role::Administrator && {
            let known = &self.lists[&list];
            let still = |(number, class): &(RegisterNumber, String)| {
                let entry = &self.entries[number];
                entry.is_due(self.year) && entry.class().is_some_and(|(now, _)| now == *class)
            };
            known.open && known.approvals.len() >= 2 && !known.approvals.contains(&known.proposer) && known.entries.iter().all(still)
        };
        assert_eq!(done.is_ok(), may, "{done:?}");
        if may {
            for (number, _) in self.lists[&list].entries.clone() {
                self.entries.get_mut(&number).unwrap().disposed = true;
            }
            self.close(list);
        }
    }

    /// A list of everything that is due, approved by two.
    pub(super) async fn all_due_and_approved(&self) -> (u32, Vec<RegisterNumber>) {
        let Ok(Kept::Proposed { list, sha256, .. }) = self.ask(KeepingRequest::Propose, &admin()).await else {
            panic!("nothing is due")
        };
        for login in ["amir", "amir2"] {
            let by = person(login, Role::Supervisor, 4);
            self.ask(KeepingRequest::Approve { list, sha256 }, &by).await.unwrap();
        }
        let disposal = self.ledger().disposal(list).unwrap().unwrap();
        assert_eq!(disposal.stage, Stage::Approved);
        (list, disposal.list.entries.iter().map(|one| one.number).collect())
    }

    pub(super) fn close(&mut self, list: u32) {
        let known = self.lists.get_mut(&list).unwrap();
        known.open = false;
        for (number, _) in known.entries.clone() {
            self.entries.get_mut(&number).unwrap().listed = None;
        }
    }

    pub(super) fn reopen(&mut self, how: u64) {
        drop(self.ledger.take());
        if how == 0 {
            let (root, clock) = (self.world.root(), self.world.clock.clone());
            self.ledger = Some(Ledger::rebuild(&root, RealDisk::shared(), clock).unwrap());
        } else {
            self.ledger = Some(self.world.open());
        }
    }

    /// What is kept is whole, and what nobody needs is gone.
    pub(super) fn check(&self) {
        let ledger = self.ledger();
        let needed: BTreeSet<Sha256> = self
            .entries
            .values()
            .filter(|known| !known.disposed)
            .flat_map(|known| known.needs.clone())
            .collect();
        let ever: BTreeSet<Sha256> = self.entries.values().flat_map(|known| known.needs.clone()).collect();
        for (number, known) in &self.entries {
            let entry = ledger.entry(*number).unwrap().unwrap();
            assert_eq!(entry.is_disposed(), known.disposed, "{number}");
            assert!(!(known.held && known.disposed), "{number}");
            assert_eq!(ledger.keeping(*number).unwrap().holds.is_empty(), !known.held);
            assert_eq!(entry.message.sha256, ledger.entry(*number).unwrap().unwrap().message.sha256);
        }
        for blob in &self.put {
            let there = ledger.blobs().exists(blob).unwrap();
            assert_eq!(there, needed.contains(blob) || !ever.contains(blob), "{blob}");
            assert!(ledger.is_gone(blob).unwrap() != there, "{blob}");
        }
        let expected: BTreeSet<Sha256> = ledger.messages().unwrap().into_iter().chain(ledger.objects().unwrap()).collect();
        assert_eq!(expected, needed, "what a walk asks for");
    }
}

#[tokio::test]
async fn nothing_goes_without_class_day_two_others_and_no_hold_and_what_others_need_stays() {
    let (mut disposed, mut shared, mut refused) = (0, 0, 0);
    for seed in 1..=SEEDS {
        let (mut office, mut dice) = (Office::new().await, Dice(seed));
        for _ in 0..DEEDS {
            office.deed(&mut dice).await;
            office.check();
        }
        let gone: Vec<&Known> = office.entries.values().filter(|known| known.disposed).collect();
        disposed += gone.len();
        let kept: BTreeSet<&Sha256> = office
            .entries
            .values()
            .filter(|known| !known.disposed)
            .flat_map(|known| &known.needs)
            .collect();
        shared += gone
            .iter()
            .filter(|known| known.needs.iter().any(|blob| kept.contains(blob)))
            .count();
        refused += office.lists.values().filter(|list| list.approvals.len() >= 2 && list.open).count();
        let before = dump(office.ledger());
        office.reopen(0);
        assert_eq!(
            dump(office.ledger()),
            before,
            "the journal alone gives the same index, byte for byte"
        );
        office.check();
        let root = office.world.root();
        drop(office.ledger.take());
        assert!(verify(&root, RealDisk::shared(), &mut |_| {}).is_intact());
    }
    println!("{disposed} entries disposed of, {shared} of them shared a blob with a kept one, {refused} approved lists were not executed");
    assert!(
        disposed > 30 && shared > 10,
        "the random deeds reach what they are for: {disposed}, {shared}"
    );
}

/// Two messages that are due on one list, approved by two.
pub(super) async fn approved() -> (Office, u32, Vec<RegisterNumber>) {
    let mut office = Office::new().await;
    let mut dice = Dice(3);
    while office.entries.values().filter(|known| known.by_rule == Some("kisa")).count() < 4 {
        office.arrive(&mut dice).await;
    }
    office.year = 2012;
    office.world.clock.set(in_year(2012));
    let (list, numbers) = office.all_due_and_approved().await;
    for number in &numbers {
        office.entries.get_mut(number).unwrap().listed = Some(list);
    }
    let known = List {
        proposer: admin().login,
        entries: numbers.iter().map(|number| (*number, "kisa".to_owned())).collect(),
        approvals: BTreeSet::from(["amir".to_owned(), "amir2".to_owned()]),
        open: true,
    };
    office.lists.insert(list, known);
    (office, list, numbers)
}

#[tokio::test]
async fn a_hold_that_comes_after_the_approval_stops_the_whole_list() {
    let (mut office, list, numbers) = approved().await;
    let hold = KeepingRequest::Hold {
        number: numbers[1],
        reason: "dava".into(),
    };
    office.ask(hold, &person("amir", Role::Supervisor, 4)).await.unwrap();
    assert_eq!(
        office.ask(KeepingRequest::Execute { list }, &admin()).await,
        Err(KeepingRefusal::NoLongerDue)
    );
    office.entries.get_mut(&numbers[1]).unwrap().held = true;
    office.check();
    // An execution that was refused leaves the way open.
    let release = KeepingRequest::Release {
        number: numbers[1],
        reason: "dava bitti".into(),
        hold: None,
    };
    office.ask(release, &person("amir2", Role::Supervisor, 4)).await.unwrap();
    assert!(office.ask(KeepingRequest::Execute { list }, &admin()).await.is_ok());
    assert_eq!(
        office.ask(KeepingRequest::Execute { list }, &admin()).await,
        Err(KeepingRefusal::NotOpen)
    );
}

#[tokio::test]
async fn one_person_approves_once_and_the_proposer_never() {
    let mut office = Office::new().await;
    let mut dice = Dice(3);
    while office.entries.values().all(|known| known.by_rule != Some("kisa")) {
        office.arrive(&mut dice).await;
    }
    office.world.clock.set(in_year(2012));
    let Ok(Kept::Proposed { list, sha256, .. }) = office.ask(KeepingRequest::Propose, &admin()).await else {
        panic!("nothing is due")
    };
    let approve = || KeepingRequest::Approve { list, sha256 };
    let amir = person("amir", Role::Supervisor, 4);
    assert_eq!(office.ask(approve(), &admin()).await, Err(KeepingRefusal::OwnList));
    assert_eq!(office.ask(approve(), &amir).await, Ok(Kept::Approved { approved: false }));
    assert_eq!(office.ask(approve(), &amir).await, Err(KeepingRefusal::ApprovedAlready));
    assert_eq!(
        office.ask(KeepingRequest::Execute { list }, &admin()).await,
        Err(KeepingRefusal::NotApproved)
    );
    assert_eq!(
        office.ask(approve(), &person("denetci", Role::Auditor, 4)).await,
        Err(KeepingRefusal::Forbidden)
    );
    assert_eq!(
        office.ask(approve(), &person("yonetici2", Role::Administrator, 4)).await,
        Ok(Kept::Approved { approved: true })
    );
}

#[tokio::test]
async fn who_does_not_see_every_entry_of_a_list_gets_the_answer_for_a_list_that_there_is_not() {
    let (office, list, numbers) = approved().await;
    let sha256 = office.ledger().disposal(list).unwrap().unwrap().sha256;
    let blind = Person {
        mailboxes: Scope::Only(BTreeSet::new()),
        ..person("amir3", Role::Supervisor, 4)
    };
    for of in [list, 99] {
        for request in [
            KeepingRequest::Approve { list: of, sha256 },
            KeepingRequest::Withdraw {
                list: of,
                reason: "x".into(),
            },
            KeepingRequest::Execute { list: of },
        ] {
            assert_eq!(office.ask(request, &blind).await, Err(KeepingRefusal::NotFound));
        }
    }
    let hold = KeepingRequest::Hold {
        number: numbers[0],
        reason: "x".into(),
    };
    assert_eq!(office.ask(hold, &blind).await, Err(KeepingRefusal::NotFound));
}
