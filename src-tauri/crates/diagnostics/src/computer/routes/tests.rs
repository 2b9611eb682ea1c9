//! Tables as kernels print them, and tables that are broken.

use proptest::prelude::*;

use super::*;

const HEAD: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                     \n";

/// As a computer of today prints it: the bytes of an address in its memory's order.
fn v4(interface: &str, destination: [u8; 4], gateway: [u8; 4], flags: u32, metric: u32, bits: u32) -> String {
    let hex = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0).to_be_bytes();
    format!(
        "{interface}\t{}\t{}\t{flags:04X}\t0\t0\t{metric}\t{}\t0\t0\t0\n",
        hex(destination),
        hex(gateway),
        hex(mask)
    )
}

fn v6(interface: &str, destination: &str, bits: u8, gateway: &str, flags: u32, metric: u32) -> String {
    let hex = |text: &str| format!("{:032x}", text.parse::<Ipv6Addr>().unwrap().to_bits());
    format!(
        "{} {bits:02x} {} 00 {} {metric:08x} 00000001 00000000 {flags:08x} {interface:>8}\n",
        hex(destination),
        hex("::"),
        hex(gateway)
    )
}

fn route(interface: &str, gateway: Option<&str>, v6: bool) -> RouteFacts {
    RouteFacts { interface: interface.into(), gateway: gateway.map(|one| one.parse().unwrap()), v6 }
}

#[test]
fn the_best_default_route_comes_first_and_others_are_none() {
    let table = [
        HEAD.to_owned(),
        v4("wlan0", [0; 4], [192, 168, 1, 1], 3, 600, 0),
        v4("eth0", [0; 4], [10, 0, 0, 1], 3, 100, 0),
        v4("eth0", [10, 0, 0, 0], [0; 4], 1, 100, 24),
        v4("ppp0", [0; 4], [0; 4], 1, 700, 0),
    ];
    let expected = [
        route("eth0", Some("10.0.0.1"), false),
        route("wlan0", Some("192.168.1.1"), false),
        route("ppp0", None, false),
    ];
    assert_eq!(parse(&table.concat(), false), expected);
}

#[test]
fn a_route_that_refuses_everything_leads_nowhere() {
    let table = [HEAD.to_owned(), v4("*", [0; 4], [0; 4], 0x201, 0, 0), v4("eth0", [0; 4], [0; 4], 2, 0, 0)];
    assert_eq!(parse(&table.concat(), false), []);
    let table = [v6("lo", "::", 0, "::", 0x0020_0200, u32::MAX), v6("eth0", "::", 0, "::", 0x201, 1024)];
    assert_eq!(parse(&table.concat(), true), []);
}

#[test]
fn two_halves_of_a_vpn_are_a_default_route_and_one_half_is_none() {
    let low = v4("tun0", [0; 4], [10, 8, 0, 1], 3, 0, 1);
    let high = v4("tun0", [128, 0, 0, 0], [10, 8, 0, 1], 3, 0, 1);
    let elsewhere = v4("tun1", [128, 0, 0, 0], [10, 8, 0, 1], 3, 0, 1);
    let expected = [route("tun0", Some("10.8.0.1"), false)];
    assert_eq!(parse(&format!("{HEAD}{low}{high}"), false), expected);
    let all = format!("{HEAD}{}{low}{high}", v4("eth0", [0; 4], [10, 0, 0, 1], 3, 0, 0));
    let both = [expected[0].clone(), route("eth0", Some("10.0.0.1"), false)];
    assert_eq!(parse(&all, false), both, "the tunnel outdoes the other one");
    assert_eq!(parse(&format!("{HEAD}{low}"), false), []);
    assert_eq!(parse(&format!("{HEAD}{low}{elsewhere}"), false), []);
}

#[test]
fn routers_of_ipv6_are_read_with_their_metric_and_the_public_range_counts() {
    let table = [
        v6("eth0", "::", 0, "fe80::1", 3, 1024),
        v6("wlan0", "::", 0, "fe80::2", 3, 600),
        v6("vpn0", "2000::", 3, "::", 1, 50),
        v6("eth0", "2001:db8::", 64, "::", 1, 256),
    ];
    let expected = [
        route("vpn0", None, true),
        route("wlan0", Some("fe80::2"), true),
        route("eth0", Some("fe80::1"), true),
    ];
    assert_eq!(parse(&table.concat(), true), expected);
}

#[test]
fn this_computers_own_tables_can_be_read() {
    let found = defaults(crate::computer::interfaces::list().as_deref()).unwrap();
    assert!(found.len() <= 2 * MOST);
}

proptest! {
    #[test]
    fn a_table_cut_anywhere_gives_no_more_routes_than_the_whole(at in 0_usize..400, count in 0_usize..4) {
        let lines: String =
            (0..count).map(|n| v4(&format!("eth{n}"), [0; 4], [10, 0, 0, 1], 3, n as u32, 0)).collect();
        let whole = format!("{HEAD}{lines}");
        let all = parse(&whole, false);
        prop_assert_eq!(all.len(), count);
        let cut = parse(&whole[..at.min(whole.len())], false);
        prop_assert!(all.starts_with(&cut), "{:?} is not the start of {:?}", cut, all);
        let whole: String = (0..count).map(|n| v6(&format!("eth{n}"), "::", 0, "fe80::1", 3, 1)).collect();
        let all = parse(&whole, true);
        let cut = parse(&whole[..at.min(whole.len())], true);
        prop_assert!(cut.len() <= all.len());
    }

    #[test]
    fn any_text_is_read_without_a_crash(text in "[ \\t\\n0-9A-Fa-fxlo*]{0,300}", v6: bool) {
        prop_assert!(parse(&text, v6).len() <= MOST);
    }
}
