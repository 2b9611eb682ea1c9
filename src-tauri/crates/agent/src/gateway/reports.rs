//! `/v1/diagnostics/{run}/…`: a past check as people take it along. And the end of one under way.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use model::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    body::{Budget, SmallBody, object, read},
    desk::Desk,
    operation::may_be_left_out,
    place::Asked,
    refusal::Refusal,
};
use crate::diagnosis::{Form, Level, ReportError, page_name};

/// Largest request.
const MOST_BYTES: usize = 64 * 1024;
/// A page from here could ask the gateway for anything; this one may load nothing, run nothing and is no part of it.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/// `{run}`: the id of a check.
#[derive(Debug)]
pub(super) struct Run(String);

impl<S: Send + Sync> FromRequestParts<S> for Run {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let run = Path::<String>::from_request_parts(parts, state).await;
        let Path(run) = run.map_err(|error| Refusal::bad_request(error.body_text()))?;
        // It becomes a part of file names.
        let is_id = run.len() == 36 && run.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if is_id { Ok(Self(run)) } else { Err(ReportError::Unknown(dial::one_line(&run, 64)).into()) }
    }
}

/// In which language.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Spoken {
    /// English without it.
    #[serde(default)]
    language: Tag,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Tag {
    #[default]
    En,
    Ru,
    Fa,
}

impl From<Tag> for Language {
    fn from(tag: Tag) -> Self {
        match tag {
            Tag::En => Self::English,
            Tag::Ru => Self::Russian,
            Tag::Fa => Self::Persian,
        }
    }
}

/// What is taken out of a bundle beyond secrets and names of people.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Privacy {
    /// Nothing.
    Full,
    /// Addresses and ids.
    #[default]
    Standard,
    /// Hosts too.
    Strict,
}

impl From<Privacy> for Level {
    fn from(privacy: Privacy) -> Self {
        match privacy {
            Privacy::Full => Self::Full,
            Privacy::Standard => Self::Standard,
            Privacy::Strict => Self::Strict,
        }
    }
}

/// How much is taken out of a bundle.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Discretion {
    /// Standard without it.
    #[serde(default)]
    privacy: Privacy,
}

/// The bundle that is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(transform = may_be_left_out)]
#[serde(deny_unknown_fields)]
pub(super) struct Packing {
    /// How much is taken out.
    #[serde(default)]
    privacy: Privacy,
    /// Names of files that stay here.
    #[serde(default)]
    without: Vec<String>,
}

/// Without a body: everything, with standard privacy.
impl<S: Sync> FromRequest<S> for Packing {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let body = read(request.into_body(), MOST_BYTES, &mut Budget::default().share()).await?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        object(&body)
    }
}

/// What a bundle would hold.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Contents {
    /// Name of its file.
    name: String,
    /// What is in it, beside a read-me and a list of the files.
    files: Vec<Item>,
}

/// A file of a bundle.
#[derive(Debug, Serialize, JsonSchema)]
struct Item {
    name: String,
    /// As it would be saved.
    text: String,
    /// How often each rule took something out.
    removed: BTreeMap<String, u32>,
}

/// What became of a request to end a check.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ended {
    /// Whether one was under way.
    cancelled: bool,
}

/// Ends the check under way.
pub(super) async fn cancel(
    State(desk): State<Desk>,
    _body: SmallBody,
) -> Result<(StatusCode, Json<Ended>), Refusal> {
    let cancelled = desk.agent.cancel_check().await?;
    Ok((StatusCode::ACCEPTED, Json(Ended { cancelled })))
}

pub(super) async fn text(
    State(desk): State<Desk>,
    Run(run): Run,
    Asked(spoken): Asked<Spoken>,
) -> Result<Response, Refusal> {
    plain(&desk, &run, Form::Text, spoken).await
}

pub(super) async fn for_it(
    State(desk): State<Desk>,
    Run(run): Run,
    Asked(spoken): Asked<Spoken>,
) -> Result<Response, Refusal> {
    plain(&desk, &run, Form::ForIt, spoken).await
}

async fn plain(desk: &Desk, run: &str, form: Form, spoken: Spoken) -> Result<Response, Refusal> {
    let text = desk.reports.told(run, form, spoken.language.into()).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

pub(super) async fn page(
    State(desk): State<Desk>,
    Run(run): Run,
    Asked(spoken): Asked<Spoken>,
) -> Result<Response, Refusal> {
    let page = desk.reports.told(&run, Form::Page, spoken.language.into()).await?;
    let mut response = attached(&page_name(&run), "text/html; charset=utf-8", page.into_bytes())?;
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

pub(super) async fn contents(
    State(desk): State<Desk>,
    Run(run): Run,
    Asked(Discretion { privacy }): Asked<Discretion>,
) -> Result<Json<Contents>, Refusal> {
    let preview = desk.reports.preview(&run, privacy.into(), BTreeMap::new()).await?;
    let files = preview.files().iter().cloned();
    let files = files.map(|file| Item { name: file.name, text: file.text, removed: file.removed });
    Ok(Json(Contents { name: preview.name(), files: files.collect() }))
}

pub(super) async fn bundle(
    State(desk): State<Desk>,
    Run(run): Run,
    packing: Packing,
) -> Result<Response, Refusal> {
    let bundle = desk.reports.bundle(&run, packing.privacy.into(), BTreeMap::new()).await?;
    let bytes = bundle.pack(packing.without).await?;
    attached(&bundle.name(), "application/zip", bytes)
}

/// Something to be saved, not shown.
fn attached(name: &str, content_type: &'static str, bytes: Vec<u8>) -> Result<Response, Refusal> {
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|error| Refusal::bad_request(error.to_string()))?;
    let mut response = ([(header::CONTENT_TYPE, content_type)], bytes).into_response();
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}
