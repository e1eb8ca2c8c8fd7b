//! Changes of one person's address at the same instant (CVE-2026-32700).

use std::sync::Arc;

use portcullis::{policy::Policy, secret::Purpose};

use super::*;

/// Nobody waits for a limit here.
fn patient(house: House) -> Arc<House> {
    let mut policy = Policy::crm();
    policy.limits.email_changes_per_day = 1_000;
    Arc::new(house.under(policy))
}

fn wish(house: &Arc<House>, me: &Identity, new: String) -> tokio::task::JoinHandle<()> {
    let (house, me) = (Arc::clone(house), me.clone());
    tokio::spawn(async move {
        let account = house.auth.my_account(&me);
        account.change_email(&password(GOOD), &address(&new), &client()).await.unwrap();
    })
}

/// The letters among them that ask for a confirmation.
fn confirmations(letters: Vec<Letter>) -> Vec<Letter> {
    letters.into_iter().filter(|letter| letter.text.contains("/auth/confirm?token=")).collect()
}

pub(crate) async fn two_wishes_at_once_leave_one_link_cve_2026_32700(house: House) {
    let admin = house.furnished().await;
    let house = patient(house);
    let me = identity(&house, "admin").await;
    for round in 0..8 {
        let wishes = ["one", "two"].map(|which| format!("{which}{round}@new.example"));
        let racers = wishes.map(|new| wish(&house, &me, new));
        // Half of the time the post goes while they race, and both letters may.
        let mut letters = Vec::new();
        if round % 2 == 0 {
            letters.extend(house.post().await);
        }
        for racer in racers {
            racer.await.unwrap();
        }
        letters.extend(house.post().await);
        let letters = confirmations(letters);
        let mut standing = Vec::new();
        for letter in &letters {
            let token = token_in(letter);
            if let Ok(view) = house.auth.look_at_link(Purpose::EmailConfirm, &token).await {
                assert_eq!(view.email, letter.to.canonical());
                standing.push(letter.to.canonical());
            }
        }
        assert_eq!(standing.len(), 1, "one wish is left: {standing:?}");
        let mut confirmed = Vec::new();
        for letter in &letters {
            if house.auth.confirm_email(&token_in(letter), &client()).await.is_ok() {
                confirmed.push(letter.to.canonical());
            }
        }
        assert_eq!(confirmed, standing);
        assert_eq!(stored(&house, admin.id).await.email.canonical(), standing[0]);
        house.post().await;
    }
}

pub(crate) async fn a_wish_and_a_confirmation_at_once_leave_one_link_cve_2026_32700(house: House) {
    let admin = house.furnished().await;
    let house = patient(house);
    let me = identity(&house, "admin").await;
    for round in 0..8 {
        let before = stored(&house, admin.id).await.email;
        let [first, second] = ["one", "two"].map(|which| format!("{which}{round}@new.example"));
        wish(&house, &me, first.clone()).await.unwrap();
        let link = token_in(&house.post().await[0]);
        let racer = wish(&house, &me, second.clone());
        // A wish hashes a password first, so a confirmation that is to meet it waits a little.
        tokio::time::sleep(std::time::Duration::from_micros(400 * round)).await;
        let confirmed = house.auth.confirm_email(&link, &client()).await;
        racer.await.unwrap();
        let now = stored(&house, admin.id).await.email;
        match &confirmed {
            Ok(()) => assert_eq!(now.canonical(), first),
            Err(error) => {
                assert_eq!(error.kind(), "rejected");
                assert_eq!(now, before);
            }
        }
        let letters = confirmations(house.post().await);
        let [letter] = &letters[..] else { panic!("one link: {letters:?}") };
        assert_eq!(letter.to.canonical(), second);
        assert_eq!(kind(house.auth.confirm_email(&link, &client()).await), "rejected");
        house.auth.confirm_email(&token_in(letter), &client()).await.unwrap();
        assert_eq!(stored(&house, admin.id).await.email.canonical(), second);
        house.post().await;
    }
}
