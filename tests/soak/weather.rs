//! Random faults on proxies: which, where, how long, all from one seed.

use std::{collections::BTreeMap, fmt, time::Duration};

use anyhow::Result;
use suites::fault_proxy::{
    Direction::{ToClient, ToServer},
    FaultProxy, Treatment,
};
use tokio::time::{Instant, sleep_until};

/// Time between two faults.
const GAP: (u64, u64) = (30, 300);
/// Time until a fault is over.
const LASTS: (u64, u64) = (100, 6_000);

/// What can happen to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Reset,
    Closed,
    Refused,
    Stalled,
    StalledToClient,
    StalledToServer,
    HalfOpen,
    DeafToClient,
    DeafToServer,
    Delayed,
    Throttled,
    Corrupted,
    CutMidway,
}

impl Fault {
    const ALL: [Self; 13] = [
        Self::Reset,
        Self::Closed,
        Self::Refused,
        Self::Stalled,
        Self::StalledToClient,
        Self::StalledToServer,
        Self::HalfOpen,
        Self::DeafToClient,
        Self::DeafToServer,
        Self::Delayed,
        Self::Throttled,
        Self::Corrupted,
        Self::CutMidway,
    ];

    async fn strike(self, proxy: &FaultProxy, random: &mut fastrand::Rng) -> Result<()> {
        match self {
            Self::Reset => proxy.cut(true),
            Self::Closed => proxy.cut(false),
            Self::Refused => {
                proxy.refuse().await?;
                proxy.cut(random.bool());
            }
            Self::Stalled => proxy.treat_both(Treatment::Stall),
            Self::StalledToClient => proxy.treat(ToClient, Treatment::Stall),
            Self::StalledToServer => proxy.treat(ToServer, Treatment::Stall),
            Self::HalfOpen => proxy.treat_both(Treatment::Swallow),
            Self::DeafToClient => proxy.treat(ToClient, Treatment::Swallow),
            Self::DeafToServer => proxy.treat(ToServer, Treatment::Swallow),
            Self::Delayed => proxy.treat_both(Treatment::Delay(Duration::from_millis(random.u64(5..400)))),
            Self::Throttled => {
                let every = Duration::from_millis(random.u64(1..20));
                proxy.treat(ToClient, Treatment::Throttle { bytes: random.usize(1..200), every });
            }
            Self::Corrupted => {
                let direction = if random.bool() { ToClient } else { ToServer };
                proxy.treat(direction, Treatment::Corrupt { nth: random.u64(1..300), flip: random.u8(1..) });
            }
            Self::CutMidway => proxy.treat(ToClient, Treatment::CutAfter(random.u64(1..2_000))),
        }
        Ok(())
    }
}

async fn heal(proxy: &FaultProxy) -> Result<()> {
    proxy.treat_both(Treatment::Pass);
    proxy.accept().await
}

/// Makes faults.
#[derive(Debug)]
pub(crate) struct Weather {
    random: fastrand::Rng,
    struck: BTreeMap<Fault, u32>,
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u32 = self.struck.values().sum();
        let each: Vec<String> =
            self.struck.iter().map(|(fault, times)| format!("{fault:?} {times}")).collect();
        write!(f, "{total} faults ({})", each.join(", "))
    }
}

impl Weather {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), struck: BTreeMap::new() }
    }

    /// Strikes for so long, then heals everything.
    pub(crate) async fn rage(&mut self, proxies: &[FaultProxy], until: Instant) -> Result<()> {
        let mut over: Vec<Option<Instant>> = vec![None; proxies.len()];
        let mut next = Instant::now();
        while next < until {
            sleep_until(next).await;
            for (proxy, over) in proxies.iter().zip(&mut over) {
                if over.take_if(|over| *over <= next).is_some() {
                    heal(proxy).await?;
                }
            }
            let number = self.random.usize(..proxies.len());
            let fault = Fault::ALL[self.random.usize(..Fault::ALL.len())];
            fault.strike(&proxies[number], &mut self.random).await?;
            *self.struck.entry(fault).or_default() += 1;
            over[number] = Some(next + self.millis(LASTS));
            next += self.millis(GAP);
        }
        for proxy in proxies {
            heal(proxy).await?;
        }
        Ok(())
    }

    fn millis(&mut self, (least, most): (u64, u64)) -> Duration {
        Duration::from_millis(self.random.u64(least..most))
    }
}
