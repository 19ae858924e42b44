//! Files that a person hands over, as a mailbox: single files, folders of them, Maildir and mbox.
//!
//! A locator is the file's name and the SHA-256 of the message, so that the same file given twice is known, and the same message
//! under another name is a sighting.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, FileType};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, NotFetched, Quota, Wake};
use crate::hash::{Sha256, Sha256Stream};
use crate::limits::Limits;
use crate::regular_file::{self, NotAFile};
use crate::text::Text;

/// Name of the mailbox in the register.
pub const NAME: &str = "import";

/// Folder of files that were received, in locators.
const RECEIVED: &str = "files";

/// Folder of files that the institution sent, in locators: the record of what the person said who handed them over.
pub const SENT: &str = "sent";

/// An mbox is read whole: bounded well above what a KEP quota holds.
const MBOX_BYTES: u64 = 2 << 30;

/// Folders within folders that are looked into. Deeper ones are an archive of something else, or a trap.
const FOLDERS_DEEP: usize = 16;

/// How much of the beginning and of the end of a file over the limit is looked at: a mail's header stands first, a package's directory last.
const SAMPLE_BYTES: u64 = 1 << 20;

/// How much of a file over the limit is in memory while it is hashed.
const HASHED_AT_ONCE: usize = 1 << 20;

/// Where the bytes of one message are.
#[derive(Debug, Clone)]
struct Source {
    path: PathBuf,
    /// `None`: the whole file. Otherwise which message of an mbox.
    nth: Option<usize>,
    /// Of the message.
    sha256: Sha256,
}

/// What of the given files is taken. The first stage does not know what a message is: who knows says it here.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Whether bytes under a file name are anything for a register: a mail, a package, evidence, something signed.
    pub fits: fn(&[u8], &str) -> bool,
    /// Files that were named themselves are taken whatever they are.
    pub any: bool,
    /// They were sent by the institution.
    pub sent: bool,
    /// The gateway's own store: what lies there was registered from there, or is no message.
    pub store: PathBuf,
}

/// Something that was asked for and is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub path: PathBuf,
    pub why: Text,
    /// It stood on the command line itself, and not in a folder that did.
    pub named: bool,
}

/// The files of one `import` command.
pub struct Import {
    paths: Vec<PathBuf>,
    choice: Choice,
    message_limit: u64,
    sources: BTreeMap<Locator, Source>,
    skipped: Vec<Skipped>,
}

impl Import {
    pub fn new(paths: &[PathBuf], choice: Choice, limits: &Limits) -> Self {
        let store = std::fs::canonicalize(&choice.store).unwrap_or_else(|_| choice.store.clone());
        Self {
            paths: paths.to_vec(),
            choice: Choice { store, ..choice },
            message_limit: limits.message_bytes,
            sources: BTreeMap::new(),
            skipped: Vec::new(),
        }
    }

