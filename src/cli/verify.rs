//! `verify`: the verdict on any signed file. Needs no mailbox and no store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::args::VerifyArgs;
use super::documents::local_time;
use super::table::clean;
use super::{Exit, Failure, Session, words};
use crate::finding::Severity;
use crate::isolate;
use crate::limits::Limits;
use crate::settings::{judging, load_trust, open_online};
use crate::signature::online::Online;
use crate::signature::online::cache::Keep;
use crate::signature::report::{Indication, SignatureReport};
use crate::signature::{Context, FileReport, verify_file};
use crate::text::Lang;

/// How long one file waits for what its verdict lacks: an OCSP answer takes a fraction of a second, a large list some seconds.
const FETCHING: Duration = Duration::from_secs(90);

pub async fn run(session: &Session, args: &VerifyArgs) -> Result<Exit, Failure> {
    let context = context(session, args)?;
    // Beside a daemon the cache is shared with it; without one nothing is left behind.
    let fetching = session.config().trust.online && !args.offline;
    let online = open_online(session.config(), fetching, Keep::WhereItIs, session.clock().now())?;
    let content = args.content.as_deref().map(|path| read(path, &context.limits)).transpose()?;
    let mut worst = Exit::Done;
    let mut reports = Vec::new();
    for path in &args.files {
        // One file that cannot be read does not cost the verdicts on the others.
        let report = match settle(session, path, content.clone(), &context, &online).await {
            Ok(report) => report,
            Err(failure) => {
                worst = worst.max(failure.tell(Some(session.lang)));
                continue;
            }
        };
        worst = worst.max(exit_of(report.indication));
        match args.json {
            true => reports.push(report.json(session.lang)),
            false => print(path, &report, session.lang),
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
            return Err(Failure::usage(format!("{}: klasör yok / no such folder", folder.display())));
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

/// Reads a file whole, within the limit of one message.
fn read(path: &Path, limits: &Limits) -> Result<Bytes, Failure> {
    let named = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(named)?.len();
    if size > limits.package_bytes {
        return Err(Failure::new(format!(
            "{}: {size} > {} (limits.package_bytes)",
            path.display(),
            limits.package_bytes
        )));
    }
    Ok(Bytes::from(std::fs::read(path).map_err(named)?))
}

/// Judges a file, fetches what the verdict lacks, and judges again until it lacks nothing that can be had.
async fn settle(session: &Session, path: &Path, content: Option<Bytes>, context: &Context, online: &Online) -> Result<FileReport, Failure> {
    let bytes = read(path, &context.limits)?;
    let mut fetching = online.session(FETCHING);
    loop {
        let context = Arc::new(context.anew(online.known()));
        let report = judge(path, bytes.clone(), content.clone(), &context)?;
        let open = report.indication == Indication::Indeterminate;
        if !open || !fetching.fetch(&context.trail.wanted(), session.clock().now()).await {
            return Ok(report);
        }
    }
}

/// Hostile files are judged like hostile mail: on a thread of their own, under a deadline.
fn judge(path: &Path, bytes: Bytes, content: Option<Bytes>, context: &Arc<Context>) -> Result<FileReport, Failure> {
    let name = path.display().to_string();
    let (inner, deadline) = (Arc::clone(context), context.limits.parse_deadline);
    isolate::run(deadline, move || verify_file(&bytes, &name, content.as_ref(), &inner))
        .map_err(|broken| Failure::new(format!("{}: {broken}", path.display())))
}

/// One sentence, then a line for each signature with its reasons, then the findings that weigh.
fn print(path: &Path, report: &FileReport, lang: Lang) {
    println!(
        "{}  {}{}",
        clean(&path.display().to_string()),
        words::indication(report.indication, lang),
        sub(report.sub_indication)
    );
    for signature in &report.signatures {
        print_signature(signature, 1, lang);
    }
    for finding in report.findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        println!("  {} {}: {}", finding.rule, clean(&finding.place), clean(finding.text.get(lang)));
    }
}

fn print_signature(signature: &SignatureReport, depth: usize, lang: Lang) {
    let indent = "  ".repeat(depth);
    let signer = signature.signer.as_ref();
    let name = signer.and_then(|signer| signer.common_name.as_deref()).unwrap_or("-");
    let time = signature
        .best_signature_time
        .or(signature.claimed_signing_time)
        .map(local_time)
        .unwrap_or_default();
    let level = signature.level.as_deref().unwrap_or_default();
    let verdict = words::indication(signature.indication, lang);
    println!(
        "{indent}{verdict}{}  {} {level}  {}  {time}  ← {}",
        sub(signature.sub_indication),
        signature.format,
        clean(name),
        clean(&signature.covers)
    );
    for reason in &signature.reasons {
        println!("{indent}  {} {}", reason.code, clean(reason.text.get(lang)));
    }
    for counter in &signature.counter_signatures {
        print_signature(counter, depth + 1, lang);
    }
}

fn sub(sub_indication: Option<crate::signature::report::SubIndication>) -> String {
    sub_indication
        .map(|sub| format!(" ({})", json!(sub).as_str().unwrap_or_default()))
        .unwrap_or_default()
}
