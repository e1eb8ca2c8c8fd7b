//! People whose address nobody has proven: it may be a stranger's.

use portcullis::{auth::Changes, secret::Token};
use time::Duration;

use super::*;

/// Six letters a day, each with the link that proves the mailbox, and nothing else, whatever is
/// done to the person who was given its address.
pub(crate) async fn nobody_is_told_anything_at_an_address_nobody_proved(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let victim = "victim@anywhere.example";
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    accounts.recover(bo.id, &address(victim), "a story", &here).await.unwrap();
    let mut letters = house.post().await;
    for number in 0..20 {
        let role = if number % 2 == 0 { "sales_manager" } else { "salesperson" };
        let name = format!("Buy our carpets {number}");
        let username = format!("carpets{number}");
        let changes = Changes::new().name(&name).username(&username).role(role);
        accounts.update(bo.id, &changes, &here).await.unwrap();
        accounts.set_temporary_password(bo.id, &password(BETTER), &here).await.unwrap();
        accounts.disable(bo.id, "why", &here).await.unwrap();
        accounts.enable(bo.id, &here).await.unwrap();
        accounts.secure(bo.id, "why", &here).await.unwrap();
        let _ = accounts.recover(bo.id, &address(victim), "again", &here).await;
        letters.extend(house.post().await);
    }
    accounts.remove(bo.id, "why", &here).await.unwrap();
    letters.extend(house.post().await);
    let to_victim = to(&letters, victim);
    assert_eq!(to_victim.len(), 6, "six a day to one mailbox");
    for letter in to_victim {
        assert!(letter.text.contains("/auth/reset?token="), "{}", letter.text);
    }
}

pub(crate) async fn nobody_warns_or_tells_an_administrator_at_an_address_nobody_proved(
    house: House,
) {
    house.furnished().await;
    let second = house.employee("second", "administrator").await;
    let bo = house.employee("bo", "salesperson").await;
    let victim = "victim@anywhere.example";
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    accounts.recover(second.id, &address(victim), "a story", &here).await.unwrap();
    accounts.recover(bo.id, &address("bo@else.example"), "a story", &here).await.unwrap();
    let letters = house.post().await;
    let objection = token_in(to(&letters, "bo@acme.example")[0]);
    house.auth.object(&objection, &here).await.unwrap();
    house.operator.because("Buy our carpets").disable(bo.id).await.unwrap();
    let letters = house.post().await;
    assert_eq!(to(&letters, OLD).len(), 2, "the control: who has proven theirs is told");
    assert_eq!(to(&letters, victim).len(), 0);
}

/// M7, M10, M11 and M30: no dead end where the hour of the link passed.
pub(crate) async fn m10_a_link_that_ran_out_is_sent_again_to_the_same_address(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let here = client();
    let home = address("bo@home.example");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.recover(bo.id, &home, "lost the mailbox", &here).await.unwrap();
    let letters = house.post().await;
    let late = token_in(to(&letters, "bo@home.example")[0]);
    house.clock.turn(Duration::minutes(61));
    let reset = async |token: &Token| {
        kind(house.auth.reset_password(token, &password(BETTER), &here).await)
    };
    assert_eq!(reset(&late).await, "rejected");
    house.auth.forgot_password("bo@home.example", &here).await.unwrap();
    assert!(house.post().await.is_empty(), "nobody has proven it");
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    match accounts.send_password_reset(bo.id, &here).await {
        Err(portcullis::error::Error::Conflict { field: "email" }) => {}
        other => panic!("{other:?}"),
    }
    let diagnosis = accounts.diagnosis(bo.id).await.unwrap();
    let reason = diagnosis.reasons.iter().find(|reason| reason.code == "email_unproven");
    assert!(reason.unwrap().message.contains("this one again"), "the next step");
    accounts.recover(bo.id, &home, "the link ran out", &here).await.unwrap();
    let letters = house.post().await;
    let letter = to(&letters, "bo@home.example");
    assert_eq!((letters.len(), letter.len()), (1, 1), "nobody else is told twice");
    assert_eq!(reset(&token_in(letter[0])).await, "ok");
    assert!(stored(&house, bo.id).await.email_proven);
    house.login("bo@home.example", BETTER).await;
    // It is theirs now, and Send Password Reset Email works again.
    let refused = accounts.recover(bo.id, &home, "once more", &here).await;
    assert_eq!(rules(refused.map(drop)), ["unchanged"]);
    accounts.send_password_reset(bo.id, &here).await.unwrap();
}

pub(crate) async fn m23_who_has_no_proven_address_gets_no_link_and_the_answer_says_so(
    house: House,
) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    assert!(accounts.secure(bo.id, "stolen", &here).await.unwrap().email_proven);
    let letters = house.post().await;
    assert!(letters[0].text.contains("/auth/reset?token="));
    let message = async || {
        let diagnosis = accounts.diagnosis(bo.id).await.unwrap();
        assert!(!codes(&diagnosis).contains(&"letter_given_up"), "none was asked for");
        let found = diagnosis.reasons.into_iter().find(|reason| reason.code == "secured");
        found.unwrap().message
    };
    assert!(!message().await.contains("No link was mailed"));
    accounts.recover(bo.id, &address("bo@home.example"), "why", &here).await.unwrap();
    house.post().await;
    assert!(!accounts.secure(bo.id, "stolen", &here).await.unwrap().email_proven);
    assert!(house.post().await.is_empty());
    assert!(message().await.contains("No link was mailed"), "{}", message().await);
    // As it says.
    accounts.recover(bo.id, &address("bo@home.example"), "why", &here).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.reset_password(&token, &password(BETTER), &here).await.unwrap();
    house.login("bo", BETTER).await;
}

pub(crate) async fn m23_who_has_no_proven_address_is_shown_after_the_account_is_secured(
    house: House,
) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let me = identity(&house, "admin").await;
    let (accounts, here) = (house.auth.user_accounts(&me).unwrap(), client());
    accounts.recover(bo.id, &address("bo@home.example"), "why", &here).await.unwrap();
    house.post().await;
    accounts.secure_account("stolen", &here).await.unwrap();
    let letters = house.post().await;
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    assert_eq!(letter.to.canonical(), OLD);
    house.clock.turn(Duration::SECOND);
    house.auth.reset_password(&token_in(letter), &password(GOOD), &here).await.unwrap();
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let diagnosis = accounts.diagnosis(bo.id).await.unwrap();
    let secured = diagnosis.reasons.iter().find(|reason| reason.code == "secured").unwrap();
    assert!(secured.message.contains("No link was mailed"), "{}", secured.message);
    assert!(!codes(&diagnosis).contains(&"letter_given_up"), "none was asked for");
}