    fn folder(&self) -> &'static str {
        if self.choice.sent { SENT } else { RECEIVED }
    }

    /// What the listing left aside, in the order in which it was found.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Where the last listing found messages.
    pub fn locators(&self) -> impl Iterator<Item = &Locator> {
        self.sources.keys()
    }

    /// The messages that the last listing found, each with the file it lies in.
    pub fn given(&self) -> impl Iterator<Item = (&Path, Sha256)> {
        self.sources.values().map(|source| (source.path.as_path(), source.sha256))
    }

    fn find(&mut self) -> Vec<Listed> {
        let mut listed = Vec::new();
        self.skipped.clear();
        for path in self.paths.clone() {
            let mut walk = Walk::beside(&self.choice.store);
            walk.take(&path, None, Place::default());
            self.skipped.append(&mut walk.skipped);
            for (file, is_mail) in walk.files {
                let named = file == path;
                let takes_all = is_mail || (named && self.choice.any);
                let why = match self.list_file(&file, takes_all, &mut listed) {
                    Ok(true) => continue,
                    Ok(false) => foreign(named),
                    Err(error) => refused(&error),
                };
                self.skipped.push(Skipped { path: file, why, named });
            }
        }
        listed
    }

    /// Lists what a file holds. False: it is nothing for a register, and nothing was listed.
    fn list_file(&mut self, path: &Path, takes_all: bool, listed: &mut Vec<Listed>) -> io::Result<bool> {
        let mut file = regular_file::open(path)?;
        let size = file.metadata()?.len();
        if is_mbox(&mut file)? && size <= MBOX_BYTES {
            let mbox = regular_file::read(path, MBOX_BYTES)?;
            for (nth, message) in split_mbox(&mbox).into_iter().enumerate() {
                self.add(path, Some(nth), Sha256::of(&message), message.len() as u64, listed);
            }
            return Ok(true);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Of a file over the limit only the hash is taken: by it a later import of the same bytes, under whatever name, fills its hole. What no
        // limit lets in is listed by its size alone.
        let (bytes, sha256) = if size > self.message_limit {
            let sha256 = if size > MBOX_BYTES {
                Sha256::of(&size.to_be_bytes())
            } else {
                hash_of(&mut file)?
            };
            (sample(&mut file, size)?, sha256)
        } else {
            let bytes = regular_file::read(path, self.message_limit)?;
            let sha256 = Sha256::of(&bytes);
            (bytes, sha256)
        };
        if !takes_all && !(self.choice.fits)(&bytes, &name) {
            return Ok(false);
        }
        self.add(path, None, sha256, size, listed);
        Ok(true)
    }

    fn add(&mut self, path: &Path, nth: Option<usize>, sha256: Sha256, size: u64, listed: &mut Vec<Listed>) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().replace('\0', "");
        let locator = Locator {
            folder: self.folder().to_owned(),
            epoch: 0,
            id: format!("{name}/{sha256}"),
        };
        let source = Source {
            path: path.to_owned(),
            nth,
            sha256,
        };
        // The same bytes under the same name in another folder are the same file.
        if self.sources.insert(locator.clone(), source).is_none() {
            listed.push(Listed {
                locator,
                size: Some(size),
                arrived: None,
            });
        }
    }

    fn read(&self, listed: &Listed) -> Result<Bytes, NotFetched> {
        let missing = |tr: &str, en: &str| NotFetched::Missing(Text::new(tr, en));
        let size = listed.size.unwrap_or_default();
        if size > self.message_limit {
            return Err(NotFetched::TooLarge {
                size,
                limit: self.message_limit,
            });
        }
        let source = self
            .sources
            .get(&listed.locator)
            .ok_or_else(|| missing("listelenmedi", "not listed"))?;
        let limit = if source.nth.is_some() { MBOX_BYTES } else { self.message_limit };
        let bytes = regular_file::read(&source.path, limit).map_err(|error| NotFetched::Missing(refused(&error)))?;
        match source.nth {
            None => Ok(bytes.into()),
            Some(nth) => split_mbox(&bytes)
                .into_iter()
                .nth(nth)
                .map(Bytes::from)
                .ok_or_else(|| missing("mbox bu arada değişti", "the mbox changed meanwhile")),
        }
    }
}

#[async_trait]
impl Mailbox for Import {
    fn name(&self) -> &str {
        NAME
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        self.sources.clear();
        let all = self.find();
        let present = all.iter().map(|listed| listed.locator.clone()).collect();
        let exists = all.len() as u64;
        let new = all.into_iter().filter(|listed| !known.contains(&listed.locator)).collect();
        let folders = vec![FolderState {
            folder: self.folder().to_owned(),
            epoch: 0,
            next_uid: None,
            exists,
            listed: None,
        }];
        Ok(Listing {
            folders,
            new,
            present,
            oddities: Vec::new(),
        })
    }

    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError> {
        for listed in wanted {
            let outcome = self.read(&listed);
            if to.send(Fetched { listed, outcome }).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn lists_everything(&self) -> bool {
        false
    }

    async fn acknowledge(&mut self, _locator: &Locator) -> Result<(), MailboxError> {
        Ok(())
    }

    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError> {
        Ok(None)
    }

    async fn wait(&mut self, _limit: Duration) -> Result<Wake, MailboxError> {
        Ok(Wake::Elapsed)
    }

    async fn close(&mut self) {}
}

/// One path of the command line and what lies under it.
struct Walk<'a> {
    /// Each with whether its place says that it is a mail.
    files: Vec<(PathBuf, bool)>,
    skipped: Vec<Skipped>,
    store: &'a Path,
}

/// Where in the walk a path stands.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    /// In `cur` or `new` of a Maildir: every file is a mail.
    is_maildir_box: bool,
}

