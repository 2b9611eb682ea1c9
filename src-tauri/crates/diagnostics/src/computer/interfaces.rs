//! Network interfaces of this computer: which are up, which are tunnels, and by which one traffic to an address leaves.
//! Sends nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::facts::InterfaceFacts;

/// Any port: a UDP socket that is connected sends nothing.
const DISCARD: u16 = 9;

/// An interface, loopback included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) facts: InterfaceFacts,
    pub(super) loopback: bool,
}

/// All of them, in the system's order. `None` where they cannot be read.
pub(super) fn list() -> Option<Vec<Interface>> {
    system::list()
}

/// The interface that traffic to `address` leaves by, and whether that is a tunnel. Asks the system's routing and sends
/// nothing. `None` where there is no route, or where interfaces cannot be read.
pub(crate) fn leaves_by(address: IpAddr) -> Option<(String, bool)> {
    let source = source_towards(address).ok()?;
    let interfaces = list()?;
    let holds = |one: &&Interface| one.facts.addresses.contains(&source);
    // An address that two interfaces hold is most often a tunnel's that borrowed it, or one that is down.
    let mut holders = interfaces.iter().filter(holds);
    let found = holders.clone().find(|one| one.facts.up).or_else(|| holders.next())?;
    Some((found.facts.name.clone(), found.facts.tunnel))
}

/// Our own address on the way to `address`; the system's error where there is no way.
pub(super) fn source_towards(address: IpAddr) -> std::io::Result<IpAddr> {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect(SocketAddr::new(address, DISCARD))?;
    Ok(socket.local_addr()?.ip())
}

/// What a system says about an interface beyond its name.
#[derive(Clone, Copy, Debug, Default)]
struct Signs {
    /// Linux: ARPHRD_*. The C library tells it of interfaces with a hardware address alone.
    hardware: Option<u16>,
    /// A line with one other end.
    point_to_point: bool,
    /// Made by the tun driver, which makes tap devices too.
    tun_driver: bool,
    /// Has an address that is not link-local.
    addressed: bool,
}

/// Names the common VPN programs give, where the hardware type says nothing (macOS, tap devices, others' drivers).
const TUNNEL_NAMES: [&str; 17] = [
    "tun",
    "tap",
    "utun",
    "wg",
    "ppp",
    "ipsec",
    "vti",
    "xfrm",
    "gre",
    "ipip",
    "sit",
    "nordlynx",
    "proton",
    "tailscale",
    "zt",
    "cscotun",
    "gpd",
];
/// Mobile modems use the hardware types of tunnels and are none.
const MODEM_NAMES: [&str; 3] = ["wwan", "rmnet", "ccmni"];
/// ARPHRD_PPP, ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_IP6GRE, ARPHRD_NONE (tun and WireGuard).
const TUNNEL_HARDWARE: [u16; 7] = [512, 768, 769, 776, 778, 823, 0xFFFE];

fn is_tunnel(name: &str, signs: Signs) -> bool {
    let named = |names: &[&str]| names.iter().any(|one| name.starts_with(one));
    if named(&MODEM_NAMES) {
        return false;
    }
    // A tap device without an address is one end of a virtual machine's wire; macOS keeps utun devices for itself, which
    // have link-local addresses alone.
    let in_use = signs.addressed || !name.starts_with("utun") && !name.starts_with("tap");
    let by_type = signs.hardware.is_some_and(|hardware| TUNNEL_HARDWARE.contains(&hardware));
    by_type || in_use && (named(&TUNNEL_NAMES) || signs.point_to_point) || signs.tun_driver && signs.addressed
}

/// Can be used beyond the wire it is on.
pub(super) fn is_routable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_loopback() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_loopback() && !v6.is_unspecified(),
    }
}

