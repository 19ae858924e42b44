//! `verify`: the verdict on any signed file. Needs no mailbox and no store.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::args::VerifyArgs;
use super::table::clean;
use super::{Exit, Failure, Session};
use crate::isolate;
use crate::limits::Limits;
use crate::regular_file;
use crate::settings::{judging, load_trust};
use crate::signature::report::Indication;
use crate::signature::wording::{self, Depth, Told};
use crate::signature::{Context, FileReport, verify_file};
use crate::text::{Lang, Text};

pub fn run(session: &Session, args: &VerifyArgs) -> Result<Exit, Failure> {
    let context = context(session, args)?;
    let content = args.content.as_deref().map(|path| read(path, &context.limits)).transpose()?;
    let depth = match (args.full, args.detail) {
        (true, _) => Depth::Full,
        (false, true) => Depth::Checks,
        (false, false) => Depth::Sentence,
    };
    let mut worst = Exit::Done;
    let mut reports = Vec::new();
    for path in &args.files {
        // One file that cannot be read does not cost the verdicts on the others.
        let report = match judge(path, content.clone(), &context) {
            Ok(report) => report,
            Err(failure) => {
                worst = worst.max(failure.tell(Some(session.lang)));
                continue;
            }
        };
        worst = worst.max(exit_of(report.indication));
        match args.json {
            true => reports.push(as_json(&report, depth, session.lang)),
            false => print(path, &report, depth, session.lang),
        }
    }
    if args.json {
        println!("{:#}", json!({ "files": reports }));
    }
    Ok(worst)
}

fn exit_of(indication: Indication) -> Exit {
    match indication {
        Indication::Passed => Exit::Done,
        Indication::Indeterminate => Exit::Indeterminate,
        Indication::Failed => Exit::Broken,
    }
}

/// The switches win over the configuration. A folder that is named here must be there: a slip must not turn into "unknown root".
fn context(session: &Session, args: &VerifyArgs) -> Result<Arc<Context>, Failure> {
    for folder in [&args.trust, &args.intermediates, &args.revocation].into_iter().flatten() {
        if !folder.is_dir() {
            return Err(Failure::usage(Text::new("böyle bir klasör yok", "there is no such folder")).about(folder));
        }
    }
    let config = &session.config().trust;
    let trust = load_trust(
        args.trust.as_ref().unwrap_or(&config.anchors),
        args.intermediates.as_ref().unwrap_or(&config.intermediates),
        args.revocation.as_ref().unwrap_or(&config.revocation),
    )?;
    let at = args.at.unwrap_or_else(|| session.clock().now());
    Ok(Arc::new(judging(&Arc::new(trust), session.config(), at)))
}

/// Reads a file whole, within the limit of one package.
fn read(path: &Path, limits: &Limits) -> Result<Bytes, Failure> {
    let bytes = regular_file::read(path, limits.package_bytes).map_err(|error| Failure::file(path, &error))?;
    Ok(bytes.into())
}

/// Hostile files are judged like hostile mail: on a thread of their own, under a deadline.
fn judge(path: &Path, content: Option<Bytes>, context: &Arc<Context>) -> Result<FileReport, Failure> {
    let bytes = read(path, &context.limits)?;
    let name = path.display().to_string();
    let (inner, deadline) = (Arc::clone(context), context.limits.parse_deadline);
    isolate::run(deadline, move || verify_file(&bytes, &name, content.as_ref(), &inner)).map_err(|broken| Failure::from(broken).about(path))
}

fn print(path: &Path, report: &FileReport, depth: Depth, lang: Lang) {
    println!("{}", clean(&path.display().to_string()));
    for line in Told::from(report).lines(depth, lang) {
        println!("  {line}");
    }
}

fn as_json(report: &FileReport, depth: Depth, lang: Lang) -> Value {
    let mut value = report.json(lang);
    if let (Depth::Full, Value::Object(fields)) = (depth, &mut value) {
        fields.insert("full".into(), wording::full_json(&report.into(), lang));
    }
    value
}
