use time::Duration;

/// How much is too much. Failures count against what was typed and against the network it came
/// from, so they are the same for people who do not exist.
///
/// [`build()`](crate::auth::Builder::build) refuses counts that are not 1 to 1,000,000 (1 to
/// 100 for [`failures_in_a_row`](Self::failures_in_a_row) and
/// [`sessions_per_user`](Self::sessions_per_user), 0 to 100 for
/// [`free_failures`](Self::free_failures)), windows and pauses of less than a second, and waits
/// unless 0 < [`first_wait`](Self::first_wait) ≤ [`longest_wait`](Self::longest_wait) ≤
/// [`forget_failures`](Self::forget_failures).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Wrong log-ins for one name before waiting begins: 5. With 0 it is one all the same.
    pub free_failures: u32,
    /// The first wait: 1 second. Each further failure doubles it.
    pub first_wait: Duration,
    /// The longest wait: 1 hour.
    pub longest_wait: Duration,
    /// When failures are forgotten, counted from the last one: 24 hours.
    pub forget_failures: Duration,
    /// Failures in a row that stop a password until it is reset: 100, the most SP 800-63B-4
    /// §3.2.2 allows.
    pub failures_in_a_row: u32,
    /// Log-ins for one name in [`network_window`](Self::network_window), right ones too: 600.
    pub log_ins_per_name: u32,
    /// Failures of one network in [`network_window`](Self::network_window): 100.
    pub network_failures: u32,
    /// 10 minutes.
    pub network_window: Duration,
    /// "Forgot password" of one network in [`network_window`](Self::network_window): 30.
    pub forgot_per_network: u32,
    /// One reset letter for a mailbox in this time: 5 minutes.
    pub mailbox_pause: Duration,
    /// Reset letters for one mailbox in a day: 6.
    pub letters_per_mailbox: u32,
    /// Invitations and activation letters the administrators of one account send in a day: 50. The
    /// other addresses they give to people it has, each of which gets a letter, are counted apart
    /// and limited to the same number.
    pub invitations_per_day: u32,
    /// Other addresses one person asks for in a day, each of which gets a letter: 6, as many as
    /// one mailbox gets.
    pub email_changes_per_day: u32,
    /// Usernames the administrators of one account give to users it has, in a day: 200.
    pub renames_per_day: u32,
    /// Changes of one's own username in 30 days: 3.
    pub renames_per_month: u32,
    /// Wrong passwords with one link that takes a change of address back: 5.
    pub undo_failures: u32,
    /// Wrong current passwords that end the session they come from: 5.
    pub current_password_failures: u32,
    /// Sessions of one person that stand at a time, which discourages sharing a log-in: any
    /// number, unless a host chooses 1 to 100. A log-in beyond it ends the oldest of them.
    pub sessions_per_user: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            free_failures: 5,
            first_wait: Duration::SECOND,
            longest_wait: Duration::HOUR,
            forget_failures: Duration::DAY,
            failures_in_a_row: 100,
            log_ins_per_name: 600,
            network_failures: 100,
            network_window: Duration::minutes(10),
            forgot_per_network: 30,
            mailbox_pause: Duration::minutes(5),
            letters_per_mailbox: 6,
            invitations_per_day: 50,
            email_changes_per_day: 6,
            renames_per_day: 200,
            renames_per_month: 3,
            undo_failures: 5,
            current_password_failures: 5,
            sessions_per_user: None,
        }
    }
}

impl Limits {
    pub(super) fn findings(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !(1..=100).contains(&self.failures_in_a_row) {
            found.push("limits.failures_in_a_row must be 1 to 100 (SP 800-63B-4 §3.2.2)".into());
        }
        if self.longest_wait < self.first_wait || self.first_wait <= Duration::ZERO {
            found.push("limits.first_wait must be positive and at most longest_wait".into());
        }
        if self.forget_failures < self.longest_wait {
            found.push(
                "limits.forget_failures must be at least longest_wait, or waits end early".into(),
            );
        }
        let windows =
            [("network_window", self.network_window), ("mailbox_pause", self.mailbox_pause)];
        for (name, window) in windows {
            if window < Duration::SECOND {
                found.push(format!("limits.{name} must be at least a second, or nothing counts"));
            }
        }
        let counts = [
            ("network_failures", self.network_failures),
            ("forgot_per_network", self.forgot_per_network),
            ("letters_per_mailbox", self.letters_per_mailbox),
            ("log_ins_per_name", self.log_ins_per_name),
            ("invitations_per_day", self.invitations_per_day),
            ("email_changes_per_day", self.email_changes_per_day),
            ("renames_per_day", self.renames_per_day),
            ("renames_per_month", self.renames_per_month),
            ("undo_failures", self.undo_failures),
            ("current_password_failures", self.current_password_failures),
        ];
        for (name, count) in counts {
            if !(1..=1_000_000).contains(&count) {
                found.push(format!("limits.{name} must be 1 to 1,000,000"));
            }
        }
        if self.sessions_per_user.is_some_and(|most| !(1..=100).contains(&most)) {
            found.push("limits.sessions_per_user must be 1 to 100, or none".into());
        }
        if self.free_failures > 100 {
            found.push("limits.free_failures must be at most 100 (SP 800-63B-4 §3.2.2)".into());
        }
        found
    }
}
