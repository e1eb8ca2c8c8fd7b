use super::*;
use crate::store::{
    Row, Value,
    sql::{Arg, migration::invented::Invented},
    tables::ACCOUNTS,
};

/// A later contract version reaches files that hold the first, from wherever a tool stopped, and by
/// two processes at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_contract_is_reached() {
    let invented = Invented::new();
    let names = Names::new(&SQLITE, None, SqliteOptions::PREFIX);
    let migrations = invented.edition().migrations(&names);
    let steps: Vec<_> = migrations[1].sql.split_inclusive(";\n").collect();
    assert!(steps.len() > 7, "four columns, three indexes, a table");
    for done in 0..=steps.len() {
        let folder = tempfile::TempDir::new().unwrap();
        let options = SqliteOptions::new(folder.path().join("later.db"));
        let opener = Opener::new(&options).unwrap();
        let mut one = opener.connect(&opener.writer).await.unwrap();
        write_ahead(&mut one).await.unwrap();
        options.bring_up_to_date(&mut one, &migrations[..1]).await.unwrap();
        let (first, second) = invented.account();
        let mut one = SqliteLink::new(one);
        let insert = Statements::new(&names).of(&ACCOUNTS).unwrap().insert.clone();
        one.run(&[Call::new(&insert, first.values().iter().map(Arg::from))]).await.unwrap();
        for statement in &steps[..done] {
            execute(one.connection(), *statement).await.unwrap();
        }
        let mut two = opener.connect(&opener.writer).await.unwrap();
        let by_host = options.clone().migrated_by_host();
        let refused = by_host.bring_up_to_date(&mut two, &migrations).await;
        assert_eq!(refused.is_err(), done < steps.len(), "{done}: {refused:?}");
        let (first, other) = tokio::join!(
            options.bring_up_to_date(one.connection(), &migrations),
            options.bring_up_to_date(&mut two, &migrations),
        );
        first.unwrap();
        other.unwrap();
        let columns: Vec<_> = invented.accounts.columns.iter().map(|column| column.name).collect();
        let read = format!("SELECT {} FROM {}", names.list(&columns), names.table("accounts"));
        let found = one.rows(&[Call::new(&read, [])], &[invented.accounts]).await.unwrap();
        assert_eq!(found, [[second]], "the row that stood");
        let listed = (names.dialect().catalogue)(&names);
        let listed = one.rows(&[Call::new(&listed, [])], &[&catalogue::LISTED]).await.unwrap();
        for (index, unique) in [("accounts_motto", 1), ("accounts_by_rank", 0)] {
            let name = Value::Text(names.plain(index));
            let found = listed.iter().flatten().find(|row: &&Row| row.value(1) == &name);
            assert_eq!(found.unwrap().value(2), &Value::Int(unique), "{index} after {done}");
        }
        execute(one.connection(), "SELECT id, word, expires_at FROM portcullis_notes")
            .await
            .unwrap();
        assert_eq!(options.contract(&mut two).await.unwrap(), 2);
    }
}
