//! A folder as a mailbox: files that an operator or another program drops, or a Maildir. Works with every provider.
//!
//! A dropped file is told apart by name, size and time together (`ileti.eml/1234-1766000000.000000000`): portals save each message under
//! the same name, and a second message must not hide behind the record of the first. A Maildir name is unique for ever, so there the
//! part before the flags (`:2,S`) is the whole identity.

mod aside;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, statat};
use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::limits::Limits;
use crate::mailbox::config::FolderConfig;
use crate::mailbox::{ErrorClass, Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, NotFetched, Quota, Wake};
use crate::regular_file;
use crate::text::Text;

/// What is taken from a drop folder. Everything else there is named once and left alone: a number in the register is for ever.
const TAKEN: [&str; 9] = ["eml", "eyp", "eyps", "eypg", "xml", "p7m", "p7s", "imz", "pdf"];
/// What programs call a file that they still write.
const UNFINISHED: [&str; 5] = ["tmp", "part", "partial", "crdownload", "filepart"];
/// A file system that does not answer within this (a network share that is gone) is an error.
const FILE_DEADLINE: Duration = Duration::from_secs(120);
/// How often the folder's own time is looked at while waiting.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Folder names in locators.
const DROP: &str = ".";
const MAILDIR: &str = "INBOX";

/// A drop folder or a Maildir.
pub struct FolderMailbox {
    config: FolderConfig,
    message_limit: u64,
    /// What the last listing found and did not take.
    not_taken: Vec<Text>,
}

/// One file that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    /// Sub-folders of the path: none for a drop folder, `cur` or `new` for a Maildir.
    within: Option<&'static str>,
    name: Vec<u8>,
    size: u64,
    /// Seconds and nanoseconds since 1970.
    time: (i64, i64),
}

/// What one look found.
#[derive(Debug, Default)]
struct Look {
    maildir: bool,
    found: Vec<Found>,
    /// Name and sentence of what is left alone.
    odd: Vec<(String, Text)>,
}

impl FolderMailbox {
    pub fn new(config: FolderConfig, limits: &Limits) -> Self {
        Self {
            config,
            message_limit: limits.message_bytes,
            not_taken: Vec::new(),
        }
    }

    async fn look(&self) -> Result<Look, MailboxError> {
        let path = self.config.path.clone();
        self.on_disk("list", move || look(&path)).await
    }

    /// Looks, and looks again at what is too young: a file that stands still between two looks is finished.
    async fn look_until_settled(&self) -> Result<Look, MailboxError> {
        let mut look = self.look().await?;
        let settle = self.config.settle;
        let found = std::mem::take(&mut look.found);
        let (young, settled): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|file| file.within.is_none() && age(file).is_none_or(|age| age < settle));
        look.found = settled;
        if young.is_empty() {
            return Ok(look);
        }
        sleep(settle).await;
        let again = self.look().await?;
        look.found.extend(young.into_iter().filter(|file| again.found.contains(file)));
        Ok(look)
    }

    /// File work runs where it may block, under a deadline.
    async fn on_disk<T: Send + 'static>(
        &self,
        step: &'static str,
        work: impl FnOnce() -> Result<T, Errno> + Send + 'static,
    ) -> Result<T, MailboxError> {
        let problem = match timeout(FILE_DEADLINE, tokio::task::spawn_blocking(work)).await {
            Ok(Ok(Ok(done))) => return Ok(done),
            Ok(Ok(Err(errno))) => regular_file::reason(&errno.into()),
            Ok(Err(_panic)) => Text::new("iş yarıda kaldı", "the work broke off"),
            Err(_elapsed) => {
                let limit = FILE_DEADLINE.as_secs();
                Text::new(
                    format!("dosya sistemi {limit} s içinde yanıt vermedi"),
                    format!("the file system did not answer within {limit} s"),
                )
            }
        };
        Err(MailboxError {
            mailbox: self.config.name.clone(),
            step,
            class: ErrorClass::Transient,
            problem: Box::new(Text::new(
                format!("{}: {}", self.config.path.display(), problem.tr),
                format!("{}: {}", self.config.path.display(), problem.en),
            )),
            cure: Text::new(
                "Klasörün var olduğunu, bağlı (mount) olduğunu ve ağ geçidinin kullanıcısınca okunabildiğini denetleyin.",
                "Check that the folder exists, is mounted and can be read by the gateway's user.",
            ),
        })
    }

    async fn read(&self, listed: &Listed, places: &SharedPlaces) -> Result<Result<Bytes, NotFetched>, MailboxError> {
        let (path, id, places) = (self.config.path.clone(), listed.locator.id.clone(), Arc::clone(places));
        let (maildir, limit) = (listed.locator.folder == MAILDIR, self.message_limit);
        let read = move || {
            let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
            read_by_id(&path, maildir.then_some(&mut *places), &id, limit)
        };
        self.on_disk("fetch", read).await
    }
}

