use std::collections::BTreeSet;

use super::*;

#[test]
fn the_shipped_list_is_well_formed() {
    let pins = Pins::parse(SHIPPED).expect("config/trust/anchors.toml");
    let list = &pins.list;
    assert_eq!(
        list.iter().map(|pin| pin.sha256.0).collect::<BTreeSet<_>>().len(),
        list.len(),
        "one pin per root"
    );
    for pin in list {
        assert!(pin.not_before < pin.not_after, "{}", pin.name);
        assert!(!pin.name.is_empty() && !pin.provider.is_empty());
        assert!(!pin.purposes.is_empty(), "{} serves nothing", pin.name);
        assert!(
            !pin.purposes.contains(&Purpose::Provider),
            "{}: KEP providers are the operator's to name",
            pin.name
        );
        let sorted: BTreeSet<_> = pin.purposes.iter().copied().collect();
        assert_eq!(sorted.into_iter().collect::<Vec<_>>(), pin.purposes, "{}", pin.name);
        let (kind, bits) = pin.key.split_once('-').expect("KIND-BITS");
        assert!(matches!(kind, "P" | "RSA") && bits.parse::<u32>().is_ok(), "{}", pin.key);
        if pin.law_level == LawLevel::Institutional {
            assert_eq!(
                pin.purposes,
                [Purpose::Seal],
                "{}: an institutional root makes no qualified person",
                pin.name
            );
        }
    }
    let current = list.iter().filter(|pin| pin.state == PinState::Current);
    let providers: BTreeSet<_> = current.map(|pin| pin.provider.as_str()).collect();
    assert_eq!(providers.len(), 7, "every notified provider has a root in force: {providers:?}");
}

#[test]
fn historic_means_ended_before_the_list_was_made_or_since() {
    let pins = Pins::shipped();
    let list_made: Timestamp = "2026-11-22T00:00:00Z".parse().expect("instant");
    for pin in pins.iter() {
        assert_eq!(pin.state == PinState::Historic, pin.not_after < list_made, "{}", pin.name);
    }
}
