//! Starting where a port is taken, and ending.

use super::*;

#[tokio::test]
async fn shutdown_ends_streams_and_takes_the_file_away() {
    let scene = Scene::set().await;
    let mut events = Events::open(&scene).await;
    events.next().await.unwrap();
    let idle = scene.connect().await;
    let started = Instant::now();
    let authority = scene.authority().to_owned();
    scene.gateway.shutdown().await;
    // Left to itself the idle connection would stay for ten seconds.
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
    assert!(events.next().await.is_none());
    assert_eq!(GatewayFile::read(scene.home.path()).unwrap(), None);
    assert!(TcpStream::connect(&authority).await.is_err(), "the port is free again");
    drop(idle);
}

#[tokio::test]
async fn a_taken_default_port_moves_and_a_taken_configured_one_is_an_error() {
    let scene = Scene::set().await;
    let taken = scene.authority();
    let agent = || AgentHandle {
        requests: mpsc::channel(1).0,
        status: scene.status.subscribe(),
        news: News { facts: scene.events.clone(), arrivals: scene.arrivals.clone() }.downgrade(),
        started: Instant::now(),
    };
    let other = tempfile::tempdir().unwrap();
    let moved = Gateway::start(&settings(taken, false), other.path(), agent()).await.unwrap();
    assert_ne!(moved.url(), scene.gateway.url());
    assert_eq!(GatewayFile::read(other.path()).unwrap().unwrap().url, moved.url());

    let third = tempfile::tempdir().unwrap();
    let refused = Gateway::start(&settings(taken, true), third.path(), agent()).await.unwrap_err();
    assert!(refused.problem().detail.contains(taken), "{refused}");
    assert_eq!(GatewayFile::read(third.path()).unwrap(), None, "no file for a gateway that is not there");
    let open_to_all = Gateway::start(&settings("0.0.0.0:0", true), third.path(), agent()).await.unwrap_err();
    assert!(matches!(open_to_all, GatewayError::NotLoopback { .. }));
}
