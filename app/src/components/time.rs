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

/// The largest unit that says something: number and word.
#[must_use]
pub fn span(left: TimeDelta) -> (i64, &'static str) {
    let (count, one, many) = match left {
        left if left >= TimeDelta::hours(48) => (left.num_days(), "day", "days"),
        left if left >= TimeDelta::minutes(60) => (left.num_hours(), "hour", "hours"),
        left if left >= TimeDelta::minutes(1) => (left.num_minutes(), "minute", "minutes"),
        _ => (left.num_seconds().max(0), "second", "seconds"),
    };
    (count, if count == 1 { one } else { many })
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
    let (count, unit) = span(ends_at - now);
    format!("{count} {unit} left")
}

/// `4 minutes ago`
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let past = now - at;
    if past < TimeDelta::minutes(1) {
        return "just now".into();
    }
    let (count, unit) = span(past);
    format!("{count} {unit} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_in_its_largest_telling_unit() {
        for (left, words) in [
            (TimeDelta::days(12), (12, "days")),
            (TimeDelta::hours(47), (47, "hours")),
            (TimeDelta::minutes(61), (1, "hour")),
            (TimeDelta::minutes(59), (59, "minutes")),
            (TimeDelta::seconds(61), (1, "minute")),
            (TimeDelta::seconds(-5), (0, "seconds")),
        ] {
            assert_eq!(span(left), words);
        }
    }
}
