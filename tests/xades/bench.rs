//! One kit's verifier, and xmlsec1 beside it.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use kep_gateway::limits::Limits;
use kep_gateway::signature::octets::Octets;
use kep_gateway::signature::{Context, FileReport, Trust, verify_file};

use super::forge::pki::pem;
use super::forge::scenario_kit::Kit;
use super::forge::xades::{DS, File, XADES};

pub struct Judged {
    pub report: FileReport,
}

impl Judged {
    pub fn words(&self) -> (String, Option<String>) {
        let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
        let indication = word(serde_json::to_value(self.report.indication).unwrap()).unwrap();
        (indication, word(serde_json::to_value(self.report.sub_indication).unwrap()))
    }

    pub fn passed(&self) -> bool {
        self.words().0 == "TOTAL-PASSED"
    }

    pub fn has(&self, code: &str) -> bool {
        let all = self
            .report
            .signatures
            .iter()
            .flat_map(|one| one.counter_signatures.iter().chain([one]));
        all.flat_map(|signature| &signature.reasons).any(|reason| reason.code == code)
    }
}

pub fn context(kit: &Kit) -> Context {
    let dir = tempfile::tempdir().unwrap();
    kit.lay_out(dir.path());
    let folder = |name: &str| dir.path().join(name);
    let trust = Trust::load(Some(&folder("trust")), Some(&folder("intermediates")), Some(&folder("revocation"))).unwrap();
    Context::new(Arc::new(trust), kit.at, Limits::default())
}

pub fn judge(kit: &Kit, file: &File) -> Judged {
    judge_file(&context(kit), &file.xml, file.content.as_deref())
}

pub fn judge_file(context: &Context, xml: &[u8], content: Option<&[u8]>) -> Judged {
    Judged {
        report: verify_file(&Bytes::copy_from_slice(xml), "belge.xml", content.map(Octets::from), context),
    }
}

pub fn told(report: &FileReport) -> String {
    let line = |signature: &kep_gateway::signature::report::SignatureReport| {
        let codes: Vec<String> = signature
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.text.en))
            .collect();
        let stamps: Vec<String> = signature
            .timestamps
            .iter()
            .map(|stamp| format!("{} {} {:?}", stamp.r#type, stamp.indication, stamp.sub_indication))
            .collect();
        format!(
            "  {:?} {:?} {:?} {:?}: {} [{}]",
            signature.level,
            signature.profile,
            signature.indication,
            signature.sub_indication,
            codes.join(" | "),
            stamps.join(", ")
        )
    };
    let all = report
        .signatures
        .iter()
        .flat_map(|one| [one].into_iter().chain(&one.counter_signatures));
    all.map(line).collect::<Vec<_>>().join("\n")
}

/// Whether xmlsec1 finds the signature with this Id sound under the signer's key: digests and signature value, nothing more.
pub fn xmlsec1_accepts(file: &File, kit: &Kit, id: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    put("imza.xml", &file.xml);
    put("imzaci.pem", pem("CERTIFICATE", &kit.signer.der).as_bytes());
    if let Some(content) = &file.content {
        put("sozlesme.pdf", content);
    }
    let bearers = [
        format!("{DS}:Signature"),
        format!("{DS}:Object"),
        format!("{DS}:SignatureValue"),
        format!("{XADES}:SignedProperties"),
        "urn:ornek:belge:Belge".to_string(),
    ];
    let mut arguments = vec!["--pubkey-cert-pem", "imzaci.pem"];
    bearers.iter().for_each(|bearer| arguments.extend(["--id-attr:Id", bearer]));
    arguments.extend(["--node-id", id, "imza.xml"]);
    xmlsec1(dir.path(), &arguments)
}

pub fn xmlsec1(folder: &Path, arguments: &[&str]) -> bool {
    let output = Command::new("xmlsec1")
        .arg("--verify")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("xmlsec1 is an independent judge of these tests: install it");
    let good = output.status.success();
    if !good {
        println!(
            "xmlsec1: {}",
            String::from_utf8_lossy(&output.stderr).chars().take(600).collect::<String>()
        );
    }
    good
}
