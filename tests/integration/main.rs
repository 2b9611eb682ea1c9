//! A real agent against real servers.

mod foreign_peers;
