//! The layers of ARCHITECTURE.md, held against the paths in `src/`: a module uses only what
//! stands above it in the list.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

#[path = "layering/paths.rs"]
mod paths;

/// Each module and its row. The longest name that fits says where a path stands, so that what a
/// host replaces (`store`) and what replaces it (`store::sqlite`) can be told apart.
const LAYERS: &[(&str, u8)] = &[
    ("clock", 0),
    ("entropy", 0),
    ("id", 0),
    ("secret", 0),
    ("model", 1),
    ("policy", 2),
    ("error", 3),
    ("hash", 3),
    ("mail", 3),
    ("site", 3),
    ("store", 3),
    ("auth", 4),
    ("outbox", 4),
    ("mail::smtp", ADAPTERS),
    ("store::memory", ADAPTERS),
    ("store::mysql", ADAPTERS),
    ("store::postgres", ADAPTERS),
    ("store::sql", ADAPTERS),
    ("store::sqlite", ADAPTERS),
    ("cli", DOORS),
    ("testkit", DOORS),
    ("web", DOORS),
];

/// What stands between the adapters and what a host may replace: they use none of it.
const TASKS: u8 = 4;
const ADAPTERS: u8 = 5;
const DOORS: u8 = 6;

const LONGEST_FILE: usize = 500;
const MEDIAN_FILE: usize = 200;

/// The one line that is not a `mod` and asks for a feature: with `background` off, nobody hears
/// the bell, and a function nobody calls would be a warning.
const FEATURE_EXCEPTIONS: &[(&str, &str)] =
    &[("auth/bell.rs", r#"#[cfg_attr(not(feature = "background"), allow(dead_code))]"#)];

#[test]
fn a_module_uses_only_what_stands_above_it() {
    assert_eq!(layer_flaws(&source()), Vec::<String>::new());
}

#[test]
fn files_are_small_and_features_stand_on_modules() {
    assert_eq!(shape_flaws(&source()), Vec::<String>::new());
}

/// A file's path below `src/`, and its text.
type Files = BTreeMap<String, String>;

fn source() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Files::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                // Tests in a file of their own look at whatever they like.
                if name.ends_with("/tests.rs") {
                    continue;
                }
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.contains_key("lib.rs") && files.len() > 50, "this is not the source");
    files
}

/// Where a path such as `store::sqlite::writer` stands.
fn layer(path: &str) -> Option<u8> {
    let fits = |name: &str| {
        path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let found = LAYERS.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len());
    found.map(|(_, layer)| *layer)
}

fn layer_flaws(files: &Files) -> Vec<String> {
    let mut flaws = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| *file != "lib.rs") {
        let module = file.trim_end_matches(".rs").replace('/', "::");
        let Some(own) = layer(&module) else {
            flaws.push(format!("{file}: no layer; say in tests/layering.rs where it stands"));
            continue;
        };
        for used in paths::used(&module, text) {
            let fits = layer(&used)
                .is_some_and(|theirs| theirs <= own && !(own == ADAPTERS && theirs == TASKS));
            if !fits {
                flaws.push(format!("{file} uses {used}, which stands below it or nowhere"));
            }
        }
    }
    flaws
}

fn shape_flaws(files: &Files) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut lengths: Vec<usize> = files.values().map(|text| text.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    if median >= MEDIAN_FILE {
        flaws.push(format!("the median file has {median} lines"));
    }
    for (file, text) in files {
        let length = text.lines().count();
        if length > LONGEST_FILE {
            flaws.push(format!("{file} has {length} lines"));
        }
        if file == "mod.rs" || file.ends_with("/mod.rs") {
            flaws.push(format!("{file}: a module is foo.rs beside foo/"));
        }
        flaws.extend(feature_flaws(file, text));
    }
    flaws
}

