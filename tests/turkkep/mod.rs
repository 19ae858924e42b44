//! A service on loopback with the calls and members that are publicly known of TÜRKKEP's, under wrappers and namespaces of its own, that breaks
//! its promises, driven by a seed, until it heals.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use jiff::civil::{Date, DateTime};
use kep_gateway::hash::Sha256;
use kep_gateway::limits::Limits;
use kep_gateway::mailbox::config::MailboxConfig;
use kep_gateway::mailbox::turkkep::TurkkepMailbox;
use kep_gateway::mailbox::turkkep::config::TurkkepConfig;
use kep_gateway::secret::SecretFolder;

use crate::support::soap::{self, envelope, escape};
use crate::support::soap_service::{self, Answer, Fake, Incoming, Script, Wire, swapped};
use crate::support::{Dice, message};

pub const ADDRESS: &str = "kurum@hs03.kep.tr";
pub const PASSWORD: &str = "ş<i>fre&1\"";
pub const OFFICER: &str = "001";
const NAMESPACE: &str = "urn:deneme";
/// What an operator who has the WSDL writes: the call that gives a mail, and where the bytes stand.
pub const CALLS: &str = "message_call = \"IletiGetir\"\nmessage_element = \"iletiVerisi\"\nevidence_element = \"delilVerisi\"\n";

/// What the service can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Wire(Wire),
    ErrorCode,
    /// No sonucKodu.
    Unsaid,
    Omit,
    Twice,
    /// One row's kepUID is no number.
    BadUid,
    BrokenBinary,
    Arrive,
}

const OWN_FAULTS: [Fault; 7] = [
    Fault::ErrorCode,
    Fault::Unsaid,
    Fault::Omit,
    Fault::Twice,
    Fault::BadUid,
    Fault::BrokenBinary,
    Fault::Arrive,
];
pub const FAULT_KINDS: usize = OWN_FAULTS.len() + Wire::ALL.len();

/// A request as the service reads it: the call, and every element without children.
#[derive(Debug, Clone)]
pub struct Request {
    pub call: String,
    pub soap_action: String,
    members: Vec<(String, String)>,
}

impl Request {
    fn read(soap_action: &str, xml: &str) -> Self {
        let document = roxmltree::Document::parse(xml).unwrap();
        let body = document.descendants().find(|node| node.tag_name().name() == "Body").unwrap();
        let call = body.first_element_child().unwrap();
        let leaves = call
            .descendants()
            .filter(|node| node.is_element() && node.first_element_child().is_none());
        Self {
            call: call.tag_name().name().to_owned(),
            soap_action: soap_action.to_owned(),
            members: leaves
                .map(|node| (node.tag_name().name().to_owned(), node.text().unwrap_or_default().to_owned()))
                .collect(),
        }
    }

    pub fn member(&self, name: &str) -> &str {
        let found = self.members.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct Mail {
    pub uid: u64,
    pub identifier: String,
    pub kind: &'static str,
    /// On the wall in Turkey.
    pub arrived: DateTime,
    pub bytes: Vec<u8>,
}

/// How many rows of a list the service gives, and from which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    All,
    Lowest(usize),
    Highest(usize),
}

pub struct World {
    pub mails: Vec<Mail>,
    pub requests: Vec<Request>,
    script: Script<Fault>,
    pub page: Page,
    /// Whether the last day belongs to the list.
    pub includes_last: bool,
    pub mtom: bool,
    /// Every request is answered with this code and these words.
    pub refuse: Option<(String, String)>,
    /// An iletiTuru that the service does not know.
    pub unknown_kind: Option<String>,
    pub canned: Option<(u16, String, Vec<u8>)>,
    /// An iletiTuru, and the answer for every list of it.
    pub canned_kind: Option<(String, Answer)>,
    made: usize,
    highest: u64,
}

impl World {
    fn new(seed: u64, today: Date, count: usize, faults: usize) -> Self {
        let mut dice = Dice::new(seed);
        let most = 1 + dice.below(20);
        let page = [Page::All, Page::Lowest(most), Page::Highest(most)][dice.below(3)];
        let mut world = Self {
            mails: Vec::new(),
            requests: Vec::new(),
            page,
            includes_last: dice.one_in(2),
            mtom: dice.one_in(2),
            refuse: None,
            unknown_kind: None,
            canned: None,
            canned_kind: None,
            script: Script::new(
                dice,
                today,
                Wire::ALL.map(Fault::Wire).into_iter().chain(OWN_FAULTS).collect(),
                faults,
            ),
            made: 0,
            highest: 0,
        };
        for _ in 0..count {
            let day = world.script.recent();
            world.arrive_on(day);
        }
        world
    }

