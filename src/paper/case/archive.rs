//! The ZIP of a case file: names that are safe on every system, fixed times, the hash of every file on the way.

use std::io::{self, Write};

use serde::Serialize;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::hash::{Sha256, Sha256Stream};
use crate::paper::PaperError;

/// The list that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";

/// A file of the archive, as the manifest tells of it.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub file: String,
    pub sha256: Sha256,
    pub size: u64,
    #[serde(flatten)]
    pub about: About,
}

/// What a file is: its own name is never used, only told.
#[derive(Debug, Default, Serialize)]
pub struct About {
    /// In Turkish and English.
    pub what: String,
    /// As it was called where it came from. From hostile hands: only ever shown inside JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
    /// Where it stood in its message or package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

impl About {
    pub fn what(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }
}

pub struct Archive<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    pub files: Vec<Listed>,
}

impl<W: Write> Archive<W> {
    pub fn new(out: W) -> Self {
        Self {
            zip: ZipWriter::new_stream(out),
            files: Vec::new(),
        }
    }

    pub fn put(&mut self, name: &str, about: About, bytes: &[u8]) -> Result<(), PaperError> {
        self.stream(name, about, |out| out.write_all(bytes))
    }

    /// Writes a file piece by piece. `name` is one of ours: letters, digits, `-`, `.` and `/`.
    pub fn stream(&mut self, name: &str, about: About, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), PaperError> {
        self.begin(name)?;
        let mut hashing = Hashing {
            to: &mut self.zip,
            hash: Sha256Stream::default(),
            size: 0,
        };
        write(&mut hashing)?;
        let Hashing { hash, size, .. } = hashing;
        self.files.push(Listed {
            file: name.to_owned(),
            sha256: hash.finish(),
            size,
            about,
        });
        Ok(())
    }

    /// The list of hashes, last, and the end of the archive.
    pub fn finish(mut self) -> Result<(), PaperError> {
        self.begin(SUMS)?;
        for file in &self.files {
            writeln!(self.zip, "{}  {}", file.sha256, file.file)?;
        }
        self.zip.finish()?.into_inner().flush()?;
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<(), PaperError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        Ok(self.zip.start_file(name, options)?)
    }
}

struct Hashing<'a, W: Write> {
    to: &'a mut W,
    hash: Sha256Stream,
    size: u64,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// An extension for content that tells itself apart; nothing that a double click would run.
pub fn extension(content_type: &str) -> &'static str {
    match content_type.to_ascii_lowercase().as_str() {
        "text/plain" => "txt",
        "application/pdf" => "pdf",
        "application/xml" | "text/xml" => "xml",
        "message/rfc822" => "eml",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/tiff" => "tif",
        _ => "bin",
    }
}
