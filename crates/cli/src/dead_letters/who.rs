//! Who sits at the desk.

use crossdock_ledger::Acting;
use jiff::Timestamp;
use nix::unistd::{User, getuid};

/// Longest name that is taken over from `SUDO_USER`, in characters: as the system's own.
const NAME_CHARS_MAX: usize = 32;

/// What is done now, by the user of this process.
pub(super) fn acting(note: impl Into<String>) -> Acting {
    Acting { who: user(), at: Timestamp::now(), note: note.into() }
}

/// The system's name of the real user: `$USER` is whatever somebody wrote into it.
fn user() -> String {
    let id = getuid();
    let known = User::from_uid(id).ok().flatten();
    let name = known.map_or_else(|| format!("user {id}"), |user| user.name);
    named(name, std::env::var("SUDO_USER").ok())
}

/// Under sudo, the person is who called it.
fn named(name: String, caller: Option<String>) -> String {
    let is_name = |it: &String| {
        *it != name && (1..=NAME_CHARS_MAX).contains(&it.chars().count()) && !it.chars().any(char::is_control)
    };
    match caller.filter(is_name) {
        Some(caller) => format!("{name} (sudo by {caller})"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_called_sudo_is_named_too() {
        let named = |caller: Option<&str>| named("root".to_owned(), caller.map(str::to_owned));
        assert_eq!(named(Some("anna")), "root (sudo by anna)");
        assert_eq!(named(None), "root");
        assert_eq!(named(Some("root")), "root");
        assert_eq!(named(Some("")), "root");
        assert_eq!(named(Some("anna\u{1b}[2J")), "root");
    }

    #[test]
    fn this_user_has_a_name() {
        assert!(!acting("").who.is_empty());
    }
}
