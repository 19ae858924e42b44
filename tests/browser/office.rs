//! A registry office: Dovecot with the bundled days of mail, the real daemon over it, its page on a free port, and people who may sign in.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kep_gateway::clock::local_day;

use super::chrome::PATIENCE;
use crate::forge::world::World;
use crate::gateway::Gateway;
use crate::support::dovecot::{Dovecot, USER};
use crate::support::ports::free_port;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
pub const PASSWORD: &str = "mor deve sessiz köprü";
pub const CLERK: &str = "ayse";
pub const ADMINISTRATOR: &str = "yonetici";

pub struct Office {
    pub gateway: Gateway,
    pub dovecot: Dovecot,
    pub site: String,
    daemon: Child,
}

/// One message of the bundled days, by the beginning of its name.
pub fn bundled(begins: &str) -> Vec<u8> {
    let mut files = fs::read_dir(format!("{FIXTURES}/messages"))
        .unwrap()
        .map(|file| file.unwrap().path());
    let found = files.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(begins));
    fs::read(found.unwrap_or_else(|| panic!("no message {begins}"))).unwrap()
}

/// The first page is about one day of Turkey: no test of it begins so shortly before the next.
const BEFORE_MIDNIGHT: SignedDuration = SignedDuration::from_mins(15);

fn wait_for_the_day() {
    let begun = local_day(Timestamp::now());
    while local_day(Timestamp::now() + BEFORE_MIDNIGHT) != begun && local_day(Timestamp::now()) == begun {
        std::thread::sleep(Duration::from_secs(5));
    }
}

impl Office {
    /// With these messages in its mailbox, all of them registered.
    pub fn open(messages: &[Vec<u8>]) -> Self {
        wait_for_the_day();
        let gateway = Gateway::bare(&World::new(20_261_123));
        let mut dovecot = Dovecot::start();
        messages.iter().for_each(|message| dovecot.deliver(message));
        let port = free_port();
        fs::write(gateway.config(), configuration(&dovecot, port)).unwrap();
        let checklists = gateway.dir.path().join("checklists");
        fs::create_dir(&checklists).unwrap();
        fs::write(checklists.join("denetim.toml"), CHECKLIST).unwrap();
        for (login, name, role) in [(CLERK, "Ayşe Yılmaz", "clerk"), (ADMINISTRATOR, "Deniz Örnek", "administrator")] {
            let secret = gateway.dir.path().join("secret");
            fs::write(&secret, PASSWORD).unwrap();
            fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
            let file = secret.display().to_string();
            let args = [
                "people",
                "add",
                login,
                "--name",
                name,
                "--role",
                role,
                "--clearance",
                "4",
                "--password-file",
                &file,
            ];
            gateway.ok(&args);
        }
        gateway.ok(&["poll"]);
        let daemon = gateway.spawn(&["run"]);
        let office = Self {
            site: format!("http://127.0.0.1:{port}"),
            gateway,
            dovecot,
            daemon,
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "the page is not served: {}", office.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        office
    }

    fn log(&self) -> String {
        fs::read_to_string(self.gateway.dir.path().join("daemon.log")).unwrap_or_default()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.daemon);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.daemon.wait();
    }
}

/// One of the bundled letters is an application, so that there is a file to look at.
const CHECKLIST: &str = "name = \"denetim\"\ntitle = \"Denetim dosyası\"\n[when]\nsubject = [\"denetim program\"]\n\
    [terms]\noriginals_business_days = 5\nretention_years = 10\n[[paper]]\nid = \"program\"\ntitle = \"Denetim programı\"\n\
    names = [\"üstyazı\", \"ustyazi\"]\nwords = [\"denetim\"]\nsignature = \"signatory\"\n[[paper]]\nid = \"levha\"\ntitle = \"Vergi levhası\"\n\
    names = [\"vergi\"]\n";

fn configuration(dovecot: &Dovecot, port: u16) -> String {
    let password = dovecot.path().join("evrak.password");
    format!(
        "language = \"tr\"\n[store]\npath = \"store\"\n[trust]\nanchors = \"{FIXTURES}/trust\"\nintermediates = \"{FIXTURES}/intermediates\"\n\
         revocation = \"{FIXTURES}/revocation\"\nonline = false\n[register]\nreceiver_kkk = \"24301050\"\n[daemon]\nfree_bytes = 0\n[checklist]\nfolder = \"checklists\"\n\
         [web]\nlisten = \"127.0.0.1:{port}\"\n[[mailbox]]\nkind = \"imap\"\nname = \"evrak\"\naddress = \"ornektarim@hs01.kep.tr\"\n\
         host = \"localhost\"\nport = {}\nca_file = \"{}\"\nuser = \"{USER}\"\npassword_file = \"{}\"\n",
        dovecot.imaps_port,
        dovecot.ca_file().display(),
        password.display()
    )
}

/// Runs a line of shell in a folder; it must succeed.
pub fn sh(folder: &Path, line: &str) -> String {
    let out = std::process::Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{line}\n{said}{}", String::from_utf8_lossy(&out.stderr));
    said
}
