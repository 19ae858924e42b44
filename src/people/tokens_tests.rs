#![allow(clippy::unwrap_used)]

use super::*;

fn token(name: &str, grants: &[Grant]) -> Token {
    Token {
        name: name.into(),
        grants: grants.iter().copied().collect(),
        mailboxes: Scope::All,
        units: Scope::All,
        clearance: 0,
        until: Some("2026-12-31".parse().unwrap()),
        secret_sha256: Sha256::of(b"x"),
        created_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        revoked_at: None,
    }
}

#[test]
fn a_secret_is_known_by_its_prefix_and_only_its_hash_is_kept() {
    let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
    assert_ne!(one.reveal(), other.reveal());
    assert!(one.reveal().starts_with(PREFIX));
    assert_eq!(one.reveal().len(), SECRET_CHARS);
    assert_eq!(hash(one.reveal()), Some(Sha256::of(one.reveal().as_bytes())));
    for wrong in ["", PREFIX, "kepgw_short", &one.reveal()[1..], &format!("{}x", one.reveal())] {
        assert_eq!(hash(wrong), None, "{wrong}");
    }
    let kept = serde_json::to_string(&Token {
        secret_sha256: hash(one.reveal()).unwrap(),
        ..token("ebys", &[Grant::Read])
    });
    assert!(!kept.unwrap().contains(PREFIX));
}

#[test]
fn it_opens_to_the_end_of_its_last_day_in_turkey_and_never_after_its_revocation() {
    let token = token("ebys", &[Grant::Read]);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(token.standing(at("2026-12-31T20:59:59Z")), Standing::Good);
    assert_eq!(token.standing(at("2026-12-31T21:00:00Z")), Standing::Expired);
    let revoked = TokenEdit::Revoke.applied(Some(&token), at("2026-11-21T09:00:00Z")).unwrap();
    assert_eq!(revoked.standing(at("2026-11-21T09:00:00Z")), Standing::Revoked);
}

#[test]
fn a_name_is_given_once_and_for_ever() {
    let mut known = token("ebys", &[Grant::Read]);
    let add = TokenEdit::Add(Box::new(known.clone()));
    assert_eq!(add.check("ebys", None), Ok(()));
    known.revoked_at = Some(known.created_at);
    assert_eq!(add.check("ebys", Some(&known)), Err(TokenRefusal::Taken));
    assert_eq!(add.check("other", None), Err(TokenRefusal::Name));
    assert_eq!(TokenEdit::Revoke.check("ebys", Some(&known)), Err(TokenRefusal::Revoked));
    let none = TokenEdit::Add(Box::new(token("ebys", &[])));
    assert_eq!(none.check("ebys", None), Err(TokenRefusal::NoGrant));
}

#[test]
fn what_only_reads_is_nobody_who_may_change_something() {
    use crate::people::Right;
    for grants in [vec![Grant::Read], vec![Grant::Admin, Grant::Metrics]] {
        assert!(!token("x", &grants).person().may(Right::Handle), "{grants:?}");
    }
    let person = token("x", &[Grant::Transfer]).person();
    assert!(person.may(Right::Handle) && !person.may(Right::Administer));
    assert!(!is_login(&person.login), "no account has the name of a program");
}
