//! A register entry as a document of the index, and the fields of the index. Written so that a question is answered by walking few lists:
//! every filter is one term, every beginning of a word of two to four letters too.

use std::collections::BTreeSet;

use jiff::civil::Date;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::{TantivyDocument, Term};

use super::facts::{Facts, verdict_word};
use super::fold::words;
use super::row::Row;
use super::stem::stem;
use super::words::PREFIX_FROM;
use crate::hash::Sha256;
use crate::register::access::Classification;
use crate::register::entry::{Entry, RegisterNumber};

/// The longest beginnings of words that are terms of their own. Longer ones begin few words: those are gone through.
pub const GRAM_LETTERS: usize = 4;
/// In front of the words that stand in the sender.
const SENDER: char = '@';
/// The highest level that a document has.
const TOP: u8 = 4;

/// Where what lies in the index.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The register number as a number; documents lie in its order, the newest first.
    pub number: Field,
    /// What a filter asks for, word for word; see [`Tag`].
    pub tag: Field,
    /// Words with their places.
    pub word: Field,
    /// Stems of the words.
    pub stem: Field,
    /// Beginnings of the words.
    pub gram: Field,
    pub registered: Field,
    pub received: Field,
    pub dated: Field,
    pub deadline: Field,
    pub sender: Field,
    pub unit: Field,
    /// The line of the list.
    pub row: Field,
    /// The text of the covering letter, so that a change of the entry need not read the message again.
    pub letter: Field,
    /// What it was read from.
    pub source: Field,
}

