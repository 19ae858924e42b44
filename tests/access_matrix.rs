//! Each role with each scope and each clearance at each route of the page: what comes back is what a small second set of rules says, and of a document
//! that does not exist for the person not a word stands in any byte of any answer: pages, counts, searches, suggestions, tables, papers, events, refusals.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod inside;
mod site;
mod access {
    pub mod office;
    pub mod routes;
    pub mod rules;
}

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use access::office::{MAILBOXES, Office, Reply, Secret, UNITS, parted, people};
use access::routes::declared;
use access::rules::{For, rule_of, statuses};
use kep_gateway::people::{Person, Role, Scope};
use kep_gateway::search::{Progress, Search};

/// What a document is asked for, in turn, where it exists: some of these answers take long.
const TURNS: [&str; 8] = [
    "",
    "/file",
    "/letter",
    "/original",
    "/parts/",
    "/sheet.pdf",
    "/case.zip",
    "/examine",
];
const DEEDS: [&str; 17] = [
    "assign",
    "done",
    "hold",
    "reopen",
    "not-recorded",
    "note",
    "transferred",
    "examine",
    "file/asked",
    "file/bind",
    "file/authorise",
    "file/decide",
    "file/join",
    "legal-hold",
    "release",
    "class",
    "access-level",
];
/// So many faults are told; more would say the same.
const ENOUGH: usize = 60;
/// A number that nothing has.
const NOBODYS: &str = "/documents/2026/999999";

/// Routes of programs with tokens of their own: their matrix is another test's.
fn is_for_programs(route: &str) -> bool {
    route.starts_with("/api")
}

#[test]
fn every_route_of_the_program_has_a_rule() {
    let declared = declared();
    assert!(declared.len() > 35, "{declared:?}");
    let without: Vec<_> = declared
        .iter()
        .filter(|(method, route)| !is_for_programs(route) && rule_of(method, route).is_none())
        .collect();
    assert!(
        without.is_empty(),
        "who may use these? Say so in tests/access/rules.rs: {without:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_scope_and_clearance_gets_what_the_rules_say_and_not_a_word_more() {
    let mut office = Office::open().await;
    let faults = Mutex::new(Vec::new());
    let (mut seen, mut hidden, mut asked) = (0, 0, 0);
    for (turn, person) in people().iter().enumerate() {
        office.become_person(person).await;
        let matrix = Matrix {
            office: &office,
            person,
            turn,
            faults: &faults,
        };
        let (exist, do_not) = parted(&office.secrets, person);
        (seen, hidden) = (seen + exist.len(), hidden + do_not.len());
        asked += matrix.ask_everything().await;
        if faults.lock().unwrap().len() > ENOUGH {
            break;
        }
    }
    println!(
        "{} people, {asked} requests, {seen} documents that exist and {hidden} that do not",
        people().len()
    );
    let faults = faults.into_inner().unwrap();
    assert!(
        faults.is_empty(),
        "{} faults, the first of them:\n{}",
        faults.len(),
        faults[..faults.len().min(ENOUGH)].join("\n")
    );
    assert!(seen > 500 && hidden > 1_500, "the matrix is empty: {seen}, {hidden}");
}

struct Matrix<'o> {
    office: &'o Office,
    person: &'o Person,
    turn: usize,
    faults: &'o Mutex<Vec<String>>,
}

