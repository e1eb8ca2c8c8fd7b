//! Letters through real SMTP, from the request that causes one to the mailbox: a server that
//! says "later", drops the line or hangs delays its own letter and nothing else.

#[path = "support/faulty_smtp.rs"]
mod faulty_smtp;
#[path = "support/house.rs"]
#[macro_use]
mod house;
#[path = "support/smtp.rs"]
mod smtp;

use std::time::{Duration, Instant};

use faulty_smtp::{Act, FaultySmtp};
use house::*;
use portcullis::{auth::NewUser, mail::smtp::SmtpMailer, store::memory::MemoryStore};
use smtp::{Mode, SmtpServer};

/// Long enough for anything that works, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A house with `admin` and `bea`, whose letters go to this server.
async fn house_at(house: House, mailer: SmtpMailer) -> House {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let bea = NewUser::parse("bea", "bea@other.example", "Bea", "salesperson").unwrap();
    house.auth.user_accounts(&me).unwrap().invite(&bea, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    house.post().await;
    House::on(house.store, house.clock, mailer)
}

/// Asks for a reset, which must not wait for any mail server.
async fn ask(house: &House, email: &str) {
    let begun = Instant::now();
    house.auth.forgot_password(email, &client()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "the request waited for the mail");
}

/// Lets a second go by for the outbox, again and again, until it is so.
async fn until(house: &House, what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(50)).await;
        house.clock.turn(time::Duration::SECOND);
    }
}

on_every_store! {
    a_reset_letter_arrives_through_starttls_and_authentication
    a_server_that_is_down_delays_the_letter_and_no_request
    a_line_that_drops_in_data_sends_the_letter_again
}

async fn a_reset_letter_arrives_through_starttls_and_authentication(house: House) {
    let server = SmtpServer::start(Mode::StartTls);
    let mailer = SmtpMailer::from_url(&server.url(), "noreply@crm.example").unwrap();
    let house = house_at(house, mailer.trust_pem(&server.ca()).unwrap()).await;
    let background = tokio::spawn(house.auth.clone().background());
    ask(&house, "admin@acme.example").await;
    let letters = server.wait_for(1, PATIENCE).await;
    let text = letters[0]["text"].as_str().unwrap();
    assert!(text.contains("https://crm.example/auth/reset?token="));
    assert!(text.contains("admin"), "it states the username");
    background.abort();
}

async fn a_server_that_is_down_delays_the_letter_and_no_request(house: House) {
    let mut server = SmtpServer::start(Mode::StartTls);
    let mailer = SmtpMailer::from_url(&server.url(), "noreply@crm.example").unwrap();
    let house = house_at(house, mailer.trust_pem(&server.ca()).unwrap()).await;
    server.stop();
    let background = tokio::spawn(house.auth.clone().background());
    ask(&house, "admin@acme.example").await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        house.clock.turn(time::Duration::SECOND);
    }
    server.restart();
    let begun = Instant::now();
    while server.letters().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the letter did not arrive after the server came back");
        tokio::time::sleep(Duration::from_millis(100)).await;
        house.clock.turn(time::Duration::seconds(10));
    }
    background.abort();
}

/// Each fault in turn, for one recipient only: the other's letter arrives meanwhile, and the
/// delayed one once the server is well again. Who waits for whom is the outbox's own doing, and
/// takes seconds to see: the reference store will do.
#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_server_holds_up_its_own_letter_only() {
    fn later(line: &str) -> Act {
        let to_admin = line.to_ascii_lowercase().contains("rcpt to:<admin@");
        if to_admin { Act::say("451 later") } else { Act::Usual }
    }
    fn hang(line: &str) -> Act {
        let to_admin = line.to_ascii_lowercase().contains("rcpt to:<admin@");
        if to_admin { Act::Hang } else { Act::Usual }
    }
    for fault in [later as fn(&str) -> Act, hang] {
        let server = FaultySmtp::start(move |_, line| fault(line)).await;
        let mailer = SmtpMailer::from_url(&server.url(), "noreply@crm.example").unwrap();
        let house =
            house_at(House::new(MemoryStore::new()), mailer.timeout(Duration::from_secs(6))).await;
        let background = tokio::spawn(house.auth.clone().background());
        ask(&house, "admin@acme.example").await;
        ask(&house, "bea@other.example").await;
        let arrived = |name: &str| server.letters().iter().any(|(_, letter)| letter.contains(name));
        until(&house, "the other's letter", || arrived("bea@other.example")).await;
        assert!(!arrived("admin@acme.example"));
        server.plan(|_, _| Act::Usual);
        until(&house, "the delayed letter", || arrived("admin@acme.example")).await;
        background.abort();
    }
}

/// A line that drops inside DATA: nobody knows whether the letter was taken, so it goes again.
async fn a_line_that_drops_in_data_sends_the_letter_again(house: House) {
    let server = FaultySmtp::start(|connection, line| {
        if connection == 0 && line == "first line" { Act::Drop } else { Act::Usual }
    })
    .await;
    let mailer = SmtpMailer::from_url(&server.url(), "noreply@crm.example").unwrap();
    let house = house_at(house, mailer).await;
    let background = tokio::spawn(house.auth.clone().background());
    ask(&house, "admin@acme.example").await;
    until(&house, "the letter", || !server.letters().is_empty()).await;
    background.abort();
}
