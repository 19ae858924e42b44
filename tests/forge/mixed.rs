//! Realistic messages, each with what must be found in it. [`World::mixed`] makes any number of them in a fixed round of kinds.

use jiff::{SignedDuration, Timestamp};

use super::cades::{self, Defect, Spec};
use super::cms::Form as CmsForm;
use super::evidence::{self, Evidence};
use super::eyp::{self, Addressee, Attachment, AttachmentKind, Package, Version, guid};
use super::mail::{Carried, Envelope, File, Original};
use super::pdf;
use super::pki::{Certified, Hash};
use super::sample::{Expectation, ExpectedAttachment, ExpectedDocument, ExpectedEvidence, Sample};
use super::world::{Person, Sender, World};
use std::sync::Arc;

/// The kinds of one round, in order.
pub const KINDS: [&str; 24] = [
    "package-v2",
    "package-v2-attachments",
    "standard",
    "package-v1",
    "evidence-delivered",
    "package-v2-initialled",
    "package-v2-p3",
    "e-tebligat",
    "package-tampered",
    "package-v2-parallel",
    "evidence-undelivered",
    "package-revoked-signer",
    "package-revoked-later",
    "address-verification",
    "package-unknown-root",
    "package-encrypted",
    "package-v2-serial",
    "package-update",
    "message-encrypted",
    "two-packages",
    "unclassified",
    "package-broken-signature",
    "package-left-out",
    "package-v2-ber",
];

const SUBJECTS: [(&str, &str, &str); 8] = [
    ("2026 Yılı Destekleme Başvuruları", "300", "Tarımsal Destekleme"),
    ("Toplantı Daveti", "010.06.01", "Toplantılar"),
    ("Çiğ Süt Denetim Programı", "320.04", "Denetim İşleri"),
    ("Personel Görevlendirmesi Hk.", "903.07", "Görevlendirme"),
    ("İmar Planı Değişikliği Görüşü", "115.01", "Plan İşleri"),
    ("Su Numunesi Sonuçları", "325.01", "Numune İşleri"),
    ("Kamulaştırma Bilgi Talebi", "756.02", "Kamulaştırma"),
    ("Öğrenci Staj Uygulaması", "304.03", "Staj İşleri"),
];

/// One message in the making: who, when, about what.
pub struct Letter<'w> {
    pub world: &'w World,
    pub sender: &'w Sender,
    pub at: Timestamp,
    pub seed: String,
    pub subject: String,
    pub plan: (String, String),
    pub number: String,
    pub urgency: (&'static str, Option<&'static str>),
    pub security: &'static str,
}

/// A package with what is expected of it.
pub struct Made {
    pub bytes: Vec<u8>,
    pub document: ExpectedDocument,
    pub name: String,
}

impl World {
    /// `n` messages in the order of [`KINDS`], round after round, five minutes apart.
    pub fn mixed(&self, n: usize) -> Vec<Sample> {
        (0..n).map(|i| self.sample(KINDS[i % KINDS.len()], i)).collect()
    }

    /// The `i`-th message, of the given kind.
    pub fn sample(&self, kind: &str, i: usize) -> Sample {
        let letter = self.letter(i);
        let mut sample = match kind {
            "standard" => letter.standard(),
            "e-tebligat" => letter.e_tebligat(),
            "address-verification" => letter.address_verification(),
            "message-encrypted" => letter.encrypted_message(),
            "unclassified" => letter.unclassified(),
            "evidence-delivered" => letter.evidence_mail("DeliveryNonDeliveryToRecipient", "Delivery", &[], Some(40), 30),
            "evidence-undelivered" => letter.evidence_mail(
                "DeliveryNonDeliveryToRecipient",
                "DeliveryExpiration",
                &[("MailboxFull", "Alıcının posta kutusu dolu")],
                Some(41),
                30,
            ),
            _ => letter.dispatch(kind),
        };
        sample.name = format!("{i:03}-{kind}");
        sample
    }

