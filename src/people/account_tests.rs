#![allow(clippy::unwrap_used)]

use super::*;

fn person(login: &str, role: Role) -> Person {
    Person {
        login: login.to_owned(),
        name: "Deneme Kişisi".to_owned(),
        role,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 1,
    }
}

fn account(login: &str, role: Role) -> Account {
    Account::new(person(login, role), Source::Local)
}

#[test]
fn the_last_administrator_cannot_be_lost_in_any_way() {
    let admin = account("yonetici", Role::Administrator);
    let clerk = account("memur", Role::Clerk);
    let sleeping = Account {
        disabled: true,
        ..account("eski", Role::Administrator)
    };
    for edit in [Edit::Remove, Edit::Disabled(true), Edit::Person(person("yonetici", Role::Clerk))] {
        let refused = edit.check("yonetici", Some(&admin), &[clerk.clone(), sleeping.clone()]);
        assert_eq!(refused, Err(AccountRefusal::LastAdministrator), "{edit:?}");
        let other = account("ikinci", Role::Administrator);
        assert_eq!(edit.check("yonetici", Some(&admin), &[other]), Ok(()), "{edit:?}");
    }
}

#[test]
fn whatever_ends_sessions_raises_the_generation() {
    let before = account("memur", Role::Clerk);
    for (edit, ends) in [
        (Edit::Password("$argon2id$".into()), true),
        (Edit::Totp(None), true),
        (Edit::Disabled(true), true),
        (Edit::EndSessions, true),
        (Edit::Person(person("memur", Role::Auditor)), false),
    ] {
        let after = edit.applied(Some(&before)).unwrap();
        assert_eq!(after.generation > before.generation, ends, "{edit:?}");
    }
}

#[test]
fn a_login_is_what_can_stand_in_keys_and_logs() {
    for good in ["a", "ayse.yilmaz", "a-b_c@kurum.gov.tr", "7"] {
        assert!(is_login(good), "{good}");
    }
    for bad in ["", "Ayse", "ayşe", "a b", "a\0b", "a/b", ".a", "a\n", &"a".repeat(65)] {
        assert!(!is_login(bad), "{bad:?}");
    }
    assert_eq!(normalized_login("  AYSE "), Some("ayse".to_owned()));
}

#[test]
fn what_somebody_else_vouches_for_gets_no_password_here() {
    let other = Account::new(person("dizin", Role::Clerk), Source::Directory);
    assert_eq!(
        Edit::Password("x".into()).check("dizin", Some(&other), &[]),
        Err(AccountRefusal::NotLocal)
    );
    assert_eq!(Edit::Remove.check("yok", None, &[]), Err(AccountRefusal::Unknown));
    let twice = Edit::Add(Box::new(other.clone()));
    assert_eq!(twice.check("dizin", Some(&other), &[]), Err(AccountRefusal::Taken));
    assert_eq!(twice.check("baska", None, &[]), Err(AccountRefusal::Login));
}
