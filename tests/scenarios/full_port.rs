//! A port whose queue of connections is full: the system drops whoever comes, as a filter does.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Result, ensure};
use socket2::{Domain, Socket, Type};

/// The system queues one more than it is told.
const BACKLOG: i32 = 0;
/// Longer than a connection on this computer takes.
const MOMENT: Duration = Duration::from_millis(200);

/// The port, and the connections that fill it.
#[derive(Debug)]
pub(crate) struct FullPort {
    listener: TcpListener,
    _fill: Vec<TcpStream>,
}

impl FullPort {
    /// On 127.0.0.1.
    pub(crate) fn open() -> Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let mut fill = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, MOMENT) {
            fill.push(stream);
            ensure!(fill.len() < 16, "the queue of a port does not fill here");
        }
        Ok(Self { listener, _fill: fill })
    }

    /// Where nobody gets in.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }
}

#[test]
fn a_full_port_answers_nobody() -> Result<()> {
    let port = FullPort::open()?;
    let error = TcpStream::connect_timeout(&port.address()?, MOMENT).expect_err("nobody gets in");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    Ok(())
}