    /// A sound package message of about `bytes` on the wire: for benchmarks.
    pub fn sized(&self, i: usize, bytes: usize) -> Sample {
        let letter = self.letter(i);
        let mut package = letter.package(Version::V2_0, &letter.sender.director);
        // Noise does not deflate; base64 makes 78 characters of 57 bytes; the rest of such a message is about 40 KB.
        let size = bytes.saturating_sub(40_000) * 57 / 78;
        let mut state = 0x9e37_79b9_7f4a_7c15 ^ i as u64;
        let noise = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        package.attachments = vec![Attachment {
            id: guid(&format!("{}tarama", letter.seed)),
            name: "Taranmış ek".into(),
            kind: AttachmentKind::Inside {
                file: "tarama.jpg".into(),
                mime: "image/jpeg".into(),
                bytes: noise.take(size).collect(),
                signed: true,
            },
        }];
        let made = vec![letter.simple(&package)];
        let mut sample = letter.send_packages(made, false);
        sample.name = format!("{i:03}-sized");
        sample
    }

    pub fn letter(&self, i: usize) -> Letter<'_> {
        let (subject, code, plan) = SUBJECTS[(i + self.seed as usize) % SUBJECTS.len()];
        let sender = &self.senders[(i + self.seed as usize) % self.senders.len()];
        let urgency = match i % 7 {
            2 => ("ACL", None),
            4 => ("GNL", Some("P3D")),
            _ => ("NRM", None),
        };
        Letter {
            world: self,
            sender,
            at: self.base + SignedDuration::from_mins(5 * i as i64 % (5 * 24 * 60)),
            seed: format!("{}-{i}", self.seed),
            subject: subject.into(),
            plan: (code.into(), plan.into()),
            number: format!("E-{}-{code}-{}", sender.institution.kkk, 1000 + i),
            urgency,
            security: if i % 11 == 5 { "HZO" } else { "YOK" },
        }
    }
}

fn minutes(at: Timestamp, n: i64) -> Timestamp {
    at + SignedDuration::from_mins(n)
}

fn iso(at: Timestamp) -> String {
    evidence::local_time(at)
}

impl<'w> Letter<'w> {
    pub fn letter_pdf(&self) -> Vec<u8> {
        let lines = [
            "T.C.".to_string(),
            self.sender.institution.name.to_uppercase(),
            String::new(),
            format!("Sayı : {}", self.number),
            format!("Konu : {}", self.subject),
            String::new(),
            format!(
                "{} MÜDÜRLÜĞÜNE",
                self.world.receiver.name.trim_end_matches(" Müdürlüğü").to_uppercase()
            ),
            String::new(),
            "İlgi konu hakkında gerekli değerlendirmenin yapılarak sonucun tarafımıza".into(),
            "bildirilmesi hususunda gereğini arz ederim.".into(),
            String::new(),
            format!(
                "{} {}",
                self.sender.director.name.first,
                self.sender.director.name.last.to_uppercase()
            ),
            self.sender.director.name.title.clone(),
            String::new(),
            "Bu belge bir test belgesidir; kişiler ve kurumlar gerçek değildir.".into(),
        ];
        pdf::letter(&self.subject, &lines)
    }

    fn attachments(&self) -> Vec<Attachment> {
        let inside = |tag: &str, file: &str, name: &str, mime: &str, bytes: Vec<u8>, signed| Attachment {
            id: guid(&format!("{}{tag}", self.seed)),
            name: name.into(),
            kind: AttachmentKind::Inside {
                file: file.into(),
                mime: mime.into(),
                bytes,
                signed,
            },
        };
        let table = "Sıra;Adı;Tutar\r\n1;Örnek Çiftçi;1.250,00\r\n2;Deneme Üretici;3.400,50\r\n";
        vec![
            inside("ek1", "Başvuru Çizelgesi.csv", "Başvuru çizelgesi", "text/csv", table.into(), true),
            inside(
                "ek2",
                "gorsel(1).txt",
                "Açıklama notu",
                "text/plain",
                "İmzasız ek: bilgi notu.\r\n".into(),
                false,
            ),
            Attachment {
                id: guid(&format!("{}ek3", self.seed)),
                name: "Yönetmelik".into(),
                kind: AttachmentKind::External {
                    address: "https://mevzuat.example.invalid/yonetmelik/123".into(),
                },
            },
            Attachment {
                id: guid(&format!("{}ek4", self.seed)),
                name: "Bir adet CD".into(),
                kind: AttachmentKind::Physical,
            },
        ]
    }

