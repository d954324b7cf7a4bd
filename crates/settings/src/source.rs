//! The file being read: its text, its place, the environment around it, and the problems found so far.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use crate::{Problem, Problems};

/// What to do about a file that this user may not read.
pub(crate) const LET_READ: &str = "let this user read it, or run this as the user that runs Crossdock";

/// Shared by all readers of one file.
pub(crate) struct Source<'a> {
    text: &'a str,
    file: &'a Path,
    env: &'a dyn Fn(&str) -> Option<String>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str, file: &'a Path, env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { text, file, env, problems: RefCell::default() }
    }

    /// A variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    /// A path that the file names: relative to the file's own folder.
    pub(crate) fn path(&self, named: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(named)
    }

    /// The line, from 1, at which a byte of the text stands.
    pub(crate) fn line(&self, byte: usize) -> usize {
        self.before(byte).matches('\n').count() + 1
    }

    /// The column, in characters from 1, at which a byte of the text stands.
    pub(crate) fn column(&self, byte: usize) -> usize {
        self.before(byte).chars().rev().take_while(|&c| c != '\n').count() + 1
    }

    fn before(&self, byte: usize) -> &str {
        &self.text[..self.text.floor_char_boundary(byte)]
    }

    /// Records a problem. Control characters that came with a value are replaced: a problem is one line.
    pub(crate) fn report(&self, line: Option<usize>, key: &str, what: &str) {
        let one_line = |text: &str| text.replace(char::is_control, " ");
        self.problems.borrow_mut().push(Problem {
            file: self.file.to_owned(),
            line,
            key: one_line(key),
            what: one_line(what),
        });
    }

    /// What was read if nothing was wrong, else all that was.
    pub(crate) fn verdict<T>(self, read: Option<T>) -> Result<T, Problems> {
        let problems = self.problems.into_inner();
        if problems.is_empty() {
            Ok(read.expect("whatever cannot be read is reported as a problem"))
        } else {
            Err(Problems::new(problems))
        }
    }
}
