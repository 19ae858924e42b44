//! Refused credentials are not sent a second time. An account is locked after a few wrong tries, and a daemon that is restarted again and again, or a
//! timer that polls, would make them within the hour. What was refused is remembered as a slow hash (argon2id), like the passwords of people.
//!
//! A person may have them tried once more: by reloading the configuration, or by naming the mailbox to `poll`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Pipeline, PipelineError};
use crate::clock::local_day;
use crate::hash::Sha256;
use crate::ledger::event::{Event, Standing};
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::{ErrorClass, MailboxError};
use crate::people::password;
use crate::secret::{Secret, SecretFolder};
use crate::text::Text;

/// Standing notes: `refused/<mailbox>`.
const REFUSED: &str = "refused/";

/// The fact that holds the hash.
const HASH: &str = "argon2id";

/// Why a mailbox is not asked: what would be sent to it was refused before.
///
/// # Errors
/// The index cannot be read.
pub fn before(ledger: &Ledger, config: &MailboxConfig, secrets: &SecretFolder) -> Result<Option<MailboxError>, LedgerError> {
    let Some(note) = ledger.standing(&alarm(config.name()))? else {
        return Ok(None);
    };
    let hash = note.facts.get(HASH).map(String::as_str);
    let is_same = credentials(config, secrets).is_some_and(|credentials| password::verify(&credentials, hash));
    Ok(is_same.then(|| refusal(config.name(), note.since.unwrap_or_default())))
}

impl Pipeline {
    /// Notes what was refused to a mailbox.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn remember_refused(&self, mailbox: &str) -> Result<(), PipelineError> {
        let settings = self.settings();
        let Some(config) = settings.config.mailbox.iter().find(|config| config.name() == mailbox) else {
            return Ok(());
        };
        if before(&self.ledger, config, &settings.secrets)?.is_some() {
            return Ok(());
        }
        let Some(credentials) = credentials(config, &settings.secrets) else {
            return Ok(());
        };
        let hash = tokio::task::spawn_blocking(move || password::hash(&credentials)).await;
        let hash = match hash {
            Ok(Ok(hash)) => hash,
            Ok(Err(error)) => return Err(PipelineError::Broken(error.to_string())),
            Err(error) => return Err(PipelineError::Broken(error.to_string())),
        };
        let facts = BTreeMap::from([(HASH.to_owned(), hash)]);
        self.note_refused(mailbox, Some(self.now()), facts).await
    }

    /// They were accepted, or a person wants them tried again.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn forget_refused(&self, mailbox: &str) -> Result<(), PipelineError> {
        match self.ledger.standing(&alarm(mailbox))? {
            Some(_) => self.note_refused(mailbox, None, BTreeMap::new()).await,
            None => Ok(()),
        }
    }

    async fn note_refused(&self, mailbox: &str, since: Option<Timestamp>, facts: BTreeMap<String, String>) -> Result<(), PipelineError> {
        let alarm = alarm(mailbox);
        Ok(self.ledger.append(Event::Standing(Standing { alarm, since, facts })).await?)
    }
}

fn alarm(mailbox: &str) -> String {
    format!("{REFUSED}{mailbox}")
}

/// Everything that decides whether a server accepts us: another address, server or user is another try. `None` where there is no secret.
fn credentials(config: &MailboxConfig, secrets: &SecretFolder) -> Option<Secret> {
    let files = config.secret_files();
    let mut all = Zeroizing::new(toml::to_string(config).ok()?.into_bytes());
    for file in &files {
        // In its own line, and a secret holds none.
        all.push(b'\n');
        all.extend_from_slice(secrets.read(file).ok()?.reveal().as_bytes());
    }
    (!files.is_empty()).then(|| Secret::new(Sha256::of(&all).to_string()))
}

fn refusal(mailbox: &str, since: Timestamp) -> MailboxError {
    let day = local_day(since);
    MailboxError {
        mailbox: mailbox.to_owned(),
        step: "login",
        class: ErrorClass::Authentication,
        problem: Box::new(Text::new(
            format!("bu kimlik bilgileri {day} günü reddedildi; hesap kilitlenmesin diye yeniden gönderilmedi"),
            format!("these credentials were refused on {day}; they were not sent again so that the account is not locked"),
        )),
        cure: Text::new(
            format!(
                "Sırları düzeltip yapılandırmayı yeniden yükleyin. Sırlar doğruysa (hesabın kilidi açıldıysa) yeniden yüklemek ya da \
                 'kep-gateway poll --mailbox {mailbox}' onları bir kez daha dener."
            ),
            format!(
                "Correct the secrets and reload the configuration. Where they are right (the account was unlocked), reloading or \
                 'kep-gateway poll --mailbox {mailbox}' tries them once more."
            ),
        ),
    }
}
