//! This computer and its network.

use std::net::IpAddr;

use jiff::Timestamp;
use model::EndpointId;
use serde::{Deserialize, Serialize};

/// This computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComputerFacts {
    /// Interfaces, loopback aside. `None` where they cannot be read.
    pub interfaces: Option<Vec<InterfaceFacts>>,
    /// Default routes, either family. `None` where they cannot be read.
    pub default_routes: Option<Vec<RouteFacts>>,
    /// Routers of the default routes, after something was sent their way.
    pub gateways: Vec<Neighbour>,
    /// Name servers of this system, in order.
    pub name_servers: Vec<IpAddr>,
    /// Proxies the system names, used or not.
    pub proxies: Vec<ProxySetting>,
    /// What servers said about the time.
    pub clock: Vec<ClockSource>,
    /// The sign-in page test, where a control URL is configured.
    pub portal: Option<PortalFacts>,
    /// A host that cannot exist answered through plain HTTP: a transparent proxy.
    pub ghost_answered: Option<String>,
    /// Waiting messages per endpoint.
    pub buffers: Vec<BufferFacts>,
    /// Another copy that holds the data folder.
    pub other_owner: Option<OtherOwner>,
    /// Sleep and changes of network.
    pub recent: Recent,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceFacts {
    /// Name.
    pub name: String,
    /// Up and running.
    pub up: bool,
    /// A tunnel: tun, tap, wireguard, ppp, ipsec.
    pub tunnel: bool,
    /// Its addresses, link-local ones included.
    pub addresses: Vec<IpAddr>,
}

/// A default route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteFacts {
    /// Interface.
    pub interface: String,
    /// Router; none on point-to-point lines, and where no table names it.
    pub gateway: Option<IpAddr>,
    /// True for IPv6.
    pub v6: bool,
}

/// A router next door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// Through which interface.
    pub interface: String,
    /// What the kernel knows about it.
    pub state: NeighbourState,
}

/// What the kernel knows about a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourState {
    /// Answered lately, or is fixed.
    Reachable,
    /// Answered once.
    Stale,
    /// Is being asked.
    Incomplete,
    /// Did not answer.
    Failed,
    /// Not in the table.
    Unknown,
}

/// A proxy the system names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySetting {
    /// `configuration`, `environment` or `desktop`.
    pub source: String,
    /// URL without credentials; `None` for a script.
    pub url: Option<String>,
    /// Automatic proxy script that was not run.
    pub pac: Option<String>,
    /// What is wrong with the setting.
    pub flaw: Option<String>,
}

/// One server's word about the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockSource {
    /// Which server.
    pub host: String,
    /// Our clock minus theirs, milliseconds; half the round trip taken off.
    pub skew_ms: i64,
    /// The answer came through a cache (`Age`, `Via`): does not count.
    pub cached: bool,
    /// TLS proved who said so.
    pub verified: bool,
}

/// The sign-in page test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalFacts {
    /// Host of the control URL.
    pub host: String,
    /// How it ended.
    pub end: PortalEnd,
}

/// How the sign-in page test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalEnd {
    /// 204, as expected; `echo_missing` where the challenge did not come back (some caches strip it: no portal).
    Clear {
        /// The challenge did not come back.
        echo_missing: bool,
    },
    /// Led elsewhere, or a page came: where to, or its title.
    Portal(String),
    /// No answer, or one that proves nothing.
    Unknown(String),
}

/// Waiting messages of one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BufferFacts {
    /// Which.
    pub endpoint: Option<EndpointId>,
    /// Waiting messages.
    pub waiting: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Age of the oldest, milliseconds.
    pub oldest_ms: Option<u64>,
    /// How full it is, 0 to 1.
    pub full: f64,
    /// Why nothing can be stored, where that is so.
    pub refuses: Option<String>,
    /// Where it is kept.
    pub volume: Option<Volume>,
}

/// A place on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Folder, as it may be shown.
    pub place: String,
    /// Free bytes.
    pub free_bytes: Option<u64>,
    /// Whether a file can be written there.
    pub writable: Option<bool>,
}

/// Another copy of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherOwner {
    /// Its process.
    pub pid: u32,
    /// Whose it is.
    pub user: Option<String>,
}

/// What happened a short while ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Milliseconds since the computer woke up.
    pub resumed_ms_ago: Option<u64>,
    /// Milliseconds since the network changed.
    pub network_changed_ms_ago: Option<u64>,
    /// When the check began, by the wall clock.
    pub now: Option<Timestamp>,
}
