//! An IMAP server on loopback that breaks its promises, driven by a seed, until it heals.
//!
//! Every command is answered as a list of units (one untagged answer each). A fault strikes before, in or instead of one unit, so that
//! each protocol event can be the one that breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use kep_gateway::hash::Sha256;
use kep_gateway::mailbox::config::ImapConfig;

use super::{Dice, message};

/// What a server can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection ends between two answers.
    Drop,
    /// The connection ends inside an answer.
    Truncate,
    No,
    Bad,
    Bye,
    /// Nothing more comes; the connection stays.
    Stall,
    /// One answer, or one UID of a SEARCH, is left out and the command ends with OK.
    Omit,
    /// One answer comes twice.
    Twice,
    /// The folder is recreated: a new UIDVALIDITY, UIDs from 1.
    NewEpoch,
    /// The folder is renumbered in another order under the same UIDVALIDITY: UIDNEXT goes back, and known UIDs mean other messages.
    LowerUids,
    /// A literal of 500 MB is announced.
    Giant,
    /// A line that no parser understands.
    Garbage,
    /// `INTERNALDATE NIL`, which the parser panics on.
    NoDate,
    /// Parentheses to the end of the stack.
    Deep,
    /// A body shorter than announced, well formed.
    Short,
    /// A message is removed while the command runs.
    Expunge,
    /// A message arrives while the command runs.
    Arrive,
    /// The command is answered under another tag.
    WrongTag,
}

const FAULTS: [Fault; 18] = [
    Fault::Drop,
    Fault::Truncate,
    Fault::No,
    Fault::Bad,
    Fault::Bye,
    Fault::Stall,
    Fault::Omit,
    Fault::Twice,
    Fault::NewEpoch,
    Fault::LowerUids,
    Fault::Giant,
    Fault::Garbage,
    Fault::NoDate,
    Fault::Deep,
    Fault::Short,
    Fault::Expunge,
    Fault::Arrive,
    Fault::WrongTag,
];

/// How long a hasty client waits for an answer.
pub const GIVES_UP: Duration = Duration::from_secs(2);

/// More than what can arrive in one run.
const WIDE_GAP: u32 = 50;

/// The folder and the faults that are still to come.
pub struct World {
    pub messages: BTreeMap<u32, Vec<u8>>,
    pub epoch: u32,
    pub next_uid: u32,
    /// Grows when UIDs get another meaning.
    pub life: u32,
    /// Everything that ever lay there.
    pub ever: BTreeSet<Sha256>,
    /// Faults that struck, with the command they struck.
    pub struck: Vec<(Fault, String)>,
    pub body_fetches: u64,
    pub commands: Vec<String>,
    /// UIDs at which this server ends the session, always.
    pub poison: BTreeSet<u32>,
    /// UIDs that this server lists and never delivers.
    pub withheld: BTreeSet<u32>,
    /// RFC822.SIZE is an estimate on this server.
    pub vague_sizes: bool,
    faults_left: usize,
    only: Option<Fault>,
    dice: Dice,
    made: usize,
}

impl World {
    fn new(seed: u64, count: usize, faults: usize) -> Self {
        let mut world = Self {
            messages: BTreeMap::new(),
            epoch: 7,
            next_uid: 100,
            life: 0,
            ever: BTreeSet::new(),
            struck: Vec::new(),
            body_fetches: 0,
            commands: Vec::new(),
            poison: BTreeSet::new(),
            withheld: BTreeSet::new(),
            vague_sizes: false,
            faults_left: faults,
            only: None,
            dice: Dice::new(seed),
            made: 0,
        };
        for _ in 0..count {
            world.arrive();
        }
        world
    }

    /// One more message arrives.
    pub fn arrive(&mut self) {
        self.made += 1;
        let size = 200 + self.dice.below(3_000);
        self.put(message(self.made, size));
    }

