//! `config` and `routing`: what was set up and what it means.

use serde_json::json;

use super::args::{ConfigCommand, RoutingCommand};
use super::{Exit, Failure, Session};
use crate::mailbox::config::MailboxConfig;
use crate::register::routing;
use crate::text::Lang;

pub fn run(session: &Session, command: ConfigCommand) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show => {
            let text = toml::to_string_pretty(session.config()).map_err(|error| Failure::new(error.to_string()))?;
            print!("{text}");
            Ok(Exit::Done)
        }
        ConfigCommand::Check => check(session),
    }
}

/// Reads everything that the configuration names, secrets included, and says what a run would stumble over.
fn check(session: &Session) -> Result<Exit, Failure> {
    let settings = session.settings()?;
    let mut problems = Vec::new();
    for mailbox in &session.config().mailbox {
        if let Some(file) = mailbox.secret_file()
            && let Err(error) = settings.secrets.read(file)
        {
            problems.push(format!("[[mailbox]] {}: {error}", mailbox.name()));
        }
    }
    if settings.trust.anchors().next().is_none() {
        problems.push(match session.lang {
            Lang::Tr => format!("güvenilen kök yok ({}): hiçbir imza geçerli sayılamaz", session.config().trust.anchors.display()),
            Lang::En => format!("no trusted root ({}): no signature can pass", session.config().trust.anchors.display()),
        });
    }
    if settings.alerts.is_silent() {
        problems.push(match session.lang {
            Lang::Tr => "hiçbir uyarı alıcısı yok: kimse haberdar edilmez ([[alert.group]])".into(),
            Lang::En => "no alert recipient: nobody will hear of anything ([[alert.group]])".into(),
        });
    }
    problems.iter().for_each(|problem| println!("! {problem}"));
    let names: Vec<&str> = session.config().mailbox.iter().map(MailboxConfig::name).collect();
    let source = session.loaded().path.as_ref().map(|path| path.display().to_string());
    match session.lang {
        Lang::Tr => println!("yapılandırma: {}; kutular: {}", source.as_deref().unwrap_or("varsayılanlar"), names.join(", ")),
        Lang::En => println!("configuration: {}; mailboxes: {}", source.as_deref().unwrap_or("the defaults"), names.join(", ")),
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Indeterminate })
}

/// The dry run of the routing rules over one entry.
pub fn routing(session: &Session, command: RoutingCommand) -> Result<Exit, Failure> {
    let RoutingCommand::Explain { number } = command;
    let entry = session.reader()?.entry(number)?.ok_or_else(|| Failure::not_found(session.lang, &number.to_string()))?;
    let settings = session.settings()?;
    let input = routing::RoutingInput::of_entry(&entry, &[]);
    for line in routing::explain(&input, &settings.registry.rules) {
        println!("{}", explain(&line, session.lang));
    }
    println!("{:#}", json!(routing::route(&input, &settings.registry.rules)));
    Ok(Exit::Done)
}

/// One rule of the dry run: what it wanted and what it found.
fn explain(line: &routing::Explanation, lang: Lang) -> String {
    let word = match (line.matched, line.reached, lang) {
        (true, true, Lang::Tr) => "✔ uydu",
        (true, true, Lang::En) => "✔ matches",
        (true, false, Lang::Tr) => "- uyardı, ama önceki bir kural durdurdu",
        (true, false, Lang::En) => "- would match, but an earlier rule stopped",
        (false, _, Lang::Tr) => "✘ uymadı",
        (false, _, Lang::En) => "✘ does not match",
    };
    let wanted = |condition: &routing::Condition| {
        let sign = if condition.holds { "=" } else { "≠" };
        format!("{} {} {sign} {}", condition.key, condition.wanted.join("|"), condition.found.join("|"))
    };
    let conditions: Vec<String> = line.conditions.iter().map(wanted).collect();
    super::table::clean(&format!("{word}  {} ({}): {}", line.rule, line.line, conditions.join("; ")))
}
