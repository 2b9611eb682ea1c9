//! The support bundle: one zip file with what support needs and nothing that says who uses this computer.
//!
//! Everything is put together and redacted in memory, so that it can be looked at before it is written; the finished bytes
//! are searched once more for known secrets, and one hit means no bundle. Nothing is sent anywhere.

mod archive;
mod json;
mod logs;
mod past;
mod settings;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use model::check::Report;
use serde::Serialize;
use serde_json::{Value, json};

use self::json::pretty;
pub use self::past::Recorded;
use crate::redact::{POLICY, Redactor, redact_report};

/// Most bytes of all files together, before they are packed.
const MOST_BYTES: usize = 5 * 1024 * 1024;

/// What may go into a bundle, as it is: redaction happens here.
#[derive(Debug)]
pub struct Parts {
    /// The check.
    pub report: Report,
    /// Settings in effect, as one JSON document; only what is on a list of harmless keys gets in.
    pub settings: Option<Value>,
    /// Folder of the log files.
    pub logs: Option<PathBuf>,
    /// Earlier checks, newest first: verdict and phases.
    pub history: Vec<Value>,
    /// How connections went from state to state, the oldest first: codes and times, never a text of a server.
    pub transitions: Vec<Value>,
    /// When somebody recorded a problem, the oldest first.
    pub recordings: Vec<Recorded>,
    /// System, desktop, session, versions, capabilities; by name.
    pub environment: BTreeMap<String, Value>,
    /// Counts, bytes, ages and states of the buffers. Never payloads.
    pub buffers: Vec<Value>,
    /// What could not be collected, and why.
    pub errors: Vec<String>,
}

/// How a report is rendered for people: as text and as one HTML page.
pub type Renderer<'a> = &'a dyn Fn(&Report) -> (String, String);

