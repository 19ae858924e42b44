//! Why a file is not complete: stable codes, and sentences that say the next step.

use super::papers::FileKind;
use super::signatories::{Authority, Source};
use crate::signature::report::SignatureReport;
use crate::text::Text;

/// One reason, with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub code: &'static str,
    pub text: Text,
}

/// Stable codes of the reasons.
pub mod code {
    pub const MISSING: &str = "KEP-5701";
    pub const WRONG_FORMAT: &str = "KEP-5702";
    pub const TOO_LARGE: &str = "KEP-5703";
    pub const UNSIGNED: &str = "KEP-5704";
    pub const INVALID_SIGNATURE: &str = "KEP-5705";
    pub const NOT_QUALIFIED: &str = "KEP-5706";
    pub const NOT_ENOUGH_SIGNERS: &str = "KEP-5707";
    pub const AUTHORITY_ENDED: &str = "KEP-5708";
    pub const UNCERTAIN_SIGNATURE: &str = "KEP-5709";
    pub const NO_SIGNATORIES: &str = "KEP-5710";
    pub const UNREADABLE: &str = "KEP-5711";
    pub const NOT_READ_YET: &str = "KEP-5712";
    pub const NO_RULES: &str = "KEP-5713";
    pub const BROKEN_PACKAGE: &str = "KEP-5714";
    pub const EMPTY: &str = "KEP-5715";
    pub const BREAKS_OFF: &str = "KEP-5716";
    pub const SAME_FILE: &str = "KEP-5717";
    pub const FORGED_MESSAGE: &str = "KEP-5718";
    pub const SEVERAL_LISTS: &str = "KEP-5719";
    pub const OLDER_RULES: &str = "KEP-5720";
}

impl Reason {
    fn new(code: &'static str, tr: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code,
            text: Text::new(tr, en),
        }
    }

    /// Of several copies each reason says whose it is.
    pub(super) fn about(self, name: &str) -> Self {
        Self::new(self.code, format!("{name}: {}", self.text.tr), format!("{name}: {}", self.text.en))
    }
}

pub(super) fn no_rules() -> Reason {
    Reason::new(
        code::NO_RULES,
        "Bu dosyanın kontrol listesi yapılandırmada artık yok. Listeyi geri koyun ya da dosyayı başka bir listeye bağlayın.",
        "The checklist of this file is no longer configured. Put it back, or bind the file to another one.",
    )
}

pub(super) fn not_read_yet() -> Reason {
    Reason::new(
        code::NOT_READ_YET,
        "Dosyanın bir iletisi henüz bu listenin kurallarıyla okunmadı; birazdan kendiliğinden okunur.",
        "A message of the file was not read by the rules of this checklist yet; it will be in a moment, by itself.",
    )
}

pub(super) fn older_rules() -> Reason {
    Reason::new(
        code::OLDER_RULES,
        "Dosyanın işi bitmiş, kontrol listesi sonradan değişmiş. Yeni kurallarla görmek için kaydı yeniden açın.",
        "The file is done, and its checklist changed since. Reopen the entry to see it by the new rules.",
    )
}

pub(super) fn unreadable(number: impl std::fmt::Display, problem: &Text) -> Reason {
    Reason::new(
        code::UNREADABLE,
        format!("{number} sayılı ileti okunamadı: {}. İletiyi elle inceleyin.", problem.tr),
        format!("Message {number} could not be read: {}. Look at it by hand.", problem.en),
    )
}

pub(super) fn several_lists(own: &str, others: &[String]) -> Reason {
    let others = others.join(", ");
    Reason::new(
        code::SEVERAL_LISTS,
        format!("Bu iletiye birden çok kontrol listesi uyuyor: {own}, {others}. Dosyayı doğru listeye bağlayın."),
        format!("Several checklists hold for this message: {own}, {others}. Bind the file to the right one."),
    )
}

pub(super) fn missing() -> Reason {
    Reason::new(code::MISSING, "Belge dosyada yok.", "The paper is not in the file.")
}

pub(super) fn forged_message() -> Reason {
    Reason::new(
        code::FORGED_MESSAGE,
        "Belgeyi getiren iletinin kendi imzası geçersiz; içindekiler değişmiş olabilir.",
        "The signature of the message that brought the paper is invalid; what lies in it may have been changed.",
    )
}

pub(super) fn same_file(others: &[&str]) -> Reason {
    let others = others.join(", ");
    Reason::new(
        code::SAME_FILE,
        format!("Aynı dosya başka bir belge yerine de gönderilmiş ({others}); hangisi olduğunu bir kayıt memuru yazmalı."),
        format!("The same file was sent as another paper too ({others}); a clerk must say which one it is."),
    )
}

pub(super) fn empty() -> Reason {
    Reason::new(code::EMPTY, "Dosya boş.", "The file is empty.")
}

pub(super) fn wrong_format(formats: &[FileKind]) -> Reason {
    let names: Vec<&str> = formats.iter().map(|kind| kind.word()).collect();
    let names = names.join(", ");
    Reason::new(
        code::WRONG_FORMAT,
        format!("Dosya biçimi kabul edilmiyor; içerik {names} olmalı."),
        format!("The file's format is not accepted; its content must be {names}."),
    )
}

