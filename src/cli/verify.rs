//! `verify`: the verdict on any signed file. Needs no mailbox and no store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::args::VerifyArgs;
use super::table::clean;
use super::{Exit, Failure, Session};
use crate::decryption::{Holders, Opening};
use crate::isolate;
use crate::limits::Limits;
use crate::regular_file;
use crate::settings::{judging, load_trust, open_online};
use crate::signature::octets::{Octets, StreamedFile};
use crate::signature::online::Online;
use crate::signature::online::cache::Keep;
use crate::signature::report::Indication;
use crate::signature::wording::{self, Depth, Told};
use crate::signature::{Context, FileReport, verify_file_opening};
use crate::text::{Lang, Text};

/// Bytes a second of a slow disk: so much longer may the judgement of a detached signature take.
const SLOW_DISK: u64 = 10 << 20;

/// How long one file waits for what its verdict lacks: an OCSP answer takes a fraction of a second, a large list some seconds.
const FETCHING: Duration = Duration::from_secs(90);

pub async fn run(session: &Session, args: &VerifyArgs) -> Result<Exit, Failure> {
    let context = context(session, args)?;
    // Beside a daemon the cache is shared with it; without one nothing is left behind.
    let fetching = session.config().trust.online && !args.offline;
    let online = open_online(session.config(), fetching, Keep::WhereItIs, session.clock().now())?;
    let content = args.content.as_deref().map(Content::open).transpose()?;
    let keys = session.keys(&args.key)?;
    let depth = match (args.full, args.detail) {
        (true, _) => Depth::Full,
        (false, true) => Depth::Checks,
        (false, false) => Depth::Sentence,
    };
    let mut worst = Exit::Done;
    let mut reports = Vec::new();
    for path in &args.files {
        // One file that cannot be read does not cost the verdicts on the others.
        let report = match settle(session, path, content.as_ref(), &context, &online, &keys).await {
            Ok(report) => report,
            Err(failure) => {
                worst = worst.max(failure.tell(Some(session.lang)));
                continue;
            }
        };
        if content.is_some() && !TAKES_CONTENT.contains(&report.kind.as_str()) {
            worst = worst.max(takes_no_content().about(path).tell(Some(session.lang)));
            continue;
        }
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

/// Kinds of files whose signature may lie apart from what it signs.
const TAKES_CONTENT: [&str; 2] = ["cms", "xml"];

/// A verdict beside a content that nobody looked at would be taken for one on that content.
fn takes_no_content() -> Failure {
    Failure::usage(Text::new(
        "bu dosya imzaladığını kendi içinde taşır, --content ile verilene bakılmaz; onu --content olmadan yineleyin (--content yalnız ayrık CMS ve XML imzaları içindir)",
        "this file carries what it signs, what --content names is not looked at; repeat it without --content (which is for detached CMS and XML signatures only)",
    ))
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

/// Judges a file, fetches what the verdict lacks, and judges again until it lacks nothing that can be had.
async fn settle(
    session: &Session,
    path: &Path,
    content: Option<&Content<'_>>,
    context: &Context,
    online: &Online,
    keys: &Holders,
) -> Result<FileReport, Failure> {
    let bytes = read(path, &context.limits)?;
    let mut fetching = online.session(FETCHING);
    loop {
        let context = Arc::new(context.anew(online.known()));
        let report = judge(path, bytes.clone(), content, &context, keys)?;
        let open = report.indication == Indication::Indeterminate;
        if !open || !fetching.fetch(&context.trail.wanted(), session.clock().now()).await {
            return Ok(report);
        }
    }
}

/// Hostile files are judged like hostile mail: on a thread of their own, under a deadline.
fn judge(path: &Path, bytes: Bytes, content: Option<&Content<'_>>, context: &Arc<Context>, keys: &Holders) -> Result<FileReport, Failure> {
    let name = path.display().to_string();
    let (inner, file) = (Arc::clone(context), content.map(|content| Arc::clone(&content.file)));
    // Reading a large content is no sign of hostile bytes.
    let reading = content.map_or(Duration::ZERO, |content| Duration::from_secs(content.file.size() / SLOW_DISK));
    let opening = Opening::new(keys.clone(), Vec::new(), context.at, &context.limits);
    let work = move || verify_file_opening(&bytes, &name, file.as_deref().map(Octets::File), &inner, &opening);
    let report =
        isolate::run(context.limits.parse_deadline.saturating_add(reading), work).map_err(|broken| Failure::from(broken).about(path))?;
    match content.and_then(|content| Some((content.path, content.file.failure()?))) {
        Some((path, error)) => Err(Failure::file(path, &error)),
        None => Ok(report),
    }
}

/// What a detached signature signs: hashed as it is read, whatever its size.
struct Content<'a> {
    path: &'a Path,
    file: Arc<StreamedFile>,
}

impl<'a> Content<'a> {
    fn open(path: &'a Path) -> Result<Self, Failure> {
        let file = StreamedFile::open(path).map_err(|error| Failure::file(path, &error))?;
        Ok(Self { path, file: file.into() })
    }
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
