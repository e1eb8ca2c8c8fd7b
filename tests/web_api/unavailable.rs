//! What people see when the store does not answer.

use async_trait::async_trait;
use portcullis::{
    auth::Auth,
    hash::{Hashing, Params},
    secret::Digest,
    site::Site,
    store::{
        Batch, CONTRACT, Charge, CommitError, Lease, Page, Row, SessionRows, Store, StoreError,
        Table, Unique, Value, Verdict,
    },
    web::Service,
};
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    house::{GOOD, LetterBox},
    web::{ask, get, send},
};

/// A store whose every answer is that it cannot.
#[derive(Clone)]
struct Gone;

fn gone() -> StoreError {
    StoreError::unavailable("host=db.internal password=canary")
}

#[async_trait]
impl Store for Gone {
    fn contract(&self) -> u32 {
        CONTRACT
    }
    async fn get(&self, _: &'static Table, _: &[u8]) -> Result<Option<Row>, StoreError> {
        Err(gone())
    }
    async fn find(
        &self,
        _: &'static Table,
        _: &'static Unique,
        _: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Err(gone())
    }
    async fn page(&self, _: &Page) -> Result<Vec<Row>, StoreError> {
        Err(gone())
    }
    async fn sessions(&self, _: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
        Err(gone())
    }
    async fn commit(&self, _: &Batch) -> Result<(), CommitError> {
        Err(gone().into())
    }
    async fn charge(&self, _: &[Charge], _: OffsetDateTime) -> Result<Vec<Verdict>, StoreError> {
        Err(gone())
    }
    async fn lease(&self, _: &Lease) -> Result<Vec<Row>, StoreError> {
        Err(gone())
    }
    async fn purge(&self, _: &'static Table, _: OffsetDateTime, _: u32) -> Result<u32, StoreError> {
        Err(gone())
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_told_without_its_name() {
    let mut hashing = Hashing::default();
    hashing.params = Params::danger_for_tests();
    let (auth, _) = Auth::builder(Gone)
        .site(Site::new("Site", "https://crm.example").unwrap())
        .mailer(LetterBox::default())
        .hashing(hashing)
        .build()
        .unwrap();
    let service = Service::new(auth);
    let token = "A".repeat(43);
    let cookie = format!(
        "__Host-portcullis={token}; __Host-portcullis-reset={token}; \
         __Host-portcullis-replace={token}"
    );
    let login = json!({"login": "admin", "password": GOOD});
    let reset = json!({"token": token, "password": GOOD});
    for ask in [
        ask("POST", "/auth/api/session").json(&login),
        get("/auth/api/session").with("cookie", &cookie),
        ask("DELETE", "/auth/api/session").with("cookie", &cookie),
        ask("POST", "/auth/api/password/reset").json(&reset),
        ask("POST", "/auth/api/password/forgot").json(&json!({"email": "a@b.example"})),
    ] {
        let answer = send(&service, ask).await;
        answer.is_problem(503, "unavailable");
        assert_eq!((answer.header("retry-after"), answer.cookies().len()), ("5", 0));
        assert!(!answer.text.contains("canary") && !answer.text.contains("internal"));
    }
    let password = [("password", GOOD)];
    for ask in [
        ask("POST", "/auth/login").form(&[("login", "admin"), ("password", GOOD)]),
        ask("POST", "/auth/forgot").form(&[("email", "a@b.example")]),
        get("/auth/account").with("cookie", &cookie),
        get("/auth/reset").with("cookie", &cookie),
        ask("POST", "/auth/reset").form(&password).with("cookie", &cookie),
        ask("POST", "/auth/replace").form(&password).with("cookie", &cookie),
        ask("POST", "/auth/logout").with("cookie", &cookie),
    ] {
        let path = ask.path.clone();
        let answer = send(&service, ask).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{path}");
        assert!(answer.text.contains("Not available just now"), "{path}: {}", answer.text);
        assert!(!answer.text.contains("canary") && answer.cookies().is_empty());
    }
    assert_eq!(send(&service, get("/auth/login")).await.status, 200, "needs no store");
}
