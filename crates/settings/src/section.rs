//! One table of the file, which hands out each of its keys and refuses those that nobody asked for.

use toml::de::DeTable;

use crate::item::Item;
use crate::source::Source;
use crate::suggestion::instead_of;

/// A table being read. Take the keys, then [`finish`](Section::finish).
#[must_use = "finish() refuses unknown keys"]
pub(crate) struct Section<'a> {
    source: &'a Source<'a>,
    /// For example `store.orders`; empty for the whole file.
    path: String,
    /// Of its header; of the table around it where it is absent.
    line: Option<usize>,
    /// None where the file has no such table: it then reads as an empty one.
    table: Option<&'a DeTable<'a>>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(crate) fn root(source: &'a Source<'a>, table: &'a DeTable<'a>) -> Self {
        Self { source, path: String::new(), line: None, table: Some(table), known: Vec::new() }
    }

    pub(crate) fn new(source: &'a Source<'a>, path: String, line: usize, table: &'a DeTable<'a>) -> Self {
        Self { source, path, line: Some(line), table: Some(table), known: Vec::new() }
    }

    /// Where the section stands, from 1.
    pub(crate) fn line(&self) -> usize {
        self.line.unwrap_or(1)
    }

    /// A key's value, if the file has it. The key is known from now on.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.known.push(key);
        let value = self.table?.get(key)?;
        Some(Item::new(self.source, self.path_of(key), value))
    }

    /// Whether the file has this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.get(key).is_some())
    }

    /// A key's value; a problem, with the example, if the file lacks it.
    pub(crate) fn require(&mut self, key: &'static str, example: &str) -> Option<Item<'a>> {
        let item = self.take(key);
        if item.is_none() {
            self.refuse(key, &format!("is missing; add {key} = {example}"));
        }
        item
    }

    /// A table inside this one, empty if the file lacks it.
    pub(crate) fn section(&mut self, key: &'static str) -> Section<'a> {
        let given = self.take(key).and_then(|item| item.section());
        given.unwrap_or_else(|| Section {
            source: self.source,
            path: self.path_of(key),
            line: self.line,
            table: None,
            known: Vec::new(),
        })
    }

    /// Refuses a key whose feature is not built, whatever its value.
    pub(crate) fn take_unbuilt(&mut self, key: &'static str) {
        if let Some(item) = self.take(key) {
            item.not_supported_yet();
        }
    }

    /// Records a problem with a key that the section lacks.
    pub(crate) fn refuse(&self, key: &str, what: &str) {
        self.source.report(self.line, &self.path_of(key), what);
    }

    /// Records a problem with a key where it stands, or with the section that lacks it.
    pub(crate) fn refuse_at(&self, item: Option<&Item<'_>>, key: &str, what: &str) {
        match item {
            Some(item) => item.refuse(what),
            None => self.refuse(key, what),
        }
    }

    /// Refuses every key that was not taken.
    pub(crate) fn finish(self) {
        let known = || self.known.iter().copied();
        for (key, value) in self.table.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let what = format!("unknown key; {}", instead_of(name, known()));
                Item::new(self.source, self.path_of(name), value).refuse(&what);
            }
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}
