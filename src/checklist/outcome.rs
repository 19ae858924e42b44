//! Complete, incomplete, wrong, or not yet certain: a fold over what was read, what a clerk entered, and the rules. Nothing that is unknown
//! makes a file complete, and nothing that is only unknown makes it wrong.

use std::collections::BTreeSet;

use super::config::{Checklist, Needed, Paper};
use super::entered::Entered;
use super::papers::{Because, Member, ReadPaper, paper_of};
use super::signatories::{Authority, SigningPerson, Source, day_of};
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
use crate::signature::carrier::package::flatten;
use crate::signature::report::{CertificateClass, Indication, SignatureReport};
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

/// One reason, with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub code: &'static str,
    pub text: Text,
}

impl Reason {
    fn new(code: &'static str, tr: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code,
            text: Text::new(tr, en),
        }
    }
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
}

/// The outcome of a file.
pub fn judge(file: &File<'_>) -> Outcome {
    let Some(checklist) = file.checklist else {
        return Outcome {
            standing: Standing::Awaiting,
            papers: Vec::new(),
            unplaced: Vec::new(),
            reasons: vec![Reason::new(
                code::NO_RULES,
                "Bu dosyanın kontrol listesi yapılandırmada artık yok. Listeyi geri koyun ya da dosyayı başka bir listeye bağlayın.",
                "The checklist of this file is no longer configured. Put it back, or bind the file to another one.",
            )],
        };
    };
    let papers: Vec<PaperOutcome> = checklist.paper.iter().map(|paper| judge_paper(paper, checklist, file)).collect();
    let reasons = whole(file);
    let of_reasons = (!reasons.is_empty()).then_some(Standing::Awaiting);
    let worst = papers.iter().filter_map(|paper| paper.standing).chain(of_reasons).max();
    Outcome {
        standing: worst.unwrap_or(Standing::Complete),
        papers,
        unplaced: unplaced(checklist, file),
        reasons,
    }
}

/// What keeps the file as a whole from being certain.
fn whole(file: &File<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if file.is_unread || file.members.is_empty() {
        reasons.push(Reason::new(
            code::NOT_READ_YET,
            "Dosyanın bir iletisi henüz bu listenin kurallarıyla okunmadı; birazdan kendiliğinden okunur.",
            "A message of the file was not read by the rules of this checklist yet; it will be in a moment, by itself.",
        ));
    }
    for member in &file.members {
        if let Some(problem) = &member.reading.unreadable {
            let number = member.number;
            reasons.push(Reason::new(
                code::UNREADABLE,
                format!("{number} sayılı ileti okunamadı: {}. İletiyi elle inceleyin.", problem.tr),
                format!("Message {number} could not be read: {}. Look at it by hand.", problem.en),
            ));
        }
    }
    reasons
}

fn unplaced(checklist: &Checklist, file: &File<'_>) -> Vec<Unplaced> {
    let all = file
        .members
        .iter()
        .flat_map(|member| member.reading.papers.iter().map(move |read| (member, read)));
    all.filter(|(_, read)| paper_of(read, checklist, file.entered).is_none())
        .map(|(member, read)| Unplaced {
            number: member.number,
            sha256: read.sha256,
            name: read.name.clone(),
            is_decided: file.entered.decision_on(&read.sha256).is_some(),
        })
        .collect()
}

/// A paper that is sent again takes the place of the earlier one: the last message that has it counts, and of that message every copy.
fn judge_paper(paper: &Paper, checklist: &Checklist, file: &File<'_>) -> PaperOutcome {
    let outcome = |standing, found, reasons| PaperOutcome {
        id: paper.id.clone(),
        title: paper.title.clone(),
        required: paper.required,
        standing,
        found,
        reasons,
    };
    let copies = |member: &Member<'_>| -> Vec<(ReadPaper, Because)> {
        let all = member.reading.papers.iter();
        all.filter_map(|read| {
            let (its, because) = paper_of(read, checklist, file.entered)?;
            (its.id == paper.id).then(|| (read.clone(), because))
        })
        .collect()
    };
    let last = file
        .members
        .iter()
        .rev()
        .map(|member| (member, copies(member)))
        .find(|(_, copies)| !copies.is_empty());
    let Some((member, copies)) = last else {
        return match paper.required {
            true => outcome(
                Some(Standing::Incomplete),
                Vec::new(),
                vec![Reason::new(code::MISSING, "Belge dosyada yok.", "The paper is not in the file.")],
            ),
            false => outcome(None, Vec::new(), Vec::new()),
        };
    };
    let (mut standing, mut found, mut reasons) = (Standing::Complete, Vec::new(), Vec::new());
    for (read, because) in &copies {
        let (its, why, signed_by) = judge_copy(read, paper, checklist, member, file.entered);
        standing = standing.max(its);
        // Of several copies each reason says whose it is.
        reasons.extend(why.into_iter().map(|reason| match copies.len() {
            1 => reason,
            _ => Reason::new(
                reason.code,
                format!("{}: {}", read.name, reason.text.tr),
                format!("{}: {}", read.name, reason.text.en),
            ),
        }));
        found.push(Found {
            number: member.number,
            sha256: read.sha256,
            name: read.name.clone(),
            because: *because,
            signed_by,
        });
    }
    outcome(Some(standing), found, reasons)
}

