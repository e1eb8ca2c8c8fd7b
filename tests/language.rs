//! M27: letters in the language their recipient reads. On every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use house::*;
use portcullis::{
    auth::NewUser,
    mail::Letter,
    model::{Language, Status, User, Username},
    outbox::Letters,
    store::{Record as _, tables},
};

on_every_store! {
    m27_an_invitation_speaks_the_language_it_was_given
    m27_a_person_chooses_the_language_of_their_letters
    m27_whoever_caused_a_letter_its_recipient_reads_it
    a_language_without_a_wording_is_refused
    the_last_letter_to_somebody_removed_is_in_their_language
}

fn german() -> Language {
    Language::parse("DE").unwrap()
}

/// Grace, whose letters are in German, with the password [`GOOD`]; `admin` reads English.
async fn grace(house: &House) -> User {
    let admin = house.furnished().await;
    let new = NewUser::parse("grace", "grace@acme.example", "Grace", "salesperson").unwrap();
    let operator = house.operator.because("test");
    let user = operator.invite(admin.account, &new.reading(german())).await.unwrap();
    let token = token_in(&house.post().await[0]);
    house.auth.activate(&token, &password(GOOD), &client()).await.unwrap();
    user
}

#[track_caller]
fn is_german(letter: &Letter) {
    assert!(
        letter.text.contains("Guten Tag") && letter.text.contains("21. November"),
        "{letter:?}"
    );
    assert!(letter.html.contains("<html lang=\"de\">") && !letter.html.contains("Hello"));
}

async fn m27_an_invitation_speaks_the_language_it_was_given(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let new = NewUser::parse("grace", "grace@acme.example", "Grace", "salesperson").unwrap();
    accounts.invite(&new.clone().reading(german()), &client()).await.unwrap();
    let letters = house.post().await;
    assert_eq!(letters[0].subject, "Aktivieren Sie Ihren Zugang zu Acme");
    assert!(letters[0].html.contains("<html lang=\"de\">"));
    let new = NewUser::parse("sam", "sam@acme.example", "Sam", "salesperson").unwrap();
    accounts.invite(&new, &client()).await.unwrap();
    assert_eq!(house.post().await[0].subject, "Activate your log-in for Acme");
}

async fn m27_a_person_chooses_the_language_of_their_letters(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let account = house.auth.my_account(&me);
    // Austrians read German.
    let austrian = Language::parse("de-at").unwrap();
    account.choose_language(Some(&austrian), &client()).await.unwrap();
    let name = Username::parse("ada").unwrap();
    account.change_username(&password(GOOD), &name, &client()).await.unwrap();
    is_german(&house.post().await[0]);
    let row = house.store.get(&tables::USERS, me.user().id.as_bytes()).await.unwrap().unwrap();
    let user = User::from_row(&row).unwrap();
    assert_eq!(user.language, Some(austrian));
    account.choose_language(None, &client()).await.unwrap();
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    assert!(house.post().await[0].text.contains("Hello Ada Admin"));
}

async fn m27_whoever_caused_a_letter_its_recipient_reads_it(house: House) {
    let grace = grace(&house).await;
    is_german(&house.post().await[0]);
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.disable(grace.id, "left", &client()).await.unwrap();
    let letters = house.post().await;
    is_german(&letters[0]);
    assert!(letters[0].text.contains("von Ada Admin"), "{:?}", letters[0].text);
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    assert!(house.post().await[0].text.contains("Hello Ada Admin"));
}

async fn a_language_without_a_wording_is_refused(house: House) {
    house.furnished().await;
    let me = house.login("admin", GOOD).await.identity;
    let klingon = Language::parse("tlh").unwrap();
    let chosen = house.auth.my_account(&me).choose_language(Some(&klingon), &client()).await;
    assert_eq!(rules(chosen), ["unknown"]);
    let new = NewUser::parse("sam", "sam@acme.example", "Sam", "salesperson").unwrap();
    let accounts = house.auth.user_accounts(&me).unwrap();
    let invited = accounts.invite(&new.reading(klingon), &client()).await;
    assert_eq!(rules(invited.map(|_| ())), ["unknown"]);
    assert!(house.post().await.is_empty());
}

async fn the_last_letter_to_somebody_removed_is_in_their_language(house: House) {
    let grace = grace(&house).await;
    house.post().await;
    let me = house.login("admin", GOOD).await.identity;
    let accounts = house.auth.user_accounts(&me).unwrap();
    accounts.remove(grace.id, "left", &client()).await.unwrap();
    is_german(&house.post().await[0]);
    let row = house.store.get(&tables::USERS, grace.id.as_bytes()).await.unwrap().unwrap();
    assert_eq!(User::from_row(&row).unwrap().status, Status::Removed);
}

/// A host's own language is written in full or not at all.
#[test]
fn a_language_that_lacks_a_part_is_found() {
    let letters = Letters::default().with("fr/reset.subject", "Choisissez");
    let findings = letters.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("fr lacks") && findings[0].contains("reset.txt"));
    let french = Letters::parts().iter().fold(Letters::default(), |letters, part| {
        let link = ["reset.", "activation.", "secured.", "email_confirm.", "email_changed."];
        let link = link.iter().chain(&["recovered.", "objection."]);
        let has_link = link.clone().any(|of| part.starts_with(of)) && !part.ends_with("subject");
        letters.with(&format!("fr/{part}"), if has_link { "Bonjour {{ link }}" } else { "Bonjour" })
    });
    assert_eq!(french.findings(), Vec::<String>::new());
    assert_eq!(french.languages().len(), 3);
    assert_eq!(Letters::default().usually("fr").findings().len(), 1, "nobody wrote it");
    assert_eq!(Letters::default().with("xx-/reset.txt", "").findings().len(), 1);
    assert_eq!(Letters::default().with("de/nothing.txt", "").findings().len(), 1);
}
