//! The client with which tests ask servers of this machine.

/// A client for plain connections: it reads none of the system's certificates, which takes longer than what it is made for.
///
/// # Panics
/// Never: nothing that can fail is asked of it.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().expect("nothing is asked that can fail")
}
