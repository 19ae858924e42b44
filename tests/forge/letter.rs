//! One letter on its way: the sender's message, the provider's envelope with its evidence, and the kinds of mail that carry no package.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::cades::Spec;
use super::evidence::{self, Evidence};
use super::eyp::guid;
use super::mail::{Carried, Envelope, File, Original};
use super::pdf;
use super::pki::{Certified, Hash};
use super::sample::{Expectation, ExpectedEvidence, Sample};
use super::world::{Sender, World};

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

/// Turkish capitals: i becomes İ.
pub fn upper(text: &str) -> String {
    text.replace('i', "İ").to_uppercase()
}

pub fn minutes(at: Timestamp, n: i64) -> Timestamp {
    at + SignedDuration::from_mins(n)
}

pub fn iso(at: Timestamp) -> String {
    evidence::local_time(at)
}

impl Letter<'_> {
    pub fn letter_pdf(&self) -> Vec<u8> {
        let lines = [
            "T.C.".to_string(),
            upper(&self.sender.institution.name),
            String::new(),
            format!("Sayı : {}", self.number),
            format!("Konu : {}", self.subject),
            String::new(),
            format!("{} MÜDÜRLÜĞÜNE", upper(self.world.receiver.name.trim_end_matches(" Müdürlüğü"))),
            String::new(),
            "İlgi konu hakkında gerekli değerlendirmenin yapılarak sonucun tarafımıza".into(),
            "bildirilmesi hususunda gereğini arz ederim.".into(),
            String::new(),
            format!("{} {}", self.sender.director.name.first, upper(&self.sender.director.name.last)),
            self.sender.director.name.title.clone(),
            String::new(),
            "Bu belge bir test belgesidir; kişiler ve kurumlar gerçek değildir.".into(),
        ];
        pdf::letter(&self.subject, &lines)
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
    pub fn standard(&self) -> Sample {
        let mut original = self.original("standart");
        original.files = vec![File::new("Bilgi Notu.pdf", "application/pdf", self.letter_pdf())];
        let spec = Spec::bes(&self.sender.officer.cert, original.date);
        let l1 = original.opaque(&|octets, attached| self.world.cms(octets, attached, spec.clone()));
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "standard".into();
        sample
    }

    pub fn e_tebligat(&self) -> Sample {
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
    pub fn address_verification(&self) -> Sample {
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
    pub fn encrypted_message(&self) -> Sample {
        self.message_encrypted_by(&|original| self.world.encrypt_to_us(&original.entity()))
    }

    /// The same; who encrypts decides what is inside.
    pub fn message_encrypted_by(&self, encrypt: &dyn Fn(&Original) -> Vec<u8>) -> Sample {
        let original = self.original("standart");
        let l1 = original.pkcs7_mime("enveloped-data", &encrypt(&original));
        let mut sample = self.deliver(&original, l1);
        sample.expect.kind = "encrypted".into();
        sample.expect.indication = Some("INDETERMINATE".into());
        sample.expect.flags = vec!["encrypted".into()];
        sample
    }

    /// Ordinary mail that has no business here: no signature, no evidence.
    pub fn unclassified(&self) -> Sample {
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
