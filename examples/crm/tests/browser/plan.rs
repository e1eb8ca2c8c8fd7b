use super::{house::house, shots::Shots, support::FIRST};

#[tokio::test(flavor = "multi_thread")]
async fn m16_an_administrator_sees_why_the_plan_has_ended() {
    let house = house();
    let mut ada = house.person("ada", false, Some(Shots::named("plan"))).await;
    ada.open(&house.crm.set_up_link()).await;
    ada.choose(FIRST, "Activate").await;
    ada.log_in("admin", FIRST).await;
    ada.see("Trial plan").await;
    ada.open("/auth/users").await;
    ada.see("1 of 50 taken").await;
    ada.picture("users-stands").await;
    house.operate(&["plan", "admin", "trial", "2026-01-31", "the trial is over"]);
    ada.open("/auth/account").await;
    ada.see("The Trial plan of Acme ended on 31 January 2026, 00:00 UTC.").await;
    ada.see("To renew it, contact the people who run this site.").await;
    ada.picture("account-ended").await;
    ada.follow("User Accounts").await;
    ada.see("Only administrators are let in until it is renewed").await;
    ada.picture("users-ended").await;
    // It stands in nobody's way to somebody's log-in.
    ada.follow("Administrator").await;
    ada.see("administrators can log in all the same").await;
    ada.open("/").await;
    ada.see("Trial plan, ended").await;
    ada.follow("ended").await;
    ada.see("General Information").await;
    ada.leave().await;
}
