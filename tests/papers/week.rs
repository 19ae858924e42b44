//! The bundled week of mail in a demo folder, and a shell in it for the programs that check papers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The filter that the last page of the register prints.
const JQ: &str = "[.register_number, .registered_at, (.document.sender.name // .message.sender), .message.sender_kep, .document.number, .document.date, (.document.subject // .message.subject), ((.document.attachments // [] | length) + (.message.attachments | length)), .document.security, .verdict.indication, .unit, .state, ([.deadlines[].at] | min), .message.sha256] | map(if type == \"string\" then .[0:1000] else . end) | @tsv";

pub struct Week(TempDir);

impl Week {
    pub fn new() -> Self {
        let week = Self(tempfile::tempdir().unwrap());
        let output = program()
            .args(["demo", "--once", "--store"])
            .arg(week.path("demo"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        week
    }

    /// Where papers go.
    pub fn folder(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> Output {
        let config = self.path("demo/kep-gateway.toml");
        program()
            .current_dir(self.0.path())
            .arg("--config")
            .arg(config)
            .args(args)
            .output()
            .unwrap()
    }

    /// The most memory that a command had, in MiB, as the system counted it.
    pub fn peak_mib(&self, args: &[&str]) -> u64 {
        const WATCH: &str = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); \
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)";
        let output = Command::new("python3")
            .args(["-c", WATCH, env!("CARGO_BIN_EXE_kep-gateway"), "--config"])
            .arg(self.path("demo/kep-gateway.toml"))
            .args(args)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }

    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn export(&self) -> Vec<Value> {
        let all: Value = serde_json::from_str(&self.ok(&["documents", "export", "--json"])).unwrap();
        all.as_array().unwrap().clone()
    }

    /// The register of today as canonical lines, by jq.
    pub fn canonical(&self) -> String {
        fs::write(self.path("export.json"), self.ok(&["documents", "export", "--json"])).unwrap();
        fs::write(self.path("filter.jq"), format!(".[] | {JQ}")).unwrap();
        self.sh("jq -r -f filter.jq export.json")
    }

    /// Runs a line in the folder; it must succeed.
    pub fn sh(&self, line: &str) -> String {
        let (passed, said) = shell(&self.folder(), line);
        assert!(passed, "{line}\n{said}");
        said
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kep-gateway"));
    command.env("RUST_LOG", "warn").stdin(Stdio::null());
    command
}

/// Whether a line of shell succeeded, and what it said on standard output (on standard error, too, where it failed).
pub fn shell(folder: &Path, line: &str) -> (bool, String) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(line)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        said += &String::from_utf8_lossy(&output.stderr);
    }
    (output.status.success(), said)
}

/// The text of a PDF as poppler reads it.
pub fn text_of(pdf: &Path) -> String {
    let output = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output().unwrap();
    assert!(output.status.success(), "pdftotext {}", pdf.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}
