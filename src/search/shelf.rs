//! The index on the disk: opened, checked, written, and looked at as it stood at a commit. Nothing it says is believed where it is not what
//! was written; whatever is wrong with it, it is thrown away and made anew from the ledger.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::query::EnableScoring;
use tantivy::schema::Field;
use tantivy::{
    DocAddress, DocSet, Index, IndexReader, IndexSettings, IndexSortByField, IndexWriter, Order, ReloadPolicy, Searcher, TERMINATED,
    TantivyDocument,
};

use super::document::{Fields, number_key, stored};
use super::folder::IndexFolder;
use super::row::Row;
use crate::ledger::LedgerError;
use crate::register::entry::RegisterNumber;

/// Of the fields, of what is written into them, and of how words are folded and stemmed. Another version is made anew.
const VERSION: u32 = 1;
/// Bytes that the writer gathers before it writes a segment. One thread: the disk is the gateway's, not the index's.
const HEAP_BYTES: usize = 16 << 20;
/// Blocks of stored rows that are kept unpacked, of 16 KiB each: the first page is asked for again and again.
const STORE_BLOCKS: usize = 64;
/// Deleted documents in a segment before it is written anew. Every change of an entry deletes one.
const DELETED: f32 = 0.25;
/// Segments of one size before they are merged.
const SEGMENTS: usize = 6;

/// Why the index gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The search index is at fault: it is made anew.
    #[error("the search index: {0}")]
    Index(String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        Self::Index(error.to_string())
    }
}

/// A reader of damaged files may panic: that is a failure of the index, not of the gateway.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, SearchError>) -> Result<T, SearchError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(SearchError::Index("it panicked".into())))
}

/// The index, open for writing.
pub struct Shelf {
    pub fields: Fields,
    reader: IndexReader,
    writer: IndexWriter,
    /// Which changes of the ledger it holds; `None` while it was never filled.
    pub position: Option<u64>,
}

impl Shelf {
    /// Opens the folder. What cannot be opened, is damaged, is of another version or ahead of the ledger is removed and begun anew.
    ///
    /// # Errors
    /// Not even an empty index can be made.
    pub fn open(folder: &Path, ledger_position: u64) -> Result<Self, SearchError> {
        let reason = match guarded(|| Self::open_there(folder)) {
            Ok(shelf) if shelf.position.is_some_and(|position| position <= ledger_position) => return Ok(shelf),
            Ok(shelf) if shelf.position.is_some() => "it knows more than the ledger".to_owned(),
            Ok(_) => "it was never filled".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::info!(reason, "the search index is made anew from the ledger");
        guarded(|| Self::create(folder))
    }

    fn open_there(folder: &Path) -> Result<Self, SearchError> {
        let index = Index::open(IndexFolder::open(&index_folder(folder)).map_err(|error| SearchError::Index(error.to_string()))?)?;
        let (schema, fields) = Fields::schema();
        if index.schema() != schema || index.settings() != &settings() {
            return Err(SearchError::Index("its fields are not those of this version".into()));
        }
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            return Err(SearchError::Index(format!("{} of its files are damaged", damaged.len())));
        }
        let position = index.load_metas()?.payload.as_deref().and_then(read_payload);
        let shelf = Self::with(index, fields, position)?;
        // Opens every column and every list of terms: what is cut off shows here.
        shelf.snapshot()?.check()?;
        Ok(shelf)
    }

    fn create(folder: &Path) -> Result<Self, SearchError> {
        let inside = index_folder(folder);
        match std::fs::symlink_metadata(folder) {
            Ok(there) if there.is_dir() => std::fs::remove_dir_all(folder)?,
            Ok(_) => std::fs::remove_file(folder)?,
            Err(_) => {}
        }
        // Subjects and names stand in it: for the gateway's account alone.
        DirBuilder::new().mode(0o700).recursive(true).create(&inside)?;
        let (schema, fields) = Fields::schema();
        let directory = IndexFolder::open(&inside).map_err(|error| SearchError::Index(error.to_string()))?;
        let index = Index::create(directory, schema, settings())?;
        Self::with(index, fields, None)
    }

