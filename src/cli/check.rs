//! `config check`: everything that the configuration names is looked at, secrets included, and all that a run would stumble over is said at
//! once. Nobody is asked over the network.

use std::path::Path;

use openssl::x509::X509;

use super::failure::mailbox_problem;
use super::{Exit, Failure, Session};
use crate::config::Loaded;
use crate::decryption::Keyring;
use crate::mailbox;
use crate::mailbox::config::MailboxConfig;
use crate::regular_file;
use crate::settings::Settings;
use crate::text::{Lang, Text};
use crate::web;

/// All the authorities of a machine are some 300 KiB.
const PEM_BYTES: u64 = 4 << 20;

pub fn run(session: &Session) -> Result<Exit, Failure> {
    let loaded = session.loaded();
    let mut problems = [
        mailbox_problems(session),
        web_problems(loaded),
        people_problems(loaded),
        folder_problems(loaded),
    ]
    .concat();
    let usable = match Settings::build(loaded.clone(), session.clock()) {
        Ok(settings) => {
            problems.extend([trust_problems(&settings), alert_problems(&settings)].concat());
            true
        }
        Err(refused) => {
            problems.push(refused.text());
            false
        }
    };
    problems.iter().for_each(|problem| println!("! {}", problem.get(session.lang)));
    tell_what_was_read(loaded, session.lang);
    Ok(match problems.is_empty() {
        _ if !usable => Exit::Usage,
        true => Exit::Done,
        false => Exit::Indeterminate,
    })
}

fn tell_what_was_read(loaded: &Loaded, lang: Lang) {
    let names: Vec<&str> = loaded.config.mailbox.iter().map(MailboxConfig::name).collect();
    let source = loaded.path.as_ref().map(|path| path.display().to_string());
    match lang {
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
}

fn mailbox_problems(session: &Session) -> Vec<Text> {
    let loaded = session.loaded();
    if loaded.config.mailbox.is_empty() {
        return vec![Text::new(
            "hiçbir kutu tanımlı değil ([[mailbox]])",
            "no mailbox is defined ([[mailbox]])",
        )];
    }
    let keyring = Keyring::new(&loaded.config.mailbox, &loaded.secrets, session.clock().now());
    let mut problems = Vec::new();
    for mailbox in &loaded.config.mailbox {
        let secrets = mailbox
            .secret_files()
            .into_iter()
            .filter_map(|file| loaded.secrets.read(file).err());
        let mut of_mailbox: Vec<Text> = secrets.map(|error| error.text()).collect();
        of_mailbox.extend(keyring.problems(mailbox.name()));
        of_mailbox.extend(mailbox.authorities().and_then(|file| authorities_problem("ca_file", file)));
        of_mailbox.extend(mailbox.folder_named().and_then(|(key, path)| no_folder(key, path)));
        of_mailbox.extend(mailbox.host().and_then(host_problem));
        of_mailbox.extend(address_problem(mailbox.address()));
        let name = mailbox.name();
        problems.extend(of_mailbox.into_iter().map(|problem| {
            Text::new(
                format!("[[mailbox]] {name}: {}", problem.tr),
                format!("[[mailbox]] {name}: {}", problem.en),
            )
        }));
        let opened = mailbox::open(mailbox, &loaded.secrets, &loaded.config.limits);
        problems.extend(opened.err().map(|error| mailbox_problem(&error)));
    }
    problems
}

/// A URL or a port in the host's place finds no server, and says so only as a name that cannot be looked up.
fn host_problem(host: &str) -> Option<Text> {
    let wrong = host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@?#[]".contains(c));
    // A colon is right in an IPv6 address alone.
    let port = host.contains(':') && host.parse::<std::net::Ipv6Addr>().is_err();
    (wrong || port).then(|| {
        Text::new(
            format!("host = {host:?} bir sunucu adı değil; yalnız adı yazın, kapıyı port'a, korumayı security'ye"),
            format!("host = {host:?} is no name of a server; write the name alone, its port in port and its protection in security"),
        )
    })
}

/// The receiver of a document is known by it, and alerts are kept away from it.
fn address_problem(address: &str) -> Option<Text> {
    let sound = match address.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty() && domain.contains('.') && !domain.contains('@') && !address.contains(char::is_whitespace)
        }
        None => address.is_empty(),
    };
    (!sound).then(|| {
        Text::new(
            format!("address = {address:?} bir KEP adresi değil; örnek: kurum@hs01.kep.tr"),
            format!("address = {address:?} is no KEP address; an example: kurum@hs01.kep.tr"),
        )
    })
}

