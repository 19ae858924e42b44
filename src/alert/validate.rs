//! Refuses an alert configuration that would be silent, leak, or send alerts through what they watch.

use reqwest::Url;

use super::config::{AlertConfig, Security};
use super::job::Channel;
use super::sms::{mobile_number, provider_of};
use crate::text::{Text, fold};

/// A watched mailbox, as far as alerts must keep away from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// The name in the configuration.
    pub name: String,
    /// KEP address; empty where there is none.
    pub address: String,
    /// Server and account; empty where there is none.
    pub host: String,
    pub user: String,
}

/// All that is wrong with `[alert]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.problems.iter().map(|problem| problem.en.as_str()).collect::<Vec<_>>().join("; "))]
pub struct BadAlertConfig {
    pub problems: Vec<Text>,
}

impl AlertConfig {
    /// Checks the settings against each other and against the watched mailboxes.
    ///
    /// An alert must never go through a watched mailbox: it would be a message about a message, and silent when that mailbox fails.
    ///
    /// # Errors
    /// All problems at once.
    pub fn validate(&self, watched: &[Watched]) -> Result<(), BadAlertConfig> {
        let problems: Vec<Text> = [
            self.group_problems(),
            self.email_problems(),
            self.sms_problems(),
            self.webhook_problems(),
            self.loop_problems(watched),
        ]
        .concat();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(BadAlertConfig { problems }),
        }
    }

    /// What is allowed and worth a second thought; for `config check` and the start's log.
    pub fn warnings(&self) -> Vec<Text> {
        let mut warnings = Vec::new();
        if self.is_silent() {
            warnings.push(Text::new(
                "Hiçbir uyarı alıcısı tanımlı değil: olan biten kimseye duyurulmaz; [[alert.group]] ekleyin",
                "no alert recipient is configured: nobody will hear of anything; add a [[alert.group]]",
            ));
        }
        if provider_of(&self.sms).is_ok_and(|provider| provider.secret_in_url) {
            warnings.push(Text::new(
                "Bu SMS sağlayıcısı parolayı adres içinde taşır; sunucu ve vekil günlüklerinde görünebilir. Varsa POST kullanan ayarı seçin",
                "this SMS gateway carries the password in the address, where servers and proxies log it; choose its POST preset if there is one",
            ));
        }
        warnings
    }

    fn recipients(&self, wanted: Channel) -> impl Iterator<Item = &str> {
        let routes = self.group.iter().flat_map(|group| group.routes());
        routes
            .filter(move |(channel, _)| *channel == wanted)
            .flat_map(|(_, route)| route.to.iter().map(String::as_str))
    }

    fn group_problems(&self) -> Vec<Text> {
        let mut problems = Vec::new();
        for (index, group) in self.group.iter().enumerate() {
            if self.group.iter().take(index).any(|other| other.name == group.name) {
                problems.push(Text::new(
                    format!("[[alert.group]] '{}' iki kez var; adlarını ayırın", group.name),
                    format!("[[alert.group]] '{}' is there twice; give each its own name", group.name),
                ));
            }
        }
        if !self.group.is_empty() && self.group(&self.default_group).is_none() {
            problems.push(Text::new(
                format!(
                    "alert.default_group '{}' adında bir grup yok; [[alert.group]] ekleyin",
                    self.default_group
                ),
                format!(
                    "there is no group '{}' (alert.default_group); add a [[alert.group]]",
                    self.default_group
                ),
            ));
        }
        problems
    }

    fn email_problems(&self) -> Vec<Text> {
        let email = &self.email;
        let mut problems = Vec::new();
        for address in self.recipients(Channel::Email).filter(|address| !is_address(address)) {
            problems.push(Text::new(
                format!("'{address}' bir e-posta adresi değil"),
                format!("'{address}' is not an e-mail address"),
            ));
        }
        if email.host.is_empty() {
            if self.recipients(Channel::Email).next().is_some() {
                problems.push(Text::new(
                    "E-posta alıcısı var, [alert.email] host yok; SMTP sunucusunu yazın",
                    "there are e-mail recipients and no [alert.email] host; name the SMTP server",
                ));
            }
            return problems;
        }
        if !is_address(&email.from) {
            problems.push(Text::new(
                "alert.email.from bir e-posta adresi olmalı",
                "alert.email.from must be an e-mail address",
            ));
        }
        if email.security == Security::None && !email.allow_plaintext {
            problems.push(Text::new(
                "alert.email.security = \"none\" şifresiz gönderir; isteniyorsa allow_plaintext = true yazın",
                "alert.email.security = \"none\" sends unprotected; if that is wanted, write allow_plaintext = true",
            ));
        }
        if email.user.is_empty() != email.password_file.as_os_str().is_empty() {
            problems.push(Text::new(
                "alert.email.user ve password_file birlikte verilmeli",
                "alert.email.user and password_file must be given together",
            ));
        }
        problems
    }

    fn sms_problems(&self) -> Vec<Text> {
        let sms = &self.sms;
        let mut problems = Vec::new();
        for number in self.recipients(Channel::Sms).filter(|number| mobile_number(number).is_none()) {
            problems.push(Text::new(
                format!("'{number}' bir cep telefonu numarası değil; 5XXXXXXXXX biçiminde yazın"),
                format!("'{number}' is not a mobile number; write it as 5XXXXXXXXX"),
            ));
        }
        if sms.provider.is_empty() {
            if self.recipients(Channel::Sms).next().is_some() {
                problems.push(Text::new(
                    "SMS alıcısı var, alert.sms.provider yok; bir sağlayıcı seçin",
                    "there are SMS recipients and no alert.sms.provider; choose one",
                ));
            }
            return problems;
        }
        if sms.password_file.as_os_str().is_empty() {
            problems.push(Text::new("alert.sms.password_file eksik", "alert.sms.password_file is missing"));
        }
        match provider_of(sms) {
            Err(problem) => problems.push(Text::new(
                format!("alert.sms: {}", problem.tr),
                format!("alert.sms: {}", problem.en),
            )),
            Ok(provider) => {
                problems.extend(provider.problems());
                if provider.uses_plaintext() && !sms.allow_plaintext {
                    problems.push(Text::new(
                        "SMS sağlayıcısının adresi http://; https:// kullanın ya da alert.sms.allow_plaintext = true yazın",
                        "the SMS gateway's address is http://; use https:// or write alert.sms.allow_plaintext = true",
                    ));
                }
            }
        }
        problems
    }

    fn webhook_problems(&self) -> Vec<Text> {
        let own = Some(self.webhook.url.as_str()).filter(|url| !url.is_empty());
        let urls: Vec<&str> = self.recipients(Channel::Webhook).chain(own).collect();
        let mut problems = Vec::new();
        if !urls.is_empty() && self.webhook.secret_file.as_os_str().is_empty() {
            problems.push(Text::new(
                "Webhook adresi var, alert.webhook.secret_file yok; imza anahtarı olmadan gönderilmez",
                "there is a webhook address and no alert.webhook.secret_file; nothing goes out unsigned",
            ));
        }
        // The address may be a password, so the problem does not repeat it.
        for url in urls {
            match Url::parse(url) {
                Ok(url) if !url.username().is_empty() || url.password().is_some() => problems.push(Text::new(
                    "Webhook adresinde kullanıcı adı ya da parola olamaz",
                    "a webhook address must not carry a user name or password",
                )),
                Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && self.webhook.allow_plaintext) => {}
                _ => problems.push(Text::new(
                    "Webhook adresi https:// ile başlamalı (http için alert.webhook.allow_plaintext = true)",
                    "a webhook address must begin with https:// (for http: alert.webhook.allow_plaintext = true)",
                )),
            }
        }
        problems
    }

    fn loop_problems(&self, watched: &[Watched]) -> Vec<Text> {
        let email = &self.email;
        let mut problems = Vec::new();
        for mailbox in watched {
            let own = [&mailbox.address, &mailbox.user].map(|address| canonical(address));
            let is_own = |address: &str| address.contains('@') && own.contains(&canonical(address));
            for address in self.recipients(Channel::Email).filter(|address| is_own(address)) {
                problems.push(Text::new(
                    format!(
                        "Uyarı alıcısı {address} izlenen '{}' kutusudur; başka bir adres yazın",
                        mailbox.name
                    ),
                    format!(
                        "the alert recipient {address} is the watched mailbox '{}'; name another address",
                        mailbox.name
                    ),
                ));
            }
            let same_account =
                !email.user.is_empty() && canonical(&email.user) == canonical(&mailbox.user) && same_house(&email.host, &mailbox.host);
            if !email.host.is_empty() && (is_own(&email.from) || is_own(&email.user) || same_account) {
                problems.push(Text::new(
                    format!(
                        "Uyarılar izlenen '{}' kutusunun hesabıyla gönderilemez; başka bir SMTP hesabı kullanın",
                        mailbox.name
                    ),
                    format!(
                        "alerts must not go out through the account of the watched mailbox '{}'; use another SMTP account",
                        mailbox.name
                    ),
                ));
            }
        }
        problems
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

/// One spelling per mailbox: case, Turkish I and a `+tag` (RFC 5233) make no other.
fn canonical(address: &str) -> String {
    let folded = fold(address.trim());
    match folded.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split('+').next().unwrap_or_default();
            format!("{local}@{}", domain.trim_end_matches('.'))
        }
        None => folded,
    }
}

/// `smtp.x.example` and `imap.x.example` are two doors of one house; so are a host and itself.
fn same_house(one: &str, other: &str) -> bool {
    let parent = |host: &str| {
        let host = fold(host);
        let host = host.trim_end_matches('.').to_owned();
        match host.split_once('.') {
            Some((_, parent)) if parent.contains('.') && host.parse::<std::net::IpAddr>().is_err() => parent.to_owned(),
            _ => host,
        }
    };
    !one.is_empty() && parent(one) == parent(other)
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
