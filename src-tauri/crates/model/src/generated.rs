//! Keeps `ui/src/generated` equal to these types. `LINEKEEPER_WRITE_TYPES=1 cargo test -p model` rewrites it.

use std::{collections::BTreeMap, fs, path::Path};

use ts_rs::{Config, TS};

use crate::{AgentEvent, ErrorResponse, check::CheckEvent};

fn read_folder(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn typescript_types_are_fresh() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/generated");
    let scratch = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(scratch.path());
    AgentEvent::export_all(&config).unwrap();
    ErrorResponse::export_all(&config).unwrap();
    CheckEvent::export_all(&config).unwrap();

    let mut fresh = read_folder(scratch.path());
    let index: String =
        fresh.keys().map(|file| format!("export * from \"./{}\";\n", file.trim_end_matches(".ts"))).collect();
    fresh.insert(
        "index.ts".to_owned(),
        format!("// Generated from the crate `model` by `make types`. Do not edit.\n{index}"),
    );

    if std::env::var_os("LINEKEEPER_WRITE_TYPES").is_some() {
        let _ = fs::remove_dir_all(&committed);
        fs::create_dir_all(&committed).unwrap();
        for (file, text) in &fresh {
            fs::write(committed.join(file), text).unwrap();
        }
    }
    assert_eq!(read_folder(&committed), fresh, "ui/src/generated is stale: run `make types`");
}
