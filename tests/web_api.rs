//! The JSON API, call by call, and each wrong input with its kind and status.
#![cfg(feature = "web")]

#[path = "support/house.rs"]
mod house;
#[path = "support/web.rs"]
mod web;

use house::GOOD;
use serde_json::json;
use web::{Web, ask, send};

#[tokio::test]
async fn somebody_logs_in() {
    let web = Web::new().await;
    let body = json!({"login": "admin", "password": GOOD});
    let answer = send(&web.service, ask("POST", "/auth/api/session").json(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    println!("{answer:#?}");
    let mut browser = web.admin().await;
    assert!(browser.is_in().await);
    println!("{}", browser.get("/auth/account").await.text);
}
