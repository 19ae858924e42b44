//! A source of trouble that repeats itself for the same seed.

use std::sync::{Arc, Mutex};

/// What goes wrong with one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The connection is closed before anything is said.
    Close,
    /// "Not now."
    Busy,
    /// Nothing is said for longer than anybody waits.
    Stall,
    /// The message is taken and the answer is lost: the sender must repeat it.
    TakenWithoutAnswer,
    /// The answer is none.
    Garbage,
}

const FAULTS: [Fault; 5] = [Fault::Close, Fault::Busy, Fault::Stall, Fault::TakenWithoutAnswer, Fault::Garbage];

/// Troubles for the first exchanges, then none.
#[derive(Clone)]
pub struct Script {
    state: Arc<Mutex<(u64, u32)>>,
    garbage: bool,
}

impl Script {
    pub fn calm() -> Self {
        Self::new(1, 0)
    }

    /// Trouble in two of three of the first `troubled` exchanges.
    pub fn new(seed: u64, troubled: u32) -> Self {
        Self {
            state: Arc::new(Mutex::new((seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, troubled))),
            garbage: true,
        }
    }

    /// For a server whose every 2xx means "taken", whatever its page says.
    pub fn without_garbage(self) -> Self {
        Self { garbage: false, ..self }
    }

    /// From now on all goes well.
    pub fn heal(&self) {
        self.state.lock().unwrap().1 = 0;
    }

    pub fn next(&self) -> Fault {
        let mut state = self.state.lock().unwrap();
        let (seed, left) = &mut *state;
        if *left == 0 {
            return Fault::None;
        }
        *left -= 1;
        // xorshift64
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        match *seed % 9 {
            0..=2 => Fault::None,
            // A stall costs real time: fewer of them.
            3 if *seed % 5 == 0 => Fault::Stall,
            other => match FAULTS[(other as usize) % FAULTS.len()] {
                Fault::Stall => Fault::Busy,
                Fault::Garbage if !self.garbage => Fault::Busy,
                fault => fault,
            },
        }
    }
}
