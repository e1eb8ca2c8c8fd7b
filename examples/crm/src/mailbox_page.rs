//! `/dev/mail`: the letters that stayed here, for whoever sits at this machine.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use minijinja::{Value, context};
use serde_json::json;

use crate::{app::App, home, mailbox::Delivered, moment};

/// The page, and the same as JSON.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dev/mail", get(page))
        .route("/dev/mail.json", get(data))
        .layer(middleware::from_fn(only_here))
}

/// Refuses requests for another host, and those that came by way of a proxy: it may have put
/// this machine's name into them. The name in the address bar is the one thing a stranger's page
/// cannot choose: one whose name was pointed at this machine still sends its own name (DNS
/// rebinding).
async fn only_here(request: Request, next: Next) -> Response {
    if is_loopback(request.headers()) && is_direct(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "The mailbox is for this machine only, and not through a proxy.\n")
            .into_response()
    }
}

fn is_direct(headers: &HeaderMap) -> bool {
    let by_proxy = |name: &str| {
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    };
    !headers.keys().any(|name| by_proxy(name.as_str()))
}

fn is_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<std::net::IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    })
}

async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let me = match home::who(&app, &headers).await {
        Ok(me) => me,
        Err(failure) => return failure.page(&app),
    };
    let site = app.auth.site();
    let pages = format!("{}{}/", site.origin(), site.base());
    let letters: Vec<Value> = letters(&app).iter().map(|letter| entry(letter, &pages)).collect();
    app.pages.show(StatusCode::OK, "mailbox.html", me.as_ref(), context! { letters })
}

/// A letter as the page shows it. Buttons are for links to portcullis' pages only.
fn entry(letter: &Delivered, pages: &str) -> Value {
    let words = letter.text.split_whitespace();
    let links = words.filter(|word| word.starts_with(pages)).map(Value::from);
    context! {
        to => letter.to.as_str(),
        subject => letter.subject.as_str(),
        text => letter.text.as_str(),
        at => moment::shown(letter.at),
        links => links.collect::<Vec<_>>(),
    }
}

async fn data(State(app): State<Arc<App>>) -> Json<Vec<serde_json::Value>> {
    let letter = |letter: &Delivered| {
        json!({
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "at": moment::iso(letter.at),
        })
    };
    Json(letters(&app).iter().map(letter).collect())
}

fn letters(app: &App) -> Vec<Delivered> {
    app.mailbox.as_ref().map(crate::mailbox::Mailbox::newest_first).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_to(hosts: &[&'static str]) -> bool {
        let hosts = hosts.iter().map(|host| (header::HOST, host.parse().unwrap()));
        is_loopback(&hosts.collect())
    }

    #[test]
    fn the_mailbox_is_for_this_machine() {
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "127.8.0.1", "[::1]:3000"] {
            assert!(shown_to(&[host]), "{host}");
        }
        for host in ["crm.example", "localhost.crm.example", "10.0.0.1:3000", "127.0.0.1.nip.io"] {
            assert!(!shown_to(&[host]), "{host}");
        }
        assert!(!shown_to(&[]));
        assert!(!shown_to(&["localhost", "crm.example"]), "two hosts");
    }
}
