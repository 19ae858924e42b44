//! A question as a query of the index. Who asks is part of it: scope and clearance stand beside the filters, so that what somebody may not
//! see is never looked at, neither by a count nor by a cursor nor by the clock.

use std::ops::Bound;

use jiff::Timestamp;
use jiff::civil::Date;
use tantivy::Term;
use tantivy::query::{AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, RangeQuery, TermQuery, TermSetQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::document::{Fields, GRAM_LETTERS, Tag, clearances, day_key};
use super::query::Query;
use super::stem::stem;
use super::words::{Condition, PREFIX_FROM};
use crate::people::{Person, Scope};
use crate::register::entry::{Direction, RegisterNumber, flag};

type Asked = Box<dyn tantivy::query::Query>;

/// Conditions that must all hold.
pub struct Asking {
    fields: Fields,
    must: Vec<Asked>,
    must_not: Vec<Term>,
}

impl Asking {
    /// Everything that exists for a person.
    pub fn by(person: &Person, fields: Fields) -> Self {
        let mut asking = Self {
            fields,
            must: Vec::new(),
            must_not: Vec::new(),
        };
        let levels = clearances(person.clearance);
        asking.any(levels.iter().map(|tag| fields.tagged(tag)).collect());
        if let Scope::Only(names) = &person.mailboxes {
            asking.any(names.iter().map(|name| fields.tagged(&Tag::Mailbox(name))).collect());
        }
        if let Scope::Only(names) = &person.units {
            asking.any(names.iter().map(|name| fields.tagged(&Tag::Unit(name))).collect());
        }
        asking
    }

    /// Everything: for the follower, who shows nothing to anybody.
    pub fn all(fields: Fields) -> Self {
        Self {
            fields,
            must: Vec::new(),
            must_not: Vec::new(),
        }
    }

    pub fn query(mut self, query: &Query) -> Self {
        let fields = self.fields;
        let texts = [
            query.mailbox.as_deref().map(Tag::Mailbox),
            query.unit.as_deref().map(Tag::Unit),
            query.verdict.as_deref().map(Tag::Verdict),
            query.flag.as_deref().map(Tag::Flag),
            query.state.as_deref().map(Tag::State),
            query.access.map(Tag::Access),
            query.unopened.then_some(Tag::Unopened),
        ];
        for tag in texts.into_iter().flatten() {
            self = self.tag(&tag);
        }
        self = match query.direction {
            None => self,
            Some(Direction::Outgoing) => self.tag(&Tag::Flag(flag::SENT)),
            Some(Direction::Incoming) => self.without(&Tag::Flag(flag::SENT)),
        };
        self.days(fields.registered, query.from, query.to);
        self.days(fields.received, query.received_from, query.received_to);
        self.days(fields.dated, query.document_from, query.document_to);
        if let Some(wanted) = query.sender_words() {
            self.sender(&wanted);
        }
        for condition in query.conditions() {
            let asked = self.condition(condition);
            self.must.push(asked);
        }
        self
    }

    pub fn tag(mut self, tag: &Tag<'_>) -> Self {
        self.must.push(one(self.fields.tagged(tag)));
        self
    }

    /// What has this tag is left out.
    pub fn without(mut self, tag: &Tag<'_>) -> Self {
        self.must_not.push(self.fields.tagged(tag));
        self
    }

    pub fn sender(&mut self, wanted: &[String]) {
        if wanted.is_empty() {
            self.must.push(Box::new(EmptyQuery));
        }
        for word in wanted {
            let asked = self.word(word, &|word| self.fields.marked(word));
            self.must.push(asked);
        }
    }

    /// A deadline from an instant on and before another.
    pub fn deadline(mut self, from: Timestamp, until: Timestamp) -> Self {
        let at = |instant: Timestamp| Term::from_field_i64(self.fields.deadline, instant.as_second());
        let range = RangeQuery::new(Bound::Included(at(from)), Bound::Excluded(at(until)));
        self.must.push(Box::new(range));
        self
    }

    /// The query; the documents of `without` are left out of it.
    pub fn done(self, without: &[RegisterNumber]) -> Asked {
        let all: Asked = Box::new(AllQuery);
        let must = if self.must.is_empty() { vec![all] } else { self.must };
        let mut clauses: Vec<(Occur, Asked)> = must.into_iter().map(|asked| (Occur::Must, asked)).collect();
        let mut terms: Vec<Term> = without.iter().map(|number| self.fields.tagged(&Tag::Number(*number))).collect();
        terms.extend(self.must_not);
        if !terms.is_empty() {
            clauses.push((Occur::MustNot, Box::new(TermSetQuery::new(terms))));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn any(&mut self, terms: Vec<Term>) {
        let asked = union(terms.into_iter().map(one).collect());
        self.must.push(asked);
    }

    fn days(&mut self, field: Field, from: Option<Date>, to: Option<Date>) {
        if from.is_none() && to.is_none() {
            return;
        }
        let bound = |day: Option<Date>| day.map_or(Bound::Unbounded, |day| Bound::Included(Term::from_field_i64(field, day_key(day))));
        self.must.push(Box::new(RangeQuery::new(bound(from), bound(to))));
    }

    fn condition(&self, condition: Condition) -> Asked {
        let fields = self.fields;
        match condition {
            Condition::Word(word) => self.word(&word, &str::to_owned),
            Condition::Phrase(words) => self.phrase(&words),
            Condition::Number(number, words) => union(vec![one(fields.tagged(&Tag::Number(number))), self.phrase(&words)]),
            Condition::Sha256(hash) => one(fields.tagged(&Tag::Hash(&hash))),
            Condition::Id(id, words) => union(vec![one(fields.tagged(&Tag::Id(&id))), self.phrase(&words)]),
            Condition::Nothing => Box::new(EmptyQuery),
        }
    }

    /// The word, what begins with it, and its other forms.
    fn word(&self, word: &str, marked: &dyn Fn(&str) -> String) -> Asked {
        let fields = self.fields;
        let (exact, letters) = (marked(word), word.chars().count());
        let beginning: Asked = if letters < PREFIX_FROM {
            one(Term::from_field_text(fields.word, &exact))
        } else if letters <= GRAM_LETTERS {
            one(Term::from_field_text(fields.gram, &exact))
        } else {
            // No word holds this character, so everything that begins with the word stands before it.
            let behind = format!("{exact}{}", char::MAX);
            Box::new(RangeQuery::new(
                Bound::Included(Term::from_field_text(fields.word, &exact)),
                Bound::Included(Term::from_field_text(fields.word, &behind)),
            ))
        };
        let other_forms = one(Term::from_field_text(fields.stem, &marked(&stem(word))));
        union(vec![beginning, other_forms])
    }

    fn phrase(&self, words: &[String]) -> Asked {
        let mut terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(self.fields.word, word)).collect();
        match terms.len() {
            0 => Box::new(EmptyQuery),
            1 => terms.pop().map_or_else(|| Box::new(EmptyQuery) as Asked, one),
            _ => Box::new(PhraseQuery::new(terms)),
        }
    }
}

fn one(term: Term) -> Asked {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn union(mut queries: Vec<Asked>) -> Asked {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.pop().unwrap_or_else(|| Box::new(EmptyQuery)),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}
