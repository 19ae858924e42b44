//! What lies in the folder and is no message to take, though somebody may have meant it to be: it is named, never passed over in silence.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use rustix::io::Errno;

use super::look::{escape, time_of};
use crate::text::Text;

/// A hidden or unfinished file that was written to more recently is one that a program (rsync, a browser) still works on.
const STANDS_STILL: Duration = Duration::from_secs(600);

/// A file whose name begins with a dot. `is_message`: but for that it would be taken, so it is named at once.
pub fn hidden(name: &[u8], is_message: bool, stat: &Stat) -> Option<(String, Text)> {
    (is_message || stands_still(stat)).then(|| {
        told(
            name,
            "gizli dosya (adı nokta ile başlıyor), alınmadı; iletiyse adını değiştirin, değilse kaldırın",
            "a hidden file (its name begins with a dot) and was not taken; rename it if it is a message, remove it if not",
        )
    })
}

/// A file that is still called unfinished long after anybody wrote to it.
pub fn unfinished(name: &[u8], stat: &Stat) -> Option<(String, Text)> {
    stands_still(stat).then(|| {
        told(
            name,
            "yarım kalmış görünüyor (adı bitmemiş bir dosyanınki gibi), alınmadı; bırakan programa bakın, tamamsa adını .eml yapın",
            "seems to be left unfinished (by its name) and was not taken; look at the program that drops it, rename it to .eml if it is whole",
        )
    })
}

/// Made by the file system's repair, for no message of ours.
const LOST_AND_FOUND: &[u8] = b"lost+found";

/// A sub-folder with something in it.
pub fn sub_folder(folder: &OwnedFd, name: &CStr) -> Option<(String, Text)> {
    if name.to_bytes() == LOST_AND_FOUND {
        return None;
    }
    match is_empty(folder, name) {
        Ok(true) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => None,
        // What cannot be looked into may hold messages. It is looked into only in order to name it: that keeps no message of the folder away.
        Ok(false) | Err(_) => Some(is_sub_folder(name.to_bytes())),
    }
}

fn is_empty(folder: &OwnedFd, name: &CStr) -> Result<bool, Errno> {
    let inside = openat(
        folder,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    for entry in Dir::read_from(inside.as_fd())? {
        if ![&b"."[..], b".."].contains(&entry?.file_name().to_bytes()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Messages that were dropped beside `cur` and `new` of a Maildir. Its other files and folders are the mail server's.
pub fn beside_maildir(root: &OwnedFd, is_message: fn(&[u8]) -> bool) -> Result<Vec<(String, Text)>, Errno> {
    let mut found = Vec::new();
    for entry in Dir::read_from(root.as_fd())? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        let stat = match statat(root, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(other) => return Err(other),
        };
        if is_message(name) && FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            found.push(told(
                name,
                "Maildir'in kendisinde duruyor, alınmadı; iletiyi 'new' klasörüne bırakın",
                "lies in the Maildir itself and was not taken; drop the message into 'new'",
            ));
        }
    }
    Ok(found)
}

fn is_sub_folder(name: &[u8]) -> (String, Text) {
    told(
        name,
        "bir alt klasör, içindekiler alınmadı; iletileri klasörün kendisine bırakın ya da bu klasörü başka yere taşıyın",
        "is a sub-folder and what it holds was not taken; drop messages into the folder itself, or move this one elsewhere",
    )
}

fn told(name: &[u8], tr: &str, en: &str) -> (String, Text) {
    let name = escape(name);
    let text = Text::new(format!("Klasördeki '{name}' {tr}."), format!("'{name}' in the folder {en}."));
    (name, text)
}

fn stands_still(stat: &Stat) -> bool {
    let (seconds, nanoseconds) = time_of(stat);
    let written = Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or_default());
    let age = written
        .ok()
        .and_then(|written| Duration::try_from(Timestamp::now().duration_since(written)).ok());
    // A time in the future says nothing: better named than forgotten.
    age.is_none_or(|age| age >= STANDS_STILL)
}