impl<'a> Walk<'a> {
    fn beside(store: &'a Path) -> Self {
        Self {
            files: Vec::new(),
            skipped: Vec::new(),
            store,
        }
    }

    /// Takes a file, the messages of a Maildir, or what lies in a folder. `found`: what the folder above says it is; `None` on the command
    /// line, where a link is followed.
    fn take(&mut self, path: &Path, found: Option<FileType>, place: Place) {
        let kind = match found.map_or_else(|| std::fs::metadata(path).map(|about| about.file_type()), Ok) {
            Ok(kind) => kind,
            Err(error) => return self.skip(path, place.depth, refused(&error)),
        };
        if kind.is_symlink() {
            let why = Text::new(
                "bağlantı izlenmez; gösterdiği dosyayı verin",
                "a link is not followed; give the file that it points to",
            );
            return self.skip(path, place.depth, why);
        }
        // Below the command line only a folder can be the store: what lies in it is not walked to.
        if (kind.is_dir() || place.depth == 0) && self.is_of_store(path) {
            let why = Text::new(
                "ağ geçidinin kendi deposu; buradaki iletiler zaten alınmış ve saklanmıştır",
                "the gateway's own store; the messages here were taken and are kept already",
            );
            return self.skip(path, place.depth, why);
        }
        if kind.is_file() {
            return self.files.push((path.to_owned(), place.is_maildir_box));
        }
        if !kind.is_dir() {
            return self.skip(path, place.depth, refused(&io::Error::other(NotAFile)));
        }
        if place.depth > FOLDERS_DEEP {
            let why = Text::new(
                format!("{FOLDERS_DEEP} klasörden daha derinde; kendisini ayrıca verin"),
                format!("more than {FOLDERS_DEEP} folders deep; give it by itself"),
            );
            return self.skip(path, place.depth, why);
        }
        if let Err(error) = self.look_into(path, place) {
            self.skip(path, place.depth, refused(&error));
        }
    }

    fn look_into(&mut self, folder: &Path, place: Place) -> io::Result<()> {
        let depth = place.depth + 1;
        let is_maildir = holds_maildir(folder);
        let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (path, name, kind) = (entry.path(), entry.file_name(), entry.file_type()?);
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            let is_box = kind.is_dir() && is_maildir && (name == "cur" || name == "new");
            // A Maildir keeps indexes and unfinished files beside its messages; its sub-folders begin with a dot.
            if is_maildir && !is_box && !(kind.is_dir() && holds_maildir(&path)) {
                continue;
            }
            if is_hidden && !is_maildir {
                let why = Text::new(
                    "gizli dosya ya da klasör; gerekiyorsa kendisini verin",
                    "a hidden file or folder; give it by itself if it is wanted",
                );
                self.skip(&path, depth, why);
                continue;
            }
            let is_maildir_box = is_box || place.is_maildir_box;
            self.take(&path, Some(kind), Place { depth, is_maildir_box });
        }
        Ok(())
    }

    fn is_of_store(&self, path: &Path) -> bool {
        std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(self.store))
    }

    fn skip(&mut self, path: &Path, depth: usize, why: Text) {
        let (path, named) = (path.to_owned(), depth == 0);
        self.skipped.push(Skipped { path, why, named });
    }
}

/// Read piece by piece, whatever its size.
fn hash_of(file: &mut File) -> io::Result<Sha256> {
    let (mut hasher, mut piece) = (Sha256Stream::default(), vec![0; HASHED_AT_ONCE]);
    file.seek(SeekFrom::Start(0))?;
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(piece.get(..count).unwrap_or_default()),
        }
    }
}

/// The hash of the bytes that a locator of this mailbox names.
pub fn hash_in(locator: &Locator) -> Option<Sha256> {
    locator.id.rsplit_once('/')?.1.parse().ok()
}

