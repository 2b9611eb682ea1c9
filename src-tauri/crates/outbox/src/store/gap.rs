//! Where no normal messages are. They are found by place, because almost all messages are normal; where millions of others
//! lie between two of them, looking through those every time would stop the buffer. Pure.

/// Behind `from` and up to `to` there is no normal message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap {
    from: i64,
    to: i64,
}

impl Gap {
    /// Where a search for the first normal message behind a place may begin.
    pub(super) fn skip(self, after: i64) -> i64 {
        if self.from <= after && after < self.to { self.to } else { after }
    }

    /// A search that was asked to begin behind `after` found the first one at `found`, or none at all.
    #[must_use]
    pub(super) fn learn(self, after: i64, found: Option<i64>) -> Self {
        let from = if self.skip(after) == after { after } else { self.from };
        let seen = Self { from, to: found.map_or(i64::MAX, |seq| seq.saturating_sub(1)) };
        // One is enough: the largest.
        if seen.length() >= self.length() { seen } else { self }
    }

    /// A normal message comes to this place.
    #[must_use]
    pub(super) fn without(self, seq: i64) -> Self {
        if self.from < seq && seq <= self.to { Self { to: seq.saturating_sub(1), ..self } } else { self }
    }

    fn length(self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Come(i64),
        Go(i64),
        Search(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let place = 1_i64..200;
        prop_oneof![
            2 => place.clone().prop_map(Step::Come),
            1 => place.clone().prop_map(Step::Go),
            4 => (0_i64..200).prop_map(Step::Search),
        ]
    }

    proptest! {
        #[test]
        fn no_message_is_ever_skipped(steps in prop::collection::vec(step(), 1..200)) {
            let (mut places, mut gap) = (BTreeSet::new(), Gap::default());
            for step in steps {
                match step {
                    Step::Come(seq) => {
                        places.insert(seq);
                        gap = gap.without(seq);
                    }
                    Step::Go(seq) => {
                        places.remove(&seq);
                    }
                    Step::Search(after) => {
                        let next = |after: i64| places.iter().copied().find(|seq| *seq > after);
                        let found = next(gap.skip(after));
                        prop_assert_eq!(found, next(after));
                        gap = gap.learn(after, found);
                        prop_assert_eq!(next(gap.skip(after)), found);
                    }
                }
            }
        }
    }

    #[test]
    fn what_lies_before_the_first_one_is_read_once() {
        let gap = Gap::default().learn(0, None);
        assert_eq!(gap.skip(0), i64::MAX);
        let gap = gap.without(1_000_001);
        assert_eq!(gap.skip(0), 1_000_000);
        // Something is sent again from further ahead: what was learned stays.
        assert_eq!(gap.learn(1_000_000, Some(1_000_001)).skip(0), 1_000_000);
    }
}
