//! Who must hear of it, and did they? E-mail, SMS, webhook, the daily report, the throttle.
//!
//! The journal is the truth: [`outbox::Outbox`] is a fold over [`outbox::AlertEvent`]s and decides, without doing anything;
//! [`deliver::Dispatcher`] does, without deciding. Whoever stands above journals each event before acting on the next.

pub mod causes;
pub mod config;
pub mod daily;
pub mod deliver;
mod email;
pub mod heartbeat;
mod http;
pub mod job;
pub mod notice;
pub mod outbox;
mod redact;
pub mod routing;
pub mod schedule;
pub mod sms;
mod smtp;
pub mod validate;
pub mod webhook;
pub mod window;