/// The beginning and the end of a file.
fn sample(file: &mut File, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.by_ref().take(SAMPLE_BYTES).read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(size.saturating_sub(SAMPLE_BYTES)))?;
    file.by_ref().take(SAMPLE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why a file without a place in a register is left aside.
fn foreign(named: bool) -> Text {
    let (tr, en) = match named {
        true => (
            "; yine de kaydedilecekse --any ile verin",
            "; give it with --any if it is to be registered all the same",
        ),
        false => (
            "; gerekiyorsa kendisini --any ile verin",
            "; if it is wanted, give it by itself, with --any",
        ),
    };
    Text::new(
        format!("ileti, e-Yazışma paketi, delil ya da imzalı bir dosya değil{tr}"),
        format!("it is no mail, e-Yazışma package, evidence or signed file{en}"),
    )
}

fn holds_maildir(folder: &Path) -> bool {
    ["cur", "new"].iter().all(|name| folder.join(name).is_dir())
}

/// What the system said of a file, for people.
fn refused(error: &io::Error) -> Text {
    if error.get_ref().is_some_and(|inner| inner.is::<NotAFile>()) {
        return Text::new("boru, aygıt ya da soket; dosya değil", error.to_string());
    }
    match error.kind() {
        io::ErrorKind::NotFound => Text::new("böyle bir dosya ya da klasör yok", "there is no such file or folder"),
        io::ErrorKind::PermissionDenied => Text::new("okuma izni yok", "it may not be read"),
        _ => Text::new(format!("okunamadı: {error}"), format!("it cannot be read: {error}")),
    }
}

/// An mbox begins with a `From ` line (RFC 4155); a mail does not, since its first line is a header.
fn is_mbox(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(5).read_to_end(&mut start)?;
    Ok(start == b"From ")
}

/// The messages of an mbox, with the quoting of `From ` lines (mboxrd) taken off.
fn split_mbox(mbox: &[u8]) -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    let mut after_blank = true;
    for line in mbox.split_inclusive(|byte| *byte == b'\n') {
        if after_blank && line.starts_with(b"From ") {
            messages.push(Vec::new());
        } else if let Some(message) = messages.last_mut() {
            message.extend_from_slice(unquote(line));
        }
        after_blank = matches!(line, b"\n" | b"\r\n");
    }
    for message in &mut messages {
        // The blank line before the next `From ` belongs to the mbox.
        let end = message
            .strip_suffix(b"\r\n\r\n")
            .map(|rest| rest.len() + 2)
            .or_else(|| message.strip_suffix(b"\n\n").map(|rest| rest.len() + 1));
        message.truncate(end.unwrap_or(message.len()));
    }
    messages
}

fn unquote(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    match line.get(marks..) {
        Some(rest) if marks > 0 && rest.starts_with(b"From ") => line.get(1..).unwrap_or(line),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mbox_gives_its_messages_byte_for_byte() {
        let mbox = b"From a Mon\nSubject: 1\n\nbir\n>From eski\n\nFrom b Tue\nSubject: 2\n\niki\n";
        assert_eq!(
            split_mbox(mbox),
            [b"Subject: 1\n\nbir\nFrom eski\n".to_vec(), b"Subject: 2\n\niki\n".to_vec()]
        );
    }

    #[tokio::test]
    async fn the_same_file_given_twice_is_known_and_under_another_name_is_new() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.eml", "b.eml"] {
            std::fs::write(folder.path().join(name), "Subject: x\n\ny\n").unwrap();
        }
        let choice = || Choice {
            fits: |_, _| true,
            any: false,
            sent: false,
            store: folder.path().join("store"),
        };
        let mut import = Import::new(&[folder.path().join("a.eml")], choice(), &Limits::default());
        let first = import.list(&BTreeSet::new()).await.unwrap();
        let known: BTreeSet<Locator> = first.new.into_iter().map(|listed| listed.locator).collect();
        assert_eq!(import.list(&known).await.unwrap().new.len(), 0);
        let mut both = Import::new(&[folder.path().to_owned()], choice(), &Limits::default());
        assert_eq!(both.list(&known).await.unwrap().new.len(), 1);
    }
}
