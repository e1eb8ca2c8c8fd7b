//! Administrators against each other, at the same instant.

use portcullis::auth::Changes;
use time::Duration;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Blow {
    Remove,
    Demote,
    Disable,
}

async fn strike(house: &House, me: &Identity, other: UserId, blow: Blow) -> Result<(), Error> {
    let accounts = house.auth.user_accounts(me).unwrap();
    let demote = Changes::new().role("salesperson");
    match blow {
        Blow::Remove => again(|| accounts.remove(other, "first", &HERE)).await,
        Blow::Demote => again(|| accounts.update(other, &demote, &HERE)).await.map(drop),
        Blow::Disable => again(|| accounts.disable(other, "first", &HERE)).await.map(drop),
    }
}

pub(crate) async fn m13_removing_each_other_at_the_same_instant_leaves_one(house: House) {
    let admin = house.furnished().await;
    let account = admin.account;
    let house = std::sync::Arc::new(house);
    let (mut name, mut id) = ("admin".to_owned(), admin.id);
    let pairs =
        [(Blow::Remove, Blow::Remove), (Blow::Remove, Blow::Demote), (Blow::Disable, Blow::Remove)];
    for round in 0..9 {
        let rival = format!("bea{round}");
        let other = house.employee_of(account, &rival, "administrator").await.id;
        let (mine, theirs) = (identity(&house, &name).await, identity(&house, &rival).await);
        let (first, second) = pairs[round % pairs.len()];
        let blow = |me: Identity, whom: UserId, blow: Blow| {
            let house = std::sync::Arc::clone(&house);
            tokio::spawn(async move { strike(&house, &me, whom, blow).await })
        };
        let (one, two) = (blow(mine, other, first), blow(theirs, id, second));
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1, "{one:?} {two:?}");
        // Who lost the instant lost the right with it.
        let lost = one.as_ref().err().or(two.as_ref().err()).unwrap();
        assert!(["forbidden", "unauthenticated"].contains(&lost.kind()), "{lost}");
        assert_eq!(recounted(&house, account).await.administrators, 1);
        if two.is_ok() {
            (name, id) = (rival, other);
        }
        // Whoever is left can still act, and nobody is left above them.
        conflicts(
            strike(&house, &identity(&house, &name).await, id, Blow::Remove).await,
            "administrators",
        );
        house.clock.turn(Duration::minutes(11));
    }
}
