//! What several test programs share. Each of them uses a part of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod canned_imap;
pub mod dovecot;
pub mod intake;
pub mod ports;
pub mod scripted_imap;
pub mod soap;
pub mod soap_service;
pub mod storm;

/// A tiny seeded generator (SplitMix64): the same seed gives the same faults for ever.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0..limit; 0 when the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A message of about `size` bytes that is unlike every other number's.
pub fn message(number: usize, size: usize) -> Vec<u8> {
    let mut text = format!(
        "From: Deneme <deneme{number}@hs01.kep.tr>\r\nTo: kurum@hs01.kep.tr\r\nSubject: Deneme {number}\r\n\
         Date: Sun, 22 Nov 2026 12:00:00 +0300\r\nMessage-ID: <{number}@deneme.example>\r\n\r\n"
    );
    let mut dice = Dice::new(number as u64);
    while text.len() < size {
        for _ in 0..4 {
            text.push_str(&format!("{:016x}", dice.next()));
        }
        text.push_str("\r\n");
    }
    text.into_bytes()
}
