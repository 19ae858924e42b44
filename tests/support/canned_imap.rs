//! A server that says exactly what it was given, whatever it is asked: one reply for each line that comes in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kep_gateway::mailbox::config::ImapConfig;
use kep_gateway::secret::SecretFolder;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub struct CannedImap {
    port: u16,
    /// Lines that the client sent.
    pub heard: Arc<Mutex<Vec<String>>>,
    secrets: tempfile::TempDir,
}

impl CannedImap {
    /// `replies[0]` is the greeting. After the last reply, `then` is sent every 50 ms until the client goes.
    pub async fn start(replies: &'static [&'static str], then: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let hears = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, replies, then, hears.clone()));
            }
        });
        let secrets = tempfile::tempdir().unwrap();
        std::fs::write(secrets.path().join("p"), "parola\n").unwrap();
        Self { port, heard, secrets }
    }

    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    pub fn secrets(&self) -> SecretFolder {
        SecretFolder::beside(self.secrets.path())
    }

    /// A client that waits for a slow machine.
    pub fn config(&self, security: &str) -> ImapConfig {
        let table = format!(
            "name = 'evrak'\naddress = 'kurum@hs01.kep.tr'\nhost = 'localhost'\nport = {}\nsecurity = '{security}'\nallow_plaintext = true\n\
             user = 'evrak'\npassword_file = 'p'\ncommand_timeout = '5m'\nconnect_timeout = '5m'\n",
            self.port
        );
        toml::from_str(&table).unwrap()
    }
}

async fn talk(stream: TcpStream, replies: &[&str], then: &str, heard: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    for (at, reply) in replies.iter().enumerate() {
        if at > 0 {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            heard.lock().unwrap().push(line);
        }
        stream.write_all(reply.as_bytes()).await?;
    }
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(then.as_bytes()).await?;
    }
}
