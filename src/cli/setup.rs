//! `config` and `routing`: what was set up and what it means.

use super::args::{ConfigCommand, RoutingCommand};
use super::table::clean;
use super::{Exit, Failure, Session, check};
use crate::envelope::{self, Receiver};
use crate::ledger::Ledger;
use crate::message;
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::routing::{self, Condition, Explanation, Routed, RoutingInput};
use crate::settings::Settings;
use crate::text::Lang;

pub fn run(session: &Session, command: ConfigCommand) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show => {
            print!(
                "{}",
                toml::to_string_pretty(session.config()).map_err(|error| Failure::new(error.to_string()))?
            );
            Ok(Exit::Done)
        }
        ConfigCommand::Check => check::run(session),
    }
}

/// The dry run of the routing rules over one entry.
pub fn routing(session: &Session, command: RoutingCommand) -> Result<Exit, Failure> {
    let RoutingCommand::Explain { number } = command;
    let ledger = session.reader()?;
    let entry = ledger.entry(number)?.ok_or_else(|| Failure::not_found(&number.to_string()))?;
    let settings = session.settings()?;
    if settings.registry.rules.rules.is_empty() {
        println!(
            "{}",
            match session.lang {
                Lang::Tr => "kural yok; [register] routing bir kural dosyası göstermiyor",
                Lang::En => "there are no rules; [register] routing names no file of rules",
            }
        );
        return Ok(Exit::Done);
    }
    let sdp = file_plan_codes(ledger, &entry, &settings)?;
    let input = RoutingInput::of_entry(&entry, &sdp);
    for rule in routing::explain(&input, &settings.registry.rules) {
        println!("{}", clean(&rule_line(&rule, session.lang)));
    }
    print!(
        "\n{}",
        outcome(&routing::route(&input, &settings.registry.rules), number, session.lang)
    );
    Ok(Exit::Done)
}

/// The document's file plan codes (SDP). The entry does not carry them: they are read from the stored message again.
fn file_plan_codes(ledger: &Ledger, entry: &Entry, settings: &Settings) -> Result<Vec<String>, Failure> {
    let Some(id) = entry.document.as_ref().map(|document| document.id.clone()) else {
        return Ok(Vec::new());
    };
    let (bytes, limits) = (ledger.blobs().get(&entry.message.sha256)?, (*settings.limits).clone());
    let kept = ledger.kept([entry])?;
    let codes = move || {
        let message = message::read_opening(&bytes, &limits, &kept);
        let mut packages = message
            .packages()
            .map(|part| envelope::read_opening(&part.bytes, part.name.as_deref(), &Receiver::default(), &limits, &kept));
        packages
            .find(|package| package.document.id == id)
            .map(|package| package.document_metadata().file_plan_codes())
            .unwrap_or_default()
    };
    Ok(crate::isolate::run(settings.limits.parse_deadline, codes)?)
}

/// One rule of the dry run: what it wanted and what it found.
fn rule_line(rule: &Explanation, lang: Lang) -> String {
    let word = match (rule.matched, rule.reached, lang) {
        (true, true, Lang::Tr) => "✔ uydu",
        (true, true, Lang::En) => "✔ matches",
        (true, false, Lang::Tr) => "- uyardı, ama önceki bir kural durdurdu",
        (true, false, Lang::En) => "- would match, but an earlier rule stopped",
        (false, _, Lang::Tr) => "✘ uymadı",
        (false, _, Lang::En) => "✘ does not match",
    };
    let wanted = |condition: &Condition| {
        let sign = if condition.holds { "=" } else { "≠" };
        format!(
            "{} {} {sign} {}",
            condition.key,
            condition.wanted.join("|"),
            condition.found.join("|")
        )
    };
    let conditions: Vec<String> = rule.conditions.iter().map(wanted).collect();
    let line = if lang == Lang::Tr { "satır" } else { "line" };
    format!("{word}  {} ({line} {}): {}", rule.rule, rule.line, conditions.join("; "))
}

fn outcome(routed: &Routed, number: RegisterNumber, lang: Lang) -> String {
    let list = |words: &std::collections::BTreeSet<String>| words.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let names = match lang {
        Lang::Tr => ["birim", "etiketler", "haberdar edilecek gruplar", "kayda alınmama nedeni"],
        Lang::En => ["unit", "labels", "groups told", "not recorded because"],
    };
    let reason = routed.not_recorded.as_ref().map(|not| not.reason.clone()).unwrap_or_default();
    let values = [
        routed.unit.clone().unwrap_or_default(),
        list(&routed.labels),
        list(&routed.alert_groups),
        reason,
    ];
    let lines = names.iter().zip(values).filter(|(_, value)| !value.is_empty());
    let said: String = lines.map(|(name, value)| format!("  {name}: {}\n", clean(&value))).collect();
    let nothing = if lang == Lang::Tr { "  hiçbir şey\n" } else { "  nothing\n" };
    format!("{number} →\n{}", if said.is_empty() { nothing } else { &said })
}
