use super::*;

const STRONG: KeyKind = KeyKind::Ec(384);
const EVER: &str = "2006-02-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("instant")
}

/// Good in the last second before `from`, too weak from then on.
fn ends_at(from: &str, check: impl Fn(Timestamp) -> Result<(), String>) {
    let from = at(from);
    let before = from - jiff::SignedDuration::from_secs(1);
    assert_eq!(check(before), Ok(()), "good until {from}");
    assert!(check(from).is_err(), "too weak from {from}");
    assert!(check(at("2035-01-01T00:00:00Z")).is_err(), "and for ever");
}

#[test]
fn each_hash_ends_on_the_earlier_of_the_two_dates() {
    let strict = Constraints::ByDate;
    ends_at("2012-08-01T00:00:00Z", |time| strict.check_hash(Hash::Sha1, time)); // ETSI
    ends_at("2013-08-01T00:00:00Z", |time| strict.check_hash(Hash::Sha224, time)); // the law; ETSI would have it to 2026
    ends_at("2013-08-01T00:00:00Z", |time| strict.check_hash(Hash::Sha3_224, time));
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha3_256, Hash::Sha3_512] {
        assert_eq!(strict.check_hash(hash, at("2035-01-01T00:00:00Z")), Ok(()), "{hash:?}");
    }
    assert!(strict.check_hash(Hash::Md5, at(EVER)).is_err(), "in no table of the law");
}

#[test]
fn each_key_ends_on_the_earlier_of_the_two_dates() {
    let key = |kind| move |time| Constraints::ByDate.check(Some(Hash::Sha256), kind, time);
    ends_at("2013-08-01T00:00:00Z", key(KeyKind::Rsa(1_024)));
    ends_at("2013-08-01T00:00:00Z", key(KeyKind::Rsa(1_536)));
    ends_at("2029-01-01T00:00:00Z", key(KeyKind::Rsa(2_048)));
    ends_at("2029-01-01T00:00:00Z", key(KeyKind::Rsa(1_900)));
    ends_at("2012-08-01T00:00:00Z", key(KeyKind::Ec(192)));
    ends_at("2013-08-01T00:00:00Z", key(KeyKind::Ec(224)));
    ends_at("2013-08-01T00:00:00Z", key(KeyKind::Dsa(1_024)));
    ends_at("2013-08-01T00:00:00Z", key(KeyKind::Dsa(2_048)));
    for kind in [
        KeyKind::Rsa(3_072),
        KeyKind::Rsa(4_096),
        KeyKind::Ec(256),
        STRONG,
        KeyKind::Ec(521),
        KeyKind::Dsa(3_072),
    ] {
        assert_eq!(key(kind)(at("2035-01-01T00:00:00Z")), Ok(()), "{kind:?}");
    }
    for kind in [KeyKind::Rsa(512), KeyKind::Ec(112), KeyKind::Dsa(512)] {
        assert!(key(kind)(at(EVER)).is_err(), "{kind:?} was never allowed");
    }
}

#[test]
fn a_provider_needed_2048_bits_from_the_first_day() {
    let strict = Constraints::ByDate;
    assert!(strict.check_provider(Some(Hash::Sha1), KeyKind::Rsa(1_024), at(EVER)).is_err());
    assert_eq!(
        strict.check(Some(Hash::Sha1), KeyKind::Rsa(1_024), at(EVER)),
        Ok(()),
        "a signer did not"
    );
    ends_at("2029-01-01T00:00:00Z", |time| {
        strict.check_provider(Some(Hash::Sha256), KeyKind::Rsa(2_048), time)
    });
}

#[test]
fn the_archive_switch_forgives_age_and_says_so_but_not_what_was_never_allowed() {
    let (archive, now) = (Constraints::Archive, at("2026-11-22T00:00:00Z"));
    assert_eq!(archive.check(Some(Hash::Sha1), KeyKind::Rsa(1_024), now), Ok(()));
    assert_eq!(archive.excused(Some(Hash::Sha1), KeyKind::Rsa(1_024), now).as_deref(), Some("Sha1"));
    assert_eq!(
        archive.excused(Some(Hash::Sha256), KeyKind::Rsa(1_024), now).as_deref(),
        Some("Rsa(1024)")
    );
    assert_eq!(archive.excused(Some(Hash::Sha256), STRONG, now), None);
    assert!(archive.check(Some(Hash::Md5), STRONG, now).is_err());
    assert!(archive.check(Some(Hash::Sha256), KeyKind::Rsa(512), now).is_err());
    assert!(archive.check_provider(Some(Hash::Sha256), KeyKind::Rsa(1_024), now).is_err());
    assert_eq!(
        Constraints::ByDate.excused(Some(Hash::Sha1), STRONG, now),
        None,
        "strict forgives nothing"
    );
}

#[test]
fn the_setting_has_two_words() {
    let read = |word: &str| serde_json::from_value::<Constraints>(word.into());
    assert_eq!(read("strict").ok(), Some(Constraints::ByDate));
    assert_eq!(read("archive").ok(), Some(Constraints::Archive));
    assert!(read("None").is_err() && read("none").is_err());
}
