//! `--help` and the errors of usage in the reader's language. The English of every command and argument stands in [`super::args`], as doc
//! comments; the Turkish in [`super::help_tr`]. A test walks all of them and wants both.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, Command, CommandFactory, FromArgMatches};

use super::args::Args;
use super::help_tr;
use crate::config;
use crate::text::Lang;

/// The order of a screen of help; the heading of the usage line is the language's.
const TEMPLATE: &str = "{before-help}{about-with-newline}\nKullanım: {usage}\n\n{all-args}{after-help}";

/// Reads the command line. Help, the version and what is wrong with it are said in the reader's language, and the process ends.
pub fn parse() -> Args {
    let given: Vec<OsString> = std::env::args_os().collect();
    match Args::command()
        .try_get_matches_from(&given)
        .and_then(|matches| Args::from_arg_matches(&matches))
    {
        Ok(args) => args,
        Err(error) => end(error, &given),
    }
}

/// Says why nothing is run. Exit code 0 for what was asked for, 2 for wrong usage.
fn end(english: Error, given: &[OsString]) -> ! {
    if language_of(given) == Lang::En {
        english.exit();
    }
    let again = turkish().try_get_matches_from(given).err().unwrap_or(english);
    match sentence(&again) {
        // Help and version: the screen is the answer.
        None => again.exit(),
        Some(text) => {
            eprintln!("{text}");
            std::process::exit(again.exit_code());
        }
    }
}

/// The language of a command line that could not be read: what it says, else what its configuration says, else Turkish.
fn language_of(given: &[OsString]) -> Lang {
    let given: Vec<&str> = given.iter().filter_map(|word| word.to_str()).collect();
    match value_of("--lang", &given) {
        Some("en") => Lang::En,
        Some("tr") => Lang::Tr,
        _ => {
            let named = value_of("--config", &given).map(PathBuf::from);
            config::load(named.as_deref().map(Path::new)).map_or(Lang::Tr, |loaded| loaded.config.language)
        }
    }
}

fn value_of<'a>(option: &str, given: &[&'a str]) -> Option<&'a str> {
    given.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(option)? {
        "" => given.get(at + 1).copied(),
        rest => rest.strip_prefix('='),
    })
}

/// The whole command line with Turkish texts.
pub fn turkish() -> Command {
    let mut command = Args::command().after_help(help_tr::AFTER);
    command.build();
    translate(&mut command, &mut Vec::new());
    command
}

fn translate(command: &mut Command, path: &mut Vec<String>) {
    let here = path.join(" ");
    let mut changed = std::mem::take(command)
        .mut_args(|arg| argument(arg, &here))
        .subcommand_help_heading("Komutlar")
        .subcommand_value_name("KOMUT")
        .help_template(TEMPLATE);
    if let Some(about) = help_tr::of_command(&here) {
        changed = changed.about(about);
    }
    *command = changed;
    for below in command.get_subcommands_mut() {
        path.push(below.get_name().to_owned());
        translate(below, path);
        path.pop();
    }
    let usage = command.render_usage().to_string();
    *command = std::mem::take(command).override_usage(StyledStr::from(in_turkish(&usage)));
}

fn argument(arg: Arg, command: &str) -> Arg {
    let heading = if arg.is_positional() { "Argümanlar" } else { "Seçenekler" };
    let value = arg.get_value_names().and_then(|names| help_tr::value_name(names.first()?));
    let help = help_tr::of_argument(command, arg.get_id().as_str());
    let arg = arg.help_heading(heading).hide_possible_values(true);
    let arg = match value {
        Some(value) => arg.value_name(value),
        None => arg,
    };
    match help {
        Some(help) => arg.help(help),
        None => arg,
    }
}

/// A usage line without its heading, in Turkish words.
fn in_turkish(usage: &str) -> String {
    let line = usage.strip_prefix("Usage:").unwrap_or(usage).trim();
    line.replace("[OPTIONS]", "[SEÇENEKLER]")
        .replace("<COMMAND>", "<KOMUT>")
        .replace("[COMMAND]", "[KOMUT]")
}

