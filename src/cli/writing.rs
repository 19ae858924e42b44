//! Commands that write beside the daemon: the daemon does it when it holds the store, else we do.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Failure, Session};
use crate::checklist::entered::Deed;
use crate::daemon::control::{self, ANSWER_DEADLINE, NUMBERS, Reply, Request};
use crate::daemon::deeds;
use crate::ledger::LedgerError;
use crate::ledger::handling::Refusal;
use crate::ledger::retention::{KeepingRequest, Kept};
use crate::people::Edit;
use crate::people::tokens::TokenEdit;
use crate::pipeline::reexamine::Reexamined;
use crate::register::entry::{Asker, RegisterNumber, State};
use crate::store::error::StoreError;
use crate::text::Text;

/// The daemon gives its answer within its own deadline; this much is for the way.
const GRACE: Duration = Duration::from_secs(10);

/// Who writes.
enum Hand {
    Ours,
    Daemon(Box<BufReader<UnixStream>>),
}

/// Records that the person of an account opened a document.
pub async fn open(session: &Session, number: RegisterNumber, by: String) -> Result<(), Failure> {
    let state: Option<State> = match hand(session)? {
        Hand::Ours => {
            let opened = session.pipeline().await?.ledger.opened(number, &by, ourselves(None).uid).await?;
            match opened {
                Ok(state) => Some(state),
                Err(Refusal::NotFound) => None,
                Err(refusal) => return Err(Failure::new(refusal.text())),
            }
        }
        Hand::Daemon(mut daemon) => match ask(&mut daemon, &Request::Opened { number, by })? {
            Reply::Opened { state } => state,
            other => return Err(misunderstood(&other)),
        },
    };
    state.map(|_| ()).ok_or_else(|| Failure::not_found(&number.to_string()))
}

/// Changes an account. For a new one a store that is not there yet is made: the first administrator comes before the first message.
pub async fn edit_account(session: &Session, login: &str, edit: Edit) -> Result<(), Failure> {
    let hand = match edit {
        Edit::Add(_) => held(session),
        _ => hand(session),
    };
    match hand? {
        Hand::Ours => {
            let ledger = session.try_writer()?;
            let edited = ledger.edit_account(login, edit, ourselves(None)).await?;
            edited.map(|_| ()).map_err(|refusal| Failure::new(refusal.text()))
        }
        Hand::Daemon(mut daemon) => {
            let login = login.to_owned();
            match ask(&mut daemon, &Request::Account { login, edit })? {
                Reply::Account => Ok(()),
                other => Err(misunderstood(&other)),
            }
        }
    }
}

/// Gives or revokes a token. For a new one the store is made where it is not there yet, as for accounts.
pub async fn edit_token(session: &Session, name: &str, edit: TokenEdit) -> Result<(), Failure> {
    let hand = match edit {
        TokenEdit::Add(_) => held(session),
        TokenEdit::Revoke => hand(session),
    };
    match hand? {
        Hand::Ours => {
            let ledger = session.try_writer()?;
            let edited = ledger.edit_token(name, edit, ourselves(None)).await?;
            edited.map(|_| ()).map_err(|refusal| Failure::new(refusal.text()))
        }
        Hand::Daemon(mut daemon) => {
            let name = name.to_owned();
            match ask(&mut daemon, &Request::Token { name, edit })? {
                Reply::Token => Ok(()),
                other => Err(misunderstood(&other)),
            }
        }
    }
}

/// Decides about the keeping of entries, in the name of an account.
pub async fn keep(session: &Session, by: &str, deed: KeepingRequest) -> Result<Kept, Failure> {
    match hand(session)? {
        Hand::Ours => {
            let pipeline = session.pipeline().await?;
            let uid = ourselves(None).uid;
            control::keep(&pipeline, (by, uid), deed).await?.map_err(Failure::new)
        }
        Hand::Daemon(mut daemon) => {
            let by = by.to_owned();
            match ask(&mut daemon, &Request::Keep { by, deed })? {
                Reply::Kept { outcome } => Ok(outcome),
                other => Err(misunderstood(&other)),
            }
        }
    }
}

/// Enters something about an application file, in the name of an account.
pub async fn enter(session: &Session, by: &str, number: RegisterNumber, deed: Deed, note: Option<String>) -> Result<(), Failure> {
    match hand(session)? {
        Hand::Ours => {
            let pipeline = session.pipeline().await?;
            control::enter(&pipeline, (by, ourselves(None).uid), number, deed, note)
                .await?
                .map_err(Failure::new)?;
            // The daemon reads what the deed concerns by itself.
            if let Err(error) = pipeline.follow_files().await {
                // The deed stands: said as a failure it would be entered a second time.
                eprintln!("! {}", recorded_and_unread(&error.to_string()).get(session.lang));
            }
            Ok(())
        }
        Hand::Daemon(mut daemon) => {
            let by = by.to_owned();
            match ask(&mut daemon, &Request::File { by, number, deed, note })? {
                Reply::Entered => Ok(()),
                other => Err(misunderstood(&other)),
            }
        }
    }
}

/// Says that a hole is none, in the name of an account. Answers with what it was.
pub async fn close_hole(session: &Session, mailbox: &str, id: String, reason: String, by: String) -> Result<String, Failure> {
    let mailbox = mailbox.to_owned();
    match hand(session)? {
        Hand::Ours => {
            let pipeline = session.pipeline().await?;
            let uid = ourselves(None).uid;
            let closed = deeds::close_hole(&pipeline, (&mailbox, &id), reason, (&by, uid)).await?;
            closed.map_err(Failure::new)
        }
        Hand::Daemon(mut daemon) => match ask(&mut daemon, &Request::CloseHole { mailbox, id, reason, by })? {
            Reply::HoleClosed { what } => Ok(what),
            other => Err(misunderstood(&other)),
        },
    }
}