fn judge_copy(
    read: &ReadPaper,
    paper: &Paper,
    checklist: &Checklist,
    member: &Member<'_>,
    entered: &Entered,
) -> (Standing, Vec<Reason>, Vec<String>) {
    let (mut standing, mut reasons) = (Standing::Complete, Vec::new());
    let formats = checklist.formats_of(paper);
    let most = checklist.max_bytes_of(paper);
    if read.size == 0 {
        reasons.push(Reason::new(code::EMPTY, "Dosya boş.", "The file is empty."));
    } else if !formats.contains(&read.kind) {
        let names: Vec<&str> = formats.iter().map(|kind| kind.word()).collect();
        reasons.push(Reason::new(
            code::WRONG_FORMAT,
            format!("Dosya biçimi kabul edilmiyor; içerik {} olmalı.", names.join(", ")),
            format!("The file's format is not accepted; its content must be {}.", names.join(", ")),
        ));
    }
    if read.size > most {
        reasons.push(Reason::new(
            code::TOO_LARGE,
            format!(
                "Dosya çok büyük: {} KB; en çok {} KB olabilir.",
                read.size.div_ceil(1024),
                most / 1024
            ),
            format!(
                "The file is too large: {} KB; at most {} KB are accepted.",
                read.size.div_ceil(1024),
                most / 1024
            ),
        ));
    }
    if !reasons.is_empty() {
        standing = Standing::Wrong;
    }
    let signatures = Signatures::of(read, member);
    let signed_by = signatures.passed_names();
    if let Some((its, why)) = signatures.judge(paper.signature, entered) {
        standing = standing.max(its);
        reasons.extend(why);
    }
    (standing, reasons, signed_by)
}

/// The signatures of one copy, sorted by what they are worth.
struct Signatures<'a> {
    member: &'a Member<'a>,
    all: Vec<&'a SignatureReport>,
    is_in_broken_package: bool,
}

impl<'a> Signatures<'a> {
    fn of(read: &'a ReadPaper, member: &'a Member<'a>) -> Self {
        Self {
            member,
            all: member.reading.signatures_of(read).collect(),
            is_in_broken_package: read.in_package && member.reading.package_is_broken,
        }
    }

