//! Complete, incomplete, wrong, or not yet certain: a fold over what was read, what a clerk entered, and the rules. Nothing that is unknown
//! makes a file complete, and nothing that is only unknown makes it wrong.

use super::config::{Checklist, Paper};
use super::entered::Entered;
use super::papers::Member;
use super::placing::{Because, PaperCopy, Placed};
use super::reasons::{self, Reason};
use super::signed::Signatures;
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
use crate::text::Text;

/// Where a file stands, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Complete,
    /// Nothing is missing and nothing wrong, but something is not certain yet.
    Awaiting,
    Incomplete,
    Wrong,
}

impl Standing {
    /// Stable words of the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Awaiting => "awaiting",
            Self::Incomplete => "incomplete",
            Self::Wrong => "wrong",
        }
    }

    pub fn text(self) -> Text {
        let (tr, en) = match self {
            Self::Complete => ("tamam", "complete"),
            Self::Awaiting => ("kesinleşmedi", "not yet certain"),
            Self::Incomplete => ("eksik", "incomplete"),
            Self::Wrong => ("hatalı", "wrong"),
        };
        Text::new(tr, en)
    }
}

/// An attachment that stands for a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub number: RegisterNumber,
    pub sha256: Sha256,
    pub name: String,
    pub because: Because,
    /// The people who signed it validly with a qualified certificate, as their certificates name them.
    pub signed_by: Vec<String>,
}

/// One paper of the checklist in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperOutcome {
    pub id: String,
    pub title: Text,
    pub required: bool,
    /// `None`: optional and not there.
    pub standing: Option<Standing>,
    pub found: Vec<Found>,
    pub reasons: Vec<Reason>,
}

/// An attachment of which nobody can say which paper it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced {
    pub number: RegisterNumber,
    pub sha256: Sha256,
    pub name: String,
    /// A clerk said that it is none of the list.
    pub is_decided: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub standing: Standing,
    pub papers: Vec<PaperOutcome>,
    pub unplaced: Vec<Unplaced>,
    /// What concerns the file as a whole.
    pub reasons: Vec<Reason>,
}

impl Outcome {
    /// Required and not there.
    pub fn missing(&self) -> impl Iterator<Item = &PaperOutcome> {
        self.papers.iter().filter(|paper| paper.standing == Some(Standing::Incomplete))
    }

    /// There and wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &PaperOutcome> {
        self.papers.iter().filter(|paper| paper.standing == Some(Standing::Wrong))
    }

    /// What a clerk should look at.
    pub fn undecided(&self) -> impl Iterator<Item = &Unplaced> {
        self.unplaced.iter().filter(|one| !one.is_decided)
    }
}

/// What a file consists of.
pub struct File<'a> {
    /// `None`: the checklist that it was read under is no longer configured.
    pub checklist: Option<&'a Checklist>,
    /// The application first, then what completes it, in the order of the register.
    pub members: Vec<Member<'a>>,
    pub entered: &'a Entered,
    /// A message of it was not read yet, or under other rules than today's.
    pub is_unread: bool,
    /// Nobody works on it any more: it is not read anew when the rules change.
    pub is_finished: bool,
    /// Names of other checklists that hold for the application too, while no clerk said which one is meant.
    pub rivals: Vec<String>,
}

