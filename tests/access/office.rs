//! Documents of every mailbox, unit and classification, each with words of its own in every field that a sender fills, and the people who may see
//! some of them.

use std::collections::BTreeSet;
use std::io::Read;

use axum::body::to_bytes;
use axum::http::{HeaderMap, Request};
use futures::StreamExt;
use kep_gateway::mailbox::{self, Locator};
use kep_gateway::people::{Edit, Person, Role, Scope};
use kep_gateway::pipeline::Pipeline;
use kep_gateway::register::entry::Entry;
use kep_gateway::web::guard::Peer;
use tower::ServiceExt;

use super::rules::exists_for;
use crate::forge::eyp::{Attachment, AttachmentKind, Version, guid};
use crate::forge::world::World;
use crate::site::{Browser, Site, body, form};

pub const MAILBOXES: [&str; 2] = ["drop", "zqkutu"];
pub const UNITS: [Option<&str>; 3] = [Some("Hukuk Zqbir"), Some("Mali Zqiki"), None];
const SECURITY: [&str; 3] = ["YOK", "OZL", "CGZ"];
/// The account that is one person after another.
const LOGIN: &str = "matris";

const ROUTING: &str = "[[rule]]\nname = \"bir\"\nwhen = { subject_words = { any = [\"zqbirim0\"] } }\nthen = { unit = \"Hukuk Zqbir\" }\n\
    [[rule]]\nname = \"iki\"\nwhen = { subject_words = { any = [\"zqbirim1\"] } }\nthen = { unit = \"Mali Zqiki\" }\n";

/// One document, and every word by which its existence would be known.
pub struct Secret {
    pub entry: Entry,
    pub marker: String,
    pub words: Vec<String>,
}

pub struct Office {
    pub site: Site,
    pub secrets: Vec<Secret>,
    pub browser: Browser,
    pub csrf: String,
}

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Everything that the answer says, unpacked as far as it is packed, and its headers.
    pub fn everything(&self) -> Vec<u8> {
        let mut all = format!("{:?}\n", self.headers).into_bytes();
        unpack(&self.bytes, &mut all);
        all
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
}

/// ZIP archives entry by entry, PDF streams inflated, everything else as it is.
fn unpack(bytes: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(bytes);
    if bytes.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).unwrap();
            into.extend_from_slice(entry.name().unwrap().as_bytes());
            let mut inside = Vec::new();
            entry.read_to_end(&mut inside).unwrap();
            drop(entry);
            unpack(&inside, into);
        }
    }
    if bytes.starts_with(b"%PDF") {
        for start in memchr::memmem::find_iter(bytes, b"stream").map(|at| at + 6) {
            let data = bytes[start..].trim_ascii_start();
            let _ = flate2::read::ZlibDecoder::new(data).read_to_end(into);
        }
    }
}

/// Two letters that stand for a number, in a word that stands nowhere else.
fn marker(number: usize) -> String {
    let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
    format!("zqgiz{}{}zq", letter(number / 26), letter(number))
}

/// The messages: one package for each mailbox, unit and classification, and one evidence mail for each mailbox and unit.
fn messages(world: &World) -> Vec<(usize, String, Vec<u8>)> {
    let mut made = Vec::new();
    for (mailbox, unit, security) in (0..MAILBOXES.len())
        .flat_map(|mailbox| (0..UNITS.len()).map(move |unit| (mailbox, unit)))
        .flat_map(|(mailbox, unit)| (0..=SECURITY.len()).map(move |security| (mailbox, unit, security)))
    {
        let marker = marker(made.len());
        let mut letter = world.letter(made.len());
        let routed = if UNITS[unit].is_some() {
            format!("zqbirim{unit}")
        } else {
            "yok".into()
        };
        letter.subject = format!("{marker} konulu {routed}");
        letter.number = format!("{}-{marker}", letter.number);
        let Some(security) = SECURITY.get(security) else {
            let sample = letter.evidence_mail("DeliveryNonDeliveryToRecipient", "Delivery", &[], Some(40), 30);
            made.push((mailbox, marker, sample.raw));
            continue;
        };
        letter.security = security;
        let mut package = letter.package(Version::V2_0, &letter.sender.director);
        package.letter_name = format!("{marker} ustyazi.pdf");
        package.attachments = vec![Attachment {
            id: guid(&marker),
            name: format!("{marker} eki"),
            kind: AttachmentKind::Inside {
                file: format!("{marker}.txt"),
                mime: "text/plain".into(),
                bytes: format!("{marker} ekin metni").into_bytes(),
                signed: true,
            },
        }];
        let sample = letter.send_packages(vec![letter.simple(&package)], false);
        made.push((mailbox, marker, sample.raw));
    }
    made
}

