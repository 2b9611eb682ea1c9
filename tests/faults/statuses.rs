//! Answers of HTTP servers, proxies, portals and firewalls in place of the upgrade.

use std::time::Duration;

use anyhow::Result;
use model::{EndpointState, ErrorCode, Reason};
use suites::{
    fault_server::{FaultServer, HttpAnswer, Script},
    running_link::RunningLink,
};

use crate::trial::{BUFFERED, TRIES, assert_is_typed, fails, hurried, misfits, stays_away, waits};

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
    let after = misfits(answering(&answer), ErrorCode::RedirectRefused).await?;
    assert!(after.detail.ends_with("it leads back to where the attempt has been"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn redirects_without_end_cost_four_requests_a_try() -> Result<()> {
    // Each one leads one folder deeper, so no place comes twice.
    let answer = HttpAnswer::new("308 Permanent Redirect").header("Location", "deeper/");
    let server = FaultServer::start(answering(&answer)).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    for failures in 0..TRIES {
        let shown = link.until_failure(failures as u64).await?;
        assert_is_typed(&shown, ErrorCode::RedirectRefused);
        assert!(shown.detail().ends_with("it is the fourth in a row"), "{}", shown.detail());
        assert_eq!(server.requests(), 4 * (failures + 1));
        let state = if failures + 1 == TRIES { EndpointState::Failed } else { EndpointState::Reconnecting };
        assert_eq!(shown.view.state, state);
    }
    let seen = server.seen();
    let lines: Vec<_> = seen.iter().filter_map(|one| one.request()?.lines().next()).collect();
    let expected = ["/feed", "/deeper/", "/deeper/deeper/", "/deeper/deeper/deeper/"];
    assert_eq!(lines[..4], expected.map(|path| format!("GET {path} HTTP/1.1")));
    Ok(())
}

#[tokio::test]
async fn a_redirect_without_a_place_is_a_wrong_address() -> Result<()> {
    let leading = |location: &str| HttpAnswer::new("302 Found").header("Location", location);
    for answer in [
        HttpAnswer::new("302 Found"),
        leading("http://[::1"),
        leading("/a").header("Location", "/b"),
        leading(&"x".repeat(12 << 10)).header("Location", "y"),
    ] {
        misfits(answering(&answer), ErrorCode::RedirectRefused).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_in_chunks_is_read_and_one_that_never_ends_is_cut() -> Result<()> {
    let head = "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n";
    let whole = Script::new().read_request().send(head).send("4\r\nout \r\n8;a=b\r\nof order\r\n0\r\n\r\n");
    let after = fails(whole.until_left(), ErrorCode::ServerError, |_| ()).await?;
    assert_eq!(after.detail, "HTTP 500 Internal Server Error: out of order");
    for endless in ["1\r\nx\r\n".repeat(100), "x".repeat(1_000), format!("5;{}", "x".repeat(1_000))] {
        let script = Script::new().read_request().send(head).flood(endless);
        let after = fails(script, ErrorCode::ServerError, |_| ()).await?;
        for one in &after.seen {
            assert!(one.sent_bytes <= BUFFERED, "took {} bytes", one.sent_bytes);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_that_drips_for_ever_does_not_hide_what_it_is() -> Result<()> {
    // The limits of the attempt stay as they are: what ends it is that a page's end is not waited for.
    let script = Script::new()
        .read_request()
        .send("HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\nslow")
        .drip(".".repeat(1_000), Duration::from_millis(200));
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    let shown = link.until_failure(0).await?;
    assert_is_typed(&shown, ErrorCode::ServerError);
    assert!(shown.detail().starts_with("HTTP 500 Internal Server Error: slow"), "{}", shown.detail());
    Ok(())
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