    fn with(index: Index, fields: Fields, position: Option<u64>) -> Result<Self, SearchError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(HEAP_BYTES)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter = index.writer_with_options(options)?;
        let mut merging = LogMergePolicy::default();
        merging.set_min_num_segments(SEGMENTS);
        merging.set_del_docs_ratio_before_merge(DELETED);
        writer.set_merge_policy(Box::new(merging));
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(STORE_BLOCKS)
            .try_into()?;
        Ok(Self {
            fields,
            reader,
            writer,
            position,
        })
    }

    /// Puts a document in the place of the one with its number, if there is one.
    pub fn put(&self, number: RegisterNumber, document: TantivyDocument, is_new: bool) -> Result<(), SearchError> {
        if !is_new {
            self.writer.delete_term(self.fields.numbered(number));
        }
        self.writer.add_document(document)?;
        Ok(())
    }

    /// Makes everything durable that was put: from here on it holds the changes up to `position`. All or nothing, also over a crash.
    pub fn commit(&mut self, position: u64) -> Result<Snapshot, SearchError> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&format!("{VERSION} {position}"));
        prepared.commit()?;
        self.position = Some(position);
        self.snapshot()
    }

    /// Writes anew what holds deleted documents: the words of what was disposed of must not lie on in a file until a merge comes by.
    pub fn purge(&mut self) -> Result<Snapshot, SearchError> {
        for segment in self.writer.index().searchable_segment_metas()? {
            if segment.has_deletes() {
                // A merge that is under way has taken it: its outcome holds no deleted document either.
                let _ = self.writer.merge(&[segment.id()]).wait();
            }
        }
        self.writer.garbage_collect_files().wait()?;
        self.snapshot()
    }

    /// As the last commit left it.
    pub fn snapshot(&self) -> Result<Snapshot, SearchError> {
        self.reader.reload()?;
        Ok(Snapshot {
            searcher: self.reader.searcher(),
            fields: self.fields,
            position: self.position.unwrap_or(0),
        })
    }
}

fn index_folder(folder: &Path) -> PathBuf {
    folder.join("index")
}

