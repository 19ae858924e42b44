//! The checklists of a folder: one `.toml` file each, in the order of their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::config::{Checklist, Wrong};
use crate::hash::Sha256;
use crate::register::entry::Entry;
use crate::regular_file;
use crate::text::Text;

/// Longest checklist: hundreds of papers fit, and what is longer is another file.
const MAX_BYTES: u64 = 1 << 20;

/// Checklists of one folder; each is asked for every message that arrives.
const MOST_CHECKLISTS: usize = 200;

/// `[checklist]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChecklistConfig {
    /// Folder of checklists, one `.toml` file each, relative to the configuration file. Empty (default): no application files.
    pub folder: PathBuf,
    /// How many days before its end a power of attorney or signature circular is alarmed. Default 30.
    pub power_warning_days: u16,
}

impl Default for ChecklistConfig {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            power_warning_days: 30,
        }
    }
}

/// A folder of checklists cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ChecklistError {
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// `text` is the file's, for who explains the parser's complaint.
    #[error("{}: {wrong}", path.display())]
    Wrong { path: PathBuf, text: String, wrong: Wrong },
    #[error("{}", .0.en)]
    Folder(Text),
}

/// All checklists, in the order of their file names.
#[derive(Debug, Clone, Default)]
pub struct Checklists {
    list: Vec<Checklist>,
}

impl Checklists {
    /// Reads every `.toml` file of the folder; an empty path names none.
    ///
    /// # Errors
    /// The folder or a file cannot be read or used, or two have one name.
    pub fn load(folder: &Path) -> Result<Self, ChecklistError> {
        if folder.as_os_str().is_empty() {
            return Ok(Self::default());
        }
        let mut list: Vec<Checklist> = Vec::new();
        for path in toml_files(folder)? {
            let checklist = read(&path)?;
            if list.iter().any(|other| other.name == checklist.name) {
                let (path, name) = (path.display(), &checklist.name);
                return Err(ChecklistError::Folder(Text::new(
                    format!("{path}: '{name}' adı başka bir kontrol listesinde de var; birini değiştirin"),
                    format!("{path}: another checklist is called '{name}' too; change one of them"),
                )));
            }
            list.push(checklist);
        }
        Ok(Self { list })
    }

    pub fn of(list: Vec<Checklist>) -> Self {
        Self { list }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Checklist> {
        self.list.iter()
    }

    pub fn named(&self, name: &str) -> Option<&Checklist> {
        self.list.iter().find(|checklist| checklist.name == name)
    }

    /// All that hold for an entry. Where there are several nobody knows which is meant: the first is read by, and a clerk decides.
    pub fn for_entry<'s>(&'s self, entry: &Entry) -> impl Iterator<Item = &'s Checklist> {
        self.list.iter().filter(|checklist| checklist.when.holds(entry))
    }

    /// Another value where any of them is another.
    pub fn sha256(&self) -> Sha256 {
        let all: Vec<String> = self.list.iter().map(|checklist| checklist.sha256.to_string()).collect();
        Sha256::of(all.join("\n").as_bytes())
    }
}

fn toml_files(folder: &Path) -> Result<BTreeSet<PathBuf>, ChecklistError> {
    let unreadable = |source| ChecklistError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut files = BTreeSet::new();
    for file in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = file.map_err(unreadable)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && path.extension().is_some_and(|ending| ending == "toml") {
            files.insert(path);
        }
    }
    match files.len() > MOST_CHECKLISTS {
        true => Err(ChecklistError::Folder(Text::new(
            format!("{}: {MOST_CHECKLISTS} taneden çok kontrol listesi var", folder.display()),
            format!("{}: there are more than {MOST_CHECKLISTS} checklists", folder.display()),
        ))),
        false => Ok(files),
    }
}

/// One checklist from its file.
///
/// # Errors
/// It cannot be read or used.
pub fn read(path: &Path) -> Result<Checklist, ChecklistError> {
    let bytes = regular_file::read(path, MAX_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
    let text = text.map_err(|source| ChecklistError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Checklist::parse(&text).map_err(|wrong| ChecklistError::Wrong {
        path: path.to_owned(),
        text,
        wrong,
    })
}
