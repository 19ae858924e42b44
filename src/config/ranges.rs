//! The range of every number of the configuration: a zero or a slip of the keyboard must be a sentence at start, and not a gateway that
//! refuses every message or asks nobody.

use std::time::Duration;

use super::Config;
use crate::clock::format_duration;
use crate::mailbox::config::MailboxConfig;
use crate::register::deadlines::DeemedReadRule;
use crate::text::Text;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const MOMENT: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const MONTH: Duration = Duration::from_secs(30 * 86_400);
const YEAR: Duration = Duration::from_secs(366 * 86_400);

/// The longest time that one exchange with a server may take.
const EXCHANGE: Duration = Duration::from_secs(600);

/// Collects what is out of its range.
#[derive(Default)]
struct Ranges(Vec<Text>);

impl Ranges {
    fn count(&mut self, key: &str, value: impl TryInto<u64>, least: u64, most: u64) {
        let value = value.try_into().unwrap_or(u64::MAX);
        if !(least..=most).contains(&value) {
            self.refuse(key, &value.to_string(), &least.to_string(), &most.to_string());
        }
    }

    fn bytes(&mut self, key: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            self.refuse(key, &value.to_string(), &with_unit(least), &with_unit(most));
        }
    }

    fn time(&mut self, key: &str, value: Duration, least: Duration, most: Duration) {
        if !(least..=most).contains(&value) {
            self.refuse(key, &format_duration(value), &format_duration(least), &format_duration(most));
        }
    }

    fn refuse(&mut self, key: &str, value: &str, least: &str, most: &str) {
        self.0.push(Text::new(
            format!("{key} = {value} olamaz; {least} ile {most} arasında bir değer yazın"),
            format!("{key} = {value} cannot be; write a value from {least} to {most}"),
        ));
    }
}

/// `65536 (64 KiB)`: the number to write, and what it is.
fn with_unit(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        bytes if bytes % GIB == 0 => format!("{bytes} ({} GiB)", bytes / GIB),
        bytes if bytes % MIB == 0 => format!("{bytes} ({} MiB)", bytes / MIB),
        bytes => format!("{bytes} ({} KiB)", bytes / KIB),
    }
}

/// Everything that is out of its range.
pub(super) fn check(config: &Config) -> Vec<Text> {
    let mut ranges = Ranges::default();
    limits(config, &mut ranges);
    daemon(config, &mut ranges);
    register_and_alert(config, &mut ranges);
    page_and_people(config, &mut ranges);
    ranges.count("checklist.power_warning_days", config.checklist.power_warning_days, 1, 366);
    config.mailbox.iter().for_each(|mailbox| self::mailbox(mailbox, &mut ranges));
    ranges.0
}

/// The least of each lets honest mail through; the most is what one machine can hold, or what a parser's stack is made for.
fn limits(config: &Config, ranges: &mut Ranges) {
    let limits = &config.limits;
    ranges.bytes("limits.message_bytes", limits.message_bytes, 64 * KIB, GIB);
    ranges.count("limits.nesting", limits.nesting, 4, 64);
    ranges.count("limits.parts", limits.parts, 10, 100_000);
    ranges.bytes("limits.header_bytes", limits.header_bytes.into(), 4 * KIB, 16 * MIB);
    ranges.bytes("limits.line_bytes", limits.line_bytes.into(), KIB, 16 * MIB);
    ranges.count("limits.package_entries", limits.package_entries, 16, 65_535);
    ranges.bytes("limits.entry_bytes", limits.entry_bytes, 64 * KIB, 4 * GIB);
    ranges.bytes("limits.package_bytes", limits.package_bytes, 64 * KIB, 8 * GIB);
    ranges.count("limits.compression_ratio", limits.compression_ratio, 10, 10_000);
    ranges.bytes("limits.xml_bytes", limits.xml_bytes, 64 * KIB, 256 * MIB);
    ranges.count("limits.cms_depth", limits.cms_depth, 16, 64);
    ranges.time("limits.parse_deadline", limits.parse_deadline, SECOND, HOUR);
}

fn daemon(config: &Config, ranges: &mut Ranges) {
    let daemon = &config.daemon;
    ranges.count("daemon.workers", daemon.workers, 1, 256);
    ranges.bytes("daemon.work_bytes", daemon.work_bytes, MIB, 64 * GIB);
    ranges.time("daemon.heartbeat_age", daemon.heartbeat_age, MINUTE, DAY);
    // No alarm at all is a choice: somebody else watches the disk.
    ranges.bytes("daemon.free_bytes", daemon.free_bytes, 0, GIB * GIB);
    ranges.time("daemon.failing_for", daemon.failing_for, Duration::ZERO, MONTH);
    // Zero: somebody else walks the record.
    if !daemon.walk_every.is_zero() {
        ranges.time("daemon.walk_every", daemon.walk_every, HOUR, MONTH);
    }
    ranges.time("trust.revocation_age", config.trust.revocation_age, MINUTE, YEAR);
}