fn settings() -> IndexSettings {
    IndexSettings {
        // A list begins with the newest and ends after one page: the rest is never looked at.
        sort_by_field: Some(IndexSortByField {
            field: "number".into(),
            order: Order::Desc,
        }),
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}

fn read_payload(payload: &str) -> Option<u64> {
    let (version, position) = payload.split_once(' ')?;
    (version.parse() == Ok(VERSION)).then(|| position.parse().ok())?
}

/// The index as it stood at a commit. Cheap to share, for many readers.
pub struct Snapshot {
    pub searcher: Searcher,
    pub fields: Fields,
    /// Which changes of the ledger it holds.
    pub position: u64,
}

impl Snapshot {
    /// The first documents of a query below a number, the newest first.
    pub fn newest(
        &self,
        query: &dyn tantivy::query::Query,
        before: Option<RegisterNumber>,
        at_most: usize,
    ) -> Result<Vec<(u64, DocAddress)>, SearchError> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let before = before.map(number_key);
        let mut found: Vec<(u64, DocAddress)> = Vec::new();
        for (ordinal, segment) in (0u32..).zip(self.searcher.segment_readers()) {
            let numbers = segment.fast_fields().u64("number")?.first_or_default_col(0);
            // Documents lie in the order of their numbers, the highest first.
            let begin = before.map_or(0, |before| first_below(segment.max_doc(), before, |doc| numbers.get_val(doc)));
            if begin >= segment.max_doc() {
                continue;
            }
            let mut documents = weight.scorer(segment, 1.0)?;
            if documents.doc() < begin {
                documents.seek(begin);
            }
            // Below the last of a full page nothing of this segment is shown.
            let floor = (found.len() >= at_most).then(|| found.last().map_or(0, |(number, _)| *number));
            let mut taken = 0;
            while documents.doc() != TERMINATED && taken < at_most {
                let doc = documents.doc();
                let number = numbers.get_val(doc);
                if floor.is_some_and(|floor| number <= floor) {
                    break;
                }
                if !segment.is_deleted(doc) {
                    found.push((number, DocAddress::new(ordinal, doc)));
                    taken += 1;
                }
                documents.advance();
            }
            found.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
            found.truncate(at_most);
        }
        Ok(found)
    }

    pub fn row(&self, at: DocAddress) -> Result<Row, SearchError> {
        let document: TantivyDocument = self.searcher.doc(at)?;
        let row = stored(&document, self.fields.row).unwrap_or_default();
        serde_json::from_str(row).map_err(|error| SearchError::Index(format!("a row cannot be read: {error}")))
    }

    pub fn count(&self, query: &dyn tantivy::query::Query) -> Result<u64, SearchError> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let mut count = 0;
        for segment in self.searcher.segment_readers() {
            count += u64::from(weight.count(segment)?);
        }
        Ok(count)
    }

    /// The text of an entry's covering letter as it was read before from the same source; `None`: it was not read yet.
    pub fn letter(&self, number: RegisterNumber, source: &str) -> Result<Option<String>, SearchError> {
        let query = tantivy::query::TermQuery::new(self.fields.numbered(number), tantivy::schema::IndexRecordOption::Basic);
        let Some((_, at)) = self.newest(&query, None, 1)?.pop() else {
            return Ok(None);
        };
        let document: TantivyDocument = self.searcher.doc(at)?;
        let same = stored(&document, self.fields.source) == Some(source);
        Ok(stored(&document, self.fields.letter).filter(|_| same).map(str::to_owned))
    }

    /// The values of a column among the first documents of a query, with how often each stands there, the most frequent first.
    pub fn values(&self, query: &dyn tantivy::query::Query, column: &str, at_most: usize) -> Result<Vec<(String, u64)>, SearchError> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let mut counts = std::collections::BTreeMap::new();
        let mut looked_at = 0;
        for segment in self.searcher.segment_readers() {
            let Some(values) = segment.fast_fields().str(column)? else {
                continue;
            };
            let mut here: std::collections::HashMap<u64, u64> = std::collections::HashMap::new();
            let mut documents = weight.scorer(segment, 1.0)?;
            while documents.doc() != TERMINATED && looked_at < at_most {
                if !segment.is_deleted(documents.doc()) {
                    looked_at += 1;
                    values
                        .ords()
                        .values_for_doc(documents.doc())
                        .for_each(|ordinal| *here.entry(ordinal).or_default() += 1);
                }
                documents.advance();
            }
            let mut name = String::new();
            for (ordinal, count) in here {
                name.clear();
                values.ord_to_str(ordinal, &mut name)?;
                *counts.entry(name.clone()).or_default() += count;
            }
        }
        let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
        counts.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
        Ok(counts)
    }

    /// Every column and every list of terms can be opened.
    fn check(&self) -> Result<(), SearchError> {
        let fields: [Field; 4] = [self.fields.tag, self.fields.word, self.fields.stem, self.fields.gram];
        for segment in self.searcher.segment_readers() {
            let numbers = segment.fast_fields().u64("number")?.first_or_default_col(0);
            let is_sorted = (1..segment.max_doc()).all(|doc| numbers.get_val(doc) <= numbers.get_val(doc - 1));
            if !is_sorted {
                return Err(SearchError::Index("its documents are not in the order of their numbers".into()));
            }
            for field in fields {
                segment.inverted_index(field)?;
            }
        }
        Ok(())
    }
}

/// The first document with a number below `before`.
fn first_below(documents: u32, before: u64, number: impl Fn(u32) -> u64) -> u32 {
    let (mut low, mut high) = (0, documents);
    while low < high {
        let middle = low + (high - low) / 2;
        if number(middle) >= before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
