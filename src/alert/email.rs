//! Alerts by e-mail: Turkish first, then English.

use jiff::Timestamp;
use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use mail_builder::MessageBuilder;
use mail_builder::headers::text::Text as TextHeader;
use mail_builder::mime::{BodyPart, MimePart};

use super::config::{AlertConfig, AlertSecrets};
use super::deliver::{DeliveryError, FailureClass, Receipt, SetupError};
use super::job::{Channel, Job};
use super::notice::Level;
use super::redact::redact;
use super::smtp::{self, Server, SmtpError, Step};
use crate::secret::Secret;
use crate::text::{Lang, is_deceptive};

/// RFC 5322 2.1.1 allows 998 characters; a subject longer than this is not read.
const SUBJECT_CHARS: usize = 160;

/// Sends e-mail through the configured SMTP account.
pub(super) struct EmailSender {
    server: Server,
    from: Address,
    language: Lang,
    password: Option<Secret>,
}

impl EmailSender {
    /// `None` when no server is configured.
    pub fn new(config: &AlertConfig, secrets: &AlertSecrets) -> Result<Option<Self>, SetupError> {
        let email = &config.email;
        if email.host.is_empty() {
            return Ok(None);
        }
        let setting = |problem: String| SetupError::Setting {
            channel: Channel::Email,
            problem,
        };
        let from: Address = email
            .from
            .parse()
            .map_err(|_| setting("'from' is not an e-mail address".to_owned()))?;
        let ca = super::http::read_ca(Channel::Email, &email.ca_file)?;
        let tls = smtp::tls_parameters(&email.host, ca.as_deref()).map_err(setting)?;
        let login = match (&secrets.smtp, email.user.as_str()) {
            (_, "") => None,
            (Some(password), user) => Some(Credentials::new(user.to_owned(), password.reveal().to_owned())),
            (None, _) => return Err(setting("'user' needs a 'password_file'".to_owned())),
        };
        let hello = match email.hello_name.as_str() {
            "" => from.domain().to_owned(),
            name => name.to_owned(),
        };
        Ok(Some(Self {
            server: Server {
                host: email.host.clone(),
                port: email.port(),
                security: email.security,
                tls,
                hello: ClientId::Domain(hello),
                login,
                timeout: email.timeout,
            },
            from,
            language: config.language,
            password: secrets.smtp.clone(),
        }))
    }

    /// Sends one job. The Message-ID is the job's, the same at each attempt.
    pub async fn send(&self, job: &Job, now: Timestamp) -> Result<Receipt, DeliveryError> {
        let fail = |class, problem: String| DeliveryError::new(Channel::Email, class, problem);
        let to: Address = job
            .recipient
            .reveal()
            .parse()
            .map_err(|_| fail(FailureClass::Permanent, "the recipient is not an e-mail address".to_owned()))?;
        let message = self
            .message(job, &to, now)
            .map_err(|error| fail(FailureClass::Permanent, format!("the message cannot be written: {error}")))?;
        let envelope =
            Envelope::new(Some(self.from.clone()), vec![to]).map_err(|error| fail(FailureClass::Permanent, error.to_string()))?;
        match tokio::time::timeout(self.server.timeout, self.converse(&envelope, &message)).await {
            Ok(result) => result.map_err(|error| self.explain(&error)),
            Err(_) => Err(fail(
                FailureClass::Transient,
                format!("SMTP: no end within {} s", self.server.timeout.as_secs()),
            )),
        }
    }

    async fn converse(&self, envelope: &Envelope, message: &[u8]) -> Result<Receipt, SmtpError> {
        let mut session = smtp::open(&self.server).await?;
        let reply = session.send(envelope, message).await.map_err(|error| (Step::Send, error))?;
        smtp::close(session).await;
        Ok(Receipt(format!("SMTP {}", reply.code())))
    }

    fn message(&self, job: &Job, to: &Address, now: Timestamp) -> std::io::Result<Vec<u8>> {
        let notice = &job.notice;
        let part = |lang: Lang, name: &'static str| {
            let text = shown(&format!("{}\n\n{}\n", notice.title.get(lang), notice.body.get(lang)));
            MimePart::new("text/plain", BodyPart::Text(text.into())).inline().language(name)
        };
        let body = MimePart::new(
            "multipart/mixed",
            BodyPart::Multipart(vec![part(Lang::Tr, "tr"), part(Lang::En, "en")]),
        );
        let builder = MessageBuilder::new()
            .from(self.from.to_string())
            .to(to.to_string())
            .subject(one_line(notice.title.get(self.language)))
            .message_id(format!("{}@{}", job.id, self.from.domain()))
            .date(now.as_second())
            // RFC 3834 5: no vacation notice comes back.
            .header("Auto-Submitted", TextHeader::new("auto-generated"))
            .header("X-Kep-Gateway-Cause", TextHeader::new(notice.cause.name()))
            .body(body);
        match notice.level {
            Level::Critical => builder.header("Importance", TextHeader::new("high")),
            Level::Note | Level::Warning => builder,
        }
        .write_to_vec()
    }

    fn explain(&self, (step, error): &SmtpError) -> DeliveryError {
        // 530 and 535 are "log in first" and "log-in refused" (RFC 4954 6), at whatever step they come.
        let code = error.status().map(u16::from);
        let refused = matches!(code, Some(530 | 534 | 535 | 538)) || (*step == Step::Login && (error.is_permanent() || error.is_client()));
        let class = match step {
            _ if refused => FailureClass::Authentication,
            Step::Send if error.is_permanent() => FailureClass::Permanent,
            // A server that refuses at the door refuses everybody: that passes.
            _ => FailureClass::Transient,
        };
        let step = match step {
            Step::Connect => "connect",
            Step::Login => "login",
            Step::Send => "send",
        };
        let secrets: Vec<&Secret> = self.password.iter().collect();
        DeliveryError::new(
            Channel::Email,
            class,
            format!("SMTP {step}: {}", redact(&describe(error), &secrets)),
        )
    }
}

/// An error with its causes.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Lines as they are read: whatever came into a notice from outside, nothing in it hides, reorders or steers a terminal.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || !(c.is_control() || is_deceptive(*c)))
        .collect()
}

/// A header's text: nothing in it can begin a new header line or reorder the subject on screen.
fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !is_deceptive(*c))
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .take(SUBJECT_CHARS)
        .collect()
}
