//! Every answer that is not the one asked for, as `{"error":{"code","message","detail"}}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use model::{ErrorBody, ErrorCode, ErrorResponse};
use outbox::{AppendError, OutboxError};

use crate::{diagnosis::ReportError, handle::AgentError};

/// Until a full buffer may have room again, seconds.
const DRAIN_WAIT: u32 = 5;

/// Until a disk that refuses is asked again, and a little more, seconds.
const DISK_WAIT: u32 = 10;

/// A status code and the body that explains it.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: ErrorBody,
    retry_after: Option<u32>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Self {
        let body = ErrorBody { code, message: code.plain().to_owned(), detail: detail.into() };
        Self { status, body, retry_after: None }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, detail)
    }

    /// The same with a time after which trying again makes sense.
    pub(super) fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The error alone, for answers that are no HTTP.
    pub(super) fn into_body(self) -> ErrorBody {
        self.body
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
            AgentError::CheckRunning { .. } => StatusCode::CONFLICT,
            AgentError::BufferUnavailable { .. } | AgentError::NoLog | AgentError::ShuttingDown => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self { status, body: error.body(), retry_after: None }
    }
}

impl From<ReportError> for Refusal {
    fn from(error: ReportError) -> Self {
        let status = match error {
            ReportError::Agent(error) => return error.into(),
            ReportError::Unknown(_) => StatusCode::NOT_FOUND,
            ReportError::Bundle(_) | ReportError::BrokeOff | ReportError::NotWritten { .. } => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, body: error.body(), retry_after: None }
    }
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        use ErrorCode as E;
        let (status, code, wait) = match &error {
            AppendError::Full(_) => (StatusCode::INSUFFICIENT_STORAGE, E::BufferFull, Some(DRAIN_WAIT)),
            AppendError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, E::DiskFull, Some(DISK_WAIT)),
            AppendError::DiskRefuses(_) => {
                (StatusCode::INSUFFICIENT_STORAGE, E::BufferUnavailable, Some(DISK_WAIT))
            }
            AppendError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, E::MessageTooBig, None),
            AppendError::Failed(_) => (StatusCode::SERVICE_UNAVAILABLE, E::BufferUnavailable, Some(1)),
            AppendError::Closed => (StatusCode::SERVICE_UNAVAILABLE, E::BufferUnavailable, Some(1)),
        };
        Self { retry_after: wait, ..Self::new(status, code, error.to_string()) }
    }
}

impl From<OutboxError> for Refusal {
    fn from(error: OutboxError) -> Self {
        let (status, code) = match error {
            OutboxError::Full(error) => return error.into(),
            OutboxError::Unknown(_) => (StatusCode::NOT_FOUND, ErrorCode::UnknownMessage),
            OutboxError::Damaged(_) => (StatusCode::CONFLICT, ErrorCode::BufferUnavailable),
            OutboxError::Disk(_) | OutboxError::Closed => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::BufferUnavailable)
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(ErrorResponse { error: self.body })).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
