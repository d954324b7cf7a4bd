//! One value of the file, which knows where it stands and refuses what it should not be.

use std::borrow::Cow;
use std::fmt::Display;

use toml::Spanned;
use toml::de::DeValue;

use crate::section::Section;
use crate::source::Source;
use crate::suggestion::instead_of;

/// A value being read. Each reading method records a problem where it answers None.
pub(crate) struct Item<'a> {
    source: &'a Source<'a>,
    key: String,
    line: usize,
    value: &'a DeValue<'a>,
}

impl<'a> Item<'a> {
    pub(crate) fn new(source: &'a Source<'a>, key: String, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { source, key, line: source.line(value.span().start), value: value.get_ref() }
    }

    /// The file it stands in.
    pub(crate) fn source(&self) -> &'a Source<'a> {
        self.source
    }

    /// Where it stands, from 1.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// As the file has it.
    pub(crate) fn value(&self) -> &'a DeValue<'a> {
        self.value
    }

    /// Records a problem with this value.
    pub(crate) fn refuse(&self, what: &str) {
        self.source.report(Some(self.line), &self.key, what);
    }

    /// Refuses a value that would turn on what is not built.
    pub(crate) fn not_supported_yet(&self) {
        self.refuse("is not supported yet; remove it");
    }

    fn mistyped<T>(&self, wanted: &str) -> Option<T> {
        self.refuse(&format!("must be {wanted}, but is of type {}", self.value.type_str()));
        None
    }

    /// A text, which may be empty.
    pub(crate) fn text_or_empty(&self) -> Option<&'a str> {
        self.value.as_str().or_else(|| self.mistyped("a text in quotes"))
    }

    /// A text with something in it.
    pub(crate) fn text(&self) -> Option<&'a str> {
        let text = self.text_or_empty()?;
        if text.trim().is_empty() {
            self.refuse("is empty; fill it in or remove it");
            return None;
        }
        Some(text)
    }

    /// A text with something in it, to keep.
    pub(crate) fn string(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// A text that is more than a text: the error is the sentence that is shown.
    pub(crate) fn parsed<T, E: Display>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        parse(self.text()?).map_err(|error| self.refuse(&error.to_string())).ok()
    }

    /// What stands for one of a few words.
    pub(crate) fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.parsed(|text| {
            let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
            let words = || choices.iter().map(|(word, _)| *word);
            chosen.ok_or_else(|| format!("'{text}' is not known here; {}", instead_of(text, words())))
        })
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        self.value.as_bool().or_else(|| self.mistyped("true or false"))
    }

    /// A whole number from `min` up.
    pub(crate) fn integer_from(&self, min: i64) -> Option<i64> {
        let digits = self.value.as_integer();
        let number = digits.and_then(|digits| i64::from_str_radix(digits.as_str(), digits.radix()).ok());
        let Some(number) = number else { return self.mistyped("a whole number") };
        if number < min {
            self.refuse(&format!("{number} is too small; give a whole number from {min} up"));
            return None;
        }
        Some(number)
    }

    /// The values of a list.
    pub(crate) fn list(&self) -> Option<Vec<Item<'a>>> {
        let Some(array) = self.value.as_array() else { return self.mistyped("a list in [ ]") };
        Some(array.iter().map(|value| Item::new(self.source, self.key.clone(), value)).collect())
    }

    /// What could be read of a list, each value once.
    pub(crate) fn each<T: PartialEq>(&self, mut read: impl FnMut(&Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        let mut values = Vec::new();
        for value in self.list()?.iter().filter_map(&mut read) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Some(values)
    }

    /// A table's keys, whatever they are, and values.
    pub(crate) fn entries(&self) -> Option<Vec<(&'a str, Item<'a>)>> {
        let Some(table) = self.value.as_table() else {
            return self.mistyped(&format!("a section, [{}]", self.key));
        };
        let entry = |(key, value): (&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>)| {
            let name = key.get_ref().as_ref();
            (name, Item::new(self.source, format!("{}.{name}", self.key), value))
        };
        Some(table.iter().map(entry).collect())
    }

    /// A table.
    pub(crate) fn section(&self) -> Option<Section<'a>> {
        let Some(table) = self.value.as_table() else {
            return self.mistyped(&format!("a section, [{}]", self.key));
        };
        Some(Section::new(self.source, self.key.clone(), self.line, table))
    }
}