    /// A mail or evidence, under the next UID or one that is a little further.
    pub fn arrive_on(&mut self, day: Date) -> u64 {
        let arrived = self.script.time_on(day);
        let dice = &mut self.script.dice;
        self.made += 1;
        self.highest += 1 + dice.below(3_000) as u64;
        let kind = if dice.one_in(3) { "Message" } else { "Dispatch" };
        let bytes = message(self.made, 300 + dice.below(3_000));
        self.put(self.highest, kind, arrived, bytes)
    }

    pub fn put(&mut self, uid: u64, kind: &'static str, arrived: DateTime, bytes: Vec<u8>) -> u64 {
        self.script.ever.insert(Sha256::of(&bytes));
        self.highest = self.highest.max(uid);
        self.mails.push(Mail {
            uid,
            identifier: format!("<{uid}@turkkep.example>"),
            kind,
            arrived,
            bytes,
        });
        uid
    }

    /// The content of the answer, with `{binary}` where bytes stand.
    fn reply(&mut self, request: &Request, fault: Option<Fault>) -> (String, Option<Vec<u8>>) {
        assert_eq!(request.member("islemYetkiliKodu"), OFFICER);
        assert_eq!(request.member("kullaniciAdi"), ADDRESS);
        let wrong =
            (request.member("kullaniciSifresi") != PASSWORD).then(|| ("403".to_owned(), "Kullanıcı adı veya şifre hatalı".to_owned()));
        let unknown = (self.unknown_kind.as_deref() == Some(request.member("iletiTuru"))).then(|| ("412".into(), "Tür geçersiz".into()));
        if let Some((code, words)) = self.refuse.clone().or(wrong).or(unknown) {
            return (result(&code, &words, ""), None);
        }
        match (request.call.as_str(), fault) {
            (_, Some(Fault::ErrorCode)) => (result("500", "Geçici hata", ""), None),
            ("KEPPostaKutusuListesi", fault) => (self.list(request, fault), None),
            ("IletiGetir", _) => self.download(request, "Dispatch", "iletiVerisi", request.member("postaUID")),
            ("DelilGetir", _) => self.download(request, "Message", "delilVerisi", request.member("postaIletiID")),
            (other, _) => panic!("nobody may ask for {other}"),
        }
    }

