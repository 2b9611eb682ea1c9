//! `/v1/diagnostics/recording`: begins and ends the recording of a problem. Whether one is under way stands in the status.

use std::time::Duration;

use axum::{
    Json,
    extract::{FromRequest, Request, State},
};
use model::RecordingInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{
    body::{Budget, SmallBody, object, read},
    desk::Desk,
    operation::may_be_left_out,
    refusal::Refusal,
};
use crate::diagnosis::RECORDING_LIMIT;

/// Largest request.
const MOST_BYTES: usize = 1024;
/// Longest recording, seconds.
const MOST_SECONDS: u16 = 900;

/// The recording that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(transform = may_be_left_out)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// It ends by itself after so many seconds.
    #[serde(default = "most", deserialize_with = "whole_seconds")]
    #[schemars(range(min = 1, max = MOST_SECONDS))]
    seconds: u16,
}

fn most() -> u16 {
    MOST_SECONDS
}

/// In JSON 60 and 60.0 are one number.
fn whole_seconds<'de, D: Deserializer<'de>>(body: D) -> Result<u16, D::Error> {
    let seconds = f64::deserialize(body)?;
    let whole = (1..=MOST_SECONDS).find(|whole| (f64::from(*whole) - seconds).abs() < f64::EPSILON);
    whole.ok_or_else(|| D::Error::custom(format_args!("seconds: a whole number from 1 to {MOST_SECONDS}")))
}

/// Without a body: as long as one may take.
impl<S: Sync> FromRequest<S> for Wanted {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let body = read(request.into_body(), MOST_BYTES, &mut Budget::default().share()).await?;
        if body.is_empty() {
            return Ok(Self { seconds: most() });
        }
        object(&body)
    }
}

/// What became of a request to end a recording.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ended {
    /// The recording that ended; `null` when none was under way.
    recording: Option<RecordingInfo>,
}

pub(super) async fn begin(State(desk): State<Desk>, wanted: Wanted) -> Result<Json<RecordingInfo>, Refusal> {
    let limit = Duration::from_secs(wanted.seconds.into()).min(RECORDING_LIMIT);
    Ok(Json(desk.agent.record(limit).await?))
}

pub(super) async fn end(State(desk): State<Desk>, _body: SmallBody) -> Result<Json<Ended>, Refusal> {
    Ok(Json(Ended { recording: desk.agent.end_recording().await? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_whole_and_within_bounds_however_they_are_written() {
        let read = |body: &str| serde_json::from_str::<Wanted>(body).map(|wanted| wanted.seconds).ok();
        assert_eq!((read("{}"), read(r#"{"seconds":60}"#)), (Some(MOST_SECONDS), Some(60)));
        assert_eq!((read(r#"{"seconds":1.0}"#), read(r#"{"seconds":9e2}"#)), (Some(1), Some(900)));
        for odd in ["0", "901", "1.5", "-1", "1e99", "null", r#""60""#] {
            assert_eq!(read(&format!(r#"{{"seconds":{odd}}}"#)), None, "{odd}");
        }
    }
}
