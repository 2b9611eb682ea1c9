//! One HTTP connection to the gateway, for requests one after the other. Knows no route.

use agent::gateway::GatewayFile;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::spawn_blocking};

use crate::listener::is_a_strangers;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Wire {
    sender: SendRequest<Full<Bytes>>,
    authority: HeaderValue,
    bearer: HeaderValue,
}

/// What a request carries beside its method and path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Load {
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// Nobody answers there, or not any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("{0}")]
    Connect(#[from] std::io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("gateway.json is damaged: {0}")]
    Malformed(#[from] http::Error),
    #[error("another user's program listens there")]
    Strangers,
}

impl Wire {
    pub(crate) async fn open(file: &GatewayFile) -> Result<Self, WireError> {
        let authority = file.url.strip_prefix("http://").unwrap_or(&file.url);
        let damaged = |error: header::InvalidHeaderValue| WireError::Malformed(error.into());
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", file.token)).map_err(damaged)?;
        bearer.set_sensitive(true);
        let stream = TcpStream::connect(authority).await?;
        // Asked once we are connected: whoever that is holds the port. Neither token nor messages are theirs.
        let port = stream.peer_addr()?.port();
        if spawn_blocking(move || is_a_strangers(port)).await.unwrap_or(false) {
            return Err(WireError::Strangers);
        }
        // A batch goes out in more than one piece; none of them waits for the answer to the one before.
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends by itself when this end, or the answer, is read or dropped.
        tokio::spawn(connection);
        Ok(Self { sender, authority: HeaderValue::from_str(authority).map_err(damaged)?, bearer })
    }

    /// Asks; the answer's body must be read to its end before the next question.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        load: Load,
    ) -> Result<Response<Incoming>, WireError> {
        let mut request = Request::builder().method(method).uri(path).body(Full::new(load.body))?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.authority.clone());
        headers.insert(header::AUTHORIZATION, self.bearer.clone());
        headers.extend(load.headers);
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }
}
