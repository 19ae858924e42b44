//! What lies in a folder of trust material, and what in it is left aside: by name, because a root that is silently missing turns genuine
//! signatures into unknown ones.

use std::path::{Path, PathBuf};

use super::TrustError;
use crate::finding::{Finding, Severity};
use crate::regular_file::{self, NotAFile, TooLarge};
use crate::text::Text;

/// Bytes of one file in a trust, intermediates or revocation folder. The largest CRL of a Turkish provider has some megabytes.
const MAX_FILE: u64 = 64 << 20;

/// Rule of what was not looked at.
const LEFT_ASIDE: &str = "KEP-3826";

/// Whether a link stands for the file that it points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// In the administrator's own folders: secrets and volumes are mounted that way.
    Followed,
    /// In what is brought from outside: what is taken must be what was looked at.
    LeftAside,
}

/// A folder in a stable order, hidden entries left out.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub files: Vec<PathBuf>,
    pub folders: Vec<PathBuf>,
    /// What is neither, or a link that is not followed.
    pub aside: Vec<Finding>,
}

impl Folder {
    /// # Errors
    /// The folder cannot be read.
    pub fn list(folder: &Path, links: Links) -> Result<Self, TrustError> {
        let failed = |source| TrustError::new(folder, source);
        let mut entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
            .map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let mut listed = Self::default();
        for entry in entries {
            let path = entry.path();
            if file_name(&path).starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_symlink() && links == Links::LeftAside {
                let why = Text::new(
                    "bağlantı izlenmez; gösterdiği dosyayı koyun",
                    "a link is not followed; put the file itself there",
                );
                listed.aside.push(left_aside(&path, &why));
            } else if path.is_file() {
                listed.files.push(path);
            } else if path.is_dir() {
                listed.folders.push(path);
            } else {
                let why = Text::new(
                    "boru, aygıt, soket ya da kopuk bağlantı",
                    "a pipe, a device, a socket or a broken link",
                );
                listed.aside.push(left_aside(&path, &why));
            }
        }
        Ok(listed)
    }
}

/// Reads a regular file: a pipe would wait for ever and a device never end.
///
/// # Errors
/// The system's, or larger than any trust material.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, TrustError> {
    regular_file::read(file, MAX_FILE).map_err(|source| TrustError::new(file, source))
}

/// The finding on a file that could not be read, where the rest of its folder can.
pub(super) fn not_read(error: &TrustError) -> Finding {
    left_aside(error.path(), &regular_file::reason(error.io()))
}

/// True for what no repetition of the command would read: it says something about the file and not about the machine.
pub(super) fn is_about_the_file(error: &TrustError) -> bool {
    let inner = error.io().get_ref();
    inner.is_some_and(|inner| inner.is::<TooLarge>() || inner.is::<NotAFile>())
}

fn left_aside(path: &Path, why: &Text) -> Finding {
    Finding::new(
        LEFT_ASIDE,
        Severity::Warning,
        file_name(path),
        format!("Okunmadı ve atlandı: {}.", why.tr),
        format!("It was not read and passed over: {}.", why.en),
    )
}

pub(super) fn file_name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