    fn list(&self, request: &Request, fault: Option<Fault>) -> String {
        assert_eq!(request.member("listelemeTuru"), "ALL");
        let day = |name: &str| request.member(name).parse::<Date>().unwrap();
        let uid = |name: &str| request.member(name).parse::<u64>().unwrap();
        let (first, last) = (day("baslangicTarihi"), day("bitisTarihi"));
        let (from, to) = (uid("kepUIDStartFrom"), uid("kepUIDEndTo"));
        assert!(from <= to && to <= u64::try_from(i64::MAX).unwrap());
        let is_asked = |mail: &&Mail| {
            let day = mail.arrived.date();
            mail.kind == request.member("iletiTuru")
                && first <= day
                && (day < last || self.includes_last && day == last)
                && (from..=to).contains(&mail.uid)
        };
        let mut rows: Vec<&Mail> = self.mails.iter().filter(is_asked).collect();
        rows.sort_by_key(|mail| mail.uid);
        match self.page {
            Page::All => {}
            Page::Lowest(most) => rows.truncate(most),
            Page::Highest(most) => drop(rows.drain(..rows.len().saturating_sub(most))),
        }
        match fault {
            Some(Fault::Omit) if !rows.is_empty() => {
                rows.remove(self.made % rows.len());
            }
            Some(Fault::Twice) if !rows.is_empty() => rows.push(rows[0]),
            _ => {}
        }
        let rows = rows.iter().enumerate().map(|(at, mail)| {
            let uid = if at == 0 && fault == Some(Fault::BadUid) { "yok".into() } else { mail.uid.to_string() };
            format!(
                "<d:mailList><d:kepUID>{uid}</d:kepUID><d:kepUAMessageIdentifier>{}</d:kepUAMessageIdentifier><d:kepEvidenceType>1</d:kepEvidenceType>\
                 <d:kepSendDate>{}</d:kepSendDate></d:mailList>",
                escape(&mail.identifier),
                mail.arrived
            )
        });
        result("200", "Başarılı", &rows.collect::<String>())
    }

    fn download(&self, request: &Request, kind: &str, element: &str, key: &str) -> (String, Option<Vec<u8>>) {
        let is_meant = |mail: &&Mail| mail.kind == kind && (mail.uid.to_string() == key || mail.identifier == key);
        match self.mails.iter().find(is_meant) {
            Some(mail) => (
                result("200", "Başarılı", &format!("<d:{element}>{{binary}}</d:{element}>")),
                Some(mail.bytes.clone()),
            ),
            None => (result("404", &format!("{} bulunamadı", request.call), ""), None),
        }
    }
}

fn result(code: &str, words: &str, more: &str) -> String {
    format!(
        "<d:sonuc><d:sonucKodu>{code}</d:sonucKodu><d:sonucu>{}</d:sonucu>{more}</d:sonuc>",
        escape(words)
    )
}

/// A whole answer under the wrapper that this service has.
pub fn written(call: &str, content: &str, bytes: Option<Vec<u8>>, mtom: bool) -> (String, Vec<u8>) {
    let inside = |binary: &str| {
        let content = content.replace("{binary}", binary);
        envelope(&format!("<d:{call}Yaniti xmlns:d=\"{NAMESPACE}\">{content}</d:{call}Yaniti>"))
    };
    soap::written(inside, bytes.as_deref(), mtom)
}

/// The request envelope of a call as an operator takes it from a WSDL.
fn template(call: &str, members: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:d=\"{NAMESPACE}\"><s:Body><d:{call}><d:yetki>\
         <d:islemYetkiliKodu>{{{{islemYetkiliKodu}}}}</d:islemYetkiliKodu><d:kullaniciAdi>{{{{kullaniciAdi}}}}</d:kullaniciAdi>\
         <d:kullaniciSifresi>{{{{kullaniciSifresi}}}}</d:kullaniciSifresi></d:yetki>{members}</d:{call}></s:Body></s:Envelope>"
    )
}

impl soap_service::World for World {
    type Fault = Fault;
    const PATH: &'static str = "/KEPRetrieval";

    fn script(&mut self) -> &mut Script<Fault> {
        &mut self.script
    }

    fn contents(&self) -> impl Iterator<Item = &[u8]> {
        self.mails.iter().map(|mail| mail.bytes.as_slice())
    }

    fn count(&self, call: &str) -> usize {
        self.requests.iter().filter(|request| request.call == call).count()
    }