/// Sets who may see an entry, in the name of an account.
pub async fn set_level(session: &Session, number: RegisterNumber, to: u8, reason: String, by: String) -> Result<(), Failure> {
    match hand(session)? {
        Hand::Ours => {
            let pipeline = session.pipeline().await?;
            let uid = ourselves(None).uid;
            let set = deeds::set_level(&pipeline, number, (to, reason), (&by, uid)).await?;
            set.map_err(Failure::new)
        }
        Hand::Daemon(mut daemon) => match ask(&mut daemon, &Request::Level { number, to, reason, by })? {
            Reply::Level => Ok(()),
            other => Err(misunderstood(&other)),
        },
    }
}

/// Examines the messages of these entries again.
pub async fn retry(session: &Session, numbers: &[RegisterNumber], by: Option<String>) -> Result<Vec<Reexamined>, Failure> {
    let mut daemon = match hand(session)? {
        Hand::Ours => {
            let pipeline = session.pipeline().await?;
            let retried = deeds::retry(&pipeline, numbers, by, ourselves(None).uid).await?;
            return retried.map_err(Failure::new);
        }
        Hand::Daemon(daemon) => daemon,
    };
    let mut answers = Vec::new();
    for some in numbers.chunks(NUMBERS) {
        let (numbers, by) = (some.to_vec(), by.clone());
        match ask(&mut daemon, &Request::Retry { numbers, by })? {
            Reply::Retried { entries } => answers.extend(entries),
            other => return Err(misunderstood(&other)),
        }
    }
    Ok(answers)
}

pub fn ourselves(person: Option<String>) -> Asker {
    Asker {
        person,
        uid: Some(rustix::process::getuid().as_raw()),
    }
}

fn hand(session: &Session) -> Result<Hand, Failure> {
    session.must_have_store()?;
    held(session)
}

fn held(session: &Session) -> Result<Hand, Failure> {
    match session.try_writer() {
        Ok(_) => Ok(Hand::Ours),
        Err(LedgerError::Store(refused)) if belongs_to_the_daemon(&refused) => {
            let path = session.config().control_socket();
            match connect(&path) {
                Ok(stream) => Ok(Hand::Daemon(Box::new(BufReader::new(stream)))),
                Err(error) => Err(nobody_answers(&refused, &path, &error)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The daemon writes there, or only the daemon's account may.
fn belongs_to_the_daemon(refused: &StoreError) -> bool {
    match refused {
        StoreError::Locked { .. } | StoreError::OtherOwner { .. } => true,
        StoreError::Io { source, .. } => source.kind() == ErrorKind::PermissionDenied,
        _ => false,
    }
}

fn connect(path: &Path) -> std::io::Result<UnixStream> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(ANSWER_DEADLINE + GRACE))?;
    stream.set_write_timeout(Some(GRACE))?;
    Ok(stream)
}

fn ask(daemon: &mut BufReader<UnixStream>, request: &Request) -> Result<Reply, Failure> {
    let mut line = serde_json::to_vec(request).map_err(|error| broken_off(&error.to_string()))?;
    line.push(b'\n');
    let mut said = String::new();
    let exchange = daemon.get_mut().write_all(&line).and_then(|()| daemon.read_line(&mut said));
    match exchange {
        Ok(0) => return Err(broken_off("-")),
        Ok(_) => {}
        Err(error) => return Err(broken_off(&error.to_string())),
    }
    match serde_json::from_str(&said).map_err(|error| broken_off(&error.to_string()))? {
        Reply::Refused { problem } => Err(Failure::new(problem)),
        reply => Ok(reply),
    }
}

fn nobody_answers(locked: &StoreError, path: &Path, error: &std::io::Error) -> Failure {
    let (locked, reason, path) = (locked.cure(), super::failure::reason(error), path.display());
    Failure::new(Text::new(
        format!(
            "{} Denetim soketi {path} de yanıt vermiyor: {}. Daemon çalışıyorsa hesabınızı onun grubuna ekleyin; başka bir komut çalışıyorsa bitmesini bekleyin.",
            locked.tr, reason.tr
        ),
        format!(
            "{} The control socket {path} does not answer either: {}. If the daemon runs, add your account to its group; if another command runs, wait for its end.",
            locked.en, reason.en
        ),
    ))
}

fn recorded_and_unread(problem: &str) -> Text {
    Text::new(
        format!("yazıldı, yinelemeyin; dosyanın evrakı şimdi okunamadı ({problem}), sonraki çalışma okur"),
        format!("it is recorded, do not repeat it; the papers of the file could not be read now ({problem}), the next run reads them"),
    )
}

fn broken_off(problem: &str) -> Failure {
    Failure::new(Text::new(
        format!("daemon yanıt vermeden bağlantıyı kesti ({problem}); sonucu 'documents show' ile görün, gerekirse yineleyin"),
        format!(
            "the daemon ended the connection without an answer ({problem}); see the result with 'documents show' and repeat it if need be"
        ),
    ))
}

fn misunderstood(reply: &Reply) -> Failure {
    tracing::debug!(?reply, "an answer to another question");
    Failure::new(Text::new(
        "daemon başka bir sürüm olabilir: beklenmeyen bir yanıt verdi; onu yeniden başlatın",
        "the daemon may be another version: it gave an unexpected answer; restart it",
    ))
}
