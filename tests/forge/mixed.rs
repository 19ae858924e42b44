//! Realistic messages in a fixed round of kinds, each with what must be found in it.

use jiff::SignedDuration;

use super::eyp::{Attachment, AttachmentKind, Version, guid};
pub use super::letter::Letter;
use super::sample::Sample;
use super::world::World;

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
