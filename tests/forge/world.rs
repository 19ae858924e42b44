//! One made-up country: its authorities, providers, institutions and people, and how each of them signs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::pkcs12::Pkcs12;
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::X509;

use super::cades::{self, Level, Material, Policy, Spec};
use super::chance;
use super::cms::{Form, Scheme};
use super::eyp::{Institution, SignerName};
use super::pki::{Certified, Hash, KeyKind, Profile, at, pem, synthetic_id, valid_to};
use super::revocation::{self, Crl, CrlSpec, Ocsp, OcspSpec, Revoked, Status};
use super::tst::Tsa;

/// A certificate authority with its OCSP responder and the list of what it took back.
pub struct Authority {
    pub ca: Arc<Certified>,
    pub responder: Option<Arc<Certified>>,
    pub revoked: Vec<Revoked>,
    /// The lists of [`Authority::monthly_crl`], by month.
    standing: Mutex<BTreeMap<Timestamp, Crl>>,
}

impl Authority {
    pub fn crl(&self, this_update: Timestamp) -> Crl {
        let listed: Vec<Revoked> = self.revoked.iter().filter(|r| r.at <= this_update).cloned().collect();
        let day = (this_update.as_second() / 86_400) as u64;
        let spec = CrlSpec {
            this_update,
            next_update: at("2044-12-31T00:00:00Z"),
            number: day,
            forged: false,
            unknown_critical: false,
        };
        revocation::crl(&self.ca, &spec, &listed)
    }

    /// The list that stands since the first of the month: a root issues seldom, and every message of the month carries the same list.
    pub fn monthly_crl(&self, when: Timestamp) -> Crl {
        let month = when
            .to_zoned(jiff::tz::TimeZone::UTC)
            .first_of_month()
            .unwrap()
            .start_of_day()
            .unwrap()
            .timestamp();
        let mut standing = self.standing.lock().unwrap();
        standing.entry(month).or_insert_with(|| self.crl(month)).clone()
    }

    /// What the responder says about `subject` at `when`.
    pub fn ocsp(&self, subject: &Certified, when: Timestamp) -> Ocsp {
        let gone = self.revoked.iter().find(|r| r.serial == subject.serial && r.at <= when);
        let spec = OcspSpec {
            status: gone.map_or(Status::Good, |r| Status::Revoked(r.at)),
            produced_at: when,
            next_update: Some(when + SignedDuration::from_hours(24)),
            wrong_cert_id: false,
            forged: false,
        };
        revocation::ocsp(self.responder.as_deref().unwrap_or(&self.ca), subject, &spec)
    }
}

pub struct Person {
    pub name: SignerName,
    pub cert: Arc<Certified>,
}

/// An institution that writes to us.
pub struct Sender {
    pub institution: Institution,
    pub seal: Arc<Certified>,
    /// Signs the document.
    pub director: Person,
    /// İşlem yetkilisi: signs the KEP message.
    pub officer: Person,
}

/// A KEPHS.
pub struct Provider {
    pub code: &'static str,
    pub name: &'static str,
    pub address: String,
    pub cert: Arc<Certified>,
}

pub struct World {
    pub seed: u64,
    /// Monday, 9 November 2026, 09:00 Istanbul: when the mail of this world begins.
    pub base: Timestamp,
    pub nes_root: Authority,
    pub nes: Authority,
    pub seal_root: Authority,
    pub seal: Authority,
    pub kep_root: Authority,
    pub tsa_root: Authority,
    /// A root that no trust folder holds, with an authority under it.
    pub stranger_root: Authority,
    pub stranger: Authority,
    pub tsa: Arc<Tsa>,
    pub providers: Vec<Provider>,
    pub senders: Vec<Sender>,
    /// Certificate taken back on 1 October 2026.
    pub revoked: Person,
    /// Certificate taken back on 15 November 2026, after the mail of this world.
    pub revoked_later: Person,
    /// Certificate ended in 2024.
    pub expired: Person,
    /// Under the stranger's root.
    pub unknown: Person,
    /// Us.
    pub receiver: Institution,
    pub receiver_encryption: Arc<Certified>,
}

