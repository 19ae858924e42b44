//! e-Yazışma packages, v1.3 and v2.0, written part by part as the official .NET API writes them (eyp.md 2 and 3):
//! BOM, CRLF, two-space indent, the order of creation, double digests over the bytes as stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::pki::Hash;
use super::zip::{self, Entry};

pub const CORE_TYPE: &str = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
const RELATIONS: &str = "http://eyazisma.dpt/iliskiler/";
const BOM: &str = "\u{feff}";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    V1_3,
    V2_0,
}

#[derive(Clone, Debug, Default)]
pub struct Institution {
    pub name: String,
    /// DETSİS number, 8 digits.
    pub kkk: String,
    pub kep: Option<String>,
    /// BirimKKK: the unit within (v2).
    pub unit: Option<String>,
    pub city: String,
}

#[derive(Clone, Debug)]
pub struct Addressee {
    pub party: Institution,
    /// NRM, ACL, GNL (v1 also IVD).
    pub urgency: String,
    /// GRG or BLG.
    pub distribution: String,
    /// xsd:duration.
    pub due: Option<String>,
    /// Ids of attachments left out of this addressee's copy.
    pub left_out: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum AttachmentKind {
    /// DED in /Ekler (signed) or /ImzasizEkler.
    Inside {
        file: String,
        mime: String,
        bytes: Vec<u8>,
        signed: bool,
    },
    /// HRF.
    External { address: String },
    /// FZK.
    Physical,
}

#[derive(Clone, Debug)]
pub struct Attachment {
    pub id: String,
    pub name: String,
    pub kind: AttachmentKind,
}

#[derive(Clone, Debug)]
pub struct SignerName {
    pub first: String,
    pub last: String,
    pub title: String,
    pub national_id: String,
}

pub type Sealing<'a> = Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>;

/// Everything a package says. `sign`, `initial` and `seal` make a CMS over the bytes they are given.
pub struct Package<'a> {
    pub version: Version,
    /// BelgeId, upper-case GUID.
    pub id: String,
    pub subject: String,
    pub number: String,
    /// xsd:dateTime with +03:00.
    pub date: String,
    pub security: String,
    pub sender: Institution,
    pub addressees: Vec<Addressee>,
    pub letter_name: String,
    pub letter: Vec<u8>,
    pub attachments: Vec<Attachment>,
    /// İlgi: label, number, name.
    pub references: Vec<(String, String, String)>,
    /// SDP code and name (v2).
    pub file_plan: Option<(String, String)>,
    pub signers: Vec<SignerName>,
    pub initial: Option<Sealing<'a>>,
    pub sign: Option<Sealing<'a>>,
    pub seal: Option<Sealing<'a>>,
}

/// A part by its part name; `rel` says how it is reached.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub bytes: Vec<u8>,
    pub mime: String,
    /// Relationship type suffix (or whole type for core), id, and the source part when it is not the package.
    pub rel: (String, String, Option<String>),
}

/// What a tampering test changes between two steps of creation.
pub type Edit<'e> = &'e dyn Fn(&mut Vec<Part>);

