//! Why nothing was done with the keeping of an entry, for programs and for people.

use serde::{Deserialize, Serialize};

use crate::ledger::handling::NOTE_CHARS;
use crate::text::Text;

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepingRefusal {
    /// It is not there, or not for this person: the same answer.
    #[error("there is no such entry or list")]
    NotFound,
    #[error("the role may not do this")]
    Forbidden,
    #[error("a reason is required")]
    ReasonRequired,
    #[error("too long, or not text")]
    TooLong,
    #[error("there is no such class")]
    UnknownClass,
    #[error("it is so already")]
    Unchanged,
    #[error("nothing is due")]
    NothingDue,
    /// Several holds stand, or none of that number: who releases says which.
    #[error("it is not said which hold")]
    WhichHold,
    /// A shorter term is no clerk's to give: it is the first step of a disposal.
    #[error("the class shortens the term")]
    Shortens,
    #[error("the one who proposed does not approve")]
    OwnList,
    #[error("approved already by this person")]
    ApprovedAlready,
    /// An account of the same name proposed or approved already.
    #[error("the same person under another login")]
    SamePerson,
    #[error("another list was seen than the one that is there")]
    OtherList,
    #[error("the list is not open")]
    NotOpen,
    #[error("not enough other people have approved")]
    NotApproved,
    /// An account that approved is closed, or may not approve any more.
    #[error("an approver may not approve any more")]
    ApproverGone,
    /// A hold, a class, a state or a year is another one now: the list is not carried out, in no part.
    #[error("an entry of the list is no longer due")]
    NoLongerDue,
    #[error("its bytes are disposed of")]
    Disposed,
    /// Another disposal, or a message whose record will need what this one would remove.
    #[error("something that needs it is under way")]
    Busy,
}

impl KeepingRefusal {
    pub fn text(self) -> Text {
        match self {
            Self::NotFound => Text::new("Böyle bir kayıt ya da liste yok.", "There is no such entry or list."),
            Self::Forbidden => Text::new(
                "Bu iş için yetkiniz yok: sınıfı kayıt memuru verir; bekletmeyi ve onayı birim amiri ya da yönetici, öneri ve uygulamayı yönetici yapar.",
                "Your role may not do this: clerks give classes; supervisors and administrators hold and approve; administrators propose and execute.",
            ),
            Self::ReasonRequired => Text::new("Gerekçe yazın.", "Write the reason."),
            Self::TooLong => Text::new(
                format!("Metin çok uzun ya da denetim karakteri içeriyor (en çok {NOTE_CHARS} karakter)."),
                format!("The text is too long or holds control characters (at most {NOTE_CHARS} characters)."),
            ),
            Self::UnknownClass => Text::new(
                "Bu adda bir saklama sınıfı yok; yapılandırmadaki [[retention.class]] adlarından birini verin.",
                "There is no retention class of that name; give one of the [[retention.class]] of the configuration.",
            ),
            Self::Unchanged => Text::new("Zaten öyle.", "It is so already."),
            Self::NothingDue => Text::new(
                "Süresi dolan kayıt yok ya da hepsi açık bir listede.",
                "Nothing is due, or all of it stands on an open list.",
            ),
            Self::WhichHold => Text::new(
                "Hangi bekletmenin kaldırılacağını söyleyin: kayıtta birden çok bekletme var ya da bu numaralı yok.",
                "Say which hold is released: several stand on this entry, or none of that number does.",
            ),
            Self::Shortens => Text::new(
                "Bu sınıf saklama süresini kısaltır; kısaltan sınıfı yalnız birim amiri ya da yönetici verebilir.",
                "This class shortens the term; only a supervisor or an administrator gives a class that shortens it.",
            ),
            Self::OwnList => Text::new(
                "Listeyi öneren onaylayamaz; başka kişiler onaylamalı.",
                "Who proposed the list cannot approve it; other people must.",
            ),
            Self::ApprovedAlready => Text::new(
                "Bu listeyi onayladınız; eksik onayları başka kişiler vermeli.",
                "You approved this list; the approvals that it lacks must come from other people.",
            ),
            Self::SamePerson => Text::new(
                "Sizinle aynı adı taşıyan bir hesap bu listeyi önerdi ya da onayladı; onayları ayrı kişiler vermeli. Gerçekten iki ayrı kişiyseniz yönetici hesap adlarını ayırsın.",
                "An account of your own name proposed or approved this list; approvals come from different people. If you are two people indeed, have the administrator tell the names of the accounts apart.",
            ),
            Self::OtherList => Text::new(
                "Gördüğünüz liste bu değil: özeti başka. Listeyi yeniden açıp okuyun.",
                "This is not the list that you saw: its hash is another one. Open the list again and read it.",
            ),
            Self::NotOpen => Text::new(
                "Bu liste açık değil: geri çekilmiş ya da uygulanmış.",
                "This list is not open: it was withdrawn or executed.",
            ),
            Self::NotApproved => Text::new(
                "Öneren dışında iki kişi (makinede önerilen listede üç kişi) onaylamadan uygulanmaz.",
                "It is not executed before two people beside the proposer approved it; three where it was proposed on the machine itself.",
            ),
            Self::ApproverGone => Text::new(
                "Onaylayanlardan birinin hesabı kapatılmış, yetkisi ya da kapsamı değişmiş: o onay sayılmaz. Başka biri onaylamalı.",
                "An account that approved is closed, or its role or scope has changed: that approval does not count. Somebody else must approve.",
            ),
            Self::NoLongerDue => Text::new(
                "Listedeki bir kayıt artık imha edilemez (bekletme kondu, sınıfı ya da durumu değişti). Liste hiçbir parçasıyla uygulanmadı; geri çekip yenisini önerin.",
                "An entry of the list may no longer be disposed of (a hold, another class or state). No part of the list was executed; withdraw it and propose another.",
            ),
            Self::Disposed => Text::new(
                "Bu kaydın içeriği imha edildi; yapılacak bir şey yok.",
                "The bytes of this entry are disposed of; nothing can be done.",
            ),
            Self::Busy => Text::new(
                "Başka bir imha ya da silinecek bir içeriğe gereksinimi olan bir inceleme sürüyor; biraz sonra yineleyin.",
                "Another disposal is under way, or an examination that needs something of what would go; repeat this in a moment.",
            ),
        }
    }
}
