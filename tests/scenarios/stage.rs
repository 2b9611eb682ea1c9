//! Stages a scenario: starts its ingredients and writes the configuration that leads to them.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use suites::ReservedPort;
use tempfile::TempDir;

use crate::{
    certificates::Authorities,
    computer::Computer,
    full_port::FullPort,
    plan::{Ingredient, ServerPlan, TlsPlan},
    proxy::Device,
    scenario::Scenario,
    server::{Conduct, Server},
};

/// A staged scenario. Dropping it takes everything down.
#[derive(Debug)]
pub(crate) struct Stage {
    folder: TempDir,
    computer: Option<Computer>,
    authorities: Authorities,
    ingredients: BTreeMap<String, Running>,
    endpoints: Map<String, Value>,
    environment: BTreeMap<String, String>,
}

#[derive(Debug)]
enum Running {
    Server(Box<Server>),
    Device(Device),
    Full(FullPort),
    Closed(ReservedPort),
    Elsewhere(String),
    /// A closed port of another computer: nobody can take it.
    Nobody(SocketAddr),
}

impl Running {
    /// `host:port`.
    fn address(&self) -> Result<String> {
        Ok(match self {
            Self::Server(server) => server.address().to_string(),
            Self::Device(device) => device.address().to_string(),
            Self::Full(port) => port.address()?.to_string(),
            Self::Closed(port) => port.address()?.to_string(),
            Self::Elsewhere(address) => address.clone(),
            Self::Nobody(address) => address.to_string(),
        })
    }
}

