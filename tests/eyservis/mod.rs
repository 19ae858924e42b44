//! A service on loopback that speaks PTT's wire format over TLS and breaks its promises, driven by a seed, until it heals.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::civil::{Date, DateTime};
use kep_gateway::clock::{FixedClock, from_local};
use kep_gateway::hash::Sha256;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::config::MailboxConfig;
use kep_gateway::mailbox::eyservis::EyServisMailbox;
use kep_gateway::mailbox::eyservis::config::EyServisConfig;
use kep_gateway::secret::SecretFolder;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::soap_service::{self, Break, Connection};
use crate::support::{Dice, message};
use wire::{Reply, Request, bare, fault, nil, text};

pub const ADDRESS: &str = "kurum@hs01.kep.tr";
pub const SECRETS: [(&str, &str); 3] = [
    ("ptt.tcno", "11111111110"),
    ("ptt.parola", "p<ar>ola&1"),
    ("ptt.sifre", "Şifre\"2'"),
];
/// What the login with the right number yields.
pub const LOGIN: &str = "G-42";
pub const SMS: &str = "123456";

/// What the service can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection ends before the answer.
    Drop,
    /// The connection ends inside the answer.
    Truncate,
    /// Nothing comes; the connection stays.
    Stall,
    /// The answer drips, and stops.
    Drip,
    /// HTTP 503 with a page.
    Busy,
    /// A page where XML should be.
    Page,
    Refusal,
    /// `durum` says that something is wrong.
    ErrorCode,
    /// Another operation's reply.
    WrongWrapper,
    /// Tags that do not match.
    Garbage,
    /// Nothing at all inside the wrapper.
    Nothing,
    /// One row is left out of a list.
    Omit,
    /// One row stands in a list twice.
    Twice,
    /// One column has a cell too many.
    Uneven,
    /// The package has a file name and no bytes but an error text.
    DataWithError,
    /// Base64 that is none, or a reference to a part that does not come.
    BrokenBinary,
    /// A message arrives while the request runs.
    Arrive,
}

const FAULTS: [Fault; 17] = [
    Fault::Drop,
    Fault::Truncate,
    Fault::Stall,
    Fault::Drip,
    Fault::Busy,
    Fault::Page,
    Fault::Refusal,
    Fault::ErrorCode,
    Fault::WrongWrapper,
    Fault::Garbage,
    Fault::Nothing,
    Fault::Omit,
    Fault::Twice,
    Fault::Uneven,
    Fault::DataWithError,
    Fault::BrokenBinary,
    Fault::Arrive,
];
pub const FAULT_KINDS: usize = FAULTS.len();

/// Which rows of a list that is too long the service keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Oldest,
    Newest,
}

#[derive(Debug, Clone)]
pub struct Mail {
    pub kep_id: String,
    pub folder: String,
    /// On the wall in Turkey.
    pub arrived: DateTime,
    pub bytes: Vec<u8>,
    pub evidence: Vec<(String, Vec<u8>)>,
}

/// What lies at the service, and what is still to go wrong.
pub struct World {
    pub mails: Vec<Mail>,
    pub folders: Vec<String>,
    pub ever: BTreeSet<Sha256>,
    pub requests: Vec<Request>,
    pub struck: Vec<(Fault, String)>,
    /// Replies as multipart/related.
    pub mtom: bool,
    /// Every request is answered with these words as if the credentials were wrong.
    pub refuse: Option<String>,
    /// An answer for every request of an operation, as it stands.
    pub canned: Option<(String, u16, String, Vec<u8>)>,
    /// kepIds at which downloads break, always.
    pub poison: BTreeSet<String>,
    /// Queries that reach back before this are answered with an error.
    pub broken_before: Option<DateTime>,
    /// A list ends after so many rows, and does not say so.
    pub at_most: Option<(usize, Cut)>,
    /// The operation at which the credentials begin to be refused, for that and all that follow.
    pub refuse_from: Option<String>,
    /// Operations that are counted and never answered.
    pub silent: BTreeSet<String>,
    pub quota: i64,
    pub credit: String,
    faults_left: usize,
    dice: Dice,
    made: usize,
    today: Date,
}

