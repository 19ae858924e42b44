//! The cases of x509-limbo, rebuilt by the forge from what the suite says of them, against our path validation: each is judged as the suite
//! expects, or its row says why not. The suite's own data are compared with the same table in `limbo.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
#[path = "limbo_cases/mod.rs"]
mod limbo_cases;

use std::collections::BTreeSet;

use limbo_cases::issue::{UNKNOWN, root, server};
use limbo_cases::row::{Made, Row, failure, pair, success};
use limbo_cases::{FAMILIES, compare, table};

#[test]
fn every_case_is_judged_as_the_suite_expects_or_its_row_says_why() {
    let table = table();
    let outcome = compare(&table, table.iter().filter_map(Row::case));
    outcome.print();
    for row in &table {
        if let Made::Not(why) = row.scenario {
            println!("not built: {}: {why}", row.id);
        }
    }
    for family in &FAMILIES {
        println!("not built: {}*: {}", family.prefix, family.not_built);
    }
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
    assert!(outcome.agreed > 100, "the table lost its cases");
}

#[test]
fn the_table_names_each_case_once_and_each_reason_is_a_sentence() {
    let table = table();
    let mut ids = BTreeSet::new();
    for row in &table {
        for id in row.formerly.iter().chain([&row.id]) {
            assert!(ids.insert(*id), "{id} stands twice");
            assert!(
                FAMILIES.iter().all(|family| !id.starts_with(family.prefix)),
                "{id} belongs to a family"
            );
        }
        let not_built = match row.scenario {
            Made::Not(why) => Some(why),
            Made::By(_) => None,
        };
        for reason in row.differs.into_iter().chain(not_built) {
            let is_sentence = reason.split(' ').count() > 5 && !reason.contains('\n') && !reason.ends_with('.');
            assert!(is_sentence, "{}: {reason}", row.id);
        }
    }
}

/// The comparison itself: it sees a difference without a reason, in both directions, and a reason without a difference.
#[test]
fn the_comparison_tells_right_from_wrong() {
    let rows = [
        success("agrees", || pair(root(), server())),
        failure("agrees-in-refusing", || pair(root(), server().with(UNKNOWN, true, vec![5, 0]))),
        failure("accepted", || pair(root(), server())),
        success("refused", || pair(root(), server().with(UNKNOWN, true, vec![5, 0]))),
        failure("explained", || pair(root(), server())).but("a reason"),
        success("idle", || pair(root(), server())).but("a reason"),
    ];
    let outcome = compare(&rows, rows.iter().filter_map(Row::case));
    assert_eq!(outcome.agreed, 2, "{outcome:?}");
    assert_eq!(outcome.explained["a reason"], ["explained"]);
    let [accepted, refused, idle] = &outcome.wrong[..] else {
        panic!("{outcome:?}")
    };
    assert!(accepted.starts_with("accepted: FALSE ACCEPT") && refused.starts_with("refused: false reject") && idle.starts_with("idle: "));
    // A case that the suite expects otherwise than the table says, and one that the table does not know.
    let mut moved = rows[0].case().unwrap();
    moved.expected_result = limbo_cases::adapter::Expected::Failure;
    let mut new = rows[0].case().unwrap();
    new.id = "webpki::new".into();
    new.expected_result = limbo_cases::adapter::Expected::Failure;
    let outcome = compare(&rows, [moved, new]);
    assert_eq!((outcome.agreed, outcome.wrong.len()), (0, 2), "{outcome:?}");
}
