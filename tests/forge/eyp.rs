//! e-Yazışma packages, v1.3 and v2.0, written part by part as the official .NET API writes them (eyp.md 2 and 3):
//! BOM, CRLF, two-space indent, the order of creation, double digests over the bytes as stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

pub use super::eyp_outer::{encrypted, update};
use super::eyp_xml::Xml;
use super::opc::{BOM, CORE_TYPE, child, xml_part};
pub use super::opc::{Part, escape, guid, opc, opc_entries, part, part_file};
use super::pki::Hash;

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

pub fn targets(generation: u8, parties: &[Institution]) -> String {
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

pub fn core(id: &str, subject: Option<&str>, creator: &str, category: &str, version: &str, created: Option<&str>) -> Part {
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