impl World {
    fn new(seed: u64, today: Date, count: usize, faults: usize) -> Self {
        let mut world = Self {
            mails: Vec::new(),
            folders: vec!["INBOX".into(), "OUTBOX".into(), "INBOX.Sent".into()],
            ever: BTreeSet::new(),
            requests: Vec::new(),
            struck: Vec::new(),
            mtom: seed % 2 == 1,
            refuse: None,
            canned: None,
            poison: BTreeSet::new(),
            broken_before: None,
            at_most: None,
            refuse_from: None,
            silent: BTreeSet::new(),
            quota: 51_200,
            credit: "1250.50".into(),
            faults_left: faults,
            dice: Dice::new(seed),
            made: 0,
            today,
        };
        for _ in 0..count {
            let days = world.dice.below(20);
            world.arrive_on(today.saturating_sub(jiff::Span::new().days(i64::try_from(days).unwrap())));
        }
        world
    }

    pub fn arrive_on(&mut self, day: Date) -> String {
        // Midnights and their neighbours are where days are counted wrongly.
        let times = [(0, 0, 0), (23, 59, 59), (2, 59, 59), (3, 0, 0), (12, 0, 0)];
        let (hour, minute, second) = times[self.dice.below(times.len())];
        let size = 300 + self.dice.below(3_000);
        self.made += 1;
        let bytes = message(self.made, size);
        self.put("INBOX", day.at(hour, minute, second, 0), bytes)
    }

    pub fn put(&mut self, folder: &str, arrived: DateTime, bytes: Vec<u8>) -> String {
        self.made += 1;
        let kep_id = format!(
            "<EYWS{{{:08X}-AB}}.{}.pttkepMimeyap>",
            self.made * 7_919,
            arrived.strftime("%d%m%Y%H%M%S")
        );
        self.ever.insert(Sha256::of(&bytes));
        self.mails.push(Mail {
            kep_id: kep_id.clone(),
            folder: folder.to_owned(),
            arrived,
            bytes,
            evidence: Vec::new(),
        });
        kep_id
    }

    pub fn bodies(&self) -> BTreeSet<Sha256> {
        self.mails.iter().map(|mail| Sha256::of(&mail.bytes)).collect()
    }

    pub fn is_healed(&self) -> bool {
        self.faults_left == 0
    }

