//! What people do and look at, on the record.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::date;

use super::fixture::{World, friday};
use super::handling::{HandlingRequest, Refusal};
use crate::people::{Account, AccountRefusal, Edit, Person, Role, Scope, Source, View};
use crate::register::entry::{Action, Asker, State};

fn person(login: &str, role: Role) -> Person {
    Person {
        login: login.to_owned(),
        name: login.to_uppercase(),
        role,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 4,
    }
}

fn request(action: Action, note: Option<&str>) -> HandlingRequest {
    HandlingRequest {
        action,
        note: note.map(str::to_owned),
    }
}

fn assigned(unit: Option<&str>, person: Option<&str>) -> Action {
    Action::Assigned {
        unit: unit.map(str::to_owned),
        person: person.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_havale_changes_the_unit_and_stands_in_the_history_also_after_a_rebuild() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let clerk = person("memur", Role::Clerk);
    let account = Account::new(person("ayse", Role::Clerk), Source::Local);
    ledger
        .edit_account("ayse", Edit::Add(Box::new(account)), Asker::default())
        .await
        .unwrap()
        .unwrap();

    let havale = request(assigned(Some(" Hukuk "), Some("ayse")), Some("ivedi"));
    assert_eq!(ledger.handle(number, havale, &clerk).await.unwrap(), Ok(State::Assigned));
    let transfer = Action::Transferred { number: "E-77".into() };
    assert_eq!(
        ledger.handle(number, request(transfer.clone(), None), &clerk).await.unwrap(),
        Ok(State::Assigned)
    );
    assert_eq!(
        ledger.handle(number, request(transfer, None), &clerk).await.unwrap(),
        Err(Refusal::Unchanged)
    );
    let check = |entry: crate::register::entry::Entry| {
        assert_eq!((entry.unit.as_deref(), entry.assignee()), (Some("Hukuk"), Some("ayse")));
        assert_eq!(entry.transferred_as(), Some("E-77"));
        let [havale, _] = entry.history.as_slice() else {
            panic!("{:?}", entry.history)
        };
        assert_eq!((havale.by.as_str(), havale.note.as_deref()), ("memur", Some("ivedi")));
    };
    check(ledger.entry(number).unwrap().unwrap());
    drop(ledger);
    check(world.open_read_only().entry(number).unwrap().unwrap());
}

#[tokio::test]
async fn an_auditor_changes_nothing_and_nobody_changes_what_they_do_not_see() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let elsewhere = Person {
        mailboxes: Scope::Only(BTreeSet::from(["baska".to_owned()])),
        ..person("uzak", Role::Administrator)
    };
    for action in [
        Action::Opened,
        Action::Done,
        Action::OnHold,
        Action::NotRecorded,
        Action::Noted,
        Action::Reopened,
        assigned(Some("Hukuk"), None),
        Action::Transferred { number: "1".into() },
        Action::Access { from: 0, to: 1 },
    ] {
        let asked = request(action, Some("not"));
        let auditor = person("denetci", Role::Auditor);
        assert_eq!(
            ledger.handle(number, asked.clone(), &auditor).await.unwrap(),
            Err(Refusal::Forbidden),
            "{asked:?}"
        );
        assert_eq!(ledger.handle(number, asked, &elsewhere).await.unwrap(), Err(Refusal::NotFound));
    }
    assert_eq!(ledger.viewed(number, &elsewhere, View::Page).await.unwrap(), None);
    let entry = ledger.entry(number).unwrap().unwrap();
    assert_eq!((entry.state, entry.history.len()), (State::Registered, 0));
    assert!(ledger.views_of(number).unwrap().is_empty());
}