    /// A package of this letter, still open: change its fields, then [`Letter::made`].
    pub fn package(&self, version: Version, signer: &'w Person) -> Package<'w> {
        let world = self.world;
        let spec = world.p4(&signer.cert, self.at);
        let date = iso(spec.stamp_time());
        let seal = world.seal_spec(&self.sender.seal, minutes(self.at, 2));
        let v1 = version == Version::V1_3;
        Package {
            version,
            id: guid(&format!("{}belge", self.seed)),
            subject: self.subject.clone(),
            number: self.number.clone(),
            date,
            security: if v1 && self.security == "YOK" {
                "TSD".into()
            } else {
                self.security.into()
            },
            sender: self.sender.institution.clone(),
            addressees: vec![Addressee {
                party: world.receiver.clone(),
                urgency: if v1 && self.urgency.0 == "ACL" {
                    "IVD".into()
                } else {
                    self.urgency.0.into()
                },
                distribution: "GRG".into(),
                due: self.urgency.1.map(str::to_string),
                left_out: vec![],
            }],
            letter_name: "Üst Yazı.pdf".into(),
            letter: self.letter_pdf(),
            attachments: vec![],
            references: vec![("a".into(), "E-24301050-300-555".into(), "İlgi (a) yazı".into())],
            file_plan: Some(self.plan.clone()),
            signers: vec![signer.name.clone()],
            initial: None,
            sign: Some(Box::new(move |xml| world.cms(xml, true, spec.clone()))),
            seal: Some(Box::new(move |xml| world.cms(xml, true, seal.clone()))),
        }
    }

    /// What a reader must find in `bytes` made of `package`.
    pub fn made(&self, package: &Package, bytes: Vec<u8>) -> Made {
        let left_out: Vec<&String> = package.addressees.iter().flat_map(|a| &a.left_out).collect();
        let attachments = package.attachments.iter().map(|attachment| {
            let (kind, content, signed) = match &attachment.kind {
                AttachmentKind::Inside { bytes, signed, .. } => ("DED", Some(bytes), *signed),
                AttachmentKind::External { .. } => ("HRF", None, false),
                AttachmentKind::Physical => ("FZK", None, false),
            };
            let present = content.is_some() && !left_out.contains(&&attachment.id);
            ExpectedAttachment {
                id: attachment.id.clone(),
                r#type: kind.into(),
                sha256: content.filter(|_| present).map(|bytes| World::sha256(bytes)),
                signed,
                present,
            }
        });
        let document = ExpectedDocument {
            id: Some(package.id.clone()),
            number: Some(package.number.clone()),
            subject: Some(package.subject.clone()),
            date: package.date.parse().ok(),
            security: Some(package.security.clone()),
            urgency: Some(package.addressees[0].urgency.clone()),
            due: package.addressees[0].due.clone(),
            package_sha256: World::sha256(&bytes),
            file_name: Some(package.letter_name.clone()),
            file_sha256: Some(World::sha256(&package.letter)),
            attachments: attachments.collect(),
            encrypted: false,
        };
        Made {
            bytes,
            document,
            name: format!("{}.eyp", package.id),
        }
    }

    fn simple(&self, package: &Package) -> Made {
        self.made(package, package.build())
    }

    /// A KEP message with one or more packages, of the kind named.
    fn dispatch(&self, kind: &str) -> Sample {
        let world = self.world;
        let director = &self.sender.director;
        let v2 = || self.package(Version::V2_0, director);
        let mut verdict = ("TOTAL-PASSED", None);
        let mut flags: Vec<&str> = vec![];
        let resign = |specs: Vec<Spec>, form: CmsForm| -> eyp::Sealing<'_> { Box::new(move |xml| cades::sign(xml, true, &specs, form)) };
        let by = |person: &'w Person| self.package(Version::V2_0, person);
        let made = match kind {
            "package-v1" => {
                let mut package = self.package(Version::V1_3, director);
                package.attachments = self.attachments();
                vec![self.simple(&package)]
            }
            "package-v2-attachments" => {
                let mut package = v2();
                package.attachments = self.attachments();
                vec![self.simple(&package)]
            }
            "package-v2-initialled" => {
                let mut package = v2();
                let spec = world.p4(&self.sender.officer.cert, minutes(self.at, -20));
                package.initial = Some(resign(vec![spec], CmsForm::Der));
                package.attachments = self.attachments();
                vec![self.simple(&package)]
            }
            "package-v2-p3" => {
                let mut package = v2();
                // P3 waits 24 hours for its CRL, so the package was signed two days before it was sent.
                let spec = world.p3(&director.cert, minutes(self.at, -48 * 60));
                package.date = iso(spec.stamp_time());
                package.sign = Some(resign(vec![spec], CmsForm::Der));
                vec![self.simple(&package)]
            }
            "package-v2-parallel" => {
                let mut package = v2();
                let second = &self.sender.officer;
                let specs = vec![world.p4(&director.cert, self.at), world.p4(&second.cert, minutes(self.at, 1))];
                package.date = iso(specs[1].stamp_time());
                package.signers.push(second.name.clone());
                package.sign = Some(resign(specs, CmsForm::Der));
                vec![self.simple(&package)]
            }
            "package-v2-serial" => {
                let mut package = v2();
                let second = &self.sender.officer;
                let mut spec = world.p4(&director.cert, self.at);
                let counter = world.p4(&second.cert, minutes(self.at, 1));
                package.date = iso(counter.stamp_time());
                spec.counter_signers = vec![counter];
                package.signers.push(second.name.clone());
                package.sign = Some(resign(vec![spec], CmsForm::Der));
                vec![self.simple(&package)]
            }
            "package-v2-ber" => {
                let mut package = v2();
                package.sign = Some(resign(vec![world.p4(&director.cert, self.at)], CmsForm::BerIndefinite));
                vec![self.simple(&package)]
            }
            "package-tampered" => {
                verdict = ("TOTAL-FAILED", Some("HASH_FAILURE"));
                flags.push("invalid-signature");
                let package = v2();
                let bytes = package.build_with(&|_| {}, &|parts| {
                    let letter = parts.iter_mut().find(|p| p.rel.0 == "ustyazi").unwrap();
                    letter.bytes.extend(b"% sonradan eklendi\n");
                });
                let mut made = self.made(&package, bytes);
                let altered = [package.letter.as_slice(), b"% sonradan eklendi\n"].concat();
                made.document.file_sha256 = Some(World::sha256(&altered));
                vec![made]
            }
            "package-broken-signature" => {
                verdict = ("TOTAL-FAILED", Some("SIG_CRYPTO_FAILURE"));
                flags.push("invalid-signature");
                let mut package = v2();
                package.sign = Some(resign(
                    vec![world.p4(&director.cert, self.at).with(Defect::BrokenSignature)],
                    CmsForm::Der,
                ));
                vec![self.simple(&package)]
            }
            "package-revoked-signer" => {
                verdict = ("TOTAL-FAILED", Some("REVOKED"));
                flags.push("invalid-signature");
                vec![self.simple(&by(&world.revoked))]
            }
            "package-revoked-later" => vec![self.simple(&by(&world.revoked_later))],
            "package-unknown-root" => {
                verdict = ("INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND"));
                flags.push("unverified");
                vec![self.simple(&by(&world.unknown))]
            }
            "package-left-out" => {
                let mut package = v2();
                package.attachments = self.attachments();
                package.addressees[0].left_out = vec![package.attachments[0].id.clone()];
                let bytes = package.build_for(&world.receiver.kkk);
                vec![self.made(&package, bytes)]
            }
            "package-encrypted" => {
                verdict = ("INDETERMINATE", None);
                flags.push("encrypted");
                vec![self.encrypted_package(&v2())]
            }
            "package-update" => {
                let inner = v2();
                let mut made = self.simple(&inner);
                let seal = world.seal_spec(&self.sender.seal, minutes(self.at, 5));
                let seal: eyp::Sealing = Box::new(move |xml| world.cms(xml, true, seal.clone()));
                made.bytes = eyp::update(
                    &made.bytes,
                    &self.sender.institution,
                    "GZL",
                    &iso(minutes(self.at, 4)),
                    seal,
                    &self.seed,
                );
                made.document.security = Some("GZL".into());
                made.document.package_sha256 = World::sha256(&made.bytes);
                made.name += "g";
                vec![made]
            }
            "two-packages" => {
                let mut second = v2();
                second.id = guid(&format!("{}belge2", self.seed));
                second.subject = format!("{} (2)", self.subject);
                second.number += "-2";
                vec![self.simple(&v2()), self.simple(&second)]
            }
            _ => vec![self.simple(&v2())],
        };
        let mut sample = self.send_packages(made, kind == "package-v2-attachments");
        sample.expect.indication = Some(verdict.0.into());
        sample.expect.sub_indication = verdict.1.map(str::to_string);
        sample.expect.flags = flags.into_iter().map(str::to_string).collect();
        sample
    }

