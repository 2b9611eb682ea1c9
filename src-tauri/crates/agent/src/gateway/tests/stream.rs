//! The event stream: order, rate, and what a slow listener gets.

use super::*;

#[tokio::test]
async fn listeners_get_the_status_first_and_then_what_happens() {
    let scene = Scene::set().await;
    let mut events = Events::open(&scene).await;
    assert_eq!(events.next().await.unwrap().0, "status");
    scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(message(7))))).unwrap();
    let (name, data) = events.next().await.unwrap();
    assert_eq!(
        (name.as_str(), &data["seq"], &data["data"]),
        ("message", &Value::from(7), &Value::from("line\nbreak"))
    );
    let transition = Transition {
        endpoint: "pulse".parse().unwrap(),
        at: Timestamp::UNIX_EPOCH,
        from: None,
        to: EndpointState::Connecting,
        reason: None,
        error: None,
        remedy: None,
        next_attempt_at: None,
    };
    scene.events.send(Fact::Ready(Box::new(AgentEvent::Transition(transition)))).unwrap();
    let (name, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["to"]), ("transition", &Value::from("connecting")));
}

#[tokio::test]
async fn status_comes_at_most_ten_times_a_second_and_the_newest_always_comes() {
    let scene = Scene::set().await;
    let mut events = Events::open(&scene).await;
    let start = Instant::now();
    let mut count = 0;
    let publish = async {
        for count in 1..=500 {
            scene.status.send_replace(snapshot(count));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let read = async {
        loop {
            let (name, data) = events.next().await.unwrap();
            assert_eq!(name, "status");
            count += 1;
            if data["gateway"]["connections"] == 500 {
                return;
            }
        }
    };
    tokio::join!(publish, read);
    let allowed = start.elapsed().as_millis() / 100 + 2;
    assert!(count <= allowed, "{count} snapshots in {:?}", start.elapsed());
}

#[tokio::test]
async fn a_listener_that_was_too_slow_is_told_how_much_it_missed() {
    let scene = Scene::set().await;
    let mut events = Events::open(&scene).await;
    assert_eq!(events.next().await.unwrap().0, "status");
    // The queue holds four. No await in between: the listener cannot run before all eleven are in.
    for seq in 1..=11 {
        scene.events.send(Fact::Ready(Box::new(AgentEvent::Message(message(seq))))).unwrap();
    }
    let (name, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["count"]), ("missed", &Value::from(7)));
    assert_eq!(events.next().await.unwrap().1["seq"], 8, "the oldest are the ones that go");
}
