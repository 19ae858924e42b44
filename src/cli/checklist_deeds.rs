//! What is entered about application files from the command line, in the name of an account.

use std::io::Read;
use std::path::Path;

use jiff::civil::Date;

use super::args::{ChecklistDeed, DayArgs, DeedArgs};
use super::{Exit, Failure, Session, writing};
use crate::checklist::entered::Deed;
use crate::checklist::signatories::{Authority, Signatory};
use crate::clock::local_day;
use crate::regular_file;
use crate::text::Text;

/// A file with signatories: sixty lines with long names fit.
const SIGNATORIES_BYTES: u64 = 64 << 10;

pub async fn run(session: &Session, deed: ChecklistDeed) -> Result<Exit, Failure> {
    let (about, deed) = asked(session, deed)?;
    writing::enter(session, &about.by, about.number, deed, about.note).await?;
    println!("{}", Text::new("✔ kaydedildi", "✔ recorded").get(session.lang));
    Ok(Exit::Done)
}

fn asked(session: &Session, deed: ChecklistDeed) -> Result<(DeedArgs, Deed), Failure> {
    let on = |args: DayArgs, deed: fn(Date) -> Deed| {
        let day = args.day.unwrap_or_else(|| local_day(session.clock().now()));
        (args.about, deed(day))
    };
    Ok(match deed {
        ChecklistDeed::Bind { about, checklist, .. } => (about, Deed::Bound { checklist }),
        ChecklistDeed::Authorise {
            about,
            source,
            signatories,
            required,
            from,
            until,
        } => {
            let authority = Authority {
                source,
                signatories: Signatory::read_lines(&read(&signatories)?).map_err(Failure::usage)?,
                required,
                valid_from: from,
                valid_until: until,
            };
            (about, Deed::Authorised { authority })
        }
        ChecklistDeed::Revoke { about, authority } => (about, Deed::Revoked { authority }),
        ChecklistDeed::Decide {
            about, attachment, paper, ..
        } => (about, Deed::Decided { sha256: attachment, paper }),
        ChecklistDeed::Originals(args) => on(args, |day| Deed::OriginalsArrived { day }),
        ChecklistDeed::Asked(args) => on(args, |day| Deed::CompletionAsked { day }),
        ChecklistDeed::Loss(args) => on(args, |day| Deed::LossLearned { day }),
        ChecklistDeed::LossReported(args) => on(args, |day| Deed::LossReported { day }),
        ChecklistDeed::Join(args) => (args.about, Deed::Joined { document: args.document }),
        ChecklistDeed::Separate(args) => (args.about, Deed::Separated { document: args.document }),
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    if path != Path::new("-") {
        let bytes = regular_file::read(path, SIGNATORIES_BYTES).map_err(failed)?;
        return String::from_utf8(bytes).map_err(|error| failed(std::io::Error::other(error)));
    }
    let mut text = String::new();
    let mut bounded = std::io::stdin().lock().take(SIGNATORIES_BYTES);
    bounded.read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
