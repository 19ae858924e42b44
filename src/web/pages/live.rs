//! The parts of the first page that change while it is open.

use askama::Template;

use super::chrome::Chrome;
use super::health::Health;
use super::today::{Counters, CountersPart, RowsPart, newest};
use crate::ledger::LedgerError;
use crate::web::Web;

/// Their HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    pub counters: String,
    pub rows: String,
}

/// # Errors
/// The index cannot be read.
pub fn parts(web: &Web, c: &Chrome) -> Result<Parts, LedgerError> {
    let now = web.pipeline.now();
    let counters = CountersPart {
        counters: Counters::of(web, c.person(), now)?,
        health: Health::of(web.ledger(), &web.pipeline.settings(), c.person(), now)?,
        c: c.clone(),
    };
    let rows = RowsPart {
        list: newest(web, c, None, now)?,
        c: c.clone(),
    };
    Ok(Parts {
        counters: rendered(&counters),
        rows: rendered(&rows),
    })
}

/// One event may hold no carriage return.
fn rendered(part: &impl Template) -> String {
    part.render().unwrap_or_default().replace('\r', " ")
}
