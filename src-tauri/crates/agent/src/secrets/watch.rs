//! Looks at the places of secrets while an endpoint waits for another one.
//!
//! Looking is enough, and sees what file watchers do not: files on other computers, and folders that are swapped
//! through a link, as container platforms do. Where nobody waits nothing is done: a session that is up was let in
//! with the old secret, and every dial reads anew.

use std::{collections::BTreeSet, time::Duration};

use tokio::{sync::watch::Receiver, time::timeout};

use super::{Place, SecretStore};

/// Between looks at files.
const FILES: Duration = Duration::from_millis(500);
/// Between looks at the keyring, which is another program's work.
const KEYRING: Duration = Duration::from_secs(2);
/// Time one look gets.
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// Looks at what is awaited until nobody tells any more.
pub(crate) async fn watch(store: SecretStore, awaited: Receiver<BTreeSet<Place>>) {
    let files = look_again(&store, awaited.clone(), FILES, |place| matches!(place, Place::File(_)));
    // Apart, so that a keyring that does not answer holds up no file. Variables never change.
    let keyring = look_again(&store, awaited.clone(), KEYRING, |place| matches!(place, Place::Keyring(_)));
    tokio::join!(files, keyring);
}

async fn look_again(
    store: &SecretStore,
    mut awaited: Receiver<BTreeSet<Place>>,
    every: Duration,
    concerns: impl Fn(&Place) -> bool,
) {
    loop {
        let places: Vec<Place> =
            awaited.borrow_and_update().iter().filter(|place| concerns(place)).cloned().collect();
        for place in &places {
            // One that does not answer is asked again next time.
            let _ = timeout(LOOK_LIMIT, store.look(place)).await;
        }
        let others = awaited.changed();
        let told =
            if places.is_empty() { others.await } else { timeout(every, others).await.unwrap_or(Ok(())) };
        if told.is_err() {
            return;
        }
    }
}