impl Package<'_> {
    pub fn build(&self) -> Vec<u8> {
        self.build_with(&|_| {}, &|_| {})
    }

    /// `before_seal` runs when everything but NihaiOzet is there; `after` when all parts are.
    pub fn build_with(&self, before_seal: Edit, after: Edit) -> Vec<u8> {
        let mut parts = self.contents();
        before_seal(&mut parts);
        self.finish(&mut parts);
        after(&mut parts);
        opc(&parts)
    }

    /// The copy for the addressee with this KKK: attachments left out for it are gone, digests stay (KonulmamisEk).
    pub fn build_for(&self, kkk: &str) -> Vec<u8> {
        let left_out: Vec<&String> = self
            .addressees
            .iter()
            .filter(|a| a.party.kkk == kkk)
            .flat_map(|a| &a.left_out)
            .collect();
        self.build_with(&|_| {}, &|parts| {
            parts.retain(|part| !left_out.iter().any(|id| part.rel.1 == format!("IdEk_{id}")));
        })
    }

    fn contents(&self) -> Vec<Part> {
        let mut parts = vec![part(
            &format!("/UstYazi/{}", part_file(&self.letter_name)),
            &self.letter,
            "application/pdf",
            "ustyazi",
            "IdUstYazi",
        )];
        for attachment in &self.attachments {
            let AttachmentKind::Inside { file, mime, bytes, signed } = &attachment.kind else {
                continue;
            };
            let (folder, relation, id) = if *signed {
                ("Ekler", "ek", "IdEk_")
            } else {
                ("ImzasizEkler", "imzasizEk", "IdImzasizEk_")
            };
            parts.push(part(
                &format!("/{folder}/{}", part_file(file)),
                bytes,
                mime,
                relation,
                &format!("{id}{}", attachment.id),
            ));
        }
        parts.push(xml_part("/Ustveri/Ustveri.xml", self.metadata(), "ustveri", "IdUstveri"));
        if self.version == Version::V1_3 {
            parts.push(xml_part("/BelgeHedef/BelgeHedef.xml", self.targets(), "belgehedef", "IdBelgeHedef"));
        }
        if let Some(initial) = &self.initial {
            parts.push(xml_part(
                "/ParafOzeti/ParafOzeti.xml",
                self.digests("ParafOzeti", &parts, &["ustveri", "ustyazi", "ek"]),
                "parafozeti",
                "IdParafOzeti",
            ));
            let cms = initial(&parts[parts.len() - 1].bytes);
            parts.push(child(
                "/Paraflar/ParafImzaCades.imz",
                cms,
                "parafimzacades",
                "IdParafImzaCades",
                "/ParafOzeti/ParafOzeti.xml",
            ));
        }
        let covered: &[&str] = match self.version {
            Version::V1_3 => &["ustveri", "belgehedef", "ustyazi", "ek"],
            Version::V2_0 => &["ustveri", "ustyazi", "parafozeti", "parafimzacades", "ek"],
        };
        parts.push(xml_part(
            "/PaketOzeti/PaketOzeti.xml",
            self.digests("PaketOzeti", &parts, covered),
            "paketozeti",
            "IdPaketOzeti",
        ));
        if let Some(sign) = &self.sign {
            let cms = sign(&parts[parts.len() - 1].bytes);
            parts.push(child(
                "/Imzalar/ImzaCades.imz",
                cms,
                "imzacades",
                "IdImzaCades",
                "/PaketOzeti/PaketOzeti.xml",
            ));
        }
        match self.version {
            Version::V1_3 => parts.push(xml_part("/Imzalar/BelgeImza.xml", self.signatures_v1(), "belgeimza", "IdBelgeImza")),
            Version::V2_0 => parts.push(xml_part(
                "/NihaiUstveri/NihaiUstveri.xml",
                self.final_metadata(),
                "nihaiustveri",
                "IdNihaiUstveri",
            )),
        }
        let version = if self.version == Version::V1_3 { "1.3" } else { "2.0" };
        parts.push(core(
            &self.id,
            Some(&self.subject),
            &self.creator(),
            "RESMIYAZISMA",
            version,
            Some(&self.date),
        ));
        parts
    }

    fn finish(&self, parts: &mut Vec<Part>) {
        let covered: &[&str] = match self.version {
            Version::V1_3 => &[
                "ustveri",
                "belgehedef",
                "ustyazi",
                "ek",
                "belgeimza",
                "paketozeti",
                "imzacades",
                CORE_TYPE,
            ],
            Version::V2_0 => &[
                "ustveri",
                "ustyazi",
                "parafozeti",
                "parafimzacades",
                "paketozeti",
                "imzacades",
                "nihaiustveri",
                "ek",
                CORE_TYPE,
            ],
        };
        let digest = xml_part(
            "/NihaiOzet/NihaiOzet.xml",
            self.digests("NihaiOzet", parts, covered),
            "nihaiozet",
            "IdNihaiOzet",
        );
        parts.push(digest);
        if let Some(seal) = &self.seal {
            let cms = seal(&parts[parts.len() - 1].bytes);
            let place = if self.version == Version::V1_3 {
                "/Muhurler/MuhurCades.imz"
            } else {
                "/Muhur/MuhurCades.imz"
            };
            parts.push(child(place, cms, "muhurcades", "IdMuhurCades", "/NihaiOzet/NihaiOzet.xml"));
        }
    }

    fn generation(&self) -> u8 {
        if self.version == Version::V1_3 { 1 } else { 2 }
    }

    fn creator(&self) -> String {
        match self.version {
            Version::V1_3 => self.sender.name.clone(),
            Version::V2_0 => format!("{}/{}", self.sender.name, self.sender.kkk),
        }
    }

    fn digests(&self, root: &str, parts: &[Part], covered: &[&str]) -> String {
        let referenced = covered.iter().flat_map(|kind| parts.iter().filter(move |part| part.rel.0 == *kind));
        digest_document(self.generation(), root, &self.id, referenced)
    }

    fn metadata(&self) -> String {
        let v1 = self.version == Version::V1_3;
        let root = if v1 { "Ustveri" } else { "UstVeri" };
        let mut x = Xml::new(self.generation());
        x.leaf("BelgeId", &self.id).leaf("Konu", &self.subject);
        if v1 {
            x.leaf("Tarih", &self.date).leaf("BelgeNo", &self.number);
        }
        x.leaf("GuvenlikKodu", &self.security).leaf("MimeTuru", "application/pdf");
        x.open("DagitimListesi");
        for addressee in &self.addressees {
            x.open("Dagitim");
            x.party(&addressee.party);
            x.leaf("Ivedilik", &addressee.urgency).leaf("DagitimTuru", &addressee.distribution);
            x.optional("Miat", addressee.due.as_deref());
            if !addressee.left_out.is_empty() {
                x.open("KonulmamisEkListesi");
                addressee.left_out.iter().for_each(|id| {
                    x.open("KonulmamisEk").leaf("EkId", id).close("KonulmamisEk");
                });
                x.close("KonulmamisEkListesi");
            }
            x.close("Dagitim");
        }
        x.close("DagitimListesi");
        if !self.attachments.is_empty() {
            x.open("Ekler");
            for (i, attachment) in self.attachments.iter().enumerate() {
                x.attachment(i + 1, attachment);
            }
            x.close("Ekler");
        }
        if !self.references.is_empty() {
            x.open("Ilgiler");
            for (i, (label, number, name)) in self.references.iter().enumerate() {
                x.open("Ilgi")
                    .raw(&format!("<Id Value=\"{}\" />", guid(&format!("{}ilgi{i}", self.id))));
                x.leaf("BelgeNo", number).leaf("Etiket", label).leaf("Ad", name).close("Ilgi");
            }
            x.close("Ilgiler");
        }
        x.leaf("Dil", "tur")
            .open("Olusturan")
            .party(&self.sender)
            .close("Olusturan")
            .leaf("DosyaAdi", &self.letter_name);
        if let Some((code, name)) = self.file_plan.as_ref().filter(|_| !v1) {
            x.open("SdpBilgisi")
                .open("AnaSdp")
                .leaf("Kod", code)
                .leaf("Ad", name)
                .close("AnaSdp")
                .close("SdpBilgisi");
        }
        if !v1 {
            x.open("DogrulamaBilgisi")
                .leaf("DogrulamaAdresi", "https://dogrulama.example.invalid/belge")
                .close("DogrulamaBilgisi");
        }
        x.finish(root, "Ustveri")
    }

    fn final_metadata(&self) -> String {
        let mut x = Xml::new(2);
        x.leaf("Tarih", &self.date).leaf("BelgeNo", &self.number).open("BelgeImzalar");
        self.signers.iter().for_each(|signer| x.signer(signer, &self.date));
        x.close("BelgeImzalar");
        x.finish("NihaiUstVeri", "NihaiUstveri")
    }

    fn signatures_v1(&self) -> String {
        let mut x = Xml::new(1);
        x.open("ImzaListesi");
        self.signers.iter().for_each(|signer| x.signer(signer, &self.date));
        x.close("ImzaListesi");
        x.finish("BelgeImza", "BelgeImza")
    }

    fn targets(&self) -> String {
        targets(
            self.generation(),
            &self.addressees.iter().map(|a| a.party.clone()).collect::<Vec<_>>(),
        )
    }
}

