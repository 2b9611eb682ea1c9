//! One TCP connection with the options every connection of the product has.

use std::{io, net::SocketAddr, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

/// Silence before the first keepalive probe.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
/// Time between probes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// Unanswered probes that end the connection.
const KEEPALIVE_PROBES: u32 = 3;
/// How long sent bytes may stay unacknowledged; without it a dead path shows only after many minutes of retransmits.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes not yet sent that the kernel holds at most: what is written behind a large message does not wait for megabytes,
/// and a socket that takes more shows that the peer acknowledges.
#[cfg(target_os = "linux")]
const NOT_SENT: u32 = 128 << 10;

/// Connects to `address`. Dropping the future closes the socket.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    tune(&SockRef::from(&socket), address);
    let stream = socket.connect(address).await?;
    refuse_oneself(stream.local_addr()?, address)?;
    Ok(stream)
}

/// Sets the options. A system that refuses one still gives a usable connection, so it is only noted.
fn tune(socket: &SockRef<'_>, address: SocketAddr) {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    let mut results = vec![
        ("TCP_NODELAY", socket.set_tcp_nodelay(true)),
        ("keepalive", socket.set_tcp_keepalive(&keepalive)),
    ];
    #[cfg(target_os = "linux")]
    results.extend([
        ("TCP_USER_TIMEOUT", socket.set_tcp_user_timeout(Some(USER_TIMEOUT))),
        ("TCP_NOTSENT_LOWAT", socket.set_tcp_notsent_lowat(NOT_SENT)),
    ]);
    for (option, result) in results {
        if let Err(error) = result {
            tracing::debug!(%address, option, %error, "socket option refused");
        }
    }
}

/// Dialing a closed port of this machine can, by chance of the ephemeral port, connect a socket to itself (TCP
/// simultaneous open). Then nobody listens there, and the socket would keep the real server from its port.
fn refuse_oneself(local: SocketAddr, remote: SocketAddr) -> io::Result<()> {
    if local == remote { Err(io::Error::from(io::ErrorKind::ConnectionRefused)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn every_connection_has_the_options() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = connect(listener.local_addr().unwrap()).await.unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        {
            assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE_IDLE);
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEPALIVE_INTERVAL);
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEPALIVE_PROBES);
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
            assert_eq!(socket.tcp_notsent_lowat().unwrap(), NOT_SENT);
        }
    }

    /// Linux lets a socket bound to a port connect to that very port, which is how the accident looks.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_socket_connected_to_itself_counts_as_refused() {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let stream = socket.connect(address).await.unwrap();
        let error = refuse_oneself(stream.local_addr().unwrap(), stream.peer_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
