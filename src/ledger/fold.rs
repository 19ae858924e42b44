//! From one event to the state after it. Deterministic: the same journal always gives the same index.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::LedgerError;
use super::event::{AccountEdited, Checked, Event, Fetched, Handled, Missing, Reexamined, Registered, Seen, TokenEdited, Viewed};
use super::keeping;
use super::key;
use super::linking::{adopt_orphans, judge_evidence_again, take_evidence};
use super::overlay::Overlay;
use super::retention::needs::named;
use super::sent;
use super::state::{DayOfChecks, EvidenceState, Hole, LocatorState, MailboxState, MessageState, Waiting};
use crate::alert::job::JobState;
use crate::alert::outbox::{AlertEvent, Outbox};
use crate::clock::local_day;
use crate::decryption::codes;
use crate::mailbox::Locator;
use crate::people::tokens::{LastUse, Token};
use crate::people::{Account, SignIns};
use crate::register::entry::{Action, Entry, RegisterNumber, Sighting, flag};
use crate::register::nearing::is_open;
use crate::register::numbering::Numbering;

/// The state that events are folded into.
pub struct State<'i> {
    pub index: Overlay<'i>,
    /// What is still to be told. Its jobs and windows lie in the index too, from where it is restored at a start.
    pub outbox: Outbox,
}

/// Applies `event`, which was recorded at `at`.
///
/// # Errors
/// The index cannot be read, or holds something that is not what this version writes.
pub fn apply(event: &Event, at: Timestamp, state: &mut State<'_>) -> Result<(), LedgerError> {
    if let Event::Alert(event) = event {
        return apply_alert(event, state);
    }
    let alerts = match event {
        Event::Registered(registered) => registered.alerts.as_slice(),
        Event::Reexamined(reexamined) => reexamined.alerts.as_slice(),
        _ => &[],
    };
    alerts.iter().try_for_each(|event| apply_alert(event, state))?;
    if let Event::ClockAccepted(_) = event {
        super::clock::pull_back(at, state)?;
    }
    apply_to_index(event, at, &mut state.index)?;
    state.index.put(key::NEWEST.to_vec(), &at)?;
    state.index.end_event()
}