impl Stage {
    /// Everything as the scenario says, and as the `before` of its ingredients says where a check is made before.
    pub(crate) fn set(scenario: &Scenario) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("scenario-").tempdir()?;
        fs::create_dir_all(folder.path().join("linekeeper/data"))?;
        let computer = match &scenario.computer {
            Some(plan) => Some(Computer::set_up(plan, folder.path())?),
            None => None,
        };
        let mut stage = Self {
            authorities: Authorities::in_folder(folder.path()),
            folder,
            computer,
            ingredients: BTreeMap::new(),
            endpoints: Map::new(),
            environment: BTreeMap::new(),
        };
        // Devices lead to servers, so servers come first.
        let (devices, others): (Vec<_>, Vec<_>) =
            scenario.stage.iter().partition(|(_, one)| matches!(one, Ingredient::Intermediary { .. }));
        for (name, ingredient) in others.into_iter().chain(devices) {
            let running = stage.start(ingredient, scenario.check.has_a_before())?;
            stage.ingredients.insert(name.clone(), running);
        }
        for (name, ingredient) in &scenario.stage {
            if !scenario.aside.contains(name) {
                stage.lead_to(name, ingredient, scenario.endpoints.get(name))?;
            }
        }
        for (name, more) in &scenario.endpoints {
            if !scenario.stage.contains_key(name) {
                let endpoint = stage.filled(more)?;
                stage.endpoints.insert(name.clone(), endpoint);
            }
        }
        stage.write_config(&scenario.config)?;
        stage.fill_environment(scenario)?;
        if let (Some(computer), Some(plan)) = (&mut stage.computer, &scenario.computer) {
            let first = plan.wire_before.filter(|_| scenario.check.has_a_before());
            if let Some(wire) = first.or(plan.wire) {
                computer.set_wire(wire)?;
            }
        }
        Ok(stage)
    }

    /// Everything as it is for the check itself, where it was something else before.
    pub(crate) fn turn(&mut self, scenario: &Scenario) -> Result<()> {
        for (name, ingredient) in &scenario.stage {
            if let (Ingredient::Server(plan), Some(Running::Server(server))) =
                (ingredient, self.ingredients.get(name))
            {
                server.change(self.conduct(plan)?);
            }
        }
        if let (Some(computer), Some(wire)) =
            (&mut self.computer, scenario.computer.as_ref().and_then(|plan| plan.wire))
        {
            computer.set_wire(wire)?;
        }
        Ok(())
    }

    /// The home of Linekeeper.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("linekeeper")
    }

    /// Program and arguments in front of a command that is to run there.
    pub(crate) fn entry(&self) -> Vec<String> {
        self.computer.as_ref().map(Computer::entry).unwrap_or_default()
    }

    /// The computer, where the scenario has one of its own.
    pub(crate) fn computer(&self) -> Option<&Computer> {
        self.computer.as_ref()
    }

    /// Environment variables of the programs that run there.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The endpoints as the configuration has them.
    pub(crate) fn endpoints(&self) -> &Map<String, Value> {
        &self.endpoints
    }

    /// Heads of the requests an ingredient has got.
    pub(crate) fn requests(&self, name: &str) -> Result<Vec<String>> {
        match self.ingredients.get(name) {
            Some(Running::Server(server)) => Ok(server.requests()),
            Some(Running::Device(device)) => Ok(device.requests()),
            _ => bail!("{name} counts no requests"),
        }
    }

    /// `{name}`, `{name.ip}` and `{name.port}` replaced by where an ingredient is, `{day-48}` by the day 48 hours ago.
    pub(crate) fn fill(&self, text: &str) -> Result<String> {
        let mut text = text.to_owned();
        if let Some((_, rest)) = text.split_once("{day")
            && let Some((hours, _)) = rest.split_once('}')
        {
            let then =
                jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_hours(hours.parse()?))?;
            text = text.replace(&format!("{{day{hours}}}"), &then.strftime("%Y-%m-%d").to_string());
        }
        for (name, running) in &self.ingredients {
            if text.contains(&format!("{{{name}")) {
                let address = running.address()?;
                let (ip, port) = address.rsplit_once(':').context("a port")?;
                text = text.replace(&format!("{{{name}}}"), &address);
                text = text.replace(&format!("{{{name}.ip}}"), ip).replace(&format!("{{{name}.port}}"), port);
            }
        }
        Ok(text)
    }

    fn filled(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect::<Result<_>>()?,
            Value::Object(items) => {
                let filled = items.iter().map(|(key, item)| Ok((key.clone(), self.filled(item)?)));
                Value::Object(filled.collect::<Result<_>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    fn start(&self, ingredient: &Ingredient, before: bool) -> Result<Running> {
        Ok(match ingredient {
            Ingredient::Server(plan) => {
                let listener = self.listen(plan.at.as_deref(), plan.port)?;
                let now = plan.before.as_deref().filter(|_| before).unwrap_or(plan);
                Running::Server(Box::new(Server::on(listener, self.conduct(now)?)?))
            }
            Ingredient::Closed { at: None, .. } => Running::Closed(ReservedPort::any()?),
            Ingredient::Closed { at: Some(at), port, .. } => {
                Running::Nobody(SocketAddr::new(at.parse()?, port.context("a closed port is named")?))
            }
            Ingredient::Full { .. } => Running::Full(FullPort::open()?),
            Ingredient::Elsewhere { at, .. } => Running::Elsewhere(at.clone()),
            Ingredient::Proxy(plan) => {
                Running::Device(Device::proxy(self.listen(plan.at.as_deref(), plan.port)?, plan)?)
            }
            Ingredient::Intermediary { before } => {
                let server = self.ingredients.get(before).context("the server behind is staged")?;
                let listener = self.listen(None, None)?;
                Running::Device(Device::intermediary(listener, server.address()?.parse()?)?)
            }
        })
    }

    fn listen(&self, at: Option<&str>, port: Option<u16>) -> Result<TcpListener> {
        let address = SocketAddr::new(at.unwrap_or("127.0.0.1").parse()?, port.unwrap_or(0));
        match &self.computer {
            Some(computer) => computer.listen(address),
            None => TcpListener::bind(address).with_context(|| format!("{address} can be listened on")),
        }
    }

    fn conduct(&self, plan: &ServerPlan) -> Result<Conduct> {
        let tls = plan.tls.as_ref().map(|tls| self.authorities.server(tls)).transpose()?;
        Ok(Conduct { plan: Arc::new(plan.clone()), tls })
    }

    /// Makes an endpoint of an ingredient.
    fn lead_to(&mut self, name: &str, ingredient: &Ingredient, more: Option<&Value>) -> Result<()> {
        let running = self.ingredients.get(name).context("it is staged")?;
        let tls = tls_of(ingredient);
        let encrypted = match ingredient {
            Ingredient::Server(_) => tls.is_some(),
            Ingredient::Closed { tls, .. } | Ingredient::Full { tls } | Ingredient::Elsewhere { tls, .. } => {
                *tls
            }
            Ingredient::Intermediary { .. } => false,
            Ingredient::Proxy(_) => return Ok(()),
        };
        let scheme = if encrypted { "wss" } else { "ws" };
        let mut endpoint = json!({ "url": format!("{scheme}://{}/feed", running.address()?) });
        if let Some(file) = tls.map(|tls| self.authorities.ca_file(tls)).transpose()?.flatten() {
            endpoint["tls"] = json!({ "ca_file": file });
        }
        if let Some(more) = more {
            merge(&mut endpoint, self.filled(more)?);
        }
        self.endpoints.insert(name.to_owned(), endpoint);
        Ok(())
    }

    fn write_config(&self, more: &Value) -> Result<()> {
        let mut config = json!({
            "websocket": { "connections": self.endpoints },
            "gateway": { "listen": "127.0.0.1:0" },
        });
        merge(&mut config, self.filled(more)?);
        Ok(fs::write(self.home().join("config.json"), config.to_string())?)
    }

    fn fill_environment(&mut self, scenario: &Scenario) -> Result<()> {
        let plans = scenario.stage.values().flat_map(all_tls_of);
        let trusted = self.authorities.system_file(plans)?;
        let own = |name: &str, path: PathBuf| (name.to_owned(), path.to_string_lossy().into_owned());
        self.environment.extend([
            own("LINEKEEPER_HOME", self.home()),
            own("HOME", self.folder.path().to_owned()),
            own("SSL_CERT_FILE", trusted),
        ]);
        for (name, value) in &scenario.environment {
            let value = self.fill(value)?;
            self.environment.insert(name.clone(), value);
        }
        Ok(())
    }
}

fn tls_of(ingredient: &Ingredient) -> Option<&TlsPlan> {
    match ingredient {
        Ingredient::Server(plan) => plan.tls.as_ref(),
        Ingredient::Closed { .. }
        | Ingredient::Full { .. }
        | Ingredient::Elsewhere { .. }
        | Ingredient::Proxy(_)
        | Ingredient::Intermediary { .. } => None,
    }
}

/// Also that of an earlier check.
fn all_tls_of(ingredient: &Ingredient) -> impl Iterator<Item = &TlsPlan> {
    let before = if let Ingredient::Server(plan) = ingredient { plan.before.as_ref() } else { None };
    tls_of(ingredient).into_iter().chain(before.and_then(|before| before.tls.as_ref()))
}

/// Lays one JSON value over another: objects key by key, everything else whole.
pub(crate) fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (under, over) => *under = over,
    }
}
