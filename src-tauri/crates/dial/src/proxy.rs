//! Proxies: which one an attempt goes through and why, and the words about it. Choosing does no I/O and reads no
//! environment; the tunnel through a chosen proxy is in [`connect`] and [`socks`].

mod choice;
mod connect;
mod desktop;
mod environment;
mod exceptions;
mod server;
mod socks;
mod survey;
mod tunnel;

pub use choice::{NoProxyReason, ProxyChoice, ProxyDecision, ProxyNote, ProxySource, SystemProxies};
pub use desktop::{Desktop, DesktopProxies, DesktopSettings, DesktopUnreadable};
pub use environment::ProxyEnvironment;
pub use exceptions::Exceptions;
pub use server::{ProxyKind, ProxyServer};
pub use survey::{NamedProxy, ProxyNamed, ProxyServes};
pub(crate) use tunnel::{Passage, at};