impl Matrix<'_> {
    /// Every declared route, in the way that its rule says.
    async fn ask_everything(&self) -> usize {
        let mut asked = 0;
        for (method, route) in declared() {
            if is_for_programs(&route) {
                continue;
            }
            let rule = rule_of(&method, &route).unwrap();
            asked += match (rule, method.as_str(), route.as_str()) {
                (For::Everybody, _, "/search") => self.searches().await,
                (For::Everybody, _, "/papers/register") => self.registers().await,
                (For::Everybody, _, "/") => self.today(&route).await,
                (For::Everybody, _, "/events") => self.today(&route).await,
                (For::Document, _, "/documents/{year}/{number}") => self.documents().await,
                // Asked for above, in turn.
                (For::Document, ..) => 0,
                (For::Deed, ..) => self.deeds().await,
                // They would end the session that asks, or count as tries at the door.
                (For::Door, "POST", _) => 0,
                (For::Own, "POST", _) => 0,
                _ => self.plain(rule, &method, &route).await,
            };
        }
        asked
    }

    /// Gathers what does not hold, so that one run tells all of it.
    fn check(&self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.faults.lock().unwrap().push(fault());
        }
    }

    fn told(&self, what: &str) -> String {
        format!("{what} as {:?}", self.person)
    }

    /// The status is one that the rules allow, and nothing that does not exist for the person is told.
    fn hold(&self, what: &str, reply: &Reply, allowed: &[u16]) {
        self.check(allowed.contains(&reply.status), || {
            format!("{}: {} is not in {allowed:?}", self.told(what), reply.status)
        });
        let everything = reply.everything();
        let (_, hidden) = parted(&self.office.secrets, self.person);
        for word in hidden.iter().flat_map(|secret| &secret.words) {
            let is_told = memchr::memmem::find(&everything, word.as_bytes()).is_some();
            self.check(!is_told, || format!("{} tells of {word}", self.told(what)));
        }
    }

    fn visible(&self) -> Vec<&Secret> {
        parted(&self.office.secrets, self.person).0
    }

    fn numbers(&self) -> BTreeSet<String> {
        self.visible()
            .iter()
            .map(|secret| secret.entry.register_number.to_string())
            .collect()
    }

    async fn plain(&self, rule: For, method: &str, route: &str) -> usize {
        let paths = match route {
            "/people/{login}" => vec!["/people/yonetici".to_owned(), "/people/yok".to_owned()],
            "/people/{login}/{deed}" => vec!["/people/yok/disable".to_owned(), "/people/yok/bilinmeyen".to_owned()],
            "/boards/retention/{deed}" => vec!["/boards/retention/propose".to_owned(), "/boards/retention/bilinmeyen".to_owned()],
            "/assets/{name}" => vec!["/assets/yok.css".to_owned()],
            "/documents/{year}/{number}/file/{deed}" => vec![format!("{NOBODYS}/file/asked")],
            "/documents/{year}/{number}/{deed}" => vec![format!("{NOBODYS}/done")],
            "/boards/deadlines" | "/boards/checks" => vec![route.to_owned(), format!("{route}?month=2026-11"), format!("{route}?lang=en")],
            _ => vec![route.to_owned()],
        };
        for path in &paths {
            let reply = match method {
                "GET" => self.office.get(path).await,
                // Nobody is called so.
                _ => self.office.post(path, &[("login", "?"), ("role", "clerk")]).await,
            };
            self.hold(&format!("{method} {path}"), &reply, statuses(rule, method, self.person.role, true));
            let names_mailboxes = ["/boards/mailboxes", "/boards/checks"].contains(&route) && reply.status == 200;
            if names_mailboxes {
                let shown = reply.text().contains(MAILBOXES[1]);
                self.check(shown == self.person.mailboxes.covers(Some(MAILBOXES[1])), || {
                    format!(
                        "{}: {:?}, not {:?}",
                        self.told(path),
                        shown,
                        self.person.mailboxes.covers(Some(MAILBOXES[1]))
                    )
                });
            }
        }
        paths.len()
    }

    /// The first page and its events: exactly what exists, and counts of nothing else.
    async fn today(&self, path: &str) -> usize {
        let reply = self.office.get(path).await;
        self.hold(path, &reply, &[200]);
        let numbers = self.numbers();
        self.check(shown_numbers(&reply) == numbers, || self.told(path));
        let counted = |id: &str| -> usize {
            let (_, rest) = reply.text().split_once(&format!("id=\"{id}\" data-count=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        self.check(counted("count-arrived") == numbers.len(), || {
            format!("{}: {:?}, not {:?}", self.told(path), counted("count-arrived"), numbers.len())
        });
        let unopened = self.office.entries().into_iter().filter(|entry| entry.history.is_empty());
        let unopened = unopened
            .filter(|entry| numbers.contains(&entry.register_number.to_string()))
            .count();
        self.check(counted("count-unopened") == unopened, || {
            format!("{}: {:?}, not {:?}", self.told(path), counted("count-unopened"), unopened)
        });
        self.check(counted("count-near") <= numbers.len(), || self.told(path));
        1
    }

    async fn searches(&self) -> usize {
        let all = self.office.get("/search").await;
        self.hold("/search", &all, &[200]);
        self.check(shown_numbers(&all) == self.numbers(), || {
            format!("{}: {:?}, not {:?}", self.told("/search"), shown_numbers(&all), self.numbers())
        });
        self.check(options(&all, "f-units") == self.units(), || {
            format!(
                "{}: {:?}, not {:?}",
                self.told("the units that are suggested"),
                options(&all, "f-units"),
                self.units()
            )
        });
        let named = all.text().contains(MAILBOXES[1]);
        self.check(named == self.person.mailboxes.covers(Some(MAILBOXES[1])), || {
            format!(
                "{}: {:?}, not {:?}",
                self.told("the mailboxes that are offered"),
                named,
                self.person.mailboxes.covers(Some(MAILBOXES[1]))
            )
        });
        let filters = self.filters();
        for (name, fits) in filters.into_iter().skip(self.turn % 3).step_by(3) {
            let reply = self.office.get(&format!("/search?{name}")).await;
            self.hold(&name, &reply, &[200]);
            self.check(shown_numbers(&reply) == fits, || {
                format!("{}: {:?}, not {:?}", self.told(&name), shown_numbers(&reply), fits)
            });
        }
        let mut asked = 4;
        let (exist, hidden) = parted(&self.office.secrets, self.person);
        // By its word, number and hash: what exists is found, and what does not answers as a word that stands nowhere.
        for secret in self.two_of(&exist) {
            let word = &secret.words[self.turn % 3];
            let reply = self.office.get(&format!("/search?q={word}")).await;
            self.hold(word, &reply, &[200]);
            let number = secret.entry.register_number.to_string();
            self.check(shown_numbers(&reply).contains(&number), || {
                format!("{}: {word} is not found", self.told("/search"))
            });
            asked += 1;
        }
        for secret in self.two_of(&hidden) {
            let word = &secret.words[self.turn % 3];
            let nothing: String = "zqhicbir".chars().cycle().take(word.len()).collect();
            let [reply, of_nothing] = [
                self.office.get(&format!("/search?q={word}")).await,
                self.office.get(&format!("/search?q={nothing}")).await,
            ];
            let [reply, of_nothing] = [(reply, word), (of_nothing, &nothing)].map(|(reply, word)| reply.text().replace(word, ""));
            self.check(reply == of_nothing, || {
                format!("{}: {word} is told apart from nothing", self.told("/search"))
            });
            asked += 2;
        }
        asked
    }

    /// Two of them, others for each person.
    fn two_of<'s>(&self, all: &[&'s Secret]) -> Vec<&'s Secret> {
        let places = (0..2.min(all.len())).map(|nth| (self.turn * 7 + nth) % all.len());
        places.map(|at| all[at]).collect()
    }

    /// Units are the institution's, named in its routing rules: those of the person's scope may be suggested, whatever lies in them, and no other.
    fn units(&self) -> BTreeSet<String> {
        let configured = UNITS.into_iter().flatten().filter(|unit| self.person.units.covers(Some(unit)));
        configured.map(str::to_owned).collect()
    }

    /// Filters, and the numbers that each of them leaves.
    fn filters(&self) -> Vec<(String, BTreeSet<String>)> {
        let fitting = |fits: &dyn Fn(&Secret) -> bool| {
            let fit = self.visible().into_iter().filter(|secret| fits(secret));
            fit.map(|secret| secret.entry.register_number.to_string()).collect::<BTreeSet<_>>()
        };
        let mut filters: Vec<(String, BTreeSet<String>)> = Vec::new();
        for unit in UNITS.into_iter().flatten() {
            let query = format!("unit={}", unit.replace(' ', "%20"));
            filters.push((query, fitting(&|secret| secret.entry.unit.as_deref() == Some(unit))));
        }
        for mailbox in MAILBOXES {
            // A mailbox that the person does not have is no filter of theirs: whatever they are told, no row comes of it.
            if self.person.mailboxes.covers(Some(mailbox)) {
                filters.push((format!("mailbox={mailbox}"), fitting(&|secret| secret.entry.mailbox == mailbox)));
            }
        }
        for level in 0..=4 {
            filters.push((format!("access={level}"), fitting(&|secret| secret.entry.access == level)));
        }
        filters
    }

    async fn registers(&self) -> usize {
        for form in ["csv", "xlsx", "pdf"] {
            // The page-wise paper takes long: every third time.
            if form == "pdf" && !self.turn.is_multiple_of(3) {
                continue;
            }
            let path = format!("/papers/register?form={form}");
            let reply = self.office.get(&path).await;
            self.hold(&path, &reply, &[200]);
            let everything = reply.everything();
            for secret in self.visible() {
                let number = secret.entry.register_number.to_string();
                self.check(memchr::memmem::find(&everything, number.as_bytes()).is_some(), || {
                    format!("{}: {number}", self.told(&path))
                });
            }
        }
        3
    }

    async fn documents(&self) -> usize {
        let mut asked = 0;
        let mut absent = BTreeMap::new();
        for rest in TURNS {
            let path = format!("{NOBODYS}{rest}{}", if rest == "/parts/" { "0".repeat(64) } else { String::new() });
            absent.insert(rest, self.office.get(&path).await);
        }
        for (at, secret) in self.office.secrets.iter().enumerate() {
            let exists = access::rules::exists_for(self.person, &secret.entry);
            let page = format!("/documents/{}", secret.entry.register_number);
            let letter = secret.entry.document.as_ref().and_then(|document| document.file.as_ref());
            let part = letter.map(|file| file.sha256.to_string());
            for (nth, rest) in TURNS.into_iter().enumerate() {
                let is_turn = (self.turn + at) % TURNS.len() == nth;
                if rest == "/examine" || !is_turn && (exists || !rest.is_empty()) || part.is_none() && matches!(rest, "/letter" | "/parts/")
                {
                    continue;
                }
                let path = match rest {
                    "/parts/" => format!("{page}/parts/{}", part.as_deref().unwrap()),
                    rest => format!("{page}{rest}"),
                };
                let reply = self.office.get(&path).await;
                self.hold(&path, &reply, statuses(For::Document, "GET", self.person.role, exists));
                if !exists {
                    let absent = &absent[rest];
                    self.check((reply.status, &reply.bytes) == (absent.status, &absent.bytes), || {
                        format!("{} is not as what is absent", self.told(&path))
                    });
                }
                asked += 1;
            }
            asked += self.foreign_part(&page, exists).await;
        }
        asked
    }

    /// A part of a hidden document under the number of one that exists.
    async fn foreign_part(&self, page: &str, exists: bool) -> usize {
        let (_, hidden) = parted(&self.office.secrets, self.person);
        let foreign = hidden.iter().find_map(|secret| secret.entry.package.as_ref());
        let (true, Some(foreign)) = (exists, foreign) else { return 0 };
        let path = format!("{page}/parts/{}?sure=yes", foreign.sha256);
        self.hold(&path, &self.office.get(&path).await, &[404]);
        1
    }

    async fn deeds(&self) -> usize {
        for (at, secret) in self.office.secrets.iter().enumerate() {
            let exists = access::rules::exists_for(self.person, &secret.entry);
            let number = secret.entry.register_number;
            let deed = DEEDS[(self.turn + at) % DEEDS.len()];
            let records = || self.office.site.web.ledger().entry(number).unwrap().unwrap().history.len();
            let before = records();
            // Only what moves a document between scopes is left unsaid, so that the rules see the same register throughout.
            let fields: &[(&str, &str)] = match deed {
                "note" => &[("note", "görüldü")],
                "transferred" => &[("number", "EBYS-1")],
                "legal-hold" | "release" => &[("note", "2026/12 dava")],
                // Without a reason: whoever may is asked for it, and the rules see the same levels throughout.
                "access-level" => &[("level", "1")],
                _ => &[],
            };
            let page = format!("/documents/{number}/{deed}");
            let rule = match deed {
                "examine" => For::Examination,
                "legal-hold" | "release" | "access-level" => For::Hold,
                _ => For::Deed,
            };
            let is_held = || !self.office.site.web.ledger().keeping(number).unwrap().holds.is_empty();
            let held = is_held();
            if deed == "examine" && exists && !self.turn.is_multiple_of(5) {
                continue;
            }
            let reply = self.office.post(&page, fields).await;
            self.hold(&page, &reply, statuses(rule, "POST", self.person.role, exists));
            let may = exists && self.person.role != Role::Auditor;
            self.check(may || records() == before, || format!("{}: it was done", self.told(&page)));
            let answers = matches!(self.person.role, Role::Supervisor | Role::Administrator);
            let after = match deed {
                "legal-hold" if exists && answers => true,
                "release" if exists && answers => false,
                _ => held,
            };
            self.check(is_held() == after, || {
                format!("{}: the hold is not as it should be", self.told(&page))
            });
            if may && deed == "note" {
                self.check((reply.status, records()) == (303, before + 1), || {
                    format!("{}: it was not done", self.told(&page))
                });
            }
            if !exists {
                let absent = self.office.post(&format!("{NOBODYS}/{deed}"), fields).await;
                self.check((reply.status, &reply.bytes) == (absent.status, &absent.bytes), || {
                    format!("{} is not as what is absent", self.told(&page))
                });
            }
        }
        self.office.secrets.len()
    }
}

