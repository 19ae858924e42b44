//! `papers`: the register of a period, evidence sheets and case files, as files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{PaperTarget, PapersCommand, RegisterForm};
use super::table::clean;
use super::{Exit, Failure, Session};
use crate::paper::register::Period;
use crate::paper::{self, Asked, PaperError, Summary};
use crate::people::Person;
use crate::regular_file;
use crate::store::error::StoreError;
use crate::text::{Lang, Text};

pub fn run(session: &Session, command: PapersCommand) -> Result<Exit, Failure> {
    let person = paper::operator();
    match command {
        PapersCommand::Register {
            from,
            to,
            format,
            no_bom,
            target,
        } => {
            let period = Period { from, to };
            let name = paper::register::file_name(period, format.into());
            write(session, &person, &target, &name, |asked, out| match format {
                RegisterForm::Pdf => paper::register::pdf(asked, period, out),
                RegisterForm::Xlsx => paper::register::xlsx(asked, period, out),
                RegisterForm::Csv => paper::register::csv(asked, period, !no_bom, out),
            })
        }
        PapersCommand::Evidence { number, target } => {
            let name = paper::evidence::file_name(number);
            write(session, &person, &target, &name, |asked, out| {
                paper::evidence::pdf(asked, number, out)
            })
        }
        PapersCommand::Check { file, json } => check(session, &file, json),
        PapersCommand::Case { number, target } => {
            let name = paper::case::file_name(number);
            write(session, &person, &target, &name, |asked, out| paper::case::zip(asked, number, out))
        }
    }
}

fn check(session: &Session, path: &Path, as_json: bool) -> Result<Exit, Failure> {
    let file = regular_file::open(path).map_err(|error| Failure::file(path, &error))?;
    let found = paper::check::case(session.reader()?, BufReader::new(file)).map_err(|error| Failure::from(error).about(path))?;
    let holds = found.holds();
    let exit = match (holds, found.missing) {
        (false, _) => Exit::Broken,
        (true, 0) => Exit::Done,
        (true, _) => Exit::Indeterminate,
    };
    if as_json {
        println!(
            "{:#}",
            json!({
                "holds": holds,
                "files": found.files,
                "odd_files": found.odd_files,
                "records": found.records,
                "odd_records": found.odd_records,
                "missing": found.missing,
            })
        );
        return Ok(exit);
    }
    let either = |tr: String, en: String| if session.lang == Lang::Tr { tr } else { en };
    for name in &found.odd_files {
        let name = clean(name);
        println!(
            "✘ {}",
            either(
                format!("{name}: özeti listedekinden başka, ya da dosya eksik veya fazla"),
                format!("{name}: its hash differs from the list, or it is missing or too many")
            )
        );
    }
    for sequence in &found.odd_records {
        println!(
            "✘ {}",
            either(
                format!("kayıt {sequence}: özeti bu deponun günlüğündekinden başka"),
                format!("record {sequence}: its hash differs from the journal of this store")
            )
        );
    }
    if found.missing > 0 {
        let missing = found.missing;
        println!(
            "! {}",
            either(
                format!(
                    "EKSİK: sonucun dayandığı {missing} dosya bu dava dosyasına alınırken depoda yoktu ya da bozuktu; yedekten geri konunca dosyayı yeniden alın"
                ),
                format!(
                    "MISSING: {missing} files that the verdict rests on were not in the store, or damaged, when this case file was made; make it anew when they are put back"
                )
            )
        );
    }
    let (files, records) = (found.files, found.records);
    println!(
        "{} {}",
        match (holds, found.missing) {
            (true, 0) => "✔",
            (true, _) => "!",
            (false, _) => "✘",
        },
        either(
            format!("{files} dosya listeye, {records} kayıt özeti bu deponun günlüğüne uyuyor"),
            format!("{files} files fit the list, {records} record hashes fit the journal of this store")
        )
    );
    Ok(exit)
}

