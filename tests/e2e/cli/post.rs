//! One request to the gateway of an agent, byte by byte, as a program without any library would send it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::stage::Home;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A connection to the gateway.
pub(crate) struct Caller {
    stream: BufReader<TcpStream>,
    address: String,
    token: String,
}

impl Caller {
    pub(crate) fn connect(home: &Home) -> Result<Self> {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(home.gateway_file())?)?;
        let text = |key: &str| file[key].as_str().map(str::to_owned).context("gateway.json is whole");
        let address = text("url")?.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address, token: text("token")? })
    }

    /// Hands messages over to an endpoint, one a line.
    pub(crate) fn send(&mut self, endpoint: &str, lines: &str) -> Result<Answer> {
        let Self { address, token, .. } = self;
        let length = lines.len();
        let request = format!(
            "POST /v1/endpoints/{endpoint}/messages?batch=lines HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer {token}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{lines}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).context("a status line")?.parse()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Value::Null };
        let length = answer.header("content-length").context("a length")?.parse()?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        answer.body = serde_json::from_slice(&body)?;
        Ok(answer)
    }
}
