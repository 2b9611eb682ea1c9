//! One question to one name server, asked directly: UDP, and TCP where the answer does not fit. Keeps the response code, which
//! the system's own resolver hides.
//!
//! An answer counts only if it comes from the server's address to the port of this question, bears its random number and
//! repeats the question. Everything else is passed over, and counted.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::{Instant, timeout_at},
};

use crate::facts::AnswerEnd;

/// How long one try may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Tries over UDP, which loses packets.
pub(super) const TRIES: u32 = 2;
/// Larger answers than any server sends over UDP without being asked to.
const DATAGRAM_BYTES: usize = 4096;
/// Addresses of one answer that are kept.
const MOST: usize = 64;

/// How a question ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) end: AnswerEnd,
    pub(super) elapsed: Duration,
    /// Datagrams sent.
    pub(super) tries: u32,
    /// The answer did not fit into a datagram.
    pub(super) over_tcp: bool,
    /// Datagrams that were no answer to this question.
    pub(super) ignored: u32,
}

/// Asks `server` for the addresses of `name` of one family. `patience` is for each try.
pub(super) async fn ask(server: SocketAddr, name: &Name, v6: bool, patience: Duration) -> Asked {
    let began = Instant::now();
    let mut asked =
        Asked { end: AnswerEnd::TimedOut, elapsed: Duration::ZERO, tries: 0, over_tcp: false, ignored: 0 };
    asked.end = match Question::new(name, v6) {
        Ok(question) => question.put(server, patience, &mut asked).await.unwrap_or_else(|error| error.into()),
        Err(error) => AnswerEnd::Unreachable(error),
    };
    asked.elapsed = began.elapsed();
    asked
}

/// What keeps a question from an answer.
enum NoAnswer {
    Silence,
    Socket(io::Error),
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

impl From<NoAnswer> for AnswerEnd {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Silence => Self::TimedOut,
            NoAnswer::Socket(error) => Self::Unreachable(dial::one_line(&error.to_string(), 200)),
        }
    }
}

struct Question {
    id: u16,
    query: Query,
    bytes: Vec<u8>,
}

/// An answer to the question.
struct Reply {
    end: AnswerEnd,
    truncated: bool,
}

impl Question {
    fn new(name: &Name, v6: bool) -> Result<Self, String> {
        let kind = if v6 { RecordType::AAAA } else { RecordType::A };
        let query = Query::query(name.clone(), kind);
        // A number an attacker could guess would let him answer in the server's place.
        let mut id = [0; 2];
        getrandom::fill(&mut id).map_err(|error| error.to_string())?;
        let id = u16::from_ne_bytes(id);
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        let bytes = message.to_vec().map_err(|error| error.to_string())?;
        Ok(Self { id, query, bytes })
    }

    async fn put(
        &self,
        server: SocketAddr,
        patience: Duration,
        asked: &mut Asked,
    ) -> Result<AnswerEnd, NoAnswer> {
        let reply = self.over_udp(server, patience, asked).await?;
        if !reply.truncated {
            return Ok(reply.end);
        }
        asked.over_tcp = true;
        let until = Instant::now() + patience;
        let whole = timeout_at(until, self.over_tcp(server)).await.unwrap_or(Err(NoAnswer::Silence));
        match (whole, reply.end) {
            (Ok(end), _) => Ok(end),
            // What came is worth more than why the rest did not.
            (Err(_), some @ AnswerEnd::Found(_)) => Ok(some),
            (Err(why), _) => Err(why),
        }
    }

    /// Every try waits for answers to all tries before it, too: they bear the same number.
    async fn over_udp(
        &self,
        server: SocketAddr,
        patience: Duration,
        asked: &mut Asked,
    ) -> Result<Reply, NoAnswer> {
        let any: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // The system chooses a random port; a connected socket hears this server alone, and its refusals.
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(server).await?;
        let mut buffer = [0; DATAGRAM_BYTES];
        for _ in 0..TRIES {
            asked.tries += 1;
            socket.send(&self.bytes).await?;
            let until = Instant::now() + patience;
            while let Ok(received) = timeout_at(until, socket.recv(&mut buffer)).await {
                match self.read(&buffer[..received?]) {
                    Some(reply) => return Ok(reply),
                    None => asked.ignored += 1,
                }
            }
        }
        Err(NoAnswer::Silence)
    }

    async fn over_tcp(&self, server: SocketAddr) -> Result<AnswerEnd, NoAnswer> {
        let mut stream = TcpStream::connect(server).await?;
        let length = u16::try_from(self.bytes.len()).map_err(io::Error::other)?;
        let framed = [&length.to_be_bytes()[..], &self.bytes].concat();
        stream.write_all(&framed).await?;
        loop {
            let mut answer = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut answer).await?;
            if let Some(reply) = self.read(&answer) {
                return Ok(reply.end);
            }
        }
    }

    /// The answer, if these bytes are one to this question.
    fn read(&self, bytes: &[u8]) -> Option<Reply> {
        let message = Message::from_vec(bytes).ok()?;
        let head = &message.metadata;
        let failed = head.response_code != ResponseCode::NoError;
        // Some servers leave the question out of a failure.
        let asked = match &message.queries[..] {
            [] => failed,
            [query] => {
                query.query_type() == self.query.query_type()
                    && query.query_class() == self.query.query_class()
                    && query.name().eq_ignore_root(self.query.name())
            }
            _ => false,
        };
        if head.id != self.id || head.message_type != MessageType::Response || !asked {
            return None;
        }
        // RFC 1035 §4.1.1.
        let end = match u16::from(head.response_code) {
            0 => self.addresses(&message),
            2 => AnswerEnd::ServFail,
            3 => AnswerEnd::NxDomain,
            5 => AnswerEnd::Refused,
            other => AnswerEnd::Other(other),
        };
        Some(Reply { end, truncated: head.truncation })
    }

    /// Those of the family asked for; the names between (CNAME) do not matter.
    fn addresses(&self, message: &Message) -> AnswerEnd {
        let mut found: Vec<IpAddr> = Vec::new();
        let v6 = self.query.query_type() == RecordType::AAAA;
        for record in &message.answers {
            let address = if let RData::A(address) = &record.data {
                IpAddr::V4(address.0)
            } else if let RData::AAAA(address) = &record.data {
                IpAddr::V6(address.0)
            } else {
                continue;
            };
            if address.is_ipv6() == v6 && found.len() < MOST && !found.contains(&address) {
                found.push(address);
            }
        }
        if found.is_empty() { AnswerEnd::NoData } else { AnswerEnd::Found(found) }
    }
}

#[cfg(test)]
#[path = "query/tests.rs"]
mod tests;