    pub fn set_today(&mut self, today: Date) {
        self.today = today;
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> usize {
        self.requests.iter().filter(|request| request.operation == operation).count()
    }

    fn fault(&mut self, operation: &str) -> Option<Fault> {
        if self.faults_left == 0 || !self.dice.one_in(3) {
            return None;
        }
        self.faults_left -= 1;
        let fault = FAULTS[self.dice.below(FAULTS.len())];
        self.struck.push((fault, operation.to_owned()));
        Some(fault)
    }

    fn answer(&mut self, request: &Request, fault: Option<Fault>) -> Reply {
        assert_eq!(request.soap_action, format!("\"urn:{}\"", request.operation));
        let account = if request.members.iter().any(|(name, _)| name == "kepHesap/kepHesap") {
            "kepHesap/"
        } else {
            ""
        };
        let given = |name: &str| request.member(&format!("{account}{name}"));
        assert_eq!(given("kepHesap"), ADDRESS);
        let right = SECRETS.map(|(_, secret)| secret) == [given("tcno"), given("parola"), given("sifre")];
        if self.refuse_from.as_ref() == Some(&request.operation) {
            self.refuse = Some("Şifre veya Parola Yanlış".to_owned());
        }
        let refused = self.refuse.clone().or((!right).then(|| "Şifre veya Parola Yanlış".to_owned()));
        match request.operation.as_str() {
            "PaketSorgula" | "PaketSorgula2" | "PaketSorgula3" => self.list(request, refused, fault),
            "Indir" => self.download(request, refused, fault),
            "PaketDetayDelilSorgula" => self.evidence(request, refused),
            "PaketDelilIndir" => self.download_evidence(request),
            "KotaSorgula" => Reply::new("KotaSorgulaResponse", bare("return", &self.quota.to_string())),
            "KontorSorgula" => {
                let words = refused.unwrap_or_else(|| "Kontör".to_owned());
                let inner = text("miktar", &self.credit) + &text("cins", &words);
                Reply::new("KontorSorgulaResponse", format!("<a:return>{inner}</a:return>"))
            }
            "DizinSorgula" => Reply::new(
                "DizinSorgulaResponse",
                self.folders.iter().map(|name| bare("return", name)).collect::<String>(),
            ),
            "AlindiOnay" | "PaketSil" => {
                if let Some(words) = refused {
                    return done(&request.operation, "1", &words);
                }
                if request.operation == "PaketSil" {
                    self.mails.retain(|mail| mail.kep_id != request.member("kepId"));
                }
                done(&request.operation, "0", "")
            }
            "Giris" => login(&request.operation, "0", "", "BEGUN-7"),
            "GuvenliGiris" => match (request.member("smsKey"), request.member("eGuvenlikId")) {
                (SMS, "BEGUN-7") => login(&request.operation, "0", "", LOGIN),
                _ => login(&request.operation, "1", "SMS kodu hatalı", ""),
            },
            other => panic!("nobody may ask for {other}"),
        }
    }

    fn list(&mut self, request: &Request, refused: Option<String>, fault: Option<Fault>) -> Reply {
        let date = |name: &str| request.member(name)[..19].parse::<DateTime>().unwrap();
        let (first, last) = (date("ilktarih"), date("sontarih"));
        let mut rows: Vec<&Mail> = self
            .mails
            .iter()
            .filter(|mail| mail.folder == request.member("dizin") && mail.arrived >= first && mail.arrived < last)
            .collect();
        rows.sort_by_key(|mail| mail.arrived);
        match self.at_most {
            Some((most, Cut::Oldest)) => rows.truncate(most),
            Some((most, Cut::Newest)) => drop(rows.drain(..rows.len().saturating_sub(most))),
            None => {}
        }
        match fault {
            Some(Fault::Omit) if !rows.is_empty() => {
                rows.remove(self.made % rows.len());
            }
            Some(Fault::Twice) if !rows.is_empty() => rows.push(rows[0]),
            _ => {}
        }
        let columns = request.operation == "PaketSorgula";
        let wrapper = match request.operation.as_str() {
            "PaketSorgula" => "PaketSorgulaResponse",
            "PaketSorgula2" => "PaketSorgulaResponse2",
            _ => "PaketSorgulaResponse3",
        };
        let status = |code: &str, words: &str, name: fn(&str, &str) -> String| {
            name("durum", code)
                + &if words.is_empty() {
                    String::new()
                } else {
                    name("hataaciklama", words)
                }
        };
        if let Some(words) = refused {
            return Reply::new(
                wrapper,
                if columns {
                    format!("<a:return>{}</a:return>", status("1", &words, text))
                } else {
                    status("1", &words, bare)
                },
            );
        }
        if self.broken_before.is_some_and(|day| first < day) {
            return Reply::new(wrapper, status("78", "Eski kayit", bare));
        }
        if fault == Some(Fault::ErrorCode) {
            return Reply::new(
                wrapper,
                if columns {
                    format!("<a:return>{}</a:return>", status("77", "Geçici hata", text))
                } else {
                    status("77", "Geçici hata", bare)
                },
            );
        }
        let extra = if fault == Some(Fault::Uneven) {
            text("konu", "fazla")
        } else {
            String::new()
        };
        let ids = |mail: &&Mail| text("kepId", &mail.kep_id);
        if columns {
            let all = |cell: &dyn Fn(&&Mail) -> String| rows.iter().map(cell).collect::<String>();
            let content = match rows.is_empty() {
                true => text("durum", "0") + &nil("kepId") + &nil("konu"),
                false => text("durum", "0") + &all(&ids) + &all(&|_| nil("kepSiraNo")) + &all(&|mail| text("konu", &mail.kep_id)) + &extra,
            };
            return Reply::new(wrapper, format!("<a:return>{content}</a:return>"));
        }
        let group = |inner: String| format!("<a:iletiler>{inner}</a:iletiler>");
        let content: String = rows
            .iter()
            .enumerate()
            .map(|(at, mail)| {
                group(ids(mail) + &nil("OrgMesajId") + &text("kepSiraNo", &(at + 1).to_string()) + &text("konu", "Konu <1>") + &extra)
            })
            .collect();
        match rows.is_empty() {
            true => Reply::new(wrapper, group(nil("kepId") + &nil("konu")) + &bare("durum", "0")),
            false => Reply::new(wrapper, content + &bare("durum", "0")),
        }
    }

    fn download(&mut self, request: &Request, refused: Option<String>, fault: Option<Fault>) -> Reply {
        assert_eq!(request.member("ePart"), "ALL");
        let wrapper = "IndirResponse";
        let failed = |code: &str, words: &str| {
            Reply::new(
                wrapper,
                format!("<a:return>{}{}</a:return>", text("durum", code), text("hataaciklama", words)),
            )
        };
        if let Some(words) = refused {
            return failed("1", &words);
        }
        let mail = self.mails.iter().find(|mail| mail.kep_id == request.member("kepId"));
        match (mail, fault) {
            (_, Some(Fault::ErrorCode)) => failed("77", "Geçici hata"),
            (None, _) => Reply::new(wrapper, format!("<a:return>{}<e:ePaket/></a:return>", text("durum", "0"))),
            (Some(mail), fault) => {
                let words = if fault == Some(Fault::DataWithError) {
                    text("hataaciklama", "Okunurken hata")
                } else {
                    nil("hataaciklama")
                };
                let mut reply = Reply::new(wrapper, format!("<a:return>{}{{binary}}{words}</a:return>", text("durum", "0")));
                reply.binary = Some(("ePaket".into(), "ileti".into(), mail.bytes.clone()));
                reply
            }
        }
    }

    fn evidence(&self, request: &Request, refused: Option<String>) -> Reply {
        let wrapper = "PaketDetayDelilSorgulaResponse";
        if let Some(words) = refused {
            return Reply::new(wrapper, bare("durum", "1") + &bare("hataaciklama", &words));
        }
        let mail = self.mails.iter().find(|mail| mail.kep_id == request.member("kepId"));
        // Evidence of sent mail comes to the inbox and is found there by the message's kepId.
        let mail = mail.filter(|mail| mail.folder == request.member("dizin") || request.member("dizin") == "INBOX");
        let mail = mail.filter(|mail| mail.folder != "INBOX.Sent" || request.member("dizin") == "INBOX");
        let row = |id: &str| {
            format!(
                "<a:DelilSonuc>{}{}{}{}{}</a:DelilSonuc>",
                text("durum", "0"),
                text("delilId", id),
                text("delilTurId", "40"),
                text("tarih", "2026-01-05T12:00:00"),
                text("alici", ADDRESS)
            )
        };
        let rows: String = mail.iter().flat_map(|mail| &mail.evidence).map(|(id, _)| row(id)).collect();
        Reply::new(wrapper, rows + &bare("durum", "0"))
    }

    fn download_evidence(&self, request: &Request) -> Reply {
        let all = self.mails.iter().flat_map(|mail| &mail.evidence);
        let found = all.into_iter().find(|(id, _)| id == request.member("delilId"));
        let mut reply = Reply::new(
            "PaketDelilIndirResponse",
            format!("<a:return>{}{{binary}}</a:return>", text("durum", "0")),
        );
        reply.binary = found.map(|(id, bytes)| ("eDelil".into(), format!("{id}.xml"), bytes.clone()));
        reply
    }
}

fn done(operation: &str, code: &str, words: &str) -> Reply {
    Reply::new(
        &format!("{operation}Response"),
        format!("<a:return>{}{}</a:return>", text("durum", code), text("hataaciklama", words)),
    )
}

fn login(operation: &str, code: &str, words: &str, id: &str) -> Reply {
    let inner = text("durum", code) + &text("hataaciklama", words) + &text("eGuvenlikId", id);
    Reply::new(&format!("{operation}Response"), format!("<a:return>{inner}</a:return>"))
}

/// The running service.
pub struct EyServis {
    pub folder: TempDir,
    pub url: String,
    pub clock: Arc<FixedClock>,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl Drop for EyServis {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EyServis {
    /// `count` messages of the last twenty days, `faults` still to come.
    pub async fn start(seed: u64, today: Date, count: usize, faults: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, secret) in SECRETS {
            fs::write(folder.path().join(name), format!("{secret}\n")).unwrap();
        }
        let world = Arc::new(Mutex::new(World::new(seed, today, count, faults)));
        let shared = Arc::clone(&world);
        let (port, task) = soap_service::listen(folder.path(), move |stream| {
            let world = Arc::clone(&shared);
            async move { serve(stream, &world).await }
        })
        .await;
        let url = format!("https://localhost:{port}/KepEYazismaV1.1/KepEYazismaCOREWSDL.php");
        let clock = FixedClock::at(from_local(today.at(12, 0, 0, 0)));
        Self {
            folder,
            url,
            clock,
            world,
            task,
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> usize {
        self.world().count(operation)
    }

    /// A new day, for both sides.
    pub fn set_today(&self, today: Date) {
        self.clock.set(from_local(today.at(12, 0, 0, 0)));
        self.world().set_today(today);
    }

    /// The table of this mailbox, with more lines, for a client that waits for a slow machine.
    pub fn table(&self, more: &str) -> String {
        self.table_with(soap_service::PATIENT, more)
    }

    fn table_with(&self, limits: &str, more: &str) -> String {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        format!(
            "name = \"ptt\"\nkind = \"eyservis\"\naddress = \"{ADDRESS}\"\nurl = \"{}\"\nca_file = \"{}\"\n\
             tcno_file = \"{}\"\nparola_file = \"{}\"\nsifre_file = \"{}\"\n{limits}{more}",
            self.url,
            file("ca.pem"),
            file("ptt.tcno"),
            file("ptt.parola"),
            file("ptt.sifre"),
        )
    }

    pub fn config(&self, more: &str) -> EyServisConfig {
        read_table(&self.table(more))
    }

    /// A client that gives up a stalled service soon.
    pub fn hasty_mailbox(&self, more: &str) -> EyServisMailbox {
        self.mailbox_of(read_table(&self.table_with(soap_service::HASTY, more)))
    }

    pub fn mailbox(&self, more: &str) -> EyServisMailbox {
        self.mailbox_of(self.config(more))
    }

    pub fn mailbox_of(&self, config: EyServisConfig) -> EyServisMailbox {
        let secrets = SecretFolder::beside(self.folder.path());
        EyServisMailbox::new(config, secrets, &Limits::default())
            .unwrap()
            .with_clock(self.clock.clone())
    }
}

fn read_table(table: &str) -> EyServisConfig {
    match toml::from_str(table).unwrap() {
        MailboxConfig::EyServis(config) => config,
        _ => panic!("kind"),
    }
}

async fn serve(mut stream: Connection, world: &Mutex<World>) -> std::io::Result<()> {
    while let Some(request) = read(&mut stream).await? {
        let (fault, answer) = {
            let mut world = world.lock().unwrap();
            let fault = world.fault(&request.operation);
            if fault == Some(Fault::Arrive) {
                let today = world.today;
                world.arrive_on(today);
            }
            let canned = world.canned.clone().filter(|(operation, ..)| *operation == request.operation);
            let reply = world.answer(&request, fault);
            let poisoned = request.operation == "Indir" && world.poison.contains(request.member("kepId"));
            let mtom = world.mtom;
            let fault = if poisoned { Some(Fault::Truncate) } else { fault };
            let fault = if world.silent.contains(&request.operation) {
                Some(Fault::Stall)
            } else {
                fault
            };
            world.requests.push(request);
            let (kind, body) = reply.written(mtom);
            (
                fault,
                canned.map_or((200, kind, body), |(_, status, kind, body)| (status, kind, body)),
            )
        };
        let (mut status, mut kind, mut body) = answer;
        let swap = |body: &[u8], from: &str, to: &str| String::from_utf8_lossy(body).replace(from, to).into_bytes();
        match fault {
            Some(Fault::Drop) => return Ok(()),
            Some(Fault::Stall) => {
                soap_service::stall().await;
                return Ok(());
            }
            Some(Fault::Busy) => (status, kind, body) = (503, "text/html".into(), b"<html>bakim".to_vec()),
            Some(Fault::Page) => (kind, body) = ("text/html".into(), b"<html>hos geldiniz</html>".to_vec()),
            Some(Fault::Refusal) => (status, kind, body) = (500, "text/xml".into(), fault_body()),
            Some(Fault::WrongWrapper) => body = swap(&body, "Response", "Yaniti"),
            Some(Fault::Garbage) => body = swap(&body, "</soapenv:Body>", "</soapenv:Govde>"),
            Some(Fault::Nothing) => (kind, body) = ("text/xml".into(), wire::envelope("").into_bytes()),
            Some(Fault::BrokenBinary) => {
                body = swap(
                    &swap(&body, "ePaket xmlns", "ePaket  x='1' xmlns"),
                    "fileName=\"ileti\">",
                    "fileName=\"ileti\">%%",
                )
            }
            _ => {}
        }
        if fault == Some(Fault::BrokenBinary) && kind.starts_with("multipart") {
            body = swap(&body, "cid:1.a", "cid:2.a");
        }
        let break_off = match fault {
            Some(Fault::Truncate) => Some(Break::Truncate),
            Some(Fault::Drip) => Some(Break::Drip),
            _ => None,
        };
        if !soap_service::write(&mut stream, break_off, status, &kind, &body).await? {
            return Ok(());
        }
    }
    Ok(())
}

fn fault_body() -> Vec<u8> {
    fault("Servis şu anda meşgul").into_bytes()
}

async fn read(stream: &mut Connection) -> std::io::Result<Option<Request>> {
    let Some(incoming) = soap_service::read(stream).await? else {
        return Ok(None);
    };
    assert!(incoming.line.starts_with("POST /KepEYazismaV1.1/"), "{}", incoming.line);
    Ok(Some(Request::read(&incoming.soap_action, incoming.body)))
}

/// Where the reconstructed WSDL lies, where this machine has it.
pub fn wsdl() -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas/ptt-kep/eyServis-RECONSTRUCTED.wsdl");
    file.is_file().then_some(file)
}