    /// One KEP message that carries these packages, signed by the officer and delivered.
    fn send_packages(&self, made: Vec<Made>, local_paths: bool) -> Sample {
        let mut original = self.original("eYazisma");
        original.rem_id = made[0].document.id.clone().or(Some(guid(&format!("{}belge", self.seed))));
        original.local_paths = local_paths;
        original.files = made
            .iter()
            .map(|m| File::new(&m.name, "application/octet-stream", m.bytes.clone()))
            .collect();
        let l1 = self.sign_detached(&original, &self.sender.officer.cert);
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "dispatch".into();
        sample.expect.documents = made.into_iter().map(|m| m.document).collect();
        sample
    }

    /// The package encrypted to us; outside, only the digest copy and the addressees can be read.
    fn encrypted_package(&self, package: &Package) -> Made {
        let inner = package.build();
        let mut copy = vec![];
        let keep = std::cell::RefCell::new(&mut copy);
        package.build_with(&|_| {}, &|parts| {
            **keep.borrow_mut() = parts.iter().find(|p| p.rel.0 == "nihaiozet").unwrap().bytes.clone();
        });
        let bytes = eyp::encrypted(
            Version::V2_0,
            &self.sender.institution,
            std::slice::from_ref(&self.world.receiver),
            &copy,
            self.world.encrypt_to_us(&inner),
            &self.seed,
        );
        let document = ExpectedDocument {
            package_sha256: World::sha256(&bytes),
            encrypted: true,
            ..ExpectedDocument::default()
        };
        Made {
            bytes,
            document,
            name: format!("{}.eyps", package.id),
        }
    }

