//! What happened, and what to do next, in words for whoever asked.

use super::refusal::Refusal;
use crate::{auth::Identity, error::Error, site::Site};

/// To whom a refusal speaks. Who is told to ask whom depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// Somebody who is not logged in, or of whom nobody has asked.
    Unknown,
    /// Somebody who is logged in.
    Colleague,
    /// An administrator: above them are the people who run the site.
    Administrator,
}

impl Asker {
    pub(super) fn of(me: &Identity) -> Self {
        if me.user().administrator { Self::Administrator } else { Self::Colleague }
    }

    pub(super) fn is_known(self) -> bool {
        self != Self::Unknown
    }
}

/// What happened, and what to do next.
pub(super) fn words(refusal: &Refusal, asker: Asker, site: &Site) -> String {
    if let Some(detail) = refusal.detail {
        return detail.to_owned();
    }
    let words = match &refusal.error {
        Error::Malformed(detail) => *detail,
        Error::Unauthenticated => "There is no valid session. Log in.",
        // One text for every cause, and for everybody.
        Error::Rejected => {
            "That did not match, or is no longer valid. Check what was entered, choose Forgot \
             Password, or ask your administrator."
        }
        Error::Throttled { .. } => return throttled(asker, site),
        Error::Invalid(_) => "Some requirements are not met; each is listed.",
        Error::Forbidden => return forbidden(asker, site),
        Error::StepUpRequired => "Show your password again, and then repeat this.",
        Error::AccountEnded => return ended(asker, site),
        Error::NotFound => {
            "There is no such thing here. Check the address, or find it in its list."
        }
        Error::Conflict { field: "seats" } => {
            return format!(
                "Every seat is taken. Take an invitation back, disable or remove somebody who has \
                 left, or ask {} for more seats.",
                support(site)
            );
        }
        Error::Conflict { field: "administrators" } => {
            "The account would be left without an active administrator. Make somebody else one \
             first."
        }
        Error::Conflict { field: "status" } => {
            "The person's status does not allow it: who is disabled is enabled first, and who is \
             invited has their invitation sent again or taken back."
        }
        Error::Conflict { field: "email" } => {
            "The address is not proven to be theirs, so no link is sent there. Help them as \
             somebody who cannot reach the mailbox: with another address, or with this one again."
        }
        Error::Conflict { .. } => {
            "It is already taken, or somebody else changed it meanwhile. Look again, and choose \
             another."
        }
        Error::Busy => "Nothing was changed: too much is going on at once. Try again.",
        Error::Unavailable(_) => {
            return format!(
                "The service did not answer, so it is not known whether the change was made. Try \
                 again in a moment; if it goes on, tell {}.",
                support(site)
            );
        }
    };
    words.to_owned()
}

fn throttled(asker: Asker, site: &Site) -> String {
    match asker {
        Asker::Unknown => "Too many tries. Wait, and try again then.".to_owned(),
        Asker::Colleague => "That was done too often. Wait, and try again then.".to_owned(),
        Asker::Administrator => format!(
            "That was done too often. Wait, and try again then; if it cannot wait, ask {}.",
            support(site)
        ),
    }
}

fn forbidden(asker: Asker, site: &Site) -> String {
    match asker {
        Asker::Unknown => format!(
            "This is not allowed for you. Ask your administrator; administrators ask {}.",
            support(site)
        ),
        Asker::Colleague => {
            "This is not allowed for you. Ask an administrator of your company.".to_owned()
        }
        Asker::Administrator => format!(
            "This is not allowed for you, although you are an administrator. What is about your \
             own log-in stands in My Account; for anything else ask {}.",
            support(site)
        ),
    }
}

fn ended(asker: Asker, site: &Site) -> String {
    let support = support(site);
    match asker {
        Asker::Unknown => format!(
            "Nothing is wrong with your password: the plan of your company has ended. To go on, \
             ask your administrator, who can still log in, or {support}."
        ),
        Asker::Colleague => format!(
            "The plan of your company has ended, so this waits until it is renewed. Ask an \
             administrator of your company, or {support}."
        ),
        Asker::Administrator => format!(
            "The plan of your company has ended, so this waits until it is renewed. To renew it, \
             ask {support}."
        ),
    }
}

