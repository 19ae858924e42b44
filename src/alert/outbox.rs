//! What is still to be told. A fold over journal events; it decides and does nothing.
//!
//! ```text
//! notice --plan--> Raised | Held        (journal, then apply)
//! time   --wake--> Summarised           (journal, then apply)
//! job    --attempt--> Attempted         (journal, then apply, then deliver)
//! result --outcome--> Delivered | Failed (journal, then apply; a Failed may be worth a complaint: a notice to plan)
//! ```
//!
//! Each event is journalled before the next step, so a crash at any point repeats a delivery at worst and loses none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::causes;
use super::config::AlertConfig;
use super::deliver::{DeliveryError, FailureClass, Receipt};
use super::job::{Delivery, Job, JobId, JobState};
use super::notice::{Cause, Notice};
use super::routing::deliveries;
use super::schedule::{UNKNOWN_OUTCOME_PAUSE, later, retry_at};
use super::window::{self, Window, WindowKey};

/// Ended jobs that are kept for `alerts list`; the journal has all of them.
const ENDED_KEPT: usize = 500;

/// After this many failed attempts, somewhat more than an hour, the other channels hear of it.
const COMPLAIN_AFTER: u32 = 5;

/// What happened to alerts; the body of a journal record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum AlertEvent {
    /// A notice is told at once. Until `hold_until`, others like it are held.
    Raised {
        notice: Notice,
        to: Vec<Delivery>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold_until: Option<Timestamp>,
    },
    /// A notice like one that was just told: counted, and told in the next summary.
    Held {
        notice: Notice,
    },
    /// The held notices are told as one; the window opens anew until `hold_until`.
    Summarised {
        window: WindowKey,
        notice: Notice,
        to: Vec<Delivery>,
        hold_until: Timestamp,
    },
    /// An attempt begins. `due_again` counts should its outcome never be recorded.
    Attempted {
        job: JobId,
        at: Timestamp,
        due_again: Timestamp,
    },
    Delivered {
        job: JobId,
        at: Timestamp,
        receipt: String,
    },
    /// An attempt failed, or the job ended without one. Without `next_attempt` it is given up.
    Failed {
        job: JobId,
        at: Timestamp,
        class: FailureClass,
        problem: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_attempt: Option<Timestamp>,
    },
}

impl AlertEvent {
    /// The jobs that this event makes or changes.
    pub fn touched_jobs(&self) -> Vec<JobId> {
        match self {
            Self::Raised { to, .. } | Self::Summarised { to, .. } => to.iter().map(|delivery| delivery.id.clone()).collect(),
            Self::Attempted { job, .. } | Self::Delivered { job, .. } | Self::Failed { job, .. } => vec![job.clone()],
            Self::Held { .. } => Vec::new(),
        }
    }

    /// The window that this event opens or changes.
    pub fn touched_window(&self) -> Option<WindowKey> {
        match self {
            Self::Raised {
                notice,
                hold_until: Some(_),
                ..
            }
            | Self::Held { notice } => Some(WindowKey::of(notice)),
            Self::Summarised { window, .. } => Some(window.clone()),
            _ => None,
        }
    }
}

/// Everything that is to be told and was not yet, folded from the events.
///
/// A clone is cheap and shares what neither side changes: the ledger's writer takes one for each request, however many jobs wait.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    waiting: Arc<BTreeMap<JobId, Arc<Job>>>,
    ended: Arc<Ended>,
    windows: Arc<BTreeMap<WindowKey, Window>>,
}

/// The last jobs that ended.
#[derive(Debug, Clone, Default)]
struct Ended {
    /// Ids of [`Self::jobs`], so that a repeated event revives none of them.
    ids: BTreeSet<JobId>,
    jobs: VecDeque<Arc<Job>>,
}

impl Outbox {
    /// The outbox as it was when `jobs` waited and `windows` were open. Ended jobs are not needed to go on.
    pub fn restore(jobs: Vec<Job>, windows: Vec<(WindowKey, Window)>) -> Self {
        let waiting = jobs.into_iter().map(|job| (job.id.clone(), Arc::new(job))).collect();
        Self {
            waiting: Arc::new(waiting),
            windows: Arc::new(windows.into_iter().collect()),
            ..Self::default()
        }
    }

    /// The open window of a key.
    pub fn window(&self, key: &WindowKey) -> Option<&Window> {
        self.windows.get(key)
    }

    /// The windows that mean nothing any more once this event is applied. Ask before applying it.
    pub fn outdated_by(&self, event: &AlertEvent) -> Vec<WindowKey> {
        let AlertEvent::Raised {
            notice,
            hold_until: Some(_),
            ..
        } = event
        else {
            return Vec::new();
        };
        let own = WindowKey::of(notice);
        let outdated = self
            .windows
            .iter()
            .filter(|(key, window)| **key != own && !window.means_something(notice.at));
        outdated.map(|(key, _)| key.clone()).collect()
    }