    pub fn original(&self, rem_type: &str) -> Original {
        let world = self.world;
        let address = self.sender.institution.kep.clone().unwrap();
        let domain = address.split('@').nth(1).unwrap().to_string();
        Original {
            from_name: self.sender.institution.name.clone(),
            from: address,
            to: vec![world.our_address()],
            cc: vec![],
            subject: self.subject.clone(),
            message_id: format!(
                "<1.{}.EYazisma.NetApi_v1.5.0.0@{domain}>",
                &guid(&format!("{}ileti", self.seed))[..23].to_lowercase()
            ),
            date: minutes(self.at, 10),
            rem_type: Some(rem_type.into()),
            rem_id: None,
            body: format!(
                "Sayın {} yetkilisi,\n\n{} konulu yazımız ektedir.\n\nBilgilerinize arz/rica ederiz.\n",
                world.receiver.name, self.subject
            ),
            files: vec![],
            local_paths: false,
        }
    }

    pub fn sign_detached(&self, original: &Original, signer: &Arc<Certified>) -> Vec<u8> {
        let spec = Spec::bes(signer, original.date);
        original.signed(&|octets, attached| self.world.cms(octets, attached, spec.clone()), Hash::Sha256)
    }

    /// Wraps L1 into the provider's envelope with its evidence.
    pub fn deliver(&self, original: &Original, l1: Vec<u8>) -> Sample {
        let world = self.world;
        let ours = world.our_address();
        let provider = world.provider_of(&ours);
        let arrived = minutes(self.at, 12);
        let rem_id = format!("<EYWS{{{}}}.pttkepMimeyap>", guid(&format!("{}kep", self.seed)));
        let mut evidence = self.evidence(original, &l1, &rem_id, "DeliveryNonDeliveryToRecipient", "Delivery", arrived);
        evidence.refers_to = Some(1);
        // Every third comes from a provider that signs with SHA-512, every fourth carries the original as a file.
        let turn = self.at.as_second() / 300;
        let form = if turn % 3 == 0 {
            evidence::Form::Sha512
        } else {
            evidence::Form::Sha256
        };
        let xml = evidence.signed(&provider.cert, form);
        let carried = if turn % 4 == 3 { Carried::OctetStream } else { Carried::Rfc822 };
        let envelope = Envelope {
            provider_name: provider.name.into(),
            from: provider.address.clone(),
            to: vec![ours.clone()],
            subject: format!("[KEP İletisi] {}", self.subject),
            message_id: rem_id.clone(),
            date: minutes(self.at, 13),
            introduction: format!("{} adresinden gönderilen KEP iletisi ektedir.\n", original.from),
            evidence: vec![("DeliveryNonDeliveryToRecipient.xml".into(), xml.clone())],
            original: Some((l1, carried)),
            etsi_headers: turn % 2 == 0,
        };
        let spec = world.provider_spec(provider, envelope.date);
        let raw = envelope.signed(&|octets, attached| world.cms(octets, attached, spec.clone()), Hash::Sha256);
        let expect = Expectation {
            message_id: Some(bare(&rem_id)),
            original_message_id: Some(bare(&original.message_id)),
            rem_type: original.rem_type.clone(),
            sender_kep: Some(original.from.clone()),
            recipients: original.to.clone(),
            subject: Some(original.subject.clone()),
            received_at: Some(arrived),
            evidence: vec![expected(&evidence, Some(40), &xml)],
            indication: Some("TOTAL-PASSED".into()),
            ..Expectation::default()
        };
        Sample {
            name: String::new(),
            raw,
            expect,
        }
    }

