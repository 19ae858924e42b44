//! `trust`: the anchors that verdicts rest on.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::TrustCommand;
use super::documents::local_time;
use super::table::table;
use super::{Exit, Failure, Session};
use crate::settings::load_trust;
use crate::signature::certificate::Certificate;
use crate::signature::trust::{Purpose, Trust};
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
    let anchors = trust.list();
    if as_json {
        let anchors: Vec<_> = anchors
            .iter()
            .map(|(anchor, purposes)| {
                json!({ "subject": name(anchor), "sha256": anchor.sha256, "purposes": words(purposes), "not_before": anchor.not_before, "not_after": anchor.not_after })
            })
            .collect();
        println!("{:#}", json!({ "anchors_sha256": trust.sha256, "anchors": anchors }));
        return Ok(Exit::Done);
    }
    print!("{}", anchor_table(&anchors, session.lang));
    for finding in &trust.findings {
        println!("! {} {}: {}", finding.rule, finding.place, finding.text.get(session.lang));
    }
    println!("\n{} {}", if session.lang == Lang::Tr { "küme SHA-256" } else { "set SHA-256" }, trust.sha256);
    Ok(Exit::Done)
}

/// A root and what it is trusted for.
type Anchor = (Arc<Certificate>, Vec<Purpose>);

fn name(anchor: &Certificate) -> String {
    anchor.subject.label()
}

fn words(purposes: &[Purpose]) -> Vec<&'static str> {
    purposes.iter().map(|purpose| purpose.folder()).collect()
}

fn anchor_table(anchors: &[Anchor], lang: Lang) -> String {
    let headings = match lang {
        Lang::Tr => ["Kök", "Amaç", "Bitiş", "SHA-256"],
        Lang::En => ["Root", "Purpose", "Until", "SHA-256"],
    };
    let rows: Vec<[String; 4]> = anchors
        .iter()
        .map(|(anchor, purposes)| {
            let fingerprint = anchor.sha256.to_string().chars().take(16).collect();
            [name(anchor), words(purposes).join(" "), local_time(anchor.not_after), fingerprint]
        })
        .collect();
    table(headings, &rows)
}

/// Anchors of `dir` that are not trusted yet, or not for that purpose.
fn added(session: &Session, dir: &Path) -> Result<Vec<Anchor>, Failure> {
    if !dir.is_dir() {
        return Err(Failure::not_found(session.lang, &dir.display().to_string()));
    }
    let (now, then) = (configured(session)?, load_trust(dir, Path::new(""), Path::new(""))?);
    let is_known = |anchor: &Certificate, purpose: Purpose| now.anchors(purpose).iter().any(|known| known.sha256 == anchor.sha256);
    let mut added = then.list();
    for (anchor, purposes) in &mut added {
        purposes.retain(|purpose| !is_known(anchor, *purpose));
    }
    added.retain(|(_, purposes)| !purposes.is_empty());
    Ok(added)
}

fn diff(session: &Session, dir: &Path) -> Result<Exit, Failure> {
    let added = added(session, dir)?;
    print!("{}", anchor_table(&added, session.lang));
    Ok(if added.is_empty() { Exit::Done } else { Exit::Indeterminate })
}

/// A new anchor decides what is genuine: it is taken only after it was shown and confirmed.
fn import(session: &Session, dir: &Path, yes: bool) -> Result<Exit, Failure> {
    let added = added(session, dir)?;
    print!("{}", anchor_table(&added, session.lang));
    if added.is_empty() {
        return Ok(Exit::Done);
    }
    if !yes {
        let advice = match session.lang {
            Lang::Tr => "Hiçbir şey değiştirilmedi. Parmak izlerini sağlayıcının yayımladıklarıyla karşılaştırın, sonra --yes ile yineleyin.",
            Lang::En => "Nothing was changed. Compare the fingerprints with those the provider publishes, then repeat with --yes.",
        };
        println!("{advice}");
        return Ok(Exit::Indeterminate);
    }
    for (anchor, purposes) in &added {
        for purpose in purposes {
            let folder = session.config().trust.anchors.join(purpose.folder());
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(format!("{}.der", anchor.sha256)), &anchor.der)?;
        }
    }
    match session.lang {
        Lang::Tr => println!("{} kök eklendi; çalışan hizmete SIGHUP gönderin", added.len()),
        Lang::En => println!("{} roots added; send SIGHUP to a running daemon", added.len()),
    }
    Ok(Exit::Done)
}
