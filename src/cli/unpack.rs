//! `unpack`: the parts of a package or message as files, under safe names.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::table::clean;
use super::{Exit, Failure, Session};
use crate::envelope::{self, Receiver};
use crate::message::{self, PartRole};
use crate::text::{Lang, safe_file_name};

pub fn run(session: &Session, file: &Path, to: &Path) -> Result<Exit, Failure> {
    let bytes = Bytes::from(std::fs::read(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?);
    let limits = session.config().limits.clone();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let deadline = limits.parse_deadline;
    let parts = crate::isolate::run(deadline, move || open(&bytes, name.as_deref(), &limits)).map_err(|broken| Failure::new(broken.to_string()))?;
    std::fs::create_dir_all(to)?;
    for (place, name, bytes) in &parts {
        let path = write_new(to, name, bytes)?;
        println!("{}  ←  {}  ({})", clean(&path.display().to_string()), clean(place), bytes.len());
    }
    if parts.is_empty() {
        println!("{}", if session.lang == Lang::Tr { "içinde çıkarılacak bir parça yok" } else { "there is nothing to take out" });
    }
    Ok(Exit::Done)
}

/// (place, safe name, bytes) of everything inside.
fn open(bytes: &Bytes, name: Option<&str>, limits: &crate::limits::Limits) -> Vec<(String, String, Bytes)> {
    let message = message::read(bytes, limits);
    let mut found = Vec::new();
    for (at, part) in message.parts.iter().enumerate() {
        if part.role == PartRole::Message {
            continue;
        }
        let fallback = format!("part-{at:04}");
        let own_name = part.name.clone().or_else(|| name.map(str::to_owned)).unwrap_or_else(|| fallback.clone());
        if part.role == PartRole::Package {
            let package = envelope::read(&part.bytes, Some(&own_name), &Receiver::default(), limits);
            for inner in &package.parts {
                if let Some(bytes) = package.open_part(&inner.uri) {
                    found.push((format!("{}!{}", part.place, inner.uri), safe_file_name(&inner.uri, &fallback), bytes));
                }
            }
        }
        found.push((part.place.clone(), safe_file_name(&own_name, &fallback), part.bytes.clone()));
    }
    found
}

/// Writes a file that was not there before; a taken name gets a number.
fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    use std::io::Write;
    for attempt in 0_u32.. {
        let path = folder.join(if attempt == 0 { name.to_owned() } else { format!("{attempt}-{name}") });
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::new(format!("{}: {error}", path.display()))),
        }
    }
    Err(Failure::new("no free name"))
}
