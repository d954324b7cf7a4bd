//! From BigCommerce's addresses to `domain`'s.

use crossdock_domain::Address;

use crate::order::{Contact, PickupConsignment};
use crate::state_code::state_code;

/// A shipping address; a contact that it lacks is the buyer's.
pub(crate) fn shipping_address(contact: &Contact, billing: &Contact) -> Address {
    let country_code = contact.country_iso2.trim().to_ascii_uppercase();
    Address {
        name: full_name(contact),
        company: contact.company.clone(),
        address1: contact.street_1.clone(),
        address2: contact.street_2.clone(),
        city: contact.city.clone(),
        state: contact.state.clone(),
        state_code: state_code(&country_code, &contact.state),
        postcode: contact.zip.clone(),
        country_code,
        phone: first_told(&contact.phone, &billing.phone),
        email: first_told(&contact.email, &billing.email),
    }
}

/// The place where the buyer collects, in the name of the buyer and with the buyer's own telephone.
pub(crate) fn pickup_address(consignment: &PickupConsignment, billing: &Contact) -> Address {
    let location = &consignment.location;
    let country_code = location.country_alpha2.trim().to_ascii_uppercase();
    Address {
        name: full_name(billing),
        company: location.name.clone(),
        address1: location.address_line_1.clone(),
        address2: location.address_line_2.clone(),
        city: location.city.clone(),
        state: location.state.clone(),
        state_code: state_code(&country_code, &location.state),
        postcode: location.postal_code.clone(),
        country_code,
        phone: first_told(&billing.phone, &location.phone),
        email: first_told(&billing.email, &location.email),
    }
}

fn full_name(contact: &Contact) -> String {
    format!("{} {}", contact.first_name.trim(), contact.last_name.trim()).trim().to_owned()
}

fn first_told(first: &str, second: &str) -> String {
    if first.trim().is_empty() { second.to_owned() } else { first.to_owned() }
}
