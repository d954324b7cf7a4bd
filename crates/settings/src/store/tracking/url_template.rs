//! Addresses of carriers' pages, with a place for the tracking number.

use url::{Url, form_urlencoded};

/// The place of the number.
const PLACE: &str = "{tracking_number}";

/// Why a text is no template, in a sentence.
pub(super) fn check(template: &str) -> Result<(), String> {
    const EXAMPLE: &str = "\"https://carrier.example/track/{tracking_number}\"";
    if !template.contains(PLACE) {
        return Err(format!("lacks the place of the number, {PLACE}; write it like {EXAMPLE}"));
    }
    let filled = Url::parse(&template.replace(PLACE, "1")).ok();
    if filled.is_none_or(|url| !["http", "https"].contains(&url.scheme())) {
        return Err(format!("is no address of a web page; write it like {EXAMPLE}"));
    }
    Ok(())
}

/// The page of this number.
pub(crate) fn fill(template: &str, number: &str) -> String {
    let number: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
    // A blank, which in a path is no plus sign; a plus sign itself was encoded.
    template.replace(PLACE, &number.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_part_of_an_address() {
        assert_eq!(
            fill("https://c.example/{tracking_number}?x", "1Z 9/+"),
            "https://c.example/1Z%209%2F%2B?x"
        );
    }

    #[test]
    fn what_has_no_place_or_is_no_page_is_refused() {
        assert_eq!(check("https://c.example/{tracking_number}"), Ok(()));
        assert!(check("https://c.example/").unwrap_err().contains("lacks the place of the number"));
        for template in
            ["c.example/{tracking_number}", "ftp://c.example/{tracking_number}", "{tracking_number}"]
        {
            assert!(check(template).unwrap_err().starts_with("is no address"), "{template}");
        }
    }
}
