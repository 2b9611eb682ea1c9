//! Embeds `ui/dist`, when it was built, as a table of paths and bytes; without it the table is empty.
//!
//! Must never fail because Node was not run: the agent compiles in a clone that has only Rust.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../../ui/dist");
    // Cargo reruns a script on every build while a watched path is missing, and the agent would be compiled
    // anew each time. An empty folder (ignored by git) can be watched; a read-only clone merely builds slower.
    let _ = fs::create_dir(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());

    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist.canonicalize()?, &mut files)?;
        files.sort();
    }
    let mut table = String::from("&[\n");
    for file in &files {
        let name =
            file.strip_prefix(dist.canonicalize()?)?.to_str().ok_or("a file name in ui/dist is not UTF-8")?;
        let path = format!("/{}", name.replace('\\', "/"));
        writeln!(table, "    ({path:?}, include_bytes!({file:?})),")?;
    }
    table.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("ui_files.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
