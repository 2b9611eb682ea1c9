//! Step D1, its second half: every address is judged, also those the race had no need of. They are knocked at and left.

use std::{net::SocketAddr, time::Duration};

use dial::{AddressReport, Dialer, SocketFailure};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

use super::{Walk, ends, grade, ms, signs::Outcome};
use crate::facts::{AddressEnd, AddressFacts};

/// Wait before the next one while earlier ones are silent, as in the race.
const STAGGER: Duration = Duration::from_millis(250);

impl Walk<'_> {
    /// Knocks at what the race left out, and ends its step.
    pub(super) async fn other_addresses(&self) {
        let raced = self.until(|signs| match (&signs.raced, signs.outcome) {
            (Some(raced), _) => Some(Some(raced.clone())),
            (None, Some(Outcome::Stopped(_) | Outcome::Asked)) => Some(None),
            (None, None) => None,
        });
        let Some(raced) = raced.await.flatten() else { return };
        let mut judged = known(&raced);
        let mut waiting: Vec<usize> = (0..raced.len()).filter(|at| judged[*at].is_none()).rev().collect();
        let mut knocking = FuturesUnordered::new();
        let mut next = Instant::now();
        while !(waiting.is_empty() && knocking.is_empty()) {
            tokio::select! {
                biased;
                Some((at, facts)) = knocking.next() => {
                    judged[at] = Some(facts);
                    next = Instant::now();
                    self.write_down(&judged);
                }
                () = sleep_until(next), if !waiting.is_empty() => {
                    if let Some(at) = waiting.pop() {
                        knocking.push(knock(at, raced[at].address, self.limits.step));
                    }
                    next = Instant::now() + STAGGER;
                }
            }
        }
        let all = self.write_down(&judged);
        self.sign(|signs| signs.judged = true);
        let step = self.race.lock().ok().and_then(|mut step| step.take());
        if let Some(step) = step {
            let waited = raced.iter().filter(|one| one.outcome == dial::AddressOutcome::Connected);
            let waited = waited.map(|one| one.started.unwrap_or_default() + one.elapsed).max();
            step.end(grade::addresses(&all, ms(waited.unwrap_or_default()), &self.host()));
        }
    }

    fn write_down(&self, judged: &[Option<AddressFacts>]) -> Vec<AddressFacts> {
        let all: Vec<AddressFacts> = judged.iter().flatten().cloned().collect();
        self.learn(|facts| facts.addresses.clone_from(&all));
        all
    }
}

/// What a race says about each address.
pub(super) fn known(raced: &[AddressReport]) -> Vec<Option<AddressFacts>> {
    let each = raced.iter().map(|one| {
        let end = ends::address(&one.outcome, one.address.is_ipv6())?;
        Some(AddressFacts { address: one.address.ip(), end, ms: ms(one.elapsed) })
    });
    each.collect()
}

async fn knock(at: usize, address: SocketAddr, limit: Duration) -> (usize, AddressFacts) {
    let began = Instant::now();
    let end = match Dialer::knock(address, limit).await {
        Ok(()) => AddressEnd::Connected,
        Err(error) => ends::socket(&SocketFailure::from(&error), address.is_ipv6()),
    };
    (at, AddressFacts { address: address.ip(), end, ms: ms(began.elapsed()) })
}
