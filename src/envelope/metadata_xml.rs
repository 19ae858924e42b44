//! From XML to [`Metadata`](super::metadata::Metadata): reads what is there, judges nothing (the rules do).

use roxmltree::Node;

use super::digest::{Algorithm, base64_value};
use super::metadata::*;
use super::{time, xml};

const CORE: &str = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const DCTERMS: &str = "http://purl.org/dc/terms/";

pub(super) fn is_core(root: Node<'_, '_>) -> bool {
    xml::is(root, CORE, "coreProperties")
}

pub(super) fn core(root: Node<'_, '_>) -> CoreProperties {
    let get = |namespace: &str, name: &str| xml::child_text(root, namespace, name);
    CoreProperties {
        identifier: get(DC, "identifier"),
        created: get(DCTERMS, "created"),
        creator: get(DC, "creator"),
        subject: get(DC, "subject"),
        category: get(CORE, "category"),
        content_type: get(CORE, "contentType"),
        version: get(CORE, "version"),
        revision: get(CORE, "revision"),
        description: get(DC, "description"),
        last_printed: get(CORE, "lastPrinted"),
        modified: get(DCTERMS, "modified"),
        last_modified_by: get(CORE, "lastModifiedBy"),
        keywords: get(CORE, "keywords"),
        content_status: get(CORE, "contentStatus"),
        title: get(DC, "title"),
        language: get(DC, "language"),
    }
}

/// Reads elements of one Tipler namespace.
pub(super) struct Reader {
    /// `urn:dpt:eyazisma:schema:xsd:Tipler-1` or `-2`.
    namespace: String,
}

impl Reader {
    pub fn new(major: u8) -> Self {
        Self {
            namespace: format!("urn:dpt:eyazisma:schema:xsd:Tipler-{major}"),
        }
    }

    fn child<'a, 'i>(&self, node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
        xml::child(node, &self.namespace, name)
    }

