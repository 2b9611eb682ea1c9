//! One reading of each place for everybody who wants it at the same time, and what became of it.
//!
//! Twenty endpoints with one token read it once. Nobody gets a reading that is older than a moment: that is what
//! "read at each dial" means. Whoever was refused with a reading gets a newer one.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{sync::Notify, time::Instant};

use super::{
    Place,
    vault::{Reading, Vault},
};

/// A reading this young is as good as a new one.
const RECENT: Duration = Duration::from_secs(1);

/// Numbers readings, later ones higher.
pub(super) type ReadingNumber = u64;

/// Reads secrets for all endpoints. Clones are the same store.
#[derive(Clone)]
pub(crate) struct SecretStore(Arc<Shelf>);

struct Shelf {
    vault: Arc<dyn Vault>,
    slots: Mutex<Slots>,
    changed: Notify,
}

#[derive(Default)]
struct Slots {
    last_number: ReadingNumber,
    of: HashMap<Place, Slot>,
}

/// The newest reading of one place.
struct Slot {
    number: ReadingNumber,
    started: Instant,
    flight: Shared<BoxFuture<'static, Reading>>,
    /// The newest one that is done.
    landed: Option<Reading>,
    /// The first reading that found what `landed` holds.
    same_since: ReadingNumber,
}

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretStore")
    }
}

impl SecretStore {
    pub(super) fn new(vault: impl Vault + 'static) -> Self {
        Self(Arc::new(Shelf { vault: Arc::new(vault), slots: Mutex::default(), changed: Notify::new() }))
    }

    /// What a place holds now, and the number of that reading. A reading that is under way or a moment old is
    /// shared, unless it is not newer than `than`.
    pub(super) async fn read(
        &self,
        place: &Place,
        than: ReadingNumber,
    ) -> (ReadingNumber, Result<SecretString, String>) {
        let (number, flight) = self.flight(place, than);
        (number, flight.await.map(|found| found.secret))
    }

    fn flight(
        &self,
        place: &Place,
        than: ReadingNumber,
    ) -> (ReadingNumber, Shared<BoxFuture<'static, Reading>>) {
        let mut slots = self.0.slots();
        if let Some(slot) = slots.of.get(place)
            && slot.number > than
            && slot.started.elapsed() <= RECENT
        {
            return (slot.number, slot.flight.clone());
        }
        slots.last_number += 1;
        let number = slots.last_number;
        // Weak: a reading that nobody waits for any more must not keep the store alive.
        let (shelf, vault, of) = (Arc::downgrade(&self.0), Arc::clone(&self.0.vault), place.clone());
        let flight = async move {
            let reading = vault.read(&of).await;
            Weak::upgrade(&shelf).inspect(|shelf| shelf.land(&of, number, &reading));
            reading
        };
        let flight = flight.boxed().shared();
        let (landed, same_since) = match slots.of.remove(place) {
            Some(old) => (old.landed, old.same_since),
            None => (None, number),
        };
        let slot = Slot { number, started: Instant::now(), flight: flight.clone(), landed, same_since };
        slots.of.insert(place.clone(), slot);
        (number, flight)
    }

    /// Reads a place anew, to see whether it holds something else.
    pub(super) async fn look(&self, place: &Place) {
        let newest = self.0.slots().of.get(place).map_or(0, |slot| slot.number);
        // What it holds is not wanted here; that it differs is noticed when the reading lands.
        let _ = self.read(place, newest).await;
    }

    /// Whether a place holds a secret that it did not hold at this reading.
    pub(super) fn is_stale(&self, place: &Place, number: ReadingNumber) -> bool {
        self.0
            .slots()
            .of
            .get(place)
            .is_some_and(|slot| slot.same_since > number && matches!(slot.landed, Some(Ok(_))))
    }

    /// Returns when some place holds a secret that it did not hold before.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Forgets all places but these.
    pub(crate) fn keep_only(&self, places: &BTreeSet<Place>) {
        self.0.slots().of.retain(|place, _| places.contains(place));
    }

    /// Files that other people of this computer may read.
    pub(crate) fn exposed(&self) -> BTreeSet<PathBuf> {
        let slots = self.0.slots();
        let exposed = |slot: &Slot| matches!(&slot.landed, Some(Ok(found)) if found.exposed);
        let files = slots.of.iter().filter_map(|(place, slot)| match place {
            Place::File(path) => exposed(slot).then(|| path.clone()),
            Place::Env(_) | Place::Keyring(_) => None,
        });
        files.collect()
    }
}

impl Shelf {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing that could panic runs under this lock.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn land(&self, place: &Place, number: ReadingNumber, reading: &Reading) {
        let mut slots = self.slots();
        // A reading that another has overtaken says nothing.
        let Some(slot) = slots.of.get_mut(place).filter(|slot| slot.number == number) else { return };
        let known = slot.landed.replace(reading.clone());
        let Some(known) = known else {
            slot.same_since = number;
            return;
        };
        if !holds_the_same(&known, reading) {
            slot.same_since = number;
            if reading.is_ok() {
                self.changed.notify_one();
            }
        }
    }
}

fn holds_the_same(one: &Reading, other: &Reading) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one.secret.expose_secret() == other.secret.expose_secret(),
        (Err(_), Err(_)) => true,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
