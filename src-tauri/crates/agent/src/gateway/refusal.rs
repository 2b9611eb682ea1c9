//! Every answer that is not the one asked for, as `{"error":{"code","message","detail"}}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use model::{ErrorBody, ErrorCode, ErrorResponse};

use crate::handle::AgentError;

/// A status code and the body that explains it.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: ErrorBody,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { status, body: ErrorBody { code, message: code.plain().to_owned(), detail: detail.into() } }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, detail)
    }

    #[cfg(test)]
    pub(super) fn code(&self) -> ErrorCode {
        self.body.code
    }
}

impl From<AgentError> for Refusal {
    fn from(error: AgentError) -> Self {
        let status = match error {
            AgentError::UnknownEndpoint { .. } => StatusCode::NOT_FOUND,
            AgentError::BufferUnavailable { .. } | AgentError::ShuttingDown => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self { status, body: error.body() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(ErrorResponse { error: self.body })).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
