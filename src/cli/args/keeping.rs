//! `retention`, `hold` and `loss`: how long documents are kept, and what happens when they are not.

use clap::Subcommand;

use crate::register::entry::RegisterNumber;
use crate::store::loss::Done;

#[derive(Debug, Subcommand)]
pub enum RetentionCommand {
    /// The disposal lists, or with --due what may be disposed of.
    List {
        /// What is due instead of the lists.
        #[arg(long)]
        due: bool,
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// One disposal list with every entry and the lines that its hash is over.
    Show {
        /// The number of the list.
        list: u32,
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Makes a disposal list of everything that is due. Three other people must approve it on the page: two, where it is proposed there.
    Propose {
        /// Account of the administrator who proposes.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// Ends a list that was not executed.
    Withdraw {
        /// The number of the list.
        list: u32,
        /// Why: it stands in the journal.
        #[arg(long)]
        reason: String,
        /// Account of the supervisor or administrator.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// Disposes of the bytes of a list that enough others approved. It cannot be undone.
    Execute {
        /// The number of the list.
        list: u32,
        /// Account of the administrator who executes.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// Gives an entry a retention class, or with --rules leaves it to the rules again.
    Class {
        /// The register number, as 2026/000001.
        number: RegisterNumber,
        /// The name of the class.
        #[arg(long, value_name = "NAME", required_unless_present = "rules", conflicts_with = "rules")]
        class: Option<String>,
        /// What the rules of the configuration say counts again.
        #[arg(long)]
        rules: bool,
        /// Why: it stands in the journal.
        #[arg(long)]
        reason: String,
        /// Account of the person who decides.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Puts an entry on legal hold.
    Set(HoldArgs),
    /// Releases a hold of an entry.
    Release {
        #[command(flatten)]
        args: HoldArgs,
        /// Which hold, where several stand; `documents show --json` names them.
        #[arg(long, value_name = "NUMBER")]
        hold: Option<u32>,
    },
}

#[derive(Debug, clap::Args)]
pub struct HoldArgs {
    /// The register number, as 2026/000001.
    pub number: RegisterNumber,
    /// Why: the case, the inquiry, the decision.
    #[arg(long)]
    pub reason: String,
    /// Account of the supervisor or administrator.
    #[arg(long, value_name = "LOGIN")]
    pub by: String,
}

#[derive(Debug, Subcommand)]
pub enum LossCommand {
    /// Every loss, open ones first. Exit code 10 while one stands.
    List {
        /// Print one JSON document instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// One loss with every place.
    Show {
        /// As `loss list` shows it.
        id: String,
        /// Print one JSON document instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Says what was done about a loss; its alarms end.
    Close {
        /// As `loss list` shows it.
        id: String,
        /// restored: put back from a backup; notified: reported to the court or the authority
        #[arg(long, value_name = "restored|notified", value_parser = done)]
        done: Done,
        /// What was done, with the number of the decision or the letter.
        #[arg(long)]
        note: String,
        /// Account of the supervisor or administrator.
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
}

fn done(word: &str) -> Result<Done, String> {
    serde_json::from_value(word.into()).map_err(|_| "restored | notified".to_owned())
}
