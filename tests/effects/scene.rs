//! Somebody who has everything they can have when a cause strikes.

use portcullis::{
    auth::{Changes, LogIn, NewUser, SignedIn},
    id::UserId,
    model::{EmailAddress, Plan},
    policy::effects::Cause,
    secret::Token,
};
use time::Duration;

use crate::{
    BETTER, GOOD, House, client,
    impossible::State,
    password,
    thing::{Kind, Thing},
    token_in,
};

pub(crate) struct Scene {
    pub(crate) user: UserId,
    pub(crate) name: String,
    /// Where their letters go when the cause strikes, and where the cause says they go.
    pub(crate) address: String,
    pub(crate) address_after: String,
    pub(crate) things: Vec<Thing>,
    /// What the cause is done with: a link, a ticket or a session, used up by it.
    pub(crate) own: Own,
    /// Whether the administrators are struck as well.
    pub(crate) everybody: bool,
    /// Whether they are told of what strikes them.
    pub(crate) is_told: bool,
}

pub(crate) enum Own {
    Nothing,
    Token(Token),
    Session(Box<SignedIn>),
}

/// Sets the scene for a cause.
pub(crate) async fn set(house: &House, cause: Cause, state: State, number: usize) -> Scene {
    let name = format!("user{number}");
    let mut scene = match state {
        State::Invited => invited(house, &name).await,
        State::LoggedIn | State::AtTheTicket => {
            let mut scene = somebody(house, cause, &name).await;
            if state == State::LoggedIn {
                logged_in(house, cause, &mut scene).await;
            } else {
                at_the_ticket(house, cause, &mut scene).await;
            }
            scene
        }
        State::LockedOut => {
            let scene = somebody(house, cause, &name).await;
            let me = house.login("admin", GOOD).await.identity;
            let accounts = house.auth.user_accounts(&me).unwrap();
            accounts.disable(scene.user, "scene", &client()).await.unwrap();
            scene
        }
    };
    scene.everybody = cause == Cause::AccountSecured;
    // Whoever has not come yet is not told of what becomes of everybody.
    scene.is_told = cause != Cause::AccountSecured || state != State::Invited;
    if cause == Cause::PlanEnded {
        let until = house_now(house) + Duration::MINUTE;
        set_plan(house, Some(until)).await;
    }
    house.post().await;
    scene
}

fn house_now(house: &House) -> time::OffsetDateTime {
    portcullis::clock::Clock::now(&house.clock)
}

pub(crate) async fn set_plan(house: &House, until: Option<time::OffsetDateTime>) {
    let me = house.login("admin", GOOD).await.identity;
    let operator = house.operator.because("scene");
    operator.set_plan(me.account().id, &Plan::TRIAL, until).await.unwrap();
    house.post().await;
}

async fn invited(house: &House, name: &str) -> Scene {
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let address = format!("{name}@acme.example");
    let new = NewUser::parse(name, &address, "Somebody", "salesperson").unwrap();
    let user = accounts.invite(&new, &client()).await.unwrap().id;
    let first = token_in(&house.post().await[0]);
    accounts.resend_activation(user, &client()).await.unwrap();
    let second = token_in(&house.post().await[0]);
    let link = Thing::link(Kind::ActivationLink, first);
    Scene {
        things: vec![link, Thing::invitation(user)],
        own: Own::Token(second),
        ..empty(user, name, address)
    }
}

fn empty(user: UserId, name: &str, address: String) -> Scene {
    Scene {
        user,
        name: name.to_owned(),
        address_after: format!("after-{address}"),
        address,
        things: Vec::new(),
        own: Own::Nothing,
        everybody: false,
        is_told: true,
    }
}

/// Somebody whose address has changed, and can be changed back.
async fn somebody(house: &House, cause: Cause, name: &str) -> Scene {
    let user = house.employee(name, "salesperson").await.id;
    let mut scene = empty(user, name, format!("{name}@acme.example"));
    if cause == Cause::Objected {
        scene.own = Own::Token(objection(house, &mut scene).await);
    }
    let undo = moved(house, &mut scene, "moved").await;
    if cause == Cause::EmailUndone {
        // The oldest that stands takes back all since; a later one ends by it.
        scene.own = Own::Token(undo);
        let before = format!("{name}@acme.example");
        house.clock.turn(Duration::SECOND);
        let later = moved(house, &mut scene, "later").await;
        scene.things.push(Thing::link(Kind::UndoLink, later));
        scene.address_after = before;
    } else {
        scene.things.push(Thing::link(Kind::UndoLink, undo));
    }
    scene
}

