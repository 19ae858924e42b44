//! What is written to the applicant: ready to send, Turkish first. It names papers and what to do, never a person or a number of a person
//! that the applicant did not write. Names of files and of signers come from outside: nothing of them may begin a line of its own, reorder
//! the text or talk to a terminal.

use jiff::civil::Date;

use super::config::Checklist;
use super::outcome::{Outcome, PaperOutcome, Standing};
use super::reasons::code;
use crate::text::{Text, clean};

/// Characters of one reason: a name of a file or of a signer can be as long as its author likes.
const REASON_CHARS: usize = 400;

/// The letter; `None`: there is nothing to ask for. `number` is the register number as people write it, `until` the last day.
pub fn letter(checklist: &Checklist, outcome: &Outcome, number: &str, until: Option<Date>) -> Option<Text> {
    if !matches!(outcome.standing, Standing::Incomplete | Standing::Wrong) {
        return None;
    }
    let title = &checklist.title;
    let mut tr = format!(
        "Sayın ilgili,\n\n{number} sayı ile kaydedilen «{}» dosyanız incelenmiş, aşağıdaki eksiklikler görülmüştür.\n",
        title.tr
    );
    let mut en = format!(
        "Dear applicant,\n\nyour file «{}», registered as {number}, was examined and is not in order.\n",
        title.en
    );
    section(
        &mut tr,
        &mut en,
        ("Gönderilmesi gereken belgeler:", "Papers to be sent:"),
        outcome.missing(),
        checklist,
    );
    section(
        &mut tr,
        &mut en,
        (
            "Düzeltilip yeniden gönderilmesi gereken belgeler:",
            "Papers to be corrected and sent again:",
        ),
        outcome.wrong(),
        checklist,
    );
    let day = until.map(|day| day.strftime("%d.%m.%Y").to_string());
    let (by_tr, by_en) = match &day {
        Some(day) => (format!("en geç {day} tarihine kadar "), format!(" by {day} at the latest")),
        None => Default::default(),
    };
    tr += &format!("\nBelgeleri {by_tr}KEP hesabınızdan, konu alanına {number} yazarak gönderiniz.\n");
    en += &format!("\nSend the papers from your KEP account{by_en}, with {number} in the subject.\n");
    Some(Text::new(tr, en))
}

fn section<'a>(
    tr: &mut String,
    en: &mut String,
    heading: (&str, &str),
    papers: impl Iterator<Item = &'a PaperOutcome>,
    checklist: &Checklist,
) {
    let mut papers = papers.peekable();
    if papers.peek().is_none() {
        return;
    }
    *tr += &format!("\n{}\n", heading.0);
    *en += &format!("\n{}\n", heading.1);
    for outcome in papers {
        let rule = checklist.paper(&outcome.id);
        let formats = rule.map(|paper| checklist.formats_of(paper).iter().map(|kind| kind.word()).collect::<Vec<_>>());
        let formats = formats.unwrap_or_default().join(", ");
        let (mut why_tr, mut why_en) = (format!(" ({formats})"), format!(" ({formats})"));
        let reasons: Vec<&Text> = outcome
            .reasons
            .iter()
            .filter(|reason| reason.code != code::MISSING)
            .map(|reason| &reason.text)
            .collect();
        if !reasons.is_empty() {
            let joined = |pick: &dyn Fn(&Text) -> String| reasons.iter().map(|text| pick(text)).collect::<Vec<_>>().join(" ");
            why_tr = format!(": {}", joined(&|text| harmless(&text.tr)));
            why_en = format!(": {}", joined(&|text| harmless(&text.en)));
        }
        *tr += &format!("- {}{why_tr}\n", outcome.title.tr);
        *en += &format!("- {}{why_en}\n", outcome.title.en);
    }
}

fn harmless(reason: &str) -> String {
    let reason = clean(reason);
    match reason.char_indices().nth(REASON_CHARS) {
        Some((end, _)) => format!("{}…", reason.get(..end).unwrap_or_default()),
        None => reason,
    }
}