/// Lines that ask for a feature and are followed by anything but a module.
fn feature_flaws(file: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let asks = |line: &str| {
        let attribute = line.starts_with("#[cfg") || line.starts_with("#![cfg");
        (attribute || line.contains("cfg!(")) && line.contains("feature")
    };
    let mut flaws = Vec::new();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| asks(line)) {
        let excepted = FEATURE_EXCEPTIONS.contains(&(file, line));
        let item = lines.iter().skip(number + 1).find(|next| !next.starts_with("#["));
        let modules = ["mod ", "pub mod ", "pub(super) mod "];
        let on_module = line.starts_with("#[cfg(")
            && item.is_some_and(|item| modules.iter().any(|module| item.starts_with(module)));
        if !excepted && !on_module {
            flaws.push(format!("{file}:{}: {line}", number + 1));
        }
    }
    flaws
}

/// The test can fail: each file of this made-up tree breaks one rule, and the others none.
mod on_a_made_up_tree {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn what_is_allowed_passes() {
        let tree = files(&[
            ("lib.rs", "pub mod auth;\n#[cfg(feature = \"web\")]\npub mod web;\n"),
            ("id.rs", "use crate::entropy::Entropy;\n"),
            ("auth/login.rs", "use super::core::Core;\nuse crate::{id::UserId, outbox};\n"),
            ("store/sqlite.rs", "use super::{Row, sql};\nuse crate::secret::Digest;\n"),
            ("web/pages.rs", "// use crate::nowhere::at_all;\nuse crate::auth::Auth;\n"),
            (
                "web.rs",
                "/// [`Builder`](crate::nowhere::Builder)\nfn f() { \"crate::nowhere::x\"; }\n",
            ),
        ]);
        assert_eq!(layer_flaws(&tree), Vec::<String>::new());
        assert_eq!(shape_flaws(&tree), Vec::<String>::new());
    }

    #[test]
    fn each_way_down_is_found() {
        for (file, text) in [
            ("model/user.rs", "use crate::policy::Roles;"),
            ("model/user.rs", "use crate::{id::UserId, policy::{Roles, Plans}};"),
            ("model/user.rs", "fn f() -> crate::error::Result<()> {}"),
            ("model/user.rs", "use super::super::policy::Roles;"),
            ("model.rs", "use super::policy;"),
            ("id.rs", "pub(in crate::auth) fn f() {}"),
            ("policy.rs", "use crate::\n    auth::Auth;"),
            ("store/table.rs", "use super::sqlite::SqliteStore;"),
            ("store.rs", "use crate::store::memory::MemoryStore;"),
            ("store/memory.rs", "use crate::{store::Row, auth::Auth};"),
            ("mail/smtp.rs", "use super::super::outbox::Letters;"),
            ("auth.rs", "use crate::web::Service;"),
            ("made_up.rs", ""),
            ("auth.rs", "use crate::made_up::Thing;"),
            ("auth.rs", "use crate::*;"),
        ] {
            assert!(!layer_flaws(&files(&[(file, text)])).is_empty(), "{file}: {text}");
        }
    }

    #[test]
    fn each_wrong_shape_is_found() {
        let long = "\n".repeat(LONGEST_FILE + 1);
        let feature = |rest: &str| format!("#[cfg(feature = \"web\")]\n{rest}\n");
        let (function, field) = (feature("fn f() {}"), feature("x: u8,"));
        for (file, text, flaws) in [
            ("auth.rs", long.as_str(), 2),
            ("auth/mod.rs", "", 1),
            ("auth.rs", function.as_str(), 1),
            ("auth.rs", field.as_str(), 1),
            ("auth.rs", "#[cfg_attr(feature = \"web\", derive(Debug))]\nmod m;\n", 1),
            ("auth.rs", "if cfg!(feature = \"web\") {}\n", 1),
            ("auth.rs", "#![cfg(feature = \"web\")]\n", 1),
        ] {
            let found = shape_flaws(&files(&[(file, text)]));
            assert_eq!(found.len(), flaws, "{file}: {found:?}");
        }
    }
}