    fn answer(&mut self, incoming: Incoming) -> (Option<Wire>, Answer) {
        let request = Request::read(&incoming.soap_action, &incoming.body);
        assert_eq!(request.soap_action, format!("\"urn:{}\"", request.call));
        let fault = self.script.strike(&request.call);
        if fault == Some(Fault::Arrive) {
            self.arrive_on(self.script.today);
        }
        let (content, bytes) = self.reply(&request, fault);
        let (kind, mut body) = written(&request.call, &content, bytes, self.mtom);
        match fault {
            Some(Fault::Unsaid) => body = swapped(&body, "sonucKodu", "kod"),
            Some(Fault::BrokenBinary) if kind.starts_with("multipart") => body = swapped(&body, "cid:1.a", "cid:2.a"),
            Some(Fault::BrokenBinary) => body = swapped(&body, "Verisi>", "Verisi>%%"),
            _ => {}
        }
        let of_kind = self.canned_kind.clone().filter(|(kind, _)| kind == request.member("iletiTuru"));
        let of_kind = of_kind.map(|(_, answer)| answer);
        let answer = of_kind.or(self.canned.clone()).unwrap_or((200, kind, body));
        self.requests.push(request);
        let wire = match fault {
            Some(Fault::Wire(wire)) => Some(wire),
            _ => None,
        };
        (wire, answer)
    }
}

pub type Turkkep = Fake<World>;

impl Fake<World> {
    /// `count` messages of the last twenty days, `faults` still to come.
    pub async fn start(seed: u64, today: Date, count: usize, faults: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        let requests = folder.path().join("requests");
        fs::create_dir(&requests).unwrap();
        let value = |name: &str| format!("<d:{name}>{{{{{name}}}}}</d:{name}>");
        let criteria: String = ["baslangicTarihi", "bitisTarihi", "iletiTuru", "listelemeTuru"].map(value).concat();
        let paging = ["kepUIDStartFrom", "kepUIDEndTo"].map(value).concat();
        for (call, members) in [
            (
                "KEPPostaKutusuListesi",
                format!("<d:kriter>{criteria}</d:kriter><d:paging>{paging}</d:paging>"),
            ),
            ("IletiGetir", "<d:postaUID>{{kepUID}}</d:postaUID>".to_owned()),
            (
                "DelilGetir",
                "<d:postaIletiID>{{ kepUAMessageIdentifier }}</d:postaIletiID>".to_owned(),
            ),
        ] {
            fs::write(requests.join(format!("{call}.xml")), template(call, &members)).unwrap();
        }
        let world = World::new(seed, today, count, faults);
        Self::serving(folder, "/KEPRetrieval", today, world).await
    }

    /// The table of this mailbox, with more lines, for a client that waits for a slow machine.
    pub fn table(&self, more: &str) -> String {
        self.table_with(soap_service::PATIENT, more)
    }

    fn table_with(&self, limits: &str, more: &str) -> String {
        format!(
            "name = \"turkkep\"\nkind = \"turkkep\"\naddress = \"{ADDRESS}\"\nurl = \"{}\"\nca_file = \"{}\"\nofficer_code = \"{OFFICER}\"\n\
             password_file = \"{}\"\nrequests = \"{}\"\nsoap_action = \"urn:{{call}}\"\n{limits}{more}",
            self.url,
            self.file("ca.pem"),
            self.file("password"),
            self.file("requests"),
        )
    }

    pub fn config(&self, more: &str) -> TurkkepConfig {
        read_table(&self.table(more))
    }

    /// A client that gives up a stalled service soon.
    pub fn hasty_mailbox(&self, more: &str) -> TurkkepMailbox {
        self.mailbox_of(read_table(&self.table_with(soap_service::HASTY, &format!("{CALLS}{more}"))))
    }

    /// With the calls that an operator has named.
    pub fn mailbox(&self, more: &str) -> TurkkepMailbox {
        self.mailbox_of(self.config(&format!("{CALLS}{more}")))
    }

    pub fn mailbox_of(&self, config: TurkkepConfig) -> TurkkepMailbox {
        let secrets = SecretFolder::beside(self.folder.path());
        TurkkepMailbox::new(config, secrets, &Limits::default())
            .unwrap()
            .with_clock(self.clock.clone())
    }
}

fn read_table(table: &str) -> TurkkepConfig {
    match toml::from_str(table).unwrap() {
        MailboxConfig::Turkkep(config) => config,
        _ => panic!("kind"),
    }
}
