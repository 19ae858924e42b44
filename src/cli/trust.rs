//! `trust`: the anchors that verdicts rest on.

use std::path::Path;

use serde_json::json;

use super::args::TrustCommand;
use super::documents::local_time;
use super::table::table;
use super::{Exit, Failure, Session};
use crate::settings::load_trust;
use crate::signature::trust::{Anchor, Trust};
use crate::text::Lang;

pub fn run(session: &Session, command: TrustCommand) -> Result<Exit, Failure> {
    match command {
        TrustCommand::List { json } => list(session, json),
        TrustCommand::Diff { dir } => diff(session, &dir),
        TrustCommand::Import { dir, yes } => import(session, &dir, yes),
    }
}

fn configured(session: &Session) -> Result<Trust, Failure> {
    let trust = &session.config().trust;
    Ok(load_trust(&trust.anchors, &trust.intermediates, &trust.revocation)?)
}

fn list(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let trust = configured(session)?;
    if as_json {
        let anchors: Vec<_> = trust
            .anchors()
            .map(|anchor| json!({ "subject": anchor.name(), "sha256": anchor.sha256(), "purposes": anchor.purposes(), "not_before": anchor.not_before(), "not_after": anchor.not_after() }))
            .collect();
        println!("{:#}", json!({ "anchors_sha256": trust.anchors_sha256(), "anchors": anchors }));
        return Ok(Exit::Done);
    }
    print!("{}", anchor_table(trust.anchors(), session.lang));
    println!(
        "\n{} {}",
        if session.lang == Lang::Tr {
            "kümenin SHA-256 değeri"
        } else {
            "SHA-256 of the set"
        },
        trust.anchors_sha256()
    );
    Ok(Exit::Done)
}

fn anchor_table<'a>(anchors: impl Iterator<Item = &'a Anchor>, lang: Lang) -> String {
    let headings = match lang {
        Lang::Tr => ["Kök", "Amaç", "Bitiş", "SHA-256"],
        Lang::En => ["Root", "Purpose", "Until", "SHA-256"],
    };
    let rows: Vec<[String; 4]> = anchors
        .map(|anchor| {
            [
                anchor.name(),
                anchor.purposes().join(" "),
                anchor.not_after().map(local_time).unwrap_or_default(),
                anchor.sha256().to_string().chars().take(16).collect(),
            ]
        })
        .collect();
    table(headings, &rows)
}

/// Anchors of `dir` that are not trusted yet.
fn added(session: &Session, dir: &Path) -> Result<Vec<Anchor>, Failure> {
    std::fs::read_dir(dir).map_err(|error| Failure::file(dir, &error))?;
    let (now, then) = (configured(session)?, load_trust(dir, Path::new(""), Path::new(""))?);
    Ok(then
        .anchors()
        .filter(|anchor| {
            !now.anchors()
                .any(|known| known.sha256() == anchor.sha256() && known.purposes() == anchor.purposes())
        })
        .cloned()
        .collect())
}

fn diff(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    let added = added(session, dir)?;
    print!("{}", anchor_table(added.iter(), session.lang));
    Ok(if added.is_empty() { Exit::Done } else { Exit::Indeterminate })
}

/// A new anchor decides what is genuine: it is taken only after it was shown and confirmed.
fn import(session: &Session, dir: &Path, yes: bool) -> Result<Exit, Failure> {
    let added = added(session, dir)?;
    print!("{}", anchor_table(added.iter(), session.lang));
    if added.is_empty() {
        return Ok(Exit::Done);
    }
    if !yes {
        println!(
            "{}",
            match session.lang {
                Lang::Tr =>
                    "Hiçbir şey değiştirilmedi. Parmak izlerini sağlayıcının yayımladıklarıyla karşılaştırın, sonra --yes ile yineleyin.",
                Lang::En => "Nothing was changed. Compare the fingerprints with those the provider publishes, then repeat with --yes.",
            }
        );
        return Ok(Exit::Indeterminate);
    }
    let target = &session.config().trust.anchors;
    for anchor in &added {
        let folders: Vec<_> = match anchor.folders() {
            folders if folders.is_empty() => vec![target.clone()],
            folders => folders.iter().map(|folder| target.join(folder)).collect(),
        };
        for folder in folders {
            let file = folder.join(format!("{}.der", anchor.sha256()));
            let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, anchor.der()));
            written.map_err(|error| Failure::file(&file, &error))?;
        }
    }
    println!(
        "{} {}",
        added.len(),
        if session.lang == Lang::Tr {
            "kök eklendi; çalışan hizmete SIGHUP gönderin"
        } else {
            "roots added; send SIGHUP to a running daemon"
        }
    );
    Ok(Exit::Done)
}
