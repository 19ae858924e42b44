//! `mailboxes`, `poll`, `import`, `reconcile`: the mailboxes against the register.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::args::MailboxesCommand;
use super::documents::local_time;
use super::failure::mailbox_problem;
use super::table::{clean, table};
use super::{Exit, Failure, Session, writing};
use crate::hash::Sha256;
use crate::ledger::Ledger;
use crate::mailbox::config::MailboxConfig;
use crate::mailbox::eyservis::login;
use crate::mailbox::import::{Choice, Import, NAME as IMPORT};
use crate::mailbox::{self, Locator, Mailbox, MailboxError};
use crate::pipeline::{Pipeline, PipelineError, refused};
use crate::secret::Secret;
use crate::signature::carrier::file::is_registrable;
use crate::text::{Lang, Text};

/// What is known of each mailbox.
pub fn show(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let ledger = session.reader()?;
    let mut rows = Vec::new();
    let mut values = Vec::new();
    let mut cures = Vec::new();
    let mut lacking = 0;
    let names = names_shown(session, ledger)?;
    for name in &names {
        let (state, counts) = (ledger.mailbox(name)?, ledger.counts(name)?);
        lacking += counts.holes + state.not_taken;
        // What to do is a sentence or two, which no column holds.
        cures.extend(
            state
                .failure
                .as_ref()
                .map(|failure| format!("{name}: {}. {}", failure.problem.get(session.lang), failure.cure.get(session.lang))),
        );
        rows.push([
            name.clone(),
            state.last_check.map(local_time).unwrap_or_else(|| "-".into()),
            counts.listed.to_string(),
            counts.fetched.to_string(),
            counts.registered.to_string(),
            counts.holes.to_string(),
            state.not_taken.to_string(),
            state
                .quota
                .map(|quota| format!("%{}", quota.percent()))
                .unwrap_or_else(|| "-".into()),
            state.failure.as_ref().map(|failure| failure.step.clone()).unwrap_or_default(),
        ]);
        values.push(json!({
            "mailbox": name, "last_check": state.last_check, "listed": counts.listed, "fetched": counts.fetched,
            "registered": counts.registered, "holes": counts.holes, "not_taken": state.not_taken, "not_taken_files": state.not_taken_files,
            "quota": state.quota, "failure": state.failure,
        }));
    }
    let headings = match session.lang {
        Lang::Tr => [
            "Kutu",
            "Son denetim",
            "Sunucuda",
            "Alınan",
            "Kayıtlı",
            "Eksik",
            "Alınmayan",
            "Kota",
            "Sorun",
        ],
        Lang::En => [
            "Mailbox",
            "Last check",
            "On server",
            "Fetched",
            "Registered",
            "Holes",
            "Not taken",
            "Quota",
            "Problem",
        ],
    };
    match as_json {
        true => println!("{:#}", json!(values)),
        false => {
            print!("{}", table(headings, &rows));
            cures.iter().for_each(|cure| println!("\n{}", clean(cure)));
            for name in &names {
                tell_holes(ledger, name, session.lang, |_| true)?;
                let state = ledger.mailbox(name)?;
                tell_not_taken(name, state.not_taken, &state.not_taken_files, session.lang);
            }
        }
    }
    Ok(if lacking > 0 { Exit::Indeterminate } else { Exit::Done })
}

/// The configured mailboxes, and `import` while something that was handed over is not here.
fn names_shown(session: &Session, ledger: &Ledger) -> Result<Vec<String>, Failure> {
    let configured = session.config().mailbox.iter().map(|config| config.name().to_owned());
    let has_holes = !ledger.holes_of(IMPORT)?.is_empty();
    Ok(configured.chain(has_holes.then(|| IMPORT.to_owned())).collect())
}

/// What is done to a mailbox by hand.
pub async fn manage(session: &Session, command: MailboxesCommand) -> Result<Exit, Failure> {
    let name = match command {
        MailboxesCommand::Login { name, .. } => name,
        MailboxesCommand::CloseHole { name, id, reason, by } => {
            let closed = writing::close_hole(session, &name, id, reason, by).await?;
            match session.lang {
                Lang::Tr => println!("✔ {}: artık eksik sayılmıyor", clean(&format!("{name}: {closed}"))),
                Lang::En => println!("✔ {}: counts as missing no longer", clean(&format!("{name}: {closed}"))),
            }
            return Ok(Exit::Done);
        }
    };
    let configs = chosen(session, std::slice::from_ref(&name))?;
    let Some(MailboxConfig::EyServis(config)) = configs.first() else {
        return Err(Failure::usage(Text::new(
            format!("'{name}' kutusu eyservis türünde değil; bu giriş yalnız onun içindir"),
            format!("the mailbox '{name}' is not of kind eyservis; this login is only for that"),
        )));
    };
    let failed = |error: MailboxError| Failure::new(mailbox_problem(&error));
    let begun = login::begin(config, &session.loaded().secrets, &session.config().limits);
    let begun = begun.await.map_err(failed)?;
    eprint!(
        "{}",
        match session.lang {
            Lang::Tr => "SMS ile gelen kod: ",
            Lang::En => "Number from the SMS: ",
        }
    );
    let sms = read_secret_line()?;
    begun.finish(&sms).await.map_err(failed)?;
    match session.lang {
        Lang::Tr => println!("{name}: oturum açıldı; {} yazıldı", config.login_file.display()),
        Lang::En => println!("{name}: logged in; {} written", config.login_file.display()),
    }
    Ok(Exit::Done)
}

