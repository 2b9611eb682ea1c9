//! Past checks on disk: to look back at, and the last good one of every endpoint in every network to compare with.
//!
//! One SQLite file that its owner alone may read; the agent and a command line may have it open at the same time. Keeps
//! reports as they are shown, never raw facts, and of a network only a keyed hash. Nothing that goes wrong here costs a
//! check anything.

mod file;
mod known;
mod network;
mod schema;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use model::{
    EndpointState,
    check::{Mode, Report, Severity, Trigger, VerdictClass},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Facts,
    facts::{Baseline, EndpointFacts, LiveFacts, UpgradeEnd},
    report::baseline,
};

/// Good checks that are kept.
const GOOD_KEPT: u32 = 50;
/// Others that are kept: what went wrong is looked at for longer.
const NOT_GOOD_KEPT: u32 = 200;
/// Checks that nobody asked for, of either kind.
const UNASKED_KEPT: u32 = 50;
/// Bytes of reports that are kept, whatever their number.
const BYTES_KEPT: u64 = 64 * 1024 * 1024;
/// Last good checks that are kept, over all endpoints and networks.
const BASELINES_KEPT: u32 = 2000;

/// The history of a home. A cheap clone; clones share one connection. Its calls block for a moment.
#[derive(Clone)]
pub struct History {
    db: Arc<Mutex<Connection>>,
    /// Makes the hashes of networks and addresses this file's own.
    salt: Uuid,
    /// Somebody asks for the checks that are kept through this one.
    asked: bool,
}

/// The history cannot be used now.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file or its folder.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// SQLite.
    #[error("the history of checks: {0}")]
    Database(#[from] rusqlite::Error),
    /// It is damaged; opening it sets it aside.
    #[error("the history of checks is damaged: {0}")]
    Damaged(String),
    /// A later version wrote it.
    #[error(
        "the history of checks was written by a later version of Linekeeper (shape {found}, this one knows {known})"
    )]
    Newer {
        /// Its shape.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// What stands in it is not what this program writes.
    #[error("the history of checks: {0}")]
    Content(#[from] serde_json::Error),
}

/// The file was damaged; a new one was begun, and the old one was put here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside(pub PathBuf);

/// A past check in one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastCheck {
    /// Its id.
    pub run_id: String,
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// When it began.
    pub at: Timestamp,
    /// How much was checked.
    pub mode: Mode,
    /// Who asked.
    pub trigger: Trigger,
    /// What came out.
    pub class: VerdictClass,
    /// In one sentence.
    pub line: String,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}

impl History {
    /// Opens the file, or begins it. A damaged one is set aside.
    ///
    /// # Errors
    ///
    /// The folder or file cannot be used, or a later version wrote it.
    pub fn open(path: &Path) -> Result<(Self, Option<SetAside>), HistoryError> {
        let (db, salt, aside) = file::open(path)?;
        Ok((Self { db: Arc::new(Mutex::new(db)), salt, asked: true }, aside))
    }

    /// The same history for checks that nobody asked for: they are compared with and found by their id, and nobody is shown
    /// one as the newest. One that was cut short is not kept.
    pub fn unasked(&self) -> Self {
        Self { asked: false, ..self.clone() }
    }