/// The numbers of the rows of a list.
fn shown_numbers(reply: &Reply) -> BTreeSet<String> {
    let rows = reply.text().split("<tr class=\"row").skip(1);
    rows.map(|row| row.split("data-number=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .collect()
}

/// The options of a list of suggestions.
fn options(reply: &Reply, id: &str) -> BTreeSet<String> {
    let (_, list) = reply.text().split_once(&format!("<datalist id=\"{id}\">")).unwrap();
    let list = list.split("</datalist>").next().unwrap();
    list.split("<option value=\"")
        .skip(1)
        .map(|option| option.split('"').next().unwrap().to_owned())
        .collect()
}

/// The same answers with an index under them as without one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_hides_what_the_ledger_hides() {
    let office = Office::open().await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = std::sync::Arc::clone(&office.site.web.pipeline.ledger);
    let search = Search::open(ledger, folder.path(), kep_gateway::limits::Limits::default());
    while search.catch_up(&|| false).unwrap() != Progress::UpToDate {}
    assert!(search.indexed_to().is_some());
    let nobody = Scope::Only(BTreeSet::new());
    for person in people().into_iter().chain([Person {
        units: nobody,
        ..people().remove(0)
    }]) {
        let (exist, hidden) = parted(&office.secrets, &person);
        let query = |text: &str| kep_gateway::search::query::Query {
            text: Some(text.to_owned()),
            ..Default::default()
        };
        let all = search.list(&person, &Default::default()).unwrap();
        assert_eq!(all.rows.len(), exist.len(), "{person:?}");
        assert_eq!(search.count(&person, &Default::default()).unwrap(), exist.len() as u64);
        for secret in &hidden {
            assert_eq!(search.count(&person, &query(&secret.marker)).unwrap(), 0, "{person:?}");
        }
        for secret in exist.iter().take(3) {
            assert_eq!(
                search.count(&person, &query(&secret.marker)).unwrap(),
                1,
                "{person:?}: {}",
                secret.marker
            );
        }
    }
}
