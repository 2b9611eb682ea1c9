//! `linekeeper connect`, `reconnect`, `pause` and `resume`.

use crate::{args::TargetArgs, client::Client, exit::Exit, home, output::say};

/// An order and the words for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Connect,
    Reconnect,
    Pause,
    Resume,
}

impl Order {
    fn path(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Reconnect => "reconnect",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    fn given(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Reconnect => "reconnecting",
            Self::Pause => "pausing",
            Self::Resume => "resuming",
        }
    }
}

pub(crate) async fn give(order: Order, target: &TargetArgs) -> anyhow::Result<Exit> {
    let client = Client::of(&home::paths(None)?)?;
    let (path, who) = match &target.endpoint {
        Some(id) => (format!("/v1/endpoints/{id}/{}", order.path()), id.as_str()),
        None => (format!("/v1/{}", order.path()), "all endpoints"),
    };
    client.order(&path).await?;
    say(&format!("{} {who}", order.given()));
    Ok(Exit::Done)
}
