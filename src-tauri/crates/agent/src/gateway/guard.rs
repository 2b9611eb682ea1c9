//! Who may ask at all: pure decisions on the head of a request. Reads no body and knows no routes.
//!
//! A web page on the same computer can reach loopback too. Host defeats DNS rebinding, Origin and
//! `Sec-Fetch-Site` defeat foreign pages, and the token defeats everything that cannot read the owner's files.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use model::ErrorCode;

use super::{refusal::Refusal, token::Token};

/// Origins of the desktop window: Tauri on Linux and macOS, Tauri on Windows.
const WINDOW_ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hub's subprotocol.
pub(super) const SUBPROTOCOL: &str = "linekeeper";

/// What a request has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing.
    None,
    /// The token, as a bearer.
    Token,
    /// The same, or the token as the second subprotocol.
    TokenOrSubprotocol,
}

/// The rules for one listening address.
#[derive(Debug)]
pub(super) struct Guard {
    token: Token,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Guard {
    pub(super) fn new(token: Token, listening: SocketAddr) -> Self {
        let own = match listening {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let mut hosts = Vec::new();
        for name in ["127.0.0.1", "localhost", "[::1]", &own] {
            hosts.push(format!("{name}:{}", listening.port()));
            if listening.port() == 80 {
                hosts.push(name.to_owned());
            }
        }
        let origins = hosts
            .iter()
            .map(|host| format!("http://{host}"))
            .chain(WINDOW_ORIGINS.map(str::to_owned))
            .collect();
        Self { token, hosts, origins }
    }

    /// Lets a request pass or says why not.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap, proof: Proof) -> Result<(), Refusal> {
        self.check_host(uri, headers)?;
        self.check_origin(headers)?;
        match proof {
            Proof::None => Ok(()),
            Proof::TokenOrSubprotocol if self.is_offered_as_subprotocol(headers)? => Ok(()),
            Proof::Token | Proof::TokenOrSubprotocol => self.check_token(headers),
        }
    }

    /// Browsers let a page set no header of a WebSocket but this one.
    fn is_offered_as_subprotocol(&self, headers: &HeaderMap) -> Result<bool, Refusal> {
        let Some(offered) = only_one(headers, &header::SEC_WEBSOCKET_PROTOCOL)? else { return Ok(false) };
        let mut names = offered.split(',').map(str::trim);
        Ok(names.next() == Some(SUBPROTOCOL)
            && names.next().is_some_and(|token| self.token.matches(token.as_bytes()))
            && names.next().is_none())
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let known = |host: &str| self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host));
        let from_header = only_one(headers, &header::HOST)?.is_some_and(known);
        let from_target = uri.authority().is_none_or(|authority| known(authority.as_str()));
        if from_header && from_target {
            return Ok(());
        }
        Err(refused(format!("The Host header must be {}.", self.hosts[0])))
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if let Some(origin) = only_one(headers, &header::ORIGIN)?
            && !self.origins.iter().any(|ours| ours == origin)
        {
            return Err(refused("The Origin header names a page that is not Linekeeper's own."));
        }
        if only_one(headers, &SEC_FETCH_SITE)? == Some("cross-site") {
            return Err(refused("A page of another site asked."));
        }
        Ok(())
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let offered = only_one(headers, &header::AUTHORIZATION)?
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim_start_matches(' '));
        if offered.is_some_and(|token| self.token.matches(token.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::TokenRequired,
            "Send the header `Authorization: Bearer TOKEN`; run/gateway.json has the token of the running agent.",
        ))
    }
}

/// The header's value; doubled or unreadable headers are refused, because two readers could disagree on them.
fn only_one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else {
        return Ok(None);
    };
    match (first.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(Refusal::bad_request(format!("The header {name} must stand once, in plain ASCII."))),
    }
}