const INSTITUTIONS: [(&str, &str, &str, &str, &str); 6] = [
    (
        "Örnek Büyükşehir Belediye Başkanlığı",
        "45678901",
        "ornekbuyuksehir",
        "hs01",
        "İzmir",
    ),
    ("Deneme Valiliği İl Sağlık Müdürlüğü", "32165498", "denemesaglik", "hs01", "Ankara"),
    ("Yeşilova Kaymakamlığı", "27518364", "yesilovakaymakamligi", "hs02", "Burdur"),
    (
        "Kurgu Üniversitesi Rektörlüğü",
        "61094752",
        "kurguuniversitesi",
        "hs03",
        "Eskişehir",
    ),
    ("Misal Tapu ve Kadastro Bölge Müdürlüğü", "58203917", "misaltapu", "hs01", "Konya"),
    (
        "Numune Su ve Kanalizasyon İdaresi Genel Müdürlüğü",
        "73940125",
        "numunesu",
        "hs06",
        "Gaziantep",
    ),
];

const PEOPLE: [(&str, &str, &str); 12] = [
    ("Ayşegül", "Çınarlı", "Genel Sekreter Yardımcısı"),
    ("İsmail Hakkı", "Güneşoğlu", "Yazı İşleri Müdürü"),
    ("Şükran", "Işıkdağ", "İl Sağlık Müdürü"),
    ("Özgür", "Tığlı", "Evrak Memuru"),
    ("Gülşah", "Ağaçkıran", "Kaymakam"),
    ("Çağrı", "Öztürkmen", "Yazı İşleri Memuru"),
    ("İbrahim", "Şimşekoğlu", "Rektör Yardımcısı"),
    ("Ümran", "Kılıçarslan", "Genel Sekreterlik Memuru"),
    ("Nurdan", "Yıldızeli", "Bölge Müdürü"),
    ("Doğukan", "Bağcıvan", "Tapu Memuru"),
    ("Feyza", "Gürgençay", "Genel Müdür Yardımcısı"),
    ("Oğuzhan", "Sığırcı", "Büro Şefi"),
];

impl World {
    pub fn new(seed: u64) -> Self {
        Self::published_at(seed, None)
    }

    /// A world whose lists, answers and issuers are said to be at `base`.
    pub fn published_at(seed: u64, base: Option<&str>) -> Self {
        chance::apart(&format!("world {seed}"), || Self::make(seed, base))
    }

