//! The routes of the program, read from where it declares them: no list of them can be forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web");

/// Method and path of every `.route(…)` under `src/web`.
pub fn declared() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    read(Path::new(WEB), &mut found);
    found
}

fn read(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.is_dir() {
            // Built from a table, which `tests/api.rs` asks whole.
            if !file.ends_with("api") {
                read(&file, found);
            }
        } else if file.extension().is_some_and(|ending| ending == "rs") && !file.to_string_lossy().ends_with("_tests.rs") {
            let text = fs::read_to_string(&file).unwrap();
            text.split(".route(").skip(1).for_each(|declaration| one(declaration, found));
        }
    }
}

/// `"PATH", get(…).post(…))`.
fn one(declaration: &str, found: &mut BTreeSet<(String, String)>) {
    let mut depth = 1;
    let end = declaration.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let declaration = &declaration[..end.expect("a declaration ends")];
    let path = declaration
        .split('"')
        .nth(1)
        .unwrap_or_else(|| panic!("a route without a literal path: {declaration}"));
    let before = found.len();
    for method in ["get", "post", "put", "patch", "delete"] {
        let handled = declaration
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '(')
            .any(|word| word.starts_with(&format!("{method}(")));
        if handled {
            found.insert((method.to_uppercase(), path.to_owned()));
        }
    }
    assert!(found.len() > before, "a route whose methods cannot be read: {declaration}");
}