/// Has an administrator replace the address. Gives the link to object, and leaves the person with
/// the password they had.
async fn objection(house: &House, scene: &mut Scene) -> Token {
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = EmailAddress::parse(&format!("reached-{}", scene.address)).unwrap();
    accounts.recover(scene.user, &new, "scene", &client()).await.unwrap();
    let letters = house.post().await;
    let with = |page| token_in(letters.iter().find(|letter| letter.text.contains(page)).unwrap());
    let (object, reset) = (with("/auth/object?"), with("/auth/reset?"));
    house.auth.reset_password(&reset, &password(GOOD), &client()).await.unwrap();
    house.post().await;
    scene.address = new.as_str().to_owned();
    object
}

/// Moves the address, and gives the link to take that back.
async fn moved(house: &House, scene: &mut Scene, to: &str) -> Token {
    let me = house.login(&scene.name, GOOD).await.identity;
    let new = EmailAddress::parse(&format!("{to}-{}", scene.address)).unwrap();
    let account = house.auth.my_account(&me);
    account.change_email(&password(GOOD), &new, &client()).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.confirm_email(&token, &client()).await.unwrap();
    scene.address = new.as_str().to_owned();
    token_in(&house.post().await[0])
}

/// A session and everything that can stand beside one.
async fn logged_in(house: &House, cause: Cause, scene: &mut Scene) {
    reset_links(house, cause, scene).await;
    let mine = house.login(&scene.name, GOOD).await;
    let new = EmailAddress::parse(&format!("wish-{}", scene.address)).unwrap();
    let account = house.auth.my_account(&mine.identity);
    account.change_email(&password(GOOD), &new, &client()).await.unwrap();
    email_link(house, cause, scene).await;
    scene.things.push(Thing::session(&mine.token));
    if matches!(cause, Cause::PasswordChanged | Cause::OthersLoggedOut | Cause::EmailChangeAsked) {
        scene.own = Own::Session(Box::new(house.login(&scene.name, GOOD).await));
    }
}

/// A ticket and everything that can stand beside one.
async fn at_the_ticket(house: &House, cause: Cause, scene: &mut Scene) {
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.set_temporary_password(scene.user, &password(BETTER), &client()).await.unwrap();
    house.post().await;
    reset_links(house, cause, scene).await;
    let wish = Changes::new().email(&format!("wish-{}", scene.address));
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.update(scene.user, &wish, &client()).await.unwrap();
    email_link(house, cause, scene).await;
    let ticket = async || match house.try_login(&scene.name, BETTER).await.unwrap() {
        LogIn::PasswordChangeRequired(ticket) => Token::parse(&ticket.reveal()).unwrap(),
        _ => panic!("no ticket"),
    };
    if cause == Cause::PasswordReplaced {
        scene.own = Own::Token(ticket().await);
    }
    let ticket = ticket().await;
    scene.things.push(Thing::link(Kind::Ticket, ticket));
}

/// A reset link, and one more where one is used.
async fn reset_links(house: &House, cause: Cause, scene: &mut Scene) {
    let link = house.forgot(&scene.address).await;
    scene.things.push(Thing::link(Kind::ResetLink, link));
    house.clock.turn(Duration::minutes(6));
    if cause == Cause::PasswordReset {
        scene.own = Own::Token(house.forgot(&scene.address).await);
    }
}

/// The link that was mailed to prove an address.
async fn email_link(house: &House, cause: Cause, scene: &mut Scene) {
    let letters = house.post().await;
    let letter = letters.iter().find(|letter| letter.text.contains("/auth/confirm?")).unwrap();
    let token = token_in(letter);
    if cause == Cause::EmailChanged {
        scene.own = Own::Token(token);
    } else {
        scene.things.push(Thing::link(Kind::EmailLink, token));
    }
}