fn targets(generation: u8, parties: &[Institution]) -> String {
    let mut x = Xml::new(generation);
    x.open("HedefListesi");
    for party in parties {
        x.open("Hedef").party(party).close("Hedef");
    }
    x.close("HedefListesi");
    x.finish("BelgeHedef", "BelgeHedef")
}

/// PaketOzeti, ParafOzeti or NihaiOzet over `parts`, in their order.
pub fn digest_document<'p>(generation: u8, root: &str, id: &str, parts: impl Iterator<Item = &'p Part>) -> String {
    let item = |hash: Hash, uri: &str, bytes: &[u8], indent: &str| {
        let value = BASE64.encode(hash.of(bytes));
        format!("{indent}<DigestMethod Algorithm=\"{uri}\" />\r\n{indent}<DigestValue>{value}</DigestValue>\r\n")
    };
    let mut body = String::new();
    for part in parts {
        body += &format!(
            "  <Reference URI=\"{}\" Type=\"http://eyazisma.dpt/bilesen#dahili\" xmlns=\"urn:dpt:eyazisma:schema:xsd:PaketOzeti-{generation}\">\r\n",
            escape(&part.name)
        );
        if generation == 1 {
            body += &item(Hash::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256", &part.bytes, "    ");
        } else {
            for (hash, uri) in [
                (Hash::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
                (Hash::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
            ] {
                body += &format!(
                    "    <DigestItem>\r\n{}    </DigestItem>\r\n",
                    item(hash, uri, &part.bytes, "      ")
                );
            }
        }
        body += "  </Reference>\r\n";
    }
    format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<{root} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" Id=\"{id}\" xmlns=\"urn:dpt:eyazisma:schema:xsd:{root}-{generation}\">\r\n{body}</{root}>"
    )
}

/// `.eyps`: `cms` is the inner package encrypted; `copy` the inner package's NihaiOzet (v2) or PaketOzeti (v1).
pub fn encrypted(version: Version, sender: &Institution, addressees: &[Institution], copy: &[u8], cms: Vec<u8>, seed: &str) -> Vec<u8> {
    let content = guid(&format!("{seed}icerik"));
    let (generation, name, number) = match version {
        Version::V1_3 => (1, format!("/SifreliIcerik/{content}.eyp"), "1.3"),
        Version::V2_0 => (2, format!("/SifreliIcerik/{content}"), "2.0"),
    };
    let digest = match version {
        Version::V1_3 => part("/PaketOzeti/PaketOzeti.xml", copy, "application/xml", "paketozeti", "IdPaketOzeti"),
        Version::V2_0 => part("/NihaiOzet/NihaiOzet.xml", copy, "application/xml", "nihaiozet", "IdNihaiOzet"),
    };
    let namespace = if generation == 1 { "SifreliIcerikBilgisi-1" } else { "Tipler-2" };
    let info = format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<SifreliIcerikBilgisi Id=\"\" \
         Yontem=\"Elektronik Belgeleri Açık Anahtar Altyapısı Kullanarak Güvenli İşleme Rehberi\" Version=\"1.4\" \
         xmlns=\"urn:dpt:eyazisma:schema:xsd:{namespace}\">\r\n  <URI>http://www.kamusm.gov.tr/dokumanlar/belgeler</URI>\r\n\
         \u{20} <URI>http://www.e-yazisma.gov.tr/SitePages/dokumanlar.aspx</URI>\r\n</SifreliIcerikBilgisi>"
    );
    let creator = if generation == 1 {
        sender.name.clone()
    } else {
        format!("{}/{}", sender.name, sender.kkk)
    };
    opc(&[
        part(&name, &cms, "application/pkcs7-mime", "sifreliicerik", "IdSifreliIcerik"),
        xml_part(
            "/SifreliIcerikBilgisi/SifreliIcerikBilgisi.xml",
            info,
            "sifreliicerikbilgisi",
            "IdSifreliIcerikBilgisi",
        ),
        xml_part(
            "/BelgeHedef/BelgeHedef.xml",
            targets(generation, addressees),
            "belgehedef",
            "IdBelgeHedef",
        ),
        digest,
        core(&guid(&format!("{seed}core")), None, &creator, "RESMIYAZISMA/SIFRELI", number, None),
    ])
}

/// `.eypg`: `original` with a new security code, sealed.
pub fn update(original: &[u8], sender: &Institution, new_security: &str, date: &str, seal: Sealing, seed: &str) -> Vec<u8> {
    let id = guid(&format!("{seed}guncelleme"));
    let mut x = Xml::new(2);
    x.open("Guncellemeler")
        .leaf("GuncellemeTuru", "GuvenlikKodu")
        .open("GuvenlikKoduDegisiklikBilgisi");
    x.leaf("YeniGizlilikDerecesi", new_security).leaf("DegistirmeTarihi", date);
    x.leaf("Aciklama", "Gizlilik derecesi komisyon kararıyla değiştirilmiştir.");
    x.leaf("KomisyonKarariBelgeNo", "E-24301050-010.06-77")
        .leaf("KomisyonKarariBelgeId", &guid(&format!("{seed}karar")));
    x.close("GuvenlikKoduDegisiklikBilgisi").close("Guncellemeler");
    let mut parts = vec![
        xml_part(
            "/GuncellemeBilgisi/GuncellemeBilgisi.xml",
            x.finish_same_namespace("GuncellemeBilgisi"),
            "guncellemebilgisi",
            "IdGuncellemeBilgisi",
        ),
        part(
            "/OrijinalPaket/OrijinalPaket.eyp",
            original,
            "application/x-zip-compressed",
            "orijinalpaket",
            "IdOrijinalPaket",
        ),
        core(
            &id,
            Some("Gizlilik derecesi değişikliği"),
            &format!("{}/{}", sender.name, sender.kkk),
            "RESMIYAZISMA/GUNCELLEME",
            "2.1",
            Some(date),
        ),
    ];
    let digest = digest_document(2, "NihaiOzet", &id, parts.iter());
    parts.push(xml_part("/NihaiOzet/NihaiOzet.xml", digest, "nihaiozet", "IdNihaiOzet"));
    let cms = seal(&parts[parts.len() - 1].bytes);
    parts.push(child(
        "/Muhur/MuhurCades.imz",
        cms,
        "muhurcades",
        "IdMuhurCades",
        "/NihaiOzet/NihaiOzet.xml",
    ));
    opc(&parts)
}

fn core(id: &str, subject: Option<&str>, creator: &str, category: &str, version: &str, created: Option<&str>) -> Part {
    let name: String = guid(&format!("{id}core")).to_lowercase().replace('-', "");
    let created = created
        .map(|at| format!("<dcterms:created xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:created>"))
        .unwrap_or_default();
    let subject = subject
        .map(|s| format!("<dc:subject>{}</dc:subject>", escape(s)))
        .unwrap_or_default();
    let xml = format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?><coreProperties xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\"><dc:identifier>{id}</dc:identifier>{created}\
         <dc:creator>{}</dc:creator>{subject}<category>{category}</category><contentType>application/eyazisma</contentType>\
         <version>{version}</version><revision>DotNet/0.0.0.0</revision></coreProperties>",
        escape(creator)
    );
    Part {
        mime: "application/vnd.openxmlformats-package.core-properties+xml".into(),
        ..part(
            &format!("/package/services/metadata/core-properties/{name}.psmdcp"),
            xml.as_bytes(),
            "",
            CORE_TYPE,
            &format!("R{}", &name[..16]),
        )
    }
}

