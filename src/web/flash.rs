//! What somebody typed into a form that was refused, so that the page that says why can show it again. The answer to a refused form is a
//! redirect: the page then has an address that can be reloaded and read in the other language.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::pages::Fields;

/// How long it is kept: somebody mends the form and sends it again.
const KEPT: SignedDuration = SignedDuration::from_mins(30);
/// Of all people together, one for each person and page. More is a flood; the oldest go.
const AT_MOST: usize = 500;

/// By login and address of the page.
#[derive(Default)]
pub struct Refused(Mutex<HashMap<(String, String), (Fields, Timestamp)>>);

impl Refused {
    pub fn keep(&self, login: &str, page: &str, fields: Fields, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, at)| now.duration_since(*at) < KEPT);
        while all.len() >= AT_MOST {
            let oldest = all.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        all.insert((login.to_owned(), page.to_owned()), (fields, now));
    }

    pub fn of(&self, login: &str, page: &str, now: Timestamp) -> Option<Fields> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(&(login.to_owned(), page.to_owned()));
        let kept = kept.filter(|(_, at)| now.duration_since(*at) < KEPT);
        kept.map(|(fields, _)| fields.clone())
    }

    pub fn forget(&self, login: &str, page: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(login.to_owned(), page.to_owned()));
    }
}
