//! Packages around packages: `.eyps` (encrypted) and `.eypg` (update), eyp.md 3.12, 3.13 and 4.

use super::eyp::{Institution, Sealing, Version, core, digest_document, targets};
use super::eyp_xml::Xml;
use super::opc::{BOM, child, guid, opc, part, xml_part};

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
