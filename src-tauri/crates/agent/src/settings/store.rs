//! Loads the settings of one home, and keeps the last good ones when a file breaks.
//!
//! Reads files, never writes them. Watching for changes is in `watch`.

use std::path::{Path, PathBuf};

use model::{ErrorCode, Problem};

use super::{
    EffectiveValue, Issue, Settings, SettingsError, environment,
    layer::{self, Layer, Named},
    provenance,
    resolve::{Layers, Resolved},
};
use crate::paths::{Environment, Paths};

/// Where settings come from.
#[derive(Clone, Debug)]
pub struct SettingsStore {
    pub(super) source: Source,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Fixed(Box<Settings>),
    Files { file: PathBuf, managed: PathBuf, environment: Environment },
}

/// Settings with everything there is to say about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What is in force. With a broken file: the last good settings, or none (no endpoints, all defaults).
    pub settings: Settings,
    /// What is wrong, for the status snapshot: errors of the files, bad variables, keys this version cannot obey.
    pub problems: Vec<Problem>,
    /// Errors of the files, for `linekeeper config check`.
    pub errors: Vec<SettingsError>,
    /// Every value in force and who set it.
    pub values: Vec<EffectiveValue>,
    /// The configuration file; `None` when the settings do not come from files.
    pub file: Option<(PathBuf, FileState)>,
    /// The managed file; `None` when the settings do not come from files.
    pub managed: Option<(PathBuf, FileState)>,
}

impl Loaded {
    /// Problems of the settings in force, which stay while a file is broken.
    fn standing_problems(&self) -> Vec<Problem> {
        let passing: Vec<Problem> = self.errors.iter().flat_map(SettingsError::problems).collect();
        self.problems.iter().filter(|problem| !passing.contains(problem)).cloned().collect()
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// There is none, which is no error.
    Missing,
    /// It was read and holds.
    Loaded,
    /// It is broken; [`Loaded::errors`] says why.
    Broken,
}

impl SettingsStore {
    /// Settings from the home's file, the environment, and the platform's managed file.
    pub fn new(paths: &Paths, environment: Environment) -> Self {
        Self::with_managed(paths, Paths::managed_file(&environment), environment)
    }

    /// The same with the managed file elsewhere, as tests need it.
    pub fn with_managed(paths: &Paths, managed: PathBuf, environment: Environment) -> Self {
        Self { source: Source::Files { file: paths.config_file.clone(), managed, environment } }
    }

    /// Settings that never change and read no file: the demo's.
    pub fn fixed(settings: Settings) -> Self {
        Self { source: Source::Fixed(Box::new(settings)) }
    }

    /// Whether these are the demo's.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self.source, Source::Fixed(_))
    }

    /// The environment the settings go by; empty for fixed ones.
    pub fn environment(&self) -> Environment {
        match &self.source {
            Source::Fixed(_) => Environment::new(),
            Source::Files { environment, .. } => environment.clone(),
        }
    }

    /// Reads everything now. Never fails: what is wrong is in the answer.
    pub fn load(&self) -> Loaded {
        self.load_after(None)
    }

    /// Reads everything now; what is broken leaves the settings of `previous` in force.
    pub(super) fn load_after(&self, previous: Option<&Loaded>) -> Loaded {
        match &self.source {
            Source::Fixed(settings) => Loaded {
                settings: (**settings).clone(),
                problems: Vec::new(),
                errors: Vec::new(),
                values: Vec::new(),
                file: None,
                managed: None,
            },
            Source::Files { file, managed, environment } => load(file, managed, environment, previous),
        }
    }
}

fn load(file: &Path, managed: &Path, environment: &Environment, previous: Option<&Loaded>) -> Loaded {
    let mut errors = Vec::new();
    let mut open = |path: &Path| match layer::read(path) {
        Ok(Some(layer)) => (layer, FileState::Loaded),
        Ok(None) => (Layer::default(), FileState::Missing),
        Err(error) => {
            errors.push(error);
            (Layer::default(), FileState::Broken)
        }
    };
    let (mut file_layer, mut file_state) = open(file);
    let (managed_layer, mut managed_state) = open(managed);

    let ids: Vec<&str> =
        file_layer.endpoints.keys().chain(managed_layer.endpoints.keys()).map(String::as_str).collect();
    let environment = environment::read(environment, &ids);
    let layers = Layers { file: file_layer.value.clone(), environment, managed: managed_layer.value };
    let Resolved { mut settings, mut problems, without_url } = layers.resolve();
    let mut values = provenance::values(&layers);

    for id in &without_url {
        match file_layer.endpoints.get(id) {
            Some(named) if !named.has_url => file_layer.issues.push(no_url(id, named)),
            Some(_) => {}
            None => problems.push(left_out(id, managed)),
        }
    }
    file_layer.issues.sort_by_key(|issue| (issue.line, issue.column));
    for (path, issues, state) in
        [(file, file_layer.issues, &mut file_state), (managed, managed_layer.issues, &mut managed_state)]
    {
        if !issues.is_empty() {
            *state = FileState::Broken;
            errors.push(SettingsError { file: path.to_owned(), code: ErrorCode::ConfigInvalid, issues });
        }
    }

    if !errors.is_empty() {
        // Half of a broken file is not what anybody asked for: all of the last good one, or nothing.
        let standing;
        (settings, values, standing) = match previous {
            Some(previous) => {
                (previous.settings.clone(), previous.values.clone(), previous.standing_problems())
            }
            None => (Settings::default(), Vec::new(), layers.environment.problems),
        };
        problems = errors.iter().flat_map(SettingsError::problems).chain(standing).collect();
    }
    Loaded {
        settings,
        problems,
        errors,
        values,
        file: Some((file.to_owned(), file_state)),
        managed: Some((managed.to_owned(), managed_state)),
    }
}

fn no_url(id: &str, named: &Named) -> Issue {
    Issue {
        path: format!("websocket.connections.{id}"),
        line: Some(named.line),
        column: Some(named.column),
        message: "\"url\" is missing".to_owned(),
        hint: "add \"url\": \"ws://HOST:PORT/PATH\"".to_owned(),
        endpoint: id.parse().ok(),
    }
}

fn left_out(id: &str, managed: &Path) -> Problem {
    Problem {
        code: ErrorCode::ConfigInvalid,
        message: format!("websocket.connections.{id}: \"url\" is missing"),
        detail: format!(
            "{} names this endpoint and nothing says where it is. It is left out.",
            managed.display()
        ),
        endpoint: id.parse().ok(),
    }
}
