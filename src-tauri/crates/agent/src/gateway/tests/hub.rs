//! The hub over real WebSockets.

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, protocol::frame::coding::CloseCode},
};

use super::*;
use crate::courier::Landed;

/// A program at the hub.
struct Program(WebSocketStream<TcpStream>);

impl Program {
    async fn try_join(scene: &Scene, headers: &[(&'static str, &str)]) -> Result<Self, StatusCode> {
        let mut request = format!("ws://{}/ws", scene.authority()).into_client_request().unwrap();
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        match timeout(PATIENCE, client_async(request, scene.connect().await)).await.unwrap() {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Past the greeting and the first status.
    async fn join(scene: &Scene) -> Self {
        let bearer = format!("Bearer {}", scene.token);
        let mut program = Self::try_join(scene, &[("authorization", &bearer)]).await.unwrap();
        assert_eq!(program.next().await["type"], "connection_established");
        assert_eq!(program.next().await["type"], "status");
        program
    }

    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn message(&mut self) -> Option<Message> {
        timeout(PATIENCE, self.0.next()).await.expect("a frame in time").map(|message| message.unwrap())
    }

    /// The next frame.
    async fn next(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The next frame that is no status.
    async fn next_but_status(&mut self) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] != "status" {
                return frame;
            }
        }
    }

    /// Reads on until the hub says goodbye: its code and reason, and the types of the frames before.
    async fn goodbye(&mut self) -> (CloseCode, String, Vec<String>) {
        let mut types = Vec::new();
        loop {
            match self.message().await.expect("a close frame comes first") {
                Message::Close(frame) => {
                    let frame = frame.expect("a code");
                    return (frame.code, frame.reason.to_string(), types);
                }
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    types.push(frame["type"].as_str().unwrap().to_owned());
                }
                other @ (Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
                    panic!("{other:?}")
                }
            }
        }
    }
}

async fn scene_with(rules: HubRules) -> Scene {
    Scene::set_with(Limits::default(), rules, Bounds::default()).await
}

fn landed(id: &str, seq: u64) -> Arrivals {
    let landed = Arc::new([Landed { id: id.parse().unwrap(), seq }]);
    Arrivals { endpoint: "pulse".parse().unwrap(), landed }
}

#[tokio::test]
async fn a_hub_that_is_full_keeps_nobody_else_from_the_gateway() {
    let scene = Scene::set().await;
    let bearer = format!("Bearer {}", scene.token);
    let mut members = Vec::new();
    for _ in 0..256 {
        members.push(Program::try_join(&scene, &[("authorization", &bearer)]).await.unwrap());
    }
    let refused = Program::try_join(&scene, &[("authorization", &bearer)]).await.err();
    assert_eq!(refused, Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(scene.ask("GET /v1/status").await.status(), 200);
    assert_eq!(scene.ask("GET /healthz").await.status(), 200);
    members.pop();
    let mut open = scene.gateway.connections();
    timeout(PATIENCE, open.wait_for(|open| *open == 255)).await.unwrap().unwrap();
    Program::join(&scene).await;
}

#[tokio::test]
async fn a_program_is_greeted_shown_the_status_and_listed_with_what_it_is() {
    let scene = Scene::set().await;
    let right = format!("linekeeper, {}", scene.token);
    let headers = [("sec-websocket-protocol", &*right), ("user-agent", "probe/1.0")];
    let mut program = Program::try_join(&scene, &headers).await.unwrap();
    let greeting = program.next().await;
    assert_eq!(greeting["type"], "connection_established");
    assert!(greeting["connection_id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
    let status = program.next().await;
    assert_eq!((&status["type"], &status["version"]), (&json!("status"), &json!(1)));

    program.say(json!({ "type": "subscribe", "endpoints": ["*"] })).await;
    assert_eq!(program.next_but_status().await, json!({ "type": "subscribed", "endpoints": ["*"] }));
    let list = scene.ask("GET /v1/connections").await.json();
    let entry = &list["connections"][0];
    assert_eq!(entry["connection_id"], greeting["connection_id"]);
    assert_eq!((&entry["user_agent"], &entry["endpoints"]), (&json!("probe/1.0"), &json!(["*"])));
    assert!(entry["address"].as_str().unwrap().starts_with("127.0.0.1:"));
    let mut open = scene.gateway.connections();
    timeout(PATIENCE, open.wait_for(|open| *open == 1)).await.expect("counted as open").unwrap();

    drop(program);
    timeout(PATIENCE, open.wait_for(|open| *open == 0)).await.expect("counted down").unwrap();
    assert_eq!(scene.ask("GET /v1/connections").await.json(), json!({ "connections": [] }));
}

#[tokio::test]
async fn nobody_joins_without_the_token_or_from_a_foreign_page() {
    let scene = Scene::set().await;
    let (bearer, token) = (format!("Bearer {}", scene.token), &*scene.token);
    let join = |headers: Vec<(&'static str, String)>| {
        let scene = &scene;
        async move {
            let headers: Vec<(&'static str, &str)> =
                headers.iter().map(|(name, value)| (*name, &**value)).collect();
            Program::try_join(scene, &headers).await.err()
        }
    };
    assert_eq!(join(vec![]).await, Some(StatusCode::UNAUTHORIZED));
    let only_name = vec![("sec-websocket-protocol", "linekeeper".to_owned())];
    assert_eq!(join(only_name).await, Some(StatusCode::UNAUTHORIZED));
    let swapped = vec![("sec-websocket-protocol", format!("{token}, linekeeper"))];
    assert_eq!(join(swapped).await, Some(StatusCode::UNAUTHORIZED));
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let foreign = vec![("authorization", bearer.clone()), ("origin", origin.to_owned())];
        assert_eq!(join(foreign).await, Some(StatusCode::FORBIDDEN), "{origin}");
    }
    let rebound = vec![("authorization", bearer.clone()), ("host", "evil.example".to_owned())];
    assert_eq!(join(rebound).await, Some(StatusCode::FORBIDDEN));
    let own = vec![("authorization", bearer), ("origin", scene.gateway.url().to_owned())];
    assert_eq!(join(own).await, None);
    // The token in the query, and the second subprotocol on any other path, count for nothing.
    let elsewhere = format!(
        "GET /v1/status?token={token} HTTP/1.1\r\nHost: {}\r\nSec-WebSocket-Protocol: linekeeper, {token}\r\nConnection: close\r\n\r\n",
        scene.authority()
    );
    assert_eq!(scene.exchange(&elsewhere).await.refusal(), (401, "token_required"));
}

#[tokio::test]
async fn messages_come_to_those_who_asked_for_them() {
    let scene = Scene::set().await;
    let mut program = Program::join(&scene).await;
    scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(message(1))))).unwrap();
    program.say(json!({ "type": "subscribe", "endpoints": ["*", "nobody\u{202e}"] })).await;
    let unknown = program.next_but_status().await;
    assert_eq!((&unknown["type"], &unknown["error"]["code"]), (&json!("error"), &json!("unknown_endpoint")));
    assert!(!unknown["error"]["detail"].as_str().unwrap().contains('\u{202e}'));
    assert_eq!(program.next_but_status().await["endpoints"], json!(["*"]));
    scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(message(2))))).unwrap();
    let came = program.next_but_status().await;
    assert_eq!(
        (&came["type"], &came["seq"], &came["endpoint"]),
        (&json!("message"), &json!(2), &json!("pulse"))
    );
    assert_eq!(
        (&came["data"], &came["received_at"]),
        (&json!("line\nbreak"), &json!("1970-01-01T00:00:00Z"))
    );
    program.say(json!({ "type": "unsubscribe", "endpoints": ["*"] })).await;
    assert_eq!(program.next_but_status().await["endpoints"], json!([]));
    scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(message(3))))).unwrap();
    program.say(json!({ "type": "ping" })).await;
    assert_eq!(program.next_but_status().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn a_message_is_accepted_once_stored_and_delivered_once_it_arrived() {
    let scene = Scene::set().await;
    let (mut program, mut other) = (Program::join(&scene).await, Program::join(&scene).await);
    program.say(json!({ "type": "send", "endpoint": "pulse", "id": "a-1", "data": { "n": 1 } })).await;
    let accepted = program.next_but_status().await;
    let seq = accepted["seq"].as_u64().unwrap();
    assert_eq!(
        accepted,
        json!({ "type": "accepted", "endpoint": "pulse", "id": "a-1", "seq": seq, "duplicate": false })
    );
    assert_eq!(scene.buffer.handle().queued(0, 9).await.unwrap()[0].payload.as_bytes(), b"{\"n\":1}");
    program.say(json!({ "type": "send", "endpoint": "pulse", "id": "a-1", "data": { "n": 1 } })).await;
    assert_eq!(program.next_but_status().await["duplicate"], true);

    scene.arrivals.send(landed("somebody-elses", 9)).unwrap();
    scene.arrivals.send(landed("a-1", seq)).unwrap();
    scene.arrivals.send(landed("a-1", seq)).unwrap();
    let delivered = program.next_but_status().await;
    assert_eq!(delivered, json!({ "type": "delivered", "endpoint": "pulse", "id": "a-1", "seq": seq }));
    for program in [&mut program, &mut other] {
        program.say(json!({ "type": "ping" })).await;
        assert_eq!(program.next_but_status().await["type"], "pong", "told once, and to the sender alone");
    }
}

#[tokio::test]
async fn what_is_sent_before_a_goodbye_or_a_broken_line_is_taken_over_whole_and_in_order() {
    for says_goodbye in [true, false] {
        let scene = Scene::set().await;
        let mut program = Program::join(&scene).await;
        for number in 0..800 {
            let frame = json!({ "type": "send", "endpoint": "pulse", "data": number });
            program.0.feed(Message::text(frame.to_string())).await.unwrap();
        }
        program.0.flush().await.unwrap();
        if says_goodbye {
            program.0.close(None).await.unwrap();
        }
        // Nothing of what it was told was read: the system resets the connection.
        drop(program);
        let mut stats = scene.buffer.handle().watch();
        let stored = timeout(PATIENCE, stats.wait_for(|stats| stats.tally.accepted == 800)).await;
        assert!(stored.is_ok(), "{says_goodbye}: {:?}", scene.buffer.handle().stats().await.unwrap().tally);
        let waiting = scene.buffer.handle().queued(0, 1_000).await.unwrap();
        assert!(
            waiting
                .iter()
                .map(|one| String::from_utf8_lossy(one.payload.as_bytes()).into_owned())
                .eq((0..800).map(|number| number.to_string()))
        );
    }
}

#[tokio::test]
async fn what_a_buffer_does_not_take_in_time_is_refused_at_the_end_by_its_id() {
    let rules = HubRules { idle: Duration::from_secs(600), ..HubRules::default() };
    let scene = scene_with(rules).await;
    let mut program = Program::join(&scene).await;
    // An agent that does not answer any more.
    let silent = scene.silence();
    program.say(json!({ "type": "send", "endpoint": "pulse", "id": "a-1", "data": 1 })).await;
    silent.await;
    let Scene { gateway, .. } = scene;
    let (ended, refused) = tokio::join!(gateway.shutdown(), program.next_but_status());
    assert_eq!(
        (&refused["error"]["code"], &refused["id"], &refused["endpoint"]),
        (&json!("shutting_down"), &json!("a-1"), &json!("pulse"))
    );
    assert_eq!(program.goodbye().await.0, CloseCode::Away);
    ended
}

#[tokio::test]
async fn however_much_is_received_a_sender_hears_that_its_own_message_arrived() {
    let scene = Scene::set().await;
    let mut program = Program::join(&scene).await;
    program.say(json!({ "type": "send", "endpoint": "pulse", "id": "a-1", "data": 1 })).await;
    let seq = program.next_but_status().await["seq"].as_u64().unwrap();
    // The queues hold four. No await in between: the connection cannot run before all are in.
    scene.arrivals.send(landed("a-1", seq)).unwrap();
    for seq in 1..=11 {
        scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(message(seq))))).unwrap();
    }
    let mut told = [program.next_but_status().await, program.next_but_status().await];
    told.sort_by_key(|frame| frame["type"].as_str().unwrap().to_owned());
    assert_eq!((&told[0]["type"], &told[0]["id"]), (&json!("delivered"), &json!("a-1")));
    assert_eq!(told[1], json!({ "type": "missed", "count": 7 }));
}

