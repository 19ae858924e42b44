//! `[people]`: where people come from besides the accounts that are kept here.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::HIGHEST_CLEARANCE;
use super::{Person, Role, Scope};
use crate::text::Text;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeopleConfig {
    /// Seals the secrets of one-time codes; made at the first use. Empty (default): `people.key` in the store.
    pub key_file: PathBuf,
    pub ldap: LdapConfig,
    pub oidc: OidcConfig,
}

/// The directory of the institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LdapConfig {
    /// `ldaps://dc1.kurum.gov.tr:636`. Empty (default): no directory is asked.
    pub url: String,
    /// Authorities in PEM beside the machine's own.
    pub ca_file: PathBuf,
    /// The account that looks people up. Empty: the directory lets anybody look.
    pub bind_dn: String,
    /// Its password.
    pub password_file: PathBuf,
    /// Below which people are looked for.
    pub base: String,
    /// Finds one person; `{login}` is what was typed, escaped (RFC 4515).
    pub filter: String,
    pub name_attribute: String,
    pub group_attribute: String,
    /// How long the directory may take for a sign-in. Default `10s`.
    #[serde(with = "crate::clock::duration")]
    pub timeout: Duration,
    /// What groups mean. The first that fits counts; who is in none does not get in.
    pub group: Vec<GroupRule>,
}

impl Default for LdapConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            ca_file: PathBuf::new(),
            bind_dn: String::new(),
            password_file: PathBuf::new(),
            base: String::new(),
            filter: "(&(objectClass=person)(sAMAccountName={login}))".to_owned(),
            name_attribute: "displayName".to_owned(),
            group_attribute: "memberOf".to_owned(),
            timeout: Duration::from_secs(10),
            group: Vec::new(),
        }
    }
}

/// An OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcConfig {
    /// `https://giris.kurum.gov.tr/realms/kurum`. Empty (default): none.
    pub issuer: String,
    pub client_id: String,
    /// The client's secret. Empty: a public client, which PKCE alone protects.
    pub secret_file: PathBuf,
    /// Authorities in PEM instead of the machine's own.
    pub ca_file: PathBuf,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    pub login_claim: String,
    pub name_claim: String,
    pub group_claim: String,
    /// How long the provider may take for one answer. Default `10s`.
    #[serde(with = "crate::clock::duration")]
    pub timeout: Duration,
    /// What groups mean. The first that fits counts; who is in none does not get in.
    pub group: Vec<GroupRule>,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            secret_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            scopes: vec!["profile".to_owned(), "groups".to_owned()],
            login_claim: "preferred_username".to_owned(),
            name_claim: "name".to_owned(),
            group_claim: "groups".to_owned(),
            timeout: Duration::from_secs(10),
            group: Vec::new(),
        }
    }
}

/// Who is in this group is this here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// As the directory or the provider names it; upper and lower case are the same.
    pub name: String,
    pub role: Role,
    /// Names of mailboxes. Default: all.
    #[serde(default)]
    pub mailboxes: Vec<String>,
    /// Names of units. Default: all.
    #[serde(default)]
    pub units: Vec<String>,
    /// 0 open to 4 top secret. Default 0.
    #[serde(default)]
    pub clearance: u8,
}

impl GroupRule {
    /// Somebody of this group.
    pub fn person(&self, login: String, name: String) -> Person {
        let scope = |names: &[String]| match names.is_empty() {
            true => Scope::All,
            false => Scope::Only(names.iter().cloned().collect()),
        };
        Person {
            login,
            name,
            role: self.role,
            mailboxes: scope(&self.mailboxes),
            units: scope(&self.units),
            clearance: self.clearance,
        }
    }
}

/// The first rule that one of the groups fits.
pub fn rule_for<'r>(rules: &'r [GroupRule], groups: &[String]) -> Option<&'r GroupRule> {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    rules.iter().find(|rule| groups.iter().any(|group| same(group, &rule.name)))
}

impl PeopleConfig {
    /// What no single key can be blamed for.
    ///
    /// # Errors
    /// A sentence that names the key and the cure.
    pub fn check(&self) -> Result<(), Text> {
        let (ldap, oidc) = (&self.ldap, &self.oidc);
        if !ldap.url.is_empty() && !ldap.url.starts_with("ldaps://") {
            return Err(Text::new(
                "[people.ldap] url: adres ldaps:// ile başlamalı; parolalar şifresiz yoldan gönderilmez",
                "[people.ldap] url: the address must begin with ldaps://; passwords do not travel in the clear",
            ));
        }
        if !ldap.url.is_empty() && (ldap.base.is_empty() || !ldap.filter.contains("{login}") || ldap.group.is_empty()) {
            return Err(Text::new(
                "[people.ldap]: 'base', içinde {login} geçen 'filter' ve en az bir [[people.ldap.group]] gerekir",
                "[people.ldap]: 'base', a 'filter' that holds {login}, and at least one [[people.ldap.group]] are required",
            ));
        }
        if !oidc.issuer.is_empty() && !is_https_or_loopback(&oidc.issuer) {
            return Err(Text::new(
                "[people.oidc] issuer: adres https:// ile başlamalı",
                "[people.oidc] issuer: the address must begin with https://",
            ));
        }
        if !oidc.issuer.is_empty() && (oidc.client_id.is_empty() || oidc.group.is_empty()) {
            return Err(Text::new(
                "[people.oidc]: 'client_id' ve en az bir [[people.oidc.group]] gerekir",
                "[people.oidc]: 'client_id' and at least one [[people.oidc.group]] are required",
            ));
        }
        let rules = ldap.group.iter().chain(&oidc.group);
        match rules.into_iter().find(|rule| rule.clearance > HIGHEST_CLEARANCE) {
            Some(rule) => Err(Text::new(
                format!(
                    "[people] '{}' grubu: clearance 0 ile {HIGHEST_CLEARANCE} arasında olmalı",
                    rule.name
                ),
                format!("[people] group '{}': clearance must be 0 to {HIGHEST_CLEARANCE}", rule.name),
            )),
            None => Ok(()),
        }
    }
}

/// Within the machine nobody listens; everywhere else it is TLS.
pub fn is_https_or_loopback(address: &str) -> bool {
    let local = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([':', '/']);
    address.starts_with("https://") || local.iter().any(|start| address.strip_prefix(start).is_some_and(ends))
}
