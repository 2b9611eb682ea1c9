//! Who is connected right now, for `GET /connections`. The lock is held for a map operation and never across an await.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::{DemoPath, envelope::wall_clock};

/// Longest user agent kept, in characters.
const USER_AGENT: usize = 200;

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Connection {
    id: String,
    client_address: SocketAddr,
    user_agent: Option<String>,
    since: Timestamp,
    last_seen: Timestamp,
    path: DemoPath,
}

/// All connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    connections: Arc<Mutex<BTreeMap<String, Connection>>>,
}

impl Registry {
    /// Lists a connection until its entry is dropped.
    pub(crate) fn enter(
        &self,
        path: DemoPath,
        client_address: SocketAddr,
        user_agent: Option<&str>,
    ) -> Entry {
        let now = wall_clock();
        let id = format!("{:016x}", fastrand::u64(..));
        let user_agent = user_agent.map(|text| {
            text.chars().filter(|letter| !letter.is_control()).take(USER_AGENT).collect::<String>()
        });
        let connection =
            Connection { id: id.clone(), client_address, user_agent, since: now, last_seen: now, path };
        self.lock().insert(id.clone(), connection);
        Entry { registry: self.clone(), id }
    }

    /// All connections, oldest first.
    pub(crate) fn list(&self) -> Vec<Connection> {
        let mut all: Vec<Connection> = self.lock().values().cloned().collect();
        all.sort_by(|one, other| (one.since, &one.id).cmp(&(other.since, &other.id)));
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Connection>> {
        // A map operation cannot leave the map half changed, so a panic elsewhere does not spoil it.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place in the registry; dropping it leaves.
#[derive(Debug)]
pub(crate) struct Entry {
    registry: Registry,
    id: String,
}

impl Entry {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The client was heard just now.
    pub(crate) fn seen(&self) {
        if let Some(connection) = self.registry.lock().get_mut(&self.id) {
            connection.last_seen = wall_clock();
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::{Registry, USER_AGENT};
    use crate::DemoPath;

    #[test]
    fn a_connection_is_listed_from_entering_to_leaving() {
        let registry = Registry::default();
        let client = SocketAddr::from((Ipv4Addr::LOCALHOST, 4000));
        let one = registry.enter(DemoPath::Hub, client, Some("tester/1\u{1b}[31m"));
        let other = registry.enter(DemoPath::News, client, None);
        let listed = registry.list();
        assert_eq!(listed.len(), 2);
        let hub = listed.iter().find(|connection| connection.id == one.id()).expect("listed");
        assert_eq!((hub.path, hub.user_agent.as_deref()), (DemoPath::Hub, Some("tester/1[31m")));
        drop(one);
        assert_eq!(registry.list().iter().map(|left| left.id.as_str()).collect::<Vec<_>>(), [other.id()]);
    }

    #[test]
    fn a_user_agent_is_capped() {
        let registry = Registry::default();
        let _entry = registry.enter(
            DemoPath::Hub,
            SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            Some(&"x".repeat(9_000)),
        );
        assert_eq!(registry.list()[0].user_agent.as_ref().expect("kept").len(), USER_AGENT);
    }
}