#[tokio::test]
async fn who_could_miss_a_delivery_of_its_own_is_sent_away_and_others_stay() {
    let scene = Scene::set().await;
    let (mut sender, mut other) = (Program::join(&scene).await, Program::join(&scene).await);
    sender.say(json!({ "type": "send", "endpoint": "pulse", "id": "a-1", "data": 1 })).await;
    assert_eq!(sender.next_but_status().await["type"], "accepted");
    for seq in 1..=11 {
        scene.arrivals.send(landed(&format!("somebody-elses-{seq}"), seq)).unwrap();
    }
    let (code, reason, _) = sender.goodbye().await;
    assert_eq!((code, &*reason), (CloseCode::Again, "too slow"));
    other.say(json!({ "type": "ping" })).await;
    assert_eq!(other.next_but_status().await["type"], "pong");
}

#[tokio::test]
async fn messages_sent_without_waiting_are_accepted_in_their_order() {
    let scene = Scene::set().await;
    let mut program = Program::join(&scene).await;
    for number in 0..500 {
        let frame = json!({ "type": "send", "endpoint": "pulse", "data": number });
        program.0.feed(Message::text(frame.to_string())).await.unwrap();
    }
    program.0.flush().await.unwrap();
    let mut last = 0;
    for _ in 0..500 {
        let accepted = program.next_but_status().await;
        assert_eq!(accepted["type"], "accepted", "{accepted}");
        assert!(accepted["seq"].as_u64().unwrap() > last);
        last = accepted["seq"].as_u64().unwrap();
    }
    let stored = scene.buffer.handle().queued(0, 1_000).await.unwrap();
    let numbers: Vec<String> =
        stored.iter().map(|one| String::from_utf8(one.payload.as_bytes().to_vec()).unwrap()).collect();
    assert_eq!(numbers, (0..500).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_with_its_id_and_the_connection_stays() {
    let bounds = Bounds { max_messages: 2, ..Bounds::default() };
    let scene = Scene::set_with(Limits::default(), HubRules::default(), bounds).await;
    let mut program = Program::join(&scene).await;
    program.say(json!({ "type": "send", "endpoint": "nobody", "id": "x", "data": 1 })).await;
    let refused = program.next_but_status().await;
    assert_eq!(
        (&refused["error"]["code"], &refused["id"], &refused["endpoint"]),
        (&json!("unknown_endpoint"), &json!("x"), &json!("nobody"))
    );
    for bad in [json!({ "type": "explode" }), json!([]), json!({ "type": "send", "endpoint": "pulse" })] {
        program.say(bad).await;
        assert_eq!(program.next_but_status().await["error"]["code"], "bad_request");
    }
    program.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(program.next_but_status().await["error"]["code"], "bad_request");
    // Handed over together, they are judged one by one: two fit.
    for id in ["1", "2", "3"] {
        let frame = json!({ "type": "send", "endpoint": "pulse", "id": id, "data": 1 });
        program.0.feed(Message::text(frame.to_string())).await.unwrap();
    }
    program.0.flush().await.unwrap();
    assert_eq!(program.next_but_status().await["id"], "1");
    assert_eq!(program.next_but_status().await["id"], "2");
    let full = program.next_but_status().await;
    assert_eq!((&full["error"]["code"], &full["id"]), (&json!("buffer_full"), &json!("3")));
}

#[tokio::test]
async fn who_says_nothing_or_too_much_is_sent_away_by_name() {
    let scene = scene_with(HubRules { idle: Duration::from_millis(200), ..HubRules::default() }).await;
    let (code, reason, _) = Program::join(&scene).await.goodbye().await;
    assert_eq!((code, &*reason), (CloseCode::Away, "idle"));

    let scene = scene_with(HubRules { frames: 20, ..HubRules::default() }).await;
    let mut program = Program::join(&scene).await;
    for _ in 0..2_000 {
        if program.0.send(Message::text("{\"type\":\"ping\"}")).await.is_err() {
            break;
        }
    }
    let (code, reason, types) = program.goodbye().await;
    assert_eq!((code, &*reason), (CloseCode::Policy, "too many messages"));
    assert_eq!(types.last().map(String::as_str), Some("error"), "{types:?}");
}

#[tokio::test]
async fn who_reads_too_slowly_is_sent_away_and_the_others_miss_nothing() {
    // More than the queue and what the system buffers on both sides of a connection.
    const COUNT: u64 = 100;
    let scene = scene_with(HubRules { waiting: 8, farewell: PATIENCE, ..HubRules::default() }).await;
    let mut slow = Program::join(&scene).await;
    let mut quick = Program::join(&scene).await;
    for program in [&mut slow, &mut quick] {
        program.say(json!({ "type": "subscribe", "endpoints": ["*"] })).await;
        assert_eq!(program.next_but_status().await["type"], "subscribed");
    }
    let mut big = message(1);
    big.data = Value::from("x".repeat(400_000));
    for seq in 1..=COUNT {
        big.seq = seq;
        scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(big.clone())))).unwrap();
        assert_eq!(quick.next_but_status().await["seq"], seq);
    }
    let (code, reason, types) = slow.goodbye().await;
    assert_eq!((code, &*reason), (CloseCode::Again, "too slow"));
    assert!((types.len() as u64) < COUNT);
}

