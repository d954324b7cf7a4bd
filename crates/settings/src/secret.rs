//! Secrets: `"text"`, `{ env = "NAME" }` or `{ file = "path" }`.

use std::fs;
use std::io::ErrorKind;

use secrecy::{ExposeSecret as _, SecretString};
use toml::de::DeValue;

use crate::item::Item;
use crate::source::LET_READ;

/// Most secrets in a list: the live one, and its successor while they are rotated.
const SECRETS_MAX: usize = 2;

impl Item<'_> {
    /// A secret. Its problems name the variable or file, never what is in it.
    pub(crate) fn secret(&self) -> Option<SecretString> {
        match self.value() {
            DeValue::String(text) => self.checked_secret(text, "this secret"),
            DeValue::Table(_) => self.secret_elsewhere(),
            _ => {
                self.refuse(r#"must be "text", { env = "NAME" } or { file = "path" }"#);
                None
            }
        }
    }

    /// One or two secrets, each read in the same way.
    pub(crate) fn secrets(&self, read: impl Fn(&Self) -> Option<SecretString>) -> Option<Vec<SecretString>> {
        let items = self.list()?;
        if items.is_empty() || items.len() > SECRETS_MAX {
            let count = items.len();
            self.refuse(&format!("holds {count} secrets; give one, or two while they are being rotated"));
        }
        let secrets: Vec<_> = items.iter().map(read).collect();
        secrets.into_iter().collect()
    }

    /// A secret that is sent as a header's value.
    pub(crate) fn header_secret(&self) -> Option<SecretString> {
        let secret = self.secret()?;
        if !secret.expose_secret().bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.refuse("holds characters that no HTTP header can carry; copy it again");
            return None;
        }
        Some(secret)
    }

    fn secret_elsewhere(&self) -> Option<SecretString> {
        let mut section = self.section()?;
        let (variable, file) = (section.take("env"), section.take("file"));
        section.finish();
        match (variable, file) {
            (Some(variable), None) => self.secret_in_variable(variable.text()?),
            (None, Some(file)) => self.secret_in_file(file.text()?),
            _ => {
                self.refuse(r#"give either { env = "NAME" } or { file = "path" }"#);
                None
            }
        }
    }

    fn secret_in_variable(&self, name: &str) -> Option<SecretString> {
        let Some(text) = self.source().variable(name) else {
            self.refuse(&format!("environment variable {name} is not set; set it to the secret"));
            return None;
        };
        self.checked_secret(&text, &format!("environment variable {name}"))
    }

    fn secret_in_file(&self, named: &str) -> Option<SecretString> {
        let path = self.source().path(named);
        let whence = format!("file {}", path.display());
        match fs::read_to_string(&path) {
            Ok(text) => self.checked_secret(text.trim_end_matches(['\r', '\n']), &whence),
            Err(error) => {
                let advice = if error.kind() == ErrorKind::PermissionDenied {
                    LET_READ
                } else {
                    "put the secret there"
                };
                self.refuse(&format!("{whence} cannot be read: {error}; {advice}"));
                None
            }
        }
    }

    fn checked_secret(&self, text: &str, whence: &str) -> Option<SecretString> {
        if text.trim().is_empty() {
            self.refuse(&format!("{whence} is empty; put the secret there"));
            return None;
        }
        if text.contains(char::is_control) {
            self.refuse(&format!(
                "{whence} holds a line break or another control character; a secret is one line"
            ));
            return None;
        }
        Some(text.into())
    }
}
