//! `retention` and `hold`: what is due, the lists, and who decides. Approvals are not taken here: whoever is root at the machine could give both.

use serde_json::{Value, json};

use super::args::{HoldCommand, RetentionCommand};
use super::documents::local_time;
use super::{Exit, Failure, Session, table, writing};
use crate::clock::local_day;
use crate::ledger::retention::{KeepingRequest, Kept};
use crate::paper;
use crate::register::disposal::{Disposal, LIST_ENTRIES, Stage};
use crate::text::{Lang, Text};

pub async fn run(session: &Session, command: RetentionCommand) -> Result<Exit, Failure> {
    let (by, deed) = match command {
        RetentionCommand::List { due: true, json } => return due(session, json),
        RetentionCommand::List { due: false, json } => return lists(session, json),
        RetentionCommand::Show { list, json } => return show(session, list, json),
        RetentionCommand::Propose { by } => (by, KeepingRequest::Propose),
        RetentionCommand::Withdraw { list, reason, by } => (by, KeepingRequest::Withdraw { list, reason }),
        RetentionCommand::Execute { list, by } => (by, KeepingRequest::Execute { list }),
        RetentionCommand::Class {
            number, class, reason, by, ..
        } => (by, KeepingRequest::Class { number, class, reason }),
    };
    done(session, &by, deed).await
}

pub async fn hold(session: &Session, command: HoldCommand) -> Result<Exit, Failure> {
    match command {
        HoldCommand::Set(args) => {
            let deed = KeepingRequest::Hold {
                number: args.number,
                reason: args.reason,
            };
            done(session, &args.by, deed).await
        }
        HoldCommand::Release { args, hold } => {
            let deed = KeepingRequest::Release {
                number: args.number,
                reason: args.reason,
                hold,
            };
            done(session, &args.by, deed).await
        }
    }
}

async fn done(session: &Session, by: &str, deed: KeepingRequest) -> Result<Exit, Failure> {
    let said = match writing::keep(session, by, deed).await? {
        Kept::Done => Text::new("✔ kaydedildi", "✔ recorded"),
        Kept::Approved { .. } => Text::new("✔ onaylandı", "✔ approved"),
        Kept::Proposed { list, sha256, entries } => Text::new(
            format!(
                "✔ {list} numaralı liste: {entries} kayıt, SHA-256 {sha256}. Makinede önerildiği için üç başka kişi sayfada (Saklama) onaylamalı; sonra: kep-gateway retention execute {list}"
            ),
            format!(
                "✔ list {list}: {entries} entries, SHA-256 {sha256}. Proposed on the machine, it wants three other people to approve it on the page (Retention); then: kep-gateway retention execute {list}"
            ),
        ),
        Kept::Executed { entries, removed } => Text::new(
            format!(
                "✔ {entries} kaydın içeriği imha edildi, {removed} dosya silindi; kayıtlar ve özet değerleri duruyor. Yedekleri şimdi güncelleyin ('backup KLASÖR'): güncellenen yedek de bırakır; güncellenmeyen eski yedekler ve sunucudaki kutular içerikleri hâlâ tutar"
            ),
            format!(
                "✔ the bytes of {entries} entries are disposed of, {removed} blobs removed; the records and hashes stay. Bring the backups up to date now ('backup DIR'): those let go of them too; older copies and the mailboxes on the server still hold them"
            ),
        ),
    };
    println!("{}", said.get(session.lang));
    Ok(Exit::Done)
}

fn due(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let (ledger, prefix) = (session.reader()?, session.prefix());
    let today = local_day(session.clock().now());
    // The checklists have a word in it.
    let policy = session.settings()?.config.retention;
    let due = ledger.due(&paper::operator(), &policy, today, LIST_ENTRIES)?;
    if as_json {
        let all: Vec<Value> = due
            .iter()
            .map(|due| {
                let number = format!("{prefix}{}", due.entry.register_number);
                json!({ "number": number, "class": due.class, "years": due.years, "since": due.since, "message": due.entry.message.sha256 })
            })
            .collect();
        println!("{:#}", Value::Array(all));
        return Ok(Exit::Done);
    }
    let heads = match session.lang {
        Lang::Tr => ["Kayıt no", "Kayıt", "Sınıf", "Yıl", "Doldu"],
        Lang::En => ["Number", "Registered", "Class", "Years", "Due since"],
    };
    let rows: Vec<[String; 5]> = due
        .iter()
        .map(|due| {
            [
                format!("{prefix}{}", due.entry.register_number),
                local_time(due.entry.registered_at),
                due.class.clone(),
                due.years.to_string(),
                due.since.to_string(),
            ]
        })
        .collect();
    print!("{}", table::table(heads, &rows));
    Ok(Exit::Done)
}

fn lists(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let lists = session.reader()?.disposals()?;
    if as_json {
        println!("{:#}", json!(lists));
        return Ok(Exit::Done);
    }
    let heads = match session.lang {
        Lang::Tr => ["Liste", "Önerildi", "Öneren", "Kayıt", "Onaylayan", "Durum", "SHA-256"],
        Lang::En => ["List", "Proposed", "By", "Entries", "Approved by", "State", "SHA-256"],
    };
    let rows: Vec<[String; 7]> = lists
        .iter()
        .map(|disposal| {
            let approvals: Vec<&str> = disposal.approvals.iter().map(|approval| approval.by.as_str()).collect();
            [
                disposal.list.id.to_string(),
                local_time(disposal.list.at),
                disposal.list.proposed_by.clone(),
                disposal.list.entries.len().to_string(),
                approvals.join(", "),
                stage(disposal, session.lang).to_owned(),
                disposal.sha256.to_string(),
            ]
        })
        .collect();
    print!("{}", table::table(heads, &rows));
    Ok(Exit::Done)
}

fn show(session: &Session, list: u32, as_json: bool) -> Result<Exit, Failure> {
    let disposal = session.reader()?.disposal(list)?;
    let disposal = disposal.ok_or_else(|| {
        Failure::new(Text::new(
            format!("{list} numaralı bir imha listesi yok; 'retention list' olanları gösterir"),
            format!("there is no disposal list {list}; 'retention list' shows what there is"),
        ))
    })?;
    if as_json {
        println!("{:#}", json!(disposal));
        return Ok(Exit::Done);
    }
    println!("# {} · {}", stage(&disposal, session.lang), disposal.sha256);
    print!("{}", disposal.list.lines());
    Ok(Exit::Done)
}

fn stage(disposal: &Disposal, lang: Lang) -> &'static str {
    match (disposal.stage, lang) {
        (Stage::Proposed, Lang::Tr) => "onay bekliyor",
        (Stage::Proposed, Lang::En) => "proposed",
        (Stage::Approved, Lang::Tr) => "onaylandı",
        (Stage::Approved, Lang::En) => "approved",
        (Stage::Withdrawn, Lang::Tr) => "geri çekildi",
        (Stage::Withdrawn, Lang::En) => "withdrawn",
        (Stage::Begun, Lang::Tr) => "imha sürüyor",
        (Stage::Begun, Lang::En) => "begun",
        (Stage::Done, Lang::Tr) => "imha edildi",
        (Stage::Done, Lang::En) => "done",
    }
}
