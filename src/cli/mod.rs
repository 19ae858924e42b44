//! The command line: thin. Reads what is asked, calls the stages, prints.

mod alerts;
mod args;
mod check;
mod checklist;
mod checklist_deeds;
mod clock;
mod deadlines;
mod demo;
mod documents;
mod entry;
mod evidence;
mod failure;
mod help;
mod help_tr;
mod loss;
mod mailboxes;
mod papers;
mod people;
mod record;
mod retention;
mod sent;
mod setup;
mod table;
mod tokens;
mod trust;
mod unpack;
mod verify;
mod words;
mod writing;

use std::cell::OnceCell;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Config, Loaded};
use crate::daemon;
use crate::decryption::{self, Holders, Keyring};
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::decryption::DecryptionConfig;
use crate::pipeline::Pipeline;
use crate::settings::Settings;
use crate::store;
use crate::store::disk::RealDisk;
use crate::text::{Lang, Text};
use args::{Args, Command, JournalCommand};
pub use failure::Failure;

/// Libraries that print what goes over the wire or into the index, whole messages and passwords included, below the level info.
const TALKATIVE: [&str; 8] = [
    "async_imap",
    "imap_proto",
    "lettre",
    "reqwest",
    "hyper",
    "native_tls",
    "tokio_openssl",
    "sled",
];

/// How long the end of the process waits for threads that still work.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// What the process says to the shell. The order is the order of badness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done,
    /// The verdict is unknown, or a hole was found.
    Indeterminate,
    /// The verdict is failed, or the chain is broken.
    Broken,
    /// The operation failed.
    Failed,
    Usage,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Indeterminate => 10,
            Self::Broken => 20,
        }
    }
}

/// What one run of the program works with. Each part is built when it is first needed.
pub struct Session {
    pub lang: Lang,
    loaded: Loaded,
    config_path: Option<std::path::PathBuf>,
    clock: SharedClock,
    reader: OnceCell<Ledger>,
    writer: OnceCell<Arc<Ledger>>,
}

impl Session {
    fn open(args: &Args) -> Result<Self, Failure> {
        let mut loaded = config::load(args.config.as_deref())?;
        if let Some(store) = &args.store {
            loaded.config.store.path.clone_from(store);
        }
        let lang = args.lang.map_or(loaded.config.language, Lang::from);
        Ok(Self {
            lang,
            loaded,
            config_path: args.config.clone(),
            clock: Arc::new(SystemClock),
            reader: OnceCell::new(),
            writer: OnceCell::new(),
        })
    }

    pub fn config(&self) -> &Config {
        &self.loaded.config
    }

    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub fn store_path(&self) -> &Path {
        &self.loaded.config.store.path
    }

    pub fn prefix(&self) -> String {
        self.loaded.config.register.prefix.clone()
    }

    /// What opens encrypted files: the key that is named on the command line, or those of the configuration.
    ///
    /// # Errors
    /// The named file is not there: a slip must not turn into "no key fits".
    pub fn keys(&self, args: &args::KeyArgs) -> Result<Holders, Failure> {
        let Some(file) = &args.pkcs12 else {
            return Ok(Keyring::new(&self.config().mailbox, &self.loaded.secrets, self.clock.now()).all());
        };
        let absolute = |path: &Path| std::path::absolute(path).map_err(|error| Failure::file(path, &error));
        if !file.is_file() {
            return Err(Failure::usage(Text::new("böyle bir dosya yok", "there is no such file")).about(file));
        }
        let config = DecryptionConfig {
            pkcs12_file: absolute(file)?,
            pkcs12_password_file: args.password_file.as_deref().map(absolute).transpose()?.unwrap_or_default(),
            ..DecryptionConfig::default()
        };
        Ok(vec![decryption::holder(&config, &self.loaded.secrets)])
    }

    pub fn settings(&self) -> Result<Settings, Failure> {
        Ok(Settings::build(self.loaded.clone(), &self.clock)?)
    }

    /// The register for questions, beside a running daemon.
    pub fn reader(&self) -> Result<&Ledger, Failure> {
        if let Some(ledger) = self.reader.get() {
            return Ok(ledger);
        }
        self.must_have_store()?;
        let ledger = Ledger::open_read_only(self.store_path(), RealDisk::shared(), Arc::clone(&self.clock))?;
        Ok(self.reader.get_or_init(|| ledger))
    }

