//! Which network this is: a keyed hash of the router's hardware address and the kind of line, so that the office is not
//! compared with home. The addresses themselves are not kept.

use std::{fs, net::IpAddr, path::Path};

use uuid::Uuid;

use super::hashed;
use crate::facts::ComputerFacts;

/// The network's key; the same for every network that cannot be told apart.
pub(super) fn key(computer: &ComputerFacts, salt: Uuid) -> String {
    let table = fs::read_to_string("/proc/net/arp").unwrap_or_default();
    hashed(salt, &described(computer, &table, is_wireless))
}

/// What the key is made from.
fn described(computer: &ComputerFacts, neighbours: &str, wireless: impl Fn(&str) -> bool) -> String {
    let routes = computer.default_routes.as_deref().unwrap_or_default();
    let Some(route) = routes.iter().find(|route| !route.v6).or(routes.first()) else {
        return "no way out".to_owned();
    };
    let interfaces = computer.interfaces.iter().flatten();
    let tunnel =
        interfaces.filter(|interface| interface.name == route.interface).any(|interface| interface.tunnel);
    let kind = match (tunnel, wireless(&route.interface)) {
        (true, _) => "tunnel",
        (false, true) => "wireless",
        (false, false) => "wired",
    };
    match route.gateway {
        None => format!("{kind} {}", route.interface),
        Some(gateway) => match hardware_address(neighbours, gateway) {
            Some(address) => format!("{kind} {address}"),
            None => format!("{kind} {gateway}"),
        },
    }
}

/// The router's hardware address in the kernel's table of IPv4 neighbours.
fn hardware_address(table: &str, gateway: IpAddr) -> Option<&str> {
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        let hardware = words.nth(2)?;
        (address == gateway && hardware != "00:00:00:00:00:00").then_some(hardware)
    })
}

fn is_wireless(interface: &str) -> bool {
    !interface.contains(['/', '.']) && Path::new("/sys/class/net").join(interface).join("wireless").exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::RouteFacts;

    const TABLE: &str = "IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         02:00:5e:10:00:01     *        eth0
192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        eth0
";

    fn behind(gateway: &str) -> ComputerFacts {
        let gateway = Some(gateway.parse().unwrap());
        let route = RouteFacts { interface: "eth0".into(), gateway, v6: false };
        ComputerFacts { default_routes: Some(vec![route]), ..ComputerFacts::default() }
    }

    #[test]
    fn a_network_is_known_by_its_router_and_the_kind_of_line() {
        let home = behind("192.168.1.1");
        assert_eq!(described(&home, TABLE, |_| false), "wired 02:00:5e:10:00:01");
        assert_eq!(described(&home, TABLE, |_| true), "wireless 02:00:5e:10:00:01");
        assert_eq!(described(&behind("192.168.1.9"), TABLE, |_| false), "wired 192.168.1.9");
        assert_eq!(described(&ComputerFacts::default(), TABLE, |_| false), "no way out");
    }

    #[test]
    fn the_key_is_another_one_in_another_history_and_says_nothing_of_the_address() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let home = behind("192.168.1.1");
        assert_eq!(key(&home, one), key(&home, one));
        assert_ne!(key(&home, one), key(&home, other));
        assert!(!key(&home, one).contains("192"));
    }
}