pub(super) fn breaks_off() -> Reason {
    Reason::new(
        code::BREAKS_OFF,
        "Dosya yarım kalmış; sonu yok. Bütün olarak yeniden gönderilmeli.",
        "The file breaks off before its end. It must be sent again, whole.",
    )
}

pub(super) fn too_large(size: u64, most: u64) -> Reason {
    let (size, most) = (size.div_ceil(1024), most / 1024);
    Reason::new(
        code::TOO_LARGE,
        format!("Dosya çok büyük: {size} KB; en çok {most} KB olabilir."),
        format!("The file is too large: {size} KB; at most {most} KB are accepted."),
    )
}

pub(super) fn broken_package() -> Reason {
    Reason::new(
        code::BROKEN_PACKAGE,
        "Paketin özetleri içindekilerle uyuşmuyor; imzası bu belge için bir şey kanıtlamaz.",
        "The digests of the package do not fit what lies in it; its signature proves nothing about this paper.",
    )
}

pub(super) fn unsigned() -> Reason {
    Reason::new(
        code::UNSIGNED,
        "Belgede nitelikli elektronik imza yok.",
        "The paper bears no qualified electronic signature.",
    )
}

pub(super) fn not_qualified() -> Reason {
    Reason::new(
        code::NOT_QUALIFIED,
        "İmza geçerli, ama bir kişinin nitelikli elektronik sertifikasıyla atılmamış.",
        "The signature is valid, but was not made with the qualified certificate of a person.",
    )
}

pub(super) fn no_signatories() -> Reason {
    Reason::new(
        code::NO_SIGNATORIES,
        "İmza sirkülerindeki yetkililer girilmedi; bir kayıt memuru girmeli.",
        "The signatories of the signature circular were not entered; a clerk must do so.",
    )
}

/// `signed`: the people whose signatures count. `ways`: for each authority how many of how many must sign, and how many did.
pub(super) fn not_enough_signers(signed: &[String], ways: &[(usize, u8, usize)]) -> Reason {
    let who = match signed.is_empty() {
        true => Text::new("kimse", "nobody"),
        false => Text::same(signed.join(", ")),
    };
    let ways: Vec<Text> = ways
        .iter()
        .map(|(of, needed, signed)| {
            Text::new(
                format!("{of} yetkiliden {needed} imza gerekiyor, {signed} var"),
                format!("{needed} of {of} signatories must sign, {signed} did"),
            )
        })
        .collect();
    let ways = Text::joined(&ways, "; ");
    Reason::new(
        code::NOT_ENOUGH_SIGNERS,
        format!("İmza yetkisi yetmiyor. İmzalayan: {}. {}.", who.tr, ways.tr),
        format!(
            "Those who signed may not sign for the applicant. Signed by: {}. {}.",
            who.en, ways.en
        ),
    )
}

pub(super) fn not_in_force(authority: &Authority) -> Reason {
    let what = match authority.source {
        Source::Circular => Text::new("İmza sirküleri", "The signature circular"),
        Source::Power => Text::new("Vekâletname", "The power of attorney"),
    };
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "…".to_owned(), |day| day.strftime("%d.%m.%Y").to_string());
    let (from, until) = (day(authority.valid_from), day(authority.valid_until));
    Reason::new(
        code::AUTHORITY_ENDED,
        format!("{} imza gününde geçerli değildi (geçerlilik {from} - {until}).", what.tr),
        format!("{} was not in force on the day of the signature (valid {from} - {until}).", what.en),
    )
}

pub(super) fn failing(report: &SignatureReport) -> Reason {
    let (who, why) = (signer(report), because(report));
    Reason::new(
        code::INVALID_SIGNATURE,
        format!("İmza geçersiz ({}): {}", who.tr, why.tr),
        format!("The signature is invalid ({}): {}", who.en, why.en),
    )
}

pub(super) fn uncertain(report: &SignatureReport) -> Reason {
    let (who, why) = (signer(report), because(report));
    Reason::new(
        code::UNCERTAIN_SIGNATURE,
        format!("İmza henüz kesin doğrulanamadı ({}): {}", who.tr, why.tr),
        format!("The signature could not be verified for certain yet ({}): {}", who.en, why.en),
    )
}

fn signer(report: &SignatureReport) -> Text {
    match report.signer.as_ref().and_then(|signer| signer.common_name.clone()) {
        Some(name) => Text::same(name),
        None => Text::new("imzalayanı belli değil", "signer unknown"),
    }
}

/// The first reason that is no praise.
fn because(report: &SignatureReport) -> Text {
    let worst = report.reasons.iter().max_by_key(|reason| reason.severity);
    worst
        .map(|reason| {
            Text::new(
                format!("{} ({})", reason.text.tr, reason.code),
                format!("{} ({})", reason.text.en, reason.code),
            )
        })
        .unwrap_or_default()
}
