//! Who must hear of it, and did they? E-mail, SMS, webhook, the daily report, the throttle.

pub mod notice;
