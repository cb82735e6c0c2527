//! The time that is left, on a page that stays open.

use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::{TimeoutHandle, WindowListenerHandle};
use leptos::prelude::*;

/// Tells how many seconds are left until `ends_at` (RFC 3339): now, at every full minute, in the last minute at every
/// second, and as soon as the page is looked at again. The last it tells is 0.
///
/// It goes by the browser's clock: a page out of the browser's cache is older than it knows. What the deadline decides
/// is decided by the server's.
pub fn count_down(ends_at: &str, tell: impl Fn(i64) + Copy + Send + Sync + 'static) {
    let countdown =
        Countdown { ends_at: js_sys::Date::parse(ends_at), waiting: StoredValue::new(None), tell };
    countdown.go_on();
    let wakes = [
        window_event_listener_untyped("visibilitychange", move |_| countdown.go_on()),
        window_event_listener(ev::pageshow, move |_| countdown.go_on()),
    ];
    on_cleanup(move || {
        wakes.into_iter().for_each(WindowListenerHandle::remove);
        countdown.stop_waiting();
    });
}

#[derive(Clone, Copy)]
struct Countdown<F: 'static> {
    /// Milliseconds since 1970.
    ends_at: f64,
    waiting: StoredValue<Option<TimeoutHandle>>,
    tell: F,
}

impl<F: Fn(i64) + Copy + Send + Sync + 'static> Countdown<F> {
    fn go_on(self) {
        self.stop_waiting();
        #[expect(clippy::cast_possible_truncation, reason = "a deadline is at most years away")]
        let left = (self.ends_at - js_sys::Date::now()).max(0.0) as i64;
        (self.tell)(left / 1000);
        if left > 0 {
            let next = set_timeout_with_handle(move || self.go_on(), until_it_changes(left));
            self.waiting.set_value(next.ok());
        }
    }

    fn stop_waiting(self) {
        if let Some(Some(waiting)) = self.waiting.try_update_value(Option::take) {
            waiting.clear();
        }
    }
}

/// Until the next full minute, or second, has just passed. `left` and what is told of it are whole thousandths.
fn until_it_changes(left: i64) -> Duration {
    let step = if left > 60_000 { 60_000 } else { 1000 };
    Duration::from_millis(u64::try_from(left % step + 1).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_just_after_the_words_change() {
        for (left, wait) in [(3_600_500, 501), (61_500, 1501), (60_000, 1), (59_999, 1000), (400, 401)] {
            assert_eq!(until_it_changes(left).as_millis(), wait, "{left}");
        }
    }
}
