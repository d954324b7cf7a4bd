//! The address of a web server, to which paths are added.

use url::{Host, Url};

/// Reads `https://host[:port]`, or the same with `http` on this very machine; the error says what to do.
pub(crate) fn parse_base_url(text: &str) -> Result<Url, String> {
    let url = parse(text)?;
    if !is_bare(&url) || url.path() != "/" || url.query().is_some() {
        return Err("give only https://host or https://host:port, without user, path or '?'".to_owned());
    }
    encrypted(url, text)
}

/// Reads the address of one resource: as above, and a path and a query may follow.
pub(crate) fn parse_endpoint_url(text: &str) -> Result<Url, String> {
    let url = parse(text)?;
    if !is_bare(&url) {
        return Err("give only https://host/path, without user or '#'".to_owned());
    }
    encrypted(url, text)
}

fn parse(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("is no address ({error}); write https://host"))
}

/// Without a user, who would travel in it, and without a fragment, which would not.
fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// Credentials and orders travel on it, so plain HTTP stays on loopback.
fn encrypted(url: Url, text: &str) -> Result<Url, String> {
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
    fn an_endpoint_may_have_a_path() {
        for good in
            ["https://wms.example.com/crossdock", "https://a.com/o?tenant=7", "http://127.0.0.1:9/orders"]
        {
            assert_eq!(parse_endpoint_url(good).unwrap().as_str(), good);
        }
        for bad in ["http://wms.example.com/crossdock", "https://u:p@a.com/x", "https://a.com/#x", "a.com/x"]
        {
            assert!(parse_endpoint_url(bad).is_err(), "{bad}");
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
            assert!(!parse_endpoint_url(leaky).unwrap_err().contains("hunter2"), "{leaky}");
        }
    }
}