fn apply_to_index(event: &Event, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    match event {
        Event::Started(_) | Event::Stopped | Event::Alert(_) => Ok(()),
        Event::ClockAccepted(_) => state.update(key::NUMBERING.to_vec(), |numbering: &mut Numbering| {
            numbering.pass_over_years_after(at)
        }),
        Event::Seen(seen) => apply_seen(seen, at, state),
        Event::Fetched(fetched) => apply_fetched(fetched, state),
        Event::Missing(missing) => apply_missing(missing, state),
        Event::Renumbered(renumbered) => {
            for locator in &renumbered.locators {
                set_stage(&renumbered.mailbox, locator, None, state)?;
                state.remove(key::hole(&renumbered.mailbox, locator));
            }
            Ok(())
        }
        Event::NotTaken(aside) => state.update(key::mailbox(&aside.mailbox), |mailbox: &mut MailboxState| {
            mailbox.not_taken = aside.count;
            mailbox.not_taken_files.clone_from(&aside.files);
        }),
        Event::HoleClosed(closed) => {
            set_stage(&closed.mailbox, &closed.locator, None, state)?;
            state.remove(key::hole(&closed.mailbox, &closed.locator));
            Ok(())
        }
        Event::Attempted(attempted) => attempted
            .messages
            .iter()
            .try_for_each(|sha256| state.amend(key::message(sha256), |message: &mut MessageState| message.attempts += 1)),
        Event::Registered(registered) => apply_registered(registered, at, state),
        Event::Checked(checked) => apply_checked(checked, state),
        Event::CheckFailed(failed) => state.update(key::mailbox(&failed.mailbox), |mailbox: &mut MailboxState| {
            mailbox.failing_since.get_or_insert(failed.at);
            mailbox.failure = Some(failed.clone());
        }),
        Event::Acknowledged(done) => state.amend(key::locator(&done.mailbox, &done.locator), |stage: &mut LocatorState| {
            if let LocatorState::Fetched { acknowledged, .. } = stage {
                *acknowledged = true;
            }
        }),
        Event::Removed(done) => state.amend(key::locator(&done.mailbox, &done.locator), |stage: &mut LocatorState| {
            if let LocatorState::Fetched { removed, .. } = stage {
                *removed = true;
            }
        }),
        Event::Judged(judged) => {
            let Some(before) = state.entry(judged.number)? else { return Ok(()) };
            let after = Entry {
                verdict: Some(judged.verdict.clone()),
                ..before.clone()
            };
            keeping::supersede(judged.number, (named(&before), named(&after)), state)?;
            amend_entry(judged.number, state, |entry| *entry = after)
        }
        Event::Reexamined(reexamined) => apply_reexamined(reexamined, at, state),
        Event::Handled(handled) => apply_handled(handled, state),
        Event::Standing(standing) => {
            let name = key::standing(&standing.alarm);
            match standing.since {
                Some(_) => state.put(name, standing)?,
                None => state.remove(name),
            }
            sent::settle_alarm(&standing.alarm, state)
        }
        Event::Account(edited) => apply_account(edited, state),
        Event::SignedIn(signed_in) => state.update(key::sign_ins(&signed_in.login), |known: &mut SignIns| {
            known.last = Some(at);
            known.last_from.clone_from(&signed_in.from);
            known.failures = 0;
            // Only forwards: a code is never taken twice.
            known.step = known.step.max(signed_in.step);
        }),
        Event::SignInFailed(failed) => match &failed.login {
            Some(login) => state.update(key::sign_ins(login), |known: &mut SignIns| {
                known.failures += failed.tries;
                known.last_failure = Some(at);
            }),
            None => Ok(()),
        },
        Event::Viewed(viewed) => apply_viewed(viewed, state),
        Event::Looked(looked) => state.put(key::look(looked.day, &looked.by), looked),
        Event::Token(edited) => apply_token(edited, at, state),
        Event::TokenUsed(used) => {
            let from = used.from.clone();
            state.put(key::token_use(&used.name), &LastUse { at: Some(at), from })
        }
        Event::RetentionClassed(classed) => keeping::classed(classed, at, state),
        Event::LegalHold(hold) => keeping::held(hold, at, state),
        Event::DisposalProposed(list) => keeping::proposed(list, state),
        Event::DisposalApproved(approved) => keeping::approved(approved, at, state),
        Event::DisposalWithdrawn(withdrawn) => keeping::withdrawn(withdrawn, at, state),
        Event::DisposalBegun(begun) => keeping::begun(begun, at, state),
        Event::DisposalDone(done) => keeping::done(done, state),
        Event::Loss(loss) => state.put(key::loss(&loss.id), loss),
        Event::PapersRead(read) => super::files::apply_read(read, state),
        Event::FileDeed(deed) => super::file_deeds::apply_deed(deed, state),
    }
}

fn apply_account(edited: &AccountEdited, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::account(&edited.login);
    let before: Option<Account> = state.get(&name)?;
    match edited.edit.applied(before.as_ref()) {
        Some(account) => state.put(name, &account),
        None => {
            state.remove(name);
            state.remove(key::sign_ins(&edited.login));
            Ok(())
        }
    }
}

fn apply_token(edited: &TokenEdited, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::token(&edited.name);
    let before: Option<Token> = state.get(&name)?;
    let Some(token) = edited.edit.applied(before.as_ref(), at) else {
        return Ok(());
    };
    state.put(key::token_secret(&token.secret_sha256), &token.name)?;
    state.put(name, &token)
}

fn apply_viewed(viewed: &Viewed, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let what = viewed.what.word();
    state.put(key::last_view(viewed.number, &viewed.by, what), &viewed.at)?;
    state.put(key::view(viewed.number, viewed.at, &viewed.by, what), viewed)
}

