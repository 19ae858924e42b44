//! `checklist`: application files.

use std::path::PathBuf;

use clap::Subcommand;
use jiff::civil::Date;

use crate::checklist::signatories::Source;
use crate::hash::Sha256;
use crate::register::entry::RegisterNumber;

#[derive(Debug, Subcommand)]
pub enum ChecklistCommand {
    /// Every application file, the newest first. Exit code 10 when something is missing or not certain in a file that is worked on, 20 when
    /// something is wrong.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// One file: its papers, what is missing or wrong, its terms, and a reply that is ready to send. Exit codes as for `list`.
    Show {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// The dry run for authors of checklists: judges a message that lies in a file. Records and fetches nothing. Exit codes as for `list`.
    Check {
        /// A message (.eml) or package.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// This checklist, whether its conditions hold or not. Without it: the first of the configuration that holds.
        #[arg(long, value_name = "FILE")]
        checklist: Option<PathBuf>,
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Deed(ChecklistDeed),
}

/// What a clerk enters about a file.
#[derive(Debug, Subcommand)]
pub enum ChecklistDeed {
    /// Says that an entry is an application under a checklist, or with --none that it is none.
    Bind {
        #[command(flatten)]
        about: DeedArgs,
        /// Name of the checklist.
        #[arg(long, value_name = "NAME", required_unless_present = "none", conflicts_with = "none")]
        checklist: Option<String>,
        /// It is no application file.
        #[arg(long)]
        none: bool,
    },
    /// Enters who may sign for the applicant, as the signature circular or a power of attorney says.
    Authorise {
        #[command(flatten)]
        about: DeedArgs,
        /// circular: signature circular; power: power of attorney, which needs --until
        #[arg(long, value_name = "circular|power", value_parser = source)]
        source: Source,
        /// File with one signatory a line, First Last; 123*****456. A single dash reads the standard input: numbers have no place on a command
        /// line, which every user of the machine can read.
        #[arg(long, value_name = "FILE")]
        signatories: PathBuf,
        /// How many of them must sign together; 1: each alone.
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..))]
        required: u8,
        /// The first day, as 2026-11-22.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// The last day, as 2026-11-22.
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
    },
    /// Ends an authority: those who signed by it count no more.
    Revoke {
        #[command(flatten)]
        about: DeedArgs,
        /// Its place, as `checklist show --json` says.
        #[arg(long, value_name = "PLACE")]
        authority: usize,
    },
    /// Says which paper an attachment is, or with --none that it is none of the list.
    Decide {
        #[command(flatten)]
        about: DeedArgs,
        /// SHA-256 of the attachment, as `checklist show --json` says.
        #[arg(long, value_name = "SHA256")]
        attachment: Sha256,
        /// Id of the paper.
        #[arg(long, value_name = "ID", required_unless_present = "none", conflicts_with = "none")]
        paper: Option<String>,
        /// It is none of the list.
        #[arg(long)]
        none: bool,
    },
    /// The originals arrived.
    Originals(DayArgs),
    /// What is missing was asked for: the term of completion runs from that day.
    Asked(DayArgs),
    /// A loss of papers was learnt of: its report has a term.
    Loss(DayArgs),
    /// The loss was reported.
    LossReported(DayArgs),
    /// Joins a document that completes the file.
    Join(JoinArgs),
    /// Takes a document out of the file again.
    Separate(JoinArgs),
}

#[derive(Debug, clap::Args)]
pub struct DeedArgs {
    /// The register number, as 2026/000001.
    pub number: RegisterNumber,
    /// Account of the person in whose name it is entered.
    #[arg(long, value_name = "LOGIN")]
    pub by: String,
    /// Stands beside it in the record.
    #[arg(long)]
    pub note: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct DayArgs {
    #[command(flatten)]
    pub about: DeedArgs,
    /// On which day, as 2026-11-22. Without it: today.
    #[arg(long, value_name = "DATE")]
    pub day: Option<Date>,
}

#[derive(Debug, clap::Args)]
pub struct JoinArgs {
    #[command(flatten)]
    pub about: DeedArgs,
    /// Register number of the document.
    #[arg(long, value_name = "NUMBER")]
    pub document: RegisterNumber,
}

fn source(word: &str) -> Result<Source, String> {
    serde_json::from_value(word.into()).map_err(|_| "circular | power".to_owned())
}