    /// What is to be done with a notice: told now, or held with others like it. Changes nothing; journal the event, then [`Self::apply`] it.
    pub fn plan(&self, notice: Notice, config: &AlertConfig) -> AlertEvent {
        let period = config.throttle_of(notice.cause);
        if !period.is_zero() && self.holds(&notice) {
            return AlertEvent::Held { notice };
        }
        AlertEvent::Raised {
            to: deliveries(&notice, config),
            hold_until: (!period.is_zero()).then(|| later(notice.at, period)),
            notice,
        }
    }

    fn holds(&self, notice: &Notice) -> bool {
        self.windows
            .get(&WindowKey::of(notice))
            .is_some_and(|window| notice.level <= window.told && (notice.at < window.until || window.held > 0))
    }

    /// The summaries that are due. Journal and apply each.
    pub fn wake(&self, config: &AlertConfig, now: Timestamp) -> Vec<AlertEvent> {
        self.windows
            .iter()
            .filter(|(_, window)| window.held > 0 && window.until <= now)
            .map(|(key, window)| {
                let notice = window::summary(key, window, now);
                AlertEvent::Summarised {
                    window: key.clone(),
                    to: deliveries(&notice, config),
                    notice,
                    hold_until: later(now, config.throttle_of(key.cause)),
                }
            })
            .collect()
    }

    /// The jobs to attempt now, the loudest and oldest first.
    pub fn due(&self, now: Timestamp) -> Vec<&Job> {
        let mut due: Vec<&Job> = self.waiting().filter(|job| job.next_attempt <= now).collect();
        due.sort_by_key(|job| (std::cmp::Reverse(job.notice.level), job.created, job.next_attempt));
        due
    }

    /// When [`Self::due`] or [`Self::wake`] will next have something.
    pub fn next_due(&self) -> Option<Timestamp> {
        let jobs = self.waiting.values().map(|job| job.next_attempt);
        let windows = self.windows.values().filter(|window| window.held > 0).map(|window| window.until);
        jobs.chain(windows).min()
    }

    /// Announces an attempt. Journal and apply it before the delivery begins.
    pub fn attempt(&self, job: &Job, now: Timestamp) -> AlertEvent {
        AlertEvent::Attempted {
            job: job.id.clone(),
            at: now,
            due_again: later(now, UNKNOWN_OUTCOME_PAUSE),
        }
    }

    /// What the end of a delivery means. `job` as it was before the attempt or after: only the outbox's own count is used.
    pub fn outcome(&self, job: &Job, result: Result<Receipt, DeliveryError>, config: &AlertConfig, now: Timestamp) -> AlertEvent {
        match result {
            Ok(receipt) => AlertEvent::Delivered {
                job: job.id.clone(),
                at: now,
                receipt: receipt.0,
            },
            Err(error) => AlertEvent::Failed {
                job: job.id.clone(),
                at: now,
                class: error.class,
                next_attempt: retry_at(
                    self.waiting.get(&job.id).map_or(job, |job| job),
                    error.class,
                    now,
                    config.quiet_hours,
                ),
                problem: error.problem,
            },
        }
    }

    /// "The alert did not get through", for the other channels: when one is given up, when a channel refuses our account, and when one
    /// has failed for more than an hour. Ask after each [`AlertEvent::Failed`], before or after applying it, and plan what comes.
    /// A complaint that is not delivered makes no complaint.
    pub fn complaint(&self, event: &AlertEvent) -> Option<Notice> {
        let AlertEvent::Failed {
            job,
            at,
            class,
            problem,
            next_attempt,
        } = event
        else {
            return None;
        };
        let job = self.get(job)?;
        let worth_telling = next_attempt.is_none() || *class == FailureClass::Authentication || job.attempts == COMPLAIN_AFTER;
        (worth_telling && job.notice.cause != Cause::Undelivered).then(|| causes::undelivered(job.channel, job.notice.cause, problem, *at))
    }

    /// After a reload: jobs to recipients that the configuration no longer names end, and their notices go to those it names now.
    pub fn reroute(&self, config: &AlertConfig, now: Timestamp) -> Vec<AlertEvent> {
        let mut events = Vec::new();
        for job in self.waiting.values() {
            let wanted = deliveries(&job.notice, config);
            if wanted.iter().any(|other| other.id == job.id) {
                continue;
            }
            events.push(AlertEvent::Failed {
                job: job.id.clone(),
                at: now,
                class: FailureClass::Permanent,
                problem: "the recipient is no longer configured".to_owned(),
                next_attempt: None,
            });
            let to: Vec<Delivery> = wanted
                .into_iter()
                .filter(|other| !self.waiting.contains_key(&other.id) && !self.ended.ids.contains(&other.id))
                .collect();
            if !to.is_empty() {
                events.push(AlertEvent::Raised {
                    notice: job.notice.clone(),
                    to,
                    hold_until: None,
                });
            }
        }
        events
    }

