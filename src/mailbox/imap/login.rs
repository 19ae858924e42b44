//! Who we are, and what a refusal means. A refused login is not tried again by itself: that could lock the account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secret::Secret;

use super::problem::Problem;
use super::session::{Done, Session};
use super::syntax::quoted;

/// RFC 5530 codes of a refusal that says nothing about the credentials.
const PASSING: [&str; 4] = ["UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG"];

/// Logs in with LOGIN where the words fit into quoted strings, else with AUTHENTICATE PLAIN (RFC 4616), which carries any UTF-8.
pub(super) async fn login(session: &mut Session, user: &str, password: &Secret) -> Result<(), Problem> {
    let disabled = session.capabilities.contains("LOGINDISABLED");
    // What was offered before the login may differ from what is offered after it.
    let done = match (quoted(user), quoted(password.reveal()).map(Zeroizing::new)) {
        (Some(user), Some(password)) if !disabled => {
            session.capabilities.clear();
            let command = Zeroizing::new(format!("LOGIN {user} {}", password.as_str()));
            session.run(&command, |_| {}).await?
        }
        _ => authenticate_plain(session, user, password).await?,
    };
    judge(done)
}

async fn authenticate_plain(session: &mut Session, user: &str, password: &Secret) -> Result<Done, Problem> {
    if user.contains('\0') || password.reveal().contains('\0') {
        return Err(Problem::Configuration("the user name or password has a NUL character".into()));
    }
    let initial = session.capabilities.contains("SASL-IR");
    session.capabilities.clear();
    let plain = Zeroizing::new(format!("\0{user}\0{}", password.reveal()));
    let answer = Zeroizing::new(STANDARD.encode(plain.as_bytes()));
    if initial {
        let command = Zeroizing::new(format!("AUTHENTICATE PLAIN {}", answer.as_str()));
        return session.run(&command, |_| {}).await;
    }
    let tag = session.send(&["AUTHENTICATE PLAIN"]).await?;
    if !session.may_continue().await? {
        return Err(Problem::Authentication(
            "the server takes neither LOGIN nor AUTHENTICATE PLAIN".into(),
        ));
    }
    session.send_line(&answer).await?;
    session.finish(&tag, |_| {}).await
}

fn judge(done: Done) -> Result<(), Problem> {
    if !done.is_no() {
        return done.ok();
    }
    match done.code() {
        Some(code) if PASSING.contains(&code.as_str()) => Err(Problem::Refused(done.words)),
        Some(code) if code == "PRIVACYREQUIRED" => Err(Problem::Tls(done.words)),
        _ => Err(Problem::Authentication(done.words)),
    }
}
