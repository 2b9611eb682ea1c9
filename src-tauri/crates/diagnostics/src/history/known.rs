//! What is known to be good of endpoints before anything of them is checked.

use jiff::Timestamp;

use super::{History, HistoryError};
use crate::{Facts, Subject, computer, facts::ComputerFacts, runner};

impl History {
    /// When each of these was last found good in the network that this computer is in. Asks nobody but this computer.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn last_good_at(&self, subjects: &[Subject]) -> Result<Vec<Option<Timestamp>>, HistoryError> {
        let (interfaces, default_routes) = computer::ways_now();
        let computer = ComputerFacts { interfaces, default_routes, ..ComputerFacts::default() };
        let endpoints = subjects.iter().map(runner::page).collect();
        let found = self.last_good(&Facts { computer, endpoints, ..Facts::default() })?.into_iter();
        Ok(found.map(|baseline| Some(baseline?.at)).collect())
    }
}
