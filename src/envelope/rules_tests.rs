//! Every rule, at every weight that it may have: one thing is broken, and exactly that rule speaks.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::forge_tests::*;
use super::rules::catalogue::{self, RULES};
use super::*;
use crate::finding::Severity::{self, Error, Fatal, Note, Warning};
use crate::limits::Limits;

const USTVERI: &str = "/Ustveri/Ustveri.xml";
const NIHAI: &str = "/NihaiUstveri/NihaiUstveri.xml";
const HEDEF: &str = "/BelgeHedef/BelgeHedef.xml";
const OTHER: &str = "AAAAAAAA-0000-4000-8000-AAAAAAAAAAAA";

struct Case {
    id: &'static str,
    severity: Severity,
    /// Rules that the same fault cannot but touch.
    also: &'static [&'static str],
    package: Package,
}

fn case(id: &'static str, severity: Severity, package: Package) -> Case {
    Case {
        id,
        severity,
        also: &[],
        package,
    }
}

fn with(id: &'static str, severity: Severity, also: &'static [&'static str], package: Package) -> Case {
    Case {
        id,
        severity,
        also,
        package,
    }
}

/// Breaks the 2.x Ustveri.
fn ustveri(from: &str, to: &str) -> Package {
    Forge::v2().swap(USTVERI, from, to).read()
}

fn core(from: &str, to: &str) -> Package {
    Forge::v2().core_swap(from, to).read()
}

fn v2(change: impl FnOnce(&mut Forge)) -> Package {
    Forge::v2().edit(change).read()
}

fn left_out(id: &str) -> String {
    format!("</DagitimTuru><KonulmamisEkListesi><KonulmamisEk><EkId>{id}</EkId></KonulmamisEk></KonulmamisEkListesi>")
}

fn external() -> Reference {
    Reference {
        uri: "http://www.kurum.gov.tr/x.pdf".into(),
        kind: Some("harici"),
        algorithms: vec![sha("384"), sha("512")],
    }
}

fn container_cases() -> Vec<Case> {
    let v2_inner = Forge::v2().zip();
    let nested = Forge::eypg(&v2_inner).zip();
    vec![
        case(
            "C1",
            Fatal,
            open(&Forge::v2().tampered(|parts| parts.push(("/../evil.pdf".into(), b"x".to_vec())))),
        ),
        case("C2", Fatal, open(&zip_of(&[("/letter.txt".into(), b"x".to_vec())]))),
        case(
            "C2",
            Error,
            open(&Forge::v2().tampered(|parts| parts.retain(|(uri, _)| uri != "/[Content_Types].xml"))),
        ),
        case(
            "C3",
            Error,
            Forge::v2()
                .swap(
                    NIHAI,
                    "<n:Nihai",
                    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><n:Nihai",
                )
                .read(),
        ),
        case(
            "C4",
            Error,
            open(&Forge::v2().tampered(|parts| parts.push(("/imzasizekler/EK2.pdf".into(), b"x".to_vec())))),
        ),
        case(
            "C5",
            Error,
            v2(|forge| forge.relate("/", "arsivozellikleri", "/Arsiv/ArsivOzellikleri.xml", "IdArsiv")),
        ),
        case(
            "C5",
            Fatal,
            open(&Forge::eyps(2, &Forge::v2(), b"\x30\x80").tampered(|parts| parts.retain(|(uri, _)| !uri.starts_with("/SifreliIcerik/")))),
        ),
        case("C5", Error, v2(|forge| forge.relate("/", "ek", "/Ekler/yok.pdf", "IdEk_1"))),
        case(
            "C5",
            Error,
            v2(|forge| forge.relate("/", "arsivozellikleri", "http://10.0.0.1/x", "IdArsiv")),
        ),
        case("C6", Warning, v2(|forge| forge.parts.push(("/Diger/x.pdf".into(), b"x".to_vec())))),
        case(
            "C7",
            Warning,
            v2(|forge| forge.overrides.push((USTVERI.into(), "text/plain".into()))),
        ),
        case("C8", Error, Forge::v2().without("/UstYazi/ustyazi.pdf", true).read()),
        // The second covering letter is in no digest either.
        with(
            "C8",
            Error,
            &["H5", "H6", "H7"],
            v2(|forge| forge.linked("/UstYazi/second.pdf", "ustyazi", "IdUstYazi2", PDF)),
        ),
        case("C9", Error, Forge::v1().without(HEDEF, true).read()),
        case("C10", Error, Forge::v2().without(NIHAI, true).read()),
        case("C10", Error, Forge::v2().without("/Imzalar/ImzaCades.imz", true).read()),
        case("C11", Error, Forge::v2().without("/Muhur/MuhurCades.imz", true).read()),
        case("C11", Error, Forge::eypg(&v2_inner).without("/Muhur/MuhurCades.imz", true).read()),
        case("C12", Warning, Forge::v2().rename(USTVERI, "/Ustveri/ustveri.xml").read()),
        case(
            "C13",
            Warning,
            Forge::v2()
                .rename("ek1.pdf", "ek 1.pdf")
                .swap(USTVERI, "ek1.pdf", "ek 1.pdf")
                .read(),
        ),
        case(
            "C14",
            Warning,
            v2(|forge| forge.linked(HEDEF, "belgehedef", "IdBelgeHedef", "<x/>")),
        ),
        case(
            "C15",
            Error,
            Forge::eyps(2, &Forge::v2(), b"\x30")
                .without("/SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml", true)
                .read(),
        ),
        case("C15", Error, Forge::eyps(1, &Forge::v1(), b"\x30").without(HEDEF, true).read()),
        // A letter outside the encryption, for a reader to take for the one inside; found by its folder alone, it is not linked either.
        with(
            "C15",
            Error,
            &["C6"],
            open(&Forge::eyps(2, &Forge::v2(), b"\x30").tampered(|parts| parts.push(("/UstYazi/sahte.pdf".into(), PDF.into())))),
        ),
        case(
            "C16",
            Error,
            Forge::eypg(&v2_inner)
                .without("/GuncellemeBilgisi/GuncellemeBilgisi.xml", true)
                .read(),
        ),
        case("C16", Error, Forge::eypg(&Forge::eyps(2, &Forge::v2(), b"\x30").zip()).read()),
        case(
            "C17",
            Warning,
            Forge::v2().swap("/UstYazi/ustyazi.pdf", "pdfa/ns/id", "other").read(),
        ),
        case("C18", Warning, v2(|forge| forge.relate("/", "bilinmeyen", USTVERI, "IdX"))),
        case(
            "C18",
            Note,
            v2(|forge| forge.relationship("ustveri").kind = "http://eyazisma.dpt/iliskiler/UstVeri".into()),
        ),
        with(
            "KEP-2807",
            Warning,
            &["KEP-2801"],
            open(&Bytes::from([b"padding".as_slice(), &v2_inner].concat())),
        ),
        case("KEP-2801", Note, open(&Bytes::from([v2_inner.as_ref(), b"padding"].concat()))),
        case("KEP-2806", Note, open(&commented(&v2_inner, b"yorum"))),
        case("KEP-2802", Note, ustveri("2035-05-12T14:23:10+03:00", "2035-05-12T14:23:10")),
        case("KEP-2803", Error, Forge::eyps(2, &Forge::v2(), &v2_inner).read()),
        case(
            "KEP-2804",
            Warning,
            read(
                &nested,
                None,
                &Receiver::default(),
                &Limits {
                    nesting: 0,
                    ..Limits::default()
                },
            ),
        ),
    ]
}

fn core_cases() -> Vec<Case> {
    let named = read(
        &Forge::v2().zip(),
        Some("20260512.eyp"),
        &Receiver { kkk: Some(US.into()) },
        &Limits::default(),
    );
    vec![
        case("R1", Error, core("<version>2.0<", "<version>9.1<")),
        case("R1", Error, core("<version>2.0</version>", "")),
        case("R2", Error, core(">RESMIYAZISMA<", ">RESMIYAZISMA/SIFRELI<")),
        case("R2", Error, core(">RESMIYAZISMA<", ">resmiyazisma<")),
        case("R2", Warning, core("<category>RESMIYAZISMA</category>", "")),
        case("R3", Error, core(ID, OTHER)),
        case("R3", Note, core(ID, &ID.to_lowercase())),
        case("R4", Warning, core(">Konu<", ">Başka<")),
        case("R5", Warning, core("application/eyazisma", "application/zip")),
        case("R6", Warning, core("<dc:creator>Kurum/82223362</dc:creator>", "")),
        case("R7", Note, named),
    ]
}

fn metadata_cases() -> Vec<Case> {
    let everywhere = Forge::v2().swap(USTVERI, ID, "1234").core_swap(ID, "1234").edit(|forge| {
        forge.digests.iter_mut().for_each(|(_, _, id, _)| *id = Some("1234".into()));
    });
    vec![
        case("U1", Error, Forge::v2().swap(NIHAI, "</Tarih>", "").read()),
        case("U1", Error, Forge::v2().swap(NIHAI, "NihaiUstveri-2", "NihaiUstveri-1").read()),
        case("U2", Error, ustveri("<Dil>tur<", "<Dil>turk<")),
        case("U2", Error, ustveri("<Dil>tur</Dil>", "<Yeni/>")),
        case(
            "U2",
            Error,
            ustveri(
                "<Ivedilik>NRM</Ivedilik><DagitimTuru>GRG</DagitimTuru>",
                "<DagitimTuru>GRG</DagitimTuru><Ivedilik>NRM</Ivedilik>",
            ),
        ),
        case("U2", Error, ustveri("<Ivedilik>NRM</Ivedilik>", "")),
        case("U2", Error, ustveri("<Dil>tur</Dil>", "<Dil>tur</Dil><Dil>tur</Dil>")),
        case("U3", Error, everywhere.read()),
        case("U4", Error, ustveri("<DosyaAdi>ustyazi.pdf</DosyaAdi>", "<DosyaAdi/>")),
        case("U5", Error, ustveri("<MimeTuru>application/pdf</MimeTuru>", "")),
        case(
            "U5",
            Warning,
            ustveri("<MimeTuru>application/pdf</MimeTuru>", "<MimeTuru>application/msword</MimeTuru>"),
        ),
        case("U6", Warning, ustveri(">ustyazi.pdf<", ">baska.pdf<")),
        case(
            "U7",
            Error,
            Forge::v2().swap(NIHAI, "<BelgeNo>E-24312041-702.03-1</BelgeNo>", "").read(),
        ),
        case(
            "U7",
            Error,
            Forge::v1().swap(USTVERI, "<BelgeNo>E-24312041-702.03-1</BelgeNo>", "").read(),
        ),
        case("U8", Error, ustveri("<Ivedilik>NRM<", "<Ivedilik>IVD<")),
        case("U8", Error, ustveri(">YOK<", ">KSO<")),
        case("U8", Error, ustveri("<GuvenlikKodu>", "<BelgeNo>1</BelgeNo><GuvenlikKodu>")),
        case("U9", Warning, Forge::v1().swap(USTVERI, "<Ivedilik>NRM<", "<Ivedilik>CIV<").read()),
        case("U9", Warning, Forge::v1().swap(USTVERI, "</KKK>", "</KKK><BYK>1</BYK>").read()),
        case("U10", Error, ustveri(">YOK<", ">XXX<")),
        case(
            "U10",
            Error,
            Forge::eypg(&Forge::v2().zip())
                .swap("/GuncellemeBilgisi/GuncellemeBilgisi.xml", "HZO", "NON")
                .read(),
        ),
        case("U10", Warning, ustveri(">YOK<", ">OZL<")),
        case("U11", Warning, ustveri("2035-05-12", "2015-05-12")),
        case("U12", Error, ustveri("https://www.turkiye.gov.tr/belge-dogrulama", "")),
        case("U12", Warning, ustveri("https://www.turkiye.gov.tr/belge-dogrulama", "e-Devlet")),
        case("U13", Error, ustveri("<KKK>82223362</KKK>", "")),
        case(
            "U13",
            Error,
            ustveri(
                "<TuzelSahis><Id schemeID=\"MERSIS\">0123456789012345</Id><Adi>Şirket</Adi></TuzelSahis>",
                "",
            ),
        ),
        case("U13", Warning, ustveri("<KKK>82223362<", "<KKK>00000000<")),
        case(
            "U13",
            Note,
            Forge::v1().swap(USTVERI, "<KKK>82223362<", "<KKK>0123456789ABCD<").read(),
        ),
        case("U14", Warning, ustveri(">82223363<", ">1<")),
        case("U14", Note, ustveri("<BirimKKK>82223363</BirimKKK>", "")),
        case("U15", Error, ustveri(" schemeID=\"MERSIS\"", "")),
        case("U15", Note, ustveri("MERSIS", "BASKA")),
        case("U16", Error, ustveri("<Soyadi>Kişi</Soyadi>", "")),
        case("U17", Warning, Forge::v2().swap(NIHAI, "10000000146", "10000000147").read()),
        case("U18", Warning, ustveri(">P1D<", ">0<")),
        case("U18", Warning, ustveri("<Miat>P1D</Miat>", "")),
        case(
            "U31",
            Error,
            Forge::v2()
                .swap(
                    NIHAI,
                    "<Imzalayan><Kisi><IlkAdi>Ayşe</IlkAdi><Soyadi>Örnek</Soyadi></Kisi><TCKN>10000000146</TCKN></Imzalayan>",
                    "",
                )
                .read(),
        ),
        case(
            "U33",
            Error,
            Forge::v1()
                .swap(
                    HEDEF,
                    "<Hedef><KurumKurulus><KKK>24301050</KKK><Adi>Birinci Kurum</Adi></KurumKurulus></Hedef>",
                    "",
                )
                .read(),
        ),
        case("U33", Note, Forge::v1().swap(HEDEF, "24301050", "99999999").read()),
        case("U29", Warning, ustveri("010.06.01", "10.6.1")),
        case("U29", Warning, ustveri(">999999<", ">0<")),
        case("U30", Note, ustveri("bilgi@kurum.gov.tr", "bilgi")),
    ]
}

fn attachment_cases() -> Vec<Case> {
    let without_ek2 = || Forge::v2().without("/ImzasizEkler/ek2.pdf", true);
    vec![
        case(
            "U19",
            Error,
            ustveri("64B89C72-1A9B-45F0-B613-0C0D5EDAAE4E", "12e0130e-e785-467e-90ba-95ed9c930c6e"),
        ),
        case("U19", Error, ustveri("64B89C72-1A9B-45F0-B613-0C0D5EDAAE4E", "1")),
        case("U20", Error, ustveri("<Referans>http://www.kurum.gov.tr/x.pdf</Referans>", "")),
        case(
            "U20",
            Error,
            ustveri("<SiraNo>4</SiraNo>", "<SiraNo>4</SiraNo><ImzaliMi>true</ImzaliMi>"),
        ),
        case("U21", Error, ustveri("<SiraNo>4<", "<SiraNo>3<")),
        case("U21", Error, ustveri("<SiraNo>4<", "<SiraNo>0<")),
        case("U22", Error, without_ek2().read()),
        case(
            "U22",
            Warning,
            v2(|forge| forge.relationship("imzasizEk").id = "IdImzasizEk_1".into()),
        ),
        case("U22", Note, without_ek2().swap(USTVERI, "</DagitimTuru>", &left_out(EK2)).read()),
        case(
            "U23",
            Error,
            v2(|forge| forge.linked("/ImzasizEkler/ek3.pdf", "imzasizEk", "IdImzasizEk_1", "x")),
        ),
        case("U24", Error, ustveri("<ImzaliMi>false<", "<ImzaliMi>true<")),
        case("U25", Error, ustveri("</DagitimTuru>", &left_out(OTHER))),
        case("U26", Error, ustveri("<Etiket>a</Etiket>", "")),
        case("U26", Note, ustveri("<Etiket>a<", "<Etiket>b<")),
        case("U27", Error, ustveri(&format!("<EkId>{EK1}<"), &format!("<EkId>{OTHER}<"))),
        case("U28", Warning, ustveri(" schemeID=\"GUID\"", "")),
        case("U32", Warning, ustveri("<OzetDegeri>AAAA</OzetDegeri>", "")),
    ]
}

fn digest_cases() -> Vec<Case> {
    let set_id = |id: Option<String>| Forge::v2().edit(|forge| forge.digests[1].2 = id).read();
    let algorithms = |names: &[&str]| {
        let list: Vec<&'static str> = names.iter().map(|name| sha(name)).collect();
        v2(|forge| forge.references("PaketOzeti")[0].algorithms = list)
    };
    let drop_first = |name: &'static str| v2(|forge| drop(forge.references(name).remove(0)));
    let tampered = Forge::v2().tampered(|parts| part_of(parts, "/Ekler/ek1.pdf").push(b'!'));
    let gone = Forge::v2().tampered(|parts| {
        parts.retain(|(uri, _)| uri != "/Paraflar/ParafImzaCades.imz");
    });
    let left_out_ek1 = Forge::v2()
        .swap(USTVERI, "</DagitimTuru>", &left_out(EK1))
        .tampered(|parts| parts.retain(|(uri, _)| uri != "/Ekler/ek1.pdf"));
    let other_inner = Forge::v2().swap("/Ekler/ek1.pdf", "signed", "another").zip();
    vec![
        case("H1", Error, set_id(Some(OTHER.into()))),
        case("H1", Warning, set_id(None)),
        case("H1", Note, set_id(Some(ID.to_lowercase()))),
        case("H2", Error, algorithms(&["512"])),
        case("H3", Error, algorithms(&["1", "512"])),
        case("H3", Error, algorithms(&["160", "512"])),
        case(
            "H3",
            Warning,
            Forge::v1()
                .edit(|forge| forge.references("PaketOzeti")[0].algorithms = vec![sha("1")])
                .read(),
        ),
        case(
            "H3",
            Warning,
            Forge::v1()
                .edit(|forge| forge.references("PaketOzeti")[0].algorithms = vec![sha("160")])
                .read(),
        ),
        case(
            "H3",
            Warning,
            Forge::v1()
                .edit(|forge| forge.references("PaketOzeti")[0].algorithms = vec![sha("384")])
                .read(),
        ),
        case("H4", Error, algorithms(&["256", "384"])),
        case("H4", Error, algorithms(&["512", "512"])),
        case("H5", Error, drop_first("PaketOzeti")),
        case(
            "H5",
            Error,
            v2(|forge| forge.references("PaketOzeti").retain(|reference| !reference.uri.contains("Ekler"))),
        ),
        case("H6", Error, drop_first("ParafOzeti")),
        case("H7", Error, drop_first("NihaiOzet")),
        case("H7", Error, Forge::v1().without("/Imzalar/ImzaCades.imz", true).read()),
        with("H8", Error, &["H13"], v2(|forge| forge.references("NihaiOzet").push(external()))),
        case("H9", Error, open(&tampered)),
        case(
            "H9",
            Error,
            v2(|forge| {
                forge.references("PaketOzeti").push(Reference {
                    uri: "/Ekler/yok.pdf".into(),
                    kind: None,
                    ..external()
                })
            }),
        ),
        case("H10", Note, open(&gone)),
        with("H11", Note, &["U22"], open(&left_out_ek1)),
        case(
            "H12",
            Warning,
            v2(|forge| {
                forge.references("PaketOzeti").push(Reference {
                    uri: "/ImzasizEkler/ek2.pdf".into(),
                    kind: None,
                    ..external()
                })
            }),
        ),
        case("H12", Warning, v2(|forge| forge.references("PaketOzeti")[0].kind = Some("baska"))),
        case("H13", Note, v2(|forge| forge.references("PaketOzeti").push(external()))),
        with("H14", Error, &["KEP-2803"], Forge::eyps(2, &Forge::v2(), &other_inner).read()),
    ]
}

fn cases() -> Vec<Case> {
    [
        container_cases(),
        core_cases(),
        metadata_cases(),
        attachment_cases(),
        digest_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn one_fault_makes_exactly_its_rule_speak() {
    let mut wrong = Vec::new();
    for (index, case) in cases().iter().enumerate() {
        let rules: BTreeSet<&str> = case.package.findings.iter().map(|finding| finding.rule.as_str()).collect();
        let expected: BTreeSet<&str> = case.also.iter().copied().chain([case.id]).collect();
        let weight = case
            .package
            .findings
            .iter()
            .find(|finding| finding.rule == case.id)
            .map(|finding| finding.severity);
        if rules != expected || weight != Some(case.severity) {
            let texts: Vec<_> = case
                .package
                .findings
                .iter()
                .map(|f| format!("{} {:?} {}: {}", f.rule, f.severity, f.place, f.text.en))
                .collect();
            wrong.push(format!("#{index} {} {:?}: {texts:#?}", case.id, case.severity));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_tested_at_every_weight() {
    let tested: BTreeSet<(&str, Severity)> = cases().iter().map(|case| (case.id, case.severity)).collect();
    // RIPEMD-160 and the others are in every OpenSSL that we build; KEP-2805 is for one that a distribution cut down.
    for rule in RULES.iter().filter(|rule| rule.id != "KEP-2805") {
        for severity in rule.severities {
            assert!(tested.contains(&(rule.id, *severity)), "{} {severity:?} has no case", rule.id);
        }
    }
}

#[test]
fn the_catalogue_holds_the_whole_list_once() {
    let series = |letter: &'static str, count: usize| (1..=count).map(move |number| format!("{letter}{number}"));
    let expected: BTreeSet<String> = series("C", 18)
        .chain(series("R", 7))
        .chain(series("U", 33))
        .chain(series("H", 14))
        .collect();
    let listed: Vec<&str> = RULES.iter().map(|rule| rule.id).filter(|id| !id.starts_with("KEP-")).collect();
    assert_eq!(listed.len(), expected.len());
    assert_eq!(listed.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    assert!(
        RULES
            .iter()
            .all(|rule| !rule.asks.0.is_empty() && !rule.asks.1.is_empty() && !rule.eras.is_empty())
    );
}

#[test]
fn a_finding_says_what_to_do_next_in_both_languages() {
    for case in cases() {
        for finding in &case.package.findings {
            let rule = catalogue::find(&finding.rule).unwrap();
            assert!(
                rule.severities.contains(&finding.severity),
                "{} is never {:?}",
                finding.rule,
                finding.severity
            );
            assert!(finding.text.tr.trim_end().ends_with(['.', ')']) && finding.text.en.trim_end().ends_with(['.', ')']));
        }
    }
    let error = &Forge::v2().without("/Muhur/MuhurCades.imz", true).read().findings[0];
    assert!(error.text.en.ends_with("ask for the package again."), "{}", error.text.en);
}

#[test]
fn official_codes_stand_beside_ours() {
    let code = |package: &Package, rule: &str| {
        package
            .findings
            .iter()
            .find(|finding| finding.rule == rule)
            .and_then(|finding| finding.official)
    };
    let without = |forge: Forge, uri: &str| forge.without(uri, true).read();
    assert_eq!(code(&without(Forge::v2(), USTVERI), "C8"), Some(2));
    assert_eq!(code(&without(Forge::v2(), "/UstYazi/ustyazi.pdf"), "C8"), Some(6));
    assert_eq!(code(&without(Forge::v2(), "/PaketOzeti/PaketOzeti.xml"), "C8"), Some(25));
    assert_eq!(code(&without(Forge::v1(), HEDEF), "C9"), Some(4));
    assert_eq!(code(&without(Forge::v2(), "/Imzalar/ImzaCades.imz"), "C10"), Some(17));
    assert_eq!(code(&without(Forge::v1(), "/Imzalar/BelgeImza.xml"), "H7"), Some(16));
    let update = || Forge::eypg(&Forge::v2().zip());
    assert_eq!(
        code(&without(update(), "/GuncellemeBilgisi/GuncellemeBilgisi.xml"), "C16"),
        Some(33)
    );
    assert_eq!(code(&without(update(), "/OrijinalPaket/OrijinalPaket.eyp"), "C16"), Some(35));
    for (name, index, expected) in [
        ("PaketOzeti", 0, 3),
        ("PaketOzeti", 1, 7),
        ("ParafOzeti", 0, 27),
        ("ParafOzeti", 1, 26),
        ("NihaiOzet", 0, 19),
        ("NihaiOzet", 1, 21),
    ] {
        let rule = match name {
            "PaketOzeti" => "H5",
            "ParafOzeti" => "H6",
            _ => "H7",
        };
        assert_eq!(
            code(&v2(|forge| drop(forge.references(name).remove(index))), rule),
            Some(expected),
            "{name}[{index}]"
        );
    }
    for (uri, expected) in [("GuncellemeBilgisi", 34), ("OrijinalPaket", 36)] {
        let package = update()
            .edit(|forge| forge.references("NihaiOzet").retain(|reference| !reference.uri.contains(uri)))
            .read();
        assert_eq!(code(&package, "H7"), Some(expected));
    }
}

/// With a comment in the end record, which no reader shows and no digest covers.
fn commented(zip: &[u8], comment: &[u8]) -> Bytes {
    let mut bytes = zip.to_vec();
    let length = bytes.len() - 2;
    bytes[length..].copy_from_slice(&u16::try_from(comment.len()).unwrap().to_le_bytes());
    bytes.extend(comment);
    bytes.into()
}

#[test]
fn bytes_between_the_entries_are_counted_and_descriptors_are_not() {
    use std::io::{Cursor, Write};

    use zip::write::{SimpleFileOptions, ZipWriter};

    // A stream has no sizes in its headers: each entry is followed by a descriptor.
    let mut streamed = ZipWriter::new_stream(Vec::new());
    for name in ["bir.xml", "iki.xml"] {
        streamed.start_file(name, SimpleFileOptions::default()).unwrap();
        streamed.write_all(b"<a/>").unwrap();
    }
    let streamed = streamed.finish().unwrap().into_inner();
    let named = |bytes: Vec<u8>| {
        let package = open(&Bytes::from(bytes));
        package.findings.into_iter().find(|finding| finding.rule == "KEP-2806")
    };
    assert_eq!(named(streamed), None);

    // A stowaway between the first entry and the directory: an entry that the directory does not list.
    let mut plain = ZipWriter::new(Cursor::new(Vec::new()));
    plain.start_file("bir.xml", SimpleFileOptions::default()).unwrap();
    plain.write_all(b"<a/>").unwrap();
    let mut bytes = plain.finish().unwrap().into_inner();
    let directory = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let stowaway = b"PK\x03\x04 stowaway";
    bytes.splice(directory..directory, stowaway.iter().copied());
    let end = bytes.len() - 6;
    let offset = u32::try_from(directory + stowaway.len()).unwrap();
    bytes[end..end + 4].copy_from_slice(&offset.to_le_bytes());
    let finding = named(bytes).unwrap();
    assert!(
        finding
            .text
            .en
            .contains(&format!("{} bytes that belong to no part", stowaway.len())),
        "{}",
        finding.text.en
    );
}
