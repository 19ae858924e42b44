//! Papers as others check them: qpdf and poppler read the PDF, Python the tables, `sha256sum`, `unzip` and `openssl` the case file.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod papers {
    pub mod copied;
    pub mod week;
}

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kep_gateway::paper::register::Period;
use kep_gateway::paper::{self, PaperError};
use kep_gateway::people::{Person, Role, Scope};
use papers::copied::{self, Copied};
use papers::week::{Week, shell, text_of};

#[test]
fn the_register_as_pdf_is_valid_is_turkish_and_proves_its_pages() {
    let week = Week::new();
    week.ok(&["papers", "register", "--out", "defter.pdf"]);
    let text = text_of(&week.path("defter.pdf"));
    for expected in [
        "Çiğ Süt Denetim Programı",
        "DETSİS KEP Adresi Doğrulama",
        "Günlük başı",
        "Bu defter nasıl denetlenir",
        "20 kayıt",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    week.sh("qpdf --check defter.pdf");
    let info = week.sh("pdfinfo -meta defter.pdf; pdfinfo defter.pdf");
    for expected in [
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>U</pdfaid:conformance>",
        "Tagged:          yes",
        "JavaScript:      no",
    ] {
        assert!(info.contains(expected), "{expected} is not in\n{info}");
    }

    // What the last page says, by other programs than ours.
    week.sh("pdfdetach -save 1 -o satirlar.txt defter.pdf");
    let lines = fs::read_to_string(week.path("satirlar.txt")).unwrap();
    assert_eq!(lines.lines().count(), 20);
    let first_page = week.sh("sed -n '1,12p' satirlar.txt | sha256sum | cut -c1-64");
    assert!(text.contains(first_page.trim()), "the hash of page 1 is not printed");
    let chain = week.sh(CHAIN);
    assert_eq!(
        text.matches(chain.trim()).count(),
        2,
        "the chain stands on the last page of entries and in the instructions"
    );
    let today = week.canonical();
    assert_eq!(today, lines, "the enclosed lines are those of documents export, by jq");
}

/// As the last page of the register has it.
const CHAIN: &str = r#"c=0000000000000000000000000000000000000000000000000000000000000000; split -l 12 -a 4 satirlar.txt sayfa.
for p in sayfa.*; do h=$(sha256sum < "$p" | cut -c1-64); c=$(printf '%s\n%s\n' "$c" "$h" | sha256sum | cut -c1-64); done; rm sayfa.*; echo $c"#;

#[test]
fn a_changed_line_breaks_the_page_hash_and_a_changed_entry_is_the_only_difference() {
    let week = Week::new();
    week.ok(&["papers", "register", "--out", "defter.pdf"]);
    let text = text_of(&week.path("defter.pdf"));
    week.sh("pdfdetach -save 1 -o satirlar.txt defter.pdf");
    let chain = week.sh(CHAIN);
    assert!(text.contains(chain.trim()));
    // A date is turned back in one line.
    week.sh("sed -i '3s/2026-11/2025-11/' satirlar.txt");
    assert!(!text.contains(week.sh(CHAIN).trim()), "a changed line went unnoticed");

    week.sh("pdfdetach -save 1 -o satirlar.txt defter.pdf");
    week.ok(&[
        "people",
        "add",
        "memur",
        "--name",
        "Memur",
        "--role",
        "clerk",
        "--clearance",
        "4",
        "--generate",
    ]);
    week.ok(&["documents", "show", "2026/000003", "--opened-by", "memur"]);
    fs::write(week.path("bugun.txt"), week.canonical()).unwrap();
    let changed = week.sh("grep -vxFf bugun.txt satirlar.txt");
    assert_eq!(changed.lines().count(), 1);
    assert!(changed.starts_with("2026/000003\t"));
}

#[test]
fn the_same_state_prints_the_same_bytes() {
    let week = Week::new();
    for (name, args) in [
        ("r.pdf", &["papers", "register"][..]),
        ("r.xlsx", &["papers", "register", "--format", "xlsx"]),
        ("r.csv", &["papers", "register", "--format", "csv"]),
        ("e.pdf", &["papers", "evidence", "2026/000001"]),
        ("c.zip", &["papers", "case", "2026/000001"]),
    ] {
        let prints: Vec<Vec<u8>> = ["1", "2"]
            .into_iter()
            .map(|nth| {
                let file = format!("{nth}-{name}");
                week.ok(&[args, &["--out", &file]].concat());
                fs::read(week.path(&file)).unwrap()
            })
            .collect();
        assert!(prints[0] == prints[1], "{name} differs from print to print");
    }
}

#[test]
fn tables_hold_every_entry_of_the_period_and_no_formula() {
    let week = Week::new();
    week.ok(&["papers", "register", "--format", "csv", "--out", "r.csv"]);
    week.ok(&["papers", "register", "--format", "csv", "--no-bom", "--out", "n.csv"]);
    week.ok(&["papers", "register", "--format", "xlsx", "--out", "r.xlsx"]);
    week.ok(&[
        "papers",
        "register",
        "--from",
        "2020-01-01",
        "--to",
        "2020-12-31",
        "--format",
        "csv",
        "--out",
        "empty.csv",
    ]);
    let (with, without) = (fs::read(week.path("r.csv")).unwrap(), fs::read(week.path("n.csv")).unwrap());
    assert_eq!(with.strip_prefix(b"\xef\xbb\xbf").unwrap(), without);
    assert_eq!(week.sh("python3 -c \"import csv; rows=list(csv.reader(open('n.csv',newline='',encoding='utf-8'))); print(len(rows), {len(r) for r in rows})\"").trim(), "21 {15}");
    assert_eq!(fs::read_to_string(week.path("empty.csv")).unwrap().lines().count(), 1);
    week.sh("unzip -tq r.xlsx");
    let sheet = week.sh("unzip -p r.xlsx xl/worksheets/sheet1.xml");
    assert_eq!(sheet.matches("<row ").count(), 21);
    assert!(!sheet.contains("<f>") && !sheet.contains("hyperlink"));
    // In constant memory every text is an inline string or a shared one, never a value that is computed.
    assert!(sheet.matches("t=\"inlineStr\"").count() + sheet.matches("t=\"s\"").count() >= 21 * 10);
}

#[test]
fn the_evidence_sheet_tells_a_judge_what_arrived_and_where_it_stands_in_the_journal() {
    let week = Week::new();
    week.ok(&[
        "people",
        "add",
        "memur",
        "--name",
        "Çiğdem Gülşen",
        "--role",
        "clerk",
        "--clearance",
        "4",
        "--generate",
    ]);
    week.ok(&["documents", "show", "2026/000001", "--opened-by", "memur"]);
    week.ok(&["papers", "evidence", "2026/000001", "--out", "e.pdf"]);
    week.sh("qpdf --check e.pdf");
    let text = text_of(&week.path("e.pdf"));
    let entry = week.export().remove(0);
    for expected in [
        entry["message"]["sha256"].as_str().unwrap(),
        entry["verdict"]["signatures"][0]["signer"]["certificate_sha256"].as_str().unwrap(),
        "misaltapu@hs01.kep.tr",
        "delile göre (yasal an)",
        "memur (komut satırından, uid",
        "NURDAN YILDIZELİ",
        "ocsp good",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(week.sh("pdfinfo e.pdf").contains("Pages:           1"));
    let head: serde_json::Value = serde_json::from_str(&week.ok(&["journal", "verify", "--json"])).unwrap();
    assert!(text.contains(head["head"]["hash"].as_str().unwrap()));
}

#[test]
fn a_case_file_is_checked_without_the_gateway() {
    let week = Week::new();
    week.ok(&["papers", "case", "2026/000001", "--out", "c.zip"]);
    week.sh("unzip -tq c.zip && unzip -q c.zip -d c");
    week.sh("cd c && sha256sum -c --strict SHA256SUMS");
    let checks = week.sh("cd c && sh denetle.sh");
    assert!(
        !checks.contains("HATA") && !checks.contains("BILGI") && checks.contains("GECERLI / VALID (TOTAL-PASSED)"),
        "{checks}"
    );
    // Provider, sender, signature and seal, three of them time-stamped.
    assert_eq!(checks.matches("TAMAM  imza / signature").count(), 4, "{checks}");
    assert_eq!(checks.matches("zaman damgasi").count(), 3, "{checks}");
    let files: BTreeSet<String> = week
        .sh("cd c && find . -type f | cut -c3- | sort")
        .lines()
        .map(str::to_owned)
        .collect();
    let listed: BTreeSet<String> = week.sh("cd c && cut -c67- SHA256SUMS | sort").lines().map(str::to_owned).collect();
    assert_eq!(
        files.difference(&listed).collect::<Vec<_>>(),
        ["SHA256SUMS"],
        "every file is in the list"
    );
    for expected in [
        "ileti.eml",
        "paketler/paket-1.eyp",
        "deliller/delil-1.xml",
        "sonuc/delil-dokumu.pdf",
        "README.txt",
        "OKU-BENI.txt",
    ] {
        assert!(files.contains(expected), "{expected} is missing");
    }
    let original = week.sh("sha256sum < c/ileti.eml | cut -c1-64");
    assert_eq!(original.trim(), week.export()[0]["message"]["sha256"].as_str().unwrap());
    // The commands of the instructions, one by one.
    let readme = fs::read_to_string(week.path("c/README.txt")).unwrap();
    let commands: Vec<&str> = readme.lines().filter(|line| line.starts_with("    openssl ")).collect();
    assert!(commands.len() > 10);
    for command in commands {
        week.sh(&format!("cd c && {command}"));
    }
    week.sh("cd c && for o in iptal/*.ocsp; do openssl ocsp -respin $o -noverify -resp_text | grep -q 'Cert Status: good' || exit 1; done");
    for pdf in ["delil-dokumu", "dogrulama"] {
        week.sh(&format!("qpdf --check c/sonuc/{pdf}.pdf"));
    }
    let report: serde_json::Value = serde_json::from_slice(&fs::read(week.path("c/sonuc/dogrulama.json")).unwrap()).unwrap();
    assert_eq!(report["files"][0]["indication"], "TOTAL-PASSED");
}

#[test]
fn what_is_changed_in_a_case_file_is_found_by_its_instructions() {
    let week = Week::new();
    week.ok(&["papers", "case", "2026/000001", "--out", "c.zip"]);
    week.sh("unzip -q c.zip -d c");
    // Whoever changes a file also makes the list of hashes anew.
    let renew = "find . -type f ! -name SHA256SUMS | cut -c3- | sort | xargs sha256sum > SHA256SUMS";
    let record = week.sh("ls c/gunluk | tail -1").trim().to_owned();
    for (what, change, list_too) in [
        ("a part, only", "printf x >> parcalar/paket-1/0001.pdf".to_owned(), false),
        ("the message and the list", "printf x >> ileti.eml".to_owned(), true),
        (
            "a journal record and the list",
            format!("sed -i 's/2026/2025/' gunluk/{record}"),
            true,
        ),
        (
            "the octets under a signature and the list",
            "printf x >> imzalar/01-saglayici.icerik".to_owned(),
            true,
        ),
        (
            "the chain's head",
            "sed -i '$!{$!N;s/^[0-9]* [0-9a-f]\\{8\\}/42 00000000/;P;D}' zincir.txt".to_owned(),
            true,
        ),
    ] {
        week.sh(&format!(
            "rm -rf t && cp -r c t && cd t && {change} && {{ {} }}",
            if list_too { format!("{renew};") } else { ":;".into() }
        ));
        let (passed, said) = shell(&week.folder(), "cd t && sh denetle.sh");
        assert!(!passed && said.contains("HATA"), "{what} was changed and nobody noticed:\n{said}");
    }
}

#[test]
fn a_case_file_whose_list_was_forged_too_is_found_beside_the_journal() {
    let week = Week::new();
    week.ok(&["papers", "case", "2026/000001", "--out", "c.zip"]);
    let said = week.ok(&["papers", "check", "c.zip"]);
    assert!(said.starts_with('✔'), "{said}");
    // A record, its hash in the chain, and the list of hashes: all made anew, so that the file agrees with itself.
    week.sh("unzip -q c.zip -d c");
    week.sh(
        "cd c && r=$(ls gunluk/* | tail -1) && old=$(sha256sum < $r | cut -c1-64) && sed -i 's/2026-11/2025-11/' $r \
         && new=$(sha256sum < $r | cut -c1-64) && [ $old != $new ] && sed -i s/$old/$new/ zincir.txt \
         && find . -type f ! -name SHA256SUMS | cut -c3- | sort | xargs sha256sum > SHA256SUMS",
    );
    let checks = week.sh("cd c && sh denetle.sh");
    assert!(!checks.contains("HATA"), "the forger was thorough");
    week.sh("cd c && python3 -m zipfile -c ../forged.zip *");
    let found = week.run(&["papers", "check", "forged.zip"]);
    assert_eq!(found.status.code(), Some(20));
    assert!(
        String::from_utf8(found.stdout).unwrap().contains("✘ kayıt "),
        "the forged record is named"
    );
    // A file that was changed, and one that is no case file.
    week.sh("cd c && printf x >> ileti.eml && python3 -m zipfile -c ../forged.zip *");
    let found = week.run(&["papers", "check", "forged.zip", "--json"]);
    let found: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(
        (found["holds"].as_bool(), found["odd_files"][0].as_str()),
        (Some(false), Some("ileti.eml"))
    );
    week.ok(&["papers", "register", "--format", "xlsx", "--out", "r.xlsx"]);
    assert_eq!(week.run(&["papers", "check", "r.xlsx"]).status.code(), Some(1));
}

#[test]
fn a_failed_verdict_makes_a_case_file_too_and_says_so() {
    let week = Week::new();
    let failed = week
        .export()
        .into_iter()
        .find(|entry| entry["verdict"]["indication"] == "TOTAL-FAILED")
        .unwrap();
    let number = failed["register_number"].as_str().unwrap();
    week.ok(&["papers", "case", number, "--out", "c.zip"]);
    week.sh("unzip -q c.zip -d c");
    let checks = week.sh("cd c && sh denetle.sh");
    assert!(!checks.contains("HATA"), "the file itself is whole:\n{checks}");
    assert!(week.sh("pdftotext c/sonuc/delil-dokumu.pdf -").contains("GEÇERSİZ"));
}

/// The mathematics of a signature by a revoked certificate holds: the script must not let that pass for a valid one.
#[test]
fn the_script_of_a_case_file_says_the_recorded_verdict_and_that_it_does_not_check_revocation() {
    let week = Week::new();
    let entries = week.export();
    let mut seen = 0;
    for (entry, sub) in entries.iter().filter_map(|entry| {
        let sub = entry["verdict"]["sub_indication"].as_str()?;
        Some((entry, sub))
    }) {
        seen += usize::from(sub == "REVOKED");
        let number = entry["register_number"].as_str().unwrap();
        week.ok(&["papers", "case", number, "--out", "c.zip", "--force"]);
        week.sh("rm -rf c && unzip -q c.zip -d c");
        let checks = week.sh("cd c && sh denetle.sh");
        assert!(checks.contains("it does NOT check revocation"), "{checks}");
        let last = checks.lines().last().unwrap();
        assert!(last.starts_with("SONUC  belge / document") && last.contains(sub), "{sub}: {last}");
        // Whatever openssl says of it, no signature that the record does not call valid is called right.
        for line in checks.lines().filter(|line| line.starts_with("SONUC  imza")) {
            let file = line.split(": ").next().unwrap().trim_start_matches("SONUC  ");
            let is_called_right = checks.contains(&format!("TAMAM  {file}"));
            assert_eq!(is_called_right, line.contains("(TOTAL-PASSED"), "{number} {line}\n{checks}");
        }
        for readme in ["OKU-BENI.txt", "README.txt"] {
            let text = fs::read_to_string(week.path("c").join(readme)).unwrap();
            assert!(text.contains("İPTAL EDİLİP EDİLMEDİĞİNİ DENETLEMEZ") || text.contains("NOT CHECK REVOCATION"));
        }
    }
    assert!(seen > 0, "the week has a signature by a revoked certificate");
}

#[test]
fn every_entry_of_the_week_makes_a_sheet_and_a_case_file_that_holds() {
    let week = Week::new();
    for entry in week.export() {
        let number = entry["register_number"].as_str().unwrap();
        week.ok(&["papers", "evidence", number, "--out", "e.pdf", "--force"]);
        week.ok(&["papers", "case", number, "--out", "c.zip", "--force"]);
        week.sh("qpdf --check e.pdf && rm -rf c && unzip -q c.zip -d c");
        let checks = week.sh("cd c && sh denetle.sh");
        assert!(checks.contains("TAMAM") && !checks.contains("HATA"), "{number}:\n{checks}");
    }
}

#[test]
fn a_paper_appears_whole_for_its_owner_and_replaces_nothing_unasked() {
    let week = Week::new();
    week.ok(&["papers", "evidence", "2026/000001", "--out", "e.pdf"]);
    assert_eq!(fs::metadata(week.path("e.pdf")).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(week.path("mine.pdf"), "mine").unwrap();
    let refused = week.run(&["papers", "evidence", "2026/000001", "--out", "mine.pdf"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--force"));
    assert_eq!(fs::read(week.path("mine.pdf")).unwrap(), b"mine");
    week.ok(&["papers", "evidence", "2026/000001", "--out", "mine.pdf", "--force"]);
    assert!(fs::read(week.path("mine.pdf")).unwrap().starts_with(b"%PDF-"));
    std::os::unix::fs::symlink(week.path("nowhere"), week.path("link.pdf")).unwrap();
    assert_eq!(
        week.run(&["papers", "evidence", "2026/000001", "--out", "link.pdf"]).status.code(),
        Some(2)
    );
    let missing = week.run(&["papers", "case", "2026/000999", "--out", "x.zip"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(!week.path("x.zip").exists());
    assert_eq!(
        week.sh("ls -A | grep -c part || true").trim(),
        "0",
        "nothing unfinished stays behind"
    );
}

fn person(clearance: u8, role: Role) -> Person {
    Person {
        login: "deneme".into(),
        name: "Deneme Kişi".into(),
        role,
        mailboxes: Scope::All,
        units: Scope::All,
        clearance,
    }
}

#[tokio::test]
async fn what_a_person_does_not_see_is_in_no_paper_and_in_no_count() {
    let week = Week::new();
    // Every second entry is top secret.
    let copied = Copied::of(&week, |number, entry| {
        entry["access"] = if number % 2 == 0 { 4.into() } else { 0.into() }
    })
    .await;
    let (all, low) = (person(4, Role::Auditor), person(0, Role::Auditor));
    let hidden: Vec<String> = (1..=10).map(|half| format!("2026/{:06}", half * 2)).collect();

    let mut csv = Vec::new();
    let summary = paper::register::csv(&copied.asked(&low), Period::default(), false, &mut csv).unwrap();
    assert_eq!(summary.rows, 10);
    let csv = String::from_utf8(csv).unwrap();
    assert!(hidden.iter().all(|number| !csv.contains(number)));
    let mut pdf = Vec::new();
    paper::register::pdf(&copied.asked(&low), Period::default(), &mut pdf).unwrap();
    fs::write(week.path("low.pdf"), pdf).unwrap();
    week.sh("pdfdetach -save 1 -o low.txt low.pdf");
    let text = text_of(&week.path("low.pdf")) + &fs::read_to_string(week.path("low.txt")).unwrap();
    assert!(hidden.iter().all(|number| !text.contains(number)), "a hidden number is printed");
    assert!(text.contains("10 kayıt") && !text.contains("20 kayıt"));
    let mut xlsx = Vec::new();
    assert_eq!(
        paper::register::xlsx(&copied.asked(&low), Period::default(), &mut xlsx)
            .unwrap()
            .rows,
        10
    );
    assert_eq!(
        paper::register::csv(&copied.asked(&all), Period::default(), false, &mut Vec::new())
            .unwrap()
            .rows,
        20
    );

    // What is hidden answers as what is not there.
    for number in ["2026/000002", "2026/000999"] {
        let number = number.parse().unwrap();
        for answer in [
            paper::evidence::pdf(&copied.asked(&low), number, &mut Vec::new()),
            paper::case::zip(&copied.asked(&low), number, &mut Vec::new()),
        ] {
            assert!(matches!(answer, Err(PaperError::NotFound)), "{number}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_case_file_does_not_carry_another_document_of_the_same_message() {
    let week = Week::new();
    let entries = week.export();
    let sha256 = |entry: &serde_json::Value| entry["message"]["sha256"].as_str().unwrap().to_owned();
    let at = (1..entries.len())
        .find(|at| sha256(&entries[*at]) == sha256(&entries[at - 1]))
        .expect("two packages in one message");
    let copied = Copied::of(&week, |number, entry| {
        entry["access"] = if number == at + 1 { 4.into() } else { 0.into() }
    })
    .await;
    let number = entries[at - 1]["register_number"].as_str().unwrap().parse().unwrap();
    let secret = entries[at]["document"]["subject"].as_str().unwrap();
    let open = entries[at - 1]["document"]["subject"].as_str().unwrap();
    for (clearance, whole) in [(0, false), (4, true)] {
        let asking = person(clearance, Role::Clerk);
        let mut zip = Vec::new();
        paper::case::zip(&copied.asked(&asking), number, &mut zip).unwrap();
        fs::write(week.path("c.zip"), zip).unwrap();
        week.sh("rm -rf c && unzip -q c.zip -d c");
        let checks = week.sh("cd c && sh denetle.sh");
        assert!(!checks.contains("HATA"), "{checks}");
        assert_eq!(week.path("c/ileti.eml").exists(), whole);
        assert_eq!(week.sh("ls c/paketler | wc -l").trim(), if whole { "2" } else { "1" });
        let all = week.sh("cat c/*.txt c/*.json c/sonuc/*.json; cat c/gunluk/* c/parcalar/*/* | tr -d '\\000'; for p in c/sonuc/*.pdf; do pdftotext $p -; done");
        assert!(all.contains(open));
        if secret != open {
            assert_eq!(all.contains(secret), whole, "the subject of the hidden document");
        }
        let id = entries[at]["document"]["id"].as_str().unwrap();
        assert_eq!(all.contains(id), whole, "the id of the hidden document");
    }
}

#[tokio::test]
async fn hostile_content_in_every_field_is_harmless_in_every_paper() {
    let week = Week::new();
    let copied = Copied::of(&week, copied::hostile).await;
    let asking = person(4, Role::Auditor);
    let asked = copied.asked(&asking);

    let mut csv = Vec::new();
    assert_eq!(paper::register::csv(&asked, Period::default(), false, &mut csv).unwrap().rows, 20);
    fs::write(week.path("h.csv"), &csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(!csv.contains(copied::deceptive), "something that hides or reorders is in the CSV");
    let formulas = week.sh(
        "python3 -c \"import csv; csv.field_size_limit(10**9); rows=list(csv.reader(open('h.csv',newline='',encoding='utf-8'))); \
         print(len(rows), {len(r) for r in rows}, sum(f.strip()[:1] in set('=+-@') for r in rows for f in r if f.strip()))\"",
    );
    assert_eq!(formulas.trim(), "21 {15} 0");

    let mut xlsx = Vec::new();
    paper::register::xlsx(&asked, Period::default(), &mut xlsx).unwrap();
    fs::write(week.path("h.xlsx"), xlsx).unwrap();
    week.sh("unzip -tq h.xlsx");
    week.sh("python3 -c \"import zipfile, xml.dom.minidom as m; z=zipfile.ZipFile('h.xlsx'); [m.parseString(z.read(n)) for n in z.namelist() if n.endswith('.xml')]\"");
    assert!(!week.sh("unzip -p h.xlsx xl/worksheets/sheet1.xml").contains("<f>"));

    let mut pdf = Vec::new();
    paper::register::pdf(&asked, Period::default(), &mut pdf).unwrap();
    check_pdf(&week, "h.pdf", &pdf);
    for number in [1, 7, 13] {
        let mut sheet = Vec::new();
        paper::evidence::pdf(&asked, format!("2026/{number:06}").parse().unwrap(), &mut sheet).unwrap();
        check_pdf(&week, "he.pdf", &sheet);
        let mut zip = Vec::new();
        paper::case::zip(&asked, format!("2026/{number:06}").parse().unwrap(), &mut zip).unwrap();
        fs::write(week.path("h.zip"), zip).unwrap();
        week.sh("rm -rf c && unzip -tq h.zip && unzip -q h.zip -d c");
        let odd = week.sh("cd c && find . -type f | grep -vE '^[A-Za-z0-9./-]+$' || true");
        assert!(odd.is_empty(), "odd names: {odd}");
        for file in ["README.txt", "OKU-BENI.txt", "denetle.sh", "SHA256SUMS", "zincir.txt"] {
            let text = fs::read_to_string(week.path("c").join(file)).unwrap();
            assert!(
                !text.contains(copied::deceptive) && !text.contains('\0') && !text.contains("calc"),
                "{file} carries hostile text"
            );
        }
        let checks = week.sh("cd c && sh denetle.sh");
        assert!(!checks.contains("HATA"), "{checks}");
    }
}

fn check_pdf(week: &Week, name: &str, pdf: &[u8]) {
    fs::write(week.path(name), pdf).unwrap();
    week.sh(&format!("qpdf --check {name}"));
    let text = text_of(&week.path(name));
    assert!(
        text.len() < 2 << 20,
        "{} bytes of text: a subject of megabytes was printed",
        text.len()
    );
    assert!(!text.contains(copied::deceptive), "{name} shows what hides or reorders");
    let plain = week.sh(&format!("qpdf --qdf --object-streams=disable {name} - | tr -d '\\000'"));
    for active in ["/JavaScript", "/JS ", "/URI", "/Launch", "/OpenAction", "/AA "] {
        assert!(!plain.contains(active), "{name} has {active}");
    }
}

/// Near the limit of a message: held once and taken apart, never once more for the archive.
const MIB_OF_A_LARGE_CASE: u64 = 400;

#[test]
fn a_message_of_sixty_megabytes_makes_a_case_file_in_bounded_memory() {
    let week = Week::new();
    week.sh(
        "python3 -c \"import base64, random; r=random.Random(1); print('From: a@hs01.kep.tr\\r\\nTo: b@hs01.kep.tr\\r\\nSubject: buyuk\\r\\nMIME-Version: 1.0\\r\\n\
         Content-Type: multipart/mixed; boundary=x\\r\\n\\r\\n--x\\r\\nContent-Type: application/pdf; name=a.pdf\\r\\nContent-Transfer-Encoding: base64\\r\\n\\r\\n' \
         + base64.encodebytes(r.randbytes(43<<20)).decode() + '\\r\\n--x--\\r\\n', end='')\" > big.eml",
    );
    let path = week.path("big.eml");
    assert!(fs::metadata(&path).unwrap().len() > 58 << 20);
    week.ok(&["import", path.to_str().unwrap()]);
    let number = week.export().last().unwrap()["register_number"].as_str().unwrap().to_owned();
    let peak = week.peak_mib(&["papers", "case", &number, "--out", "c.zip"]);
    week.sh("unzip -q c.zip -d c && cd c && sh denetle.sh && cmp ileti.eml ../big.eml");
    assert!(peak < MIB_OF_A_LARGE_CASE, "{peak} MiB");
    println!("peak {peak} MiB");
}

#[test]
fn an_answer_to_a_person_says_the_next_step_in_both_languages() {
    let text = PaperError::NotFound.text();
    assert!(text.tr.contains("yok") && text.en.contains("no such entry"));
    assert!(
        Path::new(&paper::case::file_name("2026/000001".parse().unwrap()))
            .extension()
            .is_some_and(|extension| extension == "zip")
    );
}

fn deed(minute: usize, by: &str, action: serde_json::Value, note: &str) -> serde_json::Value {
    let at = format!("2026-11-20T09:{minute:02}:00Z");
    serde_json::json!({ "by": by, "at": at, "state": "opened", "action": action, "note": note })
}

#[tokio::test]
async fn the_evidence_sheet_tells_deeds_and_not_states_keeps_the_first_opening_and_counts_what_it_leaves_out() {
    let week = Week::new();
    let copied = Copied::of(&week, |number, entry| {
        if number != 1 {
            return;
        }
        let mut history = vec![deed(0, "ilkacan", "opened".into(), "")];
        history.extend((1..=40).map(|minute| deed(minute, "memur", "noted".into(), &format!("not {minute}"))));
        let assigned = serde_json::json!({ "assigned": { "unit": "Hukuk Birimi", "person": "avukat" } });
        let transferred = serde_json::json!({ "transferred": { "number": "E-2026-4711" } });
        history.extend([deed(50, "amir", assigned, ""), deed(51, "memur", transferred, "")]);
        entry["history"] = history.into();
        let text = serde_json::json!({ "tr": "hiçbir özet ve imza onu kapsamaz", "en": "no digest and no signature covers it" });
        let added = serde_json::json!({ "rule": "KEP-3424", "severity": "note", "place": "/Ekler/evil.exe", "text": text });
        entry["findings"].as_array_mut().unwrap().push(added);
        let revocation = entry["verdict"]["signatures"][0]["revocation"].as_array_mut().unwrap();
        let source = revocation[0].clone();
        revocation.resize(30, source);
    })
    .await;
    let everybody = person(4, Role::Auditor);
    let mut pdf = Vec::new();
    paper::evidence::pdf(&copied.asked(&everybody), "2026/000001".parse().unwrap(), &mut pdf).unwrap();
    fs::write(week.path("deeds.pdf"), pdf).unwrap();
    let text = text_of(&week.path("deeds.pdf"));
    for expected in [
        "ilkacan · açtı",
        "amir · havale etti: Hukuk Birimi, avukat",
        "memur · EBYS'ye aktardı: E-2026-4711",
        "memur · not yazdı not 40",
        "… 19 işlem daha: dava dosyasında",
        "… 6 iptal kaynağı daha: dava dosyasında",
        "1: /Ekler/evil.exe",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(!text.contains("memur · açıldı") && !text.contains("not 1\n"), "{text}");
    assert_eq!(
        text.matches("· not yazdı").count(),
        21,
        "the newest, beside the first opening and two deeds"
    );
}

#[test]
fn a_case_file_that_lacks_what_its_verdict_rests_on_says_so_everywhere() {
    let week = Week::new();
    let beside = |object: &&serde_json::Value| object["kind"] == "ocsp" && object["embedded"] == false;
    let found = week.export().into_iter().find_map(|entry| {
        let object = entry["verdict"]["objects"].as_array()?.iter().find(beside)?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        Some((text(&entry["register_number"])?, text(&object["sha256"])?))
    });
    let (number, sha256) = found.expect("a verdict with an answer that was fetched");
    fs::remove_file(week.path(&format!("demo/store/blobs/{}/{}", &sha256[..2], &sha256[2..]))).unwrap();
    let made = week.run(&["papers", "case", &number, "--out", "c.zip"]);
    let said = String::from_utf8_lossy(&made.stdout).into_owned() + &String::from_utf8_lossy(&made.stderr);
    assert_eq!(made.status.code(), Some(10), "{said}");
    assert!(said.contains("EKSİK") && said.contains("ZIYA Z-"), "the loss is open: {said}");
    week.sh("unzip -q c.zip -d c && cd c && sha256sum -c --strict SHA256SUMS");
    for (file, word) in [
        ("README.txt", "MISSING"),
        ("OKU-BENI.txt", "EKSİK"),
        ("manifest.json", "MISSING"),
        ("denetle.sh", "MISSING"),
    ] {
        let text = fs::read_to_string(week.path(&format!("c/{file}"))).unwrap();
        assert!(text.contains(word) && text.contains(&sha256), "{file}");
    }
    let (passed, checks) = shell(&week.path("c"), "sh denetle.sh");
    assert!(!passed && checks.contains("EKSIK  MISSING: OCSP"), "{checks}");
    let check = week.run(&["papers", "check", "c.zip"]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(
        check.status.code() == Some(10) && said.contains("EKSİK") && !said.contains('✔'),
        "{said}"
    );
}
