//! Where does it go? Rules are looked at from top to bottom: the first that names a unit decides it, labels and alert groups add up,
//! `stop` ends. Nothing is ever dropped: the strongest effect is "kayda alınmadı", an entry with a number and a reason.

use std::collections::BTreeSet;

use serde::Serialize;

use super::access::Classification;
use super::entry::Entry;
use super::glob;
use super::rules::{Rule, Rules, Then, When};
use crate::message::MessageKind;
use crate::text::{fold, fold_decomposed};

/// What rules may ask about.
#[derive(Debug, Clone)]
pub struct RoutingInput<'a> {
    pub mailbox: &'a str,
    pub sender: Option<&'a str>,
    pub sender_kep: Option<&'a str>,
    /// DETSİS number of the institution that wrote the document.
    pub kkk: Option<&'a str>,
    /// Subject of the message and Konu of the document.
    pub subjects: Vec<&'a str>,
    /// Standard file plan codes of the document.
    pub sdp: &'a [String],
    pub kind: MessageKind,
    pub security: Option<&'a str>,
    pub flags: &'a BTreeSet<String>,
}

impl<'a> RoutingInput<'a> {
    /// What the rules would see of an entry that is registered already: for the dry run of new rules over the register.
    pub fn of_entry(entry: &'a Entry, sdp: &'a [String]) -> Self {
        let (message, document) = (&entry.message, entry.document.as_ref());
        let konu = document.and_then(|document| document.subject.as_deref());
        Self {
            mailbox: &entry.mailbox,
            sender: message.sender.as_deref(),
            sender_kep: message.sender_kep.as_deref(),
            kkk: document.and_then(|document| document.sender.as_ref()?.id.as_deref()),
            subjects: message.subject.as_deref().into_iter().chain(konu).collect(),
            sdp,
            kind: message.kind,
            security: document.and_then(|document| document.security.as_deref()),
            flags: &entry.flags,
        }
    }
}

/// What the rules decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Routed {
    pub unit: Option<String>,
    pub labels: BTreeSet<String>,
    pub alert_groups: BTreeSet<String>,
    /// Kayda alınmadı: the rule and its reason.
    pub not_recorded: Option<NotRecorded>,
    /// Names of the rules that matched, in order.
    pub matched: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotRecorded {
    pub rule: String,
    pub reason: String,
}

/// Why a rule matched or did not: one row of the dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub rule: String,
    /// Where the rule stands in the file.
    pub line: usize,
    /// False when an earlier rule stopped.
    pub reached: bool,
    /// All conditions hold. A rule that was not reached may match and still has no effect.
    pub matched: bool,
    pub conditions: Vec<Condition>,
    pub then: Then,
}

/// One condition of a rule against one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Name of the key in the rule file.
    pub key: &'static str,
    pub wanted: Vec<String>,
    pub found: Vec<String>,
    pub holds: bool,
}

/// Applies the rules.
pub fn route(input: &RoutingInput<'_>, rules: &Rules) -> Routed {
    let mut routed = Routed::default();
    for rule in &rules.rules {
        if !conditions(&rule.when, input).iter().all(|condition| condition.holds) {
            continue;
        }
        routed.apply(rule);
        if rule.then.stop {
            break;
        }
    }
    routed
}

/// The dry run: every rule with every condition, reached or not.
pub fn explain(input: &RoutingInput<'_>, rules: &Rules) -> Vec<Explanation> {
    let mut reached = true;
    let explain_one = |rule: &Rule| {
        let conditions = conditions(&rule.when, input);
        let matched = conditions.iter().all(|condition| condition.holds);
        let explanation = Explanation {
            rule: rule.name.clone(),
            line: rule.line,
            reached,
            matched,
            conditions,
            then: rule.then.clone(),
        };
        reached = reached && !(matched && rule.then.stop);
        explanation
    };
    rules.rules.iter().map(explain_one).collect()
}

/// True when a list of known senders is kept and this sender is not on it. A message without a sender address is from nobody known.
pub fn is_unknown_sender(sender: Option<&str>, sender_kep: Option<&str>, rules: &Rules) -> bool {
    let addresses: Vec<String> = [sender_kep, sender].into_iter().flatten().map(fold).collect();
    let is_known = |pattern: &String| addresses.iter().any(|address| glob::matches(pattern, address));
    !rules.known_senders.is_empty() && !rules.known_senders.iter().any(is_known)
}

