//! The code of a state or province, which BigCommerce gives by name only.

use rust_iso3166::iso3166_2::SUBDIVISION_COUNTRY_MAP;

/// The ISO 3166-2 code, without its country, of a state by name or by code; empty if no state or several are called so.
///
/// Source: ISO 3166-2 as the crate `rust_iso3166` carries it. The United States' military 'states' are not in it.
pub(crate) fn state_code(country_iso2: &str, state: &str) -> String {
    let state = state.trim();
    let states = SUBDIVISION_COUNTRY_MAP.get(country_iso2).copied().unwrap_or_default();
    let mut called_so = states.iter().filter(|known| is_called(known.name, known.region_code, state));
    match (called_so.next(), called_so.next()) {
        (Some(only), None) => only.region_code.to_owned(),
        _ => String::new(),
    }
}

fn is_called(name: &str, code: &str, state: &str) -> bool {
    code.eq_ignore_ascii_case(state) || name.to_lowercase() == state.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_coded_by_its_name_or_its_code() {
        for (country, state, code) in [
            ("AU", "Victoria", "VIC"),
            ("AU", " new south wales ", "NSW"),
            ("AU", "vic", "VIC"),
            ("AU", "Australian Capital Territory", "ACT"),
            ("US", "Texas", "TX"),
            ("US", "District of Columbia", "DC"),
            ("CA", "British Columbia", "BC"),
            ("CA", "Quebec", "QC"),
            ("US", "Victoria", ""),
            ("US", "Some State", ""),
            ("US", "", ""),
            ("", "Texas", ""),
        ] {
            assert_eq!(state_code(country, state), code, "{country} {state}");
        }
    }
}
