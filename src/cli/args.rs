//! The command line. `--help` teaches; every command says what it does and what its exit codes mean.

mod checklist;
mod keeping;
mod people;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

pub use self::checklist::{ChecklistCommand, ChecklistDeed, DayArgs, DeedArgs};
pub use self::keeping::{HoldCommand, LossCommand, RetentionCommand};
pub use self::people::{PasswordArgs, PeopleCommand, TokenCommand};
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;
use crate::signature::trust::Purpose;
use crate::text::Lang;

const AFTER: &str = "\
Exit codes: 0 done or passed; 1 the operation failed; 2 wrong usage; 10 indeterminate, or a hole was found; 20 failed verdict, or broken chain.

First steps:
  kep-gateway demo                      the whole gateway over bundled sample mail, nothing to set up
  kep-gateway config show               every setting with its value
  kep-gateway verify belge.eyp          is this signed file genuine?";

/// KEP gateway: fetches registered mail (KEP), keeps every byte, verifies, registers under a gap-free number, and alerts.
#[derive(Debug, Parser)]
#[command(name = "kep-gateway", version, after_help = AFTER, max_term_width = 120)]
pub struct Args {
    /// The configuration file. Without it: /etc/kep-gateway/kep-gateway.toml where that exists, else the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Language of what is printed; wins over the configuration. Turkish when neither says.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,