#[cfg(unix)]
mod system {
    use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags};

    use super::{Interface, Signs, is_routable, is_tunnel};
    use crate::facts::InterfaceFacts;

    pub(super) fn list() -> Option<Vec<Interface>> {
        let mut found: Vec<(Interface, Signs)> = Vec::new();
        for entry in getifaddrs().ok()? {
            let at = found.iter().position(|(one, _)| one.facts.name == entry.interface_name);
            let at = at.unwrap_or_else(|| {
                let point_to_point = entry.flags.contains(InterfaceFlags::IFF_POINTOPOINT);
                let signs = Signs { point_to_point, ..Signs::default() };
                found.push((new(&entry.interface_name, entry.flags), signs));
                found.len() - 1
            });
            let Some(address) = entry.address else { continue };
            let (interface, signs) = &mut found[at];
            if let Some(v4) = address.as_sockaddr_in() {
                interface.facts.addresses.push(v4.ip().into());
            } else if let Some(v6) = address.as_sockaddr_in6() {
                interface.facts.addresses.push(v6.ip().into());
            }
            #[cfg(target_os = "linux")]
            if let Some(link) = address.as_link_addr() {
                signs.hardware = Some(link.hatype());
            }
            signs.addressed = interface.facts.addresses.iter().any(is_routable);
        }
        let judged = found.into_iter().map(|(mut interface, mut signs)| {
            signs.tun_driver = made_by_tun_driver(&interface.facts.name);
            interface.facts.tunnel = !interface.loopback && is_tunnel(&interface.facts.name, signs);
            interface
        });
        Some(judged.collect())
    }

    fn new(name: &str, flags: InterfaceFlags) -> Interface {
        // Without IFF_RUNNING there is no carrier: no cable, no Wi-Fi, an empty bridge.
        let up = flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING);
        Interface {
            facts: InterfaceFacts { name: name.to_owned(), up, tunnel: false, addresses: Vec::new() },
            loopback: flags.contains(InterfaceFlags::IFF_LOOPBACK),
        }
    }

    #[cfg(target_os = "linux")]
    fn made_by_tun_driver(name: &str) -> bool {
        std::path::Path::new("/sys/class/net").join(name).join("tun_flags").exists()
    }

    #[cfg(not(target_os = "linux"))]
    fn made_by_tun_driver(_name: &str) -> bool {
        false
    }
}

#[cfg(windows)]
mod system {
    use super::{Interface, Signs, is_routable, is_tunnel};
    use crate::facts::InterfaceFacts;

    /// Those that are up; Windows names them as people do ("Ethernet 2"), so few tunnels are recognised.
    pub(super) fn list() -> Option<Vec<Interface>> {
        let found = netwatcher::list_interfaces().ok()?;
        let each = found.into_values().map(|one| {
            let addresses: Vec<_> = one.ips.iter().map(|record| record.ip).collect();
            let signs = Signs { addressed: addresses.iter().any(is_routable), ..Signs::default() };
            let loopback = !addresses.is_empty() && addresses.iter().all(|address| address.is_loopback());
            let tunnel = !loopback && is_tunnel(&one.name.to_ascii_lowercase(), signs);
            Interface { facts: InterfaceFacts { name: one.name, up: true, tunnel, addresses }, loopback }
        });
        Some(each.collect())
    }
}

#[cfg(not(any(unix, windows)))]
mod system {
    pub(super) fn list() -> Option<Vec<super::Interface>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_to_this_computer_stays_on_its_loopback() {
        let loopback = list().unwrap().into_iter().find(|one| one.loopback).unwrap();
        assert!(loopback.facts.up && !loopback.facts.tunnel);
        assert!(loopback.facts.addresses.contains(&Ipv4Addr::LOCALHOST.into()));
        let (name, tunnel) = leaves_by(Ipv4Addr::LOCALHOST.into()).unwrap();
        assert_eq!((name, tunnel), (loopback.facts.name, false));
    }

    #[test]
    fn tunnels_are_told_by_type_by_driver_and_by_name() {
        let bare = Signs::default();
        let addressed = Signs { addressed: true, ..bare };
        let hardware = |number| Signs { hardware: Some(number), ..addressed };
        let expected = [
            ("office", hardware(0xFFFE), true),
            ("ppp0", hardware(512), true),
            ("wg0", bare, true),
            ("office", Signs { point_to_point: true, ..bare }, true),
            ("utun4", addressed, true),
            ("utun0", Signs { point_to_point: true, ..bare }, false),
            ("vpn0", Signs { tun_driver: true, ..addressed }, true),
            ("vnet0", Signs { tun_driver: true, ..bare }, false),
            ("tap3", bare, false),
            ("tap3", addressed, true),
            ("eth0", hardware(1), false),
            ("wlp3s0", hardware(1), false),
            ("docker0", hardware(1), false),
            ("wwan0", Signs { point_to_point: true, ..hardware(0xFFFE) }, false),
        ];
        for (name, signs, tunnel) in expected {
            assert_eq!(is_tunnel(name, signs), tunnel, "{name} {signs:?}");
        }
    }
}