    pub fn put(&mut self, body: Vec<u8>) {
        self.ever.insert(Sha256::of(&body));
        self.messages.insert(self.next_uid, body);
        // UIDs may have gaps. The wide one leaves room for UIDNEXT to go back below what arrives later.
        self.next_uid += match self.messages.len() {
            2 => WIDE_GAP,
            _ => 1 + u32::from(self.dice.one_in(4)),
        };
    }

    pub fn bodies(&self) -> BTreeSet<Sha256> {
        self.messages.values().map(|body| Sha256::of(body)).collect()
    }

    /// Gives new UIDs from `first` on, in reverse order.
    fn renumber(&mut self, first: u32) {
        let bodies = std::mem::take(&mut self.messages);
        self.next_uid = first;
        self.life += 1;
        for body in bodies.into_values().rev() {
            self.messages.insert(self.next_uid, body);
            self.next_uid += 1;
        }
    }

    pub fn heal(&mut self) {
        self.faults_left = 0;
    }

    pub fn is_healed(&self) -> bool {
        self.faults_left == 0
    }

    /// Lets exactly one kind of fault strike, `times` times.
    pub fn break_with(&mut self, fault: Fault, times: usize) {
        self.only = Some(fault);
        self.faults_left = times;
    }

    fn first_uid(&self) -> u32 {
        self.messages.keys().next().copied().unwrap_or(1)
    }

    fn lowered_next(&self) -> u32 {
        self.first_uid() + self.messages.len() as u32
    }

    /// Whether a fault strikes this command, and which.
    fn strike(&mut self, command: &str) -> Option<Fault> {
        if self.faults_left == 0 || (self.only.is_none() && !self.dice.one_in(3)) {
            return None;
        }
        let fault = self.only.unwrap_or_else(|| FAULTS[self.dice.below(FAULTS.len())]);
        if fault == Fault::LowerUids && self.lowered_next() + WIDE_GAP / 2 > self.next_uid {
            return None;
        }
        self.faults_left -= 1;
        self.struck.push((fault, command.split(' ').take(3).collect::<Vec<_>>().join(" ")));
        Some(fault)
    }
}

/// The server, for as long as it is held.
pub struct ScriptedImap {
    pub port: u16,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
    secrets: tempfile::TempDir,
}

impl ScriptedImap {
    /// Serves `count` messages and breaks `faults` times.
    pub async fn start(seed: u64, count: usize, faults: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let world = Arc::new(Mutex::new(World::new(seed, count, faults)));
        let served = world.clone();
        let task = tokio::spawn(async move {
            let mut sessions = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(Talk::serve(stream, served.clone()));
            }
        });
        let secrets = tempfile::tempdir().unwrap();
        std::fs::write(secrets.path().join("p"), "parola\n").unwrap();
        Self {
            port,
            world,
            task,
            secrets,
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn secrets(&self) -> kep_gateway::secret::SecretFolder {
        kep_gateway::secret::SecretFolder::beside(self.secrets.path())
    }

    /// A client that waits for a slow machine.
    pub fn config(&self) -> ImapConfig {
        let table = format!(
            "name = 'evrak'\naddress = 'kurum@hs01.kep.tr'\nhost = '127.0.0.1'\nport = {}\nsecurity = 'none'\nallow_plaintext = true\n\
             user = 'evrak'\npassword_file = 'p'\nlogin_burst = 100000\ncommand_timeout = '5m'\nconnect_timeout = '5m'\nbatch_messages = 6\n",
            self.port
        );
        toml::from_str(&table).unwrap()
    }

    /// A client that gives up a stalled server soon. A command of a healthy one that takes longer is one fault more, and heals like the others.
    pub fn hasty_config(&self) -> ImapConfig {
        ImapConfig {
            command_timeout: GIVES_UP,
            ..self.config()
        }
    }
}

impl Drop for ScriptedImap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The connection is over.
struct Over;

struct Talk {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    world: Arc<Mutex<World>>,
    told: usize,
    life: u32,
}

impl Talk {
    async fn serve(stream: TcpStream, world: Arc<Mutex<World>>) {
        let (read, write) = stream.into_split();
        let life = world.lock().unwrap().life;
        let mut talk = Self {
            read: BufReader::new(read),
            write,
            world,
            told: 0,
            life,
        };
        let greeting = vec![b"* OK [CAPABILITY IMAP4rev1 IDLE QUOTA UIDPLUS] hazir\r\n".to_vec()];
        if talk.answer("greeting", greeting, Vec::new()).await.is_err() {
            return;
        }
        while talk.command().await.is_ok() {}
    }