fn register_and_alert(config: &Config, ranges: &mut Ranges) {
    ranges.count("register.warn_business_hours", config.register.warn_business_hours, 1, 90);
    if let DeemedReadRule::Hours(hours) = config.register.deemed_read {
        ranges.count("register.deemed_read.hours", hours, 1, 720);
    }
    let sent = &config.sent;
    ranges.time("sent.submission_within", sent.submission_within, 10 * MINUTE, MONTH);
    ranges.count("sent.delivery_business_days", sent.delivery_business_days, 0, 60);
    ranges.count("sent.reading_business_days", sent.reading_business_days, 1, 60);
    // The term of a loss is counted in days by every text that names one.
    ranges.count("retention.loss_days", config.retention.loss_days, 1, 90);
    for class in &config.retention.class {
        if let Some(years) = class.years {
            // What is to be kept longer than any archive plan says is kept for ever.
            ranges.count(&format!("[[retention.class]] {}: years", class.name), years, 1, 200);
        }
    }
    let alert = &config.alert;
    ranges.time("alert.email.timeout", alert.email.timeout, MOMENT, EXCHANGE);
    ranges.time("alert.sms.timeout", alert.sms.timeout, MOMENT, EXCHANGE);
    ranges.time("alert.webhook.timeout", alert.webhook.timeout, MOMENT, EXCHANGE);
    if let Some(port) = alert.email.port {
        ranges.count("alert.email.port", port, 1, u16::MAX.into());
    }
    for (cause, period) in &alert.throttle {
        let cause = serde_json::to_value(cause).ok();
        let word = cause.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        ranges.time(&format!("alert.throttle.{word}"), period.0, Duration::ZERO, MONTH);
    }
}

fn page_and_people(config: &Config, ranges: &mut Ranges) {
    ranges.time("web.session_idle", config.web.session_idle, MINUTE, DAY);
    ranges.time("web.session_lifetime", config.web.session_lifetime, MINUTE, MONTH);
    ranges.time("people.ldap.timeout", config.people.ldap.timeout, MOMENT, EXCHANGE);
    ranges.time("people.oidc.timeout", config.people.oidc.timeout, MOMENT, EXCHANGE);
}

fn mailbox(mailbox: &MailboxConfig, ranges: &mut Ranges) {
    let key = |key: &str| format!("[[mailbox]] {}: {key}", mailbox.name());
    // Every mailbox must have been looked into on every business day.
    ranges.time(&key("interval"), mailbox.interval(), MOMENT, DAY);
    match mailbox {
        MailboxConfig::EyServis(service) => {
            // What lies between two looks must be asked for again in any case.
            ranges.time(&key("overlap"), service.overlap, DAY, MONTH);
            ranges.time(&key("window"), service.window, DAY, YEAR);
            ranges.time(&key("evidence_interval"), service.evidence_interval, 10 * MINUTE, MONTH);
            ranges.time(&key("evidence_for"), service.evidence_for, HOUR, YEAR);
            if let Some(after) = service.delete_after {
                ranges.time(&key("delete_after"), after, MONTH, 20 * YEAR);
            }
            ranges.bytes(&key("quota_bytes"), service.quota_bytes, MIB, GIB * GIB);
            ranges.count(&key("low_credit"), service.low_credit, 0, 100_000_000);
            ranges.time(&key("quota_interval"), service.quota_interval, MINUTE, MONTH);
            ranges.time(&key("connect_timeout"), service.connect_timeout, MOMENT, EXCHANGE);
            ranges.time(&key("silence_timeout"), service.silence_timeout, MOMENT, HOUR);
            ranges.time(&key("timeout"), service.timeout, MOMENT, HOUR);
            ranges.bytes(&key("reply_bytes"), service.reply_bytes, 64 * KIB, 4 * GIB);
        }
        MailboxConfig::Turkkep(service) => {
            ranges.time(&key("recheck"), service.recheck, MINUTE, DAY);
            ranges.time(&key("overlap"), service.overlap, DAY, MONTH);
            ranges.time(&key("window"), service.window, DAY, YEAR);
            ranges.time(&key("connect_timeout"), service.connect_timeout, MOMENT, EXCHANGE);
            ranges.time(&key("silence_timeout"), service.silence_timeout, MOMENT, HOUR);
            ranges.time(&key("timeout"), service.timeout, MOMENT, HOUR);
            ranges.bytes(&key("reply_bytes"), service.reply_bytes, 64 * KIB, 4 * GIB);
        }
        MailboxConfig::Folder(folder) => ranges.time(&key("settle"), folder.settle, Duration::ZERO, HOUR),
        MailboxConfig::Imap(imap) => {
            if let Some(port) = imap.port {
                ranges.count(&key("port"), port, 1, u16::MAX.into());
            }
            ranges.time(&key("connect_timeout"), imap.connect_timeout, MOMENT, EXCHANGE);
            ranges.time(&key("command_timeout"), imap.command_timeout, MOMENT, HOUR);
            ranges.count(&key("batch_messages"), imap.batch_messages, 1, 10_000);
            ranges.bytes(&key("batch_bytes"), imap.batch_bytes, KIB, GIB);
            ranges.bytes(&key("buffer_bytes"), imap.buffer_bytes, KIB, 4 * GIB);
            ranges.count(&key("login_burst"), imap.login_burst, 1, 100_000);
            ranges.time(&key("login_refill"), imap.login_refill, SECOND, DAY);
            ranges.time(&key("quota_interval"), imap.quota_interval, MINUTE, MONTH);
        }
    }
}

#[cfg(test)]
#[path = "ranges_tests.rs"]
mod ranges_tests;