impl Office {
    pub async fn open() -> Self {
        let world = World::new(20_261_123);
        let more = format!(
            "{}[register]\nreceiver_kkk = \"{}\"\nrouting = \"routing.toml\"\n[[mailbox]]\nname = \"{}\"\nkind = \"folder\"\npath = \"arka\"\n\
             settle = \"0s\"\n",
            crate::inside::LISTENER,
            world.receiver.kkk,
            MAILBOXES[1]
        );
        let site = Site::open_with(&more, |dir| {
            std::fs::create_dir(dir.join("arka")).unwrap();
            std::fs::write(dir.join("routing.toml"), ROUTING).unwrap();
        });
        let messages = messages(&world);
        for (at, (mailbox, _, raw)) in messages.iter().enumerate() {
            let folder = ["drop", "arka"][*mailbox];
            std::fs::write(site.inside.dir.path().join(folder).join(format!("{at:03}.eml")), raw).unwrap();
        }
        pass_all(&site.web.pipeline).await;
        site.add("yonetici", Role::Administrator).await;
        site.add(LOGIN, Role::Clerk).await;
        let mut browser = site.signed_in(LOGIN).await;
        let csrf = browser.get("/account").await.csrf();
        let mut office = Self {
            site,
            secrets: Vec::new(),
            browser,
            csrf,
        };
        office.learn(&messages);
        office
    }

    /// Finds out by which words each document would be known.
    fn learn(&mut self, messages: &[(usize, String, Vec<u8>)]) {
        for entry in self.entries() {
            let (_, marker, _) = messages
                .iter()
                .find(|(_, _, raw)| kep_gateway::hash::Sha256::of(raw) == entry.message.sha256)
                .unwrap();
            let (year, number) = (entry.register_number.year, format!("{:06}", entry.register_number.number));
            let mut words = vec![marker.clone(), entry.message.sha256.to_string()];
            words.extend(["/", "-", "%2F"].map(|between| format!("{year}{between}{number}")));
            words.extend(entry.message.message_id.clone());
            words.extend(entry.package.as_ref().map(|package| package.sha256.to_string()));
            words.extend(entry.document.as_ref().and_then(|document| document.id.clone()));
            words.extend(
                entry
                    .document
                    .as_ref()
                    .and_then(|document| document.file.as_ref().map(|file| file.sha256.to_string())),
            );
            words.retain(|word| word.len() > 5);
            self.secrets.push(Secret {
                entry,
                marker: marker.clone(),
                words,
            });
        }
        assert_eq!(self.secrets.len(), messages.len(), "every message is one entry");
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.site.web.ledger().entries().map(|entry| entry.unwrap()).collect()
    }

    /// The signed-in account becomes this person, from the next request on.
    pub async fn become_person(&mut self, person: &Person) {
        self.site.edit(LOGIN, Edit::Person(person.clone())).await;
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(
            Request::get(path)
                .header("host", "localhost")
                .body(axum::body::Body::empty())
                .unwrap(),
        )
        .await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        self.ask(form(path, &fields).body(body(&fields)).unwrap()).await
    }

    async fn ask(&self, mut request: Request<axum::body::Body>) -> Reply {
        let cookies: Vec<String> = self.browser.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        request.extensions_mut().insert(Peer(self.browser.address));
        let lasts = request.uri().path() == "/events";
        let response = self.site.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = if lasts && parts.status.is_success() {
            first_events(body).await
        } else {
            to_bytes(body, 64 << 20).await.unwrap().to_vec()
        };
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            bytes,
        }
    }
}

/// What a page that opens its stream hears at first: the counters, and whatever else is ready by then.
async fn first_events(body: axum::body::Body) -> Vec<u8> {
    let mut stream = body.into_data_stream();
    let mut heard = Vec::new();
    loop {
        let has_counters = memchr::memmem::find(&heard, b"event: counters").is_some() && heard.ends_with(b"\n\n");
        let piece = match has_counters {
            false => Some(stream.next().await),
            true => futures::FutureExt::now_or_never(stream.next()),
        };
        let Some(piece) = piece else { return heard };
        heard.extend_from_slice(&piece.expect("the stream goes on").unwrap());
    }
}

async fn pass_all(pipeline: &Pipeline) {
    let settings = pipeline.settings();
    for config in &settings.config.mailbox {
        let mut opened = mailbox::open(config, &settings.secrets, &settings.limits).unwrap();
        let mut known: BTreeSet<Locator> = pipeline.ledger.known(config.name()).unwrap();
        pipeline.check(&mut *opened, &mut known).await.unwrap();
    }
    pipeline.work_off().await.unwrap();
}

/// Each role with each scope over mailboxes and units and each clearance.
pub fn people() -> Vec<Person> {
    let only = |names: &[&str]| Scope::Only(names.iter().map(|name| (*name).to_owned()).collect());
    let mailboxes = [Scope::All, only(&MAILBOXES[..1]), only(&[])];
    let units = [Scope::All, only(&["Hukuk Zqbir"]), only(&[])];
    let mut people = Vec::new();
    for role in Role::ALL {
        for mailboxes in &mailboxes {
            for units in &units {
                people.extend((0..=4).map(|clearance| Person {
                    login: LOGIN.into(),
                    name: "Deneme matris".into(),
                    role,
                    mailboxes: mailboxes.clone(),
                    units: units.clone(),
                    clearance,
                }));
            }
        }
    }
    people
}

/// What exists for the person, and what does not.
pub fn parted<'s>(secrets: &'s [Secret], person: &Person) -> (Vec<&'s Secret>, Vec<&'s Secret>) {
    secrets.iter().partition(|secret| exists_for(person, &secret.entry))
}
