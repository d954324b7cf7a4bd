//! What the settings say of single carriers, by the carriers' names however they are typed.

use std::collections::BTreeMap;

use crate::item::Item;

/// A text for each of some carriers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByCarrier(BTreeMap<String, String>);

/// A carrier's name without anything but letters and digits, in lower case: `AusPost`, `Aus-Post` and `aus post` are one carrier.
pub fn carrier_key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl ByCarrier {
    /// What stands for a carrier.
    pub fn get(&self, carrier: &str) -> Option<&str> {
        self.0.get(&carrier_key(carrier)).map(String::as_str)
    }

    /// Reads a table with a text for each carrier, which `check` refuses with a sentence if it is not right.
    pub(super) fn read(table: &Item<'_>, check: impl Fn(&str) -> Result<(), String>) -> Option<Self> {
        let mut all = Self::default();
        for (carrier, item) in table.entries()? {
            let Some(text) = item.text_or_empty() else { continue };
            let key = carrier_key(carrier);
            if key.is_empty() {
                item.refuse("the carrier's name has no letter; write it as the warehouse does");
            } else if let Err(what) = check(text.trim()) {
                item.refuse(&what);
            } else if all.0.insert(key, text.trim().to_owned()).is_some() {
                item.refuse("the same carrier stands here twice, typed in two ways; keep one");
            }
        }
        Some(all)
    }
}

impl<C: AsRef<str>, T: Into<String>> FromIterator<(C, T)> for ByCarrier {
    fn from_iter<I: IntoIterator<Item = (C, T)>>(all: I) -> Self {
        Self(all.into_iter().map(|(carrier, text)| (carrier_key(carrier.as_ref()), text.into())).collect())
    }
}
