//! Everything that the page of one file shows.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{chip, due, title};
use crate::checklist::entered::{Deed, Done as Entered};
use crate::checklist::outcome::Outcome;
use crate::checklist::reasons::Reason;
use crate::checklist::signatories::Source;
use crate::checklist::terms::kept_until;
use crate::ledger::files::ApplicationFile;
use crate::pipeline::files::report::reply_of;
use crate::pipeline::files::terms_of;
use crate::register::words;
use crate::settings::Settings;
use crate::text::{Lang, Text};
use crate::web::Web;
use crate::web::pages::chip::Chip;
use crate::web::pages::chrome::Chrome;
use crate::web::pages::history::{Done, named};
use crate::web::pages::line;
use crate::web::pages::shown::Shown;
use crate::web::pages::when::{self, Due};

pub(super) struct FileView {
    pub title: Shown,
    pub chip: Chip,
    pub reasons: Vec<ReasonView>,
    pub papers: Vec<PaperView>,
    pub members: Vec<(String, String)>,
    /// Beside the application: what may be separated.
    pub joined: Vec<String>,
    /// Every attachment, by hash: what a clerk may decide on.
    pub attachments: Vec<(String, Shown)>,
    pub unplaced: Vec<(String, Shown)>,
    pub choices: Vec<(String, String)>,
    pub terms: Vec<(Due, &'static str)>,
    pub kept: Option<String>,
    pub authorities: Vec<AuthorityView>,
    pub reply: Option<Text>,
    pub entered: Vec<Done>,
    pub has_loss: bool,
}

pub(super) struct ReasonView {
    pub code: &'static str,
    pub text: Shown,
}

pub(super) struct FoundView {
    pub href: String,
    pub number: String,
    pub name: Shown,
    pub signed_by: Shown,
}

pub(super) struct PaperView {
    pub title: Shown,
    pub is_required: bool,
    pub chip: Option<Chip>,
    pub found: Vec<FoundView>,
    pub reasons: Vec<ReasonView>,
}

pub(super) struct AuthorityView {
    pub at: usize,
    pub what: &'static str,
    pub how: String,
    pub signatories: Vec<Shown>,
    pub days: String,
    pub is_revoked: bool,
}

impl FileView {
    pub fn of(file: &ApplicationFile, settings: &Settings, web: &Web, c: &Chrome) -> Self {
        let lang = c.lang();
        let rules = file.rules(&settings.checklists);
        let outcome = file.outcome(&settings.checklists);
        let terms = terms_of(file, settings);
        let mut named = BTreeSet::new();
        let attachments = file
            .papers()
            .filter(|read| named.insert(read.sha256))
            .map(|read| (read.sha256.to_string(), Shown::cell(&read.name)));
        let members = file.members.iter().map(|(entry, _)| entry.register_number);
        Self {
            title: title(file, rules, lang),
            chip: chip(outcome.standing, lang),
            reasons: reasons(&outcome.reasons, lang),
            papers: papers(&outcome, c),
            attachments: attachments.collect(),
            unplaced: outcome
                .undecided()
                .map(|one| (one.number.to_string(), Shown::cell(&one.name)))
                .collect(),
            members: members
                .clone()
                .map(|number| (line::href(number), format!("{}{number}", c.prefix)))
                .collect(),
            joined: members.skip(1).map(|number| number.to_string()).collect(),
            choices: rules
                .iter()
                .flat_map(|rules| &rules.paper)
                .map(|paper| (paper.id.clone(), paper.title.get(lang).to_owned()))
                .collect(),
            terms: terms.iter().map(|term| due(term, settings, web, lang)).collect(),
            kept: rules
                .and_then(|rules| kept_until(rules, file.head.message.received_at))
                .map(when::day),
            authorities: authorities(file, lang),
            reply: reply_of(file, &outcome, settings),
            entered: file.entered.0.iter().rev().map(|done| entered(done, web, lang)).collect(),
            has_loss: matches!(file.entered.loss(), Some((_, None))),
        }
    }
}

fn reasons(reasons: &[Reason], lang: Lang) -> Vec<ReasonView> {
    let view = |reason: &Reason| ReasonView {
        code: reason.code,
        text: Shown::field(reason.text.get(lang)),
    };
    reasons.iter().map(view).collect()
}

fn papers(outcome: &Outcome, c: &Chrome) -> Vec<PaperView> {
    let lang = c.lang();
    let papers = outcome.papers.iter().map(|paper| PaperView {
        title: Shown::cell(paper.title.get(lang)),
        is_required: paper.required,
        chip: paper.standing.map(|standing| chip(standing, lang)),
        found: paper
            .found
            .iter()
            .map(|found| FoundView {
                href: line::href(found.number),
                number: format!("{}{}", c.prefix, found.number),
                name: Shown::cell(&found.name),
                signed_by: Shown::cell(&found.signed_by.join(", ")),
            })
            .collect(),
        reasons: reasons(&paper.reasons, lang),
    });
    papers.collect()
}

fn authorities(file: &ApplicationFile, lang: Lang) -> Vec<AuthorityView> {
    let either = |tr, en| if lang == Lang::Tr { tr } else { en };
    let day = |day: Option<Date>| day.map_or_else(|| "…".to_owned(), when::day);
    let all = file.entered.every_authority().into_iter().enumerate();
    all.map(|(at, (authority, is_revoked))| AuthorityView {
        at,
        what: match authority.source {
            Source::Circular => either("İmza sirküleri", "Signature circular"),
            Source::Power => either("Vekâletname", "Power of attorney"),
        },
        how: match (authority.required, authority.signatories.len()) {
            (1, _) => either("münferit", "each alone").to_owned(),
            (required, of) => match lang {
                Lang::Tr => format!("müşterek: {of} kişiden {required}"),
                Lang::En => format!("joint: {required} of {of}"),
            },
        },
        signatories: authority
            .signatories
            .iter()
            .map(|one| Shown::cell(&format!("{} ({})", one.name, one.id)))
            .collect(),
        days: format!("{} – {}", day(authority.valid_from), day(authority.valid_until)),
        is_revoked,
    })
    .collect()
}

fn entered(done: &Entered, web: &Web, lang: Lang) -> Done {
    Done {
        time: when::moment(done.at),
        who: named(web, done.by.person.as_deref().unwrap_or_default()),
        what: Shown::cell(&format!(
            "{}{}",
            deed_words(&done.deed).get(lang),
            words::command_line(done.by.uid, lang)
        )),
        note: Shown::maybe(done.note.as_deref()),
    }
}

fn deed_words(deed: &Deed) -> Text {
    let day = |day: &Date| when::day(*day);
    match deed {
        Deed::Bound { checklist: Some(name) } => Text::new(format!("'{name}' listesine bağladı"), format!("bound to checklist '{name}'")),
        Deed::Bound { checklist: None } => Text::new("başvuru dosyası olmadığını yazdı", "said that it is no application file"),
        Deed::Authorised { authority } => {
            let names: Vec<&str> = authority.signatories.iter().map(|one| one.name.as_str()).collect();
            Text::new(
                format!("imza yetkisi girdi: {}", names.join(", ")),
                format!("entered who may sign: {}", names.join(", ")),
            )
        }
        Deed::Revoked { authority } => Text::new(
            format!("{}. imza yetkisini kaldırdı", authority + 1),
            format!("revoked authority {}", authority + 1),
        ),
        Deed::Decided { sha256, paper } => {
            let (paper, file) = (paper.as_deref().unwrap_or("–"), sha256.short());
            Text::new(
                format!("bir dosyanın ({file}) hangi belge olduğunu yazdı: {paper}"),
                format!("said which paper a file ({file}) is: {paper}"),
            )
        }
        Deed::OriginalsArrived { day: on } => Text::new(
            format!("asıllar {} günü geldi", day(on)),
            format!("originals arrived on {}", day(on)),
        ),
        Deed::CompletionAsked { day: on } => Text::new(
            format!("eksikler {} günü istendi", day(on)),
            format!("completion asked for on {}", day(on)),
        ),
        Deed::LossLearned { day: on } => Text::new(
            format!("kayıp {} günü öğrenildi", day(on)),
            format!("loss learnt of on {}", day(on)),
        ),
        Deed::LossReported { day: on } => Text::new(
            format!("kayıp {} günü bildirildi", day(on)),
            format!("loss reported on {}", day(on)),
        ),
        Deed::Joined { document } => Text::new(
            format!("{document} sayılı belgeyi dosyaya kattı"),
            format!("joined document {document}"),
        ),
        Deed::Separated { document } => Text::new(
            format!("{document} sayılı belgeyi dosyadan ayırdı"),
            format!("separated document {document}"),
        ),
    }
}