#[tokio::test]
async fn not_recording_needs_a_reason_and_so_does_its_way_back() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let clerk = person("memur", Role::Clerk);
    let ask = async |action, note| ledger.handle(number, request(action, note), &clerk).await.unwrap();
    assert_eq!(ask(Action::NotRecorded, None).await, Err(Refusal::ReasonRequired));
    assert_eq!(ask(Action::NotRecorded, Some("  ")).await, Err(Refusal::ReasonRequired));
    assert_eq!(ask(Action::NotRecorded, Some("reklam")).await, Ok(State::NotRecorded));
    assert_eq!(ask(Action::Done, None).await, Err(Refusal::NotRecorded));
    assert_eq!(ask(assigned(Some("Hukuk"), None), None).await, Err(Refusal::NotRecorded));
    assert_eq!(ask(Action::Reopened, None).await, Err(Refusal::NotRecorded));
    assert_eq!(ask(Action::Reopened, Some("yanlış kanaat")).await, Ok(State::Opened));
    assert_eq!(ask(Action::Reopened, None).await, Err(Refusal::Unchanged));
    assert_eq!(ask(assigned(None, None), None).await, Err(Refusal::NobodyNamed));
    assert_eq!(ask(assigned(None, Some("yok")), None).await, Err(Refusal::PersonUnfit));
    assert_eq!(ask(Action::Noted, Some("a\0b")).await, Err(Refusal::TooLong));
    assert_eq!(ask(Action::Noted, Some(&"a".repeat(4_001))).await, Err(Refusal::TooLong));
}

#[tokio::test]
async fn a_look_is_one_record_in_ten_minutes_and_the_first_page_opens_it() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let (clerk, auditor) = (person("memur", Role::Clerk), person("denetci", Role::Auditor));
    let view = async |by, what| ledger.viewed(number, by, what).await.unwrap();
    assert_eq!(
        view(&auditor, View::Page).await,
        Some(State::Registered),
        "an auditor's look is no opening"
    );
    assert_eq!(view(&clerk, View::Letter).await, Some(State::Registered));
    assert_eq!(view(&clerk, View::Page).await, Some(State::Opened));
    let before = ledger.head();
    assert_eq!(view(&clerk, View::Page).await, Some(State::Opened));
    assert_eq!(ledger.head(), before, "nothing was written");
    world.clock.set(friday() + 10.minutes());
    view(&clerk, View::Page).await;
    world.clock.set(friday() - 40.minutes());
    view(&clerk, View::Page).await;
    let views: Vec<_> = ledger
        .views_of(number)
        .unwrap()
        .into_iter()
        .map(|view| (view.by, view.what))
        .collect();
    assert_eq!(views.len(), 5, "{views:?}");
    assert_eq!(views.iter().filter(|(by, what)| by == "memur" && *what == View::Page).count(), 3);
    assert_eq!(ledger.entry(number).unwrap().unwrap().history.len(), 1);
}

