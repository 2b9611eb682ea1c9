//! A measured figure beside its goal, in the form that `make bench` collects into its table.

use std::{
    fmt,
    io::{self, Write as _},
};

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    what: String,
    goal: String,
    value: String,
    reached: bool,
}

impl Figure {
    /// One that may not be more than its goal.
    pub fn at_most(what: impl Into<String>, value: f64, goal: f64, unit: &str) -> Self {
        let goal_text = format!("<= {}", with_unit(goal, unit));
        Self { what: what.into(), goal: goal_text, value: with_unit(value, unit), reached: value <= goal }
    }

    /// One that may not be less than its goal.
    pub fn at_least(what: impl Into<String>, value: f64, goal: f64, unit: &str) -> Self {
        let goal_text = format!(">= {}", with_unit(goal, unit));
        Self { what: what.into(), goal: goal_text, value: with_unit(value, unit), reached: value >= goal }
    }

    /// Whether the goal is reached.
    pub fn reached(&self) -> bool {
        self.reached
    }

    /// Prints its line.
    pub fn print(&self) -> io::Result<()> {
        writeln!(io::stdout(), "{self}")
    }
}

impl fmt::Display for Figure {
    /// `figure | what | goal | value | ok`, where the last word is `missed` otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, goal, value, reached } = self;
        write!(f, "figure | {what} | {goal} | {value} | {}", if *reached { "ok" } else { "missed" })
    }
}

/// Three digits that say something, without zeros that say nothing.
fn with_unit(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        small if small >= 1.0 => 2,
        _ => 3,
    };
    let number = format!("{value:.digits$}");
    let number =
        if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_wanted_what_came_and_whether_that_is_enough() {
        let memory = Figure::at_most("memory", 4.256, 5.0, "MB");
        assert_eq!(memory.to_string(), "figure | memory | <= 5 MB | 4.26 MB | ok");
        let ratio = Figure::at_least("receive path", 0.75, 0.8, "");
        assert_eq!(ratio.to_string(), "figure | receive path | >= 0.8 | 0.75 | missed");
        assert!(memory.reached() && !ratio.reached());
    }

    #[test]
    fn numbers_keep_the_digits_that_say_something() {
        let cases =
            [(0.0, "0"), (0.0123, "0.012"), (0.2, "0.2"), (3.0, "3"), (12.34, "12.3"), (2000.0, "2000")];
        for (value, text) in cases {
            assert_eq!(with_unit(value, ""), text);
        }
    }
}
