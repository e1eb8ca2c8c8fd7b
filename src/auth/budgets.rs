//! Which budgets there are, and what they are keyed by.

use crate::{
    id::{AccountId, EmailChangeId, SessionId, UserId},
    model::{Client, Network},
    policy::Limits,
    secret::SiteKey,
    store::{Charge, Movement, Rule},
};
use time::Duration;

/// How long failures are counted that only a new password ends.
const A_YEAR: Duration = Duration::days(366);

/// How many acts a day that somebody may not do are recorded. Twenty show what they are after; the
/// record is kept for good, and one person must not fill a store with it.
const REFUSED_ACTS: u32 = 20;

/// How often one session may change in ten minutes what no password is asked for. Such a change
/// writes rows of the person's, and whoever did it without pause would make everything else that
/// writes them wait: a reset, or an administrator who locks the log-in.
const EASY_CHANGES: u32 = 30;

/// Makes charges under the site's key.
#[derive(Clone, Copy)]
pub(crate) struct Budgets<'a> {
    pub(crate) key: &'a SiteKey,
    pub(crate) limits: &'a Limits,
}

impl Budgets<'_> {
    fn take(&self, rule: Rule, domain: &str, parts: &[&[u8]]) -> Charge {
        Charge { key: self.key.digest(domain, parts), rule, movement: Movement::Take }
    }

    /// Failed log-ins for what was typed, whether or not it is anybody's name.
    pub(crate) fn log_in_name(&self, canonical: &str) -> Charge {
        let limits = self.limits;
        let rule = Rule::Backoff {
            free: limits.free_failures,
            first: limits.first_wait,
            longest: limits.longest_wait,
            forget: limits.forget_failures,
        };
        self.take(rule, "log-in name", &[canonical.as_bytes()])
    }

    /// Log-ins for one name, right ones too: nobody gets all of the machine's hashing.
    pub(crate) fn log_in_rate(&self, canonical: &str) -> Charge {
        let rule = Rule::Window {
            limit: self.limits.log_ins_per_name,
            window: self.limits.network_window,
        };
        self.take(rule, "log-in rate", &[canonical.as_bytes()])
    }

    /// Invitations and activation letters of one account: nobody there may have asked for one.
    pub(crate) fn invitations(&self, account: AccountId) -> Charge {
        let limit = self.limits.invitations_per_day;
        let rule = Rule::Window { limit, window: Duration::DAY };
        self.take(rule, "invitations", &[account.as_bytes()])
    }

    /// Other addresses that the administrators of one account give to people it has. Apart from
    /// invitations, so that a day of many leaves room to help.
    pub(crate) fn corrections(&self, account: AccountId) -> Charge {
        let limit = self.limits.invitations_per_day;
        let rule = Rule::Window { limit, window: Duration::DAY };
        self.take(rule, "corrections", &[account.as_bytes()])
    }

    /// Entries of the audit trail about what one person tried and may not do.
    pub(crate) fn refused_acts(&self, actor: UserId) -> Charge {
        let rule = Rule::Window { limit: REFUSED_ACTS, window: Duration::DAY };
        self.take(rule, "refused acts", &[actor.as_bytes()])
    }

    /// Usernames the administrators of one account give to users it has.
    pub(crate) fn renames(&self, account: AccountId) -> Charge {
        let rule = Rule::Window { limit: self.limits.renames_per_day, window: Duration::DAY };
        self.take(rule, "renames", &[account.as_bytes()])
    }

    /// Activation and reset letters the administrators of one account send to one mailbox.
    pub(crate) fn invited_mailbox(&self, account: AccountId, canonical: &str) -> Charge {
        let limit = self.limits.letters_per_mailbox;
        let rule = Rule::Window { limit, window: Duration::DAY };
        self.take(rule, "invited mailbox", &[account.as_bytes(), canonical.as_bytes()])
    }

    /// Failed log-ins from one network.
    pub(crate) fn log_in_network(&self, client: &Client) -> Charge {
        let rule = Rule::Window {
            limit: self.limits.network_failures,
            window: self.limits.network_window,
        };
        self.network(rule, "log-in network", client)
    }

    /// Failures in a row for one password. It ends with the password: a new one has a new
    /// budget.
    pub(crate) fn password(&self, user: UserId, password: i64) -> Charge {
        let parts: &[&[u8]] = &[user.as_bytes(), &password.to_be_bytes()];
        self.take(Rule::Tally { forget: A_YEAR }, "password", parts)
    }

    /// The same for a name that is nobody's.
    pub(crate) fn no_password(&self, canonical: &str) -> Charge {
        // Kept for as long as the failures of its name: strangers could fill a store with years.
        let rule = Rule::Tally { forget: self.limits.forget_failures };
        self.take(rule, "no password", &[canonical.as_bytes()])
    }

    /// Wrong current passwords within one session.
    pub(crate) fn current_password(&self, session: SessionId) -> Charge {
        self.take(Rule::Tally { forget: A_YEAR }, "current password", &[session.as_bytes()])
    }

    /// Changes of one's own username.
    pub(crate) fn own_renames(&self, user: UserId) -> Charge {
        let limit = self.limits.renames_per_month;
        let rule = Rule::Window { limit, window: Duration::days(30) };
        self.take(rule, "own renames", &[user.as_bytes()])
    }

    /// Letters to one mailbox that people of one account ask for themselves. Apart from those of
    /// its administrators, whom nobody must keep from helping there.
    pub(crate) fn asked_mailbox(&self, account: AccountId, canonical: &str) -> Charge {
        let limit = self.limits.letters_per_mailbox;
        let rule = Rule::Window { limit, window: Duration::DAY };
        self.take(rule, "asked mailbox", &[account.as_bytes(), canonical.as_bytes()])
    }

    /// Changes by one session that no password is asked for.
    pub(crate) fn easy_changes(&self, session: SessionId) -> Charge {
        let rule = Rule::Window { limit: EASY_CHANGES, window: Duration::minutes(10) };
        self.take(rule, "easy changes", &[session.as_bytes()])
    }

    /// Other addresses one person asks for.
    pub(crate) fn email_changes(&self, user: UserId) -> Charge {
        let limit = self.limits.email_changes_per_day;
        let rule = Rule::Window { limit, window: Duration::DAY };
        self.take(rule, "e-mail changes", &[user.as_bytes()])
    }

    /// Wrong passwords with one link that takes a change of address back.
    pub(crate) fn undo(&self, change: EmailChangeId) -> Charge {
        self.take(Rule::Tally { forget: A_YEAR }, "undo", &[change.as_bytes()])
    }

    /// "Forgot password" from one network.
    pub(crate) fn forgot_network(&self, client: &Client) -> Charge {
        let rule = Rule::Window {
            limit: self.limits.forgot_per_network,
            window: self.limits.network_window,
        };
        self.network(rule, "forgot network", client)
    }

    /// Reset letters for one mailbox, soon after one another and in a day.
    pub(crate) fn mailbox(&self, canonical: &str) -> [Charge; 2] {
        let (pause, day) = (self.limits.mailbox_pause, self.limits.letters_per_mailbox);
        let parts: &[&[u8]] = &[canonical.as_bytes()];
        [
            self.take(Rule::Window { limit: 1, window: pause }, "mailbox pause", parts),
            self.take(Rule::Window { limit: day, window: Duration::DAY }, "mailbox day", parts),
        ]
    }

    /// The key of what may be open once for a mailbox.
    pub(crate) fn once(&self, canonical: &str) -> [u8; 32] {
        self.key.digest("reset for", &[canonical.as_bytes()])
    }

    /// The key of the letter that may be open once for a person.
    pub(crate) fn once_letter(&self, user: UserId) -> [u8; 32] {
        self.key.digest("letter to", &[user.as_bytes()])
    }

    /// What the audit trail keeps of a stranger's words: enough to see repetitions, and too little
    /// to tell a right guess at them from a wrong one. It may have been a password.
    pub(crate) fn typed(&self, canonical: &str) -> [u8; 4] {
        let [a, b, c, d, ..] = self.key.digest("typed", &[canonical.as_bytes()]);
        [a, b, c, d]
    }

    fn network(&self, rule: Rule, domain: &str, client: &Client) -> Charge {
        let network = client.network();
        // The family is part of the key: an IPv4 /24 is not the IPv6 network of its bytes.
        let family: &[u8] = match network {
            Network::V4(_) => b"4",
            Network::V6(_) => b"6",
            Network::Unknown => b"",
        };
        self.take(rule, domain, &[family, network.as_bytes()])
    }
}

/// The same budget, given its unit back.
pub(crate) fn given_back(charge: Charge) -> Charge {
    Charge { movement: Movement::GiveBack, ..charge }
}

/// The same budget, forgotten.
pub(crate) fn cleared(charge: Charge) -> Charge {
    Charge { movement: Movement::Clear, ..charge }
}
