//! Values of sentences in the language of the sentence. A finding carries them as they are said in English; numbers, times,
//! sizes and names of steps are said anew, everything else stays what it is: a name or a server's own words.

use fluent_bundle::{FluentArgs, FluentValue};
use model::{Language, check::StepId};

use super::{ISOLATE, Words, quantity::parts};

/// Times and sizes, such as `31 ms` and `24 kB`.
const MEASURES: [&str; 10] =
    ["time", "usual", "lost", "wait", "age", "skew", "idle", "heartbeat", "size", "delay"];
/// Numbers that decide a plural.
const NUMBERS: [&str; 5] = ["count", "total", "dead", "days", "port_count"];

impl Words {
    /// One value.
    pub(super) fn value(&self, name: &str, value: &str) -> FluentValue<'static> {
        if NUMBERS.contains(&name) {
            return value
                .parse::<u64>()
                .map_or_else(|_| FluentValue::from(value.to_owned()), FluentValue::from);
        }
        FluentValue::from(match name {
            _ if MEASURES.contains(&name) => self.measure(value).unwrap_or_else(|| value.to_owned()),
            "steps" => self.steps(value),
            _ => self.isolated(value),
        })
    }

    fn measure(&self, value: &str) -> Option<String> {
        let parts = parts(value)?;
        let tell = |key: &str, values: &[(&str, f64)]| {
            let values: FluentArgs<'_> =
                values.iter().map(|(name, number)| (*name, FluentValue::from(*number))).collect();
            self.messages.format(key, Some(&values))
        };
        Some(match parts.as_slice() {
            [(number, unit @ ("min" | "h" | "d"))] => tell(&format!("span-{unit}"), &[(unit, *number)]),
            [(number, unit)] => tell(&format!("unit-{}", unit.to_ascii_lowercase()), &[("n", *number)]),
            [(hours, "h"), (minutes, "min")] => tell("span-h-min", &[("h", *hours), ("min", *minutes)]),
            [(days, "d"), (hours, "h")] => tell("span-d-h", &[("d", *days), ("h", *hours)]),
            _ => return None,
        })
    }

    /// Steps by their ids: `D1, E1 (+2)`.
    fn steps(&self, value: &str) -> String {
        let (ids, left) = value.split_once(" (+").unwrap_or((value, ""));
        let name =
            |id: &str| StepId::ALL.iter().find(|step| step.as_str() == id).map(|step| self.step(*step));
        let names: Option<Vec<String>> = ids.split(", ").map(name).collect();
        let Some(names) = names else { return value.to_owned() };
        let comma = if self.language == Language::Persian { "، " } else { ", " };
        let left = left.trim_end_matches(')').parse::<u64>().map_or_else(
            |_| String::new(),
            |left| {
                let count = [("count", FluentValue::from(left))].into_iter().collect();
                format!("{comma}{}", self.messages.format("names-more", Some(&count)))
            },
        );
        names.join(comma) + &left
    }

    /// From left to right the bundle sets no marks; a name that runs the other way would carry the words after it along.
    fn isolated(&self, value: &str) -> String {
        let turns = !self.language.is_right_to_left() && value.chars().any(runs_right_to_left);
        if turns { format!("{}{value}{}", ISOLATE.0, ISOLATE.1) } else { value.to_owned() }
    }
}

/// Hebrew, Arabic and their neighbours in the first plane.
fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}
