use time::Duration;

/// How long things live. The numbers below are the defaults; [`Policy`](super::Policy) shows how
/// to set others.
///
/// A session's 30 minutes and 12 hours are shorter than the hour and the day that SP 800-63B-4
/// §2.2.3 advises at AAL2. The 14 days of a remembered device are within the 30 of AAL1 (§2.1.3),
/// and are AAL1. Links and temporary passwords follow ASVS 5.0 §6.4.
///
/// [`build()`](crate::auth::Builder::build) refuses what is shorter than a second or longer than an
/// hour ([`confirmation`](Self::confirmation), [`ticket`](Self::ticket)), a day
/// ([`reset_link`](Self::reset_link), [`reset_errand`](Self::reset_errand)), 7 days
/// ([`email_change`](Self::email_change), [`temporary_password`](Self::temporary_password)), 30
/// days ([`activation_link`](Self::activation_link), [`undo`](Self::undo),
/// [`letter`](Self::letter)), 3,660 days ([`released_name`](Self::released_name)) or, for
/// everything else, 366 days; and a [`last_seen`](Self::last_seen) of more than half of
/// [`session_idle`](Self::session_idle).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lifetimes {
    /// A mailed reset link: 60 minutes.
    pub reset_link: Duration,
    /// A mailed activation link: 72 hours, and never longer than the invitation.
    pub activation_link: Duration,
    /// An invitation: 14 days. The invitee cannot extend it.
    pub invitation: Duration,
    /// A mailed link that proves the new address of a change: 24 hours.
    pub email_change: Duration,
    /// How long the former address can take a change back: 72 hours, a weekend and a day.
    pub undo: Duration,
    /// How long a username that was given up is kept for the one who had it: 90 days.
    pub released_name: Duration,
    /// How long a password that was shown counts for what asks for it anew: 5 minutes.
    pub confirmation: Duration,
    /// A password that somebody else set: 24 hours.
    pub temporary_password: Duration,
    /// The ticket of a log-in that must choose a new password first: 10 minutes.
    pub ticket: Duration,
    /// A session nobody uses, unless on a remembered device: 30 minutes.
    pub session_idle: Duration,
    /// A session, used or not: 12 hours.
    pub session: Duration,
    /// A session on a remembered device: 14 days, used or not. It never ends for lack of use.
    pub remembered_session: Duration,
    /// How old "last seen" may grow before it is noted again: a minute. The process that noted it
    /// goes by it at once, others when it is written, which
    /// [`Auth::background`](crate::auth::Auth) does within half a minute.
    pub last_seen: Duration,
    /// How long the outbox tries to find out whom a reset concerns, or to deliver its letter:
    /// 4 hours, since a link that comes later than that surprises more than it helps.
    pub reset_errand: Duration,
    /// How long it tries to deliver other letters: 3 days, as mail servers do (RFC 5321
    /// §4.5.4.1 asks for 4 to 5 at the most). A link to a new address is tried for as long as
    /// [`email_change`](Self::email_change) says, one to object for as long as
    /// [`undo`](Self::undo) does.
    pub letter: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            reset_link: Duration::minutes(60),
            activation_link: Duration::hours(72),
            invitation: Duration::days(14),
            email_change: Duration::hours(24),
            undo: Duration::hours(72),
            released_name: Duration::days(90),
            confirmation: Duration::minutes(5),
            temporary_password: Duration::hours(24),
            ticket: Duration::minutes(10),
            session_idle: Duration::minutes(30),
            session: Duration::hours(12),
            remembered_session: Duration::days(14),
            last_seen: Duration::minutes(1),
            reset_errand: Duration::hours(4),
            letter: Duration::days(3),
        }
    }
}

impl Lifetimes {
    pub(super) fn findings(&self) -> Vec<String> {
        // The longest each may be: beyond it, a link in an old mailbox is a key under the mat.
        let all = [
            ("reset_link", self.reset_link, Duration::DAY),
            ("activation_link", self.activation_link, Duration::days(30)),
            ("invitation", self.invitation, Duration::days(366)),
            ("email_change", self.email_change, Duration::days(7)),
            ("undo", self.undo, Duration::days(30)),
            ("released_name", self.released_name, Duration::days(3_660)),
            ("confirmation", self.confirmation, Duration::HOUR),
            ("temporary_password", self.temporary_password, Duration::days(7)),
            ("ticket", self.ticket, Duration::HOUR),
            ("session_idle", self.session_idle, Duration::days(366)),
            ("session", self.session, Duration::days(366)),
            ("remembered_session", self.remembered_session, Duration::days(366)),
            ("last_seen", self.last_seen, Duration::days(366)),
            ("reset_errand", self.reset_errand, Duration::DAY),
            ("letter", self.letter, Duration::days(30)),
        ];
        let mut found: Vec<String> = all
            .iter()
            .filter(|(_, lifetime, longest)| !(Duration::SECOND..=*longest).contains(lifetime))
            .map(|(name, _, longest)| {
                let hours = longest.whole_hours();
                format!("lifetimes.{name} must be between a second and {hours} hours")
            })
            .collect();
        if self.last_seen.saturating_mul(2) > self.session_idle {
            found.push(
                "lifetimes.last_seen must be at most half of session_idle, or sessions in use \
                 end as idle"
                    .to_owned(),
            );
        }
        found
    }
}
