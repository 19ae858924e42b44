//! The long-running part: one task per mailbox, the worker, the outbox, the clock-driven duties, the control socket; start, reload and stop.

pub mod control;
pub mod deeds;
pub mod duties;
pub mod files;
pub mod keeping;
pub mod keys;
pub mod loss;
pub mod outbox;
pub mod progress;
pub mod removal;
pub mod revalidate;
mod sent;
pub mod trouble;
pub mod walk;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::alert::heartbeat::{self, Beat};
use crate::ledger::event::{Event, Started};
use crate::mailbox::config::MailboxConfig;
use crate::pipeline::troubles::Trouble;
use crate::pipeline::{HandedOver, Pipeline, PipelineError};
use crate::settings::Settings;
use crate::text::Text;
use crate::web::{self, Web};
use progress::Progress;

/// Grace for what is under way when the daemon stops. systemd waits 10 seconds.
const STOP_GRACE: Duration = Duration::from_secs(8);

/// Grace for the messages that are being read: an attempt that is cut off counts against its message.
const WORK_GRACE: Duration = Duration::from_secs(5);

/// The worker looks for messages at least this often, also when nobody rang.
const WORKER_LOOK: Duration = Duration::from_secs(60);

/// How long the worker may be silent: the parse deadline of several hostile messages.
const WORKER_ALLOWANCE: Duration = Duration::from_secs(1_800);

/// Pause after the disk refused.
const DISK_PAUSE: Duration = Duration::from_secs(10);

/// Reads the configuration anew; the error is a sentence for the administrator.
pub type Reload = Box<dyn Fn() -> Result<Settings, Text> + Send + Sync>;

