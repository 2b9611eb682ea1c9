//! Backup hosts: reached, and left without a word.

use std::time::Duration;

use model::check::{StepId, StepReason, StepStatus};
use tokio::{io::AsyncReadExt as _, net::TcpListener, time::timeout};
use url::Url;

use super::stage::{subject, walk};
use crate::{Subject, facts::BackupEnd, trial::closed_port};

fn closed() -> Url {
    format!("ws://{}/feed?token=q-s3cret", closed_port()).parse().unwrap()
}

#[tokio::test]
async fn backups_are_reached_and_left_without_a_word_and_dead_ones_are_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backup: Url = format!("ws://{}/feed", listener.local_addr().unwrap()).parse().unwrap();
    let port = backup.port().unwrap();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        // A client that leaves may reset: what counts is what it said.
        let _ = stream.read_to_end(&mut heard).await;
        heard
    });
    let insecure: Url = format!("wss://127.0.0.1:{port}/").parse().unwrap();
    let backups = vec![backup, closed()];
    let seen = walk(&Subject { backups, ..subject(closed()) }).await;
    assert_eq!((seen.status(StepId::D1), seen.status(StepId::D4)), (StepStatus::Fail, StepStatus::Warn));
    let found = &seen.endpoint().backups;
    assert_eq!((found[0].host.as_str(), found[0].port, found[0].proxied), ("127.0.0.1", port, false));
    assert_eq!(found[0].end, BackupEnd::Reached);
    assert!(matches!(&found[1].end, BackupEnd::Refused(raw) if raw.contains("refused")), "{:?}", found[1]);
    assert_eq!(seen.step(StepId::D4).detail["reached"], 1);
    let said = timeout(Duration::from_secs(10), heard).await.unwrap().unwrap();
    assert_eq!(said, b"", "no request, no credential");
    assert!(!seen.text().contains("q-s3cret"), "{}", seen.text());
    let alone = walk(&Subject { backups: vec![insecure], ..subject(closed()) }).await;
    assert!(!matches!(alone.endpoint().backups[0].end, BackupEnd::Reached), "nobody speaks TLS there");
}

#[tokio::test]
async fn no_more_than_four_are_tried_and_none_without_being_configured() {
    let backups = (0..6).map(|_| closed()).collect();
    let seen = walk(&Subject { backups, ..subject(closed()) }).await;
    assert_eq!(seen.endpoint().backups.len(), 4);
    assert_eq!(seen.step(StepId::D4).detail["backups"], 6);
    let none = walk(&subject(closed())).await;
    assert_eq!(none.status(StepId::D4), StepStatus::Na);
    assert_eq!(none.step(StepId::D4).reason_code, Some(StepReason::NoBackups));
}
