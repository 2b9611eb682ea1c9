//! Answers of HTTP servers, proxies, portals and firewalls in place of the upgrade.

use anyhow::Result;
use model::{ErrorCode, Reason};
use suites::fault_server::{HttpAnswer, Script};

use crate::trial::{fails, misfits, stays_away, waits};

/// The answer, on a connection that the server keeps open, as HTTP servers do.
fn answering(answer: &HttpAnswer) -> Script {
    Script::answering(answer).until_left()
}

#[tokio::test]
async fn a_page_with_200_is_no_websocket_server() -> Result<()> {
    let page =
        "<!doctype html><title>Sign in</title>".to_owned() + &"<p>\u{202e}welcome\u{7}</p>".repeat(10_000);
    let answer = HttpAnswer::new("200 OK").header("Content-Type", "text/html").body(&page);
    let after = misfits(answering(&answer), ErrorCode::NotWebsocket).await?;
    assert!(after.detail.contains("<title>Sign in</title>"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_redirect_to_another_site_is_taken_for_a_portal_and_shown_without_its_query() -> Result<()> {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let answer = HttpAnswer::new(status).header("Location", "https://portal.example/in?ticket=s3cret");
        let after = stays_away(answering(&answer), ErrorCode::CaptivePortal, Reason::CaptivePortal).await?;
        assert!(
            after.detail.contains("redirects to https://portal.example/in; not followed"),
            "{}",
            after.detail
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_redirect_to_itself_does_not_loop() -> Result<()> {
    let answer = HttpAnswer::new("302 Found").header("Location", "/feed");
    misfits(answering(&answer), ErrorCode::RedirectRefused).await.map(drop)
}

#[tokio::test]
async fn a_network_that_wants_a_sign_in_is_a_portal() -> Result<()> {
    let answer = HttpAnswer::new("511 Network Authentication Required");
    stays_away(answering(&answer), ErrorCode::CaptivePortal, Reason::CaptivePortal).await.map(drop)
}

#[tokio::test]
async fn a_401_waits_for_somebody_and_is_not_repeated() -> Result<()> {
    let answer = HttpAnswer::new("401 Unauthorized").header("WWW-Authenticate", "Bearer");
    stays_away(answering(&answer), ErrorCode::Unauthorized, Reason::AuthRequired).await.map(drop)
}

#[tokio::test]
async fn a_403_waits_for_somebody_and_is_not_repeated() -> Result<()> {
    let answer = HttpAnswer::new("403 Forbidden").body("<html>blocked by policy</html>");
    let after = stays_away(answering(&answer), ErrorCode::Forbidden, Reason::AuthRequired).await?;
    assert!(after.detail.contains("blocked by policy"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_404_is_a_wrong_path() -> Result<()> {
    let answer = HttpAnswer::new("404 Not Found").body("{\"error\":\"no such feed\"}");
    let after = misfits(answering(&answer), ErrorCode::NotFound).await?;
    assert_eq!(after.detail, "HTTP 404 Not Found: {\"error\":\"no such feed\"}");
    Ok(())
}

#[tokio::test]
async fn a_429_with_a_retry_after_is_obeyed_and_spread() -> Result<()> {
    let answer = HttpAnswer::new("429 Too Many Requests").header("Retry-After", "20");
    waits(answering(&answer), ErrorCode::RateLimited, 20.0..=22.0).await.map(drop)
}

#[tokio::test]
async fn a_retry_after_beyond_reason_is_cut_to_an_hour() -> Result<()> {
    let answer = HttpAnswer::new("429 Too Many Requests").header("Retry-After", "86400");
    waits(answering(&answer), ErrorCode::RateLimited, 3_600.0..=3_960.0).await.map(drop)
}

#[tokio::test]
async fn a_retry_after_of_nothing_is_at_least_a_second() -> Result<()> {
    let answer = HttpAnswer::new("429 Too Many Requests").header("Retry-After", "0");
    waits(answering(&answer), ErrorCode::RateLimited, 1.0..=2.0).await.map(drop)
}

#[tokio::test]
async fn a_retry_after_that_means_nothing_is_as_good_as_none() -> Result<()> {
    for hint in ["-1", "99999999999999999999999", "soon", "Wed, 21 Oct 2099 07:28:00 GMT", ""] {
        let answer = HttpAnswer::new("429 Too Many Requests").header("Retry-After", hint);
        waits(answering(&answer), ErrorCode::RateLimited, 5.0..=30.0).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_500_is_the_servers_own_error() -> Result<()> {
    let answer = HttpAnswer::new("500 Internal Server Error");
    fails(answering(&answer), ErrorCode::ServerError, |_| ()).await.map(drop)
}

#[tokio::test]
async fn a_502_of_a_gateway_without_its_service_is_over_soon() -> Result<()> {
    let answer = HttpAnswer::new("502 Bad Gateway");
    waits(answering(&answer), ErrorCode::ServiceUnavailable, 0.0..=5.0).await.map(drop)
}

#[tokio::test]
async fn a_503_is_over_soon_or_when_it_says() -> Result<()> {
    let answer = HttpAnswer::new("503 Service Unavailable");
    waits(answering(&answer), ErrorCode::ServiceUnavailable, 0.0..=5.0).await?;
    let hinted = answer.header("Retry-After", "90");
    waits(answering(&hinted), ErrorCode::ServiceUnavailable, 90.0..=99.0).await.map(drop)
}

#[tokio::test]
async fn a_status_made_up_by_the_server_is_typed_too() -> Result<()> {
    for status in ["999 \u{202e}Nothing", "299 Odd"] {
        misfits(answering(&HttpAnswer::new(status)), ErrorCode::NotWebsocket).await?;
    }
    Ok(())
}
