//! What an HTTP answer in place of an upgrade means: first who may have given it, then what it says.
//!
//! A certificate proves who answers. Without one, a box on the way can answer for the server, and what it says is
//! about the network and not about the endpoint: a page for people is its usual sign, since nobody asked for one.

use std::{net::IpAddr, time::Duration};

use dial::HttpAnswer;
use http::{StatusCode, header};
use jiff::fmt::rfc2822;
use model::{ErrorCode, Reason};
use url::Url;

use crate::FailureKind;

/// A box on the way may ask for this much time at most: whoever leaves its network is soon rid of it.
const DOUBTFUL_HINT: Duration = Duration::from_secs(60);

/// What stands between us and whoever answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A certificate proves that it was the server.
    Proven,
    /// Nothing: the server runs on this computer.
    Local,
    /// The own network, where no sign-in page stands, though some other box may.
    Near,
    /// Anything.
    Open,
}

impl Line {
    /// The line to a URL whose host has these addresses. Behind a proxy none are known.
    pub(super) fn to(url: &Url, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        if matches!(url.scheme(), "wss" | "https") {
            return Self::Proven;
        }
        let farthest = addresses.into_iter().map(distance).max();
        match farthest {
            Some(Distance::Here) => Self::Local,
            Some(Distance::Near) => Self::Near,
            Some(Distance::Far) | None => Self::Open,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Here,
    Near,
    Far,
}

fn distance(address: IpAddr) -> Distance {
    let address = address.to_canonical();
    let near = match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    match near {
        _ if address.is_loopback() => Distance::Here,
        true => Distance::Near,
        false => Distance::Far,
    }
}

/// The kind of failure an answer is, and its code where that is another than the status's own.
pub(super) fn of_answer(
    answer: &HttpAnswer,
    code: ErrorCode,
    url: &Url,
    line: Line,
) -> (FailureKind, ErrorCode) {
    let page = is_page(answer);
    if is_captive_portal(answer, url, line, page) {
        return (FailureKind::Halt(Reason::CaptivePortal), ErrorCode::CaptivePortal);
    }
    let doubtful = page && matches!(line, Line::Near | Line::Open);
    let longest = if doubtful { DOUBTFUL_HINT } else { Duration::MAX };
    let hint = retry_after(answer).map(|hint| FailureKind::Hinted(hint.min(longest)));
    let kind = match answer.status.as_u16() {
        // A box on the way that refuses is no reason to give up the credentials.
        401 | 403 | 407 if doubtful => FailureKind::Doubtful(Reason::AuthRequired),
        401 | 403 | 407 => FailureKind::Halt(Reason::AuthRequired),
        408 | 425 | 500 => hint.unwrap_or(FailureKind::Retry),
        429 => hint.unwrap_or(FailureKind::Overloaded),
        502..=504 => hint.unwrap_or(FailureKind::Restarting),
        _ => FailureKind::Misfit,
    };
    (kind, code)
}

/// Status 511; or, where no certificate proves who answers, a redirect to another site; or a page with success from
/// somewhere far: that is what a network says that wants people to sign in.
fn is_captive_portal(answer: &HttpAnswer, url: &Url, line: Line, page: bool) -> bool {
    if answer.status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
        return true;
    }
    let target = answer.headers.get(header::LOCATION).and_then(|target| target.to_str().ok());
    let elsewhere = target
        .and_then(|target| url.join(target).ok())
        .is_some_and(|target| target.host_str() != url.host_str());
    let sent_elsewhere = answer.status.is_redirection() && elsewhere && line != Line::Proven;
    let shown_a_page = answer.status.is_success() && page && line == Line::Open;
    sent_elsewhere || shown_a_page
}

/// Whether the answer is a page for people.
fn is_page(answer: &HttpAnswer) -> bool {
    let kind = answer.headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_ascii_lowercase());
    let named = |name: &[u8]| kind.as_ref().is_some_and(|kind| kind.starts_with(name));
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii_start();
    let starts = |with: &[u8]| body.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    named(b"text/html")
        || named(b"application/xhtml")
        || (kind.is_none() && (starts(b"<!doctype html") || starts(b"<html")))
}

/// `Retry-After` in seconds, or as a date beside the answer's own `Date`: only the server's clock counts.
fn retry_after(answer: &HttpAnswer) -> Option<Duration> {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let hint = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = hint.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = rfc2822::DateTimeParser::new();
    let instant = |text: &str| parser.parse_timestamp(text).ok();
    Duration::try_from(instant(hint)?.duration_since(instant(text(header::DATE)?)?)).ok()
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
