//! A username with an @ is the person's own address at every moment (CVE-2021-3754), in whichever
//! order they are renamed and their address is changed.

use portcullis::{error::Error, model::Username, secret::Token};

use super::*;

/// Ada, who has the password GOOD, and a link that confirms this address of hers.
async fn asked(house: &House, user: UserId, new: &str) -> Token {
    let me = identity(house, stored(house, user).await.username.as_str()).await;
    let account = house.auth.my_account(&me);
    account.change_email(&password(GOOD), &address(new), &client()).await.unwrap();
    token_in(to(&house.post().await, new)[0])
}

async fn renamed(house: &House, user: UserId, new: &str) {
    let me = identity(house, stored(house, user).await.username.as_str()).await;
    let (account, new) = (house.auth.my_account(&me), Username::parse(new).unwrap());
    account.change_username(&password(GOOD), &new, &client()).await.unwrap();
    house.post().await;
}

/// Their username and address.
async fn called(house: &House, user: UserId) -> (String, String) {
    let User { username, email, .. } = stored(house, user).await;
    (username.canonical().to_owned(), email.canonical().to_owned())
}

fn both(username: &str, email: &str) -> (String, String) {
    (username.to_owned(), email.to_owned())
}

pub(crate) async fn a_username_that_is_a_former_address_is_not_left_behind_by_a_confirmation(
    house: House,
) {
    house.furnished().await;
    let ada = house.employee("ada", "salesperson").await.id;
    let own = "ada@acme.example";
    // Asked for while the username is no address; confirmed when it is the old one.
    let link = asked(&house, ada, "ada%sales@new.example").await;
    renamed(&house, ada, own).await;
    match house.auth.confirm_email(&link, &client()).await {
        Err(Error::Invalid(missed)) => {
            assert_eq!((missed[0].field, missed[0].rule), ("email", "username"));
            assert!(missed[0].message.contains("choose another username first"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(called(&house, ada).await, both(own, own), "nothing changed");
    // As it says: the link is not used up.
    renamed(&house, ada, "countess").await;
    house.auth.confirm_email(&link, &client()).await.unwrap();
    assert_eq!(called(&house, ada).await, both("countess", "ada%sales@new.example"));
    // One that can be a username goes along, and one that is somebody else's is refused.
    let link = asked(&house, ada, "ada@new.example").await;
    house.auth.confirm_email(&link, &client()).await.unwrap();
    house.post().await;
    let link = asked(&house, ada, "ada@newer.example").await;
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let squatter = "ada@newer.example";
    let squatter = NewUser::parse(squatter, squatter, "Squatter", "salesperson").unwrap();
    let squatter = accounts.invite(&squatter, &client()).await.unwrap();
    house.post().await;
    let changes = portcullis::auth::Changes::new().username("ada@new.example");
    accounts.update(ada, &changes, &client()).await.unwrap();
    house.post().await;
    let taken = house.auth.confirm_email(&link, &client()).await;
    assert_eq!(rules(taken), ["username"]);
    assert_eq!(called(&house, ada).await, both("ada@new.example", "ada@new.example"));
    accounts.revoke_invitation(squatter.id, &client()).await.unwrap();
    house.auth.confirm_email(&link, &client()).await.unwrap();
    assert_eq!(called(&house, ada).await, both("ada@newer.example", "ada@newer.example"));
}

pub(crate) async fn a_username_that_is_a_former_address_is_not_left_behind_by_an_undo(
    house: House,
) {
    house.furnished().await;
    let ada = house.employee("ada", "salesperson").await.id;
    let link = asked(&house, ada, "ada@new.example").await;
    house.auth.confirm_email(&link, &client()).await.unwrap();
    let undo = token_in(&house.post().await[0]);
    renamed(&house, ada, "ada@new.example").await;
    house.auth.undo_email_change(&undo, &password(GOOD), &client()).await.unwrap();
    assert_eq!(called(&house, ada).await, both("ada", "ada@acme.example"), "as it was");
    house.post().await;
    // One that is no address is the person's choice, and stays.
    let link = asked(&house, ada, "ada@new.example").await;
    house.auth.confirm_email(&link, &client()).await.unwrap();
    let undo = token_in(&house.post().await[0]);
    renamed(&house, ada, "countess").await;
    house.auth.undo_email_change(&undo, &password(GOOD), &client()).await.unwrap();
    assert_eq!(called(&house, ada).await, both("countess", "ada@acme.example"));
}

/// Whoever took the log-in over must not make the way back impossible by a name.
pub(crate) async fn an_undo_works_where_the_former_address_cannot_be_a_username(house: House) {
    house.furnished().await;
    let ada = house.employee("ada", "salesperson").await.id;
    let odd = "ada%sales@new.example";
    house.auth.confirm_email(&asked(&house, ada, odd).await, &client()).await.unwrap();
    house.post().await;
    let link = asked(&house, ada, "thief@evil.example").await;
    house.auth.confirm_email(&link, &client()).await.unwrap();
    let undo = token_in(&house.post().await[0]);
    renamed(&house, ada, "thief@evil.example").await;
    house.auth.undo_email_change(&undo, &password(GOOD), &client()).await.unwrap();
    assert_eq!(called(&house, ada).await, both("ada", odd));
}