    async fn line(&mut self) -> Result<String, Over> {
        let mut line = String::new();
        match self.read.read_line(&mut line).await {
            Ok(1..) => Ok(line.trim_end().to_owned()),
            _ => Err(Over),
        }
    }

    async fn command(&mut self) -> Result<(), Over> {
        let line = self.line().await?;
        let (tag, command) = line.split_once(' ').ok_or(Over)?;
        let (tag, command) = (tag.to_owned(), command.to_owned());
        self.world.lock().unwrap().commands.push(command.clone());
        // A session does not outlive the folder that it had open.
        if self.life != self.world.lock().unwrap().life && self.told > 0 {
            let _ = self.write.write_all(b"* BYE the folder was recreated\r\n").await;
            return Err(Over);
        }
        let words: Vec<&str> = command.split(' ').collect();
        let units = match words.as_slice() {
            ["LOGIN", ..] => Vec::new(),
            ["LOGOUT"] => vec![b"* BYE hosca kal\r\n".to_vec()],
            ["CAPABILITY"] => vec![b"* CAPABILITY IMAP4rev1 IDLE QUOTA UIDPLUS\r\n".to_vec()],
            ["EXAMINE" | "SELECT", ..] => self.open(),
            ["UID", "SEARCH", what] => self.search(what),
            ["UID", "FETCH", set, ..] => self.fetch(set, &command).await?,
            ["GETQUOTAROOT", ..] => vec![
                b"* QUOTAROOT INBOX \"\"\r\n".to_vec(),
                b"* QUOTA \"\" (STORAGE 512 1024)\r\n".to_vec(),
            ],
            ["UID", "STORE" | "EXPUNGE", ..] => Vec::new(),
            ["IDLE"] => return self.idle(&tag).await,
            _ => {
                let bad = format!("{tag} BAD unknown\r\n");
                return self.write.write_all(bad.as_bytes()).await.map_err(|_| Over);
            }
        };
        let end = format!("{tag} OK tamam\r\n").into_bytes();
        self.answer(&command, units, end).await
    }

    fn open(&mut self) -> Vec<Vec<u8>> {
        let world = self.world.lock().unwrap();
        self.told = world.messages.len();
        self.life = world.life;
        vec![
            format!("* {} EXISTS\r\n", world.messages.len()).into_bytes(),
            b"* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n".to_vec(),
            format!("* OK [UIDVALIDITY {}] UIDs valid\r\n", world.epoch).into_bytes(),
            format!("* OK [UIDNEXT {}] next\r\n", world.next_uid).into_bytes(),
        ]
    }

    fn search(&mut self, what: &str) -> Vec<Vec<u8>> {
        let world = self.world.lock().unwrap();
        let (first, last) = match what.split_once(':') {
            Some((first, "*")) => (first.parse().unwrap(), usize::MAX),
            Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap()),
            None => (1, usize::MAX),
        };
        let uids: Vec<String> = world
            .messages
            .keys()
            .enumerate()
            .filter(|(at, _)| (first..=last).contains(&(at + 1)))
            .map(|(_, uid)| uid.to_string())
            .collect();
        vec![format!("* SEARCH {}\r\n", uids.join(" ")).into_bytes()]
    }

