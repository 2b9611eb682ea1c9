//! The dialer against real sockets on loopback: well-behaved servers, broken ones, hostile ones.

#![expect(
    clippy::unwrap_used,
    reason = "a failing test is a panic; clippy exempts only functions marked as tests"
)]

mod client_certs;
mod connecting;
mod evidence;
mod names;
mod peer;
mod proxies;
mod proxy_peer;
mod redirects;
mod refusals;
mod remembering;
mod sessions;
mod tls_proxies;
mod trust;
