//! Bundles that must not be written, files that must not get in, and computers where hardly anything is set.

use std::fs;

use serde_json::{Value, json};

use super::unzipped;
use crate::stage::{Home, text};

/// A home with one endpoint nobody answers for, and a log file with this in it.
fn home_with(auth: &Value, log: &str) -> Home {
    let endpoint = json!({ "url": "ws://127.0.0.1:9/", "auth": auth, "proxy": "none" });
    let home = Home::with_config(&json!({ "websocket": { "connections": { "hub": endpoint } } }).to_string());
    fs::create_dir(home.path("logs")).unwrap();
    fs::write(home.path("logs/linekeeper.2026-11-20.jsonl"), log).unwrap();
    home
}

#[test]
fn what_only_redaction_makes_a_secret_of_means_no_bundle_and_the_error_names_file_and_rule() {
    // What is personal is taken out behind what is secret, and what is left here is the secret: the last gate's case.
    let secret = "/home/<user>/cnry-leak-Zr8Kd3";
    let home =
        home_with(&json!({ "bearer": { "env": "LEAK" } }), "in /home/somebody/cnry-leak-Zr8Kd3 it is\n");
    let path = home.path("support.zip");
    let output = home
        .command(&format!("diagnose --text --bundle {}", path.display()))
        .env("LEAK", secret)
        .output()
        .unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("log/linekeeper.2026-11-20.jsonl") && errors.contains("known_secret"),
        "{errors}"
    );
    assert!(errors.contains("not written"), "{errors}");
    let everything = errors + &text(&output.stdout);
    assert!(!everything.contains("cnry-leak"), "{everything}");
    let left = fs::read_dir(path.parent().unwrap()).unwrap().flatten();
    assert!(
        !left.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().contains("support")),
        "nothing is left"
    );
}

#[test]
fn a_link_a_pipe_and_a_name_among_the_logs_tell_nothing() {
    let home = home_with(&json!({ "bearer": { "env": "TOKEN" } }), "plain\n");
    fs::write(home.path("elsewhere"), "cnry-elsewhere").unwrap();
    std::os::unix::fs::symlink(home.path("elsewhere"), home.path("logs/linekeeper.link.jsonl")).unwrap();
    std::os::unix::fs::symlink("/etc", home.path("logs/etc")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        home.path("logs/pipe.jsonl"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    fs::write(home.path("logs/cnry-name-Fe5Wq9.jsonl"), "plain too\n").unwrap();
    let path = home.path("support.zip");
    let words = format!("diagnose --json --bundle {}", path.display());
    let output = home.command(&words).env("TOKEN", "cnry-name-Fe5Wq9").output().unwrap();
    assert_eq!(output.status.code(), Some(20), "{}", text(&output.stderr));
    let files = unzipped(&path);
    let named = |name: &str| {
        let found =
            files.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("{name} is there"));
        text(found.1)
    };
    let manifest: Value = serde_json::from_str(&named("manifest.json")).unwrap();
    for refused in ["log/linekeeper.link.jsonl", "log/etc", "log/pipe.jsonl"] {
        assert!(named("errors.txt").contains(refused), "{refused}");
        let skipped = manifest["skipped"].as_array().unwrap();
        assert!(skipped.iter().any(|one| one["file"] == refused), "{refused}: {manifest:#}");
    }
    for (name, bytes) in &files {
        let all = name.clone() + &text(bytes);
        assert!(!all.contains("cnry-"), "{name}");
    }
}

#[test]
fn without_bus_display_or_home_a_check_works() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new();
    let zip = folder.path().join("support.zip");
    let mut command = home.command("diagnose ws://127.0.0.1:9/ --json --bundle");
    command.arg(&zip).env_clear().current_dir("/");
    // Only so that nobody's own files are touched; HOME itself is not set.
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"] {
        command.env(name, folder.path());
    }
    let output = command.output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(20), "{errors}");
    assert!(!errors.contains("panic"), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"]["primary"], "TC-01", "{report:#}");
    assert!(unzipped(&zip).keys().any(|name| name.ends_with("report.json")));
}
