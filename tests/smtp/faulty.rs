use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Instant,
};

use lettre::transport::smtp::{client::AsyncSmtpConnection, extension::ClientId};
use portcullis::mail::Mailer;
use tokio::{sync::oneshot, time::timeout};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::*;
use crate::faulty_smtp::{Act, FaultySmtp};

/// What a server says at which point, and whether that is for ever.
#[tokio::test]
async fn a_refusal_is_permanent_only_when_it_is_about_the_recipient_or_the_letter() {
    let cases = [
        ("greeting", "554 5.3.2 closed", false),
        ("greeting", "421 later", false),
        ("EHLO", "550 who are you", false),
        ("AUTH", "535 5.7.8 wrong", false),
        ("AUTH", "454 later", false),
        ("MAIL", "550 5.1.8 not you", false),
        ("MAIL", "451 later", false),
        ("RCPT", "550 5.1.1 nobody here", true),
        ("RCPT", "550 nobody here", true),
        ("RCPT", "551-nobody\r\n551 here", true),
        ("RCPT", "450 4.2.0 greylisted", false),
        ("RCPT", "554 5.7.1 relaying denied", false),
        ("RCPT", "530 5.7.0 log in first", false),
        ("RCPT", "503 not now", false),
        ("RCPT", "354 what", false),
        ("RCPT", "abracadabra", false),
        ("DATA", "554 no", true),
        ("DATA", "451 later", false),
        ("DATA", "250 already done", false),
        ("end", "554 5.7.1 looks like spam", true),
        ("end", "552 5.3.4 too big", true),
        ("end", "451 4.3.0 disk full", false),
        ("end", "421 going down", false),
        ("end", "354 more", false),
    ];
    for (point, words, permanent) in cases {
        let server =
            FaultySmtp::start(
                move |_, at| {
                    if at.starts_with(point) { Act::say(words) } else { Act::Usual }
                },
            )
            .await;
        let url = server.url().replace("//", "//ada:secret@");
        let error = mailer(&url).send(&letter_to("ada@example.com")).await.unwrap_err();
        assert_eq!(is_permanent(&error), permanent, "{point}: {words}: {}", shown(&error));
        assert!(server.letters().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_hangs_up_anywhere_is_given_up_in_time() {
    let points = ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "first line", "end"];
    let mut tries = tokio::task::JoinSet::new();
    for (point, act) in points.into_iter().flat_map(|p| [(p, Act::Hang), (p, Act::Drop)]) {
        tries.spawn(async move {
            let fault = act.clone();
            let server =
                FaultySmtp::start(
                    move |_, at| {
                        if at.starts_with(point) { fault.clone() } else { Act::Usual }
                    },
                )
                .await;
            let mailer = mailer(&server.url().replace("//", "//ada:secret@"));
            let started = Instant::now();
            let error = mailer.send(&letter_to("ada@example.com")).await.unwrap_err();
            let took = started.elapsed();
            assert!(!is_permanent(&error), "{point} {act:?}: {}", shown(&error));
            assert!(took < PATIENCE * 3, "{point} {act:?}: {took:?}");
            assert!(act == Act::Hang || took < PATIENCE, "{point} {act:?}: {took:?}");
            // The server recovers, and so does the mailer.
            server.plan(|_, _| Act::Usual);
            mailer.send(&letter_to("ada@example.com")).await.unwrap();
            assert_eq!(server.letters().len(), 1, "{point} {act:?}");
        });
    }
    while let Some(tried) = tries.join_next().await {
        tried.unwrap();
    }
}

#[tokio::test]
async fn one_letter_that_hangs_does_not_hold_up_another() {
    let server =
        FaultySmtp::start(|_, at| if at.contains("slow@") { Act::Hang } else { Act::Usual }).await;
    let mailer = Arc::new(mailer(&server.url()));
    let slow: Vec<_> = (0..8)
        .map(|_| {
            let mailer = mailer.clone();
            tokio::spawn(async move { mailer.send(&letter_to("slow@example.com")).await })
        })
        .collect();
    let all_hang = async {
        while server.heard().iter().filter(|(_, line)| line.contains("slow@")).count() < 8 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all_hang).await.unwrap();
    timeout(PATIENCE / 2, mailer.send(&letter_to("ada@example.com"))).await.unwrap().unwrap();
    for hung in slow {
        assert!(!is_permanent(&hung.await.unwrap().unwrap_err()));
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_letter() {
    let server = FaultySmtp::start(|_, _| Act::Usual).await;
    let mailer = mailer(&server.url());
    for _ in 0..3 {
        mailer.send(&letter_to("ada@example.com")).await.unwrap();
    }
    assert!(server.letters().iter().all(|(connection, _)| *connection == 0));
    // It hung up, forgot us, or says goodbye, in the meantime: nobody notices.
    for (connection, act) in [Act::Drop, Act::Hang, Act::say("421 bye")].into_iter().enumerate() {
        server.plan(
            move |number, at| {
                if (number, at) == (connection, "NOOP") { act.clone() } else { Act::Usual }
            },
        );
        mailer.send(&letter_to("ada@example.com")).await.unwrap();
        assert_eq!(server.letters().last().unwrap().0, connection + 1);
    }
}

#[tokio::test]
async fn a_connection_left_half_way_is_never_used_again() {
    for point in ["MAIL", "RCPT", "DATA", "first line", "end"] {
        let server = FaultySmtp::start(|_, _| Act::Usual).await;
        let mailer = mailer(&server.url());
        mailer.send(&letter_to("first@example.com")).await.unwrap();
        let (reached, at_point) = oneshot::channel();
        let reached = Mutex::new(Some(reached));
        server.plan(move |number, at| {
            if number > 0 || !at.starts_with(point) {
                return Act::Usual;
            }
            let _ = reached.lock().unwrap().take().map(|reached| reached.send(()));
            Act::Hang
        });
        // Given up by whoever called, as the outbox does at the end of its own patience.
        let letter = letter_to("dropped@example.com");
        tokio::select! {
            reached = at_point => reached.unwrap(),
            sent = mailer.send(&letter) => panic!("{point}: {sent:?}"),
        }
        let before = server.heard().len();
        mailer.send(&letter_to("next@example.com")).await.unwrap();
        let letters = server.letters();
        assert_eq!(letters.len(), 2, "{point}");
        assert!(letters[1].0 == 1 && letters[1].1.contains("next@example.com"), "{point}");
        let after = server.heard().split_off(before);
        assert!(after.iter().all(|(number, _)| *number == 1), "{point}: {after:?}");
    }
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_to_a_server_without_starttls() {
    let server = FaultySmtp::start(|_, _| Act::Usual).await;
    let url = server.url().replace("//", "//ada:secret@") + "?tls=required";
    let error = mailer(&url).send(&letter_to("ada@example.com")).await.unwrap_err();
    assert!(!is_permanent(&error));
    assert!(shown(&error).contains("STARTTLS is not supported"), "{}", shown(&error));
    assert_eq!(server.heard(), [(0, "EHLO crm.example".to_owned())]);
    // The same when it offers STARTTLS and then refuses it, or pretends to go on in the clear.
    for reply in ["454 not now", "502 no", "220 go on\r\n250-mail.test\r\n250 AUTH PLAIN"] {
        let server = FaultySmtp::start(move |_, at| match at {
            "STARTTLS" => Act::say(reply),
            at if at.starts_with("EHLO") => {
                Act::say("250-mail.test\r\n250-AUTH PLAIN\r\n250 STARTTLS")
            }
            _ => Act::Usual,
        })
        .await;
        let url = server.url().replace("//", "//ada:secret@") + "?tls=required";
        let error = mailer(&url).send(&letter_to("ada@example.com")).await.unwrap_err();
        assert!(!is_permanent(&error));
        let heard = format!("{:?}", server.heard());
        assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
    }
}

#[tokio::test]
async fn errors_show_neither_the_password_nor_the_letter() {
    for point in ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "end"] {
        for code in ["250", "354", "451 4.0.0", "550 5.0.0", "5", "abracadabra"] {
            let words = format!("{code} ada@example.com s3cret AGFkYQBzM2NyZXQ= {CANARY}");
            let server = FaultySmtp::start(move |_, at| {
                if at.starts_with(point) { Act::Say(words.clone()) } else { Act::Usual }
            })
            .await;
            let mailer = mailer(&server.url().replace("//", "//ada:s3cret@"));
            let Err(error) = mailer.send(&letter_to("ada@example.com")).await else { continue };
            let shown = shown(&error) + &format!("{mailer:?}");
            for secret in ["ada", "s3cret", "AGFk", CANARY] {
                assert!(!shown.contains(secret), "{point} {code}: {shown}");
            }
        }
    }
    let debug = format!("{:?}", mailer("smtps://ada:s3cret@mail.example"));
    assert!(!debug.contains("s3cret") && !debug.contains("ada"), "{debug}");
}

/// Writes down everything anybody logs.
struct Listener(Arc<Mutex<String>>);

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        struct Text<'a>(&'a mut String);
        impl Visit for Text<'_> {
            fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
                let _ = writeln!(self.0, "{value:?}");
            }
        }
        event.record(&mut Text(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn lettre_logs_nothing_even_when_the_hosts_build_makes_it_talk() {
    let log = Arc::new(Mutex::new(String::new()));
    tracing::subscriber::set_global_default(Listener(log.clone())).unwrap();
    let server = FaultySmtp::start(|_, _| Act::Usual).await;
    let mailer = mailer(&server.url().replace("//", "//ada:s3cret@"));
    for _ in 0..2 {
        mailer.send(&letter_to("ada@example.com")).await.unwrap();
    }
    let heard = log.lock().unwrap().clone();
    assert!(!heard.contains(CANARY) && !heard.contains("AUTH") && !heard.contains("Wrote"));
    // And so it would talk.
    let hello = ClientId::Domain("control.example".into());
    AsyncSmtpConnection::connect_tokio1(("127.0.0.1", server.port), None, &hello, None, None)
        .await
        .unwrap();
    assert!(log.lock().unwrap().contains("Wrote: EHLO control.example"));
}