pub fn part(name: &str, bytes: &[u8], mime: &str, relation: &str, id: &str) -> Part {
    Part {
        name: name.into(),
        bytes: bytes.to_vec(),
        mime: mime.into(),
        rel: (relation.into(), id.into(), None),
    }
}

fn xml_part(name: &str, xml: String, relation: &str, id: &str) -> Part {
    part(name, xml.as_bytes(), "application/xml", relation, id)
}

fn child(name: &str, bytes: Vec<u8>, relation: &str, id: &str, source: &str) -> Part {
    let mut child = part(name, &bytes, "application/octet-stream", relation, id);
    child.rel.2 = Some(source.into());
    child
}

/// The package as ZIP: parts, their relationships, and `[Content_Types].xml` last, as the samples have it.
pub fn opc(parts: &[Part]) -> Vec<u8> {
    zip::write(&opc_entries(parts))
}

pub fn opc_entries(parts: &[Part]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = parts
        .iter()
        .map(|part| Entry::new(part.name.trim_start_matches('/'), part.bytes.clone()))
        .collect();
    let root: Vec<&Part> = parts.iter().filter(|part| part.rel.2.is_none()).collect();
    entries.push(Entry::new("_rels/.rels", relationships(&root, false)));
    let mut sources: Vec<&String> = parts.iter().filter_map(|part| part.rel.2.as_ref()).collect();
    sources.dedup();
    for source in sources {
        let children: Vec<&Part> = parts.iter().filter(|part| part.rel.2.as_ref() == Some(source)).collect();
        let (folder, file) = source.rsplit_once('/').unwrap();
        entries.push(Entry::new(
            &format!("{}/_rels/{file}.rels", folder.trim_start_matches('/')),
            relationships(&children, true),
        ));
    }
    entries.push(Entry::new("[Content_Types].xml", content_types(parts)));
    entries
}