/// What keeps the page from being served.
fn web_problems(loaded: &Loaded) -> Vec<Text> {
    let config = &loaded.config.web;
    if config.listen.is_empty() {
        return Vec::new();
    }
    let tls = web::tls::acceptor(config).err();
    // A name that cannot be looked up here may be right where the daemon runs.
    let addresses = config.addresses().unwrap_or_default();
    let exposed = addresses.iter().find_map(|address| config.may_serve(address.ip()).err());
    tls.into_iter().chain(exposed).collect()
}

/// What keeps people of the directory or the provider out.
fn people_problems(loaded: &Loaded) -> Vec<Text> {
    let (ldap, oidc) = (&loaded.config.people.ldap, &loaded.config.people.oidc);
    let mut problems = Vec::new();
    let secret = |table: &str, file: &Path| {
        let error = (!file.as_os_str().is_empty()).then(|| loaded.secrets.read(file).err()).flatten();
        error.map(|error| in_table(table, &error.text()))
    };
    if !ldap.url.is_empty() {
        problems.extend(secret("[people.ldap] password_file", &ldap.password_file));
        problems.extend(authorities_problem("[people.ldap] ca_file", &ldap.ca_file));
    }
    if !oidc.issuer.is_empty() {
        problems.extend(secret("[people.oidc] secret_file", &oidc.secret_file));
        problems.extend(authorities_problem("[people.oidc] ca_file", &oidc.ca_file));
    }
    problems
}

/// Folders that are read where they are there, and passed over in silence where they are not.
fn folder_problems(loaded: &Loaded) -> Vec<Text> {
    let trust = &loaded.config.trust;
    let named = [
        ("[trust] intermediates", &trust.intermediates),
        ("[trust] revocation", &trust.revocation),
    ];
    named.into_iter().filter_map(|(key, path)| no_folder(key, path)).collect()
}

fn no_folder(key: &str, path: &Path) -> Option<Text> {
    let missing = !path.as_os_str().is_empty() && !path.is_dir();
    let path = path.display();
    missing.then(|| {
        Text::new(
            format!("{key}: {path} diye bir klasör yok; oluşturun ya da {key} değerini düzeltin"),
            format!("{key}: there is no folder {path}; create it or correct {key}"),
        )
    })
}

/// A file of authorities that cannot be used keeps every connection from being made.
fn authorities_problem(key: &str, file: &Path) -> Option<Text> {
    if file.as_os_str().is_empty() {
        return None;
    }
    let unusable = |problem: Text| in_table(&format!("{key}: {}", file.display()), &problem);
    match regular_file::read(file, PEM_BYTES) {
        Err(error) => Some(unusable(regular_file::reason(&error))),
        Ok(pem) if X509::stack_from_pem(&pem).is_ok_and(|authorities| !authorities.is_empty()) => None,
        Ok(_) => Some(unusable(Text::new(
            "içinde PEM biçiminde sertifika yok; kurumun ya da sağlayıcının kök sertifikasını verin",
            "there is no certificate in PEM in it; give the institution's or the provider's root certificate",
        ))),
    }
}

fn in_table(table: &str, problem: &Text) -> Text {
    Text::new(format!("{table}: {}", problem.tr), format!("{table}: {}", problem.en))
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
    let known = |name: &String| settings.alerts.group.iter().any(|group| group.name == *name);
    for rule in &settings.registry.rules.rules {
        let (name, unknown) = (&rule.name, rule.then.alert_groups.iter().filter(|name| !known(name)));
        problems.extend(unknown.map(|group| {
            Text::new(
                format!("yönlendirme kuralı '{name}' olmayan '{group}' grubunu anıyor; yerine varsayılan grup haberdar edilir"),
                format!("the routing rule '{name}' names the group '{group}', which does not exist; the default group is told instead"),
            )
        }));
    }
    problems
}
