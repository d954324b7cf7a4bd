//! From Ecwid's person to a postal address.

use crossdock_domain::Address;

use super::wire::Person;

/// The address, with the order's e-mail address.
pub(crate) fn address(person: Person, email: String) -> Address {
    let mut streets = person.street.0.lines().map(str::trim).filter(|line| !line.is_empty());
    let address1 = streets.next().unwrap_or_default().to_owned();
    let address2 = streets.collect::<Vec<_>>().join(", ");
    let name = match person.name.filled() {
        Some(name) => name.to_owned(),
        None => format!("{} {}", person.first_name.0, person.last_name.0).trim().to_owned(),
    };
    Address {
        name,
        company: person.company_name.0,
        address1,
        address2,
        city: person.city.0,
        state: person.state_or_province_name.0,
        state_code: person.state_or_province_code.0,
        postcode: person.postal_code.0,
        country_code: person.country_code.0.trim().to_ascii_uppercase(),
        phone: person.phone.0,
        email,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;

    fn streets(street: &str) -> (String, String) {
        let person = Person { street: Scalar(street.to_owned()), ..Person::default() };
        let address = address(person, String::new());
        (address.address1, address.address2)
    }

    #[test]
    fn the_second_line_of_a_street_is_the_second_address_line() {
        let lines = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(streets("1 High St"), lines("1 High St", ""));
        assert_eq!(streets("1 High St\nFlat 2"), lines("1 High St", "Flat 2"));
        assert_eq!(streets("1 High St\r\n\r\n Flat 2\nLane 3 "), lines("1 High St", "Flat 2, Lane 3"));
        assert_eq!(streets("\n"), lines("", ""));
    }

    #[test]
    fn a_name_given_in_parts_is_put_together() {
        let part = |text: &str| Scalar(text.to_owned());
        let person = Person { first_name: part("Ann"), last_name: part("Lee"), ..Person::default() };
        assert_eq!(address(person, String::new()).name, "Ann Lee");
        let person = Person { last_name: part("Lee"), country_code: part("au"), ..Person::default() };
        let address = address(person, "ann@example.com".to_owned());
        assert_eq!((address.name.as_str(), address.country_code.as_str()), ("Lee", "AU"));
        assert_eq!(address.email, "ann@example.com");
    }
}
