use super::*;
use crate::finding::Severity;
use crate::signature::cause::{self, Reasons};
use crate::signature::context::Context;
use crate::signature::report::Signer;
use crate::signature::verdict;

fn at(text: &str) -> Timestamp {
    text.parse().expect("instant")
}

fn context() -> Context {
    Context::new(
        std::sync::Arc::default(),
        at("2026-11-22T12:00:00Z"),
        crate::limits::Limits::default(),
    )
}

/// A report on a signature for which the steps but `without` were made and these reasons arose.
fn report(without: &[Check], causes: &[cause::Cause]) -> SignatureReport {
    let mut reasons = Reasons::default();
    for check in Check::ALL.into_iter().filter(|check| !without.contains(check)) {
        reasons.record.made(check);
    }
    causes.iter().for_each(|cause| reasons.add_with(*cause, "x"));
    let mut report = verdict::empty_report(Role::Signature, "CAdES", "PaketOzeti.xml", reasons);
    report.signer = Some(Signer {
        common_name: Some("Ayşe Örnek".into()),
        organization: None,
        serial_masked: Some("111******11".into()),
        class: CertificateClass::Nes,
        certificate_sha256: Sha256::of(b"x"),
        issuer: None,
    });
    report.best_signature_time = Some(at("2026-11-12T07:04:00Z"));
    report
}

fn judged(reports: Vec<SignatureReport>, findings: &[Finding]) -> Verdict {
    verdict(reports, findings, &context())
}

fn text(verdict: &Verdict, findings: &[Finding], depth: Depth, lang: Lang) -> String {
    Told::of_verdict(verdict, findings).lines(depth, lang).join("\n")
}

#[test]
fn a_pass_says_that_there_is_nothing_to_do() {
    let verdict = judged(vec![report(&[], &[])], &[]);
    assert_eq!(verdict.indication, Indication::Passed);
    let tr = text(&verdict, &[], Depth::Sentence, Lang::Tr);
    assert_eq!(
        tr,
        "✔ geçerli: bütün imzalar geçerli (1). Yapılacak bir şey yok.\n  ✔ geçerli imza · CAdES · Ayşe Örnek, 12.11.2026 10:04 ← PaketOzeti.xml"
    );
    let en = text(&verdict, &[], Depth::Sentence, Lang::En);
    assert!(en.contains("There is nothing to do") && !en.contains("Yapılacak"), "{en}");
}

#[test]
fn no_pass_while_a_step_was_not_made() {
    for check in Check::ALL {
        let verdict = judged(vec![report(&[check], &[])], &[]);
        assert_eq!(verdict.indication, Indication::Indeterminate, "{check:?} was not made");
        let reasons = &verdict.signatures[0].reasons;
        assert!(
            reasons.iter().any(|reason| reason.code == cause::CHECK_NOT_MADE.code),
            "{reasons:?}"
        );
        assert!(
            !reasons.iter().any(|reason| reason.code == cause::PASSED.code),
            "and does not say that it passed"
        );
        let shown = text(&verdict, &[], Depth::Checks, Lang::En);
        assert!(
            shown.contains("not made") && shown.contains(super::check(check, Lang::En)),
            "{shown}"
        );
    }
    // Nor inside: a counter-signature is a signature.
    let mut outer = report(&[], &[]);
    outer.counter_signatures.push(report(&[Check::Path], &[]));
    assert_eq!(judged(vec![outer], &[]).indication, Indication::Indeterminate);
}

#[test]
fn the_sentence_is_that_of_the_worst_and_names_the_next_step() {
    let reports = vec![
        report(&[], &[]),
        report(&[], &[cause::TRY_LATER]),
        report(&[], &[cause::STALE, cause::HASH]),
    ];
    let verdict = judged(reports, &[]);
    let first = file_sentence(&Told::of_verdict(&verdict, &[]), Lang::Tr);
    assert!(
        first.starts_with("✘ GEÇERSİZ (HASH_FAILURE), 3 imza (geçerli 1, belirsiz 1, geçersiz 1): "),
        "{first}"
    );
    assert!(
        first.ends_with(cause::HASH.reason("x").text.get(Lang::Tr)),
        "the reason that made it so, not the first: {first}"
    );
}

#[test]
fn a_finding_speaks_where_no_signature_does() {
    let finding = Finding::new("H9", Severity::Error, "/ek", "Özet tutmuyor.", "A digest differs.");
    let verdict = judged(vec![report(&[], &[])], std::slice::from_ref(&finding));
    let shown = text(&verdict, std::slice::from_ref(&finding), Depth::Sentence, Lang::En);
    assert!(shown.starts_with("✘ INVALID (HASH_FAILURE): A digest differs."), "{shown}");
    assert!(shown.contains("H9 /ek: A digest differs."));
}

