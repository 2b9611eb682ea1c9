//! Proxies for the tests: an HTTP one that takes CONNECT and a SOCKS5 one. Both connect everything to one server,
//! whatever they are asked for, and keep what they were asked. Hold no assertions about the dialer.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::peer::{Peer, header, read_request, until_closed};

/// What a proxy was asked, one text per connection.
pub(crate) type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that ends with the test.
pub(crate) struct Proxy {
    peer: Peer,
    scheme: &'static str,
    pub(crate) asked: Asked,
}

impl Proxy {
    /// Its URL, with `credentials` such as `user:password@` or none.
    pub(crate) fn url(&self, credentials: &str) -> Url {
        Url::parse(&format!("{}://{credentials}{}", self.scheme, self.peer.address)).unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.peer.address
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Takes CONNECT; with `credentials` (as they stand in the header) it wants them.
    pub(crate) async fn http(server: SocketAddr, credentials: Option<&'static str>) -> Self {
        let asked = Asked::default();
        let kept = Arc::clone(&asked);
        let peer = Peer::start(move |stream| tunnel(stream, server, credentials, Arc::clone(&kept))).await;
        Self { peer, scheme: "http", asked }
    }

    /// The same over TLS.
    pub(crate) async fn https(server: SocketAddr, acceptor: TlsAcceptor) -> Self {
        let asked = Asked::default();
        let kept = Arc::clone(&asked);
        let peer = Peer::start(move |stream| {
            let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
            async move { tunnel(acceptor.accept(stream).await?, server, None, kept).await }
        })
        .await;
        Self { peer, scheme: "https", asked }
    }

    /// Speaks SOCKS5; with `credentials` it wants them. `reply` gives the number to answer a destination with.
    pub(crate) async fn socks(
        server: SocketAddr,
        credentials: Option<(&'static str, &'static str)>,
        reply: fn(&str) -> u8,
    ) -> Self {
        let asked = Asked::default();
        let kept = Arc::clone(&asked);
        let peer =
            Peer::start(move |stream| socks(stream, server, credentials, reply, Arc::clone(&kept))).await;
        Self { peer, scheme: "socks5h", asked }
    }

    /// The same proxy by another scheme.
    pub(crate) fn spoken_to_as(self, scheme: &'static str) -> Self {
        Self { scheme, ..self }
    }

    /// A listener that is no proxy but does this.
    pub(crate) fn of(peer: Peer, scheme: &'static str) -> Self {
        Self { peer, scheme, asked: Asked::default() }
    }
}

async fn tunnel(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    server: SocketAddr,
    credentials: Option<&'static str>,
    asked: Asked,
) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    asked.lock().unwrap().push(request.clone());
    if credentials.is_some_and(|wanted| header(&request, "proxy-authorization") != Some(wanted)) {
        let sent = header(&request, "proxy-authorization").unwrap_or_default();
        // Quotes what it refuses, as some do.
        let body = format!("<h1>no access</h1> for {sent}");
        let answer = format!(
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\
             Proxy-Authenticate: Basic realm=\"office, 2nd floor\"\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
        until_closed(&mut stream).await;
        return Ok(());
    }
    let mut onward = TcpStream::connect(server).await?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\nContent-Length: 0\r\n\r\n").await?;
    stream.flush().await?;
    copy_bidirectional(&mut stream, &mut onward).await?;
    Ok(())
}

async fn socks(
    mut stream: TcpStream,
    server: SocketAddr,
    credentials: Option<(&'static str, &'static str)>,
    reply: fn(&str) -> u8,
    asked: Asked,
) -> io::Result<()> {
    assert_eq!(stream.read_u8().await?, 5);
    let mut methods = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut methods).await?;
    let method = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        stream.write_all(&[5, 0xFF]).await?;
        until_closed(&mut stream).await;
        return Ok(());
    }
    stream.write_all(&[5, method]).await?;
    if let Some((user, password)) = credentials {
        assert_eq!(stream.read_u8().await?, 1);
        let right = text(&mut stream).await? == user && text(&mut stream).await? == password;
        stream.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            until_closed(&mut stream).await;
            return Ok(());
        }
    }
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    assert_eq!(head[..3], [5, 1, 0]);
    let host = match head[3] {
        1 => std::net::Ipv4Addr::from(stream.read_u32().await?).to_string(),
        4 => std::net::Ipv6Addr::from(stream.read_u128().await?).to_string(),
        _ => text(&mut stream).await?,
    };
    let port = stream.read_u16().await?;
    let number = reply(&host);
    asked.lock().unwrap().push(format!("{}/{host}/{port}", head[3]));
    // Answers with a name, the address type with a length of its own.
    let mut answer = vec![5, number, 0, 3, 4];
    answer.extend(b"here\x00\x50");
    stream.write_all(&answer).await?;
    if number != 0 {
        until_closed(&mut stream).await;
        return Ok(());
    }
    let mut onward = TcpStream::connect(server).await?;
    copy_bidirectional(&mut stream, &mut onward).await?;
    Ok(())
}

async fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
