//! Which attachment is which paper: it follows from what was read of it, from the rules of today and from what a clerk decided. Where two
//! papers are equally likely nobody can say, and a clerk decides.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{Checklist, Paper};
use super::entered::Entered;
use super::papers::{Member, ReadPaper};
use crate::hash::Sha256;
use crate::register::word_line;

/// Why an attachment stands for a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    Clerk,
    Name,
    Words,
}

/// An attachment that stands for a paper.
#[derive(Debug, Clone, Copy)]
pub struct PaperCopy<'a> {
    pub member: &'a Member<'a>,
    pub read: &'a ReadPaper,
    pub because: Because,
}

/// Every attachment of a file at its place. Each is looked at once, however many papers the list has: an applicant can send thousands.
pub struct Placed<'a> {
    papers: BTreeMap<&'a str, Vec<PaperCopy<'a>>>,
    pub unplaced: Vec<(&'a Member<'a>, &'a ReadPaper)>,
    /// Papers of the list by the bytes that stand for them, where the same bytes stand for several.
    shared: BTreeMap<Sha256, BTreeSet<&'a str>>,
}

impl<'a> Placed<'a> {
    pub fn of(members: &'a [Member<'a>], checklist: &'a Checklist, entered: &Entered) -> Self {
        let (mut papers, mut unplaced) = (BTreeMap::<&str, Vec<PaperCopy<'a>>>::new(), Vec::new());
        for member in members {
            for read in &member.reading.papers {
                match paper_of(read, checklist, entered) {
                    Some((paper, because)) => papers.entry(&paper.id).or_default().push(PaperCopy { member, read, because }),
                    None => unplaced.push((member, read)),
                }
            }
        }
        // A paper that is sent again takes the place of the earlier one: the last message that has it counts, and of that every copy.
        for copies in papers.values_mut() {
            let last = copies.last().map(|copy| copy.member.number);
            copies.retain(|copy| Some(copy.member.number) == last);
        }
        let mut shared = BTreeMap::<Sha256, BTreeSet<&str>>::new();
        for (id, copies) in &papers {
            for copy in copies {
                shared.entry(copy.read.sha256).or_default().insert(*id);
            }
        }
        shared.retain(|_, ids| ids.len() > 1);
        Self { papers, unplaced, shared }
    }

    /// What stands for a paper: of one message.
    pub fn copies(&self, paper: &str) -> &[PaperCopy<'a>] {
        self.papers.get(paper).map(Vec::as_slice).unwrap_or_default()
    }

    /// The other papers that the same bytes stand for.
    pub fn stands_also_for(&self, read: &ReadPaper, paper: &str) -> impl Iterator<Item = &'a str> + '_ {
        let ids = self.shared.get(&read.sha256).into_iter().flatten().copied();
        let paper = paper.to_owned();
        ids.filter(move |id| *id != paper)
    }
}

/// The paper that an attachment is; `None`: nobody can say.
pub fn paper_of<'c>(read: &ReadPaper, checklist: &'c Checklist, entered: &Entered) -> Option<(&'c Paper, Because)> {
    if let Some(decided) = entered.decision_on(&read.sha256) {
        return Some((checklist.paper(decided?)?, Because::Clerk));
    }
    let name = word_line(&read.name);
    let longest = |paper: &'c Paper| {
        let fitting = paper.name_lines.iter().filter(|line| name.contains(line.as_str()));
        Some((fitting.max_by_key(|line| line.len())?.as_str(), paper))
    };
    let fitting: Vec<(&str, &Paper)> = checklist.paper.iter().filter_map(longest).collect();
    if !fitting.is_empty() {
        let holds_all = |line: &str| fitting.iter().all(|(other, _)| line.contains(other));
        // `vekaletname iptal` is another paper than `vekaletname`; what is called petition and tax plate is one of them, or both.
        let (_, paper) = fitting.iter().find(|(line, _)| holds_all(line))?;
        return Some((paper, Because::Name));
    }
    let mut by_words = checklist.paper.iter().filter(|paper| read.words.contains(&paper.id));
    match (by_words.next(), by_words.next()) {
        (Some(paper), None) => Some((paper, Because::Words)),
        _ => None,
    }
}

/// The papers of a checklist whose words stand in a text.
pub fn words_in(text: &str, checklist: &Checklist) -> BTreeSet<String> {
    let text = word_line(text);
    let has_one = |paper: &&Paper| paper.word_lines.iter().any(|line| text.contains(line.as_str()));
    checklist.paper.iter().filter(has_one).map(|paper| paper.id.clone()).collect()
}
