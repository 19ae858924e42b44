//! What lies there: the files of a drop folder or of a Maildir, told apart, and what is left alone.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, open, openat, statat};
use rustix::io::Errno;

use super::aside;
use crate::mailbox::{Listed, Locator};
use crate::text::Text;

/// What is taken from a drop folder. Everything else there is named and left alone: a number in the register is for ever.
const TAKEN: [&str; 9] = ["eml", "eyp", "eyps", "eypg", "xml", "p7m", "p7s", "imz", "pdf"];
/// What programs call a file that they still write.
const UNFINISHED: [&str; 5] = ["tmp", "part", "partial", "crdownload", "filepart"];
/// Folder names in locators.
pub(super) const DROP: &str = ".";
pub(super) const MAILDIR: &str = "INBOX";

/// One file that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Sub-folders of the path: none for a drop folder, `cur` or `new` for a Maildir.
    pub(super) within: Option<&'static str>,
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    /// Seconds and nanoseconds since 1970.
    pub(super) time: (i64, i64),
}

/// What one look found.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) maildir: bool,
    pub(super) found: Vec<Found>,
    /// Name and sentence of what is left alone.
    pub(super) odd: Vec<(String, Text)>,
}

/// How long ago the file was written; nothing when its time lies in the future.
pub(super) fn age(file: &Found) -> Option<Duration> {
    let written = Timestamp::new(file.time.0, i32::try_from(file.time.1).unwrap_or_default()).ok()?;
    Timestamp::now().duration_since(written).try_into().ok()
}

pub(super) fn look(path: &Path) -> Result<Look, Errno> {
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

pub(super) fn sub_folder(root: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
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
            FileType::Directory => look.odd.extend(aside::sub_folder(folder, entry.file_name())),
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

pub(super) fn found(within: Option<&'static str>, name: &[u8], stat: &Stat) -> Found {
    Found {
        within,
        name: name.to_vec(),
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        time: time_of(stat),
    }
}

pub(super) fn time_of(stat: &Stat) -> (i64, i64) {
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
    /// See the head of [`super`].
    pub(super) fn id(&self) -> String {
        match self.within {
            Some(_) => escape(unique_part(&self.name)),
            None => format!("{}/{}-{}.{:09}", escape(&self.name), self.size, self.time.0, self.time.1),
        }
    }

    pub(super) fn listed(&self) -> Listed {
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
pub(super) fn unique_part(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b':').next().unwrap_or(name)
}

/// Any bytes as text, reversible: what is not plain text, and `%` and `/`, becomes `%XX`.
pub(super) fn escape(name: &[u8]) -> String {
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

pub(super) fn unescape(text: &str) -> Vec<u8> {
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

/// The times of the folders that change when a file is dropped.
pub(super) fn folder_times(path: &Path) -> Vec<Option<std::time::SystemTime>> {
    let time = |folder: PathBuf| std::fs::metadata(folder).and_then(|meta| meta.modified()).ok();
    vec![time(path.to_owned()), time(path.join("new")), time(path.join("cur"))]
}
