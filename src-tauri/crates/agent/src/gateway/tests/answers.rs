//! What the routes answer.

use super::*;

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let scene = Scene::set().await;
    for (line, expected) in [
        ("GET /nowhere", (404, "unknown_route")),
        ("GET /metrics", (404, "unknown_route")),
        ("GET /v1/endpoints/pulse", (404, "unknown_route")),
        ("POST /v1/endpoints/pulse/explode", (404, "unknown_route")),
        ("POST /v1/explode", (404, "unknown_route")),
        ("DELETE /v1/status", (405, "unknown_route")),
        ("PUT /v1/endpoints/pulse/messages", (405, "unknown_route")),
        ("POST /v1/endpoints/nobody/messages", (415, "unsupported_media_type")),
        ("GET /v1/outbox/nobody", (404, "unknown_endpoint")),
        ("GET /v1/outbox/pulse?limit=x", (400, "bad_request")),
        ("GET /v1/outbox/pulse?after=-1", (400, "bad_request")),
        ("DELETE /v1/outbox/pulse/dead/nothing", (404, "unknown_message")),
        ("DELETE /v1/outbox/pulse/dead/%20", (404, "unknown_message")),
        ("DELETE /v1/outbox/pulse/messages/nothing", (404, "unknown_message")),
        ("POST /v1/outbox/pulse/dead/nothing/retry", (404, "unknown_message")),
        ("GET /ws", (426, "bad_request")),
        ("GET /v1/endpoints/pulse/pause", (405, "unknown_route")),
        ("POST /", (405, "unknown_route")),
        ("POST /v1/endpoints/nobody/pause", (404, "unknown_endpoint")),
        ("POST /v1/endpoints/No%20Body/pause", (404, "unknown_endpoint")),
        ("POST /v1/endpoints/%FF/pause", (400, "bad_request")),
        ("GET /v1/endpoints/..%2F..%2Fetc/messages", (404, "unknown_endpoint")),
        ("GET /v1/endpoints/pulse/messages?limit=many", (400, "bad_request")),
        ("GET /v1/endpoints/pulse/messages?limit=-1", (400, "bad_request")),
    ] {
        let answer = scene.ask(line).await;
        assert_eq!(answer.refusal(), expected, "{line}");
        assert_eq!(answer.header("allow").is_some(), expected.0 == 405, "{line}");
    }
}

#[tokio::test]
async fn orders_reach_the_agent() {
    let mut scene = Scene::set().await;
    let pulse: EndpointId = "pulse".parse().unwrap();
    for (word, action) in [
        ("connect", Action::Connect),
        ("reconnect", Action::Reconnect),
        ("pause", Action::Pause),
        ("resume", Action::Resume),
    ] {
        let one = scene.ask(&format!("POST /v1/endpoints/pulse/{word}")).await;
        assert_eq!(one.status(), 202);
        assert_eq!(one.body(), format!(r#"{{"endpoint":"pulse","action":"{word}"}}"#));
        assert_eq!(scene.orders.recv().await, Some((Target::One(pulse.clone()), action)));
        let all = scene.ask(&format!("POST /v1/{word}")).await;
        assert_eq!(all.body(), format!(r#"{{"endpoint":null,"action":"{word}"}}"#));
        assert_eq!(scene.orders.recv().await, Some((Target::All, action)));
    }
}

#[tokio::test]
async fn the_ring_is_an_array_of_at_most_a_hundred() {
    let scene = Scene::set().await;
    for (query, expected) in [("", 100), ("?limit=3", 3), ("?limit=0", 0), ("?limit=5000", 100)] {
        let answer = scene.ask(&format!("GET /v1/endpoints/pulse/messages{query}")).await;
        let list: Vec<ReceivedMessage> = serde_json::from_str(answer.body()).unwrap();
        assert_eq!(list.len(), expected, "{query}");
    }
}

#[tokio::test]
async fn an_agent_that_is_gone_answers_503() {
    let scene = Scene::set().await;
    // The staged defect ends the agent's loop: whoever waits, and whoever comes later, must hear of it.
    assert_eq!(
        scene.ask("GET /v1/endpoints/pulse/messages?limit=13").await.refusal(),
        (503, "shutting_down")
    );
    assert_eq!(scene.ask("POST /v1/pause").await.refusal(), (503, "shutting_down"));
}

#[tokio::test]
async fn the_page_is_served_with_strict_headers_and_head_has_no_body() {
    let scene = Scene::set().await;
    let page = scene
        .exchange(&format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", scene.authority()))
        .await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let head = scene.ask("HEAD /").await;
    assert_eq!((head.status(), head.body()), (200, ""));
    assert_eq!(head.header("content-length"), page.header("content-length"));
}
