//! Signing in by the directory of the institution: LDAP over TLS. The person is looked up by an account that may, then proves the password
//! by a bind of their own; the groups say who they are here.

use std::time::Duration;

use async_trait::async_trait;
use ldap3::{LdapConnAsync, LdapConnSettings, Scope as Reach, SearchEntry, ldap_escape};
use native_tls::{Certificate, Protocol, TlsConnector};

use super::Person;
use super::account::is_name;
use super::config::{LdapConfig, rule_for};
use crate::regular_file;
use crate::secret::{Secret, SecretFolder};

/// RFC 4511 A.2: the bind was tried and the password is wrong.
const INVALID_CREDENTIALS: u32 = 49;

/// A bundle of authorities is some certificates.
const CA_BYTES: u64 = 4 << 20;

/// Who knows people and their passwords.
#[async_trait]
pub trait Directory: Send + Sync {
    /// `None`: the password is wrong, nobody is called so, or no rule lets them in; the same answer.
    ///
    /// # Errors
    /// The directory could not be asked.
    async fn sign_in(&self, login: &str, password: &Secret) -> Result<Option<Person>, DirectoryError>;
}

/// Why the directory could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("the CA file cannot be used: {0}")]
    Authorities(String),
    #[error("the password of the directory account cannot be read: {0}")]
    Secret(#[from] crate::secret::SecretError),
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] native_tls::Error),
    #[error("the directory does not answer as it should: {0}")]
    Ldap(#[from] ldap3::LdapError),
    #[error("the directory refused the account that looks people up (result {0})")]
    Lookup(u32),
    #[error("the directory refused the sign-in for a reason of its own (result {0})")]
    Bind(u32),
    #[error("the directory did not answer within {} s", .0.as_secs())]
    Slow(Duration),
}

/// An LDAP directory, by its configuration.
pub struct Ldap {
    config: LdapConfig,
    secrets: SecretFolder,
}

impl Ldap {
    /// `None`: no directory is configured.
    pub fn new(config: &LdapConfig, secrets: &SecretFolder) -> Option<Self> {
        (!config.url.is_empty()).then(|| Self {
            config: config.clone(),
            secrets: secrets.clone(),
        })
    }

    /// A connection whose other end proved its name.
    async fn connect(&self) -> Result<ldap3::Ldap, DirectoryError> {
        let mut tls = TlsConnector::builder();
        tls.min_protocol_version(Some(Protocol::Tlsv12));
        if !self.config.ca_file.as_os_str().is_empty() {
            let pem = regular_file::read(&self.config.ca_file, CA_BYTES).map_err(|error| DirectoryError::Authorities(error.to_string()))?;
            let authorities = openssl::x509::X509::stack_from_pem(&pem).map_err(|error| DirectoryError::Authorities(error.to_string()))?;
            for authority in authorities {
                let der = authority.to_der().map_err(|error| DirectoryError::Authorities(error.to_string()))?;
                tls.add_root_certificate(Certificate::from_der(&der)?);
            }
        }
        let settings = LdapConnSettings::new()
            .set_conn_timeout(self.config.timeout)
            .set_connector(tls.build()?);
        let (connection, ldap) = LdapConnAsync::with_settings(settings, &self.config.url).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "a connection to the directory ended early");
            }
        });
        Ok(ldap)
    }

    async fn prove(&self, login: &str, password: &Secret) -> Result<Option<Person>, DirectoryError> {
        let Some(found) = self.look_up(login).await? else {
            return Ok(None);
        };
        // On a connection of its own: what the person's bind may do is nothing to us.
        let mut ldap = self.connect().await?;
        let answer = ldap.simple_bind(&found.dn, password.reveal()).await?;
        let _ = ldap.unbind().await;
        match answer.rc {
            0 => {}
            INVALID_CREDENTIALS => return Ok(None),
            other => return Err(DirectoryError::Bind(other)),
        }
        let all = |name: &str| {
            let values = found.attrs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            values.map(|(_, values)| values.clone()).unwrap_or_default()
        };
        let name = all(&self.config.name_attribute).into_iter().next().filter(|name| is_name(name));
        let Some(rule) = rule_for(&self.config.group, &all(&self.config.group_attribute)) else {
            tracing::warn!("somebody of the directory is in no group that is let in");
            return Ok(None);
        };
        Ok(Some(rule.person(login.to_owned(), name.unwrap_or_else(|| login.to_owned()))))
    }

    /// The one entry of that login.
    async fn look_up(&self, login: &str) -> Result<Option<SearchEntry>, DirectoryError> {
        let mut ldap = self.connect().await?;
        if !self.config.bind_dn.is_empty() {
            let password = self.secrets.read(&self.config.password_file)?;
            let answer = ldap.simple_bind(&self.config.bind_dn, password.reveal()).await?;
            if answer.rc != 0 {
                return Err(DirectoryError::Lookup(answer.rc));
            }
        }
        let filter = filter(&self.config.filter, login);
        let wanted = [self.config.name_attribute.as_str(), self.config.group_attribute.as_str()];
        let answer = ldap.search(&self.config.base, Reach::Subtree, &filter, wanted).await?;
        let (entries, _) = answer.success()?;
        let _ = ldap.unbind().await;
        let mut people = entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
        match (people.next(), people.next()) {
            (Some(person), None) if !person.dn.is_empty() => Ok(Some(person)),
            (None, _) => Ok(None),
            _ => {
                tracing::warn!("the directory knows several people under one login; make [people.ldap] filter narrower");
                Ok(None)
            }
        }
    }
}

/// What was typed can say nothing but a value (RFC 4515 3).
fn filter(template: &str, login: &str) -> String {
    template.replace("{login}", &ldap_escape(login))
}

#[async_trait]
impl Directory for Ldap {
    async fn sign_in(&self, login: &str, password: &Secret) -> Result<Option<Person>, DirectoryError> {
        // RFC 4513 5.1.2: a bind with a name and no password succeeds and proves nothing.
        if password.reveal().is_empty() {
            return Ok(None);
        }
        let asked = tokio::time::timeout(self.config.timeout, self.prove(login, password));
        asked.await.unwrap_or(Err(DirectoryError::Slow(self.config.timeout)))
    }
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn v5_3_7_what_was_typed_cannot_become_a_filter() {
        assert_eq!(
            filter("(&(objectClass=person)(uid={login}))", "*)(uid=*))(|(uid=*"),
            "(&(objectClass=person)(uid=\\2a\\29\\28uid=\\2a\\29\\29\\28|\\28uid=\\2a))"
        );
        assert_eq!(filter("(uid={login})", "a\\b\0"), "(uid=a\\5cb\\00)");
    }
}
