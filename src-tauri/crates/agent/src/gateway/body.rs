//! A request body that is read whole, within bounds of size, time and memory.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{FromRequest, Request},
};
use futures_util::StreamExt as _;
use http::StatusCode;
use model::ErrorCode;
use serde::de::DeserializeOwned;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::refusal::Refusal;

/// Largest body of a route that needs none.
const MOST_BYTES: usize = 64 * 1024;

/// A body that trickles in holds a connection no longer than this.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Bytes of messages that are being taken over, in all requests and connections together.
const BUDGET: usize = 64 << 20;

/// What messages on their way in may hold in memory. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Semaphore>);

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    held: Option<OwnedSemaphorePermit>,
}

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET)))
    }
}

impl Budget {
    /// Nothing yet.
    pub(super) fn share(&self) -> Share {
        Share { budget: self.clone(), held: None }
    }

    /// Waits until so much is free.
    pub(super) async fn wait_for(&self, bytes: usize) -> Share {
        let wanted = u32::try_from(bytes.min(BUDGET)).unwrap_or(u32::MAX);
        Share { budget: self.clone(), held: Arc::clone(&self.0).acquire_many_owned(wanted).await.ok() }
    }
}

impl Share {
    /// Takes more, if there is.
    fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(&self.budget.0).try_acquire_many_owned(wanted) else {
            let detail = "Too many messages are being taken over at once; send this one again.";
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyMessages, detail)
                .retry_after(1));
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }
}

/// Reads a body of at most `most` bytes; what it holds is counted in `share`.
pub(super) async fn read(body: Body, most: usize, share: &mut Share) -> Result<Vec<u8>, Refusal> {
    // Declared sizes are refused before anything is read.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let reading = async {
        let mut read = Vec::new();
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part: Bytes =
                part.map_err(|error| Refusal::bad_request(format!("The body broke off: {error}.")))?;
            if read.len() + part.len() > most {
                return Err(too_large(most));
            }
            share.grow(part.len())?;
            read.extend_from_slice(&part);
        }
        Ok(read)
    };
    timeout(READ_WITHIN, reading).await.unwrap_or_else(|_elapsed| {
        Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::BadRequest,
            "The body did not arrive in time.",
        ))
    })
}

/// Reads a JSON object. A list would be read as the fields in their order.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refusal::bad_request("The body must be a JSON object."));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(format!("The body: {error}.")))
}

fn too_large(most: usize) -> Refusal {
    let detail = format!("At most {most} bytes are read here.");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::MessageTooBig, detail)
}

/// The body of a route that takes no data: read, so that the connection can be used again, and let go.
#[derive(Debug)]
pub(super) struct SmallBody;

impl<S: Sync> FromRequest<S> for SmallBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        read(request.into_body(), MOST_BYTES, &mut Budget::default().share()).await?;
        Ok(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_counts_against_the_budget_until_its_share_is_dropped() {
        let budget = Budget::default();
        let mut share = budget.share();
        let body = read(Body::from(vec![7; 1_000]), 1_000, &mut share).await.unwrap();
        assert_eq!((body.len(), budget.0.available_permits()), (1_000, BUDGET - 1_000));
        let rest = budget.wait_for(BUDGET - 1_000).await;
        let mut late = budget.share();
        let refused = read(Body::from("x"), 1_000, &mut late).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooManyMessages);
        drop((share, rest));
        assert_eq!(budget.0.available_permits(), BUDGET);
        read(Body::from("x"), 1_000, &mut late).await.unwrap();
    }

    #[tokio::test]
    async fn declared_and_undeclared_bodies_are_cut_at_the_same_size() {
        let parts = || futures_util::stream::iter([Ok::<_, std::io::Error>("12345"), Ok("67890")]);
        for body in [Body::from("1234567890"), Body::from_stream(parts())] {
            assert_eq!(read(body, 10, &mut Budget::default().share()).await.unwrap(), b"1234567890");
        }
        for body in [Body::from("1234567890"), Body::from_stream(parts())] {
            let refused = read(body, 9, &mut Budget::default().share()).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::MessageTooBig);
        }
    }

    #[test]
    fn an_object_is_an_object() {
        type Pair = std::collections::BTreeMap<String, u8>;
        assert_eq!(object::<Pair>(br#" {"a":1}"#).unwrap().len(), 1);
        #[derive(Debug, serde::Deserialize)]
        struct Wanted {
            #[serde(default)]
            _seconds: u8,
        }
        assert!(object::<Wanted>(b"{}").is_ok());
        for bad in ["[]", "[1]", "null", "\"x\"", "{", ""] {
            assert_eq!(object::<Wanted>(bad.as_bytes()).unwrap_err().code(), ErrorCode::BadRequest, "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = read(body, 10, &mut Budget::default().share()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::BadRequest);
    }
}
