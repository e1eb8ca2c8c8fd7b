//! Ending what somebody's wrong passwords made them wait for.

use super::{budgets::cleared, core::Core};
use crate::{error::Result, model::User};

impl Core {
    /// Forgets the failures under a user's own names. It follows something that was done already,
    /// so where the store does not answer, they wait as they would have.
    pub(crate) async fn lift_limits(&self, user: &User) {
        let lifted: Result<()> = async {
            let budgets = self.budgets().await?;
            let (username, email) = (user.username.canonical(), user.email.canonical());
            let mut charges = vec![cleared(budgets.log_in_name(username))];
            // Until it is proven, an address is nobody's to log in with.
            if user.email_proven && email != username {
                charges.push(cleared(budgets.log_in_name(email)));
            }
            self.store.charge(&charges, self.now()).await?;
            Ok(())
        }
        .await;
        if let Err(error) = lifted {
            tracing::warn!(kind = error.kind(), "waits for wrong passwords were not ended");
        }
    }
}
