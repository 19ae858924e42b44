//! Letters that carry packages: what is signed, sealed, tampered with, encrypted, updated, and what a reader must find.

use super::cades::{self, Defect, Spec};
use super::cms::Form as CmsForm;
use super::eyp::{self, Addressee, Attachment, AttachmentKind, Package, Version, guid};
use super::letter::{Letter, iso, minutes};
use super::mail::File;
use super::sample::{ExpectedAttachment, ExpectedDocument, Sample};
use super::world::{Person, World};

/// A package with what is expected of it.
pub struct Made {
    pub bytes: Vec<u8>,
    pub document: ExpectedDocument,
    pub name: String,
}

impl<'w> Letter<'w> {
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

    pub fn simple(&self, package: &Package) -> Made {
        self.made(package, package.build())
    }

    /// A KEP message with one or more packages, of the kind named.
    pub fn dispatch(&self, kind: &str) -> Sample {
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
    pub fn send_packages(&self, made: Vec<Made>, local_paths: bool) -> Sample {
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
        self.package_encrypted_by(package, &|inner| self.world.encrypt_to_us(inner))
    }

    /// The same, encrypted by somebody else.
    pub fn package_encrypted_by(&self, package: &Package, encrypt: &dyn Fn(&[u8]) -> Vec<u8>) -> Made {
        let mut copy = vec![];
        let keep = std::cell::RefCell::new(&mut copy);
        // Made once: signatures are random, and the copy outside is of this one.
        let inner = package.build_with(&|_| {}, &|parts| {
            **keep.borrow_mut() = parts.iter().find(|p| p.rel.0 == "nihaiozet").unwrap().bytes.clone();
        });
        let bytes = eyp::encrypted(
            Version::V2_0,
            &self.sender.institution,
            std::slice::from_ref(&self.world.receiver),
            &copy,
            encrypt(&inner),
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
}
