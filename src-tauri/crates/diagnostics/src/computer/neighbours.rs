//! Is the router next door there? One empty datagram in its direction makes the kernel ask for it; the kernel's table then
//! says what came of it. Needs no rights and no ICMP.

use std::{
    io,
    net::{IpAddr, SocketAddr, SocketAddrV6},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    net::UdpSocket,
    time::{Instant, sleep, timeout},
};

use crate::facts::{Neighbour, NeighbourState, RouteFacts};

/// The discard service, which nobody offers: a router that refuses it has answered.
const DISCARD: u16 = 9;
/// The kernel asks three times, a second apart, before it gives a neighbour up.
const PATIENCE: Duration = Duration::from_millis(3_500);
/// How long others are waited for once a router has answered.
const GRACE: Duration = Duration::from_millis(50);
/// How long a router that answered once may take to answer again.
const ANSWER: Duration = Duration::from_millis(30);
/// First wait between two looks; it doubles.
const FIRST_LOOK: Duration = Duration::from_millis(1);
/// Last wait between two looks.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// The routers of these routes, after something was sent their way; empty where this system does not tell.
///
/// Whether one is gone takes the kernel seconds to know. Unless `thorough`, that long is waited only while no other router
/// has answered: one that has shows that this computer is on a network, and the rest may stay undecided.
pub(super) async fn ask(routes: &[&RouteFacts], thorough: bool) -> Vec<Neighbour> {
    let began = Instant::now();
    let routed = routes.iter().filter_map(|route| Some((route.gateway?, route.interface.as_str())));
    let poked = join_all(routed.map(|(address, interface)| async move {
        (
            Neighbour { address, interface: interface.to_owned(), state: NeighbourState::Unknown },
            poke(address, interface).await.ok(),
        )
    }));
    let mut asked = poked.await;
    let mut pause = FIRST_LOOK;
    loop {
        for (neighbour, _) in &mut asked {
            let Some(state) = state(neighbour) else { return Vec::new() };
            neighbour.state = state;
        }
        let answered = |state| matches!(state, NeighbourState::Reachable | NeighbourState::Stale);
        let enough = !thorough && asked.iter().any(|(one, _)| answered(one.state));
        let limit = if enough { GRACE } else { PATIENCE };
        if !asked.iter().any(|(one, _)| one.state == NeighbourState::Incomplete) || began.elapsed() >= limit {
            break;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
    join_all(asked.into_iter().map(|(neighbour, socket)| confirmed(neighbour, socket))).await
}

/// A router that was there lately is asked for a refusal, which only one that is there now can send.
async fn confirmed(mut neighbour: Neighbour, poked: Option<UdpSocket>) -> Neighbour {
    if let (Some(socket), NeighbourState::Stale | NeighbourState::Unknown) = (poked, neighbour.state)
        && refuses(&socket).await
    {
        neighbour.state = NeighbourState::Reachable;
    }
    neighbour
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

/// What the kernel's table says. `None` where there is none to be read.
#[cfg(target_os = "linux")]
fn state(of: &Neighbour) -> Option<NeighbourState> {
    let index = index(&of.interface)?;
    let rows = super::netlink::neighbours().ok()?;
    let row = rows.iter().find(|row| row.address == of.address && row.interface == index);
    Some(row.map_or(NeighbourState::Unknown, |row| row.state))
}

#[cfg(not(target_os = "linux"))]
fn state(_of: &Neighbour) -> Option<NeighbourState> {
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