/// Whether two locators name the same file of a drop folder, at different times: one was put in the place of the other.
pub fn is_same_file(one: &Locator, other: &Locator) -> bool {
    let name = |locator: &Locator| locator.id.split_once('/').map(|(name, _)| name.to_owned());
    let is_dropped = |locator: &Locator| locator.folder == DROP && locator.epoch == 0;
    is_dropped(one) && is_dropped(other) && name(one).is_some() && name(one) == name(other)
}

/// How long ago the file was written; nothing when its time lies in the future.
fn age(file: &Found) -> Option<Duration> {
    let written = Timestamp::new(file.time.0, i32::try_from(file.time.1).unwrap_or_default()).ok()?;
    Timestamp::now().duration_since(written).try_into().ok()
}

fn look(path: &PathBuf) -> Result<Look, Errno> {
    let root = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut look = Look::default();
    let (cur, new) = (sub_folder(&root, "cur"), sub_folder(&root, "new"));
    if let (Ok(cur), Ok(new)) = (cur, new) {
        look.maildir = true;
        // `new` first: a message that another program moves to `cur` in between is seen twice, not missed.
        read_folder(&new, Some("new"), &mut look)?;
        read_folder(&cur, Some("cur"), &mut look)?;
        look.odd.extend(aside::beside_maildir(&root, is_message)?);
        return Ok(look);
    }
    read_folder(&root, None, &mut look)?;
    Ok(look)
}

fn sub_folder(root: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    openat(
        root,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

fn read_folder(folder: &OwnedFd, within: Option<&'static str>, look: &mut Look) -> Result<(), Errno> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        // Dot files of a Maildir are its server's.
        if name == b"." || name == b".." || (within.is_some() && name.starts_with(b".")) {
            continue;
        }
        let stat = match statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(other) => return Err(other),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile if within.is_some() => look.found.push(found(within, name, &stat)),
            FileType::RegularFile if name.starts_with(b".") => look.odd.extend(aside::hidden(name, is_message(name), &stat)),
            FileType::RegularFile => sort_in(name, &stat, look),
            FileType::Directory => look.odd.extend(aside::sub_folder(folder, entry.file_name())?),
            _ => look.odd.push(refused(name)),
        }
    }
    Ok(())
}

/// Takes a dropped file by its extension, leaves an unfinished one for later, names any other.
fn sort_in(name: &[u8], stat: &Stat, look: &mut Look) {
    if is_message(name) {
        look.found.push(found(None, name, stat));
    } else if has_extension(name, &UNFINISHED) || name.ends_with(b"~") {
        look.odd.extend(aside::unfinished(name, stat));
    } else {
        look.odd.push(unknown_kind(name));
    }
}

fn is_message(name: &[u8]) -> bool {
    has_extension(name, &TAKEN)
}

fn has_extension(name: &[u8], list: &[&str]) -> bool {
    let extension = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default().to_ascii_lowercase();
    list.iter().any(|known| known.as_bytes() == extension)
}

fn found(within: Option<&'static str>, name: &[u8], stat: &Stat) -> Found {
    Found {
        within,
        name: name.to_vec(),
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        time: time_of(stat),
    }
}

fn time_of(stat: &Stat) -> (i64, i64) {
    (stat.st_mtime, stat.st_mtime_nsec as i64)
}

fn refused(name: &[u8]) -> (String, Text) {
    let name = escape(name);
    let text = Text::new(
        format!("Klasördeki '{name}' bir dosya değil (bağlantı, boru veya aygıt), alınmadı; dosyanın kendisini bırakın."),
        format!("'{name}' in the folder is no file (a link, pipe or device) and was not taken; drop the file itself."),
    );
    (name, text)
}

