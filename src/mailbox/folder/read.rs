//! Give me its bytes: opened by name, never through a link, and only as what was listed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, open, openat, statat};
use rustix::io::Errno;

use super::look::{escape, found, sub_folder, time_of, unescape, unique_part};
use crate::mailbox::NotFetched;
use crate::text::Text;

/// Where the messages of a Maildir lie. Read once for a whole fetch: to look for each message by itself is quadratic.
#[derive(Default)]
pub(super) struct Places {
    by_id: HashMap<String, (&'static str, Vec<u8>)>,
    /// How often the folders were read.
    pub(super) looks: usize,
}

pub(super) type SharedPlaces = Arc<Mutex<Places>>;

impl Places {
    /// Where a message lies now: other programs move it from `new` to `cur` and change its flags.
    pub(super) fn locate(&mut self, root: &OwnedFd, id: &str) -> Result<Option<(OwnedFd, Vec<u8>)>, Errno> {
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
pub(super) fn read_by_id(path: &Path, places: Option<&mut Places>, id: &str, limit: u64) -> Result<Result<Bytes, NotFetched>, Errno> {
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
