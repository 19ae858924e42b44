use super::*;

fn dns(host: &str) -> GeneralName {
    GeneralName::Dns(host.into())
}

fn email(address: &str) -> GeneralName {
    GeneralName::Email(address.into())
}

fn ip(octets: &[u8]) -> GeneralName {
    GeneralName::Ip(octets.to_vec())
}

fn space(permitted: &[GeneralName], excluded: &[GeneralName]) -> NameSpace {
    let mut space = NameSpace::default();
    space.narrow(&NameConstraints {
        permitted: permitted.to_vec(),
        excluded: excluded.to_vec(),
    });
    space
}

fn permits(base: &GeneralName, name: &GeneralName) -> bool {
    space(std::slice::from_ref(base), &[]).permits_all(std::slice::from_ref(name))
}

fn excludes(base: &GeneralName, name: &GeneralName) -> bool {
    !space(&[], std::slice::from_ref(base)).permits_all(std::slice::from_ref(name))
}

#[test]
fn a_name_within_its_subtree_is_permitted_and_excluded_by_the_same_measure() {
    let rows = [
        (dns("example.com"), dns("example.com"), true),
        (dns("example.com"), dns("a.b.EXAMPLE.com"), true),
        (dns("example.com"), dns("not-example.com"), false),
        (dns(".example.com"), dns("a.example.com"), true),
        (dns(".example.com"), dns("example.com"), false),
        (dns(""), dns("anything.example"), true),
        (email("example.com"), email("kisi@example.com"), true),
        (email("example.com"), email("kisi@a.example.com"), false),
        (email(".example.com"), email("kisi@a.example.com"), true),
        (email("kisi@example.com"), email("kisi@EXAMPLE.com"), true),
        (email("kisi@example.com"), email("Kisi@example.com"), false),
        (email("*@example.com"), email("kisi@example.com"), false),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[192, 0, 2, 9]), true),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[192, 0, 3, 9]), false),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[0; 16]), false),
    ];
    for (base, name, inside) in rows {
        assert_eq!(permits(&base, &name), inside, "{base:?} permits {name:?}");
        assert_eq!(excludes(&base, &name), inside, "{base:?} excludes {name:?}");
    }
}

/// What two readers could read differently helps nobody: it is neither permitted nor free of an exclusion.
#[test]
fn what_is_malformed_counts_against_the_name() {
    let rows = [
        (dns("example.com"), dns(".example.com")),
        (dns("example.com"), dns("a..example.com")),
        (dns("*.example.com"), dns("a.example.com")),
        (email("example.com"), email("kisi@baska@example.com")),
        (email("kisi@baska@example.com"), email("baska@example.com")),
        (email("example.com"), email("example.com")),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[192, 0, 2, 0, 255, 255, 255, 0])),
        (ip(&[127, 0, 0, 1]), ip(&[127, 0, 0, 1])),
        (ip(&[127, 0, 0, 1, 255]), ip(&[127, 0, 0, 1])),
    ];
    for (base, name) in rows {
        assert!(!permits(&base, &name), "{base:?} permits {name:?}");
        assert!(excludes(&base, &name), "{base:?} does not exclude {name:?}");
    }
}

/// CVE-2025-61727.
#[test]
fn a_wildcard_stands_for_the_hosts_below_it() {
    let wildcard = dns("*.example.com");
    assert!(permits(&dns("example.com"), &wildcard));
    assert!(!permits(&dns("a.example.com"), &wildcard), "it stands for others too");
    for excluded in ["a.example.com", "example.com", "b.a.example.com"] {
        assert!(excludes(&dns(excluded), &wildcard), "{excluded}");
    }
    assert!(!excludes(&dns("example.org"), &wildcard));
    assert!(
        excludes(&dns("example.org"), &dns("a*.example.com")),
        "an asterisk elsewhere is nobody's name"
    );
}

#[test]
fn more_comparisons_than_an_honest_path_needs_are_not_made() {
    let many = |word: &str, count: usize| -> Vec<GeneralName> { (0..count).map(|n| dns(&format!("{word}{n}.example"))).collect() };
    assert!(space(&many("a", 100), &many("x", 100)).permits_all(&many("a", 100)));
    assert!(!space(&many("a", 600), &many("x", 600)).permits_all(&many("a", 600)));
    let mut path = space(&many("a", 100), &[]);
    let asked = (0..20).filter(|_| path.permits_all(&many("a", 100))).count();
    assert_eq!(asked, 10, "the bound is the path's, not a certificate's");
}
