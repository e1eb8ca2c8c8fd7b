//! Letters through SMTP: servers that fail in every way, and a real one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/faulty_smtp.rs"]
mod faulty_smtp;
#[path = "support/smtp.rs"]
mod smtp_server;
#[path = "smtp/faulty.rs"]
mod with_a_faulty_server;
#[path = "smtp/real.rs"]
mod with_a_real_server;

use std::{error::Error, time::Duration};

use portcullis::{
    clock::SystemClock,
    entropy::SystemEntropy,
    id::IntentId,
    mail::{Letter, MailError, smtp::SmtpMailer},
    model::EmailAddress,
};

/// Long enough for a busy machine, of whose time a sign of life gets a sixth; short enough for tests
/// that wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// In every letter; must never stand in an error or a log.
const CANARY: &str = "canary-in-a-link";

fn letter_to(address: &str) -> Letter {
    use portcullis::clock::Clock;
    let id = IntentId::draw(SystemClock.now(), &SystemEntropy).unwrap();
    let to = EmailAddress::parse(address).unwrap();
    let html = format!("<p>Grüße, 世界 <a href=\"https://crm.example/#{CANARY}\">link</a></p>\n");
    let text = format!("Grüße, 世界\n.\n\n..two dots\nhttps://crm.example/#{CANARY}\n");
    let mut letter = Letter::new(id, to, "Zurücksetzen – 世界", text, html);
    letter.name = "Ada Lovelace, Gräfin".into();
    letter
}

fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::from_url(url, "no-reply@crm.example")
        .unwrap()
        .from_name("Acme „CRM“")
        .timeout(PATIENCE)
}

fn is_permanent(error: &MailError) -> bool {
    matches!(error, MailError::Permanent(_))
}

/// Everything an error shows.
fn shown(error: &MailError) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" {error} {error:?}");
        source = error.source();
    }
    shown
}