/// Makes a paper and says where it lies.
fn write(
    session: &Session,
    person: &Person,
    target: &PaperTarget,
    name: &str,
    make: impl FnOnce(&Asked<'_>, &mut BufWriter<File>) -> Result<Summary, PaperError>,
) -> Result<Exit, Failure> {
    let path = place(target, name)?;
    let prefix = session.prefix();
    let asked = Asked {
        ledger: session.reader()?,
        person,
        lang: session.lang,
        prefix: &prefix,
        limits: &session.config().limits,
    };
    let made = atomically(&path, target.force, |out| make(&asked, out));
    super::loss::note_of_reading(session, asked.ledger);
    let summary = made?;
    let (shown, rows, head) = (path.display(), summary.rows, summary.head);
    let said = Text::new(
        format!("{shown}: {rows} kayıt; zincir başı {} {}", head.sequence, head.hash),
        format!("{shown}: {rows} entries; chain head {} {}", head.sequence, head.hash),
    );
    println!("{}", said.get(session.lang));
    if summary.missing == 0 {
        return Ok(Exit::Done);
    }
    let missing = summary.missing;
    let said = Text::new(
        format!("✘ EKSİK: sonucun dayandığı {missing} dosya depoda yok ya da bozuk; çıktı alındı ve eksikleri kendisi söylüyor"),
        format!(
            "✘ MISSING: {missing} files that the verdict rests on are not in the store, or damaged; the paper was made and says what it lacks"
        ),
    );
    println!("{}", said.get(session.lang));
    Ok(Exit::Indeterminate)
}

/// The file that was named; in a folder, under the paper's own name.
fn place(target: &PaperTarget, name: &str) -> Result<PathBuf, Failure> {
    let path = match &target.file {
        Some(path) if path.is_dir() => path.join(name),
        Some(path) => path.clone(),
        None => PathBuf::from(name),
    };
    // Seen before the work; the renaming looks again.
    if !target.force && fs::symlink_metadata(&path).is_ok() {
        return Err(exists(&path));
    }
    Ok(path)
}

fn exists(path: &Path) -> Failure {
    let path = path.display();
    Failure::usage(Text::new(
        format!("{path} zaten var; başka bir ad verin ya da üzerine yazmak için --force kullanın"),
        format!("{path} exists already; give another name, or --force to replace it"),
    ))
}

/// Writes a file that appears whole or not at all, for its owner alone. Without `force` nothing that is there is replaced, also when it
/// came while the paper was made: a hard link never replaces.
fn atomically(
    path: &Path,
    force: bool,
    make: impl FnOnce(&mut BufWriter<File>) -> Result<Summary, PaperError>,
) -> Result<Summary, Failure> {
    let failed = |error: &io::Error| Failure::file(path, error);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
    let file = open.map_err(|error| failed(&error))?;
    let outcome = fill(file, make).and_then(|summary| {
        let published = if force {
            fs::rename(&unfinished, path)
        } else {
            fs::hard_link(&unfinished, path)
        };
        match published {
            Ok(()) => Ok(summary),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
            Err(error) => Err(failed(&error)),
        }
    });
    // Renamed away where it was forced; else the second name of what was published, or what failed.
    let _ = fs::remove_file(&unfinished);
    outcome
}

fn fill(file: File, make: impl FnOnce(&mut BufWriter<File>) -> Result<Summary, PaperError>) -> Result<Summary, Failure> {
    let mut out = BufWriter::new(file);
    let summary = make(&mut out)?;
    out.flush().map_err(PaperError::from)?;
    out.get_ref().sync_all().map_err(PaperError::from)?;
    Ok(summary)
}

impl From<PaperError> for Failure {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::Ledger(error) => error.into(),
            PaperError::Store(error) => StoreError::into(error),
            PaperError::TooLong { .. } | PaperError::NoDays { .. } => Self::usage(error.text()),
            other => Self::new(other.text()),
        }
    }
}