fn unknown_kind(name: &[u8]) -> (String, Text) {
    let name = escape(name);
    let text = Text::new(
        format!(
            "Klasördeki '{name}' alınmadı: uzantısı bilinmiyor ({}). KEP iletisiyse adını .eml yapın.",
            TAKEN.join(", ")
        ),
        format!(
            "'{name}' in the folder was not taken: unknown extension (known: {}). Rename it to .eml if it is a KEP message.",
            TAKEN.join(", ")
        ),
    );
    (name, text)
}

impl Found {
    /// See the head of this file.
    fn id(&self) -> String {
        match self.within {
            Some(_) => escape(unique_part(&self.name)),
            None => format!("{}/{}-{}.{:09}", escape(&self.name), self.size, self.time.0, self.time.1),
        }
    }

    fn listed(&self) -> Listed {
        Listed {
            locator: Locator {
                folder: if self.within.is_some() { MAILDIR } else { DROP }.to_owned(),
                epoch: 0,
                id: self.id(),
            },
            size: Some(self.size),
            arrived: Timestamp::new(self.time.0, i32::try_from(self.time.1).unwrap_or_default()).ok(),
        }
    }
}

/// A Maildir name without its flags.
fn unique_part(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b':').next().unwrap_or(name)
}

/// Any bytes as text, reversible: what is not plain text, and `%` and `/`, becomes `%XX`.
fn escape(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '%' | '/' => text.push_str(&format!("%{:02X}", c as u32)),
                c if c.is_control() || crate::text::is_deceptive(c) => {
                    let mut bytes = [0; 4];
                    c.encode_utf8(&mut bytes)
                        .bytes()
                        .for_each(|byte| text.push_str(&format!("%{byte:02X}")));
                }
                plain => text.push(plain),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
    }
    text
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut name = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            name.push(byte);
            continue;
        }
        let digits: Vec<u8> = bytes.by_ref().take(2).collect();
        name.extend(
            std::str::from_utf8(&digits)
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
        );
    }
    name
}

/// Where the messages of a Maildir lie. Read once for a whole fetch: to look for each message by itself is quadratic.
#[derive(Default)]
struct Places {
    by_id: HashMap<String, (&'static str, Vec<u8>)>,
    /// How often the folders were read.
    looks: usize,
}

type SharedPlaces = Arc<Mutex<Places>>;

impl Places {
    /// Where a message lies now: other programs move it from `new` to `cur` and change its flags.
    fn locate(&mut self, root: &OwnedFd, id: &str) -> Result<Option<(OwnedFd, Vec<u8>)>, Errno> {
        if self.looks == 0 {
            self.look(root)?;
        }
        if let Some(place) = self.open(root, id)? {
            return Ok(Some(place));
        }
        // It was moved since, and others probably with it.
        self.look(root)?;
        self.open(root, id)
    }

    fn look(&mut self, root: &OwnedFd) -> Result<(), Errno> {
        self.looks += 1;
        self.by_id.clear();
        for within in ["new", "cur"] {
            for entry in Dir::read_from(sub_folder(root, within)?)? {
                let name = entry?.file_name().to_bytes().to_vec();
                self.by_id.insert(escape(unique_part(&name)), (within, name));
            }
        }
        Ok(())
    }

