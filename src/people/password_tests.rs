#![allow(clippy::unwrap_used)]

use super::*;

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

#[test]
fn v2_1_a_password_is_long_and_neither_the_login_nor_a_usual_one() {
    for (password, expected) in [
        ("kısa parola", Err(Weak::Short)),
        ("ahmet.yilmaz", Err(Weak::Login)),
        ("AHMET.YILMAZ99", Err(Weak::Login)),
        ("parola123456", Err(Weak::Common)),
        ("Şifre1234567", Err(Weak::Common)),
        ("aaaaaaaaaaaa", Err(Weak::Common)),
        ("121212121212", Err(Weak::Common)),
        ("mor deve sessiz köprü", Ok(())),
        ("Tr5!kQ9z#pLm", Ok(())),
    ] {
        assert_eq!(check(&secret(password), "ahmet.yilmaz"), expected, "{password}");
    }
    assert_eq!(check(&secret(&"ab cd ef".repeat(17)), "x"), Err(Weak::Long));
}

#[test]
fn v2_4_passwords_are_kept_as_argon2id_with_a_salt_of_their_own() {
    let password = secret("mor deve sessiz köprü");
    let (one, two) = (hash(&password).unwrap(), hash(&password).unwrap());
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert_ne!(one, two);
    assert!(verify(&password, Some(&one)) && verify(&password, Some(&two)));
    assert!(!verify(&secret("mor deve sessiz köprÜ"), Some(&one)));
    assert!(!verify(&password, None) && !verify(&password, Some("")) && !verify(&password, Some("plain")));
}

#[test]
fn a_generated_password_is_taken_and_never_the_same() {
    let (one, two) = (random_password(), random_password());
    assert_ne!(one, two);
    assert_eq!((one.len(), check(&secret(&one), "ayse")), (27, Ok(())));
}