    fn qualified(&self, indication: Indication) -> impl Iterator<Item = &'a SignatureReport> {
        let is_nes = |report: &SignatureReport| report.signer.as_ref().is_some_and(|signer| signer.class == CertificateClass::Nes);
        let all = self.all.clone().into_iter();
        all.filter(move |report| report.indication == indication && is_nes(report))
    }

    fn passed_names(&self) -> Vec<String> {
        let names = self
            .qualified(Indication::Passed)
            .filter_map(|report| report.signer.as_ref()?.common_name.clone());
        let names: BTreeSet<String> = names.collect();
        names.into_iter().collect()
    }

    /// What keeps the copy from being signed as it must be; `None`: nothing.
    fn judge(&self, needed: Needed, entered: &Entered) -> Option<(Standing, Vec<Reason>)> {
        // A signature that does not hold is told of whether one was asked for or not: somebody changed what was signed.
        let failed: Vec<Reason> = flat(&self.all)
            .filter(|report| report.indication == Indication::Failed)
            .map(failing)
            .collect();
        if !failed.is_empty() {
            return Some((Standing::Wrong, failed));
        }
        if needed == Needed::None {
            return None;
        }
        if self.is_in_broken_package {
            return Some((
                Standing::Wrong,
                vec![Reason::new(
                    code::BROKEN_PACKAGE,
                    "Paketin özetleri içindekilerle uyuşmuyor; imzası bu belge için bir şey kanıtlamaz.",
                    "The digests of the package do not fit what lies in it; its signature proves nothing about this paper.",
                )],
            ));
        }
        if self.all.is_empty() {
            return Some((
                Standing::Wrong,
                vec![Reason::new(
                    code::UNSIGNED,
                    "Belgede nitelikli elektronik imza yok.",
                    "The paper bears no qualified electronic signature.",
                )],
            ));
        }
        let has_passed = self.qualified(Indication::Passed).next().is_some();
        match needed {
            Needed::Qualified if has_passed => None,
            Needed::Signatory if has_passed || self.all.iter().any(|report| report.indication == Indication::Indeterminate) => {
                self.by_signatories(entered)
            }
            _ => Some(self.without_a_qualified_one()),
        }
    }

    /// No signature counts: nobody can say yet, or none is a person's qualified one.
    fn without_a_qualified_one(&self) -> (Standing, Vec<Reason>) {
        let open: Vec<Reason> = self
            .all
            .iter()
            .filter(|report| report.indication == Indication::Indeterminate)
            .map(|report| uncertain(report))
            .collect();
        match open.is_empty() {
            false => (Standing::Awaiting, open),
            true => (
                Standing::Wrong,
                vec![Reason::new(
                    code::NOT_QUALIFIED,
                    "İmza geçerli, ama bir kişinin nitelikli elektronik sertifikasıyla atılmamış.",
                    "The signature is valid, but was not made with the qualified certificate of a person.",
                )],
            ),
        }
    }

    fn by_signatories(&self, entered: &Entered) -> Option<(Standing, Vec<Reason>)> {
        let authorities = entered.authorities();
        if authorities.is_empty() {
            return Some((
                Standing::Awaiting,
                vec![Reason::new(
                    code::NO_SIGNATORIES,
                    "İmza sirkülerindeki yetkililer girilmedi; bir kayıt memuru girmeli.",
                    "The signatories of the signature circular were not entered; a clerk must do so.",
                )],
            ));
        }
        let certain = |authority: &Authority| self.signed_under(authority, false, true) >= usize::from(authority.required);
        if authorities.iter().any(|authority| certain(authority)) {
            return None;
        }
        // With those whose signature nobody can judge yet it would be enough. Whom such a certificate names is not certain either.
        let open: Vec<&SignatureReport> = self
            .all
            .iter()
            .filter(|report| report.indication == Indication::Indeterminate)
            .copied()
            .collect();
        let possible = |authority: &Authority| self.signed_under(authority, true, true) >= usize::from(authority.required);
        let nameless = open
            .iter()
            .any(|report| report.signer.as_ref().and_then(SigningPerson::of).is_none());
        if nameless || authorities.iter().any(|authority| possible(authority)) {
            return Some((Standing::Awaiting, open.iter().map(|report| uncertain(report)).collect()));
        }
        let ended = |authority: &Authority| self.signed_under(authority, true, false) >= usize::from(authority.required);
        if let Some(authority) = authorities.iter().find(|authority| ended(authority)) {
            return Some((Standing::Wrong, vec![not_in_force(authority)]));
        }
        Some((Standing::Wrong, vec![self.not_enough(&authorities)]))
    }

    /// How many of an authority's signatories signed while it was in force; `even_open`: with those of open signatures.
    fn signed_under(&self, authority: &Authority, even_open: bool, in_force: bool) -> usize {
        let open = self.qualified(Indication::Indeterminate).filter(|_| even_open);
        let people: BTreeSet<SigningPerson> = self
            .qualified(Indication::Passed)
            .chain(open)
            .filter(|report| !in_force || authority.is_in_force(day_of(report.best_signature_time, self.member.received_at)))
            .filter_map(|report| SigningPerson::of(report.signer.as_ref()?))
            .collect();
        authority.signed_by(&people)
    }

    fn not_enough(&self, authorities: &[&Authority]) -> Reason {
        let names = self.passed_names();
        let who = match names.is_empty() {
            true => Text::new("kimse", "nobody"),
            false => Text::same(names.join(", ")),
        };
        let ways = authorities.iter().map(|authority| {
            let (signed, needed) = (self.signed_under(authority, false, true), authority.required);
            let of = authority.signatories.len();
            Text::new(
                format!("{of} yetkiliden {needed} imza gerekiyor, {signed} var"),
                format!("{needed} of {of} signatories must sign, {signed} did"),
            )
        });
        let ways = Text::joined(&ways.collect::<Vec<_>>(), "; ");
        Reason::new(
            code::NOT_ENOUGH_SIGNERS,
            format!("İmza yetkisi yetmiyor. İmzalayan: {}. {}.", who.tr, ways.tr),
            format!(
                "Those who signed may not sign for the applicant. Signed by: {}. {}.",
                who.en, ways.en
            ),
        )
    }
}

/// Counter-signatures too: one that does not hold is a broken signature on the paper.
fn flat<'a>(all: &'a [&'a SignatureReport]) -> impl Iterator<Item = &'a SignatureReport> {
    all.iter().flat_map(|report| flatten(std::slice::from_ref(*report)))
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

fn failing(report: &SignatureReport) -> Reason {
    let (who, why) = (signer(report), because(report));
    Reason::new(
        code::INVALID_SIGNATURE,
        format!("İmza geçersiz ({}): {}", who.tr, why.tr),
        format!("The signature is invalid ({}): {}", who.en, why.en),
    )
}

fn uncertain(report: &SignatureReport) -> Reason {
    let (who, why) = (signer(report), because(report));
    Reason::new(
        code::UNCERTAIN_SIGNATURE,
        format!("İmza henüz kesin doğrulanamadı ({}): {}", who.tr, why.tr),
        format!("The signature could not be verified for certain yet ({}): {}", who.en, why.en),
    )
}

fn not_in_force(authority: &Authority) -> Reason {
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
