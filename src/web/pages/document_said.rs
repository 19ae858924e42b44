//! What is said over a document's page after something was done there, by the word in its address.

use super::{deeds, retention};
use crate::text::Text;

/// What is said over the page after something was done.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub text: Option<Text>,
    pub is_refusal: bool,
}

impl Said {
    /// What the address says was done: one of ours, or nothing.
    pub fn of(word: Option<&str>) -> Self {
        if let Some(refusal) = word.and_then(deeds::refusal_of) {
            return Self {
                text: Some(refusal.text()),
                is_refusal: true,
            };
        }
        let kept = word.and_then(|word| word.strip_prefix("keeping-"));
        if let Some(refusal) = kept.and_then(retention::refusal_of) {
            return Self {
                text: Some(refusal.text()),
                is_refusal: true,
            };
        }
        let text = match word.unwrap_or_default() {
            "legal-hold" => Text::new(
                "Hukukî bekletme kondu: bu kayıt imha edilemez.",
                "Put on legal hold: it cannot be disposed of.",
            ),
            "release" => Text::new("Hukukî bekletme kaldırıldı.", "The legal hold was released."),
            "class" => Text::new("Saklama sınıfı yazıldı.", "The retention class was set."),
            "assign" => Text::new("Havale edildi.", "Assigned."),
            "done" => Text::new("Tamamlandı olarak işaretlendi.", "Marked as done."),
            "hold" => Text::new("Beklemeye alındı.", "Put on hold."),
            "reopen" => Text::new("Yeniden açıldı.", "Reopened."),
            "not-recorded" => Text::new(
                "Kayda alınmadı olarak işaretlendi; kayıt ve baytlar duruyor.",
                "Marked as not recorded; entry and bytes stay.",
            ),
            "access-level" => Text::new("Erişim düzeyi değiştirildi.", "The access level was changed."),
            "note" => Text::new("Not yazıldı.", "The note was written."),
            "transferred" => Text::new("EBYS numarası yazıldı.", "The EBYS number was written."),
            "renewed" => Text::new("Yeniden incelendi: sonuç yenilendi.", "Examined again: the verdict was renewed."),
            "unchanged" => Text::new("Yeniden incelendi: sonuç değişmedi.", "Examined again: nothing changed."),
            "unreadable" => Text::new(
                "Yine okunamadı; kayıt olduğu gibi kaldı.",
                "It could not be read again; the entry stays as it was.",
            ),
            "examining" => Text::new(
                "İnceleme sürüyor; sonucu bitince burada görünecek.",
                "The examination goes on; its result will be here when it is done.",
            ),
            _ => return Self::default(),
        };
        Self {
            text: Some(text),
            is_refusal: false,
        }
    }
}