    /// For questions about a store: a folder that nothing was ever written to has no answers.
    ///
    /// # Errors
    /// Nothing of a store lies there.
    pub fn must_have_store(&self) -> Result<(), Failure> {
        let path = self.store_path();
        if store::is_begun(path) {
            return Ok(());
        }
        let path = path.display();
        Err(Failure::new(Text::new(
            format!(
                "{path} altında henüz bir depo yok; ilk 'poll', 'import' ya da 'run' onu kurar. Önceden vardıysa diskin bağlı olduğunu denetleyin"
            ),
            format!(
                "there is no store yet at {path}; the first 'poll', 'import' or 'run' makes it. If there was one, see whether its disk is mounted"
            ),
        )))
    }

    /// For work on mailboxes: "nothing new" must not be the answer where nobody was asked.
    ///
    /// # Errors
    /// The configuration names none.
    pub fn must_have_mailbox(&self) -> Result<(), Failure> {
        if !self.config().mailbox.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(Text::new(
            "Yapılandırmada izlenecek kutu yok: en az bir [[mailbox]] yazın, sonra 'kep-gateway config check' ile denetleyin.",
            "The configuration names no mailbox to watch: write at least one [[mailbox]], then run 'kep-gateway config check'.",
        )))
    }

    /// The register for writing; only one process may have it.
    pub fn writer(&self) -> Result<&Arc<Ledger>, Failure> {
        Ok(self.try_writer()?)
    }

    /// The same, for callers that know another way when somebody else writes.
    pub fn try_writer(&self) -> Result<&Arc<Ledger>, LedgerError> {
        if let Some(ledger) = self.writer.get() {
            return Ok(ledger);
        }
        let opened = Ledger::open(self.store_path(), RealDisk::shared(), Arc::clone(&self.clock));
        let ledger = opened.inspect_err(|error| loss::note_of_start(self, error))?;
        record::tell_repairs(&ledger, self.lang);
        Ok(self.writer.get_or_init(|| Arc::new(ledger)))
    }

    /// The stages over the open store; what opening it put right is told, whoever opened it.
    pub async fn pipeline(&self) -> Result<Arc<Pipeline>, Failure> {
        let settings = self.settings()?;
        let pipeline = Arc::new(Pipeline::new(Arc::clone(self.writer()?), settings));
        daemon::trouble::tell_recovery(&pipeline).await?;
        // What a kill left of a disposal is ended by whoever writes next.
        if let Err(error) = pipeline.finish_disposals().await {
            // No reason not to watch the mailboxes: the daemon tries again.
            tracing::error!(%error, "a disposal that was begun could not be ended");
        }
        Ok(pipeline)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    let args = help::parse();
    start_log(matches!(args.command, Command::Run));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kep-gateway: {error}");
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let code = runtime.block_on(dispatch(args)).code();
    // A parser that hostile bytes keep busy must not hold up the end: what it works on is taken up again at the next start.
    runtime.shutdown_timeout(SHUTDOWN_GRACE);
    ExitCode::from(code)
}

/// The language in which the end of the output is told, once it is known.
static LANG: OnceLock<Lang> = OnceLock::new();

/// `kep-gateway documents list | head` closes our output early, and a disk that takes no more of it is told: neither is worth a backtrace.
fn end_quietly_when_nobody_reads() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        let Some(problem) = message.strip_prefix("failed printing to stdout: ") else {
            return default(panic);
        };
        if !problem.contains("Broken pipe") {
            output_lost(problem).tell(LANG.get().copied());
        }
        // Not 0: that would say of a file that it passed.
        std::process::exit(Exit::Failed.code().into());
    }));
}

fn output_lost(problem: &str) -> Failure {
    let full = problem.contains("os error 28");
    let (tr, en) = if full {
        ("disk dolu", "the disk is full")
    } else {
        ("sistem reddetti", "the system refused")
    };
    Failure::new(Text::new(
        format!("çıktı yazılamadı, yarım kaldı: {tr} ({problem}). Yer açın ya da çıktıyı başka yere yönlendirin, sonra komutu yineleyin"),
        format!(
            "the output could not be written and is incomplete: {en} ({problem}). Make room or send the output elsewhere, then repeat the command"
        ),
    ))
}

