//! The byte stream under a WebSocket: plain TCP, or TLS over it.

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

/// A connected stream.
#[derive(Debug)]
pub enum Stream {
    /// ws, http.
    Plain(TcpStream),
    /// wss, https.
    Tls(Box<TlsStream<TcpStream>>),
    /// ws, http through an https proxy: encrypted as far as the proxy.
    Tunnel(Box<TlsStream<TcpStream>>),
    /// wss, https through an https proxy.
    TlsInTunnel(Box<TlsStream<Box<TlsStream<TcpStream>>>>),
}

/// What leads to the server, before the server's own TLS.
#[derive(Debug)]
pub(crate) enum Carrier {
    Tcp(TcpStream),
    /// A tunnel through an https proxy.
    Tls(Box<TlsStream<TcpStream>>),
}

impl From<Carrier> for Stream {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Tcp(tcp) => Self::Plain(tcp),
            Carrier::Tls(tls) => Self::Tunnel(tls),
        }
    }
}

impl Stream {
    /// The socket underneath, for figures such as the kernel's round-trip time. Never read or write through it.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) | Self::Tunnel(tls) => tls.get_ref().0,
            Self::TlsInTunnel(tls) => tls.get_ref().0.get_ref().0,
        }
    }

    /// True for TLS with the server.
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_) | Self::TlsInTunnel(_))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) | Self::Tunnel(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::TlsInTunnel(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) | Self::Tunnel(tls) => Pin::new(tls).poll_write(cx, buf),
            Self::TlsInTunnel(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) | Self::Tunnel(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Self::TlsInTunnel(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) | Self::Tunnel(tls) => tls.is_write_vectored(),
            Self::TlsInTunnel(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) | Self::Tunnel(tls) => Pin::new(tls).poll_flush(cx),
            Self::TlsInTunnel(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) | Self::Tunnel(tls) => Pin::new(tls).poll_shutdown(cx),
            Self::TlsInTunnel(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
