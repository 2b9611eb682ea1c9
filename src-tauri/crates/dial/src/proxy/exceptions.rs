//! Which servers are reached without a proxy: the list of NO_PROXY and of desktop settings. No I/O: a name is
//! compared as a name and never looked up.

use std::net::IpAddr;

/// Servers that are never proxied. There is no standard; this reads what curl, Go and GNOME read: entries parted by
/// commas or spaces, each a name that covers everything below it (`example.com`, `.example.com`, `*.example.com`), an
/// address, a network (`10.0.0.0/8`), or `*`; each may end with a port. Case does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    text: String,
    what: Covers,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Covers {
    Everything,
    /// Lower case, without dots at its ends.
    Domain(String),
    /// Address and length of the prefix.
    Network(IpAddr, u8),
}

impl Exceptions {
    /// Reads a list. Entries that mean nothing are ignored, as everywhere.
    pub fn parse(list: &str) -> Self {
        Self::from_entries(list.split(|character: char| character == ',' || character.is_whitespace()))
    }

    /// The same from entries already parted.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        Self(entries.into_iter().filter_map(Entry::parse).collect())
    }

    /// The first entry that covers the server, as it was written.
    pub fn covering(&self, host: &str, port: u16) -> Option<&str> {
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let address: Option<IpAddr> = name.parse().ok();
        self.0
            .iter()
            .find(|entry| entry.port.is_none_or(|only| only == port) && entry.what.covers(&name, address))
            .map(|entry| entry.text.as_str())
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (rest, port) = without_port(text)?;
        Some(Self { text: text.to_owned(), what: Covers::parse(rest)?, port })
    }
}

/// Parts `host:port` and `[address]:port`; a bare IPv6 address has colons of its own.
fn without_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            Some(port) => Some((address, Some(port.parse().ok()?))),
            // [fd00::]/8 is seen in the wild.
            None if port.is_empty() => Some((address, None)),
            None => None,
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, Some(port.parse().ok()?))),
        Some(_) | None => Some((text, None)),
    }
}

impl Covers {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, length)) = text.split_once('/') {
            let (address, length) = (address.parse().ok()?, length.parse().ok()?);
            return (length <= bits(address)).then_some(Self::Network(address, length));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Network(address, bits(address)));
        }
        let name = text.strip_prefix('*').unwrap_or(text).trim_matches('.');
        (!name.is_empty()).then(|| Self::Domain(name.to_ascii_lowercase()))
    }

    fn covers(&self, name: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Everything => true,
            // An address has no domains above it.
            Self::Domain(domain) => {
                address.is_none()
                    && name
                        .strip_suffix(domain.as_str())
                        .is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }
            Self::Network(network, length) => {
                address.is_some_and(|address| in_network(address, *network, *length))
            }
        }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// IPv4 and the same address written as IPv6 (`::ffff:10.0.0.1`) are one.
