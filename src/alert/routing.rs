//! Who hears a notice, over which channel, when first.

use std::collections::BTreeSet;

use super::config::{AlertConfig, Route};
use super::job::{Channel, Delivery, JobId, Recipient};
use super::notice::{Cause, Notice};
use super::schedule::audible_at;

/// One delivery per recipient whom the notice concerns. A notice that reaches nobody through its own groups goes to the default group:
/// a slip in a routing rule must not make silence.
pub fn deliveries(notice: &Notice, config: &AlertConfig) -> Vec<Delivery> {
    let own = recipients(notice, &notice.groups, config);
    let all = match own.is_empty() {
        true => recipients(notice, std::slice::from_ref(&config.default_group), config),
        false => own,
    };
    without_the_failing_channel(all, notice)
        .into_iter()
        .map(|(channel, recipient)| Delivery {
            id: JobId::of(notice, channel, &recipient),
            channel,
            recipient,
            due: audible_at(channel, notice.level, notice.at, config.quiet_hours),
        })
        .collect()
}

fn recipients(notice: &Notice, groups: &[String], config: &AlertConfig) -> BTreeSet<(Channel, Recipient)> {
    let mut found = BTreeSet::new();
    for name in groups {
        if let Some(group) = config.group(name) {
            for (channel, route) in group.routes() {
                if wants(route, channel, notice) {
                    found.extend(route.to.iter().map(|to| (channel, Recipient::new(to.as_str()))));
                }
            }
        }
        if *name == config.default_group && !config.webhook.url.is_empty() {
            found.insert((Channel::Webhook, Recipient::new(config.webhook.url.as_str())));
        }
    }
    found
}

fn wants(route: &Route, channel: Channel, notice: &Notice) -> bool {
    // The daily report is a page of text: nobody wants it by SMS.
    let readable = !(channel == Channel::Sms && notice.cause == Cause::DailyReport);
    let loud_enough = notice.level >= route.level.unwrap_or(channel.default_level());
    // A test is there to try every way.
    let tested = notice.cause == Cause::Test;
    readable && (tested || (loud_enough && (route.causes.is_empty() || route.causes.contains(&notice.cause))))
}

/// "E-mail does not go out" is not sent by e-mail, unless there is no other way.
fn without_the_failing_channel(recipients: BTreeSet<(Channel, Recipient)>, notice: &Notice) -> BTreeSet<(Channel, Recipient)> {
    let failing = notice.facts.get("channel").filter(|_| notice.cause == Cause::Undelivered);
    let Some(failing) = failing else { return recipients };
    let others: BTreeSet<_> = recipients
        .iter()
        .filter(|(channel, _)| channel.to_string() != *failing)
        .cloned()
        .collect();
    if others.is_empty() { recipients } else { others }
}
