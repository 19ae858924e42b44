//! The routing rules as they are written: `[register] routing` names a TOML file with `[[rule]]` tables.

use std::marker::PhantomData;

use serde::de::{self, Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::access::Classification;
use crate::message::MessageKind;
use crate::text::{self, Text};

/// The rule file cannot be used. Names the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("the routing rules cannot be read: {0}")]
    Syntax(String),
    #[error("the routing rules are not usable: line {line}: rule '{rule}': {}", problem.en)]
    Content { line: usize, rule: String, problem: Text },
}

impl RulesError {
    /// The sentence for the administrator. What the parser says is quoted.
    pub fn text(&self) -> Text {
        let turkish = match self {
            Self::Syntax(said) => format!("yönlendirme kuralları okunamıyor; ayrıştırıcının dediği: {said}"),
            Self::Content { line, rule, problem } => format!(
                "yönlendirme kuralları kullanılamıyor: satır {line}, '{rule}' kuralı: {}",
                problem.tr
            ),
        };
        Text::new(turkish, self.to_string())
    }
}

/// The whole file.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Patterns of sender addresses that the institution knows. Empty: no list is kept and nobody is unknown.
    pub known_senders: Vec<String>,
    pub rules: Vec<Rule>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    known_senders: Vec<String>,
    rule: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: Spanned<String>,
    #[serde(default)]
    when: When,
    then: Then,
}

/// One rule: when all conditions hold, its effects apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub name: String,
    /// Where its name stands in the file, from 1.
    pub line: usize,
    pub when: When,
    pub then: Then,
}

/// Conditions. All that are written must hold; within one, any of its values will do (but all of `flags`). None written: always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Names of mailboxes.
    pub mailbox: OneOrMany,
    /// Patterns of the sender as displayed, `*` and `?`.
    pub sender: OneOrMany,
    /// Patterns of the sender's KEP address.
    pub sender_kep: OneOrMany,
    /// DETSİS numbers of the institution that wrote the document.
    pub kkk: OneOrMany,
    /// Words of the subject.
    pub subject_words: SubjectWords,
    /// Beginnings of a standard file plan code: `302` fits `302.01.02`.
    pub sdp: OneOrMany,
    pub kind: OneOrMany<MessageKind>,
    /// Security codes or their names, v1.x or v2.x.
    pub security: OneOrMany,
    /// Flags that the entry must bear, all of them.
    pub flags: OneOrMany,
}

/// Words are compared without case and Turkish marks, from the beginning of a word: `ihale` finds `İhalesi`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubjectWords {
    pub all: Vec<String>,
    pub any: Vec<String>,
}

/// Effects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Then {
    /// The unit that gets the document; the first rule that names one wins.
    pub unit: Option<String>,
    /// Labels add up over rules.
    pub labels: Vec<String>,
    /// Groups of people who are told, beside the default group; they add up over rules.
    pub alert_groups: Vec<String>,
    /// Kayda alınmadı: the entry keeps its number and bytes and is marked as not recorded, for this reason.
    pub not_recorded: Option<String>,
    /// No later rule is looked at.
    pub stop: bool,
}

/// One value or a list of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany<T = String>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                Ok(OneOrMany(vec![T::deserialize(text.into_deserializer())?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(OneOrMany(values))
            }
        }

        from.deserialize_any(Either(PhantomData))
    }
}

impl Rules {
    /// Reads and checks a rule file.
    ///
    /// # Errors
    /// It is no such file, or a rule cannot mean anything; the message names the line.
    pub fn parse(source: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(source).map_err(|error| RulesError::Syntax(error.to_string()))?;
        let line_of = |offset: usize| source.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        let rules: Vec<Rule> = file
            .rule
            .into_iter()
            .map(|written| Rule {
                line: line_of(written.name.span().start),
                name: written.name.into_inner(),
                when: written.when,
                then: written.then,
            })
            .collect();
        for (index, rule) in rules.iter().enumerate() {
            if let Some(problem) = problem_of(rule, rules.get(..index).unwrap_or_default()) {
                return Err(RulesError::Content {
                    line: rule.line,
                    rule: rule.name.clone(),
                    problem,
                });
            }
        }
        Ok(Self {
            known_senders: file.known_senders.iter().map(|pattern| text::fold(pattern)).collect(),
            rules,
        })
    }
}