fn relationships(parts: &[&Part], relative: bool) -> String {
    let one = |part: &&Part| {
        let (relation, id, _) = &part.rel;
        let kind = if relation.contains("://") {
            relation.clone()
        } else {
            format!("{RELATIONS}{relation}")
        };
        let target = if relative { format!("..{}", part.name) } else { part.name.clone() };
        format!("<Relationship Type=\"{kind}\" Target=\"{}\" Id=\"{id}\" />", escape(&target))
    };
    let all: String = parts.iter().map(one).collect();
    format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{all}</Relationships>"
    )
}

/// A Default for the first type of each extension, an Override for what differs: the rule of System.IO.Packaging.
fn content_types(parts: &[Part]) -> String {
    let mut defaults: Vec<(String, &str)> = vec![];
    let mut overrides = String::new();
    for part in parts {
        let file = part.name.rsplit('/').next().unwrap();
        let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        let known = extension
            .as_ref()
            .and_then(|e| defaults.iter().find(|(name, _)| name == e))
            .map(|(_, mime)| *mime);
        match (extension, known) {
            (Some(_), Some(mime)) if mime == part.mime => {}
            (Some(extension), None) => defaults.push((extension, &part.mime)),
            _ => overrides += &format!("<Override PartName=\"{}\" ContentType=\"{}\" />", escape(&part.name), part.mime),
        }
    }
    defaults.push(("rels".into(), "application/vnd.openxmlformats-package.relationships+xml"));
    let defaults: String = defaults
        .iter()
        .map(|(e, mime)| format!("<Default Extension=\"{e}\" ContentType=\"{mime}\" />"))
        .collect();
    format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{defaults}{overrides}</Types>"
    )
}

