//! Ending what somebody's wrong passwords made them wait for.

use super::{budgets::cleared, core::Core};
use crate::{error::Result, model::User};

impl Core {
    /// Forgets the failures under a user's own names, and under no address that may be somebody
    /// else's: whoever can give it to a colleague could try that person's passwords for ever. It
    /// follows something that was done already, so where the store does not answer, they wait as
    /// they would have.
    pub(crate) async fn lift_limits(&self, user: &User) {
        let lifted: Result<()> = async {
            let budgets = self.budgets().await?;
            let names = user.own_log_in_names();
            let charges: Vec<_> = names.map(|name| cleared(budgets.log_in_name(name))).collect();
            if !charges.is_empty() {
                self.store.charge(&charges, self.now()).await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = lifted {
            tracing::warn!(kind = error.kind(), "waits for wrong passwords were not ended");
        }
    }
}
