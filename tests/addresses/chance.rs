//! Random orders of renames and changes of address: a username with an @ is the person's own
//! address at every moment, and what is refused changes nothing.

use portcullis::{auth::Auth, store::memory::MemoryStore};
use portcullis::{auth::Changes, error::Result, model::Username, policy::Policy, secret::Token};
use proptest::{collection::vec, prelude::*, sample::select};
use time::Duration;

use super::*;

/// What she may be called and reached by. The third address cannot be a username, and the last is
/// the username of somebody else.
const ADDRESSES: [&str; 4] =
    ["ada@acme.example", "ada@new.example", "ada%b@new.example", "ada@taken.example"];
const NAMES: [&str; 2] = ["ada", "countess"];

#[derive(Clone, Debug)]
enum Step {
    /// To a name, to an address of the list, or to the present one.
    Rename(usize),
    RenameByAdmin(usize),
    Ask(usize),
    AskByAdmin(usize),
    Confirm(usize),
    Undo(usize),
    Recover(usize),
    Reset(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly the newest link, and often the present address: else little of it comes about.
    let newest = || select(&[0, 0, 0, 1][..]);
    let name = select(&[0, 1, 2, 3, 4, 5, 6, 6, 6, 6][..]);
    prop_oneof![
        5 => name.prop_map(Step::Rename),
        1 => (0..8_usize).prop_map(Step::RenameByAdmin),
        3 => (0..4_usize).prop_map(Step::Ask),
        1 => (0..4_usize).prop_map(Step::AskByAdmin),
        5 => newest().prop_map(Step::Confirm),
        4 => newest().prop_map(Step::Undo),
        1 => (0..4_usize).prop_map(Step::Recover),
        2 => (0..2_usize).prop_map(Step::Reset),
    ]
}

struct World {
    house: House,
    ada: UserId,
    admin: Identity,
    /// Links, newest last: those that confirm, take back, and reset.
    links: [Vec<Token>; 3],
}

impl World {
    async fn new() -> Self {
        let mut policy = Policy::crm();
        let limits = &mut policy.limits;
        for limit in [
            &mut limits.invitations_per_day,
            &mut limits.email_changes_per_day,
            &mut limits.letters_per_mailbox,
            &mut limits.renames_per_day,
            &mut limits.renames_per_month,
            &mut limits.log_ins_per_name,
        ] {
            *limit = 100_000;
        }
        let house = House::with_policy(MemoryStore::new(), policy);
        house.furnished().await;
        let ada = house.employee("ada", "salesperson").await.id;
        let admin = identity(&house, "admin").await;
        let [.., taken] = ADDRESSES;
        let squatter = NewUser::parse(taken, taken, "Squatter", "salesperson").unwrap();
        let accounts = house.auth.user_accounts(&admin).unwrap();
        accounts.invite(&squatter, &client()).await.unwrap();
        house.post().await;
        Self { house, ada, admin, links: [const { Vec::new() }; 3] }
    }

    /// One of the newest links of a kind; one that nobody has where there is none.
    fn link(&self, kind: usize, back: usize) -> Token {
        let newest = self.links[kind].iter().rev().nth(back);
        newest.cloned().unwrap_or_else(|| Token::parse(&"A".repeat(Token::LENGTH)).unwrap())
    }

    async fn ada(&self) -> User {
        stored(&self.house, self.ada).await
    }

    async fn new_name(&self, number: usize) -> String {
        match number {
            0..2 => NAMES[number].to_owned(),
            2..6 => ADDRESSES[number - 2].to_owned(),
            _ => self.ada().await.email.as_str().to_owned(),
        }
    }

    async fn make(&self, step: &Step) -> Result<()> {
        let (auth, here): (&Auth, _) = (&self.house.auth, client());
        let accounts = auth.user_accounts(&self.admin)?;
        let mine = async || {
            let name = self.ada().await.username;
            self.house.login(name.as_str(), GOOD).await.identity
        };
        match step {
            Step::Rename(number) => {
                let Ok(new) = Username::parse(&self.new_name(*number).await) else { return Ok(()) };
                auth.my_account(&mine().await).change_username(&password(GOOD), &new, &here).await
            }
            Step::RenameByAdmin(number) => {
                let changes = Changes::new().username(&self.new_name(*number).await);
                accounts.update(self.ada, &changes, &here).await.map(drop)
            }
            Step::Ask(number) => {
                let new = address(ADDRESSES[*number]);
                auth.my_account(&mine().await).change_email(&password(GOOD), &new, &here).await
            }
            Step::AskByAdmin(number) => {
                let changes = Changes::new().email(ADDRESSES[*number]);
                accounts.update(self.ada, &changes, &here).await.map(drop)
            }
            Step::Confirm(back) => auth.confirm_email(&self.link(0, *back), &here).await,
            Step::Undo(back) => {
                auth.undo_email_change(&self.link(1, *back), &password(GOOD), &here).await
            }
            Step::Recover(number) => {
                let new = address(ADDRESSES[*number]);
                accounts.recover(self.ada, &new, "chance", &here).await.map(drop)
            }
            Step::Reset(back) => {
                auth.reset_password(&self.link(2, *back), &password(GOOD), &here).await
            }
        }
    }

    /// What was done, by kind.
    async fn step(&mut self, step: &Step) {
        let before = self.ada().await;
        let result = self.make(step).await;
        let after = self.ada().await;
        let context = format!("{step:?}: {result:?} {} {}", after.username, after.email);
        assert!(result.is_ok() || before == after, "refused and done: {context}");
        if after.username.is_address_like() {
            assert_eq!(after.username.canonical(), after.email.canonical(), "{context}");
        }
        for letter in self.house.post().await {
            let kinds = ["/auth/confirm?", "/auth/undo?", "/auth/reset?"];
            let kind = kinds.iter().position(|kind| letter.text.contains(kind));
            if let Some(kind) = kind {
                self.links[kind].push(token_in(&letter));
            }
        }
        self.house.clock.turn(Duration::SECOND);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_username_with_an_at_is_the_persons_own_address_at_every_moment(steps in vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.step(step).await;
            }
        });
    }
}
