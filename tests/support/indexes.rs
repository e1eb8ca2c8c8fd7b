//! The indexes the tables are described with, by the names migrations give them.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use portcullis::store::Table;

/// An index.
pub struct Index {
    pub table: String,
    pub name: String,
    pub unique: bool,
    pub columns: Vec<&'static str>,
}

impl Index {
    /// Its columns, with commas.
    pub fn list(&self) -> String {
        self.columns.join(", ")
    }
}

/// Every one of them but those of the tables' keys.
pub fn indexes() -> Vec<Index> {
    let mut found = Vec::new();
    for table in Table::ALL {
        let mut note = |name: &str, unique, columns: Vec<&'static str>| {
            let of = format!("portcullis_{}", table.name);
            found.push(Index { name: format!("{of}_{name}"), table: of, unique, columns });
        };
        for unique in table.uniques {
            note(unique.name, true, unique.columns.to_vec());
        }
        let key = table.columns[0].name;
        for ordering in table.orderings {
            let columns = [ordering.equal, ordering.by].concat();
            if columns != [key] {
                note(ordering.name, false, columns);
            }
        }
        if let Some(column) = table.expires {
            note(column, false, vec![column]);
        }
    }
    assert!(found.iter().any(|index| index.unique) && found.len() > 12);
    found
}
