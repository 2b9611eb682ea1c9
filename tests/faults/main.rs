//! One test per harm a server or a network can do, against a real link or a real agent on real sockets. Each
//! asserts the typed error, the state, and how often the link came back; none measures speed.

mod agents;
mod closes;
mod credentials;
mod fence;
mod floods;
mod frames;
mod gateway;
mod heads;
mod hosts;
mod lost_lines;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod migration;
mod name_service;
mod portal;
mod proxies;
mod sleep;
mod statuses;
mod trial;
