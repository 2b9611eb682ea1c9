//! Which faults are staged. One per scope; a fault for a path outranks one for everywhere.
//!
//! Expiry is a comparison with a time passed in, so there is no timer to own and nothing to race with.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tokio::{sync::watch, time::Instant};

use super::{Fault, FaultRequest, Scope};
use crate::DemoPath;

/// A fault that applies now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Active {
    pub(crate) fault: Fault,
    /// When it ends by itself.
    pub(crate) until: Option<Instant>,
}

/// All staged faults, as a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    staged: BTreeMap<Scope, Active>,
}

/// One line of `GET /fault`.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    path: &'static str,
    mode: &'static str,
    value: Value,
    remaining_ms: Option<u64>,
}

impl Faults {
    /// The fault a path suffers at `now`.
    pub(crate) fn on(&self, path: DemoPath, now: Instant) -> Option<Active> {
        self.at(Scope::Path(path), now).or_else(|| self.everywhere(now))
    }

    /// The fault the whole server suffers at `now`.
    pub(crate) fn everywhere(&self, now: Instant) -> Option<Active> {
        self.at(Scope::Everywhere, now)
    }

    fn at(&self, scope: Scope, now: Instant) -> Option<Active> {
        self.staged.get(&scope).copied().filter(|active| active.until.is_none_or(|until| now < until))
    }

    fn stage(&mut self, request: FaultRequest, now: Instant) {
        self.staged.retain(|_, active| active.until.is_none_or(|until| now < until));
        let until = request.lasts.map(|lasts| now + lasts);
        self.staged.insert(request.scope, Active { fault: request.fault, until });
    }

    fn list(&self, now: Instant) -> Vec<Listed> {
        let active = self.staged.keys().filter_map(|scope| Some((scope, self.at(*scope, now)?)));
        active
            .map(|(scope, Active { fault, until })| Listed {
                path: scope.as_str(),
                mode: fault.mode(),
                value: fault.value(),
                remaining_ms: until.map(|until| (until - now).as_millis() as u64),
            })
            .collect()
    }
}

/// Stages faults and takes them back; clones act on the same server.
#[derive(Clone, Debug)]
pub struct FaultHandle {
    faults: watch::Sender<Faults>,
}

impl FaultHandle {
    pub(crate) fn new() -> Self {
        Self { faults: watch::Sender::new(Faults::default()) }
    }

    /// Stages a fault; one already staged for the same scope is replaced.
    pub fn stage(&self, request: FaultRequest) {
        self.faults.send_modify(|faults| faults.stage(request, Instant::now()));
    }

    /// Takes faults back, all of them or one scope's; returns how many there were.
    pub fn clear(&self, scope: Option<Scope>) -> usize {
        let mut cleared = 0;
        self.faults.send_modify(|faults| {
            cleared = faults
                .list(Instant::now())
                .iter()
                .filter(|one| scope.is_none_or(|scope| scope.as_str() == one.path))
                .count();
            match scope {
                Some(scope) => drop(faults.staged.remove(&scope)),
                None => faults.staged.clear(),
            }
        });
        cleared
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        self.faults.borrow().list(Instant::now())
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Faults> {
        self.faults.subscribe()
    }

    pub(crate) fn on(&self, path: DemoPath) -> Option<Active> {
        self.faults.borrow().on(path, Instant::now())
    }

    pub(crate) fn everywhere(&self) -> Option<Active> {
        self.faults.borrow().everywhere(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Active, FaultHandle, Faults};
    use crate::{
        DemoPath,
        fault::{Fault, FaultRequest, Scope},
    };

    fn request(scope: Scope, fault: Fault, ms: Option<u64>) -> FaultRequest {
        FaultRequest { scope, fault, lasts: ms.map(Duration::from_millis) }
    }

    #[test]
    fn a_path_of_its_own_outranks_everywhere() {
        let (mut faults, now) = (Faults::default(), Instant::now());
        faults.stage(request(Scope::Everywhere, Fault::Refuse, None), now);
        faults.stage(request(Scope::Path(DemoPath::News), Fault::Silent, None), now);
        let fault = |path| faults.on(path, now).map(|active| active.fault);
        assert_eq!(fault(DemoPath::News), Some(Fault::Silent));
        assert_eq!(fault(DemoPath::Hub), Some(Fault::Refuse));
    }

    #[test]
    fn a_timed_fault_ends_by_itself_and_leaves_the_one_beneath() {
        let (mut faults, now) = (Faults::default(), Instant::now());
        faults.stage(request(Scope::Everywhere, Fault::NoWebsocket, None), now);
        faults.stage(request(Scope::Path(DemoPath::Hub), Fault::Silent, Some(100)), now);
        let until = Some(now + Duration::from_millis(100));
        assert_eq!(faults.on(DemoPath::Hub, now), Some(Active { fault: Fault::Silent, until }));
        let later = now + Duration::from_millis(100);
        assert_eq!(faults.on(DemoPath::Hub, later), Some(Active { fault: Fault::NoWebsocket, until: None }));
        assert_eq!(faults.list(later).len(), 1);
    }

    #[test]
    fn staging_again_replaces_and_clearing_counts() {
        let handle = FaultHandle::new();
        handle.stage(request(Scope::Path(DemoPath::Hub), Fault::Silent, None));
        handle.stage(request(Scope::Path(DemoPath::Hub), Fault::Refuse, None));
        handle.stage(request(Scope::Path(DemoPath::News), Fault::Refuse, None));
        assert_eq!(handle.on(DemoPath::Hub).map(|active| active.fault), Some(Fault::Refuse));
        assert_eq!(handle.clear(Some(Scope::Path(DemoPath::Hub))), 1);
        assert_eq!(handle.on(DemoPath::Hub), None);
        assert_eq!(handle.clear(None), 1);
        assert_eq!(handle.clear(None), 0);
    }
}
