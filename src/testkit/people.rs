//! People who are logged in, in one line.

use data_encoding::HEXLOWER;

use crate::{
    auth::{Auth, Credentials, NewAccount, NewUser, Operator, SignedIn},
    entropy::{Entropy as _, SystemEntropy},
    id::{AccountId, UserId},
    model::{Client, Plan, Role},
    secret::Password,
};

/// The password of everybody made here.
pub const PASSWORD: &str = "seven green lanterns swing";

const REASON: &str = "a test";

/// Opens an account and logs somebody of this role in to it, by a cookie. Where the role is no
/// administrator's, the account has an invited administrator besides. It is on the plan of the
/// policy that includes the most seats, without an end. Their names differ from call to call; their
/// letters wait in the outbox.
///
/// # Panics
/// Where the policy has no such role, or nobody could log in under it.
pub async fn signed_in(auth: &Auth, operator: &Operator, role: &str) -> SignedIn {
    let role = Role::from_text(role);
    let policy = auth.policy();
    let roles = &policy.roles;
    let first = roles.all().find(|known| roles.is_administrator(known)).expect("an administrator");
    let first = if roles.is_administrator(&role) { &role } else { first };
    // The one with the most seats: those who are made must fit in.
    let seats = |plan: &&Plan| policy.plans.seats(plan).unwrap_or(u32::MAX);
    let plan = policy.plans.all().max_by_key(seats).expect("a plan").clone();
    let account = NewAccount::new("Acme", plan).expect("a name");
    let opened = operator.because(REASON).open_account(&account, &somebody(first)).await;
    let opened = opened.expect("an account");
    if *first == role {
        log_in(auth, operator, opened.administrator.id, opened.administrator.username.as_str())
            .await
    } else {
        colleague(auth, operator, opened.account.id, role.as_str()).await
    }
}

/// Logs somebody of this role in to an account that is there:
/// `me.identity.account().id` of whom [`signed_in`] gave.
///
/// # Panics
/// As [`signed_in`], and where the account has no free seat.
pub async fn colleague(
    auth: &Auth,
    operator: &Operator,
    account: AccountId,
    role: &str,
) -> SignedIn {
    let new = somebody(&Role::from_text(role));
    let user = operator.because(REASON).invite(account, &new).await.expect("a role and a seat");
    log_in(auth, operator, user.id, user.username.as_str()).await
}

async fn log_in(auth: &Auth, operator: &Operator, user: UserId, username: &str) -> SignedIn {
    let link = operator.because(REASON).danger_activation_link(user).await.expect("a link");
    let token = auth.site().token_in(&link).expect("a token");
    let password = Password::new(PASSWORD).expect("a password");
    let client = Client::new("203.0.113.7".parse().ok(), "testkit");
    auth.activate(&token, &password, &client).await.expect("an activation");
    let credentials = Credentials::new(username, password);
    let led_to = auth.login(credentials, &client).await.expect("a log-in");
    led_to.signed_in().expect("a session")
}

/// Somebody with a name nobody has.
fn somebody(role: &Role) -> NewUser {
    let mut drawn = [0; 8];
    SystemEntropy.fill(&mut drawn).expect("randomness");
    let name = format!("person-{}", HEXLOWER.encode(&drawn));
    let email = format!("{name}@acme.example");
    NewUser::parse(&name, &email, "Test Person", role.as_str()).expect("a new user")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hash::{Hashing, Params},
        model::Plan,
        policy::{Permission, Plans, Policy, Roles},
        site::Site,
        store::memory::MemoryStore,
        testkit::letters::LetterBox,
    };

    #[tokio::test]
    async fn any_role_of_any_policy_logs_in() {
        let mut other = Policy::crm();
        other.roles = Roles::new()
            .with(Role::named("clerk"), [])
            .with(Role::named("owner"), [Permission::ADMINISTER]);
        other.plans = Plans::new().with(Plan::named("free"), []);
        for policy in [Policy::crm(), other] {
            let params = Params::danger_for_tests();
            let hashing = Hashing { params, ..Hashing::default() };
            let builder = Auth::builder(MemoryStore::new())
                .site(Site::new("Site", "https://crm.example").unwrap())
                .mailer(LetterBox::default())
                .hashing(hashing)
                .policy(policy);
            let (auth, operator) = builder.build().unwrap();
            for role in auth.policy().roles.all() {
                let me = signed_in(&auth, &operator, role.as_str()).await;
                assert_eq!(&auth.identify(&me.token).await.unwrap().user().role, role);
                let account = me.identity.account().id;
                let other = colleague(&auth, &operator, account, role.as_str()).await;
                assert_eq!(other.identity.account().id, account);
                assert_ne!(other.identity.user().id, me.identity.user().id);
            }
        }
    }
}
