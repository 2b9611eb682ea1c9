//! At most one subscription at a time: a page that loads again takes the place of the one before.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// The running subscription's end, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscription(Arc<Mutex<CancellationToken>>);

impl Subscription {
    /// Ends the one before and starts the next.
    pub(crate) fn renew(&self) -> CancellationToken {
        let fresh = CancellationToken::new();
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, fresh.clone()).cancel();
        fresh
    }

    /// The window is gone.
    pub(crate) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reloaded_page_ends_the_subscription_before_it() {
        let subscription = Subscription::default();
        let first = subscription.renew();
        let second = subscription.renew();
        assert!(first.is_cancelled() && !second.is_cancelled());
        subscription.end();
        assert!(second.is_cancelled());
    }
}
