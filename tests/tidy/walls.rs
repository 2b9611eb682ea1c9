//! Which room may use which. The table is the ground plan of ARCHITECTURE.md.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::checkout::root;

/// Package and the rooms it may use. A package that is missing here has no place in the house.
const WALLS: [(&str, &[&str]); 11] = [
    ("model", &[]),
    ("dial", &["model"]),
    ("outbox", &["model"]),
    ("link", &["model", "dial"]),
    ("diagnostics", &["model", "dial"]),
    ("agent", &["model", "dial", "link", "outbox", "diagnostics"]),
    ("presenter", &["model", "agent"]),
    ("demo", &[]),
    ("cli", &["model", "agent", "demo"]),
    ("linekeeper-desktop", &["model", "agent", "presenter", "demo"]),
    ("suites", &["model", "dial", "link", "outbox", "diagnostics", "agent", "presenter", "demo"]),
];

/// Packages that turn errors into sentences for people and may therefore use `anyhow`.
const ANYHOW: [&str; 3] = ["cli", "linekeeper-desktop", "suites"];

/// Package → its dependencies as `(name, kind)`; kind is `normal`, `dev` or `build`.
fn dependencies() -> BTreeMap<String, Vec<(String, String)>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let used = list(&package["dependencies"]);
            let used = used.iter().map(|used| {
                let kind = used["kind"].as_str().unwrap_or("normal").to_owned();
                (text(&used["name"]), kind)
            });
            (text(&package["name"]), used.collect())
        })
        .collect()
}

#[test]
fn every_room_uses_only_the_rooms_below_it() {
    let dependencies = dependencies();
    let rooms: Vec<&String> = dependencies.keys().collect();
    for (package, used) in &dependencies {
        let (_, allowed) = WALLS
            .iter()
            .find(|(name, _)| name == package)
            .unwrap_or_else(|| panic!("{package} has no place in the plan"));
        for (name, kind) in used {
            let is_room = rooms.contains(&name);
            // Suites and end-to-end tests stage whatever they need.
            if is_room && kind != "dev" {
                assert!(allowed.contains(&name.as_str()), "{package} may not use {name}");
            }
        }
    }
}

#[test]
fn only_the_shell_names_tauri() {
    for (package, used) in dependencies() {
        let names_tauri = used.iter().any(|(name, _)| name.starts_with("tauri"));
        assert_eq!(names_tauri, package == "linekeeper-desktop", "{package}");
    }
}

#[test]
fn libraries_have_typed_errors() {
    for (package, used) in dependencies() {
        let uses_anyhow = used.iter().any(|(name, kind)| name == "anyhow" && kind == "normal");
        assert!(!uses_anyhow || ANYHOW.contains(&package.as_str()), "{package} may not use anyhow");
    }
}
