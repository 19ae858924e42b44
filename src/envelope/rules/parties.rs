//! U13-U17 and U30: institutions, persons, legal persons and how to reach them.

use super::Report;
use crate::envelope::metadata::{Actor, Contact, Institution, LegalPerson, NaturalPerson};
use crate::envelope::read::Opened;
use crate::envelope::roles::PartRole;
use crate::finding::Severity::{Error, Note, Warning};

/// Registries of legal persons known so far; the list is open.
const SCHEMES: &[&str] = &["MERSIS", "VBYS", "DERBIS", "PARBIS", "SENBIS"];
/// KEP providers are numbered; eight so far.
const PROVIDERS: std::ops::RangeInclusive<u32> = 1..=8;

/// Every party of the package with its place; persons who sign included.
pub(super) fn all(opened: &Opened) -> Vec<(String, &Actor)> {
    let slots = slots(opened);
    slots.into_iter().filter_map(|(place, actor)| Some((place, actor?))).collect()
}

/// Every place where a party must stand.
fn slots(opened: &Opened) -> Vec<(String, Option<&Actor>)> {
    let uri = |role| opened.cast.part(role).map_or("", |part| opened.uri(part));
    let mut slots = Vec::new();
    if let Some(document) = &opened.metadata.document {
        let place = uri(PartRole::Metadata);
        slots.extend(document.author.iter().map(|author| (format!("{place} Olusturan"), author.as_ref())));
        let listed = |name: &'static str| move |index: usize| format!("{place} {name}[{}]", index + 1);
        let at = listed("Dagitim");
        slots.extend(
            document
                .distribution
                .iter()
                .flatten()
                .enumerate()
                .map(|(index, entry)| (at(index), entry.party.as_ref())),
        );
        let at = listed("Ilgili");
        slots.extend(
            document
                .contacts
                .iter()
                .enumerate()
                .map(|(index, actor)| (at(index), actor.as_ref())),
        );
    }
    let place = uri(PartRole::Targets);
    let targets = opened.metadata.targets.iter().flatten().enumerate();
    slots.extend(targets.map(|(index, actor)| (format!("{place} Hedef[{}]", index + 1), actor.as_ref())));
    slots
}

pub(super) fn check(opened: &Opened, report: &mut Report) {
    for (place, actor) in slots(opened) {
        match actor {
            None => {
                report.add(
                    "U13",
                    Error,
                    &place,
                    "Kurum, gerçek ya da tüzel kişi yazılmamış.",
                    "No institution, person or legal person is given.",
                );
            }
            Some(Actor::Institution(institution)) => check_institution(institution, opened.major, &place, report),
            Some(Actor::Person(person)) => check_person(person, &place, report),
            Some(Actor::LegalPerson(legal)) => check_legal_person(legal, &place, report),
        }
        if let Some(contact) = actor.and_then(Actor::contact) {
            check_contact(contact, &place, report);
        }
    }
    unit_of_author(opened, report);
    let role = if opened.major >= 2 {
        PartRole::FinalMetadata
    } else {
        PartRole::Signers
    };
    let place = opened.cast.part(role).map_or("", |part| opened.uri(part));
    for (index, signer) in opened.metadata.last.iter().flat_map(|last| &last.signers).enumerate() {
        for (name, person) in [
            ("Imzalayan", &signer.person),
            ("YetkiDevreden", &signer.delegator),
            ("VekaletVeren", &signer.principal),
        ] {
            let Some(person) = person else { continue };
            let place = format!("{place} Imza[{}]/{name}", index + 1);
            check_person(person, &place, report);
            if let Some(contact) = &person.contact {
                check_contact(contact, &place, report);
            }
        }
    }
}

/// U13 and U14.
fn check_institution(institution: &Institution, major: u8, place: &str, report: &mut Report) {
    match institution.kkk.as_deref() {
        None => {
            report.add("U13", Error, format!("{place}/KKK"), "KKK boş.", "KKK is empty.");
        }
        Some(kkk) if is_detsis(kkk) => {}
        Some(kkk) if major < 2 && kkk.len() == 14 && kkk.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            report.add(
                "U13",
                Note,
                format!("{place}/KKK"),
                "KKK eski DTVT kodu.",
                "KKK is an old DTVT code.",
            );
        }
        Some(_) => {
            report.add(
                "U13",
                Warning,
                format!("{place}/KKK"),
                "KKK sekiz haneli DETSİS numarası değil.",
                "KKK is not an eight-digit DETSİS number.",
            );
        }
    }
    if major >= 2 && institution.unit_kkk.as_deref().is_some_and(|kkk| !is_detsis(kkk)) {
        report.add(
            "U14",
            Warning,
            format!("{place}/BirimKKK"),
            "BirimKKK sekiz haneli DETSİS numarası değil.",
            "BirimKKK is not an eight-digit DETSİS number.",
        );
    }
}

