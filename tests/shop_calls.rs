//! The calls that Crossdock makes of each platform, by method and a part of the path: where something can go wrong.

use crate::world::World;

impl World {
    /// Requests that a shop has refused as one too many.
    pub fn refused_as_too_many(&self) -> usize {
        let all = [self.bigcommerce.requests(), self.ecwid.requests()];
        all.iter().flatten().filter(|request| request.status == 429).count()
    }
}

/// Of BigCommerce.
pub const BIGCOMMERCE_CALLS: [(&str, &str); 8] = [
    ("GET", "/shipments"),
    ("GET", "/products"),
    ("GET", "/v2/orders/"),
    ("POST", "/shipments"),
    ("PUT", "/shipments/"),
    ("DELETE", "/shipments/"),
    ("PUT", "/v2/orders/"),
    ("PUT", "/inventory/"),
];

/// Of Ecwid.
pub const ECWID_CALLS: [(&str, &str); 4] =
    [("GET", "/orders/"), ("PUT", "/orders/"), ("PUT", "/products/"), ("POST", "/batch")];