/// What makes a rule useless or dangerous, in a sentence.
fn problem_of(rule: &Rule, earlier: &[Rule]) -> Option<Text> {
    let (when, then) = (&rule.when, &rule.then);
    if rule.name.trim().is_empty() {
        return Some(Text::new(
            "ona bir ad verin; defter onu gösterir",
            "give it a name; the register shows it",
        ));
    }
    if let Some(double) = earlier.iter().find(|other| other.name == rule.name) {
        return Some(Text::new(
            format!("bu ad {}. satırda da kullanılmış; her kurala kendi adını verin", double.line),
            format!("the name is used in line {} too; give each rule its own", double.line),
        ));
    }
    if let Some(first) = earlier.iter().find(|other| other.then.stop && other.when == When::default()) {
        let (name, line) = (&first.name, first.line);
        return Some(Text::new(
            format!("ona hiç sıra gelmez: {line}. satırdaki '{name}' kuralı her şeyi alıp durduruyor"),
            format!("it can never be reached: rule '{name}' in line {line} takes everything and stops"),
        ));
    }
    let lists = [
        &when.mailbox,
        &when.sender,
        &when.sender_kep,
        &when.kkk,
        &when.sdp,
        &when.security,
        &when.flags,
    ]
    .map(|list| &list.0);
    let words = [&when.subject_words.all, &when.subject_words.any];
    if lists
        .iter()
        .chain(&words)
        .flat_map(|list| list.iter())
        .any(|text| text.trim().is_empty())
    {
        return Some(Text::new(
            "bir koşulda boş bir metin var; ya hiçbir şeye ya her şeye uyardı, kaldırın",
            "a condition holds an empty text, which would fit nothing or everything; remove it",
        ));
    }
    if let Some(word) = words
        .iter()
        .flat_map(|list| list.iter())
        .find(|word| !word.contains(char::is_alphanumeric))
    {
        return Some(Text::new(
            format!("'{word}' içinde harf ya da rakam yok; hiçbir konuda bulunamaz"),
            format!("'{word}' holds no letter or digit and would never be found in a subject"),
        ));
    }
    if let Some(code) = when.security.0.iter().find(|code| Classification::parse(code).is_none()) {
        return Some(Text::new(
            format!("'{code}' bir gizlilik kodu değil; şunlardan biri olmalı: YOK, TSD, HZO, OZL, KSO, GZL, CGZ"),
            format!("'{code}' is no security code; write one of YOK, TSD, HZO, OZL, KSO, GZL, CGZ"),
        ));
    }
    if then.not_recorded.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        return Some(Text::new(
            "not_recorded nedeni metin olarak ister; defterde o saklanır",
            "not_recorded needs the reason as its text; it is kept in the register",
        ));
    }
    if then.not_recorded.is_some() && *when == When::default() {
        return Some(Text::new(
            "koşulsuz not_recorded her iletiyi dışarıda bırakırdı; `when` altına bir koşul yazın",
            "not_recorded without a condition would set every message aside; add one under `when`",
        ));
    }
    let named = then.unit.iter().chain(&then.labels).chain(&then.alert_groups);
    if named.into_iter().any(|name| name.trim().is_empty()) {
        return Some(Text::new(
            "bir etkide boş bir ad var; kaldırın",
            "an effect holds an empty name; remove it",
        ));
    }
    (*then == Then::default()).then(|| {
        Text::new(
            "hiçbir etkisi yok; `then` altına unit, labels, alert_groups, not_recorded ya da stop yazın",
            "it has no effect; write unit, labels, alert_groups, not_recorded or stop under `then`",
        )
    })
}
