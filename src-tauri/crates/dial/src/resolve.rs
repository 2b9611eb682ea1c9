//! Names to addresses through the system's own resolver (hosts file, split DNS, VPN), bounded in time and threads.
//!
//! It keeps no cache and reorders nothing: the order is the system's (RFC 6724), interleaving belongs to the race.

use std::{fmt, net::IpAddr, sync::Arc, thread};

use dns_lookup::{AddrInfoHints, SockType};
use tokio::sync::{Semaphore, oneshot};

use crate::error::{ResolveError, ResolveErrorKind};

/// Lookups that may be under way at once, hanging ones included. Further ones wait within their own limit.
const THREADS: usize = 16;

/// A blocking lookup. [`SystemLookup`] is the one for production.
pub trait Lookup: Send + Sync {
    /// Addresses of `host`, best first. May block for as long as it likes: it runs on a thread of its own.
    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError>;
}

/// getaddrinfo.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        // One socket type, or every address comes once per type.
        let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
        let found = dns_lookup::getaddrinfo(Some(host), None, Some(hints))?;
        // An entry of an address family this platform knows and we do not is no reason to refuse the others.
        Ok(found.filter_map(Result::ok).map(|entry| entry.sockaddr.ip()).collect())
    }
}

/// Runs lookups on their own threads. Not on the runtime's blocking pool: a runtime waits for that pool when it
/// shuts down, and getaddrinfo without a network can hang for half a minute.
#[derive(Clone)]
pub(crate) struct Resolver {
    lookup: Arc<dyn Lookup>,
    threads: Arc<Semaphore>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("free_threads", &self.threads.available_permits())
            .finish_non_exhaustive()
    }
}

impl Resolver {
    pub(crate) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, threads: Arc::new(Semaphore::new(THREADS)) }
    }

    /// Addresses of `host`, without repetitions, at least one. Dropping the future leaves the thread to end by
    /// itself; until then it counts as busy.
    pub(crate) async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Box<ResolveError>> {
        let busy = |text: &str| Box::new(ResolveError::new(ResolveErrorKind::Busy, text));
        let permit =
            Arc::clone(&self.threads).acquire_owned().await.map_err(|_| busy("the resolver has ended"))?;
        let (sender, receiver) = oneshot::channel();
        let (lookup, name) = (Arc::clone(&self.lookup), host.to_owned());
        thread::Builder::new()
            .name("dial-resolve".into())
            .spawn(move || {
                let _permit = permit;
                // Nobody may be waiting any more; then the result is of no use.
                let _ = sender.send(lookup.lookup(&name));
            })
            .map_err(|error| busy(&format!("no thread for the lookup: {error}")))?;
        let found = receiver.await.map_err(|_| {
            Box::new(ResolveError::new(ResolveErrorKind::Failed, "the lookup ended without a result"))
        })??;
        let mut addresses: Vec<IpAddr> = Vec::with_capacity(found.len());
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(Box::new(ResolveError::new(ResolveErrorKind::NotFound, "the name has no address")));
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Mutex, mpsc},
        time::Duration,
    };

    use tokio::time::timeout;

    use super::*;

    struct Fixed(Result<Vec<IpAddr>, ResolveError>);

    impl Lookup for Fixed {
        fn lookup(&self, _host: &str) -> Result<Vec<IpAddr>, ResolveError> {
            self.0.clone()
        }
    }

    #[tokio::test]
    async fn the_system_knows_localhost_and_gives_each_address_once() {
        let addresses = Resolver::new(Arc::new(SystemLookup)).resolve("localhost").await.unwrap();
        assert!(addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
        let mut unique = addresses.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), addresses.len());
    }

    #[tokio::test]
    async fn order_is_kept_and_repetitions_are_dropped() {
        let [a, b]: [IpAddr; 2] = ["127.0.0.2".parse().unwrap(), "::1".parse().unwrap()];
        let resolver = Resolver::new(Arc::new(Fixed(Ok(vec![a, b, a]))));
        assert_eq!(resolver.resolve("x").await.unwrap(), [a, b]);
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_not_found() {
        let error = Resolver::new(Arc::new(Fixed(Ok(vec![])))).resolve("x").await.unwrap_err();
        assert_eq!(error.kind, ResolveErrorKind::NotFound);
    }

    struct Hanging(Mutex<mpsc::Receiver<()>>);

    impl Lookup for Hanging {
        fn lookup(&self, _host: &str) -> Result<Vec<IpAddr>, ResolveError> {
            // Hangs until the test lets go of the sender.
            let _ = self.0.lock().map(|gate| gate.recv());
            Ok(vec![IpAddr::from([127, 0, 0, 1])])
        }
    }

    #[tokio::test]
    async fn hanging_lookups_never_hold_more_threads_than_allowed_and_are_recovered_from() {
        let (gate, receiver) = mpsc::channel();
        let resolver = Resolver::new(Arc::new(Hanging(Mutex::new(receiver))));
        for _ in 0..THREADS + 4 {
            assert!(timeout(Duration::from_millis(5), resolver.resolve("x")).await.is_err());
        }
        assert_eq!(resolver.threads.available_permits(), 0);
        drop(gate);
        let found = timeout(Duration::from_secs(10), resolver.resolve("x")).await.unwrap().unwrap();
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_hanging_lookup_does_not_hold_up_the_end_of_the_runtime() {
        let (gate, receiver) = mpsc::channel();
        let (ended, end) = mpsc::channel();
        std::thread::spawn(move || {
            let resolver = Resolver::new(Arc::new(Hanging(Mutex::new(receiver))));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let lookup = async { timeout(Duration::from_millis(20), resolver.resolve("x")).await };
            assert!(runtime.block_on(lookup).is_err());
            drop(runtime);
            ended.send(()).unwrap();
        });
        end.recv_timeout(Duration::from_secs(10)).expect("the runtime waits for the lookup");
        drop(gate);
    }

    struct Crashing;

    impl Lookup for Crashing {
        fn lookup(&self, _host: &str) -> Result<Vec<IpAddr>, ResolveError> {
            panic!("a lookup that crashes, on purpose");
        }
    }

    #[tokio::test]
    async fn a_lookup_that_crashes_is_an_error_and_frees_its_thread() {
        let resolver = Resolver::new(Arc::new(Crashing));
        for _ in 0..THREADS + 1 {
            assert_eq!(resolver.resolve("x").await.unwrap_err().kind, ResolveErrorKind::Failed);
        }
    }
}
