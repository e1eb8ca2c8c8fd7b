//! The chapter "Bring your own storage" quotes this example as it is.

#![allow(clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use std::{fs, path::Path};

const CHAPTER: &str = include_str!("../../../src/store/bring_your_own.md");

/// Without indentation, which a quotation does not keep.
fn flush(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

fn sources() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "tests"].into_iter().flat_map(|folder| {
        fs::read_dir(here.join(folder)).unwrap().map(|entry| entry.unwrap().path())
    });
    let rust = files.filter(|file| file.extension().is_some_and(|end| end == "rs"));
    rust.map(|file| flush(&fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn every_quotation_stands_in_the_source() {
    let sources = sources();
    let quotations: Vec<_> = CHAPTER.split("```rust,ignore\n").skip(1).collect();
    assert!(quotations.len() > 12, "{} quotations", quotations.len());
    for quotation in quotations {
        let quotation = flush(quotation.split("```").next().unwrap());
        let stands = sources.iter().any(|source| source.contains(&quotation));
        assert!(stands, "the chapter quotes what is not there:\n{quotation}");
    }
}

#[test]
fn every_clause_has_its_part() {
    let clauses = portcullis_clauses();
    assert!(clauses >= 16, "{clauses} clauses in the contract");
    for clause in 1..=clauses {
        let heading = format!("\n## S{clause}, ");
        assert!(CHAPTER.contains(&heading), "the chapter has no part about S{clause}");
    }
}

/// How many clauses the contract has.
fn portcullis_clauses() -> usize {
    let contract = include_str!("../../../src/store.rs");
    contract.lines().filter(|line| line.starts_with("//! | S")).count()
}