fn in_network(address: IpAddr, network: IpAddr, length: u8) -> bool {
    let differ = |difference: u128, unused: u32| difference.checked_shr(unused).unwrap_or(0) != 0;
    match (address.to_canonical(), network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let difference = u128::from(address.to_bits() ^ network.to_bits());
            !differ(difference, 32 - u32::from(length))
        }
        (_, IpAddr::V6(network)) => {
            let as_v6 = match address {
                IpAddr::V4(address) => address.to_ipv6_mapped(),
                IpAddr::V6(address) => address,
            };
            !differ(as_v6.to_bits() ^ network.to_bits(), 128 - u32::from(length))
        }
        (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covered(list: &str, host: &str, port: u16) -> bool {
        Exceptions::parse(list).covering(host, port).is_some()
    }

    #[test]
    fn entries_cover_what_they_say_and_nothing_else() {
        let yes = [
            ("example.com", "example.com", 443),
            ("example.com", "www.example.com", 443),
            ("example.com", "WWW.Example.COM.", 443),
            ("EXAMPLE.com.", "example.com", 443),
            (".example.com", "www.example.com", 443),
            (".example.com", "example.com", 443),
            ("*.example.com", "a.b.example.com", 443),
            ("a.com, example.com", "example.com", 443),
            ("a.com example.com", "example.com", 443),
            (" ,, example.com ,", "example.com", 443),
            ("example.com:8443", "example.com", 8443),
            ("*", "anything", 1),
            ("*", "10.0.0.1", 1),
            ("*:81", "anything", 81),
            ("10.1.2.3", "10.1.2.3", 80),
            ("10.1.2.3:80", "10.1.2.3", 80),
            ("10.0.0.0/8", "10.255.0.1", 80),
            ("10.0.0.0/8", "::ffff:10.1.2.3", 80),
            ("0.0.0.0/0", "8.8.8.8", 80),
            ("192.168.1.128/25", "192.168.1.200", 80),
            ("::1", "::1", 80),
            ("[::1]:80", "::1", 80),
            ("[fd00::1]", "fd00::1", 80),
            ("fd00::/8", "fdff::2", 80),
            ("::ffff:10.0.0.0/104", "10.1.2.3", 80),
            ("local", "printer.local", 80),
        ];
        for (list, host, port) in yes {
            assert!(covered(list, host, port), "{list} covers {host}:{port}");
        }
        let no = [
            ("", "example.com", 443),
            ("example.com", "badexample.com", 443),
            ("example.com", "example.com.evil", 443),
            ("www.example.com", "example.com", 443),
            ("example.com:8443", "example.com", 443),
            ("*:81", "anything", 80),
            ("10.1.2.3", "10.1.2.30", 80),
            ("1.2.3", "10.1.2.3", 80),
            ("2.3", "10.1.2.3", 80),
            ("10.0.0.0/8", "11.0.0.1", 80),
            ("10.0.0.0/33", "10.0.0.1", 80),
            ("10.0.0.0/x", "10.0.0.1", 80),
            ("10.0.0.0/8", "ten.example", 80),
            ("192.168.1.128/25", "192.168.1.100", 80),
            ("[::1]:81", "::1", 80),
            ("[::1", "::1", 80),
            ("fd00::/8", "fe00::2", 80),
            ("0.0.0.0/0", "2001:db8::1", 80),
            (".", "example.com", 80),
            ("example.com:port", "example.com", 80),
        ];
        for (list, host, port) in no {
            assert!(!covered(list, host, port), "{list} does not cover {host}:{port}");
        }
    }

    #[test]
    fn the_entry_that_decided_is_named_as_it_was_written() {
        let list = Exceptions::parse("a.example, *.Example.com, *");
        assert_eq!(list.covering("x.example.com", 1), Some("*.Example.com"));
    }

    proptest! {
        #[test]
        fn any_list_and_host_are_judged_without_a_crash(list in "\\PC{0,60}", host in "\\PC{0,30}", port: u16) {
            let _ = Exceptions::parse(&list).covering(&host, port);
        }

        #[test]
        fn a_domain_covers_itself_and_what_is_below_it_only(
            domain in "[a-z]{1,8}(\\.[a-z]{1,8}){0,2}", below in "[a-z]{1,8}", dot in prop_oneof![Just(""), Just("."), Just("*.")],
        ) {
            let list = format!("{dot}{domain}");
            prop_assert!(covered(&list, &domain, 1));
            let inside = format!("{below}.{domain}");
            prop_assert!(covered(&list, &inside, 1));
            let glued = format!("{below}{domain}");
            prop_assert!(!covered(&list, &glued, 1));
            let above = format!("{domain}.{below}");
            let also_inside = format!(".{above}").ends_with(&format!(".{domain}"));
            prop_assert_eq!(covered(&list, &above, 1), also_inside);
        }

        #[test]
        fn a_network_covers_exactly_the_addresses_with_its_prefix(address: u32, network: u32, length in 0_u8..=32) {
            let list = format!("{}/{length}", std::net::Ipv4Addr::from(network));
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            let inside = address & mask == network & mask;
            prop_assert_eq!(covered(&list, &std::net::Ipv4Addr::from(address).to_string(), 1), inside);
            // One bit flipped inside the prefix leaves it, outside of it does not.
            let same = (network & mask) | (address & !mask);
            prop_assert!(covered(&list, &std::net::Ipv4Addr::from(same).to_string(), 1));
        }

        #[test]
        fn the_same_holds_for_version_6(address: u128, network: u128, length in 0_u8..=128) {
            let list = format!("{}/{length}", std::net::Ipv6Addr::from(network));
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            let same = std::net::Ipv6Addr::from((network & mask) | (address & !mask));
            prop_assert!(covered(&list, &same.to_string(), 1));
            let inside = address & mask == network & mask;
            prop_assert_eq!(covered(&list, &std::net::Ipv6Addr::from(address).to_string(), 1), inside);
        }
    }
}
