use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::json;
use tempfile::tempdir;

use super::roles::{company, log_in};
use super::support::{
    Client, Crm, FIRST, links, program::command, program::free_port, token, until,
};

#[test]
fn the_link_is_minted_anew_at_each_start_until_it_is_used() {
    let folder = tempdir().unwrap();
    let port = free_port();
    let crm = Crm::start(folder.path(), port);
    let first = crm.set_up_link();
    let (status, printed) = crm.terminate();
    assert!(status.success());
    assert_eq!(printed, [format!("set-up: {first}")]);

    let crm = Crm::start(folder.path(), port);
    let second = crm.set_up_link();
    assert_ne!(first, second);
    let body = json!({"token": token(&second), "password": FIRST});
    assert_eq!(crm.client().call("POST", "/activation", &body).status, 204);
    let body = json!({"token": token(&first), "password": FIRST});
    assert_eq!(crm.client().call("POST", "/activation", &body).kind(), "rejected");
    crm.terminate();

    let crm = Crm::start(folder.path(), port);
    let session = json!({"login": "admin", "password": FIRST});
    assert_eq!(crm.client().call("POST", "/session", &session).status, 200);
    let (status, printed) = crm.terminate();
    assert!(status.success());
    assert!(printed.is_empty(), "{printed:?}");
}

#[test]
fn it_ends_although_a_connection_stays_open() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut idle = std::net::TcpStream::connect(("127.0.0.1", crm.port)).unwrap();
    std::io::Write::write_all(&mut idle, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut some = [0; 12];
    idle.read_exact(&mut some).unwrap();
    let (status, _) = crm.terminate();
    assert!(status.success(), "{status}");
}

#[test]
fn in_public_it_refuses_to_start_without_a_mail_server() {
    let folder = tempdir().unwrap();
    for (name, value) in [("PUBLIC_URL", "https://crm.example"), ("BIND", "0.0.0.0")] {
        let (success, said) = run(command(folder.path(), free_port()).env(name, value));
        assert!(!success);
        assert!(said.contains("SMTP_URL is needed"), "{said}");
    }
    assert!(!folder.path().join("crm.db").exists(), "nothing was made");
}

#[test]
fn a_setting_that_cannot_be_used_is_named_but_never_quoted() {
    let folder = tempdir().unwrap();
    let url = "smtp://crm:s3cret@mail.example:nowhere";
    let (success, said) = run(command(folder.path(), free_port()).env("SMTP_URL", url));
    assert!(!success);
    assert!(said.contains("SMTP_URL") && !said.contains("s3cret"), "{said}");
}