fn refused(detail: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, ErrorCode::OriginRefused, detail)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn guard() -> (Guard, String) {
        let token = Token::create().unwrap();
        let bearer = format!("Bearer {}", token.reveal());
        (Guard::new(token, "127.0.0.1:7878".parse().unwrap()), bearer)
    }

    fn check(guard: &Guard, uri: &str, head: &[(&str, &str)], proof: Proof) -> Option<ErrorCode> {
        let mut headers = HeaderMap::new();
        for (name, value) in head {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        guard.check(&uri.parse().unwrap(), &headers, proof).err().map(|refusal| refusal.code())
    }

    #[test]
    fn only_our_own_host_names_pass() {
        let (guard, _) = guard();
        for host in ["127.0.0.1:7878", "localhost:7878", "LOCALHOST:7878", "[::1]:7878"] {
            assert_eq!(check(&guard, "/", &[("host", host)], Proof::None), None, "{host}");
        }
        for host in [
            "evil.example:7878",
            "127.0.0.1",
            "localhost:80",
            "127.0.0.1:7878.evil.example",
            "",
            "a@localhost:7878",
        ] {
            assert_eq!(
                check(&guard, "/", &[("host", host)], Proof::None),
                Some(ErrorCode::OriginRefused),
                "{host}"
            );
        }
        assert_eq!(check(&guard, "/", &[], Proof::None), Some(ErrorCode::OriginRefused));
        let doubled = [("host", "127.0.0.1:7878"), ("host", "evil.example")];
        assert_eq!(check(&guard, "/", &doubled, Proof::None), Some(ErrorCode::BadRequest));
        let absolute = check(&guard, "http://evil.example/", &[("host", "127.0.0.1:7878")], Proof::None);
        assert_eq!(absolute, Some(ErrorCode::OriginRefused));
    }

    #[test]
    fn only_our_own_pages_pass() {
        let (guard, _) = guard();
        let origin =
            |origin| check(&guard, "/", &[("host", "localhost:7878"), ("origin", origin)], Proof::None);
        for ours in
            ["http://127.0.0.1:7878", "http://localhost:7878", "tauri://localhost", "http://tauri.localhost"]
        {
            assert_eq!(origin(ours), None, "{ours}");
        }
        for foreign in [
            "null",
            "https://evil.example",
            "http://localhost:3000",
            "https://localhost:7878",
            "http://localhost:78780",
        ] {
            assert_eq!(origin(foreign), Some(ErrorCode::OriginRefused), "{foreign}");
        }
        let site =
            |site| check(&guard, "/", &[("host", "localhost:7878"), ("sec-fetch-site", site)], Proof::None);
        assert_eq!(site("cross-site"), Some(ErrorCode::OriginRefused));
        assert_eq!(site("same-origin"), None);
        assert_eq!(site("none"), None);
    }

    #[test]
    fn the_token_counts_in_the_header_alone() {
        let (guard, bearer) = guard();
        let ask = |uri: &str, authorization: &str| {
            check(&guard, uri, &[("host", "localhost:7878"), ("authorization", authorization)], Proof::Token)
        };
        assert_eq!(ask("/v1/status", &bearer), None);
        assert_eq!(ask("/v1/status", &bearer.replace("Bearer", "bearer")), None);
        let token = &bearer["Bearer ".len()..];
        for wrong in ["", "Bearer", "Bearer ", "Basic abc", token, &bearer[..20], &format!("{bearer}x")] {
            assert_eq!(ask("/v1/status", wrong), Some(ErrorCode::TokenRequired), "{wrong}");
        }
        let query = format!("/v1/status?token={token}&access_token={token}");
        assert_eq!(
            check(&guard, &query, &[("host", "localhost:7878")], Proof::Token),
            Some(ErrorCode::TokenRequired)
        );
    }
    #[test]
    fn the_hub_takes_the_token_as_second_subprotocol_and_nothing_else_does() {
        let (guard, bearer) = guard();
        let token = &bearer["Bearer ".len()..];
        let offer = |offered: &str, proof| {
            let head = [("host", "localhost:7878"), ("sec-websocket-protocol", offered)];
            check(&guard, "/ws", &head, proof)
        };
        let right = format!("linekeeper, {token}");
        assert_eq!(offer(&right, Proof::TokenOrSubprotocol), None);
        assert_eq!(offer(&format!("linekeeper,{token}"), Proof::TokenOrSubprotocol), None);
        assert_eq!(offer(&right, Proof::Token), Some(ErrorCode::TokenRequired));
        for wrong in [
            "linekeeper".to_owned(),
            token.to_owned(),
            format!("{token}, linekeeper"),
            format!("chat, {token}"),
            format!("{right}, more"),
            format!("{right}x"),
        ] {
            assert_eq!(offer(&wrong, Proof::TokenOrSubprotocol), Some(ErrorCode::TokenRequired), "{wrong}");
        }
        let bearer = [
            ("host", "localhost:7878"),
            ("authorization", &*bearer),
            ("sec-websocket-protocol", "linekeeper"),
        ];
        assert_eq!(check(&guard, "/ws", &bearer, Proof::TokenOrSubprotocol), None);
    }
}
