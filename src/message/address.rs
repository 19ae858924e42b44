//! When two ways of writing an address mean one mailbox.

/// The form under which addresses are compared: lower case, an international domain as it goes over the wire (RFC 5891). Without it one recipient
/// who is written in two ways would be two, and the evidence about one would never settle the other.
pub fn address_key(address: &str) -> String {
    let address = address.trim();
    let Some((local, domain)) = address.rsplit_once('@') else {
        return lower(address);
    };
    // A domain that is none stays as it is: it is compared, not resolved.
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| lower(domain));
    format!("{}@{}", lower(local), domain.trim_end_matches('.'))
}

/// Whether two addresses mean one mailbox.
pub fn same_address(one: &str, other: &str) -> bool {
    address_key(one) == address_key(other)
}

/// Providers do not tell local parts by their case. The capital İ has its dot already: Unicode's rule would leave a second one behind.
fn lower(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'İ' => lower.push('i'),
            c => lower.extend(c.to_lowercase()),
        }
    }
    lower
}

#[cfg(test)]
mod address_tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_key_however_it_is_written() {
        for (one, other) in [
            ("Alici@HS02.KEP.TR", " alici@hs02.kep.tr"),
            ("ALICI@hs02.kep.tr", "alici@hs02.kep.tr."),
            ("İZMİR@hs02.kep.tr", "izmir@hs02.kep.tr"),
            ("ŞUBE@hs02.kep.tr", "şube@hs02.kep.tr"),
            ("x@bölge.hs02.kep.tr", "X@xn--blge-5qa.hs02.kep.tr"),
            ("x@BÖLGE.hs02.kep.tr", "x@bo\u{308}lge.hs02.kep.tr"),
            ("Adsız", "adsız"),
        ] {
            assert!(
                same_address(one, other),
                "{one} {other}: {} {}",
                address_key(one),
                address_key(other)
            );
        }
        for (one, other) in [
            ("x@hs02.kep.tr", "x@hs03.kep.tr"),
            ("şube@hs02.kep.tr", "sube@hs02.kep.tr"),
            ("ı@hs02.kep.tr", "i@hs02.kep.tr"),
            ("x@bolge.hs02.kep.tr", "x@bölge.hs02.kep.tr"),
            ("", "@"),
        ] {
            assert!(!same_address(one, other), "{one} {other}");
        }
    }
}
