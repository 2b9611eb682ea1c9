//! Quantities in words: spans of time, response times. Pure; the window says them alike (`ui/src/words/measure.ts`).

use std::time::Duration;

use super::{Words, args};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Words {
    /// A span of time for a text that stays: its two largest units (`4 min 10 s`).
    pub fn span(&self, span: Duration) -> String {
        let seconds = span.as_secs();
        match (seconds / MINUTE, seconds % MINUTE) {
            (min @ 1..60, s @ 1..) => self.tell("span-min-s", args! { "min" => min, "s" => s }),
            _ => self.short_span(span),
        }
    }

    /// A span of time for a text that goes on changing: minutes without seconds (`4 min`).
    pub fn short_span(&self, span: Duration) -> String {
        let seconds = span.as_secs();
        let (d, h, min) = (seconds / DAY, seconds % DAY / HOUR, seconds % HOUR / MINUTE);
        match (d, h, min) {
            (0, 0, 0) => self.tell("span-s", args! { "s" => seconds }),
            (0, 0, min) => self.tell("span-min", args! { "min" => min }),
            (0, h, 0) => self.tell("span-h", args! { "h" => h }),
            (0, h, min) => self.tell("span-h-min", args! { "h" => h, "min" => min }),
            (d, 0, _) => self.tell("span-d", args! { "d" => d }),
            (d, h, _) => self.tell("span-d-h", args! { "d" => d, "h" => h }),
        }
    }

    /// Time left, rounded up: it says 1 s until it is over.
    pub(crate) fn countdown(&self, left: Duration) -> String {
        self.short_span(Duration::from_secs(left.as_millis().div_ceil(1000) as u64))
    }

    /// A response time in ms: `0.4 ms`, `38 ms`, `1.2 s`.
    pub(crate) fn response_time(&self, ms: f64) -> String {
        let round = |value: f64, digits: i32| (value * 10_f64.powi(digits)).round() / 10_f64.powi(digits);
        match ms {
            ms if ms < 9.95 => self.tell("unit-ms", args! { "n" => round(ms, 1).max(0.1) }),
            ms if ms < 999.5 => self.tell("unit-ms", args! { "n" => ms.round() }),
            ms if ms < 9950.0 => self.tell("unit-s", args! { "n" => round(ms / 1000.0, 1) }),
            ms => self.tell("unit-s", args! { "n" => (ms / 1000.0).round() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, words::complete::plain};

    fn in_all(say: impl Fn(&Words) -> String) -> [String; 3] {
        Language::ALL.map(|language| plain(&say(&Words::new(language))))
    }

    #[test]
    fn a_span_has_at_most_its_two_largest_units() {
        let cases = [
            (0, ["0 s", "0 с", "۰ ثانیه"]),
            (45, ["45 s", "45 с", "۴۵ ثانیه"]),
            (60, ["1 min", "1 мин", "۱ دقیقه"]),
            (250, ["4 min 10 s", "4 мин 10 с", "۴ دقیقه و ۱۰ ثانیه"]),
            (3600, ["1 h", "1 ч", "۱ ساعت"]),
            (7_500, ["2 h 5 min", "2 ч 5 мин", "۲ ساعت و ۵ دقیقه"]),
            (86_400, ["1 d", "1 дн.", "۱ روز"]),
            (273_660, ["3 d 4 h", "3 дн. 4 ч", "۳ روز و ۴ ساعت"]),
        ];
        for (seconds, expected) in cases {
            assert_eq!(in_all(|words| words.span(Duration::from_secs(seconds))), expected, "{seconds} s");
        }
    }

    #[test]
    fn a_span_that_goes_on_changing_leaves_seconds_out_after_a_minute() {
        let expected = ["4 min", "4 мин", "۴ دقیقه"];
        assert_eq!(in_all(|words| words.short_span(Duration::from_secs(250))), expected);
    }

    #[test]
    fn a_countdown_never_says_zero_before_it_is_over() {
        let words = Words::new(Language::English);
        assert_eq!(words.countdown(Duration::from_millis(1)), "1 s");
        assert_eq!(words.countdown(Duration::from_millis(11_001)), "12 s");
        assert_eq!(words.countdown(Duration::ZERO), "0 s");
    }

    #[test]
    fn response_times_have_sensible_digits() {
        let cases = [
            (0.0, ["0.1 ms", "0,1 мс", "۰٫۱ میلی‌ثانیه"]),
            (0.42, ["0.4 ms", "0,4 мс", "۰٫۴ میلی‌ثانیه"]),
            (38.4, ["38 ms", "38 мс", "۳۸ میلی‌ثانیه"]),
            (999.6, ["1 s", "1 с", "۱ ثانیه"]),
            (1240.0, ["1.2 s", "1,2 с", "۱٫۲ ثانیه"]),
        ];
        for (ms, expected) in cases {
            assert_eq!(in_all(|words| words.response_time(ms)), expected, "{ms} ms");
        }
    }
}
