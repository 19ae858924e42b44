//! `config` and `routing`: what was set up and what it means.

use super::args::{ConfigCommand, RoutingCommand};
use super::table::clean;
use super::{Exit, Failure, Session};
use crate::envelope::{self, Receiver};
use crate::ledger::Ledger;
use crate::mailbox::config::MailboxConfig;
use crate::message;
use crate::register::entry::{Entry, RegisterNumber};
use crate::register::routing::{self, Condition, Explanation, Routed, RoutingInput};
use crate::settings::Settings;
use crate::text::{Lang, Text};

pub fn run(session: &Session, command: ConfigCommand) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show => {
            print!(
                "{}",
                toml::to_string_pretty(session.config()).map_err(|error| Failure::new(error.to_string()))?
            );
            Ok(Exit::Done)
        }
        ConfigCommand::Check => check(session),
    }
}

/// Reads everything that the configuration names, secrets included, and says what a run would stumble over.
fn check(session: &Session) -> Result<Exit, Failure> {
    let settings = session.settings()?;
    let problems: Vec<Text> = [mailbox_problems(&settings), trust_problems(&settings), alert_problems(&settings)].concat();
    problems.iter().for_each(|problem| println!("! {}", problem.get(session.lang)));
    let names: Vec<&str> = session.config().mailbox.iter().map(MailboxConfig::name).collect();
    let source = session.loaded().path.as_ref().map(|path| path.display().to_string());
    match session.lang {
        Lang::Tr => println!(
            "yapılandırma: {}; kutular: {}",
            source.as_deref().unwrap_or("varsayılanlar"),
            names.join(", ")
        ),
        Lang::En => println!(
            "configuration: {}; mailboxes: {}",
            source.as_deref().unwrap_or("the defaults"),
            names.join(", ")
        ),
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Indeterminate })
}

fn mailbox_problems(settings: &Settings) -> Vec<Text> {
    let mut problems = Vec::new();
    if settings.config.mailbox.is_empty() {
        problems.push(Text::new(
            "hiçbir kutu tanımlı değil ([[mailbox]])",
            "no mailbox is defined ([[mailbox]])",
        ));
    }
    for mailbox in &settings.config.mailbox {
        let secret = mailbox
            .secret_files()
            .into_iter()
            .find_map(|file| settings.secrets.read(file).err());
        problems.extend(
            settings
                .keyring
                .problems(mailbox.name())
                .into_iter()
                .map(|problem| of_mailbox(mailbox, &problem)),
        );
        let problem = match (secret, mailbox) {
            (Some(error), _) => error.text(),
            (_, MailboxConfig::Folder(folder)) if !folder.path.is_dir() => Text::new(
                format!(
                    "{} diye bir klasör yok; oluşturun ya da path değerini düzeltin",
                    folder.path.display()
                ),
                format!("there is no folder {}; create it or correct path", folder.path.display()),
            ),
            _ => continue,
        };
        problems.push(of_mailbox(mailbox, &problem));
    }
    problems
}

fn of_mailbox(mailbox: &MailboxConfig, problem: &Text) -> Text {
    let name = mailbox.name();
    Text::new(
        format!("[[mailbox]] {name}: {}", problem.tr),
        format!("[[mailbox]] {name}: {}", problem.en),
    )
}

fn trust_problems(settings: &Settings) -> Vec<Text> {
    let folder = settings.config.trust.anchors.display();
    let none = Text::new(
        format!("güvenilen kök yok ({folder}): hiçbir imza geçerli sayılamaz"),
        format!("no trusted root ({folder}): no signature can pass"),
    );
    let door = Text::new(
        "[trust] loopback_for_tests açık: doğrulama verisi bu makinenin kendisinden de alınabilir; yalnız sınama içindir, kapatın",
        "[trust] loopback_for_tests is on: validation data may be fetched from this machine itself; it is for tests only, switch it off",
    );
    let mut problems = Vec::new();
    problems.extend(settings.trust.anchors().next().is_none().then_some(none));
    problems.extend(settings.config.trust.loopback_for_tests.then_some(door));
    problems
}

fn alert_problems(settings: &Settings) -> Vec<Text> {
    let mut problems = settings.alerts.warnings();
    for rule in &settings.registry.rules.rules {
        for group in rule
            .then
            .alert_groups
            .iter()
            .filter(|name| !settings.alerts.group.iter().any(|group| group.name == **name))
        {
            problems.push(Text::new(
                format!(
                    "yönlendirme kuralı '{}' olmayan '{group}' grubunu anıyor; yerine varsayılan grup haberdar edilir",
                    rule.name
                ),
                format!(
                    "the routing rule '{}' names the group '{group}', which does not exist; the default group is told instead",
                    rule.name
                ),
            ));
        }
    }
    problems
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
