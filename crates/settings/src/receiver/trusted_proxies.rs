//! `receiver.trusted_proxies`: whose word is believed about where a request comes from.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::section::Section;

/// The proxies before the receiver, as networks. Nobody else's `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let item = section.take("trusted_proxies");
        let networks = item.and_then(|item| item.each(|network| network.parsed(parse_network)));
        Self(networks.unwrap_or_default())
    }

    /// Whether one of them has this address. `::ffff:192.0.2.1` is 192.0.2.1.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let explain =
        || format!("'{text}' is no address or network; write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32");
    let address = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    let network = text.parse::<IpNet>().ok().or_else(address).ok_or_else(explain)?;
    if network.prefix_len() == 0 {
        return Err(format!("'{text}' is everybody: anyone could name any address; name only the proxies"));
    }
    Ok(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusting(networks: &[&str]) -> TrustedProxies {
        TrustedProxies(networks.iter().map(|text| parse_network(text).unwrap()).collect())
    }

    #[test]
    fn only_who_is_in_a_network_is_trusted() {
        let proxies = trusting(&["10.1.2.3/8", "192.0.2.7", "2001:db8::/32", "::1"]);
        for (address, trusted) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("192.0.2.7", true),
            ("2001:db8:ffff::1", true),
            ("::1", true),
            ("11.0.0.1", false),
            ("192.0.2.8", false),
            ("127.0.0.1", false),
            ("2001:db9::1", false),
            ("::2", false),
        ] {
            assert_eq!(proxies.trusts(address.parse().unwrap()), trusted, "{address}");
        }
        assert!(!TrustedProxies::default().trusts("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_mapped_address_is_the_address_that_it_maps() {
        assert!(trusting(&["::ffff:192.0.2.7"]).trusts("192.0.2.7".parse().unwrap()));
    }
}
