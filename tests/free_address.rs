//! Addresses on which nobody listens.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;

/// As in `deploy/local/ports.sh`: below the ports that the system gives to outgoing connections (on Linux 32768 and up), of which a
/// flood could take one before its listener does.
const PORTS: Range<u16> = 20_000..32_000;

/// Taken and let go again: the process that it is for binds it a moment later.
pub(crate) fn free_address() -> SocketAddr {
    loop {
        let address = (Ipv4Addr::LOCALHOST, fastrand::u16(PORTS)).into();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
