//! Many readers, one reading; and what counts as a change. Time is virtual.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::time::{advance, sleep, timeout};

use super::*;
use crate::secrets::file::Found;

/// A place whose content the test sets, slow to read.
#[derive(Clone)]
struct Drawer {
    holds: Arc<Mutex<Result<String, String>>>,
    reads: Arc<AtomicUsize>,
    takes: Duration,
}

impl Drawer {
    fn holding(secret: &str) -> Self {
        Self {
            holds: Arc::new(Mutex::new(Ok(secret.to_owned()))),
            reads: Arc::default(),
            takes: Duration::from_millis(50),
        }
    }

    fn put(&self, content: Result<&str, &str>) {
        *self.holds.lock().unwrap() = content.map(str::to_owned).map_err(str::to_owned);
    }

    fn reads(&self) -> usize {
        self.reads.load(SeqCst)
    }
}

impl Vault for Drawer {
    fn read(&self, _: &Place) -> BoxFuture<'static, Reading> {
        let this = self.clone();
        async move {
            this.reads.fetch_add(1, SeqCst);
            let holds = this.holds.lock().unwrap().clone();
            sleep(this.takes).await;
            holds.map(|secret| Found { secret: secret.into(), exposed: false })
        }
        .boxed()
    }
}

fn place() -> Place {
    Place::Keyring("feed".to_owned())
}

async fn told(store: &SecretStore) -> bool {
    timeout(Duration::from_millis(1), store.changed()).await.is_ok()
}

/// What each of twenty endpoints gets, a few milliseconds apart.
async fn twenty(store: &SecretStore, than: ReadingNumber) -> Vec<(ReadingNumber, String)> {
    let one = |nth: u64| {
        let store = store.clone();
        async move {
            sleep(Duration::from_millis(nth * 7)).await;
            let (number, secret) = store.read(&place(), than).await;
            (number, secret.unwrap().expose_secret().to_owned())
        }
    };
    futures_util::future::join_all((0..20).map(one)).await
}

#[tokio::test(start_paused = true)]
async fn twenty_endpoints_with_one_token_read_it_once_and_once_more_when_it_is_refused() {
    let drawer = Drawer::holding("old");
    let store = SecretStore::new(drawer.clone());
    let got = twenty(&store, 0).await;
    assert!(got.iter().all(|got| got == &(1, "old".to_owned())), "{got:?}");
    assert_eq!(drawer.reads(), 1);
    // All are refused, each as soon as the server got to it.
    let got = twenty(&store, 1).await;
    assert!(got.iter().all(|got| got == &(2, "old".to_owned())), "{got:?}");
    assert_eq!(drawer.reads(), 2);
    // They wait. The secret changes, and one look finds out for all.
    drawer.put(Ok("new"));
    advance(Duration::from_secs(60)).await;
    assert!(!store.is_stale(&place(), 2));
    store.look(&place()).await;
    assert!(told(&store).await && store.is_stale(&place(), 2));
    let got = twenty(&store, 0).await;
    assert!(got.iter().all(|got| got == &(3, "new".to_owned())), "{got:?}");
    assert_eq!(drawer.reads(), 3);
    assert!(!store.is_stale(&place(), 3));
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_is_not_young_is_not_handed_out() {
    let drawer = Drawer::holding("old");
    let store = SecretStore::new(drawer.clone());
    twenty(&store, 0).await;
    drawer.put(Ok("new"));
    advance(Duration::from_millis(1_001)).await;
    let (number, secret) = store.read(&place(), 0).await;
    assert_eq!((number, secret.unwrap().expose_secret()), (2, "new"));
}

#[tokio::test(start_paused = true)]
async fn only_a_secret_that_was_not_there_before_is_news() {
    let drawer = Drawer::holding("a");
    let store = SecretStore::new(drawer.clone());
    store.look(&place()).await;
    assert!(!told(&store).await, "the first one is what the endpoints get anyway");
    for (holds, news) in [
        (Ok("a"), false),
        (Err("does not exist"), false),
        (Err("is empty"), false),
        (Ok("a"), true),
        (Ok("b"), true),
        (Ok("b"), false),
    ] {
        drawer.put(holds);
        store.look(&place()).await;
        assert_eq!(told(&store).await, news, "{holds:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_hangs_is_not_waited_for_by_those_who_come_later() {
    let drawer = Drawer { takes: Duration::from_secs(3_600), ..Drawer::holding("a") };
    let store = SecretStore::new(drawer.clone());
    assert!(timeout(Duration::from_secs(5), store.read(&place(), 0)).await.is_err());
    assert!(timeout(Duration::from_secs(5), store.read(&place(), 0)).await.is_err());
    assert_eq!(drawer.reads(), 2, "asked anew");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_takes_nothing_from_the_others() {
    let drawer = Drawer::holding("a");
    let store = SecretStore::new(drawer.clone());
    let place = place();
    let (first, second) = (store.read(&place, 0), store.read(&place, 0));
    assert!(timeout(Duration::from_millis(10), first).await.is_err(), "its dial was given up");
    assert_eq!(second.await.1.unwrap().expose_secret(), "a");
    assert_eq!(drawer.reads(), 1);
}

#[tokio::test(start_paused = true)]
async fn places_that_nobody_names_any_more_are_forgotten() {
    let store = SecretStore::new(Drawer::holding("a"));
    store.look(&place()).await;
    store.keep_only(&BTreeSet::from([place()]));
    assert_eq!(store.0.slots().of.len(), 1);
    store.keep_only(&BTreeSet::new());
    assert!(store.0.slots().of.is_empty());
}
