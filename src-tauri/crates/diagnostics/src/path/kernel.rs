//! The kernel's own figures about one TCP connection: retransmissions, smoothed round-trip time, acknowledged bytes.
//!
//! Linux tells them through netlink (`sock_diag`), which needs no right and no unsafe code, unlike `TCP_INFO`. Where there
//! are none (another system, a sandbox without netlink), the answer is `None`.

use std::net::SocketAddr;

/// What the kernel knows about a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    /// Segments sent again since the connection began.
    pub(super) retransmits: u32,
    /// Smoothed round-trip time, milliseconds.
    pub(super) srtt_ms: f64,
    /// Bytes the peer's kernel acknowledged.
    pub(super) acknowledged: u64,
}

/// The figures of the connection between these two ends.
pub(super) fn figures(local: SocketAddr, remote: SocketAddr) -> Option<Figures> {
    #[cfg(target_os = "linux")]
    return netlink::ask(local, remote);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (local, remote);
        None
    }
}

#[cfg(target_os = "linux")]
mod netlink {
    use std::net::{IpAddr, SocketAddr};

    use rustix::{
        fd::OwnedFd,
        net::{
            AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType,
            netlink::SOCK_DIAG,
            recv, send, socket_with,
            sockopt::{Timeout, set_socket_timeout},
        },
    };

    use super::Figures;

    /// `SOCK_DIAG_BY_FAMILY`, `NLM_F_REQUEST`, `IPPROTO_TCP`, `INET_DIAG_INFO` of linux/{sock_diag,netlink,inet_diag}.h.
    const BY_FAMILY: u16 = 20;
    const REQUEST: u16 = 1;
    const TCP: u8 = 6;
    const INFO: u16 = 2;
    /// Sizes of `nlmsghdr`, of `inet_diag_req_v2` and of `inet_diag_msg`.
    const HEADER: usize = 16;
    const ASKED: usize = 56;
    const TOLD: usize = 72;
    /// The kernel answers at once; this bounds the wait should it ever not.
    const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

    pub(super) fn ask(local: SocketAddr, remote: SocketAddr) -> Option<Figures> {
        let socket: OwnedFd =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(SOCK_DIAG))
                .ok()?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE)).ok()?;
        send(&socket, &question(local, remote), SendFlags::empty()).ok()?;
        let mut answer = [0; 4096];
        let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty()).ok()?;
        read(answer.get(..length)?)
    }

    pub(super) fn question(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + ASKED);
        out.extend(u32::try_from(HEADER + ASKED).unwrap_or_default().to_ne_bytes());
        out.extend(BY_FAMILY.to_ne_bytes());
        out.extend(REQUEST.to_ne_bytes());
        out.extend([0; 8]);
        let family = if local.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
        out.push(u8::try_from(family.as_raw()).unwrap_or_default());
        out.extend([TCP, 1 << (INFO - 1), 0]);
        // Every state.
        out.extend(u32::MAX.to_ne_bytes());
        out.extend(local.port().to_be_bytes());
        out.extend(remote.port().to_be_bytes());
        out.extend(padded(local.ip()));
        out.extend(padded(remote.ip()));
        // Any interface, any cookie.
        out.extend(0_u32.to_ne_bytes());
        out.extend([0xff; 8]);
        out
    }

    fn padded(address: IpAddr) -> [u8; 16] {
        match address {
            IpAddr::V6(address) => address.octets(),
            IpAddr::V4(address) => {
                let mut out = [0; 16];
                out[..4].copy_from_slice(&address.octets());
                out
            }
        }
    }

    /// Finds `tcp_info` in the answer and reads what is needed of it.
    pub(super) fn read(answer: &[u8]) -> Option<Figures> {
        let short =
            |bytes: &[u8], at: usize| Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        if short(answer, 4)? != BY_FAMILY {
            return None;
        }
        let mut rest = answer.get(HEADER + TOLD..)?;
        loop {
            let (length, kind) = (usize::from(short(rest, 0)?), short(rest, 2)?);
            if length < 4 {
                return None;
            }
            let value = rest.get(4..length)?;
            if kind == INFO {
                return info(value);
            }
            rest = rest.get(length.next_multiple_of(4)..)?;
        }
    }

    /// `struct tcp_info` of linux/tcp.h: it only ever grows at its end.
    fn info(value: &[u8]) -> Option<Figures> {
        let word = |at: usize| Some(u32::from_ne_bytes(value.get(at..at + 4)?.try_into().ok()?));
        Some(Figures {
            retransmits: word(100)?,
            srtt_ms: f64::from(word(68)?) / 1e3,
            acknowledged: u64::from_ne_bytes(value.get(120..128)?.try_into().ok()?),
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use proptest::prelude::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[tokio::test]
    async fn acknowledged_bytes_of_a_connection_are_known_in_both_families() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(host).await else { continue };
            let mut here = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut there, _) = listener.accept().await.unwrap();
            here.write_all(&[7; 1000]).await.unwrap();
            there.read_exact(&mut [0; 1000]).await.unwrap();
            there.write_all(&[7]).await.unwrap();
            here.read_exact(&mut [0]).await.unwrap();
            let Some(figures) = figures(here.local_addr().unwrap(), here.peer_addr().unwrap()) else {
                // A sandbox without netlink: nothing is claimed there.
                return;
            };
            // The count begins with the SYN.
            assert!((1000..=1001).contains(&figures.acknowledged), "{figures:?}");
            assert!(figures.srtt_ms > 0.0 && figures.retransmits == 0, "{figures:?}");
        }
    }

    #[test]
    fn a_connection_that_is_not_there_has_no_figures() {
        assert_eq!(figures("127.0.0.1:1".parse().unwrap(), "127.0.0.1:1".parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_crash(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = netlink::read(&bytes);
            let mut plausible = netlink::question("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
            plausible.resize(88, 0);
            plausible.extend(bytes);
            let _ = netlink::read(&plausible);
        }
    }
}
