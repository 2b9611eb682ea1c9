//! Times and sizes as they are said in English, `31 ms` or `2 h 5 min`, and back, so that other languages can say them too.

/// Units that occur, with the part of their message's key.
const UNITS: [&str; 10] = ["ms", "s", "min", "h", "d", "B", "kB", "MB", "GB", "TB"];

/// A time in milliseconds: `0.4 ms`, `38 ms`, `1.2 s`, `4 min`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn time(ms: f64) -> String {
    let ms = if ms.is_finite() { ms.max(0.0) } else { 0.0 };
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    match ms {
        ms if ms < 9.95 => format!("{} ms", tenths(ms).max(0.1)),
        ms if ms < 999.5 => format!("{} ms", ms.round()),
        ms if ms < 9_950.0 => format!("{} s", tenths(ms / 1e3)),
        ms if ms < 59_500.0 => format!("{} s", (ms / 1e3).round()),
        // Whole minutes; nobody has measured anything for more than 10,000 years.
        ms => span((ms / 60e3).round().min(5e9) as u64),
    }
}

fn span(minutes: u64) -> String {
    match (minutes / 1440, minutes % 1440 / 60, minutes % 60) {
        (0, 0, min) => format!("{min} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, min) => format!("{h} h {min} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// Milliseconds that were counted as whole ones.
pub(crate) fn time_of(ms: u64) -> String {
    time(ms as f64)
}

/// A size: `24 kB`, `1.5 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = 5;
    while value >= 999.5 && unit < 9 {
        value /= 1e3;
        unit += 1;
    }
    let rounded = if unit > 5 && value < 9.95 { (value * 10.0).round() / 10.0 } else { value.round() };
    format!("{rounded} {}", UNITS[unit])
}

/// The pairs of number and unit in a time or size, `None` for anything else.
pub(crate) fn parts(text: &str) -> Option<Vec<(f64, &'static str)>> {
    let words: Vec<_> = text.split(' ').collect();
    if words.len() % 2 != 0 || words.len() > 4 {
        return None;
    }
    words
        .chunks_exact(2)
        .map(|pair| {
            let number = pair[0].parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)?;
            Some((number, *UNITS.iter().find(|unit| **unit == pair[1])?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_and_sizes_have_sensible_digits() {
        let times = [
            (0.0, "0.1 ms"),
            (0.42, "0.4 ms"),
            (38.4, "38 ms"),
            (999.6, "1 s"),
            (1_240.0, "1.2 s"),
            (45_000.0, "45 s"),
            (59_700.0, "1 min"),
            (7_500_000.0, "2 h 5 min"),
            (7_200_000.0, "2 h"),
            (273_600_000.0, "3 d 4 h"),
        ];
        for (ms, said) in times {
            assert_eq!(time(ms), said, "{ms}");
        }
        for (bytes, said) in
            [(0, "0 B"), (999, "999 B"), (24_300, "24 kB"), (1_500_000, "1.5 MB"), (u64::MAX, "18446744 TB")]
        {
            assert_eq!(size(bytes), said);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_said_can_be_read_back(ms in any::<f64>(), bytes: u64) {
            prop_assert!(parts(&time(ms)).is_some(), "{}", time(ms));
            prop_assert!(parts(&size(bytes)).is_some(), "{}", size(bytes));
        }

        #[test]
        fn other_text_is_left_alone(text in any::<String>()) {
            let _ = parts(&text);
        }
    }

    #[test]
    fn names_are_not_times() {
        for text in ["", "rt.example.com", "5", "5 apples", "1 ms 2", "-1 ms", "NaN ms"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
