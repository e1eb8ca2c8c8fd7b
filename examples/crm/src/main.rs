//! The example of portcullis: a small CRM of leads that embeds all of it.
//!
//! ```text
//! cargo run --release -p crm
//! ```
//!
//! The operator's own commands run beside it, on the same database: `crm open-account`,
//! `crm temporary-password`, `crm grant-administrator`, `crm invite-administrator`, `crm enable`,
//! `crm plan` and `crm seats`. Any other word prints how each is used.
//!
//! | variable | means | without it |
//! |---|---|---|
//! | `PORT` | where to listen | 3000 |
//! | `BIND` | on which address | 127.0.0.1: this machine only |
//! | `DATABASE_URL` | an SQLite file, made where there is none, or a database that exists on PostgreSQL (`postgres://name:password@host/crm`) or on MySQL or MariaDB (`mysql://…`) | `sqlite:crm.db` |
//! | `PUBLIC_URL` | how browsers reach it; links in letters begin with it | `http://localhost:PORT` |
//! | `TRUSTED_PROXIES` | how many proxies stand before it and add to `X-Forwarded-For`; limits count by the address they name | 0: by the connection's |
//! | `SMTP_URL` | the mail server | letters stay here, at `/dev/mail` |
//! | `MAIL_FROM` | the sender of letters | `no-reply@` the public host |
//! | `SMTP_CA` | a PEM file with a private authority of the mail server | the public ones |
//! | `RUST_LOG` | what is logged, to stderr | `info` |

mod app;
mod config;
mod database;
mod export;
mod failure;
mod home;
mod leads;
mod mailbox;
mod mailbox_page;
mod moment;
mod operator;
mod pages;
mod post;
mod serve;
mod set_up;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use tracing_subscriber::EnvFilter;

use config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let ended = match Config::read(|name| std::env::var(name).ok()) {
        Ok(config) if words.is_empty() => {
            serve::serve(config).await.map_err(|error| error.to_string())
        }
        Ok(config) => operator::act(config, &words).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.0),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Not by the log, which may be switched off. If nobody reads stderr, nobody does.
            let _ = writeln!(io::stderr(), "crm: {why}");
            ExitCode::FAILURE
        }
    }
}
