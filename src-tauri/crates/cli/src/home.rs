//! This process's environment and where it says Linekeeper's files are.

use std::path::Path;

use agent::paths::{Environment, Paths};

/// The environment, names and values as far as they are Unicode; Linekeeper's own always are.
pub(crate) fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

pub(crate) fn paths(config_file: Option<&Path>) -> anyhow::Result<Paths> {
    Ok(Paths::find(&environment(), config_file)?)
}

/// Makes the folder, for its owner alone, where it is missing.
pub(crate) fn private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
