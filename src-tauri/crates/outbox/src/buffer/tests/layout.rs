//! Files of other versions. `tests/golden` holds a file of every released layout.

use std::{fs, path::PathBuf};

use rusqlite::Connection;

use super::{Stage, bytes_of, named};
use crate::{
    buffer::{Buffer, leases::Place},
    message::NewMessage,
    store::{Store, schema},
};

fn golden(version: i64) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{version}.db"))
}

/// What every golden file holds: four messages, one of them urgent and binary, one delivered, one dead letter.
fn fill(stage: &mut Stage) {
    stage.add(&["first", "second", "delivered", "refused"]);
    let urgent = NewMessage {
        priority: crate::Priority::new(0).unwrap(),
        headers: Some(bytes::Bytes::from_static(b"h")),
        ttl: Some(std::time::Duration::from_secs(3_600)),
        ..NewMessage::binary(vec![0_u8, 159, 146, 150])
            .with_id("0192e4a0-7e2c-7d11-8000-0123456789ab".parse().unwrap())
    };
    stage.append(vec![urgent, named("last")]).unwrap();
    stage.confirm(&["delivered"]);
    stage.buffer().flush();
    stage.buffer().bury(&"refused".parse().unwrap(), "by hand").unwrap();
}

/// With LINEKEEPER_WRITE_GOLDEN=1: writes the file of the layout of now. Released ones are never written again.
#[test]
fn there_is_a_golden_file_of_this_layout() {
    let path = golden(schema::VERSION);
    if std::env::var_os("LINEKEEPER_WRITE_GOLDEN").is_some() {
        let mut stage = Stage::new();
        fill(&mut stage);
        stage.buffer().close();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(stage.file("outbox.db"), &path).unwrap();
    }
    assert!(path.exists(), "write it with LINEKEEPER_WRITE_GOLDEN=1 and commit it");
}

#[test]
fn files_of_every_released_layout_open_with_everything_in_them() {
    for version in 1..=schema::VERSION {
        let mut stage = Stage::new();
        stage.crash();
        fs::remove_dir_all(stage.path()).unwrap();
        fs::create_dir_all(stage.path()).unwrap();
        fs::copy(golden(version), stage.file("outbox.db")).unwrap();
        let report = stage.open();
        assert!(report.clean && !report.new);
        let out = stage.lease();
        let ids: Vec<_> = out.iter().map(|queued| queued.id.to_string()).collect();
        assert_eq!(ids, ["0192e4a0-7e2c-7d11-8000-0123456789ab", "first", "second", "last"]);
        assert_eq!(out[0].payload.as_bytes(), [0, 159, 146, 150]);
        assert_eq!(out[0].headers.as_deref(), Some(b"h".as_slice()));
        assert_eq!(stage.buffer().dead(0, 9).unwrap()[0].detail, "by hand");
        assert!(stage.add(&["delivered"])[0].duplicate());
        assert_eq!(stage.add(&["next"])[0].seq, 7);
        assert_eq!(stage.buffer().tally().accepted, 7);
        stage.books_balance();
    }
}

#[test]
fn a_file_brought_forward_leaves_a_copy_of_what_it_was() {
    let mut stage = Stage::new();
    fill(&mut stage);
    stage.buffer().close();
    let setup = || Buffer::setup(&stage.options, Place::Disk);
    let steps: Vec<&str> =
        schema::STEPS.iter().copied().chain(["ALTER TABLE outbox ADD COLUMN extra TEXT"]).collect();
    let backup = stage.file("backup.db");
    let forward = Store::open_with(&stage.file("outbox.db"), setup(), &steps, Some(&backup)).unwrap();
    assert_eq!(forward.count().unwrap().0, 4);
    drop(forward);
    let version = |name: &str| {
        let db = Connection::open(stage.file(name)).unwrap();
        schema::version(&db).unwrap()
    };
    assert_eq!((version("outbox.db"), version("backup.db")), (schema::VERSION + 1, schema::VERSION));
    assert_eq!(Store::open(&backup, setup()).unwrap().count().unwrap().0, 4);
}

impl Stage {
    /// Makes the file one of a newer program, readable from `min_reader` on.
    fn make_newer(&self, name: &str, min_reader: i64) {
        let db = Connection::open(self.file(name)).unwrap();
        db.execute("UPDATE meta SET v = ?1 WHERE k = 'min_reader'", [min_reader]).unwrap();
        db.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    }
}

#[test]
fn a_newer_file_is_set_aside_untouched_and_merged_when_its_program_is_back() {
    let aside = format!("outbox.v{}.db", schema::VERSION + 1);
    let mut stage = Stage::new();
    stage.add(&["old-1", "old-2"]);
    stage.buffer().close();
    stage.make_newer("outbox.db", schema::VERSION + 1);
    let before = bytes_of(&stage.file("outbox.db"));
    stage.clock.advance(60_000);
    stage.open();
    assert_eq!(stage.notices(), ["newer_file"]);
    assert_eq!(bytes_of(&stage.file(&aside)), before);
    stage.add(&["new-1"]);
    assert_eq!(stage.leased(), ["new-1"]);
    stage.buffer().close();
    stage.buffer = None;
    // The newer program comes back: to it, that file is one of its own layout. Staged the other way round here.
    let db = Connection::open(stage.file(&aside)).unwrap();
    db.pragma_update(None, "user_version", schema::VERSION).unwrap();
    drop(db);
    fs::rename(stage.file(&aside), stage.file(&format!("outbox.v{}.db", schema::VERSION))).unwrap();
    stage.open();
    assert_eq!(stage.leased(), ["old-1", "old-2", "new-1"], "by the time they were handed over");
    assert_eq!(stage.buffer().tally().accepted, 3);
    assert_eq!(stage.add(&["next"])[0].seq, 6, "behind the new places of the three");
    stage.books_balance();
    stage.restart();
    assert_eq!(stage.waiting(), ["old-1", "old-2", "new-1", "next"], "merged once");
}

#[test]
fn a_newer_file_that_says_it_can_be_read_is_used() {
    let mut stage = Stage::new();
    stage.add(&["a"]);
    stage.buffer().close();
    stage.make_newer("outbox.db", schema::VERSION);
    stage.open();
    assert_eq!(stage.leased(), ["a"]);
    assert_eq!(stage.notices(), [""; 0]);
}
