//! A service on loopback that speaks PTT's wire format over TLS and breaks its promises, driven by a seed, until it heals.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, DateTime};
use kep_gateway::hash::Sha256;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::config::MailboxConfig;
use kep_gateway::mailbox::eyservis::EyServisMailbox;
use kep_gateway::mailbox::eyservis::config::EyServisConfig;
use kep_gateway::secret::SecretFolder;

use crate::support::soap_service::{self, Answer, Fake, Incoming, Script, Wire, swapped};
use crate::support::{Dice, message};
use wire::{Reply, Request, bare, nil, text};

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
    Wire(Wire),
    /// `durum` says that something is wrong.
    ErrorCode,
    /// Another operation's reply.
    WrongWrapper,
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

const OWN_FAULTS: [Fault; 8] = [
    Fault::ErrorCode,
    Fault::WrongWrapper,
    Fault::Omit,
    Fault::Twice,
    Fault::Uneven,
    Fault::DataWithError,
    Fault::BrokenBinary,
    Fault::Arrive,
];
pub const FAULT_KINDS: usize = OWN_FAULTS.len() + Wire::ALL.len();

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
    pub requests: Vec<Request>,
    script: Script<Fault>,
    /// Replies as multipart/related.
    pub mtom: bool,
    /// Every request is answered with these words as if the credentials were wrong.
    pub refuse: Option<String>,
    /// An answer for every request of an operation, as it stands.
    pub canned: Option<(String, u16, String, Vec<u8>)>,
    /// A folder, and the answer for every query of it.
    pub canned_folder: Option<(String, Answer)>,
    /// kepIds at which downloads break, always.
    pub poison: BTreeSet<String>,
    /// Queries that reach back before this are answered with an error.
    pub broken_before: Option<DateTime>,
    /// A list ends after so many rows, and does not say so.
    pub at_most: Option<(usize, Cut)>,
    /// The operation at which the credentials begin to be refused, for that and all that follow.
    pub refuse_from: Option<String>,
    /// kepIds that the service neither acknowledges nor deletes.
    pub stubborn: BTreeSet<String>,
    /// kepIds whose evidence is listed in an answer that nobody can read.
    pub broken_evidence: BTreeSet<String>,
    /// Each message has one more delil, which is listed without its id.
    pub has_nameless_evidence: bool,
    /// Operations that are counted and never answered.
    pub silent: BTreeSet<String>,
    pub quota: i64,
    pub credit: String,
    made: usize,
}

impl World {
    fn new(seed: u64, today: Date, count: usize, faults: usize) -> Self {
        let mut world = Self {
            mails: Vec::new(),
            folders: vec!["INBOX".into(), "OUTBOX".into(), "INBOX.Sent".into()],
            requests: Vec::new(),
            script: Script::new(
                Dice::new(seed),
                today,
                Wire::ALL.map(Fault::Wire).into_iter().chain(OWN_FAULTS).collect(),
                faults,
            ),
            mtom: seed % 2 == 1,
            refuse: None,
            canned: None,
            canned_folder: None,
            poison: BTreeSet::new(),
            broken_before: None,
            at_most: None,
            refuse_from: None,
            stubborn: BTreeSet::new(),
            broken_evidence: BTreeSet::new(),
            has_nameless_evidence: false,
            silent: BTreeSet::new(),
            quota: 51_200,
            credit: "1250.50".into(),
            made: 0,
        };
        for _ in 0..count {
            let day = world.script.recent();
            world.arrive_on(day);
        }
        world
    }

    pub fn arrive_on(&mut self, day: Date) -> String {
        let arrived = self.script.time_on(day);
        let size = 300 + self.script.dice.below(3_000);
        self.made += 1;
        let bytes = message(self.made, size);
        self.put("INBOX", arrived, bytes)
    }

    pub fn put(&mut self, folder: &str, arrived: DateTime, bytes: Vec<u8>) -> String {
        self.made += 1;
        let kep_id = format!(
            "<EYWS{{{:08X}-AB}}.{}.pttkepMimeyap>",
            self.made * 7_919,
            arrived.strftime("%d%m%Y%H%M%S")
        );
        self.script.ever.insert(Sha256::of(&bytes));
        self.mails.push(Mail {
            kep_id: kep_id.clone(),
            folder: folder.to_owned(),
            arrived,
            bytes,
            evidence: Vec::new(),
        });
        kep_id
    }

