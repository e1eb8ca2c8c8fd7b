//! What becomes of a database on a server when a later contract version comes.

use super::*;
use crate::store::{
    Row,
    sql::{Arg, Link as _, migration::invented::Invented, server::Peer},
};

/// No test waits longer for an answer.
pub(in crate::store) const SOON: Duration = Duration::from_secs(60);

/// A later contract version reaches databases that hold the first, from wherever an earlier try
/// stopped, twice, by two processes at once, and after a process that died.
pub(in crate::store) async fn a_later_contract_is_reached<P: Peer>(
    peer: &P,
    mut names: impl FnMut(&str) -> Names<'static>,
) {
    let invented = Invented::new();
    let steps = statements(&invented.edition().migrations(&names("count"))[1]).len();
    assert!(steps > 7, "four columns, three indexes, a table");
    for done in 0..=steps {
        let names = names(&format!("{done:02}"));
        let migrations = invented.edition().migrations(&names);
        let (mut link, (first, second)) = (peer.open().await.unwrap(), invented.account());
        bring_up_to_date::<P>(&mut link, &names, &migrations[..1], true, SOON).await.unwrap();
        insert(&mut link, &names, &first).await;
        for statement in statements(&migrations[1]).into_iter().take(done) {
            link.say(statement).await.unwrap();
        }
        let refused = bring_up_to_date::<P>(&mut link, &names, &migrations, false, SOON).await;
        assert_eq!(refused.is_err(), done < steps, "{done}: {refused:?}");
        let mut other = peer.open().await.unwrap();
        let (one, two) = tokio::join!(
            bring_up_to_date::<P>(&mut link, &names, &migrations, true, SOON),
            bring_up_to_date::<P>(&mut other, &names, &migrations, true, SOON),
        );
        one.unwrap();
        two.unwrap();
        for statement in statements(&migrations[1]) {
            make(&mut link, statement).await.unwrap();
        }
        let accounts = select(&names, invented.accounts);
        let found = link.rows(&[Call::new(&accounts, [])], &[invented.accounts]).await.unwrap();
        assert_eq!(found, [[second]], "the row that stood");
        for (index, unique) in [("accounts_motto", 1), ("accounts_by_rank", 0)] {
            let listed = (names.dialect().catalogue)(&names);
            let listed = link.rows(&[Call::new(&listed, [])], &[&catalogue::LISTED]).await.unwrap();
            let name = names.plain(index);
            let is_it = |row: &&Row| row.value(1) == &crate::store::Value::Text(name.clone());
            let found: Vec<_> = listed.iter().flatten().filter(is_it).collect();
            assert!(!found.is_empty(), "{index} after {done}");
            assert_eq!(found[0].value(2), &crate::store::Value::Int(unique));
        }
        let notes = format!("SELECT COUNT(*) FROM {}", names.table("notes"));
        assert_eq!(link.number(&notes).await.unwrap(), Some(0));
        assert_eq!(contract(&mut link, &names).await.unwrap(), 2);
    }
}

/// Whoever holds the lease and dies is waited for until it ends, and no longer; whoever lost it
/// meanwhile changes nothing more.
pub(in crate::store) async fn the_lease_of_a_dead_process_ends<P: Peer>(
    peer: &P,
    names: &Names<'_>,
) {
    let invented = Invented::new();
    let migrations = invented.edition().migrations(names);
    let mut link = peer.open().await.unwrap();
    bring_up_to_date::<P>(&mut link, names, &migrations[..1], true, SOON).await.unwrap();
    let table = names.table(LEASE);
    let ends_at = to_micros(SystemClock.now() + Duration::from_millis(1500));
    let die = format!("UPDATE {table} SET holder = 99, ends_at = {ends_at}");
    link.say(&die).await.unwrap();
    let dead = Lease { table: table.clone(), me: 99 };
    let begun = Instant::now();
    bring_up_to_date::<P>(&mut link, names, &migrations, true, SOON).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "it was not waited for");
    assert_eq!(contract(&mut link, names).await.unwrap(), 2);
    // The one that was thought dead, and was only slow.
    assert!(!apply::<P>(&mut link, &migrations[1..], &dead).await.unwrap());
    let mine = Lease { table: table.clone(), me: 7 };
    assert!(mine.take(&mut link).await.unwrap(), "it was given back");
    let soon = to_micros(SystemClock.now() + Duration::from_secs(30));
    link.say(&mine.set(soon)).await.unwrap();
    assert!(apply::<P>(&mut link, &migrations[1..], &mine).await.unwrap());
    let ends = link.number(&format!("SELECT ends_at FROM {table}")).await.unwrap().unwrap();
    assert!(ends > soon, "each statement renews it");
}

fn statements(migration: &Migration) -> Vec<&str> {
    migration.sql.split_inclusive(";\n").collect()
}

fn select(names: &Names<'_>, table: &Table) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
    format!("SELECT {} FROM {}", names.list(&columns), names.table(table.name))
}

async fn insert<L: PeerLink>(link: &mut L, names: &Names<'_>, row: &Row) {
    let statements = Statements::new(names);
    let sql = &statements.of(&crate::store::tables::ACCOUNTS).unwrap().insert;
    let args = row.values().iter().map(Arg::from);
    link.run(&[Call::new(sql, args)]).await.unwrap();
}
