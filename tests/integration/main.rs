//! A real agent against real servers.

mod baselines;
mod buffered;
mod checks;
mod credentials;
mod demo_feeds;
mod foreign_peers;
mod gatekeeper;
mod live_settings;
mod proxied;
