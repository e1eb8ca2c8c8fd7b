use super::{
    driver::console,
    house::{house, take_the_link},
    shots::Shots,
    support::{FIRST, SECOND, THIRD},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_in_forgets_the_password_and_gets_back_in() {
    let house = house();
    let mut ada = house.person("ada", true, Some(Shots::new())).await;
    ada.open("/").await;
    ada.picture("welcome").await;

    // The printed link; a scanner was there before and has used nothing up.
    let link = house.crm.set_up_link();
    let (_, path) = link.split_once(&house.crm.port.to_string()).unwrap();
    house.crm.client().send("HEAD", path, &[], "");
    house.crm.client().get(path);
    ada.open(&link).await;
    ada.see("Welcome to Acme").await;
    ada.picture("activate").await;
    ada.choose("admin", "Activate").await;
    ada.see("things to change").await;
    ada.picture("activate-refused").await;
    ada.choose(FIRST, "Activate").await;
    ada.see("Your log-in is ready").await;
    ada.picture("activated").await;

    ada.log_in("admin", "not my password").await;
    ada.see("do not match").await;
    ada.picture("login-refused").await;
    ada.find("#login").await.clear().await.unwrap();
    ada.log_in("admin", FIRST).await;
    ada.see("No leads yet").await;
    ada.picture("no-leads").await;
    ada.add_lead("Bell & Harbour", "Jonah Bell").await;
    ada.see("The lead was added.").await;
    ada.add_lead("Verlagshaus Oberndorf & Töchter", "Anneliese von Hohenberg").await;
    ada.see("Verlagshaus").await;
    ada.picture("leads").await;
    ada.open("/leads.csv").await;
    ada.see("The Trial plan has no export.").await;
    ada.picture("no-export").await;

    ada.press("Log out").await;
    ada.see("You are logged out.").await;
    ada.open("/auth/account").await;
    assert!(ada.path().await.starts_with("/auth/login?next="), "{}", ada.path().await);
    ada.open("/auth/login").await;
    ada.picture("login").await;
    ada.follow("Forgot Password").await;
    ada.picture("forgot").await;
    assert_eq!(ada.attribute("#email", "autocomplete").await, "email");
    ada.fill("#email", "admin@acme.example").await;
    ada.press("Send the link").await;
    ada.see("Look in your mailbox").await;
    ada.picture("forgot-sent").await;

    take_the_link(&mut ada).await;
    ada.picture("reset").await;
    ada.choose(SECOND, "Save the new password").await;
    ada.see("Your new password is saved").await;
    ada.picture("reset-done").await;
    ada.log_in("admin", SECOND).await;
    ada.see("Bell & Harbour").await;

    // A second browser is a second session, which this one ends.
    let bob = house.person("bob", true, None).await;
    bob.open("/auth/login").await;
    bob.find("#remember").await.click().await.unwrap();
    bob.log_in("admin@acme.example", SECOND).await;
    bob.see("Bell & Harbour").await;
    ada.follow("My Account").await;
    ada.see("General Information").await;
    ada.picture("account").await;
    ada.follow("Sessions").await;
    ada.see("this device").await;
    ada.picture("sessions").await;
    ada.find("main form[action='/auth/account/sessions'] input:not([value='others']) + button")
        .await
        .click()
        .await
        .unwrap();
    ada.see("The session has ended.").await;
    ada.picture("session-ended").await;
    bob.open("/auth/account").await;
    bob.see("Forgot your username?").await;

    ada.follow("My Account").await;
    ada.fill("#current_password", "wrong").await;
    ada.fill("#new_password", THIRD).await;
    ada.press("Change Password").await;
    ada.see("The current password is not right").await;
    ada.picture("account-refused").await;
    ada.fill("#current_password", SECOND).await;
    ada.fill("#new_password", THIRD).await;
    ada.press("Change Password").await;
    ada.see("Your password is changed").await;
    ada.picture("password-changed").await;
    ada.open("/auth/reset?token=AAAA").await;
    ada.see("This link no longer works").await;
    ada.picture("dead-link").await;
    ada.open("/nothing-here").await;
    // The console is indeed heard: it has told of this page.
    assert!(console(&ada.client).await.iter().any(|line| line.contains("404")));
    ada.picture("nothing-here").await;
    ada.open("/auth/nothing-here").await;
    ada.picture("auth-nothing-here").await;
    ada.open("/").await;
    ada.see("Bell & Harbour").await;
    bob.leave().await;
    ada.leave().await;
}
