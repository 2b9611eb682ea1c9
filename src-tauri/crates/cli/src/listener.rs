//! Who listens at a port of this computer. A file that an agent left behind which was killed still names its port, and by
//! now somebody else of this computer may sit there and take messages.

/// Whether only other users listen there. `false` where that cannot be told: beyond Linux, and for the administrator, who
/// may look after anybody's agent.
#[cfg(target_os = "linux")]
pub(crate) fn is_a_strangers(port: u16) -> bool {
    use std::{fs, os::unix::fs::MetadataExt as _};

    let Ok(us) = fs::metadata("/proc/self").map(|process| process.uid()) else { return false };
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let owners: Vec<u32> = tables.iter().flat_map(|table| owners(table, port)).collect();
    us != ROOT && !owners.is_empty() && !owners.iter().any(|owner| *owner == us || *owner == ROOT)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_a_strangers(_: u16) -> bool {
    false
}

#[cfg(target_os = "linux")]
const ROOT: u32 = 0;

/// The users who listen at a port, by the kernel's table of sockets.
#[cfg(target_os = "linux")]
fn owners(table: &str, port: u16) -> impl Iterator<Item = u32> {
    /// `LISTEN`, as it stands in the fourth column.
    const LISTENING: &str = "0A";

    table.lines().skip(1).filter_map(move |line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, state, owner) = (columns.get(1)?, columns.get(3)?, columns.get(7)?);
        let (_, at) = local.rsplit_once(':')?;
        let found = *state == LISTENING && u16::from_str_radix(at, 16) == Ok(port);
        found.then(|| owner.parse().ok()).flatten()
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1EC6 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1060 1 00000000fa258991 100 0 0 10 0
   1: 0100007F:1EC6 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1002        0 1061 1 00000000fa258992 20 0 0 10 -1
   2: 0100007F:1EC7 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 1062 1 00000000fa258993 100 0 0 10 0
torn";

    #[test]
    fn only_those_who_listen_at_the_port_own_it() {
        assert_eq!(owners(TABLE, 7878).collect::<Vec<_>>(), [1001]);
        assert_eq!(owners(TABLE, 7879).collect::<Vec<_>>(), [1003]);
        assert_eq!(owners(TABLE, 80).count() + owners("", 7878).count(), 0);
    }

    #[test]
    fn what_listens_in_this_program_is_no_strangers() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        assert_eq!(owners(&table, port).count(), 1);
        assert!(!is_a_strangers(port));
    }
}
