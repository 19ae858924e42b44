//! The gateways that come with the product. Each is a file; a gateway changes, the file changes, the code does not.

use super::provider::Provider;

const FILES: [(&str, &str); 10] = [
    ("netgsm", include_str!("../presets/netgsm.toml")),
    ("netgsm-get", include_str!("../presets/netgsm-get.toml")),
    ("netgsm-xml", include_str!("../presets/netgsm-xml.toml")),
    ("iletimerkezi", include_str!("../presets/iletimerkezi.toml")),
    ("iletimerkezi-get", include_str!("../presets/iletimerkezi-get.toml")),
    ("mutlucell", include_str!("../presets/mutlucell.toml")),
    ("vatansms", include_str!("../presets/vatansms.toml")),
    ("ttmesaj", include_str!("../presets/ttmesaj.toml")),
    ("jetsms", include_str!("../presets/jetsms.toml")),
    ("turkcell-mesajussu", include_str!("../presets/turkcell-mesajussu.toml")),
];

/// A preset by name.
pub fn preset(name: &str) -> Option<Provider> {
    let (_, text) = FILES.iter().find(|(known, _)| *known == name)?;
    toml::from_str(text).ok()
}

/// All names, for messages.
pub fn names() -> String {
    let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_has_no_problem() {
        for (name, text) in FILES {
            let provider: Provider = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(provider.problems(), [], "{name}");
            assert!(!provider.uses_plaintext(), "{name}");
        }
    }
}
