use fantoccini::key::Key;

use super::{
    house::{house, take_the_link},
    support::{FIRST, SECOND},
};

#[tokio::test(flavor = "multi_thread")]
async fn it_works_without_scripts() {
    let house = house();
    let mut ada = house.person("plain", false, None).await;
    // Scripts are indeed off.
    ada.open("data:text/html,<p>before</p><script>document.body.textContent='ran'</script>").await;
    assert!(!ada.sees("ran").await, "scripts run");
    ada.open(&house.crm.set_up_link()).await;
    ada.choose(FIRST, "Activate").await;
    ada.see("Your log-in is ready").await;
    ada.log_in("admin", FIRST).await;
    ada.see("No leads yet").await;
    ada.add_lead("Sundby Optics", "Marit Sundby").await;
    ada.see("The lead was added.").await;
    ada.press("Log out").await;
    ada.see("You are logged out.").await;
    ada.follow("Forgot Password").await;
    ada.fill("#email", "admin@acme.example").await;
    ada.press("Send the link").await;
    ada.see("Look in your mailbox").await;
    take_the_link(&mut ada).await;
    ada.choose(SECOND, "Save the new password").await;
    ada.see("Your new password is saved").await;
    ada.log_in("admin", SECOND).await;
    ada.see("Sundby Optics").await;
    ada.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_without_a_mouse() {
    let house = house();
    let ada = house.person("keys", true, None).await;
    ada.open(&house.crm.set_up_link()).await;
    ada.see("Welcome to Acme").await;
    // The field to fill in has the focus already.
    ada.type_blindly(FIRST).await;
    ada.key(Key::Enter).await;
    ada.see("Your log-in is ready").await;
    ada.type_blindly("admin").await;
    ada.key(Key::Tab).await;
    // On the way to the password lies the link to Forgot Password.
    for _ in 0..30 {
        if ada.focus().await.attr("id").await.unwrap().as_deref() == Some("password") {
            break;
        }
        ada.key(Key::Tab).await;
    }
    ada.type_blindly(FIRST).await;
    ada.key(Key::Enter).await;
    ada.see("No leads yet").await;
    // The first stop leads past the header.
    ada.key(Key::Tab).await;
    let first = ada.focus().await;
    assert_eq!(first.text().await.unwrap(), "Skip to the content");
    ada.leave().await;
}
