//! Pseudonyms in place of stars: the same thing has the same name throughout one bundle, and another one in the next.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ring::hmac;

/// Makes pseudonyms with a key of its own that is never written down.
pub(super) struct Pseudonyms {
    key: hmac::Key,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

impl Pseudonyms {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// `kind-1a2b3c`: long enough that two of a bundle rarely meet.
    pub(super) fn name(&self, kind: &str, value: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{kind}\0{}", value.to_lowercase()).as_bytes());
        let [a, b, c, ..] = *tag.as_ref() else { return kind.to_owned() };
        format!("{kind}-{a:02x}{b:02x}{c:02x}")
    }

    /// An address keeps its family and whether it is private. `None` for those that say nothing about anybody: loopback,
    /// unspecified, broadcast, multicast.
    pub(super) fn address(&self, address: IpAddr) -> Option<String> {
        let address = address.to_canonical();
        let (kind, plain) = match address {
            IpAddr::V4(v4) => {
                (if is_private_v4(v4) { "ip4-private" } else { "ip4-public" }, v4.is_broadcast())
            }
            IpAddr::V6(v6) => (if is_private_v6(v6) { "ip6-private" } else { "ip6-public" }, false),
        };
        if plain || address.is_loopback() || address.is_unspecified() || address.is_multicast() {
            return None;
        }
        Some(self.name(kind, &address.to_string()))
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    // 100.64.0.0/10: carriers' own (RFC 6598).
    address.is_private() || address.is_link_local() || (a == 100 && (64..128).contains(&b))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_stay_equal_within_a_bundle_and_differ_between_two() {
        let (one, two) = (Pseudonyms::new(&[1; 32]), Pseudonyms::new(&[2; 32]));
        let name = one.address("10.0.0.5".parse().unwrap()).unwrap();
        assert!(name.starts_with("ip4-private-"), "{name}");
        assert_eq!(one.address("::ffff:10.0.0.5".parse().unwrap()).unwrap(), name);
        assert_ne!(two.address("10.0.0.5".parse().unwrap()).unwrap(), name);
        assert!(one.address("203.0.113.7".parse().unwrap()).unwrap().starts_with("ip4-public-"));
        assert!(one.address("fe80::1".parse().unwrap()).unwrap().starts_with("ip6-private-"));
        for kept in ["127.0.0.1", "0.0.0.0", "::1", "::", "255.255.255.255", "224.0.0.251"] {
            assert_eq!(one.address(kept.parse().unwrap()), None, "{kept}");
        }
    }
}
