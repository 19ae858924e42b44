//! `people`: accounts and tokens.

use std::path::PathBuf;

use clap::Subcommand;
use jiff::civil::Date;

use crate::people::Role;
use crate::people::tokens::Grant;

#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Makes a local account. Begin with an administrator whose clearance is 4.
    Add {
        /// Lower-case letters, digits and . _ - @
        login: String,
        /// As others read it.
        #[arg(long)]
        name: String,
        /// clerk, supervisor, auditor or administrator
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        /// Only this mailbox; may be given several times. Without it: all.
        #[arg(long, value_name = "NAME")]
        mailbox: Vec<String>,
        /// Only this unit; may be given several times. Without it: all.
        #[arg(long, value_name = "NAME")]
        unit: Vec<String>,
        /// The highest access level of documents that exist for this person: 0 open to 4 top secret.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
        clearance: u8,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Everybody who has an account.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Nobody signs in by this account any more, and its sessions end; what it did stays on record.
    Disable {
        /// The name that is typed at the sign-in
        login: String,
        /// Lets it sign in again.
        #[arg(long)]
        undo: bool,
    },
    /// Gives a local account a new password; its sessions end.
    Passwd {
        /// The name that is typed at the sign-in
        login: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Takes the one-time codes from an account whose device is lost.
    TotpReset {
        /// The name that is typed at the sign-in
        login: String,
    },
    /// Programs that ask over the API: the institution's document system, a monitor.
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token and prints its secret, once. Only its hash is kept.
    Add {
        /// Lower-case letters, digits and . _ - @; never given twice
        name: String,
        /// What it may do: read, transfer, assign, files, level, metrics, admin; several with commas.
        #[arg(long, value_name = "SCOPE", value_delimiter = ',', required = true, value_parser = grant)]
        scope: Vec<Grant>,
        /// Only this mailbox; may be given several times. Without it: all.
        #[arg(long, value_name = "NAME")]
        mailbox: Vec<String>,
        /// Only this unit; may be given several times. Without it: all.
        #[arg(long, value_name = "NAME")]
        unit: Vec<String>,
        /// The highest access level of documents that exist for this program: 0 open to 4 top secret.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
        clearance: u8,
        /// The last day on which it opens anything, as 2026-11-22. Without it: until it is revoked.
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
    },
    /// All tokens with what they may do and when they were used last.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// It opens nothing from now on; what was done with it stays on record.
    Revoke {
        /// The name of the token
        name: String,
    },
}

fn grant(word: &str) -> Result<Grant, String> {
    Grant::from_word(word).ok_or_else(|| "read | transfer | assign | files | level | metrics | admin".to_owned())
}

/// Never on the command line, which every user of the machine can read.
#[derive(Debug, clap::Args)]
pub struct PasswordArgs {
    /// Its first line is the password. Without it: asked for on a terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    pub password_file: Option<PathBuf>,
    /// Make one and print it once. The default where there is no terminal.
    #[arg(long)]
    pub generate: bool,
}

fn role(word: &str) -> Result<Role, String> {
    serde_json::from_value(word.into()).map_err(|_| "clerk | supervisor | auditor | administrator".to_owned())
}
