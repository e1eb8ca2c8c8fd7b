//! What a host takes in with the crate: asked of cargo, for every choice of features.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

/// Crates below the core without features, the core among them, and a few that their own
/// updates may bring.
const CORE_CRATES: usize = 61 + 6;

/// What the core must never need: runtimes, databases, mail, web and TLS.
const NOT_IN_CORE: &[&str] = &[
    "async-std",
    "aws-lc-rs",
    "aws-lc-sys",
    "axum",
    "hyper",
    "lettre",
    "libsqlite3-sys",
    "native-tls",
    "openssl",
    "openssl-sys",
    "reqwest",
    "ring",
    "rustls",
    "smol",
    "sqlx",
    "sqlx-core",
    "tokio",
    "tower",
];

/// What no choice of features may bring: each would need a second TLS, or more than a C compiler.
const NEVER: &[&str] =
    &["async-std", "aws-lc-rs", "aws-lc-sys", "cmake", "native-tls", "openssl", "openssl-sys"];

/// One copy of these: two would be two TLS libraries, or two SQLites that lock one file badly.
const ONCE: &[&str] = &["libsqlite3-sys", "ring", "rustls", "rustls-webpki", "tokio"];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .args(["--offline", "--locked"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Names and versions of all crates a build takes in, those that only build it included.
fn tree(features: &[&str]) -> BTreeSet<(String, String)> {
    let fixed = ["tree", "--package", "portcullis", "--edges", "normal,build", "--prefix", "none"];
    let text = cargo(&[&fixed, features].concat());
    let crates = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    let crates: BTreeSet<_> = crates.collect();
    assert!(crates.iter().any(|(name, _)| name == "portcullis"), "{text}");
    crates
}

fn versions<'a>(crates: &'a BTreeSet<(String, String)>, name: &str) -> Vec<&'a str> {
    crates.iter().filter(|(found, _)| found == name).map(|(_, version)| version.as_str()).collect()
}

#[test]
fn the_core_is_small_and_brings_no_runtime_and_no_database() {
    let core = tree(&["--no-default-features"]);
    for name in NOT_IN_CORE {
        assert_eq!(versions(&core, name), Vec::<&str>::new(), "{name}");
    }
    assert!(core.len() <= CORE_CRATES, "{} crates: {core:?}", core.len());
    assert!(!versions(&core, "argon2").is_empty(), "the control: what is there is found");
}

#[test]
fn every_choice_of_features_has_one_tls_and_one_sqlite() {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let this = packages.iter().find(|package| package["name"] == "portcullis").unwrap();
    let names: Vec<&String> = this["features"].as_object().unwrap().keys().collect();
    assert!(names.iter().any(|name| *name == "sqlite") && names.len() > 4, "{names:?}");

    let mut choices = vec![vec!["--all-features"], vec![]];
    for name in &names {
        choices.push(vec!["--no-default-features", "--features", name]);
    }
    for choice in choices {
        let crates = tree(&choice);
        for name in NEVER {
            assert_eq!(versions(&crates, name), Vec::<&str>::new(), "{choice:?}");
        }
        for name in ONCE {
            let versions = versions(&crates, name);
            assert!(versions.len() <= 1, "{choice:?}: {name} {versions:?}");
        }
    }
    let all = tree(&["--all-features"]);
    for name in ["rustls", "libsqlite3-sys"] {
        assert_eq!(versions(&all, name).len(), 1, "{name}");
    }
}
