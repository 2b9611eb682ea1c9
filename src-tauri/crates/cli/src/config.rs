//! `linekeeper config`: looks at the configuration, and changes no file.

use std::path::{Path, PathBuf};

use agent::{
    gateway::GatewayFile,
    paths::Paths,
    settings::{EffectiveValue, FileState, Loaded, Provenance, SettingsStore},
};
use model::{ErrorCode, Problem};
use serde::Serialize;
use serde_json::Value;

use crate::{
    args::ConfigCommand,
    exit::Exit,
    home, keyring_set,
    output::{self, say},
    paint::{Ink, Painter},
    plain::plain,
    table::{Cell, Column, Room, lay_out},
    view::UNBOUNDED,
};

pub(crate) async fn run(command: ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Check { file } => check(file.as_deref()),
        ConfigCommand::Show { json } => show(json),
        ConfigCommand::Schema => {
            output::print_document(&agent::settings::schema())?;
            Ok(Exit::Done)
        }
        ConfigCommand::KeyringSet { entry, delete: false } => keyring_set::set(&entry).await,
        ConfigCommand::KeyringSet { entry, delete: true } => keyring_set::delete(&entry).await,
        ConfigCommand::Path { gateway } => {
            let paths = home::paths(None)?;
            let path = if gateway { GatewayFile::path(&paths.runtime) } else { paths.config_file };
            output::print(&path.display().to_string())?;
            Ok(Exit::Done)
        }
    }
}

fn check(file: Option<&Path>) -> anyhow::Result<Exit> {
    let (paths, loaded) = load(file)?;
    for error in &loaded.errors {
        output::print(&lines_made_plain(&error.to_string()))?;
    }
    let told: Vec<Problem> =
        loaded.errors.iter().flat_map(agent::settings::SettingsError::problems).collect();
    for problem in loaded.problems.iter().filter(|problem| !told.contains(problem)) {
        output::print(&lines_made_plain(&format!("{}\n      {}", problem.message, problem.detail)))?;
    }
    let state = loaded.file.as_ref().map(|(_, state)| *state);
    if file.is_some() && state == Some(FileState::Missing) {
        anyhow::bail!("{} does not exist", paths.config_file.display());
    }
    // A valid file may ask for what this version cannot do: said above, but no error.
    let wrong = |problem: &Problem| problem.code != ErrorCode::Unsupported;
    if !loaded.errors.is_empty() || loaded.problems.iter().any(wrong) {
        return Ok(Exit::Failed);
    }
    let path = paths.config_file.display();
    match (state, loaded.settings.endpoints.len()) {
        (Some(FileState::Missing), _) => output::print(&format!("{path} does not exist; the defaults hold"))?,
        (_, 1) => output::print(&format!("{path} is valid, 1 endpoint"))?,
        (_, endpoints) => output::print(&format!("{path} is valid, {endpoints} endpoints"))?,
    }
    Ok(Exit::Done)
}

/// The effective configuration as `--json` prints it.
#[derive(Serialize)]
struct Shown<'a> {
    file: &'a Path,
    values: Vec<ShownValue<'a>>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct ShownValue<'a> {
    path: &'a str,
    value: &'a Value,
    /// `default`, `file`, `environment NAME` or `managed`.
    from: String,
    locked: bool,
}

fn show(json: bool) -> anyhow::Result<Exit> {
    let (paths, loaded) = load(None)?;
    if json {
        let value = |value: &'_ EffectiveValue| (value.provenance.to_string(), value.locked());
        let values = loaded.values.iter().map(|shown| {
            let (from, locked) = value(shown);
            ShownValue { path: &shown.path, value: &shown.value, from, locked }
        });
        let shown = Shown { file: &paths.config_file, values: values.collect(), problems: &loaded.problems };
        output::print_document(&shown)?;
        return Ok(Exit::Done);
    }
    for line in show_values(&loaded.values) {
        output::print(&line)?;
    }
    for problem in &loaded.problems {
        say(&lines_made_plain(&format!("! {}\n  {}", problem.message, problem.detail)));
    }
    Ok(Exit::Done)
}

/// On a terminal by section; in a pipe each line is whole, for `grep`.
fn show_values(values: &[EffectiveValue]) -> Vec<String> {
    let painter = Painter { colour: output::has_colour() };
    let sections = output::on_terminal();
    let mut table = lay_out(values_table(values, sections), UNBOUNDED, painter).into_iter();
    if !sections {
        return table.collect();
    }
    table.next();
    let mut lines = Vec::new();
    let mut current = "";
    for (row, value) in table.zip(values) {
        let (section, _) = split(&value.path);
        if section != current {
            current = section;
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(painter.paint(Ink::Strong, &plain(section)));
        }
        lines.push(format!("  {row}"));
    }
    lines
}

/// Section and key.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

fn values_table(values: &[EffectiveValue], sections: bool) -> Vec<Column> {
    let column = |title, cell: &dyn Fn(&EffectiveValue) -> (String, Ink)| {
        let cells = values.iter().map(cell).map(|(text, ink)| Cell { text, ink });
        Column { title, least: 0, right: false, room: Room::Keeps, cells: cells.collect() }
    };
    let set = |value: &EffectiveValue| {
        if value.provenance == Provenance::Default { Ink::Quiet } else { Ink::Text }
    };
    let key = |value: &EffectiveValue| plain(if sections { split(&value.path).1 } else { &value.path });
    vec![
        column("Key", &|value| (key(value), set(value))),
        column("Value", &|value| (plain(&value.value.to_string()), set(value))),
        column("From", &|value| (plain(&value.provenance.to_string()), set(value))),
    ]
}

fn load(file: Option<&Path>) -> anyhow::Result<(Paths, Loaded)> {
    let file: Option<PathBuf> = file.map(std::path::absolute).transpose()?;
    let paths = home::paths(file.as_deref())?;
    let loaded = SettingsStore::new(&paths, home::environment()).load();
    Ok((paths, loaded))
}

/// Line by line, because the line breaks are ours and the rest is the file's.
fn lines_made_plain(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}