    async fn fetch(&mut self, set: &str, command: &str) -> Result<Vec<Vec<u8>>, Over> {
        let range = command.split_once("BODY.PEEK[]<").map(|(_, rest)| {
            let (offset, rest) = rest.split_once('.').unwrap();
            let length: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (offset.parse::<usize>().unwrap(), length.parse::<usize>().unwrap())
        });
        let mut units = Vec::new();
        let mut world = self.world.lock().unwrap();
        let asked = |uid: u32| {
            set.split(',').any(|part| {
                let (first, last) = part.split_once(':').unwrap_or((part, part));
                let last = if last == "*" { u32::MAX } else { last.parse().unwrap() };
                (first.parse().unwrap()..=last).contains(&uid)
            })
        };
        let mut fetches = 0;
        for (at, (uid, body)) in world.messages.iter().enumerate().filter(|(_, (uid, _))| asked(**uid)) {
            if range.is_some() && world.poison.contains(uid) {
                return Err(Over);
            }
            let mut items = format!("* {} FETCH (UID {uid}", at + 1).into_bytes();
            if command.contains("RFC822.SIZE") {
                let vague = if world.vague_sizes { 17 } else { 0 };
                items.extend(format!(" RFC822.SIZE {}", body.len() + vague).bytes());
            }
            if command.contains("INTERNALDATE") {
                items.extend(b" INTERNALDATE \" 7-Feb-2026 22:01:05 +0300\"");
            }
            if let Some((offset, length)) = range {
                if world.withheld.contains(uid) {
                    continue;
                }
                let rest = body.get(offset..).unwrap_or_default();
                let part = &rest[..rest.len().min(length)];
                items.extend(format!(" BODY[]<{offset}> {{{}}}\r\n", part.len()).bytes());
                items.extend(part);
                fetches += 1;
            }
            items.extend(b")\r\n");
            units.push(items);
        }
        world.body_fetches += fetches;
        Ok(units)
    }

