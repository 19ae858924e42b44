//! Opens what a person named, when it is a file: to open a pipe waits for its writer, for ever where there is none, and to read a device may
//! do anything.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::string::FromUtf8Error;

use rustix::fs::OFlags;

use crate::text::Text;

/// It is there, and it is neither a file nor a folder.
#[derive(Debug, thiserror::Error)]
#[error("it is a pipe, a device or a socket, not a file")]
pub struct NotAFile;

/// It is larger than what may be read.
#[derive(Debug, thiserror::Error)]
#[error("{size} bytes, more than {limit}")]
pub struct TooLarge {
    pub size: u64,
    pub limit: u64,
}

/// What the system said of a file or folder, for people.
pub fn reason(error: &io::Error) -> Text {
    let inner = error.get_ref();
    if inner.is_some_and(|inner| inner.is::<NotAFile>()) {
        return Text::new(
            "bir dosya değil: boru, aygıt ya da soket; dosyanın kendisini verin",
            "it is not a file but a pipe, a device or a socket; give the file itself",
        );
    }
    if let Some(TooLarge { size, limit }) = inner.and_then(|inner| inner.downcast_ref()) {
        return Text::new(format!("{size} bayt; sınır {limit}"), format!("{size} bytes; the limit is {limit}"));
    }
    if inner.is_some_and(|inner| inner.is::<FromUtf8Error>()) {
        return Text::new("UTF-8 ile yazılmış bir metin değil", "it is no text in UTF-8");
    }
    let (tr, en) = match error.kind() {
        io::ErrorKind::NotFound => ("böyle bir dosya ya da klasör yok", "there is no such file or folder"),
        io::ErrorKind::PermissionDenied => ("izin yok", "permission denied"),
        io::ErrorKind::AlreadyExists => ("zaten var", "it exists already"),
        io::ErrorKind::NotADirectory => ("bir klasör değil", "it is not a folder"),
        io::ErrorKind::IsADirectory => ("bir dosya değil, klasör", "it is a folder, not a file"),
        io::ErrorKind::StorageFull => ("disk dolu", "the disk is full"),
        io::ErrorKind::QuotaExceeded => ("disk kotası dolu", "the disk quota is used up"),
        io::ErrorKind::ReadOnlyFilesystem => ("dosya sistemi salt okunur", "the file system is read-only"),
        io::ErrorKind::InvalidData => ("UTF-8 ile yazılmış bir metin değil", "it is no text in UTF-8"),
        _ => return Text::new(format!("sistem reddetti: {error}"), format!("the system refused: {error}")),
    };
    Text::new(tr, en)
}

/// Opens a regular file for reading; a link is followed. Never waits.
///
/// # Errors
/// The system's; a folder; or [`NotAFile`] inside an error of the kind `Other`.
pub fn open(path: &Path) -> io::Result<File> {
    let file = match OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
    {
        // What opening a socket or a device without its driver says.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => return Err(io::Error::other(NotAFile)),
        opened => opened?,
    };
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !about.is_file() {
        return Err(io::Error::other(NotAFile));
    }
    Ok(file)
}

/// Reads a regular file whole.
///
/// # Errors
/// As [`open`], and [`TooLarge`] inside an error of the kind `Other`.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let size = file.metadata()?.len();
    let mut bytes = Vec::new();
    // A file that grows meanwhile is no way around the limit.
    if size <= limit {
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    let size = size.max(bytes.len() as u64);
    match size > limit {
        true => Err(io::Error::other(TooLarge { size, limit })),
        false => Ok(bytes),
    }
}
