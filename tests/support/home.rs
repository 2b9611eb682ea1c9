//! A Linekeeper home of its own for one test.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;
use tempfile::TempDir;

/// A folder as `LINEKEEPER_HOME`, gone with the value.
#[derive(Debug)]
pub struct TempHome {
    folder: TempDir,
}

impl TempHome {
    /// An empty home.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("linekeeper-home-")
            .tempdir()
            .context("a folder for the test")?;
        Ok(Self { folder })
    }

    /// A home with this `config.json`.
    pub fn with_config(config: &Value) -> anyhow::Result<Self> {
        let home = Self::new()?;
        home.write_config(config)?;
        Ok(home)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `config.json`, as an editor that replaces the file does.
    pub fn write_config(&self, config: &Value) -> anyhow::Result<()> {
        let (new, file) = (
            self.path().join("config.json.new"),
            self.path().join("config.json"),
        );
        fs::write(&new, serde_json::to_vec_pretty(config)?)?;
        fs::rename(&new, &file).with_context(|| format!("cannot write {}", file.display()))
    }
}
