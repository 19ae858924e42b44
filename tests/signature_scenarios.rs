//! CAdES over the table of conformance scenarios.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

use forge::scenarios::table;

#[test]
fn every_scenario_can_be_built() {
    let rows = table();
    for row in &rows {
        let kit = row.kit();
        assert_eq!(
            kit.stamp.is_some(),
            kit.rung >= forge::scenarios::Rung::T && kit.defect != forge::scenarios::Defect::NoStamp,
            "{}",
            row.name
        );
    }
    println!("{} scenarios", rows.len());
}
