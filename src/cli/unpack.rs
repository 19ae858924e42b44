//! `unpack`: the parts of a package or message as files, under safe names.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::args::KeyArgs;
use super::table::clean;
use super::{Exit, Failure, Session, entry, words};
use crate::decryption::{Opened, Opening};
use crate::envelope::{self, Package, Receiver};
use crate::finding::{Finding, Severity};
use crate::limits::Limits;
use crate::message::{self, PartRole};
use crate::regular_file;
use crate::text::{Lang, safe_file_name};

/// Files of one name that are told apart by a number in front. More are an attack on the folder.
const NAMESAKES: u32 = 10_000;

pub fn run(session: &Session, file: &Path, to: &Path, key: &KeyArgs) -> Result<Exit, Failure> {
    let limit = session.config().limits.package_bytes;
    let bytes = regular_file::read(file, limit).map_err(|error| Failure::file(file, &error))?;
    fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    let limits = session.config().limits.clone();
    let own_name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (deadline, folder) = (limits.parse_deadline, to.to_owned());
    let opening = Opening::new(session.keys(key)?, Vec::new(), session.clock().now(), &limits);
    let out = crate::isolate::run(deadline, move || Unpacking::of(&bytes.into(), &own_name, folder, &limits, &opening))?;

    for written in &out.written {
        println!(
            "{}  ←  {}  ({})",
            clean(&written.path.display().to_string()),
            clean(&written.place),
            words::bytes(written.size, session.lang)
        );
    }
    for finding in out.findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        eprintln!("! {}", clean(&entry::finding(finding, session.lang)));
    }
    for (place, error) in &out.failed {
        eprintln!("✘ {}: {}", clean(place), super::failure::reason(error).get(session.lang));
    }
    if out.written.is_empty() {
        println!(
            "{}",
            if session.lang == Lang::Tr {
                "içinde çıkarılacak bir parça yok"
            } else {
                "there is nothing to take out"
            }
        );
    }
    Ok(match (out.failed.is_empty(), out.written.is_empty()) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Indeterminate,
        (true, false) => Exit::Done,
    })
}

struct Written {
    path: PathBuf,
    place: String,
    size: u64,
}

/// What was taken out so far.
struct Unpacking {
    folder: PathBuf,
    written: Vec<Written>,
    failed: Vec<(String, io::Error)>,
    findings: Vec<Finding>,
}

impl Unpacking {
    /// Takes everything out of a message, a package or whatever else lies in the file.
    fn of(bytes: &Bytes, own_name: &str, folder: PathBuf, limits: &Limits, opening: &Opening) -> Self {
        let message = message::read_opening(bytes, limits, opening);
        let mut out = Self {
            folder,
            written: Vec::new(),
            failed: Vec::new(),
            findings: message.findings,
        };
        for (at, part) in message.parts.iter().enumerate().filter(|(_, part)| part.role != PartRole::Message) {
            let is_whole_file = part.bytes == *bytes;
            let name = part.name.as_deref().or(Some(own_name).filter(|_| is_whole_file));
            if part.role == PartRole::Package {
                let before = opening.count();
                let package = envelope::read_opening(&part.bytes, name, &Receiver::default(), limits, opening);
                out.package(&package, &part.place);
                out.opened(&package, opening.since(before), &part.place);
            }
            // A package that is the whole file needs no copy of itself.
            if !is_whole_file {
                let nameless = format!("part-{at:04}{}", extension(&part.content_type));
                out.write(&part.place, &safe_file_name(name.unwrap_or(&nameless), &nameless), |file| {
                    copy(&part.bytes, file)
                });
            }
        }
        out
    }

    fn package(&mut self, package: &Package, place: &str) {
        self.findings.extend(package.all_findings());
        for (at, part) in package.parts.iter().enumerate() {
            let name = safe_file_name(&part.uri, &format!("part-{at:04}"));
            self.write(&format!("{place}!{}", part.uri), &name, |file| package.copy_part(&part.uri, file));
        }
    }

    /// What was encrypted: the inner package as a file, and its parts.
    fn opened(&mut self, package: &Package, opened: Vec<Opened>, place: &str) {
        for (number, one) in (1..).zip(&opened) {
            let place = format!("{place}!{}", one.record.place);
            self.write(&place, &format!("acilan-{number}.eyp"), |file| copy(&one.plaintext, file));
        }
        for (path, inner) in package.walk().into_iter().skip(1).filter(|_| package.decrypted) {
            for (at, part) in inner.parts.iter().enumerate() {
                let name = safe_file_name(&part.uri, &format!("part-{at:04}"));
                self.write(&format!("{place}!{path}{}", part.uri), &name, |file| {
                    inner.copy_part(&part.uri, file)
                });
            }
        }
    }

    fn write(&mut self, place: &str, name: &str, content: impl FnOnce(&mut File) -> io::Result<u64>) {
        let written = create_new(&self.folder, name).and_then(|(path, mut file)| match content(&mut file) {
            Ok(size) => Ok(Written {
                path,
                place: place.to_owned(),
                size,
            }),
            Err(error) => {
                // Half a part under its full name would be taken for the whole.
                fs::remove_file(&path)?;
                Err(error)
            }
        });
        match written {
            Ok(written) => self.written.push(written),
            Err(error) => self.failed.push((place.to_owned(), error)),
        }
    }
}

/// For a part that has no name: what lets a person open it.
fn extension(content_type: &str) -> &'static str {
    match content_type {
        "text/plain" => ".txt",
        "text/html" => ".html",
        "application/pdf" => ".pdf",
        "application/xml" | "text/xml" => ".xml",
        _ => "",
    }
}

fn copy(bytes: &[u8], file: &mut File) -> io::Result<u64> {
    file.write_all(bytes)?;
    Ok(bytes.len() as u64)
}

/// Makes a file that was not there before, for its owner alone; a taken name gets a number. A link that lies in wait is a taken name (O_EXCL).
fn create_new(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    for attempt in 0..NAMESAKES {
        let path = folder.join(if attempt == 0 {
            name.to_owned()
        } else {
            format!("{attempt}-{name}")
        });
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