fn apply_seen(seen: &Seen, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    state.update(key::mailbox(&seen.mailbox), |mailbox: &mut MailboxState| {
        mailbox.folders.clone_from(&seen.folders)
    })?;
    for locator in &seen.locators {
        let name = key::locator(&seen.mailbox, locator);
        if let Some(LocatorState::Seen { .. }) = state.get(&name)? {
            continue;
        }
        set_stage(&seen.mailbox, locator, Some(&LocatorState::Seen { at }), state)?;
        let hole = Hole {
            mailbox: seen.mailbox.clone(),
            locator: locator.clone(),
            since: at,
            problem: None,
        };
        state.put(key::hole(&seen.mailbox, locator), &hole)?;
    }
    Ok(())
}

/// Puts a locator where it stands now, `None` = nowhere, and keeps the count of those with durable bytes.
fn set_stage(mailbox: &str, locator: &Locator, stage: Option<&LocatorState>, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::locator(mailbox, locator);
    let is_fetched = |stage: Option<&LocatorState>| matches!(stage, Some(LocatorState::Fetched { .. }));
    let (before, after) = (is_fetched(state.get(&name)?.as_ref()), is_fetched(stage));
    if before != after {
        state.update(key::fetched_count(mailbox), |count: &mut u64| {
            *count = if after { *count + 1 } else { count.saturating_sub(1) };
        })?;
    }
    match stage {
        Some(stage) => state.put(name, stage),
        None => {
            state.remove(name);
            Ok(())
        }
    }
}

fn apply_fetched(fetched: &Fetched, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let Fetched {
        mailbox, locator, sha256, ..
    } = fetched;
    let stage = LocatorState::Fetched {
        sha256: *sha256,
        acknowledged: false,
        removed: false,
    };
    set_stage(mailbox, locator, Some(&stage), state)?;
    state.remove(key::hole(mailbox, locator));

    let sighting = Sighting {
        mailbox: mailbox.clone(),
        locator: locator.clone(),
        at: fetched.at,
    };
    let name = key::message(sha256);
    let Some(mut message) = state.get::<MessageState>(&name)? else {
        // The same bytes may have gone before as something else, a plaintext perhaps: as a message they are needed.
        state.remove(key::gone(sha256));
        let order: u64 = state.get(key::ORDER)?.unwrap_or(0) + 1;
        state.put(key::ORDER.to_vec(), &order)?;
        state.put(key::pending(order, sha256), &())?;
        return state.put(
            name,
            &MessageState {
                order,
                mailbox: mailbox.clone(),
                size: fetched.size,
                arrived: fetched.arrived,
                fetched_at: fetched.at,
                attempts: 0,
                sightings: vec![sighting],
                numbers: Vec::new(),
            },
        );
    };
    if message
        .sightings
        .iter()
        .any(|seen| seen.mailbox == *mailbox && seen.locator == *locator)
    {
        return Ok(());
    }
    message.sightings.push(sighting.clone());
    for number in &message.numbers {
        amend_entry(*number, state, |entry| {
            entry.message.sightings.push(sighting.clone());
            entry.flags.insert(flag::DUPLICATE.to_owned());
        })?;
    }
    state.put(name, &message)
}

fn apply_missing(missing: &Missing, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let Missing {
        mailbox,
        locator,
        problem,
        at,
    } = missing;
    let name = key::hole(mailbox, locator);
    let since = state.get::<Hole>(&name)?.map_or(*at, |hole| hole.since);
    state.put(
        name,
        &Hole {
            mailbox: mailbox.clone(),
            locator: locator.clone(),
            since,
            problem: Some(problem.clone()),
        },
    )
}