    fn evidence(&self, original: &Original, l1: &[u8], rem_id: &str, root: &str, event: &str, when: Timestamp) -> Evidence {
        let provider = self.world.provider_of(&original.to[0]);
        Evidence {
            root: root.into(),
            namespace: evidence::NAMESPACE.into(),
            event: event.into(),
            reasons: vec![],
            identifier: guid(&format!("{}{root}{event}", self.seed)).to_lowercase(),
            issuer_name: provider.name.into(),
            issuer_address: provider.address.clone(),
            event_time: when,
            submission_time: Some(original.date),
            sender: (original.from_name.clone(), original.from.clone()),
            recipients: original
                .to
                .iter()
                .map(|to| (to.split('@').next().unwrap().to_string(), to.clone()))
                .collect(),
            refers_to: None,
            subject: original.subject.clone(),
            original_message_id: Some(original.message_id.clone()),
            provider_message_id: rem_id.into(),
            digest: Some((Hash::Sha256, Hash::Sha256.of(l1))),
        }
    }

    /// Evidence about a message that we sent to this letter's sender, `after` minutes later.
    pub fn evidence_mail(&self, root: &str, event: &str, reasons: &[(&str, &str)], type_id: Option<u16>, after: i64) -> Sample {
        let world = self.world;
        let ours = world.our_address();
        let theirs = self.sender.institution.kep.clone().unwrap();
        let mut sent = self.original("eYazisma");
        (sent.from_name, sent.from, sent.to) = (world.receiver.name.clone(), ours.clone(), vec![theirs.clone()]);
        sent.subject = format!("Cevap: {}", self.subject);
        // Submission is attested by the sender's provider, everything after it by the recipient's.
        let provider = world.provider_of(if root.starts_with("Submission") { &ours } else { &theirs });
        let rem_id = format!("<EYWS{{{}}}.giden>", guid(&format!("{}giden", self.seed)));
        let when = minutes(self.at, after);
        let mut evidence = self.evidence(&sent, b"", &rem_id, root, event, when);
        evidence.digest = None;
        evidence.refers_to = Some(1);
        evidence.reasons = reasons
            .iter()
            .map(|(name, details)| (name.to_string(), details.to_string()))
            .collect();
        let xml = evidence.signed(&provider.cert, evidence::Form::Sha256);
        let label = if reasons.is_empty() { "Teslim edildi" } else { "Teslim edilemedi" };
        let envelope = Envelope {
            provider_name: provider.name.into(),
            from: provider.address.clone(),
            to: vec![ours],
            subject: format!("[KEP Delili: {label}] [KEP İletisi] {}", sent.subject),
            message_id: format!("<delil.{}@{}.kep.tr>", evidence.identifier, provider.code),
            date: minutes(when, 1),
            introduction: format!("{theirs} adresine gönderdiğiniz ileti için delil ektedir: {label}.\n"),
            evidence: vec![(format!("{root}.xml"), xml.clone())],
            original: None,
            etsi_headers: true,
        };
        let spec = world.provider_spec(provider, envelope.date);
        let raw = envelope.signed(&|octets, attached| world.cms(octets, attached, spec.clone()), Hash::Sha256);
        let expect = Expectation {
            kind: "evidence".into(),
            message_id: Some(bare(&envelope.message_id)),
            sender_kep: Some(envelope.from.clone()),
            subject: Some(envelope.subject.clone()),
            recipients: envelope.to.clone(),
            evidence: vec![expected(&evidence, type_id, &xml)],
            indication: Some("TOTAL-PASSED".into()),
            flags: if reasons.is_empty() {
                vec![]
            } else {
                vec!["negative-evidence".into()]
            },
            ..Expectation::default()
        };
        Sample {
            name: String::new(),
            raw,
            expect,
        }
    }

