//! The connection a request came over, as its handler sees it: who is there, and how to go on after HTTP. Knows
//! neither routes nor what follows.

use std::{
    fmt,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

/// What follows on a connection that has left HTTP.
pub(super) type Sequel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Clones belong to the same connection.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) address: SocketAddr,
    sequel: Arc<Mutex<Option<Sequel>>>,
}

impl Visitor {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, sequel: Arc::default() }
    }

    /// What to do once the answer is out and the connection has left HTTP. It counts as the same connection.
    pub(super) fn continue_with(&self, sequel: impl Future<Output = ()> + Send + 'static) {
        *self.sequel.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(sequel));
    }

    /// What follows, once.
    pub(super) fn sequel(&self) -> Option<Sequel> {
        self.sequel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("address", &self.address).finish_non_exhaustive()
    }
}
