//! Where a request comes from, as far as that can be believed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crossdock_settings::TrustedProxies;
use http::{HeaderMap, HeaderName};

/// What a proxy adds the address to that it was called from, behind what the caller itself had sent.
///
/// Source: MDN, X-Forwarded-For (read 2026-11): a list, the last entry is of the last proxy; several headers are one list.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The part of an IPv6 address that one customer is given: in the other 64 bits it may choose freely.
const NETWORK_V6: u128 = !(u64::MAX as u128);

/// Whom failed verifications are counted against: an IPv4 address, or a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    /// IPv4 as `::ffff:a.b.c.d`.
    bits: u128,
    /// Whether many may be behind this address, as behind a proxy that is not configured: loopback, and what is no public
    /// address. One forger there must not shut out all others.
    pub(crate) shared: bool,
    /// Whether a proxy named it: then the connection is not its own.
    pub(crate) forwarded: bool,
}

impl Caller {
    /// The caller of a request: its peer, or, where that is a trusted proxy, the last address in `X-Forwarded-For` that is none.
    pub(crate) fn of(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &TrustedProxies) -> Self {
        let Some(peer) = peer else { return Self::at(Ipv6Addr::UNSPECIFIED.into(), true) };
        if !proxies.trusts(peer) {
            return Self::at(peer, false);
        }
        let lists = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = lists.flat_map(|list| list.as_bytes().rsplit(|byte| *byte == b','));
        // Behind an entry that is no address, or in none at all, stands somebody whom a proxy could not name.
        let named = entries.map(address).find(|entry| entry.is_none_or(|address| !proxies.trusts(address)));
        match named.flatten() {
            Some(address) => Self { forwarded: true, ..Self::at(address, false) },
            None => Self { forwarded: true, ..Self::at(peer, true) },
        }
    }

    /// The caller of a connection that has sent nothing yet: behind a trusted proxy, that is anybody.
    pub(crate) fn of_connection(peer: IpAddr, proxies: &TrustedProxies) -> Self {
        Self::at(peer, proxies.trusts(peer))
    }

    fn at(address: IpAddr, shared: bool) -> Self {
        let (bits, local) = match address.to_canonical() {
            IpAddr::V4(v4) => {
                // 100.64.0.0/10: many customers of one provider (RFC 6598).
                let carrier = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
                let local = v4.is_loopback() || v4.is_private() || v4.is_link_local() || carrier;
                (v4.to_ipv6_mapped().to_bits(), local)
            }
            IpAddr::V6(v6) => {
                let local = v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local();
                (v6.to_bits() & NETWORK_V6, local)
            }
        };
        Self { bits, shared: shared || local, forwarded: false }
    }

    /// What it is counted by.
    pub(crate) fn key(self) -> u128 {
        self.bits
    }
}

/// For the log: who is to be blocked elsewhere, or named as a trusted proxy.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match IpAddr::from(Ipv6Addr::from_bits(self.bits)).to_canonical() {
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
            IpAddr::V4(v4) => write!(f, "{v4}"),
        }
    }
}

/// An entry of the list: an address, which some proxies write with a port, and IPv6 in brackets.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bracketed = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let plain = bracketed.unwrap_or(entry).parse().ok();
    plain.or_else(|| entry.parse::<std::net::SocketAddrV4>().ok().map(|with_port| (*with_port.ip()).into()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crossdock_settings::Settings;

    use super::*;

    fn proxies(list: &str) -> TrustedProxies {
        let text = format!(
            "[receiver]\ntrusted_proxies = {list}\n[[store]]\nid = 'a'\n[store.ecwid]\nstore_id = 1\n\
             client_secrets = ['s']\naccess_token = 't'"
        );
        Settings::parse(&text, Path::new("crossdock.toml"), &|_| None).unwrap().receiver.trusted_proxies
    }

    fn caller(peer: &str, lists: &[&str], trusted: &str) -> Caller {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED_FOR, list.parse().unwrap());
        }
        Caller::of(Some(peer.parse().unwrap()), &headers, &proxies(trusted))
    }

    #[test]
    fn nobody_who_is_not_a_trusted_proxy_is_believed() {
        for peer in ["203.0.113.7", "127.0.0.1", "10.0.0.9", "2001:db8::1"] {
            let told = caller(peer, &["198.51.100.1"], "['10.0.0.1']");
            assert_eq!(told, caller(peer, &[], "[]"), "{peer}");
            assert!(!told.forwarded);
        }
    }

    #[test]
    fn the_last_address_that_is_no_trusted_proxy_is_the_callers() {
        let trusted = "['10.0.0.0/8', '::1']";
        for (lists, expected) in [
            (&["198.51.100.1"][..], "198.51.100.1"),
            (&["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            (&["192.0.2.66,198.51.100.1 , 10.2.0.1"], "198.51.100.1"),
            (&["192.0.2.66", "198.51.100.1, 10.2.0.1", "10.3.0.1"], "198.51.100.1"),
            (&["nonsense, 198.51.100.1:4711"], "198.51.100.1"),
            (&["[2001:db8::5]:443"], "2001:db8::/64"),
            (&["2001:db8:0:0:ffff::5, ::1"], "2001:db8::/64"),
            (&["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            let told = caller("10.0.0.1", lists, trusted);
            assert_eq!(
                (told.to_string().as_str(), told.shared, told.forwarded),
                (expected, false, true),
                "{lists:?}"
            );
        }
    }

    #[test]
    fn whoever_a_trusted_proxy_does_not_name_shares_its_address() {
        for lists in
            [&[][..], &[""], &["unknown"], &["198.51.100.1, unknown"], &["198.51.100.1,"], &["10.0.0.2"]]
        {
            let told = caller("10.0.0.1", lists, "['10.0.0.0/8']");
            assert_eq!((told.to_string().as_str(), told.shared), ("10.0.0.1", true), "{lists:?}");
        }
        assert!(Caller::of_connection("192.0.2.1".parse().unwrap(), &proxies("['192.0.2.1']")).shared);
    }

    #[test]
    fn addresses_that_many_may_share_are_told_from_public_ones() {
        let shared = [
            "127.0.0.2",
            "10.1.1.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.1",
        ];
        for peer in shared.into_iter().chain(["::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"]) {
            assert!(caller(peer, &[], "[]").shared, "{peer}");
        }
        for peer in ["100.128.0.1", "8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!caller(peer, &[], "[]").shared, "{peer}");
        }
    }

    #[test]
    fn a_customers_ipv6_addresses_are_one_caller() {
        let key = |peer: &str| caller(peer, &[], "[]").key();
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    }
}