    fn make(seed: u64, base: Option<&str>) -> Self {
        let org = "Test Kamu Sertifikasyon Merkezi (gerçek değildir)";
        let root = |cn: &str, slug: &str| Certified::self_signed_at(&Profile::root(cn, org), slug, base);
        let bare = |ca: Arc<Certified>| Authority {
            ca,
            responder: None,
            revoked: vec![],
            standing: Mutex::default(),
        };
        let sub = |parent: &Authority, cn: &str, slug: &str| {
            let ca = parent.ca.issue(&Profile::sub_ca(cn, org, Some(0)), slug);
            let responder = ca.issue(&Profile::ocsp(&format!("{cn} OCSP")), &format!("{slug}-ocsp"));
            Authority {
                ca,
                responder: Some(responder),
                revoked: vec![],
                standing: Mutex::default(),
            }
        };
        let nes_root = bare(root("Test Kök Sertifika Hizmet Sağlayıcısı - Sürüm 1", "nes-kok"));
        let mut nes = sub(
            &nes_root,
            "Test Nitelikli Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 1",
            "nes-alt",
        );
        let seal_root = bare(root("Test Kurumsal Kök - Sürüm 1", "muhur-kok"));
        let seal = sub(
            &seal_root,
            "Test Elektronik Mühür Sertifika Hizmet Sağlayıcısı - Sürüm 1",
            "muhur-alt",
        );
        let kep_root = bare(root("Test KEPHS Kök", "kephs-kok"));
        let tsa_root = bare(root("Test Zaman Damgası Kök", "zd-kok"));
        let stranger_root = bare(root("Bilinmeyen Kök", "yabanci-kok"));
        let stranger = sub(&stranger_root, "Bilinmeyen Nitelikli Sertifika Hizmet Sağlayıcısı", "yabanci-alt");

        let tsa_cert = tsa_root.ca.issue(&Profile::tsa("Test Zaman Damgası Sunucusu A1"), "zd");
        let tsa = Arc::new(Tsa {
            signer: tsa_cert,
            crls: vec![tsa_root.crl(at("2026-11-08T21:00:00Z")).der],
        });

        let provider = |code: &'static str, name: &'static str| Provider {
            code,
            name,
            address: format!("kepservisi@{code}.kep.tr"),
            cert: kep_root.ca.issue(
                &Profile::provider(&format!("{name} İşlem Sertifikası"), name, &format!("kepservisi@{code}.kep.tr")),
                code,
            ),
        };
        let providers = vec![
            provider("hs01", "Test PTT KEP"),
            provider("hs02", "Test TNB KEP"),
            provider("hs03", "Test TÜRKKEP"),
            provider("hs06", "Test KEPKUR"),
        ];

        let person_under = |authority: &Authority, index: usize, key: KeyKind, change: &dyn Fn(&mut Profile)| {
            let (first, last, title) = PEOPLE[index % PEOPLE.len()];
            let id = synthetic_id(seed as u32 % 1000 * 97 + index as u32 * 13);
            let mut profile = Profile::nes(&super::letter::upper(&format!("{first} {last}")), &id, key);
            change(&mut profile);
            let name = SignerName {
                first: first.into(),
                last: last.into(),
                title: title.into(),
                national_id: id,
            };
            Person {
                name,
                cert: authority.ca.issue(&profile, &format!("kisi-{index}")),
            }
        };
        let same = |_: &mut Profile| {};
        let senders = (0..INSTITUTIONS.len())
            .map(|i| {
                let (name, kkk, local, provider, city) = INSTITUTIONS[i];
                let key = if i % 2 == 0 { KeyKind::P256 } else { KeyKind::Rsa2048 };
                Sender {
                    institution: Institution {
                        name: name.into(),
                        kkk: kkk.into(),
                        kep: Some(format!("{local}@{provider}.kep.tr")),
                        unit: Some(format!("{}9", &kkk[..7])),
                        city: city.into(),
                    },
                    seal: seal
                        .ca
                        .issue(&Profile::qualified_seal(name, kkk, KeyKind::P256), &format!("muhur-{kkk}")),
                    director: person_under(&nes, 2 * i, key, &same),
                    officer: person_under(&nes, 2 * i + 1, if i == 0 { KeyKind::Rsa2048 } else { KeyKind::P256 }, &same),
                }
            })
            .collect();
        let revoked = person_under(&nes, 20, KeyKind::P256, &same);
        let revoked_later = person_under(&nes, 21, KeyKind::P256, &same);
        let expired = person_under(&nes, 22, KeyKind::P256, &|p| p.not_after = at("2024-06-30T00:00:00Z"));
        let unknown = person_under(&stranger, 23, KeyKind::P256, &same);
        let gone = |person: &Person, when: &str| Revoked {
            serial: person.cert.serial.clone(),
            at: at(when),
            reason: 1,
        };
        nes.revoked = vec![gone(&revoked, "2026-10-01T09:00:00Z"), gone(&revoked_later, "2026-11-15T09:00:00Z")];

        let receiver = Institution {
            name: "Örnek Tarım İl Müdürlüğü".into(),
            kkk: "24301050".into(),
            kep: Some("ornektarim@hs01.kep.tr".into()),
            unit: Some("24301057".into()),
            city: "Ankara".into(),
        };
        let receiver_encryption = seal.ca.issue(&Profile::encryption(&receiver.name, &receiver.kkk), "sifreleme");
        Self {
            seed,
            base: at("2026-11-09T06:00:00Z"),
            nes_root,
            nes,
            seal_root,
            seal,
            kep_root,
            tsa_root,
            stranger_root,
            stranger,
            tsa,
            providers,
            senders,
            revoked,
            revoked_later,
            expired,
            unknown,
            receiver,
            receiver_encryption,
        }
    }

