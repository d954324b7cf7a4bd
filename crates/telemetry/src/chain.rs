//! One error and all that caused it, in one line.

use std::error::Error;

/// The error's own sentence and those of its causes, joined by `: `.
///
/// Our errors say only what their own level knows; this is the one place that puts the levels together. A cause that only
/// repeats its parent's words (as some libraries do) is left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut whole = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let sentence = error.to_string();
        if !whole.ends_with(&sentence) {
            whole.push_str(": ");
            whole.push_str(&sentence);
        }
        cause = error.source();
    }
    whole
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("could not open the ledger")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn every_level_is_told_once() {
        assert_eq!(chain(&Outer(io::Error::other("disk full"))), "could not open the ledger: disk full");
    }
}
