//! A request body that is read whole, within bounds of size and time.

use std::time::Duration;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
};
use http::StatusCode;
use model::ErrorCode;

use super::refusal::Refusal;

/// Largest body of a route that needs none.
const MOST_BYTES: usize = 64 * 1024;

/// A body that trickles in holds a connection no longer than this.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// The body of a route that takes no data: read, so that the connection can be used again, and let go.
#[derive(Debug)]
pub(super) struct SmallBody;

impl<S: Sync> FromRequest<S> for SmallBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        match tokio::time::timeout(READ_WITHIN, to_bytes(request.into_body(), MOST_BYTES)).await {
            Ok(Ok::<Bytes, _>(_read)) => Ok(Self),
            Ok(Err(error)) => Err(Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                ErrorCode::MessageTooBig,
                format!("At most {MOST_BYTES} bytes are read here ({error})."),
            )),
            Err(_elapsed) => Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                ErrorCode::BadRequest,
                "The body did not arrive in time.",
            )),
        }
    }
}
