//! What a request's path and query name, as types: an endpoint, one of its messages, options. What cannot be read is
//! refused in JSON.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use http::{StatusCode, request::Parts};
use model::{EndpointId, ErrorCode, InvalidEndpointId};
use outbox::MessageId;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;

/// `{id}`: an endpoint.
#[derive(Debug)]
pub(super) struct At(pub(super) EndpointId);

/// `{id}` and `{mid}`: a message of an endpoint.
#[derive(Debug)]
pub(super) struct MessageAt(pub(super) EndpointId, pub(super) MessageId);

/// The query.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Ok(Self(endpoint(&path::<String, S>(parts, state).await?)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MessageAt {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let (id, message): (String, String) = path(parts, state).await?;
        let message = MessageId::from_str(&message).map_err(|error| {
            Refusal::new(StatusCode::NOT_FOUND, ErrorCode::UnknownMessage, error.to_string())
        })?;
        Ok(Self(endpoint(&id)?, message))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Query(query) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| Refusal::bad_request(error.body_text()))?;
        Ok(Self(query))
    }
}

/// An endpoint's id; one that cannot be is as unknown as one that is not.
pub(super) fn endpoint(text: &str) -> Result<EndpointId, Refusal> {
    text.parse().map_err(|error: InvalidEndpointId| {
        Refusal::new(StatusCode::NOT_FOUND, ErrorCode::UnknownEndpoint, error.to_string())
    })
}

async fn path<T: DeserializeOwned + Send, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<T, Refusal> {
    let Path(path) = Path::from_request_parts(parts, state)
        .await
        .map_err(|error| Refusal::bad_request(error.body_text()))?;
    Ok(path)
}
