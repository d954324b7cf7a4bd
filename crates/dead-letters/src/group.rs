//! Names of groups: what failed for one reason, in one role and shop.

use sha2::{Digest as _, Sha256};

/// Bytes of the name, which is twice as many characters: short enough to be typed, enough to tell some thousand groups apart.
const NAME_BYTES: usize = 4;

/// The group's short name: the same role, shop, class and cause have the same.
pub(crate) fn group(role: &str, store: &str, class: &str, cause: &str) -> String {
    let mut hash = Sha256::new();
    for part in [role, store, class, cause] {
        // With its length, so that no two lists of parts run into the same text.
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let head = digest.first_chunk::<NAME_BYTES>().expect("a SHA-256 digest has 32 bytes");
    format!("{:08x}", u32::from_be_bytes(*head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_known_by_role_shop_class_and_cause() {
        let name = group("order-importer", "acme-au", "sku-unknown", "unknown SKU #");
        assert_eq!(name.len(), 8);
        assert_eq!(name, group("order-importer", "acme-au", "sku-unknown", "unknown SKU #"));
        for other in [
            ("order-importers", "acme-au", "sku-unknown", "unknown SKU #"),
            ("order-importer", "acme-us", "sku-unknown", "unknown SKU #"),
            ("order-importer", "acme-au", "order-refused", "unknown SKU #"),
            ("order-importer", "acme-au", "sku-unknown", "no SKU"),
            ("order-importera", "cme-au", "sku-unknown", "unknown SKU #"),
        ] {
            assert_ne!(name, group(other.0, other.1, other.2, other.3));
        }
    }
}
