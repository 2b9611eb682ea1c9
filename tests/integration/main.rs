//! A real agent against real servers.

mod demo_feeds;
mod foreign_peers;
mod live_settings;
mod proxied;
