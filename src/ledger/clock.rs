//! What a clock that ran ahead left in the state. Once a person says that the clock is right, nothing waits for the dates that it reckoned,
//! and nothing counts as told because it was told by them: an alarm that rests until the wrong date comes is silence.

use jiff::Timestamp;

use super::event::Standing;
use super::fold::State;
use super::{LedgerError, key};
use crate::people::{SignIns, totp};

/// Standing alarms of deadlines of the register: said once, and never taken back.
pub const DEADLINE: &str = "deadline/";

/// Standing alarms of evidence without its message: one of each day.
pub const ORPHANS: &str = "orphans/";

/// Pulls everything back that lies behind `now`, the right time. The rest of the state keeps the times that it was given: they are the
/// record's, and who compares them with the clock takes one that lies ahead for wrong.
pub(super) fn pull_back(now: Timestamp, state: &mut State<'_>) -> Result<(), LedgerError> {
    pull_alerts_back(now, state)?;
    let index = &mut state.index;
    for prefix in [DEADLINE, ORPHANS] {
        for name in index.keys(&key::standing(prefix))? {
            let standing: Option<Standing> = index.get(&name)?;
            if standing.and_then(|standing| standing.since).is_some_and(|since| since > now) {
                index.remove(name);
            }
        }
    }
    // Whose authenticator followed the same wrong clock would find every code refused as an old one until then.
    for name in index.keys(key::SIGN_INS)? {
        index.amend(name, |known: &mut SignIns| known.step = known.step.min(totp::last_step(now)))?;
    }
    Ok(())
}

fn pull_alerts_back(now: Timestamp, state: &mut State<'_>) -> Result<(), LedgerError> {
    let (jobs, windows) = state.outbox.pull_back(now);
    for id in jobs {
        if let Some(job) = state.outbox.get(&id) {
            state.index.put(key::job(&id.to_string()), job)?;
        }
    }
    for window in windows {
        if let Some(open) = state.outbox.window(&window) {
            state.index.put(key::window(&window), &(&window, open))?;
        }
    }
    // Given up "in a year": counted now, once, and not every day until then.
    for name in state.index.keys(key::GIVEN_UP)? {
        if state.index.get::<Timestamp>(&name)?.is_some_and(|at| at > now) {
            state.index.remove(name.clone());
            state.index.put(key::given_up_at(now, &name), &now)?;
        }
    }
    Ok(())
}
