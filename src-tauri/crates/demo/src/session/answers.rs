//! What a session says by itself when it opens, and what it answers.

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{
    Session,
    ending::{End, broken},
};
use crate::{
    DemoPath,
    ask::Ask,
    envelope::{Envelope, Refusal, text, wall_clock},
    feed::Feed,
};

impl Session {
    pub(super) async fn greet(&mut self) -> Result<(), End> {
        match self.setup.path {
            DemoPath::Hub => {
                let id = json!({"connection_id": self.setup.entry.id()});
                self.say("connection_established", None, id).await
            }
            DemoPath::Sentiment => match self.setup.feed.as_ref().map(Feed::latest) {
                Some(batch) => self.send_wanted(&batch).await,
                None => Ok(()),
            },
            DemoPath::Monitoring | DemoPath::MarketData | DemoPath::News | DemoPath::HuggingFace => Ok(()),
        }
    }

    pub(super) async fn answer(&mut self, frame: Option<Result<Message, Error>>) -> Result<(), End> {
        let message = match frame {
            None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(&error)),
            Some(Ok(message)) => message,
        };
        self.heard = Instant::now();
        self.setup.entry.seen();
        match message {
            Message::Text(asked) => match Ask::parse(self.setup.path, &asked) {
                Ok(ask) => self.obey(ask).await,
                Err(refusal) => self.send(text(&refusal.into_message(wall_clock()))).await,
            },
            Message::Binary(bytes) if self.setup.path == DemoPath::Hub => {
                self.write(Message::Binary(bytes)).await
            }
            Message::Binary(_) => {
                let refusal = Refusal::bad_request("this path takes JSON in text frames", Value::Null);
                self.send(text(&refusal.into_message(wall_clock()))).await
            }
            // The protocol layer has the pong ready and sends it with the next read; a slow server is late.
            Message::Ping(_) => self.delay().await,
            // It also answers a close frame; the next read ends the session.
            Message::Close(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn obey(&mut self, ask: Ask) -> Result<(), End> {
        match ask {
            Ask::Ping { id } => self.say("pong", id, json!({})).await,
            Ask::Subscribe(symbols) => {
                let symbols = self.interest.change_symbols(&symbols, true);
                self.say("subscribed", None, json!({"symbols": symbols})).await
            }
            Ask::Unsubscribe(symbols) => {
                let symbols = self.interest.change_symbols(&symbols, false);
                self.say("subscribed", None, json!({"symbols": symbols})).await
            }
            Ask::GetAll => {
                let Some(latest) = self.setup.feed.as_ref().map(Feed::latest) else {
                    return Ok(());
                };
                for item in latest.iter() {
                    self.send(item.text.clone()).await?;
                }
                Ok(())
            }
            Ask::Filter(words) => {
                self.interest.choose_words(words.clone());
                self.say("filtered", None, json!({"keywords": words})).await
            }
            Ask::Echo { id, data } => {
                if id.is_some() {
                    self.say("ack", id.clone(), json!({})).await?;
                }
                self.say("message", id, data).await
            }
        }
    }

    async fn say(&mut self, kind: &'static str, id: Option<Value>, data: Value) -> Result<(), End> {
        self.send(text(&Envelope::new(kind, wall_clock(), data).answering(id))).await
    }
}
