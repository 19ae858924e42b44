//! Ports for the servers that cannot say which one they got (Dovecot, chromedriver, `openssl ocsp`): no two of them are ever given the
//! same, in one test program or in several at once.

use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below what Linux gives to outgoing connections by itself (32768 and up): none of those takes a port between its choice and its use.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Tried since this program began. Programs that run side by side begin elsewhere.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// A name in the kernel for each port given out, which ends with the program and which no second program can take.
static RESERVED: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port of 127.0.0.1 at which nobody listens and which nobody else is given while this program runs.
pub fn free_port() -> u16 {
    let begin = std::process::id() % u32::from(COUNT);
    for _ in 0..COUNT {
        let step = begin + u32::from(TRIED.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + u16::try_from(step % u32::from(COUNT)).unwrap();
        let name = SocketAddr::from_abstract_name(format!("kep-gateway-test-port-{port}")).unwrap();
        let Ok(reserved) = UnixListener::bind_addr(&name) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            RESERVED.lock().unwrap().push(reserved);
            return port;
        }
    }
    panic!("no port of {COUNT} from {FIRST} on is free");
}