impl Routed {
    fn apply(&mut self, rule: &Rule) {
        self.matched.push(rule.name.clone());
        self.labels.extend(rule.then.labels.iter().cloned());
        self.alert_groups.extend(rule.then.alert_groups.iter().cloned());
        if self.unit.is_none() {
            self.unit.clone_from(&rule.then.unit);
        }
        if self.not_recorded.is_none() {
            self.not_recorded = rule.then.not_recorded.as_ref().map(|reason| NotRecorded {
                rule: rule.name.clone(),
                reason: reason.clone(),
            });
        }
    }
}

/// The written conditions of a rule, each with its answer. A condition about something that the document lacks does not hold.
fn conditions(when: &When, input: &RoutingInput<'_>) -> Vec<Condition> {
    let kinds = |kinds: &[MessageKind]| kinds.iter().map(word).collect::<Vec<_>>();
    let flags: Vec<&str> = input.flags.iter().map(String::as_str).collect();
    let sdp: Vec<&str> = input.sdp.iter().map(String::as_str).collect();
    let one = |value: Option<&'_ str>| value.map(str::to_owned).into_iter().collect::<Vec<_>>();
    let classes = |texts: &[String]| texts.iter().filter_map(|text| Classification::parse(text)).collect::<Vec<_>>();
    let words = &when.subject_words;
    let has_word = |word: &String| input.subjects.iter().any(|subject| has_word(subject, word));
    let mailbox = one(Some(input.mailbox));
    let rows = [
        any("mailbox", &when.mailbox.0, mailbox, |wanted, found| wanted == found),
        any("sender", &when.sender.0, one(input.sender), |wanted, found| {
            glob::matches(&fold(wanted), &fold(found))
        }),
        any("sender_kep", &when.sender_kep.0, one(input.sender_kep), |wanted, found| {
            glob::matches(&fold(wanted), &fold(found))
        }),
        any("kkk", &when.kkk.0, one(input.kkk), |wanted, found| wanted.trim() == found.trim()),
        all("subject_words.all", &words.all, &input.subjects, |word| has_word(word)),
        any("subject_words.any", &words.any, owned(&input.subjects), |word, subject| {
            self::has_word(subject, word)
        }),
        any("sdp", &when.sdp.0, owned(&sdp), |wanted, found| is_sdp_prefix(wanted, found)),
        any("kind", &kinds(&when.kind.0), vec![word(&input.kind)], |wanted, found| {
            wanted == found
        }),
        any("security", &when.security.0, one(input.security), |wanted, found| {
            let found = Classification::parse(found);
            found.is_some_and(|found| classes(std::slice::from_ref(wanted)).contains(&found))
        }),
        all("flags", &when.flags.0, &flags, |wanted| input.flags.contains(wanted)),
    ];
    rows.into_iter().flatten().collect()
}

fn any(key: &'static str, wanted: &[String], found: Vec<String>, fits: impl Fn(&String, &String) -> bool) -> Option<Condition> {
    let holds = wanted.iter().any(|wanted| found.iter().any(|found| fits(wanted, found)));
    (!wanted.is_empty()).then(|| Condition {
        key,
        wanted: wanted.to_vec(),
        found,
        holds,
    })
}

fn all(key: &'static str, wanted: &[String], found: &[&str], holds: impl Fn(&String) -> bool) -> Option<Condition> {
    (!wanted.is_empty()).then(|| Condition {
        key,
        wanted: wanted.to_vec(),
        found: owned(found),
        holds: wanted.iter().all(holds),
    })
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The kind's word in the JSON contract.
fn word(kind: &MessageKind) -> String {
    match kind {
        MessageKind::Dispatch => "dispatch",
        MessageKind::Standard => "standard",
        MessageKind::ETebligat => "e-tebligat",
        MessageKind::Evidence => "evidence",
        MessageKind::AddressVerification => "address-verification",
        MessageKind::Encrypted => "encrypted",
        MessageKind::Unclassified => "unclassified",
    }
    .to_owned()
}

/// Turkish words grow at their end, so a word is found at the beginning of words only: `ihale` in `İhalesi`, not `icra` in `dericrak`.
pub(crate) fn has_word(subject: &str, word: &str) -> bool {
    let (subject, word) = (word_line(subject), word_line(word));
    !word.is_empty() && subject.contains(&word)
}

/// Folded, every run of other characters one space, and a space in front: a word that begins here follows a space. For whoever compares
/// one text with many words.
pub(crate) fn word_line(text: &str) -> String {
    let folded = fold_decomposed(text);
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .fold(String::new(), |line, word| line + " " + word)
}

/// `302` fits `302` and `302.01`, not `3021`.
fn is_sdp_prefix(wanted: &str, found: &str) -> bool {
    let wanted = wanted.trim().trim_end_matches('.');
    found
        .trim()
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod routing_tests;
