//! What lists say: messages and evidence, row by row, each under the name by which it is asked for.

use std::collections::BTreeMap;

use crate::hash::Sha256;
use crate::mailbox::soap::problem::{KnownCode, Problem};
use crate::mailbox::soap::xml::{Element, malformed};
use crate::text::Text;

use super::soap::{Member, status};

/// What one query said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// The key of each message, see [`Key`]. In the order of the reply, each once.
    pub(super) keys: Vec<String>,
    /// Each key with a hash of what else its row says.
    seen: BTreeMap<String, Sha256>,
    /// What a person should hear of.
    pub(super) oddities: Vec<Text>,
    /// Why something may be missing, although what could be named is here: columns of different lengths, an error beside rows.
    pub(super) problem: Option<Problem>,
}

/// How one message is named to the service, and here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// A kepId, with its angle brackets.
    Id(&'a str),
    /// A row of a folder, where the service gave no kepId.
    Row(i64),
}

/// Begins the key of a message without kepId: `#sira/ROW/HASH of what else is known`.
const ROW: &str = "#sira/";

impl<'a> Key<'a> {
    pub(super) fn of(id: &'a str) -> Self {
        match id
            .strip_prefix(ROW)
            .and_then(|rest| rest.split_once('/'))
            .map(|(row, _)| row.parse())
        {
            Some(Ok(row)) => Self::Row(row),
            _ => Self::Id(id),
        }
    }

    pub(super) fn member(&self) -> Member<'a> {
        match self {
            Self::Id(id) => Member::Text("kepId", id),
            Self::Row(row) => Member::Number("kepSiraNo", *row),
        }
    }
}

/// The evidence documents that the service lists for a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EvidenceList {
    pub(super) ids: Vec<String>,
    /// False: there is evidence that has no id, and cannot be downloaded.
    pub(super) is_whole: bool,
}

/// The rows of a query, in whichever of its forms: one `return` of parallel columns, or an `iletiler` for each message whose members are
/// formally columns too. A nil is a position like any other.
pub(super) fn read_rows(reply: &Element, codes: &[KnownCode]) -> Result<Rows, Problem> {
    let columns = reply.child("return").filter(|structure| !structure.nil);
    let groups: Vec<&Element> = columns
        .into_iter()
        .chain(reply.all("iletiler").filter(|group| !group.nil))
        .collect();
    let said = status(columns.unwrap_or(reply), codes);
    let has_ids = groups.iter().any(|group| group.all("kepId").any(|id| id.value().is_some()));
    let mut rows = Rows::default();
    match said {
        Err(problem @ Problem::Credentials(_)) => return Err(problem),
        Err(problem) if !has_ids => return Err(problem),
        Err(problem) => rows.problem = Some(problem),
        Ok(None) if groups.iter().all(|group| group.child("kepId").is_none()) => return Err(Problem::Nothing),
        Ok(_) => {}
    }
    groups.into_iter().for_each(|group| rows.take(group));
    Ok(rows)
}

/// What else a row holds; it names a message that has no kepId.
const OTHERS: [&str; 7] = ["kepSiraNo", "from", "fromKep", "konu", "tur", "turId", "OrgMesajId"];

impl Rows {
    fn take(&mut self, group: &Element) {
        let ids: Vec<&Element> = group.all("kepId").collect();
        let columns = OTHERS.map(|name| group.all(name).collect::<Vec<_>>());
        let is_filled = |at: usize| {
            columns
                .iter()
                .any(|column| column.get(at).is_some_and(|cell| cell.value().is_some()))
        };
        let is_even = columns.iter().all(|column| column.is_empty() || column.len() == ids.len());
        let longest = columns.iter().map(Vec::len).max().unwrap_or_default();
        // One row of nothing but nil is the empty answer, also where a column is left out.
        if !is_even && (ids.len() > 1 || (0..longest).any(is_filled)) {
            self.problem = Some(malformed(
                "ileti listesinde farklı uzunlukta sütunlar",
                "columns of different lengths in the list of messages",
            ));
        }
        for (at, id) in ids.iter().enumerate() {
            match id.value() {
                Some(id) => self.push(id.to_owned(), rest(&columns, at)),
                None if is_filled(at) && is_even => self.nameless(&columns, at),
                None => {}
            }
        }
    }

