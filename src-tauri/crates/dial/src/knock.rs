//! Two short ways to ask whether the network works, for diagnostics: does anything accept TCP, and what does a plain web
//! request get. Neither upgrades, authenticates or follows where it is led.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{
    body::Framing,
    budget::Budget,
    dialer::{Dialer, connect},
    error::{DialCause, RequestFlaw},
    head::USER_AGENT,
    line::Line,
    phase::{ConnectFacts, Phase, ResolveFacts},
    proxy::{ProxyChoice, SystemProxies},
    request::DialRequest,
};

/// Answer to a plain web request. Headers and body are raw: hostile text.
#[derive(Clone, Debug)]
pub struct PlainAnswer {
    /// Who answered.
    pub remote: SocketAddr,
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Start of the body.
    pub body: Bytes,
}

impl Dialer {
    /// What [`ProxyChoice::System`] means here.
    pub fn system_proxies(&self) -> &SystemProxies {
        &self.routes.proxies
    }

    /// Does anything listen where `request` would connect to? Opens one TCP connection and drops it; sends nothing. `None`
    /// where a proxy is on the way: it would answer in the server's place.
    ///
    /// # Errors
    ///
    /// Why no connection came about within `limit`.
    pub async fn knock_at(
        &self,
        request: &DialRequest,
        limit: Duration,
    ) -> Result<Option<SocketAddr>, DialCause> {
        let budget = whole(Phase::Connect, limit);
        let mut route = self.routes.find(request, budget, &mut ResolveFacts::default()).await?;
        if route.proxy.server().is_some() {
            return Ok(None);
        }
        let connected =
            connect(&route.addresses, &request.limits, budget, &mut ConnectFacts::default()).await;
        let (_, remote, _) = connected.map_err(|cause| route.blocked(cause))?;
        Ok(Some(remote))
    }

    /// Fetches an http page directly, whatever the request says about proxies: headers and path of `request`, no credential,
    /// no redirect, and of the body only the start.
    ///
    /// # Errors
    ///
    /// Why no answer came within `limit`, or that the URL is not one of http.
    pub async fn plain_get(&self, request: &DialRequest, limit: Duration) -> Result<PlainAnswer, DialCause> {
        if request.url.scheme() != "http" {
            return Err(RequestFlaw::Scheme(request.url.scheme().to_owned()).into());
        }
        let direct = DialRequest { proxy: ProxyChoice::Direct, credential: None, ..request.clone() };
        let budget = whole(Phase::Upgrade, limit);
        let mut route = self.routes.find(&direct, budget, &mut ResolveFacts::default()).await?;
        let connected = connect(&route.addresses, &direct.limits, budget, &mut ConnectFacts::default()).await;
        let (stream, remote, _) = connected.map_err(|cause| route.blocked(cause))?;
        let ask = ask(&route.target.path, &route.target.authority, &direct.headers);
        let mut received = 0;
        let mut line = Line::new(stream, &mut received);
        let answer = budget.run(line.head(&ask)).await?;
        let framing = Framing::of(answer.status, &answer.headers);
        let (body, _) = line.body(framing, budget.until).await;
        Ok(PlainAnswer { remote, status: answer.status, headers: answer.headers, body })
    }
}

/// One limit for everything from now on.
fn whole(phase: Phase, limit: Duration) -> Budget {
    let now = tokio::time::Instant::now();
    Budget::new(phase, now, limit, now, limit)
}

fn ask(path: &str, authority: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut bytes = format!("GET {path} HTTP/1.1\r\n").into_bytes();
    let mut line = |name: &str, value: &[u8]| {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    };
    line("Host", headers.get(header::HOST).map_or(authority.as_bytes(), HeaderValue::as_bytes));
    line("Connection", b"close");
    line("Cache-Control", b"no-cache");
    if !headers.contains_key(header::USER_AGENT) {
        line("User-Agent", USER_AGENT.as_bytes());
    }
    let ours = [header::HOST, header::CONNECTION, header::CACHE_CONTROL];
    for (name, value) in headers.iter().filter(|(name, _)| !ours.contains(name)) {
        line(name.as_str(), value.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use url::Url;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    fn request(url: &str) -> DialRequest {
        DialRequest::new(Url::parse(url).unwrap())
    }

    #[tokio::test]
    async fn a_knock_finds_out_who_listens_and_says_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dialer = Dialer::new();
        let asked = request(&format!("wss://{address}/socket"));
        assert_eq!(dialer.knock_at(&asked, LIMIT).await.unwrap(), Some(address));
        let mut heard = Vec::new();
        listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"");
        drop(listener);
        assert!(matches!(dialer.knock_at(&asked, LIMIT).await, Err(DialCause::Connect(_))));
    }

    #[tokio::test]
    async fn nobody_knocks_past_a_proxy() {
        let asked = DialRequest {
            proxy: ProxyChoice::Url(Url::parse("http://127.0.0.1:9").unwrap()),
            ..request("wss://server.example/")
        };
        assert_eq!(Dialer::new().knock_at(&asked, LIMIT).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_plain_request_is_one_exchange_with_the_headers_it_was_given() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let mut stream = listener.accept().await.unwrap().0;
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") {
                heard.push(stream.read_u8().await.unwrap());
            }
            let answer =
                b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 2\r\n\r\nno";
            stream.write_all(answer).await.unwrap();
            String::from_utf8(heard).unwrap()
        });
        let mut asked = request(&format!("http://{address}/check?a=b"));
        asked.headers.insert("x-challenge", "1234".parse().unwrap());
        asked.headers.insert("host", "other.invalid".parse().unwrap());
        let answer = Dialer::new().plain_get(&asked, LIMIT).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body[..], answer.remote), (302, &b"no"[..], address));
        let heard = server.await.unwrap();
        assert!(heard.starts_with("GET /check?a=b HTTP/1.1\r\nHost: other.invalid\r\n"), "{heard}");
        assert!(heard.contains("\r\nx-challenge: 1234\r\n") && heard.matches("ost:").count() == 1, "{heard}");
        let encrypted = request("https://server.example/");
        assert!(matches!(Dialer::new().plain_get(&encrypted, LIMIT).await, Err(DialCause::Request(_))));
    }
}