    /// The store (index, journal, blobs); wins over the configuration.
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LangArg {
    Tr,
    En,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Self {
        match arg {
            LangArg::Tr => Self::Tr,
            LangArg::En => Self::En,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole gateway over bundled sample mail; prints the register and the verdicts, then serves the page. With --store DIR in that folder.
    Demo {
        /// Print and end, without the page
        #[arg(long)]
        once: bool,
    },
    /// The daemon: polls, verifies, registers and alerts until it is told to stop.
    Run,
    /// One pass over the mailboxes, then exit. Exit code 10 when a listed message could not be fetched.
    Poll {
        /// Only this mailbox; may be given several times. Credentials that its server refused are then tried once more.
        #[arg(long, value_name = "NAME")]
        mailbox: Vec<String>,
    },
    /// Takes .eml/.eyp/.xml files, Maildir or mbox, as if they had arrived. What it leaves aside it names: exit code 10, or 1 when that was
    /// given by itself.
    Import {
        /// Files, Maildir folders, mbox files, or folders of any of these. What was imported before is not registered twice.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Take a file that is named here itself whatever it is, also one that is no mail, package, evidence or signed file.
        #[arg(long)]
        any: bool,
        /// The institution sent these: they are registered as sent, and their evidence is followed per recipient.
        #[arg(long)]
        sent: bool,
    },
    /// The verdict on any signed file; no mailbox or store needed. Exit code: the worst verdict over the files.
    Verify(VerifyArgs),
    /// Opens a package or message and writes its parts into a folder, under safe names.
    Unpack {
        /// A message or package; the kind is told by content, not by name.
        file: PathBuf,
        /// The folder; created when missing. Nothing in it is overwritten.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        #[command(flatten)]
        key: KeyArgs,
    },
    /// The register.
    #[command(subcommand)]
    Documents(DocumentsCommand),
    /// By when must whom act: documents, application files, and losses of the record, the earliest first. Exit code 10 when a term has passed.
    Deadlines {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Delil, and the timeline of a message.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Application files: which papers are there, which are missing, and who signed them.
    #[command(subcommand)]
    Checklist(ChecklistCommand),
    /// Papers as files: the register of a period, evidence sheets, case files that can be checked without the gateway.
    #[command(subcommand)]
    Papers(PapersCommand),
    /// Per mailbox: last check, counts on the server / fetched / registered, holes, files not taken, quota. Exit code 10 when something is missing
    /// or not taken.
    #[command(args_conflicts_with_subcommands = true)]
    Mailboxes {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<MailboxesCommand>,
    },
    /// Compares every mailbox with the register, message by message. Exit code 10 when something is missing or not taken.
    Reconcile {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// The trusted roots.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// The hash-chained record.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// How long entries are kept: what is due, disposal lists, retention classes. Lists are approved on the page, never here.
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// Legal hold: an entry that must be kept whatever its class says.
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Losses that were found, with their term.
    #[command(subcommand)]
    Loss(LossCommand),
    /// The disposable index.
    #[command(subcommand)]
    Index(IndexCommand),
    /// Copies the store into a folder, also while the daemon runs; a second run into the same folder adds what is new and reads a share of the
    /// old again. Ends with 20 and names the entries where something that the register names is missing or damaged. To verify a whole backup:
    /// `kep-gateway --store FOLDER journal verify`.
    Backup {
        /// The folder of the backup; created when missing. Keep it on another machine.
        dir: PathBuf,
    },
    /// Builds an empty store from a backup, checking every byte; what is damaged or missing there is left out, named, and ends it with 20.
    Restore {
        /// The folder of the backup.
        dir: PathBuf,
    },
    /// Who may sign in on the page.
    #[command(subcommand)]
    People(PeopleCommand),
    /// What was told to whom.
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// The routing rules.
    #[command(subcommand)]
    Routing(RoutingCommand),
    /// Reads the heartbeat and alarms when the daemon is dead; for the systemd timer. 0 alive; 10 dead and told; 1 dead and nobody heard.
    Heartbeat {
        /// Only look and report by exit code; tell nobody.
        #[arg(long)]
        quiet: bool,
    },
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Print one JSON document instead of lines.
    #[arg(long)]
    pub json: bool,
    /// Show a table of checks for every signature.
    #[arg(long, conflicts_with = "full")]
    pub detail: bool,
    /// Show everything the verdict rests on, in the blocks of EN 319 102-1; with --json as a further key `full`.
    #[arg(long)]
    pub full: bool,
    /// Fetch nothing from the network.
    #[arg(long)]
    pub offline: bool,
    /// Anchors instead of the configured ones: PEM or DER; sub-folders nes, muhur, kephs, tsa narrow what they are trusted for.
    #[arg(long, value_name = "DIR")]
    pub trust: Option<PathBuf>,
    /// Certificates of issuers that the signatures do not carry.
    #[arg(long, value_name = "DIR")]
    pub intermediates: Option<PathBuf>,
    /// CRL and OCSP responses in DER.
    #[arg(long, value_name = "DIR")]
    pub revocation: Option<PathBuf>,
    /// The validation time, as 2026-11-22T12:00:00Z. Without it: now.
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<Timestamp>,
    /// The content of a detached signature.
    #[arg(long, value_name = "FILE")]
    pub content: Option<PathBuf>,
    #[command(flatten)]
    pub key: KeyArgs,
    /// .eyp .eyps .eypg .eml .p7s .p7m .imz .pdf .xml; the kind is told by content, not by name.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// What opens an encrypted package or mail. Without it the keys of the configured mailboxes are asked.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// PKCS#12 file with the key that opens what is encrypted. Without it: the configured keys.
    #[arg(long, value_name = "FILE")]
    pub pkcs12: Option<PathBuf>,
    /// File with the password of the PKCS#12 file on its first line.
    #[arg(long, value_name = "FILE", requires = "pkcs12")]
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum MailboxesCommand {
    /// Logs in to a mailbox of kind eyservis with the number that the service sends by SMS, for accounts that need it. What the login yields
    /// is written to login_file.
    Login {
        /// The mailbox, as it is called in the configuration.
        name: String,
        /// With the number from the SMS.
        #[arg(long, required = true)]
        otp: bool,
    },
    /// Says on the record that something that could not be fetched is not missing: it is not wanted, or is here by another way. What the server
    /// still lists opens again at the next look. For root and the daemon's own account, in the name of a supervisor or administrator.
    CloseHole {
        /// The mailbox; `import` for files that were handed over.
        name: String,
        /// What is missing, as 'mailboxes' shows it after the mailbox and the folder, or the beginning of it.
        #[arg(value_name = "WHAT")]
        id: String,
        /// Why; it stands in the record.
        #[arg(long)]
        reason: String,
        /// The login of the account in whose name it is done.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum DocumentsCommand {
    /// The register as a table, newest first.
    List(Period),
    /// One entry with its verdicts, findings, evidence and deadlines. Looking at it is recorded as opened when --opened-by is given.
    Show {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
        /// Record that this person opened the document: the proof of the daily duty, and the end of its alarm. An account that is in use and
        /// for which the document exists; the record says that it was done on the command line.
        #[arg(long, value_name = "LOGIN")]
        opened_by: Option<String>,
    },
    /// Reads and judges messages of the register again, quarantined ones too; earlier verdicts are kept. Beside a running daemon the daemon
    /// does it, by the settings that it last read: after new anchors or revocation data reload it first. Exit code 10 when one could not be read.
    Retry {
        /// Register numbers, as 2026/000001.
        #[arg(required = true, value_name = "NUMBER")]
        numbers: Vec<RegisterNumber>,
        /// Who asks for it, by login; stands beside the earlier verdict.
        #[arg(long, value_name = "LOGIN")]
        by: Option<String>,
        /// Print one JSON document instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Sets by hand who may see a document: where its classification cannot be read, it exists only for clearance 4. For root and the daemon's
    /// own account, in the name of a supervisor or administrator whose clearance reaches both levels.
    Level {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
        /// 0 open, 1 restricted, 2 confidential, 3 secret, 4 top secret
        #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=4))]
        to: u8,
        /// Why; it stands in the record.
        #[arg(long)]
        reason: String,
        /// The login of the account in whose name it is done.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// The register as JSON, oldest first.
    Export {
        #[command(flatten)]
        period: Period,
        /// JSON is the only form yet; the switch keeps scripts clear.
        #[arg(long)]
        json: bool,
    },
}

/// Days of registration, Turkish time, both included.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Period {
    /// First day, as 2026-11-22.
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// Last day, as 2026-11-22.
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
}

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// All evidence; orphans are marked.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
        /// Only evidence that no message is known for.
        #[arg(long)]
        orphans: bool,
        /// Sent messages instead, with how far each came per recipient; overdue evidence is marked.
        #[arg(long, conflicts_with = "orphans")]
        sent: bool,
    },
    /// The timeline of one message, by register number, Message-ID or the SHA-256 of an evidence document.
    Show {
        /// A register number (2026/000001), a Message-ID, or the SHA-256 of an evidence document or its beginning.
        what: String,
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum PapersCommand {
    /// The register of a period: PDF/A with page hashes, XLSX, or CSV that no spreadsheet runs.
    Register {
        /// First day of registration, as 2026-11-22.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// Last day of registration, as 2026-11-22.
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
        /// pdf, xlsx or csv
        #[arg(long, value_enum, default_value = "pdf")]
        format: RegisterForm,
        /// CSV without the byte-order mark that Excel wants.
        #[arg(long)]
        no_bom: bool,
        #[command(flatten)]
        target: PaperTarget,
    },
    /// The evidence sheet of one document as PDF/A.
    Evidence {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
        #[command(flatten)]
        target: PaperTarget,
    },
    /// Compares a case file with its list of hashes and with the journal of this store. Exit code 20 when something differs.
    Check {
        /// The ZIP that `papers case` made.
        file: PathBuf,
        /// Print one JSON document instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// The case file of one document: a ZIP with every byte, its hashes, and how to check it with openssl alone.
    Case {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
        #[command(flatten)]
        target: PaperTarget,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RegisterForm {
    Pdf,
    Xlsx,
    Csv,
}

impl From<RegisterForm> for crate::paper::register::Form {
    fn from(form: RegisterForm) -> Self {
        match form {
            RegisterForm::Pdf => Self::Pdf,
            RegisterForm::Xlsx => Self::Xlsx,
            RegisterForm::Csv => Self::Csv,
        }
    }
}

/// Where a paper goes.
#[derive(Debug, clap::Args)]
pub struct PaperTarget {
    /// The file, or a folder that it gets its own name in. Without it: its own name, here. Readable by its owner alone.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// The anchors that verdicts rest on, with the hash of the set.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// What a source of roots would change, without changing it. Exit code 10 when it differs.
    Diff(TrustSource),
    /// Takes roots into the trust folder, after showing the difference. Pinned ones without asking; every other one only with an
    /// explicit yes. Exit code 10 when something was not taken.
    Import {
        #[command(flatten)]
        source: TrustSource,
        /// Yes, the certificate with this SHA-256 is to be trusted; may be given several times. Compare it with what the provider publishes.
        #[arg(long, value_name = "SHA256", num_args = 1..)]
        yes: Vec<Sha256>,
    },
}

/// Where roots come from.
#[derive(Debug, clap::Args)]
pub struct TrustSource {
    /// PEM, DER, Kamu SM's SertifikaDeposu.xml or .svt, or a folder of these (sub-folders nes, muhur, kephs, tsa say the purpose;
    /// kephs/hs01.kep.tr also whose).
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// What to trust them for, where the source or its pin does not say, or to narrow it; may be given several times.
    #[arg(long, value_name = "nes|muhur|kephs|tsa", value_parser = purpose)]
    pub purpose: Vec<Purpose>,
    /// With --purpose kephs: the domain of the KEP provider whose certificate it is, as hs01.kep.tr.
    #[arg(long, value_name = "DOMAIN")]
    pub provider: Option<String>,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    pub json: bool,
}

fn purpose(word: &str) -> Result<Purpose, String> {
    Purpose::from_word(word).ok_or_else(|| "nes | muhur | kephs | tsa".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Walks the chain and every blob. Exit code 20 when anything is broken, with its place.
    Verify {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Says that the machine's clock is right although the newest record is of a later time: a wrong clock wrote that one. Until then nothing
    /// is written. Register numbers go on in the right year. Stop the daemon first.
    AcceptClock {
        /// Why the record lies ahead; it stands in the journal.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Throws the index away and builds it from the journal.
    Rebuild,
}

#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// What waits and what was told.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Sends a test to every configured recipient, now.
    Test,
}

#[derive(Debug, Subcommand)]
pub enum RoutingCommand {
    /// For one entry: which rule matches, which does not, and why. Changes nothing.
    Explain {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads the file and everything that it names, and says what is wrong.
    Check,
    /// Every setting with its value, limits included. Secrets are files and are not shown.
    Show,
}
