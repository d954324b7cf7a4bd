//! The address of a web server, to which paths are added.

use url::{Host, Url};

/// Reads `https://host[:port]`, or the same with `http` on this very machine; the error says what to do.
///
/// Credentials travel on it, so plain HTTP stays on loopback.
pub(crate) fn parse_base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no address ({error}); write https://host"))?;
    let bare = url.username().is_empty() && url.password().is_none();
    if !bare || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("give only https://host or https://host:port, without user, path or '?'".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => {
            Err(format!("'{text}' is not encrypted; use https (http only on 127.0.0.1, [::1] or localhost)"))
        }
        scheme => Err(format!("'{scheme}' is no web address; write https://host")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in
            ["https://api.bigcommerce.com", "https://hooks.example.com:8443/", "http://127.0.0.1:9000"]
        {
            assert!(parse_base_url(good).is_ok(), "{good}");
        }
        assert!(parse_base_url("http://localhost:1").is_ok());
        assert!(parse_base_url("http://[::1]:1").is_ok());
        for bad in ["http://api.bigcommerce.com", "http://127.0.0.1.example.com", "ftp://host", "host", ""] {
            assert!(parse_base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_but_the_server_is_taken() {
        for bad in [
            "https://a.com/stores",
            "https://u:p@a.com",
            "https://u@a.com",
            "https://a.com?x",
            "https://a.com#x",
        ] {
            assert!(parse_base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        for leaky in [
            "https://u:hunter2@a.com",
            "http://u:hunter2@a.com",
            "http://u:hunter2@127.0.0.1",
            "https://u:hunter2@a b",
        ] {
            assert!(!parse_base_url(leaky).unwrap_err().contains("hunter2"), "{leaky}");
        }
    }
}