fn apply_registered(registered: &Registered, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let numbers: Vec<RegisterNumber> = registered.entries.iter().map(|entry| entry.register_number).collect();
    registered.entries.iter().try_for_each(|entry| add_entry(entry, state))?;
    if let Some(mut message) = state.get::<MessageState>(&key::message(&registered.sha256))? {
        message.numbers.clone_from(&numbers);
        state.put(key::message(&registered.sha256), &message)?;
        state.remove(key::pending(message.order, &registered.sha256));
    }

    for link_key in &registered.link_keys {
        state.update(key::linked_messages(link_key), |known: &mut Vec<RegisterNumber>| {
            known.extend(&numbers)
        })?;
    }
    for found in &registered.evidence {
        take_evidence(found, registered.sha256, &registered.entries, at, state)?;
    }
    let is_sent = registered.entries.iter().any(Entry::is_sent);
    adopt_orphans(&registered.link_keys, is_sent, state)?;
    follow_all(&numbers, is_sent, state)
}

fn add_entry(entry: &Entry, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    keeping::needed_again(entry, state);
    state.put_entry(entry.clone());
    for name in open_deadlines(entry) {
        state.put(name, &())?;
    }
    list_waiting(entry, state)?;
    list_untransferred(entry, state)?;
    let mut numbering: Numbering = state.get(key::NUMBERING)?.unwrap_or_default();
    numbering.observe(entry.register_number)?;
    state.put(key::NUMBERING.to_vec(), &numbering)?;
    remember_document(entry, state)
}

/// The first entry with a BelgeId is the one that later ones are duplicates of.
fn remember_document(entry: &Entry, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    match entry.document.as_ref().and_then(|document| document.id.as_deref()) {
        Some(id) if !state.contains(&key::document(id))? => state.put(key::document(id), &entry.register_number),
        _ => Ok(()),
    }
}

fn apply_reexamined(reexamined: &Reexamined, at: Timestamp, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let Some(mut message) = state.get::<MessageState>(&key::message(&reexamined.sha256))? else {
        return Ok(());
    };
    for entry in &reexamined.entries {
        let number = entry.register_number;
        if message.numbers.contains(&number) {
            keeping::needed_again(entry, state);
            let before = state.entry(number)?.as_ref().map(named).unwrap_or_default();
            keeping::supersede(number, (before, named(entry)), state)?;
            amend_entry(number, state, |known| known.clone_from(entry))?;
            remember_document(entry, state)?;
        } else {
            add_entry(entry, state)?;
            message.numbers.push(number);
        }
    }
    // It was read to its end: what it did to the process before counts no longer.
    message.attempts = 0;
    state.put(key::message(&reexamined.sha256), &message)?;

    for link_key in &reexamined.link_keys {
        state.update(key::linked_messages(link_key), |known: &mut Vec<RegisterNumber>| {
            let new: Vec<_> = message.numbers.iter().filter(|number| !known.contains(number)).copied().collect();
            known.extend(new);
        })?;
    }
    for found in &reexamined.evidence {
        match state.get::<EvidenceState>(&key::evidence(&found.evidence.sha256))? {
            Some(known) => judge_evidence_again(known, found, state)?,
            None => take_evidence(found, reexamined.sha256, &reexamined.entries, at, state)?,
        }
    }
    let is_sent = reexamined.entries.iter().any(Entry::is_sent);
    adopt_orphans(&reexamined.link_keys, is_sent, state)?;
    follow_all(&message.numbers, is_sent, state)
}

/// What arrived, which is nearly everything, costs nothing here.
fn follow_all(numbers: &[RegisterNumber], is_sent: bool, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    match is_sent {
        true => numbers.iter().try_for_each(|number| sent::follow(*number, state)),
        false => Ok(()),
    }
}

fn apply_checked(checked: &Checked, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    state.update(key::mailbox(&checked.mailbox), |mailbox: &mut MailboxState| {
        mailbox.last_check = Some(checked.at);
        mailbox.folders.clone_from(&checked.folders);
        mailbox.listed = checked.listed;
        mailbox.failure = None;
        mailbox.failing_since = None;
        if checked.quota.is_some() {
            mailbox.quota = checked.quota;
            mailbox.quota_at = Some(checked.at);
        }
    })?;
    state.update(key::day(&checked.mailbox, local_day(checked.at)), |day: &mut DayOfChecks| {
        day.first.get_or_insert(checked.at);
        day.last = Some(checked.at);
        day.checks += 1;
        day.new += checked.new;
        day.quota = checked.quota.or(day.quota);
    })
}