    /// `standart`: no package, the letter as PDF, the sender's signature opaque.
    fn standard(&self) -> Sample {
        let mut original = self.original("standart");
        original.files = vec![File::new("Bilgi Notu.pdf", "application/pdf", self.letter_pdf())];
        let spec = Spec::bes(&self.sender.officer.cert, original.date);
        let l1 = original.opaque(&|octets, attached| self.world.cms(octets, attached, spec.clone()));
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "standard".into();
        sample
    }

    fn e_tebligat(&self) -> Sample {
        let mut original = self.original("eTebligat");
        original.rem_id = Some(format!("27515{:08}", self.at.as_second() % 100_000_000));
        original.subject = format!("e-Tebligat: {}", self.subject);
        original.files = vec![File::new("tebligat.pdf", "application/pdf", self.letter_pdf())];
        let l1 = self.sign_detached(&original, &self.sender.officer.cert);
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "e-tebligat".into();
        sample.expect.flags = vec!["e-tebligat".into()];
        sample
    }

    /// The DETSİS registry asks to confirm the address by a link, which nobody but a person may open.
    fn address_verification(&self) -> Sample {
        let mut original = self.original("standart");
        original.from_name = "KAYSİS - DETSİS".into();
        original.from = "detsis@hs01.kep.tr".into();
        original.subject = "DETSİS KEP Adresi Doğrulama".into();
        original.body = format!(
            "Sayın Yetkili,\n\nElektronik Kamu Bilgi Yönetim Sistemi (KAYSİS) Devlet Teşkilatı Merkezi Kayıt Sistemi (DETSİS) üzerinde kayıtlı {} \
             KEP adresinin doğrulanması için aşağıdaki bağlantıya tıklayınız:\n\nhttps://kaysis.example.invalid/detsis/kep-dogrulama?kod={}\n\n\
             Bağlantı 48 saat geçerlidir.\n",
            self.world.our_address(),
            guid(&format!("{}kod", self.seed))
        );
        let l1 = self.sign_detached(&original, &self.sender.officer.cert);
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "address-verification".into();
        sample.expect.flags = vec!["address-verification".into()];
        sample
    }

    /// Enveloped S/MIME inside the provider's envelope.
    fn encrypted_message(&self) -> Sample {
        let original = self.original("standart");
        let l1 = original.pkcs7_mime("enveloped-data", &self.world.encrypt_to_us(&original.entity()));
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "encrypted".into();
        sample.expect.indication = Some("INDETERMINATE".into());
        sample.expect.flags = vec!["encrypted".into()];
        sample
    }

    /// Ordinary mail that has no business here: no signature, no evidence.
    fn unclassified(&self) -> Sample {
        let original = Original {
            from_name: "Bülten".into(),
            from: "bulten@ornek.example".into(),
            to: vec![self.world.our_address()],
            subject: "Haftalık bülten".into(),
            message_id: format!("<{}@ornek.example>", guid(&format!("{}bulten", self.seed)).to_lowercase()),
            date: self.at,
            body: "Bu bir KEP iletisi değildir.\n".into(),
            ..Original::default()
        };
        let expect = Expectation {
            kind: "unclassified".into(),
            message_id: Some(bare(&original.message_id)),
            // No envelope: the mail itself is the outermost and the sender's layer.
            original_message_id: Some(bare(&original.message_id)),
            recipients: original.to.clone(),
            subject: Some(original.subject.clone()),
            indication: Some("INDETERMINATE".into()),
            sub_indication: Some("NO_SIGNATURE".into()),
            flags: vec!["unclassified".into()],
            ..Expectation::default()
        };
        Sample {
            name: String::new(),
            raw: original.unsigned(),
            expect,
        }
    }
}

fn expected(evidence: &Evidence, type_id: Option<u16>, xml: &[u8]) -> ExpectedEvidence {
    ExpectedEvidence {
        root: evidence.root.clone(),
        event: evidence.event.clone(),
        type_id,
        event_time: Some(evidence.event_time),
        recipient: evidence.refers_to.map(|i| evidence.recipients[i - 1].1.clone()),
        sha256: World::sha256(xml),
    }
}

fn bare(message_id: &str) -> String {
    message_id.trim_matches(['<', '>']).to_string()
}