/// What is wrong with the command line; `None` for what is nothing wrong.
fn sentence(error: &Error) -> Option<String> {
    let text = |kind| strings(error.get(kind)).join(", ");
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let what = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument => format!("'{argument}' diye bir seçenek ya da argüman yok"),
        ErrorKind::InvalidSubcommand => format!("'{}' diye bir komut yok", text(ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue if value.is_empty() => format!("'{argument}' bir değer ister"),
        ErrorKind::InvalidValue => format!("'{value}', '{argument}' için olamaz"),
        ErrorKind::ValueValidation => format!("'{value}', '{argument}' için geçerli bir değer değil{}", form_of(&argument)),
        ErrorKind::NoEquals => format!("'{argument}' değerini '=' ile ister"),
        ErrorKind::TooManyValues => format!("'{argument}' için '{value}' fazladan verilmiş"),
        ErrorKind::TooFewValues => format!("'{argument}' daha çok değer ister"),
        ErrorKind::WrongNumberOfValues => format!("'{argument}' için değer sayısı yanlış"),
        ErrorKind::ArgumentConflict => format!("'{argument}' ile '{}' birlikte verilemez", text(ContextKind::PriorArg)),
        ErrorKind::MissingRequiredArgument => format!("şunlar gerekli: {argument}"),
        ErrorKind::MissingSubcommand => format!("bir komut gerekli; olanlar: {}", text(ContextKind::ValidSubcommand)),
        ErrorKind::InvalidUtf8 => "komut satırında UTF-8 olmayan bir sözcük var".to_owned(),
        _ => "komut satırı okunamadı".to_owned(),
    };
    let mut lines = vec![format!("hata: {what}")];
    let valid = text(ContextKind::ValidValue);
    if !valid.is_empty() {
        lines.push(format!("  olabilecekler: {valid}"));
    }
    let suggestions = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
        ContextKind::SuggestedCommand,
    ];
    lines.extend(
        suggestions
            .into_iter()
            .map(text)
            .filter(|near| !near.is_empty())
            .map(|near| format!("  '{near}' mi demek istediniz?")),
    );
    let usage = text(ContextKind::Usage);
    if !usage.is_empty() {
        lines.push(format!("\nKullanım: {}", in_turkish(&usage)));
    }
    lines.push("\nAyrıntı için '--help' yazın.".to_owned());
    Some(lines.join("\n"))
}

/// How a value of this name is written.
fn form_of(argument: &str) -> &'static str {
    let forms = [
        ("<TARİH>", "; 2026-11-22 gibi yazın"),
        ("<NUMARA>", "; 2026/000001 gibi yazın"),
        ("<SHA256>", "; 64 onaltılık basamak yazın"),
        ("<RFC3339>", "; 2026-11-22T12:00:00Z gibi yazın"),
        ("<nes|muhur|kephs|tsa>", "; nes, muhur, kephs ya da tsa yazın"),
        (
            "--role",
            "; clerk (memur), supervisor (amir), auditor (denetçi) ya da administrator (yönetici) yazın",
        ),
        (
            "--scope",
            "; read, transfer, assign, files, level, metrics ya da admin yazın; birden çoğu virgülle",
        ),
        (
            "--clearance",
            "; 0 (açık), 1 (hizmete özel), 2 (özel), 3 (gizli) ya da 4 (çok gizli) yazın",
        ),
        (
            "<DÜZEY>",
            "; 0 (açık), 1 (hizmete özel), 2 (özel), 3 (gizli) ya da 4 (çok gizli) yazın",
        ),
    ];
    forms
        .into_iter()
        .find(|(name, _)| argument.contains(name))
        .map_or("", |(_, form)| form)
}

fn strings(value: Option<&ContextValue>) -> Vec<String> {
    match value {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "help_tests.rs"]
mod help_tests;