/// Runs the command and says what went wrong: in the session's language, and as long as that is not known, in both.
async fn dispatch(args: Args) -> Exit {
    let asked = args.lang.map(Lang::from);
    if let Some(lang) = asked {
        let _ = LANG.set(lang);
    }
    if let Command::Demo { once } = args.command {
        let lang = asked.unwrap_or_default();
        return demo::run(lang, args.store, once)
            .await
            .unwrap_or_else(|failure| failure.tell(Some(lang)));
    }
    let session = match Session::open(&args) {
        Ok(session) => session,
        Err(failure) => return failure.tell(asked),
    };
    let _ = LANG.set(session.lang);
    run(&session, args.command)
        .await
        .unwrap_or_else(|failure| failure.tell(Some(session.lang)))
}

async fn run(session: &Session, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Demo { .. } => Ok(Exit::Done),
        Command::Run => run_daemon(session).await,
        Command::Poll { mailbox } => mailboxes::poll(session, &mailbox).await,
        Command::Import { paths, any, sent } => mailboxes::import(session, &paths, any, sent).await,
        Command::Verify(verify) => verify::run(session, &verify).await,
        Command::Unpack { file, to, key } => unpack::run(session, &file, &to, &key),
        Command::Documents(command) => documents::run(session, command).await,
        Command::Deadlines { json } => deadlines::run(session, json),
        Command::Evidence(command) => evidence::run(session, command),
        Command::Checklist(command) => checklist::run(session, command).await,
        Command::Papers(command) => papers::run(session, command),
        Command::Mailboxes { json, command: None } => mailboxes::show(session, json),
        Command::Mailboxes {
            command: Some(command), ..
        } => mailboxes::manage(session, command).await,
        Command::Reconcile { json } => mailboxes::reconcile(session, json).await,
        Command::Trust(command) => trust::run(session, command),
        Command::Journal(JournalCommand::Verify { json }) => record::verify(session, json),
        Command::Journal(JournalCommand::AcceptClock { reason }) => clock::accept(session, reason).await,
        Command::Retention(command) => retention::run(session, command).await,
        Command::Hold(command) => retention::hold(session, command).await,
        Command::Loss(command) => loss::run(session, command),
        Command::Index(command) => record::index(session, command).await,
        Command::Backup { dir } => record::backup(session, &dir),
        Command::Restore { dir } => record::restore(session, &dir),
        Command::People(command) => people::run(session, command).await,
        Command::Alerts(command) => alerts::run(session, command).await,
        Command::Routing(command) => setup::routing(session, command),
        Command::Heartbeat { quiet } => alerts::heartbeat(session, quiet).await,
        Command::Config(command) => setup::run(session, command),
    }
}

async fn run_daemon(session: &Session) -> Result<Exit, Failure> {
    session.must_have_mailbox()?;
    let pipeline = session.pipeline().await?;
    let (path, store, clock) = (
        session.config_path.clone(),
        session.store_path().to_owned(),
        Arc::clone(session.clock()),
    );
    let reload: daemon::Reload = Box::new(move || {
        let mut loaded = config::load(path.as_deref()).map_err(|error| error.text())?;
        loaded.config.store.path.clone_from(&store);
        Settings::build(loaded, &clock).map_err(|error| error.text())
    });
    daemon::run(pipeline, reload).await.map_err(Failure::new)?;
    Ok(Exit::Done)
}

/// Logs go to stderr. The IMAP library prints the LOGIN line at trace level: it is fixed at info whatever `RUST_LOG` says.
fn start_log(daemon: bool) {
    use tracing_subscriber::filter::{LevelFilter, filter_fn};
    use tracing_subscriber::prelude::*;
    use tracing_subscriber::{EnvFilter, fmt, registry};
    let default = if daemon { LevelFilter::INFO } else { LevelFilter::WARN };
    let wanted = EnvFilter::builder().with_default_directive(default.into()).from_env_lossy();
    // A filter of its own: in one filter "async_imap::client=trace" would outweigh our "async_imap=info".
    let discreet = filter_fn(|event| *event.level() <= LevelFilter::INFO || !TALKATIVE.iter().any(|name| event.target().starts_with(name)));
    registry()
        .with(
            fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(std::io::stderr().is_terminal())
                .with_target(false),
        )
        .with(wanted)
        .with(discreet)
        .init();
}
