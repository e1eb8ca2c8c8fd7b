//! The table of effects against the running flows: whatever a cause says it ends is alive before
//! and dead after, whatever it spares is alive after, the letter it names arrives, and the entry
//! it names stands in the audit trail. On every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::{Changes, LogIn, NewUser, SignedIn},
    clock::{Clock as _, to_micros},
    id::UserId,
    mail::Letter,
    model::{EmailAddress, Event, Link, Template},
    policy::effects::{Cause, Ends},
    secret::{Purpose, Token},
    store::{Page, Record as _, Value, tables},
};
use time::{Duration, OffsetDateTime};

on_every_store! { every_cause_has_the_effects_the_table_says }

/// Something that can end.
enum Thing {
    Session(SignedIn),
    Ticket(Token),
    Change(Token),
    Undo(Token),
    Link(Purpose, Token),
    Invitation(UserId),
}

impl Thing {
    fn ends(&self, ends: Ends) -> bool {
        match self {
            Self::Session(_) | Self::Ticket(_) => ends.sessions,
            Self::Change(_) => ends.changes,
            Self::Undo(_) => ends.undo,
            Self::Link(..) => ends.links,
            Self::Invitation(_) => ends.invitation,
        }
    }

    async fn lives(&self, house: &House) -> bool {
        match self {
            Self::Session(session) => house.auth.identify(&session.token).await.is_ok(),
            Self::Ticket(token) => {
                house.auth.look_at_link(Purpose::Replacement, token).await.is_ok()
            }
            Self::Change(token) => {
                house.auth.look_at_link(Purpose::EmailConfirm, token).await.is_ok()
            }
            // The link leads to the row that says what is taken back.
            Self::Undo(token) => {
                let digest = token.digest(Purpose::Undo);
                let row = house.store.get(&tables::LINKS, digest.as_bytes()).await.unwrap();
                let change = row.and_then(|row| Link::from_row(&row).unwrap().change);
                let Some(change) = change else { return false };
                let row = house.store.get(&tables::EMAIL_CHANGES, change.as_bytes()).await.unwrap();
                row.is_some() && house.auth.look_at_link(Purpose::Undo, token).await.is_ok()
            }
            Self::Link(purpose, token) => house.auth.look_at_link(*purpose, token).await.is_ok(),
            Self::Invitation(user) => {
                house.store.get(&tables::INVITATIONS, user.as_bytes()).await.unwrap().is_some()
            }
        }
    }
}

/// What stands when a cause strikes, and who is concerned.
struct Scene {
    user: UserId,
    things: Vec<Thing>,
    /// What the cause needs: its own link, ticket or session, which is used up by it.
    own: Option<Thing>,
}

async fn every_cause_has_the_effects_the_table_says(house: House) {
    let admin = house.furnished().await.id;
    for (number, cause) in Cause::ALL.iter().enumerate() {
        house.clock.turn(Duration::days(2));
        let scene = set(&house, *cause, admin, number).await;
        let effects = cause.effects();
        for thing in &scene.things {
            assert!(thing.lives(&house).await, "{cause:?}: something is dead beforehand");
        }
        house.post().await;
        house.clock.turn(Duration::SECOND);
        let begun = house.clock.now();
        strike(&house, *cause, &scene).await;
        for (position, thing) in scene.things.iter().enumerate() {
            let (lives, ends) = (thing.lives(&house).await, thing.ends(effects.ends));
            assert_eq!(lives, !ends, "{cause:?}: thing {position} of the scene");
        }
        let letters = house.post().await;
        let expected = usize::from(effects.tells.is_some()) + usize::from(effects.also.is_some());
        assert_eq!(letters.len(), expected, "{cause:?}: letters");
        if let Some(template) = effects.tells {
            let words = match template {
                Template::Activated => "active",
                Template::TemporaryPassword => "temporary",
                Template::PasswordChanged | Template::PasswordReset => "password",
                Template::UsernameChanged => "username",
                Template::ProfileChanged => "name",
                Template::RoleChanged => "role",
                Template::Disabled => "disabled",
                Template::Enabled => "enabled again",
                Template::Removed => "removed",
                Template::Secured => "/auth/reset?token=",
                Template::EmailChanged => "take the change back",
                Template::EmailUndone => "taken back",
                Template::Recovered => "/auth/reset?token=",
                other => panic!("{other:?} is no notice"),
            };
            let tells = |letter: &Letter| letter.text.to_lowercase().contains(words);
            assert_eq!(letters.iter().filter(|letter| tells(letter)).count(), 1, "{cause:?}");
        }
        assert_eq!(
            events_since(&house, scene.user, begun, effects.event.as_str()).await,
            1,
            "{cause:?}"
        );
        if *cause == Cause::TemporaryPasswordSet {
            put_right(&house).await;
        }
    }
}

