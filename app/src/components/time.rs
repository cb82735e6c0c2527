//! Instants in words. What depends on the viewer's zone is an island; here everything is UTC and says so.

use chrono::{DateTime, TimeDelta, Utc};

/// `3 March 2027 at 18:00 UTC`
#[must_use]
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y at %H:%M UTC").to_string()
}

/// `3 March 2027`
#[must_use]
pub fn date(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

/// The largest unit that says something: `12 days`.
#[must_use]
pub fn span(left: TimeDelta) -> String {
    span_of_seconds(left.num_seconds())
}

/// The same from whole seconds, as the browser counts them.
#[must_use]
pub fn span_of_seconds(left: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (count, unit) = match left {
        left if left >= 2 * DAY => (left / DAY, "day"),
        left if left >= HOUR => (left / HOUR, "hour"),
        left if left >= MINUTE => (left / MINUTE, "minute"),
        left => (left.max(0), "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// `12 days left`, `Ended 3 March 2027`, `Opens 3 March 2027`.
#[must_use]
pub fn where_it_stands(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if now < starts_at {
        return format!("Opens {}", date(starts_at));
    }
    if now >= ends_at {
        return format!("Ended {}", date(ends_at));
    }
    format!("{} left", span(ends_at - now))
}

/// `4 minutes ago`
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let past = now - at;
    if past < TimeDelta::minutes(1) {
        return "just now".into();
    }
    format!("{} ago", span(past))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_in_its_largest_telling_unit() {
        for (left, words) in [
            (TimeDelta::days(12), "12 days"),
            (TimeDelta::hours(47), "47 hours"),
            (TimeDelta::minutes(61), "1 hour"),
            (TimeDelta::minutes(59), "59 minutes"),
            (TimeDelta::seconds(61), "1 minute"),
            (TimeDelta::seconds(-5), "0 seconds"),
        ] {
            assert_eq!(span(left), words);
        }
    }
}
