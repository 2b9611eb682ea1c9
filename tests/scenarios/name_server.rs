//! A name server that answers what its plan says (RFC 1035, over UDP): addresses, errors, or nothing.

use std::{
    net::{IpAddr, UdpSocket},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use anyhow::Result;

use crate::scenario::{NameAnswer, NameServerPlan};

const HEADER: usize = 12;
const A: u16 = 1;
const AAAA: u16 = 28;
/// How often it looks whether it should end.
const LOOK: Duration = Duration::from_millis(100);

/// A running name server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct NameServer {
    over: Arc<AtomicBool>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}

impl NameServer {
    /// Answers whatever comes to this socket.
    pub(crate) fn on(socket: UdpSocket, plan: NameServerPlan) -> Result<Self> {
        socket.set_read_timeout(Some(LOOK))?;
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        std::thread::spawn(move || {
            let mut query = [0; 1500];
            while !ended.load(Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut query)
                    && let Some(answer) = answer(&query[..length], &plan)
                {
                    // Who asked may be gone.
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Ok(Self { over })
    }
}

/// The answer to a query, if there is to be one.
fn answer(query: &[u8], plan: &NameServerPlan) -> Option<Vec<u8>> {
    let (name, kind, end) = question(query)?;
    let known = plan.knows.get(&name);
    let mut code = 0;
    let mut records: Vec<IpAddr> = Vec::new();
    match (known, plan.otherwise) {
        (Some(addresses), _) => {
            let of_kind =
                |address: &IpAddr| matches!((address, kind), (IpAddr::V4(_), A) | (IpAddr::V6(_), AAAA));
            records = addresses.iter().filter_map(|text| text.parse().ok()).filter(of_kind).collect();
        }
        (None, NameAnswer::Empty) => {}
        (None, NameAnswer::Servfail) => code = 2,
        (None, NameAnswer::Nxdomain) => code = 3,
        (None, NameAnswer::Refused) => code = 5,
        (None, NameAnswer::Silence) => return None,
    }
    let mut bytes = query[..2].to_vec();
    // An answer, recursion desired and available.
    bytes.extend((0x8180_u16 | code).to_be_bytes());
    let count = u16::try_from(records.len()).ok()?;
    for number in [1, count, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(&query[HEADER..end]);
    for address in records {
        // A pointer to the name in the question.
        bytes.extend([0xC0, 0x0C]);
        bytes.extend(kind.to_be_bytes());
        bytes.extend(1_u16.to_be_bytes());
        bytes.extend(5_u32.to_be_bytes());
        match address {
            IpAddr::V4(address) => {
                bytes.extend(4_u16.to_be_bytes());
                bytes.extend(address.octets());
            }
            IpAddr::V6(address) => {
                bytes.extend(16_u16.to_be_bytes());
                bytes.extend(address.octets());
            }
        }
    }
    Some(bytes)
}

/// Name, type, and where the question ends.
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = HEADER;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes(query.get(at..at + 2)?.try_into().ok()?);
    Some((labels.join("."), kind, at + 4))
}

#[test]
fn a_name_server_answers_as_rfc_1035_has_it() -> Result<()> {
    let plan: NameServerPlan =
        toml::from_str("at = '127.0.0.1'\nknows = { 'a.test' = ['192.0.2.7', '2001:db8::7'] }")?;
    let query = |name: &[u8], kind: u8| {
        [b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", name, &[0, kind, 0, 1]].concat()
    };
    let found = answer(&query(b"\x01A\x04test\x00", 1), &plan).expect("an answer");
    assert_eq!(found[..8], *b"\x12\x34\x81\x80\x00\x01\x00\x01");
    assert!(found.ends_with(&[0, 4, 192, 0, 2, 7]));
    let six = answer(&query(b"\x01a\x04test\x00", 28), &plan).expect("an answer");
    assert!(six.ends_with(&[0, 7]) && six[7] == 1);
    let none = answer(&query(b"\x01b\x04test\x00", 1), &plan).expect("an answer");
    assert_eq!((none[3] & 15, none[7]), (3, 0));
    Ok(())
}