/// A bundle before it is written.
#[derive(Debug)]
pub struct Bundle {
    folder: String,
    files: Vec<BundleFile>,
    left_out: Vec<(String, String)>,
    recordings: Vec<Recorded>,
    redactor: Redactor,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundleFile {
    /// Its name within the bundle's folder.
    pub name: String,
    /// Its text, redacted.
    pub text: String,
    /// How often each rule took something out of it.
    pub removed: BTreeMap<String, u32>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file still held what must not leave.
    #[error(
        "the bundle was not written: {file} still holds what must not leave (rule {rule}). Nothing was saved; \
         leave that file out, or report this."
    )]
    Leak {
        /// Which file.
        file: String,
        /// Which rule found it. Never what.
        rule: &'static str,
    },
    /// The report could not be redacted.
    #[error("the report cannot be put into a bundle: {0}")]
    Report(&'static str),
    /// The file could not be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// Where to.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

impl Bundle {
    /// Puts the files together. `now` names the bundle.
    ///
    /// # Errors
    ///
    /// The report cannot be made clean.
    pub fn assemble(
        parts: Parts,
        redactor: Redactor,
        render: Renderer<'_>,
        now: Timestamp,
    ) -> Result<Self, BundleError> {
        let report = redact_report(&parts.report, &redactor).map_err(BundleError::Report)?;
        let folder = format!("linekeeper-support-{}-{}", report.reference, now.strftime("%Y%m%dT%H%M%SZ"));
        let (files, left_out, recordings) = (Vec::new(), Vec::new(), parts.recordings);
        let mut bundle = Self { folder, files, left_out, recordings, redactor };
        let (summary, html) = render(&report);
        bundle.add("summary.txt", &summary);
        bundle.add("report.json", &pretty(&report));
        bundle.add("report.html", &html);
        if let Some(settings) = &parts.settings {
            bundle.add("config.json", &pretty(&settings::harmless(settings)));
        }
        let mut errors = parts.errors;
        if let Some(folder) = &parts.logs {
            let found =
                logs::collect(folder, bundle.recordings.last().map(|last| last.began), &bundle.redactor);
            for log in found.files {
                bundle.files.push(log);
            }
            bundle.left_out.extend(found.refused.iter().cloned());
            errors.extend(found.refused.into_iter().map(|(name, why)| format!("{name}: {why}")));
        }
        let history = past::history(&parts.history, &parts.transitions, &bundle.recordings);
        bundle.add("history.json", &history);
        bundle.add("environment.json", &pretty(&parts.environment));
        bundle.add("buffer.json", &pretty(&parts.buffers));
        if !errors.is_empty() {
            bundle.add("errors.txt", &(errors.join("\n") + "\n"));
        }
        bundle.cap();
        Ok(bundle)
    }

    /// Name of the bundle's one folder, and of its file without `.zip`.
    pub fn name(&self) -> &str {
        &self.folder
    }

    /// Everything that would be written, manifest and read-me aside: for a look before.
    pub fn files(&self) -> &[BundleFile] {
        &self.files
    }

    /// Searches every file once more and writes the bundle: to a scratch file first, then in one step to `path`, for its
    /// owner alone.
    ///
    /// # Errors
    ///
    /// [`BundleError::Leak`], and nothing is written; or the disk's.
    pub fn write(&self, path: &Path) -> Result<(), BundleError> {
        archive::write(path, &self.pack(&[])?).map_err(|source| unwritten(path, source))
    }

    /// The bundle as the bytes of its zip file, but for some of its files. Every file is searched once more.
    ///
    /// # Errors
    ///
    /// [`BundleError::Leak`], and there are no bytes.
    pub fn pack(&self, without: &[String]) -> Result<Vec<u8>, BundleError> {
        let kept: Vec<&BundleFile> = self.files.iter().filter(|file| !without.contains(&file.name)).collect();
        let mut files: Vec<(String, Vec<u8>)> =
            vec![("README.txt".to_owned(), self.read_me(&kept).into_bytes())];
        files.extend(kept.iter().map(|file| (file.name.clone(), file.text.clone().into_bytes())));
        files.push(("manifest.json".to_owned(), self.manifest(&files, without).into_bytes()));
        for (name, bytes) in &files {
            if let Some(rule) = self.redactor.leak_in(bytes) {
                return Err(BundleError::Leak { file: name.clone(), rule });
            }
        }
        archive::pack(&self.folder, &files).map_err(|source| unwritten(Path::new(&self.folder), source))
    }

    fn add(&mut self, name: &str, text: &str) {
        self.files.push(redacted(&self.redactor, name, text));
    }

    /// The largest file goes, and is named, when everything together is too large: logs before what was made for the reader.
    fn cap(&mut self) {
        let size = |files: &[BundleFile]| files.iter().map(|file| file.text.len()).sum::<usize>();
        while size(&self.files) > MOST_BYTES {
            let Some(largest) = (0..self.files.len()).max_by_key(|at| {
                let file = &self.files[*at];
                (file.name.starts_with("log/"), file.text.len())
            }) else {
                return;
            };
            let file = self.files.remove(largest);
            self.left_out.push((file.name, "too large".to_owned()));
        }
    }

    fn read_me(&self, files: &[&BundleFile]) -> String {
        let files: String = files.iter().map(|file| format!("  {}\n", file.name)).collect();
        format!(
            "Linekeeper support bundle {}\n\n\
             Hand this to whoever helps you with your connections. Nothing was sent anywhere.\n\
             report.html opens in any browser; summary.txt is the same in short. history.json has earlier checks, and how\n\
             connections went from state to state in the last seven days.\n\n\
             {marks}\
             Taken out: passwords, tokens, cookies, keys, user names, home folders, e-mail addresses. Addresses and ids\n\
             may stand under other names (ip4-private-1a2b3c): the same name means the same address within this file.\n\
             Messages are never part of it.\n\nFiles:\n{files}\n",
            self.folder,
            marks = past::marks(&self.recordings)
        )
    }

    fn manifest(&self, files: &[(String, Vec<u8>)], without: &[String]) -> String {
        let listed: Vec<Value> = files
            .iter()
            .map(|(name, bytes)| {
                let removed = self.files.iter().find(|file| file.name == *name).map(|file| &file.removed);
                json!({
                    "file": name,
                    "bytes": bytes.len(),
                    "sha256": archive::sha256(bytes),
                    "removed": removed.cloned().unwrap_or_default(),
                })
            })
            .collect();
        let chosen = self.files.iter().filter(|file| without.contains(&file.name));
        let chosen = chosen.map(|file| (&file.name, "left out by the person who saved this"));
        let skipped = self.left_out.iter().map(|(name, why)| (name, why.as_str())).chain(chosen);
        let skipped: Vec<Value> = skipped.map(|(name, why)| json!({ "file": name, "reason": why })).collect();
        pretty(&json!({
            "policy": POLICY, "files": listed, "skipped": skipped, "recordings": self.recordings,
        }))
    }
}

/// A file and what was taken out of it.
fn redacted(redactor: &Redactor, name: &str, text: &str) -> BundleFile {
    let before = redactor.counts();
    let text = redactor.text(text);
    let removed = redactor
        .counts()
        .into_iter()
        .map(|(rule, count)| (rule.clone(), count - before.get(&rule).copied().unwrap_or_default()))
        .filter(|(_, count)| *count > 0)
        .collect();
    BundleFile { name: name.to_owned(), text, removed }
}

fn unwritten(path: &Path, source: std::io::Error) -> BundleError {
    BundleError::Write { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests;