    /// Takes a journalled event into account. Applying one twice changes nothing but a count of held notices.
    pub fn apply(&mut self, event: &AlertEvent) {
        match event {
            AlertEvent::Raised { notice, to, hold_until } => {
                self.add(notice, to);
                if let Some(until) = hold_until {
                    self.forget_windows_before(notice.at);
                    let window = self
                        .windows_mut()
                        .entry(WindowKey::of(notice))
                        .or_insert_with(|| Window::open(*until, notice.level));
                    window.until = *until;
                    window.told = window.told.max(notice.level);
                }
            }
            AlertEvent::Held { notice } => {
                self.windows_mut()
                    .entry(WindowKey::of(notice))
                    .or_insert_with(|| Window::open(notice.at, notice.level))
                    .hold(notice);
            }
            AlertEvent::Summarised {
                window,
                notice,
                to,
                hold_until,
            } => {
                self.add(notice, to);
                self.windows_mut().insert(window.clone(), Window::open(*hold_until, notice.level));
            }
            AlertEvent::Attempted { job, at, due_again } => {
                if let Some(job) = self.waiting_mut(job) {
                    job.tried = Some(*at);
                    job.attempts = job.attempts.saturating_add(1);
                    job.next_attempt = *due_again;
                }
            }
            AlertEvent::Delivered { job, at, receipt } => self.end(
                job,
                JobState::Delivered {
                    at: *at,
                    receipt: receipt.clone(),
                },
            ),
            AlertEvent::Failed {
                job,
                at,
                problem,
                next_attempt: None,
                ..
            } => self.end(
                job,
                JobState::GivenUp {
                    at: *at,
                    problem: problem.clone(),
                },
            ),
            AlertEvent::Failed {
                job,
                problem,
                next_attempt: Some(next),
                ..
            } => {
                if let Some(job) = self.waiting_mut(job) {
                    job.next_attempt = *next;
                    job.state = JobState::Waiting {
                        problem: Some(problem.clone()),
                    };
                }
            }
        }
    }

    /// A wrong clock planned until now, and it is `now`: no job and no window waits for a later time. Says which of them changed.
    pub fn pull_back(&mut self, now: Timestamp) -> (Vec<JobId>, Vec<WindowKey>) {
        let ahead = |job: &&Job| job.next_attempt > now;
        let jobs: Vec<JobId> = self.waiting().filter(ahead).map(|job| job.id.clone()).collect();
        for id in &jobs {
            if let Some(job) = self.waiting_mut(id) {
                job.next_attempt = now;
            }
        }
        let ahead = |(_, window): &(&WindowKey, &Window)| window.until > now;
        let windows: Vec<WindowKey> = self.windows.iter().filter(ahead).map(|(key, _)| key.clone()).collect();
        for key in &windows {
            if let Some(window) = self.windows_mut().get_mut(key) {
                window.until = now;
            }
        }
        (jobs, windows)
    }

    fn add(&mut self, notice: &Notice, to: &[Delivery]) {
        for delivery in to {
            if !self.ended.ids.contains(&delivery.id) {
                Arc::make_mut(&mut self.waiting)
                    .entry(delivery.id.clone())
                    .or_insert_with(|| Arc::new(Job::new(notice, delivery)));
            }
        }
    }

    fn end(&mut self, id: &JobId, state: JobState) {
        if !self.waiting.contains_key(id) {
            return;
        }
        let Some(mut job) = Arc::make_mut(&mut self.waiting).remove(id) else {
            return;
        };
        Arc::make_mut(&mut job).state = state;
        let ended = Arc::make_mut(&mut self.ended);
        ended.ids.insert(id.clone());
        ended.jobs.push_back(job);
        if ended.jobs.len() > ENDED_KEPT
            && let Some(oldest) = ended.jobs.pop_front()
        {
            ended.ids.remove(&oldest.id);
        }
    }

    fn waiting_mut(&mut self, id: &JobId) -> Option<&mut Job> {
        Arc::make_mut(&mut self.waiting).get_mut(id).map(Arc::make_mut)
    }

    fn windows_mut(&mut self) -> &mut BTreeMap<WindowKey, Window> {
        Arc::make_mut(&mut self.windows)
    }

    /// Windows that are over and hold nothing mean nothing any more.
    fn forget_windows_before(&mut self, now: Timestamp) {
        if !self.windows.values().all(|window| window.means_something(now)) {
            self.windows_mut().retain(|_, window| window.means_something(now));
        }
    }

    /// Jobs that are still to be delivered.
    pub fn waiting(&self) -> impl Iterator<Item = &Job> {
        self.waiting.values().map(Arc::as_ref)
    }

    /// The last jobs that ended, oldest first, delivered and given up.
    pub fn ended(&self) -> impl Iterator<Item = &Job> {
        self.ended.jobs.iter().map(Arc::as_ref)
    }

    /// How many notices are held and will be told in a summary.
    pub fn held(&self) -> u64 {
        self.windows.values().map(|window| window.held).sum()
    }

    pub fn get(&self, id: &JobId) -> Option<&Job> {
        self.waiting
            .get(id)
            .map(Arc::as_ref)
            .or_else(|| self.ended().find(|job| job.id == *id))
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