    /// The folder and the name, where that file is still there.
    fn open(&self, root: &OwnedFd, id: &str) -> Result<Option<(OwnedFd, Vec<u8>)>, Errno> {
        let Some((within, name)) = self.by_id.get(id) else {
            return Ok(None);
        };
        let folder = sub_folder(root, within)?;
        match statat(&folder, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(Some((folder, name.clone()))),
            Err(Errno::NOENT) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

/// Opens by name inside the folder, never through a link, and reads what the locator means: the same size and time before and after.
/// `places`: for a Maildir.
fn read_by_id(path: &PathBuf, places: Option<&mut Places>, id: &str, limit: u64) -> Result<Result<Bytes, NotFetched>, Errno> {
    let missing = |tr: &str, en: &str| Ok(Err(NotFetched::Missing(Text::new(tr, en))));
    let root = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let maildir = places.is_some();
    let (folder, name) = match places {
        Some(places) => match places.locate(&root, id)? {
            Some(place) => place,
            None => return missing("ileti artık Maildir'de değil", "the message is not in the Maildir any more"),
        },
        None => (root, unescape(id.split('/').next().unwrap_or_default())),
    };
    if name.is_empty() || name == b".." || name == b"." || name.contains(&b'/') {
        return missing("adı bir dosya adı değil", "its name is no file name");
    }
    // NONBLOCK: to open a pipe must not wait for its writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(&folder, OsStr::from_bytes(&name), flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return missing("dosya artık yerinde değil", "the file is not there any more"),
        Err(Errno::LOOP | Errno::NXIO | Errno::ACCESS | Errno::PERM) => return missing("dosya açılamıyor", "the file cannot be opened"),
        Err(other) => return Err(other),
    };
    let before = fstat(&file)?;
    if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
        return missing("artık bir dosya değil", "it is not a file any more");
    }
    let size = u64::try_from(before.st_size).unwrap_or_default();
    if size > limit {
        return Ok(Err(NotFetched::TooLarge { size, limit }));
    }
    if !maildir && found(None, &name, &before).id() != id {
        return missing(
            "dosya listelendikten sonra değiştirildi; yenisini sonraki denetim alır",
            "the file was replaced since it was listed; the next pass takes the new one",
        );
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let mut file = std::fs::File::from(file);
    if let Err(error) = file.by_ref().take(limit + 1).read_to_end(&mut bytes) {
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    }
    let after = fstat(&file)?;
    if bytes.len() as u64 != size || time_of(&after) != time_of(&before) {
        return missing(
            "dosya hâlâ yazılıyor; sonraki denetim alır",
            "the file is still being written; the next pass takes it",
        );
    }
    Ok(Ok(Bytes::from(bytes)))
}

/// The times of the folders that change when a file is dropped.
fn folder_times(path: &std::path::Path) -> Vec<Option<std::time::SystemTime>> {
    let time = |folder: PathBuf| std::fs::metadata(folder).and_then(|meta| meta.modified()).ok();
    vec![time(path.to_owned()), time(path.join("new")), time(path.join("cur"))]
}

#[async_trait]
impl Mailbox for FolderMailbox {
    fn name(&self) -> &str {
        &self.config.name
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        let mut look = self.look_until_settled().await?;
        look.odd.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.not_taken = look.odd.into_iter().map(|(_name, text)| text).collect();
        let listed: BTreeMap<Locator, Listed> = look
            .found
            .iter()
            .map(Found::listed)
            .map(|listed| (listed.locator.clone(), listed))
            .collect();
        let state = FolderState {
            listed: None,
            folder: if look.maildir { MAILDIR } else { DROP }.to_owned(),
            epoch: 0,
            next_uid: None,
            exists: listed.len() as u64,
        };
        Ok(Listing {
            folders: vec![state],
            present: listed.keys().cloned().collect(),
            new: listed.into_values().filter(|listed| !known.contains(&listed.locator)).collect(),
            oddities: Vec::new(),
        })
    }

    fn not_taken(&self) -> &[Text] {
        &self.not_taken
    }

    async fn fetch(&mut self, wanted: Vec<Listed>, to: mpsc::Sender<Fetched>) -> Result<(), MailboxError> {
        let places = SharedPlaces::default();
        for listed in wanted {
            let outcome = self.read(&listed, &places).await?;
            if to.send(Fetched { listed, outcome }).await.is_err() {
                break; // Nobody takes them any more; there is no session to end.
            }
        }
        Ok(())
    }

    /// The folder is left as found.
    async fn acknowledge(&mut self, _locator: &Locator) -> Result<(), MailboxError> {
        Ok(())
    }

    async fn quota(&mut self) -> Result<Option<Quota>, MailboxError> {
        Ok(None)
    }

    async fn wait(&mut self, limit: Duration) -> Result<Wake, MailboxError> {
        let end = Instant::now() + limit;
        let path = self.config.path.clone();
        let times = |path: PathBuf| async { self.on_disk("wait", move || Ok(folder_times(&path))).await };
        let before = times(path.clone()).await?;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Wake::Elapsed);
            }
            sleep(left.min(LOOK_EVERY)).await;
            if times(path.clone()).await? != before {
                return Ok(Wake::Changed);
            }
        }
    }

    async fn close(&mut self) {}
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod folder_tests;