/// Runs until SIGTERM or SIGINT. SIGHUP reads configuration and secrets anew.
///
/// # Errors
/// Signals cannot be listened for, or the start cannot be recorded.
pub async fn run(pipeline: Arc<Pipeline>, reload: Reload) -> Result<(), String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| error.to_string())?;

    record_start(&pipeline).await?;
    let progress = Progress::default();
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(work(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    tasks.spawn(outbox::work(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    tasks.spawn(duties::keep(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    tasks.spawn(keeping::keep(Arc::clone(&pipeline), stop.clone()));
    tasks.spawn(walk::keep(Arc::clone(&pipeline), stop.clone()));
    tasks.spawn(revalidate::keep(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    tasks.spawn(keys::keep(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    tasks.spawn(files::keep(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    tasks.spawn(control::serve(Arc::clone(&pipeline), progress.clone(), stop.clone()));
    let mut watches = Watches::start(&pipeline, &progress, &stop);
    let heard = progress.clone();
    let web = Web::new(Arc::clone(&pipeline)).indexed().hearing(Box::new(move || heard.silent()));
    let web = Arc::new(web);
    tasks.spawn(Arc::clone(&web.search).follow(stop.clone()));
    let mut page = Page::open(&web, &tasks, &stop);
    notify(&[NotifyState::Ready]);
    tracing::info!(mailboxes = watches.count, "the gateway is running");

    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => {
                watches = reload_all(&pipeline, &reload, watches, &progress, &stop).await;
                page.close().await;
                page = Page::open(&web, &tasks, &stop);
            }
        }
    }
    notify(&[NotifyState::Stopping]);
    tracing::info!("the gateway stops");
    stop.cancel();
    tasks.close();
    let ended = tokio::time::timeout(STOP_GRACE, async {
        watches.stop().await;
        tasks.wait().await;
    });
    if ended.await.is_err() {
        tracing::warn!("some work did not end in time; it is taken up again at the next start");
    }
    if let Err(error) = heartbeat::write(&pipeline.settings().config.heartbeat_file(), &Beat::stopped(pipeline.now())) {
        tracing::warn!(%error, "the heartbeat could not say that the stop was in order");
    }
    pipeline.ledger.append(Event::Stopped).await.map_err(|error| error.to_string())
}

async fn record_start(pipeline: &Pipeline) -> Result<(), String> {
    let config_sha256 = pipeline.settings().config_sha256;
    let started = Started {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config_sha256,
    };
    pipeline
        .ledger
        .append(Event::Started(started))
        .await
        .map_err(|error| error.to_string())
}

/// The mailbox tasks of one configuration.
struct Watches {
    tasks: TaskTracker,
    stop: CancellationToken,
    count: usize,
}

impl Watches {
    fn start(pipeline: &Arc<Pipeline>, progress: &Progress, stop: &CancellationToken) -> Self {
        let mailboxes: Vec<MailboxConfig> = pipeline.settings().config.mailbox.clone();
        let (tasks, stop, count) = (TaskTracker::new(), stop.child_token(), mailboxes.len());
        for mailbox in mailboxes {
            tasks.spawn(watch::watch(Arc::clone(pipeline), mailbox, progress.clone(), stop.clone()));
        }
        tasks.close();
        Self { tasks, stop, count }
    }

    async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

/// The server under one configuration: address and certificate are read when it is opened, the sessions are not its own.
struct Page {
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Page {
    fn open(web: &web::Shared, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let page = Self {
            stop: stop.child_token(),
            ended: CancellationToken::new(),
        };
        let (web, stop, ended) = (Arc::clone(web), page.stop.clone(), page.ended.clone());
        tasks.spawn(async move {
            let _ended = ended.drop_guard();
            web::server::serve(web, stop).await;
        });
        page
    }

    async fn close(&self) {
        self.stop.cancel();
        self.ended.cancelled().await;
    }
}

/// A configuration that is wrong leaves the old one in force: a slip of the pen must not stop the watch.
async fn reload_all(pipeline: &Arc<Pipeline>, reload: &Reload, watches: Watches, progress: &Progress, stop: &CancellationToken) -> Watches {
    match reload() {
        Ok(settings) => {
            watches.stop().await;
            pipeline.replace_settings(settings);
            // A person asks for it: what was refused is tried once more.
            for mailbox in &pipeline.settings().config.mailbox {
                if let Err(error) = pipeline.forget_refused(mailbox.name()).await {
                    tracing::error!(mailbox = mailbox.name(), %error, "credentials that were refused are not tried again");
                }
            }
            if let Err(error) = outbox::reroute(pipeline).await {
                tracing::error!(%error, "waiting alerts keep their old recipients");
            }
            pipeline.trouble_over(Trouble::ReloadFailed);
            tracing::info!("the configuration was read anew");
            Watches::start(pipeline, progress, stop)
        }
        Err(problem) => {
            trouble::tell_reload(pipeline, problem).await;
            watches
        }
    }
}

/// Registers what waits, whenever somebody rings.
async fn work(pipeline: Arc<Pipeline>, progress: Progress, stop: CancellationToken) {
    const TASK: &str = "worker";
    progress.beat(TASK, WORKER_ALLOWANCE);
    let mut handed = HandedOver::default();
    while !stop.is_cancelled() {
        let worked = tokio::select! {
            worked = pipeline.work_off_some(&mut handed) => worked,
            () = cancelled_for(&stop, WORK_GRACE) => break,
        };
        // What no waiting heals is no progress: the watchdog may end it, and the heartbeat is heard.
        if worked.as_ref().map_or_else(PipelineError::is_transient, |_| true) {
            progress.beat(TASK, WORKER_ALLOWANCE);
        }
        let pause = match worked {
            Ok(Some(_)) => continue,
            Ok(None) => WORKER_LOOK,
            Err(error) => {
                tracing::error!(%error, "messages wait to be registered");
                trouble::tell_disk(&pipeline, &error).await;
                DISK_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = pipeline.news.notified(), if pause == WORKER_LOOK => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    progress.end(TASK);
}

/// Some time after the stop was asked for.
async fn cancelled_for(stop: &CancellationToken, grace: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(grace).await;
}

fn notify(states: &[NotifyState<'_>]) {
    // Without systemd there is nobody to tell.
    let _ = sd_notify::notify(states);
}
