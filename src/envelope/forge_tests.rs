//! A small package writer for the tests: valid packages of every kind, of which a test breaks exactly one thing.
//!
//! A [`Forge`] holds the parts that a sender would fill in. `edit` changes them *before* the digests are made (the sender's fault);
//! `tamper` changes the finished parts afterwards (somebody else's).

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use openssl::hash::{MessageDigest, hash};
use zip::write::SimpleFileOptions;

use super::{Package, Receiver, read};
use crate::limits::Limits;

pub const ID: &str = "4F9E2E9B-F4E6-4428-8F99-2E0A0D1D42D9";
pub const EK1: &str = "48ECB045-06C5-43DA-BACE-50BA73A8D129";
pub const EK2: &str = "BB42DC69-7DE1-40E0-9997-4AEE7427D984";
pub const ILGI: &str = "76C7FD89-40F5-4F0D-AB41-CDC215B39EB6";
pub const US: &str = "24301050";
pub const PDF: &str = "%PDF-1.4\n<x:xmpmeta xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" pdfaid:part=\"1\"/>\n%%EOF\n";
const RELATIONSHIPS: &str = "http://eyazisma.dpt/iliskiler/";
const CORE_PART: &str = "/package/services/metadata/core-properties/9b794a10a0ba4f5f8afc8738116c094c.psmdcp";

/// What a Reference is made of.
#[derive(Clone)]
pub struct Reference {
    pub uri: String,
    pub kind: Option<&'static str>,
    pub algorithms: Vec<&'static str>,
}

#[derive(Clone)]
pub struct Relationship {
    pub source: String,
    pub kind: String,
    pub target: String,
    pub id: String,
}

