//! The layout of ARCHITECTURE.md, held against what cargo sees.

use std::collections::BTreeMap;
use std::path::Path;

use crossdock_tests::metadata::Metadata;

/// The crates from top to bottom. Crates of one line never name each other; a crate may name any of a later line.
const LAYERS: [&[&str]; 9] = [
    &["crossdock"],
    &[
        "crossdock-receiver",
        "crossdock-order-importer",
        "crossdock-tracking-writer",
        "crossdock-stock-writer",
        "crossdock-reconciler",
        "crossdock-dead-letters",
        "crossdock-sandbox",
    ],
    &["crossdock-bigcommerce", "crossdock-ecwid"],
    &["crossdock-storefront"],
    &["crossdock-ledger"],
    &["crossdock-queue"],
    &["crossdock-events"],
    &["crossdock-settings", "crossdock-telemetry"],
    &["crossdock-domain"],
];

/// Libraries that only these crates may name.
const KEEPERS: [(&str, &[&str]); 7] = [
    ("amq-protocol", &["crossdock-queue"]),
    ("lapin", &["crossdock-queue"]),
    ("sqlx", &["crossdock-ledger"]),
    (
        "reqwest",
        &["crossdock-bigcommerce", "crossdock-ecwid", "crossdock-order-importer", "crossdock-sandbox"],
    ),
    ("axum", &["crossdock-receiver", "crossdock-sandbox"]),
    ("anyhow", &["crossdock"]),
    ("redb", &["crossdock-receiver"]),
];

/// Edges that the layers would allow and that would spoil the design all the same.
const FORBIDDEN: [(&str, &str, &str); 3] = [
    (
        "crossdock-sandbox",
        "crossdock-bigcommerce",
        "the sandbox is the oracle of our clients, so it must not share their mistakes",
    ),
    (
        "crossdock-sandbox",
        "crossdock-ecwid",
        "the sandbox is the oracle of our clients, so it must not share their mistakes",
    ),
    ("crossdock-queue", "crossdock-events", "the queue knows no event type"),
];

/// Packages that stand on everything, and that nothing stands on.
const TESTS: [&str; 2] = ["crossdock-tests", "crossdock-bench"];

fn our_crates() -> BTreeMap<String, Vec<String>> {
    let ours = Metadata::load()
        .packages()
        .into_iter()
        .filter(|it| it.source.is_none() && !TESTS.contains(&it.name.as_str()));
    ours.map(|it| (it.name, it.dependencies.into_iter().collect())).collect()
}

#[test]
fn arrows_only_point_down() {
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    for (name, dependencies) in our_crates() {
        let Some(above) = layer(&name) else { panic!("{name} has no place in the layers") };
        for dependency in dependencies.iter().filter(|it| it.starts_with("crossdock")) {
            let below = layer(dependency).expect("a crate of ours has a place");
            assert!(above < below, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn each_library_stays_with_its_keeper() {
    for (name, dependencies) in our_crates() {
        for (library, keepers) in KEEPERS {
            let uses = dependencies.iter().any(|it| it == library);
            assert!(!uses || keepers.contains(&name.as_str()), "{name} must not depend on {library}");
        }
        for (from, to, why) in FORBIDDEN {
            assert!(
                name != from || !dependencies.iter().any(|it| it == to),
                "{from} must not depend on {to}: {why}"
            );
        }
    }
}

#[test]
fn every_crate_has_its_paragraph_in_the_architecture() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let text = std::fs::read_to_string(file).unwrap();
    for name in our_crates().keys() {
        let role = name.strip_prefix("crossdock-").unwrap_or("cli");
        assert!(text.contains(&format!("**`{role}`**")), "ARCHITECTURE.md has no paragraph **`{role}`**");
    }
}