    fn children<'a, 'i: 'a>(&'a self, node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
        xml::named(node, &self.namespace, name)
    }

    /// The children of a list element: `Ekler`/`Ek`.
    fn list<T>(&self, node: Node<'_, '_>, list: &str, item: &str, read: impl Fn(Node<'_, '_>) -> T) -> Vec<T> {
        self.child(node, list)
            .map(|list| self.children(list, item).map(read).collect())
            .unwrap_or_default()
    }

    fn text(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        xml::child_text(node, &self.namespace, name)
    }

    fn words(&self, node: Node<'_, '_>, name: &str) -> Option<Words> {
        let child = self.child(node, name)?;
        Some(Words {
            text: xml::text(child)?,
            language: xml::attribute(child, "languageID"),
        })
    }

    fn identifier(&self, node: Node<'_, '_>, name: &str) -> Option<Identifier> {
        let child = self.child(node, name)?;
        Some(Identifier {
            value: xml::text(child)?,
            scheme: xml::attribute(child, "schemeID"),
        })
    }

    fn date(&self, node: Node<'_, '_>, name: &str) -> Option<DateTime> {
        let text = self.text(node, name)?;
        Some(DateTime {
            instant: time::parse_date_time(&text),
            text,
        })
    }

    fn boolean(&self, node: Node<'_, '_>, name: &str) -> Option<bool> {
        self.text(node, name).and_then(|text| boolean(&text))
    }

    fn id(&self, node: Node<'_, '_>) -> (Option<String>, Option<bool>) {
        let id = self.child(node, "Id");
        let value = id.and_then(|id| xml::attribute(id, "Value"));
        (
            value,
            id.and_then(|id| xml::attribute(id, "EYazismaIdMi")).and_then(|text| boolean(&text)),
        )
    }

    pub fn document(&self, root: Node<'_, '_>) -> DocumentMetadata {
        let plan = self.child(root, "SdpBilgisi");
        let main = plan
            .and_then(|plan| self.child(plan, "AnaSdp"))
            .map(|code| self.file_plan_code(code));
        let others = plan
            .map(|plan| self.list(plan, "DigerSdpler", "SdpListesi", |code| self.file_plan_code(code)))
            .unwrap_or_default();
        DocumentMetadata {
            id: self.text(root, "BelgeId"),
            subject: self.words(root, "Konu"),
            date: self.date(root, "Tarih"),
            number: self.text(root, "BelgeNo"),
            security: self.text(root, "GuvenlikKodu"),
            security_until: self.date(root, "GuvenlikKoduGecerlilikTarihi"),
            mime: self.text(root, "MimeTuru"),
            own_id: self.identifier(root, "OzId"),
            distribution: self
                .child(root, "DagitimListesi")
                .map(|list| self.children(list, "Dagitim").map(|node| self.distribution(node)).collect()),
            attachments: self.list(root, "Ekler", "Ek", |node| self.attachment(node)),
            references: self.list(root, "Ilgiler", "Ilgi", |node| self.related(node)),
            language: self.text(root, "Dil"),
            author: self.child(root, "Olusturan").map(|node| self.actor(node)),
            contacts: self.list(root, "IlgiliListesi", "Ilgili", |node| self.actor(node)),
            file_name: self.text(root, "DosyaAdi"),
            file_plan: main.into_iter().chain(others).collect(),
            service_codes: self.list(root, "HeyskListesi", "Heysk", |node| ServiceCode {
                code: self.text(node, "Kod"),
                name: self.text(node, "Ad"),
                definition: self.text(node, "Tanim"),
            }),
            verification_address: self
                .child(root, "DogrulamaBilgisi")
                .and_then(|node| self.text(node, "DogrulamaAdresi")),
        }
    }

    fn file_plan_code(&self, node: Node<'_, '_>) -> FilePlanCode {
        FilePlanCode {
            code: self.text(node, "Kod"),
            name: self.text(node, "Ad"),
            explanation: self.text(node, "Aciklama"),
        }
    }

    pub fn last(&self, root: Node<'_, '_>) -> FinalMetadata {
        FinalMetadata {
            date: self.date(root, "Tarih"),
            number: self.text(root, "BelgeNo"),
            signers: self.list(root, "BelgeImzalar", "Imza", |node| self.signer(node)),
        }
    }

    /// The signers of a 1.x BelgeImza.
    pub fn signers(&self, root: Node<'_, '_>) -> Vec<SignerMetadata> {
        self.list(root, "ImzaListesi", "Imza", |node| self.signer(node))
    }

    fn signer(&self, node: Node<'_, '_>) -> SignerMetadata {
        let person = |name: &str| self.child(node, name).map(|person| self.person(person));
        SignerMetadata {
            person: person("Imzalayan"),
            delegator: person("YetkiDevreden"),
            principal: person("VekaletVeren"),
            office: self.words(node, "Makam"),
            purpose: self.words(node, "Amac"),
            explanation: self.words(node, "Aciklama"),
            date: self.date(node, "Tarih"),
            tcyk: self.text(node, "TCYK"),
        }
    }

    pub fn targets(&self, root: Node<'_, '_>) -> Vec<Option<Actor>> {
        self.list(root, "HedefListesi", "Hedef", |node| self.actor(node))
    }

    fn distribution(&self, node: Node<'_, '_>) -> Distribution {
        Distribution {
            party: self.actor(node),
            urgency: self.text(node, "Ivedilik"),
            kind: self.text(node, "DagitimTuru"),
            due: self.text(node, "Miat").map(|text| Due {
                span: time::parse_duration(&text),
                text,
            }),
            left_out: self.list(node, "KonulmamisEkListesi", "KonulmamisEk", |left| {
                self.text(left, "EkId").unwrap_or_default()
            }),
        }
    }

    fn attachment(&self, node: Node<'_, '_>) -> AttachmentMetadata {
        let (id, id_is_document) = self.id(node);
        AttachmentMetadata {
            id,
            id_is_document,
            number: self.text(node, "BelgeNo"),
            kind: self.text(node, "Tur"),
            file_name: self.text(node, "DosyaAdi"),
            mime: self.text(node, "MimeTuru"),
            title: self.words(node, "Ad"),
            order: self.text(node, "SiraNo"),
            explanation: self.words(node, "Aciklama"),
            reference: self.text(node, "Referans"),
            own_id: self.identifier(node, "OzId"),
            signed: self.boolean(node, "ImzaliMi"),
            digest: self.child(node, "Ozet").map(|digest| ExternalDigest {
                algorithm: self
                    .child(digest, "OzetAlgoritmasi")
                    .and_then(|method| xml::attribute(method, "Algorithm"))
                    .and_then(|uri| Algorithm::from_uri(&uri)),
                value: self.text(digest, "OzetDegeri").and_then(|text| base64_value(&text)),
            }),
        }
    }

    fn related(&self, node: Node<'_, '_>) -> RelatedDocument {
        let (id, id_is_document) = self.id(node);
        RelatedDocument {
            id,
            id_is_document,
            number: self.text(node, "BelgeNo"),
            date: self.date(node, "Tarih"),
            label: self.text(node, "Etiket"),
            attachment_id: self.text(node, "EkId"),
            title: self.words(node, "Ad"),
            explanation: self.words(node, "Aciklama"),
            own_id: self.identifier(node, "OzId"),
        }
    }

    /// The first of the three parties that an element holds.
    fn actor(&self, node: Node<'_, '_>) -> Option<Actor> {
        xml::elements(node).find_map(|child| match child.tag_name().name() {
            _ if child.tag_name().namespace() != Some(&self.namespace) => None,
            "KurumKurulus" => Some(Actor::Institution(Institution {
                kkk: self.text(child, "KKK"),
                byk: self.text(child, "BYK"),
                name: self.words(child, "Adi"),
                unit_kkk: self.text(child, "BirimKKK"),
                contact: self.contact(child),
            })),
            "GercekSahis" => Some(Actor::Person(self.person(child))),
            "TuzelSahis" => Some(Actor::LegalPerson(LegalPerson {
                id: self.identifier(child, "Id"),
                name: self.words(child, "Adi"),
                contact: self.contact(child),
            })),
            _ => None,
        })
    }

    fn person(&self, node: Node<'_, '_>) -> NaturalPerson {
        let person = self.child(node, "Kisi");
        let part = |name: &str| person.and_then(|person| self.words(person, name));
        NaturalPerson {
            first_name: part("IlkAdi"),
            second_name: part("IkinciAdi"),
            surname: part("Soyadi"),
            title: part("Unvan"),
            prefix: part("OnEk"),
            national_id: self.text(node, "TCKN").map(NationalId::new),
            duty: self.words(node, "Gorev"),
            contact: self.contact(node),
        }
    }

    fn contact(&self, node: Node<'_, '_>) -> Option<Contact> {
        let contact = self.child(node, "IletisimBilgisi")?;
        let get = |name: &str| self.text(contact, name);
        Some(Contact {
            phone: get("Telefon"),
            other_phone: get("TelefonDiger"),
            email: get("EPosta"),
            kep_address: get("KepAdresi"),
            fax: get("Faks"),
            web: get("WebAdresi"),
            address: get("Adres"),
            province: get("Il"),
            district: get("Ilce"),
            country: get("Ulke"),
        })
    }

    pub fn encryption(&self, root: Node<'_, '_>) -> EncryptionInfo {
        let namespace = root.tag_name().namespace().unwrap_or_default();
        EncryptionInfo {
            id: xml::attribute(root, "Id"),
            version: xml::attribute(root, "Version"),
            method: xml::attribute(root, "Yontem"),
            uris: xml::named(root, namespace, "URI").filter_map(xml::text).collect(),
        }
    }

    pub fn updates(&self, root: Node<'_, '_>) -> Vec<Update> {
        let read = |node| Update {
            kind: self.text(node, "GuncellemeTuru"),
            security: self.child(node, "GuvenlikKoduDegisiklikBilgisi").map(|change| SecurityUpdate {
                new_security: self.text(change, "YeniGizlilikDerecesi"),
                changed_at: self.date(change, "DegistirmeTarihi"),
                explanation: self.text(change, "Aciklama"),
                decision_number: self.text(change, "KomisyonKarariBelgeNo"),
                decision_id: self.text(change, "KomisyonKarariBelgeId"),
            }),
        };
        self.children(root, "Guncellemeler").map(read).collect()
    }
}

/// xsd:boolean.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
