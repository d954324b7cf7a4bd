//! Addresses on which nobody listens.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Above those of `deploy/local/ports.sh`, and below the ports that the system gives to outgoing connections (on Linux 32768 and up), of
/// which a flood could take one before its listener does.
const PORTS: Range<u16> = 20_000..32_000;

/// Those that were given out last: the address of a process that is not started yet, or was killed, looks free to others.
static GIVEN_OUT: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Taken and let go again: the process that it is for binds it a moment later. None is given out again before thousands of others.
pub(crate) fn free_address() -> SocketAddr {
    let mut given_out = GIVEN_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    if given_out.len() > PORTS.len() / 2 {
        given_out.clear();
    }
    loop {
        let port = fastrand::u16(PORTS);
        let address = (Ipv4Addr::LOCALHOST, port).into();
        if !given_out.contains(&port) && TcpListener::bind(address).is_ok() {
            given_out.insert(port);
            return address;
        }
    }
}