#[tokio::test]
async fn the_first_look_of_the_turkish_day_is_recorded_once() {
    let world = World::new();
    let ledger = world.open();
    let clerk = person("memur", Role::Clerk);
    assert!(ledger.looked(&clerk).await.unwrap());
    assert!(!ledger.looked(&clerk).await.unwrap());
    assert!(ledger.looked(&person("amir", Role::Supervisor)).await.unwrap());
    // 21:00 in UTC is midnight in Turkey.
    world.clock.set(super::fixture::at("2026-11-20T21:00:00Z"));
    assert!(ledger.looked(&clerk).await.unwrap());
    let looks = ledger.looks(date(2026, 11, 20), date(2026, 11, 21)).unwrap();
    let said: Vec<_> = looks.iter().map(|look| (look.day, look.by.as_str())).collect();
    assert_eq!(
        said,
        [
            (date(2026, 11, 20), "amir"),
            (date(2026, 11, 20), "memur"),
            (date(2026, 11, 21), "memur")
        ]
    );
    assert_eq!(ledger.looks(date(2026, 11, 21), date(2026, 11, 21)).unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_is_taken_once_also_after_a_restart_and_by_two_at_once() {
    let world = World::new();
    let ledger = world.open();
    let (one, two) = (ledger.signed_in("ayse", None, Some(7)), ledger.signed_in("ayse", None, Some(7)));
    assert_eq!((one.await.unwrap(), two.await.unwrap()), (true, false));
    drop(ledger);
    let ledger = world.open();
    assert!(!ledger.signed_in("ayse", None, Some(6)).await.unwrap());
    assert!(!ledger.signed_in("ayse", None, Some(7)).await.unwrap());
    assert!(ledger.signed_in("ayse", None, None).await.unwrap());
    assert!(ledger.signed_in("ayse", None, Some(8)).await.unwrap());
    assert_eq!(ledger.sign_ins("ayse").unwrap().step, Some(8));
}

#[tokio::test]
async fn accounts_are_kept_and_the_last_administrator_stays() {
    let world = World::new();
    let ledger = world.open();
    let edit = async |login: &str, edit| ledger.edit_account(login, edit, Asker::default()).await.unwrap();
    let add = |login, role| Edit::Add(Box::new(Account::new(person(login, role), Source::Local)));
    let first = edit("yonetici", add("yonetici", Role::Administrator)).await.unwrap().unwrap();
    assert_eq!(edit("yonetici", add("yonetici", Role::Clerk)).await, Err(AccountRefusal::Taken));
    assert_eq!(edit("yonetici", Edit::Remove).await, Err(AccountRefusal::LastAdministrator));
    edit("ikinci", add("ikinci", Role::Administrator)).await.unwrap();
    assert_eq!(edit("yonetici", Edit::Remove).await, Ok(None));
    world.clock.set(friday() + 1.seconds());
    let again = edit("yonetici", add("yonetici", Role::Clerk)).await.unwrap().unwrap();
    assert!(again.generation > first.generation, "a login given anew revives no session");
    drop(ledger);
    let accounts = world.open_read_only().accounts().unwrap();
    assert_eq!(
        accounts.iter().map(|account| account.person.login.as_str()).collect::<Vec<_>>(),
        ["ikinci", "yonetici"]
    );
}

async fn with_account(ledger: &super::Ledger, person: Person, disabled: bool) {
    let login = person.login.clone();
    let account = Account {
        disabled,
        ..Account::new(person, Source::Local)
    };
    let added = ledger.edit_account(&login, Edit::Add(Box::new(account)), Asker::default()).await;
    added.unwrap().unwrap();
}

#[tokio::test]
async fn an_opening_on_the_command_line_is_that_of_an_account_for_which_the_document_exists() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let level = ledger.entry(number).unwrap().unwrap().access;
    let elsewhere = Scope::Only(BTreeSet::from(["baska".to_owned()]));
    let blind = [
        ("kutusuz", Scope::All, elsewhere.clone(), 4),
        ("birimsiz", elsewhere, Scope::All, 4),
    ];
    for (login, units, mailboxes, clearance) in blind {
        let person = Person {
            units,
            mailboxes,
            clearance,
            ..person(login, Role::Clerk)
        };
        with_account(&ledger, person, false).await;
        assert_eq!(
            ledger.opened(number, login, Some(7)).await.unwrap(),
            Err(Refusal::NotFound),
            "{login}"
        );
    }
    with_account(&ledger, person("gitti", Role::Clerk), true).await;
    with_account(&ledger, person("denetci", Role::Auditor), false).await;
    with_account(&ledger, person("ayse", Role::Clerk), false).await;
    let open = async |login: &str, number| ledger.opened(number, login, Some(7)).await.unwrap();
    assert_eq!(open("kim", number).await, Err(Refusal::NoAccount), "an invented name");
    assert_eq!(open("", number).await, Err(Refusal::NoAccount));
    assert_eq!(open("gitti", number).await, Err(Refusal::NoAccount), "disabled");
    assert_eq!(
        open("denetci", number).await,
        Err(Refusal::Forbidden),
        "an auditor's look is no opening"
    );
    let absent = crate::register::entry::RegisterNumber { number: 99, ..number };
    assert_eq!(open("ayse", absent).await, Err(Refusal::NotFound));
    let entry = ledger.entry(number).unwrap().unwrap();
    assert_eq!(
        (entry.state, entry.history.len(), entry.access),
        (State::Registered, 0, level),
        "no trace"
    );

    assert_eq!(open("ayse", number).await, Ok(State::Opened));
    let entry = ledger.entry(number).unwrap().unwrap();
    assert_eq!((entry.history[0].by.as_str(), entry.history[0].uid), ("ayse", Some(7)));
}

#[tokio::test]
async fn done_is_only_what_somebody_opened() {
    let world = World::new();
    let ledger = world.open();
    let numbers = world.arrive(&ledger, 0..3).await;
    let (clerk, supervisor) = (person("memur", Role::Clerk), person("amir", Role::Supervisor));
    let done = async |number, by: &Person| ledger.handle(number, request(Action::Done, None), by).await.unwrap();
    assert_eq!(done(numbers[0], &clerk).await, Err(Refusal::NotOpened));
    ledger
        .handle(numbers[0], request(assigned(Some("Hukuk"), None), None), &supervisor)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        done(numbers[0], &clerk).await,
        Err(Refusal::NotOpened),
        "passing it on is no opening"
    );
    ledger.viewed(numbers[0], &clerk, View::Page).await.unwrap();
    assert_eq!(done(numbers[0], &clerk).await, Ok(State::Done));
    // What one opened another may close.
    ledger.viewed(numbers[1], &clerk, View::Page).await.unwrap();
    assert_eq!(done(numbers[1], &supervisor).await, Ok(State::Done));
    // To have read the letter is enough for oneself, and not for another.
    ledger.viewed(numbers[2], &clerk, View::Letter).await.unwrap();
    assert_eq!(done(numbers[2], &supervisor).await, Err(Refusal::NotOpened));
    assert_eq!(done(numbers[2], &clerk).await, Ok(State::Done));
}

