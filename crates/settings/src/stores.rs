//! `[[store]]`: all shops, and that they do not get in each other's way.

use std::sync::Arc;

use crate::claims::Claims;
use crate::item::Item;
use crate::section::Section;
use crate::{ReceiverSettings, StoreSettings};

/// The shops that could be read, in the file's order.
pub(crate) fn read(root: &mut Section<'_>, receiver: &ReceiverSettings) -> Vec<Arc<StoreSettings>> {
    let Some(item) = root.take("store") else {
        root.refuse("store", "no [[store]]; add one for each shop");
        return Vec::new();
    };
    if item.value().is_table() {
        item.refuse("write [[store]], with two brackets, for each shop");
        return Vec::new();
    }
    let Some(items) = item.list() else { return Vec::new() };
    if items.is_empty() {
        item.refuse("no [[store]]; add one for each shop");
    }
    let mut claims = Claims::default();
    let sections = items.iter().filter_map(Item::section);
    sections.filter_map(|section| StoreSettings::read(section, &mut claims, receiver)).map(Arc::new).collect()
}
