//! `linekeeper status`.

use std::time::Duration;

use jiff::Timestamp;
use model::AgentEvent;

use crate::{
    client::{Client, Told},
    exit::Exit,
    feed::Feed,
    home, journal, live,
    output::{self, say},
    paint::Painter,
    signals::{Interrupts, unless_interrupted},
    terminal,
    view::{UNBOUNDED, View},
};

/// Shows the status once.
pub(crate) async fn once(json: bool) -> anyhow::Result<Exit> {
    let client = Client::of(&home::paths(None)?)?;
    let status = client.status().await?;
    if json {
        output::print_document(&status)?;
        return Ok(Exit::Done);
    }
    let on_terminal = output::on_terminal();
    // A token has no place in a file or in another program's input.
    let link = if on_terminal { Some(client.ui_link()) } else { status.gateway.url.clone() };
    let view = View {
        status: &status,
        link: link.as_deref(),
        uptime: Duration::from_millis(status.agent.uptime_ms),
        now: Timestamp::now(),
        columns: if on_terminal { terminal::size().0 } else { UNBOUNDED },
        painter: Painter { colour: output::has_colour() },
    };
    for line in view.lines() {
        output::print(&line)?;
    }
    Ok(Exit::Done)
}

/// Follows the status until Ctrl-C or the agent's end.
pub(crate) async fn watch(json: bool) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let client = Client::of(&home::paths(None)?)?;
    let feed = Feed::Gateway(Box::new(client.events().await?));
    let shown = unless_interrupted(&mut interrupts, async move {
        let showing = async {
            if json {
                print_snapshots(feed).await
            } else if terminal::can_draw() {
                live::show(feed, || Some(client.ui_link()), "Ctrl-C leaves; Linekeeper goes on").await
            } else {
                journal::keep(feed).await
            }
        };
        tokio::select! {
            shown = showing => shown,
            error = output::reader_gone() => Err(error.into()),
        }
    });
    if shown.await?.is_none() {
        return Ok(Exit::Done);
    }
    say("linekeeper: the agent ended");
    Ok(Exit::AgentEnded)
}

/// Prints each status as one line of JSON until the agent ends.
async fn print_snapshots(mut feed: Feed) -> anyhow::Result<()> {
    while let Some(told) = feed.next().await? {
        if let Told::Event(AgentEvent::Status(status)) = told {
            output::print_line(&status)?;
        }
    }
    Ok(())
}
