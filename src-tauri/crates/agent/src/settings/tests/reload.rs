//! Live reload on real files.

use std::{path::Path, sync::Arc, time::Duration};

use model::ErrorCode;
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::settings::{FileState, Settings};

const DEADLINE: Duration = Duration::from_secs(20);

fn one(url: &str) -> String {
    format!(r#"{{"websocket":{{"connections":{{"a":{{"url":"{url}"}}}}}}}}"#)
}

fn urls(loaded: &Loaded) -> Vec<String> {
    loaded.settings.endpoints.iter().map(|endpoint| endpoint.url.to_string()).collect()
}

async fn until(receiver: &mut watch::Receiver<Arc<Loaded>>, what: &str, holds: impl Fn(&Loaded) -> bool) {
    let found = timeout(DEADLINE, receiver.wait_for(|loaded| holds(loaded))).await;
    found.unwrap_or_else(|_| panic!("never came: {what}")).expect("the watch goes on");
}

/// As careful editors write: beside it, then over it.
fn replace(file: &Path, text: &str) {
    let beside = file.with_extension("tmp");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, file).unwrap();
}

#[tokio::test]
async fn a_change_is_applied_whether_written_in_place_or_by_rename() {
    let fixture = Fixture::with_file(one("ws://one"));
    let mut receiver = fixture.store().watch(CancellationToken::new());
    assert_eq!(urls(&receiver.borrow()), ["ws://one/"], "the first result is there at once");
    fs::write(fixture.file(), one("ws://two")).unwrap();
    until(&mut receiver, "a change in place", |loaded| urls(loaded) == ["ws://two/"]).await;
    for round in 0..3 {
        replace(&fixture.file(), &one(&format!("ws://r{round}")));
        until(&mut receiver, "a change by rename", |loaded| urls(loaded) == [format!("ws://r{round}/")])
            .await;
    }
    fs::remove_file(fixture.file()).unwrap();
    until(&mut receiver, "removal", |loaded| loaded.settings == Settings::default()).await;
}

#[tokio::test]
async fn a_broken_file_keeps_the_last_good_settings_until_it_is_mended() {
    let sse = r#"{"websocket":{"connections":{"a":{"url":"ws://good","sse":{}}}}}"#;
    let fixture = Fixture::with_file(sse);
    let mut receiver = fixture.store().watch(CancellationToken::new());
    replace(&fixture.file(), &one("good luck"));
    until(&mut receiver, "the error", |loaded| !loaded.errors.is_empty()).await;
    {
        let loaded = receiver.borrow();
        assert_eq!(urls(&loaded), ["ws://good/"]);
        let codes: Vec<ErrorCode> = loaded.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(
            codes,
            [ErrorCode::ConfigInvalid, ErrorCode::Unsupported],
            "the old settings' problem stands too"
        );
    }
    replace(&fixture.file(), "{");
    until(&mut receiver, "another error", |loaded| loaded.problems[0].message.contains("JSON")).await;
    assert_eq!(
        (urls(&receiver.borrow()), receiver.borrow().problems.len()),
        (vec!["ws://good/".to_owned()], 2)
    );
    let broken = fs::read(fixture.file()).unwrap();
    assert_eq!(broken, b"{", "a broken file is never written to");
    replace(&fixture.file(), &one("ws://mended"));
    until(&mut receiver, "the mended file", |loaded| loaded.problems.is_empty()).await;
    assert_eq!(urls(&receiver.borrow()), ["ws://mended/"]);
}

#[tokio::test]
async fn a_file_broken_at_the_start_gives_no_endpoints_until_it_is_mended() {
    let fixture = Fixture::with_file("{").variable("WEBSOCKET_X_URL", "ws://x");
    let mut receiver = fixture.store().watch(CancellationToken::new());
    assert_eq!(receiver.borrow().settings, Settings::default());
    fs::write(fixture.file(), one("ws://mended")).unwrap();
    until(&mut receiver, "the mended file", |loaded| loaded.errors.is_empty()).await;
    assert_eq!(urls(&receiver.borrow()), ["ws://mended/", "ws://x/"]);
}

#[tokio::test]
async fn a_folder_that_does_not_exist_yet_and_one_that_goes_and_comes_back_are_noticed() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("not/yet/there");
    let mut paths = Paths::under(root.path());
    paths.config_file = folder.join("config.json");
    let store = SettingsStore::with_managed(&paths, root.path().join("no/managed.json"), Environment::new());
    let mut receiver = store.watch(CancellationToken::new());
    for round in 0..2 {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&paths.config_file, one("ws://here")).unwrap();
        until(&mut receiver, &format!("the file, round {round}"), |loaded| urls(loaded) == ["ws://here/"])
            .await;
        fs::remove_dir_all(root.path().join("not")).unwrap();
        until(&mut receiver, &format!("its end, round {round}"), |loaded| urls(loaded).is_empty()).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_linked_file_is_followed_to_where_it_is_written() {
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("dotfiles.json");
    fs::write(&target, one("ws://one")).unwrap();
    let fixture = Fixture::new();
    std::os::unix::fs::symlink(&target, fixture.file()).unwrap();
    let mut receiver = fixture.store().watch(CancellationToken::new());
    replace(&target, &one("ws://two"));
    until(&mut receiver, "the change behind the link", |loaded| urls(loaded) == ["ws://two/"]).await;
}

#[tokio::test]
async fn the_managed_file_is_watched_too() {
    let fixture = Fixture::with_file(EXAMPLE);
    let mut receiver = fixture.store().watch(CancellationToken::new());
    fs::write(fixture.managed_file(), r#"{"logging":{"level":"trace"}}"#).unwrap();
    until(&mut receiver, "the managed level", |loaded| loaded.settings.logging.level == "trace").await;
    assert_eq!(receiver.borrow().managed.as_ref().unwrap().1, FileState::Loaded);
}

#[tokio::test]
async fn cancelling_ends_the_watch_and_fixed_settings_never_change() {
    let token = CancellationToken::new();
    let fixture = Fixture::with_file(EXAMPLE);
    let mut files = fixture.store().watch(token.clone());
    let demo = Settings::demo("127.0.0.1:7860".parse().unwrap());
    let mut fixed = SettingsStore::fixed(demo.clone()).watch(token.clone());
    assert_eq!(fixed.borrow().settings, demo);
    assert!(!fixed.has_changed().unwrap());
    token.cancel();
    for receiver in [&mut files, &mut fixed] {
        let ended = timeout(DEADLINE, async { while receiver.changed().await.is_ok() {} });
        ended.await.expect("the watch ends when it is cancelled");
    }
}

#[tokio::test]
async fn without_a_watcher_files_are_read_from_time_to_time() {
    let fixture = Fixture::with_file(one("ws://one"));
    let (sender, mut receiver) = watch::channel(Arc::new(fixture.load()));
    let store = Arc::new(fixture.store());
    let polling = tokio::spawn(async move { store.keep_loading(&sender, |_, _| None::<()>).await });
    fs::write(fixture.file(), one("ws://two")).unwrap();
    until(&mut receiver, "a change found by reading", |loaded| urls(loaded) == ["ws://two/"]).await;
    fs::write(fixture.file(), one("ws://three")).unwrap();
    until(&mut receiver, "another", |loaded| urls(loaded) == ["ws://three/"]).await;
    polling.abort();
}