/// What stands in the field of filters.
pub enum Tag<'a> {
    Mailbox(&'a str),
    Unit(&'a str),
    Verdict(&'a str),
    Flag(&'a str),
    State(&'a str),
    Access(u8),
    /// Visible with this clearance.
    Clearance(u8),
    Unopened,
    Day(Date),
    Hash(&'a Sha256),
    Id(&'a str),
    Number(RegisterNumber),
    /// The covering letter was not read yet.
    Unread,
}

impl Tag<'_> {
    fn text(&self) -> String {
        match self {
            Self::Mailbox(name) => format!("m{name}"),
            Self::Unit(name) => format!("u{name}"),
            Self::Verdict(word) => format!("v{word}"),
            Self::Flag(word) => format!("f{word}"),
            Self::State(word) => format!("s{word}"),
            Self::Access(level) => format!("a{level}"),
            Self::Clearance(level) => format!("c{level}"),
            Self::Unopened => "o".into(),
            Self::Day(day) => format!("d{day}"),
            Self::Hash(hash) => format!("h{hash}"),
            Self::Id(id) => format!("i{id}"),
            Self::Number(number) => format!("n{number}"),
            Self::Unread => "l".into(),
        }
    }
}

impl Fields {
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let text = |tokenizer: &str, option| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing.set_index_option(option))
        };
        let fields = Self {
            number: schema.add_u64_field("number", FAST | INDEXED),
            tag: schema.add_text_field("tag", text("raw", IndexRecordOption::Basic)),
            word: schema.add_text_field("word", text("whitespace", IndexRecordOption::WithFreqsAndPositions)),
            stem: schema.add_text_field("stem", text("whitespace", IndexRecordOption::Basic)),
            gram: schema.add_text_field("gram", text("whitespace", IndexRecordOption::Basic)),
            registered: schema.add_i64_field("registered", FAST),
            received: schema.add_i64_field("received", FAST),
            dated: schema.add_i64_field("dated", FAST),
            deadline: schema.add_i64_field("deadline", FAST),
            sender: schema.add_text_field("sender", TextOptions::default().set_fast("raw")),
            unit: schema.add_text_field("unit", TextOptions::default().set_fast("raw")),
            row: schema.add_text_field("row", STORED),
            letter: schema.add_text_field("letter", STORED),
            source: schema.add_text_field("source", STORED),
        };
        (schema.build(), fields)
    }

    pub fn tagged(&self, tag: &Tag<'_>) -> Term {
        Term::from_field_text(self.tag, &tag.text())
    }

    pub fn numbered(&self, number: RegisterNumber) -> Term {
        Term::from_field_u64(self.number, number_key(number))
    }

    /// The entry as a document. `letter`: its covering letter's text where that was read; `None`: it is still to be read.
    pub fn document(&self, entry: &Entry, letter: Option<&str>) -> TantivyDocument {
        let (facts, row) = (Facts::of(entry), Row::of(entry));
        let mut document = TantivyDocument::default();
        document.add_u64(self.number, number_key(facts.number));
        document.add_i64(self.registered, day_key(facts.registered));
        document.add_i64(self.received, day_key(facts.received));
        facts.dated.iter().for_each(|day| document.add_i64(self.dated, day_key(*day)));
        facts.deadlines.iter().for_each(|at| document.add_i64(self.deadline, *at));
        row.sender.iter().for_each(|sender| document.add_text(self.sender, short(sender)));
        row.unit.iter().for_each(|unit| document.add_text(self.unit, short(unit)));
        for tag in tags(entry, &facts, letter) {
            document.add_text(self.tag, tag);
        }
        self.add_words(&mut document, &facts, letter);
        if let Ok(row) = serde_json::to_string(&row) {
            document.add_text(self.row, row);
        }
        if let Some(letter) = letter {
            document.add_text(self.letter, letter);
            letter_source(entry)
                .iter()
                .for_each(|source| document.add_text(self.source, source));
        }
        document
    }

    fn add_words(&self, document: &mut TantivyDocument, facts: &Facts, letter: Option<&str>) {
        let mut known = BTreeSet::new();
        for value in facts.texts.iter().map(String::as_str).chain(letter) {
            let value = words(value);
            // Each value by itself: a phrase does not reach from one into the next.
            document.add_text(self.word, value.join(" "));
            known.extend(value);
        }
        let of_sender: BTreeSet<String> = facts.senders.iter().flat_map(|sender| words(sender)).collect();
        let marked: Vec<String> = of_sender.iter().map(|word| self.marked(word)).collect();
        document.add_text(self.word, marked.join(" "));

        let (mut stems, mut grams) = (BTreeSet::new(), BTreeSet::new());
        for (word, mark) in known.iter().map(|word| (word, "")).chain(of_sender.iter().map(|word| (word, "@"))) {
            stems.insert(format!("{mark}{}", stem(word)));
            grams.extend(beginnings(word).map(|gram| format!("{mark}{gram}")));
        }
        document.add_text(self.stem, stems.into_iter().collect::<Vec<_>>().join(" "));
        document.add_text(self.gram, grams.into_iter().collect::<Vec<_>>().join(" "));
    }

    /// A word as it lies in the index when it stands in the sender.
    pub fn marked(&self, word: &str) -> String {
        format!("{SENDER}{word}")
    }
}

/// Where the text of an entry's covering letter is read from: the letter's hash, or the message where there is no package. `None`: there is
/// nothing to read.
pub fn letter_source(entry: &Entry) -> Option<String> {
    // What was disposed of has no words any more; what was read of it before goes with the old document.
    if entry.is_disposed() {
        return None;
    }
    match entry.document.as_ref().and_then(|document| document.file.as_ref()) {
        Some(file) => Some(file.sha256.to_string()),
        None => entry.package.is_none().then(|| "message".to_owned()),
    }
}

/// A stored text of a document.
pub fn stored(document: &TantivyDocument, field: Field) -> Option<&str> {
    document.get_first(field).and_then(|value| value.as_str())
}

fn tags(entry: &Entry, facts: &Facts, letter: Option<&str>) -> Vec<String> {
    let mut tags = vec![
        Tag::Mailbox(&entry.mailbox),
        Tag::Verdict(verdict_word(entry)),
        Tag::State(&facts.state),
        Tag::Access(entry.access),
        Tag::Day(facts.registered),
        Tag::Number(facts.number),
    ];
    tags.extend(entry.unit.as_deref().map(Tag::Unit));
    tags.extend(entry.flags.iter().map(|flag| Tag::Flag(flag)));
    tags.extend((entry.access..=TOP.max(entry.access)).map(Tag::Clearance));
    tags.extend(facts.unopened.then_some(Tag::Unopened));
    tags.extend(facts.hashes.iter().map(Tag::Hash));
    tags.extend(facts.id.as_deref().map(Tag::Id));
    tags.extend(letter.is_none().then_some(Tag::Unread));
    tags.iter().map(Tag::text).collect()
}

/// What may be seen with a clearance: one term for each level there is. `None`: above all levels, and each must be named.
pub fn clearances(clearance: u8) -> Vec<Tag<'static>> {
    debug_assert_eq!(Classification::TopSecret.level(), TOP);
    match clearance {
        0..=TOP => vec![Tag::Clearance(clearance)],
        higher => (0..=higher).map(Tag::Access).collect(),
    }
}

/// The beginnings of a word that are terms of their own.
fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.take(GRAM_LETTERS).skip(PREFIX_FROM - 1).filter_map(|end| word.get(..end))
}

/// A name that is suggested: tantivy takes no longer ones than 64 KiB, and nobody reads a longer one.
fn short(name: &str) -> String {
    name.chars().take(300).collect()
}

/// In the order of the numbers.
pub fn number_key(number: RegisterNumber) -> u64 {
    let year = u64::from(number.year.wrapping_sub(i16::MIN) as u16);
    (year << 32) | u64::from(number.number)
}

pub fn number_of(key: u64) -> RegisterNumber {
    RegisterNumber {
        year: ((key >> 32) as u16 as i16).wrapping_add(i16::MIN),
        number: key as u32,
    }
}

/// Days since 1970.
pub fn day_key(day: Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    day.duration_since(epoch).as_hours() / 24
}
