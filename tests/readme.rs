//! The log-in in the README is the one in the crate's documentation, where it runs.

/// The lines of a document's first Rust code block that a reader sees.
fn first_code(document: &str) -> Vec<&str> {
    let begins = |line: &&str| line.starts_with("```rust") || *line == "```";
    let code = document.lines().skip_while(|line| !begins(line)).skip(1);
    code.take_while(|line| *line != "```").filter(|line| !line.starts_with("# ")).collect()
}

#[test]
fn the_log_in_of_the_readme_is_the_one_that_runs() {
    let (_, readme) = include_str!("../README.md").split_once("## A log-in").unwrap();
    let shown = first_code(readme);
    assert_eq!(shown, first_code(include_str!("../src/log_in.md")));
    assert!((20..=30).contains(&shown.len()), "{} lines", shown.len());
}
