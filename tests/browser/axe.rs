//! axe-core, the accessibility checker, out of a Python wheel that bundles it: installed with a pinned version into the build folder, never copied
//! into the repository.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::chrome::Chrome;
use crate::forge::venv;

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/axe.txt");

/// WCAG 2.2 AA as axe names it, and what its authors call good practice.
const RULES: [&str; 7] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/// The program text of axe.
fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        // The wheel alone: what it needs to drive browsers by itself is not needed here, and without it nothing of it is imported.
        let check = "import importlib.metadata as m; m.distribution('axe-playwright-python')";
        let python = venv::python("axe", check, &["--no-deps", "--requirement", REQUIREMENTS]);
        bundled(python.ancestors().nth(2).unwrap()).expect("the wheel holds axe.min.js")
    })
}

fn bundled(home: &Path) -> Option<String> {
    let pythons = fs::read_dir(home.join("lib")).ok()?;
    pythons
        .filter_map(|python| fs::read_to_string(python.ok()?.path().join("site-packages/axe_playwright_python/axe.min.js")).ok())
        .next()
}

/// What is serious or critical on the page that the browser shows: rule, and the elements that break it.
pub async fn troubles(chrome: &Chrome) -> Vec<String> {
    // Its text runs as the driver's own script: the page's policy, which forbids it, is neither asked nor loosened.
    chrome.js(source(), vec![]).await;
    let ask = "const done = arguments[arguments.length - 1];
        axe.run(document, {runOnly: arguments[0], resultTypes: ['violations'], iframes: false}).then(
            found => done({violations: found.violations, passed: found.passes.length}), error => done({error: String(error)}));";
    let found = chrome.client.execute_async(ask, vec![json!(RULES)]).await.unwrap();
    let violations = found["violations"].as_array().unwrap_or_else(|| panic!("axe did not run: {found}"));
    assert!(found["passed"].as_u64() > Some(5), "axe looked at nothing: {found}");
    let grave = violations
        .iter()
        .filter(|rule| ["serious", "critical"].contains(&rule["impact"].as_str().unwrap_or("")));
    grave.map(told).collect()
}

fn told(rule: &Value) -> String {
    let nodes = rule["nodes"].as_array().into_iter().flatten();
    let places: Vec<String> = nodes
        .map(|node| {
            format!(
                "    {} {}",
                node["html"],
                node["failureSummary"].as_str().unwrap_or_default().replace('\n', " ")
            )
        })
        .collect();
    format!("{} ({}): {}\n{}", rule["id"], rule["impact"], rule["help"], places.join("\n"))
}
