//! The built program with a store, a drop folder and a forged country's trust, in one temporary folder.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod page;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::forge::world::World;

/// The longest that anything may take before it counts as hung, on a machine that does eight other things.
pub const PATIENCE: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the issue allows between SIGTERM and the end.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

pub struct Gateway {
    pub dir: TempDir,
    /// Our own DETSİS number in the configuration.
    receiver_kkk: String,
}

/// The end of a command and the most memory it had, in MiB.
pub struct Ended {
    pub output: Output,
    pub peak_mib: u64,
}

impl Gateway {
    /// A store with a drop folder as its only mailbox.
    pub fn with_drop(world: &World) -> Self {
        let gateway = Self::bare(world);
        fs::create_dir(gateway.drop()).unwrap();
        gateway.configure(&format!(
            "[[mailbox]]\nname = \"drop\"\nkind = \"folder\"\npath = \"{}\"\nsettle = \"0s\"\ninterval = \"200ms\"\n",
            gateway.drop().display()
        ));
        gateway
    }

    /// A store without mailboxes; add them with [`Gateway::configure`].
    pub fn bare(world: &World) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, write) in [
            ("trust", World::trust_folder as fn(&World, &Path)),
            ("intermediates", World::intermediates),
            ("revocation", World::revocation),
        ] {
            let folder = dir.path().join(name);
            fs::create_dir(&folder).unwrap();
            write(world, &folder);
        }
        let gateway = Self {
            dir,
            receiver_kkk: String::new(),
        };
        gateway.configure("");
        gateway
    }

    /// A store of the institution that the world's mail is sent to.
    pub fn of_receiver(world: &World) -> Self {
        Self {
            receiver_kkk: world.receiver.kkk.clone(),
            ..Self::bare(world)
        }
    }

    /// Writes the configuration: the store, the trust, and what is given.
    pub fn configure(&self, rest: &str) {
        let text = format!(
            "language = \"tr\"\n[store]\npath = \"store\"\n[trust]\nanchors = \"trust\"\nintermediates = \"intermediates\"\nrevocation = \"revocation\"\nonline = false\n[register]\nreceiver_kkk = \"{}\"\n{rest}",
            self.receiver_kkk
        );
        fs::write(self.config(), text).unwrap();
    }

    /// Adds to the configuration: a table of its own, or keys of the last one.
    pub fn configure_more(&self, more: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), text + more).unwrap();
    }

    /// A token for programs; its secret.
    pub fn token(&self, name: &str, scopes: &str, clearance: &str) -> String {
        let made = self.ok(&["people", "token", "add", name, "--scope", scopes, "--clearance", clearance]);
        made.lines().last().unwrap().to_owned()
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("kep-gateway.toml")
    }

    pub fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    pub fn drop(&self) -> PathBuf {
        self.dir.path().join("drop")
    }

    /// A file appears in the drop folder whole.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        put_whole(&self.drop(), name, bytes);
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kep-gateway"));
        command.arg("--config").arg(self.config()).args(args).env("RUST_LOG", "warn");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.measured(args).output
    }

    /// Runs a command and watches its memory.
    pub fn measured(&self, args: &[&str]) -> Ended {
        let files = [self.dir.path().join("stdout"), self.dir.path().join("stderr")];
        let [stdout, stderr] = files.each_ref().map(|path| fs::File::create(path).unwrap());
        let mut child = self
            .command(args)
            .stdout(stdout)
            .stderr(stderr)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        let mut peak_mib = 0;
        let status = loop {
            peak_mib = peak_mib.max(peak_memory_mib(&child));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("{args:?} did not end within {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let [stdout, stderr] = files.map(|path| fs::read(path).unwrap());
        Ended {
            output: Output { status, stdout, stderr },
            peak_mib,
        }
    }

    /// The result of a command that prints JSON, whatever its exit code says.
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.spawn_with(args, &[])
    }

    /// With these variables in its environment.
    pub fn spawn_with(&self, args: &[&str], environment: &[(String, String)]) -> Child {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.path().join("daemon.log"))
            .unwrap();
        self.command(args)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// The register, oldest first.
    pub fn export(&self) -> Vec<Value> {
        let output = self.run(&["documents", "export", "--json"]);
        assert!(output.status.success(), "export: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap().as_array().unwrap().clone()
    }

    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "{args:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A file appears in a folder whole.
pub fn put_whole(folder: &Path, name: &str, bytes: &[u8]) {
    let unfinished = folder.join(format!(".{name}"));
    fs::write(&unfinished, bytes).unwrap();
    fs::rename(unfinished, folder.join(name)).unwrap();
}

/// Waits for what must happen.
pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A daemon that is ended with its test, whatever becomes of the test.
pub struct Daemon(pub Child);

impl Daemon {
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Ends it as systemd does, and says how long that took: no longer than the issue allows, and as long again as the machine kept everybody
    /// waiting meanwhile.
    pub fn stop(mut self) -> (ExitStatus, Duration) {
        let (asked, mut kept_waiting) = (Instant::now(), Duration::ZERO);
        self.signal(Signal::TERM);
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                let took = asked.elapsed();
                assert!(
                    took < STOPS_WITHIN + kept_waiting,
                    "it ended after {took:?}; {kept_waiting:?} was the machine's"
                );
                return (status, took);
            }
            assert!(asked.elapsed() < PATIENCE, "the daemon does not end");
            let turn = Instant::now();
            let before = queued(self.0.id());
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&[0; 4096]).and_then(|()| file.sync_all()).unwrap();
            std::thread::sleep(LOOK_EVERY);
            let late = turn.elapsed().saturating_sub(LOOK_EVERY);
            kept_waiting += late + queued(self.0.id()).saturating_sub(before);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long the threads of a process were ready and got no processor (proc(5), schedstat), as far as the kernel says it.
fn queued(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let waited = threads.filter_map(|thread| {
        let said = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        said.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    Duration::from_nanos(waited.sum())
}

/// The time that the program has worked since it began, on all its threads.
pub fn processor_time(child: &Child) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // proc(5): the name in brackets may hold blanks; utime and stime are the 14th and 15th field, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// The high-water mark of a living process.
pub fn peak_memory_mib(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    kib / 1024
}

/// The register numbers of a year run from 1 without a gap.
pub fn assert_gap_free(entries: &[Value]) {
    let numbers: Vec<&str> = entries.iter().map(|entry| entry["register_number"].as_str().unwrap()).collect();
    let year = numbers.first().map_or("2026", |first| &first[..4]);
    let expected: Vec<String> = (1..=numbers.len()).map(|number| format!("{year}/{number:06}")).collect();
    assert_eq!(numbers, expected, "the numbers have a gap, a double or another order");
}
