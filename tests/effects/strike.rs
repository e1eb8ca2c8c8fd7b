//! Letting a cause happen, as it happens.

use portcullis::{
    auth::{Changes, Identity, SignedIn, UserAccounts},
    model::EmailAddress,
    policy::effects::Cause,
};
use time::Duration;

use crate::{
    BETTER, GOOD, House, client, password,
    scene::{self, Own, Scene},
};

/// Strikes the person of the scene; `me` is an administrator.
pub(crate) async fn strike(house: &House, cause: Cause, scene: &Scene, me: &Identity) {
    let (auth, here) = (&house.auth, client());
    match (cause, &scene.own) {
        (Cause::Activated, Own::Token(token)) => {
            auth.activate(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::PasswordReset, Own::Token(token)) => {
            auth.reset_password(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::PasswordReplaced, Own::Token(token)) => {
            auth.replace_password(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::EmailChanged, Own::Token(token)) => {
            auth.confirm_email(token, &here).await.unwrap();
        }
        (Cause::Objected, Own::Token(token)) => auth.object(token, &here).await.unwrap(),
        (Cause::EmailUndone, Own::Token(token)) => {
            auth.undo_email_change(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::PasswordChanged, Own::Session(own)) => {
            let account = auth.my_account(&own.identity);
            let again = account.change_password(&password(GOOD), &password(BETTER), &here).await;
            assert!(auth.identify(&again.unwrap().token).await.is_ok(), "the person goes on");
            assert!(auth.identify(&own.token).await.is_err(), "under another token");
        }
        (Cause::OthersLoggedOut, Own::Session(own)) => {
            auth.my_account(&own.identity).end_other_sessions(&here).await.unwrap();
            assert!(auth.identify(&own.token).await.is_ok(), "one's own goes on");
        }
        (Cause::EmailChangeAsked, Own::Session(own)) => {
            let new = EmailAddress::parse(&scene.address_after).unwrap();
            let account = auth.my_account(&own.identity);
            account.change_email(&password(GOOD), &new, &here).await.unwrap();
        }
        (Cause::PlanEnded, _) => {
            house.clock.turn(Duration::minutes(2));
            assert!(auth.identify(&house.login("admin", GOOD).await.token).await.is_ok());
        }
        _ => by_an_administrator(&auth.user_accounts(me).unwrap(), cause, scene).await,
    }
}

async fn by_an_administrator(accounts: &UserAccounts<'_>, cause: Cause, scene: &Scene) {
    let (user, here) = (scene.user, client());
    let changes = match cause {
        Cause::UsernameChanged => Changes::new().username(&format!("{}.b", scene.name)),
        Cause::NameChanged => Changes::new().name("Somebody Else"),
        Cause::RoleChanged => Changes::new().role("sales_manager"),
        Cause::EmailChangeAsked | Cause::AddressCorrected => {
            Changes::new().email(&scene.address_after)
        }
        Cause::InvitationRevoked => {
            return accounts.revoke_invitation(user, &here).await.unwrap();
        }
        Cause::TemporaryPasswordSet => {
            let word = password("the third of three phrases");
            return accounts.set_temporary_password(user, &word, &here).await.unwrap();
        }
        Cause::Recovered => {
            let new = EmailAddress::parse(&scene.address_after).unwrap();
            return drop(accounts.recover(user, &new, "why", &here).await.unwrap());
        }
        Cause::Disabled => return drop(accounts.disable(user, "why", &here).await.unwrap()),
        Cause::Enabled => return drop(accounts.enable(user, &here).await.unwrap()),
        Cause::Removed => return accounts.remove(user, "why", &here).await.unwrap(),
        Cause::Secured => return assert!(accounts.secure(user, "why", &here).await.is_ok()),
        Cause::SignedOut => return accounts.sign_out(user, &here).await.unwrap(),
        Cause::AccountSecured => return accounts.secure_account("why", &here).await.unwrap(),
        _ => panic!("{cause:?} does not strike"),
    };
    accounts.update(user, &changes, &here).await.unwrap();
}

/// Leaves the house as the next scene wants it: the plan runs, the administrators have their
/// password, and the seat is free.
pub(crate) async fn put_right(house: &House, cause: Cause, scene: &Scene, mine: &SignedIn) {
    if cause == Cause::PlanEnded {
        scene::set_plan(house, None).await;
        for thing in &scene.things {
            assert!(thing.lives(house).await, "it stands again: {:?}", thing.kind);
        }
    }
    if cause == Cause::AccountSecured {
        assert!(house.auth.identify(&mine.token).await.is_err(), "one's own too");
        assert!(house.try_login("admin", GOOD).await.is_err(), "and the password is void");
        house.clock.turn(Duration::minutes(6));
        for address in ["admin@acme.example", "second@acme.example"] {
            let link = house.forgot(address).await;
            house.auth.reset_password(&link, &password(GOOD), &client()).await.unwrap();
            house.clock.turn(Duration::minutes(6));
        }
    }
    let operator = house.operator.because("scene");
    if operator.remove(scene.user).await.is_err() {
        let _ = operator.revoke_invitation(scene.user).await;
    }
    house.post().await;
}
