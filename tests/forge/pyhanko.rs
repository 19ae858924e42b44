//! pyHanko, installed with pinned versions into the build folder: an independent judge of PDF signatures and another signer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::der::Der;
use super::pki::Certified;
use super::venv;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forge");

/// The interpreter that has pyHanko.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let pinned = format!("{HERE}/pyhanko.txt");
        venv::python("pyhanko", "import pyhanko.sign.validation", &["--requirement", &pinned])
    })
}

/// Runs `tests/forge/pdf_judge.py`.
pub fn run(args: &[&str]) -> Output {
    run_script("pdf_judge.py", args)
}

/// Runs another script beside it.
pub fn run_script(script: &str, args: &[&str]) -> Output {
    let out = Command::new(python()).arg(format!("{HERE}/{script}")).args(args).output().unwrap();
    assert!(out.status.success(), "{script} {args:?}\n{}", String::from_utf8_lossy(&out.stderr));
    out
}

/// The folder that the script reads.
pub struct Folder {
    pub dir: tempfile::TempDir,
}

impl Folder {
    pub fn new(roots: &[&Certified], certs: &[&Certified], lists: &[Der], answers: &[Der]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let put = |folder: &str, name: String, bytes: &[u8]| {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join(name), bytes).unwrap();
        };
        for (number, root) in roots.iter().enumerate() {
            put("roots", format!("{number}.crt"), &root.der);
        }
        for (number, cert) in certs.iter().enumerate() {
            put("certs", format!("{number}.crt"), &cert.der);
        }
        for (number, list) in lists.iter().enumerate() {
            put("revocation", format!("{number}.crl"), list);
        }
        for (number, answer) in answers.iter().enumerate() {
            put("revocation", format!("{number}.ocsp"), answer);
        }
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn name(&self) -> String {
        self.dir.path().to_string_lossy().into_owned()
    }
}
