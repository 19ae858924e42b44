//! Other people's encryption: `openssl cms` and Python's asn1crypto and cryptography, and a PKCS#11 token in software.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;
use tempfile::TempDir;

use super::der;
use super::pki::{Certified, KeyKind, Profile};
use super::pyhanko;

/// Where Debian puts the module.
pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub const PIN: &str = "271828";

/// OpenSC's module that writes down every call which passes through it.
pub fn spy() -> String {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    let places = folders.map(|folder| folder.path().join("pkcs11-spy.so"));
    let found = places.into_iter().find(|place| place.is_file());
    found
        .expect("opensc is needed for this test: run `tests/run` once")
        .display()
        .to_string()
}

/// A recipient on an elliptic curve.
pub fn on_curve(ca: &Arc<Certified>, kind: KeyKind, slug: &str) -> Arc<Certified> {
    let profile = Profile {
        key: kind,
        ..Profile::encryption("Örnek Alıcı Kurumu", "98765432")
    };
    ca.issue(&profile, slug)
}

pub fn pkcs12(of: &Certified, password: &str) -> Vec<u8> {
    let certificate = X509::from_der(&of.der).unwrap();
    let mut builder = Pkcs12::builder();
    builder.name("sifreleme").pkey(&of.key.pkey).cert(&certificate);
    builder.build2(password).unwrap().to_der().unwrap()
}

pub fn run(program: &str, args: &[&str]) -> Vec<u8> {
    run_with(program, args, &[])
}

fn run_with(program: &str, args: &[&str], environment: &[(&str, &Path)]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(args);
    for (name, value) in environment {
        command.env(name, value);
    }
    let out = command
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed for this test: run `tests/run` once ({error})"));
    assert!(
        out.status.success(),
        "{program} {args:?}\n{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

/// `openssl cms -encrypt` with these options to these recipients, in DER or, streamed, in BER. `key_options` hold for every recipient.
pub fn openssl(content: &[u8], options: &[&str], key_options: &[&str], to: &[&Certified]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("content"), content).unwrap();
    let (input, output) = (path("content"), path("cms"));
    let mut args: Vec<String> = ["cms", "-encrypt", "-binary", "-outform", "DER", "-in", &input, "-out", &output]
        .map(str::to_owned)
        .to_vec();
    args.extend(options.iter().map(|option| (*option).to_owned()));
    for (number, recipient) in to.iter().enumerate() {
        let file = path(&format!("{number}.pem"));
        fs::write(&file, recipient.pem()).unwrap();
        args.extend(["-recip".to_owned(), file]);
        for option in key_options {
            args.extend(["-keyopt".to_owned(), (*option).to_owned()]);
        }
    }
    run("openssl", &args.iter().map(String::as_str).collect::<Vec<_>>());
    fs::read(output).unwrap()
}

/// `tests/forge/cms_encrypt.py`: what OpenSSL does not write.
pub fn python(content: &[u8], form: &str, to: &Certified) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("content"), content).unwrap();
    fs::write(path("recipient.der"), &to.der).unwrap();
    pyhanko::run_script("cms_encrypt.py", &[form, &path("content"), &path("recipient.der"), &path("cms")]);
    fs::read(path("cms")).unwrap()
}

/// SubjectPublicKeyInfo of a point in an OCTET STRING, on secp384r1.
fn spki_p384(point: &[u8]) -> Vec<u8> {
    let algorithm = der::seq([der::oid("1.2.840.10045.2.1"), der::oid("1.3.132.0.34")]);
    der::seq([algorithm, der::bits(der::content(point))])
}

/// A SoftHSM with one token, `kurum`.
pub struct Token {
    dir: TempDir,
}

impl Token {
    pub fn new() -> Self {
        let token = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(token.path("tokens")).unwrap();
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            token.path("tokens").display()
        );
        fs::write(token.conf(), text).unwrap();
        token.call(
            "softhsm2-util",
            &["--init-token", "--free", "--label", "kurum", "--pin", PIN, "--so-pin", "314159"],
        );
        token
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// For the variable `SOFTHSM2_CONF`.
    pub fn conf(&self) -> PathBuf {
        self.path("softhsm2.conf")
    }

    fn call(&self, program: &str, args: &[&str]) -> Vec<u8> {
        run_with(program, args, &[("SOFTHSM2_CONF", &self.conf())])
    }

    fn tool(&self, args: &[&str]) -> Vec<u8> {
        let mut all = vec!["--module", MODULE, "--token-label", "kurum", "--login", "--pin", PIN];
        all.extend(args);
        self.call("pkcs11-tool", &all)
    }

    /// Puts a key that was made elsewhere and its certificate on the token.
    pub fn import(&self, key: &Certified, id: &str) {
        let file = self.path("key.pem");
        fs::write(&file, key.key.pkey.private_key_to_pem_pkcs8().unwrap()).unwrap();
        self.call(
            "softhsm2-util",
            &[
                "--import",
                &file.display().to_string(),
                "--token",
                "kurum",
                "--label",
                "anahtar",
                "--id",
                id,
                "--pin",
                PIN,
            ],
        );
        self.certificate(&key.der, id);
    }

    /// A key that the token made and nobody else ever had, with a certificate of `ca`; the certificate's DER.
    pub fn generate(&self, kind: &str, id: &str, ca: &Certified) -> Vec<u8> {
        let usage = if kind.starts_with("EC:") {
            "--usage-derive"
        } else {
            "--usage-decrypt"
        };
        let told = self.tool(&["--keypairgen", "--key-type", kind, "--id", id, "--label", "dogma", usage]);
        let at = |name: &str| self.path(name).display().to_string();
        if kind.starts_with("EC:") {
            // The tool prints the point of a curve and cannot write it out as a key.
            let told = String::from_utf8(told).unwrap();
            let point = told
                .lines()
                .filter_map(|line| line.trim().strip_prefix("EC_POINT:"))
                .next_back()
                .unwrap();
            fs::write(self.path("public.der"), spki_p384(&hex::decode(point.trim()).unwrap())).unwrap();
        } else {
            self.tool(&["--read-object", "--type", "pubkey", "--id", id, "--output-file", &at("public.der")]);
        }
        run(
            "openssl",
            &[
                "pkey",
                "-pubin",
                "-inform",
                "DER",
                "-in",
                &at("public.der"),
                "-out",
                &at("public.pem"),
            ],
        );
        fs::write(self.path("ca.pem"), ca.pem()).unwrap();
        fs::write(self.path("ca.key"), ca.key.pkey.private_key_to_pem_pkcs8().unwrap()).unwrap();
        run(
            "openssl",
            &[
                "x509",
                "-new",
                "-subj",
                "/O=Ornek Kurum/CN=Ornek Sifreleme",
                "-force_pubkey",
                &at("public.pem"),
                "-CA",
                &at("ca.pem"),
                "-CAkey",
                &at("ca.key"),
                "-days",
                "365",
                "-set_serial",
                "0x80c0ffee",
                "-outform",
                "DER",
                "-out",
                &at("generated.der"),
            ],
        );
        let der = fs::read(self.path("generated.der")).unwrap();
        self.certificate(&der, id);
        der
    }

    fn certificate(&self, der: &[u8], id: &str) {
        let file = self.path("certificate.der");
        fs::write(&file, der).unwrap();
        self.tool(&["--write-object", &file.display().to_string(), "--type", "cert", "--id", id]);
    }
}