    pub fn our_address(&self) -> String {
        self.receiver.kep.clone().unwrap()
    }

    /// The provider of an address.
    pub fn provider_of(&self, address: &str) -> &Provider {
        self.providers
            .iter()
            .find(|p| address.ends_with(&format!("@{}.kep.tr", p.code)))
            .unwrap_or(&self.providers[0])
    }

    fn authorities(&self) -> [&Authority; 8] {
        [
            &self.nes_root,
            &self.nes,
            &self.seal_root,
            &self.seal,
            &self.kep_root,
            &self.tsa_root,
            &self.stranger_root,
            &self.stranger,
        ]
    }

    fn authority_of(&self, cert: &Certified) -> &Authority {
        self.authorities().into_iter().find(|a| a.ca.subject == cert.issuer_name).unwrap()
    }

    /// Path certificates, and revocation of all of them: the leaf by OCSP (P4) or CRL, the CAs by CRL.
    pub fn material(&self, cert: &Certified, when: Timestamp, ocsp: bool) -> Material {
        let leaf = self.authority_of(cert);
        let mut material = Material {
            certificates: cert.chain().iter().map(|c| c.der.clone()).collect(),
            ..Material::default()
        };
        if ocsp {
            material.ocsps.push(leaf.ocsp(cert, when));
        } else {
            material.crls.push(leaf.crl(when));
        }
        if let Some(root) = leaf.ca.issuer.as_ref() {
            let root = self.authorities().into_iter().find(|a| a.ca.subject == root.subject).unwrap();
            material.crls.push(root.monthly_crl(when));
        }
        material
    }

    /// CAdES-X-L, P4: time-stamp, OCSP for the leaf seconds after it.
    pub fn p4(&self, cert: &Arc<Certified>, when: Timestamp) -> Spec {
        let mut spec = Spec {
            level: Level::Xl,
            policy: Policy::P4,
            tsa: Some(self.tsa.clone()),
            ..Spec::bes(cert, when)
        };
        spec.material = self.material(cert, spec.stamp_time() + SignedDuration::from_secs(4), true);
        spec
    }

    /// CAdES-X-L, P3: CRLs issued after the 24 hours of grace.
    pub fn p3(&self, cert: &Arc<Certified>, when: Timestamp) -> Spec {
        let mut spec = Spec {
            policy: Policy::P3,
            ..self.p4(cert, when)
        };
        spec.material = self.material(cert, spec.stamp_time() + SignedDuration::from_hours(25), false);
        spec
    }

    /// ES-T under P2: revocation comes from outside.
    pub fn p2(&self, cert: &Arc<Certified>, when: Timestamp) -> Spec {
        Spec {
            level: Level::T,
            policy: Policy::P2,
            material: Material::default(),
            ..self.p4(cert, when)
        }
    }

    /// The seal: X-L with one archive time-stamp.
    pub fn seal_spec(&self, cert: &Arc<Certified>, when: Timestamp) -> Spec {
        Spec {
            level: Level::A,
            ..self.p4(cert, when)
        }
    }

    /// What a provider puts on an envelope: a time-stamped signature without policy, chain inside.
    pub fn provider_spec(&self, provider: &Provider, when: Timestamp) -> Spec {
        Spec {
            level: Level::T,
            tsa: Some(self.tsa.clone()),
            stamp_after: 1,
            scheme: Scheme::RsaEncryption,
            ..Spec::bes(&provider.cert, when)
        }
    }

