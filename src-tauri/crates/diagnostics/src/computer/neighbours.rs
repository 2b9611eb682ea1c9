//! Is the router next door there? One empty datagram in its direction makes the kernel ask for it; the kernel's table then
//! says what came of it. Needs no rights and no ICMP.

use std::{
    io,
    net::{IpAddr, SocketAddr, SocketAddrV6},
    time::Duration,
};

use tokio::{
    net::UdpSocket,
    time::{Instant, sleep, timeout},
};

use crate::facts::{Neighbour, NeighbourState, RouteFacts};

/// The discard service, which nobody offers: a router that refuses it has answered.
const DISCARD: u16 = 9;
/// The kernel asks three times, a second apart, before it gives a neighbour up.
const PATIENCE: Duration = Duration::from_millis(3_500);
/// How long a router that answered once may take to answer again.
const ANSWER: Duration = Duration::from_millis(30);
/// First wait between two looks; it doubles.
const FIRST_LOOK: Duration = Duration::from_millis(1);
/// Last wait between two looks.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// The router of a route, after something was sent its way. `None` where this system does not tell.
pub(super) async fn ask(route: &RouteFacts) -> Option<Neighbour> {
    let address = route.gateway?;
    let poked = poke(address, &route.interface).await.ok();
    let state = settled(address, &route.interface).await?;
    let answered = match (&poked, state) {
        (Some(socket), NeighbourState::Stale | NeighbourState::Unknown) => refuses(socket).await,
        (Some(_) | None, _) => false,
    };
    let state = if answered { NeighbourState::Reachable } else { state };
    Some(Neighbour { address, interface: route.interface.clone(), state })
}

/// Sends an empty datagram. The kernel begins to ask for the neighbour before this returns.
async fn poke(address: IpAddr, interface: &str) -> io::Result<UdpSocket> {
    let (any, to): (SocketAddr, SocketAddr) = match address {
        IpAddr::V4(v4) => (([0; 4], 0).into(), (v4, DISCARD).into()),
        IpAddr::V6(v6) => {
            (([0_u16; 8], 0).into(), SocketAddrV6::new(v6, DISCARD, 0, index(interface).unwrap_or(0)).into())
        }
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    socket.send(&[]).await?;
    Ok(socket)
}

/// Whether an ICMP refusal comes back.
async fn refuses(socket: &UdpSocket) -> bool {
    let answer = timeout(ANSWER, socket.recv(&mut [0; 1])).await;
    answer.is_ok_and(|answer| match answer {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::ConnectionRefused,
    })
}

/// What the table says once the kernel has made up its mind.
async fn settled(address: IpAddr, interface: &str) -> Option<NeighbourState> {
    let until = Instant::now() + PATIENCE;
    let mut pause = FIRST_LOOK;
    loop {
        let state = state(address, interface)?;
        if state != NeighbourState::Incomplete || Instant::now() >= until {
            return Some(state);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

#[cfg(target_os = "linux")]
fn state(address: IpAddr, interface: &str) -> Option<NeighbourState> {
    let index = index(interface)?;
    let rows = super::netlink::neighbours().ok()?;
    let row = rows.iter().find(|row| row.address == address && row.interface == index);
    Some(row.map_or(NeighbourState::Unknown, |row| row.state))
}

#[cfg(not(target_os = "linux"))]
fn state(_address: IpAddr, _interface: &str) -> Option<NeighbourState> {
    None
}

#[cfg(unix)]
fn index(interface: &str) -> Option<u32> {
    nix::net::if_::if_nametoindex(interface).ok()
}

#[cfg(not(unix))]
fn index(_interface: &str) -> Option<u32> {
    None
}
