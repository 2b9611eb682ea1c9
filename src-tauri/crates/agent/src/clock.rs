//! The wall clock as it is published: to the millisecond, because finer digits only trouble readers.

use jiff::{Timestamp, Unit};

/// Now.
pub(crate) fn now() -> Timestamp {
    to_millisecond(Timestamp::now())
}

/// The nearest millisecond.
pub(crate) fn to_millisecond(time: Timestamp) -> Timestamp {
    // Fails only at the far ends of the calendar.
    time.round(Unit::Millisecond).unwrap_or(time)
}
