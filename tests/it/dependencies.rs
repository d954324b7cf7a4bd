//! What Crossdock is built from: licences, sources, and one TLS library.

use crossdock_tests::metadata::{Metadata, compiled_into};

/// Licences that a user may ship with a business.
const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Where packages come from.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Second TLS libraries: everything speaks TLS through rustls with aws-lc-rs.
const BANNED: [&str; 4] = ["ring", "openssl-sys", "native-tls", "schannel"];

/// Whether an SPDX expression may be used. One with AND must be allowed in all its terms, however they are grouped.
fn is_allowed(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    let allowed = |term: &str| LICENCES.contains(&term.trim());
    let mut terms = flat.split(" AND ").flat_map(|part| part.split(" OR "));
    if flat.contains(" AND ") { terms.all(allowed) } else { terms.any(allowed) }
}

#[test]
fn every_licence_is_allowed() {
    for package in Metadata::load().packages() {
        assert!(is_allowed(&package.license), "{}: licence '{}'", package.name, package.license);
    }
    assert!(
        is_allowed("MIT/Apache-2.0")
            && is_allowed("GPL-3.0 OR MIT")
            && !is_allowed("MIT AND GPL-3.0")
            && !is_allowed("")
    );
}

#[test]
fn every_package_comes_from_the_public_registry() {
    for package in Metadata::load().packages() {
        assert!(package.source.as_deref().is_none_or(|source| source == SOURCE), "{package:?}");
    }
}

#[test]
fn one_tls_library_is_compiled_in() {
    let compiled = compiled_into("crossdock");
    assert!(compiled.contains("aws-lc-rs"));
    for banned in BANNED {
        assert!(!compiled.contains(banned), "{banned} is compiled in: see `cargo tree --invert {banned}`");
    }
}