#[test]
fn the_table_has_every_check_once_with_its_reasons_below_it() {
    let verdict = judged(vec![report(&[Check::Timestamps], &[cause::TRY_LATER, cause::HASH])], &[]);
    let shown = text(&verdict, &[], Depth::Checks, Lang::Tr);
    for check in Check::ALL {
        assert_eq!(
            shown.matches(&format!("    {} ", super::check(check, Lang::Tr))).count(),
            1,
            "{check:?}:\n{shown}"
        );
    }
    let lines: Vec<&str> = shown.lines().collect();
    let after = |needle: &str| {
        let place = lines.iter().position(|line| line.trim_start().starts_with(needle)).expect(needle);
        (lines[place], lines[place + 1])
    };
    let (digest, why) = after("içeriğin özeti");
    assert!(digest.ends_with("✘ KALDI") && why.contains(cause::HASH.code), "{shown}");
    let (revocation, why) = after("iptal durumu");
    assert!(
        revocation.ends_with("? bilinmiyor") && why.contains(cause::TRY_LATER.code),
        "{shown}"
    );
    assert!(after("zaman damgaları").0.ends_with("· yapılmadı"), "{shown}");
}

#[test]
fn everything_is_the_same_as_json_and_as_text() {
    let verdict = judged(vec![report(&[], &[cause::STALE])], &[]);
    let told = Told::of_verdict(&verdict, &[]);
    let json = full_json(&told, Lang::En);
    assert_eq!(json["inputs"]["anchors_sha256"], verdict.anchors_sha256.to_string());
    let shown = text(&verdict, &[], Depth::Full, Lang::En);
    assert!(shown.contains(&verdict.anchors_sha256.to_string()));
    let blocks = json["signatures"][0]["blocks"].as_array().expect("blocks");
    let mut checks = 0;
    for block in blocks {
        let (id, conclusion) = (block["id"].as_str().expect("id"), block["conclusion"].as_str().expect("conclusion"));
        let line = shown.lines().find(|line| line.contains(&format!("[{id}]"))).expect(id);
        assert!(line.ends_with(conclusion), "{line} {conclusion}");
        checks += block["checks"].as_array().expect("checks").len();
    }
    assert_eq!(checks, Check::ALL.len(), "every check is in one block");
    let revocation = blocks.iter().find(|block| block["id"] == "XCV").expect("XCV");
    assert_eq!(revocation["conclusion"], "INDETERMINATE");
    assert_eq!(json["signatures"][0]["basis"]["algorithms"], "strict");
    assert!(text(&verdict, &[], Depth::Full, Lang::Tr).contains("kök kümesinin SHA-256 değeri"));
}

#[test]
fn a_report_of_an_older_version_is_told_without_inventing_a_record() {
    let mut old = report(&[], &[cause::TRY_LATER]);
    old.validation = crate::signature::validation::Validation::default();
    let verdict = Verdict {
        indication: old.indication,
        sub_indication: old.sub_indication,
        signatures: vec![old],
        validation_time: at("2026-11-22T12:00:00Z"),
        anchors_sha256: Sha256::of(b""),
        objects: Vec::new(),
        wanted: Vec::new(),
    };
    let shown = text(&verdict, &[], Depth::Checks, Lang::En);
    assert!(!shown.contains("not made") && !shown.contains("passed"), "{shown}");
    assert!(shown.contains(cause::TRY_LATER.code), "{shown}");
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let mut report = report(&[], &[]);
    report.covers = "a\u{1b}[2Jb\u{202e}c\n✔ geçerli".into();
    let shown = text(&judged(vec![report], &[]), &[], Depth::Full, Lang::Tr);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains("\n✔ geçerli\n"),
        "{shown}"
    );
}

#[test]
fn a_mail_is_told_in_the_same_words_with_and_without_the_finding_on_its_headers() {
    let mut sender = report(&[], &[]);
    sender.role = Role::Sender;
    let verdict = judged(vec![sender], &[]);
    let headers = Finding::new("KEP-3426", Severity::Note, "L1", "başlıklar", "headers");
    let [with, without] = [vec![headers], Vec::new()].map(|findings| file_sentence(&Told::of_verdict(&verdict, &findings), Lang::Tr));
    assert_eq!(with, without);
    assert_eq!(
        with,
        "✔ geçerli: bütün imzalar geçerli (1), ama şunları kapsamıyor: iletinin dış başlıkları. Yapılacak bir şey yok."
    );
}

#[test]
fn what_the_container_leaves_unsigned_is_a_line_at_every_depth_and_not_in_the_sentence() {
    let findings = [Finding::new("KEP-3427", Severity::Note, "/", "ZIP alanları", "ZIP fields")];
    let verdict = judged(vec![report(&[], &[])], &findings);
    for depth in [Depth::Sentence, Depth::Checks, Depth::Full] {
        let told = text(&verdict, &findings, depth, Lang::Tr);
        assert_eq!(told.matches("KEP-3427 /: ZIP alanları").count(), 1, "{depth:?}: {told}");
        assert!(
            told.starts_with("✔ geçerli: bütün imzalar geçerli (1). Yapılacak bir şey yok."),
            "{told}"
        );
    }
}