    /// A message that the service lists without its kepId.
    fn nameless(&mut self, columns: &[Vec<&Element>; 7], at: usize) {
        let cell = |column: usize| columns.get(column).and_then(|column| column.get(at)).and_then(|cell| cell.value());
        let row = cell(0).and_then(|row| row.parse::<i64>().ok());
        self.oddities.push(match row {
            Some(row) => Text::new(
                format!("servis {row}. sıradaki iletiyi kepId olmadan listeliyor; sıra numarasıyla alınıyor. Sağlayıcıya bildirin."),
                format!("the service lists the message in row {row} without its kepId; it is fetched by the row's number. Tell the provider."),
            ),
            None => Text::new(
                "servis bir iletiyi ne kepId ne sıra numarasıyla listeliyor; alınamaz. Kutuyu sağlayıcının sayfasından denetleyin.",
                "the service lists a message with neither kepId nor row number; it cannot be fetched. Check the mailbox on the provider's page.",
            ),
        });
        match row {
            Some(row) => {
                // Subject and sender tell two messages apart that had the same row, without standing here.
                let rest = rest(columns, at);
                self.push(format!("{ROW}{row}/{rest}"), rest);
            }
            None => {
                self.problem = Some(malformed(
                    "kepId'si ve sıra numarası olmayan bir ileti",
                    "a message without kepId and row number",
                ))
            }
        }
    }

    fn push(&mut self, key: String, rest: Sha256) {
        if !is_name(&key) {
            self.problem = Some(malformed("kepId olamayacak bir değer", "a kepId that is none"));
            return;
        }
        match self.seen.insert(key.clone(), rest) {
            None => self.keys.push(key),
            Some(before) if before == rest => {}
            // Under one name only one of them can be asked for.
            Some(_) => self.oddities.push(Text::new(
                "servis iki ayrı iletiyi aynı kepId ile listeliyor; yalnız biri alınabilir. Kutuyu sağlayıcının sayfasından denetleyin.",
                "the service lists two different messages under one kepId; only one can be fetched. Check the mailbox on the provider's page.",
            )),
        }
    }
}

/// Sender and subject of a row, hashed.
fn rest(columns: &[Vec<&Element>; 7], at: usize) -> Sha256 {
    let cell = |column: usize| columns.get(column).and_then(|column| column.get(at)).and_then(|cell| cell.value());
    Sha256::of([1, 3].map(|column| cell(column).unwrap_or_default()).join("\n").as_bytes())
}

/// The longest line of a mail (RFC 5322 2.1.1), and with it the longest Message-ID.
const NAME_BYTES: usize = 998;

/// Ids stand in names here, between line ends, and in the record for ever.
fn is_name(id: &str) -> bool {
    id.len() <= NAME_BYTES && !id.chars().any(char::is_control)
}

/// The evidence of one message.
pub(super) fn read_evidence(reply: &Element, codes: &[KnownCode]) -> Result<EvidenceList, Problem> {
    if status(reply, codes)?.is_none() && reply.child("DelilSonuc").is_none() {
        return Err(Problem::Nothing);
    }
    let mut list = EvidenceList {
        ids: Vec::new(),
        is_whole: true,
    };
    for row in reply.all("DelilSonuc").filter(|row| !row.nil) {
        match row.child_value("delilId") {
            Some(id) if is_name(id) => list.ids.push(id.to_owned()),
            Some(_) => list.is_whole = false,
            None => {
                // It may say why there is none. One without anything in it is how an empty list is written.
                status(row, codes)?;
                list.is_whole &= row.children.iter().all(|cell| cell.value().is_none() || cell.name == "durum");
            }
        }
    }
    Ok(list)
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod rows_tests;