#[derive(Clone)]
pub struct Forge {
    pub major: u8,
    /// Parts in order, özet documents excepted: they are made when the package is built.
    pub parts: Vec<(String, Vec<u8>)>,
    pub relationships: Vec<Relationship>,
    pub defaults: Vec<(String, String)>,
    pub overrides: Vec<(String, String)>,
    /// Özet documents: part name, root, root Id, references.
    pub digests: Vec<(String, &'static str, Option<String>, Vec<Reference>)>,
}

pub fn sha(name: &str) -> &'static str {
    match name {
        "1" => "http://www.w3.org/2000/09/xmldsig#sha1",
        "160" => "http://www.w3.org/2001/04/xmlenc#ripemd160",
        "256" => "http://www.w3.org/2001/04/xmlenc#sha256",
        "384" => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        _ => "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

pub fn digest(algorithm: &str, bytes: &[u8]) -> Vec<u8> {
    let kind = match algorithm.rsplit('#').next().unwrap() {
        "sha1" => MessageDigest::sha1(),
        "ripemd160" => MessageDigest::from_name("RIPEMD160").unwrap(),
        "sha256" => MessageDigest::sha256(),
        "sha384" => MessageDigest::sha384(),
        _ => MessageDigest::sha512(),
    };
    hash(kind, bytes).unwrap().to_vec()
}

impl Forge {
    fn empty(major: u8) -> Self {
        let default = |extension: &str, kind: &str| (extension.to_owned(), kind.to_owned());
        Self {
            major,
            parts: Vec::new(),
            relationships: Vec::new(),
            defaults: vec![
                default("xml", "application/xml"),
                default("pdf", "application/pdf"),
                default("imz", "application/octet-stream"),
                default("rels", "application/vnd.openxmlformats-package.relationships+xml"),
                default("psmdcp", "application/vnd.openxmlformats-package.core-properties+xml"),
            ],
            overrides: Vec::new(),
            digests: Vec::new(),
        }
    }

    /// A whole 2.0 package: letter, a signed and an unsigned attachment, an Ilgi, initials, signature, seal.
    pub fn v2() -> Self {
        let mut forge = Self::empty(2);
        forge.letter_and_attachments();
        forge.linked("/Ustveri/Ustveri.xml", "ustveri", "IdUstveri", document_xml(2));
        forge.linked("/NihaiUstveri/NihaiUstveri.xml", "nihaiustveri", "IdNihaiUstveri", final_xml());
        forge.hanging(
            "/Paraflar/ParafImzaCades.imz",
            "/ParafOzeti/ParafOzeti.xml",
            "parafimzacades",
            "IdParafImzaCades",
        );
        forge.hanging("/Imzalar/ImzaCades.imz", "/PaketOzeti/PaketOzeti.xml", "imzacades", "IdImzaCades");
        forge.hanging("/Muhur/MuhurCades.imz", "/NihaiOzet/NihaiOzet.xml", "muhurcades", "IdMuhurCades");
        forge.core("RESMIYAZISMA", "2.0", ID, "Konu");
        forge.digest(
            "ParafOzeti",
            ID,
            &["/Ustveri/Ustveri.xml", "/UstYazi/ustyazi.pdf", "/Ekler/ek1.pdf"],
        );
        let package = [
            "/Ustveri/Ustveri.xml",
            "/UstYazi/ustyazi.pdf",
            "/ParafOzeti/ParafOzeti.xml",
            "/Paraflar/ParafImzaCades.imz",
            "/Ekler/ek1.pdf",
        ];
        forge.digest("PaketOzeti", ID, &package);
        let last = [
            "/PaketOzeti/PaketOzeti.xml",
            "/Imzalar/ImzaCades.imz",
            "/NihaiUstveri/NihaiUstveri.xml",
            CORE_PART,
        ];
        forge.digest("NihaiOzet", ID, &[package.as_slice(), &last].concat());
        forge
    }

    /// A whole 1.3 package, sealed.
    pub fn v1() -> Self {
        let mut forge = Self::empty(1);
        forge.letter_and_attachments();
        forge.linked("/Ustveri/Ustveri.xml", "ustveri", "IdUstveri", document_xml(1));
        forge.linked("/BelgeHedef/BelgeHedef.xml", "belgehedef", "IdBelgeHedef", targets_xml(1));
        forge.linked("/Imzalar/BelgeImza.xml", "belgeimza", "IdBelgeImza", signers_xml());
        forge.hanging("/Imzalar/ImzaCades.imz", "/PaketOzeti/PaketOzeti.xml", "imzacades", "IdImzaCades");
        forge.hanging("/Muhurler/MuhurCades.imz", "/NihaiOzet/NihaiOzet.xml", "muhurcades", "IdMuhurCades");
        forge.core("RESMIYAZISMA", "1.3", ID, "Konu");
        let package = [
            "/Ustveri/Ustveri.xml",
            "/BelgeHedef/BelgeHedef.xml",
            "/UstYazi/ustyazi.pdf",
            "/Ekler/ek1.pdf",
        ];
        forge.digest("PaketOzeti", ID, &package);
        let last = [
            "/Imzalar/BelgeImza.xml",
            "/PaketOzeti/PaketOzeti.xml",
            "/Imzalar/ImzaCades.imz",
            CORE_PART,
        ];
        forge.digest("NihaiOzet", ID, &[package.as_slice(), &last].concat());
        forge
    }

    /// An encrypted package around `content`; the digest copy is that of the inner package.
    pub fn eyps(major: u8, inner: &Self, content: &[u8]) -> Self {
        let mut forge = Self::empty(major);
        let part = format!("/SifreliIcerik/{EK1}{}", if major < 2 { ".eyp" } else { "" });
        forge.linked(&part, "sifreliicerik", "IdSifreliIcerik", content.to_vec());
        forge.overrides.push((part, "application/pkcs7-mime".into()));
        let namespace = if major < 2 { "SifreliIcerikBilgisi-1" } else { "Tipler-2" };
        let info = format!(
            "<SifreliIcerikBilgisi xmlns=\"urn:dpt:eyazisma:schema:xsd:{namespace}\" Id=\"\" Version=\"1.4\" Yontem=\"x\"><URI>http://x.tr/</URI></SifreliIcerikBilgisi>"
        );
        forge.linked(
            "/SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml",
            "sifreliicerikbilgisi",
            "IdSifreliIcerikBilgisi",
            info,
        );
        forge.linked("/BelgeHedef/BelgeHedef.xml", "belgehedef", "IdBelgeHedef", targets_xml(major));
        let name = if major < 2 { "PaketOzeti" } else { "NihaiOzet" };
        let uri = format!("/{name}/{name}.xml");
        let copy = inner.finished().into_iter().find(|(part, _)| *part == uri).unwrap().1;
        forge.linked(&uri, &name.to_lowercase(), &format!("Id{name}"), copy);
        forge.core("RESMIYAZISMA/SIFRELI", if major < 2 { "1.3" } else { "2.0" }, ILGI, "");
        forge
    }

    /// An update package that makes the classification of `original` HZO.
    pub fn eypg(original: &[u8]) -> Self {
        let mut forge = Self::empty(2);
        forge.defaults.push(("eyp".into(), "application/x-zip-compressed".into()));
        forge.linked(
            "/OrijinalPaket/OrijinalPaket.eyp",
            "orijinalpaket",
            "IdOrijinalPaket",
            original.to_vec(),
        );
        forge.linked(
            "/GuncellemeBilgisi/GuncellemeBilgisi.xml",
            "guncellemebilgisi",
            "IdGuncellemeBilgisi",
            update_xml(),
        );
        forge.hanging("/Muhur/MuhurCades.imz", "/NihaiOzet/NihaiOzet.xml", "muhurcades", "IdMuhurCades");
        forge.core("RESMIYAZISMA/GUNCELLEME", "2.1", EK2, "Konu");
        forge.digest(
            "NihaiOzet",
            EK2,
            &[
                "/GuncellemeBilgisi/GuncellemeBilgisi.xml",
                "/OrijinalPaket/OrijinalPaket.eyp",
                CORE_PART,
            ],
        );
        forge
    }

    fn letter_and_attachments(&mut self) {
        self.linked("/UstYazi/ustyazi.pdf", "ustyazi", "IdUstYazi", PDF);
        self.linked("/Ekler/ek1.pdf", "ek", &format!("IdEk_{EK1}"), "signed attachment");
        self.linked(
            "/ImzasizEkler/ek2.pdf",
            "imzasizEk",
            &format!("IdImzasizEk_{EK2}"),
            "unsigned attachment",
        );
    }

    /// A part with a package-level relationship.
    pub fn linked(&mut self, uri: &str, kind: &str, id: &str, bytes: impl Into<Vec<u8>>) {
        self.parts.push((uri.into(), bytes.into()));
        self.relate("/", kind, uri, id);
    }

    fn hanging(&mut self, uri: &str, source: &str, kind: &str, id: &str) {
        self.parts.push((uri.into(), b"CMS".to_vec()));
        self.relate(source, kind, &format!("..{uri}"), id);
    }

    pub fn relate(&mut self, source: &str, kind: &str, target: &str, id: &str) {
        self.relationships.push(Relationship {
            source: source.into(),
            kind: format!("{RELATIONSHIPS}{kind}"),
            target: target.into(),
            id: id.into(),
        });
    }

    fn core(&mut self, category: &str, version: &str, identifier: &str, subject: &str) {
        let subject = if subject.is_empty() {
            String::new()
        } else {
            format!("<dc:subject>{subject}</dc:subject>")
        };
        let xml = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><coreProperties xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\"><dc:identifier>{identifier}</dc:identifier>\
             <dcterms:created xsi:type=\"dcterms:W3CDTF\">2026-05-12T11:23:13.5551251Z</dcterms:created><dc:creator>Kurum/82223362</dc:creator>\
             {subject}<category>{category}</category><contentType>application/eyazisma</contentType><version>{version}</version>\
             <revision>Test/1</revision></coreProperties>"
        );
        self.parts.push((CORE_PART.into(), xml.into()));
        self.relationships.push(Relationship {
            source: "/".into(),
            kind: "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties".into(),
            target: CORE_PART.into(),
            id: "Rc47c4642c5e945fc".into(),
        });
    }

    fn digest(&mut self, name: &'static str, id: &str, uris: &[&str]) {
        let algorithms = if self.major >= 2 {
            vec![sha("384"), sha("512")]
        } else {
            vec![sha("256")]
        };
        let references = uris.iter().map(|uri| Reference {
            uri: (*uri).into(),
            kind: Some("dahili"),
            algorithms: algorithms.clone(),
        });
        self.digests
            .push((format!("/{name}/{name}.xml"), name, Some(id.into()), references.collect()));
        self.relate("/", &name.to_lowercase(), &format!("/{name}/{name}.xml"), &format!("Id{name}"));
    }

    // What a sender gets wrong.

    /// Replaces text in a part, which must hold it.
    pub fn swap(mut self, uri: &str, from: &str, to: &str) -> Self {
        let part = self
            .parts
            .iter_mut()
            .find(|(name, _)| name == uri)
            .unwrap_or_else(|| panic!("no part {uri}"));
        let text = String::from_utf8(part.1.clone()).unwrap();
        assert!(text.contains(from), "{uri} does not hold {from}");
        part.1 = text.replacen(from, to, 1).into_bytes();
        self
    }

    pub fn core_swap(self, from: &str, to: &str) -> Self {
        self.swap(CORE_PART, from, to)
    }

    pub fn edit(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Renames a part everywhere.
    pub fn rename(mut self, from: &str, to: &str) -> Self {
        for (name, _) in &mut self.parts {
            *name = name.replace(from, to);
        }
        for relationship in &mut self.relationships {
            relationship.target = relationship.target.replace(from, to);
        }
        for (_, _, _, references) in &mut self.digests {
            references
                .iter_mut()
                .for_each(|reference| reference.uri = reference.uri.replace(from, to));
        }
        self
    }

    /// Removes a part and its relationships, and its References when `everywhere`.
    pub fn without(mut self, uri: &str, everywhere: bool) -> Self {
        self.parts.retain(|(name, _)| name != uri);
        self.digests.retain(|(name, ..)| name != uri);
        self.relationships
            .retain(|relationship| !relationship.target.ends_with(uri) && relationship.source != uri);
        if everywhere {
            self.digests
                .iter_mut()
                .for_each(|(_, _, _, references)| references.retain(|reference| reference.uri != uri));
        }
        self
    }

    pub fn references(&mut self, name: &str) -> &mut Vec<Reference> {
        &mut self.digests.iter_mut().find(|(_, root, ..)| *root == name).unwrap().3
    }

    pub fn relationship(&mut self, kind: &str) -> &mut Relationship {
        let kind = format!("{RELATIONSHIPS}{kind}");
        self.relationships
            .iter_mut()
            .find(|relationship| relationship.kind == kind)
            .unwrap()
    }

    // Building.

    /// All parts with their bytes: özet documents computed, relationships and content types written.
    pub fn finished(&self) -> Vec<(String, Vec<u8>)> {
        let mut parts = self.parts.clone();
        for (uri, root, id, references) in &self.digests {
            let xml = self.digest_xml(root, id.as_deref(), references, &parts);
            parts.push((uri.clone(), xml.into_bytes()));
        }
        let mut sources: Vec<&str> = self.relationships.iter().map(|relationship| relationship.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let (folder, file) = source.rsplit_once('/').unwrap();
            let items: String = self
                .relationships
                .iter()
                .filter(|relationship| relationship.source == source)
                .map(|r| format!("<Relationship Type=\"{}\" Target=\"{}\" Id=\"{}\"/>", r.kind, r.target, r.id))
                .collect();
            let xml = format!(
                "\u{feff}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{items}</Relationships>"
            );
            parts.push((format!("{folder}/_rels/{file}.rels"), xml.into_bytes()));
        }
        let defaults: String = self
            .defaults
            .iter()
            .map(|(extension, kind)| format!("<Default Extension=\"{extension}\" ContentType=\"{kind}\"/>"))
            .collect();
        let overrides: String = self
            .overrides
            .iter()
            .map(|(part, kind)| format!("<Override PartName=\"{part}\" ContentType=\"{kind}\"/>"))
            .collect();
        let types = format!("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{defaults}{overrides}</Types>");
        parts.push(("/[Content_Types].xml".into(), types.into_bytes()));
        parts
    }

    fn digest_xml(&self, root: &str, id: Option<&str>, references: &[Reference], parts: &[(String, Vec<u8>)]) -> String {
        let major = self.major;
        let items: String = references
            .iter()
            .map(|reference| {
                let nothing = Vec::new();
                let bytes = parts
                    .iter()
                    .find(|(uri, _)| *uri == reference.uri)
                    .map_or(&nothing, |(_, bytes)| bytes);
                let digests: String = reference
                    .algorithms
                    .iter()
                    .map(|algorithm| {
                        let value = STANDARD.encode(digest(algorithm, bytes));
                        let item = format!("<DigestMethod Algorithm=\"{algorithm}\"/><DigestValue>{value}</DigestValue>");
                        if major < 2 {
                            item
                        } else {
                            format!("<DigestItem>{item}</DigestItem>")
                        }
                    })
                    .collect();
                let kind = reference
                    .kind
                    .map_or(String::new(), |kind| format!(" Type=\"http://eyazisma.dpt/bilesen#{kind}\""));
                format!(
                    "<Reference URI=\"{}\"{kind} xmlns=\"urn:dpt:eyazisma:schema:xsd:PaketOzeti-{major}\">{digests}</Reference>",
                    reference.uri
                )
            })
            .collect();
        let id = id.map_or(String::new(), |id| format!(" Id=\"{id}\""));
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<{root}{id} xmlns=\"urn:dpt:eyazisma:schema:xsd:{root}-{major}\">{items}</{root}>"
        )
    }

    pub fn zip(&self) -> Bytes {
        zip_of(&self.finished())
    }

    /// The package with its finished parts changed behind the sender's back.
    pub fn tampered(&self, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Bytes {
        let mut parts = self.finished();
        change(&mut parts);
        zip_of(&parts)
    }

    pub fn read(&self) -> Package {
        open(&self.zip())
    }
}

/// Reads as the institution 24301050, the first addressee.
pub fn open(bytes: &Bytes) -> Package {
    read(bytes, None, &Receiver { kkk: Some(US.into()) }, &Limits::default())
}

pub fn zip_of(parts: &[(String, Vec<u8>)]) -> Bytes {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (index, (uri, bytes)) in parts.iter().enumerate() {
        let method = if index % 3 == 0 {
            zip::CompressionMethod::Stored
        } else {
            zip::CompressionMethod::Deflated
        };
        writer
            .start_file(uri.trim_start_matches('/'), SimpleFileOptions::default().compression_method(method))
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner().into()
}

/// The finished part of that name.
pub fn part_of<'a>(parts: &'a mut [(String, Vec<u8>)], uri: &str) -> &'a mut Vec<u8> {
    &mut parts.iter_mut().find(|(name, _)| name == uri).unwrap().1
}

const INSTITUTION: &str = "<KurumKurulus><KKK>24301050</KKK><Adi>Birinci Kurum</Adi></KurumKurulus>";

/// Ustveri.xml.
pub fn document_xml(major: u8) -> String {
    let (root, security, dates, unit, verification) = if major < 2 {
        (
            "Ustveri",
            "TSD",
            "<Tarih>2026-05-12T14:23:13+03:00</Tarih><BelgeNo>E-24312041-702.03-1</BelgeNo>",
            "",
            "",
        )
    } else {
        let verification = "<SdpBilgisi><AnaSdp><Kod>010.06.01</Kod><Ad>Genelge</Ad><Aciklama/></AnaSdp></SdpBilgisi>\
            <HeyskListesi><Heysk><Kod>999999</Kod><Ad>Hizmet</Ad></Heysk></HeyskListesi>\
            <DogrulamaBilgisi><DogrulamaAdresi>https://www.turkiye.gov.tr/belge-dogrulama</DogrulamaAdresi></DogrulamaBilgisi>";
        ("UstVeri", "YOK", "", "<BirimKKK>82223363</BirimKKK>", verification)
    };
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<u:{root} xmlns:u=\"urn:dpt:eyazisma:schema:xsd:Ustveri-{major}\" \
         xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-{major}\">\
         <BelgeId>{ID}</BelgeId><Konu languageID=\"tr\">Konu</Konu>{dates}<GuvenlikKodu>{security}</GuvenlikKodu>\
         <GuvenlikKoduGecerlilikTarihi>2035-05-12T14:23:10+03:00</GuvenlikKoduGecerlilikTarihi><MimeTuru>application/pdf</MimeTuru>\
         <OzId schemeID=\"GUID\">8CEA7FF7-75F2-4CCF-B3C1-1B9B2054E8E9</OzId><DagitimListesi>\
         <Dagitim>{INSTITUTION}<Ivedilik>NRM</Ivedilik><DagitimTuru>GRG</DagitimTuru></Dagitim>\
         <Dagitim><TuzelSahis><Id schemeID=\"MERSIS\">0123456789012345</Id><Adi>Şirket</Adi></TuzelSahis><Ivedilik>GNL</Ivedilik>\
         <DagitimTuru>BLG</DagitimTuru><Miat>P1D</Miat></Dagitim>\
         <Dagitim><GercekSahis><Kisi><IlkAdi>Deneme</IlkAdi><Soyadi>Kişi</Soyadi></Kisi><TCKN>10000000146</TCKN></GercekSahis>\
         <Ivedilik>NRM</Ivedilik><DagitimTuru>BLG</DagitimTuru></Dagitim></DagitimListesi>\
         <Ekler><Ek><Id Value=\"{EK1}\"/><Tur>DED</Tur><DosyaAdi>ek1.pdf</DosyaAdi><MimeTuru>application/pdf</MimeTuru><SiraNo>1</SiraNo>\
         <ImzaliMi>true</ImzaliMi></Ek>\
         <Ek><Id Value=\"{EK2}\"/><Tur>DED</Tur><DosyaAdi>ek2.pdf</DosyaAdi><MimeTuru>application/pdf</MimeTuru><SiraNo>2</SiraNo>\
         <ImzaliMi>false</ImzaliMi></Ek>\
         <Ek><Id Value=\"64B89C72-1A9B-45F0-B613-0C0D5EDAAE4E\"/><Tur>HRF</Tur><Ad>Dış kaynak</Ad><SiraNo>3</SiraNo>\
         <Referans>http://www.kurum.gov.tr/x.pdf</Referans><Ozet><OzetAlgoritmasi Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
         <OzetDegeri>AAAA</OzetDegeri></Ozet></Ek>\
         <Ek><Id Value=\"12E0130E-E785-467E-90BA-95ED9C930C6E\"/><Tur>FZK</Tur><Ad>CD</Ad><SiraNo>4</SiraNo></Ek></Ekler>\
         <Ilgiler><Ilgi><Id Value=\"{ILGI}\"/><BelgeNo>1</BelgeNo><Tarih>2025-11-05T00:00:00+03:00</Tarih><Etiket>a</Etiket><EkId>{EK1}</EkId></Ilgi></Ilgiler>\
         <Dil>tur</Dil><Olusturan><KurumKurulus><KKK>82223362</KKK><Adi>Gönderen Kurum</Adi><IletisimBilgisi><Telefon>0-312-4036400</Telefon>\
         <EPosta>bilgi@kurum.gov.tr</EPosta></IletisimBilgisi>{unit}</KurumKurulus></Olusturan>\
         <DosyaAdi>ustyazi.pdf</DosyaAdi>{verification}</u:{root}>"
    )
}