#[test]
fn behind_https_it_says_that_the_proxies_were_not_counted() {
    for (count, is_said) in [(None, true), (Some("1"), false)] {
        let folder = tempdir().unwrap();
        let mut command = command(folder.path(), free_port());
        command.env("PUBLIC_URL", "https://crm.example").env("SMTP_URL", "smtp://127.0.0.1:9");
        if let Some(count) = count {
            command.env("TRUSTED_PROXIES", count);
        }
        let mut child = command.spawn().unwrap();
        let log = until("it to be ready", || {
            let log = std::fs::read_to_string(folder.path().join("crm.log")).ok()?;
            log.contains("ready").then_some(log)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(log.contains("TRUSTED_PROXIES is 0"), is_said, "{log}");
    }
}

#[test]
fn the_operator_acts_beside_the_running_program() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    super::set_up(&crm);
    let temporary = "brown ferns under snow";
    let set = ["temporary-password", "admin", "lost the mailbox"];
    let (success, said) = operate(folder.path(), &set, "short\n");
    assert!(!success && said.contains("at least"), "{said}");
    let (success, said) = operate(folder.path(), &set, &format!("{temporary}\n"));
    assert!(success, "{said}");
    let session = json!({"login": "admin", "password": temporary});
    let answer = crm.client().call("POST", "/session", &session);
    assert_eq!(answer.json()["status"], "password_change_required");

    let open = ["open-account", "Bolt", "bea", "bea@bolt.example", "a new customer"];
    let (success, said) = operate(folder.path(), &open, "");
    assert!(success, "{said}");
    until("the letter, which the running program sends", || {
        let letters = crm.client().get("/dev/mail.json").json();
        // Whatever else went out with it: the administrator is told of the temporary password.
        (!links(&letters, "bea@bolt.example").is_empty()).then_some(())
    });
    let (success, said) = operate(folder.path(), &["delete-everything"], "");
    assert!(!success && said.contains("crm open-account"), "{said}");
}

#[test]
fn m14_break_glass_from_the_command_line() {
    let folder = tempdir().unwrap();
    let people = ["administrator", "salesperson"];
    tokio::runtime::Runtime::new().unwrap().block_on(company(folder.path(), &people));
    let crm = Crm::start(folder.path(), free_port());
    let (mut admin, mut seller) = (log_in(&crm, "administrator"), log_in(&crm, "salesperson"));
    let manages = |client: &mut Client| {
        let session = client.call("GET", "/session", &json!(null)).json();
        session["permissions"].as_array().unwrap().contains(&json!("users.manage"))
    };
    assert!(!manages(&mut seller));
    let grant = ["grant-administrator", "salesperson", "ticket 4711"];
    let (success, said) = operate(folder.path(), &grant, "");
    assert!(success && manages(&mut seller), "{said}");
    until("the letter to the administrators", || {
        let letters = crm.client().get("/dev/mail.json").json();
        let told = |letter: &serde_json::Value| {
            letter["subject"]
                .as_str()
                .is_some_and(|subject| subject.contains("acted in your account"))
        };
        letters.as_array().unwrap().iter().any(told).then_some(())
    });
    let id = seller.call("GET", "/me", &json!(null)).json()["user"]["id"].clone();
    let path = format!("/users/{}/disable", id.as_str().unwrap());
    assert_eq!(admin.call("POST", &path, &json!({"reason": "a mistake"})).status, 202);
    assert_eq!(seller.call("GET", "/me", &json!(null)).status, 401);
    let (success, said) = operate(folder.path(), &["enable", "salesperson", "ticket 4711"], "");
    assert!(success, "{said}");
    assert!(manages(&mut log_in(&crm, "salesperson")));
    let (success, said) = operate(folder.path(), &["enable", "nobody", "ticket 4711"], "");
    assert!(!success && said.contains("no such user"), "{said}");
}

#[test]
fn m16_plan_and_seats_from_the_command_line() {
    let folder = tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(company(folder.path(), &["administrator"]));
    let crm = Crm::start(folder.path(), free_port());
    let mut admin = log_in(&crm, "administrator");
    let mut now = || {
        let account = admin.call("GET", "/account", &json!(null)).json()["account"].clone();
        (account["plan"].clone(), account["plan_until"].clone(), account["seats"].clone())
    };
    let does = |words: &[&str]| {
        let (success, said) = operate(folder.path(), words, "");
        assert!(success, "{said}");
    };
    assert_eq!(now(), (json!("essential"), json!(null), json!(100)), "as the plan includes");
    does(&["plan", "administrator", "advanced", "2999-01-31", "an order"]);
    assert_eq!(now(), (json!("advanced"), json!("2999-01-31T00:00:00Z"), json!(500)));
    does(&["seats", "administrator", "7", "an order"]);
    does(&["plan", "admin", "ultimate", "open", "an order"]);
    assert_eq!(now(), (json!("ultimate"), json!(null), json!(7)), "what was agreed stays");
    does(&["seats", "administrator", "plan", "an order"]);
    assert_eq!(now(), (json!("ultimate"), json!(null), json!(null)));
    for (words, why) in [
        (["plan", "administrator", "golden", "open", "x"].as_slice(), "There is no such plan."),
        (&["plan", "administrator", "trial", "soon", "x"], "UNTIL is a day"),
        (&["plan", "nobody", "trial", "open", "x"], "no such user"),
        (&["seats", "administrator", "many", "x"], "invalid digit"),
        (&["plan", "administrator", "trial"], "crm plan COLLEAGUE PLAN UNTIL REASON"),
    ] {
        let (success, said) = operate(folder.path(), words, "");
        assert!(!success && said.contains(why), "{said}");
    }
    assert_eq!(now(), (json!("ultimate"), json!(null), json!(null)), "nothing was changed");
    until("the letters to the administrators", || {
        let letters = crm.client().get("/dev/mail.json").json();
        let said: Vec<_> =
            letters.as_array().unwrap().iter().map(|it| it["text"].as_str()).collect();
        let told = |words| said.iter().flatten().any(|text| text.contains(words));
        (told("essential → advanced until 2999-01-31") && told("seats changed")).then_some(())
    });
}

#[test]
fn m14_an_account_with_nobody_left_gets_an_administrator_from_the_command_line() {
    let folder = tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(company(folder.path(), &["salesperson"]));
    let crm = Crm::start(folder.path(), free_port());
    let again = |words: &[&str]| operate(folder.path(), words, "");
    let invite = ["invite-administrator", "salesperson", "ruth", "ruth@acme.example", "ticket 9"];
    let (success, said) = again(&invite);
    assert!(success, "{said}");
    let link = until("the invitation, which the running program sends", || {
        let letters = crm.client().get("/dev/mail.json").json();
        links(&letters, "ruth@acme.example").first().cloned()
    });
    let body = json!({"token": token(&link), "password": FIRST});
    assert_eq!(crm.client().call("POST", "/activation", &body).status, 204);
    let session = log_in(&crm, "ruth").call("GET", "/session", &json!(null)).json();
    assert!(session["permissions"].as_array().unwrap().contains(&json!("users.manage")));
    assert_eq!(session["account"]["name"], "Acme");
    let (success, said) = again(&invite);
    assert!(!success && said.contains("already taken"), "{said}");
}

/// Runs one of the operator's commands with this input.
fn operate(folder: &Path, words: &[&str], input: &str) -> (bool, String) {
    let mut command = command(folder, free_port());
    let command = command.args(words).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that does not read its input may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// Runs it to its end; what it said on stderr.
fn run(command: &mut Command) -> (bool, String) {
    let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_mailbox_is_shown_on_this_machine_only() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut client = crm.client();
    for path in ["/dev/mail", "/dev/mail.json"] {
        assert_eq!(client.get(path).status, 200);
        for host in ["crm.example", "10.0.0.7:3000", "localhost.evil.example"] {
            let answer = client.send("GET", path, &[("host", host)], "");
            assert_eq!(answer.status, 403, "{host}");
            assert!(!answer.body.contains("token="), "{host}");
        }
        // A tunnel or a proxy that writes this machine's name into what strangers ask.
        for by in ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] {
            let answer = client.send("GET", path, &[(by, "203.0.113.9")], "");
            assert_eq!(answer.status, 403, "{by}");
        }
    }
    let letters = until("a letter", || {
        let letters = client.get("/dev/mail.json").json();
        letters[0].is_object().then_some(letters)
    });
    let newest = letters[0].as_object().unwrap();
    let mut fields: Vec<&str> = newest.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["at", "html", "subject", "text", "to"]);
    assert_eq!(newest["to"], "admin@acme.example");
}

#[test]
fn with_a_mail_server_there_is_no_mailbox() {
    let folder = tempdir().unwrap();
    let port = free_port();
    let mut child =
        command(folder.path(), port).env("SMTP_URL", "smtp://127.0.0.1:9").spawn().unwrap();
    let status = until("an answer", || {
        let mut client = Client::new(port);
        client.try_send("GET", "/dev/mail.json", &[], "").ok().map(|answer| answer.status)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status, 404);
}
