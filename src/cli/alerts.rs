//! `alerts` and `heartbeat`: what was told to whom, and the alarm from outside.

use serde_json::json;

use super::args::AlertsCommand;
use super::documents::local_time;
use super::table::table;
use super::{Exit, Failure, Session};
use crate::alert::causes;
use crate::alert::heartbeat::{self, Health};
use crate::alert::job::{Job, JobState};
use crate::alert::routing::target_names;
use crate::text::Lang;

pub async fn run(session: &Session, command: AlertsCommand) -> Result<Exit, Failure> {
    match command {
        AlertsCommand::List { json } => list(session, json),
        AlertsCommand::Test => test(session).await,
    }
}

fn list(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let mut jobs = session.reader()?.jobs()?;
    jobs.sort_by_key(|job| job.created);
    if as_json {
        let values: Vec<_> = jobs
            .iter()
            .map(|job| json!({ "id": job.id, "cause": job.notice.cause, "level": job.notice.level, "title": job.notice.title.get(session.lang), "channel": job.channel, "recipient": job.recipient.to_string(), "created": job.created, "attempts": job.attempts, "tried": job.tried, "status_code": job.status_code(), "next_attempt": job.is_open().then_some(job.next_attempt), "targets": target_names(job.channel, &job.recipient, &session.config().alert), "key": job.notice.key, "state": job.state }))
            .collect();
        println!("{:#}", json!(values));
        return Ok(Exit::Done);
    }
    let headings = match session.lang {
        Lang::Tr => ["Zaman", "Ne", "Yol", "Hedef", "Kime", "Durum", "Deneme", "HTTP", "Sonraki deneme"],
        Lang::En => ["Time", "What", "Channel", "Target", "To", "State", "Attempts", "HTTP", "Next try"],
    };
    let rows: Vec<[String; 9]> = jobs
        .iter()
        .map(|job| {
            [
                local_time(job.created),
                job.notice.title.get(session.lang).to_owned(),
                job.channel.to_string(),
                target_names(job.channel, &job.recipient, &session.config().alert).join(", "),
                job.recipient.to_string(),
                state_word(job, session.lang),
                job.attempts.to_string(),
                job.status_code().map(|status| status.to_string()).unwrap_or_default(),
                match job.is_open() {
                    true => local_time(job.next_attempt),
                    false => String::new(),
                },
            ]
        })
        .collect();
    print!("{}", table(headings, &rows));
    Ok(Exit::Done)
}

fn state_word(job: &Job, lang: Lang) -> String {
    let (tr, en) = match &job.state {
        JobState::Waiting { problem: None } => ("bekliyor".to_owned(), "waiting".to_owned()),
        JobState::Waiting { problem: Some(problem) } => (format!("yeniden denenecek: {problem}"), format!("to be retried: {problem}")),
        JobState::Delivered { .. } => ("iletildi".to_owned(), "delivered".to_owned()),
        JobState::GivenUp { problem, .. } => (format!("vazgeçildi: {problem}"), format!("given up: {problem}")),
    };
    if lang == Lang::Tr { tr } else { en }
}

/// Sends a test over every channel at once, past the outbox: it must work beside a running daemon.
async fn test(session: &Session) -> Result<Exit, Failure> {
    let settings = session.settings()?;
    let notice = causes::test(session.clock().now());
    let sent = settings.dispatcher.send_unrecorded(&notice, &settings.alerts).await;
    let mut worst = Exit::Done;
    for (channel, outcome) in &sent {
        match outcome {
            Ok(receipt) => println!("✔ {channel} {}", receipt.0),
            Err(error) => {
                println!("✘ {channel} {}", error.problem);
                worst = Exit::Failed;
            }
        }
    }
    if sent.is_empty() {
        println!(
            "{}",
            if session.lang == Lang::Tr {
                "yapılandırmada alıcı yok ([[alert.group]])"
            } else {
                "the configuration names no recipient ([[alert.group]])"
            }
        );
        worst = Exit::Failed;
    }
    Ok(worst)
}

/// For the systemd timer: alarms directly when the daemon made no progress. 10: dead, and somebody was told; 1: dead and nobody could be told.
pub async fn heartbeat(session: &Session, quiet: bool) -> Result<Exit, Failure> {
    let (path, age, now) = (
        session.config().heartbeat_file(),
        session.config().daemon.heartbeat_age,
        session.clock().now(),
    );
    let (health, unheard) = if quiet {
        (heartbeat::check(&path, age, now), false)
    } else {
        let settings = session.settings()?;
        let watch = heartbeat::watch(&path, age, &settings.dispatcher, &settings.alerts, now).await;
        let watch = watch.map_err(|error| Failure::file(&path, &error))?;
        (watch.health, watch.unheard)
    };
    Ok(match health {
        Health::Alive => Exit::Done,
        Health::Dead { last, .. } => {
            let last = last.map(local_time).unwrap_or_else(|| "-".into());
            match session.lang {
                Lang::Tr => eprintln!("ağ geçidi çalışmıyor; son yaşam belirtisi: {last}. 'systemctl status kep-gateway' ile bakın"),
                Lang::En => eprintln!("the gateway is dead; last sign of life: {last}. Look with 'systemctl status kep-gateway'"),
            }
            if unheard { Exit::Failed } else { Exit::Indeterminate }
        }
    })
}
