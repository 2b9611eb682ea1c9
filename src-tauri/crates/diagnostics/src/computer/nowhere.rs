//! Addresses that belong to nobody: the ranges of documentation, which no network leads to. Some laboratories use them all
//! the same, so one is chosen that is not in this computer's own networks. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// RFC 5737.
const V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 1), Ipv4Addr::new(203, 0, 113, 1)];
/// RFC 3849 and RFC 9637.
const V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 1)];

/// One that is not in the range of any address of this computer, given as `own`.
pub(crate) fn nobody(v6: bool, own: &[IpAddr]) -> Option<IpAddr> {
    let free = |far: &IpAddr| !own.iter().any(|near| range(near) == range(far));
    if v6 { V6.into_iter().map(IpAddr::V6).find(free) } else { V4.into_iter().map(IpAddr::V4).find(free) }
}

/// The first bits, as many as the smallest of those ranges has.
fn range(address: &IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits() >> 8),
        IpAddr::V6(v6) => v6.to_bits() >> 108 | 1 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_range_this_computer_is_in_is_not_nowhere() {
        let expect = |v6, near: &[&str], far: Option<&str>| {
            assert_eq!(nobody(v6, &own(near)), far.map(|text| text.parse().unwrap()), "{near:?}");
        };
        expect(false, &["10.0.0.2", "fd00::2"], Some("192.0.2.1"));
        expect(false, &["192.0.2.77"], Some("198.51.100.1"));
        expect(false, &["192.0.2.77", "203.0.113.9", "198.51.100.3"], None);
        expect(true, &["192.0.2.77"], Some("2001:db8::1"));
        expect(true, &["2001:db8:9::1"], Some("3fff::1"));
    }
}
