//! A real Dovecot on loopback, in its own folder, with TLS under a self-made authority.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use kep_gateway::mailbox::config::ImapConfig;
use kep_gateway::secret::SecretFolder;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};
use tempfile::TempDir;

use super::ports::free_port;

pub const USER: &str = "evrak";
pub const PASSWORD: &str = "dogru \"parola\" \\1";
/// A cold start on a busy machine.
const START: Duration = Duration::from_secs(300);
/// Another program of the machine may have taken a port between its choice and its use.
const STARTS: usize = 5;
/// The unprivileged user that owns the mail when the tests run as root: Dovecot refuses to read mail as root.
const NOBODY: u32 = 65_534;

pub struct Dovecot {
    folder: TempDir,
    child: Child,
    pub imap_port: u16,
    pub imaps_port: u16,
    delivered: usize,
}

impl Dovecot {
    pub fn start() -> Self {
        (0..STARTS)
            .find_map(|_| Self::try_start())
            .expect("dovecot listens at one of the ports")
    }

    /// `None`: it ended, because somebody else has one of its ports.
    fn try_start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("dc").tempdir().unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        let (imap_port, imaps_port) = (free_port(), free_port());
        write_certificates(path);
        fs::write(path.join("evrak.password"), PASSWORD).unwrap();
        fs::set_permissions(path.join("evrak.password"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(path.join("users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n")).unwrap();
        fs::write(path.join("dovecot.conf"), configuration(path, imap_port, imaps_port)).unwrap();
        for sub in ["mail", "mail/Maildir", "mail/Maildir/cur", "mail/Maildir/new", "mail/Maildir/tmp"] {
            fs::create_dir(path.join(sub)).unwrap();
            own(&path.join(sub));
        }
        let child = Command::new("dovecot")
            .arg("-F")
            .arg("-c")
            .arg(path.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(path.join("stderr")).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("dovecot cannot be started ({error}). Run the tests with tests/run, which installs it."));
        let mut dovecot = Self {
            folder,
            child,
            imap_port,
            imaps_port,
            delivered: 0,
        };
        dovecot.is_ready().then_some(dovecot)
    }

    fn is_ready(&mut self) -> bool {
        let end = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", self.imaps_port)).is_err() {
            if self.child.try_wait().unwrap().is_some() {
                assert!(self.log().contains("in use"), "dovecot ends at once: {}", self.log());
                return false;
            }
            assert!(Instant::now() < end, "dovecot does not listen: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    pub fn log(&self) -> String {
        ["stderr", "dovecot.log"]
            .iter()
            .filter_map(|name| fs::read_to_string(self.path().join(name)).ok())
            .collect()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn ca_file(&self) -> PathBuf {
        self.path().join("ca.pem")
    }

    pub fn maildir(&self) -> PathBuf {
        self.path().join("mail/Maildir")
    }

    pub fn secrets(&self) -> SecretFolder {
        SecretFolder::beside(self.path())
    }

    /// A `[[mailbox]]` table for this server: TLS, own authority, right password.
    pub fn config(&self) -> ImapConfig {
        let table = format!(
            "name = 'evrak'\naddress = 'kurum@hs01.kep.tr'\nhost = 'localhost'\nport = {}\nca_file = '{}'\nuser = '{USER}'\n\
             password_file = 'evrak.password'\ncommand_timeout = '5m'\nconnect_timeout = '5m'\n",
            self.imaps_port,
            self.ca_file().display()
        );
        toml::from_str(&table).unwrap()
    }

    /// Delivers one message into INBOX, now.
    pub fn deliver(&mut self, message: &[u8]) {
        self.deliver_at(SystemTime::now(), message);
    }

    /// With this time as its INTERNALDATE.
    pub fn deliver_at(&mut self, time: SystemTime, message: &[u8]) {
        self.delivered += 1;
        let name = format!("1766000000.M{:06}P1.deneme,S={}", self.delivered, message.len());
        let tmp = self.maildir().join("tmp").join(&name);
        let mut file = fs::File::create(&tmp).unwrap();
        file.write_all(message).unwrap();
        file.set_modified(time).unwrap();
        own(&tmp);
        fs::rename(tmp, self.maildir().join("new").join(name)).unwrap();
    }

    /// Puts one message into another folder, as a mail program does that keeps what it sent. The folder is made where it is not there yet.
    pub fn store(&mut self, folder: &str, message: &[u8]) {
        self.delivered += 1;
        let path = self.maildir().join(format!(".{folder}"));
        for sub in ["", "cur", "new", "tmp"] {
            let sub = path.join(sub);
            if !sub.exists() {
                fs::create_dir(&sub).unwrap();
                own(&sub);
            }
        }
        let name = format!("1766000000.M{:06}P1.deneme,S={}", self.delivered, message.len());
        let file = path.join("new").join(name);
        fs::write(&file, message).unwrap();
        own(&file);
    }

    /// Deletes INBOX and makes it anew: UIDVALIDITY changes and UIDs start at 1.
    pub fn recreate_inbox(&self) {
        // A session that is just ending still writes and renames here: what is gone by itself is gone.
        while fs::read_dir(self.maildir()).unwrap().next().is_some() {
            for entry in fs::read_dir(self.maildir()).unwrap() {
                let path = entry.unwrap().path();
                let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
            }
        }
        for sub in ["cur", "new", "tmp"] {
            let path = self.maildir().join(sub);
            fs::create_dir(&path).unwrap();
            own(&path);
        }
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn own(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn configuration(path: &Path, imap_port: u16, imaps_port: u16) -> String {
    let here = path.display();
    let (uid, gid) = match is_root() {
        true => (NOBODY, NOBODY),
        false => (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()),
    };
    let unprivileged = match is_root() {
        true => String::new(),
        false => format!(
            "default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n",
            user = name_of("-un"),
            group = name_of("-gn")
        ),
    };
    format!(
        "base_dir = {here}/run\nstate_dir = {here}/state\nlog_path = {here}/dovecot.log\n{unprivileged}\
         protocols = imap\nlisten = 127.0.0.1\nssl = yes\nssl_cert = <{here}/server.pem\nssl_key = <{here}/server.key\n\
         disable_plaintext_auth = no\nauth_failure_delay = 0\nauth_mechanisms = plain\nmail_max_userip_connections = 100\n\
         first_valid_uid = 1\nmail_location = maildir:{here}/mail/Maildir\nmail_plugins = quota\n\
         passdb {{\n driver = passwd-file\n args = {here}/users\n}}\n\
         userdb {{\n driver = static\n args = uid={uid} gid={gid} home={here}/mail\n}}\n\
         protocol imap {{\n mail_plugins = quota imap_quota\n}}\n\
         plugin {{\n quota = maildir:User quota\n quota_rule = *:storage=500M\n}}\n\
         service imap-login {{\n chroot =\n inet_listener imap {{\n address = 127.0.0.1\n port = {imap_port}\n }}\n\
         inet_listener imaps {{\n address = 127.0.0.1\n port = {imaps_port}\n ssl = yes\n }}\n}}\n\
         service anvil {{\n chroot =\n}}\n"
    )
}

fn name_of(flag: &str) -> String {
    let output = Command::new("id").arg(flag).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `ca.pem` signs `server.pem` for `localhost`; `other-ca.pem` signs nothing.
fn write_certificates(path: &Path) {
    let (ca_key, ca) = certificate("Deneme CA", None, None);
    let (key, server) = certificate("localhost", Some("localhost"), Some((&ca_key, &ca)));
    let (_, other) = certificate("Deneme CA", None, None);
    fs::write(path.join("ca.pem"), ca.to_pem().unwrap()).unwrap();
    fs::write(path.join("other-ca.pem"), other.to_pem().unwrap()).unwrap();
    fs::write(path.join("server.pem"), server.to_pem().unwrap()).unwrap();
    fs::write(path.join("server.key"), key.private_key_to_pem_pkcs8().unwrap()).unwrap();
}

fn certificate(common_name: &str, host: Option<&str>, issuer: Option<(&PKey<Private>, &X509)>) -> (PKey<Private>, X509) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common_name).unwrap();
    let name = name.build();
    let mut builder: X509Builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(issuer.map_or(&name, |(_, ca)| ca.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(3_650).unwrap()).unwrap();
    match host {
        Some(host) => {
            let context = builder.x509v3_context(issuer.map(|(_, ca)| ca.as_ref()), None);
            let names = SubjectAlternativeName::new().dns(host).build(&context).unwrap();
            builder.append_extension(names).unwrap();
        }
        None => {
            builder
                .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
                .unwrap();
            builder
                .append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap())
                .unwrap();
        }
    }
    builder
        .sign(issuer.map_or(&key, |(ca_key, _)| ca_key), MessageDigest::sha256())
        .unwrap();
    (key, builder.build())
}
