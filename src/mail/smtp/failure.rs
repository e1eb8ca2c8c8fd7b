use std::{error::Error, fmt, io};

use lettre::transport::smtp::{Error as SmtpError, response::Response};

use crate::mail::MailError;

/// Why a letter was not handed over: how far it got, and what came back.
pub(super) struct Failure {
    step: Step,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Composing,
    Connecting,
    StartTls,
    LoggingIn,
    Sender,
    Recipient,
    Data,
    Message,
}

enum Cause {
    /// A reply's code, and its enhanced code (RFC 3463) where it has one.
    Reply(u16, Option<String>),
    Garbled,
    Silence,
    Other(String),
}

impl Failure {
    /// What lettre says went wrong at a step. Of a reply only the codes are kept: its words may
    /// quote the recipient, the command with the password in it, or the letter.
    pub(super) fn at(step: Step, error: &SmtpError) -> Self {
        let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        let cause = match error.status() {
            Some(code) => Cause::Reply(code.into(), enhanced(&said)),
            None if error.is_response() => Cause::Garbled,
            None => Cause::Other(tame(&said)),
        };
        Self { step, cause }
    }

    /// A reply that is none of those the step allows.
    pub(super) fn unexpected(step: Step, reply: &Response) -> Self {
        Self { step, cause: Cause::Reply(reply.code().into(), None) }
    }

    /// The server could not be reached.
    pub(super) fn unreachable(error: &io::Error) -> Self {
        Self { step: Step::Connecting, cause: Cause::Other(tame(&error.to_string())) }
    }

    /// The time for this letter is over.
    pub(super) fn silence() -> Self {
        Self { step: Step::Message, cause: Cause::Silence }
    }

    /// The letter cannot be written down as a message.
    pub(super) fn composing(why: &'static str) -> Self {
        Self { step: Step::Composing, cause: Cause::Other(why.to_owned()) }
    }

    /// Whether trying again cannot help: the table in [`SmtpMailer`](super::SmtpMailer).
    pub(super) fn is_permanent(&self) -> bool {
        let Cause::Reply(code @ 500..=599, enhanced) = &self.cause else {
            return self.step == Step::Composing;
        };
        match (self.step, code) {
            (_, 500 | 502 | 503 | 504 | 530 | 534 | 535 | 538) => false,
            (Step::Recipient, _) => !enhanced.as_ref().is_some_and(|e| e.starts_with("5.7.")),
            (Step::Data | Step::Message, _) => true,
            _ => false,
        }
    }
}

/// The enhanced status code a reply's words begin with.
fn enhanced(said: &str) -> Option<String> {
    let word = said.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let plain = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(plain)).then(|| word.to_owned())
}

/// One line of bounded length: certificates, too, say what strangers made them say.
fn tame(said: &str) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        if failure.is_permanent() { Self::permanent(failure) } else { Self::temporary(failure) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.cause, Cause::Silence) {
            return f.write_str("SMTP: the time for this letter is over");
        }
        f.write_str(match self.step {
            Step::Composing => "the letter cannot be written down: ",
            Step::Connecting => "SMTP, connecting: ",
            Step::StartTls => "SMTP, STARTTLS: ",
            Step::LoggingIn => "SMTP, AUTH: ",
            Step::Sender => "SMTP, MAIL FROM: ",
            Step::Recipient => "SMTP, RCPT TO: ",
            Step::Data => "SMTP, DATA: ",
            Step::Message => "SMTP, end of the message: ",
        })?;
        match &self.cause {
            Cause::Reply(code, None) => write!(f, "reply {code}"),
            Cause::Reply(code, Some(enhanced)) => write!(f, "reply {code} {enhanced}"),
            Cause::Garbled => f.write_str("a reply that makes no sense"),
            Cause::Silence => Ok(()),
            Cause::Other(what) => f.write_str(what),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_recipient_or_the_letter_did_is_permanent() {
        use Step::*;
        let permanent = |step, code, enhanced: Option<&str>| {
            let cause = Cause::Reply(code, enhanced.map(str::to_owned));
            Failure { step, cause }.is_permanent()
        };
        for step in [Connecting, StartTls, LoggingIn, Sender, Recipient, Data, Message] {
            let about_the_letter = matches!(step, Recipient | Data | Message);
            for code in [501, 521, 550, 552, 554] {
                assert_eq!(permanent(step, code, None), about_the_letter, "{step:?} {code}");
            }
            for code in [250, 354, 421, 451, 499, 500, 502, 503, 504, 530, 534, 535, 538] {
                assert!(!permanent(step, code, None), "{step:?} {code}");
            }
        }
        assert!(permanent(Recipient, 550, Some("5.1.1")));
        assert!(!permanent(Recipient, 554, Some("5.7.1")));
        assert!(permanent(Message, 554, Some("5.7.1")));
    }

    #[test]
    fn only_codes_are_kept_of_a_reply() {
        assert_eq!(enhanced("5.1.1 <ada@example.com> unknown").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced("5.7.509 no"), Some("5.7.509".to_owned()));
        for other in ["", "unknown", "5.1", "1.2.3.4 blocked", "5.x.1", "5.1.1234", "5..1"] {
            assert_eq!(enhanced(other), None, "{other}");
        }
        assert_eq!(tame("a\r\nb\0c"), "a  b c");
    }
}