#[tokio::test]
async fn everybody_hears_of_a_changed_status_and_of_many_changes_the_newest() {
    let scene = Scene::set().await;
    let mut programs = [Program::join(&scene).await, Program::join(&scene).await];
    let started = Instant::now();
    for connections in 1..=300 {
        scene.status.send_replace(snapshot(connections));
        tokio::task::yield_now().await;
    }
    for program in &mut programs {
        let mut frames = 1;
        while program.next().await["gateway"]["connections"] != 300 {
            frames += 1;
        }
        let allowed = started.elapsed().as_millis() / 100 + 2;
        assert!(frames <= allowed, "{frames} frames in {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn bytes_that_are_no_websocket_message_end_the_connection_with_the_right_code() {
    let mask = [0, 0, 0, 0];
    let huge = [&[0x81, 0xff][..], &(16_u64 << 20).to_be_bytes(), &mask].concat();
    let bad_text = [&[0x81, 0x82][..], &mask, &[0xff, 0xfe]].concat();
    let unmasked = vec![0x81, 0x01, b'x'];
    let continuation = [&[0x80, 0x81][..], &mask, b"x"].concat();
    let reserved = [&[0xf1, 0x81][..], &mask, b"x"].concat();
    for (what, bytes, expected) in [
        ("a frame of 16 MiB", huge, CloseCode::Size),
        ("text that is no UTF-8", bad_text, CloseCode::Invalid),
        ("an unmasked frame", unmasked, CloseCode::Protocol),
        ("a continuation of nothing", continuation, CloseCode::Protocol),
        ("reserved bits", reserved, CloseCode::Protocol),
    ] {
        let scene = Scene::set().await;
        let mut program = Program::join(&scene).await;
        program.0.get_mut().write_all(&bytes).await.unwrap();
        assert_eq!(program.goodbye().await.0, expected, "{what}");
        assert_eq!(scene.ask("GET /v1/status").await.status(), 200, "{what}");
    }
}

#[tokio::test]
async fn endless_fragments_are_cut_off_at_the_size_of_a_message() {
    let scene = Scene::set().await;
    let mut program = Program::join(&scene).await;
    let start = [&[0x01, 0x80][..], &[0; 4]].concat();
    let part = [&[0x00, 0xfd][..], &[0; 4], &[b'x'; 125]].concat();
    // A length of 125 stands in the second byte.
    program.0.get_mut().write_all(&start).await.unwrap();
    let parts = part.repeat(1_000);
    for _ in 0..20 {
        if program.0.get_mut().write_all(&parts).await.is_err() {
            break;
        }
    }
    assert_eq!(program.goodbye().await.0, CloseCode::Size);
}

#[tokio::test]
async fn a_gateway_that_ends_says_goodbye() {
    let scene = Scene::set().await;
    let mut program = Program::join(&scene).await;
    let Scene { gateway, buffer, .. } = scene;
    tokio::join!(gateway.shutdown(), async {
        let (code, reason, _) = program.goodbye().await;
        assert_eq!((code, &*reason), (CloseCode::Away, "shutting down"));
    });
    buffer.close().await;
}
