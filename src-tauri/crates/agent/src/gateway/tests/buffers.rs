//! The routes of the buffers: what waits, what was given up, what is thrown away.

use ::outbox::NewMessage;
use serde_json::json;

use super::*;

async fn fill(scene: &Scene, ids: &[&str]) {
    let messages =
        ids.iter().map(|id| NewMessage::text(format!("body of {id}")).with_id(id.parse().unwrap())).collect();
    scene.buffer.handle().append(messages).await.unwrap();
}

async fn bury(scene: &Scene, id: &str) {
    scene
        .buffer
        .handle()
        .bury(id.parse().unwrap(), "refused\u{202e} by the server".to_owned())
        .await
        .unwrap();
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_waits_is_shown_page_by_page_and_with_bodies_only_when_asked() {
    let scene = Scene::set().await;
    let names: Vec<String> = (0..25).map(|number| format!("m-{number:02}")).collect();
    fill(&scene, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let report = scene.ask("GET /v1/outbox/pulse").await.json();
    assert_eq!(
        (&report["queued"], &report["state"], &report["level"]),
        (&json!(25), &json!("ok"), &json!("process"))
    );
    assert_eq!((&report["books"]["accepted"], &report["books"]["balanced"]), (&json!(25), &json!(true)));
    assert_eq!((&report["books"]["queued_bytes"], &report["damaged"]), (&json!(300), &json!(0)));
    assert_eq!(ids(&report["waiting"]), names[..20]);
    assert!(report["waiting"][0].get("data").is_none());
    assert_eq!(
        (&report["waiting"][0]["bytes"], &report["waiting"][0]["format"]),
        (&json!(12), &json!("text"))
    );

    let rest = scene.ask(&format!("GET /v1/outbox/pulse?data=true&after={}", report["next"])).await.json();
    assert_eq!(ids(&rest["waiting"]), names[20..]);
    assert_eq!((&rest["waiting"][0]["data"], &rest["next"]), (&json!("body of m-20"), &Value::Null));
    let heads = scene.ask("GET /v1/outbox/pulse?data=true&head=6&limit=1").await.json();
    assert_eq!((&heads["waiting"][0]["data"], &heads["waiting"][0]["bytes"]), (&json!("body o"), &json!(12)));
    let none = scene.ask("GET /v1/outbox/pulse?limit=0").await.json();
    assert_eq!((ids(&none["waiting"]).len(), &none["next"]), (0, &Value::Null));
    let beyond = scene.ask(&format!("GET /v1/outbox/pulse?after={}", u64::MAX)).await.json();
    assert_eq!(ids(&beyond["waiting"]).len(), 0);
}

#[tokio::test]
async fn dead_letters_are_listed_retried_and_deleted() {
    let scene = Scene::set().await;
    fill(&scene, &["a", "b", "c/d?", "e"]).await;
    for id in ["a", "b", "c/d?"] {
        bury(&scene, id).await;
    }
    let dead = scene.ask("GET /v1/outbox/pulse/dead?data=true").await.json();
    assert_eq!(ids(&dead["letters"]), ["a", "b", "c/d?"]);
    assert_eq!(
        (&dead["letters"][0]["cause"], &dead["letters"][0]["detail"], &dead["letters"][0]["data"]),
        (&json!("refused"), &json!("refused by the server"), &json!("body of a"))
    );
    let heads = scene.ask("GET /v1/outbox/pulse/dead?data=true&head=0").await.json();
    assert_eq!((&heads["letters"][0]["data"], &heads["letters"][0]["bytes"]), (&json!(""), &json!(9)));
    let page = scene.ask("GET /v1/outbox/pulse/dead?limit=2").await.json();
    assert_eq!((ids(&page["letters"]), &page["next"]), (vec!["a", "b"], &page["letters"][1]["seq"]));

    let retried = scene.ask("POST /v1/outbox/pulse/dead/c%2Fd%3F/retry").await;
    assert_eq!((retried.status(), &retried.json()["id"]), (202, &json!("c/d?")));
    let waiting = scene.ask("GET /v1/outbox/pulse").await.json();
    assert_eq!(ids(&waiting["waiting"]), ["e", "c/d?"], "it waits again, at the end");
    assert_eq!(scene.ask("DELETE /v1/outbox/pulse/dead/a").await.json(), json!({ "count": 1 }));
    assert_eq!(scene.ask("DELETE /v1/outbox/pulse/dead/a").await.refusal(), (404, "unknown_message"));
    assert_eq!(scene.ask("DELETE /v1/outbox/pulse/dead").await.json(), json!({ "count": 1 }));
    assert_eq!(scene.ask("GET /v1/outbox/pulse/dead").await.json(), json!({ "letters": [], "next": null }));
}

#[tokio::test]
async fn waiting_messages_are_thrown_away_one_by_one_or_all() {
    let scene = Scene::set().await;
    fill(&scene, &["a", "b", "c"]).await;
    assert_eq!(scene.ask("DELETE /v1/outbox/pulse/messages/b").await.json(), json!({ "count": 1 }));
    assert_eq!(scene.ask("DELETE /v1/outbox/pulse").await.json(), json!({ "count": 2 }));
    let report = scene.ask("GET /v1/outbox/pulse").await.json();
    assert_eq!((&report["queued"], &report["books"]["discarded"]), (&json!(0), &json!(3)));
    assert_eq!(scene.ask("POST /v1/outbox/pulse/resume").await.json(), json!({ "resumed": false }));
}

#[tokio::test]
async fn an_export_has_a_line_for_every_message_and_a_check_reads_them_all() {
    let scene = Scene::set().await;
    let names: Vec<String> = (0..100).map(|number| format!("m-{number}")).collect();
    fill(&scene, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    bury(&scene, "m-7").await;
    let export = scene
        .exchange(&(scene.head("GET /v1/outbox/pulse/export").replace("HTTP/1.1", "HTTP/1.0") + "\r\n"))
        .await;
    assert_eq!(export.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> = export.body().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 99);
    assert_eq!((&lines[7]["id"], &lines[7]["data"]), (&json!("m-8"), &json!("body of m-8")));
    let dead = scene.head("GET /v1/outbox/pulse/export?dead=true").replace("HTTP/1.1", "HTTP/1.0") + "\r\n";
    assert!(scene.exchange(&dead).await.body().contains("\"cause\":\"refused\""));
    let verified = scene.ask("POST /v1/outbox/pulse/verify").await.json();
    assert_eq!(
        (&verified["damaged"], &verified["problem"], &verified["next"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    let rest = scene.ask("POST /v1/outbox/pulse/verify?after=90").await.json();
    assert_eq!(rest["messages"], 10, "{rest}");
    let nothing = scene.ask(&format!("POST /v1/outbox/pulse/verify?after={}", u64::MAX)).await.json();
    assert_eq!((&nothing["messages"], &nothing["problem"]), (&json!(0), &Value::Null));
    assert!(verified["messages"].as_u64().unwrap() >= 99, "{verified}");
}
