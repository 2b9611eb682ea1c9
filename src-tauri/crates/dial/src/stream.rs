//! The byte stream under a WebSocket: plain TCP, or TLS over it, and how much went through it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::tap::Tap;

/// A connected stream. Counts what arrives and what it takes, so that a message still on its way, in either
/// direction, shows that the peer lives.
#[derive(Debug)]
pub struct Stream {
    wire: Wire,
    received: u64,
    sent: u64,
}

/// TLS over TCP.
type TlsTcp = TlsStream<Tap<TcpStream>>;

/// What a stream consists of.
#[derive(Debug)]
pub enum Wire {
    /// ws, http.
    Plain(TcpStream),
    /// wss, https.
    Tls(Box<TlsTcp>),
    /// ws, http through an https proxy: encrypted as far as the proxy.
    Tunnel(Box<TlsTcp>),
    /// wss, https through an https proxy.
    TlsInTunnel(Box<TlsStream<Tap<Box<TlsTcp>>>>),
}

/// What leads to the server, before the server's own TLS.
#[derive(Debug)]
pub(crate) enum Carrier {
    Tcp(TcpStream),
    /// A tunnel through an https proxy.
    Tls(Box<TlsTcp>),
}

impl From<Carrier> for Wire {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Tcp(tcp) => Self::Plain(tcp),
            Carrier::Tls(tls) => Self::Tunnel(tls),
        }
    }
}

impl From<Wire> for Stream {
    fn from(wire: Wire) -> Self {
        Self { wire, received: 0, sent: 0 }
    }
}

impl Stream {
    /// What it consists of.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Bytes that arrived so far, without TLS's own.
    pub fn bytes_received(&self) -> u64 {
        self.received
    }

    /// Bytes it took for the peer so far, without TLS's own.
    pub fn bytes_sent(&self) -> u64 {
        self.sent
    }

    fn count_written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            self.sent += *bytes as u64;
        }
        written
    }

    /// The socket underneath, for figures such as the kernel's round-trip time. Never read or write through it.
    pub fn tcp(&self) -> &TcpStream {
        self.wire.tcp()
    }

    /// True for TLS with the server.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.wire, Wire::Tls(_) | Wire::TlsInTunnel(_))
    }
}

impl Wire {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) | Self::Tunnel(tls) => tls.get_ref().0.get_ref(),
            Self::TlsInTunnel(tls) => tls.get_ref().0.get_ref().get_ref().0.get_ref(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = match &mut this.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Wire::Tls(tls) | Wire::Tunnel(tls) => Pin::new(tls).poll_read(cx, buf),
            Wire::TlsInTunnel(tls) => Pin::new(tls).poll_read(cx, buf),
        };
        this.received += (buf.filled().len() - before) as u64;
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Wire::Tls(tls) | Wire::Tunnel(tls) => Pin::new(tls).poll_write(cx, buf),
            Wire::TlsInTunnel(tls) => Pin::new(tls).poll_write(cx, buf),
        };
        this.count_written(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Wire::Tls(tls) | Wire::Tunnel(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Wire::TlsInTunnel(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        };
        this.count_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(tcp) => tcp.is_write_vectored(),
            Wire::Tls(tls) | Wire::Tunnel(tls) => tls.is_write_vectored(),
            Wire::TlsInTunnel(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Wire::Tls(tls) | Wire::Tunnel(tls) => Pin::new(tls).poll_flush(cx),
            Wire::TlsInTunnel(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Wire::Tls(tls) | Wire::Tunnel(tls) => Pin::new(tls).poll_shutdown(cx),
            Wire::TlsInTunnel(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
