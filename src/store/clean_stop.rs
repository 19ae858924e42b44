//! A clean stop: what the files of the index, or of the journal, were when the last process let go of them. While they are still exactly
//! that, nothing needs to be added up or walked again at the next start; a kill, a power cut or a foreign hand leaves no such note, or one
//! that does not fit.
//!
//! The file `clean` in the folder: a line for this version and the start of the machine, a line for the state, a line for each file.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::disk::FILE_MODE;

/// Changes with what the note is about.
const VERSION: &str = "kep-clean 1";
/// Differs after each start of the machine: after a power cut a note may stand again that was already removed.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

pub(super) const NAME: &str = "clean";

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Notes how the folder's files stand. The caller has flushed them. Without a note the next start is slower, nothing else.
pub(super) fn note(folder: &Path, state: &str) {
    if let Err(error) = describe(folder, state).and_then(|text| write(folder, &text)) {
        tracing::debug!(%error, "no note of a clean stop could be left");
    }
}

/// Readable by its owner alone, like everything in the store.
fn write(folder: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(path(folder))?;
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    file.write_all(text.as_bytes())
}

/// The state that the last process noted, if it stopped cleanly and nobody touched the files since. The note is gone after it: from here on
/// the files change.
pub(super) fn take(folder: &Path) -> Option<String> {
    let note = fs::read_to_string(path(folder)).ok();
    let still = note.filter(|note| {
        note.lines()
            .nth(1)
            .is_some_and(|state| describe(folder, state).is_ok_and(|now| now == *note))
    });
    match fs::remove_file(path(folder)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => None,
        _ => still.and_then(|note| note.lines().nth(1).map(str::to_owned)),
    }
}

/// The note for these files as they are now, without the note itself.
fn describe(folder: &Path, state: &str) -> io::Result<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path() != path(folder) {
            let at = entry.metadata()?;
            let name = entry.file_name();
            lines.push(format!("{name:?} {} {} {}.{:09}", at.ino(), at.len(), at.mtime(), at.mtime_nsec()));
        }
    }
    lines.sort();
    let boot = fs::read_to_string(BOOT_ID)?;
    Ok(format!("{VERSION} {}\n{state}\n{}\n", boot.trim(), lines.join("\n")))
}