/// The outcome of a file.
pub fn judge(file: &File<'_>) -> Outcome {
    let unjudged = |reason| Outcome {
        standing: Standing::Awaiting,
        papers: Vec::new(),
        unplaced: Vec::new(),
        reasons: vec![reason],
    };
    let Some(checklist) = file.checklist else {
        return unjudged(reasons::no_rules());
    };
    if file.is_finished && file.is_unread {
        return unjudged(reasons::older_rules());
    }
    let placed = Placed::of(&file.members, checklist, file.entered);
    let papers = checklist
        .paper
        .iter()
        .map(|paper| judge_paper(paper, checklist, &placed, file.entered));
    let papers: Vec<PaperOutcome> = papers.collect();
    let reasons = whole(file, checklist);
    let of_reasons = (!reasons.is_empty()).then_some(Standing::Awaiting);
    let worst = papers.iter().filter_map(|paper| paper.standing).chain(of_reasons).max();
    let unplaced = placed.unplaced.iter().map(|(member, read)| Unplaced {
        number: member.number,
        sha256: read.sha256,
        name: read.name.clone(),
        // What a clerk called a paper that the list has no longer is open again.
        is_decided: file.entered.decision_on(&read.sha256) == Some(None),
    });
    Outcome {
        standing: worst.unwrap_or(Standing::Complete),
        papers,
        unplaced: unplaced.collect(),
        reasons,
    }
}

/// What keeps the file as a whole from being certain.
fn whole(file: &File<'_>, checklist: &Checklist) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if file.is_unread || file.members.is_empty() {
        reasons.push(reasons::not_read_yet());
    }
    if !file.rivals.is_empty() {
        reasons.push(reasons::several_lists(&checklist.name, &file.rivals));
    }
    let unreadable = file.members.iter();
    let unreadable = unreadable.filter_map(|member| Some((member.number, member.reading.unreadable.as_ref()?)));
    reasons.extend(unreadable.map(|(number, problem)| reasons::unreadable(number, problem)));
    reasons
}

fn judge_paper(paper: &Paper, checklist: &Checklist, placed: &Placed<'_>, entered: &Entered) -> PaperOutcome {
    let mut outcome = PaperOutcome {
        id: paper.id.clone(),
        title: paper.title.clone(),
        required: paper.required,
        standing: None,
        found: Vec::new(),
        reasons: Vec::new(),
    };
    let copies = placed.copies(&paper.id);
    if copies.is_empty() {
        if paper.required {
            outcome.standing = Some(Standing::Incomplete);
            outcome.reasons.push(reasons::missing());
        }
        return outcome;
    }
    for copy in copies {
        let (mut its, mut why) = judge_copy(*copy, paper, checklist);
        let signatures = Signatures::of(*copy);
        if let Some((of_signatures, reasons)) = signatures.judge(paper.signature, entered) {
            its = its.max(of_signatures);
            why.extend(reasons);
        }
        let others: Vec<&str> = placed.stands_also_for(copy.read, &paper.id).collect();
        if !others.is_empty() {
            its = its.max(Standing::Awaiting);
            why.push(reasons::same_file(&others));
        }
        outcome.standing = outcome.standing.max(Some(its));
        outcome.reasons.extend(why.into_iter().map(|reason| match copies.len() {
            1 => reason,
            _ => reason.about(&copy.read.name),
        }));
        outcome.found.push(Found {
            number: copy.member.number,
            sha256: copy.read.sha256,
            name: copy.read.name.clone(),
            because: copy.because,
            signed_by: signatures.passed_names(),
        });
    }
    outcome
}

/// What is wrong with a copy before anybody looks at signatures.
fn judge_copy(copy: PaperCopy<'_>, paper: &Paper, checklist: &Checklist) -> (Standing, Vec<Reason>) {
    let mut reasons = Vec::new();
    let (read, formats, most) = (copy.read, checklist.formats_of(paper), checklist.max_bytes_of(paper));
    if copy.member.is_forged {
        reasons.push(reasons::forged_message());
    }
    if read.size == 0 {
        reasons.push(reasons::empty());
    } else if !formats.contains(&read.kind) {
        reasons.push(reasons::wrong_format(formats));
    } else if read.breaks_off {
        reasons.push(reasons::breaks_off());
    }
    if read.size > most {
        reasons.push(reasons::too_large(read.size, most));
    }
    let standing = if reasons.is_empty() { Standing::Complete } else { Standing::Wrong };
    (standing, reasons)
}
