use super::*;
use crate::store::sql::server::migrate::tests;

async fn peer() -> MySqlPeer {
    let url = std::env::var("PORTCULLIS_TEST_MYSQL")
        .expect("MariaDB is missing: run scripts/test, which starts one");
    let MySqlOptions { way, patience, causal, .. } =
        MySqlOptions::new(&url).unwrap().timeout(tests::SOON);
    let Way::Own(options) = way else { panic!("no pool was lent") };
    let outside = MySqlPeer { way: Way::Own(options.clone()), patience, causal };
    let make = "CREATE DATABASE IF NOT EXISTS portcullis_later";
    outside.open().await.unwrap().say(make).await.unwrap();
    let way = Way::Own(Box::new(options.database("portcullis_later")));
    MySqlPeer { way, patience, causal }
}

/// Names nobody else has.
fn names(of: &str) -> Names<'static> {
    let prefix: &'static str = String::leak(format!("later_{}_{of}_", std::process::id()));
    Names::new(&MYSQL, None, prefix)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_contract_is_reached() {
    tests::a_later_contract_is_reached(&peer().await, names).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_a_dead_process_ends() {
    tests::the_lease_of_a_dead_process_ends(&peer().await, &names("dead")).await;
}

/// The driver takes any scheme, and would then find no server, or another one.
#[test]
fn a_url_of_something_else_is_refused() {
    for url in ["mysql://db/crm", "MariaDB://db/crm"] {
        assert!(MySqlOptions::new(url).is_ok(), "{url}");
    }
    for url in ["postgres://db/crm", "http://db/crm", "db/crm", ""] {
        assert!(MySqlOptions::new(url).is_err(), "{url}");
    }
}

#[test]
fn a_timeout_is_kept_within_its_bounds() {
    let patience = |timeout| MySqlOptions::new("mysql://db/crm").unwrap().timeout(timeout).patience;
    assert_eq!(patience(Duration::ZERO), SHORTEST);
    assert_eq!(patience(Duration::MAX), LONGEST);
}