    fn reply(&mut self, request: &Request, fault: Option<Fault>) -> Reply {
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
                if self.stubborn.contains(request.member("kepId")) {
                    return done(&request.operation, "31", "Islem yapilamadi");
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
        if self.broken_evidence.contains(request.member("kepId")) {
            return Reply::new("BaskaResponse", bare("durum", "0"));
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
        let mut rows: String = mail.iter().flat_map(|mail| &mail.evidence).map(|(id, _)| row(id)).collect();
        if self.has_nameless_evidence {
            rows += &format!(
                "<a:DelilSonuc>{}{}{}</a:DelilSonuc>",
                text("durum", "0"),
                nil("delilId"),
                text("delilTurId", "41")
            );
        }
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

impl soap_service::World for World {
    type Fault = Fault;
    const PATH: &'static str = "/KepEYazismaV1.1/";

    fn script(&mut self) -> &mut Script<Fault> {
        &mut self.script
    }

    fn contents(&self) -> impl Iterator<Item = &[u8]> {
        self.mails.iter().map(|mail| mail.bytes.as_slice())
    }

    fn count(&self, operation: &str) -> usize {
        self.requests.iter().filter(|request| request.operation == operation).count()
    }

    fn answer(&mut self, incoming: Incoming) -> (Option<Wire>, Answer) {
        let request = Request::read(&incoming.soap_action, incoming.body);
        let fault = self.script.strike(&request.operation);
        if fault == Some(Fault::Arrive) {
            self.arrive_on(self.script.today);
        }
        let (kind, mut body) = self.reply(&request, fault).written(self.mtom);
        match fault {
            Some(Fault::WrongWrapper) => body = swapped(&body, "Response", "Yaniti"),
            Some(Fault::BrokenBinary) if kind.starts_with("multipart") => body = swapped(&body, "cid:1.a", "cid:2.a"),
            Some(Fault::BrokenBinary) => body = swapped(&body, "fileName=\"ileti\">", "fileName=\"ileti\">%%"),
            _ => {}
        }
        let canned = self.canned.clone().filter(|(operation, ..)| *operation == request.operation);
        let is_query = request.operation.starts_with("PaketSorgula");
        let of_folder = self
            .canned_folder
            .clone()
            .filter(|(folder, _)| is_query && folder == request.member("dizin"));
        let answer = canned.map_or((200, kind, body), |(_, status, kind, body)| (status, kind, body));
        let answer = of_folder.map_or(answer, |(_, answer)| answer);
        let is_poisoned = request.operation == "Indir" && self.poison.contains(request.member("kepId"));
        let wire = match fault {
            _ if self.silent.contains(&request.operation) => Some(Wire::Stall),
            _ if is_poisoned => Some(Wire::Truncate),
            Some(Fault::Wire(wire)) => Some(wire),
            _ => None,
        };
        self.requests.push(request);
        (wire, answer)
    }
}

pub type EyServis = Fake<World>;

impl Fake<World> {
    /// `count` messages of the last twenty days, `faults` still to come.
    pub async fn start(seed: u64, today: Date, count: usize, faults: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, secret) in SECRETS {
            fs::write(folder.path().join(name), format!("{secret}\n")).unwrap();
        }
        let world = World::new(seed, today, count, faults);
        Self::serving(folder, "/KepEYazismaV1.1/KepEYazismaCOREWSDL.php", today, world).await
    }

    /// The table of this mailbox, with more lines, for a client that waits for a slow machine.
    pub fn table(&self, more: &str) -> String {
        self.table_with(soap_service::PATIENT, more)
    }

    fn table_with(&self, limits: &str, more: &str) -> String {
        format!(
            "name = \"ptt\"\nkind = \"eyservis\"\naddress = \"{ADDRESS}\"\nurl = \"{}\"\nca_file = \"{}\"\n\
             tcno_file = \"{}\"\nparola_file = \"{}\"\nsifre_file = \"{}\"\n{limits}{more}",
            self.url,
            self.file("ca.pem"),
            self.file("ptt.tcno"),
            self.file("ptt.parola"),
            self.file("ptt.sifre"),
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

/// Where the reconstructed WSDL lies, where this machine has it.
pub fn wsdl() -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas/ptt-kep/eyServis-RECONSTRUCTED.wsdl");
    file.is_file().then_some(file)
}