/// One line from the terminal or a pipe.
fn read_secret_line() -> Result<Secret, Failure> {
    let mut line = zeroize::Zeroizing::new(String::new());
    let read = std::io::stdin().lock().read_line(&mut line);
    match line.trim() {
        sms if read.is_ok() && !sms.is_empty() => Ok(Secret::new(sms)),
        _ => Err(Failure::usage(Text::new("kod verilmedi", "no number was given"))),
    }
}

/// One pass over the mailboxes that were named, or all, and everything that came is registered.
pub async fn poll(session: &Session, names: &[String]) -> Result<Exit, Failure> {
    session.must_have_mailbox()?;
    let configs = chosen(session, names)?;
    let ahead = configs.first().map(|config| connect_ahead(session, config));
    let pipeline = session.pipeline().await?;
    let (looked, registered) = beside_registering(&pipeline, look_into(session, &pipeline, &configs, names, ahead)).await;
    say_registered(session, registered?);
    looked
}

type Connected = Result<Box<dyn Mailbox>, MailboxError>;

/// The first mailbox's session is opened while the store is: both take about as long, and neither needs the other.
fn connect_ahead(session: &Session, config: &MailboxConfig) -> JoinHandle<Connected> {
    let opened = mailbox::open(config, &session.loaded().secrets, &session.config().limits);
    tokio::spawn(async move {
        let mut mailbox = opened?;
        mailbox.connect().await?;
        Ok(mailbox)
    })
}

