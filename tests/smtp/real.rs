use std::sync::Arc;

use portcullis::mail::Mailer;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::smtp_server::{Mode, SmtpServer, USERINFO};

/// For servers that work; TLS takes a while in an unoptimised build.
const LONG: Duration = Duration::from_secs(20);

fn trusting(server: &SmtpServer) -> SmtpMailer {
    mailer(&server.url()).timeout(LONG).trust_pem(&server.ca()).unwrap()
}

fn header<'a>(letter: &'a Value, name: &str) -> &'a str {
    let mut all = letter["headers"].as_array().unwrap().iter().filter(|pair| pair[0] == name);
    let (one, another) = (all.next().unwrap(), all.next());
    assert!(another.is_none(), "{name} in {letter}");
    one[1].as_str().unwrap()
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    for mode in [Mode::StartTls, Mode::Tls, Mode::Plain] {
        let server = SmtpServer::start(mode);
        let letter = letter_to("ada@example.com");
        let before = SystemClock.now_seconds();
        trusting(&server).send(&letter).await.unwrap();
        let letters = server.wait_for(1, LONG).await;
        let got = &letters[0];
        assert_eq!(got["encrypted"], mode != Mode::Plain);
        assert_eq!(got["authenticated"], mode != Mode::Plain);
        assert_eq!(got["greeted_as"], "crm.example");
        assert_eq!(got["from"], "no-reply@crm.example");
        assert_eq!(got["to"], serde_json::json!(["ada@example.com"]));
        assert_eq!(header(got, "From"), "Acme „CRM“ <no-reply@crm.example>");
        assert_eq!(header(got, "To"), "\"Ada Lovelace, Gräfin\" <ada@example.com>");
        assert_eq!(header(got, "Subject"), letter.subject);
        assert_eq!(header(got, "Message-ID"), format!("<{}@crm.example>", letter.id));
        assert_eq!(header(got, "Auto-Submitted"), "auto-generated");
        assert_eq!(got["kind"], "multipart/alternative");
        assert_eq!(lines(&got["text"]), lines(&letter.text.clone().into()));
        assert_eq!(lines(&got["html"]), lines(&letter.html.clone().into()));
        let date = time::OffsetDateTime::parse(
            header(got, "Date"),
            &time::format_description::well_known::Rfc2822,
        );
        let age = date.unwrap().unix_timestamp() - before;
        assert!((0..60).contains(&age), "{age}");
    }
}

trait Seconds {
    fn now_seconds(&self) -> i64;
}

impl Seconds for SystemClock {
    fn now_seconds(&self) -> i64 {
        use portcullis::clock::Clock;
        self.now().unix_timestamp()
    }
}