fn apply_handled(handled: &Handled, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    amend_entry(handled.number, state, |entry| {
        entry.state = handled.handling.state;
        match &handled.handling.action {
            Action::Assigned { unit: Some(unit), .. } => entry.unit = Some(unit.clone()),
            Action::Access { to, .. } => entry.access = *to,
            _ => {}
        }
        entry.history.push(handled.handling.clone());
    })?;
    sent::follow(handled.number, state)
}

/// Changes an entry where there is one, and with it the list of deadlines that can still be missed.
pub(super) fn amend_entry(number: RegisterNumber, state: &mut Overlay<'_>, change: impl FnOnce(&mut Entry)) -> Result<(), LedgerError> {
    let Some(mut entry) = state.take_entry(number)? else {
        return Ok(());
    };
    let before = open_deadlines(&entry);
    change(&mut entry);
    let after = open_deadlines(&entry);
    before.difference(&after).for_each(|name| state.remove(name.clone()));
    for name in after.difference(&before) {
        state.put(name.clone(), &())?;
    }
    list_waiting(&entry, state)?;
    list_untransferred(&entry, state)?;
    state.put_entry(entry);
    Ok(())
}

/// The entry stands among those that an EBYS still has to take over, or no longer. What is not recorded is nothing to take over.
fn list_untransferred(entry: &Entry, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::untransferred(entry.register_number);
    match entry.awaits_transfer() {
        true => state.put(name, &()),
        false => {
            state.remove(name);
            Ok(())
        }
    }
}

/// The entry stands in the queue of those that are judged again by themselves, or no longer.
fn list_waiting(entry: &Entry, state: &mut Overlay<'_>) -> Result<(), LedgerError> {
    let name = key::waiting(entry.register_number);
    let found = |wanted: &dyn Fn(&str) -> bool| entry.findings.iter().any(|finding| wanted(&finding.rule));
    let is_unreachable = found(&|rule| rule == codes::HOLDER_UNAVAILABLE.rule);
    let closed = !entry.is_disposed() && (is_unreachable || found(&codes::awaits_key));
    let awaits_data = entry.awaits_data();
    let Some(verdict) = entry.verdict.as_ref().filter(|_| awaits_data || closed) else {
        state.remove(name);
        return Ok(());
    };
    let waiting = Waiting {
        number: entry.register_number,
        since: entry.registered_at,
        after: verdict.retry_after().filter(|_| awaits_data),
        lacks: is_unreachable || (awaits_data && !verdict.wanted.is_empty()),
        closed,
    };
    state.put(name, &waiting)
}

fn open_deadlines(entry: &Entry) -> BTreeSet<Vec<u8>> {
    let open = entry.deadlines.iter().filter(|deadline| is_open(entry.state, deadline));
    open.map(|deadline| key::deadline(entry.register_number, deadline)).collect()
}

/// The outbox decides what the event means; the index keeps what the outbox must know after a restart.
fn apply_alert(event: &AlertEvent, state: &mut State<'_>) -> Result<(), LedgerError> {
    for window in state.outbox.outdated_by(event) {
        state.index.remove(key::window(&window));
    }
    state.outbox.apply(event);
    for id in event.touched_jobs() {
        let name = id.to_string();
        let Some(job) = state.outbox.get(&id) else { continue };
        state.index.put(key::job(&name), job)?;
        state.index.put(key::job_by_time(job.created, &name), &())?;
        if let JobState::GivenUp { at, .. } = &job.state {
            state.index.put(key::given_up(*at, &name), at)?;
        }
        match job.is_open() {
            true => state.index.put(key::open_job(&name), &())?,
            false => state.index.remove(key::open_job(&name)),
        }
    }
    if let Some(window) = event.touched_window() {
        let name = key::window(&window);
        match state.outbox.window(&window) {
            Some(open) => state.index.put(name, &(&window, open))?,
            None => state.index.remove(name),
        }
    }
    Ok(())
}