const SIGNER: &str =
    "<Imza><Imzalayan><Kisi><IlkAdi>Ayşe</IlkAdi><Soyadi>Örnek</Soyadi></Kisi><TCKN>10000000146</TCKN></Imzalayan><Amac>Onay</Amac></Imza>";

pub fn final_xml() -> String {
    format!(
        "<n:NihaiUstVeri xmlns:n=\"urn:dpt:eyazisma:schema:xsd:NihaiUstveri-2\" xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-2\">\
         <Tarih>2026-05-12T14:23:13.3515207+03:00</Tarih><BelgeNo>E-24312041-702.03-1</BelgeNo><BelgeImzalar>{SIGNER}</BelgeImzalar></n:NihaiUstVeri>"
    )
}

fn signers_xml() -> String {
    format!(
        "<b:BelgeImza xmlns:b=\"urn:dpt:eyazisma:schema:xsd:BelgeImza-1\" xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-1\">\
         <ImzaListesi>{SIGNER}</ImzaListesi></b:BelgeImza>"
    )
}

fn targets_xml(major: u8) -> String {
    format!(
        "<b:BelgeHedef xmlns:b=\"urn:dpt:eyazisma:schema:xsd:BelgeHedef-{major}\" xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-{major}\">\
         <HedefListesi><Hedef>{INSTITUTION}</Hedef></HedefListesi></b:BelgeHedef>"
    )
}

fn update_xml() -> String {
    "<GuncellemeBilgisi xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-2\"><Guncellemeler><GuncellemeTuru>GuvenlikKodu</GuncellemeTuru>\
     <GuvenlikKoduDegisiklikBilgisi><YeniGizlilikDerecesi>HZO</YeniGizlilikDerecesi><DegistirmeTarihi>2026-06-01T00:00:00+03:00</DegistirmeTarihi>\
     <Aciklama>Karar</Aciklama><KomisyonKarariBelgeNo>1</KomisyonKarariBelgeNo><KomisyonKarariBelgeId>1</KomisyonKarariBelgeId>\
     </GuvenlikKoduDegisiklikBilgisi></Guncellemeler></GuncellemeBilgisi>"
        .into()
}
