//! Who hears a notice, over which channel, when first.

use std::collections::BTreeSet;

use super::config::{AlertConfig, Route};
use super::job::{Channel, Delivery, JobId, Recipient};
use super::notice::{Cause, Notice};
use super::schedule::audible_at;

/// One delivery per recipient whom the notice concerns. A notice that reaches nobody through its own groups goes to the default group:
/// a slip in a routing rule must not make silence.
pub fn deliveries(notice: &Notice, config: &AlertConfig) -> Vec<Delivery> {
    let own = match notice.cause.is_for_programs() {
        // A program asked for every document, whatever rule took it.
        true => subscribers(notice, config),
        false => recipients(notice, &notice.groups, config),
    };
    if notice.cause.is_for_programs() {
        return own
            .into_iter()
            .map(|(channel, recipient)| delivery(notice, channel, recipient, config))
            .collect();
    }
    let all = match own.is_empty() {
        true => recipients(notice, std::slice::from_ref(&config.default_group), config),
        false => own,
    };
    without_the_failing_channel(all, notice)
        .into_iter()
        .map(|(channel, recipient)| delivery(notice, channel, recipient, config))
        .collect()
}

fn delivery(notice: &Notice, channel: Channel, recipient: Recipient, config: &AlertConfig) -> Delivery {
    Delivery {
        id: JobId::of(notice, channel, &recipient),
        channel,
        due: audible_at(channel, notice.level, notice.at, config.quiet_hours),
        recipient,
    }
}

/// The webhooks whose route names this cause.
fn subscribers(notice: &Notice, config: &AlertConfig) -> BTreeSet<(Channel, Recipient)> {
    let routes = config.group.iter().map(|group| &group.webhook);
    let asked = routes.filter(|route| route.causes.contains(&notice.cause));
    asked
        .flat_map(|route| &route.to)
        .map(|to| (Channel::Webhook, Recipient::new(to.as_str())))
        .collect()
}

/// The names under which the configuration knows a recipient; none where it no longer does.
pub fn target_names(channel: Channel, recipient: &Recipient, config: &AlertConfig) -> Vec<String> {
    let named = config.group.iter().filter(|group| {
        let mut routes = group.routes().into_iter();
        routes.any(|(known, route)| known == channel && route.to.iter().any(|to| to == recipient.reveal()))
    });
    let mut names: Vec<String> = named.map(|group| group.name.clone()).collect();
    if channel == Channel::Webhook && config.webhook.url == recipient.reveal() {
        names.push("alert.webhook".to_owned());
    }
    names
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
