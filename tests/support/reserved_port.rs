//! A port of 127.0.0.1 that stays ours while nobody listens on it.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use tokio::{io, net::TcpSocket};

/// A port that is bound and never listens: a server may come and go on it, and in between nobody else gets it. Without
/// that a client could take it for its own end and connect to itself.
#[derive(Debug)]
pub struct ReservedPort {
    socket: TcpSocket,
}

impl ReservedPort {
    /// Any free one.
    pub fn any() -> Result<Self> {
        Ok(Self { socket: shared(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))? })
    }

    /// Where a server may listen.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// A socket on the same port that may listen.
    pub fn share(&self) -> io::Result<TcpSocket> {
        shared(self.address()?)
    }
}

fn shared(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Lets a listener share the port with the reservation.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_can_come_and_go_on_a_reserved_port() -> Result<()> {
        let port = ReservedPort::any()?;
        for _ in 0..3 {
            let listener = tokio::net::TcpListener::bind(port.address()?).await?;
            assert_eq!(listener.local_addr()?, port.address()?);
            drop(listener);
            assert!(tokio::net::TcpStream::connect(port.address()?).await.is_err());
        }
        Ok(())
    }
}