/// U14: the unit is asked for where it tells most, at the author.
fn unit_of_author(opened: &Opened, report: &mut Report) {
    let author = opened.metadata.document.as_ref().and_then(|document| document.author.as_ref());
    if let Some(Some(Actor::Institution(Institution { unit_kkk: None, .. }))) = author
        && opened.major >= 2
    {
        report.add(
            "U14",
            Note,
            "Olusturan/BirimKKK",
            "Oluşturan birimin kodu yazılmamış.",
            "The author's unit code is not given.",
        );
    }
}

/// `[1-9][0-9]{7}`
fn is_detsis(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// U15.
fn check_legal_person(legal: &LegalPerson, place: &str, report: &mut Report) {
    match legal.id.as_ref().map(|id| id.scheme.as_deref()) {
        None | Some(None) => {
            report.add(
                "U15",
                Error,
                format!("{place}/Id"),
                "Tüzel kişinin kimliği ya da schemeID'si yok.",
                "The legal person has no id or no schemeID.",
            );
        }
        Some(Some(scheme)) if !SCHEMES.contains(&scheme) => {
            report.add(
                "U15",
                Note,
                format!("{place}/Id"),
                "schemeID bilinen sicillerden değil.",
                "schemeID is none of the known registries.",
            );
        }
        Some(Some(_)) => {}
    }
}

/// U16 and U17.
fn check_person(person: &NaturalPerson, place: &str, report: &mut Report) {
    if person.first_name.is_none() || person.surname.is_none() {
        report.add(
            "U16",
            Error,
            format!("{place}/Kisi"),
            "Kişinin adı ya da soyadı yok.",
            "The person's first name or surname is missing.",
        );
    }
    if person.national_id.as_ref().is_some_and(|id| !id.is_valid()) {
        report.add(
            "U17",
            Warning,
            format!("{place}/TCKN"),
            "T.C. kimlik numarası geçersiz.",
            "The national identity number is not valid.",
        );
    }
}

/// U30.
fn check_contact(contact: &Contact, place: &str, report: &mut Report) {
    type Shape = fn(&str) -> bool;
    let shapes: [(&str, &Option<String>, Shape); 6] = [
        ("KepAdresi", &contact.kep_address, is_kep_address),
        ("EPosta", &contact.email, is_mail_address),
        ("Telefon", &contact.phone, is_phone),
        ("TelefonDiger", &contact.other_phone, is_phone),
        ("Faks", &contact.fax, is_phone),
        ("WebAdresi", &contact.web, is_host),
    ];
    for (name, _, _) in shapes
        .into_iter()
        .filter(|(_, value, shape)| value.as_deref().is_some_and(|value| !shape(value)))
    {
        report.add(
            "U30",
            Note,
            format!("{place}/{name}"),
            format!("{name} biçimsiz."),
            format!("{name} is not well-shaped."),
        );
    }
}

fn is_mail_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(user, domain)| !user.is_empty() && is_host(domain) && !domain.contains('@'))
}

fn is_kep_address(text: &str) -> bool {
    let Some((user, domain)) = text.split_once('@') else { return false };
    let provider = domain
        .to_ascii_lowercase()
        .strip_suffix(".kep.tr")
        .and_then(|name| name.strip_prefix("hs")?.parse::<u32>().ok());
    !user.is_empty() && provider.is_some_and(|number| PROVIDERS.contains(&number))
}

fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (7..=20).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " +-()/.".contains(c))
}

/// With or without a scheme: people write `www.kurum.gov.tr`.
fn is_host(text: &str) -> bool {
    let host = text
        .split_once("://")
        .map_or(text, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    host.contains('.') && !host.starts_with('.') && !text.contains(char::is_whitespace)
}

pub(super) fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://") || lower.starts_with("www.")) && is_host(text)
}
