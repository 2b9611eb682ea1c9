//! Addresses that worked, for the time when names cannot be looked up. Bounded, and plain data: whoever wants it to
//! outlive the process writes it down. Time is handed in; no I/O.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

/// Hosts kept; the one not used for the longest time goes first.
const HOSTS: usize = 256;
/// Addresses kept of one host.
const ADDRESSES: usize = 8;
/// How long an address counts.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Hosts and the addresses at which a whole dial succeeded, upgrade included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct AddressMemory {
    /// Used last first.
    hosts: Vec<Host>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Host {
    host: String,
    /// Worked last first.
    addresses: Vec<Address>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Address {
    address: IpAddr,
    /// Milliseconds since 1970.
    worked_at: u64,
}

/// What a file may hold: anything.
#[derive(Deserialize)]
struct Written {
    hosts: Vec<Host>,
}

impl From<Written> for AddressMemory {
    fn from(written: Written) -> Self {
        let mut hosts: Vec<Host> = Vec::new();
        for mut one in written.hosts {
            one.host = plain(&one.host);
            one.addresses.truncate(ADDRESSES);
            if hosts.len() < HOSTS && !hosts.iter().any(|known| known.host == one.host) {
                hosts.push(one);
            }
        }
        Self { hosts }
    }
}

impl AddressMemory {
    /// A dial of `host` succeeded at `address`.
    pub fn worked(&mut self, host: &str, address: IpAddr, now: SystemTime) {
        let mut known =
            self.take(host).unwrap_or_else(|| Host { host: plain(host), addresses: Vec::with_capacity(1) });
        let now = milliseconds(now);
        known.addresses.retain(|one| one.address != address && one.counts(now));
        known.addresses.insert(0, Address { address, worked_at: now });
        known.addresses.truncate(ADDRESSES);
        self.hosts.insert(0, known);
        self.hosts.truncate(HOSTS);
    }

    /// Addresses at which `host` worked within a day, the last one first, and how long ago that was.
    pub fn recall(&mut self, host: &str, now: SystemTime) -> Vec<(IpAddr, Duration)> {
        let Some(mut known) = self.take(host) else { return Vec::new() };
        let now = milliseconds(now);
        known.addresses.retain(|one| one.counts(now));
        let found: Vec<_> = known.addresses.iter().map(|one| (one.address, one.age(now))).collect();
        if !found.is_empty() {
            self.hosts.insert(0, known);
        }
        found
    }

    /// Number of hosts.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// True when no host is known.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    fn take(&mut self, host: &str) -> Option<Host> {
        let host = plain(host);
        let at = self.hosts.iter().position(|one| one.host == host)?;
        Some(self.hosts.remove(at))
    }
}

impl Address {
    /// A clock that was set back leaves times in the future; a little future is now, a far one is nonsense.
    fn counts(self, now: u64) -> bool {
        Duration::from_millis(now.abs_diff(self.worked_at)) < KEPT
    }

    fn age(self, now: u64) -> Duration {
        Duration::from_millis(now.saturating_sub(self.worked_at))
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// One spelling of every name.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(hours: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + HOUR * hours
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn what_worked_last_comes_first_with_its_age() {
        let mut memory = AddressMemory::default();
        memory.worked("a.example", ip(1), at(0));
        memory.worked("A.Example.", ip(2), at(1));
        memory.worked("a.example", ip(1), at(2));
        assert_eq!(memory.recall("a.example", at(3)), [(ip(1), HOUR), (ip(2), 2 * HOUR)]);
        assert_eq!((memory.len(), memory.recall("b.example", at(3)).len()), (1, 0));
    }

    #[test]
    fn a_day_later_it_is_forgotten() {
        let mut memory = AddressMemory::default();
        memory.worked("a.example", ip(1), at(0));
        memory.worked("a.example", ip(2), at(20));
        assert_eq!(memory.recall("a.example", at(25)), [(ip(2), 5 * HOUR)]);
        assert!(memory.recall("a.example", at(44)).is_empty() && memory.is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_address_immortal() {
        let mut memory = AddressMemory::default();
        memory.worked("a.example", ip(1), at(100));
        assert_eq!(memory.recall("a.example", at(99)), [(ip(1), Duration::ZERO)]);
        assert!(memory.recall("a.example", at(10)).is_empty());
    }

    #[test]
    fn the_host_not_used_for_the_longest_time_makes_room() {
        let mut memory = AddressMemory::default();
        for index in 0..HOSTS {
            memory.worked(&format!("h{index}"), ip(1), at(0));
        }
        assert_eq!(memory.recall("h0", at(1)).len(), 1, "used again");
        memory.worked("one more", ip(1), at(1));
        assert_eq!(memory.len(), HOSTS);
        assert!(memory.recall("h1", at(1)).is_empty());
        assert_eq!(memory.recall("h0", at(1)).len(), 1);
    }

    #[test]
    fn it_survives_being_written_down_and_a_file_cannot_break_its_bounds() {
        let mut memory = AddressMemory::default();
        memory.worked("a.example", ip(1), at(0));
        memory.worked("b.example", "2001:db8::1".parse().unwrap(), at(1));
        let text = serde_json::to_string(&memory).unwrap();
        assert_eq!(serde_json::from_str::<AddressMemory>(&text).unwrap(), memory);

        let address = r#"{"address":"10.0.0.1","worked_at":18446744073709551615}"#;
        let host = format!(r#"{{"host":"H","addresses":[{}]}}"#, vec![address; 100].join(","));
        let text = format!(r#"{{"hosts":[{}]}}"#, vec![host; 1000].join(","));
        let mut read: AddressMemory = serde_json::from_str(&text).unwrap();
        assert_eq!((read.len(), read.hosts[0].addresses.len()), (1, ADDRESSES));
        assert!(read.recall("h", at(0)).is_empty());
    }

    proptest! {
        #[test]
        fn bounds_and_order_hold_whatever_happens(
            steps in prop::collection::vec((0_u16..400, 0_u8..20, 0_u32..60, any::<bool>()), 0..600),
        ) {
            let mut memory = AddressMemory::default();
            for (host, address, hour, works) in steps {
                let host = format!("h{host}");
                if works {
                    memory.worked(&host, ip(address), at(hour));
                    prop_assert_eq!(memory.recall(&host, at(hour))[0], (ip(address), Duration::ZERO));
                } else {
                    let found = memory.recall(&host, at(hour));
                    prop_assert!(found.len() <= ADDRESSES);
                    prop_assert!(found.iter().all(|(_, age)| *age < KEPT));
                }
                prop_assert!(memory.len() <= HOSTS);
            }
        }
    }
}
