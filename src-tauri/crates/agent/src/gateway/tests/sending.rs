//! Messages that are handed over by POST.

use ::outbox::{LeaseLimit, Payload};
use serde_json::json;

use super::*;

const PATH: &str = "/v1/endpoints/pulse/messages";

fn typed(content_type: &str) -> String {
    format!("Content-Type: {content_type}\r\n")
}

async fn waiting(scene: &Scene) -> Vec<Payload> {
    scene.buffer.handle().queued(0, 100).await.unwrap().into_iter().map(|message| message.payload).collect()
}

#[tokio::test]
async fn every_content_type_waits_in_the_buffer_exactly_as_it_came() {
    let scene = Scene::set().await;
    let text = |text: &str| Payload::Text(text.to_owned());
    for (content_type, body) in [
        ("application/json", &b" {\"a\" : 1.0e3}\n"[..]),
        ("text/plain; charset=utf-8", "héllo\nworld".as_bytes()),
        ("application/octet-stream", &[0, 159, 255]),
        ("application/x-ndjson", b"{\"n\":1}\r\n\n[2]\n"),
    ] {
        let answer = scene.post(PATH, &typed(content_type), body).await;
        assert_eq!(answer.status(), 202, "{content_type}: {answer:?}");
        let first = &answer.json()["accepted"][0];
        assert_eq!((&first["duplicate"], &first["fate"]), (&json!(false), &json!("stored")));
        assert_eq!(first["level"], "process");
    }
    let lines = scene.post(&format!("{PATH}?batch=lines"), &typed("text/plain"), b"one\ntwo").await;
    assert_eq!(lines.json()["accepted"].as_array().unwrap().len(), 2);
    let expected = [
        text(" {\"a\" : 1.0e3}\n"),
        text("héllo\nworld"),
        Payload::Binary(vec![0, 159, 255].into()),
        text("{\"n\":1}"),
        text("[2]"),
        text("one"),
        text("two"),
    ];
    assert_eq!(waiting(&scene).await, expected);
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_is_taken_once() {
    let scene = Scene::set().await;
    let headers = typed("application/json") + "Idempotency-Key: order-17\r\n";
    let first = scene.post(PATH, &headers, b"1").await.json();
    let again = scene.post(PATH, &headers, b"1").await.json();
    assert_eq!(
        (&first["accepted"][0]["id"], &first["accepted"][0]["duplicate"]),
        (&json!("order-17"), &json!(false))
    );
    assert_eq!(
        (&again["accepted"][0]["seq"], &again["accepted"][0]["duplicate"]),
        (&first["accepted"][0]["seq"], &json!(true))
    );

    let headers = typed("application/x-ndjson") + "Idempotency-Key: \"batch-1\"\r\n";
    let first = scene.post(PATH, &headers, b"1\n2\n3").await.json();
    let again = scene.post(PATH, &headers, b"1\n2\n3").await.json();
    let ids = |receipt: &Value| -> Vec<Value> {
        receipt["accepted"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    assert_eq!(ids(&first), ids(&again));
    assert!(again["accepted"].as_array().unwrap().iter().all(|one| one["duplicate"] == true));
    assert_eq!(waiting(&scene).await.len(), 4);

    let leased = scene.buffer.handle().lease(LeaseLimit { messages: 1, bytes: 100 }).await.unwrap();
    scene.buffer.handle().confirm(vec![leased[0].id.clone()]).await.unwrap();
    let late =
        scene.post(PATH, &(typed("application/json") + "Idempotency-Key: order-17\r\n"), b"1").await.json();
    assert_eq!(late["accepted"][0]["fate"], "delivered");
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_by_name_and_nothing_of_it_is_kept() {
    let scene = Scene::set().await;
    let large = vec![b'1'; (1 << 20) + 1];
    let wide = [b"1\n\"".to_vec(), large.clone(), b"\"".to_vec()].concat();
    let json_type = typed("application/json");
    for (what, headers, body, expected) in [
        ("no type", String::new(), &b"1"[..], (415, "unsupported_media_type")),
        ("a form", typed("application/x-www-form-urlencoded"), b"a=1", (415, "unsupported_media_type")),
        ("no JSON", json_type.clone(), b"{", (400, "bad_request")),
        ("no UTF-8", typed("text/plain"), b"a\xff", (400, "bad_request")),
        ("a bad line", typed("application/x-ndjson"), b"1\n{\n3", (400, "bad_request")),
        ("a bad key", json_type.clone() + "Idempotency-Key: two words\r\n", b"1", (400, "bad_request")),
        ("a large message", json_type.clone(), &large, (413, "message_too_big")),
        ("a large line", typed("application/x-ndjson"), &wide, (413, "message_too_big")),
    ] {
        assert_eq!(scene.post(PATH, &headers, body).await.refusal(), expected, "{what}");
    }
    let unknown = scene.post("/v1/endpoints/nobody/messages", &json_type, b"1").await;
    assert_eq!(unknown.refusal(), (404, "unknown_endpoint"));
    let unknown = scene.post("/v1/endpoints/nobody/messages", &typed("application/x-ndjson"), b"").await;
    assert_eq!(unknown.refusal(), (404, "unknown_endpoint"), "even for nothing");
    let nothing = scene.post(PATH, &typed("application/x-ndjson"), b"\n").await;
    assert_eq!((nothing.status(), nothing.json()), (202, json!({ "accepted": [] })));
    let wrong_batch = scene.post(&format!("{PATH}?batch=words"), &typed("text/plain"), b"1").await;
    assert_eq!(wrong_batch.refusal(), (400, "bad_request"));
    assert_eq!(waiting(&scene).await, []);

    let whole = scene.post(PATH, &json_type, &large[1..]).await;
    assert_eq!(whole.status(), 202, "one mebibyte is not too much");
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off_at_the_same_size() {
    let scene = Scene::set().await;
    let mut stream = scene.connect().await;
    let head = scene.head(&format!("POST {PATH}")) + &typed("text/plain");
    stream.write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x1_0000], b"\r\n".to_vec()].concat();
    for _ in 0..40 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_full_buffer_says_507_and_when_to_come_back_and_takes_no_part_of_a_batch() {
    let bounds = Bounds { max_messages: 2, ..Bounds::default() };
    let scene = Scene::set_with(Limits::default(), HubRules::default(), bounds).await;
    let lines = typed("application/x-ndjson");
    let over = scene.post(PATH, &lines, b"1\n2\n3").await;
    assert_eq!(over.refusal(), (507, "buffer_full"));
    assert_eq!(over.header("retry-after"), Some("5"));
    assert_eq!(waiting(&scene).await, []);
    assert_eq!(scene.post(PATH, &lines, b"1\n2").await.status(), 202);
    assert_eq!(scene.post(PATH, &lines, b"3").await.refusal(), (507, "buffer_full"));
    scene.buffer.handle().discard_all().await.unwrap();
    assert_eq!(scene.post(PATH, &lines, b"3").await.status(), 202, "there is room again");
}
