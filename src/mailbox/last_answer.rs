//! What is asked for now and then, not at every look: quota and credit.

use std::time::{Duration, Instant};

/// The last answer and when it came.
#[derive(Debug)]
pub(super) struct LastAnswer<T>(Option<(Instant, T)>);

impl<T> Default for LastAnswer<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> LastAnswer<T> {
    /// The answer, if it is not older than `interval`.
    pub fn young(&self, interval: Duration) -> Option<T> {
        let (asked, answer) = self.0.as_ref()?;
        (asked.elapsed() < interval).then(|| answer.clone())
    }

    pub fn keep(&mut self, answer: T) -> T {
        self.0 = Some((Instant::now(), answer.clone()));
        answer
    }
}
