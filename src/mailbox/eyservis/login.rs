//! The login with a one-time password, for accounts that need one. A person does it; the daemon only uses what it yields.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::limits::Limits;
use crate::mailbox::MailboxError;
use crate::mailbox::soap::problem::Problem;
use crate::regular_file::reason;
use crate::secret::{Secret, SecretFolder};
use crate::text::Text;

use super::config::EyServisConfig;
use super::service_mailbox::EyServisMailbox;

/// A login that has begun: the service has sent an SMS.
pub struct BegunLogin {
    mailbox: EyServisMailbox,
    id: Secret,
}

/// Asks the service for an SMS.
///
/// # Errors
/// `login_file` is not set, a secret cannot be read, or the service refuses.
pub async fn begin(config: &EyServisConfig, secrets: &SecretFolder, limits: &Limits) -> Result<BegunLogin, MailboxError> {
    let mut mailbox = EyServisMailbox::new(config.clone(), secrets.clone(), limits)?;
    if config.login_file.as_os_str().is_empty() {
        let problem = Problem::Configuration(Text::new(
            "login_file boş; girişten gelen değeri saklayacak dosyayı yazın",
            "login_file is empty; name the file that keeps what the login yields",
        ));
        return Err(problem.into_error(&config.name, "login"));
    }
    let id = mailbox.begin_login().await?;
    Ok(BegunLogin { mailbox, id })
}

impl BegunLogin {
    /// Gives the number of the SMS and keeps what the login yields, readable by its owner alone.
    ///
    /// # Errors
    /// The service refuses, or the file cannot be written.
    pub async fn finish(mut self, sms: &Secret) -> Result<(), MailboxError> {
        let id = self.mailbox.finish_login(&self.id, sms).await?;
        let config = self.mailbox.config();
        write(&config.login_file, &id).map_err(|error| {
            let (file, why) = (config.login_file.display(), reason(&error));
            let told = Text::new(format!("login_file {file}: {}", why.tr), format!("login_file {file}: {}", why.en));
            Problem::Configuration(told).into_error(&config.name, "login")
        })
    }
}

/// Whole or not at all: a daemon may read it at the same moment.
fn write(file: &Path, id: &Secret) -> std::io::Result<()> {
    let unfinished = file.with_extension("new");
    let _ = std::fs::remove_file(&unfinished);
    let mut written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    written.write_all(id.reveal().as_bytes())?;
    written.write_all(b"\n")?;
    written.sync_all()?;
    std::fs::rename(&unfinished, file)
}

/// What the last login yielded, where there was one.
pub(super) fn kept(file: &Path) -> Option<Secret> {
    if file.as_os_str().is_empty() {
        return None;
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(file).ok()?);
    let line = std::str::from_utf8(&bytes).ok()?.lines().next().unwrap_or_default().trim();
    (!line.is_empty()).then(|| Secret::new(line))
}
