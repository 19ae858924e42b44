//! xsd:dateTime and xsd:duration as the packages write them.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};

use crate::clock;

/// An instant, and whether the writer named its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    pub at: Timestamp,
    /// False: no zone was written and Turkish legal time was assumed.
    pub zoned: bool,
}

/// An xsd:dateTime with `Z`, an offset, or none (then Europe/Istanbul), and any number of fractional digits.
pub fn parse_date_time(text: &str) -> Option<Instant> {
    let text = text.trim();
    let (wall, offset) = split_offset(text)?;
    // xsd:dateTime is stricter than ISO 8601: always a T, always seconds. .NET writes 7 fractional digits, jiff reads 9.
    let (whole, fraction) = wall.split_once('.').unwrap_or((wall, ""));
    if whole.len() < 19 || !whole.contains('T') || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: String = fraction.chars().take(9).collect();
    let civil: DateTime = if fraction.is_empty() {
        whole.parse()
    } else {
        format!("{whole}.{fraction}").parse()
    }
    .ok()?;
    let at = match offset {
        Some(offset) => offset.to_timestamp(civil).ok()?,
        None => clock::from_local(civil),
    };
    Some(Instant {
        at,
        zoned: offset.is_some(),
    })
}

fn split_offset(text: &str) -> Option<(&str, Option<Offset>)> {
    if let Some(wall) = text.strip_suffix('Z') {
        return Some((wall, Some(Offset::UTC)));
    }
    let time = text.find('T')?;
    let Some(sign) = text.rfind(['+', '-']).filter(|at| *at > time) else {
        return Some((text, None));
    };
    let (wall, offset) = text.split_at_checked(sign)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    let signed = if offset.starts_with('-') { -seconds } else { seconds };
    Some((wall, Some(Offset::from_seconds(signed).ok()?)))
}

/// An xsd:duration (`P1D`, `PT0S`, `P1Y2M3DT4H5M6.7S`) as a span that calendar arithmetic can add. `0` is none, though senders write it.
pub fn parse_duration(text: &str) -> Option<Span> {
    let text = text.trim();
    let (negative, body) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let body = body.strip_prefix('P')?;
    let (date, time) = body.split_once('T').map_or((body, None), |(date, time)| (date, Some(time)));
    if (date.is_empty() && time.is_none()) || time.is_some_and(str::is_empty) {
        return None;
    }
    let mut span = Span::new();
    let mut rest = date;
    span = component(&mut rest, 'Y', span, |span, n| span.try_years(n).ok())?;
    span = component(&mut rest, 'M', span, |span, n| span.try_months(n).ok())?;
    span = component(&mut rest, 'D', span, |span, n| span.try_days(n).ok())?;
    if !rest.is_empty() {
        return None;
    }
    let mut rest = time.unwrap_or_default();
    span = component(&mut rest, 'H', span, |span, n| span.try_hours(n).ok())?;
    span = component(&mut rest, 'M', span, |span, n| span.try_minutes(n).ok())?;
    span = seconds(rest, span)?;
    Some(if negative { span.negate() } else { span })
}

/// Takes `<digits><unit>` off the front when it is there.
fn component(rest: &mut &str, unit: char, span: Span, set: fn(Span, i64) -> Option<Span>) -> Option<Span> {
    let Some((digits, behind)) = rest.split_once(unit) else {
        return Some(span);
    };
    // A later unit's letter may be the first found: `1D` holds no months, `5M` of a time holds no hours.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.bytes().any(|byte| !byte.is_ascii_digit()).then_some(span);
    }
    *rest = behind;
    set(span, digits.parse().ok()?)
}

fn seconds(rest: &str, span: Span) -> Option<Span> {
    if rest.is_empty() {
        return Some(span);
    }
    let (whole, fraction) = rest.strip_suffix('S')?.split_once('.').unwrap_or((rest.strip_suffix('S')?, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanoseconds: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    span.try_seconds(whole.parse::<i64>().ok()?).ok()?.try_nanoseconds(nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_of_every_writer_are_read() {
        let utc = |text: &str| parse_date_time(text).map(|instant| (instant.at.to_string(), instant.zoned));
        assert_eq!(
            utc("2025-05-12T14:23:13.3515207+03:00"),
            Some(("2025-05-12T11:23:13.3515207Z".into(), true))
        );
        assert_eq!(utc("2025-05-12T14:23:13.000Z"), Some(("2025-05-12T14:23:13Z".into(), true)));
        assert_eq!(
            utc("2009-11-05T00:00:00"),
            Some(("2009-11-04T22:00:00Z".into(), false)),
            "EET before 2016"
        );
        assert_eq!(utc("2020-11-05T00:00:00"), Some(("2020-11-04T21:00:00Z".into(), false)));
    }

    #[test]
    fn what_is_no_date_time_is_none() {
        for text in [
            "",
            "2025-05-12",
            "12.05.2025",
            "2025-05-12 14:23:13",
            "2025-13-12T14:23:13Z",
            "2025-05-12T14:23:13+99:00",
            "T+",
            "2025-05-12T14:23Z",
        ] {
            assert_eq!(parse_date_time(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_read_strictly() {
        let text = |text: &str| parse_duration(text).map(|span| span.to_string());
        assert_eq!(text("P1D").as_deref(), Some("P1D"));
        assert_eq!(text("PT0S").as_deref(), Some("PT0S"));
        assert_eq!(text("P1Y2M3DT4H5M6S").as_deref(), Some("P1Y2M3DT4H5M6S"));
        assert_eq!(text("PT5M").as_deref(), Some("PT5M"));
        assert_eq!(text("-P2M").as_deref(), Some("-P2M"));
        for wrong in [
            "0",
            "",
            "P",
            "PT",
            "1D",
            "P1",
            "P1D2M",
            "P1DT",
            "PT1D",
            "P-1D",
            "p1d",
            "P1.5D",
            "PTS",
            "P99999999999999999999D",
            "PT1S1",
        ] {
            assert_eq!(parse_duration(wrong).map(|span| span.to_string()), None, "{wrong}");
        }
    }
}