/// The official writer's file name: Turkish letters folded, the rest of non-ASCII and all white space deleted, then URI escaping.
pub fn part_file(name: &str) -> String {
    let fold = |c: char| match c {
        'ç' => 'c',
        'Ç' => 'C',
        'ğ' => 'g',
        'Ğ' => 'G',
        'ı' => 'i',
        'İ' => 'I',
        'ö' => 'o',
        'Ö' => 'O',
        'ş' => 's',
        'Ş' => 'S',
        'ü' => 'u',
        'Ü' => 'U',
        other => other,
    };
    let kept = name.chars().map(fold).filter(|c| ('!'..='~').contains(c));
    kept.map(|c| {
        if "#%<>\"{}|\\^`[]".contains(c) {
            format!("%{:02X}", c as u32)
        } else {
            c.to_string()
        }
    })
    .collect()
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A GUID in upper case that depends on `seed` only.
pub fn guid(seed: &str) -> String {
    let hash = hex::encode_upper(&Hash::Sha256.of(seed.as_bytes())[..16]);
    format!(
        "{}-{}-4{}-A{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..]
    )
}

/// Writes the children of an e-Yazışma root: each top-level child repeats the Tipler namespace, as the .NET serialiser does.
struct Xml {
    generation: u8,
    depth: usize,
    text: String,
}

impl Xml {
    fn new(generation: u8) -> Self {
        Self {
            generation,
            depth: 1,
            text: String::new(),
        }
    }

    fn start(&self, name: &str) -> String {
        let namespace = if self.depth == 1 {
            format!(" xmlns=\"urn:dpt:eyazisma:schema:xsd:Tipler-{}\"", self.generation)
        } else {
            String::new()
        };
        format!("{}<{name}{namespace}", "  ".repeat(self.depth))
    }

    fn open(&mut self, name: &str) -> &mut Self {
        self.text += &format!("{}>\r\n", self.start(name));
        self.depth += 1;
        self
    }

    fn close(&mut self, name: &str) -> &mut Self {
        self.depth -= 1;
        self.text += &format!("{}</{name}>\r\n", "  ".repeat(self.depth));
        self
    }

    fn leaf(&mut self, name: &str, value: &str) -> &mut Self {
        self.text += &format!("{}>{}</{name}>\r\n", self.start(name), escape(value));
        self
    }

    fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.leaf(name, value);
        }
        self
    }

    fn raw(&mut self, xml: &str) -> &mut Self {
        self.text += &format!("{}{xml}\r\n", "  ".repeat(self.depth));
        self
    }

    fn party(&mut self, party: &Institution) -> &mut Self {
        self.open("KurumKurulus")
            .leaf("KKK", &party.kkk)
            .leaf("Adi", &party.name)
            .open("IletisimBilgisi");
        if self.generation == 2 {
            self.optional("KepAdresi", party.kep.as_deref());
        }
        self.leaf("Il", &party.city).leaf("Ulke", "Türkiye").close("IletisimBilgisi");
        if self.generation == 2 {
            self.optional("BirimKKK", party.unit.as_deref());
        }
        self.close("KurumKurulus")
    }

    fn signer(&mut self, signer: &SignerName, date: &str) {
        self.open("Imza").open("Imzalayan").open("Kisi");
        self.leaf("IlkAdi", &signer.first).leaf("Soyadi", &signer.last).close("Kisi");
        self.leaf("TCKN", &signer.national_id)
            .leaf("Gorev", &signer.title)
            .close("Imzalayan");
        self.leaf("Makam", &signer.title)
            .leaf("Amac", "Onay")
            .leaf("Tarih", date)
            .close("Imza");
    }

    fn attachment(&mut self, order: usize, attachment: &Attachment) {
        let (kind, file, mime, address, signed) = match &attachment.kind {
            AttachmentKind::Inside { file, mime, signed, .. } => ("DED", Some(file), Some(mime), None, *signed),
            AttachmentKind::External { address } => ("HRF", None, None, Some(address), false),
            AttachmentKind::Physical => ("FZK", None, None, None, false),
        };
        self.open("Ek")
            .raw(&format!("<Id Value=\"{}\" />", attachment.id))
            .leaf("Tur", kind);
        self.optional("DosyaAdi", file.map(String::as_str))
            .optional("MimeTuru", mime.map(String::as_str));
        self.leaf("Ad", &attachment.name)
            .leaf("SiraNo", &order.to_string())
            .optional("Referans", address.map(String::as_str));
        self.leaf("ImzaliMi", if signed { "true" } else { "false" }).close("Ek");
    }

    fn finish(&self, root: &str, document: &str) -> String {
        self.wrap(root, &format!("{document}-{}", self.generation))
    }

    fn finish_same_namespace(&self, root: &str) -> String {
        self.wrap(root, &format!("Tipler-{}", self.generation))
    }

    fn wrap(&self, root: &str, namespace: &str) -> String {
        format!(
            "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<{root} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:dpt:eyazisma:schema:xsd:{namespace}\">\r\n{}</{root}>",
            self.text
        )
    }
}
