//! A real agent that reaches its endpoint through a configured proxy, and one that the proxy turns away.

use anyhow::{Context as _, Result};
use model::{EndpointState as S, ErrorCode, Reason};
use serde_json::json;
use suites::running_agent::RunningAgent;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

/// A proxy that knows CONNECT and one password; tells each request line it got.
async fn proxy() -> Result<(u16, UnboundedReceiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let (tell, told) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut client = BufReader::new(client);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if client.read_line(&mut head).await? == 0 {
                        return Ok(());
                    }
                }
                let _ = tell.send(head.lines().next().unwrap_or_default().to_owned());
                // "user:word" in Base64.
                if !head.to_lowercase().contains("proxy-authorization: basic dxnlcjp3b3jk") {
                    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                                   Proxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
                    return client.write_all(refusal.as_bytes()).await;
                }
                let target = head.split(' ').nth(1).unwrap_or_default();
                let mut server = TcpStream::connect(target).await?;
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                copy_bidirectional(&mut client, &mut server).await.map(|_| ())
            });
        }
    });
    Ok((port, told))
}

#[tokio::test]
async fn an_endpoint_is_reached_through_its_proxy_and_its_password_is_shown_nowhere() -> Result<()> {
    let demo = demo::start_or_join("127.0.0.1:0".parse()?).await?;
    let (port, mut told) = proxy().await?;
    let config = json!({
        "websocket": { "connections": { "hub": {
            "url": format!("ws://{}/ws", demo.addr), "proxy": format!("http://user:word@127.0.0.1:{port}"),
        } } },
        "gateway": { "enabled": false },
    });
    let agent = RunningAgent::start(&config).await?;
    let snapshot = agent.until_all(S::Connected).await?;
    assert!(snapshot.problems.is_empty(), "{:?}", snapshot.problems);
    let request = told.recv().await.context("the proxy was asked")?;
    assert_eq!(request, format!("CONNECT {} HTTP/1.1", demo.addr));
    assert!(!serde_json::to_string(&snapshot)?.contains("word"), "the password is in the snapshot");
    agent.shutdown().await;
    Ok(demo.shutdown().await?)
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_needs_a_person() -> Result<()> {
    let (port, _told) = proxy().await?;
    let config = json!({
        "websocket": { "connections": { "hub": {
            "url": "ws://127.0.0.1:9/ws", "proxy": format!("http://127.0.0.1:{port}"),
        } } },
        "gateway": { "enabled": false },
    });
    let agent = RunningAgent::start(&config).await?;
    let hub = agent.until_first("a verdict", |hub| hub.state == S::Failed).await?;
    assert_eq!(hub.reason, Some(Reason::AuthRequired));
    assert_eq!(hub.last_error.context("an error")?.code, ErrorCode::ProxyAuthRequired);
    agent.shutdown().await;
    Ok(())
}
