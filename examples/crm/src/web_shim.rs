#![allow(dead_code)]
use portcullis::{auth::*, error::*};
use std::net::IpAddr;
#[derive(Clone)]
pub(crate) struct Peer(pub IpAddr);
pub(crate) struct Door;
impl Door {
    pub(crate) fn new(_: Auth) -> Self {
        Self
    }
    pub(crate) async fn identify(&self, _: &axum::http::HeaderMap) -> Result<Identity> {
        Err(Error::Unauthenticated)
    }
    pub(crate) fn refuse_cross_origin(
        &self,
        _: &axum::http::Method,
        _: &axum::http::HeaderMap,
    ) -> Result<()> {
        Ok(())
    }
    pub(crate) fn log_in_path(&self, _: &str) -> String {
        "/auth/login".into()
    }
}
#[derive(Clone)]
pub(crate) struct Service;
impl Service {
    pub(crate) fn new(_: Auth) -> axum::Router {
        axum::Router::new()
    }
}