/// Gives the administrator, whose password GOOD is now a temporary one, that password for good.
async fn put_right(house: &House) {
    let ticket = ticket(house, GOOD).await;
    house.auth.replace_password(&ticket, &password(BETTER), &client()).await.unwrap();
    let mine = house.login("admin", BETTER).await.identity;
    let account = house.auth.my_account(&mine);
    account.change_password(&password(BETTER), &password(GOOD), &client()).await.unwrap();
    house.post().await;
}

/// How many entries of this kind there are about a user.
async fn events_since(house: &House, user: UserId, begun: OffsetDateTime, kind: &str) -> usize {
    let equal = vec![Value::Bytes(user.as_bytes().to_vec())];
    let mut page = Page::of(&tables::EVENTS, "of_subject", equal, 100).unwrap();
    page.from = Some(Value::Int(to_micros(begun)));
    let rows = house.store.page(&page).await.unwrap();
    let events = rows.iter().map(|row| Event::from_row(row).unwrap());
    events.filter(|event| event.kind.as_str() == kind).count()
}

/// Sets the scene for a cause: as much as can stand at that moment.
async fn set(house: &House, cause: Cause, admin: UserId, number: usize) -> Scene {
    match cause {
        Cause::Activated | Cause::InvitationRevoked => {
            let me = house.login("admin", GOOD).await.identity;
            let accounts = house.auth.user_accounts(&me).unwrap();
            let (name, email) = (format!("user{number}"), format!("user{number}@acme.example"));
            let new = NewUser::parse(&name, &email, "Somebody", "salesperson").unwrap();
            let user = accounts.invite(&new, &client()).await.unwrap().id;
            let first = token_in(&house.post().await[0]);
            accounts.resend_activation(user, &client()).await.unwrap();
            let second = token_in(&house.post().await[0]);
            let link = |token| Thing::Link(Purpose::Activation, token);
            Scene {
                user,
                things: vec![link(first), Thing::Invitation(user)],
                own: Some(link(second)),
            }
        }
        Cause::PasswordReset => {
            let operator = house.operator.because("scene");
            operator.set_temporary_password(admin, &password(BETTER)).await.unwrap();
            let ticket = Thing::Ticket(ticket(house, BETTER).await);
            let first = house.forgot("admin@acme.example").await;
            house.clock.turn(Duration::minutes(6));
            let second = house.forgot("admin@acme.example").await;
            let link = |token| Thing::Link(Purpose::Reset, token);
            Scene { user: admin, things: vec![ticket, link(first)], own: Some(link(second)) }
        }
        Cause::PasswordReplaced => {
            let operator = house.operator.because("scene");
            operator.set_temporary_password(admin, &password(BETTER)).await.unwrap();
            let link = Thing::Link(Purpose::Reset, house.forgot("admin@acme.example").await);
            let other = Thing::Ticket(ticket(house, BETTER).await);
            let own = Thing::Ticket(ticket(house, BETTER).await);
            Scene { user: admin, things: vec![link, other], own: Some(own) }
        }
        Cause::EmailUndone => {
            let (name, email) = (format!("user{number}"), format!("user{number}@acme.example"));
            let user = activated(house, &name, &email).await;
            let letter = moved(house, &name, BETTER, &format!("new-{email}")).await;
            let own = Thing::Link(Purpose::Undo, token_in(&letter));
            house.clock.turn(Duration::SECOND);
            let later = moved(house, &name, BETTER, &format!("newer-{email}")).await;
            let link = house.forgot(&format!("newer-{email}")).await;
            let things = vec![
                Thing::Undo(token_in(&later)),
                Thing::Link(Purpose::Reset, link),
                Thing::Session(house.login(&name, BETTER).await),
                waiting(house, &name, BETTER).await,
            ];
            Scene { user, things, own: Some(own) }
        }
        Cause::EmailChanged => {
            let (name, email) = (format!("user{number}"), format!("user{number}@acme.example"));
            let user = activated(house, &name, &email).await;
            let link = Thing::Link(Purpose::Reset, house.forgot(&email).await);
            let session = Thing::Session(house.login(&name, BETTER).await);
            let Thing::Change(token) = waiting(house, &name, BETTER).await else { panic!() };
            let own = Some(Thing::Link(Purpose::EmailConfirm, token));
            Scene { user, things: vec![link, session], own }
        }
        Cause::EmailChangeAsked => {
            let link = Thing::Link(Purpose::Reset, house.forgot("admin@acme.example").await);
            let session = Thing::Session(house.login("admin", GOOD).await);
            let change = waiting(house, "admin", GOOD).await;
            let own = Thing::Session(house.login("admin", GOOD).await);
            Scene { user: admin, things: vec![link, session, change], own: Some(own) }
        }
        Cause::PasswordChanged | Cause::TemporaryPasswordSet | Cause::OthersLoggedOut => {
            let change = waiting(house, "admin", GOOD).await;
            let link = Thing::Link(Purpose::Reset, house.forgot("admin@acme.example").await);
            let other = Thing::Session(house.login("admin", GOOD).await);
            let own = Thing::Session(house.login("admin", GOOD).await);
            Scene { user: admin, things: vec![link, other, change], own: Some(own) }
        }
        Cause::Enabled => {
            let user = house.employee(&format!("user{number}"), "salesperson").await.id;
            let me = house.login("admin", GOOD).await.identity;
            let accounts = house.auth.user_accounts(&me).unwrap();
            accounts.disable(user, "scene", &client()).await.unwrap();
            Scene { user, things: Vec::new(), own: None }
        }
        Cause::AddressCorrected => {
            let me = house.login("admin", GOOD).await.identity;
            let accounts = house.auth.user_accounts(&me).unwrap();
            let (name, email) = (format!("user{number}"), format!("user{number}@acme.example"));
            let new = NewUser::parse(&name, &email, "Somebody", "salesperson").unwrap();
            let user = accounts.invite(&new, &client()).await.unwrap().id;
            let link = Thing::Link(Purpose::Activation, token_in(&house.post().await[0]));
            Scene { user, things: vec![link, Thing::Invitation(user)], own: None }
        }
        Cause::Objected => {
            let name = format!("user{number}");
            let user = house.employee(&name, "salesperson").await.id;
            let me = house.login("admin", GOOD).await.identity;
            let accounts = house.auth.user_accounts(&me).unwrap();
            let new = EmailAddress::parse(&format!("new-{name}@acme.example")).unwrap();
            accounts.recover(user, &new, "scene", &client()).await.unwrap();
            let letters = house.post().await;
            let token = |words| {
                token_in(letters.iter().find(|letter| letter.text.contains(words)).unwrap())
            };
            let own = Thing::Link(Purpose::Objection, token("/auth/object?"));
            let reset = token("/auth/reset?");
            house.auth.reset_password(&reset, &password(GOOD), &client()).await.unwrap();
            house.post().await;
            let link = house.forgot(new.as_str()).await;
            let session = Thing::Session(house.login(&name, GOOD).await);
            let change = waiting(house, &name, GOOD).await;
            let things = vec![Thing::Link(Purpose::Reset, link), session, change];
            Scene { user, things, own: Some(own) }
        }
        Cause::UsernameChanged
        | Cause::Recovered
        | Cause::NameChanged
        | Cause::RoleChanged
        | Cause::Disabled
        | Cause::Removed
        | Cause::Secured
        | Cause::SignedOut => {
            let name = format!("user{number}");
            let user = house.employee(&name, "salesperson").await.id;
            let moved = moved(house, &name, GOOD, &format!("moved-{name}@acme.example")).await;
            let undo = Thing::Undo(token_in(&moved));
            let link = house.forgot(&format!("moved-{name}@acme.example")).await;
            let session = Thing::Session(house.login(&name, GOOD).await);
            let change = waiting(house, &name, GOOD).await;
            let things = vec![Thing::Link(Purpose::Reset, link), session, change, undo];
            Scene { user, things, own: None }
        }
        other => panic!("{other:?} has no scene"),
    }
}

