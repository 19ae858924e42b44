use super::*;

fn list() -> DisposalList {
    DisposalList {
        id: 1,
        proposed_by: "yonetici".into(),
        at: "2037-01-04T09:00:00Z".parse().unwrap(),
        entries: vec![Listed {
            number: "2026/000001".parse().unwrap(),
            message: Sha256::of(b"x"),
            class: "ihracat".into(),
            years: 10,
            due: "2037-01-01".parse().unwrap(),
        }],
        uid: None,
    }
}

fn approved_by(people: &[&str]) -> bool {
    let mut disposal = Disposal::new(list());
    disposal.approvals = people
        .iter()
        .map(|by| Approval {
            by: (*by).to_owned(),
            at: list().at,
        })
        .collect();
    disposal.is_approved()
}

#[test]
fn two_people_approve_and_the_one_who_proposed_is_neither() {
    assert!(!approved_by(&[]) && !approved_by(&["amir"]) && !approved_by(&["amir", "amir"]));
    assert!(!approved_by(&["amir", "yonetici"]) && !approved_by(&["yonetici", "yonetici"]));
    assert!(approved_by(&["amir", "mudur"]) && approved_by(&["amir", "yonetici", "mudur"]));
}

#[test]
fn who_proposed_on_the_machine_may_be_anybody_so_three_approve() {
    let mut disposal = Disposal::new(DisposalList { uid: Some(0), ..list() });
    for (by, enough) in [("amir", false), ("mudur", false), ("yonetici", false), ("yonetici2", true)] {
        let (by, at) = (by.to_owned(), list().at);
        disposal.approvals.push(Approval { by, at });
        assert_eq!(disposal.is_approved(), enough);
    }
}

#[test]
fn the_hash_is_over_everything_that_is_approved_and_can_be_made_again_from_the_lines() {
    let first = list();
    let changes: [fn(&mut DisposalList); 9] = [
        |list| list.uid = Some(0),
        |list| list.id = 2,
        |list| list.proposed_by = "baskasi".into(),
        |list| list.at = "2037-01-04T09:00:01Z".parse().unwrap(),
        |list| list.entries[0].number = "2026/000002".parse().unwrap(),
        |list| list.entries[0].message = Sha256::of(b"y"),
        |list| list.entries[0].class = "genel".into(),
        |list| list.entries[0].years = 5,
        |list| list.entries[0].due = "2032-01-01".parse().unwrap(),
    ];
    for change in changes {
        let mut other = first.clone();
        change(&mut other);
        assert_ne!(first.sha256(), other.sha256(), "{other:?}");
    }
    let mut longer = first.clone();
    longer.entries.push(first.entries[0].clone());
    assert_ne!(first.sha256(), longer.sha256());
    assert_eq!(first.sha256(), Sha256::of(first.lines().as_bytes()));
    assert!(first.lines().contains("2026/000001") && first.lines().ends_with("ihracat 10 2037-01-01\n"));
}
