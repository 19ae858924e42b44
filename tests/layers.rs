//! The one-way rule of the house: a stage uses only stages to its left and the roots. Reads the `use crate::` lines and every `crate::` path.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// In the order in which the data flows.
const STAGES: [&str; 8] = [
    "mailbox",
    "message",
    "envelope",
    "signature",
    "evidence",
    "register",
    "store",
    "alert",
];
/// What every stage may use, and what uses no stage.
const ROOTS: [&str; 11] = [
    "cases",
    "clock",
    "crew",
    "finding",
    "hash",
    "isolate",
    "limits",
    "opener",
    "regular_file",
    "secret",
    "text",
];
/// Above the stages: each may use the stages, the roots and what stands before it here.
const ABOVE: [&str; 12] = [
    "decryption",
    "people",
    "checklist",
    "ledger",
    "config",
    "settings",
    "search",
    "paper",
    "pipeline",
    "web",
    "daemon",
    "cli",
];

fn rank(module: &str) -> Option<usize> {
    if ROOTS.contains(&module) {
        return Some(0);
    }
    let stage = STAGES.iter().position(|stage| *stage == module).map(|at| 1 + at);
    stage.or_else(|| ABOVE.iter().position(|above| *above == module).map(|at| 1 + STAGES.len() + at))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The modules that a file names behind `crate::`, also in groups.
fn used(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut modules = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let heads: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for head in heads {
            let name: String = head.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            modules.insert(name);
        }
    }
    modules
}

#[test]
fn stages_use_only_what_stands_to_their_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in sources(&root) {
        let relative = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let own = relative.split(['/', '.']).next().unwrap();
        let Some(own_rank) = rank(own) else { continue };
        let is_test = relative.ends_with("_tests.rs");
        for module in used(&std::fs::read_to_string(&file).unwrap()) {
            let Some(other) = rank(&module) else { continue };
            let fine = module == own || other < own_rank || (own_rank == 0 && other == 0) || (is_test && other <= own_rank);
            if !fine {
                wrong.push(format!("{relative} uses crate::{module}"));
            }
        }
    }
    assert!(wrong.is_empty(), "backward edges:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name != "lib" && name != "main" {
            assert!(rank(&name).is_some(), "src/{name} has no place in the order of tests/layers.rs");
        }
    }
}

#[test]
fn a_backward_edge_is_seen() {
    assert_eq!(
        used("use crate::{store::Store, hash};\nfn f() { crate::alert::x() } // crate::cli"),
        BTreeSet::from(["store".into(), "hash".into(), "alert".into(), "cli".into()])
    );
    assert!(rank("store") > rank("register"));
}

/// A code is what scripts and people look up for years: it is given at one place, with one meaning. What merely asks for it is not counted.
#[test]
fn no_code_has_two_meanings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut given: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let product = |path: &PathBuf| !path.to_string_lossy().ends_with("_tests.rs") && path.file_stem().is_some_and(|stem| stem != "fixture");
    for path in sources(&root).into_iter().filter(product) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("\"KEP-") {
            let before = text[..at].trim_end();
            let named = before
                .strip_suffix('=')
                .is_some_and(|name| name.trim_end().ends_with(|last: char| last.is_ascii_uppercase() || last == 'r'));
            if named || before.ends_with("Finding::new(") {
                let code = text[at + 1..].split('"').next().unwrap();
                given.entry(code.to_owned()).or_default().push(path.clone());
            }
        }
    }
    assert!(given.len() > 200, "{}", given.len());
    given.retain(|_, places| places.len() > 1);
    assert!(given.is_empty(), "{given:#?}");
}
