use super::*;
use crate::store::sql::server::migrate::tests;

fn peer() -> PostgresPeer {
    let url = std::env::var("PORTCULLIS_TEST_POSTGRES")
        .expect("PostgreSQL is missing: run scripts/test, which starts one");
    let options = PostgresOptions::new(&url).unwrap().timeout(tests::SOON);
    PostgresPeer::new(options.way, options.patience)
}

/// Names nobody else has.
fn names(of: &str) -> Names<'static> {
    let prefix: &'static str = String::leak(format!("later_{}_{of}_", std::process::id()));
    Names::new(&POSTGRES, None, prefix)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_contract_is_reached() {
    tests::a_later_contract_is_reached(&peer(), names).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_a_dead_process_ends() {
    tests::the_lease_of_a_dead_process_ends(&peer(), &names("dead")).await;
}

/// The driver takes any scheme, and would then find no server, or another one.
#[test]
fn a_url_of_something_else_is_refused() {
    for url in ["postgres://db/crm", "PostgreSQL://db/crm"] {
        assert!(PostgresOptions::new(url).is_ok(), "{url}");
    }
    for url in ["mysql://db/crm", "http://db/crm", "db/crm", ""] {
        assert!(PostgresOptions::new(url).is_err(), "{url}");
    }
}

#[test]
fn a_timeout_is_kept_within_its_bounds() {
    let patience =
        |timeout| PostgresOptions::new("postgres://db/crm").unwrap().timeout(timeout).patience;
    assert_eq!(patience(Duration::ZERO), SHORTEST);
    assert_eq!(patience(Duration::MAX), LONGEST);
}
