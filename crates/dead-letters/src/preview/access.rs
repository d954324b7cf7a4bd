//! What a replay needs its shop to allow.

/// Of what, and whether that is written as well as read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    of: &'static [&'static str],
    writes: bool,
}

/// How both platforms' scopes of what is sold end: `read products`, `modify store inventory`, `update_catalog`.
const GOODS: &[&str] = &["products", "inventory", "catalog"];

impl Access {
    pub(super) const READ_ORDERS: Self = Self { of: &["orders"], writes: false };
    pub(super) const WRITE_ORDERS: Self = Self { writes: true, ..Self::READ_ORDERS };
    pub(super) const READ_GOODS: Self = Self { of: GOODS, writes: false };
    pub(super) const WRITE_STOCK: Self = Self { writes: true, ..Self::READ_GOODS };

    /// Whether it needs this scope, in either platform's words. Who writes has read before.
    pub(super) fn needs(self, scope: &str) -> bool {
        (self.writes || scope.starts_with("read")) && self.of.iter().any(|of| scope.ends_with(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_needed_only_by_what_uses_it() {
        let needs = |scope| {
            [Access::READ_ORDERS, Access::WRITE_ORDERS, Access::READ_GOODS, Access::WRITE_STOCK]
                .map(|access| access.needs(scope))
        };
        for scope in ["read orders", "read_orders"] {
            assert_eq!(needs(scope), [true, true, false, false], "{scope}");
        }
        for scope in ["modify orders", "update_orders"] {
            assert_eq!(needs(scope), [false, true, false, false], "{scope}");
        }
        for scope in ["read products", "read_catalog"] {
            assert_eq!(needs(scope), [false, false, true, true], "{scope}");
        }
        for scope in ["modify store inventory", "modify products", "update_catalog"] {
            assert_eq!(needs(scope), [false, false, false, true], "{scope}");
        }
        assert_eq!(needs("read webhooks"), [false; 4]);
    }
}
