//! The built daemon with its page, for tests that ask it over the network.

use std::fs;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::{Gateway, until};

/// For the configuration: the page on whatever port is free.
pub const PAGE: &str = "[web]\nlisten = \"127.0.0.1:0\"\n";

/// A running daemon, ended with its test whatever becomes of the test, without any warning.
pub struct Daemon {
    running: super::Daemon,
    /// Where its page is.
    pub address: String,
    log: PathBuf,
}

impl Daemon {
    /// Starts it and waits for its page. The configuration asks for one: see [`PAGE`].
    pub fn start(gateway: &Gateway) -> Self {
        Self::start_with(gateway, &[])
    }

    /// With these variables in its environment.
    pub fn start_with(gateway: &Gateway, environment: &[(String, String)]) -> Self {
        let log = gateway.dir.path().join("page.log");
        let mut command = gateway.command(&["run"]);
        command
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stderr(fs::File::create(&log).unwrap());
        let mut daemon = Self {
            running: super::Daemon(command.spawn().unwrap()),
            address: String::new(),
            log,
        };
        daemon.wait_for_page(1);
        let log = daemon.log();
        let served = log.lines().find_map(|line| line.split_once("the page is served")).unwrap().1;
        let address = served.split_once("address=").unwrap().1.split_whitespace().next().unwrap();
        daemon.address = format!("http://{}", address.trim_matches('"'));
        daemon
    }

    /// Waits until the page was opened so many times: a reload opens it anew.
    pub fn wait_for_page(&self, times: usize) {
        until("the page is served", || {
            let log = self.log();
            // The last line may still be in the middle of being written.
            let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
            whole.matches("the page is served").count() >= times
        });
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Ends it as systemd does, and says how long that took.
    pub fn stop(self) -> (ExitStatus, Duration) {
        self.running.stop()
    }

    /// What it answers to a program with this token: the status and the body.
    pub fn get(&self, path: &str, token: &str) -> (u16, Vec<u8>) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client
                .get(format!("{}{path}", self.address))
                .bearer_auth(token)
                .send()
                .await
                .unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
        })
    }
}