    async fn idle(&mut self, tag: &str) -> Result<(), Over> {
        self.answer("IDLE", vec![b"+ bekliyorum\r\n".to_vec()], Vec::new()).await?;
        loop {
            tokio::select! {
                line = self.line() => {
                    line?;
                    let end = format!("{tag} OK tamam\r\n").into_bytes();
                    return self.answer("DONE", Vec::new(), end).await;
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => self.tell_arrivals().await?,
            }
        }
    }

    async fn tell_arrivals(&mut self) -> Result<(), Over> {
        let count = self.world.lock().unwrap().messages.len();
        if count == self.told {
            return Ok(());
        }
        self.told = count;
        self.write
            .write_all(format!("* {count} EXISTS\r\n").as_bytes())
            .await
            .map_err(|_| Over)
    }

    /// Sends the units and the tagged end, with at most one fault.
    async fn answer(&mut self, command: &str, mut units: Vec<Vec<u8>>, end: Vec<u8>) -> Result<(), Over> {
        let (fault, at) = {
            let mut world = self.world.lock().unwrap();
            let fault = world.strike(command);
            let at = world.dice.below(units.len() + 1);
            (fault, at)
        };
        let mut end = end;
        let mut hold = false;
        let mut over = false;
        if let Some(fault) = fault {
            let cut_here = |units: &mut Vec<Vec<u8>>| units.truncate(at);
            let tag = String::from_utf8_lossy(&end).split(' ').next().unwrap_or_default().to_owned();
            match fault {
                Fault::Drop => {
                    cut_here(&mut units);
                    end.clear();
                    over = true;
                }
                Fault::Truncate => {
                    units.truncate(at + 1);
                    let last = units.last_mut().unwrap_or(&mut end);
                    last.truncate(last.len() / 2);
                    if !units.is_empty() {
                        end.clear();
                    }
                    over = true;
                }
                Fault::No | Fault::Bad if !end.is_empty() => {
                    cut_here(&mut units);
                    let (status, code) = match fault {
                        Fault::No => ("NO", "[UNAVAILABLE] "),
                        _ => ("BAD", ""),
                    };
                    end = format!("{tag} {status} {code}olmadi\r\n").into_bytes();
                }
                Fault::No | Fault::Bad | Fault::Bye => {
                    cut_here(&mut units);
                    end = b"* BYE simdi degil\r\n".to_vec();
                    over = true;
                }
                Fault::Stall => {
                    cut_here(&mut units);
                    end.clear();
                    hold = true;
                }
                Fault::Omit => omit(&mut units, at),
                Fault::Twice => {
                    if let Some(unit) = units.get(at).cloned() {
                        units.insert(at, unit);
                    }
                }
                Fault::NewEpoch | Fault::LowerUids => {
                    let mut world = self.world.lock().unwrap();
                    let first = if fault == Fault::NewEpoch { 1 } else { world.first_uid() };
                    world.renumber(first);
                    world.epoch += u32::from(fault == Fault::NewEpoch);
                    cut_here(&mut units);
                    end.clear();
                    over = true;
                }
                Fault::Giant => {
                    cut_here(&mut units);
                    units.push(b"* 1 FETCH (UID 1 BODY[]<0> {500000000}\r\n".to_vec());
                    units.push(vec![b'x'; 100_000]);
                    end.clear();
                    hold = true;
                }
                Fault::Garbage => units.insert(at, b"* ?? \x80 [[\r\n".to_vec()),
                Fault::NoDate => units.insert(at, b"* 1 FETCH (UID 1 INTERNALDATE NIL)\r\n".to_vec()),
                Fault::Deep => {
                    let mut deep = b"* 1 FETCH (BODYSTRUCTURE ".to_vec();
                    deep.extend([b'('; 100_000]);
                    units.insert(at, deep);
                }
                Fault::Short => units.iter_mut().skip(at).take(1).for_each(shorten),
                Fault::Expunge => {
                    let mut world = self.world.lock().unwrap();
                    if self.told > 0
                        && self.told == world.messages.len()
                        && let Some(uid) = world.messages.keys().next().copied()
                    {
                        world.messages.remove(&uid);
                        self.told -= 1;
                        units.push(b"* 1 EXPUNGE\r\n".to_vec());
                    }
                }
                Fault::Arrive => {
                    let mut world = self.world.lock().unwrap();
                    world.arrive();
                    if self.told > 0 {
                        self.told = world.messages.len();
                        units.insert(at, format!("* {} EXISTS\r\n", self.told).into_bytes());
                    }
                }
                Fault::WrongTag => end = b"Z99 OK tamam\r\n".to_vec(),
            }
        }
        for unit in units.iter().chain([&end]) {
            self.write.write_all(unit).await.map_err(|_| Over)?;
        }
        if hold {
            // The other side gives up first, however long that takes.
            std::future::pending::<()>().await;
        }
        if over || hold { Err(Over) } else { Ok(()) }
    }
}

/// Leaves one UID out of a SEARCH answer, or one answer out of any other.
fn omit(units: &mut Vec<Vec<u8>>, at: usize) {
    let Some(unit) = units.get_mut(at) else { return };
    if unit.starts_with(b"* SEARCH ") {
        let text = String::from_utf8_lossy(unit).trim_end().to_owned();
        let shorter = text.rsplit_once(' ').map_or(text.as_str(), |(rest, _)| rest);
        *unit = format!("{shorter}\r\n").into_bytes();
    } else if unit.windows(5).any(|window| window == b"FETCH") {
        units.remove(at);
    }
}

/// Takes ten bytes out of a body and announces the shorter literal.
fn shorten(unit: &mut Vec<u8>) {
    let Some(open) = unit.windows(2).position(|window| window == b" {") else {
        return;
    };
    let close = open + unit[open..].iter().position(|byte| *byte == b'}').unwrap();
    let length: usize = String::from_utf8_lossy(&unit[open + 2..close]).parse().unwrap();
    if length < 20 {
        return;
    }
    let mut shorter = unit[..open].to_vec();
    shorter.extend(format!(" {{{}}}\r\n", length - 10).bytes());
    shorter.extend(&unit[close + 3..close + 3 + length - 10]);
    shorter.extend(b")\r\n");
    *unit = shorter;
}
