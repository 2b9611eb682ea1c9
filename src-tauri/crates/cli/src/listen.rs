//! `linekeeper listen`: messages of one endpoint, one per line.

use model::{AgentEvent, EndpointId, MessageFormat, ReceivedMessage, StatusSnapshot};
use serde_json::Value;

use crate::{
    client::{Client, Events, Told},
    exit::Exit,
    home,
    output::{self, say},
    plain::{escape_breaks, one_line},
    signals::{Interrupts, unless_interrupted},
};

pub(crate) async fn listen(endpoint: EndpointId, json: bool) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let client = Client::of(&home::paths(None)?)?;
    let events = client.events().await?;
    let ended = unless_interrupted(&mut interrupts, async move {
        tokio::select! {
            ended = print_messages(events, endpoint, json) => ended,
            error = output::reader_gone() => Err(error.into()),
        }
    });
    Ok(ended.await?.unwrap_or(Exit::Done))
}

async fn print_messages(mut events: Events, endpoint: EndpointId, json: bool) -> anyhow::Result<Exit> {
    while let Some(told) = events.next().await? {
        match told {
            Told::Event(AgentEvent::Status(status)) => check_known(&status, &endpoint)?,
            Told::Event(AgentEvent::Message(message)) if message.endpoint == endpoint => {
                if json {
                    output::print_line(&message)?;
                } else {
                    output::print(&raw(&message, output::on_terminal()))?;
                }
            }
            Told::Event(AgentEvent::Message(_) | AgentEvent::Transition(_) | AgentEvent::Delivered(_)) => {}
            Told::Missed(count) => say(&format!(
                "linekeeper: {count} events were missed, messages of {endpoint} may be among them: the output is read too slowly"
            )),
        }
    }
    say("linekeeper: the agent ended");
    Ok(Exit::AgentEnded)
}

/// Also while listening: the configuration may change.
fn check_known(status: &StatusSnapshot, endpoint: &EndpointId) -> anyhow::Result<()> {
    let known: Vec<&str> = status.endpoints.iter().map(|known| known.id.as_str()).collect();
    match known.as_slice() {
        [] => anyhow::bail!("there is no endpoint {endpoint}; none is configured"),
        known if known.contains(&endpoint.as_str()) => Ok(()),
        known => anyhow::bail!("there is no endpoint {endpoint}; there are: {}", known.join(", ")),
    }
}

/// The payload on one line. A terminal gets no control characters; a pipe gets all but line breaks.
fn raw(message: &ReceivedMessage, on_terminal: bool) -> String {
    let text = match (&message.data, message.format) {
        (Value::String(text), MessageFormat::Text | MessageFormat::Binary) => text.clone(),
        (value, _) => value.to_string(),
    };
    if on_terminal { one_line(&text) } else { escape_breaks(&text) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn message(format: MessageFormat, data: impl Into<Value>) -> ReceivedMessage {
        ReceivedMessage {
            endpoint: "pulse".parse().unwrap(),
            seq: 1,
            received_at: Timestamp::UNIX_EPOCH,
            format,
            data: data.into(),
            bytes: 1,
            truncated: false,
        }
    }

    #[test]
    fn a_message_is_one_line_in_its_own_form() {
        let json = message(MessageFormat::Json, serde_json::json!({"z": 1, "a": "x\ny"}));
        assert_eq!(raw(&json, false), r#"{"z":1,"a":"x\ny"}"#);
        assert_eq!(raw(&message(MessageFormat::Json, "quoted"), false), r#""quoted""#);
        assert_eq!(raw(&message(MessageFormat::Text, "two\nlines"), false), "two\\nlines");
        assert_eq!(raw(&message(MessageFormat::Binary, "AAE="), false), "AAE=");
    }

    #[test]
    fn a_terminal_is_not_at_the_mercy_of_a_server() {
        let hostile = message(MessageFormat::Text, "\u{1b}]0;title\u{7}text");
        assert_eq!(raw(&hostile, true), "]0;titletext");
        assert_eq!(raw(&hostile, false), "\u{1b}]0;title\u{7}text");
    }
}
