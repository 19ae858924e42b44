//! Files that a person hands over, as a mailbox: single files, folders of them, Maildir and mbox.
//!
//! A locator is the file's name and the SHA-256 of the message, so that the same file given twice is known, and the same message
//! under another name is a sighting.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{ErrorClass, Fetched, FolderState, Listed, Listing, Locator, Mailbox, MailboxError, NotFetched, Quota, Wake};
use crate::hash::Sha256;
use crate::limits::Limits;
use crate::text::Text;

/// Name of the mailbox in the register.
pub const NAME: &str = "import";

/// An mbox is read whole: bounded well above what a KEP quota holds.
const MBOX_BYTES: u64 = 2 << 30;

/// Where the bytes of one message are.
#[derive(Debug, Clone)]
struct Source {
    path: PathBuf,
    /// `None`: the whole file. Otherwise which message of an mbox.
    nth: Option<usize>,
}

/// The files of one `import` command.
pub struct Import {
    paths: Vec<PathBuf>,
    message_limit: u64,
    sources: BTreeMap<Locator, Source>,
}

impl Import {
    pub fn new(paths: &[PathBuf], limits: &Limits) -> Self {
        Self {
            paths: paths.to_vec(),
            message_limit: limits.message_bytes,
            sources: BTreeMap::new(),
        }
    }

    fn find(&mut self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for path in self.paths.clone() {
            for file in files(&path)? {
                self.list_file(&file, &mut listed)?;
            }
        }
        Ok(listed)
    }

    fn list_file(&mut self, path: &Path, listed: &mut Vec<Listed>) -> io::Result<()> {
        let size = std::fs::metadata(path)?.len();
        if is_mbox(path)? && size <= MBOX_BYTES {
            let mbox = std::fs::read(path)?;
            for (nth, message) in split_mbox(&mbox).into_iter().enumerate() {
                self.add(path, Some(nth), Sha256::of(&message), message.len() as u64, listed);
            }
            return Ok(());
        }
        // A file over the limit is listed by its size alone: its bytes are not read.
        let sha256 = if size > self.message_limit {
            Sha256::of(&size.to_be_bytes())
        } else {
            Sha256::of(&std::fs::read(path)?)
        };
        self.add(path, None, sha256, size, listed);
        Ok(())
    }

    fn add(&mut self, path: &Path, nth: Option<usize>, sha256: Sha256, size: u64, listed: &mut Vec<Listed>) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().replace('\0', "");
        let locator = Locator {
            folder: "files".to_owned(),
            epoch: 0,
            id: format!("{name}/{sha256}"),
        };
        self.sources.insert(
            locator.clone(),
            Source {
                path: path.to_owned(),
                nth,
            },
        );
        listed.push(Listed {
            locator,
            size: Some(size),
            arrived: None,
        });
    }

    fn read(&self, listed: &Listed) -> Result<Bytes, NotFetched> {
        let missing = |problem: String| NotFetched::Missing(problem);
        let size = listed.size.unwrap_or_default();
        if size > self.message_limit {
            return Err(NotFetched::TooLarge {
                size,
                limit: self.message_limit,
            });
        }
        let source = self.sources.get(&listed.locator).ok_or_else(|| missing("not listed".to_owned()))?;
        let bytes = std::fs::read(&source.path).map_err(|error| missing(error.to_string()))?;
        match source.nth {
            None => Ok(bytes.into()),
            Some(nth) => split_mbox(&bytes)
                .into_iter()
                .nth(nth)
                .map(Bytes::from)
                .ok_or_else(|| missing("the mbox changed meanwhile".to_owned())),
        }
    }
}

#[async_trait]
impl Mailbox for Import {
    fn name(&self) -> &str {
        NAME
    }

    async fn list(&mut self, known: &BTreeSet<Locator>) -> Result<Listing, MailboxError> {
        let all = self.find().map_err(|error| MailboxError {
            mailbox: NAME.to_owned(),
            step: "list",
            class: ErrorClass::Permanent,
            problem: error.to_string(),
            cure: Text::new("Yolu ve okuma iznini denetleyin.", "Check the path and that it can be read."),
        })?;
        let present = all.iter().map(|listed| listed.locator.clone()).collect();
        let exists = all.len() as u64;
        let new = all.into_iter().filter(|listed| !known.contains(&listed.locator)).collect();
        let folders = vec![FolderState {
            folder: "files".to_owned(),
            epoch: 0,
            next_uid: None,
            exists,
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

/// The files that a path stands for: itself, the messages of a Maildir, or the files of a folder. Links are not followed inside folders.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let about = std::fs::metadata(path)?;
    if about.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !about.is_dir() {
        // Opening a pipe waits for its writer, for ever where there is none.
        return Err(io::Error::other(format!("{}: neither a file nor a folder", path.display())));
    }
    let maildir: Vec<PathBuf> = ["cur", "new"].iter().map(|sub| path.join(sub)).filter(|sub| sub.is_dir()).collect();
    let folders = if maildir.is_empty() { vec![path.to_owned()] } else { maildir };
    let mut found = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if entry.file_type()?.is_file() && !hidden {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// An mbox begins with a `From ` line (RFC 4155); a mail does not, since its first line is a header.
fn is_mbox(path: &Path) -> io::Result<bool> {
    use std::io::Read;
    let mut start = [0; 5];
    let mut file = std::fs::File::open(path)?;
    Ok(file.read_exact(&mut start).is_ok() && &start == b"From ")
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
        let mut import = Import::new(&[folder.path().join("a.eml")], &Limits::default());
        let first = import.list(&BTreeSet::new()).await.unwrap();
        let known: BTreeSet<Locator> = first.new.into_iter().map(|listed| listed.locator).collect();
        assert_eq!(import.list(&known).await.unwrap().new.len(), 0);
        let mut both = Import::new(&[folder.path().to_owned()], &Limits::default());
        assert_eq!(both.list(&known).await.unwrap().new.len(), 1);
    }
}
