//! A test that measures the memory of its own process has that process to itself.

use std::process::Command;

const CHILD: &str = "KEP_TEST_ALONE";

/// True in a process in which nothing but this test runs. Elsewhere the test was just run in such a process, and has passed there.
pub fn is_alone(test: &str) -> bool {
    if std::env::var(CHILD).is_ok_and(|name| name == test) {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(CHILD, test);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    print!("{said}");
    false
}