/// Whom to ask where nobody of the company can help.
fn support(site: &Site) -> String {
    match site.support_contact() {
        "" => "the people who run this site".to_owned(),
        contact => format!("the people who run this site ({contact})"),
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::store::StoreError;

    const SUPPORT: &str = "the people who run this site (help@crm.example)";

    /// What a refusal must say to each: not logged in, logged in, an administrator.
    fn next_steps(error: &Error) -> [&'static [&'static str]; 3] {
        const SEATS: &[&str] = &["Take an invitation back", "ask the people", SUPPORT];
        let same = |words: &'static [&'static str]| [words; 3];
        match error {
            Error::Malformed(_) => same(&["Open the page again"]),
            Error::Unauthenticated => same(&["Log in"]),
            Error::Rejected => same(&["Check what", "Forgot Password", "ask your administrator"]),
            Error::Throttled { .. } => [
                &["Too many tries", "Wait", "try again then"],
                &["too often", "Wait", "try again then"],
                &["too often", "Wait", "if it cannot wait, ask", SUPPORT],
            ],
            Error::Invalid(_) => same(&["each is listed"]),
            Error::Forbidden => [
                &["Ask your administrator", "administrators ask", SUPPORT],
                &["Ask an administrator of your company"],
                &["My Account", "for anything else ask", SUPPORT],
            ],
            Error::StepUpRequired => same(&["Show your password again", "repeat this"]),
            Error::AccountEnded => [
                &["Nothing is wrong with your password", "ask your administrator", SUPPORT],
                &["until it is renewed", "Ask an administrator of your company", SUPPORT],
                &["To renew it, ask", SUPPORT],
            ],
            Error::NotFound => same(&["Check the address", "find it in its list"]),
            Error::Conflict { field: "seats" } => same(SEATS),
            Error::Conflict { field: "administrators" } => same(&["Make somebody else one first"]),
            Error::Conflict { field: "status" } => same(&["is enabled first", "sent again"]),
            Error::Conflict { field: "email" } => same(&["with another address"]),
            Error::Conflict { .. } => same(&["Look again", "choose another"]),
            Error::Busy => same(&["Nothing was changed", "Try again"]),
            Error::Unavailable(_) => {
                same(&["Try again in a moment", "if it goes on, tell", SUPPORT])
            }
        }
    }

    /// Nobody is left at a dead end: each refusal says what to do about it, to whoever it is.
    #[test]
    fn m30_every_refusal_names_the_next_step() {
        let site = Site::new("Acme CRM", "https://crm.example").unwrap();
        let (mute, site) = (site.clone(), site.support("help@crm.example"));
        let fields = ["seats", "administrators", "status", "email", "username", "version"];
        let conflicts = fields.map(|field| Error::Conflict { field });
        let gone = StoreError::unavailable(std::io::Error::other("gone"));
        let others = [
            Error::Malformed("The form is not what it was. Open the page again."),
            Error::Unauthenticated,
            Error::Rejected,
            Error::Throttled { retry_at: OffsetDateTime::UNIX_EPOCH },
            Error::Invalid(Vec::new()),
            Error::Forbidden,
            Error::StepUpRequired,
            Error::AccountEnded,
            Error::NotFound,
            Error::Busy,
            Error::Unavailable(gone.into()),
        ];
        for error in conflicts.into_iter().chain(others) {
            let steps = next_steps(&error);
            let kind = error.kind();
            let refusal = Refusal::from(error);
            for (asker, steps) in
                [Asker::Unknown, Asker::Colleague, Asker::Administrator].into_iter().zip(steps)
            {
                let said = words(&refusal, asker, &site);
                for step in steps {
                    assert!(said.contains(step), "{kind} lacks {step:?} for {asker:?}: {said}");
                }
                // Whom a person is told to ask is somebody else than they are.
                let asks_up =
                    said.contains("sk your administrator") || said.contains("sk an administrator");
                let is_one = asker == Asker::Administrator && kind != "rejected";
                assert!(!(asks_up && is_one), "{kind}: {said}");
                assert!(!(asker.is_known() && said.contains("wrong with your password")), "{said}");
                let unsaid = words(&refusal, asker, &mute);
                assert!(!unsaid.contains(['(', '@']), "{unsaid}");
            }
        }
    }
}
