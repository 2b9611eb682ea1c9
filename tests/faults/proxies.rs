//! A proxy that is there at first and taken away while a session runs through it.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use dial::{
    DesktopProxies, DesktopSettings, DesktopUnreadable, Dialer, Exceptions, Lookup, ProxyChoice,
    ProxyEnvironment, ProxyServer, ResolveError, SystemProxies,
};
use model::EndpointState as S;
use suites::{
    fault_server::{FaultServer, Script},
    running_link::RunningLink,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Every name is this computer.
struct Here;

impl Lookup for Here {
    fn lookup(&self, _host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

/// Settings that somebody changes.
struct Settings(Mutex<DesktopSettings>);

impl DesktopProxies for Settings {
    fn read(&self) -> Result<DesktopSettings, DesktopUnreadable> {
        Ok(self.0.lock().expect("nobody panics with it").clone())
    }
}

/// A proxy that leads every CONNECT to one server; aborting it cuts every tunnel.
async fn proxy(to: SocketAddr, asked: Arc<AtomicUsize>) -> Result<(u16, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let task = tokio::spawn(async move {
        let mut tunnels = JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            asked.fetch_add(1, Ordering::SeqCst);
            tunnels.spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await?);
                }
                let mut server = TcpStream::connect(to).await?;
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    Ok((port, task))
}

#[tokio::test]
async fn a_proxy_that_is_switched_off_under_a_session_is_gone_round_within_3_s() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let asked = Arc::new(AtomicUsize::new(0));
    let (port, proxying) = proxy(server.address(), Arc::clone(&asked)).await?;
    let manual = DesktopSettings::Manual {
        http: ProxyServer::parse(&format!("http://proxy.example:{port}")).map(Some),
        https: Ok(None),
        socks: Ok(None),
        exceptions: Exceptions::default(),
    };
    let settings = Arc::new(Settings(Mutex::new(manual)));
    let desktop: Arc<dyn DesktopProxies> = settings.clone();
    let proxies = SystemProxies::new(ProxyEnvironment::from(HashMap::new()), desktop);
    let dialer = Dialer::with_lookup(Arc::new(Here)).with_system_proxies(proxies);
    let url = format!("ws://feed.example:{}/feed", server.address().port());
    let mut link =
        RunningLink::start_with(dialer, &url, |config| config.request.proxy = ProxyChoice::System).await?;
    link.until_state(S::Connected).await?;
    assert_eq!((asked.load(Ordering::SeqCst), server.requests()), (1, 1));

    *settings.0.lock().expect("nobody panics with it") = DesktopSettings::Off;
    proxying.abort();
    let lost = link.until_failure(0).await?;
    assert!(lost.wait().unwrap_or_default() <= Duration::from_secs(3), "{:?}", lost.wait());
    let back = link.until_state(S::Connected).await?;
    // The very next try, and not by way of a proxy that is no more.
    assert_eq!((back.view.failures_total, asked.load(Ordering::SeqCst), server.requests()), (1, 1, 2));
    Ok(())
}
