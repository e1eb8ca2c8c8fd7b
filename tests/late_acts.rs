//! What somebody does to others and is still on its way when their session ends comes to nothing.
//!
//! A thief's request can be slow: it waits for a lock, or the store tries it again because a
//! database chose another transaction. Once its owner was told that the password is reset, or the
//! session ended, nothing of it may happen any more.

#[path = "support/held.rs"]
mod held;
#[path = "support/house.rs"]
#[macro_use]
mod house;

use std::{pin::Pin, sync::Arc};

use futures_util::future::{join, join_all};
use held::Held;
use house::*;
use portcullis::{
    auth::{Changes, Identity, NewUser, SignedIn},
    error::Error,
    model::{EmailAddress, Event, EventKind, Plan, Role, Status, User},
    policy::{Permission, Policy},
    store::{Page, Record as _, Value, tables},
};
use time::Duration;

on_every_store! {
    nothing_done_to_others_happens_once_the_session_it_came_with_has_ended
}

/// What ends the session of whoever acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Reset,
    Change,
    LogOut,
    One,
    Others,
    Guessing,
    Objection,
}

const ENDS: [End; 7] =
    [End::Reset, End::Change, End::LogOut, End::One, End::Others, End::Guessing, End::Objection];

async fn nothing_done_to_others_happens_once_the_session_it_came_with_has_ended(house: House) {
    let house = house.under(policy());
    let mut admin = house.furnished().await;
    let boss = house.employee("zoe", "administrator").await;
    let people = [house.employee("ben", "salesperson").await, asked_in(&house, &admin).await];
    let slow = Held::new(Arc::clone(&house.store));
    let thief = House::on(Arc::new(slow.clone()), house.clock.clone(), LetterBox::default());
    let thief = thief.under(policy());
    let mut words = [GOOD, BETTER];
    for end in ENDS {
        // What is limited by the day is free again.
        house.clock.turn(Duration::days(1));
        let stolen = house.login("admin", words[0]).await;
        let own = house.login("admin", words[0]).await;
        let token = match end {
            End::Reset => Some(house.forgot("admin@acme.example").await),
            End::Objection => Some(replaced(&house, &admin, &mut words).await),
            _ => None,
        };
        // Replacing the address has ended the sessions.
        let (stolen, own) = match end {
            End::Objection => {
                (house.login("admin", words[0]).await, house.login("admin", words[0]).await)
            }
            _ => (stolen, own),
        };
        admin = of(&house, &admin).await;
        let before = everything(&house, &admin).await;
        slow.hold_commits(true);
        let acts = acts(&thief, &stolen.identity, &people, &boss);
        let count = acts.len();
        let ending = async {
            while slow.waiting() < count {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            match (end, &token) {
                (End::Reset, Some(token)) => {
                    house.auth.reset_password(token, &password(words[1]), &client()).await.unwrap();
                    words.swap(0, 1);
                }
                (End::Objection, Some(token)) => {
                    house.auth.object(token, &client()).await.unwrap();
                }
                _ => ended(&house, end, &stolen, &own, &mut words).await,
            }
            slow.hold_commits(false);
            slow.release();
        };
        let (answers, ()) = join(join_all(acts), ending).await;
        for (what, answer) in answers {
            let told = kind(answer);
            assert!(["forbidden", "unauthenticated"].contains(&told), "{end:?}, {what}: {told}");
        }
        assert_eq!(everything(&house, &admin).await, before, "{end:?}");
    }
    // Each was on its way as an act, and not as the record of one that is not allowed.
    let equal = vec![Value::Bytes(admin.account.as_bytes().to_vec())];
    let page = Page::of(&tables::EVENTS, "of_account", equal, 1_000).unwrap();
    for row in house.store.page(&page).await.unwrap() {
        assert_ne!(Event::from_row(&row).unwrap().kind, EventKind::ActRefused);
    }
}

/// Administrators change the plan as well.
fn policy() -> Policy {
    let mut policy = Policy::crm();
    let held: Vec<_> = policy.roles.permissions(&Role::ADMINISTRATOR).collect();
    let held = held.into_iter().chain([Permission::PLAN_CHANGE]);
    policy.roles = policy.roles.clone().with(Role::ADMINISTRATOR, held);
    policy
}

/// Ends the stolen session.
async fn ended(house: &House, end: End, stolen: &SignedIn, own: &SignedIn, words: &mut [&str; 2]) {
    let (mine, here) = (house.auth.my_account(&own.identity), client());
    let (old, new) = (password(words[0]), password(words[1]));
    match end {
        End::Change => {
            mine.change_password(&old, &new, &here).await.unwrap();
            words.swap(0, 1);
        }
        End::LogOut => house.auth.logout(&stolen.token, &here).await.unwrap(),
        End::One => {
            mine.end_session(stolen.identity.session().id, &here).await.unwrap();
        }
        End::Others => mine.end_other_sessions(&here).await.unwrap(),
        End::Guessing => {
            let theirs = house.auth.my_account(&stolen.identity);
            for _ in 0..5 {
                let guess = password("a wrong guess of it");
                let answer = theirs.change_password(&guess, &new, &here).await;
                assert_eq!(kind(answer), "rejected");
            }
        }
        End::Reset | End::Objection => unreachable!("by a token"),
    }
    let gone = house.auth.identify(&stolen.token).await;
    assert_eq!(kind(gone), "unauthenticated", "{end:?} did not end it");
}

/// Has somebody's address replaced by another administrator, and gives the token by which the
/// former one objects.
async fn replaced(house: &House, admin: &User, words: &mut [&str; 2]) -> portcullis::secret::Token {
    house.post().await;
    let boss = house.login("zoe", GOOD).await;
    let accounts = house.auth.user_accounts(&boss.identity).unwrap();
    let email = EmailAddress::parse("ada@elsewhere.example").unwrap();
    accounts.recover(admin.id, &email, "asked by telephone", &client()).await.unwrap();
    let letters = house.post().await;
    let to = |whom: &str| letters.iter().find(|letter| letter.to.as_str() == whom).unwrap();
    let reset = token_in(to("ada@elsewhere.example"));
    house.auth.reset_password(&reset, &password(words[1]), &client()).await.unwrap();
    words.swap(0, 1);
    token_in(to("admin@acme.example"))
}

/// Somebody who is invited and has not come yet.
async fn asked_in(house: &House, admin: &User) -> User {
    let new = NewUser::parse("ina", "ina@acme.example", "Ina", "salesperson").unwrap();
    house.operator.because("test").invite(admin.account, &new).await.unwrap()
}

type Answer = (&'static str, Result<(), Error>);

/// Everything one can do to others, and to oneself as to others.
fn acts<'a>(
    house: &'a House,
    me: &'a Identity,
    [ben, ina]: &'a [User; 2],
    boss: &'a User,
) -> Vec<Pin<Box<dyn Future<Output = Answer> + 'a>>> {
    let accounts = house.auth.user_accounts(me).unwrap();
    let here = client();
    macro_rules! acts {
        ($($what:literal: |$accounts:ident, $here:ident| $act:expr;)*) => {
            vec![$({
                let $here = here.clone();
                Box::pin(async move {
                    let $accounts = accounts;
                    ($what, $act.await.map(drop))
                }) as Pin<Box<dyn Future<Output = Answer>>>
            }),*]
        };
    }
    acts! {
        "disable": |accounts, here| accounts.disable(ben.id, "why", &here);
        "disable an administrator": |accounts, here| accounts.disable(boss.id, "why", &here);
        "sign out": |accounts, here| accounts.sign_out(ben.id, &here);
        "secure": |accounts, here| accounts.secure(ben.id, "why", &here);
        "secure oneself": |accounts, here| accounts.secure(me.user().id, "why", &here);
        "remove": |accounts, here| accounts.remove(ben.id, "why", &here);
        "set a temporary password": |accounts, here| async {
            accounts.set_temporary_password(ben.id, &password("sixteen candles burning"), &here).await
        };
        "mail a reset": |accounts, here| accounts.send_password_reset(ben.id, &here);
        "change a role": |accounts, here| async {
            accounts.update(ben.id, &Changes::new().role("administrator"), &here).await
        };
        "recover": |accounts, here| async {
            let email = EmailAddress::parse("thief@elsewhere.example").unwrap();
            accounts.recover(ben.id, &email, "why", &here).await
        };
        "invite": |accounts, here| async {
            let new = NewUser::parse("mole", "mole@elsewhere.example", "Mole", "administrator");
            accounts.invite(&new.unwrap(), &here).await
        };
        "resend": |accounts, here| accounts.resend_activation(ina.id, &here);
        "revoke": |accounts, here| accounts.revoke_invitation(ina.id, &here);
        "change the plan": |accounts, here| accounts.set_plan(&Plan::ESSENTIAL, None, &here);
        "secure the account": |accounts, here| accounts.secure_account("why", &here);
    }
}

/// The account and everybody in it, but the one who acts.
async fn everything(house: &House, admin: &User) -> Vec<String> {
    let account = house.store.get(&tables::ACCOUNTS, admin.account.as_bytes()).await.unwrap();
    let equal = vec![Value::Bytes(admin.account.as_bytes().to_vec())];
    let page = Page::of(&tables::USERS, "of_account", equal, 50).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    let users = rows.iter().map(|row| User::from_row(row).unwrap());
    let others = users.filter(|user| user.id != admin.id).map(|user| format!("{user:?}"));
    let standing = of(house, admin).await;
    let account = account.unwrap();
    assert_eq!(standing.status, Status::Active);
    others.chain([format!("{:?} {}", account.values(), standing.role)]).collect()
}

async fn of(house: &House, user: &User) -> User {
    let row = house.store.get(&tables::USERS, user.id.as_bytes()).await.unwrap().unwrap();
    User::from_row(&row).unwrap()
}