    pub fn cms(&self, content: &[u8], attached: bool, spec: Spec) -> Vec<u8> {
        cades::sign(content, attached, &[spec], Form::Der)
    }

    /// EnvelopedData to our encryption certificate, AES-256-CBC, RSA.
    pub fn encrypt_to_us(&self, content: &[u8]) -> Vec<u8> {
        let mut to = Stack::new().unwrap();
        to.push(X509::from_der(&self.receiver_encryption.der).unwrap()).unwrap();
        let cms = CmsContentInfo::encrypt(&to, content, Cipher::aes_256_cbc(), CMSOptions::BINARY).unwrap();
        cms.to_der().unwrap()
    }

    /// Our encryption key and certificate as PKCS#12.
    pub fn receiver_pkcs12(&self, password: &str) -> Vec<u8> {
        let cert = X509::from_der(&self.receiver_encryption.der).unwrap();
        let mut builder = Pkcs12::builder();
        builder.name("sifreleme").pkey(&self.receiver_encryption.key.pkey).cert(&cert);
        builder.build2(password).unwrap().to_der().unwrap()
    }

    /// Anchors in the layout of the contract: `nes muhur kephs tsa`, DER and PEM mixed.
    pub fn trust_folder(&self, dir: &Path) {
        for (folder, authority) in [
            ("nes", &self.nes_root),
            ("muhur", &self.seal_root),
            ("kephs", &self.kep_root),
            ("tsa", &self.tsa_root),
        ] {
            let folder = dir.join(folder);
            fs::create_dir_all(&folder).unwrap();
            let ca = &authority.ca;
            if folder.ends_with("nes") {
                fs::write(folder.join(format!("{}.crt", ca.slug)), &ca.der).unwrap();
            } else {
                fs::write(folder.join(format!("{}.pem", ca.slug)), ca.pem()).unwrap();
            }
        }
    }

    /// Issuer certificates that signatures do not carry.
    pub fn intermediates(&self, dir: &Path) {
        fs::create_dir_all(dir).unwrap();
        for authority in [&self.nes, &self.seal] {
            fs::write(dir.join(format!("{}.crt", authority.ca.slug)), &authority.ca.der).unwrap();
        }
    }

    /// CRLs from before and after the mail of this world, good until the end of 2044, and one OCSP response.
    pub fn revocation(&self, dir: &Path) {
        fs::create_dir_all(dir).unwrap();
        for authority in self.authorities().into_iter().filter(|a| !a.ca.slug.starts_with("yabanci")) {
            for (tag, when) in [("before", "2026-11-08T21:00:00Z"), ("after", "2026-11-18T21:00:00Z")] {
                fs::write(dir.join(format!("{}-{tag}.crl", authority.ca.slug)), authority.crl(at(when)).der).unwrap();
            }
        }
        let officer = &self.senders[0].officer.cert;
        fs::write(
            dir.join("officer.ocsp"),
            self.nes.ocsp(officer, at("2026-11-18T21:00:00Z")).response,
        )
        .unwrap();
    }

    /// One PEM file of all anchors and intermediates, for OpenSSL's command line.
    pub fn pem_bundle(&self) -> String {
        self.authorities()
            .iter()
            .filter(|a| !a.ca.slug.starts_with("yabanci"))
            .map(|a| a.ca.pem())
            .collect()
    }

    pub fn crl_pem_bundle(&self, when: Timestamp) -> String {
        self.authorities().iter().map(|a| pem("X509 CRL", &a.crl(when).der)).collect()
    }

    pub fn valid_to(&self) -> Timestamp {
        valid_to()
    }

    pub fn sha256(bytes: &[u8]) -> String {
        hex::encode(Hash::Sha256.of(bytes))
    }
}
