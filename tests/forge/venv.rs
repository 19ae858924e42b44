//! Programs of other people that come from the Python package index: each in a virtual environment of its own below `target/`, made once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// The index is far away, and now and then it does not answer.
const TRIES: u32 = 5;

/// The interpreter of the environment `name`, in which the Python of `check` runs. It is made where it is not there yet, with what `install`
/// tells pip. A machine that cannot make it fails and says what to do.
pub fn python(name: &str, check: &str, install: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let (home, lock) = (target.join(name), target.join(format!("{name}.lock")));
    let python = home.join("bin/python3");
    // Test programs and tests that run side by side wait for the first of them. (Who may not write there cannot make anything either.)
    let _ = fs::create_dir_all(&target);
    let lock = File::create(lock).ok();
    if let Some(lock) = &lock {
        lock.lock().unwrap();
    }
    let works = || {
        Command::new(&python)
            .args(["-c", check])
            .output()
            .is_ok_and(|out| out.status.success())
    };
    let mut said = String::new();
    for nth in 0..TRIES {
        if works() {
            return python;
        }
        std::thread::sleep(Duration::from_secs(10) * nth);
        // What an interrupted try left behind is no beginning.
        let _ = fs::remove_dir_all(&home);
        said = make(&home, install);
    }
    assert!(
        works(),
        "{name} is needed for this test: run `tests/run` once, or install python3-venv and make the package index reachable\n{said}"
    );
    python
}

/// Why it was not made; empty when it was.
fn make(home: &Path, install: &[&str]) -> String {
    let told = |out: std::io::Result<Output>| match out {
        Ok(out) if out.status.success() => String::new(),
        Ok(out) => String::from_utf8_lossy(&out.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    let said = told(Command::new("python3").args(["-m", "venv"]).arg(home).output());
    if !said.is_empty() {
        return said;
    }
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args([
        "--disable-pip-version-check",
        "--retries",
        "10",
        "--timeout",
        "60",
        "install",
        "--quiet",
    ]);
    told(pip.args(install).output())
}
