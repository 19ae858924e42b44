//! Puts anchors into the trust folder, each under its hash in the sub-folder of its purpose. A file appears whole or not at all: a daemon
//! that reads the folder at that moment sees the old set or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::signature::certificate::Certificate;
use crate::signature::trust::Purpose;
use crate::signature::trust::difference::Change;

/// Why a file could not be put in its place.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct InstallError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// # Errors
/// A folder or file cannot be written. What was written before stays: the next import finds it there and goes on.
pub fn anchor(folder: &Path, change: &Change) -> Result<(), InstallError> {
    for purpose in change.purposes.iter().filter(|purpose| !is_in_place(change, **purpose)) {
        let mut place = folder.join(purpose.folder());
        if let (Purpose::Provider, Some(domain)) = (purpose, &change.domain) {
            place.push(domain);
        }
        put(&place, &change.certificate)?;
    }
    Ok(())
}

/// A provider's certificate may be trusted for one domain and now be named for another.
fn is_in_place(change: &Change, purpose: Purpose) -> bool {
    change.before.contains(&purpose) && purpose != Purpose::Provider
}

/// # Errors
/// The folder or file cannot be written.
pub fn put(folder: &Path, certificate: &Arc<Certificate>) -> Result<(), InstallError> {
    let name = format!("{}.der", certificate.sha256);
    let target = folder.join(&name);
    // Hidden files are never read as anchors: a torn write stays one.
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = File::create(&draft)?;
        file.write_all(&certificate.der)?;
        file.sync_all()?;
        fs::rename(&draft, &target)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&draft);
        InstallError {
            path: target.clone(),
            source,
        }
    })
}
