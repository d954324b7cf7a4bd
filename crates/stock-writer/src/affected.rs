//! Which SKUs something may have changed.

use std::collections::BTreeSet;

use crossdock_domain::Sku;

/// Most SKUs that a `stock.due` names. For more, everything that was counted is compared: that costs no call, and keeps messages small.
const SKUS_MAX: usize = 500;

/// SKUs that are to be compared with what a shop was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Affected {
    /// All that were counted.
    All,
    /// These.
    These(BTreeSet<Sku>),
}

impl Default for Affected {
    /// None.
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Affected {
    /// As a `stock.due` names them.
    pub(crate) fn named(skus: Option<&[Sku]>) -> Self {
        skus.map_or(Self::All, |skus| skus.iter().cloned().collect())
    }

    /// These too.
    pub(crate) fn add(&mut self, more: Self) {
        match (&mut *self, more) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::These(skus), Self::These(more)) => skus.extend(more),
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::These(skus) if skus.is_empty())
    }

    /// How a `stock.due` names them.
    pub(crate) fn to_named(&self) -> Option<Vec<Sku>> {
        match self {
            Self::These(skus) if skus.len() <= SKUS_MAX => Some(skus.iter().cloned().collect()),
            Self::All | Self::These(_) => None,
        }
    }
}

impl FromIterator<Sku> for Affected {
    fn from_iter<I: IntoIterator<Item = Sku>>(skus: I) -> Self {
        Self::These(skus.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(skus: &[&str]) -> Affected {
        skus.iter().map(|sku| Sku::from(*sku)).collect()
    }

    #[test]
    fn what_several_messages_name_is_compared_once_and_all_is_all() {
        let mut affected = Affected::default();
        assert!(affected.is_nothing());
        affected.add(these(&["TEE", "MUG"]));
        affected.add(these(&["MUG"]));
        assert_eq!(affected, these(&["MUG", "TEE"]));
        affected.add(Affected::named(None));
        affected.add(these(&["CAP"]));
        assert_eq!((affected.to_named(), affected.is_nothing()), (None, false));
    }

    #[test]
    fn so_many_that_a_message_would_grow_large_are_not_named() {
        let skus = |count: usize| (0..count).map(|sku| Sku::new(sku.to_string())).collect::<Affected>();
        assert_eq!(skus(SKUS_MAX).to_named().map(|skus| skus.len()), Some(SKUS_MAX));
        assert_eq!(skus(SKUS_MAX + 1).to_named(), None);
    }
}
