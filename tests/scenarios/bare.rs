//! A check where there is nothing but the program: no display, no session bus, no home, no agent.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::{check, stage::Stage};

#[tokio::test(flavor = "multi_thread")]
async fn without_display_bus_home_or_agent_a_check_is_made_all_the_same() -> Result<()> {
    let scenario = toml::from_str(
        "number = '0'\nname = ''\nlevel = 'L'\nstage.subject = { kind = 'server' }\n\
         expect = { class = 'ok', primary = 'OK-01', owner = 'none', confidence = 'certain', limit_ms = 0 }",
    )?;
    let stage = Stage::set(&scenario)?;
    let url = stage.fill("ws://{subject}/feed")?;
    let folder = tempfile::tempdir()?;
    let lost = folder.path().join("nobody").display().to_string();
    let bus = format!("unix:path={lost}");
    // Nothing at all; then variables that lead nowhere, as in a service or over ssh.
    let surroundings: [&[(&str, &str)]; 2] = [
        &[],
        &[
            ("DISPLAY", ":4711"),
            ("WAYLAND_DISPLAY", "nobody"),
            ("DBUS_SESSION_BUS_ADDRESS", &bus),
            ("HOME", &lost),
        ],
    ];
    for variables in surroundings {
        let mut command = Command::new(check::PROGRAM);
        command.args(["diagnose", &url, "--json"]).env_clear().envs(variables.iter().copied());
        let output = command.current_dir(folder.path()).kill_on_drop(true).output().await?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(0), "{:?}: {errors}", output.status);
        ensure!(!errors.contains("panicked"), "{errors}");
        let report: Value = serde_json::from_slice(&output.stdout).context("one JSON document")?;
        ensure!(report["verdict"]["primary"] == "OK-01", "{}", report["verdict"]);
    }
    Ok(())
}
