//! Who is let in, and how much they may send.

use super::*;

#[tokio::test]
async fn health_needs_no_token_and_everything_else_does() {
    let scene = Scene::set().await;
    let bare =
        |line: &str| format!("{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", scene.authority());
    let health = scene.exchange(&bare("GET /healthz")).await;
    assert_eq!((health.status(), health.body()), (200, r#"{"status":"ok"}"#));
    for line in [
        "GET /v1/status",
        "GET /v1/events",
        "POST /v1/endpoints/pulse/pause",
        "POST /v1/pause",
        "GET /nowhere",
        "OPTIONS /v1/status",
        "GET /healthz/",
        "GET /healthz/../v1/status",
        "GET //v1/status",
        "GET /%76%31/status",
        "GET /assets/../../v1/status",
        "GET /..%2f..%2fetc/passwd",
    ] {
        let answer = scene.exchange(&bare(line)).await;
        assert_eq!(answer.refusal(), (401, "token_required"), "{line}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let in_query =
        scene.exchange(&bare(&format!("GET /v1/status?token={0}&access_token={0}", scene.token))).await;
    assert_eq!(in_query.refusal(), (401, "token_required"));
}

#[tokio::test]
async fn foreign_hosts_and_pages_are_refused_even_with_the_token() {
    let scene = Scene::set().await;
    let token = &scene.token;
    let rebound = format!(
        "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(scene.exchange(&rebound).await.refusal(), (403, "origin_refused"));
    for header in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        let request = format!("{}{header}\r\nConnection: close\r\n\r\n", scene.head("GET /v1/status"));
        let answer = scene.exchange(&request).await;
        assert_eq!(answer.refusal(), (403, "origin_refused"), "{header}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let own = format!(
        "{}Origin: {}\r\nConnection: close\r\n\r\n",
        scene.head("GET /v1/status"),
        scene.gateway.url()
    );
    let answer = scene.exchange(&own).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("access-control-allow-origin"), None, "no CORS header, whoever asks");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn too_much_is_refused_before_it_is_read() {
    let scene = Scene::set().await;
    let body = format!("{}Content-Length: 70000\r\nConnection: close\r\n\r\n", scene.head("POST /v1/pause"));
    let mut stream = scene.connect().await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let _ = stream.write_all(&[b'x'; 70_000]).await;
    let mut answer = vec![0; 4096];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
    assert_eq!(
        Answer(String::from_utf8_lossy(&answer[..read]).into_owned()).refusal(),
        (413, "message_too_big")
    );

    // Many clients write all of a body before they read: they must still see why it was refused.
    let body = format!("{}Content-Length: 20000000\r\n\r\n", scene.head("POST /v1/pause"));
    let mut stream = scene.connect().await;
    stream.write_all(body.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; 20_000_000]).await.expect("the gateway reads on");
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert_eq!(Answer(answer).refusal(), (413, "message_too_big"));

    let many: String = (0..100).map(|n| format!("X-{n}: 1\r\n")).collect();
    let long = format!("X: {}\r\n", "x".repeat(20_000));
    for headers in [many, long] {
        let mut stream = scene.connect().await;
        let _ = stream.write_all(format!("{}{headers}\r\n", scene.head("GET /v1/status")).as_bytes()).await;
        let mut start = [0; 12];
        timeout(PATIENCE, stream.read_exact(&mut start)).await.unwrap().unwrap();
        assert_eq!(&start, b"HTTP/1.1 431");
    }
}

#[tokio::test]
async fn a_head_that_trickles_in_does_not_hold_its_connection() {
    let limits = Limits { head_within: Duration::from_millis(150), ..Limits::default() };
    let scene = Scene::set_within(limits).await;
    let mut stream = scene.connect().await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127").await.unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the gateway closes").unwrap();
    let mut open = scene.gateway.connections();
    timeout(PATIENCE, open.wait_for(|open| *open == 0)).await.unwrap().unwrap();
}

#[tokio::test]
async fn four_hundred_connections_are_too_many_and_the_gateway_recovers() {
    let scene = Scene::set().await;
    let mut open = scene.gateway.connections();
    let mut held = Vec::new();
    for _ in 0..320 {
        held.push(scene.connect().await);
    }
    timeout(PATIENCE, open.wait_for(|open| *open == 320)).await.unwrap().unwrap();
    assert_eq!(scene.ask("GET /v1/status").await.refusal(), (503, "gateway_busy"));
    for _ in 320..400 {
        held.push(scene.connect().await);
    }
    held.clear();
    timeout(PATIENCE, open.wait_for(|open| *open == 0)).await.unwrap().unwrap();
    assert_eq!(scene.ask("GET /v1/status").await.status(), 200);
}

#[tokio::test]
async fn a_route_that_panics_costs_one_answer_and_not_the_gateway() {
    async fn defect() -> &'static str {
        panic!("staged by the test")
    }
    let router = axum::Router::new()
        .route("/", axum::routing::get(defect))
        .layer(axum::middleware::from_fn(routes::settle));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let count = watch::channel(0).0;
    let serving = tokio::spawn(connections::serve(listener, router, Limits::default(), count, stop.clone()));
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        assert_eq!(Answer(answer).refusal(), (500, "internal"));
    }
    stop.cancel();
    serving.await.unwrap();
}
