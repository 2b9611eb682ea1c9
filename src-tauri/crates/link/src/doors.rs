//! Where to knock, by host, and whether somebody has answered. Knocks; what follows is the machine's decision.

use std::{future::Future, net::SocketAddr, time::Duration};

use dial::Dialer;

use crate::Host;

/// Time a knock gets.
const KNOCK_LIMIT: Duration = Duration::from_secs(1);

/// The doors of a link's hosts.
#[derive(Debug)]
pub(crate) struct Doors {
    /// The last session's address, or those where the last dial found nobody.
    addresses: Vec<Vec<SocketAddr>>,
    /// Where a knock was answered since the last dial, and nobody listened before.
    invited_to: Option<Host>,
}

impl Doors {
    /// The doors of so many hosts, none of them known.
    pub(crate) fn new(hosts: usize) -> Self {
        Self { addresses: vec![Vec::new(); hosts], invited_to: None }
    }

    /// A dial went to these.
    pub(crate) fn are_at(&mut self, host: Host, addresses: &[SocketAddr]) {
        if let Some(known) = self.addresses.get_mut(host.0) {
            *known = addresses.to_vec();
        }
    }

    /// Whether anybody listens at this host.
    pub(crate) fn knock(&self, host: Host) -> impl Future<Output = bool> + Send + use<> {
        let doors = self.addresses.get(host.0).cloned().unwrap_or_default();
        async move {
            for door in doors {
                if Dialer::knock(door, KNOCK_LIMIT).await.is_ok() {
                    return true;
                }
            }
            false
        }
    }

    /// A knock was answered where nobody was before.
    pub(crate) fn invite(&mut self, host: Host) {
        self.invited_to = Some(host);
    }

    /// Whether the dial that starts now goes where a knock was answered. Holds for one dial.
    pub(crate) fn take_invitation(&mut self, host: Host) -> bool {
        self.invited_to.take() == Some(host)
    }

    /// The next dial has another reason.
    pub(crate) fn forget_invitation(&mut self) {
        self.invited_to = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_for_one_dial_to_the_host_that_gave_it_and_for_none_after_a_pause() {
        let (here, there) = (Host(0), Host(1));
        let mut doors = Doors::new(2);
        doors.invite(there);
        assert!(!doors.take_invitation(here) && !doors.take_invitation(there), "the dial went elsewhere");
        doors.invite(here);
        assert!(doors.take_invitation(here) && !doors.take_invitation(here));
        doors.invite(here);
        doors.forget_invitation();
        assert!(!doors.take_invitation(here));
    }
}
