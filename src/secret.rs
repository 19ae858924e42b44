//! Passwords and keys. They come from files or systemd credentials, live in memory only and never reach a log.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::regular_file;
use crate::text::Text;

/// A secret text; cleared when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself. Every call of this is a place to look at in a review.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the secret file {path} cannot be read: {source}; create it with mode 0600, or pass it with LoadCredential=")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the secret file {path} is empty; write the secret on its first line")]
    Empty { path: PathBuf },
}

impl SecretError {
    pub fn text(&self) -> Text {
        match self {
            Self::Unreadable { path, source } => {
                let (path, why) = (path.display(), regular_file::reason(source));
                Text::new(
                    format!(
                        "{path} sır dosyası okunamadı: {}; dosyayı 0600 izniyle oluşturun ya da LoadCredential= ile verin",
                        why.tr
                    ),
                    format!(
                        "the secret file {path} cannot be read: {}; create it with mode 0600, or pass it with LoadCredential=",
                        why.en
                    ),
                )
            }
            Self::Empty { path } => Text::new(
                format!("{} sır dosyası boş; sırrı ilk satırına yazın", path.display()),
                self.to_string(),
            ),
        }
    }
}

/// Where secret files lie: `$CREDENTIALS_DIRECTORY` first, then beside the configuration file.
#[derive(Debug, Clone)]
pub struct SecretFolder {
    credentials: Option<PathBuf>,
    config_folder: PathBuf,
}

impl SecretFolder {
    pub fn beside(config_folder: &Path) -> Self {
        Self {
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            config_folder: config_folder.to_owned(),
        }
    }

    /// Reads the first line of a secret file, named by absolute path or relative to the folders above.
    ///
    /// # Errors
    /// The file is missing, unreadable or empty.
    pub fn read(&self, name: &Path) -> Result<Secret, SecretError> {
        let path = self.find(name);
        let bytes = std::fs::read(&path).map_err(|source| SecretError::Unreadable {
            path: path.clone(),
            source,
        })?;
        warn_if_world_readable(&path);
        let bytes = Zeroizing::new(bytes);
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Secret::new(line)),
            _ => Err(SecretError::Empty { path }),
        }
    }

    /// Where such a file lies: what is secret and no text, such as a key file, is read from there by whoever knows its form.
    pub fn place_of(&self, name: &Path) -> PathBuf {
        self.find(name)
    }

    fn find(&self, name: &Path) -> PathBuf {
        self.credentials
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| path.exists())
            .unwrap_or_else(|| self.config_folder.join(name))
    }
}

fn warn_if_world_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0) {
        tracing::warn!(path = %path.display(), "secret file can be read by every user of this machine; run: chmod 600");
    }
}
