//! Which name servers this computer asks, from resolv.conf(5). Reads one file.

use std::{
    fs,
    net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6},
    path::Path,
};

/// Servers that are asked; systems themselves ask the first three.
const MOST: usize = 8;
/// The file is small everywhere.
const MOST_BYTES: u64 = 64 * 1024;

/// Name servers in the system's order, each once. Empty where there is no such file.
pub(super) fn read(path: &Path, port: u16) -> Vec<SocketAddr> {
    match fs::metadata(path) {
        Ok(known) if known.len() <= MOST_BYTES => parse(&fs::read_to_string(path).unwrap_or_default(), port),
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Lines that name no server are passed over, as systems do.
fn parse(text: &str, port: u16) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> = Vec::new();
    for line in text.lines() {
        // The keyword stands at the start of the line; comments begin with # or ;.
        let mut words = line.split_ascii_whitespace();
        let named = line.starts_with("nameserver") && words.next() == Some("nameserver");
        let Some(server) = words.next().filter(|_| named).and_then(|word| server(word, port)) else {
            continue;
        };
        if found.len() < MOST && !found.contains(&server) {
            found.push(server);
        }
    }
    found
}

/// An address; those of IPv6 that are local to a link name it.
fn server(word: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some((address, port).into());
    }
    let (address, zone) = word.split_once('%')?;
    let address: Ipv6Addr = address.parse().ok()?;
    Some(SocketAddrV6::new(address, port, 0, scope(zone)?).into())
}

#[cfg(unix)]
fn scope(zone: &str) -> Option<u32> {
    zone.parse().ok().or_else(|| nix::net::if_::if_nametoindex(zone).ok())
}

#[cfg(not(unix))]
fn scope(zone: &str) -> Option<u32> {
    zone.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Vec<String> {
        parse(text, 53).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn servers_are_read_in_order_and_each_once() {
        let text = "# nameserver 10.0.0.9\n; nameserver 10.0.0.8\nsearch a.example\nnameserver 10.0.0.1\n\
                    nameserver\t2001:db8::1  # the other\nnameserver 10.0.0.1\noptions ndots:2\nnameserver\n\
                    nameserver names.example\nnameservers 10.0.0.7\nnameserver 127.0.0.53\n";
        assert_eq!(parsed(text), ["10.0.0.1:53", "[2001:db8::1]:53", "127.0.0.53:53"]);
    }

    #[test]
    fn a_server_on_a_link_keeps_its_link() {
        assert_eq!(parsed("nameserver fe80::1%7\n"), ["[fe80::1%7]:53"]);
        assert_eq!(parsed("nameserver fe80::1%no-such-link0\n"), Vec::<String>::new());
    }

    #[test]
    fn no_file_and_a_huge_file_name_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resolv.conf");
        assert_eq!(read(&path, 53), []);
        fs::write(&path, "nameserver 10.0.0.1\n").unwrap();
        assert_eq!(read(&path, 5353), ["10.0.0.1:5353".parse().unwrap()]);
        fs::write(&path, format!("nameserver 10.0.0.1\n{}", "#\n".repeat(64 * 1024))).unwrap();
        assert_eq!(read(&path, 53), []);
    }

    proptest! {
        #[test]
        fn any_text_names_at_most_a_few_servers(text in "(nameserver[ \\t])?[ -~\\n]{0,200}", at in any::<prop::sample::Index>()) {
            let lines = format!("nameserver 10.0.0.1\nnameserver 10.0.0.2\n{text}");
            prop_assert!(parse(&lines, 53).len() <= MOST);
            let cut: String = lines.chars().take(at.index(lines.len())).collect();
            prop_assert!(parse(&cut, 53).len() <= MOST);
        }
    }
}