async fn look_into(
    session: &Session,
    pipeline: &Arc<Pipeline>,
    configs: &[MailboxConfig],
    named: &[String],
    mut ahead: Option<JoinHandle<Connected>>,
) -> Result<Exit, Failure> {
    let mut worst = Exit::Done;
    for config in configs {
        if named.iter().any(|name| name == config.name()) {
            pipeline.forget_refused(config.name()).await?;
        }
        let connected = match (refused::before(&pipeline.ledger, config, &session.loaded().secrets)?, ahead.take()) {
            (Some(refused), _) => Err(refused),
            (None, Some(ahead)) => ahead.await.map_err(|error| PipelineError::Broken(error.to_string()))?,
            (None, None) => mailbox::open(config, &session.loaded().secrets, &session.config().limits),
        };
        let (mailbox, outcome) = match connected {
            Ok(mut mailbox) => {
                let mut known = pipeline.recollect(&mut *mailbox).map_err(PipelineError::from)?;
                let outcome = pipeline.check(&mut *mailbox, &mut known).await;
                (Some(mailbox), outcome)
            }
            Err(error) => (None, Err(error.into())),
        };
        match outcome {
            Ok(brought) => {
                let line = match session.lang {
                    Lang::Tr => format!(
                        "{}: sunucuda {}, yeni {}, alınamayan {}",
                        config.name(),
                        brought.listed,
                        brought.new,
                        brought.missing
                    ),
                    Lang::En => format!(
                        "{}: on server {}, new {}, not delivered {}",
                        config.name(),
                        brought.listed,
                        brought.new,
                        brought.missing
                    ),
                };
                println!("{line}");
                let state = pipeline.ledger.mailbox(config.name()).map_err(PipelineError::from)?;
                tell_not_taken(config.name(), state.not_taken, &state.not_taken_files, session.lang);
                if brought.missing > 0 {
                    tell_holes(&pipeline.ledger, config.name(), session.lang, |_| true)?;
                    worst = worst.max(Exit::Indeterminate);
                }
            }
            Err(PipelineError::Mailbox(error)) => {
                crate::daemon::watch::report(pipeline, &error).await;
                eprintln!("{}", mailbox_problem(&error).get(session.lang));
                worst = worst.max(Exit::Failed);
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(mut mailbox) = mailbox {
            mailbox.close().await;
        }
    }
    Ok(worst)
}

/// Which messages could not be fetched, why, and what to do: a number alone helps nobody.
fn tell_holes(ledger: &Ledger, mailbox: &str, lang: Lang, is_meant: impl Fn(&Locator) -> bool) -> Result<(), Failure> {
    let mut holes = ledger.holes_of(mailbox)?;
    holes.retain(|hole| is_meant(&hole.locator));
    for hole in &holes {
        let not_yet = Text::new("henüz istenmedi", "not asked for yet");
        let problem = hole.problem.as_ref().unwrap_or(&not_yet).get(lang);
        println!(
            "! {}",
            clean(&format!("{mailbox}: {} {}: {problem}", hole.locator.folder, hole.locator.id))
        );
    }
    if !holes.is_empty() && mailbox == IMPORT {
        println!(
            "{}",
            match lang {
                Lang::Tr =>
                    "  Çok büyükse limits.message_bytes değerini yükseltip dosyayı yeniden 'import' edin; istenmiyorsa gerekçesiyle 'mailboxes close-hole import …'.",
                Lang::En =>
                    "  If one is too large, raise limits.message_bytes and import the file again; if it is not wanted, 'mailboxes close-hole import …' with the reason.",
            }
        );
    } else if !holes.is_empty() {
        println!(
            "{}",
            match lang {
                Lang::Tr =>
                    "  Bu iletilere sağlayıcının sayfasından ya da klasörden elle bakın; çok büyükse limits.message_bytes değerini yükseltin.",
                Lang::En =>
                    "  Look at these messages by hand, on the provider's page or in the folder; if one is too large, raise limits.message_bytes.",
            }
        );
    }
    Ok(())
}

/// What lies in a folder and was not taken, each with its reason.
fn tell_not_taken(mailbox: &str, count: u64, files: &[Text], lang: Lang) {
    for text in files {
        println!("! {}", clean(&format!("{mailbox}: {}", text.get(lang))));
    }
    let more = count.saturating_sub(files.len() as u64);
    if more > 0 {
        println!("  +{more}");
    }
}

/// Registers what comes while `fetching` goes on, and the rest after it.
async fn beside_registering<T>(pipeline: &Pipeline, fetching: impl Future<Output = T>) -> (T, Result<usize, PipelineError>) {
    let done = CancellationToken::new();
    let fetching = async {
        let fetched = fetching.await;
        done.cancel();
        fetched
    };
    let registering = async {
        let mut registered = 0;
        loop {
            let is_last = done.is_cancelled();
            registered += pipeline.work_off().await?;
            if is_last {
                pipeline.follow_files().await?;
                return Ok(registered);
            }
            tokio::select! {
                () = done.cancelled() => {}
                () = pipeline.news.notified() => {}
            }
        }
    };
    tokio::join!(fetching, registering)
}

fn say_registered(session: &Session, registered: usize) {
    match session.lang {
        Lang::Tr => println!("{registered} ileti kaydedildi"),
        Lang::En => println!("{registered} messages registered"),
    }
}

fn chosen(session: &Session, names: &[String]) -> Result<Vec<MailboxConfig>, Failure> {
    let all = &session.config().mailbox;
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|config| config.name() == name.as_str())) {
        return Err(Failure::usage(Text::new(
            format!("'{unknown}' adlı kutu yapılandırmada yok; olanlar: {}", names_of(all)),
            format!("no mailbox is named '{unknown}' in the configuration; there are: {}", names_of(all)),
        )));
    }
    Ok(all
        .iter()
        .filter(|config| names.is_empty() || names.iter().any(|name| name == config.name()))
        .cloned()
        .collect())
}

fn names_of(configs: &[MailboxConfig]) -> String {
    configs.iter().map(MailboxConfig::name).collect::<Vec<_>>().join(", ")
}

/// Takes files as if they had arrived in a mailbox called `import`, or had lain in its folder of sent mail. What is left aside and what was here before is named.
pub async fn import(session: &Session, paths: &[PathBuf], any: bool, sent: bool) -> Result<Exit, Failure> {
    let pipeline = session.pipeline().await?;
    let choice = Choice {
        fits: is_registrable,
        any,
        sent,
        store: session.store_path().to_owned(),
    };
    let mut mailbox = Import::new(paths, choice, &session.config().limits);
    let mut known = pipeline.ledger.known(mailbox.name())?;
    let before: BTreeSet<Sha256> = pipeline.ledger.messages()?.into_iter().collect();
    let (brought, registered) = beside_registering(&pipeline, pipeline.check(&mut mailbox, &mut known)).await;
    say_registered(session, registered?);
    let brought = brought?;
    for (path, sha256) in mailbox.given().filter(|(_, sha256)| before.contains(sha256)) {
        say_known(session, &pipeline.ledger, path, &sha256)?;
    }
    let given: BTreeSet<&Locator> = mailbox.locators().collect();
    tell_holes(&pipeline.ledger, IMPORT, session.lang, |locator| given.contains(locator))?;
    let mut worst = if brought.missing > 0 { Exit::Indeterminate } else { Exit::Done };
    for skipped in mailbox.skipped() {
        let line = format!("{}: {}", skipped.path.display(), skipped.why.get(session.lang));
        match session.lang {
            Lang::Tr => eprintln!("! alınmadı: {}", clean(&line)),
            Lang::En => eprintln!("! not imported: {}", clean(&line)),
        }
        worst = worst.max(if skipped.named { Exit::Failed } else { Exit::Indeterminate });
    }
    Ok(worst)
}

