//! The kernel's neighbour table over netlink (rtnetlink(7)): the one place that tells a router that does not answer from one
//! that was not asked. The messages are few and fixed, so they are written and read here. Reads only; needs no rights.

use std::{net::IpAddr, time::Duration};

use rustix::{
    io,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
};

use crate::facts::NeighbourState;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWNEIGH: u16 = 28;
const RTM_GETNEIGH: u16 = 30;
/// NLM_F_REQUEST with NLM_F_DUMP.
const DUMP: u16 = 0x301;
/// The neighbour's address (NDA_DST).
const NDA_DST: u16 = 1;

const MESSAGE_HEAD: usize = 16;
const NEIGHBOUR_HEAD: usize = 12;
const ATTRIBUTE_HEAD: usize = 4;
/// The kernel fills at most this much at once.
const READ_BYTES: usize = 32 * 1024;
/// Answers come at once; this keeps a broken kernel from holding a step.
const PATIENCE: Duration = Duration::from_millis(200);
/// Reads of one table. Thousands of neighbours fit.
const MOST_READS: usize = 256;

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) interface: u32,
    pub(super) address: IpAddr,
    pub(super) state: NeighbourState,
}

/// The whole table of the network namespace this thread lives in.
pub(super) fn neighbours() -> io::Result<Vec<Row>> {
    // The protocol of routing is number 0, which is what no protocol means.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    send(&socket, &request(), SendFlags::empty())?;
    let mut rows = Vec::new();
    let mut buffer = vec![0; READ_BYTES];
    for _ in 0..MOST_READS {
        let (length, _) = recv(&socket, &mut buffer[..], RecvFlags::empty())?;
        if read(&buffer[..length], &mut rows) {
            break;
        }
    }
    Ok(rows)
}

fn request() -> Vec<u8> {
    let length = MESSAGE_HEAD + NEIGHBOUR_HEAD;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    bytes.extend(RTM_GETNEIGH.to_ne_bytes());
    bytes.extend(DUMP.to_ne_bytes());
    // Sequence and sender, which nobody needs on a socket for one question; then every family, interface and state.
    bytes.resize(length, 0);
    bytes
}

/// Adds the rows of one read. True when it was the last.
fn read(mut bytes: &[u8], rows: &mut Vec<Row>) -> bool {
    while let (Some(length), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < MESSAGE_HEAD || length > bytes.len() {
            return true;
        }
        match kind {
            NLMSG_DONE | NLMSG_ERROR => return true,
            RTM_NEWNEIGH => rows.extend(row(&bytes[MESSAGE_HEAD..length])),
            _ => {}
        }
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
    }
    false
}

/// Family, padding, interface, state, flags, type; then attributes.
fn row(bytes: &[u8]) -> Option<Row> {
    let (interface, state) = (u32_at(bytes, 4)?, u16_at(bytes, 8)?);
    let mut attributes = bytes.get(NEIGHBOUR_HEAD..)?;
    while let (Some(length), Some(kind)) = (u16_at(attributes, 0), u16_at(attributes, 2)) {
        let length = usize::from(length);
        let value = attributes.get(ATTRIBUTE_HEAD..length)?;
        if kind == NDA_DST {
            let address = match value.len() {
                4 => IpAddr::from(<[u8; 4]>::try_from(value).ok()?),
                16 => IpAddr::from(<[u8; 16]>::try_from(value).ok()?),
                _ => return None,
            };
            return Some(Row { interface, address, state: state_of(state) });
        }
        attributes = attributes.get(aligned(length)..)?;
    }
    None
}

/// NUD_* of <linux/neighbour.h>.
fn state_of(bits: u16) -> NeighbourState {
    match bits {
        0x01 => NeighbourState::Incomplete,
        // Reachable; without need of an answer; permanent.
        0x02 | 0x40 | 0x80 => NeighbourState::Reachable,
        // Stale; used again and not yet asked; asked again.
        0x04 | 0x08 | 0x10 => NeighbourState::Stale,
        0x20 => NeighbourState::Failed,
        _ => NeighbourState::Unknown,
    }
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(MESSAGE_HEAD + body.len()).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.resize(MESSAGE_HEAD, 0);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn neighbour(interface: u32, state: u16, address: IpAddr) -> Vec<u8> {
        let mut body = vec![0; 4];
        body.extend(interface.to_ne_bytes());
        body.extend(state.to_ne_bytes());
        body.extend([0, 0]);
        // An attribute of another kind and of an odd length comes first (NDA_LLADDR).
        body.extend(7_u16.to_ne_bytes());
        body.extend(2_u16.to_ne_bytes());
        body.extend([1, 2, 3, 0]);
        let octets = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        body.extend(u16::try_from(4 + octets.len()).unwrap().to_ne_bytes());
        body.extend(NDA_DST.to_ne_bytes());
        body.extend(octets);
        message(RTM_NEWNEIGH, &body)
    }

    fn table() -> Vec<u8> {
        [
            neighbour(2, 0x20, "10.9.0.77".parse().unwrap()),
            neighbour(3, 0x08, "fe80::1".parse().unwrap()),
            message(NLMSG_DONE, &[0; 4]),
        ]
        .concat()
    }

    #[test]
    fn the_rows_of_a_table_are_read_to_its_end() {
        let mut rows = Vec::new();
        assert!(read(&table(), &mut rows));
        let expected = [
            Row { interface: 2, address: "10.9.0.77".parse().unwrap(), state: NeighbourState::Failed },
            Row { interface: 3, address: "fe80::1".parse().unwrap(), state: NeighbourState::Stale },
        ];
        assert_eq!(rows, expected);
        assert!(!read(&neighbour(1, 2, "10.0.0.1".parse().unwrap()), &mut rows), "more is to come");
    }

    #[test]
    fn the_kernel_answers_everybody() {
        let rows = neighbours().unwrap();
        assert!(rows.iter().all(|row| row.interface > 0));
    }

    proptest! {
        #[test]
        fn a_table_cut_anywhere_gives_the_start_of_the_whole(at in any::<prop::sample::Index>()) {
            let (whole, mut all, mut some) = (table(), Vec::new(), Vec::new());
            read(&whole, &mut all);
            read(&whole[..at.index(whole.len())], &mut some);
            prop_assert!(all.starts_with(&some));
        }

        #[test]
        fn any_bytes_are_read_without_a_crash(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut rows = Vec::new();
            read(&bytes, &mut rows);
            let mut spoiled = table();
            let at = bytes.len() % spoiled.len();
            spoiled.splice(at..at, bytes);
            read(&spoiled, &mut rows);
        }
    }
}