    /// The last good check of every endpoint in the network that was seen, in the order of the facts.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn last_good(&self, facts: &Facts) -> Result<Vec<Option<Baseline>>, HistoryError> {
        let network = network::key(&facts.computer, self.salt);
        let db = self.db();
        let mut query =
            db.prepare_cached("SELECT baseline FROM baselines WHERE target = ?1 AND network = ?2")?;
        let each = facts.endpoints.iter().map(|seen| {
            let found: Option<String> =
                query.query_row(params![self.target(seen), network], |row| row.get(0)).optional()?;
            // One that this version cannot read is none.
            Ok(found.and_then(|text| serde_json::from_str(&text).ok()))
        });
        each.collect()
    }

    /// Keeps a check, and lets old ones go.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn keep(&self, report: &Report, facts: &Facts) -> Result<(), HistoryError> {
        if !self.asked && report.verdict.class == VerdictClass::Incomplete {
            return Ok(());
        }
        let text = serde_json::to_string(report)?;
        let network = network::key(&facts.computer, self.salt);
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT OR REPLACE INTO runs (run_id, at, good, asked, report) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![report.run_id, report.started_at.as_millisecond(), good(report), self.asked, text],
        )?;
        for seen in facts.endpoints.iter().filter(|seen| is_good(seen, report)) {
            let kept = serde_json::to_string(&baseline(&report.run_id, report.started_at, seen))?;
            transaction.execute(
                "INSERT OR REPLACE INTO baselines (target, network, at, baseline) VALUES (?1, ?2, ?3, ?4)",
                params![self.target(seen), network, report.started_at.as_millisecond(), kept],
            )?;
        }
        forget(&transaction)?;
        Ok(transaction.commit()?)
    }

    /// The newest checks, those that somebody asked for or those that nobody did, the newest first.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn newest(&self, limit: u32) -> Result<Vec<Report>, HistoryError> {
        let db = self.db();
        let mut query =
            db.prepare_cached("SELECT report FROM runs WHERE asked = ?1 ORDER BY seq DESC LIMIT ?2")?;
        let texts = query.query_map(params![self.asked, limit], |row| row.get::<_, String>(0))?;
        let mut reports = Vec::new();
        for text in texts {
            // One of another version's shape is passed over.
            reports.extend(serde_json::from_str(&text?).ok());
        }
        Ok(reports)
    }

    /// The same in one line each.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn past(&self, limit: u32) -> Result<Vec<PastCheck>, HistoryError> {
        let reports = self.newest(limit)?.into_iter();
        Ok(reports
            .map(|report| PastCheck {
                run_id: report.run_id,
                reference: report.reference,
                at: report.started_at,
                mode: report.mode,
                trigger: report.trigger,
                class: report.verdict.class,
                line: report.verdict.line,
            })
            .collect())
    }

    /// One check by its id.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn report(&self, run_id: &str) -> Result<Option<Report>, HistoryError> {
        let read = |row: &Row<'_>| row.get::<_, String>(0);
        let query = "SELECT report FROM runs WHERE run_id = ?1";
        let text = self.db().query_row(query, [run_id], read).optional()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// An endpoint is known by where it leads: the same id may lead elsewhere tomorrow. A path may hold a token.
    fn target(&self, seen: &EndpointFacts) -> String {
        let EndpointFacts { id, host, port, path, encrypted, .. } = seen;
        let id = id.as_ref().map_or("", |id| id.as_str());
        hashed(self.salt, &format!("{id} {encrypted} {host} {port} {path}"))
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A keyed hash: the same under the same key, and no way back without it.
fn hashed(salt: Uuid, text: &str) -> String {
    Uuid::new_v5(&salt, text.as_bytes()).simple().to_string()
}

fn good(report: &Report) -> bool {
    report.verdict.class == VerdictClass::Ok
}

/// Whether this check says how the endpoint is when it is well.
fn is_good(seen: &EndpointFacts, report: &Report) -> bool {
    let mine = |finding: &&model::check::Finding| finding.endpoint.is_none() || finding.endpoint == seen.id;
    let well = report.findings.iter().filter(mine).all(|finding| finding.severity == Severity::Info);
    let ended = |end| seen.upgrade.as_ref().is_some_and(|upgrade| upgrade.end == end);
    let up = |live: &LiveFacts| live.state == EndpointState::Connected;
    // Where the server allows one session, the live one says it.
    let works =
        ended(UpgradeEnd::Switched) || ended(UpgradeEnd::LiveOnly) && seen.live.as_ref().is_some_and(up);
    well && works
}

fn forget(db: &Connection) -> rusqlite::Result<()> {
    for (asked, good, kept) in [
        (true, true, GOOD_KEPT),
        (true, false, NOT_GOOD_KEPT),
        (false, true, UNASKED_KEPT),
        (false, false, UNASKED_KEPT),
    ] {
        db.execute(
            "DELETE FROM runs WHERE good = ?1 AND asked = ?2 AND seq NOT IN
               (SELECT seq FROM runs WHERE good = ?1 AND asked = ?2 ORDER BY seq DESC LIMIT ?3)",
            params![good, asked, kept],
        )?;
    }
    db.execute(
        "DELETE FROM runs WHERE seq IN (SELECT seq FROM
           (SELECT seq, sum(length(report)) OVER (ORDER BY seq DESC) AS bytes FROM runs) WHERE bytes > ?1)",
        params![i64::try_from(BYTES_KEPT).unwrap_or(i64::MAX)],
    )?;
    db.execute(
        "DELETE FROM baselines WHERE rowid NOT IN (SELECT rowid FROM baselines ORDER BY at DESC LIMIT ?1)",
        params![BASELINES_KEPT],
    )?;
    Ok(())
}
