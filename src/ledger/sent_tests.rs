use super::*;

#[test]
fn the_name_of_an_alarm_says_what_it_is_about() {
    let number: RegisterNumber = "2026/000012".parse().unwrap();
    let every = [About::Negative, About::TimeOut]
        .into_iter()
        .chain(Missing::ALL.map(About::Missing));
    for about in every {
        // An address may hold a slash.
        let name = alarm(number, about, "a/b@hs01.kep.tr");
        assert!(name.starts_with(&alarms_of(number)));
        assert_eq!(read_alarm(&name), Some((number, about)));
    }
    assert_eq!(read_alarm("sent/2026/000012/nothing/a"), None);
    assert_eq!(read_alarm("quota/evrak/85"), None);
    assert!(!alarm(number, About::Negative, "x").starts_with(&alarms_of("2026/000001".parse().unwrap())));
}