#[tokio::test]
async fn an_access_level_is_set_by_who_answers_for_it_and_can_see_both_levels() {
    let world = World::new();
    let ledger = world.open();
    let number = world.arrive(&ledger, 0..1).await[0];
    let (before, up, down) = (0, 3, 1);
    let cleared = |clearance, role| Person {
        clearance,
        ..person("amir", role)
    };
    let set = async |to, note, by: Person| {
        ledger
            .handle(number, request(Action::Access { from: 9, to }, note), &by)
            .await
            .unwrap()
    };
    // Nobody can read what level it should have, so it has the highest until somebody says another.
    assert_eq!(set(before, Some("n"), cleared(3, Role::Supervisor)).await, Err(Refusal::NotFound));
    set(before, Some("açık"), cleared(4, Role::Supervisor)).await.unwrap();
    assert_eq!(set(up, Some("n"), cleared(4, Role::Clerk)).await, Err(Refusal::Forbidden));
    assert_eq!(set(up, Some("n"), cleared(4, Role::Auditor)).await, Err(Refusal::Forbidden));
    assert_eq!(set(up, Some("n"), cleared(2, Role::Supervisor)).await, Err(Refusal::AboveClearance));
    assert_eq!(set(5, Some("n"), cleared(4, Role::Supervisor)).await, Err(Refusal::Level));
    assert_eq!(set(up, None, cleared(4, Role::Supervisor)).await, Err(Refusal::ReasonRequired));
    assert_eq!(set(before, Some("n"), cleared(4, Role::Supervisor)).await, Err(Refusal::Unchanged));
    assert_eq!(ledger.entry(number).unwrap().unwrap().history.len(), 1);

    set(up, Some("gönderen bildirdi"), cleared(4, Role::Supervisor)).await.unwrap();
    assert_eq!(
        set(down, Some("n"), cleared(2, Role::Administrator)).await,
        Err(Refusal::NotFound),
        "it is above that one now"
    );
    let check = |entry: crate::register::entry::Entry| {
        assert!(!cleared(2, Role::Administrator).sees(&entry) && cleared(3, Role::Clerk).sees(&entry));
        assert_eq!((entry.access, entry.state), (up, State::Registered));
        assert!(entry.awaits_opening(), "to say who may see it is no opening");
        let deed = &entry.history[1];
        assert_eq!(
            (&deed.action, deed.note.as_deref()),
            (&Action::Access { from: before, to: up }, Some("gönderen bildirdi"))
        );
    };
    check(ledger.entry(number).unwrap().unwrap());
    drop(ledger);
    check(world.open_read_only().entry(number).unwrap().unwrap());
}
