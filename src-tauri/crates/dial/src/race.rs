//! The race of RFC 8305: which address is tried when, and who wins. It opens no socket itself: the connector is
//! passed in, and time is tokio's, so tests run it on paused time.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    budget::after,
    error::SocketFailure,
    phase::{AddressOutcome, AddressReport},
};

/// Wait before the next address joins while earlier ones are still silent (RFC 8305 §5, Connection Attempt Delay).
pub(crate) const STAGGER: Duration = Duration::from_millis(250);

/// Orders addresses so that the families alternate. The first stays first: the resolver put the family that works
/// best here in front (RFC 6724), which is IPv6 wherever IPv6 is usable.
pub(crate) fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let mut leading = addresses.iter().filter(|one| one.is_ipv6() == first_is_v6);
    let mut other = addresses.iter().filter(|one| one.is_ipv6() != first_is_v6);
    let mut ordered = Vec::with_capacity(addresses.len());
    loop {
        let pair = (leading.next(), other.next());
        ordered.extend(pair.0.into_iter().chain(pair.1));
        if pair == (None, None) {
            return ordered;
        }
    }
}

/// When a race moves on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Wait before the next address joins.
    pub(crate) stagger: Duration,
    /// Limit of each address.
    pub(crate) per_address: Duration,
    /// End of the whole race.
    pub(crate) until: Instant,
}

/// How a race ended.
#[derive(Debug)]
pub(crate) struct Race<T> {
    /// What the winning connector gave.
    pub(crate) winner: Option<(SocketAddr, T)>,
    /// Every address, in order.
    pub(crate) addresses: Vec<AddressReport>,
    /// True when `until` came before an end.
    pub(crate) out_of_time: bool,
}

/// Tries `addresses` in order: the next one starts after the stagger, or at once when one fails. The first success
/// wins; every other attempt is dropped, which closes its socket.
pub(crate) async fn race<T, F>(
    addresses: &[SocketAddr],
    pace: Pace,
    mut connect: impl FnMut(SocketAddr) -> F,
) -> Race<T>
where
    F: Future<Output = io::Result<T>>,
{
    let began = Instant::now();
    let mut reports: Vec<AddressReport> = addresses.iter().map(|address| untried(*address)).collect();
    let mut running = FuturesUnordered::new();
    let mut waiting = addresses.iter().copied().enumerate().peekable();
    let mut next_start = began;
    let mut winner = None;
    let mut out_of_time = false;
    while winner.is_none() && !out_of_time {
        let now = Instant::now();
        if now >= next_start || running.is_empty() {
            if let Some((index, address)) = waiting.next() {
                reports[index].started = Some(now - began);
                reports[index].outcome = AddressOutcome::Unfinished;
                let attempt = connect(address);
                running.push(async move { (index, timeout(pace.per_address, attempt).await) });
                next_start = after(now, pace.stagger);
            } else if running.is_empty() {
                break;
            }
        }
        tokio::select! {
            biased;
            Some((index, end)) = running.next() => {
                let report = &mut reports[index];
                report.elapsed = began.elapsed() - report.started.unwrap_or_default();
                report.outcome = match end {
                    Ok(Ok(connection)) => {
                        winner = Some((report.address, connection));
                        AddressOutcome::Connected
                    }
                    Ok(Err(error)) => AddressOutcome::Failed(SocketFailure::from(&error)),
                    Err(_) => AddressOutcome::TimedOut(pace.per_address),
                };
                next_start = Instant::now();
            }
            () = sleep_until(next_start), if waiting.peek().is_some() => {}
            () = sleep_until(pace.until) => out_of_time = true,
        }
    }
    drop(running);
    for report in &mut reports {
        if report.outcome == AddressOutcome::Unfinished {
            report.elapsed = began.elapsed() - report.started.unwrap_or_default();
            if winner.is_some() {
                report.outcome = AddressOutcome::Overtaken;
            }
        }
    }
    Race { winner, addresses: reports, out_of_time }
}

fn untried(address: SocketAddr) -> AddressReport {
    AddressReport { address, started: None, elapsed: Duration::ZERO, outcome: AddressOutcome::Untried }
}

#[cfg(test)]
#[path = "race/tests.rs"]
mod tests;