/// Line breaks are the wire's affair.
fn lines(body: &Value) -> Vec<String> {
    body.as_str().unwrap().trim_end().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_people_type_stays_in_its_header() {
    let server = SmtpServer::start(Mode::Plain);
    let mailer =
        mailer(&server.url()).timeout(LONG).from_name("Acme\r\nBcc: eve@evil.example\r\n\r\n<b>\0");
    let typed = [
        "x\r\nBcc: eve@evil.example",
        "x\nTo: eve@evil.example\n\nbody",
        "x\rReply-To: eve@evil.example",
        "x\r\n.\r\nMAIL FROM:<eve@evil.example>",
        "\0\r\n",
        "\" <eve@evil.example>, \"",
        "=?utf-8?q?x?= <eve@evil.example>",
        "x\u{2028}\u{85}\u{b}Bcc: y",
    ];
    for typed in typed {
        let mut letter = letter_to("ada@example.com");
        letter.name = typed.into();
        letter.subject = typed.into();
        letter.text = format!("{typed}\r.\rRSET\n.\nQUIT\0");
        mailer.send(&letter).await.unwrap();
    }
    let letters = server.wait_for(typed.len(), LONG).await;
    assert_eq!(letters.len(), typed.len());
    for (got, typed) in letters.iter().zip(typed) {
        assert_eq!(got["to"], serde_json::json!(["ada@example.com"]), "{typed}");
        let names: Vec<_> = got["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair[0].as_str().unwrap())
            .collect();
        let expected = [
            "Date",
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected, "{typed}");
        assert!(
            header(got, "To").ends_with("<ada@example.com>")
                || header(got, "To") == "ada@example.com",
            "{got}"
        );
        assert!(got["text"].as_str().unwrap().contains("QUIT"), "{got}");
    }
}

#[tokio::test]
async fn who_is_not_who_they_say_gets_no_letter() {
    for mode in [Mode::StartTls, Mode::Tls] {
        let server = SmtpServer::start(mode);
        let stranger = SmtpServer::start(mode);
        let wrong_password = server.url().replace(USERINFO, "crm%40mail.test:canary");
        let no_password = server.url().replace(&format!("{USERINFO}@"), "");
        let ca = server.ca();
        let cases = [
            ("wrong password", mailer(&wrong_password).trust_pem(&ca).unwrap(), "535"),
            ("no password", mailer(&no_password).trust_pem(&ca).unwrap(), "530"),
            ("wrong CA", mailer(&server.url()).trust_pem(&stranger.ca()).unwrap(), "certificate"),
            ("no CA", mailer(&server.url()), "certificate"),
        ];
        for (case, mailer, why) in cases {
            let error = mailer.timeout(LONG).send(&letter_to("ada@example.com")).await.unwrap_err();
            assert!(!is_permanent(&error), "{mode:?}, {case}");
            let shown = shown(&error);
            assert!(shown.contains(why) && !shown.contains("canary"), "{mode:?}, {case}: {shown}");
        }
        assert!(server.letters().is_empty() && stranger.letters().is_empty());
    }
}

#[tokio::test]
async fn letters_go_out_again_when_the_server_is_back() {
    let mut server = SmtpServer::start(Mode::Tls);
    let mailer = Arc::new(trusting(&server));
    mailer.send(&letter_to("ada@example.com")).await.unwrap();
    server.stop();
    let error = mailer.send(&letter_to("ada@example.com")).await.unwrap_err();
    assert!(!is_permanent(&error));
    server.restart();
    let many: Vec<_> = (0..10)
        .map(|n| {
            let mailer = mailer.clone();
            tokio::spawn(async move { mailer.send(&letter_to(&format!("u{n}@example.com"))).await })
        })
        .collect();
    for sent in many {
        sent.await.unwrap().unwrap();
    }
    mailer.send(&letter_to("ada@example.com")).await.unwrap();
    let letters = server.wait_for(12, LONG).await;
    let last = letters[11]["connection"].clone();
    assert!(letters[1..11].iter().any(|l| l["connection"] == last), "none was kept");
}

#[test]
fn only_certificates_are_trusted() {
    for pem in
        [&b""[..], b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        let mailer = mailer("smtps://mail.example").trust_pem(pem);
        assert_eq!(mailer.unwrap_err(), portcullis::mail::smtp::SmtpConfigError::Certificate);
    }
}

/// Stands between us and the server, and answers for it behind the reply to STARTTLS.
#[tokio::test]
async fn replies_slipped_in_before_tls_are_not_taken_for_the_servers() {
    let server = SmtpServer::start(Mode::StartTls);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = server.url().replace(
        &format!(":{}", server.port),
        &format!(":{}", listener.local_addr().unwrap().port()),
    );
    let port = server.port;
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let (from_client, mut to_client) = client.split();
        let mut upstream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (from_server, mut to_server) = upstream.split();
        let mut from_server = BufReader::new(from_server);
        let mut from_client = BufReader::new(from_client);
        let answers = async {
            let mut line = String::new();
            while !line.contains("220 Ready") {
                line.clear();
                from_server.read_line(&mut line).await.unwrap();
                if line.contains("220 Ready") {
                    line += "250-mail.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 sender fine\r\n\
                             250 recipient fine\r\n354 go on\r\n250 accepted\r\n";
                }
                to_client.write_all(line.as_bytes()).await.unwrap();
            }
            copy(&mut from_server, &mut to_client).await
        };
        let _ = tokio::join!(answers, copy(&mut from_client, &mut to_server));
    });
    let mailer = mailer(&url).timeout(LONG).trust_pem(&server.ca()).unwrap();
    let error = mailer.send(&letter_to("ada@example.com")).await.unwrap_err();
    assert!(!is_permanent(&error) && shown(&error).contains("STARTTLS"), "{}", shown(&error));
}
