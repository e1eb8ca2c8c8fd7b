use std::time::{Duration, SystemTime};

use lettre::{
    Address,
    message::{
        Mailbox, Message, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use time::OffsetDateTime;

use super::failure::Failure;
use crate::mail::Letter;

/// A letter as it goes over the wire.
pub(super) struct Parcel {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// Longer names and subjects are cut: no mail program shows more, and one unbroken word must
/// stay below the 998 characters of a line (RFC 5322 §2.1.1).
const LONGEST: usize = 250;

/// Writes a letter down as a message of two alternatives, text and HTML.
pub(super) fn compose(
    sender: &Mailbox,
    letter: &Letter,
    now: OffsetDateTime,
) -> Result<Parcel, Failure> {
    let to: Address = letter
        .to
        .as_str()
        .parse()
        .map_err(|_| Failure::composing("the recipient's domain does not exist"))?;
    // Without one, lettre would put this machine's name into it, or leave it out.
    let message_id = format!("<{}@{}>", letter.id, sender.email.domain());
    // `=?` would begin an encoded word (RFC 2047), and a reader would decode what was typed.
    let subject = one_line(&letter.subject).unwrap_or_default().replace("=?", "= ?");
    let message = Message::builder()
        .date(header_date(now))
        .from(sender.clone())
        .to(Mailbox::new(one_line(&letter.name), to.clone()))
        .subject(subject)
        .message_id(Some(message_id))
        // Keeps holiday replies away (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(lines(&letter.text), lines(&letter.html)))
        .map_err(|_| Failure::composing("a header is missing"))?;
    Ok(Parcel { from: sender.email.clone(), to, bytes: message.formatted() })
}

/// The words of a name or a subject on one line, or `None` where there are none. lettre panics on
/// line breaks in names, and writes control characters into subjects as they are.
pub(super) fn one_line(typed: &str) -> Option<String> {
    let line = typed
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let cut: String = line.chars().take(LONGEST).collect();
    (!cut.is_empty()).then_some(cut)
}

/// A body with one kind of line break, and without NUL. A lone CR would go over the wire as it
/// is, and some servers take it for the end of a line.
fn lines(body: &str) -> String {
    body.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}

/// lettre's dates panic outside of 1970 to 9999.
fn header_date(now: OffsetDateTime) -> SystemTime {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0).min(253_402_300_799);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{id::IntentId, model::EmailAddress};

    fn parcel(
        from_name: &str,
        name: &str,
        subject: &str,
        body: &str,
        now: OffsetDateTime,
    ) -> String {
        let to = EmailAddress::parse("ada@example.com").unwrap();
        let mut letter = Letter::new(IntentId::NOBODY, to, subject, body, body);
        letter.name = name.to_owned();
        let from = "no-reply@crm.example".parse().unwrap();
        let sender = Mailbox::new(one_line(from_name), from);
        String::from_utf8(compose(&sender, &letter, now).unwrap_or_else(|e| panic!("{e}")).bytes)
            .unwrap()
    }

    /// The header fields, unfolded.
    fn fields(message: &str) -> Vec<String> {
        let head = message.split_once("\r\n\r\n").unwrap().0;
        head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn dates_never_panic() {
        for at in [
            OffsetDateTime::UNIX_EPOCH,
            time::Date::MIN.midnight().assume_utc(),
            time::Date::MAX.midnight().assume_utc(),
        ] {
            assert!(parcel("", "", "", "", at).starts_with("Date: "));
        }
    }

    #[test]
    fn what_was_typed_is_not_decoded() {
        let message = parcel("", "", "=?utf-8?q?Bcc?= x", "", OffsetDateTime::UNIX_EPOCH);
        assert!(message.contains("Subject: = ?utf-8?q?Bcc?= x\r\n"), "{message}");
    }

    proptest! {
        #[test]
        fn nothing_typed_leaves_its_header(
            from in any::<String>(), name in any::<String>(),
            subject in "(\\PC|[\r\n\0\t =?:]|\r\nBcc: x@y.example\r\n){0,300}",
            body in "([a-z.]|[\r\n\0])*",
        ) {
            let message = parcel(&from, &name, &subject, &body, OffsetDateTime::UNIX_EPOCH);
            let names: Vec<_> = fields(&message).iter()
                .map(|f| f.split_once(':').unwrap().0.to_owned()).collect();
            prop_assert_eq!(names, [
                "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version",
                "Content-Type",
            ]);
            prop_assert!(message.is_ascii() && !message.contains('\0'));
            let bare = message.replace("\r\n", "");
            prop_assert!(!bare.contains('\r') && !bare.contains('\n'));
            prop_assert!(message.split("\r\n").all(|line| line.len() <= 998));
        }

        #[test]
        fn every_address_we_accept_lettre_accepts(
            address in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9]{1,20}\\.){1,3}[a-z]{2,10}"
        ) {
            let ours = EmailAddress::parse(&address).unwrap();
            prop_assert!(ours.as_str().parse::<Address>().is_ok());
        }
    }
}