/// Lets the cause happen. The administrator's password is GOOD before and after.
async fn strike(house: &House, cause: Cause, scene: &Scene) {
    let (auth, here) = (&house.auth, client());
    match (cause, &scene.own) {
        (Cause::Activated, Some(Thing::Link(_, token))) => {
            auth.activate(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::InvitationRevoked, _) => {
            // By one of its own: of what the operator does the administrators are told besides.
            let me = house.login("admin", GOOD).await.identity;
            let accounts = auth.user_accounts(&me).unwrap();
            accounts.revoke_invitation(scene.user, &here).await.unwrap();
        }
        (Cause::PasswordReset, Some(Thing::Link(_, token))) => {
            auth.reset_password(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::PasswordReplaced, Some(Thing::Ticket(token))) => {
            auth.replace_password(token, &password(GOOD), &here).await.unwrap();
        }
        (Cause::PasswordChanged, Some(Thing::Session(own))) => {
            let account = auth.my_account(&own.identity);
            let (old, new) = (password(GOOD), password(GOOD));
            account.change_password(&old, &new, &here).await.unwrap();
        }
        (Cause::TemporaryPasswordSet, _) => {
            let operator = house.operator.because("strike");
            operator.set_temporary_password(scene.user, &password(GOOD)).await.unwrap();
        }
        (Cause::OthersLoggedOut, Some(Thing::Session(own))) => {
            auth.my_account(&own.identity).end_other_sessions(&here).await.unwrap();
            assert!(auth.identify(&own.token).await.is_ok(), "one's own goes on");
        }
        (Cause::EmailChangeAsked, Some(Thing::Session(own))) => {
            let new = EmailAddress::parse("another@acme.example").unwrap();
            let account = auth.my_account(&own.identity);
            account.change_email(&password(GOOD), &new, &here).await.unwrap();
        }
        (Cause::EmailChanged, Some(Thing::Link(_, token))) => {
            auth.confirm_email(token, &here).await.unwrap();
        }
        (Cause::Objected, Some(Thing::Link(_, token))) => {
            auth.object(token, &here).await.unwrap();
        }
        (Cause::EmailUndone, Some(Thing::Link(_, token))) => {
            auth.undo_email_change(token, &password(BETTER), &here).await.unwrap();
        }
        _ => strike_as_administrator(house, cause, scene.user).await,
    }
}

async fn strike_as_administrator(house: &House, cause: Cause, user: UserId) {
    let me = house.login("admin", GOOD).await.identity;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    let changes = match cause {
        Cause::UsernameChanged => Changes::new().username("somebody"),
        Cause::NameChanged => Changes::new().name("Somebody Else"),
        Cause::RoleChanged => Changes::new().role("sales_manager"),
        Cause::Disabled => return drop(accounts.disable(user, "why", &here).await.unwrap()),
        Cause::Enabled => return drop(accounts.enable(user, &here).await.unwrap()),
        Cause::AddressCorrected => Changes::new().email("corrected@acme.example"),
        Cause::Recovered => {
            let new = EmailAddress::parse("reached@acme.example").unwrap();
            return drop(accounts.recover(user, &new, "why", &here).await.unwrap());
        }
        Cause::Removed => return accounts.remove(user, "why", &here).await.unwrap(),
        Cause::Secured => return drop(accounts.secure(user, "why", &here).await.unwrap()),
        Cause::SignedOut => return accounts.sign_out(user, &here).await.unwrap(),
        _ => panic!("{cause:?} does not strike"),
    };
    accounts.update(user, &changes, &here).await.unwrap();
}

/// A salesperson with the password BETTER.
async fn activated(house: &House, name: &str, email: &str) -> UserId {
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse(name, email, "Somebody", "salesperson").unwrap();
    let user = accounts.invite(&new, &client()).await.unwrap().id;
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(BETTER), &client()).await.unwrap();
    house.post().await;
    user
}

/// A change of address that waits for its proof.
async fn waiting(house: &House, login: &str, word: &str) -> Thing {
    let me = house.login(login, word).await.identity;
    let new = EmailAddress::parse(&format!("{login}@elsewhere.example")).unwrap();
    house.auth.my_account(&me).change_email(&password(word), &new, &client()).await.unwrap();
    Thing::Change(token_in(house.post().await.last().expect("a letter to the new address")))
}

/// Moves an address, and gives the letter to the former one.
async fn moved(house: &House, login: &str, word: &str, new: &str) -> Letter {
    let me = house.login(login, word).await.identity;
    let new = EmailAddress::parse(new).unwrap();
    house.auth.my_account(&me).change_email(&password(word), &new, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.confirm_email(&token, &client()).await.unwrap();
    house.post().await.remove(0)
}

async fn ticket(house: &House, word: &str) -> Token {
    match house.try_login("admin", word).await.unwrap() {
        LogIn::PasswordChangeRequired(ticket) => Token::parse(&ticket.reveal()).unwrap(),
        _ => panic!("no ticket"),
    }
}