/// The same bytes were here before, under whatever name: they keep the number that they have.
fn say_known(session: &Session, ledger: &Ledger, path: &Path, sha256: &Sha256) -> Result<(), Failure> {
    let numbers = ledger.message(sha256)?.map(|message| message.numbers).unwrap_or_default();
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{}{number}", session.prefix())).collect();
    let line = match session.lang {
        Lang::Tr => format!("= {}: zaten kayıtlı: {}", path.display(), numbers.join(", ")),
        Lang::En => format!("= {}: registered already: {}", path.display(), numbers.join(", ")),
    };
    println!("{}", clean(&line));
    Ok(())
}

/// Asks every server what it has and compares message by message.
pub async fn reconcile(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    session.must_have_mailbox()?;
    let ledger = session.reader()?;
    let settings = session.settings()?;
    let mut worst = Exit::Done;
    let mut values = Vec::new();
    for config in &session.config().mailbox {
        let known = ledger.known(config.name())?;
        let mut not_taken: Vec<Text> = Vec::new();
        let opened = match refused::before(ledger, config, &settings.secrets)? {
            Some(refused) => Err(refused),
            None => mailbox::open(config, &settings.secrets, &settings.limits),
        };
        let listing = match opened {
            Ok(mut mailbox) => {
                // A service that is asked by date must be asked for all of them again here, not only for the days since the last look.
                if !matches!(config, MailboxConfig::EyServis(_) | MailboxConfig::Turkkep(_)) {
                    mailbox.recall(ledger.mailbox(config.name())?.folders);
                }
                let listing = mailbox.list(&known).await;
                not_taken.extend_from_slice(mailbox.not_taken());
                mailbox.close().await;
                listing
            }
            Err(error) => Err(error),
        };
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => {
                eprintln!("{}", mailbox_problem(&error).get(session.lang));
                worst = worst.max(Exit::Failed);
                values.push(json!({ "mailbox": config.name(), "problem": mailbox_problem(&error).get(session.lang) }));
                continue;
            }
        };
        // Also what lies under a known UID and may be another message.
        let absent: Vec<&Locator> = listing.new.iter().map(|listed| &listed.locator).collect();
        let counts = ledger.counts(config.name())?;
        if !absent.is_empty() || !not_taken.is_empty() || counts.registered != counts.fetched {
            worst = worst.max(Exit::Indeterminate);
        }
        values.push(json!({
            "mailbox": config.name(), "on_server": listing.present.len(), "fetched": counts.fetched, "registered": counts.registered,
            "not_here": absent, "not_taken": not_taken, "oddities": listing.oddities,
        }));
        if !as_json {
            let words = match session.lang {
                Lang::Tr => ["sunucuda", "alınan", "kayıtlı", "burada olmayan", "alınmayan dosya"],
                Lang::En => ["on server", "fetched", "registered", "not here", "files not taken"],
            };
            let aside = not_taken.len() as u64;
            let numbers = [
                listing.present.len() as u64,
                counts.fetched,
                counts.registered,
                absent.len() as u64,
                aside,
            ];
            let line: Vec<String> = words.iter().zip(numbers).map(|(word, number)| format!("{word} {number}")).collect();
            println!("{}: {}", config.name(), line.join(", "));
            tell_not_taken(config.name(), aside, &not_taken, session.lang);
        }
    }
    let import_holes = ledger.holes_of(IMPORT)?;
    if !import_holes.is_empty() {
        worst = worst.max(Exit::Indeterminate);
        let absent: Vec<&Locator> = import_holes.iter().map(|hole| &hole.locator).collect();
        values.push(json!({ "mailbox": IMPORT, "not_here": absent }));
        if !as_json {
            tell_holes(ledger, IMPORT, session.lang, |_| true)?;
        }
    }
    if as_json {
        println!("{:#}", json!(values));
    }
    Ok(worst)
}
