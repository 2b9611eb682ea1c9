//! Default routes, from the kernel's own tables. Reads files alone.

use std::{
    cmp::Reverse,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{
    interfaces::{Interface, leaves_by, source_towards},
    nowhere::nobody,
};
use crate::facts::RouteFacts;

/// RTF_UP and RTF_REJECT of <linux/route.h>, the same for both families.
const UP: u32 = 0x1;
const REJECT: u32 = 0x200;
/// More default routes than any computer has.
const MOST: usize = 32;

/// The default routes, best first, IPv4 before IPv6. `None` where they cannot be known.
///
/// Tables of policy routing are not in these files, nor do other systems have them. Where no default route is listed, the
/// routing itself is asked: what it would use is a default route without a router that is known.
pub(super) fn defaults(interfaces: Option<&[Interface]>) -> Option<Vec<RouteFacts>> {
    let mut found = Vec::new();
    for v6 in [false, true] {
        let listed = listed(v6);
        if !listed.is_empty() {
            found.extend(listed);
        } else if let Some(far) = nobody(v6, &addresses(interfaces?))
            && source_towards(far).is_ok()
        {
            let (interface, _) = leaves_by(far)?;
            found.push(RouteFacts { interface, gateway: None, v6 });
        }
    }
    Some(found)
}

fn addresses(interfaces: &[Interface]) -> Vec<IpAddr> {
    interfaces.iter().flat_map(|one| one.facts.addresses.clone()).collect()
}

/// The tables of the network namespace this thread lives in.
#[cfg(target_os = "linux")]
fn listed(v6: bool) -> Vec<RouteFacts> {
    let name = if v6 { "ipv6_route" } else { "route" };
    let text = ["/proc/thread-self/net", "/proc/net"]
        .into_iter()
        .find_map(|folder| std::fs::read_to_string(format!("{folder}/{name}")).ok());
    // A kernel without IPv6 has no such file.
    parse(&text.unwrap_or_default(), v6)
}

#[cfg(not(target_os = "linux"))]
fn listed(_v6: bool) -> Vec<RouteFacts> {
    Vec::new()
}

/// One line of a table.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    interface: String,
    destination: IpAddr,
    bits: u32,
    gateway: Option<IpAddr>,
    metric: u32,
}

/// Default routes of a table's text, best first. Lines that are none are passed over.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has these tables"))]
fn parse(text: &str, v6: bool) -> Vec<RouteFacts> {
    let line = if v6 { line_v6 } else { line_v4 };
    let lines: Vec<Line> = text.lines().filter_map(line).collect();
    let mut defaults: Vec<&Line> = lines.iter().filter(|one| leads_everywhere(one, &lines)).collect();
    // A narrower route wins before any metric is looked at.
    defaults.sort_by_key(|one| (Reverse(one.bits), one.metric));
    let mut found: Vec<RouteFacts> = Vec::new();
    for one in defaults {
        let route = RouteFacts { interface: one.interface.clone(), gateway: one.gateway, v6 };
        if !found.contains(&route) && found.len() < MOST {
            found.push(route);
        }
    }
    found
}

/// A route to everything, or one of those with which VPN programs outdo it: two halves, or all of the public IPv6.
fn leads_everywhere(line: &Line, all: &[Line]) -> bool {
    let start = match line.destination {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    match (line.bits, start) {
        (0, _) => true,
        (3, start) => line.destination.is_ipv6() && start == 0b001 << 125,
        (1, 0) => all.iter().any(|other| {
            let high = match other.destination {
                IpAddr::V4(address) => address.to_bits() == 1 << 31,
                IpAddr::V6(address) => address.to_bits() == 1 << 127,
            };
            other.bits == 1 && high && other.interface == line.interface
        }),
        _ => false,
    }
}

/// Interface, destination, gateway, flags, two counters, metric, mask: addresses as the kernel keeps them in memory.
fn line_v4(line: &str) -> Option<Line> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [interface, destination, gateway, flags, _, _, metric, mask, ..] = fields[..] else { return None };
    let number = |text: &str| (text.len() == 8).then(|| u32::from_str_radix(text, 16).ok()).flatten();
    let address = |text: &str| Some(Ipv4Addr::from(number(text)?.to_ne_bytes()));
    let flags = u32::from_str_radix(flags, 16).ok()?;
    if flags & UP == 0 || flags & REJECT != 0 {
        return None;
    }
    Some(Line {
        interface: interface.to_owned(),
        destination: address(destination)?.into(),
        bits: address(mask)?.to_bits().leading_ones(),
        gateway: address(gateway).filter(|one| !one.is_unspecified()).map(IpAddr::from),
        metric: metric.parse().ok()?,
    })
}

/// Destination, its length, source, its length, next hop, metric, two counters, flags, interface; all but the last in hex.
fn line_v6(line: &str) -> Option<Line> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [destination, bits, _, _, gateway, metric, _, _, flags, interface] = fields[..] else { return None };
    let address = |text: &str| {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok()).flatten().map(Ipv6Addr::from_bits)
    };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    // The kernel's own "there is no route" is a route of the loopback interface.
    if flags & UP == 0 || flags & REJECT != 0 || interface == "lo" {
        return None;
    }
    Some(Line {
        interface: interface.to_owned(),
        destination: address(destination)?.into(),
        bits: u32::from_str_radix(bits, 16).ok().filter(|bits| *bits <= 128)?,
        gateway: address(gateway).filter(|one| !one.is_unspecified()).map(IpAddr::from),
        metric: u32::from_str_radix(metric, 16).ok()?,
    })
}

#[cfg(test)]
#[path = "routes/tests.rs"]
mod tests;
