//! Dates of PDF (ISO 32000-2 7.9.4): `D:YYYYMMDDHHmmSSOHH'mm'`.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The instant; `None` when it is no date. Parts that are left out are the earliest; without an offset it is read as UTC.
pub fn parse(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let (digits, zone) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };
    if digits.len() < 4 || digits.len() > 14 || digits.len() % 2 == 1 {
        return None;
    }
    let part = |from: usize, default: i8| match digits.get(from..from + 2) {
        Some(text) => text.parse::<i8>().ok(),
        None => Some(default),
    };
    let year: i16 = digits.get(..4)?.parse().ok()?;
    let civil = DateTime::new(year, part(4, 1)?, part(6, 1)?, part(8, 0)?, part(10, 0)?, part(12, 0)?, 0).ok()?;
    Some(civil.to_zoned(TimeZone::fixed(offset(zone)?)).ok()?.timestamp())
}

fn offset(zone: &str) -> Option<Offset> {
    let (sign, rest) = match zone.split_at_checked(1) {
        None => return Some(Offset::UTC),
        Some(("Z", _)) => return Some(Offset::UTC),
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        Some(_) => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != '\'').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let hours: i64 = hours.parse().ok()?;
    let minutes: i64 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    if !(0..=23).contains(&hours) || !(0..=59).contains(&minutes) {
        return None;
    }
    let seconds = SignedDuration::from_mins(sign * (hours * 60 + minutes)).as_secs();
    Offset::from_seconds(i32::try_from(seconds).ok()?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_the_forms_that_writers_use() {
        let expect = |text: &str, instant: &str| assert_eq!(parse(text.as_bytes()), Some(instant.parse().unwrap()), "{text}");
        expect("D:20261110093000+03'00'", "2026-11-10T06:30:00Z");
        expect("D:20261110093000+03'00", "2026-11-10T06:30:00Z");
        expect("D:20261110093000Z", "2026-11-10T09:30:00Z");
        expect("D:20261110093000Z00'00'", "2026-11-10T09:30:00Z");
        expect("20261110093000-0130", "2026-11-10T11:00:00Z");
        expect("D:2026", "2026-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "D:",
            "D:202",
            "D:20261310",
            "D:20261110093000+99'00'",
            "D:20261110093000*",
            "\u{130}",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
